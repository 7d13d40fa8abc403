// SPDX-License-Identifier: GPL-2.0-or-later
/* The route table and what may stand in a body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "http/api.h"
#include "http/body.h"
#include "http/query.h"
#include "http/route.h"

/* The table names these; nothing here calls them. */
#define HANDLER(name)	void name(struct ohtd_call *call) { (void)call; }
HANDLER(ohtd_api_health)
HANDLER(ohtd_api_health_live)
HANDLER(ohtd_api_health_ready)
HANDLER(ohtd_api_login)
HANDLER(ohtd_api_refresh)
HANDLER(ohtd_api_robot)
HANDLER(ohtd_api_robot_command)
HANDLER(ohtd_api_modules)
HANDLER(ohtd_api_module)
HANDLER(ohtd_api_module_registers)
HANDLER(ohtd_api_modules_discover)
HANDLER(ohtd_api_safety)
HANDLER(ohtd_api_safety_stop)
HANDLER(ohtd_api_safety_reset)
HANDLER(ohtd_api_safety_enable)
HANDLER(ohtd_api_safety_self_test)
HANDLER(ohtd_api_safety_events)
HANDLER(ohtd_api_safety_latency)
HANDLER(ohtd_api_logs)
HANDLER(ohtd_api_users)
HANDLER(ohtd_api_user_add)
HANDLER(ohtd_api_setup)
HANDLER(ohtd_api_user_change)
HANDLER(ohtd_api_logs_level)

static struct ohtd_found found;

static enum ohtd_match find(const char *method, const char *path)
{
	return ohtd_route_find(method, strlen(method), path, strlen(path), &found);
}

static void routes_are_found_by_method_and_path(void **state)
{
	(void)state;
	assert_int_equal(find("GET", "/api/v1/safety"), OHTD_MATCH_FOUND);
	assert_ptr_equal(found.route->handle, ohtd_api_safety);
	assert_int_equal(find("HEAD", "/api/v1/safety"), OHTD_MATCH_FOUND);
	assert_ptr_equal(found.route->handle, ohtd_api_safety);
	assert_int_equal(find("POST", "/api/v1/modules/discover"), OHTD_MATCH_FOUND);
	assert_ptr_equal(found.route->handle, ohtd_api_modules_discover);
	assert_int_equal(find("GET", "/api/v1/modules/0x02/registers"), OHTD_MATCH_FOUND);
	assert_ptr_equal(found.route->handle, ohtd_api_module_registers);
	assert_int_equal(found.unit, 2);
}

static void unknown_paths_are_not_found(void **state)
{
	static const char *const paths[] = {
		"", "/", "/api", "/api/v1", "/api/v1/", "/api/v1/robots", "/api/v1/robo",
		"/api/v1/modules/", "/api/v1/modules//registers", "/api/v1/modules/2/",
		"/api/v1/modules/2/registers/", "/api/v1/modules/2/3/registers", "/API/v1/robot",
		"/api/v1/safety/stop/now", "/api/v1/{addr}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(find("GET", paths[i]), OHTD_MATCH_NONE);
}

static void wrong_method_tells_the_right_ones(void **state)
{
	(void)state;
	assert_int_equal(find("GET", "/api/v1/safety/stop"), OHTD_MATCH_METHOD);
	assert_string_equal(found.allow, "POST");
	assert_int_equal(find("DELETE", "/api/v1/robot"), OHTD_MATCH_METHOD);
	assert_string_equal(found.allow, "GET, HEAD");
	assert_int_equal(find("get", "/api/v1/robot"), OHTD_MATCH_METHOD);
	assert_int_equal(find("HEAD", "/api/v1/safety/stop"), OHTD_MATCH_METHOD);
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
	assert_int_equal(find("GET", "/api/v1/modules/0"), OHTD_MATCH_ADDRESS);
	assert_int_equal(find("GET", "/api/v1/modules/abc/registers"), OHTD_MATCH_ADDRESS);
}

/* What a table can get wrong: a role that is too low, a body limit above the general one. */
static void table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < ohtd_route_count; i++) {
		const struct ohtd_route *route = &ohtd_routes[i];
		bool open = strstr(route->path, "/health") || strstr(route->path, "/auth/") ||
			    !strcmp(route->path, "/api/v1/setup");

		assert_non_null(route->handle);
		assert_true(*route->summary);
		assert_true(route->body_bytes_max <= 65536);
		if (open)
			assert_int_equal(route->role, OHTD_ROLE_NONE);
		else if (!strcmp(route->method, "GET"))
			assert_true(route->role >= OHTD_ROLE_VIEWER);
		else
			assert_true(route->role >= OHTD_ROLE_OPERATOR);
		for (size_t j = 0; j < i; j++)
			assert_true(strcmp(route->method, ohtd_routes[j].method) ||
				    strcmp(route->path, ohtd_routes[j].path));
	}
}

/* ---- bodies ---- */

#define EURO		"\xe2\x82\xac"
#define EURO_4		EURO EURO EURO EURO
#define EURO_19		EURO_4 EURO_4 EURO_4 EURO_4 EURO EURO EURO
#define EURO_20		EURO_19 EURO

