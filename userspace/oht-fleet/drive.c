// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/drive.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"
#include "oht-fleet/clock.h"
#include "oht-fleet/log.h"

#define AGAIN_MS	1000
/* A mission that the channel has not told of for so long has left it. */
#define UNSEEN_MS	1000
/* An answer may be newer than what the channel tells, for so long at most. */
#define AHEAD_MS	1000
/* Below this ohtd takes no speed. */
#define SLOWEST_MM_S	1.0
#define NAME_BYTES	64

int fleet_drive_save(struct fleet_drive *drive)
{
	bool failed = fleet_job_save(drive->job, drive->path);

	if (failed && !drive->unsaved)
		fleet_warn("%s: %s; nothing is driven until it can be written", drive->path, strerror(errno));
	drive->unsaved = failed;
	return failed ? -1 : 0;
}

/* Its outputs are low, so that it cannot go on by itself. */
static bool is_stopped(const struct fleet_drive *drive)
{
	return strcmp(fleet_robot_text(drive->robot, FLEET_CHANNEL_SAFETY, "state"), "enabled") ||
	       !strcmp(fleet_robot_text(drive->robot, FLEET_CHANNEL_ROBOT, "state"), "fault");
}

void fleet_drive_resume(struct fleet_drive *drive)
{
	bool awaits = fleet_job_awaits(drive->job);

	drive->refused = awaits && drive->job->stopped && is_stopped(drive);
	drive->resuming = !awaits;
	if (!awaits || drive->refused)
		return;
	/* To resume its mission would be the trigger. */
	fleet_job_interrupt(drive->job, false);
	fleet_drive_save(drive);
}

bool fleet_drive_trigger(struct fleet_drive *drive)
{
	if (!fleet_job_takes_trigger(drive->job) || is_stopped(drive) || fleet_drive_is_asked(drive))
		return false;
	drive->triggering = true;
	drive->refused = false;
	return true;
}

static bool may_retry(const struct fleet_drive *drive, const char *action)
{
	const char *retriable = fleet_job_retriable(drive->job);

	return retriable && !strcmp(retriable, action) && !drive->job->paused && !drive->job->cancelling && !fleet_drive_is_asked(drive);
}

bool fleet_drive_retry(struct fleet_drive *drive, const char *action)
{
	bool may = may_retry(drive, action);

	if (may)
		fleet_drive_resume(drive);
	return may;
}

bool fleet_drive_skip(struct fleet_drive *drive, const char *action)
{
	if (!may_retry(drive, action))
		return false;
	snprintf(drive->skipped, sizeof(drive->skipped), "%s", action);
	drive->skipping = true;
	drive->refused = false;
	return true;
}

bool fleet_drive_is_asked(const struct fleet_drive *drive)
{
	return drive->resuming || drive->triggering || drive->skipping;
}

static void end_asked(struct fleet_drive *drive)
{
	drive->resuming = drive->triggering = drive->skipping = drive->looked = false;
}

/* A request that is still open is refused: later the robot may be in another state. */
static void refuse_asked(struct fleet_drive *drive)
{
	drive->refused = drive->refused || fleet_drive_is_asked(drive);
	end_asked(drive);
}

/* ---- what ohtd says ---- */

static void wait_a_moment(struct fleet_drive *drive, int status, struct json_object *answer)
{
	const char *detail = json_object_get_string(json_object_object_get(answer, "detail"));

	if (!detail)
		detail = status ? "no word of explanation" : "no answer";
	snprintf(drive->trouble, sizeof(drive->trouble), "ohtd (status %d): %.*s", status, oht_utf8_cut(detail, 150), detail);
	drive->again_at = fleet_now_ms() + AGAIN_MS;
}

static bool is_done(int status)
{
	return status >= 200 && status < 300;
}

static bool has_code(struct json_object *answer, const char *code)
{
	const char *said = json_object_get_string(json_object_object_get(answer, "code"));

	return said && !strcmp(said, code);
}

