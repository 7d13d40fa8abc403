/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the description of a route; finding the route of a request.
 * Contexts: any thread; what is found in is constant after ohtd_router_create().
 * Locks:    none.
 *
 * Each file of api/ and people/ that serves routes has a table of them beside their handlers, and api/routes.def lists
 * the tables. From them come dispatch, checks, metrics and openapi.json.
 */
#ifndef OHTD_HTTP_ROUTE_H
#define OHTD_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/elevation.h"
#include "base/role.h"
#include "json/member.h"

struct ohtd_call;
struct ohtd_stored_list;

enum ohtd_method {
	OHTD_GET,	/* serves HEAD too */
	OHTD_POST,
	OHTD_PUT,
	OHTD_PATCH,
	OHTD_DELETE,
	OHTD_METHODS,
};

/*
 * Requests of the last three are served in the places that are kept for them (listen.c). Budgets
 * are for general requests and log-ins (budget.h).
 */
enum ohtd_rate {
	OHTD_RATE_GENERAL,
	OHTD_RATE_RENEW,	/* of a session, which must not end because others ask too much */
	OHTD_RATE_HEALTH,
	OHTD_RATE_LOGIN,
	OHTD_RATE_STOP,
};

enum ohtd_route_kind {
	OHTD_ANSWER,	/* one answer, sent at once or a little later */
	OHTD_STREAM,	/* GET only: the body comes in pieces for as long as the client wants them */
	OHTD_UPGRADE,	/* GET only: the connection becomes a WebSocket, without one the answer is 426 */
};

/* ohtd_route.flags */
#define OHTD_ROUTE_ANY_BODY	(1U << 0)	/* what query, body and Accept say is not looked at */
#define OHTD_ROUTE_EXPIRED_OK	(1U << 1)	/* an expired token will do (the stop) */
#define OHTD_ROUTE_TICKET	(1U << 2)	/* "ticket" of the query will do in place of a token */
#define OHTD_ROUTE_COMMAND	(1U << 3)	/* asks the control thread: may answer its reasons */
#define OHTD_ROUTE_STORE	(1U << 4)	/* needs the store: may answer its troubles */
#define OHTD_ROUTE_MERGE	(1U << 5)	/* the body is a merge patch (RFC 7396): input is struct ohtd_json_text */
#define OHTD_ROUTE_QUIET	(1U << 6)	/* changes nothing: the audit has only who was refused */
#define OHTD_ROUTE_REPEATS	(1U << 7)	/* comes many times a second: the audit has the first and the end */
#define OHTD_ROUTE_MEMORY	(1U << 8)	/* is done also while the store cannot write: does not wait for the audit */
#define OHTD_ROUTE_OBJECT	(1U << 9)	/* the body is any JSON object: the same input */
#define OHTD_ROUTE_LASTING	(1U << 10)	/* what it does lasts although the store does not have it (ohtd_route_lasts()) */
#define OHTD_ROUTE_DAILY	(1U << 11)	/* lasts, but comes every day: the audit keeps it no longer than commands */
#define OHTD_ROUTE_NOTES	(1U << 12)	/* an order with an id waits for the store: may answer its troubles */
#define OHTD_ROUTE_KEYED	(1U << 13)	/* makes something: takes an Idempotency-Key */
#define OHTD_ROUTE_ATOMIC	(1U << 14)	/* keyed, and all that it does is one transaction of the store, with its key */
#define OHTD_ROUTE_ENROL	(1U << 15)	/* also for an account that must have a second factor and has none */
#define OHTD_ROUTE_NO_COURSE	(1U << 16)	/* takes motion away, or is the way to a certificate: no course can be asked for */
/* The members of the body are not those of a shape. */
#define OHTD_ROUTE_SHAPELESS	(OHTD_ROUTE_MERGE | OHTD_ROUTE_OBJECT)

#define OHTD_REPLIES_MAX	3
#define OHTD_CODES_MAX		16

