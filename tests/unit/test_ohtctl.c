// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl from its words to its exit code, on a device in memory. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cli.h"
#include "fake_device.h"

#define WORDS_MAX	140
#define OTHER_TGID	1

static char *out_text, *err_text;
static struct json_object *parsed;

static void forget_output(void)
{
	free(out_text);
	free(err_text);
	json_object_put(parsed);
	out_text = NULL;
	err_text = NULL;
	parsed = NULL;
}

static int setup(void **state)
{
	(void)state;
	fake_install();
	fake_add_unit(2, 2);
	unsetenv("OHT_DEVICE");
	setenv("OHT_DATA", DATA_DIR, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	forget_output();
	cli_release_signals();
	assert_int_equal(fake.opens, fake.closes);
	return 0;
}

/* Run a command line (words between spaces); its exit code. */
static int run(const char *line)
{
	char copy[2048];
	char *argv[WORDS_MAX + 2] = { (char *)"ohtctl" };
	size_t out_bytes, err_bytes;
	FILE *out, *err;
	int argc = 1, result;
	char *word, *rest;

	forget_output();
	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = word;
	}
	out = open_memstream(&out_text, &out_bytes);
	err = open_memstream(&err_text, &err_bytes);
	result = ohtctl_run(argc, argv, out, err);
	fclose(out);
	fclose(err);
	return result;
}

/* The same with --json: stdout is one object, stderr empty. */
static int run_json(const char *line)
{
	char with_json[2048];
	int result;

	snprintf(with_json, sizeof(with_json), "%s --json", line);
	result = run(with_json);
	assert_string_equal(err_text, "");
	parsed = json_tokener_parse(out_text);
	assert_non_null(parsed);
	assert_int_equal(out_text[strlen(out_text) - 1], '\n');
	return result;
}

static struct json_object *member(const char *path)
{
	struct json_object *object;

	assert_int_equal(json_pointer_get(parsed, path, &object), 0);
	return object;
}

static int64_t number(const char *path)
{
	assert_true(json_object_is_type(member(path), json_type_int));
	return json_object_get_int64(member(path));
}

static const char *text(const char *path)
{
	return json_object_get_string(member(path));
}

/* ---- the command line ---- */

struct usage_case {
	const char *line;
	const char *complaint;
};

static const struct usage_case usage_cases[] = {
	{ "frobnicate", "'frobnicate'" },
	{ "safety", "status, stop, reset, enable, disable, watch" },
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
	{ "write 2 1 -1", "'-1'" },
	{ "write 2 1 1 2 --fc 6", "not 2" },
	{ "write 2 1 1 --fc 3", "'3'" },
	{ "write 2 0xFFFF 1 2", "beyond 0xFFFF" },
	{ "watch 2", "'2'" },
	{ "watch --interval-ms 1", "'1'" },
	{ "scan --fc 3", "--fc" },
	{ "info --strange", "'--strange'" },
	{ "info --json=yes", "'yes'" },
	{ "info --device", "needs a value" },
};

