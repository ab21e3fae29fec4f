// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/report.hpp"
#include "report/syzbot_rows.hpp"

namespace krepro::report {

// The function that a title names: the first of `candidates`, innermost first, that is not a
// helper everybody calls. Empty when all are helpers.
std::string choose_function(const std::vector<std::string>& candidates, Place place);

}  // namespace krepro::report
