/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the store thread: the only one that writes while the daemon runs, and the readers.
 * Contexts: start and stop: main thread. Call and read: threads that may wait (workers), never a
 *           loop, never the control thread. Look: any thread.
 * Locks:    the queue's mutex and that of the readers, held for a few instructions only.
 *
 * What waits when the thread turns to it becomes one transaction (a group) with one synchronisation
 * of the disk. Each call is a part of it that can be undone alone; each is answered after the commit.
 */
#ifndef OHTD_STORE_STORE_H
#define OHTD_STORE_STORE_H

#include <stdint.h>

struct ohtd_db;
struct ohtd_store;

#define OHTD_STORE_QUEUE_MAX	64
/* A group that takes longer is told as stalled. */
#define OHTD_STORE_STALLED_MS	2000

/* Work on a connection. Returns a negative errno, or what the caller is to get. */
typedef int (*ohtd_store_work)(struct ohtd_db *db, void *arg);

enum ohtd_store_state {
	OHTD_STORE_OK,
	OHTD_STORE_BUSY,		/* another process holds the database */
	OHTD_STORE_FULL,		/* no room on the disk */
	OHTD_STORE_READ_ONLY,
	OHTD_STORE_FAILING,		/* the disk gives errors, or memory is short */
	OHTD_STORE_DAMAGED,		/* nothing is written until the next start, which repairs */
};

/**
 * struct ohtd_store_view - how it does
 * @state: enum ohtd_store_state
 * @busy_since_ns: CLOCK_MONOTONIC since when the present group is worked on, 0: none is
 * @waiting: calls in the queue
 * @groups: transactions so far
 * @calls: calls that were kept so far
 * @refused: calls that the store could not do, for its own reasons
 * @damaged_files: databases that were found damaged and set aside, and are still there
 */
struct ohtd_store_view {
	unsigned int state;
	uint64_t busy_since_ns;
	unsigned int waiting;
	uint64_t groups;
	uint64_t calls;
	uint64_t refused;
	unsigned int damaged_files;
};

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
 * ohtd_store_call() - have the store thread write something and wait until it is on the disk
 * @store: the store
 * @work: runs on the store thread; a negative return undoes all that it did
 * @arg: passed to @work
 *
 * After an error what @work has left in @arg is not to be used.
 *
 * Return: that of @work, or a negative errno: of the commit, -EAGAIN when OHTD_STORE_QUEUE_MAX
 * others wait, -EUCLEAN when the database is damaged, -ESHUTDOWN after the stop.
 */
int ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);

/**
 * ohtd_store_read() - read, at once and beside the store thread
 * @store: the store
 * @work: runs on the caller's thread with a connection that cannot write
 * @arg: passed to @work
 *
 * It sees everything that ohtd_store_call() has returned for. Goes on while nothing can be written.
 *
 * Return: that of @work.
 */
int ohtd_store_read(struct ohtd_store *store, ohtd_store_work work, void *arg);

/* How it does at this moment. */
void ohtd_store_look(struct ohtd_store *store, struct ohtd_store_view *view);

/* A word for a state, as programs read it. Never NULL. */
const char *ohtd_store_state_name(unsigned int state);

/* The state that a negative errno of a call speaks of; OHTD_STORE_OK: it is about the call itself. */
enum ohtd_store_state ohtd_store_state_of(int error);

#endif /* OHTD_STORE_STORE_H */
