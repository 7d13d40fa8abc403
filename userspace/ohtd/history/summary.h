/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a span of the past comes to for some signals: lowest, greatest and mean value, and how long a
 *           signal with words was in each of them.
 * Contexts: a thread that may wait (worker); one summary belongs to one thread at a time.
 * Locks:    as history.h, for each step.
 */
#ifndef OHTD_HISTORY_SUMMARY_H
#define OHTD_HISTORY_SUMMARY_H

#include "history/history.h"

struct ohtd_summary;

#define OHTD_SUMMARY_STATES_MAX	32	/* words of one signal */

/**
 * struct ohtd_summary_query - what is asked for
 * @history: outlives the summary
 * @from_ns: time of day, since 1970
 * @to_ns: later, and not in the future
 * @signals: enum ohtd_telemetry of each
 * @count: of @signals
 */
struct ohtd_summary_query {
	struct ohtd_history *history;
	int64_t from_ns, to_ns;
	unsigned int signals[OHTD_HISTORY_SIGNALS_MAX];
	unsigned int count;
};

/**
 * struct ohtd_summary_state - one value of a word or a boolean
 * @cycles: good samples with it
 * @times: how often it came: the first good one of a run, and each that followed another one
 */
struct ohtd_summary_state {
	int64_t cycles, times;
};

/**
 * struct ohtd_summary_signal - one signal
 * @first: first good sample; all is 0 without one
 * @last: last one
 * @min: lowest one
 * @max: greatest one
 * @sum: of all; of many years it may be more than an int64
 * @cycles: good samples
 * @states: of a word by its number, of a boolean by 0 and 1
 */
struct ohtd_summary_signal {
	int64_t first, last, min, max;
	double sum;
	int64_t cycles;
	struct ohtd_summary_state states[OHTD_SUMMARY_STATES_MAX];
};

/* NULL: out of memory. The query is copied. */
struct ohtd_summary *ohtd_summary_begin(const struct ohtd_summary_query *query);

/**
 * ohtd_summary_step() - a part of it: some milliseconds of work
 * @summary: which
 *
 * Return: 1: there is more to do, 0: it is whole, or a negative errno: -ENOENT while the file of
 * values is not open, -ENOMEM, or of the store.
 */
int ohtd_summary_step(struct ohtd_summary *summary);

/* Of one that is whole, in the order of query.signals; there until its end. */
const struct ohtd_summary_signal *ohtd_summary_signals(const struct ohtd_summary *summary);

/* Of one that is whole: time of its runs in the span in which an earlier run was, too. */
int64_t ohtd_summary_twice_ns(const struct ohtd_summary *summary);

/* NULL is allowed. */
void ohtd_summary_end(struct ohtd_summary *summary);

#endif /* OHTD_HISTORY_SUMMARY_H */
