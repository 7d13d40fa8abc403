/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the main thread looks after while the daemon runs: the time of day, and whether the
 *           other threads go on, which is what the service manager hears of.
 * Contexts: main thread.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_UPKEEP_H
#define OHTD_MAIN_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

struct ohtd_clock;
struct ohtd_robot;
struct ohtd_store;

/* How often ohtd_upkeep() wants to be called. */
#define OHTD_UPKEEP_MS	250

/* The upper five members are the caller's; the rest begins as zero. */
struct ohtd_upkeep {
	const char *state_dir;
	const char *boot_id;
	struct ohtd_clock *clock;
	struct ohtd_robot *robot;
	struct ohtd_store *store;
	uint32_t jumps_told;
	bool stalled_told;
	bool watched;			/* the service manager wants to hear of us */
	uint64_t store_time_ns;		/* boot time at which the time is stored again */
};

/* Tells the service manager that the daemon is ready. */
void ohtd_upkeep_begin(struct ohtd_upkeep *upkeep);

/*
 * Tells of jumps of the clock, stores the time now and then, and pets the watchdog of the service
 * manager while all threads go on.
 */
void ohtd_upkeep(struct ohtd_upkeep *upkeep);

/* Tells the service manager that the daemon ends. */
void ohtd_upkeep_end(struct ohtd_upkeep *upkeep);

/* The same of a configuration that is read anew, before and after. */
void ohtd_upkeep_reloading(const struct ohtd_upkeep *upkeep);
void ohtd_upkeep_reloaded(const struct ohtd_upkeep *upkeep);

#endif /* OHTD_MAIN_UPKEEP_H */
