// SPDX-License-Identifier: GPL-2.0-or-later
/* The options of all verbs: one table, wherever on the line they stand. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "client.h"
#include "offline.h"

/* Of help: where the explanations begin, and where the lines end. */
#define HELP_COLUMN	20
#define HELP_COLUMNS	80

/**
 * struct option_row - one option
 * @name: with its dashes
 * @argument: word for its value in help, NULL if it takes none
 * @help: what it means; NULL for a second name of the row before
 * @otherwise: in help, what holds without it; NULL if nothing needs to be said or @standard says it
 * @bit: CLI_OPT_*, 0 for the common ones
 * @offset: of the member of struct cli
 * @limits: of a number; a text has none
 * @standard: what a number is without the option
 */
struct option_row {
	const char *name;
	const char *argument;
	const char *help;
	const char *otherwise;
	uint64_t bit;
	size_t offset;
	uint32_t limits[2];
	uint32_t standard;
};

#define MEMBER(name)	offsetof(struct cli, name)

static const struct option_row rows[] = {
	{ "--device", "PATH", "the device", "$OHT_DEVICE or " OHT_DEFAULT_DEVICE, 0, MEMBER(device) },
	{ "--json", NULL, "results and complaints as JSON, one object per line", NULL, 0,
	  MEMBER(json) },
	{ "--help", NULL, "this, behind a verb its options; -h is the same", NULL, 0, MEMBER(help) },
	{ "--version", NULL, "of program and kernel interface", NULL, 0, MEMBER(version) },
	{ "--all", NULL, "all units 1..247", NULL, CLI_OPT_ALL, 0 },
	{ "--fc", "N", "Modbus function: 1..4 to read, 5, 6, 15 or 16 to write; --function is the same",
	  "3 to read, 6 or 16 to write", CLI_OPT_FC, MEMBER(fc), { 1, 127 } },
	{ "--function", "N", NULL, NULL, CLI_OPT_FC, MEMBER(fc), { 1, 127 } },
	{ "--any-unit", NULL, "reach units 248..255 too, which Modbus reserves; not while enabled",
	  NULL, CLI_OPT_ANY_UNIT, 0 },
	{ "--timeout-ms", "N", "wait for the first byte of an answer; scan: 50 without it",
	  NULL, CLI_OPT_TIMEOUT, MEMBER(timeout_ms), { 1, 60000 }, 100 },
	{ "--retries", "N", "attempts after the first", "2 to read, 0 to write", CLI_OPT_RETRIES,
	  MEMBER(retries), { 0, 10 } },
	{ "--interval-ms", "N", "time between two rounds", NULL, CLI_OPT_INTERVAL,
	  MEMBER(interval_ms), { 10, 3600000 }, 1000 },
	{ "--rounds", "N", "end after so many rounds, events or entries; --count is the same", "no end",
	  CLI_OPT_ROUNDS, MEMBER(rounds), { 1, UINT32_MAX } },
	{ "--count", "N", NULL, NULL, CLI_OPT_ROUNDS, MEMBER(rounds), { 1, UINT32_MAX } },
	{ "--cycle-us", "N", "grid of a plan", NULL, CLI_OPT_CYCLE, MEMBER(cycle_us),
	  { 1000, 1000000 }, 25000 },
	{ "--stop-budget-us", "N", "longest that a plan may keep a stop waiting", "any",
	  CLI_OPT_BUDGET, MEMBER(stop_budget_us), { 0, 1000000 } },
	{ "--whole-cycles", "N", "at most every N-th cycle of a plan goes to what fits into no slack",
	  NULL, CLI_OPT_WHOLE, MEMBER(whole_cycles), { 2, 1000 }, 20 },
	{ "--deadman-ms", "N", "heartbeat period of the controller", "the device's",
	  CLI_OPT_DEADMAN, MEMBER(deadman_ms), { 1, 60000 } },
	{ "--report", "NAME", "writes NAME.json and NAME.txt; of accept its file", "a name with the time",
	  CLI_OPT_REPORT, MEMBER(report) },
	{ "--stop-report", "FILE", "NAME.json of safety commission", "none",
	  CLI_OPT_STOP_REPORT, MEMBER(stop_report) },
	{ "--by", "NAME", "person who commissions; of analytics hour, day or shift",
	  "the account's name; day", CLI_OPT_BY,
	  MEMBER(by) },
	{ "--key", "FILE", "private key (PEM) that signs the report, NAME.json.sig", "no signature",
	  CLI_OPT_KEY, MEMBER(key) },
	{ "--drive", "UNIT", "turn this drive slowly, to see that it stops without telegrams", "none",
	  CLI_OPT_DRIVE, MEMBER(drive) },
	{ "--step-timeout-s", "N", "how long one step waits for a person", NULL, CLI_OPT_STEP,
	  MEMBER(step_timeout_s), { 1, 86400 }, 300 },
	{ "--profile", "WORD", "register names of the profile: canonical or legacy", "canonical",
	  CLI_OPT_PROFILE, MEMBER(profile) },
	{ "--data", "DIR", "where the register descriptions are", "$OHT_DATA or what is installed",
	  CLI_OPT_DATA, MEMBER(data_dir) },
	{ "--socket", "PATH", "the ohtd at this socket does it", "the one at " CLIENT_DEFAULT_SOCKET, CLI_OPT_SOCKET,
	  MEMBER(socket) },
	{ "--config", "FILE", "configuration of ohtd, for accounts while it is down",
	  OFFLINE_DEFAULT_CONFIG, CLI_OPT_CONFIG, MEMBER(config) },
	{ "--url", "URL", "an ohtd elsewhere, https://HOST:PORT", "this machine", CLI_OPT_URL,
	  MEMBER(url) },
	{ "--fingerprint", "HEX", "SHA-256 of the authority to trust, for --url", "ask, the first time",
	  CLI_OPT_FINGERPRINT, MEMBER(fingerprint) },
	{ "--level", "WORD", "lines of this level and worse: error, warning, notice, info, debug",
	  "all", CLI_OPT_LEVEL, MEMBER(level) },
	{ "--role", "WORD", "of a new account: viewer, operator, supervisor or administrator",
	  "administrator", CLI_OPT_ROLE, MEMBER(role) },
	{ "--password-stdin", NULL, "take the password from standard input, do not ask", NULL,
	  CLI_OPT_STDIN, MEMBER(password_stdin) },
	{ "--password-file", "FILE", "take the password from the first line of a file, mode 0600",
	  NULL, CLI_OPT_PASSWORD_FILE, MEMBER(password_file) },
	{ "--code", "CODE", "of the second factor: that of the app, or a recovery code", "ask, where one is needed", CLI_OPT_CODE, MEMBER(code) },
	{ "--station", "NAME", "a place of robot stations, in place of a position", NULL, CLI_OPT_STATION,
	  MEMBER(station) },
	{ "--reason", "TEXT", "why, for those who read it later", "no reason", CLI_OPT_REASON, MEMBER(reason) },
	{ "--confirm-within", "SECONDS", "it returns by itself unless ohtctl config confirm comes in time", "it stays",
	  CLI_OPT_CONFIRM, MEMBER(confirm_within_s), { 5, 600 } },
	{ "--at-standstill", NULL, "while the robot moves it waits until the robot stands", NULL, CLI_OPT_STANDSTILL, 0 },
	{ "--wait", "SECONDS", "with --at-standstill: then it is dropped", "600", CLI_OPT_WAIT, MEMBER(wait_s), { 1, 600 } },
	{ "--check", NULL, "say what it would do, and do nothing", NULL, CLI_OPT_CHECK, 0 },
	{ "--calibration", NULL, "also how the robot is built: for the robot of the file alone", NULL, CLI_OPT_CALIBRATION, 0 },
	{ "--from", "TIME", "begin: -90s, -5m, -1h, -7d, -2w, or 2026-07-30T12:00:00Z", "-1h",
	  CLI_OPT_FROM, MEMBER(from) },
	{ "--to", "TIME", "end, in the same words", "now", CLI_OPT_TO, MEMBER(to) },
	{ "--who", "NAME", "records of this account, uid N or ohtd", NULL, CLI_OPT_RECORDS, MEMBER(who) },
	{ "--act", "ACT", "of this act, as 'PATCH config'", NULL, CLI_OPT_RECORDS, MEMBER(act) },
	{ "--object", "OBJECT", "about this object, as 'version 7'", NULL, CLI_OPT_RECORDS, MEMBER(object) },
	{ "--result", "RESULT", "that ended so, as '403 role'", NULL, CLI_OPT_RECORDS, MEMBER(result) },
	{ "--limit", "N", "so many records", NULL, CLI_OPT_RECORDS, MEMBER(limit), { 1, 200 }, 50 },
	{ "--kind", "KIND", "stop, alert, command, mission, setting, start, clock, transition, with commas between them", "all but transition",
	  CLI_OPT_KIND, MEMBER(kind) },
	{ "--points", "N", "columns of a signal, about", "30, for programs 2000", CLI_OPT_POINTS,
	  MEMBER(points), { 1, 10000 } },
	{ "--csv", NULL, "lines of comma-separated values", NULL, CLI_OPT_CSV, MEMBER(csv) },
	{ "--format", "WORD", "of an export: csv, ndjson or mcap", "csv, with --json ndjson", CLI_OPT_FORMAT,
	  MEMBER(format) },
	{ "--output", "FILE", "write there; -o is the same", "standard output", CLI_OPT_OUTPUT,
	  MEMBER(output) },
	{ "-o", "FILE", NULL, NULL, CLI_OPT_OUTPUT, MEMBER(output) },
	{ "--continue", NULL, "go on where the file of --output ends", NULL, CLI_OPT_CONTINUE, 0 },
	{ "--append", NULL, "wait behind what is under way, do not replace it", NULL, CLI_OPT_APPEND, 0 },
	{ "--after-stop", NULL, "stop what moves first, in place of a refusal", NULL,
	  CLI_OPT_AFTER_STOP, 0 },
	{ "--not-encrypted", NULL, "the backup may be in clear although the robot has a key", NULL, CLI_OPT_IN_CLEAR, 0 },
	{ "--another-robot", NULL, "the backup may be another robot's", NULL, CLI_OPT_FOREIGN, 0 },
	{ "--with-history", NULL, "with the values of the history, which may be large", "without", CLI_OPT_WITH_HISTORY, 0 },
	{ "--without-history", NULL, "the history of today stays", "that of the backup, if it has one", CLI_OPT_NO_HISTORY, 0 },
	{ "--seconds", "N", "how long the bus is watched; 0: not at all; support: 5 if left out", NULL, CLI_OPT_SECONDS, MEMBER(seconds), { 0, 3600 }, 60 },
	{ "--root", "DIR", "look at the files of a machine that is below DIR", "this machine", CLI_OPT_ROOT, MEMBER(root) },
	{ "--safety", NULL, "what happens to the stop", "both", CLI_OPT_SAFETY, 0 },
	{ "--bus", NULL, "what happens to the units and the plan", "both", CLI_OPT_BUS, 0 },
	{ "--dump", NULL, "what devices, counters and units are now, once", NULL, CLI_OPT_DUMP, 0 },
	{ "--force", NULL, "act although another program drives the robot", NULL, CLI_OPT_FORCE, 0 },
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

static bool is_number(const struct option_row *row)
{
	return row->limits[1];
}

static int store(struct cli *cli, const struct option_row *row, const char *value)
{
	void *member = (char *)cli + row->offset;

	cli->given |= row->bit;
	cli->device_given |= row->offset == MEMBER(device);
	if (is_number(row))
		return cli_number(cli, row->name, value, row->limits, member);
	if (row->argument)
		*(const char **)member = value;
	else if (row->offset)
		*(bool *)member = true;
	return 0;
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
	if (!row->argument && value) {
		cli_fail(cli, CLI_USAGE, "option %s takes no value: '%s'", row->name, value);
		return -1;
	}
	if (row->argument && !value) {
		value = argv[1];
		words = 2;
	}
	if (row->argument && (!value || !*value)) {
		cli_fail(cli, CLI_USAGE, "option %s needs a value", row->name);
		return -1;
	}
	return store(cli, row, value) ? -1 : words;
}

/* "-100" and "-.5" are values, "-" alone is a word. */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && word[1] != '.' && !isdigit((unsigned char)word[1]);
}

