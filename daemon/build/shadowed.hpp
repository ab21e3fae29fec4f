// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "build/rebuild_plan.hpp"

namespace krepro::build {

// A file that is new may be found on a path of includes before one of its name that was there: then
// what included that one is stale, and make cannot know. Removes from the object tree all that was
// made from a file of a new one's name: objects, generated headers, linker scripts, the build's own
// programs. Returns how many. Blocks, for about half a second where a file is new.
int remove_shadowed(const std::filesystem::path& objects, const std::vector<ChangedFile>& changed);

// A word for the names of all files below a source, whatever is in them. A compiler's cache that
// goes by the files that were read must know it as well, for the same reason. Empty when they
// cannot be listed. Blocks, for about half a second.
std::string names_below(const std::filesystem::path& source);

}  // namespace krepro::build
