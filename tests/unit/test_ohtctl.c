// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl from its words to its exit code: command line, looking, registers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_device.h"
#include "ohtctl_runner.h"

/* ---- the command line ---- */

static const struct usage_case usage_cases[] = {
	{ "frobnicate", "'frobnicate'" },
	{ "safety what", "status, stop, reset, enable, disable, selftest, commission, telegrams" },
	{ "safety explode", "'explode'" },
	{ "info extra", "too many" },
	{ "read 2", "too few" },
	{ "read 2 0 1 2", "'2'" },
	{ "read 0 0", "1..247: '0'" },
	{ "read 248 0", "'248'" },
	{ "read x 0", "'x'" },
	{ "read 2 0x10000", "'0x10000'" },
	{ "read 2 0x", "'0x'" },
	{ "read 2 12monkeys", "'12monkeys'" },
	{ "read 2 1 0", "1..125: '0'" },
	{ "read 2 1 126", "'126'" },
	{ "read 2 0xFFFF 2", "beyond 0xFFFF" },
	{ "read 2 1 99999999999999999999", "'99999999999999999999'" },
	{ "read 2 1 --fc 6", "'6'" },
	{ "read 2 1 --fc", "needs a value" },
	{ "read 2 1 --fc=", "needs a value" },
	{ "read 2 1 --timeout-ms 0", "'0'" },
	{ "read 2 1 --retries 11", "'11'" },
	{ "read 2 1 --all", "--all" },
	{ "read 2 no_such_register", "'no_such_register'" },
	{ "read 99 battery_voltage", "unit 99" },
	{ "read nothing battery_voltage", "'nothing'" },
	{ "read power reset_error_command", "only be written" },
	{ "read power battery_voltage --profile strange", "'strange'" },
	{ "write 2 1", "too few" },
	{ "write 2 1 65536", "'65536'" },
	{ "write 2 1 1 2 --fc 6", "not 2" },
	{ "write 2 1 1 --fc 3", "'3'" },
	{ "write 2 0xFFFF 1 2", "beyond 0xFFFF" },
	{ "events 2", "'2'" },
	{ "events --interval-ms 1", "'1'" },
	{ "scan --fc 3", "--fc" },
	{ "info --strange", "'--strange'" },
	{ "info --json=yes", "'yes'" },
	{ "info --device", "needs a value" },
};

static void wrong_usage_is_exit_2_with_the_value(void **state)
{
	(void)state;
	expect_wrong_usage(usage_cases, sizeof(usage_cases) / sizeof(usage_cases[0]));
}

static void wrong_usage_is_json_on_request(void **state)
{
	(void)state;
	assert_int_equal(run_json("read 2 0x10000"), 2);
	assert_int_equal(number("/exit"), 2);
	assert_non_null(strstr(text("/error"), "'0x10000'"));
}

static void too_many_values_are_refused(void **state)
{
	char line[1024] = "write 2 0";
	int i;

	(void)state;
	for (i = 0; i < 124; i++)
		strcat(line, " 1");
	assert_int_equal(run(line), 2);
	assert_non_null(strstr(err_text, "too many"));
}

static void help_is_complete(void **state)
{
	static const char verbs[][16] = {
		"info", "status", "scan", "read", "write", "mask", "exchange", "identify", "raw",
		"events", "safety status", "safety stop", "safety reset", "safety enable",
		"safety disable", "safety watch",
	};
	char line[sizeof(verbs) + 16];
	size_t i;

	(void)state;
	assert_int_equal(run(""), 2);
	assert_string_equal(out_text, "");
	assert_int_equal(run("--help"), 0);
	assert_string_equal(err_text, "");
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		assert_int_equal(run("-h"), 0);
		assert_non_null(strstr(out_text, verbs[i]));
		snprintf(line, sizeof(line), "%s --help", verbs[i]);
		assert_int_equal(run(line), 0);
		assert_non_null(strstr(out_text, verbs[i]));
	}
	assert_int_equal(run("--version"), 0);
	assert_non_null(strstr(out_text, OHT_VERSION));
	assert_int_equal(fake.opens, 0);
}

