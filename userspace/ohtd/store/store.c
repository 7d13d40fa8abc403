// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "store/db.h"

#define STACK_BYTES	(512 * 1024)

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
	pthread_t thread;
	pthread_mutex_t lock;		/* everything below */
	pthread_cond_t work_there;
	pthread_cond_t work_done;
	struct call *first, **last;
	unsigned int waiting;
	bool stopping;
};

static struct call *next_call(struct ohtd_store *store)
{
	struct call *call;

	pthread_mutex_lock(&store->lock);
	while (!store->first && !store->stopping)
		pthread_cond_wait(&store->work_there, &store->lock);
	call = store->first;
	if (call) {
		store->first = call->next;
		if (!store->first)
			store->last = &store->first;
		store->waiting--;
	}
	pthread_mutex_unlock(&store->lock);
	return call;
}

static void *store_main(void *arg)
{
	struct ohtd_store *store = arg;
	struct call *call;

	while ((call = next_call(store))) {
		int result = call->work(store->db, call->arg);

		pthread_mutex_lock(&store->lock);
		call->result = result;
		call->done = true;
		pthread_cond_broadcast(&store->work_done);
		pthread_mutex_unlock(&store->lock);
	}
	return NULL;
}

static int start_thread(struct ohtd_store *store)
{
	pthread_attr_t attr;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	r = pthread_create(&store->thread, &attr, store_main, store);
	pthread_attr_destroy(&attr);
	if (!r)
		pthread_setname_np(store->thread, "ohtd-store");
	return r;
}

struct ohtd_store *ohtd_store_start(struct ohtd_db *db)
{
	struct ohtd_store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return NULL;
	store->db = db;
	store->last = &store->first;
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->work_there, NULL);
	pthread_cond_init(&store->work_done, NULL);
	r = start_thread(store);
	if (r) {
		free(store);
		errno = r;
		return NULL;
	}
	return store;
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
	ohtd_db_close(store->db);
	pthread_cond_destroy(&store->work_done);
	pthread_cond_destroy(&store->work_there);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

int ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg)
{
	struct call call = { .work = work, .arg = arg };

	pthread_mutex_lock(&store->lock);
	if (store->stopping || store->waiting == OHTD_STORE_QUEUE_MAX) {
		call.result = store->stopping ? -ESHUTDOWN : -EAGAIN;
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
