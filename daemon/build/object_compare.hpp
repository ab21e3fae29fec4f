// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krepro::build {

// Whether two relocatable ELF objects of 32 or 64 bits (the whole files' bytes, little-endian) make
// the same code, data and tables:
// every section that is loaded, byte for byte, and what is relocated in it, by the symbols' names
// or, of local ones, by what they stand for; and every symbol that it offers to others, with its
// place, size and binding. Debug information and the names of local symbols are not compared.
// Returns the first difference, or nothing. Bytes of any kind are safe to hand in.
std::optional<std::string> object_difference(std::string_view one, std::string_view other);

// The names of an object's symbols, as views of its bytes; nothing when they cannot be read.
[[nodiscard]] std::optional<std::vector<std::string_view>> symbols_of(std::string_view object);

}  // namespace krepro::build
