// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules in virtual time: discovery, health, losses and what they do. */
#include "robot_fixture.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static void tells_profiles_apart(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_snapshot s;
	uint8_t unit;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_LEGACY);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	s = fixture_snapshot(f);
	/* Power: cells all zero is the mark of the legacy one, and here they have no registers. */
	for (unit = SAFETY; unit <= DOCK; unit++)
		assert_string_equal(fixture_module(&s, unit)->profile, "legacy");
	fixture_destroy(f);
}

static void unknown_register_is_found_out(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_registers r;
	unsigned int exceptions;
	int missing;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->fake->units[SAFETY].known[0x0060] = false;
	fixture_open(f);
	fixture_run_ms(f, 6000);
	assert_int_equal(ohtd_seqlock_copy(&f->control.modules.units[SAFETY - 1].published, &r), 0);
	missing = (int)(oht_regmap_find(f->control.modules.units[SAFETY - 1].plan->map,
					"distance_sensor_type_1") -
			f->control.modules.units[SAFETY - 1].plan->map->reg);
	assert_int_equal(r.values[missing].state, OHTD_REGISTER_UNSUPPORTED);
	assert_int_equal(r.values[missing + 1].state, OHTD_REGISTER_OK);
	exceptions = (unsigned int)f->control.modules.units[SAFETY - 1].view.exceptions;
	assert_in_range(exceptions, 2, 3);
	fixture_run_ms(f, 5000);
	assert_int_equal(f->control.modules.units[SAFETY - 1].view.exceptions, exceptions);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static enum ohtd_register_state register_state(struct fixture *f, uint8_t unit, const char *name)
{
	const struct oht_regmap *map = f->control.modules.units[unit - 1].plan->map;

	return f->control.modules.units[unit - 1].values.values[oht_regmap_find(map, name) - map->reg].state;
}

/* Codes 01 to 04 all say that a register is not there: in the search, in a block and alone. */
static void refused_register_does_not_lose_the_module(void **state)
{
	uint8_t exception, unit;

	(void)state;
	for (exception = 1; exception <= 4; exception++) {
		struct fixture *f = fixture_create(true);

		fixture_plug_all(f, OHT_PROFILE_CANONICAL);
		for (unit = POWER; unit <= DOCK; unit++)
			f->fake->units[unit].exception = exception;
		f->fake->units[SAFETY].known[0x0003] = false;
		f->fake->units[DOCK].known[0x0033] = false;
		fixture_open(f);
		fixture_run_ms(f, 6000);
		assert_string_equal(ohtd_state_name(f->control.state), "safe");
		for (unit = POWER; unit <= DOCK; unit++) {
			assert_int_equal(f->control.modules.units[unit - 1].view.health, OHTD_HEALTH_GOOD);
			assert_int_equal(f->control.modules.units[unit - 1].view.timeouts, 0);
		}
		assert_string_equal(f->control.modules.units[DOCK - 1].view.profile, "canonical");
		assert_int_equal(register_state(f, DOCK, "velocity_x"), OHTD_REGISTER_UNSUPPORTED);
		assert_int_equal(register_state(f, DOCK, "velocity_y"), OHTD_REGISTER_OK);
		/* And later, in an entry of the plan; none of its signals is left then. */
		f->fake->units[DOCK].known[0x0030] = false;
		fixture_run_ms(f, 1500);
		assert_int_equal(register_state(f, DOCK, "position_x"), OHTD_REGISTER_UNSUPPORTED);
		assert_int_equal(f->control.modules.units[DOCK - 1].view.health, OHTD_HEALTH_DEGRADED);
		fixture_destroy(f);
	}
}

/* Any other code is a read that failed: the values are missed, and the registers are not given up. */
static void busy_module_is_lost_and_keeps_its_registers(void **state)
{
	static const uint8_t exceptions[] = { 5, 6, 10, 11 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct fixture *f = fixture_safe();

		f->fake->units[SAFETY].exception = exceptions[i];
		f->fake->units[SAFETY].fault = FAKE_REFUSES;
		fixture_run_ms(f, 500);
		assert_string_equal(ohtd_state_name(f->control.state), "estop");
		assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_LOST);
		assert_int_equal(register_state(f, SAFETY, "safety_status"), OHTD_REGISTER_OK);
		f->fake->units[SAFETY].fault = FAKE_GOOD;
		fixture_run_ms(f, 500);
		assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
		fixture_destroy(f);
	}
}

