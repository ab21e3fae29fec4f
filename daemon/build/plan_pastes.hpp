// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "build/c_items.hpp"

namespace krepro::build {

struct PlanFile;

// A way in which ## may make a name: through one of these macros, from these pieces. The sorted
// words that it points to are of the Pastes that made it.
struct PossiblePaste {
    struct Piece {
        Words::Id word;
        const std::vector<Words::Id>* bringers;  // the word, and macros it may come out of
        bool brought;                            // such a macro stands in a caller's body
    };
    Words::Id macro;                          // that pastes
    const std::vector<Words::Id>* macros;     // it, and those that call it
    const std::vector<Words::Id>* callbacks;  // macros that call what they are given
    std::vector<Piece> pieces;                // whose words stand in no caller's body
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
    std::vector<Words::Id> callbacks_;
};

}  // namespace krepro::build
