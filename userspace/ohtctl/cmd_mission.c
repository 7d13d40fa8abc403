// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl mission make: legs as words. */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"

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

int cmd_mission_make(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object(), *legs = json_object_new_array(), *answer = NULL;
	int result = CLI_DONE;

	json_object_object_add(body, "name", json_object_new_string(arguments[0]));
	json_object_object_add(body, "legs", legs);
	for (int i = 1; i < count && !result; i++) {
		struct json_object *leg = json_object_new_object();

		json_object_array_add(legs, leg);
		if (!fill_leg(leg, arguments[i]))
			result = cli_fail(cli, CLI_USAGE, "'%s' is no leg: move=MM[@MM_S], to=STATION[@MM_S], dock, undock, wait=S, acknowledge",
					   arguments[i]);
	}
	if (!result)
		result = client_request(cli, "POST", "missions", body, &answer);
	json_object_put(body);
	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}
