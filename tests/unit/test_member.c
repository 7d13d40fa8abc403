// SPDX-License-Identifier: GPL-2.0-or-later
/* Members: a request into a struct, a struct into JSON, and what neither may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "json/input.h"
#include "json/json_scan.h"
#include "json/member.h"
#include "json/schema.h"
#include "json/writer.h"

#define BLOCKS_MAX	4096

static void *blocks[BLOCKS_MAX];
static size_t block_count;

static void *take(void *from, size_t bytes)
{
	(void)from;
	assert_true(block_count < BLOCKS_MAX);
	return blocks[block_count++] = malloc(bytes);
}

static const struct ohtd_memory memory = { take, NULL };

static int release(void **state)
{
	(void)state;
	while (block_count)
		free(blocks[--block_count]);
	return 0;
}

/* ---- the struct ---- */

static const char *const colours[] = { "red", "green", NULL, "blue" };
OHTD_WORDS_OF(colour_words, colours);

struct bulb {
	uint8_t watts;
	const char *maker;
};

OHTD_SHAPE(bulb, "Bulb",
	OHTD_INTEGER(bulb, watts, .flags = OHTD_NEEDED, .min = 1, .max = 200, .summary = "Power"),
	OHTD_TEXT(bulb, maker, .flags = OHTD_NULL, .min = 1, .max = 20, .summary = "Maker"));

struct page {
	int16_t limit;
};

OHTD_SHAPE(page, "Page",
	OHTD_INTEGER(page, limit, .min = -5, .max = 200, .preset = 50, .summary = "Limit"));

struct lamp {
	struct page page;
	const char *name;
	uint32_t colour;
	int64_t filter;
	int64_t age;
	double power;
	int8_t on;
	bool sure;
	const struct bulb *spare;
	const struct bulb *bulbs;
	size_t bulbs_count;
	const char *const *owners;
	size_t owners_count;
};

OHTD_SHAPE(lamp, "Lamp",
	OHTD_PART(lamp, page, page),
	OHTD_TEXT(lamp, name, .flags = OHTD_NEEDED, .min = 2, .max = 4000, .summary = "Name"),
	OHTD_WORD(lamp, colour, .words = &colour_words, .preset = 1, .summary = "Colour"),
	OHTD_WORD(lamp, filter, .flags = OHTD_NULL, .words = &colour_words, .preset = OHTD_NONE,
		  .summary = "Filter"),
	OHTD_INTEGER(lamp, age, .flags = OHTD_NULL, .preset = OHTD_NONE, .summary = "Age"),
	OHTD_NUMBER(lamp, power, .flags = OHTD_NULL, .min = -10, .max = 10, .summary = "Power"),
	OHTD_TRISTATE(lamp, on, .flags = OHTD_NULL, .summary = "On"),
	OHTD_BOOLEAN(lamp, sure, .flags = OHTD_NEEDED, .summary = "Sure"),
	OHTD_OBJECT(lamp, spare, bulb, .flags = OHTD_NULL, .summary = "Spare"),
	OHTD_LIST(lamp, bulbs, bulb, .max = 3, .summary = "Bulbs"),
	OHTD_TEXTS(lamp, owners, .min = 0, .max = 2, .summary = "Owners"));

static struct ohtd_input input;

static const struct lamp *read_lamp(const char *text)
{
	input = (struct ohtd_input){ .memory = &memory, .shape = &lamp_shape };
	return ohtd_input_body(&input, text, strlen(text)) ? NULL : input.view;
}

/* ---- into the struct ---- */

static void a_whole_request_is_taken(void **state)
{
	const struct lamp *lamp = read_lamp(
		"{\"name\":\"ab\",\"sure\":false,\"limit\":-5,\"colour\":\"blue\",\"filter\":\"red\",\"age\":9,"
		"\"power\":2.5,\"on\":true,\"spare\":{\"watts\":7,\"maker\":null},"
		"\"bulbs\":[{\"watts\":1},{\"watts\":200,\"maker\":\"\\u00e4\"}],\"owners\":[\"x\",\"\"]}");

	(void)state;
	assert_non_null(lamp);
	assert_string_equal(lamp->name, "ab");
	assert_int_equal(lamp->page.limit, -5);
	assert_int_equal(lamp->colour, 3);
	assert_int_equal(lamp->filter, 0);
	assert_int_equal(lamp->age, 9);
	assert_true(lamp->power == 2.5 && lamp->on == 1 && !lamp->sure);
	assert_int_equal(lamp->spare->watts, 7);
	assert_null(lamp->spare->maker);
	assert_int_equal(lamp->bulbs_count, 2);
	assert_string_equal(lamp->bulbs[1].maker, "\xc3\xa4");
	assert_int_equal(lamp->owners_count, 2);
	assert_string_equal(lamp->owners[1], "");
}

