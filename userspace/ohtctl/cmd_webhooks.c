// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl webhooks: who is told of alerts elsewhere. */
#include "cmd.h"

#include "cli.h"
#include "client.h"
#include "show_answer.h"

int cmd_webhooks_add(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object(), *answer = NULL;
	int result;

	json_object_object_add(body, "url", json_object_new_string(arguments[0]));
	if (count > 1)
		json_object_object_add(body, "format", json_object_new_string(arguments[1]));
	if (count > 2)
		json_object_object_add(body, "severity", json_object_new_string(arguments[2]));
	result = client_request(cli, "POST", "webhooks", body, &answer);
	json_object_put(body);
	/* With the secret, which is never shown again. */
	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}
