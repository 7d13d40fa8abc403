// SPDX-License-Identifier: GPL-2.0-or-later
#include "history/summary.h"

#include <stdlib.h>

#include "history/walk.h"
#include "robot/codes.h"

#define NOTHING_YET	(-1)

/**
 * struct ohtd_summary - see summary.h
 * @query: what was asked for
 * @walk: through the values
 * @in_run: the walk is in a run that goes on
 * @place: first cycle of the chunk that is read
 * @at: signal that is next there
 * @states: number of the state that each signal had last in this run; NOTHING_YET: none
 * @twice_ns: see ohtd_summary_twice_ns()
 * @signals: what it comes to
 */
struct ohtd_summary {
	struct ohtd_summary_query query;
	struct ohtd_walk walk;
	bool in_run;
	int64_t place;
	unsigned int at;
	int64_t states[OHTD_HISTORY_SIGNALS_MAX];
	int64_t twice_ns;
	struct ohtd_summary_signal signals[OHTD_HISTORY_SIGNALS_MAX];
};

_Static_assert((int)OHTD_STATES <= OHTD_SUMMARY_STATES_MAX, "a state of the robot has a place");

struct ohtd_summary *ohtd_summary_begin(const struct ohtd_summary_query *query)
{
	struct ohtd_summary *summary = calloc(1, sizeof(*summary));

	if (!summary)
		return NULL;
	summary->query = *query;
	summary->walk.history = query->history;
	return summary;
}

void ohtd_summary_end(struct ohtd_summary *summary)
{
	if (!summary)
		return;
	ohtd_walk_end(&summary->walk);
	free(summary);
}

int64_t ohtd_summary_twice_ns(const struct ohtd_summary *summary)
{
	return summary->twice_ns;
}

const struct ohtd_summary_signal *ohtd_summary_signals(const struct ohtd_summary *summary)
{
	return summary->signals;
}

/* ---- columns ---- */

static bool is_state(const struct ohtd_summary *summary)
{
	return ohtd_telemetry_is_state(summary->query.signals[summary->at]);
}

/* A column with two states says neither how long each lasted nor which came first. */
static bool tells(void *arg, int64_t cycle, int64_t cycles, const struct ohtd_column *columns)
{
	(void)cycle;
	(void)cycles;
	return !is_state(arg) || columns->min == columns->max;
}

static void add_values(struct ohtd_summary_signal *to, const struct ohtd_column *column)
{
	to->first = to->cycles ? to->first : column->first;
	to->last = column->last;
	to->min = to->cycles && to->min < column->min ? to->min : column->min;
	to->max = to->cycles && to->max > column->max ? to->max : column->max;
	to->sum += (double)column->sum;
	to->cycles += column->count;
}

static void add_state(struct ohtd_summary *summary, const struct ohtd_column *column)
{
	const int64_t value = column->first;
	struct ohtd_summary_state *state;

	/* A damaged file has any number. */
	if (value < 0 || value >= OHTD_SUMMARY_STATES_MAX)
		return;
	state = &summary->signals[summary->at].states[value];
	state->cycles += column->count;
	state->times += value != summary->states[summary->at];
	summary->states[summary->at] = value;
}

static void take(void *arg, int64_t cycle, int64_t cycles, const struct ohtd_column *columns)
{
	struct ohtd_summary *summary = arg;

	(void)cycle;
	(void)cycles;
	if (!columns->count)
		return;
	add_values(&summary->signals[summary->at], columns);
	if (is_state(summary))
		add_state(summary, columns);
}

/* ---- steps ---- */

static int enter_run(struct ohtd_summary *summary)
{
	struct ohtd_walk *walk = &summary->walk;
	int r = ohtd_walk_next_run(walk, summary->query.from_ns, summary->query.to_ns);

	if (r <= 0)
		return r;
	summary->in_run = true;
	summary->place = ohtd_walk_chunk_of(walk->first);
	summary->twice_ns += ohtd_walk_twice(walk, summary->query.from_ns, summary->query.to_ns);
	for (unsigned int i = 0; i < summary->query.count; i++)
		summary->states[i] = NOTHING_YET;
	return 1;
}

/* The next signal of the chunk; behind the last one the next chunk. */
static int read_chunk(struct ohtd_summary *summary)
{
	const struct ohtd_walk_visitor visitor = {
		.signals = { summary->query.signals[summary->at] }, .count = 1,
		.tells = tells, .take = take, .context = summary,
	};
	const int64_t end = summary->place + OHTD_CHUNK_CYCLES;
	int r = ohtd_walk_chunk(&summary->walk, summary->place, &visitor);

	if (++summary->at == summary->query.count) {
		summary->at = 0;
		summary->place = end;
		summary->in_run = end < summary->walk.limit;
	}
	return r ? r : 1;
}

int ohtd_summary_step(struct ohtd_summary *summary)
{
	return summary->in_run ? read_chunk(summary) : enter_run(summary);
}
