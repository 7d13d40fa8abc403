// SPDX-License-Identifier: GPL-2.0-or-later
/* The model of the told speed, and what is reported beyond it. */
#include "motion/told.h"

#include <math.h>
#include <string.h>

#include "motion/position.h"

/* A drive with 100 kg needs twice its lag to become slower; one that follows ramps of its own has none. */
#define LAGS		2.0
#define COAST_MIN_S	0.25
/* Beyond the model: a calibration that is not true yet, the steps of the registers and their noise. */
#define MARGIN		0.15
#define MARGIN_MM_S	30.0
/* In a direction that the drive has not been told. */
#define WRONG_MM_S	4.0
/* So far beyond, in two readings: not what is told. */
#define SPEED_MM	15.0
#define POSITION_MM	25.0
#define WRONG_MM	10.0
/* Readings on both sides of zero, of which this one is as far from it as the lowest. */
#define LOW_TIMES	2.0
/* A reading is confirmed by another one in this time: the position is read each 100 ms. */
#define CONFIRM_S	0.25
/* A reading counts for the time since the one before, but for no more. */
#define READING_S	0.1
/* An older speed says nothing of now. */
#define RECENT_S	0.25
/* The readings of a robot that becomes faster are behind it by this. */
#define BEHIND_MM_S	100.0
/* So long the speed of the module has not become zero although the robot stands: longer than a controlled stop may take. */
#define STUCK_S		3.0

enum { FORWARD, REVERSE, SLOWER };

void ohtd_told_off(struct ohtd_told *t, const struct ohtd_told_rules *rules, bool stands)
{
	unsigned int i;

	memset(t, 0, sizeof(*t));
	t->place_mm = NAN;
	t->low_mm_s = t->slow_s = INFINITY;
	for (i = 0; i < 2; i++)
		t->most_mm_s[i] = stands ? 0 : rules->full_speed_mm_s;
	for (i = 0; i < OHTD_TOLD_SIDES; i++)
		t->shown_s[i] = INFINITY;
	for (i = 0; i < OHTD_WATCHED; i++)
		t->since_s[i] = INFINITY;
}

/* ---- the model ---- */

double ohtd_told_speed(const struct ohtd_told *t, const struct ohtd_told_rules *rules)
{
	double drive_mm_s = -1, module_mm_s = -1;
	unsigned int i;

	for (i = 0; i < OHTD_WATCHED; i++) {
		double *mm_s = i <= OHTD_WATCHED_MOTOR_2 ? &drive_mm_s : &module_mm_s;

		if (t->since_s[i] <= RECENT_S * rules->slack)
			*mm_s = fmax(*mm_s, t->seen_mm_s[i]);
	}
	return drive_mm_s < 0 || module_mm_s < 0 ? INFINITY : fmax(drive_mm_s, module_mm_s);
}

/* The direction that is not told, and what is left of the last motion is less than a step of the registers. */
static bool is_wrong(const struct ohtd_told *t, const struct ohtd_told_cycle *c, unsigned int way)
{
	return way != (c->reverse ? REVERSE : FORWARD) && t->most_mm_s[way] <= MARGIN_MM_S;
}

static double limit_mm_s(const struct ohtd_told *t, const struct ohtd_told_cycle *c, unsigned int way)
{
	return t->most_mm_s[way] * (1 + MARGIN) + (is_wrong(t, c, way) ? WRONG_MM_S : MARGIN_MM_S);
}

static double slowest_mm_s(const struct ohtd_told *t)
{
	return t->least_mm_s * (1 - MARGIN) - MARGIN_MM_S;
}

static void follow_told(struct ohtd_told *t, const struct ohtd_told_rules *rules, const struct ohtd_told_cycle *c)
{
	double coast_s = fmax(LAGS * rules->lag_s, COAST_MIN_S) * rules->slack;
	double left = exp(-c->passed_s / coast_s);
	/* All that is reported says that it is slower: then it cannot be that fast now. */
	double seen_mm_s = ohtd_told_speed(t, rules) + BEHIND_MM_S;
	unsigned int way;

	for (way = FORWARD; way <= REVERSE; way++) {
		double told = c->told_mm_s[way];
		double most = fmin(t->most_mm_s[way], fmax(seen_mm_s, told));

		t->most_mm_s[way] = most > told ? told + (most - told) * left : told;
		t->way_mm[way] += limit_mm_s(t, c, way) * c->passed_s;
	}
	t->least_mm_s = fmin(c->last_mm_s + (t->least_mm_s - c->last_mm_s) * left, c->last_mm_s);
}

/* ---- what is beyond it ---- */

