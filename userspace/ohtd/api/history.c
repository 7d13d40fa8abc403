// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GET telemetry/history: what is kept of signals, as columns that are enough for each point of
 * a chart; GET telemetry/summary: what a span of it comes to.
 */
#include "api/api.h"
#include "server/call.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "history/history.h"
#include "history/summary.h"
#include "server/late.h"
#include "lists/name_list.h"
#include "lists/span.h"
#include "json/writer.h"
#include "robot/model.h"
#include "robot/telemetry.h"

/*
 * Of all signals together: the answer is written by a loop, and this many take it some
 * milliseconds.
 */
#define COLUMNS_MAX	40000
#define POINTS		2000	/* if the question does not say how many */
#define MEAN_DECIMALS	3	/* more than the signal has */

/* ---- the answer ---- */

struct history_series {
	const char *signal;
	const char *unit;
	bool kept;
	struct ohtd_decimals t;
	struct ohtd_decimals first;
	struct ohtd_decimals min;
	struct ohtd_decimals max;
	struct ohtd_decimals last;
	struct ohtd_decimals mean;
	struct ohtd_decimals count;
};

OHTD_SHAPE(history_series, "HistorySeries",
	OHTD_TEXT(history_series, signal, .summary = "Name of the signal"),
	OHTD_TEXT(history_series, unit, .flags = OHTD_NULL, .summary = "Of the values; null: none"),
	OHTD_BOOLEAN(history_series, kept, .summary = "It is kept now; false: /history/left_out has it, and null may be a time since then"),
	OHTD_DECIMALS(history_series, t, .unit = "ms",
		      .summary = "Beginning of each column, in milliseconds since 1970"),
	OHTD_DECIMALS(history_series, first, .flags = OHTD_OMIT,
		      .summary = "First good value of each column; null: none. A boolean is 0 or 1, a word its place in words of telemetry/signals"),
	OHTD_DECIMALS(history_series, min, .flags = OHTD_OMIT, .summary = "Lowest good value"),
	OHTD_DECIMALS(history_series, max, .flags = OHTD_OMIT, .summary = "Greatest good value"),
	OHTD_DECIMALS(history_series, last, .flags = OHTD_OMIT, .summary = "Last good value"),
	OHTD_DECIMALS(history_series, mean, .flags = OHTD_OMIT, .summary = "Mean of all good values; null of a word"),
	OHTD_DECIMALS(history_series, count, .flags = OHTD_OMIT, .summary = "How many good samples there were; only if agg asks for it"));

struct history_gap {
	int64_t from;
	int64_t to;
	const char *reason;
};

OHTD_SHAPE(history_gap, "HistoryGap",
	OHTD_TIME(history_gap, from, .summary = "Nothing is kept from here on"),
	OHTD_TIME(history_gap, to, .summary = "To here"),
	OHTD_TEXT(history_gap, reason,
		  .summary = "not_running: ohtd was not; no_data: nothing is kept from this time, or not any more; samples_lost: taken too late; cycles_missed: the control thread stood still; store_failing: the disk did not take them, or the file is not open; damaged: they cannot be read",
		  .example = "\"not_running\""));

struct history {
	int64_t from;
	int64_t to;
	double level_s;
	int64_t step_ms;
	const struct history_series *series;
	size_t series_count;
	const struct history_gap *gaps;
	size_t gaps_count;
};

OHTD_SHAPE(history, "History",
	OHTD_TIME(history, from, .flags = OHTD_NULL, .summary = "As asked for, moved to the beginning of a column"),
	OHTD_TIME(history, to, .flags = OHTD_NULL, .summary = "As asked for, moved to the end of a column"),
	OHTD_NUMBER(history, level_s, .unit = "s",
		    .summary = "What the columns were made of: 0.025 each sample, or columns of 1, 8, 64, 512 or 4096 s"),
	OHTD_INTEGER(history, step_ms, .unit = "ms", .summary = "Length of a column"),
	OHTD_LIST(history, series, history_series, .summary = "One for each signal, in the order of telemetry/signals"),
	OHTD_LIST(history, gaps, history_gap, .summary = "Where nothing is kept, and why"));

/* ---- the question ---- */

/* What a column says, in the order of the answer. */
enum figure {
	FIRST,
	MIN,
	MAX,
	LAST,
	MEAN,
	COUNT,
	FIGURES,
};

static const char *const figure_texts[FIGURES] = {
	[FIRST] = "first", [MIN] = "min", [MAX] = "max", [LAST] = "last", [MEAN] = "mean", [COUNT] = "count",
};
OHTD_WORDS_OF(figure_words, figure_texts);

