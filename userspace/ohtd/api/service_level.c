// SPDX-License-Identifier: GPL-2.0-or-later
/* GET analytics/service-level: what ohtd was for those who ask it, against the targets. docs/analytics.md has each figure. */
#include "api/api.h"
#include "server/call.h"

#include <math.h>
#include <string.h>

#include "analytics/cells.h"
#include "analytics/service.h"
#include "base/clock.h"
#include "http/problem.h"
#include "lists/span.h"
#include "live/channels.h"
#include "server/figures.h"
#include "server/late.h"
#include "settings/settings.h"

#define DAY_NS		(24 * OHTD_ANALYTICS_HOUR_NS)
#define HEALTH_PATH	OHTD_API_PREFIX "health"
#define NS_PER_S	1e9
/* Of an answer for each part, about. */
#define PART_BYTES	500

/* ---- what is counted ---- */

/* Each limit of the keeper is one of the server. */
static void add_durations(const struct ohtd_duration_figures *from, uint64_t to[OHTD_ANALYTICS_SERVICE_BUCKETS])
{
	unsigned int place = 0;

	for (unsigned int i = 0; i < OHTD_LATENCY_BUCKETS; i++) {
		while (place < OHTD_ANALYTICS_SERVICE_BUCKETS - 1 &&
		       (i == OHTD_LATENCY_BUCKETS - 1 || ohtd_latency_us[i] > 1000 * ohtd_analytics_limits_ms[place]))
			place++;
		to[place] += from->at_most[i];
	}
}

/* Checks of other machines are no requests: a robot that is not ready says so to each. */
static bool is_check(const struct ohtd_route_figures *figures)
{
	return !strncmp(figures->path, HEALTH_PATH, sizeof(HEALTH_PATH) - 1);
}

void ohtd_api_see_service(const struct ohtd_server *server, struct ohtd_analytics_sight *sight)
{
	struct ohtd_route_figures figures;
	struct ohtd_duration_figures published;

	for (size_t i = 0; ohtd_figures_sum(server, i, &figures); i++) {
		if (is_check(&figures))
			continue;
		for (size_t j = 0; j < ohtd_status_count(); j++)
			sight->refused += ohtd_status_at(j) >= 500 ? figures.answers[j] : 0;
		add_durations(&figures.took, sight->requests);
	}
	ohtd_live_published(server, &published);
	add_durations(&published, sight->telemetry);
}

/* ---- the answer ---- */

static const char *const by_names[] = {
	[OHTD_ANALYTICS_DAY] = "day", [OHTD_ANALYTICS_WEEK] = "week", [OHTD_ANALYTICS_MONTH] = "month",
};

/* How long the span is without a begin, in days. */
static const unsigned int usual_days[] = {
	[OHTD_ANALYTICS_DAY] = 7, [OHTD_ANALYTICS_WEEK] = 56, [OHTD_ANALYTICS_MONTH] = 365,
};

OHTD_WORDS_OF(by_words, by_names);

struct service_targets {
	double uptime_percent;
	double errors_percent;
	double latency_ms;
};

OHTD_SHAPE(service_targets, "ServiceTargets",
	OHTD_NUMBER(service_targets, uptime_percent, .unit = "%", .summary = "Of the known time, at least"),
	OHTD_NUMBER(service_targets, errors_percent, .unit = "%", .summary = "Of the cycles and of the requests, at most"),
	OHTD_NUMBER(service_targets, latency_ms, .unit = "ms", .summary = "99th percentile of answers and of live data, at most"));

struct service_part {
	int64_t from;
	int64_t to;
	double up_s;
	double down_s;
	double unknown_s;
	double uptime_percent;
	int64_t starts;
	int64_t cuts;
	int64_t cycles;
	int64_t missed;
	double missed_percent;
	int64_t requests;
	int64_t refused;
	double refused_percent;
	int64_t requests_p99_ms;
	int64_t telemetry_p99_ms;
	bool met;
};

