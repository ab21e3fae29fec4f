// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "util/result.hpp"

namespace krepro::build {

// A file of the source in which a state that the objects may have been made from differs from the
// one on disk.
struct ChangedFile {
    std::string path;
    std::string before;  // its text then; empty when it was not there
    bool was_there = true;
    bool is_there = true;
};

struct PlanRequest {
    std::filesystem::path source;   // at the state to build
    std::filesystem::path objects;  // the warm object tree
    std::vector<ChangedFile> changed;
    // When the last build that went well ended, or one that failed began. What a file of before
    // then makes stale took no part in that build: its state may be none of those that `changed` is
    // from.
    std::filesystem::file_time_type settled = std::filesystem::file_time_type::min();
};

// What of a warm object tree a change of the source makes stale.
struct RebuildPlan {
    std::string hard;                   // why nothing may be skipped; empty: `skipped` may be
    std::vector<std::string> changed;   // names that the headers' changes reach
    std::vector<std::string> selected;  // objects to make anew; when hard, all that may be stale
    std::vector<std::string> skipped;   // objects that make would build anew, and need not
    int dependents = 0;                 // objects that depend on a changed file
    double seconds = 0;                 // that planning took
};

// Decides which objects a change really reaches. Everything that cannot be bounded is `hard`. Reads
// only. Blocks, for about a second.
RebuildPlan plan_rebuild(const PlanRequest& request);

// Removes the selected objects, so that make makes them whatever the times say, and gives the
// skipped ones the present time, so that make takes them for what they are: done.
util::Result<void> follow_plan(const std::filesystem::path& objects, const RebuildPlan& plan);

// Removes the objects that a file or an option is newer than: after a build that went well, those
// that took no part in it. All that is left is of the state that was built. Returns how many.
int remove_stale_objects(const std::filesystem::path& objects, const std::filesystem::path& source);

}  // namespace krepro::build
