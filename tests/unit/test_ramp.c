// SPDX-License-Identifier: GPL-2.0-or-later
/* How a robot in motion is brought to rest: along the ramp while its drive listens, at once where the outputs are low. */
#include <math.h>
#include <stdio.h>

#include "drive_robot.h"

/* 1500 mm/s2 of motion.csv in two cycles, in steps of 7.8 mm/s, and what the position loop adds. */
#define STEPS_MOST	12

static bool outputs_on(const struct driver *d)
{
	return d->f->fake->status.state == OHT_STATE_ENABLED;
}

static unsigned int told(const struct driver *d)
{
	return d->f->control.modules.setpoints.told.speed_raw;
}

/* At 1 m/s, which are 128 steps. */
static struct driver *fast(void)
{
	struct driver *d = driver_begin(3000);

	driver_departs(d, 25000);
	driver_run_ms(d, 4000);
	assert_near(d->rail->speed_mm_s, 1000, 20);
	return d;
}

/* Until the drive is told nought. Each set-point is a little below the one before. */
static unsigned int falls_along_the_ramp(struct driver *d)
{
	unsigned int last = told(d), ms;

	for (ms = 0; told(d) || ms < 100; ms++) {
		driver_run_ms(d, 1);
		if (told(d) > last + 1 || told(d) + STEPS_MOST < last)
			fail_msg("told %u steps after %u, %u ms behind", told(d), last, ms);
		assert_in_range(ms, 0, 2000);
		last = told(d);
	}
	return ms;
}

static void ends_at_rest(struct driver *d)
{
	assert_in_range(falls_along_the_ramp(d), 500, 1500);
	assert_true(outputs_on(d));
	while (outputs_on(d))
		driver_run_ms(d, 1);
	assert_near(d->rail->speed_mm_s, 0, 1);
	driver_stands(d);
}

static void fault_of_another_module_ends_in_a_ramp(void **state)
{
	struct driver *d = fast();

	(void)state;
	driver_sim(d, "fault 2 silence");
	driver_until(d, OHTD_STATE_FAULT, 2000);
	ends_at_rest(d);
	driver_state(d, OHTD_STATE_FAULT);
	/* Nothing of it is left when the outputs are on again. */
	driver_sim(d, "clear 2");
	driver_run_ms(d, 3000);
	driver_asks(d, OHTD_COMMAND_RESET_FAULT);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_stands(d);
	driver_arrives(d, 6000);
	driver_end(d);
}

/* Charging was refused at the dock, a while ago: that is no word of the drive. */
static void telegram_that_failed_before_does_not_cut_the_ramp(void **state)
{
	struct driver *d = driver_begin(600);

	(void)state;
	driver_sim(d, "fault 2 exception code=4 register=charge_request");
	driver_asks(d, OHTD_COMMAND_DOCK);
	driver_until(d, OHTD_STATE_IDLE, 30000);
	driver_run_ms(d, 500);
	assert_true(d->f->control.modules.telegrams.failed);
	/* Taken off it by hand. */
	driver_sim(d, "set 5 docking_status 0");
	/* A signal outside of the plan is read once a second at least. */
	driver_run_ms(d, 1500);
	driver_departs(d, 12000);
	while (d->rail->speed_mm_s < 950)
		driver_run_ms(d, 1);
	driver_sim(d, "fault 2 silence");
	driver_until(d, OHTD_STATE_FAULT, 2000);
	ends_at_rest(d);
	driver_end(d);
}

static void end_of_the_daemon_is_a_ramp(void **state)
{
	struct driver *d = fast();

	(void)state;
	atomic_store(&d->f->control.quit, true);
	driver_until(d, OHTD_STATE_SHUTDOWN, 100);
	ends_at_rest(d);
	driver_run_ms(d, 500);
	assert_true(d->f->control.ended);
	driver_end(d);
}

/* What comes behind a stop finds the robot in a state of rest, and still on the ramp. */
static void end_of_the_daemon_keeps_the_ramp(void **state)
{
	static const enum ohtd_command_kind before[] = { OHTD_COMMAND_STOP, OHTD_COMMAND_PAUSE };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct driver *d = fast();

		driver_asks(d, before[i]);
		atomic_store(&d->f->control.quit, true);
		driver_until(d, OHTD_STATE_SHUTDOWN, 100);
		ends_at_rest(d);
		driver_run_ms(d, 500);
		assert_true(d->f->control.ended);
		driver_end(d);
	}
}

