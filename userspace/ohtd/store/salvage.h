/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     making a new database of what can be read of a damaged one.
 * Contexts: the thread that opens the database, which holds the state directory's lock.
 * Locks:    none.
 *
 * The damaged file is never written and never deleted. At each moment of a repair the next start
 * finds either the damaged one or the whole new one.
 */
#ifndef OHTD_STORE_SALVAGE_H
#define OHTD_STORE_SALVAGE_H

#include <stdbool.h>
#include <stddef.h>

struct ohtd_schema;

/**
 * ohtd_db_salvage() - make a new database of what can be read, and set the damaged one aside
 * @schema: which kind of database
 * @path: the damaged one, which nobody has open
 * @now_s: wall clock in seconds
 * @what: what is wrong with it, for the log
 * @why: on failure one line
 * @size: of @why in bytes
 *
 * Return: 0, or -1 with @why filled and the damaged one where it was.
 */
int ohtd_db_salvage(const struct ohtd_schema *schema, const char *path, long long now_s,
		    const char *what, char *why, size_t size);

/* Is there a repair that was cut short when the new database was whole? */
bool ohtd_db_salvage_waits(const char *path);

/* Ends a repair that was cut short, if there was one. 0, or -1 with @why filled. */
int ohtd_db_salvage_finish(const struct ohtd_schema *schema, const char *path, long long now_s,
			   char *why, size_t size);

#endif /* OHTD_STORE_SALVAGE_H */
