// SPDX-License-Identifier: GPL-2.0-or-later
/* Speed from the free way: the rule, and an axis that drives towards an obstacle by it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "motion/axis.h"
#include "motion/clearance.h"
#include "near.h"

#define CYCLE_S		0.025
#define FORWARD		OHTD_CLEARANCE_FORWARD
#define REVERSE		OHTD_CLEARANCE_REVERSE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Front, rear, left, right. */
static const struct ohtd_clearance usual = {
	.sensor = { { FORWARD, 1000, 2000 }, { REVERSE, 500, 1000 },
		    { FORWARD | REVERSE, 100, 200 }, { 0, 0, 0 } },
	.range_mm = 5000, .slow_mm_s = 300, .crawl_mm_s = 20, .reaction_s = 0.05,
};
static const struct ohtd_ramps ramps = { 500, 400, 2000 };

static void refuses_parameters(void **state)
{
	static const struct {
		size_t member;
		double value;
		unsigned int sensor;
		enum ohtd_clearance_refusal refusal;
	} bad[] = {
#define BAD(m, v, s, r)	{ offsetof(struct ohtd_clearance, m), v, s, OHTD_CLEARANCE_BAD_##r }
		BAD(range_mm, 0, 0, RANGE), BAD(range_mm, NAN, 0, RANGE),
		BAD(range_mm, INFINITY, 0, RANGE), BAD(slow_mm_s, -1, 0, SLOW_SPEED),
		BAD(slow_mm_s, NAN, 0, SLOW_SPEED), BAD(reaction_s, -0.1, 0, REACTION),
		BAD(crawl_mm_s, -1, 0, CRAWL),
		BAD(crawl_mm_s, 301, 0, CRAWL), BAD(crawl_mm_s, NAN, 0, CRAWL),
		BAD(reaction_s, 6, 0, REACTION), BAD(reaction_s, NAN, 0, REACTION),
		BAD(sensor[0].stop_mm, -1, 0, STOP_ZONE), BAD(sensor[1].stop_mm, NAN, 1, STOP_ZONE),
		BAD(sensor[2].stop_mm, 5001, 2, STOP_ZONE), BAD(sensor[0].slow_mm, 999, 0, SLOW_ZONE),
		BAD(sensor[1].slow_mm, 5001, 1, SLOW_ZONE), BAD(sensor[2].slow_mm, NAN, 2, SLOW_ZONE),
	};
	struct ohtd_clearance c = usual;
	unsigned int sensor;
	size_t i;

	(void)state;
	assert_int_equal(ohtd_clearance_check(&c, &sensor), OHTD_CLEARANCE_OK);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		c = usual;
		*(double *)((char *)&c + bad[i].member) = bad[i].value;
		assert_int_equal(ohtd_clearance_check(&c, &sensor), bad[i].refusal);
		assert_int_equal(sensor, bad[i].sensor);
	}
	c = usual;
	c.sensor[3].ways = 4;
	assert_int_equal(ohtd_clearance_check(&c, &sensor), OHTD_CLEARANCE_BAD_WAYS);
	assert_int_equal(sensor, 3);
	/* What is not used need not make sense. */
	c.sensor[3] = (struct ohtd_clearance_sensor){ 0, NAN, -1 };
	assert_int_equal(ohtd_clearance_check(&c, &sensor), OHTD_CLEARANCE_OK);
}

static void room_and_speed_belong_together(void **state)
{
	double v = 0.5;
	int i;

	(void)state;
	for (i = 0; i < 18; i++) {
		double room = v * (0.05 + 0.45) + ohtd_curve_change_mm(v, 0, 0, &ramps);

		assert_near(ohtd_clearance_mm_s(room, 0.05, &ramps), v, 1e-6 * v + 1e-6);
		v *= 1.7;
	}
	assert_true(ohtd_clearance_mm_s(0, 0.05, &ramps) == 0);
	assert_true(ohtd_clearance_mm_s(-5, 0.05, &ramps) == 0);
	assert_true(ohtd_clearance_mm_s(NAN, 0.05, &ramps) == 0);
	assert_true(isinf(ohtd_clearance_mm_s(INFINITY, 0.05, &ramps)));
}