static const struct ohtd_name_list figure_list = {
	.member = "agg", .what = "figure of a column", .words = &figure_words, .status = 400, .code = "validation", .once = true,
};

#define SIGNALS_MEMBER(S_)									\
	OHTD_TEXT(S_, signals, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_QUERY_VALUE_BYTES - 1,	\
		  .summary = "Names of signals, with commas between them; at most 20",		\
		  .example = "\"position_mm,battery_percent\"")

struct history_query {
	const char *signals;
	const char *from;
	const char *to;
	int64_t points;
	int64_t step_ms;
	const char *agg;
};

OHTD_SHAPE(history_query, "HistoryQuery",
	SIGNALS_MEMBER(history_query),
	OHTD_SPAN_MEMBERS(history_query),
	OHTD_INTEGER(history_query, points, .min = 1, .max = OHTD_HISTORY_POINTS_MAX, .preset = OHTD_NONE,
		     .summary = "At most about so many columns; 2000 without it and step_ms"),
	OHTD_INTEGER(history_query, step_ms, .min = 1, .max = 366 * 86400000ll, .preset = OHTD_NONE,
		     .summary = "Length of a column at least; instead of points"),
	OHTD_TEXT(history_query, agg, .min = 1, .max = OHTD_QUERY_VALUE_BYTES - 1,
		  .summary = "What is told of a column: of first, min, max, last, mean, count, with commas between them; without it all but count",
		  .example = "\"min,max\""));

static bool take_signals(struct ohtd_call *call, const char *names, unsigned int signals[OHTD_HISTORY_SIGNALS_MAX],
			 unsigned int *count)
{
	struct oht_set wanted;

	if (!ohtd_name_list_read(call, &ohtd_signal_list, names, &wanted))
		return false;
	if (oht_set_count(&wanted) > OHTD_HISTORY_SIGNALS_MAX) {
		ohtd_reply_member(call, "/signals", "range", "%u signals: at most %d",
				  oht_set_count(&wanted), OHTD_HISTORY_SIGNALS_MAX);
		return false;
	}
	*count = 0;
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++)
		if (oht_set_has(&wanted, i))
			signals[(*count)++] = i;
	return true;
}

static bool take_step(struct ohtd_call *call, const struct history_query *asked,
		      struct ohtd_history_query *query)
{
	bool by_step = asked->step_ms != OHTD_NONE;
	int64_t span_ns = query->to_ns - query->from_ns, most;
	int64_t points = asked->points == OHTD_NONE ? POINTS : asked->points;

	if (by_step && asked->points != OHTD_NONE) {
		ohtd_reply_member(call, "/step_ms", "unfit", "is %lld beside points %lld: give one of them",
				  (long long)asked->step_ms, (long long)asked->points);
		return false;
	}
	if (by_step)
		points = span_ns / (asked->step_ms * (int64_t)OHTD_NS_PER_MS) + 1;
	query->step_ns = by_step ? asked->step_ms * (int64_t)OHTD_NS_PER_MS :
				   (span_ns + points - 1) / points;
	/* Not more than there are cycles, whatever was asked for. */
	most = span_ns / (OHTD_CYCLE_MS * (int64_t)OHTD_NS_PER_MS) + 1;
	points = points < most ? points : most;
	if (points <= OHTD_HISTORY_POINTS_MAX && points * query->count <= COLUMNS_MAX)
		return true;
	ohtd_reply_member(call, by_step ? "/step_ms" : "/points", "range",
			  "%lld columns of %u signals: at most %d of each and %d of all together",
			  (long long)points, query->count, OHTD_HISTORY_POINTS_MAX, COLUMNS_MAX);
	return false;
}

/* ---- late ---- */

struct history_late {
	struct ohtd_late late;
	struct ohtd_history *history;
	struct ohtd_history_query query;
	struct oht_set figures;	/* that are in the answer */
	struct ohtd_history_answer answer;
};

static int64_t value_of(const struct ohtd_column *column, enum figure figure, bool word)
{
	if (figure == COUNT)
		return (int64_t)column->count;
	if (!column->count)
		return OHTD_NONE;
	switch (figure) {
	case FIRST:
		return column->first;
	case MIN:
		return column->min;
	case MAX:
		return column->max;
	case LAST:
		return column->last;
	default:
		return word ? OHTD_NONE : llrint((double)column->sum / (double)column->count * 1e3);
	}
}

