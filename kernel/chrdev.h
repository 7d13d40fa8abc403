/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     open, read, poll and close of /dev/oht%d.
 * Contexts: process.
 * Locks:    oht->life and file->mutex, as core.h and file.h say.
 */
#ifndef OHT_CHRDEV_H
#define OHT_CHRDEV_H

#include <linux/fs.h>

extern const struct file_operations oht_chrdev_fops;

#endif /* OHT_CHRDEV_H */
