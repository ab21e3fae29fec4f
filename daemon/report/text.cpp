// SPDX-License-Identifier: Apache-2.0
#include "report/text.hpp"

#include <charconv>

namespace krepro::report {

std::string_view trim_left(std::string_view text) {
    std::size_t n = 0;
    while (n < text.size() && is_blank(text[n])) ++n;
    return text.substr(n);
}

std::string_view trim_right(std::string_view text) {
    while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

std::string_view trim(std::string_view text) {
    return trim_left(trim_right(text));
}

std::optional<Split> split_at(std::string_view text, std::string_view separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return std::nullopt;
    return Split{text.substr(0, at), text.substr(at + separator.size())};
}

std::optional<Split> split_at_last(std::string_view text, std::string_view separator) {
    const auto at = text.rfind(separator);
    if (at == std::string_view::npos) return std::nullopt;
    return Split{text.substr(0, at), text.substr(at + separator.size())};
}

namespace {

std::optional<std::uint64_t> whole_number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::uint64_t> to_number(std::string_view text) {
    return whole_number(text, 10);
}
std::optional<std::uint64_t> to_hex_number(std::string_view text) {
    return whole_number(text, 16);
}

std::optional<int> Cursor::take_int() {
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
}

std::optional<std::uint64_t> Cursor::take_hex() {
    std::string_view digits = rest_;
    if (digits.starts_with("0x")) digits.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
}

}  // namespace krepro::report
