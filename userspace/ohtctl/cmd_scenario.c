// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl scenario start: the one verb of scenarios that has a body. */
#include "cmd.h"

#include "cli.h"
#include "client.h"

int cmd_scenario_start(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();

	(void)count;
	json_object_object_add(body, "name", json_object_new_string(arguments[0]));
	return client_do(cli, 0, "POST", "scenarios", body);
}
