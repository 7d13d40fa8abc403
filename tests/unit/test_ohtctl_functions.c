// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl's verbs for the rest of the function codes: coils, mask, exchange, identify, raw, all. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_device.h"
#include "ohtctl_runner.h"

static const struct usage_case usage_cases[] = {
	{ "read 2 1 --fc 5", "'5'" },
	{ "read 2 1 --function 23", "'23'" },
	{ "read 2 1 2001 --fc 1", "1..2000: '2001'" },
	{ "read 2 1 126 --fc 4", "1..125: '126'" },
	{ "read 2 0xFFFF 2 --fc 2", "2 coils from 0xFFFF" },
	{ "read power module_type --fc 1", "--fc 1" },
	{ "read 0 1", "1..247: '0'" },
	{ "write 248 1 1", "0..247: '248'; --any-unit" },
	{ "read 255 1", "1..247: '255'; --any-unit reaches 248 to 255" },
	{ "raw 254 41", "0..247: '254'; --any-unit" },
	{ "read 256 1", "1..247: '256'\n" },
	{ "read 0 1 --any-unit", "1..255: '0'" },
	{ "write 0 1 1 --any-unit", "1..255: '0'" },
	{ "raw 0 41 --any-unit", "1..255: '0'" },
	{ "write 256 1 1 --any-unit", "1..255: '256'" },
	{ "read 255 module_type --any-unit", "unit 255: use addresses" },
	{ "scan --any-unit", "--any-unit does not belong to 'scan'" },
	{ "read power x --any-unit --url https://localhost", "--any-unit does not belong" },
	{ "write 2 1 2 --fc 5", "0..1: '2'" },
	{ "write 2 1 0 2 --fc 15", "0..1: '2'" },
	{ "write 2 1 0 1 --fc 5", "use 15" },
	{ "write 2 0xFFFF 1 1 --fc 15", "coils" },
	{ "write 2 1 1 --fc 22", "'22'" },
	{ "mask 2 1 1", "too few" },
	{ "mask 2 1 1 1 1", "too many" },
	{ "mask 2 1 0x10000 1", "'0x10000'" },
	{ "mask 2 0x10000 1 1", "'0x10000'" },
	{ "mask 2 1 1 1 --fc 22", "--fc" },
	{ "exchange 2 0 1 0", "too few" },
	{ "exchange 0 0 1 0 1", "1..247: '0'" },
	{ "exchange 2 0 126 0 1", "'126'" },
	{ "exchange 2 0xFFFF 2 0 1", "beyond 0xFFFF" },
	{ "exchange 2 0 1 0xFFFF 1 2", "beyond 0xFFFF" },
	{ "exchange 2 0 1 0 65536", "'65536'" },
	{ "identify", "too few" },
	{ "identify 0", "1..247: '0'" },
	{ "identify 2 everything", "'everything'" },
	{ "identify 2 basic now", "too many" },
	{ "raw 2", "too few" },
	{ "raw 248 41", "'248'" },
	{ "raw 2 4", "'4'" },
	{ "raw 2 41 0g", "'0g'" },
	{ "raw 2 0x41", "'0x41'" },
	{ "raw 2 00", "'00'" },
	{ "raw 2 83", "'83'" },
	{ "raw 2 41 --fc 3", "--fc" },
};

static void wrong_usage_is_exit_2_with_the_value(void **state)
{
	(void)state;
	expect_wrong_usage(usage_cases, sizeof(usage_cases) / sizeof(usage_cases[0]));
}

static void too_many_values_are_refused(void **state)
{
	char line[1024] = "exchange 2 0 1 0";
	int i;

	(void)state;
	for (i = 0; i < 121; i++)
		strcat(line, " 1");
	assert_int_equal(run(line), 0);
	assert_int_equal(fake.transfer.write_count, 121);
	strcat(line, " 1");
	assert_int_equal(run(line), 2);
	assert_non_null(strstr(err_text, "too many"));
}

/* ---- coils ---- */

static void coils_are_written_and_read(void **state)
{
	(void)state;
	assert_int_equal(run("write 2 0x10 1 0 1 1 --fc 15"), 0);
	assert_string_equal(out_text, "unit 2 took 4 coils from 0x0010 on\n");
	assert_int_equal(fake.transfer_words[0], 0xd);
	assert_int_equal(run("read 2 0x10 4 --fc 1"), 0);
	assert_string_equal(out_text, "0x0010  1\n0x0011  0\n0x0012  1\n0x0013  1\n");
	assert_int_equal(run("write 2 0x11 1 --fc 5"), 0);
	assert_string_equal(out_text, "unit 2 took 1 coil from 0x0011 on\n");
	assert_int_equal(run_json("read 2 0x10 3 --function 2"), 0);
	assert_int_equal(number("/function"), 2);
	assert_int_equal(number("/count"), 3);
	assert_int_equal(number("/coils/0"), 1);
	assert_int_equal(number("/coils/1"), 1);
	assert_int_equal(number("/coils/2"), 1);
}

