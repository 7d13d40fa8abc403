/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     whether a file that was left beside the database may take its place.
 * Contexts: the main thread at the start, which holds the state directory's lock, while no thread has the database open.
 * Locks:    none.
 *
 * A restore or a repair that was cut short leaves a whole database beside oht.db. A power cut, a bad card or a person may leave anything
 * under the same name.
 */
#ifndef OHTD_STORE_LEFTOVER_H
#define OHTD_STORE_LEFTOVER_H

struct ohtd_schema;

enum ohtd_leftover_kind {
	OHTD_LEFT_BEFORE,	/* the old one, which may have got another name since */
	OHTD_LEFT_RESTORE,
	OHTD_LEFT_REPAIR,	/* made because the database is damaged: beside a whole one it is not needed */
};

/**
 * ohtd_db_leftover() - look at what was left beside a database, and set it aside if it should not take the place
 * @schema: which kind of database
 * @path: the database
 * @ending: of the name of what was left, as ".restore"
 * @kind: enum ohtd_leftover_kind
 * @now_s: wall clock in seconds
 *
 * A whole database may take the place. A damaged one of ours may if the database is no better. All else becomes
 * PATH + ENDING.damaged-TIME, which the log tells, and health as a damaged file; a link, also a hard one, a pipe or a device is removed.
 *
 * Return: 1: it may take the place. 0: nothing of that name is there any more. Or a negative errno.
 */
int ohtd_db_leftover(const struct ohtd_schema *schema, const char *path, const char *ending, enum ohtd_leftover_kind kind, long long now_s);

#endif /* OHTD_STORE_LEFTOVER_H */
