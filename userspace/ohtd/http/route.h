/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the table of all routes: who may call what, with which body; matching a path with it.
 * Contexts: any thread; constants and pure functions.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_ROUTE_H
#define OHTD_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/role.h"

struct ohtd_call;

enum ohtd_field_type {
	OHTD_FIELD_STRING,
	OHTD_FIELD_INTEGER,
	OHTD_FIELD_BOOLEAN,	/* not in a query */
};

/**
 * struct ohtd_field - a member of a request body
 * @name: member
 * @type: what it must be
 * @required: must be there
 * @min: shortest length in bytes, or smallest value
 * @max: longest length in bytes, or greatest value
 * @words: NULL-terminated list of the only strings allowed, or NULL
 */
struct ohtd_field {
	const char *name;
	enum ohtd_field_type type;
	bool required;
	int64_t min, max;
	const char *const *words;
};

/* ohtd_route.flags */
#define OHTD_ROUTE_ANY_BODY	(1U << 0)	/* what the body says is not looked at */
#define OHTD_ROUTE_EXPIRED_OK	(1U << 1)	/* an expired token will do (the stop) */
#define OHTD_ROUTE_RESERVED	(1U << 2)	/* served in the places that are kept for it */

/**
 * struct ohtd_route - one row
 * @method: "GET" (serves HEAD too), "POST", ...
 * @path: segments; "{addr}" stands for a unit address, "{id}" for the number of something stored
 * @role: the least that may; OHTD_ROLE_NONE: open to everybody
 * @flags: OHTD_ROUTE_*
 * @body_bytes_max: longest body; 0: the general limit
 * @fields: allowed members of the body, ends with a NULL name; NULL: no member is allowed. With GET
 *	parameters of the query, which come as members of a body; NULL: a query is not looked at
 * @handle: answers
 * @summary: for people; docs/api.md has the table
 */
struct ohtd_route {
	const char *method;
	const char *path;
	enum ohtd_role role;
	unsigned int flags;
	size_t body_bytes_max;
	const struct ohtd_field *fields;
	void (*handle)(struct ohtd_call *call);
	const char *summary;
};

extern const struct ohtd_route ohtd_routes[];
extern const size_t ohtd_route_count;

enum ohtd_match {
	OHTD_MATCH_NONE,	/* no such path */
	OHTD_MATCH_METHOD,	/* the path is there, the method is not: see allow */
	OHTD_MATCH_ADDRESS,	/* {addr} is not a unit address, or {id} no id */
	OHTD_MATCH_FOUND,
};

#define OHTD_ALLOW_BYTES	64

struct ohtd_found {
	const struct ohtd_route *route;
	unsigned int unit;
	int64_t id;
	char allow[OHTD_ALLOW_BYTES];	/* value of the header Allow, with OHTD_MATCH_METHOD */
};

/**
 * ohtd_route_find() - look a request up
 * @method: need not be NUL-terminated
 * @method_bytes: its length
 * @path: decoded, without the query
 * @path_bytes: its length
 * @found: filled
 */
enum ohtd_match ohtd_route_find(const char *method, size_t method_bytes, const char *path,
				size_t path_bytes, struct ohtd_found *found);

/* 1 to 18 digits, the first not 0; 0 for anything else. */
int64_t ohtd_route_id(const char *text, size_t bytes);

/* "2" or "0x02", 1..247; 0 for anything else. */
unsigned int ohtd_route_unit(const char *text, size_t bytes);

#endif /* OHTD_HTTP_ROUTE_H */
