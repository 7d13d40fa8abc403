// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store, killed and cut off from power while four threads write: two wait for each call, two have
 * several jobs in flight. What was acknowledged is there afterwards, in order and whole, and the database
 * is sound. OHT_SOAK=1 makes it 500 of each; OHT_SEED repeats a choice of moments (what the threads have
 * done by then, nobody repeats).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dice.h"
#include "fault_vfs.h"
#include "base/log.h"
#include "scratch.h"
#include "store/sql.h"
#include "journal/rows.h"
#include "store/store.h"

#define NOW_S		1800000000LL
#define WRITERS		4
#define WAITING		2	/* of them, the first ones */
#define IN_FLIGHT	4	/* jobs of each of the others */
#define BATCH_MAX	3
#define CHANGES_MAX	400	/* a cut comes within so many changes of files */
#define LIFE_US_MAX	25000	/* a kill comes within such a time */
#define CALLS_MAX	30	/* and after so many acknowledged calls */
#define NAPS_MAX	60000	/* of 1 ms; then something is wrong, and the test fails */
#define FRESH_EVERY	10	/* lives; then it begins with no database */

/* Outlives the processes. */
static struct {
	_Atomic uint64_t kept[WRITERS];
	_Atomic uint64_t calls;
} *shared;

static char dir[] = "/tmp/ohtd-campaign-XXXXXX";
static char folders[2][64], path[96];
static unsigned int folder;		/* where the present life is */
static unsigned int seed;

static int set_up(void **state)
{
	(void)state;
	ohtd_log_set_level(OHTD_LOG_ERROR);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED || scratch_make(dir))
		return -1;
	for (int i = 0; i < 2; i++) {
		snprintf(folders[i], sizeof(folders[i]), "%s/%d", dir, i);
		if (mkdir(folders[i], 0700))
			return -1;
	}
	seed = dice_seed();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	munmap(shared, sizeof(*shared));
	return scratch_remove(dir);
}

static void enter_folder(unsigned int which)
{
	folder = which;
	snprintf(path, sizeof(path), "%s/oht.db", folders[folder]);
}

static void empty_folder(unsigned int which)
{
	assert_int_equal(scratch_remove(folders[which]), 0);
	assert_int_equal(mkdir(folders[which], 0700), 0);
}

static unsigned int count_lives(void)
{
	return getenv("OHT_SOAK") ? 500 : getenv("OHT_GATE") ? 25 : 100;
}

/* ---- in the process that dies ---- */

static struct ohtd_store *store;

struct batch {
	struct ohtd_source source;
	struct ohtd_entry_place place;
	unsigned int count;
	struct ohtd_entry entries[BATCH_MAX];
};

static int work_source(struct ohtd_db *db, void *arg)
{
	struct batch *batch = arg;

	return ohtd_db_journal_source(db, &batch->source, 1, &batch->place);
}

static int work_add(struct ohtd_db *db, void *arg)
{
	struct batch *batch = arg;

	return ohtd_db_journal_add(db, batch->place.source, batch->entries, batch->count);
}

static void call_or_die(ohtd_store_work work, struct batch *batch)
{
	if (ohtd_store_call(store, work, batch))
		_exit(4);
}

/* Each entry says with which one its batch ends. Returns the number behind that. */
static uint64_t fill(struct batch *batch, uint64_t seq, unsigned int *chance)
{
	uint64_t last;

	batch->count = 1 + dice(chance, BATCH_MAX);
	last = seq + batch->count - 1;
	for (unsigned int i = 0; i < batch->count; i++, seq++)
		batch->entries[i] = (struct ohtd_entry){
			.wall_ns = NOW_S,
			.event = { .journal_seq = seq, .event_ns = seq * 1000, .low_ns = last,
				   .tag = batch->source.device },
		};
	return seq;
}

