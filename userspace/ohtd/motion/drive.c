// SPDX-License-Identifier: GPL-2.0-or-later
/* Position loop, steps of the drive, supervision. */
#include "motion/drive.h"

#include <math.h>
#include <string.h>

/* At rest, for so long without a speed: the drive hides it. Single reads may be lost. */
#define SPEED_SILENT_S	0.3
/* From one reading of the position to the next; and until the outputs are low by that one. */
#define READING_S	0.1
#define AHEAD_S		0.125
/* A robot that becomes faster is behind its plan, but by less than this. */
#define LAGS_FACTOR	1.1
#define LAGS_MM_S	100
/* Readings of a robot that stands differ by this. */
#define NOISE_MM	1
/* A set-point may hold for so long: the plan writes the speeds in each second cycle. */
#define HOLDS_S		0.05

/* Not a number is not within. */
static bool within(double value, double least, double most)
{
	return value >= least && value <= most;
}

static bool positive(double value)
{
	return within(value, 1e-9, 1e9);
}

static enum ohtd_drive_refusal check(const struct ohtd_drive_rules *r)
{
	if (!positive(r->full_speed_mm_s))
		return OHTD_DRIVE_BAD_FULL_SPEED;
	if (!r->full_raw)
		return OHTD_DRIVE_BAD_FULL_RAW;
	if (!within(r->gain_per_s, 0, 100))
		return OHTD_DRIVE_BAD_GAIN;
	if (!within(r->correction_mm_s, 0, r->full_speed_mm_s))
		return OHTD_DRIVE_BAD_CORRECTION;
	if (!positive(r->dead_band_mm) || !positive(r->settle_s) ||
	    !within(r->settle_max_s, r->settle_s, 1e9))
		return OHTD_DRIVE_BAD_SETTLING;
	if (!positive(r->standstill_mm_s))
		return OHTD_DRIVE_BAD_STANDSTILL;
	if (!positive(r->following_mm) || !positive(r->following_s))
		return OHTD_DRIVE_BAD_FOLLOWING;
	if (!positive(r->stall_mm_s) || !positive(r->stall_mm) || !positive(r->stall_s))
		return OHTD_DRIVE_BAD_STALL;
	if (!positive(r->stray_mm) || !positive(r->stand_s))
		return OHTD_DRIVE_BAD_STANDING;
	return ohtd_position_check(&r->position) ? OHTD_DRIVE_OK : OHTD_DRIVE_BAD_POSITION;
}

enum ohtd_drive_refusal ohtd_drive_init(struct ohtd_drive *drive,
					const struct ohtd_drive_rules *rules)
{
	enum ohtd_drive_refusal refusal = check(rules);

	memset(drive, 0, sizeof(*drive));
	if (refusal)
		return refusal;
	drive->rules = *rules;
	ohtd_drive_off(drive, NAN, true);
	drive->stand = (struct ohtd_stand){ 0 };
	return OHTD_DRIVE_OK;
}

void ohtd_drive_reset(struct ohtd_drive *drive, double reading_mm)
{
	struct ohtd_drive_rules rules = drive->rules;
	struct ohtd_stand stand = drive->stand;
	struct ohtd_told told = drive->told;

	memset(drive, 0, sizeof(*drive));
	drive->rules = rules;
	drive->stand = stand;
	drive->told = told;
	drive->position.rules = rules.position;
	ohtd_position_begin(&drive->position, reading_mm);
	drive->wanted_mm = drive->position.estimate_mm;
	drive->stall_from_mm = drive->position.estimate_mm;
}

static struct ohtd_told_rules told_rules(const struct ohtd_drive *d)
{
	return (struct ohtd_told_rules){
		.lag_s = d->rules.position.lag_s,
		.standstill_mm_s = d->rules.standstill_mm_s,
		.full_speed_mm_s = d->rules.full_speed_mm_s,
		.jump_mm = d->rules.position.jump_mm,
		.slack = d->rules.slack > 0 ? d->rules.slack : 1,
	};
}

void ohtd_drive_off(struct ohtd_drive *drive, double reading_mm, bool stands)
{
	const struct ohtd_told_rules rules = told_rules(drive);

	ohtd_drive_reset(drive, reading_mm);
	drive->stand = (struct ohtd_stand){ .stood = stands };
	ohtd_told_off(&drive->told, &rules, stands);
}

static bool trusted(const struct ohtd_drive *d)
{
	return d->position.trust == OHTD_POSITION_TRUSTED;
}

