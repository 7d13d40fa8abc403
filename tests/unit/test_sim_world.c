// SPDX-License-Identifier: GPL-2.0-or-later
/* Physics of the simulated modules, seen through their registers as a master sees them. */
#include <math.h>

#include "sim_fixture.h"

#define POWER	2
#define SAFETY	3
#define MOTOR	4
#define DOCK	5

static uint64_t now_ns;

static const struct oht_register *find(uint8_t unit, const char *name)
{
	const struct oht_sim_unit *u = oht_sim_station_unit(&line.station, unit);
	const struct oht_register *reg = oht_regmap_find(u->bank.map, name);

	if (!reg)
		fail_msg("unit %u has no register %s", unit, name);
	return reg;
}

static double get(uint8_t unit, const char *name)
{
	return oht_sim_bank_value(&oht_sim_station_unit(&line.station, unit)->bank,
				  find(unit, name));
}

/* As the master does: FC 06. */
static void write_raw(uint8_t unit, const char *name, uint16_t raw)
{
	struct oht_sim_bank *bank = &oht_sim_station_unit(&line.station, unit)->bank;

	assert_int_equal(oht_sim_bank_write(bank, find(unit, name)->address, 1, &raw), OHT_SIM_OK);
}

static void hold(uint8_t unit, const char *name, int64_t raw)
{
	struct oht_sim_bank *bank = &oht_sim_station_unit(&line.station, unit)->bank;

	assert_int_equal(oht_sim_bank_set(bank, find(unit, name), raw), 0);
}

static void pass_ms(unsigned int ms)
{
	now_ns += ms * MS;
	oht_sim_world_advance(&line.station.world, now_ns);
}

static void drive(uint8_t speed, uint8_t direction)
{
	write_raw(MOTOR, "motor1_speed", speed);
	write_raw(MOTOR, "motor2_speed", speed);
	write_raw(MOTOR, "motor1_direction", direction);
	write_raw(MOTOR, "motor2_direction", direction);
	write_raw(MOTOR, "motor1_enable", 1);
	write_raw(MOTOR, "motor2_enable", 1);
}

static void starts_standing_at_the_dock(void **state)
{
	(void)state;
	pass_ms(5000);
	assert_true(get(MOTOR, "motor1_enable") == 0);
	assert_true(get(MOTOR, "motor1_actual_speed") == 0);
	assert_true(get(DOCK, "position_x") == 0);
	assert_true(get(DOCK, "velocity_x") == 0);
	assert_true(get(SAFETY, "safety_status") == 0);
	assert_true(get(SAFETY, "zone_status") == 0);
	assert_true(get(POWER, "fault_flags") == 0);
	assert_true(get(POWER, "bms_connected") == 1);
}

static void speed_follows_the_set_point_with_a_lag(void **state)
{
	(void)state;
	pass_ms(100);
	drive(255, 1);
	pass_ms(50);
	assert_true(get(DOCK, "velocity_x") > 100);
	assert_true(get(DOCK, "velocity_x") < 1000);
	pass_ms(1950);
	assert_true(fabs(get(MOTOR, "motor1_actual_speed") - 100) < 1);
	assert_true(fabs(get(DOCK, "velocity_x") - OHT_SIM_FULL_SPEED_MM_S) < 20);
	/* 2 s at full speed less about 150 ms of lag. */
	assert_true(fabs(get(DOCK, "position_x") - 3700) < 100);
	drive(64, 1);
	pass_ms(1500);
	assert_true(fabs(get(MOTOR, "motor1_actual_speed") - 25) < 1);
}

static void every_way_to_stop_stops(void **state)
{
	static const char *const stops[][2] = {
		{ "motor1_enable", "motor2_enable" },
		{ "motor1_speed", "motor2_speed" },
		{ "motor1_direction", "motor2_direction" },
	};
	double position;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		drive(128, 1);
		pass_ms(1000);
		write_raw(MOTOR, stops[i][0], 0);
		write_raw(MOTOR, stops[i][1], 0);
		pass_ms(1500);
		assert_true(get(MOTOR, "motor1_actual_speed") == 0);
		position = get(DOCK, "position_x");
		pass_ms(1000);
		assert_true(get(DOCK, "position_x") == position);
	}
}

