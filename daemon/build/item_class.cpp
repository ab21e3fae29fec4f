// SPDX-License-Identifier: Apache-2.0
#include "build/item_class.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "build/enum_item.hpp"

namespace krepro::build {

namespace {

using Tokens = std::span<const Token>;

// Sorted, for binary search. Words that look like calls and declare nothing.
constexpr std::array<std::string_view, 28> k_attributes{"_Alignas",
                                                        "__acquire",
                                                        "__acquires",
                                                        "__aligned",
                                                        "__alloc_size",
                                                        "__asm__",
                                                        "__assume_aligned",
                                                        "__attribute",
                                                        "__attribute__",
                                                        "__cond_acquires",
                                                        "__diagnose_as",
                                                        "__error",
                                                        "__extension__",
                                                        "__malloc",
                                                        "__mode",
                                                        "__must_hold",
                                                        "__naked",
                                                        "__nonnull",
                                                        "__printf",
                                                        "__releases",
                                                        "__scanf",
                                                        "__section",
                                                        "__typeof",
                                                        "__typeof__",
                                                        "__vector_size",
                                                        "__warning",
                                                        "asm",
                                                        "typeof"};

// After the name of a variable.
constexpr std::array<std::string_view, 16> k_marks_of_variables{"____cacheline_aligned",
                                                                "____cacheline_aligned_in_smp",
                                                                "__cacheline_aligned",
                                                                "__cacheline_aligned_in_smp",
                                                                "__initconst",
                                                                "__initdata",
                                                                "__maybe_unused",
                                                                "__meminitdata",
                                                                "__nosavedata",
                                                                "__read_mostly",
                                                                "__refdata",
                                                                "__ro_after_init",
                                                                "__rt_mutex_base",
                                                                "__used",
                                                                "__visible",
                                                                "__weak"};

constexpr std::array<std::string_view, 19> k_storage{
    "__always_inline", "__always_unused", "__cold",       "__init",     "__inline",
    "__inline__",      "__maybe_unused",  "__must_check", "__net_init", "__pure",
    "__used",          "__weak",          "asmlinkage",   "const",      "extern",
    "inline",          "noinline",        "notrace",      "static"};

constexpr std::array<std::string_view, 10> k_of_types{
    "_Bool", "char", "double", "float", "int", "long", "short", "signed", "unsigned", "void"};

constexpr std::array<std::string_view, 6> k_inline{"__always_inline", "__inline", "__inline__",
                                                   "inline",          "static",   "typedef"};

// Macros that declare the name that is one of their arguments, and nothing else.
constexpr std::array<std::string_view, 8> k_declarers_last{"DECLARE_PER_CPU",
                                                           "DECLARE_PER_CPU_ALIGNED",
                                                           "DECLARE_PER_CPU_FIRST",
                                                           "DECLARE_PER_CPU_PAGE_ALIGNED",
                                                           "DECLARE_PER_CPU_READ_MOSTLY",
                                                           "DECLARE_PER_CPU_SHARED_ALIGNED",
                                                           "DECLARE_STATIC_KEY_FALSE",
                                                           "DECLARE_STATIC_KEY_TRUE"};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& set) {
    return std::find(set.begin(), set.end(), word) != set.end();
}

// The index of the first mark at depth 0, before `end`.
std::optional<std::size_t> find_mark(Tokens tokens, char c, std::size_t from = 0) {
    int depth = 0;
    for (std::size_t i = from; i < tokens.size(); ++i) {
        if (tokens[i].directive) continue;
        if (depth == 0 && is_mark(tokens[i], c)) return i;
        depth += depth_step(tokens[i]);
    }
    return std::nullopt;
}

// The index of the first "name (" at depth 0, from `from` on, that is no attribute.
std::optional<std::size_t> find_call(Tokens tokens, std::size_t from = 0) {
    int depth = 0;
    for (std::size_t i = from; i + 1 < tokens.size(); ++i) {
        if (tokens[i].directive) continue;
        if (depth == 0 && is_mark(tokens[i], '{')) return std::nullopt;
        if (depth == 0 && tokens[i].kind == TokenKind::word && is_mark(tokens[i + 1], '(') &&
            !is_one_of(tokens[i].text, k_attributes))
            return i;
        depth += depth_step(tokens[i]);
    }
    return std::nullopt;
}

bool has_word(Tokens tokens, std::string_view word) {
    int depth = 0;
    for (const auto& token : tokens) {
        if (depth == 0 && token.text == word) return true;
        depth += depth_step(token);
        if (depth > 0 && is_mark(token, '{')) return false;
    }
    return false;
}

bool only_storage(Tokens tokens) {
    return std::all_of(tokens.begin(), tokens.end(), [](const Token& token) {
        return token.directive || is_one_of(token.text, k_storage);
    });
}

// struct, union or enum with braces: the keyword's index.
std::optional<std::size_t> find_body_keyword(Tokens tokens, std::size_t brace) {
    for (std::size_t i = 0; i < brace; ++i)
        if (tokens[i].text == "struct" || tokens[i].text == "union" || tokens[i].text == "enum")
            return i;
    return std::nullopt;
}

void read_variable(Tokens tokens, Words& words, Item& item) {
    item.kind = ItemKind::variable;
    item.emits = !has_word(tokens, "extern");
    int depth = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const auto& token = tokens[i];
        if (token.directive) continue;
        const bool ends = is_mark(token, '[') || is_mark(token, '=') || is_mark(token, ',') ||
                          is_mark(token, ';');
        if (depth == 0 && ends && i > 0) {
            auto name = i - 1;
            while (name > 0 && is_one_of(tokens[name].text, k_marks_of_variables)) --name;
            if (tokens[name].kind == TokenKind::word)
                item.names.push_back(words.id(tokens[name].text));
        }
        depth += depth_step(token);
    }
    if (item.names.empty()) item.kind = ItemKind::other;
}

