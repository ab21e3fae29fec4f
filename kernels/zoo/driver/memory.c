// SPDX-License-Identifier: GPL-2.0-only
/* Objects, lists and counters misused, as far as the detectors of a small build catch it. */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kfence.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "zoo.h"

static void zoo_refcount_underflow(void)
{
	static refcount_t count = REFCOUNT_INIT(1);

	refcount_dec(&count);
	if (refcount_dec_and_test(&count))
		barrier();
}

static void zoo_refcount_addition(void)
{
	static refcount_t count;

	refcount_inc(&count);
	barrier();
}

static void zoo_list_del_twice(void)
{
	static LIST_HEAD(head);
	static LIST_HEAD(entry);

	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
}

static void zoo_list_add_twice(void)
{
	static LIST_HEAD(head);
	static LIST_HEAD(entry);

	list_add(&entry, &head);
	list_add(&entry, &head);
}

struct zoo_timed {
	struct timer_list timer;
	int value;
};

static void zoo_timed_fn(struct timer_list *timer)
{
}

static void zoo_odebug_free_active(void)
{
	struct zoo_timed *timed = kzalloc(sizeof(*timed), GFP_KERNEL);

	if (!timed)
		return;
	timer_setup(&timed->timer, zoo_timed_fn, 0);
	mod_timer(&timed->timer, jiffies + HZ);
	kfree(timed);
	barrier();
}

static void zoo_work_fn(struct work_struct *work)
{
}

static void zoo_odebug_init_active(void)
{
	static struct delayed_work work;

	INIT_DELAYED_WORK(&work, zoo_work_fn);
	schedule_delayed_work(&work, HZ / 4);
	INIT_DELAYED_WORK(&work, zoo_work_fn);
}

/* What is written behind the table stays in here. */
static struct {
	int table[4];
	int spare[4];
} zoo_shelf;
static int zoo_index = 7;

static void zoo_ubsan_bounds(void)
{
	WRITE_ONCE(zoo_shelf.table[READ_ONCE(zoo_index) & 7], 1);
}

static void zoo_ubsan_shift(void)
{
	static int zoo_result;
	int bits = READ_ONCE(zoo_index) + 64;

	WRITE_ONCE(zoo_result, 1 << bits);
}

#ifdef CONFIG_KFENCE
/* Every so often an allocation is a guarded one. */
static void *zoo_guarded_object(size_t size)
{
	void *object;
	int i;

	for (i = 0; i < 20000; i++) {
		object = kmalloc(size, GFP_KERNEL);
		if (is_kfence_address(object))
			return object;
		kfree(object);
		usleep_range(100, 200);
	}
	return NULL;
}

static void zoo_kfence_use_after_free(void)
{
	int *object = zoo_guarded_object(64);

	if (!object)
		return;
	kfree(object);
	OPTIMIZER_HIDE_VAR(object);
	(void)READ_ONCE(*object);
}

static void zoo_kfence_out_of_bounds(void)
{
	char *object = zoo_guarded_object(64);

	if (!object)
		return;
	/* One side of a guarded object or the other is at the edge of its page. */
	WRITE_ONCE(object[offset_in_page(object) ? 64 : -1], 1);
	kfree(object);
}
#endif

static void zoo_slab_redzone(void)
{
	struct kmem_cache *cache;
	char *object;

	cache = kmem_cache_create("zoo_cache", 64, 0, SLAB_RED_ZONE | SLAB_CONSISTENCY_CHECKS, NULL);
	if (!cache)
		return;
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	if (object) {
		OPTIMIZER_HIDE_VAR(object);
		WRITE_ONCE(object[64], 0x55);
		kmem_cache_free(cache, object);
	}
	kmem_cache_destroy(cache);
}

static void zoo_slab_double_free(void)
{
	struct kmem_cache *cache;
	void *object;

	cache = kmem_cache_create("zoo_twice", 64, 0, SLAB_RED_ZONE | SLAB_CONSISTENCY_CHECKS, NULL);
	if (!cache)
		return;
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	if (object) {
		kmem_cache_free(cache, object);
		OPTIMIZER_HIDE_VAR(object);
		kmem_cache_free(cache, object);
		barrier();
	}
}

static void zoo_bad_page(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);

	if (!page)
		return;
	page->mapping = (void *)0x6b6b6b00;
	__free_pages(page, 4);
	barrier();
}

static void zoo_bad_rss(void)
{
	inc_mm_counter(current->mm, MM_SWAPENTS);
}

const struct zoo_bug zoo_memory[] = {
	{ "refcount_underflow", zoo_refcount_underflow },
	{ "refcount_addition", zoo_refcount_addition },
	{ "list_del_twice", zoo_list_del_twice },
	{ "list_add_twice", zoo_list_add_twice },
	{ "odebug_free_active", zoo_odebug_free_active },
	{ "odebug_init_active", zoo_odebug_init_active },
	{ "ubsan_bounds", zoo_ubsan_bounds },
	{ "ubsan_shift", zoo_ubsan_shift },
#ifdef CONFIG_KFENCE
	{ "kfence_use_after_free", zoo_kfence_use_after_free },
	{ "kfence_out_of_bounds", zoo_kfence_out_of_bounds },
#endif
	{ "slab_redzone", zoo_slab_redzone },
	{ "slab_double_free", zoo_slab_double_free },
	{ "bad_page", zoo_bad_page },
	{ "bad_rss", zoo_bad_rss },
	{}
};
