// SPDX-License-Identifier: Apache-2.0
// The tables behind choose_function(), one pattern a word. A pattern is a part of the function's
// name; '^' asks for its beginning, '=' for the whole of it.
#include "report/syzbot_helpers.hpp"

#include <re2/re2.h>

#include <array>
#include <string>

#include "report/text.hpp"

namespace krepro::report {
namespace {

// Printing, checking, and the way an exception takes.
constexpr std::string_view k_reporting = R"(
dump_stack show_stack dump_backtrace dump_trace show_trace unwind_backtrace walk_stackframe
print_tainted print_report print_address_desc print_circular print_usage_bug print_bad_
print_unlock_imb print_irq_ print_deadlock print_trailer =panic =vpanic =__panic =nmi_panic
panic_saved_regs panic_on_warn =__warn warn_slowpath warn_printk report_bug fixup_bug handle_bug
invalid_op do_error_trap =do_trap =bug_handler brk_handler do_debug_exception el1_dbg ^el1_
^el1h_ do_kernel_fault do_tag_check do_mem_abort do_translation_fault kasan __asan hwasan
check_memory_region =memory_is_poisoned kmsan __msan kcsan __tsan kfence ubsan __might_resched
might_sleep might_fault schedule_bug cant_sleep cant_migrate check_preemption_disabled
debug_smp_processor_id this_cpu_preempt_check spin_dump spin_bug rwlock_bug debug_print_object
debug_object_ debug_check_no_obj is_static_object object_err refcount fortify should_fail
usercopy check_object_size check_heap_object check_page_span sanitizer_cov stack_chk_fail
=exc_page_fault ^exc_ ^asm_exc page_fault do_user_addr_fault bad_area no_context oops_ =die
^__die general_protection kernelmode_fixup assertfail assert_fail _panic stack_trace_ save_stack
arch_stack_walk warn_bogus ref_tracker bad_page ^retint_ indirect_thunk ^__x86_ return_thunk
rela_dyn trace_hardirqs trace_preempt perf_trace trace_event perf_tp_event _printk =printk
vprintk printk_ skb_panic skb_over_panic skb_under_panic warn_alloc rcu_dynticks bug_at =__bug
lockup_detector
)";

// lockdep and the lock primitives.
constexpr std::string_view k_locking = R"(
lockdep lock_acquire lock_release mark_lock mark_usage mark_held validate_chain check_prev
check_noncircular check_deadlock check_wait_context check_usage check_irq_usage
register_lock_class look_up_lock_class assign_lock_key reacquire_held lock_is_held
find_held_lock check_no_locks check_chain_key lock_contended lock_acquired spin_lock spin_unlock
spin_trylock read_lock read_unlock write_lock write_unlock read_trylock write_trylock
queued_spin spin_lock_slow osq_lock osq_unlock mcs_spin mutex_lock mutex_unlock mutex_trylock
^__mutex mutex_optimistic ^mutex_ rt_mutex rtlock rwbase rwsem down_read down_write up_read
up_write =down =up =__up ^__down ^down_ =lock_sock lock_sock_nested lock_sock_fast seqcount
local_lock percpu_down percpu_up rcu_lock rcu_read rcu_note_context_switch local_bh_enable
local_bh_disable ww_mutex do_raw_ irqrestore pv_queued console_trylock console_unlock
reiserfs_write_lock __lock_page =lock_page folio_lock folio_unlock unlock_page lock_timer_base
=lock_sock_fast
)";