static void reverses_and_halves(void **state)
{
	(void)state;
	write_raw(MOTOR, "motor1_speed", 255);
	write_raw(MOTOR, "motor1_direction", 2);
	write_raw(MOTOR, "motor1_enable", 1);
	pass_ms(2000);
	/* One drive alone carries half of the speed. */
	assert_true(fabs(get(DOCK, "velocity_x") + OHT_SIM_FULL_SPEED_MM_S / 2) < 20);
	assert_true(get(DOCK, "position_x") < -1500);
	assert_true(fabs(get(MOTOR, "motor1_actual_speed") - 100) < 1);
}

static void ramps_in_linear_mode(void **state)
{
	double before = 0;
	int i;

	(void)state;
	write_raw(MOTOR, "motor1_control_mode", 2);
	write_raw(MOTOR, "motor1_linear_input", 50);
	write_raw(MOTOR, "motor1_linear_unit", 5);
	write_raw(MOTOR, "motor1_direction", 1);
	write_raw(MOTOR, "motor1_enable", 1);
	for (i = 0; i < 8; i++) {
		pass_ms(100);
		assert_true(get(MOTOR, "motor1_actual_speed") > before);
		assert_true(get(MOTOR, "motor1_actual_speed") <= 5.0 * (i + 1) + 0.5);
		before = get(MOTOR, "motor1_actual_speed");
		assert_true(get(MOTOR, "motor1_linear_state") == 1);
	}
	pass_ms(2000);
	assert_true(fabs(get(MOTOR, "motor1_actual_speed") - 50) < 1);
}

static void the_rail_ends(void **state)
{
	(void)state;
	drive(255, 1);
	pass_ms(30000);
	assert_true(get(DOCK, "position_x") == OHT_SIM_RAIL_MAX_MM);
	assert_true(get(DOCK, "velocity_x") == 0);
	assert_true(get(SAFETY, "distance_1") < 5);
	assert_true(get(SAFETY, "proximity_alert") == 1);
}

static void a_load_makes_it_slow(void **state)
{
	double without;

	(void)state;
	drive(128, 1);
	pass_ms(150);
	without = get(DOCK, "velocity_x");
	pass_ms(2000);
	drive(0, 1);
	pass_ms(2000);
	line.station.world.rail.load_kg = OHT_SIM_VEHICLE_KG;
	drive(128, 1);
	pass_ms(300);
	/* Twice the mass, twice the time. */
	assert_true(fabs(get(DOCK, "velocity_x") - without) < 25);
	assert_true(without > 500);
}

static void wheels_that_slip_lose_way(void **state)
{
	double from;

	(void)state;
	line.station.world.rail.slip_percent = 10;
	drive(128, 1);
	pass_ms(1500);
	from = get(DOCK, "position_x");
	pass_ms(1000);
	assert_true(fabs(get(DOCK, "position_x") - from - 0.9 * 1004) < 5);
	assert_true(fabs(get(MOTOR, "motor1_actual_speed") - 50.2) < 1);
	line.station.world.rail.slip_percent = 100;
	pass_ms(20);
	from = get(DOCK, "position_x");
	pass_ms(1000);
	assert_true(get(DOCK, "position_x") == from);
	assert_true(fabs(get(MOTOR, "motor1_actual_speed") - 50.2) < 1);
}

static void an_obstacle_is_seen_and_stops(void **state)
{
	(void)state;
	line.station.world.rail.obstacle_mm = 3000;
	pass_ms(20);
	assert_true(fabs(get(SAFETY, "distance_1") - 3000) < 6);
	assert_true(get(SAFETY, "distance_2") == 5000);
	drive(128, 1);
	pass_ms(6000);
	assert_true(fabs(get(DOCK, "position_x") - 3000) <= 1);
	assert_true(get(DOCK, "velocity_x") == 0);
	assert_true(get(SAFETY, "zone_status") == 1);
	line.station.world.rail.obstacle_mm = NAN;
	pass_ms(2000);
	/* From behind, too: it does not come through. */
	line.station.world.rail.obstacle_mm = 3000;
	drive(128, 2);
	pass_ms(6000);
	assert_true(fabs(get(DOCK, "position_x") - 3000) <= 2);
	assert_true(get(SAFETY, "distance_2") < 6);
	assert_true(get(SAFETY, "zone_status") == 2);
}

