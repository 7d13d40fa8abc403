// SPDX-License-Identifier: GPL-2.0-or-later
/* missions: lists of legs that are driven one behind the other, and survive what interrupts them. */
#include "api/api.h"
#include "server/call.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/blank.h"
#include "base/clock.h"
#include "base/log.h"
#include "common/number.h"
#include "http/accept.h"
#include "lists/stored_list.h"
#include "missions/missions.h"
#include "robot/codes.h"
#include "robot/command.h"
#include "robot/stations.h"
#include "robot/telemetry.h"
#include "server/control.h"
#include "server/late.h"
#include "views/services.h"

/* 100 legs with all their members, as an export has them. */
#define BODY_BYTES	65536
#define SECONDS_MAX	86400
#define RETRIES_MAX	9

/* ---- words ---- */

static const char *const states[] = {
	OHTD_MISSION_WAITING, OHTD_MISSION_RUNNING, OHTD_MISSION_PAUSED, OHTD_MISSION_HELD,
	OHTD_MISSION_FINISHED, OHTD_MISSION_FAILED, OHTD_MISSION_CANCELLED, OHTD_MISSION_TEMPLATE,
};
OHTD_WORDS_OF(state_words, states);

static const char *const leg_states[] = {
	OHTD_MISSION_LEG_WAITING, OHTD_MISSION_LEG_RUNNING, OHTD_MISSION_LEG_FINISHED, OHTD_MISSION_LEG_SKIPPED, OHTD_MISSION_LEG_FAILED,
};
OHTD_WORDS_OF(leg_state_words, leg_states);

enum { MOVE, DOCK, UNDOCK, WAIT, SIGNAL, CHARGE, WRITE, ACKNOWLEDGE };
static const char *const kinds[] = {
	[MOVE] = "move", [DOCK] = "dock", [UNDOCK] = "undock", [WAIT] = "wait", [SIGNAL] = "signal", [CHARGE] = "charge",
	[WRITE] = "write", [ACKNOWLEDGE] = "acknowledge",
};
OHTD_WORDS_OF(kind_words, kinds);

static const char *const failures[] = { "hold", "skip", "fail" };
OHTD_WORDS_OF(failure_words, failures);

/* ---- how one is shown ---- */

struct mission {
	int64_t id;
	const char *name;
	const char *state;
	const char *reason;
	const char *reason_text;
	int64_t leg;
	int64_t legs;
	int64_t through_leg;
	int64_t rounds;
	int64_t round;
	int64_t revision;
	int64_t schedule;
	const char *external_id;
	const char *driven_by;
	int64_t made;
	const char *made_by;
	int64_t began;
	int64_t changed;
	int64_t ended;
};

OHTD_SHAPE(mission, "Mission",
	OHTD_INTEGER(mission, id, .summary = "Its number"),
	OHTD_TEXT(mission, name, .summary = "For people", .example = "\"morning round\""),
	OHTD_TEXT(mission, state, .words = &state_words, .summary = "held: it goes on only when it is resumed; template: it is never driven",
		  .example = "\"held\""),
	OHTD_TEXT(mission, reason, .flags = OHTD_NULL, .summary = "Why it is held, paused or failed, or waits for a person, for programs", .example = "\"stop_latched\""),
	OHTD_TEXT(mission, reason_text, .flags = OHTD_NULL, .summary = "The same for people"),
	OHTD_INTEGER(mission, leg, .flags = OHTD_NULL, .summary = "Place of the leg under way or next; null: none is left"),
	OHTD_INTEGER(mission, legs, .summary = "How many it has"),
	OHTD_INTEGER(mission, through_leg, .summary = "Place of the last leg that is released, and so may begin; 0: none is"),
	OHTD_INTEGER(mission, rounds, .summary = "So often its legs are driven from the first one on; 0: until it is cancelled"),
	OHTD_INTEGER(mission, round, .summary = "The one under way or next, from 1 on"),
	OHTD_INTEGER(mission, revision, .summary = "Another one with each change of its name, rounds or legs, each time that it is paused or held, and with each stop while it is held, for If-Match"),
	OHTD_INTEGER(mission, schedule, .flags = OHTD_NULL, .summary = "Number of the schedule that has made it; null: none has"),
	OHTD_TEXT(mission, external_id, .flags = OHTD_NULL, .summary = "Of the order that it was made for; null: none", .example = "\"order-7\""),
	OHTD_TEXT(mission, driven_by, .flags = OHTD_NULL, .summary = "In whose name it is driven; null: it has not begun", .example = "\"anna\""),
	OHTD_TIME(mission, made, .summary = "When it was made"),
	OHTD_TEXT(mission, made_by, .summary = "Who made it", .example = "\"anna\""),
	OHTD_TIME(mission, began, .flags = OHTD_NULL, .summary = "When it was started; null: not yet"),
	OHTD_TIME(mission, changed, .summary = "Newest change of its state, name or legs"),
	OHTD_TIME(mission, ended, .flags = OHTD_NULL, .summary = "When it finished, failed or was cancelled; null: not yet"));

static const char *text_or_none(const char *text)
{
	return *text ? text : NULL;
}

static int64_t time_or_none(int64_t time_ns)
{
	return time_ns ? time_ns : OHTD_NONE;
}

/* That of the way to the dock is none that a client could ask for. */
static int64_t schedule_or_none(int64_t schedule)
{
	return schedule > 0 ? schedule : OHTD_NONE;
}

static struct mission view_of(const struct ohtd_mission *row)
{
	return (struct mission){
		.id = row->id, .name = row->name, .state = row->state, .reason = text_or_none(row->reason),
		.reason_text = text_or_none(ohtd_missions_reason_text(row->reason)),
		.leg = row->leg <= row->legs ? row->leg : OHTD_NONE, .legs = row->legs, .through_leg = row->through_leg,
		.rounds = row->rounds, .round = row->round, .revision = row->revision, .schedule = schedule_or_none(row->schedule),
		.external_id = text_or_none(row->external_id), .driven_by = text_or_none(row->driven_by),
		.made = row->made_ns, .made_by = row->made_by, .began = time_or_none(row->began_ns), .changed = row->changed_ns,
		.ended = time_or_none(row->ended_ns),
	};
}

static void show(struct ohtd_call *call, const void *row, void *item)
{
	(void)call;
	*(struct mission *)item = view_of(row);
}

OHTD_LIST_ANSWER(mission_list, "MissionList", mission, "In the order asked for, else the newest first");

static const char *const sorts[] = { "-id", "id" };
OHTD_WORDS_OF(sort_words, sorts);

struct mission_query {
	struct ohtd_page page;
	int64_t sort;
	int64_t state;
	int64_t schedule;
	const char *external_id;
	const char *q;
};

OHTD_SHAPE(mission_query, "MissionQuery",
	OHTD_PART(mission_query, page, ohtd_page),
	OHTD_SORT(mission_query, sort_words),
	OHTD_WORD(mission_query, state, .words = &state_words, .preset = OHTD_NONE, .summary = "Only those in this state"),
	OHTD_INTEGER(mission_query, schedule, .min = 1, .max = OHTD_NUMBER_MAX, .preset = OHTD_NONE, .summary = "Only those that this schedule has made"),
	OHTD_FILTER(mission_query, external_id, "Only the one of this order"),
	OHTD_SEARCH(mission_query, "name, driven_by or made_by"));

