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

// Whether an audit found the planner wrong about this object tree; the reason is in the file.
std::filesystem::path quarantine_file(const std::filesystem::path& objects);
bool is_quarantined(const std::filesystem::path& objects);

}  // namespace krepro::build
