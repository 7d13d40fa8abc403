// SPDX-License-Identifier: GPL-2.0-or-later
/* Goals, limits and caps of the axis, and the curve that follows from them. */
#include "motion/axis.h"

#include <math.h>
#include <string.h>

/* Accepted bounds: far beyond every robot, far within the resolution of doubles. */
#define SPEED_MAX_MM_S		1e5
#define ACCEL_MIN_MM_S2		1.0
#define ACCEL_MAX_MM_S2		1e6
#define JERK_MAX_MM_S3		1e8
#define POSITION_MAX_MM		1e7
#define CYCLE_MAX_S		1.0
/* At rest but for rounding. */
#define REST_MM			1e-9
#define REST_MM_S		1e-9

enum { FORWARD, REVERSE };

static const char *const refusal_text[OHTD_AXIS_REFUSALS] = {
	[OHTD_AXIS_OK] = "accepted",
	[OHTD_AXIS_BAD_SPEED] = "speed limit is not from 0.1 to 100000 mm/s",
	[OHTD_AXIS_BAD_ACCEL] = "acceleration limit is not from 1 to 1000000 mm/s2",
	[OHTD_AXIS_BAD_DECEL] = "deceleration limit is not from 1 to 1000000 mm/s2",
	[OHTD_AXIS_BAD_STOP] =
		"deceleration of the stop is below the limit of deceleration or over 1000000 mm/s2",
	[OHTD_AXIS_BAD_JERK] = "jerk limit is not from 1 to 100000000 mm/s3",
	[OHTD_AXIS_BAD_SOFT_LIMITS] =
		"soft limits are not in order, or exclude the target of the present move",
	[OHTD_AXIS_BAD_SLOW_ZONE] = "slow zone is negative, or its speed is below 0.1 mm/s",
	[OHTD_AXIS_BAD_CAP] = "a speed cap is negative or no number",
	[OHTD_AXIS_BAD_OVERRIDE] = "speed override is not from 1 to 100 percent",
	[OHTD_AXIS_BAD_POSITION] = "position or speed of the feedback is no number or out of range",
	[OHTD_AXIS_BAD_TARGET] = "target is no number or out of range",
	[OHTD_AXIS_BAD_JOG_SPEED] = "speed of the jog is below 0.1 mm/s, or no number",
	[OHTD_AXIS_BELOW_SOFT_LIMIT] = "target is below the lower soft limit",
	[OHTD_AXIS_ABOVE_SOFT_LIMIT] = "target is above the upper soft limit",
	[OHTD_AXIS_BAD_CYCLE] = "length of the cycle is not from 0 to 1 s",
};

const char *ohtd_axis_refusal_text(enum ohtd_axis_refusal refusal)
{
	return (unsigned int)refusal < OHTD_AXIS_REFUSALS ? refusal_text[refusal] : "unknown";
}

/* Not a number is not within. */
static bool within(double value, double least, double most)
{
	return value >= least && value <= most;
}

/* ---- the curve ---- */

static struct ohtd_ramps move_ramps(const struct ohtd_axis *a)
{
	return (struct ohtd_ramps){ a->limits.accel_mm_s2, a->limits.decel_mm_s2,
				    a->jerk_mm_s3 };
}

static struct ohtd_ramps stop_ramps(const struct ohtd_axis *a)
{
	return (struct ohtd_ramps){ a->limits.accel_mm_s2, a->limits.stop_mm_s2,
				    a->jerk_mm_s3 };
}

static void plan_stop(struct ohtd_axis *a, const struct ohtd_ramps *ramps)
{
	ohtd_curve_add_speed(&a->curve, 0, ramps);
}

/* Which way the axis goes once its acceleration is zero: 1, -1, or 0 at rest. */
static int heading(const struct ohtd_axis *a)
{
	double settled = ohtd_curve_settled_mm_s(&a->curve.end, a->jerk_mm_s3);

	return (settled > REST_MM_S) - (settled < -REST_MM_S);
}

/* Whether the axis, at the end of its curve, can go @way without passing standstill first. */
static bool goes(const struct ohtd_axis *a, int way)
{
	return heading(a) * way >= 0 && a->curve.end.speed_mm_s * way >= -REST_MM_S;
}

static double cap(const struct ohtd_axis *a, int way)
{
	return a->cap_mm_s[way < 0 ? REVERSE : FORWARD];
}

