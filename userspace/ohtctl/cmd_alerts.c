// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl alerts rules, try: rules on values, and what they would have said. */
#include "cmd.h"

#include <stdio.h>

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

int cmd_alert_rules(struct cli *cli, int count, char **arguments)
{
	static const struct show_column columns[] = {
		{ "code", 24 }, { "severity", 9 }, { "signal", 20 }, { "when", 6 }, { "limit", 8 },
		{ "unit", 6 }, { "text", 0 }, { NULL, 0 },
	};
	struct json_object *answer = NULL;
	char path[CLIENT_PATH_BYTES];
	int result = count ? check_code(cli, arguments[0]) : CLI_DONE;

	snprintf(path, sizeof(path), "alert-rules%s%s", count ? "/" : "", count ? arguments[0] : "");
	if (!result)
		result = client_request(cli, "GET", path, NULL, &answer);
	if (!result && count)
		show_answer(cli, answer);
	else if (!result)
		show_items(cli, answer, "items", columns);
	json_object_put(answer);
	return result;
}

int cmd_alert_try(struct cli *cli, int count, char **arguments)
{
	static const struct show_column columns[] = {
		{ "from", 24 }, { "to", 24 }, { "text", 0 }, { NULL, 0 },
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
