// SPDX-License-Identifier: Apache-2.0
#include "report/families.hpp"

#include <gtest/gtest.h>

#include "report/scanner.hpp"
#include "splats.hpp"

namespace krepro::report {
namespace {

struct HeadlineCase {
    std::string_view line;
    std::string_view kind;  // empty: no headline
};

// The kernel's own words, old bracketed forms and the newest banners included.
constexpr HeadlineCase k_headlines[] = {
    {"[ BUG: Invalid wait context ]", "invalid_wait_context"},
    {"WARNING: possible circular locking dependency detected", "circular_locking"},
    {"[ INFO: possible circular locking dependency detected ]", "circular_locking"},
    {"WARNING: possible recursive locking detected", "recursive_locking"},
    {"[ INFO: possible recursive locking detected ]", "recursive_locking"},
    {"WARNING: possible irq lock inversion dependency detected", "irq_lock_inversion"},
    {"WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected", "irq_lock_order"},
    {"[ INFO: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected ]", "irq_lock_order"},
    {"WARNING: inconsistent lock state", "inconsistent_lock_state"},
    {"[ INFO: inconsistent lock state ]", "inconsistent_lock_state"},
    {"WARNING: Nested lock was not taken", "nested_lock_not_taken"},
    {"WARNING: bad unlock balance detected!", "bad_unlock_balance"},
    {"[ BUG: bad unlock balance detected! ]", "bad_unlock_balance"},
    {"WARNING: bad contention detected!", "bad_contention"},
    {"WARNING: held lock freed!", "held_lock_freed"},
    {"WARNING: init/1 still has locks held!", "locks_held_at_exit"},
    {"[ BUG: init/1 still has locks held! ]", "locks_held_at_exit"},
    {"WARNING: lock held when returning to user space!", "lock_held_in_userspace"},
    {"WARNING: suspicious RCU usage", "suspicious_rcu"},
    {"[ INFO: suspicious RCU usage. ]", "suspicious_rcu"},
    {"INFO: trying to register non-static key.", "non_static_key"},
    {"BUG: key ffff888001000020 has not been registered!", "unregistered_key"},
    {"BUG: looking up invalid subclass: 9", "invalid_subclass"},
    {"WARNING: chain_key collision", "chain_key_collision"},
    {"BUG: MAX_LOCKDEP_ENTRIES too low!", "lockdep_limit"},
    {"BUG: MAX_STACK_TRACE_ENTRIES too low!", "lockdep_limit"},
    {"BUG: MAX_LOCK_DEPTH too low!", "lockdep_limit"},
    {"DEBUG_LOCKS_WARN_ON(1)", "debug_locks_warn"},
    {"DEBUG_RWSEMS_WARN_ON(tmp < 0): count = 0x0, magic = 0x0, owner = 0x0", "debug_locks_warn"},
    {"WARNING: circular locking deadlock detected!", "rtmutex_deadlock"},
    {"[ BUG: circular locking deadlock detected! ]", "rtmutex_deadlock"},
    {"BUG: sleeping function called from invalid context at kernel/x.c:1", "sleeping_in_atomic"},
    {"BUG: scheduling while atomic: swapper/0/0/0x00000002", "scheduling_while_atomic"},
    {"BUG: scheduling in a non-blocking section: a/1/2", "scheduling_non_blocking"},
    {"BUG: assuming atomic context at kernel/x.c:1", "assuming_atomic"},
    {"BUG: assuming non migratable context at kernel/x.c:1", "assuming_non_migratable"},
    {"BUG: using smp_processor_id() in preemptible [00000000] code: a/1", "smp_id_in_preemptible"},
    {"BUG: spinlock bad magic on CPU#0, a/1", "spinlock_bug"},
    {"BUG: rwlock wrong CPU on CPU#0, a/1", "rwlock_bug"},
    {"list_add double add: new=1, prev=2, next=3.", "list_corruption"},
    {"BUG zoo_cache (Not tainted): Right Redzone overwritten", "slab_corruption"},
    {"BUG kmalloc-64 (Tainted: G    B   W         ): Object already free", "slab_corruption"},
    {"BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000000/10", "workqueue_leak"},
    {"BUG: workqueue leaked atomic, lock or RCU: kworker/0:1[10]", "workqueue_leak"},
    {"BUG: workqueue lockup - pool cpus=0 node=0", "workqueue_lockup"},
    {"Maximum lock depth 1024 reached task: a (1)", "rtmutex_depth"},
    {"huh, entered softirq 1 TIMER 0 with preempt_count 00000100, exited with 00000101?",
     "softirq_imbalance"},
    {"irq 9: nobody cared (try booting with the \"irqpoll\" option)", "nobody_cared"},
    {"sched: RT throttling activated", "rt_throttling"},
    {"sched: DL replenish lagged too much", "dl_replenish"},
    {"hrtimer: interrupt took 8276211 ns", "hrtimer_slow"},
    {"NOHZ tick-stop error: local softirq work is pending, handler #08!!!", "softirq_pending"},
    {"NOHZ: local_softirq_pending 80", "softirq_pending"},
    {"WARNING: CPU: 0 PID: 55 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110", "warning"},
    {"WARNING: kernel/sched/core.c:10 at foo+0x1/0x2, CPU#1: a/1", "warning"},
    {"kernel BUG at mm/slub.c:448!", "kernel_bug"},
    {"BUG: unable to handle page fault for address: ffffffff9175c704", "page_fault"},
    {"BUG: kernel NULL pointer dereference, address: 0000000000000010", "null_dereference"},
    {"Unable to handle kernel NULL pointer dereference at virtual address 0", "null_dereference"},
    {"Oops: general protection fault, probably for non-canonical address 0x1: 0000 [#1]",
     "general_protection"},
    {"Kernel panic - not syncing: Attempted to kill init!", "panic"},
    {"BUG: KASAN: slab-use-after-free in foo+0x1/0x2", "kasan"},
    {"BUG: KCSAN: data-race in a+0x1/0x2 / b+0x1/0x2", "kcsan"},
    {"BUG: KFENCE: invalid read in foo+0x1/0x2", "kfence"},
    {"BUG: KMSAN: uninit-value in foo+0x1/0x2", "kmsan"},
    {"UBSAN: shift-out-of-bounds in fs/x.c:1:2", "ubsan"},
    {"watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:1]", "soft_lockup"},
    {"watchdog: Watchdog detected hard LOCKUP on cpu 1", "hard_lockup"},
    {"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "rcu_stall"},
    {"rcu: INFO: rcu_preempt self-detected stall on CPU", "rcu_stall"},
    {"INFO: task a:1 blocked for more than 120 seconds.", "hung_task"},
    {"INFO: lockdep is turned off.", ""},
    {"Speculative Return Stack Overflow: WARNING: See https://kernel.org/doc", ""},
    {"EXT4-fs (loop1): INFO: recovery required on readonly filesystem", ""},
    {"debug: the BUGGY address", ""},
    {"", ""},
};

TEST(Families, every_headline_has_its_kind) {
    for (const HeadlineCase& c : k_headlines) {
        const Family* family = find_family(c.line);
        EXPECT_EQ(family == nullptr ? "" : family->kind, c.kind) << c.line;
    }
}

TEST(Families, words_alone_that_programs_use_too_are_no_report) {
    EXPECT_TRUE(parse("WARNING: the config file is old\nanother line\n").empty());
    EXPECT_TRUE(parse("[    1.000000] WARNING: the mand mount option is deprecated\n").empty());
    EXPECT_EQ(parse(splats::k_warning).size(), 1U);
}

TEST(Families, what_taints_the_kernel_switches_lockdep_off_where_the_kernel_says_so) {
    const std::string trace = "Call Trace:\n foo+0x1/0x2\n";
    const auto off = [&](const std::string& head) {
        return parse(head + trace).at(0).disables_lockdep;
    };
    EXPECT_TRUE(off("BUG: KASAN: use-after-free in foo+0x1/0x2\n"));
    EXPECT_TRUE(off("BUG: Bad page state in process a  pfn:1\n"));
    EXPECT_TRUE(off("BUG: unable to handle page fault for address: 0\n"));
    EXPECT_TRUE(off("BUG: TASK stack guard page was hit at 1 (stack is 2..3)\n")) << "die() taints";
    EXPECT_FALSE(off("BUG: KFENCE: use-after-free read in foo+0x1/0x2\n"));
    EXPECT_FALSE(off("WARNING: CPU: 0 PID: 1 at a.c:1 foo+0x1/0x2\n"));
    EXPECT_TRUE(
        off("WARNING: CPU: 0 PID: 1 at a.c:1 foo+0x1/0x2\n"
            "Disabling lock debugging due to kernel taint\n"));
}

TEST(Families, a_programs_own_fault_is_no_report) {
    for (const std::string_view line :
         {"traps: stress-ng[234] general protection fault ip:5581 sp:7ffe error:0 in a[1+2]\n",
          "traps: a[234] trap invalid opcode ip:5581 sp:7ffe error:0 in a[1+2]\n",
          "traps: a[234] trap int3 ip:5581 sp:7ffe error:0\n"})
        EXPECT_TRUE(parse(line).empty()) << line;
}

TEST(Families, a_banner_of_6_19_is_a_report_with_syzbots_title_even_when_it_is_cut) {
    constexpr std::string_view k_lock =
        "WARNING: kernel/locking/lockdep.c:5020 at lock_release+0x1/0x2, CPU#1: a/1\n"
        "Call Trace:\n lock_release+0x1/0x2\n foo+0x1/0x2\n";
    const auto whole = parse(k_lock);
    ASSERT_EQ(whole.size(), 1U);
    EXPECT_EQ(whole[0].syzbot.title, "WARNING: locking bug in foo");
    EXPECT_EQ(whole[0].syzbot.type, "LOCKDEP");
    const auto words = parse(
        "WARNING: [a != b] drivers/x.c:12 at foo+0x1/0x2, CPU#0: a/1\nCall Trace:\n"
        " foo+0x1/0x2\n");
    ASSERT_EQ(words.size(), 1U);
    EXPECT_EQ(words[0].syzbot.title, "WARNING in foo");
    EXPECT_EQ(parse("WARNING: drivers/x.c:12 at foo+0x1/0x2, CPU#0: a/1\n").size(), 1U);
}

TEST(Families, a_leak_is_the_callers_and_the_kernels_own_word_of_leaks_is_a_report) {
    const auto leaks = parse(
        "BUG: memory leak\nunreferenced object 0xffff888001000010 (size 32):\n"
        "  comm \"a\", pid 1, jiffies 1\n  backtrace:\n    kmemleak_alloc+0x1/0x2\n"
        "    __kmalloc_noprof+0x1/0x2\n    foo_open+0x1/0x2\n");
    ASSERT_EQ(leaks.size(), 1U);
    EXPECT_EQ(leaks[0].title, "Memory leak in foo_open");
    const auto told =
        parse("kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)\n");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].kind, "suspected_leaks");
}

TEST(Families, a_detail_tells_more_than_the_banner) {
    const auto reports = parse(splats::k_warning);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, "refcount");
    EXPECT_EQ(reports[0].frames.front().function, "refcount_warn_saturate");
    EXPECT_EQ(reports[0].frames.at(1).module, "delta");
    EXPECT_EQ(reports[0].culprit, "delta_put");
    EXPECT_EQ(reports[0].syzbot.title, "WARNING: refcount bug in delta_put");
    EXPECT_EQ(reports[0].syzbot.type, "REFCOUNT_WARNING");
}

