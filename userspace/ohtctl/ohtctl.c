// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of verbs, and how one is found. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "local.h"
#include "offline.h"
#include "names.h"

/* For admin, whether ohtd runs or not. */
#define LOCAL_OPTIONS		(CLI_OPT_SOCKET | CLI_OPT_CONFIG)
#define EFFORT_OPTIONS		(CLI_OPT_TIMEOUT | CLI_OPT_RETRIES)
#define TRANSFER_OPTIONS	(CLI_OPT_FC | EFFORT_OPTIONS)
#define NAME_OPTIONS		(CLI_OPT_PROFILE | CLI_OPT_DATA)
#define WRITE_OPTIONS		(CLI_OPT_FORCE | NAME_OPTIONS)
#define PLAN_OPTIONS		(CLI_OPT_CYCLE | CLI_OPT_BUDGET | CLI_OPT_WHOLE)

static const struct cli_verb verbs[] = {
	{ "info", "", "what the device is and how its line is set", cmd_info, 0, 0, 0 },
	{ "status", "", "bus, plan, stop and controller in short", cmd_status, 0, 0, 0 },
	{ "stats", "", "counters, gaps, histograms, how each module stands", cmd_stats, 0, 0, 0 },
	{ "scan", "[--all]", "find modules on units 1..8, or on 1..247", cmd_scan,
	  CLI_OPT_ALL | CLI_OPT_FORCE | CLI_OPT_TIMEOUT | CLI_OPT_DATA, 0, 0 },
	{ "read", "UNIT (ADDRESS [COUNT] | NAME...) [--fc 1..4]", "read registers or coils",
	  cmd_read, TRANSFER_OPTIONS | NAME_OPTIONS, 2, 126 },
	{ "write", "UNIT ADDRESS VALUE... [--fc 5|6|15|16]", "write registers or coils", cmd_write,
	  TRANSFER_OPTIONS | WRITE_OPTIONS, 3, 125 },
	{ "mask", "UNIT ADDRESS AND OR", "change bits of a register", cmd_mask,
	  EFFORT_OPTIONS | WRITE_OPTIONS, 4, 4 },
	{ "exchange", "UNIT ADDRESS COUNT WRITE-ADDRESS VALUE...",
	  "write registers, then read, in one go", cmd_exchange,
	  EFFORT_OPTIONS | WRITE_OPTIONS, 5, 125 },
	{ "identify", "UNIT [basic | regular | extended]", "what a unit says about itself",
	  cmd_identify, EFFORT_OPTIONS | NAME_OPTIONS, 1, 2 },
	{ "raw", "UNIT HEX...", "send a PDU as it stands", cmd_raw,
	  EFFORT_OPTIONS | WRITE_OPTIONS, 2, 254 },
	{ "watch", "[UNIT ADDRESS [COUNT]]", "repeat status or a read, show events", cmd_watch,
	  TRANSFER_OPTIONS | NAME_OPTIONS | CLI_OPT_INTERVAL | CLI_OPT_ROUNDS, 0, 3 },
	{ "plan check", "FILE", "what a cyclic plan would come to", cmd_plan_check, PLAN_OPTIONS, 1, 1 },
	{ "plan load", "FILE", "put a cyclic plan in force", cmd_plan_load, PLAN_OPTIONS, 1, 1 },
	{ "plan clear", "", "end the cyclic plan", cmd_plan_clear, 0, 0, 0 },
	{ "plan watch", "", "show what changes and goes wrong", cmd_plan_watch,
	  CLI_OPT_INTERVAL | CLI_OPT_ROUNDS, 0, 0 },
	/* Behind those of two words: "plan" alone is its status. */
	{ "plan", "[status]", "the cyclic plan and the values it reads", cmd_plan, 0, 0, 1 },
	{ "safety status", "", "the stop in full, with what to do", cmd_safety_status, 0, 0, 0 },
	{ "safety stop", "", "stop the machine now", cmd_safety_stop, 0, 0, 0 },
	{ "safety reset", "", "acknowledge the causes of a stop", cmd_safety_reset, 0, 0, 0 },
	{ "safety enable", "", "outputs high while this program runs", cmd_safety_enable,
	  CLI_OPT_DEADMAN, 0, 0 },
	{ "safety disable", "", "outputs low, without a stop", cmd_safety_disable, 0, 0, 0 },
	{ "safety selftest", "", "look for faults of the stop, while stopped", cmd_safety_selftest,
	  0, 0, 0 },
	{ "safety commission", "", "walk through the checklist of the stop, write a report",
	  cmd_safety_commission,
	  CLI_OPT_DEADMAN | CLI_OPT_REPORT | CLI_OPT_BY | CLI_OPT_KEY | CLI_OPT_STEP, 0, 0 },
	{ "safety telegrams", "", "what the last stop wrote to the bus", cmd_safety_telegrams,
	  0, 0, 0 },
	{ "safety journal", "", "what the kernel keeps of the stop, the oldest first",
	  cmd_safety_journal, CLI_OPT_ROUNDS, 0, 0 },
	{ "safety latency", "", "how long stops took until the outputs were low",
	  cmd_safety_latency, 0, 0, 0 },
	{ "safety watch", "", "show safety events as they happen", cmd_safety_watch,
	  CLI_OPT_ROUNDS, 0, 0 },
	{ "admin list", "", "accounts of ohtd", cmd_admin_list, LOCAL_OPTIONS, 0, 0 },
	{ "admin create", "USER", "make an account, of an administrator if not said otherwise",
	  cmd_admin_create, LOCAL_OPTIONS | CLI_OPT_STDIN | CLI_OPT_ROLE, 1, 1 },
	{ "admin reset", "USER", "give an account a new password, end its sessions",
	  cmd_admin_reset, LOCAL_OPTIONS | CLI_OPT_STDIN, 1, 1 },
	{ "admin disable", "USER", "let nobody log in with it, end its sessions",
	  cmd_admin_disable, LOCAL_OPTIONS, 1, 1 },
	{ "admin enable", "USER", "the opposite of disable", cmd_admin_enable, LOCAL_OPTIONS, 1, 1 },
};

