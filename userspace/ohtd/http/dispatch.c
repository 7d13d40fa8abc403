// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/session.h"
#include "http/body.h"
#include "http/loop.h"
#include "http/query.h"
#include "http/route.h"
#include "main/clock.h"
#include "main/log.h"
#include "robot/robot.h"

/* The request's memory goes: it has been answered, or the client has left. */
static void call_gone(void *data)
{
	struct ohtd_call *call = data;

	if (call->pending)
		call->pending->call = NULL;
	if (call->conn->call == call) {
		call->conn->call = NULL;
		call->conn->answered_ms = 0;
	}
	json_object_put(call->body);
}

static struct ohtd_call *make_call(h2o_req_t *req)
{
	struct ohtd_call *call = h2o_mem_alloc_shared(&req->pool, sizeof(*call), call_gone);

	memset(call, 0, sizeof(*call));
	call->req = req;
	call->loop = ohtd_loop_of(req);
	call->conn = req->conn->callbacks->get_socket(req->conn)->on_close.data;
	call->conn->call = call;
	call->conn->asked = true;
	call->conn->answered_ms = 0;
	ohtd_request_id_take(call);
	return call;
}

static int unauthorized(struct ohtd_call *call, const char *code, const char *detail)
{
	bool sent = strcmp(code, "token_missing");

	ohtd_reply_header(call, "www-authenticate", sent ?
			  "Bearer realm=\"oht\", error=\"invalid_token\"" : "Bearer realm=\"oht\"");
	ohtd_reply_problem(call, 401, code, "%s", detail);
	return -1;
}

static int check_token(struct ohtd_call *call, const char *token)
{
	switch (ohtd_auth_check(ohtd_call_auth(call), token, &call->who)) {
	case OHTD_TOKEN_GOOD:
		return 0;
	case OHTD_TOKEN_EXPIRED:
		if (call->route->flags & OHTD_ROUTE_EXPIRED_OK)
			return 0;
		return unauthorized(call, "token_expired", "the access token is too old");
	case OHTD_TOKEN_REVOKED:
		return unauthorized(call, "token_revoked", "the session has been ended");
	default:
		return unauthorized(call, "token_invalid", "the access token is not valid");
	}
}

static int authorize(struct ohtd_call *call)
{
	const char *value;

	if (call->route->role == OHTD_ROLE_NONE || call->conn->local)
		return 0;
	value = ohtd_call_header(call, "authorization");
	if (!value)
		return unauthorized(call, "token_missing", "log in first");
	if (strncasecmp(value, "Bearer ", 7))
		return unauthorized(call, "token_invalid", "only Bearer tokens are taken");
	if (check_token(call, value + 7 + strspn(value + 7, " ")))
		return -1;
	if (call->who.role >= call->route->role)
		return 0;
	ohtd_reply_problem(call, 403, "role", "this needs the role %s, %s is %s",
			   ohtd_role_name(call->route->role), call->who.user,
			   ohtd_role_name(call->who.role));
	return -1;
}

static bool wants_file(const h2o_req_t *req)
{
	return h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")) ||
	       h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
}

/* Who he is the kernel has said; what he sends of tokens is not looked at. */
static int admit_local(struct ohtd_call *call)
{
	h2o_req_t *req = call->req;
	const struct ohtd_conn *conn = call->conn;

	if (!conn->admin) {
		ohtd_log(OHTD_LOG_WARNING, "http", "local_refused", "uid %u", conn->uid);
		ohtd_reply_problem(call, 403, "local_not_admin",
				   "only root and members of the group oht-admin may use this socket");
		return -1;
	}
	call->who.role = OHTD_ROLE_ADMINISTRATOR;
	snprintf(call->who.user, sizeof(call->who.user), "uid %u", conn->uid);
	ohtd_log(wants_file(req) ? OHTD_LOG_DEBUG : OHTD_LOG_NOTICE, "http", "local",
		 "uid %u: %.*s %.*s", conn->uid, (int)req->method.len, req->method.base,
		 (int)req->path_normalized.len, req->path_normalized.base);
	return 0;
}

