// SPDX-License-Identifier: GPL-2.0-or-later
/* The axis: what it refuses, and the shape of single motions. Random ones: test_axis_random.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "motion/axis.h"
#include "near.h"

#define CYCLE_S		0.025
#define CYCLES_MAX	24000l
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const struct ohtd_axis_limits usual = {
	.speed_mm_s = 1000, .accel_mm_s2 = 500, .decel_mm_s2 = 400, .stop_mm_s2 = 800,
	.jerk_mm_s3 = 2000, .soft_min_mm = -5000, .soft_max_mm = 30000,
};
static const struct ohtd_axis_caps open_way = { INFINITY, INFINITY, INFINITY, 100 };

static struct ohtd_axis axis;

static struct ohtd_axis_sample step(void)
{
	struct ohtd_axis_sample s;

	assert_int_equal(ohtd_axis_step(&axis, CYCLE_S, &s), OHTD_AXIS_OK);
	return s;
}

static struct ohtd_axis_sample pass(double time_s)
{
	struct ohtd_axis_sample s;
	long n = lround(time_s / CYCLE_S);

	assert_int_equal(ohtd_axis_step(&axis, 0, &s), OHTD_AXIS_OK);
	while (n-- > 0)
		s = step();
	return s;
}

/* Until it rests; the fastest speed on the way there. */
static double run(struct ohtd_axis_sample *s)
{
	double fastest = 0;
	long cycles;

	*s = pass(0);
	for (cycles = 0; s->left_s > 0; cycles++) {
		if (cycles > CYCLES_MAX)
			fail_msg("not at rest after %ld cycles", cycles);
		*s = step();
		fastest = fmax(fastest, fabs(s->point.speed_mm_s));
	}
	return fastest;
}

static void begin(const struct ohtd_axis_limits *limits, double position_mm)
{
	assert_int_equal(ohtd_axis_init(&axis, limits), OHTD_AXIS_OK);
	assert_int_equal(ohtd_axis_reset(&axis, position_mm, 0), OHTD_AXIS_OK);
}

static void assert_rests_at(const struct ohtd_axis_sample *s, double position_mm)
{
	assert_true(s->point.position_mm == position_mm);
	assert_true(s->point.speed_mm_s == 0);
	assert_true(s->point.accel_mm_s2 == 0);
	assert_int_equal(s->phase, OHTD_AXIS_STANDING);
}

/* ---- refusals ---- */

static void refuses_limits(void **state)
{
	static const struct {
		size_t member;
		double value;
		enum ohtd_axis_refusal refusal;
	} bad[] = {
#define BAD(m, v, r)	{ offsetof(struct ohtd_axis_limits, m), v, OHTD_AXIS_BAD_##r }
		BAD(speed_mm_s, 0, SPEED), BAD(speed_mm_s, -1, SPEED), BAD(speed_mm_s, NAN, SPEED),
		BAD(speed_mm_s, INFINITY, SPEED), BAD(speed_mm_s, 0.09, SPEED),
		BAD(accel_mm_s2, 0, ACCEL), BAD(accel_mm_s2, -5, ACCEL),
		BAD(accel_mm_s2, NAN, ACCEL), BAD(accel_mm_s2, INFINITY, ACCEL),
		BAD(decel_mm_s2, 0, DECEL), BAD(decel_mm_s2, NAN, DECEL),
		BAD(decel_mm_s2, INFINITY, DECEL), BAD(decel_mm_s2, -400, DECEL),
		BAD(stop_mm_s2, 399, STOP), BAD(stop_mm_s2, NAN, STOP),
		BAD(stop_mm_s2, INFINITY, STOP), BAD(jerk_mm_s3, 0, JERK),
		BAD(jerk_mm_s3, -2000, JERK), BAD(jerk_mm_s3, NAN, JERK),
		BAD(jerk_mm_s3, INFINITY, JERK), BAD(soft_min_mm, 30000, SOFT_LIMITS),
		BAD(soft_min_mm, NAN, SOFT_LIMITS), BAD(soft_max_mm, NAN, SOFT_LIMITS),
		BAD(soft_max_mm, -5001, SOFT_LIMITS), BAD(soft_max_mm, 1e300, SOFT_LIMITS),
		BAD(soft_min_mm, INFINITY, SOFT_LIMITS), BAD(slow_zone_mm, -1, SLOW_ZONE),
		BAD(slow_zone_mm, NAN, SLOW_ZONE), BAD(slow_zone_mm, INFINITY, SLOW_ZONE),
		BAD(slow_zone_mm, 2000, SLOW_ZONE) /* its speed is 0 */
	};
	struct ohtd_axis before;
	size_t i;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 4000), OHTD_AXIS_OK);
	pass(2);
	before = axis;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ohtd_axis_limits limits = usual;
		struct ohtd_axis other;

		memcpy((char *)&limits + bad[i].member, &bad[i].value, sizeof(double));
		if (ohtd_axis_configure(&axis, &limits) != bad[i].refusal)
			fail_msg("row %zu: %s", i,
				 ohtd_axis_refusal_text(ohtd_axis_configure(&axis, &limits)));
		assert_memory_equal(&axis, &before, sizeof(axis));
		assert_int_equal(ohtd_axis_init(&other, &limits), bad[i].refusal);
	}
}

