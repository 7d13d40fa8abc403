/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     finding out whether a database is sound: all at once, or table by table beside its use.
 * Contexts: ohtd_db_check(): the thread that owns the handle. Start and stop: main thread. Pause:
 *           any thread. The check itself: a thread of the lowest priority with its own connection.
 * Locks:    one mutex, held for a few instructions.
 *
 * Reading all of a large database takes minutes, and a robot does not wait for that at its start. So
 * the whole of it is read at a start only when a mark beside the file says that damage was met. Each
 * run of the program reads it once in the background; damage found there sets the mark.
 */
#ifndef OHTD_STORE_CHECK_H
#define OHTD_STORE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct ohtd_store_check;
struct ohtd_db;

enum ohtd_soundness {
	OHTD_DB_SOUND,
	OHTD_DB_DAMAGED,
	OHTD_DB_UNREADABLE,	/* the disk gave errors, which may be gone the next time */
	OHTD_DB_INTERRUPTED,	/* by ohtd_check_pause() or the stop */
};

/* Reads @table, or all of it if NULL. Unless it is sound, @what says the first thing that is not. */
enum ohtd_soundness ohtd_db_check(struct ohtd_db *db, const char *table, char *what, size_t size);

/**
 * ohtd_check_start() - read the whole database once in the background
 * @db: to the file of this connection
 * @ended: called on the thread when all of it is sound (@what is NULL) or damage was found twice
 * @arg: for @ended
 *
 * Return: NULL with errno.
 */
struct ohtd_store_check *ohtd_check_start(const struct ohtd_db *db,
				    void (*ended)(void *arg, const char *what), void *arg);

/*
 * Gives up the table that is being read, and begins with it again a second later. A table is read
 * from one state of the database, and meanwhile the write-ahead log cannot begin anew.
 */
void ohtd_check_pause(struct ohtd_store_check *check);

/* False when the whole database has been read, or damage was found. */
bool ohtd_check_runs(struct ohtd_store_check *check);

/* Ends the thread. NULL is allowed. */
void ohtd_check_stop(struct ohtd_store_check *check);

#endif /* OHTD_STORE_CHECK_H */
