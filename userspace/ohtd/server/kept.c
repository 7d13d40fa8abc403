// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/kept.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"

#define NAME		"https"
#define LIVE_NAME	"live"
/* For the service manager to have read what it was told: far longer than it takes on a busy board. */
#define BARRIER_US	10000000

static bool is_listener(int fd, const char *name)
{
	return !strcmp(name, NAME) && sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0;
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

void ohtd_kept_take(struct ohtd_kept *kept)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);

	*kept = (struct ohtd_kept){ .live_fd = -1 };
	for (int i = 0; i < count; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (kept->count < OHTD_KEPT_MAX && is_listener(fd, names[i])) {
			kept->fds[kept->count++] = fd;
		} else if (!strcmp(names[i], LIVE_NAME)) {
			take_live(kept, fd);
		} else {
			ohtd_log(OHTD_LOG_WARNING, "http", "foreign_fd",
				 "descriptor %d (%s) from the service manager is none of ours", fd,
				 names[i]);
			close(fd);
		}
		free(names[i]);
	}
	free(names);
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
	sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" NAME);
	sd_notify_barrier(0, BARRIER_US);
}

void ohtd_kept_give(int fd)
{
	sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" NAME "\nFDPOLL=0", &fd, 1);
}

bool ohtd_kept_forget_live(void)
{
	return sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" LIVE_NAME) > 0 &&
	       sd_notify_barrier(0, BARRIER_US) > 0;
}

bool ohtd_kept_give_live(int fd)
{
	if (sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" LIVE_NAME "\nFDPOLL=0", &fd, 1) <= 0)
		return false;
	/* It has it before it hears of our end. */
	sd_notify_barrier(0, BARRIER_US);
	return true;
}
