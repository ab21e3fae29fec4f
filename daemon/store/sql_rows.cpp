// SPDX-License-Identifier: Apache-2.0
#include "store/sql_rows.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

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

// What the titles' index is asked for: that all of these trigrams are there. Empty where it cannot
// help. Trigrams of ASCII only, which it has whatever other bytes are around them; a few, spread
// over the text, because each costs time for every title that has it.
std::string trigrams(std::string_view text) {
    constexpr std::size_t k_size = 3;
    constexpr std::size_t k_most = 12;
    text = text.substr(0, text.find('\0'));
    std::vector<std::string_view> all;
    for (std::size_t at = 0; at + k_size <= text.size(); ++at) {
        const auto trigram = text.substr(at, k_size);
        const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
        if (std::all_of(trigram.begin(), trigram.end(), is_ascii)) all.push_back(trigram);
    }
    const auto count = std::min(all.size(), k_most);
    std::string query;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) query += " AND ";
        query += '"';
        for (const char c : all[i * all.size() / count]) query.append(c == '"' ? 2 : 1, c);
        query += '"';
    }
    return query;
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
    if (!filter.text.empty()) {
        pattern_ = contains_pattern(fold_case(filter.text));
        where_ += " AND jobs.title_folded LIKE :pattern ESCAPE '\\'";
        // Few jobs are in any other stage, and SQLite finds them by that.
        if (!filter.stage || *filter.stage == model::JobStage::done)
            use_index_of_titles(trigrams(filter.text));
    }
    if (filter.before > 0) {
        before_ = filter.before;
        where_ += " AND " + id_ + " < :before";
    }
}

// CROSS: the index comes first whatever SQLite thinks of it. It yields the newest first, and asked
// job by job it is a thousand times slower.
void JobQuery::use_index_of_titles(const std::string& trigrams) {
    if (trigrams.empty()) return;
    trigrams_ = trigrams;
    tables_ = " FROM job_titles CROSS JOIN jobs ON jobs.id = job_titles.rowid";
    id_ = "job_titles.rowid";
    where_ += " AND job_titles MATCH :trigrams";
}

void JobQuery::prepare(soci::statement& statement, const std::string& columns) {
    if (!stage_.empty()) statement.exchange(soci::use(stage_, "stage"));
    if (!verdict_.empty()) statement.exchange(soci::use(verdict_, "verdict"));
    if (!pattern_.empty()) statement.exchange(soci::use(pattern_, "pattern"));
    if (!trigrams_.empty()) statement.exchange(soci::use(trigrams_, "trigrams"));
    if (before_ > 0) statement.exchange(soci::use(before_, "before"));
    statement.exchange(soci::use(limit_, "limit"));
    statement.alloc();
    statement.prepare("SELECT " + columns + tables_ +
                      " JOIN job_documents ON job_documents.job = jobs.id" + where_ + " ORDER BY " +
                      id_ + " DESC LIMIT :limit");
    statement.define_and_bind();
}

}  // namespace krepro::store::detail
