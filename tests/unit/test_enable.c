// SPDX-License-Identifier: GPL-2.0-or-later
/* A person who resets or enables has seen the machine as it is now: not as it was before a stop. */
#include "robot_fixture.h"

static void release_and_reset(struct fixture *f)
{
	uint64_t blocking;

	f->fake->pressed = false;
	assert_int_equal(f->control.bus->ops->reset(f->control.bus, 0, &blocking), 0);
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
}

/* A stop and its reset between two looks at the device: it is ready, as it was before. */
static void enable_does_not_outlive_a_stop_and_its_reset(void **state)
{
	const struct ohtd_command enable = { .id = 5, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR };
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	assert_int_equal(ohtd_link_post(&f->links[1], &enable), 0);
	fixture_run_ms(f, 1);
	assert_int_equal(f->control.enable.step, OHTD_ENABLE_ZERO);
	fake_bus_press(f->fake);
	release_and_reset(f);
	fixture_run_ms(f, 500);
	assert_int_equal(ohtd_link_take(&f->links[1], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STOPPED_MEANWHILE, 0));
	assert_int_equal(f->fake->enables, 0);
	/* Asked again, it is carried out. */
	if (f->control.state == OHTD_STATE_ESTOP)
		assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

/* The time for its zero is over at the same look that sees the stop: the stop is the reason. */
static void enable_that_a_stop_overtakes_says_so(void **state)
{
	const struct ohtd_command enable = { .id = 5, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR };
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	assert_int_equal(ohtd_link_post(&f->links[1], &enable), 0);
	while (f->control.enable.step != OHTD_ENABLE_SHOWN)
		fixture_run_ms(f, 1);
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	f->control.enable.zero_ns -= OHTD_NS_PER_S;
	fake_bus_press(f->fake);
	fixture_run_ms(f, 100);
	assert_int_equal(ohtd_link_take(&f->links[1], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STOPPED_MEANWHILE, 0));
	assert_int_equal(a.why.count, 1);
	fixture_destroy(f);
}

/* The reset came by another loop, which is asked first. */
static void enable_from_before_the_stop_is_refused_after_the_reset(void **state)
{
	const struct ohtd_command enable = { .id = 5, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR };
	const struct ohtd_command reset = { .id = 6, .kind = OHTD_COMMAND_RESET, .role = OHTD_ROLE_ADMINISTRATOR };
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	fake_bus_press(f->fake);
	fixture_run_ms(f, 200);
	f->fake->pressed = false;
	fixture_run_ms(f, 2000);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(ohtd_link_post(&f->links[1], &enable), 0);
	ohtd_manual_clock_advance(&f->time, OHTD_NS_PER_MS);
	assert_int_equal(ohtd_link_post(&f->links[0], &reset), 0);
	fixture_run_ms(f, 500);
	assert_int_equal(ohtd_link_take(&f->links[0], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(ohtd_link_take(&f->links[1], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STOPPED_MEANWHILE, 0));
	assert_int_equal(f->fake->enables, 0);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

/* ---- the reset ---- */

/* Stopped by the button, which has been released: a reset would be accepted. */
static struct fixture *fixture_stopped(void)
{
	struct fixture *f = fixture_safe();

	fake_bus_press(f->fake);
	fixture_run_ms(f, 200);
	f->fake->pressed = false;
	fixture_run_ms(f, 2000);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	return f;
}

static struct ohtd_answer reset_having_seen(struct fixture *f, uint64_t journal_seq)
{
	const struct ohtd_command reset = {
		.id = 6, .kind = OHTD_COMMAND_RESET, .bound = true, .journal_seq = journal_seq,
	};

	return fixture_command(f, &reset);
}

static void assert_still_stopped(struct fixture *f, const struct ohtd_answer *a)
{
	assert_int_equal(a->outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a->why, OHTD_WHY_STOP_CHANGED, 0));
	assert_int_equal(a->why.count, 1);
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
}

static void reset_is_not_for_a_stop_that_came_later(void **state)
{
	struct fixture *f = fixture_stopped();
	uint64_t seen = fixture_snapshot(f).safety.journal_seq;
	struct ohtd_answer a;

	(void)state;
	fake_bus_stop(f->fake, OHT_STOPPED_BY_SOFTWARE);
	a = reset_having_seen(f, seen);
	assert_still_stopped(f, &a);
	assert_true(f->fake->status.causes & oht_cause_mask(OHT_STOPPED_BY_SOFTWARE));
	/* Who has seen that stop too resets it. */
	fixture_run_ms(f, 50);
	a = reset_having_seen(f, fixture_snapshot(f).safety.journal_seq);
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static void reset_for_an_entry_that_is_not_there_is_refused(void **state)
{
	struct fixture *f = fixture_stopped();
	uint64_t seen = fixture_snapshot(f).safety.journal_seq;
	struct ohtd_answer a = reset_having_seen(f, seen + 1);

	(void)state;
	assert_still_stopped(f, &a);
	a = reset_having_seen(f, 0);
	assert_still_stopped(f, &a);
	fixture_destroy(f);
}

/* Between the look of the control thread and the call into the device. */
static void stop_inside_a_reset_stops_again(void **state)
{
	struct fixture *f = fixture_stopped();
	struct ohtd_answer a;

	(void)state;
	f->fake->stop_at_reset = true;
	a = reset_having_seen(f, fixture_snapshot(f).safety.journal_seq);
	assert_still_stopped(f, &a);
	assert_int_equal(f->fake->enables, 0);
	fixture_destroy(f);
}

static void reset_without_a_number_is_for_whatever_stands(void **state)
{
	struct fixture *f = fixture_stopped();

	(void)state;
	fake_bus_stop(f->fake, OHT_STOPPED_BY_SOFTWARE);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reset_is_not_for_a_stop_that_came_later),
		cmocka_unit_test(reset_for_an_entry_that_is_not_there_is_refused),
		cmocka_unit_test(stop_inside_a_reset_stops_again),
		cmocka_unit_test(reset_without_a_number_is_for_whatever_stands),
		cmocka_unit_test(enable_does_not_outlive_a_stop_and_its_reset),
		cmocka_unit_test(enable_that_a_stop_overtakes_says_so),
		cmocka_unit_test(enable_from_before_the_stop_is_refused_after_the_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
