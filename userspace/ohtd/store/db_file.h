/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the database as a file: who may read it, what it is, what is put beside it.
 * Contexts: the thread that opens the database.
 * Locks:    none.
 *
 * Beside oht.db there may be: oht.db-wal and -shm (SQLite's), oht.db.v1-TIME (before a migration),
 * oht.db.damaged-TIME (set aside), oht.db.suspect, oht.db.salvaging and .salvaged (a repair that is under way).
 */
#ifndef OHTD_STORE_DB_FILE_H
#define OHTD_STORE_DB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OHTD_DB_PATH_BYTES	320

/**
 * ohtd_db_file_check() - refuse what should not be opened; nothing is changed
 * @path: the database
 * @application_id: of our databases of this kind; 0: it is known to be ours, whatever it says
 * @create: make it with mode 0600 if it is not there
 * @why: on failure one line that begins with a path
 * @size: of @why in bytes
 *
 * Refused: a folder that cannot be written, no regular file, one that others may read, one that is
 * no database or says that it is another program's, a log or its index that is no file or cannot be read and written. An empty one is a new one; one of zeros, or cut
 * within its first page, is a damaged one.
 *
 * Return: 0, or -1 with @why filled.
 */
int ohtd_db_file_check(const char *path, uint32_t application_id, bool create, char *why,
		       size_t size);

/* A new private file of this name that is not there yet. 0 or a negative errno. */
int ohtd_db_file_make(const char *path);

/* Synchronises the folder in which @path is. 0 or a negative errno. */
int ohtd_db_file_sync_folder(const char *path);

/* Synchronises a file and its folder. 0 or a negative errno. */
int ohtd_db_file_sync(const char *path);

/*
 * Is the database gone, empty, of zeros or cut within its first page, and are there pages in its log? All of it may be there still,
 * but SQLite deletes the log of an empty database.
 */
bool ohtd_db_file_is_in_log(const char *path);
/* Lets SQLite read such a log: marks the database as suspect, and gives an empty one a page of zeros. 0 or a negative errno. */
int ohtd_db_file_wake_log(const char *path);

/* Whether the disk can read each byte of it. 0, or -1 with @why filled. */
int ohtd_db_file_read_through(const char *path, char *why, size_t size);

/* Moves @path and its log to PATH.damaged-TIME. 0 or a negative errno; @name: where to. */
int ohtd_db_file_set_aside(const char *path, long long now_s, char *name, size_t size);

/*
 * Whose a sound database is: the number at this place of its header, which SQLite calls user_version. It is what PRAGMA user_version
 * has written once that has been copied from the log.
 */
#define OHTD_DB_OWNER_AT	60
/* 0: it says nothing, or there is no such file. */
uint32_t ohtd_store_file_owner(const char *path);
/* Moves that of another one and its log to PATH.other-TIME. As ohtd_db_file_set_aside(). */
int ohtd_store_file_give_way(const char *path, long long now_s, char *name, size_t size);
/* How many of these are still there. */
unsigned int ohtd_store_file_count_others(const char *path);

/*
 * A mark beside it, PATH.suspect, says that damage was met: the next start reads all of it. Set and
 * clear return 0 or a negative errno.
 */
bool ohtd_db_file_is_suspect(const char *path);
int ohtd_db_file_set_suspect(const char *path);
int ohtd_db_file_clear_suspect(const char *path);

/* How many files of its folder were set aside, whatever they were, and are still there. */
unsigned int ohtd_db_file_count_damaged(const char *path);
/* Is a database that was at @path among them? */
bool ohtd_db_file_was_set_aside(const char *path);

#endif /* OHTD_STORE_DB_FILE_H */
