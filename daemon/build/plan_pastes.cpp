// SPDX-License-Identifier: Apache-2.0
#include "build/plan_pastes.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "build/plan_closure.hpp"

namespace krepro::build {

namespace {

using Id = Words::Id;
using Pieces = std::vector<Id>;

bool has(const std::vector<Id>& sorted, Id word) {
    return std::binary_search(sorted.begin(), sorted.end(), word);
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
    return std::all_of(pieces.begin(), pieces.end(),
                       [&](Id piece) { return has(mentioned, piece); }) &&
           std::any_of(macros.begin(), macros.end(),
                       [&](Id macro) { return has(mentioned, macro); });
}

Pastes::Pastes(const std::vector<PlanFile>& files, const Words& words) : words_(words) {
    for (const auto& file : files)
        for (const auto& item : file.c.items) {
            if (item.kind != ItemKind::macro || item.names.empty()) continue;
            for (const auto& chain : item.pastes) sources_.push_back({item.names.front(), &chain});
            for (const auto word : item.words) callers_[word].push_back(&item);
        }
}

const Pastes::Callers& Pastes::callers_of(Id macro) {
    const auto known = known_.find(macro);
    if (known != known_.end()) return known->second;
    std::set<Id> macros{macro};
    std::set<Id> words;
    std::vector<Id> open{macro};
    while (!open.empty()) {
        const auto callers = callers_.find(open.back());
        open.pop_back();
        if (callers == callers_.end()) continue;
        for (const auto* item : callers->second) {
            words.insert(item->words.begin(), item->words.end());
            if (macros.insert(item->names.front()).second) open.push_back(item->names.front());
        }
    }
    return known_[macro] = {{macros.begin(), macros.end()}, {words.begin(), words.end()}};
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
            const auto& callers = callers_of(source.macro);
            PossiblePaste paste{callers.macros, {}};
            for (const auto piece : pieces)
                if (!has(callers.words, piece)) paste.pieces.push_back(piece);
            found.push_back(std::move(paste));
        });
    }
    return found;
}

}  // namespace krepro::build
