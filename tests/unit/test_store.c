// SPDX-License-Identifier: GPL-2.0-or-later
/* The database, and the accounts in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/password.h"
#include "common/file.h"
#include "store/sql.h"
#include "store/written.h"
#include "accounts/users.h"
#include "store_fixture.h"

static void new_file_is_private(void **state)
{
	struct ohtd_db *db = store_open_db();
	struct stat st;
	char wal[80];

	(void)state;
	assert_int_equal(stat(store_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(wal, sizeof(wal), "%s-wal", store_path);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	ohtd_db_close(db);
}

static long log_bytes(void)
{
	char wal[80];
	struct stat st;

	snprintf(wal, sizeof(wal), "%s-wal", store_path);
	return stat(wal, &st) ? -1 : (long)st.st_size;
}

static uint64_t written(struct ohtd_store_written *kind, uint64_t *synchronisations)
{
	uint64_t bytes;

	ohtd_written_look(kind, &bytes, synchronisations);
	return bytes;
}

/* A commit is what the log has grown by, and waits once; the copy is whole pages, and waits for the log and for the file. */
static void what_is_written_is_counted_for_its_kind(void **state)
{
	struct ohtd_user first = { .name = "bert", .role = 1, .password_hash = "hash" };
	struct ohtd_user user = { .name = "anna", .role = 1, .password_hash = "hash" };
	uint64_t before_syncs, syncs, other, before;
	struct ohtd_db *db;
	int pages;
	long log;

	(void)state;
	/* The first start copies its log; the head of the next one waits for the disk, too. */
	ohtd_db_close(store_open_db());
	db = store_open_db();
	assert_int_equal(ohtd_db_user_add(db, &first, STORE_NOW_S), 0);
	before = written(&ohtd_small_written, &before_syncs);
	log = log_bytes();
	assert_true(before > 0 && before_syncs > 0);
	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), 0);
	assert_true(log_bytes() > log);
	assert_int_equal(written(&ohtd_small_written, &syncs) - before, log_bytes() - log);
	assert_int_equal(syncs - before_syncs, 1);
	before = written(&ohtd_small_written, &before_syncs);
	pages = ohtd_db_checkpoint(db);
	assert_true(pages > 0);
	before = written(&ohtd_small_written, &syncs) - before;
	assert_in_range(before, STORE_PAGE, pages * STORE_PAGE);
	assert_int_equal(before % STORE_PAGE, 0);
	assert_int_equal(syncs - before_syncs, 2);
	assert_int_equal(written(&ohtd_history_written, &other), 0);
	ohtd_db_close(db);
}

static void file_that_others_may_read_is_refused(void **state)
{
	(void)state;
	ohtd_db_close(store_open_db());
	chmod(store_path, 0640);
	store_refuse_open("mode 0640 lets others in, must be 0600");
}

static void file_that_is_no_database_is_refused_unchanged(void **state)
{
	static const char text[] = "This is a letter to my aunt, and it is longer than a header of "
				   "a database, which has one hundred bytes, so that it is judged.";
	char *after;

	(void)state;
	oht_file_replace(store_path, text, sizeof(text), 0600);
	store_refuse_open("not a database");
	assert_int_equal(oht_file_read(store_path, 4096, &after, NULL), 0);
	assert_string_equal(after, text);
	free(after);
}

static void database_of_another_program_is_refused_unchanged(void **state)
{
	size_t before_bytes, after_bytes;
	char *before, *after;

	(void)state;
	store_run_sql("CREATE TABLE mails (id INTEGER); PRAGMA application_id = 1234;");
	chmod(store_path, 0600);
	oht_file_read(store_path, 1 << 20, &before, &before_bytes);
	store_refuse_open("database of another program (application id 0x000004d2)");
	oht_file_read(store_path, 1 << 20, &after, &after_bytes);
	assert_int_equal(before_bytes, after_bytes);
	assert_memory_equal(before, after, before_bytes);
	free(before);
	free(after);
}

