// SPDX-License-Identifier: GPL-2.0-or-later
/* user, device: the profile of the own account, codes for a new password, and what is let in. */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "common/file.h"
#include "show_answer.h"

#define TABLE_BYTES	49152

static const struct show_column imported_columns[] = {
	{ "line", 5 }, { "id", 5 }, { "username", 20 }, { "role", 13 }, { "full_name", 0 }, { NULL, 0 },
};

/* The daemon knows which members there are. */
int cmd_user_set(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();

	(void)count;
	json_object_object_add(body, arguments[0], json_object_new_string(arguments[1]));
	return client_do(cli, CLI_DONE, "PATCH", "auth/me", body);
}

/* The code is in this answer alone. */
int cmd_user_reset_code(struct cli *cli, int count, char **arguments)
{
	char path[CLIENT_PATH_BYTES];
	int64_t id;
	int result = cmd_admin_find(cli, arguments[0], &id);

	(void)count;
	snprintf(path, sizeof(path), "users/%" PRId64 "/reset-code", id);
	return client_do(cli, result, "POST", path, json_object_new_object());
}

int cmd_user_approve(struct cli *cli, int count, char **arguments)
{
	const int64_t limits[] = { 1, INT64_MAX };
	struct json_object *body = json_object_new_object();
	char path[CLIENT_PATH_BYTES];
	int64_t id = 0;
	int result = cli_integer(cli, "number of a registration", arguments[0], limits, &id);

	(void)count;
	snprintf(path, sizeof(path), "users/%" PRId64 "/approve", id);
	if (cli->role)
		json_object_object_add(body, "role", json_object_new_string(cli->role));
	return client_do(cli, result, "POST", path, body);
}

/* None has a password: user reset-code gives each person a code. */
int cmd_user_import(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object(), *answer = NULL;
	char *text = NULL;
	size_t bytes = 0;
	int r = oht_file_read(arguments[0], TABLE_BYTES, &text, &bytes), result;

	(void)count;
	if (r)
		result = cli_fail(cli, CLI_FAILED, "%s: %s", arguments[0], strerror(-r));
	else if (strlen(text) != bytes)
		result = cli_fail(cli, CLI_FAILED, "%s: NUL byte behind %zu bytes: save it as CSV in UTF-8", arguments[0], strlen(text));
	else
		result = CLI_DONE;
	if (!result) {
		json_object_object_add(body, "csv", json_object_new_string(text));
		result = client_request(cli, "POST", cli->given & CLI_OPT_CHECK ? "users/import?dry_run=true" : "users/import", body, &answer);
	}
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result)
		show_items(cli, answer, "items", imported_columns);
	json_object_put(answer);
	json_object_put(body);
	free(text);
	return result;
}

int cmd_device_accept(struct cli *cli, int count, char **arguments)
{
	const int64_t limits[] = { 1, INT64_MAX };
	struct json_object *body = json_object_new_object();
	char path[CLIENT_PATH_BYTES];
	int64_t id = 0;
	int result = cli_integer(cli, "number of a device", arguments[0], limits, &id);

	(void)count;
	snprintf(path, sizeof(path), "devices/%" PRId64 "/accept", id);
	json_object_object_add(body, "name", json_object_new_string(arguments[1]));
	if (cli->role)
		json_object_object_add(body, "role", json_object_new_string(cli->role));
	return client_do(cli, result, "POST", path, body);
}
