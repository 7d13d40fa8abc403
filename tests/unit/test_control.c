// SPDX-License-Identifier: GPL-2.0-or-later
/* The control cycle in virtual time: start, values, the stop, the device that goes. */
#include "robot_fixture.h"

#include <errno.h>
#include <string.h>

static void finds_all_modules_and_waits_in_safe(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s = fixture_snapshot(f);
	uint8_t unit;

	(void)state;
	assert_int_equal(s.module_count, 4);
	for (unit = POWER; unit <= DOCK; unit++) {
		assert_int_equal(fixture_module(&s, unit)->health, OHTD_HEALTH_GOOD);
		assert_int_equal(fixture_module(&s, unit)->assigned, 1);
		assert_string_equal(fixture_module(&s, unit)->profile, "canonical");
	}
	assert_in_range(s.bus.discovery_ms, 1, 499);
	assert_int_equal(s.safety.state, OHTD_SAFETY_READY);
	assert_int_equal(s.why_not_enable.count, 0);
	assert_int_equal(s.faults.count, 0);
	assert_int_equal(f->fake->enables, 0);
	fixture_destroy(f);
}

/* What the driver has counted around a module's answers is that module's, whatever its health. */
static void bytes_around_answers_are_named(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;

	(void)state;
	f->fake->units[MOTOR].bytes_stray = 5;
	f->fake->units[MOTOR].bytes_extra = 7;
	fixture_run_ms(f, 200);
	s = fixture_snapshot(f);
	assert_int_equal(fixture_module(&s, MOTOR)->bytes_stray, 5);
	assert_int_equal(fixture_module(&s, MOTOR)->bytes_extra, 7);
	assert_int_equal(fixture_module(&s, MOTOR)->health, OHTD_HEALTH_GOOD);
	assert_int_equal(fixture_module(&s, DOCK)->bytes_stray + fixture_module(&s, DOCK)->bytes_extra, 0);
	fixture_destroy(f);
}

static void heartbeat_follows_every_cycle(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	fixture_run_ms(f, 10000);
	assert_int_equal(f->fake->heartbeats, f->control.snapshot.bus.cycles);
	assert_in_range(f->fake->longest_heartbeat_ns, 1, 26 * OHTD_NS_PER_MS);
	fixture_destroy(f);
}

/* Every register that can be read is read, not only the signals. */
static void sweep_reaches_every_register(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_registers r;
	unsigned int i;
	uint8_t unit;

	(void)state;
	fixture_run_ms(f, 3000);
	for (unit = POWER; unit <= DOCK; unit++) {
		const struct oht_regmap *map = f->control.modules.units[unit - 1].plan->map;

		assert_int_equal(ohtd_seqlock_copy(&f->control.modules.units[unit - 1].published, &r), 0);
		assert_int_equal(r.count, map->count);
		for (i = 0; i < r.count; i++)
			if (map->reg[i].access == OHT_ACCESS_WO)
				assert_int_equal(r.values[i].state, OHTD_REGISTER_WRITE_ONLY);
			else
				assert_int_equal(r.values[i].state, OHTD_REGISTER_OK);
	}
	fixture_destroy(f);
}

static void polls_keep_their_periods(void **state)
{
	struct fixture *f = fixture_safe();
	unsigned int from = f->fake->exchanges;
	unsigned int polls[FAKE_UNITS] = { 0 };
	unsigned int i;

	(void)state;
	fixture_run_ms(f, 5000);
	for (i = from; i < f->fake->exchanges; i++) {
		const struct oht_request *request = &f->fake->log[i % FAKE_LOG].request;

		assert_in_range(request->count, 1, OHTD_READ_MAX);
		if (request->priority == OHT_PRIORITY_CYCLIC)
			polls[request->unit]++;
	}
	assert_in_range(polls[SAFETY], 199, 201);
	assert_in_range(polls[MOTOR], 199, 201);
	assert_int_equal(f->control.snapshot.bus.cycles_missed, 0);
	fixture_destroy(f);
}

