/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this folder share: the scenario that runs.
 * Contexts: as training.h, under its lock.
 * Locks:    see training.h.
 */
#ifndef OHTD_TRAINING_PRIVATE_H
#define OHTD_TRAINING_PRIVATE_H

#include <pthread.h>

#include "control/robot.h"
#include "training/training.h"

struct ohtd_audit;
struct ohtd_clock;
struct ohtd_courses;

/* Words for why a run failed or ended. */
#define OHTD_TRAINING_TIME	"time"		/* OHTD_TRAINING_LIMIT_S are over */
#define OHTD_TRAINING_PERSON	"person"	/* a person has ended it */
#define OHTD_TRAINING_RESTART	"restart"	/* of ohtd */
#define OHTD_TRAINING_SIMULATOR	"simulator"	/* it does not answer any more */

/* What the control thread has been asked for and has not answered. */
enum ohtd_training_asked {
	OHTD_TRAINING_NOTHING,
	OHTD_TRAINING_LOOK,		/* the registers of the training unit */
	OHTD_TRAINING_TAKE,		/* a person begins */
	OHTD_TRAINING_MAKE,		/* the situation of the run */
	OHTD_TRAINING_UNDO,		/* none */
};

/**
 * struct ohtd_training - see training.h
 * @simulated: ohtd.conf says so
 * @lock: for all but @view
 * @begun: what the last run of ohtd left running has ended in the store
 * @run: that runs, or has ended and is not kept yet; id 0: none
 * @scenario: of @run
 * @until_ns: its limit, CLOCK_MONOTONIC
 * @unkept: @run is not on the disk as it is here
 * @reader: place in the ring of events
 * @undo: the simulator may have a situation that is over
 * @heard: the training unit answered the last time
 * @known: bit of each situation that it can make
 * @present: the bus was there in the last turn
 * @looks: so often the training unit is asked yet, unless it answers
 * @next_ns: before that nothing is asked again
 * @asked: enum ohtd_training_asked
 * @order: id in the link of the newest command
 * @answer: to it
 * @tries: so often the simulator has not done what it was asked
 * @snapshot: the robot in this turn
 * @view_lock: for @view
 * @view: what looks are answered with
 */
struct ohtd_training {
	struct ohtd_store *store;
	struct ohtd_clock *clock;
	struct ohtd_robot *robot;
	struct ohtd_audit *audit;
	struct ohtd_courses *courses;
	struct ohtd_link *link;
	bool simulated;
	pthread_mutex_t lock;
	bool begun;
	struct ohtd_training_run run;
	const struct ohtd_training_scenario *scenario;
	uint64_t until_ns;
	bool unkept;
	struct ohtd_event_reader reader;
	bool undo;
	bool heard;
	unsigned int known;
	bool present;
	unsigned int looks;
	uint64_t next_ns;
	unsigned int asked;
	uint64_t order;
	struct ohtd_answer answer;
	unsigned int tries;
	struct ohtd_snapshot snapshot;
	pthread_mutex_t view_lock;
	struct ohtd_training_view view;
};

/* ---- steps.c ---- */

/* The step that comes next; NULL: none runs, or all were seen. */
const struct ohtd_training_step *ohtd_training_step(const struct ohtd_training *training);

/* Goes on behind each step that the robot has recorded. */
void ohtd_training_follow(struct ohtd_training *training);

/* ---- simulator.c ---- */

/* Asks the control thread. @by: a person begins; NULL: the daemon itself. 0 or a negative errno. */
int ohtd_training_ask(struct ohtd_training *training, unsigned int asked, const struct ohtd_training_act *by);

/* Takes the answer, if it has come. */
void ohtd_training_hear(struct ohtd_training *training);

/* Waits for the answer. 0, or -EAGAIN: it did not come. */
int ohtd_training_await(struct ohtd_training *training);

/* Asks for what is due. */
void ohtd_training_turn(struct ohtd_training *training);

/* Robot as it is, into @training->snapshot. */
bool ohtd_training_see(struct ohtd_training *training);

/* Does the robot stand at its dock, or is it not known where? */
bool ohtd_training_is_docked(const struct ohtd_training *training);

/* ---- training.c ---- */

/* The step that comes next was seen. */
void ohtd_training_pass_step(struct ohtd_training *training);

/* The run is over: @state is OHTD_TRAINING_*, @reason a word or "". */
void ohtd_training_finish(struct ohtd_training *training, const char *state, const char *reason);

#endif /* OHTD_TRAINING_PRIVATE_H */
