// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A robot whose outputs are low has no power to move: what moves it then is a relay that has welded, a drive that is
 * not behind the relays, a slope or a person, and no reading tells which. So all of these are one fault. Two sources are
 * looked at, as either may be silent or wrong: the speed that the drive reports, and the position.
 */
#include "control/unpowered.h"

#include <math.h>

#include "control/control.h"

/* Readings of a robot that stands differ by this. */
#define NOISE_MM	1
/* A stall of the computer counts no longer. */
#define STEP_MAX_NS	(250 * OHTD_NS_PER_MS)
/* A source that shows no motion for so long shows rest. */
#define REST_NS		(500 * OHTD_NS_PER_MS)
/* From one telegram to the next; and to a drive that has not acknowledged the last one. */
#define REPEAT_NS	(250 * OHTD_NS_PER_MS)
#define REPEAT_SILENT_NS OHTD_NS_PER_S

void ohtd_unpowered_init(struct ohtd_control *control)
{
	control->unpowered = (struct ohtd_unpowered){ .from_mm = NAN };
}

static bool outputs_low(const struct ohtd_control *control)
{
	enum ohtd_safety_state state = ohtd_safety_state(control);

	return control->device.open && (state == OHTD_SAFETY_STOPPED || state == OHTD_SAFETY_READY);
}

/* What the robot rolls out counts for nothing: stand_s, as of a drive that is told zero. */
static uint64_t counts_ns(const struct ohtd_control *control)
{
	return control->unpowered.low_ns + (uint64_t)(control->travel.drive.rules.stand_s * OHTD_NS_PER_S);
}

/* ---- the drive ---- */

/* Newest report of either motor. */
static uint64_t reported_ns(const struct ohtd_control *control)
{
	struct ohtd_value first, second;

	ohtd_signal(control, OHTD_SIGNAL_DRIVE_SPEED_1, &first);
	ohtd_signal(control, OHTD_SIGNAL_DRIVE_SPEED_2, &second);
	return first.time_ns > second.time_ns ? first.time_ns : second.time_ns;
}

static void look_at_drive(struct ohtd_control *control, double passed_s)
{
	struct ohtd_unpowered *u = &control->unpowered;
	double speed_mm_s = control->travel.feedback.speed_mm_s;

	if (isnan(speed_mm_s))
		return;
	u->spoke_ns = control->now_ns;
	if (speed_mm_s > ohtd_rule(&control->travel, OHTD_RULE_STANDSTILL_MM_S)) {
		u->turned_ns = control->now_ns;
		if (reported_ns(control) >= counts_ns(control))
			u->turned_mm += speed_mm_s * passed_s;
	} else if (control->now_ns - u->turned_ns > REST_NS) {
		u->turned_mm = 0;
	}
}

/* ---- the position ---- */

/*
 * A motion goes one way and begins behind its first step. A step alone is a new reference of the module, one there and back
 * a wrong reading; a jump is no motion either.
 */
static void take_step(struct ohtd_control *control, double step_mm)
{
	struct ohtd_unpowered *u = &control->unpowered;

	if (fabs(step_mm) > ohtd_rule(&control->travel, OHTD_RULE_POSITION_JUMP_MM)) {
		u->from_mm = NAN;
	} else if (fabs(step_mm) > NOISE_MM) {
		u->stepped_ns = control->now_ns;
		if (isnan(u->from_mm) || u->forward != (step_mm > 0))
			u->from_mm = u->seen_mm + step_mm;
		u->forward = step_mm > 0;
	} else if (control->now_ns - u->stepped_ns > REST_NS) {
		u->from_mm = NAN;
	}
}

static void look_at_position(struct ohtd_control *control)
{
	struct ohtd_unpowered *u = &control->unpowered;
	double position_mm = control->travel.feedback.position_mm;

	if (isnan(position_mm))
		return;
	if (u->position_ns)
		take_step(control, position_mm - u->seen_mm);
	if (control->now_ns < counts_ns(control) && !u->moves)
		u->from_mm = NAN;
	u->position_ns = control->now_ns;
	u->seen_mm = position_mm;
}

static double drifted_mm(const struct ohtd_unpowered *u)
{
	return isnan(u->from_mm) ? 0 : fabs(u->seen_mm - u->from_mm);
}

/* Of a drive that has gone silent, as with its main switch off, the position alone tells that it stands. */
static bool position_rests(const struct ohtd_unpowered *u)
{
	uint64_t last_ns = u->stepped_ns > u->spoke_ns ? u->stepped_ns : u->spoke_ns;

	return isnan(u->from_mm) && u->position_ns > last_ns + REST_NS;
}

/* ---- the fault ---- */

static void begin(struct ohtd_control *control)
{
	const struct ohtd_why why = { .code = OHTD_WHY_MOVES_UNPOWERED };

	control->unpowered.moves = true;
	ohtd_fault_raise(control, &why, true);
	ohtd_event_raise(control, OHTD_EVENT_FAULT_DETECTED, &why);
}

static void end(struct ohtd_control *control)
{
	control->unpowered.moves = false;
	ohtd_fault_settle(control, OHTD_WHY_MOVES_UNPOWERED, 0);
	control->notify = true;
}

/* Silence ends nothing: what was seen to move stands when it is seen to stand. */
static void judge(struct ohtd_control *control)
{
	struct ohtd_unpowered *u = &control->unpowered;

	if (position_rests(u))
		u->turned_mm = 0;
	if (!u->moves && fmax(u->turned_mm, drifted_mm(u)) > ohtd_rule(&control->travel, OHTD_RULE_STRAY_MM))
		begin(control);
	else if (u->moves && u->turned_mm == 0 && isnan(u->from_mm))
		end(control);
}

/* ---- the drive is told again ---- */

static bool turns(const struct ohtd_control *control)
{
	const struct ohtd_unpowered *u = &control->unpowered;
	uint64_t last_ns = u->stepped_ns > u->turned_ns ? u->stepped_ns : u->turned_ns;

	return u->moves || (last_ns && control->now_ns - last_ns < REST_NS);
}

/*
 * Both take motion away and go out in each state. The stop takes the drive's own enable, too, which an old drive has to be reset
 * for: it waits until the fault stands.
 */
static void repeat_zero(struct ohtd_control *control)
{
	struct ohtd_telegrams *telegrams = &control->modules.telegrams;
	struct ohtd_unpowered *u = &control->unpowered;
	uint64_t pause_ns = telegrams->failed ? REPEAT_SILENT_NS : REPEAT_NS;

	if (!turns(control) || telegrams->active || control->enable.step != OHTD_ENABLE_IDLE ||
	    control->now_ns - u->told_ns < pause_ns)
		return;
	u->told_ns = control->now_ns;
	u->stop_next = u->moves && !u->stop_next;
	ohtd_telegram_start(&control->modules, u->stop_next ? OHTD_TELEGRAM_STOP : OHTD_TELEGRAM_ZERO_SPEED);
}

void ohtd_unpowered_watch(struct ohtd_control *control, uint64_t passed_ns)
{
	struct ohtd_unpowered *u = &control->unpowered;

	if (ohtd_safety_state(control) == OHTD_SAFETY_ENABLED) {
		if (u->moves)
			end(control);
		ohtd_unpowered_init(control);
	}
	if (!outputs_low(control))
		return;
	if (!u->low_ns)
		u->low_ns = control->now_ns;
	look_at_drive(control, (double)(passed_ns < STEP_MAX_NS ? passed_ns : STEP_MAX_NS) / OHTD_NS_PER_S);
	look_at_position(control);
	judge(control);
	repeat_zero(control);
}
