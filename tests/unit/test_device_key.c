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

static void of_many_devices_the_last_one_is_told(void **state)
{
	const int64_t at_ms = START_MS + 10 * OHTD_PEOPLE_CHALLENGE_MS;
	unsigned int taken = 0;

	(void)state;
	for (unsigned int i = 0; i < 100000 && !take(10 + i / OHTD_PEOPLE_TAKEN_OF_DEVICE, at_ms); i++)
		taken++;
	assert_int_equal(taken % OHTD_PEOPLE_TAKEN_OF_DEVICE, 0);
	assert_in_range(taken, 8 * OHTD_PEOPLE_TAKEN_OF_DEVICE, 100 * OHTD_PEOPLE_TAKEN_OF_DEVICE);
	assert_int_equal(take(9999, at_ms), -EBUSY);
	assert_int_equal(take(9999, at_ms + OHTD_PEOPLE_CHALLENGE_MS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_challenge_is_for_one_key_and_a_minute),
		cmocka_unit_test(a_device_leaves_places_for_others),
		cmocka_unit_test(of_many_devices_the_last_one_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
