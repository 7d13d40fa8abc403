// SPDX-License-Identifier: GPL-2.0-or-later
/* The drive in the simulator: arrival, turning, steps, faults. Rules and readings without it. */
#include "drive_rig.h"

#include "dice.h"
#include "near.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static struct rig rig;

static int open_canonical(void **state)
{
	(void)state;
	rig_open(&rig, OHT_PROFILE_CANONICAL);
	return 0;
}

static int open_legacy(void **state)
{
	(void)state;
	rig_open(&rig, OHT_PROFILE_LEGACY);
	return 0;
}

static int shut(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

/* ---- rules ---- */

static void refuses_rules(void **state)
{
	static const struct {
		size_t member;
		double value;
		enum ohtd_drive_refusal refusal;
	} bad[] = {
#define BAD(m, v, r)	{ offsetof(struct ohtd_drive_rules, m), v, OHTD_DRIVE_BAD_##r }
		BAD(full_speed_mm_s, 0, FULL_SPEED), BAD(full_speed_mm_s, NAN, FULL_SPEED),
		BAD(full_speed_mm_s, INFINITY, FULL_SPEED), BAD(gain_per_s, -1, GAIN),
		BAD(gain_per_s, NAN, GAIN), BAD(correction_mm_s, -1, CORRECTION),
		BAD(correction_mm_s, 2001, CORRECTION), BAD(correction_mm_s, NAN, CORRECTION),
		BAD(dead_band_mm, 0, SETTLING), BAD(dead_band_mm, NAN, SETTLING),
		BAD(settle_s, 0, SETTLING), BAD(settle_max_s, 0.1, SETTLING),
		BAD(standstill_mm_s, 0, STANDSTILL), BAD(following_mm, 0, FOLLOWING),
		BAD(following_s, NAN, FOLLOWING), BAD(stall_mm_s, 0, STALL),
		BAD(stall_mm, -1, STALL), BAD(stall_s, INFINITY, STALL),
		BAD(position.lag_s, -1, POSITION), BAD(position.latency_s, NAN, POSITION),
		BAD(position.jump_mm, 0, POSITION), BAD(position.jump_mm, 40000, POSITION),
		BAD(position.wrap_mm, -1, POSITION), BAD(position.silent_s, 0, POSITION),
	};
	struct ohtd_drive drive;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ohtd_drive_rules rules = *rig_rules(OHT_PROFILE_CANONICAL);

		memcpy((char *)&rules + bad[i].member, &bad[i].value, sizeof(double));
		if (ohtd_drive_init(&drive, &rules) != bad[i].refusal)
			fail_msg("row %zu", i);
		rules = *rig_rules(OHT_PROFILE_CANONICAL);
		rules.full_raw = 0;
		assert_int_equal(ohtd_drive_init(&drive, &rules), OHTD_DRIVE_BAD_FULL_RAW);
		rules = *rig_rules(OHT_PROFILE_CANONICAL);
		rules.position.jumps_max = 0;
		assert_int_equal(ohtd_drive_init(&drive, &rules), OHTD_DRIVE_BAD_POSITION);
	}
}

/* ---- position ---- */

static struct ohtd_position at(double mm)
{
	struct ohtd_position p = { .rules = rig_rules(OHT_PROFILE_CANONICAL)->position };

	ohtd_position_begin(&p, mm);
	return p;
}

static void estimates_between_readings(void **state)
{
	struct ohtd_position p = at(1000);
	int i;

	(void)state;
	p.rules.silent_s = 10;
	/* From rest, told 400 mm/s: behind by the lag. */
	for (i = 0; i < 40; i++)
		ohtd_position_step(&p, 0.025, 400, NAN);
	assert_near(p.speed_mm_s, 400 * (1 - exp(-1 / 0.15)), 1e-9);
	assert_near(p.estimate_mm, 1000 + 400 - 400 * 0.15 * (1 - exp(-1 / 0.15)), 1e-6);
	ohtd_position_step(&p, 0.025, 400, 1350);
	assert_near(p.estimate_mm, 1350, 1e-9);
	assert_int_equal(p.trust, OHTD_POSITION_TRUSTED);
}

static void takes_the_age_of_a_reading_into_account(void **state)
{
	struct ohtd_position p = at(0);
	int i;

	(void)state;
	p.rules.latency_s = 0.02;
	p.rules.silent_s = 10;
	for (i = 0; i < 100; i++)
		ohtd_position_step(&p, 0.025, 500, NAN);
	ohtd_position_step(&p, 0.025, 500, 1000);
	assert_near(p.estimate_mm, 1010, 1e-3);
}

