// SPDX-License-Identifier: GPL-2.0-or-later
#include "follow.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS		50000000
#define PATIENCE_S	2
#define ANSWER_BYTES	16384

static int dial(const char *path)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* Everything until the other side closes, or a line if @line; false: no whole answer. */
static bool ask(const char *path, const char *request, bool line, char answer[static ANSWER_BYTES])
{
	size_t length = 0;
	ssize_t got = -1;
	int fd = dial(path);

	if (fd < 0)
		return false;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request))
		while (length < ANSWER_BYTES - 1 && (got = recv(fd, answer + length, ANSWER_BYTES - 1 - length, 0)) > 0) {
			length += (size_t)got;
			if (line && answer[length - 1] == '\n')
				break;
		}
	close(fd);
	answer[length] = '\0';
	return line ? got > 0 : !got;
}

static bool is_fed(const char *socket)
{
	static const char request[] = "GET /api/v1/safety HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	char answer[ANSWER_BYTES];

	return ask(socket, request, false, answer) && strstr(answer, "\"outputs\":{\"enable1\":true,\"enable2\":true}");
}

static bool tell(const char *control, bool fed)
{
	char answer[ANSWER_BYTES];

	return ask(control, fed ? "rail outputs high\n" : "rail outputs low\n", true, answer) && !strncmp(answer, "ok", 2);
}

void oht_sim_follow(const char *socket, const char *control)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	bool known = false, told = false;

	for (;;) {
		bool fed = is_fed(socket);

		if (!known || fed != told) {
			known = tell(control, fed);
			told = fed;
		}
		nanosleep(&look, NULL);
	}
}