/* A register that the module does not know costs its block, then itself, then nothing. */
/* Not even a signal of the poll: the module is there and stays good. */
/* What modules.csv and loss.csv say about each module, from the last good answer on. */
/* A dead module costs one time-out per back-off, and the safety module is asked all the same. */
/* Whoever is silent, alone or in pairs: nobody else's health suffers while it is being lost. */
/* The type decides, not the address. */
static void safety_module_stops_the_machine(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;

	(void)state;
	fake_bus_set(f->fake, f->control.model, "safety", "estop_active", 1);
	fixture_run_ms(f, 120);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	s = fixture_snapshot(f);
	assert_true(fixture_says(&s.why_not_reset, OHTD_WHY_SAFETY_MODULE, 0));
	fake_bus_set(f->fake, f->control.model, "safety", "estop_active", 0);
	fixture_run_ms(f, 200);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

static void unknown_safety_status_counts_as_fault(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	fake_bus_set(f->fake, f->control.model, "safety", "safety_status", 4711);
	fixture_run_ms(f, 120);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	fixture_destroy(f);
}

static void button_leads_to_estop_and_stop_telegrams(void **state)
{
	struct fixture *f = fixture_idle();
	unsigned int writes = 0;
	unsigned int from, i;

	(void)state;
	fixture_run_ms(f, 100);
	from = f->fake->exchanges;
	f->fake->units[MOTOR].words[0x0001] = 1;
	f->fake->units[MOTOR].words[0x0011] = 1;
	fake_bus_press(f->fake);
	/* Each waits for the slack of a cycle; those that were left with the device have not. */
	fixture_run_ms(f, 100);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(f->fake->units[MOTOR].words[0x0001], 0);
	assert_int_equal(f->fake->units[MOTOR].words[0x0011], 0);
	for (i = from; i < f->fake->exchanges; i++)
		if (f->fake->log[i % FAKE_LOG].request.function == OHT_WRITE_SINGLE) {
			assert_int_equal(f->fake->log[i % FAKE_LOG].request.priority,
					 OHT_PRIORITY_COMMAND);
			writes += f->fake->log[i % FAKE_LOG].request.address % 0x10 == 0x0001;
		}
	assert_int_equal(writes, 2);
	/* The device cut the outputs itself; we did not have to. */
	assert_int_equal(f->fake->stops, 0);
	fixture_destroy(f);
}

static void stop_telegram_to_one_motor_does_not_need_the_other(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	f->fake->units[MOTOR].words[0x0011] = 1;
	f->fake->units[MOTOR].known[0x0001] = false;
	fake_bus_press(f->fake);
	fixture_run_ms(f, 100);
	assert_int_equal(f->fake->units[MOTOR].words[0x0011], 0);
	fixture_destroy(f);
}

static void restart_after_a_crash_is_latched(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->fake->status.first_cause = OHT_STOPPED_BY_CLOSE;
	f->fake->status.causes = oht_cause_mask(OHT_STOPPED_BY_CLOSE);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(f->fake->status.state, OHT_STATE_STOPPED);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static void pressed_button_at_start_is_latched(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->fake->pressed = true;
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	fixture_destroy(f);
}

/* Closed, but not for long enough yet: the device says that the button stands. */
static void fresh_driver_is_waited_for(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->fake->unstable = true;
	fixture_open(f);
	fixture_run_ms(f, 2000);
	assert_string_equal(ohtd_state_name(f->control.state), "init");
	f->fake->unstable = false;
	fixture_run_ms(f, 100);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static void auto_enable_switches_on_after_a_clean_shutdown_only(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->control.auto_enable = true;
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	assert_int_equal(f->fake->enables, 1);
	fixture_destroy(f);

	f = fixture_create(true);
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->control.auto_enable = true;
	f->control.unclean_restart = true;
	fixture_open(f);
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	assert_int_equal(f->fake->enables, 0);
	fixture_destroy(f);
}

/* A start in order raises no outputs that a person could not raise: stop input, sensors and position are heard first. */
static void auto_enable_asks_what_a_person_s_enable_asks(void **state)
{
	static const struct {
		unsigned int unit, address, code;
	} hidden[] = {
		{ 3, 0x0001, OHTD_WHY_SAFETY_MODULE },
		{ 3, 0x0010, OHTD_WHY_SENSORS },
		{ 5, 0x0030, OHTD_WHY_SENSORS },
	};
	struct ohtd_answer a;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		struct fixture *f = fixture_create(true);

		fixture_plug_all(f, OHT_PROFILE_CANONICAL);
		f->fake->units[hidden[i].unit].known[hidden[i].address] = false;
		f->control.auto_enable = true;
		fixture_open(f);
		fixture_run_ms(f, 3000);
		assert_int_equal(f->fake->enables, 0);
		assert_string_equal(ohtd_state_name(f->control.state), "safe");
		a = fixture_ask(f, OHTD_COMMAND_ENABLE);
		assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
		assert_true(fixture_says(&a.why, hidden[i].code, (uint8_t)hidden[i].unit));
		fixture_destroy(f);
	}
}

static void device_that_goes_and_comes(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;

	(void)state;
	f->fake->gone = true;
	f->fake->there = false;
	fixture_run_ms(f, 60);
	s = fixture_snapshot(f);
	assert_string_equal(ohtd_state_name(s.state), "estop");
	assert_int_equal(s.bus.present, 0);
	assert_true(strlen(s.bus.error) > 0);
	assert_int_equal(s.safety.state, OHTD_SAFETY_UNKNOWN);
	assert_true(fixture_says(&s.faults, OHTD_WHY_DEVICE_GONE, 0));
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_REFUSED);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_DISCOVER).outcome, OHTD_OUTCOME_REFUSED);
	fixture_run_ms(f, 30000);

	f->fake->there = true;
	f->fake->status.state = OHT_STATE_STOPPED;
	f->fake->status.first_cause = OHT_STOPPED_BY_START;
	f->fake->status.causes = oht_cause_mask(OHT_STOPPED_BY_START);
	fixture_run_ms(f, 6000);
	s = fixture_snapshot(f);
	assert_int_equal(s.bus.present, 1);
	assert_string_equal(ohtd_state_name(s.state), "estop");
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET).outcome, OHTD_OUTCOME_DONE);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

