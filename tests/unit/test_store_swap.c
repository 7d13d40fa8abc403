// SPDX-License-Identifier: GPL-2.0-or-later
/* A start that is cut short at each change of the folder in turn: the next one has the one database or the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "common/file.h"
#include "store/carry.h"
#include "store/db.h"
#include "store/db_file.h"
#include "store/schema.h"
#include "store/swap.h"
#include "scratch.h"
#include "store_fixture.h"

#define CUT	9

/* ---- the cut: calls that change the folder, counted; the one that is due never happens ---- */

static int cut_at, calls;

static void count(void)
{
	if (cut_at && ++calls == cut_at)
		_exit(CUT);
}

int rename(const char *from, const char *to)
{
	count();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int link(const char *from, const char *to)
{
	count();
	return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
	count();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* ---- a start ---- */

static bool is_there(const char *ending)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s", store_path, ending);
	return !access(name, F_OK);
}

/* ---- the history, of which each has words of its own ---- */

static const char *history_path(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/history.db", store_dir);
	return path;
}

static bool history_has(const char *ending)
{
	char name[160];

	snprintf(name, sizeof(name), "%s%s", history_path(), ending);
	return !access(name, F_OK);
}

/* It has no other name, under which it would be taken for one that was kept. */
static bool history_is(const char *words)
{
	struct stat st;
	char *data;
	bool is;

	assert_int_equal(stat(history_path(), &st), 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(oht_file_read(history_path(), 64, &data, NULL), 0);
	is = !strcmp(data, words);
	free(data);
	return is;
}

static int end_sessions(void *arg)
{
	(void)arg;
	return 0;
}

/* What a start does up to ready. */
static void start(bool usable)
{
	int r = ohtd_db_swap(&ohtd_small_schema, store_path, history_path(), end_sessions, NULL, STORE_NOW_S);
	struct ohtd_db *db;

	if (r < 0)
		_exit(1);
	if (!usable && r == OHTD_SWAP_IN && !ohtd_db_swap_undo(&ohtd_small_schema, store_path, history_path(), STORE_NOW_S))
		_exit(1);
	if (ohtd_db_open(&db, &ohtd_small_schema, store_path, STORE_NOW_S, store_why, sizeof(store_why)))
		_exit(1);
	ohtd_db_close(db);
	if (ohtd_db_swap_keep(store_path, history_path(), STORE_NOW_S))
		_exit(1);
}

/* In a process of its own, cut at its nth change. False: it got to its end before. */
static bool start_cut(int nth, bool usable)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		cut_at = nth;
		start(usable);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == CUT || !WEXITSTATUS(status)));
	return WEXITSTATUS(status) == CUT;
}

/* ---- the two databases ---- */

static void add(const char *name)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "INSERT INTO users (name, role, password_hash, created_s) VALUES ('%s', 4, 'x', 1)", name);
	store_run_sql(sql);
}

/* By a process that was killed: it is in the write-ahead log only. */
static void add_in_log(const char *name)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(store_work_add(store_open_db(), (void *)name) ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(is_there("-wal"));
}

static void make_both(void)
{
	const struct ohtd_carry_order order = { "anna", "a.ohtbackup", 1, true };
	char other[128];

	assert_int_equal(store_folder_make(), 0);
	ohtd_db_close(store_open_db());
	add("new");
	/* As a restore leaves it. */
	store_run_sql("PRAGMA journal_mode = DELETE");
	assert_int_equal(ohtd_db_carry_in(store_path, &order), 0);
	snprintf(other, sizeof(other), "%s.other", store_path);
	assert_int_equal(rename(store_path, other), 0);
	ohtd_db_close(store_open_db());
	add_in_log("old");
	assert_int_equal(ohtd_db_swap_arm(store_path, other), 0);
	assert_int_equal(ohtd_db_swap_arm(store_path, other), -EBUSY);
}

static bool is_new(void)
{
	long long fresh = store_ask_sql("SELECT count(*) FROM users WHERE name = 'new'");
	long long old = store_ask_sql("SELECT count(*) FROM users WHERE name = 'old'");

	assert_int_equal(fresh + old, 1);
	return fresh;
}

/* Cut at each change; the start behind it finds one of both, whole, and its history. Returns how many changes there are. */
static int cut_each(bool usable, int *became_new)
{
	bool cut = true;
	int nth = 0;

	*became_new = 0;
	while (cut) {
		make_both();
		scratch_put(store_dir, "history.db", "old");
		scratch_put(store_dir, "history.db-wal", "log of the old one");
		scratch_put(store_dir, "history.db.restore", "new");
		cut = start_cut(++nth, usable);
		assert_false(start_cut(0, usable));
		*became_new += is_new();
		assert_true(history_is(is_new() ? "new" : "old"));
		assert_false(history_has(".before") || history_has(".trial") || history_has(".restore"));
		assert_false(is_there(".restore") || is_there(".before") || is_there(".trial"));
		assert_int_equal(store_folder_remove(), 0);
	}
	return nth - 1;
}

