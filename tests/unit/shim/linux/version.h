/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the newest way of everything that compat.h knows two ways of.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_VERSION_H
#define OHT_SHIM_LINUX_VERSION_H

#define KERNEL_VERSION(a, b, c)	(((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE	KERNEL_VERSION(6, 13, 0)

#endif /* OHT_SHIM_LINUX_VERSION_H */
