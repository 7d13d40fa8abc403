// SPDX-License-Identifier: GPL-2.0-or-later
/* The set-up code: when there is one, what it takes, and when it goes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/setup.h"
#include "base/clock.h"
#include "common/file.h"
#include "store/store.h"
#include "accounts/users.h"
#include "store_fixture.h"

static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
static struct ohtd_store *store;
static struct ohtd_setup *setup;
static char file[96];

static int set_up(void **state)
{
	(void)state;
	if (store_folder_make())
		return -1;
	snprintf(file, sizeof(file), "%s/setup-code", store_dir);
	atomic_store(&manual.now_ns, 1000 * OHTD_NS_PER_S);
	atomic_store(&manual.realtime_ns, STORE_NOW_S * (int64_t)OHTD_NS_PER_S);
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	store = ohtd_store_start(store_open_db());
	return store ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_setup_destroy(setup);
	setup = NULL;
	ohtd_store_stop(store);
	return store_folder_remove();
}

static int work_add(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_add(db, user, STORE_NOW_S);
}

static int work_add_first(struct ohtd_db *db, void *user)
{
	return ohtd_db_user_add_first(db, user, STORE_NOW_S);
}

static int work_change(struct ohtd_db *db, void *change)
{
	return ohtd_db_user_change(db, change);
}

static int add(const char *name, int role)
{
	struct ohtd_user user = { .role = role, .password_hash = "hash" };

	snprintf(user.name, sizeof(user.name), "%s", name);
	return ohtd_store_call(store, work_add, &user);
}

static void begin(void)
{
	setup = ohtd_setup_create(store, &wall, file, true);
	assert_non_null(setup);
}

static bool is_there(void)
{
	return !access(file, F_OK);
}

/* What stands in the file, without its end of line. */
static void read_code(char *code)
{
	char *text;

	assert_int_equal(oht_file_read(file, 64, &text, NULL), 0);
	snprintf(code, 32, "%s", text);
	code[strcspn(code, "\n")] = 0;
	free(text);
}

static enum ohtd_setup_result check(const char *code)
{
	struct ohtd_secret secret;

	ohtd_secret_set(&secret, code);
	return ohtd_setup_check(setup, &secret);
}

/* Another one of the same form. */
static void spoil(char *code)
{
	code[0] = code[0] == 'X' ? 'Y' : 'X';
}

static void a_first_start_draws_a_private_code(void **state)
{
	char first[32], second[32];
	struct stat st;

	(void)state;
	begin();
	assert_true(ohtd_setup_is_required(setup));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	read_code(first);
	assert_int_equal(strlen(first), 19);
	for (int i = 0; i < 19; i++)
		assert_true(i % 5 == 4 ? first[i] == '-' : isalnum((unsigned char)first[i]));
	ohtd_setup_destroy(setup);
	assert_false(is_there());
	begin();
	read_code(second);
	assert_string_not_equal(first, second);
}

static void there_is_none_with_an_administrator(void **state)
{
	(void)state;
	assert_int_equal(add("boss", 4), 0);
	/* One that a killed daemon has left. */
	assert_int_equal(oht_file_replace(file, "old", 3, 0600), 0);
	begin();
	assert_false(ohtd_setup_is_required(setup));
	assert_false(is_there());
	assert_int_equal(check("0000-0000-0000-0000"), OHTD_SETUP_DONE);
}

static void others_are_no_administrators(void **state)
{
	struct ohtd_user_change change = { .id = 1, .disabled = 1, .by_role = 4, .now_s = 1 };

	(void)state;
	/* Not even a disabled one; the store does not let the last one be disabled, somebody else may. */
	assert_int_equal(add("boss", 4), 0);
	assert_int_equal(ohtd_store_call(store, work_change, &change), -EPERM);
	store_run_sql("UPDATE users SET disabled = 1");
	assert_int_equal(add("anna", 3), 0);
	begin();
	assert_true(ohtd_setup_is_required(setup));
	assert_true(is_there());
}

