// SPDX-License-Identifier: GPL-2.0-or-later
/* GET analytics/summary: what the robot did, by hour, day or shift. docs/analytics.md has each formula. */
#include "api/api.h"
#include "server/call.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analytics/analytics.h"
#include "analytics/figures.h"
#include "base/clock.h"
#include "history/history.h"
#include "robot/telemetry.h"
#include "server/late.h"
#include "lists/span.h"
#include "settings/settings.h"
#include "views/words.h"

#define DAY_NS		(86400 * (int64_t)OHTD_NS_PER_S)
#define USUAL_NS	(7 * DAY_NS)
#define WITHIN_MS	60000
/* Of an answer for each cell, about. */
#define CELL_BYTES	1500
#define SHIFT_BYTES	24
#define MISSED_S	1	/* a start knows the state before the battery */

static const char *const by_names[] = {
	[OHTD_BY_HOUR] = "hour", [OHTD_BY_DAY] = "day", [OHTD_BY_SHIFT] = "shift",
};

OHTD_WORDS_OF(by_words, by_names);

/* ---- one cell ---- */

struct analytics_motion {
	double distance_m;
	double moving_s;
	double unknown_s;
};

OHTD_SHAPE(analytics_motion, "AnalyticsMotion",
	OHTD_NUMBER(analytics_motion, distance_m, .unit = "m", .summary = "Way along the rail, both directions"),
	OHTD_NUMBER(analytics_motion, moving_s, .unit = "s", .summary = "Time faster than 2 mm/s"),
	OHTD_NUMBER(analytics_motion, unknown_s, .unit = "s", .summary = "Time without a good speed"));

struct analytics_reason {
	const char *reason;
	int64_t count;
};

OHTD_SHAPE(analytics_reason, "AnalyticsReason",
	OHTD_TEXT(analytics_reason, reason, .summary = "As in robot/commands", .example = "\"cancelled\""),
	OHTD_INTEGER(analytics_reason, count, .summary = "How many"));

struct analytics_moves {
	int64_t finished;
	int64_t failed;
	const struct analytics_reason *reasons;
	size_t reasons_count;
	int64_t docks;
	int64_t docks_finished;
	double unknown_s;
};

OHTD_SHAPE(analytics_moves, "AnalyticsMoves",
	OHTD_INTEGER(analytics_moves, finished, .summary = "Commands move and home that ended at their target"),
	OHTD_INTEGER(analytics_moves, failed, .summary = "Those that ended otherwise"),
	OHTD_LIST(analytics_moves, reasons, analytics_reason, .summary = "Why they did"),
	OHTD_INTEGER(analytics_moves, docks, .summary = "Commands dock that ended"),
	OHTD_INTEGER(analytics_moves, docks_finished, .summary = "Those that ended at the dock"),
	OHTD_NUMBER(analytics_moves, unknown_s, .unit = "s",
		    .summary = "Time of which commands are not kept any more"));

struct analytics_energy {
	double used_wh;
	double charged_wh;
	double cost;
	double unknown_s;
	bool incomplete;
};

OHTD_SHAPE(analytics_energy, "AnalyticsEnergy",
	OHTD_NUMBER(analytics_energy, used_wh, .unit = "Wh", .summary = "Out of the battery"),
	OHTD_NUMBER(analytics_energy, charged_wh, .unit = "Wh", .summary = "Into the battery"),
	OHTD_NUMBER(analytics_energy, cost, .flags = OHTD_NULL,
		    .summary = "Of used_wh by the tariff; null: no tariff is set"),
	OHTD_NUMBER(analytics_energy, unknown_s, .unit = "s",
		    .summary = "Time without a good voltage and current of the battery"),
	OHTD_BOOLEAN(analytics_energy, incomplete,
		     .summary = "These were missed while the robot ran: all three figures are at least so much"));

struct analytics_availability {
	double enabled_s;
	double enabled_unknown_s;
	double available_s;
	double available_percent;
	double unknown_s;
};

