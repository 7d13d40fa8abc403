/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the scenario that runs: its fault in the simulator, and which steps the robot has recorded.
 * Contexts: open, close: main thread. Tick: a worker, one at a time. Acts: workers. Look: any thread but the control thread.
 * Locks:    one mutex, also held while the store writes and while the control thread is waited for; another for what looks see.
 *
 * A scenario is a fault of the simulated robot and what a person has to do about it. The simulator makes the fault, by its training
 * unit on the wire (common/training.h). Without a simulator at the other end of the wire there is none, whatever ohtd.conf says, and a
 * robot that ohtd.conf does not call simulated is never asked for one. One scenario runs at a time. Its steps come in their order, each
 * seen in the robot's own records. A restart of ohtd ends it.
 */
#ifndef OHTD_TRAINING_TRAINING_H
#define OHTD_TRAINING_TRAINING_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/principal.h"
#include "robot/command.h"
#include "training/rows.h"

struct ohtd_daemon_part;
struct ohtd_store;
struct ohtd_training;

/* A scenario that is not passed by then has failed. */
#define OHTD_TRAINING_LIMIT_S	900

/* How a step is seen. */
enum ohtd_training_step_kind {
	OHTD_TRAINING_HAPPENS,		/* not seen: the simulator makes the situation now */
	OHTD_TRAINING_MENDED,		/* a person says so, and the situation ends */
	OHTD_TRAINING_DRIVES,		/* it is in motion, and has some speed */
	OHTD_TRAINING_STOPPED,		/* state estop or fault */
	OHTD_TRAINING_BLOCKED,
	OHTD_TRAINING_GOES_ON,		/* in motion behind blocked or paused */
	OHTD_TRAINING_RESET,		/* state safe */
	OHTD_TRAINING_ENABLED,		/* state idle */
	OHTD_TRAINING_ARRIVES,		/* a move has finished */
	OHTD_TRAINING_DOCK_FAILS,	/* a dock command has failed */
	OHTD_TRAINING_DOCKS,		/* a dock command has finished */
	OHTD_TRAINING_CHARGE_LOW,
	OHTD_TRAINING_MODULE_UNWELL,	/* the dock module does not answer as it should */
	OHTD_TRAINING_MODULE_WELL,
};

struct ohtd_training_step {
	uint8_t kind;
	const char *text;
};

/**
 * struct ohtd_training_scenario - what can be begun
 * @name: for programs
 * @title: for people
 * @happens: what happens
 * @way_out: how a person gets out of it
 * @situation: enum oht_training_situation
 * @away: it begins away from the dock
 * @steps: in their order
 * @count: of @steps
 */
struct ohtd_training_scenario {
	const char *name;
	const char *title;
	const char *happens;
	const char *way_out;
	uint8_t situation;
	bool away;
	struct ohtd_training_step steps[OHTD_TRAINING_STEPS_MAX];
	unsigned int count;
};

#define OHTD_TRAINING_SCENARIOS	7

/* NULL behind the last one. */
const struct ohtd_training_scenario *ohtd_training_scenario(unsigned int i);
const struct ohtd_training_scenario *ohtd_training_find(const char *name);

/* Why a scenario cannot be begun now; NONE: it can. */
enum ohtd_training_why {
	OHTD_TRAINING_WHY_NONE,
	OHTD_TRAINING_WHY_REAL,		/* ohtd.conf does not say that the robot is simulated */
	OHTD_TRAINING_WHY_NO_SIMULATOR,	/* no simulator answers at the training unit */
	OHTD_TRAINING_WHY_UNKNOWN,	/* the simulator there cannot make it */
	OHTD_TRAINING_WHY_RUNS,		/* another one runs */
	OHTD_TRAINING_WHY_DOCKED,	/* it begins away from the dock */
};

/**
 * struct ohtd_training_view - what is asked now
 * @run: that runs; id 0: none does
 * @why: of each scenario, enum ohtd_training_why
 */
struct ohtd_training_view {
	struct ohtd_training_run run;
	uint8_t why[OHTD_TRAINING_SCENARIOS];
};

/**
 * struct ohtd_training_act - what a person asks; zeroed but for the first three
 * @who: as the request has it
 * @by: the same for the control thread
 * @run: of a begin @run.name says which scenario, else @run.id which run; out: all of it
 * @why: out, with -EPERM: enum ohtd_training_why
 * @answer: out, with -ECANCELED: what the control thread said
 */
struct ohtd_training_act {
	struct ohtd_principal who;
	struct ohtd_holder by;
	struct ohtd_training_run run;
	unsigned int why;
	struct ohtd_answer answer;
};

/*
 * 0, -ENOENT: no such scenario or run, -EPERM: see @act->why, -ECANCELED: the control thread has refused, see @act->answer, -EAGAIN: it does
 * not answer or takes no command, or a negative errno of the store. Context: a worker.
 */
int ohtd_training_begin(struct ohtd_training *training, struct ohtd_training_act *act);

/* The same, and -EALREADY: the run is over, -EACCES: it is that of another person, -EINPROGRESS: nothing has happened yet that could be mended. */
int ohtd_training_mend(struct ohtd_training *training, struct ohtd_training_act *act);
int ohtd_training_end(struct ohtd_training *training, struct ohtd_training_act *act);

/* Any thread but the control thread. */
void ohtd_training_look(struct ohtd_training *training, struct ohtd_training_view *view);

/* part.c */
extern const struct ohtd_daemon_part ohtd_training_part;

#endif /* OHTD_TRAINING_TRAINING_H */
