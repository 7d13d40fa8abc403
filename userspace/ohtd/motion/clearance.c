// SPDX-License-Identifier: GPL-2.0-or-later
/* Speed from free way. */
#include "motion/clearance.h"

#include <math.h>

#define SPEED_MAX_MM_S		1e5
#define REACTION_MAX_S		5.0
/* Leaves 0.1 um/s of 100 m/s. */
#define HALVINGS		40

/* Not a number is not within. */
static bool within(double value, double least, double most)
{
	return value >= least && value <= most;
}

enum ohtd_clearance_refusal ohtd_clearance_check(const struct ohtd_clearance *c,
						 unsigned int *sensor)
{
	unsigned int i;

	*sensor = 0;
	if (!(c->range_mm > 0) || !isfinite(c->range_mm))
		return OHTD_CLEARANCE_BAD_RANGE;
	if (!within(c->slow_mm_s, 0, SPEED_MAX_MM_S))
		return OHTD_CLEARANCE_BAD_SLOW_SPEED;
	if (!within(c->crawl_mm_s, 0, c->slow_mm_s))
		return OHTD_CLEARANCE_BAD_CRAWL;
	if (!within(c->reaction_s, 0, REACTION_MAX_S))
		return OHTD_CLEARANCE_BAD_REACTION;
	for (i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		const struct ohtd_clearance_sensor *s = &c->sensor[i];

		*sensor = i;
		if (s->ways & ~(OHTD_CLEARANCE_FORWARD | OHTD_CLEARANCE_REVERSE))
			return OHTD_CLEARANCE_BAD_WAYS;
		if (s->ways && !within(s->stop_mm, 0, c->range_mm))
			return OHTD_CLEARANCE_BAD_STOP_ZONE;
		if (s->ways && !within(s->slow_mm, s->stop_mm, c->range_mm))
			return OHTD_CLEARANCE_BAD_SLOW_ZONE;
	}
	return OHTD_CLEARANCE_OK;
}

double ohtd_clearance_mm_s(double room_mm, double reaction_s, const struct ohtd_ramps *ramps)
{
	/* A cap that falls is followed after the jerk has turned acceleration to braking. */
	double before_s = reaction_s +
			  (ramps->accel_mm_s2 + ramps->decel_mm_s2) / ramps->jerk_mm_s3;
	double low = 0, high = SPEED_MAX_MM_S;
	int i;

	if (!(room_mm > 0))
		return 0;
	if (isinf(room_mm))
		return INFINITY;
	for (i = 0; i < HALVINGS; i++) {
		double v = (low + high) / 2;

		if (v * before_s + ohtd_curve_change_mm(v, 0, 0, ramps) <= room_mm)
			low = v;
		else
			high = v;
	}
	return low;
}

static double cap_of(const struct ohtd_clearance *c, const struct ohtd_clearance_sensor *s,
		     const struct ohtd_ramps *ramps, double distance_mm)
{
	double cap;

	if (!within(distance_mm, s->stop_mm, c->range_mm))
		return 0;
	cap = fmax(ohtd_clearance_mm_s(distance_mm - s->stop_mm, c->reaction_s, ramps),
		   c->crawl_mm_s);
	return distance_mm < s->slow_mm ? fmin(cap, c->slow_mm_s) : cap;
}

void ohtd_clearance_caps(const struct ohtd_clearance *clearance, const struct ohtd_ramps *ramps,
			 const double distance_mm[OHTD_CLEARANCE_SENSORS], double *forward_mm_s,
			 double *reverse_mm_s)
{
	unsigned int i;

	*forward_mm_s = INFINITY;
	*reverse_mm_s = INFINITY;
	for (i = 0; i < OHTD_CLEARANCE_SENSORS; i++) {
		const struct ohtd_clearance_sensor *s = &clearance->sensor[i];
		double cap;

		if (!s->ways)
			continue;
		cap = cap_of(clearance, s, ramps, distance_mm[i]);
		if (s->ways & OHTD_CLEARANCE_FORWARD)
			*forward_mm_s = fmin(*forward_mm_s, cap);
		if (s->ways & OHTD_CLEARANCE_REVERSE)
			*reverse_mm_s = fmin(*reverse_mm_s, cap);
	}
}