static const struct ohtd_stored_list missions_listed = { .row = &ohtd_missions_kept, .show = show };

/* ---- legs ---- */

/* What a leg is to do: in a request, in an answer, in a file. */
struct leg_body {
	unsigned int kind;
	const char *station;
	double position_mm;
	double speed_mm_s;
	int64_t wait_s;
	const char *signal;
	double at_least;
	double at_most;
	double charge_percent;
	int64_t address;
	const char *register_name;
	double value;
	int64_t deadline_s;
	int64_t retries;
	unsigned int on_failure;
};

static const char *station_unfit(const char *text)
{
	return ohtd_station_name_fits(text) ? NULL : "must be letters, digits and _";
}

OHTD_SHAPE(leg_body, "MissionLegBody",
	OHTD_WORD(leg_body, kind, .flags = OHTD_NEEDED, .words = &kind_words, .summary = "acknowledge: hold until a person resumes"),
	OHTD_TEXT(leg_body, station, .flags = OHTD_NULL, .min = 1, .max = OHTD_STATION_CHARACTERS, .unfit = station_unfit,
		  .summary = "Of a move: where to; looked up when the leg begins", .example = "\"dock\""),
	OHTD_NUMBER(leg_body, position_mm, .flags = OHTD_NULL, .unit = "mm", .summary = "Of a move: where to, if there is no station"),
	OHTD_NUMBER(leg_body, speed_mm_s, .flags = OHTD_NULL, .unit = "mm/s", .summary = "Of a move: at most"),
	OHTD_INTEGER(leg_body, wait_s, .flags = OHTD_NULL, .min = 1, .max = SECONDS_MAX, .preset = OHTD_NONE, .unit = "s", .summary = "Of a wait, which needs it"),
	OHTD_TEXT(leg_body, signal, .flags = OHTD_NULL, .min = 1, .max = OHTD_MISSION_SIGNAL_BYTES - 1,
		  .summary = "As in telemetry/signals, no word: the leg begins only while it is within the bounds and of good quality; a signal "
			     "leg, which needs it, waits for that", .example = "\"battery_percent\""),
	OHTD_NUMBER(leg_body, at_least, .flags = OHTD_NULL, .summary = "Lowest value of the signal, in its unit; of a boolean 0 and 1"),
	OHTD_NUMBER(leg_body, at_most, .flags = OHTD_NULL, .summary = "Highest value of the signal"),
	OHTD_NUMBER(leg_body, charge_percent, .flags = OHTD_NULL, .unit = "%", .summary = "Of a charge, which needs it: until the battery has so much; 1 to 100"),
	OHTD_INTEGER(leg_body, address, .flags = OHTD_NULL, .min = 1, .max = 247, .preset = OHTD_NONE, .summary = "Of a write, which needs it: unit address of the module"),
	OHTD_TEXT(leg_body, register_name, .flags = OHTD_NULL, .min = 1, .max = OHTD_MISSION_REGISTER_BYTES - 1,
		  .summary = "Of a write, which needs it: a register that may be written without an elevated session"),
	OHTD_NUMBER(leg_body, value, .flags = OHTD_NULL, .summary = "Of a write, which needs it: in the unit of the register"),
	OHTD_INTEGER(leg_body, deadline_s, .flags = OHTD_NULL, .min = 1, .max = SECONDS_MAX, .preset = OHTD_NONE, .unit = "s",
		     .summary = "Of a motion, a signal leg or a charge: a leg that is not over by then fails; a motion is stopped"),
	OHTD_INTEGER(leg_body, retries, .min = 0, .max = RETRIES_MAX, .preset = 0, .summary = "So often it is driven again when it fails"),
	OHTD_WORD(leg_body, on_failure, .words = &failure_words,
		  .summary = "What becomes of the mission when the leg has failed: hold it, skip the leg, or fail; left out: hold"));

struct leg {
	int64_t place;
	struct leg_body body;
	int64_t tries;
	const char *state;
	const char *reason;
	const char *reason_text;
	const char *command_id;
	int64_t began;
	int64_t ended;
};

OHTD_SHAPE(leg, "MissionLeg",
	OHTD_INTEGER(leg, place, .summary = "From 1 on"),
	OHTD_PART(leg, body, leg_body),
	OHTD_INTEGER(leg, tries, .summary = "So often it has failed since the round began or the mission was resumed"),
	OHTD_TEXT(leg, state, .words = &leg_state_words,
		  .summary = "waiting: also of one that was interrupted, then with a reason; skipped: it has failed, and the mission goes on",
		  .example = "\"finished\""),
	OHTD_TEXT(leg, reason, .flags = OHTD_NULL, .summary = "Why it failed or was interrupted, for programs"),
	OHTD_TEXT(leg, reason_text, .flags = OHTD_NULL, .summary = "The same for people"),
	OHTD_TEXT(leg, command_id, .flags = OHTD_NULL, .summary = "Id of its newest command in GET robot/commands; null: there was none"),
	OHTD_TIME(leg, began, .flags = OHTD_NULL, .summary = "When it began, the last time; null: not yet"),
	OHTD_TIME(leg, ended, .flags = OHTD_NULL, .summary = "When it ended or was interrupted; null: not yet"));

OHTD_LIST_ANSWER(leg_list, "MissionLegList", leg, "All legs of the mission, in their order");

/* Of a row of the store, which outlives it. */
static struct leg_body body_of(const struct ohtd_mission_leg *row)
{
	return (struct leg_body){
		.kind = (unsigned int)ohtd_word_number(&kind_words, row->kind), .station = text_or_none(row->station),
		.position_mm = row->position_mm, .speed_mm_s = row->speed_mm_s, .wait_s = strcmp(row->kind, kinds[WAIT]) ? OHTD_NONE : row->wait_s,
		.signal = text_or_none(row->signal), .at_least = row->at_least, .at_most = row->at_most,
		.charge_percent = row->charge_percent, .address = row->address ? row->address : OHTD_NONE,
		.register_name = text_or_none(row->register_name), .value = row->value,
		.deadline_s = row->deadline_s ? row->deadline_s : OHTD_NONE, .retries = row->retries,
		.on_failure = (unsigned int)ohtd_word_number(&failure_words, row->on_failure),
	};
}

static struct leg leg_of(const struct ohtd_mission_leg *row)
{
	return (struct leg){
		.place = row->place, .body = body_of(row), .tries = row->tries, .state = row->state,
		.reason = text_or_none(row->reason), .reason_text = text_or_none(ohtd_missions_reason_text(row->reason)),
		.command_id = text_or_none(row->command_id), .began = time_or_none(row->began_ns), .ended = time_or_none(row->ended_ns),
	};
}

/* ---- live ---- */

struct live_mission {
	struct mission mission;
	const struct leg *current_leg;
};

OHTD_SHAPE(live_mission, "LiveMission",
	OHTD_PART(live_mission, mission, mission),
	OHTD_OBJECT(live_mission, current_leg, leg, .flags = OHTD_NULL, .summary = "Its leg under way or next; null: none is left"));

struct live_release {
	int64_t schedule;
	int64_t released;
	const char *released_by;
};

