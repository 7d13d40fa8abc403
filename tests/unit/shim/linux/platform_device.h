/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a name that compat.h mentions.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_PLATFORM_DEVICE_H
#define OHT_SHIM_LINUX_PLATFORM_DEVICE_H

struct platform_device;

#endif /* OHT_SHIM_LINUX_PLATFORM_DEVICE_H */