static void wrong_usage_is_exit_2_with_the_value(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(usage_cases) / sizeof(usage_cases[0]); i++) {
		assert_int_equal(run(usage_cases[i].line), 2);
		assert_string_equal(out_text, "");
		assert_non_null(strstr(err_text, usage_cases[i].complaint));
		/* One line. */
		assert_ptr_equal(strchr(err_text, '\n'), err_text + strlen(err_text) - 1);
	}
	assert_int_equal(fake.opens, 0);
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
		"info", "status", "scan", "read", "write", "watch", "safety status",
		"safety stop", "safety reset", "safety enable", "safety disable", "safety watch",
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
	static const char *const lines[] = { "info", "status", "safety status", "watch --rounds 1" };
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
		"info", "status", "scan", "read 2 0", "write 2 0 1", "watch", "safety status",
		"safety stop", "safety reset", "safety enable", "safety disable", "safety watch",
	};
	size_t i;

	(void)state;
	fake.open_error = ENOENT;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(run(lines[i]), 3);
		assert_non_null(strstr(err_text, "/dev/oht0: no such device: load the module"));
		assert_int_equal(run_json(lines[i]), 3);
		assert_int_equal(number("/exit"), 3);
	}
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
	assert_non_null(strstr(out_text, "release the button"));
	assert_int_equal(run_json("safety status"), 0);
	assert_string_equal(text("/state"), "stopped");
	assert_string_equal(text("/first_cause"), "start");
	assert_string_equal(text("/causes/1/code"), "button_a");
	assert_string_equal(text("/standing/0/code"), "button_a");
	assert_string_equal(text("/channels/a"), "open");
	assert_string_equal(text("/channels/b"), "closed");
	assert_false(json_object_get_boolean(member("/outputs/enable1")));
	assert_null(member("/controller"));
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

static void scan_all_goes_to_the_last_unit(void **state)
{
	(void)state;
	fake_add_unit(247, 5);
	assert_int_equal(run_json("scan --all"), 0);
	assert_int_equal(json_object_array_length(member("/units")), 2);
	assert_int_equal(number("/units/1/unit"), 247);
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

/* ---- watch ---- */

static void watch_repeats_the_status(void **state)
{
	(void)state;
	assert_int_equal(run("watch --rounds 1"), 0);
	assert_ptr_equal(strstr(out_text, "stopped  a closed b closed enable low/low  causes start\n"),
			 out_text);
	assert_int_equal(run("watch --rounds 2 --interval-ms 10"), 0);
	assert_non_null(strstr(strchr(out_text, '\n'), "stopped"));
	assert_int_equal(run_json("watch --rounds 1"), 0);
	assert_string_equal(text("/state"), "stopped");
}

static void watch_repeats_a_read(void **state)
{
	(void)state;
	assert_int_equal(run("watch 2 0x104 --rounds 3 --interval-ms 10"), 0);
	assert_int_equal(fake.submits, 3);
	assert_non_null(strstr(out_text, "0x0104      2"));
	/* Silence does not end it, a wrong word does. */
	assert_int_equal(run("watch 9 0 --rounds 2 --interval-ms 10"), 0);
	assert_int_equal(run("watch 2 nonsense --rounds 2"), 2);
}

static void press_button(void)
{
	fake.on_poll = NULL;
	fake.stop.inputs = 0;
	fake_stop(OHT_CAUSE_BUTTON_B);
}

static void safety_watch_shows_events(void **state)
{
	(void)state;
	fake.on_poll = press_button;
	assert_int_equal(run("safety watch --rounds 1"), 0);
	assert_non_null(strstr(out_text, "#1     stop     button_b"));
	assert_non_null(strstr(out_text, "outputs low after 3.0 us"));
	fake.on_poll = press_button;
	fake.next_seq += 2;
	assert_int_equal(run_json("safety watch --rounds 1"), 0);
	assert_string_equal(text("/event"), "stop");
	assert_string_equal(text("/cause"), "button_b");
	assert_int_equal(number("/low_ns") - number("/event_ns"), 3000);
	assert_int_equal(number("/journal_seq"), 2);
}

static void interrupt(void)
{
	fake.on_poll = NULL;
	fake.poll_error = EINTR;
	raise(SIGINT);
}

static void ctrl_c_ends_a_watch(void **state)
{
	(void)state;
	fake.on_poll = interrupt;
	assert_int_equal(run("safety watch"), 0);
	fake.on_poll = interrupt;
	assert_int_equal(run("watch"), 0);
}

static void go_away(void)
{
	fake.gone = true;
}

static void watch_ends_with_the_device(void **state)
{
	(void)state;
	fake.on_poll = go_away;
	assert_int_equal(run("safety watch"), 3);
	assert_non_null(strstr(err_text, "gone"));
}

/* ---- acts on the stop ---- */

static void stop_always_goes(void **state)
{
	(void)state;
	fake.stop.state = OHT_ESTOP_ENABLED;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = OTHER_TGID;
	assert_int_equal(run("safety stop"), 0);
	assert_non_null(strstr(out_text, "outputs are low"));
	assert_int_equal(fake.stop.state, OHT_ESTOP_STOPPED);
	assert_int_equal(fake.command.tag, getpid());
	assert_int_equal(run_json("safety stop"), 0);
	assert_string_equal(text("/first_cause"), "software");
}

static void reset_acknowledges_and_leaves(void **state)
{
	(void)state;
	fake.stop.causes = OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A);
	assert_int_equal(run("safety reset"), 0);
	assert_int_equal(fake.farewells, 1);
	assert_int_equal(fake.stop.causes, OHT_CAUSE_BIT(OHT_CAUSE_FAREWELL));
	assert_int_equal(fake.stop.outputs, 0);
	assert_int_equal(run_json("safety reset"), 0);
	assert_string_equal(text("/causes/0/code"), "farewell");
}

