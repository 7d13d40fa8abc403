/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     missions and their legs: one row each.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call() and ohtd_store_read().
 * Locks:    none.
 */
#ifndef OHTD_MISSIONS_ROWS_H
#define OHTD_MISSIONS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "journal/command_rows.h"
#include "accounts/users.h"

struct ohtd_db;
struct ohtd_stored_row;

#define OHTD_MISSIONS_MAX	1000
#define OHTD_MISSION_LEGS_MAX	100
#define OHTD_MISSION_NAME_BYTES	65
#define OHTD_MISSION_EXTERNAL_BYTES	513
#define OHTD_MISSION_WORD_BYTES	32
#define OHTD_MISSION_STATION_BYTES	48
#define OHTD_MISSION_SIGNAL_BYTES	64
#define OHTD_MISSION_REGISTER_BYTES	64

#define OHTD_MISSION_ROUNDS_MAX	1000000

/* States of a mission, as the tables and clients name them. TEMPLATE: it is never driven, missions are made from it. */
#define OHTD_MISSION_TEMPLATE	"template"
#define OHTD_MISSION_WAITING	"waiting"
#define OHTD_MISSION_RUNNING	"running"
#define OHTD_MISSION_PAUSED	"paused"
#define OHTD_MISSION_HELD	"held"
#define OHTD_MISSION_FINISHED	"finished"
#define OHTD_MISSION_FAILED	"failed"
#define OHTD_MISSION_CANCELLED	"cancelled"

/* States of a leg. SKIPPED: it has failed, and the mission goes on behind it. */
#define OHTD_MISSION_LEG_WAITING		"waiting"
#define OHTD_MISSION_LEG_RUNNING		"running"
#define OHTD_MISSION_LEG_FINISHED	"finished"
#define OHTD_MISSION_LEG_SKIPPED		"skipped"
#define OHTD_MISSION_LEG_FAILED		"failed"

/* In place of a schedule: of missions that bring a robot with a low battery to its dock, and of their release. */
#define OHTD_MISSION_ERRAND	(-1)

/**
 * struct ohtd_mission - a mission as it is kept
 * @id: running, never given twice
 * @external_id: of the order that it was made for, which no other mission has; "": none
 * @name: for people
 * @state: one of OHTD_MISSION_*
 * @reason: word for why it is held, failed or paused; ""
 * @leg: place of the leg under way or next, from 1 on; behind the last one @legs + 1
 * @legs: how many it has
 * @made_legs: the same when it was made, or changed before its start
 * @through_leg: place of the last leg that is released; 0: none is
 * @rounds: so often its legs are driven from the first one on; 0: until it is cancelled
 * @round: the one under way or next, from 1 on
 * @revision: another one with each change of @name, @rounds or of the legs, each time that it is paused or held, and with each stop while it is held, for If-Match
 * @schedule: number of the schedule that has made it; OHTD_MISSION_ERRAND: it brings the robot to its dock; 0: none has
 * @tag: of the newest command that was given for it; 0: none was
 * @driven_by: the same as a name
 * @made_ns: wall clock, as the other times
 * @made_by: account that made it
 * @began_ns: 0: not yet
 * @changed_ns: newest change of @state or @leg
 * @ended_ns: 0: not yet
 */
struct ohtd_mission {
	int64_t id;
	char external_id[OHTD_MISSION_EXTERNAL_BYTES];
	char name[OHTD_MISSION_NAME_BYTES];
	char state[OHTD_MISSION_WORD_BYTES];
	char reason[OHTD_MISSION_WORD_BYTES];
	int64_t leg;
	int64_t legs;
	int64_t made_legs;
	int64_t through_leg;
	int64_t rounds;
	int64_t round;
	int64_t revision;
	int64_t schedule;
	int64_t tag;
	char driven_by[OHTD_COMMAND_USER_BYTES];
	int64_t made_ns;
	char made_by[OHTD_USER_NAME_MAX + 1];
	int64_t began_ns;
	int64_t changed_ns;
	int64_t ended_ns;
};

