/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the tables of history.db: runs, signals, intervals, chunks, coarse and gaps; what is in the
 *           blobs is the business of the room history.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call() and read.
 * Locks:    none.
 */
#ifndef OHTD_HISTORY_ROWS_H
#define OHTD_HISTORY_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ohtd_db;

#define OHTD_HISTORY_BOOT_BYTES		40
#define OHTD_HISTORY_REASON_BYTES	24
#define OHTD_HISTORY_FINE_LEVELS	3	/* levels in the table chunks; from there on: coarse */

/**
 * struct ohtd_history_run - from a start of the daemon to its end
 * @run: number, from 1
 * @boot_id: of the computer
 * @cycle_ns: length of a cycle
 * @start_ns: wall clock of cycle 0
 * @synchronised: the clock was kept right by then
 * @end: cycle behind the last one that is kept; 0: the run has not ended
 */
struct ohtd_history_run {
	int64_t run;
	char boot_id[OHTD_HISTORY_BOOT_BYTES];
	int64_t cycle_ns;
	int64_t start_ns;
	bool synchronised;
	int64_t end;
};

/* Cycles of a run of which nothing is kept. */
struct ohtd_history_gap {
	int64_t run, first, cycles;
	char reason[OHTD_HISTORY_REASON_BYTES];
};

/*
 * A piece of an interval or a chunk; the bytes are there until the reader returns. @cycles is
 * within its bounds whatever is in the file, and need not be what the bytes have.
 */
struct ohtd_history_piece {
	int64_t run, first, cycles;
	const void *data;
	size_t bytes;
};

/* Returns 0 to go on, or what the reading ends with. */
typedef int (*ohtd_history_reader)(const struct ohtd_history_piece *piece, void *arg);

/* All that is read between them is of one moment. */
int ohtd_db_history_read_begin(struct ohtd_db *db);
void ohtd_db_history_read_end(struct ohtd_db *db);

/* The file is that of @owner from now on (store/db_file.h); 0: it stays as it is. 0 or a negative errno: -EIO: it is that of another one. */
int ohtd_history_own(struct ohtd_db *db, uint32_t owner);

/* Ends the runs before, and begins @run, which gets its number. */
int ohtd_db_history_begin(struct ohtd_db *db, struct ohtd_history_run *run);

/* The clock has been set: where cycle 0 is on it. */
int ohtd_db_history_anchor(struct ohtd_db *db, const struct ohtd_history_run *run);

/**
 * struct ohtd_history_signal - what makes a signal another one in the file
 * @name: of the signal
 * @unit: "" without one
 * @type: a word
 * @origin: MODULE/REGISTER of one that a table of the user names; "": it is built in
 * @decimals: a value is the integer divided by 10^decimals
 */
struct ohtd_history_signal {
	const char *name, *unit, *type, *origin;
	unsigned int decimals;
};

/* Number of a signal, which is made if it is new; or a negative errno. */
int64_t ohtd_db_history_signal(struct ohtd_db *db, const struct ohtd_history_signal *signal);

/* The greatest number of a signal, 0 without one; or a negative errno. */
int64_t ohtd_db_history_newest_signal(struct ohtd_db *db);

struct ohtd_history_interval {
	int64_t run, first, cycles;
	const void *columns, *samples;
	size_t columns_bytes, samples_bytes;
};

int ohtd_db_history_add(struct ohtd_db *db, const struct ohtd_history_interval *interval);
int ohtd_db_history_add_gap(struct ohtd_db *db, const struct ohtd_history_gap *gap);

/* The first interval: 1 with its run and first cycle, 0 none. */
int ohtd_db_history_oldest(struct ohtd_db *db, int64_t *run, int64_t *first);

/* First cycle of the first interval of @run; -ENOENT: there is none. */
int64_t ohtd_db_history_first_interval(struct ohtd_db *db, int64_t run);

/* Columns or samples of the intervals of @run from cycle @from to before @to, in order. */
int ohtd_db_history_intervals(struct ohtd_db *db, bool samples, int64_t run, int64_t from,
			      int64_t to, ohtd_history_reader reader, void *arg);

/* Cycle behind the last interval of @run in front of @before; 0: there is none. */
int64_t ohtd_db_history_interval_end(struct ohtd_db *db, int64_t run, int64_t before);

/* In place of one that is there. */
int ohtd_db_history_put_chunk(struct ohtd_db *db, unsigned int level, int64_t signal, int64_t chunk,
			      const struct ohtd_history_piece *piece);

/* Chunks @from to @to of a signal, in order; piece.first is the number of the chunk. */
int ohtd_db_history_chunks(struct ohtd_db *db, unsigned int level, int64_t signal, int64_t run,
			   int64_t from, int64_t to, ohtd_history_reader reader, void *arg);

/*
 * Moves at most @max chunks that a program of before schema 3 has put where samples are; before anything is
 * sealed. @after: where the last step has ended, at first 0. 1: there may be more, 0, or a negative errno.
 */
int ohtd_db_history_move(struct ohtd_db *db, int64_t *after, int max);

/* Is there a chunk of samples of any signal? 1, 0, or a negative errno. */
int ohtd_db_history_has_chunk(struct ohtd_db *db, int64_t run, int64_t chunk);

/* Drops the intervals of @run from cycle @from to before @to: they are in chunks. */
int ohtd_db_history_drop_intervals(struct ohtd_db *db, int64_t run, int64_t from, int64_t to);

/*
 * The newest @max runs that were there between two times of day, in order; returns how many.
 * @end of one that has not ended: as far as intervals are kept.
 */
int ohtd_db_history_runs(struct ohtd_db *db, int64_t from_ns, int64_t to_ns,
			 struct ohtd_history_run *runs, int max);

/* The first run behind number @behind of those that were there between two times of day: 1, or 0 without one. */
int ohtd_db_history_next_run(struct ohtd_db *db, int64_t from_ns, int64_t to_ns, int64_t behind,
			     struct ohtd_history_run *run);

/* Gaps of @run between two cycles, in order, at most @max; returns how many. */
int ohtd_db_history_gaps(struct ohtd_db *db, int64_t run, int64_t from, int64_t to,
			 struct ohtd_history_gap *gaps, int max);

/*
 * Drops at most @max chunks of @level that ended before a time of day, the oldest first;
 * returns how many.
 */
int ohtd_db_history_drop_old(struct ohtd_db *db, unsigned int level, int64_t span_ns,
			     int64_t before_ns, int max);

/*
 * Has a run begun more than @away_ns behind the end of the one before, and has less than @ran_ns been kept since that begin? 1, 0 or
 * a negative errno.
 */
int ohtd_db_history_leapt(struct ohtd_db *db, int64_t away_ns, int64_t ran_ns);

/* When the oldest chunk of @level of all runs began, or the oldest interval, or the run that goes on: 1, or 0 without one. */
int ohtd_db_history_reaches(struct ohtd_db *db, unsigned int level, int64_t chunk_cycles, int64_t *from_ns);

/* Runs and gaps without anything left, of runs before @run. */
int ohtd_db_history_drop_empty(struct ohtd_db *db, int64_t run);

/* Gives at most @pages pages of the file back to the disk: 1 if there may be more, 0, or a negative errno. */
int ohtd_db_history_give_back(struct ohtd_db *db, int pages);

/* Bytes of the file that are in use. */
int64_t ohtd_db_history_bytes(struct ohtd_db *db);

#endif /* OHTD_HISTORY_ROWS_H */
