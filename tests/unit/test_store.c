// SPDX-License-Identifier: GPL-2.0-or-later
/* The database, and accounts on top of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <crypt.h>
#include <dlfcn.h>
#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/session.h"
#include "main/clock.h"
#include "main/file.h"
#include "store/db.h"
#include "store/store.h"
#include "store/users.h"
#include "store_fixture.h"

static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;

static int set_up(void **state)
{
	(void)state;
	if (store_folder_make())
		return -1;
	atomic_store(&manual.now_ns, 1000 * OHTD_NS_PER_S);
	atomic_store(&manual.realtime_ns, STORE_NOW_S * (int64_t)OHTD_NS_PER_S);
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return store_folder_remove();
}

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
	ohtd_file_replace(store_path, text, sizeof(text), 0600);
	store_refuse_open("not a database");
	assert_int_equal(ohtd_file_read(store_path, 4096, &after, NULL), 0);
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
	ohtd_file_read(store_path, 1 << 20, &before, &before_bytes);
	store_refuse_open("database of another program (application id 0x000004d2)");
	ohtd_file_read(store_path, 1 << 20, &after, &after_bytes);
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
	store_refuse_open("schema 99 is newer than this program's 2");
}

static void directory_and_link_are_refused(void **state)
{
	(void)state;
	mkdir(store_path, 0700);
	store_refuse_open("Is a directory");
	rmdir(store_path);
	assert_int_equal(symlink("/etc/passwd", store_path), 0);
	store_refuse_open("symbolic links");
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

/* A login looks at the password for a tenth of a second; much can happen in it. */
static void session_of_a_changed_account_is_not_made(void **state)
{
	struct ohtd_user seen = { .name = "x", .role = 2, .password_hash = "hash" };
	struct ohtd_session session = { .id = "s", .created_s = STORE_NOW_S, .as = &seen };
	struct ohtd_user_change change = { .disabled = -1, .by_role = 4, .now_s = STORE_NOW_S };
	struct ohtd_db *db = store_open_db();

	(void)state;
	ohtd_db_user_add(db, &seen, STORE_NOW_S);
	ohtd_db_user_find(db, &seen);
	session.user_id = change.id = seen.id;
	change.password_hash = "other";
	assert_int_equal(ohtd_db_user_change(db, &change), 0);
	assert_int_equal(ohtd_db_session_add(db, &session), -ENOENT);
	change.password_hash = "hash";
	change.role = 1;
	assert_int_equal(ohtd_db_user_change(db, &change), 0);
	assert_int_equal(ohtd_db_session_add(db, &session), -ENOENT);
	change.role = 2;
	change.disabled = 1;
	assert_int_equal(ohtd_db_user_change(db, &change), 0);
	assert_int_equal(ohtd_db_session_add(db, &session), -ENOENT);
	change.disabled = 0;
	assert_int_equal(ohtd_db_user_change(db, &change), 0);
	assert_int_equal(ohtd_db_session_add(db, &session), 0);
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

static void old_sessions_give_way(void **state)
{
	struct ohtd_user user = { .name = "x", .role = 1, .password_hash = "hash" };
	struct ohtd_session session = { .created_s = STORE_NOW_S }, first = { 0 };
	struct ohtd_db *db = store_open_db();

	(void)state;
	ohtd_db_user_add(db, &user, STORE_NOW_S);
	ohtd_db_user_find(db, &user);
	session.user_id = user.id;
	for (int i = 0; i <= OHTD_SESSIONS_PER_USER; i++) {
		snprintf(session.id, sizeof(session.id), "s%d", i);
		session.refresh_hash[0] = (unsigned char)(i + 1);
		session.created_s++;
		assert_int_equal(ohtd_db_session_add(db, &session), 0);
	}
	first.refresh_hash[0] = 1;
	assert_int_equal(ohtd_db_session_find(db, &first, &user), -ENOENT);
	first.refresh_hash[0] = 2;
	assert_int_equal(ohtd_db_session_find(db, &first, &user), 0);
	session.user_id = 999;
	assert_int_not_equal(ohtd_db_session_add(db, &session), 0);
	ohtd_db_close(db);
}

/* ---- accounts on top of the store ---- */

static struct ohtd_store *store;
static struct ohtd_tokens *tokens;
static struct ohtd_auth *auth;

static int set_up_auth(void **state)
{
	static const unsigned char key[OHTD_TOKEN_KEY_BYTES] = "0123456789abcdef0123456789abcde";
	struct ohtd_user user = { .name = "anna", .role = 2 };
	struct ohtd_db *db;

	if (set_up(state))
		return -1;
	db = store_open_db();
	ohtd_password_hash("correct horse", user.password_hash, sizeof(user.password_hash));
	ohtd_db_user_add(db, &user, STORE_NOW_S);
	store = ohtd_store_start(db);
	tokens = ohtd_tokens_create(key, sizeof(key), &wall);
	auth = ohtd_auth_create(store, tokens, &wall);
	return auth ? 0 : -1;
}

static void end_auth(void)
{
	ohtd_auth_destroy(auth);
	ohtd_tokens_destroy(tokens);
	ohtd_store_stop(store);
}

static int tear_down_auth(void **state)
{
	end_auth();
	return tear_down(state);
}

static enum ohtd_auth_result login(const char *password, struct ohtd_grant *grant)
{
	struct ohtd_credentials credentials = { .username = "anna" };

	ohtd_secret_set(&credentials.password, password);
	return ohtd_auth_login(auth, &credentials, "192.0.2.1", grant);
}

static void right_password_gives_a_token(void **state)
{
	struct ohtd_principal who;
	struct ohtd_grant grant;

	(void)state;
	assert_int_equal(login("correct horse", &grant), OHTD_AUTH_GRANTED);
	assert_int_equal(strlen(grant.refresh_token.revealed), OHTD_REFRESH_BYTES - 1);
	assert_int_equal(ohtd_auth_check(auth, grant.access_token, &who), OHTD_TOKEN_GOOD);
	assert_string_equal(who.user, "anna");
	assert_int_equal(who.role, OHTD_ROLE_OPERATOR);
	free(grant.access_token);
}

static unsigned int hashes;
static char hashed_by[8];

/* In front of the C library's: how often, and by which method and cost. */
char *crypt_rn(const char *phrase, const char *setting, void *data, int size)
{
	static char *(*real)(const char *, const char *, void *, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "crypt_rn");
	hashes++;
	snprintf(hashed_by, sizeof(hashed_by), "%s", setting);
	return real(phrase, setting, data, size);
}

/* The work is what one hash of that method and cost takes; no time is compared. */
static void unknown_name_costs_the_same_work(void **state)
{
	struct ohtd_credentials credentials = { .password = { "wrong" } };
	static const char *const names[] = { "anna", "nobody", "anna" };
	struct ohtd_grant grant;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		strcpy(credentials.username, names[i]);
		hashes = 0;
		assert_int_equal(ohtd_auth_login(auth, &credentials, "192.0.2.1", &grant),
				 OHTD_AUTH_REFUSED);
		assert_int_equal(hashes, 1);
		assert_string_equal(hashed_by, "$2b$12$");
	}
}

