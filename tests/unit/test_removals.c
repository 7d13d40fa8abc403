// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modules that are taken away, alone and in pairs, while the robot stands, moves and docks, with either
 * register layout: what modules.csv says happens within its time, the reason is told, and when the
 * modules are back, the robot serves again by the documented steps.
 */
#include <math.h>
#include <stdio.h>

#include "drive_robot.h"
#include "witness.h"

#define DRIVE	4

/* A control cycle looks at the image, and the last answer was up to a cycle old. */
#define LOOK_MS		(2 * OHTD_CYCLE_MS)
/* A controlled stop. */
#define STOP_MS		2000
/* Silent modules are asked again every 2 s, a search of their profile follows. */
#define BACK_MS		5000

enum scene { STANDING, MOVING, DOCKING, SCENES };

static const char *const scenes[] = { "standing", "moving", "docking" };

static struct witness witness;

/* ---- what the tables say ---- */

static const struct ohtd_kind *kind_of(struct driver *d, unsigned int unit)
{
	return ohtd_model_by_unit(d->f->control.model, (uint8_t)unit);
}

static unsigned int lost_ms(struct driver *d, unsigned int unit, enum scene scene)
{
	const struct ohtd_kind *kind = kind_of(d, unit);

	return scene == STANDING ? kind->lost_ms : kind->lost_moving_ms;
}

static enum oht_loss_action action_of(struct driver *d, unsigned int unit, enum scene scene)
{
	const struct oht_module *module = kind_of(d, unit)->module;

	return scene == STANDING ? module->loss_action_standing : module->loss_action;
}

/* The action of a pair is that of the one whose time is over first; an alert leaves it to the other. */
static unsigned int first_of(struct driver *d, unsigned int a, unsigned int b, enum scene scene)
{
	bool alert = action_of(d, a, scene) == OHT_LOSS_ALERT;

	if (!b || (!alert && (action_of(d, b, scene) == OHT_LOSS_ALERT ||
			      lost_ms(d, a, scene) <= lost_ms(d, b, scene))))
		return a;
	return b;
}

/* ---- a scene ---- */

static struct driver *begin(enum oht_profile profile, enum scene scene)
{
	struct driver *d = driver_begin_as(profile, 6000);

	witness = (struct witness){ 0 };
	witness_begin(&witness, &d->run);
	if (scene == MOVING) {
		driver_departs(d, 16000);
	} else if (scene == DOCKING) {
		struct ohtd_answer answer = driver_ask(d, OHTD_COMMAND_DOCK);

		driver_done(&answer);
	}
	driver_run_ms(d, 2000);
	return d;
}

static void take_away(struct driver *d, unsigned int unit)
{
	char line[64];

	snprintf(line, sizeof(line), "fault %u silence", unit);
	if (unit)
		driver_sim(d, line);
}

static bool is_faulted(const struct driver *d, unsigned int unit)
{
	const struct ohtd_control *control = &d->f->control;
	unsigned int i;

	for (i = 0; i < control->fault_count; i++)
		if (control->faults[i].why.code == OHTD_WHY_MODULE_LOST &&
		    control->faults[i].why.unit == unit)
			return true;
	return false;
}

/* Within its time, and not at the first answer that is missing. */
static void goes_to(struct driver *d, enum ohtd_state state, unsigned int unit, enum scene scene)
{
	unsigned int limit_ms = lost_ms(d, unit, scene);
	unsigned int period_ms = kind_of(d, unit)->module->poll_period_ms;
	unsigned int ms = driver_until(d, state, limit_ms + LOOK_MS);

	if (ms + period_ms + LOOK_MS < limit_ms)
		fail_msg("%s after %u ms already", ohtd_state_name(state), ms);
}

static void stops_in_time(struct driver *d, unsigned int unit, enum scene scene)
{
	switch (action_of(d, unit, scene)) {
	case OHT_LOSS_ESTOP:
		goes_to(d, OHTD_STATE_ESTOP, unit, scene);
		assert_int_equal(d->f->fake->status.outputs, 0);
		break;
	case OHT_LOSS_STOP:
		goes_to(d, OHTD_STATE_FAULT, unit, scene);
		break;
	default:
		driver_run_ms(d, lost_ms(d, unit, scene) + LOOK_MS);
		driver_state(d, OHTD_STATE_IDLE);
		assert_int_equal(d->f->control.modules.units[unit - 1].view.health, OHTD_HEALTH_LOST);
		return;
	}
	driver_run_ms(d, STOP_MS + LOOK_MS);
	if (!is_faulted(d, unit))
		fail_msg("the loss of module %u is not told", unit);
	assert_int_not_equal(d->f->fake->status.state, OHT_STATE_ENABLED);
	driver_stands(d);
}