/* Over the border between two words, with the values that a packing in place could spoil. */
static void many_coils_are_packed_in_order(void **state)
{
	char line[512] = "write 2 0";
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		strcat(line, i % 3 ? " 0" : " 1");
	strcat(line, " --fc 15");
	assert_int_equal(run(line), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(fake.coils[i], i % 3 == 0);
}

/* ---- mask, exchange ---- */

static void mask_changes_bits(void **state)
{
	(void)state;
	fake.words[2][0x20] = 0x1234;
	assert_int_equal(run("mask power 0x20 0xFF0F 0x00A0"), 0);
	assert_string_equal(out_text, "unit 2 took 1 value from 0x0020 on\n");
	assert_int_equal(fake.words[2][0x20], 0x12a4);
	assert_int_equal(fake.transfer.priority, OHT_PRIO_COMMAND);
	assert_int_equal(fake.transfer.retries, 0);
	assert_int_equal(run_json("mask 2 0x20 0 1"), 0);
	assert_int_equal(number("/function"), 22);
	assert_int_equal(fake.words[2][0x20], 1);
}

static void exchange_writes_and_reads(void **state)
{
	(void)state;
	fake.words[2][0x30] = 5;
	assert_int_equal(run("exchange 2 0x30 2 0x31 0xBEEF 8"), 0);
	assert_string_equal(out_text, "0x0030      5  0x0005\n0x0031  48879  0xBEEF\n");
	assert_int_equal(fake.words[2][0x32], 8);
	assert_int_equal(run_json("exchange 2 0x30 1 0x31 1 --retries 1"), 0);
	assert_int_equal(number("/function"), 23);
	assert_int_equal(number("/words/0"), 5);
	assert_int_equal(fake.transfer.retries, 1);
}

/* ---- units that the specification reserves ---- */

static void any_unit_is_reached_while_not_enabled(void **state)
{
	static const char *const lines[] = {
		"read 255 0x104 --any-unit", "write 255 1 5 --any-unit", "raw 255 --any-unit 41",
	};
	size_t i;

	(void)state;
	fake_add_unit(255, 2);
	assert_int_equal(run(lines[0]), 0);
	assert_string_equal(out_text, "0x0104      2  0x0002\n");
	assert_int_equal(fake.transfer.flags, OHT_TRANSFER_ANY_UNIT);
	assert_int_equal(run(lines[1]), 0);
	assert_int_equal(fake.words[255][1], 5);
	/* A unit that has a usual address is reached as ever. */
	assert_int_equal(run("read power 0x104 --any-unit"), 0);
	fake.stop.state = OHT_ESTOP_ENABLED;
	fake.enables = 1;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(run(lines[i]), 1);
		assert_non_null(strstr(err_text, "the machine is enabled"));
		assert_non_null(strstr(err_text, "above 247"));
	}
	assert_int_equal(run("read power 0x104 --any-unit"), 0);
}

/* ---- identify ---- */

static void answer(const void *pdu, unsigned int bytes)
{
	memcpy(fake.pdu, pdu, bytes);
	fake.pdu_bytes = bytes;
}

static void identify_shows_objects(void **state)
{
	static const uint8_t pdu[] = {
		43, 14, 1, 0x81, 0, 0, 3, 0, 3, 'o', 'h', 't', 1, 2, 'M', 0x1b, 0x80, 1, 0xff,
	};

	(void)state;
	answer(pdu, sizeof(pdu));
	assert_int_equal(run("identify 2"), 0);
	assert_string_equal(out_text, "0x00  vendor_name             oht\n"
			    "0x01  product_code            M\\x1B\n"
			    "0x80  object                  \\xFF\n");
	assert_int_equal(fake.transfer.function, 43);
	assert_int_equal(fake.transfer.count, 1);
	assert_int_equal(fake.transfer.priority, OHT_PRIO_BACKGROUND);
	assert_int_equal(run_json("identify power extended"), 0);
	assert_int_equal(fake.transfer.count, 3);
	assert_int_equal(number("/unit"), 2);
	assert_string_equal(text("/objects/0/value"), "oht");
	assert_string_equal(text("/objects/1/name"), "product_code");
	assert_int_equal(number("/objects/2/id"), 0x80);
}