static void newer_schema_is_refused(void **state)
{
	(void)state;
	ohtd_db_close(store_open_db());
	store_run_sql("INSERT INTO schema_migrations VALUES (99, 0)");
	store_refuse_open("schema 99 is newer than this program's ");
}

static void directory_and_link_are_refused(void **state)
{
	(void)state;
	mkdir(store_path, 0700);
	store_refuse_open("Is a directory");
	rmdir(store_path);
	assert_int_equal(symlink("/etc/passwd", store_path), 0);
	store_refuse_open("is a link, which is not followed: make the whole state folder a link");
}

static void users_survive_and_names_ignore_case(void **state)
{
	struct ohtd_user user = { .name = "Anna", .role = 3, .password_hash = "hash" };
	struct ohtd_db *db = store_open_db();

	(void)state;
	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), 0);
	strcpy(user.name, "ANNA");
	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), -EEXIST);
	ohtd_db_close(db);
	db = store_open_db();
	memset(&user, 0, sizeof(user));
	strcpy(user.name, "anna");
	assert_int_equal(ohtd_db_user_find(db, &user), 0);
	assert_string_equal(user.name, "Anna");
	assert_int_equal(user.role, 3);
	assert_string_equal(user.password_hash, "hash");
	strcpy(user.name, "bert");
	assert_int_equal(ohtd_db_user_find(db, &user), -ENOENT);
	ohtd_db_close(db);
}

static void unfit_users_are_refused_by_the_table(void **state)
{
	struct ohtd_user user = { .name = "x", .role = 5, .password_hash = "hash" };
	struct ohtd_db *db = store_open_db();

	(void)state;
	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), -EEXIST);
	user.role = 1;
	*user.password_hash = 0;
	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), -EEXIST);
	ohtd_db_close(db);
}

static void nobody_changes_an_account_above_his_role(void **state)
{
	struct ohtd_user user = { .name = "boss", .role = 3, .password_hash = "hash" };
	struct ohtd_user_change change = { .disabled = 1, .by_role = 2, .now_s = STORE_NOW_S };
	struct ohtd_db *db = store_open_db();

	(void)state;
	ohtd_db_user_add(db, &user, STORE_NOW_S);
	ohtd_db_user_find(db, &user);
	change.id = user.id;
	assert_int_equal(ohtd_db_user_change(db, &change), -EACCES);
	change.by_role = 3;
	change.role = 4;
	assert_int_equal(ohtd_db_user_change(db, &change), -EACCES);
	ohtd_db_user_find(db, &user);
	assert_int_equal(user.role, 3);
	assert_false(user.disabled);
	ohtd_db_close(db);
}

#define TEN	"aB3$xYz9-Q"