OHTD_SHAPE(service_part, "ServicePart",
	OHTD_TIME(service_part, from, .summary = "Begin: an hour"),
	OHTD_TIME(service_part, to, .summary = "End: an hour, or now"),
	OHTD_NUMBER(service_part, up_s, .unit = "s", .summary = "Known time in which ohtd served"),
	OHTD_NUMBER(service_part, down_s, .unit = "s", .summary = "Known time in which it did not"),
	OHTD_NUMBER(service_part, unknown_s, .unit = "s", .summary = "The rest: nothing has measured it"),
	OHTD_NUMBER(service_part, uptime_percent, .flags = OHTD_NULL, .unit = "%", .summary = "up_s by the known time; null: none is known"),
	OHTD_INTEGER(service_part, starts, .summary = "Starts of ohtd"),
	OHTD_INTEGER(service_part, cuts, .summary = "Of these, behind a run that had not ended in order"),
	OHTD_INTEGER(service_part, cycles, .summary = "Cycles of the plan of the bus"),
	OHTD_INTEGER(service_part, missed, .summary = "Of these, not begun"),
	OHTD_NUMBER(service_part, missed_percent, .flags = OHTD_NULL, .unit = "%", .summary = "missed by cycles; null: no cycle"),
	OHTD_INTEGER(service_part, requests, .summary = "Requests that were answered, those to health left out"),
	OHTD_INTEGER(service_part, refused, .summary = "Of these, with a status of 500 or above"),
	OHTD_NUMBER(service_part, refused_percent, .flags = OHTD_NULL, .unit = "%", .summary = "refused by requests; null: no request"),
	OHTD_INTEGER(service_part, requests_p99_ms, .flags = OHTD_NULL, .unit = "ms",
		     .summary = "99 of 100 took so long at most: 10, 25, 50, 100, 250, 1000, or 1001 for more; null: no request"),
	OHTD_INTEGER(service_part, telemetry_p99_ms, .flags = OHTD_NULL, .unit = "ms",
		     .summary = "The same from a control cycle to its live data; null: there was none"),
	OHTD_BOOLEAN(service_part, met, .summary = "Every figure that is known meets its target"));

struct service_level {
	int64_t from;
	int64_t to;
	unsigned int by;
	const struct service_targets *targets;
	const struct service_part *items;
	size_t items_count;
};

OHTD_SHAPE(service_level, "ServiceLevel",
	OHTD_TIME(service_level, from, .summary = "As asked for, back to a full hour"),
	OHTD_TIME(service_level, to, .summary = "As asked for, on to a full hour, at most now"),
	OHTD_WORD(service_level, by, .words = &by_words, .summary = "How the span is divided, in UTC"),
	OHTD_OBJECT(service_level, targets, service_targets, .summary = "As set now"),
	OHTD_LIST(service_level, items, service_part, .summary = "Days, weeks or months, the oldest first"));

static double percent(int64_t part, int64_t all)
{
	return all > 0 ? 100 * (double)part / (double)all : NAN;
}

static int64_t p99_of(const int64_t *histogram)
{
	int ms = ohtd_analytics_p99_ms(histogram);

	return ms < 0 ? OHTD_NONE : ms;
}

/* Not a number, and OHTD_NONE, say nothing against it. */
static bool meets(const struct service_part *part, const struct ohtd_settings_targets *targets)
{
	const double latency_ms = targets->latency_ms;

	return !(part->uptime_percent < targets->uptime_percent) && !(part->missed_percent > targets->errors_percent) &&
	       !(part->refused_percent > targets->errors_percent) &&
	       (part->requests_p99_ms == OHTD_NONE || (double)part->requests_p99_ms <= latency_ms) &&
	       (part->telemetry_p99_ms == OHTD_NONE || (double)part->telemetry_p99_ms <= latency_ms);
}

static struct service_part part_of(int64_t from_ns, int64_t to_ns, const struct ohtd_analytics_service_hour *sum,
				   const struct ohtd_settings_targets *targets)
{
	const int64_t known_ns = sum->up_ns + sum->down_ns, requests = ohtd_analytics_histogram_count(sum->requests);
	/* A clock that was set back has had this time twice. */
	const int64_t unknown_ns = to_ns - from_ns > known_ns ? to_ns - from_ns - known_ns : 0;
	struct service_part part = {
		.from = from_ns, .to = to_ns, .up_s = (double)sum->up_ns / NS_PER_S, .down_s = (double)sum->down_ns / NS_PER_S,
		.unknown_s = (double)unknown_ns / NS_PER_S, .uptime_percent = percent(sum->up_ns, known_ns),
		.starts = sum->starts, .cuts = sum->cuts,
		.cycles = sum->cycles, .missed = sum->missed, .missed_percent = percent(sum->missed, sum->cycles),
		.requests = requests, .refused = sum->refused, .refused_percent = percent(sum->refused, requests),
		.requests_p99_ms = p99_of(sum->requests), .telemetry_p99_ms = p99_of(sum->telemetry),
	};

	part.met = meets(&part, targets);
	return part;
}

/* ---- the question ---- */

struct service_query {
	const char *from;
	const char *to;
	int64_t by;
};

OHTD_SHAPE(service_query, "ServiceQuery",
	OHTD_TEXT(service_query, from, .min = 1, .max = 64,
		  .summary = "Begin, as 2026-07-30T12:00:00Z; without it 7 days before to, 8 weeks or 365 days"),
	OHTD_TEXT(service_query, to, .min = 1, .max = 64, .summary = "End; without it now"),
	OHTD_WORD(service_query, by, .words = &by_words, .preset = OHTD_ANALYTICS_DAY,
		  .summary = "How the span is divided, in UTC: day without it; at most 1000 parts"));

