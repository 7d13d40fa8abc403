/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the way of one batch of rows to the store, for a caller that must not wait: is it away, kept or refused.
 * Contexts: the owner's thread, or its lock; the end of a batch comes on a thread of the store.
 * Locks:    none; where the batch is, is one atomic.
 *
 * The owner gathers rows, sends a batch while the outbox is free, and keeps the rows until ohtd_outbox_take() says
 * that they are on the disk. A refused batch is the owner's again; the outbox is free again after a second.
 */
#ifndef OHTD_STORE_OUTBOX_H
#define OHTD_STORE_OUTBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct ohtd_clock;

enum ohtd_outbox_news {
	OHTD_OUTBOX_NOTHING,	/* no batch has come back since the last question */
	OHTD_OUTBOX_KEPT,	/* the batch is on the disk */
	OHTD_OUTBOX_REFUSED,	/* nothing of it was written; struct ohtd_outbox::error says why */
};

/**
 * struct ohtd_outbox_words - lines of the log when refusals begin and end
 * @room: room of the log
 * @refused: code of the line that they begin
 * @refused_text: its text
 * @kept: code of the line that they have ended
 * @kept_text: its text
 */
struct ohtd_outbox_words {
	const char *room;
	const char *refused;
	const char *refused_text;
	const char *kept;
	const char *kept_text;
};

/**
 * struct ohtd_outbox - set up by ohtd_outbox_init(); lies still until the store has ended
 * @error: negative errno of the newest refusal
 * @job, @place, @again_ns, @refused: private
 */
struct ohtd_outbox {
	struct ohtd_store *store;
	struct ohtd_clock *clock;
	const struct ohtd_outbox_words *words;
	void (*wake)(struct ohtd_outbox *outbox);
	int error;
	struct ohtd_store_job job;
	_Atomic unsigned int place;
	uint64_t again_ns;
	bool refused;
};

/**
 * ohtd_outbox_init() - an outbox that is free
 * @outbox: memory of the owner
 * @store: where batches go
 * @clock: counts the second behind a refusal
 * @words: told in the log; NULL: the owner tells
 * @wake: a batch is back; on a thread of the store or the main thread, must not wait. May be NULL
 */
void ohtd_outbox_init(struct ohtd_outbox *outbox, struct ohtd_store *store, struct ohtd_clock *clock,
		      const struct ohtd_outbox_words *words, void (*wake)(struct ohtd_outbox *outbox));

/* No batch is away, and the last refusal is a second old. */
bool ohtd_outbox_is_free(const struct ohtd_outbox *outbox);

/* A batch is with the store, or is back and ohtd_outbox_take() has not been asked since. */
bool ohtd_outbox_is_away(const struct ohtd_outbox *outbox);

/**
 * ohtd_outbox_send() - hand a batch to the store, without waiting
 * @outbox: is free, and ohtd_outbox_take() has been asked
 * @work: as of a job of the store
 * @arg: passed to @work; the store's until the batch is back
 *
 * A store that does not take the job is a refusal as any other.
 */
void ohtd_outbox_send(struct ohtd_outbox *outbox, ohtd_store_work work, void *arg);

/* The outcome of the batch that was sent; each is told once. */
enum ohtd_outbox_news ohtd_outbox_take(struct ohtd_outbox *outbox);

/**
 * ohtd_outbox_write() - at the end: write a batch and wait for it, behind one that is away
 * @outbox: whatever its state
 * @work: as of a job; NULL: wait only
 * @arg: passed to @work
 *
 * The news of the batch is left for ohtd_outbox_take().
 *
 * Return: 0, or a negative errno; a batch that was away may then be away for ever.
 */
int ohtd_outbox_write(struct ohtd_outbox *outbox, ohtd_store_work work, void *arg);

#endif /* OHTD_STORE_OUTBOX_H */
