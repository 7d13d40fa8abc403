// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/queue.h"

#include <string.h>

#include "control/control.h"
#include "control/travel.h"
#include "control/one_module.h"

/* From its turn on, as for a command that has just come. */
#define BEGIN_MS	2000

static void tell_failed(struct ohtd_control *control, const struct ohtd_command *said,
			const struct ohtd_why *why)
{
	struct ohtd_command_view view = ohtd_life_view(said, OHTD_COMMAND_STATE_FAILED);

	view.ended_ns = control->now_ns;
	view.reason = *why;
	ohtd_life_tell(control, &view);
}

static void fail_from(struct ohtd_control *control, uint32_t from, const struct ohtd_why *why)
{
	struct ohtd_queue *queue = &control->queue;
	uint32_t count = queue->count, i;

	if (from >= count)
		return;
	queue->count = from;
	for (i = from; i < count; i++)
		tell_failed(control, &queue->said[i], why);
}

void ohtd_queue_fail(struct ohtd_control *control, const struct ohtd_why *why)
{
	fail_from(control, 0, why);
}

static void drop(struct ohtd_queue *queue, uint32_t at)
{
	queue->count--;
	memmove(&queue->said[at], &queue->said[at + 1],
		(queue->count - at) * sizeof(queue->said[0]));
}

/* ---- into the queue ---- */

/* Something is under way that will leave the robot idle by itself. */
static bool is_taken(const struct ohtd_control *control)
{
	switch (control->state) {
	case OHTD_STATE_MOVE:
	case OHTD_STATE_DOCK:
	case OHTD_STATE_PAUSED:
	case OHTD_STATE_BLOCKED:
		return ohtd_travel_busy(control);
	default:
		return control->queue.count > 0;
	}
}

/* What the robot will have done last when the turn of another command comes. */
static uint32_t last_kind(const struct ohtd_control *control)
{
	const struct ohtd_queue *queue = &control->queue;

	return queue->count ? queue->said[queue->count - 1].kind : control->travel.command.kind;
}

/* As far as it can be known now: whether the way will be free is known when its turn comes. */
static void judge(const struct ohtd_control *control, const struct ohtd_command *said,
		  struct ohtd_why_list *why)
{
	unsigned int flags = ohtd_verb_row(said->kind)->flags;
	bool docked = ohtd_verb_row(last_kind(control))->flags & OHTD_TO_DOCK;

	if (ohtd_travel_busy(control) && control->travel.command.kind == OHTD_COMMAND_JOG)
		ohtd_why_add(why, OHTD_WHY_JOG_RUNS, 0, 0);
	if (control->queue.count == OHTD_QUEUE_MAX)
		ohtd_why_add(why, OHTD_WHY_QUEUE_FULL, 0, 0);
	if (flags & OHTD_TAKES_TARGET &&
	    !ohtd_travel_within_limits(&control->travel, said->target_mm))
		ohtd_why_add(why, OHTD_WHY_SOFT_LIMIT, 0, 0);
	if (docked && flags & OHTD_OFF_DOCK)
		ohtd_why_add(why, OHTD_WHY_DOCKED, 0, 0);
	if (!docked && flags & OHTD_AT_DOCK)
		ohtd_why_add(why, OHTD_WHY_NOT_DOCKED, 0, 0);
}

static void append(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_queue *queue = &control->queue;
	struct ohtd_answer answer = { .outcome = OHTD_OUTCOME_DONE };
	struct ohtd_command *said = &queue->said[queue->count++];
	struct ohtd_command_view view;

	*said = asked->command;
	said->number = answer.number = ++control->travel.numbers;
	said->accepted_ns = control->now_ns;
	ohtd_life_note(&control->travel.life, said, said->number);
	view = ohtd_life_view(said, OHTD_COMMAND_STATE_WAITING);
	ohtd_life_tell(control, &view);
	ohtd_commands_send(control, asked, &answer);
}

