/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     nothing: compat.h only names what others use.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_DEVICE_CLASS_H
#define OHT_SHIM_LINUX_DEVICE_CLASS_H

#include <linux/types.h>

#endif /* OHT_SHIM_LINUX_DEVICE_CLASS_H */
