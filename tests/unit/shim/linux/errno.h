/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     nothing: the C library itself includes the header of this name.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_ERRNO_H
#define OHT_SHIM_LINUX_ERRNO_H

#include_next <linux/errno.h>

#endif /* OHT_SHIM_LINUX_ERRNO_H */
