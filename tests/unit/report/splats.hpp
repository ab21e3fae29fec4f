// SPDX-License-Identifier: Apache-2.0
#pragma once

// Consoles written for the tests after the kernel's own formats; the real ones are goldens.

#include <string>
#include <string_view>

namespace krepro::report::splats {

inline constexpr std::string_view k_circular =
    R"([   10.000001] ======================================================
[   10.000002] WARNING: possible circular locking dependency detected
[   10.000003] 6.12.0-rt1 #7 Not tainted
[   10.000004] ------------------------------------------------------
[   10.000005] worker/101 is trying to acquire lock:
[   10.000006] ffff888001000010 (&alpha->lock){+.+.}-{4:4}, at: alpha_take+0x10/0x40
[   10.000007] 
[   10.000008] but task is already holding lock:
[   10.000009] ffff888001000020 (&beta->lock){+.+.}-{4:4}, at: beta_take+0x11/0x41
[   10.000010] 
[   10.000011] which lock already depends on the new lock.
[   10.000012] 
[   10.000013] 
[   10.000014] the existing dependency chain (in reverse order) is:
[   10.000015] 
[   10.000016] -> #1 (&beta->lock){+.+.}-{4:4}:
[   10.000017]        lock_acquire+0xc0/0x2d0
[   10.000018]        __mutex_lock+0x90/0xd00
[   10.000019]        beta_take+0x11/0x41
[   10.000020]        alpha_then_beta+0x22/0x60
[   10.000021] 
[   10.000022] -> #0 (&alpha->lock){+.+.}-{4:4}:
[   10.000023]        __lock_acquire+0x1400/0x2000
[   10.000024]        lock_acquire+0xc0/0x2d0
[   10.000025]        __mutex_lock+0x90/0xd00
[   10.000026]        alpha_take+0x10/0x40
[   10.000027]        beta_then_alpha+0x33/0x70
[   10.000028] 
[   10.000029] other info that might help us debug this:
[   10.000030] 
[   10.000031]  Possible unsafe locking scenario:
[   10.000032] 
[   10.000033]        CPU0                    CPU1
[   10.000034]        ----                    ----
[   10.000035]   lock(&beta->lock);
[   10.000036]                                lock(&alpha->lock);
[   10.000037]                                lock(&beta->lock);
[   10.000038]   lock(&alpha->lock);
[   10.000039] 
[   10.000040]  *** DEADLOCK ***
[   10.000041] 
[   10.000042] 1 lock held by worker/101:
[   10.000043]  #0: ffff888001000020 (&beta->lock){+.+.}-{4:4}, at: beta_take+0x11/0x41
[   10.000044] 
[   10.000045] stack backtrace:
[   10.000046] CPU: 1 UID: 0 PID: 101 Comm: worker Not tainted 6.12.0-rt1 #7
[   10.000047] Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2 04/01/2014
[   10.000048] Call Trace:
[   10.000049]  <TASK>
[   10.000050]  dump_stack_lvl+0x51/0x66
[   10.000051]  print_circular_bug+0x200/0x210
[   10.000052]  check_noncircular+0x100/0x110
[   10.000053]  __lock_acquire+0x1400/0x2000
[   10.000054]  lock_acquire+0xc0/0x2d0
[   10.000055]  ? alpha_take+0x10/0x40
[   10.000056]  __mutex_lock+0x90/0xd00
[   10.000057]  alpha_take+0x10/0x40
[   10.000058]  beta_then_alpha+0x33/0x70
[   10.000059]  kthread+0xe0/0x110
[   10.000060]  ret_from_fork+0x22/0x30
[   10.000061]  </TASK>
)";

// The same cycle, closed from its other edge.
inline constexpr std::string_view k_circular_other_edge =
    R"(WARNING: possible circular locking dependency detected
6.12.0-rt1 #7 Not tainted
other/7 is trying to acquire lock:
ffff888001000020 (&beta->lock){+.+.}-{4:4}, at: beta_take+0x19/0x41

