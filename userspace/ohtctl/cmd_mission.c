// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl mission make, add and the like: legs as words, and missions as files. */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "common/number.h"
#include "document.h"
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

static bool add_whole(struct json_object *leg, const char *name, const char *text)
{
	int64_t number;

	if (oht_number_parse(text, INT64_MIN, INT64_MAX, &number))
		return false;
	json_object_object_add(leg, name, json_object_new_int64(number));
	return true;
}

/* "battery_percent:80..95": a signal with its bounds, of which one may be missing. */
static bool add_signal(struct json_object *leg, const char *text)
{
	char signal[WORD_BYTES], *from, *to;

	snprintf(signal, sizeof(signal), "%s", text);
	from = strchr(signal, ':');
	to = from ? strstr(from, "..") : NULL;
	if (!to || from == signal)
		return false;
	*from++ = 0;
	*to = 0;
	to += 2;
	json_object_object_add(leg, "signal", json_object_new_string(signal));
	return (*from || *to) && (!*from || add_number(leg, "at_least", from)) && (!*to || add_number(leg, "at_most", to));
}

/* "2/charge_request=1": unit address, register and value. */
static bool add_write(struct json_object *leg, const char *text)
{
	char address[WORD_BYTES], *name, *value;

	snprintf(address, sizeof(address), "%s", text);
	name = strchr(address, '/');
	value = name ? strchr(name, '=') : NULL;
	if (!value || value == name + 1)
		return false;
	*name++ = 0;
	*value++ = 0;
	json_object_object_add(leg, "register_name", json_object_new_string(name));
	return add_whole(leg, "address", address) && add_number(leg, "value", value);
}

static bool add_charge(struct json_object *leg, const char *text)
{
	return add_number(leg, "charge_percent", text);
}

static bool add_wait(struct json_object *leg, const char *text)
{
	return add_whole(leg, "wait_s", text);
}

static bool add_position(struct json_object *leg, const char *text)
{
	return add_target(leg, "position_mm", text);
}

static bool add_station(struct json_object *leg, const char *text)
{
	return add_target(leg, "station", text);
}

/* What a leg begins with. @add: takes what is behind the word; NULL: nothing is. */
static const struct {
	const char *word;
	const char *kind;
	bool (*add)(struct json_object *leg, const char *text);
} kinds[] = {
	{ "move=", "move", add_position }, { "to=", "move", add_station }, { "wait=", "wait", add_wait }, { "until=", "signal", add_signal },
	{ "charge=", "charge", add_charge }, { "write=", "write", add_write }, { "dock", "dock", NULL }, { "undock", "undock", NULL },
	{ "acknowledge", "acknowledge", NULL },
};

static bool fill_kind(struct json_object *leg, const char *word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t bytes = strlen(kinds[i].word);

		if (strncmp(word, kinds[i].word, bytes) || (!kinds[i].add && word[bytes]))
			continue;
		json_object_object_add(leg, "kind", json_object_new_string(kinds[i].kind));
		return !kinds[i].add || kinds[i].add(leg, word + bytes);
	}
	return false;
}

/* "deadline=60" and the like, behind a comma. */
static bool fill_more(struct json_object *leg, const char *word)
{
	if (!strncmp(word, "if=", 3))
		return add_signal(leg, word + 3);
	if (!strncmp(word, "deadline=", 9))
		return add_whole(leg, "deadline_s", word + 9);
	if (!strncmp(word, "retries=", 8))
		return add_whole(leg, "retries", word + 8);
	if (strncmp(word, "else=", 5) || !word[5])
		return false;
	json_object_object_add(leg, "on_failure", json_object_new_string(word + 5));
	return true;
}

static bool fill_leg(struct json_object *leg, const char *word)
{
	char words[4 * WORD_BYTES], *rest = words, *one;

	if (snprintf(words, sizeof(words), "%s", word) >= (int)sizeof(words) || !fill_kind(leg, strsep(&rest, ",")))
		return false;
	while ((one = strsep(&rest, ",")))
		if (!fill_more(leg, one))
			return false;
	return true;
}

/* "rounds=3" and "template" are of the mission, not of a leg. */
static bool fill_mission(struct json_object *body, const char *word)
{
	if (!strncmp(word, "rounds=", 7))
		return add_whole(body, "rounds", word + 7);
	if (strcmp(word, "template"))
		return false;
	json_object_object_add(body, "template", json_object_new_boolean(true));
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
			return cli_fail(cli, CLI_USAGE, "'%s' is no leg: move=MM[@MM_S], to=STATION[@MM_S], dock, undock, wait=S, until=SIGNAL:MIN..MAX, "
					"charge=PERCENT, write=ADDRESS/REGISTER=VALUE, acknowledge; behind it ,if=SIGNAL:MIN..MAX "
					",deadline=S ,retries=N ,else=hold|skip|fail",
					words[i]);
	}
	return CLI_DONE;
}

int cmd_mission_make(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "name", json_object_new_string(arguments[0]));
	while (count > 1 && fill_mission(body, arguments[1])) {
		count--;
		arguments++;
	}
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

int cmd_mission_copy(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();
	char path[WORD_BYTES];
	int result = path_of(cli, arguments[0], "copy", path);

	if (count > 1)
		json_object_object_add(body, "name", json_object_new_string(arguments[1]));
	return client_do(cli, result, "POST", path, body);
}

int cmd_mission_export(struct cli *cli, int count, char **arguments)
{
	char path[WORD_BYTES];
	int result = path_of(cli, arguments[0], "export", path);

	return result ? result : document_export(cli, path, count > 1 ? arguments[1] : NULL);
}

int cmd_mission_import(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL;
	char *text = NULL;
	int result = document_read(cli, arguments[0], "an exported mission", &text);

	(void)count;
	if (!result)
		result = client_send(cli, "POST", "missions", text, &answer);
	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	free(text);
	return result;
}

/* "days=mon,tue" */
static void add_days(struct json_object *body, const char *text)
{
	struct json_object *days = json_object_new_array();
	char words[WORD_BYTES], *rest = words, *one;

	snprintf(words, sizeof(words), "%s", text);
	while ((one = strsep(&rest, ",")))
		json_object_array_add(days, json_object_new_string(one));
	json_object_object_add(body, "days", days);
}

/* False: it is no word of a schedule. */
static bool fill_schedule(struct json_object *body, const char *word)
{
	if (!strncmp(word, "every=", 6))
		return add_whole(body, "every_min", word + 6);
	if (!strncmp(word, "until=", 6))
		json_object_object_add(body, "until", json_object_new_string(word + 6));
	else if (!strncmp(word, "name=", 5))
		json_object_object_add(body, "name", json_object_new_string(word + 5));
	else if (!strncmp(word, "days=", 5))
		add_days(body, word + 5);
	else
		return false;
	return true;
}

int cmd_mission_schedule(struct cli *cli, int count, char **arguments)
{
	static const int64_t limits[] = { 1, INT64_MAX };
	struct json_object *body = json_object_new_object();
	int64_t template = 0;
	int result = cli_integer(cli, "number of a template", arguments[0], limits, &template);

	json_object_object_add(body, "template", json_object_new_int64(template));
	json_object_object_add(body, "from", json_object_new_string(arguments[1]));
	for (int i = 2; i < count && !result; i++)
		if (!fill_schedule(body, arguments[i]))
			result = cli_fail(cli, CLI_USAGE, "'%s' is none of until=HH:MM, every=MINUTES, days=mon,tue,..., name=NAME", arguments[i]);
	return client_do(cli, result, "POST", "missions/schedules", body);
}
