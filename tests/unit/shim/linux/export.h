/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     nothing: each symbol of a program is visible.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_EXPORT_H
#define OHT_SHIM_LINUX_EXPORT_H

#define EXPORT_SYMBOL_NS_GPL(symbol, namespace)	_Static_assert(sizeof(symbol) > 0, "")

#endif /* OHT_SHIM_LINUX_EXPORT_H */
