/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a few threads for slow work and the bounded queue in front of them.
 * Contexts: start and stop: main thread. Submit: any thread; never blocks.
 * Locks:    the queue's mutex, for a walk over the queue.
 *
 * Works have owners, which are accounts of the daemon. Owners take turns: the work that came first goes first among the works that
 * have as many works of their owner in front of them. An owner is given a share of the threads and of the queue, and only that owner
 * waits or is refused when it asks for more.
 */
#ifndef OHTD_BASE_WORKERS_H
#define OHTD_BASE_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

struct ohtd_workers;

/* Owner of the work that the daemon does for itself: no account has that number. */
#define OHTD_WORK_OWN	UINT64_MAX

/* Embedded in what belongs to the work. The worker logs for the request of the submitter. */
struct ohtd_work {
	struct ohtd_work *next;
	/* Called once, on a worker or by ohtd_workers_close(); @dropped: the pool ends, do not work, only say so. */
	void (*run)(struct ohtd_work *work, bool dropped);
	uint64_t owner;				/* an account, or OHTD_WORK_OWN */
	uint64_t turn;				/* private, like what follows */
	char request[OHTD_REQUEST_ID_BYTES];
};

/* A result of a work that still takes memory: see ohtd_workers_hold(). All is private. */
struct ohtd_work_hold {
	struct ohtd_work_hold *next;
	uint64_t owner;
};

/**
 * struct ohtd_workers_kind - what a pool is like
 * @name: of its threads, at most 15 characters
 * @threads: how many, at least 1
 * @queue_max: work that may wait, not counting what is being done; the first work of an owner may wait beyond that
 * @threads_each: threads that work for one owner at a time; 0: owners have no shares
 * @waiting_each: work of one owner that may wait, at least 1; with @threads_each only
 * @holds_each: with so many holds no work of the owner is begun, at least 1; with @threads_each only
 * @first_max: the same for work that goes before the other
 * @threads_behind: threads that do other work than that at a time, so that it always finds one of the rest; 0: all of them
 * @nice: how much less of the processor its threads get than others, 0 to 19
 */
struct ohtd_workers_kind {
	const char *name;
	unsigned int threads, queue_max, first_max, threads_behind;
	unsigned int threads_each, waiting_each, holds_each;
	int nice;
};

/* Returns when each thread runs and has its priority; NULL with errno. */
struct ohtd_workers *ohtd_workers_start(const struct ohtd_workers_kind *kind);

/* Takes no more work, and drops in the calling thread what waits; does not wait for what is being done. Any thread. */
void ohtd_workers_close(struct ohtd_workers *workers);

/* Closes, waits for what is being done, ends the threads; what is submitted then is refused. NULL is allowed. */
void ohtd_workers_stop(struct ohtd_workers *workers);

/* Stopped, and nobody submits any more. NULL is allowed. */
void ohtd_workers_destroy(struct ohtd_workers *workers);

/* Returns 0, -EDQUOT when the owner's share of the queue is full, -EAGAIN when the queue is, -ESHUTDOWN; then run() is not called. */
int ohtd_workers_submit(struct ohtd_workers *workers, struct ohtd_work *work);

/* The same for work that goes before all that came by ohtd_workers_submit(). */
int ohtd_workers_submit_first(struct ohtd_workers *workers, struct ohtd_work *work);

/*
 * The result of a work of @owner is large and stays in memory until the client has taken it: while the owner has @holds_each such
 * results, none of its works is begun. @hold stays where it is until ohtd_workers_release(). Any thread.
 */
void ohtd_workers_hold(struct ohtd_workers *workers, struct ohtd_work_hold *hold, uint64_t owner);
void ohtd_workers_release(struct ohtd_workers *workers, struct ohtd_work_hold *hold);

#endif /* OHTD_BASE_WORKERS_H */
