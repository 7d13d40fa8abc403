/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     properties: there are none.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_PROPERTY_H
#define OHT_SHIM_LINUX_PROPERTY_H

#include <errno.h>
#include <linux/device.h>

static inline int device_property_read_u32(struct device *dev, const char *name, u32 *value)
{
	(void)dev;
	(void)name;
	(void)value;
	return -EINVAL;
}

#endif /* OHT_SHIM_LINUX_PROPERTY_H */
