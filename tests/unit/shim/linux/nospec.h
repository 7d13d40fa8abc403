/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     an index that was checked; nobody speculates here.
 * Contexts: the unit tests on the host, any thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_NOSPEC_H
#define OHT_SHIM_LINUX_NOSPEC_H

#define array_index_nospec(index, size)		((void)(size), (index))

#endif /* OHT_SHIM_LINUX_NOSPEC_H */
