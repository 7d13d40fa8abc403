// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does the robot know where it is? A position module that starts anew counts from somewhere else, and its register looks the same. So a
 * reading is believed near the place where the robot was last; else a person says where it is, and until then nothing goes by the position.
 */
#include <math.h>

#include "drive_robot.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

static struct ohtd_location_view location(struct driver *d)
{
	return fixture_snapshot(d->f).location;
}

/* As a module that starts: what it says is off by so much from now on. */
static void counts_anew(struct driver *d, double off_mm)
{
	d->run.station.world.navigator.offset_mm = off_mm;
	driver_run_ms(d, 500);
}

static void is_lost(struct driver *d, double kept_mm, double read_mm)
{
	assert_true(location(d).lost);
	assert_near(location(d).kept.position_mm, kept_mm, 5);
	assert_near(location(d).read_mm, read_mm, 5);
}

static void refuses(struct driver *d, enum ohtd_command_kind kind)
{
	struct ohtd_answer answer = kind == OHTD_COMMAND_MOVE ? driver_move(d, 11000, 0) : driver_ask(d, kind);

	driver_refused(d, &answer, OHTD_WHY_NOT_LOCATED);
	driver_state(d, OHTD_STATE_IDLE);
}

/* A person says the place; NAN: the one that the module reads. */
static void is_told_its_place(struct driver *d, double position_mm)
{
	struct ohtd_answer answer = driver_says_place(d, position_mm);

	driver_done(&answer);
	assert_false(location(d).lost);
}

static void goes_on_to(struct driver *d, double position_mm)
{
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_arrives(d, position_mm);
}

static void goes_by_no_position(struct driver *d)
{
	struct ohtd_answer answer;
	double from_mm;

	refuses(d, OHTD_COMMAND_MOVE);
	refuses(d, OHTD_COMMAND_HOME);
	refuses(d, OHTD_COMMAND_DOCK);
	from_mm = d->rail->position_mm;
	answer = driver_jog(d, 300, "fast");
	driver_refused(d, &answer, OHTD_WHY_JOG_SPEED);
	/* Behind the hold that was refused. */
	driver_run_ms(d, 1000);
	assert_near(d->rail->position_mm, from_mm, 0.1);
	for (unsigned int ms = 0; ms < 1500; ms += 50) {
		driver_press(d, 200, "slow");
		driver_run_ms(d, 50);
	}
	driver_run_ms(d, 1500);
	driver_state(d, OHTD_STATE_IDLE);
	assert_true(d->rail->position_mm > from_mm + 100);
}

/* The module restarts while the outputs are low: the review's case, which drove beyond the soft limit. */
static void module_that_counts_anew_leads_nowhere(void **state)
{
	struct driver *d = driver_begin(3000);
	struct ohtd_answer answer;

	(void)state;
	driver_arrives(d, 8000);
	driver_asks(d, OHTD_COMMAND_DISABLE);
	counts_anew(d, -8000);
	is_lost(d, 8000, 0);
	assert_int_equal(d->f->control.fault_count, 0);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	goes_by_no_position(d);
	answer = driver_says_place(d, d->rail->position_mm);
	driver_refused(d, &answer, OHTD_WHY_ENABLED);
	/* It has moved since, so that the old place confirms nothing. */
	driver_asks(d, OHTD_COMMAND_DISABLE);
	counts_anew(d, 8000 - d->rail->position_mm);
	assert_true(location(d).lost);
	is_told_its_place(d, d->rail->position_mm);
	assert_near(fixture_snapshot(d->f).position_mm.value, d->rail->position_mm, 1);
	goes_on_to(d, 11000);
	driver_end(d);
}

static void module_that_counts_anew_in_a_move_leads_nowhere(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_departs(d, 20000);
	driver_run_ms(d, 6000);
	d->run.station.world.navigator.offset_mm = -d->rail->position_mm;
	driver_until(d, OHTD_STATE_FAULT, 2000);
	driver_run_ms(d, 3000);
	driver_asks(d, OHTD_COMMAND_RESET_FAULT);
	assert_true(location(d).lost);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	refuses(d, OHTD_COMMAND_MOVE);
	driver_asks(d, OHTD_COMMAND_DISABLE);
	is_told_its_place(d, d->rail->position_mm);
	goes_on_to(d, 12000);
	driver_end(d);
}