/* Of a drive that is silent no standstill is awaited. */
static void end_of_the_daemon_does_not_wait_for_a_silent_drive(void **state)
{
	struct driver *d = fast();

	(void)state;
	driver_asks(d, OHTD_COMMAND_PAUSE);
	driver_sim(d, "fault 4 silence");
	atomic_store(&d->f->control.quit, true);
	driver_until(d, OHTD_STATE_SHUTDOWN, 100);
	driver_run_ms(d, 1000);
	assert_false(outputs_on(d));
	assert_true(d->f->control.ended);
	driver_end(d);
}

/* In a state of rest, too: what comes behind a stop, a pause or an obstacle finds the robot on the ramp still. */
static void fault_behind_a_stop_keeps_the_ramp(void **state)
{
	static const enum ohtd_state rests[] = { OHTD_STATE_IDLE, OHTD_STATE_PAUSED, OHTD_STATE_BLOCKED };
	static const struct ohtd_why lost = { .code = OHTD_WHY_MODULE_LOST, .unit = 2 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct driver *d = fast();
		char line[64];

		snprintf(line, sizeof(line), "rail obstacle %.0f", d->rail->position_mm + 900);
		if (rests[i] == OHTD_STATE_BLOCKED)
			driver_sim(d, line);
		else
			driver_asks(d, rests[i] == OHTD_STATE_IDLE ? OHTD_COMMAND_STOP : OHTD_COMMAND_PAUSE);
		driver_until(d, rests[i], 500);
		assert_true(told(d) > 60);
		ohtd_event_raise(&d->f->control, OHTD_EVENT_FAULT_DETECTED, &lost);
		driver_until(d, OHTD_STATE_FAULT, 100);
		ends_at_rest(d);
		driver_end(d);
	}
}

/* It has no ramp of ours, as at its own end. */
static void fault_of_a_jog_is_told_nought_at_once(void **state)
{
	struct driver *d = driver_begin(3000);
	unsigned int ms;

	(void)state;
	driver_sim(d, "fault 2 silence");
	for (ms = 0; d->f->control.state != OHTD_STATE_FAULT; ms++) {
		if (ms % 50 == 0)
			driver_press(d, 200, "one");
		assert_in_range(ms, 0, 2000);
		driver_run_ms(d, 1);
	}
	driver_run_ms(d, 30);
	assert_int_equal(told(d), 0);
	assert_true(outputs_on(d));
	driver_run_ms(d, 1500);
	assert_false(outputs_on(d));
	driver_end(d);
}

/* In the middle of the ramp: outputs low, set-point nought. */
static void cut_short(struct driver *d, enum ohtd_state state, unsigned int limit_ms)
{
	driver_until(d, state, limit_ms);
	assert_false(outputs_on(d));
	assert_true(d->rail->speed_mm_s > 200);
	assert_true(ohtd_travel_rests(&d->f->control));
	driver_run_ms(d, 30);
	assert_int_equal(told(d), 0);
	driver_end(d);
}

static void button_cuts_the_ramp(void **state)
{
	struct driver *d = fast();

	(void)state;
	driver_sim(d, "fault 2 silence");
	driver_until(d, OHTD_STATE_FAULT, 2000);
	driver_run_ms(d, 300);
	fake_bus_press(d->f->fake);
	cut_short(d, OHTD_STATE_ESTOP, 30);
}

static void drive_that_falls_silent_cuts_the_ramp(void **state)
{
	struct driver *d = fast();

	(void)state;
	driver_sim(d, "fault 2 silence");
	driver_until(d, OHTD_STATE_FAULT, 2000);
	driver_sim(d, "fault 4 silence");
	cut_short(d, OHTD_STATE_ESTOP, 200);
}

