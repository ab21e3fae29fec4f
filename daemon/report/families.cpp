// SPDX-License-Identifier: Apache-2.0
#include "report/families.hpp"

#include <array>

#include "report/prefilter.hpp"
#include "report/text.hpp"

namespace krepro::report {
namespace {

using D = Detector;
using R = HeadlineRole;

// A needle that starts with '^' must stand at the beginning of the line.
constexpr std::array k_families{
    // lockdep: its own reports, each switching it off unless said
    Family{"invalid_wait_context", "BUG: Invalid wait context", "", D::lockdep, R::opens, true,
           "Invalid wait context"},
    Family{"circular_locking", "possible circular locking dependency detected", "", D::lockdep,
           R::opens, true, "Circular locking"},
    Family{"recursive_locking", "possible recursive locking detected", "", D::lockdep, R::opens,
           true, "Recursive locking"},
    Family{"irq_lock_inversion", "possible irq lock inversion dependency detected", "", D::lockdep,
           R::opens, true, "Interrupt lock inversion"},
    Family{"irq_lock_order", "-safe -> ", "-unsafe lock order detected", D::lockdep, R::opens, true,
           "Interrupt-unsafe lock order"},
    Family{"inconsistent_lock_state", "inconsistent lock state", "", D::lockdep, R::opens, true,
           "Inconsistent lock state"},
    Family{"nested_lock_not_taken", "Nested lock was not taken", "", D::lockdep, R::opens, true,
           "Nested lock not taken"},
    Family{"bad_unlock_balance", "bad unlock balance detected", "", D::lockdep, R::opens, true,
           "Bad unlock balance"},
    Family{"bad_contention", "bad contention detected", "", D::lockdep, R::opens, true,
           "Bad contention"},
    Family{"held_lock_freed", "held lock freed!", "", D::lockdep, R::opens, true,
           "Held lock freed"},
    Family{"locks_held_at_exit", "still has locks held", "", D::lockdep, R::opens, true,
           "Locks still held"},
    Family{"lock_held_in_userspace", "lock held when returning to user space", "", D::lockdep,
           R::opens, true, "Lock held when returning to user space"},
    Family{"suspicious_rcu", "suspicious RCU usage", "", D::lockdep, R::opens, false,
           "Suspicious RCU usage"},
    Family{"non_static_key", "INFO: trying to register non-static key", "", D::lockdep, R::opens,
           true, "Non-static lock key"},
    Family{"unregistered_key", "BUG: key ", "has not been registered!", D::lockdep, R::opens, true,
           "Lock key not registered"},
    Family{"invalid_subclass", "BUG: looking up invalid subclass", "", D::lockdep, R::opens, true,
           "Invalid lock subclass"},
    Family{"chain_key_collision", "WARNING: chain_key collision", "", D::lockdep, R::opens, true,
           "Lock chain key collision"},
    Family{"lockdep_limit", "BUG: MAX_", "too low!", D::lockdep, R::opens, true,
           "Lockdep limit reached"},
    Family{"debug_locks_warn", "^DEBUG_LOCKS_WARN_ON(", "", D::lockdep, R::details, true,
           "Lock debugging check"},
    Family{"debug_locks_warn", "^DEBUG_RWSEMS_WARN_ON(", "", D::lockdep, R::details, true,
           "Lock debugging check"},
    // atomic context and PREEMPT_RT
    Family{"sleeping_in_atomic", "BUG: sleeping function called from invalid context", "",
           D::atomic, R::opens, false, "Sleeping function in atomic context"},
    Family{"scheduling_while_atomic", "BUG: scheduling while atomic", "", D::atomic, R::opens,
           false, "Scheduling while atomic"},
    Family{"scheduling_non_blocking", "BUG: scheduling in a non-blocking section", "", D::atomic,
           R::opens, false, "Scheduling in a non-blocking section"},
    Family{"assuming_atomic", "BUG: assuming atomic context at", "", D::atomic, R::opens, false,
           "Atomic context assumed"},
    Family{"assuming_non_migratable", "BUG: assuming non migratable context at", "", D::atomic,
           R::opens, false, "Non-migratable context assumed"},
    Family{"smp_id_in_preemptible", "BUG: using ", "in preemptible", D::atomic, R::opens, false,
           "Per-CPU access in preemptible code"},
    Family{"spinlock_bug", "BUG: spinlock ", "", D::lockdep, R::opens, true, "Spinlock misuse"},
    Family{"rwlock_bug", "BUG: rwlock ", "", D::lockdep, R::opens, true, "Rwlock misuse"},
    Family{"rwlock_bug", "BUG: rwlock-", "", D::lockdep, R::opens, true, "Rwlock misuse"},
    Family{"workqueue_leak", "BUG: workqueue leaked ", "", D::atomic, R::opens, false,
           "Workqueue leaked a lock or context"},
    Family{"workqueue_lockup", "BUG: workqueue lockup", "", D::hang, R::opens, false,
           "Workqueue lockup"},
    Family{"rtmutex_deadlock", "rtmutex deadlock detected", "", D::lockdep, R::details, false,
           "Rtmutex deadlock"},
    // before 5.13
    Family{"rtmutex_deadlock", "circular locking deadlock detected!", "", D::lockdep, R::opens,
           true, "Rtmutex deadlock"},
    Family{"softirq_imbalance", "huh, entered softirq", "", D::atomic, R::remarks, false,
           "Softirq changed the preempt count"},
    Family{"timer_preempt_leak", "preempt leak: ", " -> ", D::atomic, R::details, false,
           "Timer leaked the preempt count"},
    Family{"rcu_context_switch", "context switch within RCU read-side critical section", "",
           D::atomic, R::details, false, "Context switch inside RCU"},
    Family{"blocking_while_not_running", "do not call blocking ops when !TASK_RUNNING", "",
           D::atomic, R::details, false, "Blocking while not running"},
    Family{"irq_handler_enabled_irqs", "irq ", "enabled interrupts", D::atomic, R::details, false,
           "Interrupt handler enabled interrupts"},
    Family{"irqs_left_disabled", "left IRQs disabled", "", D::atomic, R::details, false,
           "Interrupts left disabled"},
    Family{"initcall_imbalance", "initcall ", "returned with ", D::atomic, R::details, false,
           "Initcall changed the context"},
    Family{"rtmutex_depth", "Maximum lock depth ", "reached", D::scheduler, R::remarks, false,
           "Rtmutex chain too deep"},
    Family{"nobody_cared", "irq ", "nobody cared", D::other, R::opens, false,
           "Interrupt nobody handled"},
    // remarks of the scheduler and the timers
    Family{"softirq_pending", "NOHZ tick-stop error", "", D::scheduler, R::notices, false,
           "Softirq pending at tick stop"},
    // before 5.11
    Family{"softirq_pending", "NOHZ: local_softirq_pending", "", D::scheduler, R::notices, false,
           "Softirq pending at tick stop"},
    Family{"rt_throttling", "sched: RT throttling activated", "", D::scheduler, R::notices, false,
           "RT throttling"},
    Family{"dl_replenish", "sched: DL replenish lagged too much", "", D::scheduler, R::notices,
           false, "Deadline replenishment lagged"},
    Family{"dl_deboosted", "sched: DL de-boosted task", "", D::scheduler, R::notices, false,
           "Deadline task de-boosted"},
    Family{"need_resched", "need_resched set for > ", "", D::scheduler, R::notices, false,
           "Reschedule overdue"},
    Family{"hrtimer_slow", "hrtimer: interrupt took ", "", D::scheduler, R::notices, false,
           "Slow timer interrupt"},
    Family{"workqueue_hog", "workqueue: ", "hogged CPU for >", D::scheduler, R::notices, false,
           "Work hogged a CPU"},
    // memory safety
    Family{"kasan", "BUG: KASAN:", "", D::memory, R::opens, true, "KASAN"},
    Family{"kmsan", "BUG: KMSAN:", "", D::memory, R::opens, true, "KMSAN"},
    Family{"kcsan", "BUG: KCSAN:", "", D::memory, R::opens, false, "KCSAN"},
    Family{"kfence", "BUG: KFENCE:", "", D::memory, R::opens, false, "KFENCE"},
    Family{"ubsan", "UBSAN:", "", D::memory, R::opens, false, "UBSAN"},
    Family{"refcount", "^refcount_t: ", "", D::memory, R::details, false, "Reference count"},
    Family{"list_corruption", "^list_", " corruption", D::memory, R::details, false,
           "List corruption"},
    Family{"list_corruption", "^list_", " double add: ", D::memory, R::details, false,
           "List corruption"},
    Family{"odebug", "^ODEBUG: ", " object", D::memory, R::details, false, "Object state"},
    Family{"memory_leak", "BUG: memory leak", "", D::memory, R::opens, false, "Memory leak"},
    Family{"suspected_leaks", "kmemleak: ", "new suspected memory leaks", D::memory, R::remarks,
           false, "Suspected memory leaks"},
    Family{"slab_corruption", "BUG ", "Object already free", D::memory, R::opens, true,
           "Slab corruption"},
    // "BUG zoo_cache (Not tainted): Right Redzone overwritten"
    Family{"slab_corruption", "^BUG ", "ainted", D::memory, R::opens, true, "Slab corruption"},
    Family{"slab_corruption", "BUG kmalloc-", "", D::memory, R::opens, true, "Slab corruption"},
    Family{"bad_page", "BUG: Bad page ", "", D::memory, R::opens, true, "Bad page"},
    Family{"bad_rss", "BUG: Bad rss-counter", "", D::memory, R::remarks, false, "Bad rss counter"},
    Family{"stack_guard", "BUG: stack guard page was hit", "", D::memory, R::opens, true,
           "Kernel stack overflow"},
    Family{"stack_guard", "BUG: TASK stack guard page was hit", "", D::memory, R::opens, true,
           "Kernel stack overflow"},
    // hangs
    Family{"soft_lockup", "BUG: soft lockup", "", D::hang, R::opens, false, "Soft lockup"},
    Family{"hard_lockup", "hard LOCKUP on cpu", "", D::hang, R::opens, false, "Hard lockup"},
    Family{"rcu_stall", "INFO: rcu", "stall", D::hang, R::opens, false, "RCU stall"},
    Family{"hung_task", "INFO: task ", "blocked for more than", D::hang, R::opens, false,
           "Hung task"},
    Family{"hung_task", "INFO: task ", "blocked in I/O wait for more than", D::hang, R::opens,
           false, "Hung task"},
    Family{"hung_task", "INFO: task ", "can't die for more than", D::hang, R::opens, false,
           "Task cannot die"},
    // exceptions
    Family{"null_dereference", "BUG: unable to handle kernel NULL pointer dereference", "", D::oops,
           R::opens, true, "NULL pointer dereference"},
    Family{"null_dereference", "BUG: kernel NULL pointer dereference", "", D::oops, R::opens, true,
           "NULL pointer dereference"},
    Family{"null_dereference", "nable to handle kernel NULL pointer dereference", "", D::oops,
           R::opens, true, "NULL pointer dereference"},
    Family{"page_fault", "BUG: unable to handle ", "", D::oops, R::opens, true, "Page fault"},
    Family{"page_fault", "Unable to handle kernel ", "", D::oops, R::opens, true, "Page fault"},
    Family{"kernel_bug", "ernel BUG at ", "", D::oops, R::opens, true, "Kernel BUG"},
    Family{"general_protection", "general protection fault", "", D::oops, R::joins, true,
           "General protection fault"},
    Family{"double_fault", "PANIC: double fault", "", D::oops, R::opens, true, "Double fault"},
    Family{"stack_segment", "stack segment: ", "", D::oops, R::joins, true, "Stack segment fault"},
    Family{"divide_error", "divide error: ", "", D::oops, R::joins, true, "Divide error"},
    Family{"divide_error", "divide_error: ", "", D::oops, R::joins, true, "Divide error"},
    Family{"invalid_opcode", "invalid opcode: ", "", D::oops, R::joins, true, "Invalid opcode"},
    Family{"int3", "int3: ", "", D::oops, R::joins, true, "Breakpoint trap"},
    Family{"oops", "Internal error: ", "", D::oops, R::joins, true, "Oops"},
    Family{"oops", "Unhandled fault: ", "", D::oops, R::joins, true, "Unhandled fault"},
    Family{"oops", "Alignment trap: ", "", D::oops, R::joins, true, "Alignment trap"},
    Family{"oops", "^Oops: ", "", D::oops, R::joins, true, "Oops"},
    Family{"panic", "Kernel panic - not syncing", "", D::panic, R::joins, false, "Kernel panic"},
    // the rest, by the words they begin with
    Family{"trusty", "trusty: panic", "ASSERT FAILED", D::panic, R::opens, false,
           "Trusty assertion"},
    Family{"netdevice_leak", "unregister_netdevice: waiting for", "", D::other, R::remarks, false,
           "Network device not released"},
    Family{"busy_inodes", "VFS: Busy inodes after unmount", "", D::other, R::remarks, false,
           "Busy inodes after unmount"},
    Family{"file_count", "VFS: Close: file count is ", "", D::other, R::remarks, false,
           "File count is zero"},
    Family{"unexpected_reboot", "^Linux version ", "", D::other, R::boots, false,
           "Unexpected reboot"},
    Family{"test_harness", "^SYZFAIL: ", "", D::other, R::remarks, false, "Test harness failed"},
    Family{"test_harness", "^SYZFATAL: ", "", D::other, R::remarks, false, "Test harness failed"},
    Family{"stack_metadata", "WARNING: kernel stack ", "has bad ", D::warning, R::opens, false,
           "Bad unwinder metadata"},
    Family{"warning", "WARNING: CPU: ", "", D::warning, R::opens, false, "Warning"},
    // "WARNING: kernel/fork.c:12 at foo+0x1/0x2, CPU#1: comm/12", since 6.19
    Family{"warning", "WARNING: ", ", CPU#", D::warning, R::opens, false, "Warning"},
    Family{"warning", "WARNING: ", " at ", D::warning, R::claims, false, "Warning"},
    Family{"warning", "^WARNING: ", "", D::warning, R::claims, false, "Warning"},
    Family{"bug", "^BUG: ", "", D::other, R::opens, false, "BUG"},
    Family{"panic", "^PANIC: ", "", D::panic, R::opens, false, "Panic"},
};

bool holds(std::string_view text, std::string_view needle, std::string_view also) {
    std::size_t at = 0;
    if (needle.front() == '^') {
        needle.remove_prefix(1);
        if (!text.starts_with(needle)) return false;
    } else {
        at = text.find(needle);
        if (at == std::string_view::npos) return false;
    }
    return also.empty() || text.find(also, at + needle.size()) != std::string_view::npos;
}

// Lines that hold the words of a headline and are none.
constexpr std::array<std::string_view, 11> k_harmless{
    "INFO: lockdep is turned off",
    "INFO: Stall ended before state dump start",
    "INFO: NMI handler",
    "WARNING: See https://",
    "WARNING: kernel not compiled",
    "INFO: recovery required",
    "INFO: Guest ",
    "unless \"nosmap",
    // "traps: prog[234] general protection fault ip:5581 sp:7ffe error:0": a program's own fault
    "general protection fault ip:",
    "trap invalid opcode ip:",
    "trap int3 ip:",
};

bool may_be_headline(std::string_view text) {
    return text.size() >= 8 && text.size() < 4096;
}

}  // namespace

std::span<const Family> families() {
    return k_families;
}

const Family* find_family(std::string_view text) {
    if (!may_be_headline(text) || find_anchor(text) == std::string_view::npos) return nullptr;
    for (const Family& family : k_families) {
        if (!holds(text, family.needle, family.also)) continue;
        for (const std::string_view words : k_harmless)
            if (contains(text, words)) return nullptr;
        return &family;
    }
    return nullptr;
}

bool is_without_trace(std::string_view kind) {
    return kind == "lock_held_in_userspace" || kind == "workqueue_lockup" ||
           kind == "unexpected_reboot";
}

const Family* family_of_kind(std::string_view kind) {
    for (const Family& family : k_families)
        if (family.kind == kind) return &family;
    return nullptr;
}

}  // namespace krepro::report
