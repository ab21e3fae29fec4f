// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace krepro::intake {

// The lines without their ends; a last line without an end counts, an empty rest does not. The
// views point into `text`.
std::vector<std::string_view> split_lines(std::string_view text);

// The lines [first, last), each with a line end.
std::string join_lines(const std::vector<std::string_view>& lines, std::size_t first,
                       std::size_t last);

std::string_view trim(std::string_view text);
std::string_view trim_left(std::string_view text);
std::string_view trim_right(std::string_view text);
bool is_blank(std::string_view line);

// The spaces and tabs that a line begins with.
std::string_view indent_of(std::string_view line);

// ASCII only: mail headers and path components.
std::string lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

bool is_digit(char c);
bool is_word(char c);  // a letter, a digit or _
bool is_identifier(std::string_view text);

// Where the first byte sequence is that is not UTF-8; npos when all is.
std::size_t find_invalid_utf8(std::string_view text);

// Bytes that are not UTF-8 become U+FFFD: what goes into JSON must be UTF-8.
std::string to_valid_utf8(std::string_view text);

}  // namespace krepro::intake
