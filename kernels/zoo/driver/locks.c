// SPDX-License-Identifier: GPL-2.0-only
/* Lock families that a task alone can raise, with locks used in ways that exist in real code. */
#include <linux/kthread.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "zoo.h"

static DEFINE_MUTEX(zoo_left);
static DEFINE_MUTEX(zoo_right);

static noinline void zoo_left_then_right(void)
{
	mutex_lock(&zoo_left);
	mutex_lock(&zoo_right);
	mutex_unlock(&zoo_right);
	mutex_unlock(&zoo_left);
}

static noinline void zoo_right_then_left(void)
{
	mutex_lock(&zoo_right);
	mutex_lock(&zoo_left);
	mutex_unlock(&zoo_left);
	mutex_unlock(&zoo_right);
}

static void zoo_circular_locking(void)
{
	zoo_left_then_right();
	zoo_right_then_left();
}

static DEFINE_MUTEX(zoo_one);
static DEFINE_MUTEX(zoo_two);
static DECLARE_RWSEM(zoo_three);

static noinline void zoo_one_then_two(void)
{
	mutex_lock(&zoo_one);
	mutex_lock(&zoo_two);
	mutex_unlock(&zoo_two);
	mutex_unlock(&zoo_one);
}

static noinline void zoo_two_then_three(void)
{
	mutex_lock(&zoo_two);
	down_write(&zoo_three);
	up_write(&zoo_three);
	mutex_unlock(&zoo_two);
}

static noinline void zoo_three_then_one(void)
{
	down_read(&zoo_three);
	mutex_lock(&zoo_one);
	mutex_unlock(&zoo_one);
	up_read(&zoo_three);
}

static void zoo_circular_three(void)
{
	zoo_one_then_two();
	zoo_two_then_three();
	zoo_three_then_one();
}

static void zoo_recursive_locking(void)
{
	static struct mutex twins[2];
	int i;

	for (i = 0; i < ARRAY_SIZE(twins); i++)
		mutex_init(&twins[i]);
	mutex_lock(&twins[0]);
	mutex_lock(&twins[1]);
	mutex_unlock(&twins[1]);
	mutex_unlock(&twins[0]);
}

static DEFINE_MUTEX(zoo_parent);
static DEFINE_MUTEX(zoo_child);

static void zoo_nested_lock_not_taken(void)
{
	mutex_lock_nest_lock(&zoo_child, &zoo_parent);
	mutex_unlock(&zoo_child);
}

static DEFINE_MUTEX(zoo_never_taken);

static void zoo_bad_unlock_balance(void)
{
	mutex_unlock(&zoo_never_taken);
	barrier();
}

struct zoo_object {
	struct mutex lock;
	int value;
};

static void zoo_held_lock_freed(void)
{
	struct zoo_object *object = kzalloc(sizeof(*object), GFP_KERNEL);

	if (!object)
		return;
	mutex_init(&object->lock);
	mutex_lock(&object->lock);
	kfree(object);
	barrier();
}

static DEFINE_MUTEX(zoo_kept_at_exit);

static int zoo_exit_with_lock(void *unused)
{
	mutex_lock(&zoo_kept_at_exit);
	return 0;
}

static void zoo_locks_held_at_exit(void)
{
	zoo_in_thread(zoo_exit_with_lock, NULL, "leaver");
}

static DEFINE_MUTEX(zoo_kept_in_userspace);

static void zoo_lock_held_in_userspace(void)
{
	mutex_lock(&zoo_kept_in_userspace);
	barrier();
}

static int zoo_rcu_value;
static int __rcu *zoo_rcu_pointer = (int __rcu __force *)&zoo_rcu_value;

static void zoo_suspicious_rcu(void)
{
	int *value = rcu_dereference(zoo_rcu_pointer);

	WRITE_ONCE(*value, 1);
}

/* A raw lock in a spinlock_t's place would be fine: it is the reverse that PREEMPT_RT forbids. */
static DEFINE_RAW_SPINLOCK(zoo_raw_outer);
static DEFINE_SPINLOCK(zoo_sleeping_inner);

static void zoo_invalid_wait_context(void)
{
	raw_spin_lock(&zoo_raw_outer);
	spin_lock(&zoo_sleeping_inner);
	spin_unlock(&zoo_sleeping_inner);
	raw_spin_unlock(&zoo_raw_outer);
}

const struct zoo_bug zoo_locks[] = {
	{ "circular_locking", zoo_circular_locking },
	{ "circular_three", zoo_circular_three },
	{ "recursive_locking", zoo_recursive_locking },
	{ "nested_lock_not_taken", zoo_nested_lock_not_taken },
	{ "bad_unlock_balance", zoo_bad_unlock_balance },
	{ "held_lock_freed", zoo_held_lock_freed },
	{ "locks_held_at_exit", zoo_locks_held_at_exit },
	{ "lock_held_in_userspace", zoo_lock_held_in_userspace },
	{ "suspicious_rcu", zoo_suspicious_rcu },
	{ "invalid_wait_context", zoo_invalid_wait_context },
	{}
};