/* A start without the device: the daemon serves, says what is missing, and looks ever more rarely. */
static struct fixture *start_without_device(void)
{
	struct fixture *f = fixture_create(true);
	char error[OHT_TEXT_BYTES];

	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->fake->there = false;
	assert_int_not_equal(ohtd_device_open(&f->control, error, sizeof(error)), 0);
	ohtd_device_await(&f->control, error);
	return f;
}

static void device_that_comes_soon_after_the_start_needs_no_person(void **state)
{
	struct fixture *f = start_without_device();

	(void)state;
	fixture_run_ms(f, 3000);
	assert_string_equal(ohtd_state_name(f->control.state), "boot");
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_ENABLE).outcome, OHTD_OUTCOME_REFUSED);
	f->fake->there = true;
	fixture_run_ms(f, 6000);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static void device_is_awaited_with_growing_pauses(void **state)
{
	struct fixture *f = start_without_device();
	struct ohtd_snapshot s;

	(void)state;
	fixture_run_ms(f, 12000);
	s = fixture_snapshot(f);
	assert_string_equal(ohtd_state_name(s.state), "fault");
	assert_int_equal(s.bus.present, 0);
	assert_true(strlen(s.bus.error) > 0);
	assert_int_equal(f->control.device.backoff_ms, 5000);
	f->fake->there = true;
	fixture_run_ms(f, 9000);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_DONE);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

static void dead_port_leaves_the_stop(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_snapshot s;

	(void)state;
	f->fake->port_dead = true;
	fixture_open(f);
	fixture_run_ms(f, 8000);
	s = fixture_snapshot(f);
	assert_int_equal(s.bus.present, 1);
	assert_true(strlen(s.bus.error) > 0);
	assert_string_equal(ohtd_state_name(s.state), "fault");
	/* Who asks for a reset here is told what comes first. */
	assert_true(fixture_says(&s.why_not_reset, OHTD_WHY_IN_FAULT, 0));
	assert_int_equal(f->fake->heartbeats, f->control.snapshot.bus.cycles);
	fixture_destroy(f);
}

