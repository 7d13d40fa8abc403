/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     one request as the files of api/ see it, and every way to answer it. No h2o in here.
 * Contexts: the loop that received the request.
 * Locks:    none.
 */
#ifndef OHTD_SERVER_CALL_H
#define OHTD_SERVER_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/principal.h"
#include "base/log.h"
#include "json/input.h"
#include "server/kept.h"
#include "http/route.h"
#include "views/scene.h"
#include "views/services.h"
#include "robot/command.h"
#include "robot/snapshot.h"
#include "server/request_key_rows.h"

struct json_object;
struct ohtd_conn;
struct ohtd_document;
struct ohtd_held;
struct ohtd_link;
struct ohtd_loop;
struct ohtd_pending;
struct ohtd_route_count;
struct ohtd_server;
struct ohtd_tickets;
struct ohtd_work;
struct st_h2o_req_t;

#define OHTD_ADDRESS_BYTES	64

/**
 * struct ohtd_server_key - the Idempotency-Key of a request, once it is taken
 * @name: as the store has it; "": there is none
 * @atomic: the act notes it in its own transaction
 * @ended: the answer has been handed to the store
 */
struct ohtd_server_key {
	char name[OHTD_SERVER_REQUEST_KEY_NAME_BYTES];
	bool atomic;
	bool ended;
};

/**
 * struct ohtd_noted - what a handler knows of a change beyond the request, for the audit; each may be NULL
 * @who: a name that is proven by the request itself
 * @object: what is changed, in place of the path
 * @before: as JSON
 * @after: as JSON, in place of the body
 * @repeats: the same may follow many times a second
 *
 * The texts are in the memory of the request, or constant. Nothing secret is among them.
 */
struct ohtd_noted {
	const char *who, *object, *before, *after;
	bool repeats;
};

/**
 * struct ohtd_call - a request on its way to its answer
 * @req: h2o's side of it
 * @conn: the connection
 * @loop: the loop that serves it
 * @services: the parts of the daemon; a loop may only look at the store, workers may call it
 * @route: what is asked for, NULL before it has been found
 * @asks: the same, from the first moment on, for the audit
 * @recorded: the audit has it
 * @admitted: the audit has a place for it (ohtd_audit_admit())
 * @held: room for an answer that waits for its record (audited.c), or NULL
 * @noted: for the audit
 * @count: counters of the route
 * @begun_ns: CLOCK_MONOTONIC when the request was there
 * @memory: of the request
 * @params: of the path
 * @query: struct of route->query; NULL without
 * @input: struct of route->body; NULL without
 * @by_ticket: @who has come with a ticket
 * @who: who asks; role OHTD_ROLE_NONE when nobody has logged in
 * @request_id: names this request in the answer and in the log
 * @pending: what will answer later, NULL if nothing
 *
 * Lives in the request's memory: it is gone after the answer has been sent or the client has left.
 */
struct ohtd_call {
	struct st_h2o_req_t *req;
	struct ohtd_conn *conn;
	struct ohtd_loop *loop;
	const struct ohtd_services *services;
	const struct ohtd_route *route;
	const struct ohtd_route *asks;
	bool recorded;
	bool admitted;
	struct ohtd_held *held;
	struct ohtd_server_key key;
	struct ohtd_noted noted;
	struct ohtd_route_count *count;
	uint64_t begun_ns;
	struct ohtd_memory memory;
	struct ohtd_params params;
	const void *query;
	const void *input;
	bool by_ticket;
	struct ohtd_principal who;
	char request_id[OHTD_REQUEST_ID_BYTES];
	struct ohtd_pending *pending;
};

/* ---- what the daemon knows ---- */

