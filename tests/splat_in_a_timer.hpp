// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace krepro {

// As lockdep prints it when a deadline timer frees a task in hard interrupt context.
inline constexpr const char* k_splat_in_a_timer =
    "[   21.000100] =============================\n"
    "[   21.000200] [ BUG: Invalid wait context ]\n"
    "[   21.000300] 6.1.8-rt5 #1 Not tainted\n"
    "[   21.000400] -----------------------------\n"
    "[   21.000500] swapper/5/0 is trying to lock:\n"
    "[   21.000600] ffff8880bcd682b8 ((stock_lock)){+.+.}-{3:3}, at: refill_obj_stock+0x38/0x4d0\n"
    "[   21.000700] other info that might help us debug this:\n"
    "[   21.000800] context-{2:2}\n"
    "[   21.000900] no locks held by swapper/5/0.\n"
    "[   21.001000] stack backtrace:\n"
    "[   21.001100] CPU: 5 PID: 0 Comm: swapper/5 Not tainted 6.1.8-rt5 #1\n"
    "[   21.001200] Call Trace:\n"
    "[   21.001300]  <IRQ>\n"
    "[   21.001400]  dump_stack_lvl+0x51/0x66\n"
    "[   21.001500]  __lock_acquire.cold+0x185/0x2f5\n"
    "[   21.001600]  lock_acquire+0xbf/0x300\n"
    "[   21.001700]  rt_spin_lock+0x25/0xe0\n"
    "[   21.001800]  refill_obj_stock+0x38/0x4d0\n"
    "[   21.001900]  kmem_cache_free+0x18b/0x560\n"
    "[   21.002000]  __put_task_struct+0xa0/0x110\n"
    "[   21.002100]  inactive_task_timer+0x1ca/0x3f0\n"
    "[   21.002200]  __hrtimer_run_queues+0x1b6/0x4b0\n"
    "[   21.002300]  hrtimer_interrupt+0xff/0x210\n"
    "[   21.002400]  __sysvec_apic_timer_interrupt+0x8f/0x330\n"
    "[   21.002500]  sysvec_apic_timer_interrupt+0x8f/0xc0\n"
    "[   21.002600]  </IRQ>\n"
    "[   21.002700]  <TASK>\n"
    "[   21.002800]  asm_sysvec_apic_timer_interrupt+0x1b/0x20\n"
    "[   21.002900]  </TASK>\n";

}  // namespace krepro
