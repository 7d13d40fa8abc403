// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl from its words to its exit code: watching and acting on the stop. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fake_device.h"
#include "ohtctl_runner.h"

/* ---- events ---- */

static void events_repeat_the_status(void **state)
{
	(void)state;
	assert_int_equal(run("events --rounds 1"), 0);
	assert_ptr_equal(strstr(out_text, "stopped  a closed b closed enable low/low  causes start\n"),
			 out_text);
	assert_int_equal(run("events --rounds 2 --interval-ms 10"), 0);
	assert_non_null(strstr(strchr(out_text, '\n'), "stopped"));
	assert_int_equal(run_json("events --rounds 1"), 0);
	assert_string_equal(text("/state"), "stopped");
}

static void events_repeat_a_read(void **state)
{
	(void)state;
	assert_int_equal(run("events 2 0x104 --rounds 3 --interval-ms 10"), 0);
	assert_int_equal(fake.submits, 3);
	assert_non_null(strstr(out_text, "0x0104      2"));
	/* Silence does not end it, a wrong word does. */
	assert_int_equal(run("events 9 0 --rounds 2 --interval-ms 10"), 0);
	assert_int_equal(run("events 2 nonsense --rounds 2"), 2);
}

static void press_button(void)
{
	fake.on_poll = NULL;
	fake.stop.state = OHT_ESTOP_ENABLED;
	fake_press(OHT_INPUT_B);
}

static void safety_watch_shows_events(void **state)
{
	(void)state;
	fake.on_poll = press_button;
	assert_int_equal(run("safety watch --rounds 1"), 0);
	assert_non_null(strstr(out_text, "#1     stop     button_b"));
	assert_non_null(strstr(out_text, "outputs low after 3.0 us"));
	fake.on_poll = press_button;
	fake_skip(2);
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

static void ctrl_c_ends_events(void **state)
{
	(void)state;
	fake.on_poll = interrupt;
	assert_int_equal(run("safety watch"), 0);
	fake.on_poll = interrupt;
	assert_int_equal(run("events"), 0);
}

static void go_away(void)
{
	fake.gone = true;
}

static void events_end_with_the_device(void **state)
{
	(void)state;
	fake.on_poll = go_away;
	assert_int_equal(run("safety watch"), 3);
	assert_non_null(strstr(err_text, "gone"));
}

/* ---- the journal ---- */

static void journal_lists_what_is_kept(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		fake.stop.state = OHT_ESTOP_ENABLED;
		fake_stop(OHT_CAUSE_SOFTWARE);
	}
	assert_int_equal(run("safety journal"), 0);
	assert_non_null(strstr(out_text, "#1     stop     software"));
	assert_non_null(strstr(strstr(out_text, "#1 "), "#3 "));
	assert_int_equal(run("safety journal --rounds 1"), 0);
	assert_null(strstr(out_text, "#2 "));
	assert_non_null(strstr(out_text, "#3     stop     software"));
	assert_int_equal(run("safety journal --rounds 99"), 0);
	assert_non_null(strstr(out_text, "#1 "));
	assert_int_equal(run_json("safety journal --rounds 1"), 0);
	assert_int_equal(number("/journal_seq"), 3);
}

static void journal_says_what_is_not_kept(void **state)
{
	(void)state;
	for (int i = 0; i < FAKE_JOURNAL + 5; i++) {
		fake.stop.state = OHT_ESTOP_ENABLED;
		fake_stop(OHT_CAUSE_SOFTWARE);
	}
	assert_int_equal(run("safety journal"), 0);
	assert_null(strstr(out_text, "#5 "));
	assert_non_null(strstr(out_text, "#6 "));
	assert_non_null(strstr(out_text, "#21 "));
}

static void journal_refusals(void **state)
{
	(void)state;
	assert_int_equal(run("safety journal 3"), 2);
	assert_int_equal(run("safety journal --rounds -1"), 2);
	assert_int_equal(run("safety journal --interval-ms 10"), 2);
	fake.fail_number = OHT_IOC_SUBSCRIBE;
	fake.fail_error = ENODEV;
	assert_int_equal(run("safety journal"), 3);
	assert_non_null(strstr(err_text, "journal"));
	fake.open_error = ENOENT;
	assert_int_equal(run("safety journal"), 3);
}

