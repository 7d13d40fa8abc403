// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl: help of a verb, the end of options, negative values, registers written by name. */
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
#include <unistd.h>

#include "fake_device.h"
#include "ohtctl_runner.h"
#include "scratch.h"

#define HELP_COLUMNS	80

static const struct usage_case usage_cases[] = {
	/* The end of options, and what looks like a negative number. */
	{ "read 2 -- --json", "'--json'" },
	{ "-- --help", "unknown verb '--help'" },
	{ "write 2 1 -32769", "-32768..65535: '-32769'" },
	{ "write 2 1 -1x", "'-1x'" },
	{ "write 2 1 -0x5", "'-0x5'" },
	{ "write 2 1 -", "'-'" },
	{ "write 2 1 -x", "unknown option '-x'" },
	{ "write 2 -1 5", "0..65535: '-1'" },
	{ "write -2 1 5", "-2" },
	{ "write 2 1 -1 --fc 5", "0..1: '-1'" },
	{ "mask 2 1 -32769 0", "-32768..65535: '-32769'" },
	{ "mask 2 1 0 -- -32769", "-32768..65535: '-32769'" },
	{ "exchange 2 0 1 1 -- -32769", "-32768..65535: '-32769'" },
	{ "exchange 2 -1 1 1 5", "0..65535: '-1'" },
	{ "read 2 0 --timeout-ms -5", "1..60000: '-5'" },
	{ "write 2 1 1.5", "'1.5'" },
	/* What only works on this machine, and what only means something there. */
	{ "raw 2 11 --url https://localhost", "no route for 'raw'" },
	{ "write 2 1 1 --url https://localhost", "ohtd writes one register, by name: '1'" },
	{ "write power x 1 2 --url https://localhost", "ohtd writes one register, by name: '2'" },
	{ "write 2 X 1 --url https://localhost", "no name of a register: 'X'" },
	{ "plan load x --url https://localhost", "no route for 'plan load'" },
	{ "scan --all --url https://localhost", "--all does not belong to 'scan' with --url" },
	{ "read power x --timeout-ms 5 --url https://localhost", "--timeout-ms does not belong" },
	{ "stats --fingerprint 00", "--fingerprint does not belong to 'stats'" },
	{ "raw 2 11 --socket /x", "no route for 'raw': leave --socket out" },
	{ "login --socket /x", "'login' is for an ohtd elsewhere: --url" },
	{ "safety enable --socket /x --deadman-ms 100", "--deadman-ms does not belong to 'safety enable' with --socket" },
	{ "robot home --device /dev/oht1", "name that ohtd, --socket PATH or --url" },
	{ "login --device /dev/oht1", "name that ohtd, --url" },
	{ "status --device /dev/oht1 --url https://localhost", "--url and --device name two robots" },
	{ "status --socket /x --url https://localhost", "--url and --socket name two robots" },
	{ "login", "needs --url" },
	{ "logout", "needs --url" },
	{ "foxglove", "needs --url" },
	{ "info --url http://localhost", "must be https://HOST:PORT: 'http://localhost'" },
	{ "info --url localhost:8443", "'localhost:8443'" },
	{ "info --url https://", "'https://'" },
	{ "info --url https://u:p@localhost", "'https://u:p@localhost'" },
	{ "info --url https://localhost/api", "'https://localhost/api'" },
	{ "info --url https://localhost?x", "'https://localhost?x'" },
	{ "info --url https://localhost#x", "'https://localhost#x'" },
	{ "info --url https://../../etc", "'https://../../etc'" },
	{ "info --url https://%2e%2e%2fetc", "'https://%2e%2e%2fetc'" },
	{ "info --url https://localhost:99999", "'https://localhost:99999'" },
	{ "info --url https://[fe80::1%25..%2f]:1", "'https://[fe80::1%25..%2f]:1'" },
	{ "info --url https://[fe80::1%25sixteenletters00]:1", "'https://[fe80::1%25sixteenletters00]:1'" },
	/* A group of verbs is none itself. */
	{ "robot what", "robot needs one of status, facts, mode," },
	{ "alerts what", "alerts needs one of acknowledge, comment, comments, shelve, unshelve, shelves, history, summary, rules, try: 'what'" },
	{ "profile what", "profile needs one of check, new: 'what'" },
	{ "safety what --help", "telegrams, journal, latency, watch: 'what'" },
	{ "profile", "profile needs one of check, new\n" },
	{ "adm --help", "unknown verb 'adm'" },
	{ "status 1", "usage: ohtctl status\n" },
	/* By name. */
	{ "write power battery_voltage 1", "'battery_voltage' can only be read" },
	{ "write power charger_voltage_setpont 1", "is it 'charger_voltage_setpoint'?" },
	{ "write power setpoint 1", "is it 'charger_voltage_setpoint'?" },
	{ "write power xyzzyxyzzyxyzzy 1", "no register 'xyzzyxyzzyxyzzy'\n" },
	{ "read power battery_voltag", "is it 'battery_voltage'?" },
	{ "write power charger_voltage_setpoint 60.1", "takes 0.0..60.0 V: '60.1'" },
	{ "write power charger_voltage_setpoint -0.1", "takes 0.0..60.0 V: '-0.1'" },
	{ "write power charger_voltage_setpoint 1e1", "not a number: '1e1'" },
	{ "write power charger_voltage_setpoint 0x10", "not a number: '0x10'" },
	{ "write power charger_voltage_setpoint nan", "not a number: 'nan'" },
	{ "write power charger_voltage_setpoint 1.", "not a number: '1.'" },
	{ "write power charger_voltage_setpoint 99999999999999999999999999", "99999'" },
	{ "write power charger_voltage_setpoint 1 2", "one value: '2'" },
	{ "write power charger_voltage_setpoint 1 --fc 5", "--fc 5" },
	{ "write power charger_voltage_setpoint 1 --fc 15", "--fc 15" },
	{ "write power charge_relay 2", "takes 0..1: '2'" },
	{ "write 4 motor1_speed -100", "motor1_speed takes 0.0000000000..99.9999999885 %: '-100'" },
	{ "write dock_location position_x -32769", "takes -32768..32767 mm: '-32769'" },
	{ "write 99 position_x 1", "unit 99" },
	{ "write 0 position_x 1", "1..247: '0'" },
	{ "write nothing position_x 1", "'nothing'" },
	{ "write power position_x 1 --profile legacy", "'position_x'" },
};

