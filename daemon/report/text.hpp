// SPDX-License-Identifier: Apache-2.0
#pragma once

// Small helpers to take printed text apart without copies and without exceptions.

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace krepro::report {

inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
inline bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
inline bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool is_blank(char c) {
    return c == ' ' || c == '\t';
}
inline bool is_symbol_char(char c) {
    return is_alpha(c) || is_digit(c) || c == '_' || c == '.' || c == '$';
}

inline std::string_view trim_left(std::string_view text) {
    std::size_t n = 0;
    while (n < text.size() && is_blank(text[n])) ++n;
    return text.substr(n);
}
inline std::string_view trim_right(std::string_view text) {
    while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
    return text;
}
inline std::string_view trim(std::string_view text) {
    return trim_left(trim_right(text));
}

// As text.find(part), for lines of text and parts of few characters: most places are told by two
// characters, without a call.
std::size_t find_part(std::string_view text, std::string_view part);
inline bool contains(std::string_view text, std::string_view part) {
    return find_part(text, part) != std::string_view::npos;
}

// What stands before and after the first `separator`; nullopt when it is not there.
struct Split {
    std::string_view before;
    std::string_view after;
};
std::optional<Split> split_at(std::string_view text, std::string_view separator);
std::optional<Split> split_at_last(std::string_view text, std::string_view separator);

// A decimal number that is the whole of `text`.
std::optional<std::uint64_t> to_number(std::string_view text);
std::optional<std::uint64_t> to_hex_number(std::string_view text);

// Reads a text from the left.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    [[nodiscard]] std::string_view rest() const { return rest_; }
    [[nodiscard]] bool done() const { return rest_.empty(); }
    void skip_blanks() { rest_ = trim_left(rest_); }
    // Takes `literal` when it comes next.
    bool take(std::string_view literal) {
        if (!rest_.starts_with(literal)) return false;
        rest_.remove_prefix(literal.size());
        return true;
    }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Takes the longest run of characters for which `wanted` holds; it may be empty.
    template <class Predicate>
    std::string_view take_while(Predicate wanted) {
        std::size_t n = 0;
        while (n < rest_.size() && wanted(rest_[n])) ++n;
        const std::string_view taken = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return taken;
    }
    // A decimal number that comes next, with an optional minus sign.
    std::optional<int> take_int();
    // A hexadecimal number that comes next, with or without 0x.
    std::optional<std::uint64_t> take_hex();

  private:
    std::string_view rest_;
};

}  // namespace krepro::report
