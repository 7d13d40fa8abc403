// SPDX-License-Identifier: GPL-2.0-or-later
#include "main/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "main/thread.h"

#define STACK_BYTES	(256 * 1024)
#define THREADS_MAX	8

struct ohtd_workers {
	pthread_t threads[THREADS_MAX];
	unsigned int count;
	pthread_mutex_t lock;		/* everything below */
	pthread_cond_t work_there;
	struct ohtd_work *first, **last;
	unsigned int waiting, waiting_max;
	bool stopping;
};

/* Takes the next piece; with @dropped set when it must not be done any more. */
static struct ohtd_work *next_work(struct ohtd_workers *workers, bool *dropped)
{
	struct ohtd_work *work;

	pthread_mutex_lock(&workers->lock);
	while (!workers->first && !workers->stopping)
		pthread_cond_wait(&workers->work_there, &workers->lock);
	work = workers->first;
	if (work) {
		workers->first = work->next;
		if (!workers->first)
			workers->last = &workers->first;
		workers->waiting--;
	}
	*dropped = workers->stopping;
	pthread_mutex_unlock(&workers->lock);
	return work;
}

static void *worker_main(void *arg)
{
	struct ohtd_work *work;
	bool dropped;

	while ((work = next_work(arg, &dropped))) {
		ohtd_log_set_request(work->request);
		work->run(work, dropped);
		ohtd_log_set_request(NULL);
	}
	return NULL;
}

static int start_threads(struct ohtd_workers *workers, unsigned int threads)
{
	const struct ohtd_thread what = { "ohtd-worker", STACK_BYTES, worker_main };
	int r = 0;

	while (!r && workers->count < threads) {
		r = ohtd_thread_start(&workers->threads[workers->count], &what, workers);
		if (!r)
			workers->count++;
	}
	return r;
}

struct ohtd_workers *ohtd_workers_start(unsigned int threads, unsigned int queue_max)
{
	struct ohtd_workers *workers = calloc(1, sizeof(*workers));
	int r;

	if (!workers)
		return NULL;
	workers->last = &workers->first;
	workers->waiting_max = queue_max;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->work_there, NULL);
	r = start_threads(workers, threads < THREADS_MAX ? threads : THREADS_MAX);
	if (r) {
		ohtd_workers_stop(workers);
		errno = r;
		return NULL;
	}
	return workers;
}

void ohtd_workers_stop(struct ohtd_workers *workers)
{
	if (!workers)
		return;
	pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	pthread_cond_broadcast(&workers->work_there);
	pthread_mutex_unlock(&workers->lock);
	while (workers->count)
		pthread_join(workers->threads[--workers->count], NULL);
	pthread_cond_destroy(&workers->work_there);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}

int ohtd_workers_submit(struct ohtd_workers *workers, struct ohtd_work *work)
{
	int r = 0;

	work->next = NULL;
	strcpy(work->request, ohtd_log_request());
	pthread_mutex_lock(&workers->lock);
	if (workers->stopping) {
		r = -ESHUTDOWN;
	} else if (workers->waiting == workers->waiting_max) {
		r = -EAGAIN;
	} else {
		*workers->last = work;
		workers->last = &work->next;
		workers->waiting++;
		pthread_cond_signal(&workers->work_there);
	}
	pthread_mutex_unlock(&workers->lock);
	return r;
}
