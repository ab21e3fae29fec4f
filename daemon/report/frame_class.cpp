// SPDX-License-Identifier: Apache-2.0
#include "report/frame_class.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace krepro::report {
namespace {

struct Rule {
    std::string_view name;  // a trailing '*' makes it a prefix
    FrameClass frame_class;
};

using C = FrameClass;

// First match wins, so an exact name stands above the prefix that would take it too.
constexpr std::array k_rules{
    // printing
    Rule{"dump_stack*", C::reporter},
    Rule{"__dump_stack*", C::reporter},
    Rule{"show_stack*", C::reporter},
    Rule{"dump_backtrace*", C::reporter},
    Rule{"show_trace*", C::reporter},
    Rule{"print_*", C::reporter},
    Rule{"unwind_backtrace", C::reporter},
    Rule{"show_regs*", C::reporter},
    Rule{"panic", C::reporter},
    Rule{"vpanic", C::reporter},
    Rule{"__warn", C::reporter},
    Rule{"warn_slowpath*", C::reporter},
    Rule{"__warn_printk", C::reporter},
    Rule{"report_bug", C::reporter},
    Rule{"fixup_bug*", C::reporter},
    Rule{"handle_bug", C::reporter},
    Rule{"exc_invalid_op", C::reporter},
    Rule{"asm_exc_invalid_op", C::reporter},
    Rule{"do_error_trap", C::reporter},
    Rule{"do_invalid_op", C::reporter},
    Rule{"invalid_op", C::reporter},
    Rule{"sched_show_task*", C::reporter},
    Rule{"nmi_cpu_backtrace*", C::reporter},
    Rule{"nmi_trigger_cpumask_backtrace", C::reporter},
    Rule{"arch_trigger_cpumask_backtrace*", C::reporter},
    Rule{"trigger_*_backtrace*", C::reporter},
    Rule{"rcu_dump_cpu_stacks*", C::reporter},
    Rule{"rcu_check_gp_kthread*", C::reporter},
    Rule{"rcu_sched_clock_irq*", C::reporter},
    Rule{"rcu_check_callbacks*", C::reporter},
    Rule{"check_cpu_stall*", C::reporter},
    Rule{"watchdog_timer_fn*", C::reporter},
    Rule{"kernel_stack_trace*", C::reporter},
    // lockdep and the other checks
    Rule{"__lock_acquire*", C::reporter},
    Rule{"lock_acquire*", C::reporter},
    Rule{"lock_release*", C::reporter},
    Rule{"__lock_release*", C::reporter},
    Rule{"lock_contended*", C::reporter},
    Rule{"lock_acquired*", C::reporter},
    Rule{"lock_is_held*", C::reporter},
    Rule{"mark_lock*", C::reporter},
    Rule{"mark_usage*", C::reporter},
    Rule{"mark_held_locks*", C::reporter},
    Rule{"check_*irq*", C::reporter},
    Rule{"check_noncircular*", C::reporter},
    Rule{"check_prev_add*", C::reporter},
    Rule{"check_prevs_add*", C::reporter},
    Rule{"check_deadlock*", C::reporter},
    Rule{"check_wait_context*", C::reporter},
    Rule{"check_flags*", C::reporter},
    Rule{"check_no_collision*", C::reporter},
    Rule{"check_usage*", C::reporter},
    Rule{"validate_chain*", C::reporter},
    Rule{"register_lock_class*", C::reporter},
    Rule{"look_up_lock_class*", C::reporter},
    Rule{"lockdep_*", C::reporter},
    Rule{"__lockdep_*", C::reporter},
    Rule{"assign_lock_key*", C::reporter},
    Rule{"debug_check_no_locks*", C::reporter},
    Rule{"__might_resched*", C::reporter},
    Rule{"___might_sleep*", C::reporter},
    Rule{"__might_sleep*", C::reporter},
    Rule{"__might_fault*", C::reporter},
    Rule{"__schedule_bug*", C::reporter},
    Rule{"__cant_sleep*", C::reporter},
    Rule{"__cant_migrate*", C::reporter},
    Rule{"check_preemption_disabled*", C::reporter},
    Rule{"debug_smp_processor_id", C::reporter},
    Rule{"__this_cpu_preempt_check", C::reporter},
    Rule{"spin_dump*", C::reporter},
    Rule{"spin_bug*", C::reporter},
    Rule{"rwlock_bug*", C::reporter},
    Rule{"kasan_*", C::reporter},
    Rule{"__kasan_*", C::reporter},
    Rule{"__asan_*", C::reporter},
    Rule{"check_memory_region*", C::reporter},
    Rule{"__kmsan_*", C::reporter},
    Rule{"kmsan_*", C::reporter},
    Rule{"__msan_*", C::reporter},
    Rule{"kcsan_*", C::reporter},
    Rule{"kmemleak_*", C::reporter},
    Rule{"__tsan_*", C::reporter},
    Rule{"ubsan_*", C::reporter},
    Rule{"__ubsan_*", C::reporter},
    Rule{"debug_print_object", C::reporter},
    Rule{"debug_object_*", C::reporter},
    Rule{"__debug_object_*", C::reporter},
    Rule{"__list_add_valid*", C::reporter},
    Rule{"__list_del_entry_valid*", C::reporter},
    Rule{"__list_valid_*", C::reporter},
    Rule{"bad_page*", C::reporter},
    Rule{"free_page_is_bad*", C::reporter},
    Rule{"slab_bug*", C::reporter},
    Rule{"object_err*", C::reporter},
    Rule{"check_object*", C::reporter},
    Rule{"check_bytes_and_report*", C::reporter},
    Rule{"slab_err*", C::reporter},
    Rule{"debug_check_no_obj*", C::reporter},
    Rule{"refcount_warn_saturate", C::reporter},
    Rule{"rcu_read_lock_sched_held", C::reporter},
    Rule{"rcu_note_context_switch*", C::reporter},
    Rule{"__report_bad_irq*", C::reporter},
    Rule{"report_bad_irq*", C::reporter},
    Rule{"note_interrupt*", C::reporter},
    // lock primitives and the scheduler's own switch
    Rule{"rt_spin_*", C::primitive},
    Rule{"__rt_spin_*", C::primitive},
    Rule{"rt_read_*", C::primitive},
    Rule{"rt_write_*", C::primitive},
    Rule{"rt_mutex_*", C::primitive},
    Rule{"__rt_mutex_*", C::primitive},
    Rule{"rtlock_*", C::primitive},
    Rule{"_raw_spin_*", C::primitive},
    Rule{"__raw_spin_*", C::primitive},
    Rule{"do_raw_spin_*", C::primitive},
    Rule{"_raw_read_*", C::primitive},
    Rule{"_raw_write_*", C::primitive},
    Rule{"do_raw_read_*", C::primitive},
    Rule{"do_raw_write_*", C::primitive},
    Rule{"spin_lock*", C::primitive},
    Rule{"_spin_lock*", C::primitive},
    Rule{"queued_spin_*", C::primitive},
    Rule{"native_queued_spin_*", C::primitive},
    Rule{"mutex_*", C::primitive},
    Rule{"__mutex_*", C::primitive},
    Rule{"_mutex_lock*", C::primitive},
    Rule{"ww_mutex_*", C::primitive},
    Rule{"down_read*", C::primitive},
    Rule{"down_write*", C::primitive},
    Rule{"__down_*", C::primitive},
    Rule{"down", C::primitive},
    Rule{"rwsem_*", C::primitive},
    Rule{"rwbase_*", C::primitive},
    Rule{"up_read*", C::primitive},
    Rule{"up_write*", C::primitive},
    Rule{"__schedule", C::primitive},
    Rule{"schedule", C::primitive},
    Rule{"schedule_preempt_disabled", C::primitive},
    Rule{"schedule_rtlock", C::primitive},
    Rule{"schedule_timeout*", C::primitive},
    Rule{"schedule_hrtimeout*", C::primitive},
    Rule{"msleep*", C::primitive},
    Rule{"usleep_range*", C::primitive},
    Rule{"context_switch", C::primitive},
    Rule{"preempt_schedule*", C::primitive},
    Rule{"__cond_resched", C::primitive},
    Rule{"_cond_resched", C::primitive},
    Rule{"migrate_disable", C::primitive},
    Rule{"migrate_enable", C::primitive},
    Rule{"local_lock_*", C::primitive},
    // dispatch
    Rule{"asm_*", C::dispatch},
    Rule{"sysvec_*", C::dispatch},
    Rule{"__sysvec_*", C::dispatch},
    Rule{"instr_sysvec_*", C::dispatch},
    Rule{"common_interrupt*", C::dispatch},
    Rule{"ret_from_*", C::dispatch},
    Rule{"ret_to_*", C::dispatch},
    Rule{"entry_*", C::dispatch},
    Rule{"do_syscall_*", C::dispatch},
    Rule{"do_fast_syscall_*", C::dispatch},
    Rule{"__do_fast_syscall_*", C::dispatch},
    Rule{"do_int80_*", C::dispatch},
    Rule{"x64_sys_call", C::dispatch},
    Rule{"system_call*", C::dispatch},
    Rule{"el0*", C::dispatch},
    Rule{"el1*", C::dispatch},
    Rule{"invoke_syscall", C::dispatch},
    Rule{"secondary_startup*", C::dispatch},
    Rule{"start_secondary", C::dispatch},
    Rule{"start_kernel", C::dispatch},
    Rule{"x86_64_start_*", C::dispatch},
    Rule{"rest_init", C::dispatch},
    Rule{"arch_call_rest_init", C::dispatch},
    Rule{"kernel_init*", C::dispatch},
    Rule{"do_one_initcall", C::dispatch},
    Rule{"do_idle", C::dispatch},
    Rule{"cpu_startup_entry", C::dispatch},
    Rule{"default_idle*", C::dispatch},
    Rule{"arch_cpu_idle", C::dispatch},
    Rule{"cpuidle_*", C::dispatch},
    Rule{"amd_e400_idle", C::dispatch},
    Rule{"hrtimer_interrupt", C::dispatch},
    Rule{"hrtimer_run_*", C::dispatch},
    Rule{"__hrtimer_run_queues", C::dispatch},
    Rule{"__run_hrtimer", C::dispatch},
    Rule{"hrtimer_run_softirq", C::dispatch},
    Rule{"call_timer_fn", C::dispatch},
    Rule{"expire_timers", C::dispatch},
    Rule{"__run_timers", C::dispatch},
    Rule{"run_timer_*", C::dispatch},
    Rule{"local_apic_timer_interrupt", C::dispatch},
    Rule{"update_process_times", C::dispatch},
    Rule{"tick_sched_*", C::dispatch},
    Rule{"tick_nohz_handler", C::dispatch},
    Rule{"tick_handle_*", C::dispatch},
    Rule{"tick_periodic", C::dispatch},
    Rule{"smp_apic_timer_interrupt", C::dispatch},
    Rule{"apic_timer_interrupt", C::dispatch},
    Rule{"do_softirq*", C::dispatch},
    Rule{"__do_softirq*", C::dispatch},
    Rule{"handle_softirqs*", C::dispatch},
    Rule{"run_ksoftirqd", C::dispatch},
    Rule{"invoke_softirq", C::dispatch},
    Rule{"irq_exit*", C::dispatch},
    Rule{"__irq_exit*", C::dispatch},
    Rule{"smpboot_thread_fn", C::dispatch},
    Rule{"__local_bh_enable_ip", C::dispatch},
    Rule{"do_IRQ", C::dispatch},
    Rule{"handle_irq*", C::dispatch},
    Rule{"__handle_irq*", C::dispatch},
    Rule{"handle_edge_irq", C::dispatch},
    Rule{"handle_fasteoi_irq", C::dispatch},
    Rule{"handle_level_irq", C::dispatch},
    Rule{"handle_simple_irq", C::dispatch},
    Rule{"generic_handle_*", C::dispatch},
    Rule{"irq_thread*", C::dispatch},
    Rule{"irq_forced_thread_fn", C::dispatch},
    Rule{"__handle_domain_irq", C::dispatch},
    Rule{"generic_smp_call_*", C::dispatch},
    Rule{"flush_smp_call_*", C::dispatch},
    Rule{"__flush_smp_call_*", C::dispatch},
    Rule{"irq_work_run*", C::dispatch},
    Rule{"kthread", C::dispatch},
    Rule{"kthread_worker_fn", C::dispatch},
    Rule{"process_one_work", C::dispatch},
    Rule{"process_scheduled_works", C::dispatch},
    Rule{"worker_thread", C::dispatch},
    Rule{"task_work_run", C::dispatch},
    Rule{"exit_to_user_mode*", C::dispatch},
    Rule{"syscall_exit_to_user_mode*", C::dispatch},
    Rule{"irqentry_*", C::dispatch},
    Rule{"exc_*", C::dispatch},
    Rule{"rcu_core*", C::dispatch},
    Rule{"rcu_do_batch", C::dispatch},
    Rule{"rcu_cpu_kthread*", C::dispatch},
    Rule{"notifier_call_chain", C::dispatch},
    Rule{"__x64_sys_*", C::dispatch},
    Rule{"__se_sys_*", C::dispatch},
    Rule{"__do_sys_*", C::dispatch},
    Rule{"__ia32_*", C::dispatch},
    Rule{"SyS_*", C::dispatch},
    Rule{"SYSC_*", C::dispatch},
    // library
    Rule{"kmem_cache_*", C::library},
    Rule{"kmalloc*", C::library},
    Rule{"__kmalloc*", C::library},
    Rule{"kfree*", C::library},
    Rule{"kvfree*", C::library},
    Rule{"slab_*", C::library},
    Rule{"__slab_*", C::library},
    Rule{"___slab_*", C::library},
    Rule{"krealloc*", C::library},
    Rule{"kvmalloc*", C::library},
    Rule{"__kmem_cache_*", C::library},
    Rule{"obj_cgroup_*", C::library},
    Rule{"refill_obj_stock", C::library},
    Rule{"drain_obj_stock", C::library},
    Rule{"memcg_slab_*", C::library},
    Rule{"refill_stock", C::library},
    Rule{"consume_obj_stock", C::library},
    Rule{"mod_objcg_state", C::library},
    Rule{"get_obj_cgroup_*", C::library},
    Rule{"alloc_pages*", C::library},
    Rule{"__alloc_pages*", C::library},
    Rule{"get_page_from_freelist", C::library},
    Rule{"free_unref_*", C::library},
    Rule{"free_pages_prepare*", C::library},
    Rule{"__free_pages*", C::library},
    Rule{"free_pages*", C::library},
    Rule{"rmqueue*", C::library},
    Rule{"vmalloc*", C::library},
    Rule{"__vmalloc*", C::library},
    Rule{"vfree*", C::library},
    Rule{"free_debug_processing", C::library},
    Rule{"memcpy*", C::library},
    Rule{"memset*", C::library},
    Rule{"memmove*", C::library},
    Rule{"memcmp", C::library},
    Rule{"strcat*", C::library},
    Rule{"strchr*", C::library},
    Rule{"strcmp*", C::library},
    Rule{"strcpy*", C::library},
    Rule{"strim*", C::library},
    Rule{"strlcpy*", C::library},
    Rule{"strlen*", C::library},
    Rule{"strn*", C::library},
    Rule{"strpbrk*", C::library},
    Rule{"strrchr*", C::library},
    Rule{"strscpy*", C::library},
    Rule{"strsep*", C::library},
    Rule{"strspn*", C::library},
    Rule{"strstr*", C::library},
    Rule{"copy_to_user*", C::library},
    Rule{"copy_from_user*", C::library},
    Rule{"_copy_*", C::library},
    Rule{"__list_*", C::library},
    Rule{"refcount_*", C::library},
    Rule{"init_timer_key", C::library},
    Rule{"__init_work", C::library},
    Rule{"kref_*", C::library},
    Rule{"atomic_*", C::library},
    Rule{"_printk", C::library},
    Rule{"printk", C::library},
    Rule{"vprintk*", C::library},
    Rule{"console_*", C::library},
    Rule{"__wake_up*", C::library},
    Rule{"wake_up_*", C::library},
    Rule{"try_to_wake_up", C::library},
};

// A rule, its name taken apart once.
class Pattern {
  public:
    explicit Pattern(const Rule& rule)
        : beginning_(rule.name.substr(0, rule.name.find('*'))),
          whole_(beginning_.size() == rule.name.size()),
          frame_class(rule.frame_class) {
        if (whole_) return;
        const std::string_view tail = rule.name.substr(beginning_.size() + 1);
        part_ = tail.substr(0, tail.find('*'));
    }
    [[nodiscard]] bool takes(std::string_view function) const {
        if (whole_) return function == beginning_;
        if (!function.starts_with(beginning_)) return false;
        return part_.empty() || function.find(part_, beginning_.size()) != std::string_view::npos;
    }

