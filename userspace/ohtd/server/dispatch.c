// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <h2o/websocket.h>

#include "auth/keys.h"
#include "auth/session.h"
#include "auth/ticket.h"
#include "courses/courses.h"
#include "clients/refusal.h"
#include "server/cookie.h"
#include "http/framing.h"
#include "server/loop.h"
#include "http/route.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/robot.h"
#include "settings/settings.h"

static void *take_from_pool(void *from, size_t bytes)
{
	return h2o_mem_alloc_pool(from, bytes);
}

struct ohtd_memory ohtd_pool_memory(h2o_mem_pool_t *pool)
{
	return (struct ohtd_memory){ .take = take_from_pool, .from = pool };
}

/* The request's memory goes: it has been answered, or the client has left. */
static void call_gone(void *data)
{
	struct ohtd_call *call = data;

	if (call->pending)
		call->pending->call = NULL;
	ohtd_audited_drop(call);
	ohtd_server_key_drop(call);
	if (call->conn->call == call) {
		call->conn->call = NULL;
		call->conn->answered_ms = 0;
	}
}

static struct ohtd_call *make_call(h2o_req_t *req)
{
	struct ohtd_call *call = h2o_mem_alloc_shared(&req->pool, sizeof(*call), call_gone);

	memset(call, 0, sizeof(*call));
	call->req = req;
	call->memory = ohtd_pool_memory(&req->pool);
	call->loop = ohtd_loop_of(req);
	call->services = call->loop->server->services;
	call->count = &call->loop->counts[ohtd_router_count(call->loop->server->router) + 1];
	call->begun_ns = ohtd_clock_monotonic_ns(call->services->clock);
	call->conn = req->conn->callbacks->get_socket(req->conn)->on_close.data;
	call->conn->call = call;
	call->conn->asked = true;
	call->conn->answered_ms = 0;
	ohtd_forwarded_take(call);
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

static bool is_good(const struct ohtd_call *call, enum ohtd_token_result result)
{
	return result == OHTD_TOKEN_GOOD ||
	       ((result == OHTD_TOKEN_EXPIRED || result == OHTD_TOKEN_ELSEWHERE) && call->route->flags & OHTD_ROUTE_EXPIRED_OK);
}

/* The first of several tokens that is good for @role; NULL: none is. */
static const char *token_for(struct ohtd_call *call, enum ohtd_role role)
{
	struct ohtd_principal who;
	const char *token;

	for (unsigned int i = 0; (token = ohtd_call_token(call, i)); i++)
		if (is_good(call, ohtd_auth_check(call->services->auth, token, ohtd_call_address(call), &who)) && who.role >= role)
			break;
	return token;
}

/* A proxy may have added an Authorization of its own to a stop; every other request has been refused for it. */
static const char *choose_token(struct ohtd_call *call)
{
	const char *token = NULL;

	if (ohtd_call_token(call, 1)) {
		token = token_for(call, call->route->role);
		token = token ? token : token_for(call, OHTD_ROLE_NONE);
	}
	return token ? token : ohtd_call_token(call, 0);
}

static int refuse_key(struct ohtd_call *call, enum ohtd_token_result result)
{
	switch (result) {
	case OHTD_TOKEN_EXPIRED:
		return unauthorized(call, "key_expired", "the time of the key is over");
	case OHTD_TOKEN_REVOKED:
		return unauthorized(call, "key_disabled", "the account of the key is disabled");
	case OHTD_TOKEN_ELSEWHERE:
		ohtd_reply_problem(call, 403, "key_address", "the key is not for the address %s", ohtd_call_address(call));
		return -1;
	default:
		return unauthorized(call, "key_invalid", "there is no such key");
	}
}

static int check_token(struct ohtd_call *call, const char *token)
{
	enum ohtd_token_result result;

	if (!*token)
		return unauthorized(call, "token_invalid", "only Bearer tokens are taken");
	result = ohtd_auth_check(call->services->auth, token, ohtd_call_address(call), &call->who);
	if (is_good(call, result))
		return 0;
	if (ohtd_auth_key_is(token))
		return refuse_key(call, result);
	switch (result) {
	case OHTD_TOKEN_EXPIRED:
		return unauthorized(call, "token_expired", "the access token is too old");
	case OHTD_TOKEN_REVOKED:
		return unauthorized(call, "token_revoked", "the session has been ended");
	default:
		return unauthorized(call, "token_invalid", "the access token is not valid");
	}
}

static h2o_iovec_t query_of(const h2o_req_t *req)
{
	size_t at = req->query_at == SIZE_MAX ? req->path.len : req->query_at + 1;

	return h2o_iovec_init(req->path.base + at, req->path.len - at);
}

/* Before it is known who asks, nothing else of the query is looked at. NULL: there is no ticket. */
static const char *ticket_of(struct ohtd_call *call)
{
	static const char name[] = "ticket=";
	h2o_iovec_t query = query_of(call->req);
	const char *text = h2o_strdup(&call->req->pool, query.base, query.len).base;

	while (text && strncmp(text, name, sizeof(name) - 1)) {
		text = strchr(text, '&');
		text += text ? 1 : 0;
	}
	return text ? ohtd_call_text_of(call, "%.*s", (int)strcspn(text + sizeof(name) - 1, "&"),
					text + sizeof(name) - 1) : NULL;
}

/*
 * The page that uses a ticket. A browser sends Origin with each WebSocket. With a GET it sends Origin only to
 * other machines, so a GET without Origin may come from a page of this machine.
 */
static const char *page_of(struct ohtd_call *call)
{
	const char *origin = ohtd_call_header(call, "origin");

	if (origin)
		return origin;
	return call->route->kind == OHTD_UPGRADE ? "" : ohtd_origin_own(call);
}

static int check_ticket(struct ohtd_call *call, const char *ticket)
{
	const struct ohtd_ticket_bond bond = {
		.origin = page_of(call), .address = ohtd_call_address(call), .any_page = true,
	};
	enum ohtd_close why;

	why = ohtd_loop_take_ticket(call->loop, ticket, &bond, &call->who);
	if (why != OHTD_CLOSES)
		return unauthorized(call, ohtd_closes[why].reason, why == OHTD_CLOSE_TOKEN_REVOKED ?
				    "the session has been ended" :
				    "the ticket is used, too old, or of another page or address");
	call->by_ticket = true;
	return 0;
}

/* The access token of the header, or a ticket where the route takes one. */
static int check_proof(struct ohtd_call *call)
{
	const char *token = choose_token(call), *ticket;

	ticket = !token && call->route->flags & OHTD_ROUTE_TICKET ? ticket_of(call) : NULL;
	if (ticket)
		return check_ticket(call, ticket);
	return token ? check_token(call, token) : unauthorized(call, "token_missing", "log in first");
}

/* A key in a query is kept by proxies and browsers. It is refused also where nobody need say who he is; what stops the robot is not. */
static int check_query_key(struct ohtd_call *call)
{
	h2o_iovec_t query = query_of(call->req);

	if (call->route->flags & OHTD_ROUTE_ANY_BODY || query.len <= strlen(OHTD_KEY_PREFIX) ||
	    !ohtd_auth_keys_expose(ohtd_auth_keys_of(call->services->auth), h2o_strdup(&call->req->pool, query.base, query.len).base))
		return 0;
	ohtd_reply_problem(call, 400, "key_in_query",
			   "a key is sent in the header Authorization, never in the query: end this one, others may have read it");
	return -1;
}

/* Does the body ask for what its route is kept for, such as the end of a motion? Neither what its headers say of forms nor the scope of a key refuses such a thing. */
static bool is_kept_for(struct ohtd_call *call)
{
	struct ohtd_input input = { .memory = &call->memory, .shape = call->route->body };

	return call->route->kept_for && !ohtd_input_body(&input, call->req->entity.base, call->req->entity.len) &&
	       call->route->kept_for(input.view);
}

static bool is_permitted(struct ohtd_call *call)
{
	return (call->who.by_key && is_kept_for(call)) || ohtd_server_permits(call);
}

static int check_role(struct ohtd_call *call)
{
	if (call->who.role >= call->route->role)
		return 0;
	ohtd_reply_problem(call, 403, "role", "this needs the role %s, %s is %s",
			   ohtd_role_name(call->route->role), call->who.user,
			   ohtd_role_name(call->who.role));
	return -1;
}

static int check_second(struct ohtd_call *call)
{
	if (call->route->flags & OHTD_ROUTE_ENROL || !ohtd_auth_must_enrol(call->services->auth, &call->who))
		return 0;
	ohtd_reply_problem(call, 403, "second_factor_required", "%s must have a second factor, and has none", call->who.user);
	return -1;
}

/* Verbs, modes and registers of modules are asked about where the command is posted (command.c). */
static int check_course(struct ohtd_call *call)
{
	const struct ohtd_route *route = call->route;
	struct ohtd_courses_lack lack;
	struct ohtd_refusal refusal;
	char act[128];

	if (!ohtd_http_route_takes_course(route))
		return 0;
	snprintf(act, sizeof(act), "%s %s", ohtd_method_name(route->method), route->path);
	if (!ohtd_courses_lacks(call->services->courses, &call->who, OHTD_COURSES_ROUTE, act, &lack))
		return 0;
	ohtd_clients_refusal_lacks(&lack, &call->memory, &refusal);
	ohtd_reply_errors(call, refusal.status, refusal.code, refusal.detail, refusal.errors, refusal.errors_count);
	return -1;
}

static int authorize(struct ohtd_call *call)
{
	if (call->conn->local)
		return check_role(call);
	/* A client that authenticates in the request need not do so in its first message. */
	if (call->route->kind == OHTD_UPGRADE && call->route->role == OHTD_ROLE_NONE &&
	    ohtd_call_has_header(call, "authorization"))
		return check_proof(call) || check_second(call) || !is_permitted(call) ? -1 : 0;
	if (call->route->role == OHTD_ROLE_NONE)
		return 0;
	return check_proof(call) || check_role(call) || check_second(call) || !is_permitted(call) ? -1 : 0;
}

/* The kernel identifies the peer of the local socket (SO_PEERCRED). Tokens are ignored. */
static int admit_local(struct ohtd_call *call)
{
	h2o_req_t *req = call->req;
	struct ohtd_conn *conn = call->conn;

	call->who.role = ohtd_server_local_role(conn);
	if (!call->who.role) {
		ohtd_log(OHTD_LOG_WARNING, "http", "local_refused", "%s", conn->user);
		ohtd_reply_problem(call, 403, "local_no_role",
				   "%s has no role at this socket: see /access/local_roles of the configuration", conn->user);
		return -1;
	}
	call->who.local = true;
	call->who.uid = conn->uid;
	call->who.judged = conn->judged;
	snprintf(call->who.user, sizeof(call->who.user), "%s", conn->user);
	ohtd_log(ohtd_method_reads(req->method.base, req->method.len) ? OHTD_LOG_DEBUG : OHTD_LOG_NOTICE, "http", "local",
		 "%s: %.*s %.*s", conn->user, (int)req->method.len, req->method.base,
		 (int)req->path_normalized.len, req->path_normalized.base);
	return 0;
}

/* Behind all that is said of the input: a person is not asked for a password in vain. */
static int check_elevation(struct ohtd_call *call)
{
	const struct ohtd_route *route = call->route;
	bool in_plant = route->elevation == OHTD_ELEVATION_IN_PLANT && ohtd_settings_layer(call->services->settings) == OHTD_LAYER_PLANT;

	if (route->elevation != OHTD_ELEVATION_ALWAYS && !in_plant)
		return 0;
	/* What brings the robot back in the plant is open to the PIN, too; what gives lasting power is not. */
	if (in_plant && !call->who.local && !call->who.by_key && ohtd_auth_pin_ms(call->services->auth, &call->who))
		return 0;
	return ohtd_call_elevated(call, ohtd_call_text_of(call, "%s %s", ohtd_method_name(route->method), route->path)) ? 0 : -1;
}

static bool is_type(const char *type, const char *wanted)
{
	size_t n = strlen(wanted);

	return type && !strncasecmp(type, wanted, n) &&
	       (!type[n] || type[n] == ';' || type[n] == ' ');
}

/* A merge patch is JSON, and clients that know only that need not say more. */
static bool is_json(const struct ohtd_route *route, const char *type)
{
	return is_type(type, "application/json") ||
	       (route->flags & OHTD_ROUTE_MERGE && is_type(type, "application/merge-patch+json"));
}

/* ---- what is said ---- */

static int refuse_input(struct ohtd_call *call, const struct ohtd_input *input)
{
	ohtd_reply_errors(call, 400, input->code, input->detail, input->errors,
			  input->error_count);
	return -1;
}

static int take_query(struct ohtd_call *call)
{
	struct ohtd_input input = { .memory = &call->memory, .shape = call->route->query };
	h2o_iovec_t text = query_of(call->req);

	/* A route without a shape knows no member. */
	if (!call->route->query && !text.len)
		return 0;
	if (ohtd_input_query(&input, text.base, text.len))
		return refuse_input(call, &input);
	call->query = input.view;
	return 0;
}

static int check_body(struct ohtd_call *call)
{
	const struct ohtd_route *route = call->route;
	const char *coding = ohtd_call_header(call, "content-encoding");
	h2o_iovec_t entity = call->req->entity;

	if (route->body_bytes_max && entity.len > route->body_bytes_max) {
		ohtd_reply_problem(call, 413, "body_too_large", "the body has %zu bytes, at most "
				   "%zu are taken here", entity.len, route->body_bytes_max);
		return -1;
	}
	if (entity.len && !is_json(route, ohtd_call_header(call, "content-type")) && !is_kept_for(call)) {
		ohtd_reply_problem(call, 415, "content_type",
				   "the body must be application/json");
		return -1;
	}
	if (entity.len && coding && strcasecmp(coding, "identity") && !is_kept_for(call)) {
		ohtd_reply_header(call, "accept-encoding", "identity");
		ohtd_reply_problem(call, 415, "content_type",
				   "the body must not be compressed: send it without Content-Encoding");
		return -1;
	}
	return 0;
}

static int take_body(struct ohtd_call *call)
{
	struct ohtd_input input = { .memory = &call->memory, .shape = call->route->body };
	h2o_iovec_t entity = call->req->entity;

	if (call->route->flags & OHTD_ROUTE_SHAPELESS ? ohtd_input_object(&input, entity.base, entity.len)
						  : ohtd_input_body(&input, entity.base, entity.len))
		return refuse_input(call, &input);
	call->input = input.view;
	return 0;
}

static int take_input(struct ohtd_call *call)
{
	const struct ohtd_route *route = call->route;

	if (route->flags & OHTD_ROUTE_ANY_BODY)
		return 0;
	if (route->method != OHTD_GET && check_body(call))
		return -1;
	if (take_query(call))
		return -1;
	return route->method == OHTD_GET ? 0 : take_body(call);
}

/* ---- which form of the answer is wanted ---- */

/* Is one of the types of the answer among those of the header Accept? */
static int check_accept(struct ohtd_call *call)
{
	const struct ohtd_reply_kind *replies = call->route->replies;
	const char *types = NULL;

	if (call->route->flags & OHTD_ROUTE_ANY_BODY || call->route->kind == OHTD_UPGRADE)
		return 0;
	for (size_t i = 0; i < OHTD_REPLIES_MAX && replies[i].status == replies[0].status; i++) {
		const char *type = replies[i].type ? replies[i].type : "application/json";

		if (ohtd_call_accepts(call, type))
			return 0;
		types = types ? ohtd_call_text_of(call, "%s or %s", types, type) : type;
	}
	if (is_kept_for(call))
		return 0;
	ohtd_reply_problem(call, 406, "not_acceptable", "the answer is %s, which Accept excludes",
			   types);
	return -1;
}

/* ---- how often ---- */

/* The name by which a budget knows the client. */
static void name_client(struct ohtd_call *call, char name[OHTD_FOLDED_BYTES])
{
	if (call->who.local)
		snprintf(name, OHTD_FOLDED_BYTES, "uid %u", call->who.uid);
	else if (call->who.by_key)
		snprintf(name, OHTD_FOLDED_BYTES, "%s", call->who.session);
	else if (call->who.user_id)
		snprintf(name, OHTD_FOLDED_BYTES, "account %lld", (long long)call->who.user_id);
	else
		ohtd_address_fold(name, ohtd_call_address(call));
}

static unsigned int permitted_per_s(struct ohtd_call *call, enum ohtd_budget budget)
{
	struct ohtd_rate_values rates = ohtd_settings_rates(call->services->settings);
	const double per_s[OHTD_BUDGETS] = {
		[OHTD_BUDGET_LOGINS] = rates.logins_per_s, [OHTD_BUDGET_CHANGES] = rates.changes_per_s,
		[OHTD_BUDGET_QUERIES] = rates.queries_per_s,
	};

	return (unsigned int)per_s[budget];
}

static int take_budget(struct ohtd_call *call, enum ohtd_budget budget, unsigned int per_s)
{
	char name[OHTD_FOLDED_BYTES];
	unsigned int wait_s;

	name_client(call, name);
	wait_s = ohtd_budget_take(call->loop->server->budgets, budget, name, per_s,
				  ohtd_clock_boottime_ns(call->services->clock));
	if (!wait_s)
		return 0;
	ohtd_log(OHTD_LOG_NOTICE, "http", "rate_limited", "%s: more than %u %s each second", name,
		 per_s, ohtd_budget_name(budget));
	ohtd_reply_header(call, "retry-after", ohtd_call_text_of(call, "%u", wait_s));
	ohtd_reply_problem(call, 429, "rate_limited", "more than %u %s each second; wait for %u s",
			   per_s, ohtd_budget_name(budget), wait_s);
	return -1;
}

/* A key may have a rate of its own, which holds up nothing that stops the robot. */
static int check_budget(struct ohtd_call *call)
{
	enum ohtd_budget budget = ohtd_budget_of(call->route);
	unsigned int of_key = !call->who.by_key || call->route->rate >= OHTD_RATE_HEALTH ? 0 :
			      ohtd_auth_keys_rate(ohtd_auth_keys_of(call->services->auth), &call->who);

	if (of_key && !is_kept_for(call) && take_budget(call, OHTD_BUDGET_KEYS, of_key))
		return -1;
	return budget ? take_budget(call, budget, permitted_per_s(call, budget)) : 0;
}

/* ---- the way of a request ---- */

/* The library itself looks neither at the version nor at what the key holds. */
static bool asks_for_websocket(struct ohtd_call *call)
{
	const char *version = ohtd_call_header(call, "sec-websocket-version");
	const char *key = ohtd_call_header(call, "sec-websocket-key");
	const char *client_key;

	return version && !strcmp(version, "13") && key && strlen(key) == 24 && !strcmp(key + 22, "==") &&
	       !h2o_is_websocket_handshake(call->req, &client_key) && client_key;
}

/* What the kind of the route asks beyond an ordinary one. 0, or -1 when the request has been answered. */
static int check_kind(struct ohtd_call *call)
{
	if (call->route->kind == OHTD_UPGRADE && call->req->version < 0x101) {
		ohtd_reply_problem(call, 505, "http_version", "a WebSocket needs HTTP/1.1: tell the proxy to "
				   "use it");
		return -1;
	}
	if (call->route->kind == OHTD_UPGRADE && !asks_for_websocket(call)) {
		ohtd_reply_header(call, "upgrade", "websocket");
		ohtd_reply_header(call, "sec-websocket-version", "13");
		ohtd_reply_problem(call, 426, "upgrade_required", "this takes only WebSocket, version 13");
		return -1;
	}
	return 0;
}

static bool is_options(const h2o_req_t *req)
{
	return h2o_memis(req->method.base, req->method.len, H2O_STRLIT("OPTIONS"));
}

static void refuse_path(struct ohtd_call *call, enum ohtd_match match,
			const struct ohtd_found *found)
{
	h2o_iovec_t path = call->req->path_normalized;

	if (match == OHTD_MATCH_METHOD) {
		ohtd_reply_header(call, "allow", found->allow);
		ohtd_reply_problem(call, 405, "method_not_allowed", "this takes only %s",
				   found->allow);
	} else if (match == OHTD_MATCH_PARAM) {
		ohtd_reply_problem(call, 400, found->wrong->code, "%s", found->wrong->complaint);
	} else {
		ohtd_reply_problem(call, 404, "not_found", "there is nothing at %.*s",
				   path.len < 200 ? (int)path.len : 200, path.base);
	}
}

static int refuse_place(struct ohtd_call *call)
{
	ohtd_reply_header(call, "retry-after", "1");
	ohtd_reply_problem(call, 503, "busy", "too many connections: only stop, pause, disable, health and "
			   "login are served on this one");
	return -1;
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
	if (route && (route->rate >= OHTD_RATE_HEALTH || route->kept_for))
		return 0;
	return refuse_place(call);
}

/* The same for a route of which only some requests are served there. */
static int check_kept_for(struct ohtd_call *call)
{
	if (!call->route->kept_for || !call->conn->reserved || call->route->kept_for(call->input))
		return 0;
	return refuse_place(call);
}

/* An encoded slash is part of a segment for some programs and ends it for others: for none here. */
static int check_slashes(struct ohtd_call *call)
{
	h2o_iovec_t path = call->req->path;
	size_t end = call->req->query_at == SIZE_MAX ? path.len : call->req->query_at;

	for (size_t i = 0; i + 2 < end; i++)
		if (path.base[i] == '%' && path.base[i + 1] == '2' &&
		    (path.base[i + 2] | 0x20) == 'f') {
			ohtd_reply_problem(call, 400, "bad_path", "encoded slash in the path");
			return -1;
		}
	return 0;
}

static bool serve_beside_routes(struct ohtd_call *call, enum ohtd_match match,
				const struct ohtd_found *found)
{
	h2o_req_t *req = call->req;
	h2o_iovec_t path = req->path_normalized;
	bool file = match == OHTD_MATCH_NONE && ohtd_files_has(call->loop->server->files, path.base, path.len);

	if (file && ohtd_method_reads(req->method.base, req->method.len))
		return ohtd_files_serve(call, path.base, path.len);
	if (!is_options(req) || (!file && match != OHTD_MATCH_METHOD))
		return false;
	ohtd_reply_header(call, "allow", file ? "GET, HEAD, OPTIONS" : found->allow);
	if (!file)
		ohtd_server_let_send(call, found->allow);
	ohtd_reply_empty(call, 204);
	return true;
}

/* A page elsewhere asks with OPTIONS before it sends: the route that it asks for, whose place it needs. NULL: it is no such request. */
static const struct ohtd_route *announced(struct ohtd_call *call)
{
	const char *method = is_options(call->req) ? ohtd_call_header(call, "access-control-request-method") : NULL;
	h2o_iovec_t path = call->req->path_normalized;
	struct ohtd_found found;

	if (!method || ohtd_route_find(call->loop->server->router, method, strlen(method), path.base, path.len, &found) != OHTD_MATCH_FOUND)
		return NULL;
	return found.route;
}

static void dispatch(struct ohtd_call *call)
{
	h2o_req_t *req = call->req;
	struct ohtd_found found;
	enum ohtd_match match;

	match = ohtd_route_find(call->loop->server->router, req->method.base, req->method.len,
				req->path_normalized.base, req->path_normalized.len, &found);
	if (ohtd_prologue_line(call, match == OHTD_MATCH_FOUND ? found.route : NULL) || check_slashes(call))
		return;
	call->asks = match == OHTD_MATCH_FOUND || match == OHTD_MATCH_PARAM ? found.route : NULL;
	if (ohtd_prologue_head(call, match == OHTD_MATCH_FOUND ? found.route : NULL, found.get) ||
	    (call->conn->local && admit_local(call)))
		return;
	if (check_place(call, found.route ? found.route : announced(call)) || serve_beside_routes(call, match, &found))
		return;
	if (match == OHTD_MATCH_NONE || match == OHTD_MATCH_METHOD) {
		refuse_path(call, match, &found);
		return;
	}
	call->route = found.route;
	call->params = found.params;
	call->count = &call->loop->counts[found.index];
	if (check_query_key(call) || authorize(call) || check_course(call))
		return;
	/* Whether an address is well-formed is told only to somebody who has logged in. */
	if (match == OHTD_MATCH_PARAM)
		refuse_path(call, match, &found);
	else if (!check_accept(call) && !check_budget(call) && !take_input(call) && !check_kept_for(call) &&
		 !check_kind(call) && !check_elevation(call) && ohtd_server_key_take(call) && !ohtd_audited_prepare(call))
		call->route->handle(call);
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