static void failures_make_wait_but_never_lock(void **state)
{
	struct ohtd_grant grant;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ohtd_auth_wait_s(auth, "anna", "192.0.2.1"), 0);
		login("wrong", &grant);
	}
	assert_int_equal(ohtd_auth_wait_s(auth, "anna", "192.0.2.1"), 0);
	login("wrong", &grant);
	assert_in_range(ohtd_auth_wait_s(auth, "anna", "192.0.2.1"), 1, 2);
	assert_in_range(ohtd_auth_wait_s(auth, "ANNA", "192.0.2.1"), 1, 2);
	assert_int_equal(ohtd_auth_wait_s(auth, "anna", "192.0.2.2"), 0);
	assert_int_equal(ohtd_auth_wait_s(auth, "bert", "192.0.2.1"), 0);
	ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S);
	assert_int_equal(ohtd_auth_wait_s(auth, "anna", "192.0.2.1"), 0);
	assert_int_equal(login("correct horse", &grant), OHTD_AUTH_GRANTED);
	free(grant.access_token);
}

static void refresh_rotates(void **state)
{
	struct ohtd_grant first, second, third;

	(void)state;
	login("correct horse", &first);
	assert_int_equal(ohtd_auth_refresh(auth, &first.refresh_token, &second), OHTD_AUTH_GRANTED);
	assert_string_not_equal(first.refresh_token.revealed, second.refresh_token.revealed);
	assert_string_equal(first.who.session, second.who.session);
	assert_int_equal(ohtd_auth_refresh(auth, &second.refresh_token, &third), OHTD_AUTH_GRANTED);
	free(first.access_token);
	free(second.access_token);
	free(third.access_token);
}