/**
 * struct ohtd_reply_kind - an answer that is not a problem
 * @status: HTTP status, 0 ends the list
 * @shape: members of the answer; NULL: no JSON
 * @type: media type; NULL: application/json
 */
struct ohtd_reply_kind {
	int status;
	const struct ohtd_shape *shape;
	const char *type;
};

/**
 * struct ohtd_http_act - what a route does, for the audit: behind a name and before what it was done to
 * @verb: of a refusal: "tried to log in"
 * @done: of what was done: "logged in"
 * @rest: behind either
 */
struct ohtd_http_act {
	const char *verb;
	const char *done;
	const char *rest;
};

/**
 * struct ohtd_route - one route
 * @method: GET serves HEAD too; OPTIONS is served by the dispatcher
 * @path: below /api/v1/, or from the root with a "/" in front; "{unit}" stands for a unit address,
 *	"{id}" for the number of something stored (param_kinds in route.c)
 * @act: of what the audit has; a read has none, but for one that needs elevation
 * @role: the least that may; OHTD_ROLE_NONE: open to everybody
 * @elevation: when the session must be elevated. ALWAYS is checked before @handle, BY_MODE, BY_ITEM and BY_REGISTER by what
 *	knows the mode, item or register
 * @rate: class of requests
 * @kind: how long the answer lasts
 * @flags: OHTD_ROUTE_*
 * @body_bytes_max: longest body; 0: the general limit
 * @query: members of the query; NULL: a query is not looked at
 * @body: members of the body; NULL: {} is the only one
 * @replies: the answers; one status may have several media types, which then follow each other
 * @problems: codes that only this route answers; those of its role and body come by themselves
 * @kept_for: which requests are served in a kept place; NULL: as @rate says
 * @handle: answers
 * @list: the list that ohtd_stored_list_get() answers; NULL for other handlers
 * @summary: one line for people
 * @text: more, where it is needed; or NULL
 */
struct ohtd_route {
	enum ohtd_method method;
	const char *path;
	struct ohtd_http_act act;
	enum ohtd_role role;
	enum ohtd_elevation elevation;
	enum ohtd_rate rate;
	enum ohtd_route_kind kind;
	unsigned int flags;
	size_t body_bytes_max;
	const struct ohtd_shape *query;
	const struct ohtd_shape *body;
	struct ohtd_reply_kind replies[OHTD_REPLIES_MAX];
	const char *problems[OHTD_CODES_MAX];
	bool (*kept_for)(const void *input);
	void (*handle)(struct ohtd_call *call);
	const struct ohtd_stored_list *list;
	const char *summary;
	const char *text;
};

/**
 * struct ohtd_route_table - the routes of one file
 * @tag: what they are about, as a heading
 * @routes: the routes
 * @count: of @routes
 */
struct ohtd_route_table {
	const char *tag;
	const struct ohtd_route *routes;
	size_t count;
};

/* The table name_ of the routes in the array array_. */
#define OHTD_ROUTE_TABLE(name_, tag_, array_)						\
	const struct ohtd_route_table name_ = {						\
		.tag = (tag_), .routes = (array_), .count = sizeof(array_) / sizeof((array_)[0]),	\
	}

#define OHTD_API_PREFIX		"/api/v1/"
#define OHTD_PARAM_BYTES	65

/* What a path may have in a segment, each at most once; 0 and "" without. */
struct ohtd_params {
	unsigned int unit;		/* {unit}: 1 to 247 */
	int64_t id;			/* {id}: above 0 */
	char name[OHTD_PARAM_BYTES];	/* {name}: letters, digits, "_", "-" and "." */
};

/* A kind of parameter; route.c has the table. */
struct ohtd_param_kind {
	const char *name;		/* as in a path, without the braces */
	bool (*read)(const char *text, size_t bytes, struct ohtd_params *params);
	const char *code;		/* of the refusal */
	const char *complaint;
	const char *schema;		/* as JSON */
};

