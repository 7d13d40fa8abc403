// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl config, robot teach: the configuration of ohtd, changes of it, its versions, and files of it. */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "document.h"
#include "save.h"
#include "show_answer.h"

#define POINTER_BYTES	128
#define PATH_BYTES	CLIENT_PATH_BYTES
#define REASON_BYTES	200
#define NAME_MAX_BYTES	40
/* As long as ohtd lets a change wait. */
#define WAIT_S		600

static const struct show_column version_columns[] = {
	{"version", 8}, {"created", 28}, {"author", 16}, {"state", 7}, {"rescue", 6}, {"reason", 0}, {NULL, 0},
};

static const struct show_column told_columns[] = {
	{"version", 8}, {"created", 28}, {"author", 16}, {"state", 7}, {"reason", 0}, {NULL, 0},
};

/* ---- a tree ---- */

static const char *text_of(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value)
							   : json_object_to_json_string(value);
}

/* Each value with its pointer. */
static void show_tree(struct cli *cli, const char *at, struct json_object *tree)
{
	char pointer[POINTER_BYTES];

	json_object_object_foreach(tree, name, value) {
		snprintf(pointer, sizeof(pointer), "%s/%s", at, name);
		if (json_object_is_type(value, json_type_object))
			show_tree(cli, pointer, value);
		else
			fprintf(cli->out, "%-40s %s\n", pointer, text_of(value));
	}
}

/* As JSON if it is a number, null or a text in quotation marks; any other word is a text. */
static struct json_object *value_of(const char *word)
{
	struct json_object *value = client_json(word);
	enum json_type type = json_object_get_type(value);

	if (type == json_type_int || type == json_type_double || type == json_type_string)
		return value;
	json_object_put(value);
	return strcmp(word, "null") ? json_object_new_string(word) : NULL;
}

/* Takes the value over. */
static void put(struct json_object *tree, const char *pointer, struct json_object *value)
{
	char name[POINTER_BYTES];
	size_t n = strcspn(++pointer, "/");
	struct json_object *inner = NULL;

	snprintf(name, sizeof(name), "%.*s", (int)n, pointer);
	if (!pointer[n]) {
		json_object_object_add(tree, name, value);
		return;
	}
	json_object_object_get_ex(tree, name, &inner);
	if (!json_object_is_type(inner, json_type_object)) {
		inner = json_object_new_object();
		json_object_object_add(tree, name, inner);
	}
	put(inner, pointer + n, value);
}

/* ---- what is in force ---- */

int cmd_config_get(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL, *part = NULL;
	char pointer[POINTER_BYTES] = "";
	int result;

	/* No item has a pointer that is longer: what is cut off here is found nowhere. */
	if (count)
		snprintf(pointer, sizeof(pointer), "%s%s", *arguments[0] == '/' ? "" : "/", arguments[0]);
	result = client_request(cli, "GET", "config", NULL, &answer);
	if (result)
		return result;
	if (json_pointer_get(answer, pointer, &part))
		result = cli_fail(cli, CLI_FAILED, "no item %s; ohtctl config get lists all", pointer);
	else if (cli->json || !json_object_is_type(part, json_type_object))
		fprintf(cli->out, "%s\n",
			cli->json ? json_object_to_json_string_ext(part, JSON_C_TO_STRING_PLAIN)
				  : text_of(part));
	else
		show_tree(cli, pointer, part);
	json_object_put(answer);
	return result;
}

/* ---- changes ---- */

/* How many there are. */
static size_t show_differences(struct cli *cli, struct json_object *answer)
{
	struct json_object *changes = json_object_object_get(answer, "changes");
	size_t n = json_object_is_type(changes, json_type_array) ? json_object_array_length(changes)
								 : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(changes, i);
		struct json_object *before = json_object_object_get(item, "before");
		struct json_object *now = json_object_object_get(item, "now");

		fprintf(cli->out, "%s: ", text_of(json_object_object_get(item, "pointer")));
		fprintf(cli->out, "%s", before ? text_of(before) : "none");
		fprintf(cli->out, " -> %s\n", now ? text_of(now) : "none");
	}
	return n;
}

