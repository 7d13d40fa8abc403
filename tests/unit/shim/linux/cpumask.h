/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     CPUs as bits of one word; which are online, and on which one we are, says the test.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_CPUMASK_H
#define OHT_SHIM_LINUX_CPUMASK_H

#include <linux/types.h>

struct cpumask {
	unsigned long bits;
};

extern struct cpumask shim_online;
extern unsigned int shim_this_cpu;

#define nr_cpu_ids		8U
#define cpu_online_mask		(&shim_online)
#define smp_processor_id()	shim_this_cpu
#define for_each_online_cpu(cpu_)						\
	for ((cpu_) = 0; (cpu_) < (int)nr_cpu_ids; (cpu_)++)			\
		if (cpu_online(cpu_))

static inline bool cpu_online(unsigned int cpu)
{
	return shim_online.bits >> cpu & 1;
}

static inline bool cpumask_test_cpu(unsigned int cpu, const struct cpumask *mask)
{
	return mask->bits >> cpu & 1;
}

static inline unsigned int cpumask_first(const struct cpumask *mask)
{
	return mask->bits ? (unsigned int)__builtin_ctzl(mask->bits) : nr_cpu_ids;
}

static inline unsigned int cpumask_first_and(const struct cpumask *a, const struct cpumask *b)
{
	unsigned long both = a->bits & b->bits;

	return both ? (unsigned int)__builtin_ctzl(both) : nr_cpu_ids;
}

#endif /* OHT_SHIM_LINUX_CPUMASK_H */