/* ---- the device ---- */

static void device_comes_from_option_environment_or_default(void **state)
{
	(void)state;
	assert_int_equal(run("info"), 0);
	assert_string_equal(fake.path, "/dev/oht0");
	setenv("OHT_DEVICE", "/dev/oht3", 1);
	assert_int_equal(run("info"), 0);
	assert_string_equal(fake.path, "/dev/oht3");
	assert_int_equal(run("--device /dev/oht4 info"), 0);
	assert_string_equal(fake.path, "/dev/oht4");
	assert_int_equal(run("info --device=/dev/oht5"), 0);
	assert_string_equal(fake.path, "/dev/oht5");
}

static void looking_needs_no_write_permission(void **state)
{
	static const char *const lines[] = { "info", "status", "safety status", "events --rounds 1" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(run(lines[i]), 0);
		assert_int_equal(fake.open_flags & O_ACCMODE, O_RDONLY);
	}
}

static void no_device_is_exit_3(void **state)
{
	static const char *const lines[] = {
		"info", "status", "scan", "read 2 0", "write 2 0 1", "mask 2 0 1 1",
		"exchange 2 0 1 0 1", "identify 2", "raw 2 41", "events", "safety status",
		"safety stop", "safety reset", "safety enable", "safety disable", "safety watch",
	};
	size_t i;

	(void)state;
	fake.open_error = ENOENT;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(run(lines[i]), 3);
		assert_non_null(strstr(err_text, "/dev/oht0: no such device: the module is not loaded"));
		assert_int_equal(run_json(lines[i]), 3);
		assert_int_equal(number("/exit"), 3);
	}
	/* A robot elsewhere takes what ohtd has a route for. */
	run("status");
	assert_non_null(strstr(err_text, "--url https://"));
	run("raw 2 41");
	assert_null(strstr(err_text, "--url"));
}

static void no_permission_is_exit_1(void **state)
{
	(void)state;
	fake.open_error = EACCES;
	assert_int_equal(run("safety stop"), 1);
	assert_non_null(strstr(err_text, "group"));
}

static void another_abi_is_refused(void **state)
{
	(void)state;
	fake.info.abi_version = 12;
	assert_int_equal(run("info"), 1);
	assert_non_null(strstr(err_text, "ABI version 12"));
}

static void device_that_vanishes_is_exit_3(void **state)
{
	(void)state;
	fake.fail_number = OHT_IOC_SUBMIT;
	fake.fail_error = ENODEV;
	assert_int_equal(run("read 2 0"), 3);
	assert_non_null(strstr(err_text, "gone"));
}

/* ---- info, status ---- */

static void info_shows_the_line(void **state)
{
	(void)state;
	assert_int_equal(run("info"), 0);
	assert_non_null(strstr(out_text, "115200 bit/s, parity none, 1 stop bit\n"));
	assert_non_null(strstr(out_text, "(+0.16 %)"));
	assert_non_null(strstr(out_text, "t3.5 1750.0 us"));
	assert_int_equal(run_json("info"), 0);
	assert_int_equal(number("/baud_bps"), 115200);
	assert_string_equal(text("/baud_effective_bps"), "115384.615");
	assert_string_equal(text("/port"), "pl011");
	assert_string_equal(text("/caps/0"), "exact_timing");
	assert_int_equal(json_object_array_length(member("/caps")), 4);
	assert_int_equal(number("/t35_ns"), 1750000);
}

