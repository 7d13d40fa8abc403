/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the store thread: the only one that writes while the daemon runs, and the readers.
 * Contexts: start, stop, watch: main thread. Submit, look: any thread but the control thread; they
 *           never wait. Call and read: threads that may wait (workers).
 * Locks:    the queue's mutex and that of the readers, held for a few instructions only.
 *
 * All jobs that wait when the thread turns to its queue become one transaction (a group) with one
 * synchronisation of the disk. Each job is a part of it that can be undone alone; each is answered
 * after the commit. A store that works on one group for too long is hung: it takes nothing more, and
 * the jobs that wait are refused, so that each client gets an answer.
 */
#ifndef OHTD_STORE_STORE_H
#define OHTD_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

struct ohtd_clock;
struct ohtd_db;
struct ohtd_daemon_part;
struct ohtd_schema;
struct ohtd_store;

#define OHTD_STORE_QUEUE_MAX	256
/* A group that takes longer is told as stalled. */
#define OHTD_STORE_STALLED_MS	2000
/* A store that works on one group for longer is hung. */
#define OHTD_STORE_HUNG_MS	5000

/* Work on a connection. Returns a negative errno, or the result for the caller. */
typedef int (*ohtd_store_work)(struct ohtd_db *db, void *arg);

/**
 * struct ohtd_store_job - something to be written
 * @next: private
 * @work: runs on the store thread; a negative return undoes all that it did
 * @arg: passed to @work
 * @spares: writes little, or gives room back: it is done in the reserve of the disk, too (ohtd_file_room())
 * @done: called once, when the job is on the disk or refused; must not wait, may free the job or
 *	submit it again. On the store thread, or on the main thread when the store is hung
 * @result: of @work, or a negative errno: of the commit, -EUCLEAN when the database is damaged,
 *	-ETIMEDOUT when the store is hung. After an error nothing is written, and what @work has left
 *	in @arg is not to be used
 */
struct ohtd_store_job {
	struct ohtd_store_job *next;
	ohtd_store_work work;
	void *arg;
	bool spares;
	void (*done)(struct ohtd_store_job *job);
	int result;
};

enum ohtd_store_state {
	OHTD_STORE_OK,
	OHTD_STORE_BUSY,		/* another process holds the database */
	OHTD_STORE_FULL,		/* no room on the disk, or no more than its reserve */
	OHTD_STORE_READ_ONLY,
	OHTD_STORE_FAILING,		/* the disk gives errors, or memory is short */
	OHTD_STORE_DAMAGED,		/* nothing is written until the next start, which repairs */
	OHTD_STORE_HUNG,		/* the disk does not answer; never in a view, only of an error */
};

/**
 * struct ohtd_store_view - how it does
 * @state: enum ohtd_store_state
 * @started_ns: CLOCK_MONOTONIC of its start
 * @busy_since_ns: the same, since when the present group is worked on or waits, 0: none
 * @waiting: jobs in the queue
 * @groups: transactions so far
 * @calls: jobs that were kept so far
 * @refused: jobs that the store could not do, for its own reasons
 * @written: bytes into the log and the file of this kind of database, since the start of the program
 * @synchronisations: for them
 * @checked: all of the database has been read since the start, and it is sound
 * @damaged_files: files of its folder that were found damaged and set aside, and are still there
 */
struct ohtd_store_view {
	unsigned int state;
	uint64_t started_ns;
	uint64_t busy_since_ns;
	unsigned int waiting;
	uint64_t groups;
	uint64_t calls;
	uint64_t refused;
	uint64_t written;
	uint64_t synchronisations;
	bool checked;
	unsigned int damaged_files;
};

/**
 * ohtd_store_start() - start the thread
 * @db: becomes the thread's; closed by ohtd_store_stop()
 *
 * Return: the store, or NULL with errno; @db is then still the caller's.
 */
struct ohtd_store *ohtd_store_start(struct ohtd_db *db);

/**
 * ohtd_store_prepare() - start the thread, and open the database when it is first needed
 * @schema: which kind of database
 * @path: the file, made by the first job
 * @clock: time of day, outlives the store
 *
 * What keeps the database from being opened, makes jobs fail, and is tried again each second.
 *
 * Return: the store, or NULL with errno.
 */
struct ohtd_store *ohtd_store_prepare(const struct ohtd_schema *schema, const char *path,
				      struct ohtd_clock *clock);

/* Does what is queued, ends the thread, closes the database. NULL is allowed. */
void ohtd_store_stop(struct ohtd_store *store);

/**
 * ohtd_store_submit() - have the store thread write something, without waiting
 * @store: the store
 * @job: filled in but for @next and @result; stays where it is until done() has been called
 *
 * Return: 0, or a negative errno, and then done() is not called: -EAGAIN when OHTD_STORE_QUEUE_MAX
 * others wait, -ETIMEDOUT when the store is hung, -ESHUTDOWN after the stop.
 */
int ohtd_store_submit(struct ohtd_store *store, struct ohtd_store_job *job);

/**
 * ohtd_store_call() - have the store thread write something and wait until it is on the disk
 * @store: the store
 * @work: as of a job
 * @arg: passed to @work
 *
 * Waits for the end of a group that has begun, also while the store is hung.
 *
 * Return: the result of the job, or as ohtd_store_submit().
 */
int ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);

/**
 * ohtd_store_read() - read, at once and beside the store thread
 * @store: the store
 * @work: runs on the caller's thread with a connection that cannot write
 * @arg: passed to @work
 *
 * It sees everything that has been answered. Goes on while nothing can be written.
 *
 * Return: the result of @work, or -ETIMEDOUT when all connections are in use for too long, -ENOENT when
 * there is no database yet.
 */
int ohtd_store_read(struct ohtd_store *store, ohtd_store_work work, void *arg);

/* Refuses the jobs that wait while the store is hung, and logs when that begins and ends. */
void ohtd_store_watch(struct ohtd_store *store);

/* Counts anew the files of the state folder that were set aside. */
void ohtd_store_count_damaged(struct ohtd_store *store);

/* How it does at this moment. */
void ohtd_store_look(struct ohtd_store *store, struct ohtd_store_view *view);

/* True if the present group has lasted too long at @now_ns (monotonic). */
bool ohtd_store_is_hung(const struct ohtd_store_view *view, uint64_t now_ns);

/* A word for a state, as programs read it. Never NULL. */
const char *ohtd_store_state_name(unsigned int state);

/* Changes can be kept at @now_ns (monotonic). */
bool ohtd_store_is_writable(const struct ohtd_store_view *view, uint64_t now_ns);

/* One word for the store: "ok", "stalled", "hung", "damaged", or why nothing can be written. */
const char *ohtd_store_word(const struct ohtd_store_view *view, uint64_t now_ns);

/* store_state.c: what is not well with it. */
extern const struct ohtd_daemon_part ohtd_store_part;

/* The state that a negative errno of a call speaks of; OHTD_STORE_OK: it is about the call itself. */
enum ohtd_store_state ohtd_store_state_of(int error);

#endif /* OHTD_STORE_STORE_H */