static void second_part(void)
{
	static const uint8_t pdu[] = { 43, 14, 3, 0x83, 0, 0, 1, 7, 1, 'b' };

	if (fake.transfer.address == 7)
		answer(pdu, sizeof(pdu));
}

static void identify_goes_on_where_it_should(void **state)
{
	static const uint8_t pdu[] = { 43, 14, 3, 0x83, 0xff, 7, 1, 0, 1, 'a' };

	(void)state;
	answer(pdu, sizeof(pdu));
	fake.on_answer = second_part;
	assert_int_equal(run("identify 2 extended"), 0);
	assert_string_equal(out_text, "0x00  vendor_name             a\n"
			    "0x07  object                  b\n");
	assert_int_equal(fake.submits, 2);
}

static void identify_does_not_go_round_in_circles(void **state)
{
	static const uint8_t pdu[] = { 43, 14, 1, 0x81, 0xff, 0, 0 };

	(void)state;
	answer(pdu, sizeof(pdu));
	assert_int_equal(run("identify 2"), 1);
	assert_non_null(strstr(err_text, "unit 2 goes back to object 0x00"));
	assert_int_equal(fake.submits, 1);
}

static void identify_tells_a_refusal(void **state)
{
	(void)state;
	assert_int_equal(run("identify 2"), 1);
	assert_non_null(strstr(err_text, "unit 2, identify: the module refused: "));
	assert_int_equal(run_json("identify 9 --retries 0"), 1);
	assert_non_null(strstr(text("/error"), "no answer in time"));
}

/* ---- raw ---- */

static void raw_sends_bytes(void **state)
{
	(void)state;
	answer("\x41\x00\xfe", 3);
	assert_int_equal(run("raw 2 41 0aFF 00"), 0);
	assert_string_equal(out_text, "41 00 fe\n");
	assert_int_equal(fake.transfer.flags, OHT_TRANSFER_RAW | OHT_TRANSFER_WHILE_STOPPED);
	assert_int_equal(fake.transfer.count, 4);
	assert_memory_equal(fake.transfer_pdu, "\x41\x0a\xff\x00", 4);
	assert_int_equal(run_json("raw power 410AFF"), 0);
	assert_string_equal(text("/pdu"), "4100fe");
	assert_int_equal(number("/function"), 0x41);
	fake.pdu_bytes = 0;
	assert_int_equal(run("raw 2 41"), 1);
	assert_non_null(strstr(err_text, "unit 2, raw 0x41: the module refused"));
}

static void raw_takes_as_much_as_a_pdu_holds(void **state)
{
	char line[1024] = "raw 2 ";
	int i;

	(void)state;
	answer("\x41", 1);
	for (i = 0; i < 253; i++)
		strcat(line, "41");
	assert_int_equal(run(line), 0);
	assert_int_equal(fake.transfer.count, 253);
	strcat(line, "41");
	assert_int_equal(run(line), 2);
	assert_non_null(strstr(err_text, "at most 253 bytes: '41'"));
}

/* ---- broadcast ---- */

static void broadcast_reaches_all(void **state)
{
	(void)state;
	fake_add_unit(3, 3);
	assert_int_equal(run("write 0 0x20 7 8 --timeout-ms 150"), 0);
	assert_string_equal(out_text, "2 values from 0x0020 on sent to all units, none answers\n");
	assert_int_equal(fake.words[2][0x21], 8);
	assert_int_equal(fake.words[3][0x21], 8);
	assert_int_equal(fake.transfer.timeout_us, 150000);
	assert_int_equal(run("mask 0 0x20 0 1"), 0);
	assert_int_equal(fake.words[3][0x20], 1);
	assert_int_equal(run_json("write 0 0x20 7"), 0);
	assert_int_equal(number("/unit"), 0);
	assert_int_equal(run("raw 0 41"), 0);
	assert_string_equal(out_text, "1 bytes sent to all units, none answers\n");
}

/* ---- who may ---- */

