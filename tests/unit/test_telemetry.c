// SPDX-License-Identifier: GPL-2.0-or-later
/* The registry of signals: its table agrees with the register maps, and each value has the quality that it deserves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "common/modmap.h"
#include "motion/position.h"
#include "robot/telemetry.h"

#define NOW_NS		(100 * OHTD_NS_PER_S)
#define SIGNAL(name_)	OHTD_TELEMETRY_##name_

static struct oht_modmap *map;
static struct ohtd_snapshot snapshot;
static struct ohtd_telemetry_sight sight;

static int load(void **state)
{
	char error[OHT_ERROR_BYTES];

	(void)state;
	return oht_modmap_load(OHT_SOURCE_DATADIR, &map, error);
}

static int unload(void **state)
{
	(void)state;
	oht_modmap_free(map);
	return 0;
}

/* A robot that has just published, with one module of a profile that answers. */
static int setup(void **state)
{
	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	memset(&sight, 0, sizeof(sight));
	snapshot.time_ns = NOW_NS;
	sight.snapshot = &snapshot;
	sight.now_ns = NOW_NS;
	return 0;
}

static void add_module(const char *name, enum oht_profile profile)
{
	struct ohtd_module_view *module = &snapshot.modules[snapshot.module_count];
	const struct oht_module *known = oht_modmap_by_name(map, name);

	assert_non_null(known);
	*module = (struct ohtd_module_view){
		.unit = known->unit, .assigned = true, .health = OHTD_HEALTH_GOOD, .generation = 1,
	};
	strcpy(module->name, name);
	strcpy(module->profile, oht_profile_name(profile));
	sight.map[snapshot.module_count] = &known->map[profile];
	sight.registers[snapshot.module_count].count = (uint16_t)known->map[profile].count;
	snapshot.module_count++;
}

/* A register of the newest module has been read. */
static struct ohtd_register_value *say(const char *name, int64_t raw)
{
	const struct oht_regmap *registers = sight.map[snapshot.module_count - 1];
	const struct oht_register *reg = oht_regmap_find(registers, name);
	struct ohtd_register_value *value;

	assert_non_null(reg);
	value = &sight.registers[snapshot.module_count - 1].values[reg - registers->reg];
	value->state = OHTD_REGISTER_OK;
	value->time_ns = NOW_NS;
	value->words[0] = (uint16_t)raw;
	return value;
}

static void assert_reads(unsigned int signal, double value, enum ohtd_telemetry_quality quality)
{
	struct ohtd_reading reading = ohtd_telemetry_read(&sight, signal);

	assert_string_equal(ohtd_telemetry_quality_name(reading.quality),
			    ohtd_telemetry_quality_name(quality));
	if (quality == OHTD_TELEMETRY_NONE) {
		assert_true(isnan(value) && isnan(reading.value));
		assert_int_equal(reading.time_ns, 0);
	} else {
		assert_true(fabs(reading.value - value) < 1e-9);
		assert_true(reading.time_ns > 0);
	}
}

/* ---- the table ---- */

static void each_is_described_once(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < OHTD_TELEMETRY_BUILT_IN; i++) {
		const struct ohtd_telemetry_info *info = ohtd_telemetry_info(i);
		const struct ohtd_telemetry_origin *origin = ohtd_telemetry_origin(i);
		size_t bytes = strlen(info->name);

		assert_int_equal(strspn(info->name, "abcdefghijklmnopqrstuvwxyz0123456789_"), bytes);
		for (unsigned int other = 0; other < i; other++)
			assert_string_not_equal(ohtd_telemetry_info(other)->name, info->name);
		assert_true(*info->summary);
		assert_int_equal(!!origin->word, info->type == OHTD_TELEMETRY_WORD);
		for (unsigned int word = 0; word < origin->words; word++)
			assert_non_null(origin->word(word));
		assert_true(!origin->module || oht_modmap_by_name(map, origin->module));
		if (i != SIGNAL(speed_mm_s))
			assert_int_equal(!!origin->read + origin->health +
					 (origin->reg[0] || origin->reg[1]), 1);
		assert_int_equal(info->source == OHTD_TELEMETRY_MODULE, !origin->read && !origin->health);
	}
}

