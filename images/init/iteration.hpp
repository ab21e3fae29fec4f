// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "init/events.hpp"

namespace krepro::guest {

struct IterationEnd {
    Ending ending;
    std::string last_lines;
};

// Must be called once, before any thread is started: the end of a child is then read from a
// descriptor. False when the kernel cannot do that.
bool watch_children();

// Runs the workload's script once, in a session and a cgroup of its own, its output to the
// kernel's log, and waits for the shell's end. What it left behind still runs.
[[nodiscard]] IterationEnd run_workload_once();

// Kills what the workload left behind and reaps it; gives up after ten seconds, and logs that.
void clear_workload();

}  // namespace krepro::guest