/* It answers, and does not say what it is: it is there, and the module of this place is missing. */
static void module_that_does_not_say_what_it_is_is_not_absent(void **state)
{
	static const uint8_t exceptions[] = { 1, 3, 6 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct fixture *f = fixture_create(true);
		struct ohtd_snapshot s;

		fixture_plug_all(f, OHT_PROFILE_CANONICAL);
		f->fake->units[DOCK].exception = exceptions[i];
		f->fake->units[DOCK].fault = FAKE_REFUSES;
		fixture_open(f);
		fixture_run_ms(f, 7000);
		assert_int_equal(f->control.modules.units[DOCK - 1].view.health, OHTD_HEALTH_NOT_POLLED);
		assert_string_equal(f->control.modules.units[DOCK - 1].view.name, "unknown");
		assert_string_equal(ohtd_state_name(f->control.state), "fault");
		s = fixture_snapshot(f);
		assert_true(fixture_says(&s.faults, OHTD_WHY_MODULE_MISSING, DOCK));
		/* It has started now, and is asked again as soon as a silent one. */
		f->fake->units[DOCK].fault = FAKE_GOOD;
		f->fake->units[DOCK].exception = 0;
		fixture_run_ms(f, 3000);
		assert_int_equal(f->control.modules.units[DOCK - 1].view.health, OHTD_HEALTH_GOOD);
		assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_DONE);
		fixture_destroy(f);
	}
}

static void missing_module_ends_in_fault_and_may_come_later(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_snapshot s;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->fake->units[DOCK].present = false;
	fixture_open(f);
	fixture_run_ms(f, 4000);
	assert_string_equal(ohtd_state_name(f->control.state), "init");
	fixture_run_ms(f, 2000);
	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	s = fixture_snapshot(f);
	assert_true(fixture_says(&s.faults, OHTD_WHY_INIT_TIMEOUT, 0));
	assert_true(fixture_says(&s.faults, OHTD_WHY_MODULE_MISSING, DOCK));
	assert_int_equal(fixture_module(&s, DOCK)->health, OHTD_HEALTH_ABSENT);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_REFUSED);

	f->fake->units[DOCK].present = true;
	fixture_run_ms(f, 3000);
	s = fixture_snapshot(f);
	assert_int_equal(fixture_module(&s, DOCK)->health, OHTD_HEALTH_GOOD);
	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_DONE);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static void all_dead_is_survived(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_open(f);
	fixture_run_ms(f, 20000);
	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	assert_int_equal(f->fake->heartbeats, f->control.snapshot.bus.cycles);
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_run_ms(f, 5000);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

static uint32_t ms_until_not_idle(struct fixture *f)
{
	uint32_t ms;

	for (ms = 0; ms < 20000 && f->control.state == OHTD_STATE_IDLE; ms++)
		fixture_run_ms(f, 1);
	return ms;
}

static void lost_safety_module_is_an_emergency_stop(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;

	(void)state;
	f->fake->units[SAFETY].fault = FAKE_SILENT;
	assert_in_range(ms_until_not_idle(f), 75, 130);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	s = fixture_snapshot(f);
	assert_true(fixture_says(&s.faults, OHTD_WHY_MODULE_LOST, SAFETY));
	assert_true(fixture_says(&s.why_not_reset, OHTD_WHY_MODULE_LOST, SAFETY));
	fixture_destroy(f);
}

static void lost_drive_is_an_emergency_stop(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	assert_in_range(ms_until_not_idle(f), 475, 560);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	/* The others never noticed. */
	assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
	assert_int_equal(f->control.modules.units[SAFETY - 1].view.errors_in_row, 0);
	fixture_destroy(f);
}

/*
 * It answers all else, and what it refuses is not asked for again at once: a stop in there would not be heard. Nothing is reset
 * nor enabled before the module has told it again, and it does not take back a stop by refusing to tell it.
 */
static void safety_module_that_hides_a_stop_is_one(void **state)
{
	static const char *const names[] = { "safety_status", "estop_active" };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct fixture *f = fixture_idle();
		const struct ohtd_kind *kind = ohtd_model_by_name(f->control.model, "safety");
		const struct oht_register *reg = oht_regmap_find(&kind->module->map[0], names[i / 2]);
		bool told_before = i % 2;
		struct ohtd_answer answer;

		if (told_before)
			fake_bus_set(f->fake, f->control.model, "safety", names[i / 2], i / 2 ? 1 : 4);
		else
			f->fake->units[SAFETY].known[reg->address] = false;
		assert_in_range(ms_until_not_idle(f), 0, 700);
		assert_string_equal(ohtd_state_name(f->control.state), "estop");
		assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
		assert_int_equal(f->control.faults[0].why.code, OHTD_WHY_SAFETY_MODULE);
		f->fake->units[SAFETY].known[reg->address] = false;
		fake_bus_set(f->fake, f->control.model, "safety", names[i / 2], 0);
		fixture_run_ms(f, 3000);
		answer = fixture_ask(f, OHTD_COMMAND_RESET);
		assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
		assert_true(fixture_says(&answer.why, OHTD_WHY_SAFETY_MODULE, SAFETY));
		assert_string_equal(ohtd_signal_name(answer.why.items[0].detail - 1u), i / 2 ? "safety_stop_input" : "safety_status");
		f->fake->units[SAFETY].known[reg->address] = true;
		fixture_run_ms(f, 12000);
		assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
		assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
		fixture_destroy(f);
	}
}