static void a_written_position_is_a_reference(void **state)
{
	(void)state;
	pass_ms(100);
	write_raw(DOCK, "position_x", 1000);
	pass_ms(1000);
	assert_true(get(DOCK, "position_x") == 1000);
	drive(255, 1);
	pass_ms(1000);
	assert_true(get(DOCK, "position_x") > 2500);
}

static void docks(void **state)
{
	(void)state;
	pass_ms(100);
	assert_true(get(DOCK, "docking_status") == 4);
	write_raw(DOCK, "docking_mode", 1);
	drive(255, 1);
	pass_ms(1000);
	assert_true(get(DOCK, "docking_status") == 1);
	assert_true(get(DOCK, "docking_distance") == get(DOCK, "position_x"));
	assert_true(get(DOCK, "docking_alignment") == 0);
	/* Braking from 2 m/s takes 300 mm. */
	drive(255, 2);
	while (get(DOCK, "position_x") > 800)
		pass_ms(10);
	drive(10, 2);
	while (get(DOCK, "position_x") > 300)
		pass_ms(10);
	assert_true(get(DOCK, "docking_status") == 2);
	while (get(DOCK, "position_x") > 2)
		pass_ms(10);
	assert_true(get(DOCK, "docking_status") == 3);
	drive(0, 0);
	write_raw(MOTOR, "motor1_enable", 0);
	write_raw(MOTOR, "motor2_enable", 0);
	pass_ms(1000);
	assert_true(get(DOCK, "docking_status") == 4);
	assert_true(get(DOCK, "docking_success_count") == 1);
}

static void the_battery_empties_and_fills(void **state)
{
	double idle, driving;

	(void)state;
	pass_ms(600000);
	idle = 80 - get(POWER, "battery_soc");
	assert_true(idle > 0.1 && idle < 2);
	assert_true(get(POWER, "discharging") == 1);
	assert_true(get(POWER, "battery_current") < 0);
	assert_true(get(POWER, "battery_voltage") > 20 && get(POWER, "battery_voltage") < 26);
	hold(POWER, "battery_soc", 800);
	pass_ms(10);
	oht_sim_bank_unpin(&oht_sim_station_unit(&line.station, POWER)->bank,
			   find(POWER, "battery_soc"));
	/* There and back, away from the dock. */
	drive(255, 1);
	pass_ms(300000);
	driving = 80 - get(POWER, "battery_soc");
	assert_true(driving > idle);
}

static void charges_only_at_the_dock_with_everything_closed(void **state)
{
	(void)state;
	write_raw(POWER, "charge_relay", 1);
	pass_ms(1000);
	assert_true(get(POWER, "charging") == 0);
	write_raw(POWER, "charger_output_enable", 1);
	pass_ms(1000);
	assert_true(get(POWER, "charging") == 1);
	assert_true(get(POWER, "charge_state") == 2);
	assert_true(get(POWER, "battery_current") > 10);
	write_raw(POWER, "charge_mosfet", 0);
	pass_ms(1000);
	assert_true(get(POWER, "charging") == 0);
	write_raw(POWER, "charge_mosfet", 1);
	drive(255, 1);
	pass_ms(2000);
	assert_true(get(POWER, "charging") == 0);
}

static void a_full_battery_stays_within_its_limits(void **state)
{
	(void)state;
	write_raw(POWER, "charge_relay", 1);
	write_raw(POWER, "charger_output_enable", 1);
	hold(POWER, "battery_soc", 980);
	pass_ms(10);
	oht_sim_bank_unpin(&oht_sim_station_unit(&line.station, POWER)->bank,
			   find(POWER, "battery_soc"));
	pass_ms(1800 * 1000);
	assert_true(get(POWER, "battery_soc") > 99);
	assert_true(get(POWER, "battery_soc") <= 100);
	assert_true(get(POWER, "cell_voltage_max") <= 4.2);
}

static void a_low_battery_is_a_fault(void **state)
{
	(void)state;
	hold(POWER, "battery_soc", 50);
	pass_ms(20);
	assert_int_equal((int)get(POWER, "fault_flags") & 1 << 6, 1 << 6);
	assert_true(get(POWER, "cell_voltage_min") < 3.4);
}

