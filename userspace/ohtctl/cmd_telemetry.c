// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl telemetry: what the signals of the robot say now. */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"

static const struct show_column columns[] = {
	{ "name", 24 }, { "value", 14 }, { "quality", 8 }, { "time", 0 }, { NULL, 0 },
};

/* The names become part of the path. */
static int make_path(struct cli *cli, int count, char **names, char path[CLIENT_PATH_BYTES])
{
	size_t used = (size_t)snprintf(path, CLIENT_PATH_BYTES, "telemetry/current");

	for (int i = 0; i < count; i++) {
		if (!client_is_name(names[i]))
			return cli_fail(cli, CLI_USAGE, "no name of a signal: '%s'", names[i]);
		used += (size_t)snprintf(path + used, CLIENT_PATH_BYTES - used, "%s%s",
					 i ? "," : "?signals=", names[i]);
		if (used >= CLIENT_PATH_BYTES)
			return cli_fail(cli, CLI_USAGE, "too many signals: ask for fewer, or for all");
	}
	return CLI_DONE;
}

static void show_signals(struct cli *cli, struct json_object *answer)
{
	json_object_object_foreach(answer, name, reading) {
		json_object_object_add(reading, "name", json_object_new_string(name));
		show_item(cli, reading, columns);
	}
}

int cmd_telemetry(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL;
	char path[CLIENT_PATH_BYTES];
	int result = make_path(cli, count, arguments, path);

	if (!result)
		result = client_request(cli, "GET", path, NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result)
		show_signals(cli, answer);
	json_object_put(answer);
	return result;
}
