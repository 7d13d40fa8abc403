// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/api.h"
#include "http/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/registers.h"
#include "robot/robot.h"

#define DISCOVER_MS	10000

static struct json_object *version_json(unsigned int version)
{
	char text[16];

	if (!version)
		return NULL;
	snprintf(text, sizeof(text), "%u.%u", version >> 8, version & 0xff);
	return json_object_new_string(text);
}

static struct json_object *age_json(struct ohtd_call *call, uint64_t time_ns)
{
	return time_ns ? json_object_new_int64(ohtd_call_age_ms(call, time_ns)) : NULL;
}

static void add_count(struct json_object *json, const char *name, uint64_t count)
{
	json_object_object_add(json, name, json_object_new_int64((int64_t)count));
}

static struct json_object *module_json(struct ohtd_call *call,
				       const struct ohtd_module_view *module)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "address", json_object_new_int(module->unit));
	json_object_object_add(json, "name", json_object_new_string(module->name));
	json_object_object_add(json, "type", json_object_new_int(module->type_code));
	json_object_object_add(json, "profile", *module->profile ?
			       json_object_new_string(module->profile) : NULL);
	json_object_object_add(json, "health",
			       json_object_new_string(ohtd_health_name(module->health)));
	json_object_object_add(json, "age_ms", age_json(call, module->last_good_ns));
	json_object_object_add(json, "required", json_object_new_boolean(module->required));
	json_object_object_add(json, "assigned", json_object_new_boolean(module->assigned));
	return json;
}

static struct json_object *statistics_json(const struct ohtd_module_view *module)
{
	struct json_object *json = json_object_new_object();

	add_count(json, "requests", module->requests);
	add_count(json, "replies", module->replies);
	add_count(json, "timeouts", module->timeouts);
	add_count(json, "crc_errors", module->crc_errors);
	add_count(json, "exceptions", module->exceptions);
	add_count(json, "other_errors", module->other_errors);
	add_count(json, "errors_in_row", module->errors_in_row);
	add_count(json, "turnaround_us", module->turnaround_us);
	add_count(json, "turnaround_max_us", module->turnaround_max_us);
	return json;
}

struct json_object *ohtd_json_modules(struct ohtd_call *call, const struct ohtd_snapshot *snapshot)
{
	struct json_object *json = json_object_new_object();
	struct json_object *items = json_object_new_array();

	for (unsigned int i = 0; i < snapshot->module_count && i < OHTD_MODULES_MAX; i++)
		if (snapshot->modules[i].unit)
			json_object_array_add(items, module_json(call, &snapshot->modules[i]));
	json_object_object_add(json, "items", items);
	json_object_object_add(json, "next_cursor", NULL);
	return json;
}

void ohtd_api_modules(struct ohtd_call *call)
{
	ohtd_reply_json(call, 200, ohtd_json_modules(call, ohtd_call_snapshot(call)));
}

/* The module of the path; when there is none, the request has been answered. */
static const struct ohtd_module_view *find_module(struct ohtd_call *call)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);

	for (unsigned int i = 0; i < snapshot->module_count && i < OHTD_MODULES_MAX; i++)
		if (snapshot->modules[i].unit == call->unit)
			return &snapshot->modules[i];
	ohtd_reply_problem(call, 404, "module_not_found", "there is no module at unit address %u",
			   call->unit);
	return NULL;
}

void ohtd_api_module(struct ohtd_call *call)
{
	const struct ohtd_module_view *module = find_module(call);
	struct json_object *json;

	if (!module)
		return;
	json = module_json(call, module);
	json_object_object_add(json, "device_id", json_object_new_int(module->device_id));
	json_object_object_add(json, "firmware", version_json(module->firmware_version));
	json_object_object_add(json, "hardware", version_json(module->hardware_version));
	json_object_object_add(json, "statistics", statistics_json(module));
	ohtd_reply_json(call, 200, json);
}

static const char *const register_states[] = {
	[OHTD_REGISTER_NEVER] = "never_read",
	[OHTD_REGISTER_OK] = "ok",
	[OHTD_REGISTER_UNSUPPORTED] = "unsupported",
	[OHTD_REGISTER_WRITE_ONLY] = "write_only",
};