OHTD_SHAPE(analytics_availability, "AnalyticsAvailability",
	OHTD_NUMBER(analytics_availability, enabled_s, .unit = "s", .summary = "Time with the outputs on"),
	OHTD_NUMBER(analytics_availability, enabled_unknown_s, .unit = "s",
		    .summary = "Time in which that is not known"),
	OHTD_NUMBER(analytics_availability, available_s, .unit = "s",
		    .summary = "Time in the states idle, move, paused, blocked and dock"),
	OHTD_NUMBER(analytics_availability, available_percent, .flags = OHTD_NULL, .unit = "%",
		    .summary = "Share of the time with a known state; null: there is none"),
	OHTD_NUMBER(analytics_availability, unknown_s, .unit = "s", .summary = "Time without a known state"));

struct analytics_module {
	const char *name;
	double up_s;
	double down_s;
	int64_t failures;
	double mtbf_s;
	double mttr_s;
	double unknown_s;
};

OHTD_SHAPE(analytics_module, "AnalyticsModule",
	OHTD_TEXT(analytics_module, name, .summary = "Name of the module", .example = "\"power\""),
	OHTD_NUMBER(analytics_module, up_s, .unit = "s", .summary = "Time in which it answered"),
	OHTD_NUMBER(analytics_module, down_s, .unit = "s", .summary = "Time in which it was lost"),
	OHTD_INTEGER(analytics_module, failures, .summary = "How often it was lost"),
	OHTD_NUMBER(analytics_module, mtbf_s, .flags = OHTD_NULL, .unit = "s",
		    .summary = "Mean time between failures: up_s by failures; null: none"),
	OHTD_NUMBER(analytics_module, mttr_s, .flags = OHTD_NULL, .unit = "s",
		    .summary = "Mean time to repair: down_s by failures; null: none"),
	OHTD_NUMBER(analytics_module, unknown_s, .unit = "s",
		    .summary = "Time in which its health is not known, or it was absent, not polled or in quarantine"));

struct analytics_bus {
	int64_t exchanges;
	int64_t errors;
	double per_million;
	double unknown_s;
};

OHTD_SHAPE(analytics_bus, "AnalyticsBus",
	OHTD_INTEGER(analytics_bus, exchanges, .summary = "Completed exchanges"),
	OHTD_INTEGER(analytics_bus, errors, .summary = "Requests that had no good answer"),
	OHTD_NUMBER(analytics_bus, per_million, .flags = OHTD_NULL,
		    .summary = "errors by a million exchanges; null: no exchange"),
	OHTD_NUMBER(analytics_bus, unknown_s, .unit = "s", .summary = "Time without these counters"));

struct analytics_control {
	double late_mean_us;
	double late_max_us;
	double unknown_s;
};

OHTD_SHAPE(analytics_control, "AnalyticsControl",
	OHTD_NUMBER(analytics_control, late_mean_us, .flags = OHTD_NULL, .unit = "us",
		    .summary = "How late cycles of the control thread began, mean; null: not known"),
	OHTD_NUMBER(analytics_control, late_max_us, .flags = OHTD_NULL, .unit = "us",
		    .summary = "The same at most"),
	OHTD_NUMBER(analytics_control, unknown_s, .unit = "s", .summary = "Time without that signal"));

struct analytics_stop {
	unsigned int cause;
	int64_t count;
};

OHTD_SHAPE(analytics_stop, "AnalyticsStop",
	OHTD_WORD(analytics_stop, cause, .words = &ohtd_cause_words, .summary = "Of the stop, as in safety/events"),
	OHTD_INTEGER(analytics_stop, count, .summary = "New stops by it"));

struct analytics_cell {
	int64_t from;
	int64_t to;
	const char *shift;
	const struct analytics_motion *motion;
	const struct analytics_moves *moves;
	const struct analytics_energy *energy;
	const struct analytics_availability *availability;
	const struct analytics_module *modules;
	size_t modules_count;
	const struct analytics_bus *bus;
	const struct analytics_control *control;
	const struct analytics_stop *stops;
	size_t stops_count;
	uint64_t stops_missing;
};

