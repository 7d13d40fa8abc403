// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive_rig.h"

#define MOTOR	4
#define DOCK	5
#define READING_CYCLES	4

const struct ohtd_axis_limits rig_limits = {
	.speed_mm_s = 1000, .accel_mm_s2 = 400, .decel_mm_s2 = 400, .stop_mm_s2 = 800,
	.jerk_mm_s3 = 1500, .soft_min_mm = -5500, .soft_max_mm = 31500,
};

static const struct ohtd_drive_rules canonical = {
	.full_speed_mm_s = OHT_SIM_FULL_SPEED_MM_S, .full_raw = 255,
	.gain_per_s = 1.0, .correction_mm_s = 100,
	.dead_band_mm = 1.0, .settle_s = 0.2, .settle_max_s = 10, .standstill_mm_s = 2,
	.following_mm = 150, .following_s = 0.5, .stall_mm_s = 20, .stall_mm = 3, .stall_s = 1, .stray_mm = 10, .stand_s = 1,
	.position = { .lag_s = 0.15, .latency_s = 0, .jump_mm = 500, .wrap_mm = 65536,
		      .silent_s = 0.5, .jumps_max = 3 },
};
static const struct ohtd_drive_rules legacy = {
	.full_speed_mm_s = 10000, .full_raw = 10000,
	.gain_per_s = 2.0, .correction_mm_s = 100,
	.dead_band_mm = 0.5, .settle_s = 0.2, .settle_max_s = 10, .standstill_mm_s = 2,
	.following_mm = 150, .following_s = 0.5, .stall_mm_s = 20, .stall_mm = 3, .stall_s = 1, .stray_mm = 10, .stand_s = 1,
	.position = { .lag_s = 0, .latency_s = 0, .jump_mm = 500, .wrap_mm = 65536,
		      .silent_s = 0.5, .jumps_max = 3 },
};

const struct ohtd_drive_rules *rig_rules(enum oht_profile profile)
{
	return profile == OHT_PROFILE_CANONICAL ? &canonical : &legacy;
}

static struct oht_sim_bank *bank_of(struct rig *rig, uint8_t unit)
{
	return &oht_sim_station_unit(&rig->line.station, unit)->bank;
}

static const struct oht_register *find(struct rig *rig, uint8_t unit, const char *name)
{
	const struct oht_register *reg = oht_regmap_find(bank_of(rig, unit)->map, name);

	if (!reg)
		fail_msg("unit %u has no register %s", unit, name);
	return reg;
}

void rig_write(struct rig *rig, const char *name, uint16_t raw)
{
	assert_int_equal(oht_sim_bank_write(bank_of(rig, MOTOR), find(rig, MOTOR, name)->address,
					    1, &raw), OHT_SIM_OK);
}

double rig_read(struct rig *rig, uint8_t unit, const char *name)
{
	return oht_sim_bank_value(bank_of(rig, unit), find(rig, unit, name));
}

struct oht_sim_rail *rig_rail(struct rig *rig)
{
	return &rig->line.station.world.rail;
}

static void advance(struct rig *rig, unsigned int ms)
{
	unsigned int i;

	for (i = 0; i < ms; i++) {
		rig->now_ns += MS;
		oht_sim_world_advance(&rig->line.station.world, rig->now_ns);
		rig->fastest_mm_s = fmax(rig->fastest_mm_s, fabs(rig_rail(rig)->speed_mm_s));
	}
}

void rig_open(struct rig *rig, enum oht_profile profile)
{
	memset(rig, 0, sizeof(*rig));
	line_open(&rig->line, profile);
	rig->canonical = profile == OHT_PROFILE_CANONICAL;
	rig->now_ns = T0;
	rig->cap_mm_s = rig_limits.speed_mm_s;
	assert_int_equal(ohtd_axis_init(&rig->axis, &rig_limits), OHTD_AXIS_OK);
	assert_int_equal(ohtd_drive_init(&rig->drive, rig_rules(profile)), OHTD_DRIVE_OK);
	if (rig->canonical) {
		rig_write(rig, "motor1_enable", 1);
		rig_write(rig, "motor2_enable", 1);
	} else {
		rig_write(rig, "speed_target", 0);
		rig_write(rig, "enable", 1);
	}
	rig_place(rig, 0);
}

