// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace krepro::build {

// Identifiers by number, so that sets of them are cheap.
class Words {
  public:
    using Id = std::uint32_t;
    Id id(std::string_view word);
    // The number of a word that was seen before; nothing of `seen` otherwise.
    [[nodiscard]] const Id* find(std::string_view word) const;
    [[nodiscard]] const std::string& text(Id id) const { return texts_[id]; }
    [[nodiscard]] std::size_t size() const { return texts_.size(); }

  private:
    std::deque<std::string> texts_;
    std::unordered_map<std::string_view, Id> ids_;
};

// What a part of a C file is, as far as its tokens say.
enum class ItemKind {
    macro,        // #define, #undef
    include,      // #include
    conditional,  // #if to #endif
    function,     // with its body
    prototype,
    variable,
    enumeration,
    record,      // struct or union with its fields
    type_name,   // typedef
    forward,     // struct foo;
    invocation,  // of a macro, which may make anything
    other,
};

// A piece of a token that ## makes: the text itself, or a parameter, which may be anything.
struct PastePiece {
    std::string text;  // empty: a parameter
};
using PasteChain = std::vector<PastePiece>;

// A part of a C file at its top level.
struct Item {
    ItemKind kind = ItemKind::other;
    int line = 0;                    // where it begins, 1-based
    std::vector<Words::Id> names;    // what it defines or declares
    std::vector<Words::Id> words;    // every identifier in it, those in strings too; sorted
    std::vector<PasteChain> pastes;  // of a macro
    bool calls_argument = false;     // a macro that calls a macro or function which it is given
    std::string text;                // its tokens: equal for equal code
    std::uint64_t shape = 0;         // where on its lines they stand; of no directive
    std::string context;             // the conditions around it
    bool emits = false;              // makes code or data wherever it is included
    bool tagged = false;             // an enum with a name
};

struct CFile {
    std::vector<Item> items;
    bool whole = true;  // false: braces do not close, so that what it defines is not known
};

// Splits a C file into its items. Never fails: what it does not understand is `other`.
CFile read_c_file(std::string_view text, Words& words);

// Every identifier outside comments, sorted; and the pastes of the macros in it.
struct Mentions {
    std::vector<Words::Id> words;
};
Mentions read_mentions(std::string_view text, Words& words);

}  // namespace krepro::build
