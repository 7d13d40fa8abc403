/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which parts the daemon has (parts.def).
 * Contexts: hand: main thread. Tick: a worker.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_PARTS_H
#define OHTD_MAIN_PARTS_H

#include <stdbool.h>
#include <stddef.h>

struct ohtd_services;

/* Hands the parts to those rooms that ask each of them. Before other threads start. False: a limit is reached, which @why names. */
bool ohtd_main_hand_parts(struct ohtd_services *services, char *why, size_t size);

/* All that is to be done some times a second and may wait for a disk. One call at a time. */
void ohtd_main_tick_parts(const struct ohtd_services *services);

#endif /* OHTD_MAIN_PARTS_H */
