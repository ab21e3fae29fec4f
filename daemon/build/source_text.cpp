// SPDX-License-Identifier: Apache-2.0
#include "build/source_text.hpp"

#include <algorithm>
#include <string>

namespace krepro::build {

namespace {

constexpr int k_around = 2;                  // lines before and after
constexpr std::size_t k_longest_line = 240;  // bytes: tables of data are no reading matter

// Calls use(number, line) for each line until it says false.
template <class Use>
void for_each_line(std::string_view text, Use use) {
    int number = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (!use(++number, text.substr(0, end))) return;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// "static inline int f(void) { return 0; }"
bool is_whole_function(std::string_view line) {
    return line.find('{') != std::string_view::npos &&
           std::count(line.begin(), line.end(), '{') == std::count(line.begin(), line.end(), '}');
}

}  // namespace

std::optional<model::Excerpt> excerpt(std::string_view content, int line) {
    if (line < 1) return std::nullopt;
    model::Excerpt found;
    found.first_line = std::max(1, line - k_around);
    bool there = false;
    for_each_line(content, [&](int number, std::string_view text) {
        there = there || number == line;
        if (number >= found.first_line) found.lines.emplace_back(text.substr(0, k_longest_line));
        return number < line + k_around;
    });
    if (!there) return std::nullopt;
    return found;
}

int function_end(std::string_view content, int first) {
    int end = first;
    for_each_line(content, [&](int number, std::string_view text) {
        if (number < first) return true;
        const bool closes = text.starts_with('}') || (number == first && is_whole_function(text));
        if (closes) end = number;
        return !closes;
    });
    return end;
}

}  // namespace krepro::build