void rig_close(struct rig *rig)
{
	line_close(&rig->line);
}

static double reading(struct rig *rig)
{
	return rig_read(rig, DOCK, rig->canonical ? "position_x" : "position");
}

void rig_place(struct rig *rig, double position_mm)
{
	rig_rail(rig)->position_mm = position_mm;
	rig_rail(rig)->speed_mm_s = 0;
	advance(rig, 20);
	ohtd_drive_reset(&rig->drive, reading(rig));
	assert_int_equal(ohtd_axis_reset(&rig->axis, rig->drive.position.estimate_mm, 0),
			 OHTD_AXIS_OK);
}

/* One register in each cycle, as there is room on the wire. Directions go before speeds. */
static void write_canonical(struct rig *rig)
{
	static const char *const direction[] = { "motor1_direction", "motor2_direction" };
	static const char *const speed[] = { "motor1_speed", "motor2_speed" };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if ((uint16_t)rig_read(rig, MOTOR, direction[i]) == rig->told.direction)
			continue;
		if (fabs(rig_rail(rig)->speed_mm_s) > 4)
			fail_msg("turned around at %.1f mm/s", rig_rail(rig)->speed_mm_s);
		rig_write(rig, direction[i], rig->told.direction);
		return;
	}
	rig_write(rig, speed[rig->cycle & 1], rig->told.speed_raw);
}

static uint16_t echoed(struct rig *rig)
{
	uint16_t one, two;

	if (!rig->canonical)
		return (uint16_t)rig_read(rig, MOTOR, "direction");
	one = (uint16_t)rig_read(rig, MOTOR, "motor1_direction");
	two = (uint16_t)rig_read(rig, MOTOR, "motor2_direction");
	return one == two ? one : OHTD_DRIVE_IDLE;
}

static double reported_mm_s(struct rig *rig)
{
	if (!rig->canonical)
		return rig_read(rig, MOTOR, "speed_actual");
	return rig_read(rig, MOTOR, "motor1_actual_speed") / 100 * OHT_SIM_FULL_SPEED_MM_S;
}

void rig_cycle(struct rig *rig)
{
	bool read = !rig->deaf && rig->cycle % READING_CYCLES == 0;
	struct ohtd_drive_feedback feedback = {
		.position_mm = read ? reading(rig) : NAN,
		.speed_mm_s = rig->deaf ? NAN : reported_mm_s(rig),
		.direction = echoed(rig),
	};

	assert_int_equal(ohtd_axis_step(&rig->axis, RIG_CYCLE_S, &rig->sample), OHTD_AXIS_OK);
	rig->told = ohtd_drive_step(&rig->drive, RIG_CYCLE_S, &rig->sample, rig->cap_mm_s,
				    &feedback);
	if (rig->canonical) {
		write_canonical(rig);
	} else {
		rig_write(rig, "direction", rig->told.direction);
		rig_write(rig, "speed_target", rig->told.speed_raw);
	}
	advance(rig, 25);
	rig->cycle++;
}

void rig_pass(struct rig *rig, double time_s)
{
	long n = lround(time_s / RIG_CYCLE_S);

	while (n-- > 0)
		rig_cycle(rig);
}

double rig_settle(struct rig *rig, double limit_s)
{
	long cycles;

	for (cycles = 0; !rig->drive.settled; cycles++) {
		if (cycles * RIG_CYCLE_S > limit_s)
			fail_msg("not settled after %.0f s: fault %d, error %.2f mm", limit_s,
				 rig->drive.fault, rig->drive.error_mm);
		rig_cycle(rig);
	}
	return cycles * RIG_CYCLE_S;
}
