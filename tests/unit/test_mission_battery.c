// SPDX-License-Identifier: GPL-2.0-or-later
/* What missions make of the charge of the battery on a robot in virtual time, and what of a person who is at work beside it. */
#include <math.h>
#include <string.h>

#include "mission_rig.h"

static int work_newest(struct ohtd_db *db, void *arg)
{
	static struct ohtd_mission_board board;
	struct ohtd_mission *row = arg;
	int r = ohtd_missions_board(db, &board);

	*row = (struct ohtd_mission){ 0 };
	for (unsigned int i = 0; !r && i < board.count; i++)
		if (board.items[i].row.schedule == OHTD_MISSION_ERRAND && board.items[i].row.id > row->id)
			*row = board.items[i].row;
	return r;
}

/* The newest mission that brings the robot to its dock is @state; "": there is none. */
static void is_errand(const char *state, const char *reason)
{
	struct ohtd_mission row;

	assert_int_equal(ohtd_store_read(rig.store, work_newest, &row), 0);
	assert_string_equal(row.state, state);
	assert_string_equal(row.reason, reason);
	if (row.id)
		assert_string_equal(row.made_by, "anna");
}

static bool is_docked(void)
{
	return ohtd_dock_docked(&rig.robot->f->control);
}

static void with_little_charge_no_leg_begins_but_to_dock(void **state)
{
	(void)state;
	rig_begin();
	rig_pass_first();
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .charged_percent = 60 };
	rig_set_charge(29);
	rig_run_s(15);
	rig_release();
	rig_run_s(280);
	rig_is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_BATTERY);
	rig_ask(OHTD_MISSIONS_START, rig_newest().id);
	rig_is_newest(OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	/* A charge just above the limit is not enough: it would be below it at once. */
	rig_set_charge(31);
	rig_run_s(10);
	rig_ask(OHTD_MISSIONS_RESUME, rig_newest().id);
	rig_is_newest(OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	rig_set_charge(33);
	rig_run_s(10);
	/* Nothing goes on by itself. */
	rig_is_newest(OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	rig_ask(OHTD_MISSIONS_RESUME, rig_newest().id);
	rig_is_newest(OHTD_MISSION_RUNNING, "");
	rig_run_s(20);
	rig_is_newest(OHTD_MISSION_FINISHED, "");
	rig_end();
}

static void take_control_for_bert(void)
{
	struct ohtd_command command = {
		.id = ++rig.robot->run.asked, .kind = OHTD_COMMAND_CONTROL_TAKE, .role = OHTD_ROLE_OPERATOR,
		.by = { .user = "bert", .session = "bert", .role = OHTD_ROLE_OPERATOR },
	};

	assert_int_equal(fixture_command(rig.robot->f, &command).outcome, OHTD_OUTCOME_DONE);
}

static void only_a_release_sends_a_robot_to_its_dock(void **state)
{
	(void)state;
	rig_begin();
	rig_pass_first();
	assert_string_equal(rig_try_release_of(OHTD_MISSION_ERRAND), "off");
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	rig_set_charge(15);
	rig_run_s(30);
	is_errand("", "");
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	/* A release beside a stop would hold behind the reset and enable of another person. */
	rig_press();
	assert_string_equal(rig_try_release_of(OHTD_MISSION_ERRAND), "stop_latched");
	rig_mend();
	rig_by_hand(OHTD_COMMAND_ENABLE, NAN);
	rig_run_s(30);
	is_errand("", "");
	take_control_for_bert();
	assert_string_equal(rig_try_release_of(OHTD_MISSION_ERRAND), "");
	rig_run_s(2);
	is_errand("", "");
	/* His control has run out. */
	rig_run_s(12);
	is_errand(OHTD_MISSION_RUNNING, "");
	rig_stop_it();
	rig_run_s(5);
	is_errand(OHTD_MISSION_HELD, "cancelled");
	assert_false(rig_goes_to_dock());
	/* The one that is held is not joined by another one. */
	assert_string_equal(rig_try_release_of(OHTD_MISSION_ERRAND), "");
	rig_run_s(30);
	is_errand(OHTD_MISSION_HELD, "cancelled");
	assert_false(rig_goes_to_dock());
	assert_false(is_docked());
	rig_end();
}

static void a_robot_with_little_charge_docks_charges_and_stays(void **state)
{
	(void)state;
	rig_begin();
	rig_pass_first();
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	assert_string_equal(rig_try_release_of(OHTD_MISSION_ERRAND), "");
	rig_run_s(295);
	rig_ask(OHTD_MISSIONS_START, rig_newest().id);
	fixture_run_ms(rig.robot->f, 200);
	rig_set_charge(15);
	rig_run_s(10);
	/* A leg under way is driven to its end. */
	rig_is_newest(OHTD_MISSION_FINISHED, "");
	rig_run_s(120);
	assert_true(is_docked());
	is_errand(OHTD_MISSION_RUNNING, "");
	rig_set_charge(59);
	rig_run_s(10);
	is_errand(OHTD_MISSION_RUNNING, "");
	rig_set_charge(60);
	rig_run_s(5);
	is_errand(OHTD_MISSION_FINISHED, "");
	assert_true(rig_goes_to_dock());
	/* It stays there, and a low charge at the dock sends it nowhere. */
	rig_set_charge(15);
	rig_run_s(60);
	assert_true(is_docked());
	is_errand(OHTD_MISSION_FINISHED, "");
	rig.battery.dock_percent = 0;
	rig_run_s(2);
	assert_false(rig_goes_to_dock());
	rig_end();
}

/* ---- beside a person ---- */

static int work_add_attended(struct ohtd_db *db, void *arg)
{
	struct ohtd_mission_leg legs[] = { rig_made_leg("acknowledge", NAN), rig_made_leg("move", 9050) };
	struct ohtd_mission row = {
		.name = "loading", .state = OHTD_MISSION_WAITING, .leg = 1, .legs = 2, .made_legs = 2, .through_leg = 2, .rounds = 1, .round = 1,
		.revision = 1, .made_by = "anna",
	};
	int r = ohtd_mission_add(db, &row, legs);

	*(int64_t *)arg = row.id;
	return r;
}

/* A person who loads the robot has not said that it is loaded. */
static void a_robot_that_waits_for_a_person_does_not_drive_away(void **state)
{
	int64_t attended;

	(void)state;
	rig_begin();
	rig_pass_first();
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	assert_int_equal(__real_ohtd_store_call(rig.store, work_add_attended, &attended), 0);
	rig_ask(OHTD_MISSIONS_START, attended);
	rig_is_mission(attended, OHTD_MISSION_HELD, OHTD_MISSIONS_ACKNOWLEDGE);
	rig_release();
	assert_string_equal(rig_try_release_of(OHTD_MISSION_ERRAND), "");
	rig_run_s(270);
	rig_set_charge(15);
	rig_run_s(30);
	is_errand("", "");
	rig_is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_DRIVEN);
	assert_near(rig.robot->rail->position_mm, 9000, 2);
	/* The acknowledgement ends the wait of both. */
	rig_ask(OHTD_MISSIONS_RESUME, attended);
	rig_is_mission(attended, OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	rig_run_s(2);
	is_errand(OHTD_MISSION_RUNNING, "");
	rig_is_mission(attended, OHTD_MISSION_HELD, OHTD_MISSIONS_BATTERY);
	rig_end();
}

static void a_drain_takes_the_robot_out(void **state)
{
	(void)state;
	rig_begin();
	rig_pass_first();
	rig.battery = (struct ohtd_settings_battery){ .min_percent = 30, .dock_percent = 20, .charged_percent = 60 };
	assert_string_equal(rig_try_release_of(OHTD_MISSION_ERRAND), "");
	rig_run_s(295);
	rig_is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	rig_release();
	rig_ask(OHTD_MISSIONS_START, rig_newest().id);
	fixture_run_ms(rig.robot->f, 200);
	rig_set_charge(15);
	rig_ask(OHTD_MISSIONS_DRAIN, rig_newest().id);
	rig_run_s(1);
	assert_false(rig_goes_to_dock());
	rig_run_s(300);
	is_errand("", "");
	assert_near(rig.robot->rail->position_mm, 9100, 3);
	rig_is_newest(OHTD_MISSION_WAITING, OHTD_MISSIONS_SCHEDULE_NOT_RELEASED);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(with_little_charge_no_leg_begins_but_to_dock, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(only_a_release_sends_a_robot_to_its_dock, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_robot_with_little_charge_docks_charges_and_stays, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_robot_that_waits_for_a_person_does_not_drive_away, rig_set_up, rig_tear_down),
		cmocka_unit_test_setup_teardown(a_drain_takes_the_robot_out, rig_set_up, rig_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
