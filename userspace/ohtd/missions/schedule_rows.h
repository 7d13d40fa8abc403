/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     schedules: when a mission is made of a template. One row each, and the calendar by which their times are found.
 * Contexts: the thread that owns the database handle; the calendar: any thread.
 * Locks:    none.
 */
#ifndef OHTD_MISSIONS_SCHEDULE_ROWS_H
#define OHTD_MISSIONS_SCHEDULE_ROWS_H

#include "missions/rows.h"

#define OHTD_MISSION_SCHEDULES_MAX	32
#define OHTD_MISSION_DAYS		7
/* Between two times of a schedule at least. */
#define OHTD_MISSION_EVERY_MIN		5

/* Why a time was passed over. reasons.c has their sentences. */
#define OHTD_MISSION_NOT_OVER		"last_not_over"
#define OHTD_MISSION_MISSED		"missed"
#define OHTD_MISSION_CLOCK_SET		"clock_set"
#define OHTD_MISSION_TOO_MANY		"too_many_missions"
#define OHTD_MISSION_NO_TEMPLATE	"no_template"

/**
 * struct ohtd_mission_schedule - a schedule as it is kept
 * @id: running, never given twice
 * @template: number of the mission that missions are made of
 * @name: of these missions
 * @days: bit 0 is Monday
 * @from_min: the first time of such a day, in minutes by the clocks of the zone of this machine
 * @until_min: the last one at most
 * @every_min: between two of them; 0: there is one
 * @made_ns: wall clock
 * @made_by: account that made it
 * @last_ns: the newest time that was dealt with, or @made_ns
 * @last_reason: word for why it was passed over; "": it was not
 * @last_mission: the mission that was made last; 0: none was
 */
struct ohtd_mission_schedule {
	int64_t id;
	int64_t template;
	char name[OHTD_MISSION_NAME_BYTES];
	int64_t days;
	int64_t from_min;
	int64_t until_min;
	int64_t every_min;
	int64_t made_ns;
	char made_by[OHTD_USER_NAME_MAX + 1];
	int64_t last_ns;
	char last_reason[OHTD_MISSION_WORD_BYTES];
	int64_t last_mission;
};

/* ---- calendar.c: times of the zone of this machine ---- */

/*
 * The moment at which clocks show this minute of this day, which is counted from 1970-01-01 on. A time that is left out when summer time
 * begins is as much later; of one that comes twice when it ends this is the first. Nanoseconds since 1970.
 */
int64_t ohtd_mission_moment_ns(int64_t day, int64_t minute);

/* The first time of the schedule behind a moment. */
int64_t ohtd_mission_schedule_next_ns(const struct ohtd_mission_schedule *schedule, int64_t after_ns);

/* Its last time up to a moment, this one included; 0: there is none in the eight days before. */
int64_t ohtd_mission_schedule_newest_ns(const struct ohtd_mission_schedule *schedule, int64_t at_ns);

/* A clock that was more than a day ahead said its last time: that one says nothing. */
bool ohtd_mission_schedule_was_ahead(const struct ohtd_mission_schedule *schedule, int64_t now_ns);

/* ---- schedule_rows.c ---- */

/*
 * @row->id: out; an empty @row->name becomes that of the template. 0, -ENOENT: there is no mission @row->template, -ENOTUNIQ: it is no
 * template, -E2BIG: there are OHTD_MISSION_SCHEDULES_MAX, or a negative errno.
 */
int ohtd_mission_schedule_add(struct ohtd_db *db, struct ohtd_mission_schedule *row);

/* All, the first that was made first; @rows has OHTD_MISSION_SCHEDULES_MAX. How many, or a negative errno. */
int ohtd_mission_schedules(struct ohtd_db *db, struct ohtd_mission_schedule *rows);

/* @row->id: which; out: all of it. 0, -ENOENT or a negative errno. */
int ohtd_mission_schedule_get(struct ohtd_db *db, struct ohtd_mission_schedule *row);

/* 0, -ENOENT or a negative errno. Missions that it has made stay. */
int ohtd_mission_schedule_delete(struct ohtd_db *db, int64_t id);

/**
 * struct ohtd_mission_turn - a time of a schedule has come
 * @schedule: its id says which; out: all of it
 * @at_ns: the time
 * @now_ns: wall clock
 * @skip: word for why it is passed over; NULL: a mission is made
 * @waits: word for why that mission waits for a person; "": it is to be started
 * @mission: out: the mission that was made; id 0: none was
 * @legs: OHTD_MISSION_LEGS_MAX; out: its legs
 */
struct ohtd_mission_turn {
	struct ohtd_mission_schedule schedule;
	int64_t at_ns;
	int64_t now_ns;
	const char *skip;
	const char *waits;
	struct ohtd_mission mission;
	struct ohtd_mission_leg *legs;
};

/*
 * Deals with it in one transaction: a time is never dealt with twice. 0, -ENOENT: the schedule is gone, -EALREADY: it was dealt with, or a
 * negative errno.
 */
int ohtd_mission_schedule_turn(struct ohtd_db *db, struct ohtd_mission_turn *turn);

#endif /* OHTD_MISSIONS_SCHEDULE_ROWS_H */
