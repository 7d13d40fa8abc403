/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what a view of the robot is made from: one for a request, one for the channels of live data.
 * Contexts: a loop.
 * Locks:    none.
 */
#ifndef OHTD_VIEWS_SCENE_H
#define OHTD_VIEWS_SCENE_H

#include <stddef.h>
#include <stdint.h>

#include "json/member.h"
#include "json/writer.h"
#include "robot/snapshot.h"

struct ohtd_alert_list;
struct ohtd_ended;
struct ohtd_logged;
struct ohtd_services;

/**
 * struct ohtd_scene - the robot at a moment, and where views of it are made
 * @snapshot: the robot
 * @services: of the daemon: robot, clock, store and so on
 * @now_ns: CLOCK_MONOTONIC, from which ages count
 * @wall_ns: time of day at @now_ns, so that all members agree on when a moment was
 * @stops_repeated: requests for a stop while stopped already
 * @ended: what has ended of late; only for channels, else NULL
 * @logged: lines of the log to tell; only for channels, else NULL
 * @alerts: keeps the list that the first view has made, for the others; only for channels, else NULL
 * @memory: of the views
 */
struct ohtd_scene {
	const struct ohtd_snapshot *snapshot;
	const struct ohtd_services *services;
	uint64_t now_ns;
	int64_t wall_ns;
	unsigned long stops_repeated;
	const struct ohtd_ended *ended;
	const struct ohtd_logged *logged;
	const struct ohtd_alert_list **alerts;
	const struct ohtd_memory *memory;
};

/**
 * struct ohtd_view - a struct that is answered to requests and told in a channel
 * @shape: describes the struct
 * @make: makes it in the memory of the scene
 */
struct ohtd_view {
	const struct ohtd_shape *shape;
	const void *(*make)(const struct ohtd_scene *scene);
};

/* Zeroed memory. Never NULL. */
void *ohtd_scene_alloc(const struct ohtd_scene *scene, size_t bytes);
/* Reads the clocks for @now_ns and @wall_ns. */
void ohtd_scene_take_time(struct ohtd_scene *scene);
/* Milliseconds since a moment of CLOCK_MONOTONIC; OHTD_NONE, or null, when it is 0. */
int64_t ohtd_scene_age_ms(const struct ohtd_scene *scene, uint64_t time_ns);
/* Age of the snapshot itself; -1: the control thread has not run yet. */
int64_t ohtd_scene_own_age_ms(const struct ohtd_scene *scene);
/* Time of day of a moment of CLOCK_MONOTONIC; OHTD_NONE when it is 0. */
int64_t ohtd_scene_wall_ns(const struct ohtd_scene *scene, uint64_t time_ns);

#endif /* OHTD_VIEWS_SCENE_H */
