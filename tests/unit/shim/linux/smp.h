/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     calls of other CPUs: made here, at once.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_SMP_H
#define OHT_SHIM_LINUX_SMP_H

#include <errno.h>
#include <linux/cpumask.h>

static inline int smp_call_function_single(int cpu, void (*function)(void *context), void *context,
					   bool wait)
{
	unsigned int from = shim_this_cpu;

	(void)wait;
	if (!cpu_online(cpu))
		return -ENXIO;
	shim_this_cpu = cpu;
	function(context);
	shim_this_cpu = from;
	return 0;
}

#endif /* OHT_SHIM_LINUX_SMP_H */