/* The other one stands still: of the two together nothing is known. */
static void motor_that_hides_its_speed_is_no_standstill(void **state)
{
	static const char *const names[] = { "motor1_actual_speed", "motor2_actual_speed" };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct fixture *f = fixture_idle();
		const struct ohtd_kind *kind = ohtd_model_by_name(f->control.model, "travel_motor");

		assert_true(f->control.facts[OHTD_FACT_STANDSTILL]);
		f->fake->units[MOTOR].known[oht_regmap_find(&kind->module->map[0], names[i])->address] = false;
		fixture_run_ms(f, 3000);
		assert_string_equal(ohtd_state_name(f->control.state), "idle");
		assert_false(f->control.facts[OHTD_FACT_STANDSTILL]);
		fixture_destroy(f);
	}
}

/* The control thread has no turn for so long; the bus goes on. */
static void stall_ms(struct fixture *f, uint32_t ms)
{
	f->crashed = true;
	fixture_run_ms(f, ms);
	f->crashed = false;
}

static void rests(const struct fixture *f, bool expected)
{
	if (ohtd_moving(&f->control) == expected)
		fail_msg("%s at %" PRIu64 " ms", expected ? "moves" : "rests", f->control.now_ns / OHTD_NS_PER_MS);
}

/* Of a robot that was seen to move; behind the pause it is at rest for one reading. */
static void pause_between_two_readings_is_no_rest(void **state)
{
	static const uint32_t pauses_ms[] = { 120, 250, 450, 3000 };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct fixture *f = fixture_idle();

		f->control.state = OHTD_STATE_MOVE;
		f->control.travel.drive.stand.stood = false;
		fake_bus_set(f->fake, f->control.model, "travel_motor", "motor2_actual_speed", 20);
		fixture_run_ms(f, 100);
		rests(f, false);
		fake_bus_set(f->fake, f->control.model, "travel_motor", "motor2_actual_speed", 0);
		stall_ms(f, pauses_ms[i]);
		fixture_run_ms(f, 100);
		rests(f, false);
		fixture_run_ms(f, 250);
		rests(f, true);
		/* The same behind a rest that was seen, of which the last reading is old. */
		stall_ms(f, 3000);
		fixture_run_ms(f, 50);
		rests(f, false);
		fixture_destroy(f);
	}
}

/* One report of zero, and silence: no matter how old it becomes, it is one. */
static void silence_behind_a_reading_is_no_rest(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_actual_speed", 20);
	f->control.state = OHTD_STATE_MOVE;
	f->control.travel.drive.stand.stood = false;
	fixture_run_ms(f, 100);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_actual_speed", 0);
	fixture_run_ms(f, 60);
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	for (unsigned int ms = 0; ms < 1500; ms++) {
		fixture_run_ms(f, 1);
		rests(f, false);
	}
	fixture_run_ms(f, 1500);
	rests(f, true);
	fixture_destroy(f);
}

/* Low outputs count from when they are seen to be low, and of a robot that moves all the same not at all. */
static void low_outputs_alone_are_no_rest(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	stall_ms(f, 1000);
	fake_bus_press(f->fake);
	stall_ms(f, 1100);
	fixture_run_ms(f, 50);
	rests(f, false);
	fixture_run_ms(f, 2000);
	rests(f, true);
	fixture_destroy(f);
	f = fixture_safe();
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_actual_speed", 20);
	fixture_run_ms(f, 500);
	rests(f, false);
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	/* Until the position has shown that it stands. */
	for (unsigned int ms = 0; ms < 1500; ms += 100) {
		fixture_run_ms(f, 100);
		rests(f, false);
	}
	fixture_destroy(f);
}

static struct ohtd_why why_moving(struct fixture *f)
{
	const struct ohtd_command command = { .id = 1, .kind = OHTD_COMMAND_POSITION, .target_mm = NAN };
	struct ohtd_answer answer = fixture_command(f, &command);

	assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(answer.why.count, 1);
	return answer.why.items[0];
}

/* A register that is stuck shows a motion for ever: the refusal names it. */
static void refusal_names_the_register_that_shows_a_motion(void **state)
{
	static const struct { const char *module, *name, *signal; uint8_t unit; } cases[] = {
		{ "dock_location", "velocity_x", "speed_mm_s", DOCK }, { "travel_motor", "motor2_actual_speed", "drive_speed_2", MOTOR },
	};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct fixture *f = fixture_safe();
		struct ohtd_why why;

		fake_bus_set(f->fake, f->control.model, cases[i].module, cases[i].name, 5);
		fixture_run_ms(f, 2000);
		why = why_moving(f);
		assert_int_equal(why.code, OHTD_WHY_MOVING);
		assert_int_equal(why.unit, cases[i].unit);
		assert_string_equal(ohtd_signal_name(why.detail - 1u), cases[i].signal);
		fake_bus_set(f->fake, f->control.model, cases[i].module, cases[i].name, 0);
		fixture_run_ms(f, 150);
		/* Not seen any more, and not yet a standstill. */
		assert_int_equal(why_moving(f).unit, 0);
		fixture_destroy(f);
	}
}

