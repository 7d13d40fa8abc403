// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of the room, and what people and programs ask of a mission. */
#include "missions/private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/part.h"
#include "store/store.h"

/* While the store takes nothing, what the last run left is held as soon as it does. */
#define TRIED_NS	OHTD_NS_PER_S

/* ---- the store ---- */

struct kept {
	struct ohtd_mission *row;
	struct ohtd_mission_leg *legs;
	const struct ohtd_mission_leg *leg;
};

struct extending {
	struct ohtd_mission *row;
	struct ohtd_mission_extension *more;
};

static int work_keep(struct ohtd_db *db, void *arg)
{
	const struct kept *kept = arg;

	return ohtd_mission_keep(db, kept->row, kept->leg, ohtd_missions_reason_text(kept->row->reason));
}

static int work_begin_round(struct ohtd_db *db, void *arg)
{
	return ohtd_missions_row_begin_round(db, arg);
}

static int work_get(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_get(db, arg);
}

static int work_legs(struct ohtd_db *db, void *arg)
{
	struct kept *kept = arg;

	return ohtd_mission_legs(db, kept->row->id, kept->legs);
}

static int work_change(struct ohtd_db *db, void *arg)
{
	const struct kept *kept = arg;

	return ohtd_mission_change(db, kept->row, kept->legs);
}

static int work_extend(struct ohtd_db *db, void *arg)
{
	const struct extending *extending = arg;

	return ohtd_mission_extend(db, extending->row, extending->more);
}

static int work_delete(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_delete(db, arg);
}

static int work_begin(struct ohtd_db *db, void *arg)
{
	return ohtd_missions_begin(db, OHTD_MISSIONS_RESTART, ohtd_missions_reason_text(OHTD_MISSIONS_RESTART), *(const int64_t *)arg);
}

static int work_renew_held(struct ohtd_db *db, void *arg)
{
	(void)arg;
	return ohtd_missions_row_renew_held(db);
}

/* ---- the mission that is driven ---- */

static bool is_in(const struct ohtd_mission *row, const char *state)
{
	return !strcmp(row->state, state);
}

static bool is_under_way(const struct ohtd_mission *row)
{
	return is_in(row, OHTD_MISSION_RUNNING) || is_in(row, OHTD_MISSION_PAUSED);
}

struct ohtd_mission_leg *ohtd_missions_leg(struct ohtd_missions *missions)
{
	int64_t leg = missions->row.leg;

	return leg >= 1 && leg <= missions->row.legs ? &missions->legs[leg - 1] : NULL;
}

int ohtd_missions_keep(struct ohtd_missions *missions)
{
	int64_t leg = missions->row.leg;
	struct kept kept = { .row = &missions->row };
	int r;

	/* Behind the last leg that one is the newest. */
	if (leg >= 1)
		kept.leg = &missions->legs[(leg <= missions->row.legs ? leg : missions->row.legs) - 1];
	r = ohtd_store_call(missions->setup.store, work_keep, &kept);
	if (r < 0 && !missions->unkept)
		ohtd_log(OHTD_LOG_WARNING, "missions", "not_kept", "mission %" PRId64 " is not written now: %s", missions->row.id,
			 strerror(-r));
	missions->unkept = r < 0;
	ohtd_missions_changed(missions);
	/* The store has all of it, and the next one to drive may be another one. */
	if (!missions->unkept && !is_under_way(&missions->row)) {
		missions->row = (struct ohtd_mission){ 0 };
		missions->interrupted = NULL;
	}
	return r < 0 ? r : 0;
}

/* A mission of a schedule has come to another end than finished. That a person looks at it is part of it. */
static bool ends_release(const struct ohtd_mission *row)
{
	return (is_in(row, OHTD_MISSION_HELD) && strcmp(row->reason, OHTD_MISSIONS_ACKNOWLEDGE)) || is_in(row, OHTD_MISSION_FAILED) ||
	       is_in(row, OHTD_MISSION_CANCELLED);
}

