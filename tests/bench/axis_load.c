// SPDX-License-Identifier: GPL-2.0-or-later
/* What a cycle of the motion room takes. Prints names and numbers: nanoseconds, and how many. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "motion/axis.h"
#include "motion/clearance.h"
#include "motion/drive.h"

#define CYCLE_S		0.025

static const struct ohtd_axis_limits limits = {
	.speed_mm_s = 1500, .accel_mm_s2 = 500, .decel_mm_s2 = 400, .stop_mm_s2 = 800,
	.jerk_mm_s3 = 2000, .soft_min_mm = -5000, .soft_max_mm = 30000,
	.slow_zone_mm = 2000, .slow_mm_s = 500,
};
static const struct ohtd_drive_rules rules = {
	.full_speed_mm_s = 2000, .full_raw = 255, .gain_per_s = 1, .correction_mm_s = 100,
	.dead_band_mm = 1, .settle_s = 0.2, .settle_max_s = 10, .standstill_mm_s = 2,
	.following_mm = 150, .following_s = 0.5, .stall_mm_s = 20, .stall_mm = 3, .stall_s = 1, .stray_mm = 10, .stand_s = 1,
	.position = { .lag_s = 0.15, .jump_mm = 500, .wrap_mm = 65536, .silent_s = 0.5,
		      .jumps_max = 3 },
};
static const struct ohtd_clearance clearance = {
	.sensor = { { OHTD_CLEARANCE_FORWARD, 1000, 2000 }, { OHTD_CLEARANCE_REVERSE, 500, 1000 },
		    { OHTD_CLEARANCE_FORWARD | OHTD_CLEARANCE_REVERSE, 100, 200 },
		    { OHTD_CLEARANCE_FORWARD | OHTD_CLEARANCE_REVERSE, 100, 200 } },
	.range_mm = 5000, .slow_mm_s = 300, .crawl_mm_s = 20, .reaction_s = 0.1,
};

static struct ohtd_axis axis;
static struct ohtd_drive drive;
/* Each result goes here, so that no work is left out. */
static volatile double kept;

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double place(unsigned int *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % 30000;
}

/* A target in each turn, from wherever the axis is then. */
static void measure_plans(long n)
{
	unsigned int seed = 1;
	double sum = 0;
	struct ohtd_axis_sample s;
	long i;

	for (i = 0; i < n; i++) {
		double target = place(&seed), begin = now_ns();

		ohtd_axis_move(&axis, target);
		sum += now_ns() - begin;
		ohtd_axis_step(&axis, 0.9, &s);
		kept = s.point.position_mm;
	}
	printf("plan_ns %.0f ", sum / (double)n);
}

/* The whole cycle with caps that change each time: the most work that there is. */
static void measure_cycles(long n)
{
	struct ohtd_ramps ramps = { limits.accel_mm_s2, limits.decel_mm_s2, limits.jerk_mm_s3 };
	struct ohtd_axis_caps caps = { INFINITY, INFINITY, INFINITY, 100 };
	struct ohtd_drive_feedback feedback = { NAN, NAN, OHTD_DRIVE_FORWARD };
	unsigned int seed = 1;
	struct ohtd_axis_sample s;
	double begin = now_ns();
	long i;

	for (i = 0; i < n; i++) {
		double distance[OHTD_CLEARANCE_SENSORS] = { 2000 + place(&seed) / 10, 5000, 5000,
							    5000 };

		if (i % 400 == 0)
			ohtd_axis_move(&axis, place(&seed));
		ohtd_clearance_caps(&clearance, &ramps, distance, &caps.forward_mm_s,
				    &caps.reverse_mm_s);
		ohtd_axis_set_caps(&axis, &caps);
		ohtd_axis_step(&axis, CYCLE_S, &s);
		feedback.position_mm = i % 4 ? NAN : s.point.position_mm;
		kept = ohtd_drive_step(&drive, CYCLE_S, &s, limits.speed_mm_s, &feedback).speed_raw;
	}
	printf("cycle_ns %.0f ", (now_ns() - begin) / (double)n);
}

/* Without changes: what most cycles are. */
static void measure_steps(long n)
{
	struct ohtd_axis_sample s;
	double begin;
	long i;

	ohtd_axis_reset(&axis, 0, 0);
	begin = now_ns();
	for (i = 0; i < n; i++) {
		if (i % 1000 == 0)
			ohtd_axis_move(&axis, i / 1000 % 2 ? 0 : 20000);
		ohtd_axis_step(&axis, CYCLE_S, &s);
		kept = s.point.position_mm;
	}
	printf("step_ns %.0f count %ld\n", (now_ns() - begin) / (double)n, n);
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 0;

	if (n < 1 || ohtd_axis_init(&axis, &limits) || ohtd_drive_init(&drive, &rules)) {
		fprintf(stderr, "usage: axis_load COUNT\n");
		return 1;
	}
	ohtd_drive_reset(&drive, 0);
	measure_plans(n);
	measure_cycles(n);
	measure_steps(n);
	return 0;
}
