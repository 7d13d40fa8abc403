// SPDX-License-Identifier: GPL-2.0-or-later
/* A step of the mission that is driven: what came of its leg, and whether the next one begins. */
#include "missions/private.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/keys.h"
#include "auth/session.h"
#include "base/clock.h"
#include "control/lease.h"
#include "courses/courses.h"
#include "robot/stations.h"
#include "robot/verbs.h"
#include "settings/settings.h"
#include "store/store.h"

/* A round that needs no time lasts so long all the same: the disk is written in each. */
#define ROUND_NS	OHTD_NS_PER_S
/* Well before the lease ends. */
#define RENEWED_NS	(3 * OHTD_NS_PER_S)
/* The drive has echoed the command by then, also on a busy host. What comes in between refuses it all the same. */
#define VALID_MS	10000

static bool is_kind(const struct ohtd_mission_leg *leg, const char *kind)
{
	return !strcmp(leg->kind, kind);
}

void ohtd_missions_leg_to(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, const char *state, const char *reason)
{
	int64_t now_ns = ohtd_clock_wall_ns(missions->setup.clock);

	snprintf(leg->state, sizeof(leg->state), "%s", state);
	snprintf(leg->reason, sizeof(leg->reason), "%s", reason);
	if (!strcmp(state, OHTD_MISSION_LEG_RUNNING)) {
		leg->began_ns = now_ns;
		leg->ended_ns = 0;
	} else {
		leg->ended_ns = now_ns;
	}
}

void ohtd_missions_hold(struct ohtd_missions *missions, const char *reason)
{
	struct ohtd_mission_leg *leg = ohtd_missions_leg(missions);

	if (leg)
		ohtd_missions_leg_to(missions, leg, OHTD_MISSION_LEG_WAITING, reason);
	ohtd_missions_turn_to(missions, OHTD_MISSION_HELD, reason);
}

/* ---- to and from the control thread ---- */

bool ohtd_missions_commands(const struct ohtd_missions *missions)
{
	return missions->row.id && (missions->posted || (missions->command.number && missions->command.state != OHTD_COMMAND_STATE_FINISHED &&
							 missions->command.state != OHTD_COMMAND_STATE_FAILED));
}

int ohtd_missions_post(struct ohtd_missions *missions, const struct ohtd_missions_person *person, uint32_t kind, uint64_t id)
{
	/* A resume is of the pause that was heard of: the next one may be that of another person's command. */
	const bool resumes = kind == OHTD_COMMAND_RESUME && missions->command.state == OHTD_COMMAND_STATE_PAUSED;
	const struct ohtd_command command = {
		.id = id, .kind = kind, .tag = ohtd_principal_tag(&person->who), .role = (uint8_t)person->who.role, .by = person->by,
		.heard = resumes ? missions->reader.seen : 0,
	};

	return ohtd_link_post(missions->setup.link, &command);
}

int ohtd_missions_stop(struct ohtd_missions *missions, const struct ohtd_missions_person *person)
{
	int r = ohtd_missions_post(missions, person, OHTD_COMMAND_STOP, OHTD_MISSIONS_OF_STOP);

	missions->stops += !r;
	return r;
}

static int work_forget(struct ohtd_db *db, void *arg)
{
	return ohtd_db_command_forget(db, arg);
}

/* A note that stays does no harm: the next start makes a command of it that has failed. */
static void forget_note(struct ohtd_missions *missions)
{
	ohtd_store_call(missions->setup.store, work_forget, &missions->note);
}

static const char *why_word(const struct ohtd_why_list *why)
{
	return ohtd_why_name(why->count ? why->items[0].code : OHTD_WHY_STATE);
}

