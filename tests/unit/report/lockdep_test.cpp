// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/lock.hpp"
#include "report/lockdep_detail.hpp"
#include "report/scanner.hpp"
#include "splats.hpp"

namespace krepro::report {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

model::Report only_report(std::string_view console) {
    auto reports = parse(console);
    EXPECT_THAT(reports, SizeIs(1));
    return reports.empty() ? model::Report() : std::move(reports.front());
}

std::vector<std::string> names(const std::vector<model::Frame>& frames) {
    std::vector<std::string> list;
    for (const auto& frame : frames)
        if (frame.certain) list.push_back(frame.function);
    return list;
}

struct LockCase {
    std::string_view line;
    std::string_view address;
    std::string_view name;
    int version;
    int subclass;
    std::string_view usage;
    int outer;  // 0: none printed
    int inner;
    std::string_view at;
};

TEST(Lock, every_printed_form_is_taken_apart) {
    const LockCase cases[] = {
        {"ffff8880bcd682b8 ((stock_lock)){+.+.}-{3:3}, at: refill_obj_stock+0x38/0x4d0",
         "ffff8880bcd682b8", "stock_lock", 1, 0, "+.+.", 3, 3, "refill_obj_stock"},
        {" #1: ffffffff8a79dca0 (&rq->__lock#3/1){-.-.}-{2:2}, at: raw_spin_rq_lock+0x1e/0x30",
         "ffffffff8a79dca0", "&rq->__lock", 3, 1, "-.-.", 2, 2, "raw_spin_rq_lock"},
        {" (&(&r->consumer_lock)->rlock){+.+...}, at: [<ffffffff82df4347>] tun_event+0x897/0xc70",
         "", "&(&r->consumer_lock)->rlock", 1, 0, "+.+...", 0, 0, "tun_event"},
        {"ffff888022a48498 ((work_completion)(&(&w->work)->work)){+.+.}-{0:0}, at: run+0x1/0x2",
         "ffff888022a48498", "(work_completion)(&(&w->work)->work)", 1, 0, "+.+.", 0, 0, "run"},
        {"-> #2 (&mm->mmap_lock){++++}-{3:3}:", "", "&mm->mmap_lock", 1, 0, "++++", 3, 3, ""},
    };
    for (const LockCase& c : cases) {
        const auto lock = parse_lock(c.line);
        ASSERT_TRUE(lock) << c.line;
        EXPECT_EQ(lock->address, c.address) << c.line;
        EXPECT_EQ(lock->name, c.name) << c.line;
        EXPECT_EQ(lock->version, c.version) << c.line;
        EXPECT_EQ(lock->subclass, c.subclass) << c.line;
        EXPECT_EQ(lock->usage, c.usage) << c.line;
        EXPECT_EQ(lock->wait_outer ? lock->wait_outer->value : 0, c.outer) << c.line;
        EXPECT_EQ(lock->wait_inner ? lock->wait_inner->value : 0, c.inner) << c.line;
        EXPECT_EQ(lock->acquired_at ? lock->acquired_at->function : "", c.at) << c.line;
    }
}

TEST(Lock, prose_with_parentheses_is_no_lock) {
    for (const std::string_view line : {"", "(", ")", "()", "foo (bar) baz", "((((((((((",
                                        "hung task (pid 12) said so", "(x){", "(x){zz}, at: "})
        EXPECT_FALSE(parse_lock(line)) << line;
}

TEST(Lock, the_forms_that_only_name_a_lock_are_read_too) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"WARNING: bad unlock balance detected!\na/1 is trying to release lock (&a->lock) at:\n"
         "[<0>] foo+0x1/0x2\nbut there are no more locks to release!\n",
         "&a->lock"},
        {"WARNING: bad contention detected!\na/1 is trying to contend lock ((b)) at:\n", "(b)"},
        {"WARNING: held lock freed!\na/1 is freeing memory 0-1, with a lock still held there!\n"
         "ffff888001234567 (&o->lock){+.+.}-{4:4}, at: foo+0x1/0x2\n",
         "&o->lock"},
        {"WARNING: Nested lock was not taken\na/1 is trying to lock:\n"
         "ffffffff81234567 (child){+.+.}-{4:4}, at: foo+0x1/0x2\n\n"
         "but this task is not holding:\nparent\n\nstack backtrace:\n",
         "child parent"},
        {"BUG: spinlock bad magic on CPU#0, a/1\n"
         " lock: broken+0x0/0x40, .magic: 6b6b6b6b, .owner: <none>/-1, .owner_cpu: -1\n",
         "broken"},
        {"WARNING: lock held when returning to user space!\n"
         "a/1 is leaving the kernel with locks still held!\n1 lock held by a/1:\n"
         " #0: ffffffff81234567 (kept){+.+.}-{4:4}, at: take+0x1/0x2\n",
         "kept"},
    };
    for (const auto& [splat, expected] : cases) {
        const auto report = only_report(splat);
        std::string found;
        for (const auto& lock : report.locks) found += (found.empty() ? "" : " ") + lock.name;
        EXPECT_EQ(found, expected) << splat;
    }
}