static void what_is_left_out_has_its_preset(void **state)
{
	const struct lamp *lamp = read_lamp("{\"name\":\"ab\",\"sure\":true,\"age\":null,\"spare\":null}");

	(void)state;
	assert_non_null(lamp);
	assert_int_equal(lamp->page.limit, 50);
	assert_int_equal(lamp->colour, 1);
	assert_true(lamp->filter == OHTD_NONE && lamp->age == OHTD_NONE && isnan(lamp->power));
	assert_true(lamp->on == -1 && lamp->sure && !lamp->spare && !lamp->bulbs_count);
}

/* Some languages write each number with a point. */
static void a_whole_number_is_an_integer(void **state)
{
	const struct lamp *lamp = read_lamp("{\"name\":\"ab\",\"sure\":true,\"limit\":20.0}");

	(void)state;
	assert_non_null(lamp);
	assert_int_equal(lamp->page.limit, 20);
	release(state);
	lamp = read_lamp("{\"name\":\"ab\",\"sure\":true,\"limit\":2e1}");
	assert_non_null(lamp);
	assert_int_equal(lamp->page.limit, 20);
}

static void a_nought_has_no_sign(void **state)
{
	static const char *const noughts[] = { "-0", "-0.0", "-0e5", "1e-400", "-1e-400" };
	char text[128];

	for (size_t i = 0; i < sizeof(noughts) / sizeof(noughts[0]); i++) {
		const struct lamp *lamp;

		snprintf(text, sizeof(text), "{\"name\":\"ab\",\"sure\":true,\"power\":%s,\"age\":%s}", noughts[i], noughts[i]);
		lamp = read_lamp(text);
		assert_non_null(lamp);
		assert_true(lamp->power == 0 && !signbit(lamp->power) && lamp->age == 0);
		release(state);
	}
}

static void refuse(const char *members, const char *pointer, const char *code)
{
	char text[8192];

	snprintf(text, sizeof(text), "{\"name\":\"ab\",\"sure\":true%s%s}", *members ? "," : "", members);
	if (read_lamp(text))
		fail_msg("taken: %s", text);
	assert_string_equal(input.code, "validation");
	assert_int_equal(input.error_count, 1);
	if (strcmp(input.errors[0].pointer, pointer) || strcmp(input.errors[0].code, code))
		fail_msg("%s: %s %s", members, input.errors[0].pointer, input.errors[0].code);
	assert_true(*input.errors[0].detail);
}

static void each_limit_refuses_by_its_pointer(void **state)
{
	(void)state;
	refuse("\"limit\":-6", "/limit", "range");
	refuse("\"limit\":201", "/limit", "range");
	refuse("\"limit\":65537", "/limit", "range");
	refuse("\"limit\":9223372036854775807", "/limit", "range");
	refuse("\"limit\":1.5", "/limit", "type");
	refuse("\"limit\":1e300", "/limit", "type");
	refuse("\"limit\":-6.0", "/limit", "range");
	refuse("\"limit\":null", "/limit", "type");
	refuse("\"limit\":\"1\"", "/limit", "type");
	refuse("\"age\":-9223372036854775808", "/age", "range");
	refuse("\"power\":10.5", "/power", "range");
	refuse("\"power\":-1e300", "/power", "range");
	refuse("\"power\":\"1\"", "/power", "type");
	refuse("\"colour\":\"pink\"", "/colour", "unknown_value");
	refuse("\"colour\":\"\"", "/colour", "unknown_value");
	refuse("\"colour\":2", "/colour", "type");
	refuse("\"on\":1", "/on", "type");
	refuse("\"spare\":1", "/spare", "type");
	refuse("\"spare\":{}", "/spare/watts", "missing");
	refuse("\"spare\":{\"watts\":0}", "/spare/watts", "range");
	refuse("\"spare\":{\"watts\":256}", "/spare/watts", "range");
	refuse("\"spare\":{\"watts\":5,\"x\":1}", "/spare/x", "unknown_member");
	refuse("\"bulbs\":{}", "/bulbs", "type");
	refuse("\"bulbs\":[{\"watts\":1},{\"watts\":2},{\"watts\":3},{\"watts\":4}]", "/bulbs", "length");
	refuse("\"bulbs\":[{\"watts\":1},7]", "/bulbs/1", "type");
	refuse("\"bulbs\":[{\"watts\":1},{\"watts\":2,\"maker\":\"\"}]", "/bulbs/1/maker", "length");
	refuse("\"bulbs\":[{\"watts\":1,\"maker\":\"123456789012345678901\"}]", "/bulbs/0/maker", "length");
	refuse("\"owners\":[1]", "/owners/0", "type");
	refuse("\"owners\":[\"a\",\"b\",\"c\"]", "/owners", "length");
	refuse("\"a/b~\":1", "/a~1b~0", "unknown_member");
}

