// SPDX-License-Identifier: GPL-2.0-or-later
/* The control cycle in virtual time: start, discovery, health, losses, the device that goes. */
#include "robot_fixture.h"

#include <errno.h>
#include <string.h>

#define POWER	2
#define SAFETY	3
#define MOTOR	4
#define DOCK	5

static const struct ohtd_module_view *module(const struct ohtd_snapshot *s, uint8_t unit)
{
	unsigned int i;

	for (i = 0; i < s->module_count; i++)
		if (s->modules[i].unit == unit)
			return &s->modules[i];
	fail_msg("unit %u is not in the snapshot", unit);
	return NULL;
}

static void finds_all_modules_and_waits_in_safe(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s = fixture_snapshot(f);
	uint8_t unit;

	(void)state;
	assert_int_equal(s.module_count, 4);
	for (unit = POWER; unit <= DOCK; unit++) {
		assert_int_equal(module(&s, unit)->health, OHTD_HEALTH_GOOD);
		assert_int_equal(module(&s, unit)->assigned, 1);
		assert_string_equal(module(&s, unit)->profile, "canonical");
	}
	assert_in_range(s.bus.discovery_ms, 1, 499);
	assert_int_equal(s.safety.state, OHTD_SAFETY_READY);
	assert_int_equal(s.why_not_enable.count, 0);
	assert_int_equal(s.faults.count, 0);
	assert_int_equal(f->fake->enables, 0);
	fixture_destroy(f);
}

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
		assert_string_equal(module(&s, unit)->profile, "legacy");
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
		const struct oht_regmap *map = f->control.units[unit - 1].plan->map;

		assert_int_equal(ohtd_seqlock_copy(&f->control.units[unit - 1].published, &r), 0);
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
	assert_int_equal(ohtd_seqlock_copy(&f->control.units[SAFETY - 1].published, &r), 0);
	missing = (int)(oht_regmap_find(f->control.units[SAFETY - 1].plan->map,
					"distance_sensor_type_1") -
			f->control.units[SAFETY - 1].plan->map->reg);
	assert_int_equal(r.values[missing].state, OHTD_REGISTER_UNSUPPORTED);
	assert_int_equal(r.values[missing + 1].state, OHTD_REGISTER_OK);
	exceptions = (unsigned int)f->control.units[SAFETY - 1].view.exceptions;
	assert_in_range(exceptions, 2, 3);
	fixture_run_ms(f, 5000);
	assert_int_equal(f->control.units[SAFETY - 1].view.exceptions, exceptions);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	fixture_destroy(f);
}

/* Not even a signal of the poll: the module is there and stays good. */
static void unknown_signal_does_not_lose_the_module(void **state)
{
	struct fixture *f = fixture_create(true);

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	f->fake->units[SAFETY].known[0x0003] = false;
	fixture_open(f);
	fixture_run_ms(f, 6000);
	assert_int_equal(f->control.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
	assert_int_equal(f->control.units[SAFETY - 1].view.timeouts, 0);
	fixture_destroy(f);
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
	assert_int_equal(module(&s, DOCK)->health, OHTD_HEALTH_ABSENT);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_RESET_FAULT).outcome, OHTD_OUTCOME_REFUSED);

	f->fake->units[DOCK].present = true;
	fixture_run_ms(f, 3000);
	s = fixture_snapshot(f);
	assert_int_equal(module(&s, DOCK)->health, OHTD_HEALTH_GOOD);
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

/* What modules.csv and loss.csv say about each module, from the last good answer on. */
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
	assert_int_equal(f->control.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
	assert_int_equal(f->control.units[SAFETY - 1].view.errors_in_row, 0);
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
	assert_in_range(ms_until_not_idle(f), 125, 200);
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
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	for (ms = 0; ms < 10000 && f->control.state == OHTD_STATE_FAULT; ms++)
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
	assert_int_equal(module(&s, DOCK)->health, OHTD_HEALTH_LOST);
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
		degraded |= f->control.units[POWER - 1].view.health == OHTD_HEALTH_DEGRADED;
	}
	assert_true(f->control.units[POWER - 1].view.crc_errors > 3);
	/* Its loss time is shorter than three of its polls: then lost comes first. */
	assert_int_equal(f->control.units[POWER - 1].view.health, OHTD_HEALTH_LOST);
	(void)degraded;
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
		if (f->control.units[MOTOR - 1].view.health == OHTD_HEALTH_DEGRADED)
			break;
	}
	assert_int_equal(f->control.units[MOTOR - 1].view.health, OHTD_HEALTH_DEGRADED);
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

static void late_module_counts_as_silent(void **state)
{
	struct fixture *f = fixture_idle();

	(void)state;
	/* 25 ms is its response time-out. */
	f->fake->units[MOTOR].turnaround_us = 24000;
	fixture_run_ms(f, 2000);
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	f->fake->units[MOTOR].turnaround_us = 26000;
	assert_in_range(ms_until_not_idle(f), 475, 600);
	fixture_destroy(f);
}

/* A dead module costs one time-out per back-off, and the safety module is asked all the same. */
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
			 f->control.units[SAFETY - 1].view.last_good_ns;
		oldest_ns = age_ns > oldest_ns ? age_ns : oldest_ns;
	}
	assert_string_equal(ohtd_state_name(f->control.state), "idle");
	assert_in_range(oldest_ns, 1, 80 * OHTD_NS_PER_MS);
	timeouts = f->control.units[DOCK - 1].view.timeouts;
	fixture_run_ms(f, 20000);
	assert_in_range(f->control.units[DOCK - 1].view.timeouts - timeouts, 8, 12);
	fixture_destroy(f);
}

