// SPDX-License-Identifier: GPL-2.0-only
/* Bugs in what lockdep is told: keys, subclasses, its limits, and its own state. */
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "zoo.h"

static void zoo_non_static_key(void)
{
	raw_spinlock_t *lock = kzalloc(sizeof(*lock), GFP_KERNEL);

	if (!lock)
		return;
	raw_spin_lock(lock); /* never initialized */
	raw_spin_unlock(lock);
	kfree(lock);
}

static void zoo_unregistered_key(void)
{
	static struct lockdep_map map;
	struct lock_class_key *key = kzalloc(sizeof(*key), GFP_KERNEL);

	if (!key)
		return;
	lockdep_init_map(&map, "zoo_unregistered", key, 0);
	kfree(key);
}

static DEFINE_MUTEX(zoo_subclassed);

static void zoo_invalid_subclass(void)
{
	mutex_lock_nested(&zoo_subclassed, MAX_LOCKDEP_SUBCLASSES);
	mutex_unlock(&zoo_subclassed);
}

#ifdef CONFIG_LOCKDEP
#define ZOO_DEEP (MAX_LOCK_DEPTH + 2)
static struct mutex zoo_deep[ZOO_DEEP];
static struct lock_class_key zoo_deep_keys[ZOO_DEEP];

static void zoo_max_lock_depth(void)
{
	int i;

	for (i = 0; i < ZOO_DEEP; i++) {
		mutex_init(&zoo_deep[i]);
		lockdep_set_class(&zoo_deep[i], &zoo_deep_keys[i]);
	}
	for (i = 0; i < ZOO_DEEP; i++)
		mutex_lock(&zoo_deep[i]);
	while (i-- > 0)
		mutex_unlock(&zoo_deep[i]);
}

/* The keys are never given back: lockdep may look at them for as long as it lives. */
static void zoo_max_lockdep_keys(void)
{
	struct lock_class_key *key;
	raw_spinlock_t lock;
	int i;

	for (i = 0; i < MAX_LOCKDEP_KEYS && debug_locks; i++) {
		key = kzalloc(sizeof(*key), GFP_KERNEL);
		if (!key)
			return;
		lockdep_register_key(key);
		raw_spin_lock_init(&lock);
		lockdep_set_class(&lock, key);
		raw_spin_lock(&lock);
		raw_spin_unlock(&lock);
	}
}
#endif

#ifdef CONFIG_PROVE_LOCKING
static DEFINE_RAW_SPINLOCK(zoo_chain_one);
static DEFINE_RAW_SPINLOCK(zoo_chain_two);
static DEFINE_RAW_SPINLOCK(zoo_chain_end);

/* Two chains of locks that hash to the same key, which takes a lie: they never do by themselves. */
static void zoo_chain_key_collision(void)
{
	unsigned long flags;
	u64 key;

	local_irq_save(flags);
	raw_spin_lock(&zoo_chain_one);
	key = current->curr_chain_key;
	raw_spin_lock(&zoo_chain_end);
	raw_spin_unlock(&zoo_chain_end);
	raw_spin_unlock(&zoo_chain_one);
	raw_spin_lock(&zoo_chain_two);
	current->curr_chain_key = key;
	raw_spin_lock(&zoo_chain_end);
	raw_spin_unlock(&zoo_chain_end);
	raw_spin_unlock(&zoo_chain_two);
	local_irq_restore(flags);
}
#endif

static DEFINE_MUTEX(zoo_held_meanwhile);
static DEFINE_MUTEX(zoo_contended);

static void zoo_bad_contention(void)
{
	mutex_lock(&zoo_held_meanwhile);
	lock_contended(&zoo_contended.dep_map, _THIS_IP_);
	mutex_unlock(&zoo_held_meanwhile);
}

static DEFINE_RAW_SPINLOCK(zoo_behind_the_back);

/* Interrupts go off behind lockdep's back. */
static void zoo_debug_locks_warn(void)
{
	unsigned long flags;

	raw_local_irq_save(flags);
	raw_spin_lock(&zoo_behind_the_back);
	raw_spin_unlock(&zoo_behind_the_back);
	raw_local_irq_restore(flags);
}

#ifdef CONFIG_DEBUG_SPINLOCK
static DEFINE_RAW_SPINLOCK(zoo_overwritten);
static DEFINE_RAW_SPINLOCK(zoo_stolen);
static DEFINE_RAW_SPINLOCK(zoo_open);
static DEFINE_RAW_SPINLOCK(zoo_own);

static void zoo_spinlock_bad_magic(void)
{
	zoo_overwritten.magic = 0x6b6b6b6b;
	raw_spin_lock(&zoo_overwritten);
	raw_spin_unlock(&zoo_overwritten);
}

static void zoo_spinlock_wrong_owner(void)
{
	raw_spin_lock(&zoo_stolen);
	zoo_stolen.owner = &init_task;
	raw_spin_unlock(&zoo_stolen);
}

static void zoo_spinlock_already_unlocked(void)
{
	preempt_disable();
	do_raw_spin_lock(&zoo_open);
	do_raw_spin_unlock(&zoo_open);
	do_raw_spin_unlock(&zoo_open);
	preempt_enable();
}

/* The lock is free, so nothing deadlocks: it only says that this task has it. */
static void zoo_spinlock_recursion(void)
{
	preempt_disable();
	zoo_own.owner = current;
	do_raw_spin_lock(&zoo_own);
	do_raw_spin_unlock(&zoo_own);
	preempt_enable();
}
#endif

const struct zoo_bug zoo_lock_state[] = {
	{ "non_static_key", zoo_non_static_key },
	{ "unregistered_key", zoo_unregistered_key },
	{ "invalid_subclass", zoo_invalid_subclass },
#ifdef CONFIG_LOCKDEP
	{ "max_lock_depth", zoo_max_lock_depth },
	{ "max_lockdep_keys", zoo_max_lockdep_keys },
#endif
#ifdef CONFIG_PROVE_LOCKING
	{ "chain_key_collision", zoo_chain_key_collision },
#endif
	{ "bad_contention", zoo_bad_contention },
	{ "debug_locks_warn", zoo_debug_locks_warn },
#ifdef CONFIG_DEBUG_SPINLOCK
	{ "spinlock_bad_magic", zoo_spinlock_bad_magic },
	{ "spinlock_wrong_owner", zoo_spinlock_wrong_owner },
	{ "spinlock_already_unlocked", zoo_spinlock_already_unlocked },
	{ "spinlock_recursion", zoo_spinlock_recursion },
#endif
	{}
};
