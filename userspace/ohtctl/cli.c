// SPDX-License-Identifier: GPL-2.0-or-later
/* What all verbs share: numbers, complaints, the device, signals. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "cli.h"
#include "common/number.h"
#include "show.h"

static volatile sig_atomic_t interrupted;

int cli_integer(struct cli *cli, const char *what, const char *word, const int64_t limits[2],
		int64_t *number)
{
	switch (oht_number_parse(word, limits[0], limits[1], number)) {
	case 0:
		return 0;
	case -ERANGE:
		return cli_fail(cli, CLI_USAGE, "%s must be %" PRId64 "..%" PRId64 ": '%s'", what,
				limits[0], limits[1], word);
	default:
		return cli_fail(cli, CLI_USAGE, "%s is not a number (decimal or 0x): '%s'", what,
				word);
	}
}

int cli_number(struct cli *cli, const char *what, const char *word, const uint32_t limits[2],
	       uint32_t *number)
{
	const int64_t wide[] = { limits[0], limits[1] };
	int64_t value;

	if (cli_integer(cli, what, word, wide, &value))
		return CLI_USAGE;
	*number = (uint32_t)value;
	return 0;
}

int cli_fail(struct cli *cli, int exit_code, const char *format, ...)
{
	char line[512];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	if (cli->json)
		show_json_error(cli, exit_code, line);
	else
		fprintf(cli->err, "ohtctl: %s\n", line);
	return exit_code;
}

/* Nothing there is 3; there but refused is 1. */
static int open_exit_code(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case ENOTTY:
		return CLI_NO_DEVICE;
	default:
		return CLI_FAILED;
	}
}

int cli_open(struct cli *cli, unsigned int flags)
{
	const char *elsewhere = "";
	char text[OHT_TEXT_BYTES];
	int error;

	if (cli->dev)
		return 0;
	cli->dev = oht_dev_open(cli->device, flags);
	if (cli->dev)
		return 0;
	error = errno;
	oht_open_text(cli->device, error, text, sizeof(text));
	if (error == ENOENT && cli->verb->remote)
		elsewhere = "; an ohtd without a device: --socket PATH; a robot elsewhere: --url https://HOST:8443";
	return cli_fail(cli, open_exit_code(error), "%s%s", text, elsewhere);
}

int cli_fail_errno(struct cli *cli, const char *doing)
{
	int error = errno;

	return cli_fail(cli, error == ENODEV ? CLI_NO_DEVICE : CLI_FAILED, "%s: %s", doing,
			oht_errno_text(error));
}

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static void set_handler(void (*handler)(int))
{
	/* Without SA_RESTART: a wait must end. */
	const struct sigaction action = { .sa_handler = handler };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

void cli_catch_signals(void)
{
	interrupted = 0;
	set_handler(on_signal);
}

bool cli_interrupted(void)
{
	return interrupted;
}

void cli_release_signals(void)
{
	interrupted = 0;
	set_handler(SIG_DFL);
}
