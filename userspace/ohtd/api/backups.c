// SPDX-License-Identifier: GPL-2.0-or-later
/* backups: copies of the database without secrets, and their way back; jobs: what does it, since it takes longer than a request may. */
#include "api/api.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "jobs/backups.h"
#include "jobs/jobs.h"
#include "lists/list.h"
#include "live/download.h"
#include "robot/codes.h"
#include "server/call.h"
#include "server/late.h"
#include "views/words.h"

#define PIECE_BYTES	65536

/* ---- how one is shown ---- */

struct backup_rows {
	const char *table;
	int64_t rows;
};

OHTD_SHAPE(backup_rows, "BackupRows",
	OHTD_TEXT(backup_rows, table, .summary = "Name of the table", .example = "\"users\""),
	OHTD_INTEGER(backup_rows, rows, .summary = "How many rows it has"));

struct backup {
	int64_t id;
	int64_t bytes;
	bool encrypted;
	bool damaged;
	bool restore_waits;
	int64_t made;
	const char *by;
	bool automatic;
	const char *robot_name;
	const char *robot_id;
	const char *version;
	int64_t schema;
	int64_t content_bytes;
	const char *content_sha256;
	const struct backup_rows *rows;
	size_t rows_count;
	int64_t history_bytes;
	const char *history_sha256;
	int64_t history_from;
	int64_t history_to;
	const char *const *left_out;
	size_t left_out_count;
};

OHTD_SHAPE(backup, "Backup",
	OHTD_INTEGER(backup, id, .summary = "When it was made, in UTC", .example = "20261127020000"),
	OHTD_INTEGER(backup, bytes, .unit = "bytes", .summary = "Length of its file"),
	OHTD_BOOLEAN(backup, encrypted, .summary = "It is of no use without its key"),
	OHTD_BOOLEAN(backup, damaged, .summary = "Its manifest cannot be read. Whether all else is sound says POST backups/{id}/verify"),
	OHTD_BOOLEAN(backup, restore_waits, .summary = "The next start puts it in: POST and DELETE backups/{id}/restore"),
	OHTD_TIME(backup, made, .flags = OHTD_NULL, .summary = "When it was made"),
	OHTD_TEXT(backup, by, .flags = OHTD_NULL, .summary = "Account that ordered it", .example = "\"anna\""),
	OHTD_BOOLEAN(backup, automatic, .summary = "It was made by itself; the newest of those are kept, as many as /backup/keep says"),
	OHTD_TEXT(backup, robot_name, .flags = OHTD_NULL, .summary = "What the robot was called"),
	OHTD_TEXT(backup, robot_id, .flags = OHTD_NULL, .summary = "Which robot it is of"),
	OHTD_TEXT(backup, version, .flags = OHTD_NULL, .summary = "Version of the program", .example = "\"1.0.0\""),
	OHTD_INTEGER(backup, schema, .flags = OHTD_NULL, .summary = "Version of the database"),
	OHTD_INTEGER(backup, content_bytes, .flags = OHTD_NULL, .unit = "bytes", .summary = "Length of the database"),
	OHTD_TEXT(backup, content_sha256, .flags = OHTD_NULL, .summary = "Digest of the database"),
	OHTD_LIST(backup, rows, backup_rows, .summary = "What is in it"),
	OHTD_INTEGER(backup, history_bytes, .flags = OHTD_NULL, .unit = "bytes",
		     .summary = "Length of the database of values, history.db; null: they are not in it"),
	OHTD_TEXT(backup, history_sha256, .flags = OHTD_NULL, .summary = "Digest of that database"),
	OHTD_TIME(backup, history_from, .flags = OHTD_NULL, .summary = "When its oldest value was; null: it has none"),
	OHTD_TIME(backup, history_to, .flags = OHTD_NULL, .summary = "When its newest value was; null: it has none"),
	OHTD_TEXTS(backup, left_out, .summary = "What is not"));

struct backup_list {
	const struct backup *items;
	size_t items_count;
	const char *next_cursor;
};

OHTD_SHAPE(backup_list, "BackupList",
	OHTD_LIST(backup_list, items, backup, .summary = "The newest 64, the newest first"),
	OHTD_NEXT_CURSOR(backup_list));

static int64_t time_or_none(int64_t time_ns)
{
	return time_ns ? time_ns : OHTD_NONE;
}

