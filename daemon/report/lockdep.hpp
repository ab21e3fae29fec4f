// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/report.hpp"
#include "report/line.hpp"

namespace krepro::report {

// The locks that a report is about, in the order printed, each once.
std::vector<model::Lock> read_locks(std::span<const Line> lines);

// Whose locks are wanted: those of the first "N locks held by" list, which is the reporting task's,
// or of every such list.
enum class Owners { first, all };

// The locks held, each with its owner.
std::vector<model::Lock> read_held_locks(std::span<const Line> lines, Owners owners);

// Fills in the names of all wait types of a report; what the numbers mean is told from the report
// as a whole.
void name_wait_types(model::Report& report);

}  // namespace krepro::report
