// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random plans and replans of the axis. Each case begins with a seed of its own; a failure prints
 * it, and OHT_SEED=that OHT_RUNS=1 runs the case again.
 *
 * Each curve is checked piece by piece, so no excess between two cycles escapes.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dice.h"
#include "motion/axis.h"

#define CASES		20000	/* of five goals each */
#define GOALS		5
#define CYCLE_S		0.025
#define TOLERANCE	1e-6	/* of each limit, relative */
#define CYCLES_MAX	4000000l

static unsigned int case_seed;

#define HOLDS(condition, ...) do {						\
	if (!(condition)) {							\
		print_error("OHT_SEED=%u OHT_RUNS=1\n", case_seed);		\
		fail_msg(__VA_ARGS__);						\
	}									\
} while (0)

static double any(unsigned int *dices, double from, double to)
{
	double share = (dice(dices, 32768) + dice(dices, 32768) / 32768.0) / 32768.0;

	return from + (to - from) * share;
}

/* Each order of magnitude as often as another. */
static double any_size(unsigned int *dices, double from, double to)
{
	return exp(any(dices, log(from), log(to)));
}

static struct ohtd_axis_limits any_limits(unsigned int *dices)
{
	struct ohtd_axis_limits l = {
		.speed_mm_s = any_size(dices, 1, 3000),
		.accel_mm_s2 = any_size(dices, 20, 3000),
		.decel_mm_s2 = any_size(dices, 20, 3000),
		.jerk_mm_s3 = any_size(dices, 100, 100000),
		.soft_min_mm = -10000,
		.soft_max_mm = 30000,
	};

	l.stop_mm_s2 = l.decel_mm_s2 * any(dices, 1, 3);
	if (dice(dices, 3) == 0) {
		l.slow_zone_mm = any_size(dices, 1, 5000);
		l.slow_mm_s = any_size(dices, 1, 3000);
	}
	return l;
}

static struct ohtd_axis_caps any_caps(unsigned int *dices)
{
	struct ohtd_axis_caps c = { INFINITY, INFINITY, INFINITY, any(dices, 1, 100) };

	if (dice(dices, 2))
		c.forward_mm_s = dice(dices, 5) ? any_size(dices, 1, 3000) : 0;
	if (dice(dices, 2))
		c.reverse_mm_s = dice(dices, 5) ? any_size(dices, 1, 3000) : 0;
	if (dice(dices, 3) == 0)
		c.mode_mm_s = any_size(dices, 1, 3000);
	return c;
}

/* ---- what holds of each curve ---- */

static struct ohtd_point end_of(const struct ohtd_piece *p)
{
	struct ohtd_curve one = { .count = 1, .duration_s = INFINITY, .piece = { *p } };
	double jerk;

	one.piece[0].from_s = 0;
	return ohtd_curve_at(&one, p->duration_s, &jerk);
}

static double fastest_of(const struct ohtd_piece *p, const struct ohtd_point *end)
{
	double fastest = fmax(fabs(p->start.speed_mm_s), fabs(end->speed_mm_s));

	/* The acceleration passes zero inside of the piece. */
	if (p->start.accel_mm_s2 * end->accel_mm_s2 < 0)
		fastest = fmax(fastest, fabs(ohtd_curve_settled_mm_s(&p->start,
								     fabs(p->jerk_mm_s3))));
	return fastest;
}

static void check_joint(const struct ohtd_point *a, const struct ohtd_point *b,
			const struct ohtd_axis_limits *l)
{
	HOLDS(fabs(a->position_mm - b->position_mm) <= 1e-8, "position jumps by %g mm",
	      a->position_mm - b->position_mm);
	HOLDS(fabs(a->speed_mm_s - b->speed_mm_s) <= 1e-9 * (1 + l->speed_mm_s),
	      "speed jumps by %g mm/s", a->speed_mm_s - b->speed_mm_s);
	HOLDS(fabs(a->accel_mm_s2 - b->accel_mm_s2) <= 1e-9 * (1 + l->jerk_mm_s3),
	      "acceleration jumps by %g mm/s2", a->accel_mm_s2 - b->accel_mm_s2);
}