static void show_history(struct backup *backup, const struct ohtd_manifest_history *history)
{
	if (!history->bytes)
		return;
	backup->history_bytes = (int64_t)history->bytes;
	backup->history_sha256 = history->sha256;
	backup->history_from = time_or_none(history->from_ns);
	backup->history_to = time_or_none(history->to_ns);
}

/* Id of the backup whose restore waits for the next start; 0: none waits. */
static int64_t waiting_backup(struct ohtd_call *call)
{
	struct ohtd_restore_wait wait;

	ohtd_backups_waits(call->services->backups, &wait);
	return wait.backup;
}

static struct backup shown_backup(struct ohtd_call *call, const struct ohtd_backup_view *view, int64_t waiting)
{
	const struct ohtd_manifest *manifest = &view->manifest;
	struct backup_rows *rows = ohtd_call_alloc(call, sizeof(*rows) * OHTD_CARRY_TABLES);
	const char **left_out = ohtd_call_alloc(call, sizeof(*left_out) * OHTD_JOBS_LEFT_OUT_MAX);
	struct backup backup = {
		.id = view->id, .bytes = (int64_t)view->bytes, .encrypted = view->encrypted,
		.damaged = view->damaged, .restore_waits = view->id == waiting, .made = OHTD_NONE, .schema = OHTD_NONE, .content_bytes = OHTD_NONE,
		.history_bytes = OHTD_NONE, .history_from = OHTD_NONE, .history_to = OHTD_NONE,
		.rows = rows, .left_out = left_out,
	};

	if (view->damaged)
		return backup;
	backup.made = manifest->made_ns;
	backup.by = manifest->by;
	backup.automatic = manifest->automatic;
	backup.robot_name = manifest->robot_name;
	backup.robot_id = manifest->robot_id;
	backup.version = manifest->version;
	backup.schema = manifest->schema;
	backup.content_bytes = (int64_t)manifest->content_bytes;
	backup.content_sha256 = manifest->content_sha256;
	while (backup.rows_count < OHTD_CARRY_TABLES && manifest->counts[backup.rows_count].table) {
		rows[backup.rows_count] = (struct backup_rows){
			manifest->counts[backup.rows_count].table, manifest->counts[backup.rows_count].rows,
		};
		backup.rows_count++;
	}
	backup.left_out_count = ohtd_jobs_list_left_out(manifest, left_out);
	show_history(&backup, &manifest->history);
	return backup;
}

/* ---- jobs ---- */

static const char *const kinds[] = { "backup", "verify", "restore" };
OHTD_WORDS_OF(kind_words, kinds);

static const char *const states[] = { "waiting", "running", "done", "failed", "cancelled" };
OHTD_WORDS_OF(state_words, states);

struct job_made {
	int64_t job;
};

OHTD_SHAPE(job_made, "JobMade",
	OHTD_INTEGER(job_made, job, .summary = "Id of the job that does it: GET jobs/{id}"));

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
	OHTD_TEXT(job, by, .summary = "Account that ordered it; ohtd: the nightly schedule", .example = "\"anna\""),
	OHTD_TIME(job, made, .flags = OHTD_NULL, .summary = "When it was ordered"),
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

static struct job shown_job(const struct ohtd_job_view *view)
{
	return (struct job){
		.id = view->id, .kind = view->kind, .state = view->state, .progress = view->percent,
		.result = view->state >= OHTD_JOB_DONE ? view->text : NULL,
		.backup = view->subject ? view->subject : OHTD_NONE, .by = view->by,
		.made = time_or_none(view->made_ns), .begun = time_or_none(view->begun_ns),
		.ended = time_or_none(view->ended_ns),
	};
}

static void get_jobs(struct ohtd_call *call)
{
	struct ohtd_job_view *views = ohtd_call_alloc(call, sizeof(*views) * OHTD_JOBS_MAX);
	struct job *items = ohtd_call_alloc(call, sizeof(*items) * OHTD_JOBS_MAX);
	struct job_list list = { .items = items };

	list.items_count = ohtd_jobs_list(call->services->jobs, views);
	for (size_t i = 0; i < list.items_count; i++)
		items[i] = shown_job(&views[i]);
	OHTD_REPLY(call, 200, job_list, &list);
}

static void refuse_unknown_job(struct ohtd_call *call)
{
	ohtd_reply_problem(call, 404, "not_found", "there is no job %" PRId64 " since the start: %s", call->params.id,
			   ohtd_jobs_are_past(call->services->jobs, call->params.id) ?
			   "ohtd has started anew, which ends each job that is under way; GET backups has what was made" : "see GET jobs");
}

