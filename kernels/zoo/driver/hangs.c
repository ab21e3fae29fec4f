// SPDX-License-Identifier: GPL-2.0-only
/* CPUs and tasks that make no progress. The watchdogs want their limits set to few seconds. */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <uapi/linux/sched/types.h>

#include "zoo.h"

/* All in one function: it is what the watchdogs find. Interrupts are on, so jiffies count. */
static noinline void zoo_loop(unsigned int seconds)
{
	const unsigned long end = jiffies + seconds * HZ;

	while (time_before(jiffies, end))
		cpu_relax();
}

static void zoo_soft_lockup(void)
{
	preempt_disable();
	zoo_loop(5);
	preempt_enable();
}

/* Whoever asks for grace periods and who runs them stay off the processor that holds them up. */
static void zoo_keep_rcu_on(int cpu)
{
	struct task_struct *task, *found = NULL;

	rcu_read_lock();
	for_each_process(task)
		if (!found && !strcmp(task->comm, "rcu_preempt"))
			found = get_task_struct(task);
	rcu_read_unlock();
	if (!found)
		return;
	set_cpus_allowed_ptr(found, cpumask_of(cpu));
	put_task_struct(found);
}

static int zoo_want_grace_periods(void *unused)
{
	const unsigned long end = jiffies + 2 * HZ;

	set_cpus_allowed_ptr(current, cpumask_of(1));
	while (time_before(jiffies, end))
		synchronize_rcu();
	return 0;
}

static void zoo_rcu_stall(void)
{
	zoo_keep_rcu_on(1);
	set_cpus_allowed_ptr(current, cpumask_of(0));
	zoo_in_thread(zoo_want_grace_periods, NULL, "grace");
	msleep(100);
	preempt_disable();
	zoo_loop(12); /* PROVE_RCU adds 5 s to the limit */
	preempt_enable();
}

static DEFINE_MUTEX(zoo_taken);

static int zoo_hold_for_long(void *unused)
{
	mutex_lock(&zoo_taken);
	msleep_interruptible(8000); /* alone it would count as hung itself */
	mutex_unlock(&zoo_taken);
	return 0;
}

static int zoo_wait_for_long(void *unused)
{
	mutex_lock(&zoo_taken);
	mutex_unlock(&zoo_taken);
	return 0;
}

static void zoo_hung_task(void)
{
	zoo_in_thread(zoo_hold_for_long, NULL, "holder");
	msleep(100);
	zoo_in_thread(zoo_wait_for_long, NULL, "waiter");
}

static void zoo_hog_fn(struct work_struct *work)
{
	zoo_spin_ms(7000);
}

static void zoo_waiting_work_fn(struct work_struct *work)
{
}

static void zoo_workqueue_lockup(void)
{
	static DECLARE_WORK(hog, zoo_hog_fn);
	static DECLARE_WORK(waiting, zoo_waiting_work_fn);

	schedule_work_on(1, &hog);
	schedule_work_on(1, &waiting);
}

static int zoo_spin_fifo(void *unused)
{
	sched_set_fifo(current);
	zoo_spin_ms(2500);
	return 0;
}

static void zoo_rt_throttling(void)
{
	zoo_in_thread(zoo_spin_fifo, NULL, "fifo");
}

static void zoo_keep_interrupts_off(void *unused)
{
	zoo_spin_ms(300);
}

/* A tick may find the budget overrun by 10 ms, two periods' worth: less than the CPUs then miss. */
static int zoo_spin_deadline(void *unused)
{
	const struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = SCHED_DEADLINE,
		.sched_runtime = 4000000,
		.sched_deadline = 40000000,
		.sched_period = 40000000,
	};

	if (sched_setattr_nocheck(current, &attr))
		pr_err("krepro-zoo: no deadline task\n");
	zoo_spin_ms(4000);
	return 0;
}

/* While the task waits for its next period, every CPU misses many of them. */
static void zoo_dl_replenish(void)
{
	int i;

	zoo_in_thread(zoo_spin_deadline, NULL, "deadline");
	for (i = 0; i < 4; i++) {
		msleep(500);
		on_each_cpu(zoo_keep_interrupts_off, NULL, 1);
	}
}

static enum hrtimer_restart zoo_slow_timer_fn(struct hrtimer *timer)
{
	static int rounds;

	zoo_spin_ms(5);
	hrtimer_add_expires_ns(timer, NSEC_PER_MSEC);
	return rounds++ < 20 ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static void zoo_hrtimer_slow(void)
{
	static struct hrtimer timer;

	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	timer.function = zoo_slow_timer_fn;
	hrtimer_start(&timer, ms_to_ktime(1), HRTIMER_MODE_REL_HARD);
	msleep(500);
	hrtimer_cancel(&timer);
}

const struct zoo_bug zoo_hangs[] = {
	{ "soft_lockup", zoo_soft_lockup },
	{ "rcu_stall", zoo_rcu_stall },
	{ "hung_task", zoo_hung_task },
	{ "workqueue_lockup", zoo_workqueue_lockup },
	{ "rt_throttling", zoo_rt_throttling },
	{ "dl_replenish", zoo_dl_replenish },
	{ "hrtimer_slow", zoo_hrtimer_slow },
	{}
};
