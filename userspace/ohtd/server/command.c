// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/keys.h"
#include "auth/session.h"
#include "courses/courses.h"
#include "base/clock.h"
#include "server/call.h"
#include "server/command.h"
#include "server/control.h"
#include "server/late.h"
#include "server/loop.h"
#include "oht_client.h"
#include "http/time_read.h"
#include "views/words.h"
#include "robot/codes.h"
#include "robot/model.h"
#include "robot/stations.h"
#include "control/life.h"
#include "control/robot.h"
#include "robot/verbs.h"

/* On top of a command's own deadline: the control thread answers shortly after it. */
#define GRACE_MS	2000
#define REASON_BYTES	256

/* The signal that shows it is its detail. */
static bool rests_on_signal(unsigned int code)
{
	return code == OHTD_WHY_SAFETY_MODULE || code == OHTD_WHY_SENSORS || code == OHTD_WHY_OBSTACLE || code == OHTD_WHY_DOCKED || code == OHTD_WHY_NOT_DOCKED ||
	       code == OHTD_WHY_DOCK_UNKNOWN;
}

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
	else if (why->code == OHTD_WHY_MOVING && why->detail)
		snprintf(text, size, "%.*s%s: %s is not 0.", (int)n, reason, unit, ohtd_signal_name(why->detail - 1u));
	else if (why->code == OHTD_WHY_OBSTACLE && answer->obstacle.sensor)
		snprintf(text, size, "%.*s%s: distance_%u is %u mm, its stop zone %u mm.", (int)n, reason, unit, answer->obstacle.sensor,
			 answer->obstacle.distance_mm, answer->obstacle.zone_mm);
	else if (rests_on_signal(why->code) && why->detail)
		snprintf(text, size, "%.*s%s: %s.", (int)n, reason, unit, ohtd_signal_name(why->detail - 1u));
	else if (why->code == OHTD_WHY_CHARGE_LOW && why->detail)
		snprintf(text, size, "%.*s: %u %%.", (int)n, reason, why->detail - 1u);
	else if (why->code == OHTD_WHY_MODULE_EXCEPTION && why->detail)
		snprintf(text, size, "%.*s%s: exception %u.", (int)n, reason, unit, why->detail);
	else
		snprintf(text, size, "%.*s%s.", (int)n, reason, unit);
}

const char *ohtd_reason_text_of(struct ohtd_call *call, const struct ohtd_answer *answer, size_t reason)
{
	char text[REASON_BYTES];

	reason_text(answer, &answer->why.items[reason], text, sizeof(text));
	return ohtd_call_text_of(call, "%s", text);
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
	char text[REASON_BYTES];

	refusal->errors_count = list->count < OHTD_WHY_MAX ? list->count : OHTD_WHY_MAX;
	for (size_t i = 0; i < refusal->errors_count; i++) {
		reason_text(answer, &list->items[i], text, sizeof(text));
		refusal->errors[i] = (struct ohtd_error){
			.pointer = "", .code = ohtd_why_name(list->items[i].code),
			.detail = keep(memory, text),
		};
	}
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
	if (answer->outcome == OHTD_OUTCOME_REFUSED || ohtd_robot_why_ends(code))
		return 409;
	return 502;
}

