// SPDX-License-Identifier: GPL-2.0-or-later
/* robot/commands: what became of commands of motion. */
#include "api/api.h"
#include "server/call.h"
#include "clients/command.h"

#include "live/channels.h"
#include "server/control.h"
#include "server/late.h"
#include "views/scene.h"
#include "lists/stored_list.h"
#include "views/words.h"
#include "control/lease.h"
#include "control/life.h"
#include "control/robot.h"
#include "robot/verbs.h"
#include "journal/command_rows.h"

struct command_life {
	int64_t number;
	const char *id;
	const char *verb;
	const char *state;
	const char *reason;
	double position_mm;
	double speed_mm_s;
	const char *by;
	int64_t accepted;
	int64_t began;
	int64_t ended;
};

OHTD_SHAPE(command_life, "CommandLife",
	OHTD_INTEGER(command_life, number, .summary = "Running; no other command ever has it"),
	OHTD_TEXT(command_life, id, .flags = OHTD_NULL, .summary = "The client's own; null: none"),
	OHTD_TEXT(command_life, verb, .summary = "What was to be done", .example = "\"move\""),
	OHTD_TEXT(command_life, state, .words = &ohtd_command_state_words,
		  .summary = "How far it is", .example = "\"running\""),
	OHTD_TEXT(command_life, reason, .flags = OHTD_NULL,
		  .summary = "Why it failed, or why it must be tried again, for programs; null: neither"),
	OHTD_NUMBER(command_life, position_mm, .flags = OHTD_NULL, .unit = "mm",
		    .summary = "Where to; null: nowhere in particular"),
	OHTD_NUMBER(command_life, speed_mm_s, .flags = OHTD_NULL, .unit = "mm/s",
		    .summary = "Of a jog, signed; else the highest, 0: as the limits permit"),
	OHTD_TEXT(command_life, by, .summary = "Whose it is"),
	OHTD_TIME(command_life, accepted, .flags = OHTD_NULL, .summary = "When it was accepted"),
	OHTD_TIME(command_life, began, .flags = OHTD_NULL,
		  .summary = "When the drive had echoed it; null: not yet"),
	OHTD_TIME(command_life, ended, .flags = OHTD_NULL,
		  .summary = "When it had finished or failed; null: not yet"));

static struct command_life life_of(const struct ohtd_command_row *row)
{
	return (struct command_life){
		.number = row->number, .id = *row->caller_id ? row->caller_id : NULL,
		.verb = row->verb, .state = row->state,
		.reason = *row->reason ? row->reason : NULL,
		.position_mm = row->position_mm, .speed_mm_s = row->speed_mm_s, .by = row->user,
		.accepted = row->accepted_ns ? row->accepted_ns : OHTD_NONE,
		.began = row->began_ns ? row->began_ns : OHTD_NONE,
		.ended = row->ended_ns ? row->ended_ns : OHTD_NONE,
	};
}

/* The present life of a command that runs, waits or has just ended: the store learns of it a moment later. */
static struct command_life life_now(const struct ohtd_scene *scene,
				    const struct ohtd_command_view *view)
{
	return (struct command_life){
		.number = (int64_t)view->number, .id = *view->caller_id ? view->caller_id : NULL,
		.verb = ohtd_life_verb(view), .state = ohtd_command_state_name(view->state),
		.reason = view->reason.code ? ohtd_why_name(view->reason.code) : NULL,
		.position_mm = view->target_mm, .speed_mm_s = view->speed_mm_s, .by = view->user,
		.accepted = ohtd_scene_wall_ns(scene, view->accepted_ns),
		.began = ohtd_scene_wall_ns(scene, view->began_ns),
		.ended = ohtd_scene_wall_ns(scene, view->ended_ns),
	};
}

#define LIVE_MAX	(OHTD_QUEUE_MAX + 1)

/* Those that the robot itself tells of, the newest first; returns how many there are. */
static size_t look_at_robot(struct ohtd_call *call, const struct ohtd_command_view *live[LIVE_MAX])
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	size_t n = 0;

	for (size_t i = snapshot->queue_count; i > 0; i--)
		live[n++] = &snapshot->queue[i - 1];
	if (snapshot->command.number)
		live[n++] = &snapshot->command;
	return n;
}

/* ---- the list ---- */

static const char *const command_sorts[] = {
	"-number", "number", OHTD_SORT_BY("accepted"), OHTD_SORT_BY("ended"),
};
OHTD_WORDS_OF(command_sort_words, command_sorts);

struct command_query {
	struct ohtd_page page;
	int64_t sort;
	const char *id;
	int64_t verb;
	int64_t state;
	const char *reason;
	const char *by;
	const char *q;
};

