// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/loop.h"
#include "http/problem.h"
#include "oht_client.h"
#include "robot/robot.h"

/* On top of a command's own deadline: the control thread answers shortly after it. */
#define GRACE_MS	2000
#define VALID_MS	2000

struct waiting_command {
	struct ohtd_pending pending;
	ohtd_call_done done;
	struct ohtd_answer answer;
	bool answered;
};

/* One sentence out of the reason, its cause and its unit, of which each has its own full stop. */
static void reason_text(const struct ohtd_why *why, char *text, size_t size)
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
	else
		snprintf(text, size, "%.*s%s.", (int)n, reason, unit);
}

static struct json_object *reasons_json(const struct ohtd_why_list *list)
{
	struct json_object *errors = json_object_new_array();
	char text[256];

	for (unsigned int i = 0; i < list->count && i < OHTD_WHY_MAX; i++) {
		reason_text(&list->items[i], text, sizeof(text));
		ohtd_error_add(errors, "", ohtd_why_name(list->items[i].code), text);
	}
	return errors;
}

/* What stands in the way of the robot is a conflict; what the wire or device did is not. */
static int status_of(const struct ohtd_answer *answer)
{
	unsigned int code = answer->why.count ? answer->why.items[0].code : OHTD_WHY_NONE;

	if (answer->outcome == OHTD_OUTCOME_EXPIRED)
		return 504;
	if (code == OHTD_WHY_SHUTTING_DOWN)
		return 503;
	if (answer->outcome == OHTD_OUTCOME_REFUSED || code == OHTD_WHY_STOPPED_MEANWHILE)
		return 409;
	return 502;
}

static void refuse(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	const char *code = "refused";
	char text[256] = "the robot did not do it";

	if (answer->outcome == OHTD_OUTCOME_EXPIRED) {
		code = "expired";
		snprintf(text, sizeof(text), "it could not be done before its deadline");
	} else if (answer->why.count) {
		code = ohtd_why_name(answer->why.items[0].code);
		reason_text(&answer->why.items[0], text, sizeof(text));
	}
	ohtd_reply_problem_list(call, status_of(answer), code, text, reasons_json(&answer->why));
}

static void finish(struct ohtd_pending *pending)
{
	struct waiting_command *waiting = (struct waiting_command *)pending;
	struct ohtd_call *call = pending->call;

	if (call && waiting->answered && waiting->answer.outcome == OHTD_OUTCOME_DONE)
		waiting->done(call, &waiting->answer);
	else if (call && waiting->answered)
		refuse(call, &waiting->answer);
	free(waiting);
}

static void not_taken(struct ohtd_call *call, int r)
{
	ohtd_reply_header(call, "retry-after", "1");
	ohtd_reply_problem(call, 503, r == -ESHUTDOWN ? "shutting_down" : "busy",
			   r == -ESHUTDOWN ? "the daemon is ending" :
					     "too many commands are under way");
}

void ohtd_call_command(struct ohtd_call *call, struct ohtd_command *command, ohtd_call_done done)
{
	struct waiting_command *waiting = calloc(1, sizeof(*waiting));
	uint32_t valid_ms = command->valid_ms ? command->valid_ms : VALID_MS;
	int r;

	if (!waiting || ohtd_pending_begin(&waiting->pending, call, valid_ms + GRACE_MS, finish)) {
		free(waiting);
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
		return;
	}
	waiting->done = done;
	command->id = (uintptr_t)waiting;
	if (!command->tag)
		command->tag = (uint64_t)call->who.user_id;
	r = ohtd_link_post(call->loop->link, command);
	if (r) {
		ohtd_pending_abandon(&waiting->pending);
		free(waiting);
		not_taken(call, r);
	}
}

void ohtd_command_take(struct ohtd_loop *loop)
{
	struct ohtd_answer answer;

	while (ohtd_link_take(loop->link, &answer) == 1) {
		struct waiting_command *waiting = (struct waiting_command *)(uintptr_t)answer.id;

		waiting->answer = answer;
		waiting->answered = true;
		ohtd_pending_finish(&waiting->pending);
	}
}
