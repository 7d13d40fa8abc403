/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the runs of scenarios: one row each, of which the newest are kept.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call() and ohtd_store_read().
 * Locks:    none.
 */
#ifndef OHTD_TRAINING_ROWS_H
#define OHTD_TRAINING_ROWS_H

#include <stdint.h>

struct ohtd_db;

#define OHTD_TRAINING_KEPT		1000
#define OHTD_TRAINING_RECENT		10
#define OHTD_TRAINING_STEPS_MAX		10
#define OHTD_TRAINING_WORD_BYTES	32
#define OHTD_TRAINING_PERSON_BYTES	65
#define OHTD_TRAINING_TIMES_BYTES	(OHTD_TRAINING_STEPS_MAX * 20 + 1)

#define OHTD_TRAINING_RUNNING	"running"
#define OHTD_TRAINING_PASSED	"passed"
#define OHTD_TRAINING_FAILED	"failed"
#define OHTD_TRAINING_ENDED	"ended"

/**
 * struct ohtd_training_run - a scenario that a person has begun
 * @id: running, never given twice
 * @name: which scenario
 * @person: account, or words for a local user
 * @user_id: of the account; 0: a local user
 * @state: OHTD_TRAINING_*
 * @reason: word for why it failed or ended; ""
 * @done: steps that were seen, in their order
 * @times: wall clock in ns of each of them, with blanks between
 * @began_ns: wall clock
 * @ended_ns: 0: not yet
 */
struct ohtd_training_run {
	int64_t id;
	char name[OHTD_TRAINING_WORD_BYTES];
	char person[OHTD_TRAINING_PERSON_BYTES];
	int64_t user_id;
	char state[OHTD_TRAINING_WORD_BYTES];
	char reason[OHTD_TRAINING_WORD_BYTES];
	int64_t done;
	char times[OHTD_TRAINING_TIMES_BYTES];
	int64_t began_ns;
	int64_t ended_ns;
};

/* The newest first. */
struct ohtd_training_runs {
	unsigned int count;
	struct ohtd_training_run items[OHTD_TRAINING_RECENT];
};

/* @run->id: out. Rows beyond OHTD_TRAINING_KEPT go. 0 or a negative errno. */
int ohtd_training_run_add(struct ohtd_db *db, struct ohtd_training_run *run);

/* State, reason, steps and end. 0 or a negative errno. */
int ohtd_training_run_keep(struct ohtd_db *db, const struct ohtd_training_run *run);

/* @run->id: which; out: all of it. 0, -ENOENT or a negative errno. */
int ohtd_training_run_get(struct ohtd_db *db, struct ohtd_training_run *run);

int ohtd_training_runs_read(struct ohtd_db *db, struct ohtd_training_runs *runs);

/* At a start: what the last run of ohtd left running has ended. How many, or a negative errno. */
int ohtd_training_runs_end(struct ohtd_db *db, const char *reason, int64_t now_ns);

#endif /* OHTD_TRAINING_ROWS_H */
