/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the mission that is driven: which leg is under way, when the next one begins, and what holds it.
 * Contexts: open, close: main thread. Tick: a worker, one at a time. Acts: workers. Look: any thread but the control thread.
 * Locks:    one mutex, also held while the store writes; another for the board, the copy that looks are answered with.
 *
 * Missions are rows of the store. One of them is driven at a time, by commands to the control thread as any client gives them. A leg is
 * on the disk, with the id of its command, before the command is given. Whatever interrupts a leg holds the mission; only an act of a
 * person or program lets it go on.
 */
#ifndef OHTD_MISSIONS_MISSIONS_H
#define OHTD_MISSIONS_MISSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/principal.h"
#include "control/motion_limits.h"
#include "robot/snapshot.h"
#include "missions/rows.h"
#include "missions/schedule_rows.h"

struct ohtd_auth;
struct ohtd_clock;
struct ohtd_daemon_part;
struct ohtd_link;
struct ohtd_missions;
struct ohtd_robot;
struct ohtd_settings;
struct ohtd_store;

/* All outlive it. @link: to the control thread, its own. */
struct ohtd_missions_setup {
	struct ohtd_store *store;
	struct ohtd_clock *clock;
	struct ohtd_robot *robot;
	struct ohtd_auth *auth;
	struct ohtd_settings *settings;
	struct ohtd_courses *courses;
	struct ohtd_link *link;
};

/* Holds what the last run left under way. NULL with errno. */
struct ohtd_missions *ohtd_missions_open(const struct ohtd_missions_setup *setup);
/* No thread uses it any more. NULL is allowed. */
void ohtd_missions_close(struct ohtd_missions *missions);

enum ohtd_missions_act {
	OHTD_MISSIONS_START,
	OHTD_MISSIONS_PAUSE,
	OHTD_MISSIONS_RESUME,
	OHTD_MISSIONS_CANCEL,
	OHTD_MISSIONS_DRAIN,
};

/**
 * struct ohtd_missions_person - in whose name a mission is driven
 * @who: as the request has it
 * @by: the same for the control thread
 */
struct ohtd_missions_person {
	struct ohtd_principal who;
	struct ohtd_holder by;
};

/**
 * ohtd_missions_act() - start, pause, resume, cancel or drain a mission
 * @act: enum ohtd_missions_act
 * @person: who asks; the mission is driven in this name from a start or resume on
 * @row: @row->id says which, @row->revision which of its revisions, 0: any; out: all of it, also when the act does not fit its state
 *
 * Return: 0, -ENOENT, -ESTALE: it has another revision, -EALREADY: the act does not fit the state, -EBUSY: another mission is driven, -EAGAIN: too many commands are under
 * way, or a negative errno of the store. Context: a worker.
 */
int ohtd_missions_act(struct ohtd_missions *missions, unsigned int act, const struct ohtd_missions_person *person,
		      struct ohtd_mission *row);

/* As ohtd_mission_change() and ohtd_mission_delete(), and -EBUSY of the mission that is driven. Context: a worker. */
int ohtd_missions_change(struct ohtd_missions *missions, struct ohtd_mission *row, struct ohtd_mission_leg *legs);
int ohtd_missions_delete(struct ohtd_missions *missions, struct ohtd_mission *row);

/*
 * As ohtd_mission_extend(), also of the mission that is driven, which goes on by itself when its next leg is released by it.
 * Context: a worker.
 */
int ohtd_missions_extend(struct ohtd_missions *missions, struct ohtd_mission *row, struct ohtd_mission_extension *more);

#define OHTD_MISSIONS_OWN_REASONS	3

/**
 * struct ohtd_missions_verdict - what would become of a leg now
 * @own: words for why the mission itself would not begin it: that of the moment, those of the leg; NULL: none
 * @why: what the robot would refuse its motion for
 * @duration_s: not a number: not known
 * @asked: the robot has been asked, and has not answered
 */
struct ohtd_missions_verdict {
	const char *own[OHTD_MISSIONS_OWN_REASONS];
	struct ohtd_why_list why;
	double duration_s;
	bool asked;
};

/**
 * struct ohtd_missions_check - what would become of a mission now; zeroed
 * @row: @row.id says which; out: all of it
 * @legs: out
 * @verdicts: out, of each leg that has not finished
 * @block: limits of motion
 */
