// SPDX-License-Identifier: GPL-2.0-or-later
/* What the store keeps of requests with an Idempotency-Key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <string.h>

#include "server/request_key_rows.h"
#include "store/sql.h"
#include "store_fixture.h"

#define NOW_NS	(STORE_NOW_S * 1000000000LL)
#define S_NS	1000000000LL

static struct ohtd_db *db;

static int set_up(void **state)
{
	(void)state;
	if (store_folder_make())
		return -1;
	db = store_open_db();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_db_close(db);
	return store_folder_remove();
}

/* The row is that of the newest take. */
static struct ohtd_server_request_key row;

static int take(const char *name, uint64_t tag, const char *print, int64_t made_ns, int64_t run, bool atomic)
{
	row = (struct ohtd_server_request_key){ .tag = tag, .made_ns = made_ns, .run = run };
	strcpy(row.name, name);
	strcpy(row.print, print);
	return ohtd_server_request_key_take(db, &row, atomic);
}

static void an_answer_is_there_for_a_day(void **state)
{
	struct ohtd_server_request_key answer = { .name = "a", .status = 201, .etag = "\"5\"", .body = "{\"id\":1}" };

	(void)state;
	assert_int_equal(take("a", 1, "p", NOW_NS, 7, true), OHTD_SERVER_REQUEST_KEY_NEW);
	assert_int_equal(take("a", 1, "p", NOW_NS + 119 * S_NS, 7, true), OHTD_SERVER_REQUEST_KEY_RUNS);
	assert_int_equal(take("a", 1, "q", NOW_NS, 7, true), OHTD_SERVER_REQUEST_KEY_OTHER);
	assert_int_equal(ohtd_server_request_key_done(db, "a"), 0);
	assert_int_equal(take("a", 1, "p", NOW_NS, 7, true), OHTD_SERVER_REQUEST_KEY_LOST);
	assert_int_equal(row.state, OHTD_SERVER_REQUEST_KEY_DONE);
	/* It is done: nothing takes that back. */
	assert_int_equal(ohtd_server_request_key_forget(db, "a"), 0);
	assert_int_equal(ohtd_server_request_key_lose(db, "a"), 0);
	assert_int_equal(take("a", 1, "p", NOW_NS, 8, true), OHTD_SERVER_REQUEST_KEY_LOST);
	assert_int_equal(row.state, OHTD_SERVER_REQUEST_KEY_DONE);
	assert_int_equal(ohtd_server_request_key_answer(db, &answer), 0);
	assert_int_equal(take("a", 1, "p", NOW_NS + OHTD_SERVER_REQUEST_KEY_NS - 1, 8, true), OHTD_SERVER_REQUEST_KEY_AGAIN);
	assert_int_equal(row.status, 201);
	assert_string_equal(row.etag, "\"5\"");
	assert_string_equal(row.body, "{\"id\":1}");
	assert_int_equal(take("a", 1, "q", NOW_NS, 8, true), OHTD_SERVER_REQUEST_KEY_OTHER);
	assert_int_equal(take("a", 1, "q", NOW_NS + OHTD_SERVER_REQUEST_KEY_NS, 8, true), OHTD_SERVER_REQUEST_KEY_NEW);
}

/* From which the time of keys goes on in the next run. */
static void the_newest_key_is_told(void **state)
{
	int64_t made_ns = -1;

	(void)state;
	assert_int_equal(ohtd_server_request_keys_newest(db, &made_ns), 0);
	assert_true(made_ns == 0);
	assert_int_equal(take("a", 1, "p", NOW_NS, 7, true), OHTD_SERVER_REQUEST_KEY_NEW);
	assert_int_equal(take("b", 2, "p", NOW_NS - S_NS, 7, true), OHTD_SERVER_REQUEST_KEY_NEW);
	assert_int_equal(ohtd_server_request_keys_newest(db, &made_ns), 0);
	assert_true(made_ns == NOW_NS);
}

