// SPDX-License-Identifier: GPL-2.0-or-later
#include "describe/openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/role.h"
#include "http/budget.h"
#include "http/catalogue.h"
#include "describe/examples.h"
#include "http/problem.h"
#include "robot/command.h"
#include "robot/verbs.h"

#define BODY_BYTES_MAX	65536	/* of a route without a limit of its own, as OHTD_BODY_BYTES_MAX */

/* ---- which codes a route may answer ---- */

struct codes {
	struct {
		int status;
		const char *code;
	} list[OHTD_CATALOGUE_MAX];
	size_t count;
};

/* Each is of a row of the catalogue, and there once: the list has room for all. */
static void add_code(struct codes *codes, int status, const char *code)
{
	for (size_t i = 0; i < codes->count; i++)
		if (codes->list[i].status == status && !strcmp(codes->list[i].code, code))
			return;
	codes->list[codes->count].status = status;
	codes->list[codes->count++].code = code;
}

/* A code with each of the statuses that it has as a problem. */
/* Of x-elevation. */
static const char *elevation_name(enum ohtd_elevation elevation)
{
	static const char *const names[] = {
		[OHTD_ELEVATION_NEVER] = "never",
		[OHTD_ELEVATION_ALWAYS] = "always",
		[OHTD_ELEVATION_IN_PLANT] = "in-plant",
		[OHTD_ELEVATION_BY_MODE] = "by-mode",
		[OHTD_ELEVATION_BY_ITEM] = "by-item",
		[OHTD_ELEVATION_BY_REGISTER] = "by-register",
	};

	return names[elevation];
}

static void add_problem(struct codes *codes, const char *code)
{
	for (size_t i = 0; i < ohtd_catalogue_count; i++)
		if (ohtd_catalogue[i].kind == OHTD_CATALOGUE_PROBLEM &&
		    !strcmp(ohtd_catalogue[i].code, code))
			add_code(codes, (int)ohtd_catalogue[i].status, code);
}

static void add_all(struct codes *codes, const char *const *list)
{
	for (; *list; list++)
		add_problem(codes, *list);
}

static void add_of_path(struct codes *codes, const struct ohtd_route *route)
{
	for (const char *brace = strchr(route->path, '{'); brace; brace = strchr(brace + 1, '{'))
		add_problem(codes, ohtd_param_kind(brace)->code);
}

static void add_of_input(struct codes *codes, const struct ohtd_route *route)
{
	static const char *const body[] = {
		"bad_json", "body_too_large", "content_type", NULL,
	};

	if (route->kind == OHTD_UPGRADE)
		add_problem(codes, "upgrade_required");
	if (route->flags & OHTD_ROUTE_ANY_BODY)
		return;
	if (route->kind != OHTD_UPGRADE)
		add_problem(codes, "not_acceptable");
	add_problem(codes, "validation");
	add_problem(codes, "bad_query");
	add_problem(codes, "key_in_query");
	if (route->method != OHTD_GET)
		add_all(codes, body);
}

static void add_of_command(struct codes *codes)
{
	static const char *const all[] = {
		"busy", "shutting_down", "expired", "no_answer_in_time", "out_of_memory", "refused", NULL,
	};

	add_all(codes, all);
	for (size_t i = 0; i < ohtd_catalogue_count; i++)
		if (ohtd_catalogue[i].kind == OHTD_CATALOGUE_REASON)
			add_code(codes, 409, ohtd_catalogue[i].code);
}

static void add_of_store(struct codes *codes)
{
	static const char *const all[] = {
		"busy", "rate_limited", "no_answer_in_time", "out_of_memory", "unavailable", "storage_busy",
		"storage_hung", "storage_read_only", "storage_failing", "storage_damaged",
		"storage_full", NULL,
	};

	add_all(codes, all);
}

/* Of a key that bounds its holder; only its end bounds a stop. */
static void add_of_keys(struct codes *codes, const struct ohtd_route *route)
{
	static const char *const ended[] = { "key_invalid", "key_disabled", NULL };
	static const char *const bounds[] = { "key_expired", "key_address", "key_scope", NULL };

	add_all(codes, ended);
	if (route->rate != OHTD_RATE_STOP)
		add_all(codes, bounds);
}