static void caps(double d1, double d2, double d3, double *forward, double *reverse)
{
	const double distance[OHTD_CLEARANCE_SENSORS] = { d1, d2, d3, NAN };

	ohtd_clearance_caps(&usual, &ramps, distance, forward, reverse);
}

static void each_sensor_counts_for_its_way(void **state)
{
	double forward, reverse;

	(void)state;
	caps(5000, 5000, 5000, &forward, &reverse);
	assert_true(forward > 1000 && reverse > forward);
	caps(1999, 5000, 5000, &forward, &reverse);
	assert_near(forward, 300, 1e-9);
	assert_true(reverse > 1000);
	caps(1000, 5000, 5000, &forward, &reverse);
	assert_true(forward == 20 && reverse > 1000);
	caps(999, 5000, 5000, &forward, &reverse);
	assert_true(forward == 0 && reverse > 1000);
	caps(5000, 400, 5000, &forward, &reverse);
	assert_true(forward > 1000 && reverse == 0);
	caps(5000, 5000, 99, &forward, &reverse);
	assert_true(forward == 0 && reverse == 0);
}

static void invalid_distance_stops(void **state)
{
	static const double invalid[] = { NAN, -1, 5001, 65535, INFINITY, -INFINITY };
	double forward, reverse;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(invalid); i++) {
		caps(invalid[i], 5000, 5000, &forward, &reverse);
		assert_true(forward == 0 && reverse > 1000);
	}
}

/* By the rule, cycle by cycle, until the axis rests. */
static void drive_up_to(double wall_mm, double speed_mm_s)
{
	const double deepest = 20 * CYCLE_S + ohtd_curve_change_mm(20, 0, 0, &ramps) + 1e-6;
	struct ohtd_axis_limits l = { speed_mm_s, 500, 400, 800, 2000, -1e6, 1e6, 0, 0 };
	struct ohtd_axis_caps c = { INFINITY, INFINITY, INFINITY, 100 };
	struct ohtd_axis_sample s = { .point = { 0, 0, 0 } };
	struct ohtd_axis axis;
	int i;

	assert_int_equal(ohtd_axis_init(&axis, &l), 0);
	assert_int_equal(ohtd_axis_move(&axis, 50000), 0);
	for (i = 0; i < 12000 && (i < 40 || s.phase != OHTD_AXIS_STANDING); i++) {
		caps(fmin(wall_mm - s.point.position_mm, 5000), 5000, 5000, &c.forward_mm_s,
		     &c.reverse_mm_s);
		assert_int_equal(ohtd_axis_set_caps(&axis, &c), 0);
		assert_int_equal(ohtd_axis_step(&axis, CYCLE_S, &s), 0);
		assert_true(s.point.speed_mm_s <= speed_mm_s * (1 + 1e-6));
		assert_true(s.point.accel_mm_s2 >= -400 * (1 + 1e-6));
		assert_true(s.point.position_mm <= wall_mm - 1000 + deepest);
	}
	assert_true(s.point.position_mm > wall_mm - 1000);
	assert_int_equal(s.phase, OHTD_AXIS_STANDING);
}

/* From each distance and speed limit: the axis rests just inside of the stop zone. */
static void drives_up_to_an_obstacle(void **state)
{
	int wall_mm, speed_mm_s;

	(void)state;
	for (wall_mm = 6000; wall_mm <= 12000; wall_mm += 770)
		for (speed_mm_s = 100; speed_mm_s <= 2000; speed_mm_s += 190)
			drive_up_to(wall_mm, speed_mm_s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_parameters),
		cmocka_unit_test(room_and_speed_belong_together),
		cmocka_unit_test(each_sensor_counts_for_its_way),
		cmocka_unit_test(invalid_distance_stops),
		cmocka_unit_test(drives_up_to_an_obstacle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
