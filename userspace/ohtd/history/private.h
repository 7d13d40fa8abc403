/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this room share.
 * Contexts: as history.h.
 * Locks:    as said of each member.
 */
#ifndef OHTD_HISTORY_PRIVATE_H
#define OHTD_HISTORY_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "history/coded.h"
#include "history/history.h"
#include "history/share.h"
#include "robot/samples.h"
#include "store/store.h"

#define OHTD_PENDING_GAPS	32
#define OHTD_DAY_NS		(86400ll * 1000000000ll)
#define OHTD_LEVELS_SHORT	OHTD_HISTORY_FINE_LEVELS	/* levels that are kept as long as samples: the others are much smaller */

/**
 * struct ohtd_interval - samples that come in
 * @first: cycle of the first; a multiple of OHTD_LEVEL_CYCLES
 * @end: cycle at which it is over
 * @cycles: how many are in it
 * @values: of each signal, @room each
 * @quality: the same; a cycle that was not begun has OHTD_TELEMETRY_NONE
 * @used: signals that had a value
 * @room: cycles that fit
 * @share: of the signals of the user's tables, over all intervals (share.h)
 */
struct ohtd_interval {
	uint64_t first, end;
	uint32_t cycles, room;
	int64_t *values;
	uint8_t *quality;
	struct oht_set used;
	struct ohtd_history_share share;
};

/**
 * struct ohtd_history_pending - a coded interval that is not on the disk
 * @columns: parts by enum ohtd_telemetry, without a checksum; the same of @samples
 */
struct ohtd_history_pending {
	struct ohtd_history_pending *next;
	uint64_t first;
	uint32_t cycles;
	struct ohtd_bytes columns, samples;
};

enum ohtd_history_task {
	OHTD_TASK_NONE,
	OHTD_TASK_OPEN,		/* the run gets its number, the signals theirs */
	OHTD_TASK_FLUSH,
	OHTD_TASK_MOVE,
	OHTD_TASK_SEAL,
	OHTD_TASK_TIDY,
};

/**
 * struct ohtd_task - what the thread of the store has to do; constant while it does it
 * @job: the store's
 * @history: whose
 * @kind: enum ohtd_history_task
 * @run: as it was when it was given
 * @anchor: the clock has been set
 * @rows: FLUSH
 * @blobs: of @rows, two each
 * @row_count: of @rows
 * @gaps: FLUSH
 * @gap_count: of @gaps
 * @moved_to: MOVE: where the last step has ended
 * @seal_run: SEAL: which run and chunk, and the signal from which on
 * @again: MOVE, SEAL and TIDY: there is more to do
 * @leapt: OPEN: the clock may have been set forward before this run, and since then too little was kept to trust it
 * @trusted: TIDY: the clock is right, so what is old may go
 * @keep: TIDY: how much stays
 */
struct ohtd_task {
	struct ohtd_store_job job;
	struct ohtd_history *history;
	enum ohtd_history_task kind;
	struct ohtd_history_run run;
	bool anchor;
	struct ohtd_history_interval *rows;
	struct ohtd_bytes *blobs;
	unsigned int row_count;
	struct ohtd_history_gap gaps[OHTD_PENDING_GAPS];
	unsigned int gap_count;
	int64_t moved_to;
	int64_t seal_run, seal_chunk, seal_signal, current_chunk;
	bool again, trusted, leapt;
	struct ohtd_history_keep keep;
};

/**
 * struct ohtd_history_moment - what the clocks say at one moment
 * @now_ns: CLOCK_MONOTONIC
 * @slept_ns: by how much boot time is ahead of it
 * @wall_ns: time of day
 */
struct ohtd_history_moment {
	uint64_t now_ns, slept_ns;
	int64_t wall_ns;
};

struct ohtd_history {
	/* constant */
	struct ohtd_history_setup setup;
	char path[512];
	struct ohtd_store *store;
	pthread_t thread;
	uint32_t flush_cycles;

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping, task_done;
	bool begun;			/* the first sample has come: @run says when it began */
	struct ohtd_history_run run;	/* run 0: the database is not open yet */
	uint64_t base_ns;		/* CLOCK_MONOTONIC of cycle 0, as if it had gone on in suspend */
	struct ohtd_interval interval;
	uint64_t next;			/* number behind the newest sample */
	struct ohtd_history_pending *first, **last;
	_Atomic unsigned int waiting;
	struct ohtd_history_gap gaps[OHTD_PENDING_GAPS];	/* not on the disk */
	unsigned int gap_count;
	struct ohtd_history_keep keep;	/* all 0: not said yet */

	/* its thread's */
	struct ohtd_sample_reader reader;
	uint64_t lost_told;
	struct ohtd_history_moment look;	/* of this turn */
	uint64_t slept_ns;		/* of suspends, as far as cycles are counted for it */
	uint64_t slept_cycles, slept_before;	/* behind and before the newest suspend: so many are counted on */
	uint64_t slept_from_ns;		/* samples from then on are behind it */
	uint64_t looked_ns;
	bool anchor_moved;
	bool clock_set;			/* by more than it drifts, since the last anchor on the disk */
	uint64_t jump_boot_ns;		/* the clock was set by more than an hour; 0: never */
	struct ohtd_task task;
	bool busy;
	bool no_room;			/* the disk has no more than its reserve: what is old may go, nothing comes */
	uint64_t retry_ns;
	bool move_due, seal_due, tidy_due;	/* with the lock held */
	int64_t seal_signal;