/* Each way to set a password comes through ohtd_password_hash(). */
static void a_password_that_others_guess_is_not_set(void **state)
{
	static const struct { const char *password, *user, *robot, *unfit; } rows[] = {
		{ "", "", "", "at least 8 bytes" },
		{ "xQ7-pl2", "", "", "at least 8 bytes" },
		{ TEN TEN TEN TEN TEN TEN TEN "123", "", "", "at most 72 bytes" },
		{ "password", "", "", "known" },
		{ "P@ssw0rd!", "", "", "known" },
		{ "iloveyou", "", "", "known" },
		{ "hydraulics", "", "", "known" },
		{ "12345678", "", "", "known" },
		{ "qwertyuiop", "", "", "known" },
		{ "19991231", "", "", "known" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", "", "known" },
		{ "passwordpassword", "", "", "known" },
		{ "xQ7-Berta-pl2#", "berta", "", "name of the account" },
		{ "xQ7-oht-50 left-pl2", "", "OHT-50 LEFT", "name of the robot" },
		/* A name of three letters is in many words, but makes a password no better. */
		{ "evaevaeva", "eva", "", "known" },
		{ "xQ7-evaluate-pl2", "eva", "", NULL },
		{ TEN TEN TEN TEN TEN TEN TEN "12", "berta", "OHT-50", NULL },
	};
	char hash[OHTD_PASSWORD_HASH_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ohtd_password_new fresh = { .unfit = "left from before" };

		ohtd_secret_set(&fresh.secret, rows[i].password);
		strcpy(fresh.user, rows[i].user);
		strcpy(fresh.robot, rows[i].robot);
		strcpy(hash, "as it was");
		if (ohtd_password_hash(&fresh, hash, sizeof(hash)) != (rows[i].unfit ? -EDOM : 0))
			fail_msg("'%s': %s", rows[i].password, fresh.unfit ? fresh.unfit : "accepted");
		if (rows[i].unfit && (!fresh.unfit || !strstr(fresh.unfit, rows[i].unfit)))
			fail_msg("'%s': %s", rows[i].password, fresh.unfit);
		assert_int_equal(!strcmp(hash, "as it was"), rows[i].unfit != NULL);
	}
}

/* The journal names who acted by the number of the account. */
static void a_deleted_account_keeps_its_number_and_frees_its_name(void **state)
{
	struct ohtd_user anna = { .name = "anna", .role = 3, .password_hash = "hash" }, again = anna;
	struct ohtd_user_change change = { .disabled = -1, .deleted = true, .by_role = 4,
					   .now_s = STORE_NOW_S };
	struct ohtd_list_query query = { .row = &ohtd_kept_users, .limit = 1 };
	struct ohtd_db *db = store_open_db();

	(void)state;
	ohtd_db_user_add(db, &anna, STORE_NOW_S);
	ohtd_db_user_find(db, &anna);
	change.id = anna.id;
	assert_int_equal(ohtd_db_user_change(db, &change), 0);
	assert_int_equal(ohtd_db_user_change(db, &change), -ENOENT);
	assert_int_equal(ohtd_db_user_find(db, &again), -ENOENT);
	assert_int_equal(ohtd_db_user_get(db, &(struct ohtd_user){ .id = anna.id }), -ENOENT);
	assert_int_equal(ohtd_db_list(db, &query, &again), 0);
	again = (struct ohtd_user){ .name = "Anna", .role = 1, .password_hash = "other" };
	assert_int_equal(ohtd_db_user_add(db, &again, STORE_NOW_S), 0);
	ohtd_db_user_find(db, &again);
	assert_true(again.id > anna.id);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM users WHERE password_hash = 'hash'"), 0);
	ohtd_db_close(db);
}

static void a_number_is_never_given_twice(void **state)
{
	struct ohtd_user user = { .name = "anna", .role = 3, .password_hash = "hash" };
	struct ohtd_db *db = store_open_db();
	int64_t first;

	(void)state;
	ohtd_db_user_add(db, &user, STORE_NOW_S);
	ohtd_db_user_find(db, &user);
	first = user.id;
	ohtd_db_close(db);
	store_run_sql("DELETE FROM users");
	db = store_open_db();
	ohtd_db_user_add(db, &user, STORE_NOW_S);
	ohtd_db_user_find(db, &user);
	assert_true(user.id > first);
	ohtd_db_close(db);
}

static void the_last_administrator_is_not_deleted(void **state)
{
	struct ohtd_user boss = { .name = "boss", .role = 4, .password_hash = "hash" };
	struct ohtd_user_change change = { .disabled = -1, .deleted = true, .by_role = 4,
					   .now_s = STORE_NOW_S };
	struct ohtd_db *db = store_open_db();

	(void)state;
	ohtd_db_user_add(db, &boss, STORE_NOW_S);
	ohtd_db_user_find(db, &boss);
	change.id = boss.id;
	assert_int_equal(ohtd_db_user_change(db, &change), -EPERM);
	assert_int_equal(ohtd_db_user_find(db, &boss), 0);
	strcpy(boss.name, "second");
	ohtd_db_user_add(db, &boss, STORE_NOW_S);
	assert_int_equal(ohtd_db_user_change(db, &change), 0);
	ohtd_db_user_find(db, &boss);
	change.id = boss.id;
	assert_int_equal(ohtd_db_user_change(db, &change), -EPERM);
	assert_int_equal(ohtd_db_has_administrator(db), 1);
	ohtd_db_close(db);
}

/* ---- transactions and their parts ---- */

static int find(struct ohtd_db *db, const char *name)
{
	return store_work_find(db, (void *)(uintptr_t)name);
}

/* As many transactions as @levels says, each within the one before and with a user of its own. */
static int nest(struct ohtd_db *db, unsigned int levels)
{
	char name[16];
	int r = ohtd_db_begin(db);

	snprintf(name, sizeof(name), "level%u", levels);
	if (!r)
		r = store_work_add(db, name);
	if (!r && levels > 1)
		r = nest(db, levels - 1);
	return ohtd_db_end(db, r);
}

static void an_inner_part_is_undone_alone(void **state)
{
	static char outer[] = "outer", inner[] = "inner";
	struct ohtd_db *db = store_open_db();

	(void)state;
	assert_int_equal(ohtd_db_begin(db), 0);
	assert_int_equal(store_work_add(db, outer), 0);
	assert_int_equal(ohtd_db_begin(db), 0);
	assert_int_equal(store_work_add(db, inner), 0);
	assert_int_equal(find(db, "inner"), 0);
	assert_int_equal(ohtd_db_end(db, -ENOENT), -ENOENT);
	assert_int_equal(ohtd_db_end(db, 0), 0);
	assert_int_equal(find(db, "outer"), 0);
	assert_int_equal(find(db, "inner"), -ENOENT);
	ohtd_db_close(db);
}

static void parts_that_are_too_deep_undo_all(void **state)
{
	struct ohtd_db *db = store_open_db();

	(void)state;
	assert_int_equal(nest(db, 3), 0);
	assert_int_equal(find(db, "level3"), 0);
	assert_int_equal(find(db, "level1"), 0);
	assert_int_equal(nest(db, 9), -EOVERFLOW);
	assert_int_equal(find(db, "level9"), -ENOENT);
	assert_int_equal(find(db, "level4"), -ENOENT);
	assert_true(ohtd_db_is_undone(db));
	assert_int_equal(nest(db, 1), -EEXIST);
	ohtd_db_close(db);
}

static struct ohtd_list_query users_by(const char *sort, unsigned int limit)
{
	return (struct ohtd_list_query){
		.row = &ohtd_kept_users, .sort = ohtd_row_asked(&ohtd_kept_users, sort),
		.limit = limit,
	};
}

static void go_on_behind(struct ohtd_list_query *query, const struct ohtd_user *user)
{
	ohtd_list_place(query, user, query->behind);
	query->goes_on = true;
}

/* All accounts in pages of @max, as "ccc bbb aaa". */
static const char *listed(struct ohtd_db *db, const char *sort, bool descends, unsigned int max)
{
	struct ohtd_list_query query = users_by(sort, max);
	struct ohtd_user users[4];
	static char names[256];
	int count;

	*names = 0;
	query.descends = descends;
	while ((count = ohtd_db_list(db, &query, users)) > 0) {
		for (int i = 0; i < count; i++)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s ",
				 users[i].name);
		go_on_behind(&query, &users[count - 1]);
	}
	assert_int_equal(count, 0);
	return names;
}

