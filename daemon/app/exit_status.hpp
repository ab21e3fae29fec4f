// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace krepro::app {

// What programs without a daemon exit with, as the rest of the command line does
// (cli/exit_code.hpp).
inline constexpr int k_exit_infrastructure = 2;
inline constexpr int k_exit_undecided = 4;
inline constexpr int k_exit_usage = 64;

}  // namespace krepro::app