static void refuses_limits_that_exclude_the_target(void **state)
{
	struct ohtd_axis_limits limits = usual;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 20000), OHTD_AXIS_OK);
	pass(1);
	limits.soft_max_mm = 19999;
	assert_int_equal(ohtd_axis_configure(&axis, &limits), OHTD_AXIS_BAD_SOFT_LIMITS);
	limits.soft_max_mm = 20000;
	assert_int_equal(ohtd_axis_configure(&axis, &limits), OHTD_AXIS_OK);
	ohtd_axis_stop(&axis);
	limits.soft_max_mm = 19999;
	assert_int_equal(ohtd_axis_configure(&axis, &limits), OHTD_AXIS_OK);
}

static void refuses_goals(void **state)
{
	struct ohtd_axis_sample s;
	struct ohtd_axis before;

	(void)state;
	begin(&usual, 100);
	assert_int_equal(ohtd_axis_move(&axis, 4000), OHTD_AXIS_OK);
	pass(1);
	before = axis;
	assert_int_equal(ohtd_axis_move(&axis, -5000.001), OHTD_AXIS_BELOW_SOFT_LIMIT);
	assert_int_equal(ohtd_axis_move(&axis, 30000.001), OHTD_AXIS_ABOVE_SOFT_LIMIT);
	assert_int_equal(ohtd_axis_move(&axis, NAN), OHTD_AXIS_BAD_TARGET);
	assert_int_equal(ohtd_axis_move(&axis, INFINITY), OHTD_AXIS_BAD_TARGET);
	assert_int_equal(ohtd_axis_move(&axis, -1e9), OHTD_AXIS_BAD_TARGET);
	assert_int_equal(ohtd_axis_jog(&axis, 0), OHTD_AXIS_BAD_JOG_SPEED);
	assert_int_equal(ohtd_axis_jog(&axis, 0.09), OHTD_AXIS_BAD_JOG_SPEED);
	assert_int_equal(ohtd_axis_jog(&axis, NAN), OHTD_AXIS_BAD_JOG_SPEED);
	assert_int_equal(ohtd_axis_jog(&axis, -INFINITY), OHTD_AXIS_BAD_JOG_SPEED);
	assert_int_equal(ohtd_axis_reset(&axis, NAN, 0), OHTD_AXIS_BAD_POSITION);
	assert_int_equal(ohtd_axis_reset(&axis, 0, INFINITY), OHTD_AXIS_BAD_POSITION);
	assert_int_equal(ohtd_axis_step(&axis, -0.001, &s), OHTD_AXIS_BAD_CYCLE);
	assert_int_equal(ohtd_axis_step(&axis, 1.5, &s), OHTD_AXIS_BAD_CYCLE);
	assert_int_equal(ohtd_axis_step(&axis, NAN, &s), OHTD_AXIS_BAD_CYCLE);
	assert_memory_equal(&axis, &before, sizeof(axis));
}

