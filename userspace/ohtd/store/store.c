// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/check.h"
#include "store/checkpoint.h"
#include "store/sql.h"
#include "store/readers.h"
#include "store/written.h"

#define STACK_BYTES	(512 * 1024)
/* How often a store in trouble looks whether it is over. */
#define PROBE_S		1
/* Milliseconds that a full log waits for the check; less than makes a store that hangs. */
#define CHECK_NAPS_MAX	2000

struct ohtd_store {
	const struct ohtd_schema *schema;
	char path[OHTD_DB_PATH_BYTES];
	struct ohtd_clock *clock;	/* NULL: the database was open at the start */
	uint64_t started_ns;

	/* Store thread; NULL until the database is open. */
	struct ohtd_db *db;
	struct ohtd_checkpoint *checkpoint;
	struct ohtd_store_check *check;
	bool not_opened_told;
	int no_room;			/* -ENOSPC: what is free is left to more important stores */
	_Atomic(struct ohtd_readers *) readers;

	pthread_t thread;
	pthread_mutex_t lock;		/* the queue */
	pthread_cond_t work_there;
	struct ohtd_store_job *first, **last;
	unsigned int waiting;
	bool stopping;

	bool hung_told;			/* main thread */

	_Atomic unsigned int state;
	atomic_bool damaged, checked;
	_Atomic uint64_t busy_since_ns;
	_Atomic uint64_t groups, calls, refused;
	_Atomic unsigned int damaged_files;
};

/* ---- how it does ---- */

bool ohtd_store_is_hung(const struct ohtd_store_view *view, uint64_t now_ns)
{
	return view->busy_since_ns &&
	       ohtd_since(now_ns, view->busy_since_ns) > OHTD_STORE_HUNG_MS * 1000000ull;
}

static bool is_hung(struct ohtd_store *store)
{
	const struct ohtd_store_view view = { .busy_since_ns = atomic_load(&store->busy_since_ns) };

	return ohtd_store_is_hung(&view, ohtd_monotonic_ns());
}

/* Told once, when it begins and when it ends. */
static void enter(struct ohtd_store *store, unsigned int state)
{
	unsigned int before = atomic_exchange(&store->state, state);

	if (before == state)
		return;
	if (state)
		ohtd_log(OHTD_LOG_ERROR, store->schema->room, ohtd_store_state_name(state),
			 "nothing can be kept");
	else
		ohtd_log(OHTD_LOG_NOTICE, store->schema->room, "ok", "everything is kept again");
}

/* The mark comes first: the next start must know, however this one ends. */
static void note_damage(struct ohtd_store *store, const char *what)
{
	int r;

	if (atomic_exchange(&store->damaged, true))
		return;
	r = ohtd_db_file_set_suspect(store->path);
	ohtd_log(OHTD_LOG_ERROR, store->schema->room, "damaged", "%s; %s", what, r ? strerror(-r) :
		 "the next start repairs the database");
	atomic_store(&store->state, OHTD_STORE_DAMAGED);
}

/* On the thread of the check. */
static void end_check(void *arg, const char *what)
{
	struct ohtd_store *store = arg;

	if (what)
		note_damage(store, what);
	atomic_store(&store->checked, !what);
}

/* @error: 0 if something was written. */
static void judge(struct ohtd_store *store, int error)
{
	if (error == -EUCLEAN)
		note_damage(store, "a write met damage");
	else if (!atomic_load(&store->damaged))
		enter(store, ohtd_store_state_of(error));
}

void ohtd_store_count_damaged(struct ohtd_store *store)
{
	pthread_mutex_lock(&store->lock);
	atomic_store(&store->damaged_files, ohtd_db_file_count_damaged(store->path));
	pthread_cond_signal(&store->work_there);
	pthread_mutex_unlock(&store->lock);
}

