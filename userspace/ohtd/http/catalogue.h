/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the catalogue of errors: every code that an answer can have, with cause and remedy.
 * Contexts: any thread; constants and pure functions.
 * Locks:    none.
 *
 * A code that is not in here is not sent: the answer is 500 "internal" instead (reply.c).
 */
#ifndef OHTD_HTTP_CATALOGUE_H
#define OHTD_HTTP_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ohtd_catalogue_kind {
	OHTD_CATALOGUE_PROBLEM,		/* of a whole answer, with one status */
	OHTD_CATALOGUE_MEMBER,		/* of a member, in the list errors of "validation" */
	OHTD_CATALOGUE_REASON,		/* of the robot: what stands in the way of a command */
	OHTD_CATALOGUE_SOCKET,		/* of a message over a WebSocket, or of its end */
};

/**
 * struct ohtd_catalogue_entry - a code
 * @code: the word
 * @kind: enum ohtd_catalogue_kind
 * @status: PROBLEM: of the answer; OHTD_NONE: the code has none of its own
 * @cause: what has happened
 * @action: what to do about it
 */
struct ohtd_catalogue_entry {
	const char *code;
	unsigned int kind;
	int64_t status;
	const char *cause;
	const char *action;
};

/* Rows of the catalogue: no route answers more codes. */
#define OHTD_CATALOGUE_MAX	640

extern const struct ohtd_shape ohtd_catalogue_entry_shape;
extern const struct ohtd_catalogue_entry ohtd_catalogue[];
extern const size_t ohtd_catalogue_count;

/* The entry of a code for a status: the problem of that status, or a reason. NULL: there is none. */
const struct ohtd_catalogue_entry *ohtd_catalogue_find(int status, const char *code);

/* Is @code in the catalogue for the list errors of an answer? */
bool ohtd_catalogue_has_detail(const char *code);

#endif /* OHTD_HTTP_CATALOGUE_H */
