// SPDX-License-Identifier: GPL-2.0-or-later
/* Challenges of devices: good once, for one key, for a minute, and no device takes the places of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "people/device_key.h"

#define START_MS	1000000

static const char *print_of(unsigned int device)
{
	static char print[OHTD_DEVICE_PRINT_BYTES];

	snprintf(print, sizeof(print), "%08x%056u", device, 0);
	return print;
}

static int take(unsigned int device, int64_t boot_ms)
{
	char challenge[OHTD_PEOPLE_CHALLENGE_BYTES];
	int r;

	assert_int_equal(ohtd_people_challenge_make(print_of(device), boot_ms, challenge), 0);
	r = ohtd_people_challenge_take(print_of(device), boot_ms, challenge);
	assert_int_equal(ohtd_people_challenge_take(print_of(device), boot_ms, challenge), r ? r : -EALREADY);
	return r;
}

static void a_challenge_is_for_one_key_and_a_minute(void **state)
{
	char challenge[OHTD_PEOPLE_CHALLENGE_BYTES];

	(void)state;
	assert_int_equal(ohtd_people_challenge_make(print_of(1), START_MS, challenge), 0);
	assert_true(ohtd_people_challenge_is(print_of(1), START_MS, challenge));
	assert_true(ohtd_people_challenge_is(print_of(1), START_MS + OHTD_PEOPLE_CHALLENGE_MS - 1, challenge));
	assert_false(ohtd_people_challenge_is(print_of(1), START_MS + OHTD_PEOPLE_CHALLENGE_MS, challenge));
	assert_false(ohtd_people_challenge_is(print_of(2), START_MS, challenge));
	challenge[0] ^= 1;
	assert_false(ohtd_people_challenge_is(print_of(1), START_MS, challenge));
	assert_int_equal(ohtd_people_challenge_take(print_of(1), START_MS, "12"), -EALREADY);
}

static void a_device_leaves_places_for_others(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < OHTD_PEOPLE_TAKEN_OF_DEVICE; i++)
		assert_int_equal(take(1, START_MS), 0);
	for (unsigned int i = 0; i < 2000; i++)
		assert_int_equal(take(1, START_MS), -EBUSY);
	assert_int_equal(take(2, START_MS), 0);
	assert_int_equal(take(1, START_MS + OHTD_PEOPLE_CHALLENGE_MS - 1), -EBUSY);
	assert_int_equal(take(1, START_MS + OHTD_PEOPLE_CHALLENGE_MS), 0);
}

/* Sixteen that were accepted fill the whole list together, again and again. */
static void of_many_devices_each_finds_a_place(void **state)
{
	const int64_t at_ms = START_MS + 10 * OHTD_PEOPLE_CHALLENGE_MS;
	char early[OHTD_PEOPLE_CHALLENGE_BYTES], first[OHTD_PEOPLE_CHALLENGE_BYTES], late[OHTD_PEOPLE_CHALLENGE_BYTES];
	int64_t ms = at_ms;

	(void)state;
	assert_int_equal(ohtd_people_challenge_make(print_of(20), ms - 1, early), 0);
	assert_int_equal(ohtd_people_challenge_make(print_of(10), ms, first), 0);
	assert_int_equal(ohtd_people_challenge_take(print_of(10), ms, first), 0);
	for (unsigned int i = 1; i < 16 * OHTD_PEOPLE_TAKEN_OF_DEVICE; i++)
		assert_int_equal(take(10 + i / OHTD_PEOPLE_TAKEN_OF_DEVICE, ++ms), 0);
	/* The list is full: who has many in it takes none, all others a few. */
	for (unsigned int device = 10; device < 26; device++)
		assert_int_equal(take(device, ms), -EBUSY);
	assert_int_equal(ohtd_people_challenge_make(print_of(100), ms, late), 0);
	for (unsigned int device = 100; device < 150; device++) {
		for (unsigned int i = 0; i < OHTD_PEOPLE_TAKEN_SURELY; i++)
			assert_int_equal(take(device, ms), 0);
		assert_int_equal(take(device, ms), -EBUSY);
		assert_int_equal(take(25, ms), -EBUSY);
	}
	/* What was forgotten for them is not good again, and neither is what is older; what is newer than that is. */
	assert_int_equal(ohtd_people_challenge_take(print_of(10), ms, first), -EALREADY);
	assert_int_equal(ohtd_people_challenge_take(print_of(20), ms, early), -EALREADY);
	assert_int_equal(ohtd_people_challenge_take(print_of(150), ms, late), 0);
	assert_int_equal(take(10, ms + OHTD_PEOPLE_CHALLENGE_MS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_challenge_is_for_one_key_and_a_minute),
		cmocka_unit_test(a_device_leaves_places_for_others),
		cmocka_unit_test(of_many_devices_each_finds_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
