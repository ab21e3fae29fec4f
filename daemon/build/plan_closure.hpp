// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "build/plan_names.hpp"

namespace krepro::build {

// A file that some object depends on.
struct PlanFile {
    std::string path;
    bool header = false;  // its items are known; of others, only what they mention
    CFile c;
    std::vector<Words::Id> words;  // of no header: all that it mentions
};

// What a change reaches.
struct Closure {
    std::vector<Words::Id> members;  // the changed names, and what is made of them
    std::vector<bool> touched;       // by index of the files: whoever depends on it is affected
    std::string hard;                // why it cannot be bounded; empty: it can
};

// Follows the changed names through the headers: inline functions and macros that mention one join
// them, and names that ## may make of parts.
Closure close_over(const std::vector<PlanFile>& files, const std::vector<ChangedName>& changed,
                   Words& words);

}  // namespace krepro::build