/* Of a check. */
static void show_reasons(struct cli *cli, struct json_object *answer)
{
	struct json_object *reasons = json_object_object_get(answer, "why_not");
	size_t count = json_object_is_type(reasons, json_type_array) ? json_object_array_length(reasons) : 0;

	for (size_t i = 0; i < count; i++)
		fprintf(cli->out, "the robot would refuse it now: %s\n",
			text_of(json_object_object_get(json_object_array_get_idx(reasons, i), "text")));
	if (count && json_object_get_boolean(json_object_object_get(answer, "needs_standstill")))
		fprintf(cli->out, "with --at-standstill it would wait until the robot stands\n");
}

static void show_change(struct cli *cli, struct json_object *answer)
{
	size_t n;
	bool checked;

	if (cli->json) {
		show_answer(cli, answer);
		return;
	}
	n = show_differences(cli, answer);
	checked = !strcmp(text_of(json_object_object_get(answer, "state")), "checked");
	fprintf(cli->out, "%s%sversion %s\n", n ? "" : "no value is changed; ",
		checked ? "would be " : "", text_of(json_object_object_get(answer, "version")));
	show_reasons(cli, answer);
}

/* "pending": it returns by itself; "waiting": it is not live yet. */
static void show_waits(struct cli *cli, struct json_object *answer)
{
	const char *state = json_object_get_string(json_object_object_get(answer, "state"));

	if (!cli->json && state && !strcmp(state, "waiting"))
		fprintf(cli->out, "it waits until the robot stands, at most %u s; ohtctl config give-up withdraws it\n",
			cli->wait_s ? cli->wait_s : WAIT_S);
	if (!cli->json && state && !strcmp(state, "pending"))
		fprintf(cli->out, "it returns by itself in %u s unless you say: ohtctl config confirm\n",
			cli->confirm_within_s);
}

/* The path with the reason, the time to confirm and what else an import is asked, as a query. 0, or an exit code after a complaint. */
static int path_with_reason(struct cli *cli, const char *path, char made[PATH_BYTES])
{
	size_t used = (size_t)snprintf(made, PATH_BYTES, "%s", path);
	const char *reason = cli->reason ? cli->reason : "";
	char before = '?';

	if (strlen(reason) > REASON_BYTES)
		return cli_fail(cli, CLI_USAGE, "--reason has more than %d bytes", REASON_BYTES);
	if (cli->confirm_within_s) {
		used += (size_t)snprintf(made + used, PATH_BYTES - used, "%cconfirm_within_s=%u", before, cli->confirm_within_s);
		before = '&';
	}
	if (cli->given & CLI_OPT_STANDSTILL) {
		used += (size_t)snprintf(made + used, PATH_BYTES - used, "%capply_at=standstill", before);
		before = '&';
	}
	if (cli->wait_s) {
		used += (size_t)snprintf(made + used, PATH_BYTES - used, "%cwait_s=%u", before, cli->wait_s);
		before = '&';
	}
	if (cli->given & CLI_OPT_CALIBRATION) {
		used += (size_t)snprintf(made + used, PATH_BYTES - used, "%ccalibration=true", before);
		before = '&';
	}
	if (*reason)
		snprintf(made + used, PATH_BYTES - used, "%creason=", before);
	client_add_text(made, PATH_BYTES, reason);
	return CLI_DONE;
}

/* Shows the answer of a change, and releases it. */
static int end_change(struct cli *cli, int result, struct json_object *answer)
{
	/* Another program has done it, on the database of a daemon that is down. */
	if (!result && !cli->json && !json_object_object_get(answer, "changes"))
		fprintf(cli->out, "version %s is live from the next start of ohtd on\n",
			text_of(json_object_object_get(answer, "version")));
	else if (!result)
		show_change(cli, answer);
	if (!result)
		show_waits(cli, answer);
	json_object_put(answer);
	return result;
}

