// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands that move: what the machine accepts is answered when the drive has echoed the first
 * set-point, so that "done" means that the robot has begun to move.
 */
#include <math.h>
#include <string.h>

#include "control/control.h"
#include "control/one_module.h"
#include "control/travel.h"
#include "modules/setpoint.h"

static bool same_jog(const struct ohtd_control *control, const struct ohtd_command *command)
{
	const struct ohtd_travel *m = &control->travel;

	return control->state == OHTD_STATE_MOVE && ohtd_travel_busy(control) &&
	       m->command.kind == OHTD_COMMAND_JOG &&
	       !strcmp(m->by.session, command->by.session) &&
	       m->connection == command->connection &&
	       !strncmp(m->caller_id, command->caller_id, sizeof(m->caller_id));
}

/* ---- a jog that is over, and still held ---- */

/* Control that the session has lost meanwhile is the act of another person, or of time. */
static bool is_expiry(const struct ohtd_control *control, unsigned int event)
{
	return event == OHTD_EVENT_JOG_EXPIRED &&
	       ohtd_lease_is_of(&control->lease.view, &control->travel.by);
}

static bool leaves_jog(const struct ohtd_control *control, unsigned int event)
{
	return event == OHTD_EVENT_JOG_REFRESH || is_expiry(control, event) ||
	       event == OHTD_EVENT_OBSTACLE_NEAR || event == OHTD_EVENT_OBSTACLE_CLEARED;
}

static unsigned int end_code(const struct ohtd_control *control, const struct ohtd_raised *raised)
{
	switch (raised->event) {
	case OHTD_EVENT_MOVE_COMMAND:
	case OHTD_EVENT_DOCK_COMMAND:
		return OHTD_WHY_REPLACED;
	case OHTD_EVENT_JOG_EXPIRED:
		return control->lease.view.held ? OHTD_WHY_CONTROL_HELD : OHTD_WHY_CONTROL_FREE;
	default:
		return ohtd_travel_end_reason(raised).code;
	}
}

/* A stop counts also between two requests that have come too slowly. */
void ohtd_motion_heed(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	const struct ohtd_travel *m = &control->travel;
	struct ohtd_command jog = {
		.by = m->by, .connection = m->connection, .posted_ns = control->now_ns,
	};
	bool runs = raised->from == OHTD_STATE_MOVE && ohtd_travel_busy(control);
	struct ohtd_why_list why = { 0 };

	if (m->command.kind != OHTD_COMMAND_JOG || leaves_jog(control, raised->event) ||
	    (!runs && raised->event != OHTD_EVENT_STOP_COMMAND))
		return;
	memcpy(jog.caller_id, m->caller_id, sizeof(jog.caller_id));
	ohtd_why_add(&why, end_code(control, raised), raised->why.unit, raised->why.detail);
	ohtd_holds_refuse(control, &jog, &why);
}

/* ---- what comes ---- */

/* The robot cannot be at the dock and so far from it: whichever is wrong, no way is the way off. */
static bool is_far_from_dock(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;
	double away_mm = m->drive.position.estimate_mm - ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM);

	return fabs(away_mm) > fabs(ohtd_rule(m, OHTD_RULE_UNDOCK_MM)) +
			       ohtd_rule(m, OHTD_RULE_TOLERANCE_MM);
}

/*
 * The charge relay may be closed. The table asks for that in idle only; jogs and homing begin nowhere
 * else. A running move has left the dock, and so has an undock, with the relay open, a little further on.
 */
static bool is_at_contact(const struct ohtd_control *control, const struct ohtd_command *command)
{
	const struct ohtd_travel *m = &control->travel;
	double away_mm = m->drive.position.estimate_mm - ohtd_rule(m, OHTD_RULE_DOCK_POSITION_MM);

	if (command->kind != OHTD_COMMAND_MOVE || !ohtd_dock_docked(control))
		return false;
	if (control->state != OHTD_STATE_DOCK && control->state != OHTD_STATE_PAUSED &&
	    control->state != OHTD_STATE_BLOCKED)
		return false;
	return m->command.kind != OHTD_COMMAND_UNDOCK ||
	       fabs(away_mm) <= ohtd_rule(m, OHTD_RULE_DOCK_FINAL_MM);
}