static void lists_are_sorted_in_pages_of_any_size(void **state)
{
	static const struct {
		const char *name;
		int role;
		int64_t created_s;
	} rows[] = { { "bob", 2, 30 }, { "Anna", 4, 10 }, { "dora", 2, 20 }, { "Carl", 1, 20 } };
	struct ohtd_user_change disable = { .id = 3, .disabled = 1, .by_role = 4, .now_s = STORE_NOW_S };
	struct ohtd_db *db = store_open_db();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ohtd_user user = { .role = rows[i].role, .password_hash = "hash" };

		strcpy(user.name, rows[i].name);
		assert_int_equal(ohtd_db_user_add(db, &user, rows[i].created_s), 0);
	}
	assert_int_equal(ohtd_db_user_change(db, &disable), 0);
	for (unsigned int max = 1; max <= 4; max++) {
		assert_string_equal(listed(db, "id", false, max), "bob Anna dora Carl ");
		assert_string_equal(listed(db, "id", true, max), "Carl dora Anna bob ");
		assert_string_equal(listed(db, "username", false, max), "Anna bob Carl dora ");
		assert_string_equal(listed(db, "username", true, max), "dora Carl bob Anna ");
		assert_string_equal(listed(db, "role", false, max), "Carl bob dora Anna ");
		assert_string_equal(listed(db, "role", true, max), "Anna dora bob Carl ");
		assert_string_equal(listed(db, "disabled", false, max),
				    "bob Anna Carl dora ");
		assert_string_equal(listed(db, "disabled", true, max),
				    "dora Carl Anna bob ");
		assert_string_equal(listed(db, "created", false, max),
				    "Anna dora Carl bob ");
		assert_string_equal(listed(db, "created", true, max),
				    "bob Carl dora Anna ");
	}
	ohtd_db_close(db);
}

