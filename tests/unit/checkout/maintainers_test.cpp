// SPDX-License-Identifier: Apache-2.0
#include "checkout/maintainers.hpp"

#include <gtest/gtest.h>

namespace krepro::checkout {
namespace {

constexpr const char* k_text =
    "List of maintainers\n"
    "===================\n"
    "\n"
    "\tF: *Files* and directories wildcard patterns.\n"
    "\n"
    "Maintainers List\n"
    "----------------\n"
    "\n"
    "LOCKING\n"
    "M:\tPeter <peter@example.org>\n"
    "R:\tBoqun <boqun@example.org>\n"
    "L:\tlinux-kernel@example.org\n"
    "S:\tMaintained\n"
    "F:\tkernel/locking/\n"
    "X:\tkernel/locking/locktorture.c\n"
    "F:\tinclude/linux/spinlock*.h\n"
    "\n"
    "# a remark\n"
    "SCHEDULER\n"
    "M:\tIngo <ingo@example.org>\n"
    "M:\tJuri <juri@example.org> (SCHED_DEADLINE)\n"
    "L:\tlinux-kernel@example.org\n"
    "L:\tclosed@example.org (subscribers-only)\n"
    "L:\topen@example.org (moderated for non-subscribers)\n"
    "S:\tMaintained\n"
    "F:\tkernel/sched/\n"
    "F:\tinclude/linux/sched.h\n"
    "\n"
    "DEADLINE STATISTICS\n"
    "M:\tStat <stat@example.org>\n"
    "F:\tkernel/sched/deadline_stat.c\n"
    "F:\tdrivers/stat\n"
    "F:\t*/x?z/*.c\n"
    "\n"
    "THE REST\n"
    "M:\tLinus <linus@example.org>\n"
    "L:\tlinux-kernel@example.org\n"
    "F:\t*\n"
    "F:\t*/\n";

TEST(Maintainers, a_pattern_takes_what_the_kernels_script_takes) {
    struct Row {
        const char* pattern;
        const char* file;
        bool takes;
    };
    for (const auto& row : {
             Row{"kernel/sched/", "kernel/sched/deadline.c", true},
             Row{"kernel/sched/", "kernel/sched/x/y.c", true},
             Row{"kernel/sched/", "kernel/scheduler.c", false},
             Row{"drivers/net/*", "drivers/net/tun.c", true},
             Row{"drivers/net/*", "drivers/net/wan/x.c", false},
             Row{"*/net/*", "drivers/net/tun.c", true},
             Row{"*/net/*", "net/tun.c", false},
             Row{"kernel/fork.c", "kernel/fork.c", true},
             Row{"kernel/fork.c", "kernel/exit.c", false},
             Row{"kernel/for?.c", "kernel/fork.c", true},
             Row{"include/*/sched*.h", "include/linux/sched_x.h", true},
             Row{"drivers/stat", "drivers/stat/core.c", true},
             Row{"drivers/stat", "drivers/statistics/core.c", false},
             Row{"*", "Makefile", true},
             Row{"*", "kernel/fork.c", false},
             Row{"*/", "kernel/fork.c", true},
             Row{"*/", "Makefile", false},
             Row{"", "kernel/fork.c", false},
         })
        EXPECT_EQ(takes_file(row.pattern, row.file), row.takes) << row.pattern << " " << row.file;
}

TEST(Maintainers, the_entry_that_fits_closest_names_the_subsystem) {
    struct Row {
        const char* file;
        const char* subsystem;
    };
    const auto maintainers = Maintainers::parse(k_text);
    for (const auto& row : {
             Row{"kernel/sched/deadline.c", "SCHEDULER"},
             Row{"kernel/sched/deadline_stat.c", "DEADLINE STATISTICS"},
             Row{"include/linux/sched.h", "SCHEDULER"},
             Row{"include/linux/spinlock_rt.h", "LOCKING"},
             Row{"kernel/locking/mutex.c", "LOCKING"},
             Row{"kernel/locking/locktorture.c", "THE REST"},
             Row{"drivers/stat/core.c", "DEADLINE STATISTICS"},
             Row{"kernel/fork.c", "THE REST"},
             Row{"COPYING", "THE REST"},
         })
        EXPECT_EQ(maintainers.care_of(row.file).subsystem, row.subsystem) << row.file;
}

TEST(Maintainers, people_come_before_lists_and_each_once) {
    const auto care = Maintainers::parse(k_text).care_of("kernel/sched/deadline.c");
    const std::vector<model::Contact> wanted{{"Ingo <ingo@example.org>", "maintainer"},
                                             {"Juri <juri@example.org>", "maintainer"},
                                             {"linux-kernel@example.org", "list"},
                                             {"open@example.org", "list"}};
    EXPECT_EQ(care.contacts, wanted);
}

TEST(Maintainers, the_kernels_own_maintainer_is_named_where_nobody_else_is) {
    const auto care = Maintainers::parse(k_text).care_of("kernel/fork.c");
    ASSERT_FALSE(care.contacts.empty());
    EXPECT_EQ(care.contacts.front().address, "Linus <linus@example.org>");
}

TEST(Maintainers, of_an_empty_or_foreign_text_nobody_is_named) {
    for (const auto* text : {"", "\n\n", "no entries here\n", "F:\n", "M:\tx\n"})
        EXPECT_TRUE(Maintainers::parse(text).care_of("kernel/fork.c").contacts.empty()) << text;
}

}  // namespace
}  // namespace krepro::checkout
