// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl course and certificate: what a site asks of those who drive, and which accounts have shown it. */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"

#define DUE_DAYS	30
#define DUE_DAYS_MAX	3650
#define HOURS_MAX	8
#define DAYS_MAX	3650

static const struct show_column columns[] = {
	{ "id", 5 }, { "user", 16 }, { "course", 16 }, { "state", 8 }, { "ends", 24 }, { "granted_by", 16 }, { "evidence", 0 }, { NULL, 0 },
};

/* ---- courses ---- */

struct wanted {
	const char *name;
	struct json_object *course;
};

static int compare(struct cli *cli, struct json_object *course, void *arg)
{
	struct wanted *wanted = arg;
	const char *name = json_object_get_string(json_object_object_get(course, "name"));

	(void)cli;
	if (name && !strcasecmp(name, wanted->name) && !wanted->course)
		wanted->course = json_object_get(course);
	return CLI_DONE;
}

/* @course: to be released. */
static int find(struct cli *cli, const char *name, struct json_object **course)
{
	struct wanted wanted = { .name = name };
	int result = client_each(cli, "courses?limit=200", compare, &wanted);

	*course = wanted.course;
	return result || wanted.course ? result : cli_fail(cli, CLI_FAILED, "there is no course '%s': see ohtctl course list", name);
}

int cmd_course_show(struct cli *cli, int count, char **arguments)
{
	struct json_object *course;
	int result = find(cli, arguments[0], &course);

	(void)count;
	if (!result)
		show_answer(cli, course);
	json_object_put(course);
	return result;
}

int cmd_course_require(struct cli *cli, int count, char **arguments)
{
	bool off = count > 1 && !strcmp(arguments[1], "no");
	struct json_object *course, *body;
	char path[48];
	int result;

	if (count > 1 && !off && strcmp(arguments[1], "yes"))
		return cli_fail(cli, CLI_USAGE, "'%s' is neither yes nor no", arguments[1]);
	result = find(cli, arguments[0], &course);
	snprintf(path, sizeof(path), "courses/%" PRId64, json_object_get_int64(json_object_object_get(course, "id")));
	json_object_put(course);
	body = json_object_new_object();
	json_object_object_add(body, "required", json_object_new_boolean(!off));
	return client_do(cli, result, "PATCH", path, body);
}

/* Words with commas between them, as a list. */
static struct json_object *list_of(const char *text)
{
	struct json_object *list = json_object_new_array();

	for (const char *at = text; *at; at += strspn(at, ",")) {
		size_t n = strcspn(at, ",");

		if (n)
			json_object_array_add(list, json_object_new_string_len(at, (int)n));
		at += n;
	}
	return list;
}

int cmd_course_add(struct cli *cli, int count, char **arguments)
{
	static const int64_t limits[] = { 1, DAYS_MAX };
	struct json_object *body;
	int64_t days = 365;
	int result = count > 3 ? cli_integer(cli, "days", arguments[3], limits, &days) : CLI_DONE;

	body = json_object_new_object();
	json_object_object_add(body, "name", json_object_new_string(arguments[0]));
	json_object_object_add(body, "title", json_object_new_string(arguments[1]));
	if (count > 2)
		json_object_object_add(body, "verbs", list_of(arguments[2]));
	json_object_object_add(body, "valid_days", json_object_new_int64(days));
	return client_do(cli, result, "POST", "courses", body);
}

/* ---- certificates ---- */

static int show_all(struct cli *cli, const char *path, const char *none)
{
	struct json_object *answer = NULL;
	int result = client_request(cli, "GET", path, NULL, &answer);

	if (!result && !show_items(cli, answer, "items", columns) && !cli->json)
		fprintf(cli->out, "%s\n", none);
	json_object_put(answer);
	return result;
}

int cmd_certificate_list(struct cli *cli, int count, char **arguments)
{
	char path[CLIENT_PATH_BYTES] = "certificates?limit=200";

	if (count) {
		strcat(path, "&user=");
		client_add_text(path, sizeof(path), arguments[0]);
	}
	return show_all(cli, path, "there is no certificate");
}

int cmd_certificate_due(struct cli *cli, int count, char **arguments)
{
	static const int64_t limits[] = { 0, DUE_DAYS_MAX };
	char path[CLIENT_PATH_BYTES];
	int64_t days = DUE_DAYS;
	int result = count ? cli_integer(cli, "days", arguments[0], limits, &days) : CLI_DONE;

	snprintf(path, sizeof(path), "certificates?limit=200&sort=ends&due_within_days=%" PRId64, days);
	return result ? result : show_all(cli, path, "no certificate is due");
}

static struct json_object *names_of(char **arguments)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "user", json_object_new_string(arguments[0]));
	json_object_object_add(body, "course", json_object_new_string(arguments[1]));
	return body;
}

int cmd_certificate_grant(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = names_of(arguments);

	if (count > 2)
		json_object_object_add(body, "evidence", json_object_new_string(arguments[2]));
	return client_do(cli, CLI_DONE, "POST", "certificates", body);
}

int cmd_certificate_revoke(struct cli *cli, int count, char **arguments)
{
	static const int64_t limits[] = { 1, INT64_MAX };
	struct json_object *body = json_object_new_object();
	char path[CLIENT_PATH_BYTES];
	int64_t id = 0;
	int result = cli_integer(cli, "number of a certificate", arguments[0], limits, &id);

	(void)count;
	snprintf(path, sizeof(path), "certificates/%" PRId64, id);
	json_object_object_add(body, "reason", json_object_new_string(arguments[1]));
	return client_do(cli, result, "DELETE", path, body);
}

int cmd_certificate_override(struct cli *cli, int count, char **arguments)
{
	static const int64_t limits[] = { 1, HOURS_MAX };
	struct json_object *body = names_of(arguments);
	int64_t hours = HOURS_MAX;
	int result = count > 3 ? cli_integer(cli, "hours", arguments[3], limits, &hours) : CLI_DONE;

	json_object_object_add(body, "reason", json_object_new_string(arguments[2]));
	json_object_object_add(body, "hours", json_object_new_int64(hours));
	return client_do(cli, result, "POST", "certificates/override", body);
}
