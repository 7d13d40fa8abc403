/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A history that is fed with the samples of a run, as fast as it takes them, and what the test knows of the run.
 *
 * Owns:     the history of the test, its clocks, and two runs. The program wraps ohtd_robot_sample() and
 *           ohtd_db_history_bytes() and ohtd_file_room().
 * Contexts: the test's main thread; the history's own threads ask for samples.
 * Locks:    none; the counters are atomic.
 */
#ifndef HISTORY_FIXTURE_H
#define HISTORY_FIXTURE_H

#include "base/clock.h"
#include "history/history.h"
#include "history_run.h"

#define CYCLE_NS	(25ll * 1000000)

extern const unsigned int history_signals[SIGNALS];
extern struct ohtd_manual_clock manual;
extern struct ohtd_history *history;
/* @run: one of the two, which is played. */
extern struct run first_run, second_run, *run;
/* Cycles that have come out of the ring, and are wanted; a hundred cycles from @lost_at on come too late. */
extern uint64_t given, wanted, lost_at;
extern uint64_t seed;
/* While there are more chunks the file is above every bound. */
extern int chunks_max;
/* Of the disk, besides its reserve; below 0: some of the reserve is gone. */
extern int64_t free_bytes;
/* Called in front of each reading of a clock, on any thread; NULL: nothing. */
extern void (*_Atomic before_reading)(void);
/* How much is kept at first. */
extern const struct ohtd_history_keep history_kept;

/* A folder and a clock; set-up and tear-down of a test. */
int history_set_up(void **state);
int history_tear_down(void **state);

/* A daemon starts: the first cycle of the run is at that moment. */
void history_start(struct run *of, uint64_t first_ns);
struct ohtd_history_view history_view(void);
/* Until that many cycles of the run have come out of the ring. */
void history_play(uint64_t cycles);
/* Until nothing waits for the disk. */
void history_await_flush(void);
/* Until the first @chunks are sealed. */
void history_await_seal(long long chunks);
/* Cycles of a run that have happened. */
int64_t history_cycles_of(const struct run *of);

#endif /* HISTORY_FIXTURE_H */
