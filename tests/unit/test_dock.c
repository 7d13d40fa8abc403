// SPDX-License-Identifier: GPL-2.0-or-later
/* Docking, undocking and homing, with the simulator's rail and its dock module. */
#include <math.h>
#include <stdio.h>

#include "drive_robot.h"

static void ended(struct driver *d, unsigned int code)
{
	const struct ohtd_command_view view = fixture_snapshot(d->f).command;

	assert_int_equal(view.state, OHTD_COMMAND_STATE_FAILED);
	assert_string_equal(ohtd_why_name(view.reason.code), ohtd_why_name(code));
}

static bool has_alert(const struct driver *d, unsigned int code)
{
	const struct ohtd_snapshot *snapshot = &d->f->control.snapshot;

	for (uint64_t i = 0; i < snapshot->alert_count; i++)
		if (snapshot->alerts[i].why.code == code)
			return true;
	return false;
}

static void finished(struct driver *d)
{
	driver_state(d, OHTD_STATE_IDLE);
	assert_int_equal(fixture_snapshot(d->f).command.state, OHTD_COMMAND_STATE_FINISHED);
}

static uint16_t power_register(struct driver *d, const char *name)
{
	struct oht_sim_bank *bank = &oht_sim_station_unit(&d->run.station, 2)->bank;

	return (uint16_t)oht_sim_bank_get(bank, oht_regmap_find(bank->map, name));
}

static void undocks_and_docks_again(void **state)
{
	struct driver *d = driver_begin(0);

	(void)state;
	driver_asks(d, OHTD_COMMAND_UNDOCK);
	driver_state(d, OHTD_STATE_DOCK);
	assert_int_equal(power_register(d, "charge_relay"), 0);
	driver_until(d, OHTD_STATE_IDLE, 15000);
	finished(d);
	assert_near(d->rail->position_mm, 500, 2);
	assert_true(d->fastest_mm_s < 105);
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_until(d, OHTD_STATE_IDLE, 25000);
	finished(d);
	assert_near(d->rail->position_mm, 0, 2);
	driver_run_ms(d, 500);
	assert_int_equal(power_register(d, "charge_request"), 1);
	driver_end(d);
}

/* The charge relay is closed: neither the command nor a module that has second thoughts moves the robot. */
static void docked_robot_docks_again_where_it_is(void **state)
{
	struct driver *d = driver_begin(2.5);

	(void)state;
	driver_sim(d, "set 5 docking_status 4");
	driver_run_ms(d, 500);
	d->lowest_mm = d->highest_mm = d->rail->position_mm;
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_until(d, OHTD_STATE_IDLE, 5000);
	finished(d);
	driver_run_ms(d, 500);
	assert_int_equal(power_register(d, "charge_request"), 1);
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_sim(d, "set 5 docking_status 3");
	driver_until(d, OHTD_STATE_IDLE, 30000);
	ended(d, OHTD_WHY_DOCK_NOT_CONFIRMED);
	driver_run_ms(d, 2000);
	assert_near(d->lowest_mm, d->highest_mm, 0.001);
	driver_end(d);
}

static void docks_from_afar_by_phases(void **state)
{
	struct driver *d = driver_begin(9000);

	(void)state;
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_state(d, OHTD_STATE_DOCK);
	while (d->rail->position_mm > 290)
		driver_run_ms(d, 1);
	d->fastest_mm_s = 0;
	while (d->rail->position_mm > 45)
		driver_run_ms(d, 1);
	assert_true(d->fastest_mm_s < 105);
	driver_run_ms(d, 300);
	d->fastest_mm_s = 0;
	driver_until(d, OHTD_STATE_IDLE, 15000);
	assert_true(d->fastest_mm_s < 60);
	finished(d);
	assert_near(d->rail->position_mm, 0, 2);
	assert_true(d->lowest_mm > -4);
	driver_end(d);
}