/* Whoever is silent, alone or in pairs: nobody else's health suffers while it is being lost. */
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
					    f->control.units[unit - 1].view.health !=
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
	uint32_t generation = f->control.units[DOCK - 1].view.generation;

	(void)state;
	f->fake->units[DOCK].fault = FAKE_SILENT;
	fixture_run_ms(f, 5000);
	f->fake->units[DOCK].fault = FAKE_GOOD;
	fixture_run_ms(f, 2500);
	assert_int_equal(f->control.units[DOCK - 1].view.health, OHTD_HEALTH_GOOD);
	assert_int_equal(f->control.units[DOCK - 1].view.generation, generation);
	assert_int_equal(f->control.units[DOCK - 1].view.next_probe_ns, 0);
	fixture_destroy(f);
}

/* The type decides, not the address. */
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
	assert_int_equal(module(&s, 7)->assigned, 0);
	assert_string_equal(module(&s, 7)->name, "travel_motor");
	assert_string_equal(module(&s, MOTOR)->name, "unknown");
	assert_int_equal(module(&s, MOTOR)->type_code, 77);
	assert_true(fixture_says(&s.faults, OHTD_WHY_MODULE_MISSING, MOTOR));
	assert_in_range(module(&s, 7)->requests, 1, 3);
	fixture_destroy(f);
}

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
	fixture_run_ms(f, 60);
	assert_string_equal(ohtd_state_name(f->control.state), "estop");
	assert_int_equal(f->fake->units[MOTOR].words[0x0001], 0);
	assert_int_equal(f->fake->units[MOTOR].words[0x0011], 0);
	for (i = from; i < f->fake->exchanges; i++)
		if (f->fake->log[i % FAKE_LOG].request.function == OHT_WRITE_SINGLE) {
			assert_int_equal(f->fake->log[i % FAKE_LOG].request.priority,
					 OHT_PRIORITY_COMMAND);
			writes++;
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

static void device_that_goes_and_comes(void **state)
{
	struct fixture *f = fixture_idle();
	struct ohtd_snapshot s;

	(void)state;
	f->fake->gone = true;
	f->fake->there = false;
	fixture_run_ms(f, 60);
	s = fixture_snapshot(f);
	assert_string_equal(ohtd_state_name(s.state), "fault");
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
	assert_string_equal(ohtd_state_name(s.state), "fault");
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
	assert_int_equal(f->fake->heartbeats, f->control.snapshot.bus.cycles);
	fixture_destroy(f);
}

/* The device has taken our requests and says nothing any more. */
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
	assert_int_equal(f->control.units[SAFETY - 1].view.health, OHTD_HEALTH_GOOD);
	fixture_destroy(f);
}

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
	f->loops_hang = false;
	fixture_run_ms(f, 300);
	fixture_destroy(f);
}

/* When everything stands still at once it is not the loop's fault. */
static void stalled_machine_is_not_a_stalled_loop(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	f->loops_hang = true;
	f->control.time_factor = 20;
	ohtd_manual_clock_advance(&f->time, 900 * OHTD_NS_PER_MS);
	fixture_run_ms(f, 50);
	assert_string_equal(ohtd_state_name(f->control.state), "safe");
	assert_true(f->control.snapshot.bus.cycles_missed >= 34);
	fixture_destroy(f);
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
		cmocka_unit_test(tells_profiles_apart),
		cmocka_unit_test(heartbeat_follows_every_cycle),
		cmocka_unit_test(sweep_reaches_every_register),
		cmocka_unit_test(polls_keep_their_periods),
		cmocka_unit_test(unknown_register_is_found_out),
		cmocka_unit_test(unknown_signal_does_not_lose_the_module),
		cmocka_unit_test(missing_module_ends_in_fault_and_may_come_later),
		cmocka_unit_test(all_dead_is_survived),
		cmocka_unit_test(lost_safety_module_is_an_emergency_stop),
		cmocka_unit_test(lost_drive_is_an_emergency_stop),
		cmocka_unit_test(lost_drive_while_moving_is_stopped_sooner),
		cmocka_unit_test(lost_power_module_is_a_fault_then_an_emergency_stop),
		cmocka_unit_test(lost_dock_module_at_standstill_is_only_told),
		cmocka_unit_test(crc_storm_degrades_before_it_loses),
		cmocka_unit_test(degraded_module_forbids_enable_and_recovers),
		cmocka_unit_test(late_module_counts_as_silent),
		cmocka_unit_test(dead_module_does_not_slow_the_others),
		cmocka_unit_test(silent_modules_do_not_starve_the_others),
		cmocka_unit_test(returned_module_is_found_again),
		cmocka_unit_test(foreign_type_is_shown_and_not_polled),
		cmocka_unit_test(safety_module_stops_the_machine),
		cmocka_unit_test(unknown_safety_status_counts_as_fault),
		cmocka_unit_test(button_leads_to_estop_and_stop_telegrams),
		cmocka_unit_test(stop_telegram_to_one_motor_does_not_need_the_other),
		cmocka_unit_test(restart_after_a_crash_is_latched),
		cmocka_unit_test(pressed_button_at_start_is_latched),
		cmocka_unit_test(fresh_driver_is_waited_for),
		cmocka_unit_test(auto_enable_switches_on_after_a_clean_shutdown_only),
		cmocka_unit_test(device_that_goes_and_comes),
		cmocka_unit_test(dead_port_leaves_the_stop),
		cmocka_unit_test(swallowed_transfers_are_given_up),
		cmocka_unit_test(hanging_loop_is_a_fault_until_it_goes_on),
		cmocka_unit_test(stalled_machine_is_not_a_stalled_loop),
		cmocka_unit_test(shutdown_says_farewell),
		cmocka_unit_test(values_are_what_the_registers_say),
		cmocka_unit_test(nothing_is_invented_before_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
