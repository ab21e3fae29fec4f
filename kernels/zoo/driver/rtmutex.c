// SPDX-License-Identifier: GPL-2.0-only
/* What the priority-inheriting mutexes of PREEMPT_RT say when their users deadlock. */
#include <linux/delay.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>

#include "zoo.h"

static DEFINE_MUTEX(zoo_own_lock);

/* Lockdep is kept out of it: it would speak first, and the mutex's own check is what is shown. */
static int zoo_lock_twice(void *unused)
{
	lockdep_set_novalidate_class(&zoo_own_lock);
	mutex_lock(&zoo_own_lock);
	mutex_lock(&zoo_own_lock); /* sleeps for ever */
	return 0;
}

static void zoo_rtmutex_deadlock(void)
{
	zoo_in_thread(zoo_lock_twice, NULL, "deadlock");
}

#define ZOO_LINKS 8
static struct mutex zoo_links[ZOO_LINKS];

/* Holds its own link and waits for the one of the thread before it. */
static int zoo_hold_link(void *data)
{
	const long link = (long)data;

	mutex_lock(&zoo_links[link]);
	if (link > 0)
		mutex_lock(&zoo_links[link - 1]);
	else
		msleep(3000);
	if (link > 0)
		mutex_unlock(&zoo_links[link - 1]);
	mutex_unlock(&zoo_links[link]);
	return 0;
}

/* Wants kernel.max_lock_depth to be less than ZOO_LINKS. */
static void zoo_rtmutex_depth(void)
{
	long link;

	for (link = 0; link < ZOO_LINKS; link++) {
		mutex_init(&zoo_links[link]);
		lockdep_set_novalidate_class(&zoo_links[link]);
	}
	for (link = 0; link < ZOO_LINKS; link++) {
		zoo_in_thread(zoo_hold_link, (void *)link, "link");
		msleep(20);
	}
}

const struct zoo_bug zoo_rtmutex[] = {
	{ "rtmutex_deadlock", zoo_rtmutex_deadlock },
	{ "rtmutex_depth", zoo_rtmutex_depth },
	{}
};
