// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands to the control thread: more ways to refuse than to succeed, and never a stale one. */
#include "robot_fixture.h"

#include <errno.h>
#include <string.h>

static void enable_answers_when_outputs_are_high(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;
	struct ohtd_answer a;

	(void)state;
	f->fake->units[MOTOR].words[0x0002] = 200;
	f->fake->units[MOTOR].words[0x0012] = 200;
	a = fixture_ask(f, OHTD_COMMAND_ENABLE);
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(a.safety_state, OHTD_SAFETY_ENABLED);
	assert_int_equal(a.state, OHTD_STATE_IDLE);
	assert_int_equal(f->fake->last_tag, 99);
	/* Set-points were nought before the outputs went on. */
	assert_int_equal(f->fake->units[MOTOR].words[0x0002], 0);
	assert_int_equal(f->fake->units[MOTOR].words[0x0012], 0);
	s = fixture_snapshot(f);
	assert_true(s.version >= a.version);
	assert_int_equal(s.safety.enable1, 1);
	fixture_destroy(f);
}

static void enable_needs_the_drive_to_answer(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	f->fake->units[MOTOR].known[0x0012] = false;
	a = fixture_ask(f, OHTD_COMMAND_ENABLE);
	assert_int_equal(a.outcome, OHTD_OUTCOME_FAILED);
	assert_true(fixture_says(&a.why, OHTD_WHY_MODULE_EXCEPTION, MOTOR));
	assert_int_equal(f->fake->enables, 0);
	fixture_destroy(f);
}

/* A drive that answers slowly: the telegrams of the last stop are still being sent. */
static void enable_waits_for_the_telegrams_of_the_last_stop(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	ohtd_telegram_start(&f->control.modules, OHTD_TELEGRAM_STOP);
	assert_true(f->control.modules.telegrams.active);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(f->fake->enables, 1);
	fixture_destroy(f);
}

static void enable_is_refused_outside_safe(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_answer a = fixture_ask(f, OHTD_COMMAND_ENABLE);

	(void)state;
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STATE, 0));
	fake_bus_press(f->fake);
	fixture_run_ms(f, 50);
	a = fixture_ask(f, OHTD_COMMAND_ENABLE);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STOP_LATCHED, 0));
	assert_true(fixture_says(&a.why, OHTD_WHY_STOP_CAUSE, 0));
	assert_int_equal(f->fake->enables, 1);
	fixture_destroy(f);
}

static void enable_names_every_interlock(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	fake_bus_set(f->fake, f->control.model, "safety", "distance_2", 6000);
	f->fake->units[DOCK].fault = FAKE_SILENT;
	fixture_run_ms(f, 3000);
	a = fixture_ask(f, OHTD_COMMAND_ENABLE);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_SENSORS, 0));
	assert_true(fixture_says(&a.why, OHTD_WHY_MODULE_LOST, DOCK));
	assert_int_equal(f->fake->enables, 0);
	fixture_destroy(f);
}

static void stop_behind_enable_wins(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	f->fake->stop_at_enable = true;
	a = fixture_ask(f, OHTD_COMMAND_ENABLE);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	fixture_run_ms(f, 50);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	fixture_destroy(f);
}

/* The device alone knows what the machine lacks; nothing is latched, so it can be asked again. */
static void enable_names_what_the_machine_lacks(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	f->fake->missing = oht_cause_mask(OHT_STOPPED_BY_WATCHDOG);
	a = fixture_ask(f, OHTD_COMMAND_ENABLE);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_NOT_PREPARED, 0));
	assert_int_equal(a.why.items[0].detail, OHT_STOPPED_BY_WATCHDOG);
	assert_int_equal(f->fake->enables, 0);
	f->fake->missing = 0;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

