// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The charge as an interlock: below battery_min_percent the robot begins nothing but the way to its dock and what a person jogs, and says so
 * with the charge; a charge that is not known has a reason of its own.
 */
#include <stdio.h>

#include "drive_robot.h"

#define LIMIT_PERCENT		5

static void has_charge(struct driver *d, double percent, unsigned int ms)
{
	char line[40];

	snprintf(line, sizeof(line), "set 2 battery_soc %.0f", 10 * percent);
	driver_sim(d, line);
	driver_run_ms(d, ms);
}

static bool forbids(struct driver *d, enum ohtd_verb verb, unsigned int code)
{
	return fixture_says(&fixture_snapshot(d->f).why_not[verb], code, 0);
}

static void moves_are_refused(struct driver *d, unsigned int code)
{
	struct ohtd_answer answer = driver_move(d, 8000, 0);

	driver_refused(d, &answer, code);
	answer = driver_ask(d, OHTD_COMMAND_HOME);
	driver_refused(d, &answer, code);
	assert_true(forbids(d, OHTD_VERB_MOVE, code) && forbids(d, OHTD_VERB_HOME, code));
	assert_false(forbids(d, OHTD_VERB_DOCK, code) || forbids(d, OHTD_VERB_JOG, code));
	assert_int_equal(fixture_snapshot(d->f).state, OHTD_STATE_IDLE);
}

static void robot_without_charge_goes_to_its_dock_only(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;
	double from_mm;

	(void)state;
	/* The limit itself is enough, and what dips for less than 5 s counts for nothing. */
	has_charge(d, LIMIT_PERCENT, 8000);
	has_charge(d, 1, 3000);
	has_charge(d, LIMIT_PERCENT, 1000);
	driver_arrives(d, 4000);
	has_charge(d, LIMIT_PERCENT - 0.5, 7000);
	answer = driver_move(d, 8000, 0);
	driver_refused(d, &answer, OHTD_WHY_CHARGE_LOW);
	assert_int_equal(answer.why.items[0].detail, LIMIT_PERCENT - 1 + 1);
	moves_are_refused(d, OHTD_WHY_CHARGE_LOW);
	assert_int_equal(fixture_snapshot(d->f).charge.state, OHTD_CHARGE_LOW);
	from_mm = d->rail->position_mm;
	for (unsigned int ms = 0; ms < 1000; ms += 50) {
		driver_press(d, -200, "led");
		driver_run_ms(d, 50);
	}
	driver_run_ms(d, 1500);
	assert_true(d->rail->position_mm < from_mm - 50);
	/* It has to be higher before it is enough again. */
	has_charge(d, LIMIT_PERCENT + OHTD_CHARGE_BACK - 0.5, 8000);
	moves_are_refused(d, OHTD_WHY_CHARGE_LOW);
	has_charge(d, 1, 1000);
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_until(d, OHTD_STATE_IDLE, 90000);
	assert_true(ohtd_dock_docked(&d->f->control));
	answer = driver_ask(d, OHTD_COMMAND_UNDOCK);
	driver_refused(d, &answer, OHTD_WHY_CHARGE_LOW);
	has_charge(d, LIMIT_PERCENT + OHTD_CHARGE_BACK, 1000);
	driver_asks(d, OHTD_COMMAND_UNDOCK);
	driver_end(d);
}

static void motion_under_way_ends_as_its_item_says(void **state)
{
	(void)state;
	for (unsigned int ends = 0; ends <= 1; ends++) {
		struct ohtd_event_reader reader = { 0 };
		struct driver *d = driver_begin(3000);
		struct ohtd_answer answer;

		driver_set_rule(d, OHTD_RULE_BATTERY_ENDS_MOVES, ends);
		driver_departs(d, 20000);
		driver_waits(d, OHTD_COMMAND_MOVE, 3000);
		has_charge(d, 2, 8000);
		if (ends) {
			driver_until(d, OHTD_STATE_IDLE, 10000);
			driver_told(d, &reader, "1 initializing, 1 running, 2 waiting, 2 failed charge_low, 1 failed charge_low");
		} else {
			/* A target in place of its own would be a new motion, and so is going on behind a pause; to the dock it goes. */
			answer = driver_move(d, 8000, 0);
			driver_refused(d, &answer, OHTD_WHY_CHARGE_LOW);
			driver_asks(d, OHTD_COMMAND_PAUSE);
			answer = driver_ask(d, OHTD_COMMAND_RESUME);
			driver_refused(d, &answer, OHTD_WHY_CHARGE_LOW);
			driver_run_ms(d, 4000);
			driver_stands(d);
			driver_asks(d, OHTD_COMMAND_DOCK);
		}
		driver_end(d);
	}
}

static void motion_that_goes_on_arrives_and_what_waits_is_refused(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_event_reader reader = { 0 };

	(void)state;
	driver_departs(d, 12000);
	driver_waits(d, OHTD_COMMAND_MOVE, 3000);
	has_charge(d, 2, 6000);
	driver_until(d, OHTD_STATE_IDLE, 30000);
	driver_run_ms(d, 2000);
	assert_near(d->rail->position_mm, 12000, 2);
	driver_told(d, &reader, "1 initializing, 1 running, 2 waiting, 1 finished, 2 failed charge_low");
	driver_end(d);
}

