/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     one request as the api_*.c files see it, and every way to answer it. No h2o in here.
 * Contexts: the loop that received the request.
 * Locks:    none.
 */
#ifndef OHTD_HTTP_CALL_H
#define OHTD_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>

#include "auth/token.h"
#include "main/log.h"
#include "robot/command.h"
#include "robot/snapshot.h"

struct ohtd_config;
struct ohtd_conn;
struct ohtd_loop;
struct ohtd_pending;
struct ohtd_route;
struct ohtd_setup;
struct st_h2o_req_t;

#define OHTD_ADDRESS_BYTES	64

/**
 * struct ohtd_call - a request on its way to its answer
 * @req: h2o's side of it
 * @conn: the connection
 * @loop: the loop that serves it
 * @route: row of the route table, NULL before it has been found
 * @who: who asks; role OHTD_ROLE_NONE when nobody has logged in
 * @body: validated JSON object: body, or parameters of a GET; NULL when there is none; borrowed
 * @unit: the {addr} of the path, 0 without one
 * @id: the {id} of the path, 0 without one
 * @request_id: names this request in the answer and in the log
 * @pending: what will answer later, NULL if nothing
 *
 * Lives in the request's memory: it is gone after the answer has been sent or the client has left.
 */
struct ohtd_call {
	struct st_h2o_req_t *req;
	struct ohtd_conn *conn;
	struct ohtd_loop *loop;
	const struct ohtd_route *route;
	struct ohtd_principal who;
	struct json_object *body;
	unsigned int unit;
	int64_t id;
	char request_id[OHTD_REQUEST_ID_BYTES];
	struct ohtd_pending *pending;
};

/* ---- what the daemon knows ---- */

/* The newest snapshot; valid until the loop's next turn. Never NULL. */
const struct ohtd_snapshot *ohtd_call_snapshot(struct ohtd_call *call);
struct ohtd_auth *ohtd_call_auth(struct ohtd_call *call);
struct ohtd_robot *ohtd_call_robot(struct ohtd_call *call);
struct ohtd_clock *ohtd_call_clock(struct ohtd_call *call);
struct ohtd_workers *ohtd_call_workers(struct ohtd_call *call);
/* Loops may only look at it; workers may call it. */
struct ohtd_store *ohtd_call_store(struct ohtd_call *call);
/* NULL if there is none. */
const struct ohtd_recorder *ohtd_call_recorder(struct ohtd_call *call);
struct ohtd_setup *ohtd_call_setup(struct ohtd_call *call);
const struct ohtd_config *ohtd_call_config(struct ohtd_call *call);
struct ohtd_link *ohtd_call_link(struct ohtd_call *call);
/* A stop was asked for while the machine was stopped already: counted, nothing else. */
void ohtd_call_stop_repeated(struct ohtd_call *call);
/* How often, since the count was last taken; @take begins anew. */
unsigned long ohtd_call_stops_repeated(struct ohtd_call *call, bool take);
/* Numeric address of the client. */
const char *ohtd_call_address(struct ohtd_call *call);
/* Milliseconds since a moment of CLOCK_MONOTONIC; -1 when @time_ns is 0. */
int64_t ohtd_call_age_ms(struct ohtd_call *call, uint64_t time_ns);

/* ---- answers: exactly one for each call ---- */

/* Sends @json, which is released. NULL (out of memory) becomes a problem with status 500. */
void ohtd_reply_json(struct ohtd_call *call, int status, struct json_object *json);

/* Sends bytes; @data is copied. */
void ohtd_reply_data(struct ohtd_call *call, int status, const char *content_type,
		     const char *data, size_t length_bytes);

/* Sends a status that has no body (304). */
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

/* The same with a list of single faults; @errors is released, NULL leaves it out. */
void ohtd_reply_problem_list(struct ohtd_call *call, int status, const char *code,
			     const char *detail, struct json_object *errors);

/**
 * ohtd_reply_header() - add a header to the answer, before the answer
 * @call: the request
 * @name: header name, lower case, constant text
 * @value: copied; one with control bytes is left out and logged, since h2o would send it as it is
 */
void ohtd_reply_header(struct ohtd_call *call, const char *name, const char *value);

/* A member of the body that is a string, NULL if it is not there. Lives as long as the body. */
const char *ohtd_call_text(const struct ohtd_call *call, const char *name);

/* Value of a request header; NULL when it is not there, or there twice. In the request's memory. */
const char *ohtd_call_header(struct ohtd_call *call, const char *name);

/* ---- the control thread ---- */

typedef void (*ohtd_call_done)(struct ohtd_call *call, const struct ohtd_answer *answer);

/**
 * ohtd_call_command() - have the control thread do something, then answer
 * @call: the request
 * @command: id is filled in, tag too when it is 0
 * @done: answers when it has been done; refusals, failures and lateness are answered here
 */
void ohtd_call_command(struct ohtd_call *call, struct ohtd_command *command, ohtd_call_done done);

#endif /* OHTD_HTTP_CALL_H */