void ohtd_store_look(struct ohtd_store *store, struct ohtd_store_view *view)
{
	memset(view, 0, sizeof(*view));
	view->state = atomic_load(&store->state);
	view->started_ns = store->started_ns;
	view->busy_since_ns = atomic_load(&store->busy_since_ns);
	view->groups = atomic_load(&store->groups);
	view->calls = atomic_load(&store->calls);
	view->refused = atomic_load(&store->refused);
	ohtd_written_look(store->schema->written, &view->written, &view->synchronisations);
	view->checked = atomic_load(&store->checked);
	view->damaged_files = atomic_load(&store->damaged_files);
	pthread_mutex_lock(&store->lock);
	view->waiting = store->waiting;
	pthread_mutex_unlock(&store->lock);
}

/* ---- a group ---- */

/* A part of the transaction. What others did before it stays when it fails. */
static int run_job(struct ohtd_store *store, struct ohtd_store_job *job)
{
	int r = job->spares ? 0 : store->no_room, done = 0;

	if (r)
		return r;
	r = ohtd_db_begin(store->db);
	if (!r)
		done = job->work(store->db, job->arg);
	r = ohtd_db_end(store->db, r ? r : done < 0 ? done : 0);
	return r ? r : done;
}

static void fail_all(struct ohtd_store_job *group, int error)
{
	for (struct ohtd_store_job *job = group; job; job = job->next)
		if (job->result >= 0)
			job->result = error;
}

/* Returns what has kept the whole group from being kept, or 0. */
static int run_transaction(struct ohtd_store *store, struct ohtd_store_job *group)
{
	int r = ohtd_db_begin(store->db);

	for (struct ohtd_store_job *job = group; !r && job; job = job->next) {
		job->result = run_job(store, job);
		if (ohtd_db_is_undone(store->db))
			r = job->result;
	}
	return ohtd_db_end(store->db, r);
}

/* The first trouble of the store's own; what a call did wrong itself is not. */
static int find_trouble(const struct ohtd_store_job *group)
{
	for (const struct ohtd_store_job *job = group; job; job = job->next)
		if (job->result < 0 && ohtd_store_state_of(job->result))
			return job->result;
	return 0;
}

static void count(struct ohtd_store *store, const struct ohtd_store_job *group)
{
	for (const struct ohtd_store_job *job = group; job; job = job->next) {
		if (job->result >= 0)
			atomic_fetch_add(&store->calls, 1);
		else if (ohtd_store_state_of(job->result))
			atomic_fetch_add(&store->refused, 1);
	}
	atomic_fetch_add(&store->groups, 1);
}

static void answer(struct ohtd_store_job *group)
{
	while (group) {
		struct ohtd_store_job *job = group;

		/* Gone as soon as it is done. */
		group = job->next;
		job->done(job);
	}
}

/* ---- opening ---- */

static void close_parts(struct ohtd_store *store)
{
	ohtd_check_stop(store->check);
	store->check = NULL;
	ohtd_checkpoint_close(store->checkpoint);
	store->checkpoint = NULL;
	ohtd_readers_close(atomic_exchange(&store->readers, NULL));
}

/* All that works on the database beside the thread. 0 or a positive errno. */
static int open_parts(struct ohtd_store *store, struct ohtd_db *db)
{
	struct ohtd_readers *readers = NULL;
	int r;

	store->checkpoint = ohtd_checkpoint_open(db);
	if (store->checkpoint)
		readers = ohtd_readers_open(db);
	if (readers)
		store->check = ohtd_check_start(db, end_check, store);
	r = store->check ? 0 : errno;
	atomic_store(&store->damaged_files, ohtd_db_damaged_files(db));
	atomic_store(&store->readers, readers);
	if (r)
		close_parts(store);
	else
		store->db = db;
	return r;
}

