// SPDX-License-Identifier: GPL-2.0-or-later
/* ohtctl module: the modules and their registers as ohtd has them, and what is done with one. */
#include "cmd.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "remote.h"
#include "show_answer.h"

#define PATH_BYTES	192

static const struct show_column register_columns[] = {
	{ "name", 28 }, { "value", 12 }, { "unit", 6 }, { "quality", 13 }, { "min", 10 },
	{ "max", 10 }, { "access", 7 }, { "age_ms", 0 }, { NULL, 0 },
};

/* An act: its word, and the words behind it. */
struct act {
	const char *word;
	const char *arguments;
	int arguments_min, arguments_max;
	int (*run)(struct cli *cli, int64_t unit, char **arguments);
};

static int request(struct cli *cli, const char *method, const char *path, struct json_object *body)
{
	struct json_object *answer = NULL;
	int result = client_request(cli, method, path, body, &answer);

	json_object_put(body);
	if (!result)
		show_answer(cli, answer);
	json_object_put(answer);
	return result;
}

static const char *path_of(int64_t unit, const char *rest, const char *name, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "modules/%" PRId64 "%s%s", unit, rest, name);
	return path;
}

static int show_module(struct cli *cli, int64_t unit, char **arguments)
{
	char path[PATH_BYTES];

	(void)arguments;
	return request(cli, "GET", path_of(unit, "", "", path), NULL);
}

static int show_register(struct cli *cli, struct json_object *item, void *arg)
{
	(void)arg;
	show_item(cli, item, register_columns);
	return CLI_DONE;
}

static int show_registers(struct cli *cli, int64_t unit, char **arguments)
{
	char path[PATH_BYTES];

	(void)arguments;
	return client_each(cli, path_of(unit, "/registers", "", path), show_register, NULL);
}

/* A name becomes part of a path: letters, digits and "_" only. */
static int check_name(struct cli *cli, const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (n && n <= 64 && !name[n])
		return CLI_DONE;
	return cli_fail(cli, CLI_USAGE, "no name of a register: '%s'", name);
}

static int read_register(struct cli *cli, int64_t unit, char **arguments)
{
	int result = check_name(cli, arguments[0]);
	char path[PATH_BYTES];

	return result ? result :
	       request(cli, "GET", path_of(unit, "/registers/", arguments[0], path), NULL);
}

/* Hexadecimal is what goes on the wire, decimal is in the register's unit. */
static int parse_value(struct cli *cli, const char *text, struct json_object *body)
{
	bool raw = !strncmp(text, "0x", 2) || !strncmp(text, "0X", 2);
	size_t digits = strspn(text, raw ? "0123456789abcdefABCDEFxX" : "0123456789.-+eE");
	double value = 0;
	char *end;

	if (raw)
		json_object_object_add(body, "raw", json_object_new_int64(strtoll(text, &end, 16)));
	else
		value = strtod(text, &end);
	if (!*text || text[digits] || *end)
		return cli_fail(cli, CLI_USAGE, "not a number: '%s'", text);
	if (!isfinite(value))
		return cli_fail(cli, CLI_USAGE, "out of range: '%s'", text);
	if (!raw)
		json_object_object_add(body, "value", json_object_new_double(value));
	return CLI_DONE;
}

static int write_register(struct cli *cli, int64_t unit, char **arguments)
{
	struct json_object *body = json_object_new_object();
	int result = check_name(cli, arguments[0]);
	char path[PATH_BYTES];

	if (!result)
		result = parse_value(cli, arguments[1], body);
	if (result) {
		json_object_put(body);
		return result;
	}
	return request(cli, "PUT", path_of(unit, "/registers/", arguments[0], path), body);
}

static int ping(struct cli *cli, int64_t unit, char **arguments)
{
	char path[PATH_BYTES];

	(void)arguments;
	return request(cli, "POST", path_of(unit, "/ping", "", path), NULL);
}

static int reset(struct cli *cli, int64_t unit, char **arguments)
{
	char path[PATH_BYTES];

	(void)arguments;
	return request(cli, "POST", path_of(unit, "/reset", "", path), NULL);
}

static int quarantine(struct cli *cli, int64_t unit, char **arguments)
{
	char path[PATH_BYTES];

	(void)arguments;
	return request(cli, "POST", path_of(unit, "/quarantine", "", path), NULL);
}

static int let_back(struct cli *cli, int64_t unit, char **arguments)
{
	char path[PATH_BYTES];

	(void)arguments;
	return request(cli, "DELETE", path_of(unit, "/quarantine", "", path), NULL);
}

static const struct act acts[] = {
	{ "show", "UNIT", 0, 0, show_module },
	{ "registers", "UNIT", 0, 0, show_registers },
	{ "read", "UNIT NAME", 1, 1, read_register },
	{ "write", "UNIT NAME VALUE", 2, 2, write_register },
	{ "ping", "UNIT", 0, 0, ping },
	{ "reset", "UNIT", 0, 0, reset },
	{ "quarantine", "UNIT", 0, 0, quarantine },
	{ "release", "UNIT", 0, 0, let_back },
};

#define ACTS	(sizeof(acts) / sizeof(acts[0]))

int cmd_module(struct cli *cli, int count, char **arguments)
{
	const char *word = count ? arguments[0] : "list";
	int64_t unit = 0;
	size_t i = 0;
	int result;

	if (!strcmp(word, "list"))
		return count > 1 ? cli_fail(cli, CLI_USAGE, "module list needs no further word") :
				   remote_modules(cli);
	while (i < ACTS && strcmp(acts[i].word, word))
		i++;
	if (i == ACTS)
		return cli_fail(cli, CLI_USAGE, "module needs one of list, show, registers, read, write, "
				"ping, reset, quarantine, release: '%s'", word);
	if (count - 2 < acts[i].arguments_min || count - 2 > acts[i].arguments_max)
		return cli_fail(cli, CLI_USAGE, "usage: ohtctl module %s %s", word, acts[i].arguments);
	result = remote_find_unit(cli, arguments[1], &unit);
	return result ? result : acts[i].run(cli, unit, arguments + 2);
}

int remote_write(struct cli *cli, int count, char **arguments)
{
	char word[] = "write";
	char *words[] = { word, arguments[0], arguments[1], arguments[2] };

	if (count > 3 || !isalpha((unsigned char)arguments[1][0]))
		return cli_fail(cli, CLI_USAGE, "ohtd writes one register, by name: '%s'",
				arguments[count > 3 ? 3 : 1]);
	return cmd_module(cli, 4, words);
}
