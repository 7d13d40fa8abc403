/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the table of ioctls: sizes, permissions, refusals; errnos are those of the uapi header.
 * Contexts: process, oht->life read.
 * Locks:    none of its own.
 */
#ifndef OHT_IOCTL_H
#define OHT_IOCTL_H

#include "file.h"

/**
 * oht_ioctl_execute() - carry out one ioctl
 * @file: descriptor of a device that has not gone
 * @cmd: number
 * @user: its structure, size first
 *
 * Order of the refusals: number (ENOTTY), right to write (EBADF), size (EFAULT, EINVAL, E2BIG),
 * reserved members and ranges (EINVAL), what the device has (EOPNOTSUPP), role (EPERM), state.
 *
 * Return: 0 or a negative errno of the list in include/uapi/linux/oht.h.
 */
long oht_ioctl_execute(struct oht_file *file, unsigned int cmd, void __user *user);

#endif /* OHT_IOCTL_H */
