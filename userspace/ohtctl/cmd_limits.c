// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl robot limits: the limits of motion in force, and reading their file again. */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"

static void show_limits(struct cli *cli, struct json_object *answer)
{
	static const struct show_column columns[] = {
		{ "name", 20 }, { "profile", 9 }, { "value", 9 }, { "unit", 6 }, { "min", 8 },
		{ "max", 8 }, { "description", 0 }, { NULL, 0 },
	};

	show_items(cli, answer, "items", columns);
}

static void show_reload(struct cli *cli, struct json_object *answer)
{
	static const struct show_column columns[] = {
		{ "name", 20 }, { "profile", 9 }, { "before", 9 }, { "now", 0 }, { NULL, 0 },
	};
	struct json_object *changed = json_object_object_get(answer, "changed");

	if (json_object_is_type(changed, json_type_array) && !json_object_array_length(changed))
		fprintf(cli->out, "no value is another one\n");
	show_items(cli, answer, "changed", columns);
}

int cmd_robot_limits(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL;
	int result;

	if (count && strcmp(arguments[0], "reload"))
		return cli_fail(cli, CLI_USAGE, "robot limits takes nothing or reload: '%s'",
				arguments[0]);
	if (count)
		result = client_request(cli, "POST", "robot/limits/reload", NULL, &answer);
	else
		result = client_request(cli, "GET", "robot/limits", NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result && count)
		show_reload(cli, answer);
	else if (!result)
		show_limits(cli, answer);
	json_object_put(answer);
	return result;
}
