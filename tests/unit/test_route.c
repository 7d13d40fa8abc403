// SPDX-License-Identifier: GPL-2.0-or-later
/* The route table and what may stand in a body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json/input.h"
#include "api/api.h"

static struct ohtd_router *router;
static struct ohtd_found found;

static int make_router(void **state)
{
	char why[256];

	(void)state;
	router = ohtd_router_create(ohtd_route_tables, why, sizeof(why));
	if (!router)
		print_error("%s\n", why);
	return !router;
}

static int drop_router(void **state)
{
	(void)state;
	ohtd_router_destroy(router);
	return 0;
}

static enum ohtd_match find(const char *method, const char *path)
{
	return ohtd_route_find(router, method, strlen(method), path, strlen(path), &found);
}

static void expect_route(const char *method, const char *path, enum ohtd_method found_method,
			 const char *found_path)
{
	if (find(method, path) != OHTD_MATCH_FOUND)
		fail_msg("not found: %s %s", method, path);
	assert_int_equal(found.route->method, found_method);
	assert_string_equal(found.route->path, found_path);
}

static void routes_are_found_by_method_and_path(void **state)
{
	(void)state;
	expect_route("GET", "/api/v1/safety", OHTD_GET, "safety");
	expect_route("HEAD", "/api/v1/safety", OHTD_GET, "safety");
	expect_route("POST", "/api/v1/modules/discover", OHTD_POST, "modules/discover");
	expect_route("GET", "/api/v1/modules/0x02/registers", OHTD_GET, "modules/{unit}/registers");
	assert_int_equal(found.params.unit, 2);
	expect_route("PATCH", "/api/v1/users/17", OHTD_PATCH, "users/{id}");
	assert_int_equal(found.params.id, 17);
}

/* What the audit keeps for long: not what a busy robot has the most of, and anything that it does not know. */
static void acts_last_unless_they_come_every_day(void **state)
{
	static const struct {
		const char *act;
		bool lasts;
	} acts[] = {
		{ "PATCH config", true }, { "POST config/import", true }, { "DELETE config/pending", true }, { "POST users", true },
		{ "PATCH users/{id}", true }, { "DELETE users/{id}", true }, { "POST setup", true }, { "POST auth/password/change", true },
		{ "PUT alert-rules/{name}", true }, { "POST webhooks", true }, { "PUT modules/{unit}/registers/{name}", true },
		{ "POST backups/{id}/restore", true }, { "GET backups/{id}/content", true }, { "POST control/take-over", true },
		{ "restore", true }, { "found altered", true }, { "ohtd --add-user", true }, { "PATCH what/was/once", true },
		{ "POST auth/login", false }, { "POST auth/logout", false }, { "POST auth/elevate", false }, { "DELETE auth/elevate", false },
		{ "DELETE auth/sessions/{name}", false }, { "POST robot/commands", false }, { "POST safety/stop", false },
		{ "PUT robot/override", false }, { "POST control", false }, { "POST control/hand-over", false },
		{ "message command", false }, { "message stop", false }, { "start", false }, { "clock step", false }, { "left out", false },
		{ "gap", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (ohtd_act_lasts(acts[i].act) != acts[i].lasts)
			fail_msg("%s", acts[i].act);
}

/* What a record may be about has words of its own, which read well behind a name. */
static void each_act_has_words(void **state)
{
	char act[128], text[OHTD_ACT_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < ohtd_router_count(router); i++) {
		const struct ohtd_route *route = ohtd_router_route(router, i);

		if ((route->method == OHTD_GET && !route->elevation) || *route->path == '/')
			continue;
		snprintf(act, sizeof(act), "%s %s", ohtd_method_name(route->method), route->path);
		if (!ohtd_act_text(act, true, text))
			fail_msg("%s: no words", act);
		assert_true(*text >= 'a' && *text <= 'z' && text[strlen(text) - 1] != ' ');
	}
	assert_true(ohtd_act_text("POST auth/login", true, text));
	assert_string_equal(text, "logged in");
	assert_true(ohtd_act_text("PATCH config", false, text));
	assert_string_equal(text, "tried to change the configuration");
	assert_false(ohtd_act_text("PATCH what/was/once", true, text));
}

static void unknown_paths_are_not_found(void **state)
{
	static const char *const paths[] = {
		"", "/", "/api", "/api/v1", "/api/v1/", "/api/v1/robots", "/api/v1/robo",
		"/api/v1/modules/", "/api/v1/modules//registers", "/api/v1/modules/2/",
		"/api/v1/modules/2/registers/", "/api/v1/modules/2/3/registers", "/API/v1/robot",
		"/api/v1/safety/stop/now", "/api/v1/{unit}", "//api/v1/robot", "/api//v1/robot",
		"api/v1/robot", "/api/v1/modules/discover/registers",
	};
	char long_path[2048] = "/api/v1/modules/";

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(find("GET", paths[i]), OHTD_MATCH_NONE);
	memset(long_path + strlen(long_path), '/', 1000);
	assert_int_equal(find("GET", long_path), OHTD_MATCH_NONE);
	memset(long_path + strlen("/api/v1/modules/"), '9', 1000);
	assert_int_equal(find("GET", long_path), OHTD_MATCH_PARAM);
}

static void wrong_method_tells_the_right_ones(void **state)
{
	(void)state;
	assert_int_equal(find("GET", "/api/v1/safety/stop"), OHTD_MATCH_METHOD);
	assert_string_equal(found.allow, "POST, OPTIONS");
	assert_int_equal(find("DELETE", "/api/v1/robot"), OHTD_MATCH_METHOD);
	assert_string_equal(found.allow, "GET, HEAD, OPTIONS");
	assert_int_equal(find("PUT", "/api/v1/users"), OHTD_MATCH_METHOD);
	assert_string_equal(found.allow, "GET, HEAD, POST, OPTIONS");
	assert_int_equal(find("get", "/api/v1/robot"), OHTD_MATCH_METHOD);
	assert_int_equal(find("HEAD", "/api/v1/safety/stop"), OHTD_MATCH_METHOD);
	/* A word of the table is no unit address. */
	assert_int_equal(find("GET", "/api/v1/modules/discover"), OHTD_MATCH_METHOD);
	assert_string_equal(found.allow, "POST, OPTIONS");
	/* The method comes first: nothing could be asked here with a right address either. */
	assert_int_equal(find("POST", "/api/v1/modules/0"), OHTD_MATCH_METHOD);
}

static unsigned int unit(const char *text)
{
	return ohtd_route_unit(text, strlen(text));
}

static void unit_addresses(void **state)
{
	static const char *const wrong[] = {
		"", "0", "0x", "0x0", "248", "256", "0xf8", "-1", "+2", " 2", "2 ", "2a", "0X02",
		"0x1ff", "4294967298", "0x0002", "two", "1e1",
	};

	(void)state;
	assert_int_equal(unit("2"), 2);
	assert_int_equal(unit("002"), 2);
	assert_int_equal(unit("0x02"), 2);
	assert_int_equal(unit("0xF7"), 247);
	assert_int_equal(unit("247"), 247);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (unit(wrong[i]))
			fail_msg("taken as an address: %s", wrong[i]);
	assert_int_equal(find("GET", "/api/v1/modules/0"), OHTD_MATCH_PARAM);
	assert_int_equal(find("GET", "/api/v1/modules/abc/registers"), OHTD_MATCH_PARAM);
}

/* ---- tables that are not taken ---- */

static void handle(struct ohtd_call *call)
{
	(void)call;
}

struct lamp {
	int64_t age_ms;
};

OHTD_SHAPE(lamp, "Lamp", OHTD_INTEGER(lamp, age_ms, .summary = "Age"));
static const struct ohtd_member mute[] = { OHTD_INTEGER(lamp, age_ms, .flags = 0) };
static const struct ohtd_shape lamp_mute_shape = { "Lamp", sizeof(struct lamp), mute, 1 };

static const struct ohtd_route good = {
	.method = OHTD_GET, .path = "lamps/{unit}", .replies = { { 200, &lamp_shape } },
	.handle = handle, .summary = "A lamp",
};

/* With a second row that is not as it should be. */
static void refuse_row(struct ohtd_route row, const char *expected)
{
	struct ohtd_route rows[] = { good, row };
	const struct ohtd_route_table table = { "Lamps", rows, 2 };
	const struct ohtd_route_table *const tables[] = { &table, NULL };
	char why[256];

	if (ohtd_router_create(tables, why, sizeof(why)))
		fail_msg("taken: %s", row.path);
	if (!strstr(why, expected))
		fail_msg("'%s' does not say '%s'", why, expected);
}

#define ROW(...)	((struct ohtd_route){						\
	.method = OHTD_GET, .path = "others", .replies = { { 200, &lamp_shape } },	\
	.handle = handle, .summary = "Others", __VA_ARGS__ })

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static void ambiguous_and_broken_tables_are_refused(void **state)
{
	(void)state;
	refuse_row(good, "twice");
	refuse_row(ROW(.path = "lamps/{id}"), "'{id}' and '{unit}' are at the same place");
	refuse_row(ROW(.path = "lamps/{id}/colour"), "same place");
	refuse_row(ROW(.path = "lamps/7"), "'7' would also be a value of '{unit}'");
	refuse_row(ROW(.path = "lamps/0x07/colour"), "'0x07' would also be");
	refuse_row(ROW(.path = "lamps/{colour}"), "no parameter '{colour}'");
	refuse_row(ROW(.path = "lamps/{unit"), "no parameter");
	refuse_row(ROW(.path = "lamps/x{unit}"), "no parameter");
	refuse_row(ROW(.path = "{id}/to/{id}"), "'{id}' is there twice");
	refuse_row(ROW(.path = "lamps//colour"), "empty");
	refuse_row(ROW(.path = "lamps/"), "empty");
	refuse_row(ROW(.path = ""), "empty");
	refuse_row(ROW(.handle = NULL), "no handler");
	refuse_row(ROW(.summary = ""), "no summary");
	refuse_row(ROW(.replies = { { 0, NULL } }), "no answer");
	refuse_row(ROW(.body = &lamp_shape), "GET has no body");
	refuse_row(ROW(.replies = { { 200, &lamp_mute_shape } }), "member 'age_ms' of 'Lamp': it has no summary");
}

