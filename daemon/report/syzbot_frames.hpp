// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace krepro::report {

// The function that a title names: the first of `candidates`, innermost first, that is not a
// helper. Empty when all are helpers.
std::string choose_function(const std::vector<std::string>& candidates, std::string_view kind);

// The function that a CPU loops in: what stands right above the dispatcher. Empty when the trace
// has no dispatcher, or is the one of the task that only waits for the loop to end.
std::string looping_function(const std::vector<std::string>& candidates);

}  // namespace krepro::report
