// SPDX-License-Identifier: GPL-2.0-or-later
#include "analytics/private.h"

#include <errno.h>
#include <stdlib.h>

struct ohtd_analysis *ohtd_analysis_begin(const struct ohtd_analysis_query *query)
{
	size_t count = ohtd_cells_make(query->by, &query->shifts, query->from_ns, query->to_ns, NULL);
	struct ohtd_analysis *analysis;

	count = count < OHTD_CELLS_MAX ? count : OHTD_CELLS_MAX;
	analysis = calloc(1, sizeof(*analysis) + count * sizeof(analysis->cells[0]));
	if (!analysis)
		return NULL;
	analysis->query = *query;
	analysis->walk.history = query->history;
	analysis->count = count;
	ohtd_cells_make(query->by, &query->shifts, query->from_ns, query->to_ns, analysis->cells);
	return analysis;
}

void ohtd_analysis_end(struct ohtd_analysis *analysis)
{
	if (!analysis)
		return;
	free(analysis->endings);
	ohtd_walk_end(&analysis->walk);
	free(analysis);
}

/* 1: the stage goes on; 0: @next is next; or a negative errno. */
static int turn(struct ohtd_analysis *analysis, int r, enum ohtd_analysis_stage next)
{
	if (!r)
		analysis->stage = next;
	return r < 0 ? r : 1;
}

int ohtd_analysis_step(struct ohtd_analysis *analysis)
{
	int r;

	switch (analysis->stage) {
	case OHTD_ANALYSIS_RUN:
		r = ohtd_analysis_enter_run(analysis);
		if (r > 0)
			analysis->stage = OHTD_ANALYSIS_VALUES;
		return turn(analysis, r, OHTD_ANALYSIS_COMMANDS);
	case OHTD_ANALYSIS_VALUES:
		return turn(analysis, ohtd_analysis_read_values(analysis), OHTD_ANALYSIS_RUN);
	case OHTD_ANALYSIS_COMMANDS:
		return turn(analysis, ohtd_analysis_read_commands(analysis), OHTD_ANALYSIS_JOURNAL);
	case OHTD_ANALYSIS_JOURNAL:
		return turn(analysis, ohtd_analysis_read_journal(analysis), OHTD_ANALYSIS_WHOLE);
	default:
		return 0;
	}
}

const struct ohtd_cell *ohtd_analysis_cells(const struct ohtd_analysis *analysis, size_t *count)
{
	*count = analysis->count;
	return analysis->cells;
}

const struct ohtd_ending *ohtd_analysis_endings(const struct ohtd_analysis *analysis)
{
	return analysis->endings;
}