static double bar_mm(enum ohtd_watched what, bool wrong)
{
	return wrong ? WRONG_MM : what == OHTD_WATCHED_POSITION ? POSITION_MM : SPEED_MM;
}

/* What a second reading has shown, too, is no doubt any more: also that of another quantity. */
static void confirm(struct ohtd_told *t, unsigned int side)
{
	unsigned int i;

	for (i = 0; i < OHTD_WATCHED; i++) {
		t->over_mm[i][side] += t->doubt_mm[i][side];
		t->doubt_mm[i][side] = 0;
	}
}

/* Is it too far? @beyond_mm of this reading; negative: within. */
static bool add(struct ohtd_told *t, const struct ohtd_told_rules *rules, enum ohtd_watched what, unsigned int side, double beyond_mm, double bar)
{
	double *over = &t->over_mm[what][side], *doubt = &t->doubt_mm[what][side];

	if (beyond_mm <= 0) {
		*over = fmax(*over + beyond_mm, 0);
		*doubt = 0;
		return false;
	}
	*doubt += beyond_mm;
	if (t->shown_s[side] <= CONFIRM_S * rules->slack)
		confirm(t, side);
	t->shown_s[side] = 0;
	return *over > bar * rules->slack;
}

static double reading_s(const struct ohtd_told *t, const struct ohtd_told_rules *rules, enum ohtd_watched what)
{
	return fmin(t->since_s[what], READING_S * rules->slack);
}

/* It turns around, or is held up: nothing else shows that while the position is silent. */
static bool is_slower(struct ohtd_told *t, const struct ohtd_told_rules *rules, enum ohtd_watched what, double mm_s)
{
	double short_mm_s = slowest_mm_s(t) - fabs(mm_s);

	if (t->since_s[OHTD_WATCHED_POSITION] > RECENT_S * rules->slack)
		return add(t, rules, what, SLOWER, short_mm_s * reading_s(t, rules, what), bar_mm(what, false));
	t->over_mm[what][SLOWER] = t->doubt_mm[what][SLOWER] = 0;
	return false;
}

/*
 * The speed of a drive that turns around passes zero: two readings in turn fall below the slowest that is healthy, and those behind them rise. From the
 * lowest on the robot may go the wrong way, until the module shows that it does not. A motor that is held up, or half of the speed, has not passed zero.
 */
static bool turns(struct ohtd_told *t, const struct ohtd_told_rules *rules, double mm_s)
{
	double slowest = slowest_mm_s(t);

	if (mm_s < slowest)
		t->slow_s = 0;
	if (fmax(mm_s, t->heard_mm_s) < slowest)
		t->low_mm_s = fmin(t->low_mm_s, fmin(mm_s, t->heard_mm_s));
	else if (t->turned_mm == 0)
		t->low_mm_s = INFINITY;
	if (isfinite(t->low_mm_s))
		t->turned_mm += fmax(mm_s - LOW_TIMES * t->low_mm_s, 0) * fmin(t->heard_s, READING_S * rules->slack);
	t->heard_mm_s = mm_s;
	t->heard_s = 0;
	return t->turned_mm > WRONG_MM * rules->slack;
}

/* The position shows the told way by the sign of its speed, or, where that has none, by a step. */
static void goes_on(struct ohtd_told *t, const struct ohtd_told_cycle *c, double shown)
{
	if (c->reverse ? shown < 0 : shown > 0)
		t->turned_mm = 0;
}

/* A motor has no sign: it turns as it is told, or was last. */
static enum ohtd_beyond look_at_motor(struct ohtd_told *t, const struct ohtd_told_rules *rules, const struct ohtd_told_cycle *c,
				      enum ohtd_watched what, double mm_s)
{
	double limit = fmax(limit_mm_s(t, c, FORWARD), limit_mm_s(t, c, REVERSE));
	bool far = add(t, rules, what, c->reverse, (fabs(mm_s) - limit) * reading_s(t, rules, what), bar_mm(what, false));
	bool slower = is_slower(t, rules, what, mm_s), turned = turns(t, rules, fabs(mm_s));

	t->seen_mm_s[what] = fabs(mm_s);
	t->since_s[what] = 0;
	if (far)
		return OHTD_BEYOND_DRIVE_SPEED;
	return slower || turned ? OHTD_BEYOND_SLOWER : OHTD_BEYOND_NOTHING;
}

/* The module may report a speed for ever: no motion could end. */
static enum ohtd_beyond look_at_stand(struct ohtd_told *t, const struct ohtd_told_rules *rules, double mm_s)
{
	double time_s = reading_s(t, rules, OHTD_WATCHED_MODULE_SPEED);