static void reset_names_what_stands(void **state)
{
	(void)state;
	fake.stop.standing = OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) | OHT_CAUSE_BIT(OHT_CAUSE_FEEDBACK);
	assert_int_equal(run("safety reset"), 1);
	assert_non_null(strstr(err_text, "in the way: button_a, feedback;"));
	/* Even then the role is given back in order. */
	assert_int_equal(fake.farewells, 1);
	/* Released, but only just. */
	fake.stop.standing = OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A);
	assert_int_equal(run("safety reset"), 1);
	assert_non_null(strstr(err_text, "closed for 500 ms"));
	fake.stop.closed_since_ns = 0;
	assert_int_equal(run("safety reset"), 1);
	assert_non_null(strstr(err_text, "in the way: button_a;"));
}

static void acts_name_another_controller(void **state)
{
	static const char *const lines[] = { "safety reset", "safety enable", "safety disable" };
	size_t i;

	(void)state;
	fake.stop.state = OHT_ESTOP_ENABLED;
	fake.stop.causes = 0;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = OTHER_TGID;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(run(lines[i]), 1);
		assert_non_null(strstr(err_text, "(pid 1) is the controller"));
		assert_non_null(strstr(err_text, "/api/v1/"));
	}
	assert_int_equal(fake.stop.state, OHT_ESTOP_ENABLED);
}

static void disable_without_anything_enabled(void **state)
{
	(void)state;
	assert_int_equal(run("safety disable"), 0);
	assert_non_null(strstr(out_text, "not enabled"));
	assert_int_equal(fake.stop.journal_seq, 0);
}

static unsigned int polls_until_interrupt;

static void interrupt_later(void)
{
	assert_int_equal(fake.stop.state, OHT_ESTOP_ENABLED);
	if (!polls_until_interrupt--)
		interrupt();
}

static void enable_holds_with_heartbeats_until_interrupted(void **state)
{
	int64_t begin_ns = fake.now_ns;

	(void)state;
	polls_until_interrupt = 10;
	fake.on_poll = interrupt_later;
	assert_int_equal(run("safety enable"), 0);
	assert_non_null(strstr(out_text, "enabled: outputs high while this runs"));
	assert_non_null(strstr(out_text, "farewell: the enable outputs are low"));
	assert_int_equal(fake.farewells, 1);
	assert_int_equal(fake.stop.state, OHT_ESTOP_STOPPED);
	assert_int_equal(fake.stop.causes, OHT_CAUSE_BIT(OHT_CAUSE_FAREWELL));
	/* Four within each period of 100 ms. */
	assert_in_range(fake.heartbeats, 10, 16);
	assert_int_equal((fake.now_ns - begin_ns) / 1000000, 250);
}

