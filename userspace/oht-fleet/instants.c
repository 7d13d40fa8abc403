// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/instants.h"

#include <stdio.h>
#include <string.h>

#include "oht-fleet/actions.h"
#include "oht-fleet/state.h"

static bool has_ended(const struct fleet_action_state *row)
{
	return row->status == FLEET_FINISHED || row->status == FLEET_FAILED;
}

static void remove_row(struct fleet_state *state, uint32_t at)
{
	state->instant_count--;
	memmove(&state->instants[at], &state->instants[at + 1], (state->instant_count - at) * sizeof(state->instants[0]));
}

static void clear_ended(struct fleet_state *state)
{
	for (uint32_t i = state->instant_count; i-- > 0;)
		if (has_ended(&state->instants[i]))
			remove_row(state, i);
}

/* The oldest that has ended goes; the factsheet says how many there are. */
static void make_room(struct fleet_state *state)
{
	uint32_t at = 0;

	while (at + 1 < state->instant_count && !has_ended(&state->instants[at]))
		at++;
	remove_row(state, at);
}

static void report(struct fleet_vehicle *vehicle, const struct fleet_action *action, enum fleet_action_status status, const char *result)
{
	struct fleet_state *state = &vehicle->state;
	struct fleet_action_state *row;

	if (state->instant_count == FLEET_INSTANTS_MAX)
		make_room(state);
	vehicle->robot.heard = true;
	row = &state->instants[state->instant_count++];
	*row = (struct fleet_action_state){ .status = status };
	snprintf(row->id, sizeof(row->id), "%s", action->id);
	snprintf(row->type, sizeof(row->type), "%s", action->type);
	snprintf(row->result, sizeof(row->result), "%s", result);
}

static void refuse_message(struct fleet_vehicle *vehicle, const char *id, const char *why)
{
	struct fleet_error *error = fleet_errors_add(&vehicle->errors, vehicle->settings->version, FLEET_INVALID_INSTANT_ACTION, why);

	fleet_error_refer(error, "actionId", id);
	fleet_error_refer(error, "topic", "instantActions");
}

static void refuse(struct fleet_vehicle *vehicle, const struct fleet_action *action, const char *why)
{
	refuse_message(vehicle, action->id, why);
	report(vehicle, action, FLEET_FAILED, why);
}

/* An action whose id is known was sent again: it has been done. */
static bool is_known(const struct fleet_state *state, const char *id)
{
	for (uint32_t i = 0; i < state->instant_count; i++)
		if (!strcmp(state->instants[i].id, id))
			return true;
	return false;
}

/* Its one parameter, of this name. "": it has none of this name, or another one, or no text. */
static void read_parameter(const struct fleet_action *action, const char *name, char text[FLEET_TEXT_BYTES])
{
	struct json_object *value = NULL;

	if (action->parameter_count == 1 && !strcmp(action->parameters[0].key, name))
		value = json_tokener_parse(action->parameters[0].value);
	snprintf(text, FLEET_TEXT_BYTES, "%s", json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "");
	json_object_put(value);
}

/* ---- the order ---- */

static void clear_order(struct fleet_vehicle *vehicle)
{
	vehicle->job.cancelling = true;
	fleet_drive_save(&vehicle->drive);
}

/* Another order may be meant than the one in hand. */
static bool is_of_this_order(const struct fleet_vehicle *vehicle, const struct fleet_action *action)
{
	char order[FLEET_TEXT_BYTES];

	read_parameter(action, "orderId", order);
	return !action->parameter_count || !strcmp(order, vehicle->job.order);
}

/* Ends, or has ended, when its row is settled. */
static void cancel_order(struct fleet_vehicle *vehicle, const struct fleet_action *action)
{
	struct fleet_error *error;

	if (fleet_job_is_active(&vehicle->job) && is_of_this_order(vehicle, action)) {
		clear_order(vehicle);
		report(vehicle, action, FLEET_RUNNING, "");
		return;
	}
	error = fleet_errors_add(&vehicle->errors, vehicle->settings->version, FLEET_NO_ORDER_TO_CANCEL, "There is no such order to cancel.");
	fleet_error_refer(error, "actionId", action->id);
	fleet_error_refer(error, "topic", "instantActions");
	report(vehicle, action, FLEET_FAILED, "no order");
}

