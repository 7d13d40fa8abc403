// SPDX-License-Identifier: GPL-2.0-or-later
/* Which addresses are searched: from a text and back, what is refused and at which part, and the default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "robot/model.h"
#include "robot/searched.h"

static void texts_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *shortest;
		struct ohtd_searched searched;
	} rows[] = {
		{ "1-8", "1-8", { 8, { 1, 2, 3, 4, 5, 6, 7, 8 } } },
		{ "2-5,17,100-102", "2-5,17,100-102", { 8, { 2, 3, 4, 5, 17, 100, 101, 102 } } },
		{ "1", "1", { 1, { 1 } } },
		{ "247", "247", { 1, { 247 } } },
		{ "240-247", "240-247", { 8, { 240, 241, 242, 243, 244, 245, 246, 247 } } },
		{ "1,2,3-4,6", "1-4,6", { 5, { 1, 2, 3, 4, 6 } } },
	};
	struct ohtd_searched searched;
	char text[OHTD_SEARCHED_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(ohtd_searched_read(rows[i].text, &searched, NULL));
		assert_memory_equal(&searched, &rows[i].searched, sizeof(searched));
		ohtd_searched_text(&searched, text);
		assert_string_equal(text, rows[i].shortest);
	}
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *part, *why;
	} rows[] = {
		{ "0", "0", "1 to 247" }, { "248", "248", "1 to 247" }, { "1000", "1000", "1 to 247" }, { "-1", "-1", "1 to 247" },
		{ "1-8,999999999999", "999999999999", "1 to 247" }, { "246-248", "246-248", "1 to 247" }, { "0-3", "0-3", "1 to 247" },
		{ "", "", "1 to 247" }, { "1,,2", "", "1 to 247" }, { "1,", "", "1 to 247" }, { ",1", "", "1 to 247" },
		{ "1, 2", " 2", "1 to 247" }, { "1 ", "1 ", "1 to 247" }, { "1-", "1-", "1 to 247" }, { "1-2-3", "1-2-3", "1 to 247" },
		{ "01", "01", "1 to 247" }, { "0x11", "0x11", "1 to 247" }, { "+1", "+1", "1 to 247" }, { "1;2", "1;2", "1 to 247" },
		{ "1\xe2\x80\x93" "8", "1\xe2\x80\x93" "8", "1 to 247" },
		{ "2,8-2", "8-2", "a span rises" }, { "5-5", "5-5", "a span rises" },
		{ "3,3", "3", "once" }, { "5,4", "4", "once" }, { "2-5,5-8", "5-8", "once" }, { "2-5,1", "1", "once" },
		{ "1-9", "1-9", "at most 8" }, { "1-8,17", "1-8,17", "at most 8" }, { "1-247", "1-247", "at most 8" },
		{ "1,2,3,4,5,6,7,8,9", "1,2,3,4,5,6,7,8,9", "at most 8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ohtd_searched searched;
		struct ohtd_part part = { NULL, -1 };
		const char *why = ohtd_searched_read(rows[i].text, &searched, &part);

		assert_non_null(why);
		if (!strstr(why, rows[i].why))
			fail_msg("'%s': %s", rows[i].text, why);
		assert_int_equal(part.bytes, strlen(rows[i].part));
		assert_memory_equal(part.text, rows[i].part, strlen(rows[i].part));
	}
}

/* Each of @units is of a module, ends with 0. */
static void preset_is(const uint8_t *units, const char *expected)
{
	struct oht_module modules[OHTD_KINDS_MAX] = { 0 };
	struct ohtd_model model = { 0 };
	struct ohtd_searched searched;
	char text[OHTD_SEARCHED_BYTES];

	for (; *units; units++) {
		modules[model.count].unit = *units;
		model.kinds[model.count].module = &modules[model.count];
		model.count++;
	}
	ohtd_searched_preset(&model, &searched);
	ohtd_searched_text(&searched, text);
	assert_string_equal(text, expected);
}

static void default_has_each_module(void **state)
{
	struct ohtd_searched searched;
	char text[OHTD_SEARCHED_BYTES];

	(void)state;
	ohtd_searched_preset(NULL, &searched);
	ohtd_searched_text(&searched, text);
	assert_string_equal(text, "1-8");
	preset_is((const uint8_t[]){ 2, 3, 4, 5, 0 }, "1-8");
	preset_is((const uint8_t[]){ 17, 2, 3, 4, 0 }, "1-7,17");
	preset_is((const uint8_t[]){ 240, 241, 242, 243, 244, 245, 246, 247, 0 }, "240-247");
	preset_is((const uint8_t[]){ 9, 0 }, "1-7,9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_and_written),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(default_has_each_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
