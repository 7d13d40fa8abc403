// SPDX-License-Identifier: GPL-2.0-or-later
/* alerts/summary: how many alerts there were, and which. */
#include "api/api.h"
#include "server/call.h"

#include "base/clock.h"
#include "server/late.h"
#include "lists/span.h"
#include "alerts/number_rows.h"

#define USUAL_NS	(7 * 86400 * (int64_t)OHTD_NS_PER_S)

struct summary_query {
	const char *from;
	const char *to;
};

OHTD_SHAPE(summary_query, "AlertSummaryQuery",
	OHTD_TEXT(summary_query, from, .min = 1, .max = 64,
		  .summary = "Begin, as 2026-07-30T12:00:00Z; without it 7 days before to"),
	OHTD_TEXT(summary_query, to, .min = 1, .max = 64, .summary = "End; without it now"));

struct tally {
	const char *code;
	int64_t count;
	int64_t times;
	double standing_s;
};

OHTD_SHAPE(tally, "AlertTally",
	OHTD_TEXT(tally, code, .summary = "Alerts with this code", .example = "\"module_degraded\""),
	OHTD_INTEGER(tally, count, .summary = "How many came in the span"),
	OHTD_INTEGER(tally, times, .summary = "How often these came, as times of each says"),
	OHTD_NUMBER(tally, standing_s, .unit = "s",
		    .summary = "For how long they stood within the span, added up; one whose end is not known counts none"));

struct flood {
	int64_t from;
	int64_t to;
	int64_t count;
	int64_t first_number;
	const char *first_code;
};

OHTD_SHAPE(flood, "AlertFlood",
	OHTD_TIME(flood, from, .summary = "When the first came"),
	OHTD_TIME(flood, to, .summary = "When the last came"),
	OHTD_INTEGER(flood, count, .summary = "How many came"),
	OHTD_INTEGER(flood, first_number, .summary = "What came first, as in GET alerts/history"),
	OHTD_TEXT(flood, first_code, .summary = "Its code", .example = "\"device_gone\""));

struct standing {
	int64_t number;
	const char *code;
	const char *source;
	int64_t address;
	const char *subject;
	int64_t since;
	int64_t ended;
};

OHTD_SHAPE(standing, "AlertStanding",
	OHTD_INTEGER(standing, number, .summary = "As in GET alerts/history"),
	OHTD_TEXT(standing, code, .summary = "What it is", .example = "\"module_quarantined\""),
	OHTD_TEXT(standing, source, .summary = "The part that it is about", .example = "\"module\""),
	OHTD_INTEGER(standing, address, .flags = OHTD_NULL, .summary = "Unit address of the module"),
	OHTD_TEXT(standing, subject, .flags = OHTD_NULL, .summary = "As in GET alerts"),
	OHTD_TIME(standing, since, .summary = "Since when"),
	OHTD_TIME(standing, ended, .flags = OHTD_NULL, .summary = "When it ended; null: it stands"));

struct chattering {
	const char *code;
	const char *source;
	int64_t address;
	const char *subject;
	int64_t count;
	int64_t times;
};

OHTD_SHAPE(chattering, "AlertChattering",
	OHTD_TEXT(chattering, code, .summary = "What it is", .example = "\"module_degraded\""),
	OHTD_TEXT(chattering, source, .summary = "The part that it is about", .example = "\"module\""),
	OHTD_INTEGER(chattering, address, .flags = OHTD_NULL, .summary = "Unit address of the module"),
	OHTD_TEXT(chattering, subject, .flags = OHTD_NULL, .summary = "As in GET alerts"),
	OHTD_INTEGER(chattering, count, .summary = "How many came in the span"),
	OHTD_INTEGER(chattering, times, .summary = "How often these came"));

struct summary {
	int64_t from;
	int64_t to;
	int64_t count;
	int64_t times;
	double per_hour;
	const struct tally *frequent;
	size_t frequent_count;
	const struct tally *longest;
	size_t longest_count;
	int64_t flood_total;
	int64_t flooded_total;
	const struct flood *floods;
	size_t floods_count;
	int64_t standing_total;
	const struct standing *standing;
	size_t standing_count;
	int64_t chattering_total;
	const struct chattering *chattering;
	size_t chattering_count;
};

OHTD_SHAPE(summary, "AlertSummary",
	OHTD_TIME(summary, from, .summary = "Begin of the span"),
	OHTD_TIME(summary, to, .summary = "Its end"),
	OHTD_INTEGER(summary, count, .summary = "Alerts that came in the span, as rows of GET alerts/history"),
	OHTD_INTEGER(summary, times, .summary = "How often these came: within 10 s of its end it is the same one"),
	OHTD_NUMBER(summary, per_hour, .summary = "Alerts an hour"),
	OHTD_LIST(summary, frequent, tally, .summary = "The ten codes of which most came"),
	OHTD_LIST(summary, longest, tally, .summary = "The ten codes that stood longest"),
	OHTD_INTEGER(summary, flood_total, .summary = "Floods: more than 10 alerts in 10 minutes"),
	OHTD_INTEGER(summary, flooded_total, .summary = "Alerts in them"),
	OHTD_LIST(summary, floods, flood, .summary = "The newest 20 of them, the newest first"),
	OHTD_INTEGER(summary, standing_total, .summary = "Alerts that stood in the span, by its end for more than 24 h"),
	OHTD_LIST(summary, standing, standing, .summary = "20 of them, the oldest first"),
	OHTD_INTEGER(summary, chattering_total,
		     .summary = "What came three times or more within a minute: in one row of the history, or by three"),
	OHTD_LIST(summary, chattering, chattering, .summary = "Ten of them, those that came most often first"));

