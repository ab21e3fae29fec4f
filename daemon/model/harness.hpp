// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/json.hpp"

namespace krepro::model {

// What a line of the harness (krepro-init on ttyS1) says.
enum class HarnessType {
    hello,      // PID 1 runs; mounts are not done yet
    ready,      // everything is set up; the workload is about to begin
    heartbeat,  // once a second
    iteration_start,
    iteration_end,
    done,   // the last line before power-off
    error,  // the harness could not do its work; `what` says why
};

template <>
struct EnumNames<HarnessType> {
    static constexpr std::array k_names{std::pair{HarnessType::hello, "hello"},
                                        std::pair{HarnessType::ready, "ready"},
                                        std::pair{HarnessType::heartbeat, "heartbeat"},
                                        std::pair{HarnessType::iteration_start, "iteration_start"},
                                        std::pair{HarnessType::iteration_end, "iteration_end"},
                                        std::pair{HarnessType::done, "done"},
                                        std::pair{HarnessType::error, "error"}};
};

// One JSON line of ttyS1. Every line has type and uptime; the other fields are there as the type
// asks (heartbeat: all counters; iteration_*: iteration; iteration_end: exit_status or signal).
struct HarnessEvent {
    HarnessType type = HarnessType::hello;
    double uptime = 0;                     // guest seconds since boot
    int iteration = 0;                     // running or last; from 1
    std::optional<int> debug_locks;        // 1 alive, 0 off; absent when the kernel has no lockdep
    std::optional<std::int64_t> dl_tasks;  // SCHED_DEADLINE tasks now; absent when not counted
    std::optional<std::int64_t>
        dl_exits;  // exits of such tasks since boot; absent when not counted
    std::optional<std::int64_t> bogo_ops;  // stress-ng's, of the iterations that have ended
    std::optional<std::int64_t> mem_available_kib;
    std::optional<int> exit_status;
    std::optional<int> signal;
    std::string release;  // hello
    std::string what;     // error; and the last lines of a failed iteration

    bool operator==(const HarnessEvent&) const = default;
    static constexpr auto fields() {
        return std::make_tuple(
            field("type", &HarnessEvent::type), field("uptime", &HarnessEvent::uptime),
            field("iteration", &HarnessEvent::iteration),
            field("debug_locks", &HarnessEvent::debug_locks),
            field("dl_tasks", &HarnessEvent::dl_tasks), field("dl_exits", &HarnessEvent::dl_exits),
            field("bogo_ops", &HarnessEvent::bogo_ops),
            field("mem_available_kib", &HarnessEvent::mem_available_kib),
            field("exit_status", &HarnessEvent::exit_status),
            field("signal", &HarnessEvent::signal), field("release", &HarnessEvent::release),
            field("what", &HarnessEvent::what));
    }
};

}  // namespace krepro::model
