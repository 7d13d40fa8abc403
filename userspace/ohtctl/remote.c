// SPDX-License-Identifier: GPL-2.0-or-later
#include "remote.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "client.h"
#include "show.h"
#include "show_answer.h"

#define PATH_BYTES	96
#define NS_PER_MS	1000000L

static const struct show_column module_columns[] = {
	{ "address", 4 }, { "name", 16 }, { "type", 5 }, { "profile", 10 }, { "health", 10 },
	{ "age_ms", 0 }, { NULL, 0 },
};

static const struct show_column register_columns[] = {
	{ "name", 28 }, { "value", 12 }, { "unit", 6 }, { "state", 10 }, { "age_ms", 0 }, { NULL, 0 },
};

static const struct show_column event_columns[] = {
	{ "time", 28 }, { "seq", 6 }, { "kind", 8 }, { "cause", 14 }, { "from", 8 }, { "to", 8 },
	{ "edge_to_low_ns", 0 }, { NULL, 0 },
};

static const struct show_column log_columns[] = {
	{ "time", 28 }, { "level", 8 }, { "room", 8 }, { "code", 24 }, { "text", 0 }, { NULL, 0 },
};

static const struct show_column stop_columns[] = {
	{ "state", 8 }, { "causes", 24 }, { "channels", 24 }, { "outputs", 0 }, { NULL, 0 },
};

bool remote_is_controller(struct cli *cli)
{
	struct oht_stop_status status;
	char name[SHOW_NAME_BYTES];

	if (oht_dev_stop_status(cli->dev, &status) || !status.has_controller || status.is_controller)
		return false;
	show_process_name(status.controller_tgid, name);
	return !strcmp(name, "ohtd");
}

/* ---- one request ---- */

static const struct show_column station_columns[] = { { "name", 24 }, { "position_mm", 0 }, { NULL, 0 } };

static const struct show_column alert_columns[] = {
	{ "number", 8 }, { "since", 28 }, { "severity", 9 }, { "source", 13 }, { "subject", 12 }, { "code", 24 }, { "acknowledged_by", 16 },
	{ "shelved_until", 24 }, { "text", 0 }, { NULL, 0 },
};

static const struct show_column agent_columns[] = {
	{ "name", 20 }, { "user", 20 }, { "state", 8 }, { "silent", 7 }, { "age_ms", 9 }, { "doing", 0 }, { NULL, 0 },
};

static const struct show_column registration_columns[] = {
	{ "id", 6 }, { "username", 20 }, { "taken", 6 }, { "role", 13 }, { "full_name", 20 }, { "address", 15 }, { "created", 24 }, { "note", 0 },
	{ NULL, 0 },
};

static const struct show_column device_columns[] = {
	{ "id", 5 }, { "state", 9 }, { "words", 46 }, { "name", 20 }, { "role", 13 }, { "address", 15 }, { "created", 24 }, { "note", 0 }, { NULL, 0 },
};

static const struct show_column course_columns[] = {
	{ "id", 4 }, { "name", 16 }, { "required", 8 }, { "valid_days", 10 }, { "certificates", 12 }, { "title", 0 }, { NULL, 0 },
};

static const struct show_column shelf_columns[] = {
	{ "until", 24 }, { "source", 13 }, { "address", 7 }, { "subject", 12 }, { "code", 24 }, { "by", 16 }, { "reason", 0 }, { NULL, 0 },
};

static const struct show_column kept_alert_columns[] = {
	{ "number", 8 }, { "since", 28 }, { "ended", 28 }, { "severity", 9 }, { "source", 13 }, { "subject", 12 }, { "code", 24 },
	{ "acknowledged_by", 16 }, { "text", 0 }, { NULL, 0 },
};

static const struct show_column webhook_columns[] = {
	{ "id", 3 }, { "format", 12 }, { "severity", 9 }, { "enabled", 7 }, { "waiting_count", 7 }, { "dead_count", 5 },
	{ "last", 24 }, { "last_status", 4 }, { "last_error", 24 }, { "url", 0 }, { NULL, 0 },
};

static const struct show_column delivery_columns[] = {
	{ "number", 6 }, { "webhook", 3 }, { "made", 24 }, { "event", 11 }, { "state", 9 }, { "attempts", 2 },
	{ "last_status", 4 }, { "last_error", 24 }, { "code", 0 }, { NULL, 0 },
};

static const struct show_column backup_columns[] = {
	{ "id", 14 }, { "made", 24 }, { "bytes", 10 }, { "encrypted", 5 }, { "damaged", 5 }, { "schema", 3 }, { "history_bytes", 10 },
	{ "history_from", 24 }, { "history_to", 24 }, { "by", 16 }, { "robot_name", 0 }, { NULL, 0 },
};