static void test_one_or_the_other_after_each_cut(void **state)
{
	int became_new, changes = cut_each(true, &became_new);

	(void)state;
	/* Cut before the rename it goes on, cut behind it it goes back, uncut it stays. The history makes as many. */
	assert_true(changes >= 10 && became_new >= 3 && became_new <= changes);
}

static void test_the_old_one_after_each_cut_when_the_new_is_of_no_use(void **state)
{
	int became_new, changes = cut_each(false, &became_new);

	(void)state;
	assert_true(changes >= 10);
	assert_int_equal(became_new, 0);
}

/* A rollback journal of the restored file would be played back into the old one. */
static void test_no_log_of_the_restored_one_meets_the_old_one(void **state)
{
	static const char *const logs[] = { "-journal", "-wal", "-shm" };
	char name[32];

	(void)state;
	make_both();
	assert_int_equal(ohtd_db_swap(&ohtd_small_schema, store_path, history_path(), end_sessions, NULL, STORE_NOW_S), OHTD_SWAP_IN);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "oht.db%s", logs[i]);
		scratch_put(store_dir, name, "of the restored one");
	}
	assert_int_equal(ohtd_db_swap(&ohtd_small_schema, store_path, history_path(), end_sessions, NULL, STORE_NOW_S), OHTD_SWAP_BACK);
	for (size_t i = 0; i < 3; i++)
		assert_false(is_there(logs[i]));
	assert_false(is_new());
	assert_int_equal(store_folder_remove(), 0);
}

/* Else the old one would be nowhere: its second name is taken. */
static void test_the_old_one_is_kept_although_something_has_its_second_name(void **state)
{
	char name[OHTD_DB_PATH_BYTES];

	(void)state;
	make_both();
	scratch_put(store_dir, "oht.db.before", "no database");
	assert_false(start_cut(0, true));
	assert_true(is_new());
	assert_false(is_there(".restore") || is_there(".before"));
	assert_int_equal(ohtd_file_name_aside(name, sizeof(name), store_path, ".before-", STORE_NOW_S), 0);
	/* The name that the old one has got is taken. */
	assert_string_equal(name + strlen(name) - 2, ".2");
	name[strlen(name) - 2] = 0;
	assert_int_equal(rename(name, store_path), 0);
	assert_false(is_new());
	assert_int_equal(store_folder_remove(), 0);
}

/* cp oht.db oht.db.before */
static void test_a_copy_by_a_person_takes_no_place(void **state)
{
	char name[128], text[128], sql[160];

	(void)state;
	make_both();
	snprintf(name, sizeof(name), "%s.other", store_path);
	snprintf(text, sizeof(text), "%s.restore", store_path);
	assert_int_equal(rename(text, name), 0);
	snprintf(text, sizeof(text), "%s.before", store_path);
	for (int restore = 0; restore < 2; restore++) {
		/* It is whole, and without what came later. */
		assert_int_equal(ohtd_db_swap(&ohtd_small_schema, store_path, history_path(), end_sessions, NULL, STORE_NOW_S), OHTD_SWAP_NONE);
		snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", text);
		store_run_sql(sql);
		assert_int_equal(chmod(text, 0600), 0);
		add("later");
		assert_false(ohtd_db_swap_waits(store_path));
		if (restore)
			assert_int_equal(ohtd_db_swap_arm(store_path, name), 0);
		assert_int_equal(ohtd_db_swap(&ohtd_small_schema, store_path, history_path(), end_sessions, NULL, STORE_NOW_S),
				 restore ? OHTD_SWAP_IN : OHTD_SWAP_FOREIGN);
		if (restore)
			assert_true(ohtd_db_swap_undo(&ohtd_small_schema, store_path, history_path(), STORE_NOW_S));
		assert_int_equal(store_ask_sql("SELECT count(*) FROM users WHERE name = 'later'"), 1);
		assert_false(is_there(".before") || is_there(".trial"));
		store_run_sql("DELETE FROM users WHERE name = 'later'");
	}
	assert_int_equal(store_folder_remove(), 0);
}

