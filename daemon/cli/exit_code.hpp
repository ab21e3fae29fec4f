// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/verdict.hpp"
#include "util/result.hpp"

namespace krepro::cli {

inline constexpr int k_exit_ok = 0;
inline constexpr int k_exit_infrastructure = 2;
inline constexpr int k_exit_usage = 64;

// What `git bisect run` is told besides 0 (good) and 1 (bad). All else up to 127 is "bad" to it, so
// a check that could not be made must say 128.
inline constexpr int k_check_skip = 125;   // this commit cannot be tested
inline constexpr int k_check_abort = 128;  // no commit can

// 0 fixed; 1 not fixed, regression, or fixed with a new splat; 2 error; 3 not reproduced;
// 4 inconclusive.
[[nodiscard]] int exit_code(model::VerdictKind verdict);

// 64 for what the caller can mend, 2 for the rest.
[[nodiscard]] int exit_code(const util::Error& error);

}  // namespace krepro::cli
