// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "report/culprit.hpp"
#include "report/scanner.hpp"
#include "report/titles.hpp"
#include "splats.hpp"

namespace krepro::report {
namespace {

struct TitleCase {
    std::string_view console;
    std::string_view title;
    std::string_view type;  // empty: none
    bool corrupted;
};

TEST(Syzbot, names_a_report_as_syzbot_does) {
    const TitleCase cases[] = {
        {splats::k_circular, "possible deadlock in alpha_take", "LOCKDEP", false},
        {splats::k_inconsistent, "inconsistent lock state in gamma_timer", "LOCKDEP", false},
        {splats::k_warning, "WARNING: refcount bug in delta_put", "REFCOUNT_WARNING", false},
        {"BUG: KASAN: slab-use-after-free in memcpy+0x1/0x2\n"
         "Read of size 8 at addr ffff888000000000 by task a/1\nCall Trace:\n"
         " dump_stack_lvl+0x1/0x2\n kasan_report+0x1/0x2\n memcpy+0x1/0x2\n delta_copy+0x1/0x2\n",
         "KASAN: slab-use-after-free Read in delta_copy", "KASAN-USE-AFTER-FREE-READ", false},
        {"BUG: KASAN: double-free in kfree+0x1/0x2\nCall Trace:\n kfree+0x1/0x2\n"
         " delta_free+0x1/0x2\n",
         "KASAN: invalid-free in delta_free", "KASAN-INVALID-FREE", false},
        {"BUG: KASAN: use-after-free in delta_copy+0x1/0x2 at addr ffff888000000000\n",
         "KASAN: use-after-free in delta_copy at addr ADDR", "KASAN-READ", true},
        {"BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
         "RIP: 0010:_raw_spin_lock+0x1/0x2\nCall Trace:\n delta_open+0x1/0x2\n",
         "BUG: unable to handle kernel NULL pointer dereference in delta_open",
         "NULL-POINTER-DEREFERENCE", false},
        {"kernel BUG at lib/list_debug.c:59!\nRIP: 0010:__list_del_entry_valid+0x1/0x2\n"
         "Call Trace:\n delta_unlink+0x1/0x2\n",
         "BUG: corrupted list in delta_unlink", "MEMORY_SAFETY_BUG", false},
        {"rcu: INFO: rcu_preempt self-detected stall on CPU\nCall Trace:\n <IRQ>\n"
         " dump_stack+0x1/0x2\n update_process_times+0x1/0x2\n"
         " sysvec_apic_timer_interrupt+0x1/0x2\n </IRQ>\n asm_sysvec_apic_timer_interrupt+0x1/0x2\n"
         " spin_here+0x1/0x2\n delta_loop+0x1/0x2\n __x64_sys_delta+0x1/0x2\n"
         " do_syscall_64+0x1/0x2\n",
         "INFO: rcu detected stall in sys_delta", "HANG", false},
        {"INFO: task a:1 blocked for more than 143 seconds.\nCall Trace:\n __schedule+0x1/0x2\n"
         " schedule+0x1/0x2\n __mutex_lock+0x1/0x2\n delta_wait+0x1/0x2\n",
         "INFO: task hung in delta_wait", "HANG", false},
        {"INFO: task a:1 blocked for more than 143 seconds.\nCall Trace:\n",
         "INFO: task hung in corrupted", "HANG", true},
        {"WARNING: CPU: 0 PID: 1 at fs/delta.c:7 delta_check+0x1/0x2\n", "WARNING in corrupted",
         "WARNING", true},
        {"WARNING: fs/delta.c:7 at delta_check+0x1/0x2, CPU#1: a/1\n", "WARNING in corrupted",
         "WARNING", true},
        {"WARNING: CPU: 1 PID: 1 at kernel/locking/lockdep.c:5020 lock_release+0x1/0x2\n"
         "Call Trace:\n delta_put+0x1/0x2\n",
         "WARNING: locking bug in delta_put", "LOCKDEP", false},
        {"WARNING: kernel/locking/lockdep.c:5020 at lock_release+0x1/0x2, CPU#1: a/1\n"
         "Call Trace:\n delta_put+0x1/0x2\n",
         "WARNING: locking bug in delta_put", "LOCKDEP", false},
        {"WARNING: mm/slab_common.c:7 at kmalloc_slab+0x1/0x2, CPU#1: a/1\n"
         "Call Trace:\n delta_new+0x1/0x2\n",
         "WARNING: kmalloc bug in delta_new", "WARNING", false},
        {"WARNING: mm/vmalloc.c:7 at __vmalloc_node_range+0x1/0x2, CPU#1: a/1\n"
         "Call Trace:\n delta_new+0x1/0x2\n",
         "WARNING: zero-size vmalloc in delta_new", "WARNING", false},
        {"WARNING: [a != b] drivers/x.c:12 at delta_check+0x1/0x2, CPU#0: a/1\n"
         "Call Trace:\n delta_run+0x1/0x2\n",
         "WARNING in delta_check", "WARNING", false},
        {"WARNING: possible circular locking dependency detected\n6.12.0 #1 Not tainted\n",
         "WARNING: possible circular locking dependency detected", "WARNING", true},
        {"BUG: scheduling in a non-blocking section: a/12/1\nCall Trace:\n delta_run+0x1/0x2\n",
         "BUG: scheduling in a non-blocking section: a/NUM/NUM", "", false},
        {"unregister_netdevice: waiting for lo to become free. Usage count = 2\n",
         "unregister_netdevice: waiting for DEV to become free", "", false},
    };
    for (const TitleCase& c : cases) {
        const auto reports = parse(c.console);
        ASSERT_EQ(reports.size(), 1U) << c.title;
        EXPECT_EQ(reports[0].syzbot.title, c.title);
        EXPECT_EQ(reports[0].syzbot.type.value_or(""), c.type) << c.title;
        EXPECT_EQ(reports[0].syzbot.corrupted, c.corrupted) << c.title;
    }
}

TEST(Titles, what_changes_from_run_to_run_is_replaced) {
    EXPECT_EQ(stable_text("BUG: key ffff888001000020 has not been registered!"),
              "BUG: key ADDR has not been registered!");
    EXPECT_EQ(stable_text("value 0xdeadbeef of 12 in ieee80211_rx"),
              "value ADDR of NUM in ieee80211_rx");
    EXPECT_EQ(stable_text(""), "");
}

TEST(Titles, our_title_has_no_address_pid_or_counter) {
    std::string other(splats::k_circular);
    for (const auto& [from, to] : {std::pair{"ffff8880010000", "ffff8880990000"},
                                   std::pair{"101", "202"}, std::pair{"CPU: 1", "CPU: 3"}})
        for (auto at = other.find(from); at != std::string::npos; at = other.find(from))
            other.replace(at, std::string_view(from).size(), to);
    EXPECT_EQ(parse(other).at(0).title, parse(splats::k_circular).at(0).title);
    EXPECT_EQ(parse(other).at(0).signature, parse(splats::k_circular).at(0).signature);
}

// A report of the atomic family with this trace and these lines above it.
model::Report atomic_report(std::string_view above, std::string_view frames) {
    return parse(
               "BUG: sleeping function called from invalid context at kernel/x.c:1\n"
               "in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 9, name: probe\n" +
               std::string(above) + "Call Trace:\n" + std::string(frames))
        .at(0);
}

TEST(Culprit, in_an_interrupt_it_is_what_the_dispatcher_called) {
    const auto report = atomic_report(
        "preempt_count: 10001, expected: 0\n",
        " dump_stack+0x1/0x2\n __might_resched+0x1/0x2\n rt_spin_lock+0x1/0x2\n"
        " kmem_cache_free+0x1/0x2\n give_back+0x1/0x2\n my_timer+0x1/0x2\n"
        " __hrtimer_run_queues+0x1/0x2\n hrtimer_interrupt+0x1/0x2\n do_idle+0x1/0x2\n");
    EXPECT_EQ(report.context.interrupt, "hardirq");
    EXPECT_EQ(report.culprit, "my_timer");
}

TEST(Culprit, in_a_task_it_is_who_made_the_context_atomic) {
    const auto report = atomic_report(
        "preempt_count: 1, expected: 0\nRCU nest depth: 0, expected: 0\n"
        "Preemption disabled at:\n[<ffffffff81081ea5>] outer_work+0x35/0x140\n",
        " dump_stack+0x1/0x2\n __might_resched+0x1/0x2\n mutex_lock+0x1/0x2\n"
        " inner_work+0x1/0x2\n outer_work+0x50/0x140\n sched_something+0x1/0x2\n"
        " kthread+0x1/0x2\n");
    EXPECT_EQ(report.context.interrupt, "task");
    EXPECT_EQ(report.context.pid, 9);
    EXPECT_EQ(report.context.preempt_count, "1");
    EXPECT_EQ(report.context.preemption_disabled_at->function, "outer_work");
    EXPECT_EQ(report.culprit, "outer_work");
}

// Nothing is forbidden: every part of the kernel can be where to look.
TEST(Culprit, any_frame_can_be_named_when_the_patch_acts_there) {
    for (const std::string name :
         {"mutex_lock", "rt_mutex_adjust_prio_chain", "kmem_cache_free", "inner_work"}) {
        auto report = atomic_report("",
                                    " dump_stack+0x1/0x2\n __might_resched+0x1/0x2\n"
                                    " mutex_lock+0x1/0x2\n rt_mutex_adjust_prio_chain+0x1/0x2\n"
                                    " kmem_cache_free+0x1/0x2\n inner_work+0x1/0x2\n"
                                    " rcu_core+0x1/0x2\n");
        const auto found = std::find_if(report.frames.begin(), report.frames.end(),
                                        [&](const auto& f) { return f.function == name; });
        ASSERT_NE(found, report.frames.end());
        found->patched = true;
        EXPECT_EQ(find_culprit(report), name);
    }
}

TEST(Culprit, without_a_function_of_its_own_a_trace_names_who_took_the_lock) {
    EXPECT_EQ(atomic_report("",
                            " dump_stack+0x1/0x2\n __schedule+0x1/0x2\n do_idle+0x1/0x2\n"
                            " cpu_startup_entry+0x1/0x2\n")
                  .culprit,
              "do_idle");
}

TEST(Culprit, the_scheduler_and_its_neighbours_can_be_named) {
    const auto report =
        atomic_report("",
                      " dump_stack+0x1/0x2\n __might_resched+0x1/0x2\n rt_spin_lock+0x1/0x2\n"
                      " dl_task_check_affinity+0x1/0x2\n kthread+0x1/0x2\n");
    EXPECT_EQ(report.culprit, "dl_task_check_affinity");
}

}  // namespace
}  // namespace krepro::report
