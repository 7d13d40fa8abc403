/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the robot's memory of values: all samples on their way from the control thread to
 *           the disk, and what of them is asked for again.
 * Contexts: start, stop, watch: main thread. Look: any thread but the control thread; it never
 *           waits for a disk. Read: threads that may wait (workers). Its own thread takes the
 *           samples; that and the thread of its store (store/store.h) do the rest.
 * Locks:    one mutex over what is not on the disk yet, held for copying or for coding one
 *           interval.
 *
 * The samples of some seconds are an interval: coded when it is over, and then kept with one
 * commit. The intervals of 4,096 s are sealed: they become a chunk for each signal and level.
 * Every answer has the samples that are not on the disk yet. docs/history.md describes the file.
 *
 * Whatever its disk does: the robot, the daemon and the accounts go on. What could not be kept
 * becomes a gap with a reason.
 */
#ifndef OHTD_HISTORY_HISTORY_H
#define OHTD_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/set.h"
#include "history/levels.h"
#include "robot/telemetry.h"
#include "history/rows.h"

struct ohtd_clock;
struct ohtd_history;
struct ohtd_daemon_part;
struct ohtd_robot;
struct ohtd_sample;

#define OHTD_HISTORY_FLUSH_S_MAX	60
#define OHTD_HISTORY_SIGNALS_MAX	20	/* of one question */
#define OHTD_HISTORY_POINTS_MAX		10000
#define OHTD_HISTORY_RUNS_MAX		4096	/* in one answer: ten starts a day for a year */
/* Of all signals in one answer, 48 bytes each. More than any question needs, unless the clock lets many runs overlap. */
#define OHTD_HISTORY_COLUMNS_MAX	200000
#define OHTD_HISTORY_GAPS_MAX		4096	/* in one answer */

/**
 * struct ohtd_history_keep - how much of the past is kept
 * @samples_days: samples, and columns of 1 and 8 s, which are not much smaller
 * @columns_days: of longer columns
 * @bytes_max: of the file; then the oldest goes, whatever its age and the clock, samples first
 */
struct ohtd_history_keep {
	int64_t samples_days, columns_days, bytes_max;
};

/**
 * struct ohtd_history_setup - what it is made of
 * @robot: outlives it; whose samples are kept
 * @clock: outlives it
 * @path: of the database
 * @boot_id: of the computer
 * @owner: the number of the robot (past.h), which the file gets
 * @others: files of other robots that were moved aside
 * @flush_s: seconds of an interval, 1 to OHTD_HISTORY_FLUSH_S_MAX
 * @hear: called with each sample in order, whatever the disk does; must not wait; NULL: none
 * @hear_context: outlives it
 */
struct ohtd_history_setup {
	const struct ohtd_robot *robot;
	struct ohtd_clock *clock;
	const char *path;
	const char *boot_id;
	uint32_t owner;
	unsigned int others;
	unsigned int flush_s;
	void (*hear)(void *context, const struct ohtd_sample *sample);
	void *hear_context;
};

/* Starts its threads; the file is opened by them. NULL with errno. */
struct ohtd_history *ohtd_history_start(const struct ohtd_history_setup *setup);

/* Keeps what there is, and ends the threads. No thread may read any more. NULL is allowed. */
void ohtd_history_stop(struct ohtd_history *history);

/* How much is kept from now on; what is too much goes within seconds. Before the first call nothing goes. Context: any thread but the control thread. */
void ohtd_history_keep(struct ohtd_history *history, const struct ohtd_history_keep *keep);

/*
 * Signals that are not kept from now on, numbers of enum ohtd_telemetry; at first none. What was kept of them stays as long as all else, and
 * the samples are heard as before. The state is never among them: an export knows by it which cycles are kept. Context: any thread but the
 * control thread.
 */
void ohtd_history_leave_out(struct ohtd_history *history, const struct oht_set *signals);

/* Is @signal, an enum ohtd_telemetry, kept now? Context: any thread. */
bool ohtd_history_keeps(const struct ohtd_history *history, unsigned int signal);

/**
 * ohtd_history_reaches() - how far back something is kept
 * @history: looks for it at its start, when a chunk is sealed, when less is kept and when the clock is set
 * @level: of columns; 0: samples. Those above OHTD_HISTORY_FINE_LEVELS reach as far as that one
 *
 * Context: any thread.
 * Return: the time of day at which the oldest begin, or the run that goes on; 0: not known yet.
 */
int64_t ohtd_history_reaches(const struct ohtd_history *history, unsigned int level);

/* As ohtd_store_watch(). */
void ohtd_history_watch(struct ohtd_history *history);

