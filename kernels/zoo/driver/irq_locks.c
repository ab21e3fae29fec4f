// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks that interrupts and tasks use without care for each other. Raw ones: on PREEMPT_RT a
 * spinlock_t is never taken in a hard interrupt. None of them is contended, so nothing deadlocks.
 */
#include <linux/irqflags.h>
#include <linux/spinlock.h>

#include "zoo.h"

static noinline void zoo_take(raw_spinlock_t *lock)
{
	raw_spin_lock(lock);
	raw_spin_unlock(lock);
}

static noinline void zoo_take_nested(raw_spinlock_t *outer, raw_spinlock_t *inner)
{
	unsigned long flags;

	raw_spin_lock_irqsave(outer, flags);
	raw_spin_lock(inner);
	raw_spin_unlock(inner);
	raw_spin_unlock_irqrestore(outer, flags);
}

static DEFINE_RAW_SPINLOCK(zoo_hardirq_lock);

static noinline void zoo_hardirq_takes(void)
{
	zoo_take(&zoo_hardirq_lock);
}

static void zoo_inconsistent_lock_state(void)
{
	zoo_take(&zoo_hardirq_lock);
	zoo_in_hardirq(zoo_hardirq_takes);
}

static DEFINE_RAW_SPINLOCK(zoo_irq_first_lock);

static noinline void zoo_hardirq_takes_first(void)
{
	zoo_take(&zoo_irq_first_lock);
}

static void zoo_inconsistent_irq_first(void)
{
	zoo_in_hardirq(zoo_hardirq_takes_first);
	zoo_take(&zoo_irq_first_lock);
}

static DEFINE_RAW_SPINLOCK(zoo_safe);
static DEFINE_RAW_SPINLOCK(zoo_unsafe);

static noinline void zoo_hardirq_takes_safe(void)
{
	zoo_take(&zoo_safe);
}

static void zoo_irq_lock_order(void)
{
	zoo_in_hardirq(zoo_hardirq_takes_safe);
	zoo_take(&zoo_unsafe);
	zoo_take_nested(&zoo_safe, &zoo_unsafe);
}

static DEFINE_RAW_SPINLOCK(zoo_outer);
static DEFINE_RAW_SPINLOCK(zoo_inner);

static noinline void zoo_hardirq_takes_outer(void)
{
	zoo_take(&zoo_outer);
}

static void zoo_irq_lock_inversion(void)
{
	zoo_take(&zoo_inner);
	zoo_take_nested(&zoo_outer, &zoo_inner);
	zoo_in_hardirq(zoo_hardirq_takes_outer);
}

static DEFINE_SPINLOCK(zoo_sleeping_lock);

static noinline void zoo_hardirq_takes_sleeping(void)
{
	spin_lock(&zoo_sleeping_lock);
	spin_unlock(&zoo_sleeping_lock);
}

static void zoo_invalid_wait_in_hardirq(void)
{
	zoo_in_hardirq(zoo_hardirq_takes_sleeping);
}

const struct zoo_bug zoo_irq_locks[] = {
	{ "inconsistent_lock_state", zoo_inconsistent_lock_state },
	{ "inconsistent_irq_first", zoo_inconsistent_irq_first },
	{ "irq_lock_order", zoo_irq_lock_order },
	{ "irq_lock_inversion", zoo_irq_lock_inversion },
	{ "invalid_wait_in_hardirq", zoo_invalid_wait_in_hardirq },
	{}
};
