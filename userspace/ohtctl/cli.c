// SPDX-License-Identifier: GPL-2.0-or-later
/* What all verbs share: numbers, complaints, the device, signals. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "show.h"

static volatile sig_atomic_t interrupted;

int cli_number(struct cli *cli, const char *what, const char *word, const uint32_t limits[2],
	       uint32_t *number)
{
	bool hex = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(word, &end, hex ? 16 : 10);
	/* strtoull() also takes signs and spaces, and "0x" alone. */
	if (!isdigit((unsigned char)word[0]) || *end || end == word || (hex && !word[2]))
		return cli_fail(cli, CLI_USAGE, "%s is not a number (decimal or 0x): '%s'", what,
				word);
	if (errno || value < limits[0] || value > limits[1])
		return cli_fail(cli, CLI_USAGE, "%s must be %u..%u: '%s'", what, limits[0],
				limits[1], word);
	*number = value;
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
	char text[OHT_TEXT_BYTES];
	int error;

	if (cli->dev)
		return 0;
	cli->dev = oht_dev_open(cli->device, flags);
	if (cli->dev)
		return 0;
	error = errno;
	oht_open_text(cli->device, error, text, sizeof(text));
	return cli_fail(cli, open_exit_code(error), "%s", text);
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
