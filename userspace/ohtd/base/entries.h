/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     lists that people write, as "192.0.2.20, 192.0.2.21": their entries, and what is told of a wrong one.
 * Contexts: any thread; pure.
 * Locks:    none.
 */
#ifndef OHTD_BASE_ENTRIES_H
#define OHTD_BASE_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct ohtd_part - a part of a text, which is wrong
 * @text: not ended by a zero
 * @bytes: of @text
 * @nearest: what may have been meant; NULL: not known
 * @has: the clause beside it is for "has 'PART', CLAUSE", as "which is no address"; else for "CLAUSE, not 'PART'"
 */
struct ohtd_part {
	const char *text;
	int bytes;
	const char *nearest;
	bool has;
};

/**
 * ohtd_entry_next() - find the next entry of a list
 * @at: where to look; moves over commas and blanks to the entry
 *
 * Return: the bytes of the entry; 0: there is none.
 */
size_t ohtd_entry_next(const char **at);

/* The entry of @bytes at @entry as a part. A long one is cut to what a message can show. */
struct ohtd_part ohtd_entry_part(const char *entry, size_t bytes);

#endif /* OHTD_BASE_ENTRIES_H */