int ohtd_missions_turn_to(struct ohtd_missions *missions, const char *state, const char *reason)
{
	struct ohtd_mission *row = &missions->row;
	struct ohtd_mission_leg *leg = ohtd_missions_leg(missions);

	snprintf(row->state, sizeof(row->state), "%s", state);
	snprintf(row->reason, sizeof(row->reason), "%s", reason);
	row->changed_ns = ohtd_clock_wall_ns(missions->setup.clock);
	/* A resume may say which pause or hold it means. */
	row->revision += is_in(row, OHTD_MISSION_HELD) || is_in(row, OHTD_MISSION_PAUSED);
	if (ohtd_mission_is_over(row))
		row->ended_ns = row->changed_ns;
	if (ends_release(row))
		ohtd_missions_end_release(missions, row->schedule, *reason ? reason : state);
	ohtd_log(OHTD_LOG_NOTICE, "missions", "mission_state", "%" PRId64 " of %s is %s at leg %" PRId64 " of %" PRId64 "%s%s", row->id,
		 row->driven_by, state, leg ? leg->place : row->legs, row->legs, *reason ? ": " : "", reason);
	return ohtd_missions_keep(missions);
}

int ohtd_missions_begin_round(struct ohtd_missions *missions)
{
	struct ohtd_mission next = missions->row;
	int r;

	next.leg = 1;
	next.round++;
	next.changed_ns = ohtd_clock_wall_ns(missions->setup.clock);
	r = ohtd_store_call(missions->setup.store, work_begin_round, &next);
	if (r < 0)
		return r;
	missions->row = next;
	for (int64_t i = 0; i < next.legs; i++)
		ohtd_missions_row_renew_leg(&missions->legs[i]);
	ohtd_missions_changed(missions);
	return 0;
}

/* What the last run left under way, before anything is driven in this one. 0 or a negative errno. */
static int hold_past(struct ohtd_missions *missions)
{
	int64_t now_ns = ohtd_clock_wall_ns(missions->setup.clock);
	int r = missions->begun ? 0 : ohtd_store_call(missions->setup.store, work_begin, &now_ns);

	if (r > 0)
		ohtd_log(OHTD_LOG_NOTICE, "missions", "missions_held", "%d held: the last run ended while they were under way", r);
	if (!missions->begun && r >= 0)
		ohtd_missions_changed(missions);
	missions->begun = r >= 0;
	missions->tried_ns = ohtd_clock_monotonic_ns(missions->setup.clock);
	return r < 0 ? r : 0;
}

int ohtd_missions_renew_held(struct ohtd_missions *missions)
{
	int r = missions->held_stale ? ohtd_store_call(missions->setup.store, work_renew_held, NULL) : 0;

	missions->held_stale = r < 0;
	if (r > 0)
		ohtd_missions_changed(missions);
	return r < 0 ? r : 0;
}

/* ---- acts ---- */

int ohtd_missions_load(struct ohtd_missions *missions, struct ohtd_mission *row)
{
	if (missions->row.id != row->id)
		return ohtd_store_read(missions->setup.store, work_get, row);
	*row = missions->row;
	return 0;
}

int ohtd_missions_load_legs(struct ohtd_missions *missions, const struct ohtd_mission *row, struct ohtd_mission_leg *legs)
{
	struct kept kept = { .row = (struct ohtd_mission *)row, .legs = legs };
	int r;

	if (missions->row.id == row->id) {
		memcpy(legs, missions->legs, sizeof(missions->legs));
		return 0;
	}
	r = ohtd_store_read(missions->setup.store, work_legs, &kept);
	return r < 0 ? r : 0;
}

static void take_person(struct ohtd_missions *missions, const struct ohtd_missions_person *person)
{
	struct ohtd_mission *row = &missions->row;

	missions->person = *person;
	snprintf(row->driven_by, sizeof(row->driven_by), "%s", person->who.user);
}

/* From a leg that has not finished; one that waits for a person has been acknowledged by this. */
static void go_on_from(struct ohtd_missions *missions)
{
	struct ohtd_mission *row = &missions->row;
	struct ohtd_mission_leg *leg;

	row->leg = 1;
	while (row->leg <= row->legs && ohtd_missions_passed(&missions->legs[row->leg - 1]))
		row->leg++;
	leg = ohtd_missions_leg(missions);
	if (leg)
		leg->tries = 0;
	if (!leg || strcmp(leg->kind, "acknowledge") || strcmp(leg->state, OHTD_MISSION_LEG_RUNNING))
		return;
	snprintf(leg->state, sizeof(leg->state), "%s", OHTD_MISSION_LEG_FINISHED);
	*leg->reason = 0;
	leg->ended_ns = ohtd_clock_wall_ns(missions->setup.clock);
	/* The next turn goes behind it. */
}

