/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     nothing: the C library's functions have the kernel's names.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_STRING_H
#define OHT_SHIM_LINUX_STRING_H

#include <string.h>

#endif /* OHT_SHIM_LINUX_STRING_H */