/* ---- acts on the stop ---- */

static void telegrams_of_the_last_stop(void **state)
{
	(void)state;
	assert_int_equal(run("safety telegrams"), 0);
	assert_non_null(strstr(out_text, "0 for the next stop"));
	assert_non_null(strstr(out_text, "by 0 stops"));
	assert_null(strstr(out_text, "unit"));
	fake.telegram_status = (struct oht_telegram_status){
		.flags = OHT_TELEGRAMS_RUNNING,
		.set = 3,
		.count = 3,
		.runs = 2,
		.asked_ns = 1000000000,
		.results = {
			{ .sent_ns = 1002790000, .answered_ns = 1005200000, .unit = 3,
			  .function = 6, .attempts = 2 },
			{ .sent_ns = 1007000000, .status = -ETIMEDOUT,
			  .detail = OHT_DETAIL_TIMEOUT, .unit = 4, .function = 16,
			  .attempts = 1 },
			{ .status = -EINPROGRESS, .unit = 5, .function = 6 },
		},
	};
	assert_int_equal(run("safety telegrams"), 0);
	assert_non_null(strstr(out_text, "3 for the next stop"));
	assert_non_null(strstr(out_text, "by 2 stops, one of them still is"));
	assert_non_null(strstr(out_text, "unit 3   function 6   sent after 2.79 ms, "
			       "answered after 5.20 ms, 2 attempts\n"));
	assert_non_null(strstr(out_text, "unit 4   function 16  sent after 7.00 ms, "
			       "timeout, 1 attempts\n"));
	assert_non_null(strstr(out_text, "unit 5   function 6   0 attempts\n"));
	assert_int_equal(run_json("safety telegrams"), 0);
	assert_string_equal(text("/results/1/outcome"), "timeout");
	assert_string_equal(text("/results/2/outcome"), "pending");
	assert_int_equal(run("safety telegrams now"), 2);
	fake.fail_number = OHT_IOC_TELEGRAM_STATUS;
	fake.fail_error = EOPNOTSUPP;
	assert_int_equal(run("safety telegrams"), 1);
}

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
		assert_non_null(strstr(err_text, "end it"));
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

static void a_reset_button_resets_alone(void **state)
{
	(void)state;
	fake.info.caps |= OHT_CAP_RESET_BUTTON;
	assert_int_equal(run("safety reset"), 1);
	assert_non_null(strstr(err_text, "only the reset button"));
	assert_int_equal(run("safety enable"), 1);
	assert_non_null(strstr(err_text, "stopped by start"));
	assert_non_null(strstr(err_text, "press the reset button"));
	/* The role has not been taken: giving it back is a stop. */
	assert_int_equal(fake.farewells, 0);
	assert_int_equal(fake.stop.journal_seq, 0);

	fake.stop.state = OHT_ESTOP_READY;
	fake.stop.causes = 0;
	fake.on_poll = interrupt_later;
	polls_until_interrupt = 1;
	assert_int_equal(run("safety enable"), 0);
	assert_int_equal(fake.farewells, 1);
}

static void selftest_says_what_is_wrong(void **state)
{
	(void)state;
	assert_int_equal(run("safety selftest"), 0);
	assert_non_null(strstr(out_text, "nothing wrong"));
	assert_int_equal(fake.farewells, 1);
	fake.test_failed = OHT_SELF_TEST_OUTPUT_2 | OHT_SELF_TEST_SUPERVISION;
	assert_int_equal(run("safety selftest"), 1);
	assert_non_null(strstr(err_text, "enable output 2 reads high"));
	assert_non_null(strstr(err_text, "the supervision does not run"));
	fake.fail_number = OHT_IOC_SELF_TEST;
	fake.fail_error = EBUSY;
	assert_int_equal(run("safety selftest"), 1);
	assert_non_null(strstr(err_text, "contacts may still be moving"));
	/* A reset by button, without a controller: the farewell would undo it. */
	fake.farewells = 0;
	fake.stop.state = OHT_ESTOP_READY;
	assert_int_equal(run("safety selftest"), 1);
	assert_non_null(strstr(err_text, "not stopped"));
	assert_int_equal(fake.farewells, 0);
}

