/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the main thread looks after while the daemon runs: the time of day, the certificate, alerts,
 *           and whether the other threads go on, which is what the service manager hears of.
 * Contexts: main thread; files are read and written by a worker, since a disk may hang.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_UPKEEP_H
#define OHTD_MAIN_UPKEEP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/workers.h"
#include "control/robot.h"
#include "main/kept_location.h"
#include "main/kept_profiles.h"

struct ohtd_history;
struct ohtd_services;
struct ohtd_settings;

/* Has the history keep what the configuration says, as far as that is sure to stay. Before the robot starts, too, so that it holds for the first cycle. */
void ohtd_upkeep_past(struct ohtd_settings *settings, struct ohtd_history *history);

/* How often ohtd_upkeep() and ohtd_upkeep_alerts() want to be called. */
#define OHTD_UPKEEP_MS		250
#define OHTD_UPKEEP_ALERTS_MS	100

/* The upper three members and @marked are the caller's; the rest begins as zero. Outlives the workers. */
struct ohtd_upkeep {
	const struct ohtd_services *services;
	const char *boot_id;
	int wake_fd;			/* an eventfd that the main thread waits for */
	uint32_t jumps_told;
	int64_t moved_told_ns;
	uint64_t tell_jumps_ns;		/* boot time from which jumps are told again */
	uint64_t corrected_told_ns;
	bool stalled_told;
	struct ohtd_event_reader robot_told;
	bool watched;			/* the service manager wants to hear of us */

	atomic_uint wanted;		/* of a worker, and not begun */
	/* The worker's while @files_busy. */
	atomic_bool files_busy;
	unsigned int files_wanted;
	struct ohtd_work files;
	bool marked;			/* the next start will see whether this run was cut; begins as the start has it */
	bool administered;		/* the state folder has its mark */
	uint32_t jumps_stored;
	uint64_t corrected_stored_ns;
	uint64_t store_time_ns;		/* boot time at which the time is stored again */
	struct ohtd_kept_profiles kept_profiles;
	struct ohtd_location_file location;
};

/* Tells the service manager that the daemon is ready. */
void ohtd_upkeep_begin(struct ohtd_upkeep *upkeep);

/*
 * Tells of jumps of the clock, at most once an hour, and of what the robot did, has what became of commands written, tells history how much
 * of the past is kept, has the time
 * stored now and then and the certificate renewed in time, and
 * pets the watchdog of the service manager while all threads go on.
 */
void ohtd_upkeep(struct ohtd_upkeep *upkeep);

/**
 * ohtd_main_robot_changed() - have the parts that give commands look at the robot
 * @upkeep: of the daemon
 *
 * To be called when the control thread has told of a change: a mission that was interrupted says so, and its next leg begins, at once.
 */
void ohtd_main_robot_changed(struct ohtd_upkeep *upkeep);

/**
 * ohtd_upkeep_alerts() - judge what is not well now, and have alerts kept, and told elsewhere
 * @upkeep: of the daemon
 *
 * To be called at once when the robot stops, too, so that the shortest stop is kept.
 */
void ohtd_upkeep_alerts(const struct ohtd_upkeep *upkeep);

/* Tells the service manager that the daemon ends. */
void ohtd_upkeep_end(struct ohtd_upkeep *upkeep);

/* The same of a configuration that is read anew, before and after. */
void ohtd_upkeep_reloading(const struct ohtd_upkeep *upkeep);
void ohtd_upkeep_reloaded(const struct ohtd_upkeep *upkeep);

#endif /* OHTD_MAIN_UPKEEP_H */
