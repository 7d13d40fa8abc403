// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl stats on a folder that looks like the module's in sysfs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_device.h"
#include "ohtctl_runner.h"
#include "scratch.h"

static char root[] = "/tmp/oht-stats-XXXXXX";

static void folder(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int setup(void **state)
{
	if (runner_setup(state) || scratch_make(root))
		return -1;
	setenv("OHT_SYSFS", root, 1);
	folder("oht0");
	folder("oht0/statistics");
	folder("oht0/histograms");
	scratch_put(root, "oht0/statistics/frames_sent", "18446744073709551\n");
	scratch_put(root, "oht0/statistics/timeouts", "0\n");
	/* 90 of 0 ns, 9 of 1 ns, 1 of 4..7 ns */
	scratch_put(root, "oht0/histograms/gap_late_ns", "90 9 0 1 0\n");
	scratch_put(root, "oht0/histograms/turnaround_ns", "0 0 0 0 0\n");
	return 0;
}

static int teardown(void **state)
{
	unsetenv("OHT_SYSFS");
	return runner_teardown(state) || scratch_remove(root);
}

static void json_has_all_of_it(void **state)
{
	(void)state;
	assert_int_equal(run_json("stats"), 0);
	assert_int_equal(number("/statistics/frames_sent"), 18446744073709551);
	assert_int_equal(number("/statistics/timeouts"), 0);
	assert_int_equal(number("/histograms/gap_late_ns/0"), 90);
	assert_int_equal(number("/histograms/gap_late_ns/3"), 1);
	assert_int_equal(json_object_array_length(member("/modules")), 0);
	/* No folder, no counters: without a bus there is none. */
	assert_int_equal(json_object_object_length(member("/conformance")), 0);
}

static void text_is_short(void **state)
{
	(void)state;
	assert_int_equal(run("stats"), 0);
	assert_non_null(strstr(out_text, "frames_sent           18446744073709551\n"));
	assert_null(strstr(out_text, "timeouts"));
	assert_null(strstr(out_text, "turnaround_ns"));
	assert_non_null(strstr(out_text, "100 times; half within 0.0 us"));
	assert_non_null(strstr(out_text, "all 0.0 us"));
}

/* Whatever new counter there is, is shown. */
static void text_quantiles(void **state)
{
	(void)state;
	scratch_put(root, "oht0/histograms/new_ns", "0 0 0 0 0 0 0 0 0 0 500 490 9 1\n");
	assert_int_equal(run("stats"), 0);
	assert_non_null(strstr(out_text, "new_ns                1000 times; half within 1.0 us, "
			       "99 % 2.0 us, 99.9 % 4.1 us, all 8.2 us\n"));
}

static void modules_that_were_met(void **state)
{
	(void)state;
	fake.units[3].health = OHT_HEALTH_DEGRADED;
	fake.units[3].errors_in_row = 4;
	fake.units[3].backoff_ms = 800;
	fake.units[3].details[OHT_DETAIL_TIMEOUT] = 4;
	fake.units[5].health = OHT_HEALTH_GOOD;
	fake.units[5].details[OHT_DETAIL_OK] = 100;
	fake.units[5].turnaround_max_ns = 1750000;
	fake.units[5].bytes_stray = 6;
	fake.units[5].bytes_extra = 7;
	assert_int_equal(run_json("stats"), 0);
	assert_int_equal(json_object_array_length(member("/modules")), 2);
	assert_int_equal(number("/modules/0/unit"), 3);
	assert_string_equal(text("/modules/0/state"), "degraded");
	assert_int_equal(number("/modules/0/outcomes/timeout"), 4);
	assert_int_equal(number("/modules/1/outcomes/ok"), 100);
	assert_int_equal(number("/modules/1/bytes_stray"), 6);
	assert_int_equal(number("/modules/1/bytes_extra"), 7);
	assert_int_equal(run("stats"), 0);
	assert_non_null(strstr(out_text, "unit 3    degraded, 0 answers, 4 failures (4 in a row)"));
	assert_non_null(strstr(out_text, "asked every 800 ms\n"));
	assert_non_null(strstr(out_text, "answers within 1.750 ms, 6 stray bytes, "
			       "7 extra bytes behind answers\n"));
}

static void nonsense_is_named(void **state)
{
	(void)state;
	scratch_put(root, "oht0/statistics/timeouts", "12 apples\n");
	assert_int_equal(run("stats"), 1);
	assert_non_null(strstr(err_text, "statistics/timeouts: "));
	assert_int_equal(run_json("stats"), 1);
	scratch_put(root, "oht0/statistics/timeouts", "");
	assert_int_equal(run("stats"), 1);
}

static void refusals(void **state)
{
	(void)state;
	assert_int_equal(run("stats 1"), 2);
	assert_int_equal(run("stats --fc 3"), 2);
	assert_int_equal(run("stats --device /dev/oht7"), 1);
	assert_non_null(strstr(err_text, "/oht7"));
	fake.fail_number = OHT_IOC_UNIT_GET;
	fake.fail_error = ENODEV;
	assert_int_equal(run("stats"), 3);
}

static void without_a_bus(void **state)
{
	(void)state;
	fake.info.caps &= ~OHT_CAP_BUS;
	assert_int_equal(run_json("stats"), 0);
	assert_int_equal(json_object_array_length(member("/modules")), 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

static void latency_in_words_and_json(void **state)
{
	(void)state;
	/* 90 of 2^11..2^12 - 1 ns, 9 of the next, 1 of 2^15..2^16 - 1 */
	scratch_put(root, "oht0/histograms/estop_to_low_ns", "0 0 0 0 0 0 0 0 0 0 0 0 90 9 0 0 1 0 0\n");
	assert_int_equal(run_json("safety latency"), 0);
	assert_int_equal(number("/count"), 100);
	assert_int_equal(number("/p50_ns"), 4095);
	assert_int_equal(number("/p90_ns"), 4095);
	assert_int_equal(number("/p99_ns"), 8191);
	assert_int_equal(number("/p999_ns"), 65535);
	assert_int_equal(number("/max_ns"), 65535);
	assert_int_equal(run("safety latency"), 0);
	assert_non_null(strstr(out_text, "stops        100 that lowered the outputs\n"));
	assert_non_null(strstr(out_text, "99 %         within 8.191 us\n"));
	assert_non_null(strstr(out_text, "99.9 %       within 65.535 us\n"));
	assert_non_null(strstr(out_text, "all          within 65.535 us\n"));
}

static void latency_before_the_first_stop(void **state)
{
	(void)state;
	scratch_put(root, "oht0/histograms/estop_to_low_ns", "0 0 0\n");
	assert_int_equal(run_json("safety latency"), 0);
	assert_int_equal(number("/count"), 0);
	assert_null(member("/p50_ns"));
	assert_int_equal(run("safety latency"), 0);
	assert_string_equal(out_text, "stops        0 that lowered the outputs\n");
}

static void latency_that_is_not_there_or_nonsense(void **state)
{
	(void)state;
	assert_int_equal(run("safety latency"), 1);
	assert_non_null(strstr(err_text, "estop_to_low_ns: No such file"));
	scratch_put(root, "oht0/histograms/estop_to_low_ns", "1 2 many\n");
	assert_int_equal(run("safety latency"), 1);
	assert_non_null(strstr(err_text, "estop_to_low_ns: Input/output error"));
	assert_int_equal(run("safety latency now"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json_has_all_of_it),
		TEST(text_is_short),
		TEST(text_quantiles),
		TEST(modules_that_were_met),
		TEST(nonsense_is_named),
		TEST(refusals),
		TEST(without_a_bus),
		TEST(latency_in_words_and_json),
		TEST(latency_before_the_first_stop),
		TEST(latency_that_is_not_there_or_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
