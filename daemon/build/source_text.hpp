// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "model/report.hpp"

namespace krepro::build {

// Five lines of a file with `line` in the middle, fewer at its ends. Nothing when it has no such
// line.
std::optional<model::Excerpt> excerpt(std::string_view content, int line);

// The last line of the function whose name stands at `first`: its closing brace, which the kernel's
// style puts at the start of a line. `first` itself when there is none.
int function_end(std::string_view content, int first);

}  // namespace krepro::build