/* Speed that the drive was told in the cycle before. */
static double told_mm_s(const struct ohtd_drive *d)
{
	double speed = d->setpoint.speed_raw * d->rules.full_speed_mm_s / d->rules.full_raw;

	return d->setpoint.direction == OHTD_DRIVE_REVERSE ? -speed :
	       d->setpoint.direction == OHTD_DRIVE_FORWARD ? speed : 0;
}

static void take_speed(struct ohtd_drive *d, const struct ohtd_drive_feedback *feedback)
{
	if (isfinite(feedback->speed_mm_s)) {
		d->reported_mm_s = fabs(feedback->speed_mm_s);
		d->speed_silent_s = 0;
	}
}

/* ---- supervision ---- */

static void raise_fault(struct ohtd_drive *d, enum ohtd_drive_fault fault)
{
	if (!d->fault)
		d->fault = fault;
}

static void watch_following(struct ohtd_drive *d, double cycle_s)
{
	/* Where it stands it follows nothing: a position that is corrected then is no error of the drive. */
	bool off = trusted(d) && !d->stand.stood && fabs(d->error_mm) > d->rules.following_mm;

	d->following_s = off ? d->following_s + cycle_s : 0;
	if (d->following_s > d->rules.following_s)
		raise_fault(d, OHTD_DRIVE_FOLLOWING);
}

/* Only readings show movement, and that there is none; the estimate follows what the drive is told. */
static void watch_stall(struct ohtd_drive *d, double cycle_s, double reading_mm)
{
	bool moved = isfinite(reading_mm) &&
		     fabs(reading_mm - d->stall_from_mm) >= d->rules.stall_mm;

	if (moved)
		d->stall_from_mm = reading_mm;
	d->stall_s = moved || fabs(told_mm_s(d)) < d->rules.stall_mm_s ? 0 : d->stall_s + cycle_s;
	if (isfinite(reading_mm) && d->stall_s > d->rules.stall_s)
		raise_fault(d, OHTD_DRIVE_STALLED);
}

/* By the estimate, and by the drive: with a load it is slower than the estimate knows. */
static bool slow(const struct ohtd_drive *d)
{
	return fmax(fabs(d->position.speed_mm_s), d->reported_mm_s) <= d->rules.standstill_mm_s;
}

static void watch_rest(struct ohtd_drive *d, double cycle_s, double reading_mm)
{
	bool rests = !d->setpoint.speed_raw && slow(d);

	d->rest_s = rests ? d->rest_s + cycle_s : 0;
	d->fresh = d->rest_s >= d->rules.settle_s && (d->fresh || isfinite(reading_mm));
}

/*
 * How far the position is from where the robot stood. The daemon writes no position, and sets none while the outputs are high, so what the
 * readings move is a motion, whatever speed the drive reports. But a jump of the module is none, and the stand goes with it.
 */
static void take_reading(struct ohtd_drive *d, const struct ohtd_drive_feedback *feedback)
{
	struct ohtd_stand *s = &d->stand;
	double moved_mm = feedback->position_mm - s->seen_mm;

	if (!isfinite(feedback->position_mm))
		return;
	if (!s->placed || ohtd_position_jumps(moved_mm, d->rules.position.jump_mm, d->rules.full_speed_mm_s, s->unseen_s)) {
		s->from_mm = s->placed ? s->from_mm + moved_mm : feedback->position_mm;
		moved_mm = 0;
	}
	s->placed = true;
	s->seen_mm = feedback->position_mm;
	s->seen_mm_s = fmax(fabs(moved_mm) / fmax(s->unseen_s, READING_S), fabs(feedback->module_mm_s));
	s->unseen_s = 0;
}

/* As far as it will be when the next reading ends it: at speed that is too far. */
static double off_mm(const struct ohtd_stand *s)
{
	double away_mm = s->placed ? fabs(s->seen_mm - s->from_mm) : 0;

	return away_mm > NOISE_MM ? away_mm + s->seen_mm_s * AHEAD_S : 0;
}

/* Of one motion, by the speed that the drive reports: the wheels may turn on the spot. */
static double burst_mm(const struct ohtd_drive *d, double passed_s)
{
	bool turns = d->speed_silent_s <= SPEED_SILENT_S && d->reported_mm_s > d->rules.standstill_mm_s;

	return turns ? d->stand.burst_mm + d->reported_mm_s * passed_s : 0;
}

static enum ohtd_beyond watch_stand(struct ohtd_drive *d, double passed_s, const struct ohtd_drive_feedback *feedback)
{
	struct ohtd_stand *s = &d->stand;

