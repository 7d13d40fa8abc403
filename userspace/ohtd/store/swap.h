/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     putting a prepared file in place of the database, and the old one back.
 * Contexts: arm: any thread that may wait. Everything else: the main thread at the start, which holds the
 *           state directory's lock, while no thread has the database open.
 * Locks:    none.
 *
 * PATH.restore is what waits to be put in, PATH.before the old one until the new one has proved itself, and the mark PATH.trial
 * says that it has not yet. The first is complete when it has its name. A power cut at any moment is followed by a start that goes
 * on from what it finds:
 *
 *	PATH.restore			the old one is in place; it is put in, if it has the order of a restore in it
 *	PATH.restore without an order	a person has made it: it becomes PATH.restore-TIME, unless PATH is gone; then it takes its place
 *	PATH.before and PATH.trial	the new one has not got as far as ready; the old one is put back
 *	PATH.before alone		a person has made it: it becomes PATH.before-TIME, unless PATH is gone; then it takes its place
 *
 * The history goes the way of the database, with the same names. It waits before the database does, is put in while the database is on
 * trial, goes back before it, and is kept after it; so a start always sees by the database which way the history has to go:
 *
 *	HISTORY.restore			the database in place has an order that names it: it is put in. Else it becomes HISTORY.restore-TIME
 *	HISTORY.before and .trial	the database goes back: it is put back, too
 *	HISTORY.before else		the database has proved itself before, or a person has made it: it becomes HISTORY.before-TIME
 */
#ifndef OHTD_STORE_SWAP_H
#define OHTD_STORE_SWAP_H

#include <stdbool.h>
#include <stddef.h>

struct ohtd_schema;

enum ohtd_swap_found {
	OHTD_SWAP_NONE,
	OHTD_SWAP_IN,		/* what waited is in place, on trial */
	OHTD_SWAP_BACK,		/* the old one is in place again */
	OHTD_SWAP_FOREIGN,	/* what a person has copied there was set aside as PATH.before-TIME or PATH.restore-TIME */
};

/* Gives a prepared and synchronised file the name under which it waits. 0, or a negative errno: -EBUSY: another one does. */
int ohtd_db_swap_arm(const char *path, const char *prepared);

/* Removes the history that waits, since its database does not. 0 or a negative errno. */
int ohtd_db_swap_disarm(const char *history);

/*
 * Removes the database that waits, then the history that waits with it. 0, or a negative errno: -ENOENT: none waits. A power cut in
 * between leaves the history alone, which the next start sets aside.
 */
int ohtd_db_swap_withdraw(const char *path, const char *history);

/* Whether one waits, or is on trial. */
bool ohtd_db_swap_waits(const char *path);

/**
 * ohtd_db_swap() - put in what waits, or put back what did not prove itself
 * @schema: which kind of database
 * @path: the database
 * @history: the one beside it, which is put in and put back with it
 * @before: called before the new one is in place; not 0 ends it
 * @arg: for @before
 * @now_s: wall clock in seconds
 *
 * A file with one of the names that is no database which may take the place is set aside first (leftover.h).
 *
 * Return: enum ohtd_swap_found, or a negative errno; then the next start goes on.
 */
int ohtd_db_swap(const struct ohtd_schema *schema, const char *path, const char *history, int (*before)(void *arg), void *arg,
		 long long now_s);

/* The new one could not be opened: the old one again. True if there was one. */
bool ohtd_db_swap_undo(const struct ohtd_schema *schema, const char *path, const char *history, long long now_s);

/* The new one has proved itself. The old one is kept as PATH.before-TIME, and that of the history likewise. 0 or a negative errno. */
int ohtd_db_swap_keep(const char *path, const char *history, long long now_s);

#endif /* OHTD_STORE_SWAP_H */
