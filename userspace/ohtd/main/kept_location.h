/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the file in which stands where the robot is, from run to run.
 * Contexts: recall: main thread, before the robot starts. Tick, now: a worker, which may wait for the disk; now also the main thread, when
 *           no worker is left.
 * Locks:    location_file.lock, held for a look and a write.
 */
#ifndef OHTD_MAIN_KEPT_LOCATION_H
#define OHTD_MAIN_KEPT_LOCATION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "main/kept_file.h"
#include "robot/location.h"

struct ohtd_robot;

/**
 * struct ohtd_location_file - what the file says. Begins with its lock, and zero
 * @lock: for all of it
 * @file: of it
 * @written: as it was written or read last
 * @begun: @written is what stands there
 * @at_ns: CLOCK_MONOTONIC, when a place was written last
 */
struct ohtd_location_file {
	pthread_mutex_t lock;
	struct ohtd_kept_file file;
	struct ohtd_kept_location written;
	bool begun;
	uint64_t at_ns;
};

/* The robot goes on from where it was. A file that makes no sense is logged, and then nothing is known; one of another machine says nothing of this robot. */
void ohtd_kept_location_recall(const char *state_dir, struct ohtd_robot *robot, bool another_machine);

/* A robot that stands elsewhere than in the file is written down, now and then; one that leaves that place, at once. */
void ohtd_kept_location_tick(struct ohtd_location_file *file, const char *state_dir, struct ohtd_robot *robot, uint64_t now_ns);

/* The place of the robot is in the file when this returns 0, or it was there before. Else a negative errno, and the log says it. */
int ohtd_kept_location_now(struct ohtd_location_file *file, const char *state_dir, struct ohtd_robot *robot, uint64_t now_ns);

#endif /* OHTD_MAIN_KEPT_LOCATION_H */
