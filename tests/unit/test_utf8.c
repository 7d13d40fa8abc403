// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps over characters of UTF-8, and cuts between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/utf8.h"

/* RFC 3629, section 4. */
static size_t put(char *to, uint32_t number)
{
	if (number < 0x80) {
		to[0] = (char)number;
		return 1;
	}
	if (number < 0x800) {
		to[0] = (char)(0xc0 | number >> 6);
		to[1] = (char)(0x80 | (number & 0x3f));
		return 2;
	}
	if (number < 0x10000) {
		to[0] = (char)(0xe0 | number >> 12);
		to[1] = (char)(0x80 | (number >> 6 & 0x3f));
		to[2] = (char)(0x80 | (number & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | number >> 18);
	to[1] = (char)(0x80 | (number >> 12 & 0x3f));
	to[2] = (char)(0x80 | (number >> 6 & 0x3f));
	to[3] = (char)(0x80 | (number & 0x3f));
	return 4;
}

static void each_character_is_one_step(void **state)
{
	uint32_t number;
	char text[8];

	(void)state;
	for (uint32_t wanted = 1; wanted < 0x110000; wanted++) {
		bool surrogate = wanted >= 0xd800 && wanted < 0xe000;
		size_t bytes = put(text, wanted);

		text[bytes] = 0;
		if (oht_utf8_character(text, SIZE_MAX, &number) != (surrogate ? 0 : bytes) || (!surrogate && number != wanted))
			fail_msg("U+%04X", wanted);
		if (bytes > 1 && oht_utf8_character(text, bytes - 1, NULL))
			fail_msg("U+%04X: one byte less", wanted);
	}
}

static void what_is_no_utf8_is_no_step(void **state)
{
	static const char *const texts[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x9f\xbf", "\xe2\x82", "\xe2(\xa1", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (oht_utf8_character(texts[i], SIZE_MAX, NULL))
			fail_msg("text %zu", i);
}

/* A cut is the longest one that splits no character, of a whole text and of one that was cut anywhere already. */
static void a_cut_splits_no_character(void **state)
{
	static const uint32_t numbers[] = { 'a', 0xfc, 0x20ac, 0x1f916, 'b', 0x7ff, 0xffff, 0x10ffff };
	char text[64] = "", cut[64];
	size_t end[16] = { 0 }, count = 0, used = 0;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && count < 15; i++) {
			used += put(text + used, numbers[i]);
			end[++count] = used;
		}
	for (size_t most = 0; most <= used + 2; most++) {
		size_t wanted = 0;

		for (size_t i = 0; i <= count; i++)
			if (end[i] <= most)
				wanted = end[i];
		snprintf(cut, most < sizeof(cut) ? most + 1 : sizeof(cut), "%s", text);
		assert_int_equal(oht_utf8_cut(text, most), wanted);
		assert_int_equal(oht_utf8_cut(cut, sizeof(cut)), wanted);
	}
	/* What is no UTF-8 in any case is left as it is, but for a beginning of a character. */
	assert_int_equal(oht_utf8_cut("\x80\x80\x80\x80", 4), 4);
	assert_int_equal(oht_utf8_cut("a\xff", 8), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_character_is_one_step),
		cmocka_unit_test(what_is_no_utf8_is_no_step),
		cmocka_unit_test(a_cut_splits_no_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
