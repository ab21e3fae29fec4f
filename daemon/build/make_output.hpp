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

// The first error in make's output: what compiler or linker says of it, file:line, and in
// `hint`, after an empty first line, up to twenty lines around it. Falls back to make's own last
// error line.
[[nodiscard]] util::Error compile_error(std::string_view output);

// Whether this output of a failed make says that the machine failed it: no room, or compilers that
// were killed.
[[nodiscard]] bool is_hosts_failure(std::string_view output);

// The same for `make *config`: the line of a Kconfig file, when one is named.
[[nodiscard]] util::Error config_error(std::string_view output);

// The object that make could not make first ("kernel/fork.o"), relative to the object tree; empty
// when it does not say.
[[nodiscard]] std::string failed_object(std::string_view output);

// The command in `make V=1` output that made this object; empty when there is none.
[[nodiscard]] std::string command_of(std::string_view output, std::string_view object);

// How many objects of an object tree depend on one of these files (paths relative to the source),
// read from kbuild's .cmd files. Blocks for about a second on a warm tree.
[[nodiscard]] int count_dependents(const std::filesystem::path& objects,
                                   const std::vector<std::string>& files);

// Removes the files of an object tree that are not older than `stamp`: what a make that was killed
// may have left half-written, and the next one would take for done. What kconfig keeps stays: it
// writes under another name and renames. Returns how many. Blocks.
int remove_newer_files(const std::filesystem::path& objects, const std::filesystem::path& stamp);

}  // namespace krepro::build