/* The device has taken our requests and says nothing any more. */
static void hanging_loop_is_a_fault_until_it_goes_on(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;

	(void)state;
	f->loops_hang = true;
	fixture_run_ms(f, 450);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	fixture_run_ms(f, 150);
	assert_string_equal(ohtd_state_name(f->control.state), "fault");
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	s = fixture_snapshot(f);
	assert_true(fixture_says(&s.faults, OHTD_WHY_CONTROL_PLANE_STALLED, 0));
	assert_int_equal(f->fake->heartbeats, f->control.snapshot.bus.cycles);
	/* Told until a person resets, which helps only when the loop goes on. */
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_REFUSED);
	f->loops_hang = false;
	fixture_run_ms(f, 300);
	s = fixture_snapshot(f);
	assert_int_equal(s.loops_stalled, 0);
	assert_true(fixture_says(&s.faults, OHTD_WHY_CONTROL_PLANE_STALLED, 0));
	assert_string_equal(ohtd_state_name(s.state), "fault");
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_DONE);
	s = fixture_snapshot(f);
	assert_false(fixture_says(&s.faults, OHTD_WHY_CONTROL_PLANE_STALLED, 0));
	assert_string_equal(ohtd_state_name(s.state), "safe");
	fixture_destroy(f);
}

/* When everything stands still at once the deadman stops, and it is not the loop's fault. */
static void stalled_machine_is_not_a_stalled_loop(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;

	(void)state;
	f->loops_hang = true;
	f->control.time_factor = 20;
	ohtd_manual_clock_advance(&f->time, 900 * OHTD_NS_PER_MS);
	fixture_run_ms(f, 50);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(f->fake->status.first_cause, OHT_STOPPED_BY_DEADMAN);
	s = fixture_snapshot(f);
	assert_false(fixture_says(&s.faults, OHTD_WHY_CONTROL_PLANE_STALLED, 0));
	assert_true(f->control.snapshot.bus.cycles_missed >= 34);
	fixture_destroy(f);
}

static uint16_t word_of(const struct fixture *f, const char *name)
{
	const struct ohtd_kind *kind = ohtd_model_by_name(f->control.model, "travel_motor");

	return f->fake->units[MOTOR].words[oht_regmap_find(&kind->module->map[0], name)->address];
}

static void shutdown_says_farewell(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_answer answer;
	const struct ohtd_command read = {
		.id = 1, .kind = OHTD_COMMAND_READ, .unit = 2, .count = 1,
	};

	(void)state;
	assert_int_equal(ohtd_link_post(&f->links[0], &read), 0);
	atomic_store(&f->control.quit, true);
	fixture_run_ms(f, 500);
	assert_true(f->control.ended);
	assert_int_equal(f->fake->farewells, 1);
	assert_int_equal(f->fake->status.first_cause, OHT_STOPPED_BY_FAREWELL);
	assert_int_equal(f->fake->units[MOTOR].words[0x0002], 0);
	assert_string_equal(ohtd_state_name(f->control.state), "shutdown");
	assert_int_equal(ohtd_link_take(&f->links[0], &answer), 1);
	assert_int_equal(ohtd_link_post(&f->links[0], &read), -ESHUTDOWN);
	fixture_destroy(f);
}

/* Without outputs that could be cut, somebody else's set-points would go on behind the daemon. */
static void shutdown_without_outputs_stops_the_drive(void **state)
{
	struct fixture *f = fixture_create(false);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor1_enable", 1);
	fake_bus_set(f->fake, f->control.model, "travel_motor", "motor2_enable", 1);
	atomic_store(&f->control.quit, true);
	fixture_run_ms(f, 500);
	assert_true(f->control.ended);
	assert_int_equal(word_of(f, "motor1_enable"), 0);
	assert_int_equal(word_of(f, "motor2_enable"), 0);
	fixture_destroy(f);
}