static void enable_takes_another_period(void **state)
{
	(void)state;
	polls_until_interrupt = 1;
	fake.on_poll = interrupt_later;
	assert_int_equal(run("safety enable --deadman-ms 2000"), 0);
	assert_int_equal(fake.stop.deadman_ms, 2000);
	assert_int_equal(run("safety enable --deadman-ms 10001"), 2);
	assert_non_null(strstr(err_text, "10..10000 here: '10001'"));
}

static void enable_wants_a_reset_after_a_button(void **state)
{
	(void)state;
	fake.stop.causes |= OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A);
	assert_int_equal(run("safety enable"), 1);
	assert_non_null(strstr(err_text, "stopped by button_a"));
	assert_non_null(strstr(err_text, "ohtctl safety reset"));
	/* It has not even become the controller. */
	assert_int_equal(fake.stop.journal_seq, 0);
	assert_int_equal(run("safety reset"), 0);
	polls_until_interrupt = 1;
	fake.on_poll = interrupt_later;
	assert_int_equal(run("safety enable"), 0);
}

static void press_later(void)
{
	if (!polls_until_interrupt--)
		press_button();
}

static void stop_ends_enable_with_its_cause(void **state)
{
	(void)state;
	polls_until_interrupt = 3;
	fake.on_poll = press_later;
	assert_int_equal(run("safety enable"), 1);
	assert_non_null(strstr(err_text, "stopped by button_b: Channel b"));
	assert_non_null(strstr(out_text, "enabled -> stopped"));
	assert_int_equal(fake.farewells, 1);
}

static void blocked_enable_gives_the_role_back(void **state)
{
	(void)state;
	fake.fail_number = OHT_IOC_ENABLE;
	fake.fail_error = EBUSY;
	assert_int_equal(run("safety enable"), 1);
	assert_int_equal(fake.farewells, 1);
	assert_int_equal(fake.stop.outputs, 0);
}

static void enable_streams_json(void **state)
{
	char *line;

	(void)state;
	polls_until_interrupt = 2;
	fake.on_poll = interrupt_later;
	assert_int_equal(run("safety enable --json"), 0);
	assert_string_equal(err_text, "");
	for (line = strtok(out_text, "\n"); line; line = strtok(NULL, "\n")) {
		struct json_object *object = json_tokener_parse(line);

		assert_non_null(object);
		json_object_put(object);
	}
}

static void enable_ends_with_the_device(void **state)
{
	(void)state;
	fake.on_poll = go_away;
	assert_int_equal(run("safety enable"), 3);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

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
		CASE(status_names_the_controller),
		CASE(device_without_a_stop_says_so),
		CASE(scan_finds_by_type),
		CASE(scan_works_without_descriptions),
		CASE(scan_all_goes_to_the_last_unit),
		CASE(empty_bus_is_a_failure),
		CASE(scan_leaves_a_driven_robot_alone),
		CASE(read_shows_words),
		CASE(read_takes_names),
		CASE(read_without_descriptions_says_what_to_do),
		CASE(failed_read_says_what_to_check),
		CASE(timeout_beyond_the_device_names_its_limit),
		CASE(write_chooses_the_function),
		CASE(write_leaves_a_driven_robot_alone),
		CASE(watch_repeats_the_status),
		CASE(watch_repeats_a_read),
		CASE(safety_watch_shows_events),
		CASE(ctrl_c_ends_a_watch),
		CASE(watch_ends_with_the_device),
		CASE(stop_always_goes),
		CASE(reset_acknowledges_and_leaves),
		CASE(reset_names_what_stands),
		CASE(acts_name_another_controller),
		CASE(disable_without_anything_enabled),
		CASE(enable_holds_with_heartbeats_until_interrupted),
		CASE(enable_takes_another_period),
		CASE(enable_wants_a_reset_after_a_button),
		CASE(stop_ends_enable_with_its_cause),
		CASE(blocked_enable_gives_the_role_back),
		CASE(enable_streams_json),
		CASE(enable_ends_with_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
