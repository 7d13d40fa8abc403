// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl plan and plan watch: what they show, and when they cannot. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "fake_device.h"
#include "ohtctl_runner.h"

static int teardown(void **state)
{
	assert_int_equal(fake.maps, 0);
	return runner_teardown(state);
}

/* Two entries in force: one answers, one does not. */
static void put_in_force(void)
{
	fake.plan = (struct oht_plan_status){
		.flags = OHT_PLAN_RUNNING, .generation = 3, .entries = 2, .cycle_us = 25000,
		.stop_budget_us = 10000, .whole_cycles = 20, .cycles = 5000, .missed = 1,
		.exceeded = 2, .given = 4, .errors = 6, .losses = 1, .busy_max_ns = 15300000,
		.start_late_max_ns = 9500, .figures = fake.commit.figures,
	};
	fake.image.header.flags = OHT_PLAN_RUNNING;
	fake.image.header.generation = 3;
	fake.image.header.entries = 2;
	fake.image.header.cycle_us = 25000;
	fake.image.slots[0] = (struct oht_image_slot){
		.generation = 3, .unit = 3, .function = 3, .timestamp_ns = 1, .tried_ns = 1,
		.address = 0x10, .count = 10, .period_cycles = 1,
		.words = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA },
	};
	fake.image.slots[1] = (struct oht_image_slot){
		.generation = 3, .unit = 4, .function = 4, .status = -ETIMEDOUT,
		.detail = OHT_DETAIL_TIMEOUT, .errors = 6, .address = 0x20, .count = 2,
		.period_cycles = 4, .phase_cycles = 1,
	};
}

/* ---- the status ---- */

static void status_as_text(void **state)
{
	(void)state;
	put_in_force();
	assert_int_equal(run("plan"), 0);
	assert_non_null(strstr(out_text, "plan         in force\n"));
	assert_non_null(strstr(out_text, "25000 us, 2 entries, generation 3\n"));
	assert_non_null(strstr(out_text, "64.1 % of the fullest cycle, 47.0 % of all, "
			       "repeats after 20 cycles\n"));
	assert_non_null(strstr(out_text, "16.02 ms of the fullest cycle; slack 8.97 to 14.00 ms\n"));
	assert_non_null(strstr(out_text, "within 6.10 ms (entry 0 decides)\n"));
	assert_non_null(strstr(out_text, "waits at most 27.50 ms\n"));
	assert_non_null(strstr(out_text, "stop budget  10000 us\n"));
	assert_non_null(strstr(out_text, "whole cycles at most one in 20 goes to"));
	assert_non_null(strstr(out_text, "5000, of these missed 1, exceeded 2, given 4\n"));
	assert_non_null(strstr(out_text, "6 exchanges failed, 1 entries became lost\n"));
	assert_non_null(strstr(out_text, "15.30 ms from begin to end of a cycle; begun 9.5 us late"));
	/* Eight words of ten; nothing of what never came. */
	assert_non_null(strstr(out_text, " 0011 0022 0033 0044 0055 0066 0077 0088 ...\n"));
	assert_non_null(strstr(out_text, "    1    4  4 0x0020      2      4     1  timeout        "
			       "       6     never \n"));
	assert_int_equal(run("plan status"), 0);
	assert_non_null(strstr(out_text, "in force"));
}

static void status_as_json(void **state)
{
	(void)state;
	put_in_force();
	assert_int_equal(run_json("plan status"), 0);
	assert_true(json_object_get_boolean(member("/running")));
	assert_int_equal(number("/generation"), 3);
	assert_int_equal(number("/cycle_us"), 25000);
	assert_int_equal(number("/cycles"), 5000);
	assert_int_equal(number("/start_late_max_ns"), 9500);
	assert_int_equal(number("/figures/worst_permille"), 641);
	assert_int_equal(number("/figures/stop_ns"), 6100000);
	assert_int_equal(json_object_array_length(member("/entries")), 2);
	assert_string_equal(text("/entries/0/status"), "ok");
	assert_int_equal(json_object_array_length(member("/entries/0/words")), 10);
	assert_int_equal(number("/entries/0/words/9"), 0xAA);
	assert_string_equal(text("/entries/1/status"), "timeout");
	assert_int_equal(number("/entries/1/errors"), 6);
	assert_null(member("/entries/1/age_ms"));
	assert_int_equal(json_object_array_length(member("/entries/1/words")), 0);
}

