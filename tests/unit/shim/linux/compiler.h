/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     accesses that the compiler must make once and as they stand.
 * Contexts: the unit tests on the host, any thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_COMPILER_H
#define OHT_SHIM_LINUX_COMPILER_H

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile __typeof__(x) *)&(x) = (value))

#endif /* OHT_SHIM_LINUX_COMPILER_H */
