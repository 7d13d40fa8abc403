// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A signal that a robot does not have cannot be missed, so nothing is refused for want of it. A signal that the robot has, or may have, is
 * missed when its module says nothing.
 */
#include <stdlib.h>

#include "drive_robot.h"

#define UNKNOWN_MS	((OHTD_CHARGE_UNKNOWN_S + 5) * 1000)

/* The tables have no such signal. */
static void lacks(struct fixture *f, enum ohtd_signal signal)
{
	for (unsigned int i = 0; i < f->control.model->count; i++)
		for (unsigned int profile = 0; profile < OHT_PROFILES; profile++)
			f->control.model->kinds[i].plan[profile].signal[signal] = -1;
}

static void let_be_optional(struct fixture *f, uint8_t unit)
{
	((struct oht_module *)ohtd_model_by_unit(f->control.model, unit)->module)->required = false;
}

/* At 3,000 mm, and no module has answered yet. */
static struct driver *begin(void)
{
	struct driver *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	virtual_begin(&d->run, 5, OHT_PROFILE_CANONICAL);
	d->f = d->run.f;
	d->rail = &d->run.station.world.rail;
	d->rail->position_mm = 3000;
	d->rail->docked = false;
	return d;
}

static void switches_on(struct driver *d)
{
	fixture_run_ms(d->f, 5000);
	driver_state(d, OHTD_STATE_SAFE);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_run_ms(d, 500);
}

static void robot_without_a_signal_is_not_held(void **state)
{
	static const enum ohtd_signal groups[][2] = {
		{ OHTD_SIGNAL_BATTERY_PERCENT, OHTD_SIGNAL_BATTERY_PERCENT },
		{ OHTD_SIGNAL_DISTANCE_3, OHTD_SIGNAL_DISTANCE_4 },
		{ OHTD_SIGNAL_DOCK_STATUS, OHTD_SIGNAL_DOCK_CONFIRMED },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct driver *d = begin();

		lacks(d->f, groups[i][0]);
		lacks(d->f, groups[i][1]);
		switches_on(d);
		driver_run_ms(d, UNKNOWN_MS);
		driver_arrives(d, 3200);
		assert_int_equal(fixture_snapshot(d->f).charge.state, OHTD_CHARGE_ENOUGH);
		driver_end(d);
	}
}

static void sensor_along_the_way_is_missed(void **state)
{
	struct driver *d = begin();
	struct ohtd_answer answer;

	(void)state;
	lacks(d->f, OHTD_SIGNAL_DISTANCE_1);
	fixture_run_ms(d->f, 5000);
	answer = fixture_ask(d->f, OHTD_COMMAND_ENABLE);
	driver_refused(d, &answer, OHTD_WHY_SENSORS);
	driver_end(d);
}

static void refuses_for_charge(struct driver *d)
{
	struct ohtd_answer answer;

	driver_run_ms(d, UNKNOWN_MS);
	answer = driver_move(d, 3200, 0);
	driver_refused(d, &answer, OHTD_WHY_CHARGE_UNKNOWN);
}

/* Also a power module that is not required: it may be silent because the battery is empty. */
static void charge_of_a_module_that_says_nothing_is_missed(void **state)
{
	const struct ohtd_command out = { .id = 6, .kind = OHTD_COMMAND_QUARANTINE, .unit = POWER };
	struct driver *d = begin();

	(void)state;
	let_be_optional(d->f, POWER);
	driver_sim(d, "fault 2 silence");
	assert_true(ohtd_dock_docked(&d->f->control));
	switches_on(d);
	assert_null(d->f->control.modules.units[POWER - 1].plan);
	refuses_for_charge(d);
	driver_sim(d, "clear 2");
	driver_run_ms(d, 20000);
	driver_arrives(d, 3200);
	assert_int_equal(fixture_command(d->f, &out).outcome, OHTD_OUTCOME_DONE);
	refuses_for_charge(d);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(robot_without_a_signal_is_not_held),
		cmocka_unit_test(sensor_along_the_way_is_missed),
		cmocka_unit_test(charge_of_a_module_that_says_nothing_is_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
