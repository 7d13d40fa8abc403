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
#include "history/history.h"
#include "tables/journal.h"

/* What is read next. */
enum ohtd_analysis_stage {
	OHTD_ANALYSIS_RUN,	/* the next run is looked for */
	OHTD_ANALYSIS_VALUES,
	OHTD_ANALYSIS_COMMANDS,
	OHTD_ANALYSIS_JOURNAL,
	OHTD_ANALYSIS_WHOLE,
};

/* 64 s, 1 s and one cycle: the coarsest columns first, finer ones of what those do not say. */
#define OHTD_ANALYSIS_DEPTHS	3

/**
 * struct ohtd_analysis_piece - columns of one depth that are in memory
 * @answer: of the signals of the figure
 * @begin: first cycle
 * @end: behind the last one; nothing is in memory if it is @begin
 */
struct ohtd_analysis_piece {
	struct ohtd_history_answer answer;
	int64_t begin, end;
};

/**
 * struct ohtd_analysis - see analytics.h
 * @query: what was asked for
 * @stage: enum ohtd_analysis_stage
 * @count: of @cells
 * @hint: cell that was found last
 * @outside: takes what is in front of the span
 * @run: whose values are read
 * @first: first cycle that is looked at
 * @limit: behind the last one
 * @place: first cycle of the chunk that is read
 * @figure: which is next there
 * @memories: of the figures, in this run
 * @deepest: finest depth that is kept of the chunk
 * @pieces: of @figure and the chunk, by depth; while they are read
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
	struct ohtd_history_run run;
	int64_t first, limit, place;
	unsigned int figure;
	struct ohtd_figure_memory memories[OHTD_FIGURES];
	unsigned int deepest;
	struct ohtd_analysis_piece pieces[OHTD_ANALYSIS_DEPTHS];
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