static void refuses_caps(void **state)
{
	struct ohtd_axis_caps caps;
	struct ohtd_axis before;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 4000), OHTD_AXIS_OK);
	before = axis;
	caps = (struct ohtd_axis_caps){ -1, INFINITY, INFINITY, 100 };
	assert_int_equal(ohtd_axis_set_caps(&axis, &caps), OHTD_AXIS_BAD_CAP);
	caps = (struct ohtd_axis_caps){ INFINITY, NAN, INFINITY, 100 };
	assert_int_equal(ohtd_axis_set_caps(&axis, &caps), OHTD_AXIS_BAD_CAP);
	caps = (struct ohtd_axis_caps){ INFINITY, INFINITY, NAN, 100 };
	assert_int_equal(ohtd_axis_set_caps(&axis, &caps), OHTD_AXIS_BAD_CAP);
	caps = (struct ohtd_axis_caps){ INFINITY, INFINITY, INFINITY, 0.9 };
	assert_int_equal(ohtd_axis_set_caps(&axis, &caps), OHTD_AXIS_BAD_OVERRIDE);
	caps.override_percent = 100.1;
	assert_int_equal(ohtd_axis_set_caps(&axis, &caps), OHTD_AXIS_BAD_OVERRIDE);
	caps.override_percent = NAN;
	assert_int_equal(ohtd_axis_set_caps(&axis, &caps), OHTD_AXIS_BAD_OVERRIDE);
	assert_memory_equal(&axis, &before, sizeof(axis));
}

static void refuses_a_jog_outwards(void **state)
{
	(void)state;
	begin(&usual, 30500);
	assert_int_equal(ohtd_axis_jog(&axis, 100), OHTD_AXIS_ABOVE_SOFT_LIMIT);
	assert_int_equal(ohtd_axis_jog(&axis, -100), OHTD_AXIS_OK);
	begin(&usual, -5000);
	assert_int_equal(ohtd_axis_jog(&axis, -100), OHTD_AXIS_BELOW_SOFT_LIMIT);
	assert_int_equal(ohtd_axis_jog(&axis, 100), OHTD_AXIS_OK);
}

static void each_refusal_has_words(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < OHTD_AXIS_REFUSALS; i++)
		assert_true(strlen(ohtd_axis_refusal_text(i)) > 5);
	assert_string_equal(ohtd_axis_refusal_text(OHTD_AXIS_REFUSALS), "unknown");
}

/* ---- moves ---- */

/* v/a + a/j for each ramp, their mean speed is half; the rest at full speed. */
static void long_move_takes_the_time_of_its_formula(void **state)
{
	double up_s = 1000.0 / 500 + 500.0 / 2000, down_s = 1000.0 / 400 + 400.0 / 2000;
	double way_mm = 20000 - 1000 * (up_s + down_s) / 2;
	struct ohtd_axis_sample s;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 20000), OHTD_AXIS_OK);
	s = pass(0);
	assert_near(s.left_s, up_s + down_s + way_mm / 1000, 1e-9);
	assert_false(s.arrived);
	assert_near(run(&s), 1000, 1e-6);
	assert_true(s.arrived);
	assert_rests_at(&s, 20000);
}

static void passes_all_phases_in_order(void **state)
{
	enum ohtd_axis_phase phase = OHTD_AXIS_STANDING;
	struct ohtd_axis_sample s;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, -4900), OHTD_AXIS_OK);
	for (s = step(); s.phase != OHTD_AXIS_STANDING; s = step()) {
		assert_true(s.phase == phase || (int)s.phase == (int)phase + 1);
		phase = s.phase;
	}
	assert_int_equal(phase, OHTD_AXIS_BRAKE_FALLS);
	assert_rests_at(&s, -4900);
}

static void short_and_zero_moves(void **state)
{
	static const double ways[] = { 1000, 1, 0.01, 1e-6, 1e-12, 0, -1e-6, -1 };
	struct ohtd_axis_sample s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		begin(&usual, 1);
		assert_int_equal(ohtd_axis_move(&axis, 1 + ways[i]), OHTD_AXIS_OK);
		run(&s);
		assert_true(s.arrived);
		assert_rests_at(&s, 1 + ways[i]);
	}
}

