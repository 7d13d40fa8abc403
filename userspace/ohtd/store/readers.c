// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/readers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "store/db.h"

struct ohtd_readers {
	pthread_mutex_t lock;
	pthread_cond_t given;
	unsigned int free;
	struct ohtd_db *dbs[OHTD_READERS];	/* the first @free of them */
};

struct ohtd_readers *ohtd_readers_open(const struct ohtd_db *db)
{
	struct ohtd_readers *readers = calloc(1, sizeof(*readers));
	pthread_condattr_t attr;
	int r = 0;

	if (!readers)
		return NULL;
	pthread_mutex_init(&readers->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&readers->given, &attr);
	pthread_condattr_destroy(&attr);
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
	pthread_cond_destroy(&readers->given);
	pthread_mutex_destroy(&readers->lock);
	free(readers);
}

struct ohtd_db *ohtd_readers_take(struct ohtd_readers *readers, unsigned int within_s)
{
	struct ohtd_db *db = NULL;
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += within_s;
	pthread_mutex_lock(&readers->lock);
	while (!readers->free && !r)
		r = pthread_cond_timedwait(&readers->given, &readers->lock, &until);
	if (readers->free)
		db = readers->dbs[--readers->free];
	pthread_mutex_unlock(&readers->lock);
	return db;
}

void ohtd_readers_give(struct ohtd_readers *readers, struct ohtd_db *db)
{
	pthread_mutex_lock(&readers->lock);
	readers->dbs[readers->free++] = db;
	pthread_cond_signal(&readers->given);
	pthread_mutex_unlock(&readers->lock);
}