/* Each refusal that rests on one register names module and signal, as a register that sticks refuses for ever. */
static void refusal_names_the_register_that_it_rests_on(void **state)
{
	static const struct {
		const char *module, *name, *signal;
		uint16_t word;
		uint8_t unit;
		bool idle;
		enum ohtd_command_kind kind;
		unsigned int code;
	} cases[] = {
		{ "safety", "distance_2", "distance_2", 6000, SAFETY, false, OHTD_COMMAND_ENABLE, OHTD_WHY_SENSORS },
		{ "safety", "safety_status", "safety_status", 4, SAFETY, false, OHTD_COMMAND_RESET, OHTD_WHY_SAFETY_MODULE },
		{ "safety", "estop_active", "safety_stop_input", 1, SAFETY, false, OHTD_COMMAND_RESET, OHTD_WHY_SAFETY_MODULE },
		{ "safety", "distance_1", "distance_1", 6000, SAFETY, true, OHTD_COMMAND_UNDOCK, OHTD_WHY_SENSORS },
		{ "safety", "zone_threshold_1", "stop_zone_1", 9000, SAFETY, true, OHTD_COMMAND_UNDOCK, OHTD_WHY_SENSORS },
		{ "dock_location", "docking_status", "dock_status", OHTD_DOCK_STATUS_DOCKED, DOCK, true, OHTD_COMMAND_HOME, OHTD_WHY_DOCKED },
		{ "dock_location", "docking_status", "dock_status", 0, DOCK, true, OHTD_COMMAND_UNDOCK, OHTD_WHY_NOT_DOCKED },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture *f = cases[i].idle ? fixture_idle() : fixture_safe();
		struct ohtd_answer answer;
		unsigned int found = OHTD_WHY_MAX;

		fake_bus_set(f->fake, f->control.model, cases[i].module, cases[i].name, cases[i].word);
		fixture_run_ms(f, 2500);
		answer = fixture_ask(f, cases[i].kind);
		assert_int_equal(answer.outcome, OHTD_OUTCOME_REFUSED);
		for (unsigned int j = 0; j < answer.why.count && found == OHTD_WHY_MAX; j++)
			if (answer.why.items[j].code == cases[i].code)
				found = j;
		if (found == OHTD_WHY_MAX)
			fail_msg("case %u: '%s' is not said", i, ohtd_why_name(cases[i].code));
		assert_int_equal(answer.why.items[found].unit, cases[i].unit);
		assert_string_equal(ohtd_signal_name(answer.why.items[found].detail - 1u), cases[i].signal);
		fixture_destroy(f);
	}
}

/* ---- what modules say of themselves ---- */

static const struct ohtd_module_view *view_of(struct fixture *f, struct ohtd_snapshot *s, uint8_t unit)
{
	*s = fixture_snapshot(f);
	return fixture_module(s, unit);
}

/* A register of each act, of type number, bits and bool; and a number beside each that is no fault. */
static void fault_that_a_module_reports_does_what_its_row_says(void **state)
{
	static const struct {
		const char *module, *name;
		uint16_t word;
		uint8_t fault;
	} cases[] = {
		{ "travel_motor", "motor1_error_code", 7, OHT_FAULT_STOP },
		{ "travel_motor", "motor2_error_code", 65535, OHT_FAULT_STOP },
		{ "safety", "safety_error", 3, OHT_FAULT_STOP }, { "safety", "safety_error", 2, OHT_FAULT_NONE },
		{ "power", "relay_fault", 1, OHT_FAULT_STOP },
		{ "power", "fault_flags", 1 << 2, OHT_FAULT_STOP }, { "power", "fault_flags", 1 << 6, OHT_FAULT_ALERT },
		{ "power", "fault_flags", 1 << 6 | 1 << 3, OHT_FAULT_STOP }, { "power", "fault_flags", 1 << 7, OHT_FAULT_NONE },
		{ "dock_location", "system_error", 1, OHT_FAULT_ALERT }, { "dock_location", "docking_status", 5, OHT_FAULT_ALERT },
		{ "dock_location", "docking_status", 4, OHT_FAULT_NONE },
	};
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ohtd_kind *kind = ohtd_model_by_name(f->control.model, cases[i].module);
		const bool stops = cases[i].fault == OHT_FAULT_STOP;
		const struct ohtd_module_view *view;

		fake_bus_set(f->fake, f->control.model, cases[i].module, cases[i].name, cases[i].word);
		fixture_run_ms(f, 12000);
		view = view_of(f, &s, kind->module->unit);
		if (view->fault != cases[i].fault)
			fail_msg("%s %u: %u", cases[i].name, cases[i].word, view->fault);
		if (view->fault)
			assert_string_equal(kind->module->map[0].reg[view->fault_place].name, cases[i].name);
		assert_string_equal(ohtd_state_name(f->control.state), stops ? "fault" : "idle");
		assert_int_equal(f->fake->status.state == OHT_STATE_ENABLED, !stops);
		assert_int_equal(f->control.fault_count, stops);
		assert_true(!stops || (f->control.faults[0].why.code == OHTD_WHY_MODULE_FAULT &&
				       f->control.faults[0].why.unit == kind->module->unit));
		fake_bus_set(f->fake, f->control.model, cases[i].module, cases[i].name, 0);
		fixture_run_ms(f, 12000);
		assert_int_equal(view_of(f, &s, kind->module->unit)->fault, OHT_FAULT_NONE);
		if (!stops)
			continue;
		/* Nothing goes on by itself. */
		assert_string_equal(ohtd_state_name(f->control.state), "fault");
		assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_DONE);
		assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	}
	fixture_destroy(f);
}