static void refusals_name_the_value(void **state)
{
	(void)state;
	expect_wrong_usage(usage_cases, sizeof(usage_cases) / sizeof(usage_cases[0]));
	assert_int_equal(fake.submits, 0);
}

static void negative_values_are_twos_complement(void **state)
{
	(void)state;
	assert_int_equal(run("write 2 0x20 -1"), 0);
	assert_int_equal(fake.words[2][0x20], 0xFFFF);
	assert_int_equal(run("write 2 0x20 -32768 -- -5 65535"), 0);
	assert_int_equal(fake.words[2][0x20], 0x8000);
	assert_int_equal(fake.words[2][0x21], 0xFFFB);
	assert_int_equal(fake.words[2][0x22], 65535);
	assert_int_equal(run("exchange 2 0x20 1 0x21 -2"), 0);
	assert_int_equal(fake.words[2][0x21], 0xFFFE);
	assert_int_equal(run("exchange 2 0x20 1 0x21 -- -3"), 0);
	assert_int_equal(fake.words[2][0x21], 0xFFFD);
	assert_int_equal(run("mask 2 0x21 -16 -- -5"), 0);
	assert_int_equal(fake.words[2][0x21], 0xFFFB);
}

static void names_take_values_in_their_unit(void **state)
{
	(void)state;
	assert_int_equal(run("write power charger_voltage_setpoint 24.5"), 0);
	assert_int_equal(fake.words[2][0x30], 245);
	assert_int_equal(fake.transfer.function, 6);
	assert_string_equal(out_text, "unit 2 took charger_voltage_setpoint = 24.5 V (0x0030)\n");
	/* The number of the unit does as well, and the nearest step is what is written. */
	assert_int_equal(run_json("write 2 charger_voltage_setpoint 24.46 --fc 16"), 0);
	assert_int_equal(fake.words[2][0x30], 245);
	assert_int_equal(fake.transfer.function, 16);
	assert_string_equal(text("/name"), "charger_voltage_setpoint");
	assert_int_equal(number("/raw"), 245);
	assert_int_equal(number("/unit"), 2);
	assert_int_equal(number("/attempts"), 1);
}

static void negative_and_plain_values_by_name(void **state)
{
	(void)state;
	fake_add_unit(5, 5);
	assert_int_equal(run("write dock_location position_x -100"), 0);
	assert_int_equal(fake.words[5][0x30], 0xFF9C);
	assert_string_equal(out_text, "unit 5 took position_x = -100 mm (0x0030)\n");
	assert_int_equal(run("write 5 position_x -- -5"), 0);
	assert_int_equal(fake.words[5][0x30], 0xFFFB);
	assert_int_equal(run("write 5 position_x 0x10"), 0);
	assert_int_equal(fake.words[5][0x30], 0x10);
	/* What cannot be read can be written. */
	assert_int_equal(run("write power reset_error_command 1"), 0);
	assert_int_equal(fake.words[2][0x109], 1);
}