static void take_answer(struct ohtd_missions *missions, const struct ohtd_answer *answer)
{
	bool done = answer->outcome == OHTD_OUTCOME_DONE;

	if (answer->id >= OHTD_MISSIONS_OF_CHECK && answer->id < OHTD_MISSIONS_OF_LEGS)
		ohtd_missions_take_verdict(missions, answer);
	/* Refused because it goes on already it is no pause. */
	if (answer->id == OHTD_MISSIONS_OF_RESUME && !done && ohtd_missions_commands(missions) &&
	    missions->command.state == OHTD_COMMAND_STATE_PAUSED)
		ohtd_missions_turn_to(missions, OHTD_MISSION_PAUSED, why_word(&answer->why));
	if (answer->id == OHTD_MISSIONS_OF_STOP)
		missions->stops--;
	if (answer->id >= OHTD_MISSIONS_OF_LEGS)
		missions->answered = answer->id;
	if (answer->id == missions->order && missions->writes)
		ohtd_missions_written(missions, answer);
	if (answer->id != missions->order || !missions->posted)
		return;
	missions->posted = false;
	if (done && !missions->command.number) {
		missions->command.number = answer->number;
		missions->command.state = answer->command_state;
	}
	/* What began and failed is told by its records. */
	if (done || missions->command.number)
		return;
	forget_note(missions);
	ohtd_missions_hold(missions, missions->interrupted ? missions->interrupted : why_word(&answer->why));
}

/* It may have been paused and let go on by the verbs of the robot: then the mission says the same. */
static void mirror(struct ohtd_missions *missions, unsigned int before, unsigned int now)
{
	const char *reason = missions->drains ? OHTD_MISSIONS_DRAINS : "";
	bool paused = !strcmp(missions->row.state, OHTD_MISSION_PAUSED);

	if (now == OHTD_COMMAND_STATE_PAUSED && !paused)
		ohtd_missions_turn_to(missions, OHTD_MISSION_PAUSED, reason);
	else if (before == OHTD_COMMAND_STATE_PAUSED && now == OHTD_COMMAND_STATE_RUNNING && paused)
		ohtd_missions_turn_to(missions, OHTD_MISSION_RUNNING, reason);
}

static void take_command(struct ohtd_missions *missions, const struct ohtd_command_view *command)
{
	const struct ohtd_mission_leg *leg = ohtd_missions_leg(missions);
	unsigned int before = missions->command.state;

	if (!leg || !*leg->command_id || strcmp(command->caller_id, leg->command_id) || (int64_t)command->tag != missions->note.tag)
		return;
	missions->command = *command;
	mirror(missions, before, command->state);
}

/* Another person or program has acted, or the robot itself: an act that is over by now interrupts, too. */
static void take_transition(struct ohtd_missions *missions, const struct ohtd_event_record *record)
{
	unsigned int why = ohtd_robot_interrupts(record->event);

	if (why && !missions->interrupted && record->link != ohtd_control_link_number(missions->setup.robot, missions->setup.link))
		missions->interrupted = ohtd_why_name(why);
}

/* Records were overwritten before they were read: the present command is known, an end before it is not. */
static void catch_up(struct ohtd_missions *missions)
{
	const struct ohtd_mission_leg *leg = ohtd_missions_leg(missions);

	if (!missions->interrupted)
		missions->interrupted = OHTD_MISSIONS_UNSEEN;
	if (!ohtd_missions_commands(missions) || missions->posted || ohtd_robot_snapshot(missions->setup.robot, &missions->snapshot))
		return;
	if (leg && !strcmp(missions->snapshot.command.caller_id, leg->command_id))
		take_command(missions, &missions->snapshot.command);
	else
		ohtd_missions_hold(missions, OHTD_MISSIONS_UNSEEN);
}

