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

/* Where a thread notes for which owner it works. */
struct thread {
	struct ohtd_workers *workers;
	pthread_t thread;
	bool works;
	bool behind;	/* what it does did not go before the other */
	uint64_t owner;
};

struct ohtd_workers {
	struct thread threads[THREADS_MAX];
	unsigned int count;
	struct ohtd_workers_kind kind;
	pthread_mutex_t lock;		/* everything below, and @works and @owner of the threads */
	pthread_cond_t work_there, ready_one;
	unsigned int ready;
	struct queue queue, before;
	struct ohtd_work_hold *holds;
	uint64_t turn;			/* of the work that was begun last */
	bool stopping;
};

/* ---- shares; with the lock held ---- */

static unsigned int waiting_of(const struct ohtd_workers *workers, uint64_t owner)
{
	unsigned int waiting = 0;

	for (const struct ohtd_work *work = workers->queue.first; work; work = work->next)
		waiting += work->owner == owner;
	return waiting;
}

static bool may_begin(const struct ohtd_workers *workers, uint64_t owner)
{
	unsigned int works = 0, holds = 0;

	if (!workers->kind.threads_each || workers->stopping)
		return true;
	for (unsigned int i = 0; i < workers->count; i++)
		works += workers->threads[i].works && workers->threads[i].owner == owner;
	for (const struct ohtd_work_hold *hold = workers->holds; hold; hold = hold->next)
		holds += hold->owner == owner;
	return works < workers->kind.threads_each && holds < workers->kind.holds_each;
}

/* Do as many threads as may do work that goes behind the other? */
static bool is_full_behind(const struct ohtd_workers *workers)
{
	unsigned int behind = 0;

	for (unsigned int i = 0; i < workers->count; i++)
		behind += workers->threads[i].works && workers->threads[i].behind;
	return workers->kind.threads_behind && behind >= workers->kind.threads_behind && !workers->stopping;
}

/* ---- the queues; with the lock held ---- */

static struct ohtd_work *take(struct queue *queue, struct ohtd_work **link)
{
	struct ohtd_work *work = *link;

	if (!work)
		return NULL;
	*link = work->next;
	if (!*link)
		queue->last = link;
	queue->waiting--;
	return work;
}

/* The earliest turn among the works that may begin. */
static struct ohtd_work *take_fair(struct ohtd_workers *workers)
{
	struct ohtd_work **found = NULL, *work;

	for (struct ohtd_work **link = &workers->queue.first; *link; link = &(*link)->next)
		if ((!found || (*link)->turn < (*found)->turn) && may_begin(workers, (*link)->owner))
			found = link;
	work = found ? take(&workers->queue, found) : NULL;
	if (work && work->turn > workers->turn)
		workers->turn = work->turn;
	return work;
}

static struct ohtd_work *take_one(struct ohtd_workers *workers, bool *behind)
{
	struct ohtd_work *work = take(&workers->before, &workers->before.first);

	*behind = !work;
	return work || is_full_behind(workers) ? work : take_fair(workers);
}

/* ---- the threads ---- */

/* Ends the work that @thread has done. NULL: the end. */
static struct ohtd_work *next_work(struct thread *thread)
{
	struct ohtd_workers *workers = thread->workers;
	struct ohtd_work *work = NULL;

	pthread_mutex_lock(&workers->lock);
	thread->works = false;
	while (!workers->stopping && !(work = take_one(workers, &thread->behind)))
		pthread_cond_wait(&workers->work_there, &workers->lock);
	if (work) {
		thread->works = true;
		thread->owner = work->owner;
		/* The end of the work before may let another work of its owner begin. */
		if (workers->queue.first)
			pthread_cond_signal(&workers->work_there);
	}
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
	struct thread *thread = arg;
	struct ohtd_workers *workers = thread->workers;
	struct ohtd_work *work;

	/* Of this thread alone, on Linux; a pool that cannot step back works all the same. */
	if (workers->kind.nice && setpriority(PRIO_PROCESS, 0, workers->kind.nice))
		ohtd_log(OHTD_LOG_DEBUG, "base", "no_nice", "%s", strerror(errno));
	pthread_mutex_lock(&workers->lock);
	workers->ready++;
	pthread_cond_signal(&workers->ready_one);
	pthread_mutex_unlock(&workers->lock);
	while ((work = next_work(thread)))
		run_work(work, false);
	return NULL;
}

static int start_threads(struct ohtd_workers *workers)
{
	const struct ohtd_thread what = { workers->kind.name, STACK_BYTES, worker_main };
	unsigned int threads = workers->kind.threads < THREADS_MAX ? workers->kind.threads : THREADS_MAX, started = 0;
	int r = 0;

	while (!r && started < threads) {
		struct thread *thread = &workers->threads[started];

		thread->workers = workers;
		r = ohtd_thread_start(&thread->thread, &what, thread);
		if (!r)
			started++;
	}
	/* Lowering its priority later is a system call that the daemon's filter kills for. */
	pthread_mutex_lock(&workers->lock);
	workers->count = started;
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
	workers->kind = *kind;
	init_queue(&workers->queue, kind->queue_max);
	init_queue(&workers->before, kind->first_max);
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->work_there, NULL);
	pthread_cond_init(&workers->ready_one, NULL);
	r = start_threads(workers);
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
	bool behind;

	do {
		pthread_mutex_lock(&workers->lock);
		workers->stopping = true;
		pthread_cond_broadcast(&workers->work_there);
		work = take_one(workers, &behind);
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
		pthread_join(workers->threads[--workers->count].thread, NULL);
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

/* With the lock held: what keeps @work out of the queue. */
static int refuse(const struct ohtd_workers *workers, const struct queue *queue, unsigned int of_owner)
{
	const bool shares = workers->kind.threads_each && queue == &workers->queue;

	if (workers->stopping)
		return -ESHUTDOWN;
	if (shares && of_owner >= workers->kind.waiting_each)
		return -EDQUOT;
	return queue->waiting >= queue->waiting_max && (!shares || of_owner) ? -EAGAIN : 0;
}

static int submit(struct ohtd_workers *workers, struct queue *queue, struct ohtd_work *work)
{
	unsigned int of_owner;
	int r;

	work->next = NULL;
	strcpy(work->request, ohtd_log_request());
	pthread_mutex_lock(&workers->lock);
	of_owner = waiting_of(workers, work->owner);
	r = refuse(workers, queue, of_owner);
	if (!r) {
		work->turn = workers->turn + of_owner;
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

/* ---- results that stay in memory ---- */

void ohtd_workers_hold(struct ohtd_workers *workers, struct ohtd_work_hold *hold, uint64_t owner)
{
	hold->owner = owner;
	pthread_mutex_lock(&workers->lock);
	hold->next = workers->holds;
	workers->holds = hold;
	pthread_mutex_unlock(&workers->lock);
}

void ohtd_workers_release(struct ohtd_workers *workers, struct ohtd_work_hold *hold)
{
	struct ohtd_work_hold **link = &workers->holds;

	pthread_mutex_lock(&workers->lock);
	while (*link != hold)
		link = &(*link)->next;
	*link = hold->next;
	pthread_cond_broadcast(&workers->work_there);
	pthread_mutex_unlock(&workers->lock);
}
