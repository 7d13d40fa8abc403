// SPDX-License-Identifier: GPL-2.0-or-later
/* The body of POST robot/commands, which is a part of messages over a WebSocket too. */
#include "clients/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "control/life.h"
#include "control/robot.h"
#include "http/time_read.h"
#include "robot/codes.h"
#include "robot/model.h"
#include "robot/stations.h"
#include "robot/verbs.h"
#include "views/words.h"

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

/* A command that begins at once has both bounds, a waiting one only this one. */
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