OHTD_SHAPE(analytics_cell, "AnalyticsInterval",
	OHTD_TIME(analytics_cell, from, .summary = "Begin"),
	OHTD_TIME(analytics_cell, to, .summary = "End"),
	OHTD_TEXT(analytics_cell, shift, .flags = OHTD_NULL,
		  .summary = "When the shift begins, UTC; null: by is not shift", .example = "\"06:00\""),
	OHTD_OBJECT(analytics_cell, motion, analytics_motion, .summary = "How far and how long it moved"),
	OHTD_OBJECT(analytics_cell, moves, analytics_moves, .summary = "Commands by how they ended"),
	OHTD_OBJECT(analytics_cell, energy, analytics_energy, .summary = "Energy of the battery"),
	OHTD_OBJECT(analytics_cell, availability, analytics_availability, .summary = "When it could work"),
	OHTD_LIST(analytics_cell, modules, analytics_module, .summary = "The modules whose health is a signal"),
	OHTD_OBJECT(analytics_cell, bus, analytics_bus, .summary = "Exchanges of the bus"),
	OHTD_OBJECT(analytics_cell, control, analytics_control, .summary = "The control thread"),
	OHTD_LIST(analytics_cell, stops, analytics_stop, .summary = "Stops by their first cause"),
	OHTD_INTEGER(analytics_cell, stops_missing, .summary = "Entries of the stop's journal that were not read"));

struct analytics {
	int64_t from;
	int64_t to;
	unsigned int by;
	int64_t columns_from;
	int64_t samples_from;
	double tariff_per_kwh;
	const char *currency;
	const struct analytics_cell *items;
	size_t items_count;
};

OHTD_SHAPE(analytics, "Analytics",
	OHTD_TIME(analytics, from, .summary = "As asked for"),
	OHTD_TIME(analytics, to, .summary = "As asked for, at most now"),
	OHTD_WORD(analytics, by, .words = &by_words, .summary = "How the span is divided, in UTC"),
	OHTD_TIME(analytics, columns_from, .summary = "Since when columns of 64 s are kept: values from before are unknown"),
	OHTD_TIME(analytics, samples_from,
		  .summary = "Since when samples are kept: before, time is unknown of which a column of 64 s does not say enough"),
	OHTD_NUMBER(analytics, tariff_per_kwh, .flags = OHTD_NULL, .summary = "As set now; null: none"),
	OHTD_TEXT(analytics, currency, .flags = OHTD_NULL, .summary = "Of tariff and cost; null: none is set",
		  .example = "\"EUR\""),
	OHTD_LIST(analytics, items, analytics_cell, .summary = "Hours, days or shifts, the oldest first"));

/* ---- the question ---- */

struct analytics_query {
	const char *from;
	const char *to;
	int64_t by;
};

OHTD_SHAPE(analytics_query, "AnalyticsQuery",
	OHTD_TEXT(analytics_query, from, .min = 1, .max = 64,
		  .summary = "Begin, as 2026-07-30T12:00:00Z; without it 7 days before to"),
	OHTD_TEXT(analytics_query, to, .min = 1, .max = 64, .summary = "End; without it now"),
	OHTD_WORD(analytics_query, by, .words = &by_words, .preset = OHTD_BY_DAY,
		  .summary = "How the span is divided, in UTC: day without it; at most 1000 parts"));

struct analytics_late {
	struct ohtd_late late;
	struct ohtd_analysis *analysis;
	struct ohtd_analysis_query query;
	struct ohtd_analytics_values values;
};

/* False: it has been refused. */
static bool take_query(struct ohtd_call *call, struct ohtd_analysis_query *query)
{
	const struct analytics_query *asked = OHTD_QUERY(call, analytics_query);
	int64_t now_ns;
	size_t count;

	if (!ohtd_span_of_week(call, asked->from, asked->to, &query->from_ns, &query->to_ns))
		return false;
	query->by = (enum ohtd_cells_by)asked->by;
	now_ns = ohtd_clock_wall_ns(call->services->clock);
	query->to_ns = query->to_ns < now_ns ? query->to_ns : now_ns;
	if (!asked->from)
		query->from_ns = query->to_ns > USUAL_NS ? query->to_ns - USUAL_NS : 0;
	count = ohtd_cells_make(query->by, &query->shifts, query->from_ns, query->to_ns, NULL);
	if (count <= OHTD_CELLS_MAX)
		return true;
	ohtd_reply_member(call, "/by", "range", "%s: more than %d of them from %s on: ask for less",
			  by_names[query->by], OHTD_CELLS_MAX, asked->from);
	return false;
}

/* ---- the answer ---- */