/* Complaints about options are JSON as well, wherever --json stands. */
static void look_for_json(struct cli *cli, int count, char **argv)
{
	int i;

	for (i = 0; i < count && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json"))
			cli->json = true;
}

int cli_parse_options(struct cli *cli, int *count, char **argv)
{
	bool ended = false;
	int left = 0, i, words;

	look_for_json(cli, *count, argv);
	for (i = 0; i < *count; i += words) {
		words = 1;
		if (ended || !is_option(argv[i]))
			argv[left++] = argv[i];
		else if (!strcmp(argv[i], "--"))
			ended = true;
		else
			words = take_option(cli, &argv[i]);
		if (words < 0)
			return CLI_USAGE;
	}
	argv[left] = NULL;
	*count = left;
	return 0;
}

/* Does nobody but ohtd do it? */
static bool is_of_ohtd(const struct cli_verb *verb)
{
	return verb->run == verb->remote;
}

uint64_t cli_options_of(const struct cli_verb *verb)
{
	uint64_t options = verb->options;

	if (verb->remote)
		options |= CLI_OPT_URL | CLI_OPT_FINGERPRINT;
	if (verb->remote && !is_of_ohtd(verb))
		options |= CLI_OPT_SOCKET;
	return options;
}

static bool has_socket(const struct cli *cli)
{
	return cli->given & CLI_OPT_SOCKET;
}

bool cli_names_ohtd(const struct cli *cli)
{
	return cli->url || (has_socket(cli) && !cli->device_given);
}

/* May the verb act where the options say that the robot is? */
static int check_place(struct cli *cli)
{
	const char *name = cli->verb->name, *one = cli->url ? "--url" : "--socket";
	bool takes_socket = cli_options_of(cli->verb) & CLI_OPT_SOCKET;

	if ((cli->url || (has_socket(cli) && !takes_socket)) && !cli->verb->remote)
		return cli_fail(cli, CLI_USAGE, "ohtd has no route for '%s': leave %s out, it works on this machine and on "
				"the device that --device names", name, one);
	if (has_socket(cli) && !takes_socket)
		return cli_fail(cli, CLI_USAGE, "'%s' is for an ohtd elsewhere: --url https://HOST:PORT in place of --socket", name);
	if (cli->url && (has_socket(cli) || cli->device_given))
		return cli_fail(cli, CLI_USAGE, "--url and %s name two robots: leave one of them out",
				has_socket(cli) ? "--socket" : "--device");
	if (cli->device_given && is_of_ohtd(cli->verb))
		return cli_fail(cli, CLI_USAGE, "'%s' is done by an ohtd, on its own device: in place of --device name that ohtd, "
				"%s--url https://HOST:PORT", name, takes_socket ? "--socket PATH or " : "");
	return 0;
}

int cli_check_options(struct cli *cli)
{
	/* Options of the device would have no effect. */
	bool elsewhere = cli->url || (cli_names_ohtd(cli) && !is_of_ohtd(cli->verb) && cli->verb->remote);
	uint64_t wrong = cli->given & ~cli_options_of(cli->verb);
	size_t i;

	if (check_place(cli))
		return CLI_USAGE;
	if (elsewhere && !wrong)
		wrong = cli->given & ~(CLI_REMOTE_OPTIONS | CLI_OPT_SOCKET);
	for (i = 0; i < ROWS; i++)
		if (rows[i].bit & wrong)
			return cli_fail(cli, CLI_USAGE, "option %s does not belong to '%s'%s%s", rows[i].name, cli->verb->name,
					elsewhere ? " with " : "", !elsewhere ? "" : cli->url ? "--url" : "--socket");
	return 0;
}

void cli_default_options(struct cli *cli)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (rows[i].standard)
			*(uint32_t *)(void *)((char *)cli + rows[i].offset) = rows[i].standard;
}

