// SPDX-License-Identifier: GPL-2.0-or-later
/* The second store: made when it is first needed, with settings of its own, and nothing to do with the first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sql.h"
#include "history/rows.h"
#include "store/store.h"
#include "accounts/users.h"
#include "store_fixture.h"

#define CHUNK_BYTES	60000
#define CHUNKS		100

static struct ohtd_clock wall;
static struct ohtd_store *store;

/* As history will be used: bulk that comes in order and goes when it is old. */
static const struct ohtd_migration migrations[] = {
	{ "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, applied_s INTEGER NOT NULL)"
	  " STRICT; CREATE TABLE chunks (first_ns INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;", NULL },
	{ NULL, NULL },
};

static struct ohtd_schema schema;

static const struct ohtd_statement add_chunk_sql = {
	"INSERT INTO chunks (first_ns, data) VALUES (:first, randomblob(:bytes))"
};

static const struct ohtd_statement drop_chunks_sql = { "DELETE FROM chunks WHERE first_ns < :first" };
static const struct ohtd_statement vacuum_sql = { "PRAGMA incremental_vacuum" };
static const struct ohtd_statement count_chunks_sql = { "SELECT count(*) FROM chunks" };

static int set_up(void **state)
{
	(void)state;
	schema = ohtd_history_schema;
	schema.migrations = migrations;
	ohtd_clock_init(&wall, &ohtd_clock_system, NULL, 0);
	if (store_folder_make())
		return -1;
	store = ohtd_store_prepare(&schema, store_path, &wall);
	return store ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_store_stop(store);
	store = NULL;
	return store_folder_remove();
}

static void restart(void)
{
	ohtd_store_stop(store);
	store = ohtd_store_prepare(&schema, store_path, &wall);
	assert_non_null(store);
}

static int work_add(struct ohtd_db *db, void *first)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &add_chunk_sql);

	ohtd_db_bind_number(s, ":first", *(const int *)first);
	ohtd_db_bind_number(s, ":bytes", CHUNK_BYTES);
	return ohtd_db_run(db, s);
}

static int work_drop(struct ohtd_db *db, void *first)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &drop_chunks_sql);

	ohtd_db_bind_number(s, ":first", *(const int *)first);
	return ohtd_db_run(db, s);
}

/* It gives one page back with each step. */
static int work_vacuum(struct ohtd_db *db, void *arg)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &vacuum_sql);
	int r;

	(void)arg;
	while ((r = ohtd_db_row(db, s)) > 0)
		;
	sqlite3_reset(s);
	return r;
}

static int work_count(struct ohtd_db *db, void *arg)
{
	sqlite3_stmt *s = ohtd_db_statement(db, &count_chunks_sql);
	int r = ohtd_db_row(db, s), count = r > 0 ? sqlite3_column_int(s, 0) : r;

	(void)arg;
	sqlite3_reset(s);
	return count;
}

static int work_setting(struct ohtd_db *db, void *pragma)
{
	return ohtd_db_number(db, pragma);
}

static int ask(const char *pragma)
{
	return ohtd_store_call(store, work_setting, (void *)(uintptr_t)pragma);
}

static int count(void)
{
	return ohtd_store_read(store, work_count, NULL);
}

static int add(int first)
{
	return ohtd_store_call(store, work_add, &first);
}

static struct ohtd_store_view look(void)
{
	struct ohtd_store_view view;

	ohtd_store_look(store, &view);
	return view;
}

static void no_file_without_a_need(void **state)
{
	(void)state;
	assert_int_equal(count(), -ENOENT);
	restart();
	assert_int_equal(count(), -ENOENT);
	ohtd_store_stop(store);
	store = NULL;
	assert_int_not_equal(access(store_path, F_OK), 0);
}

