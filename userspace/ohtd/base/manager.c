// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD	3
#define FDS_MAX		1024
#define UNNAMED		"unknown"

/* ---- telling ---- */

/* A path, or "@" and an abstract name. 0: no service manager. */
static socklen_t find(struct sockaddr_un *address)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path ? strlen(path) : 0;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (length < 2 || length >= sizeof(address->sun_path) || (*path != '/' && *path != '@'))
		return 0;
	memcpy(address->sun_path, path, length);
	if (*path == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (*path == '/'));
}

static void attach(struct msghdr *message, int fd)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(control), &fd, sizeof(fd));
}

bool ohtd_manager_tell(const char *text, int fd)
{
	union {
		struct cmsghdr aligned;
		char bytes[CMSG_SPACE(sizeof(fd))];
	} control = { .bytes = { 0 } };
	struct sockaddr_un address;
	struct iovec part = { .iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text) };
	struct msghdr message = { .msg_name = &address, .msg_namelen = find(&address), .msg_iov = &part, .msg_iovlen = 1 };
	int own = message.msg_namelen ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	ssize_t sent;

	if (own < 0)
		return false;
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.bytes);
		attach(&message, fd);
	}
	do
		sent = sendmsg(own, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	close(own);
	return sent >= 0;
}

bool ohtd_manager_await(int timeout_ms)
{
	struct pollfd end;
	int ends[2];
	int ready;
	bool told;

	if (pipe2(ends, O_CLOEXEC))
		return false;
	/* It closes its copy when it comes to this line. */
	told = ohtd_manager_tell("BARRIER=1", ends[1]);
	close(ends[1]);
	end = (struct pollfd){ .fd = ends[0] };
	do
		ready = told ? poll(&end, 1, timeout_ms) : 0;
	while (ready < 0 && errno == EINTR);
	close(ends[0]);
	return ready > 0;
}

/* ---- what it says by the environment ---- */

/* -1: not there, or no number of 0..@max. */
static long number(const char *name, long max)
{
	const char *text = getenv(name);
	char *end = NULL;
	long value = -1;

	errno = 0;
	if (text && *text >= '0' && *text <= '9')
		value = strtol(text, &end, 10);
	return end && !*end && !errno && value <= max ? value : -1;
}

bool ohtd_manager_watches(void)
{
	return number("WATCHDOG_USEC", LONG_MAX) > 0 && (!getenv("WATCHDOG_PID") || number("WATCHDOG_PID", LONG_MAX) == getpid());
}

void ohtd_manager_take(void (*take)(void *arg, int fd, const char *name), void *arg)
{
	long count = number("LISTEN_PID", LONG_MAX) == getpid() ? number("LISTEN_FDS", FDS_MAX) : 0;
	char *names = getenv("LISTEN_FDNAMES") ? strdup(getenv("LISTEN_FDNAMES")) : NULL;
	char *rest = names;

	for (int fd = FIRST_FD; fd < FIRST_FD + count; fd++) {
		const char *name = strsep(&rest, ":");

		if (!fcntl(fd, F_SETFD, FD_CLOEXEC))
			take(arg, fd, name ? name : UNNAMED);
	}
	free(names);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}
