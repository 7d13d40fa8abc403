// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl key: service accounts, and the keys by which programs come in. */
#include "cmd.h"

#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"

#define ID_BYTES	13

static const struct show_column columns[] = {
	{ "id", 12 }, { "name", 16 }, { "role", 13 }, { "expires", 24 }, { "last_used", 24 }, { "rate", 4 }, { "tags", 20 },
	{ "verbs", 12 }, { "modules", 7 }, { "addresses", 0 }, { NULL, 0 },
};

/* Lists that bound a key. An empty one bounds nothing. */
static const char *const bounds[] = { "tags", "verbs", "modules", "addresses" };

/* Adds the words of @text, with commas between them, as a list. */
static void add_list(struct json_object *body, const char *member, const char *text)
{
	struct json_object *list = json_object_new_array();

	for (const char *at = text; *at; at += strspn(at, ",")) {
		size_t n = strcspn(at, ",");

		if (n)
			json_object_array_add(list, json_object_new_string_len(at, (int)n));
		at += n;
	}
	json_object_object_add(body, member, list);
}

/* For people, an empty list of @key would read as *nothing is allowed*. --json has it as it came. */
static void name_bounds(struct cli *cli, struct json_object *key)
{
	struct json_object *rate;

	if (cli->json)
		return;
	if (json_object_object_get_ex(key, "rate", &rate) && !rate)
		json_object_object_add(key, "rate", json_object_new_string("any"));
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		struct json_object *list = json_object_object_get(key, bounds[i]);

		if (json_object_is_type(list, json_type_array) && !json_object_array_length(list))
			json_object_object_add(key, bounds[i], json_object_new_string("all"));
	}
}

/* Sends @body, shows the answer, which alone has a new key; releases @body. */
static int act(struct cli *cli, const char *method, const char *path, struct json_object *body)
{
	struct json_object *answer = NULL;
	int result = client_request(cli, method, path, body, &answer);

	if (!result && answer) {
		name_bounds(cli, answer);
		show_answer(cli, answer);
	}
	json_object_put(answer);
	json_object_put(body);
	return result;
}

int cmd_key_account(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();

	(void)count;
	json_object_object_add(body, "username", json_object_new_string(arguments[0]));
	json_object_object_add(body, "role", json_object_new_string(cli->role ? cli->role : "viewer"));
	json_object_object_add(body, "service", json_object_new_boolean(true));
	return act(cli, "POST", "users", body);
}

int cmd_key_list(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL, *items;
	char path[64];
	int64_t id;
	int result = cmd_admin_find(cli, arguments[0], &id);

	(void)count;
	if (result)
		return result;
	snprintf(path, sizeof(path), "users/%" PRId64 "/keys", id);
	result = client_request(cli, "GET", path, NULL, &answer);
	items = json_object_object_get(answer, "items");
	for (size_t i = 0; json_object_is_type(items, json_type_array) && i < json_object_array_length(items); i++)
		name_bounds(cli, json_object_array_get_idx(items, i));
	if (!result && !show_items(cli, answer, "items", columns) && !cli->json)
		fprintf(cli->out, "%s has no key\n", arguments[0]);
	json_object_put(answer);
	return result;
}

int cmd_key_make(struct cli *cli, int count, char **arguments)
{
	struct json_object *body;
	char path[64];
	int64_t id;
	int result = cmd_admin_find(cli, arguments[0], &id);

	if (result)
		return result;
	body = json_object_new_object();
	json_object_object_add(body, "name", json_object_new_string(arguments[1]));
	if (cli->role)
		json_object_object_add(body, "role", json_object_new_string(cli->role));
	if (count > 2)
		add_list(body, "tags", arguments[2]);
	if (count > 3)
		add_list(body, "addresses", arguments[3]);
	snprintf(path, sizeof(path), "users/%" PRId64 "/keys", id);
	return act(cli, "POST", path, body);
}

/* A key of an account, by its id. */
static int act_on(struct cli *cli, const char *method, char **arguments, const char *behind)
{
	char path[96];
	int64_t id;
	int result = cmd_admin_find(cli, arguments[0], &id);

	if (result)
		return result;
	if (strlen(arguments[1]) != ID_BYTES - 1 || strspn(arguments[1], "0123456789abcdef") != ID_BYTES - 1)
		return cli_fail(cli, CLI_USAGE, "'%s' is no id of a key: see ohtctl key list %s", arguments[1], arguments[0]);
	snprintf(path, sizeof(path), "users/%" PRId64 "/keys/%s%s", id, arguments[1], behind);
	return act(cli, method, path, *behind ? json_object_new_object() : NULL);
}

int cmd_key_rotate(struct cli *cli, int count, char **arguments)
{
	(void)count;
	return act_on(cli, "POST", arguments, "/rotate");
}

int cmd_key_end(struct cli *cli, int count, char **arguments)
{
	(void)count;
	return act_on(cli, "DELETE", arguments, "");
}
