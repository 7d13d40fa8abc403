/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The robot as Home Assistant finds it: a device with sensors and one button, which stops. Nothing here begins a motion.
 *
 * Owns:     what is announced at the broker, and the file that says so, by which it is taken back when it is switched off.
 * Contexts: the program's one thread; writes a small file behind a change of the settings.
 * Locks:    none.
 */
#ifndef FLEET_HOME_H
#define FLEET_HOME_H

#include "oht-fleet/link.h"
#include "oht-fleet/robot.h"
#include "oht-fleet/settings.h"

/* A byte of a name may become three. */
#define FLEET_HOME_ID_BYTES	(6 * FLEET_ID_BYTES + 16)
#define FLEET_HOME_BASE_BYTES	(2 * FLEET_ID_BYTES + 8)

/* Where something was announced: @prefix of the discovery, "": nowhere; @id of the device; @base of its own topics. */
struct fleet_home_place {
	char prefix[FLEET_ID_BYTES];
	char id[FLEET_HOME_ID_BYTES];
	char base[FLEET_HOME_BASE_BYTES];
};

/**
 * struct fleet_home - the device of Home Assistant
 * @place: where it is to be announced
 * @past: where it was, by the file
 * @taking_back: that was asked of the broker on this connection
 * @complained: the file is not written; said once
 * @announce_at: when the device is to be announced; FLEET_NEVER: that is done
 * @told: values as they were sent last on this connection, or NULL
 * @told_at: when they were sent
 * @stop_by: the button was pressed: so long the stop is asked for; 0: it was not
 * @stop_at: when it is to be asked for
 * @stopping: the answer of ohtd has not come
 */
struct fleet_home {
	const struct fleet_settings *settings;
	struct fleet_link *link;
	struct fleet_robot *robot;
	char path[FLEET_PATH_BYTES + 24];
	struct fleet_home_place place, past;
	bool taking_back, complained;
	int64_t announce_at;
	char *told;
	int64_t told_at;
	int64_t stop_by, stop_at;
	bool stopping;
};

/* All but @home stays the caller's. Returns 0, or -1 with errno. */
int fleet_home_open(struct fleet_home *home, const struct fleet_settings *settings, struct fleet_link *link, struct fleet_robot *robot);
void fleet_home_close(struct fleet_home *home);

/* The broker has accepted the connection. */
void fleet_home_up(struct fleet_home *home);

/* A message on a topic that is none of the standard's. */
void fleet_home_take(struct fleet_home *home, const char *topic, const char *text, size_t bytes, bool retained);

/* Does what is due; returns when to come again, as fleet_now_ms(). @quiet: nothing is said now. */
int64_t fleet_home_work(struct fleet_home *home, int64_t now_ms, bool quiet);

#endif /* FLEET_HOME_H */