/* One leg without a change of direction, slower in the zone before its end. */
static bool add_leg(struct ohtd_axis *a, double to_mm, double cap_mm_s, double zone_mm,
		    double zone_mm_s)
{
	struct ohtd_ramps ramps = move_ramps(a);
	double way_mm = to_mm - a->curve.end.position_mm;
	struct ohtd_curve *curve = &a->curve;

	if (!(zone_mm > 0) || zone_mm_s >= cap_mm_s)
		return ohtd_curve_add_way(curve, to_mm, cap_mm_s, 0, &ramps);
	zone_mm = fmax(zone_mm, ohtd_curve_change_mm(zone_mm_s, 0, 0, &ramps));
	/* Too near for a leg up to the zone: the speed of the zone counts at once. */
	if (fabs(way_mm) > zone_mm)
		ohtd_curve_add_way(curve, to_mm - copysign(zone_mm, way_mm), cap_mm_s, zone_mm_s,
				   &ramps);
	return ohtd_curve_add_way(curve, to_mm, zone_mm_s, 0, &ramps);
}

/* Straight to rest at @to_mm. False, with the curve as it was: not from here, or not now. */
static bool add_straight(struct ohtd_axis *a, double to_mm, double speed_mm_s, double zone_mm)
{
	double way_mm = to_mm - a->curve.end.position_mm;
	int way = (way_mm > 0) - (way_mm < 0);
	double cap_mm_s = fmin(cap(a, way), speed_mm_s);

	return goes(a, way) && cap_mm_s >= OHTD_AXIS_CREEP_MM_S &&
	       add_leg(a, to_mm, cap_mm_s, zone_mm, a->limits.slow_mm_s);
}

/* To rest at @to_mm; by way of a stop where the axis cannot go there straight. */
static void plan_to(struct ohtd_axis *a, double to_mm, double speed_mm_s, double zone_mm)
{
	struct ohtd_ramps ramps = move_ramps(a);

	a->reaches = add_straight(a, to_mm, speed_mm_s, zone_mm);
	if (a->reaches)
		return;
	plan_stop(a, &ramps);
	a->reaches = fabs(to_mm - a->curve.end.position_mm) <= REST_MM;
	if (a->reaches)
		a->curve.end.position_mm = to_mm;
	else
		a->reaches = add_straight(a, to_mm, speed_mm_s, zone_mm);
}

static void plan_jog(struct ohtd_axis *a)
{
	struct ohtd_ramps ramps = move_ramps(a);
	int way = a->jog_mm_s < 0 ? -1 : 1;
	double end_mm = way < 0 ? a->limits.soft_min_mm : a->limits.soft_max_mm;
	double speed_mm_s = fmin(cap(a, way), fabs(a->jog_mm_s));

	if (isfinite(end_mm)) {
		plan_to(a, end_mm, fabs(a->jog_mm_s), 0);
		return;
	}
	if (!goes(a, way))
		plan_stop(a, &ramps);
	ohtd_curve_add_speed(&a->curve,
			     speed_mm_s >= OHTD_AXIS_CREEP_MM_S ? way * speed_mm_s : 0, &ramps);
}

/* With less jerk a large acceleration would take longer to end, and the speed pass its limit. */
static double jerk_in_force(const struct ohtd_axis *a, const struct ohtd_point *now)
{
	bool rests = now->speed_mm_s == 0 && now->accel_mm_s2 == 0;

	return rests ? a->limits.jerk_mm_s3 : fmax(a->jerk_mm_s3, a->limits.jerk_mm_s3);
}

/* A new curve from where the axis is. */
static void plan(struct ohtd_axis *a)
{
	struct ohtd_ramps ramps;
	double jerk;
	struct ohtd_point now = ohtd_curve_at(&a->curve, a->time_s, &jerk);

	a->jerk_mm_s3 = jerk_in_force(a, &now);
	ramps = stop_ramps(a);
	ohtd_curve_begin(&a->curve, &now);
	a->time_s = 0;
	a->reaches = false;
	switch (a->goal) {
	case OHTD_AXIS_GOAL_MOVE:
		plan_to(a, a->target_mm, INFINITY, a->limits.slow_zone_mm);
		return;
	case OHTD_AXIS_GOAL_JOG:
		plan_jog(a);
		return;
	case OHTD_AXIS_GOAL_STOP:
	default:
		plan_stop(a, &ramps);
		a->reaches = true;
		return;
	}
}

/* ---- limits and caps ---- */

static bool bad_soft_limits(const struct ohtd_axis_limits *l)
{
	/* Also when one is not a number. */
	return !(l->soft_min_mm < l->soft_max_mm) ||
	       (isfinite(l->soft_min_mm) && fabs(l->soft_min_mm) > POSITION_MAX_MM) ||
	       (isfinite(l->soft_max_mm) && fabs(l->soft_max_mm) > POSITION_MAX_MM);
}