/* By the one whose time was over first; two with the same time were last heard in any order. */
static void command_has_failed(struct driver *d, enum scene scene, unsigned int a, unsigned int b)
{
	unsigned int unit = first_of(d, a, b, scene);

	if (scene == STANDING)
		return;
	if (b && lost_ms(d, a, scene) == lost_ms(d, b, scene))
		unit = witness.command.reason.unit == b ? b : a;
	assert_int_equal(witness.command.state, OHTD_COMMAND_STATE_FAILED);
	assert_string_equal(ohtd_why_name(witness.command.reason.code),
			    ohtd_why_name(OHTD_WHY_MODULE_LOST));
	assert_int_equal(witness.command.reason.unit, unit);
}

/* No restart: the person resets what has been stopped, and the robot goes where it is told. */
static void serves_again(struct driver *d)
{
	driver_sim(d, "clear");
	driver_run_ms(d, BACK_MS);
	virtual_recover(&d->run, BACK_MS);
	driver_arrives(d, 7000);
}

/* A silent module takes no other one with it. */
static void others_are_heard(struct driver *d, unsigned int a, unsigned int b)
{
	unsigned int unit;

	for (unit = POWER; unit <= DOCK; unit++)
		if (unit != a && unit != b &&
		    d->f->control.modules.units[unit - 1].view.health == OHTD_HEALTH_LOST)
			fail_msg("module %u is lost, too", unit);
}

static void is_taken_away(enum oht_profile profile, enum scene scene, unsigned int a, unsigned int b)
{
	struct driver *d = begin(profile, scene);
	unsigned int first = first_of(d, a, b, scene);

	print_message("%s, %s: %u %u\n", oht_profile_name(profile), scenes[scene], a, b);
	take_away(d, a);
	take_away(d, b);
	stops_in_time(d, first, scene);
	others_are_heard(d, a, b);
	if (action_of(d, first, scene) != OHT_LOSS_ALERT)
		command_has_failed(d, scene, a, b);
	serves_again(d);
	driver_end(d);
}

static void in_all_scenes(unsigned int a, unsigned int b)
{
	unsigned int profile, scene;

	for (profile = 0; profile < OHT_PROFILES; profile++)
		for (scene = 0; scene < SCENES; scene++)
			is_taken_away(profile, scene, a, b);
}

#define REMOVAL(name, a, b)				\
	static void name##_removed(void **state)	\
	{						\
		(void)state;				\
		in_all_scenes(a, b);			\
	}

REMOVAL(power, POWER, 0)
REMOVAL(safety, SAFETY, 0)
REMOVAL(drive, DRIVE, 0)
REMOVAL(dock, DOCK, 0)
REMOVAL(power_and_safety, POWER, SAFETY)
REMOVAL(power_and_drive, POWER, DRIVE)
REMOVAL(power_and_dock, POWER, DOCK)
REMOVAL(safety_and_drive, SAFETY, DRIVE)
REMOVAL(safety_and_dock, SAFETY, DOCK)
REMOVAL(drive_and_dock, DRIVE, DOCK)

/* Its first action is a controlled stop; the second one comes 5 s later, and not before. */
static void power_that_stays_away_ends_in_an_emergency_stop(void **state)
{
	unsigned int profile;

	(void)state;
	for (profile = 0; profile < OHT_PROFILES; profile++) {
		struct driver *d = begin(profile, MOVING);

		take_away(d, POWER);
		goes_to(d, OHTD_STATE_FAULT, POWER, MOVING);
		driver_run_ms(d, kind_of(d, POWER)->escalate_ms - LOOK_MS);
		driver_state(d, OHTD_STATE_FAULT);
		driver_until(d, OHTD_STATE_ESTOP, 2 * LOOK_MS);
		assert_int_equal(d->f->fake->status.state, OHT_STATE_STOPPED);
		serves_again(d);
		driver_end(d);
	}
}

/* While it is away, no step of a person brings the robot back. */
static void robot_does_not_serve_without_a_required_module(void **state)
{
	static const enum ohtd_command_kind steps[] = {
		OHTD_COMMAND_RESET_FAULT, OHTD_COMMAND_RESET, OHTD_COMMAND_ENABLE,
	};
	struct driver *d;
	unsigned int unit, i;

	(void)state;
	for (unit = POWER; unit <= DOCK; unit++) {
		d = begin(OHT_PROFILE_CANONICAL, MOVING);
		take_away(d, unit);
		driver_run_ms(d, 4000);
		assert_false(ohtd_state_is_enabled(d->f->control.state));
		for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			driver_ask(d, steps[i]);
			driver_run_ms(d, 500);
			assert_false(ohtd_state_is_enabled(d->f->control.state));
			assert_int_not_equal(d->f->fake->status.state, OHT_STATE_ENABLED);
		}
		serves_again(d);
		driver_end(d);
	}
}

/* ---- what takes too long, and what goes on by itself ---- */