static void get_job(struct ohtd_call *call)
{
	struct ohtd_job_view view;
	struct job job;

	if (!ohtd_jobs_look(call->services->jobs, call->params.id, &view)) {
		refuse_unknown_job(call);
		return;
	}
	job = shown_job(&view);
	OHTD_REPLY(call, 200, job, &job);
}

static void delete_job(struct ohtd_call *call)
{
	struct ohtd_job_view view;
	struct job job;

	switch (ohtd_jobs_cancel(call->services->jobs, call->params.id, &view)) {
	case -ENOENT:
		refuse_unknown_job(call);
		return;
	case -EALREADY:
		ohtd_reply_problem(call, 409, "job_ended", "job %" PRId64 " is %s", view.id,
				   view.state < OHTD_JOB_DONE ? "at its end" : states[view.state]);
		return;
	}
	job = shown_job(&view);
	OHTD_REPLY(call, 202, job, &job);
}

static const struct ohtd_route job_routes[] = {
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
		.act = { "cancel", "cancelled", " a job" },
		.replies = { { 202, &job_shape } }, .problems = { "not_found", "job_ended" },
		.handle = delete_job,
		.summary = "Cancel a job: it ends as soon as it can, and leaves nothing",
	},
};

OHTD_ROUTE_TABLE(ohtd_job_routes, "Jobs", job_routes);

/* ---- what a worker does ---- */

/**
 * struct backup_late - something is done with backups
 * @backups: the backups
 * @id: of one
 * @wish: see POST restore
 * @history: see POST backups
 * @by: name of the user
 * @job: out: id of the job
 * @view: out: one
 * @views: out: all, for the list
 * @result: out: a negative errno, or what the work has returned. Not that of @late, whose errors are the store's
 */
struct backup_late {
	struct ohtd_late late;
	struct ohtd_backups *backups;
	int64_t id;
	struct ohtd_restore_wish wish;
	bool history;
	char by[OHTD_USER_NAME_MAX + 1];
	int64_t job;
	struct ohtd_backup_view view;
	struct ohtd_backup_view *views;
	int result;
};

static void release(struct ohtd_late *late)
{
	struct backup_late *job = (struct backup_late *)late;

	free(job->views);
}

static struct backup_late *make_job(struct ohtd_call *call)
{
	struct backup_late *job = ohtd_late_make(call, sizeof(*job));

	if (!job)
		return NULL;
	job->late.release = release;
	job->backups = call->services->backups;
	job->id = call->params.id;
	snprintf(job->by, sizeof(job->by), "%s", call->who.user);
	return job;
}

static void act(struct ohtd_call *call, int (*work)(struct ohtd_late *late),
		void (*answer)(struct ohtd_call *call, struct ohtd_late *late))
{
	struct backup_late *job = make_job(call);

	if (job)
		ohtd_late_act(call, &job->late, OHTD_LATE_MS, work, answer);
}

static void reply_unknown(struct ohtd_call *call, int64_t id)
{
	ohtd_reply_problem(call, 404, "not_found", "there is no backup %" PRId64 ": see GET backups", id);
}

/* False: it has been refused. */
static bool has_result(struct ohtd_call *call, const struct ohtd_late *late)
{
	const struct backup_late *job = (const struct backup_late *)late;

	if (late->result < 0) {
		ohtd_reply_store_problem(call, late->result);
		return false;
	}
	switch (job->result) {
	case -ENOENT:
		reply_unknown(call, job->id);
		return false;
	case -EBUSY:
		ohtd_reply_problem(call, 409, "job_runs", "another one waits or is under way: see GET jobs");
		return false;
	case -ENOKEY:
		ohtd_reply_problem(call, 409, "no_backup_key", "[backup] key of ohtd.conf names no key: see the log");
		return false;
	case -E2BIG:
		ohtd_reply_problem(call, 409, "too_many_backups", "there are %d backups: delete one", OHTD_BACKUPS_MAX);
		return false;
	case -EAGAIN:
		ohtd_reply_header(call, "retry-after", "2");
		ohtd_reply_problem(call, 503, "busy", "too many jobs wait");
		return false;
	}
	if (job->result < 0)
		ohtd_reply_store_problem(call, job->result);
	return job->result >= 0;
}

/* ---- reading ---- */

static int keep(struct backup_late *job, int result)
{
	job->result = result;
	return 0;
}

static int work_list(struct ohtd_late *late)
{
	struct backup_late *job = (struct backup_late *)late;

	job->views = calloc(OHTD_BACKUPS_MAX, sizeof(*job->views));
	return keep(job, job->views ? ohtd_backups_list(job->backups, job->views) : -ENOMEM);
}

