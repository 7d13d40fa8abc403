// SPDX-License-Identifier: GPL-2.0-or-later
#include "document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "save.h"

/* The most that ohtd takes, and one more. */
#define DOCUMENT_BYTES	65537

int document_export(struct cli *cli, const char *path, const char *name)
{
	struct json_object *answer = NULL;
	const char *text;
	int result = client_request(cli, "GET", path, NULL, &answer);

	if (result)
		return result;
	text = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_NOSLASHESCAPE |
					      (cli->json ? JSON_C_TO_STRING_PLAIN : JSON_C_TO_STRING_PRETTY));
	if (!text)
		result = cli_fail(cli, CLI_FAILED, "out of memory");
	else if (name && strcmp(name, "-"))
		result = save_text(cli, name, text);
	else
		fprintf(cli->out, "%s\n", text);
	json_object_put(answer);
	return result;
}

static int read_file(struct cli *cli, const char *name, const char *what, char text[DOCUMENT_BYTES])
{
	FILE *file = strcmp(name, "-") ? fopen(name, "r") : stdin;
	int result = CLI_DONE;
	size_t used;

	if (!file)
		return cli_fail(cli, CLI_FAILED, "%s: %s", name, strerror(errno));
	used = fread(text, 1, DOCUMENT_BYTES, file);
	if (ferror(file))
		result = cli_fail(cli, CLI_FAILED, "%s: %s", name, strerror(errno));
	else if (used == DOCUMENT_BYTES)
		result = cli_fail(cli, CLI_FAILED, "%s has more than the %d bytes of %s", name, DOCUMENT_BYTES - 1, what);
	else if (memchr(text, 0, used) || !used)
		result = cli_fail(cli, CLI_FAILED, "%s is not %s: %s", name, what, used ? "it has a NUL" : "it is empty");
	else
		text[used] = 0;
	if (file != stdin)
		fclose(file);
	return result;
}

int document_read(struct cli *cli, const char *name, const char *what, char **text)
{
	int result;

	*text = malloc(DOCUMENT_BYTES);
	result = *text ? read_file(cli, name, what, *text) : cli_fail(cli, CLI_FAILED, "out of memory");
	if (!result)
		return result;
	free(*text);
	*text = NULL;
	return result;
}
