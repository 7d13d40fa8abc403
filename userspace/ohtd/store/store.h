/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the store thread: the only one that uses the database while the daemon runs.
 * Contexts: start and stop: main thread. Call: threads that may wait (workers), never a loop, never
 *           the control thread.
 * Locks:    the queue's mutex, held for a few instructions only.
 */
#ifndef OHTD_STORE_STORE_H
#define OHTD_STORE_STORE_H

struct ohtd_db;
struct ohtd_store;

#define OHTD_STORE_QUEUE_MAX	64

/* Work of the store thread. Returns 0 or a negative errno, which ohtd_store_call() hands on. */
typedef int (*ohtd_store_work)(struct ohtd_db *db, void *arg);

/**
 * ohtd_store_start() - start the thread
 * @db: becomes the thread's; closed by ohtd_store_stop()
 *
 * Return: the store, or NULL with errno; @db is then still the caller's.
 */
struct ohtd_store *ohtd_store_start(struct ohtd_db *db);

/* Does what is queued, ends the thread, closes the database. NULL is allowed. */
void ohtd_store_stop(struct ohtd_store *store);

/**
 * ohtd_store_call() - have the store thread do something and wait for it
 * @store: the store
 * @work: runs on the store thread
 * @arg: passed to @work
 *
 * Return: that of @work, -EAGAIN when OHTD_STORE_QUEUE_MAX others wait, -ESHUTDOWN after the stop.
 */
int ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);

#endif /* OHTD_STORE_STORE_H */