TEST(Lock, a_watchdog_shows_the_locks_of_every_task_with_their_owners) {
    const auto report = only_report(
        "INFO: task waiter:12 blocked for more than 2 seconds.\n"
        "task:waiter state:D\nCall Trace:\n __schedule+0x1/0x2\n foo+0x1/0x2\n\n"
        "Showing all locks held in the system:\n"
        "1 lock held by holder/11:\n #0: ffffffff81234567 (taken){+.+.}-{4:4}, at: a+0x1/0x2\n"
        "1 lock held by waiter/12:\n #0: ffffffff81234567 (taken){+.+.}-{4:4}, at: b+0x1/0x2\n");
    ASSERT_THAT(report.held, SizeIs(2));
    EXPECT_EQ(report.held[0].owner, "holder/11");
    EXPECT_EQ(report.held[1].owner, "waiter/12");
}

TEST(Lock, usage_characters_are_decoded_by_state) {
    const auto states = decode_usage("-+?.");
    ASSERT_THAT(states, SizeIs(4));
    EXPECT_EQ(states[0], (model::LockUsage{"hardirq", true, false}));
    EXPECT_EQ(states[1], (model::LockUsage{"hardirq-read", false, true}));
    EXPECT_EQ(states[2], (model::LockUsage{"softirq", true, true}));
    EXPECT_EQ(states[3], (model::LockUsage{"softirq-read", false, false}));
}

TEST(Lock, a_wait_type_is_named_by_the_scheme) {
    EXPECT_EQ(wait_type_name(3, WaitScheme::raw_nesting), "config");
    EXPECT_EQ(wait_type_name(3, WaitScheme::plain), "sleep");
    EXPECT_EQ(wait_type_name(4, WaitScheme::raw_nesting), "sleep");
    EXPECT_EQ(wait_type_name(2, WaitScheme::plain), "spin");
    EXPECT_EQ(wait_type_name(77, WaitScheme::plain), "unknown");
}

TEST(Lock, what_is_printed_names_the_scheme_before_the_release_does) {
    const auto held = [](const std::string& lock) {
        return parse(
                   "BUG: sleeping function called from invalid context at a.c:1\n"
                   "1 lock held by a/1:\n #0: ffff888001000010 (" +
                   lock +
                   "){++++}-{3:3}, at: foo+0x1/0x2\n"
                   "CPU: 0 PID: 1 Comm: a Not tainted 5.10.0-rt1 #1\nCall Trace:\n foo+0x1/0x2\n")
            .at(0)
            .held.at(0)
            .wait_outer->name;
    };
    EXPECT_EQ(held("&mm->mmap_lock"), "sleep");
    EXPECT_EQ(held("&other"), "config");
}

TEST(Context, what_distributions_put_into_the_line_is_no_part_of_the_name) {
    const auto context =
        parse(
            "BUG: sleeping function called from invalid context at a.c:1\n"
            "CPU: 0 PID: 1 Comm: life Kdump: loaded Tainted: G        W        ---------\n"
            "Call Trace:\n foo+0x1/0x2\n")
            .at(0)
            .context;
    EXPECT_EQ(context.comm, "life");
    EXPECT_EQ(context.release, "");
    EXPECT_EQ(context.taint, "Tainted: G        W        ---------");
}

