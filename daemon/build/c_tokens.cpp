// SPDX-License-Identifier: Apache-2.0
#include "build/c_tokens.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace krepro::build {

namespace {

class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_(text) { tokens_.reserve(text.size() / 5); }

    std::vector<Token> run() {
        while (at_ < text_.size()) step();
        return std::move(tokens_);
    }

  private:
    [[nodiscard]] char peek(std::size_t ahead) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    // A backslash before the end of a line joins the lines; how long it is, or 0.
    [[nodiscard]] std::size_t splice() const {
        if (text_[at_] != '\\') return 0;
        if (peek(1) == '\n') return 2;
        return peek(1) == '\r' && peek(2) == '\n' ? 3 : 0;
    }

    void step() {
        const char c = text_[at_];
        if (c == '\n') {
            end_line();
        } else if (const auto joined = splice(); joined != 0) {
            at_ += joined;
            new_line(at_);
        } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            ++at_;
            spaced_ = true;
        } else if (c == '/' && peek(1) == '*') {
            skip_block();
        } else if (c == '/' && peek(1) == '/') {
            skip_line();
        } else {
            token(c);
        }
    }

    void new_line(std::size_t start) {
        ++line_;
        line_start_ = start;
    }

    void end_line() {
        new_line(++at_);
        directive_ = false;
        fresh_ = spaced_ = true;
    }

    void skip_block() {
        const auto end = std::min(text_.find("*/", at_ + 2), text_.size());
        for (auto at = text_.find('\n', at_); at < end; at = text_.find('\n', at + 1))
            new_line(at + 1);
        at_ = std::min(end + 2, text_.size());
        spaced_ = true;
    }

    void skip_line() {
        while (at_ < text_.size() && text_[at_] != '\n') {
            const auto joined = splice();
            at_ += std::max<std::size_t>(joined, 1);
            if (joined != 0) new_line(at_);
        }
        spaced_ = true;
    }

    void token(char c) {
        const bool begins = fresh_ && c == '#';
        if (begins) directive_ = true;
        fresh_ = false;
        const auto from = at_;
        Token token;
        token.line = line_;
        token.column = static_cast<int>(from - line_start_);
        token.directive = directive_;
        token.begins = begins;
        token.spaced = std::exchange(spaced_, false);
        token.kind = extent(c);
        token.text = text_.substr(from, at_ - from);
        tokens_.push_back(token);
    }

    TokenKind extent(char c) {
        if (is_word_start(c)) {
            while (is_word_char(peek(0))) ++at_;
            return TokenKind::word;
        }
        if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
            while (is_word_char(peek(0)) || peek(0) == '.') ++at_;
            return TokenKind::number;
        }
        if (c == '"' || c == '\'') {
            quoted(c);
            return TokenKind::string;
        }
        at_ += c == '#' && peek(1) == '#' ? 2 : 1;
        return TokenKind::mark;
    }

    void quoted(char quote) {
        ++at_;
        while (at_ < text_.size() && text_[at_] != '\n') {
            const char c = text_[at_];
            if (c == '\\' && at_ + 1 < text_.size()) {
                at_ += 2;
                if (text_[at_ - 1] == '\n') new_line(at_);
                continue;
            }
            ++at_;
            if (c == quote) return;
        }
        at_ = std::min(at_, text_.size());
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
    std::size_t line_start_ = 0;
    bool directive_ = false;
    bool fresh_ = true;    // nothing but space on this line so far
    bool spaced_ = false;  // something was left out since the last token
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> c_tokens(std::string_view text) {
    return Lexer(text).run();
}

}  // namespace krepro::build
