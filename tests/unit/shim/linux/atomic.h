/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a counter of 64 bits that is read and written as a whole.
 * Contexts: the unit tests on the host, any thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_ATOMIC_H
#define OHT_SHIM_LINUX_ATOMIC_H

#include <linux/types.h>

typedef struct {
	s64 counter;
} atomic64_t;

#define atomic64_read(v)	__atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define atomic64_set(v, i)	__atomic_store_n(&(v)->counter, (i), __ATOMIC_RELAXED)

#endif /* OHT_SHIM_LINUX_ATOMIC_H */
