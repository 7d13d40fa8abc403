// SPDX-License-Identifier: GPL-2.0-or-later
/* What the events of the state machine do to the motion. */
#include <math.h>
#include <string.h>

#include "control/control.h"
#include "control/travel.h"

/* command_limit_ms: 1.5 x planned duration + 5000, at most ten times move_timeout_ms. */
#define LIMIT_FACTOR	1.5
#define LIMIT_MORE_MS	5000.0
#define LIMIT_TIMEOUTS	10
/* What a drive rolls on behind its plan is less. */
#define LAND_MM		20.0

/* A motion that the state machine begins by itself goes to a target, as a move does. */
static uint32_t kind_of(unsigned int event)
{
	uint32_t kind = ohtd_verb_of_event(event);

	return ohtd_verb_row(kind)->flags & OHTD_IS_MOTION ? kind : OHTD_COMMAND_MOVE;
}

/* ---- the life of a command ---- */

static void end(struct ohtd_control *control, unsigned int state, const struct ohtd_why *why)
{
	struct ohtd_travel *m = &control->travel;

	m->kept_mm = NAN;
	m->limit_mm_s = 0;
	m->phase_mm_s = 0;
	m->slow = false;
	m->way.near = false;
	m->docking = (struct ohtd_docking){ 0 };
	if (!ohtd_travel_busy(control))
		return;
	m->command.state = state;
	m->command.ended_ns = control->now_ns;
	if (why)
		m->command.reason = *why;
	ohtd_life_tell(control, &m->command);
}

void ohtd_travel_finish(struct ohtd_control *control)
{
	end(control, OHTD_COMMAND_STATE_FINISHED, NULL);
}

struct ohtd_why ohtd_travel_end_reason(const struct ohtd_raised *raised)
{
	struct ohtd_why why = raised->why;

	if (raised->event == OHTD_EVENT_SHUTDOWN)
		why.code = OHTD_WHY_SHUTTING_DOWN;
	else if (!why.code)
		why.code = OHTD_WHY_CANCELLED;
	return why;
}

void ohtd_travel_fail(struct ohtd_control *control, const struct ohtd_why *why)
{
	const struct ohtd_why earlier = { .code = OHTD_WHY_EARLIER_FAILED };

	ohtd_motion_give_up(control, OHTD_OUTCOME_FAILED, why);
	if (ohtd_travel_busy(control))
		ohtd_queue_fail(control, &earlier);
	end(control, OHTD_COMMAND_STATE_FAILED, why);
}

void ohtd_travel_begin(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	const struct ohtd_why replaced = { .code = OHTD_WHY_REPLACED };
	struct ohtd_travel *m = &control->travel;
	struct ohtd_command said = raised->asked.command;

	said.kind = kind_of(raised->event);
	if (!raised->asked.used)
		said.target_mm = NAN;
	if (!said.number) {
		ohtd_queue_fail(control, &replaced);
		said.number = ++m->numbers;
		said.accepted_ns = control->now_ns;
		ohtd_life_note(&m->life, &said, said.number);
	}
	ohtd_travel_fail(control, &replaced);
	m->command = ohtd_life_view(&said, OHTD_COMMAND_STATE_INITIALIZING);
	m->kept_mm = m->command.target_mm;
	m->limit_mm_s = ohtd_verb_row(said.kind)->flags & OHTD_TAKES_LIMIT ? said.speed_mm_s : 0;
	m->by = said.by;
	m->connection = said.connection;
	memcpy(m->caller_id, said.caller_id, sizeof(m->caller_id));
	ohtd_life_tell(control, &m->command);
}

static void come_into(struct ohtd_control *control, unsigned int state, const struct ohtd_why *why)
{
	struct ohtd_command_view *command = &control->travel.command;

	/* What it is already is no new phase. */
	if (!ohtd_travel_busy(control) || command->state == state)
		return;
	command->state = state;
	command->reason = *why;
	ohtd_life_tell(control, command);
}

void ohtd_travel_retry(struct ohtd_control *control, const struct ohtd_why *why)
{
	come_into(control, OHTD_COMMAND_STATE_RETRIABLE, why);
}

void ohtd_travel_keep(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	const struct ohtd_why none = { 0 };

	if (raised->event == OHTD_EVENT_OBSTACLE_DETECTED)
		ohtd_travel_retry(control, &raised->why);
	else
		come_into(control, OHTD_COMMAND_STATE_PAUSED, &none);
	control->travel.docking.phase = OHTD_DOCK_NONE;
	ohtd_motion_paused(control);
}

/* ---- motion ---- */

/* From rest the axis begins where the robot stands: what is left of the last motion is forgotten. */
static void take_place(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;

	if (!ohtd_travel_rests(control) || ohtd_moving(control) ||
	    m->drive.position.trust != OHTD_POSITION_TRUSTED)
		return;
	ohtd_drive_reset(&m->drive, m->drive.position.estimate_mm);
	ohtd_axis_reset(&m->axis, m->drive.position.estimate_mm, 0);
}

/* From the planned duration of what is left; a way that is not free now has the highest one. */
static double limit_left_ms(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	double most_ms = LIMIT_TIMEOUTS * ohtd_rule(m, OHTD_RULE_MOVE_TIMEOUT_MS) * 100 /
			 m->override_percent;

	ohtd_axis_step(&m->axis, 0, &m->sample);
	return fmin(LIMIT_FACTOR * m->sample.left_s * 1000 + LIMIT_MORE_MS, most_ms) *
	       control->time_factor;
}