static void follow(struct fleet_drive *drive, struct json_object *mission)
{
	enum fleet_mission_state before = drive->job->state;
	bool legs_over;

	if (fleet_job_is_foreign(drive->job, mission)) {
		drive->job->state = FLEET_MISSION_CANCELLED;
		drive->robot->heard = true;
		return;
	}
	legs_over = fleet_job_follow(drive->job, mission);

	/* A person has let it go on, which ends the pause that the fleet wanted. */
	if (drive->job->paused && drive->job->pause_seen && !drive->busy && before == FLEET_MISSION_PAUSED &&
	    drive->job->state == FLEET_MISSION_RUNNING)
		drive->job->paused = drive->job->pause_seen = false;
	if (drive->job->state == FLEET_MISSION_PAUSED || drive->job->state == FLEET_MISSION_HELD)
		drive->job->pause_seen = drive->job->paused;
	if (before != drive->job->state && fleet_job_is_over(drive->job))
		drive->releasing = true;
	if (legs_over)
		fleet_drive_save(drive);
	drive->seen_at = fleet_now_ms();
	drive->robot->heard = true;
}

static void follow_answer(struct fleet_drive *drive, struct json_object *mission)
{
	drive->answered_at = fleet_now_ms();
	follow(drive, mission);
}

/* Another request has to be made first, or this one is made again later. */
static bool took(struct fleet_drive *drive, int status, struct json_object *answer)
{
	drive->busy = false;
	if (is_done(status)) {
		*drive->trouble = '\0';
		return true;
	}
	wait_a_moment(drive, status, answer);
	return false;
}

static void give_up(struct fleet_drive *drive)
{
	*drive->trouble = '\0';
	fleet_job_give_up(drive->job);
	refuse_asked(drive);
	drive->robot->heard = true;
	fleet_drive_save(drive);
}

/* The fleet has not asked for it. */
static void end_alone(struct fleet_drive *drive, const char *why)
{
	snprintf(drive->ended, sizeof(drive->ended), "%s", why);
	give_up(drive);
}

static void take_made(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;
	struct fleet_job *job = drive->job;

	if (status == 409 && has_code(answer, "mission_differs")) {
		drive->busy = false;
		end_alone(drive, "The robot has driven another order of this id.");
		return;
	}
	if (!took(drive, status, answer))
		return;
	job->mission = (uint32_t)json_object_get_int64(json_object_object_get(answer, "id"));
	job->sent = job->asked;
	fleet_drive_save(drive);
	follow_answer(drive, answer);
}

static void take_added(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;

	/* It was over a moment before: these legs are for the next mission. */
	if (status == 409 && has_code(answer, "mission_state")) {
		drive->busy = false;
		drive->job->asked = drive->job->sent;
		fleet_drive_save(drive);
		return;
	}
	if (!took(drive, status, answer))
		return;
	drive->job->sent = drive->job->asked;
	fleet_drive_save(drive);
	follow_answer(drive, answer);
}

/* An act that does not fit the state any more, or another revision, is no trouble: the state is told by the channel. */
static void take_act(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;

	if ((status == 409 && has_code(answer, "mission_state")) || status == 412) {
		drive->busy = false;
		drive->again_at = fleet_now_ms() + AGAIN_MS / 10;
		*drive->job->changed = '\0';
		return;
	}
	if (took(drive, status, answer))
		follow_answer(drive, answer);
}

static void take_resumed(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;

	take_act(arg, status, answer);
	end_asked(drive);
	drive->refused = !is_done(status) || fleet_job_is_held(drive->job);
}

/* Asked again, it might end the next action that waits for a trigger. */
static void take_triggered(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;

	take_act(arg, status, answer);
	end_asked(drive);
	drive->refused = !is_done(status);
}

/*
 * Only the answer says that the mission was cancelled for this: without it, as behind a kill, a person may have done it, and the order
 * has ended.
 */
