// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "build/c_items.hpp"
#include "build/c_tokens.hpp"

namespace krepro::build {

// Kind and names of "enum tag { ... };". The tag is one of the names when a value is not known to
// fit an int without a sign, for then a change may give the type another sign or size. One with
// attributes is `other`.
void read_enumeration(std::span<const Token> tokens, Words& words, Item& item);

}  // namespace krepro::build
