/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     control logic and module simulator in one process and in virtual time, and a seed that
 *           presses buttons, gives commands and disturbs the wire.
 * Contexts: one thread.
 * Locks:    none.
 */
#ifndef OHTD_TEST_VIRTUAL_RUN_H
#define OHTD_TEST_VIRTUAL_RUN_H

#include "robot_fixture.h"
#include "station.h"

struct virtual_run {
	struct fixture *f;
	struct oht_modmap *modmap;
	struct oht_sim_station station;
	uint64_t dice;
};

/* A failure fails the test. */
void virtual_begin(struct virtual_run *run, uint64_t seed);
void virtual_end(struct virtual_run *run);

/* 0 to @sides - 1 */
unsigned int virtual_roll(struct virtual_run *run, unsigned int sides);

/* What a person, a client or the wire may do; or nothing. */
void virtual_act(struct virtual_run *run);

#endif