static struct ohtd_decimals figure_of(struct history_late *job, unsigned int place, enum figure figure)
{
	const unsigned int signal = job->query.signals[place];
	const unsigned int decimals = ohtd_telemetry_origin(signal)->decimals;
	const bool word = ohtd_telemetry_info(signal)->type == OHTD_TELEMETRY_WORD;
	const size_t count = job->answer.count;
	const struct ohtd_column *columns = job->answer.columns + place * count;
	int64_t *values;

	if (!oht_set_has(&job->figures, figure))
		return (struct ohtd_decimals){ 0 };
	values = ohtd_late_alloc(&job->late, (count + 1) * sizeof(*values));
	for (size_t i = 0; i < count; i++)
		values[i] = value_of(&columns[i], figure, word);
	return (struct ohtd_decimals){
		values, count, figure == COUNT ? 0 : figure == MEAN ? decimals + MEAN_DECIMALS : decimals,
	};
}

static struct history_series series_of(struct history_late *job, unsigned int place, const int64_t *times)
{
	const struct ohtd_telemetry_info *info = ohtd_telemetry_info(job->query.signals[place]);

	return (struct history_series){
		.signal = info->name, .unit = *info->unit ? info->unit : NULL,
		.kept = ohtd_history_keeps(job->history, job->query.signals[place]),
		.t = { times, job->answer.count, 0 },
		.first = figure_of(job, place, FIRST), .min = figure_of(job, place, MIN),
		.max = figure_of(job, place, MAX), .last = figure_of(job, place, LAST),
		.mean = figure_of(job, place, MEAN), .count = figure_of(job, place, COUNT),
	};
}

static void fill_gaps(const struct ohtd_history_answer *answer, struct history_gap *gaps)
{
	for (size_t i = 0; i < answer->hole_count; i++)
		gaps[i] = (struct history_gap){
			.from = answer->holes[i].from_ns, .to = answer->holes[i].to_ns,
			.reason = answer->holes[i].reason,
		};
}

#define COLUMN_BYTES	64	/* of the text, about: its time and its figures */
#define SERIES_BYTES	512	/* of the rest of a series */

static void write_history(struct history_late *job)
{
	const struct ohtd_history_answer *answer = &job->answer;
	struct history_series *series = ohtd_late_alloc(&job->late, job->query.count * sizeof(*series));
	struct history_gap *gaps = ohtd_late_alloc(&job->late, (answer->hole_count + 1) * sizeof(*gaps));
	int64_t *times = ohtd_late_alloc(&job->late, (answer->count + 1) * sizeof(*times));
	const struct history view = {
		.from = answer->from_ns, .to = answer->to_ns,
		.level_s = ohtd_level_cycles(answer->level) * OHTD_CYCLE_MS / 1e3,
		.step_ms = answer->step_ns / (int64_t)OHTD_NS_PER_MS,
		.series = series, .series_count = job->query.count,
		.gaps = gaps, .gaps_count = answer->hole_count,
	};

	for (size_t i = 0; i < answer->count; i++)
		times[i] = answer->times_ns[i] / (int64_t)OHTD_NS_PER_MS;
	for (unsigned int i = 0; i < job->query.count; i++)
		series[i] = series_of(job, i, times);
	fill_gaps(answer, gaps);
	ohtd_late_write_view(&job->late, &history_shape, &view,
			     job->query.count * (SERIES_BYTES + answer->count * COLUMN_BYTES));
}

static int read_history(struct ohtd_late *late)
{
	struct history_late *job = (struct history_late *)late;
	int r = ohtd_history_read(job->history, &job->query, &job->answer);

	if (!r)
		write_history(job);
	/* Only the text waits for the client. */
	ohtd_history_answer_free(&job->answer);
	return r;
}

static void reply_history(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result < 0)
		ohtd_reply_history_problem(call, late->result);
	else
		ohtd_late_send(call, late, 200, &history_shape);
}

static void get_history(struct ohtd_call *call)
{
	const struct history_query *asked = OHTD_QUERY(call, history_query);
	struct ohtd_history_query query = { 0 };
	struct history_late *job;
	struct oht_set figures = oht_set_below(COUNT);	/* without agg */

	if ((asked->agg && !ohtd_name_list_read(call, &figure_list, asked->agg, &figures)) ||
	    !take_signals(call, asked->signals, query.signals, &query.count) ||
	    !ohtd_span_of(call, asked->from, asked->to, &query.from_ns, &query.to_ns) ||
	    !take_step(call, asked, &query))
		return;
	job = ohtd_late_make(call, sizeof(*job));
	if (!job)
		return;
	job->history = call->services->history;
	job->query = query;
	job->figures = figures;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, read_history, reply_history);
}