/* Acceleration away from standstill, or braking; beyond its bound only on the way down to it. */
static void check_accel(const struct ohtd_axis *a, const struct ohtd_piece *p,
			const struct ohtd_point *end, const struct ohtd_point *at, bool inside)
{
	double decel = a->goal == OHTD_AXIS_GOAL_STOP ? a->limits.stop_mm_s2 :
							a->limits.decel_mm_s2;
	bool faster = at->accel_mm_s2 * at->speed_mm_s > 0;
	double bound = faster ? a->limits.accel_mm_s2 : decel;
	bool falls = fabs(end->accel_mm_s2) < fabs(p->start.accel_mm_s2) ||
		     p->start.accel_mm_s2 * end->accel_mm_s2 < 0;

	HOLDS(fabs(p->jerk_mm_s3) <= a->jerk_mm_s3 * (1 + TOLERANCE), "jerk %g, limit %g",
	      p->jerk_mm_s3, a->jerk_mm_s3);
	/* At standstill both bounds meet. */
	if (fabs(at->speed_mm_s) < 1e-6)
		bound = fmax(a->limits.accel_mm_s2, decel);
	if (fabs(at->accel_mm_s2) <= bound * (1 + TOLERANCE))
		return;
	HOLDS(!inside, "acceleration %g at %g mm/s, limit %g", at->accel_mm_s2, at->speed_mm_s,
	      bound);
	HOLDS(falls && fabs(p->jerk_mm_s3) >= a->jerk_mm_s3 * (1 - TOLERANCE),
	      "acceleration %g over its limit %g does not come down", at->accel_mm_s2, bound);
}

/*
 * @inside: nothing was lowered since the axis stood: limits hold without exception. Else speed
 * may be what it was, and what the acceleration that there was makes of it.
 */
static void check_curve(const struct ohtd_axis *a, const struct ohtd_point *before, bool inside)
{
	const struct ohtd_curve *c = &a->curve;
	double settled = ohtd_curve_settled_mm_s(before, a->jerk_mm_s3);
	double excuse = inside ? 0 : fmax(fabs(before->speed_mm_s), fabs(settled));
	double from_s = 0;
	unsigned int i;

	if (c->count)
		check_joint(before, &c->piece[0].start, &a->limits);
	else
		check_joint(before, &c->end, &a->limits);
	for (i = 0; i < c->count; i++) {
		const struct ohtd_piece *p = &c->piece[i];
		struct ohtd_point end = end_of(p);
		bool forward = p->start.speed_mm_s + end.speed_mm_s > 0;
		double cap = fmax(a->cap_mm_s[forward ? 0 : 1], excuse);

		HOLDS(p->duration_s > 0 && isfinite(p->duration_s), "piece %u lasts %g s", i,
		      p->duration_s);
		HOLDS(fabs(p->from_s - from_s) <= 1e-9 * (1 + from_s), "piece %u begins late", i);
		from_s += p->duration_s;
		check_joint(&end, i + 1 < c->count ? &c->piece[i + 1].start : &c->end, &a->limits);
		check_accel(a, p, &end, &p->start, inside);
		check_accel(a, p, &end, &end, inside);
		HOLDS(fastest_of(p, &end) <= cap * (1 + TOLERANCE) + 1e-9,
		      "speed %g in piece %u, limit %g", fastest_of(p, &end), i, cap);
		HOLDS(!inside || p->start.speed_mm_s * end.speed_mm_s >= 0 ||
		      fmin(fabs(p->start.speed_mm_s), fabs(end.speed_mm_s)) < 1e-6,
		      "speed changes its sign inside of piece %u: %g to %g", i,
		      p->start.speed_mm_s, end.speed_mm_s);
	}
}

/* A speed over the limit falls at once, at the bound: time until it is below. */
static void check_slowing(const struct ohtd_axis *a, const struct ohtd_point *now)
{
	int way = now->speed_mm_s < 0 ? 1 : 0;
	double cap = a->cap_mm_s[way], j = a->jerk_mm_s3, d = a->limits.decel_mm_s2;
	double settled = fabs(ohtd_curve_settled_mm_s(now, j));
	double over = fmax(fabs(now->speed_mm_s), settled) - cap;
	double bound_s, jerk;
	struct ohtd_point p;

	if (over <= 0 || a->goal == OHTD_AXIS_GOAL_STOP)
		return;
	bound_s = fabs(now->accel_mm_s2) / j + over / d + 2 * d / j + sqrt(over / j) * 2;
	p = ohtd_curve_at(&a->curve, bound_s, &jerk);
	HOLDS(fabs(p.speed_mm_s) <= cap * (1 + TOLERANCE) + OHTD_AXIS_CREEP_MM_S ||
	      p.speed_mm_s * now->speed_mm_s < 0,
	      "still %g mm/s after %g s, limit %g", p.speed_mm_s, bound_s, cap);
}

/* ---- the optimum, from formulas of its own ---- */

static double ramp_s(double speed, double accel, double jerk)
{
	return speed >= accel * accel / jerk ? speed / accel + accel / jerk : 2 * sqrt(speed / jerk);
}

