/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a damaged database: finding out, and a new one of what can be read of it.
 * Contexts: the thread that opens the database, which holds the state directory's lock.
 * Locks:    none.
 *
 * The damaged file is never written and never deleted. At each moment of a repair the next start
 * finds either the damaged one or the whole new one.
 */
#ifndef OHTD_STORE_SALVAGE_H
#define OHTD_STORE_SALVAGE_H

#include <stddef.h>

struct ohtd_db;

enum ohtd_soundness {
	OHTD_DB_SOUND,
	OHTD_DB_DAMAGED,
	OHTD_DB_UNREADABLE,	/* the disk gave errors, which may be gone the next time */
};

/* Reads all of it. Unless it is sound, @what says the first thing that is not. */
enum ohtd_soundness ohtd_db_check(struct ohtd_db *db, char *what, size_t size);

/**
 * ohtd_db_salvage() - make a new database of what can be read, and set the damaged one aside
 * @path: the damaged one, which nobody has open
 * @now_s: wall clock in seconds
 * @what: what is wrong with it, for the log
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Return: 0, or -1 with @why filled and the damaged one where it was.
 */
int ohtd_db_salvage(const char *path, long long now_s, const char *what, char *why, size_t size);

/* Ends a repair that was cut short, if there was one. 0, or -1 with @why filled. */
int ohtd_db_salvage_finish(const char *path, long long now_s, char *why, size_t size);

#endif /* OHTD_STORE_SALVAGE_H */
