/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     registers that are words in memory.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_IO_H
#define OHT_SHIM_LINUX_IO_H

#include <linux/types.h>

static inline u32 readl(const void *reg)
{
	return *(const volatile u32 *)reg;
}

static inline void writel(u32 value, void *reg)
{
	*(volatile u32 *)reg = value;
}

#endif /* OHT_SHIM_LINUX_IO_H */
