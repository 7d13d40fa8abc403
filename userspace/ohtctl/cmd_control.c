// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl control: who drives the robot. */
#include "cmd.h"

#include <string.h>

#include "cli.h"
#include "client.h"
#include "show_answer.h"

static const struct {
	const char *word;
	const char *method;
	const char *path;
	const char *member;	/* of the body, from the second argument; NULL: none */
} acts[] = {
	{ "show", "GET", "control", NULL },
	{ "take", "POST", "control", NULL },
	{ "release", "DELETE", "control", NULL },
	{ "take-over", "POST", "control/take-over", "reason" },
	{ "hand-over", "POST", "control/hand-over", "to" },
};

#define ACTS	(sizeof(acts) / sizeof(acts[0]))

int cmd_control(struct cli *cli, int count, char **arguments)
{
	const char *word = count ? arguments[0] : acts[0].word;
	struct json_object *body = NULL, *answer = NULL;
	size_t i = 0;
	int result;

	while (i < ACTS && strcmp(acts[i].word, word))
		i++;
	if (i == ACTS)
		return cli_fail(cli, CLI_USAGE,
				"control needs one of show, take, release, take-over, hand-over: '%s'", word);
	if ((count == 2) != (acts[i].member != NULL))
		return cli_fail(cli, CLI_USAGE, "control %s needs %s", word,
				!acts[i].member ? "no further word" :
				!strcmp(acts[i].member, "to") ? "the name of a user" : "a reason");
	if (acts[i].member) {
		body = json_object_new_object();
		json_object_object_add(body, acts[i].member, json_object_new_string(arguments[1]));
	}
	result = client_request(cli, acts[i].method, acts[i].path, body, &answer);
	json_object_put(body);
	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}
