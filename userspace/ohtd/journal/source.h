/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     telling one device of the kernel from the next that has its name.
 * Contexts: any thread; a few system calls.
 * Locks:    none.
 */
#ifndef OHTD_JOURNAL_SOURCE_H
#define OHTD_JOURNAL_SOURCE_H

#include <stdint.h>

struct oht_dev;

/**
 * ohtd_source_device() - a number that no other device of this boot has
 * @dev: open device
 * @device: out
 *
 * A driver that is bound again makes a new device of the same name, with a new directory in sysfs;
 * the kernel gives the inode number of that only once.
 *
 * Return: 0; -ENODEV: the device has gone meanwhile; another negative errno: sysfs is not there.
 */
int ohtd_source_device(struct oht_dev *dev, uint64_t *device);

#endif /* OHTD_JOURNAL_SOURCE_H */
