// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/checkpoint.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/thread.h"
#include "store/sql.h"

#define STACK_BYTES	(256 * 1024)

struct ohtd_checkpoint {
	struct ohtd_db *writer;		/* the store thread's */
	struct ohtd_db *own;		/* this thread's */
	pthread_t thread;
	pthread_mutex_t lock;		/* what follows */
	pthread_cond_t changed;
	bool wanted, working, stopping;
	int copied;			/* pages of the present log that are in the file */
	int error;

	int wait_again;			/* store thread: at that length the rest is tried again */
};

/* ---- the thread ---- */

static void note(struct ohtd_checkpoint *checkpoint, int copied)
{
	checkpoint->error = copied < 0 ? copied : 0;
	if (copied >= 0)
		checkpoint->copied = copied;
}

static void *checkpoint_main(void *arg)
{
	struct ohtd_checkpoint *checkpoint = arg;
	int copied;

	pthread_mutex_lock(&checkpoint->lock);
	while (!checkpoint->stopping) {
		if (!checkpoint->wanted) {
			pthread_cond_wait(&checkpoint->changed, &checkpoint->lock);
			continue;
		}
		checkpoint->wanted = false;
		checkpoint->working = true;
		pthread_mutex_unlock(&checkpoint->lock);
		copied = ohtd_db_checkpoint(checkpoint->own);
		pthread_mutex_lock(&checkpoint->lock);
		checkpoint->working = false;
		note(checkpoint, copied);
		pthread_cond_broadcast(&checkpoint->changed);
	}
	pthread_mutex_unlock(&checkpoint->lock);
	return NULL;
}

static void release(struct ohtd_checkpoint *checkpoint)
{
	ohtd_db_close(checkpoint->own);
	pthread_cond_destroy(&checkpoint->changed);
	pthread_mutex_destroy(&checkpoint->lock);
	free(checkpoint);
}

struct ohtd_checkpoint *ohtd_checkpoint_open(struct ohtd_db *db)
{
	const struct ohtd_thread what = { "ohtd-checkpoint", STACK_BYTES, checkpoint_main };
	struct ohtd_checkpoint *checkpoint = calloc(1, sizeof(*checkpoint));
	int r;

	if (!checkpoint)
		return NULL;
	checkpoint->writer = db;
	pthread_mutex_init(&checkpoint->lock, NULL);
	pthread_cond_init(&checkpoint->changed, NULL);
	r = -ohtd_db_open_copier(&checkpoint->own, db);
	if (!r)
		r = ohtd_thread_start(&checkpoint->thread, &what, checkpoint);
	if (!r)
		return checkpoint;
	release(checkpoint);
	errno = r;
	return NULL;
}

void ohtd_checkpoint_close(struct ohtd_checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	pthread_mutex_lock(&checkpoint->lock);
	checkpoint->stopping = true;
	pthread_cond_broadcast(&checkpoint->changed);
	pthread_mutex_unlock(&checkpoint->lock);
	pthread_join(checkpoint->thread, NULL);
	release(checkpoint);
}

/* ---- on the store thread ---- */

/* Since nobody writes meanwhile, this is the whole rest, unless a reader needs an older state. */
int ohtd_checkpoint_now(struct ohtd_checkpoint *checkpoint)
{
	int pages = ohtd_db_log_pages(checkpoint->writer), copied;

	pthread_mutex_lock(&checkpoint->lock);
	while (checkpoint->working || checkpoint->wanted)
		pthread_cond_wait(&checkpoint->changed, &checkpoint->lock);
	pthread_mutex_unlock(&checkpoint->lock);
	copied = ohtd_db_checkpoint(checkpoint->writer);
	pthread_mutex_lock(&checkpoint->lock);
	note(checkpoint, copied);
	pthread_mutex_unlock(&checkpoint->lock);
	if (copied < 0)
		return copied;
	return copied < pages && pages >= checkpoint->writer->log.max ? -EBUSY : 0;
}

int ohtd_checkpoint_before(struct ohtd_checkpoint *checkpoint)
{
	if (ohtd_db_log_pages(checkpoint->writer) < checkpoint->writer->log.max)
		return 0;
	return ohtd_checkpoint_now(checkpoint);
}

int ohtd_checkpoint_error(struct ohtd_checkpoint *checkpoint)
{
	int error;

	pthread_mutex_lock(&checkpoint->lock);
	error = checkpoint->error;
	pthread_mutex_unlock(&checkpoint->lock);
	return error;
}

/* Pages that are still to be copied; @busy: filled: that is being done. */
static int count_rest(struct ohtd_checkpoint *checkpoint, int pages, bool *busy)
{
	int rest;

	pthread_mutex_lock(&checkpoint->lock);
	/* It has begun anew since then. */
	if (pages < checkpoint->copied)
		checkpoint->copied = 0;
	rest = pages - checkpoint->copied;
	*busy = checkpoint->working || checkpoint->wanted;
	pthread_mutex_unlock(&checkpoint->lock);
	return rest;
}

int ohtd_checkpoint_rest(struct ohtd_checkpoint *checkpoint)
{
	bool busy;

	return count_rest(checkpoint, ohtd_db_log_pages(checkpoint->writer), &busy);
}

static void begin(struct ohtd_checkpoint *checkpoint)
{
	pthread_mutex_lock(&checkpoint->lock);
	checkpoint->wanted = true;
	pthread_cond_broadcast(&checkpoint->changed);
	pthread_mutex_unlock(&checkpoint->lock);
}

int ohtd_checkpoint_after(struct ohtd_checkpoint *checkpoint)
{
	const struct ohtd_log_bounds *log = &checkpoint->writer->log;
	int pages = ohtd_db_log_pages(checkpoint->writer);
	bool busy;
	int rest = count_rest(checkpoint, pages, &busy);

	if (pages < log->wait)
		checkpoint->wait_again = log->wait;
	if (busy || (pages < checkpoint->wait_again && rest < log->due))
		return ohtd_checkpoint_error(checkpoint);
	if (pages < checkpoint->wait_again || rest > log->rest) {
		begin(checkpoint);
		return ohtd_checkpoint_error(checkpoint);
	}
	/* A reader may be in the way: it is not tried after every transaction. */
	checkpoint->wait_again = pages + log->due;
	ohtd_checkpoint_now(checkpoint);
	return ohtd_checkpoint_error(checkpoint);
}