static void relays_switch_rails(void **state)
{
	(void)state;
	pass_ms(10);
	assert_true(get(POWER, "rail_12v_voltage") > 11);
	write_raw(POWER, "relay_12v", 0);
	pass_ms(10);
	assert_true(get(POWER, "rail_12v_voltage") == 0);
	assert_true(get(POWER, "rail_12v_power") == 0);
}

static void an_obstacle_is_a_held_distance(void **state)
{
	(void)state;
	hold(SAFETY, "distance_1", 900);
	pass_ms(20);
	assert_true(get(SAFETY, "zone_status") == 1);
	assert_true(get(SAFETY, "safety_status") == 1);
	assert_true(get(SAFETY, "safety_error") == 2);
	hold(SAFETY, "distance_1", 30);
	pass_ms(20);
	assert_true(get(SAFETY, "proximity_alert") == 1);
	assert_true(get(SAFETY, "safety_status") == 2);
	write_raw(SAFETY, "zone_threshold_1", 50);
	hold(SAFETY, "distance_1", 60);
	pass_ms(20);
	assert_true(get(SAFETY, "zone_status") == 0);
	assert_true(get(SAFETY, "proximity_alert") == 0);
	oht_sim_bank_unpin(&oht_sim_station_unit(&line.station, SAFETY)->bank,
			   find(SAFETY, "distance_1"));
	pass_ms(20);
	assert_true(get(SAFETY, "distance_1") == 5000);
}

static void a_reading_may_be_out_of_range(void **state)
{
	(void)state;
	hold(SAFETY, "distance_2", 65535);
	pass_ms(20);
	assert_true(get(SAFETY, "distance_2") == 65535);
	assert_true(get(SAFETY, "zone_status") == 0);
}

static void a_stuck_stop_input_is_seen(void **state)
{
	(void)state;
	hold(SAFETY, "estop_active", 1);
	pass_ms(20);
	assert_true(get(SAFETY, "safety_status") == 3);
	assert_true(get(SAFETY, "safety_error") == 1);
}

static void relays_have_two_faces(void **state)
{
	(void)state;
	write_raw(SAFETY, "relay_outputs", 5);
	pass_ms(20);
	assert_true(get(SAFETY, "relay_1") == 1);
	assert_true(get(SAFETY, "relay_2") == 0);
	assert_true(get(SAFETY, "relay_3") == 1);
	assert_true(get(SAFETY, "relay_output_status") == 5);
	write_raw(SAFETY, "relay_2", 1);
	pass_ms(20);
	assert_true(get(SAFETY, "relay_outputs") == 7);
	hold(SAFETY, "digital_input_3", 1);
	pass_ms(20);
	assert_true(get(SAFETY, "digital_inputs") == 4);
}

static void errors_are_reset_by_command(void **state)
{
	struct oht_sim_bank *bank = &oht_sim_station_unit(&line.station, DOCK)->bank;

	(void)state;
	hold(DOCK, "system_error", 7);
	oht_sim_bank_unpin(bank, find(DOCK, "system_error"));
	pass_ms(100);
	assert_true(get(DOCK, "system_error") == 7);
	write_raw(DOCK, "reset_error_command", 1);
	pass_ms(20);
	assert_true(get(DOCK, "system_error") == 0);
	assert_true(get(DOCK, "reset_error_command") == 0);
}

/* All registers of all units. */
static uint32_t everything(const struct oht_sim_station *s)
{
	uint32_t sum = 0;
	size_t i, k;

	for (i = 0; i < s->units; i++)
		for (k = 0; k < s->unit[i].bank.map->count; k++)
			sum = sum * 31 + s->unit[i].bank.cell[k].word[0] +
			      ((uint32_t)s->unit[i].bank.cell[k].word[1] << 16);
	return sum;
}

/* A run of 5 s whose steps are done @stride_ms at a time. */
static uint32_t run_of(uint64_t seed, unsigned int stride_ms)
{
	line_close(&line);
	line_open(&line, OHT_PROFILE_CANONICAL);
	line.station.world.rail.prng.state = seed;
	now_ns = T0;
	pass_ms(0);
	drive(100, 1);
	while (now_ns < T0 + 5000 * MS)
		pass_ms(stride_ms);
	return everything(&line.station);
}

static void the_same_seed_gives_the_same_run(void **state)
{
	(void)state;
	assert_int_equal(run_of(1, 5000), run_of(1, 5));
	assert_int_not_equal(run_of(1, 5000), run_of(2, 5000));
}

