/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the judgement whether the daemon's threads go on: control thread, loops, store.
 * Contexts: main thread, loops; nothing here waits.
 * Locks:    none of its own; see ohtd_robot_snapshot() and ohtd_store_look().
 */
#ifndef OHTD_HTTP_ALIVE_H
#define OHTD_HTTP_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

struct ohtd_snapshot;
struct ohtd_store;

/* A control thread whose newest snapshot is older than this, times the time factor, is stalled. */
#define OHTD_CONTROL_STALLED_MS	500
/* A store that works on one group for so long is not slow any more: it does not come back. */
#define OHTD_STORE_HUNG_MS	10000

/**
 * struct ohtd_alive - who goes on
 * @control_age_ms: of the newest snapshot
 * @control: the control thread completes cycles
 * @loops: every loop makes progress, as far as the control thread has seen
 * @store: the store thread is not stuck
 */
struct ohtd_alive {
	uint64_t control_age_ms;
	bool control;
	bool loops;
	bool store;
};

/* @now_ns: monotonic. @store may be NULL. */
void ohtd_alive_look(struct ohtd_alive *alive, const struct ohtd_snapshot *snapshot,
		     struct ohtd_store *store, uint64_t now_ns);

/* True if all go on. */
bool ohtd_alive_all(const struct ohtd_alive *alive);

#endif /* OHTD_HTTP_ALIVE_H */