/* In the order in which they were given. */
static void note_kept(const struct batch *batch)
{
	uint64_t number = batch->source.device, first = batch->entries[0].event.journal_seq;

	if (atomic_exchange(&shared->kept[number], first + batch->count - 1) != first - 1)
		_exit(6);
	atomic_fetch_add(&shared->calls, 1);
}

static void write_and_wait(struct batch *batch, unsigned int *chance)
{
	for (uint64_t seq = batch->place.seq;; ) {
		seq = fill(batch, seq, chance);
		call_or_die(work_add, batch);
		note_kept(batch);
	}
}

struct flight {
	struct ohtd_store_job job;
	struct batch batch;
	sem_t *landed;
};

static void land(struct ohtd_store_job *job)
{
	struct flight *flight = (struct flight *)job;

	if (job->result)
		_exit(4);
	note_kept(&flight->batch);
	sem_post(flight->landed);
}

/* Jobs land in the order in which they were submitted, so the oldest flight is the one that is free. */
static void write_in_flight(const struct batch *batch, unsigned int *chance)
{
	static struct flight all[WRITERS][IN_FLIGHT];
	struct flight *flights = all[batch->source.device];
	uint64_t seq = batch->place.seq;
	sem_t landed;

	sem_init(&landed, 0, IN_FLIGHT);
	for (unsigned int i = 0;; i = (i + 1) % IN_FLIGHT) {
		struct flight *flight = &flights[i];

		sem_wait(&landed);
		flight->batch = *batch;
		seq = fill(&flight->batch, seq, chance);
		flight->landed = &landed;
		flight->job = (struct ohtd_store_job){ .work = work_add, .arg = &flight->batch,
						       .done = land };
		if (ohtd_store_submit(store, &flight->job))
			_exit(4);
	}
}

static void *writer_main(void *arg)
{
	uint64_t number = (uint64_t)(uintptr_t)arg;
	unsigned int chance = (unsigned int)number + 1;
	struct batch batch = { .source = { "boot", number } };

	call_or_die(work_source, &batch);
	if (number < WAITING)
		write_and_wait(&batch, &chance);
	else
		write_in_flight(&batch, &chance);
	return NULL;
}

/* Never returns: somebody kills it, or its disk does. */
static void live(void)
{
	pthread_t threads[WRITERS];
	struct ohtd_db *db;
	char why[512];

	if (ohtd_db_open(&db, &ohtd_small_schema, path, NOW_S, why, sizeof(why)))
		_exit(3);
	/* Often, so that many moments are those of copying the log, beside the writer and for it. */
	db->log = (struct ohtd_log_bounds){ .due = 10, .wait = 40, .rest = 10, .max = 80 };
	store = ohtd_store_start(db);
	if (!store)
		_exit(3);
	for (uintptr_t i = 0; i < WRITERS; i++)
		if (pthread_create(&threads[i], NULL, writer_main, (void *)i))
			_exit(3);
	for (;;)
		pause();
}

/* ---- in the one that looks ---- */