void read_invocation(Tokens tokens, std::size_t call, Words& words, Item& item) {
    item.kind = ItemKind::invocation;
    item.emits = true;
    if (!is_one_of(tokens[call].text, k_declarers_last)) return;
    for (std::size_t i = call + 1; i + 1 < tokens.size(); ++i)
        if (tokens[i].kind == TokenKind::word && is_mark(tokens[i + 1], ')')) {
            item.kind = ItemKind::variable;
            item.emits = false;
            item.names = {words.id(tokens[i].text)};
            return;
        }
}

// Whether the last of these words, before one that looks like a call, may be what is declared: then
// it has a type before it.
bool may_be_variable(Tokens before) {
    if (before.size() < 2 || before.back().kind != TokenKind::word ||
        is_one_of(before.back().text, k_of_types))
        return false;
    const auto& type = before[before.size() - 2];
    return type.text != "struct" && type.text != "union" && type.text != "enum" &&
           !is_one_of(type.text, k_storage);
}

void read_callable(Tokens tokens, std::size_t call, Words& words, Item& item) {
    // "int (*name)(...)": a pointer; its name is within.
    if (call + 2 < tokens.size() && is_mark(tokens[call + 2], '*')) {
        item.kind = ItemKind::variable;
        item.emits = !has_word(tokens, "extern");
        auto at = call + 2;
        while (at < tokens.size() && tokens[at].kind == TokenKind::mark) ++at;
        if (at < tokens.size()) item.names.push_back(words.id(tokens[at].text));
        return;
    }
    if (find_mark(tokens, '=')) {
        read_variable(tokens, words, item);
        return;
    }
    // An attribute that is not listed looks like the function's name: each is taken for it.
    for (std::optional<std::size_t> at = call; at; at = find_call(tokens, *at + 1))
        item.names.push_back(words.id(tokens[*at].text));
    if (!is_mark(tokens.back(), '}')) {
        item.kind = ItemKind::prototype;
        if (may_be_variable(tokens.first(call)))
            item.names.push_back(words.id(tokens[call - 1].text));
        return;
    }
    item.kind = ItemKind::function;
    item.emits = std::none_of(k_inline.begin(), k_inline.end(), [&](std::string_view word) {
        return has_word(tokens.subspan(0, call), word);
    });
}

}  // namespace