/* Rest to rest: each ramp covers the mean of its speeds, so the speed alone decides. */
static double optimum_s(const struct ohtd_ramps *l, double way_mm, double cap)
{
	double low = 0, high = cap, ramps;
	int i;

	for (i = 0; i < 200; i++) {
		double v = (low + high) / 2;

		ramps = ramp_s(v, l->accel_mm_s2, l->jerk_mm_s3) +
			ramp_s(v, l->decel_mm_s2, l->jerk_mm_s3);
		if (v * ramps / 2 <= way_mm)
			low = v;
		else
			high = v;
	}
	ramps = ramp_s(low, l->accel_mm_s2, l->jerk_mm_s3) +
		ramp_s(low, l->decel_mm_s2, l->jerk_mm_s3);
	return low > 0 ? ramps + (way_mm - low * ramps / 2) / low : 0;
}

/* Never slower than stopping first and then going from rest. */
static void check_time(const struct ohtd_axis *a, const struct ohtd_point *now)
{
	const struct ohtd_axis_limits *l = &a->limits;
	struct ohtd_ramps ramps = { l->accel_mm_s2, l->decel_mm_s2, a->jerk_mm_s3 };
	struct ohtd_curve stop;
	double way, cap, best;

	if (a->goal != OHTD_AXIS_GOAL_MOVE || !a->reaches || l->slow_zone_mm > 0)
		return;
	ohtd_curve_begin(&stop, now);
	ohtd_curve_add_speed(&stop, 0, &ramps);
	way = a->target_mm - stop.end.position_mm;
	cap = a->cap_mm_s[way < 0];
	if (cap < OHTD_AXIS_CREEP_MM_S)
		return;
	best = stop.duration_s + optimum_s(&ramps, fabs(way), cap);
	HOLDS(a->curve.duration_s <= best * (1 + TOLERANCE) + 1e-3,
	      "takes %.6f s, to stop and then go %.6f s", a->curve.duration_s, best);
	if (now->speed_mm_s == 0 && now->accel_mm_s2 == 0)
		HOLDS(fabs(a->curve.duration_s - best) <= 1e-6 * best + 1e-4,
		      "from rest %.6f s, optimum %.6f s", a->curve.duration_s, best);
}

/* ---- cases ---- */

struct run {
	unsigned int dices;
	struct ohtd_axis axis;
	struct ohtd_axis_sample now;
	bool inside;
};

static struct ohtd_axis_sample look(struct ohtd_axis *a)
{
	struct ohtd_axis_sample s;

	assert_int_equal(ohtd_axis_step(a, 0, &s), OHTD_AXIS_OK);
	return s;
}

static void step(struct run *r)
{
	const struct ohtd_axis_limits *l = &r->axis.limits;
	double most = r->axis.jerk_mm_s3 * CYCLE_S * (1 + TOLERANCE) + 1e-9;
	struct ohtd_axis_sample s;

	assert_int_equal(ohtd_axis_step(&r->axis, CYCLE_S, &s), OHTD_AXIS_OK);
	HOLDS(fabs(s.point.accel_mm_s2 - r->now.point.accel_mm_s2) <= most, "jerk in a cycle");
	most = CYCLE_S * (fmax(fabs(s.point.accel_mm_s2), fabs(r->now.point.accel_mm_s2)) + most);
	HOLDS(fabs(s.point.speed_mm_s - r->now.point.speed_mm_s) <= most, "speed in a cycle");
	most = CYCLE_S * (fmax(fabs(s.point.speed_mm_s), fabs(r->now.point.speed_mm_s)) + most);
	HOLDS(fabs(s.point.position_mm - r->now.point.position_mm) <= most + 1e-8,
	      "position in a cycle");
	HOLDS(!r->inside || (s.point.position_mm >= l->soft_min_mm - 1e-6 &&
			     s.point.position_mm <= l->soft_max_mm + 1e-6),
	      "%g mm is outside of the soft limits", s.point.position_mm);
	r->now = s;
}

static void change_something(struct run *r)
{
	unsigned int what = dice(&r->dices, 8);
	struct ohtd_axis_limits limits = any_limits(&r->dices);
	struct ohtd_axis_caps caps = any_caps(&r->dices);

	/* A stop is not undone by a weaker ramp alone: from it on the limits have an excuse. */
	if (what < 4)
		assert_int_equal(ohtd_axis_move(&r->axis, any(&r->dices, -10000, 30000)), 0);
	else if (what == 4)
		ohtd_axis_jog(&r->axis, (dice(&r->dices, 2) ? 1 : -1) *
					any_size(&r->dices, 0.2, 3000));
	else if (what == 5)
		ohtd_axis_stop(&r->axis);
	else if (what == 6)
		assert_int_equal(ohtd_axis_set_caps(&r->axis, &caps), 0);
	else
		assert_int_equal(ohtd_axis_configure(&r->axis, &limits), 0);
	if (what >= 4)
		r->inside = false;
}