/**
 * struct ohtd_mission_leg - a leg as it is kept
 * @mission: id
 * @place: from 1 on
 * @kind: "move", "dock", "undock", "wait", "signal", "charge", "write" or "acknowledge"
 * @signal: begins only while this signal is within @at_least and @at_most; of kind "signal" it waits for that; "": none
 * @at_least: not a number: no such bound
 * @at_most: the same
 * @charge_percent: of a charge: until the battery has so much
 * @address: of a write: unit address of the module
 * @register_name: the same: which register
 * @value: the same: what it is to hold, in the unit of the register
 * @station: of a move: where to; "": @position_mm says it
 * @position_mm: the same; not a number: @station says it
 * @speed_mm_s: of a move: the highest that is wanted; not a number: as the limits permit
 * @wait_s: of a wait
 * @deadline_s: from its beginning; 0: none
 * @retries: so often it is driven again when it fails
 * @tries: so often it has failed since the mission was started or resumed
 * @on_failure: what becomes of the mission when the leg has failed once more: "hold", "skip" or "fail"
 * @state: OHTD_MISSION_LEG_*
 * @reason: word for why it failed or was interrupted; ""
 * @command_id: of its newest command of motion; "": there was none
 * @began_ns: wall clock; 0: not yet
 * @ended_ns: the same
 */
struct ohtd_mission_leg {
	int64_t mission;
	int64_t place;
	char kind[OHTD_MISSION_WORD_BYTES];
	char station[OHTD_MISSION_STATION_BYTES];
	double position_mm;
	double speed_mm_s;
	int64_t wait_s;
	char signal[OHTD_MISSION_SIGNAL_BYTES];
	double at_least;
	double at_most;
	double charge_percent;
	int64_t address;
	char register_name[OHTD_MISSION_REGISTER_BYTES];
	double value;
	int64_t deadline_s;
	int64_t retries;
	int64_t tries;
	char on_failure[OHTD_MISSION_WORD_BYTES];
	char state[OHTD_MISSION_WORD_BYTES];
	char reason[OHTD_MISSION_WORD_BYTES];
	char command_id[OHTD_COMMAND_ID_BYTES];
	int64_t began_ns;
	int64_t ended_ns;
};

#define OHTD_MISSIONS_SHOWN	20
#define OHTD_MISSIONS_SHOWN_OVER	5

/**
 * struct ohtd_mission_item - a mission with the leg that is under way or next
 * @leg: place 0: none is left
 */
struct ohtd_mission_item {
	struct ohtd_mission row;
	struct ohtd_mission_leg leg;
};

/* The missions of the live channel, the newest first. */
struct ohtd_mission_board {
	unsigned int count;
	struct ohtd_mission_item items[OHTD_MISSIONS_SHOWN + OHTD_MISSIONS_SHOWN_OVER];
};

/* The greatest id the newest. */
extern const struct ohtd_stored_row ohtd_missions_kept;

/* Has it ended, in whichever way? Nothing of it is driven any more. */
bool ohtd_mission_is_over(const struct ohtd_mission *row);

/* Forgets the outcome of a leg: it waits, as if it had been made now. */
void ohtd_missions_row_renew_leg(struct ohtd_mission_leg *leg);

/* @row->id: out; @row->legs of @legs, whose mission and place are filled in. 0, -E2BIG: there are OHTD_MISSIONS_MAX, or a negative errno. */
int ohtd_mission_add(struct ohtd_db *db, struct ohtd_mission *row, struct ohtd_mission_leg *legs);

/* @row->external_id: which; out: all of it. 0, -ENOENT or a negative errno. */
int ohtd_mission_find(struct ohtd_db *db, struct ohtd_mission *row);

/* @row->id: which; out: all of it. 0, -ENOENT or a negative errno. */
int ohtd_mission_get(struct ohtd_db *db, struct ohtd_mission *row);

/*
 * OHTD_MISSIONS_SHOWN that are not over, of which those that wait are left out first, and the OHTD_MISSIONS_SHOWN_OVER that
 * ended last. 0 or a negative errno.
 */
int ohtd_missions_board(struct ohtd_db *db, struct ohtd_mission_board *board);

/* The legs of a mission in their order; @legs has OHTD_MISSION_LEGS_MAX. How many, -ENOENT or a negative errno. */
int ohtd_mission_legs(struct ohtd_db *db, int64_t mission, struct ohtd_mission_leg *legs);