OHTD_SHAPE(live_release, "LiveMissionRelease",
	OHTD_INTEGER(live_release, schedule, .flags = OHTD_NULL,
		     .summary = "Number of the schedule whose missions start by themselves; null: the way to the dock, as GET missions/battery"),
	OHTD_TIME(live_release, released, .summary = "Since when"),
	OHTD_TEXT(live_release, released_by, .summary = "In whose name they are driven", .example = "\"anna\""));

struct live_missions {
	const struct live_mission *missions;
	size_t missions_count;
	const struct live_release *releases;
	size_t releases_count;
};

OHTD_SHAPE(live_missions, "LiveMissions",
	OHTD_LIST(live_missions, missions, live_mission,
		  .summary = "Those that are not over, at most 20, and the 5 that ended last, the newest first"),
	OHTD_LIST(live_missions, releases, live_release, .summary = "What is released"));

static void put_releases(const struct ohtd_scene *scene, struct live_missions *view)
{
	struct ohtd_missions_schedule_board *board = ohtd_scene_alloc(scene, sizeof(*board));
	struct live_release *items = ohtd_scene_alloc(scene, OHTD_MISSIONS_RELEASES_MAX * sizeof(*items));

	ohtd_missions_look_at_schedules(scene->services->missions, board);
	for (unsigned int i = 0; i < board->release_count; i++)
		items[i] = (struct live_release){ schedule_or_none(board->releases[i].schedule), board->releases[i].since_ns, board->releases[i].person.who.user };
	view->releases = items;
	view->releases_count = board->release_count;
}

static const void *make_live(const struct ohtd_scene *scene)
{
	struct ohtd_mission_board *board = ohtd_scene_alloc(scene, sizeof(*board));
	struct live_missions *view = ohtd_scene_alloc(scene, sizeof(*view));
	struct live_mission *items;
	struct leg *legs;

	ohtd_missions_look(scene->services->missions, board);
	items = ohtd_scene_alloc(scene, (board->count + 1) * sizeof(*items));
	legs = ohtd_scene_alloc(scene, (board->count + 1) * sizeof(*legs));
	for (unsigned int i = 0; i < board->count; i++) {
		legs[i] = leg_of(&board->items[i].leg);
		items[i] = (struct live_mission){ view_of(&board->items[i].row), board->items[i].leg.place ? &legs[i] : NULL };
	}
	*view = (struct live_missions){ .missions = items, .missions_count = board->count };
	put_releases(scene, view);
	return view;
}

const struct ohtd_view ohtd_api_missions_view = { &live_missions_shape, make_live };

/* ---- what a leg of a request says ---- */

/* A member that the kind of the leg does not take, or NULL. */
static const char *not_taken(const struct leg_body *leg)
{
	if (leg->station && leg->kind != MOVE)
		return "station";
	if (isfinite(leg->position_mm) && leg->kind != MOVE)
		return "position_mm";
	if (isfinite(leg->speed_mm_s) && leg->kind != MOVE)
		return "speed_mm_s";
	if (leg->wait_s != OHTD_NONE && leg->kind != WAIT)
		return "wait_s";
	if (isfinite(leg->charge_percent) && leg->kind != CHARGE)
		return "charge_percent";
	if (leg->address != OHTD_NONE && leg->kind != WRITE)
		return "address";
	if (leg->register_name && leg->kind != WRITE)
		return "register_name";
	if (isfinite(leg->value) && leg->kind != WRITE)
		return "value";
	if (leg->deadline_s != OHTD_NONE && (leg->kind == WAIT || leg->kind == WRITE || leg->kind == ACKNOWLEDGE))
		return "deadline_s";
	return leg->retries && (leg->kind == WAIT || leg->kind == ACKNOWLEDGE) ? "retries" : NULL;
}

/* The name of a member that the leg needs and does not have, or NULL. */
static const char *missing(const struct leg_body *leg)
{
	if (leg->kind == WAIT && leg->wait_s == OHTD_NONE)
		return "wait_s";
	if (leg->kind == SIGNAL && !leg->signal)
		return "signal";
	if (leg->kind == CHARGE && !isfinite(leg->charge_percent))
		return "charge_percent";
	if (leg->kind == WRITE && leg->address == OHTD_NONE)
		return "address";
	if (leg->kind == WRITE && !leg->register_name)
		return "register_name";
	if (leg->kind == WRITE && !isfinite(leg->value))
		return "value";
	return leg->kind == MOVE && !leg->station && !isfinite(leg->position_mm) ? "position_mm" : NULL;
}

/* The same of its signal and bounds. */
static struct ohtd_error unfit_signal(const struct leg_body *leg)
{
	bool bounded = isfinite(leg->at_least) || isfinite(leg->at_most);
	int signal = leg->signal ? ohtd_robot_signal_named(leg->signal) : 0;

	if (!leg->signal && bounded)
		return (struct ohtd_error){ isfinite(leg->at_least) ? "at_least" : "at_most", "not_taken", "a leg without a signal does not take it" };
	if (signal == -EDOM)
		return (struct ohtd_error){ "signal", "unfit", "is a word: a bound needs a number or a boolean" };
	if (signal < 0)
		return (struct ohtd_error){ "signal", "unknown_value", "no signal has this name: see GET telemetry/signals" };
	if (leg->signal && !bounded)
		return (struct ohtd_error){ "at_least", "missing", "a signal needs at_least or at_most" };
	if (leg->at_least > leg->at_most)
		return (struct ohtd_error){ "at_most", "range", "is below at_least" };
	return (struct ohtd_error){ 0 };
}

/* What does not fit the kind of the leg: the member is the pointer; NULL: all fits. */
static struct ohtd_error misfit(const struct leg_body *leg)
{
	const char *member = not_taken(leg);

	if (member)
		return (struct ohtd_error){ member, "not_taken", "a leg of this kind does not take it" };
	member = missing(leg);
	if (member)
		return (struct ohtd_error){ member, "missing", "a leg of this kind needs it" };
	if (leg->station && isfinite(leg->position_mm))
		return (struct ohtd_error){ "station", "one_of", "position_mm is there, too" };
	if (leg->speed_mm_s < OHTD_SLOWEST_MM_S)
		return (struct ohtd_error){ "speed_mm_s", "range", "must be at least 1 mm/s" };
	if (leg->charge_percent < 1 || leg->charge_percent > 100)
		return (struct ohtd_error){ "charge_percent", "range", "must be 1 to 100 %" };
	return unfit_signal(leg);
}

static void fill_leg(struct ohtd_mission_leg *row, const struct leg_body *leg)
{
	*row = (struct ohtd_mission_leg){
		.position_mm = leg->position_mm, .speed_mm_s = leg->speed_mm_s, .wait_s = leg->wait_s == OHTD_NONE ? 0 : leg->wait_s,
		.at_least = leg->at_least, .at_most = leg->at_most, .charge_percent = leg->charge_percent,
		.address = leg->address == OHTD_NONE ? 0 : leg->address, .value = leg->value,
		.deadline_s = leg->deadline_s == OHTD_NONE ? 0 : leg->deadline_s, .retries = leg->retries,
	};
	snprintf(row->signal, sizeof(row->signal), "%s", leg->signal ? leg->signal : "");
	snprintf(row->register_name, sizeof(row->register_name), "%s", leg->register_name ? leg->register_name : "");
	snprintf(row->kind, sizeof(row->kind), "%s", kinds[leg->kind]);
	snprintf(row->station, sizeof(row->station), "%s", leg->station ? leg->station : "");
	snprintf(row->on_failure, sizeof(row->on_failure), "%s", failures[leg->on_failure]);
	snprintf(row->state, sizeof(row->state), "%s", OHTD_MISSION_LEG_WAITING);
}

