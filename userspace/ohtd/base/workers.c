// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/thread.h"

#define STACK_BYTES	(256 * 1024)
#define THREADS_MAX	8

struct queue {
	struct ohtd_work *first, **last;
	unsigned int waiting, waiting_max;
};

struct ohtd_workers {
	pthread_t threads[THREADS_MAX];
	unsigned int count;
	int nice;
	pthread_mutex_t lock;		/* everything below */
	pthread_cond_t work_there, ready_one;
	unsigned int ready;
	struct queue queue, before;
	bool stopping;
};

static struct ohtd_work *take(struct queue *queue)
{
	struct ohtd_work *work = queue->first;

	if (!work)
		return NULL;
	queue->first = work->next;
	if (!queue->first)
		queue->last = &queue->first;
	queue->waiting--;
	return work;
}

static struct ohtd_work *take_one(struct ohtd_workers *workers)
{
	struct ohtd_work *work = take(&workers->before);

	return work ? work : take(&workers->queue);
}

/* NULL: the end. */
static struct ohtd_work *next_work(struct ohtd_workers *workers)
{
	struct ohtd_work *work = NULL;

	pthread_mutex_lock(&workers->lock);
	while (!workers->stopping && !(work = take_one(workers)))
		pthread_cond_wait(&workers->work_there, &workers->lock);
	pthread_mutex_unlock(&workers->lock);
	return work;
}

static void run_work(struct ohtd_work *work, bool dropped)
{
	ohtd_log_set_request(work->request);
	work->run(work, dropped);
	ohtd_log_set_request(NULL);
}

static void *worker_main(void *arg)
{
	struct ohtd_workers *workers = arg;
	struct ohtd_work *work;

	/* Of this thread alone, on Linux; a pool that cannot step back works all the same. */
	if (workers->nice && setpriority(PRIO_PROCESS, 0, workers->nice))
		ohtd_log(OHTD_LOG_DEBUG, "base", "no_nice", "%s", strerror(errno));
	pthread_mutex_lock(&workers->lock);
	workers->ready++;
	pthread_cond_signal(&workers->ready_one);
	pthread_mutex_unlock(&workers->lock);
	while ((work = next_work(workers)))
		run_work(work, false);
	return NULL;
}

static int start_threads(struct ohtd_workers *workers, const struct ohtd_workers_kind *kind)
{
	const struct ohtd_thread what = { kind->name, STACK_BYTES, worker_main };
	unsigned int threads = kind->threads < THREADS_MAX ? kind->threads : THREADS_MAX;
	int r = 0;

	while (!r && workers->count < threads) {
		r = ohtd_thread_start(&workers->threads[workers->count], &what, workers);
		if (!r)
			workers->count++;
	}
	/* Lowering its priority later is a system call that the daemon's filter kills for. */
	pthread_mutex_lock(&workers->lock);
	while (workers->ready < workers->count)
		pthread_cond_wait(&workers->ready_one, &workers->lock);
	pthread_mutex_unlock(&workers->lock);
	return r;
}

static void init_queue(struct queue *queue, unsigned int waiting_max)
{
	queue->last = &queue->first;
	queue->waiting_max = waiting_max;
}

struct ohtd_workers *ohtd_workers_start(const struct ohtd_workers_kind *kind)
{
	struct ohtd_workers *workers = calloc(1, sizeof(*workers));
	int r;

	if (!workers)
		return NULL;
	workers->nice = kind->nice;
	init_queue(&workers->queue, kind->queue_max);
	init_queue(&workers->before, kind->first_max);
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->work_there, NULL);
	pthread_cond_init(&workers->ready_one, NULL);
	r = start_threads(workers, kind);
	if (r) {
		ohtd_workers_stop(workers);
		ohtd_workers_destroy(workers);
		errno = r;
		return NULL;
	}
	return workers;
}

void ohtd_workers_close(struct ohtd_workers *workers)
{
	struct ohtd_work *work;

	do {
		pthread_mutex_lock(&workers->lock);
		workers->stopping = true;
		pthread_cond_broadcast(&workers->work_there);
		work = take_one(workers);
		pthread_mutex_unlock(&workers->lock);
		if (work)
			run_work(work, true);
	} while (work);
}

void ohtd_workers_stop(struct ohtd_workers *workers)
{
	if (!workers)
		return;
	ohtd_workers_close(workers);
	while (workers->count)
		pthread_join(workers->threads[--workers->count], NULL);
}

void ohtd_workers_destroy(struct ohtd_workers *workers)
{
	if (!workers)
		return;
	pthread_cond_destroy(&workers->ready_one);
	pthread_cond_destroy(&workers->work_there);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}

static int submit(struct ohtd_workers *workers, struct queue *queue, struct ohtd_work *work)
{
	int r = 0;

	work->next = NULL;
	strcpy(work->request, ohtd_log_request());
	pthread_mutex_lock(&workers->lock);
	if (workers->stopping) {
		r = -ESHUTDOWN;
	} else if (queue->waiting == queue->waiting_max) {
		r = -EAGAIN;
	} else {
		*queue->last = work;
		queue->last = &work->next;
		queue->waiting++;
		pthread_cond_signal(&workers->work_there);
	}
	pthread_mutex_unlock(&workers->lock);
	return r;
}

int ohtd_workers_submit(struct ohtd_workers *workers, struct ohtd_work *work)
{
	return submit(workers, &workers->queue, work);
}

int ohtd_workers_submit_first(struct ohtd_workers *workers, struct ohtd_work *work)
{
	return submit(workers, &workers->before, work);
}
