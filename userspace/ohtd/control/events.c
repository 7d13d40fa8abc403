// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events of the state machine: they are queued wherever they are found, and taken at one place of
 * the turn, one after the other, each with facts of its own and to its end. A stop goes first.
 */
#include <stdio.h>
#include <string.h>

#include "control/control.h"

/* Far more than one turn can find; so that taking ends even if each event raises another. */
#define TAKEN_MAX	(4 * OHTD_EVENTS_WAITING_MAX)

/* ---- the queue ---- */

static bool same_why(const struct ohtd_why *a, const struct ohtd_why *b)
{
	return a->code == b->code && a->unit == b->unit && a->detail == b->detail;
}

static bool waits_already(const struct ohtd_events *events, const struct ohtd_raised *raised)
{
	uint32_t i;

	for (i = 0; i < events->count; i++)
		if (events->waiting[i].event == raised->event && !events->waiting[i].asked.used &&
		    same_why(&events->waiting[i].why, &raised->why))
			return true;
	return false;
}

void ohtd_event_raise(struct ohtd_control *control, enum ohtd_event event,
		      const struct ohtd_why *why)
{
	struct ohtd_events *events = &control->events;
	const struct ohtd_raised raised = {
		.event = (uint8_t)event,
		.role = OHTD_ROLE_SYSTEM,
		.why = why ? *why : (struct ohtd_why){ 0 },
	};

	if (waits_already(events, &raised))
		return;
	if (events->count == OHTD_EVENTS_WAITING_MAX)
		events->lost = true;
	else
		events->waiting[events->count++] = raised;
}

void ohtd_event_raise_if_taken(struct ohtd_control *control, enum ohtd_event event,
			       const struct ohtd_why *why)
{
	if (ohtd_machine_find(&control->machine, control->state, event, control->facts))
		ohtd_event_raise(control, event, why);
}

bool ohtd_event_ask(struct ohtd_control *control, enum ohtd_event event,
		    const struct ohtd_asked *asked)
{
	struct ohtd_events *events = &control->events;

	if (events->count == OHTD_EVENTS_WAITING_MAX)
		return false;
	events->waiting[events->count++] = (struct ohtd_raised){
		.event = (uint8_t)event,
		.role = asked->command.role,
		.tag = asked->command.tag,
		.asked = *asked,
	};
	return true;
}

/* A lost event might have been a stop, so it is taken as one. */
static bool take_lost(struct ohtd_control *control, struct ohtd_raised *raised)
{
	if (!control->events.lost)
		return false;
	control->events.lost = false;
	*raised = (struct ohtd_raised){
		.event = OHTD_EVENT_ESTOP_TRIGGERED,
		.role = OHTD_ROLE_SYSTEM,
		.why.code = OHTD_WHY_EVENTS_LOST,
	};
	return true;
}

/* A stop first, otherwise the oldest. */
static bool take_next(struct ohtd_control *control, struct ohtd_raised *raised)
{
	struct ohtd_events *events = &control->events;
	uint32_t at = 0;

	if (take_lost(control, raised))
		return true;
	if (!events->count)
		return false;
	while (at < events->count && events->waiting[at].event != OHTD_EVENT_ESTOP_TRIGGERED)
		at++;
	if (at == events->count)
		at = 0;
	*raised = events->waiting[at];
	events->count--;
	memmove(&events->waiting[at], &events->waiting[at + 1],
		(events->count - at) * sizeof(events->waiting[0]));
	return true;
}

/* ---- what has happened ---- */

static struct ohtd_event_record record_of(const struct ohtd_control *control,
					  enum ohtd_record_kind kind,
					  const struct ohtd_raised *raised)
{
	struct ohtd_event_record record = {
		.time_ns = control->now_ns,
		.tag = raised->tag,
		.kind = (uint8_t)kind,
		.from = (uint8_t)control->state,
		.to = (uint8_t)control->state,
		.event = raised->event,
		.role = raised->role,
		.action = OHTD_NO_ACTION,
	};
	double number;

	if (raised->why.code)
		ohtd_why_add(&record.why, raised->why.code, raised->why.unit, raised->why.detail);
	ohtd_signal(control, OHTD_SIGNAL_POSITION_MM, &record.position_mm);
	record.position_mm.valid = ohtd_signal_fresh(control, OHTD_SIGNAL_POSITION_MM, &number);
	return record;
}