/* The caller must be permitted to write the register now; the account that starts the mission is judged when the leg begins. False: the request has been refused. */
static bool may_write(struct ohtd_call *call, size_t place, const struct leg_body *leg)
{
	struct ohtd_mission_leg row;
	struct ohtd_error error;
	const char *why, *code;

	if (leg->kind != WRITE)
		return true;
	fill_leg(&row, leg);
	why = ohtd_missions_write_refused(call->services->missions, ohtd_call_snapshot(call), &call->who, &row);
	if (!why)
		return true;
	code = !strcmp(why, "unknown_register") ? "unknown_value" : !strcmp(why, "register_value") ? "range" : "not_permitted";
	error = (struct ohtd_error){ ohtd_call_text_of(call, "/legs/%zu/%s", place, strcmp(why, "register_value") ? "register_name" : "value"), code,
				     ohtd_missions_check_text(why) };
	if (!strcmp(why, "register_role"))
		ohtd_reply_errors(call, 403, "role", "a higher role may write this register", &error, 1);
	else if (!strcmp(why, "qualification_missing"))
		ohtd_reply_errors(call, 403, why, "a certificate that holds is missing to write registers of this module", &error, 1);
	else if (!strcmp(why, "key_scope"))
		ohtd_reply_errors(call, 403, why, "the key does not permit to write registers of this module", &error, 1);
	else
		ohtd_reply_errors(call, 422, "mission_leg", "a leg writes what a mission may not write, or what is not there", &error, 1);
	return false;
}

/* False: the request has been refused. */
static bool fit(struct ohtd_call *call, const struct leg_body *legs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct ohtd_error error = misfit(&legs[i]);

		if (!error.pointer && !may_write(call, i, &legs[i]))
			return false;
		if (!error.pointer)
			continue;
		error.pointer = ohtd_call_text_of(call, "/legs/%zu/%s", i, error.pointer);
		ohtd_reply_errors(call, 422, "mission_leg", "a leg has members that do not fit its kind", &error, 1);
		return false;
	}
	return true;
}

/* ---- one ---- */

/**
 * struct mission_late - something is done with a mission
 * @missions: the room
 * @act: enum ohtd_missions_act
 * @person: the person or program that asks
 * @row: of the mission
 * @before: the same before a change, for the audit
 * @legs: its legs; OHTD_MISSION_LEGS_MAX
 * @said: the mission as the request has it, of which another one may be there already
 * @more: legs behind those that it has
 * @check: what would become of it
 * @with_legs: @legs are other ones from now on
 * @changes: of the revision that @row has
 * @result: of the room; not that of @late, whose errors are the store's
 */
struct mission_late {
	struct ohtd_late late;
	struct ohtd_missions *missions;
	unsigned int act;
	struct ohtd_missions_person person;
	struct ohtd_mission row;
	struct ohtd_mission_leg *legs;
	struct ohtd_mission said;
	struct ohtd_mission_extension more;
	struct ohtd_missions_check *check;
	bool with_legs;
	bool changes;
	int result;
};

static void release(struct ohtd_late *late)
{
	free(((struct mission_late *)late)->legs);
	free(((struct mission_late *)late)->check);
}

static struct mission_late *make_job(struct ohtd_call *call)
{
	struct mission_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->missions = call->services->missions;
	job->person = (struct ohtd_missions_person){ call->who, ohtd_holder_of(&call->who) };
	job->row.id = call->params.id;
	job->late.release = release;
	job->legs = calloc(OHTD_MISSION_LEGS_MAX, sizeof(*job->legs));
	if (job->legs)
		return job;
	ohtd_late_drop(&job->late);
	ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
	return NULL;
}

/* The mission is there already, and something else was said of it. */
static void refuse_difference(struct ohtd_call *call, const struct mission_late *job)
{
	const struct ohtd_mission_extension *more = &job->more;
	struct ohtd_error error = { .code = "differs", .detail = "the mission that is there has it otherwise" };

	error.pointer = more->differs < 0 ? ohtd_call_text_of(call, "/%s", more->member) :
			ohtd_call_text_of(call, "/legs/%" PRId64 "/%s", more->differs, more->member);
	ohtd_reply_errors(call, 409, "mission_differs",
			  ohtd_call_text_of(call, "mission %" PRId64 " was made with other content", job->row.id), &error, 1);
}

/* False: it has been refused. */
static bool has_result(struct ohtd_call *call, const struct mission_late *job, int result)
{
	if (job->late.result < 0)
		result = job->late.result;
	if (result >= 0)
		return true;
	switch (result) {
	case -ENOENT:
		ohtd_reply_problem(call, 404, "not_found", "there is no mission %" PRId64 ": see GET missions", call->params.id);
		break;
	case -E2BIG:
		if (job->row.id)
			ohtd_reply_problem(call, 409, "too_many_legs", "mission %" PRId64 " has %" PRId64 " legs, and %d is the most", job->row.id,
					   job->row.legs, OHTD_MISSION_LEGS_MAX);
		else
			ohtd_reply_problem(call, 409, "too_many_missions", "there are %d missions already: delete one", OHTD_MISSIONS_MAX);
		break;
	case -ESTALE:
		if (job->changes)
			ohtd_reply_problem(call, 412, "mission_changed", "mission %" PRId64 " is at revision %" PRId64 ", not the one of If-Match; "
					   "nothing was changed", job->row.id, job->row.revision);
		else
			refuse_difference(call, job);
		break;
	case -ERANGE:
		ohtd_reply_member(call, ohtd_call_text_of(call, "/%s", job->more.member), "range", "mission %" PRId64 " has %" PRId64 " legs",
				  job->row.id, job->row.legs);
		break;
	case -EALREADY:
		ohtd_reply_problem(call, 409, "mission_state", "mission %" PRId64 " is %s%s", job->row.id,
				   strcmp(job->row.state, OHTD_MISSION_TEMPLATE) ? "" : "a ", job->row.state);
		break;
	case -EBUSY:
	case -EINPROGRESS:
		ohtd_reply_problem(call, 409, "mission_driven", job->act == OHTD_MISSIONS_START || job->act == OHTD_MISSIONS_RESUME ?
				   "another mission is driven: see GET missions?state=running" : "this is done only while the mission waits");
		break;
	case -EAGAIN:
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy", "too many commands are under way");
		break;
	default:
		ohtd_reply_store_problem(call, result);
	}
	return false;
}

static void reply_one(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct mission_late *job = (const struct mission_late *)late;
	struct mission view = view_of(&job->row);

	if (!has_result(call, job, job->result))
		return;
	ohtd_reply_header(call, "etag", ohtd_call_text_of(call, "\"%" PRId64 "\"", job->row.revision));
	OHTD_REPLY(call, 200, mission, &view);
}

static int read_one(struct ohtd_db *db, void *arg)
{
	return ohtd_mission_get(db, &((struct mission_late *)arg)->row);
}