static void names_step_aside_for_a_controller(void **state)
{
	(void)state;
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = OTHER_TGID;
	assert_int_equal(run("write power charger_voltage_setpoint 1"), 1);
	assert_non_null(strstr(err_text, "(pid 1) is the controller"));
	assert_int_equal(fake.submits, 0);
}

/* ---- where the robot is ---- */

#define VERBS_MAX	256

/* Names of all verbs, from help, where each has a row between "Usage" and the options. */
static size_t verbs(char names[VERBS_MAX][24])
{
	size_t count = 0;
	char *end;

	assert_int_equal(run("--help"), 0);
	for (const char *line = strstr(out_text, "\n  "); line && !strncmp(line, "\n  ", 3); line = strchr(line + 1, '\n')) {
		assert_true(count < VERBS_MAX);
		assert_int_equal(sscanf(line + 3, "%18[a-z -]", names[count]), 1);
		for (end = names[count] + strlen(names[count]); end[-1] == ' '; )
			*--end = 0;
		count++;
	}
	assert_true(count > 150);
	return count;
}

/* Words behind a verb with which it gets as far as the robot; the others take as many "1" as they need. */
static const struct {
	const char *verb, *words;
} enough[] = {
	{ "accept", "--report none.json" }, { "read", "power cell_voltage_max" }, { "write", "power charger_voltage_setpoint 1" }, { "raw", "2 11" },
	{ "robot move", "500" }, { "config set", "/robot/name x" }, { "config check", "/robot/name x" }, { "config import", "document.json" },
	{ "config extend", "60" }, { "mission make", "x dock" }, { "mission add", "1 dock" }, { "mission import", "document.json" },
	{ "alerts shelve", "1 5 --reason x" }, { "user import", "document.json" }, { "admin create", "x --password-file word" },
	{ "admin reset", "x --password-file word" },
};

/* It gets as far as the robot, or to a complaint about anything but the number of its words; the exit code. */
static int run_enough(const char *option, const char *verb)
{
	const char *words = "";
	char line[512];
	int result;

	for (size_t i = 0; i < sizeof(enough) / sizeof(enough[0]); i++)
		if (!strcmp(verb, enough[i].verb))
			words = enough[i].words;
	snprintf(line, sizeof(line), "%s %s %s", option, verb, words);
	for (int more = 0; more < 6; more++) {
		result = run(line);
		if (!strstr(err_text, "too few arguments"))
			return result;
		strcat(line, " 1");
	}
	fail_msg("%s: %s", line, err_text);
	return result;
}

/* These read or remove a file of this computer. */
static bool is_of_no_robot(const char *verb)
{
	return !strncmp(verb, "profile ", 8) || !strcmp(verb, "audit forget");
}

/* These look at a machine and its ohtd, where what is missing is a finding; monitor watches all devices, and wants a number. */
static bool is_of_machine(const char *verb)
{
	return !strcmp(verb, "doctor") || !strcmp(verb, "support") || !strcmp(verb, "monitor");
}

/* Nothing listens where it is, and a socket cannot have such a name: who asks there says so at once. */
#define NO_SOCKET	"/tmp/" \
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void no_verb_acts_at_another_place_than_the_named_one(void **state)
{
	static const struct {
		const char *option, *name, *place;
	} ways[] = {
		{ "--socket " NO_SOCKET, "--socket", NO_SOCKET }, { "--url https://", "--url", "https://" }, { "--device /dev/oht9", "--device", "/dev/oht9" },
	};
	char names[VERBS_MAX][24], folder[] = "/tmp/oht-places-XXXXXX";
	size_t count = verbs(names);
	int wrong = 0;

	(void)state;
	assert_int_equal(scratch_make(folder), 0);
	scratch_put(folder, "document.json", "{}");
	scratch_put(folder, "word", "a long word, and a second one\n");
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(chmod("word", 0600), 0);
	setenv("XDG_STATE_HOME", folder, 1);
	fake.open_error = ENOENT;
	for (size_t i = 0; i < 3 * count; i++) {
		const char *verb = names[i / 3], *name = ways[i % 3].name;
		int result;

		if (is_of_no_robot(verb) || (is_of_machine(verb) && strcmp(name, "--url")))
			continue;
		result = run_enough(ways[i % 3].option, verb);
		/* It was tried there, and nowhere else, or the complaint says what to do with the option. */
		if (result && (strstr(err_text, ways[i % 3].place) || strstr(err_text, name)))
			continue;
		print_message("%s %s: %d, %s%s\n", verb, name, result, out_text, err_text);
		wrong++;
	}
	unsetenv("XDG_STATE_HOME");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(scratch_remove(folder), 0);
	assert_int_equal(wrong, 0);
}