/* The kind of a path's segment, "{unit}" and what follows; NULL: there is no such kind. */
const struct ohtd_param_kind *ohtd_param_kind(const char *segment);

enum ohtd_match {
	OHTD_MATCH_NONE,	/* no such path */
	OHTD_MATCH_METHOD,	/* the path is there, the method is not: see allow */
	OHTD_MATCH_PARAM,	/* a parameter is not what it must be: see wrong */
	OHTD_MATCH_FOUND,
};

/**
 * struct ohtd_found - what a request asks for
 * @route: FOUND, PARAM: the route
 * @get: what GET of that path asks for; NULL: nothing
 * @index: of @route among all, in the order of the tables
 * @params: FOUND: of the path
 * @allow: value of the header Allow; NULL with NONE
 * @wrong: PARAM: the kind of what is wrong
 */
struct ohtd_found {
	const struct ohtd_route *route;
	const struct ohtd_route *get;
	size_t index;
	struct ohtd_params params;
	const char *allow;
	const struct ohtd_param_kind *wrong;
};

struct ohtd_router;

/**
 * ohtd_router_create() - check all tables and make them ready to be searched
 * @tables: ends with NULL
 * @why: on failure one line, which names the route
 * @size: of @why
 *
 * Return: NULL with @why filled.
 */
struct ohtd_router *ohtd_router_create(const struct ohtd_route_table *const *tables, char *why,
				       size_t size);
void ohtd_router_destroy(struct ohtd_router *router);

/* How many routes there are; the one at @index, and the heading of its table. */
size_t ohtd_router_count(const struct ohtd_router *router);
const struct ohtd_route *ohtd_router_route(const struct ohtd_router *router, size_t index);
const char *ohtd_router_tag(const struct ohtd_router *router, size_t index);

/* "GET", ... */
const char *ohtd_method_name(enum ohtd_method method);

/* Asks for the head of what a GET is answered. The method need not be NUL-terminated. */
bool ohtd_method_is_head(const char *method, size_t bytes);
/* GET or HEAD. */
bool ohtd_method_reads(const char *method, size_t bytes);

/*
 * It changes what a person may have to answer for later, beside what every day brings: the audit does not count it among the
 * commands. What the control thread is asked for lasts if the store has it, or the route says so. A read lasts if it needs an
 * elevated session: what was taken stays taken.
 */
bool ohtd_route_lasts(const struct ohtd_route *route);
/* The audit must have a place for it before it is done; what gives power away, and a log-in, are always done. */
bool ohtd_route_is_admitted(const struct ohtd_route *route);

/* May a course (courses/courses.h) be asked for? Never of a read, of what stops, and of what a person does with the own session. */
bool ohtd_http_route_takes_course(const struct ohtd_route *route);

/* The audit keeps it for longer than what comes every day. */
bool ohtd_route_is_kept(const struct ohtd_route *route);

/* The whole path of a route, with the prefix. */
void ohtd_route_path(const struct ohtd_route *route, char *path, size_t size);

/**
 * ohtd_route_find() - look a request up
 * @router: where
 * @method: need not be NUL-terminated
 * @method_bytes: its length
 * @path: decoded, without the query
 * @path_bytes: its length
 * @found: filled
 *
 * A segment that stands in a table wins over a parameter: modules/discover is never a unit.
 */
enum ohtd_match ohtd_route_find(const struct ohtd_router *router, const char *method,
				size_t method_bytes, const char *path, size_t path_bytes,
				struct ohtd_found *found);

/* 1 to 18 digits, the first not 0; 0 for anything else. */
int64_t ohtd_route_id(const char *text, size_t bytes);

/* "2" or "0x02", 1..247; 0 for anything else. */
unsigned int ohtd_route_unit(const char *text, size_t bytes);

#endif /* OHTD_HTTP_ROUTE_H */
