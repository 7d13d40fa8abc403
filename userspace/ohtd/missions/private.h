/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the files of this folder share: the mission that is driven.
 * Contexts: as missions.h, under its lock.
 * Locks:    see missions.h.
 */
#ifndef OHTD_MISSIONS_PRIVATE_H
#define OHTD_MISSIONS_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "control/robot.h"
#include "missions/missions.h"
#include "motion/charge.h"
#include "robot/telemetry.h"
#include "settings/settings.h"

/* Words for what holds a mission, beside those of robot/whys.def. reasons.c has their sentences. */
#define OHTD_MISSIONS_RESTART		"restart"
#define OHTD_MISSIONS_ACKNOWLEDGE	"acknowledge"
#define OHTD_MISSIONS_SESSION_ENDED	"session_ended"
#define OHTD_MISSIONS_KEY_SCOPE		"key_scope"
#define OHTD_MISSIONS_QUALIFICATION	"qualification_missing"
#define OHTD_MISSIONS_NO_STATION	"unknown_station"
#define OHTD_MISSIONS_NO_SIGNAL		"unknown_signal"
#define OHTD_MISSIONS_NO_REGISTER	"unknown_register"
#define OHTD_MISSIONS_REGISTER_UNFIT	"register_not_allowed"
#define OHTD_MISSIONS_REGISTER_ROLE	"register_role"
#define OHTD_MISSIONS_REGISTER_VALUE	"register_value"
#define OHTD_MISSIONS_NOT_HELD		"write_not_held"
#define OHTD_MISSIONS_DEADLINE		"deadline"
#define OHTD_MISSIONS_STORE		"store"
#define OHTD_MISSIONS_UNSEEN		"end_not_seen"
#define OHTD_MISSIONS_DRAINED		"drained"
#define OHTD_MISSIONS_BATTERY		"battery_low"
/* Of one that is running or paused, and is held behind the leg under way. */
#define OHTD_MISSIONS_DRAINS		"draining"
/* Of one that is running, and goes on by itself when its next leg is released. */
#define OHTD_MISSIONS_NOT_RELEASED	"not_released"
/* The same, when the signal of its next leg is within its bounds. */
#define OHTD_MISSIONS_CONDITION		"condition"
/* Why one that a schedule has made waits for a person. */
#define OHTD_MISSIONS_SCHEDULE_NOT_RELEASED	"schedule_not_released"
#define OHTD_MISSIONS_CLOCK_UNKEPT	"clock_unkept"
#define OHTD_MISSIONS_DRIVEN		"mission_driven"
/* Why a release has ended, for the log. */
#define OHTD_MISSIONS_WITHDRAWN		"withdrawn"
#define OHTD_MISSIONS_SCHEDULE_GONE	"schedule_deleted"
#define OHTD_MISSIONS_ERRAND_OFF	"errand_off"

/**
 * struct ohtd_missions - the mission that is driven
 * @lock: for all but @changed and @board
 * @row: its row; id 0: none is driven
 * @legs: its legs
 * @person: in whose name
 * @begun: what the last run left under way is held
 * @tried_ns: CLOCK_MONOTONIC of the newest try of that
 * @unkept: @row or the leg under way is not on the disk as it is here: nothing begins
 * @drains: no further leg begins, and the mission is held then
 * @reader: place in the ring of events
 * @interrupted: word of what has interrupted it since it was started or resumed; NULL: nothing. The leg under way ends first, no other one begins
 * @stops: stops that were posted and are not answered
 * @order: id in the link of the newest command of a leg
 * @answered: the same of the newest one that was answered
 * @posted: the command of the leg under way has been given, and its answer has not come
 * @writes: the register of the leg under way is being written, and the answer has not come
 * @command: the command of the leg under way as its newest record has it; number 0: none is known
 * @note: of that command, in the store
 * @since_ns: CLOCK_MONOTONIC when the leg under way began; 0: it has not
 * @late: the deadline of the leg is over, and a stop was given
 * @round_ns: CLOCK_MONOTONIC when the round began; 0: not in this run
 * @renewed_ns: when the lease was renewed last
 * @snapshot: the robot in this turn
 * @sight: the same with all registers, for signals
 * @battery: of the last look
 * @charge: is it enough for a leg?
 * @to_dock: is it so low that the robot goes to its dock?
 * @charge_ns: CLOCK_MONOTONIC of the newest look; 0: there was none
 * @check: is being made; NULL: none is
 * @changed: the store has newer than @board
 * @next: the next @board, while it is made
 * @schedules: as the store has them
 * @schedule_count: of @schedules
 * @schedule_next_ns: their next time; 0: not computed
 * @schedules_stale: the store has others
 * @schedules_boot_ns: boot clock of the newest look at their times; 0: there was none in this run
 * @schedules_wall_ns: wall clock of that
 * @releases: of schedules
 * @release_count: of @releases
 * @heeded: place in the ring of events up to which what interrupts the robot has ended releases
 * @held_stale: a stop has come, and the store has missions that are held at their revision of before
 * @board_lock: for what follows
 * @board: what looks are answered with
 * @schedule_board: the same
 */
