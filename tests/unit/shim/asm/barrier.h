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

#endif /* OHT_SHIM_ASM_BARRIER_H */
