// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl monitor, on a family in memory. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "fake_device.h"
#include "fake_link.h"
#include "oht_monitor.h"
#include "ohtctl_runner.h"

static int setup(void **state)
{
	fake_link_install();
	fake_link.devices[0] = (struct fake_netlink_device){ true, true, 5, 5, 5 };
	return runner_setup(state);
}

static int teardown(void **state)
{
	/* The device itself is never opened. */
	assert_int_equal(fake.opens, 0);
	assert_int_equal(fake_link.opens, fake_link.closes);
	return runner_teardown(state);
}

static void expect_line(const char *words)
{
	if (!strstr(out_text, words))
		print_message("wanted: %s\n%s", words, out_text);
	assert_non_null(strstr(out_text, words));
}

static void test_lines(void **state)
{
	(void)state;
	fake_news_safety(0, 6);
	fake_news_unit(0, 6);
	fake_news_cycle(0, 6);
	assert_int_equal(run("monitor --count 3"), 0);
	expect_line("oht0 safety #6     stop     button_a  enabled -> stopped  outputs low after 2.5 us\n");
	expect_line("oht0 unit   #6     unit 7  good -> degraded  timeout, 3 in a row\n");
	expect_line("oht0 cycle  #6     lost     cycle 900  entry 1, unit 7: timeout, 4 in a row\n");
	assert_string_equal(err_text, "3 notifications, 0 lost\n");
	assert_int_equal(fake_link.groups, OHT_MONITOR_SAFETY | OHT_MONITOR_BUS);
}

static void test_losses(void **state)
{
	(void)state;
	fake_news_safety(0, 9);
	fake_link.then = (struct fake_netlink_device){ true, true, 10, 5, 6 };
	fake_link.raise_when_empty = true;
	assert_int_equal(run("monitor"), 0);
	expect_line("(oht0: 3 safety notifications lost here, from #6 on)\n");
	expect_line("(oht0: 1 safety notification lost here, from #10 on)\n");
	expect_line("(oht0: 1 cycle notification lost here, from #6 on)\n");
	assert_string_equal(err_text, "1 notifications, 5 lost\n");
}

static void test_json(void **state)
{
	(void)state;
	fake_news_unit(0, 8);
	assert_int_equal(run("monitor --count 1 --bus --json"), 0);
	expect_line("{\"type\":\"lost\",\"device\":0,\"seq\":6,\"of\":\"unit\",\"lost\":2}\n{\"type\":\"unit\"");
	expect_line("\"seq\":8,");
	expect_line("\"unit\":7,\"from\":\"good\",\"to\":\"degraded\",\"outcome\":\"timeout\",\"errors_in_row\":3,");
	assert_int_equal(fake_link.groups, OHT_MONITOR_BUS);
	fake_news_safety(0, 6);
	assert_int_equal(run("monitor --count 1 --safety --json"), 0);
	expect_line("\"event\":\"stop\",\"cause\":\"button_a\",\"causes\":[\"button_a\"],\"from\":\"enabled\",\"to\":\"stopped\"");
	assert_int_equal(fake_link.groups, OHT_MONITOR_SAFETY);
}

/* Losses of another device are none of ours. */
static void test_one_device(void **state)
{
	static const char *const words[] = { "1", "oht1", "/dev/oht1" };
	char line[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		fake_link.devices[1] = (struct fake_netlink_device){ true, false, 1, 0, 0 };
		fake_news_safety(0, 20);
		fake_news_safety(1, 2);
		snprintf(line, sizeof(line), "monitor --count 1 --device %s", words[i]);
		assert_int_equal(run(line), 0);
		expect_line("oht1 safety #2 ");
		assert_null(strstr(out_text, "oht0"));
		assert_string_equal(err_text, "1 notifications, 0 lost\n");
	}
}

static void test_dump(void **state)
{
	(void)state;
	fake_link.devices[1] = (struct fake_netlink_device){ true, false, 1, 0, 0 };
	assert_int_equal(run("monitor --dump"), 0);
	expect_line("port         pl011, 115200 bit/s (really 115176.000)\n");
	expect_line("port         none: the device has no bus\n");
	expect_line("newest       safety #5, unit #5, cycle #5\n");
	expect_line("statistics   replies_ok 1234\n");
	expect_line("unit 7       degraded, 9 errors in a row, asked every 400 ms\n");
	assert_string_equal(err_text, "");
	assert_int_equal(run_json("monitor --dump --device 0"), 0);
	assert_int_equal(number("/statistics/replies_ok"), 1234);
	assert_int_equal(number("/statistics/breaks"), 0);
	assert_int_equal(number("/units/0/unit"), FAKE_UNIT);
	assert_string_equal(text("/units/0/state"), "degraded");
	assert_string_equal(text("/state"), "stopped");
	fake_link.devices[0].there = false;
	fake_link.devices[1].there = false;
	assert_int_equal(run("monitor --dump"), 0);
	assert_string_equal(out_text, "no devices\n");
}

static void test_refusals(void **state)
{
	static const struct usage_case cases[] = {
		{ "monitor 3", "too many arguments" },
		{ "monitor --dump --count 3", "--dump" },
		{ "monitor --dump --safety", "--dump" },
		{ "monitor --bus --dump", "--dump" },
		{ "monitor --count 0", "must be 1..4294967295" },
		{ "monitor --count -1", "--count" },
		{ "monitor --count x", "not a number" },
		{ "monitor --interval-ms 10", "does not belong" },
		{ "monitor --safety=1", "takes no value" },
		{ "monitor --device foo", "--device needs the number" },
		{ "monitor --device -1", "--device needs the number" },
		{ "monitor --device 4294967296", "--device needs the number" },
		{ "monitor --device /dev/", "--device needs the number" },
		{ "monitor --url https://robot:8443", "no route" },
		{ "status --safety", "does not belong" },
		{ "status --dump", "does not belong" },
	};

	(void)state;
	expect_wrong_usage(cases, sizeof(cases) / sizeof(cases[0]));
	assert_int_equal(fake_link.opens, 0);
}

static void test_nothing_there(void **state)
{
	(void)state;
	assert_int_equal(run("monitor --device 3"), 3);
	assert_string_equal(err_text, "ohtctl: there is no device oht3\n");
	assert_int_equal(run_json("monitor --dump --device 3"), 3);
	assert_int_equal(number("/exit"), 3);
	fake_link.open_error = ENOENT;
	assert_int_equal(run("monitor"), 3);
	assert_non_null(strstr(err_text, "the kernel module is not loaded"));
	assert_int_equal(run("monitor --dump"), 3);
	assert_non_null(strstr(err_text, "the kernel module is not loaded"));
	fake_link.open_error = ENOMEM;
	assert_int_equal(run("monitor"), 1);
	fake_link.open_error = 0;
	fake_news_error(ENOMEM);
	assert_int_equal(run("monitor"), 1);
}

/* The module goes while somebody listens: what has come is counted, and nothing hangs. */
static void test_module_goes(void **state)
{
	(void)state;
	fake_news_safety(0, 6);
	fake_link.raise_when_empty = true;
	assert_int_equal(run("monitor"), 0);
	assert_string_equal(err_text, "1 notifications, 0 lost\n");
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines), TEST(test_losses), TEST(test_json), TEST(test_one_device),
		TEST(test_dump), TEST(test_refusals), TEST(test_nothing_there), TEST(test_module_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
