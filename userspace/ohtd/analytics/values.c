// SPDX-License-Identifier: GPL-2.0-or-later
/* Figures of values: each run, chunk by chunk. */
#include "analytics/private.h"

#include <string.h>

/* ---- runs ---- */

/* What earlier runs have told of this time is told twice. */
static void count_twice(struct ohtd_analysis *analysis)
{
	for (size_t i = 0; i < analysis->count; i++) {
		struct ohtd_cell *cell = &analysis->cells[i];

		cell->twice_ns += ohtd_walk_twice(&analysis->walk, cell->from_ns, cell->to_ns);
	}
}

int ohtd_analysis_enter_run(struct ohtd_analysis *analysis)
{
	struct ohtd_walk *walk = &analysis->walk;
	int r = ohtd_walk_next_run(walk, analysis->query.from_ns, analysis->query.to_ns);

	if (r <= 0)
		return r;
	/* One cycle in front of the span says from what it begins. */
	walk->first = walk->first > 0 ? walk->first - 1 : 0;
	analysis->place = ohtd_walk_chunk_of(walk->first);
	analysis->figure = 0;
	memset(analysis->memories, 0, sizeof(analysis->memories));
	/* Counters begin with the run. */
	for (unsigned int i = 0; !walk->first && i < OHTD_FIGURES; i++)
		analysis->memories[i].begun = true;
	count_twice(analysis);
	return 1;
}

/* ---- columns ---- */

/* The cell that has all of these cycles; NULL: they are in two. */
static struct ohtd_cell *cell_of(struct ohtd_analysis *analysis, int64_t cycle, int64_t cycles)
{
	int64_t last_ns = ohtd_walk_time(&analysis->walk, cycle + cycles - 1);
	struct ohtd_cell *cell;

	if (last_ns < analysis->query.from_ns)
		return &analysis->outside;
	cell = ohtd_cell_find(analysis->cells, analysis->count, ohtd_walk_time(&analysis->walk, cycle),
			      &analysis->hint);
	return cell && last_ns < cell->to_ns ? cell : NULL;
}

static bool tells(void *arg, int64_t cycle, int64_t cycles, const struct ohtd_column *columns)
{
	struct ohtd_analysis *analysis = arg;

	return cell_of(analysis, cycle, cycles) && ohtd_figures[analysis->figure].tells(columns, cycles);
}

static void take(void *arg, int64_t cycle, int64_t cycles, const struct ohtd_column *columns)
{
	struct ohtd_analysis *analysis = arg;
	const struct ohtd_figure *figure = &ohtd_figures[analysis->figure];

	figure->add(figure, cell_of(analysis, cycle, cycles), &analysis->memories[analysis->figure], columns);
}

/* ---- chunks ---- */

int ohtd_analysis_read_values(struct ohtd_analysis *analysis)
{
	const struct ohtd_figure *figure = &ohtd_figures[analysis->figure];
	struct ohtd_walk_visitor visitor = { .count = figure->count, .tells = tells, .take = take, .context = analysis };
	int r;

	if (analysis->place >= analysis->walk.limit)
		return 0;
	memcpy(visitor.signals, figure->signals, sizeof(visitor.signals));
	r = ohtd_walk_chunk(&analysis->walk, analysis->place, &visitor);
	if (++analysis->figure == OHTD_FIGURES) {
		analysis->figure = 0;
		analysis->place += OHTD_CHUNK_CYCLES;
	}
	return r ? r : 1;
}
