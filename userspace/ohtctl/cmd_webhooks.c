// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl webhooks: who is told of alerts elsewhere. */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "remote.h"
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

int cmd_webhooks_id(struct cli *cli, int count, char **arguments)
{
	static const struct {
		const char *verb;
		struct remote_numbered call;
	} calls[] = {
		{ "webhooks test", { "number of a webhook", "POST", "webhooks", "/test" } },
		{ "webhooks remove", { "number of a webhook", "DELETE", "webhooks", "" } },
		{ "webhooks secret", { "number of a webhook", "POST", "webhooks", "/secret" } },
		{ "webhooks resend", { "number of a delivery", "POST", "webhook-deliveries", "/resend" } },
	};
	size_t i = 0;

	(void)count;
	/* The table of verbs names this function for those of the table above only. */
	while (strcmp(calls[i].verb, cli->verb->name))
		i++;
	return remote_numbered(cli, &calls[i].call, arguments[0]);
}