void ohtd_refusal_of(const struct ohtd_answer *answer, const struct ohtd_memory *memory,
		     struct ohtd_refusal *refusal)
{
	if (answer->error) {
		ohtd_refusal_not_taken(answer->error, refusal);
		return;
	}
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

void ohtd_refusal_lacks(const struct ohtd_courses_lack *lack, const struct ohtd_memory *memory, struct ohtd_refusal *refusal)
{
	char text[OHTD_COURSES_LACK_BYTES];

	ohtd_courses_lack_text(lack, text);
	*refusal = (struct ohtd_refusal){
		.status = 403, .code = "qualification_missing", .detail = keep(memory, text), .errors_count = 1,
		.errors = { { .pointer = "", .code = ohtd_courses_why_word(lack->why), .detail = keep(memory, lack->course) } },
	};
}

void ohtd_refusal_not_taken(int error, struct ohtd_refusal *refusal)
{
	bool ending = error == -ESHUTDOWN;
	struct ohtd_store_problem problem;

	if (error == -EACCES) {
		*refusal = (struct ohtd_refusal){
			.status = 403, .code = "key_scope", .detail = "the key does not permit this command",
		};
		return;
	}
	if (!ending && error != -EAGAIN) {
		problem = ohtd_store_problem(error);
		*refusal = (struct ohtd_refusal){ .status = problem.status, .code = problem.code, .detail = problem.detail };
		return;
	}
	*refusal = (struct ohtd_refusal){
		.status = 503, .code = ending ? "shutting_down" : "busy",
		.detail = ending ? "the daemon is ending" : "too many commands are under way",
	};
}

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

/* What was accepted now has a row of its own soon, which takes the place of the note. */
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
		ohtd_refusal_lacks(lack, &call->memory, &refusal);
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

/* ---- the body of POST robot/commands, which is a part of messages over a WebSocket too ---- */

static const char *const queues[] = { "replace", "append" };
OHTD_WORDS_OF(queue_words, queues);

enum { REPLACE, APPEND };

struct robot_command {
	uint32_t verb;
	uint32_t valid_for_ms;
	double position_mm;
	const char *station;
	double speed_mm_s;
	const char *id;
	int queue;
	const char *not_after;
};

OHTD_SHAPE_SHARED(verb_reason, "VerbReason",
	OHTD_WORD(verb_reason, code, .words = &ohtd_why_words,
		  .summary = "What is in the way, for programs"),
	OHTD_TEXT(verb_reason, text, .summary = "What is in the way, for people"),
	OHTD_INTEGER(verb_reason, address, .flags = OHTD_NULL,
		     .summary = "Unit address of the module that is meant"));

OHTD_SHAPE_SHARED(command_result, "CommandResult",
	OHTD_TEXT(command_result, id, .flags = OHTD_NULL, .summary = "The client's own; null: none"),
	OHTD_INTEGER(command_result, number, .flags = OHTD_NULL,
		     .summary = "Of the command that moves, or waits to; null: the verb begins none"),
	OHTD_WORD(command_result, state, .words = &ohtd_command_state_words,
		  .summary = "Of the command; finished: also of a verb that begins none"),
	OHTD_LIST(command_result, why_not, verb_reason,
		  .summary = "Empty: a command that is refused is answered with a problem"));

struct command_result ohtd_command_result(const struct ohtd_answer *answer, const char *caller_id)
{
	return (struct command_result){
		.id = caller_id && *caller_id ? caller_id : NULL,
		.number = answer->number ? (int64_t)answer->number : OHTD_NONE,
		.state = answer->number ? answer->command_state : OHTD_COMMAND_STATE_FINISHED,
	};
}

/* ", move, home, dock, undock: ..." */
static const char queue_text[] =
#define OHTD_TASK(kind, number, word, ...)	", " word
#include "robot/verbs.def"
	": replace all that is under way or waits, or wait behind it; without it: replace";
static const char not_after_text[] =
#define OHTD_TASK(kind, number, word, ...)	", " word
#include "robot/verbs.def"
	": dropped if it has not begun by then; a time of RFC 3339, with any zone";

OHTD_SHAPE_SHARED(robot_command, "RobotCommand",
	OHTD_WORD(robot_command, verb, .flags = OHTD_NEEDED, .words = &ohtd_motion_verb_words,
		  .summary = "What to do", .example = "\"stop\""),
	OHTD_INTEGER(robot_command, valid_for_ms, .min = 1, .max = OHTD_VALID_MS_MAX,
		     .preset = OHTD_VALID_MS, .unit = "ms",
		     .summary = "From now; what has not begun by then, or does not wait in the queue, is "
				"dropped"),
	OHTD_NUMBER(robot_command, position_mm, .min = -1000000, .max = 1000000, .unit = "mm",
		    .summary = "move: where to; needed, or station"),
	OHTD_TEXT(robot_command, station, .min = 1, .max = OHTD_STATION_NAME_BYTES - 8,
		  .summary = "move: where to, by the name in GET robot/stations"),
	OHTD_NUMBER(robot_command, speed_mm_s, .min = -100000, .max = 100000, .unit = "mm/s",
		    .summary = "jog: signed; needed. move: at most this fast, 1 or more"),
	OHTD_TEXT(robot_command, id, .min = 1, .max = OHTD_ID_CHARACTERS,
		  .pattern = "^[ -~]+$",
		  .summary = "The client's own, printable; the same again keeps a jog going"),
	OHTD_WORD(robot_command, queue, .words = &queue_words, .preset = -1,
		  .summary = &queue_text[2]),
	OHTD_TEXT(robot_command, not_after, .min = 20, .max = 64,
		  .example = "\"2026-07-30T12:00:00Z\"",
		  .summary = &not_after_text[2]));

/* ---- which members a verb has ---- */

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* False, with the one fault. */
static bool refuse_member(struct ohtd_refusal *refusal, const char *pointer, const char *code,
			  const char *detail)
{
	*refusal = (struct ohtd_refusal){
		.status = 422, .code = "verb_member", .detail = "the members do not fit the verb",
		.errors = { { .pointer = pointer, .code = code, .detail = detail } },
		.errors_count = 1,
	};
	return false;
}

/* A text of its own for each verb would be no more precise: the verb is in the request. */
static bool fits(const struct robot_command *said, struct ohtd_refusal *refusal)
{
	const unsigned int flags = ohtd_verb_row(said->verb)->flags;
	const struct {
		const char *pointer;
		bool there;
		unsigned int taken;
		bool needed;
	} members[] = {
		{ "/position_mm", isfinite(said->position_mm), OHTD_TAKES_TARGET,
		  flags & OHTD_TAKES_TARGET && !said->station },
		{ "/station", said->station != NULL, OHTD_TAKES_TARGET, false },
		{ "/speed_mm_s", isfinite(said->speed_mm_s), OHTD_TAKES_LIMIT | OHTD_TAKES_SPEED,
		  flags & OHTD_TAKES_SPEED },
		{ "/queue", said->queue >= 0, OHTD_IS_TASK, false },
		{ "/not_after", said->not_after != NULL, OHTD_IS_TASK, false },
	};

	/* None of them is passed over in silence. */
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (members[i].there && !(flags & members[i].taken))
			return refuse_member(refusal, members[i].pointer, "not_taken",
					     "the verb does not take it");
		if (members[i].needed && !members[i].there)
			return refuse_member(refusal, members[i].pointer, "missing",
					     "the verb needs it");
	}
	if (said->station && isfinite(said->position_mm))
		return refuse_member(refusal, "/station", "one_of", "position_mm is there, too");
	if (flags & OHTD_TAKES_LIMIT && said->speed_mm_s < OHTD_SLOWEST_MM_S)
		return refuse_member(refusal, "/speed_mm_s", "range", "must be at least 1 mm/s");
	if (said->id && !is_printable(said->id))
		return refuse_member(refusal, "/id", "unprintable",
				     "has a character that is not printable ASCII");
	return true;
}