static void reply_list(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct backup_late *job = (const struct backup_late *)late;
	struct backup *items = ohtd_call_alloc(call, sizeof(*items) * OHTD_BACKUPS_MAX);
	struct backup_list list = { .items = items };
	int64_t waiting;

	if (!has_result(call, late))
		return;
	waiting = waiting_backup(call);
	for (int i = 0; i < job->result; i++)
		items[list.items_count++] = shown_backup(call, &job->views[i], waiting);
	OHTD_REPLY(call, 200, backup_list, &list);
}

static void get_backups(struct ohtd_call *call)
{
	act(call, work_list, reply_list);
}

static int work_look(struct ohtd_late *late)
{
	struct backup_late *job = (struct backup_late *)late;

	return keep(job, ohtd_backups_look(job->backups, job->id, &job->view));
}

static void reply_one(struct ohtd_call *call, struct ohtd_late *late)
{
	struct backup view;

	if (!has_result(call, late))
		return;
	view = shown_backup(call, &((const struct backup_late *)late)->view, waiting_backup(call));
	OHTD_REPLY(call, 200, backup, &view);
}

static void get_backup(struct ohtd_call *call)
{
	act(call, work_look, reply_one);
}

/* ---- its file ---- */

/**
 * struct taken - the file of a backup on its way to a client
 * @source: its length is that of the file when it was opened
 * @backups: the backups
 * @id: of one
 * @by: name of the user
 * @fd: -1: not open yet
 * @sent: bytes in front of the next piece
 * @piece: PIECE_BYTES
 */
struct taken {
	struct ohtd_download_source source;
	struct ohtd_backups *backups;
	int64_t id;
	char by[OHTD_USER_NAME_MAX + 1];
	int fd;
	uint64_t sent;
	char piece[PIECE_BYTES];
};

static int open_file(struct taken *taken)
{
	char path[512];
	struct stat st;

	ohtd_backups_path(taken->backups, taken->id, path, sizeof(path));
	taken->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (taken->fd < 0 || fstat(taken->fd, &st))
		return -errno;
	taken->source.bytes = (uint64_t)st.st_size;
	if (taken->source.from && taken->source.from >= taken->source.bytes)
		return -ERANGE;
	taken->sent = taken->source.from;
	ohtd_log(OHTD_LOG_NOTICE, "http", "backup_taken", "%" PRId64 " by %s", taken->id, taken->by);
	return 0;
}

static int make_piece(struct ohtd_download_source *source, const char **piece, size_t *bytes)
{
	struct taken *taken = (struct taken *)source;
	ssize_t count;
	int r = taken->fd < 0 ? open_file(taken) : 0;

	if (r)
		return r;
	count = pread(taken->fd, taken->piece, sizeof(taken->piece), (off_t)taken->sent);
	if (count < 0)
		return -errno;
	taken->sent += (uint64_t)count;
	/* The file of a backup never changes. A failing disk can still lose its end. */
	if ((!count && source->bytes) || taken->sent > source->bytes)
		return -EIO;
	*piece = taken->piece;
	*bytes = (size_t)count;
	return taken->sent < source->bytes;
}

static void refuse_file(struct ohtd_call *call, struct ohtd_download_source *source, int why)
{
	if (why == -ENOENT) {
		reply_unknown(call, ((struct taken *)source)->id);
	} else if (why == -ERANGE) {
		ohtd_reply_header(call, "content-range", ohtd_call_text_of(call, "bytes */%" PRIu64, source->bytes));
		ohtd_reply_problem(call, 416, "range_beyond_end", "the backup has %" PRIu64 " bytes", source->bytes);
	} else {
		ohtd_reply_store_problem(call, why);
	}
}

static void end_file(struct ohtd_download_source *source)
{
	struct taken *taken = (struct taken *)source;

	if (taken->fd >= 0)
		close(taken->fd);
	free(taken);
}

static void get_content(struct ohtd_call *call)
{
	struct taken *taken = calloc(1, sizeof(*taken));

	if (taken) {
		taken->source = (struct ohtd_download_source){
			.what = "backup", .type = "application/octet-stream", .measured = true,
			.make = make_piece, .refuse = refuse_file, .free = end_file };
		taken->backups = call->services->backups;
		taken->id = call->params.id;
		taken->fd = -1;
		snprintf(taken->by, sizeof(taken->by), "%s", call->who.user);
		snprintf(taken->source.file, sizeof(taken->source.file), "%" PRId64 ".ohtbackup", taken->id);
	}
	ohtd_download_open(call, taken ? &taken->source : NULL);
}