/* The table asks for no position here, and docking goes by it. */
static bool lacks_position(const struct ohtd_control *control, const struct ohtd_command *command)
{
	if (command->kind == OHTD_COMMAND_RESUME)
		return control->facts[OHTD_FACT_KEPT_IS_DOCK] && !ohtd_travel_located(control);
	if (ohtd_verb_row(command->kind)->flags & OHTD_BY_POSITION)
		return !ohtd_travel_located(control) ||
		       (command->kind == OHTD_COMMAND_UNDOCK && ohtd_dock_docked(control) &&
			is_far_from_dock(control));
	return false;
}

/* True if it has been answered: it was accepted before, or its id is that of another command. */
static bool known(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_why_list why = { 0 };
	uint64_t number;

	/* Its id was looked up when it came into the queue. */
	if (asked->command.number)
		return false;
	switch (ohtd_life_known(&control->travel.life, &asked->command, &number)) {
	case OHTD_KNOWN_SAME:
		ohtd_commands_done_as(control, asked, number);
		return true;
	case OHTD_KNOWN_OTHER:
		ohtd_why_add(&why, OHTD_WHY_ID_REUSED, 0, 0);
		ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
		return true;
	default:
		return false;
	}
}

/*
 * The table asks for the speed of the first command only. One that has come to a soft limit is held
 * there by the same key; the other way from outside the axis would drive in, against the key.
 */
static unsigned int refresh_refusal(const struct ohtd_control *control, double speed_mm_s)
{
	const struct ohtd_travel *m = &control->travel;

	if (!ohtd_travel_jog_speed(control, speed_mm_s))
		return OHTD_WHY_JOG_SPEED;
	if (speed_mm_s * m->command.speed_mm_s < 0 && ohtd_travel_leads_out(m, speed_mm_s))
		return OHTD_WHY_SOFT_LIMIT;
	return OHTD_WHY_NONE;
}

void ohtd_motion_execute(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	const struct ohtd_command *command = &asked->command;
	bool is_jog = command->kind == OHTD_COMMAND_JOG;
	bool refreshes = is_jog && same_jog(control, command);
	enum ohtd_event event = ohtd_verb_row(command->kind)->event;
	struct ohtd_why_list why = { 0 };

	if (known(control, asked))
		return;
	if (is_jog && ohtd_holds_forbid(control, command, refreshes, &why)) {
		ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
		return;
	}
	if (ohtd_mode_forbids(control->mode, event)) {
		ohtd_why_event(control, event, &why);
		ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
		return;
	}
	if (ohtd_queue_take(control, asked))
		return;
	if (lacks_position(control, command)) {
		ohtd_why_event(control, event, &why);
		ohtd_control_explain_unlocated(control, &why);
		ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
		return;
	}
	if (is_at_contact(control, command)) {
		ohtd_why_event(control, event, &why);
		ohtd_control_dock_explain(control, OHTD_WHY_DOCKED, &why);
		ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
		return;
	}
	if (refreshes) {
		unsigned int refusal = refresh_refusal(control, command->speed_mm_s);

		if (refusal) {
			ohtd_why_add(&why, refusal, 0, 0);
			ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
			return;
		}
		event = OHTD_EVENT_JOG_REFRESH;
	}
	ohtd_commands_ask(control, asked, event);
}

void ohtd_control_try(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_raised wonder = { .asked = *asked, .role = asked->command.role };
	const struct ohtd_control_view *lease = &control->lease.view;
	struct ohtd_command *command = &wonder.asked.command;
	struct ohtd_why_list why = { 0 };

	command->kind = command->tried;
	wonder.event = ohtd_verb_row(command->kind)->event;
	if (lease->held && !ohtd_lease_is_of(lease, &command->by))
		ohtd_why_add(&why, OHTD_WHY_CONTROL_HELD, 0, 0);
	ohtd_travel_ask(control, &wonder);
	ohtd_facts_update(control);
	ohtd_why_event(control, wonder.event, &why);
	if (lacks_position(control, command))
		ohtd_control_explain_unlocated(control, &why);
	if (is_at_contact(control, command))
		ohtd_control_dock_explain(control, OHTD_WHY_DOCKED, &why);
	ohtd_travel_ask(control, NULL);
	ohtd_facts_update(control);
	if (why.count)
		ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
	else
		ohtd_commands_done(control, asked);
}