static void registers_are_there_in_that_unit(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < OHTD_TELEMETRY_BUILT_IN; i++) {
		const struct ohtd_telemetry_info *info = ohtd_telemetry_info(i);
		const struct ohtd_telemetry_origin *origin = ohtd_telemetry_origin(i);

		for (unsigned int profile = 0; profile < OHT_PROFILES; profile++) {
			const struct oht_register *reg;

			if (!origin->reg[profile])
				continue;
			reg = oht_regmap_find(&oht_modmap_by_name(map, origin->module)->map[profile],
					      origin->reg[profile]);
			assert_non_null(reg);
			assert_string_equal(reg->unit, info->unit);
			assert_int_not_equal(reg->access, OHT_ACCESS_WO);
			assert_int_not_equal(reg->type, OHT_TYPE_STRING);
			assert_int_equal(reg->type == OHT_TYPE_BOOL, info->type == OHTD_TELEMETRY_BOOLEAN);
		}
	}
}

/* ---- registers ---- */

static void a_register_is_read_in_its_unit(void **state)
{
	(void)state;
	add_module("power", OHT_PROFILE_CANONICAL);
	say("battery_soc", 873);
	say("battery_current", -25);
	say("charging", 1);
	assert_reads(SIGNAL(battery_percent), 87.3, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(battery_a), -2.5, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(charging), 1, OHTD_TELEMETRY_GOOD);
	assert_string_equal(ohtd_telemetry_register(&sight, SIGNAL(battery_percent))->name, "battery_soc");
}

static void a_profile_has_its_own_registers(void **state)
{
	(void)state;
	add_module("travel_motor", OHT_PROFILE_LEGACY);
	say("speed_actual", 250);
	assert_reads(SIGNAL(motor_mm_s), 250, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(motor_1_percent), NAN, OHTD_TELEMETRY_NONE);
	assert_null(ohtd_telemetry_register(&sight, SIGNAL(motor_1_percent)));
}

static void out_of_range_is_bad(void **state)
{
	(void)state;
	add_module("safety", OHT_PROFILE_CANONICAL);
	say("distance_1", 5000);
	say("distance_2", 5001);
	assert_reads(SIGNAL(distance_1_mm), 5000, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(distance_2_mm), 5001, OHTD_TELEMETRY_BAD);
}

/* 0xFFFF, 0x8000 and 0x7FFF, as the module has them; one beside each is a value. */
static void what_the_module_does_not_have_is_none(void **state)
{
	(void)state;
	add_module("power", OHT_PROFILE_LEGACY);
	say("battery_voltage", 0xffff);
	say("battery_current", 0x7fff);
	say("battery_temperature", 0x8000);
	say("cell_voltage_max", 0x8000);
	say("battery_soc", 0xffff);
	assert_reads(SIGNAL(battery_v), NAN, OHTD_TELEMETRY_NONE);
	assert_reads(SIGNAL(battery_a), NAN, OHTD_TELEMETRY_NONE);
	assert_reads(SIGNAL(battery_deg_c), NAN, OHTD_TELEMETRY_NONE);
	assert_reads(SIGNAL(cell_max_v), NAN, OHTD_TELEMETRY_NONE);
	assert_reads(SIGNAL(battery_percent), NAN, OHTD_TELEMETRY_NONE);
	say("battery_voltage", 0xfffe);
	say("battery_current", 0xffff);
	say("battery_temperature", 0x7ffe);
	assert_reads(SIGNAL(battery_v), 6553.4, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(battery_a), -0.1, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(battery_deg_c), 3276.6, OHTD_TELEMETRY_BAD);
	say("battery_voltage", 0xffff)->time_ns = 1;
	assert_reads(SIGNAL(battery_v), NAN, OHTD_TELEMETRY_NONE);
}

