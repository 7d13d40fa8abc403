/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The robot as a fleet sees it: what is sent when, and what is done with what comes.
 *
 * Owns:     the state that was told last, the order in hand, refusals, instant actions.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef FLEET_VEHICLE_H
#define FLEET_VEHICLE_H

#include "oht-fleet/drive.h"
#include "oht-fleet/errors.h"
#include "oht-fleet/home.h"
#include "oht-fleet/ids.h"
#include "oht-fleet/judge.h"
#include "oht-fleet/link.h"
#include "oht-fleet/robot.h"

/* Hibernation: it comes to rest, tells that once more, and says nothing then. */
enum fleet_sleep { FLEET_AWAKE, FLEET_DOZES, FLEET_NODS, FLEET_ASLEEP };

/**
 * struct fleet_vehicle - the robot as a fleet sees it
 * @state: as it was built last
 * @told: what of the state was news when it was sent last; NULL: nothing was sent on this connection
 * @state_at: when the state was sent last
 * @asked: the state is sent even if it is no news
 * @factsheet_asked: the factsheet is sent even if it is no news
 * @sleep: whether it hibernates
 * @said_asleep: HIBERNATING is what was said of the connection last
 * @begun_at: when it was opened
 * @shown_at: when the position was sent last
 * @factsheet: as it was sent last on this connection, or NULL
 * @was_known: the robot has been known since the start
 * @ids_failed: the disk does not take header ids; said once
 */
struct fleet_vehicle {
	const struct fleet_settings *settings;
	struct fleet_link link;
	struct fleet_robot robot;
	struct fleet_ids ids;
	char ids_path[FLEET_PATH_BYTES + 16];
	struct fleet_job job;
	char job_path[FLEET_PATH_BYTES + 16];
	struct fleet_drive drive;
	struct fleet_home home;
	struct fleet_errors errors;
	struct fleet_instant_actions incoming;
	struct fleet_state state;
	char *told, *factsheet;
	int64_t state_at, shown_at, begun_at;
	enum fleet_sleep sleep;
	bool asked, factsheet_asked, said_asleep, was_known, ids_failed;
};

/* What an order is judged by now. */
struct fleet_judge fleet_vehicle_judge(const struct fleet_vehicle *vehicle);

/* Returns 0, or -1 with one line in @why. @vehicle is zeroed: what is never used takes no memory so. @settings stay the caller's. */
int fleet_vehicle_open(struct fleet_vehicle *vehicle, const struct fleet_settings *settings, char *why, size_t size);
void fleet_vehicle_close(struct fleet_vehicle *vehicle);

/* Does what is due; returns when to come again, as fleet_now_ms(). */
int64_t fleet_vehicle_work(struct fleet_vehicle *vehicle, int64_t now_ms);

/* Says OFFLINE and begins the end of the connection; fleet_link_has_ended() says when. */
void fleet_vehicle_end(struct fleet_vehicle *vehicle);

#endif /* FLEET_VEHICLE_H */