/* The newest snapshot; valid until the loop's next turn. Never NULL. */
const struct ohtd_snapshot *ohtd_call_snapshot(struct ohtd_call *call);
/* The way of its loop to the control thread. */
struct ohtd_link *ohtd_call_link(const struct ohtd_call *call);
enum ohtd_supervisor ohtd_call_supervisor(const struct ohtd_call *call);
/* The description of all routes. */
const struct ohtd_document *ohtd_call_openapi(struct ohtd_call *call);
/* The description of all messages over WebSockets. */
const struct ohtd_document *ohtd_call_asyncapi(struct ohtd_call *call);
struct ohtd_tickets *ohtd_call_tickets(struct ohtd_call *call);
/* What views of the robot are made from, in the memory of the request. */
struct ohtd_scene ohtd_call_scene(struct ohtd_call *call);
/* The server of the request, for its figures (server/figures.h). */
const struct ohtd_server *ohtd_server_of(const struct ohtd_call *call);
/* Numeric address of the client. */
const char *ohtd_call_address(struct ohtd_call *call);
/*
 * forwarded.c: a program of this machine asks, and no proxy. A proxy on this machine connects from loop-back too. Each sign of
 * one counts: that it is listed, the headers that it adds, another Host, and HTTP/1.0, by which nginx asks as it comes.
 */
bool ohtd_server_is_own_machine(struct ohtd_call *call);
/* Milliseconds since a moment of CLOCK_MONOTONIC; -1 when @time_ns is 0. */
int64_t ohtd_call_age_ms(struct ohtd_call *call, uint64_t time_ns);
/* The same, but OHTD_NONE: null in an answer. */
int64_t ohtd_call_age_or_none_ms(struct ohtd_call *call, uint64_t time_ns);
/* Time of day of a moment of CLOCK_MONOTONIC, in nanoseconds since 1970; OHTD_NONE when it is 0. */
int64_t ohtd_call_wall_ns(struct ohtd_call *call, uint64_t time_ns);