static void pause_order(struct fleet_vehicle *vehicle, const struct fleet_action *action, bool paused)
{
	bool before = vehicle->job.paused;

	fleet_job_pause(&vehicle->job, paused);
	if (fleet_drive_save(&vehicle->drive)) {
		fleet_job_pause(&vehicle->job, before);
		report(vehicle, action, FLEET_FAILED, "the disk does not keep it");
		return;
	}
	vehicle->job.pause_seen = false;
	if (!paused)
		fleet_drive_resume(&vehicle->drive);
	report(vehicle, action, FLEET_RUNNING, "");
}

static void trigger(struct fleet_vehicle *vehicle, const struct fleet_action *action)
{
	if (fleet_drive_trigger(&vehicle->drive))
		report(vehicle, action, FLEET_RUNNING, "");
	else
		refuse(vehicle, action, "The order does not wait for a trigger of the fleet, or is interrupted.");
}

static void retry(struct fleet_vehicle *vehicle, const struct fleet_action *action, bool skips)
{
	char which[FLEET_TEXT_BYTES];

	read_parameter(action, "actionId", which);
	if (skips ? fleet_drive_skip(&vehicle->drive, which) : fleet_drive_retry(&vehicle->drive, which))
		report(vehicle, action, FLEET_RUNNING, "");
	else
		refuse(vehicle, action, "No action of this id is RETRIABLE, or the order is paused.");
}

/* ---- hibernation ---- */

static void start_hibernation(struct fleet_vehicle *vehicle, const struct fleet_action *action)
{
	struct fleet_judge judge = fleet_vehicle_judge(vehicle);
	struct fleet_verdict verdict;

	judge.hibernates = false;
	verdict = fleet_judge_availability(&judge);
	if (action->parameter_count) {
		refuse(vehicle, action, "The robot cannot wake by itself at a time.");
	} else if (verdict.refusal) {
		refuse(vehicle, action, verdict.why);
	} else {
		vehicle->sleep = FLEET_DOZES;
		if (fleet_job_is_active(&vehicle->job))
			clear_order(vehicle);
		report(vehicle, action, FLEET_RUNNING, "");
	}
}

static void stop_hibernation(struct fleet_vehicle *vehicle, const struct fleet_action *action)
{
	vehicle->sleep = FLEET_AWAKE;
	report(vehicle, action, FLEET_FINISHED, "");
	vehicle->asked = true;
}

/* ---- what comes ---- */

static void act(struct fleet_vehicle *vehicle, const struct fleet_action *action)
{
	enum fleet_action_number number = fleet_action_find(action->type, true, vehicle->settings->version);

	if (vehicle->sleep == FLEET_ASLEEP ? number != FLEET_STOP_HIBERNATION : is_known(&vehicle->state, action->id))
		return;
	if (number == FLEET_ACTION_KINDS) {
		refuse(vehicle, action, "The robot has no such instant action.");
		return;
	}
	fleet_errors_end(&vehicle->errors, FLEET_UNTIL_INSTANT);
	switch (number) {
	case FLEET_CANCEL_ORDER:
		cancel_order(vehicle, action);
		break;
	case FLEET_START_PAUSE:
	case FLEET_STOP_PAUSE:
		pause_order(vehicle, action, number == FLEET_START_PAUSE);
		break;
	case FLEET_TRIGGER:
		trigger(vehicle, action);
		break;
	case FLEET_RETRY:
	case FLEET_SKIP_RETRY:
		retry(vehicle, action, number == FLEET_SKIP_RETRY);
		break;
	case FLEET_START_HIBERNATION:
		start_hibernation(vehicle, action);
		break;
	case FLEET_STOP_HIBERNATION:
		stop_hibernation(vehicle, action);
		break;
	default:
		vehicle->factsheet_asked = vehicle->factsheet_asked || number == FLEET_FACTSHEET_REQUEST;
		if (number == FLEET_CLEAR_INSTANT_ACTIONS)
			clear_ended(&vehicle->state);
		report(vehicle, action, FLEET_FINISHED, "");
	}
}

bool fleet_instants_header_fits(const struct fleet_vehicle *vehicle, const struct fleet_header *header)
{
	const struct fleet_settings *settings = vehicle->settings;

	return !strncmp(header->version, fleet_version_number[settings->version], 2) && !strcmp(header->manufacturer, settings->manufacturer) &&
	       !strcmp(header->serial, settings->serial);
}