static void target_behind_is_reached_by_a_stop(void **state)
{
	double furthest = 0, stop_mm, from_mm;
	struct ohtd_axis_sample s;
	struct ohtd_ramps ramps = { usual.accel_mm_s2, usual.decel_mm_s2, usual.jerk_mm_s3 };

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 20000), OHTD_AXIS_OK);
	s = pass(6);
	from_mm = s.point.position_mm;
	stop_mm = ohtd_curve_change_mm(s.point.speed_mm_s, s.point.accel_mm_s2, 0, &ramps);
	assert_int_equal(ohtd_axis_move(&axis, from_mm + stop_mm / 2), OHTD_AXIS_OK);
	while (!s.arrived) {
		s = step();
		furthest = fmax(furthest, s.point.position_mm);
	}
	assert_near(furthest, from_mm + stop_mm, 0.1);
	assert_rests_at(&s, from_mm + stop_mm / 2);
}

static void stops_with_its_own_deceleration(void **state)
{
	struct ohtd_axis_sample s;
	double stop_mm, from_mm, hardest = 0;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 20000), OHTD_AXIS_OK);
	s = pass(6);
	from_mm = s.point.position_mm;
	stop_mm = ohtd_axis_stopping_mm(&axis);
	assert_near(stop_mm, 1000 * (1000.0 / 800 + 800.0 / 2000) / 2, 1e-6);
	ohtd_axis_stop(&axis);
	while (s.phase != OHTD_AXIS_STANDING) {
		s = step();
		hardest = fmin(hardest, s.point.accel_mm_s2);
	}
	assert_near(hardest, -800, 1e-9);
	assert_near(s.point.position_mm, from_mm + stop_mm, 1e-6);
	assert_false(s.arrived);
	assert_true(s.left_s == 0);
}

static void starts_where_feedback_says(void **state)
{
	struct ohtd_axis_sample s;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 20000), OHTD_AXIS_OK);
	pass(5);
	assert_int_equal(ohtd_axis_reset(&axis, 1234, 0), OHTD_AXIS_OK);
	s = pass(1);
	assert_rests_at(&s, 1234);
	assert_int_equal(ohtd_axis_move(&axis, 2000), OHTD_AXIS_OK);
	s = step();
	assert_near(s.point.position_mm, 1234, 0.01);
	/* Rolling: brought to rest from the speed that it has. */
	assert_int_equal(ohtd_axis_reset(&axis, 0, 300), OHTD_AXIS_OK);
	s = step();
	assert_near(s.point.speed_mm_s, 300, 1);
	run(&s);
	assert_true(s.point.position_mm > 50 && s.point.speed_mm_s == 0);
}

static void comes_back_from_outside_the_soft_limits(void **state)
{
	struct ohtd_axis_sample s;

	(void)state;
	begin(&usual, 31000);
	assert_int_equal(ohtd_axis_move(&axis, 29000), OHTD_AXIS_OK);
	run(&s);
	assert_rests_at(&s, 29000);
}

/* ---- jog ---- */

static void jog_ends_at_the_soft_limit(void **state)
{
	struct ohtd_axis_sample s;

	(void)state;
	begin(&usual, 29000);
	assert_int_equal(ohtd_axis_jog(&axis, 300), OHTD_AXIS_OK);
	assert_near(run(&s), 300, 1e-6);
	assert_rests_at(&s, 30000);
	assert_false(s.arrived);
}

static void jog_without_soft_limit_goes_on(void **state)
{
	struct ohtd_axis_limits limits = usual;
	struct ohtd_axis_sample s;

	(void)state;
	limits.soft_min_mm = -INFINITY;
	limits.soft_max_mm = INFINITY;
	begin(&limits, 0);
	assert_int_equal(ohtd_axis_jog(&axis, -300), OHTD_AXIS_OK);
	s = pass(100);
	assert_near(s.point.speed_mm_s, -300, 1e-9);
	assert_true(isinf(s.left_s));
	assert_true(s.point.position_mm < -29000);
	assert_int_equal(ohtd_axis_jog(&axis, 200), OHTD_AXIS_OK);
	s = pass(20);
	assert_near(s.point.speed_mm_s, 200, 1e-9);
	ohtd_axis_stop(&axis);
	run(&s);
	assert_true(s.point.speed_mm_s == 0);
}

