// SPDX-License-Identifier: Apache-2.0
#include "report/context.hpp"

#include <gtest/gtest.h>

#include <string>

#include "report/scanner.hpp"

namespace krepro::report {
namespace {

model::Context context_of(const std::string& console) {
    const auto reports = parse(console);
    EXPECT_EQ(reports.size(), 1U) << console;
    return reports.empty() ? model::Context() : reports.front().context;
}

struct CpuLineCase {
    std::string_view line;
    std::string_view comm;
    std::string_view taint;
    std::string_view release;
};

TEST(Context, the_line_of_the_cpu_is_read_in_the_forms_of_every_distribution) {
    const CpuLineCase cases[] = {
        {"CPU: 1 PID: 7 Comm: life Not tainted 6.1.8-rt5 #1", "life", "Not tainted", "6.1.8-rt5"},
        {"CPU: 1 UID: 0 PID: 7 Comm: a b Tainted: G        W          6.12.0 #9 PREEMPT_RT", "a b",
         "Tainted: G        W", "6.12.0"},
        {"CPU: 1 PID: 7 Comm: life Kdump: loaded Tainted: G W ---------", "life",
         "Tainted: G W ---------", ""},
        {"CPU: 1 PID: 7 Comm: life Kdump: loaded Tainted: G W --------- - - 5.14.0-1.el9+rt #1",
         "life", "Tainted: G W --------- - -", "5.14.0-1.el9+rt"},
        {"CPU: 1 PID: 7 Comm: life Kdump: loaded", "life", "", ""},
    };
    for (const CpuLineCase& c : cases) {
        const auto context = context_of("BUG: scheduling while atomic\n" + std::string(c.line) +
                                        "\nCall Trace:\n foo+0x1/0x2\n");
        EXPECT_EQ(context.comm, c.comm) << c.line;
        EXPECT_EQ(context.pid, 7) << c.line;
        EXPECT_EQ(context.taint, c.taint) << c.line;
        EXPECT_EQ(context.release, c.release) << c.line;
    }
}

std::string hung_console(const std::string& last_line) {
    return "INFO: task kworker/2:3:117 blocked for more than 122 seconds.\n"
           "      Tainted: G        W          6.16.0-rc1 #1\n"
           "\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n"
           "task:kworker/2:3     state:D stack:0     pid:117   tgid:117   ppid:2\n"
           "Call Trace:\n <TASK>\n schedule+0x1/0x2\n foo+0x1/0x2\n </TASK>\n" +
           last_line;
}

TEST(Context, a_hung_task_is_named_with_its_kernel) {
    const auto context = context_of(hung_console(""));
    EXPECT_EQ(context.comm, "kworker/2:3");
    EXPECT_EQ(context.pid, 117);
    EXPECT_EQ(context.release, "6.16.0-rc1");
    EXPECT_EQ(context.taint, "Tainted: G        W");
    EXPECT_FALSE(context.blocked_by);
}

TEST(Context, a_stalled_task_is_named_by_the_line_of_its_state) {
    const auto context = context_of(
        "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
        "task:my task         state:R  running task     stack:0     pid:83    ppid:1\n"
        "Call Trace:\n foo+0x1/0x2\n");
    EXPECT_EQ(context.comm, "my task");
    EXPECT_EQ(context.pid, 83);
}

TEST(Context, a_hung_task_says_whom_it_waits_for) {
    const std::pair<std::string, model::Blocker> cases[] = {
        {"INFO: task kworker/2:3:117 is blocked on a mutex likely owned by task kworker/1:66:95.\n"
         "task:kworker/1:66    state:S stack:0     pid:95    tgid:95    ppid:2\n",
         {"kworker/1:66", 95, "mutex", "", ""}},
        {"INFO: task kworker/2:3:117 <reader> blocked on an rw-semaphore likely owned by task "
         "a b:95 <writer>\n",
         {"a b", 95, "rw-semaphore", "reader", "writer"}},
        {"INFO: task kworker/2:3:117 blocked on a semaphore likely last held by task a:95\n",
         {"a", 95, "semaphore", "", ""}},
        {"INFO: task kworker/2:3:117 <writer> blocked on an rw-semaphore, but the owner is not "
         "found.\n",
         {"", std::nullopt, "rw-semaphore", "writer", ""}},
    };
    for (const auto& [line, expected] : cases) {
        const auto context = context_of(hung_console(line));
        EXPECT_EQ(context.comm, "kworker/2:3") << line;
        ASSERT_TRUE(context.blocked_by) << line;
        EXPECT_EQ(*context.blocked_by, expected) << line;
    }
}

}  // namespace
}  // namespace krepro::report