static void status_shows_the_stop(void **state)
{
	(void)state;
	fake.stop.causes |= OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A);
	fake.stop.standing = OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A);
	fake.stop.inputs = OHT_INPUT_B;
	assert_int_equal(run("status"), 0);
	assert_non_null(strstr(out_text, "causes       start, button_a\n"));
	assert_non_null(strstr(out_text, "standing     button_a (forbids a reset)\n"));
	assert_non_null(strstr(out_text, "a open, b closed"));
	assert_non_null(strstr(out_text, "enable1 low, enable2 low"));
	assert_non_null(strstr(out_text, "controller   none\n"));
	assert_int_equal(run("safety status"), 0);
	assert_non_null(strstr(out_text, "causes       start: The machine has not been reset since "
				"the driver started.\n"
				"               Reset, then enable.\n"
				"             button_a: Channel a of the emergency stop opened.\n"
				"               Make the robot safe, release the button"));
	assert_int_equal(run_json("safety status"), 0);
	assert_string_equal(text("/state"), "stopped");
	assert_string_equal(text("/first_cause"), "start");
	assert_string_equal(text("/causes/1/code"), "button_a");
	assert_string_equal(text("/causes/1/text"), "Channel a of the emergency stop opened.");
	assert_string_equal(text("/causes/1/action"),
			    "Make the robot safe, release the button, then reset.");
	assert_string_equal(text("/standing/0/code"), "button_a");
	assert_string_equal(text("/channels/a"), "open");
	assert_string_equal(text("/channels/b"), "closed");
	assert_false(json_object_get_boolean(member("/outputs/enable1")));
	assert_null(member("/controller"));
}

static void status_shows_feedback(void **state)
{
	(void)state;
	assert_int_equal(run("status"), 0);
	assert_null(strstr(out_text, "feedback"));
	assert_int_equal(run_json("safety status"), 0);
	assert_null(member("/feedback"));
	fake.info.caps |= OHT_CAP_FEEDBACK;
	fake.stop.inputs |= OHT_INPUT_FEEDBACK_2;
	assert_int_equal(run("status"), 0);
	assert_non_null(strstr(out_text, "feedback     enable1 open, enable2 closed\n"));
	assert_int_equal(run_json("safety status"), 0);
	assert_string_equal(text("/feedback/enable1"), "open");
	assert_string_equal(text("/feedback/enable2"), "closed");
	assert_int_equal(run("info"), 0);
	assert_non_null(strstr(out_text, "contacts must follow the outputs within 50 ms"));
}

static void status_names_the_controller(void **state)
{
	(void)state;
	fake.stop.state = OHT_ESTOP_ENABLED;
	fake.stop.causes = 0;
	fake.stop.outputs = OHT_OUTPUT_ENABLE_1 | OHT_OUTPUT_ENABLE_2;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = getpid();
	fake.stop.deadman_ms = 100;
	assert_int_equal(run("status"), 0);
	assert_non_null(strstr(out_text, "test_ohtctl (pid "));
	assert_non_null(strstr(out_text, "heartbeat within 100 ms"));
	assert_non_null(strstr(out_text, "causes       none\n"));
	assert_int_equal(run_json("status"), 0);
	assert_int_equal(number("/controller/pid"), getpid());
	assert_true(json_object_get_boolean(member("/outputs/enable2")));
	assert_true(json_object_get_boolean(member("/bus")));
	/* A process that ended in between. */
	fake.stop.controller_tgid = 0x7FFFFFFF;
	assert_int_equal(run("status"), 0);
	assert_non_null(strstr(out_text, "process (pid 2147483647)"));
}

static void device_without_a_stop_says_so(void **state)
{
	(void)state;
	fake.fail_number = OHT_IOC_ESTOP_STATUS;
	fake.fail_error = EOPNOTSUPP;
	assert_int_equal(run("safety status"), 1);
	assert_non_null(strstr(err_text, "cannot do that"));
}

/* ---- scan ---- */

