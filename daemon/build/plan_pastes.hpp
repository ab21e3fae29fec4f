// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "build/c_items.hpp"

namespace krepro::build {

struct PlanFile;

// A way in which ## may make a name: through one of these macros, from these pieces.
struct PossiblePaste {
    struct Piece {
        Words::Id word;
        std::vector<Words::Id> bringers;  // the word, and macros it may come out of; sorted
        bool brought = false;             // such a macro stands in a caller's body
    };
    std::vector<Words::Id> macros;   // that paste, and those that call them; sorted
    std::vector<Words::Id> callers;  // of them, those whose arguments are expanded; sorted
    std::vector<Piece> pieces;       // whose words stand in no caller's body
    // Whether what mentions these words (sorted) may make the name.
    [[nodiscard]] bool may_be_in(const std::vector<Words::Id>& mentioned) const;
};

// The macros with ## of all files, and what they can make.
class Pastes {
  public:
    Pastes(const std::vector<PlanFile>& files, const Words& words);
    [[nodiscard]] std::vector<PossiblePaste> that_make(Words::Id name);

  private:
    struct Source {
        Words::Id macro;
        const PasteChain* chain;
    };
    struct Callers {
        std::vector<Words::Id> macros;  // the word itself, and those whose bodies lead to it
        std::vector<Words::Id> words;   // of their bodies
    };
    const Callers& callers_of(Words::Id word);
    PossiblePaste paste_of(Words::Id macro, const std::vector<Words::Id>& pieces);

    const Words& words_;
    std::vector<Source> sources_;
    std::map<Words::Id, std::vector<const Item*>> callers_;  // by a word of their body
    std::map<Words::Id, Callers> known_;
};

}  // namespace krepro::build
