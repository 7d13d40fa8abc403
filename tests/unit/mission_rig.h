/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a robot in virtual time with a store, missions and one schedule, and the person anna at it.
 * Contexts: the test's only thread; the store has one of its own.
 * Locks:    none.
 */
#ifndef MISSION_RIG_H
#define MISSION_RIG_H

#include "control/robot.h"
#include "drive_robot.h"
#include "missions/private.h"
#include "store/store.h"

#define S	((int64_t)OHTD_NS_PER_S)
#define BERLIN	"CET-1CEST,M3.5.0,M10.5.0/3"

/**
 * struct rig - all of it
 * @row: the schedule
 * @unkept: nothing keeps the clock right
 * @forbidden: the session of the person has ended
 * @stale: what looks at the robot get as long as it is set: the copy of a moment ago
 * @calls_left: so many calls of the store until @failing of them fail
 */
struct rig {
	struct driver *robot;
	struct ohtd_store *store;
	struct ohtd_keeper *keeper;
	struct ohtd_missions *missions;
	struct ohtd_mission_schedule row;
	bool unkept, forbidden;
	struct ohtd_settings_battery battery;
	const struct ohtd_snapshot *stale;
	unsigned int calls_left, failing;
	char dir[64];
};

extern struct rig rig;
extern const struct ohtd_missions_person rig_person;

/* Never fails by @failing. */
int __real_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);

/* cmocka's, for each robot. */
int rig_set_up(void **state);
int rig_tear_down(void **state);

void rig_set_zone(const char *zone);
/* Seconds since 1970 of a moment in UTC. */
int64_t rig_utc_s(int year, int month, int day, int hour, int minute);

/* The robot stands at @position_mm; the schedule is due in 10 s, and then every @every_min minutes. */
void rig_begin_at(double position_mm, int64_t every_min);
/* The same at 9,000 mm, every 5 minutes. */
void rig_begin(void);
void rig_end(void);
/* The daemon ends and starts again; all that it keeps is in the store. */
void rig_restart(void);
/* A quarter of a second, and a tick of missions behind it. */
void rig_turn(void);
void rig_run_s(unsigned int seconds);
int64_t rig_now_ns(void);
/* The clock is set, and nothing else happens meanwhile. */
void rig_set_clock(int64_t by_ns);
void rig_set_charge(double percent);
struct ohtd_mission_leg rig_made_leg(const char *kind, double position_mm);

/* The word that refuses the release of a schedule, or of the way to the dock; "": it is given. */
const char *rig_try_release_of(int64_t schedule);
const char *rig_try_release(void);
void rig_release(void);
/* Whatever else is. */
bool rig_is_released_too(void);
/* It alone. */
bool rig_is_released(void);
bool rig_goes_to_dock(void);

/* What became of its newest time: "" or the word of why it was passed over. */
void rig_is_last(const char *reason);
struct ohtd_mission rig_mission(int64_t id);
/* The mission that it made last. */
struct ohtd_mission rig_newest(void);
/* The same is @state for @reason. */
void rig_is_newest(const char *state, const char *reason);
void rig_is_mission(int64_t id, const char *state, const char *reason);
/* So many are there beside the template; the board shows 5 that are over. */
void rig_are(int count);

/* The person asks, and it is done. */
void rig_ask(enum ohtd_missions_act what, int64_t id);
void rig_cancel_newest(void);
/* The same at the robot. */
void rig_by_hand(enum ohtd_command_kind kind, double target_mm);
void rig_stop_it(void);
void rig_press(void);
/* The button is out again and the stop reset; the outputs are off. */
void rig_mend(void);
/* The first time of the schedule has passed, and the control of the fixture has ended. */
void rig_pass_first(void);

#endif /* MISSION_RIG_H */