TEST(Families, titles_say_what_it_is_and_who_is_to_blame) {
    const std::string trace = "Call Trace:\n dump_stack+0x1/0x2\n foo+0x1/0x2\n";
    const std::pair<std::string, std::string_view> cases[] = {
        {"BUG: KASAN: slab-use-after-free in foo+0x1/0x2\n" + trace,
         "KASAN: slab-use-after-free in foo"},
        {"UBSAN: shift-out-of-bounds in fs/x.c:1:2\n" + trace, "UBSAN: shift-out-of-bounds in foo"},
        {"BUG: MAX_LOCK_DEPTH too low!\n" + trace, "Lockdep limit reached: MAX_LOCK_DEPTH in foo"},
        {"BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000000/10\n"
         "     last function: leaky_fn\n" +
             trace,
         "Workqueue leaked a lock or context in leaky_fn"},
        {"WARNING: CPU: 0 PID: 1 at kernel/time/timer.c:1 call_timer_fn+0x1/0x2\n"
         "timer: leaky_fn+0x0/0x10 preempt leak: 00000100 -> 00000101\n" +
             trace,
         "Timer leaked the preempt count in leaky_fn"},
        {"BUG zoo_cache (Not tainted): Right Redzone overwritten\nCall Trace:\n"
         " object_err+0x1/0x2\n kmem_cache_free+0x1/0x2\n foo+0x1/0x2\n",
         "Slab corruption: Right Redzone overwritten in foo"},
    };
    for (const auto& [splat, title] : cases) {
        const auto reports = parse(splat);
        ASSERT_EQ(reports.size(), 1U) << splat;
        EXPECT_EQ(reports[0].title, title);
    }
}