struct ohtd_missions_check {
	struct ohtd_mission row;
	struct ohtd_mission_leg legs[OHTD_MISSION_LEGS_MAX];
	struct ohtd_missions_verdict verdicts[OHTD_MISSION_LEGS_MAX];
	struct ohtd_limits_block block;
};

/*
 * Drives nothing: each leg that has not finished is judged as if it began now in the name of @person, by what judges it when it begins.
 * That the robot is at the dock, or is not, is judged by the legs before. 0, -ENOENT, -EALREADY: it is over, -EAGAIN: the robot does not
 * answer, or a negative errno of the store. Context: a worker.
 */
int ohtd_missions_check(struct ohtd_missions *missions, const struct ohtd_missions_person *person, struct ohtd_missions_check *check);

/* The word of why @who may not have the register of a leg written as it says; NULL: he may. Any thread but the control thread. */
const char *ohtd_missions_write_refused(struct ohtd_missions *missions, const struct ohtd_snapshot *snapshot, const struct ohtd_principal *who,
					const struct ohtd_mission_leg *leg);

/* What a word of a reason says to people, of what was so. Never NULL. */
const char *ohtd_missions_reason_text(const char *reason);

/* The same, of what is so now. */
const char *ohtd_missions_check_text(const char *reason);

/* ---- schedules ---- */

/* Of all schedules, and of the way to the dock. */
#define OHTD_MISSIONS_RELEASES_MAX	(OHTD_MISSION_SCHEDULES_MAX + 1)

/**
 * struct ohtd_missions_release - missions of a schedule are started by themselves
 * @schedule: its id; OHTD_MISSION_ERRAND: those that bring a robot with a low battery to its dock
 * @person: the session that releases it; its missions are driven in this name
 * @since_ns: wall clock
 */
struct ohtd_missions_release {
	int64_t schedule;
	struct ohtd_missions_person person;
	int64_t since_ns;
};

/* All schedules, and which of them are released. */
struct ohtd_missions_schedule_board {
	unsigned int count;
	struct ohtd_mission_schedule rows[OHTD_MISSION_SCHEDULES_MAX];
	unsigned int release_count;
	struct ohtd_missions_release releases[OHTD_MISSIONS_RELEASES_MAX];
};

/**
 * struct ohtd_missions_releasing - a release of a schedule is given or taken back
 * @person: who asks; missions are driven in this name
 * @row: @row.id says which; out: all of it; OHTD_MISSION_ERRAND: the way to the dock, of which there is no row
 * @why: out: word for what refuses the release; NULL: nothing
 */
struct ohtd_missions_releasing {
	struct ohtd_missions_person person;
	struct ohtd_mission_schedule row;
	const char *why;
};

/*
 * From now on missions of the schedule are started by themselves, until the person's session ends, something interrupts the robot, one of
 * them ends otherwise than finished, or the program ends. 0, -EPERM: what would hold a mission now refuses the release, -ENODEV: no charge is
 * set below which the robot goes to its dock, -ENOENT, -EAGAIN: the robot does not answer, or a negative errno of the store. Context: a worker.
 */
int ohtd_missions_release(struct ohtd_missions *missions, struct ohtd_missions_releasing *asked);

/* No longer. A mission that was started goes on. As ohtd_missions_release(), but nothing refuses it. */
int ohtd_missions_withdraw(struct ohtd_missions *missions, struct ohtd_missions_releasing *asked);

/* Schedules in the store are other ones now. Any thread. */
void ohtd_missions_schedules_changed(struct ohtd_missions *missions);

/* Any thread but the control thread. */
void ohtd_missions_look_at_schedules(struct ohtd_missions *missions, struct ohtd_missions_schedule_board *board);

/* Another part has added a mission to the store. Any thread. */
void ohtd_missions_changed(struct ohtd_missions *missions);

/* The missions of the channel, as they were some tenths of a second ago at most. Any thread but the control thread. */
void ohtd_missions_look(struct ohtd_missions *missions, struct ohtd_mission_board *board);

/* missions.c: its tick. */
extern const struct ohtd_daemon_part ohtd_missions_part;

#endif /* OHTD_MISSIONS_MISSIONS_H */
