// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How soon a mission drives, in virtual time: mission_load COUNT. From the start of a mission of one leg, at any moment of the plan, to
 * both motors having echoed its first set-point. The disk takes no time here. Prints lines "figure NAME P50 P99 MAX COUNT" in ms.
 */
#include <math.h>

#include "dice.h"
#include "load_samples.h"
#include "mission_rig.h"

/* The plan repeats after so long. */
#define PERIOD_MS	500
#define SOON_MS		2000
#define DRIVE_TURNS	200

static unsigned int wanted = 200;
static struct samples *same_way, *turned;

static int work_make(struct ohtd_db *db, void *arg)
{
	struct ohtd_mission_leg leg = rig_made_leg("move", rig.robot->rail->position_mm + *(const double *)arg);
	struct ohtd_mission row = {
		.name = "load", .state = OHTD_MISSION_WAITING, .leg = 1, .legs = 1, .made_legs = 1, .through_leg = 1, .rounds = 1, .round = 1,
		.revision = 1, .made_by = "anna",
	};
	int r = ohtd_mission_add(db, &row, &leg);

	return r ? r : (int)row.id;
}

/* When both motors had echoed a set-point that moves and was given behind @since_ns. */
static uint64_t moves_ns(uint64_t since_ns)
{
	struct ohtd_drive_setpoint echoed = { 0 };
	uint64_t at_ns = 0;

	while (!ohtd_setpoint_echoed(&rig.robot->f->control.modules, &echoed, &at_ns) || !echoed.speed_raw || at_ns < since_ns) {
		fixture_run_ms(rig.robot->f, 1);
		assert_true(virtual_now_ns(&rig.robot->run) < since_ns + SOON_MS * OHTD_NS_PER_MS);
	}
	return at_ns;
}

static void measure_one(void)
{
	double place_mm = rig.robot->rail->position_mm, way_mm = 100 + virtual_roll(&rig.robot->run, 300);
	uint16_t direction = rig.robot->f->control.modules.setpoints.told.direction;
	struct ohtd_mission row = { 0 };
	uint64_t began_ns, at_ns;
	int64_t id;

	if (virtual_roll(&rig.robot->run, 2) ? place_mm > 28000 : place_mm > 2000)
		way_mm = -way_mm;
	id = __real_ohtd_store_call(rig.store, work_make, &way_mm);
	assert_true(id > 0);
	fixture_run_ms(rig.robot->f, virtual_roll(&rig.robot->run, PERIOD_MS));
	began_ns = virtual_now_ns(&rig.robot->run);
	rig_ask(OHTD_MISSIONS_START, id);
	at_ns = moves_ns(began_ns);
	/* Another direction is a transaction of its own, which the drive must echo first. */
	samples_add(direction == rig.robot->f->control.modules.setpoints.told.direction ? same_way : turned, (double)(at_ns - began_ns) / OHTD_NS_PER_MS);
	for (int i = 0; !ohtd_mission_is_over(&row); i++) {
		assert_true(i < DRIVE_TURNS);
		rig_turn();
		row = rig_mission(id);
	}
	rig_is_mission(id, OHTD_MISSION_FINISHED, "");
	assert_int_equal(ohtd_missions_delete(rig.missions, &row), 0);
}

static void measure(void **unused)
{
	(void)unused;
	same_way = samples_begin("start_ms");
	turned = samples_begin("start_turn_ms");
	rig_begin();
	rig_pass_first();
	for (unsigned int i = 0; i < wanted; i++)
		measure_one();
	samples_show(same_way);
	samples_show(turned);
	rig_end();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(measure, rig_set_up, rig_tear_down) };

	if (argc > 1)
		wanted = (unsigned int)strtoul(argv[1], NULL, 10);
	if (!wanted || wanted > SAMPLES_MAX) {
		fprintf(stderr, "usage: mission_load [1..%u]\n", SAMPLES_MAX);
		return 2;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
