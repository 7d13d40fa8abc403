// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs/jobs.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/workers.h"

#define NICE	19
/* Ids of earlier runs are seconds of their starts and just above: an id older by as much was never given. */
#define PAST_S	(10 * 366 * 86400ll)

/**
 * struct ohtd_job - one of the list
 * @work: its place in the queue
 * @jobs: whose
 * @order: what is to be done; its @by is that of @view
 * @view: as it is told
 * @used: it is one
 * @cancelled: it is to end
 * @committed: it cannot be cancelled any more
 */
struct ohtd_job {
	struct ohtd_work work;
	struct ohtd_jobs *jobs;
	struct ohtd_job_order order;
	struct ohtd_job_view view;
	bool used, cancelled, committed;
};

struct ohtd_jobs {
	struct ohtd_clock *clock;
	struct ohtd_workers *workers;
	pthread_mutex_t lock;		/* what follows */
	bool stopping;
	int64_t before;			/* no id of this run is as small */
	int64_t newest;
	struct ohtd_job list[OHTD_JOBS_MAX];
};

static const char *const kinds[OHTD_JOB_KINDS] = { "backup", "verify", "restore" };

static bool has_ended(const struct ohtd_job *job)
{
	return job->view.state >= OHTD_JOB_DONE;
}

/* ---- on the thread ---- */

static bool begin(struct ohtd_job *job, bool dropped)
{
	bool runs;

	pthread_mutex_lock(&job->jobs->lock);
	runs = !dropped && !job->cancelled && !job->jobs->stopping;
	if (runs) {
		job->view.state = OHTD_JOB_RUNNING;
		job->view.begun_ns = ohtd_clock_wall_ns(job->jobs->clock);
	}
	pthread_mutex_unlock(&job->jobs->lock);
	return runs;
}

static void end(struct ohtd_job *job, int result)
{
	struct ohtd_job_view *view = &job->view, told;

	pthread_mutex_lock(&job->jobs->lock);
	view->ended_ns = ohtd_clock_wall_ns(job->jobs->clock);
	if (result == -ECANCELED)
		view->state = OHTD_JOB_CANCELLED;
	else
		view->state = result ? OHTD_JOB_FAILED : OHTD_JOB_DONE;
	if (!result)
		view->percent = 100;
	if (result == -ECANCELED)
		snprintf(view->text, sizeof(view->text), "cancelled; nothing was changed");
	else if (result && !*view->text)
		snprintf(view->text, sizeof(view->text), "%s", strerror(-result));
	told = *view;
	pthread_mutex_unlock(&job->jobs->lock);
	ohtd_log(told.state == OHTD_JOB_FAILED ? OHTD_LOG_ERROR : OHTD_LOG_NOTICE, "jobs", kinds[told.kind],
		 "job %" PRId64 " by %s: %s", told.id, told.by, told.text);
}

static void run_job(struct ohtd_work *work, bool dropped)
{
	struct ohtd_job *job = (struct ohtd_job *)work;

	end(job, begin(job, dropped) ? job->order.run(job, &job->order) : -ECANCELED);
}

bool ohtd_job_goes_on(struct ohtd_job *job)
{
	bool goes_on;

	pthread_mutex_lock(&job->jobs->lock);
	goes_on = !job->cancelled && !job->jobs->stopping;
	pthread_mutex_unlock(&job->jobs->lock);
	return goes_on;
}

bool ohtd_job_commits(struct ohtd_job *job)
{
	pthread_mutex_lock(&job->jobs->lock);
	job->committed = !job->cancelled && !job->jobs->stopping;
	pthread_mutex_unlock(&job->jobs->lock);
	return job->committed;
}

void ohtd_job_reach(struct ohtd_job *job, unsigned int percent)
{
	pthread_mutex_lock(&job->jobs->lock);
	job->view.percent = percent;
	pthread_mutex_unlock(&job->jobs->lock);
}

void ohtd_job_is_about(struct ohtd_job *job, int64_t subject)
{
	pthread_mutex_lock(&job->jobs->lock);
	job->view.subject = subject;
	pthread_mutex_unlock(&job->jobs->lock);
}

void ohtd_job_say(struct ohtd_job *job, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	pthread_mutex_lock(&job->jobs->lock);
	vsnprintf(job->view.text, sizeof(job->view.text), format, arguments);
	pthread_mutex_unlock(&job->jobs->lock);
	va_end(arguments);
}

/* ---- for those who ask ---- */

/* A free place, or that of the oldest which has ended; NULL: none. */
static struct ohtd_job *find_place(struct ohtd_jobs *jobs)
{
	struct ohtd_job *oldest = NULL;

	for (size_t i = 0; i < OHTD_JOBS_MAX; i++) {
		struct ohtd_job *job = &jobs->list[i];

		if (!job->used)
			return job;
		if (has_ended(job) && (!oldest || job->view.id < oldest->view.id))
			oldest = job;
	}
	return oldest;
}