/* ---- acts ---- */

/* Does @what with the backup. @code: of the line in the log when it is done. */
static int work_and_log(struct ohtd_late *late, int (*what)(struct ohtd_backups *backups, int64_t id), const char *code)
{
	struct backup_late *job = (struct backup_late *)late;
	int r = what(job->backups, job->id);

	if (!r)
		ohtd_log(OHTD_LOG_NOTICE, "http", code, "%" PRId64 " by %s", job->id, job->by);
	return keep(job, r);
}

static int work_remove(struct ohtd_late *late)
{
	return work_and_log(late, ohtd_backups_remove, "backup_deleted");
}

static void reply_removed(struct ohtd_call *call, struct ohtd_late *late)
{
	if (has_result(call, late))
		ohtd_reply_empty(call, 204);
}

static void delete_backup(struct ohtd_call *call)
{
	act(call, work_remove, reply_removed);
}

static int keep_job(struct backup_late *job, int64_t result)
{
	job->job = result;
	return keep(job, result < 0 ? (int)result : 0);
}

static int work_make(struct ohtd_late *late)
{
	struct backup_late *job = (struct backup_late *)late;

	return keep_job(job, ohtd_backups_make(job->backups, job->history, job->by));
}

static int work_verify(struct ohtd_late *late)
{
	struct backup_late *job = (struct backup_late *)late;

	return keep_job(job, ohtd_backups_verify(job->backups, job->id, job->by));
}

static int work_restore(struct ohtd_late *late)
{
	struct backup_late *job = (struct backup_late *)late;

	return keep_job(job, ohtd_backups_restore(job->backups, job->id, &job->wish, job->by));
}

static void reply_job(struct ohtd_call *call, struct ohtd_late *late)
{
	if (has_result(call, late))
		OHTD_REPLY(call, 202, job_made,
			   (&(struct job_made){ ((const struct backup_late *)late)->job }));
}

struct backup_make {
	int8_t history;
};

OHTD_SHAPE(backup_make, "BackupMake",
	OHTD_TRISTATE(backup_make, history, .summary = "With the values of history.db; without it they are not in it"));

static void post_backup(struct ohtd_call *call)
{
	struct backup_late *job = make_job(call);

	if (!job)
		return;
	job->history = OHTD_INPUT(call, backup_make)->history == 1;
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, work_make, reply_job);
}

static void post_verify(struct ohtd_call *call)
{
	act(call, work_verify, reply_job);
}

struct backup_restore {
	int8_t from_another_robot;
	int8_t not_encrypted;
	int8_t history;
};

OHTD_SHAPE(backup_restore, "BackupRestore",
	OHTD_TRISTATE(backup_restore, from_another_robot,
		      .summary = "The backup may be of another robot; without it that is a reason to fail"),
	OHTD_TRISTATE(backup_restore, not_encrypted,
		      .summary = "The backup may be in clear although this robot has a key; without it that is a reason to fail"),
	OHTD_TRISTATE(backup_restore, history,
		      .summary = "false: the history of today stays, and one that is in the backup is not looked at; else that one is restored, too"));

static bool may_restore(unsigned int state)
{
	return state == OHTD_STATE_SAFE || state == OHTD_STATE_ESTOP || state == OHTD_STATE_FAULT;
}

static void post_restore(struct ohtd_call *call)
{
	const struct backup_restore *said = OHTD_INPUT(call, backup_restore);
	unsigned int state = ohtd_call_snapshot(call)->state;
	struct backup_late *job;

	if (!may_restore(state)) {
		ohtd_reply_problem(call, 409, ohtd_why_name(OHTD_WHY_STATE),
				   "a restore is possible in safe, estop and fault, not in %s",
				   ohtd_word_of(&ohtd_robot_state_words, state));
		return;
	}
	job = make_job(call);
	if (!job)
		return;
	job->wish = (struct ohtd_restore_wish){
		.foreign = said->from_another_robot == 1, .not_encrypted = said->not_encrypted == 1, .history = said->history != 0,
	};
	ohtd_late_act(call, &job->late, OHTD_LATE_MS, work_restore, reply_job);
}

static int work_withdraw(struct ohtd_late *late)
{
	return work_and_log(late, ohtd_backups_withdraw, "restore_withdrawn");
}