static void words_beside_a_parameter_are_taken(void **state)
{
	struct ohtd_route rows[] = {
		good, ROW(.path = "lamps/all"), ROW(.path = "lamps/{unit}/colour"), ROW(.path = "/metrics"),
		ROW(.path = "things/{name}/{id}/{unit}"),
	};
	const struct ohtd_route_table table = { "Lamps", rows, 5 };
	const struct ohtd_route_table *const tables[] = { &table, NULL };
	char why[256];
	struct ohtd_router *made = ohtd_router_create(tables, why, sizeof(why));

	(void)state;
	assert_non_null(made);
	assert_int_equal(ohtd_route_find(made, "GET", 3, "/metrics", 8, &found), OHTD_MATCH_FOUND);
	assert_int_equal(ohtd_route_find(made, "GET", 3, "/api/v1/lamps/all", 17, &found), OHTD_MATCH_FOUND);
	assert_int_equal(found.index, 1);
	assert_int_equal(ohtd_route_find(made, "GET", 3, "/api/v1/things/a-b/5/0x10", 25, &found), OHTD_MATCH_FOUND);
	assert_string_equal(found.params.name, "a-b");
	assert_int_equal(found.params.id, 5);
	assert_int_equal(found.params.unit, 16);
	assert_int_equal(ohtd_route_find(made, "GET", 3, "/api/v1/things/a b/5/16", 23, &found), OHTD_MATCH_PARAM);
	assert_string_equal(found.wrong->code, "bad_name");
	assert_int_equal(ohtd_route_find(made, "GET", 3, "/api/v1/things/ab/x/y", 21, &found), OHTD_MATCH_PARAM);
	assert_string_equal(found.wrong->code, "bad_id");
	ohtd_router_destroy(made);
}
#pragma GCC diagnostic pop