	t->stuck_s = fabs(mm_s) > rules->standstill_mm_s ? t->stuck_s + time_s : 0;
	return t->stuck_s > STUCK_S * rules->slack ? OHTD_BEYOND_MODULE_SPEED : OHTD_BEYOND_NOTHING;
}

static enum ohtd_beyond look_at_module(struct ohtd_told *t, const struct ohtd_told_rules *rules, const struct ohtd_told_cycle *c)
{
	const enum ohtd_watched what = OHTD_WATCHED_MODULE_SPEED;
	enum ohtd_beyond beyond = OHTD_BEYOND_NOTHING;
	double time_s = reading_s(t, rules, what);
	unsigned int way;

	if (c->stands)
		beyond = look_at_stand(t, rules, c->module_mm_s);
	for (way = FORWARD; way <= REVERSE && !c->stands; way++) {
		double mm_s = way == REVERSE ? -c->module_mm_s : c->module_mm_s;
		bool wrong = is_wrong(t, c, way);

		/* A motor that has become too slow shows the same. */
		if (wrong && t->slow_s <= CONFIRM_S * rules->slack)
			t->shown_s[way] = 0;
		if (add(t, rules, what, way, (mm_s - limit_mm_s(t, c, way)) * time_s, bar_mm(what, wrong)))
			beyond = wrong ? OHTD_BEYOND_WRONG_WAY : OHTD_BEYOND_MODULE_SPEED;
	}
	goes_on(t, c, c->module_mm_s);
	t->seen_mm_s[what] = fabs(c->module_mm_s);
	t->since_s[what] = 0;
	return beyond;
}

static enum ohtd_beyond look_at_position(struct ohtd_told *t, const struct ohtd_told_rules *rules, const struct ohtd_told_cycle *c)
{
	const enum ohtd_watched what = OHTD_WATCHED_POSITION;
	double moved_mm = c->position_mm - t->place_mm;
	bool jumps = ohtd_position_jumps(moved_mm, rules->jump_mm, rules->full_speed_mm_s, t->place_s);
	enum ohtd_beyond beyond = OHTD_BEYOND_NOTHING;
	unsigned int way;

	for (way = FORWARD; way <= REVERSE; way++) {
		/* The way since the reading belongs to the next one. */
		double since_mm = fmin(limit_mm_s(t, c, way) * c->age_s, t->way_mm[way]);
		double beyond_mm = (way == REVERSE ? -moved_mm : moved_mm) - (t->way_mm[way] - since_mm);
		bool wrong = is_wrong(t, c, way);

		t->way_mm[way] = since_mm;
		/* What moves a robot that stands has a bar of its own. */
		if (!jumps && !c->stands && add(t, rules, what, way, beyond_mm, bar_mm(what, wrong)))
			beyond = wrong ? OHTD_BEYOND_WRONG_WAY : OHTD_BEYOND_POSITION;
		/* Of the same answer: the one has shown the other. */
		if (wrong && t->over_mm[OHTD_WATCHED_MODULE_SPEED][way] > WRONG_MM * rules->slack)
			beyond = OHTD_BEYOND_WRONG_WAY;
	}
	if (isnan(c->module_mm_s))
		goes_on(t, c, moved_mm);
	t->seen_mm_s[what] = jumps ? 0 : fabs(moved_mm) / fmax(t->place_s, READING_S / 2);
	t->since_s[what] = jumps ? INFINITY : 0;
	t->place_mm = c->position_mm;
	t->place_s = 0;
	return beyond;
}

enum ohtd_beyond ohtd_told_step(struct ohtd_told *t, const struct ohtd_told_rules *rules, const struct ohtd_told_cycle *c)
{
	enum ohtd_beyond beyond = OHTD_BEYOND_NOTHING;
	unsigned int i;

	follow_told(t, rules, c);
	for (i = 0; i < OHTD_WATCHED; i++)
		t->since_s[i] += c->passed_s;
	t->place_s += c->passed_s;
	t->heard_s += c->passed_s;
	t->slow_s += c->passed_s;
	for (i = 0; i < OHTD_TOLD_SIDES; i++)
		t->shown_s[i] += c->passed_s;
	if (!c->stands)
		t->stuck_s = 0;
	else
		t->turned_mm = 0;
	for (i = OHTD_WATCHED_MOTOR_1; i <= OHTD_WATCHED_MOTOR_2 && !beyond; i++)
		if (isfinite(c->motor_mm_s[i]))
			beyond = look_at_motor(t, rules, c, i, c->motor_mm_s[i]);
	if (isfinite(c->module_mm_s) && !beyond)
		beyond = look_at_module(t, rules, c);
	if (isfinite(c->position_mm) && !beyond)
		beyond = look_at_position(t, rules, c);
	return beyond;
}
