// SPDX-License-Identifier: Apache-2.0
#include "http/range.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace krepro::http {

namespace {

// Digits only; a number too large for us is larger than any file.
std::optional<std::uint64_t> number(std::string_view text) {
    constexpr auto k_max = std::numeric_limits<std::uint64_t>::max();
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        value = value > (k_max - digit) / 10 ? k_max : value * 10 + digit;
    }
    return value;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool begins_with_bytes(std::string_view header) {
    constexpr std::string_view k_unit = "bytes=";
    return header.size() >= k_unit.size() &&
           std::equal(k_unit.begin(), k_unit.end(), header.begin(),
                      [](char want, char got) { return want == (got | 0x20) || want == got; });
}

}  // namespace

RangeChoice choose_range(std::string_view header, std::uint64_t size) {
    const RangeChoice whole{RangeChoice::Kind::whole, 0, size};
    const RangeChoice unsatisfiable{RangeChoice::Kind::unsatisfiable, 0, 0};
    if (!begins_with_bytes(header)) return whole;
    const auto spec = trim(header.substr(6));
    const auto dash = spec.find('-');
    if (dash == std::string_view::npos) return whole;
    const auto first_text = trim(spec.substr(0, dash));
    const auto last_text = trim(spec.substr(dash + 1));
    if (first_text.empty()) {
        const auto suffix = number(last_text);
        if (!suffix) return whole;
        if (*suffix == 0 || size == 0) return unsatisfiable;
        const auto length = std::min(*suffix, size);
        return {RangeChoice::Kind::part, size - length, length};
    }
    const auto first = number(first_text);
    const auto last = last_text.empty() ? std::numeric_limits<std::uint64_t>::max()
                                        : number(last_text).value_or(0);
    if (!first || (!last_text.empty() && !number(last_text)) || last < *first) return whole;
    if (*first >= size) return unsatisfiable;
    return {RangeChoice::Kind::part, *first, std::min(last, size - 1) - *first + 1};
}

}  // namespace krepro::http