/* ---- the bound ---- */

static bool is_past(struct ohtd_refusal *refusal)
{
	*refusal = (struct ohtd_refusal){
		.status = 504, .code = "expired", .detail = "not_after is past",
	};
	return false;
}

/* What is to begin at once has both bounds, what waits has only this one. */
static bool bound(const struct robot_command *said, struct ohtd_clock *clock,
		  struct ohtd_command *command, struct ohtd_refusal *refusal)
{
	int64_t not_after_ns, left_ns;

	if (!said->not_after)
		return true;
	if (!ohtd_time_read(said->not_after, &not_after_ns))
		return refuse_member(refusal, "/not_after", "unfit",
				     "must be a time as 2026-07-30T12:00:00Z or 2026-07-30T20:00:00+08:00");
	left_ns = not_after_ns - ohtd_clock_wall_ns(clock);
	if (left_ns < (int64_t)OHTD_NS_PER_MS)
		return is_past(refusal);
	command->not_after_ns = ohtd_clock_monotonic_ns(clock) + (uint64_t)left_ns;
	if (left_ns / (int64_t)OHTD_NS_PER_MS < command->valid_ms)
		command->valid_ms = (uint32_t)(left_ns / (int64_t)OHTD_NS_PER_MS);
	return true;
}

/* ---- the station ---- */

static bool find_station(const struct robot_command *said, struct ohtd_robot *robot,
			 struct ohtd_command *command, struct ohtd_refusal *refusal)
{
	const struct ohtd_station *station;
	struct ohtd_stations stations;

	if (!said->station)
		return true;
	ohtd_robot_stations(robot, &stations);
	station = ohtd_stations_find(&stations, said->station);
	if (station) {
		command->target_mm = station->position_mm;
		return true;
	}
	*refusal = (struct ohtd_refusal){
		.status = 422, .code = "unknown_station", .detail = "no station has this name",
		.errors = { { .pointer = "/station", .code = "unknown_value",
			      .detail = "GET robot/stations has the names" } },
		.errors_count = 1,
	};
	return false;
}

bool ohtd_robot_command_read(const struct robot_command *said, struct ohtd_clock *clock,
			     struct ohtd_robot *robot, struct ohtd_command *command,
			     struct ohtd_refusal *refusal)
{
	if (!fits(said, refusal))
		return false;
	*command = (struct ohtd_command){
		.kind = said->verb,
		.valid_ms = said->valid_for_ms,
		.target_mm = said->position_mm,
		.speed_mm_s = isfinite(said->speed_mm_s) ? said->speed_mm_s : 0,
		.append = said->queue == APPEND,
	};
	if (said->id)
		snprintf(command->caller_id, sizeof(command->caller_id), "%s", said->id);
	return find_station(said, robot, command, refusal) && bound(said, clock, command, refusal);
}

bool ohtd_robot_command_ends_motion(const void *input)
{
	const struct robot_command *said = input;

	return ohtd_verb_row(said->verb)->flags & OHTD_ENDS_MOTION;
}

const char *ohtd_robot_command_id(const struct robot_command *said)
{
	return said->id;
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
