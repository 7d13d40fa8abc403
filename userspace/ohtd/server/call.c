// SPDX-License-Identifier: GPL-2.0-or-later
/* What handlers ask for. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <json-c/json.h>

#include "clients/stop.h"
#include "http/accept.h"
#include "json/writer.h"
#include "server/loop.h"
#include "auth/keys.h"
#include "auth/session.h"
#include "auth/ticket.h"
#include "base/clock.h"
#include "base/workers.h"
#include "control/robot.h"

#define BLANKS	" \t"

const struct ohtd_snapshot *ohtd_loop_snapshot(struct ohtd_loop *loop)
{
	struct ohtd_robot *robot = loop->server->services->robot;

	/* When the writer keeps coming in between, the older copy is still true enough. */
	if (loop->snapshot.version != ohtd_robot_version(robot))
		ohtd_robot_snapshot(robot, &loop->snapshot);
	return &loop->snapshot;
}

const struct ohtd_snapshot *ohtd_call_snapshot(struct ohtd_call *call)
{
	return ohtd_loop_snapshot(call->loop);
}

struct ohtd_link *ohtd_call_link(const struct ohtd_call *call)
{
	return call->loop->link;
}

static bool only_reads(const struct ohtd_route *route)
{
	return route->method == OHTD_GET || route->flags & OHTD_ROUTE_QUIET;
}

int ohtd_call_submit(struct ohtd_call *call, struct ohtd_work *work)
{
	const struct ohtd_services *services = call->services;

	work->owner = ohtd_principal_tag(&call->who);
	return ohtd_workers_submit(only_reads(call->route) ? services->workers : services->changers, work);
}

void ohtd_reply_not_submitted(struct ohtd_call *call, int error)
{
	ohtd_reply_header(call, "retry-after", "2");
	if (error == -EDQUOT)
		ohtd_reply_problem(call, 429, "rate_limited",
				   "as many requests of %s wait as one account may have: wait for an answer before the next one",
				   call->who.user);
	else
		ohtd_reply_problem(call, 503, "busy", "too many requests are under way");
}

enum ohtd_supervisor ohtd_call_supervisor(const struct ohtd_call *call)
{
	return call->loop->server->supervisor;
}

const struct ohtd_document *ohtd_call_openapi(struct ohtd_call *call)
{
	return &call->loop->server->openapi;
}

const struct ohtd_document *ohtd_call_asyncapi(struct ohtd_call *call)
{
	return &call->loop->server->asyncapi;
}

struct ohtd_tickets *ohtd_call_tickets(struct ohtd_call *call)
{
	return call->loop->server->tickets;
}

struct ohtd_scene ohtd_call_scene(struct ohtd_call *call)
{
	struct ohtd_scene scene = {
		.snapshot = ohtd_call_snapshot(call), .services = call->services,
		.stops_repeated = ohtd_clients_stops_repeated(), .memory = &call->memory,
	};

	ohtd_scene_take_time(&scene);
	return scene;
}

const struct ohtd_server *ohtd_server_of(const struct ohtd_call *call)
{
	return call->loop->server;
}

const char *ohtd_call_address(struct ohtd_call *call)
{
	return call->conn->address;
}

int64_t ohtd_call_age_ms(struct ohtd_call *call, uint64_t time_ns)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(call->services->clock);

	if (!time_ns)
		return -1;
	return (int64_t)(ohtd_since(now_ns, time_ns) / OHTD_NS_PER_MS);
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

const char *ohtd_call_token(struct ohtd_call *call, unsigned int which)
{
	static const char scheme[] = "Bearer";
	const h2o_headers_t *headers = &call->req->headers;
	ssize_t i = h2o_find_header(headers, H2O_TOKEN_AUTHORIZATION, -1);
	size_t n = sizeof(scheme) - 1;
	char *value, *token;

	for (; which && i >= 0; which--)
		i = h2o_find_header(headers, H2O_TOKEN_AUTHORIZATION, i);
	if (i < 0)
		return NULL;
	value = h2o_strdup(&call->req->pool, headers->entries[i].value.base, headers->entries[i].value.len).base;
	token = value + n;
	if (strncasecmp(value, scheme, n) || !strspn(token, BLANKS))
		return "";
	token += strspn(token, BLANKS);
	for (n = strlen(token); n && strchr(BLANKS, token[n - 1]); n--)
		token[n - 1] = 0;
	return token;
}

bool ohtd_call_accepts(struct ohtd_call *call, const char *type)
{
	const char *accept = ohtd_call_header(call, "accept");

	return !accept || ohtd_accept_takes(accept, type);
}

bool ohtd_call_has_header(struct ohtd_call *call, const char *name)
{
	return h2o_find_header_by_str(&call->req->headers, name, strlen(name), -1) >= 0;
}

int64_t ohtd_call_age_or_none_ms(struct ohtd_call *call, uint64_t time_ns)
{
	return time_ns ? ohtd_call_age_ms(call, time_ns) : OHTD_NONE;
}

int64_t ohtd_call_wall_ns(struct ohtd_call *call, uint64_t time_ns)
{
	return time_ns ? ohtd_clock_wall_of_ns(call->services->clock, time_ns) : OHTD_NONE;
}