/* Memory of the request, zeroed: it is there until the answer has been sent. Never NULL. */
void *ohtd_call_alloc(struct ohtd_call *call, size_t bytes);
/* A text in it. */
const char *ohtd_call_text_of(struct ohtd_call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* JSON as a text in it, however long; NULL: out of memory. */
const char *ohtd_call_json_text(struct ohtd_call *call, struct json_object *object);
/* A struct as JSON in it, as the audit has it: without members that are secret, private or null. */
const char *ohtd_call_json(struct ohtd_call *call, const struct ohtd_shape *shape, const void *view);

/*
 * May the request do @what, which needs an elevated session? False: it has been answered with 403.
 * The local socket needs none: the kernel has named its peer.
 */
bool ohtd_call_elevated(struct ohtd_call *call, const char *what);

/* Is the session elevated, or the local user an administrator? */
bool ohtd_server_is_elevated(struct ohtd_call *call);

/*
 * May the key of @who ask for the route of the request? True without a key. False: it has been answered with 403. For routes that
 * let strangers in and look at tokens by themselves.
 */
bool ohtd_server_permits(struct ohtd_call *call);

/* Whether a route has the heading @tag. */
bool ohtd_server_knows_tag(struct ohtd_call *call, const char *tag);

/* Whether a course may be asked for a route that is written as "POST safety/reset". */
bool ohtd_server_takes_course(struct ohtd_call *call, const char *route);

/* False over the local socket and with a key: it has been answered with 409. */
bool ohtd_call_has_session(struct ohtd_call *call);

/*
 * Hands @work to the workers, in the turn of the account. A route that changes something has workers of its own, so that a change
 * waits for no read. Returns 0, or the error of ohtd_workers_submit(), which ohtd_reply_not_submitted() tells the client.
 */
int ohtd_call_submit(struct ohtd_call *call, struct ohtd_work *work);
void ohtd_reply_not_submitted(struct ohtd_call *call, int error);

/* What the request says, as the struct S_ of the route's body or query. */
#define OHTD_INPUT(call_, S_)	((const struct S_ *)(call_)->input)
#define OHTD_QUERY(call_, S_)	((const struct S_ *)(call_)->query)

/* ---- answers: exactly one for each call ---- */

/**
 * ohtd_reply_view() - answer with a struct; OHTD_REPLY() also checks its type
 * @call: the request
 * @status: HTTP status
 * @shape: describes @view; one of route->replies, with that status
 * @view: written at once, not kept
 */
void ohtd_reply_view(struct ohtd_call *call, int status, const struct ohtd_shape *shape,
		     const void *view);
#define OHTD_REPLY(call_, status_, S_, view_)						\
	ohtd_reply_view(call_, status_, &S_##_shape, 1 ? (view_) : (const struct S_ *)NULL)

/* The same with a struct that another thread has written; sent in pieces. @block: has the text, of malloc(), and belongs to the request then. */
void ohtd_reply_written(struct ohtd_call *call, int status, const struct ohtd_shape *shape,
			const struct ohtd_writer *writer, void *block);

/* Sends bytes; @data is copied. */
void ohtd_reply_data(struct ohtd_call *call, int status, const char *content_type,
		     const char *data, size_t length_bytes);

/* The same without a copy and in pieces, so that a loop is never held by it: @data lasts as long as the request. */
void ohtd_reply_lasting(struct ohtd_call *call, int status, const char *content_type,
			const char *data, size_t length_bytes);

/* The same of what is there packed by gzip only, as the @length_bytes that it is unpacked; a piece at a time, so that it is never whole in memory. */
void ohtd_reply_unpacked(struct ohtd_call *call, int status, const char *content_type,
			 const char *gzip, size_t gzip_bytes, size_t length_bytes);

/* Sends a status that has no body (204, 304). */
void ohtd_reply_empty(struct ohtd_call *call, int status);

/**
 * ohtd_reply_problem() - answer with application/problem+json (RFC 9457)
 * @call: the request
 * @status: HTTP status, 400 or more
 * @code: stable word for programs
 * @format: printf format of the sentence for people
 */
void ohtd_reply_problem(struct ohtd_call *call, int status, const char *code,
			const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same, @errors in memory that lasts until the call returns. */
void ohtd_reply_errors(struct ohtd_call *call, int status, const char *code, const char *detail,
		       const struct ohtd_error *errors, size_t count);

/* Refuses one member of query or body, with 400 "validation". */
void ohtd_reply_member(struct ohtd_call *call, const char *pointer, const char *code,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

/**
 * ohtd_reply_header() - add a header to the answer, before the answer
 * @call: the request
 * @name: header name, lower case, constant text
 * @value: copied; one with control bytes is left out and logged, since h2o would send it as it is
 */
void ohtd_reply_header(struct ohtd_call *call, const char *name, const char *value);

/* Value of a request header; NULL when it is not there, or there twice. In the request's memory. */
const char *ohtd_call_header(struct ohtd_call *call, const char *name);

/**
 * ohtd_call_token() - the access token of a header Authorization
 * @call: the request
 * @which: 0 for the first such header; only a stop has more than one
 *
 * Blanks and tabs around the token are no part of it.
 *
 * Return: NULL if there is no such header, "" if it is not of the scheme Bearer. In the request's memory.
 */
const char *ohtd_call_token(struct ohtd_call *call, unsigned int which);

/* May an answer of that media type be sent, by the header Accept? RFC 9110, 12.5.1. */
bool ohtd_call_accepts(struct ohtd_call *call, const char *type);

/* Is there such a header, once or more? */
bool ohtd_call_has_header(struct ohtd_call *call, const char *name);

/* ---- the control thread ---- */


typedef void (*ohtd_call_done)(struct ohtd_call *call, const struct ohtd_answer *answer);

/**
 * ohtd_call_command() - have the control thread do something, then answer
 * @call: the request
 * @command: id is filled in, tag too when it is 0
 * @done: answers when it has been done; refusals, failures and lateness are answered here
 */
void ohtd_call_command(struct ohtd_call *call, struct ohtd_command *command, ohtd_call_done done);

#endif /* OHTD_SERVER_CALL_H */