/* A wrong reading that is over. And a robot that was carried: the module is right, and a person says so. */
static void reading_comes_back_or_is_confirmed(void **state)
{
	struct driver *d = driver_begin(3000);

	(void)state;
	driver_asks(d, OHTD_COMMAND_DISABLE);
	counts_anew(d, 700);
	is_lost(d, 3000, 3700);
	counts_anew(d, 0);
	assert_false(location(d).lost);
	d->rail->position_mm = 5000;
	driver_run_ms(d, 500);
	is_lost(d, 3000, 5000);
	is_told_its_place(d, NAN);
	assert_near(location(d).kept.position_mm, 5000, 1);
	driver_run_ms(d, 3000);
	if (d->f->control.state == OHTD_STATE_FAULT)
		driver_asks(d, OHTD_COMMAND_RESET_FAULT);
	goes_on_to(d, 4000);
	driver_end(d);
}

/*
 * The place follows a robot that rolls out behind a press, however small position_jump_mm is: from one reading to the next it makes 100 mm. A
 * module that counts anew meanwhile, or at rest behind it, is seen all the same.
 */
static void robot_that_rolls_out_stays_located(void **state)
{
	static const struct {
		double jump_mm, anew_mm, later_mm;
	} cases[] = { { 10, 0, 0 }, { 10, 0, 30 }, { 10, -2000, 0 }, { 500, 0, 0 }, { 500, -2000, 0 }, { 500, 0, 600 } };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct driver *d = driver_begin(3000);
		bool lost = cases[i].anew_mm || cases[i].later_mm;

		driver_set_jump(d, cases[i].jump_mm);
		driver_departs(d, 20000);
		driver_run_ms(d, 6000);
		fake_bus_press(d->f->fake);
		driver_run_ms(d, 150);
		if (cases[i].anew_mm)
			counts_anew(d, cases[i].anew_mm);
		driver_run_ms(d, 3000);
		if (cases[i].later_mm)
			counts_anew(d, cases[i].later_mm);
		if (location(d).lost != lost)
			fail_msg("case %u: %s", i, lost ? "located" : "not located");
		if (!lost)
			assert_near(location(d).kept.position_mm, d->rail->position_mm, 1);
		driver_end(d);
	}
}

/* Near it, or said by another module, or by the same one of a robot that has left the place. No motion has been seen then, so position_jump_mm counts. */
static void next_run_compares(void **state)
{
	enum { NOTHING, SAME, NEAR, FAR, LEFT, OTHER_DEVICE, OTHER_PROFILE, DAMAGED, STRICT, STRICT_SILENT, CASES };

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		struct driver *d = driver_safe(3000);
		struct ohtd_kept_location kept = location(d).kept;

		assert_int_equal(kept.unit, DOCK);
		kept.position_mm += i == NEAR ? 400 : i == FAR ? 600 : i >= STRICT ? 60 : 0;
		kept.left = i == LEFT || i == DAMAGED;
		kept.device_id = (uint16_t)(kept.device_id + (i == OTHER_DEVICE));
		kept.profile = i == OTHER_PROFILE ? OHT_PROFILE_LEGACY : OHT_PROFILE_CANONICAL;
		if (i == NOTHING || i == DAMAGED)
			kept.unit = 0;
		fixture_crash(d->f);
		fixture_start_again(d->f, 1000);
		if (i >= STRICT)
			driver_set_jump(d, 50);
		if (i == STRICT_SILENT)
			driver_sim(d, "fault 4 silence");
		d->f->control.travel.location.kept = kept;
		driver_run_ms(d, 3000);
		if (location(d).lost != (i >= FAR))
			fail_msg("case %u: %s", i, location(d).lost ? "not located" : "located");
		driver_end(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(module_that_counts_anew_leads_nowhere),
		cmocka_unit_test(module_that_counts_anew_in_a_move_leads_nowhere),
		cmocka_unit_test(reading_comes_back_or_is_confirmed),
		cmocka_unit_test(robot_that_rolls_out_stays_located),
		cmocka_unit_test(next_run_compares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