static void get_mission(struct ohtd_call *call)
{
	struct mission_late *job = make_job(call);

	if (job)
		ohtd_late_read(call, &job->late, read_one, reply_one);
}

static int read_legs(struct ohtd_db *db, void *arg)
{
	struct mission_late *job = arg;

	return ohtd_mission_legs(db, job->row.id, job->legs);
}

static void reply_legs(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct mission_late *job = (const struct mission_late *)late;
	struct leg *items = ohtd_call_alloc(call, OHTD_MISSION_LEGS_MAX * sizeof(*items));
	struct leg_list list = { .items = items };

	if (!has_result(call, job, 0))
		return;
	for (int i = 0; i < late->result; i++)
		items[list.items_count++] = leg_of(&job->legs[i]);
	OHTD_REPLY(call, 200, leg_list, &list);
}

static void get_legs(struct ohtd_call *call)
{
	struct mission_late *job = make_job(call);

	if (job)
		ohtd_late_read(call, &job->late, read_legs, reply_legs);
}

/* ---- making ---- */

struct mission_body {
	const char *name;
	const struct leg_body *legs;
	size_t legs_count;
	int64_t rounds;
	int8_t template;
	int64_t through_leg;
	const char *external_id;
};

#define ROUNDS(S_, preset_, text_, ...)	\
	OHTD_INTEGER(S_, rounds, .min = 0, .max = OHTD_MISSION_ROUNDS_MAX, .preset = preset_, .summary = text_, __VA_ARGS__)
#define THROUGH(S_, text_)	\
	OHTD_INTEGER(S_, through_leg, .min = 0, .max = OHTD_MISSION_LEGS_MAX, .preset = OHTD_NONE, .summary = text_)

OHTD_SHAPE(mission_body, "MissionBody",
	OHTD_TEXT(mission_body, name, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_MISSION_NAME_BYTES - 1, .unfit = ohtd_line_unfit,
		  .summary = "For people", .example = "\"morning round\""),
	OHTD_LIST(mission_body, legs, leg_body, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_MISSION_LEGS_MAX,
		  .summary = "In the order in which they are driven"),
	ROUNDS(mission_body, 1, "So often they are driven from the first one on; 0: until it is cancelled"),
	OHTD_TRISTATE(mission_body, template, .summary = "It is never driven: missions are made from it"),
	THROUGH(mission_body, "Place of the last leg that is released, 0: none is; left out: all are"),
	OHTD_TEXT(mission_body, external_id, .min = 1, .max = OHTD_MISSION_EXTERNAL_BYTES - 1, .unfit = ohtd_line_unfit,
		  .summary = "Of an order that may be sent again, over restarts too: only one mission is made of it", .example = "\"order-7\""));

static bool is_template(const struct ohtd_mission *row)
{
	return !strcmp(row->state, OHTD_MISSION_TEMPLATE);
}

/* Compare the order with the mission of that external_id. 1: they are the same, -ESTALE: they differ. Legs and releases that came later are no difference. */
static int compare_made(struct ohtd_db *db, struct mission_late *job)
{
	const struct ohtd_mission *said = &job->said, *row = &job->row;
	struct ohtd_mission_extension *more = &job->more;
	int r;

	more->differs = -1;
	more->member = strcmp(said->name, row->name) ? "name" : said->rounds != row->rounds ? "rounds" :
		       is_template(said) != is_template(row) ? "template" : said->legs != row->made_legs ? "legs" :
		       said->through_leg > row->through_leg ? "through_leg" : NULL;
	if (more->member)
		return -ESTALE;
	*more = (struct ohtd_mission_extension){ .legs = job->legs, .count = said->legs, .first = 1 };
	r = ohtd_mission_compare(db, row->id, more);
	return r ? r : -ESTALE;
}

/* Of @job->said and its legs; job->row: out. */
static int add_once(struct ohtd_db *db, struct mission_late *job)
{
	int r;

	job->row = job->said;
	if (!*job->said.external_id)
		return ohtd_mission_add(db, &job->row, job->legs);
	r = ohtd_mission_find(db, &job->row);
	return r == -ENOENT ? ohtd_mission_add(db, &job->row, job->legs) : r ? r : compare_made(db, job);
}

static int work_add(struct ohtd_db *db, void *arg)
{
	return add_once(db, arg);
}

/* Another one like @job->row; what @job->said leaves out is as there. */
static int work_copy(struct ohtd_db *db, void *arg)
{
	struct mission_late *job = arg;
	struct ohtd_mission *said = &job->said;
	int count, r = ohtd_mission_get(db, &job->row);

	if (r)
		return r;
	count = ohtd_mission_legs(db, job->row.id, job->legs);
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		ohtd_missions_row_renew_leg(&job->legs[i]);
	said->legs = said->made_legs = said->through_leg = count;
	if (!*said->name)
		memcpy(said->name, job->row.name, sizeof(said->name));
	if (said->rounds == OHTD_NONE)
		said->rounds = job->row.rounds;
	return add_once(db, job);
}

static void settle_made(struct ohtd_late *late)
{
	ohtd_missions_changed(((struct mission_late *)late)->missions);
}

static void reply_made(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct mission_late *job = (const struct mission_late *)late;
	struct mission view = view_of(&job->row);

	if (!has_result(call, job, 0))
		return;
	ohtd_reply_header(call, "etag", ohtd_call_text_of(call, "\"%" PRId64 "\"", job->row.revision));
	OHTD_REPLY(call, late->result ? 200 : 201, mission, &view);
}

/* False: the request has been refused. */
static bool through_fits(struct ohtd_call *call, int64_t through, size_t count)
{
	if (through == OHTD_NONE || through <= (int64_t)count)
		return true;
	ohtd_reply_member(call, "/through_leg", "range", "there are %zu legs", count);
	return false;
}

/* What each mission has that is made now. @name, @external_id: NULL: none. */
static void begin_row(struct ohtd_call *call, struct ohtd_mission *row, const char *name, const char *external_id)
{
	*row = (struct ohtd_mission){
		.leg = 1, .round = 1, .revision = 1, .made_ns = ohtd_clock_wall_ns(call->services->clock),
	};
	row->changed_ns = row->made_ns;
	snprintf(row->name, sizeof(row->name), "%s", name ? name : "");
	snprintf(row->external_id, sizeof(row->external_id), "%s", external_id ? external_id : "");
	snprintf(row->state, sizeof(row->state), "%s", OHTD_MISSION_WAITING);
	snprintf(row->made_by, sizeof(row->made_by), "%s", call->who.user);
}

static void post_mission(struct ohtd_call *call)
{
	const struct mission_body *said = OHTD_INPUT(call, mission_body);
	struct mission_late *job;
	struct ohtd_mission *row;

	if (!fit(call, said->legs, said->legs_count) || !through_fits(call, said->through_leg, said->legs_count))
		return;
	job = make_job(call);
	if (!job)
		return;
	row = &job->said;
	begin_row(call, row, said->name, said->external_id);
	row->legs = row->made_legs = (int64_t)said->legs_count;
	row->through_leg = said->through_leg == OHTD_NONE ? row->legs : said->through_leg;
	row->rounds = said->rounds;
	if (said->template > 0)
		snprintf(row->state, sizeof(row->state), "%s", OHTD_MISSION_TEMPLATE);
	for (size_t i = 0; i < said->legs_count; i++)
		fill_leg(&job->legs[i], &said->legs[i]);
	job->late.settle = settle_made;
	ohtd_late_write(call, &job->late, work_add, reply_made);
}