static void what_is_not_read_any_more_is_old(void **state)
{
	struct ohtd_register_value *value;

	(void)state;
	add_module("safety", OHT_PROFILE_CANONICAL);
	value = say("distance_1", 1200);
	value->time_ns = NOW_NS - 10 * OHTD_NS_PER_S;
	assert_reads(SIGNAL(distance_1_mm), 1200, OHTD_TELEMETRY_GOOD);
	value->time_ns--;
	assert_reads(SIGNAL(distance_1_mm), 1200, OHTD_TELEMETRY_OLD);
	value->time_ns = NOW_NS;
	snapshot.modules[0].health = OHTD_HEALTH_DEGRADED;
	assert_reads(SIGNAL(distance_1_mm), 1200, OHTD_TELEMETRY_GOOD);
	snapshot.modules[0].health = OHTD_HEALTH_LOST;
	assert_reads(SIGNAL(distance_1_mm), 1200, OHTD_TELEMETRY_OLD);
	assert_reads(SIGNAL(safety_health), OHTD_HEALTH_LOST, OHTD_TELEMETRY_GOOD);
}

static void what_was_never_read_is_none(void **state)
{
	(void)state;
	assert_reads(SIGNAL(battery_percent), NAN, OHTD_TELEMETRY_NONE);
	assert_reads(SIGNAL(power_health), NAN, OHTD_TELEMETRY_NONE);
	add_module("power", OHT_PROFILE_CANONICAL);
	assert_reads(SIGNAL(battery_percent), NAN, OHTD_TELEMETRY_NONE);
	say("battery_soc", 873)->state = OHTD_REGISTER_UNSUPPORTED;
	assert_reads(SIGNAL(battery_percent), NAN, OHTD_TELEMETRY_NONE);
	sight.map[0] = NULL;
	assert_reads(SIGNAL(battery_percent), NAN, OHTD_TELEMETRY_NONE);
	assert_reads(SIGNAL(power_health), OHTD_HEALTH_GOOD, OHTD_TELEMETRY_GOOD);
}

/* Two units that say they are the same: the one at the place that belongs to it counts. */
static void a_stranger_of_the_same_name_is_not_read(void **state)
{
	(void)state;
	add_module("power", OHT_PROFILE_CANONICAL);
	say("battery_soc", 100);
	snapshot.modules[0].assigned = false;
	assert_reads(SIGNAL(battery_percent), NAN, OHTD_TELEMETRY_NONE);
	add_module("power", OHT_PROFILE_CANONICAL);
	say("battery_soc", 500);
	assert_reads(SIGNAL(battery_percent), 50, OHTD_TELEMETRY_GOOD);
}

/* ---- what the control thread says ---- */

static void a_control_thread_that_hangs_makes_all_old(void **state)
{
	(void)state;
	snapshot.state = OHTD_STATE_IDLE;
	snapshot.speed_mm_s = (struct ohtd_value){ .value = -200, .time_ns = NOW_NS, .valid = true };
	sight.now_ns = NOW_NS + OHTD_NS_PER_S;
	assert_reads(SIGNAL(state), OHTD_STATE_IDLE, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(speed_mm_s), -200, OHTD_TELEMETRY_GOOD);
	sight.now_ns++;
	assert_reads(SIGNAL(state), OHTD_STATE_IDLE, OHTD_TELEMETRY_OLD);
	assert_reads(SIGNAL(speed_mm_s), -200, OHTD_TELEMETRY_OLD);
	snapshot.time_ns = 0;
	assert_reads(SIGNAL(state), NAN, OHTD_TELEMETRY_NONE);
}

static void an_estimate_without_trust_is_bad(void **state)
{
	(void)state;
	snapshot.motion = (struct ohtd_motion_view){ .estimate_mm = 500, .trust = OHTD_POSITION_UNKNOWN };
	assert_reads(SIGNAL(position_estimate_mm), NAN, OHTD_TELEMETRY_NONE);
	snapshot.motion.trust = OHTD_POSITION_TRUSTED;
	assert_reads(SIGNAL(position_estimate_mm), 500, OHTD_TELEMETRY_GOOD);
	snapshot.motion.trust = OHTD_POSITION_WRAPPED;
	assert_reads(SIGNAL(position_estimate_mm), 500, OHTD_TELEMETRY_BAD);
	snapshot.motion.trust = OHTD_POSITION_TRUSTED;
	snapshot.location.lost = true;
	assert_reads(SIGNAL(position_estimate_mm), 500, OHTD_TELEMETRY_BAD);
	snapshot.location.lost = false;
}

