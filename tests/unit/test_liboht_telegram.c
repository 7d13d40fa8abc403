// SPDX-License-Identifier: GPL-2.0-or-later
/* liboht: stop telegrams. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "fake_device.h"
#include "internal.h"
#include "oht_telegram.h"

static const struct oht_stop_telegram list[OHT_STOP_TELEGRAMS_MAX + 1] = {
	{ .unit = 3, .function = OHT_WRITE_SINGLE, .address = 0x10, .count = 1, .words = { 1, 99 } },
	{ .unit = 4, .function = OHT_WRITE_MULTIPLE, .address = 0x20, .count = 2,
	  .turnaround_us = 7000, .words = { 7, 8, 99 } },
};

static int setup(void **state)
{
	fake_install();
	*state = oht_dev_open(NULL, 0);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	oht_dev_close(*state);
	return 0;
}

static void sets_a_list(void **state)
{
	assert_int_equal(oht_dev_control_take(*state, NULL), 0);
	assert_int_equal(oht_dev_set_telegrams(*state, list, 2), 0);
	assert_int_equal(fake.telegrams.count, 2);
	assert_int_equal(fake.telegrams.list[0].unit, 3);
	assert_int_equal(fake.telegrams.list[0].function, 6);
	assert_int_equal(fake.telegrams.list[0].address, 0x10);
	assert_int_equal(fake.telegrams.list[0].words[0], 1);
	/* What a caller leaves beyond its count does not reach the kernel. */
	assert_int_equal(fake.telegrams.list[0].words[1], 0);
	assert_int_equal(fake.telegrams.list[1].turnaround_us, 7000);
	assert_int_equal(fake.telegrams.list[1].words[1], 8);
	assert_int_equal(fake.telegrams.list[1].words[2], 0);
	assert_int_equal(oht_dev_set_telegrams(*state, NULL, 0), 0);
	assert_int_equal(fake.telegrams.count, 0);
}

static void refuses(void **state)
{
	struct oht_stop_telegram wide = list[1];
	struct oht_dev *reader;

	assert_int_equal(oht_dev_set_telegrams(*state, list, 2), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(oht_dev_control_take(*state, NULL), 0);
	assert_int_equal(oht_dev_set_telegrams(*state, list, OHT_STOP_TELEGRAMS_MAX + 1), -1);
	assert_int_equal(errno, EINVAL);
	/* More words than there are: none is read beyond the array, and the kernel refuses it. */
	wide.count = 200;
	assert_int_equal(oht_dev_set_telegrams(*state, &wide, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fake.telegrams.count, 0);
	fake.fail_number = OHT_IOC_TELEGRAMS;
	fake.fail_error = EOPNOTSUPP;
	assert_int_equal(oht_dev_set_telegrams(*state, list, 1), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	reader = oht_dev_open(NULL, OHT_OPEN_READ_ONLY);
	assert_non_null(reader);
	assert_int_equal(oht_dev_set_telegrams(reader, list, 1), -1);
	assert_int_equal(errno, EBADF);
	oht_dev_close(reader);
}

static void tells_what_became_of_them(void **state)
{
	struct oht_stop_telegrams status;

	fake.telegram_status = (struct oht_telegram_status){
		.flags = OHT_TELEGRAMS_RUNNING,
		.set = 1,
		.count = 2,
		.runs = 5,
		.asked_ns = 1000,
		.results = {
			{ .sent_ns = 2000, .answered_ns = 3000, .unit = 3, .function = 6,
			  .attempts = 2 },
			{ .sent_ns = 2500, .status = -ETIMEDOUT, .detail = OHT_DETAIL_TIMEOUT,
			  .unit = 4, .function = 16, .attempts = 1 },
		},
	};
	assert_int_equal(oht_dev_telegrams(*state, &status), 0);
	assert_true(status.running);
	assert_int_equal(status.set, 1);
	assert_int_equal(status.count, 2);
	assert_int_equal(status.runs, 5);
	assert_int_equal(status.asked_ns, 1000);
	assert_int_equal(status.results[0].answered_ns, 3000);
	assert_int_equal(status.results[0].error, 0);
	assert_int_equal(status.results[1].error, ETIMEDOUT);
	assert_int_equal(status.results[1].outcome, OHT_OUTCOME_TIMEOUT);
	assert_int_equal(status.results[1].function, OHT_WRITE_MULTIPLE);
	assert_int_equal(status.results[1].attempts, 1);
}

static void passes_errors_on(void **state)
{
	struct oht_stop_telegrams status = { .set = 77 };

	fake.telegram_status.count = OHT_STOP_TELEGRAMS_MAX + 1;
	assert_int_equal(oht_dev_telegrams(*state, &status), -1);
	assert_int_equal(errno, EIO);
	fake.gone = true;
	assert_int_equal(oht_dev_telegrams(*state, &status), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(status.set, 77);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sets_a_list),
		CASE(refuses),
		CASE(tells_what_became_of_them),
		CASE(passes_errors_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
