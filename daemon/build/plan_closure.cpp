// SPDX-License-Identifier: Apache-2.0
#include "build/plan_closure.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "build/plan_pastes.hpp"

namespace krepro::build {

namespace {

using Id = Words::Id;

constexpr unsigned bits(Reach reach) {
    return static_cast<unsigned>(reach);
}

class ClosureMaker {
  public:
    ClosureMaker(const std::vector<PlanFile>& files, Words& words)
        : files_(files), words_(words), pastes_(files, words) {
        closure_.touched.resize(files.size());
    }

    Closure run(const std::vector<ChangedName>& changed) {
        for (const auto& name : changed) join(name.word, bits(name.reach));
        while (grown_ && closure_.hard.empty()) {
            grown_ = false;
            for (std::size_t i = 0; i < files_.size() && closure_.hard.empty(); ++i) visit(i);
        }
        return std::move(closure_);
    }

  private:
    [[nodiscard]] unsigned reach(Id word) const { return word < reach_.size() ? reach_[word] : 0U; }

    void join(Id word, unsigned how) {
        if (reach_.size() < words_.size()) reach_.resize(words_.size());
        if ((reach_[word] & how) == how) return;
        if (reach_[word] == 0) {
            closure_.members.push_back(word);
            for (auto& paste : pastes_.that_make(word)) possible_.push_back(std::move(paste));
        }
        reach_[word] |= how;
        grown_ = true;
    }

    // How the words reach what holds them; 0: they do not.
    [[nodiscard]] unsigned mention(const std::vector<Id>& mentioned) const {
        unsigned how = 0;
        for (const auto word : mentioned) how |= reach(word);
        for (const auto& paste : possible_)
            if (paste.may_be_in(mentioned)) how |= bits(Reach::macro);
        return how;
    }

    void visit(std::size_t index) {
        const auto& file = files_[index];
        if (closure_.touched[index] && !file.header) return;
        if (!file.header) {
            closure_.touched[index] = mention(file.words) != 0;
            return;
        }
        for (const auto& item : file.c.items) {
            const auto how = mention(item.words);
            if (how != 0) reach_item(index, item, how);
            if (!closure_.hard.empty()) return;
        }
    }

    void reach_item(std::size_t index, const Item& item, unsigned how) {
        const auto& file = files_[index];
        const auto hard = [&](std::string_view why) {
            closure_.hard = fmt::format("{}:{}: {}", file.path, item.line, why);
        };
        // What is not understood, or does something where it stands: whoever includes it.
        if (item.emits || !file.c.whole) closure_.touched[index] = true;
        switch (item.kind) {
            case ItemKind::conditional:
                if ((how & bits(Reach::macro)) != 0) hard("a condition depends on what changes");
                break;
            case ItemKind::record:
            case ItemKind::type_name:
                // A field may be called like a function; only a size or a type reaches further.
                if (how != bits(Reach::code) || asks_type(item))
                    hard("the layout of a type may depend on what changes");
                break;
            case ItemKind::macro:
                join_names(item, bits(Reach::macro));
                break;
            case ItemKind::enumeration:
                join_names(item, bits(Reach::value));
                break;
            case ItemKind::function:
            case ItemKind::prototype:
            case ItemKind::variable:
                join_names(item, bits(Reach::code));
                break;
            case ItemKind::include:
            case ItemKind::invocation:
            case ItemKind::other:
                closure_.touched[index] = true;
                break;
            case ItemKind::forward:
                break;
        }
    }

    void join_names(const Item& item, unsigned how) {
        for (const auto name : item.names) join(name, how);
    }

    [[nodiscard]] bool asks_type(const Item& item) const {
        return std::any_of(item.words.begin(), item.words.end(), [this](Id word) {
            const auto& text = words_.text(word);
            return text == "sizeof" || text == "typeof" || text == "__typeof__" ||
                   text == "__typeof" || text == "__alignof__" || text == "_Alignof";
        });
    }

    const std::vector<PlanFile>& files_;
    Words& words_;
    Pastes pastes_;
    std::vector<unsigned> reach_;  // by word
    std::vector<PossiblePaste> possible_;
    Closure closure_;
    bool grown_ = false;
};

}  // namespace

Closure close_over(const std::vector<PlanFile>& files, const std::vector<ChangedName>& changed,
                   Words& words) {
    return ClosureMaker(files, words).run(changed);
}

}  // namespace krepro::build