/* The module never says so: back and again, and at last an honest failure. */
static void dock_that_is_not_confirmed_is_tried_again(void **state)
{
	struct driver *d = driver_begin(1000);
	const struct ohtd_travel *m = &d->f->control.travel;
	double farthest_mm;

	(void)state;
	driver_sim(d, "set 5 docking_status 3");
	driver_asks(d, OHTD_COMMAND_DOCK);
	while (fabs(d->rail->position_mm) > 3)
		driver_run_ms(d, 1);
	d->highest_mm = 0;
	while (m->docking.phase != OHTD_DOCK_BACK_OFF)
		driver_run_ms(d, 1);
	assert_int_equal(m->command.state, OHTD_COMMAND_STATE_RETRIABLE);
	assert_int_equal(m->command.reason.code, OHTD_WHY_DOCK_NOT_CONFIRMED);
	while (m->docking.phase == OHTD_DOCK_BACK_OFF)
		driver_run_ms(d, 1);
	assert_int_equal(m->command.state, OHTD_COMMAND_STATE_RUNNING);
	assert_int_equal(m->command.reason.code, OHTD_WHY_NONE);
	driver_until(d, OHTD_STATE_IDLE, 120000);
	driver_run_ms(d, 1000);
	farthest_mm = d->highest_mm;
	assert_near(farthest_mm, 290, 15);
	assert_int_equal(fixture_snapshot(d->f).command.state, OHTD_COMMAND_STATE_FAILED);
	ended(d, OHTD_WHY_DOCK_NOT_CONFIRMED);
	/* And the alert of it, until the robot leaves its state. */
	assert_true(has_alert(d, OHTD_WHY_DOCK_FAILED));
	driver_run_ms(d, 1000);
	assert_near(d->rail->speed_mm_s, 0, 0.001);
	driver_end(d);
}

static void undocking_that_is_not_confirmed_fails(void **state)
{
	struct driver *d = driver_begin(0);

	(void)state;
	driver_sim(d, "set 5 docking_status 4");
	driver_asks(d, OHTD_COMMAND_UNDOCK);
	driver_until(d, OHTD_STATE_IDLE, 30000);
	driver_run_ms(d, 1000);
	ended(d, OHTD_WHY_DOCK_NOT_CONFIRMED);
	driver_end(d);
}

/* Paused on its way off, and gone on with: it is an undock all the same, with its word of the module at the end. */
static void undock_that_was_paused_keeps_its_end(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct driver *d = driver_begin(0);

		driver_asks(d, OHTD_COMMAND_UNDOCK);
		driver_run_ms(d, 2500);
		assert_true(d->rail->position_mm > 20 && d->rail->position_mm < 480);
		driver_asks(d, OHTD_COMMAND_PAUSE);
		driver_run_ms(d, 2000);
		driver_state(d, OHTD_STATE_PAUSED);
		if (i)
			driver_sim(d, "set 5 docking_status 4");
		driver_run_ms(d, 1500);
		driver_asks(d, OHTD_COMMAND_RESUME);
		driver_state(d, OHTD_STATE_DOCK);
		driver_until(d, OHTD_STATE_IDLE, 30000);
		driver_run_ms(d, 1000);
		if (i)
			ended(d, OHTD_WHY_DOCK_NOT_CONFIRMED);
		else
			finished(d);
		assert_near(d->rail->position_mm, 500, 2);
		driver_end(d);
	}
}

/* What the module says of the dock is read beside the plan; a command that waits for it need not wait long. */
static void confirmed_soon(struct driver *d, const char *fault)
{
	const struct ohtd_docking *docking = &d->f->control.travel.docking;

	driver_asks(d, OHTD_COMMAND_UNDOCK);
	driver_sim(d, fault);
	while (!docking->stands_ns && d->f->control.state == OHTD_STATE_DOCK)
		driver_run_ms(d, 1);
	driver_state(d, OHTD_STATE_DOCK);
	driver_until(d, OHTD_STATE_IDLE, 1000);
	finished(d);
	driver_asks(d, OHTD_COMMAND_DOCK);
	while (docking->phase != OHTD_DOCK_SETTLED && d->f->control.state == OHTD_STATE_DOCK)
		driver_run_ms(d, 1);
	driver_state(d, OHTD_STATE_DOCK);
	driver_until(d, OHTD_STATE_IDLE, 1000);
	finished(d);
	driver_end(d);
}

