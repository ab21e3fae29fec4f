// SPDX-License-Identifier: Apache-2.0
#include "build/c_items.hpp"

#include <algorithm>
#include <span>

#include "build/c_tokens.hpp"
#include "build/item_class.hpp"

namespace krepro::build {

Words::Id Words::id(std::string_view word) {
    if (const auto found = ids_.find(word); found != ids_.end()) return found->second;
    const auto id = static_cast<Id>(texts_.size());
    texts_.emplace_back(word);
    ids_.emplace(texts_.back(), id);
    return id;
}

const Words::Id* Words::find(std::string_view word) const {
    const auto found = ids_.find(word);
    return found == ids_.end() ? nullptr : &found->second;
}

namespace {

using Tokens = std::span<const Token>;

void sort_unique(std::vector<Words::Id>& ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

// Names may stand in strings too: assembly calls functions by them.
void add_words(const Token& token, Words& words, std::vector<Words::Id>& to) {
    if (token.kind == TokenKind::word) to.push_back(words.id(token.text));
    if (token.kind != TokenKind::string) return;
    const auto text = token.text;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_word_start(text[at])) {
            ++at;
            continue;
        }
        auto end = at;
        while (end < text.size() && is_word_char(text[end])) ++end;
        to.push_back(words.id(text.substr(at, end - at)));
        at = end;
    }
}

// As C sees them: that there is space between two tokens, not how much, for it tells "a++ + b" from
// "a + ++b", a macro with parameters from one whose text begins with a bracket, and what # makes of
// an argument. A directive has a line of its own.
std::string joined(Tokens tokens) {
    std::string text;
    const Token* last = nullptr;
    for (const auto& token : tokens) {
        const bool turns = last != nullptr && last->directive != token.directive;
        if (last != nullptr && (turns || token.begins))
            text += '\n';
        else if (last != nullptr && token.spaced)
            text += ' ';
        text += token.text;
        last = &token;
    }
    return text;
}

// Where the tokens stand, from the first one's line on: equal for an item that moves as a whole.
std::uint64_t shape_of(Tokens tokens) {
    std::uint64_t shape = 1469598103934665603U;  // FNV-1a
    const auto add = [&shape](int number) {
        shape = (shape ^ static_cast<std::uint64_t>(number)) * 1099511628211U;
    };
    for (const auto& token : tokens) {
        add(token.line - tokens.front().line);
        add(token.column);
    }
    return shape;
}

class Splitter {
  public:
    Splitter(Tokens tokens, Words& words) : tokens_(tokens), words_(words) {}

    CFile run() {
        for (std::size_t at = 0; at < tokens_.size();) {
            if (!tokens_[at].begins) {
                take(tokens_[at++]);
                continue;
            }
            auto end = at + 1;
            while (end < tokens_.size() && tokens_[end].directive && !tokens_[end].begins) ++end;
            directive(tokens_.subspan(at, end - at));
            at = end;
        }
        if (!open_.empty()) {
            file_.whole = depth_ == 0;
            close();
        }
        if (!conditions_.empty()) file_.whole = false;
        return std::move(file_);
    }

  private:
    void take(const Token& token) {
        if (open_.empty()) open_context_ = context();
        open_.push_back(token);
        if (token.kind != TokenKind::mark) return;
        const char c = token.text.front();
        if (c == '(' || c == '[' || c == '{') ++depth_;
        if (c == ')' || c == ']' || c == '}') --depth_;
        if (depth_ < 0) {
            file_.whole = false;
            depth_ = 0;
        }
        if (depth_ == 0 && (c == ';' || (c == '}' && has_body(open_)))) close();
    }

    void close() {
        Item item = classify(open_, words_);
        item.context = open_context_;
        item.line = open_.front().line;
        for (const auto& token : open_) add_words(token, words_, item.words);
        sort_unique(item.words);
        item.text = joined(open_);
        item.shape = shape_of(open_);
        open_.clear();
        depth_ = 0;
        if (item.text != ";") file_.items.push_back(std::move(item));
    }

    void directive(Tokens line) {
        const auto what = line.size() > 1 ? line[1].text : std::string_view{};
        Item item;
        item.line = line.front().line;
        item.text = joined(line);
        if (what == "define" || what == "undef") {
            item.kind = ItemKind::macro;
            item.context = context();
            read_macro(line, words_, item);
            sort_unique(item.words);
            file_.items.push_back(std::move(item));
            return;
        }
        const bool conditional = condition(what, item.text);
        item.kind = conditional                   ? ItemKind::conditional
                    : what.starts_with("include") ? ItemKind::include
                                                  : ItemKind::other;
        item.context = context();
        for (const auto& token : line.subspan(std::min<std::size_t>(2, line.size())))
            add_words(token, words_, item.words);
        sort_unique(item.words);
        file_.items.push_back(std::move(item));
        // Within a function or a struct it is a part of that, too.
        if (!open_.empty()) open_.insert(open_.end(), line.begin(), line.end());
    }

    bool condition(std::string_view what, const std::string& text) {
        if (what == "if" || what == "ifdef" || what == "ifndef") {
            conditions_.push_back(text);
        } else if (what == "elif" || what == "else") {
            if (conditions_.empty())
                file_.whole = false;
            else
                conditions_.back() += text;
        } else if (what == "endif") {
            if (conditions_.empty())
                file_.whole = false;
            else
                conditions_.pop_back();
        } else {
            return false;
        }
        return true;
    }

    [[nodiscard]] std::string context() const {
        std::string text;
        for (const auto& condition : conditions_) text += condition + "\n";
        return text;
    }

    Tokens tokens_;
    Words& words_;
    CFile file_;
    std::vector<Token> open_;  // the item under way
    std::string open_context_;
    int depth_ = 0;
    std::vector<std::string> conditions_;
};

}  // namespace

CFile read_c_file(std::string_view text, Words& words) {
    const auto tokens = c_tokens(text);
    return Splitter(tokens, words).run();
}

Mentions read_mentions(std::string_view text, Words& words) {
    Mentions mentions;
    for (const auto& token : c_tokens(text)) add_words(token, words, mentions.words);
    sort_unique(mentions.words);
    return mentions;
}

}  // namespace krepro::build
