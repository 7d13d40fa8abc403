// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load for the bench: store_load FOLDER SYNC_MS SECONDS WAITING. 50 jobs are always in flight, or, if WAITING
 * is not 0, so many threads write and wait; each writes one entry of the journal after the other. A thread
 * asks for a user by name. Prints "write P99_MS COUNT", "point P99_MS COUNT" and "sync P99_MS COUNT": how
 * long that disk takes to synchronise as much as a group writes, half of it tried before the load, half
 * after. With SYNC_MS above 0 the disk is the simulated one, whose synchronisation takes that long, and
 * "sync" is left out; else the real one.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fault_vfs.h"
#include "store/db.h"
#include "store/schema.h"
#include "journal/rows.h"
#include "store/store.h"
#include "accounts/users.h"

#define WRITERS		50
#define SAMPLES_MAX	400000
#define NOW_S		1800000000LL
#define SYNCS		1000
/* What the log gets of 50 entries of 50 sources. */
#define GROUP_BYTES	(25 * 4120)
/* As far as the log grows before it is copied. */
#define GROUPS		80

struct samples {
	double ms[SAMPLES_MAX];
	_Atomic unsigned int count;
};

static struct samples writes, points, syncs;
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

static void note(struct samples *samples, double begin_ms)
{
	unsigned int i = atomic_fetch_add(&samples->count, 1);

	if (i < SAMPLES_MAX)
		samples->ms[i] = now_ms() - begin_ms;
}

static void begin(struct batch *batch)
{
	if (ohtd_store_call(store, work_source, batch))
		exit(1);
	batch->entry.event.journal_seq = 1;
}

/* ---- jobs in flight, for which no thread waits, as requests of clients ---- */

struct flight {
	struct ohtd_store_job job;
	struct batch batch;
	double begin_ms;
};

static struct flight flights[WRITERS];
static atomic_uint flying;

static void fly(struct flight *flight)
{
	flight->begin_ms = now_ms();
	if (ohtd_store_submit(store, &flight->job))
		exit(1);
}

/* A job that fails ends it all. */
static void land(struct ohtd_store_job *job)
{
	struct flight *flight = (struct flight *)job;

	if (job->result)
		exit(1);
	note(&writes, flight->begin_ms);
	flight->batch.entry.event.journal_seq++;
	if (atomic_load(&over))
		atomic_fetch_sub(&flying, 1);
	else
		fly(flight);
}

static void begin_flights(void)
{
	atomic_store(&flying, WRITERS);
	for (unsigned int i = 0; i < WRITERS; i++) {
		struct flight *flight = &flights[i];

		flight->batch.source = (struct ohtd_source){ "boot", i + 1 };
		begin(&flight->batch);
		flight->job.work = work_add;
		flight->job.arg = &flight->batch;
		flight->job.done = land;
		fly(flight);
	}
}

/* ---- threads that wait ---- */

static void *write_main(void *arg)
{
	struct batch batch = { .source = { "boot", (uint64_t)(uintptr_t)arg } };

	for (begin(&batch); !atomic_load(&over); batch.entry.event.journal_seq++) {
		double begin_ms = now_ms();

		if (ohtd_store_call(store, work_add, &batch))
			exit(1);
		note(&writes, begin_ms);
	}
	return NULL;
}

static void *point_main(void *arg)
{
	while (!atomic_load(&over)) {
		struct ohtd_user user = { .name = "anna" };
		double begin_ms = now_ms();

		if (ohtd_store_read(store, work_find, &user))
			exit(1);
		note(&points, begin_ms);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return arg;
}

/* Without the store. */
static int try_disk(const char *folder)
{
	static char group[GROUP_BYTES];
	char path[256];
	int fd, r = 0;

	snprintf(path, sizeof(path), "%s/sync", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	for (unsigned int i = 0; !r && i < SYNCS / 2; i++) {
		double begin_ms;

		memset(group, (int)i, sizeof(group));
		r = pwrite(fd, group, sizeof(group), (off_t)sizeof(group) * (i % GROUPS)) < 0;
		begin_ms = now_ms();
		if (!r)
			r = fdatasync(fd);
		note(&syncs, begin_ms);
	}
	close(fd);
	return r;
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
	unsigned int sync_ms, waiting;

	if (argc != 5)
		return 2;
	sync_ms = (unsigned int)atoi(argv[2]);
	waiting = (unsigned int)atoi(argv[4]);
	if (waiting > WRITERS)
		return 2;
	snprintf(path, sizeof(path), "%s/oht.db", argv[1]);
	if (sync_ms ? fault_vfs_install() : try_disk(argv[1]))
		return 1;
	if (ohtd_db_open(&db, &ohtd_small_schema, path, NOW_S, why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	store = ohtd_store_start(db);
	if (!store || ohtd_store_call(store, work_user, &user))
		return 1;
	if (sync_ms)
		fault_vfs_set(&(struct fault_plan){ .sync_ms = sync_ms });
	if (!waiting)
		begin_flights();
	for (uintptr_t i = 0; i <= waiting; i++)
		if (pthread_create(&threads[i], NULL, i ? write_main : point_main, (void *)i))
			return 1;
	sleep((unsigned int)atoi(argv[3]));
	atomic_store(&over, true);
	for (unsigned int i = 0; i <= waiting; i++)
		pthread_join(threads[i], NULL);
	while (atomic_load(&flying))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	ohtd_store_stop(store);
	print("write", &writes);
	print("point", &points);
	if (sync_ms)
		return 0;
	if (try_disk(argv[1]))
		return 1;
	print("sync", &syncs);
	return 0;
}