static void scan_finds_by_type(void **state)
{
	(void)state;
	fake_add_unit(3, 3);
	fake_add_unit(6, 4);
	fake_add_unit(7, 99);
	assert_int_equal(run("scan"), 0);
	assert_non_null(strstr(out_text, "power"));
	assert_non_null(strstr(out_text, "not on its usual unit"));
	assert_non_null(strstr(out_text, "unknown type"));
	assert_non_null(strstr(out_text, "4 of units 1..8 answered"));
	assert_int_equal(run_json("scan"), 0);
	assert_int_equal(json_object_array_length(member("/units")), 4);
	assert_int_equal(number("/units/0/unit"), 2);
	assert_string_equal(text("/units/0/module"), "power");
	assert_string_equal(text("/units/0/firmware"), "1.02");
	assert_string_equal(text("/units/1/module"), "safety");
	assert_int_equal(number("/units/2/type"), 4);
	assert_null(member("/units/3/module"));
	assert_int_equal(number("/scanned"), 8);
}

static void scan_works_without_descriptions(void **state)
{
	(void)state;
	assert_int_equal(run("scan --data /nonexistent"), 0);
	assert_non_null(strstr(out_text, "   2  0x02     2  ?"));
}

/* Where modules.csv has the module of the dock. */
static void write_tables(const char *folder, const char *address)
{
	char path[256], line[4096];
	FILE *from = fopen(DATA_DIR "/modules.csv", "re"), *to;

	snprintf(path, sizeof(path), "%s/modules.csv", folder);
	to = fopen(path, "we");
	assert_true(from && to);
	while (fgets(line, sizeof(line), from)) {
		if (!strncmp(line, "dock_location,0x05", 18))
			fprintf(to, "dock_location,%s%s", address, line + 18);
		else
			fputs(line, to);
	}
	fclose(from);
	fclose(to);
	snprintf(path, sizeof(path), "%s/registers.csv", folder);
	assert_int_equal(symlink(DATA_DIR "/registers.csv", path), 0);
}