int ohtd_missions_begin_driving(struct ohtd_missions *missions, const struct ohtd_missions_person *person, struct ohtd_mission *row,
				const struct ohtd_event_reader *heard)
{
	int r;

	if (missions->row.id)
		return -EBUSY;
	r = ohtd_missions_load_legs(missions, row, missions->legs);
	if (r)
		return r;
	missions->row = *row;
	missions->posted = missions->writes = missions->late = missions->unkept = missions->drains = false;
	missions->command = (struct ohtd_command_view){ 0 };
	missions->interrupted = NULL;
	missions->since_ns = missions->round_ns = 0;
	missions->reader = heard ? *heard : (struct ohtd_event_reader){ .seen = ohtd_robot_events(missions->setup.robot) };
	take_person(missions, person);
	go_on_from(missions);
	if (!missions->row.began_ns)
		missions->row.began_ns = ohtd_clock_wall_ns(missions->setup.clock);
	r = ohtd_missions_turn_to(missions, OHTD_MISSION_RUNNING, "");
	/* Nothing of it has been driven. */
	if (r)
		missions->row = (struct ohtd_mission){ 0 };
	return r;
}

static int go_on(struct ohtd_missions *missions, const struct ohtd_missions_person *person)
{
	int r = 0;

	/* Its pause may still be on its way. */
	if (ohtd_missions_commands(missions))
		r = ohtd_missions_post(missions, person, OHTD_COMMAND_RESUME, OHTD_MISSIONS_OF_RESUME);
	if (r)
		return r;
	missions->drains = false;
	missions->interrupted = NULL;
	take_person(missions, person);
	return ohtd_missions_turn_to(missions, OHTD_MISSION_RUNNING, "");
}

/* It lasts no longer than the run: a restart holds the mission, too. */
static int drain(struct ohtd_missions *missions)
{
	char state[OHTD_MISSION_WORD_BYTES];

	memcpy(state, missions->row.state, sizeof(state));
	missions->drains = true;
	/* The robot is taken out: behind the leg nothing else starts by itself. */
	ohtd_missions_end_releases(missions, OHTD_MISSIONS_DRAINED);
	return ohtd_missions_turn_to(missions, state, OHTD_MISSIONS_DRAINS);
}

static int pause_it(struct ohtd_missions *missions, const struct ohtd_missions_person *person)
{
	int r = 0;

	if (ohtd_missions_commands(missions))
		r = ohtd_missions_post(missions, person, OHTD_COMMAND_PAUSE, OHTD_MISSIONS_OF_NONE);
	return r ? r : ohtd_missions_turn_to(missions, OHTD_MISSION_PAUSED, missions->drains ? OHTD_MISSIONS_DRAINS : "");
}

static int cancel(struct ohtd_missions *missions, const struct ohtd_missions_person *person, struct ohtd_mission *row)
{
	struct ohtd_mission_leg *leg;
	int r = 0;

	if (missions->row.id != row->id) {
		struct kept kept = { .row = row };

		snprintf(row->state, sizeof(row->state), "%s", OHTD_MISSION_CANCELLED);
		*row->reason = 0;
		row->changed_ns = row->ended_ns = ohtd_clock_wall_ns(missions->setup.clock);
		ohtd_missions_end_release(missions, row->schedule, OHTD_MISSION_CANCELLED);
		ohtd_missions_changed(missions);
		return ohtd_store_call(missions->setup.store, work_keep, &kept);
	}
	leg = ohtd_missions_leg(missions);
	if (leg && ohtd_missions_commands(missions))
		r = ohtd_missions_stop(missions, person);
	if (r)
		return r;
	if (leg && !strcmp(leg->state, OHTD_MISSION_LEG_RUNNING)) {
		snprintf(leg->state, sizeof(leg->state), "%s", OHTD_MISSION_LEG_FAILED);
		snprintf(leg->reason, sizeof(leg->reason), "%s", ohtd_why_name(OHTD_WHY_CANCELLED));
		leg->ended_ns = ohtd_clock_wall_ns(missions->setup.clock);
	}
	return ohtd_missions_turn_to(missions, OHTD_MISSION_CANCELLED, "");
}