/* ---- legacy ---- */

static void legacy_drives_to_a_position(void **state)
{
	(void)state;
	write_raw(MOTOR, "speed_target", 1500);
	write_raw(MOTOR, "position_target", 4000);
	write_raw(MOTOR, "enable", 1);
	write_raw(MOTOR, "move_command", 1);
	pass_ms(1000);
	assert_true(get(MOTOR, "running") == 1);
	assert_true(get(MOTOR, "motion_complete") == 0);
	pass_ms(9000);
	assert_true(fabs(get(MOTOR, "position_actual") - 4000) <= 1);
	assert_true(get(MOTOR, "position_reached") == 1);
	assert_true(get(MOTOR, "motion_complete") == 1);
	assert_true(get(DOCK, "rfid_read_status") == 1);
	assert_true(get(DOCK, "dock_confirmed") == 0);
	write_raw(MOTOR, "home_command", 1);
	pass_ms(10000);
	assert_true(get(MOTOR, "position_actual") <= 1);
	assert_true(get(DOCK, "dock_confirmed") == 1);
}

static void legacy_stops_on_command(void **state)
{
	static const char *const stops[] = { "stop_command", "hard_stop", "emergency_stop" };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		write_raw(MOTOR, "speed_target", 1000);
		write_raw(MOTOR, "direction", 1);
		write_raw(MOTOR, "enable", 1);
		pass_ms(2000);
		assert_true(get(MOTOR, "speed_actual") == 1000);
		write_raw(MOTOR, stops[i], 1);
		pass_ms(20);
		assert_true(get(MOTOR, stops[i]) == 0);
		pass_ms(2000);
		assert_true(get(MOTOR, "speed_actual") == 0);
	}
	assert_true(get(MOTOR, "enable") == 0);
	assert_true(get(MOTOR, "fault_code") == 9);
	write_raw(MOTOR, "reset_faults", 1);
	pass_ms(20);
	assert_true(get(MOTOR, "fault_code") == 0);
}

static void legacy_standing_still(void **state)
{
	(void)state;
	pass_ms(1000);
	assert_true(get(MOTOR, "speed_actual") == 0);
	assert_true(get(MOTOR, "ready") == 1);
	assert_true(get(POWER, "battery_soc") == 80);
	assert_true(get(DOCK, "dock_status") == 8);
}

static int open_profile(enum oht_profile profile)
{
	line_open(&line, profile);
	now_ns = T0;
	oht_sim_world_advance(&line.station.world, now_ns);
	return 0;
}

static int open_canonical(void **state)
{
	(void)state;
	return open_profile(OHT_PROFILE_CANONICAL);
}

static int open_legacy(void **state)
{
	(void)state;
	return open_profile(OHT_PROFILE_LEGACY);
}

#define CANONICAL(f)	cmocka_unit_test_setup_teardown(f, open_canonical, close_line)
#define LEGACY(f)	cmocka_unit_test_setup_teardown(f, open_legacy, close_line)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CANONICAL(starts_standing_at_the_dock),
		CANONICAL(speed_follows_the_set_point_with_a_lag),
		CANONICAL(every_way_to_stop_stops),
		CANONICAL(reverses_and_halves),
		CANONICAL(ramps_in_linear_mode),
		CANONICAL(a_load_makes_it_slow),
		CANONICAL(wheels_that_slip_lose_way),
		CANONICAL(an_obstacle_is_seen_and_stops),
		CANONICAL(the_rail_ends),
		CANONICAL(a_written_position_is_a_reference),
		CANONICAL(docks),
		CANONICAL(the_battery_empties_and_fills),
		CANONICAL(charges_only_at_the_dock_with_everything_closed),
		CANONICAL(a_full_battery_stays_within_its_limits),
		CANONICAL(a_low_battery_is_a_fault),
		CANONICAL(relays_switch_rails),
		CANONICAL(an_obstacle_is_a_held_distance),
		CANONICAL(a_reading_may_be_out_of_range),
		CANONICAL(a_stuck_stop_input_is_seen),
		CANONICAL(relays_have_two_faces),
		CANONICAL(errors_are_reset_by_command),
		CANONICAL(the_same_seed_gives_the_same_run),
		LEGACY(legacy_drives_to_a_position),
		LEGACY(legacy_stops_on_command),
		LEGACY(legacy_standing_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