static void stop_between_zero_and_enable_wins(void **state)
{
	const struct ohtd_command enable = { .id = 5, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR };
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	assert_int_equal(ohtd_link_post(&f->links[1], &enable), 0);
	fixture_run_ms(f, 1);
	fake_bus_press(f->fake);
	fixture_run_ms(f, 200);
	assert_int_equal(ohtd_link_take(&f->links[1], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(a.why.count > 0);
	assert_int_equal(f->fake->enables, 0);
	fixture_destroy(f);
}

static void second_enable_is_busy(void **state)
{
	const struct ohtd_command enable = { .id = 5, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR };
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	assert_int_equal(ohtd_link_post(&f->links[0], &enable), 0);
	assert_int_equal(ohtd_link_post(&f->links[1], &enable), 0);
	fixture_run_ms(f, 200);
	assert_int_equal(ohtd_link_take(&f->links[0], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(ohtd_link_take(&f->links[1], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_BUSY, 0));
	assert_int_equal(f->fake->enables, 1);
	fixture_destroy(f);
}

/* The thread was held up: what was posted long ago must not happen now. */
static void stale_command_is_dropped(void **state)
{
	const struct ohtd_command enable = {
		.id = 5, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR, .valid_ms = 100,
	};
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	f->control.time_factor = 20;
	assert_int_equal(ohtd_link_post(&f->links[0], &enable), 0);
	ohtd_manual_clock_advance(&f->time, 101 * OHTD_NS_PER_MS);
	fixture_run_ms(f, 100);
	assert_int_equal(ohtd_link_take(&f->links[0], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_EXPIRED);
	assert_int_equal(f->fake->enables, 0);
	fixture_destroy(f);
}

static void enable_that_takes_too_long_is_dropped(void **state)
{
	const struct ohtd_command enable = {
		.id = 5, .kind = OHTD_COMMAND_ENABLE, .role = OHTD_ROLE_ADMINISTRATOR, .valid_ms = 20,
	};
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	f->fake->units[MOTOR].turnaround_us = 22000;
	a = fixture_command(f, &enable);
	assert_int_equal(a.outcome, OHTD_OUTCOME_EXPIRED);
	fixture_run_ms(f, 500);
	assert_int_equal(f->fake->enables, 0);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

/* The button makes the device ready, a command the robot; neither alone is enough. */
static void reset_button_resets_the_device_alone(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;
	struct ohtd_answer a;

	(void)state;
	f->fake->reset_button = true;
	f->control.device.info.caps |= OHT_HAS_RESET_BUTTON;
	fake_bus_press(f->fake);
	fixture_run_ms(f, 300);
	f->fake->pressed = false;
	a = fixture_ask(f, OHTD_COMMAND_RESET);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_RESET_BUTTON, 0));
	s = fixture_snapshot(f);
	assert_true(fixture_says(&s.why_not_reset, OHTD_WHY_RESET_BUTTON, 0));

	f->fake->status.state = OHT_STATE_READY;
	f->fake->status.causes = 0;
	f->fake->status.first_cause = 0;
	fixture_run_ms(f, 300);
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	a = fixture_ask(f, OHTD_COMMAND_RESET);
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static void reset_is_refused_while_the_button_is_pressed(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;
	struct ohtd_answer a;

	(void)state;
	fake_bus_press(f->fake);
	fixture_run_ms(f, 300);
	a = fixture_ask(f, OHTD_COMMAND_RESET);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STOP_CAUSE, 0));
	s = fixture_snapshot(f);
	assert_true(fixture_says(&s.why_not_reset, OHTD_WHY_STOP_CAUSE, 0));
	assert_int_equal(s.safety.channel_a, 0);
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);

	/* Released, but not long enough: the device says no. */
	f->fake->pressed = false;
	f->fake->unstable = true;
	a = fixture_ask(f, OHTD_COMMAND_RESET);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_INPUTS_NOT_STABLE, 0));
	assert_string_equal(ohtd_state_name(f->control.state), "estop");

	f->fake->unstable = false;
	a = fixture_ask(f, OHTD_COMMAND_RESET);
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(a.safety_state, OHTD_SAFETY_READY);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static void reset_needs_standstill(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_answer a;

	(void)state;
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor2_actual_speed", 1);
	fake_bus_press(f->fake);
	fixture_run_ms(f, 500);
	f->fake->pressed = false;
	a = fixture_ask(f, OHTD_COMMAND_RESET);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_MOVING, 0));
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor2_actual_speed", 0);
	fixture_run_ms(f, 500);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

static void reset_is_refused_where_nothing_is_latched(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_answer a = fixture_ask(f, OHTD_COMMAND_RESET);

	(void)state;
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STATE, 0));
	fixture_destroy(f);
}

static void release_changes_nothing(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	fake_bus_press(f->fake);
	fixture_run_ms(f, 100);
	f->fake->pressed = false;
	fixture_run_ms(f, 10000);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	fixture_destroy(f);
}

static void disable_leads_to_safe_without_a_latch(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_answer a = fixture_ask(f, OHTD_COMMAND_DISABLE);

	(void)state;
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(a.safety_state, OHTD_SAFETY_READY);
	assert_int_equal(a.state, OHTD_STATE_SAFE);
	a = fixture_ask(f, OHTD_COMMAND_DISABLE);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_STATE, 0));
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

