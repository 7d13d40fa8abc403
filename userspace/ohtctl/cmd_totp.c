// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl user totp, user end-pin: the second factor of the own account, and how an administrator takes one or a PIN away. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "cli.h"
#include "client.h"
#include "cmd.h"
#include "password.h"
#include "show.h"
#include "show_answer.h"

static const char *text_of(struct json_object *object, const char *name)
{
	const char *text = json_object_get_string(json_object_object_get(object, name));

	return text ? text : "";
}

/* ---- the requests ---- */

/* @password, @code: NULL where the request takes none. */
static int ask(struct cli *cli, const char *method, const char *path, const char *password, const char *code, struct json_object **answer)
{
	struct json_object *body = password || code ? json_object_new_object() : NULL;
	int result;

	if (password)
		json_object_object_add(body, "password", json_object_new_string(password));
	if (code)
		json_object_object_add(body, "code", json_object_new_string(code));
	result = client_request(cli, method, path, body, answer);
	json_object_put(body);
	return result;
}

/* With the password that the account has. */
static int ask_with_password(struct cli *cli, const char *method, const char *path, const char *code, struct json_object **answer)
{
	char password[PASSWORD_BYTES] = "";
	int result = password_take(cli, false, password);

	if (!result)
		result = ask(cli, method, path, password, code, answer);
	explicit_bzero(password, sizeof(password));
	return result;
}

static int status(struct cli *cli)
{
	struct json_object *answer = NULL;
	int result = ask(cli, "GET", "auth/totp", NULL, NULL, &answer);

	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}

static int begin(struct cli *cli)
{
	struct json_object *answer = NULL;
	int result = ask_with_password(cli, "POST", "auth/totp", NULL, &answer);

	if (!result && cli->json) {
		show_json(cli, json_object_get(answer));
	} else if (!result) {
		show_qr(cli, text_of(answer, "qr"));
		fprintf(cli->out, "secret         %s\n%s\n", text_of(answer, "secret"), text_of(answer, "uri"));
		fputs("It waits for its first code: ohtctl user totp confirm CODE\n", cli->out);
	}
	json_object_put(answer);
	return result;
}

/* Takes @answer over. */
static int show_codes(struct cli *cli, int result, struct json_object *answer)
{
	struct json_object *codes;

	if (!result && cli->json) {
		show_json(cli, json_object_get(answer));
	} else if (!result) {
		codes = json_object_object_get(answer, "recovery_codes");
		for (size_t i = 0; i < json_object_array_length(codes); i++)
			fprintf(cli->out, "%s\n", text_of(json_object_array_get_idx(codes, i), "code"));
		fputs("Recovery codes, each good once in the place of a code of the app. They are not shown again: print them.\n", cli->out);
	}
	json_object_put(answer);
	return result;
}

/* Takes @answer over. */
static int show_end(struct cli *cli, int result, struct json_object *answer, const char *sentence)
{
	if (!result && cli->json)
		show_json(cli, json_object_get(answer));
	else if (!result)
		fprintf(cli->out, "%s\n", sentence);
	json_object_put(answer);
	return result;
}

/* Ends @what ("totp", "pin") of the account @user. */
static int take_away(struct cli *cli, const char *user, const char *what, const char *sentence)
{
	struct json_object *answer = NULL;
	char path[64];
	int64_t id;
	int result = cmd_admin_find(cli, user, &id);

	if (result)
		return result;
	snprintf(path, sizeof(path), "users/%" PRId64 "/%s", id, what);
	result = ask(cli, "DELETE", path, NULL, NULL, &answer);
	return show_end(cli, result, answer, sentence);
}

int cmd_user_end_pin(struct cli *cli, int count, char **arguments)
{
	(void)count;
	return take_away(cli, arguments[0], "pin", "the account has no PIN");
}

int cmd_user_totp(struct cli *cli, int count, char **arguments)
{
	const char *word = count ? arguments[0] : "";
	struct json_object *answer = NULL;
	int result;

	if (!count)
		return status(cli);
	if (!strcmp(word, "begin") && count == 1)
		return begin(cli);
	if (!strcmp(word, "confirm") && count == 2) {
		result = ask(cli, "POST", "auth/totp/confirm", NULL, arguments[1], &answer);
		return show_codes(cli, result, answer);
	}
	if (!strcmp(word, "recovery") && count == 2) {
		result = ask_with_password(cli, "POST", "auth/totp/recovery", arguments[1], &answer);
		return show_codes(cli, result, answer);
	}
	if (!strcmp(word, "off") && count == 2) {
		result = ask_with_password(cli, "DELETE", "auth/totp", arguments[1], &answer);
		return show_end(cli, result, answer, "the second factor is off");
	}
	if (!strcmp(word, "remove") && count == 2)
		return take_away(cli, arguments[1], "totp", "the second factor is taken away; the sessions of the account have ended");
	return cli_fail(cli, CLI_USAGE, "user totp takes nothing, begin, confirm CODE, recovery CODE, off CODE or remove USER: '%s'", word);
}