static enum ohtd_axis_refusal check(const struct ohtd_axis_limits *l)
{
	if (!within(l->speed_mm_s, OHTD_AXIS_CREEP_MM_S, SPEED_MAX_MM_S))
		return OHTD_AXIS_BAD_SPEED;
	if (!within(l->accel_mm_s2, ACCEL_MIN_MM_S2, ACCEL_MAX_MM_S2))
		return OHTD_AXIS_BAD_ACCEL;
	if (!within(l->decel_mm_s2, ACCEL_MIN_MM_S2, ACCEL_MAX_MM_S2))
		return OHTD_AXIS_BAD_DECEL;
	if (!within(l->stop_mm_s2, l->decel_mm_s2, ACCEL_MAX_MM_S2))
		return OHTD_AXIS_BAD_STOP;
	if (!within(l->jerk_mm_s3, ACCEL_MIN_MM_S2, JERK_MAX_MM_S3))
		return OHTD_AXIS_BAD_JERK;
	if (bad_soft_limits(l))
		return OHTD_AXIS_BAD_SOFT_LIMITS;
	if (!within(l->slow_zone_mm, 0, POSITION_MAX_MM) ||
	    (l->slow_zone_mm > 0 && !within(l->slow_mm_s, OHTD_AXIS_CREEP_MM_S, SPEED_MAX_MM_S)))
		return OHTD_AXIS_BAD_SLOW_ZONE;
	return OHTD_AXIS_OK;
}

static enum ohtd_axis_refusal check_target(const struct ohtd_axis_limits *l, double target_mm)
{
	if (!within(target_mm, -POSITION_MAX_MM, POSITION_MAX_MM))
		return OHTD_AXIS_BAD_TARGET;
	if (target_mm < l->soft_min_mm)
		return OHTD_AXIS_BELOW_SOFT_LIMIT;
	if (target_mm > l->soft_max_mm)
		return OHTD_AXIS_ABOVE_SOFT_LIMIT;
	return OHTD_AXIS_OK;
}

/* The smallest counts. True if that is another one than before. */
static bool apply_caps(struct ohtd_axis *a)
{
	double all = fmin(a->limits.speed_mm_s * a->caps.override_percent / 100,
			  a->caps.mode_mm_s);
	double forward = fmin(all, a->caps.forward_mm_s);
	double reverse = fmin(all, a->caps.reverse_mm_s);
	bool changed = forward != a->cap_mm_s[FORWARD] || reverse != a->cap_mm_s[REVERSE];

	a->cap_mm_s[FORWARD] = forward;
	a->cap_mm_s[REVERSE] = reverse;
	return changed;
}

enum ohtd_axis_refusal ohtd_axis_init(struct ohtd_axis *axis,
				      const struct ohtd_axis_limits *limits)
{
	enum ohtd_axis_refusal refusal = check(limits);

	memset(axis, 0, sizeof(*axis));
	if (refusal)
		return refusal;
	axis->limits = *limits;
	axis->caps = (struct ohtd_axis_caps){ INFINITY, INFINITY, INFINITY, 100 };
	apply_caps(axis);
	return ohtd_axis_reset(axis, 0, 0);
}

enum ohtd_axis_refusal ohtd_axis_configure(struct ohtd_axis *axis,
					   const struct ohtd_axis_limits *limits)
{
	enum ohtd_axis_refusal refusal = check(limits);

	if (refusal)
		return refusal;
	if (axis->goal == OHTD_AXIS_GOAL_MOVE && check_target(limits, axis->target_mm))
		return OHTD_AXIS_BAD_SOFT_LIMITS;
	axis->limits = *limits;
	apply_caps(axis);
	plan(axis);
	return OHTD_AXIS_OK;
}

enum ohtd_axis_refusal ohtd_axis_set_caps(struct ohtd_axis *axis,
					  const struct ohtd_axis_caps *caps)
{
	if (!(caps->forward_mm_s >= 0) || !(caps->reverse_mm_s >= 0) || !(caps->mode_mm_s >= 0))
		return OHTD_AXIS_BAD_CAP;
	if (!within(caps->override_percent, 1, 100))
		return OHTD_AXIS_BAD_OVERRIDE;
	axis->caps = *caps;
	if (apply_caps(axis) && axis->goal != OHTD_AXIS_GOAL_STOP)
		plan(axis);
	return OHTD_AXIS_OK;
}

/* ---- goals ---- */

enum ohtd_axis_refusal ohtd_axis_reset(struct ohtd_axis *axis, double position_mm,
				       double speed_mm_s)
{
	struct ohtd_point point = { position_mm, speed_mm_s, 0 };

	if (!within(position_mm, -POSITION_MAX_MM, POSITION_MAX_MM) ||
	    !within(speed_mm_s, -SPEED_MAX_MM_S, SPEED_MAX_MM_S))
		return OHTD_AXIS_BAD_POSITION;
	ohtd_curve_begin(&axis->curve, &point);
	axis->time_s = 0;
	ohtd_axis_stop(axis);
	return OHTD_AXIS_OK;
}

