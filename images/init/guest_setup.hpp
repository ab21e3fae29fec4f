// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace krepro::guest {

inline constexpr const char* k_exit_histogram =
    "/sys/kernel/tracing/events/sched/sched_process_exit/hist";

// Mounts what programs expect, lets warnings reach the console, brings up `lo`, and starts
// counting exits by priority in the kernel. Says what failed; empty when all that a workload
// cannot do without is there.
[[nodiscard]] std::string set_up_guest();

// Syncs and powers off; never returns.
[[noreturn]] void power_off();

}  // namespace krepro::guest
