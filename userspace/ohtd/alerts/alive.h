/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the judgement whether the daemon's threads go on, and whether a restart may help.
 * Contexts: main thread, loops; nothing here waits.
 * Locks:    none of its own; see ohtd_robot_snapshot() and ohtd_store_look().
 */
#ifndef OHTD_ALERTS_ALIVE_H
#define OHTD_ALERTS_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

struct ohtd_snapshot;
struct ohtd_store;

/* A control thread whose newest snapshot is older than this, times the time factor, is stalled. */
#define OHTD_CONTROL_STALLED_MS	500
/*
 * A store that has been hung for longer does not come back by itself. The robot needs no store, so
 * only a robot that is not enabled is restarted for it.
 */
#define OHTD_STORE_LOST_MS	600000

/**
 * struct ohtd_alive - which threads go on
 * @control_age_ms: of the newest snapshot
 * @control: the control thread completes cycles
 * @loops: every loop makes progress, as far as the control thread has seen
 * @store_lost: the store has been hung for too long, and the robot is not enabled
 */
struct ohtd_alive {
	uint64_t control_age_ms;
	bool control;
	bool loops;
	bool store_lost;
};

/* @now_ns: monotonic. @store may be NULL. */
void ohtd_alive_look(struct ohtd_alive *alive, const struct ohtd_snapshot *snapshot,
		     struct ohtd_store *store, uint64_t now_ns);

/* True if the control thread and all loops go on. */
bool ohtd_alive_all(const struct ohtd_alive *alive);

/* True if the daemon goes on by itself, so that the service manager need not restart it. */
bool ohtd_alive_needs_no_restart(const struct ohtd_alive *alive);

#endif /* OHTD_ALERTS_ALIVE_H */