static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t n = sizeof(json) - 1;

	return type && !strncasecmp(type, json, n) &&
	       (!type[n] || type[n] == ';' || type[n] == ' ');
}

static int refuse_body(struct ohtd_call *call, const struct ohtd_body_fault *fault)
{
	ohtd_reply_problem_list(call, fault->status, fault->code, fault->detail, fault->errors);
	return -1;
}

static int take_query(struct ohtd_call *call)
{
	h2o_req_t *req = call->req;
	size_t at = req->query_at == SIZE_MAX ? req->path.len : req->query_at + 1;
	struct ohtd_body_fault fault;

	if (!call->route->fields)
		return 0;
	call->body = ohtd_query_parse(req->path.base + at, req->path.len - at,
				      call->route->fields, &fault);
	return call->body ? 0 : refuse_body(call, &fault);
}

static int take_body(struct ohtd_call *call)
{
	const struct ohtd_route *route = call->route;
	h2o_iovec_t entity = call->req->entity;
	struct ohtd_body_fault fault;

	if (!strcmp(route->method, "GET"))
		return take_query(call);
	if (route->flags & OHTD_ROUTE_ANY_BODY)
		return 0;
	if (route->body_bytes_max && entity.len > route->body_bytes_max) {
		ohtd_reply_problem(call, 413, "body_too_large", "the body has %zu bytes, at most "
				   "%zu are taken here", entity.len, route->body_bytes_max);
		return -1;
	}
	if (entity.len && !is_json(ohtd_call_header(call, "content-type"))) {
		ohtd_reply_problem(call, 415, "content_type",
				   "the body must be application/json");
		return -1;
	}
	call->body = ohtd_body_parse(entity.base, entity.len, route->fields, &fault);
	return call->body ? 0 : refuse_body(call, &fault);
}

static void refuse_path(struct ohtd_call *call, enum ohtd_match match,
			const struct ohtd_found *found)
{
	h2o_iovec_t path = call->req->path_normalized;

	if (match == OHTD_MATCH_METHOD) {
		ohtd_reply_header(call, "allow", found->allow);
		ohtd_reply_problem(call, 405, "method_not_allowed", "this takes only %s",
				   found->allow);
	} else if (match == OHTD_MATCH_ADDRESS && strstr(found->route->path, "{id}")) {
		ohtd_reply_problem(call, 400, "bad_id", "an id is a decimal number above 0");
	} else if (match == OHTD_MATCH_ADDRESS) {
		ohtd_reply_problem(call, 400, "bad_address",
				   "a unit address is 1 to 247, written as 2 or 0x02");
	} else {
		ohtd_reply_problem(call, 404, "not_found", "there is nothing at %.*s",
				   path.len < 200 ? (int)path.len : 200, path.base);
	}
}

/*
 * A place that is kept is given back with each answer. 0, or -1 when the request has been answered:
 * it is none of those that the place is kept for.
 */
static int check_place(struct ohtd_call *call, const struct ohtd_route *route)
{
	if (!ohtd_conn_reserved(call->conn))
		return 0;
	call->req->http1_is_persistent = 0;
	if (route && route->flags & OHTD_ROUTE_RESERVED)
		return 0;
	ohtd_reply_header(call, "retry-after", "1");
	ohtd_reply_problem(call, 503, "busy", "too many connections: only stop, health and login are "
			   "served on this one");
	return -1;
}

