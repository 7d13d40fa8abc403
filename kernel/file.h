/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what belongs to one open descriptor: its transfers, its places in journal and health.
 * Contexts: process; only the completion of a transfer comes from hard interrupt.
 * Locks:    file->mutex for everything but the list of completions, which has file->lock (raw).
 */
#ifndef OHT_FILE_H
#define OHT_FILE_H

#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "core.h"
#include "engine.h"
#include "journals.h"

struct oht_file {
	struct rcu_head rcu;		/* whoever wakes the listeners may still look at this one */
	struct oht_device *oht;		/* holds a reference */
	struct oht_listener listener;
	bool writable;			/* constant */

	struct mutex mutex;		/* serialises the calls of this descriptor */
	struct list_head calls;		/* struct oht_call: submitted and not yet reaped */
	unsigned int calls_count;
	struct list_head spare;		/* struct oht_call: not in use */
	unsigned int spare_count;
	struct oht_record record;	/* on its way to read() */
	u64 cookie;			/* of the newest transfer */
	u64 seq;			/* of the newest record given out */
	/* By journal: record wanted next; 0: not subscribed; read without the mutex too. */
	u64 next[OHT_JOURNALS];

	raw_spinlock_t lock;		/* engine.lock -> this */
	struct list_head done;		/* struct oht_call: completed and not yet reaped */
	bool closing;			/* under @lock: completions wake nobody any more */
	struct irq_work wake;		/* completion -> listener */
};

/* One transfer and the descriptor that it belongs to. */
struct oht_call {
	struct oht_xfer xfer;
	struct oht_file *file;
	struct list_head node;		/* in oht_file.calls or spare; file->mutex */
	struct list_head done;		/* in oht_file.done; file->lock */
	u64 cookie;
	u64 done_ns;
};

/* Returns the file with a reference to @oht, or ERR_PTR(). */
struct oht_file *oht_file_create(struct oht_device *oht, bool writable);

/* Cancels what is under way and frees all. The caller has dealt with the role of controller. */
void oht_file_destroy(struct oht_file *file);

/**
 * oht_file_get_call() - a transfer to be filled in, all zero
 * @file: descriptor
 *
 * Reuses a transfer that was reaped before: so a descriptor allocates only when it has more
 * transfers under way than ever before.
 *
 * Context: process, may sleep. Takes file->mutex.
 * Return: for oht_file_submit() or oht_file_put_call(); NULL without memory.
 */
struct oht_call *oht_file_get_call(struct oht_file *file);

/* Gives back what has not been submitted, NULL too. Process. Takes file->mutex. */
void oht_file_put_call(struct oht_file *file, struct oht_call *call);

/* Names a transfer that is to be submitted; returns its cookie. Process. Takes file->mutex. */
u64 oht_file_reserve(struct oht_file *file, struct oht_call *call);

/**
 * oht_file_submit() - hand a transfer to the engine
 * @file: descriptor
 * @call: of oht_file_get_call(), with its request filled in and its cookie reserved; the file's
 *	if this returns 0
 *
 * Context: process, oht->life read. Takes file->mutex.
 * Return: 0; -EAGAIN (OHT_TRANSFERS_MAX under way); what oht_engine_submit() says.
 */
int oht_file_submit(struct oht_file *file, struct oht_call *call);

/* 0, or -ENOENT: no such transfer, or completed. Process context, oht->life read. */
int oht_file_cancel(struct oht_file *file, u64 cookie);

/*
 * Records made from now on come by read(), those not in @mask (OHT_SUBSCRIBE_*) no more; safety
 * records from number @safety_from on, 0: see struct oht_subscribe. 0, or -EINVAL for a number that
 * is not there. Process context, oht->life read.
 */
int oht_file_subscribe(struct oht_file *file, u32 mask, u64 safety_from);

/* Mask of EPOLLIN, EPOLLRDNORM, EPOLLPRI. Process context, no lock needed. */
__poll_t oht_file_ready(struct oht_file *file);

/**
 * oht_file_peek() - the oldest record that waits
 * @file: descriptor, file->mutex held
 * @record: out, cleared first
 *
 * Return: true if there is one; it stays until oht_file_reap() is called with it.
 */
bool oht_file_peek(struct oht_file *file, struct oht_record *record);
void oht_file_reap(struct oht_file *file, const struct oht_record *record);

#endif /* OHT_FILE_H */
