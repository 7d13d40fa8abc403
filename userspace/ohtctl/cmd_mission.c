// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl mission make and add: legs as words. */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"

#define WORD_BYTES	128

/* The number in @text as a member. False: it is none. */
static bool add_number(struct json_object *leg, const char *name, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end)
		return false;
	json_object_object_add(leg, name, json_object_new_double(value));
	return true;
}

/* "1500@300": where to, and at which speed at most. */
static bool add_target(struct json_object *leg, const char *name, const char *text)
{
	char target[WORD_BYTES], *speed;

	snprintf(target, sizeof(target), "%s", text);
	speed = strchr(target, '@');
	if (speed)
		*speed++ = 0;
	if (speed && !add_number(leg, "speed_mm_s", speed))
		return false;
	if (!strcmp(name, "position_mm"))
		return add_number(leg, name, target);
	json_object_object_add(leg, name, json_object_new_string(target));
	return *target;
}

static bool fill_leg(struct json_object *leg, const char *word)
{
	const char *kind = word;
	int64_t seconds;
	char rest;

	if (!strncmp(word, "move=", 5) || !strncmp(word, "to=", 3))
		kind = "move";
	else if (!strncmp(word, "wait=", 5))
		kind = "wait";
	json_object_object_add(leg, "kind", json_object_new_string(kind));
	if (!strncmp(word, "move=", 5))
		return add_target(leg, "position_mm", word + 5);
	if (!strncmp(word, "to=", 3))
		return add_target(leg, "station", word + 3);
	if (strcmp(kind, "wait"))
		return !strcmp(word, "dock") || !strcmp(word, "undock") || !strcmp(word, "acknowledge");
	if (sscanf(word + 5, "%" SCNd64 "%c", &seconds, &rest) != 1)
		return false;
	json_object_object_add(leg, "wait_s", json_object_new_int64(seconds));
	return true;
}

/* Adds a list of legs to @body, one for each word. */
static int add_legs(struct cli *cli, struct json_object *body, int count, char **words)
{
	struct json_object *legs = json_object_new_array();

	json_object_object_add(body, "legs", legs);
	for (int i = 0; i < count; i++) {
		struct json_object *leg = json_object_new_object();

		json_object_array_add(legs, leg);
		if (!fill_leg(leg, words[i]))
			return cli_fail(cli, CLI_USAGE, "'%s' is no leg: move=MM[@MM_S], to=STATION[@MM_S], dock, undock, wait=S, acknowledge",
					words[i]);
	}
	return CLI_DONE;
}

int cmd_mission_make(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "name", json_object_new_string(arguments[0]));
	return client_do(cli, add_legs(cli, body, count - 1, arguments + 1), "POST", "missions", body);
}

/* The path of an act on the mission of that number. */
static int path_of(struct cli *cli, const char *number, const char *act, char path[WORD_BYTES])
{
	static const int64_t limits[] = { 1, INT64_MAX };
	int64_t mission = 0;
	int result = cli_integer(cli, "number of a mission", number, limits, &mission);

	snprintf(path, WORD_BYTES, "missions/%" PRId64 "/%s", mission, act);
	return result;
}

int cmd_mission_add(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();
	char path[WORD_BYTES];
	int result = path_of(cli, arguments[0], "legs", path);

	if (!result)
		result = add_legs(cli, body, count - 1, arguments + 1);
	return client_do(cli, result, "POST", path, body);
}

int cmd_mission_release(struct cli *cli, int count, char **arguments)
{
	static const int64_t limits[] = { 1, 100 };
	struct json_object *body = json_object_new_object();
	char path[WORD_BYTES];
	int64_t through = 0;
	int result = path_of(cli, arguments[0], "release", path);

	(void)count;
	if (!result)
		result = cli_integer(cli, "place of a leg", arguments[1], limits, &through);
	json_object_object_add(body, "through_leg", json_object_new_int64(through));
	return client_do(cli, result, "POST", path, body);
}
