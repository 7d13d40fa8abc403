/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     copying the write-ahead log into the database: a thread with a connection of its own.
 * Contexts: open and close: main thread. The rest: store thread, between two transactions.
 * Locks:    one mutex, held for a few instructions only.
 *
 * Copying goes on beside the writing. But the log only begins anew when all of it has been copied
 * at a moment at which nobody writes, so for the last few pages of a long one the writer waits. It
 * also begins anew only when nobody reads an older state: then it grows, up to a bound.
 */
#ifndef OHTD_STORE_CHECKPOINT_H
#define OHTD_STORE_CHECKPOINT_H

struct ohtd_checkpoint;
struct ohtd_db;

/**
 * ohtd_checkpoint_open() - start the thread
 * @db: the connection that writes; outlives the result
 *
 * Return: NULL with errno.
 */
struct ohtd_checkpoint *ohtd_checkpoint_open(struct ohtd_db *db);

/* Ends the thread after what it is copying. NULL is allowed. */
void ohtd_checkpoint_close(struct ohtd_checkpoint *checkpoint);

/**
 * ohtd_checkpoint_before() - before a transaction: is there room for it in the log
 * @checkpoint: of the store
 *
 * Waits for what is being copied and copies the rest, but only when the log is at its bound.
 *
 * Return: 0, -EBUSY when a reader keeps the log from beginning anew, or what copying failed with.
 */
int ohtd_checkpoint_before(struct ohtd_checkpoint *checkpoint);

/**
 * ohtd_checkpoint_after() - after a transaction, when it has been answered: copy if it is time
 * @checkpoint: of the store
 *
 * Return: what copying has last failed with, 0 since it last succeeded.
 */
int ohtd_checkpoint_after(struct ohtd_checkpoint *checkpoint);

/* The error of ohtd_checkpoint_after(), without doing anything. */
int ohtd_checkpoint_error(struct ohtd_checkpoint *checkpoint);

/* Pages of the log that are not in the file yet; at least so many while they are being copied. */
int ohtd_checkpoint_rest(struct ohtd_checkpoint *checkpoint);

/* Copies whatever there is, now; a full disk may have room then. Returns as ohtd_checkpoint_before(). */
int ohtd_checkpoint_now(struct ohtd_checkpoint *checkpoint);

#endif /* OHTD_STORE_CHECKPOINT_H */
