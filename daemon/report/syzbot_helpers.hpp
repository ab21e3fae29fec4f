// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace krepro::report {

// Whether many paths share a function, so that a title by its name would mix bugs. `kind` is the
// report's (Family::kind): some functions help only in a leak or a hang.
bool is_helper(std::string_view function, std::string_view kind);

// Whether a function runs what others registered: the frame above it names a loop.
bool is_dispatcher(std::string_view function);

}  // namespace krepro::report
