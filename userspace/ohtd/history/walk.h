/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way through all values of a span: run by run and chunk by chunk, from coarse columns down to
 *           samples where they differ.
 * Contexts: a thread that may wait (worker); one walk belongs to one thread at a time.
 * Locks:    as history.h, for each piece.
 *
 * A sum over a walk is the sum over all samples, whatever it was made from: a column is taken only where it says
 * what all its samples would have said.
 */
#ifndef OHTD_HISTORY_WALK_H
#define OHTD_HISTORY_WALK_H

#include <stdbool.h>

#include "history/history.h"

/* 64 s, 1 s and one cycle. */
#define OHTD_WALK_DEPTHS	3
#define OHTD_WALK_SIGNALS	2	/* at once */

/**
 * struct ohtd_walk_visitor - what a walk does with the columns
 * @signals: enum ohtd_telemetry of each; a column of each is shown together
 * @count: of @signals
 * @tells: are the columns of these cycles, one of each signal, enough? Else the walk reads finer ones. Also called for a single cycle
 * @take: called with the columns that are enough, in the order of the run; a time without such columns is left out
 * @context: for both
 */
struct ohtd_walk_visitor {
	unsigned int signals[OHTD_WALK_SIGNALS];
	unsigned int count;
	bool (*tells)(void *context, int64_t cycle, int64_t cycles, const struct ohtd_column *columns);
	void (*take)(void *context, int64_t cycle, int64_t cycles, const struct ohtd_column *columns);
	void *context;
};

/* Columns of one depth that are in memory, from @begin up to @end: cycles. */
struct ohtd_walk_piece {
	struct ohtd_history_answer answer;
	int64_t begin, end;
};

struct ohtd_walk_span {
	int64_t from_ns, to_ns;
};

/**
 * struct ohtd_walk - where it is
 * @history: set before the first run, outlives the walk
 * @run: whose values are read; 0 before the first one
 * @first: first cycle that is looked at
 * @limit: behind the last one
 * @told: times of the runs before, in no order; none has a part of another
 * @told_count: of @told
 * @told_room: for so many there is memory
 *
 * All else is private.
 */
struct ohtd_walk {
	struct ohtd_history *history;
	struct ohtd_history_run run;
	int64_t first, limit;
	struct ohtd_walk_span *told;
	size_t told_count, told_room;
	const struct ohtd_walk_visitor *visitor;
	unsigned int deepest;
	struct ohtd_walk_piece pieces[OHTD_WALK_DEPTHS];
};

/**
 * ohtd_walk_next_run() - go on to the next run of a span
 * @walk: @first and @limit become those of the samples in the span
 * @from_ns: time of day
 * @to_ns: later than @from_ns
 *
 * Return: 1, 0 without another run, or a negative errno: -ENOENT while the file is not open, -ENOMEM.
 */
int ohtd_walk_next_run(struct ohtd_walk *walk, int64_t from_ns, int64_t to_ns);

/* Frees what the walk has noted; it begins anew. */
void ohtd_walk_end(struct ohtd_walk *walk);

/**
 * ohtd_walk_twice() - how much time of the run is told twice
 * @walk: in a run
 * @from_ns: time of day
 * @to_ns: later than @from_ns
 *
 * Runs overlap by the clock where it was set back.
 *
 * Return: nanoseconds of the span in which this run and an earlier one are.
 */
int64_t ohtd_walk_twice(const struct ohtd_walk *walk, int64_t from_ns, int64_t to_ns);

/* Time of day of a cycle of the run. */
int64_t ohtd_walk_time(const struct ohtd_walk *walk, int64_t cycle);

/* First cycle of the chunk that has @cycle. */
int64_t ohtd_walk_chunk_of(int64_t cycle);

/**
 * ohtd_walk_chunk() - show one chunk of the run, as far as it lies between @first and @limit
 * @walk: in a run
 * @place: first cycle of the chunk
 * @visitor: called for each column
 *
 * Return: 0, or a negative errno: -ENOENT while the file is not open, -ENOMEM, or of the store.
 */
int ohtd_walk_chunk(struct ohtd_walk *walk, int64_t place, const struct ohtd_walk_visitor *visitor);

#endif /* OHTD_HISTORY_WALK_H */