static void device_that_disables_itself_takes_the_robot_along(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	f->fake->status.state = OHT_STATE_READY;
	fixture_run_ms(f, 50);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	/* And the other way round: high outputs that nobody asked for are put low. */
	f->fake->status.state = OHT_STATE_ENABLED;
	fixture_run_ms(f, 50);
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static void latch_opened_by_somebody_else_is_closed_again(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	fake_bus_press(f->fake);
	fixture_run_ms(f, 100);
	f->fake->pressed = false;
	f->fake->status.state = OHT_STATE_READY;
	fixture_run_ms(f, 50);
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	fixture_destroy(f);
}

static void rtu_refuses_enable_honestly(void **state)
{
	struct fixture *f = fixture_create(false);
	struct ohtd_snapshot s;
	struct ohtd_answer a;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	a = fixture_ask(f, OHTD_COMMAND_ENABLE);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_UNSUPPORTED, 0));
	s = fixture_snapshot(f);
	assert_int_equal(s.safety.hardware_stop, 0);
	assert_int_equal(s.safety.enable1, -1);
	assert_int_equal(s.safety.channel_a, -1);
	assert_true(fixture_says(&s.why_not_enable, OHTD_WHY_UNSUPPORTED, 0));
	/* A software stop still stops the drive. */
	f->fake->units[MOTOR].words[0x0001] = 1;
	fake_bus_stop(f->fake, OHT_STOPPED_BY_SOFTWARE);
	fixture_run_ms(f, 100);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(f->fake->units[MOTOR].words[0x0001], 0);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

static void discover_answers_when_done(void **state)
{
	struct fixture *f = fixture_idle();
	uint32_t runs = f->control.modules.identify.runs;
	struct ohtd_answer a = fixture_ask(f, OHTD_COMMAND_DISCOVER);

	(void)state;
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(f->control.modules.identify.runs, runs + 1);
	/* A question to an empty address waits until the plan gives it a whole cycle. */
	assert_in_range(f->control.snapshot.bus.discovery_ms, 1, 1499);
	/* The machine went on meanwhile. */
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fixture_destroy(f);
}

static void second_discover_is_busy_and_late_one_expires(void **state)
{
	const struct ohtd_command discover = {
		.id = 8, .kind = OHTD_COMMAND_DISCOVER, .valid_ms = 50,
	};
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	assert_int_equal(ohtd_link_post(&f->links[0], &discover), 0);
	assert_int_equal(ohtd_link_post(&f->links[0], &discover), 0);
	fixture_run_ms(f, 1000);
	assert_int_equal(ohtd_link_take(&f->links[0], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_BUSY, 0));
	assert_int_equal(ohtd_link_take(&f->links[0], &a), 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_EXPIRED);
	assert_int_equal(ohtd_link_take(&f->links[0], &a), 0);
	fixture_destroy(f);
}

static struct ohtd_answer read_registers(struct fixture *f, uint8_t unit, uint16_t address,
					 uint16_t count)
{
	const struct ohtd_command read = {
		.id = 3, .kind = OHTD_COMMAND_READ, .unit = unit, .address = address,
		.count = count,
	};

	return fixture_command(f, &read);
}

static void read_returns_words_or_the_reason(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	a = read_registers(f, MOTOR, 0x0104, 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.words[0], 4);
	a = read_registers(f, MOTOR, 0x7000, 2);
	assert_int_equal(a.outcome, OHTD_OUTCOME_FAILED);
	assert_true(fixture_says(&a.why, OHTD_WHY_MODULE_EXCEPTION, MOTOR));
	assert_int_equal(a.why.items[0].detail, 2);
	a = read_registers(f, 200, 0, 1);
	assert_int_equal(a.outcome, OHTD_OUTCOME_FAILED);
	assert_true(fixture_says(&a.why, OHTD_WHY_MODULE_NO_ANSWER, 200));
	fixture_destroy(f);
}

/* Sixty-four readers at once: every one gets one answer, and the polls go on. */
static void flood_of_reads_is_answered_and_does_not_stop_the_polls(void **state)
{
	const struct ohtd_command read = {
		.id = 3, .kind = OHTD_COMMAND_READ, .unit = MOTOR, .count = 8,
	};
	struct fixture *f = fixture_idle();
	struct ohtd_answer a;
	unsigned int answers = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < OHTD_LINK_COMMANDS; i++)
		assert_int_equal(ohtd_link_post(&f->links[0], &read), 0);
	assert_int_equal(ohtd_link_post(&f->links[0], &read), -EAGAIN);
	fixture_run_ms(f, 3000);
	while (ohtd_link_take(&f->links[0], &a)) {
		answers++;
		if (a.outcome == OHTD_OUTCOME_REFUSED)
			assert_true(fixture_says(&a.why, OHTD_WHY_BUSY, 0));
		else
			assert_true(a.outcome == OHTD_OUTCOME_DONE ||
				    a.outcome == OHTD_OUTCOME_EXPIRED);
	}
	assert_int_equal(answers, OHTD_LINK_COMMANDS);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	assert_int_equal(f->control.modules.units[DOCK - 1].view.health, OHTD_HEALTH_GOOD);
	assert_int_equal(ohtd_link_post(&f->links[0], &read), 0);
	fixture_destroy(f);
}

