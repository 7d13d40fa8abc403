/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way of commands into the store: each phase that the control thread tells.
 * Contexts: main thread; writing is done by the thread of the store.
 * Locks:    none; one job at a time, whose end is an atomic.
 */
#ifndef OHTD_MAIN_COMMAND_KEEPER_H
#define OHTD_MAIN_COMMAND_KEEPER_H

#include <stdint.h>

struct ohtd_clock;
struct ohtd_keeper;
struct ohtd_life;
struct ohtd_robot;
struct ohtd_store;

/**
 * ohtd_keeper_create() - end what the last run left open, find the next number and the ids that are known
 * @store: outlives the keeper
 * @clock: the same
 * @given: out: numbers of commands up to this one may have been given already
 * @known: out: commands with an id that earlier runs have accepted
 *
 * A store that does not work does not keep the robot from starting: numbers then come from the time
 * of day, and so are greater than all before.
 *
 * Return: NULL: out of memory.
 */
struct ohtd_keeper *ohtd_keeper_create(struct ohtd_store *store, struct ohtd_clock *clock,
				       uint64_t *given, struct ohtd_life *known);

/* A few times a second: writes what is new. */
void ohtd_keeper_turn(struct ohtd_keeper *keeper, const struct ohtd_robot *robot);

/* The robot has ended: writes the rest and waits for it. NULL is allowed. */
void ohtd_keeper_end(struct ohtd_keeper *keeper, const struct ohtd_robot *robot);
void ohtd_keeper_destroy(struct ohtd_keeper *keeper);

#endif /* OHTD_MAIN_COMMAND_KEEPER_H */