static void collect_codes(struct codes *codes, const struct ohtd_route *route)
{
	static const char *const token[] = { "token_invalid", "token_expired", "token_revoked", NULL };
	static const char *const role[] = { "token_missing", "role", NULL };
	static const char *const other_elevation[] = { "key_elevation", "local_elevation", NULL };
	static const char *const key[] = { "request_key_invalid", "request_key_runs", "request_key_lost", "request_key_reused", NULL };

	codes->count = 0;
	add_of_path(codes, route);
	add_of_input(codes, route);
	/* A socket that is open to everybody takes a token in the header, too, and judges it. */
	if (route->role || route->kind == OHTD_UPGRADE)
		add_all(codes, token);
	if (route->role || route->kind == OHTD_UPGRADE)
		add_of_keys(codes, route);
	if (route->role)
		add_all(codes, role);
	if ((route->role || route->kind == OHTD_UPGRADE) && !(route->flags & OHTD_ROUTE_ENROL))
		add_problem(codes, "second_factor_required");
	if (ohtd_http_route_takes_course(route))
		add_problem(codes, "qualification_missing");
	if (route->elevation != OHTD_ELEVATION_NEVER)
		add_problem(codes, "elevation_required");
	if (ohtd_budget_of(route) || ohtd_route_is_admitted(route))
		add_problem(codes, "rate_limited");
	if (route->flags & OHTD_ROUTE_KEYED)
		add_all(codes, key);
	if (route->flags & OHTD_ROUTE_COMMAND)
		add_of_command(codes);
	if (route->flags & (OHTD_ROUTE_STORE | OHTD_ROUTE_NOTES))
		add_of_store(codes);
	for (size_t i = 0; i < OHTD_CODES_MAX && route->problems[i]; i++)
		add_problem(codes, route->problems[i]);
	for (size_t i = 0; i < codes->count; i++)
		if (!strcmp(codes->list[i].code, "elevation_required"))
			add_all(codes, other_elevation);
}

/* ---- answers ---- */

/* The example of a route with that status; 0: any. NULL: there is none. */
static const struct ohtd_example *example_of(const struct ohtd_route *route, int status)
{
	char path[128];

	ohtd_route_path(route, path, sizeof(path));
	for (size_t i = 0; i < ohtd_example_count; i++) {
		const struct ohtd_example *example = &ohtd_examples[i];

		if (!strcmp(example->method, ohtd_method_name(route->method)) &&
		    !strcmp(example->route, path) && (!status || example->status == status))
			return example;
	}
	return NULL;
}

static void write_example(struct ohtd_writer *writer, const struct ohtd_route *route, int status)
{
	const struct ohtd_example *example = example_of(route, status);

	if (!example)
		return;
	ohtd_write_key(writer, "example");
	ohtd_write_json(writer, example->answer);
}

static void write_problem_ref(struct ohtd_writer *writer, const struct ohtd_route *route,
			      int status)
{
	ohtd_write_key(writer, "content");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "application/problem+json");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "schema");
	ohtd_schema_ref(writer, &ohtd_problem_shape);
	if (status)
		write_example(writer, route, status);
	ohtd_write_close(writer, '}');
	ohtd_write_close(writer, '}');
}

static void write_status(struct ohtd_writer *writer, const struct ohtd_route *route, int status,
			 const struct codes *codes)
{
	char key[16];

	snprintf(key, sizeof(key), "%d", status);
	ohtd_write_key(writer, key);
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "description", ohtd_status_text(status));
	ohtd_write_key(writer, "x-codes");
	ohtd_write_open(writer, '[');
	for (size_t i = 0; i < codes->count; i++)
		if (codes->list[i].status == status)
			ohtd_write_text(writer, codes->list[i].code);
	ohtd_write_close(writer, ']');
	write_problem_ref(writer, route, status);
	ohtd_write_close(writer, '}');
}

static void write_problems(struct ohtd_writer *writer, const struct ohtd_route *route)
{
	struct codes codes;

	collect_codes(&codes, route);
	for (size_t i = 0; i < ohtd_status_count(); i++) {
		int status = ohtd_status_at(i);
		bool any = false;

		for (size_t j = 0; j < codes.count; j++)
			any = any || codes.list[j].status == status;
		if (any)
			write_status(writer, route, status, &codes);
	}
	ohtd_write_key(writer, "default");
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "description", "What every route may answer: see GET errors");
	write_problem_ref(writer, route, 0);
	ohtd_write_close(writer, '}');
}

static void write_content(struct ohtd_writer *writer, const struct ohtd_route *route,
			  const struct ohtd_reply_kind *reply)
{
	ohtd_write_key(writer, reply->type ? reply->type : "application/json");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "schema");
	if (reply->shape)
		ohtd_schema_ref(writer, reply->shape);
	else
		ohtd_write_json(writer, "{}");
	write_example(writer, route, reply->status);
	ohtd_write_close(writer, '}');
}