static void take_skipped(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;

	take_act(arg, status, answer);
	end_asked(drive);
	drive->refused = !is_done(status);
	if (drive->refused)
		return;
	/* A mission that is another one, by a restore of the robot's database, ends the order. */
	if (fleet_job_is_foreign(drive->job, answer))
		return;
	fleet_job_skip(drive->job, drive->skipped);
	fleet_drive_save(drive);
}

/* ohtd no longer has the mission: somebody deleted it, which ends the order. */
static void take_asked(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;

	drive->busy = false;
	if (status == 200)
		follow_answer(drive, answer);
	else if (status == 404 && drive->job->mission)
		drive->job->state = FLEET_MISSION_CANCELLED;
	else
		wait_a_moment(drive, status, answer);
}

static void take_looked(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;

	take_asked(arg, status, answer);
	drive->looked = status == 200;
	if (!drive->looked)
		refuse_asked(drive);
}

/* Whatever the answer: another client may have taken control meanwhile. */
static void take_released(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;

	(void)status;
	(void)answer;
	drive->busy = false;
}

static void take_deleted(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;
	struct fleet_job *job = drive->job;

	drive->busy = false;
	if (!is_done(status) && status != 404) {
		drive->again_at = fleet_now_ms() + AGAIN_MS;
		(void)answer;
		return;
	}
	job->past_count--;
	memmove(&job->past[0], &job->past[1], job->past_count * sizeof(job->past[0]));
	fleet_drive_save(drive);
}

/* ---- what is asked ---- */

static void ask_of(struct fleet_drive *drive, const char *method, const char *path, const char *match, const char *body, fleet_answer_fn tell)
{
	drive->busy = !fleet_robot_ask(drive->robot, method, path, match, body, tell, drive);
	if (!drive->busy)
		drive->again_at = fleet_now_ms() + AGAIN_MS;
}

static void ask(struct fleet_drive *drive, const char *method, const char *path, const char *body, fleet_answer_fn tell)
{
	ask_of(drive, method, path, NULL, body, tell);
}

static void act(struct fleet_drive *drive, const char *word, fleet_answer_fn tell)
{
	char path[64];

	snprintf(path, sizeof(path), "missions/%u/%s", drive->job->mission, word);
	ask(drive, "POST", path, NULL, tell);
}

static void add(struct json_object *object, const char *name, struct json_object *value)
{
	json_object_object_add(object, name, value);
}

static struct json_object *write_leg(const struct fleet_job_leg *leg)
{
	struct json_object *object = json_object_new_object();

	add(object, "kind", json_object_new_string(leg->kind));
	if (*leg->station)
		add(object, "station", json_object_new_string(leg->station));
	if (isfinite(leg->position_mm))
		add(object, "position_mm", json_object_new_double(leg->position_mm));
	if (isfinite(leg->speed_mm_s))
		add(object, "speed_mm_s", json_object_new_double(fmax(leg->speed_mm_s, SLOWEST_MM_S)));
	if (leg->wait_s)
		add(object, "wait_s", json_object_new_int64(leg->wait_s));
	return object;
}

/* Legs that ohtd is asked for and has not confirmed. */
static struct json_object *write_legs(const struct fleet_job *job)
{
	struct json_object *body = json_object_new_object(), *legs = json_object_new_array();

	for (uint32_t i = job->sent; i < job->asked; i++)
		json_object_array_add(legs, write_leg(&job->legs[i]));
	add(body, "legs", legs);
	return body;
}

static void ask_to_make(struct fleet_drive *drive)
{
	const struct fleet_job *job = drive->job;
	struct json_object *body = write_legs(job);
	char text[FLEET_EXTERNAL_BYTES];

	snprintf(text, sizeof(text), "order %.*s", oht_utf8_cut(job->order, NAME_BYTES - 8), job->order);
	add(body, "name", json_object_new_string(text));
	fleet_job_external(job, text);
	add(body, "external_id", json_object_new_string(text));
	ask(drive, "POST", "missions", json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN), take_made);
	json_object_put(body);
}