static int do_act(struct ohtd_missions *missions, unsigned int act, const struct ohtd_missions_person *person, struct ohtd_mission *row)
{
	bool waits = is_in(row, OHTD_MISSION_WAITING), held = is_in(row, OHTD_MISSION_HELD);

	switch (act) {
	case OHTD_MISSIONS_START:
		return waits ? ohtd_missions_begin_driving(missions, person, row, NULL) : -EALREADY;
	case OHTD_MISSIONS_RESUME:
		if (held && missions->row.id != row->id)
			return ohtd_missions_begin_driving(missions, person, row, NULL);
		return is_in(row, OHTD_MISSION_PAUSED) ? go_on(missions, person) : -EALREADY;
	case OHTD_MISSIONS_DRAIN:
		return is_under_way(row) ? drain(missions) : -EALREADY;
	case OHTD_MISSIONS_PAUSE:
		return is_in(row, OHTD_MISSION_RUNNING) ? pause_it(missions, person) : -EALREADY;
	default:
		return waits || held || is_under_way(row) ? cancel(missions, person, row) : -EALREADY;
	}
}

int ohtd_missions_act(struct ohtd_missions *missions, unsigned int act, const struct ohtd_missions_person *person,
		      struct ohtd_mission *row)
{
	int64_t id = row->id, revision = row->revision;
	int r;

	pthread_mutex_lock(&missions->lock);
	/* Decided by what is true now: a stop a moment ago holds a mission that is paused before its resume is looked at. */
	r = ohtd_missions_look_at_robot(missions) ? 0 : -EAGAIN;
	if (!r && is_in(&missions->row, OHTD_MISSION_PAUSED))
		ohtd_missions_step(missions);
	ohtd_missions_heed(missions);
	if (!r)
		r = hold_past(missions);
	if (!r)
		r = ohtd_missions_renew_held(missions);
	if (!r)
		r = ohtd_missions_load(missions, row);
	if (!r && revision && revision != row->revision)
		r = -ESTALE;
	if (!r)
		r = do_act(missions, act, person, row);
	if (!r) {
		if (ohtd_missions_look_at_robot(missions))
			ohtd_missions_step(missions);
		row->id = id;
		r = ohtd_missions_load(missions, row);
	}
	ohtd_missions_refresh(missions);
	pthread_mutex_unlock(&missions->lock);
	return r;
}

int ohtd_missions_change(struct ohtd_missions *missions, struct ohtd_mission *row, struct ohtd_mission_leg *legs)
{
	struct kept kept = { .row = row, .legs = legs };
	int r;

	pthread_mutex_lock(&missions->lock);
	r = missions->row.id == row->id ? -EBUSY : ohtd_store_call(missions->setup.store, work_change, &kept);
	ohtd_missions_changed(missions);
	ohtd_missions_refresh(missions);
	pthread_mutex_unlock(&missions->lock);
	return r;
}

/* The mission that is driven has more legs, or more of them released. */
static void take_more(struct ohtd_missions *missions, const struct ohtd_mission *row, const struct ohtd_mission_extension *more, bool added)
{
	missions->row.legs = row->legs;
	missions->row.through_leg = row->through_leg;
	missions->row.revision = row->revision;
	for (int64_t i = 0; added && i < more->count; i++)
		missions->legs[more->first - 1 + i] = more->legs[i];
}

int ohtd_missions_extend(struct ohtd_missions *missions, struct ohtd_mission *row, struct ohtd_mission_extension *more)
{
	struct extending extending = { row, more };
	int64_t id = row->id;
	int r = 0;

	pthread_mutex_lock(&missions->lock);
	ohtd_missions_hear(missions);
	/* The store judges by what it has. */
	if (missions->unkept && missions->row.id == id)
		r = ohtd_missions_keep(missions);
	if (!r)
		r = ohtd_store_call(missions->setup.store, work_extend, &extending);
	if (r >= 0 && missions->row.id == id) {
		take_more(missions, row, more, !r);
		if (ohtd_missions_look_at_robot(missions))
			ohtd_missions_step(missions);
	}
	if (r >= 0) {
		row->id = id;
		ohtd_missions_changed(missions);
		r = ohtd_missions_load(missions, row);
	}
	ohtd_missions_refresh(missions);
	pthread_mutex_unlock(&missions->lock);
	return r;
}

