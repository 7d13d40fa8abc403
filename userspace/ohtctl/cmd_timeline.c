// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl timeline: what has happened, a line for each, the newest first. */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"
#include "span.h"

#define SHOWN		50
#define PAGES_MAX	100
/* Limit and cursor have their place in front of it and behind. */
#define QUERY_BYTES	(CLIENT_PATH_BYTES - 300)

static const struct show_column columns[] = {
	{ "time", 24 }, { "kind", 10 }, { "severity", 9 }, { "who", 14 }, { "text", 0 }, { NULL, 0 },
};

/* @query goes on behind the limit. A page with transitions may be short, or empty, and be followed by more. */
static int show_newest(struct cli *cli, const char *query)
{
	char path[CLIENT_PATH_BYTES], cursor[80] = "";
	size_t shown = 0;
	int result = CLI_DONE;

	for (int pages = 0; !result && shown < SHOWN && pages < PAGES_MAX; pages++) {
		struct json_object *answer = NULL;
		const char *next;

		snprintf(path, sizeof(path), "timeline?limit=%zu%s%s", SHOWN - shown, query, *cursor ? "&cursor=" : "");
		client_add_text(path, sizeof(path), cursor);
		result = client_request(cli, "GET", path, NULL, &answer);
		if (!result)
			shown += show_items(cli, answer, "items", columns);
		next = json_object_get_string(json_object_object_get(answer, "next_cursor"));
		snprintf(cursor, sizeof(cursor), "%s", next ? next : "");
		json_object_put(answer);
		if (!*cursor)
			break;
	}
	if (!result && !shown)
		fputs("nothing of that kind has happened\n", cli->out);
	return result;
}

/* For a program: one page, with its cursor. */
static int show_page(struct cli *cli, const char *query)
{
	char path[CLIENT_PATH_BYTES];
	struct json_object *answer = NULL;
	int result;

	snprintf(path, sizeof(path), "timeline?limit=%d%s", SHOWN, query);
	result = client_request(cli, "GET", path, NULL, &answer);
	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}

int cmd_timeline(struct cli *cli, int count, char **arguments)
{
	char from[SPAN_TIME_BYTES], to[SPAN_TIME_BYTES], query[QUERY_BYTES];
	size_t used;
	int result = span_take(cli, "-7d", from, to);

	if (result)
		return result;
	snprintf(query, sizeof(query), "&to=%s%s%s%s", to, *from ? "&from=" : "", from, cli->kind ? "&kinds=" : "");
	if (cli->kind)
		client_add_text(query, sizeof(query), cli->kind);
	used = strlen(query);
	snprintf(query + used, sizeof(query) - used, "%s", count ? "&q=" : "");
	if (count)
		client_add_text(query, sizeof(query), arguments[0]);
	return cli->json ? show_page(cli, query) : show_newest(cli, query);
}
