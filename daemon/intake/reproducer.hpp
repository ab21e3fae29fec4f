// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "intake/splat.hpp"
#include "model/mail.hpp"

namespace krepro::intake {

// The reproducer that a log message gives: a `while true; do ... done` loop, a `#!` script, or an
// indented run of commands. Lines of the splat are not looked at.
std::optional<model::Reproducer> find_reproducer(const std::vector<std::string_view>& lines,
                                                 LineRange splat);

}  // namespace krepro::intake
