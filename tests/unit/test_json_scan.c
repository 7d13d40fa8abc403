// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "json/json_scan.h"

static const char *const accepted[] = {
	"{}", "[]", " \t\r\n{ } ", "0", "-0", "12", "-1.5e+3", "\"\"", "true", "false",
	"null", "[1,2,[3]]", "{\"a\":1,\"b\":{\"a\":2}}", "\"\\u00e9\\ud83d\\ude00\"",
	"\"\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbf\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
	"9223372036854775807", "-9223372036854775808", "1e308", "12345678901234567890.5",
	"{\"A\":1,\"a\":2}",
};

/* text, offset of the fault */
static const struct {
	const char *text;
	size_t offset;
} refused[] = {
	{ "", 0 }, { "   ", 3 }, { "{", 1 }, { "[", 1 }, { "}", 0 }, { "{]", 1 },
	{ "{'a':1}", 1 }, { "'a'", 0 }, { "NaN", 0 }, { "Infinity", 0 }, { "-Infinity", 1 },
	{ "nul", 0 }, { "True", 0 }, { "{} x", 3 }, { "{}{}", 2 }, { "1 2", 2 }, { "12abc", 2 },
	{ "01", 1 }, { "-", 1 }, { "+1", 0 }, { ".5", 0 }, { "1.", 2 }, { "1e", 2 }, { "1e+", 3 },
	{ "0x10", 1 }, { "{\"a\"}", 4 }, { "{\"a\":}", 5 }, { "{\"a\":1,}", 7 }, { "[1,]", 3 },
	{ "[,1]", 1 }, { "[1 2]", 3 }, { "{a:1}", 1 }, { "{\"a\" 1}", 5 }, { "// c\n1", 0 },
	{ "/* c */ 1", 0 }, { "\"a", 2 }, { "\"\\x\"", 2 }, { "\"\\u12\"", 3 }, { "\"\n\"", 1 },
	{ "\"\x01\"", 1 }, { "\"\\ud800\"", 3 + 4 }, { "\"\\udc00\"", 3 },
	{ "\"\\ud800\\u0041\"", 7 }, { "\"\\u0000\"", 3 }, { "\"\xff\"", 1 },
	{ "\"\xc0\xaf\"", 1 }, { "\"\xed\xa0\x80\"", 1 }, { "\"\xf4\x90\x80\x80\"", 1 },
	{ "\"\xe2\x82\"", 1 }, { "{\"a\":1,\"a\":2}", 7 }, { "{\"a\":1,\"\\u0061\":2}", 7 },
	{ "{\"\xc3\xa9\":1,\"\\u00e9\":2}", 8 }, { "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", 18 },
	{ "1e400", 0 }, { "-1e400", 0 }, { "9223372036854775808", 0 },
	{ "[123456789012345678901234567890123]", 1 }, { "\xef\xbb\xbf{}", 0 },
};

static void valid_json_is_accepted(void **state)
{
	struct ohtd_json_fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		if (ohtd_json_scan(accepted[i], strlen(accepted[i]), &fault))
			fail_msg("%s: %s at %zu", accepted[i], fault.reason, fault.offset);
}

static void a_name_that_is_there_twice_is_pointed_at(void **state)
{
	static const struct {
		const char *text, *pointer;
	} cases[] = {
		{ "{\"a\":1,\"a\":2}", "/a" },
		{ "{\"stations\":{\"b\":0,\"m/i~l\":{},\"m/i~l\":{}}}", "/stations/m~1i~0l" },
		{ "[0,{\"a\":[{\"b\":1,\"\\u0062\":2}]}]", "/1/a/0/\\u0062" },
		{ "{\"a\":{\"b\":x}}", "" },
	};
	struct ohtd_json_fault fault;
	char text[400];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ohtd_json_scan(cases[i].text, strlen(cases[i].text), &fault), -1);
		assert_string_equal(fault.pointer, cases[i].pointer);
	}
	snprintf(text, sizeof(text), "{\"%0120d\":{\"abcdefgh\":1,\"abcdefgh\":2}}", 0);
	assert_int_equal(ohtd_json_scan(text, strlen(text), &fault), -1);
	assert_string_equal(fault.pointer, "");
}

