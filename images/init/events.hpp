// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace krepro::guest {

// What a heartbeat counts; a count that this kernel cannot give is empty.
struct Counts {
    std::optional<std::int64_t> debug_locks;
    std::optional<std::int64_t> dl_tasks;
    std::optional<std::int64_t> dl_exits;
    std::optional<std::int64_t> bogo_ops;
    std::optional<std::int64_t> mem_available_kib;
};

// How a child process ended: exactly one of the two is set.
struct Ending {
    std::optional<int> exit_status;
    std::optional<int> signal;
};
[[nodiscard]] Ending ending_of(int wait_status);
[[nodiscard]] inline bool failed(const Ending& ending) {
    return ending.exit_status != 0;
}

// The lines of ttyS1, one function a type; `uptime` in guest seconds.
[[nodiscard]] std::string hello_line(double uptime, std::string_view release);
[[nodiscard]] std::string ready_line(double uptime);
[[nodiscard]] std::string heartbeat_line(double uptime, int iteration, const Counts& counts);
[[nodiscard]] std::string iteration_start_line(double uptime, int iteration);
// `what`: the workload's last lines; empty when it succeeded.
[[nodiscard]] std::string iteration_end_line(double uptime, int iteration, const Ending& ending,
                                             std::string_view what);
[[nodiscard]] std::string done_line(double uptime, int iteration);
[[nodiscard]] std::string error_line(double uptime, std::string_view what);

}  // namespace krepro::guest