static void near_target(struct run *r)
{
	double ahead = r->now.point.position_mm + any(&r->dices, -2, 2) *
						  ohtd_axis_stopping_mm(&r->axis);

	assert_int_equal(ohtd_axis_move(&r->axis, fmin(fmax(ahead, -10000), 30000)), 0);
}

static void arrive(struct run *r)
{
	const struct ohtd_axis_caps open_way = { INFINITY, INFINITY, INFINITY, 100 };
	double target = any(&r->dices, -10000, 30000);
	struct ohtd_point p;
	double jerk;

	assert_int_equal(ohtd_axis_set_caps(&r->axis, &open_way), 0);
	assert_int_equal(ohtd_axis_move(&r->axis, target), 0);
	HOLDS(r->axis.reaches && r->axis.curve.duration_s < 1e6, "does not arrive");
	p = ohtd_curve_at(&r->axis.curve, r->axis.curve.duration_s * (1 - 1e-9), &jerk);
	HOLDS(fabs(p.position_mm - target) <= 1e-3, "%g mm before the target at the end",
	      p.position_mm - target);
	r->axis.time_s = fmax(r->axis.curve.duration_s - 1, 0);
	assert_int_equal(ohtd_axis_step(&r->axis, 1, &r->now), 0);
	assert_int_equal(ohtd_axis_step(&r->axis, CYCLE_S, &r->now), 0);
	HOLDS(r->now.arrived && r->now.point.position_mm == target &&
	      r->now.point.speed_mm_s == 0 && r->now.point.accel_mm_s2 == 0,
	      "rests at %.17g, target %.17g", r->now.point.position_mm, target);
}

static void check_change(struct run *r, const struct ohtd_point *before)
{
	/* What changes nothing makes no new curve. */
	if (r->axis.time_s > 0)
		return;
	check_curve(&r->axis, before, r->inside);
	check_slowing(&r->axis, before);
	check_time(&r->axis, before);
}

static void run_case(unsigned int seed, long *cycles)
{
	struct run r = { .dices = seed * 2654435761u + 1, .inside = true };
	struct ohtd_axis_limits limits = any_limits(&r.dices);
	struct ohtd_point before;
	int goal;

	case_seed = seed;
	assert_int_equal(ohtd_axis_init(&r.axis, &limits), 0);
	assert_int_equal(ohtd_axis_reset(&r.axis, any(&r.dices, -10000, 30000), 0), 0);
	for (goal = 0; goal < GOALS; goal++) {
		unsigned int pause = dice(&r.dices, 120);

		r.now = look(&r.axis);
		before = r.now.point;
		if (dice(&r.dices, 4))
			change_something(&r);
		else
			near_target(&r);
		check_change(&r, &before);
		while (pause--)
			step(&r);
		*cycles += 120;
	}
	before = look(&r.axis).point;
	arrive(&r);
	check_curve(&r.axis, &before, false);
}

static void random_plans(void **state)
{
	long cases = series_runs(CASES), i, cycles = 0;
	unsigned int seed = dice_seed();

	(void)state;
	for (i = 0; i < cases; i++)
		run_case(seed + (unsigned int)i, &cycles);
	print_message("%ld cases, %ld plans\n", cases, cases * (GOALS + 1));
}

/* The slow zone from rest, wherever the move begins. */
static void random_slow_zones(void **state)
{
	unsigned int dices = dice_seed();
	int i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		struct ohtd_axis_limits l = any_limits(&dices);
		double target = any(&dices, -10000, 30000), slow, jerk;
		struct ohtd_axis axis;
		int k;

		case_seed = 0;
		l.slow_zone_mm = any_size(&dices, 1, 5000);
		l.slow_mm_s = any_size(&dices, 1, 3000);
		slow = fmin(l.slow_mm_s, l.speed_mm_s);
		assert_int_equal(ohtd_axis_init(&axis, &l), 0);
		assert_int_equal(ohtd_axis_reset(&axis, any(&dices, -10000, 30000), 0), 0);
		assert_int_equal(ohtd_axis_move(&axis, target), 0);
		for (k = 0; k < 500; k++) {
			double t = axis.curve.duration_s * k / 500;
			struct ohtd_point p = ohtd_curve_at(&axis.curve, t, &jerk);

			if (fabs(target - p.position_mm) <= l.slow_zone_mm - 1e-6)
				HOLDS(fabs(p.speed_mm_s) <= slow * (1 + TOLERANCE),
				      "%g mm/s in the zone of %g mm/s", p.speed_mm_s, slow);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_plans),
		cmocka_unit_test(random_slow_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