static void ask_to_add(struct fleet_drive *drive)
{
	struct json_object *body = write_legs(drive->job);
	char path[64];

	add(body, "first_leg", json_object_new_int64(drive->job->sent + 1));
	snprintf(path, sizeof(path), "missions/%u/legs", drive->job->mission);
	ask(drive, "POST", path, json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN), take_added);
	json_object_put(body);
}

static void ask_about(struct fleet_drive *drive, fleet_answer_fn tell)
{
	char path[64];

	snprintf(path, sizeof(path), "missions/%u", drive->job->mission);
	ask(drive, "GET", path, NULL, tell);
}

/* The number may be another mission's since a restore of the robot's database. */
static void take_past(void *arg, int status, struct json_object *answer)
{
	struct fleet_drive *drive = arg;
	const struct fleet_job_past *past = &drive->job->past[0];

	if (status == 200 && fleet_job_is_of(past->order, answer)) {
		char path[64];

		snprintf(path, sizeof(path), "missions/%u", past->mission);
		ask(drive, "DELETE", path, NULL, take_deleted);
	} else {
		take_deleted(arg, status == 200 ? 404 : status, answer);
	}
}

static void ask_to_delete(struct fleet_drive *drive)
{
	char path[64];

	snprintf(path, sizeof(path), "missions/%u", drive->job->past[0].mission);
	if (drive->job->past[0].mission)
		ask(drive, "GET", path, NULL, take_past);
	else
		take_deleted(drive, 404, NULL);
}

/* The order is over: a person need not wait until the control of its mission runs out. */
static void release_control(struct fleet_drive *drive)
{
	drive->releasing = false;
	if (!strcmp(fleet_robot_text(drive->robot, FLEET_CHANNEL_ROBOT, "control"), drive->robot->user))
		ask(drive, "DELETE", "control", NULL, take_released);
}

/* ---- what is due ---- */

/* The present state of the mission from the channel; one that has left the channel is asked about. */
static void look(struct fleet_drive *drive, int64_t now_ms)
{
	struct json_object *list = fleet_robot_get(drive->robot, FLEET_CHANNEL_MISSIONS, "missions");
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *mission = json_object_array_get_idx(list, i);

		if (json_object_get_int64(json_object_object_get(mission, "id")) != drive->job->mission)
			continue;
		/* The time of day at the robot may have been set back: what the channel goes on telling is true. */
		if (now_ms >= drive->answered_at + AHEAD_MS)
			*drive->job->changed = '\0';
		follow(drive, mission);
		return;
	}
	if (now_ms >= drive->seen_at + UNSEEN_MS)
		ask_about(drive, take_asked);
}

/* Legs wait for a mission. True: something was done about it. */
static bool send_legs(struct fleet_drive *drive)
{
	struct fleet_job *job = drive->job;
	bool over = fleet_job_is_over(job);

	if (job->asked == job->sent) {
		if (job->mission && over && job->done == job->sent)
			fleet_job_begin_piece(job);
		if (job->mission && (over || job->sent == FLEET_MISSION_LEGS_MAX))
			return false;
		job->asked = job->leg_count < FLEET_MISSION_LEGS_MAX ? job->leg_count : FLEET_MISSION_LEGS_MAX;
		if (fleet_drive_save(drive)) {
			job->asked = job->sent;
			drive->again_at = fleet_now_ms() + AGAIN_MS;
			return true;
		}
	}
	if (job->mission)
		ask_to_add(drive);
	else
		ask_to_make(drive);
	return true;
}

bool fleet_drive_stands(const struct fleet_drive *drive)
{
	const char *word = fleet_robot_text(drive->robot, FLEET_CHANNEL_ROBOT, "state");
	double speed_mm_s = fleet_robot_number(drive->robot, FLEET_CHANNEL_ROBOT, "speed_mm_s");

	return strcmp(word, "move") && strcmp(word, "dock") && !(fabs(speed_mm_s) > 5);
}

