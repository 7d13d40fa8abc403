/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this room share.
 * Contexts: as analytics.h.
 * Locks:    as analytics.h.
 */
#ifndef OHTD_ANALYTICS_PRIVATE_H
#define OHTD_ANALYTICS_PRIVATE_H

#include "analytics/analytics.h"
#include "analytics/figures.h"
#include "history/walk.h"
#include "journal/rows.h"

/* The next thing to read. */
enum ohtd_analysis_stage {
	OHTD_ANALYSIS_RUN,	/* the next run is looked for */
	OHTD_ANALYSIS_VALUES,
	OHTD_ANALYSIS_COMMANDS,
	OHTD_ANALYSIS_JOURNAL,
	OHTD_ANALYSIS_WHOLE,
};

/**
 * struct ohtd_analysis - see analytics.h
 * @query: what was asked for
 * @stage: enum ohtd_analysis_stage
 * @count: of @cells
 * @hint: cell that was found last
 * @outside: takes what is in front of the span
 * @walk: through the values
 * @place: first cycle of the chunk that is read
 * @figure: which is next there
 * @memories: of the figures, in this run
 * @endings: of all cells
 * @ending_count: of @endings
 * @ending_room: for so many there is memory
 * @entry: of the journal: the last one that was looked at
 * @cells: of the span
 */
struct ohtd_analysis {
	struct ohtd_analysis_query query;
	enum ohtd_analysis_stage stage;
	size_t count, hint;
	struct ohtd_cell outside;
	struct ohtd_walk walk;
	int64_t place;
	unsigned int figure;
	struct ohtd_figure_memory memories[OHTD_FIGURES];
	struct ohtd_ending *endings;
	int ending_count, ending_room;
	struct ohtd_entry_place entry;
	struct ohtd_cell cells[];
};

/* values.c: the next run: 1, 0 without another one, or a negative errno. */
int ohtd_analysis_enter_run(struct ohtd_analysis *analysis);
/* One figure of one chunk of the run: 1, 0 at the end of the run, or a negative errno. */
int ohtd_analysis_read_values(struct ohtd_analysis *analysis);

/* acts.c: all commands: 0 or a negative errno. */
int ohtd_analysis_read_commands(struct ohtd_analysis *analysis);
/* Some entries of the journal: 1, 0 at its end, or a negative errno. */
int ohtd_analysis_read_journal(struct ohtd_analysis *analysis);

#endif /* OHTD_ANALYTICS_PRIVATE_H */
