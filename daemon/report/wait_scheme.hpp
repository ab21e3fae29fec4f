// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/report.hpp"
#include "report/lock.hpp"

namespace krepro::report {

// What the numbers of a report's wait types mean, told by the locks, contexts and frames that it
// prints; by the kernel's release only where none of these tells.
WaitScheme wait_scheme(const model::Report& report);

}  // namespace krepro::report
