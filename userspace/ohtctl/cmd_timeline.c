// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl timeline: what has happened, a line for each, the newest first. */
#include "cmd.h"

#include <stdio.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"
#include "span.h"

int cmd_timeline(struct cli *cli, int count, char **arguments)
{
	static const struct show_column columns[] = {
		{ "time", 24 }, { "kind", 8 }, { "severity", 9 }, { "who", 14 }, { "text", 0 }, { NULL, 0 },
	};
	char from[SPAN_TIME_BYTES], to[SPAN_TIME_BYTES], path[CLIENT_PATH_BYTES];
	struct json_object *answer = NULL;
	int result = span_take(cli, "-7d", from, to);

	if (result)
		return result;
	snprintf(path, sizeof(path), "timeline?limit=50&to=%s%s%s%s", to, *from ? "&from=" : "", from, count ? "&q=" : "");
	if (count)
		client_add_text(path, sizeof(path), arguments[0]);
	result = client_request(cli, "GET", path, NULL, &answer);
	if (!result && cli->json)
		show_answer(cli, answer);
	else if (!result && !show_items(cli, answer, "items", columns))
		fputs("nothing of that kind has happened\n", cli->out);
	json_object_put(answer);
	return result;
}