	if (d->setpoint.speed_raw) {
		*s = (struct ohtd_stand){ 0 };
		return OHTD_BEYOND_NOTHING;
	}
	s->zero_s += passed_s;
	s->unseen_s += passed_s;
	d->speed_silent_s += passed_s;
	take_speed(d, feedback);
	s->stood = s->stood || d->rest_s >= d->rules.settle_s || s->zero_s > d->rules.stand_s;
	if (!s->stood)
		return OHTD_BEYOND_NOTHING;
	take_reading(d, feedback);
	s->burst_mm = burst_mm(d, passed_s);
	if (s->burst_mm > d->rules.stray_mm)
		return OHTD_BEYOND_DRIVE_SPEED;
	return off_mm(s) > d->rules.stray_mm ? OHTD_BEYOND_STAND : OHTD_BEYOND_NOTHING;
}

static enum ohtd_beyond watch_told(struct ohtd_drive *d, double passed_s, const struct ohtd_drive_feedback *feedback)
{
	const struct ohtd_told_rules rules = told_rules(d);
	double told = told_mm_s(d);
	const struct ohtd_told_cycle cycle = {
		.passed_s = passed_s,
		.told_mm_s = { fmax(told, feedback->holds_mm_s[0]), fmax(-told, feedback->holds_mm_s[1]) },
		.last_mm_s = fabs(told),
		.reverse = d->setpoint.direction == OHTD_DRIVE_REVERSE,
		.stands = d->stand.stood,
		.motor_mm_s = { feedback->motor_mm_s[0], feedback->motor_mm_s[1] },
		.module_mm_s = feedback->module_signed && isfinite(feedback->position_mm) ? feedback->module_mm_s : NAN,
		.position_mm = feedback->position_mm,
		.age_s = d->position.rules.latency_s,
	};

	return ohtd_told_step(&d->told, &rules, &cycle);
}

static double ahead_mm(const struct ohtd_drive *d)
{
	return d->setpoint.direction == OHTD_DRIVE_REVERSE ? d->error_mm : -d->error_mm;
}

/*
 * Is the vehicle further along its way than the plan, by more than it may be? It came there on its way: what a single
 * reading shows, and the one before not by half, may be a slip of the module.
 */
static enum ohtd_beyond watch_ahead(struct ohtd_drive *d, const struct ohtd_drive_feedback *feedback)
{
	double before_mm = d->ahead_mm;

	if (!isfinite(feedback->position_mm))
		return OHTD_BEYOND_NOTHING;
	d->ahead_mm = ahead_mm(d);
	if (!trusted(d) || d->stand.stood || d->setpoint.direction == OHTD_DRIVE_IDLE)
		return OHTD_BEYOND_NOTHING;
	return d->ahead_mm > d->rules.following_mm && before_mm > d->rules.following_mm / 2 ? OHTD_BEYOND_POSITION : OHTD_BEYOND_NOTHING;
}

static void go_beyond(struct ohtd_drive *d, enum ohtd_beyond beyond)
{
	if (!d->beyond)
		d->beyond = beyond;
}

void ohtd_drive_watch(struct ohtd_drive *drive, double passed_s, const struct ohtd_drive_feedback *feedback)
{
	go_beyond(drive, watch_stand(drive, passed_s, feedback));
	go_beyond(drive, watch_told(drive, passed_s, feedback));
}

double ohtd_drive_lags(const struct ohtd_drive *drive, double speed_mm_s)
{
	const struct ohtd_told_rules rules = told_rules(drive);
	double seen_mm_s = ohtd_told_speed(&drive->told, &rules);

	return fabs(speed_mm_s) > seen_mm_s * LAGS_FACTOR + LAGS_MM_S ? seen_mm_s : NAN;
}

/* ---- speed ---- */

/*
 * The highest speed that leads no further than to the soft limit. A drive with a lag rolls out however steep the last ramp of the plan is,
 * up to 8 mm more than that of a short way. So the way that it will roll counts as gone. A drive with ramps of its own hides how far it rolls.
 */
static double most_mm_s(const struct ohtd_drive *d, const struct ohtd_axis_sample *s)
{
	double way = s->point.speed_mm_s < 0 ? -1 : 1;
	double roll_mm = d->position.speed_mm_s * d->rules.position.lag_s;

	if (!trusted(d) || d->rules.position.lag_s == 0)
		return INFINITY;
	return fmax((s->limit_mm - d->position.estimate_mm - roll_mm) * way, 0) / HOLDS_S;
}