static const char *const words[] = { "go", "stay", NULL };
static const struct ohtd_field fields[] = {
	{ "name", OHTD_FIELD_STRING, true, 2, 4, NULL },
	{ "word", OHTD_FIELD_STRING, false, 0, 10, words },
	{ "count", OHTD_FIELD_INTEGER, false, 1, 9, NULL },
	{ NULL, 0, false, 0, 0, NULL },
};

static void good_bodies_are_taken(void **state)
{
	static const char text[] = "{\"name\":\"ab\",\"word\":\"stay\",\"count\":9}";
	struct ohtd_body_fault fault;
	struct json_object *body;

	(void)state;
	body = ohtd_body_parse(text, strlen(text), fields, &fault);
	assert_non_null(body);
	assert_int_equal(json_object_get_int(json_object_object_get(body, "count")), 9);
	json_object_put(body);
	body = ohtd_body_parse("", 0, NULL, &fault);
	assert_non_null(body);
	json_object_put(body);
}

/* The first of them; releases all. */
static void expect_first(struct json_object *errors, const char *pointer, const char *error)
{
	struct json_object *first = json_object_array_get_idx(errors, 0);

	assert_string_equal(json_object_get_string(json_object_object_get(first, "pointer")),
			    pointer);
	assert_string_equal(json_object_get_string(json_object_object_get(first, "code")), error);
	json_object_put(errors);
}

static void refuse(const char *text, const char *code, const char *pointer, const char *error)
{
	struct ohtd_body_fault fault;

	if (ohtd_body_parse(text, strlen(text), fields, &fault))
		fail_msg("taken: %s", text);
	assert_int_equal(fault.status, 400);
	assert_string_equal(fault.code, code);
	if (!pointer)
		return;
	expect_first(fault.errors, pointer, error);
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
	refuse("{\"name\":\"ab\",\"count\":1.0}", "validation", "/count", "type");
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
	struct ohtd_body_fault fault;

	(void)state;
	assert_null(ohtd_body_parse("{\n \"name\": NaN}", 15, fields, &fault));
	assert_string_equal(fault.detail, "line 2, column 10 (byte 11): expected a value");
	assert_null(fault.errors);
}

/* ---- queries ---- */

static struct json_object *query(const char *text, struct ohtd_body_fault *fault)
{
	return ohtd_query_parse(text, strlen(text), fields, fault);
}

static void good_queries_are_taken(void **state)
{
	struct ohtd_body_fault fault;
	struct json_object *taken = query("name=a%62+&count=-0&", &fault);

	(void)state;
	/* -0 is an integer, but out of range. */
	assert_null(taken);
	json_object_put(fault.errors);
	taken = query("name=a%62+&count=9&word=stay", &fault);
	assert_non_null(taken);
	assert_string_equal(json_object_get_string(json_object_object_get(taken, "name")), "ab+");
	assert_int_equal(json_object_get_int(json_object_object_get(taken, "count")), 9);
	json_object_put(taken);
	taken = ohtd_query_parse("", 0, fields + 1, &fault);
	assert_non_null(taken);
	assert_int_equal(json_object_object_length(taken), 0);
	json_object_put(taken);
}

static void refuse_query(const char *text, const char *pointer, const char *error)
{
	struct ohtd_body_fault fault;

	if (query(text, &fault))
		fail_msg("taken: %s", text);
	assert_int_equal(fault.status, 400);
	assert_string_equal(fault.code, pointer ? "validation" : "bad_query");
	if (!pointer) {
		assert_null(fault.errors);
		return;
	}
	expect_first(fault.errors, pointer, error);
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
	refuse_query("name=%c3%a4", NULL, NULL);
}

/* A value of just the room that there is, and one more; the bytes behind the query are not its. */
static void long_queries_and_those_without_an_end(void **state)
{
	char text[OHTD_QUERY_VALUE_BYTES + 8] = "name=";
	struct ohtd_body_fault fault;

	(void)state;
	memset(text + 5, 'x', OHTD_QUERY_VALUE_BYTES - 1);
	refuse_query(text, "/name", "length");
	text[OHTD_QUERY_VALUE_BYTES + 4] = 'x';
	refuse_query(text, NULL, NULL);
	assert_null(ohtd_query_parse("name=%41b", 6, fields, &fault));
	assert_string_equal(fault.code, "bad_query");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_found_by_method_and_path),
		cmocka_unit_test(unknown_paths_are_not_found),
		cmocka_unit_test(wrong_method_tells_the_right_ones),
		cmocka_unit_test(unit_addresses),
		cmocka_unit_test(table_is_sound),
		cmocka_unit_test(good_bodies_are_taken),
		cmocka_unit_test(bad_bodies_are_refused_by_pointer),
		cmocka_unit_test(names_nobody_knows_are_pointed_at),
		cmocka_unit_test(place_of_a_syntax_fault_is_told),
		cmocka_unit_test(good_queries_are_taken),
		cmocka_unit_test(bad_queries_are_refused),
		cmocka_unit_test(long_queries_and_those_without_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