/* ---- caps ---- */

static void the_smallest_cap_counts(void **state)
{
	static const struct {
		struct ohtd_axis_caps caps;
		double forward, reverse;
	} row[] = {
		{ { INFINITY, INFINITY, INFINITY, 100 }, 1000, 1000 },
		{ { 400, INFINITY, INFINITY, 100 }, 400, 1000 },
		{ { INFINITY, 300, INFINITY, 100 }, 1000, 300 },
		{ { 400, 300, 250, 100 }, 250, 250 },
		{ { 400, 300, 250, 20 }, 200, 200 },
		{ { 150, 300, 250, 20 }, 150, 200 },
	};
	struct ohtd_axis_sample s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		begin(&usual, 0);
		assert_int_equal(ohtd_axis_set_caps(&axis, &row[i].caps), OHTD_AXIS_OK);
		assert_int_equal(ohtd_axis_move(&axis, 8000), OHTD_AXIS_OK);
		assert_near(run(&s), row[i].forward, 1e-6);
		assert_int_equal(ohtd_axis_move(&axis, 0), OHTD_AXIS_OK);
		assert_near(run(&s), row[i].reverse, 1e-6);
		assert_rests_at(&s, 0);
	}
}

static void cap_of_zero_holds_the_goal(void **state)
{
	struct ohtd_axis_caps shut = open_way;
	struct ohtd_axis_sample s;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 8000), OHTD_AXIS_OK);
	pass(4);
	shut.forward_mm_s = 0;
	assert_int_equal(ohtd_axis_set_caps(&axis, &shut), OHTD_AXIS_OK);
	s = pass(10);
	assert_int_equal(s.phase, OHTD_AXIS_STANDING);
	assert_true(isinf(s.left_s) && !s.arrived);
	/* The way back is open: another target, then the first one again. */
	assert_int_equal(ohtd_axis_move(&axis, 100), OHTD_AXIS_OK);
	run(&s);
	assert_rests_at(&s, 100);
	assert_int_equal(ohtd_axis_move(&axis, 8000), OHTD_AXIS_OK);
	s = pass(5);
	assert_true(s.point.position_mm == 100 && !s.arrived);
	assert_int_equal(ohtd_axis_set_caps(&axis, &open_way), OHTD_AXIS_OK);
	run(&s);
	assert_rests_at(&s, 8000);
}

static void falling_cap_is_followed_within_the_ramps(void **state)
{
	struct ohtd_axis_caps caps = open_way;
	struct ohtd_axis_sample s;
	double over = 0;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 20000), OHTD_AXIS_OK);
	pass(5);
	/* 200 mm/s2, less than the deceleration: the speed stays behind by the jerk's lag only. */
	for (caps.forward_mm_s = 1000; caps.forward_mm_s > 100; caps.forward_mm_s -= 5) {
		assert_int_equal(ohtd_axis_set_caps(&axis, &caps), OHTD_AXIS_OK);
		s = step();
		assert_true(s.point.accel_mm_s2 >= -400 - 1e-6);
		over = fmax(over, s.point.speed_mm_s - caps.forward_mm_s);
	}
	assert_true(over < 25);
	assert_near(run(&s), 105, 25);
	assert_rests_at(&s, 20000);
}

