/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     barriers of the kernel in terms of C11: as strong as they need to be, or stronger.
 * Contexts: the unit tests on the host, any thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_ASM_BARRIER_H
#define OHT_SHIM_ASM_BARRIER_H

#include <stdatomic.h>

#define smp_wmb()	atomic_thread_fence(memory_order_release)
#define smp_load_acquire(p)		__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, value)	__atomic_store_n((p), (value), __ATOMIC_RELEASE)

#endif /* OHT_SHIM_ASM_BARRIER_H */