/* What a table can get wrong although it is sound: a role that is too low, a limit that is too high. */
static void roles_and_limits_are_sensible(void **state)
{
	static const char *const open[] = { "health", "auth/login", "auth/refresh", "auth/reset", "auth/register", "auth/device/challenge", "auth/device/enrol",
					    "auth/device/state", "auth/device/login", "setup", "openapi.json", "asyncapi.json",
					    "docs", "errors", "/metrics", "/ca.crt", "ws" };

	(void)state;
	for (size_t i = 0; i < ohtd_router_count(router); i++) {
		const struct ohtd_route *route = ohtd_router_route(router, i);
		bool is_open = false;

		for (size_t j = 0; j < sizeof(open) / sizeof(open[0]); j++)
			is_open = is_open || !strncmp(route->path, open[j], strlen(open[j]));
		assert_true(route->body_bytes_max <= 65536);
		if (is_open)
			assert_int_equal(route->role, OHTD_ROLE_NONE);
		/* Each may look, and say what is about its own session or program. */
		else if (route->method == OHTD_GET || !strncmp(route->path, "auth/", 5) || !strncmp(route->path, "agents/", 7))
			assert_true(route->role >= OHTD_ROLE_VIEWER);
		else
			assert_true(route->role >= OHTD_ROLE_OPERATOR);
	}
}