  private:
    std::string_view beginning_;
    std::string_view part_;  // behind the first star
    bool whole_;

  public:
    FrameClass frame_class;
};

// The rules by their first and third characters, in their order: many begin with two underscores.
class Rules {
  public:
    Rules() {
        for (const Rule& rule : k_rules) {
            static_assert(std::none_of(k_rules.begin(), k_rules.end(), [](const Rule& r) {
                return r.name.substr(0, 3).size() < 3 || r.name.substr(0, 3).find('*') < 3;
            }));
            lists_[place(rule.name)].emplace_back(rule);
        }
    }
    [[nodiscard]] FrameClass class_of(std::string_view function) const {
        if (function.size() < 3) return FrameClass::specific;
        for (const Pattern& pattern : lists_[place(function)])
            if (pattern.takes(function)) return pattern.frame_class;
        return FrameClass::specific;
    }

  private:
    static std::size_t place(std::string_view name) {
        const auto bits = [&](std::size_t i) { return static_cast<unsigned char>(name[i]) & 31U; };
        return bits(0) * 32 + bits(2);
    }
    std::array<std::vector<Pattern>, 1024> lists_;
};

}  // namespace

FrameClass classify_frame(std::string_view function) {
    const auto dot = function.find('.', 1);
    if (dot != std::string_view::npos) function = function.substr(0, dot);
    static const Rules rules;
    return rules.class_of(function);
}

}  // namespace krepro::report
