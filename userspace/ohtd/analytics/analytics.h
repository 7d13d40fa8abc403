/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     an analysis: a span of the past, divided into hours, days or shifts, with the figures of each.
 * Contexts: a thread that may wait (worker); one analysis belongs to one thread at a time.
 * Locks:    as history.h and store.h, for each step.
 *
 * Values come from the history, commands and stops from the store. Nothing is kept of an analysis:
 * each is made anew, from the coarsest columns that say enough. docs/analytics.md has the source and
 * the formula of each figure.
 */
#ifndef OHTD_ANALYTICS_ANALYTICS_H
#define OHTD_ANALYTICS_ANALYTICS_H

#include "analytics/cells.h"

struct ohtd_analysis;
struct ohtd_history;
struct ohtd_store;

#define OHTD_ENDING_BYTES	32

/**
 * struct ohtd_ending - why moves of a cell failed
 * @reason: as of the commands
 * @count: how many
 * @next: place of the next ending of the cell; -1: none
 */
struct ohtd_ending {
	char reason[OHTD_ENDING_BYTES];
	int64_t count;
	int next;
};

/**
 * struct ohtd_analysis_query - what is asked for
 * @history: outlives the analysis
 * @store: the same
 * @by: how the span is divided
 * @shifts: for OHTD_BY_SHIFT
 * @from_ns: time of day, since 1970
 * @to_ns: later, and not in the future; at most OHTD_CELLS_MAX cells
 */
struct ohtd_analysis_query {
	struct ohtd_history *history;
	struct ohtd_store *store;
	enum ohtd_cells_by by;
	struct ohtd_shifts shifts;
	int64_t from_ns, to_ns;
};

/* NULL: out of memory. The query is copied. */
struct ohtd_analysis *ohtd_analysis_begin(const struct ohtd_analysis_query *query);

/**
 * ohtd_analysis_step() - a part of it: some milliseconds of work
 * @analysis: which
 *
 * Return: 1: there is more to do, 0: it is whole, or a negative errno: -ENOENT while the file of
 * values is not open, -ENOMEM, or of the store.
 */
int ohtd_analysis_step(struct ohtd_analysis *analysis);

/* Of one that is whole; there until its end. */
const struct ohtd_cell *ohtd_analysis_cells(const struct ohtd_analysis *analysis, size_t *count);
const struct ohtd_ending *ohtd_analysis_endings(const struct ohtd_analysis *analysis);

/* NULL is allowed. */
void ohtd_analysis_end(struct ohtd_analysis *analysis);

#endif /* OHTD_ANALYTICS_ANALYTICS_H */
