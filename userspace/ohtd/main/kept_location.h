/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the file in which stands where the robot is, from run to run.
 * Contexts: recall: main thread, before the robot starts. Tick: a worker, one at a time. End: main thread, when no worker is left.
 * Locks:    none.
 */
#ifndef OHTD_MAIN_KEPT_LOCATION_H
#define OHTD_MAIN_KEPT_LOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "main/kept_file.h"
#include "robot/location.h"

struct ohtd_robot;

/**
 * struct ohtd_location_file - what the file says. Begins as zero
 * @file: of it
 * @written: as it was written or read last
 * @begun: @written is what stands there
 * @at_ns: CLOCK_MONOTONIC, when a place was written last
 */
struct ohtd_location_file {
	struct ohtd_kept_file file;
	struct ohtd_kept_location written;
	bool begun;
	uint64_t at_ns;
};

/* The robot goes on from where it was. A file that makes no sense is logged, and then nothing is known; one of another machine says nothing of this robot. */
void ohtd_kept_location_recall(const char *state_dir, struct ohtd_robot *robot, bool another_machine);

/* A robot that stands elsewhere than in the file is written down, now and then; one that leaves that place, at once. */
void ohtd_kept_location_tick(struct ohtd_location_file *file, const char *state_dir, struct ohtd_robot *robot, uint64_t now_ns);

/* The last look at the robot. */
void ohtd_kept_location_end(struct ohtd_location_file *file, const char *state_dir, struct ohtd_robot *robot);

#endif /* OHTD_MAIN_KEPT_LOCATION_H */