static void all_faults_are_told_at_once(void **state)
{
	char text[4096] = "{";
	size_t n = 1;

	(void)state;
	assert_null(read_lamp("{\"limit\":999,\"colour\":1,\"x\":1,\"spare\":{\"y\":1}}"));
	assert_int_equal(input.error_count, 7);
	/* As many members as an object may have, all of them unknown, and two that are missing. */
	for (int i = 0; i < OHTD_JSON_MEMBERS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"m%d\":0", i ? "," : "", i);
	strcat(text, "}");
	assert_null(read_lamp(text));
	assert_int_equal(input.error_count, OHTD_JSON_MEMBERS_MAX + 2);
	assert_string_equal(input.errors[63].pointer, "/m63");
}

static void long_texts_fit_to_the_byte(void **state)
{
	static char text[4200];
	const struct lamp *lamp;

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		int n = snprintf(text, sizeof(text), "{\"sure\":true,\"name\":\"");

		memset(text + n, 'x', 4000 + (size_t)extra);
		strcpy(text + n + 4000 + extra, "\"}");
		lamp = read_lamp(text);
		assert_int_equal(lamp == NULL, extra);
		if (lamp)
			assert_int_equal(strlen(lamp->name), 4000);
	}
	assert_string_equal(input.errors[0].code, "length");
}

/* ---- into JSON ---- */

static struct ohtd_writer writer;

static const char *write_shape(const struct ohtd_shape *shape, const void *view)
{
	ohtd_writer_begin(&writer, &memory, 1);
	ohtd_write_shape(&writer, shape, view);
	ohtd_write_bytes(&writer, "", 1);
	return writer.text;
}

struct values {
	const char *text;
	double number;
	const char *decimal;
	int64_t time;
	uint64_t big;
	struct ohtd_scalar any;
	const char *maybe;
	const struct bulb *part;
};

OHTD_SHAPE(values, "Values",
	OHTD_TEXT(values, text, .summary = "Text"),
	OHTD_NUMBER(values, number, .flags = OHTD_NULL, .summary = "Number"),
	OHTD_DECIMAL(values, decimal, .flags = OHTD_NULL, .summary = "Decimal"),
	OHTD_TIME(values, time, .flags = OHTD_NULL, .summary = "Time"),
	OHTD_INTEGER(values, big, .summary = "Big"),
	OHTD_SCALAR(values, any, .summary = "Any"),
	OHTD_TEXT(values, maybe, .flags = OHTD_OMIT, .summary = "Maybe"),
	OHTD_PART_IF(values, part, bulb));

