// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "build/rebuild_plan.hpp"

namespace krepro::build {

// A patch steers the build when it changes what runs while a kernel is built: it may then do to the
// object tree whatever it likes. All else is only read, by compiler, assembler and linker.

// The source files, relative, that programs of the build's own are made of, by the .cmd files of an
// object tree in which no foreign program ever ran. Blocks, for about half a second.
std::set<std::string> files_of_programs(const std::filesystem::path& objects,
                                        const std::filesystem::path& source);

// The first of these files that may run in a build: makefiles, Kconfig, scripts, whatever is not
// known to be code of the kernel, and files of the build's programs. Empty when none does.
std::string first_that_steers(const std::vector<ChangedFile>& changed,
                              const std::set<std::string>& of_programs);

}  // namespace krepro::build
