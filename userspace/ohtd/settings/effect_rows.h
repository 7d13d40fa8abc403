/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what is kept of the effect of a version of the configuration: counts of before and of behind it.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_SETTINGS_EFFECT_ROWS_H
#define OHTD_SETTINGS_EFFECT_ROWS_H

#include <stdint.h>

struct ohtd_db;

#define OHTD_EFFECT_ENDED_BYTES	8

/**
 * struct ohtd_config_counts - what was counted in a span; -1: not known
 * @cycles: of the bus's grid
 * @missed: of these, not begun
 * @exceeded: of these, not over in time
 * @exchanges: with modules, also repeated ones
 * @failed: of these, without a good answer
 * @control_cycles: of the control thread
 * @control_missed: points of its grid that were skipped
 * @control_late_us: 99 of 100 of its cycles began at most so late, rounded up to a power of two of 16 us
 * @alerts: that were raised
 */
struct ohtd_config_counts {
	int64_t cycles;
	int64_t missed;
	int64_t exceeded;
	int64_t exchanges;
	int64_t failed;
	int64_t control_cycles;
	int64_t control_missed;
	int64_t control_late_us;
	int64_t alerts;
};

/**
 * struct ohtd_config_effect - the effect of a version
 * @version: which
 * @ended: why the span behind it has ended: "time", "version" (another one went live) or "stop" (of ohtd)
 * @before_ms: length of the span before it went live; 0: there is none
 * @after_ms: length of the span since then
 * @before: counted in the first
 * @after: counted in the second
 */
struct ohtd_config_effect {
	int64_t version;
	char ended[OHTD_EFFECT_ENDED_BYTES];
	int64_t before_ms;
	int64_t after_ms;
	struct ohtd_config_counts before;
	struct ohtd_config_counts after;
};

/* Keeps the effect of a version that is there. 0 or a negative errno. */
int ohtd_db_config_effect_add(struct ohtd_db *db, const struct ohtd_config_effect *effect);

/* The effect of @effect->version. 0, -ENOENT: none is known, or another negative errno. */
int ohtd_db_config_effect_get(struct ohtd_db *db, struct ohtd_config_effect *effect);

#endif /* OHTD_SETTINGS_EFFECT_ROWS_H */