#define VERBS	(sizeof(verbs) / sizeof(verbs[0]))

static const char options_help[] =
	"\n"
	"Common options:\n"
	"  --device PATH     device, default $OHT_DEVICE or " OHT_DEFAULT_DEVICE "\n"
	"  --json            results and complaints as JSON, one object per line\n"
	"  --help, --version\n"
	"Options of some verbs:\n"
	"  --all             scan units 1..247, not 1..8\n"
	"  --fc N            Modbus function: 1..4 to read, 5, 6, 15 or 16 to write;\n"
	"                    --function N is the same\n"
	"  --timeout-ms N    wait for the first byte of an answer\n"
	"  --retries N       attempts after the first, 0..10\n"
	"  --interval-ms N   time between two rounds of watch, default 1000\n"
	"  --rounds N        end watch after N rounds or events\n"
	"  --cycle-us N      grid of a plan, default 25000\n"
	"  --stop-budget-us N\n"
	"                    longest that a plan may keep a stop waiting, default any\n"
	"  --whole-cycles N  of a plan, at most every N-th cycle goes to what fits into no\n"
	"                    slack, default 20\n"
	"  --deadman-ms N    heartbeat period of safety enable and commission\n"
	"  --report NAME     of safety commission: writes NAME.json and NAME.txt\n"
	"  --by NAME         who commissions, default the account's name\n"
	"  --key FILE        private key (PEM) that signs the report, NAME.json.sig\n"
	"  --step-timeout-s N\n"
	"                    how long a step of safety commission waits, default 300\n"
	"  --profile WORD    register names of the canonical or legacy profile\n"
	"  --data DIR        where the register descriptions are, default $OHT_DATA\n"
	"  --socket PATH     of ohtd, for admin; default " LOCAL_DEFAULT_SOCKET "\n"
	"  --config FILE     of ohtd, for admin while it is down; default " OFFLINE_DEFAULT_CONFIG "\n"
	"  --role WORD       of a new account: viewer, operator, supervisor or administrator\n"
	"  --password-stdin  take the password from standard input, do not ask\n"
	"  --force           write, or scan, although another program drives the robot\n"
	"\n"
	"Numbers are decimal or 0x hexadecimal, addresses as on the wire (from 0).\n"
	"Unit 0 writes to all units; --timeout-ms is then how long the bus is kept quiet.\n"
	"Exit: 0 done, 1 refused or failed, 2 usage, 3 no device or daemon.\n";