// Memory, strings, containers: what everybody calls.
constexpr std::string_view k_library = R"(
kmalloc kmem_cache kvmalloc krealloc kcalloc kzalloc kfree kvfree kmemdup memdup kstrdup
slab_alloc slab_free slab_post slab_pre ^___slab ^__slab =new_slab free_large cache_alloc
cache_free alloc_debug free_debug setup_object obj_cgroup ^memcg_slab alloc_pages alloc_frozen
get_page_from_freelist get_free_pages post_alloc_hook prep_new_page free_pages free_unref
free_frozen page_pool_alloc free_the_page put_page =free_page __vmalloc =vmalloc =vzalloc
^vmalloc_ =vfree __vunmap =vunmap quarantine pcpu_alloc memcpy memset memmove memcmp memchr
memscan =string string_nocheck =strlen =strcmp =strcpy =strnlen =strscpy =strlcpy =strlcat
=strchr =strstr =strnstr =strncmp =strncpy =strcasecmp =strncasecmp =strcat =strncat
sized_strscpy =nla_strlcpy =nla_strscpy nla_memcpy vsnprintf vscnprintf vsprintf =sprintf
=snprintf =scnprintf copy_to_user copy_from_user copy_to_iter copy_from_iter copy_page_to_iter
copy_page_from_iter copy_user _copy_iter =csum_partial crc_itu crc32 crc16 list_add list_del
list_move list_empty hlist_ llist_ klist_ plist_ rb_next rb_first rb_insert rb_erase rb_prev
percpu_counter atomic_ atomic64 _bit xas_ ^xa_ find_next_ find_first_ kref_ jhash
rhashtable_lookup find_lock_entries truncate_inode_pages kfree_skb skb_put skb_push skb_pull
bitmap_ =__sched_setscheduler _once ^read_word =__raw_readb =__raw_writeb logic_inb logic_outb
=inb =outb ioread iowrite drop_nlink =iput =iget
)";

// Work, timers, devices: helpers of the core that act for a driver.
constexpr std::string_view k_core = R"(
kobject_ kset_ ^sysfs_ dpm_sysfs add_uevent_var =device_add =device_del device_destroy
device_release =device_unregister =device_register =device_initialize =put_device =get_device
get_device_parent device_for_each_child tty_unregister_device devres devm_ =__unregister_client
i2c_del_adapter rollback_registered unregister_netdevice usb_kill_urb usb_kill_anchored
hwrng_unregister kthread_stop =kthread_park flush_work __flush_workqueue flush_delayed_work
drain_workqueue destroy_workqueue cancel_work cancel_delayed_work try_to_grab_pending
insert_work queue_work queue_delayed_work mod_delayed_work work_pending del_timer mod_timer
timer_delete timer_shutdown add_timer detach_timer detach_if_pending =enqueue_timer
try_to_del_timer timer_wait_running finish_wait ^__wake_up =wake_up_process prepare_to_wait
srcu_ rcu_barrier wait_rcu_gp completion complete_all =complete flush_smp_call generic_smp_call
ipi_handler handle_ipi fsnotify_first_mark clear_siblings
)";

// The ways to wait.
constexpr std::string_view k_waiting = R"(
=schedule =__schedule =context_switch schedule_timeout schedule_preempt schedule_hrtimeout
io_schedule =schedule_rtlock wait_for_common wait_for_completion bit_wait wait_on_bit
wait_on_page wait_on_buffer folio_wait out_of_line_wait __switch_to cond_resched
preempt_schedule __refrigerator fdatawait wait_on_state =__wait_on_freeing_inode rwsem_down
=do_nanosleep
)";

// Only in one kind of report: the allocators of a leak, what a hung task waits in, what hands an
// object over.
struct KindHelper {
    std::string_view kind;
    std::string_view pattern;
};
constexpr auto k_by_kind = std::to_array<KindHelper>({
    {"memory_leak", "radix_tree"},     {"memory_leak", "^idr_"},
    {"memory_leak", "^ida_"},          {"memory_leak", "sk_prot_alloc"},
    {"memory_leak", "=sk_alloc"},      {"memory_leak", "kmemleak"},
    {"memory_leak", "=create_object"}, {"memory_leak", "pcpu_"},
    {"memory_leak", "alloc_percpu"},   {"memory_leak", "_map_alloc"},
    {"memory_leak", "alloc_skb"},      {"memory_leak", "__build_skb"},
    {"memory_leak", "netdev_alloc"},   {"memory_leak", "__napi_alloc"},
    {"memory_leak", "_zalloc"},        {"memory_leak", "bpf_map_area_alloc"},
    {"memory_leak", "skb_clone"},      {"memory_leak", "alloc_file"},
    {"memory_leak", "=alloc_inode"},   {"memory_leak", "kmem_alloc"},
    {"memory_leak", "__alloc_object"}, {"memory_leak", "usb_alloc_urb"},
    {"hung_task", "console_lock"},     {"hung_task", "fdatawait"},
    {"hung_task", "=lock_sock"},       {"hung_task", "wait_on_"},
    {"warning", "call_rcu"},           {"warning", "=usb_submit_urb"},
    {"spinlock_bug", "task_rq_lock"},
});

