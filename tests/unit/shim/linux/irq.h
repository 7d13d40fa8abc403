/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     where an interrupt goes; the test says it.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_IRQ_H
#define OHT_SHIM_LINUX_IRQ_H

#include <linux/cpumask.h>

const struct cpumask *irq_get_effective_affinity_mask(unsigned int irq);

#endif /* OHT_SHIM_LINUX_IRQ_H */
