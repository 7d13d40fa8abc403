// SPDX-License-Identifier: GPL-2.0-or-later
/* GET telemetry/export: all samples of a span, as they are kept. */
#include "api/api.h"
#include "server/call.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "live/download.h"
#include "live/export_form.h"
#include "server/name_list.h"
#include "lists/span.h"

#define PLACE_BYTES	40

struct export_query {
	const char *signals;
	const char *from;
	const char *to;
	const char *from_cycle;
	int64_t format;
};

OHTD_SHAPE(export_query, "ExportQuery",
	OHTD_TEXT(export_query, signals, .min = 1, .max = OHTD_QUERY_VALUE_BYTES - 1,
		  .summary = "Names of signals, with commas between them; without it all",
		  .example = "\"position_mm,battery_percent\""),
	OHTD_SPAN_MEMBERS(export_query),
	OHTD_TEXT(export_query, from_cycle, .min = 1, .max = PLACE_BYTES - 1,
		  .summary = "Run and cycle of the last line of an export that was broken off, as 12:345678; it begins with that line again, and runs behind it are told from the same from on",
		  .example = "\"12:345678\""),
	OHTD_WORD(export_query, format, .words = &ohtd_export_form_words, .preset = OHTD_EXPORT_CSV,
		  .summary = "Form of the answer"));

static void take_signals(struct ohtd_export_query *query, uint64_t wanted)
{
	for (unsigned int i = 0; i < OHTD_TELEMETRY_SIGNALS; i++)
		if (wanted & 1ull << i)
			query->signals[query->count++] = i;
}

/* "12:345678". */
static bool read_place(const char *text, int64_t *run, int64_t *cycle)
{
	const char *colon = strchr(text, ':');

	if (!colon)
		return false;
	*run = ohtd_route_id(text, (size_t)(colon - text));
	*cycle = ohtd_route_id(colon + 1, strlen(colon + 1));
	return *run && (*cycle || !strcmp(colon, ":0"));
}

static bool take_place(struct ohtd_call *call, const struct export_query *asked,
		       struct ohtd_export_query *query)
{
	if (!asked->from_cycle)
		return true;
	/* Without it runs behind it are told from their beginning. */
	if (!asked->from)
		query->from_ns = 0;
	if (read_place(asked->from_cycle, &query->begin_run, &query->begin_cycle))
		return true;
	ohtd_reply_member(call, "/from_cycle", "unfit", "'%s' is no run and cycle as 12:345678",
			  asked->from_cycle);
	return false;
}

/* What is still to come is no gap, and no export waits for it. */
static void end_now(struct ohtd_call *call, struct ohtd_export_query *query)
{
	int64_t now_ns = ohtd_clock_wall_ns(ohtd_call_clock(call));

	query->to_ns = query->to_ns < now_ns ? query->to_ns : now_ns;
}

static void get_export(struct ohtd_call *call)
{
	const struct export_query *asked = OHTD_QUERY(call, export_query);
	const char *type = ohtd_export_form_of((unsigned int)asked->format)->type;
	struct ohtd_export_query query = { 0 };
	uint64_t wanted = UINT64_MAX;

	if (asked->signals)
		wanted = ohtd_name_list_read(call, &ohtd_signal_list, asked->signals);
	if (!wanted || !ohtd_span_of(call, asked->from, asked->to, &query.from_ns, &query.to_ns) ||
	    !take_place(call, asked, &query))
		return;
	if (!ohtd_call_accepts(call, type)) {
		ohtd_reply_problem(call, 406, "not_acceptable",
				   "the answer is %s, which Accept excludes", type);
		return;
	}
	take_signals(&query, wanted);
	end_now(call, &query);
	ohtd_download_open(call, (unsigned int)asked->format, &query);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "telemetry/export", .role = OHTD_ROLE_VIEWER,
		.kind = OHTD_STREAM, .flags = OHTD_ROUTE_STORE, .query = &export_query_shape,
		.replies = { { 200, NULL, "text/csv" }, { 200, NULL, "application/x-ndjson" },
			     { 200, NULL, "application/octet-stream" } },
		.problems = { "unknown_signal", "too_many_exports", "http_version", "out_of_memory", "unavailable" },
		.handle = get_export,
		.summary = "All samples of signals, each with its quality, up to now",
		.text = "A line for each cycle in which one of the signals had a value, and for each gap, see "
			"docs/api.md. The answer has any length; one that was broken off has no last "
			"chunk, and goes on with from_cycle.",
	},
};

OHTD_ROUTE_TABLE(ohtd_export_routes, "Telemetry", routes);
