// SPDX-License-Identifier: GPL-2.0-or-later
/* A start does not read all of the database; the check in the background does, and the next start repairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "fault_vfs.h"
#include "store/check.h"
#include "store/sql.h"
#include "journal/rows.h"
#include "store/store.h"
#include "accounts/users.h"
#include "store_fixture.h"

#define PAGE		4096
#define ENTRIES		40000
#define BATCH		500
#define FILE_MAX	(1 << 24)

static struct ohtd_store *store;

static int set_up(void **state)
{
	(void)state;
	if (store_folder_make() || fault_vfs_install())
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fault_vfs_set(&(struct fault_plan){ 0 });
	ohtd_store_stop(store);
	store = NULL;
	fault_vfs_remove();
	return store_folder_remove();
}

static void add_entries(struct ohtd_db *db, uint64_t first, unsigned int count)
{
	static struct ohtd_entry entries[BATCH];
	struct ohtd_source source = { "boot", 7 };
	struct ohtd_entry_place place;

	assert_int_equal(ohtd_db_journal_source(db, &source, 1, &place), 0);
	for (unsigned int i = 0; i < count; i += BATCH) {
		for (unsigned int k = 0; k < BATCH; k++)
			entries[k].event.journal_seq = first + i + k;
		assert_int_equal(ohtd_db_journal_add(db, place.source, entries, BATCH), 0);
	}
}

static void make(void)
{
	struct ohtd_user user = { .name = "anna", .role = 2, .password_hash = "hash" };
	struct ohtd_db *db = store_open_db();

	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), 0);
	add_entries(db, 1, ENTRIES);
	ohtd_db_close(db);
}

static uint64_t count_pages(void)
{
	struct stat st;

	assert_int_equal(stat(store_path, &st), 0);
	return (uint64_t)st.st_size / PAGE;
}

static void smash_the_middle(void)
{
	unsigned char noise[PAGE];
	int fd = open(store_path, O_WRONLY);

	memset(noise, 0xa5, sizeof(noise));
	assert_int_equal(pwrite(fd, noise, PAGE, (off_t)(count_pages() / 2) * PAGE), PAGE);
	close(fd);
}

static void start(void)
{
	store = ohtd_store_start(store_open_db());
	assert_non_null(store);
}

static struct ohtd_store_view look(void)
{
	struct ohtd_store_view view;

	ohtd_store_look(store, &view);
	return view;
}

static int work_add(struct ohtd_db *db, void *name)
{
	struct ohtd_user user = { .role = 1, .password_hash = "hash" };

	snprintf(user.name, sizeof(user.name), "%s", (const char *)name);
	return ohtd_db_user_add(db, &user, STORE_NOW_S);
}

static int add(const char *name)
{
	return ohtd_store_call(store, work_add, (void *)(uintptr_t)name);
}

/* Whatever its size: also after an end that was none. */
static void a_start_reads_a_few_pages(void **state)
{
	struct ohtd_db *db;

	(void)state;
	make();
	assert_true(count_pages() > 200);
	print_message("%llu pages\n", (unsigned long long)count_pages());
	for (int unclean = 0; unclean < 2; unclean++) {
		fault_vfs_set(&(struct fault_plan){ 0 });
		db = store_open_db();
		assert_in_range(fault_vfs_calls(FAULT_READ), 1, 40);
		/* Its log is left behind. */
		sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		assert_int_equal(work_add(db, unclean ? (void *)"carl" : (void *)"bert"), 0);
		ohtd_db_close(db);
	}
}

static void a_sound_database_is_read_once_beside_its_use(void **state)
{
	uint64_t pages;

	(void)state;
	make();
	pages = count_pages();
	fault_vfs_set(&(struct fault_plan){ 0 });
	start();
	assert_int_equal(add("bert"), 0);
	WAIT_FOR(look().checked);
	assert_true(fault_vfs_calls(FAULT_READ) >= pages - 20);
	assert_int_equal(look().state, OHTD_STORE_OK);
	assert_int_equal(add("carl"), 0);
	assert_false(ohtd_db_file_is_suspect(store_path));
}

static void damage_is_found_and_the_next_start_repairs(void **state)
{
	(void)state;
	make();
	smash_the_middle();
	start();
	WAIT_FOR(look().state == OHTD_STORE_DAMAGED);
	assert_false(look().checked);
	assert_int_equal(add("bert"), -EUCLEAN);
	assert_true(ohtd_db_file_is_suspect(store_path));
	ohtd_store_stop(store);
	start();
	assert_int_equal(look().damaged_files, 1);
	assert_int_equal(look().state, OHTD_STORE_OK);
	assert_false(ohtd_db_file_is_suspect(store_path));
	assert_int_equal(add("bert"), 0);
	WAIT_FOR(look().checked);
}

