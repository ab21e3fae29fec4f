// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/report.hpp"
#include "report/line.hpp"
#include "report/trace.hpp"

namespace krepro::report {

// What lockdep prints beside locks and the call trace: chain, states, scenario, interrupt events.
model::LockdepDetail read_lockdep_detail(std::span<const Line> lines,
                                         const std::vector<Trace>& traces);

// "+.+." taken apart. The kernel has four characters; old ones had two more, for reclaim.
std::vector<model::LockUsage> decode_usage(std::string_view usage);

}  // namespace krepro::report
