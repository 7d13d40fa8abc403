/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     work that takes longer than a request may: what waits, what is under way, how the newest ended.
 * Contexts: start, stop: main thread. Work: one thread of low priority, one job at a time. Everything
 *           else: any thread but the control thread; nothing waits.
 * Locks:    one mutex, held for a copy.
 *
 * The list is in memory: a restart ends what is under way, and each kind of work leaves nothing half done.
 */
#ifndef OHTD_JOBS_JOBS_H
#define OHTD_JOBS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ohtd_clock;
struct ohtd_job;
struct ohtd_jobs;

#define OHTD_JOBS_MAX		32	/* that are remembered */
#define OHTD_JOBS_WAITING_MAX	8
#define OHTD_JOB_TEXT_BYTES	192
#define OHTD_JOB_BY_BYTES	65

enum ohtd_job_state {
	OHTD_JOB_WAITING,
	OHTD_JOB_RUNNING,
	OHTD_JOB_DONE,
	OHTD_JOB_FAILED,
	OHTD_JOB_CANCELLED,
	OHTD_JOB_STATES,
};

enum ohtd_job_kind {
	OHTD_JOB_BACKUP,
	OHTD_JOB_VERIFY,
	OHTD_JOB_RESTORE,
	OHTD_JOB_KINDS,
};

/**
 * struct ohtd_job_view - a job as it is at a moment
 * @id: running, also over restarts
 * @kind: enum ohtd_job_kind
 * @state: enum ohtd_job_state
 * @percent: 0 to 100
 * @subject: id of what it is about, 0: of nothing yet
 * @text: what came of it, or why it failed, for people; "" before its end
 * @by: account that ordered it
 * @made_ns, @begun_ns, @ended_ns: wall clock; 0: not yet
 */
struct ohtd_job_view {
	int64_t id;
	unsigned int kind, state;
	unsigned int percent;
	int64_t subject;
	char text[OHTD_JOB_TEXT_BYTES];
	char by[OHTD_JOB_BY_BYTES];
	int64_t made_ns, begun_ns, ended_ns;
};

/**
 * struct ohtd_job_order - what is to be done
 * @kind: enum ohtd_job_kind
 * @subject: see the view
 * @flags: for @run
 * @by: account that orders it
 * @run: on the thread; 0, -ECANCELED, or another negative errno. Sets the text
 * @arg: for @run; outlives the jobs
 */
struct ohtd_job_order {
	unsigned int kind;
	int64_t subject;
	unsigned int flags;
	const char *by;
	int (*run)(struct ohtd_job *job, const struct ohtd_job_order *order);
	void *arg;
};

/* NULL with errno. */
struct ohtd_jobs *ohtd_jobs_start(struct ohtd_clock *clock);
/* Cancels all, waits for the one that is under way, ends the thread. NULL is allowed. */
void ohtd_jobs_stop(struct ohtd_jobs *jobs);
/* After the stop, when no thread uses the jobs any more. NULL is allowed. */
void ohtd_jobs_destroy(struct ohtd_jobs *jobs);

/*
 * Id of the new job, or a negative errno: -EBUSY when one of its kind waits or is under way, -EAGAIN when
 * OHTD_JOBS_WAITING_MAX others wait, -ESHUTDOWN after the stop.
 */
int64_t ohtd_jobs_submit(struct ohtd_jobs *jobs, const struct ohtd_job_order *order);

/* False: there is none, or not any more. */
bool ohtd_jobs_look(struct ohtd_jobs *jobs, int64_t id, struct ohtd_job_view *view);
/* @id was given by an earlier run, which has ended all of its jobs, as far as a number can tell. */
bool ohtd_jobs_are_past(const struct ohtd_jobs *jobs, int64_t id);
/* The newest first; returns how many. */
size_t ohtd_jobs_list(struct ohtd_jobs *jobs, struct ohtd_job_view views[OHTD_JOBS_MAX]);
/* Asks it to end. 0, -ENOENT, or -EALREADY: it has ended. @view: as it is then. */
int ohtd_jobs_cancel(struct ohtd_jobs *jobs, int64_t id, struct ohtd_job_view *view);

/* ---- for the work, on its thread ---- */

/* False: it is to end, with -ECANCELED. */
bool ohtd_job_goes_on(struct ohtd_job *job);
/* The job can no longer be cancelled. False: it has been cancelled. */
bool ohtd_job_commits(struct ohtd_job *job);
void ohtd_job_reach(struct ohtd_job *job, unsigned int percent);
void ohtd_job_is_about(struct ohtd_job *job, int64_t subject);
/* What came of it. */
void ohtd_job_say(struct ohtd_job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* OHTD_JOBS_JOBS_H */
