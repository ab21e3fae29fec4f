// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "util/result.hpp"

namespace krepro::build {

// Beside an object tree krepro keeps the states (content hashes) of the source that its objects may
// have been made from: one after a build that went well, more after one that failed or was killed.

// Empty: nothing is known, or too many states are mixed.
std::vector<std::string> read_states(const std::filesystem::path& objects);
// When that was last written; long ago when it never was.
std::filesystem::file_time_type states_time(const std::filesystem::path& objects);
util::Result<void> add_state(const std::filesystem::path& objects, const std::string& state);
util::Result<void> set_state(const std::filesystem::path& objects, const std::string& state);

// Removes all that is in an object tree, and what is known of it but for a quarantine. When it is
// cut short, the next reader finds objects of no known state.
util::Result<void> empty_objects(const std::filesystem::path& objects);

// The programs that an object tree is made with, as they name themselves; empty: not known. kbuild
// sees another compiler by itself, and no other assembler.
std::string read_toolchain(const std::filesystem::path& objects);
util::Result<void> set_toolchain(const std::filesystem::path& objects,
                                 const std::string& toolchain);

// Whether an audit found the planner wrong about this object tree. What was made of its objects is
// cleared away between begin and end: who finds the clearing open does it again.
util::Result<void> begin_quarantine(const std::filesystem::path& objects, const std::string& why);
util::Result<void> end_quarantine(const std::filesystem::path& objects);
bool is_quarantined(const std::filesystem::path& objects);
bool is_quarantine_open(const std::filesystem::path& objects);

}  // namespace krepro::build
