// SPDX-License-Identifier: Apache-2.0
#include "store/sql_rows.hpp"

#include <algorithm>

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
    }
    if (filter.before > 0) {
        before_ = filter.before;
        where_ += " AND jobs.id < :before";
    }
}

void JobQuery::prepare(soci::statement& statement, const std::string& columns_and_tables) {
    if (!stage_.empty()) statement.exchange(soci::use(stage_, "stage"));
    if (!verdict_.empty()) statement.exchange(soci::use(verdict_, "verdict"));
    if (!pattern_.empty()) statement.exchange(soci::use(pattern_, "pattern"));
    if (before_ > 0) statement.exchange(soci::use(before_, "before"));
    statement.exchange(soci::use(limit_, "limit"));
    statement.alloc();
    statement.prepare("SELECT " + columns_and_tables + where_ +
                      " ORDER BY jobs.id DESC LIMIT :limit");
    statement.define_and_bind();
}

}  // namespace krepro::store::detail