/* One status, with each of its media types. */
static void write_reply(struct ohtd_writer *writer, const struct ohtd_route *route, size_t first)
{
	const struct ohtd_reply_kind *reply = &route->replies[first];
	char key[16];

	snprintf(key, sizeof(key), "%d", reply->status);
	ohtd_write_key(writer, key);
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "description", ohtd_status_text(reply->status));
	if (reply->shape || reply->type) {
		ohtd_write_key(writer, "content");
		ohtd_write_open(writer, '{');
		for (size_t i = first; i < OHTD_REPLIES_MAX && route->replies[i].status == reply->status; i++)
			write_content(writer, route, &route->replies[i]);
		ohtd_write_close(writer, '}');
	}
	ohtd_write_close(writer, '}');
}

static void write_replies(struct ohtd_writer *writer, const struct ohtd_route *route)
{
	ohtd_write_key(writer, "responses");
	ohtd_write_open(writer, '{');
	for (size_t i = 0; i < OHTD_REPLIES_MAX && route->replies[i].status; i++)
		if (!i || route->replies[i].status != route->replies[i - 1].status)
			write_reply(writer, route, i);
	write_problems(writer, route);
	ohtd_write_close(writer, '}');
}

/* ---- requests ---- */

static void write_params(struct ohtd_writer *writer, const struct ohtd_route *route)
{
	for (const char *brace = strchr(route->path, '{'); brace; brace = strchr(brace + 1, '{')) {
		const struct ohtd_param_kind *kind = ohtd_param_kind(brace);

		ohtd_write_open(writer, '{');
		ohtd_write_pair(writer, "name", kind->name);
		ohtd_write_pair(writer, "in", "path");
		ohtd_write_key(writer, "required");
		ohtd_write_boolean(writer, true);
		ohtd_write_pair(writer, "description", kind->complaint);
		ohtd_write_key(writer, "schema");
		ohtd_write_json(writer, kind->schema);
		ohtd_write_close(writer, '}');
	}
}

static void write_query(struct ohtd_writer *writer, const struct ohtd_shape *query)
{
	for (size_t i = 0; query && i < query->count; i++) {
		const struct ohtd_member *member = &query->members[i];

		if (member->type == OHTD_IS_PART) {
			write_query(writer, member->shape);
			continue;
		}
		ohtd_write_open(writer, '{');
		ohtd_write_pair(writer, "name", member->name);
		ohtd_write_pair(writer, "in", "query");
		ohtd_write_key(writer, "required");
		ohtd_write_boolean(writer, member->flags & OHTD_NEEDED);
		ohtd_write_pair(writer, "description", member->summary);
		ohtd_write_key(writer, "schema");
		ohtd_schema_member(writer, member, true);
		ohtd_write_close(writer, '}');
	}
}

static bool needs_body(const struct ohtd_shape *body)
{
	for (size_t i = 0; body && i < body->count; i++)
		if (body->members[i].flags & OHTD_NEEDED ||
		    (body->members[i].type == OHTD_IS_PART && needs_body(body->members[i].shape)))
			return true;
	return false;
}

/* Whose members are not those of a struct. */
static void write_object(struct ohtd_writer *writer, bool merges)
{
	ohtd_write_key(writer, "requestBody");
	ohtd_write_json(writer, merges ? "{\"required\":false,\"content\":{"
			"\"application/merge-patch+json\":{\"schema\":{\"type\":\"object\"}},"
			"\"application/json\":{\"schema\":{\"type\":\"object\"}}}}" :
			"{\"required\":true,\"content\":{\"application/json\":{\"schema\":{\"type\":\"object\"}}}}");
}

static void write_body(struct ohtd_writer *writer, const struct ohtd_route *route)
{
	if (route->flags & OHTD_ROUTE_SHAPELESS)
		write_object(writer, route->flags & OHTD_ROUTE_MERGE);
	if (!route->body)
		return;
	ohtd_write_key(writer, "requestBody");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "required");
	ohtd_write_boolean(writer, needs_body(route->body));
	ohtd_write_key(writer, "content");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "application/json");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "schema");
	ohtd_schema_ref(writer, route->body);
	if (example_of(route, 0) && example_of(route, 0)->request) {
		ohtd_write_key(writer, "example");
		ohtd_write_json(writer, example_of(route, 0)->request);
	}
	ohtd_write_close(writer, '}');
	ohtd_write_close(writer, '}');
	ohtd_write_close(writer, '}');
}

/* ---- routes ---- */

