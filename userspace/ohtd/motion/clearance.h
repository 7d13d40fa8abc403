/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Speed that the free way permits: from the safety module's distances to caps of the axis.
 *
 * Owns:     the rule only; which sensor looks which way, and the distances, are the caller's.
 * Contexts: any; no state, no allocation, a bounded number of operations.
 * Locks:    none.
 *
 * The cap is the highest speed from which the axis, after a reaction time, comes to rest before
 * the stop zone; nearer than the slow zone also at most the slow speed. In the stop zone, and
 * where a sensor says nothing valid, the cap is 0. Before the stop zone it is never below the
 * crawling speed, so that the axis comes to the zone, and the obstacle to the state machine,
 * instead of resting a hair's breadth before.
 */
#ifndef OHTD_MOTION_CLEARANCE_H
#define OHTD_MOTION_CLEARANCE_H

#include "motion/curve.h"

#define OHTD_CLEARANCE_SENSORS	4

/* Directions that a sensor counts for. A sensor that counts for none is not used. */
#define OHTD_CLEARANCE_FORWARD	1u
#define OHTD_CLEARANCE_REVERSE	2u

struct ohtd_clearance_sensor {
	unsigned int ways;
	double stop_mm;		/* zone threshold of the module */
	double slow_mm;		/* nearer: at most the slow speed */
};

struct ohtd_clearance {
	struct ohtd_clearance_sensor sensor[OHTD_CLEARANCE_SENSORS];
	double range_mm;	/* a distance beyond is no valid reading */
	double slow_mm_s;
	double crawl_mm_s;	/* at most slow_mm_s */
	double reaction_s;	/* from an obstacle to the first smaller set-point at the drive */
};

enum ohtd_clearance_refusal {
	OHTD_CLEARANCE_OK,
	OHTD_CLEARANCE_BAD_WAYS,
	OHTD_CLEARANCE_BAD_STOP_ZONE,
	OHTD_CLEARANCE_BAD_SLOW_ZONE,
	OHTD_CLEARANCE_BAD_RANGE,
	OHTD_CLEARANCE_BAD_SLOW_SPEED,
	OHTD_CLEARANCE_BAD_CRAWL,
	OHTD_CLEARANCE_BAD_REACTION,
};

/**
 * ohtd_clearance_check() - may these parameters be used?
 * @clearance: zones of a used sensor: 0 <= stop <= slow <= range
 * @sensor: filled with the index of the sensor that a refusal is about
 *
 * Return: OHTD_CLEARANCE_OK, else what is refused.
 */
enum ohtd_clearance_refusal ohtd_clearance_check(const struct ohtd_clearance *clearance,
						 unsigned int *sensor);

/**
 * ohtd_clearance_mm_s() - highest speed from which the axis comes to rest within a length
 * @room_mm: that length
 * @reaction_s: time before the speed begins to fall
 * @ramps: its deceleration and jerk
 *
 * Return: the speed; 0 for a length that is not positive or no number, INFINITY for an endless one.
 */
double ohtd_clearance_mm_s(double room_mm, double reaction_s, const struct ohtd_ramps *ramps);

/**
 * ohtd_clearance_caps() - caps for the present cycle
 * @clearance: checked
 * @ramps: of the axis' moves
 * @distance_mm: of each sensor; NAN: none, or not fresh
 * @forward_mm_s: filled
 * @reverse_mm_s: filled
 */
void ohtd_clearance_caps(const struct ohtd_clearance *clearance, const struct ohtd_ramps *ramps,
			 const double distance_mm[OHTD_CLEARANCE_SENSORS], double *forward_mm_s,
			 double *reverse_mm_s);

#endif