/* The last account of a page is deleted, or gets another role, before the next page is asked for. */
static void a_page_goes_on_where_its_last_account_stood(void **state)
{
	struct ohtd_list_query query = users_by("username", 2);
	struct ohtd_user_change change = { .disabled = -1, .deleted = true, .by_role = 4,
					   .now_s = STORE_NOW_S };
	struct ohtd_db *db = store_open_db();
	struct ohtd_user users[4];

	(void)state;
	for (char letter = 'a'; letter <= 'd'; letter++)
		ohtd_db_user_add(db, &(struct ohtd_user){ .name = { letter }, .role = letter - 'a' + 1,
							 .password_hash = "hash" }, STORE_NOW_S);
	assert_int_equal(ohtd_db_list(db, &query, users), 2);
	change.id = users[1].id;
	go_on_behind(&query, &users[1]);
	assert_int_equal(ohtd_db_user_change(db, &change), 0);
	query.limit = 4;
	assert_int_equal(ohtd_db_list(db, &query, users), 2);
	assert_string_equal(users[0].name, "c");
	query = users_by("role", 1);
	assert_int_equal(ohtd_db_list(db, &query, users), 1);
	go_on_behind(&query, &users[0]);
	change = (struct ohtd_user_change){ .id = users[0].id, .role = 4, .disabled = -1, .by_role = 4,
					    .now_s = STORE_NOW_S };
	assert_int_equal(ohtd_db_user_change(db, &change), 0);
	query.limit = 4;
	assert_int_equal(ohtd_db_list(db, &query, users), 3);
	assert_string_equal(users[0].name, "c");
	ohtd_db_close(db);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, store_set_up, store_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(new_file_is_private),
		CASE(what_is_written_is_counted_for_its_kind),
		CASE(file_that_others_may_read_is_refused),
		CASE(file_that_is_no_database_is_refused_unchanged),
		CASE(database_of_another_program_is_refused_unchanged),
		CASE(newer_schema_is_refused),
		CASE(directory_and_link_are_refused),
		CASE(users_survive_and_names_ignore_case),
		CASE(unfit_users_are_refused_by_the_table),
		CASE(a_password_that_others_guess_is_not_set),
		CASE(nobody_changes_an_account_above_his_role),
		CASE(a_deleted_account_keeps_its_number_and_frees_its_name),
		CASE(a_number_is_never_given_twice),
		CASE(the_last_administrator_is_not_deleted),
		CASE(an_inner_part_is_undone_alone),
		CASE(parts_that_are_too_deep_undo_all),
		CASE(lists_are_sorted_in_pages_of_any_size),
		CASE(a_page_goes_on_where_its_last_account_stood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