static void wrap_takes_the_trust_away(void **state)
{
	struct ohtd_position p = at(32700);

	(void)state;
	ohtd_position_step(&p, 0.025, 1000, 32725);
	assert_int_equal(p.trust, OHTD_POSITION_TRUSTED);
	ohtd_position_step(&p, 0.1, 1000, -32716);
	assert_int_equal(p.trust, OHTD_POSITION_WRAPPED);
	/* Good readings do not bring it back, a place does. */
	ohtd_position_step(&p, 0.025, 0, p.estimate_mm);
	assert_int_equal(p.trust, OHTD_POSITION_WRAPPED);
	ohtd_position_begin(&p, 0);
	assert_int_equal(p.trust, OHTD_POSITION_TRUSTED);
}

static void one_jump_is_left_out_three_are_not(void **state)
{
	struct ohtd_position p = at(5000);

	(void)state;
	ohtd_position_step(&p, 0.025, 0, 5600);
	ohtd_position_step(&p, 0.025, 0, 4400);
	assert_near(p.estimate_mm, 5000, 1e-9);
	ohtd_position_step(&p, 0.025, 0, 5001);
	ohtd_position_step(&p, 0.025, 0, 5600);
	ohtd_position_step(&p, 0.025, 0, 5600);
	assert_int_equal(p.trust, OHTD_POSITION_TRUSTED);
	ohtd_position_step(&p, 0.025, 0, 5600);
	assert_int_equal(p.trust, OHTD_POSITION_JUMPED);
}

static void silence_takes_the_trust_away(void **state)
{
	struct ohtd_position p = at(0);
	int i;

	(void)state;
	for (i = 0; i < 19; i++)
		ohtd_position_step(&p, 0.025, 100, NAN);
	assert_int_equal(p.trust, OHTD_POSITION_TRUSTED);
	ohtd_position_step(&p, 0.025, 100, INFINITY);
	ohtd_position_step(&p, 0.025, 100, NAN);
	assert_int_equal(p.trust, OHTD_POSITION_SILENT);
	ohtd_position_begin(&p, NAN);
	assert_int_equal(p.trust, OHTD_POSITION_UNKNOWN);
	ohtd_position_step(&p, 0.025, 0, 7);
	assert_int_equal(p.trust, OHTD_POSITION_UNKNOWN);
}

/* ---- in the simulator ---- */

static double move(double target_mm)
{
	double planned_s;

	assert_int_equal(ohtd_axis_move(&rig.axis, target_mm), OHTD_AXIS_OK);
	assert_int_equal(ohtd_axis_step(&rig.axis, 0, &rig.sample), OHTD_AXIS_OK);
	planned_s = rig.sample.left_s;
	rig_cycle(&rig);
	rig.fastest_mm_s = 0;
	return rig_settle(&rig, planned_s + 15) - planned_s;
}

/* Random moves; each ends within @tolerance_mm of the truth, and never faster than allowed. */
static void arrives(double from_mm, double to_mm, double tolerance_mm)
{
	unsigned int dices = dice_seed();
	double worst = 0, late = 0;
	int i;

	rig_place(&rig, (from_mm + to_mm) / 2);
	for (i = 0; i < 60; i++) {
		double share = dice(&dices, 30000) / 30000.0;
		double here = rig_rail(&rig)->position_mm;
		double target = i % 3 ? from_mm + (to_mm - from_mm) * share :
					here + (share - 0.5) * 60;

		target = round(fmin(fmax(target, from_mm), to_mm));
		late = fmax(late, move(target));
		assert_int_equal(rig.drive.fault, OHTD_DRIVE_NO_FAULT);
		worst = fmax(worst, fabs(rig_rail(&rig)->position_mm - target));
		assert_true(rig_rail(&rig)->speed_mm_s == 0);
		if (rig.fastest_mm_s > rig_limits.speed_mm_s * (1 + 1e-6))
			fail_msg("%.3f mm/s, limit %.0f", rig.fastest_mm_s,
				 rig_limits.speed_mm_s);
	}
	print_message("worst %.3f mm, settled at most %.2f s after the plan\n", worst, late);
	if (worst > tolerance_mm)
		fail_msg("%.3f mm from the target", worst);
}

static void canonical_arrives_within_2_mm(void **state)
{
	(void)state;
	arrives(-5000, 31000, 2.0);
}

