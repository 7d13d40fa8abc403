// SPDX-License-Identifier: GPL-2.0-or-later
/* GET timeline: all that has happened in one list, the newest first. Transitions of the robot's state are found in the history. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "history/changes.h"
#include "lists/stored_list.h"
#include "robot/codes.h"
#include "server/late.h"
#include "lists/name_list.h"
#include "journal/timeline.h"

static const char *const kinds[] = { "stop", "alert", "command", "mission", "scenario", "setting", "start", "clock", OHTD_TIMELINE_TRANSITION };
OHTD_WORDS_OF(kind_words, kinds);
#define TRANSITION	(sizeof(kinds) / sizeof(kinds[0]) - 1)

static const struct ohtd_words state_words = { .name = ohtd_state_name, .end = OHTD_STATES };

/* Chunks of 68 minutes that one request looks through at most: 12 days. */
#define CHUNKS_MAX	256
/* Samples of a state that changed much are read one by one. */
#define TRANSITIONS_MS	60000

struct timeline_entry {
	int64_t time;
	int64_t ended;
	const char *kind;
	const char *code;
	const char *text;
	const char *severity;
	const char *who;
	int64_t number;
	const char *from;
	const char *to;
};

OHTD_SHAPE(timeline_entry, "TimelineEntry",
	OHTD_TIME(timeline_entry, time, .flags = OHTD_NULL, .summary = "When it came"),
	OHTD_TIME(timeline_entry, ended, .flags = OHTD_NULL,
		  .summary = "When it was over; null: it is not, or it has no end"),
	OHTD_TEXT(timeline_entry, kind, .words = &kind_words, .summary = "In which list it has its own entry"),
	OHTD_TEXT(timeline_entry, code,
		  .summary = "What it is, for programs: kind of safety/events, code of the alert, verb of the command, state of the mission or scenario, state behind a transition"),
	OHTD_TEXT(timeline_entry, text, .summary = "What it is, for people"),
	OHTD_TEXT(timeline_entry, severity, .flags = OHTD_NULL, .words = &ohtd_severity_words,
		  .summary = "Of an alert; null: it is none"),
	OHTD_TEXT(timeline_entry, who, .flags = OHTD_NULL, .summary = "What asked for it; null: it was not asked for"),
	OHTD_INTEGER(timeline_entry, number,
		     .summary = "Of the alert, command, mission, scenario or version; seq in safety/events; number in the audit; cycle of a transition in its run"),
	OHTD_TEXT(timeline_entry, from, .flags = OHTD_NULL, .words = &state_words,
		  .summary = "State of the robot before a transition; null: it is none"),
	OHTD_TEXT(timeline_entry, to, .flags = OHTD_NULL, .words = &state_words, .summary = "The same, behind it"));

static void show_entry(struct ohtd_call *call, const void *row, void *item)
{
	const struct ohtd_timeline_row *from = row;

	(void)call;
	*(struct timeline_entry *)item = (struct timeline_entry){
		.time = from->time_ns ? from->time_ns : OHTD_NONE,
		.ended = from->ended_ns ? from->ended_ns : OHTD_NONE,
		.kind = from->kind, .code = from->code, .text = from->text,
		.severity = *from->severity ? from->severity : NULL,
		.who = *from->who ? from->who : NULL, .number = from->number, .from = from->from, .to = from->to,
	};
}

static const char *const sorts[] = { "-time", "time" };
OHTD_WORDS_OF(sort_words, sorts);

struct timeline_query {
	struct ohtd_page page;
	int64_t sort;
	const char *kinds;
	const char *code;
	int64_t severity;
	const char *who;
	const char *from;
	const char *to;
	const char *q;
};

OHTD_SHAPE(timeline_query, "TimelineQuery",
	OHTD_PART(timeline_query, page, ohtd_page),
	OHTD_SORT(timeline_query, sort_words),
	OHTD_FILTER(timeline_query, kinds, "Only entries of these kinds, with commas between them; without it all but transition"),
	OHTD_FILTER(timeline_query, code, "Only entries with this code"),
	OHTD_WORD(timeline_query, severity, .words = &ohtd_severity_words, .preset = OHTD_NONE,
		  .summary = "Only alerts of this severity"),
	OHTD_FILTER(timeline_query, who, "Only what this account asked for"),
	OHTD_FILTER(timeline_query, from, "Only from this time on, as 2026-07-30T12:00:00Z"),
	OHTD_FILTER(timeline_query, to, "Only before this time"),
	OHTD_SEARCH(timeline_query, "kind, code, text or who"));