/* Exactly what the module says: no detour over a double for decimals. */
static struct json_object *register_value_json(const struct oht_register *reg,
					       const uint16_t *words)
{
	char text[OHT_REGISTER_TEXT_BYTES];
	int64_t raw = oht_register_decode(reg, words);

	oht_register_text(reg, words, text);
	if (reg->type == OHT_TYPE_STRING)
		return json_object_new_string(text);
	if (reg->type == OHT_TYPE_BOOL)
		return json_object_new_boolean(raw != 0);
	if (!reg->scale_decimals && reg->scale_mantissa == 1)
		return json_object_new_int64(raw);
	return json_object_new_double_s(oht_register_value(reg, raw), text);
}

static struct json_object *register_json(struct ohtd_call *call, const struct oht_register *reg,
					 const struct ohtd_register_value *value)
{
	struct json_object *json = json_object_new_object();
	bool read = value->state == OHTD_REGISTER_OK;

	json_object_object_add(json, "name", json_object_new_string(reg->name));
	json_object_object_add(json, "label", json_object_new_string(reg->label));
	json_object_object_add(json, "address", json_object_new_int(reg->address));
	json_object_object_add(json, "type", json_object_new_string(oht_type_name(reg->type)));
	json_object_object_add(json, "access", json_object_new_string(
			       oht_access_name(reg->access)));
	json_object_object_add(json, "unit", *reg->unit ? json_object_new_string(reg->unit) : NULL);
	json_object_object_add(json, "state", json_object_new_string(value->state <=
			       OHTD_REGISTER_WRITE_ONLY ? register_states[value->state] : "?"));
	json_object_object_add(json, "value", read ?
			       register_value_json(reg, value->words) : NULL);
	json_object_object_add(json, "age_ms", read ? age_json(call, value->time_ns) : NULL);
	return json;
}

static struct json_object *registers_json(struct ohtd_call *call,
					  const struct ohtd_module_view *module,
					  const struct ohtd_registers *values)
{
	const struct oht_regmap *map = ohtd_robot_map(ohtd_call_robot(call), module->name,
						      module->profile);
	struct json_object *json = json_object_new_object();
	struct json_object *items = json_object_new_array();

	for (unsigned int i = 0; map && i < values->count && i < map->count; i++)
		json_object_array_add(items, register_json(call, &map->reg[i],
							   &values->values[i]));
	json_object_object_add(json, "address", json_object_new_int(module->unit));
	json_object_object_add(json, "items", items);
	json_object_object_add(json, "next_cursor", NULL);
	return json;
}

void ohtd_api_module_registers(struct ohtd_call *call)
{
	const struct ohtd_module_view *module = find_module(call);
	struct ohtd_registers values;
	int r;

	if (!module)
		return;
	r = ohtd_robot_registers(ohtd_call_robot(call), (uint8_t)call->unit, &values);
	if (r == -ENOENT) {
		ohtd_reply_problem(call, 409, "no_register_map",
				   "the module at unit address %u has not been identified",
				   call->unit);
	} else if (r) {
		ohtd_reply_header(call, "retry-after", "1");
		ohtd_reply_problem(call, 503, "busy", "the values are being written, try again");
	} else {
		ohtd_reply_json(call, 200, registers_json(call, module, &values));
	}
}

static void discover_done(struct ohtd_call *call, const struct ohtd_answer *answer)
{
	const struct ohtd_snapshot *snapshot = ohtd_call_snapshot(call);
	struct json_object *json = ohtd_json_modules(call, snapshot);

	(void)answer;
	json_object_object_add(json, "duration_ms",
			       json_object_new_int64(snapshot->bus.discovery_ms));
	ohtd_reply_json(call, 200, json);
}

void ohtd_api_modules_discover(struct ohtd_call *call)
{
	struct json_object *valid = json_object_object_get(call->body, "valid_for_ms");
	struct ohtd_command command = { .kind = OHTD_COMMAND_DISCOVER };

	command.valid_ms = valid ? (uint32_t)json_object_get_int(valid) : DISCOVER_MS;
	ohtd_call_command(call, &command, discover_done);
}
