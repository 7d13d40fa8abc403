// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl login, elevate, logout: a session at an ohtd elsewhere. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "cmd.h"
#include "password.h"
#include "show.h"
#include "site.h"

#define NAME_BYTES	80
#define MS_PER_S	1000

static int need_url(struct cli *cli)
{
	int (*open)(struct cli *cli) = cli->verb->run == cmd_login ? site_open_anew : site_open;

	return cli->url ? open(cli) :
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

/* The log-in is good whatever the audit says, so a finding does not change the exit code. */
static int show_login(struct cli *cli)
{
	char *finding = cmd_audit_witness(cli);

	if (finding)
		fputs(finding, cli->err);
	free(finding);
	return show_done(cli, "logged in at");
}

/* A user name and its password. */
struct proof {
	char name[NAME_BYTES], password[PASSWORD_BYTES];
};

/* At a terminal the code is asked for when ohtd wants one. */
static int try_with_code(struct cli *cli, int (*attempt)(struct cli *cli, const struct proof *proof), const struct proof *proof)
{
	char code[PASSWORD_BYTES] = "";
	bool wanted = false;
	int result;

	if (!cli->code && !cli->password_file && !cli->password_stdin)
		cli->code_wanted = &wanted;
	result = attempt(cli, proof);
	cli->code_wanted = NULL;
	if (!wanted)
		return result;
	result = password_ask_line(cli, "Code: ", code, sizeof(code));
	cli->code = code;
	result = result ? result : attempt(cli, proof);
	cli->code = NULL;
	explicit_bzero(code, sizeof(code));
	return result;
}

static int attempt_login(struct cli *cli, const struct proof *proof)
{
	return site_login(cli, proof->name, proof->password);
}

int cmd_login(struct cli *cli, int count, char **arguments)
{
	struct proof proof = { "", "" };
	int result = need_url(cli);

	if (!result && count)
		snprintf(proof.name, sizeof(proof.name), "%s", arguments[0]);
	else if (!result)
		result = password_ask_line(cli, "User: ", proof.name, sizeof(proof.name));
	if (!result)
		result = password_take(cli, false, proof.password);
	if (!result)
		result = try_with_code(cli, attempt_login, &proof);
	explicit_bzero(&proof, sizeof(proof));
	return result ? result : show_login(cli);
}

static int show_elevated(struct cli *cli, struct json_object *answer)
{
	int64_t ms = json_object_get_int64(json_object_object_get(answer, "elevated_for_ms"));

	if (cli->json)
		show_json(cli, json_object_get(answer));
	else
		fprintf(cli->out, "elevated for %" PRId64 " s\n", ms / MS_PER_S);
	return CLI_DONE;
}

/* With the password that the account has; the session keeps its role. */
static int attempt_elevation(struct cli *cli, const struct proof *proof)
{
	struct json_object *body = json_object_new_object(), *answer;
	int result;

	json_object_object_add(body, "password", json_object_new_string(proof->password));
	if (cli->code)
		json_object_object_add(body, "code", json_object_new_string(cli->code));
	result = client_request(cli, "POST", "auth/elevate", body, &answer);
	json_object_put(body);
	if (!result)
		result = show_elevated(cli, answer);
	json_object_put(answer);
	return result;
}

static int end_elevation(struct cli *cli)
{
	struct json_object *answer;
	int result = client_request(cli, "DELETE", "auth/elevate", NULL, &answer);

	json_object_put(answer);
	return result ? result : show_done(cli, "not elevated any more at");
}

int cmd_elevate(struct cli *cli, int count, char **arguments)
{
	struct proof proof = { "", "" };
	int result = CLI_DONE;

	if (count && strcmp(arguments[0], "end"))
		result = cli_fail(cli, CLI_USAGE, "elevate takes nothing or end: '%s'", arguments[0]);
	if (!result)
		result = need_url(cli);
	/* Before a password is asked for in vain. */
	if (!result && !site_is_logged_in())
		result = cli_fail(cli, CLI_FAILED, "not logged in: ohtctl login --url %s",
				  site_url());
	if (!result && count)
		return end_elevation(cli);
	if (!result)
		result = password_take(cli, false, proof.password);
	if (!result)
		result = try_with_code(cli, attempt_elevation, &proof);
	explicit_bzero(&proof, sizeof(proof));
	return result;
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
