/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Curves of motion with limited jerk on one axis: pieces of constant jerk, one after the other.
 *
 * Owns:     the arithmetic of pieces. No limits of a robot, no goals, no state.
 * Contexts: any; every function works on its arguments only, allocates nothing and ends after a
 *           bounded number of operations.
 * Locks:    none.
 *
 * Two builders are enough for every motion of the robot:
 *
 * - a *change of speed* has three pieces: jerk towards a peak acceleration, that acceleration,
 *   jerk back to zero. The peak follows from the speeds in closed form.
 * - a *way* of a given length has seven: a change to a cruising speed, a piece at that speed, a
 *   change to the speed at the end. The length grows with the cruising speed, so the cruising
 *   speed is found by bisection, and the rounding that bisection leaves becomes a piece at the
 *   cruising speed: the way ends where it shall.
 *
 * Ideas behind it (the text and the code are our own): profiles of seven pieces and the root in
 * the cruising speed as in Haschke, Weitnauer and Ritter, "On-line planning of time-optimal,
 * jerk-limited trajectories" (IROS 2008); the order "first come inside the limits, then plan" as
 * in Berscheid and Kroeger, "Jerk-limited real-time trajectory generation with arbitrary target
 * states" (RSS 2021, Ruckig). grbl, Klipper and LinuxCNC's simple_tp plan with constant
 * acceleration; from them comes the rule that the braking distance decides what the speed is.
 */
#ifndef OHTD_MOTION_CURVE_H
#define OHTD_MOTION_CURVE_H

#include <stdbool.h>

/* A stop (3), a way to a slower zone (7), a way to the target (7), and one to spare. */
#define OHTD_CURVE_PIECES	18

/* Where the axis is and how it moves. Forward is positive. */
struct ohtd_point {
	double position_mm;
	double speed_mm_s;
	double accel_mm_s2;
};

/* Bounds of the pieces. Each is positive. */
struct ohtd_ramps {
	double accel_mm_s2;	/* towards a higher speed */
	double decel_mm_s2;	/* towards a lower speed */
	double jerk_mm_s3;
};

/* Constant jerk for a time. */
struct ohtd_piece {
	double from_s;		/* since the curve's start */
	double duration_s;
	double jerk_mm_s3;
	struct ohtd_point start;
};

/* Pieces one after the other, then @end for ever (at its speed, without acceleration). */
struct ohtd_curve {
	unsigned int count;
	double duration_s;
	struct ohtd_point end;
	struct ohtd_piece piece[OHTD_CURVE_PIECES];
};

/**
 * ohtd_curve_begin() - an empty curve
 * @curve: becomes a curve without pieces
 * @start: point of its start
 */
void ohtd_curve_begin(struct ohtd_curve *curve, const struct ohtd_point *start);

/**
 * ohtd_curve_add_speed() - append the fastest change to a speed, with acceleration zero at its end
 * @curve: begun
 * @speed_mm_s: speed at the end; not of the other sign than the speed that the curve has
 * @ramps: bounds
 *
 * An acceleration beyond its bound is brought down to the bound at once, with the jerk allowed.
 * The speed passes zero only if no jerk that is allowed can keep it from that.
 */
void ohtd_curve_add_speed(struct ohtd_curve *curve, double speed_mm_s,
			  const struct ohtd_ramps *ramps);

/**
 * ohtd_curve_add_way() - append a way of given length
 * @curve: begun; its speed is zero or towards the end of the way
 * @end_mm: position at the end
 * @cap_mm_s: cruising speed is at most this; positive
 * @end_mm_s: magnitude of the speed at the end, at most @cap_mm_s
 * @ramps: bounds
 *
 * The acceleration is zero at the end. A speed over @cap_mm_s is brought down first.
 *
 * Return: false, with the curve as it was, if the end is nearer than a change to @end_mm_s takes.
 */
bool ohtd_curve_add_way(struct ohtd_curve *curve, double end_mm, double cap_mm_s, double end_mm_s,
			const struct ohtd_ramps *ramps);

/**
 * ohtd_curve_at() - the point at a time
 * @curve: any
 * @time_s: since its start; beyond its end it goes on with the speed of its end
 * @jerk_mm_s3: filled with the jerk from that time on
 *
 * Return: the point.
 */
struct ohtd_point ohtd_curve_at(const struct ohtd_curve *curve, double time_s,
				double *jerk_mm_s3);

/**
 * ohtd_curve_change_mm() - way of the fastest change of speed
 * @speed_mm_s: now
 * @accel_mm_s2: now
 * @to_mm_s: at the end, where the acceleration is zero
 * @ramps: bounds
 *
 * Return: the way, signed. With @to_mm_s 0 it is the stopping distance.
 */
double ohtd_curve_change_mm(double speed_mm_s, double accel_mm_s2, double to_mm_s,
			    const struct ohtd_ramps *ramps);

/**
 * ohtd_curve_settled_mm_s() - speed once the acceleration has been brought to zero
 * @point: now
 * @jerk_mm_s3: allowed
 *
 * Return: that speed. No curve keeps the axis from it, if the acceleration has its sign.
 */
static inline double ohtd_curve_settled_mm_s(const struct ohtd_point *point, double jerk_mm_s3)
{
	double accel = point->accel_mm_s2;

	return point->speed_mm_s + accel * (accel < 0 ? -accel : accel) / (2 * jerk_mm_s3);
}

#endif
