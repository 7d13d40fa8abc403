// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Migrations: from every schema that was released, on databases that the released programs made, and
 * with steps in C that succeed and fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#include "common/file.h"
#include "alerts/rows.h"
#include "journal/command_rows.h"
#include "store/sql.h"
#include "journal/rows.h"
#include "accounts/users.h"
#include "store_fixture.h"

#define FILE_MAX	(1 << 22)
#define PAGE		4096

/* The database that the program of that schema has left, as ours. */
static void put_released(int version)
{
	char name[256], *data;
	size_t bytes;

	snprintf(name, sizeof(name), DATA_DIR "/store/small-%d.db", version);
	if (oht_file_read(name, FILE_MAX, &data, &bytes))
		fail_msg("%s: each released schema has a database here", name);
	assert_int_equal(oht_file_replace(store_path, data, bytes, 0600), 0);
	free(data);
}

static void check_user(struct ohtd_db *db, const char *name, int role, bool disabled)
{
	struct ohtd_user user = { 0 };

	snprintf(user.name, sizeof(user.name), "%s", name);
	assert_int_equal(ohtd_db_user_find(db, &user), 0);
	assert_int_equal(user.role, role);
	assert_int_equal(user.disabled, disabled);
	assert_memory_equal(user.password_hash, "$2b$04$abcdefghijklmnopqrstuu", 29);
}

static void check_accounts(struct ohtd_db *db, int version)
{
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM users"), 3);
	check_user(db, "anna", 4, false);
	check_user(db, "bert", 2, false);
	check_user(db, "carl", 1, version >= 2);
	assert_int_equal(ohtd_db_number(db, "SELECT min(epoch) FROM users"), 1);
	/* Tokens of before schema 3 had no generation: everybody logs in once more. */
	if (version < 3)
		assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM sessions"), 0);
	else
		assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM sessions"), 2);
}

static void check_journal(struct ohtd_db *db, int version)
{
	struct ohtd_list_query query = {
		.row = &ohtd_kept_entries, .descends = true, .limit = 10,
	};
	struct ohtd_entry_found found[10];
	int count = ohtd_db_list(db, &query, found);

	if (version < 2) {
		assert_int_equal(count, 0);
		return;
	}
	assert_int_equal(count, 5);
	assert_int_equal(found[0].entry.event.journal_seq, 9);
	assert_true(found[0].by_daemon);
	assert_string_equal(found[0].user, "anna");
	assert_int_equal(found[1].entry.event.causes, 0x8000000000000001u);
	assert_int_equal(found[1].entry.event.tag, UINT64_MAX);
	assert_int_equal(found[2].entry.missing, 5);
	assert_int_equal(found[4].source.device, 0xfedcba9876543210u);
}

static void check_commands(struct ohtd_db *db, int version)
{
	struct ohtd_list_query query = {
		.row = &ohtd_kept_commands, .descends = true, .limit = 10,
	};
	struct ohtd_command_row rows[10];
	int64_t given = 0;

	assert_int_equal(ohtd_db_list(db, &query, rows), version < 4 ? 0 : 2);
	assert_int_equal(ohtd_db_commands_begin(db, 0, 1, &given), 0);
	assert_int_equal(given, version < 4 ? 0 : 100007);
	if (version < 4)
		return;
	assert_int_equal(rows[0].number, 8);
	assert_string_equal(rows[0].reason, "stop_cause");
	assert_string_equal(rows[1].caller_id, "order-7");
}

static void check_alerts(struct ohtd_db *db, int version)
{
	struct ohtd_list_query query = {
		.row = &ohtd_kept_alerts, .descends = true, .limit = 10,
	};
	struct ohtd_alert_row rows[10], seen = { .number = 3, .acknowledged_ns = 7, .acknowledged_by = "anna" };

	assert_int_equal(ohtd_db_list(db, &query, rows), version < 5 ? 0 : 2);
	assert_int_equal(ohtd_db_alert_acknowledge(db, &seen), version < 5 ? -ENOENT : 1);
	if (version < 5)
		return;
	assert_false(ohtd_alert_row_acknowledged(&rows[0]) || ohtd_alert_row_acknowledged(&rows[1]));
	assert_string_equal(rows[0].code, "stop_latched");
	assert_string_equal(seen.code, "module_lost");
	assert_true(ohtd_alert_row_acknowledged(&seen));
	assert_int_equal(ohtd_db_alert_acknowledge(db, &seen), 0);
}