static int ask_change(struct cli *cli, const char *method, const char *path, struct json_object *body)
{
	struct json_object *answer = NULL;
	int result = client_request(cli, method, path, body, &answer);

	return end_change(cli, result, answer);
}

int cmd_config_set(struct cli *cli, int count, char **arguments)
{
	bool trial = !strcmp(cli->verb->name, "config check");
	struct json_object *patch;
	char path[PATH_BYTES];
	int result = path_with_reason(cli, trial ? "config/check" : "config", path);

	if (!result && count % 2)
		result = cli_fail(cli, CLI_USAGE, "no value for %s", arguments[count - 1]);
	for (int i = 0; !result && i < count; i += 2)
		if (*arguments[i] != '/' || strlen(arguments[i]) >= POINTER_BYTES ||
		    !arguments[i][1])
			result = cli_fail(cli, CLI_USAGE,
					  "no item: '%s'; items begin with /, as /robot/name",
					  arguments[i]);
	if (result)
		return result;
	patch = json_object_new_object();
	for (int i = 0; i < count; i += 2)
		put(patch, arguments[i], value_of(arguments[i + 1]));
	result = ask_change(cli, trial ? "POST" : "PATCH", path, patch);
	json_object_put(patch);
	return result;
}

/* ---- versions ---- */

static int show_version(struct cli *cli, struct json_object *item, void *arg)
{
	(void)arg;
	show_item(cli, item, version_columns);
	return CLI_DONE;
}

int cmd_config_versions(struct cli *cli, int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return client_each(cli, "config/versions", show_version, NULL);
}

static int number_of(struct cli *cli, const char *word, int64_t *number)
{
	static const int64_t limits[] = { 1, INT64_MAX };

	return cli_integer(cli, "number of a version", word, limits, number);
}

/* The path of the version that @word names, with what is asked of it behind. */
static int path_of_version(struct cli *cli, const char *word, const char *act, int64_t *number, char path[PATH_BYTES])
{
	int result = number_of(cli, word, number);

	if (!result)
		snprintf(path, PATH_BYTES, "config/versions/%" PRId64 "%s", *number, act);
	return result;
}

/* Between two of them; a version alone: what it has changed. */
static int compare(struct cli *cli, const char *from, const char *to)
{
	struct json_object *answer = NULL;
	const char *words[] = { from, to };
	char path[PATH_BYTES];
	int64_t number;
	int result;

	for (size_t i = 0; i < 2; i++)
		if (strcmp(words[i], "live") && strcmp(words[i], "defaults") && number_of(cli, words[i], &number))
			return CLI_USAGE;
	snprintf(path, sizeof(path), "config/compare?a=%s&b=%s", from, to);
	result = client_request(cli, "GET", path, NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result && !show_differences(cli, answer))
		fprintf(cli->out, "no value is another one\n");
	json_object_put(answer);
	return result;
}

int cmd_config_diff(struct cli *cli, int count, char **arguments)
{
	char path[PATH_BYTES];
	int64_t number = 0;
	int result;

	if (count == 2)
		return compare(cli, arguments[0], arguments[1]);
	if (!count || !strcmp(arguments[0], "defaults"))
		return compare(cli, "defaults", "live");
	result = number_of(cli, arguments[0], &number);
	if (result)
		return result;
	snprintf(path, sizeof(path), "config/versions/%" PRId64, number);
	return ask_change(cli, "GET", path, NULL);
}

/* ---- one of them, with its effect ---- */

