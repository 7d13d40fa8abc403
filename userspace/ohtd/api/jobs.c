// SPDX-License-Identifier: GPL-2.0-or-later
/* jobs: what takes longer than a request may. */
#include "api/jobs.h"

#include <errno.h>
#include <inttypes.h>

#include "api/api.h"
#include "jobs/jobs.h"
#include "lists/list.h"
#include "server/call.h"
#include "views/services.h"

static const char *const kinds[] = { "backup", "verify", "restore" };
OHTD_WORDS_OF(kind_words, kinds);

static const char *const states[] = { "waiting", "running", "done", "failed", "cancelled" };
OHTD_WORDS_OF(state_words, states);

OHTD_SHAPE_SHARED(ohtd_job_made, "JobMade",
	OHTD_INTEGER(ohtd_job_made, job, .summary = "Id of the job that does it: GET jobs/{id}"));

struct job {
	int64_t id;
	unsigned int kind;
	unsigned int state;
	unsigned int progress;
	const char *result;
	int64_t backup;
	const char *by;
	int64_t made;
	int64_t begun;
	int64_t ended;
};

OHTD_SHAPE(job, "Job",
	OHTD_INTEGER(job, id, .summary = "Its number"),
	OHTD_WORD(job, kind, .words = &kind_words, .summary = "What is done"),
	OHTD_WORD(job, state, .words = &state_words, .summary = "One is running at a time"),
	OHTD_INTEGER(job, progress, .unit = "%", .summary = "How much is done"),
	OHTD_TEXT(job, result, .flags = OHTD_NULL, .summary = "What came of it, or why it has failed; null before its end",
		  .example = "\"backup 20261127020000 of 122880 bytes\""),
	OHTD_INTEGER(job, backup, .flags = OHTD_NULL, .summary = "Id of the backup; null: there is none yet"),
	OHTD_TEXT(job, by, .summary = "Who asked for it; ohtd: nobody, it was time", .example = "\"anna\""),
	OHTD_TIME(job, made, .flags = OHTD_NULL, .summary = "When it was asked for"),
	OHTD_TIME(job, begun, .flags = OHTD_NULL, .summary = "When it began"),
	OHTD_TIME(job, ended, .flags = OHTD_NULL, .summary = "When it ended"));

struct job_list {
	const struct job *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(job_list, "JobList",
	OHTD_LIST(job_list, items, job, .summary = "The newest 32 since the start, the newest first"),
	OHTD_NEXT_CURSOR(job_list));

static int64_t time_or_none(int64_t time_ns)
{
	return time_ns ? time_ns : OHTD_NONE;
}

static struct job shown(const struct ohtd_job_view *view)
{
	return (struct job){
		.id = view->id, .kind = view->kind, .state = view->state, .progress = view->percent,
		.result = view->state >= OHTD_JOB_DONE ? view->text : NULL,
		.backup = view->subject ? view->subject : OHTD_NONE, .by = view->by,
		.made = time_or_none(view->made_ns), .begun = time_or_none(view->begun_ns),
		.ended = time_or_none(view->ended_ns),
	};
}

static struct ohtd_jobs *jobs_of(struct ohtd_call *call)
{
	return ohtd_call_scene(call).services->jobs;
}

static void get_jobs(struct ohtd_call *call)
{
	struct ohtd_job_view *views = ohtd_call_alloc(call, sizeof(*views) * OHTD_JOBS_MAX);
	struct job *items = ohtd_call_alloc(call, sizeof(*items) * OHTD_JOBS_MAX);
	struct job_list list = { .items = items };

	list.items_count = ohtd_jobs_list(jobs_of(call), views);
	for (size_t i = 0; i < list.items_count; i++)
		items[i] = shown(&views[i]);
	OHTD_REPLY(call, 200, job_list, &list);
}

static void refuse_unknown(struct ohtd_call *call)
{
	ohtd_reply_problem(call, 404, "not_found", "there is no job %" PRId64 " since the start: see GET jobs",
			   call->params.id);
}

static void get_job(struct ohtd_call *call)
{
	struct ohtd_job_view view;
	struct job job;

	if (!ohtd_jobs_look(jobs_of(call), call->params.id, &view)) {
		refuse_unknown(call);
		return;
	}
	job = shown(&view);
	OHTD_REPLY(call, 200, job, &job);
}

static void delete_job(struct ohtd_call *call)
{
	struct ohtd_job_view view;
	struct job job;

	switch (ohtd_jobs_cancel(jobs_of(call), call->params.id, &view)) {
	case -ENOENT:
		refuse_unknown(call);
		return;
	case -EALREADY:
		ohtd_reply_problem(call, 409, "job_ended", "job %" PRId64 " is %s", view.id,
				   view.state < OHTD_JOB_DONE ? "at its end" : states[view.state]);
		return;
	}
	job = shown(&view);
	OHTD_REPLY(call, 202, job, &job);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "jobs", .role = OHTD_ROLE_SUPERVISOR,
		.replies = { { 200, &job_list_shape } },
		.handle = get_jobs,
		.summary = "What takes longer than a request may: waiting, under way, ended since the start",
	}, {
		.method = OHTD_GET, .path = "jobs/{id}", .role = OHTD_ROLE_SUPERVISOR,
		.replies = { { 200, &job_shape } }, .problems = { "not_found" },
		.handle = get_job,
		.summary = "One job",
	}, {
		.method = OHTD_DELETE, .path = "jobs/{id}", .role = OHTD_ROLE_ADMINISTRATOR, .body_bytes_max = 1024,
		.replies = { { 202, &job_shape } }, .problems = { "not_found", "job_ended" },
		.handle = delete_job,
		.summary = "Cancel a job: it ends as soon as it can, and leaves nothing",
	},
};

OHTD_ROUTE_TABLE(ohtd_job_routes, "Jobs", routes);