static void module_that_answers_late_confirms_the_dock_soon(void **state)
{
	(void)state;
	confirmed_soon(driver_begin(0), "fault 5 delay ms=10");
	confirmed_soon(driver_begin(0), "fault 5 delay ms=25");
	confirmed_soon(driver_begin_as(OHT_PROFILE_LEGACY, 0), "fault 5 delay ms=10");
	confirmed_soon(driver_begin(0), "fault 2 delay ms=20");
}

/* Its answers are waited for longer than any slack. */
static void machine_that_stalls_confirms_the_dock_soon(void **state)
{
	struct driver *d = driver_begin(0);

	(void)state;
	d->f->control.time_factor = 4;
	confirmed_soon(d, "clear");
}

/* A robot that stands at the dock by other means than docking is seen there, however slow the module. */
static void module_that_answers_late_says_soon_that_the_robot_is_docked(void **state)
{
	struct driver *d = driver_begin(500);
	struct ohtd_answer answer;

	(void)state;
	driver_sim(d, "fault 5 delay ms=20");
	driver_run_ms(d, 2000);
	driver_sim(d, "set 5 docking_status 4");
	driver_run_ms(d, 1000);
	answer = driver_move(d, 3000, 0);
	driver_refused(d, &answer, OHTD_WHY_DOCKED);
	driver_sim(d, "unset 5 docking_status");
	driver_run_ms(d, 1000);
	driver_arrives(d, 3000);
	driver_end(d);
}

/* A fault of the module neither undocks a robot, nor keeps it from undocking, nor docks one that is far off. */
static void module_in_fault_leaves_what_it_said_before(void **state)
{
	static const char *const says[] = { "set 5 docking_status 5", "set 5 docking_status 7" };
	struct ohtd_answer answer;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct driver *d = driver_begin(0);

		driver_sim(d, says[i]);
		driver_run_ms(d, 4000);
		answer = driver_move(d, 3000, 0);
		driver_refused(d, &answer, OHTD_WHY_DOCKED);
		driver_asks(d, OHTD_COMMAND_UNDOCK);
		driver_run_ms(d, 1000);
		driver_sim(d, "unset 5 docking_status");
		driver_until(d, OHTD_STATE_IDLE, 15000);
		finished(d);
		driver_sim(d, says[i]);
		driver_run_ms(d, 1000);
		driver_arrives(d, 1000);
		driver_end(d);
	}
}

/* Behind a start. It may be at the dock, and what is said is that this is not known. */
static void robot_whose_dock_has_said_nothing_goes_nowhere(void **state)
{
	struct driver *d = driver_begin(6000);
	struct ohtd_answer answer;

	(void)state;
	driver_sim(d, "set 5 docking_status 5");
	driver_run_ms(d, 1000);
	d->f->control.travel.dock_word = (struct ohtd_dock_word){ 0 };
	answer = driver_move(d, 3000, 0);
	driver_refused(d, &answer, OHTD_WHY_DOCK_UNKNOWN);
	answer = driver_jog(d, 100, "one");
	driver_refused(d, &answer, OHTD_WHY_DOCK_UNKNOWN);
	answer = fixture_ask(d->f, OHTD_COMMAND_HOME);
	driver_refused(d, &answer, OHTD_WHY_DOCK_UNKNOWN);
	driver_sim(d, "unset 5 docking_status");
	driver_run_ms(d, 1000);
	driver_arrives(d, 3000);
	driver_end(d);
}

