// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl alerts rules, try: rules on values, how they are made and changed, and what they would have said. */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"
#include "span.h"

static int check_code(struct cli *cli, const char *code)
{
	if (client_is_name(code))
		return CLI_DONE;
	return cli_fail(cli, CLI_USAGE, "no code of a rule: '%s'", code);
}

/* ---- changes ---- */

/* As JSON if it is a number, true, false, a list or a text in quotation marks; any other word is a text. */
static struct json_object *value_of(const char *word)
{
	struct json_object *value = client_json(word);

	if (value && !json_object_is_type(value, json_type_object))
		return value;
	json_object_put(value);
	return json_object_new_string(word);
}

static bool is_needed(struct json_object *shape, const char *member)
{
	struct json_object *needed = json_object_object_get(shape, "required");
	size_t count = json_object_is_type(needed, json_type_array) ? json_object_array_length(needed) : 0;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(needed, i)), member))
			return true;
	return false;
}

/* But the code, which is no word behind it. */
static void list_members(struct json_object *shape, bool needed, char *list, size_t size)
{
	struct json_object *members = json_object_object_get(shape, "properties");
	size_t used = 0;

	*list = '\0';
	if (!json_object_is_type(members, json_type_object))
		return;
	json_object_object_foreach(members, name, member) {
		(void)member;
		if (used < size && strcmp(name, "code") && is_needed(shape, name) == needed)
			used += (size_t)snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
	}
}

/* As the daemon describes them, under this name. */
static int complain_without_members(struct cli *cli, const char *code, const char *shape_name)
{
	struct json_object *document = NULL, *shape;
	char needed[200], others[200];
	int result = client_request(cli, "GET", "openapi.json", NULL, &document);

	if (!result) {
		shape = json_object_object_get(json_object_object_get(document, "components"), "schemas");
		shape = json_object_object_get(shape, shape_name);
		list_members(shape, true, needed, sizeof(needed));
		list_members(shape, false, others, sizeof(others));
		result = cli_fail(cli, CLI_USAGE, "say which members of rule %s, as: limit 20; it %s%s%stakes %s", code,
				  *needed ? "needs " : "", needed, *needed ? " and " : "", others);
	}
	json_object_put(document);
	return result;
}

/* "limit 21.5 text 'The supply is low'" behind the code. 0, or an exit code after a complaint. */
static int take_members(struct cli *cli, int count, char **arguments, const char *shape_name, struct json_object *body)
{
	int result = check_code(cli, arguments[0]);

	if (!result && !(count % 2))
		result = cli_fail(cli, CLI_USAGE, "no value for %s", arguments[count - 1]);
	if (!result && count < 3)
		result = complain_without_members(cli, arguments[0], shape_name);
	for (int i = 1; !result && i < count; i += 2) {
		if (json_object_object_get_ex(body, arguments[i], NULL))
			result = cli_fail(cli, CLI_USAGE, "%s is there twice", arguments[i]);
		else
			json_object_object_add(body, arguments[i], value_of(arguments[i + 1]));
	}
	return result;
}

static int add_rule(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object();
	int result = take_members(cli, count, arguments, "AlertRuleBody", body);

	json_object_object_add(body, "code", json_object_new_string(arguments[0]));
	return client_do(cli, result, "POST", "alert-rules", body);
}

/* Of the rule as it is now: nobody has looked at it for long. */
static int set_rule(struct cli *cli, int count, char **arguments)
{
	struct json_object *body = json_object_new_object(), *rule = NULL, *answer = NULL;
	char path[CLIENT_PATH_BYTES], tag[32];
	int result = take_members(cli, count, arguments, "AlertRuleChange", body);

	snprintf(path, sizeof(path), "alert-rules/%s", arguments[0]);
	if (!result)
		result = client_request(cli, "GET", path, NULL, &rule);
	if (!result) {
		snprintf(tag, sizeof(tag), "\"%" PRId64 "\"",
			 json_object_get_int64(json_object_object_get(rule, "revision")));
		result = client_put(cli, path, tag, body, &answer);
	}
	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	json_object_put(rule);
	json_object_put(body);
	return result;
}

static int delete_rule(struct cli *cli, int count, char **arguments)
{
	struct json_object *answer = NULL;
	char path[CLIENT_PATH_BYTES];
	int result = check_code(cli, arguments[0]);

	if (!result && count > 1)
		result = cli_fail(cli, CLI_USAGE, "alerts rules delete takes one code, not also '%s'", arguments[1]);
	snprintf(path, sizeof(path), "alert-rules/%s", arguments[0]);
	if (!result)
		result = client_request(cli, "DELETE", path, NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result)
		fprintf(cli->out, "%s: an own rule is deleted, a shipped one is as it was shipped\n", arguments[0]);
	json_object_put(answer);
	return result;
}

/* ---- looking ---- */

static int show_rules(struct cli *cli, const char *code)
{
	static const struct show_column columns[] = {
		{ "code", 24 }, { "severity", 9 }, { "signal", 20 }, { "when", 6 }, { "limit", 8 },
		{ "unit", 6 }, { "text", 0 }, { NULL, 0 },
	};
	struct json_object *answer = NULL;
	char path[CLIENT_PATH_BYTES];
	int result = code ? check_code(cli, code) : CLI_DONE;

	snprintf(path, sizeof(path), "alert-rules%s%s", code ? "/" : "", code ? code : "");
	if (!result)
		result = client_request(cli, "GET", path, NULL, &answer);
	if (!result && code)
		show_answer(cli, answer);
	else if (!result)
		show_items(cli, answer, "items", columns);
	json_object_put(answer);
	return result;
}

int cmd_alert_rules(struct cli *cli, int count, char **arguments)
{
	static const struct {
		const char *word;
		int (*act)(struct cli *cli, int count, char **arguments);
	} acts[] = { { "add", add_rule }, { "set", set_rule }, { "delete", delete_rule } };

	for (size_t i = 0; count && i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(arguments[0], acts[i].word))
			continue;
		if (count == 1)
			return cli_fail(cli, CLI_USAGE, "alerts rules %s needs the code of a rule", acts[i].word);
		return acts[i].act(cli, count - 1, arguments + 1);
	}
	if (count > 1)
		return cli_fail(cli, CLI_USAGE, "alerts rules takes a code, or add, set or delete: '%s'", arguments[0]);
	return show_rules(cli, count ? arguments[0] : NULL);
}

int cmd_alert_try(struct cli *cli, int count, char **arguments)
{
	static const struct show_column columns[] = {
		{ "from", 24 }, { "to", 24 }, { "peak", 8 }, { "text", 0 }, { NULL, 0 },
	};
	char from[SPAN_TIME_BYTES], to[SPAN_TIME_BYTES], path[CLIENT_PATH_BYTES];
	struct json_object *answer = NULL;
	int result = check_code(cli, arguments[0]);

	(void)count;
	if (!result)
		result = span_take(cli, "-7d", from, to);
	if (!result) {
		snprintf(path, sizeof(path), "alert-rules/%s/trial?to=%s%s%s", arguments[0], to,
			 *from ? "&from=" : "", from);
		result = client_request(cli, "GET", path, NULL, &answer);
	}
	if (!result && cli->json) {
		show_answer(cli, answer);
	} else if (!result) {
		const char *text = json_object_get_string(json_object_object_get(answer, "text"));

		fprintf(cli->out, "%s: %s\n", arguments[0], text ? text : "-");
		show_items(cli, answer, "items", columns);
	}
	json_object_put(answer);
	return result;
}
