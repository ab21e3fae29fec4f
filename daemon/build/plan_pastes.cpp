// SPDX-License-Identifier: Apache-2.0
#include "build/plan_pastes.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

#include "build/plan_closure.hpp"

namespace krepro::build {

namespace {

using Id = Words::Id;
using Pieces = std::vector<Id>;

bool has(const std::vector<Id>& sorted, Id word) {
    return std::binary_search(sorted.begin(), sorted.end(), word);
}

bool have_common(const std::vector<Id>& a, const std::vector<Id>& b) {
    const auto& [few, many] = a.size() < b.size() ? std::tie(a, b) : std::tie(b, a);
    return std::any_of(few.begin(), few.end(), [&many = many](Id word) { return has(many, word); });
}

// Every way to make `rest` of the chain from its piece `at` on, parameters being words that exist.
void match(const PasteChain& chain, std::size_t at, std::string_view rest, const Words& words,
           Pieces& bound, const std::function<void(const Pieces&)>& found) {
    if (at == chain.size()) {
        if (rest.empty()) found(bound);
        return;
    }
    const auto& literal = chain[at].text;
    if (!literal.empty()) {
        if (rest.starts_with(literal))
            match(chain, at + 1, rest.substr(literal.size()), words, bound, found);
        return;
    }
    match(chain, at + 1, rest, words, bound, found);  // an empty argument
    for (std::size_t size = 1; size <= rest.size(); ++size) {
        // Numbers are no words: what is left of the name must then hold the proof.
        const auto piece = rest.substr(0, size);
        const bool number = piece.front() >= '0' && piece.front() <= '9';
        const auto* word = words.find(piece);
        if (word == nullptr && !number) continue;
        if (word != nullptr) bound.push_back(*word);
        match(chain, at + 1, rest.substr(size), words, bound, found);
        if (word != nullptr) bound.pop_back();
    }
}

}  // namespace

bool PossiblePaste::may_be_in(const std::vector<Id>& mentioned) const {
    const auto stands = [&](const Piece& piece) { return has(mentioned, piece.word); };
    if (std::all_of(pieces.begin(), pieces.end(), stands)) return have_common(*macros, mentioned);
    const auto comes = [&](const Piece& piece) {
        return piece.brought || have_common(*piece.bringers, mentioned);
    };
    if (!std::all_of(pieces.begin(), pieces.end(), comes)) return false;
    // An operand of ## is taken as it is written. What a caller hands on is expanded first, and a
    // macro that calls what it is given hands its own words to the macro that pastes.
    const auto calls = [&](Id word) { return word != macro && has(*macros, word); };
    return std::any_of(mentioned.begin(), mentioned.end(), calls) ||
           (has(mentioned, macro) && have_common(*callbacks, mentioned));
}

Pastes::Pastes(const std::vector<PlanFile>& files, const Words& words) : words_(words) {
    for (const auto& file : files)
        for (const auto& item : file.c.items) {
            if (item.kind != ItemKind::macro || item.names.empty()) continue;
            for (const auto& chain : item.pastes) sources_.push_back({item.names.front(), &chain});
            for (const auto word : item.words) callers_[word].push_back(&item);
        }
    std::set<Id> callbacks;
    for (const auto& file : files)
        for (const auto& item : file.c.items) {
            if (!item.calls_argument || item.names.empty()) continue;
            const auto& macros = callers_of(item.names.front()).macros;
            callbacks.insert(macros.begin(), macros.end());
        }
    callbacks_ = {callbacks.begin(), callbacks.end()};
}

const Pastes::Callers& Pastes::callers_of(Id word) {
    const auto known = known_.find(word);
    if (known != known_.end()) return known->second;
    std::set<Id> macros{word};
    std::set<Id> words;
    std::vector<Id> open{word};
    while (!open.empty()) {
        const auto callers = callers_.find(open.back());
        open.pop_back();
        if (callers == callers_.end()) continue;
        for (const auto* item : callers->second) {
            words.insert(item->words.begin(), item->words.end());
            if (macros.insert(item->names.front()).second) open.push_back(item->names.front());
        }
    }
    return known_[word] = {{macros.begin(), macros.end()}, {words.begin(), words.end()}};
}

PossiblePaste Pastes::paste_of(Id macro, const Pieces& pieces) {
    const auto& above = callers_of(macro);
    PossiblePaste paste{macro, &above.macros, &callbacks_, {}};
    for (const auto piece : pieces) {
        if (has(above.words, piece)) continue;
        const auto& bringers = callers_of(piece).macros;
        paste.pieces.push_back({piece, &bringers, have_common(bringers, above.words)});
    }
    return paste;
}

std::vector<PossiblePaste> Pastes::that_make(Id name) {
    std::vector<PossiblePaste> found;
    std::set<std::pair<Id, Pieces>> seen;
    for (const auto& source : sources_) {
        Pieces bound;
        match(*source.chain, 0, words_.text(name), words_, bound, [&](const Pieces& pieces) {
            // A whole name as one argument is a mention by itself.
            if (std::find(pieces.begin(), pieces.end(), name) != pieces.end()) return;
            if (!seen.insert({source.macro, pieces}).second) return;
            found.push_back(paste_of(source.macro, pieces));
        });
    }
    return found;
}

}  // namespace krepro::build