static void values_are_written_as_they_are(void **state)
{
	struct bulb bulb = { 5, NULL };
	struct values values = {
		.text = "a\"b\\c/\b\t\n\f\r\x01\x7f\xc3\xa4\xff\xed\xa0\x80\xf0\x9f\x98\x80\xe2\x82", .number = 0.1,
		.decimal = "12.50", .time = 1764000000123456789, .big = UINT64_MAX,
		.any = { OHTD_IS_BOOLEAN, NULL, 1 }, .maybe = "there", .part = &bulb,
	};

	(void)state;
	assert_string_equal(write_shape(&values_shape, &values),
			    "{\"text\":\"a\\\"b\\\\c/\\b\\t\\n\\f\\r\\u0001\x7f\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
			    "\xef\xbf\xbd\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd\",\"number\":0.1,"
			    "\"decimal\":12.50,\"time\":\"2025-11-24T16:00:00.123Z\",\"big\":18446744073709551615,"
			    "\"any\":true,\"maybe\":\"there\",\"watts\":5,\"maker\":null}");
	values = (struct values){ .text = "", .number = NAN, .time = OHTD_NONE,
				  .any = { OHTD_IS_TEXT, NULL, 0 } };
	assert_string_equal(write_shape(&values_shape, &values),
			    "{\"text\":\"\",\"number\":null,\"decimal\":null,\"time\":null,\"big\":0,\"any\":null}");
	assert_null(writer.fault);
	values.number = INFINITY;
	values.any = (struct ohtd_scalar){ OHTD_IS_INTEGER, NULL, INT64_MIN };
	values.time = INT64_MAX;	/* the year 2262 */
	assert_non_null(strstr(write_shape(&values_shape, &values), "\"number\":null"));
	assert_non_null(strstr(writer.text, "\"any\":-9223372036854775808"));
	assert_non_null(strstr(writer.text, "\"time\":\"2262-04-11T23:47:16.854Z\""));
}

struct columns {
	struct ohtd_decimals fine;
	struct ohtd_decimals whole;
	struct ohtd_decimals none;
	struct ohtd_decimals unasked;
};

OHTD_SHAPE(columns, "Columns",
	OHTD_DECIMALS(columns, fine, .summary = "With a point"),
	OHTD_DECIMALS(columns, whole, .summary = "Without"),
	OHTD_DECIMALS(columns, none, .summary = "Empty"),
	OHTD_DECIMALS(columns, unasked, .flags = OHTD_OMIT, .summary = "Not there"));

static void lists_of_numbers_keep_their_decimals(void **state)
{
	static const int64_t numbers[] = { 0, 5, -5, 1234, -1234, OHTD_NONE, INT64_MAX };
	const struct columns columns = { .fine = { numbers, 7, 3 }, .whole = { numbers, 6, 0 } };

	(void)state;
	assert_string_equal(write_shape(&columns_shape, &columns),
			    "{\"fine\":[0.000,0.005,-0.005,1.234,-1.234,null,9223372036854775.807],"
			    "\"whole\":[0,5,-5,1234,-1234,null],\"none\":[]}");
	assert_null(writer.fault);
}

static void what_may_not_be_null_is_a_fault(void **state)
{
	struct values values = { .number = 1 };

	(void)state;
	write_shape(&values_shape, &values);
	assert_string_equal(writer.fault, "text");
}

/* Each number is the same one for every client, in no more digits than that takes. */
static void numbers_are_short_and_the_same(void **state)
{
	static const struct {
		double number;
		const char *text;
	} numbers[] = {
		{ 0, "0.0" }, { -0.0, "0.0" }, { -1, "-1.0" }, { 79.9, "79.9" }, { 3 * 0.1, "0.30000000000000004" },
		{ 1234.5, "1234.5" }, { 1e15, "1e+15" }, { 999999999999999, "999999999999999.0" }, { -2.5e-7, "-2.5e-07" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" }, { 1 / 3.0, "0.3333333333333333" },
	};
	size_t fixed = sizeof(numbers) / sizeof(numbers[0]);

	(void)state;
	for (size_t i = 0; i < fixed + 1000; i++) {
		struct values values = { .text = "", .number = i < fixed ? numbers[i].number :
					 ((double)rand() - RAND_MAX / 2.0) / (double)(1 << i % 16) };
		const char *text = strstr(write_shape(&values_shape, &values), "\"number\":") + 9;
		char *end;
		double read = strtod(text, &end);

		if (read != values.number || *end != ',' ||
		    (i < fixed && strncmp(text, numbers[i].text, (size_t)(end - text))))
			fail_msg("%.17g is not in %s", values.number, writer.text);
		release(NULL);
	}
}

static void times_are_those_of_the_c_library(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		int64_t wall_s = (int64_t)((uint64_t)rand() * (uint64_t)rand() % 9223372036ull);
		time_t at = (time_t)wall_s;
		char text[OHTD_TIME_BYTES + 1] = "", expected[64];
		struct tm utc;

		gmtime_r(&at, &utc);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.000Z", &utc);
		ohtd_time_text(wall_s * 1000000000, text);
		assert_string_equal(text, expected);
	}
}

