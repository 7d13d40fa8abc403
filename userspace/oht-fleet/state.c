// SPDX-License-Identifier: GPL-2.0-or-later
#include "oht-fleet/state.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static const char *robot_state(const struct fleet_robot *robot)
{
	return fleet_robot_text(robot, FLEET_CHANNEL_ROBOT, "state");
}

bool fleet_state_is_started(const struct fleet_robot *robot)
{
	static const char *const starting[] = { "", "boot", "init", "shutdown", NULL };

	return fleet_robot_is_known(robot) && !is_one_of(robot_state(robot), starting);
}

/* Another session has control: the fleet's order waits until it gives it back. */
static bool is_led_by_another(const struct fleet_robot *robot)
{
	const char *control = fleet_robot_text(robot, FLEET_CHANNEL_ROBOT, "control");

	return *control && strcmp(control, robot->user);
}

enum fleet_mode fleet_state_mode(const struct fleet_robot *robot)
{
	const char *mode = fleet_robot_text(robot, FLEET_CHANNEL_ROBOT, "mode");

	if (!strcmp(mode, "manual"))
		return FLEET_MANUAL;
	if (strcmp(mode, "automatic"))
		return FLEET_SERVICE;
	return is_led_by_another(robot) ? FLEET_INTERVENED : FLEET_AUTOMATIC;
}

/* ---- errors ---- */

static void put_text(char *to, const char *text, size_t bytes)
{
	snprintf(to, bytes, "%.*s", oht_utf8_cut(text, bytes - 1), text);
}

static struct fleet_error *add_error(struct fleet_state *state, const char *type, enum fleet_level level, const char *description,
				     const char *hint)
{
	struct fleet_error *error = &state->errors[state->error_count];

	if (state->error_count == FLEET_ERRORS_MAX)
		return NULL;
	*error = (struct fleet_error){ .level = level };
	for (size_t i = 0; type[i] && i + 1 < sizeof(error->type); i++)
		error->type[i] = (char)toupper((unsigned char)type[i]);
	put_text(error->description, description, sizeof(error->description));
	put_text(error->hint, hint, sizeof(error->hint));
	state->error_count++;
	return error;
}

/* A part of the daemon that fails drives no worse; the robot's own faults end its motion. */
static enum fleet_level level_of(const char *severity, const char *source)
{
	static const char *const driving[] = { "robot", "module", "bus", "safety", NULL };

	if (!strcmp(severity, "emergency"))
		return FLEET_FATAL;
	if (!strcmp(severity, "critical"))
		return is_one_of(source, driving) ? FLEET_CRITICAL : FLEET_URGENT;
	return FLEET_WARNING;
}

static const char *text_of(struct json_object *object, const char *name)
{
	const char *text = json_object_get_string(json_object_object_get(object, name));

	return text ? text : "";
}

static void take_alert(struct fleet_state *state, struct json_object *alert)
{
	const char *source = text_of(alert, "source");
	struct fleet_error *error;

	/* It has ended, and nobody has acknowledged it yet. */
	if (json_object_get_boolean(json_object_object_get(alert, "over")))
		return;
	error = add_error(state, text_of(alert, "code"), level_of(text_of(alert, "severity"), source), text_of(alert, "text"),
			  text_of(alert, "action"));
	if (!error)
		return;
	fleet_error_refer(error, "source", source);
	fleet_error_refer(error, "address", text_of(alert, "address"));
	fleet_error_refer(error, "subject", text_of(alert, "subject"));
}

static void take_alerts(struct fleet_state *state, const struct fleet_robot *robot)
{
	struct json_object *items = fleet_robot_get(robot, FLEET_CHANNEL_ALERTS, "items");
	size_t count = json_object_is_type(items, json_type_array) ? json_object_array_length(items) : 0;

	for (size_t i = 0; i < count; i++)
		take_alert(state, json_object_array_get_idx(items, i));
}

void fleet_state_take_refusals(struct fleet_state *state, const struct fleet_errors *errors)
{
	for (uint32_t i = 0; i < errors->count && state->error_count < FLEET_ERRORS_MAX; i++)
		state->errors[state->error_count++] = errors->list[i];
}

/* ---- where it is and what it does ---- */