static void the_first_job_makes_it_with_its_own_settings(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(add(1), 0);
	assert_int_equal(count(), 1);
	assert_int_equal(stat(store_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(ask("PRAGMA page_size"), 4096);
	assert_int_equal(ask("PRAGMA auto_vacuum"), 2);
	assert_int_equal(ask("PRAGMA secure_delete"), 0);
	/* A power cut takes nothing that has been committed. */
	assert_int_equal(ask("PRAGMA synchronous"), 2);
	/* That of accounts is another. */
	ohtd_store_stop(store);
	unlink(store_path);
	store = ohtd_store_start(store_open_db());
	assert_int_equal(ask("PRAGMA secure_delete"), 1);
	assert_int_equal(ask("PRAGMA synchronous"), 2);
}

static void an_earlier_run_is_read_before_anything_is_written(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(add(i), 0);
	restart();
	assert_int_equal(count(), 5);
	assert_int_equal(add(3), -EEXIST);
	assert_int_equal(add(5), 0);
	assert_int_equal(count(), 6);
	WAIT_FOR(look().checked);
}

static void room_of_what_is_deleted_is_given_back(void **state)
{
	struct stat full, after;
	int first = CHUNKS - 10;

	(void)state;
	for (int i = 0; i < CHUNKS; i++)
		assert_int_equal(add(i), 0);
	restart();
	assert_int_equal(count(), CHUNKS);
	assert_int_equal(stat(store_path, &full), 0);
	assert_true(full.st_size > CHUNKS * CHUNK_BYTES);
	assert_int_equal(ohtd_store_call(store, work_drop, &first), 0);
	assert_int_equal(ohtd_store_call(store, work_vacuum, NULL), 0);
	restart();
	assert_int_equal(count(), 10);
	assert_int_equal(stat(store_path, &after), 0);
	assert_true(after.st_size < full.st_size / 5);
}

/* It is tried again, also while nobody asks. */
static void a_database_that_cannot_be_opened_fails_jobs_until_it_can(void **state)
{
	(void)state;
	assert_int_equal(mkdir(store_path, 0700), 0);
	assert_int_equal(add(1), -EIO);
	assert_int_equal(count(), -EIO);
	assert_int_equal(look().state, OHTD_STORE_FAILING);
	assert_int_equal(rmdir(store_path), 0);
	WAIT_FOR(look().state == OHTD_STORE_OK);
	assert_int_equal(add(1), 0);
	assert_int_equal(count(), 1);
}

static void accounts_are_no_history(void **state)
{
	(void)state;
	ohtd_store_stop(store);
	ohtd_db_close(store_open_db());
	store = ohtd_store_prepare(&ohtd_history_schema, store_path, &wall);
	assert_int_equal(ohtd_store_call(store, work_vacuum, NULL), -EIO);
}

/* ---- the end of a run ---- */

#define SIGNALS_KEPT	3
#define CHUNKS_KEPT	300

static int work_fill(struct ohtd_db *db, void *arg)
{
	struct ohtd_history_run run = { .boot_id = "boot", .cycle_ns = 1000, .start_ns = 1 };
	/* A page each. */
	static const char data[3000];
	struct ohtd_history_piece piece = { .data = data, .bytes = sizeof(data) };
	int r = ohtd_db_history_begin(db, &run);

	(void)arg;
	piece.run = run.run;
	for (int i = 0; !r && i < SIGNALS_KEPT * CHUNKS_KEPT; i++) {
		int signal = i / CHUNKS_KEPT, chunk = i % CHUNKS_KEPT;
		int64_t number = ohtd_db_history_signal(db, &(struct ohtd_history_signal){
			.name = "name", .unit = "", .type = "number", .origin = "", .decimals = (unsigned int)signal });

		piece.cycles = chunk < CHUNKS_KEPT - 1 ? 163840 : 100 + 10 * signal;
		if (chunk || signal < 2)
			r = ohtd_db_history_put_chunk(db, 0, number, chunk - (signal == 2), &piece);
	}
	return r;
}

static int pages_looked_at(struct ohtd_db *db)
{
	int hits, misses, highest;

	sqlite3_db_status(db->sql, SQLITE_DBSTATUS_CACHE_HIT, &hits, &highest, 0);
	sqlite3_db_status(db->sql, SQLITE_DBSTATUS_CACHE_MISS, &misses, &highest, 0);
	return hits + misses;
}

/* Pages that are looked at for the end of the only run; it is where the last chunk of any signal ends. */
static int work_find_end(struct ohtd_db *db, void *arg)
{
	struct ohtd_history_run run;
	int before = pages_looked_at(db);

	(void)arg;
	if (ohtd_db_history_runs(db, 0, INT64_MAX, &run, 1) != 1 ||
	    run.end != (CHUNKS_KEPT - 1) * 163840LL + 110)
		return -EIO;
	return pages_looked_at(db) - before;
}

static void the_end_of_a_run_costs_no_look_at_each_chunk(void **state)
{
	(void)state;
	ohtd_store_stop(store);
	store = ohtd_store_prepare(&ohtd_history_schema, store_path, &wall);
	assert_int_equal(ohtd_store_call(store, work_fill, NULL), 0);
	assert_in_range(ohtd_store_call(store, work_find_end, NULL), 0, CHUNKS_KEPT / 3);
}

/* ---- beside the other ---- */

static atomic_bool answered;

static int work_user(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_add(db, user, STORE_NOW_S);
}

static int work_find(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_find(db, user);
}

static void note_answer(struct ohtd_store_job *job)
{
	(void)job;
	atomic_store(&answered, true);
}

static void history_that_hangs_keeps_no_account_waiting(void **state)
{
	struct ohtd_store_job job = { .work = store_work_hang, .done = note_answer };
	struct ohtd_user user = { .name = "anna", .role = 1, .password_hash = "hash" };
	struct ohtd_store *history = store;
	char name[80];

	(void)state;
	snprintf(name, sizeof(name), "%s/small.db", store_dir);
	atomic_store(&store_hold, true);
	assert_int_equal(ohtd_store_submit(history, &job), 0);
	WAIT_FOR(atomic_load(&store_held));
	store = ohtd_store_prepare(&ohtd_small_schema, name, &wall);
	assert_int_equal(ohtd_store_call(store, work_user, &user), 0);
	assert_int_equal(ohtd_store_read(store, work_find, &user), 0);
	assert_false(atomic_load(&answered));
	atomic_store(&store_hold, false);
	WAIT_FOR(atomic_load(&answered));
	assert_int_equal(job.result, 0);
	ohtd_store_stop(history);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(no_file_without_a_need),
		CASE(the_first_job_makes_it_with_its_own_settings),
		CASE(an_earlier_run_is_read_before_anything_is_written),
		CASE(room_of_what_is_deleted_is_given_back),
		CASE(a_database_that_cannot_be_opened_fails_jobs_until_it_can),
		CASE(accounts_are_no_history),
		CASE(the_end_of_a_run_costs_no_look_at_each_chunk),
		CASE(history_that_hangs_keeps_no_account_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
