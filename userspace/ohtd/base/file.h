/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whole small files: reading them, replacing them so that a power cut leaves old or new.
 * Contexts: threads that may wait for the disk: main thread, workers.
 * Locks:    none.
 */
#ifndef OHTD_BASE_FILE_H
#define OHTD_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * ohtd_file_read_key() - read a key that nobody but its owner may read
 * @path: the file
 * @bytes_max: as for oht_file_read()
 * @data: the same; the caller clears it
 * @length_bytes: the same
 *
 * A file that others may read gets mode 0600, and that is logged and counted. Thread: as for the others.
 *
 * Return: 0 or a negative errno; -EACCES also where others may read it and the mode cannot be changed: then it is no key.
 */
int ohtd_file_read_key(const char *path, size_t bytes_max, char **data, size_t *length_bytes);

/* How many keys others could read, since this process began. Any thread. */
unsigned int ohtd_file_keys_closed(void);

/**
 * ohtd_file_spoil() - make a file of text senseless in its place
 * @path: the file; one that is not there begins as senseless
 *
 * For what is not true any more and cannot be replaced: on a full disk a byte of a file has room, another file has none.
 *
 * Return: 0 or a negative errno.
 */
int ohtd_file_spoil(const char *path);

/* Behind the name of a file that was set aside, and in front of the time. */
#define OHTD_FILE_DAMAGED	".damaged-"
/* What stands behind it, for strftime(): UTC. */
#define OHTD_FILE_TIME		"%Y%m%dT%H%M%SZ"

/*
 * Does a negative errno of oht_file_read() say that what is there is no readable file: a folder, too
 * long, a link that leads nowhere we may go? Another attempt will not mend that. A failing disk is not meant.
 */
bool ohtd_file_is_unusable(int error);

/* Does a negative errno say that there is no room: on the disk, or within a quota? */
bool ohtd_file_has_no_room(int error);

/**
 * ohtd_file_room() - ask whether a disk has room for what can wait
 * @path: a file or folder that is there
 * @bytes: how much would be written
 *
 * The last 64 MiB of a disk, an eighth of a small one, are its reserve: for accounts, configuration, audit and journal. History,
 * backups and restores leave it alone, and ask here first.
 *
 * Return: 0, -ENOSPC without room for @bytes besides the reserve, or another negative errno.
 */
int ohtd_file_room(const char *path, uint64_t bytes);

/**
 * ohtd_file_name_aside() - a free name beside a file
 * @name: receives PATH + @ending + the time as 20261121T081500Z, with a number behind if that is taken
 * @size: of @name in bytes
 * @path: the file
 * @ending: what stands in front of the time
 * @now_s: the time
 *
 * Return: 0 or a negative errno.
 */
int ohtd_file_name_aside(char *name, size_t size, const char *path, const char *ending,
			 long long now_s);

/* Renames @path, a file or folder, to PATH.damaged-TIME, and removes a link; one that is not there is no error. 0 or a negative errno. */
int ohtd_file_set_aside(const char *path, long long now_s);

#endif /* OHTD_BASE_FILE_H */