static void command_failed_by(unsigned int code)
{
	assert_int_equal(witness.command.state, OHTD_COMMAND_STATE_FAILED);
	assert_string_equal(ohtd_why_name(witness.command.reason.code), ohtd_why_name(code));
	assert_int_equal(witness.alerts[code], 1);
}

/* In the slow zone all the way: no obstacle stops it, and it does not get there in time. */
static void move_that_takes_too_long_is_ended(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, STANDING);

	(void)state;
	driver_departs(d, 26000);
	driver_sim(d, "set 3 distance_1 1500");
	driver_until(d, OHTD_STATE_IDLE, 90000);
	driver_run_ms(d, STOP_MS);
	command_failed_by(OHTD_WHY_MOVE_TIMEOUT);
	driver_stands(d);
	assert_int_equal(d->f->fake->status.state, OHT_STATE_ENABLED);
	driver_sim(d, "unset 3 distance_1");
	driver_run_ms(d, 500);
	driver_arrives(d, 7000);
	driver_end(d);
}

static void docking_that_takes_too_long_is_ended(void **state)
{
	struct driver *d = begin(OHT_PROFILE_CANONICAL, STANDING);
	struct ohtd_answer answer = driver_ask(d, OHTD_COMMAND_DOCK);

	(void)state;
	driver_done(&answer);
	driver_sim(d, "set 3 distance_2 2040");
	driver_until(d, OHTD_STATE_IDLE, 90000);
	driver_run_ms(d, STOP_MS);
	command_failed_by(OHTD_WHY_DOCK_TIMEOUT);
	driver_stands(d);
	driver_sim(d, "unset 3 distance_2");
	driver_run_ms(d, 500);
	driver_arrives(d, 7000);
	driver_end(d);
}

static struct driver *begin_that_goes_on(enum oht_profile profile)
{
	struct driver *d = begin(profile, STANDING);

	d->f->control.limits.block[0].table.rules[profile].value[OHTD_RULE_AUTO_CONTINUE] = 1;
	return d;
}

/* The way must have been clear for 2 s; an obstacle that comes back in between counts anew. */
static void goes_on_when_the_obstacle_has_gone(struct driver *d, enum ohtd_state state)
{
	driver_until(d, OHTD_STATE_BLOCKED, 40000);
	driver_run_ms(d, 5000);
	driver_stands(d);
	driver_sim(d, "rail obstacle none");
	driver_run_ms(d, 1500);
	driver_state(d, OHTD_STATE_BLOCKED);
	driver_sim(d, "rail obstacle 12000");
	driver_run_ms(d, 1000);
	driver_sim(d, "rail obstacle none");
	driver_run_ms(d, 1800);
	driver_state(d, OHTD_STATE_BLOCKED);
	driver_until(d, state, 400);
	driver_until(d, OHTD_STATE_IDLE, 60000);
	assert_int_equal(witness.command.state, OHTD_COMMAND_STATE_FINISHED);
}

static void blocked_move_goes_on_by_itself(void **state)
{
	unsigned int profile;

	(void)state;
	for (profile = 0; profile < OHT_PROFILES; profile++) {
		struct driver *d = begin_that_goes_on(profile);

		driver_departs(d, 16000);
		driver_sim(d, "rail obstacle 12000");
		goes_on_when_the_obstacle_has_gone(d, OHTD_STATE_MOVE);
		assert_near(d->rail->position_mm, 16000, 2);
		driver_end(d);
	}
}

static void blocked_docking_goes_on_by_itself(void **state)
{
	struct driver *d = begin_that_goes_on(OHT_PROFILE_CANONICAL);
	struct ohtd_answer answer;

	(void)state;
	driver_arrives(d, 16000);
	answer = driver_ask(d, OHTD_COMMAND_DOCK);
	driver_done(&answer);
	driver_sim(d, "rail obstacle 12000");
	goes_on_when_the_obstacle_has_gone(d, OHTD_STATE_DOCK);
	assert_near(d->rail->position_mm, 0, 2);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_removed),
		cmocka_unit_test(safety_removed),
		cmocka_unit_test(drive_removed),
		cmocka_unit_test(dock_removed),
		cmocka_unit_test(power_and_safety_removed),
		cmocka_unit_test(power_and_drive_removed),
		cmocka_unit_test(power_and_dock_removed),
		cmocka_unit_test(safety_and_drive_removed),
		cmocka_unit_test(safety_and_dock_removed),
		cmocka_unit_test(drive_and_dock_removed),
		cmocka_unit_test(power_that_stays_away_ends_in_an_emergency_stop),
		cmocka_unit_test(robot_does_not_serve_without_a_required_module),
		cmocka_unit_test(move_that_takes_too_long_is_ended),
		cmocka_unit_test(docking_that_takes_too_long_is_ended),
		cmocka_unit_test(blocked_move_goes_on_by_itself),
		cmocka_unit_test(blocked_docking_goes_on_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
