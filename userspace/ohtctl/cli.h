/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ohtctl: what all verbs share.
 *
 * Owns:     the command line, the open device, where output goes, exit codes.
 * Contexts: the program's one thread.
 * Locks:    none.
 */
#ifndef OHTCTL_CLI_H
#define OHTCTL_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "oht_client.h"

/* Exit codes. */
enum cli_exit {
	CLI_DONE	= 0,
	CLI_FAILED	= 1,	/* refused or failed */
	CLI_USAGE	= 2,
	CLI_NO_DEVICE	= 3,
};

/* Options; a verb names those that it takes besides the common ones. */
#define CLI_OPT_FC		(UINT64_C(1) << 0)
#define CLI_OPT_ALL		(UINT64_C(1) << 1)
#define CLI_OPT_FORCE		(UINT64_C(1) << 2)
#define CLI_OPT_TIMEOUT		(UINT64_C(1) << 3)
#define CLI_OPT_RETRIES		(UINT64_C(1) << 4)
#define CLI_OPT_INTERVAL	(UINT64_C(1) << 5)
#define CLI_OPT_ROUNDS		(UINT64_C(1) << 6)
#define CLI_OPT_DEADMAN		(UINT64_C(1) << 7)
#define CLI_OPT_PROFILE		(UINT64_C(1) << 8)
#define CLI_OPT_DATA		(UINT64_C(1) << 9)
#define CLI_OPT_CYCLE		(UINT64_C(1) << 10)
#define CLI_OPT_BUDGET		(UINT64_C(1) << 11)
#define CLI_OPT_WHOLE		(UINT64_C(1) << 12)
#define CLI_OPT_REPORT		(UINT64_C(1) << 13)
#define CLI_OPT_BY		(UINT64_C(1) << 14)
#define CLI_OPT_KEY		(UINT64_C(1) << 15)
#define CLI_OPT_STEP		(UINT64_C(1) << 16)
#define CLI_OPT_APPEND		(UINT64_C(1) << 17)
#define CLI_OPT_AFTER_STOP	(UINT64_C(1) << 18)
#define CLI_OPT_STATION		(UINT64_C(1) << 19)
#define CLI_OPT_ROLE		(UINT64_C(1) << 20)
#define CLI_OPT_STDIN		(UINT64_C(1) << 21)
#define CLI_OPT_SOCKET		(UINT64_C(1) << 22)
#define CLI_OPT_CONFIG		(UINT64_C(1) << 23)
#define CLI_OPT_URL		(UINT64_C(1) << 24)
#define CLI_OPT_FINGERPRINT	(UINT64_C(1) << 25)
#define CLI_OPT_LEVEL		(UINT64_C(1) << 26)
#define CLI_OPT_PASSWORD_FILE	(UINT64_C(1) << 27)
#define CLI_OPT_SAFETY		(UINT64_C(1) << 28)
#define CLI_OPT_BUS		(UINT64_C(1) << 29)
#define CLI_OPT_DUMP		(UINT64_C(1) << 30)
#define CLI_OPT_ANY_UNIT	(UINT64_C(1) << 31)
#define CLI_OPT_FROM		(UINT64_C(1) << 32)
#define CLI_OPT_TO		(UINT64_C(1) << 33)
#define CLI_OPT_POINTS		(UINT64_C(1) << 34)
#define CLI_OPT_CSV		(UINT64_C(1) << 35)
#define CLI_OPT_FORMAT		(UINT64_C(1) << 36)
#define CLI_OPT_OUTPUT		(UINT64_C(1) << 37)
#define CLI_OPT_CONTINUE	(UINT64_C(1) << 38)
#define CLI_OPT_REASON		(UINT64_C(1) << 39)
#define CLI_OPT_DRIVE		(UINT64_C(1) << 40)
#define CLI_OPT_CONFIRM		(UINT64_C(1) << 41)
#define CLI_OPT_FOREIGN		(UINT64_C(1) << 42)
#define CLI_OPT_CHECK		(UINT64_C(1) << 43)
#define CLI_OPT_CALIBRATION	(UINT64_C(1) << 44)
#define CLI_OPT_STANDSTILL	(UINT64_C(1) << 45)
#define CLI_OPT_WAIT		(UINT64_C(1) << 46)
/* Of audit list; all together. */
#define CLI_OPT_RECORDS		(UINT64_C(1) << 47)
#define CLI_OPT_KIND		(UINT64_C(1) << 48)
#define CLI_OPT_WITH_HISTORY	(UINT64_C(1) << 49)
#define CLI_OPT_NO_HISTORY	(UINT64_C(1) << 50)
/* Of doctor and support. */
#define CLI_OPT_ROOT		(UINT64_C(1) << 51)
#define CLI_OPT_IN_CLEAR	(UINT64_C(1) << 52)
#define CLI_OPT_SECONDS		(UINT64_C(1) << 53)
#define CLI_OPT_CODE		(UINT64_C(1) << 54)
#define CLI_OPT_STOP_REPORT	(UINT64_C(1) << 55)
/* Those that mean something to an ohtd elsewhere. */
#define CLI_REMOTE_OPTIONS	(CLI_OPT_URL | CLI_OPT_FINGERPRINT | CLI_OPT_LEVEL | CLI_OPT_ROLE | \
				 CLI_OPT_PASSWORD_FILE | CLI_OPT_STDIN | CLI_OPT_ROUNDS |	    \
				 CLI_OPT_INTERVAL | CLI_OPT_APPEND | CLI_OPT_AFTER_STOP | CLI_OPT_STATION | \
				 CLI_OPT_FROM | CLI_OPT_TO | CLI_OPT_POINTS | CLI_OPT_CSV | \
				 CLI_OPT_FORMAT | CLI_OPT_OUTPUT | CLI_OPT_CONTINUE | \
				 CLI_OPT_REASON | CLI_OPT_CONFIRM | CLI_OPT_FOREIGN | CLI_OPT_BY | \
				 CLI_OPT_CHECK | CLI_OPT_CALIBRATION | CLI_OPT_STANDSTILL | CLI_OPT_WAIT | CLI_OPT_RECORDS | \
				 CLI_OPT_KIND | CLI_OPT_CODE | CLI_OPT_WITH_HISTORY | CLI_OPT_NO_HISTORY | CLI_OPT_IN_CLEAR | CLI_OPT_REPORT | CLI_OPT_STOP_REPORT)