static void bad_commands_do_not_pass_the_link(void **state)
{
	static const struct ohtd_command bad[] = {
		{ .kind = 0 },
		{ .kind = OHTD_COMMAND_LAST + 1 },
		{ .kind = OHTD_COMMAND_RESET, .role = OHTD_ROLE_ADMINISTRATOR, .valid_ms = 60001 },
		{ .kind = OHTD_COMMAND_READ, .unit = 0, .count = 1 },
		{ .kind = OHTD_COMMAND_READ, .unit = 248, .count = 1 },
		{ .kind = OHTD_COMMAND_READ, .unit = 2, .count = 0 },
		{ .kind = OHTD_COMMAND_READ, .unit = 2, .count = 9 },
		{ .kind = OHTD_COMMAND_READ, .unit = 2, .address = 0xffff, .count = 2 },
	};
	struct fixture *f = fixture_create(true);
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ohtd_link_post(&f->links[0], &bad[i]), -EINVAL);
	fixture_destroy(f);
}

static void stop_command_is_accepted_in_every_state(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_STOP).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	f->fake->units[MOTOR].words[0x0002] = 100;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_STOP).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 100);
	assert_int_equal(f->fake->units[MOTOR].words[0x0002], 0);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fake_bus_press(f->fake);
	fixture_run_ms(f, 50);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_STOP).outcome, OHTD_OUTCOME_DONE);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	fixture_destroy(f);
}

static void device_that_goes_answers_everybody(void **state)
{
	const struct ohtd_command read = {
		.id = 3, .kind = OHTD_COMMAND_READ, .unit = MOTOR, .count = 1,
	};
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;
	unsigned int answers = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(ohtd_link_post(&f->links[0], &read), 0);
	fixture_run_ms(f, 1);
	f->fake->gone = true;
	f->fake->there = false;
	fixture_run_ms(f, 100);
	while (ohtd_link_take(&f->links[0], &a)) {
		assert_true(a.outcome == OHTD_OUTCOME_FAILED || a.outcome == OHTD_OUTCOME_DONE);
		answers++;
	}
	assert_int_equal(answers, 5);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enable_answers_when_outputs_are_high),
		cmocka_unit_test(enable_names_what_the_machine_lacks),
		cmocka_unit_test(enable_needs_the_drive_to_answer),
		cmocka_unit_test(enable_waits_for_the_telegrams_of_the_last_stop),
		cmocka_unit_test(enable_is_refused_outside_safe),
		cmocka_unit_test(enable_names_every_interlock),
		cmocka_unit_test(stop_behind_enable_wins),
		cmocka_unit_test(stop_between_zero_and_enable_wins),
		cmocka_unit_test(second_enable_is_busy),
		cmocka_unit_test(stale_command_is_dropped),
		cmocka_unit_test(enable_that_takes_too_long_is_dropped),
		cmocka_unit_test(reset_button_resets_the_device_alone),
		cmocka_unit_test(reset_is_refused_while_the_button_is_pressed),
		cmocka_unit_test(reset_needs_standstill),
		cmocka_unit_test(reset_is_refused_where_nothing_is_latched),
		cmocka_unit_test(release_changes_nothing),
		cmocka_unit_test(disable_leads_to_safe_without_a_latch),
		cmocka_unit_test(device_that_disables_itself_takes_the_robot_along),
		cmocka_unit_test(latch_opened_by_somebody_else_is_closed_again),
		cmocka_unit_test(rtu_refuses_enable_honestly),
		cmocka_unit_test(discover_answers_when_done),
		cmocka_unit_test(second_discover_is_busy_and_late_one_expires),
		cmocka_unit_test(read_returns_words_or_the_reason),
		cmocka_unit_test(flood_of_reads_is_answered_and_does_not_stop_the_polls),
		cmocka_unit_test(bad_commands_do_not_pass_the_link),
		cmocka_unit_test(stop_command_is_accepted_in_every_state),
		cmocka_unit_test(device_that_goes_answers_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