void ohtd_event_record(struct ohtd_control *control, enum ohtd_record_kind kind,
		       const struct ohtd_raised *raised, const struct ohtd_phrase *action)
{
	struct ohtd_event_record record = record_of(control, kind, raised);

	if (action)
		record.action = (uint8_t)(action - ohtd_phrases);
	ohtd_event_ring_put(&control->event_ring, &record);
}

struct ohtd_event_record ohtd_event_of_person(const struct ohtd_control *control,
					      enum ohtd_record_kind kind,
					      const struct ohtd_command *by)
{
	const struct ohtd_raised raised = {
		.event = OHTD_EVENTS, .role = by->role, .tag = by->tag,
	};
	struct ohtd_event_record record = record_of(control, kind, &raised);

	snprintf(record.user, sizeof(record.user), "%s", by->by.user);
	return record;
}

/* ---- one event ---- */

/* The row that is taken, or NULL and everything that stands in the way. */
static const struct ohtd_row *admit(struct ohtd_control *control,
				    const struct ohtd_raised *raised, struct ohtd_why_list *why)
{
	const struct ohtd_row *row = NULL;

	/* Without a device nothing can be done for a person but to end; what happens by itself goes on. */
	if (control->device.open || !raised->asked.used || raised->event == OHTD_EVENT_SHUTDOWN)
		row = ohtd_machine_find(&control->machine, control->state, raised->event,
					control->facts);
	if (!row || row->planned) {
		ohtd_why_event(control, raised->event, why);
		if (!why->count)
			ohtd_why_add_state(control, why);
		return NULL;
	}
	if (raised->role < row->role) {
		ohtd_why_add(why, OHTD_WHY_ROLE, 0, row->role);
		return NULL;
	}
	return ohtd_steps_ask(control, row, raised, why) ? NULL : row;
}

static void enter(struct ohtd_control *control, enum ohtd_state state)
{
	control->state = state;
	if (state == OHTD_STATE_IDLE)
		atomic_store(&control->enabled, true);
	control->state_since_ns = control->now_ns;
	control->timed_out = false;
	control->note_count = 0;
	control->snapshot.transitions++;
	control->notify = true;
}

/* What still waits of the last event is cut short by one that leaves its state or waits itself. */
static void accept(struct ohtd_control *control, struct ohtd_raised *raised,
		   const struct ohtd_row *row)
{
	struct ohtd_event_record record;
	bool moves_on;

	raised->from = (uint8_t)control->state;
	if (row->to != control->state || ohtd_steps_wait(row))
		ohtd_steps_cut(control);
	record = record_of(control, OHTD_RECORD_TRANSITION, raised);
	record.to = row->to;
	record.line = (uint16_t)row->line;
	record.link = raised->asked.used && raised->asked.link != OHTD_LINK_QUEUE ? (uint8_t)(raised->asked.link + 1) : 0;
	ohtd_event_ring_put(&control->event_ring, &record);
	if (ohtd_robot_interrupts(raised->event))
		control->interrupted = record.number;
	moves_on = row->to != control->state;
	if (moves_on)
		enter(control, row->to);
	ohtd_queue_heed(control, raised);
	ohtd_motion_heed(control, raised);
	if (moves_on)
		ohtd_travel_entered(control, raised);
	ohtd_steps_begin(control, row, raised);
}

static void refuse(struct ohtd_control *control, const struct ohtd_raised *raised,
		   const struct ohtd_why_list *why)
{
	struct ohtd_event_record record = record_of(control, OHTD_RECORD_REFUSAL, raised);

	record.why = *why;
	ohtd_event_ring_put(&control->event_ring, &record);
}

static void handle(struct ohtd_control *control, struct ohtd_raised *raised)
{
	struct ohtd_why_list why = { 0 };
	const struct ohtd_row *row;

	ohtd_travel_ask(control, raised);
	ohtd_facts_update(control);
	row = admit(control, raised, &why);
	if (row)
		accept(control, raised, row);
	else
		refuse(control, raised, &why);
	if (raised->asked.used)
		ohtd_commands_answer(control, raised, row ? NULL : &why);
	ohtd_travel_ask(control, NULL);
}

void ohtd_events_take(struct ohtd_control *control)
{
	struct ohtd_raised raised;
	unsigned int taken = 0;

	/* A command is begun only when no event waits: it sees what they have led to. */
	do {
		while (taken < TAKEN_MAX && take_next(control, &raised)) {
			handle(control, &raised);
			taken++;
		}
	} while (taken < TAKEN_MAX &&
		 (ohtd_commands_receive(control) || ohtd_queue_advance(control)));
}
