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
/* A stall of the computer, and a pause between two readings, count no longer. */
#define STEP_MAX_NS	(250 * OHTD_NS_PER_MS)
/* A source whose readings show no motion for so long shows rest. */
#define REST_NS		(500 * OHTD_NS_PER_MS)
/* From the end of one telegram to the next; and to a drive that has not acknowledged the last one. */
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

/* Rest is seen, never concluded from silence: of the time between two readings no more than STEP_MAX_NS counts. */
static void count_rest(uint64_t *rest_ns, uint64_t since_ns)
{
	*rest_ns += since_ns < STEP_MAX_NS ? since_ns : STEP_MAX_NS;
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
	uint64_t newest_ns = reported_ns(control), since_ns = newest_ns - u->reported_ns;

	if (isnan(speed_mm_s))
		return;
	u->spoke_ns = control->now_ns;
	u->reported_ns = newest_ns;
	if (speed_mm_s > ohtd_rule(&control->travel, OHTD_RULE_STANDSTILL_MM_S)) {
		u->turned_ns = control->now_ns;
		u->slow_ns = 0;
		if (newest_ns >= counts_ns(control))
			u->turned_mm += speed_mm_s * passed_s;
		return;
	}
	count_rest(&u->slow_ns, since_ns);
	if (u->slow_ns > REST_NS)
		u->turned_mm = 0;
}

/* ---- the position ---- */

/*
 * A motion goes one way and begins behind its first step. A step alone is a new reference of the module, one there and back
 * a wrong reading. A jump is no motion, so the way of a motion begins anew behind it; but it is no rest either.
 */
static void take_step(struct ohtd_control *control, double step_mm, uint64_t since_ns)
{
	struct ohtd_unpowered *u = &control->unpowered;
	const struct ohtd_travel *m = &control->travel;

	if (fabs(step_mm) <= NOISE_MM) {
		count_rest(&u->still_ns, since_ns);
		if (u->still_ns > REST_NS)
			u->from_mm = NAN;
		return;
	}
	u->still_ns = 0;
	u->stepped_ns = control->now_ns;
	if (isnan(u->from_mm) || u->forward != (step_mm > 0) ||
	    ohtd_position_jumps(step_mm, ohtd_rule(m, OHTD_RULE_POSITION_JUMP_MM), ohtd_rule(m, OHTD_RULE_FULL_SPEED_MM_S),
				(double)since_ns / OHTD_NS_PER_S))
		u->from_mm = u->seen_mm + step_mm;
	u->forward = step_mm > 0;
}

static void look_at_position(struct ohtd_control *control)
{
	struct ohtd_unpowered *u = &control->unpowered;
	double position_mm = control->travel.feedback.position_mm;

	if (isnan(position_mm))
		return;
	if (u->position_ns)
		take_step(control, position_mm - u->seen_mm, control->now_ns - u->position_ns);
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
	return isnan(u->from_mm) && u->still_ns > REST_NS && u->position_ns > u->spoke_ns + REST_NS;
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
 * for: it waits until the fault stands. Each write to a drive that does not answer well takes a cycle that the plan gives. The pause
 * follows the last write, so that these cycles are not all taken: by the others the search finds the drive again.
 */
static void repeat_zero(struct ohtd_control *control)
{
	struct ohtd_telegrams *telegrams = &control->modules.telegrams;
	struct ohtd_unpowered *u = &control->unpowered;
	uint64_t pause_ns = telegrams->failed ? REPEAT_SILENT_NS : REPEAT_NS;

	if (telegrams->active)
		u->told_ns = control->now_ns;
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
