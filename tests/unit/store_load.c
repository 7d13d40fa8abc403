// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load for the bench: store_load FOLDER SYNC_MS SECONDS. 50 threads write one entry of the journal after
 * the other, one asks for a user by name; prints "write P99_MS COUNT" and "point P99_MS COUNT". With
 * SYNC_MS above 0 the disk is the simulated one, whose synchronisation takes that long; else the real one.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fault_vfs.h"
#include "store/db.h"
#include "store/journal.h"
#include "store/store.h"
#include "store/users.h"

#define WRITERS		50
#define SAMPLES_MAX	400000
#define NOW_S		1800000000LL

struct samples {
	double ms[SAMPLES_MAX];
	_Atomic unsigned int count;
};

static struct samples writes, points;
static struct ohtd_store *store;
static atomic_bool over;

struct batch {
	struct ohtd_source source;
	struct ohtd_entry_place place;
	struct ohtd_entry entry;
};

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int work_source(struct ohtd_db *db, void *arg)
{
	struct batch *batch = arg;

	return ohtd_db_journal_source(db, &batch->source, 1, &batch->place);
}

static int work_add(struct ohtd_db *db, void *arg)
{
	struct batch *batch = arg;

	return ohtd_db_journal_add(db, batch->place.source, &batch->entry, 1);
}

static int work_user(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_add(db, user, NOW_S);
}

static int work_find(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_find(db, user);
}

/* One call, timed; a call that fails ends it all. */
static void sample(struct samples *samples, int (*call)(struct ohtd_store *, ohtd_store_work, void *),
		   ohtd_store_work work, void *arg)
{
	double begin_ms = now_ms();
	unsigned int i;

	if (call(store, work, arg))
		exit(1);
	i = atomic_fetch_add(&samples->count, 1);
	if (i < SAMPLES_MAX)
		samples->ms[i] = now_ms() - begin_ms;
}

static void *write_main(void *arg)
{
	struct batch batch = { .source = { "boot", (uint64_t)(uintptr_t)arg } };

	if (ohtd_store_call(store, work_source, &batch))
		exit(1);
	for (batch.entry.event.journal_seq = 1; !atomic_load(&over); batch.entry.event.journal_seq++)
		sample(&writes, ohtd_store_call, work_add, &batch);
	return NULL;
}

static void *point_main(void *arg)
{
	while (!atomic_load(&over)) {
		struct ohtd_user user = { .name = "anna" };

		sample(&points, ohtd_store_read, work_find, &user);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return arg;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *name, struct samples *samples)
{
	unsigned int n = samples->count < SAMPLES_MAX ? samples->count : SAMPLES_MAX;

	qsort(samples->ms, n, sizeof(*samples->ms), compare);
	printf("%s %.3f %u\n", name, n ? samples->ms[n - 1 - n / 100] : -1.0, n);
}

int main(int argc, char **argv)
{
	struct ohtd_user user = { .name = "anna", .role = 1, .password_hash = "hash" };
	pthread_t threads[WRITERS + 1];
	char path[256], why[512];
	struct ohtd_db *db;
	unsigned int sync_ms;

	if (argc != 4)
		return 2;
	sync_ms = (unsigned int)atoi(argv[2]);
	snprintf(path, sizeof(path), "%s/oht.db", argv[1]);
	if (sync_ms && fault_vfs_install())
		return 1;
	if (ohtd_db_open(&db, path, NOW_S, why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	store = ohtd_store_start(db);
	if (!store || ohtd_store_call(store, work_user, &user))
		return 1;
	if (sync_ms)
		fault_vfs_set(&(struct fault_plan){ .sync_ms = sync_ms });
	for (uintptr_t i = 0; i <= WRITERS; i++)
		if (pthread_create(&threads[i], NULL, i ? write_main : point_main, (void *)i))
			return 1;
	sleep((unsigned int)atoi(argv[3]));
	atomic_store(&over, true);
	for (int i = 0; i <= WRITERS; i++)
		pthread_join(threads[i], NULL);
	ohtd_store_stop(store);
	print("write", &writes);
	print("point", &points);
	return 0;
}