OHTD_SHAPE(command_query, "CommandQuery",
	OHTD_PART(command_query, page, ohtd_page),
	OHTD_SORT(command_query, command_sort_words),
	OHTD_TEXT(command_query, id, .min = 1, .max = OHTD_COMMAND_ID_BYTES - 1,
		  .summary = "Only commands with this id of their client"),
	OHTD_WORD(command_query, verb, .words = &ohtd_motion_verb_words, .preset = OHTD_NONE,
		  .summary = "Only commands with this verb"),
	OHTD_WORD(command_query, state, .words = &ohtd_command_state_words, .preset = OHTD_NONE,
		  .summary = "Only commands in this state"),
	OHTD_TEXT(command_query, reason, .min = 1, .max = OHTD_COMMAND_WORD_BYTES - 1,
		  .summary = "Only commands with this reason"),
	OHTD_TEXT(command_query, by, .min = 1, .max = OHTD_COMMAND_USER_BYTES - 1,
		  .summary = "Only commands of this user"),
	OHTD_SEARCH(command_query, "id, verb, state, reason or by"));

OHTD_LIST_ANSWER(command_list, "CommandList", command_life,
	"In the order asked for, else the newest first");

static void show_command(struct ohtd_call *call, const void *row, void *item)
{
	(void)call;
	*(struct command_life *)item = life_of(row);
}

static size_t newer_commands(struct ohtd_call *call, void *rows)
{
	const struct ohtd_command_view *live[LIVE_MAX];
	struct ohtd_command_row *row = rows;
	size_t count = look_at_robot(call, live);

	for (size_t i = 0; i < count; i++)
		row[i] = ohtd_command_row_of(live[i], call->services->clock);
	return count;
}

static const struct ohtd_stored_list kept_commands = {
	.row = &ohtd_kept_commands, .show = show_command,
	.newer = newer_commands, .newer_max = LIVE_MAX,
};

/* ---- one ---- */

struct command_late {
	struct ohtd_late late;
	struct ohtd_command_row row;
};

static int read_one(struct ohtd_db *db, void *arg)
{
	return ohtd_db_command_get(db, &((struct command_late *)arg)->row);
}

static void reply_one(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct command_late *job = (const struct command_late *)late;
	struct command_life life = life_of(&job->row);

	if (late->result)
		ohtd_reply_problem(call, 404, "not_found", "there is no command %lld",
				   (long long)job->row.number);
	else
		OHTD_REPLY(call, 200, command_life, &life);
}

static void get_command(struct ohtd_call *call)
{
	const struct ohtd_scene scene = ohtd_call_scene(call);
	const struct ohtd_command_view *live[LIVE_MAX];
	size_t count = look_at_robot(call, live);
	struct command_late *job;

	for (size_t i = 0; i < count; i++) {
		struct command_life life = life_now(&scene, live[i]);

		if (life.number == call->params.id) {
			OHTD_REPLY(call, 200, command_life, &life);
			return;
		}
	}
	job = ohtd_late_make(call, sizeof(*job));
	if (!job)
		return;
	job->row.number = call->params.id;
	ohtd_late_read(call, &job->late, read_one, reply_one);
}

/* ---- as they change ---- */

struct live_commands {
	const struct command_life *present;
	const struct command_life *waiting;
	size_t waiting_count;
	const struct command_life *ended;
	size_t ended_count;
};

OHTD_SHAPE(live_commands, "LiveCommands",
	OHTD_OBJECT(live_commands, present, command_life, .flags = OHTD_NULL,
		    .summary = "What has begun and not ended; null: nothing has"),
	OHTD_LIST(live_commands, waiting, command_life, .summary = "What waits, the next one first"),
	OHTD_LIST(live_commands, ended, command_life,
		  .summary = "The last 33 that have ended since the daemon started, the newest first"));

/* The ring of events may have told of an end that the snapshot does not show yet. */
static bool has_ended(const struct ohtd_ended *ended, const struct ohtd_command_view *command)
{
	for (size_t i = 0; i < ended->count; i++)
		if (ended->commands[i].number == command->number)
			return true;
	return command->state < OHTD_COMMAND_STATE_WAITING ||
	       command->state > OHTD_COMMAND_STATE_RETRIABLE;
}

static const void *make_commands(const struct ohtd_scene *scene)
{
	struct command_life *lives = ohtd_scene_alloc(scene, (LIVE_MAX + OHTD_ENDED_MAX) * sizeof(*lives));
	const struct ohtd_snapshot *snapshot = scene->snapshot;
	const struct ohtd_ended *ended = scene->ended;
	struct live_commands *view = ohtd_scene_alloc(scene, sizeof(*view));

	if (!has_ended(ended, &snapshot->command)) {
		*lives = life_now(scene, &snapshot->command);
		view->present = lives++;
	}
	view->waiting = lives;
	for (size_t i = 0; i < snapshot->queue_count; i++)
		if (!has_ended(ended, &snapshot->queue[i])) {
			*lives++ = life_now(scene, &snapshot->queue[i]);
			view->waiting_count++;
		}
	view->ended = lives;
	for (size_t i = 0; i < ended->count; i++)
		*lives++ = life_now(scene, &ended->commands[i]);
	view->ended_count = ended->count;
	return view;
}