/* On the store thread, unless it is open. 0 or a negative errno. */
static int open_late(struct ohtd_store *store)
{
	char why[OHTD_DB_PATH_BYTES + 192];
	struct ohtd_db *db;
	int r;

	if (store->db)
		return 0;
	if (ohtd_db_open(&db, store->schema, store->path,
			 ohtd_clock_wall_s(store->clock), why, sizeof(why))) {
		/* It is tried each second. */
		if (!store->not_opened_told)
			ohtd_log(OHTD_LOG_ERROR, store->schema->room, "not_opened", "%s", why);
		store->not_opened_told = true;
		return -EIO;
	}
	store->not_opened_told = false;
	r = open_parts(store, db);
	if (r)
		ohtd_db_close(db);
	return r ? -EIO : 0;
}

/* ---- the thread ---- */

/*
 * A check that still reads an older state keeps the log from beginning anew. It gives way as soon as
 * it gets the processor: no write is refused because of it.
 */
static int make_room(struct ohtd_store *store)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	int r = ohtd_checkpoint_before(store->checkpoint);

	for (int naps = 0; naps < CHECK_NAPS_MAX && r == -EBUSY && ohtd_check_runs(store->check);
	     naps++) {
		ohtd_check_pause(store->check);
		nanosleep(&nap, NULL);
		r = ohtd_checkpoint_before(store->checkpoint);
	}
	return r;
}

/* Of the disk. What is in the log alone needs as much room in the file, at most, when it is copied. */
static int look_for_room(struct ohtd_store *store, int log_pages)
{
	uint64_t spare = atomic_load(&store->state) == OHTD_STORE_FULL ? store->schema->yields : 0;
	int r = ohtd_file_room(store->path, spare + (uint64_t)log_pages * OHTD_DB_PAGE_BYTES);

	/* A disk that does not say its free room is no reason to stop. */
	return r == -ENOSPC ? r : 0;
}

static void leave_reserve(struct ohtd_store *store)
{
	if (!store->schema->yields)
		return;
	store->no_room = look_for_room(store, ohtd_checkpoint_rest(store->checkpoint));
	if (!store->no_room || look_for_room(store, 0))
		return;
	/* A log that has been copied needs no more. */
	ohtd_checkpoint_now(store->checkpoint);
	store->no_room = look_for_room(store, ohtd_checkpoint_rest(store->checkpoint));
}

/* 0, or why there can be no transaction now. */
static int get_ready(struct ohtd_store *store)
{
	int r = atomic_load(&store->damaged) ? -EUCLEAN : open_late(store);

	if (!r)
		leave_reserve(store);
	return r ? r : make_room(store);
}

static void run_group(struct ohtd_store *store, struct ohtd_store_job *group)
{
	int r = get_ready(store), trouble;
	long long before = store->db ? ohtd_db_changes(store->db) : 0;

	if (!r)
		r = run_transaction(store, group);
	if (r)
		fail_all(group, r);
	trouble = find_trouble(group);
	count(store, group);
	if (trouble || before != ohtd_db_changes(store->db))
		judge(store, trouble ? trouble : store->no_room ? store->no_room : ohtd_checkpoint_error(store->checkpoint));
	answer(group);
	if (!trouble) {
		if (ohtd_db_log_pages(store->db) >= store->db->log.wait)
			ohtd_check_pause(store->check);
		r = ohtd_checkpoint_after(store->checkpoint);
		if (r)
			judge(store, r);
	}
}

/*
 * What somebody takes away is not counted any more. A log that is copied away first gives room on a
 * full disk.
 */
static void probe(struct ohtd_store *store)
{
	int r = open_late(store);

	if (r)
		return;
	atomic_store(&store->damaged_files, ohtd_db_damaged_files(store->db));
	if (atomic_load(&store->damaged) || !atomic_load(&store->state))
		return;
	leave_reserve(store);
	r = store->no_room ? store->no_room : ohtd_checkpoint_now(store->checkpoint);
	judge(store, r ? r : ohtd_db_probe(store->db));
}