struct ohtd_missions {
	struct ohtd_missions_setup setup;
	pthread_mutex_t lock;
	struct ohtd_mission row;
	struct ohtd_mission_leg legs[OHTD_MISSION_LEGS_MAX];
	struct ohtd_missions_person person;
	bool begun;
	uint64_t tried_ns;
	bool unkept;
	bool drains;
	struct ohtd_event_reader reader;
	const char *interrupted;
	unsigned int stops;
	uint64_t order;
	uint64_t answered;
	bool posted;
	bool writes;
	struct ohtd_command_view command;
	struct ohtd_command_row note;
	uint64_t since_ns;
	bool late;
	uint64_t round_ns;
	uint64_t renewed_ns;
	struct ohtd_snapshot snapshot;
	struct ohtd_telemetry_sight sight;
	struct ohtd_settings_battery battery;
	struct ohtd_motion_charge charge;
	struct ohtd_motion_charge to_dock;
	uint64_t charge_ns;
	struct ohtd_missions_check *check;
	atomic_bool changed;
	struct ohtd_mission_board next;
	struct ohtd_mission_schedule schedules[OHTD_MISSION_SCHEDULES_MAX];
	unsigned int schedule_count;
	int64_t schedule_next_ns[OHTD_MISSION_SCHEDULES_MAX];
	atomic_bool schedules_stale;
	uint64_t schedules_boot_ns;
	int64_t schedules_wall_ns;
	struct ohtd_missions_release releases[OHTD_MISSIONS_RELEASES_MAX];
	unsigned int release_count;
	struct ohtd_event_reader heeded;
	bool held_stale;
	pthread_mutex_t board_lock;
	struct ohtd_mission_board board;
	struct ohtd_missions_schedule_board schedule_board;
};

/* The link's ids of commands. Each leg has a number of its own, so that a late answer to a cancelled leg says nothing of another. */
enum {
	OHTD_MISSIONS_OF_RESUME = 1,
	OHTD_MISSIONS_OF_STOP,
	OHTD_MISSIONS_OF_NONE,
	OHTD_MISSIONS_OF_CHECK,		/* and what follows: of the legs of a check */
	OHTD_MISSIONS_OF_LEGS = OHTD_MISSIONS_OF_CHECK + OHTD_MISSION_LEGS_MAX,
};

/* ---- drive.c ---- */

/* Hears what has come, then looks at the robot. False: it cannot be looked at now. */
bool ohtd_missions_look_at_robot(struct ohtd_missions *missions);

/* A step of the mission that is driven, behind a look at the robot. */
void ohtd_missions_step(struct ohtd_missions *missions);

/* Takes what the control thread has answered and told. */
void ohtd_missions_hear(struct ohtd_missions *missions);

/* The command of the leg under way has been given and has not ended. */
bool ohtd_missions_commands(const struct ohtd_missions *missions);

/* Stops the motion of the leg under way in the name of @person. 0 or a negative errno. */
int ohtd_missions_stop(struct ohtd_missions *missions, const struct ohtd_missions_person *person);

/* Gives a command in the name of @person; @id: see above. 0 or a negative errno. */
int ohtd_missions_post(struct ohtd_missions *missions, const struct ohtd_missions_person *person, uint32_t kind, uint64_t id);

/* The leg under way comes into another state, which is not written yet. @reason: word, or "". */
void ohtd_missions_leg_to(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, const char *state, const char *reason);

/* The leg under way was interrupted: it is driven anew when the mission goes on. */
void ohtd_missions_hold(struct ohtd_missions *missions, const char *reason);

/* The leg is finished or skipped, and the next one follows. */
void ohtd_missions_pass_leg(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, const char *state, const char *reason);

/* The leg has failed: it is driven again, or its on_failure says what follows. */
void ohtd_missions_fail_leg(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, const char *reason);

/* The robot stands, and nothing that was asked of it is under way. */
bool ohtd_missions_rests(const struct ohtd_missions *missions);

/* Is the leg finished or skipped? */
bool ohtd_missions_passed(const struct ohtd_mission_leg *leg);

/* The verb of a leg, enum ohtd_command_kind; 0: it is none. */
unsigned int ohtd_missions_kind_of(const struct ohtd_mission_leg *leg);

/* Why @person may not have a leg driven, of which @kind is the verb; NULL: it may. */
const char *ohtd_missions_forbidden(const struct ohtd_missions *missions, const struct ohtd_missions_person *person, unsigned int kind);

/* The word of a stop, a fault or a disable that keeps the outputs low; NULL: they are enabled. */
const char *ohtd_missions_without_outputs(const struct ohtd_missions *missions);