static const struct analytics_moves *moves_of(struct ohtd_late *late, const struct ohtd_cell *cell,
					      const struct ohtd_ending *endings)
{
	struct analytics_moves *moves = ohtd_late_alloc(late, sizeof(*moves));
	struct analytics_reason *reasons;
	size_t count = 0;

	for (int i = cell->ending; i >= 0; i = endings[i].next)
		count++;
	reasons = ohtd_late_alloc(late, (count + 1) * sizeof(*reasons));
	*moves = (struct analytics_moves){
		.finished = cell->moves_finished, .failed = cell->moves_failed,
		.reasons = reasons, .reasons_count = count, .docks = cell->docks,
		.docks_finished = cell->docks_finished,
		.unknown_s = (double)cell->commands_lost_ns / 1e9,
	};
	for (int i = cell->ending; i >= 0; i = endings[i].next)
		*reasons++ = (struct analytics_reason){
			.reason = endings[i].reason,
			.count = endings[i].count,
		};
	return moves;
}

static double by(double sum, int64_t count)
{
	return count ? sum / (double)count : NAN;
}

static const struct analytics_module *modules_of(struct ohtd_late *late, const struct ohtd_cell *cell)
{
	struct analytics_module *modules = ohtd_late_alloc(late, OHTD_CELL_MODULES * sizeof(*modules));

	for (unsigned int i = 0; i < OHTD_CELL_MODULES; i++) {
		const struct ohtd_module_sums *sums = &cell->modules[i];

		modules[i] = (struct analytics_module){
			.name = ohtd_figure_module(i), .up_s = ohtd_cell_s(sums->up),
			.down_s = ohtd_cell_s(sums->down), .failures = sums->failures,
			.mtbf_s = by(ohtd_cell_s(sums->up), sums->failures),
			.mttr_s = by(ohtd_cell_s(sums->down), sums->failures),
			.unknown_s = ohtd_cell_unknown_s(cell, sums->up + sums->down),
		};
	}
	return modules;
}

static const struct analytics_stop *stops_of(struct ohtd_late *late, const struct ohtd_cell *cell,
					     size_t *count)
{
	struct analytics_stop *stops;

	*count = 0;
	for (unsigned int i = 0; i < OHTD_CELL_CAUSES; i++)
		*count += cell->stops[i] > 0;
	stops = ohtd_late_alloc(late, *count * sizeof(*stops));
	*count = 0;
	for (unsigned int i = 0; i < OHTD_CELL_CAUSES; i++)
		if (cell->stops[i])
			stops[(*count)++] = (struct analytics_stop){ i, cell->stops[i] };
	return stops;
}

static const struct analytics_energy *energy_of(struct ohtd_late *late, const struct ohtd_cell *cell,
						double tariff)
{
	struct analytics_energy *energy = ohtd_late_alloc(late, sizeof(*energy));
	double unknown_s = ohtd_cell_unknown_s(cell, cell->power_known);

	*energy = (struct analytics_energy){
		.used_wh = ohtd_cell_energy_wh(cell->used),
		.charged_wh = ohtd_cell_energy_wh(cell->charged),
		.cost = tariff > 0 ? ohtd_cell_energy_wh(cell->used) / 1e3 * tariff : NAN,
		.unknown_s = unknown_s,
		.incomplete = unknown_s - ohtd_cell_unknown_s(cell, cell->state_known) > MISSED_S,
	};
	return energy;
}

static const void *keep(struct ohtd_late *late, const void *part, size_t bytes)
{
	return memcpy(ohtd_late_alloc(late, bytes), part, bytes);
}

/* A part of the answer, in the memory of the job. */
#define PART(late_, S_, ...)								\
	keep(late_, &(const struct S_){ __VA_ARGS__ }, sizeof(struct S_))

static const char *shift_of(struct ohtd_late *late, unsigned int minute)
{
	char *text = ohtd_late_alloc(late, SHIFT_BYTES);

	snprintf(text, SHIFT_BYTES, "%02u:%02u", minute / 60, minute % 60);
	return text;
}