struct cli_verb;
struct show_column;

/**
 * struct cli - one run of the program
 * @out: results
 * @err: complaints
 * @verb: what is being done
 * @dev: the device, NULL until cli_open(); closed when the verb returns
 * @device: path of the device
 * @device_given: it was named on the command line
 * @data_dir: register descriptions, NULL for the installed ones
 * @profile: word given with --profile
 * @url: of an ohtd elsewhere, NULL for this machine
 * @socket: of ohtd, for local administration
 * @config: of ohtd, for administration while it is down
 * @role: word given with --role
 * @level: word given with --level
 * @fingerprint: of the authority to trust, NULL: ask
 * @password_file: its first line is the password
 * @password_stdin: the password is one line of standard input
 * @code: of the second factor; NULL: none
 * @code_wanted: where a refusal for want of a code is noted in place of a complaint; NULL: nowhere
 * @json: results and complaints as JSON
 * @help: --help was given
 * @version: --version was given
 * @given: CLI_OPT_* that were given
 * @status: of HTTP, of the last answer that was judged (client.h)
 * @fc: Modbus function
 * @timeout_ms: wait for the first byte of an answer
 * @retries: attempts after the first
 * @interval_ms: between two rounds of watch
 * @rounds: rounds or events of watch, 0 without end
 * @deadman_ms: heartbeat period, 0 for the device's default
 * @cycle_us: grid of a plan
 * @stop_budget_us: longest time that a stop may have to wait for a plan, 0: not judged
 * @report: where a report goes, without the endings of its files; NULL for a name made of the time
 * @stop_report: a report of safety commission, or NULL
 * @by: who does it, NULL for the name of the account
 * @key: file of a private key (PEM) that signs the report, or NULL
 * @drive: unit or module whose drive is turned, or NULL
 * @station: name of a place, in place of a position
 * @reason: of a change, or NULL
 * @confirm_within_s: a change returns by itself after that, 0: it stays
 * @wait_s: a change waits at most so long for standstill, 0: as ohtd does
 * @step_timeout_s: how long one step waits for a person
 * @from: begin of a span of the past
 * @to: its end
 * @points: how many columns of it, 0 without the option
 * @csv: results as comma-separated values
 * @format: word given with --format
 * @output: file for the results, NULL: standard output
 * @headed: columns whose heading stands above what is shown, NULL: none
 * @who: account of records
 * @act: act of records
 * @object: what records are about
 * @result: how it ended
 * @limit: so many records
 * @root: in front of the files of a machine, NULL: this one
 * @seconds: how long the bus is watched
 * @whole_cycles: of a plan, at most every so many-th cycle is given to what fits into no slack
 */
