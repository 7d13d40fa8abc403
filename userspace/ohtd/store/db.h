/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the database: opening it safely, its migrations, its statements.
 * Contexts: one thread at a time per handle: the store thread, a reader, or main() before they exist.
 * Locks:    none of its own; SQLite's file locks keep other processes apart.
 *
 * Only files of this folder know SQLite. Every write is synchronised to the disk before the
 * function returns (journal WAL, synchronous FULL).
 */
#ifndef OHTD_STORE_DB_H
#define OHTD_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>

struct ohtd_db;
struct ohtd_schema;

/**
 * ohtd_db_open() - open or make the database and bring it to the newest schema
 * @db: receives the handle
 * @schema: which kind of database
 * @path: the file; made with mode 0600 if it is not there
 * @now_s: wall clock in seconds; names what is put beside the file
 * @why: on failure one line that begins with a path
 * @size: of @why in bytes
 *
 * For the one process that holds the state directory's lock. A file that others may read, that is
 * no database, that belongs to another program or that has a newer schema is refused and not
 * changed. One of an older schema is copied first. All of it is read only if damage was met
 * before; a damaged one is set aside, and what can be read of it is put into a new one.
 *
 * Return: 0, or -1 with @why filled and errno set: EINVAL for a file that is refused.
 */
int ohtd_db_open(struct ohtd_db **db, const struct ohtd_schema *schema, const char *path,
		 long long now_s, char *why, size_t size);

/* The same beside the process that holds it: nothing is made, migrated or repaired. */
int ohtd_db_join(struct ohtd_db **db, const struct ohtd_schema *schema, const char *path, char *why,
		 size_t size);

/* How many damaged databases were set aside beside this one and are still there. */
unsigned int ohtd_db_damaged_files(const struct ohtd_db *db);

/* A connection more to the same file that cannot write; for another thread. 0 or a negative errno. */
int ohtd_db_open_reader(struct ohtd_db **reader, const struct ohtd_db *db);

/* One more that only copies the write-ahead log; for another thread. 0 or a negative errno. */
int ohtd_db_open_copier(struct ohtd_db **copier, const struct ohtd_db *db);

/* Length of the log in pages, after the newest commit of this connection. */
int ohtd_db_log_pages(const struct ohtd_db *db);

/*
 * Copies the log into the file, as far as readers let it, and waits for nobody. Returns how many
 * of its pages are in the file now, or a negative errno.
 */
int ohtd_db_checkpoint(struct ohtd_db *db);

/* Copies all of the log and empties it, if nobody is in the way. Only before ohtd_db_close(). */
void ohtd_db_fold(struct ohtd_db *db);

/*
 * Instead, for a database that is damaged: the close copies nothing, so that the log cannot spoil
 * pages of the file that the repair may read.
 */
void ohtd_db_leave_log(struct ohtd_db *db);

/* Rows that were changed through this connection so far. */
long long ohtd_db_changes(const struct ohtd_db *db);

/* Tries whether something can be written and synchronised; changes nothing. 0 or a negative errno. */
int ohtd_db_probe(struct ohtd_db *db);

/* NULL is allowed. */
void ohtd_db_close(struct ohtd_db *db);

#endif /* OHTD_STORE_DB_H */