static void scan_asks_those_of_the_tables(void **state)
{
	char folder[] = "/tmp/oht-scan-XXXXXX", words[64], path[256];

	(void)state;
	assert_non_null(mkdtemp(folder));
	write_tables(folder, "0x11");
	fake_add_unit(17, 5);
	fake_add_unit(18, 5);
	snprintf(words, sizeof(words), "scan --data %s", folder);
	assert_int_equal(run(words), 0);
	assert_non_null(strstr(out_text, "  17  0x11     5  dock_location"));
	assert_null(strstr(out_text, "  18  "));
	assert_non_null(strstr(out_text, "2 of units 1..8 and those of modules.csv answered"));
	fake.present[2] = fake.present[17] = false;
	assert_int_equal(run(words), 1);
	assert_non_null(strstr(err_text, "no unit of 1..8 and those of modules.csv answered"));
	snprintf(path, sizeof(path), "%s/modules.csv", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/registers.csv", folder);
	unlink(path);
	rmdir(folder);
}

static void scan_all_goes_to_the_last_unit(void **state)
{
	(void)state;
	fake_add_unit(247, 5);
	assert_int_equal(run_json("scan --all"), 0);
	assert_int_equal(json_object_array_length(member("/units")), 2);
	assert_int_equal(number("/units/1/unit"), 247);
	/* Each once, and the two that are there once more. */
	assert_int_equal(fake.submits, 247 + 2);
}

static void empty_bus_is_a_failure(void **state)
{
	(void)state;
	fake.present[2] = false;
	assert_int_equal(run("scan"), 1);
	assert_string_equal(out_text, "");
	assert_non_null(strstr(err_text, "check power, wiring"));
	assert_int_equal(run_json("scan"), 1);
	assert_int_equal(json_object_array_length(member("/units")), 0);
}

static void scan_leaves_a_driven_robot_alone(void **state)
{
	(void)state;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = OTHER_TGID;
	assert_int_equal(run("scan"), 0);
	fake.stop.state = OHT_ESTOP_ENABLED;
	fake.submits = 0;
	assert_int_equal(run("scan"), 1);
	assert_non_null(strstr(err_text, "(pid 1)"));
	assert_int_equal(fake.submits, 0);
	assert_int_equal(run("scan --force"), 0);
}

/* ---- read and write ---- */

static void read_shows_words(void **state)
{
	(void)state;
	fake.words[2][0x10] = 0x1234;
	fake.words[2][0x11] = 7;
	assert_int_equal(run("read 2 0x10 2"), 0);
	assert_string_equal(out_text, "0x0010   4660  0x1234\n0x0011      7  0x0007\n");
	assert_int_equal(fake.transfer.function, 3);
	assert_int_equal(fake.transfer.priority, OHT_PRIO_BACKGROUND);
	assert_int_equal(fake.transfer.timeout_us, 100000);
	assert_int_equal(fake.transfer.retries, 2);
	assert_int_equal(run_json("read 2 16 2 --fc 4 --timeout-ms 30 --retries 0"), 0);
	assert_int_equal(number("/words/0"), 0x1234);
	assert_int_equal(number("/words/1"), 7);
	assert_int_equal(number("/function"), 4);
	assert_string_equal(text("/turnaround_us"), "1750.000");
	assert_int_equal(fake.transfer.timeout_us, 30000);
	assert_int_equal(fake.transfer.retries, 0);
}

static void read_takes_names(void **state)
{
	(void)state;
	fake.words[2][0x0104] = 2;
	assert_int_equal(run("read power module_type device_id"), 0);
	assert_ptr_equal(strstr(out_text, "module_type "), out_text);
	assert_non_null(strstr(out_text, "\ndevice_id "));
	assert_int_equal(run_json("read 2 module_type"), 0);
	assert_string_equal(text("/module"), "power");
	assert_int_equal(number("/registers/0/raw"), 2);
	assert_int_equal(number("/registers/0/address"), 0x0104);
	assert_int_equal(run("read power 0x104"), 0);
	assert_non_null(strstr(out_text, "0x0104      2"));
}

static void read_without_descriptions_says_what_to_do(void **state)
{
	(void)state;
	assert_int_equal(run("read power module_type --data /nonexistent"), 1);
	assert_non_null(strstr(err_text, "--data"));
	assert_int_equal(run("read 2 0x104 --data /nonexistent"), 0);
}

static void failed_read_says_what_to_check(void **state)
{
	(void)state;
	assert_int_equal(run("read 9 0 --retries 0"), 1);
	assert_string_equal(out_text, "");
	assert_non_null(strstr(err_text, "unit 9, read 0x0000 x1: no answer in time"));
	assert_int_equal(run("read 2 0x1FF 2"), 1);
	assert_non_null(strstr(err_text, "the module refused: it has no such register"));
	assert_int_equal(run_json("read 2 0x1FF 2"), 1);
	assert_int_equal(number("/exit"), 1);
}

static void timeout_beyond_the_device_names_its_limit(void **state)
{
	(void)state;
	fake.info.turnaround_max_us = 500000;
	fake.fail_number = OHT_IOC_SUBMIT;
	fake.fail_error = EINVAL;
	assert_int_equal(run("read 2 0 --timeout-ms 501"), 2);
	assert_non_null(strstr(err_text, "at most 500 here: '501'"));
}

/* Without a time-out of its own a request waits as long as the plan in force allows. */
static void plan_in_force_limits_the_wait(void **state)
{
	(void)state;
	fake.plan.flags = OHT_PLAN_RUNNING;
	fake.plan.figures.hold_max_ns = 75000000;
	assert_int_equal(run("read 2 0x104"), 0);
	assert_int_equal(fake.transfer.timeout_us, 25000);
	fake.plan.figures.hold_max_ns = 15000000;
	assert_int_equal(run("read 2 0x104"), 0);
	assert_int_equal(fake.transfer.timeout_us, 10000);
	fake.plan.figures.hold_max_ns = 75000000;
	assert_int_equal(run("read 2 0x104 --timeout-ms 70"), 0);
	assert_int_equal(fake.transfer.timeout_us, 70000);
	assert_int_equal(run("read 77 0 1 --timeout-ms 5000"), 1);
	assert_non_null(strstr(err_text, "unit 77, read 0x0000 x1: with 5000.0 ms for the answer"));
	assert_non_null(strstr(err_text, "longer than the 75.0 ms that the plan of the bus allows: give"));
	fake.plan.figures.hold_max_ns = 1;
	assert_int_equal(run("read 2 0x104"), 1);
	assert_non_null(strstr(err_text, "give a shorter --timeout-ms"));
	fake.plan.figures.hold_max_ns = 0;
	/* While enabled its stop budget does, however short the wait is. */
	fake.plan.cycle_us = 25000;
	fake.plan.stop_budget_us = 12200;
	assert_int_equal(run("read 2 0x104 100"), 0);
	fake.stop.state = OHT_ESTOP_ENABLED;
	fake.enables = 1;
	assert_int_equal(run("read 2 0x104 42"), 0);
	assert_int_equal(run("read 2 0x104 100"), 1);
	assert_non_null(strstr(err_text, "while enabled, or keep a stop from the bus for more than 12.2 ms: "));
	assert_non_null(strstr(err_text, "read less, or ask with the outputs off"));
	fake.stop.state = OHT_ESTOP_READY;
	fake.plan.stop_budget_us = 0;
}

static void write_chooses_the_function(void **state)
{
	(void)state;
	assert_int_equal(run("write 2 0x20 0xABCD"), 0);
	assert_int_equal(fake.transfer.function, 6);
	assert_int_equal(fake.transfer.priority, OHT_PRIO_COMMAND);
	assert_int_equal(fake.transfer.retries, 0);
	assert_int_equal(fake.words[2][0x20], 0xABCD);
	assert_int_equal(run("write power 0x20 1 2 3"), 0);
	assert_int_equal(fake.transfer.function, 16);
	assert_int_equal(fake.words[2][0x22], 3);
	assert_int_equal(run_json("write 2 0x20 9 --fc 16 --retries 1"), 0);
	assert_int_equal(number("/function"), 16);
	assert_int_equal(number("/address"), 0x20);
	assert_int_equal(fake.transfer.retries, 1);
}

static void write_leaves_a_driven_robot_alone(void **state)
{
	(void)state;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = OTHER_TGID;
	assert_int_equal(run("write 2 0x20 5"), 1);
	assert_non_null(strstr(err_text, "(pid 1) is the controller"));
	assert_int_equal(fake.submits, 0);
	assert_int_equal(run("write 2 0x20 5 --force"), 0);
	assert_int_equal(fake.words[2][0x20], 5);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, runner_setup, runner_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(wrong_usage_is_exit_2_with_the_value),
		CASE(wrong_usage_is_json_on_request),
		CASE(too_many_values_are_refused),
		CASE(help_is_complete),
		CASE(device_comes_from_option_environment_or_default),
		CASE(looking_needs_no_write_permission),
		CASE(no_device_is_exit_3),
		CASE(no_permission_is_exit_1),
		CASE(another_abi_is_refused),
		CASE(device_that_vanishes_is_exit_3),
		CASE(info_shows_the_line),
		CASE(status_shows_the_stop),
		CASE(status_shows_feedback),
		CASE(status_names_the_controller),
		CASE(device_without_a_stop_says_so),
		CASE(scan_finds_by_type),
		CASE(scan_works_without_descriptions),
		CASE(scan_asks_those_of_the_tables),
		CASE(scan_all_goes_to_the_last_unit),
		CASE(empty_bus_is_a_failure),
		CASE(scan_leaves_a_driven_robot_alone),
		CASE(read_shows_words),
		CASE(read_takes_names),
		CASE(read_without_descriptions_says_what_to_do),
		CASE(failed_read_says_what_to_check),
		CASE(timeout_beyond_the_device_names_its_limit),
		CASE(plan_in_force_limits_the_wait),
		CASE(write_chooses_the_function),
		CASE(write_leaves_a_driven_robot_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
