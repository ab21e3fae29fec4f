/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KREPRO_ZOO_H
#define KREPRO_ZOO_H

#include <linux/types.h>

/* One deliberate bug. @raise returns when the bug is under way, if it can return at all. */
struct zoo_bug {
	const char *name;
	void (*raise)(void);
};

/* The bugs of each file; the last one has no name. */
extern const struct zoo_bug zoo_locks[];
extern const struct zoo_bug zoo_irq_locks[];
extern const struct zoo_bug zoo_lock_state[];
extern const struct zoo_bug zoo_atomic[];
extern const struct zoo_bug zoo_rtmutex[];
extern const struct zoo_bug zoo_memory[];
extern const struct zoo_bug zoo_oops[];
extern const struct zoo_bug zoo_hangs[];
extern const struct zoo_bug zoo_interrupts[];

/* Calls @fn in a hard interrupt, in a soft interrupt; returns when it has been called. */
void zoo_in_hardirq(void (*fn)(void));
void zoo_in_softirq(void (*fn)(void));

/* Starts @fn in a kernel thread of its own, "zoo/NAME". */
void zoo_in_thread(int (*fn)(void *data), void *data, const char *name);

/* Burns CPU time, as a loop without end would, for so long. */
void zoo_spin_ms(unsigned int ms);

#endif