/* ---- what it comes to ---- */

#define SUMMARY_MS	60000	/* samples of a word that changed much are read one by one */
#define SUMMARY_BYTES	400	/* of the text of a signal, about */

struct summary_state {
	const char *value;
	double time_s;
	int64_t times;
};

OHTD_SHAPE(summary_state, "SummaryState",
	OHTD_TEXT(summary_state, value, .summary = "Word; of a boolean false or true", .example = "\"idle\""),
	OHTD_NUMBER(summary_state, time_s, .unit = "s", .summary = "So long the signal had it"),
	OHTD_INTEGER(summary_state, times, .summary = "How often it came: after another value, or as the first one since ohtd began"));

struct summary_signal {
	const char *signal;
	const char *unit;
	double first, last, min, max, mean;
	double known_s, unknown_s;
	const struct summary_state *states;
	size_t states_count;
};

OHTD_SHAPE(summary_signal, "SignalSummary",
	OHTD_TEXT(summary_signal, signal, .summary = "Name of the signal"),
	OHTD_TEXT(summary_signal, unit, .flags = OHTD_NULL, .summary = "Of the values; null: none"),
	OHTD_NUMBER(summary_signal, first, .flags = OHTD_NULL,
		    .summary = "First good value; null: none, or the signal is a word or a boolean, as with the next four"),
	OHTD_NUMBER(summary_signal, last, .flags = OHTD_NULL, .summary = "Last good value"),
	OHTD_NUMBER(summary_signal, min, .flags = OHTD_NULL, .summary = "Lowest good value"),
	OHTD_NUMBER(summary_signal, max, .flags = OHTD_NULL, .summary = "Greatest good value"),
	OHTD_NUMBER(summary_signal, mean, .flags = OHTD_NULL, .summary = "Mean of all good values"),
	OHTD_NUMBER(summary_signal, known_s, .unit = "s", .summary = "Time with a good value"),
	OHTD_NUMBER(summary_signal, unknown_s, .unit = "s", .summary = "The rest of the span: ohtd did not run, there was no good value, or it is not kept. Time of two runs counts for each"),
	OHTD_LIST(summary_signal, states, summary_state, .summary = "Values of a word or a boolean that there were; else empty"));

struct summary {
	int64_t from;
	int64_t to;
	const struct summary_signal *items;
	size_t items_count;
};

OHTD_SHAPE(summary, "TelemetrySummary",
	OHTD_TIME(summary, from, .summary = "As asked for"),
	OHTD_TIME(summary, to, .summary = "As asked for, at most now"),
	OHTD_LIST(summary, items, summary_signal, .summary = "One for each signal, in the order of telemetry/signals"));

struct summary_query {
	const char *signals;
	const char *from;
	const char *to;
};

OHTD_SHAPE(summary_query, "SummaryQuery",
	SIGNALS_MEMBER(summary_query),
	OHTD_SPAN_MEMBERS(summary_query));

struct summary_late {
	struct ohtd_late late;
	struct ohtd_summary *summary;
	struct ohtd_summary_query query;
};

static double seconds(int64_t cycles)
{
	return (double)(cycles * OHTD_CYCLE_MS) / 1e3;
}

static const struct summary_state *states_of(struct ohtd_late *late, unsigned int signal,
					     const struct ohtd_summary_signal *found, size_t *count)
{
	static const char *const booleans[] = { "false", "true" };
	const struct ohtd_telemetry_origin *origin = ohtd_telemetry_origin(signal);
	const unsigned int known = origin->word ? origin->words : 2;
	struct summary_state *states = ohtd_late_alloc(late, known * sizeof(*states));

	*count = 0;
	for (unsigned int i = 0; i < known && i < OHTD_SUMMARY_STATES_MAX; i++)
		if (found->states[i].cycles)
			states[(*count)++] = (struct summary_state){
				.value = origin->word ? origin->word(i) : booleans[i],
				.time_s = seconds(found->states[i].cycles), .times = found->states[i].times,
			};
	return states;
}

static void take_values(struct summary_signal *view, unsigned int decimals, const struct ohtd_summary_signal *found)
{
	const double scale = pow(10, decimals), fine = pow(10, MEAN_DECIMALS);

	view->first = (double)found->first / scale;
	view->last = (double)found->last / scale;
	view->min = (double)found->min / scale;
	view->max = (double)found->max / scale;
	view->mean = round(found->sum / (double)found->cycles * fine) / (scale * fine);
}

