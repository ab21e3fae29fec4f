// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/report.hpp"
#include "report/interpret.hpp"
#include "report/trace.hpp"

namespace krepro::report {

// Title, type and corrupted flag as syzbot gives them, so that the bug can be searched there.
model::SyzbotView syzbot_view(const Splat& splat, const std::vector<Trace>& traces);

// Whether lines of another task are among the splat's: what can still be told of a console that
// does not say who printed what.
bool is_mixed(const Splat& splat);

}  // namespace krepro::report