/* Whoever presses STOP twice does not want a jerk. */
static void second_stop_keeps_the_ramp(void **state)
{
	struct driver *d = fast();
	unsigned int i;

	(void)state;
	driver_asks(d, OHTD_COMMAND_STOP);
	for (i = 0; i < 5; i++) {
		const struct ohtd_command stop = {
			.kind = OHTD_COMMAND_STOP, .role = OHTD_ROLE_OPERATOR, .valid_ms = 2000,
		};
		unsigned int last = told(d), ms;

		assert_int_equal(ohtd_link_post(&d->f->links[1], &stop), 0);
		for (ms = 0; ms < 33; ms++) {
			driver_run_ms(d, 1);
			assert_true(told(d) <= last && told(d) + STEPS_MOST >= last);
			last = told(d);
		}
	}
	assert_true(told(d) > 0);
	falls_along_the_ramp(d);
	driver_run_ms(d, 1000);
	driver_state(d, OHTD_STATE_IDLE);
	driver_stands(d);
	driver_end(d);
}

static unsigned int motor_enable(struct driver *d)
{
	const struct oht_sim_bank *bank = &oht_sim_station_unit(&d->run.station, MOTOR)->bank;

	return (unsigned int)oht_sim_bank_get(bank, oht_regmap_find(bank->map, "motor1_enable"));
}

/* As it is behind a start of the drive, or a visit of a service program. */
static void drive_has(struct driver *d, const char *name, uint16_t word)
{
	struct oht_sim_bank *bank = &oht_sim_station_unit(&d->run.station, MOTOR)->bank;

	oht_sim_bank_put(bank, oht_regmap_find(bank->map, name), word);
}

static int64_t drive_shows(struct driver *d, const char *name)
{
	const struct oht_sim_bank *bank = &oht_sim_station_unit(&d->run.station, MOTOR)->bank;

	return oht_sim_bank_get(bank, oht_regmap_find(bank->map, name));
}

/* At the enable, and while the robot stands with outputs that are high. */
static void what_the_drive_must_have_is_told_again(void **state)
{
	static const struct { const char *name; uint16_t word; } cases[] = {
		{ "motor1_control_mode", 2 }, { "motor2_control_mode", 3 }, { "motor1_enable", 0 }, { "motor2_enable", 0 },
	};
	struct driver *d = driver_safe(3000);
	unsigned int i;

	(void)state;
	drive_has(d, "motor1_control_mode", 2);
	drive_has(d, "motor2_control_mode", 2);
	driver_run_ms(d, 2000);
	driver_asks(d, OHTD_COMMAND_ENABLE);
	driver_arrives(d, 4000);
	for (i = 0; i < 4; i++) {
		drive_has(d, cases[i].name, cases[i].word);
		driver_run_ms(d, 10000);
		driver_state(d, OHTD_STATE_IDLE);
		if (drive_shows(d, cases[i].name) != 1)
			fail_msg("%s is not told again", cases[i].name);
		driver_asks(d, OHTD_COMMAND_DISABLE);
		driver_asks(d, OHTD_COMMAND_ENABLE);
	}
	driver_arrives(d, 5000);
	driver_end(d);
}