static void print_help(FILE *to)
{
	size_t i;

	fprintf(to, "Usage: ohtctl VERB [ARGUMENT...] [OPTION...], more: ohtctl VERB --help\n\n");
	for (i = 0; i < VERBS; i++)
		fprintf(to, "  %-18s%s\n", verbs[i].name, verbs[i].help);
	fputs(options_help, to);
}

static void print_verb_help(const struct cli_verb *verb, FILE *to)
{
	fprintf(to, "Usage: ohtctl %s%s%s\n%s\n", verb->name, *verb->arguments ? " " : "",
		verb->arguments, verb->help);
}

/* How many of the words name this verb; 0 if they do not. */
static int match(const struct cli_verb *verb, int count, char **words)
{
	const char *space = strchr(verb->name, ' ');
	size_t length = space ? (size_t)(space - verb->name) : strlen(verb->name);

	if (strlen(words[0]) != length || strncmp(verb->name, words[0], length))
		return 0;
	if (!space)
		return 1;
	return count > 1 && !strcmp(space + 1, words[1]) ? 2 : 0;
}

static int unknown_verb(struct cli *cli, int count, char **words)
{
	if (!strcmp(words[0], "admin"))
		return cli_fail(cli, CLI_USAGE, "admin needs one of %s: '%s'",
				"list, create, reset, disable, enable", count > 1 ? words[1] : "");
	if (strcmp(words[0], "safety"))
		return cli_fail(cli, CLI_USAGE, "unknown verb '%s', see ohtctl --help", words[0]);
	return cli_fail(cli, CLI_USAGE,
			"safety needs one of %s: '%s'",
			"status, stop, reset, enable, disable, selftest, commission, telegrams, "
			"journal, latency, watch",
			count > 1 ? words[1] : "");
}

static int run_verb(struct cli *cli, int count, char **arguments)
{
	const struct cli_verb *verb = cli->verb;
	int result;

	if (cli->help) {
		print_verb_help(verb, cli->out);
		return CLI_DONE;
	}
	result = cli_check_options(cli);
	if (result)
		return result;
	if (count < verb->arguments_min || count > verb->arguments_max)
		return cli_fail(cli, CLI_USAGE, "%s arguments, usage: ohtctl %s %s",
				count < verb->arguments_min ? "too few" : "too many", verb->name,
				verb->arguments);
	result = verb->run(cli, count, arguments);
	names_free();
	oht_dev_close(cli->dev);
	return result;
}

static int find_and_run(struct cli *cli, int count, char **words)
{
	size_t i;
	int used;

	for (i = 0; i < VERBS; i++) {
		used = match(&verbs[i], count, words);
		if (!used)
			continue;
		cli->verb = &verbs[i];
		return run_verb(cli, count - used, words + used);
	}
	return unknown_verb(cli, count, words);
}

static const char *environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

int ohtctl_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct cli cli = {
		.out = out,
		.err = err,
		.device = environment("OHT_DEVICE", OHT_DEFAULT_DEVICE),
		.data_dir = environment("OHT_DATA", NULL),
		.socket = LOCAL_DEFAULT_SOCKET,
		.config = OFFLINE_DEFAULT_CONFIG,
		.timeout_ms = 100,
		.interval_ms = 1000,
		.cycle_us = 25000,
		.whole_cycles = 20,
		.step_timeout_s = 300,
	};
	int count = argc - 1;
	char **words = argv + 1;

	if (cli_parse_options(&cli, &count, words))
		return CLI_USAGE;
	if (cli.version) {
		fprintf(out, "ohtctl %s, ABI version %u\n", OHT_VERSION, oht_abi_version());
		return CLI_DONE;
	}
	if (count)
		return find_and_run(&cli, count, words);
	print_help(cli.help ? out : err);
	return cli.help ? CLI_DONE : CLI_USAGE;
}