static void cancel(struct fleet_drive *drive)
{
	struct fleet_job *job = drive->job;

	/* Whether the mission is there is not known: asking for it again tells. */
	if (!job->mission && job->asked)
		ask_to_make(drive);
	else if (job->mission && !fleet_job_is_over(job))
		act(drive, "cancel", take_act);
	else if (fleet_drive_stands(drive))
		give_up(drive);
}

static bool may_do_asked(const struct fleet_drive *drive)
{
	const struct fleet_job *job = drive->job;

	if (drive->resuming)
		return job->state == FLEET_MISSION_PAUSED || (job->state == FLEET_MISSION_HELD && !fleet_job_awaits(job));
	return drive->triggering ? fleet_job_takes_trigger(job) : job->state == FLEET_MISSION_HELD;
}

/* Of the mission as it was looked at: one that was paused or held anew since, as by a person at the robot, stays so. */
static void resume(struct fleet_drive *drive)
{
	char path[64], match[32];

	snprintf(path, sizeof(path), "missions/%u/resume", drive->job->mission);
	snprintf(match, sizeof(match), "\"%" PRId64 "\"", drive->job->revision);
	ask_of(drive, "POST", path, match, NULL, drive->triggering ? take_triggered : take_resumed);
}

/* An older state would mislead: a resume for what was held a moment ago may end a wait for a trigger. */
static void do_asked(struct fleet_drive *drive)
{
	if (!drive->looked)
		ask_about(drive, take_looked);
	else if (drive->skipping)
		act(drive, "cancel", take_skipped);
	else
		resume(drive);
}

static void step(struct fleet_drive *drive, int64_t now_ms)
{
	struct fleet_job *job = drive->job;

	if (job->mission && !fleet_job_is_over(job))
		look(drive, now_ms);
	if (drive->busy)
		return;
	if (job->cancelling) {
		cancel(drive);
	} else if (job->mission && fleet_job_is_over(job) && job->state != FLEET_MISSION_FINISHED && job->done < job->leg_count) {
		end_alone(drive, job->state == FLEET_MISSION_CANCELLED ? "The mission of the order was cancelled or deleted at the robot." :
			  "The mission of the order has failed.");
	} else if (job->sent < job->leg_count && send_legs(drive)) {
		return;
	} else if (job->state == FLEET_MISSION_WAITING && !job->paused) {
		act(drive, "start", take_act);
	} else if (job->state == FLEET_MISSION_RUNNING && job->paused) {
		act(drive, "pause", take_act);
	} else if (fleet_drive_is_asked(drive) && may_do_asked(drive)) {
		do_asked(drive);
	} else if (drive->releasing && !fleet_job_is_active(job)) {
		release_control(drive);
	} else if (job->past_count > FLEET_PAST_KEPT) {
		ask_to_delete(drive);
	} else {
		/* Nothing is left to resume: the order goes on, unless it was stopped in a wait for a trigger. */
		drive->refused = drive->refused || drive->triggering || drive->skipping || (drive->resuming && fleet_job_is_held(job));
		end_asked(drive);
	}
}

/* A stop in a wait for a trigger: what the trigger would begin was ordered before the stop. */
static void look_at_stop(struct fleet_drive *drive)
{
	if (!fleet_job_awaits(drive->job) || drive->job->stopped || !is_stopped(drive))
		return;
	fleet_job_interrupt(drive->job, true);
	drive->robot->heard = true;
	fleet_drive_save(drive);
}

int64_t fleet_drive_work(struct fleet_drive *drive, int64_t now_ms)
{
	/* ohtd is gone and holds the mission: the fleet has to ask for a resume once more. */
	if (!fleet_robot_is_known(drive->robot)) {
		refuse_asked(drive);
		return FLEET_NEVER;
	}
	look_at_stop(drive);
	if (drive->busy)
		return FLEET_NEVER;
	if (now_ms >= drive->again_at) {
		drive->again_at = now_ms;
		step(drive, now_ms);
	}
	return drive->again_at > now_ms ? drive->again_at : FLEET_NEVER;
}
