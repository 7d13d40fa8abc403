/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     finding the highest bit.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_BITOPS_H
#define OHT_SHIM_LINUX_BITOPS_H

#include <linux/types.h>

/* 1 for bit 0, 64 for bit 63, 0 for none. */
static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

#endif /* OHT_SHIM_LINUX_BITOPS_H */