OHTD_LIST_ANSWER(timeline, "Timeline", timeline_entry, "The newest first, unless sorted otherwise");

static const struct ohtd_name_list kind_list = {
	.member = "kinds", .what = "kind of entry", .words = &kind_words, .status = 400, .code = "validation", .once = true,
};

/* ---- transitions ---- */

/**
 * struct transitions_late - a page with transitions
 * @query: what is asked for
 * @wanted: of the history
 * @changes: the search; NULL: the rows of the database have not been read yet
 * @stored: how many of @rows there are
 * @rows: of the database
 */
struct transitions_late {
	struct ohtd_late late;
	struct ohtd_list_query query;
	struct ohtd_changes_query wanted;
	struct ohtd_changes *changes;
	size_t stored;
	struct ohtd_timeline_row rows[];
};

static void make_row(const struct ohtd_history_change *change, struct ohtd_timeline_row *row)
{
	*row = (struct ohtd_timeline_row){
		.place = ohtd_timeline_place_of_transition(change->run, change->cycle), .time_ns = change->time_ns,
		.kind = OHTD_TIMELINE_TRANSITION, .number = change->cycle,
		.from = ohtd_state_name((unsigned int)change->before), .to = ohtd_state_name((unsigned int)change->now),
	};
	snprintf(row->code, sizeof(row->code), "%s", row->to);
	snprintf(row->text, sizeof(row->text), "from %s to %s", row->from, row->to);
}

static bool wants(void *context, const struct ohtd_history_change *change)
{
	struct ohtd_timeline_row row;

	make_row(change, &row);
	return ohtd_list_wants(context, &row);
}

/* Transitions behind the last row of the database are of a later page. */
static void narrow(struct transitions_late *job)
{
	const int64_t last_ns = job->stored == job->query.limit ? job->rows[job->stored - 1].time_ns : 0;
	struct ohtd_changes_query *wanted = &job->wanted;

	if (job->query.descends)
		wanted->from_ns = last_ns > wanted->from_ns ? last_ns : wanted->from_ns;
	else if (last_ns)
		wanted->to_ns = last_ns < wanted->to_ns ? last_ns + 1 : wanted->to_ns;
}

static int read_rows(struct ohtd_db *db, void *arg)
{
	struct transitions_late *job = arg;

	return ohtd_db_list(db, &job->query, job->rows);
}

static int begin_search(struct transitions_late *job)
{
	int r = ohtd_store_read(job->late.store, read_rows, job);

	if (r < 0)
		return r;
	job->stored = (size_t)r;
	narrow(job);
	job->changes = ohtd_changes_begin(&job->wanted);
	return job->changes ? 1 : -ENOMEM;
}

static int step_search(struct ohtd_late *late)
{
	struct transitions_late *job = (struct transitions_late *)late;

	return job->changes ? ohtd_changes_step(job->changes) : begin_search(job);
}

static int compare(const void *one, const void *other, void *query)
{
	return ohtd_list_compare(query, *(const void *const *)one, *(const void *const *)other);
}

/* Of a search that has ended early nothing is told of the time that it has not seen. */
static bool is_seen(const struct transitions_late *job, const struct ohtd_timeline_row *row, int64_t until_ns)
{
	if (!ohtd_changes_go_on(job->changes))
		return true;
	return job->query.descends ? row->time_ns >= until_ns : row->time_ns < until_ns;
}