struct cli {
	FILE *out;
	FILE *err;
	const struct cli_verb *verb;
	struct oht_dev *dev;
	const char *device;
	const char *data_dir;
	const char *profile;
	const char *url;
	const char *socket;
	const char *config;
	const char *role;
	const char *level;
	const char *fingerprint;
	const char *password_file;
	bool device_given;
	bool password_stdin;
	const char *code;
	bool *code_wanted;
	bool json;
	bool help;
	bool version;
	uint64_t given;
	int status;
	uint32_t fc;
	uint32_t timeout_ms;
	uint32_t retries;
	uint32_t interval_ms;
	uint32_t rounds;
	uint32_t deadman_ms;
	uint32_t cycle_us;
	uint32_t stop_budget_us;
	uint32_t whole_cycles;
	uint32_t step_timeout_s;
	const char *report;
	const char *stop_report;
	const char *by;
	const char *key;
	const char *drive;
	const char *station;
	const char *reason;
	uint32_t confirm_within_s;
	uint32_t wait_s;
	const char *from;
	const char *to;
	uint32_t points;
	bool csv;
	const char *format;
	const char *output;
	const struct show_column *headed;
	const char *who;
	const char *act;
	const char *object;
	const char *result;
	uint32_t limit;
	const char *kind;
	const char *root;
	uint32_t seconds;
};

/**
 * struct cli_verb - one row of the table of verbs
 * @name: one or two words
 * @arguments: as shown in help
 * @help: one line
 * @run: does it; the arguments after the verb, NULL-terminated; returns enum cli_exit
 * @remote: the same by the ohtd that --url or --socket names; NULL if ohtd has no route for it, @run if nobody else does it
 * @options: CLI_OPT_* that it takes; --url comes with @remote, and --socket with one that is not @run
 * @arguments_min: fewest arguments
 * @arguments_max: most arguments
 */
struct cli_verb {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(struct cli *cli, int count, char **arguments);
	uint64_t options;
	int arguments_min;
	int arguments_max;
	int (*remote)(struct cli *cli, int count, char **arguments);
};

/* The program without its process: tests call it. argv[0] is the program's name. */
int ohtctl_run(int argc, char **argv, FILE *out, FILE *err);

/*
 * Take options out of argv, leaving the other words in order; 0 or CLI_USAGE after a complaint.
 * "--" ends the options; what begins like a negative number is none.
 * *count: in argc, out the number of words left in argv.
 */
int cli_parse_options(struct cli *cli, int *count, char **argv);
/* All that the verb takes besides the common ones. */
uint64_t cli_options_of(const struct cli_verb *verb);
/* Give numbers what they are without their option. */
void cli_default_options(struct cli *cli);
/* Name, meaning, range and default of the options in @bits (CLI_OPT_*); 0: of the common ones. */
void cli_print_options(uint64_t bits, FILE *to);
/*
 * Complain about an option that was given and that the verb does not take, and about a place where the verb cannot
 * act: nothing is ever done at another place than the named one. 0 or CLI_USAGE.
 */
int cli_check_options(struct cli *cli);
/* Is an ohtd named for the verb, and no device of this machine beside it? */
bool cli_names_ohtd(const struct cli *cli);

/*
 * Parse a number, decimal or 0x hexadecimal, inside the limits. 0, or CLI_USAGE after a complaint
 * that names what and the limits.
 */
int cli_number(struct cli *cli, const char *what, const char *word, const uint32_t limits[2],
	       uint32_t *number);
/* The same for what may be negative. */
int cli_integer(struct cli *cli, const char *what, const char *word, const int64_t limits[2],
		int64_t *number);

/* One line of complaint, as text on err or as JSON on out; returns exit_code. */
int cli_fail(struct cli *cli, int exit_code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Open the device if it is not open; 0, or an exit code after a complaint. */
int cli_open(struct cli *cli, unsigned int flags);
/* Complain about errno of a call of liboht: "doing: reason"; returns the exit code. */
int cli_fail_errno(struct cli *cli, const char *doing);

/* From now on SIGINT, SIGTERM and SIGHUP only make cli_interrupted() true. */
void cli_catch_signals(void);
bool cli_interrupted(void);
/* Back to how it was; for tests. */
void cli_release_signals(void);

#endif /* OHTCTL_CLI_H */