static int64_t ask(struct ohtd_db *db, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int64_t ask(struct ohtd_db *db, const char *format, ...)
{
	int64_t number = -1;
	char text[256];
	va_list list;
	sqlite3_stmt *s;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	assert_int_equal(sqlite3_prepare_v2(db->sql, text, -1, &s, NULL), SQLITE_OK);
	if (sqlite3_step(s) == SQLITE_ROW)
		number = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return number;
}

/* Everything that was acknowledged, nothing twice, nothing left out, nothing changed. */
static void check_writer(struct ohtd_db *db, unsigned int number)
{
	int64_t source = ask(db, "SELECT id FROM journal_sources WHERE device = %u", number);
	int64_t kept = (int64_t)atomic_load(&shared->kept[number]);
	int64_t count = ask(db, "SELECT count(*) FROM journal WHERE source = %lld",
			    (long long)source);

	if (count < kept)
		fail_msg("writer %u: %lld of %lld acknowledged entries", number, (long long)count,
			 (long long)kept);
	if (!count)
		return;
	assert_int_equal(ask(db, "SELECT max(seq) FROM journal WHERE source = %lld",
			     (long long)source), count);
	assert_int_equal(ask(db, "SELECT count(*) FROM journal WHERE source = %lld AND seq > 0"
			     " AND event_ns = seq * 1000 AND tag = %u", (long long)source, number),
			 count);
	/* Batches that were not acknowledged may be there, but whole, and not more than were under way. */
	assert_in_range(count, kept, kept + BATCH_MAX * (number < WAITING ? 1 : IN_FLIGHT));
	assert_int_equal(ask(db, "SELECT low_ns FROM journal WHERE source = %lld AND seq = %lld",
			     (long long)source, (long long)count), count);
	atomic_store(&shared->kept[number], (uint64_t)count);
}

static void check(void)
{
	struct ohtd_db *db;
	char why[512];

	if (ohtd_db_open(&db, &ohtd_small_schema, path, NOW_S, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(ask(db, "SELECT count(*) FROM pragma_integrity_check"
			     " WHERE integrity_check <> 'ok'"), 0);
	for (unsigned int i = 0; i < WRITERS; i++)
		check_writer(db, i);
	ohtd_db_close(db);
}

static void begin_anew(unsigned int life)
{
	if (life % FRESH_EVERY)
		return;
	empty_folder(0);
	empty_folder(1);
	for (unsigned int i = 0; i < WRITERS; i++)
		atomic_store(&shared->kept[i], 0);
}

static off_t file_bytes(void)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

/* Most are killed while they write, however long they take to get there; the others at any moment. */
static void wait_for_writing(void)
{
	uint64_t until = atomic_load(&shared->calls) + 1 + dice(&seed, CALLS_MAX);

	for (int naps = 0; naps < NAPS_MAX && atomic_load(&shared->calls) < until; naps++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void kill_at_random_moments(void **state)
{
	unsigned int lives = count_lives(), copies = 0;

	(void)state;
	enter_folder(0);
	for (unsigned int life = 0; life < lives; life++) {
		long life_us = dice(&seed, LIFE_US_MAX);
		bool patient = dice(&seed, 4);
		off_t before;
		int status;
		pid_t pid;

		begin_anew(life);
		before = file_bytes();
		pid = fork();
		if (!pid)
			live();
		if (patient)
			wait_for_writing();
		nanosleep(&(struct timespec){ .tv_nsec = life_us * 1000 }, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		copies += file_bytes() > before;
		check();
	}
	print_message("%u kills, %llu acknowledged calls, the log copied in %u lives\n", lives,
		      (unsigned long long)atomic_load(&shared->calls), copies);
	assert_true(copies > lives / 10);
	assert_true(atomic_load(&shared->calls) > lives / 2);
}

static void power_cuts_at_random_moments(void **state)
{
	unsigned int lives = count_lives();

	(void)state;
	enter_folder(0);
	for (unsigned int life = 0; life < lives; life++) {
		struct fault_plan plan = { .cut_at = 1 + dice(&seed, CHANGES_MAX),
					   .seed = dice(&seed, 1 << 15),
					   .cut_dir = folders[!folder] };
		int status;
		pid_t pid;

		begin_anew(life);
		pid = fork();
		if (!pid) {
			if (fault_vfs_install())
				_exit(5);
			fault_vfs_set(&plan);
			live();
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		empty_folder(folder);
		enter_folder(!folder);
		/* The name exists since before the first change; its mode is not the disk's. */
		if (!access(path, F_OK))
			chmod(path, 0600);
		check();
	}
	print_message("%u power cuts, %llu acknowledged calls\n", lives,
		      (unsigned long long)atomic_load(&shared->calls));
	assert_true(atomic_load(&shared->calls) > lives);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(kill_at_random_moments),
		CASE(power_cuts_at_random_moments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