static void reply_transitions(struct ohtd_call *call, struct ohtd_late *late)
{
	struct transitions_late *job = (struct transitions_late *)late;
	const struct ohtd_history_change *found;
	struct ohtd_timeline_row *made;
	const void **rows;
	int64_t until_ns;
	size_t count = 0, found_count;

	if (late->result < 0) {
		ohtd_reply_history_problem(call, late->result);
		return;
	}
	found = ohtd_changes_found(job->changes, &found_count, &until_ns);
	made = ohtd_call_alloc(call, found_count * sizeof(*made) + 1);
	rows = ohtd_call_alloc(call, (job->stored + found_count) * sizeof(*rows) + 1);
	for (size_t i = 0; i < job->stored; i++)
		if (is_seen(job, &job->rows[i], until_ns))
			rows[count++] = &job->rows[i];
	for (size_t i = 0; i < found_count; i++) {
		make_row(&found[i], &made[i]);
		rows[count++] = &made[i];
	}
	qsort_r(rows, count, sizeof(*rows), compare, &job->query);
	ohtd_stored_list_reply(call, &job->query, rows, count, !ohtd_changes_go_on(job->changes) ? NULL :
			       job->query.descends ? (const uint64_t[]){ (uint64_t)until_ns, 0 } :
						     (const uint64_t[]){ (uint64_t)until_ns - 1, INT64_MAX });
}

static void release_transitions(struct ohtd_late *late)
{
	struct transitions_late *job = (struct transitions_late *)late;

	ohtd_changes_end(job->changes);
	job->changes = NULL;
}

/* The span of the filters, up to now, from the place of the cursor on. */
static void take_span(struct ohtd_call *call, struct transitions_late *job)
{
	const int64_t now_ns = ohtd_clock_wall_ns(call->services->clock), at_ns = (int64_t)job->query.behind[0];
	struct ohtd_changes_query *wanted = &job->wanted;

	ohtd_list_span(&job->query, &wanted->from_ns, &wanted->to_ns);
	wanted->to_ns = wanted->to_ns < now_ns ? wanted->to_ns : now_ns;
	if (!job->query.goes_on)
		return;
	if (job->query.descends)
		wanted->to_ns = at_ns < wanted->to_ns ? at_ns + 1 : wanted->to_ns;
	else
		wanted->from_ns = at_ns > wanted->from_ns ? at_ns : wanted->from_ns;
}

static void get_with_transitions(struct ohtd_call *call)
{
	struct ohtd_list_query query;
	struct transitions_late *job;

	if (!ohtd_stored_list_take(call, &query))
		return;
	job = ohtd_late_make(call, sizeof(*job) + query.limit * sizeof(job->rows[0]));
	if (!job)
		return;
	job->query = query;
	job->wanted = (struct ohtd_changes_query){
		.history = call->services->history, .signal = OHTD_TELEMETRY_state, .descends = query.descends,
		.limit = query.limit, .steps_max = CHUNKS_MAX, .wants = wants, .context = &job->query,
	};
	take_span(call, job);
	job->late.release = release_transitions;
	ohtd_late_turns(call, &job->late, TRANSITIONS_MS, step_search, reply_transitions);
}

/* No transition has a severity, or was asked for by somebody. */
static bool asks_for_transitions(const struct timeline_query *query, const struct oht_set *wanted)
{
	return oht_set_has(wanted, TRANSITION) && !query->who && query->severity == OHTD_NONE;
}

static void get_timeline(struct ohtd_call *call)
{
	const struct timeline_query *query = call->query;
	struct oht_set wanted = { 0 };

	if (query->kinds && !ohtd_name_list_read(call, &kind_list, query->kinds, &wanted))
		return;
	if (asks_for_transitions(query, &wanted))
		get_with_transitions(call);
	else
		ohtd_stored_list_get(call);
}

static const struct ohtd_stored_list kept_timeline = { .row = &ohtd_kept_timeline, .show = show_entry };

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "timeline", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &timeline_query_shape,
		.replies = { { 200, &timeline_shape } }, .problems = { "too_many_runs", "unavailable" },
		.handle = get_timeline, .list = &kept_timeline,
		.summary = "Stops, alerts, commands, missions, settings, starts, steps of the clock and transitions of the state in one list",
		.text = "Transitions are told if kinds names them: they are read from the values, as far back as samples "
			"are kept. A request looks through 12 days of values at most, so a page may have fewer items than "
			"limit, or none, and a next_cursor.",
	},
};

OHTD_ROUTE_TABLE(ohtd_timeline_routes, "Timeline", routes);
