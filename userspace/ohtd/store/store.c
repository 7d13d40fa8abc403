// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "main/log.h"
#include "main/thread.h"
#include "store/checkpoint.h"
#include "store/db_private.h"
#include "store/readers.h"

#define STACK_BYTES	(512 * 1024)
/* How often a store in trouble looks whether it is over. */
#define PROBE_S		1

/* Lives on the stack of the thread that waits in ohtd_store_call(). */
struct call {
	struct call *next;
	ohtd_store_work work;
	void *arg;
	int result;
	bool done;
};

struct ohtd_store {
	struct ohtd_db *db;		/* store thread */
	struct ohtd_checkpoint *checkpoint;
	struct ohtd_readers *readers;
	pthread_t thread;
	pthread_mutex_t lock;		/* the queue */
	pthread_cond_t work_there;
	pthread_cond_t work_done;
	struct call *first, **last;
	unsigned int waiting;
	bool stopping;

	_Atomic unsigned int state;
	atomic_bool damaged;
	_Atomic uint64_t busy_since_ns;
	_Atomic uint64_t groups, calls, refused;
	_Atomic unsigned int damaged_files;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- how it does ---- */

const char *ohtd_store_state_name(unsigned int state)
{
	static const char *const names[] = {
		[OHTD_STORE_OK] = "ok", [OHTD_STORE_BUSY] = "busy", [OHTD_STORE_FULL] = "full",
		[OHTD_STORE_READ_ONLY] = "read_only", [OHTD_STORE_FAILING] = "failing",
		[OHTD_STORE_DAMAGED] = "damaged",
	};

	return names[state];
}

enum ohtd_store_state ohtd_store_state_of(int error)
{
	switch (error) {
	case -EUCLEAN:
		return OHTD_STORE_DAMAGED;
	case -ENOSPC:
		return OHTD_STORE_FULL;
	case -EROFS:
		return OHTD_STORE_READ_ONLY;
	case -EIO:
	case -ENOMEM:
		return OHTD_STORE_FAILING;
	case -EBUSY:
	case -EAGAIN:
		return OHTD_STORE_BUSY;
	default:
		return OHTD_STORE_OK;
	}
}

/* Told once, when it begins and when it ends. */
static void enter(struct ohtd_store *store, unsigned int state)
{
	unsigned int before = atomic_exchange(&store->state, state);

	if (before == state)
		return;
	if (state)
		ohtd_log(OHTD_LOG_ERROR, "store", ohtd_store_state_name(state),
			 "nothing can be kept");
	else
		ohtd_log(OHTD_LOG_NOTICE, "store", "ok", "everything is kept again");
}

static void note_damage(struct ohtd_store *store)
{
	if (!atomic_exchange(&store->damaged, true))
		ohtd_log(OHTD_LOG_ERROR, "store", "damaged",
			 "the database is damaged; the next start repairs it");
	atomic_store(&store->state, OHTD_STORE_DAMAGED);
}

/* @error: 0 if something was written. */
static void judge(struct ohtd_store *store, int error)
{
	if (error == -EUCLEAN)
		note_damage(store);
	else if (!atomic_load(&store->damaged))
		enter(store, ohtd_store_state_of(error));
}

void ohtd_store_look(struct ohtd_store *store, struct ohtd_store_view *view)
{
	memset(view, 0, sizeof(*view));
	view->state = atomic_load(&store->state);
	view->busy_since_ns = atomic_load(&store->busy_since_ns);
	view->groups = atomic_load(&store->groups);
	view->calls = atomic_load(&store->calls);
	view->refused = atomic_load(&store->refused);
	view->damaged_files = atomic_load(&store->damaged_files);
	pthread_mutex_lock(&store->lock);
	view->waiting = store->waiting;
	pthread_mutex_unlock(&store->lock);
}

/* ---- a group ---- */

/* A part of the transaction. What others did before it stays when it fails. */
static int run_call(struct ohtd_store *store, struct call *call)
{
	int r = ohtd_db_begin(store->db), done = 0;

	if (!r)
		done = call->work(store->db, call->arg);
	r = ohtd_db_end(store->db, r ? r : done < 0 ? done : 0);
	return r ? r : done;
}

static void fail_all(struct call *group, int error)
{
	for (struct call *call = group; call; call = call->next)
		if (call->result >= 0)
			call->result = error;
}

/* Returns what has kept the whole group from being kept, or 0. */
static int run_transaction(struct ohtd_store *store, struct call *group)
{
	int r = ohtd_db_begin(store->db);

	for (struct call *call = group; !r && call; call = call->next) {
		call->result = run_call(store, call);
		if (ohtd_db_is_undone(store->db))
			r = call->result;
	}
	return ohtd_db_end(store->db, r);
}

/* The first trouble of the store's own; what a call did wrong itself is not. */
static int find_trouble(const struct call *group)
{
	for (const struct call *call = group; call; call = call->next)
		if (call->result < 0 && ohtd_store_state_of(call->result))
			return call->result;
	return 0;
}

static void count(struct ohtd_store *store, const struct call *group)
{
	for (const struct call *call = group; call; call = call->next) {
		if (call->result >= 0)
			atomic_fetch_add(&store->calls, 1);
		else if (ohtd_store_state_of(call->result))
			atomic_fetch_add(&store->refused, 1);
	}
	atomic_fetch_add(&store->groups, 1);
}

static void answer(struct ohtd_store *store, struct call *group)
{
	pthread_mutex_lock(&store->lock);
	while (group) {
		struct call *call = group;

		/* Gone as soon as it is done. */
		group = call->next;
		call->done = true;
	}
	pthread_cond_broadcast(&store->work_done);
	pthread_mutex_unlock(&store->lock);
}

static void run_group(struct ohtd_store *store, struct call *group)
{
	long long before = ohtd_db_changes(store->db);
	int r = atomic_load(&store->damaged) ? -EUCLEAN : ohtd_checkpoint_before(store->checkpoint);
	int trouble;

	if (!r)
		r = run_transaction(store, group);
	if (r)
		fail_all(group, r);
	trouble = find_trouble(group);
	count(store, group);
	if (trouble || before != ohtd_db_changes(store->db))
		judge(store, trouble ? trouble : ohtd_checkpoint_error(store->checkpoint));
	answer(store, group);
	if (!trouble) {
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
	int r;

	atomic_store(&store->damaged_files, ohtd_db_damaged_files(store->db));
	if (atomic_load(&store->damaged) || !atomic_load(&store->state))
		return;
	r = ohtd_checkpoint_now(store->checkpoint);
	judge(store, r ? r : ohtd_db_probe(store->db));
}

/* ---- the thread ---- */

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

/* All that waits; NULL: nothing, look whether the trouble is over, or if @stopping end. */
static struct call *take_group(struct ohtd_store *store, bool *stopping)
{
	struct call *group;

	pthread_mutex_lock(&store->lock);
	while (!store->first && !store->stopping && wait_for_work(store))
		;
	group = store->first;
	store->first = NULL;
	store->last = &store->first;
	store->waiting = 0;
	*stopping = store->stopping;
	pthread_mutex_unlock(&store->lock);
	return group;
}

static void *store_main(void *arg)
{
	struct ohtd_store *store = arg;
	struct call *group;
	bool stopping;

	for (;;) {
		group = take_group(store, &stopping);
		if (!group && stopping)
			return NULL;
		atomic_store(&store->busy_since_ns, now_ns());
		if (group)
			run_group(store, group);
		else
			probe(store);
		atomic_store(&store->busy_since_ns, 0);
	}
}

static int start_thread(struct ohtd_store *store)
{
	const struct ohtd_thread what = { "ohtd-store", STACK_BYTES, store_main };

	return ohtd_thread_start(&store->thread, &what, store);
}

static void init_queue(struct ohtd_store *store)
{
	pthread_condattr_t attr;

	store->last = &store->first;
	pthread_mutex_init(&store->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&store->work_there, &attr);
	pthread_cond_init(&store->work_done, &attr);
	pthread_condattr_destroy(&attr);
}

static void release(struct ohtd_store *store)
{
	ohtd_checkpoint_close(store->checkpoint);
	ohtd_readers_close(store->readers);
	pthread_cond_destroy(&store->work_done);
	pthread_cond_destroy(&store->work_there);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

struct ohtd_store *ohtd_store_start(struct ohtd_db *db)
{
	struct ohtd_store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return NULL;
	store->db = db;
	store->damaged_files = ohtd_db_damaged_files(db);
	init_queue(store);
	store->checkpoint = ohtd_checkpoint_open(db);
	if (store->checkpoint)
		store->readers = ohtd_readers_open(db);
	r = store->readers ? start_thread(store) : errno;
	if (!r)
		return store;
	release(store);
	errno = r;
	return NULL;
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
	ohtd_checkpoint_close(store->checkpoint);
	store->checkpoint = NULL;
	ohtd_readers_close(store->readers);
	store->readers = NULL;
	/* The last one to close does so too, but another process may have it open. */
	ohtd_db_fold(store->db);
	ohtd_db_close(store->db);
	release(store);
}

/* ---- callers ---- */

int ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg)
{
	struct call call = { .work = work, .arg = arg };

	pthread_mutex_lock(&store->lock);
	if (store->stopping || store->waiting == OHTD_STORE_QUEUE_MAX) {
		call.result = store->stopping ? -ESHUTDOWN : -EAGAIN;
		if (!store->stopping)
			atomic_fetch_add(&store->refused, 1);
	} else {
		*store->last = &call;
		store->last = &call.next;
		store->waiting++;
		pthread_cond_signal(&store->work_there);
		while (!call.done)
			pthread_cond_wait(&store->work_done, &store->lock);
	}
	pthread_mutex_unlock(&store->lock);
	return call.result;
}

int ohtd_store_read(struct ohtd_store *store, ohtd_store_work work, void *arg)
{
	struct ohtd_db *db = ohtd_readers_take(store->readers);
	int r = work(db, arg);

	ohtd_readers_give(store->readers, db);
	if (r == -EUCLEAN)
		note_damage(store);
	return r;
}
