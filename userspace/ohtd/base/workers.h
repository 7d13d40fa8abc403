/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a few threads for slow work and the bounded queue in front of them.
 * Contexts: start and stop: main thread. Submit: any thread; never blocks.
 * Locks:    the queue's mutex, for a few instructions.
 */
#ifndef OHTD_BASE_WORKERS_H
#define OHTD_BASE_WORKERS_H

#include <stdbool.h>

#include "base/log.h"

struct ohtd_workers;

/* Embedded in what belongs to the work. The worker logs for the request of whoever submitted it. */
struct ohtd_work {
	struct ohtd_work *next;
	/* Called once, on a worker or by ohtd_workers_close(); @dropped: the pool ends, do not work, only say so. */
	void (*run)(struct ohtd_work *work, bool dropped);
	char request[OHTD_REQUEST_ID_BYTES];	/* private */
};

/**
 * struct ohtd_workers_kind - what a pool is like
 * @name: of its threads, at most 15 characters
 * @threads: how many, at least 1
 * @queue_max: work that may wait, not counting what is being done
 * @first_max: the same for work that goes before the other
 * @nice: how much less of the processor its threads get than others, 0 to 19
 */
struct ohtd_workers_kind {
	const char *name;
	unsigned int threads, queue_max, first_max;
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

/* Returns 0, -EAGAIN when the queue is full, -ESHUTDOWN; then run() is not called. */
int ohtd_workers_submit(struct ohtd_workers *workers, struct ohtd_work *work);

/* The same for work that goes before all that came by ohtd_workers_submit(). */
int ohtd_workers_submit_first(struct ohtd_workers *workers, struct ohtd_work *work);

#endif /* OHTD_BASE_WORKERS_H */
