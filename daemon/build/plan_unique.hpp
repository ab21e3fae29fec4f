// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "build/c_items.hpp"

namespace krepro::build {

// Worth how often it was asked for before: any change of a header may shift its values in whatever
// includes that header.
inline constexpr std::string_view k_counter = "__COUNTER__";

// Takes __COUNTER__ and __LINE__ out of what those macros of the kernel mention that only make
// names unique with them: who calls one of these does not use the number.
void forget_unique_names(CFile& file, const Words& words);

}  // namespace krepro::build
