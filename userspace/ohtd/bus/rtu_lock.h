/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the lock that keeps other programs off the line of the rtu back-end.
 * Contexts: one thread, while nothing is sent.
 * Locks:    flock() on the device file, and on a real line the mark of TIOCEXCL.
 *
 * Some programs respect the lock (picocom, tio, pyserial with exclusive=True, a second ohtd). The mark refuses all other
 * programs too, except those of root.
 */
#ifndef OHTD_BUS_RTU_LOCK_H
#define OHTD_BUS_RTU_LOCK_H

#include <stddef.h>

/**
 * rtu_lock_take() - lock the line before anything of it is changed
 * @device: of the line
 * @fd: on success a descriptor that has the lock
 * @error: one line when it fails
 * @error_bytes: size of @error
 *
 * Return: 0, -EBUSY: another program has the line, or another negative errno.
 */
int rtu_lock_take(const char *device, int *fd, char *error, size_t error_bytes);

/* Refuse the line to every program that is not run by root. Call it after the last open of our own. */
void rtu_lock_mark(int fd);

/* Frees the line and closes @fd. */
void rtu_lock_leave(int fd);

#endif /* OHTD_BUS_RTU_LOCK_H */