struct mission_copy {
	const char *name;
	int64_t rounds;
	const char *external_id;
};

OHTD_SHAPE(mission_copy, "MissionCopy",
	OHTD_TEXT(mission_copy, name, .min = 1, .max = OHTD_MISSION_NAME_BYTES - 1, .unfit = ohtd_line_unfit,
		  .summary = "Another name; left out: the same one", .example = "\"morning round\""),
	ROUNDS(mission_copy, OHTD_NONE, "As in POST missions; left out: as there"),
	OHTD_TEXT(mission_copy, external_id, .min = 1, .max = OHTD_MISSION_EXTERNAL_BYTES - 1, .unfit = ohtd_line_unfit,
		  .summary = "As in POST missions", .example = "\"order-8\""));

static void post_copy(struct ohtd_call *call)
{
	const struct mission_copy *said = OHTD_INPUT(call, mission_copy);
	struct mission_late *job = make_job(call);

	if (!job)
		return;
	begin_row(call, &job->said, said->name, said->external_id);
	job->said.rounds = said->rounds;
	job->late.settle = settle_made;
	ohtd_late_write(call, &job->late, work_copy, reply_made);
}

/* ---- as a file ---- */

struct file_leg {
	struct leg_body body;
};

OHTD_SHAPE(file_leg, "MissionFileLeg",
	OHTD_PART(file_leg, body, leg_body));

struct mission_file {
	const char *name;
	int64_t rounds;
	bool template;
	const struct file_leg *legs;
	size_t legs_count;
};

OHTD_SHAPE(mission_file, "MissionFile",
	OHTD_TEXT(mission_file, name, .summary = "For people", .example = "\"morning round\""),
	OHTD_INTEGER(mission_file, rounds, .summary = "As in POST missions"),
	OHTD_BOOLEAN(mission_file, template, .summary = "As in POST missions"),
	OHTD_LIST(mission_file, legs, file_leg, .summary = "As POST missions takes them"));

static int read_all(struct ohtd_db *db, void *arg)
{
	struct mission_late *job = arg;
	int r = ohtd_mission_get(db, &job->row);

	return r ? r : ohtd_mission_legs(db, job->row.id, job->legs);
}

static void reply_export(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct mission_late *job = (const struct mission_late *)late;
	struct file_leg *legs = ohtd_call_alloc(call, OHTD_MISSION_LEGS_MAX * sizeof(*legs));
	struct mission_file view = { .name = job->row.name, .rounds = job->row.rounds, .template = is_template(&job->row), .legs = legs };

	if (!has_result(call, job, 0))
		return;
	for (int i = 0; i < late->result; i++)
		legs[view.legs_count++].body = body_of(&job->legs[i]);
	OHTD_REPLY(call, 200, mission_file, &view);
}

static void get_export(struct ohtd_call *call)
{
	struct mission_late *job = make_job(call);

	if (job)
		ohtd_late_read(call, &job->late, read_all, reply_export);
}

/* ---- changing ---- */

struct mission_change {
	const char *name;
	int64_t rounds;
	const struct leg_body *legs;
	size_t legs_count;
};

OHTD_SHAPE(mission_change, "MissionChange",
	OHTD_TEXT(mission_change, name, .flags = OHTD_SOME, .min = 1, .max = OHTD_MISSION_NAME_BYTES - 1, .unfit = ohtd_line_unfit,
		  .summary = "Another name", .example = "\"morning round\""),
	ROUNDS(mission_change, OHTD_NONE, "As in POST missions", .flags = OHTD_SOME),
	OHTD_LIST(mission_change, legs, leg_body, .flags = OHTD_SOME, .min = 1, .max = OHTD_MISSION_LEGS_MAX,
		  .summary = "All of its legs from now on"));

static int change(struct ohtd_late *late)
{
	struct mission_late *job = (struct mission_late *)late;

	job->result = ohtd_missions_change(job->missions, &job->row, job->with_legs ? job->legs : NULL);
	return 0;
}

/* The revision of If-Match, OHTD_NONE: one that no mission has; 0: the client does not say. */
static int64_t seen_revision(struct ohtd_call *call)
{
	const char *match = ohtd_call_header(call, "if-match"), *digits;
	size_t n = match ? ohtd_http_etag_text(match, strlen(match), &digits) : 0;
	int64_t revision;
	char text[24];

	/* Sent twice it has no value here, and means no revision. */
	if (!ohtd_call_has_header(call, "if-match") || (match && !strcmp(match, "*")))
		return 0;
	if (!n || n >= sizeof(text))
		return OHTD_NONE;
	memcpy(text, digits, n);
	text[n] = 0;
	return oht_number_parse(text, 1, INT64_MAX, &revision) ? OHTD_NONE : revision;
}

static void patch_mission(struct ohtd_call *call)
{
	const struct mission_change *said = OHTD_INPUT(call, mission_change);
	struct mission_late *job = fit(call, said->legs, said->legs_count) ? make_job(call) : NULL;

	if (!job)
		return;
	job->act = OHTD_MISSIONS_CANCEL;
	job->with_legs = said->legs;
	job->changes = true;
	job->row.revision = seen_revision(call);
	job->row.changed_ns = ohtd_clock_wall_ns(call->services->clock);
	job->row.legs = (int64_t)said->legs_count;
	job->row.rounds = said->rounds == OHTD_NONE ? -1 : said->rounds;
	snprintf(job->row.name, sizeof(job->row.name), "%s", said->name ? said->name : "");
	for (size_t i = 0; i < said->legs_count; i++)
		fill_leg(&job->legs[i], &said->legs[i]);
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, change, reply_one);
}

static int delete(struct ohtd_late *late)
{
	struct mission_late *job = (struct mission_late *)late;

	job->result = ohtd_missions_delete(job->missions, &job->row);
	return 0;
}

static void reply_deleted(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct mission_late *job = (const struct mission_late *)late;

	if (has_result(call, job, job->result))
		ohtd_reply_empty(call, 204);
}

static void delete_mission(struct ohtd_call *call)
{
	struct mission_late *job = make_job(call);

	if (!job)
		return;
	job->act = OHTD_MISSIONS_CANCEL;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, delete, reply_deleted);
}

/* ---- more legs, and more of them released ---- */

static int extend(struct ohtd_late *late)
{
	struct mission_late *job = (struct mission_late *)late;

	job->result = ohtd_missions_extend(job->missions, &job->row, &job->more);
	return 0;
}

struct more_legs {
	const struct leg_body *legs;
	size_t legs_count;
	int64_t first_leg;
	int64_t through_leg;
};

OHTD_SHAPE(more_legs, "MissionMoreLegs",
	OHTD_LIST(more_legs, legs, leg_body, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_MISSION_LEGS_MAX,
		  .summary = "In the order in which they are driven"),
	OHTD_INTEGER(more_legs, first_leg, .min = 1, .max = OHTD_MISSION_LEGS_MAX, .preset = OHTD_NONE,
		     .summary = "Place of the first of them; left out: behind the last leg. Legs from there on that are not released are replaced"),
	THROUGH(more_legs, "Place of the last leg that is released then; left out: these are, and all before them"));

