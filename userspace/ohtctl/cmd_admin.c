// SPDX-License-Identifier: GPL-2.0-or-later
/* admin: accounts, certificate and restart of ohtd. A password is never an argument. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "cmd.h"
#include "password.h"
#include "show.h"
#include "site.h"

static const char *text_of(struct json_object *user, const char *name)
{
	return json_object_get_string(json_object_object_get(user, name));
}

/* An account of something that is no ohtd may lack it. */
static const char *shown(struct json_object *user, const char *name)
{
	const char *text = text_of(user, name);

	return text ? text : "?";
}

static void show_user(struct cli *cli, struct json_object *user)
{
	if (cli->json)
		fprintf(cli->out, "%s\n", json_object_to_json_string_ext(user,
								       JSON_C_TO_STRING_PLAIN));
	else
		fprintf(cli->out, "%-32s %s%s%s\n", shown(user, "username"), shown(user, "role"),
			json_object_get_boolean(json_object_object_get(user, "device")) ? ", of a device" :
			json_object_get_boolean(json_object_object_get(user, "service")) ? ", of programs" : "",
			json_object_get_boolean(json_object_object_get(user, "disabled")) ?
			", disabled" : "");
}

static int add_password(struct cli *cli, struct json_object *body)
{
	char password[PASSWORD_BYTES] = "";
	int result = password_take(cli, true, password);

	if (!result)
		json_object_object_add(body, "password", json_object_new_string(password));
	explicit_bzero(password, sizeof(password));
	return result;
}

/* ---- accounts ---- */

/* Sends @body, shows the account that comes back; releases @body. */
static int act(struct cli *cli, const char *method, const char *path, struct json_object *body)
{
	struct json_object *user;
	int result = client_request(cli, method, path, body, &user);

	if (!result)
		show_user(cli, user);
	json_object_put(user);
	json_object_put(body);
	return result;
}

static int each_user(struct cli *cli, client_item_fn fn, void *arg)
{
	return client_each(cli, "users?limit=200", fn, arg);
}

static int show_one(struct cli *cli, struct json_object *user, void *arg)
{
	(void)arg;
	show_user(cli, user);
	return CLI_DONE;
}

struct wanted {
	const char *name;
	int64_t id;
};

static int compare(struct cli *cli, struct json_object *user, void *arg)
{
	struct wanted *wanted = arg;

	(void)cli;
	if (text_of(user, "username") && !strcasecmp(text_of(user, "username"), wanted->name))
		wanted->id = json_object_get_int64(json_object_object_get(user, "id"));
	return CLI_DONE;
}

int cmd_admin_find(struct cli *cli, const char *name, int64_t *id)
{
	struct wanted wanted = { .name = name };
	int result = each_user(cli, compare, &wanted);

	*id = wanted.id;
	return result || wanted.id ? result : cli_fail(cli, CLI_FAILED, "there is no account '%s'", name);
}

/* Releases @body. */
static int change(struct cli *cli, const char *name, struct json_object *body)
{
	char path[48];
	int64_t id;
	int result = cmd_admin_find(cli, name, &id);

	if (result) {
		json_object_put(body);
		return result;
	}
	snprintf(path, sizeof(path), "users/%" PRId64, id);
	return act(cli, "PATCH", path, body);
}

int cmd_admin_list(struct cli *cli, int count, char **arguments)
{
	(void)count;
	(void)arguments;
	return each_user(cli, show_one, NULL);
}

int cmd_admin_create(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();
	int result = add_password(cli, body);

	(void)count;
	if (result) {
		json_object_put(body);
		return result;
	}
	json_object_object_add(body, "username", json_object_new_string(arguments[0]));
	json_object_object_add(body, "role", json_object_new_string(cli->role ? cli->role :
								     "administrator"));
	return act(cli, "POST", "users", body);
}

int cmd_admin_reset(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();
	int result = add_password(cli, body);

	(void)count;
	if (!result)
		return change(cli, arguments[0], body);
	json_object_put(body);
	return result;
}

static int set_disabled(struct cli *cli, const char *name, bool disabled)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "disabled", json_object_new_boolean(disabled));
	return change(cli, name, body);
}

int cmd_admin_disable(struct cli *cli, int count, char **arguments)
{
	(void)count;
	return set_disabled(cli, arguments[0], true);
}

int cmd_admin_enable(struct cli *cli, int count, char **arguments)
{
	(void)count;
	return set_disabled(cli, arguments[0], false);
}

/* ---- the certificate ---- */

static void show_line(struct cli *cli, const char *title, const char *text)
{
	if (text)
		fprintf(cli->out, "%-14s %s\n", title, text);
}

static void show_certificate(struct cli *cli, struct json_object *certificate)
{
	struct json_object *names = json_object_object_get(certificate, "names");
	struct json_object *authority = json_object_object_get(certificate, "authority");

	show_line(cli, "subject", text_of(certificate, "subject"));
	show_line(cli, "issuer", text_of(certificate, "issuer"));
	for (size_t i = 0; i < json_object_array_length(names); i++)
		show_line(cli, i ? "" : "names",
			  json_object_get_string(json_object_array_get_idx(names, i)));
	show_line(cli, "SHA-256", text_of(certificate, "fingerprint_sha256"));
	show_line(cli, "from", text_of(certificate, "not_before"));
	show_line(cli, "until", text_of(certificate, "not_after"));
	show_line(cli, "renewed", authority ? text_of(certificate, "renews_at") :
					     "by hand: it is that of [tls]");
	show_line(cli, "failed", text_of(certificate, "failed"));
	if (!authority)
		return;
	show_line(cli, "authority", text_of(authority, "fingerprint_sha256"));
	show_line(cli, "  until", text_of(authority, "not_after"));
	show_line(cli, "  permits", json_object_get_boolean(json_object_object_get(authority, "limited")) ?
		  "the names of this machine" : "everything: see renew-authority");
}

