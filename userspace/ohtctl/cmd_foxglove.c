// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl foxglove: an address for a viewer of live data, which can send no token. */
#include "cmd.h"

#include <ctype.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show.h"
#include "site.h"

#define URL_BYTES	640
#define LINK_BYTES	(3 * URL_BYTES + 64)
#define SCHEME		"https://"

/* Everything that could mean something in an address, as %XX. */
static void encode(const char *text, char *to, size_t size)
{
	size_t used = 0;

	for (; *text && used + 4 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || strchr("-._~", c))
			to[used++] = *text;
		else
			used += (size_t)snprintf(to + used, size - used, "%%%02X", c);
	}
	to[used] = 0;
}

static int show(struct cli *cli, const char *ticket, int expires_in_s)
{
	char url[URL_BYTES], encoded[LINK_BYTES], link[LINK_BYTES + 64];
	struct json_object *object;
	int n = snprintf(url, sizeof(url), "wss://%s/api/v1/foxglove?ticket=%s",
			 site_url() + sizeof(SCHEME) - 1, ticket);

	if (n < 0 || (size_t)n >= sizeof(url))
		return cli_fail(cli, CLI_FAILED, "the address is too long");
	encode(url, encoded, sizeof(encoded));
	snprintf(link, sizeof(link), "foxglove://open?ds=foxglove-websocket&ds.url=%s", encoded);
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
