// SPDX-License-Identifier: Apache-2.0
#include "intake/c_names.hpp"

#include <algorithm>
#include <array>

#include "intake/text.hpp"

namespace krepro::intake {

namespace {

std::string_view leading_identifier(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && is_word(text[end])) ++end;
    const auto name = text.substr(0, end);
    return is_identifier(name) ? name : std::string_view{};
}

std::string_view trailing_identifier(std::string_view text) {
    text = trim_right(text);
    std::size_t begin = text.size();
    while (begin > 0 && is_word(text[begin - 1])) --begin;
    const auto name = text.substr(begin);
    return is_identifier(name) ? name : std::string_view{};
}

// Macros that stand before a parenthesis at the top level and are not what the line defines.
bool is_annotation(std::string_view name) {
    static constexpr std::array<std::string_view, 9> k_prefixes{
        "EXPORT_SYMBOL", "MODULE_",    "__attribute__", "__aligned",  "__section",
        "__printf",      "__acquires", "__releases",    "__must_hold"};
    return std::any_of(k_prefixes.begin(), k_prefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
}

// Macros whose first argument is the name of the function they define.
bool defines_its_argument(std::string_view name) {
    static constexpr std::array<std::string_view, 5> k_prefixes{
        "SYSCALL_DEFINE", "COMPAT_SYSCALL_DEFINE", "TRACE_EVENT", "DEFINE_EVENT", "BPF_CALL_"};
    return std::any_of(k_prefixes.begin(), k_prefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::string_view tag_name(std::string_view line) {
    for (const std::string_view keyword : {"struct ", "union ", "enum "})
        if (line.starts_with(keyword) && line.find('{') != std::string_view::npos)
            return leading_identifier(trim_left(line.substr(keyword.size())));
    return {};
}

std::string_view called_name(std::string_view line) {
    for (auto open = line.find('('); open != std::string_view::npos;
         open = line.find('(', open + 1)) {
        const auto name = trailing_identifier(line.substr(0, open));
        if (name.empty() || is_annotation(name)) continue;
        if (defines_its_argument(name)) return leading_identifier(trim_left(line.substr(open + 1)));
        return name;
    }
    return {};
}

}  // namespace

std::string defined_name(std::string_view line) {
    constexpr std::size_t k_enough = 400;
    line = trim_right(line.substr(0, k_enough));
    if (line.starts_with('#')) {
        line = trim_left(line.substr(1));
        if (!line.starts_with("define")) return {};
        return std::string(leading_identifier(trim_left(line.substr(6))));
    }
    if (leading_identifier(line).empty()) return {};
    if (const auto tag = tag_name(line); !tag.empty()) return std::string(tag);
    return std::string(called_name(line));
}

}  // namespace krepro::intake