static const struct show_column job_columns[] = {
	{ "id", 12 }, { "kind", 8 }, { "state", 9 }, { "progress", 3 }, { "made", 24 }, { "ended", 24 }, { "by", 16 }, { "result", 0 }, { NULL, 0 },
};

static const struct show_column interlock_columns[] = { { "verb", 10 }, { "why_not", 0 }, { NULL, 0 } };

static const struct show_column command_columns[] = {
	{ "number", 8 }, { "verb", 8 }, { "state", 12 }, { "reason", 16 }, { "position_mm", 12 },
	{ "accepted", 24 }, { "by", 0 }, { NULL, 0 },
};

static const struct show_column mission_columns[] = {
	{ "id", 6 }, { "state", 10 }, { "reason", 16 }, { "leg", 4 }, { "legs", 4 }, { "round", 6 }, { "driven_by", 16 }, { "changed", 24 }, { "name", 0 },
	{ NULL, 0 },
};

static const struct show_column schedule_columns[] = {
	{ "id", 4 }, { "template", 8 }, { "from", 5 }, { "until", 5 }, { "every_min", 9 }, { "next", 24 }, { "released_by", 16 }, { "last", 24 },
	{ "last_reason", 16 }, { "last_mission", 12 }, { "days", 27 }, { "name", 0 }, { NULL, 0 },
};

static const struct show_column scenario_columns[] = {
	{ "name", 16 }, { "available", 9 }, { "why_not", 22 }, { "title", 0 }, { NULL, 0 },
};

static const struct show_column leg_columns[] = {
	{ "place", 5 }, { "kind", 11 }, { "station", 16 }, { "position_mm", 12 }, { "state", 9 }, { "reason", 0 }, { NULL, 0 },
};

static const struct show_column checked_columns[] = {
	{ "place", 5 }, { "kind", 11 }, { "ok", 5 }, { "duration_s", 10 }, { "why_not", 0 }, { NULL, 0 },
};

/**
 * struct call - a request without a number in its path
 * @method: of the request
 * @path: of the request
 * @body: JSON, or NULL
 * @columns: of a list, which is shown a line for each item; NULL: no list
 * @none: the line for a list without items, or NULL
 */
struct call {
	const char *method;
	const char *path;
	const char *body;
	const struct show_column *columns;
	const char *none;
};

static void show_list(struct cli *cli, struct json_object *answer, const struct show_column *columns, const char *none)
{
	if (!show_items(cli, answer, "items", columns) && none)
		fprintf(cli->out, "%s\n", none);
}

static int ask(struct cli *cli, const struct call *call, int count, char **arguments)
{
	struct json_object *body, *answer;
	char path[CLIENT_PATH_BYTES];
	int result;

	body = call->body ? json_tokener_parse(call->body) : NULL;
	snprintf(path, sizeof(path), "%s%s", call->path, count ? "&q=" : "");
	if (count)
		client_add_text(path, sizeof(path), arguments[0]);
	result = client_request(cli, call->method, path, body, &answer);
	json_object_put(body);
	if (!result && call->columns && !cli->json)
		show_list(cli, answer, call->columns, call->none);
	else if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}

/**
 * struct numbered - an act on one of a list
 * @what: its number, in words
 * @method: of the request
 * @list: path of the list
 * @act: what stands behind the number in the path
 * @columns: of the list that it answers, as of struct call
 */
struct numbered {
	const char *what;
	const char *method;
	const char *list;
	const char *act;
	const struct show_column *columns;
};

/* Shows the answer, if there is one. */
static int ask_numbered(struct cli *cli, const struct numbered *call, const char *word)
{
	static const int64_t limits[] = { 1, INT64_MAX };
	struct json_object *answer = NULL;
	int64_t number = 0;
	char path[PATH_BYTES];
	int result = cli_integer(cli, call->what, word, limits, &number);

	if (result)
		return result;
	snprintf(path, sizeof(path), "%s/%" PRId64 "%s", call->list, number, call->act);
	result = client_request(cli, call->method, path, NULL, &answer);
	if (!result && call->columns && !cli->json)
		show_list(cli, answer, call->columns, NULL);
	else if (!result && answer)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}

#define REMOTE_CALL(name_, ...)								\
	int remote_##name_(struct cli *cli, int count, char **arguments)		\
	{										\
		static const struct call call = { __VA_ARGS__ };			\
											\
		return ask(cli, &call, count, arguments);				\
	}
