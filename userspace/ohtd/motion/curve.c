// SPDX-License-Identifier: GPL-2.0-or-later
/* Pieces of constant jerk. */
#include "motion/curve.h"

#include <math.h>
#include <string.h>

/* A way may be shorter than its braking distance by the rounding of the sums. */
#define ROUNDING_MM		1e-9
/* A speed that is zero but for rounding: no bound changes at it. */
#define STANDING_MM_S		1e-6
/* Halvings until two doubles are neighbours, whatever the exponents. */
#define HALVINGS_MAX		200

/* A change of speed: three times, the jerks in them. */
struct change {
	double time_s[3];
	double jerk[3];
};

static struct ohtd_point after(const struct ohtd_point *p, double jerk, double t)
{
	return (struct ohtd_point){
		.position_mm = p->position_mm +
			       t * (p->speed_mm_s + t * (p->accel_mm_s2 / 2 + t * jerk / 6)),
		.speed_mm_s = p->speed_mm_s + t * (p->accel_mm_s2 + t * jerk / 2),
		.accel_mm_s2 = p->accel_mm_s2 + t * jerk,
	};
}

/*
 * Seen in the direction of the change (@up), the acceleration goes from @accel to a peak, stays,
 * and goes to zero. Without a stay: peak^2 = jerk * gain + accel^2 / 2.
 */
static struct change change_of(double speed, double accel, double to, const struct ohtd_ramps *r)
{
	double jerk = r->jerk_mm_s3;
	double more = to - (speed + accel * fabs(accel) / (2 * jerk));
	/* Mirrored arguments give the mirrored change, to the last bit. */
	double up = more > 0 ? 1 : more < 0 ? -1 : copysign(1, accel);
	/* Away from zero is accelerating; across zero is coming from the old side: braking. */
	bool faster = up * to > 0 && up * speed > -STANDING_MM_S;
	double bound = faster ? r->accel_mm_s2 : r->decel_mm_s2;
	double begin = up * accel, gain = up * (to - speed);
	double peak = sqrt(fmax(jerk * gain + begin * begin / 2, 0));
	double first = begin > bound ? -jerk : jerk;
	double stay = 0;

	if (peak > bound) {
		double ramps = begin > bound ? begin * begin / (2 * jerk) :
					       (2 * bound * bound - begin * begin) / (2 * jerk);

		peak = bound;
		stay = fmax((gain - ramps) / bound, 0);
	}
	return (struct change){
		.time_s = { fmax((peak - begin) / first, 0), stay, peak / jerk },
		.jerk = { up * first, 0, -up * jerk },
	};
}

static double change_mm(double speed, double accel, double to, const struct ohtd_ramps *r)
{
	struct change c = change_of(speed, accel, to, r);
	struct ohtd_point p = { 0, speed, accel };
	int i;

	for (i = 0; i < 3; i++)
		p = after(&p, c.jerk[i], c.time_s[i]);
	return p.position_mm;
}

double ohtd_curve_change_mm(double speed_mm_s, double accel_mm_s2, double to_mm_s,
			    const struct ohtd_ramps *ramps)
{
	return change_mm(speed_mm_s, accel_mm_s2, to_mm_s, ramps);
}

void ohtd_curve_begin(struct ohtd_curve *curve, const struct ohtd_point *start)
{
	curve->count = 0;
	curve->duration_s = 0;
	curve->end = *start;
}

static void add_piece(struct ohtd_curve *curve, double jerk, double duration_s)
{
	struct ohtd_piece *piece = &curve->piece[curve->count];

	if (!(duration_s > 0) || curve->count == OHTD_CURVE_PIECES)
		return;
	piece->from_s = curve->duration_s;
	piece->duration_s = duration_s;
	piece->jerk_mm_s3 = jerk;
	piece->start = curve->end;
	curve->end = after(&curve->end, jerk, duration_s);
	curve->duration_s += duration_s;
	curve->count++;
}

void ohtd_curve_add_speed(struct ohtd_curve *curve, double speed_mm_s,
			  const struct ohtd_ramps *ramps)
{
	struct change c = change_of(curve->end.speed_mm_s, curve->end.accel_mm_s2, speed_mm_s,
				    ramps);
	int i;

	for (i = 0; i < 3; i++)
		add_piece(curve, c.jerk[i], c.time_s[i]);
	/* What rounding left is far below what the next piece could notice. */
	curve->end.speed_mm_s = speed_mm_s;
	curve->end.accel_mm_s2 = 0;
}

/* A way as seen in its direction, so that no speed in it is negative. */
struct way {
	double length, speed, accel, end;
	const struct ohtd_ramps *ramps;
};

static double length_with(const struct way *w, double cruise)
{
	return change_mm(w->speed, w->accel, cruise, w->ramps) +
	       change_mm(cruise, 0, w->end, w->ramps);
}

/*
 * Cruising speed between @low, with which the way is short enough, and @high, with which it is
 * too long. Above the speed at which the acceleration settles the length grows with the cruising
 * speed, so there is one solution. Below, while braking already, it need not; each solution is
 * good: braking is interrupted for a moment.
 */
static double find_cruise(const struct way *w, double low, double high)
{
	int i;

	for (i = 0; i < HALVINGS_MAX; i++) {
		double middle = low + (high - low) / 2;

		if (middle <= low || middle >= high)
			break;
		if (length_with(w, middle) <= w->length)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Cruising speed; negative: the end is too near. */
static double cruise_of(const struct way *w, double cap)
{
	double settled = w->speed + w->accel * fabs(w->accel) / (2 * w->ramps->jerk_mm_s3);

	if (length_with(w, cap) <= w->length)
		return cap;
	if (settled > w->end && settled < cap && length_with(w, settled) <= w->length)
		return find_cruise(w, settled, cap);
	if (length_with(w, w->end) <= w->length + ROUNDING_MM)
		return find_cruise(w, w->end, cap);
	return -1;
}

bool ohtd_curve_add_way(struct ohtd_curve *curve, double end_mm, double cap_mm_s, double end_mm_s,
			const struct ohtd_ramps *ramps)
{
	double length = end_mm - curve->end.position_mm;
	double sign = length < 0 ? -1 : 1;
	struct way w = {
		.length = fabs(length),
		.speed = sign * curve->end.speed_mm_s,
		.accel = sign * curve->end.accel_mm_s2,
		.end = end_mm_s,
		.ramps = ramps,
	};
	double cruise = cruise_of(&w, cap_mm_s), left_mm;

	if (cruise < 0)
		return false;
	ohtd_curve_add_speed(curve, sign * cruise, ramps);
	left_mm = sign * (end_mm - curve->end.position_mm) -
		  change_mm(cruise, 0, end_mm_s, ramps);
	if (cruise > 0 && left_mm > ROUNDING_MM)
		add_piece(curve, 0, left_mm / cruise);
	ohtd_curve_add_speed(curve, sign * end_mm_s, ramps);
	curve->end.position_mm = end_mm;
	return true;
}

struct ohtd_point ohtd_curve_at(const struct ohtd_curve *curve, double time_s,
				double *jerk_mm_s3)
{
	unsigned int i = curve->count;

	*jerk_mm_s3 = 0;
	if (time_s >= curve->duration_s)
		return after(&curve->end, 0, time_s - curve->duration_s);
	while (i > 1 && time_s < curve->piece[i - 1].from_s)
		i--;
	*jerk_mm_s3 = curve->piece[i - 1].jerk_mm_s3;
	return after(&curve->piece[i - 1].start, *jerk_mm_s3, time_s - curve->piece[i - 1].from_s);
}
