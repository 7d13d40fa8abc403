// SPDX-License-Identifier: GPL-2.0-or-later
/* GET timeline: all that has happened in one list, the newest first. */
#include "api/api.h"
#include "server/call.h"

#include "lists/stored_list.h"
#include "server/name_list.h"
#include "tables/timeline.h"

static const char *const kinds[] = { "stop", "alert", "command", "setting", "start", "clock" };
OHTD_WORDS_OF(kind_words, kinds);

struct timeline_entry {
	int64_t time;
	int64_t ended;
	const char *kind;
	const char *code;
	const char *text;
	const char *severity;
	const char *who;
	int64_t number;
};

OHTD_SHAPE(timeline_entry, "TimelineEntry",
	OHTD_TIME(timeline_entry, time, .flags = OHTD_NULL, .summary = "When it came"),
	OHTD_TIME(timeline_entry, ended, .flags = OHTD_NULL,
		  .summary = "When it was over; null: it is not, or it has no end"),
	OHTD_TEXT(timeline_entry, kind, .words = &kind_words, .summary = "In which list it has its own entry"),
	OHTD_TEXT(timeline_entry, code,
		  .summary = "What it is, for programs: kind of safety/events, code of the alert, verb of the command"),
	OHTD_TEXT(timeline_entry, text, .summary = "What it is, for people"),
	OHTD_TEXT(timeline_entry, severity, .flags = OHTD_NULL, .words = &ohtd_severity_words,
		  .summary = "Of an alert; null: it is none"),
	OHTD_TEXT(timeline_entry, who, .flags = OHTD_NULL, .summary = "What asked for it; null: it was not asked for"),
	OHTD_INTEGER(timeline_entry, number,
		     .summary = "Of the alert, command or version; seq in safety/events; number in the audit"));

static void show_entry(struct ohtd_call *call, const void *row, void *item)
{
	const struct ohtd_timeline_row *from = row;

	(void)call;
	*(struct timeline_entry *)item = (struct timeline_entry){
		.time = from->time_ns ? from->time_ns : OHTD_NONE,
		.ended = from->ended_ns ? from->ended_ns : OHTD_NONE,
		.kind = from->kind, .code = from->code, .text = from->text,
		.severity = *from->severity ? from->severity : NULL,
		.who = *from->who ? from->who : NULL, .number = from->number,
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
	OHTD_FILTER(timeline_query, kinds, "Only entries of these kinds, with commas between them"),
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

static void get_timeline(struct ohtd_call *call)
{
	const struct timeline_query *query = call->query;

	if (!query->kinds || ohtd_name_list_read(call, &kind_list, query->kinds))
		ohtd_stored_list_get(call);
}

static const struct ohtd_stored_list kept_timeline = { .row = &ohtd_kept_timeline, .show = show_entry };

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "timeline", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &timeline_query_shape,
		.replies = { { 200, &timeline_shape } },
		.handle = get_timeline, .list = &kept_timeline,
		.summary = "Stops, alerts, commands, settings, starts and steps of the clock in one list",
	},
};

OHTD_ROUTE_TABLE(ohtd_timeline_routes, "Timeline", routes);
