// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/lease.h"

#include <stdio.h>
#include <string.h>

#include "control/control.h"

bool ohtd_lease_is_of(const struct ohtd_control_view *view, const struct ohtd_holder *session)
{
	return view->held && !view->offered && !strcmp(view->holder.session, session->session);
}

/* Control handed over to a person belongs to the first session of that person that speaks. */
static bool is_offered_to(const struct ohtd_control_view *view, const struct ohtd_holder *session)
{
	return view->held && view->offered && session->user_id &&
	       view->holder.user_id == session->user_id;
}

static void renew(struct ohtd_control *control)
{
	control->lease.view.expires_boot_ns = ohtd_clock_boottime_ns(control->clock) + OHTD_LEASE_NS;
}

/* @by: who did it, NULL: it happened by itself; @before: who had control until then, or NULL. */
static void record(struct ohtd_control *control, enum ohtd_record_kind kind,
		   const struct ohtd_command *by, const char *now, const char *before)
{
	struct ohtd_event_record record = {
		.time_ns = control->now_ns,
		.tag = by ? by->tag : 0,
		.kind = (uint8_t)kind,
		.from = (uint8_t)control->state,
		.to = (uint8_t)control->state,
		.event = OHTD_EVENTS,
		.role = by ? by->role : OHTD_ROLE_SYSTEM,
		.action = OHTD_NO_ACTION,
	};

	snprintf(record.user, sizeof(record.user), "%s", now);
	snprintf(record.before, sizeof(record.before), "%s", before ? before : "");
	ohtd_event_ring_put(&control->event_ring, &record);
	control->notify = true;
}

static void give(struct ohtd_control *control, const struct ohtd_holder *holder)
{
	control->lease = (struct ohtd_lease){
		.view = { .held = true, .holder = *holder, .since_ns = control->now_ns },
		.number = control->lease.number + 1,
	};
	renew(control);
}

static void drop(struct ohtd_control *control)
{
	control->lease = (struct ohtd_lease){ .number = control->lease.number };
}

/* ---- with a command ---- */

static void hear(struct ohtd_control *control, const struct ohtd_holder *session)
{
	struct ohtd_control_view *view = &control->lease.view;

	if (is_offered_to(view, session)) {
		view->offered = false;
		view->holder = *session;
		control->notify = true;
	}
	if (ohtd_lease_is_of(view, session))
		renew(control);
}

static bool admit(struct ohtd_control *control, struct ohtd_asked *asked)
{
	if (control->lease.provisional) {
		asked->lease = control->lease.number;
		control->lease.under_way++;
	}
	return true;
}

bool ohtd_lease_admit(struct ohtd_control *control, struct ohtd_asked *asked,
		      struct ohtd_why_list *why)
{
	const struct ohtd_command *command = &asked->command;
	const struct ohtd_verb_row *row = ohtd_verb_row(command->kind);
	struct ohtd_lease *lease = &control->lease;

	hear(control, &command->by);
	if (command->role < row->role) {
		ohtd_why_add(why, OHTD_WHY_ROLE, 0, row->role);
		return false;
	}
	/* What the daemon itself has to take back waits for nobody who has control. */
	if (!(row->flags & OHTD_NEEDS_CONTROL) || command->role == OHTD_ROLE_SYSTEM)
		return true;
	if (ohtd_lease_is_of(&lease->view, &command->by))
		return admit(control, asked);
	if (lease->view.held) {
		ohtd_why_add(why, OHTD_WHY_CONTROL_HELD, 0, 0);
		return false;
	}
	give(control, &command->by);
	lease->provisional = true;
	return admit(control, asked);
}

void ohtd_lease_settle(struct ohtd_control *control, const struct ohtd_asked *asked,
		       unsigned int outcome)
{
	struct ohtd_lease *lease = &control->lease;

	if (!lease->provisional || lease->number != asked->lease)
		return;
	if (outcome != OHTD_OUTCOME_DONE) {
		if (!--lease->under_way)
			drop(control);
		return;
	}
	lease->provisional = false;
	renew(control);
	record(control, OHTD_RECORD_CONTROL_TAKEN, &asked->command, lease->view.holder.user, NULL);
}

/* ---- by itself ---- */

