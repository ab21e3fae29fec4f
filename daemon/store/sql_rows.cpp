// SPDX-License-Identifier: Apache-2.0
#include "store/sql_rows.hpp"

#include <algorithm>
#include <optional>

namespace krepro::store::detail {

namespace {

constexpr int k_max_limit = 500;

// The text as a LIKE pattern that matches it anywhere and takes none of its characters as special.
std::string contains_pattern(const std::string& text) {
    std::string pattern = "%";
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + "%";
}

// The text as an FTS5 phrase, which the trigram index finds anywhere in a title. None for a text
// without a trigram, and for one that a query cannot hold.
std::optional<std::string> phrase(const std::string& text) {
    const auto characters =
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
    if (characters < 3 || text.find('\0') != std::string::npos) return std::nullopt;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace

std::string fold_case(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

JobQuery::JobQuery(const JobFilter& filter) : limit_(std::clamp(filter.limit, 1, k_max_limit)) {
    if (filter.stage) {
        stage_ = model::to_string(*filter.stage);
        where_ += " AND jobs.stage = :stage";
    }
    if (filter.verdict) {
        verdict_ = model::to_string(*filter.verdict);
        where_ += " AND jobs.verdict = :verdict";
    }
    if (!filter.text.empty()) search(filter.text);
    if (filter.before > 0) {
        before_ = filter.before;
        where_ += " AND " + id_ + " < :before";
    }
}

// CROSS: the index comes first whatever SQLite thinks of it. It yields the newest first, and asked
// job by job it is a thousand times slower.
void JobQuery::search(const std::string& text) {
    if (const auto found = phrase(text)) {
        pattern_ = *found;
        tables_ = " FROM job_titles CROSS JOIN jobs ON jobs.id = job_titles.rowid";
        id_ = "job_titles.rowid";
        where_ += " AND job_titles MATCH :pattern";
    } else {
        pattern_ = contains_pattern(fold_case(text));
        where_ += " AND jobs.title_folded LIKE :pattern ESCAPE '\\'";
    }
}

void JobQuery::prepare(soci::statement& statement, const std::string& columns) {
    if (!stage_.empty()) statement.exchange(soci::use(stage_, "stage"));
    if (!verdict_.empty()) statement.exchange(soci::use(verdict_, "verdict"));
    if (!pattern_.empty()) statement.exchange(soci::use(pattern_, "pattern"));
    if (before_ > 0) statement.exchange(soci::use(before_, "before"));
    statement.exchange(soci::use(limit_, "limit"));
    statement.alloc();
    statement.prepare("SELECT " + columns + tables_ +
                      " JOIN job_documents ON job_documents.job = jobs.id" + where_ + " ORDER BY " +
                      id_ + " DESC LIMIT :limit");
    statement.define_and_bind();
}

}  // namespace krepro::store::detail