/* Why a robot that has no outputs, or moves for somebody else, drives no leg; NULL: it may, if it rests. A command of a mission is no reason. */
const char *ohtd_missions_prevented(const struct ohtd_missions *missions);

/* Where a leg goes to and how fast, into @command. False: no station has its name. */
bool ohtd_missions_aim(struct ohtd_missions *missions, const struct ohtd_mission_leg *leg, struct ohtd_command *command);

/* ---- legs.c ---- */

/* What keeps the leg from going on, if it waits for a signal: a word; NULL: nothing. */
const char *ohtd_missions_awaited(struct ohtd_missions *missions, const struct ohtd_mission_leg *leg);

/* Why the robot is not taken for docked; NULL: it is. */
const char *ohtd_missions_undocked(const struct ohtd_missions *missions);

/* The battery has what a charge is to bring. */
bool ohtd_missions_charged(const struct ohtd_missions *missions, const struct ohtd_mission_leg *leg);

/* Begins a leg that writes a register, or holds the mission. */
void ohtd_missions_write(struct ohtd_missions *missions, struct ohtd_mission_leg *leg);

/* What became of that. */
void ohtd_missions_written(struct ohtd_missions *missions, const struct ohtd_answer *answer);

/* ---- battery.c ---- */

/* The limits of the charge as they are set now. */
void ohtd_missions_look_at_limits(struct ohtd_missions *missions);

/* Follows the charge of the battery, and sends the robot to its dock if a person has released that. */
void ohtd_missions_battery_step(struct ohtd_missions *missions);

/* The word of why the leg does not begin with this charge; NULL: it may. @leg: NULL: any that needs charge. */
const char *ohtd_missions_uncharged(const struct ohtd_missions *missions, const struct ohtd_mission_leg *leg);

/* ---- check.c ---- */

/* The robot has answered for a leg of the check. */
void ohtd_missions_take_verdict(struct ohtd_missions *missions, const struct ohtd_answer *answer);

/* ---- missions.c ---- */

/* The mission of @row, from the store unless it is the one that is driven. 0 or a negative errno. */
int ohtd_missions_load(struct ohtd_missions *missions, struct ohtd_mission *row);

/* Its legs, in memory or in the store. 0 or a negative errno. */
int ohtd_missions_load_legs(struct ohtd_missions *missions, const struct ohtd_mission *row, struct ohtd_mission_leg *legs);


/* Writes the mission and the leg at its place; without success that is tried again in each turn. 0 or a negative errno. */
int ohtd_missions_keep(struct ohtd_missions *missions);

/* The mission comes into another state, which is written. @reason: word, or "". As ohtd_missions_keep(). */
int ohtd_missions_turn_to(struct ohtd_missions *missions, const char *state, const char *reason);

/* Missions that are held get another revision, if a stop has come; without success that is tried again. 0 or a negative errno. */
int ohtd_missions_renew_held(struct ohtd_missions *missions);

/* The next round begins, with its legs on the disk; without success nothing has changed. 0 or a negative errno. */
int ohtd_missions_begin_round(struct ohtd_missions *missions);

/* The leg under way or next; NULL: all of the round are finished. */
struct ohtd_mission_leg *ohtd_missions_leg(struct ohtd_missions *missions);

/*
 * A mission that waits or is held is driven from now on. @heard: place in the ring of events up to which nothing has interrupted it; NULL: up
 * to now. 0, -EBUSY: another one is driven, or a negative errno.
 */
int ohtd_missions_begin_driving(struct ohtd_missions *missions, const struct ohtd_missions_person *person, struct ohtd_mission *row,
				const struct ohtd_event_reader *heard);

/* ---- schedule.c ---- */

/* What interrupts the robot ends releases; a stop, fault or disable gives missions that are held another revision, too. */
void ohtd_missions_heed(struct ohtd_missions *missions);

/* Makes missions whose time has come, and starts them as far as they are released. */
void ohtd_missions_schedules_step(struct ohtd_missions *missions);

/* NULL: missions of this schedule wait for a person. */
struct ohtd_missions_release *ohtd_missions_release_of(struct ohtd_missions *missions, int64_t schedule);

/* Missions of this schedule are not started by themselves any more. @why: word for the log. */
void ohtd_missions_end_release(struct ohtd_missions *missions, int64_t schedule, const char *why);

/* The same of all schedules, and of the way to the dock. */
void ohtd_missions_end_releases(struct ohtd_missions *missions, const char *why);

/* A mission waits for a person, who may be at work at the robot; also when the store does not say. Nothing drives away by itself then. */
bool ohtd_missions_await_person(struct ohtd_missions *missions);

/* ---- board.c ---- */

/* Makes the board anew if something has changed. */
void ohtd_missions_refresh(struct ohtd_missions *missions);

#endif /* OHTD_MISSIONS_PRIVATE_H */
