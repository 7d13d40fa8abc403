// SPDX-License-Identifier: GPL-2.0-or-later
#include "offline.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "http.h"

/* Where it is installed is not on everybody's path. */
#define SBIN	":/usr/local/sbin:/usr/sbin:/sbin"
#define NOT_FOUND	127

static void find_ohtd(void)
{
	const char *path = getenv("PATH");
	char all[4096];

	snprintf(all, sizeof(all), "%s" SBIN, path ? path : "/usr/bin:/bin");
	setenv("PATH", all, 1);
}

static void __attribute__((noreturn)) become_ohtd(struct cli *cli, int in, int out)
{
	find_ohtd();
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execlp("ohtd", "ohtd", "--config", cli->config, "--administer", (char *)NULL);
	_exit(NOT_FOUND);
}

static void close_both(const int *ends)
{
	close(ends[0]);
	close(ends[1]);
}

/* The other process with its standard input and output, or -1 with errno. */
static pid_t start(struct cli *cli, int *to, int *from)
{
	int in[2], out[2];
	pid_t pid;

	if (pipe(in))
		return -1;
	if (pipe(out)) {
		close_both(in);
		return -1;
	}
	pid = fork();
	if (!pid) {
		close(in[1]);
		close(out[0]);
		become_ohtd(cli, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	*to = in[1];
	*from = out[0];
	if (pid < 0) {
		close(*to);
		close(*from);
	}
	return pid;
}

static void send_request(struct cli *cli, int to, const char *method, const char *path,
			 const char *body)
{
	/* Whether it has taken it shows in what it says. */
	signal(SIGPIPE, SIG_IGN);
	dprintf(to, "%s /api/v1/%s %s\n%s", method, path, cli->socket, body);
	signal(SIGPIPE, SIG_DFL);
	close(to);
}

/* It writes what a daemon sends: a head, an empty line, a body. */
static void take_apart(struct http_answer *answer)
{
	const char *body = strstr(answer->body, "\r\n\r\n");

	if (!body || strncmp(answer->body, "HTTP/1.1 ", 9))
		body = NULL;
	else
		answer->status = strtol(answer->body + 9, NULL, 10);
	answer->bytes = body ? strlen(body + 4) : 0;
	memmove(answer->body, body ? body + 4 : "", answer->bytes + 1);
}

static void receive(int from, char *answer, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used < size && (n = read(from, answer + used, size - used)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			used += (size_t)n;
	}
	answer[used] = 0;
	close(from);
}

int offline_exchange(struct cli *cli, const char *method, const char *path, const char *body,
		     struct http_answer *answer, size_t size)
{
	int to, from, status = 0;
	pid_t pid = start(cli, &to, &from);

	if (pid < 0)
		return cli_fail(cli, CLI_NO_DEVICE, "ohtd: %s", strerror(errno));
	send_request(cli, to, method, path, body);
	receive(from, answer->body, size);
	take_apart(answer);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return cli_fail(cli, CLI_NO_DEVICE, "no ohtd answers at %s, and none is installed; a robot "
				"elsewhere: --url https://HOST:8443",
				cli->socket);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return cli_fail(cli, CLI_NO_DEVICE, "no ohtd answers at %s, and it cannot be asked "
				"without its daemon (see the line before)", cli->socket);
	return CLI_DONE;
}

int offline_restore(struct cli *cli, const char *file, bool foreign, bool history)
{
	const char *words[8] = { "ohtd", "--config", cli->config, "--restore", file };
	size_t count = 5;
	int status = 0;
	pid_t pid;

	if (foreign)
		words[count++] = "--another-robot";
	if (!history)
		words[count++] = "--without-history";
	fflush(cli->out);
	pid = fork();
	if (!pid) {
		find_ohtd();
		execvp("ohtd", (char *const *)words);
		_exit(NOT_FOUND);
	}
	if (pid < 0)
		return cli_fail(cli, CLI_NO_DEVICE, "ohtd: %s", strerror(errno));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return cli_fail(cli, CLI_NO_DEVICE, "no ohtd is installed");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return cli_fail(cli, CLI_FAILED, "nothing was changed (see the line before)");
	return CLI_DONE;
}
