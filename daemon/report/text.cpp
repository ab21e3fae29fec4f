// SPDX-License-Identifier: Apache-2.0
#include "report/text.hpp"

#include <charconv>

namespace krepro::report {

std::size_t find_part(std::string_view text, std::string_view part) {
    if (part.size() < 2) return text.find(part);
    if (text.size() < part.size()) return std::string_view::npos;
    const char* const begin = text.data();
    const char* const end = begin + (text.size() - part.size()) + 1;  // of the places to begin at
    for (const char* at = begin; at < end; ++at) {
        at = static_cast<const char*>(std::memchr(at, part[0], static_cast<std::size_t>(end - at)));
        if (at == nullptr) break;
        if (at[1] == part[1] && std::memcmp(at + 2, part.data() + 2, part.size() - 2) == 0)
            return static_cast<std::size_t>(at - begin);
    }
    return std::string_view::npos;
}

std::optional<Split> split_at(std::string_view text, std::string_view separator) {
    const auto at = find_part(text, separator);
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