#define REMOTE_ACT(name_, ...)								\
	int remote_##name_(struct cli *cli, int count, char **arguments)		\
	{										\
		static const struct numbered call = { __VA_ARGS__ };			\
											\
		(void)count;								\
		return ask_numbered(cli, &call, arguments[0]);				\
	}
#include "remote.def"

/* What the reset holds for: the stop as it is now, and no later one. The body belongs to the caller. */
static int take_seen(struct cli *cli, struct json_object **body)
{
	struct json_object *safety, *seen;
	int result = client_request(cli, "GET", "safety", NULL, &safety);

	*body = json_object_new_object();
	/* An older daemon does not tell. */
	if (!result && json_object_object_get_ex(safety, "journal_seq", &seen))
		json_object_object_add(*body, "journal_seq", json_object_get(seen));
	json_object_put(safety);
	return result;
}

int remote_safety_reset(struct cli *cli, int count, char **arguments)
{
	struct json_object *body, *answer = NULL;
	int result = take_seen(cli, &body);

	(void)count;
	(void)arguments;
	if (!result)
		result = client_request(cli, "POST", "safety/reset", body, &answer);
	json_object_put(body);
	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}

/* ---- modules ---- */

int remote_scan(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer;
	int result = client_request(cli, "POST", "modules/discover", NULL, &answer);

	(void)count;
	(void)arguments;
	if (result)
		return result;
	if (cli->json)
		show_answer(cli, answer);
	else
		show_items(cli, answer, "items", module_columns);
	json_object_put(answer);
	return CLI_DONE;
}

static int show_module(struct cli *cli, struct json_object *item, void *arg)
{
	(void)arg;
	show_item(cli, item, module_columns);
	return CLI_DONE;
}

int remote_modules(struct cli *cli)
{
	return client_each(cli, "modules", show_module, NULL);
}

/* ---- registers ---- */

struct wanted {
	const char *module;
	int64_t unit;
	char **names;
	size_t found;
};

static int compare_module(struct cli *cli, struct json_object *item, void *arg)
{
	struct wanted *wanted = arg;
	const char *name = json_object_get_string(json_object_object_get(item, "name"));

	(void)cli;
	if (name && !strcmp(name, wanted->module))
		wanted->unit = json_object_get_int64(json_object_object_get(item, "address"));
	return CLI_DONE;
}

static int find_unit(struct cli *cli, struct wanted *wanted)
{
	static const int64_t limits[] = { 1, 247 };
	int result;

	if (isdigit((unsigned char)wanted->module[0]))
		return cli_integer(cli, "unit", wanted->module, limits, &wanted->unit);
	result = client_each(cli, "modules", compare_module, wanted);
	if (!result && (wanted->unit < 1 || wanted->unit > 247))
		result = cli_fail(cli, CLI_USAGE, "no module is called '%s'", wanted->module);
	return result;
}

int remote_find_unit(struct cli *cli, const char *module, int64_t *unit)
{
	struct wanted wanted = { .module = module };
	int result = find_unit(cli, &wanted);

	*unit = wanted.unit;
	return result;
}

static bool is_wanted(const struct wanted *wanted, const char *name)
{
	char **one;

	for (one = wanted->names; name && *one; one++)
		if (!strcmp(*one, name))
			return true;
	return false;
}

static int show_wanted(struct cli *cli, struct json_object *item, void *arg)
{
	const char *name = json_object_get_string(json_object_object_get(item, "name"));
	struct wanted *wanted = arg;

	if (!is_wanted(wanted, name))
		return CLI_DONE;
	wanted->found++;
	show_item(cli, item, register_columns);
	return CLI_DONE;
}

int remote_read(struct cli *cli, int count, char **arguments)
{
	struct wanted wanted = { .module = arguments[0], .names = arguments + 1 };
	char path[PATH_BYTES];
	int result, i;

	for (i = 1; i < count; i++)
		if (!isalpha((unsigned char)arguments[i][0]))
			return cli_fail(cli, CLI_USAGE, "ohtd reads registers by name: '%s'",
					arguments[i]);
	result = find_unit(cli, &wanted);
	if (result)
		return result;
	snprintf(path, sizeof(path), "modules/%" PRId64 "/registers", wanted.unit);
	result = client_each(cli, path, show_wanted, &wanted);
	if (!result && wanted.found < (size_t)count - 1)
		result = cli_fail(cli, CLI_FAILED, "%zu of %d registers are not there: see their names "
				  "in registers.csv", (size_t)count - 1 - wanted.found, count - 1);
	return result;
}

/* ---- watching ---- */

static void nap(uint32_t ms)
{
	const struct timespec span = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * NS_PER_MS };

	/* A signal ends it early, which is meant. */
	nanosleep(&span, NULL);
}

