// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace krepro::build {

// Whether this line of kbuild's output says that an object was compiled ("  CC kernel/fork.o").
[[nodiscard]] bool is_object_line(std::string_view line);

// The compiler's first error in make's output as an Error: what it says, and file:line. Falls back
// to make's own last error line.
[[nodiscard]] util::Error compile_error(std::string_view output);

// How many objects of an object tree depend on one of these files (paths relative to the source),
// read from kbuild's .cmd files. Blocks for about a second on a warm tree.
[[nodiscard]] int count_dependents(const std::filesystem::path& objects,
                                   const std::vector<std::string>& files);

// Removes the objects and archives of an object tree that are not older than `stamp`: what a make
// that was killed may have left half-written, and the next one would take for done. Returns how
// many. Blocks.
int remove_newer_objects(const std::filesystem::path& objects, const std::filesystem::path& stamp);

}  // namespace krepro::build
