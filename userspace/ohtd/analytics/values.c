// SPDX-License-Identifier: GPL-2.0-or-later
/* Figures of values: each run, chunk by chunk, from coarse columns down to samples where they differ. */
#include "analytics/private.h"

#include <string.h>

#include "base/clock.h"

#define DAY_NS		(86400 * (int64_t)OHTD_NS_PER_S)
/* Samples and fine columns are kept for so long, the first of the levels below for longer. */
#define FINE_DAYS	30
/* Samples that are read at once. */
#define PIECE_CYCLES	8192

/* Columns of 64 s, which a chunk has 64 of; of 1 s; samples. */
static const unsigned int levels[] = { 3, 1, 0 };

#define DEEPEST	(sizeof(levels) / sizeof(levels[0]) - 1)

/* ---- runs ---- */

static int64_t ceil_div(int64_t value, int64_t by)
{
	return value / by + (value % by > 0);
}

static int64_t time_of(const struct ohtd_analysis *analysis, int64_t cycle)
{
	return analysis->run.start_ns + cycle * analysis->run.cycle_ns;
}

int ohtd_analysis_enter_run(struct ohtd_analysis *analysis)
{
	const struct ohtd_analysis_query *query = &analysis->query;
	struct ohtd_history_run *run = &analysis->run;
	int r = ohtd_history_next_run(query->history, query->from_ns, query->to_ns, run);

	if (r <= 0)
		return r;
	analysis->first = ceil_div(query->from_ns - run->start_ns, run->cycle_ns);
	analysis->limit = ceil_div(query->to_ns - run->start_ns, run->cycle_ns);
	/* One cycle in front of the span says from what it begins. */
	analysis->first = analysis->first > 0 ? analysis->first - 1 : 0;
	analysis->limit = analysis->limit < run->end ? analysis->limit : run->end;
	analysis->place = analysis->first - analysis->first % OHTD_CHUNK_CYCLES;
	analysis->figure = 0;
	memset(analysis->memories, 0, sizeof(analysis->memories));
	/* Counters begin with the run. */
	for (unsigned int i = 0; !analysis->first && i < OHTD_FIGURES; i++)
		analysis->memories[i].begun = true;
	return 1;
}

/* ---- columns ---- */

/* The cell that has all of these cycles; NULL: they are in two, or not all are looked at. */
static struct ohtd_cell *cell_of(struct ohtd_analysis *analysis, int64_t cycle, int64_t cycles)
{
	int64_t last_ns = time_of(analysis, cycle + cycles - 1);
	struct ohtd_cell *cell;

	if (cycle < analysis->first || cycle + cycles > analysis->limit)
		return NULL;
	if (last_ns < analysis->query.from_ns)
		return &analysis->outside;
	cell = ohtd_cell_find(analysis->cells, analysis->count, time_of(analysis, cycle),
			      &analysis->hint);
	return cell && last_ns < cell->to_ns ? cell : NULL;
}

static int walk(struct ohtd_analysis *analysis, unsigned int depth, int64_t first, int64_t end);

/* Finer columns of what is not said yet, up to a cycle; what cannot be read any more is unknown. */
static int descend(struct ohtd_analysis *analysis, unsigned int depth, int64_t from, int64_t to)
{
	int r = 0;

	from = from > analysis->first ? from : analysis->first;
	to = to < analysis->limit ? to : analysis->limit;
	for (int64_t end; !r && depth < analysis->deepest && from < to; from = end) {
		/* Pieces begin with a block of the codec. */
		end = levels[depth + 1] ? to : from - from % PIECE_CYCLES + PIECE_CYCLES;
		end = end < to ? end : to;
		r = walk(analysis, depth + 1, from, end);
	}
	return r;
}

static int add_columns(struct ohtd_analysis *analysis, unsigned int depth, int64_t begin,
		       const struct ohtd_history_answer *answer)
{
	const struct ohtd_figure *figure = &ohtd_figures[analysis->figure];
	const int64_t cycles = ohtd_level_cycles(levels[depth]);
	struct ohtd_column columns[OHTD_FIGURE_SIGNALS];
	int64_t open = begin;	/* from there on nothing has been added */
	int r = 0;

	for (size_t i = 0; !r && i < answer->count; i++, begin += cycles) {
		struct ohtd_cell *cell = cell_of(analysis, begin, cycles);

		for (unsigned int k = 0; k < figure->count; k++)
			columns[k] = answer->columns[k * answer->count + i];
		if (!cell || !figure->tells(columns, cycles))
			continue;
		r = descend(analysis, depth, open, begin);
		open = begin + cycles;
		figure->add(figure, cell, &analysis->memories[analysis->figure], columns);
	}
	return r ? r : descend(analysis, depth, open, begin);
}

static int walk(struct ohtd_analysis *analysis, unsigned int depth, int64_t first, int64_t end)
{
	const struct ohtd_figure *figure = &ohtd_figures[analysis->figure];
	const int64_t cycles = ohtd_level_cycles(levels[depth]);
	struct ohtd_history_stretch stretch = {
		.run = analysis->run, .first = first, .end = end, .level = levels[depth],
		.count = figure->count,
	};
	struct ohtd_history_answer answer;
	int r;

	memcpy(stretch.signals, figure->signals, sizeof(figure->signals));
	r = ohtd_history_read_stretch(analysis->query.history, &stretch, &answer);
	if (!r)
		r = add_columns(analysis, depth, first - first % cycles, &answer);
	ohtd_history_answer_free(&answer);
	return r;
}

/* ---- chunks ---- */

int ohtd_analysis_read_values(struct ohtd_analysis *analysis)
{
	const int64_t end = analysis->place + OHTD_CHUNK_CYCLES;
	const bool old = time_of(analysis, end) < analysis->query.now_ns - FINE_DAYS * DAY_NS;
	int r;

	if (analysis->place >= analysis->limit)
		return 0;
	analysis->deepest = old ? 0 : DEEPEST;
	r = walk(analysis, 0, analysis->place > analysis->first ? analysis->place : analysis->first,
		 end < analysis->limit ? end : analysis->limit);
	if (++analysis->figure == OHTD_FIGURES) {
		analysis->figure = 0;
		analysis->place = end;
	}
	return r ? r : 1;
}
