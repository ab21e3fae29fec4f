// SPDX-License-Identifier: Apache-2.0
#include "util/priority.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "util/files.hpp"

namespace krepro::util {
namespace {

// A process in a session of its own, with a child; both sleep until they are killed.
class Family {
  public:
    Family() {
        int ready[2];
        EXPECT_EQ(::pipe(ready), 0);
        parent = ::fork();
        if (parent == 0) {
            ::setsid();
            const pid_t pid = ::fork();
            if (pid != 0) [[maybe_unused]]
                const auto n = ::write(ready[1], &pid, sizeof pid);
            for (;;) ::pause();
        }
        EXPECT_EQ(::read(ready[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
        ::close(ready[0]);
        ::close(ready[1]);
    }
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
    ~Family() {
        ::kill(child, SIGKILL);
        ::kill(parent, SIGKILL);
        ::waitpid(parent, nullptr, 0);
    }

    pid_t parent = -1;
    pid_t child = -1;
};

int nice_of(pid_t process) {
    return ::getpriority(PRIO_PROCESS, static_cast<id_t>(process));
}

TEST(Priority, a_background_process_and_its_children_are_nice) {
    const Family family;
    Priority priority(Share::background);
    priority.attach(family.parent);
    EXPECT_EQ(nice_of(family.parent), 19);
    EXPECT_EQ(nice_of(family.child), 19);
    const auto group = read_file("/proc/" + std::to_string(family.parent) + "/autogroup", 100);
    if (group && !group->empty()) {
        EXPECT_NE(group->find("nice 19"), std::string::npos) << *group;
    }
}

TEST(Priority, it_can_be_given_back_while_the_process_runs) {
    const Family family;
    Priority priority(Share::background);
    priority.attach(family.parent);
    priority.set(Share::normal);
    // Whoever may not raise a nice value keeps it; the session's weight is back in any case.
    if (::geteuid() == 0) {
        EXPECT_EQ(nice_of(family.child), 0);
    }
    EXPECT_EQ(priority.share(), Share::normal);
}

TEST(Priority, krepros_own_session_is_left_alone) {
    const int before = nice_of(::getpid());
    Priority priority(Share::background);
    priority.set(Share::normal);
    priority.set(Share::background);
    EXPECT_EQ(nice_of(::getpid()), before);
}

}  // namespace
}  // namespace krepro::util
