// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl alerts comment, comments, shelve, unshelve: one alert; summary: numbers. */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli.h"
#include "client.h"
#include "remote.h"
#include "show_answer.h"
#include "span.h"

/* ---- one alert ---- */

static const int64_t numbers[] = { 1, INT64_MAX };

/* "alerts/NUMBER/ACT"; 0, or an exit code after a complaint. */
static int path_of(struct cli *cli, const char *number_text, const char *act, char path[CLIENT_PATH_BYTES])
{
	int64_t number = 0;
	int result = cli_integer(cli, "number of an alert", number_text, numbers, &number);

	snprintf(path, CLIENT_PATH_BYTES, "alerts/%" PRId64 "/%s", number, act);
	return result;
}

/* Releases @body. */
static int post_alert(struct cli *cli, const char *number_text, const char *act, struct json_object *body)
{
	char path[CLIENT_PATH_BYTES];
	int result = path_of(cli, number_text, act, path);

	return client_do(cli, result, "POST", path, body);
}

int cmd_alert_shelve(struct cli *cli, int count, char **arguments)
{
	static const int64_t limits[] = { 1, 480 };
	struct json_object *body;
	int64_t minutes = 0;
	int result = cli_integer(cli, "minutes", arguments[1], limits, &minutes);

	(void)count;
	if (result)
		return result;
	if (!cli->reason)
		return cli_fail(cli, CLI_USAGE, "say why, with --reason");
	body = json_object_new_object();
	json_object_object_add(body, "minutes", json_object_new_int64(minutes));
	json_object_object_add(body, "reason", json_object_new_string(cli->reason));
	return post_alert(cli, arguments[0], "shelve", body);
}

int cmd_alert_unshelve(struct cli *cli, int count, char **arguments)
{
	(void)count;
	return post_alert(cli, arguments[0], "unshelve", NULL);
}

int cmd_alert_comment(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();

	(void)count;
	json_object_object_add(body, "text", json_object_new_string(arguments[1]));
	return post_alert(cli, arguments[0], "comments", body);
}

int cmd_alert_comments(struct cli *cli, int count, char **arguments)
{
	static const struct show_column columns[] = { { "made", 24 }, { "by", 16 }, { "text", 0 }, { NULL, 0 } };
	struct json_object *answer = NULL;
	char path[CLIENT_PATH_BYTES];
	int result = path_of(cli, arguments[0], "comments", path);

	(void)count;
	if (!result)
		result = client_request(cli, "GET", path, NULL, &answer);
	if (!result && !show_items(cli, answer, "items", columns) && !cli->json)
		fprintf(cli->out, "there is no comment\n");
	json_object_put(answer);
	return result;
}

/* ---- numbers ---- */

static const struct show_column tally_columns[] = { { "code", 24 }, { "count", 7 }, { "times", 7 }, { "standing_s", 0 }, { NULL, 0 } };
static const struct show_column flood_columns[] = {
	{ "from", 24 }, { "to", 24 }, { "count", 7 }, { "first_number", 8 }, { "first_code", 0 }, { NULL, 0 },
};
static const struct show_column standing_columns[] = {
	{ "number", 8 }, { "since", 24 }, { "ended", 24 }, { "source", 13 }, { "address", 7 }, { "subject", 12 }, { "code", 0 }, { NULL, 0 },
};
static const struct show_column chattering_columns[] = {
	{ "code", 24 }, { "source", 13 }, { "address", 7 }, { "subject", 12 }, { "count", 7 }, { "times", 0 }, { NULL, 0 },
};

/* A list of the answer with its title, and how many there are of it if that is not how many are listed. */
static void show_part(struct cli *cli, struct json_object *answer, const char *member, const char *title, const char *total,
		      const struct show_column *columns)
{
	struct json_object *items = json_object_object_get(answer, member);

	if (!json_object_is_type(items, json_type_array) || !json_object_array_length(items))
		return;
	fprintf(cli->out, "%s", title);
	if (total)
		fprintf(cli->out, ": %" PRId64, json_object_get_int64(json_object_object_get(answer, total)));
	fprintf(cli->out, "\n");
	show_items(cli, answer, member, columns);
}

static void show_summary(struct cli *cli, struct json_object *answer)
{
	fprintf(cli->out, "%" PRId64 " alerts, which came %" PRId64 " times; %.2f alerts an hour\n",
		json_object_get_int64(json_object_object_get(answer, "count")),
		json_object_get_int64(json_object_object_get(answer, "times")),
		json_object_get_double(json_object_object_get(answer, "per_hour")));
	show_part(cli, answer, "frequent", "most often", NULL, tally_columns);
	show_part(cli, answer, "longest", "longest", NULL, tally_columns);
	show_part(cli, answer, "floods", "floods, more than 10 in 10 minutes", "flood_total", flood_columns);
	show_part(cli, answer, "standing", "more than 24 h", "standing_total", standing_columns);
	show_part(cli, answer, "chattering", "chattering, 3 times or more within a minute", "chattering_total",
		  chattering_columns);
}

int cmd_alert_summary(struct cli *cli, int count, char **arguments)
{
	char from[SPAN_TIME_BYTES], to[SPAN_TIME_BYTES], path[CLIENT_PATH_BYTES];
	struct json_object *answer = NULL;
	int result = span_take(cli, "-7d", from, to);

	(void)count;
	(void)arguments;
	if (result)
		return result;
	snprintf(path, sizeof(path), "alerts/summary?to=%s%s%s", to, *from ? "&from=" : "", from);
	result = client_request(cli, "GET", path, NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result)
		show_summary(cli, answer);
	json_object_put(answer);
	return result;
}