void ohtd_motion_hung_up(struct ohtd_control *control, uint64_t connection)
{
	const struct ohtd_travel *m = &control->travel;

	if (ohtd_travel_busy(control) && m->command.kind == OHTD_COMMAND_JOG &&
	    m->connection == connection &&
	    ohtd_machine_find(&control->machine, control->state, OHTD_EVENT_JOG_EXPIRED,
			      control->facts))
		ohtd_event_raise(control, OHTD_EVENT_JOG_EXPIRED, NULL);
}

/* ---- the echo ---- */

static void answer(struct ohtd_control *control)
{
	struct ohtd_travel *m = &control->travel;
	struct ohtd_asked asked = control->await.asked;

	control->await.asked.used = false;
	if (m->command.state == OHTD_COMMAND_STATE_INITIALIZING) {
		m->command.state = OHTD_COMMAND_STATE_RUNNING;
		m->command.began_ns = control->now_ns;
		ohtd_life_tell(control, &m->command);
	}
	/* A client that has waited for this answer can refresh from now on. */
	if (asked.command.kind == OHTD_COMMAND_JOG && !m->jog_refreshed)
		ohtd_travel_arm_jog(control, control->now_ns);
	ohtd_commands_done_as(control, &asked, m->command.number);
}

void ohtd_motion_paused(struct ohtd_control *control)
{
	const struct ohtd_asked asked = control->await.asked;

	control->await.asked.used = false;
	if (asked.used)
		ohtd_commands_done_as(control, &asked, control->travel.command.number);
}

void ohtd_motion_give_up(struct ohtd_control *control, unsigned int outcome,
			 const struct ohtd_why *why)
{
	struct ohtd_asked asked = control->await.asked;
	struct ohtd_why_list list = { 0 };

	if (!asked.used)
		return;
	control->await.asked.used = false;
	ohtd_why_add(&list, why->code, why->unit, why->detail);
	ohtd_commands_refuse(control, &asked, outcome, &list);
}

/* Also at the speed that it had before: an echo of the same set-point has no time of its own. */
static bool moves(const struct ohtd_control *control)
{
	struct ohtd_drive_setpoint echoed;
	uint64_t at_ns;

	return ohtd_setpoint_echoed(&control->modules, &echoed, &at_ns) && echoed.speed_raw &&
	       ohtd_setpoint_answers_since(&control->modules, control->await.since_ns);
}

/* Nothing is to be gone: the drive need not be told anything. */
static bool is_there(const struct ohtd_control *control)
{
	const struct ohtd_travel *m = &control->travel;

	return m->axis.goal == OHTD_AXIS_GOAL_MOVE && m->drive.settled &&
	       fabs(m->axis.target_mm - m->drive.position.estimate_mm) <=
	       ohtd_rule(m, OHTD_RULE_TOLERANCE_MM);
}

void ohtd_motion_await(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	control->await.asked = *asked;
	control->await.since_ns = control->now_ns;
}

void ohtd_motion_advance(struct ohtd_control *control)
{
	const struct ohtd_why expired = { .code = OHTD_WHY_EXPIRED };
	const struct ohtd_asked *asked = &control->await.asked;

	if (!asked->used)
		return;
	if (moves(control) || is_there(control)) {
		answer(control);
	} else if (ohtd_commands_late(control, &asked->command)) {
		ohtd_motion_give_up(control, OHTD_OUTCOME_EXPIRED, &expired);
		ohtd_event_raise(control, OHTD_EVENT_STOP_COMMAND, &expired);
	}
}