/**
 * struct ohtd_history_view - how it does
 * @state: enum ohtd_store_state, OHTD_STORE_HUNG included
 * @samples: cycles that were taken since the start
 * @lost: cycles since the start that came out of the ring too late
 * @flushes: commits with intervals
 * @dropped: intervals that could not be kept
 * @written: bytes into the log and the file of the database, since the start
 * @synchronisations: for them
 * @bytes: of the file in use, as last looked at
 * @waiting: intervals that are not on the disk
 * @damaged: pieces of the file that could not be read
 * @others: files of other robots beside it, when the daemon started
 * @coarse: new values of signals of the user's tables that were not kept (share.h), in samples
 * @is_coarse: there was one within the last hour
 * @coarse_flush_s: length of an interval meanwhile, in s
 */
struct ohtd_history_view {
	unsigned int state;
	uint64_t samples, lost;
	uint64_t flushes, dropped, written, synchronisations, bytes;
	unsigned int waiting;
	uint64_t damaged;
	unsigned int others;
	uint64_t coarse;
	bool is_coarse;
	unsigned int coarse_flush_s;
};

void ohtd_history_look(struct ohtd_history *history, struct ohtd_history_view *view);

/* ---- questions ---- */

/**
 * struct ohtd_history_query - what is asked for
 * @from_ns: time of day, since 1970
 * @to_ns: later than @from_ns
 * @step_ns: length of a column at least; above 0
 * @exact: where the columns for @step_ns are gone there is nothing; else longer ones of that time are taken
 * @signals: enum ohtd_telemetry of each
 * @count: of @signals
 */
struct ohtd_history_query {
	int64_t from_ns, to_ns, step_ns;
	bool exact;
	unsigned int signals[OHTD_HISTORY_SIGNALS_MAX];
	unsigned int count;
};

/* A time in which nothing is kept, and why: a word. */
struct ohtd_history_hole {
	int64_t from_ns, to_ns;
	char reason[OHTD_HISTORY_REASON_BYTES];
};

/**
 * struct ohtd_history_answer - what was found
 * @from_ns: asked for, and then moved out to the beginning of a column
 * @to_ns: the same, to the end of one
 * @level: of which the columns were made
 * @step_ns: length of a column, a whole number of columns of that level
 * @count: columns of each signal
 * @times_ns: beginning of each column, in order. Where runs overlap by the clock, columns of both stand there, of the same time
 *	that of the earlier run first
 * @columns: of all signals, one after the other; count 0: no good sample
 * @hole_count: of @holes
 * @holes: in order
 */
struct ohtd_history_answer {
	int64_t from_ns, to_ns, step_ns;
	unsigned int level;
	size_t count;
	int64_t *times_ns;
	struct ohtd_column *columns;
	size_t hole_count;
	struct ohtd_history_hole *holes;
};

/**
 * ohtd_history_read() - find what is kept of some signals
 * @history: reaches to the newest sample
 * @query: sound
 * @answer: to be freed by ohtd_history_answer_free(), also after an error
 *
 * Return: 0, or a negative errno: -ENOMEM, -E2BIG: more than OHTD_HISTORY_RUNS_MAX runs, or their columns
 * are more than OHTD_HISTORY_COLUMNS_MAX, or of the store.
 */
int ohtd_history_read(struct ohtd_history *history, const struct ohtd_history_query *query,
		      struct ohtd_history_answer *answer);

void ohtd_history_answer_free(struct ohtd_history_answer *answer);

/* ---- one run, by its cycles ---- */

/**
 * ohtd_history_next_run() - find the runs of a span, one after the other
 * @history: reaches to the newest sample
 * @from_ns: time of day
 * @to_ns: later than @from_ns
 * @run: run->run is the number of the run before, 0 for the first; filled if there is another. @run->end
 *	of the run that goes on is behind its newest sample
 *
 * Return: 1, 0 without another run, or a negative errno: -ENOENT while the file is not open.
 */
int ohtd_history_next_run(struct ohtd_history *history, int64_t from_ns, int64_t to_ns,
			  struct ohtd_history_run *run);

/**
 * struct ohtd_history_stretch - cycles of one run, whatever its clock says
 * @run: from ohtd_history_next_run()
 * @first: first cycle
 * @end: behind the last one
 * @level: of the columns
 * @signals: enum ohtd_telemetry of each
 * @count: of @signals
 */
struct ohtd_history_stretch {
	struct ohtd_history_run run;
	int64_t first, end;
	unsigned int level;
	unsigned int signals[OHTD_HISTORY_SIGNALS_MAX];
	unsigned int count;
};

/**
 * ohtd_history_read_stretch() - the columns of one level, as they are kept
 * @history: reaches to the newest sample
 * @stretch: moved out to whole columns
 * @answer: as of ohtd_history_read(); from_ns and to_ns say nothing. To be freed, also after an
 *	error
 *
 * Return: 0, or a negative errno: -ENOENT while the file is not open, -ENOMEM, or of the store.
 */
int ohtd_history_read_stretch(struct ohtd_history *history,
			      const struct ohtd_history_stretch *stretch,
			      struct ohtd_history_answer *answer);

/* part.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_history_part;

#endif /* OHTD_HISTORY_HISTORY_H */