bool has_body(Tokens tokens) {
    const auto brace = find_mark(tokens, '{');
    const auto call = find_call(tokens);
    if (!brace || !call || *call > *brace) return false;
    const auto assigned = find_mark(tokens, '=');
    return !assigned || *assigned > *brace;
}

Item classify(Tokens tokens, Words& words) {
    Item item;
    const auto first = std::find_if(tokens.begin(), tokens.end(),
                                    [](const Token& token) { return !token.directive; });
    if (first == tokens.end()) return item;
    if (first->text == "_Static_assert" || first->text == "static_assert" || first->text == "asm" ||
        first->text == "__asm__") {
        item.emits = true;
        return item;
    }
    if (has_word(tokens, "typedef")) {
        item.kind = ItemKind::type_name;
        return item;
    }
    const auto brace = find_mark(tokens, '{');
    const auto call = find_call(tokens);
    const auto assigned = find_mark(tokens, '=');
    const bool called = call && (!assigned || *call < *assigned);
    if (brace && !call && (!assigned || *assigned > *brace)) {
        const auto keyword = find_body_keyword(tokens, *brace);
        if (!keyword) {
            item.emits = true;
        } else if (tokens[*keyword].text == "enum") {
            read_enumeration(tokens, words, item);
        } else {
            item.kind = ItemKind::record;
        }
        return item;
    }
    if (called && only_storage(tokens.subspan(0, *call))) {
        read_invocation(tokens, *call, words, item);
    } else if (called) {
        read_callable(tokens, *call, words, item);
    } else if (tokens.size() == 3 &&
               (first->text == "struct" || first->text == "union" || first->text == "enum")) {
        item.kind = ItemKind::forward;
    } else {
        read_variable(tokens, words, item);
    }
    return item;
}

void read_macro(Tokens line, Words& words, Item& item) {
    if (line.size() < 3) return;
    item.names.push_back(words.id(line[2].text));
    std::vector<std::string_view> parameters{"__VA_ARGS__"};
    std::size_t body = 3;
    const bool function_like = line.size() > 3 && is_mark(line[3], '(') &&
                               line[2].text.data() + line[2].text.size() == line[3].text.data();
    if (function_like) {
        for (body = 4; body < line.size() && !is_mark(line[body], ')'); ++body)
            if (line[body].kind == TokenKind::word) parameters.push_back(line[body].text);
        ++body;
    }
    const auto is_parameter = [&](std::string_view word) {
        return std::find(parameters.begin(), parameters.end(), word) != parameters.end();
    };
    PasteChain chain;
    const auto piece = [&](const Token& token) {
        return PastePiece{is_parameter(token.text) ? std::string() : std::string(token.text)};
    };
    for (std::size_t i = body; i < line.size(); ++i) {
        if (line[i].kind == TokenKind::word && !is_parameter(line[i].text))
            item.words.push_back(words.id(line[i].text));
        if (is_parameter(line[i].text) && i + 1 < line.size() && is_mark(line[i + 1], '('))
            item.calls_argument = true;
        if (line[i].kind == TokenKind::string) {
            for (const auto id : read_mentions(line[i].text.substr(1), words).words)
                item.words.push_back(id);
        }
        if (line[i].text == "##" && i > body && i + 1 < line.size()) {
            if (chain.empty()) chain.push_back(piece(line[i - 1]));
            chain.push_back(piece(line[i + 1]));
        } else if (!chain.empty() && line[i - 1].text != "##") {
            item.pastes.push_back(std::move(chain));
            chain.clear();
        }
    }
    if (!chain.empty()) item.pastes.push_back(std::move(chain));
}

}  // namespace krepro::build
