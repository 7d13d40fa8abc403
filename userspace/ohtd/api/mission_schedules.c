// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * missions/schedules: when missions are made of a template, and which of them start by themselves. missions/battery: whether the robot goes to
 * its dock by itself, under a release of the same kind.
 */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/blank.h"
#include "base/clock.h"
#include "lists/list.h"
#include "missions/missions.h"
#include "server/control.h"
#include "server/late.h"
#include "settings/settings.h"
#include "settings/shifts.h"
#include "views/services.h"

#define TIME_BYTES	16
#define TIME_PATTERN	"^([01][0-9]|2[0-3]):[0-5][0-9]$"
#define ALL_DAYS	((1 << OHTD_MISSION_DAYS) - 1)

static const char *const days[OHTD_MISSION_DAYS] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
OHTD_WORDS_OF(day_words, days);

/* ---- how one is shown ---- */

struct schedule {
	int64_t id;
	int64_t template;
	const char *name;
	const char *const *days;
	size_t days_count;
	const char *from;
	const char *until;
	int64_t every_min;
	int64_t next;
	const char *zone;
	int64_t last;
	const char *last_reason;
	const char *last_reason_text;
	int64_t last_mission;
	int64_t released;
	const char *released_by;
	int64_t made;
	const char *made_by;
};

OHTD_SHAPE(schedule, "MissionSchedule",
	OHTD_INTEGER(schedule, id, .summary = "Its number"),
	OHTD_INTEGER(schedule, template, .summary = "Number of the template that missions are made of"),
	OHTD_TEXT(schedule, name, .summary = "Of the missions that it makes", .example = "\"morning round\""),
	OHTD_TEXTS(schedule, days, .words = &day_words, .summary = "On these days"),
	OHTD_TEXT(schedule, from, .summary = "The first time of such a day, as clocks at the robot show it", .example = "\"06:00\""),
	OHTD_TEXT(schedule, until, .flags = OHTD_NULL, .summary = "Until then every every_min; null: there is one time a day", .example = "\"22:00\""),
	OHTD_INTEGER(schedule, every_min, .flags = OHTD_NULL, .unit = "min", .summary = "Between two of them; null: there is one time a day"),
	OHTD_TIME(schedule, next, .summary = "The next time"),
	OHTD_TEXT(schedule, zone, .summary = "Zone of the machine at that time", .example = "\"CET\""),
	OHTD_TIME(schedule, last, .flags = OHTD_NULL, .summary = "The newest time that has come; null: none has"),
	OHTD_TEXT(schedule, last_reason, .flags = OHTD_NULL, .summary = "Why no mission was made then, for programs; null: one was, or no time has come",
		  .example = "\"last_not_over\""),
	OHTD_TEXT(schedule, last_reason_text, .flags = OHTD_NULL, .summary = "The same for people"),
	OHTD_INTEGER(schedule, last_mission, .flags = OHTD_NULL, .summary = "The mission that it made last; null: none"),
	OHTD_TIME(schedule, released, .flags = OHTD_NULL, .summary = "Since when its missions start by themselves; null: they wait for a person"),
	OHTD_TEXT(schedule, released_by, .flags = OHTD_NULL, .summary = "In whose name they are driven", .example = "\"anna\""),
	OHTD_TIME(schedule, made, .summary = "When it was made"),
	OHTD_TEXT(schedule, made_by, .summary = "Who made it", .example = "\"anna\""));

