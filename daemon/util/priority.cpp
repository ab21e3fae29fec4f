// SPDX-License-Identifier: Apache-2.0
#include "util/priority.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

namespace krepro::util {
namespace {

constexpr int k_lowest_nice = 19;
// As linux/ioprio.h has them.
constexpr int k_ioprio_of_process = 1;
constexpr int k_ioprio_class_shift = 13;
constexpr int k_ioprio_none = 0;
constexpr int k_ioprio_idle = 3;
// A build has some dozens; a fork bomb shall not hold us here.
constexpr std::size_t k_most_processes = 4096;

// The process and its descendants, parents first.
std::vector<pid_t> tree_of(pid_t root) {
    std::vector<pid_t> tree{root};
    for (std::size_t i = 0; i < tree.size() && tree.size() < k_most_processes; ++i) {
        const auto id = std::to_string(tree[i]);
        std::ifstream children("/proc/" + id + "/task/" + id + "/children");
        for (pid_t child = 0; children >> child;) tree.push_back(child);
    }
    return tree;
}

void set_one(pid_t process, Share share) {
    const bool background = share == Share::background;
    const int nice = background ? k_lowest_nice : 0;
    const int io = background ? k_ioprio_idle : k_ioprio_none;
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(process), nice);
    ::syscall(SYS_ioprio_set, k_ioprio_of_process, process, io << k_ioprio_class_shift);
}

pid_t session_of(pid_t process) {
    return ::getsid(process);
}

// Never that of krepro's own session, in which the daemon itself runs.
void set_session(pid_t process, Share share) {
    if (session_of(process) == session_of(0)) return;
    std::ofstream group("/proc/" + std::to_string(process) + "/autogroup");
    group << (share == Share::background ? k_lowest_nice : 0);
}

}  // namespace

void Priority::set(Share share) {
    if (share == share_) return;
    share_ = share;
    apply();
}

void Priority::attach(pid_t process) {
    process_ = process;
    // What has the share of everybody else from birth needs nothing.
    if (share_ != Share::normal) apply();
}

void Priority::apply() const {
    if (process_ <= 0) return;
    pid_t session = 0;
    for (const pid_t process : tree_of(process_)) {
        set_one(process, share_);
        // The kernel takes few such writes a second: one a session.
        if (const pid_t own = session_of(process); own != session) {
            session = own;
            set_session(process, share_);
        }
    }
}

}  // namespace krepro::util
