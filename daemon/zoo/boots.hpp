// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/report.hpp"
#include "model/workload.hpp"
#include "zoo/manifest.hpp"

namespace krepro::zoo {

// Bugs that are raised one after the other in one boot.
struct BootPlan {
    std::vector<Bug> bugs;
    std::string command_line;  // of the kernel, beside what every boot gets
    double wait_s = 0;         // guest seconds that the bugs take together
};

// One boot a bug, and one for all that can share it. Lockdep goes off at its first report, so none
// of its families can share.
std::vector<BootPlan> plan_boots(const std::vector<Bug>& bugs);

// What the guest runs: writes each name to the driver's file, in a process of its own, because some
// bugs kill it.
model::Workload workload_of(const BootPlan& plan);

// A piece of a console, in bytes.
struct Slice {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// Where the console is about this bug: from the driver's line that says so to the next such line,
// or the end. Empty when there is no such line.
Slice slice_of(std::string_view console, std::string_view bug);

// The reports that begin in the slice.
std::vector<model::Report> reports_in(const Slice& slice, std::span<const model::Report> reports);

}  // namespace krepro::zoo