	/* numbers in the file; written by the thread of the store before @open */
	int64_t signal_ids[OHTD_TELEMETRY_SIGNALS];
	atomic_bool open;

	/* when the oldest chunk begins, of each level that is kept as long as samples and of the first that is kept longer; 0: not looked yet */
	_Atomic int64_t from_ns[OHTD_LEVELS_SHORT + 1];

	_Atomic uint64_t left_out[OHT_SET_WORDS];	/* struct oht_set of the signals that are not kept; each signal counts by itself */
	_Atomic uint64_t samples, lost, flushes, dropped, bytes, damaged, coarse;
	atomic_bool scarce;		/* signals of the user's tables have used up what they may write */
};

/**
 * struct ohtd_history_memory - what is not on the disk, copied for one answer
 * @open: the run has its number, and the file can be read
 * @begun: there is something
 * @run: of which
 * @first: cycle from which on it is here
 * @interval: with the signals that are asked for alone, in their order; empty if it is outside
 * @pending: a list of those that are not outside; of each only the samples, or only the columns
 * @gaps: not on the disk
 * @gap_count: of @gaps
 */
struct ohtd_history_memory {
	bool open, begun;
	struct ohtd_history_run run;
	int64_t first;
	struct ohtd_interval interval;
	struct ohtd_history_pending *pending;
	struct ohtd_history_gap gaps[OHTD_PENDING_GAPS];
	unsigned int gap_count;
};

/* read.c: a cycle that is out of all bounds, as only a damaged file has it, is at their end. */
int64_t ohtd_run_time(const struct ohtd_history_run *run, int64_t cycle);
/* No checksum covers the row of a run. */
bool ohtd_run_is_sound(const struct ohtd_history_run *run);

/**
 * struct ohtd_run_search - which run is looked for
 * @from_ns: it was there behind this time of day
 * @to_ns: and before this one
 * @after: its number is above this one
 * @refused: filled: a run was passed over because its row is damaged
 * @run: filled
 */
struct ohtd_run_search {
	int64_t from_ns, to_ns, after;
	bool refused;
	struct ohtd_history_run run;
};

/* runs.c: the next run, as memory has it if it goes on: 1, 0 without one, or a negative errno. */
int ohtd_run_find(struct ohtd_db *db, struct ohtd_history *history, const struct ohtd_history_memory *memory,
		  struct ohtd_run_search *search);

/**
 * struct ohtd_pause - a time in which no run is there
 * @behind: the run with whose end it would begin; 0: none
 * @from_ns: that end, or the begin of the span
 * @to_ns: filled: when the next run begins by the clock; INT64_MAX: none does in the span
 * @covered: filled: another run is there at @from_ns, so that there is no pause
 */
struct ohtd_pause {
	int64_t behind, from_ns, to_ns;
	bool covered;
};

/* order.c: looks at the runs that begin before @until_ns: 0, or a negative errno. */
int ohtd_order_pause(struct ohtd_db *db, const struct ohtd_history_memory *memory, int64_t until_ns,
		     struct ohtd_pause *pause);
/* Columns by their times, each signal the same; those of runs one after the other stay where they are. 0, or -ENOMEM. */
int ohtd_order_columns(struct ohtd_history_answer *answer, unsigned int signals);

/*
 * gaps.c: adds a gap to @gaps, which has room for OHTD_PENDING_GAPS. Gaps of one reason that adjoin are one. Where there is no room the
 * nearest gap becomes wider, so that each cycle that is lost is told. The first @given gaps stay as they are; there are fewer than that room.
 */
void ohtd_gaps_note(struct ohtd_history_gap *gaps, unsigned int *count, unsigned int given, uint64_t first, uint64_t cycles,
		    const char *reason);

/* interval.c: under the lock. */
int ohtd_interval_init(struct ohtd_interval *interval, uint32_t cycles);
void ohtd_interval_free(struct ohtd_interval *interval);
/*
 * Puts a sample in, without the signals that are @left_out; the interval is begun anew if it is empty. The caller has closed one
 * that is over.
 */
void ohtd_interval_add(struct ohtd_interval *interval, const struct ohtd_sample *sample,
		       uint32_t flush_cycles, const struct oht_set *left_out);
/* Codes it; NULL: out of memory. It is empty afterwards. */
struct ohtd_history_pending *ohtd_interval_close(struct ohtd_interval *interval);
void ohtd_pending_free(struct ohtd_history_pending *pending);

/**
 * struct ohtd_memory_wish - what is to be copied
 * @signals: enum ohtd_telemetry of each
 * @count: of @signals
 * @samples: of what is coded the samples; else the columns
 * @from: first cycle of the newest run
 * @to: behind the last one
 */
struct ohtd_memory_wish {
	const unsigned int *signals;
	unsigned int count;
	bool samples;
	uint64_t from, to;
};

/* memory.c: takes the lock. @memory is all 0, and to be freed, also after -ENOMEM. */
int ohtd_memory_copy(struct ohtd_history *history, const struct ohtd_memory_wish *wish,
		     struct ohtd_history_memory *memory);
void ohtd_memory_free(struct ohtd_history_memory *memory);

/* tasks.c: on the thread of the store. */
int ohtd_task_work(struct ohtd_db *db, void *task);

/* seal.c: the next signals of the chunk; 1 if there are more. */
int ohtd_seal_step(struct ohtd_db *db, struct ohtd_task *task);

#endif /* OHTD_HISTORY_PRIVATE_H */
