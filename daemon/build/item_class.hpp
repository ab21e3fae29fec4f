// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "build/c_items.hpp"
#include "build/c_tokens.hpp"

namespace krepro::build {

// Whether these tokens, which end in a closing brace, are a function: the brace ends the item.
[[nodiscard]] bool has_body(std::span<const Token> tokens);

// Kind, names and `emits` of an item that is no preprocessor line.
[[nodiscard]] Item classify(std::span<const Token> tokens, Words& words);

// Name, words and pastes of "#define ..." or "#undef ...".
void read_macro(std::span<const Token> line, Words& words, Item& item);

}  // namespace krepro::build