/* ---- bodies ---- */

#define EURO		"\xe2\x82\xac"
#define EURO_4		EURO EURO EURO EURO
#define EURO_19		EURO_4 EURO_4 EURO_4 EURO_4 EURO EURO EURO
#define EURO_20		EURO_19 EURO

static const char *const words[] = { "go", "stay" };
OHTD_WORDS_OF(word_words, words);

struct said {
	const char *name;
	uint32_t word;
	uint32_t count;
};

OHTD_SHAPE(said, "Said",
	OHTD_TEXT(said, name, .flags = OHTD_NEEDED, .min = 2, .max = 4, .summary = "Name"),
	OHTD_WORD(said, word, .words = &word_words, .summary = "Word"),
	OHTD_INTEGER(said, count, .min = 1, .max = 9, .preset = 1, .summary = "Count"));

static void *blocks[4096];
static size_t block_count;

static void *take(void *from, size_t bytes)
{
	(void)from;
	assert_true(block_count < sizeof(blocks) / sizeof(blocks[0]));
	return blocks[block_count++] = malloc(bytes);
}

static int release(void **state)
{
	(void)state;
	while (block_count)
		free(blocks[--block_count]);
	return 0;
}

static const struct ohtd_memory memory = { take, NULL };
static struct ohtd_input input;

static const struct said *body(const char *text)
{
	input = (struct ohtd_input){ .memory = &memory, .shape = &said_shape };
	return ohtd_input_body(&input, text, strlen(text)) ? NULL : input.view;
}

static const struct said *query_of(const char *text, size_t bytes)
{
	input = (struct ohtd_input){ .memory = &memory, .shape = &said_shape };
	return ohtd_input_query(&input, text, bytes) ? NULL : input.view;
}

static const struct said *query(const char *text)
{
	return query_of(text, strlen(text));
}

static void good_bodies_are_taken(void **state)
{
	const struct said *said = body("{\"name\":\"ab\",\"word\":\"stay\",\"count\":9}");
	struct ohtd_input nothing = { .memory = &memory };

	(void)state;
	assert_non_null(said);
	assert_string_equal(said->name, "ab");
	assert_int_equal(said->word, 1);
	assert_int_equal(said->count, 9);
	assert_int_equal(ohtd_input_body(&nothing, "", 0), 0);
	assert_int_equal(ohtd_input_body(&nothing, "{}", 2), 0);
	assert_int_equal(ohtd_input_body(&nothing, "{\"x\":1}", 7), -1);
}

static void expect_first(const char *pointer, const char *error)
{
	assert_true(input.error_count > 0);
	assert_string_equal(input.errors[0].pointer, pointer);
	assert_string_equal(input.errors[0].code, error);
}

static void refuse(const char *text, const char *code, const char *pointer, const char *error)
{
	if (body(text))
		fail_msg("taken: %s", text);
	assert_string_equal(input.code, code);
	if (pointer)
		expect_first(pointer, error);
}