/* Without its power a drive has faults of its own: they forbid no enable, and end it if they stay. */
static void fault_without_power_counts_behind_the_enable_only(void **state)
{
	struct fixture *f = fixture_safe();
	const struct oht_register *map, *motor1;
	struct ohtd_snapshot s;

	(void)state;
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_error_code", 7);
	fixture_run_ms(f, 3000);
	assert_int_equal(view_of(f, &s, MOTOR)->fault, OHT_FAULT_STOP);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	assert_int_equal(f->control.fault_count, 0);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 500);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_error_code", 0);
	fixture_run_ms(f, 12000);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	/* A value from before the enable that cannot be read again hides no fault of another register. */
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_DISABLE).outcome, OHTD_OUTCOME_DONE);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_error_code", 7);
	fixture_run_ms(f, 3000);
	map = f->control.modules.units[MOTOR - 1].plan->map->reg;
	motor1 = oht_regmap_find(f->control.modules.units[MOTOR - 1].plan->map, "motor1_error_code");
	f->fake->units[MOTOR].exception = 6;
	f->fake->units[MOTOR].known[motor1->address] = false;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	fixture_run_ms(f, 12000);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	assert_int_equal(view_of(f, &s, MOTOR)->fault, OHT_FAULT_STOP);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor2_error_code", 9);
	assert_in_range(ms_until_not_idle(f), 1, 12000);
	assert_int_equal(f->control.faults[0].why.code, OHTD_WHY_MODULE_FAULT);
	assert_string_equal(map[f->control.faults[0].why.detail].name, "motor2_error_code");
	f->fake->units[MOTOR].known[motor1->address] = true;
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_error_code", 0);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor2_error_code", 0);
	fixture_run_ms(f, 3000);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_DONE);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_DONE);
	/* A module that falls silent takes back nothing, and one in quarantine is not asked. */
	fake_bus_set(f->fake, f->control.model, "dock_location", "system_error", 7);
	fixture_run_ms(f, 12000);
	f->fake->units[DOCK].fault = FAKE_SILENT;
	fixture_run_ms(f, 5000);
	assert_int_equal(view_of(f, &s, DOCK)->fault, OHT_FAULT_ALERT);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_error_code", 7);
	assert_in_range(ms_until_not_idle(f), 1, 12000);
	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	fixture_destroy(f);
}

static void lost_drive_while_moving_is_stopped_sooner(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	fake_bus_set(f->fake, f->control.model, "dock_location", "velocity_x", 500);
	fixture_run_ms(f, 500);
	assert_true(ohtd_moving(&f->control));
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	/* Its last answer is up to a cycle and an exchange old. */
	assert_in_range(ms_until_not_idle(f), 115, 200);
	fixture_destroy(f);
}

static void lost_power_module_is_a_fault_then_an_emergency_stop(void **state)
{
	struct fixture *f = fixture_idle();
	uint32_t ms;

	(void)state;
	f->fake->units[POWER].fault = FAKE_SILENT;
	assert_in_range(ms_until_not_idle(f), 500, 1600);
	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	/* It stands: told nought once more, and off. */
	for (ms = 0; f->fake->status.state != OHT_STATE_READY; ms++) {
		assert_in_range(ms, 0, 100);
		fixture_run_ms(f, 1);
	}
	for (; ms < 10000 && f->control.state == OHTD_STATE_FAULT; ms++)
		fixture_run_ms(f, 1);
	assert_in_range(ms, 4900, 5100);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	fixture_destroy(f);
}

static void lost_dock_module_at_standstill_is_only_told(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;

	(void)state;
	f->fake->units[DOCK].fault = FAKE_SILENT;
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	s = fixture_snapshot(f);
	assert_int_equal(fixture_module(&s, DOCK)->health, OHTD_HEALTH_LOST);
	fixture_destroy(f);
}

static void crc_storm_degrades_before_it_loses(void **state)
{
	struct fixture *f = fixture_idle();
	bool degraded = false;
	uint32_t ms;

	(void)state;
	f->fake->units[POWER].fault = FAKE_CRC;
	for (ms = 0; ms < 5000; ms++) {
		fixture_run_ms(f, 1);
		degraded |= f->control.modules.units[POWER - 1].view.health == OHTD_HEALTH_DEGRADED;
	}
	assert_true(f->control.modules.units[POWER - 1].view.crc_errors > 3);
	/* Its loss time is shorter than three of its polls: then lost comes first. */
	assert_int_equal(f->control.modules.units[POWER - 1].view.health, OHTD_HEALTH_LOST);
	(void)degraded;
	fixture_destroy(f);
}