static void what_acts_leaves_a_driven_robot_alone(void **state)
{
	static const char *const lines[] = {
		"mask 2 0 0 1", "exchange 2 0 1 0 1", "raw 2 41", "write 0 0 1", "write 2 0 1 --fc 5",
	};
	char forced[64];
	size_t i;

	(void)state;
	answer("\x41", 1);
	fake.stop.flags = OHT_ESTOP_HAS_CONTROLLER;
	fake.stop.controller_tgid = OTHER_TGID;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		fake.submits = 0;
		assert_int_equal(run(lines[i]), 1);
		assert_non_null(strstr(err_text, "(pid 1) is the controller"));
		assert_int_equal(fake.submits, 0);
		snprintf(forced, sizeof(forced), "%s --force", lines[i]);
		assert_int_equal(run(forced), 0);
	}
	/* Asking who somebody is changes nothing. */
	assert_int_equal(run("identify 2"), 0);
}

/* ---- scan ---- */

static void scan_asks_strangers_in_passing(void **state)
{
	(void)state;
	fake.present[2] = false;
	assert_int_equal(run("scan --all"), 1);
	assert_int_equal(fake.submits, 247);
	assert_int_equal(fake.transfer.timeout_us, 9000);
	assert_int_equal(fake.transfer.priority, OHT_PRIO_BACKGROUND);
	assert_int_equal(run("scan"), 1);
	assert_int_equal(fake.transfer.timeout_us, 50000);
	assert_int_equal(run("scan --all --timeout-ms 20"), 1);
	assert_int_equal(fake.transfer.timeout_us, 20000);
}

static uint32_t timeouts_us[FAKE_UNITS];

/* Of the newest question to each unit. */
static void note_timeout(void)
{
	timeouts_us[fake.transfer.unit] = fake.transfer.timeout_us;
}

/* Beside a plan each question fits into the slack: one that does not waits for a cycle of its own. */
static void scan_fits_into_the_slack_of_a_plan(void **state)
{
	/* Slack of the emptiest cycle, then time-out of a question to a unit that need not be there. */
	static const uint32_t cases[][2] = { { 14000, 9000 }, { 8200, 3889 }, { 6000, 50000 } };
	unsigned int i;

	(void)state;
	fake_add_unit(3, 3);
	fake.plan.flags = OHT_PLAN_RUNNING;
	fake.on_answer = note_timeout;
	for (i = 0; i < 3; i++) {
		fake.plan.figures.slack_max_ns = cases[i][0] * 1000;
		memset(timeouts_us, 0, sizeof(timeouts_us));
		fake.submits = 0;
		assert_int_equal(run_json("scan"), 0);
		assert_int_equal(json_object_array_length(member("/units")), 2);
		assert_int_equal(timeouts_us[3], cases[i][1]);
		assert_int_equal(timeouts_us[8], cases[i][1]);
		/* Silent where a module is expected: may only be slow, and is asked again with all of its time. */
		assert_int_equal(timeouts_us[5], 50000);
		/* Two tell their type besides, and two are asked again. */
		assert_int_equal(fake.submits, 8 + 2 + (cases[i][1] < 50000 ? 2 : 0));
	}
	fake.plan.figures.slack_max_ns = 14000000;
	assert_int_equal(run("scan --timeout-ms 20"), 0);
	assert_int_equal(timeouts_us[8], 20000);
}

static unsigned int late_unit;

/* A unit that answers while the next but one is asked, but always within 50 ms. */
static void answers_late(void)
{
	fake.present[late_unit] = fake.transfer.timeout_us > 9000;
	fake.disturbed = fake.transfer.unit == late_unit + 2 && fake.transfer.timeout_us <= 9000;
}

static void scan_hears_who_is_late(void **state)
{
	(void)state;
	late_unit = 100;
	fake_add_unit(late_unit, 5);
	fake.on_answer = answers_late;
	assert_int_equal(run_json("scan --all"), 0);
	assert_int_equal(json_object_array_length(member("/units")), 2);
	assert_int_equal(number("/units/1/unit"), late_unit);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, runner_setup, runner_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(wrong_usage_is_exit_2_with_the_value),
		CASE(too_many_values_are_refused),
		CASE(coils_are_written_and_read),
		CASE(many_coils_are_packed_in_order),
		CASE(any_unit_is_reached_while_not_enabled),
		CASE(mask_changes_bits),
		CASE(exchange_writes_and_reads),
		CASE(identify_shows_objects),
		CASE(identify_goes_on_where_it_should),
		CASE(identify_does_not_go_round_in_circles),
		CASE(identify_tells_a_refusal),
		CASE(raw_sends_bytes),
		CASE(raw_takes_as_much_as_a_pdu_holds),
		CASE(broadcast_reaches_all),
		CASE(what_acts_leaves_a_driven_robot_alone),
		CASE(scan_asks_strangers_in_passing),
		CASE(scan_fits_into_the_slack_of_a_plan),
		CASE(scan_hears_who_is_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