bool ohtd_server_permits(struct ohtd_call *call)
{
	const char *tag = ohtd_router_tag(call->loop->server->router, (size_t)(call->count - call->loop->counts));

	if (!call->who.by_key || call->route->rate == OHTD_RATE_STOP ||
	    ohtd_auth_keys_permit(ohtd_auth_keys_of(call->services->auth), &call->who, tag, call->params.unit))
		return true;
	ohtd_reply_problem(call, 403, "key_scope", "the key of %s does not permit %s%s", call->who.user, tag,
			   call->params.unit ? " of this module" : "");
	return false;
}

bool ohtd_server_knows_tag(struct ohtd_call *call, const char *tag)
{
	const struct ohtd_router *router = call->loop->server->router;

	for (size_t i = 0; i < ohtd_router_count(router); i++)
		if (!strcmp(ohtd_router_tag(router, i), tag))
			return true;
	return false;
}

bool ohtd_server_takes_course(struct ohtd_call *call, const char *route)
{
	const struct ohtd_router *router = call->loop->server->router;

	for (size_t i = 0; i < ohtd_router_count(router); i++) {
		const struct ohtd_route *one = ohtd_router_route(router, i);
		const char *method = ohtd_method_name(one->method);
		size_t n = strlen(method);

		if (!strncmp(route, method, n) && route[n] == ' ' && !strcmp(route + n + 1, one->path))
			return ohtd_http_route_takes_course(one);
	}
	return false;
}

/* A local administrator could give himself what he lacks; local users below have no password to say again. */
bool ohtd_server_is_elevated(struct ohtd_call *call)
{
	if (call->who.local)
		return call->who.role == OHTD_ROLE_ADMINISTRATOR;
	return ohtd_auth_elevated_ms(call->services->auth, &call->who);
}

bool ohtd_call_elevated(struct ohtd_call *call, const char *what)
{
	if (ohtd_server_is_elevated(call))
		return true;
	if (call->who.local) {
		ohtd_reply_problem(call, 403, "local_elevation", "%s needs an elevated session, which %s with the role %s has not", what,
				   call->who.user, ohtd_role_name(call->who.role));
		return false;
	}
	if (call->who.by_key) {
		ohtd_reply_problem(call, 403, "key_elevation", "%s needs an elevated session, which a key has not", what);
		return false;
	}
	ohtd_reply_problem(call, 403, "elevation_required", "%s needs an elevated session", what);
	return false;
}

bool ohtd_call_has_session(struct ohtd_call *call)
{
	if (*call->who.session && !call->who.by_key)
		return true;
	ohtd_reply_problem(call, 409, "no_session", "%s has no session", call->who.by_key ? "a key" : "the local socket");
	return false;
}

void *ohtd_call_alloc(struct ohtd_call *call, size_t bytes)
{
	return memset(call->memory.take(call->memory.from, bytes ? bytes : 1), 0, bytes);
}

const char *ohtd_call_text_of(struct ohtd_call *call, const char *format, ...)
{
	char text[512], *made;
	va_list args;
	size_t n;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	n = strlen(text);
	made = ohtd_call_alloc(call, n + 1);
	memcpy(made, text, n);
	return made;
}

const char *ohtd_call_json_text(struct ohtd_call *call, struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t n = text ? strlen(text) : 0;

	return text ? memcpy(ohtd_call_alloc(call, n + 1), text, n + 1) : NULL;
}

const char *ohtd_call_json(struct ohtd_call *call, const struct ohtd_shape *shape, const void *view)
{
	struct ohtd_writer writer;

	ohtd_writer_begin(&writer, &call->memory, 256);
	writer.left_out = OHTD_SECRET | OHTD_PRIVATE;
	writer.sparse = true;
	ohtd_write_shape(&writer, shape, view);
	ohtd_write_bytes(&writer, "", 1);
	return writer.text;
}

bool ohtd_server_lives(struct ohtd_conn *conn, const struct ohtd_principal *who)
{
	if (who->local)
		return conn->local && ohtd_server_local_role(conn) >= who->role;
	return ohtd_auth_lives(conn->loop->server->services->auth, who) && !ohtd_auth_must_enrol(conn->loop->server->services->auth, who);
}

enum ohtd_close ohtd_loop_take_ticket(struct ohtd_loop *loop, const char *ticket,
				      const struct ohtd_ticket_bond *bond, struct ohtd_principal *who)
{
	const struct ohtd_services *services = loop->server->services;
	uint64_t now_ms = ohtd_clock_boottime_ns(services->clock) / OHTD_NS_PER_MS;
	struct ohtd_principal drawn;

	if (!ohtd_ticket_take(loop->server->tickets, ticket, bond, now_ms, &drawn))
		return OHTD_CLOSE_TICKET_INVALID;
	if (!ohtd_auth_lives(services->auth, &drawn) || ohtd_auth_must_enrol(services->auth, &drawn))
		return OHTD_CLOSE_TOKEN_REVOKED;
	*who = drawn;
	return OHTD_CLOSES;
}
