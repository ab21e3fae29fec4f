// SPDX-License-Identifier: Apache-2.0
#include "build/plan_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace krepro::build {

namespace {

using PlaceTest = std::function<bool(const Item&)>;

// Two items with one key are the same code under the same conditions.
std::string key_of(const Item& item, const PlaceTest& place_matters) {
    std::string key = item.context + '\n' + item.text;
    if (place_matters(item)) key += fmt::format("\nline {}, {:x}", item.line, item.shape);
    return key;
}

struct Keyed {
    const Item* item;
    std::string key;
};

// Conditions are in the context of what they govern; forward declarations make nothing.
std::vector<Keyed> keyed(const CFile& file, const PlaceTest& place_matters) {
    std::vector<Keyed> items;
    for (const auto& item : file.items)
        if (item.kind != ItemKind::conditional && item.kind != ItemKind::forward)
            items.push_back({&item, key_of(item, place_matters)});
    return items;
}

// Why a change of this item cannot be bounded.
std::optional<std::string_view> hard_reason(const Item& item) {
    switch (item.kind) {
        case ItemKind::record:
            return "the layout of a struct or union changes";
        case ItemKind::type_name:
            return "a typedef changes";
        case ItemKind::include:
            return "an #include changes";
        case ItemKind::invocation:
            return "an invocation of a macro changes, or moves with the line that it holds";
        case ItemKind::other:
            return "a declaration that is not understood changes";
        case ItemKind::function:
        case ItemKind::variable:
            if (item.emits) return "code or data of the header itself changes";
            break;
        case ItemKind::enumeration:
            if (!item.tagged) return "an enum without a name changes";
            break;
        case ItemKind::macro:
        case ItemKind::prototype:
        case ItemKind::conditional:
        case ItemKind::forward:
            break;
    }
    if (item.names.empty() && item.kind != ItemKind::conditional)
        return "a declaration without a name changes";
    return std::nullopt;
}

Reach reach_of(const Item& item) {
    if (item.kind == ItemKind::macro) return Reach::macro;
    return item.kind == ItemKind::enumeration ? Reach::value : Reach::code;
}

// Those of `of` that `others` lacks, each as often as it lacks it.
std::vector<const Item*> only_in(const std::vector<Keyed>& of, const std::vector<Keyed>& others) {
    std::map<std::string_view, int> count;
    for (const auto& other : others) ++count[other.key];
    std::vector<const Item*> items;
    for (const auto& one : of)
        if (--count[one.key] < 0) items.push_back(one.item);
    return items;
}

std::vector<std::string_view> common(const std::vector<Keyed>& of,
                                     const std::vector<const Item*>& without) {
    std::vector<std::string_view> keys;
    for (const auto& one : of)
        if (std::find(without.begin(), without.end(), one.item) == without.end())
            keys.push_back(one.key);
    return keys;
}

}  // namespace

HeaderChange compare_headers(const CFile& before, const CFile& after,
                             const PlaceTest& place_matters) {
    HeaderChange change;
    if (!before.whole || !after.whole) {
        change.hard = "its braces or conditions do not close";
        return change;
    }
    const auto old_items = keyed(before, place_matters);
    const auto new_items = keyed(after, place_matters);
    const auto gone = only_in(old_items, new_items);
    const auto added = only_in(new_items, old_items);
    for (const auto* items : {&gone, &added})
        for (const auto* item : *items) {
            if (const auto reason = hard_reason(*item)) {
                change.hard = fmt::format("line {}: {}", item->line, *reason);
                return change;
            }
            for (const auto name : item->names) change.names.push_back({name, reach_of(*item)});
        }
    if (common(old_items, gone) != common(new_items, added))
        change.hard = "declarations change places";
    return change;
}

}  // namespace krepro::build