int ohtd_missions_delete(struct ohtd_missions *missions, struct ohtd_mission *row)
{
	int r;

	pthread_mutex_lock(&missions->lock);
	r = missions->row.id == row->id ? -EBUSY : ohtd_store_call(missions->setup.store, work_delete, row);
	if (!r && !ohtd_mission_is_over(row))
		ohtd_missions_end_release(missions, row->schedule, OHTD_MISSION_CANCELLED);
	/* A template goes with its schedules. */
	ohtd_missions_schedules_changed(missions);
	ohtd_missions_changed(missions);
	ohtd_missions_refresh(missions);
	pthread_mutex_unlock(&missions->lock);
	return r;
}

/* ---- life ---- */

static void tick(void *part)
{
	struct ohtd_missions *missions = part;

	bool known;

	pthread_mutex_lock(&missions->lock);
	known = ohtd_missions_look_at_robot(missions);
	/* The disk may have taken nothing at the start: schedules wait for it. A person is not kept waiting, see ohtd_missions_act(). */
	if (ohtd_since(ohtd_clock_monotonic_ns(missions->setup.clock), missions->tried_ns) >= TRIED_NS)
		hold_past(missions);
	if (known) {
		ohtd_missions_schedules_step(missions);
		ohtd_missions_battery_step(missions);
		ohtd_missions_step(missions);
	}
	ohtd_missions_refresh(missions);
	pthread_mutex_unlock(&missions->lock);
}

/* ---- what is not well ---- */

enum { SKIPPED };

static const struct ohtd_part_alert alerts[] = {
	[SKIPPED] = { "missions", "schedule_skipped", OHTD_SEVERITY_WARNING, .notice = true,
		.text = "A schedule has made no mission at its time.",
		.action = "See GET missions/schedules for the time and the reason. What was to be driven then a person starts; the alert ends with the next mission of the schedule." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_missions_schedule_board board;

	ohtd_missions_look_at_schedules(part, &board);
	for (unsigned int i = 0; i < board.count; i++) {
		const struct ohtd_mission_schedule *row = &board.rows[i];
		char id[24];

		if (!*row->last_reason)
			continue;
		snprintf(id, sizeof(id), "%" PRId64, row->id);
		ohtd_part_report_about(to, SKIPPED, id, 0, "Schedule %s (%s) has made no mission: %s", id, row->name, ohtd_missions_reason_text(row->last_reason));
	}
}

struct ohtd_missions *ohtd_missions_open(const struct ohtd_missions_setup *setup)
{
	struct ohtd_missions *missions = calloc(1, sizeof(*missions));
	int r;

	if (!missions)
		return NULL;
	missions->setup = *setup;
	missions->order = missions->answered = OHTD_MISSIONS_OF_LEGS;
	pthread_mutex_init(&missions->lock, NULL);
	pthread_mutex_init(&missions->board_lock, NULL);
	missions->heeded.seen = ohtd_robot_events(setup->robot);
	ohtd_missions_schedules_changed(missions);
	r = hold_past(missions);
	ohtd_missions_changed(missions);
	ohtd_missions_refresh(missions);
	if (r)
		ohtd_log(OHTD_LOG_WARNING, "missions", "not_read", "%s", strerror(-r));
	return missions;
}

void ohtd_missions_close(struct ohtd_missions *missions)
{
	if (!missions)
		return;
	pthread_mutex_destroy(&missions->lock);
	pthread_mutex_destroy(&missions->board_lock);
	free(missions);
}

/* Behind the commands of the last run: whether a leg was driven is asked from their record. */
static void *open_missions(const struct ohtd_part_birth *birth)
{
	return ohtd_missions_open(&(struct ohtd_missions_setup){
		.store = birth->store, .clock = birth->clock, .robot = birth->robot, .auth = birth->auth, .settings = birth->settings,
		.courses = birth->courses, .link = birth->link,
	});
}

static void close_missions(void *part)
{
	ohtd_missions_close(part);
}

const struct ohtd_daemon_part ohtd_missions_part = {
	.name = "missions", .links = true, .open = open_missions, .close = close_missions, .tick = tick,
	OHTD_PART_ALERTS(alerts), .judge = judge,
};