static void status_without_a_plan(void **state)
{
	(void)state;
	assert_int_equal(run("plan"), 0);
	assert_ptr_equal(strstr(out_text, "plan         none\n"), out_text);
	assert_null(strstr(out_text, "entry"));
	assert_int_equal(run_json("plan"), 0);
	assert_null(member("/figures"));
	assert_int_equal(json_object_array_length(member("/entries")), 0);
	fake.starts_ns = INT64_MAX;
	fake.plan.flags = OHT_PLAN_PENDING;
	assert_int_equal(run("plan"), 0);
	assert_non_null(strstr(out_text, "none, another one waits for the next cycle\n"));
}

/* What everything else on the bus waits for is told where one looks first. */
static void device_status_has_a_line(void **state)
{
	(void)state;
	assert_int_equal(run("status"), 0);
	assert_non_null(strstr(out_text, "\nplan         none\n"));
	put_in_force();
	assert_int_equal(run("status"), 0);
	assert_non_null(strstr(out_text, "\nplan         2 entries, cycle of 25000 us\n"));
	assert_int_equal(run_json("status"), 0);
	assert_true(json_object_get_boolean(member("/plan")));
	fake.fail_number = OHT_IOC_PLAN_STATUS;
	fake.fail_error = ENODEV;
	assert_int_equal(run("status"), 3);
	fake.info.caps &= ~OHT_CAP_BUS;
	assert_int_equal(run("status"), 0);
	assert_null(strstr(out_text, "plan"));
}

/* One word for each way in which an entry can stand. */
static void status_words(void **state)
{
	struct oht_image_slot *slot = &fake.image.slots[1];

	(void)state;
	put_in_force();
	slot->status = -ENODATA;
	slot->detail = OHT_DETAIL_OK;
	assert_int_equal(run_json("plan"), 0);
	assert_string_equal(text("/entries/1/status"), "no_data");
	slot->status = -ECANCELED;
	slot->detail = OHT_DETAIL_STOPPED;
	assert_int_equal(run_json("plan"), 0);
	assert_string_equal(text("/entries/1/status"), "blocked");
	slot->status = -EREMOTEIO;
	slot->detail = OHT_DETAIL_EXCEPTION;
	slot->exception = 2;
	assert_int_equal(run_json("plan"), 0);
	assert_string_equal(text("/entries/1/status"), "illegal_address");
	/* More registers than there can be are not read beyond the array. */
	slot->count = 60000;
	slot->timestamp_ns = 1;
	assert_int_equal(run_json("plan"), 0);
	assert_int_equal(json_object_array_length(member("/entries/1/words")), OHT_WORDS_MAX);
	fake.plan.figures.stop_ns = UINT64_MAX;
	assert_int_equal(run_json("plan"), 0);
	assert_null(member("/figures/stop_ns"));
	assert_int_equal(run("plan"), 0);
	assert_non_null(strstr(out_text, "not bounded"));
}

static void status_refusals(void **state)
{
	(void)state;
	put_in_force();
	fake.image.slots[0].generation = 2;
	assert_int_equal(run("plan"), 1);
	assert_non_null(strstr(err_text, "changes all the time"));
	fake.image.slots[0].seq = 1;
	assert_int_equal(run("plan"), 1);
	assert_non_null(strstr(err_text, "being written each time"));
	fake.image.header.slot_bytes++;
	assert_int_equal(run("plan"), 1);
	assert_non_null(strstr(err_text, "another ABI version"));
	fake.map_error = EOPNOTSUPP;
	assert_int_equal(run("plan"), 1);
	assert_non_null(strstr(err_text, "process image: this device cannot do that"));
	fake.map_error = 0;
	fake.image.header.slot_bytes--;
	fake.fail_number = OHT_IOC_PLAN_STATUS;
	fake.fail_error = EOPNOTSUPP;
	assert_int_equal(run("plan"), 1);
	assert_non_null(strstr(err_text, "plan status: this device cannot do that"));
	fake.gone = true;
	assert_int_equal(run("plan"), 3);
	fake.open_error = ENOENT;
	assert_int_equal(run("plan"), 3);
}

/* ---- the command line ---- */