TEST(Context, a_hung_task_says_who_hangs) {
    const auto context =
        parse(
            "INFO: task looper:83 blocked for more than 120 seconds.\n      Not tainted 6.1.8-rt5 "
            "#1\n"
            "\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n"
            "task:looper          state:D stack:0     pid:83    ppid:1      flags:0x00004000\n"
            "Call Trace:\n __schedule+0x1/0x2\n foo+0x1/0x2\n")
            .at(0)
            .context;
    EXPECT_EQ(context.comm, "looper");
    EXPECT_EQ(context.pid, 83);
    EXPECT_EQ(context.release, "6.1.8-rt5");
}

TEST(Lockdep, a_circular_report_is_a_graph) {
    const auto report = only_report(splats::k_circular);
    EXPECT_EQ(report.kind, "circular_locking");
    EXPECT_TRUE(report.lockdep);
    EXPECT_TRUE(report.disables_lockdep);
    ASSERT_THAT(report.locks, SizeIs(2));
    EXPECT_EQ(report.locks[0].name, "&alpha->lock");
    EXPECT_EQ(report.locks[1].acquired_at->function, "beta_take");
    EXPECT_EQ(report.locks[0].wait_outer->name, "sleep");
    ASSERT_THAT(report.held, SizeIs(1));
    EXPECT_EQ(report.held[0].owner, "worker/101");
    ASSERT_THAT(report.locking.chain, SizeIs(2));
    EXPECT_EQ(report.locking.chain[0].number, 1);
    EXPECT_EQ(report.locking.chain[0].lock.name, "&beta->lock");
    EXPECT_THAT(names(report.locking.chain[0].frames),
                ElementsAre("lock_acquire", "__mutex_lock", "beta_take", "alpha_then_beta"));
    const auto& steps = report.locking.scenario;
    ASSERT_THAT(steps, SizeIs(4));
    EXPECT_EQ(steps[0], (model::ScenarioStep{0, "lock(&beta->lock)"}));
    EXPECT_EQ(steps[1], (model::ScenarioStep{1, "lock(&alpha->lock)"}));
    EXPECT_EQ(steps[3], (model::ScenarioStep{0, "lock(&alpha->lock)"}));
    EXPECT_EQ(report.frames.back().function, "ret_from_fork");
    EXPECT_EQ(report.culprit, "alpha_take");
    EXPECT_EQ(report.context.release, "6.12.0-rt1");
    EXPECT_EQ(report.syzbot.title, "possible deadlock in alpha_take");
    EXPECT_FALSE(report.corrupted);
}

TEST(Lockdep, a_cycle_has_one_signature_from_whichever_edge) {
    const auto one = only_report(splats::k_circular);
    const auto other = only_report(splats::k_circular_other_edge);
    EXPECT_EQ(one.signature, other.signature);
    EXPECT_TRUE(compare(one, other).same_bug);
}

TEST(Lockdep, an_inconsistent_state_says_who_registered_it) {
    const auto report = only_report(splats::k_inconsistent);
    EXPECT_EQ(report.kind, "inconsistent_lock_state");
    EXPECT_EQ(report.locking.was_used, "SOFTIRQ-ON-W");
    EXPECT_EQ(report.locking.is_used, "IN-SOFTIRQ-W");
    ASSERT_TRUE(report.locking.irq_state);
    EXPECT_EQ(*report.locking.irq_state, (model::IrqState{0, 1, true, false}));
    EXPECT_EQ(report.locking.irq_event_stamp, 4242U);
    ASSERT_THAT(report.locking.irq_events, SizeIs(4));
    EXPECT_EQ(report.locking.irq_events[3].what, "softirqs disabled");
    EXPECT_EQ(report.locking.irq_events[3].at->function, "irq_exit_rcu");
    ASSERT_THAT(report.locking.origins, SizeIs(1));
    EXPECT_EQ(report.locking.origins[0].state, "SOFTIRQ-ON-W");
    EXPECT_EQ(report.locking.origins[0].frames.back().function, "gamma_open");
    EXPECT_EQ(report.locks.at(0).version, 2);
    EXPECT_EQ(report.locks.at(0).subclass, 1);
    EXPECT_EQ(report.context.interrupt, "softirq");
    EXPECT_EQ(report.context.taint, "Tainted: G        W");
    EXPECT_EQ(report.culprit, "gamma_timer");
}

}  // namespace
}  // namespace krepro::report
