// SPDX-License-Identifier: Apache-2.0
#include "init/cgroup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "init/io.hpp"

namespace krepro::guest {
namespace {

constexpr const char* k_procs = "/sys/fs/cgroup/krepro/workload/cgroup.procs";
constexpr const char* k_kill = "/sys/fs/cgroup/krepro/workload/cgroup.kill";

void enable_controllers(const std::string& group) {
    const auto control = group + "/cgroup.subtree_control";
    for (const char* controller : {"+memory", "+pids"})
        if (!write_file(control.c_str(), controller))
            log_line(k_from_init, errno_text(controller + (" in " + control)));
}

}  // namespace

void make_workload_cgroup() {
    enable_controllers("/sys/fs/cgroup");
    mkdir("/sys/fs/cgroup/krepro", 0755);
    enable_controllers("/sys/fs/cgroup/krepro");
    if (mkdir(k_workload_cgroup, 0755) != 0)
        log_line(k_from_init, errno_text("making the workload's cgroup"));
}

void join_workload_cgroup() {
    const int procs = open(k_procs, O_WRONLY | O_CLOEXEC);
    if (procs < 0) return;
    [[maybe_unused]] const auto written = write(procs, "0", 1);
    close(procs);
}

void kill_workload() {
    // Before 5.14 there is no cgroup.kill; PID 1 may then kill everything but itself, as nothing
    // else runs in the guest.
    if (!write_file(k_kill, "1")) kill(-1, SIGKILL);
}

}  // namespace krepro::guest