/* NULL, or why nothing of it is done. */
static const char *read_message(struct fleet_vehicle *vehicle, struct json_object *object, char why[FLEET_TEXT_BYTES])
{
	struct fleet_instant_actions *incoming = &vehicle->incoming;
	struct form_fault fault = { 0 };

	memset(incoming, 0, sizeof(*incoming));
	if (form_read(fleet_instant_rows, vehicle->settings->version, object, incoming, &fault)) {
		snprintf(why, FLEET_TEXT_BYTES, "%.100s of the message is missing, or not as the standard has it.", *fault.place ? fault.place : "All");
		return why;
	}
	return fleet_instants_header_fits(vehicle, &incoming->header) ? NULL : "Version, manufacturer or serial number are not this robot's.";
}

void fleet_instants_take(struct fleet_vehicle *vehicle, const char *text, size_t bytes)
{
	struct json_object *object = bytes < FLEET_MESSAGE_BYTES ? form_parse(text, bytes) : NULL;
	bool asleep = vehicle->sleep == FLEET_ASLEEP;
	char why[FLEET_TEXT_BYTES];
	const char *wrong = read_message(vehicle, object, why);

	json_object_put(object);
	if (wrong && !asleep)
		refuse_message(vehicle, "", wrong);
	for (uint32_t i = 0; !wrong && i < vehicle->incoming.action_count; i++)
		act(vehicle, &vehicle->incoming.actions[i]);
	vehicle->asked = vehicle->asked || !asleep;
}

/* ---- what becomes of it ---- */

/* As long as it takes the robot to come to rest without an order. */
static enum fleet_action_status doze(struct fleet_vehicle *vehicle, unsigned int mode)
{
	if (vehicle->sleep == FLEET_AWAKE)
		return FLEET_FAILED;
	if (vehicle->sleep == FLEET_DOZES && (mode == FLEET_MANUAL || mode == FLEET_SERVICE)) {
		vehicle->sleep = FLEET_AWAKE;
		return FLEET_FAILED;
	}
	if (vehicle->sleep == FLEET_DOZES && (fleet_job_is_active(&vehicle->job) || !fleet_drive_stands(&vehicle->drive)))
		return FLEET_RUNNING;
	/* Told in one more state. */
	vehicle->sleep = FLEET_NODS;
	vehicle->asked = true;
	return FLEET_FINISHED;
}

/* The status of an action that takes a moment; @row is RUNNING. */
static enum fleet_action_status outcome(struct fleet_vehicle *vehicle, const struct fleet_action_state *row, unsigned int mode)
{
	const struct fleet_drive *drive = &vehicle->drive;
	const struct fleet_job *job = &vehicle->job;

	switch (fleet_action_find(row->type, true, vehicle->settings->version)) {
	case FLEET_CANCEL_ORDER:
		return job->cancelling ? FLEET_RUNNING : FLEET_FINISHED;
	case FLEET_START_HIBERNATION:
		return doze(vehicle, mode);
	case FLEET_START_PAUSE:
		return drive->busy || (job->paused && (job->state == FLEET_MISSION_RUNNING || !fleet_drive_stands(drive))) ? FLEET_RUNNING :
		       FLEET_FINISHED;
	default:
		if (drive->busy || fleet_drive_is_asked(drive))
			return FLEET_RUNNING;
		return drive->refused ? FLEET_FAILED : FLEET_FINISHED;
	}
}

void fleet_instants_settle(struct fleet_vehicle *vehicle)
{
	const unsigned int mode = fleet_vehicle_judge(vehicle).mode;
	struct fleet_state *state = &vehicle->state;

	for (uint32_t i = 0; i < state->instant_count; i++) {
		struct fleet_action_state *row = &state->instants[i];

		if (row->status != FLEET_RUNNING)
			continue;
		row->status = outcome(vehicle, row, mode);
		if (row->status == FLEET_FAILED)
			snprintf(row->result, sizeof(row->result), "%s", vehicle->job.reason_text);
		vehicle->robot.heard = vehicle->robot.heard || row->status != FLEET_RUNNING;
	}
	/* A moving robot does not hibernate. While a person has control, the fleet shall still see the robot. */
	if (vehicle->sleep != FLEET_ASLEEP || !fleet_state_is_started(&vehicle->robot))
		return;
	if (mode == FLEET_MANUAL || mode == FLEET_SERVICE || !fleet_drive_stands(&vehicle->drive))
		vehicle->sleep = FLEET_AWAKE;
}
