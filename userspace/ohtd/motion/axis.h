/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The axis along the rail: from goals, limits and caps to a set-point in every cycle.
 *
 * Owns:     the state of motion that is commanded, and the curve from it to the goal.
 * Contexts: one thread (the control thread, in its cycle). No allocation, no lock, no input or
 *           output, no clock: time comes in as the length of the cycle. Each function ends after
 *           a bounded number of operations.
 * Locks:    none.
 *
 * Use in a cycle of the control core:
 *
 * 1. once, and whenever parameters change: ohtd_axis_configure().
 * 2. while the outputs are off, each cycle: ohtd_axis_reset() with the position that the sensors
 *    tell. The first set-point after a stop then begins where the robot stands: no jump.
 * 3. on a command: ohtd_axis_move(), ohtd_axis_jog(), ohtd_axis_stop(). A refusal changes nothing.
 *    A pause is ohtd_axis_stop(); resuming is ohtd_axis_move() to the kept target.
 * 4. each cycle: ohtd_axis_set_caps() with the caps of this cycle, then ohtd_axis_step() with the
 *    cycle's length; it returns the set-point (for drive.h).
 *
 * A new curve is made only when a goal, a limit or the cap in force changes, from the point where
 * the axis is at that time. Position, speed and acceleration are continuous for ever; only
 * ohtd_axis_reset() sets them.
 *
 * Each curve keeps these rules, in this order:
 *
 * - acceleration changes by no more than the jerk;
 * - acceleration and speed stay within limits; where a limit was lowered below what is, the value
 *   comes down to the limit as fast as the rule above permits. A lower jerk counts from the next
 *   standstill on, since with it an acceleration could not be ended in time;
 * - the axis comes to rest at the target exactly. A target that is nearer than the stopping
 *   distance, or behind, is reached by a stop (with zero acceleration at its end) and a way back:
 *   direction changes at standstill only.
 */
#ifndef OHTD_MOTION_AXIS_H
#define OHTD_MOTION_AXIS_H

#include "motion/curve.h"

/* Slower than this is standing: a cap below it stops the axis, the goal is kept. */
#define OHTD_AXIS_CREEP_MM_S	0.1

/* Parameters. INFINITY as a soft limit: there is none on that side. */
struct ohtd_axis_limits {
	double speed_mm_s;
	double accel_mm_s2;
	double decel_mm_s2;	/* of moves */
	double stop_mm_s2;	/* of the controlled stop */
	double jerk_mm_s3;
	double soft_min_mm;
	double soft_max_mm;
	double slow_zone_mm;	/* before the target of a move; 0: no such zone */
	double slow_mm_s;	/* at most this speed in that zone */
};

/* Speed limits from outside, for the present cycle. INFINITY: no cap. Zero stops. */
struct ohtd_axis_caps {
	double forward_mm_s;	/* what the way in front permits (clearance.h) */
	double reverse_mm_s;
	double mode_mm_s;	/* mode, blocked zones, homing, docking */
	double override_percent;/* of the speed in the limits: 1 to 100 */
};

enum ohtd_axis_refusal {
	OHTD_AXIS_OK,
	OHTD_AXIS_BAD_SPEED,
	OHTD_AXIS_BAD_ACCEL,
	OHTD_AXIS_BAD_DECEL,
	OHTD_AXIS_BAD_STOP,
	OHTD_AXIS_BAD_JERK,
	OHTD_AXIS_BAD_SOFT_LIMITS,
	OHTD_AXIS_BAD_SLOW_ZONE,
	OHTD_AXIS_BAD_CAP,
	OHTD_AXIS_BAD_OVERRIDE,
	OHTD_AXIS_BAD_POSITION,
	OHTD_AXIS_BAD_TARGET,
	OHTD_AXIS_BAD_JOG_SPEED,
	OHTD_AXIS_BELOW_SOFT_LIMIT,
	OHTD_AXIS_ABOVE_SOFT_LIMIT,
	OHTD_AXIS_BAD_CYCLE,
	OHTD_AXIS_REFUSALS,
};

enum ohtd_axis_goal {
	OHTD_AXIS_GOAL_STOP,	/* standstill, with the deceleration of the controlled stop */
	OHTD_AXIS_GOAL_MOVE,	/* standstill at a position */
	OHTD_AXIS_GOAL_JOG,	/* a speed, until a soft limit */
};

enum ohtd_axis_phase {
	OHTD_AXIS_STANDING,
	OHTD_AXIS_ACCEL_RISES,
	OHTD_AXIS_ACCELERATES,
	OHTD_AXIS_ACCEL_FALLS,
	OHTD_AXIS_CRUISES,
	OHTD_AXIS_BRAKE_RISES,
	OHTD_AXIS_BRAKES,
	OHTD_AXIS_BRAKE_FALLS,
	OHTD_AXIS_PHASES,
};

