/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     control logic and module simulator in one process and in virtual time, and a seed by which
 *           persons, clients, modules, the wire and the computer act.
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef OHTD_TEST_VIRTUAL_RUN_H
#define OHTD_TEST_VIRTUAL_RUN_H

#include "robot_fixture.h"
#include "station.h"

/**
 * struct virtual_key - a key that is held: the same jog again and again, whatever else happens
 * @down: it is held
 * @number: of the press, from 1; its requests have this as their number, too
 * @last_ns: of the newest request
 * @next_ns: of the next one
 * @refused: a request of this hold was refused: no later one may begin a jog
 * @jog: the request
 */
struct virtual_key {
	bool down;
	uint64_t number;
	uint64_t last_ns;
	uint64_t next_ns;
	bool refused;
	struct ohtd_command jog;
};

/**
 * struct virtual_run - a robot in virtual time
 * @dice: of the seed
 * @position_lies: something has happened by which the robot cannot know where it is
 * @left_out: of the acts, from the newest one on: a seed that was found before they were there
 * @disobeyed: something has happened to single registers of the drive
 * @welded: its power has stayed on with the outputs low
 * @asked: commands
 * @posted: of these, by the second link since the daemon began
 * @answered: of these, by an answer
 * @key: one that presses by the second link
 */
struct virtual_run {
	struct fixture *f;
	struct oht_modmap *modmap;
	struct oht_sim_station station;
	uint64_t dice;
	bool position_lies;
	unsigned int left_out;
	bool disobeyed;
	bool welded;
	uint64_t asked;
	uint64_t motion_posted_ns;	/* of the newest command that has begun or ended motion */
	unsigned int posted;
	unsigned int answered;
	struct virtual_key key;
};

/*
 * The simulator's drive has power while the enable outputs are high, and the simulator's truth is as
 * old as the last turn. A failure fails the test.
 */
void virtual_begin(struct virtual_run *run, uint64_t seed, enum oht_profile profile);
void virtual_end(struct virtual_run *run);

/* 0 to @sides - 1 */
unsigned int virtual_roll(struct virtual_run *run, unsigned int sides);

static inline uint64_t virtual_now_ns(const struct virtual_run *run)
{
	return atomic_load(&run->f->time.now_ns);
}

/* One line to the simulator, as docs/simulator.md has it; a refusal fails the test. */
void virtual_sim(struct virtual_run *run, const char *line);

/* ---- virtual_acts.c ---- */

/* What a person, a client, a module, the wire, the rail or the computer may do. */
void virtual_act(struct virtual_run *run);
/* The modules, the wire, the rail and the button are as they should be. */
void virtual_heal(struct virtual_run *run);
/* Counts the answers that wait at the second link, and sees whether the key was refused. */
void virtual_take_answers(struct virtual_run *run);
/* In each turn: presses the key that is held. */
void virtual_hold(struct virtual_run *run);
/* A person in control asks; the answer. */
struct ohtd_answer virtual_ask(struct virtual_run *run, const struct ohtd_command *said);
/* By the steps of docs/states.md to idle, at rest; fails the test after @limit_ms. */
void virtual_recover(struct virtual_run *run, unsigned int limit_ms);

#endif