static void a_single_channel_has_no_b(void **state)
{
	(void)state;
	fake.info.caps &= ~OHT_CAP_CHANNEL_B;
	assert_int_equal(run("safety status"), 0);
	assert_non_null(strstr(out_text, "channels     a closed"));
	assert_null(strstr(out_text, "b open"));
	assert_null(strstr(out_text, "b closed"));
	assert_int_equal(run_json("safety status"), 0);
	assert_string_equal(text("/channels/a"), "closed");
	assert_null(member("/channels/b"));
	assert_int_equal(run("events --rounds 1"), 0);
	assert_non_null(strstr(out_text, "stopped  a closed enable low/low  causes start\n"));
}

static void status_shows_the_tests(void **state)
{
	(void)state;
	fake.stop.opened_age_s = OHT_NEVER_S;
	assert_int_equal(run("safety status"), 0);
	assert_non_null(strstr(out_text, "proof test   never"));
	assert_non_null(strstr(out_text, "self-test    never"));
	assert_int_equal(run_json("safety status"), 0);
	assert_null(member("/proof_test_age_s"));
	fake.stop.opened_age_s = 4711;
	fake.stop.tested_ns = 1;
	fake.stop.test_failed = OHT_SELF_TEST_CONTACT_1;
	assert_int_equal(run("safety status"), 0);
	assert_non_null(strstr(out_text, "seen open 4711 s ago"));
	assert_non_null(strstr(out_text, "failed:"));
	assert_non_null(strstr(out_text, "contact 1 is closed"));
}

static void status_says_whether_cpus_are_watched(void **state)
{
	(void)state;
	assert_int_equal(run("safety status"), 0);
	assert_non_null(strstr(out_text, "one alone: if it is stuck"));
	assert_int_equal(run_json("safety status"), 0);
	assert_false(json_object_get_boolean(member("/cpus_watched")));
	fake.stop.flags |= OHT_ESTOP_CPUS_WATCHED;
	assert_int_equal(run("safety status"), 0);
	assert_non_null(strstr(out_text, "two watch one another"));
	assert_int_equal(run_json("safety status"), 0);
	assert_true(json_object_get_boolean(member("/cpus_watched")));
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

static void enable_says_what_the_machine_lacks(void **state)
{
	(void)state;
	fake.missing = OHT_CAUSE_BIT(OHT_CAUSE_WATCHDOG);
	assert_int_equal(run("safety enable"), 1);
	assert_non_null(strstr(err_text, "enable refused, watchdog: The hardware watchdog"));
	assert_non_null(strstr(err_text, "RuntimeWatchdogSec"));
	assert_int_not_equal(fake.stop.state, OHT_ESTOP_ENABLED);
	fake.missing = OHT_CAUSE_BIT(OHT_CAUSE_KDUMP);
	assert_int_equal(run("safety enable"), 1);
	assert_non_null(strstr(err_text, "enable refused, kdump: A crash kernel is loaded"));
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

#define CASE(function) cmocka_unit_test_setup_teardown(function, runner_setup, runner_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(events_repeat_the_status),
		CASE(events_repeat_a_read),
		CASE(safety_watch_shows_events),
		CASE(ctrl_c_ends_events),
		CASE(events_end_with_the_device),
		CASE(journal_lists_what_is_kept),
		CASE(journal_says_what_is_not_kept),
		CASE(journal_refusals),
		CASE(telegrams_of_the_last_stop),
		CASE(stop_always_goes),
		CASE(reset_acknowledges_and_leaves),
		CASE(reset_names_what_stands),
		CASE(acts_name_another_controller),
		CASE(disable_without_anything_enabled),
		CASE(a_reset_button_resets_alone),
		CASE(selftest_says_what_is_wrong),
		CASE(a_single_channel_has_no_b),
		CASE(status_shows_the_tests),
		CASE(status_says_whether_cpus_are_watched),
		CASE(enable_holds_with_heartbeats_until_interrupted),
		CASE(enable_says_what_the_machine_lacks),
		CASE(enable_takes_another_period),
		CASE(enable_wants_a_reset_after_a_button),
		CASE(stop_ends_enable_with_its_cause),
		CASE(blocked_enable_gives_the_role_back),
		CASE(enable_streams_json),
		CASE(enable_ends_with_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