static const struct usage_case usage_cases[] = {
	{ "plan frobnicate", "status, check, load, clear, watch: 'frobnicate'" },
	{ "plan status now", "too many" },
	{ "plan check", "too few" },
	{ "plan load", "too few" },
	{ "plan load one two", "too many" },
	{ "plan clear now", "too many" },
	{ "plan watch 1", "too many" },
	{ "plan check x --cycle-us 999", "1000..1000000: '999'" },
	{ "plan check x --cycle-us 1000001", "'1000001'" },
	{ "plan check x --stop-budget-us 1000001", "0..1000000: '1000001'" },
	{ "plan load x --whole-cycles 1", "2..1000: '1'" },
	{ "plan load x --whole-cycles", "needs a value" },
	{ "plan load x --force", "--force does not belong to 'plan load'" },
	{ "plan clear --cycle-us 1000", "--cycle-us does not belong" },
	{ "plan --cycle-us 1000", "--cycle-us does not belong" },
	{ "plan watch --timeout-ms 5", "--timeout-ms does not belong" },
	{ "status --cycle-us 1000", "--cycle-us does not belong" },
};

static void wrong_usage(void **state)
{
	(void)state;
	expect_wrong_usage(usage_cases, sizeof(usage_cases) / sizeof(usage_cases[0]));
}

/* ---- watch ---- */

static void lose_an_entry(void)
{
	fake.on_poll = NULL;
	fake_skip(2);
	fake_cycle(OHT_CYCLE_LOST, 4, 1);
	fake_cycle(OHT_CYCLE_FOUND, 1, 1);
	fake_cycle(OHT_CYCLE_MISSED, 3, 0);
	fake.image.slots[0].words[1] = 0x23;
}

static void watch_shows_events_and_changes(void **state)
{
	const char *second;

	(void)state;
	put_in_force();
	fake.on_poll = lose_an_entry;
	assert_int_equal(run("plan watch --rounds 2 --interval-ms 10"), 0);
	assert_ptr_equal(strstr(out_text, "generation 3: 2 entries, cycle of 25000 us\n"), out_text);
	assert_non_null(strstr(out_text, "#1     lost     cycle 4000  entry 1, unit 5: timeout, "
			       "4 in a row\n"));
	assert_non_null(strstr(out_text, "#2     found    cycle 4000  entry 1, unit 5\n"));
	assert_non_null(strstr(out_text, "#3     missed   cycle 4000  3 not begun\n"));
	/* Behind them only the entry whose value is another one. */
	second = strstr(out_text, "3 not begun\n");
	assert_non_null(strstr(second, " 0011 0023 0033"));
	assert_null(strstr(second, "timeout"));
}

static void end_the_plan(void)
{
	fake.on_poll = NULL;
	fake.image.header.generation = 4;
	fake.image.header.flags = 0;
	fake.image.header.entries = 0;
}

static void watch_tells_the_end_of_a_plan(void **state)
{
	char *line;

	(void)state;
	put_in_force();
	fake.on_poll = end_the_plan;
	assert_int_equal(run("plan watch --rounds 2 --interval-ms 10"), 0);
	assert_non_null(strstr(out_text, "\ngeneration 4: no plan\n"));
	put_in_force();
	fake.on_poll = lose_an_entry;
	assert_int_equal(run("plan watch --rounds 2 --interval-ms 10 --json"), 0);
	assert_string_equal(err_text, "");
	assert_non_null(strstr(out_text, "\"event\":\"lost\""));
	assert_non_null(strstr(out_text, "\"lost\":2"));
	for (line = strtok(out_text, "\n"); line; line = strtok(NULL, "\n")) {
		struct json_object *object = json_tokener_parse(line);

		assert_non_null(object);
		assert_non_null(json_object_object_get(object, "event"));
		json_object_put(object);
	}
}

static void interrupt(void)
{
	fake.on_poll = NULL;
	fake.poll_error = EINTR;
	raise(SIGINT);
}

static void unbind(void)
{
	fake.on_poll = NULL;
	fake.image.header.flags |= OHT_PLAN_GONE;
}

static void watch_ends(void **state)
{
	(void)state;
	put_in_force();
	fake.on_poll = interrupt;
	assert_int_equal(run("plan watch"), 0);
	fake.on_poll = unbind;
	assert_int_equal(run("plan watch --interval-ms 10"), 3);
	assert_non_null(strstr(err_text, "the device is gone"));
	fake.map_error = EOPNOTSUPP;
	assert_int_equal(run("plan watch"), 1);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, runner_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(status_as_text),
		CASE(status_as_json),
		CASE(status_without_a_plan),
		CASE(device_status_has_a_line),
		CASE(status_words),
		CASE(status_refusals),
		CASE(wrong_usage),
		CASE(watch_shows_events_and_changes),
		CASE(watch_tells_the_end_of_a_plan),
		CASE(watch_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