static struct analytics_cell cell_of(struct ohtd_late *late, const struct ohtd_cell *cell)
{
	const struct analytics_late *job = (const struct analytics_late *)late;
	struct analytics_cell view = {
		.from = cell->from_ns, .to = cell->to_ns,
		.shift = job->query.by == OHTD_BY_SHIFT ?
			 shift_of(late, job->query.shifts.minute[cell->shift]) : NULL,
		.motion = PART(late, analytics_motion, ohtd_cell_distance_m(cell),
			       ohtd_cell_s(cell->moving),
			       ohtd_cell_unknown_s(cell, cell->speed_known)),
		.moves = moves_of(late, cell, ohtd_analysis_endings(job->analysis)),
		.energy = energy_of(late, cell, job->values.tariff_per_kwh),
		.availability = PART(late, analytics_availability, ohtd_cell_s(cell->enabled),
				     ohtd_cell_unknown_s(cell, cell->enabled_known),
				     ohtd_cell_s(cell->available),
				     by(100 * (double)cell->available, cell->state_known),
				     ohtd_cell_unknown_s(cell, cell->state_known)),
		.modules = modules_of(late, cell), .modules_count = OHTD_CELL_MODULES,
		.bus = PART(late, analytics_bus, cell->exchanges, cell->errors,
			    by(1e6 * (double)cell->errors, cell->exchanges),
			    ohtd_cell_unknown_s(cell, cell->bus_known)),
		.control = PART(late, analytics_control, by((double)cell->late, cell->late_known),
				cell->late_known ? (double)cell->late_max : NAN,
				ohtd_cell_unknown_s(cell, cell->late_known)),
		.stops_missing = cell->entries_missing,
	};

	view.stops = stops_of(late, cell, &view.stops_count);
	return view;
}

/* On the worker: 1,000 cells hold a loop for some milliseconds. */
static void write_answer(struct ohtd_late *late)
{
	const struct analytics_late *job = (const struct analytics_late *)late;
	const double tariff = job->values.tariff_per_kwh;
	size_t count;
	const struct ohtd_cell *cells = ohtd_analysis_cells(job->analysis, &count);
	struct analytics_cell *items = ohtd_late_alloc(late, count * sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] = cell_of(late, &cells[i]);
	ohtd_late_write_view(late, &analytics_shape, &(const struct analytics){
		.from = job->query.from_ns, .to = job->query.to_ns, .by = job->query.by,
		.columns_from = ohtd_history_reaches(job->query.history, OHTD_HISTORY_FINE_LEVELS),
		.samples_from = ohtd_history_reaches(job->query.history, 0),
		.tariff_per_kwh = tariff > 0 ? tariff : NAN,
		.currency = *job->values.currency ? job->values.currency : NULL,
		.items = items, .items_count = count,
	}, (count + 1) * CELL_BYTES);
}

static void reply_analytics(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result < 0)
		ohtd_reply_history_problem(call, late->result);
	else
		ohtd_late_send(call, late, 200, &analytics_shape);
}

/* ---- late ---- */

static int step(struct ohtd_late *late)
{
	int r = ohtd_analysis_step(((struct analytics_late *)late)->analysis);

	if (!r)
		write_answer(late);
	return r;
}

static void release_analytics(struct ohtd_late *late)
{
	struct analytics_late *job = (struct analytics_late *)late;

	ohtd_analysis_end(job->analysis);
	job->analysis = NULL;
}

static struct ohtd_places places = OHTD_PLACES(OHTD_PLACES_MAX, "an analysis is made for each account at a time, and at most 8 for all");

/* False: there was no memory, and the request has been answered. */
static bool begin_analysis(struct ohtd_call *call, struct analytics_late *job)
{
	job->analysis = ohtd_analysis_begin(&job->query);
	if (!job->analysis)
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
	return job->analysis;
}

static void get_analytics(struct ohtd_call *call)
{
	struct analytics_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->late.release = release_analytics;
	job->values = ohtd_settings_analytics(call->services->settings);
	ohtd_shifts_take(job->values.shifts, &job->query.shifts);
	job->query.history = call->services->history;
	job->query.store = call->services->store;
	if (take_query(call, &job->query) && ohtd_late_take_place(call, &job->late, &places) &&
	    begin_analysis(call, job))
		ohtd_late_turns(call, &job->late, WITHIN_MS, step, reply_analytics);
	else
		ohtd_late_drop(&job->late);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "analytics/summary", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &analytics_query_shape,
		.replies = { { 200, &analytics_shape } },
		.handle = get_analytics,
		.summary = "What the robot did by hour, day or shift: distance, moves, energy and its cost, availability, failures",
		.text = "Time of which nothing is known is unknown_s: it counts neither as 0 nor as healthy.",
	},
};

OHTD_ROUTE_TABLE(ohtd_analytics_routes, "Analytics", routes);
