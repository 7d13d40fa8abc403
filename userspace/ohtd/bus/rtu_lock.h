/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     that no other program speaks on the line of the rtu back-end meanwhile.
 * Contexts: one thread, while nothing is sent.
 * Locks:    flock() on the device file, and on a real line the mark of TIOCEXCL.
 *
 * The lock is one that other programs ask for (picocom, tio, pyserial with exclusive=True, a second ohtd); the mark
 * also refuses those that do not ask, but not root.
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

/* From now on nobody but root opens the line; behind the last open of our own. */
void rtu_lock_mark(int fd);

/* Frees the line and closes @fd. */
void rtu_lock_leave(int fd);

#endif /* OHTD_BUS_RTU_LOCK_H */