/* False if it has waited in vain. With the lock held. */
static bool wait_for_work(struct ohtd_store *store)
{
	struct timespec until;

	if (!atomic_load(&store->state) && !atomic_load(&store->damaged_files)) {
		pthread_cond_wait(&store->work_there, &store->lock);
		return true;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PROBE_S;
	return pthread_cond_timedwait(&store->work_there, &store->lock, &until) != ETIMEDOUT;
}

/* Empties the queue. With the lock held. */
static struct ohtd_store_job *take_queue(struct ohtd_store *store)
{
	struct ohtd_store_job *group = store->first;

	store->first = NULL;
	store->last = &store->first;
	store->waiting = 0;
	return group;
}

/* All that waits; NULL: nothing, look whether the trouble is over, or if @stopping end. */
static struct ohtd_store_job *take_group(struct ohtd_store *store, bool *stopping)
{
	struct ohtd_store_job *group;

	pthread_mutex_lock(&store->lock);
	if (!store->first)
		atomic_store(&store->busy_since_ns, 0);
	while (!store->first && !store->stopping && wait_for_work(store))
		;
	group = take_queue(store);
	atomic_store(&store->busy_since_ns, ohtd_monotonic_ns());
	*stopping = store->stopping;
	pthread_mutex_unlock(&store->lock);
	return group;
}

static void *store_main(void *arg)
{
	struct ohtd_store *store = arg;
	struct ohtd_store_job *group;
	bool stopping;

	for (;;) {
		group = take_group(store, &stopping);
		if (!group && stopping)
			return NULL;
		if (group)
			run_group(store, group);
		else
			probe(store);
	}
}

static void init_queue(struct ohtd_store *store)
{
	pthread_condattr_t attr;

	store->last = &store->first;
	pthread_mutex_init(&store->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&store->work_there, &attr);
	pthread_condattr_destroy(&attr);
}

static void release(struct ohtd_store *store)
{
	close_parts(store);
	pthread_cond_destroy(&store->work_there);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

/* With @db if it is open already. */
static struct ohtd_store *start(const struct ohtd_schema *schema, const char *path,
				struct ohtd_clock *clock, struct ohtd_db *db)
{
	const struct ohtd_thread what = { schema->thread, STACK_BYTES, store_main };
	struct ohtd_store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return NULL;
	store->schema = schema;
	snprintf(store->path, sizeof(store->path), "%s", path);
	store->clock = clock;
	store->started_ns = ohtd_monotonic_ns();
	init_queue(store);
	r = db ? open_parts(store, db) : 0;
	if (!r)
		r = ohtd_thread_start(&store->thread, &what, store);
	if (!r)
		return store;
	release(store);
	errno = r;
	return NULL;
}

struct ohtd_store *ohtd_store_start(struct ohtd_db *db)
{
	return start(db->schema, db->path, NULL, db);
}

struct ohtd_store *ohtd_store_prepare(const struct ohtd_schema *schema, const char *path,
				      struct ohtd_clock *clock)
{
	return start(schema, path, clock, NULL);
}

void ohtd_store_stop(struct ohtd_store *store)
{
	if (!store)
		return;
	pthread_mutex_lock(&store->lock);
	store->stopping = true;
	pthread_cond_broadcast(&store->work_there);
	pthread_mutex_unlock(&store->lock);
	pthread_join(store->thread, NULL);
	close_parts(store);
	if (store->db) {
		/* The last one to close does so too, but another process may have it open. */
		if (atomic_load(&store->damaged))
			ohtd_db_leave_log(store->db);
		else
			ohtd_db_fold(store->db);
		ohtd_db_close(store->db);
	}
	release(store);
}

/* ---- callers ---- */

/* 0 if it waits in the queue now. With the lock held. */
static int enqueue(struct ohtd_store *store, struct ohtd_store_job *job)
{
	if (store->stopping)
		return -ESHUTDOWN;
	if (is_hung(store))
		return -ETIMEDOUT;
	if (store->waiting == OHTD_STORE_QUEUE_MAX)
		return -EAGAIN;
	*store->last = job;
	store->last = &job->next;
	store->waiting++;
	/* A thread that does not come for the job is as bad as one that does not end a group. */
	if (!atomic_load(&store->busy_since_ns))
		atomic_store(&store->busy_since_ns, ohtd_monotonic_ns());
	pthread_cond_signal(&store->work_there);
	return 0;
}

int ohtd_store_submit(struct ohtd_store *store, struct ohtd_store_job *job)
{
	int r;

	job->next = NULL;
	job->result = 0;
	pthread_mutex_lock(&store->lock);
	r = enqueue(store, job);
	pthread_mutex_unlock(&store->lock);
	if (r && r != -ESHUTDOWN)
		atomic_fetch_add(&store->refused, 1);
	return r;
}

void ohtd_store_watch(struct ohtd_store *store)
{
	struct ohtd_store_job *refused;
	bool hung = is_hung(store);

	if (hung != store->hung_told)
		ohtd_log(hung ? OHTD_LOG_ERROR : OHTD_LOG_NOTICE, store->schema->room, hung ? "hung" : "goes_on",
			 hung ? "the disk does not answer, writes are refused" :
			 "the disk answers again");
	store->hung_told = hung;
	if (!hung)
		return;
	pthread_mutex_lock(&store->lock);
	refused = take_queue(store);
	pthread_mutex_unlock(&store->lock);
	fail_all(refused, -ETIMEDOUT);
	for (struct ohtd_store_job *job = refused; job; job = job->next)
		atomic_fetch_add(&store->refused, 1);
	answer(refused);
}

/* Lives on the stack of the thread that waits for it. */
struct call {
	struct ohtd_store_job job;
	struct ohtd_store *store;
	pthread_cond_t answered;
	bool done;
};

static void end_call(struct ohtd_store_job *job)
{
	struct call *call = (struct call *)job;

	pthread_mutex_lock(&call->store->lock);
	call->done = true;
	pthread_cond_signal(&call->answered);
	pthread_mutex_unlock(&call->store->lock);
}

static int call(struct ohtd_store *store, const struct ohtd_store_job *job)
{
	struct call call = { .job = *job, .store = store, .answered = PTHREAD_COND_INITIALIZER };
	int r;

	call.job.done = end_call;
	r = ohtd_store_submit(store, &call.job);
	if (r)
		return r;
	pthread_mutex_lock(&store->lock);
	while (!call.done)
		pthread_cond_wait(&call.answered, &store->lock);
	pthread_mutex_unlock(&store->lock);
	pthread_cond_destroy(&call.answered);
	return call.job.result;
}

int ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg)
{
	return call(store, &(struct ohtd_store_job){ .work = work, .arg = arg });
}

static int work_nothing(struct ohtd_db *db, void *arg)
{
	(void)db;
	(void)arg;
	return 0;
}

/* What an earlier run has left can be read before this run has written anything. */
static int open_for_reading(struct ohtd_store *store)
{
	if (atomic_load(&store->readers))
		return 0;
	if (access(store->path, F_OK))
		return -errno;
	return call(store, &(struct ohtd_store_job){ .work = work_nothing, .spares = true });
}

int ohtd_store_read(struct ohtd_store *store, ohtd_store_work work, void *arg)
{
	int r = open_for_reading(store);
	struct ohtd_db *db;

	if (r)
		return r;
	db = ohtd_readers_take(atomic_load(&store->readers), OHTD_STORE_HUNG_MS / 1000);
	if (!db)
		return -ETIMEDOUT;
	r = work(db, arg);
	ohtd_readers_give(atomic_load(&store->readers), db);
	if (r == -EUCLEAN)
		note_damage(store, "reading met damage");
	return r;
}