TEST(Families, a_warnings_own_words_stand_above_its_headline_and_belong_to_it) {
    const auto reports = parse(
        "[    1.000000][    T7] ------------[ cut here ]------------\n"
        "[    1.000000][    T7] the keeper lost the keys\n"
        "[    1.000000][    T9] somebody else\n"
        "[    1.000000][    T7] WARNING: CPU: 0 PID: 7 at a.c:1 foo+0x1/0x2\n"
        "[    1.000000][    T7] Call Trace:\n[    1.000000][    T7]  foo+0x1/0x2\n");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_NE(reports[0].text.find("the keeper lost the keys"), std::string::npos);
    EXPECT_EQ(reports[0].text.find("somebody else"), std::string::npos);
}

TEST(Families, a_key_that_is_not_registered_is_one_report_with_the_trace_of_its_warning) {
    const auto reports = parse(
        "BUG: key ffff888001000020 has not been registered!\n"
        "------------[ cut here ]------------\nDEBUG_LOCKS_WARN_ON(1)\n"
        "WARNING: CPU: 0 PID: 1 at kernel/locking/lockdep.c:1 lockdep_init_map_type+0x1/0x2\n"
        "Call Trace:\n foo+0x1/0x2\n---[ end trace 0000000000000000 ]---\n");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, "unregistered_key");
    EXPECT_FALSE(reports[0].corrupted);
    EXPECT_EQ(reports[0].title, "Lock key not registered in foo");
}

