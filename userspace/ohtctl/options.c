// SPDX-License-Identifier: GPL-2.0-or-later
/* The options of all verbs: one table, wherever on the line they stand. */
#include <string.h>

#include "cli.h"

enum value_kind {
	VALUE_NONE,
	VALUE_TEXT,
	VALUE_NUMBER,
};

/* Numbers that getopt-like programs take in a struct of their own stay in struct cli. */
struct option_row {
	const char *name;
	enum value_kind kind;
	unsigned int bit;	/* CLI_OPT_*, 0 for common ones */
	size_t offset;		/* of the member of struct cli */
	uint32_t limits[2];
};

#define MEMBER(name)	offsetof(struct cli, name)

static const struct option_row rows[] = {
	{ "--json", VALUE_NONE, 0, MEMBER(json), { 0 } },
	{ "--help", VALUE_NONE, 0, MEMBER(help), { 0 } },
	{ "--version", VALUE_NONE, 0, MEMBER(version), { 0 } },
	{ "--device", VALUE_TEXT, 0, MEMBER(device), { 0 } },
	{ "--all", VALUE_NONE, CLI_OPT_ALL, 0, { 0 } },
	{ "--force", VALUE_NONE, CLI_OPT_FORCE, 0, { 0 } },
	{ "--data", VALUE_TEXT, CLI_OPT_DATA, MEMBER(data_dir), { 0 } },
	{ "--profile", VALUE_TEXT, CLI_OPT_PROFILE, MEMBER(profile), { 0 } },
	{ "--socket", VALUE_TEXT, CLI_OPT_SOCKET, MEMBER(socket), { 0 } },
	{ "--config", VALUE_TEXT, CLI_OPT_CONFIG, MEMBER(config), { 0 } },
	{ "--role", VALUE_TEXT, CLI_OPT_ROLE, MEMBER(role), { 0 } },
	{ "--password-stdin", VALUE_NONE, CLI_OPT_STDIN, MEMBER(password_stdin), { 0 } },
	{ "--fc", VALUE_NUMBER, CLI_OPT_FC, MEMBER(fc), { 1, 127 } },
	{ "--function", VALUE_NUMBER, CLI_OPT_FC, MEMBER(fc), { 1, 127 } },
	{ "--timeout-ms", VALUE_NUMBER, CLI_OPT_TIMEOUT, MEMBER(timeout_ms), { 1, 60000 } },
	{ "--retries", VALUE_NUMBER, CLI_OPT_RETRIES, MEMBER(retries), { 0, 10 } },
	{ "--interval-ms", VALUE_NUMBER, CLI_OPT_INTERVAL, MEMBER(interval_ms), { 10, 3600000 } },
	{ "--rounds", VALUE_NUMBER, CLI_OPT_ROUNDS, MEMBER(rounds), { 1, UINT32_MAX } },
	{ "--cycle-us", VALUE_NUMBER, CLI_OPT_CYCLE, MEMBER(cycle_us), { 1000, 1000000 } },
	{ "--stop-budget-us", VALUE_NUMBER, CLI_OPT_BUDGET, MEMBER(stop_budget_us), { 0, 1000000 } },
	{ "--whole-cycles", VALUE_NUMBER, CLI_OPT_WHOLE, MEMBER(whole_cycles), { 2, 1000 } },
	{ "--report", VALUE_TEXT, CLI_OPT_REPORT, MEMBER(report), { 0 } },
	{ "--by", VALUE_TEXT, CLI_OPT_BY, MEMBER(by), { 0 } },
	{ "--key", VALUE_TEXT, CLI_OPT_KEY, MEMBER(key), { 0 } },
	{ "--step-timeout-s", VALUE_NUMBER, CLI_OPT_STEP, MEMBER(step_timeout_s), { 1, 86400 } },
	{ "--deadman-ms", VALUE_NUMBER, CLI_OPT_DEADMAN, MEMBER(deadman_ms), { 1, 60000 } },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

/* The row of "--name" or "--name=value"; *value is what stands behind '=', or NULL. */
static const struct option_row *find_row(const char *word, const char **value)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	size_t i;

	*value = equals ? equals + 1 : NULL;
	if (!strcmp(word, "-h"))
		word = "--help", length = strlen(word);
	for (i = 0; i < ROWS; i++)
		if (strlen(rows[i].name) == length && !strncmp(rows[i].name, word, length))
			return &rows[i];
	return NULL;
}

static int store(struct cli *cli, const struct option_row *row, const char *value)
{
	void *member = (char *)cli + row->offset;

	cli->given |= row->bit;
	switch (row->kind) {
	case VALUE_TEXT:
		*(const char **)member = value;
		return 0;
	case VALUE_NUMBER:
		return cli_number(cli, row->name, value, row->limits, member);
	default:
		if (row->offset)
			*(bool *)member = true;
		return 0;
	}
}

/* One option at argv[0]; the number of words that it took, or -1 after a complaint. */
static int take_option(struct cli *cli, char **argv)
{
	const char *value;
	const struct option_row *row = find_row(argv[0], &value);
	int words = 1;

	if (!row) {
		cli_fail(cli, CLI_USAGE, "unknown option '%s', see ohtctl --help", argv[0]);
		return -1;
	}
	if (row->kind == VALUE_NONE && value) {
		cli_fail(cli, CLI_USAGE, "option %s takes no value: '%s'", row->name, value);
		return -1;
	}
	if (row->kind != VALUE_NONE && !value) {
		value = argv[1];
		words = 2;
	}
	if (row->kind != VALUE_NONE && (!value || !*value)) {
		cli_fail(cli, CLI_USAGE, "option %s needs a value", row->name);
		return -1;
	}
	return store(cli, row, value) ? -1 : words;
}

int cli_parse_options(struct cli *cli, int *count, char **argv)
{
	int left = 0, i, words;

	/* Complaints about options are JSON as well, wherever --json stands. */
	for (i = 0; i < *count; i++)
		if (!strcmp(argv[i], "--json"))
			cli->json = true;
	for (i = 0; i < *count; i += words) {
		words = 1;
		if (argv[i][0] == '-' && argv[i][1])
			words = take_option(cli, &argv[i]);
		else
			argv[left++] = argv[i];
		if (words < 0)
			return CLI_USAGE;
	}
	argv[left] = NULL;
	*count = left;
	return 0;
}

int cli_check_options(struct cli *cli)
{
	unsigned int wrong = cli->given & ~cli->verb->options;
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (rows[i].bit & wrong)
			return cli_fail(cli, CLI_USAGE, "option %s does not belong to '%s'",
					rows[i].name, cli->verb->name);
	return 0;
}