static void show_figure(struct cli *cli, struct json_object *figure)
{
	struct json_object *before = json_object_object_get(figure, "before");
	struct json_object *after = json_object_object_get(figure, "after");
	struct json_object *unit = json_object_object_get(figure, "unit");
	struct json_object *before_rate = json_object_object_get(figure, "before_per_min");
	struct json_object *after_rate = json_object_object_get(figure, "after_per_min");
	char name[NAME_MAX_BYTES];

	snprintf(name, sizeof(name), "%s", text_of(json_object_object_get(figure, "figure")));
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = ' ';
	fprintf(cli->out, "  %s: %s", name, before ? text_of(before) : "not known");
	fprintf(cli->out, " -> %s%s%s", after ? text_of(after) : "not known", unit ? " " : "", unit ? text_of(unit) : "");
	if (before_rate && after_rate)
		fprintf(cli->out, " (%.1f -> %.1f a minute)", json_object_get_double(before_rate),
			json_object_get_double(after_rate));
	fputc('\n', cli->out);
}

static void show_effect(struct cli *cli, struct json_object *answer)
{
	struct json_object *effect = json_object_object_get(answer, "effect");
	struct json_object *until = json_object_object_get(answer, "effect_until");
	struct json_object *figures = json_object_object_get(effect, "figures");
	const char *state = effect ? text_of(json_object_object_get(effect, "state")) : "";
	double before_s = json_object_get_double(json_object_object_get(effect, "before_s"));
	double after_s = json_object_get_double(json_object_object_get(effect, "after_s"));
	size_t n = json_object_is_type(figures, json_type_array) ? json_object_array_length(figures) : 0;

	if (until)
		fprintf(cli->out, "its effect is known at %s\n", text_of(until));
	else if (!strcmp(state, "unknown"))
		fprintf(cli->out, "its effect is not known: ohtd was started since, or could not keep it\n");
	else if (effect)
		fprintf(cli->out, "its effect, of %.0f s before and %.0f s behind it%s:\n", before_s, after_s,
			!strcmp(state, "cut_by_version") ? ", when the next version came"
			: !strcmp(state, "cut_by_stop")	 ? ", when ohtd ended" : "");
	for (size_t i = 0; i < n; i++)
		show_figure(cli, json_object_array_get_idx(figures, i));
}