static const char *text_of(struct ohtd_call *call, int64_t minute)
{
	return ohtd_call_text_of(call, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
}

static const char *zone_at(struct ohtd_call *call, int64_t at_ns)
{
	const time_t at_s = (time_t)(at_ns / (int64_t)OHTD_NS_PER_S);
	struct tm tm;

	return localtime_r(&at_s, &tm) ? ohtd_call_text_of(call, "%s", tm.tm_zone) : "";
}

/* A row that is there as long as the answer. */
static struct schedule view_of(struct ohtd_call *call, const struct ohtd_mission_schedule *row, const struct ohtd_missions_schedule_board *board)
{
	const char **on = ohtd_call_alloc(call, sizeof(days));
	const bool came = *row->last_reason || row->last_mission;
	int64_t now_ns = ohtd_clock_wall_ns(call->services->clock);
	struct schedule view = {
		.id = row->id, .template = row->template, .name = row->name, .days = on, .from = text_of(call, row->from_min),
		.until = row->every_min ? text_of(call, row->until_min) : NULL, .every_min = row->every_min ? row->every_min : OHTD_NONE,
		.next = ohtd_mission_schedule_next_ns(row, row->last_ns > now_ns && !ohtd_mission_schedule_was_ahead(row, now_ns) ? row->last_ns : now_ns),
		.last = came ? row->last_ns : OHTD_NONE,
		.last_mission = row->last_mission ? row->last_mission : OHTD_NONE, .released = OHTD_NONE, .made = row->made_ns, .made_by = row->made_by,
	};

	view.zone = zone_at(call, view.next);
	if (*row->last_reason) {
		view.last_reason = row->last_reason;
		view.last_reason_text = ohtd_missions_reason_text(row->last_reason);
	}
	for (int i = 0; i < OHTD_MISSION_DAYS; i++)
		if (row->days >> i & 1)
			on[view.days_count++] = days[i];
	for (unsigned int i = 0; i < board->release_count; i++) {
		if (board->releases[i].schedule != row->id)
			continue;
		view.released = board->releases[i].since_ns;
		view.released_by = ohtd_call_text_of(call, "%s", board->releases[i].person.who.user);
	}
	return view;
}

static const struct ohtd_missions_schedule_board *board_of(struct ohtd_call *call)
{
	struct ohtd_missions_schedule_board *board = ohtd_call_alloc(call, sizeof(*board));

	ohtd_missions_look_at_schedules(call->services->missions, board);
	return board;
}

/* ---- work with schedules ---- */

/**
 * struct schedule_late - something is done with schedules
 * @missions: the room
 * @act: with a release
 * @asked: the person or program that asks, and the row of one
 * @rows: all of them
 * @result: of the room; not that of @late, whose errors are the store's
 */
struct schedule_late {
	struct ohtd_late late;
	struct ohtd_missions *missions;
	int (*act)(struct ohtd_missions *missions, struct ohtd_missions_releasing *asked);
	struct ohtd_missions_releasing asked;
	struct ohtd_mission_schedule rows[OHTD_MISSION_SCHEDULES_MAX];
	int result;
};

static struct schedule_late *make_job(struct ohtd_call *call)
{
	struct schedule_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->missions = call->services->missions;
	job->asked.person = (struct ohtd_missions_person){ call->who, ohtd_holder_of(&call->who) };
	job->asked.row.id = call->params.id;
	return job;
}

/* False: it has been refused. */
static bool has_result(struct ohtd_call *call, const struct schedule_late *job)
{
	int result = job->late.result < 0 ? job->late.result : job->result;

	if (job->asked.why) {
		ohtd_reply_problem(call, 409, job->asked.why, "%s", ohtd_missions_check_text(job->asked.why));
		return false;
	}
	switch (result) {
	case -ENOENT:
		if (call->params.id)
			ohtd_reply_problem(call, 404, "not_found", "there is no schedule %" PRId64 ": see GET missions/schedules", call->params.id);
		else
			ohtd_reply_member(call, "/template", "unknown_value", "there is no mission %" PRId64 ": see GET missions?state=template", job->asked.row.template);
		break;
	case -ENOTUNIQ:
		ohtd_reply_member(call, "/template", "unfit", "mission %" PRId64 " is no template: make one of it with \"template\": true", job->asked.row.template);
		break;
	case -E2BIG:
		ohtd_reply_problem(call, 409, "too_many_schedules", "there are %d schedules already: delete one", OHTD_MISSION_SCHEDULES_MAX);
		break;
	case -ENODEV:
		ohtd_reply_problem(call, 409, "errand_off", "/missions/battery_dock_percent is 0: there is nothing to release");
		break;
	case -EAGAIN:
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy", "the robot does not answer");
		break;
	default:
		if (result >= 0)
			return true;
		ohtd_reply_store_problem(call, result);
	}
	return false;
}

static void settle_changed(struct ohtd_late *late)
{
	ohtd_missions_schedules_changed(((struct schedule_late *)late)->missions);
}

static void reply_one(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct schedule_late *job = (const struct schedule_late *)late;

	if (has_result(call, job)) {
		struct schedule view = view_of(call, &job->asked.row, board_of(call));

		OHTD_REPLY(call, 200, schedule, &view);
	}
}

/* ---- all of them ---- */

struct schedule_list {
	const struct schedule *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(schedule_list, "MissionScheduleList",
	OHTD_LIST(schedule_list, items, schedule, .summary = "All, the first that was made first"),
	OHTD_NEXT_CURSOR(schedule_list));

static int read_all(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_schedules(db, ((struct schedule_late *)arg)->rows);
}

static void reply_all(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct schedule_late *job = (const struct schedule_late *)late;
	const struct ohtd_missions_schedule_board *board = board_of(call);
	struct schedule *items = ohtd_call_alloc(call, OHTD_MISSION_SCHEDULES_MAX * sizeof(*items));
	struct schedule_list list = { .items = items };

	if (!has_result(call, job))
		return;
	for (int i = 0; i < late->result; i++)
		items[list.items_count++] = view_of(call, &job->rows[i], board);
	OHTD_REPLY(call, 200, schedule_list, &list);
}

static void get_schedules(struct ohtd_call *call)
{
	struct schedule_late *job = make_job(call);

	if (job)
		ohtd_late_read(call, &job->late, read_all, reply_all);
}

/* ---- making ---- */

struct schedule_body {
	int64_t template;
	const char *name;
	const char *const *days;
	size_t days_count;
	const char *from;
	const char *until;
	int64_t every_min;
};

/* The minute of the day; -1: it is no time of day. */
static int64_t minute_of(const char *text)
{
	struct ohtd_shifts one;

	return ohtd_shifts_take(text, &one) && one.count == 1 ? (int64_t)one.minute[0] : -1;
}

static const char *time_unfit(const char *text)
{
	return minute_of(text) < 0 ? "must be a time of day from 00:00 to 23:59" : NULL;
}

OHTD_SHAPE(schedule_body, "MissionScheduleBody",
	OHTD_INTEGER(schedule_body, template, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_NUMBER_MAX, .summary = "Number of the template"),
	OHTD_TEXT(schedule_body, name, .min = 1, .max = OHTD_MISSION_NAME_BYTES - 1, .unfit = ohtd_line_unfit,
		  .summary = "Of the missions; left out: that of the template", .example = "\"morning round\""),
	OHTD_TEXTS(schedule_body, days, .max = OHTD_MISSION_DAYS, .words = &day_words, .summary = "Left out: on all days"),
	OHTD_TEXT(schedule_body, from, .flags = OHTD_NEEDED, .min = 1, .max = TIME_BYTES, .unfit = time_unfit, .pattern = TIME_PATTERN,
		  .summary = "Time of day in the zone of the machine", .example = "\"06:00\""),
	OHTD_TEXT(schedule_body, until, .min = 1, .max = TIME_BYTES, .unfit = time_unfit, .pattern = TIME_PATTERN,
		  .summary = "Later on the same day; wants every_min", .example = "\"22:00\""),
	OHTD_INTEGER(schedule_body, every_min, .min = OHTD_MISSION_EVERY_MIN, .max = OHTD_DAY_MINUTES - 1, .preset = OHTD_NONE, .unit = "min",
		     .summary = "From from until until; wants until"));

/* What does not fit together: the member is the pointer; NULL: all fits. */
static struct ohtd_error misfit(const struct schedule_body *said)
{
	if (said->until && said->every_min == OHTD_NONE)
		return (struct ohtd_error){ "/every_min", "missing", "until wants it" };
	if (!said->until && said->every_min != OHTD_NONE)
		return (struct ohtd_error){ "/until", "missing", "every_min wants it" };
	if (said->until && minute_of(said->until) <= minute_of(said->from))
		return (struct ohtd_error){ "/until", "range", "is not later than from: over midnight there are two schedules" };
	if (said->until && said->every_min > minute_of(said->until) - minute_of(said->from))
		return (struct ohtd_error){ "/every_min", "range", "is longer than from from to until" };
	return (struct ohtd_error){ 0 };
}

/* 0: the request has been refused. */
static int64_t days_of(struct ohtd_call *call, const struct schedule_body *said)
{
	int64_t set = 0;

	for (size_t i = 0; i < said->days_count; i++) {
		int day = ohtd_word_number(&day_words, said->days[i]);

		if (day < 0) {
			ohtd_reply_member(call, ohtd_call_text_of(call, "/days/%zu", i), "unknown_value", "'%s' is none of mon, tue, wed, thu, fri, sat, sun",
					  said->days[i]);
			return 0;
		}
		set |= 1 << day;
	}
	return set ? set : ALL_DAYS;
}

static int work_add(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_schedule_add(db, &((struct schedule_late *)arg)->asked.row);
}

static void reply_made(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct schedule_late *job = (const struct schedule_late *)late;

	if (has_result(call, job)) {
		struct schedule view = view_of(call, &job->asked.row, board_of(call));

		OHTD_REPLY(call, 201, schedule, &view);
	}
}

static void post_schedule(struct ohtd_call *call)
{
	const struct schedule_body *said = OHTD_INPUT(call, schedule_body);
	struct ohtd_error error = misfit(said);
	struct ohtd_mission_schedule *row;
	struct schedule_late *job;
	int64_t on;

	if (error.pointer) {
		ohtd_reply_member(call, error.pointer, error.code, "%s", error.detail);
		return;
	}
	on = days_of(call, said);
	job = on ? make_job(call) : NULL;
	if (!job)
		return;
	row = &job->asked.row;
	row->template = said->template;
	row->days = on;
	row->from_min = row->until_min = minute_of(said->from);
	if (said->until) {
		row->until_min = minute_of(said->until);
		row->every_min = said->every_min;
	}
	row->made_ns = row->last_ns = ohtd_clock_wall_ns(call->services->clock);
	snprintf(row->name, sizeof(row->name), "%s", said->name ? said->name : "");
	snprintf(row->made_by, sizeof(row->made_by), "%s", call->who.user);
	job->late.settle = settle_changed;
	ohtd_late_write(call, &job->late, work_add, reply_made);
}

/* ---- deleting ---- */

static int work_delete(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_schedule_delete(db, ((struct schedule_late *)arg)->asked.row.id);
}

static void reply_deleted(struct ohtd_call *call, struct ohtd_late *late)
{
	if (has_result(call, (const struct schedule_late *)late))
		ohtd_reply_empty(call, 204);
}

static void delete_schedule(struct ohtd_call *call)
{
	struct schedule_late *job = make_job(call);

	if (!job)
		return;
	job->late.settle = settle_changed;
	ohtd_late_write(call, &job->late, work_delete, reply_deleted);
}

/* ---- releases ---- */

static int act(struct ohtd_late *late)
{
	struct schedule_late *job = (struct schedule_late *)late;

	job->result = job->act(job->missions, &job->asked);
	return 0;
}

static void begin(struct ohtd_call *call, int64_t id, int (*what)(struct ohtd_missions *missions, struct ohtd_missions_releasing *asked),
		  void (*reply)(struct ohtd_call *call, struct ohtd_late *late))
{
	struct schedule_late *job = make_job(call);

	if (!job)
		return;
	job->act = what;
	job->asked.row.id = id;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, act, reply);
}

static void post_release(struct ohtd_call *call)
{
	begin(call, call->params.id, ohtd_missions_release, reply_one);
}

static void delete_release(struct ohtd_call *call)
{
	begin(call, call->params.id, ohtd_missions_withdraw, reply_one);
}

/* ---- the way to the dock ---- */

struct battery {
	double percent;
	double min_percent;
	double dock_percent;
	double charged_percent;
	int64_t released;
	const char *released_by;
};

OHTD_SHAPE(battery, "MissionBattery",
	OHTD_NUMBER(battery, percent, .flags = OHTD_NULL, .unit = "%", .summary = "Charge now; null: not known"),
	OHTD_NUMBER(battery, min_percent, .unit = "%", .summary = "Below it no leg begins but to dock and to charge; 0: never. /missions/battery_min_percent"),
	OHTD_NUMBER(battery, dock_percent, .unit = "%",
		    .summary = "Below it the robot goes to its dock by itself while that is released; 0: never. /missions/battery_dock_percent"),
	OHTD_NUMBER(battery, charged_percent, .unit = "%", .summary = "So far it is charged then. /missions/battery_charged_percent"),
	OHTD_TIME(battery, released, .flags = OHTD_NULL, .summary = "Since when it goes to its dock by itself; null: it does not"),
	OHTD_TEXT(battery, released_by, .flags = OHTD_NULL, .summary = "In whose name it is driven there", .example = "\"anna\""));

static void get_battery(struct ohtd_call *call)
{
	struct ohtd_missions_schedule_board *board = ohtd_call_alloc(call, sizeof(*board));
	const struct ohtd_settings_battery limits = ohtd_settings_battery(call->services->settings);
	const struct ohtd_value *charge = &ohtd_call_snapshot(call)->battery_percent;
	struct battery view = {
		.percent = charge->valid ? charge->value : (double)NAN, .min_percent = limits.min_percent, .dock_percent = limits.dock_percent,
		.charged_percent = limits.charged_percent, .released = OHTD_NONE,
	};

	ohtd_missions_look_at_schedules(call->services->missions, board);
	for (unsigned int i = 0; i < board->release_count; i++) {
		if (board->releases[i].schedule != OHTD_MISSION_ERRAND)
			continue;
		view.released = board->releases[i].since_ns;
		view.released_by = board->releases[i].person.who.user;
	}
	OHTD_REPLY(call, 200, battery, &view);
}

static void reply_battery(struct ohtd_call *call, struct ohtd_late *late)
{
	if (has_result(call, (const struct schedule_late *)late))
		get_battery(call);
}

static void post_battery_release(struct ohtd_call *call)
{
	begin(call, OHTD_MISSION_ERRAND, ohtd_missions_release, reply_battery);
}

static void delete_battery_release(struct ohtd_call *call)
{
	begin(call, OHTD_MISSION_ERRAND, ohtd_missions_withdraw, reply_battery);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "missions/schedules", .role = OHTD_ROLE_VIEWER, .flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &schedule_list_shape } }, .problems = { "out_of_memory" },
		.handle = get_schedules,
		.summary = "When missions are made of templates",
	}, {
		.method = OHTD_POST, .path = "missions/schedules", .role = OHTD_ROLE_OPERATOR,
		.act = { "make", "made", " a schedule of missions" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 2048, .body = &schedule_body_shape,
		.replies = { { 201, &schedule_shape } }, .problems = { "too_many_schedules", "out_of_memory" },
		.handle = post_schedule,
		.summary = "Have missions made of a template at times of day",
		.text = "Each mission waits until a person starts it, unless the schedule is released.",
	}, {
		.method = OHTD_DELETE, .path = "missions/schedules/{id}", .role = OHTD_ROLE_OPERATOR, .flags = OHTD_ROUTE_STORE | OHTD_ROUTE_NO_COURSE,
		.act = { "delete", "deleted", " a schedule of missions" },
		.replies = { { 204 } }, .problems = { "not_found", "out_of_memory" },
		.handle = delete_schedule,
		.summary = "Delete a schedule; missions that it has made stay",
	}, {
		.method = OHTD_POST, .path = "missions/schedules/{id}/release", .role = OHTD_ROLE_OPERATOR, .flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE,
		.act = { "release", "released", " a schedule of missions" },
		.body_bytes_max = 1024,
		.replies = { { 200, &schedule_shape } }, .problems = { "not_found", "out_of_memory" },
		.handle = post_release,
		.summary = "Let missions of a schedule start by themselves, in the name of the session that asks",
		.text = "Refused while something stands in the way of a mission: a stop, a fault, a disable, a motion of somebody else. The "
			"release holds until this session ends, until a stop, a fault, a disable or a motion that somebody else asks for, until one of its missions "
			"ends otherwise than finished or is held, and until ohtd ends.",
	}, {
		.method = OHTD_DELETE, .path = "missions/schedules/{id}/release", .role = OHTD_ROLE_OPERATOR,
		.act = { "withdraw", "withdrew", " the release of a schedule of missions" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_NO_COURSE,
		.replies = { { 200, &schedule_shape } }, .problems = { "not_found", "out_of_memory" },
		.handle = delete_release,
		.summary = "Let missions of a schedule wait for a person again",
		.text = "A mission that is under way goes on.",
	},
	{
		.method = OHTD_GET, .path = "missions/battery", .role = OHTD_ROLE_VIEWER,
		.replies = { { 200, &battery_shape } },
		.handle = get_battery,
		.summary = "What missions make of the charge, and whether the robot goes to its dock by itself",
	}, {
		.method = OHTD_POST, .path = "missions/battery/release", .role = OHTD_ROLE_OPERATOR, .flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE,
		.act = { "release", "released", " the way to the dock" },
		.body_bytes_max = 1024,
		.replies = { { 200, &battery_shape } }, .problems = { "errand_off", "out_of_memory" },
		.handle = post_battery_release,
		.summary = "Let the robot go to its dock by itself when its charge is low, in the name of the session that asks",
		.text = "It stands still at the dock then until a person or program asks for more. The release ends as that of a schedule does.",
	}, {
		.method = OHTD_DELETE, .path = "missions/battery/release", .role = OHTD_ROLE_OPERATOR,
		.act = { "withdraw", "withdrew", " the release of the way to the dock" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_NO_COURSE,
		.replies = { { 200, &battery_shape } }, .problems = { "out_of_memory" },
		.handle = delete_battery_release,
		.summary = "Let the robot wait for a person with a low charge, too",
		.text = "A mission that is under way goes on.",
	},
};

OHTD_ROUTE_TABLE(ohtd_mission_schedule_routes, "Missions", routes);
