/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the file in which the profiles stand that modules showed at the first sight, from run to run.
 * Contexts: recall: main thread, before the robot starts. Tick: a worker, one at a time.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_KEPT_PROFILES_H
#define OHTD_MAIN_KEPT_PROFILES_H

#include <stdint.h>

#include "main/kept_file.h"
#include "robot/profiles.h"

struct ohtd_robot;

/* The content that was written last. Begins as zero. */
struct ohtd_kept_profiles {
	struct ohtd_kept_file file;
	struct ohtd_profiles written;
};

/* The robot goes on with what @state_dir has. A file that makes no sense is told of and is none. */
void ohtd_kept_profiles_recall(const char *state_dir, struct ohtd_robot *robot);

/* Writes what the robot keeps, if it is not what was written last. */
void ohtd_kept_profiles_tick(struct ohtd_kept_profiles *kept, const char *state_dir, struct ohtd_robot *robot, uint64_t now_ns);

#endif /* OHTD_MAIN_KEPT_PROFILES_H */
