/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the engine's real clock asks for; the tests bring a clock of their own.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_KTIME_H
#define OHT_SHIM_LINUX_KTIME_H

#include <linux/types.h>

typedef s64 ktime_t;

static inline ktime_t ns_to_ktime(u64 ns)
{
	return (ktime_t)ns;
}

static inline u64 ktime_get_ns(void)
{
	return 0;
}

#endif /* OHT_SHIM_LINUX_KTIME_H */