static void legacy_arrives_within_1_mm(void **state)
{
	(void)state;
	arrives(100, 31000, 1.0);
}

static void arrives_although_calibrated_badly(void **state)
{
	struct ohtd_drive_rules rules = *rig_rules(OHT_PROFILE_CANONICAL);
	/* The correction needs room: at the limit a drive that is too slow stays behind. */
	struct ohtd_axis_caps caps = { INFINITY, INFINITY, 850, 100 };

	(void)state;
	assert_int_equal(ohtd_axis_set_caps(&rig.axis, &caps), OHTD_AXIS_OK);
	rules.full_speed_mm_s = OHT_SIM_FULL_SPEED_MM_S * 1.05;
	rules.position.lag_s = 0.1;
	assert_int_equal(ohtd_drive_init(&rig.drive, &rules), OHTD_DRIVE_OK);
	rig_place(&rig, 0);
	move(5000);
	assert_near(rig_rail(&rig)->position_mm, 5000, 2);
	move(20);
	assert_near(rig_rail(&rig)->position_mm, 20, 2);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_NO_FAULT);
}

static void arrives_with_load_and_slip(void **state)
{
	struct ohtd_axis_caps caps = { INFINITY, INFINITY, 850, 100 };

	(void)state;
	assert_int_equal(ohtd_axis_set_caps(&rig.axis, &caps), OHTD_AXIS_OK);
	rig_rail(&rig)->load_kg = 50;
	rig_rail(&rig)->slip_percent = 5;
	rig_place(&rig, 0);
	move(5000);
	assert_near(rig_rail(&rig)->position_mm, 5000, 2);
	move(4990);
	assert_near(rig_rail(&rig)->position_mm, 4990, 2);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_NO_FAULT);
}

static void follows_closely_on_the_way(void **state)
{
	double worst = 0;

	(void)state;
	assert_int_equal(ohtd_axis_move(&rig.axis, 8000), OHTD_AXIS_OK);
	while (!rig.sample.arrived) {
		rig_cycle(&rig);
		worst = fmax(worst, fabs(rig.sample.point.position_mm -
					 rig_rail(&rig)->position_mm));
	}
	print_message("at most %.1f mm behind\n", worst);
	assert_true(worst < 60);
}

static void turns_around_at_standstill_only(void **state)
{
	int i;

	(void)state;
	rig_place(&rig, 5000);
	/* rig_cycle() fails if it does not. */
	for (i = 0; i < 10; i++) {
		assert_int_equal(ohtd_axis_jog(&rig.axis, i & 1 ? -600 : 600), OHTD_AXIS_OK);
		rig_pass(&rig, 3);
		assert_true(rig_rail(&rig)->speed_mm_s * (i & 1 ? -1 : 1) > 100);
	}
	ohtd_axis_stop(&rig.axis);
	rig_pass(&rig, 5);
	assert_true(rig_rail(&rig)->speed_mm_s == 0);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_NO_FAULT);
}

/* 200 mm/s are 25.5 steps: the mean is right, although each set-point is not. */
static void keeps_speeds_between_two_steps(void **state)
{
	struct ohtd_drive_rules rules = *rig_rules(OHT_PROFILE_CANONICAL);
	double from, time_s = 20;

	(void)state;
	/* Without a correction that would make up for a wrong mean. */
	rules.gain_per_s = 0;
	assert_int_equal(ohtd_drive_init(&rig.drive, &rules), OHTD_DRIVE_OK);
	rig_place(&rig, 5000);
	assert_int_equal(ohtd_axis_jog(&rig.axis, 200), OHTD_AXIS_OK);
	rig_pass(&rig, 5);
	from = rig_rail(&rig)->position_mm;
	rig_pass(&rig, time_s);
	assert_near((rig_rail(&rig)->position_mm - from) / time_s, 200, 0.5);
}