enum ohtd_axis_refusal ohtd_axis_move(struct ohtd_axis *axis, double target_mm)
{
	enum ohtd_axis_refusal refusal = check_target(&axis->limits, target_mm);

	if (refusal)
		return refusal;
	axis->goal = OHTD_AXIS_GOAL_MOVE;
	axis->target_mm = target_mm;
	plan(axis);
	return OHTD_AXIS_OK;
}

enum ohtd_axis_refusal ohtd_axis_jog(struct ohtd_axis *axis, double speed_mm_s)
{
	double jerk;
	struct ohtd_point now = ohtd_curve_at(&axis->curve, axis->time_s, &jerk);

	if (!within(fabs(speed_mm_s), OHTD_AXIS_CREEP_MM_S, SPEED_MAX_MM_S))
		return OHTD_AXIS_BAD_JOG_SPEED;
	if (speed_mm_s < 0 && now.position_mm <= axis->limits.soft_min_mm)
		return OHTD_AXIS_BELOW_SOFT_LIMIT;
	if (speed_mm_s > 0 && now.position_mm >= axis->limits.soft_max_mm)
		return OHTD_AXIS_ABOVE_SOFT_LIMIT;
	if (axis->goal == OHTD_AXIS_GOAL_JOG && axis->jog_mm_s == speed_mm_s)
		return OHTD_AXIS_OK;
	axis->goal = OHTD_AXIS_GOAL_JOG;
	axis->jog_mm_s = speed_mm_s;
	plan(axis);
	return OHTD_AXIS_OK;
}

void ohtd_axis_stop(struct ohtd_axis *axis)
{
	axis->goal = OHTD_AXIS_GOAL_STOP;
	plan(axis);
}

/* ---- the cycle ---- */

static enum ohtd_axis_phase phase_of(const struct ohtd_point *p, double jerk)
{
	double way = p->speed_mm_s != 0 ? p->speed_mm_s : p->accel_mm_s2 != 0 ? p->accel_mm_s2 : jerk;
	double accel = way < 0 ? -p->accel_mm_s2 : p->accel_mm_s2;
	double towards = way < 0 ? -jerk : jerk;

	if (way == 0)
		return OHTD_AXIS_STANDING;
	if (accel == 0 && towards == 0)
		return OHTD_AXIS_CRUISES;
	if (accel > 0 || (accel == 0 && towards > 0))
		return towards > 0 ? OHTD_AXIS_ACCEL_RISES :
		       towards < 0 ? OHTD_AXIS_ACCEL_FALLS : OHTD_AXIS_ACCELERATES;
	return towards < 0 ? OHTD_AXIS_BRAKE_RISES :
	       towards > 0 ? OHTD_AXIS_BRAKE_FALLS : OHTD_AXIS_BRAKES;
}

enum ohtd_axis_refusal ohtd_axis_step(struct ohtd_axis *axis, double cycle_s,
				      struct ohtd_axis_sample *sample)
{
	bool good = within(cycle_s, 0, CYCLE_MAX_S);
	double left;

	if (good)
		axis->time_s += cycle_s;
	left = fmax(axis->curve.duration_s - axis->time_s, 0);
	sample->point = ohtd_curve_at(&axis->curve, axis->time_s, &sample->jerk_mm_s3);
	sample->phase = phase_of(&sample->point, sample->jerk_mm_s3);
	sample->left_s = axis->reaches ? left : INFINITY;
	sample->limit_mm = sample->point.speed_mm_s < 0 ? axis->limits.soft_min_mm : axis->limits.soft_max_mm;
	sample->arrived = axis->goal == OHTD_AXIS_GOAL_MOVE && axis->reaches && left == 0;
	return good ? OHTD_AXIS_OK : OHTD_AXIS_BAD_CYCLE;
}

bool ohtd_axis_cruises(const struct ohtd_axis *axis, double ahead_s)
{
	double jerk, jerk_then;
	struct ohtd_point now = ohtd_curve_at(&axis->curve, axis->time_s, &jerk);
	struct ohtd_point then = ohtd_curve_at(&axis->curve, axis->time_s + ahead_s, &jerk_then);

	return phase_of(&now, jerk) == OHTD_AXIS_CRUISES &&
	       phase_of(&then, jerk_then) == OHTD_AXIS_CRUISES &&
	       fabs(then.speed_mm_s - now.speed_mm_s) < OHTD_AXIS_CREEP_MM_S;
}

double ohtd_axis_stopping_mm(const struct ohtd_axis *axis)
{
	struct ohtd_ramps ramps = stop_ramps(axis);
	double jerk;
	struct ohtd_point now = ohtd_curve_at(&axis->curve, axis->time_s, &jerk);

	return ohtd_curve_change_mm(now.speed_mm_s, now.accel_mm_s2, 0, &ramps);
}
