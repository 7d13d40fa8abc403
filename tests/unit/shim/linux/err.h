/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     errors in the place of pointers.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_ERR_H
#define OHT_SHIM_LINUX_ERR_H

#include <linux/types.h>

static inline bool IS_ERR(const void *pointer)
{
	return (unsigned long)pointer >= (unsigned long)-4095;
}

static inline long PTR_ERR(const void *pointer)
{
	return (long)pointer;
}

#endif /* OHT_SHIM_LINUX_ERR_H */
