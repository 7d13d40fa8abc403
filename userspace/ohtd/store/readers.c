// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/readers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "store/db.h"

/* A thread that waits, on its stack. */
struct waiter {
	struct waiter *next;
	pthread_cond_t given;
	struct ohtd_db *db;
};

struct ohtd_readers {
	pthread_mutex_t lock;
	pthread_condattr_t attr;
	unsigned int free;
	struct ohtd_db *dbs[OHTD_READERS];	/* the first @free of them; none is free while a thread waits */
	struct waiter *first, **last;
};

struct ohtd_readers *ohtd_readers_open(const struct ohtd_db *db)
{
	struct ohtd_readers *readers = calloc(1, sizeof(*readers));
	int r = 0;

	if (!readers)
		return NULL;
	readers->last = &readers->first;
	pthread_mutex_init(&readers->lock, NULL);
	pthread_condattr_init(&readers->attr);
	pthread_condattr_setclock(&readers->attr, CLOCK_MONOTONIC);
	while (!r && readers->free < OHTD_READERS) {
		r = ohtd_db_open_reader(&readers->dbs[readers->free], db);
		if (!r)
			readers->free++;
	}
	if (!r)
		return readers;
	ohtd_readers_close(readers);
	errno = -r;
	return NULL;
}

void ohtd_readers_close(struct ohtd_readers *readers)
{
	if (!readers)
		return;
	while (readers->free)
		ohtd_db_close(readers->dbs[--readers->free]);
	pthread_condattr_destroy(&readers->attr);
	pthread_mutex_destroy(&readers->lock);
	free(readers);
}

/* With the lock held. */
static void leave(struct ohtd_readers *readers, const struct waiter *waiter)
{
	struct waiter **link = &readers->first;

	while (*link != waiter)
		link = &(*link)->next;
	*link = waiter->next;
	if (!*link)
		readers->last = link;
}

/* With the lock held. NULL: in vain. */
static struct ohtd_db *wait_for_one(struct ohtd_readers *readers, unsigned int within_s)
{
	struct waiter waiter = { .next = NULL };
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += within_s;
	pthread_cond_init(&waiter.given, &readers->attr);
	*readers->last = &waiter;
	readers->last = &waiter.next;
	while (!waiter.db && !r)
		r = pthread_cond_timedwait(&waiter.given, &readers->lock, &until);
	if (!waiter.db)
		leave(readers, &waiter);
	pthread_cond_destroy(&waiter.given);
	return waiter.db;
}

struct ohtd_db *ohtd_readers_take(struct ohtd_readers *readers, unsigned int within_s)
{
	struct ohtd_db *db;

	pthread_mutex_lock(&readers->lock);
	db = readers->free ? readers->dbs[--readers->free] : wait_for_one(readers, within_s);
	pthread_mutex_unlock(&readers->lock);
	return db;
}

void ohtd_readers_give(struct ohtd_readers *readers, struct ohtd_db *db)
{
	struct waiter *waiter;

	pthread_mutex_lock(&readers->lock);
	waiter = readers->first;
	if (waiter) {
		leave(readers, waiter);
		waiter->db = db;
		pthread_cond_signal(&waiter->given);
	} else {
		readers->dbs[readers->free++] = db;
	}
	pthread_mutex_unlock(&readers->lock);
}