static void post_legs(struct ohtd_call *call)
{
	const struct more_legs *said = OHTD_INPUT(call, more_legs);
	struct mission_late *job = fit(call, said->legs, said->legs_count) ? make_job(call) : NULL;

	if (!job)
		return;
	job->more = (struct ohtd_mission_extension){
		.legs = job->legs, .count = (int64_t)said->legs_count, .first = said->first_leg == OHTD_NONE ? 0 : said->first_leg,
		.through = said->through_leg == OHTD_NONE ? OHTD_MISSION_THESE : said->through_leg,
		.now_ns = ohtd_clock_wall_ns(call->services->clock),
	};
	for (size_t i = 0; i < said->legs_count; i++)
		fill_leg(&job->legs[i], &said->legs[i]);
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, extend, reply_one);
}

struct release_body {
	int64_t through_leg;
};

OHTD_SHAPE(release_body, "MissionReleaseBody",
	OHTD_INTEGER(release_body, through_leg, .flags = OHTD_NEEDED, .min = 1, .max = OHTD_MISSION_LEGS_MAX,
		     .summary = "Place of the last leg that is released then"));

static void post_release(struct ohtd_call *call)
{
	struct mission_late *job = make_job(call);

	if (!job)
		return;
	job->more = (struct ohtd_mission_extension){
		.through = OHTD_INPUT(call, release_body)->through_leg, .now_ns = ohtd_clock_wall_ns(call->services->clock),
	};
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, extend, reply_one);
}

/* ---- what would become of it ---- */

struct leg_reason {
	const char *code;
	const char *text;
	int64_t address;
};

OHTD_SHAPE(leg_reason, "MissionLegReason",
	OHTD_TEXT(leg_reason, code, .summary = "Why the leg would not begin, for programs", .example = "\"not_enabled\""),
	OHTD_TEXT(leg_reason, text, .summary = "The same for people"),
	OHTD_INTEGER(leg_reason, address, .flags = OHTD_NULL, .summary = "Unit address of the module; null: it is about none"));

struct checked_leg {
	int64_t place;
	const char *kind;
	bool ok;
	const struct leg_reason *why_not;
	size_t why_not_count;
	double duration_s;
};

OHTD_SHAPE(checked_leg, "MissionCheckedLeg",
	OHTD_INTEGER(checked_leg, place, .summary = "From 1 on"),
	OHTD_TEXT(checked_leg, kind, .words = &kind_words, .summary = "As of GET missions/{id}/legs", .example = "\"move\""),
	OHTD_BOOLEAN(checked_leg, ok, .summary = "It would begin"),
	OHTD_LIST(checked_leg, why_not, leg_reason, .summary = "Why it would not; none: it would"),
	OHTD_NUMBER(checked_leg, duration_s, .flags = OHTD_NULL, .unit = "s",
		    .summary = "Of a move by the planner, with a free way; of a wait its time; null: not known"));

struct mission_check {
	bool ok;
	double duration_s;
	const struct checked_leg *items;
	size_t items_count;
};

OHTD_SHAPE(mission_check, "MissionCheck",
	OHTD_BOOLEAN(mission_check, ok, .summary = "Each leg would begin"),
	OHTD_NUMBER(mission_check, duration_s, .unit = "s", .summary = "Sum of the durations that are known"),
	OHTD_LIST(mission_check, items, checked_leg, .summary = "Legs that have not finished, in their order"));

static bool has_reason(const struct ohtd_missions_verdict *verdict, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(word, ohtd_why_name(verdict->why.items[i].code)))
			return true;
	return false;
}

/* The mission's own reasons first, unless the robot says the same. */
static void fill_reasons(struct ohtd_call *call, const struct ohtd_missions_verdict *verdict, struct checked_leg *leg)
{
	struct leg_reason *reasons = ohtd_call_alloc(call, (OHTD_WHY_MAX + OHTD_MISSIONS_OWN_REASONS) * sizeof(*reasons));
	size_t count = verdict->why.count < OHTD_WHY_MAX ? verdict->why.count : OHTD_WHY_MAX, n = 0;

	for (size_t i = 0; i < OHTD_MISSIONS_OWN_REASONS; i++)
		if (verdict->own[i] && !has_reason(verdict, count, verdict->own[i]))
			reasons[n++] = (struct leg_reason){ verdict->own[i], ohtd_missions_check_text(verdict->own[i]), OHTD_NONE };
	for (size_t i = 0; i < count; i++) {
		const struct ohtd_why *why = &verdict->why.items[i];

		reasons[n++] = (struct leg_reason){ ohtd_why_name(why->code), ohtd_why_text(why->code), why->unit ? why->unit : OHTD_NONE };
	}
	leg->why_not = reasons;
	leg->why_not_count = n;
	leg->ok = !n;
}

static void reply_check(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct mission_late *job = (const struct mission_late *)late;
	const struct ohtd_missions_check *check = job->check;
	struct checked_leg *items = ohtd_call_alloc(call, OHTD_MISSION_LEGS_MAX * sizeof(*items));
	struct mission_check view = { .ok = true, .items = items };

	if (!has_result(call, job, job->result))
		return;
	for (int64_t i = 0; i < check->row.legs; i++) {
		struct checked_leg *leg = &items[view.items_count];

		if (!strcmp(check->legs[i].state, OHTD_MISSION_LEG_FINISHED) || !strcmp(check->legs[i].state, OHTD_MISSION_LEG_SKIPPED))
			continue;
		*leg = (struct checked_leg){ .place = i + 1, .kind = check->legs[i].kind, .duration_s = check->verdicts[i].duration_s };
		fill_reasons(call, &check->verdicts[i], leg);
		view.ok &= leg->ok;
		view.duration_s += isfinite(leg->duration_s) ? leg->duration_s : 0;
		view.items_count++;
	}
	OHTD_REPLY(call, 200, mission_check, &view);
}

static int check(struct ohtd_late *late)
{
	struct mission_late *job = (struct mission_late *)late;

	job->check->row.id = job->row.id;
	job->result = ohtd_missions_check(job->missions, &job->person, job->check);
	job->row = job->check->row;
	return 0;
}

static void post_check(struct ohtd_call *call)
{
	struct mission_late *job = make_job(call);

	if (!job)
		return;
	job->check = calloc(1, sizeof(*job->check));
	if (job->check) {
		ohtd_late_act(call, &job->late, OHTD_LATE_MS, check, reply_check);
		return;
	}
	ohtd_late_drop(&job->late);
	ohtd_reply_problem(call, 500, "out_of_memory", "out of memory");
}

/* ---- driving ---- */

static int act(struct ohtd_late *late)
{
	struct mission_late *job = (struct mission_late *)late;

	job->result = ohtd_missions_act(job->missions, job->act, &job->person, &job->row);
	return 0;
}

static void begin(struct ohtd_call *call, unsigned int what)
{
	struct mission_late *job = make_job(call);

	if (!job)
		return;
	job->act = what;
	/* What ends or delays a motion is done whatever has changed. */
	if (what == OHTD_MISSIONS_START || what == OHTD_MISSIONS_RESUME) {
		job->changes = true;
		job->row.revision = seen_revision(call);
	}
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, act, reply_one);
}