static void set_points_are_none_while_the_outputs_are_off(void **state)
{
	(void)state;
	snapshot.motion = (struct ohtd_motion_view){ .set_mm = 700, .set_mm_s = 90, .error_mm = -2 };
	assert_reads(SIGNAL(setpoint_mm), NAN, OHTD_TELEMETRY_NONE);
	assert_reads(SIGNAL(setpoint_mm_s), NAN, OHTD_TELEMETRY_NONE);
	assert_reads(SIGNAL(following_error_mm), NAN, OHTD_TELEMETRY_NONE);
	snapshot.motion.driving = true;
	assert_reads(SIGNAL(setpoint_mm), 700, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(setpoint_mm_s), 90, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(following_error_mm), -2, OHTD_TELEMETRY_GOOD);
}

static void the_target_is_that_of_the_present_command(void **state)
{
	(void)state;
	snapshot.command = (struct ohtd_command_view){ .state = OHTD_COMMAND_STATE_PAUSED, .target_mm = 900 };
	assert_reads(SIGNAL(target_mm), 900, OHTD_TELEMETRY_GOOD);
	snapshot.command.state = OHTD_COMMAND_STATE_FINISHED;
	assert_reads(SIGNAL(target_mm), NAN, OHTD_TELEMETRY_NONE);
	snapshot.command = (struct ohtd_command_view){ .state = OHTD_COMMAND_STATE_RUNNING, .target_mm = NAN };
	assert_reads(SIGNAL(target_mm), NAN, OHTD_TELEMETRY_NONE);
}

static void what_has_no_contact_is_none(void **state)
{
	(void)state;
	snapshot.safety.channel_a = 1;
	snapshot.safety.channel_b = -1;
	snapshot.safety.state = OHTD_SAFETY_UNKNOWN;
	assert_reads(SIGNAL(channel_a_closed), 1, OHTD_TELEMETRY_GOOD);
	assert_reads(SIGNAL(channel_b_closed), NAN, OHTD_TELEMETRY_NONE);
	assert_reads(SIGNAL(enabled), NAN, OHTD_TELEMETRY_NONE);
	snapshot.safety.state = OHTD_SAFETY_ENABLED;
	assert_reads(SIGNAL(enabled), 1, OHTD_TELEMETRY_GOOD);
}

static void a_plan_that_does_not_fit_is_bad(void **state)
{
	(void)state;
	assert_reads(SIGNAL(bus_load_worst_percent), NAN, OHTD_TELEMETRY_NONE);
	snapshot.plan.entries = 9;
	snapshot.plan.worst_permille = 950;
	assert_reads(SIGNAL(bus_load_worst_percent), 95, OHTD_TELEMETRY_GOOD);
	snapshot.plan.worst_permille = 1090;
	assert_reads(SIGNAL(bus_load_worst_percent), 109, OHTD_TELEMETRY_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_described_once),
		cmocka_unit_test(registers_are_there_in_that_unit),
		cmocka_unit_test_setup(a_register_is_read_in_its_unit, setup),
		cmocka_unit_test_setup(a_profile_has_its_own_registers, setup),
		cmocka_unit_test_setup(out_of_range_is_bad, setup),
		cmocka_unit_test_setup(what_the_module_does_not_have_is_none, setup),
		cmocka_unit_test_setup(what_is_not_read_any_more_is_old, setup),
		cmocka_unit_test_setup(what_was_never_read_is_none, setup),
		cmocka_unit_test_setup(a_stranger_of_the_same_name_is_not_read, setup),
		cmocka_unit_test_setup(a_control_thread_that_hangs_makes_all_old, setup),
		cmocka_unit_test_setup(an_estimate_without_trust_is_bad, setup),
		cmocka_unit_test_setup(set_points_are_none_while_the_outputs_are_off, setup),
		cmocka_unit_test_setup(the_target_is_that_of_the_present_command, setup),
		cmocka_unit_test_setup(what_has_no_contact_is_none, setup),
		cmocka_unit_test_setup(a_plan_that_does_not_fit_is_bad, setup),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
