// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/report.hpp"
#include "report/interpret.hpp"

namespace krepro::report {

// Title, type and corrupted flag as syzbot gives them, so that the bug can be searched there.
model::SyzbotView syzbot_view(const Splat& splat);

}  // namespace krepro::report
