// SPDX-License-Identifier: GPL-2.0-only
/* Handlers that do wrong, on interrupt lines that no device has and that software raises. */
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqflags.h>
#include <linux/numa.h>

#include "zoo.h"

/* The number of a new line, which is never given back; negative when there is none. */
static int zoo_make_line(irq_handler_t handler)
{
	const int irq = irq_alloc_desc(NUMA_NO_NODE);

	if (irq < 0)
		return irq;
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	irq_modify_status(irq, IRQ_NOREQUEST, IRQ_NOPROBE);
	/* PREEMPT_RT would call the handler in a thread. */
	if (request_irq(irq, handler, IRQF_NO_THREAD, "zoo", NULL)) {
		irq_free_desc(irq);
		return -EBUSY;
	}
	return irq;
}

static void zoo_raise_line(int irq)
{
	local_irq_disable();
	generic_handle_irq(irq);
	local_irq_enable();
}

static irqreturn_t zoo_not_mine(int irq, void *unused)
{
	return IRQ_NONE;
}

/*
 * The kernel shuts a line after 100000 interrupts that are for nobody. It counts anew when 100 ms
 * lie between two of them, as they do when a busy host stops the machine.
 */
static void zoo_nobody_cared(void)
{
	const int irq = zoo_make_line(zoo_not_mine);
	int i;

	if (irq < 0)
		return;
	for (i = 0; i < 1000000 && !irqd_irq_disabled(irq_get_irq_data(irq)); i++)
		zoo_raise_line(irq);
}

static irqreturn_t zoo_lets_interrupts_in(int irq, void *unused)
{
	local_irq_enable();
	return IRQ_HANDLED;
}

static void zoo_irq_handler_enabled_irqs(void)
{
	const int irq = zoo_make_line(zoo_lets_interrupts_in);

	if (irq >= 0)
		zoo_raise_line(irq);
}

const struct zoo_bug zoo_interrupts[] = {
	{ "nobody_cared", zoo_nobody_cared },
	{ "irq_handler_enabled_irqs", zoo_irq_handler_enabled_irqs },
	{}
};