struct summary_late {
	struct ohtd_late late;
	struct ohtd_alert_numbers numbers;
};

static int read_numbers(struct ohtd_db *db, void *arg)
{
	return ohtd_db_alert_numbers(db, &((struct summary_late *)arg)->numbers);
}

/* ---- the answer ---- */

static int64_t address_of(uint8_t unit)
{
	return unit ? unit : OHTD_NONE;
}

static const char *subject_of(const char *subject)
{
	return *subject ? subject : NULL;
}

static size_t at_most(int64_t count, size_t max)
{
	return count < (int64_t)max ? (size_t)count : max;
}

static const struct tally *show_tallies(struct ohtd_call *call, const struct ohtd_alert_tally *from, size_t count)
{
	struct tally *items = ohtd_call_alloc(call, OHTD_ALERT_TOP * sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] = (struct tally){
			from[i].code, from[i].count, from[i].comings,
			(double)(from[i].standing_ns / (int64_t)OHTD_NS_PER_MS) / 1e3,
		};
	return items;
}

static void show_floods(struct ohtd_call *call, const struct ohtd_alert_numbers *from, struct summary *view)
{
	struct flood *items = ohtd_call_alloc(call, OHTD_ALERT_SAMPLES * sizeof(*items));

	view->flood_total = from->flood_count;
	view->flooded_total = from->flooded;
	view->floods = items;
	view->floods_count = at_most(from->flood_count, OHTD_ALERT_SAMPLES);
	for (size_t i = 0; i < view->floods_count; i++) {
		const struct ohtd_alert_flood *flood = &from->floods[i];

		items[i] = (struct flood){ flood->from_ns, flood->to_ns, flood->count, flood->number, flood->code };
	}
}

static void show_standing(struct ohtd_call *call, const struct ohtd_alert_numbers *from, struct summary *view)
{
	struct standing *items = ohtd_call_alloc(call, OHTD_ALERT_SAMPLES * sizeof(*items));

	view->standing_total = from->standing_count;
	view->standing = items;
	view->standing_count = at_most(from->standing_count, OHTD_ALERT_SAMPLES);
	for (size_t i = 0; i < view->standing_count; i++) {
		const struct ohtd_alert_standing *item = &from->standing[i];

		items[i] = (struct standing){
			item->number, item->code, item->source, address_of(item->unit), subject_of(item->subject), item->since_ns,
			item->ended_ns ? item->ended_ns : OHTD_NONE,
		};
	}
}

static void show_chattering(struct ohtd_call *call, const struct ohtd_alert_numbers *from, struct summary *view)
{
	struct chattering *items = ohtd_call_alloc(call, OHTD_ALERT_TOP * sizeof(*items));

	view->chattering_total = from->chattering_count;
	view->chattering = items;
	view->chattering_count = at_most(from->chattering_count, OHTD_ALERT_TOP);
	for (size_t i = 0; i < view->chattering_count; i++) {
		const struct ohtd_alert_chattering *item = &from->chattering[i];

		items[i] = (struct chattering){
			item->code, item->source, address_of(item->unit), subject_of(item->subject), item->count, item->comings,
		};
	}
}

static void reply_summary(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct ohtd_alert_numbers *from = &((const struct summary_late *)late)->numbers;
	const double hours = (double)(from->to_ns - from->from_ns) / 1e9 / 3600;
	struct summary view = {
		.from = from->from_ns, .to = from->to_ns, .count = from->count, .times = from->comings,
		.per_hour = (double)from->count / hours,
		.frequent_count = from->frequent_count, .longest_count = from->longest_count,
	};

	if (late->result < 0) {
		ohtd_reply_store_problem(call, late->result);
		return;
	}
	view.frequent = show_tallies(call, from->frequent, from->frequent_count);
	view.longest = show_tallies(call, from->longest, from->longest_count);
	show_floods(call, from, &view);
	show_standing(call, from, &view);
	show_chattering(call, from, &view);
	OHTD_REPLY(call, 200, summary, &view);
}

static bool take_span(struct ohtd_call *call, struct ohtd_alert_numbers *numbers)
{
	const struct summary_query *asked = OHTD_QUERY(call, summary_query);

	if (!ohtd_span_of_week(call, asked->from, asked->to, &numbers->from_ns, &numbers->to_ns))
		return false;
	/* Read behind the span, which so has a length: it begins before. */
	numbers->now_ns = ohtd_clock_wall_ns(call->services->clock);
	if (!asked->from)
		numbers->from_ns = numbers->to_ns > USUAL_NS ? numbers->to_ns - USUAL_NS : 0;
	/* What came in this moment is in the span, and no time is counted that is not over. */
	if (!asked->to || numbers->to_ns > numbers->now_ns)
		numbers->to_ns = numbers->now_ns + 1;
	return true;
}

static void get_summary(struct ohtd_call *call)
{
	struct summary_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	if (take_span(call, &job->numbers))
		ohtd_late_read(call, &job->late, read_numbers, reply_summary);
	else
		ohtd_late_drop(&job->late);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "alerts/summary", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &summary_query_shape,
		.replies = { { 200, &summary_shape } },
		.handle = get_summary,
		.summary = "How many alerts came in a span, in floods or chattering, and which most",
		.text = "Counted over the rows of GET alerts/history, of which the newest 10,000 are kept.",
	},
};

OHTD_ROUTE_TABLE(ohtd_alert_summary_routes, "Alerts", routes);
