// SPDX-License-Identifier: GPL-2.0-or-later
#include "webhooks/sender.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "sender/order.h"
#include "webhooks/rows.h"

/* Each webhook has one delivery under way, and each destination a place with the process that sends. */
_Static_assert(OHTD_WEBHOOKS_MAX == SENDER_ORDERS_MAX && OHTD_DESTINATIONS_MAX <= SENDER_ORDERS_MAX,
	       "the process that sends has as many places as there are webhooks and destinations");

#define WORDS_MAX	(2 * OHTD_DESTINATIONS_MAX + 6)

struct command {
	char places[OHTD_DESTINATIONS_MAX][OHTD_HOST_BYTES + 16];
	char timeout[16];
	const char *words[WORDS_MAX];
};

static void make_command(struct command *command, const struct ohtd_config *config)
{
	unsigned int n = 0;

	command->words[n++] = config->sender;
	for (unsigned int i = 0; i < config->destination_count; i++) {
		const struct oht_destination *to = &config->destinations[i];
		bool v6 = strchr(to->host, ':');

		snprintf(command->places[i], sizeof(command->places[i]), "%s%s%s:%u", v6 ? "[" : "", to->host,
			 v6 ? "]" : "", to->port);
		command->words[n++] = "-a";
		command->words[n++] = command->places[i];
	}
	snprintf(command->timeout, sizeof(command->timeout), "-t%u", config->webhook_timeout_s);
	command->words[n++] = command->timeout;
	if (*config->webhook_ca) {
		command->words[n++] = "-c";
		command->words[n++] = config->webhook_ca;
	}
	command->words[n] = NULL;
}

/* In the child: nothing of ours goes with it but the socket; no rights, no environment, no descriptors. */
static void become_sender(const struct command *command, int fd)
{
	static char *const nothing[] = { NULL };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (dup2(fd, SENDER_FD) == SENDER_FD)
		close_range(SENDER_FD + 1, ~0U, 0);
	execve(command->words[0], (char *const *)command->words, nothing);
	_exit(127);
}

static int fail(const char *what)
{
	ohtd_log(OHTD_LOG_ERROR, "webhooks", "no_sender", "%s: %s: no webhook is sent", what, strerror(errno));
	return -1;
}

int ohtd_sender_start(const struct ohtd_config *config)
{
	struct command command;
	int fds[2];
	pid_t child;

	if (!config->destination_count)
		return -1;
	make_command(&command, config);
	if (access(config->sender, X_OK) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return fail(config->sender);
	child = fork();
	if (!child) {
		/* dup2() onto itself would leave the flag that closes it. */
		if (fds[1] == SENDER_FD && (fds[1] = dup(fds[1])) < 0)
			_exit(127);
		become_sender(&command, fds[1]);
	}
	close(fds[1]);
	if (child > 0)
		return fds[0];
	close(fds[0]);
	return fail("process");
}
