// SPDX-License-Identifier: GPL-2.0-or-later
/* The write-ahead log is copied into the database beside the writer, and does not grow without end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault_vfs.h"
#include "store/sql.h"
#include "store/store.h"
#include "accounts/users.h"
#include "store_fixture.h"

#define PAGE_BYTES	(4096 + 24)	/* in the log */
#define MANY		2000
#define WRITERS		4

/* A call writes some pages; small enough that every test comes past all of them. */
static const struct ohtd_log_bounds bounds = { .due = 20, .wait = 60, .rest = 10, .max = 120 };

static struct ohtd_store *store;
static struct ohtd_db *writer;		/* the store thread's: looked at between calls only */
static atomic_bool hold, held;
static _Atomic int number;

static void open_store(void)
{
	writer = store_open_db();
	writer->log = bounds;
	store = ohtd_store_start(writer);
	assert_non_null(store);
}

static int set_up(void **state)
{
	(void)state;
	if (store_folder_make() || fault_vfs_install())
		return -1;
	atomic_store(&number, 0);
	atomic_store(&hold, false);
	atomic_store(&held, false);
	open_store();
	return 0;
}

static void close_store(void)
{
	ohtd_store_stop(store);
	store = NULL;
}

static int tear_down(void **state)
{
	(void)state;
	atomic_store(&hold, false);
	fault_vfs_set(&(struct fault_plan){ 0 });
	close_store();
	fault_vfs_remove();
	return store_folder_remove();
}

/* ---- work ---- */

static int work_add(struct ohtd_db *db, void *arg)
{
	struct ohtd_user user = { .role = 1, .password_hash = "hash" };

	snprintf(user.name, sizeof(user.name), "user%d", *(int *)arg);
	return ohtd_db_user_add(db, &user, STORE_NOW_S);
}

static int work_count(struct ohtd_db *db, void *arg)
{
	(void)arg;
	return ohtd_db_number(db, "SELECT count(*) FROM users");
}

static int add(void)
{
	int mine = atomic_fetch_add(&number, 1);

	return ohtd_store_call(store, work_add, &mine);
}

static int count_users(void)
{
	return ohtd_store_read(store, work_count, NULL);
}

static unsigned int state_now(void)
{
	struct ohtd_store_view view;

	ohtd_store_look(store, &view);
	return view.state;
}

/* When the file itself was written last, without its log. */
static long long written_ns(void)
{
	struct stat st;

	return stat(store_path, &st) ? 0 : st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
}

static long size_of(const char *ending)
{
	char name[80];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", store_path, ending);
	return stat(name, &st) ? 0 : (long)st.st_size;
}

static bool is_checked(void)
{
	struct ohtd_store_view view;

	ohtd_store_look(store, &view);
	return view.checked;
}

/* Adds until it is refused; how many were not. */
static int add_until_refused(int error)
{
	int r = 0, added = 0;

	for (; !r && added < MANY; added += !r)
		r = add();
	assert_int_equal(r, error);
	return added;
}

static void check_all_there(int count)
{
	close_store();
	fault_vfs_set(&(struct fault_plan){ 0 });
	open_store();
	assert_int_equal(count_users(), count);
}

/* ---- while all is well ---- */

/*
 * Begins a copy and holds it fast. So few calls that the log does not come to its bound, where the
 * writer would wait for it. Returns how many.
 */
static int hold_a_copy(void)
{
	int calls = 0;

	/* A check that has read an old state of an empty log would keep all from being copied. */
	WAIT_FOR(is_checked());
	atomic_store(&hold, true);
	fault_vfs_set(&(struct fault_plan){ .hold = &hold, .held = &held });
	while (ohtd_db_log_pages(writer) < bounds.due && calls++ < MANY)
		assert_int_equal(add(), 0);
	WAIT_FOR(atomic_load(&held));
	return calls;
}

/* With the copy held fast, what is written meanwhile is acknowledged all the same. */
static void writing_goes_on_beside_the_copy(void **state)
{
	long long before_ns = written_ns();
	int added = hold_a_copy();

	(void)state;
	for (int i = 0; i < 5; i++, added++)
		assert_int_equal(add(), 0);
	assert_int_equal(count_users(), added);
	assert_int_equal(state_now(), OHTD_STORE_OK);
	atomic_store(&hold, false);
	WAIT_FOR(written_ns() > before_ns);
	check_all_there(added);
}

static void *write_main(void *arg)
{
	for (int i = 0; i < MANY / WRITERS; i++)
		if (add())
			return arg;
	return NULL;
}

