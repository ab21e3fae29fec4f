// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace krepro::build {

enum class TokenKind { word, number, string, mark };

struct Token {
    TokenKind kind = TokenKind::mark;
    std::string_view text;
    int line = 1;
    int column = 0;          // bytes before it on its line
    bool directive = false;  // part of a preprocessor line
    bool begins = false;     // the # of one
    bool spaced = false;     // white space or a comment stands before it
};

// The tokens of C or of assembly that is preprocessed, without comments. A quote that does not
// close ends at the end of its line.
std::vector<Token> c_tokens(std::string_view text);

[[nodiscard]] inline bool is_mark(const Token& token, char c) {
    return token.kind == TokenKind::mark && token.text.size() == 1 && token.text.front() == c;
}
// What a token adds to the depth of brackets: 1, -1 or nothing.
[[nodiscard]] inline int depth_step(const Token& token) {
    if (token.kind != TokenKind::mark) return 0;
    const char c = token.text.front();
    return c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
}

[[nodiscard]] inline bool is_word_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
[[nodiscard]] inline bool is_word_char(char c) {
    return is_word_start(c) || (c >= '0' && c <= '9');
}

}  // namespace krepro::build