but task is already holding lock:
ffff888001000010 (&alpha->lock){+.+.}-{4:4}, at: alpha_take+0x18/0x40

-> #1 (&alpha->lock){+.+.}-{4:4}:
       alpha_take+0x10/0x40
-> #0 (&beta->lock){+.+.}-{4:4}:
       beta_take+0x19/0x41

stack backtrace:
Call Trace:
 dump_stack_lvl+0x51/0x66
 __mutex_lock+0x90/0xd00
 beta_take+0x19/0x41
 alpha_then_beta+0x22/0x60
)";

inline constexpr std::string_view k_inconsistent =
    R"([   20.000001][    C2] ================================
[   20.000002][    C2] WARNING: inconsistent lock state
[   20.000003][    C2] 6.12.0 #1 Tainted: G        W         
[   20.000004][    C2] --------------------------------
[   20.000005][    C2] inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.
[   20.000006][    C2] swapper/2/0 [HC0[0]:SC1[1]:HE1:SE0] takes:
[   20.000007][    C2] ffffffff82000040 (gamma_lock#2/1){+.?.}-{3:3}, at: gamma_timer+0x15/0x50
[   20.000008][    C2] {SOFTIRQ-ON-W} state was registered at:
[   20.000009][    C2]   lock_acquire+0xc0/0x2d0
[   20.000010][    C2]   _raw_spin_lock+0x2b/0x40
[   20.000011][    C2]   gamma_open+0x1c/0x90
[   20.000012][    C2] irq event stamp: 4242
[   20.000013][    C2] hardirqs last  enabled at (4242): [<ffffffff81453740>] handle_softirqs+0x24/0x8f
[   20.000014][    C2] hardirqs last disabled at (4241): [<ffffffff81453741>] handle_softirqs+0x12/0x8f
[   20.000015][    C2] softirqs last  enabled at (4200): [<ffffffff81453742>] do_idle+0x24/0x8f
[   20.000016][    C2] softirqs last disabled at (4230): [<ffffffff81453743>] irq_exit_rcu+0x24/0x8f
[   20.000017][    C2] 
[   20.000018][    C2] stack backtrace:
[   20.000019][    C2] CPU: 2 UID: 0 PID: 0 Comm: swapper/2 Tainted: G        W          6.12.0 #1
[   20.000020][    C2] Call Trace:
[   20.000021][    C2]  <IRQ>
[   20.000022][    C2]  dump_stack_lvl+0x51/0x66
[   20.000023][    C2]  mark_lock_irq+0x51/0x66
[   20.000024][    C2]  lock_acquire+0xc0/0x2d0
[   20.000025][    C2]  _raw_spin_lock+0x2b/0x40
[   20.000026][    C2]  gamma_timer+0x15/0x50
[   20.000027][    C2]  call_timer_fn+0x90/0x200
[   20.000028][    C2]  </IRQ>
[   20.000029][    C2]  <TASK>
[   20.000030][    C2]  do_idle+0x24/0x8f
[   20.000031][    C2]  </TASK>
)";

inline constexpr std::string_view k_warning = R"([   30.000001] ------------[ cut here ]------------
[   30.000002] refcount_t: underflow; use-after-free.
[   30.000003] WARNING: CPU: 0 PID: 55 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110
[   30.000004] Modules linked in: delta(E)
[   30.000005] CPU: 0 PID: 55 Comm: probe Not tainted 6.1.0 #1
[   30.000006] RIP: 0010:refcount_warn_saturate+0xba/0x110
[   30.000007] Code: 01 01 e8
[   30.000008] RAX: 0000000000000000 RBX: ffff8880010000a0 RCX: 0000000000000000
[   30.000009] Call Trace:
[   30.000010]  <TASK>
[   30.000011]  delta_put.isra.0+0x30/0x40 [delta]
[   30.000012]  delta_close+0x12/0x20 [delta]
[   30.000013]  __fput+0x91/0x250
[   30.000014]  </TASK>
[   30.000015] ---[ end trace 0000000000000000 ]---
)";

}  // namespace krepro::report::splats
