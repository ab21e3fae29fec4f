// SPDX-License-Identifier: GPL-2.0-only
/* Code in a context that does not allow what it does. */
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "zoo.h"

static DEFINE_MUTEX(zoo_mutex);

static noinline void zoo_use_mutex(void)
{
	mutex_lock(&zoo_mutex);
	mutex_unlock(&zoo_mutex);
}

/* A barrier() behind a last call keeps the function on the stack, which a jump would not. */
static void zoo_sleeping_in_atomic(void)
{
	preempt_disable();
	zoo_use_mutex();
	preempt_enable();
}

static noinline void zoo_may_sleep(void)
{
	might_sleep();
	barrier();
}

static void zoo_sleeping_in_hardirq(void)
{
	zoo_in_hardirq(zoo_may_sleep);
}

static void zoo_sleeping_in_rcu(void)
{
	rcu_read_lock();
	zoo_may_sleep(); /* a mutex would make lockdep speak first */
	rcu_read_unlock();
}

static noinline void zoo_wait_a_little(void)
{
	schedule_timeout_uninterruptible(1);
	barrier();
}

/* The scheduler puts the count right: no preempt_enable() belongs here. */
static void zoo_scheduling_while_atomic(void)
{
	preempt_disable();
	zoo_wait_a_little();
}

static void zoo_scheduling_non_blocking(void)
{
	non_block_start();
	zoo_wait_a_little();
	non_block_end();
}

static void zoo_assuming_atomic(void)
{
	cant_sleep();
	barrier();
}

static void zoo_assuming_non_migratable(void)
{
	cant_migrate();
	barrier();
}

static void zoo_smp_id_in_preemptible(void)
{
	static int zoo_cpu;

	WRITE_ONCE(zoo_cpu, smp_processor_id());
}

static DEFINE_PER_CPU(int, zoo_counter);

static void zoo_this_cpu_in_preemptible(void)
{
	__this_cpu_inc(zoo_counter);
}

static void zoo_rcu_context_switch(void)
{
	rcu_read_lock();
	zoo_wait_a_little();
	rcu_read_unlock();
}

static void zoo_blocking_while_not_running(void)
{
	set_current_state(TASK_INTERRUPTIBLE);
	zoo_use_mutex();
	__set_current_state(TASK_RUNNING);
}

static void zoo_irqs_left_disabled(void)
{
	local_irq_disable();
}

static void zoo_leaky_work_fn(struct work_struct *work)
{
	preempt_disable();
}

static void zoo_workqueue_leaked_atomic(void)
{
	static DECLARE_WORK(work, zoo_leaky_work_fn);

	schedule_work(&work);
}

static DEFINE_MUTEX(zoo_work_mutex);

static void zoo_locking_work_fn(struct work_struct *work)
{
	mutex_lock(&zoo_work_mutex);
	barrier();
}

static void zoo_workqueue_leaked_lock(void)
{
	static DECLARE_WORK(work, zoo_locking_work_fn);

	schedule_work(&work);
}

static void zoo_leaky_softirq(void)
{
	preempt_disable();
}

static void zoo_softirq_imbalance(void)
{
	zoo_in_softirq(zoo_leaky_softirq);
}

static void zoo_leaky_timer_fn(struct timer_list *timer)
{
	preempt_disable();
}

static void zoo_timer_preempt_leak(void)
{
	static DEFINE_TIMER(timer, zoo_leaky_timer_fn);

	mod_timer(&timer, jiffies + 1);
	msleep(50);
}

const struct zoo_bug zoo_atomic[] = {
	{ "sleeping_in_atomic", zoo_sleeping_in_atomic },
	{ "sleeping_in_hardirq", zoo_sleeping_in_hardirq },
	{ "sleeping_in_rcu", zoo_sleeping_in_rcu },
	{ "scheduling_while_atomic", zoo_scheduling_while_atomic },
	{ "scheduling_non_blocking", zoo_scheduling_non_blocking },
	{ "assuming_atomic", zoo_assuming_atomic },
	{ "assuming_non_migratable", zoo_assuming_non_migratable },
	{ "smp_id_in_preemptible", zoo_smp_id_in_preemptible },
	{ "this_cpu_in_preemptible", zoo_this_cpu_in_preemptible },
	{ "rcu_context_switch", zoo_rcu_context_switch },
	{ "blocking_while_not_running", zoo_blocking_while_not_running },
	{ "irqs_left_disabled", zoo_irqs_left_disabled },
	{ "workqueue_leaked_atomic", zoo_workqueue_leaked_atomic },
	{ "workqueue_leaked_lock", zoo_workqueue_leaked_lock },
	{ "softirq_imbalance", zoo_softirq_imbalance },
	{ "timer_preempt_leak", zoo_timer_preempt_leak },
	{}
};