/* "getModulesUnitRegisters" */
static void write_id(struct ohtd_writer *writer, const struct ohtd_route *route)
{
	const char *method = ohtd_method_name(route->method);
	bool upper = false;
	char id[128];
	size_t n = 0;

	for (; *method; method++)
		id[n++] = (char)tolower((unsigned char)*method);
	for (const char *at = route->path; *at && n + 1 < sizeof(id); at++) {
		if (at == route->path || !isalnum((unsigned char)at[-1]))
			upper = true;
		if (isalnum((unsigned char)*at))
			id[n++] = upper ? (char)toupper((unsigned char)*at) : *at;
		upper = false;
	}
	id[n] = 0;
	ohtd_write_pair(writer, "operationId", id);
}

static bool asks_for(const struct ohtd_route *route, const struct ohtd_verb_row *verb)
{
	const char *method = ohtd_method_name(route->method);
	size_t n = strlen(method);

	return verb->word && verb->route && !strncmp(verb->route, method, n) && verb->route[n] == ' ' &&
	       !strcmp(verb->route + n + 1, route->path);
}

/* Each verb that the route asks the robot for, with its lowest role and its elevation. */
static void write_verbs(struct ohtd_writer *writer, const struct ohtd_route *route)
{
	bool any = false;

	for (unsigned int kind = 1; kind <= OHTD_COMMAND_LAST; kind++) {
		const struct ohtd_verb_row *verb = ohtd_verb_row(kind);

		if (!asks_for(route, verb))
			continue;
		if (!any) {
			ohtd_write_key(writer, "x-verbs");
			ohtd_write_open(writer, '{');
		}
		any = true;
		ohtd_write_key(writer, verb->word);
		ohtd_write_open(writer, '{');
		ohtd_write_pair(writer, "x-role", ohtd_role_name(verb->role ? verb->role : (int)route->role));
		ohtd_write_pair(writer, "x-elevation", elevation_name(verb->elevation));
		ohtd_write_close(writer, '}');
	}
	if (any)
		ohtd_write_close(writer, '}');
}

/* draft-ietf-httpapi-idempotency-key-header */
static const char key_header[] =
	"{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,\"description\":\"A fresh UUID for each act: the same "
	"request with the same key is answered again, for 24 hours, and done once\","
	"\"schema\":{\"type\":\"string\",\"minLength\":16,\"maxLength\":128}}";

static void write_operation(struct ohtd_writer *writer, const struct ohtd_route *route,
			    const char *tag)
{
	static const char *const rates[] = {
		[OHTD_RATE_GENERAL] = "general", [OHTD_RATE_RENEW] = "renew",
		[OHTD_RATE_HEALTH] = "health", [OHTD_RATE_LOGIN] = "login", [OHTD_RATE_STOP] = "stop",
	};
	static const char *const kinds[] = {
		[OHTD_ANSWER] = "answer", [OHTD_STREAM] = "stream", [OHTD_UPGRADE] = "upgrade",
	};

	ohtd_write_open(writer, '{');
	write_id(writer, route);
	ohtd_write_key(writer, "tags");
	ohtd_write_open(writer, '[');
	ohtd_write_text(writer, tag);
	ohtd_write_close(writer, ']');
	ohtd_write_pair(writer, "summary", route->summary);
	if (route->text)
		ohtd_write_pair(writer, "description", route->text);
	ohtd_write_key(writer, "security");
	ohtd_write_json(writer, route->role ? "[{\"bearer\":[]}]" : "[]");
	ohtd_write_pair(writer, "x-role", ohtd_role_name(route->role));
	ohtd_write_pair(writer, "x-elevation", elevation_name(route->elevation));
	write_verbs(writer, route);
	ohtd_write_pair(writer, "x-rate", rates[route->rate]);
	if (ohtd_budget_of(route))
		ohtd_write_pair(writer, "x-budget", ohtd_budget_name(ohtd_budget_of(route)));
	ohtd_write_pair(writer, "x-kind", kinds[route->kind]);
	if (route->method != OHTD_GET) {
		size_t max = route->body_bytes_max ? route->body_bytes_max : BODY_BYTES_MAX;

		ohtd_write_key(writer, "x-body-bytes-max");
		ohtd_write_integer(writer, (int64_t)max);
	}
	if (route->flags & OHTD_ROUTE_KEYED)
		ohtd_write_pair(writer, "x-idempotency-key", route->flags & OHTD_ROUTE_ATOMIC ? "atomic" : "noted");
	if (route->flags & OHTD_ROUTE_ANY_BODY) {
		ohtd_write_key(writer, "x-any-body");
		ohtd_write_boolean(writer, true);
	}
	if (route->query || strchr(route->path, '{') || route->flags & OHTD_ROUTE_KEYED) {
		ohtd_write_key(writer, "parameters");
		ohtd_write_open(writer, '[');
		write_params(writer, route);
		write_query(writer, route->query);
		if (route->flags & OHTD_ROUTE_KEYED)
			ohtd_write_json(writer, key_header);
		ohtd_write_close(writer, ']');
	}
	write_body(writer, route);
	write_replies(writer, route);
	ohtd_write_close(writer, '}');
}