/* One that acknowledges and does not do it. */
static void drive_that_keeps_its_settings_is_a_fault(void **state)
{
	static const struct { const char *line, *name; uint16_t word; } cases[] = {
		{ "fault 4 ignore register=motor1_enable", "motor1_enable", 0 },
		{ "fault 4 ignore register=motor2_control_mode", "motor2_control_mode", 2 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct driver *d = driver_begin(3000);

		driver_sim(d, cases[i].line);
		drive_has(d, cases[i].name, cases[i].word);
		driver_until(d, OHTD_STATE_FAULT, 120000);
		driver_run_ms(d, 3000);
		assert_false(outputs_on(d));
		assert_int_equal(d->f->control.faults[0].why.code, OHTD_WHY_DRIVE_DISOBEYS);
		assert_int_equal(d->f->control.faults[0].why.unit, MOTOR);
		driver_stands(d);
		driver_end(d);
	}
}

/* A move that is given meanwhile waits until the drive is on: at no time it gets its enable with a set-point. */
static void move_waits_for_a_drive_that_is_switched_on_again(void **state)
{
	struct driver *d = driver_begin(3000);
	unsigned int ms;

	(void)state;
	driver_run_ms(d, 3000);
	drive_has(d, "motor1_enable", 0);
	for (ms = 0; d->f->control.travel.drive_on; ms++) {
		assert_in_range(ms, 0, 20000);
		driver_run_ms(d, 1);
	}
	driver_departs(d, 4000);
	while (!drive_shows(d, "motor1_enable")) {
		assert_int_equal(told(d), 0);
		driver_run_ms(d, 1);
	}
	driver_until(d, OHTD_STATE_IDLE, 20000);
	assert_near(d->rail->position_mm, 4000, 2);
	driver_end(d);
}

/* Switched on with a set-point it would jerk: in motion it is not told, and the motion ends. */
static void drive_that_starts_anew_in_motion_is_not_switched_on(void **state)
{
	struct driver *d = fast();

	(void)state;
	drive_has(d, "motor1_enable", 0);
	drive_has(d, "motor2_enable", 0);
	while (d->f->control.state != OHTD_STATE_FAULT) {
		driver_run_ms(d, 1);
		assert_int_equal(drive_shows(d, "motor1_enable"), 0);
	}
	driver_run_ms(d, 3000);
	driver_stands(d);
	driver_end(d);
}

/* A motor without its enable brakes as hard as it can. */
static void stop_keeps_the_ramp_of_a_fault(void **state)
{
	struct driver *d = fast();

	(void)state;
	driver_sim(d, "fault 2 silence");
	driver_until(d, OHTD_STATE_FAULT, 2000);
	driver_run_ms(d, 100);
	driver_asks(d, OHTD_COMMAND_STOP);
	assert_true(told(d) > 0);
	while (told(d)) {
		driver_run_ms(d, 1);
		assert_int_equal(motor_enable(d), 1);
	}
	while (outputs_on(d))
		driver_run_ms(d, 1);
	/* Where nothing is led any more it is sent. */
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_run_ms(d, 100);
	assert_int_equal(motor_enable(d), 0);
	driver_state(d, OHTD_STATE_FAULT);
	driver_end(d);
}

/* Its end tells the drive nought at once, but not from 0.9 m/s. */
static void jog_on_the_ramp_of_a_stop_ends_in_a_ramp(void **state)
{
	struct driver *d = fast();

	(void)state;
	driver_asks(d, OHTD_COMMAND_STOP);
	driver_run_ms(d, 50);
	driver_press(d, 200, "one");
	driver_until(d, OHTD_STATE_MOVE, 100);
	driver_until(d, OHTD_STATE_IDLE, 500);
	assert_true(d->rail->speed_mm_s > 600);
	assert_true(told(d) > 60);
	falls_along_the_ramp(d);
	driver_run_ms(d, 1000);
	driver_state(d, OHTD_STATE_IDLE);
	driver_stands(d);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_of_another_module_ends_in_a_ramp),
		cmocka_unit_test(telegram_that_failed_before_does_not_cut_the_ramp),
		cmocka_unit_test(fault_behind_a_stop_keeps_the_ramp),
		cmocka_unit_test(end_of_the_daemon_is_a_ramp),
		cmocka_unit_test(end_of_the_daemon_keeps_the_ramp),
		cmocka_unit_test(end_of_the_daemon_does_not_wait_for_a_silent_drive),
		cmocka_unit_test(fault_of_a_jog_is_told_nought_at_once),
		cmocka_unit_test(button_cuts_the_ramp),
		cmocka_unit_test(drive_that_falls_silent_cuts_the_ramp),
		cmocka_unit_test(second_stop_keeps_the_ramp),
		cmocka_unit_test(stop_keeps_the_ramp_of_a_fault),
		cmocka_unit_test(what_the_drive_must_have_is_told_again),
		cmocka_unit_test(drive_that_keeps_its_settings_is_a_fault),
		cmocka_unit_test(drive_that_starts_anew_in_motion_is_not_switched_on),
		cmocka_unit_test(move_waits_for_a_drive_that_is_switched_on_again),
		cmocka_unit_test(jog_on_the_ramp_of_a_stop_ends_in_a_ramp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
