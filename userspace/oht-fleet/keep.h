/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     small files that are there whole or not at all, whatever cuts the writing.
 * Contexts: the program's one thread; waits for the disk.
 * Locks:    none.
 */
#ifndef FLEET_KEEP_H
#define FLEET_KEEP_H

#include <stddef.h>

/* Puts @text in the place of what is in @path. Returns 0, or -1 with errno; then the old content is still there. */
int fleet_keep_write(const char *path, const char *text);

/* Content of @path as text of the caller's, to be freed. NULL with errno; EFBIG: more than @max bytes. */
char *fleet_keep_read(const char *path, size_t max);

#endif /* FLEET_KEEP_H */
