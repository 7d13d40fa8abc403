/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     work in interrupt context; the test sees to it.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_IRQ_WORK_H
#define OHT_SHIM_LINUX_IRQ_WORK_H

#include <linux/types.h>

struct irq_work {
	void (*function)(struct irq_work *work);
};

static inline void init_irq_work(struct irq_work *work, void (*function)(struct irq_work *work))
{
	work->function = function;
}

bool irq_work_queue(struct irq_work *work);
void irq_work_sync(struct irq_work *work);

#endif /* OHT_SHIM_LINUX_IRQ_WORK_H */