static int print_authority(struct cli *cli, struct json_object *certificate)
{
	struct json_object *authority = json_object_object_get(certificate, "authority");

	if (!authority)
		return cli_fail(cli, CLI_FAILED,
				"there is no authority: the certificate is that of [tls]");
	fprintf(cli->out, "%s", text_of(authority, "pem"));
	return CLI_DONE;
}

static int print_qr(struct cli *cli, struct json_object *certificate)
{
	struct json_object *authority = json_object_object_get(certificate, "authority");

	if (!authority)
		return cli_fail(cli, CLI_FAILED, "there is no authority: the certificate is that of [tls]");
	show_qr(cli, text_of(authority, "qr"));
	fprintf(cli->out, "%s\n", text_of(authority, "fingerprint_sha256"));
	return CLI_DONE;
}

/* Releases @body. @print: what is shown of it; NULL: all. */
static int ask_certificate(struct cli *cli, const char *method, struct json_object *body,
			   int (*print)(struct cli *cli, struct json_object *certificate))
{
	struct json_object *certificate;
	int result = client_request(cli, method, "system/certificate", body, &certificate);

	if (!result && cli->json)
		fprintf(cli->out, "%s\n", json_object_to_json_string_ext(certificate,
								       JSON_C_TO_STRING_PLAIN));
	else if (!result && print)
		result = print(cli, certificate);
	else if (!result)
		show_certificate(cli, certificate);
	/* The connection was that of the authority that is trusted, so its word for the next one is good. */
	if (!result && cli->url && body && json_object_object_get(body, "authority"))
		result = site_trust(cli, text_of(json_object_object_get(certificate, "authority"), "pem"));
	json_object_put(certificate);
	json_object_put(body);
	return result;
}

int cmd_admin_cert(struct cli *cli, int count, char **arguments)
{
	const char *word = count ? arguments[0] : "show";
	bool authority = !strcmp(word, "renew-authority");
	struct json_object *body;

	if (!strcmp(word, "show") || !strcmp(word, "ca"))
		return ask_certificate(cli, "GET", NULL, !strcmp(word, "ca") ? print_authority : NULL);
	if (!strcmp(word, "qr"))
		return ask_certificate(cli, "GET", NULL, print_qr);
	if (!authority && strcmp(word, "renew"))
		return cli_fail(cli, CLI_USAGE, "admin cert needs one of show, renew, renew-authority, ca, qr: "
				"'%s'", word);
	body = json_object_new_object();
	if (authority)
		json_object_object_add(body, "authority", json_object_new_boolean(true));
	return ask_certificate(cli, "POST", body, NULL);
}

/* ---- keys that sign tokens ---- */

static void show_signing_keys(struct cli *cli, struct json_object *answer)
{
	struct json_object *items = json_object_object_get(answer, "items"), *left;

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *key = json_object_array_get_idx(items, i);

		left = json_object_object_get(key, "left_ms");
		fprintf(cli->out, "%s  since %s  ", text_of(key, "kid"), text_of(key, "since"));
		if (left)
			fprintf(cli->out, "taken for %lld h more\n", (long long)(json_object_get_int64(left) / 3600000));
		else
			fputs("signs\n", cli->out);
	}
	fprintf(cli->out, "sealed by token.seal: %s\n", json_object_get_boolean(json_object_object_get(answer, "sealed")) ? "yes" : "no");
}

int cmd_admin_keys(struct cli *cli, int count, char **arguments)
{
	const char *word = count ? arguments[0] : "show";
	bool rotate = !strcmp(word, "rotate");
	struct json_object *answer = NULL;
	int result;

	if (!rotate && strcmp(word, "show"))
		return cli_fail(cli, CLI_USAGE, "admin keys needs one of show, rotate: '%s'", word);
	result = client_request(cli, rotate ? "POST" : "GET", rotate ? "system/signing-keys/rotate" : "system/signing-keys", NULL, &answer);
	if (!result && cli->json)
		fprintf(cli->out, "%s\n", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
	else if (!result)
		show_signing_keys(cli, answer);
	json_object_put(answer);
	return result;
}

/* ---- restart ---- */

/* The answer comes before the end, so it tells what will be; a refusal says why not. */
int cmd_admin_restart(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object(), *answer;
	int result;

	(void)count;
	(void)arguments;
	json_object_object_add(body, "after_stop",
			       json_object_new_boolean((cli->given & CLI_OPT_AFTER_STOP) != 0));
	result = client_request(cli, "POST", "system/restart", body, &answer);
	if (!result && cli->json)
		fprintf(cli->out, "%s\n", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
	else if (!result)
		fprintf(cli->out, "ohtd ends and is started again; the robot is then in safe\n");
	json_object_put(answer);
	json_object_put(body);
	return result;
}