static void charge_that_is_not_known_says_so(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_sim(d, "fault 2 exception code=4 register=battery_soc");
	driver_run_ms(d, 50000);
	driver_arrives(d, 3500);
	driver_run_ms(d, 15000);
	moves_are_refused(d, OHTD_WHY_CHARGE_UNKNOWN);
	driver_sim(d, "clear 2");
	driver_run_ms(d, 2000);
	driver_arrives(d, 4000);
	/* An item of 0 asks for nothing. */
	driver_set_rule(d, OHTD_RULE_BATTERY_MIN_PERCENT, 0);
	has_charge(d, 0, 7000);
	driver_arrives(d, 3000);
	driver_sim(d, "fault 2 exception code=4 register=battery_soc");
	driver_run_ms(d, 70000);
	driver_arrives(d, 3500);
	driver_end(d);
}

static void resume_is_refused(struct driver *d)
{
	struct ohtd_answer answer = driver_ask(d, OHTD_COMMAND_RESUME);

	driver_refused(d, &answer, OHTD_WHY_CHARGE_LOW);
	assert_true(forbids(d, OHTD_VERB_RESUME, OHTD_WHY_CHARGE_LOW));
}

/* What a person has paused and what an obstacle holds up goes on as it begins: to the dock only. */
static void motion_that_waits_goes_on_to_the_dock_only(void **state)
{
	struct driver *d = driver_begin(0);

	(void)state;
	driver_asks(d, OHTD_COMMAND_UNDOCK);
	driver_run_ms(d, 1500);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	has_charge(d, 2, 8000);
	resume_is_refused(d);
	has_charge(d, 50, 1000);
	driver_asks(d, OHTD_COMMAND_RESUME);
	driver_until(d, OHTD_STATE_IDLE, 15000);
	assert_near(d->rail->position_mm, 500, 2);

	driver_set_rule(d, OHTD_RULE_AUTO_CONTINUE, 1);
	driver_departs(d, 4000);
	driver_sim(d, "rail obstacle 3500");
	driver_until(d, OHTD_STATE_BLOCKED, 20000);
	has_charge(d, 2, 8000);
	driver_sim(d, "rail obstacle none");
	driver_run_ms(d, 10000);
	driver_state(d, OHTD_STATE_BLOCKED);
	resume_is_refused(d);
	has_charge(d, 50, 1000);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	assert_near(d->rail->position_mm, 4000, 2);

	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_run_ms(d, 1500);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	has_charge(d, 2, 8000);
	driver_asks(d, OHTD_COMMAND_RESUME);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_true(ohtd_dock_docked(&d->f->control));
	driver_end(d);
}

/* The first value counts at once: behind a start nothing has been read before. */
static void first_value_counts_at_once(void **state)
{
	struct ohtd_motion_charge charge = { 0 };

	(void)state;
	ohtd_motion_charge_look(&charge, 0.025, NAN, 5);
	assert_int_equal(charge.state, OHTD_CHARGE_ENOUGH);
	ohtd_motion_charge_look(&charge, 0.025, 4.9, 5);
	assert_int_equal(charge.state, OHTD_CHARGE_LOW);
	ohtd_motion_charge_look(&charge, OHTD_CHARGE_UNKNOWN_S, NAN, 5);
	assert_int_equal(charge.state, OHTD_CHARGE_UNKNOWN);
	ohtd_motion_charge_look(&charge, 0.025, 4.9, 5);
	assert_int_equal(charge.state, OHTD_CHARGE_LOW);
	/* A silence does not take back that it was low. */
	ohtd_motion_charge_look(&charge, OHTD_CHARGE_UNKNOWN_S, NAN, 5);
	ohtd_motion_charge_look(&charge, 0.025, 5, 5);
	assert_int_equal(charge.state, OHTD_CHARGE_LOW);
	ohtd_motion_charge_look(&charge, 0.025, 5 + OHTD_CHARGE_BACK, 5);
	assert_int_equal(charge.state, OHTD_CHARGE_ENOUGH);
	ohtd_motion_charge_look(&charge, 0.025, 5, 5);
	assert_int_equal(charge.state, OHTD_CHARGE_ENOUGH);
	/* A limit of 0 does: nothing was low for it. */
	ohtd_motion_charge_look(&charge, 9, 0, 5);
	assert_int_equal(charge.state, OHTD_CHARGE_LOW);
	ohtd_motion_charge_look(&charge, 9, 0, 0);
	assert_int_equal(charge.state, OHTD_CHARGE_ENOUGH);
	ohtd_motion_charge_look(&charge, 0.025, 5, 5);
	assert_int_equal(charge.state, OHTD_CHARGE_ENOUGH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(robot_without_charge_goes_to_its_dock_only),
		cmocka_unit_test(motion_under_way_ends_as_its_item_says),
		cmocka_unit_test(motion_that_goes_on_arrives_and_what_waits_is_refused),
		cmocka_unit_test(charge_that_is_not_known_says_so),
		cmocka_unit_test(motion_that_waits_goes_on_to_the_dock_only),
		cmocka_unit_test(first_value_counts_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