const struct ohtd_view ohtd_commands_view = { &live_commands_shape, make_commands };

/* ---- it waits no more ---- */

static void cancelled(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	(void)answer;
	ohtd_reply_empty(call, 204);
}

static void delete_command(struct ohtd_call *call)
{
	struct ohtd_command command = {
		.kind = OHTD_COMMAND_CANCEL, .number = (uint64_t)call->params.id,
	};

	ohtd_call_command(call, &command, cancelled);
}

/* ---- what stands in the way of each verb ---- */

struct verb_interlocks {
	const char *verb;
	const struct verb_reason *why_not;
	size_t why_not_count;
};

OHTD_SHAPE(verb_interlocks, "VerbInterlocks",
	OHTD_TEXT(verb_interlocks, verb, .summary = "Of POST robot/commands", .example = "\"move\""),
	OHTD_LIST(verb_interlocks, why_not, verb_reason,
		  .summary = "Why it would be refused; none: it would be accepted, if its members are right"));

struct interlock_list {
	const struct verb_interlocks *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(interlock_list, "InterlockList",
	OHTD_LIST(interlock_list, items, verb_interlocks, .summary = "All verbs"),
	OHTD_NEXT_CURSOR(interlock_list));

static struct verb_reason reason_of(unsigned int code, uint8_t unit)
{
	return (struct verb_reason){
		.code = code, .text = ohtd_why_text(code), .address = unit ? unit : OHTD_NONE,
	};
}

/* The asker's role and control can stand in the way, too. */
static void fill_interlocks(struct ohtd_call *call, unsigned int verb,
			    struct verb_interlocks *view)
{
	const struct ohtd_verb_row *row = ohtd_verb_row(ohtd_verb_kind(verb));
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	const struct ohtd_why_list *list = &snapshot->why_not[verb];
	struct verb_reason *reasons = ohtd_call_alloc(call, (OHTD_WHY_MAX + 2) * sizeof(*reasons));
	size_t count = list->count < OHTD_WHY_MAX ? list->count : OHTD_WHY_MAX, n = 0;
	const struct ohtd_holder own = ohtd_holder_of(&call->who);

	if (call->who.role < row->role)
		reasons[n++] = reason_of(OHTD_WHY_ROLE, 0);
	if (row->flags & OHTD_NEEDS_CONTROL && snapshot->control.held &&
	    !ohtd_lease_is_of(&snapshot->control, &own))
		reasons[n++] = reason_of(OHTD_WHY_CONTROL_HELD, 0);
	for (size_t i = 0; i < count; i++)
		reasons[n++] = reason_of(list->items[i].code, list->items[i].unit);
	*view = (struct verb_interlocks){ row->word, reasons, n };
}

static void get_interlocks(struct ohtd_call *call)
{
	struct verb_interlocks *items = ohtd_call_alloc(call, OHTD_VERBS * sizeof(*items));

	for (unsigned int verb = 0; verb < OHTD_VERBS; verb++)
		fill_interlocks(call, verb, &items[verb]);
	OHTD_REPLY(call, 200, interlock_list, (&(struct interlock_list){
		.items = items, .items_count = OHTD_VERBS,
	}));
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "robot/interlocks", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &interlock_list_shape } },
		.handle = get_interlocks,
		.summary = "What stands in the way of each verb, for whoever asks",
	},
	{
		.method = OHTD_GET, .path = "robot/commands", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &command_query_shape,
		.replies = { { 200, &command_list_shape } },
		.handle = ohtd_stored_list_get, .list = &kept_commands,
		.summary = "Commands of motion, and what became of them",
	}, {
		.method = OHTD_GET, .path = "robot/commands/{id}", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &command_life_shape } },
		.problems = { "not_found" },
		.handle = get_command,
		.summary = "One command by its number",
	}, {
		.method = OHTD_DELETE, .path = "robot/commands/{id}", .role = OHTD_ROLE_OPERATOR,
		.act = { "take", "took", " a command out of the queue" },
		.flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_NO_COURSE, .replies = { { 204 } },
		.handle = delete_command,
		.summary = "A command waits no more",
		.text = "Those behind it stay. What is under way is ended by the verb stop, and all that "
			"waits with it.",
	},
};

OHTD_ROUTE_TABLE(ohtd_command_routes, "Robot", routes);
