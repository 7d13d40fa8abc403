/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     when a word signal changed: found in the samples, one after the other from either end of a span.
 * Contexts: a thread that may wait (worker); one search belongs to one thread at a time.
 * Locks:    as history.h, for each step.
 *
 * A change is a good sample with another value than the good sample before it in the same run. Nothing is told across more than
 * 64 s without a good sample, nor of a time of which only columns are left: when it changed is not known there.
 */
#ifndef OHTD_HISTORY_CHANGES_H
#define OHTD_HISTORY_CHANGES_H

#include "history/history.h"

struct ohtd_changes;

/* One change; @run, @cycle and @time_ns are of the first sample with the value @now. */
struct ohtd_history_change {
	int64_t run, cycle, time_ns;
	int64_t before, now;
};

/**
 * struct ohtd_changes_query - what is asked for
 * @history: outlives the search
 * @signal: enum ohtd_telemetry
 * @from_ns: time of day, since 1970
 * @to_ns: later
 * @descends: the newest first
 * @limit: so many changes at most
 * @steps_max: so many chunks are read at most
 * @wants: only changes for which it is true count
 * @context: for @wants
 */
struct ohtd_changes_query {
	struct ohtd_history *history;
	unsigned int signal;
	int64_t from_ns, to_ns;
	bool descends;
	unsigned int limit, steps_max;
	bool (*wants)(void *context, const struct ohtd_history_change *change);
	void *context;
};

/* NULL: out of memory. The query is copied. */
struct ohtd_changes *ohtd_changes_begin(const struct ohtd_changes_query *query);

/**
 * ohtd_changes_step() - a part of it: some milliseconds of work
 * @changes: which
 *
 * Return: 1: there is more to do, 0: it is over, or a negative errno: -ENOENT while the file of values is not open, -E2BIG: too many
 * runs have the same time, -ENOMEM, or of the store.
 */
int ohtd_changes_step(struct ohtd_changes *changes);

/**
 * ohtd_changes_found() - what has been found when it is over
 * @changes: which
 * @count: filled
 * @until_ns: filled: all changes on this side of that time are there, from it on if the newest come first, else before it
 *
 * Return: the changes in order, there until the end.
 */
const struct ohtd_history_change *ohtd_changes_found(const struct ohtd_changes *changes, size_t *count, int64_t *until_ns);

/* Has it ended before the end of the span, without as many changes as were wanted? */
bool ohtd_changes_go_on(const struct ohtd_changes *changes);

/* NULL is allowed. */
void ohtd_changes_end(struct ohtd_changes *changes);

#endif /* OHTD_HISTORY_CHANGES_H */
