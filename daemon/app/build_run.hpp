// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/settings.hpp"

namespace krepro::app {

struct BuildRun {
    std::string mail;  // file, or "-"
    std::string tree;
    std::string profile;
    bool audit = false;  // every skipped object; otherwise a sample
    bool plain = false;
    bool again = false;
    std::string arm;  // this one alone; empty: both
    bool json = false;
};

// Builds both arms of a mail in this process and prints what that took: objects, seconds (CPU,
// too), what the planner said. Needs no daemon; beside one, it takes turns with its jobs. Returns
// the exit status of the process: 0; 1 when an audit found a difference; 2 for what does not build
// or a broken environment; 64 for a mail that cannot be read.
int run_build(const Settings& settings, const BuildRun& run);

}  // namespace krepro::app
