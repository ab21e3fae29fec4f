// SPDX-License-Identifier: Apache-2.0
#include "build/plan_places.hpp"

#include <algorithm>

namespace krepro::build {

namespace {

using Id = Words::Id;

std::vector<Id> ids_of(std::initializer_list<std::string_view> texts, Words& words) {
    std::vector<Id> ids;
    for (const auto text : texts) ids.push_back(words.id(text));
    return ids;
}

bool has_any(const Item& item, const std::vector<bool>& set) {
    return std::any_of(item.words.begin(), item.words.end(),
                       [&](Id word) { return word < set.size() && set[word]; });
}

}  // namespace

// UBSAN, GCOV and debug information note where each statement stands, KASAN where each variable,
// those in inline functions among them.
Noting noting_of(std::string_view config) {
    for (const auto* option : {"CONFIG_UBSAN=y\n", "CONFIG_KASAN=y\n", "CONFIG_GCOV_KERNEL=y\n",
                               "CONFIG_DEBUG_INFO=y\n"})
        if (config.find(option) != std::string_view::npos) return Noting::compiler;
    return Noting::code;
}

Places::Places(const std::vector<PlanFile>& files, Words& words, Noting noting)
    : numbers_(made_of(ids_of({"__LINE__", "__builtin_LINE"}, words), files, words)),
      keys_(made_of(ids_of({"static_branch_likely", "static_branch_unlikely", "static_key_false",
                            "static_key_true"},
                           words),
                    files, words)),
      noting_(noting) {}

Places::WordSet Places::made_of(std::vector<Id> seeds, const std::vector<PlanFile>& files,
                                const Words& words) {
    WordSet set(words.size());
    for (const auto seed : seeds) set[seed] = true;
    for (bool grown = true; grown;) {
        grown = false;
        for (const auto& file : files)
            for (const auto& item : file.c.items) {
                if (item.kind != ItemKind::macro || item.names.empty() || set[item.names.front()])
                    continue;
                if (has_any(item, set)) grown = set[item.names.front()] = true;
            }
    }
    return set;
}

bool Places::matter(const Item& item) const {
    switch (item.kind) {
        // A macro has the line of its use, and the others are nothing in an object.
        case ItemKind::macro:
        case ItemKind::include:
        case ItemKind::conditional:
        case ItemKind::forward:
            return false;
        // No code: a static key may be named here as a type or a declaration.
        case ItemKind::record:
        case ItemKind::type_name:
        case ItemKind::prototype:
        case ItemKind::enumeration:
            return has_any(item, numbers_);
        case ItemKind::variable:
            if (!item.emits) return has_any(item, numbers_);
            break;
        case ItemKind::function:
        case ItemKind::invocation:
        case ItemKind::other:
            break;
    }
    return noting_ == Noting::compiler || has_any(item, numbers_) || has_any(item, keys_);
}

}  // namespace krepro::build