/* ---- help ---- */

/* Words between HELP_COLUMN and HELP_COLUMNS; the first line is already at HELP_COLUMN. */
static void print_wrapped(const char *text, FILE *to)
{
	int column = HELP_COLUMN, length;

	for (; *text; text += length + (text[length] == ' ')) {
		length = (int)strcspn(text, " ");
		if (column > HELP_COLUMN && column + 1 + length > HELP_COLUMNS) {
			fprintf(to, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		}
		column += fprintf(to, "%s%.*s", column > HELP_COLUMN ? " " : "", length, text);
	}
	fputc('\n', to);
}

/* Range and default, in brackets behind the explanation. */
static void describe(const struct option_row *row, char *text, size_t size)
{
	char range[32] = "", standard[96] = "";

	if (is_number(row))
		snprintf(range, sizeof(range), "%u..%u", row->limits[0], row->limits[1]);
	if (row->standard)
		snprintf(standard, sizeof(standard), "default %u", row->standard);
	else if (row->otherwise)
		snprintf(standard, sizeof(standard), "default: %s", row->otherwise);
	snprintf(text, size, "%s%s%s%s%s%s", row->help, *range || *standard ? " (" : "", range,
		 *range && *standard ? ", " : "", standard, *range || *standard ? ")" : "");
}

static void print_row(const struct option_row *row, FILE *to)
{
	char text[256];
	int column = fprintf(to, "  %s%s%s", row->name, row->argument ? " " : "",
			     row->argument ? row->argument : "");

	if (column >= HELP_COLUMN)
		fprintf(to, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(to, "%*s", HELP_COLUMN - column, "");
	describe(row, text, sizeof(text));
	print_wrapped(text, to);
}

void cli_print_options(uint64_t bits, FILE *to)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (rows[i].help && (bits ? rows[i].bit & bits : !rows[i].bit))
			print_row(&rows[i], to);
}