/* One of the two is wrong, and the way off the dock might be the way into it. */
/* The end of a motion that was stopped may show a fault after the robot has left the state of the motion. */
static void fault_of_an_earlier_motion_does_not_end_this_one(void **state)
{
	struct driver *d = driver_begin(0);

	(void)state;
	d->f->control.travel.drive.fault = OHTD_DRIVE_FOLLOWING;
	driver_asks(d, OHTD_COMMAND_UNDOCK);
	driver_until(d, OHTD_STATE_IDLE, 15000);
	finished(d);
	driver_end(d);
}

static void robot_that_is_docked_far_from_the_dock_does_not_undock(void **state)
{
	struct driver *d = driver_begin(6000);
	struct ohtd_answer answer;

	(void)state;
	driver_sim(d, "set 5 docking_status 4");
	driver_run_ms(d, 1000);
	answer = driver_ask(d, OHTD_COMMAND_UNDOCK);
	driver_refused(d, &answer, OHTD_WHY_SENSORS);
	driver_stands(d);
	driver_end(d);
}

/* Nothing moves while the contacts may carry current. */
static void relay_that_does_not_open_keeps_the_robot(void **state)
{
	struct driver *d = driver_begin(0);
	struct ohtd_answer answer;

	(void)state;
	driver_sim(d, "fault 2 exception count=3");
	answer = driver_ask(d, OHTD_COMMAND_UNDOCK);
	assert_int_not_equal(answer.outcome, OHTD_OUTCOME_DONE);
	driver_run_ms(d, 2000);
	driver_state(d, OHTD_STATE_IDLE);
	assert_near(d->rail->position_mm, 0, 0.001);
	driver_end(d);
}

static void docking_pauses_and_goes_on(void **state)
{
	struct driver *d = driver_begin(4000);

	(void)state;
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_run_ms(d, 2000);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_state(d, OHTD_STATE_PAUSED);
	driver_run_ms(d, 2000);
	assert_near(d->rail->speed_mm_s, 0, 0.001);
	driver_asks(d, OHTD_COMMAND_RESUME);
	driver_state(d, OHTD_STATE_DOCK);
	driver_until(d, OHTD_STATE_IDLE, 30000);
	finished(d);
	assert_near(d->rail->position_mm, 0, 2);
	driver_end(d);
}

static void last_phase_cannot_be_paused(void **state)
{
	struct driver *d = driver_begin(300);
	struct ohtd_answer answer;

	(void)state;
	driver_asks(d, OHTD_COMMAND_DOCK);
	while (!ohtd_dock_final(&d->f->control))
		driver_run_ms(d, 1);
	answer = driver_ask(d, OHTD_COMMAND_PAUSE);
	driver_refused(d, &answer, OHTD_WHY_DOCK_FINAL);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	finished(d);
	driver_end(d);
}

static void obstacle_on_the_way_to_the_dock_blocks(void **state)
{
	struct driver *d = driver_begin(9000);

	(void)state;
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_run_ms(d, 2000);
	driver_sim(d, "rail obstacle 3000");
	driver_until(d, OHTD_STATE_BLOCKED, 20000);
	driver_run_ms(d, 2000);
	assert_near(d->rail->position_mm, 5000, 5);
	driver_sim(d, "rail obstacle none");
	driver_until(d, OHTD_STATE_PAUSED, 5000);
	driver_asks(d, OHTD_COMMAND_RESUME);
	driver_state(d, OHTD_STATE_DOCK);
	driver_until(d, OHTD_STATE_IDLE, 40000);
	finished(d);
	driver_end(d);
}

/* As for the command itself: docking goes by the position, and one far reading puts it in doubt. */
static void docking_does_not_go_on_without_a_position(void **state)
{
	struct driver *d = driver_begin(4000);
	struct ohtd_answer answer;

	(void)state;
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_run_ms(d, 2000);
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_run_ms(d, 2000);
	driver_sim(d, "set 5 position_x 9000");
	driver_run_ms(d, 1000);
	answer = driver_ask(d, OHTD_COMMAND_RESUME);
	driver_refused(d, &answer, OHTD_WHY_NOT_LOCATED);
	driver_state(d, OHTD_STATE_PAUSED);
	driver_stands(d);
	driver_end(d);
}