/* The noise goes on and off: a short time without it ends nothing that people are told since. */
static void what_comes_and_goes_is_degraded_all_the_time(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;
	uint64_t first_ns = 0;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		f->fake->units[DOCK].fault = FAKE_CRC;
		do {
			fixture_run_ms(f, 25);
			s = fixture_snapshot(f);
		} while (fixture_module(&s, DOCK)->health == OHTD_HEALTH_GOOD);
		assert_int_equal(fixture_module(&s, DOCK)->health, OHTD_HEALTH_DEGRADED);
		first_ns = i ? first_ns : fixture_module(&s, DOCK)->health_since_ns;
		assert_int_equal(fixture_module(&s, DOCK)->health_since_ns == first_ns, i < 2);
		f->fake->units[DOCK].fault = FAKE_GOOD;
		fixture_run_ms(f, i ? 6000 : 3000);
		s = fixture_snapshot(f);
		assert_int_equal(fixture_module(&s, DOCK)->health, OHTD_HEALTH_GOOD);
	}
	fixture_destroy(f);
}

static void degraded_module_forbids_enable_and_recovers(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;
	uint32_t ms;

	(void)state;
	f->fake->units[MOTOR].fault = FAKE_CRC;
	for (ms = 0; ms < 400; ms++) {
		fixture_run_ms(f, 1);
		if (f->control.modules.units[MOTOR - 1].view.health == OHTD_HEALTH_DEGRADED)
			break;
	}
	assert_int_equal(f->control.modules.units[MOTOR - 1].view.health, OHTD_HEALTH_DEGRADED);
	fixture_run_ms(f, 25);
	s = fixture_snapshot(f);
	assert_true(fixture_says(&s.why_not_enable, OHTD_WHY_MODULE_DEGRADED, MOTOR));
	f->fake->units[MOTOR].fault = FAKE_GOOD;
	fixture_run_ms(f, 500);
	s = fixture_snapshot(f);
	assert_int_equal(s.why_not_enable.count, 0);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

/* Each second it is too busy once more, and after ten the robot asks it what it is all the same. */
static void module_too_busy_to_show_set_points_is_asked_what_it_is(void **state)
{
	struct fixture *f = fixture_safe();
	const struct ohtd_unit *motor = &f->control.modules.units[MOTOR - 1];
	uint32_t ms;

	(void)state;
	f->fake->units[MOTOR].exception = 6;
	f->fake->units[MOTOR].known[motor->plan->map->reg[motor->plan->output[0]].address] = false;
	fixture_run_ms(f, 500);
	assert_true(motor->hides_outputs);
	for (ms = 0; ms < 12000 && !motor->doubted; ms++)
		fixture_run_ms(f, 1);
	assert_true(motor->doubted);
	fixture_run_ms(f, 1000);
	assert_true(motor->hides_outputs);
	assert_int_equal(motor->view.health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

/* Two blocks, one of which always fails: the answers of the other one do not hide that values are missing. */
static void block_that_always_fails_degrades_its_module(void **state)
{
	struct fixture *f = fixture_safe();
	struct fake_unit *safety = &f->fake->units[SAFETY];
	struct ohtd_snapshot s;
	uint32_t ms;

	(void)state;
	assert_int_equal(f->control.modules.units[SAFETY - 1].blocks.polls, 2);
	safety->exception = 6;
	safety->known[0x0011] = false;
	fixture_run_ms(f, 500);
	for (ms = 0; ms < 1500; ms++) {
		fixture_run_ms(f, 1);
		assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_DEGRADED);
	}
	s = fixture_snapshot(f);
	assert_true(fixture_says(&s.why_not_enable, OHTD_WHY_MODULE_DEGRADED, SAFETY));
	assert_int_equal(register_state(f, SAFETY, "distance_2"), OHTD_REGISTER_OK);
	safety->known[0x0011] = true;
	fixture_run_ms(f, 500);
	assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

/* Its map is cut again and again: what is swept is refused as blocks, and answered register by register. */
static void cutting_other_blocks_forgets_no_failure(void **state)
{
	struct fixture *f = fixture_safe();
	struct fake_unit *safety = &f->fake->units[SAFETY];
	uint32_t ms;

	(void)state;
	safety->exception = 6;
	safety->known[0x0011] = false;
	safety->singly = 0x0020;
	fixture_run_ms(f, 3000);
	for (ms = 0; ms < 3000; ms++) {
		fixture_run_ms(f, 1);
		assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_DEGRADED);
	}
	safety->known[0x0011] = true;
	fixture_run_ms(f, 3000);
	assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

/* Whose map is cut for ever, its plan is committed for ever, and always begins with the same block. */
static void module_that_reads_one_register_at_a_time_is_read(void **state)
{
	struct fixture *f = fixture_safe();
	const struct ohtd_unit *unit = &f->control.modules.units[SAFETY - 1];
	uint32_t ms;
	unsigned int i;

	(void)state;
	f->fake->units[SAFETY].singly = 1;
	fixture_run_ms(f, 2000);
	for (ms = 0; ms < 3000; ms++) {
		fixture_run_ms(f, 1);
		for (i = 0; i < OHTD_SIGNALS_POLLED; i++)
			assert_true(unit->plan->signal[i] < 0 ||
				    f->control.now_ns - unit->values.values[unit->plan->signal[i]].time_ns <
				    1000 * OHTD_NS_PER_MS);
	}
	assert_int_equal(unit->view.health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

/* As many failures as modules.csv can ask for: 100 polls of 11 attempts each. */
static void block_that_fails_as_often_as_can_be_asked_for_degrades_its_module(void **state)
{
	struct fixture *f = fixture_safe();
	struct oht_module *module = (struct oht_module *)f->control.modules.units[SAFETY - 1].kind->module;

	(void)state;
	module->degrade_after_errors = 100;
	module->retries = 10;
	f->fake->units[SAFETY].exception = 6;
	f->fake->units[SAFETY].known[0x0011] = false;
	fixture_run_ms(f, 50000);
	assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
	fixture_run_ms(f, 10000);
	assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_DEGRADED);
	fixture_destroy(f);
}

static void late_module_counts_as_silent(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	/* The drive has been switched on by then. */
	fixture_run_ms(f, 500);
	/* 25 ms is its response time-out. */
	f->fake->units[MOTOR].turnaround_us = 24000;
	fixture_run_ms(f, 2000);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	f->fake->units[MOTOR].turnaround_us = 26000;
	/*
	 * Its last good answer may be as old as a slow module is asked: every fourth cycle. The speed of one motor is older still: when
	 * that counts as unknown, the robot counts as moving, and a drive that is moving is lost sooner.
	 */
	assert_in_range(ms_until_not_idle(f), 240, 600);
	fixture_destroy(f);
}

static void dead_module_does_not_slow_the_others(void **state)
{
	struct fixture *f = fixture_idle();
	uint64_t age_ns, oldest_ns = 0;
	uint64_t timeouts;
	uint32_t ms;

	(void)state;
	f->fake->units[DOCK].fault = FAKE_SILENT;
	for (ms = 0; ms < 4000; ms++) {
		fixture_run_ms(f, 1);
		age_ns = atomic_load(&f->time.now_ns) -
			 f->control.modules.units[SAFETY - 1].view.last_good_ns;
		oldest_ns = age_ns > oldest_ns ? age_ns : oldest_ns;
	}
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	/* As seen between two control cycles; with more it would be lost. */
	assert_in_range(oldest_ns, 1, 99 * OHTD_NS_PER_MS);
	timeouts = f->control.modules.units[DOCK - 1].view.timeouts;
	fixture_run_ms(f, 20000);
	assert_in_range(f->control.modules.units[DOCK - 1].view.timeouts - timeouts, 8, 12);
	fixture_destroy(f);
}

static void silent_modules_do_not_starve_the_others(void **state)
{
	static const uint32_t factors[] = { 1, 3, 10, 20 };
	unsigned int silent, factor, ms;
	uint8_t unit;

	(void)state;
	for (factor = 0; factor < 4; factor++)
		for (silent = 1; silent < 15; silent++) {
			struct fixture *f = fixture_idle();

			f->control.time_factor = factors[factor];
			for (unit = POWER; unit <= DOCK; unit++)
				if (silent & (1u << (unit - POWER)))
					f->fake->units[unit].fault = FAKE_SILENT;
			for (ms = 0; ms < 1500 * factors[factor]; ms += 5) {
				fixture_run_ms(f, 5);
				for (unit = POWER; unit <= DOCK; unit++)
					if (!(silent & (1u << (unit - POWER))) &&
					    f->control.modules.units[unit - 1].view.health !=
						    OHTD_HEALTH_GOOD)
						fail_msg("factor %u, silent %x: unit %u after %u ms",
							 factors[factor], silent, unit, ms);
			}
			fixture_destroy(f);
		}
}

static void returned_module_is_found_again(void **state)
{
	struct fixture *f = fixture_idle();
	uint32_t generation = f->control.modules.units[DOCK - 1].view.generation;

	(void)state;
	f->fake->units[DOCK].fault = FAKE_SILENT;
	fixture_run_ms(f, 5000);
	f->fake->units[DOCK].fault = FAKE_GOOD;
	fixture_run_ms(f, 2500);
	assert_int_equal(f->control.modules.units[DOCK - 1].view.health, OHTD_HEALTH_GOOD);
	assert_int_equal(f->control.modules.units[DOCK - 1].view.generation, generation);
	assert_int_equal(f->control.modules.units[DOCK - 1].view.next_probe_ns, 0);
	fixture_destroy(f);
}

static void foreign_type_is_shown_and_not_polled(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_snapshot s;
	struct fake_unit *clone;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	clone = &f->fake->units[7];
	*clone = f->fake->units[MOTOR];
	f->fake->units[MOTOR].words[f->control.model->module_type_address] = 77;
	fixture_open(f);
	fixture_run_ms(f, 6000);
	s = fixture_snapshot(f);
	assert_int_equal(fixture_module(&s, 7)->assigned, 0);
	assert_string_equal(ohtd_health_name(fixture_module(&s, 7)->health), "not_polled");
	assert_string_equal(fixture_module(&s, 7)->name, "travel_motor");
	assert_string_equal(fixture_module(&s, MOTOR)->name, "unknown");
	assert_int_equal(fixture_module(&s, MOTOR)->type_code, 77);
	assert_true(fixture_module(&s, MOTOR)->required && !fixture_module(&s, 7)->required);
	assert_true(fixture_says(&s.faults, OHTD_WHY_MODULE_MISSING, MOTOR));
	assert_in_range(fixture_module(&s, 7)->requests, 1, 3);
	/* The next search finds that it has gone. */
	clone->present = false;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_DISCOVER).outcome, OHTD_OUTCOME_DONE);
	s = fixture_snapshot(f);
	assert_string_equal(ohtd_health_name(fixture_module(&s, 7)->health), "lost");
	fixture_destroy(f);
}

static void swallowed_transfers_are_given_up(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	f->fake->swallow = true;
	fixture_run_ms(f, 200);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	fixture_run_ms(f, 10000);
	f->fake->swallow = false;
	fixture_run_ms(f, 10000);
	assert_int_equal(f->control.modules.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

static void a_full_list_of_faults_keeps_those_that_stand(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_control *control = &f->control;
	unsigned int unit;

	(void)state;
	for (unit = 1; unit <= OHTD_FAULTS_MAX + 3; unit++) {
		const struct ohtd_why why = { .code = OHTD_WHY_MODULE_LOST, .unit = (uint8_t)unit };

		/* One at the beginning stands, and the last that has a place. */
		ohtd_fault_raise(control, &why, unit == 2 || unit == OHTD_FAULTS_MAX);
	}
	assert_int_equal(control->fault_count, OHTD_FAULTS_MAX);
	assert_true(control->faults[0].standing);
	assert_int_equal(control->faults[0].why.unit, 2);
	assert_int_equal(control->faults[1].why.unit, 5);
	assert_int_equal(control->faults[OHTD_FAULTS_MAX - 1].why.unit, OHTD_FAULTS_MAX + 3);
	ohtd_faults_clear(control);
	assert_int_equal(control->fault_count, 2);
	assert_int_equal(control->faults[1].why.unit, OHTD_FAULTS_MAX);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_profiles_apart),
		cmocka_unit_test(unknown_register_is_found_out),
		cmocka_unit_test(refused_register_does_not_lose_the_module),
		cmocka_unit_test(busy_module_is_lost_and_keeps_its_registers),
		cmocka_unit_test(module_that_does_not_say_what_it_is_is_not_absent),
		cmocka_unit_test(missing_module_ends_in_fault_and_may_come_later),
		cmocka_unit_test(all_dead_is_survived),
		cmocka_unit_test(lost_safety_module_is_an_emergency_stop),
		cmocka_unit_test(lost_drive_is_an_emergency_stop),
		cmocka_unit_test(safety_module_that_hides_a_stop_is_one),
		cmocka_unit_test(motor_that_hides_its_speed_is_no_standstill),
		cmocka_unit_test(pause_between_two_readings_is_no_rest),
		cmocka_unit_test(silence_behind_a_reading_is_no_rest),
		cmocka_unit_test(low_outputs_alone_are_no_rest),
		cmocka_unit_test(refusal_names_the_register_that_shows_a_motion),
		cmocka_unit_test(refusal_names_the_register_that_it_rests_on),
		cmocka_unit_test(fault_that_a_module_reports_does_what_its_row_says),
		cmocka_unit_test(fault_without_power_counts_behind_the_enable_only),
		cmocka_unit_test(lost_drive_while_moving_is_stopped_sooner),
		cmocka_unit_test(lost_power_module_is_a_fault_then_an_emergency_stop),
		cmocka_unit_test(lost_dock_module_at_standstill_is_only_told),
		cmocka_unit_test(crc_storm_degrades_before_it_loses),
		cmocka_unit_test(what_comes_and_goes_is_degraded_all_the_time),
		cmocka_unit_test(degraded_module_forbids_enable_and_recovers),
		cmocka_unit_test(module_too_busy_to_show_set_points_is_asked_what_it_is),
		cmocka_unit_test(block_that_always_fails_degrades_its_module),
		cmocka_unit_test(cutting_other_blocks_forgets_no_failure),
		cmocka_unit_test(module_that_reads_one_register_at_a_time_is_read),
		cmocka_unit_test(block_that_fails_as_often_as_can_be_asked_for_degrades_its_module),
		cmocka_unit_test(late_module_counts_as_silent),
		cmocka_unit_test(dead_module_does_not_slow_the_others),
		cmocka_unit_test(silent_modules_do_not_starve_the_others),
		cmocka_unit_test(returned_module_is_found_again),
		cmocka_unit_test(foreign_type_is_shown_and_not_polled),
		cmocka_unit_test(swallowed_transfers_are_given_up),
		cmocka_unit_test(a_full_list_of_faults_keeps_those_that_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