TEST(Families, notices_are_kept_only_when_asked_for) {
    const std::string_view console = "[    5.000000] sched: RT throttling activated\n";
    EXPECT_TRUE(parse(console).empty());
    const auto reports = parse(console, Notices::kept);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_TRUE(reports[0].notice);
    EXPECT_EQ(reports[0].kind, "rt_throttling");
    EXPECT_FALSE(reports[0].corrupted);
}

TEST(Families, an_interrupt_that_nobody_handled_is_titled_by_its_first_handler) {
    const std::string head =
        "irq 24: nobody cared (try booting with the \"irqpoll\" option)\n"
        "CPU: 0 PID: 7 Comm: sh Not tainted 6.1.8-rt5 #1\nCall Trace:\n <IRQ>\n"
        " dump_stack_lvl+0x1/0x2\n __report_bad_irq+0x1/0x2\n note_interrupt.cold+0x1/0x2\n"
        " handle_irq_event+0x1/0x2\n handle_simple_irq+0x1/0x2\n </IRQ>\nhandlers:\n";
    for (const std::string_view handler :
         {"[<00000000c2842930>] not_mine", "[<(____ptrval____)>] not_mine",
          "[<00000000c2842930>] not_mine threaded [<00000000c2842931>] not_mine_thread",
          "[<c2842930>] (not_mine+0x0/0x40 [yenta_socket])"}) {
        const auto reports = parse(head + std::string(handler) + "\nDisabling IRQ #24\n");
        ASSERT_EQ(reports.size(), 1U) << handler;
        EXPECT_EQ(reports[0].title, "Interrupt nobody handled in not_mine") << handler;
        EXPECT_EQ(reports[0].culprit, "not_mine") << handler;
        EXPECT_NE(reports[0].text.find("Disabling IRQ #24"), std::string::npos) << handler;
    }
}

TEST(Families, a_handler_that_lets_interrupts_in_is_named) {
    const auto reports = parse(
        "------------[ cut here ]------------\n"
        "irq 25 handler lets_them_in+0x0/0x20 enabled interrupts\n"
        "WARNING: CPU: 0 PID: 7 at kernel/irq/handle.c:161 __handle_irq_event_percpu+0x1/0x2\n"
        "Call Trace:\n handle_irq_event+0x1/0x2\n handle_simple_irq+0x1/0x2\n"
        "---[ end trace 0000000000000000 ]---\n");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, "irq_handler_enabled_irqs");
    EXPECT_EQ(reports[0].title, "Interrupt handler enabled interrupts in lets_them_in");
}

TEST(Families, a_double_fault_has_where_it_struck_and_no_stack) {
    const auto reports = parse(
        "[    5.000000][    C0] traps: PANIC: double fault, error_code: 0x0\n"
        "[    5.000001][    C0] double fault: 0000 [#1] PREEMPT_RT SMP\n"
        "[    5.000002][    C0] CPU: 0 PID: 48 Comm: sh Not tainted 6.1.8-rt5 #1\n"
        "[    5.000003][    C0] RIP: 0010:strikes+0xb/0x10\n"
        "[    5.000004][    C0] RSP: 0018:ffffc900dead0000 EFLAGS: 00010082\n"
        "[    5.000005][    C0] Call Trace:\n"
        "[    5.000006][    C0]  <TASK>\n"
        "[    5.000007][    C0] ---[ end trace 0000000000000000 ]---\n"
        "[    5.000008][    C0] RIP: 0010:strikes+0xb/0x10\n"
        "[    5.000009][    C0] Kernel panic - not syncing: Fatal exception in interrupt\n");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].title, "Double fault in strikes");
    EXPECT_FALSE(reports[0].corrupted);
    EXPECT_NE(reports[0].text.find("Fatal exception"), std::string::npos);
}

TEST(Families, the_second_boot_on_a_console_is_a_report) {
    const std::string boot = "[    0.000000] Linux version 6.1.8-rt5 (root@vm)\n";
    EXPECT_TRUE(parse(boot).empty());
    EXPECT_TRUE(parse(boot + "Linux version 6.1.8-rt5 (a program says it)\n").empty());
    const auto reports = parse(boot + "[    9.000000] something\n" + boot);
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].kind, "unexpected_reboot");
    EXPECT_FALSE(reports[0].corrupted) << "it has no trace to lose";
}

}  // namespace
}  // namespace krepro::report