void ohtd_missions_hear(struct ohtd_missions *missions)
{
	struct ohtd_event_record record;
	struct ohtd_answer answer;
	uint64_t count, lost = missions->reader.lost;

	if (read(ohtd_link_fd(missions->setup.link), &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	/* Records first: those of a command are there before its answer. */
	while (missions->row.id && ohtd_robot_event(missions->setup.robot, &missions->reader, &record))
		if (record.kind == OHTD_RECORD_COMMAND)
			take_command(missions, &record.command);
		else if (record.kind == OHTD_RECORD_TRANSITION)
			take_transition(missions, &record);
	while (ohtd_link_take(missions->setup.link, &answer) == 1)
		take_answer(missions, &answer);
	if (missions->row.id && missions->reader.lost != lost)
		catch_up(missions);
}

/* ---- a leg ends ---- */

bool ohtd_missions_passed(const struct ohtd_mission_leg *leg)
{
	return !strcmp(leg->state, OHTD_MISSION_LEG_FINISHED) || !strcmp(leg->state, OHTD_MISSION_LEG_SKIPPED);
}

/* Behind the last leg. */
static void end_round(struct ohtd_missions *missions)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(missions->setup.clock);

	if (missions->row.rounds && missions->row.round >= missions->row.rounds)
		ohtd_missions_turn_to(missions, OHTD_MISSION_FINISHED, "");
	else if (ohtd_since(now_ns, missions->round_ns) < ROUND_NS)
		return;
	else if (ohtd_missions_begin_round(missions))
		ohtd_missions_hold(missions, OHTD_MISSIONS_STORE);
	else
		missions->round_ns = now_ns;
}

void ohtd_missions_pass_leg(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, const char *state, const char *reason)
{
	if (!ohtd_missions_passed(leg))
		ohtd_missions_leg_to(missions, leg, state, reason);
	/* The leg is written with the mission at its place, then the place is the next one. */
	ohtd_missions_keep(missions);
	if (missions->unkept)
		return;
	missions->command = (struct ohtd_command_view){ 0 };
	missions->since_ns = 0;
	missions->late = false;
	missions->row.leg++;
	if (missions->row.leg > missions->row.legs)
		end_round(missions);
	else
		ohtd_missions_keep(missions);
}

void ohtd_missions_fail_leg(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, const char *reason)
{
	if (leg->tries++ < leg->retries) {
		ohtd_missions_leg_to(missions, leg, OHTD_MISSION_LEG_WAITING, reason);
		ohtd_missions_keep(missions);
	} else if (!strcmp(leg->on_failure, "skip")) {
		ohtd_missions_pass_leg(missions, leg, OHTD_MISSION_LEG_SKIPPED, reason);
	} else if (strcmp(leg->on_failure, "fail")) {
		ohtd_missions_hold(missions, reason);
	} else {
		ohtd_missions_leg_to(missions, leg, OHTD_MISSION_LEG_FAILED, reason);
		ohtd_missions_turn_to(missions, OHTD_MISSION_FAILED, reason);
	}
}

/* An interruption of the leg is no failure of its own. */
static bool is_interrupted(const struct ohtd_missions *missions)
{
	switch (missions->command.reason.code) {
	case OHTD_WHY_REPLACED:
	case OHTD_WHY_CANCELLED:
	case OHTD_WHY_STOPPED_MEANWHILE:
	case OHTD_WHY_SHUTTING_DOWN:
		return true;
	default:
		return missions->interrupted || !ohtd_state_is_enabled(missions->snapshot.state);
	}
}

static void end_leg(struct ohtd_missions *missions, struct ohtd_mission_leg *leg)
{
	const char *word = ohtd_why_name(missions->command.reason.code);

	if (missions->command.state == OHTD_COMMAND_STATE_FINISHED)
		ohtd_missions_pass_leg(missions, leg, OHTD_MISSION_LEG_FINISHED, "");
	else if (missions->late && !missions->interrupted && ohtd_state_is_enabled(missions->snapshot.state))
		ohtd_missions_fail_leg(missions, leg, OHTD_MISSIONS_DEADLINE);
	else if (is_interrupted(missions))
		ohtd_missions_hold(missions, word);
	else
		ohtd_missions_fail_leg(missions, leg, word);
}

/* ---- a leg begins ---- */

const char *ohtd_missions_forbidden(const struct ohtd_missions *missions, const struct ohtd_missions_person *person, unsigned int kind)
{
	const struct ohtd_principal *who = &person->who;

	/* The role of a local user is judged at the connection that asks, which need not be there any more. */
	if (who->local && who->uid && who->judged != ohtd_settings_local_changes(missions->setup.settings))
		return OHTD_MISSIONS_SESSION_ENDED;
	if (who->user_id && (!ohtd_auth_lives(missions->setup.auth, who) || ohtd_auth_must_enrol(missions->setup.auth, who)))
		return OHTD_MISSIONS_SESSION_ENDED;
	if (kind && who->by_key &&
	    !ohtd_auth_keys_permit_verb(ohtd_auth_keys_of(missions->setup.auth), who, ohtd_verb_word(kind)))
		return OHTD_MISSIONS_KEY_SCOPE;
	if (kind && ohtd_courses_lacks(missions->setup.courses, who, OHTD_COURSES_VERB, ohtd_verb_word(kind), NULL))
		return OHTD_MISSIONS_QUALIFICATION;
	return NULL;
}

unsigned int ohtd_missions_kind_of(const struct ohtd_mission_leg *leg)
{
	return is_kind(leg, "move") ? OHTD_COMMAND_MOVE : is_kind(leg, "dock") ? OHTD_COMMAND_DOCK :
	       is_kind(leg, "undock") ? OHTD_COMMAND_UNDOCK : 0;
}

static bool is_ended(const struct ohtd_command_view *command)
{
	return command->state == OHTD_COMMAND_STATE_NONE || command->state == OHTD_COMMAND_STATE_FINISHED ||
	       command->state == OHTD_COMMAND_STATE_FAILED;
}

const char *ohtd_missions_without_outputs(const struct ohtd_missions *missions)
{
	const unsigned int state = missions->snapshot.state;

	if (state == OHTD_STATE_ESTOP)
		return ohtd_why_name(OHTD_WHY_STOP_LATCHED);
	if (state == OHTD_STATE_FAULT)
		return ohtd_why_name(OHTD_WHY_IN_FAULT);
	return ohtd_state_is_enabled(state) ? NULL : ohtd_why_name(OHTD_WHY_NOT_ENABLED);
}

/* The newest command that was given for a mission. What was heard of its end is newer than the copy of the robot. */
static bool is_own(const struct ohtd_missions *missions, const struct ohtd_command_view *command)
{
	return *missions->note.caller_id && !strcmp(command->caller_id, missions->note.caller_id) && (int64_t)command->tag == missions->note.tag;
}

const char *ohtd_missions_prevented(const struct ohtd_missions *missions)
{
	const struct ohtd_snapshot *robot = &missions->snapshot;
	const char *why = missions->interrupted ? missions->interrupted : ohtd_missions_without_outputs(missions);

	if (why)
		return why;
	return robot->queue_count || !(is_ended(&robot->command) || is_own(missions, &robot->command)) ? ohtd_why_name(OHTD_WHY_REPLACED) : NULL;
}

/* The last command may still be coming to rest, or a leg that was cancelled not have begun. */
bool ohtd_missions_rests(const struct ohtd_missions *missions)
{
	return missions->answered == missions->order && !missions->stops && missions->snapshot.state == OHTD_STATE_IDLE && is_ended(&missions->snapshot.command);
}

bool ohtd_missions_aim(struct ohtd_missions *missions, const struct ohtd_mission_leg *leg, struct ohtd_command *command)
{
	const struct ohtd_station *station;
	struct ohtd_stations stations;

	command->target_mm = is_kind(leg, "move") ? leg->position_mm : NAN;
	command->speed_mm_s = isfinite(leg->speed_mm_s) ? leg->speed_mm_s : 0;
	if (!*leg->station)
		return true;
	ohtd_robot_stations(missions->setup.robot, &stations);
	station = ohtd_stations_find(&stations, leg->station);
	if (station)
		command->target_mm = station->position_mm;
	return station;
}

/* The command of a leg. False: no station has its name. */
static bool make_command(struct ohtd_missions *missions, const struct ohtd_mission_leg *leg, uint64_t now_ns, struct ohtd_command *command)
{
	const struct ohtd_principal *who = &missions->person.who;

	*command = (struct ohtd_command){
		.id = missions->order + 1, .kind = ohtd_missions_kind_of(leg), .tag = ohtd_principal_tag(who), .role = (uint8_t)who->role,
		.by = missions->person.by, .noted = 1, .posted_ns = now_ns, .valid_ms = VALID_MS, .heard = missions->reader.seen,
	};
	snprintf(command->caller_id, sizeof(command->caller_id), "mission %" PRId64 " leg %" PRId64 " round %" PRId64 " %" PRId64, leg->mission,
		 leg->place, missions->row.round, ohtd_clock_wall_ns(missions->setup.clock));
	return ohtd_missions_aim(missions, leg, command);
}

struct noting {
	const struct ohtd_mission *row;
	const struct ohtd_mission_leg *leg;
	struct ohtd_command_row *note;
};

static int work_note(struct ohtd_db *db, void *arg)
{
	const struct noting *noting = arg;

	return ohtd_mission_note(db, noting->row, noting->leg, noting->note);
}

/* Onto the disk, then to the control thread. */
static int note(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, const struct ohtd_command *command)
{
	const struct noting noting = { &missions->row, leg, &missions->note };

	missions->note = (struct ohtd_command_row){
		.tag = (int64_t)command->tag, .position_mm = command->target_mm, .speed_mm_s = command->speed_mm_s,
		.accepted_ns = ohtd_clock_wall_ns(missions->setup.clock),
	};
	snprintf(missions->note.caller_id, sizeof(missions->note.caller_id), "%s", command->caller_id);
	snprintf(missions->note.user, sizeof(missions->note.user), "%s", command->by.user);
	snprintf(missions->note.verb, sizeof(missions->note.verb), "%s", ohtd_verb_word(command->kind));
	snprintf(missions->note.state, sizeof(missions->note.state), "%s", ohtd_command_state_name(OHTD_COMMAND_STATE_FAILED));
	snprintf(leg->command_id, sizeof(leg->command_id), "%s", command->caller_id);
	/* Of this command, also when another person lets it go on: the next start looks for it by both. */
	missions->row.tag = missions->note.tag;
	ohtd_missions_leg_to(missions, leg, OHTD_MISSION_LEG_RUNNING, "");
	ohtd_missions_changed(missions);
	return ohtd_store_call(missions->setup.store, work_note, (void *)&noting);
}

/* While the disk was written the robot was given nothing else. */
static bool is_as_before(struct ohtd_missions *missions, uint64_t number)
{
	return !ohtd_robot_snapshot(missions->setup.robot, &missions->snapshot) && missions->snapshot.command.number == number &&
	       missions->snapshot.state == OHTD_STATE_IDLE && !missions->snapshot.queue_count;
}

/* @command: valid from its hand-over on; what overtakes it is still judged from when it was made. */
static void give(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, struct ohtd_command *command)
{
	uint64_t number = missions->snapshot.command.number;

	missions->command = (struct ohtd_command_view){ 0 };
	if (note(missions, leg, command) < 0) {
		ohtd_missions_hold(missions, OHTD_MISSIONS_STORE);
		return;
	}
	if (!is_as_before(missions, number)) {
		const char *why = ohtd_missions_prevented(missions);

		forget_note(missions);
		ohtd_missions_hold(missions, why ? why : ohtd_why_name(OHTD_WHY_REPLACED));
		return;
	}
	command->valid_ms += (uint32_t)(ohtd_since(ohtd_clock_monotonic_ns(missions->setup.clock), command->posted_ns) / OHTD_NS_PER_MS);
	missions->posted = !ohtd_link_post(missions->setup.link, command);
	if (missions->posted) {
		missions->order = command->id;
		return;
	}
	forget_note(missions);
	ohtd_missions_hold(missions, ohtd_why_name(OHTD_WHY_BUSY));
}

/* While the next leg is not released, or its signal not within its bounds, the mission says so and goes on by itself behind that. */
static bool is_due(struct ohtd_missions *missions, const struct ohtd_mission_leg *leg)
{
	char *told = missions->row.reason;
	const char *why = leg->place > missions->row.through_leg ? OHTD_MISSIONS_NOT_RELEASED :
			  is_kind(leg, "signal") ? NULL : ohtd_missions_awaited(missions, leg);

	if (why && !strcmp(why, OHTD_MISSIONS_NO_SIGNAL))
		ohtd_missions_hold(missions, why);
	else if (why && strcmp(told, why))
		ohtd_missions_turn_to(missions, OHTD_MISSION_RUNNING, why);
	else if (!why && (!strcmp(told, OHTD_MISSIONS_NOT_RELEASED) || !strcmp(told, OHTD_MISSIONS_CONDITION)))
		*told = 0;
	return !why;
}

/* A leg that only waits: for time, a signal or the battery. */
static void begin_wait(struct ohtd_missions *missions, struct ohtd_mission_leg *leg)
{
	const char *why = is_kind(leg, "charge") ? ohtd_missions_undocked(missions) : NULL;

	if (why) {
		ohtd_missions_hold(missions, why);
		return;
	}
	ohtd_missions_leg_to(missions, leg, OHTD_MISSION_LEG_RUNNING, "");
	ohtd_missions_keep(missions);
}

/* Of @leg, which waits. @now_ns: before the robot was looked at, so that what came since refuses the command. */
static void begin_leg(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, uint64_t now_ns)
{
	const char *why = ohtd_missions_forbidden(missions, &missions->person, ohtd_missions_kind_of(leg));
	struct ohtd_command command;

	if (!why)
		why = ohtd_missions_prevented(missions);
	if (!why && missions->drains)
		why = OHTD_MISSIONS_DRAINED;
	if (!why)
		why = ohtd_missions_uncharged(missions, leg);
	if (why) {
		ohtd_missions_hold(missions, why);
		return;
	}
	if (!is_due(missions, leg) || !ohtd_missions_rests(missions))
		return;
	missions->since_ns = now_ns;
	missions->late = false;
	if (is_kind(leg, "acknowledge")) {
		ohtd_missions_leg_to(missions, leg, OHTD_MISSION_LEG_RUNNING, "");
		ohtd_missions_turn_to(missions, OHTD_MISSION_HELD, OHTD_MISSIONS_ACKNOWLEDGE);
	} else if (is_kind(leg, "write")) {
		ohtd_missions_write(missions, leg);
	} else if (!ohtd_missions_kind_of(leg)) {
		begin_wait(missions, leg);
	} else if (make_command(missions, leg, now_ns, &command)) {
		give(missions, leg, &command);
	} else {
		ohtd_missions_hold(missions, OHTD_MISSIONS_NO_STATION);
	}
}

/* ---- a step ---- */

static bool is_over(const struct ohtd_missions *missions, int64_t seconds, uint64_t now_ns)
{
	return missions->since_ns && ohtd_since(now_ns, missions->since_ns) >= (uint64_t)seconds * OHTD_NS_PER_S;
}

/* The leg under way is a command. */
static void follow(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, uint64_t now_ns)
{
	if (!missions->posted && !missions->command.number) {
		ohtd_missions_hold(missions, OHTD_MISSIONS_UNSEEN);
	} else if (!ohtd_missions_commands(missions)) {
		end_leg(missions, leg);
	} else if (leg->deadline_s && !missions->late && is_over(missions, leg->deadline_s, now_ns)) {
		/* How it ends is told by its record. */
		missions->late = !ohtd_missions_stop(missions, &missions->person);
	}
}

static void wait_on(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, uint64_t now_ns)
{
	const char *why = ohtd_missions_prevented(missions);

	if (!why && is_kind(leg, "charge"))
		why = ohtd_missions_undocked(missions);
	if (!why && is_kind(leg, "signal"))
		why = ohtd_missions_awaited(missions, leg);
	if (why && strcmp(why, OHTD_MISSIONS_CONDITION))
		ohtd_missions_hold(missions, why);
	else if (is_kind(leg, "wait") ? is_over(missions, leg->wait_s, now_ns) :
		 is_kind(leg, "charge") ? ohtd_missions_charged(missions, leg) : !why)
		ohtd_missions_pass_leg(missions, leg, OHTD_MISSION_LEG_FINISHED, "");
	else if (leg->deadline_s && is_over(missions, leg->deadline_s, now_ns))
		ohtd_missions_fail_leg(missions, leg, OHTD_MISSIONS_DEADLINE);
}

/* While the mission runs, it renews the control of its session, as each message of the session would. */
static void renew(struct ohtd_missions *missions, uint64_t now_ns)
{
	if (ohtd_since(now_ns, missions->renewed_ns) < RENEWED_NS ||
	    !ohtd_lease_is_of(&missions->snapshot.control, &missions->person.by) || ohtd_missions_forbidden(missions, &missions->person, 0))
		return;
	missions->renewed_ns = now_ns;
	ohtd_missions_post(missions, &missions->person, OHTD_COMMAND_CONTROL_RENEW, OHTD_MISSIONS_OF_NONE);
}

static bool is_driven(const struct ohtd_mission_leg *leg)
{
	return !strcmp(leg->state, OHTD_MISSION_LEG_RUNNING) && ohtd_missions_kind_of(leg);
}

/* Paused, and no leg is under way: what would keep the next one from beginning holds the mission now, so that it is not gone by the resume. */
static void stay(struct ohtd_missions *missions)
{
	const char *why = ohtd_missions_prevented(missions);

	if (!why && missions->drains)
		why = OHTD_MISSIONS_DRAINED;
	if (why)
		ohtd_missions_hold(missions, why);
}

static void go_on(struct ohtd_missions *missions, struct ohtd_mission_leg *leg, uint64_t now_ns)
{
	bool paused = !strcmp(missions->row.state, OHTD_MISSION_PAUSED);

	/* The one answer of a write comes by itself. */
	if (missions->writes)
		return;
	if (ohtd_missions_passed(leg))
		ohtd_missions_pass_leg(missions, leg, leg->state, leg->reason);
	else if (is_driven(leg))
		follow(missions, leg, now_ns);
	else if (!strcmp(leg->state, OHTD_MISSION_LEG_RUNNING))
		wait_on(missions, leg, now_ns);
	else if (paused)
		stay(missions);
	else
		begin_leg(missions, leg, now_ns);
}

/* Returns true when there is another leg to look at. */
static bool step(struct ohtd_missions *missions)
{
	uint64_t now_ns = ohtd_clock_monotonic_ns(missions->setup.clock);
	struct ohtd_mission_leg *leg;
	int64_t before;

	leg = ohtd_missions_leg(missions);
	before = missions->row.leg;
	if (!missions->row.id)
		return false;
	renew(missions, now_ns);
	if (missions->unkept && ohtd_missions_keep(missions))
		return false;
	if (!missions->row.id)
		return false;
	if (leg)
		go_on(missions, leg, now_ns);
	else
		end_round(missions);
	return missions->row.id && missions->row.leg != before;
}

bool ohtd_missions_look_at_robot(struct ohtd_missions *missions)
{
	/* In this order: the copy has all that was heard of, or it follows in the next turn. */
	ohtd_missions_hear(missions);
	return !ohtd_robot_snapshot(missions->setup.robot, &missions->snapshot);
}

void ohtd_missions_step(struct ohtd_missions *missions)
{
	while (step(missions) && ohtd_missions_look_at_robot(missions))
		;
}
