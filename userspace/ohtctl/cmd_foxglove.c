// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl foxglove: an address for a viewer of live data, which can send no token. */
#include "cmd.h"

#include <stdio.h>

#include "cli.h"
#include "client.h"
#include "show.h"
#include "site.h"

#define URL_BYTES	640
#define LINK_BYTES	(3 * URL_BYTES + 64)
#define SCHEME		"https://"

static int show(struct cli *cli, const char *ticket, int expires_in_s)
{
	char url[URL_BYTES], link[LINK_BYTES];
	struct json_object *object;
	int n = snprintf(url, sizeof(url), "wss://%s/api/v1/foxglove?ticket=%s",
			 site_url() + sizeof(SCHEME) - 1, ticket);

	if (n < 0 || (size_t)n >= sizeof(url))
		return cli_fail(cli, CLI_FAILED, "the address is too long");
	snprintf(link, sizeof(link), "foxglove://open?ds=foxglove-websocket&ds.url=");
	client_add_text(link, sizeof(link), url);
	if (!cli->json) {
		fprintf(cli->out, "%s\n%s\n", url, link);
		return CLI_DONE;
	}
	object = json_object_new_object();
	show_add_text(object, "url", url);
	show_add_text(object, "link", link);
	show_add_number(object, "expires_in", expires_in_s);
	show_json(cli, object);
	return CLI_DONE;
}

int cmd_foxglove(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL, *ticket = NULL, *expires_in = NULL;
	int result;

	(void)count;
	(void)arguments;
	if (!cli->url)
		return cli_fail(cli, CLI_USAGE, "%s needs --url https://HOST:PORT", cli->verb->name);
	result = client_request(cli, "POST", "auth/ticket", NULL, &answer);
	if (result)
		return result;
	if (json_object_object_get_ex(answer, "ticket", &ticket) &&
	    json_object_object_get_ex(answer, "expires_in", &expires_in))
		result = show(cli, json_object_get_string(ticket), json_object_get_int(expires_in));
	else
		result = cli_fail(cli, CLI_FAILED, "the answer has no ticket");
	json_object_put(answer);
	return result;
}