/* What there was about alerts had no subject, and has none now. */
static void check_subjects(struct ohtd_db *db, int version)
{
	const int newer = version >= 20;

	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM alerts WHERE subject = ''"), version < 5 ? 0 : 2);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM webhook_deliveries WHERE number = 9 AND alert = 4 AND subject = ''"
					" AND code = 'stop_latched' AND made_ns = 1800000020000000000"), newer);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM alert_shelves WHERE id = 5 AND code = 'module_degraded' AND source = 'module'"
					" AND unit = 5 AND subject = '' AND made_ns = 1800000020000000000"
					" AND until_ns = 1800003620000000000 AND made_by = 'anna' AND reason = 'part is ordered'"), newer);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM alert_comments WHERE id = 7 AND alert = 3"), newer);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%before%'"), 0);
}

static void check_sound(struct ohtd_db *db)
{
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM pragma_integrity_check"
					" WHERE integrity_check <> 'ok'"), 0);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	assert_int_equal(ohtd_db_number(db, "SELECT max(version) FROM schema_migrations"),
			 ohtd_schema_version(&ohtd_small_schema));
}

static void every_released_schema_becomes_the_newest(void **state)
{
	int newest = ohtd_schema_version(&ohtd_small_schema);

	for (int version = 1; version < newest; version++) {
		struct ohtd_db *db;

		put_released(version);
		db = store_open_db();
		check_sound(db);
		check_accounts(db, version);
		check_journal(db, version);
		check_commands(db, version);
		check_alerts(db, version);
		check_subjects(db, version);
		ohtd_db_close(db);
		store_tear_down(state);
		store_set_up(state);
	}
}

/* Their tables are those of a new database, so nothing depends on how old a robot is. */
static void a_migrated_schema_is_that_of_a_new_database(void **state)
{
	static const char compare[] =
		"SELECT count(*) FROM (SELECT type, name, tbl_name, replace(replace(replace(sql,"
		" char(9), ''), char(10), ''), ' ', '') FROM %s.sqlite_schema"
		" WHERE name NOT LIKE 'sqlite%%' EXCEPT SELECT type, name, tbl_name,"
		" replace(replace(replace(sql, char(9), ''), char(10), ''), ' ', '')"
		" FROM %s.sqlite_schema)";
	char sql[512], other[128];
	struct ohtd_db *db;

	(void)state;
	ohtd_db_close(store_open_db());
	snprintf(other, sizeof(other), "%s.fresh", store_path);
	assert_int_equal(rename(store_path, other), 0);
	for (int version = 1; version < ohtd_schema_version(&ohtd_small_schema); version++) {
		put_released(version);
		db = store_open_db();
		snprintf(sql, sizeof(sql), "ATTACH '%s' AS fresh", other);
		assert_int_equal(sqlite3_exec(db->sql, sql, NULL, NULL, NULL), SQLITE_OK);
		snprintf(sql, sizeof(sql), compare, "main", "fresh");
		assert_int_equal(ohtd_db_number(db, sql), 0);
		snprintf(sql, sizeof(sql), compare, "fresh", "main");
		assert_int_equal(ohtd_db_number(db, sql), 0);
		ohtd_db_close(db);
	}
}

/* The audit tells of a version that was taken back before numbers were kept: its number is not given again. */
static void the_number_of_a_dropped_version_is_known(void **state)
{
	for (int dropped = 0; dropped < 2; dropped++) {
		struct ohtd_db *db;

		put_released(15);
		store_run_sql("INSERT INTO config_versions (version, parent, author, reason, created_ns, document) VALUES (3, 0, '', '', 0, '{}')");
		if (dropped)
			store_run_sql("INSERT INTO audit (number, time_ns, boot, who, act, object, before, after, result, source, request_id, leaf)"
				      " VALUES (1, 0, '', '', '', 'version 4', '', '', '', '', '', '')");
		db = store_open_db();
		assert_int_equal(ohtd_db_number(db, "SELECT given FROM config_numbers"), 3 + dropped);
		ohtd_db_close(db);
		store_tear_down(state);
		store_set_up(state);
	}
}

