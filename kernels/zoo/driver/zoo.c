// SPDX-License-Identifier: GPL-2.0-only
/*
 * One deliberate bug for each of the kernel's complaints. Writing a name to /proc/krepro-zoo raises
 * that bug; reading lists the names. For test kernels in virtual machines and nothing else.
 */
#define pr_fmt(fmt) "krepro-zoo: " fmt

#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/delay.h>

#include "zoo.h"

static const struct zoo_bug *const zoo_cages[] = {
	zoo_locks,  zoo_irq_locks, zoo_lock_state, zoo_atomic,	   zoo_rtmutex,
	zoo_memory, zoo_oops,	   zoo_hangs,	   zoo_interrupts,
};

/* Long enough for an emulated machine to have taken an interrupt. */
#define ZOO_INTERRUPT_MS 50

static void (*zoo_interrupt_fn)(void);

static enum hrtimer_restart zoo_hrtimer_fn(struct hrtimer *timer)
{
	zoo_interrupt_fn();
	return HRTIMER_NORESTART;
}

void zoo_in_hardirq(void (*fn)(void))
{
	static struct hrtimer timer;

	zoo_interrupt_fn = fn;
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	timer.function = zoo_hrtimer_fn;
	hrtimer_start(&timer, ms_to_ktime(1), HRTIMER_MODE_REL_HARD);
	msleep(ZOO_INTERRUPT_MS);
	hrtimer_cancel(&timer);
}

static void zoo_tasklet_fn(struct tasklet_struct *tasklet)
{
	zoo_interrupt_fn();
}

void zoo_in_softirq(void (*fn)(void))
{
	static DECLARE_TASKLET(tasklet, zoo_tasklet_fn);

	zoo_interrupt_fn = fn;
	tasklet_schedule(&tasklet);
	msleep(ZOO_INTERRUPT_MS);
	tasklet_kill(&tasklet);
}

void zoo_in_thread(int (*fn)(void *data), void *data, const char *name)
{
	struct task_struct *task = kthread_run(fn, data, "zoo/%s", name);

	if (IS_ERR(task))
		pr_err("no thread for %s: %ld\n", name, PTR_ERR(task));
}

void zoo_spin_ms(unsigned int ms)
{
	const u64 end = ktime_get_mono_fast_ns() + (u64)ms * NSEC_PER_MSEC;

	while (ktime_get_mono_fast_ns() < end)
		cpu_relax();
}

static const struct zoo_bug *zoo_find(const char *name)
{
	const struct zoo_bug *bug;
	int i;

	for (i = 0; i < ARRAY_SIZE(zoo_cages); i++)
		for (bug = zoo_cages[i]; bug->name; bug++)
			if (!strcmp(bug->name, name))
				return bug;
	return NULL;
}

static ssize_t zoo_write(struct file *file, const char __user *text, size_t size, loff_t *offset)
{
	const struct zoo_bug *bug;
	char name[64];

	if (size >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, text, size))
		return -EFAULT;
	name[size] = '\0';
	bug = zoo_find(strim(name));
	if (!bug)
		return -ENOENT;
	pr_warn("raising %s\n", bug->name);
	bug->raise();
	return size;
}

static int zoo_show(struct seq_file *seq, void *unused)
{
	const struct zoo_bug *bug;
	int i;

	for (i = 0; i < ARRAY_SIZE(zoo_cages); i++)
		for (bug = zoo_cages[i]; bug->name; bug++)
			seq_printf(seq, "%s\n", bug->name);
	return 0;
}

static int zoo_open(struct inode *inode, struct file *file)
{
	return single_open(file, zoo_show, NULL);
}

static const struct proc_ops zoo_proc_ops = {
	.proc_open = zoo_open,
	.proc_read = seq_read,
	.proc_write = zoo_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static bool zoo_breaks_initcall;

/* "krepro_zoo=initcall": the one bug that must be raised while the kernel boots. */
static int __init zoo_setup(char *value)
{
	zoo_breaks_initcall = !strcmp(value, "initcall");
	return 1;
}
__setup("krepro_zoo=", zoo_setup);

static int __init zoo_init(void)
{
	if (!proc_create("krepro-zoo", 0600, NULL, &zoo_proc_ops))
		return -ENOMEM;
	if (zoo_breaks_initcall) {
		pr_warn("raising initcall_imbalance\n");
		preempt_disable();
	}
	return 0;
}
device_initcall(zoo_init);
