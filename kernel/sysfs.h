/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the attributes in /sys/class/oht/oht%d; each is in docs/ABI/sysfs-class-oht.
 * Contexts: process; the core removes them before anything they show goes away.
 * Locks:    none of its own.
 */
#ifndef OHT_SYSFS_H
#define OHT_SYSFS_H

#include <linux/sysfs.h>

/* Once per module, before the first device. */
void oht_sysfs_setup(void);

extern const struct attribute_group *oht_sysfs_groups[];

/* ---- between the files: sysfs_bus.c ---- */

extern const struct attribute_group oht_sysfs_statistics_group;
extern const struct attribute_group oht_sysfs_conformance_group;
extern const struct attribute_group oht_sysfs_histograms_group;

#endif /* OHT_SYSFS_H */
