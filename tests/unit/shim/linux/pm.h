/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the calls of a device that sleeps and wakes.
 * Contexts: the unit tests on the host, one thread.
 * Locks:    none.
 */
#ifndef OHT_SHIM_LINUX_PM_H
#define OHT_SHIM_LINUX_PM_H

#include <linux/device.h>

struct dev_pm_ops {
	int (*suspend)(struct device *dev);
	int (*resume)(struct device *dev);
};

#define SYSTEM_SLEEP_PM_OPS(suspend_, resume_)	.suspend = (suspend_), .resume = (resume_)

#endif /* OHT_SHIM_LINUX_PM_H */