// Dispatchers: what they call is what a CPU loops in.
constexpr std::string_view k_dispatching = R"(
process_one_work process_scheduled_works do_syscall_ do_fast_syscall do_int80 ^entry_SYSCALL
^entry_SYSENTER ^entry_INT80 sysenter_dispatch ^sysenter =system_call tracesys_phase ^el0_svc
^el0_sync ret_fast_syscall invoke_syscall =x64_sys_call netif_receive_skb net_rx_action
do_softirq handle_softirqs tasklet_action call_timer_fn run_timers run_timer_softirq hrtimer_run
run_ksoftirqd smpboot_thread_fn =kthread start_secondary cpu_startup_entry ret_from_fork
=vfs_write =__vfs_write =vfs_read =__vfs_read vfs_iter_ do_iter_read do_iter_write
call_read_iter call_write_iter new_sync_read new_sync_write vfs_ioctl =ksys_ioctl =ksys_read
=ksys_write compat_ioctl compat_sys_ioctl blkdev_driver_ioctl =blkdev_ioctl =block_ioctl
sys_ioctl SyS_ioctl sys_write sys_read =sock_sendmsg =__sock_sendmsg sock_sendmsg_nosec
=sock_recvmsg sock_write_iter sock_read_iter sys_sendto sys_recvfrom sys_connect sys_bind
sys_accept sys_listen sys_setsockopt sys_getsockopt sock_common_setsockopt do_writev do_readv
do_loop_readv task_work_run exit_to_usermode exit_to_user_mode smp_call_function =irq_exit
rtnetlink_rcv_msg nfnetlink_rcv_msg =worker_thread notifier_call_chain_ip do_exit =rest_init
sock_ioctl =io_wq_submit_work el0t_64 ret_from_kernel_thread
)";

bool fits(std::string_view function, std::string_view pattern) {
    if (pattern.front() == '=') return function == pattern.substr(1);
    if (pattern.front() == '^') return function.starts_with(pattern.substr(1));
    return contains(function, pattern);
}

void add_alternative(std::string_view pattern, std::string& expression) {
    if (!expression.empty()) expression += '|';
    const bool whole = pattern.front() == '=';
    if (whole || pattern.front() == '^') {
        expression += '^';
        pattern.remove_prefix(1);
    }
    expression += re2::RE2::QuoteMeta(re2::StringPiece(pattern.data(), pattern.size()));
    if (whole) expression += '$';
}

// All patterns of some tables as one automaton: the time does not depend on how many they are.
template <class... Tables>
re2::RE2 compile(Tables... tables) {
    std::string expression;
    for (const std::string_view table : {tables...}) {
        Cursor cursor(table);
        const auto is_gap = [](char c) { return is_blank(c) || c == '\n'; };
        for (cursor.take_while(is_gap); !cursor.done(); cursor.take_while(is_gap))
            add_alternative(cursor.take_while([&](char c) { return !is_gap(c); }), expression);
    }
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_never_capture(true);
    return re2::RE2(expression, options);
}

bool any_fits(std::string_view function, const re2::RE2& patterns) {
    return re2::RE2::PartialMatch(re2::StringPiece(function.data(), function.size()), patterns);
}

}  // namespace

bool is_helper(std::string_view function, std::string_view kind) {
    for (const KindHelper& helper : k_by_kind)
        if (helper.kind == kind && fits(function, helper.pattern)) return true;
    static const re2::RE2 helpers = compile(k_reporting, k_locking, k_library, k_core, k_waiting);
    return any_fits(function, helpers);
}

bool is_dispatcher(std::string_view function) {
    static const re2::RE2 dispatchers = compile(k_dispatching);
    return any_fits(function, dispatchers);
}

}  // namespace krepro::report