bool ohtd_queue_take(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	struct ohtd_why_list why = { 0 };

	if (!asked->command.append || !is_taken(control))
		return false;
	judge(control, &asked->command, &why);
	if (why.count)
		ohtd_commands_refuse(control, asked, OHTD_OUTCOME_REFUSED, &why);
	else
		append(control, asked);
	return true;
}

/* ---- out of the queue ---- */

bool ohtd_queue_advance(struct ohtd_control *control)
{
	struct ohtd_asked asked = { .used = true, .link = OHTD_LINK_QUEUE };
	struct ohtd_queue *queue = &control->queue;

	/* The last command may still be coming to rest. */
	if (!queue->count || control->state != OHTD_STATE_IDLE || control->steps.row ||
	    ohtd_travel_busy(control))
		return false;
	asked.command = queue->said[0];
	drop(queue, 0);
	asked.command.append = false;
	asked.command.posted_ns = control->now_ns;
	asked.command.valid_ms = BEGIN_MS;
	ohtd_facts_update(control);
	ohtd_motion_execute(control, &asked);
	return true;
}

void ohtd_queue_answered(struct ohtd_control *control, const struct ohtd_asked *asked,
			 const struct ohtd_answer *answer)
{
	const struct ohtd_why earlier = { .code = OHTD_WHY_EARLIER_FAILED };

	/* Of one that has begun the travel tells what becomes of it. */
	if (answer->outcome == OHTD_OUTCOME_DONE ||
	    control->travel.command.number == asked->command.number)
		return;
	tell_failed(control, &asked->command, &answer->why.items[0]);
	ohtd_queue_fail(control, &earlier);
}

/* Its place; the count if the command does not wait. */
static uint32_t place_of(const struct ohtd_queue *queue, uint64_t number)
{
	uint32_t at = 0;

	while (at < queue->count && queue->said[at].number != number)
		at++;
	return at;
}

bool ohtd_queue_has(const struct ohtd_control *control, uint64_t number)
{
	return place_of(&control->queue, number) < control->queue.count;
}

void ohtd_queue_cancel(struct ohtd_control *control, const struct ohtd_asked *asked)
{
	const struct ohtd_why cancelled = { .code = OHTD_WHY_CANCELLED };
	struct ohtd_answer answer = { .number = asked->command.number };
	struct ohtd_queue *queue = &control->queue;
	uint32_t at = place_of(queue, asked->command.number);

	if (at == queue->count) {
		answer.outcome = OHTD_OUTCOME_REFUSED;
		ohtd_why_add(&answer.why, OHTD_WHY_NOT_WAITING, 0, 0);
	} else {
		tell_failed(control, &queue->said[at], &cancelled);
		drop(queue, at);
	}
	ohtd_commands_send(control, asked, &answer);
}

void ohtd_queue_heed(struct ohtd_control *control, const struct ohtd_raised *raised)
{
	struct ohtd_why why = ohtd_travel_end_reason(raised);

	if (raised->event == OHTD_EVENT_STOP_COMMAND || !ohtd_state_is_enabled(control->state))
		ohtd_queue_fail(control, &why);
}

void ohtd_queue_check(struct ohtd_control *control)
{
	const struct ohtd_why expired = { .code = OHTD_WHY_EXPIRED };
	const struct ohtd_why earlier = { .code = OHTD_WHY_EARLIER_FAILED };
	struct ohtd_queue *queue = &control->queue;
	uint32_t at;

	for (at = 0; at < queue->count; at++) {
		if (!queue->said[at].not_after_ns || control->now_ns <= queue->said[at].not_after_ns)
			continue;
		tell_failed(control, &queue->said[at], &expired);
		drop(queue, at);
		fail_from(control, at, &earlier);
	}
}

void ohtd_queue_view(const struct ohtd_control *control, struct ohtd_snapshot *snapshot)
{
	const struct ohtd_queue *queue = &control->queue;
	uint32_t i;

	snapshot->queue_count = queue->count;
	for (i = 0; i < queue->count; i++)
		snapshot->queue[i] = ohtd_life_view(&queue->said[i], OHTD_COMMAND_STATE_WAITING);
}