int cmd_config_show(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL;
	char path[PATH_BYTES];
	int64_t number = 0;
	int result = path_of_version(cli, arguments[0], "", &number, path);

	(void)count;
	if (result)
		return result;
	result = client_request(cli, "GET", path, NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	if (!result && !cli->json) {
		show_item(cli, answer, told_columns);
		show_differences(cli, answer);
		show_effect(cli, answer);
	}
	json_object_put(answer);
	return result;
}

/* A name becomes part of a path. */
int cmd_robot_teach(struct cli *cli, int count, char **arguments)
{
	char path[PATH_BYTES];

	(void)count;
	if (!client_is_name(arguments[0]) || strlen(arguments[0]) > NAME_MAX_BYTES)
		return cli_fail(cli, CLI_USAGE,
				"no name of a station: '%s'; 1 to %d of a-z, 0-9 and _",
				arguments[0], NAME_MAX_BYTES);
	snprintf(path, sizeof(path), "robot/stations/%s/teach", arguments[0]);
	return ask_change(cli, "POST", path, NULL);
}

static int go_back(struct cli *cli, const char *to)
{
	struct json_object *body;
	const char *reason = cli->reason;
	char path[PATH_BYTES];
	int result;

	/* The reason is in the body. */
	cli->reason = NULL;
	result = path_with_reason(cli, to, path);
	if (result)
		return result;
	body = json_object_new_object();
	if (reason)
		json_object_object_add(body, "reason", json_object_new_string(reason));
	result = ask_change(cli, "POST", path, body);
	json_object_put(body);
	return result;
}

int cmd_config_rollback(struct cli *cli, int count, char **arguments)
{
	char path[PATH_BYTES];
	int64_t number = 0;
	int result = path_of_version(cli, arguments[0], "/rollback", &number, path);

	(void)count;
	return result ? result : go_back(cli, path);
}

int cmd_config_rescue(struct cli *cli, int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return go_back(cli, "config/rescue");
}

int cmd_config_mark(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL;
	char path[PATH_BYTES];
	int64_t number = 0;
	int result = path_of_version(cli, arguments[0], "/rescue", &number, path);

	(void)count;
	if (result)
		return result;
	result = client_request(cli, "PUT", path, NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result)
		fprintf(cli->out, "ohtctl config rescue goes back to version %" PRId64 "\n", number);
	json_object_put(answer);
	return result;
}

/* ---- a version that returns by itself ---- */

static int ask_pending(struct cli *cli, const char *method, const char *path)
{
	struct json_object *answer = NULL;
	int result = client_request(cli, method, path, NULL, &answer);

	if (result)
		return result;
	if (cli->json)
		show_answer(cli, answer);
	else if (!json_object_object_get(answer, "version"))
		fprintf(cli->out, "no version waits for its confirmation, or for standstill\n");
	else if (!strcmp(text_of(json_object_object_get(answer, "state")), "waiting"))
		fprintf(cli->out, "version %s by %s waits until the robot stands, and is dropped in %" PRId64 " s; ohtctl config give-up "
			"withdraws it\n",
			text_of(json_object_object_get(answer, "version")), text_of(json_object_object_get(answer, "by")),
			json_object_get_int64(json_object_object_get(answer, "remaining_ms")) / 1000);
	else
		fprintf(cli->out, "version %s by %s returns to version %s in %" PRId64 " s unless you say: ohtctl config confirm\n",
			text_of(json_object_object_get(answer, "version")),
			text_of(json_object_object_get(answer, "by")),
			text_of(json_object_object_get(answer, "returns_to")),
			json_object_get_int64(json_object_object_get(answer, "remaining_ms")) / 1000);
	json_object_put(answer);
	return CLI_DONE;
}

int cmd_config_pending(struct cli *cli, int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return ask_pending(cli, "GET", "config/pending");
}

int cmd_config_extend(struct cli *cli, int count, char **arguments)
{
	static const int64_t limits[] = { 5, 600 };
	char path[PATH_BYTES];
	int64_t seconds = 0;
	int result = cli_integer(cli, "number of seconds", arguments[0], limits, &seconds);

	(void)count;
	if (result)
		return result;
	snprintf(path, sizeof(path), "config/extend?confirm_within_s=%" PRId64, seconds);
	return ask_pending(cli, "POST", path);
}

int cmd_config_confirm(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL;
	int result = client_request(cli, "POST", "config/confirm", NULL, &answer);

	(void)count;
	(void)arguments;
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result)
		fprintf(cli->out, "version %s stays\n", text_of(json_object_object_get(answer, "version")));
	json_object_put(answer);
	return result;
}

int cmd_config_give_up(struct cli *cli, int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return ask_change(cli, "DELETE", "config/pending", NULL);
}

/* ---- a document of its own ---- */

int cmd_config_export(struct cli *cli, int count, char **arguments)
{
	return document_export(cli, "config/export", count ? arguments[0] : NULL);
}

int cmd_config_import(struct cli *cli, int count, char **arguments)
{
	bool trial = cli->given & CLI_OPT_CHECK;
	struct json_object *answer = NULL;
	char path[PATH_BYTES], *text = NULL;
	int result;

	(void)count;
	if (trial && cli->confirm_within_s)
		return cli_fail(cli, CLI_USAGE, "--check changes nothing, so nothing returns: leave --confirm-within out");
	if (trial && (cli->given & (CLI_OPT_STANDSTILL | CLI_OPT_WAIT)))
		return cli_fail(cli, CLI_USAGE, "--check changes nothing, so nothing waits: leave --at-standstill and --wait out");
	result = path_with_reason(cli, trial ? "config/import/check" : "config/import", path);
	if (result)
		return result;
	result = document_read(cli, arguments[0], "an exported configuration", &text);
	if (!result) {
		result = client_send(cli, "POST", path, text, &answer);
		result = end_change(cli, result, answer);
	}
	free(text);
	return result;
}
