/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     BIT().
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_BITS_H
#define OHT_SHIM_LINUX_BITS_H

#define BIT(n)	(1UL << (n))

#endif /* OHT_SHIM_LINUX_BITS_H */
