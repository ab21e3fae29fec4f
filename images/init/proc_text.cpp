// SPDX-License-Identifier: Apache-2.0
#include "init/proc_text.hpp"

#include <array>
#include <charconv>

namespace krepro::guest {
namespace {

std::string_view skip_blanks(std::string_view text) {
    const auto start = text.find_first_not_of(" \t");
    return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

// The number after the first `label`, blanks between them skipped.
template <class Number>
std::optional<Number> number_after(std::string_view text, std::string_view label) {
    const auto at = text.find(label);
    if (at == std::string_view::npos) return std::nullopt;
    const auto rest = skip_blanks(text.substr(at + label.size()));
    Number value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{}) return std::nullopt;
    return value;
}

std::string_view word_after(std::string_view text, std::string_view label) {
    const auto at = text.find(label);
    if (at == std::string_view::npos) return {};
    const auto rest = skip_blanks(text.substr(at + label.size()));
    return rest.substr(0, rest.find_first_of(" \t\n}"));
}

// -1 as the kernels print it: signed, or unsigned in 64 or 32 bits.
bool is_deadline_prio(std::string_view word) {
    constexpr std::array<std::string_view, 3> k_minus_one{"-1", "18446744073709551615",
                                                          "4294967295"};
    for (const auto text : k_minus_one)
        if (word == text) return true;
    return false;
}

}  // namespace

std::optional<std::int64_t> debug_locks_in(std::string_view lockdep_stats) {
    return number_after<std::int64_t>(lockdep_stats, "debug_locks:");
}

std::optional<std::int64_t> mem_available_in(std::string_view meminfo) {
    return number_after<std::int64_t>(meminfo, "MemAvailable:");
}

std::optional<std::int64_t> deadline_exits_in(std::string_view histogram) {
    if (histogram.find("keys=prio") == std::string_view::npos) return std::nullopt;
    std::int64_t exits = 0;
    while (!histogram.empty()) {
        const auto end = histogram.find('\n');
        const auto line = histogram.substr(0, end);
        if (is_deadline_prio(word_after(line, "prio:")))
            exits += number_after<std::int64_t>(line, "hitcount:").value_or(0);
        if (end == std::string_view::npos) break;
        histogram.remove_prefix(end + 1);
    }
    return exits;
}

std::optional<std::int64_t> bogo_ops_in(std::string_view yaml) {
    constexpr std::string_view k_label = "bogo-ops:";
    std::optional<std::int64_t> sum;
    for (auto at = yaml.find(k_label); at != std::string_view::npos; at = yaml.find(k_label)) {
        yaml.remove_prefix(at);
        if (const auto ops = number_after<std::int64_t>(yaml, k_label); ops && *ops >= 0)
            sum = sum.value_or(0) + *ops;
        yaml.remove_prefix(k_label.size());
    }
    return sum;
}

}  // namespace krepro::guest
