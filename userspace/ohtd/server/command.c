// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/command.h"
#include "server/control.h"
#include "server/loop.h"
#include "oht_client.h"
#include "robot/codes.h"
#include "control/life.h"
#include "control/robot.h"
#include "robot/verbs.h"

/* On top of a command's own deadline: the control thread answers shortly after it. */
#define GRACE_MS	2000

/*
 * One sentence out of the reason, its cause, its unit, the state or the holder of the lease, of which
 * each may have its own full stop.
 */
static void reason_text(const struct ohtd_answer *answer, const struct ohtd_why *why, char *text,
			size_t size)
{
	const char *reason = ohtd_why_text(why->code);
	size_t n = strlen(reason);
	char unit[16] = "";

	if (n && reason[n - 1] == '.')
		n--;
	if (why->unit)
		snprintf(unit, sizeof(unit), " (unit %u)", why->unit);
	if (why->code == OHTD_WHY_STOP_CAUSE || why->code == OHTD_WHY_NOT_PREPARED)
		snprintf(text, size, "%.*s: %s %s", (int)n, reason, oht_cause_text(why->detail),
			 oht_cause_action(why->detail));
	else if (why->code == OHTD_WHY_STATE && why->detail)
		snprintf(text, size, "%.*s: %s.", (int)n, reason, ohtd_state_name(why->detail - 1u));
	else if (why->code == OHTD_WHY_CONTROL_HELD && *answer->holder)
		snprintf(text, size, "%.*s: %s.", (int)n, reason, answer->holder);
	else
		snprintf(text, size, "%.*s%s.", (int)n, reason, unit);
}

static const char *keep(const struct ohtd_memory *memory, const char *text)
{
	size_t bytes = strlen(text) + 1;

	return memcpy(memory->take(memory->from, bytes), text, bytes);
}

static void fill_reasons(const struct ohtd_answer *answer, const struct ohtd_memory *memory,
			 struct ohtd_refusal *refusal)
{
	const struct ohtd_why_list *list = &answer->why;
	char text[256];

	refusal->errors_count = list->count < OHTD_WHY_MAX ? list->count : OHTD_WHY_MAX;
	for (size_t i = 0; i < refusal->errors_count; i++) {
		reason_text(answer, &list->items[i], text, sizeof(text));
		refusal->errors[i] = (struct ohtd_error){
			.pointer = "", .code = ohtd_why_name(list->items[i].code),
			.detail = keep(memory, text),
		};
	}
}

/* The robot itself has ended the command. */
static bool ended_meanwhile(unsigned int code)
{
	return code == OHTD_WHY_STOPPED_MEANWHILE || code == OHTD_WHY_STOP_CAUSE ||
	       (code >= OHTD_WHY_NO_TARGET && code <= OHTD_WHY_BLOCKED_LONG);
}

/* What stands in the way of the robot is a conflict; what the wire or device did is not. */
static int status_of(const struct ohtd_answer *answer)
{
	unsigned int code = answer->why.count ? answer->why.items[0].code : OHTD_WHY_NONE;

	if (answer->outcome == OHTD_OUTCOME_EXPIRED)
		return 504;
	if (code == OHTD_WHY_SHUTTING_DOWN)
		return 503;
	if (code == OHTD_WHY_ROLE)
		return 403;
	if (answer->outcome == OHTD_OUTCOME_REFUSED || ended_meanwhile(code))
		return 409;
	return 502;
}

void ohtd_refusal_of(const struct ohtd_answer *answer, const struct ohtd_memory *memory,
		     struct ohtd_refusal *refusal)
{
	*refusal = (struct ohtd_refusal){
		.status = status_of(answer), .code = "refused", .detail = "the robot did not do it",
	};
	fill_reasons(answer, memory, refusal);
	if (answer->outcome == OHTD_OUTCOME_EXPIRED) {
		refusal->code = "expired";
		refusal->detail = "it could not be done before its deadline";
	} else if (refusal->errors_count) {
		refusal->code = refusal->errors[0].code;
		refusal->detail = refusal->errors[0].detail;
	}
}

void ohtd_refusal_not_taken(int error, struct ohtd_refusal *refusal)
{
	bool ending = error == -ESHUTDOWN;

	*refusal = (struct ohtd_refusal){
		.status = 503, .code = ending ? "shutting_down" : "busy",
		.detail = ending ? "the daemon is ending" : "too many commands are under way",
	};
}

/* ---- the way to the control thread and back ---- */

int ohtd_command_post(struct ohtd_loop *loop, const struct ohtd_principal *who,
		      struct ohtd_command *command, struct ohtd_waiting *waiting)
{
	command->id = (uintptr_t)waiting;
	if (!command->tag)
		command->tag = ohtd_principal_tag(who);
	command->role = (uint8_t)who->role;
	command->by = ohtd_holder_of(who);
	return ohtd_link_post(loop->link, command);
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

static void not_taken(struct ohtd_call *call, int r)
{
	struct ohtd_refusal refusal;

	ohtd_refusal_not_taken(r, &refusal);
	ohtd_reply_header(call, "retry-after", "1");
	ohtd_reply_problem(call, refusal.status, refusal.code, "%s", refusal.detail);
}

/* As verbs.def has it, but for registers. False: it has been answered with 403. */
static bool is_elevated_for(struct ohtd_call *call, const struct ohtd_command *command)
{
	return ohtd_verb_row(command->kind)->elevation != OHTD_ELEVATION_MAINTENANCE ||
	       command->mode != OHTD_MODE_MAINTENANCE ||
	       ohtd_call_elevated(call, "mode maintenance");
}

void ohtd_call_command(struct ohtd_call *call, struct ohtd_command *command, ohtd_call_done done)
{
	uint32_t valid_ms = command->valid_ms ? command->valid_ms : OHTD_VALID_MS;
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
	r = ohtd_command_post(call->loop, &call->who, command, &waiting->waiting);
	if (r) {
		ohtd_pending_abandon(&waiting->pending);
		free(waiting);
		not_taken(call, r);
	}
}

/* ---- kept ---- */

static int64_t wall_ns(struct ohtd_clock *clock, uint64_t time_ns)
{
	return time_ns ? ohtd_clock_wall_of_ns(clock, time_ns) : 0;
}

struct ohtd_command_row ohtd_command_row_of(const struct ohtd_command_view *view,
					    struct ohtd_clock *clock)
{
	struct ohtd_command_row row = {
		.number = (int64_t)view->number, .tag = (int64_t)view->tag,
		.position_mm = view->target_mm, .speed_mm_s = view->speed_mm_s,
		.accepted_ns = wall_ns(clock, view->accepted_ns),
		.began_ns = wall_ns(clock, view->began_ns),
		.ended_ns = wall_ns(clock, view->ended_ns),
	};

	snprintf(row.caller_id, sizeof(row.caller_id), "%s", view->caller_id);
	snprintf(row.user, sizeof(row.user), "%s", view->user);
	snprintf(row.verb, sizeof(row.verb), "%s", ohtd_life_verb(view));
	snprintf(row.state, sizeof(row.state), "%s", ohtd_command_state_name(view->state));
	if (view->reason.code)
		snprintf(row.reason, sizeof(row.reason), "%s", ohtd_why_name(view->reason.code));
	return row;
}