static bool is_under_way(const struct ohtd_jobs *jobs, unsigned int kind)
{
	for (size_t i = 0; i < OHTD_JOBS_MAX; i++)
		if (jobs->list[i].used && jobs->list[i].view.kind == kind && !has_ended(&jobs->list[i]))
			return true;
	return false;
}

static int64_t submit(struct ohtd_jobs *jobs, const struct ohtd_job_order *order)
{
	struct ohtd_job *job = find_place(jobs);
	int r;

	if (jobs->stopping)
		return -ESHUTDOWN;
	if (is_under_way(jobs, order->kind))
		return -EBUSY;
	if (!job)
		return -EAGAIN;
	*job = (struct ohtd_job){
		.work.run = run_job, .jobs = jobs, .order = *order, .used = true,
		.view = { .id = jobs->newest + 1, .kind = order->kind, .subject = order->subject,
			  .made_ns = ohtd_clock_wall_ns(jobs->clock) },
	};
	snprintf(job->view.by, sizeof(job->view.by), "%s", order->by);
	job->order.by = job->view.by;
	r = ohtd_workers_submit(jobs->workers, &job->work);
	if (r) {
		job->used = false;
		return r;
	}
	return ++jobs->newest;
}

int64_t ohtd_jobs_submit(struct ohtd_jobs *jobs, const struct ohtd_job_order *order)
{
	int64_t id;

	pthread_mutex_lock(&jobs->lock);
	id = submit(jobs, order);
	pthread_mutex_unlock(&jobs->lock);
	return id;
}

static struct ohtd_job *find_job(struct ohtd_jobs *jobs, int64_t id)
{
	for (size_t i = 0; i < OHTD_JOBS_MAX; i++)
		if (jobs->list[i].used && jobs->list[i].view.id == id)
			return &jobs->list[i];
	return NULL;
}

bool ohtd_jobs_look(struct ohtd_jobs *jobs, int64_t id, struct ohtd_job_view *view)
{
	const struct ohtd_job *job;

	pthread_mutex_lock(&jobs->lock);
	job = find_job(jobs, id);
	if (job)
		*view = job->view;
	pthread_mutex_unlock(&jobs->lock);
	return job;
}

bool ohtd_jobs_are_past(const struct ohtd_jobs *jobs, int64_t id)
{
	return id <= jobs->before && id > jobs->before - PAST_S;
}

static int compare_ids(const void *first, const void *second)
{
	const struct ohtd_job_view *a = first, *b = second;

	return (a->id < b->id) - (a->id > b->id);
}

size_t ohtd_jobs_list(struct ohtd_jobs *jobs, struct ohtd_job_view views[OHTD_JOBS_MAX])
{
	size_t count = 0;

	pthread_mutex_lock(&jobs->lock);
	for (size_t i = 0; i < OHTD_JOBS_MAX; i++)
		if (jobs->list[i].used)
			views[count++] = jobs->list[i].view;
	pthread_mutex_unlock(&jobs->lock);
	qsort(views, count, sizeof(*views), compare_ids);
	return count;
}

int ohtd_jobs_cancel(struct ohtd_jobs *jobs, int64_t id, struct ohtd_job_view *view)
{
	struct ohtd_job *job;
	int r = 0;

	pthread_mutex_lock(&jobs->lock);
	job = find_job(jobs, id);
	if (!job)
		r = -ENOENT;
	else if (has_ended(job) || job->committed)
		r = -EALREADY;
	else
		job->cancelled = true;
	if (job)
		*view = job->view;
	pthread_mutex_unlock(&jobs->lock);
	return r;
}

/* ---- birth and end ---- */

struct ohtd_jobs *ohtd_jobs_start(struct ohtd_clock *clock)
{
	static const struct ohtd_workers_kind kind = {
		.name = "ohtd-jobs", .threads = 1, .queue_max = OHTD_JOBS_WAITING_MAX, .nice = NICE,
	};
	struct ohtd_jobs *jobs = calloc(1, sizeof(*jobs));

	if (!jobs)
		return NULL;
	pthread_mutex_init(&jobs->lock, NULL);
	jobs->clock = clock;
	/* There are never as many jobs as seconds. */
	jobs->before = jobs->newest = ohtd_clock_wall_s(clock);
	jobs->workers = ohtd_workers_start(&kind);
	if (jobs->workers)
		return jobs;
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
	return NULL;
}

void ohtd_jobs_stop(struct ohtd_jobs *jobs)
{
	if (!jobs)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->stopping = true;
	pthread_mutex_unlock(&jobs->lock);
	ohtd_workers_stop(jobs->workers);
}

void ohtd_jobs_destroy(struct ohtd_jobs *jobs)
{
	if (!jobs)
		return;
	ohtd_workers_destroy(jobs->workers);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}
