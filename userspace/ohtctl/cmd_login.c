// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl login, logout: a session at an ohtd elsewhere. */
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "password.h"
#include "show.h"
#include "site.h"

#define NAME_BYTES	80

static int need_url(struct cli *cli)
{
	return cli->url ? site_open(cli) :
	       cli_fail(cli, CLI_USAGE, "%s needs --url https://HOST:PORT", cli->verb->name);
}

static int show_done(struct cli *cli, const char *sentence)
{
	struct json_object *object;

	if (!cli->json) {
		fprintf(cli->out, "%s %s\n", sentence, site_url());
		return CLI_DONE;
	}
	object = json_object_new_object();
	show_add_text(object, "url", site_url());
	show_json(cli, object);
	return CLI_DONE;
}

int cmd_login(struct cli *cli, int count, char **arguments)
{
	char name[NAME_BYTES] = "", password[PASSWORD_BYTES] = "";
	int result = need_url(cli);

	if (!result && count)
		snprintf(name, sizeof(name), "%s", arguments[0]);
	else if (!result)
		result = password_ask_line(cli, "User: ", name, sizeof(name));
	if (!result)
		result = password_take(cli, false, password);
	if (!result)
		result = site_login(cli, name, password);
	explicit_bzero(password, sizeof(password));
	return result ? result : show_done(cli, "logged in at");
}

int cmd_logout(struct cli *cli, int count, char **arguments)
{
	int result = need_url(cli);

	(void)count;
	(void)arguments;
	if (!result)
		result = site_logout(cli);
	return result ? result : show_done(cli, "logged out at");
}
