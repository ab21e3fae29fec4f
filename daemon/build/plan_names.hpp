// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "build/c_items.hpp"

namespace krepro::build {

// What a name is, as far as it matters for what it can reach.
enum class Reach : unsigned {
    code = 1,   // a function or variable: reaches those who name it
    value = 2,  // an enumerator: may also be a size or a condition of the compiler
    macro = 4,  // may be anything, a condition of the preprocessor too
};

struct ChangedName {
    Words::Id word = 0;
    Reach reach = Reach::code;
};

struct HeaderChange {
    std::vector<ChangedName> names;
    std::string hard;  // why it cannot be bounded; empty: it can
};

// What changes from one form of a header to another, by its top-level items. `place_matters` says
// of an item that it changes when one of its tokens moves.
HeaderChange compare_headers(const CFile& before, const CFile& after,
                             const std::function<bool(const Item&)>& place_matters);

}  // namespace krepro::build