static void what_a_run_of_before_has_begun(void **state)
{
	(void)state;
	assert_int_equal(take("atomic", 1, "p", NOW_NS, 7, true), OHTD_SERVER_REQUEST_KEY_NEW);
	assert_int_equal(take("noted", 1, "p", NOW_NS, 7, false), OHTD_SERVER_REQUEST_KEY_NEW);
	assert_int_equal(take("atomic", 1, "q", NOW_NS + 200 * S_NS, 8, true), OHTD_SERVER_REQUEST_KEY_OTHER);
	assert_int_equal(take("atomic", 1, "p", NOW_NS + 200 * S_NS, 8, true), OHTD_SERVER_REQUEST_KEY_NEW);
	assert_int_equal(take("atomic", 1, "p", NOW_NS + 201 * S_NS, 8, true), OHTD_SERVER_REQUEST_KEY_RUNS);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(take("noted", 1, "p", NOW_NS, 8, false), OHTD_SERVER_REQUEST_KEY_LOST);
		assert_int_equal(row.state, OHTD_SERVER_REQUEST_KEY_UNKNOWN);
	}
	/* Its end could not be kept: it does not run for ever, and is not done twice. */
	assert_int_equal(take("atomic", 1, "p", NOW_NS + 321 * S_NS, 8, true), OHTD_SERVER_REQUEST_KEY_LOST);
}

static void a_refusal_gives_the_key_back(void **state)
{
	(void)state;
	assert_int_equal(take("a", 1, "p", NOW_NS, 7, true), OHTD_SERVER_REQUEST_KEY_NEW);
	assert_int_equal(ohtd_server_request_key_forget(db, "a"), 0);
	assert_int_equal(take("a", 1, "q", NOW_NS, 7, true), OHTD_SERVER_REQUEST_KEY_NEW);
}

static void put_many(uint64_t tag, int count)
{
	char name[16];

	assert_int_equal(ohtd_db_begin(db), 0);
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%d-%d", (int)tag, i);
		assert_int_equal(take(name, tag, "p", NOW_NS + (int64_t)tag * 10000 + i, 7, true), OHTD_SERVER_REQUEST_KEY_NEW);
		if (i)
			assert_int_equal(ohtd_server_request_key_done(db, name), 0);
	}
	assert_int_equal(ohtd_db_end(db, 0), 0);
}

static int count_of(const char *where)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM request_keys WHERE %s", where);
	return ohtd_db_number(db, sql);
}

/* The oldest go, of the account first; what is under way stays. */
static void keys_are_bounded(void **state)
{
	(void)state;
	put_many(1, 5);
	put_many(2, OHTD_SERVER_REQUEST_KEYS_OF_ACCOUNT + 20);
	assert_int_equal(count_of("tag = 2"), OHTD_SERVER_REQUEST_KEYS_OF_ACCOUNT + 1);
	assert_int_equal(count_of("tag = 2 AND name IN ('2-0', '2-21')"), 2);
	assert_int_equal(count_of("name = '2-19'"), 0);
	assert_int_equal(count_of("tag = 1"), 5);
	for (uint64_t tag = 3; tag <= 12; tag++)
		put_many(tag, OHTD_SERVER_REQUEST_KEYS_OF_ACCOUNT);
	/* Beside the tenth thousand only those that are under way: one of each account before. */
	assert_true(count_of("true") <= OHTD_SERVER_REQUEST_KEYS_MAX + 12);
	assert_int_equal(count_of("tag = 12"), OHTD_SERVER_REQUEST_KEYS_OF_ACCOUNT);
	assert_int_equal(count_of("tag <= 2"), 2);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_answer_is_there_for_a_day),
		CASE(the_newest_key_is_told),
		CASE(what_a_run_of_before_has_begun),
		CASE(a_refusal_gives_the_key_back),
		CASE(keys_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