static void begins_without_a_jump_after_a_stop(void **state)
{
	int i;

	(void)state;
	assert_int_equal(ohtd_axis_move(&rig.axis, 10000), OHTD_AXIS_OK);
	rig_pass(&rig, 5);
	/* The outputs fall: the brake stops the vehicle, the axis is told each cycle. */
	rig_write(&rig, "motor1_enable", 0);
	rig_write(&rig, "motor2_enable", 0);
	rig_write(&rig, "motor1_speed", 0);
	rig_write(&rig, "motor2_speed", 0);
	for (i = 0; i < 80; i++) {
		rig.now_ns += 25 * MS;
		oht_sim_world_advance(&rig.line.station.world, rig.now_ns);
		rig_place(&rig, rig_rail(&rig)->position_mm);
	}
	rig_write(&rig, "motor1_enable", 1);
	rig_write(&rig, "motor2_enable", 1);
	assert_int_equal(ohtd_axis_move(&rig.axis, 10000), OHTD_AXIS_OK);
	for (i = 0; i < 40; i++) {
		rig_cycle(&rig);
		assert_true(rig_rail(&rig)->speed_mm_s <= 400 * 0.025 * (i + 1));
		assert_true(rig_rail(&rig)->speed_mm_s >= 0);
	}
	rig_settle(&rig, 40);
	assert_near(rig_rail(&rig)->position_mm, 10000, 2);
}

/* ---- faults ---- */

static void finds_a_stall(void **state)
{
	int i;

	(void)state;
	rig_place(&rig, 5000);
	rig_write(&rig, "motor1_enable", 0);
	rig_write(&rig, "motor2_enable", 0);
	assert_int_equal(ohtd_axis_jog(&rig.axis, 100), OHTD_AXIS_OK);
	for (i = 0; i < 200 && !rig.drive.fault; i++)
		rig_cycle(&rig);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_STALLED);
	/* Kept, until begun anew. */
	ohtd_axis_stop(&rig.axis);
	rig_pass(&rig, 3);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_STALLED);
	rig_place(&rig, 5000);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_NO_FAULT);
}

/* The drive reports its speed, only the readings tell. */
static void finds_wheels_that_turn_on_the_spot(void **state)
{
	int i;

	(void)state;
	rig_place(&rig, 5000);
	assert_int_equal(ohtd_axis_jog(&rig.axis, 100), OHTD_AXIS_OK);
	rig_pass(&rig, 3);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_NO_FAULT);
	rig_rail(&rig)->slip_percent = 100;
	for (i = 0; i < 60 && !rig.drive.fault; i++)
		rig_cycle(&rig);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_STALLED);
	assert_true(rig_read(&rig, 4, "motor1_actual_speed") > 0);
}

static void finds_a_following_error(void **state)
{
	struct ohtd_drive_rules rules = *rig_rules(OHT_PROFILE_CANONICAL);
	int i;

	(void)state;
	rules.full_speed_mm_s = OHT_SIM_FULL_SPEED_MM_S * 1.5;
	assert_int_equal(ohtd_drive_init(&rig.drive, &rules), OHTD_DRIVE_OK);
	rig_place(&rig, 0);
	assert_int_equal(ohtd_axis_move(&rig.axis, 20000), OHTD_AXIS_OK);
	for (i = 0; i < 800 && !rig.drive.fault; i++)
		rig_cycle(&rig);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_FOLLOWING);
}

static void finds_that_it_does_not_settle(void **state)
{
	int i;

	(void)state;
	rig_place(&rig, 5000);
	/* 5 mm, too short for the other faults, and nothing moves. */
	rig_write(&rig, "motor1_enable", 0);
	rig_write(&rig, "motor2_enable", 0);
	assert_int_equal(ohtd_axis_move(&rig.axis, 5005), OHTD_AXIS_OK);
	for (i = 0; i < 800 && !rig.drive.fault; i++)
		rig_cycle(&rig);
	assert_int_equal(rig.drive.fault, OHTD_DRIVE_NOT_SETTLED);
	assert_false(rig.drive.settled);
}

static void does_not_settle_without_readings(void **state)
{
	(void)state;
	rig_place(&rig, 5000);
	assert_int_equal(ohtd_axis_move(&rig.axis, 5500), OHTD_AXIS_OK);
	rig_pass(&rig, 1);
	rig.deaf = true;
	rig_pass(&rig, 20);
	assert_int_equal(rig.drive.position.trust, OHTD_POSITION_SILENT);
	assert_true(rig.sample.arrived);
	assert_false(rig.drive.settled);
	assert_int_equal(rig.told.speed_raw, 0);
}

/* Something re-references the position behind our back. */
static void another_reference_is_not_trusted(void **state)
{
	struct oht_sim_unit *dock = oht_sim_station_unit(&rig.line.station, 5);
	const struct oht_register *reg = oht_regmap_find(dock->bank.map, "position_x");
	const uint16_t raw = 32700;

	(void)state;
	rig_place(&rig, 5000);
	assert_int_equal(oht_sim_bank_write(&dock->bank, reg->address, 1, &raw), OHT_SIM_OK);
	rig_pass(&rig, 1);
	assert_int_equal(rig.drive.position.trust, OHTD_POSITION_JUMPED);
	/* No correction from a position that is not trusted: the vehicle stands. */
	assert_int_equal(rig.told.speed_raw, 0);
}

