/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the rules that hold in each moment of a trial: a witness looks at robot, bus and rail behind
 *           each turn, and fails the test at the first rule that is broken. It counts what was told.
 * Contexts: one thread.
 * Locks:    none.
 *
 * The rules:
 * - each transition is a row of state_machine.csv, and the state changes by transitions only;
 * - while the stop is latched the robot is in no state with outputs, and outputs are high in a state
 *   without them only for as long as a controlled stop may take;
 * - in a state in which the robot is told to stand, the wheels stand 2.5 s behind the word, or the outputs are
 *   low; and what turns later by itself has its outputs low before it has gone far;
 * - from the word to stand (the end of a motion, a fault) until the outputs are low, the wheels go no further than
 *   a healthy ramp goes, together with what they went beyond the plan and its speed before that;
 * - while the outputs are low nothing tells the drive to move. Without power the wheels only become slower, and they stand
 *   within a second; if they turn on by a welded relay, that is told as an emergency before they have turned far, as long as
 *   a drive that reports its speed is heard; and nothing that stands is told as one;
 * - commands have numbers without gaps; each begins or waits, and ends once, with a reason if it fails;
 *   one at a time does not wait;
 * - no jog begins by a key that is still held when its request was refused before;
 * - speed and position keep their limits, as far as the robot can know its position.
 */
#ifndef OHTD_TEST_WITNESS_H
#define OHTD_TEST_WITNESS_H

#include "virtual_run.h"

#define WITNESS_COMMANDS	256	/* more than ever wait */

/**
 * struct witness - zeroed, then witness_begin()
 * @state: after the last transition
 * @command: the newest one that does not wait, as it was told last
 * @number: greatest number of a command
 * @told_state: of the newest commands, by their numbers
 * @begun: commands
 * @ended: commands that have ended, by enum ohtd_command_state
 * @entered: transitions into another state, by enum ohtd_state
 * @alerts: by enum ohtd_why_code
 * @told: called with each record; may be NULL
 */
struct witness {
	struct virtual_run *run;
	void (*inner)(void *context);
	void *inner_context;
	struct ohtd_event_reader reader;
	unsigned int starts;
	bool restarted;
	unsigned int state;
	uint64_t low_since_ns;		/* without power; 0: it has power */
	uint64_t turns_since_ns;	/* outputs low, the wheels turn, and the drive says so; 0: not */
	uint64_t turned_ns;		/* outputs low, and the wheels turned last */
	double untold_mm;		/* way of the wheels, from a second behind that, without an emergency */
	bool emergency;
	unsigned int emergencies;	/* of a motion with the outputs low */
	uint64_t unled_since_ns;
	double wheel_mm_s;
	uint64_t stand_since_ns;	/* told to stand, with outputs high; 0: it is not */
	double stray_mm;		/* way of the wheels, from 2.5 s behind that */
	uint64_t looked_ns;
	bool free;			/* the drive may do what it likes, and registers may lie: speed, soft limits and what is told are not held */
	bool slips;			/* the wheels may be in front of the plan */
	bool hides;			/* a module may say what is not, or nothing */
	bool fails_twice;		/* two things may fail: what one of them hides is seen later */
	bool moves;			/* in motion with the outputs high, at the last look */
	bool jogs;
	double over_mm;			/* faster than the command's limit, since the motion began */
	double limit_mm_s;		/* that limit, as soon as the load lets the robot keep it */
	double ahead_mm;		/* of the wheels in front of the plan, since then */
	double ahead_way;		/* in which direction, as told: 1 or -1 */
	double wrong_mm;		/* and against the direction that the drive was told */
	double word_mm_s;		/* of the wheels at the word, but no faster than the limit */
	double word_kg;			/* the highest load since the motion began */
	double word_mm;			/* way of the wheels since then */
	double worst_mm, worst_wrong_mm;	/* see witness_beyond_mm() */
	struct ohtd_command_view command;
	uint64_t number;
	uint8_t told_state[WITNESS_COMMANDS];
	unsigned int begun;
	unsigned int ended[OHTD_COMMAND_STATES];
	unsigned int entered[OHTD_STATES];
	unsigned int alerts[OHTD_WHYS];
	void (*told)(void *context, const struct ohtd_event_record *record);
	void *told_context;
};

/*
 * How far the wheels have gone beyond what they were told: in front of the plan or above its speed while it moved, and further than
 * a healthy ramp since the word to stand.
 */
double witness_beyond_mm(const struct witness *w);

/* Looks on from now on, until the run ends. */
void witness_begin(struct witness *w, struct virtual_run *run);

#endif
