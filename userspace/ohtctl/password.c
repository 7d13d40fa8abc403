// SPDX-License-Identifier: GPL-2.0-or-later
#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"

#define TOO_LONG	1

/* Without its end of line; -1 if there is none, TOO_LONG if it does not fit. */
static int read_line(FILE *from, char *line, size_t size)
{
	size_t n;

	if (!fgets(line, (int)size, from))
		return -1;
	n = strcspn(line, "\r\n");
	if (!line[n] && n == size - 1)
		return TOO_LONG;
	line[n] = 0;
	return 0;
}

/* The same from a file or a pipe, where a program may put the byte order mark of UTF-8 in front of the text. */
static int read_password(FILE *from, char *password)
{
	static const char mark[] = "\xef\xbb\xbf";
	char line[PASSWORD_BYTES + sizeof(mark) - 1];
	size_t skip;
	int r = read_line(from, line, sizeof(line));

	if (!r) {
		skip = strncmp(line, mark, sizeof(mark) - 1) ? 0 : sizeof(mark) - 1;
		if (strlen(line + skip) < PASSWORD_BYTES)
			strcpy(password, line + skip);
		else
			r = -1;
	}
	explicit_bzero(line, sizeof(line));
	return r;
}

/* ---- the terminal ---- */

static FILE *open_terminal(struct cli *cli, const char *instead)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	FILE *terminal = fd < 0 ? NULL : fdopen(fd, "r");

	if (!terminal)
		cli_fail(cli, CLI_USAGE, "there is no terminal to ask, see %s", instead);
	return terminal;
}

static int ask(FILE *terminal, const char *prompt, bool echo, char *line, size_t size)
{
	struct termios before, quiet;
	int fd = fileno(terminal), r;

	if (tcgetattr(fd, &before))
		return -1;
	quiet = before;
	if (!echo) {
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		quiet.c_lflag |= ECHONL;
	}
	if (tcsetattr(fd, TCSAFLUSH, &quiet))
		return -1;
	r = dprintf(fd, "%s", prompt) < 0 ? -1 : read_line(terminal, line, size);
	tcsetattr(fd, TCSAFLUSH, &before);
	return r;
}

static int ask_password(struct cli *cli, bool twice, char *password)
{
	FILE *terminal = open_terminal(cli, "--password-stdin");
	char again[PASSWORD_BYTES] = "";
	int r;

	if (!terminal)
		return CLI_USAGE;
	/* A person who breaks it off must get the echo back. */
	cli_catch_signals();
	r = ask(terminal, "Password: ", false, password, PASSWORD_BYTES) ||
	    (twice && ask(terminal, "Again: ", false, again, PASSWORD_BYTES));
	if (r || cli_interrupted())
		r = cli_fail(cli, CLI_FAILED, "no password was given");
	else if (twice && strcmp(password, again))
		r = cli_fail(cli, CLI_FAILED, "the two are not the same; nothing was changed");
	cli_release_signals();
	fclose(terminal);
	explicit_bzero(again, sizeof(again));
	return r;
}

int password_ask_line(struct cli *cli, const char *question, char *line, size_t size)
{
	FILE *terminal = open_terminal(cli, "--help");
	int r;

	if (!terminal)
		return CLI_USAGE;
	/* The rest of the line is dropped before the next question. */
	while ((r = ask(terminal, question, true, line, size)) == TOO_LONG && dprintf(fileno(terminal), "that is too long\n") > 0)
		__fpurge(terminal);
	fclose(terminal);
	return r ? cli_fail(cli, CLI_FAILED, "no answer was given") : 0;
}

/* ---- a file ---- */

static int read_file(struct cli *cli, char *password)
{
	int fd = open(cli->password_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat status;
	int result = 0;

	if (!file)
		return cli_fail(cli, CLI_FAILED, "%s: %s", cli->password_file, strerror(errno));
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_mode & (S_IRWXG | S_IRWXO))
		result = cli_fail(cli, CLI_FAILED, "%s: others can read it; chmod 0600 it",
				  cli->password_file);
	else if (read_password(file, password))
		result = cli_fail(cli, CLI_FAILED, "%s: no password, or a line that is too long",
				  cli->password_file);
	fclose(file);
	return result;
}

int password_take(struct cli *cli, bool twice, char password[PASSWORD_BYTES])
{
	if (cli->password_file)
		return read_file(cli, password);
	if (!cli->password_stdin)
		return ask_password(cli, twice, password);
	return read_password(stdin, password) ?
	       cli_fail(cli, CLI_FAILED, "no password on standard input, or a line that is too long") :
	       0;
}
