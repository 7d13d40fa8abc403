/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the two files of an export share: its place, and the window that is being told.
 * Contexts: as export.h.
 * Locks:    none.
 */
#ifndef OHTD_HISTORY_EXPORT_PRIVATE_H
#define OHTD_HISTORY_EXPORT_PRIVATE_H

#include <stdbool.h>

#include "history/export.h"
#include "history/private.h"

/* Why a cycle has no sample, by number; from OHTD_WHY_GAP on those that are kept with their gap. */
enum ohtd_export_why {
	OHTD_WHY_SAMPLES,	/* it has */
	OHTD_WHY_NO_VALUE,
	OHTD_WHY_NO_DATA,
	OHTD_WHY_DAMAGED,
	OHTD_WHY_GAP,
};

/**
 * struct ohtd_stretch - a time without samples
 * @run: place of its first cycle
 * @cycle: the same
 * @from_ns: begin
 * @to_ns: end
 * @reason: "": there is no stretch
 */
struct ohtd_stretch {
	int64_t run, cycle, from_ns, to_ns;
	char reason[OHTD_HISTORY_REASON_BYTES];
};

struct ohtd_export {
	struct ohtd_history *history;
	struct ohtd_export_query query;
	struct ohtd_history_memory memory;	/* while a window is read */

	/* the run that is walked through; run 0: none yet */
	struct ohtd_history_run run;
	int64_t place;			/* the next cycle that is read */
	int64_t limit;			/* behind the last one, by the anchor of when it was entered */
	int64_t end_ns;			/* of the runs before */
	bool run_refused, ended;

	/* the window */
	int64_t first;
	size_t cycles, at, room;
	bool blank;			/* all of it has @blank_why, and the arrays say nothing */
	enum ohtd_export_why blank_why;
	int64_t *values;		/* of each signal, @room each */
	uint8_t *quality;		/* the same */
	uint8_t *known;			/* cycles that are kept, whatever of them */
	uint16_t *why;			/* enum ohtd_export_why, or behind it a place in @gaps */
	struct ohtd_history_gap *gaps;	/* of the window: OHTD_HISTORY_GAPS_MAX of the file, and those in memory */
	unsigned int gap_count;

	/* not told yet */
	struct ohtd_stretch open, pause;

	/* while a piece is read */
	unsigned int series;
	int64_t piece_first;
	bool found;
};

/* export_window.c: the file's part of the window, on a thread with a connection. @end: of the run. */
int ohtd_window_read(struct ohtd_db *db, struct ohtd_export *export, int64_t end);
/* Behind it: what is in memory, and what each cycle is. */
void ohtd_window_finish(struct ohtd_export *export);

#endif /* OHTD_HISTORY_EXPORT_PRIVATE_H */