static void bad_bodies_are_refused_by_pointer(void **state)
{
	(void)state;
	refuse("[]", "bad_json", NULL, NULL);
	refuse("1", "bad_json", NULL, NULL);
	refuse("null", "bad_json", NULL, NULL);
	refuse("{\"name\":\"ab\",}", "bad_json", NULL, NULL);
	refuse("{}", "validation", "/name", "missing");
	refuse("{\"name\":1}", "validation", "/name", "type");
	refuse("{\"name\":null}", "validation", "/name", "type");
	refuse("{\"name\":\"a\"}", "validation", "/name", "length");
	refuse("{\"name\":\"abcde\"}", "validation", "/name", "length");
	refuse("{\"name\":\"ab\",\"word\":\"run\"}", "validation", "/word", "unknown_value");
	refuse("{\"name\":\"ab\",\"count\":0}", "validation", "/count", "range");
	refuse("{\"name\":\"ab\",\"count\":1.5}", "validation", "/count", "type");
	refuse("{\"name\":\"ab\",\"count\":\"1\"}", "validation", "/count", "type");
	refuse("{\"name\":\"ab\",\"extra\":1}", "validation", "/extra", "unknown_member");
}

/* A pointer is RFC 6901, and UTF-8 also where a long name is cut. */
static void names_nobody_knows_are_pointed_at(void **state)
{
	(void)state;
	refuse("{\"name\":\"ab\",\"a/b~c\":1}", "validation", "/a~1b~0c", "unknown_member");
	refuse("{\"name\":\"ab\",\"x" EURO_20 EURO_20 "\":1}", "validation", "/x" EURO_20,
	       "unknown_member");
	refuse("{\"name\":\"ab\",\"" EURO_20 EURO_20 "\":1}", "validation", "/" EURO_20,
	       "unknown_member");
	refuse("{\"name\":\"ab\",\"xyz" EURO_20 "\":1}", "validation", "/xyz" EURO_19,
	       "unknown_member");
}

static void place_of_a_syntax_fault_is_told(void **state)
{
	(void)state;
	assert_null(body("{\n \"name\": NaN}"));
	assert_string_equal(input.detail, "line 2, column 10 (byte 11): expected a value");
	assert_int_equal(input.error_count, 0);
}

/* ---- queries ---- */

static void good_queries_are_taken(void **state)
{
	const struct said *said;

	(void)state;
	/* -0 is an integer, but out of range. */
	assert_null(query("name=a%62+&count=-0&"));
	said = query("name=a%62+&count=9&word=stay");
	assert_non_null(said);
	assert_string_equal(said->name, "ab+");
	assert_int_equal(said->count, 9);
	assert_int_equal(said->word, 1);
	said = query("name=ab");
	assert_non_null(said);
	assert_int_equal(said->count, 1);
	said = query("name=%c3%A4");
	assert_non_null(said);
	assert_string_equal(said->name, "\xc3\xa4");
}

static void refuse_query(const char *text, const char *pointer, const char *error)
{
	if (query(text))
		fail_msg("taken: %s", text);
	assert_string_equal(input.code, pointer ? "validation" : "bad_query");
	if (pointer)
		expect_first(pointer, error);
	else
		assert_int_equal(input.error_count, 0);
}

static void bad_queries_are_refused(void **state)
{
	(void)state;
	refuse_query("", "/name", "missing");
	refuse_query("name=ab&name=ab", "/name", "twice");
	refuse_query("name=ab&count=1&count=x", "/count", "twice");
	refuse_query("name=ab&count=x", "/count", "type");
	refuse_query("name=ab&count=", "/count", "type");
	refuse_query("name=ab&count=-", "/count", "type");
	refuse_query("name=ab&count=1234567890123456789", "/count", "type");
	refuse_query("name=ab&count=10", "/count", "range");
	refuse_query("name=ab&word=run", "/word", "unknown_value");
	refuse_query("name=a", "/name", "length");
	refuse_query("name=ab&Name=ab", "/Name", "unknown_member");
	refuse_query("name", NULL, NULL);
	refuse_query("=ab", NULL, NULL);
	refuse_query("&name=ab", NULL, NULL);
	refuse_query("name=ab&&word=go", NULL, NULL);
	refuse_query("name=%", NULL, NULL);
	refuse_query("name=%4", NULL, NULL);
	refuse_query("name=%4g", NULL, NULL);
	refuse_query("name=%00", NULL, NULL);
	refuse_query("name=%7f", NULL, NULL);
	refuse_query("name=\x1f" "ab", NULL, NULL);
	/* Cut, alone, overlong, a surrogate, beyond Unicode, and a control character of it. */
	refuse_query("name=ab%c3", NULL, NULL);
	refuse_query("name=%e2%82", NULL, NULL);
	refuse_query("name=ab%bc", NULL, NULL);
	refuse_query("name=%c0%80", NULL, NULL);
	refuse_query("name=%e0%80%af", NULL, NULL);
	refuse_query("name=%ed%a0%80", NULL, NULL);
	refuse_query("name=%f4%90%80%80", NULL, NULL);
	refuse_query("name=%c2%85", NULL, NULL);
	refuse_query("%fc=ab", NULL, NULL);
}