static void the_code_is_taken_as_people_type_it(void **state)
{
	char code[32], typed[48] = " ";

	(void)state;
	begin();
	read_code(code);
	assert_int_equal(check(code), OHTD_SETUP_RIGHT);
	for (int i = 0, n = 1; code[i]; i++)
		if (code[i] != '-') {
			typed[n++] = (char)tolower((unsigned char)code[i]);
			typed[n] = 0;
		}
	assert_int_equal(check(typed), OHTD_SETUP_RIGHT);
	for (char *p = typed; *p; p++)
		*p = (char)(*p == '0' ? 'o' : *p == '1' ? 'l' : *p);
	assert_int_equal(check(typed), OHTD_SETUP_RIGHT);
	/* It is used up by the account, not by the look at it. */
	assert_true(is_there());
	ohtd_setup_done(setup);
	assert_false(ohtd_setup_is_required(setup));
	assert_false(is_there());
	assert_int_equal(check(code), OHTD_SETUP_DONE);
}

static void wrong_codes_retire_it(void **state)
{
	char code[32], wrong[32], longer[64];

	(void)state;
	begin();
	read_code(code);
	strcpy(wrong, code);
	spoil(wrong);
	snprintf(longer, sizeof(longer), "%s0", code);
	assert_int_equal(check(""), OHTD_SETUP_WRONG);
	assert_int_equal(check("----"), OHTD_SETUP_WRONG);
	assert_int_equal(check(longer), OHTD_SETUP_WRONG);
	assert_int_equal(check(wrong), OHTD_SETUP_WRONG);
	assert_int_equal(check(code), OHTD_SETUP_RIGHT);
	assert_true(is_there());
	code[18] = 0;
	assert_int_equal(check(code), OHTD_SETUP_WRONG);
	assert_false(is_there());
	code[18] = wrong[18];
	assert_int_equal(check(code), OHTD_SETUP_RETIRED);
	assert_int_equal(check(wrong), OHTD_SETUP_RETIRED);
	assert_true(ohtd_setup_is_required(setup));
	/* Nor is the empty memory of it one. */
	assert_int_equal(check("0000000000000000"), OHTD_SETUP_RETIRED);
}

static void an_old_code_is_retired(void **state)
{
	char code[32];

	(void)state;
	begin();
	read_code(code);
	ohtd_manual_clock_advance(&manual, (OHTD_SETUP_LIFE_S - 1) * OHTD_NS_PER_S);
	ohtd_setup_tick(setup);
	assert_int_equal(check(code), OHTD_SETUP_RIGHT);
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	/* Also when nobody has looked since. */
	assert_int_equal(check(code), OHTD_SETUP_RETIRED);
	assert_false(is_there());
	assert_true(ohtd_setup_is_required(setup));
}

static void a_code_that_cannot_be_written_is_none(void **state)
{
	(void)state;
	snprintf(file, sizeof(file), "%s/nowhere/setup-code", store_dir);
	begin();
	assert_true(ohtd_setup_is_required(setup));
	assert_int_equal(check("0000-0000-0000-0000"), OHTD_SETUP_RETIRED);
}

static void only_the_first_administrator_is_made_so(void **state)
{
	struct ohtd_user first = { .name = "anna", .role = 4, .password_hash = "hash" };
	struct ohtd_user second = { .name = "bert", .role = 4, .password_hash = "hash" };

	(void)state;
	assert_int_equal(add("carl", 3), 0);
	assert_int_equal(ohtd_store_call(store, work_add_first, &first), 0);
	assert_int_equal(ohtd_store_call(store, work_add_first, &second), -EALREADY);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_first_start_draws_a_private_code),
		CASE(there_is_none_with_an_administrator),
		CASE(others_are_no_administrators),
		CASE(the_code_is_taken_as_people_type_it),
		CASE(wrong_codes_retire_it),
		CASE(an_old_code_is_retired),
		CASE(a_code_that_cannot_be_written_is_none),
		CASE(only_the_first_administrator_is_made_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
