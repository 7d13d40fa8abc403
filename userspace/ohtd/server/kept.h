/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the service manager keeps while the daemon is restarted: listening sockets, and how live
 *           data goes on.
 * Contexts: main thread, before there are others; the file of live data: also when they have ended.
 * Locks:    none.
 *
 * A client that comes between two lives of the daemon waits in their queue, instead of being refused.
 * Source: sd_notify(3), FDSTORE=1.
 */
#ifndef OHTD_SERVER_KEPT_H
#define OHTD_SERVER_KEPT_H

#include <stdbool.h>
#include <sys/socket.h>

#define OHTD_KEPT_MAX	16

/**
 * struct ohtd_kept - what came from the life before
 * @fds: listening sockets that nobody has claimed yet
 * @count: of @fds
 * @live_fd: file with which live data goes on (handover.h); -1: none
 * @live_count: how many of those came; more than one is none, as the newest is not known
 */
struct ohtd_kept {
	int fds[OHTD_KEPT_MAX];
	unsigned int count;
	int live_fd;
	unsigned int live_count;
};

/* What happens to the daemon when it ends. */
enum ohtd_supervisor {
	OHTD_SUPERVISOR_NONE,		/* nobody starts it again */
	OHTD_SUPERVISOR_RESTARTS,	/* somebody says so (OHT_SUPERVISED) */
	OHTD_SUPERVISOR_KEEPS,		/* a service manager, which keeps descriptors meanwhile */
};

enum ohtd_supervisor ohtd_supervisor_look(void);

/* Takes what the service manager hands over, once in a process; nothing without one. */
void ohtd_kept_take(struct ohtd_kept *kept);

/**
 * ohtd_kept_claim() - one of them that is as the configuration wants it
 * @kept: it is taken out of it
 * @address: where it must listen; port 0 fits any
 * @shared: with SO_REUSEPORT or without
 *
 * Return: a descriptor, the caller's from now on, or -1.
 */
int ohtd_kept_claim(struct ohtd_kept *kept, const struct sockaddr_storage *address, bool shared);

/*
 * Closes those that nobody has claimed, and has the service manager forget all that it keeps: a
 * socket that it holds still occupies its port. Returns when it has; without any does nothing.
 */
void ohtd_kept_drop(struct ohtd_kept *kept);

/* Gives a socket to the service manager as well. Twice the same is once. */
void ohtd_kept_give(int fd);

/*
 * Has the service manager forget the file of live data, so that a start after a crash does not find it
 * again. Returns when it has; false: that is not known, and the file must not be used.
 */
bool ohtd_kept_forget_live(void);

/* Gives the file of live data to the service manager, before the end. False: there is none. */
bool ohtd_kept_give_live(int fd);

#endif /* OHTD_SERVER_KEPT_H */
