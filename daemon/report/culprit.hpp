// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/report.hpp"

namespace krepro::report {

// The frame that the detector complained about: the innermost one that neither reports nor takes
// the lock. nullptr when there is no trace.
const model::Frame* complaint_site(const model::Report& report);

// The function to look at first. Frames are scored, not forbidden: where the patch acts counts
// most, then what an interrupt called and who made the context atomic, then what stands right below
// the complaint. Empty when there is no trace.
std::string find_culprit(const model::Report& report);

}  // namespace krepro::report
