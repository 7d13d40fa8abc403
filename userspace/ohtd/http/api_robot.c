// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/api.h"
#include "http/call.h"

#include <string.h>

static struct json_object *value_json(const struct ohtd_value *value)
{
	return value->valid ? json_object_new_double(value->value) : NULL;
}

static struct json_object *faults_json(const struct ohtd_why_list *list)
{
	struct json_object *json = json_object_new_array();

	for (unsigned int i = 0; i < list->count && i < OHTD_WHY_MAX; i++) {
		const struct ohtd_why *why = &list->items[i];
		struct json_object *item = json_object_new_object();

		json_object_object_add(item, "code",
				       json_object_new_string(ohtd_why_name(why->code)));
		json_object_object_add(item, "text",
				       json_object_new_string(ohtd_why_text(why->code)));
		json_object_object_add(item, "address", why->unit ?
				       json_object_new_int(why->unit) : NULL);
		json_object_array_add(json, item);
	}
	return json;
}

/* There are no modes and no control lease yet: null says so. */
static struct json_object *robot_json(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "state",
			       json_object_new_string(ohtd_state_name(snapshot->state)));
	json_object_object_add(json, "since", ohtd_json_time(call, snapshot->state_since_ns));
	json_object_object_add(json, "mode", NULL);
	json_object_object_add(json, "control", NULL);
	json_object_object_add(json, "position_mm", value_json(&snapshot->position_mm));
	json_object_object_add(json, "speed_mm_s", value_json(&snapshot->speed_mm_s));
	json_object_object_add(json, "battery_percent", value_json(&snapshot->battery_percent));
	json_object_object_add(json, "safety", json_object_new_string(
			       ohtd_safety_state_name(snapshot->safety.state)));
	json_object_object_add(json, "faults", faults_json(&snapshot->faults));
	json_object_object_add(json, "age_ms",
			       json_object_new_int64(ohtd_call_age_ms(call, snapshot->time_ns)));
	return json;
}

void ohtd_api_robot(struct ohtd_call *call)
{
	ohtd_reply_json(call, 200, robot_json(call));
}

static void command_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	(void)answer;
	ohtd_reply_json(call, 200, robot_json(call));
}

static uint32_t kind_of(const char *verb)
{
	if (!strcmp(verb, "disable"))
		return OHTD_COMMAND_DISABLE;
	if (!strcmp(verb, "reset_fault"))
		return OHTD_COMMAND_RESET_FAULT;
	return OHTD_COMMAND_STOP;
}

void ohtd_api_robot_command(struct ohtd_call *call)
{
	struct json_object *valid = json_object_object_get(call->body, "valid_for_ms");
	const char *verb = json_object_get_string(json_object_object_get(call->body, "verb"));
	struct ohtd_command command = { .kind = kind_of(verb) };

	command.valid_ms = valid ? (uint32_t)json_object_get_int(valid) : 0;
	ohtd_call_command(call, &command, command_done);
}
