// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace krepro::report {

// Whether a line is one that the kernel prints as part of a splat (frames, registers, locks, ...)
// and not the next thing that happened.
bool belongs_to_splat(std::string_view text);

// Whether a line right above a headline belongs to it: a rule of "====" or "---[ cut here ]---".
bool announces_splat(std::string_view text);

// Whether the kernel says that the splat is over: "---[ end trace 0123 ]---".
bool ends_splat(std::string_view text);

}  // namespace krepro::report
