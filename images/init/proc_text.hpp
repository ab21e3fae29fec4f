// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace krepro::guest {

// Readers of the kernel's own text files; empty when the text does not say.

// "debug_locks:" of /proc/lockdep_stats: 1 alive, 0 off.
[[nodiscard]] std::optional<std::int64_t> debug_locks_in(std::string_view lockdep_stats);

// "MemAvailable:" of /proc/meminfo, in KiB.
[[nodiscard]] std::optional<std::int64_t> mem_available_in(std::string_view meminfo);

// Exits of SCHED_DEADLINE tasks, from the histogram `keys=prio` of sched_process_exit: such a
// task's kernel priority is -1, which a histogram prints as an unsigned number. 0 when the
// histogram has no such key yet; empty when the text is no histogram.
[[nodiscard]] std::optional<std::int64_t> deadline_exits_in(std::string_view histogram);

// The sum of "bogo-ops:" in what `stress-ng --metrics-brief --yaml` writes at its end; empty when
// there are none.
[[nodiscard]] std::optional<std::int64_t> bogo_ops_in(std::string_view yaml);

// The calls of `each` with every number of a list with one number a line (cgroup.threads).
template <class Each>
void for_each_id(std::string_view list, Each&& each) {
    int id = 0;
    for (const char c : list) {
        if (c >= '0' && c <= '9') {
            id = id * 10 + (c - '0');
        } else {
            if (id != 0) each(id);
            id = 0;
        }
    }
    if (id != 0) each(id);
}

}  // namespace krepro::guest
