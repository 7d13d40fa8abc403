// SPDX-License-Identifier: GPL-2.0-or-later
/* Figures of values: each run, chunk by chunk, from coarse columns down to samples where they differ. */
#include "analytics/private.h"

#include <string.h>

#include "base/clock.h"

#define DAY_NS		(86400 * (int64_t)OHTD_NS_PER_S)
/* Samples and fine columns are kept for so long, the first of the levels below for longer. */
#define FINE_DAYS	30

/**
 * struct depth - one kind of columns
 * @level: of the history
 * @piece_cycles: so many are read at once; whole columns, and a part of a chunk
 */
struct depth {
	unsigned int level;
	int64_t piece_cycles;
};

/* Columns of 64 s, which a chunk has 64 of; of 1 s; samples. */
static const struct depth depths[OHTD_ANALYSIS_DEPTHS] = {
	{ 3, OHTD_CHUNK_CYCLES }, { 1, OHTD_CHUNK_CYCLES }, { 0, 8192 },
};

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

/* ---- pieces ---- */

static void drop_piece(struct ohtd_analysis_piece *piece)
{
	ohtd_history_answer_free(&piece->answer);
	piece->begin = piece->end = 0;
}

static void drop_pieces(struct ohtd_analysis *analysis)
{
	for (unsigned int i = 0; i < OHTD_ANALYSIS_DEPTHS; i++)
		drop_piece(&analysis->pieces[i]);
}

/* Reads the piece with this cycle, unless that is loaded already. */
static int load_piece(struct ohtd_analysis *analysis, unsigned int depth, int64_t cycle)
{
	const struct ohtd_figure *figure = &ohtd_figures[analysis->figure];
	const int64_t cycles = ohtd_level_cycles(depths[depth].level);
	const int64_t begin = cycle - cycle % depths[depth].piece_cycles;
	const int64_t end = begin + depths[depth].piece_cycles;
	struct ohtd_analysis_piece *piece = &analysis->pieces[depth];
	struct ohtd_history_stretch stretch = {
		.run = analysis->run, .level = depths[depth].level, .count = figure->count,
		.first = begin > analysis->first ? begin : analysis->first,
		.end = end < analysis->limit ? end : analysis->limit,
	};
	int r;

	if (cycle >= piece->begin && cycle < piece->end)
		return 0;
	drop_piece(piece);
	memcpy(stretch.signals, figure->signals, sizeof(figure->signals));
	r = ohtd_history_read_stretch(analysis->query.history, &stretch, &piece->answer);
	if (r)
		return r;
	piece->begin = stretch.first - stretch.first % cycles;
	piece->end = piece->begin + (int64_t)piece->answer.count * cycles;
	return 0;
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

/* Finer columns of what is not said yet, down to a cycle; what cannot be read any more is unknown. */
static int descend(struct ohtd_analysis *analysis, unsigned int depth, int64_t first, int64_t end)
{
	first = first > analysis->first ? first : analysis->first;
	end = end < analysis->limit ? end : analysis->limit;
	return depth < analysis->deepest && first < end ? walk(analysis, depth + 1, first, end) : 0;
}

/* The cell to which a column is to be added; NULL: it does not say enough. */
static struct ohtd_cell *cell_that_takes(struct ohtd_analysis *analysis, unsigned int depth,
					 int64_t cycle, struct ohtd_column *columns)
{
	const struct ohtd_figure *figure = &ohtd_figures[analysis->figure];
	const struct ohtd_analysis_piece *piece = &analysis->pieces[depth];
	const int64_t cycles = ohtd_level_cycles(depths[depth].level);
	const size_t place = (size_t)((cycle - piece->begin) / cycles);
	struct ohtd_cell *cell = cell_of(analysis, cycle, cycles);

	for (unsigned int i = 0; cell && i < figure->count; i++)
		columns[i] = piece->answer.columns[i * piece->answer.count + place];
	return cell && figure->tells(columns, cycles) ? cell : NULL;
}

static int walk(struct ohtd_analysis *analysis, unsigned int depth, int64_t first, int64_t end)
{
	const struct ohtd_figure *figure = &ohtd_figures[analysis->figure];
	const int64_t cycles = ohtd_level_cycles(depths[depth].level);
	struct ohtd_column columns[OHTD_FIGURE_SIGNALS];
	int64_t at = first - first % cycles, open = at;	/* from @open on nothing has been added */
	int r = 0;

	for (; !r && at < end; at += cycles) {
		struct ohtd_cell *cell;

		r = load_piece(analysis, depth, at);
		cell = r ? NULL : cell_that_takes(analysis, depth, at, columns);
		if (!cell)
			continue;
		/* Columns are added in their order. */
		r = descend(analysis, depth, open, at);
		if (r)
			break;
		figure->add(figure, cell, &analysis->memories[analysis->figure], columns);
		open = at + cycles;
	}
	return r ? r : descend(analysis, depth, open, end);
}

/* ---- chunks ---- */

int ohtd_analysis_read_values(struct ohtd_analysis *analysis)
{
	const int64_t end = analysis->place + OHTD_CHUNK_CYCLES;
	const bool old = time_of(analysis, end) < analysis->query.now_ns - FINE_DAYS * DAY_NS;
	int r;

	if (analysis->place >= analysis->limit)
		return 0;
	analysis->deepest = old ? 0 : OHTD_ANALYSIS_DEPTHS - 1;
	r = walk(analysis, 0, analysis->place > analysis->first ? analysis->place : analysis->first,
		 end < analysis->limit ? end : analysis->limit);
	drop_pieces(analysis);
	if (++analysis->figure == OHTD_FIGURES) {
		analysis->figure = 0;
		analysis->place = end;
	}
	return r ? r : 1;
}
