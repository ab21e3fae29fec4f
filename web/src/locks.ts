// SPDX-License-Identifier: Apache-2.0
// What lockdep's shorthand means.

import type { Context, Lock, WaitType } from './model';

// "{+.+.}": for hard and soft interrupts, how a lock was taken for writing, then for reading.
const k_usage: Record<string, string> = {
    '.': 'never inside it, never with it enabled',
    '-': 'inside it',
    '+': 'with it enabled',
    '?': 'inside it, and also with it enabled',
};
const k_usage_places = ['hardirq', 'hardirq (read)', 'softirq', 'softirq (read)'];

export interface Usage {
    place: string;
    sign: string;
    meaning: string;
}

// One entry a place that says something; empty when `usage` is not lockdep's form.
export function decode_usage(usage: string): Usage[] {
    if (!/^[.\-+?]{4}$/.test(usage)) return [];
    return [...usage]
        .map((sign, i) => ({ place: k_usage_places[i] ?? '', sign, meaning: k_usage[sign] ?? '' }))
        .filter((entry) => entry.sign !== '.');
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