/* Referenced so that 16 bits end on the rail. */
static void a_wrap_on_the_rail_is_not_trusted(void **state)
{
	struct oht_sim_unit *dock = oht_sim_station_unit(&rig.line.station, 5);
	const struct oht_register *reg = oht_regmap_find(dock->bank.map, "position_x");
	struct ohtd_axis_limits limits = rig_limits;
	const uint16_t raw = 32000;

	(void)state;
	limits.soft_max_mm = 40000;
	assert_int_equal(ohtd_axis_configure(&rig.axis, &limits), OHTD_AXIS_OK);
	rig_place(&rig, 5000);
	assert_int_equal(oht_sim_bank_write(&dock->bank, reg->address, 1, &raw), OHT_SIM_OK);
	rig_place(&rig, 5000);
	assert_near(rig.drive.position.estimate_mm, 32000, 1);
	assert_int_equal(ohtd_axis_move(&rig.axis, 35000), OHTD_AXIS_OK);
	rig_pass(&rig, 2);
	assert_int_equal(rig.drive.position.trust, OHTD_POSITION_TRUSTED);
	rig_pass(&rig, 2);
	assert_int_equal(rig.drive.position.trust, OHTD_POSITION_WRAPPED);
}

/* ---- at rest ---- */

/* What the drive reports and the position shows, again and again: for so long each, and so far in all. */
struct at_rest {
	const char *what;
	double speed_mm_s, moves_mm;	/* in each motion; the position may show it later */
	unsigned int motion_cycles, still_cycles, late_cycles, motions;
	bool turns_back;		/* each second one goes the other way */
	double most_mm;			/* of the position until the fault; 0: no fault */
};

static void stands(struct ohtd_drive *drive, unsigned int cycles, double speed_mm_s, double *position_mm, double moves_mm)
{
	const struct ohtd_axis_sample rest = { .arrived = false };

	for (unsigned int i = 0; i < cycles; i++) {
		*position_mm += moves_mm / cycles;
		const struct ohtd_drive_feedback feedback = {
			.position_mm = *position_mm, .speed_mm_s = speed_mm_s, .module_mm_s = NAN,
		};

		ohtd_drive_watch(drive, RIG_CYCLE_S, &feedback);
		ohtd_drive_step(drive, RIG_CYCLE_S, &rest, 0, &feedback);
	}
}