static struct summary_signal summary_of(struct ohtd_late *late, unsigned int signal, int64_t told_ns,
					const struct ohtd_summary_signal *found)
{
	const struct ohtd_telemetry_info *info = ohtd_telemetry_info(signal);
	const double unknown_s = (double)told_ns / 1e9 - seconds(found->cycles);
	struct summary_signal view = {
		.signal = info->name, .unit = *info->unit ? info->unit : NULL,
		.first = NAN, .last = NAN, .min = NAN, .max = NAN, .mean = NAN,
		.known_s = seconds(found->cycles),
		/* A span need not begin with a cycle. */
		.unknown_s = unknown_s > 0 ? round(unknown_s * 1e3) / 1e3 : 0,
	};

	if (ohtd_telemetry_is_state(signal))
		view.states = states_of(late, signal, found, &view.states_count);
	else if (found->cycles)
		take_values(&view, ohtd_telemetry_origin(signal)->decimals, found);
	return view;
}

static void write_summary(struct ohtd_late *late)
{
	const struct summary_late *job = (const struct summary_late *)late;
	const struct ohtd_summary_query *query = &job->query;
	const struct ohtd_summary_signal *found = ohtd_summary_signals(job->summary);
	struct summary_signal *items = ohtd_late_alloc(late, query->count * sizeof(*items));
	/* A time of day that came twice has values of both runs. */
	const int64_t told_ns = query->to_ns - query->from_ns + ohtd_summary_twice_ns(job->summary);

	for (unsigned int i = 0; i < query->count; i++)
		items[i] = summary_of(late, query->signals[i], told_ns, &found[i]);
	ohtd_late_write_view(late, &summary_shape, &(const struct summary){
		.from = query->from_ns, .to = query->to_ns, .items = items, .items_count = query->count,
	}, (query->count + 1) * SUMMARY_BYTES);
}

static int step_summary(struct ohtd_late *late)
{
	int r = ohtd_summary_step(((struct summary_late *)late)->summary);

	if (!r)
		write_summary(late);
	return r;
}

static void reply_summary(struct ohtd_call *call, struct ohtd_late *late)
{
	if (late->result < 0)
		ohtd_reply_history_problem(call, late->result);
	else
		ohtd_late_send(call, late, 200, &summary_shape);
}

static void release_summary(struct ohtd_late *late)
{
	struct summary_late *job = (struct summary_late *)late;

	ohtd_summary_end(job->summary);
	job->summary = NULL;
}

static struct ohtd_places summaries = OHTD_PLACES(OHTD_PLACES_MAX, "a summary is made for each account at a time, and at most 8 for all");

/* False: it has been refused. */
static bool begin_summary(struct ohtd_call *call, struct summary_late *job)
{
	const struct summary_query *asked = OHTD_QUERY(call, summary_query);
	struct ohtd_summary_query *query = &job->query;
	int64_t now_ns;

	if (!take_signals(call, asked->signals, query->signals, &query->count) ||
	    !ohtd_span_of(call, asked->from, asked->to, &query->from_ns, &query->to_ns))
		return false;
	now_ns = ohtd_clock_wall_ns(call->services->clock);
	query->history = call->services->history;
	query->to_ns = query->to_ns < now_ns ? query->to_ns : now_ns;
	if (!ohtd_late_take_place(call, &job->late, &summaries))
		return false;
	job->summary = ohtd_summary_begin(query);
	if (!job->summary)
		ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
	return job->summary;
}

static void get_summary(struct ohtd_call *call)
{
	struct summary_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return;
	job->late.release = release_summary;
	if (begin_summary(call, job))
		ohtd_late_turns(call, &job->late, SUMMARY_MS, step_summary, reply_summary);
	else
		ohtd_late_drop(&job->late);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "telemetry/history", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &history_query_shape,
		.replies = { { 200, &history_shape } }, .problems = { "unknown_signal", "too_many_runs" },
		.handle = get_history,
		.summary = "What the signals were: first, last, lowest, greatest and mean value of each column, up to now",
	},
	{
		.method = OHTD_GET, .path = "telemetry/summary", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &summary_query_shape,
		.replies = { { 200, &summary_shape } }, .problems = { "unknown_signal", "busy", "unavailable" },
		.handle = get_summary,
		.summary = "What a span comes to: lowest, greatest and mean value of each signal, and how long a word had each value",
	},
};

OHTD_ROUTE_TABLE(ohtd_history_routes, "Telemetry", routes);