/* A path is an object with all its methods; it stands where its first route does. */
static void write_path(struct ohtd_writer *writer, const struct ohtd_router *router, size_t first)
{
	const struct ohtd_route *route = ohtd_router_route(router, first);
	char path[128];

	for (size_t i = 0; i < first; i++)
		if (!strcmp(ohtd_router_route(router, i)->path, route->path))
			return;
	ohtd_route_path(route, path, sizeof(path));
	ohtd_write_key(writer, path);
	ohtd_write_open(writer, '{');
	for (size_t i = first; i < ohtd_router_count(router); i++) {
		const struct ohtd_route *other = ohtd_router_route(router, i);
		char method[16] = "";

		if (strcmp(other->path, route->path))
			continue;
		for (size_t j = 0; ohtd_method_name(other->method)[j]; j++)
			method[j] = (char)tolower((unsigned char)ohtd_method_name(other->method)[j]);
		ohtd_write_key(writer, method);
		write_operation(writer, other, ohtd_router_tag(router, i));
	}
	ohtd_write_close(writer, '}');
}

/* ---- the document ---- */

static void write_head(struct ohtd_writer *writer)
{
	ohtd_write_pair(writer, "openapi", "3.1.0");
	ohtd_write_key(writer, "info");
	ohtd_write_open(writer, '{');
	ohtd_write_pair(writer, "title", "ohtd");
	ohtd_write_pair(writer, "version", OHT_VERSION);
	ohtd_write_pair(writer, "summary", "Robot controller over RS485");
	ohtd_write_pair(writer, "description",
			"Each route takes HEAD where it takes GET, and OPTIONS. A role includes those "
			"before it: viewer, operator, supervisor, administrator. Lengths are in bytes.");
	ohtd_write_key(writer, "license");
	ohtd_write_json(writer, "{\"name\":\"GPL-2.0-or-later\",\"identifier\":\"GPL-2.0-or-later\"}");
	ohtd_write_close(writer, '}');
	ohtd_write_key(writer, "servers");
	ohtd_write_json(writer, "[{\"url\":\"/\"}]");
}

static void write_components(struct ohtd_writer *writer, const struct ohtd_shapes *shapes)
{
	ohtd_write_key(writer, "components");
	ohtd_write_open(writer, '{');
	ohtd_write_key(writer, "securitySchemes");
	ohtd_write_json(writer, "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}}");
	ohtd_write_key(writer, "schemas");
	ohtd_write_open(writer, '{');
	ohtd_schema_shapes(writer, shapes);
	ohtd_write_close(writer, '}');
	ohtd_write_close(writer, '}');
}

static void collect_shapes(struct ohtd_shapes *shapes, const struct ohtd_router *router)
{
	ohtd_shapes_add(shapes, &ohtd_problem_shape, false);
	for (size_t i = 0; i < ohtd_router_count(router); i++) {
		const struct ohtd_route *route = ohtd_router_route(router, i);

		ohtd_shapes_add(shapes, route->body, true);
		for (size_t j = 0; j < OHTD_REPLIES_MAX && route->replies[j].status; j++)
			ohtd_shapes_add(shapes, route->replies[j].shape, false);
	}
}

static void write_document(struct ohtd_writer *writer, const void *about)
{
	const struct ohtd_router *router = about;
	struct ohtd_shapes shapes = { .count = 0 };

	collect_shapes(&shapes, router);
	ohtd_write_open(writer, '{');
	write_head(writer);
	ohtd_write_key(writer, "paths");
	ohtd_write_open(writer, '{');
	for (size_t i = 0; i < ohtd_router_count(router); i++)
		write_path(writer, router, i);
	ohtd_write_close(writer, '}');
	write_components(writer, &shapes);
	ohtd_write_close(writer, '}');
}

char *ohtd_openapi_make(const struct ohtd_router *router, size_t *bytes, char *why, size_t size)
{
	struct ohtd_shapes shapes = { .count = 0 };

	collect_shapes(&shapes, router);
	snprintf(why, size, "the description of the API: out of memory");
	return ohtd_json_shapes_fit(&shapes, why, size) ? ohtd_description_make(write_document, router, bytes) : NULL;
}