/* Nor by itself, where motion.csv wants that. */
static void blocked_robot_without_a_position_stays(void **state)
{
	static const enum ohtd_command_kind kinds[] = { OHTD_COMMAND_DOCK, OHTD_COMMAND_MOVE };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct driver *d = driver_begin(9000);
		struct ohtd_rules *rules = d->f->control.limits.block[0].table.rules;

		rules[OHT_PROFILE_CANONICAL].value[OHTD_RULE_AUTO_CONTINUE] = 1;
		if (kinds[i] == OHTD_COMMAND_DOCK)
			driver_asks(d, OHTD_COMMAND_DOCK);
		else
			driver_departs(d, 500);
		driver_run_ms(d, 2000);
		driver_sim(d, "rail obstacle 3000");
		driver_until(d, OHTD_STATE_BLOCKED, 20000);
		driver_run_ms(d, 2000);
		driver_sim(d, "set 5 position_x 9000");
		driver_sim(d, "rail obstacle none");
		driver_run_ms(d, 5000);
		driver_state(d, OHTD_STATE_BLOCKED);
		driver_stands(d);
		driver_end(d);
	}
}

/* At 1 m/s, 40 mm before the dock, and docking from there. */
static struct driver *docks_at_speed(void)
{
	struct driver *d = driver_begin(3000);

	driver_departs(d, -3000);
	while (d->rail->position_mm > 40)
		driver_run_ms(d, 1);
	assert_true(d->rail->speed_mm_s < -900);
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_state(d, OHTD_STATE_DOCK);
	return d;
}

static void docking_at_speed_comes_back_to_the_dock(void **state)
{
	struct driver *d = docks_at_speed();

	(void)state;
	while (d->f->control.state == OHTD_STATE_DOCK) {
		if (ohtd_dock_final(&d->f->control))
			assert_true(fabs(d->rail->speed_mm_s) < 60);
		driver_run_ms(d, 1);
	}
	finished(d);
	assert_near(d->rail->position_mm, 0, 2);
	driver_end(d);
}

/* Only the last phase is blind. */
static void docking_at_speed_sees_what_is_behind_the_dock(void **state)
{
	struct driver *d = docks_at_speed();

	(void)state;
	driver_sim(d, "rail obstacle -900");
	driver_until(d, OHTD_STATE_BLOCKED, 300);
	driver_run_ms(d, 2000);
	driver_stands(d);
	assert_true(d->lowest_mm > -850);
	driver_sim(d, "rail obstacle none");
	driver_until(d, OHTD_STATE_PAUSED, 5000);
	driver_asks(d, OHTD_COMMAND_RESUME);
	driver_until(d, OHTD_STATE_IDLE, 30000);
	finished(d);
	assert_near(d->rail->position_mm, 0, 2);
	driver_end(d);
}

static void move_in_the_middle_ends_the_docking(void **state)
{
	struct driver *d = driver_begin(4000);
	struct ohtd_answer answer;

	(void)state;
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_run_ms(d, 1000);
	answer = driver_move(d, 6000, 0);
	assert_int_equal(answer.outcome, OHTD_OUTCOME_DONE);
	driver_state(d, OHTD_STATE_MOVE);
	driver_until(d, OHTD_STATE_IDLE, 20000);
	finished(d);
	assert_near(d->rail->position_mm, 6000, 2);
	driver_end(d);
}

/* The charge relay may be closed; only an undock opens it. */
static void docked_robot_takes_no_move_in_any_state(void **state)
{
	static const enum ohtd_state states[] = {
		OHTD_STATE_DOCK, OHTD_STATE_PAUSED, OHTD_STATE_BLOCKED,
	};
	struct ohtd_answer answer;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct driver *d = driver_begin(200);

		driver_sim(d, "set 5 docking_status 4");
		driver_run_ms(d, 1000);
		driver_asks(d, OHTD_COMMAND_DOCK);
		if (states[i] == OHTD_STATE_PAUSED)
			driver_asks(d, OHTD_COMMAND_PAUSE);
		if (states[i] == OHTD_STATE_BLOCKED)
			driver_sim(d, "rail obstacle -500");
		driver_until(d, states[i], 500);
		answer = driver_move(d, 3000, 0);
		driver_refused(d, &answer, OHTD_WHY_DOCKED);
		driver_state(d, states[i]);
		assert_true(d->highest_mm < 201);
		driver_end(d);
	}
}

