/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whole small files: reading them, and replacing them so that a power cut leaves the old or the new content.
 * Contexts: threads that may wait for the disk.
 * Locks:    none.
 */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * oht_file_read() - read a whole file
 * @path: the file
 * @bytes_max: a longer one is -EFBIG
 * @data: receives malloc'd bytes with a NUL behind them, which does not count
 * @length_bytes: receives how many; may be NULL
 *
 * Return: 0 or a negative errno.
 */
int oht_file_read(const char *path, size_t bytes_max, char **data, size_t *length_bytes);

/* The first half of oht_file_read(): a descriptor, or -1 with errno. A FIFO is not waited for; it reads as empty. */
int oht_file_open(const char *path);

/* The second half of oht_file_read(), with the same arguments and results: it reads @fd to its end, and closes it in any case. */
int oht_file_take(int fd, size_t bytes_max, char **data, size_t *length_bytes);

/**
 * oht_file_replace() - write a file under another name, synchronise it, rename it, synchronise the folder
 * @path: the file
 * @data: its new content
 * @length_bytes: of @data
 * @mode: permissions from the first moment on
 *
 * Return: 0 or a negative errno; then the old file is still there, unless only the folder could not be synchronised.
 */
int oht_file_replace(const char *path, const void *data, size_t length_bytes, mode_t mode);

/* Synchronise the folder of @path: a new name is on the disk only when its folder is. 0 or a negative errno. */
int oht_file_sync_folder_of(const char *path);

#endif /* COMMON_FILE_H */
