// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "auth/keys.h"
#include "auth/session.h"
#include "courses/courses.h"
#include "base/clock.h"
#include "clients/command.h"
#include "server/call.h"
#include "server/command.h"
#include "server/control.h"
#include "server/late.h"
#include "server/loop.h"
#include "control/life.h"
#include "control/robot.h"
#include "robot/verbs.h"

/* On top of a command's own deadline: the control thread answers shortly after it. */
#define GRACE_MS	2000

/* ---- an order with an id: that is on the disk before the control thread gets it, so that no run drives it again ---- */

/**
 * struct order - on its way to the disk, to the control thread and back
 * @waiting: of the answer; first member
 * @client: gets the answer
 * @job: writes or removes the note
 * @post: from the store's thread to the loop
 * @loop: of the client
 * @command: for the control thread
 * @row: the note
 * @is_over: the client has its answer, and the note goes
 */
struct order {
	struct ohtd_waiting waiting;
	struct ohtd_waiting *client;
	struct ohtd_store_job job;
	struct ohtd_post post;
	struct ohtd_loop *loop;
	struct ohtd_command command;
	struct ohtd_command_row row;
	bool is_over;
};

static int work_note(struct ohtd_db *db, void *arg)
{
	struct order *order = arg;

	return order->is_over ? ohtd_db_command_forget(db, &order->row) : ohtd_db_command_note(db, &order->row);
}

/* On the store's thread, or on the main thread when the store is hung. */
static void is_written(struct ohtd_store_job *job)
{
	struct order *order = job->arg;

	h2o_multithread_send_message(&order->loop->receiver, &order->post.super);
}

static int write_note(struct order *order)
{
	int r;

	order->job = (struct ohtd_store_job){ .work = work_note, .arg = order, .spares = true, .done = is_written };
	order->loop->writes++;
	r = ohtd_store_submit(order->loop->server->services->store, &order->job);
	if (r)
		order->loop->writes--;
	return r;
}

/* A note that stays does no harm: the next start makes a command of it that has failed. */
static void forget_order(struct order *order)
{
	order->is_over = true;
	if (write_note(order))
		free(order);
}

/* The accepted command has a row of its own soon, which takes the place of the note. */
static void take_order(struct ohtd_waiting *waiting, const struct ohtd_answer *answer)
{
	struct order *order = (struct order *)waiting;
	struct ohtd_waiting *client = order->client;

	if (answer->outcome == OHTD_OUTCOME_DONE && answer->number > (uint64_t)order->row.number)
		free(order);
	else
		forget_order(order);
	client->take(client, answer);
}

/* Of an order that has no note, or that the control thread has no room for. */
static void refuse_order(struct order *order, int error)
{
	const struct ohtd_answer answer = {
		.kind = order->command.kind, .outcome = OHTD_OUTCOME_REFUSED, .error = error,
	};
	struct ohtd_waiting *client = order->client;

	if (order->job.result < 0)
		free(order);
	else
		forget_order(order);
	client->take(client, &answer);
}

/* On the loop: the note is written or removed, or could not be. */
static void go_on(struct ohtd_loop *loop, struct ohtd_post *post)
{
	struct order *order = post->arg;
	int r = order->job.result;

	loop->writes--;
	if (order->is_over) {
		free(order);
		return;
	}
	if (r >= 0)
		r = ohtd_link_post(loop->link, &order->command);
	if (r < 0)
		refuse_order(order, r);
}

static int post_order(struct ohtd_loop *loop, struct ohtd_command *command, struct ohtd_waiting *waiting)
{
	struct ohtd_clock *clock = loop->server->services->clock;
	struct order *order = calloc(1, sizeof(*order));
	struct ohtd_command_view view;
	int r;

	if (!order)
		return -EAGAIN;
	*order = (struct order){
		.waiting = { take_order }, .client = waiting, .post = { .run = go_on, .arg = order }, .loop = loop, .command = *command,
	};
	order->command.id = (uintptr_t)&order->waiting;
	order->command.noted = 1;
	order->command.posted_ns = ohtd_clock_monotonic_ns(clock);
	view = ohtd_life_view(command, OHTD_COMMAND_STATE_FAILED);
	view.accepted_ns = order->command.posted_ns;
	order->row = ohtd_command_row_of(&view, clock);
	r = write_note(order);
	if (r)
		free(order);
	return r;
}

/* ---- the way to the control thread and back ---- */

/* A key may be for some verbs only, and for other headings: a message of a WebSocket is under one of its own. What ends motion is always permitted. */
static bool is_permitted(struct ohtd_loop *loop, const struct ohtd_principal *who, unsigned int kind)
{
	struct ohtd_auth_keys *keys = ohtd_auth_keys_of(loop->server->services->auth);
	const struct ohtd_verb_row *row = ohtd_verb_row(kind);

	return !who->by_key || !(row->flags & OHTD_IS_VERB) || row->flags & OHTD_ENDS_MOTION ||
	       (ohtd_auth_keys_permit(keys, who, OHTD_COMMAND_TAG, 0) && ohtd_auth_keys_permit_verb(keys, who, row->word));
}