void ohtd_lease_check(struct ohtd_control *control)
{
	const struct ohtd_lease before = control->lease;

	/* A command has a deadline of its own. */
	if (!before.view.held || before.provisional ||
	    ohtd_clock_boottime_ns(control->clock) < before.view.expires_boot_ns)
		return;
	drop(control);
	record(control, OHTD_RECORD_CONTROL_EXPIRED, NULL, "", before.view.holder.user);
}

/* ---- what is asked of it ---- */

static bool take(struct ohtd_control *control, const struct ohtd_command *command,
		 struct ohtd_why_list *why)
{
	struct ohtd_lease *lease = &control->lease;

	if (!lease->view.held) {
		give(control, &command->by);
		record(control, OHTD_RECORD_CONTROL_TAKEN, command, command->by.user, NULL);
	} else if (!ohtd_lease_is_of(&lease->view, &command->by)) {
		ohtd_why_add(why, OHTD_WHY_CONTROL_HELD, 0, 0);
		return false;
	} else if (lease->provisional) {
		/* Asked for by itself, it stays whatever becomes of the command. */
		lease->provisional = false;
		record(control, OHTD_RECORD_CONTROL_TAKEN, command, command->by.user, NULL);
	}
	return true;
}

/* To have nothing is what was asked for, also when there was nothing. */
static bool release(struct ohtd_control *control, const struct ohtd_command *command,
		    struct ohtd_why_list *why)
{
	const struct ohtd_control_view *view = &control->lease.view;

	if (!view->held)
		return true;
	if (!ohtd_lease_is_of(view, &command->by)) {
		ohtd_why_add(why, OHTD_WHY_CONTROL_HELD, 0, 0);
		return false;
	}
	drop(control);
	record(control, OHTD_RECORD_CONTROL_RELEASED, command, "", command->by.user);
	return true;
}

static bool take_over(struct ohtd_control *control, const struct ohtd_command *command,
		      struct ohtd_why_list *why)
{
	const struct ohtd_control_view before = control->lease.view;

	if (!before.held || ohtd_lease_is_of(&before, &command->by))
		return take(control, command, why);
	if (command->role < before.holder.role) {
		ohtd_why_add(why, OHTD_WHY_ROLE, 0, before.holder.role);
		ohtd_why_add(why, OHTD_WHY_CONTROL_HELD, 0, 0);
		return false;
	}
	give(control, &command->by);
	memcpy(control->lease.view.reason, command->text, sizeof(command->text));
	record(control, OHTD_RECORD_CONTROL_TAKEN_OVER, command, command->by.user,
	       before.holder.user);
	return true;
}

static bool hand_over(struct ohtd_control *control, const struct ohtd_command *command,
		      struct ohtd_why_list *why)
{
	const struct ohtd_control_view *view = &control->lease.view;

	if (!ohtd_lease_is_of(view, &command->by)) {
		ohtd_why_add(why, view->held ? OHTD_WHY_CONTROL_HELD : OHTD_WHY_CONTROL_FREE, 0, 0);
		return false;
	}
	give(control, &command->to);
	control->lease.view.offered = true;
	record(control, OHTD_RECORD_CONTROL_HANDED_OVER, command, command->to.user,
	       command->by.user);
	return true;
}

/* The session of the holder has ended; another one's end changes nothing. */
static bool end(struct ohtd_control *control, const struct ohtd_command *command,
		struct ohtd_why_list *why)
{
	(void)why;
	if (!ohtd_lease_is_of(&control->lease.view, &command->by))
		return true;
	drop(control);
	record(control, OHTD_RECORD_CONTROL_ENDED, NULL, "", command->by.user);
	return true;
}

/* Any message renews, and this command is nothing but a message. */
static bool renewed(struct ohtd_control *control, const struct ohtd_command *command,
		    struct ohtd_why_list *why)
{
	(void)control;
	(void)command;
	(void)why;
	return true;
}

bool ohtd_lease_ask(struct ohtd_control *control, const struct ohtd_command *command,
		    struct ohtd_why_list *why)
{
	switch (command->kind) {
	case OHTD_COMMAND_CONTROL_TAKE:
		return take(control, command, why);
	case OHTD_COMMAND_CONTROL_RELEASE:
		return release(control, command, why);
	case OHTD_COMMAND_CONTROL_TAKE_OVER:
		return take_over(control, command, why);
	case OHTD_COMMAND_CONTROL_HAND_OVER:
		return hand_over(control, command, why);
	case OHTD_COMMAND_CONTROL_END:
		return end(control, command, why);
	default:
		return renewed(control, command, why);
	}
}