/* Along the plan: its speed, the lag taken off, and a correction that does not turn around. */
static double follow_mm_s(const struct ohtd_drive *d, const struct ohtd_axis_sample *s)
{
	double speed = s->point.speed_mm_s + d->rules.position.lag_s * s->point.accel_mm_s2;
	double correction = trusted(d) ? d->rules.gain_per_s * d->error_mm : 0;
	double most = d->rules.correction_mm_s;

	speed += fmin(fmax(correction, -most), most);
	if (speed * s->point.speed_mm_s <= 0)
		return 0;
	return copysign(fmin(fabs(speed), most_mm_s(d, s)), speed);
}

/*
 * The axis has arrived. While creeping, the vehicle will roll on by its lag: that way counts as
 * gone. At rest a reading decides whether to creep.
 */
static double settle_mm_s(struct ohtd_drive *d, double target_mm, double cycle_s)
{
	double roll_mm = d->position.speed_mm_s * d->rules.position.lag_s;
	double left_mm = target_mm - d->position.estimate_mm - roll_mm;
	double least = d->rules.full_speed_mm_s / d->rules.full_raw;

	if (!trusted(d))
		return 0;
	d->settling_s += cycle_s;
	if (d->creep && left_mm * d->creep <= 0)
		d->creep = 0;
	else if (!d->creep && d->fresh && fabs(left_mm) > d->rules.dead_band_mm)
		d->creep = left_mm > 0 ? 1 : -1;
	d->settled = !d->creep && d->fresh && fabs(left_mm) <= d->rules.dead_band_mm;
	if (d->settled)
		d->settling_s = 0;
	if (d->settling_s > d->rules.settle_max_s)
		raise_fault(d, OHTD_DRIVE_NOT_SETTLED);
	return d->creep * fmax(least, fmin(d->rules.gain_per_s * fabs(left_mm),
					   d->rules.correction_mm_s));
}

/* ---- steps ---- */

static uint16_t steps_of(struct ohtd_drive *d, double speed_mm_s, double cap_mm_s)
{
	double per_mm_s = d->rules.full_raw / d->rules.full_speed_mm_s;
	double most = floor(fmin(cap_mm_s * per_mm_s, d->rules.full_raw) + 1e-9);
	double exact, steps;

	/* Slower than one step: one step now and then. */
	if (cap_mm_s > 0)
		most = fmax(most, 1);
	exact = fabs(speed_mm_s) * per_mm_s + d->carry;
	steps = fmin(fmax(round(exact), 0), most);

	/* What a limit cuts off is not made up for later. */
	d->carry = speed_mm_s == 0 ? 0 : fmin(fmax(exact - steps, -0.5), 0.5);
	return speed_mm_s == 0 ? 0 : (uint16_t)steps;
}

/* Direction first, at standstill; then speed. */
static void set(struct ohtd_drive *d, double speed_mm_s, double cap_mm_s, uint16_t echoed)
{
	uint16_t wanted = speed_mm_s < 0 ? OHTD_DRIVE_REVERSE : OHTD_DRIVE_FORWARD;
	bool turn = speed_mm_s != 0 && wanted != d->setpoint.direction;

	if (turn && slow(d) && !d->setpoint.speed_raw) {
		d->setpoint.direction = wanted;
		turn = false;
	}
	if (turn || (speed_mm_s != 0 && echoed != wanted))
		speed_mm_s = 0;
	d->setpoint.speed_raw = steps_of(d, speed_mm_s, cap_mm_s);
}

struct ohtd_drive_setpoint ohtd_drive_step(struct ohtd_drive *drive, double cycle_s,
					   const struct ohtd_axis_sample *sample, double cap_mm_s,
					   const struct ohtd_drive_feedback *feedback)
{
	double reading_mm = feedback->position_mm, speed_mm_s;

	take_speed(drive, feedback);
	ohtd_position_step(&drive->position, cycle_s, told_mm_s(drive), reading_mm);
	/* Both of the same time: now. The sample is for the end of the cycle that begins. */
	drive->error_mm = drive->wanted_mm - drive->position.estimate_mm;
	go_beyond(drive, watch_ahead(drive, feedback));
	drive->wanted_mm = sample->point.position_mm;
	watch_following(drive, cycle_s);
	watch_stall(drive, cycle_s, reading_mm);
	watch_rest(drive, cycle_s, reading_mm);
	if (sample->arrived) {
		speed_mm_s = settle_mm_s(drive, sample->point.position_mm, cycle_s);
	} else {
		drive->creep = 0;
		drive->settled = false;
		drive->settling_s = 0;
		speed_mm_s = follow_mm_s(drive, sample);
	}
	/* A cap that has just fallen is reached along the plan. */
	set(drive, speed_mm_s, fmax(cap_mm_s, fabs(sample->point.speed_mm_s)),
	    feedback->direction);
	return drive->setpoint;
}