/* What only ends motion asks for no course, however it is asked for. */
static bool lacks_course(struct ohtd_loop *loop, const struct ohtd_principal *who, const struct ohtd_command *command, struct ohtd_courses_lack *lack)
{
	struct ohtd_courses *courses = loop->server->services->courses;
	const struct ohtd_verb_row *row = ohtd_verb_row(command->kind);
	char unit[8];

	if (row->flags & OHTD_IS_VERB)
		return !(row->flags & OHTD_ENDS_MOTION) && ohtd_courses_lacks(courses, who, OHTD_COURSES_VERB, row->word, lack);
	snprintf(unit, sizeof(unit), "%u", command->unit);
	return (command->kind == OHTD_COMMAND_WRITE && ohtd_courses_lacks(courses, who, OHTD_COURSES_MODULE, unit, lack)) ||
	       (command->kind == OHTD_COMMAND_MODE && ohtd_courses_lacks(courses, who, OHTD_COURSES_MODE, ohtd_mode_name(command->mode), lack));
}

int ohtd_command_post(struct ohtd_loop *loop, const struct ohtd_principal *who,
		      struct ohtd_command *command, struct ohtd_waiting *waiting, struct ohtd_courses_lack *lack)
{
	if (!is_permitted(loop, who, command->kind))
		return -EACCES;
	if (lacks_course(loop, who, command, lack))
		return -ENOKEY;
	command->id = (uintptr_t)waiting;
	if (!command->tag)
		command->tag = ohtd_principal_tag(who);
	command->role = (uint8_t)who->role;
	command->by = ohtd_holder_of(who);
	return ohtd_life_knows(command) ? post_order(loop, command, waiting) : ohtd_link_post(loop->link, command);
}

void ohtd_command_take(struct ohtd_loop *loop)
{
	struct ohtd_answer answer;

	while (ohtd_link_take(loop->link, &answer) == 1) {
		struct ohtd_waiting *waiting = (struct ohtd_waiting *)(uintptr_t)answer.id;

		/* No client waits for events that the daemon has told by itself. */
		if (!waiting)
			continue;
		if (answer.kind <= OHTD_COMMAND_LAST && answer.outcome < OHTD_OUTCOMES)
			atomic_fetch_add(&loop->server->commands[answer.kind][answer.outcome], 1);
		waiting->take(waiting, &answer);
	}
}

/* ---- for a request ---- */

struct waiting_call {
	struct ohtd_waiting waiting;
	struct ohtd_pending pending;
	ohtd_call_done done;
	struct ohtd_answer answer;
	bool answered;
};

static struct waiting_call *of_pending(struct ohtd_pending *pending)
{
	return (struct waiting_call *)(void *)((char *)pending -
					       offsetof(struct waiting_call, pending));
}

static void refuse(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	struct ohtd_refusal refusal;

	ohtd_refusal_of(answer, &call->memory, &refusal);
	ohtd_reply_errors(call, refusal.status, refusal.code, refusal.detail, refusal.errors,
			  refusal.errors_count);
}

static void finish(struct ohtd_pending *pending)
{
	struct waiting_call *waiting = of_pending(pending);
	struct ohtd_call *call = pending->call;

	if (call && waiting->answered && waiting->answer.outcome == OHTD_OUTCOME_DONE)
		waiting->done(call, &waiting->answer);
	else if (call && waiting->answered)
		refuse(call, &waiting->answer);
	free(waiting);
}

static void take(struct ohtd_waiting *waiting, const struct ohtd_answer *answer)
{
	struct waiting_call *call = (struct waiting_call *)waiting;

	call->answer = *answer;
	call->answered = true;
	ohtd_pending_finish(&call->pending);
}

static void not_taken(struct ohtd_call *call, int r, const struct ohtd_courses_lack *lack)
{
	struct ohtd_refusal refusal;

	if (r == -ENOKEY)
		ohtd_clients_refusal_lacks(lack, &call->memory, &refusal);
	else
		ohtd_refusal_not_taken(r, &refusal);
	if (refusal.status != 403)
		ohtd_reply_header(call, "retry-after", "1");
	ohtd_reply_errors(call, refusal.status, refusal.code, refusal.detail, refusal.errors, refusal.errors_count);
}

/* A mode that verbs.def asks an elevated session for: maintenance. False: the request has been answered with 403. */
static bool is_elevated_for(struct ohtd_call *call, const struct ohtd_command *command)
{
	return ohtd_verb_row(command->kind)->elevation != OHTD_ELEVATION_BY_MODE ||
	       command->mode != OHTD_MODE_MAINTENANCE ||
	       ohtd_call_elevated(call, "mode maintenance");
}

void ohtd_call_command(struct ohtd_call *call, struct ohtd_command *command, ohtd_call_done done)
{
	uint32_t valid_ms = command->valid_ms ? command->valid_ms : OHTD_VALID_MS;
	struct ohtd_courses_lack lack;
	struct waiting_call *waiting;
	int r;

	if (!is_elevated_for(call, command))
		return;
	waiting = calloc(1, sizeof(*waiting));
	if (!waiting || ohtd_pending_begin(&waiting->pending, call, valid_ms + GRACE_MS, finish)) {
		free(waiting);
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	waiting->waiting.take = take;
	waiting->done = done;
	r = ohtd_command_post(call->loop, &call->who, command, &waiting->waiting, &lack);
	if (r) {
		ohtd_pending_abandon(&waiting->pending);
		free(waiting);
		not_taken(call, r, &lack);
	}
}