static void reply_withdrawn(struct ohtd_call *call, struct ohtd_late *late)
{
	const struct backup_late *job = (const struct backup_late *)late;

	if (late->result >= 0 && job->result == -ENOENT)
		ohtd_reply_problem(call, 404, "not_found", "no restore of backup %" PRId64 " waits for the next start", job->id);
	else
		reply_removed(call, late);
}

static void delete_restore(struct ohtd_call *call)
{
	act(call, work_withdraw, reply_withdrawn);
}

static const struct ohtd_route routes[] = {
	{
		.method = OHTD_GET, .path = "backups", .role = OHTD_ROLE_SUPERVISOR, .flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &backup_list_shape } },
		.handle = get_backups,
		.summary = "Backups of the database: accounts, configuration, journal, alerts, rules, commands",
	}, {
		.method = OHTD_POST, .path = "backups", .role = OHTD_ROLE_ADMINISTRATOR, .flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED,
		.act = { "make", "made", " a backup" },
		.body_bytes_max = 1024, .body = &backup_make_shape,
		.replies = { { 202, &job_made_shape } },
		.problems = { "no_backup_key", "too_many_backups", "job_runs" },
		.handle = post_backup,
		.summary = "Make one, beside everything else",
		.text = "With the history it needs twice its room for as long as it is being made.",
	}, {
		.method = OHTD_GET, .path = "backups/{id}", .role = OHTD_ROLE_SUPERVISOR, .flags = OHTD_ROUTE_STORE,
		.replies = { { 200, &backup_shape } }, .problems = { "not_found" },
		.handle = get_backup,
		.summary = "What a backup says of itself",
	}, {
		.method = OHTD_GET, .path = "backups/{id}/content", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "take", "took", " a backup away" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.kind = OHTD_STREAM, .flags = OHTD_ROUTE_STORE,
		.replies = { { 200, NULL, "application/octet-stream" }, { 206, NULL, "application/octet-stream" } },
		.problems = { "not_found", "too_many_exports", "out_of_memory", "unavailable", "range_beyond_end" },
		.handle = get_content,
		.summary = "The file of a backup, to be kept elsewhere",
		.text = "It has the hashes of passwords, and without a key it is not encrypted. A transfer that was broken off goes on where "
			"it was with Range: bytes=N-, if N is less than its length, else 416; ranges of another form are answered with the whole file.",
	}, {
		.method = OHTD_DELETE, .path = "backups/{id}", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "delete", "deleted", " a backup" },
		.elevation = OHTD_ELEVATION_ALWAYS, .flags = OHTD_ROUTE_STORE,
		.body_bytes_max = 1024,
		.replies = { { 204, NULL } }, .problems = { "not_found" },
		.handle = delete_backup,
		.summary = "Delete a backup",
	}, {
		.method = OHTD_POST, .path = "backups/{id}/verify", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "verify", "verified", " a backup" },
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED, .body_bytes_max = 1024,
		.replies = { { 202, &job_made_shape } },
		.problems = { "not_found", "job_runs" },
		.handle = post_verify,
		.summary = "Unpack a backup and read all of it; changes nothing",
	}, {
		.method = OHTD_POST, .path = "backups/{id}/restore", .role = OHTD_ROLE_ADMINISTRATOR,
		.act = { "order", "ordered", " the restore of a backup" },
		.elevation = OHTD_ELEVATION_ALWAYS,
		.flags = OHTD_ROUTE_STORE | OHTD_ROUTE_KEYED, .body_bytes_max = 1024, .body = &backup_restore_shape,
		.replies = { { 202, &job_made_shape } },
		.problems = { "not_found", "job_runs", "wrong_state" },
		.handle = post_restore,
		.summary = "Check a backup and leave it for the next start, which puts it in: see POST system/restart",
		.text = "Only in safe, estop or fault. All sessions end with that start. The database of before is kept; it comes "
			"back by itself if the daemon does not start with the other one.",
	}, {
		.method = OHTD_DELETE, .path = "backups/{id}/restore", .role = OHTD_ROLE_ADMINISTRATOR, .flags = OHTD_ROUTE_STORE,
		.act = { "withdraw", "withdrew", " the restore of a backup" },
		.body_bytes_max = 1024,
		.replies = { { 204, NULL } }, .problems = { "not_found" },
		.handle = delete_restore,
		.summary = "Take back a restore that waits for the next start",
	},
};

OHTD_ROUTE_TABLE(ohtd_backup_routes, "Backups", routes);