/* Rows of an older schema are put into tables of that schema first: a migration may convert them. */
static void a_damaged_older_database_is_repaired_and_migrated(void **state)
{
	char sql[96];
	struct ohtd_db *db;
	FILE *file;
	int root;

	(void)state;
	put_released(1);
	/* A table beside ours is hit: all of ours can be read. */
	store_run_sql("CREATE TABLE aside (text); INSERT INTO aside VALUES (randomblob(2000));");
	snprintf(sql, sizeof(sql), "SELECT rootpage FROM sqlite_schema WHERE name = 'aside'");
	root = (int)store_ask_sql(sql);
	file = fopen(store_path, "r+");
	fseek(file, (long)(root - 1) * PAGE, SEEK_SET);
	for (int i = 0; i < PAGE; i++)
		fputc(0xff, file);
	fclose(file);
	assert_int_equal(ohtd_db_file_set_suspect(store_path), 0);
	db = store_open_db();
	assert_int_equal(ohtd_db_damaged_files(db), 1);
	check_sound(db);
	check_accounts(db, 1);
	ohtd_db_close(db);
}

/* ---- steps in C ---- */

static int step_result;

static int double_it(struct ohtd_db *db)
{
	if (step_result)
		return step_result;
	return ohtd_db_errno(sqlite3_exec(db->sql, "UPDATE numbers SET n = 2 * n", NULL, NULL, NULL));
}

static const struct ohtd_migration before[] = {
	{ "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, applied_s INTEGER);"
	  "CREATE TABLE numbers (n); INSERT INTO numbers VALUES (21)", NULL },
	{ NULL, NULL },
};

static const struct ohtd_migration after[] = {
	{ before[0].sql, NULL },
	{ "CREATE TABLE more (n)", double_it },
	{ "CREATE TABLE most (n)", NULL },
	{ NULL, NULL },
};

static const struct ohtd_schema schema_before = { "test", "store", 0x54455354, before, "", "",
							 "integrity_check", "" };
static const struct ohtd_schema schema_after = { "test", "store", 0x54455354, after, "", "",
							"integrity_check", "" };

static void a_step_in_c_runs_once_and_within_the_transaction(void **state)
{
	struct ohtd_db *db;

	(void)state;
	assert_int_equal(ohtd_db_open(&db, &schema_before, store_path, STORE_NOW_S, store_why,
				      sizeof(store_why)), 0);
	ohtd_db_close(db);
	step_result = -ERANGE;
	assert_int_equal(ohtd_db_open(&db, &schema_after, store_path, STORE_NOW_S, store_why,
				      sizeof(store_why)), -1);
	assert_null(db);
	assert_non_null(strstr(store_why, "the migration to schema 2 has failed, nothing was changed: "
			       "Numerical result out of range"));
	assert_int_equal(store_ask_sql("SELECT n FROM numbers"), 21);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM sqlite_schema"), 2);
	step_result = 0;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ohtd_db_open(&db, &schema_after, store_path, STORE_NOW_S, store_why,
					      sizeof(store_why)), 0);
		assert_int_equal(ohtd_db_number(db, "SELECT n FROM numbers"), 42);
		assert_int_equal(ohtd_db_number(db, "SELECT max(version) FROM schema_migrations"), 3);
		ohtd_db_close(db);
	}
}

static void another_kind_of_database_is_refused(void **state)
{
	struct ohtd_db *db;

	(void)state;
	assert_int_equal(ohtd_db_open(&db, &schema_before, store_path, STORE_NOW_S, store_why,
				      sizeof(store_why)), 0);
	ohtd_db_close(db);
	store_refuse_open("database of another program (application id 0x54455354)");
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, store_set_up, store_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(every_released_schema_becomes_the_newest),
		CASE(a_migrated_schema_is_that_of_a_new_database),
		CASE(the_number_of_a_dropped_version_is_known),
		CASE(a_damaged_older_database_is_repaired_and_migrated),
		CASE(a_step_in_c_runs_once_and_within_the_transaction),
		CASE(another_kind_of_database_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