/**
 * struct service_late - a service level that is asked for
 * @late: first
 * @service: the keeper
 * @by: enum ohtd_analytics_period
 * @from: first hour
 * @to_ns: end of the span, at most now
 * @targets: as set now
 * @count: of parts
 */
struct service_late {
	struct ohtd_late late;
	struct ohtd_analytics_service *service;
	enum ohtd_analytics_period by;
	int64_t from, to_ns;
	struct ohtd_settings_targets targets;
	size_t count;
};

/* The hour behind the last one. */
static int64_t last_of(const struct service_late *job)
{
	return (job->to_ns + OHTD_ANALYTICS_HOUR_NS - 1) / OHTD_ANALYTICS_HOUR_NS;
}

static int64_t end_of(const struct service_late *job, int64_t hour)
{
	const int64_t end = ohtd_analytics_period_end(job->by, hour), last = last_of(job);

	return end < last ? end : last;
}

/* False: it has been refused. */
static bool take_query(struct ohtd_call *call, struct service_late *job)
{
	const struct service_query *asked = OHTD_QUERY(call, service_query);
	int64_t from_ns, now_ns = ohtd_clock_wall_ns(call->services->clock);

	if (!ohtd_span_of_week(call, asked->from, asked->to, &from_ns, &job->to_ns))
		return false;
	job->by = (enum ohtd_analytics_period)asked->by;
	job->to_ns = job->to_ns < now_ns ? job->to_ns : now_ns;
	if (!asked->from)
		from_ns = job->to_ns - usual_days[job->by] * DAY_NS;
	job->from = from_ns > 0 ? from_ns / OHTD_ANALYTICS_HOUR_NS : 0;
	for (int64_t at = job->from; at < last_of(job) && job->count <= OHTD_CELLS_MAX; at = end_of(job, at))
		job->count++;
	if (job->count <= OHTD_CELLS_MAX)
		return true;
	ohtd_reply_member(call, "/by", "range", "%s: more than %d of them from %s on: ask for less", by_names[job->by], OHTD_CELLS_MAX,
			  asked->from);
	return false;
}

static int work(struct ohtd_late *late)
{
	struct service_late *job = (struct service_late *)late;
	struct ohtd_analytics_service_hour *sums = ohtd_late_alloc(late, job->count * sizeof(*sums));
	struct service_part *parts = ohtd_late_alloc(late, job->count * sizeof(*parts));
	int64_t *ends = ohtd_late_alloc(late, job->count * sizeof(*ends)), at = job->from;
	int r;

	for (size_t i = 0; i < job->count; i++)
		ends[i] = at = end_of(job, at);
	r = ohtd_analytics_service_sum(job->service, job->from, ends, job->count, sums);
	if (r)
		return r;
	at = job->from;
	for (size_t i = 0; i < job->count; i++) {
		int64_t end_ns = ends[i] * OHTD_ANALYTICS_HOUR_NS;

		parts[i] = part_of(at * OHTD_ANALYTICS_HOUR_NS, end_ns < job->to_ns ? end_ns : job->to_ns, &sums[i], &job->targets);
		at = ends[i];
	}
	ohtd_late_write_view(late, &service_level_shape, &(const struct service_level){
		.from = job->from * OHTD_ANALYTICS_HOUR_NS, .to = job->to_ns, .by = job->by,
		.targets = &(const struct service_targets){ job->targets.uptime_percent, job->targets.errors_percent, job->targets.latency_ms },
		.items = parts, .items_count = job->count,
	}, (job->count + 1) * PART_BYTES);
	return 0;
}

static void reply_service_level(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result < 0)
		ohtd_reply_store_problem(call, late->result);
	else
		ohtd_late_send(call, late, 200, &service_level_shape);
}

static void get_service_level(struct ohtd_call *call)
{
	struct service_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->service = call->services->service;
	job->targets = ohtd_settings_service(call->services->settings);
	if (take_query(call, job))
		ohtd_late_act(call, &job->late, OHTD_LATE_MS, work, reply_service_level);
	else
		ohtd_late_drop(&job->late);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "analytics/service-level", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &service_query_shape,
		.replies = { { 200, &service_level_shape } },
		.handle = get_service_level,
		.summary = "What ohtd was for those who ask it by day, week or month: uptime, missed cycles, refused requests, latency",
		.text = "Known is what a run of ohtd has measured; time that was not measured is unknown_s, and counts neither as up nor as down.",
	},
};

OHTD_ROUTE_TABLE(ohtd_service_level_routes, "Analytics", routes);
