// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/kept.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/manager.h"

#define NAME		"https"
#define LIVE_NAME	"live"
/* For the service manager to have read what it was told: far longer than it takes on a busy board. */
#define AWAITED_MS	10000

static bool is_listener(int fd, const char *name)
{
	int type = 0, accepts = 0;
	socklen_t type_bytes = sizeof(type), accepts_bytes = sizeof(accepts);

	return !strcmp(name, NAME) && !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_bytes) && type == SOCK_STREAM &&
	       !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &accepts_bytes) && accepts;
}

enum ohtd_supervisor ohtd_supervisor_look(void)
{
	const char *manager = getenv("NOTIFY_SOCKET"), *other = getenv("OHT_SUPERVISED");

	if (manager && *manager)
		return OHTD_SUPERVISOR_KEEPS;
	return other && !strcmp(other, "1") ? OHTD_SUPERVISOR_RESTARTS : OHTD_SUPERVISOR_NONE;
}

static void take_live(struct ohtd_kept *kept, int fd)
{
	if (kept->live_count++)
		close(fd);
	else
		kept->live_fd = fd;
}

static void take(void *arg, int fd, const char *name)
{
	struct ohtd_kept *kept = arg;

	if (kept->count < OHTD_KEPT_MAX && is_listener(fd, name)) {
		kept->fds[kept->count++] = fd;
	} else if (!strcmp(name, LIVE_NAME)) {
		take_live(kept, fd);
	} else {
		ohtd_log(OHTD_LOG_WARNING, "http", "foreign_fd", "descriptor %d (%s) from the service manager is none of ours", fd, name);
		close(fd);
	}
}

void ohtd_kept_take(struct ohtd_kept *kept)
{
	*kept = (struct ohtd_kept){ .live_fd = -1 };
	ohtd_manager_take(take, kept);
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Port 0 wants any. */
static bool is_wanted(const union address *is, const struct sockaddr_storage *wanted)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)wanted;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)wanted;

	if (is->any.sa_family != wanted->ss_family)
		return false;
	if (is->any.sa_family == AF_INET)
		return is->v4.sin_addr.s_addr == v4->sin_addr.s_addr &&
		       (!v4->sin_port || is->v4.sin_port == v4->sin_port);
	return !memcmp(&is->v6.sin6_addr, &v6->sin6_addr, sizeof(is->v6.sin6_addr)) &&
	       (!v6->sin6_port || is->v6.sin6_port == v6->sin6_port);
}

static bool fits(int fd, const struct sockaddr_storage *wanted, bool shared)
{
	union address address = { .v6 = { 0 } };
	socklen_t length = sizeof(address), option_length = sizeof(int);
	int reuse = 0;

	return !getsockname(fd, &address.any, &length) &&
	       !getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &reuse, &option_length) &&
	       (reuse != 0) == shared && is_wanted(&address, wanted);
}

int ohtd_kept_claim(struct ohtd_kept *kept, const struct sockaddr_storage *address, bool shared)
{
	for (unsigned int i = 0; i < kept->count; i++) {
		int fd = kept->fds[i];

		if (!fits(fd, address, shared))
			continue;
		kept->fds[i] = kept->fds[--kept->count];
		return fd;
	}
	return -1;
}

void ohtd_kept_drop(struct ohtd_kept *kept)
{
	if (!kept->count)
		return;
	while (kept->count)
		close(kept->fds[--kept->count]);
	ohtd_manager_tell("FDSTOREREMOVE=1\nFDNAME=" NAME, -1);
	ohtd_manager_await(AWAITED_MS);
}

void ohtd_kept_give(int fd)
{
	ohtd_manager_tell("FDSTORE=1\nFDNAME=" NAME "\nFDPOLL=0", fd);
}

bool ohtd_kept_forget_live(void)
{
	return ohtd_manager_tell("FDSTOREREMOVE=1\nFDNAME=" LIVE_NAME, -1) &&
	       ohtd_manager_await(AWAITED_MS);
}

bool ohtd_kept_give_live(int fd)
{
	if (!ohtd_manager_tell("FDSTORE=1\nFDNAME=" LIVE_NAME "\nFDPOLL=0", fd))
		return false;
	/* It has it before it hears of our end. */
	ohtd_manager_await(AWAITED_MS);
	return true;
}
