// SPDX-License-Identifier: Apache-2.0
// What lockdep's shorthand means.

import type { Context, Lock, LockUsage, WaitType } from './model';

// What one usage character says, as the daemon took it apart.
export function usage_meaning(usage: LockUsage): string {
    if (usage.in_context && usage.while_enabled) return 'inside it, and also with it enabled';
    if (usage.in_context) return 'inside it';
    return 'with it enabled';
}

// The states that say something.
export function told_usages(lock: Lock): LockUsage[] {
    return lock.usage_states.filter((usage) => usage.in_context || usage.while_enabled);
}

// "console_lock", "&rq->__lock/1", "key#2": as lockdep names a class.
export function lock_name(lock: Lock): string {
    const version = lock.version > 1 ? `#${lock.version}` : '';
    const subclass = lock.subclass > 0 ? `/${lock.subclass}` : '';
    return lock.name + version + subclass;
}

// "IN-HARDIRQ-W", "SOFTIRQ-ON-R", "HARDIRQ-irq-safe", "INITIAL USE".
export function state_meaning(state: string): string {
    const irq = /soft/i.test(state)
        ? 'a soft interrupt'
        : /hard/i.test(state)
          ? 'a hard interrupt'
          : 'an interrupt';
    const read = /-R$/.test(state) ? ', for reading' : '';
    if (/irq-unsafe/i.test(state)) return `taken while ${irq} could come`;
    if (/irq-safe/i.test(state)) return `taken inside ${irq}`;
    if (/^\??IN-/.test(state)) return `taken inside ${irq}${read}`;
    if (/-ON-/.test(state)) return `taken while ${irq} could come${read}`;
    if (/USE/.test(state)) return 'used for the first time';
    return 'a state of the lock';
}

const k_wait: Record<string, string> = {
    free: 'waits for nothing',
    spin: 'spins, on PREEMPT_RT too (raw_spinlock_t)',
    config: 'spins, but sleeps on PREEMPT_RT (spinlock_t, rwlock_t, local_lock_t)',
    sleep: 'sleeps (mutex, rwsem, semaphore)',
    max: 'may wait for anything',
};

export function wait_meaning(wait: WaitType): string {
    return k_wait[wait.name] ?? 'unknown to this page';
}

// "{3:3}", or "{3}" when both are the same to lockdep and only one was printed.
export function wait_pair(outer: WaitType | null, inner: WaitType | null): string {
    if (!outer && !inner) return '';
    if (!outer || !inner) return `{${(outer ?? inner)?.value}}`;
    return `{${outer.value}:${inner.value}}`;
}

// Whether the lock may not be taken where the context is: its own wait type is above what the
// context allows.
export function is_refused(lock: Lock, context: Context): boolean {
    const asked = lock.wait_outer ?? lock.wait_inner;
    const allowed = context.wait_inner;
    return asked !== null && allowed !== null && asked.value > allowed.value;
}