static void adds_up_what_it_moves_from_where_it_stands(void **state)
{
	static const struct at_rest cases[] = {
		{ "one motion", 100, 15, 6, 40, 0, 1, false, 15 },
		{ "bursts below the bar", 100, 5, 2, 40, 0, 20, false, 16 },
		{ "bursts that the position shows later", 100, 5, 2, 40, 8, 20, false, 16 },
		{ "a motion that the drive denies", 0, 10, 4, 0, 0, 10, false, 20 },
		{ "bursts that the drive denies", 0, 0.02, 1, 40, 0, 1000, false, 11 },
		{ "slower than standstill", 1.5, 3, 80, 4, 0, 20, false, 14 },
		{ "wheels that turn on the spot", 100, 0, 6, 40, 0, 1, false, 1 },
		{ "a speed that flickers", 16, 0, 10, 10, 0, 100, false, 0 },
		{ "a play in the gear", 100, 5, 2, 40, 0, 100, true, 0 },
		{ "a play that the drive denies", 0, 5, 4, 40, 0, 100, true, 0 },
		{ "a module that counts to and fro", 0, 2, 1, 4, 0, 1000, true, 0 },
		{ "a position that jumps", 0, 501, 1, 40, 0, 20, false, 0 },
		{ "a reading far away, and back", 0, 600, 1, 4, 0, 20, true, 0 },
		{ "a register that wraps", 0, 65536, 1, 40, 0, 20, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct at_rest *c = &cases[i];
		double position_mm = 1000, most_mm = 0;
		struct ohtd_drive drive;

		assert_int_equal(ohtd_drive_init(&drive, rig_rules(OHT_PROFILE_CANONICAL)), OHTD_DRIVE_OK);
		ohtd_drive_reset(&drive, position_mm);
		stands(&drive, 60, 0, &position_mm, 0);
		for (unsigned int n = 0; n < c->motions && !drive.beyond; n++) {
			double moves_mm = c->turns_back && n % 2 ? -c->moves_mm : c->moves_mm;

			stands(&drive, c->motion_cycles, c->speed_mm_s, &position_mm, c->late_cycles ? 0 : moves_mm);
			stands(&drive, c->late_cycles, 0, &position_mm, moves_mm);
			stands(&drive, c->still_cycles, 0, &position_mm, 0);
			most_mm = fmax(most_mm, fabs(position_mm - 1000));
		}
		if ((drive.beyond != OHTD_BEYOND_NOTHING) != (c->most_mm > 0) || (drive.beyond && most_mm > c->most_mm))
			fail_msg("%s: %d after %.1f mm", c->what, drive.beyond, most_mm);
	}
}

/* A jump between two flickers is none of theirs, and a motion that is led begins a new stand. */
static void forgets_what_was_before_the_stand(void **state)
{
	const struct ohtd_drive_feedback none = { .position_mm = NAN };
	double position_mm = 1000;
	struct ohtd_drive drive;

	(void)state;
	assert_int_equal(ohtd_drive_init(&drive, rig_rules(OHT_PROFILE_CANONICAL)), OHTD_DRIVE_OK);
	ohtd_drive_reset(&drive, position_mm);
	for (unsigned int n = 0; n < 10; n++) {
		stands(&drive, 60, 0, &position_mm, 0);
		stands(&drive, 10, 16, &position_mm, 0);
		stands(&drive, 60, 0, &position_mm, 0);
		stands(&drive, 1, 0, &position_mm, 800);
		stands(&drive, 3, 100, &position_mm, 6);
		drive.setpoint.speed_raw = 1;
		ohtd_drive_watch(&drive, RIG_CYCLE_S, &none);
		drive.setpoint.speed_raw = 0;
	}
	assert_int_equal(drive.beyond, OHTD_BEYOND_NOTHING);
}

/* A place that it is given anew, as after a silence of the module, is no reason to count from there; the outputs are. */
static void counts_on_where_it_is_given_a_place(void **state)
{
	double position_mm = 1000;
	struct ohtd_drive drive;

	(void)state;
	assert_int_equal(ohtd_drive_init(&drive, rig_rules(OHT_PROFILE_CANONICAL)), OHTD_DRIVE_OK);
	for (unsigned int n = 0; n < 10; n++) {
		ohtd_drive_off(&drive, position_mm, true);
		stands(&drive, 40, 0, &position_mm, 0);
		stands(&drive, 40, 0, &position_mm, 6);
		assert_int_equal(drive.beyond, OHTD_BEYOND_NOTHING);
	}
	ohtd_drive_reset(&drive, position_mm);
	stands(&drive, 40, 0, &position_mm, 6);
	assert_int_equal(drive.beyond, OHTD_BEYOND_STAND);
}

int main(void)
{
#define CANONICAL(f)	cmocka_unit_test_setup_teardown(f, open_canonical, shut)
#define LEGACY(f)	cmocka_unit_test_setup_teardown(f, open_legacy, shut)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_rules),
		cmocka_unit_test(estimates_between_readings),
		cmocka_unit_test(takes_the_age_of_a_reading_into_account),
		cmocka_unit_test(wrap_takes_the_trust_away),
		cmocka_unit_test(one_jump_is_left_out_three_are_not),
		cmocka_unit_test(silence_takes_the_trust_away),
		CANONICAL(canonical_arrives_within_2_mm),
		LEGACY(legacy_arrives_within_1_mm),
		CANONICAL(arrives_although_calibrated_badly),
		CANONICAL(arrives_with_load_and_slip),
		CANONICAL(follows_closely_on_the_way),
		CANONICAL(turns_around_at_standstill_only),
		LEGACY(turns_around_at_standstill_only),
		CANONICAL(keeps_speeds_between_two_steps),
		CANONICAL(begins_without_a_jump_after_a_stop),
		CANONICAL(finds_a_stall),
		CANONICAL(finds_wheels_that_turn_on_the_spot),
		CANONICAL(finds_a_following_error),
		CANONICAL(finds_that_it_does_not_settle),
		CANONICAL(does_not_settle_without_readings),
		CANONICAL(another_reference_is_not_trusted),
		CANONICAL(a_wrap_on_the_rail_is_not_trusted),
		cmocka_unit_test(adds_up_what_it_moves_from_where_it_stands),
		cmocka_unit_test(forgets_what_was_before_the_stand),
		cmocka_unit_test(counts_on_where_it_is_given_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
