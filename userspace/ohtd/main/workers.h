/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     a few threads for slow work (password hashes) and the bounded queue in front of them.
 * Contexts: start and stop: main thread. Submit: any thread; never blocks.
 * Locks:    the queue's mutex, for a few instructions.
 */
#ifndef OHTD_MAIN_WORKERS_H
#define OHTD_MAIN_WORKERS_H

#include <stdbool.h>

#include "main/log.h"

struct ohtd_workers;

/* Embedded in what belongs to the work. The worker logs for the request of whoever submitted it. */
struct ohtd_work {
	struct ohtd_work *next;
	/* Called once, on a worker; @dropped: the pool ends, do not work, only say so. */
	void (*run)(struct ohtd_work *work, bool dropped);
	char request[OHTD_REQUEST_ID_BYTES];	/* private */
};

/**
 * ohtd_workers_start() - start a pool
 * @threads: how many, at least 1
 * @queue_max: work that may wait, not counting what is being done
 *
 * Return: NULL with errno.
 */
struct ohtd_workers *ohtd_workers_start(unsigned int threads, unsigned int queue_max);

/* Finishes what is being done, drops what waits, ends the threads. NULL is allowed. */
void ohtd_workers_stop(struct ohtd_workers *workers);

/* Returns 0, -EAGAIN when the queue is full, -ESHUTDOWN; then run() is not called. */
int ohtd_workers_submit(struct ohtd_workers *workers, struct ohtd_work *work);

#endif /* OHTD_MAIN_WORKERS_H */
