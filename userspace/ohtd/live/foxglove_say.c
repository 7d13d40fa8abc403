// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/foxglove_say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "common/utf8.h"
#include "json/json_scan.h"
#include "json/whole.h"

static bool refuse(struct ohtd_foxglove_said *said, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(struct ohtd_foxglove_said *said, const char *format, ...)
{
	va_list args;

	said->op = OHTD_FOXGLOVE_REFUSED;
	said->count = 0;
	va_start(args, format);
	vsnprintf(said->why, sizeof(said->why), format, args);
	va_end(args);
	said->why[oht_utf8_cut(said->why, sizeof(said->why))] = 0;
	return false;
}

static struct json_object *tokenize(const char *text, size_t bytes)
{
	struct json_tokener *tokener = json_tokener_new_ex(OHTD_JSON_DEPTH_MAX + 1);
	struct json_object *made = NULL;

	if (tokener)
		made = json_tokener_parse_ex(tokener, text, (int)bytes);
	json_tokener_free(tokener);
	return made;
}

/* A whole number of 32 bits, as ids are. */
static bool read_id(struct json_object *value, uint32_t *id)
{
	int64_t number;

	if (!ohtd_json_whole(value, &number) || number < 0 || number > UINT32_MAX)
		return false;
	*id = (uint32_t)number;
	return true;
}

static bool read_subscription(struct json_object *item, struct ohtd_foxglove_wish *wish)
{
	struct json_object *id, *channel;

	return json_object_is_type(item, json_type_object) &&
	       json_object_object_get_ex(item, "id", &id) && read_id(id, &wish->id) &&
	       json_object_object_get_ex(item, "channelId", &channel) &&
	       read_id(channel, &wish->channel);
}

static bool read_unsubscription(struct json_object *item, struct ohtd_foxglove_wish *wish)
{
	return read_id(item, &wish->id);
}

/* ---- operations ---- */

/* Without @list they are refused: @cannot says what is not there. */
static const struct {
	const char *name;
	const char *cannot;
	const char *list;
	enum ohtd_foxglove_op op;
	bool (*read)(struct json_object *item, struct ohtd_foxglove_wish *wish);
} operations[] = {
	{ "subscribe", NULL, "subscriptions", OHTD_FOXGLOVE_SUBSCRIBE, read_subscription },
	{ "unsubscribe", NULL, "subscriptionIds", OHTD_FOXGLOVE_UNSUBSCRIBE, read_unsubscription },
	{ .name = "advertise", .cannot = "nothing can be sent to the robot here" },
	{ .name = "unadvertise", .cannot = "nothing can be sent to the robot here" },
	{ .name = "getParameters", .cannot = "there are no parameters here" },
	{ .name = "setParameters", .cannot = "there are no parameters here" },
	{ .name = "subscribeParameterUpdates", .cannot = "there are no parameters here" },
	{ .name = "unsubscribeParameterUpdates", .cannot = "there are no parameters here" },
	{ .name = "subscribeConnectionGraph", .cannot = "there is no connection graph here" },
	{ .name = "unsubscribeConnectionGraph", .cannot = "there is no connection graph here" },
	{ .name = "fetchAsset", .cannot = "there are no assets here" },
};

#define OPERATIONS	(sizeof(operations) / sizeof(operations[0]))

static bool read_list(struct ohtd_foxglove_said *said, struct json_object *message, size_t op)
{
	const char *name = operations[op].list;
	struct json_object *list, *item;
	size_t count;

	if (!json_object_object_get_ex(message, name, &list) ||
	    !json_object_is_type(list, json_type_array))
		return refuse(said, "%s: the list %s is missing", operations[op].name, name);
	count = json_object_array_length(list);
	if (count > OHTD_FOXGLOVE_WISHES_MAX)
		return refuse(said, "%s: more than %d at once", operations[op].name,
			      OHTD_FOXGLOVE_WISHES_MAX);
	for (size_t i = 0; i < count; i++) {
		item = json_object_array_get_idx(list, i);
		if (!operations[op].read(item, &said->wishes[i]))
			return refuse(said, "%s: %s[%zu] is not as the protocol has it",
				      operations[op].name, name, i);
	}
	said->op = operations[op].op;
	said->count = count;
	return true;
}

static bool read_message(struct ohtd_foxglove_said *said, struct json_object *message)
{
	struct json_object *op;
	const char *name;

	if (!json_object_is_type(message, json_type_object))
		return refuse(said, "the message is no JSON object");
	if (!json_object_object_get_ex(message, "op", &op) ||
	    !json_object_is_type(op, json_type_string))
		return refuse(said, "the text op is missing");
	name = json_object_get_string(op);
	for (size_t i = 0; i < OPERATIONS; i++) {
		if (strcmp(name, operations[i].name))
			continue;
		if (operations[i].list)
			return read_list(said, message, i);
		return refuse(said, "%s: %s", name, operations[i].cannot);
	}
	return refuse(said, "'%.*s' is no operation", oht_utf8_cut(name, 64), name);
}

void ohtd_foxglove_read(struct ohtd_foxglove_said *said, const char *text, size_t bytes)
{
	struct ohtd_json_fault where;
	struct json_object *message;

	*said = (struct ohtd_foxglove_said){ .op = OHTD_FOXGLOVE_REFUSED };
	if (ohtd_json_scan(text, bytes, &where)) {
		refuse(said, "byte %zu: %s", where.offset, where.reason);
		return;
	}
	message = tokenize(text, bytes);
	read_message(said, message);
	json_object_put(message);
}
