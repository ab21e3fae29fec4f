// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/report.hpp"
#include "report/line.hpp"

namespace krepro::report {

// The locks that a report is about, in the order printed, each once.
std::vector<model::Lock> read_locks(std::span<const Line> lines);

// The locks that the reporting task holds: the first "N locks held by" list.
std::vector<model::Lock> read_held_locks(std::span<const Line> lines);

// Fills in the names of all wait types of a report; what the numbers mean is told from the report
// as a whole.
void name_wait_types(model::Report& report);

}  // namespace krepro::report