/*
 * Another name, or other legs of a template or of a mission that waits. @row->id: which, @row->name: "": as it is; @row->rounds: -1: as they
 * are; @row->legs of @legs, NULL: as they are.
 * @row->revision: the one that is changed, 0: any. @row: out. 0, -ENOENT, -EINPROGRESS: it does not wait, -ESTALE: it has another revision,
 * or a negative errno.
 */
int ohtd_mission_change(struct ohtd_db *db, struct ohtd_mission *row, struct ohtd_mission_leg *legs);

/**
 * struct ohtd_mission_extension - more legs behind those of a mission, or more of them released
 * @legs: the new ones, whose mission and place are filled in; NULL: none
 * @count: of @legs
 * @first: place of the first of them, or of the next one that is not released, from which on all are replaced; 0: behind the last one
 * @through: place of the last leg that is released then; OHTD_MISSION_THESE: the new ones are. What is released stays so
 * @now_ns: wall clock
 * @differs: out, with -ESTALE: how many of @legs are as they are kept, before the first that is not
 * @member: out, with -ESTALE: in what that one differs; with -ERANGE: "first_leg" or "through_leg"
 */
struct ohtd_mission_extension {
	struct ohtd_mission_leg *legs;
	int64_t count;
	int64_t first;
	int64_t through;
	int64_t now_ns;
	int64_t differs;
	const char *member;
};

#define OHTD_MISSION_THESE	(-1)

/* 1: the mission has all of @more->legs from @more->first on; 0: not all, or other ones; or a negative errno. Out: @more->differs and member. */
int ohtd_mission_compare(struct ohtd_db *db, int64_t mission, struct ohtd_mission_extension *more);

/*
 * @row->id: which; out: all of it. 0, 1: it has these legs already, -ENOENT, -EALREADY: it is over, -ERANGE: @first or @through are behind
 * the end, -ESTALE: the legs there are released and other ones, -E2BIG: too many, or a negative errno.
 */
int ohtd_mission_extend(struct ohtd_db *db, struct ohtd_mission *row, struct ohtd_mission_extension *more);

/* 1: a mission that this schedule has made is not over; 0 or a negative errno. */
int ohtd_missions_row_is_open(struct ohtd_db *db, int64_t schedule);

/* 1: a mission is held for @reason; 0 or a negative errno. */
int ohtd_missions_row_is_held(struct ohtd_db *db, const char *reason);

/* Each mission that is held gets another revision. How many, or a negative errno. */
int ohtd_missions_row_renew_held(struct ohtd_db *db);

/* @row->id: which; out. A template goes with its schedules. 0, -ENOENT, -EINPROGRESS: it is running or paused, or a negative errno. */
int ohtd_mission_delete(struct ohtd_db *db, struct ohtd_mission *row);

/*
 * Keeps state, reason, leg, tag, driven_by and times of a mission and, unless @leg is NULL, state, reason, tries, command_id and times of a leg.
 * Another state gives a notice (journal/notice.h); @why: the reason for people.
 */
int ohtd_mission_keep(struct ohtd_db *db, const struct ohtd_mission *row, const struct ohtd_mission_leg *leg, const char *why);

/* The same before the command of the leg is given: with its note (ohtd_db_command_note()). 0 or a negative errno; then nothing is kept. */
int ohtd_mission_note(struct ohtd_db *db, const struct ohtd_mission *row, const struct ohtd_mission_leg *leg,
		      struct ohtd_command_row *command);

/* The next round begins: its mission is kept as @row is, and all of its legs wait. As ohtd_mission_keep(). */
int ohtd_missions_row_begin_round(struct ohtd_db *db, const struct ohtd_mission *row);

/**
 * ohtd_missions_begin() - at the start of a run: hold what the last one left running or paused
 * @db: behind ohtd_db_commands_begin()
 * @reason: word for why
 * @why: the same for people
 * @now_ns: wall clock
 *
 * A leg whose command has finished, as the record of commands says, has finished; another one that was running was interrupted.
 * Missions that are held already get another revision.
 *
 * Return: how many missions, or a negative errno.
 */
int ohtd_missions_begin(struct ohtd_db *db, const char *reason, const char *why, int64_t now_ns);

#endif /* OHTD_MISSIONS_ROWS_H */