static int show_stop_round(struct cli *cli)
{
	struct json_object *answer;
	int result = client_request(cli, "GET", "safety", NULL, &answer);

	if (!result)
		show_item(cli, answer, stop_columns);
	json_object_put(answer);
	return result;
}

int remote_events(struct cli *cli, int count, char **arguments)
{
	uint32_t round = 0;
	int result = CLI_DONE;

	if (count == 1)
		return cli_fail(cli, CLI_USAGE, "events needs a register behind the unit '%s'",
				arguments[0]);
	cli_catch_signals();
	while (!result && !cli_interrupted()) {
		result = count ? remote_read(cli, count, arguments) : show_stop_round(cli);
		if (cli->rounds && ++round == cli->rounds)
			break;
		if (!result)
			nap(cli->interval_ms);
	}
	return cli_interrupted() ? CLI_DONE : result;
}

/* ---- journal, logs ---- */

/* The newest come first; they are shown the oldest first. */
struct newest {
	struct json_object *items;
	size_t wanted;
};

#define ENOUGH	(-1)

static int gather(struct cli *cli, struct json_object *item, void *arg)
{
	struct newest *newest = arg;

	(void)cli;
	if (json_object_array_length(newest->items) == newest->wanted)
		return ENOUGH;
	json_object_array_add(newest->items, json_object_get(item));
	return CLI_DONE;
}

static int show_newest(struct cli *cli, const char *path, const struct show_column *columns,
		       uint32_t standard)
{
	struct newest newest = { .items = json_object_new_array(),
				 .wanted = cli->rounds ? cli->rounds : standard };
	int result = client_each(cli, path, gather, &newest);
	size_t i;

	if (result == ENOUGH)
		result = CLI_DONE;
	for (i = json_object_array_length(newest.items); !result && i--;)
		show_item(cli, json_object_array_get_idx(newest.items, i), columns);
	json_object_put(newest.items);
	return result;
}

int remote_journal(struct cli *cli, int count, char **arguments)
{
	(void)count;
	(void)arguments;
	/* As many as the driver keeps. */
	return show_newest(cli, "safety/events?limit=200", event_columns, 256);
}

int remote_logs(struct cli *cli, int count, char **arguments)
{
	char path[PATH_BYTES];

	(void)count;
	(void)arguments;
	if (cli->level && strspn(cli->level, "abcdefghijklmnopqrstuvwxyz") != strlen(cli->level))
		return cli_fail(cli, CLI_USAGE, "--level must be a word: '%s'", cli->level);
	snprintf(path, sizeof(path), "logs?limit=200%s%.20s", cli->level ? "&level=" : "",
		 cli->level ? cli->level : "");
	return show_newest(cli, path, log_columns, 100);
}

/* An entry's place: the life of the driver, then its number in it. */
struct place {
	int64_t source;
	int64_t seq;
};

static struct place place_of(struct json_object *item)
{
	return (struct place){
		.source = json_object_get_int64(json_object_object_get(item, "source")),
		.seq = json_object_get_int64(json_object_object_get(item, "seq")),
	};
}

static bool is_later(struct place a, struct place b)
{
	return a.source != b.source ? a.source > b.source : a.seq > b.seq;
}

/* The newest page, the oldest of it first: shows what is later than *seen, and moves that. */
static int show_later(struct cli *cli, struct place *seen, bool silent, uint32_t *shown)
{
	struct json_object *page, *items, *item;
	int result = client_request(cli, "GET", "safety/events?limit=200", NULL, &page);

	if (result)
		return result;
	items = json_object_object_get(page, "items");
	for (size_t i = json_object_is_type(items, json_type_array) ?
			json_object_array_length(items) : 0; i--;) {
		item = json_object_array_get_idx(items, i);
		if (!is_later(place_of(item), *seen) || (cli->rounds && *shown == cli->rounds))
			continue;
		*seen = place_of(item);
		if (silent)
			continue;
		show_item(cli, item, event_columns);
		(*shown)++;
	}
	json_object_put(page);
	return CLI_DONE;
}

int remote_safety_watch(struct cli *cli, int count, char **arguments)
{
	struct place seen = { INT64_MIN, INT64_MIN };
	uint32_t shown = 0;
	int result;

	(void)count;
	(void)arguments;
	cli_catch_signals();
	result = show_later(cli, &seen, true, &shown);
	if (!result && !cli->json)
		fprintf(cli->err, "waiting for safety events, Ctrl-C ends\n");
	while (!result && !cli_interrupted() && !(cli->rounds && shown == cli->rounds)) {
		nap(cli->interval_ms);
		result = show_later(cli, &seen, false, &shown);
	}
	return cli_interrupted() ? CLI_DONE : result;
}