/* A drive that does not answer must not hold the end up. */
static void shutdown_does_not_wait_for_a_silent_drive(void **state)
{
	struct fixture *f = fixture_create(false);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 3000);
	f->fake->units[MOTOR].fault = FAKE_SILENT;
	atomic_store(&f->control.quit, true);
	fixture_run_ms(f, 500);
	assert_true(f->control.ended);
	fixture_destroy(f);
}

static void values_are_what_the_registers_say(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;

	(void)state;
	fake_bus_set(f->fake, f->control.model, "power", "battery_soc", 873);
	fake_bus_set(f->fake, f->control.model, "dock_location", "position_x", 12345);
	fake_bus_set(f->fake, f->control.model, "dock_location", "velocity_x", (uint16_t)-250);
	fixture_run_ms(f, 2500);
	s = fixture_snapshot(f);
	assert_true(s.battery_percent.valid);
	assert_true(s.battery_percent.value > 87.29 && s.battery_percent.value < 87.31);
	assert_true(s.position_mm.value > 12344.9 && s.position_mm.value < 12345.1);
	assert_true(s.speed_mm_s.value > -250.1 && s.speed_mm_s.value < -249.9);
	/* Beyond its limits there is no value. */
	fake_bus_set(f->fake, f->control.model, "power", "battery_soc", 1001);
	fixture_run_ms(f, 2500);
	s = fixture_snapshot(f);
	assert_false(s.battery_percent.valid);
	/* Nor when it is old. */
	fake_bus_set(f->fake, f->control.model, "power", "battery_soc", 500);
	fixture_run_ms(f, 2500);
	f->fake->units[POWER].fault = FAKE_SILENT;
	fixture_run_ms(f, 20000);
	s = fixture_snapshot(f);
	assert_false(s.battery_percent.valid);
	assert_true(s.battery_percent.time_ns > 0);
	fixture_destroy(f);
}

static void nothing_is_invented_before_it_is_read(void **state)
{
	struct fixture *f = fixture_create(true);
	struct ohtd_snapshot s;

	(void)state;
	fixture_open(f);
	fixture_run_ms(f, 2000);
	s = fixture_snapshot(f);
	assert_false(s.battery_percent.valid);
	assert_false(s.position_mm.valid);
	assert_false(s.speed_mm_s.valid);
	assert_int_equal(s.battery_percent.time_ns, 0);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_all_modules_and_waits_in_safe),
		cmocka_unit_test(bytes_around_answers_are_named),
		cmocka_unit_test(heartbeat_follows_every_cycle),
		cmocka_unit_test(sweep_reaches_every_register),
		cmocka_unit_test(polls_keep_their_periods),
		cmocka_unit_test(safety_module_stops_the_machine),
		cmocka_unit_test(unknown_safety_status_counts_as_fault),
		cmocka_unit_test(button_leads_to_estop_and_stop_telegrams),
		cmocka_unit_test(stop_telegram_to_one_motor_does_not_need_the_other),
		cmocka_unit_test(restart_after_a_crash_is_latched),
		cmocka_unit_test(pressed_button_at_start_is_latched),
		cmocka_unit_test(fresh_driver_is_waited_for),
		cmocka_unit_test(auto_enable_switches_on_after_a_clean_shutdown_only),
		cmocka_unit_test(auto_enable_asks_what_a_person_s_enable_asks),
		cmocka_unit_test(device_that_goes_and_comes),
		cmocka_unit_test(device_that_comes_soon_after_the_start_needs_no_person),
		cmocka_unit_test(device_is_awaited_with_growing_pauses),
		cmocka_unit_test(dead_port_leaves_the_stop),
		cmocka_unit_test(hanging_loop_is_a_fault_until_it_goes_on),
		cmocka_unit_test(stalled_machine_is_not_a_stalled_loop),
		cmocka_unit_test(shutdown_says_farewell),
		cmocka_unit_test(shutdown_without_outputs_stops_the_drive),
		cmocka_unit_test(shutdown_does_not_wait_for_a_silent_drive),
		cmocka_unit_test(values_are_what_the_registers_say),
		cmocka_unit_test(nothing_is_invented_before_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