static void begin_motion(struct ohtd_control *control)
{
	control->travel.began_ns = control->now_ns;
	control->travel.limit_ms = limit_left_ms(control);
}

void ohtd_travel_override(struct ohtd_control *control, double percent)
{
	struct ohtd_travel *m = &control->travel;

	m->override_percent = percent;
	if (control->state != OHTD_STATE_MOVE || m->axis.goal != OHTD_AXIS_GOAL_MOVE)
		return;
	ohtd_way_caps(control);
	m->limit_ms = (double)(control->now_ns - m->began_ns) / OHTD_NS_PER_MS +
		      limit_left_ms(control);
}

/* Least position that its module can report: what is below reads the same. */
static double edge_mm(const struct ohtd_control *control)
{
	const struct ohtd_unit *unit = ohtd_signal_unit(control, OHTD_SIGNAL_POSITION_MM);
	const struct oht_register *reg = unit ? &unit->plan->map->reg[unit->plan->signal[OHTD_SIGNAL_POSITION_MM]] : NULL;

	return reg && reg->has_min ? oht_register_value(reg, reg->min) + control->travel.location.kept.offset_mm : -INFINITY;
}

/*
 * To @target_mm. Near the edge of its register the axis ends a little above, and the robot creeps the rest by its readings: a drive that rolls
 * on behind the plan is led back elsewhere, and there nothing would show that it did.
 */
static void aim(struct ohtd_control *control, double target_mm)
{
	struct ohtd_travel *m = &control->travel;
	double above_mm = edge_mm(control) + LAND_MM;
	bool lands = target_mm < above_mm && m->drive.position.estimate_mm > above_mm;

	m->land_mm = lands ? target_mm : NAN;
	ohtd_axis_move(&m->axis, lands ? above_mm : target_mm);
}

void ohtd_travel_go(struct ohtd_control *control)
{
	const struct ohtd_why none = { 0 };
	struct ohtd_travel *m = &control->travel;

	take_place(control);
	ohtd_way_caps(control);
	aim(control, m->kept_mm);
	if (m->command.state == OHTD_COMMAND_STATE_PAUSED ||
	    m->command.state == OHTD_COMMAND_STATE_RETRIABLE)
		come_into(control, OHTD_COMMAND_STATE_RUNNING, &none);
	begin_motion(control);
}

/* To the soft limit at the speed that is wanted: there the jog rests as exactly as a move. */
void ohtd_travel_jog(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	struct ohtd_travel *m = &control->travel;
	double speed_mm_s = raised->asked.command.speed_mm_s;
	double end_mm = speed_mm_s < 0 ? m->axis.limits.soft_min_mm : m->axis.limits.soft_max_mm;

	take_place(control);
	m->limit_mm_s = fabs(speed_mm_s);
	m->command.speed_mm_s = speed_mm_s;
	ohtd_way_caps(control);
	if (m->axis.goal != OHTD_AXIS_GOAL_MOVE || (isnan(m->land_mm) ? m->axis.target_mm : m->land_mm) != end_mm)
		aim(control, end_mm);
	begin_motion(control);
}

void ohtd_travel_arm_jog(struct ohtd_control *control, uint64_t from_ns)
{
	uint64_t expiry_ms = (uint64_t)ohtd_rule(&control->travel, OHTD_RULE_JOG_EXPIRY_MS) *
			     control->time_factor;

	control->travel.jog_until_ns = from_ns + expiry_ms * OHTD_NS_PER_MS;
}

void ohtd_travel_home(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	struct ohtd_travel *m = &control->travel;

	ohtd_travel_begin(control, raised);
	m->kept_mm = ohtd_rule(m, OHTD_RULE_HOME_POSITION_MM);
	m->command.target_mm = m->kept_mm;
	m->phase_mm_s = ohtd_rule(m, OHTD_RULE_HOMING_MM_S);
	ohtd_travel_go(control);
}

/* Begun on the ramp of a stop, a jog is faster than its own limit: the drive's lag is no ramp for that. */
static bool is_jog_speed(const struct ohtd_travel *m)
{
	return fabs(m->sample.point.speed_mm_s) <=
	       ohtd_rule(m, OHTD_RULE_JOG_MM_S) + OHTD_AXIS_CREEP_MM_S;
}

/* The ramp begins at the speed that the robot has: one that was held up does not catch up with its plan first. */
static void stop_from_here(struct ohtd_travel *m)
{
	double plan_mm_s = m->sample.point.speed_mm_s;
	double seen_mm_s = ohtd_drive_lags(&m->drive, plan_mm_s);

	if (isfinite(seen_mm_s))
		ohtd_axis_reset(&m->axis, m->drive.position.estimate_mm, copysign(seen_mm_s, plan_mm_s));
	else
		ohtd_axis_stop(&m->axis);
}

void ohtd_travel_stop(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;

	/* Also one that a fault has ended by now. */
	if (m->command.kind == OHTD_COMMAND_JOG && is_jog_speed(m))
		ohtd_axis_reset(&m->axis, m->drive.position.estimate_mm, 0);
	else
		stop_from_here(m);
}

void ohtd_travel_entered(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	const struct ohtd_why why = ohtd_travel_end_reason(raised);

	if (ohtd_state_is_enabled(control->state)) {
		/* What the drive did wrong before is no fault of the motion that begins now. */
		if (ohtd_state_in_motion(control->state))
			take_place(control);
		/* Another drive may have been found since the last cycle. */
		if (control->state == OHTD_STATE_IDLE && !control->travel.driving)
			ohtd_travel_off(control);
		return;
	}
	ohtd_travel_fail(control, &why);
}