/* Set-point of a cycle. */
struct ohtd_axis_sample {
	struct ohtd_point point;
	double jerk_mm_s3;
	enum ohtd_axis_phase phase;
	/*
	 * Until the goal; INFINITY: it is not reached with the present caps, or never (a jog
	 * without a soft limit). Just after ohtd_axis_move() this is the planned duration.
	 */
	double left_s;
	double limit_mm;	/* soft limit in the direction of the set-point's speed */
	bool arrived;		/* at rest at the target of a move, exactly */
};

/* The members are of axis.c; others read limits, goal and target_mm. */
struct ohtd_axis {
	struct ohtd_axis_limits limits;
	enum ohtd_axis_goal goal;
	double target_mm;	/* of a move */
	double jog_mm_s;	/* signed */
	double cap_mm_s[2];	/* in force: forward, reverse */
	struct ohtd_axis_caps caps;
	double jerk_mm_s3;	/* in force */
	bool reaches;		/* the curve ends at the goal */
	double time_s;		/* since the curve's start */
	struct ohtd_curve curve;
};

/**
 * ohtd_axis_init() - an axis at rest at 0
 * @axis: filled
 * @limits: as for ohtd_axis_configure()
 *
 * Return: OHTD_AXIS_OK, else the refusal; @axis is then not to be used.
 */
enum ohtd_axis_refusal ohtd_axis_init(struct ohtd_axis *axis,
				      const struct ohtd_axis_limits *limits);

/**
 * ohtd_axis_configure() - other limits, in motion or not
 * @axis: initialised
 * @limits: all of them: finite and positive, but for the soft limits (infinite: none) and the
 *	slow zone (0: none)
 *
 * Return: OHTD_AXIS_OK, else which limit is refused. A soft limit that excludes the target of the
 * present move is refused.
 */
enum ohtd_axis_refusal ohtd_axis_configure(struct ohtd_axis *axis,
					   const struct ohtd_axis_limits *limits);

/**
 * ohtd_axis_reset() - take position and speed from feedback
 * @axis: initialised
 * @position_mm: where the axis is, also outside of the soft limits
 * @speed_mm_s: its speed; from it the axis is brought to rest
 *
 * The goal is then the stop.
 *
 * Return: OHTD_AXIS_OK or OHTD_AXIS_BAD_POSITION.
 */
enum ohtd_axis_refusal ohtd_axis_reset(struct ohtd_axis *axis, double position_mm,
				       double speed_mm_s);

/**
 * ohtd_axis_move() - a target position
 * @axis: initialised, in any state of motion
 * @target_mm: within the soft limits
 *
 * Return: OHTD_AXIS_OK, else why not.
 */
enum ohtd_axis_refusal ohtd_axis_move(struct ohtd_axis *axis, double target_mm);

/**
 * ohtd_axis_jog() - a target speed
 * @axis: initialised, in any state of motion
 * @speed_mm_s: signed; not 0 (that is a stop)
 *
 * Ends at rest at the soft limit ahead, if there is one.
 *
 * Return: OHTD_AXIS_OK, else why not; outwards from a soft limit is refused.
 */
enum ohtd_axis_refusal ohtd_axis_jog(struct ohtd_axis *axis, double speed_mm_s);

/**
 * ohtd_axis_stop() - the controlled stop
 * @axis: initialised, in any state of motion
 */
void ohtd_axis_stop(struct ohtd_axis *axis);

/**
 * ohtd_axis_set_caps() - speed limits from outside
 * @axis: initialised
 * @caps: each at least 0, or INFINITY; the smallest one and the limits' speed are in force
 *
 * Return: OHTD_AXIS_OK, OHTD_AXIS_BAD_CAP or OHTD_AXIS_BAD_OVERRIDE.
 */
enum ohtd_axis_refusal ohtd_axis_set_caps(struct ohtd_axis *axis,
					  const struct ohtd_axis_caps *caps);

/**
 * ohtd_axis_step() - go on by one cycle
 * @axis: initialised
 * @cycle_s: its length: 0 (only look) to 1 s
 * @sample: filled with the set-point at the end of the cycle
 *
 * Return: OHTD_AXIS_OK, or OHTD_AXIS_BAD_CYCLE with @axis unchanged and @sample as of now.
 */
enum ohtd_axis_refusal ohtd_axis_step(struct ohtd_axis *axis, double cycle_s,
				      struct ohtd_axis_sample *sample);

/**
 * ohtd_axis_stopping_mm() - way of a controlled stop from now
 * @axis: initialised
 *
 * Return: signed.
 */
double ohtd_axis_stopping_mm(const struct ohtd_axis *axis);

/**
 * ohtd_axis_cruises() - whether the axis moves, and its speed stays what it is
 * @axis: initialised
 * @ahead_s: for so long, unless a goal, a limit or a cap changes
 */
bool ohtd_axis_cruises(const struct ohtd_axis *axis, double ahead_s);

/**
 * ohtd_axis_refusal_text() - a refusal in words
 * @refusal: what was returned
 *
 * Return: text without the offending value, which the caller has.
 */
const char *ohtd_axis_refusal_text(enum ohtd_axis_refusal refusal);

#endif