static void slows_down_before_the_target(void **state)
{
	struct ohtd_axis_limits limits = usual;
	struct ohtd_axis_sample s;
	double fastest;
	int from;

	(void)state;
	limits.slow_zone_mm = 2000;
	limits.slow_mm_s = 250;
	for (from = 0; from <= 9900; from += 330) {
		begin(&limits, from);
		assert_int_equal(ohtd_axis_move(&axis, 10000), OHTD_AXIS_OK);
		for (s = step(), fastest = 0; !s.arrived; s = step())
			if (10000 - s.point.position_mm < 2000)
				fastest = fmax(fastest, s.point.speed_mm_s);
		assert_true(fastest <= 250 * (1 + 1e-6));
		assert_rests_at(&s, 10000);
	}
	/* A jog knows no target, so it has no such zone. */
	begin(&limits, 27000);
	assert_int_equal(ohtd_axis_jog(&axis, 800), OHTD_AXIS_OK);
	assert_near(run(&s), 800, 1e-6);
}

/* Too fast for the stop from the zone's speed: the zone begins earlier. */
static void slow_zone_shorter_than_its_braking(void **state)
{
	struct ohtd_axis_limits limits = usual;
	struct ohtd_axis_sample s;

	(void)state;
	limits.slow_zone_mm = 10;
	limits.slow_mm_s = 500;
	begin(&limits, 0);
	assert_int_equal(ohtd_axis_move(&axis, 10000), OHTD_AXIS_OK);
	assert_near(run(&s), 1000, 1e-6);
	assert_rests_at(&s, 10000);
}

static void lowered_limits_are_reached_in_motion(void **state)
{
	struct ohtd_axis_limits low = usual;
	struct ohtd_axis_sample s, before;

	(void)state;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 20000), OHTD_AXIS_OK);
	before = pass(1.5);
	low.speed_mm_s = 200;
	low.accel_mm_s2 = 50;
	low.decel_mm_s2 = 100;
	assert_int_equal(ohtd_axis_configure(&axis, &low), OHTD_AXIS_OK);
	s = pass(0);
	assert_memory_equal(&s.point, &before.point, sizeof(s.point));
	s = pass(9);
	assert_near(s.point.speed_mm_s, 200, 1e-6);
	run(&s);
	assert_rests_at(&s, 20000);
}

/* With less jerk at once the acceleration would last too long, and the speed pass its limit. */
static void lower_jerk_waits_for_standstill(void **state)
{
	struct ohtd_axis_limits low = usual;
	struct ohtd_axis_sample s;

	(void)state;
	low.jerk_mm_s3 = 100;
	begin(&usual, 0);
	assert_int_equal(ohtd_axis_move(&axis, 20000), OHTD_AXIS_OK);
	s = pass(1.9);
	assert_true(s.point.accel_mm_s2 > 400);
	assert_int_equal(ohtd_axis_configure(&axis, &low), OHTD_AXIS_OK);
	assert_true(run(&s) <= 1000 * (1 + 1e-6));
	assert_int_equal(ohtd_axis_move(&axis, 0), OHTD_AXIS_OK);
	s = step();
	assert_near(s.jerk_mm_s3, -100, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_limits),
		cmocka_unit_test(refuses_limits_that_exclude_the_target),
		cmocka_unit_test(refuses_goals),
		cmocka_unit_test(refuses_caps),
		cmocka_unit_test(refuses_a_jog_outwards),
		cmocka_unit_test(each_refusal_has_words),
		cmocka_unit_test(long_move_takes_the_time_of_its_formula),
		cmocka_unit_test(passes_all_phases_in_order),
		cmocka_unit_test(short_and_zero_moves),
		cmocka_unit_test(target_behind_is_reached_by_a_stop),
		cmocka_unit_test(stops_with_its_own_deceleration),
		cmocka_unit_test(starts_where_feedback_says),
		cmocka_unit_test(comes_back_from_outside_the_soft_limits),
		cmocka_unit_test(jog_ends_at_the_soft_limit),
		cmocka_unit_test(jog_without_soft_limit_goes_on),
		cmocka_unit_test(the_smallest_cap_counts),
		cmocka_unit_test(cap_of_zero_holds_the_goal),
		cmocka_unit_test(falling_cap_is_followed_within_the_ramps),
		cmocka_unit_test(slows_down_before_the_target),
		cmocka_unit_test(slow_zone_shorter_than_its_braking),
		cmocka_unit_test(lowered_limits_are_reached_in_motion),
		cmocka_unit_test(lower_jerk_waits_for_standstill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