/* cp, ln and ln -s of oht.db to oht.db.restore: no restore has made it, and what is in the log of oht.db stays. */
static void test_what_no_restore_has_made_is_not_put_in(void **state)
{
	char name[128], sql[160];

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		assert_int_equal(store_folder_make(), 0);
		ohtd_db_close(store_open_db());
		snprintf(name, sizeof(name), "%s.restore", store_path);
		snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", name);
		if (!kind)
			store_run_sql(sql);
		assert_int_equal(!kind ? chmod(name, 0600) : kind == 1 ? link(store_path, name) : symlink(store_path, name), 0);
		add_in_log("old");
		assert_int_equal(ohtd_db_swap(&ohtd_small_schema, store_path, history_path(), end_sessions, NULL, STORE_NOW_S),
				 kind ? OHTD_SWAP_NONE : OHTD_SWAP_FOREIGN);
		assert_false(is_new());
		assert_false(is_there(".restore") || is_there(".before") || is_there(".trial"));
		snprintf(name, sizeof(name), "%s.restore-20270115T080000Z", store_path);
		assert_int_equal(access(name, F_OK), kind ? -1 : 0);
		assert_int_equal(store_folder_remove(), 0);
	}
}

/* The start that made the second name was cut: it stands for the database itself, and to move it there would do nothing. */
static void test_a_second_name_of_the_database_is_no_way_back(void **state)
{
	char name[128];

	(void)state;
	assert_int_equal(store_folder_make(), 0);
	ohtd_db_close(store_open_db());
	snprintf(name, sizeof(name), "%s.before", store_path);
	for (int trial = 0; trial < 2; trial++) {
		assert_int_equal(link(store_path, name), 0);
		if (trial)
			scratch_put(store_dir, "oht.db.trial", "");
		else
			add_in_log("old");
		assert_int_equal(ohtd_db_swap(&ohtd_small_schema, store_path, history_path(), end_sessions, NULL, STORE_NOW_S), OHTD_SWAP_NONE);
		assert_false(is_there(".before") || is_there(".trial"));
		assert_false(is_new());
	}
	assert_int_equal(store_folder_remove(), 0);
}

static void test_a_lost_folder_has_nothing_to_go_back_to(void **state)
{
	(void)state;
	make_both();
	assert_int_equal(unlink(store_path), 0);
	assert_false(start_cut(0, true));
	assert_true(is_new());
	assert_false(ohtd_db_swap_undo(&ohtd_small_schema, store_path, history_path(), STORE_NOW_S));
	assert_int_equal(store_folder_remove(), 0);
}

/* The restore was cut before its database waited, too; or a person has left it. */
static void test_a_history_that_no_database_names_is_set_aside(void **state)
{
	(void)state;
	assert_int_equal(store_folder_make(), 0);
	ohtd_db_close(store_open_db());
	scratch_put(store_dir, "history.db", "old");
	scratch_put(store_dir, "history.db.before", "of a person");
	scratch_put(store_dir, "history.db.restore", "new");
	assert_int_equal(ohtd_db_swap(&ohtd_small_schema, store_path, history_path(), end_sessions, NULL, STORE_NOW_S), OHTD_SWAP_FOREIGN);
	assert_true(history_is("old") && !history_has(".before") && !history_has(".restore"));
	assert_true(history_has(".restore-20270115T080000Z") && history_has(".before-20270115T080000Z"));
	assert_int_equal(store_folder_remove(), 0);
}

/* Its keeping was cut, and the database has proved itself before. */
static void test_a_history_on_trial_stays_when_its_database_has_stayed(void **state)
{
	(void)state;
	assert_int_equal(store_folder_make(), 0);
	ohtd_db_close(store_open_db());
	scratch_put(store_dir, "history.db", "new");
	scratch_put(store_dir, "history.db.before", "old");
	scratch_put(store_dir, "history.db.trial", "");
	assert_int_equal(ohtd_db_swap(&ohtd_small_schema, store_path, history_path(), end_sessions, NULL, STORE_NOW_S), OHTD_SWAP_NONE);
	assert_true(history_is("new") && history_has(".before-20270115T080000Z"));
	assert_false(history_has(".before") || history_has(".trial"));
	assert_int_equal(store_folder_remove(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_or_the_other_after_each_cut),
		cmocka_unit_test(test_the_old_one_after_each_cut_when_the_new_is_of_no_use),
		cmocka_unit_test(test_no_log_of_the_restored_one_meets_the_old_one),
		cmocka_unit_test(test_the_old_one_is_kept_although_something_has_its_second_name),
		cmocka_unit_test(test_a_copy_by_a_person_takes_no_place),
		cmocka_unit_test(test_what_no_restore_has_made_is_not_put_in),
		cmocka_unit_test(test_a_second_name_of_the_database_is_no_way_back),
		cmocka_unit_test(test_a_lost_folder_has_nothing_to_go_back_to),
		cmocka_unit_test(test_a_history_that_no_database_names_is_set_aside),
		cmocka_unit_test(test_a_history_on_trial_stays_when_its_database_has_stayed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