static char *read_all(const char *ending, size_t *bytes)
{
	char name[96], *data;

	snprintf(name, sizeof(name), "%s%s", store_path, ending);
	assert_int_equal(oht_file_read(name, FILE_MAX, &data, bytes), 0);
	return data;
}

/* What was written since is in the log, and the repair reads both; the end mixes nothing. */
static void the_end_leaves_a_damaged_file_and_its_log_as_they_are(void **state)
{
	char *before, *after, *log_before, *log_after;
	size_t before_bytes, after_bytes, log_bytes, log_after_bytes;
	struct ohtd_db *db;

	(void)state;
	make();
	db = store_open_db();
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(work_add(db, (void *)(uintptr_t)"bert"), 0);
	ohtd_db_close(db);
	smash_the_middle();
	before = read_all("", &before_bytes);
	log_before = read_all("-wal", &log_bytes);
	assert_true(log_bytes > PAGE);
	start();
	WAIT_FOR(look().state == OHTD_STORE_DAMAGED);
	ohtd_store_stop(store);
	store = NULL;
	after = read_all("", &after_bytes);
	log_after = read_all("-wal", &log_after_bytes);
	assert_int_equal(before_bytes, after_bytes);
	assert_memory_equal(before, after, before_bytes);
	assert_int_equal(log_bytes, log_after_bytes);
	assert_memory_equal(log_before, log_after, log_bytes);
	free(before);
	free(after);
	free(log_before);
	free(log_after);
	start();
	assert_int_equal(look().damaged_files, 1);
	assert_int_equal(add("bert"), -EEXIST);
}

/* Killed before the check came to its end: nothing of it is needed by the next start. */
static void an_end_does_not_wait_for_the_check(void **state)
{
	(void)state;
	make();
	for (int i = 0; i < 20; i++) {
		start();
		for (int naps = 0; naps < i; naps++)
			store_nap();
		ohtd_store_stop(store);
		store = NULL;
		assert_false(ohtd_db_file_is_suspect(store_path));
	}
}

static void a_disk_that_cannot_be_read_is_no_damage(void **state)
{
	(void)state;
	make();
	start();
	fault_vfs_set(&(struct fault_plan){ .ops = FAULT_READ, .first = 1, .count = 3,
					    .code = SQLITE_IOERR_READ });
	WAIT_FOR(look().checked);
	assert_false(ohtd_db_file_is_suspect(store_path));
	assert_int_equal(add("bert"), 0);
}

/* ---- paused ---- */

static atomic_uint ends;
static atomic_bool sound;

static void note_end(void *arg, const char *what)
{
	(void)arg;
	atomic_store(&sound, !what);
	atomic_fetch_add(&ends, 1);
}

static void a_check_that_is_paused_comes_to_its_end(void **state)
{
	struct ohtd_store_check *check;
	struct ohtd_db *db;

	(void)state;
	make();
	db = store_open_db();
	atomic_store(&ends, 0);
	check = ohtd_check_start(db, note_end, NULL);
	assert_non_null(check);
	for (int i = 0; i < 50; i++) {
		ohtd_check_pause(check);
		store_nap();
	}
	WAIT_FOR(atomic_load(&ends));
	assert_true(atomic_load(&sound));
	ohtd_check_stop(check);
	assert_int_equal(atomic_load(&ends), 1);
	ohtd_db_close(db);
}

/* The log begins anew: a check that keeps an old state gives way before the log is at its bound. */
static void the_log_does_not_grow_to_its_bound_beside_a_check(void **state)
{
	struct ohtd_db *db;
	char name[24];

	(void)state;
	make();
	db = store_open_db();
	db->log = (struct ohtd_log_bounds){ .due = 10, .wait = 40, .rest = 10, .max = 3000 };
	store = ohtd_store_start(db);
	assert_non_null(store);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		assert_int_equal(add(name), 0);
	}
	WAIT_FOR(look().checked);
	assert_int_equal(look().refused, 0);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_start_reads_a_few_pages),
		CASE(a_sound_database_is_read_once_beside_its_use),
		CASE(damage_is_found_and_the_next_start_repairs),
		CASE(the_end_leaves_a_damaged_file_and_its_log_as_they_are),
		CASE(an_end_does_not_wait_for_the_check),
		CASE(a_disk_that_cannot_be_read_is_no_damage),
		CASE(a_check_that_is_paused_comes_to_its_end),
		CASE(the_log_does_not_grow_to_its_bound_beside_a_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