static void post_start(struct ohtd_call *call)
{
	begin(call, OHTD_MISSIONS_START);
}

static void post_pause(struct ohtd_call *call)
{
	begin(call, OHTD_MISSIONS_PAUSE);
}

static void post_resume(struct ohtd_call *call)
{
	begin(call, OHTD_MISSIONS_RESUME);
}

static void post_cancel(struct ohtd_call *call)
{
	begin(call, OHTD_MISSIONS_CANCEL);
}

static void post_drain(struct ohtd_call *call)
{
	begin(call, OHTD_MISSIONS_DRAIN);
}

#define ACT(word_, done_, flags_, handle_, summary_, text_, ...)					\
	{												\
		.method = OHTD_POST, .path = "missions/{id}/" word_, .role = OHTD_ROLE_OPERATOR,	\
		.act = { word_, done_, " a mission" },							\
		.flags = OHTD_ROUTE_STORE | (flags_), .body_bytes_max = 1024,				\
		.replies = { { 200, &mission_shape } },							\
		.problems = { "not_found", "mission_state", "mission_driven", "out_of_memory", __VA_ARGS__ },		\
		.handle = handle_, .summary = summary_, .text = text_,					\
	}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "missions", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE, .query = &mission_query_shape,
		.replies = { { 200, &mission_list_shape } },
		.handle = ohtd_stored_list_get, .list = &missions_listed,
		.summary = "Missions: lists of legs that are driven one behind the other",
	}, {
		.method = OHTD_POST, .path = "missions", .role = OHTD_ROLE_OPERATOR,
		.act = { "make", "made", " a mission" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = BODY_BYTES, .body = &mission_body_shape,
		.replies = { { 201, &mission_shape }, { 200, &mission_shape } },
		.problems = { "mission_leg", "role", "key_scope", "qualification_missing", "mission_differs", "too_many_missions", "out_of_memory" },
		.handle = post_mission,
		.summary = "Make a mission, which waits until it is started",
		.text = "200: a mission of this external_id and the same content is there already; it is answered as it is now.",
	}, {
		.method = OHTD_GET, .path = "missions/{id}", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &mission_shape } }, .problems = { "not_found", "out_of_memory" },
		.handle = get_mission,
		.summary = "One mission",
		.text = "The header ETag has its revision, for If-Match.",
	}, {
		.method = OHTD_PATCH, .path = "missions/{id}", .role = OHTD_ROLE_OPERATOR,
		.act = { "change", "changed", " a mission" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = BODY_BYTES, .body = &mission_change_shape,
		.replies = { { 200, &mission_shape } }, .problems = { "mission_leg", "role", "key_scope", "qualification_missing", "not_found", "mission_driven", "mission_changed", "out_of_memory" },
		.handle = patch_mission,
		.summary = "Give a template, or a mission that waits, another name, other rounds or other legs",
		.text = "With the header If-Match only the revision that it says is changed.",
	}, {
		.method = OHTD_DELETE, .path = "missions/{id}", .role = OHTD_ROLE_OPERATOR,
		.act = { "delete", "deleted", " a mission" },
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 204 } }, .problems = { "not_found", "mission_driven", "out_of_memory" },
		.handle = delete_mission,
		.summary = "Delete a mission that is neither running nor paused",
	}, {
		.method = OHTD_GET, .path = "missions/{id}/export", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &mission_file_shape } }, .problems = { "not_found", "out_of_memory" },
		.handle = get_export,
		.summary = "What a mission is to do, as POST missions takes it",
		.text = "Without external_id, and with nothing of what has become of it.",
	}, {
		.method = OHTD_POST, .path = "missions/{id}/copy", .role = OHTD_ROLE_OPERATOR,
		.act = { "make", "made", " a mission like another one" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED | OHTD_ROUTE_ATOMIC, .body_bytes_max = 4096, .body = &mission_copy_shape,
		.replies = { { 201, &mission_shape }, { 200, &mission_shape } },
		.problems = { "not_found", "mission_differs", "too_many_missions", "out_of_memory" },
		.handle = post_copy,
		.summary = "Make a mission with the legs of a template, or of any other one",
		.text = "It waits, and all of its legs are released. 200: as POST missions.",
	}, {
		.method = OHTD_GET, .path = "missions/{id}/legs", .role = OHTD_ROLE_VIEWER,
		.flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &leg_list_shape } }, .problems = { "not_found", "out_of_memory" },
		.handle = get_legs,
		.summary = "The legs of a mission, and what became of each",
	},
	{
		.method = OHTD_POST, .path = "missions/{id}/legs", .role = OHTD_ROLE_OPERATOR,
		.act = { "put", "put", " legs behind a mission" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = BODY_BYTES, .body = &more_legs_shape,
		.replies = { { 200, &mission_shape } },
		.problems = { "mission_leg", "role", "key_scope", "qualification_missing", "mission_differs", "mission_state", "too_many_legs", "not_found", "out_of_memory" },
		.handle = post_legs,
		.summary = "Put legs behind those of a mission that is not over",
		.text = "With first_leg the same request again changes nothing: legs that are there already are not put in once more.",
	}, {
		.method = OHTD_POST, .path = "missions/{id}/release", .role = OHTD_ROLE_OPERATOR,
		.act = { "release", "released", " legs of a mission" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024, .body = &release_body_shape,
		.replies = { { 200, &mission_shape } }, .problems = { "mission_state", "not_found", "out_of_memory" },
		.handle = post_release,
		.summary = "Release legs of a mission, which may begin from then on",
	},
	{
		.method = OHTD_POST, .path = "missions/{id}/check", .role = OHTD_ROLE_OPERATOR,
		.act = { "check", "checked", " a mission" },
		.flags = OHTD_ROUTE_STORE, .body_bytes_max = 1024,
		.replies = { { 200, &mission_check_shape } }, .problems = { "mission_state", "not_found", "out_of_memory" },
		.handle = post_check,
		.summary = "What would become of the legs of a mission now; nothing is driven",
		.text = "Each leg that has not finished is judged as if it began now, in the name of the session that asks, by what judges it when it begins.",
	},
	ACT("start", "started", 0, post_start, "Start a mission that waits",
	    "One is driven at a time, in the name of the session that asks. A leg that the robot would refuse now holds the mission, with the reason. "
	    "With the header If-Match only the revision that it says is started.", "mission_changed"),
	ACT("pause", "paused", OHTD_ROUTE_NO_COURSE, post_pause, "Pause the mission and the motion of its leg", NULL),
	ACT("resume", "resumed", 0, post_resume, "Let a mission that is held or paused go on",
	    "In the name of the session that asks, from the first leg that has not finished, and from where the robot stands. With the header "
	    "If-Match only the revision that it says: a mission that was paused or held anew, or has seen a stop while it was held, has another one.", "mission_changed"),
	ACT("drain", "drained", OHTD_ROUTE_NO_COURSE, post_drain, "Hold the mission behind the leg under way",
	    "The leg is driven to its end, and no other one begins. A resume takes it back, of a mission that is paused."),
	ACT("cancel", "cancelled", OHTD_ROUTE_NO_COURSE, post_cancel, "End a mission for good, and stop the motion of its leg", NULL),
};

OHTD_ROUTE_TABLE(ohtd_mission_routes, "Missions", routes);
