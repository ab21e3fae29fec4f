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

// What is wrong with the guest's timers; empty when nothing is. On a loaded host the kernel may
// find its APIC timer off by too much while it boots, and goes on at the resolution of the tick:
// then SCHED_DEADLINE hardly runs, and a boot without a hit says nothing. A kernel built without
// high-resolution timers is taken as it is.
[[nodiscard]] std::string timer_problem();

// Syncs and powers off; never returns.
[[noreturn]] void power_off();

}  // namespace krepro::guest
