/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a mutex, which one thread does not need.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_MUTEX_H
#define OHT_SHIM_LINUX_MUTEX_H

#include <linux/types.h>

struct mutex {
	bool held;
};

#endif /* OHT_SHIM_LINUX_MUTEX_H */
