// SPDX-License-Identifier: GPL-2.0-or-later
/* Words and sentences of liboht, held against what the kernel's header lists. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>

#include "oht_client.h"

/* The kernel's own list says which causes there are: nobody may be left without a word for one. */
static void every_cause_of_the_kernel_has_words(void **state)
{
	FILE *header = fopen(SOURCE_DIR "/include/uapi/linux/oht.h", "re");
	unsigned int cause, seen = 0;
	char line[256], name[64];

	(void)state;
	assert_non_null(header);
	while (fgets(line, sizeof(line), header)) {
		if (sscanf(line, " OHT_CAUSE_%63[A-Z_] = %u", name, &cause) != 2)
			continue;
		seen++;
		for (char *p = name; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		assert_string_equal(oht_cause_name(cause), name);
		assert_string_not_equal(oht_cause_text(cause), oht_cause_text(~0U));
		assert_string_not_equal(oht_cause_action(cause), oht_cause_action(~0U));
	}
	fclose(header);
	assert_true(seen > 20);
	assert_string_equal(oht_cause_name(seen), "unknown");
}

static void every_test_has_its_own_word(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < OHT_TESTS; i++) {
		assert_string_not_equal(oht_test_name(i), "unknown");
		assert_string_not_equal(oht_test_text(i), oht_test_text(OHT_TESTS));
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(oht_test_name(i), oht_test_name(j));
	}
	assert_string_equal(oht_test_name(OHT_TESTS), "unknown");
	assert_string_equal(oht_test_name(31), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_of_the_kernel_has_words),
		cmocka_unit_test(every_test_has_its_own_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
