/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whole small files: reading them, replacing them so that a power cut leaves old or new.
 * Contexts: threads that may wait for the disk: main thread, workers.
 * Locks:    none.
 */
#ifndef OHTD_BASE_FILE_H
#define OHTD_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * ohtd_file_read() - read a whole file
 * @path: the file
 * @bytes_max: a longer one is -EFBIG
 * @data: receives malloc'd bytes with a NUL behind them, which does not count
 * @length_bytes: receives how many; may be NULL
 *
 * Return: 0 or a negative errno.
 */
int ohtd_file_read(const char *path, size_t bytes_max, char **data, size_t *length_bytes);

/**
 * ohtd_file_replace() - write a file under another name, synchronise it, rename it, synchronise that
 * @path: the file
 * @data: its new content
 * @length_bytes: of @data
 * @mode: permissions from the first moment on
 *
 * Return: 0 or a negative errno; then the old file is still there.
 */
int ohtd_file_replace(const char *path, const void *data, size_t length_bytes, mode_t mode);

#endif /* OHTD_BASE_FILE_H */