static void dispatch(struct ohtd_call *call)
{
	h2o_req_t *req = call->req;
	h2o_iovec_t path = req->path_normalized;
	struct ohtd_found found;
	enum ohtd_match match;

	if (ohtd_prologue(call) || (call->conn->local && admit_local(call)))
		return;
	match = ohtd_route_find(req->method.base, req->method.len, path.base, path.len, &found);
	if (check_place(call, match == OHTD_MATCH_NONE ? NULL : found.route))
		return;
	if (match == OHTD_MATCH_NONE && wants_file(req) &&
	    ohtd_files_serve(call, path.base, path.len))
		return;
	call->route = found.route;
	call->unit = found.unit;
	call->id = found.id;
	if (match == OHTD_MATCH_NONE || match == OHTD_MATCH_METHOD)
		refuse_path(call, match, &found);
	else if (!authorize(call)) {
		/* Whether an address is well-formed is nobody's business before he has logged in. */
		if (match == OHTD_MATCH_ADDRESS)
			refuse_path(call, match, &found);
		else if (!take_body(call))
			call->route->handle(call);
	}
}

int ohtd_dispatch(h2o_handler_t *self, h2o_req_t *req)
{
	struct ohtd_call *call = make_call(req);

	(void)self;
	ohtd_log_set_request(call->request_id);
	dispatch(call);
	ohtd_log_set_request(NULL);
	return 0;
}

/* ---- what handlers ask for ---- */

const struct ohtd_snapshot *ohtd_call_snapshot(struct ohtd_call *call)
{
	struct ohtd_loop *loop = call->loop;
	struct ohtd_robot *robot = loop->server->setup.robot;

	/* When the writer keeps coming in between, the older copy is still true enough. */
	if (loop->snapshot.version != ohtd_robot_version(robot))
		ohtd_robot_snapshot(robot, &loop->snapshot);
	return &loop->snapshot;
}

struct ohtd_auth *ohtd_call_auth(struct ohtd_call *call)
{
	return call->loop->server->setup.auth;
}

struct ohtd_robot *ohtd_call_robot(struct ohtd_call *call)
{
	return call->loop->server->setup.robot;
}

struct ohtd_clock *ohtd_call_clock(struct ohtd_call *call)
{
	return call->loop->server->setup.clock;
}

struct ohtd_workers *ohtd_call_workers(struct ohtd_call *call)
{
	return call->loop->server->setup.workers;
}

struct ohtd_store *ohtd_call_store(struct ohtd_call *call)
{
	return call->loop->server->setup.store;
}

const struct ohtd_recorder *ohtd_call_recorder(struct ohtd_call *call)
{
	return call->loop->server->setup.recorder;
}

const struct ohtd_config *ohtd_call_config(struct ohtd_call *call)
{
	return call->loop->server->setup.config;
}

struct ohtd_setup *ohtd_call_setup(struct ohtd_call *call)
{
	return call->loop->server->setup.setup;
}

struct ohtd_link *ohtd_call_link(struct ohtd_call *call)
{
	return call->loop->link;
}

void ohtd_call_stop_repeated(struct ohtd_call *call)
{
	atomic_fetch_add(&call->loop->server->stops_repeated, 1);
}

unsigned long ohtd_call_stops_repeated(struct ohtd_call *call, bool take)
{
	atomic_ulong *count = &call->loop->server->stops_repeated;

	return take ? atomic_exchange(count, 0) : atomic_load(count);
}

const char *ohtd_call_address(struct ohtd_call *call)
{
	return call->conn->address;
}

int64_t ohtd_call_age_ms(struct ohtd_call *call, uint64_t time_ns)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(ohtd_call_clock(call));

	if (!time_ns)
		return -1;
	return now_ns > time_ns ? (int64_t)((now_ns - time_ns) / OHTD_NS_PER_MS) : 0;
}

const char *ohtd_call_text(const struct ohtd_call *call, const char *name)
{
	return json_object_get_string(json_object_object_get(call->body, name));
}

const char *ohtd_call_header(struct ohtd_call *call, const char *name)
{
	const h2o_headers_t *headers = &call->req->headers;
	size_t n = strlen(name);
	ssize_t i = h2o_find_header_by_str(headers, name, n, -1);

	if (i < 0 || h2o_find_header_by_str(headers, name, n, i) >= 0)
		return NULL;
	return h2o_strdup(&call->req->pool, headers->entries[i].value.base,
			  headers->entries[i].value.len).base;
}