/* ---- there and back ---- */

static const char *random_text(char *text, size_t max)
{
	/* Control characters and line ends are written as they are wanted, but no longer taken. */
	static const char *const pieces[] = { "a", "\"", "\\", "/", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", " ", "{", "<" };
	size_t count = (size_t)rand() % max;

	*text = 0;
	while (count--)
		strcat(text, pieces[(size_t)rand() % (sizeof(pieces) / sizeof(pieces[0]))]);
	return text;
}

/* json-c reads what is written and finds the values; reading it into the struct writes the same. */
static void what_is_written_reads_back(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++) {
		char name[512] = "xy", maker[32], owner[256];
		const char *owners[] = { random_text(owner, 40), "b" };
		struct bulb bulbs[3] = { { 1, "m" }, { 200, NULL }, { (uint8_t)(1 + rand() % 200), "" } };
		struct lamp lamp = {
			.page.limit = (int16_t)(rand() % 206 - 5), .colour = (uint32_t)rand() % 2 * 3,
			.filter = rand() % 2 ? OHTD_NONE : 1, .age = rand() % 3 ? rand() - RAND_MAX / 2 : OHTD_NONE,
			.power = rand() % 3 ? rand() % 200 / 10.0 - 10 : NAN, .on = (int8_t)(rand() % 3 - 1),
			.sure = rand() % 2, .spare = rand() % 2 ? bulbs : NULL, .bulbs = bulbs,
			.bulbs_count = (size_t)rand() % 4, .owners = owners, .owners_count = (size_t)rand() % 3,
		};
		struct json_object *tree;
		const struct lamp *again;
		char *first;

		random_text(maker, 5);
		bulbs[2].maker = *maker ? maker : "m";
		random_text(name + 2, 100);
		lamp.name = name;
		first = strdup(write_shape(&lamp_shape, &lamp));
		assert_null(writer.fault);
		tree = json_tokener_parse(first);
		assert_string_equal(json_object_get_string(json_object_object_get(tree, "name")), name);
		assert_int_equal(json_object_get_int(json_object_object_get(tree, "limit")), lamp.page.limit);
		assert_int_equal(json_object_array_length(json_object_object_get(tree, "bulbs")), lamp.bulbs_count);
		json_object_put(tree);
		again = read_lamp(first);
		assert_non_null(again);
		assert_string_equal(write_shape(&lamp_shape, again), first);
		free(first);
		release(NULL);
	}
}

/* ---- descriptions ---- */

#define UNSOUND(input_, says_, ...)							\
	do {										\
		static const struct ohtd_member members[] = { __VA_ARGS__ };		\
		static const struct ohtd_shape shape = { "Lamp", sizeof(struct lamp), members,	\
			sizeof(members) / sizeof(members[0]) };				\
		char told[256];								\
											\
		assert_true(ohtd_shape_unsound(&shape, input_, told, sizeof(told)));	\
		if (!strstr(told, says_))						\
			fail_msg("'%s' does not say '%s'", told, says_);			\
	} while (0)

static void unsound_descriptions_are_told(void **state)
{
	char why[256];

	(void)state;
	assert_false(ohtd_shape_unsound(&lamp_shape, true, why, sizeof(why)));
	assert_false(ohtd_shape_unsound(&values_shape, false, why, sizeof(why)));
	assert_true(ohtd_shape_unsound(&values_shape, true, why, sizeof(why)));
	UNSOUND(true, "no summary", OHTD_TEXT(lamp, name, .max = 5));
	UNSOUND(true, "no upper limit", OHTD_TEXT(lamp, name, .summary = "Name"));
	UNSOUND(true, "no upper limit", OHTD_TEXT(lamp, name, .min = 6, .max = 5, .summary = "Name"));
	UNSOUND(true, "limits are not those", OHTD_INTEGER(bulb, watts, .max = 256, .summary = "Watts"));
	UNSOUND(true, "limits are not those", OHTD_INTEGER(bulb, watts, .min = -1, .max = 6, .summary = "Watts"));
	UNSOUND(true, "preset is outside", OHTD_INTEGER(page, limit, .min = 1, .max = 6, .summary = "Limit"));
	UNSOUND(true, "cannot say", OHTD_INTEGER(page, limit, .preset = OHTD_NONE, .summary = "Limit"));
	UNSOUND(true, "tristate", OHTD_BOOLEAN(lamp, sure, .summary = "Sure"));
	UNSOUND(false, "cannot say null", OHTD_INTEGER(bulb, watts, .flags = OHTD_NULL, .summary = "Watts"));
	UNSOUND(false, "no words", OHTD_WORD(lamp, colour, .summary = "Colour"));
	UNSOUND(false, "two of that name", OHTD_TEXT(lamp, name, .summary = "Name"),
		OHTD_TEXT(lamp, name, .summary = "Name"));
	UNSOUND(false, "two of that name", OHTD_INTEGER(page, limit, .summary = "Limit"), OHTD_PART(lamp, page, page));
}

static void words_are_found_whole(void **state)
{
	(void)state;
	assert_int_equal(ohtd_word_number(&colour_words, "red"), 0);
	assert_int_equal(ohtd_word_number(&colour_words, "blue"), 3);
	assert_int_equal(ohtd_word_number(&colour_words, ""), -1);
	assert_int_equal(ohtd_word_number(&colour_words, "gree"), -1);
	assert_int_equal(ohtd_word_number(&colour_words, "greens"), -1);
	assert_int_equal(ohtd_word_number_of(&colour_words, "green,blue", 5), 1);
	assert_int_equal(ohtd_word_number_of(&colour_words, "green,blue", 4), -1);
	assert_int_equal(ohtd_word_number_of(&colour_words, "green,blue", 6), -1);
	assert_int_equal(ohtd_word_number_of(&colour_words, "green,blue", 0), -1);
}

/* The description of the API does not start with two shapes of one name, nor with more than it has room for; each says which. */
static void a_set_of_shapes_says_what_is_wrong(void **state)
{
	static struct ohtd_shape shapes[OHTD_SHAPES_MAX + 1];
	static char names[OHTD_SHAPES_MAX + 1][16];
	static struct ohtd_shapes set;
	const struct ohtd_shape other = { .name = "Shape7" };
	char why[160] = "";

	(void)state;
	for (unsigned int i = 0; i <= OHTD_SHAPES_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "Shape%u", i);
		shapes[i].name = names[i];
	}
	for (unsigned int i = 0; i < OHTD_SHAPES_MAX; i++)
		ohtd_shapes_add(&set, &shapes[i], false);
	/* Once more is the same, also in a full set. */
	ohtd_shapes_add(&set, &shapes[7], true);
	assert_true(ohtd_json_shapes_fit(&set, why, sizeof(why)) && set.input[7] && !*why);
	ohtd_shapes_add(&set, &shapes[OHTD_SHAPES_MAX], false);
	assert_false(ohtd_json_shapes_fit(&set, why, sizeof(why)));
	assert_string_equal(why, "there is no room for the shape 'Shape512': there are more than OHTD_SHAPES_MAX, 512");
	ohtd_shapes_add(&set, &other, false);
	assert_false(ohtd_json_shapes_fit(&set, why, sizeof(why)));
	assert_string_equal(why, "there are two shapes named 'Shape7'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_of_shapes_says_what_is_wrong),
		cmocka_unit_test(words_are_found_whole),
		cmocka_unit_test_teardown(a_whole_request_is_taken, release),
		cmocka_unit_test_teardown(a_whole_number_is_an_integer, release),
		cmocka_unit_test_teardown(a_nought_has_no_sign, release),
		cmocka_unit_test_teardown(what_is_left_out_has_its_preset, release),
		cmocka_unit_test_teardown(each_limit_refuses_by_its_pointer, release),
		cmocka_unit_test_teardown(all_faults_are_told_at_once, release),
		cmocka_unit_test_teardown(long_texts_fit_to_the_byte, release),
		cmocka_unit_test_teardown(values_are_written_as_they_are, release),
		cmocka_unit_test_teardown(lists_of_numbers_keep_their_decimals, release),
		cmocka_unit_test_teardown(what_may_not_be_null_is_a_fault, release),
		cmocka_unit_test_teardown(numbers_are_short_and_the_same, release),
		cmocka_unit_test(times_are_those_of_the_c_library),
		cmocka_unit_test_teardown(what_is_written_reads_back, release),
		cmocka_unit_test(unsound_descriptions_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