static void take_position(struct fleet_state *state, const struct fleet_robot *robot, const struct fleet_settings *settings)
{
	double position_mm = fleet_robot_number(robot, FLEET_CHANNEL_ROBOT, "position_mm");
	double speed_mm_s = fleet_robot_number(robot, FLEET_CHANNEL_ROBOT, "speed_mm_s");
	bool located = json_object_get_boolean(fleet_robot_get(robot, FLEET_CHANNEL_ROBOT, "located"));

	state->position = (struct fleet_position){
		.there = isfinite(position_mm), .x_m = position_mm / 1000, .localized = located && isfinite(position_mm),
	};
	put_text(state->position.map, settings->map, sizeof(state->position.map));
	state->velocity = (struct fleet_velocity){ .there = isfinite(speed_mm_s), .vx_m_s = speed_mm_s / 1000 };
	if (!state->position.localized)
		add_error(state, "LOCALIZATION_ERROR", FLEET_FATAL, "The robot does not know where it is.",
			  "Drive it over a tag, or confirm its position.");
}

static void take_power(struct fleet_state *state, const struct fleet_robot *robot)
{
	double percent = fleet_robot_number(robot, FLEET_CHANNEL_ROBOT, "battery_percent");
	struct json_object *volts = fleet_robot_signal(robot, "battery_v"), *amperes = fleet_robot_signal(robot, "battery_a");

	/* The standard wants a number: that of before, while no newer one is known. */
	if (isfinite(percent))
		state->power.charge_percent = fmin(fmax(percent, 0), 100);
	state->power.voltage_v = volts ? json_object_get_double(volts) : NAN;
	state->power.current_a = amperes ? json_object_get_double(amperes) : NAN;
	state->power.charging = json_object_get_boolean(fleet_robot_signal(robot, "charging"));
}

void fleet_state_take_robot(struct fleet_state *state, const struct fleet_robot *robot, const struct fleet_settings *settings, bool was_known)
{
	static const char *const moving[] = { "move", "dock", NULL };
	const char *word = robot_state(robot);

	state->error_count = 0;
	if (!fleet_state_is_started(robot)) {
		state->driving = false;
		state->position.there = false;
		state->velocity.there = false;
		if (!was_known)
			state->mode = FLEET_STARTUP;
		else
			add_error(state, "ROBOT_NOT_KNOWN", FLEET_FATAL, "The controller of the robot gives no state.",
				  "It may be starting; else look at the service ohtd.");
		return;
	}
	state->mode = fleet_state_mode(robot);
	take_position(state, robot, settings);
	state->driving = is_one_of(word, moving) || (state->velocity.there && fabs(state->velocity.vx_m_s) > 0.005);
	state->paused = !strcmp(word, "paused");
	take_power(state, robot);
	state->safety.stop = strcmp(fleet_robot_text(robot, FLEET_CHANNEL_SAFETY, "state"), "stopped") ? FLEET_STOP_NONE : FLEET_STOP_MANUAL;
	/* What stands in the way is a violated field: the robot stands until it has gone. */
	state->safety.field_violation = !strcmp(word, "blocked");
	take_alerts(state, robot);
}

void fleet_state_take_job(struct fleet_state *state, const struct fleet_job *job, const char *trouble)
{
	struct fleet_error *error = NULL;

	fleet_job_show(job, state);
	/* A person has it, and the order is being ended: only then it is said to be the person's. */
	if (fleet_job_is_active(job) && (state->mode == FLEET_MANUAL || state->mode == FLEET_SERVICE))
		state->mode = FLEET_INTERVENED;
	if (fleet_job_is_held(job) && fleet_job_is_active(job))
		error = add_error(state, "ORDER_HELD", FLEET_CRITICAL, job->stopped ? "The robot was stopped while the order waits for a trigger." : job->reason_text,
				  "Remove the cause; then stopPause lets the order go on, and cancelOrder ends it.");
	if (error) {
		fleet_error_refer(error, "orderId", job->order);
		fleet_error_refer(error, "reason", job->stopped ? "stopped" : job->reason);
	}
	if (!*trouble)
		return;
	error = add_error(state, "ORDER_NOT_DRIVEN", FLEET_URGENT, trouble, "It is tried again each second; cancelOrder ends it.");
	if (error)
		fleet_error_refer(error, "orderId", job->order);
}