/* The environment says where devices are, and a word on the line says more. */
static void a_named_ohtd_counts_more_than_the_device_of_the_environment(void **state)
{
	(void)state;
	setenv("OHT_DEVICE", "/dev/oht8", 1);
	fake.open_error = ENOENT;
	assert_int_equal(run("safety stop"), 3);
	assert_non_null(strstr(err_text, "/dev/oht8: "));
	assert_int_equal(run("safety stop --socket " NO_SOCKET), 2);
	assert_int_equal(run("safety stop --socket " NO_SOCKET " --device /dev/oht7"), 3);
	assert_non_null(strstr(err_text, "/dev/oht7: "));
	unsetenv("OHT_DEVICE");
}

/* ---- help ---- */

static void expect_narrow(const char *line)
{
	const char *begin, *end;

	assert_int_equal(run(line), 0);
	assert_string_equal(err_text, "");
	for (begin = out_text; *begin; begin = end + 1) {
		end = strchr(begin, '\n');
		assert_non_null(end);
		/* A usage line is as long as its verb. */
		if (end - begin > HELP_COLUMNS && strncmp(begin, "Usage: ", 7))
			fail_msg("'%s': too wide: %.*s", line, (int)(end - begin), begin);
	}
}

static void a_verb_lists_its_options_and_no_others(void **state)
{
	(void)state;
	expect_narrow("--help");
	expect_narrow("write --help");
	assert_non_null(strstr(out_text, "  --retries N       attempts after the first (0..10, "
					 "default: 2 to read"));
	assert_non_null(strstr(out_text, "(1..60000, default 100)"));
	assert_non_null(strstr(out_text, "--profile WORD"));
	assert_non_null(strstr(out_text, "--json"));
	assert_null(strstr(out_text, "--cycle-us"));
	assert_null(strstr(out_text, "--function N"));
	expect_narrow("stats --help");
	assert_null(strstr(out_text, "\nOptions:"));
	assert_non_null(strstr(out_text, "--device PATH"));
	expect_narrow("plan load --help");
	assert_non_null(strstr(out_text, "(1000..1000000, default 25000)"));
	expect_narrow("safety commission --help");
	expect_narrow("admin create --help");
	assert_non_null(strstr(out_text, "--role WORD"));
	assert_int_equal(fake.opens, 0);
}

static void a_group_lists_its_verbs_and_no_others(void **state)
{
	(void)state;
	expect_narrow("robot --help");
	assert_non_null(strstr(out_text, "\n  robot cancel "));
	assert_null(strstr(out_text, "  safety "));
	expect_narrow("plan -h");
	assert_non_null(strstr(out_text, "Usage: ohtctl plan [status]\n"));
	assert_non_null(strstr(out_text, "\n  plan load "));
}

/* A text file with a blank around each word. */
static char *words_of(const char *path)
{
	static char text[65536] = " ";
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	text[1 + fread(text + 1, 1, sizeof(text) - 2, file)] = 0;
	fclose(file);
	for (char *at = text; *at; at++)
		if (strchr("\n\t'", *at))
			*at = ' ';
	return text;
}

static void completion_knows_each_verb_and_option(void **state)
{
	const char *known = words_of(DATA_DIR "/../ohtctl/ohtctl.bash");
	char name[24], spaced[32], *rest, *word;
	int checked = 0;

	(void)state;
	assert_int_equal(run("--help"), 0);
	/* Names have the columns from 3 to 20; behind that of an option is its argument. */
	for (const char *line = out_text; line; line = strchr(line + 1, '\n')) {
		if (strncmp(line, "\n  ", 3) || sscanf(line + 3, "%18[a-z -]", name) != 1 || *name == ' ')
			continue;
		for (word = strtok_r(name, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
			snprintf(spaced, sizeof(spaced), " %s ", word);
			if (!strstr(known, spaced))
				fail_msg("ohtctl.bash does not complete '%s'", word);
			checked++;
			if (*name == '-')
				break;
		}
	}
	assert_true(checked > 100);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, runner_setup, runner_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(refusals_name_the_value),
		CASE(negative_values_are_twos_complement),
		CASE(names_take_values_in_their_unit),
		CASE(negative_and_plain_values_by_name),
		CASE(names_step_aside_for_a_controller),
		CASE(no_verb_acts_at_another_place_than_the_named_one),
		CASE(a_named_ohtd_counts_more_than_the_device_of_the_environment),
		CASE(a_verb_lists_its_options_and_no_others),
		CASE(a_group_lists_its_verbs_and_no_others),
		CASE(completion_knows_each_verb_and_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