/* A value of just the room that there is, and one more; the bytes behind the query are not its. */
static void long_queries_and_those_without_an_end(void **state)
{
	char text[OHTD_QUERY_VALUE_BYTES + 8] = "name=";

	(void)state;
	memset(text + 5, 'x', OHTD_QUERY_VALUE_BYTES - 1);
	refuse_query(text, "/name", "length");
	text[OHTD_QUERY_VALUE_BYTES + 4] = 'x';
	refuse_query(text, NULL, NULL);
	assert_null(query_of("name=%41b", 6));
	assert_string_equal(input.code, "bad_query");
}

/* What each day brings, and its effect ends with the run: the audit may leave such records out. All other changes last (docs/audit.md). */
static void only_what_is_of_every_day_may_be_left_out_of_the_audit(void **state)
{
	static const char *const usual[] = {
		"POST robot/commands", "DELETE robot/commands/{id}", "PUT robot/override", "POST control", "DELETE control", "POST modules/discover",
		"POST modules/{unit}/reset", "POST safety/reset", "POST safety/enable", "POST safety/self-test",
	};
	size_t count = 0;
	char name[256];

	(void)state;
	for (size_t i = 0; i < ohtd_router_count(router); i++) {
		const struct ohtd_route *route = ohtd_router_route(router, i);
		bool listed = false;

		if (route->method == OHTD_GET || route->flags & OHTD_ROUTE_QUIET || route->rate == OHTD_RATE_STOP)
			continue;
		snprintf(name, sizeof(name), "%s %s", ohtd_method_name(route->method), route->path);
		for (size_t j = 0; j < sizeof(usual) / sizeof(usual[0]); j++)
			listed = listed || !strcmp(name, usual[j]);
		if (ohtd_route_lasts(route) == listed)
			fail_msg("%s is %s", name, listed ? "of every day, and lasts" : "not of every day, and its record may be left out");
		count += listed;
	}
	assert_int_equal(count, sizeof(usual) / sizeof(usual[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_found_by_method_and_path),
		cmocka_unit_test(acts_last_unless_they_come_every_day),
		cmocka_unit_test(each_act_has_words),
		cmocka_unit_test(unknown_paths_are_not_found),
		cmocka_unit_test(wrong_method_tells_the_right_ones),
		cmocka_unit_test(unit_addresses),
		cmocka_unit_test(ambiguous_and_broken_tables_are_refused),
		cmocka_unit_test(words_beside_a_parameter_are_taken),
		cmocka_unit_test(roles_and_limits_are_sensible),
		cmocka_unit_test(only_what_is_of_every_day_may_be_left_out_of_the_audit),
		cmocka_unit_test_teardown(good_bodies_are_taken, release),
		cmocka_unit_test_teardown(bad_bodies_are_refused_by_pointer, release),
		cmocka_unit_test_teardown(names_nobody_knows_are_pointed_at, release),
		cmocka_unit_test_teardown(place_of_a_syntax_fault_is_told, release),
		cmocka_unit_test_teardown(good_queries_are_taken, release),
		cmocka_unit_test_teardown(bad_queries_are_refused, release),
		cmocka_unit_test_teardown(long_queries_and_those_without_an_end, release),
	};

	return cmocka_run_group_tests(tests, make_router, drop_router);
}