static void the_log_stays_short_although_nobody_pauses(void **state)
{
	pthread_t threads[WRITERS];

	(void)state;
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_main, store), 0);
	for (int i = 0; i < WRITERS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	/* The file keeps its greatest length: the bound, and the one group that came past it. */
	assert_true(size_of("-wal") < 2 * bounds.max * PAGE_BYTES);
	assert_true(size_of("") > bounds.due * 4096L);
	check_all_there(MANY);
}

/* ---- when it cannot be copied ---- */

static sqlite3 *begin_reading(void)
{
	sqlite3 *other;

	assert_int_equal(sqlite3_open(store_path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN; SELECT count(*) FROM users", NULL, NULL, NULL),
			 SQLITE_OK);
	return other;
}

static void a_reader_that_stays_ends_the_writing_at_a_bound(void **state)
{
	sqlite3 *other = begin_reading();
	int added = add_until_refused(-EBUSY);

	(void)state;
	assert_true(added > 10);
	assert_int_equal(state_now(), OHTD_STORE_BUSY);
	assert_true(size_of("-wal") < 2 * bounds.max * PAGE_BYTES);
	assert_int_equal(count_users(), added);
	assert_int_equal(add(), -EBUSY);
	/* Nobody writes: it finds out by itself that the reader is gone. */
	sqlite3_close(other);
	WAIT_FOR(state_now() == OHTD_STORE_OK);
	assert_int_equal(add(), 0);
	check_all_there(added + 1);
}

static void refuse_at_the_bound(const struct fault_plan *plan, int error, unsigned int trouble)
{
	int added;

	fault_vfs_set(plan);
	/* What is in the log is acknowledged, although it cannot be copied. */
	added = add_until_refused(error);
	assert_true(added > 10);
	assert_int_equal(state_now(), trouble);
	assert_int_equal(count_users(), added);
	assert_true(size_of("-wal") < 2 * bounds.max * PAGE_BYTES);
	fault_vfs_set(&(struct fault_plan){ 0 });
	WAIT_FOR(state_now() == OHTD_STORE_OK);
	assert_int_equal(add(), 0);
	check_all_there(added + 1);
}

static void no_room_to_copy_to(void **state)
{
	(void)state;
	refuse_at_the_bound(&(struct fault_plan){ .ops = FAULT_WRITE, .first = 1, .count = UINT64_MAX,
						  .code = SQLITE_FULL, .main_only = true },
			    -ENOSPC, OHTD_STORE_FULL);
}

static void a_copy_that_cannot_be_synchronised(void **state)
{
	(void)state;
	refuse_at_the_bound(&(struct fault_plan){ .ops = FAULT_SYNC, .first = 1, .count = UINT64_MAX,
						  .code = SQLITE_IOERR_FSYNC, .main_only = true },
			    -EIO, OHTD_STORE_FAILING);
}

static void a_copy_that_fails_is_told_and_tried_again(void **state)
{
	int added = 0, r = 0;

	(void)state;
	fault_vfs_set(&(struct fault_plan){ .ops = FAULT_WRITE, .first = 1, .count = UINT64_MAX,
					    .code = SQLITE_IOERR_WRITE, .main_only = true });
	/* The thread may be so slow that the log comes to its bound before. */
	while (!r && state_now() == OHTD_STORE_OK && added < MANY) {
		r = add();
		added += !r;
	}
	assert_true(!r || r == -EIO);
	assert_int_equal(state_now(), OHTD_STORE_FAILING);
	fault_vfs_set(&(struct fault_plan){ 0 });
	WAIT_FOR(state_now() == OHTD_STORE_OK);
	check_all_there(added);
}

/* ---- the end ---- */

static void *end_main(void *arg)
{
	close_store();
	return arg;
}

static void an_end_waits_for_the_copy(void **state)
{
	int added = hold_a_copy();
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, end_main, NULL), 0);
	atomic_store(&hold, false);
	pthread_join(thread, NULL);
	assert_int_equal(size_of("-wal"), 0);
	check_all_there(added);
}

/* Also when somebody has it open, so that SQLite itself would leave the log. */
static void an_end_empties_the_log(void **state)
{
	sqlite3 *other;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(add(), 0);
	other = begin_reading();
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_true(size_of("-wal") > 0);
	close_store();
	assert_int_equal(size_of("-wal"), 0);
	sqlite3_close(other);
	check_all_there(5);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(writing_goes_on_beside_the_copy),
		CASE(the_log_stays_short_although_nobody_pauses),
		CASE(a_reader_that_stays_ends_the_writing_at_a_bound),
		CASE(no_room_to_copy_to),
		CASE(a_copy_that_cannot_be_synchronised),
		CASE(a_copy_that_fails_is_told_and_tried_again),
		CASE(an_end_waits_for_the_copy),
		CASE(an_end_empties_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