static void everything_else_is_refused_where_it_is_wrong(void **state)
{
	struct ohtd_json_fault fault;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (!ohtd_json_scan(refused[i].text, strlen(refused[i].text), &fault))
			fail_msg("accepted: %s", refused[i].text);
		if (fault.offset != refused[i].offset)
			fail_msg("%s: %s at %zu, expected %zu", refused[i].text, fault.reason,
				 fault.offset, refused[i].offset);
	}
}

/* RFC 8259, 8.1: no text has one; a person does not see it. */
static void byte_order_mark_is_named(void **state)
{
	struct ohtd_json_fault fault;

	(void)state;
	assert_int_equal(ohtd_json_scan("\xef\xbb\xbf{}", 5, &fault), -1);
	assert_string_equal(fault.reason, "a byte order mark (EF BB BF) in front of the text: leave it out");
}

static void nul_byte_is_refused(void **state)
{
	struct ohtd_json_fault fault;

	(void)state;
	assert_int_equal(ohtd_json_scan("\"a\0b\"", 5, &fault), -1);
	assert_int_equal(ohtd_json_scan("{}\0", 3, &fault), -1);
	assert_int_equal(fault.offset, 2);
}

static void depth_is_limited(void **state)
{
	char text[2 * OHTD_JSON_DEPTH_MAX + 3];
	struct ohtd_json_fault fault;

	(void)state;
	memset(text, '[', OHTD_JSON_DEPTH_MAX);
	memset(text + OHTD_JSON_DEPTH_MAX, ']', OHTD_JSON_DEPTH_MAX);
	assert_int_equal(ohtd_json_scan(text, 2 * OHTD_JSON_DEPTH_MAX, &fault), 0);
	memset(text, '[', OHTD_JSON_DEPTH_MAX + 1);
	memset(text + OHTD_JSON_DEPTH_MAX + 1, ']', OHTD_JSON_DEPTH_MAX + 1);
	assert_int_equal(ohtd_json_scan(text, 2 * OHTD_JSON_DEPTH_MAX + 2, &fault), -1);
	assert_string_equal(fault.reason, "nested too deep");
}

static void members_are_limited(void **state)
{
	char text[OHTD_JSON_MEMBERS_MAX * 12 + 32] = "{";
	struct ohtd_json_fault fault;
	size_t n = 1;

	(void)state;
	for (int i = 0; i < OHTD_JSON_MEMBERS_MAX; i++)
		n += (size_t)sprintf(text + n, "%s\"m%d\":0", i ? "," : "", i);
	strcpy(text + n, "}");
	assert_int_equal(ohtd_json_scan(text, n + 1, &fault), 0);
	strcpy(text + n, ",\"x\":0}");
	assert_int_equal(ohtd_json_scan(text, n + 7, &fault), -1);
	assert_string_equal(fault.reason, "too many members in an object");
}

/* Every beginning of a good text must be refused without reading behind its end. */
static void truncated_text_is_refused(void **state)
{
	static const char text[] = "{\"a\":[1.5e3,\"\\ud83d\\ude00\xe2\x82\xac\",null,true]}";
	struct ohtd_json_fault fault;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		char *copy = test_malloc(n + 1);

		memcpy(copy, text, n);
		assert_int_equal(ohtd_json_scan(copy, n, &fault), -1);
		assert_true(fault.offset <= n);
		test_free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_json_is_accepted),
		cmocka_unit_test(a_name_that_is_there_twice_is_pointed_at),
		cmocka_unit_test(everything_else_is_refused_where_it_is_wrong),
		cmocka_unit_test(byte_order_mark_is_named),
		cmocka_unit_test(nul_byte_is_refused),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(members_are_limited),
		cmocka_unit_test(truncated_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