/* A spent token that comes again: both the thief and the owner are logged out, also after a restart. */
static void stolen_refresh_token_ends_the_session(void **state)
{
	struct ohtd_grant first, second, third;
	struct ohtd_principal who;

	(void)state;
	login("correct horse", &first);
	ohtd_auth_refresh(auth, &first.refresh_token, &second);
	assert_int_equal(ohtd_auth_refresh(auth, &first.refresh_token, &third), OHTD_AUTH_REFUSED);
	assert_int_equal(ohtd_auth_refresh(auth, &second.refresh_token, &third), OHTD_AUTH_REFUSED);
	assert_int_equal(ohtd_auth_check(auth, second.access_token, &who), OHTD_TOKEN_REVOKED);

	ohtd_auth_destroy(auth);
	ohtd_tokens_destroy(tokens);
	tokens = ohtd_tokens_create((const unsigned char *)"0123456789abcdef0123456789abcde",
				    OHTD_TOKEN_KEY_BYTES, &wall);
	auth = ohtd_auth_create(store, tokens, &wall);
	assert_int_equal(ohtd_auth_check(auth, second.access_token, &who), OHTD_TOKEN_REVOKED);
	free(first.access_token);
	free(second.access_token);
}

static void invented_and_old_refresh_tokens_are_refused(void **state)
{
	struct ohtd_grant first, second;

	(void)state;
	login("correct horse", &first);
	free(first.access_token);
	assert_int_equal(ohtd_auth_refresh(auth, &(struct ohtd_secret){ "" },
					   &second), OHTD_AUTH_REFUSED);
	assert_int_equal(ohtd_auth_refresh(auth, &(struct ohtd_secret){ "' OR 1=1 --" },
					   &second), OHTD_AUTH_REFUSED);
	ohtd_manual_clock_advance(&manual, (OHTD_REFRESH_LIFE_S + 1) * OHTD_NS_PER_S);
	assert_int_equal(ohtd_auth_refresh(auth, &first.refresh_token, &second), OHTD_AUTH_REFUSED);
}

static void password_longer_than_bcrypt_looks_at(void **state)
{
	char password[80];

	(void)state;
	memset(password, 'a', sizeof(password));
	password[73] = 0;
	assert_string_equal(ohtd_password_unfit(password), "a password has at most 72 bytes");
	password[72] = 0;
	assert_null(ohtd_password_unfit(password));
	password[7] = 0;
	assert_non_null(ohtd_password_unfit(password));
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define AUTH(name)	cmocka_unit_test_setup_teardown(name, set_up_auth, tear_down_auth)
	const struct CMUnitTest tests[] = {
		CASE(new_file_is_private),
		CASE(file_that_others_may_read_is_refused),
		CASE(file_that_is_no_database_is_refused_unchanged),
		CASE(database_of_another_program_is_refused_unchanged),
		CASE(newer_schema_is_refused),
		CASE(directory_and_link_are_refused),
		CASE(users_survive_and_names_ignore_case),
		CASE(unfit_users_are_refused_by_the_table),
		CASE(old_sessions_give_way),
		CASE(password_longer_than_bcrypt_looks_at),
		CASE(session_of_a_changed_account_is_not_made),
		CASE(nobody_changes_an_account_above_his_role),
		AUTH(right_password_gives_a_token),
		AUTH(unknown_name_costs_the_same_work),
		AUTH(failures_make_wait_but_never_lock),
		AUTH(refresh_rotates),
		AUTH(stolen_refresh_token_ends_the_session),
		AUTH(invented_and_old_refresh_tokens_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