/* However long the module says that it is docked. */
static void undock_that_has_left_the_dock_can_be_replaced(void **state)
{
	struct driver *d = driver_begin(0);
	struct ohtd_answer answer;

	(void)state;
	driver_sim(d, "set 5 docking_status 4");
	driver_asks(d, OHTD_COMMAND_UNDOCK);
	answer = driver_move(d, 3000, 0);
	driver_refused(d, &answer, OHTD_WHY_DOCKED);
	driver_state(d, OHTD_STATE_DOCK);
	while (d->rail->position_mm < 60)
		driver_run_ms(d, 1);
	driver_arrives(d, 3000);
	driver_end(d);
}

static void button_ends_a_docking(void **state)
{
	struct driver *d = driver_begin(2000);

	(void)state;
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_run_ms(d, 1500);
	fake_bus_press(d->f->fake);
	driver_run_ms(d, 50);
	driver_state(d, OHTD_STATE_ESTOP);
	ended(d, OHTD_WHY_STOP_CAUSE);
	driver_end(d);
}

static void homes_at_homing_speed(void **state)
{
	struct driver *d = driver_begin(2500);

	(void)state;
	driver_asks(d, OHTD_COMMAND_HOME);
	driver_state(d, OHTD_STATE_MOVE);
	driver_until(d, OHTD_STATE_IDLE, 30000);
	finished(d);
	assert_near(d->rail->position_mm, 500, 2);
	assert_true(d->fastest_mm_s < 210);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undocks_and_docks_again),
		cmocka_unit_test(docked_robot_docks_again_where_it_is),
		cmocka_unit_test(docks_from_afar_by_phases),
		cmocka_unit_test(dock_that_is_not_confirmed_is_tried_again),
		cmocka_unit_test(undocking_that_is_not_confirmed_fails),
		cmocka_unit_test(undock_that_was_paused_keeps_its_end),
		cmocka_unit_test(module_that_answers_late_confirms_the_dock_soon),
		cmocka_unit_test(machine_that_stalls_confirms_the_dock_soon),
		cmocka_unit_test(module_that_answers_late_says_soon_that_the_robot_is_docked),
		cmocka_unit_test(module_in_fault_leaves_what_it_said_before),
		cmocka_unit_test(robot_whose_dock_has_said_nothing_goes_nowhere),
		cmocka_unit_test(fault_of_an_earlier_motion_does_not_end_this_one),
		cmocka_unit_test(robot_that_is_docked_far_from_the_dock_does_not_undock),
		cmocka_unit_test(relay_that_does_not_open_keeps_the_robot),
		cmocka_unit_test(docking_pauses_and_goes_on),
		cmocka_unit_test(last_phase_cannot_be_paused),
		cmocka_unit_test(obstacle_on_the_way_to_the_dock_blocks),
		cmocka_unit_test(docking_does_not_go_on_without_a_position),
		cmocka_unit_test(blocked_robot_without_a_position_stays),
		cmocka_unit_test(docking_at_speed_comes_back_to_the_dock),
		cmocka_unit_test(docking_at_speed_sees_what_is_behind_the_dock),
		cmocka_unit_test(move_in_the_middle_ends_the_docking),
		cmocka_unit_test(docked_robot_takes_no_move_in_any_state),
		cmocka_unit_test(undock_that_has_left_the_dock_can_be_replaced),
		cmocka_unit_test(button_ends_a_docking),
		cmocka_unit_test(homes_at_homing_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
