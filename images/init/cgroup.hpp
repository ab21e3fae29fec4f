// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace krepro::guest {

inline constexpr const char* k_workload_cgroup = "/sys/fs/cgroup/krepro/workload";
inline constexpr const char* k_workload_threads = "/sys/fs/cgroup/krepro/workload/cgroup.threads";

// Makes the workload's memory cgroup below the root: a task charged to the root's never takes the
// kernel's object-stock paths. Only memory and pids are switched on; the cpu controller would
// weigh in on how deadline tasks are admitted. Logs what this kernel does not have.
void make_workload_cgroup();

// Moves the calling process there. Async-signal-safe.
void join_workload_cgroup();

// Sends SIGKILL to all that is left of the workload.
void kill_workload();

}  // namespace krepro::guest
