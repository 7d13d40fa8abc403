// SPDX-License-Identifier: GPL-2.0-or-later
/* What a database brings along when it is carried: each table by decision, the audit of today, the order of the restore. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <sqlite3.h>

#include "store/carry.h"
#include "store/db.h"
#include "store/schema.h"
#include "store_fixture.h"
#include "alerts/rows.h"
#include "audit/rows.h"
#include "journal/command_rows.h"
#include "settings/version_rows.h"

#define RECORD	"INSERT INTO audit (number, time_ns, boot, who, act, object, before, after, result, source, request_id, leaf) VALUES "

/* Tables in which nothing is secret, and whose rows hold after a restore: they are carried as they are. */
static const char *const plain[] = {
	"alert_comments", "alert_rules", "alert_shelves", "alerts", "audit", "audit_checkpoints", "audit_tree", "command_ids", "commands",
	"config_effects", "config_numbers", "config_versions", "courses", "daemon_runs", "journal", "journal_sources",
	"mission_schedules", "odometer", "odometer_services", "profiles", "scenarios", "schema_migrations", "service_hours",
};

static bool is_plain(const char *table)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcmp(plain[i], table))
			return true;
	return false;
}

/* A table that is in neither list would be in each backup, with whatever is in it. */
static void test_each_table_is_decided_upon(void **state)
{
	sqlite3_stmt *s;
	sqlite3 *raw;
	int count = 0;

	(void)state;
	ohtd_db_close(store_open_db());
	assert_int_equal(sqlite3_open(store_path, &raw), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(raw, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
					    -1, &s, NULL), SQLITE_OK);
	for (; sqlite3_step(s) == SQLITE_ROW; count++) {
		const char *table = (const char *)sqlite3_column_text(s, 0);

		if (ohtd_db_carry_changes(table) == is_plain(table))
			fail_msg("%s: either store/carry.c changes its rows, or it is plain", table);
	}
	sqlite3_finalize(s);
	sqlite3_close(raw);
	assert_true(count >= 16);
}

/* ---- the audit of another database ---- */

static char other[128];

/* What is the database becomes another one, of a name that SQLite could misread. */
static void set_aside(void)
{
	snprintf(other, sizeof(other), "%s/100%%?of#it.db", store_dir);
	store_run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(rename(store_path, other), 0);
}

static void make_both(void)
{
	ohtd_db_close(store_open_db());
	store_run_sql(RECORD "(1, 0, '', 'anna', '', '', '', '', '', '', '', ''), (2, 0, '', 'bert', '', '', '', '', '', '', '', '');"
		      "INSERT INTO audit_tree VALUES (1, 2, 'ab', 0, '', '')");
	set_aside();
	ohtd_db_close(store_open_db());
	store_run_sql(RECORD "(1, 0, '', 'carl', '', '', '', '', '', '', '', '')");
}

static int take(void)
{
	struct ohtd_db *db = store_open_db();
	int r = ohtd_db_audit_take(db, other);

	ohtd_db_close(db);
	return r;
}

static void test_the_audit_of_today_comes_whole(void **state)
{
	(void)state;
	make_both();
	assert_int_equal(take(), 0);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM audit WHERE who IN ('anna', 'bert')"), 2);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM audit"), 2);
	assert_int_equal(store_ask_sql("SELECT size FROM audit_tree WHERE edge = 'ab'"), 2);
}

static void keeps_its_own(const char *damage)
{
	char mine[64];

	make_both();
	memcpy(mine, store_path, sizeof(mine));
	memcpy(store_path, other, sizeof(store_path));
	store_run_sql(damage);
	memcpy(store_path, mine, sizeof(mine));
	assert_int_equal(take(), -EBADMSG);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM audit WHERE who = 'carl'"), 1);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM audit"), 1);
}

static void test_nothing_of_one_that_cannot_be_taken(void **state)
{
	(void)state;
	keeps_its_own("ALTER TABLE audit_tree ADD COLUMN of_tomorrow INTEGER");
}

static void test_nothing_of_one_without_an_audit(void **state)
{
	(void)state;
	keeps_its_own("DROP TABLE audit_checkpoints");
}

static void test_nothing_of_one_that_is_not_there(void **state)
{
	(void)state;
	make_both();
	assert_int_equal(remove(other), 0);
	assert_int_equal(take(), -EBADMSG);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM audit WHERE who = 'carl'"), 1);
}

/* A number of today is not given again behind a restore. */
static void test_numbers_of_versions_go_on(void **state)
{
	struct ohtd_db *db;
	int64_t given = 0;

	(void)state;
	ohtd_db_close(store_open_db());
	store_run_sql("UPDATE config_numbers SET given = 9");
	set_aside();
	db = store_open_db();
	assert_int_equal(ohtd_db_config_take_given(db, other), 0);
	assert_int_equal(ohtd_db_config_given(db, &given), 0);
	assert_int_equal(given, 9);
	assert_int_equal(remove(other), 0);
	assert_int_equal(ohtd_db_config_take_given(db, other), -EBADMSG);
	assert_int_equal(ohtd_db_config_given(db, &given), 0);
	assert_int_equal(given, 9);
	ohtd_db_close(db);
}

/* ---- the order of the restore ---- */

static void test_the_order_comes_once(void **state)
{
	const struct ohtd_carry_order given = { "anna's", "20261127020000.ohtbackup", 7 };
	struct ohtd_carry_order taken;
	struct ohtd_db *db;

	(void)state;
	ohtd_db_close(store_open_db());
	assert_int_equal(ohtd_db_carry_in(store_path, &given), 0);
	/* Again, as of a copy of a file that waited. */
	assert_int_equal(ohtd_db_carry_in(store_path, &given), 0);
	db = store_open_db();
	assert_int_equal(ohtd_db_carry_take_order(db, &taken), 0);
	assert_string_equal(taken.by, given.by);
	assert_string_equal(taken.file, given.file);
	assert_int_equal(taken.made_ns, given.made_ns);
	assert_int_equal(ohtd_db_carry_take_order(db, &taken), 0);
	assert_string_equal(taken.file, "");
	ohtd_db_close(db);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM sqlite_schema WHERE name = 'restore_order'"), 0);
}

/* ---- second factors ---- */

/* A restore makes no one factor of two, and brings no code back. */
static void test_a_second_factor_stays_and_its_recovery_codes_go(void **state)
{
	const struct ohtd_carry_order order = { "anna", "x.ohtbackup", 7 };

	(void)state;
	ohtd_db_close(store_open_db());
	store_run_sql("INSERT INTO second_factors VALUES (1, 'sealed', 1, 9, 2, 'hashes', 3), (2, 'waits', 0, 0, 0, '', 3)");
	assert_int_equal(ohtd_db_carry_in(store_path, &order), 0);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM second_factors"), 1);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM second_factors WHERE sealed = 'sealed' AND confirmed AND last_step = 9 AND recovery = ''"), 1);
}

/* A hash of six digits is soon guessed by a person who has the file. */
static void test_no_pin_is_carried(void **state)
{
	const struct ohtd_carry_order order = { "anna", "x.ohtbackup", 7 };

	(void)state;
	ohtd_db_close(store_open_db());
	store_run_sql("INSERT INTO pins VALUES (1, 'hash', 0, 3)");
	assert_int_equal(ohtd_db_carry_in(store_path, &order), 0);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM pins"), 0);
}

/* ---- missions ---- */

/* Which of its legs were driven since is not known; one that is over has no leg under way. */
static void test_a_mission_that_was_begun_is_over(void **state)
{
	static const char *const begun[] = { "running", "paused", "held" }, *const others[] = { "waiting", "finished", "failed", "cancelled", "template" };
	const struct ohtd_carry_order order = { "anna", "x.ohtbackup", 7 };
	char sql[512];

	(void)state;
	ohtd_db_close(store_open_db());
	for (int i = 0; i < 8; i++) {
		snprintf(sql, sizeof(sql),
			 "INSERT INTO missions (id, name, state, reason, leg, legs, tag, driven_by, made_ns, made_by, began_ns, changed_ns, ended_ns)"
			 " VALUES (%d, '', '%s', '', 1, 1, 0, 'anna', 1, 'anna', 2, 3, 0);"
			 "INSERT INTO mission_legs (mission, place, kind, station, position_mm, speed_mm_s, wait_s, deadline_s, on_failure, state, reason,"
			 " command_id, began_ns, ended_ns) VALUES (%d, 1, 'acknowledge', '', NULL, NULL, 0, 0, 'hold', '%s', '', '', 2, 0)",
			 i + 1, i < 3 ? begun[i] : others[i - 3], i + 1, i < 3 ? "running" : "waiting");
		store_run_sql(sql);
	}
	assert_int_equal(ohtd_db_carry_in(store_path, &order), 0);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM missions WHERE id <= 3 AND state = 'cancelled' AND reason = 'restored' AND ended_ns = 3"), 3);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM mission_legs WHERE mission <= 3 AND state = 'failed' AND reason = 'restored'"), 3);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM missions WHERE id > 3 AND reason = ''"), 5);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM missions WHERE state IN ('waiting', 'template')"), 2);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM mission_legs WHERE mission > 3 AND state = 'waiting'"), 5);
}

/* ---- numbers by which a person or a program acts ---- */

/*
 * Tables with a number of their own in which it need not be new, and why: no route names a row by it, it is a time or a place, or the owner of
 * the table takes it on by itself (test_numbers_of_versions_go_on, test_command_rows, the audit of today).
 */
static const char *const numbers_of_no_route[] = {
	"alert_comments", "alert_shelves", "audit", "audit_checkpoints", "audit_tree", "commands", "config_effects", "config_versions",
	"journal_sources", "odometer_services", "pins", "profiles", "reset_codes", "schema_migrations", "second_factors", "service_hours", "service_run",
};

static bool is_of_no_route(const char *table)
{
	for (size_t i = 0; i < sizeof(numbers_of_no_route) / sizeof(numbers_of_no_route[0]); i++)
		if (!strcmp(numbers_of_no_route[i], table))
			return true;
	return false;
}

static int64_t number_given(const char *table)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '%s'", table);
	return store_ask_sql(sql);
}

/* What was made behind the backup had the next numbers: one that a client still has names nothing else. */
static void test_numbers_of_what_is_made_later_are_new(void **state)
{
	const struct ohtd_carry_order order = { "anna", "x.ohtbackup", 7 };
	char tables[32][64];
	int64_t before[32], newest = 0;
	struct ohtd_db *db;
	sqlite3_stmt *s;
	sqlite3 *raw;
	int count = 0;

	(void)state;
	ohtd_db_close(store_open_db());
	store_run_sql("INSERT INTO missions (id, name, state, reason, leg, legs, tag, driven_by, made_ns, made_by, began_ns, changed_ns, ended_ns)"
		      " VALUES (7, '', 'waiting', '', 1, 0, 0, '', 1, 'anna', 0, 1, 0);"
		      "INSERT INTO alerts (number, code, severity, source, unit, text, since_ns, ended_ns, times, cut) VALUES (9, 'a', 'fault', 'b', 0, '', 1, 2, 1, 0)");
	assert_int_equal(sqlite3_open(store_path, &raw), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(raw, "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
					    " AND t.name NOT LIKE 'sqlite_%' AND c.pk = 1 AND c.type = 'INTEGER' AND NOT EXISTS"
					    " (SELECT 1 FROM pragma_table_info(t.name) WHERE pk = 2)", -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(s, 0);

		if (is_of_no_route(table))
			continue;
		assert_true(count < 32);
		before[count] = number_given(table);
		snprintf(tables[count++], sizeof(tables[0]), "%s", table);
	}
	sqlite3_finalize(s);
	sqlite3_close(raw);
	assert_true(count >= 11);
	assert_int_equal(ohtd_db_carry_in(store_path, &order), 0);
	for (int i = 0; i < count; i++)
		if (number_given(tables[i]) < before[i] + 100000)
			fail_msg("%s: the next row has a number that one made behind the backup may have", tables[i]);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM missions WHERE id = 7"), 1);
	assert_int_equal(number_given("missions"), 100007);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM (SELECT name FROM sqlite_sequence GROUP BY name HAVING count(*) > 1)"), 0);
	db = store_open_db();
	assert_int_equal(ohtd_db_alerts_begin(db, 1, &newest), 0);
	assert_int_equal(newest, 100009);
	ohtd_db_close(db);
}

/* The same backup once more: what was made behind the first restore is in the database of before, and its numbers are not given again. */
static void test_a_second_restore_gives_no_number_again(void **state)
{
	const struct ohtd_carry_order order = { "anna", "x.ohtbackup", 7 };
	int64_t newest = 0, given = 0;
	struct ohtd_db *db;

	(void)state;
	ohtd_db_close(store_open_db());
	store_run_sql("INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_schema WHERE sql LIKE '%AUTOINCREMENT%'"
		      " AND name NOT IN (SELECT name FROM sqlite_sequence);"
		      "UPDATE sqlite_sequence SET seq = 100500; UPDATE command_numbers SET reserved = 100500;"
		      "INSERT INTO alerts (number, code, severity, source, unit, text, since_ns, ended_ns, times, cut)"
		      " VALUES (100500, 'a', 'fault', 'b', 0, '', 1, 2, 1, 0)");
	set_aside();
	ohtd_db_close(store_open_db());
	assert_int_equal(ohtd_db_carry_in(store_path, &order), 0);
	db = store_open_db();
	assert_int_equal(ohtd_db_audit_take(db, other), 0);
	assert_int_equal(ohtd_db_alerts_begin(db, 1, &newest), 0);
	assert_int_equal(newest, 100500);
	assert_int_equal(ohtd_db_commands_begin(db, 0, 1, &given), 0);
	assert_true(given >= 100500);
	ohtd_db_close(db);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM sqlite_sequence WHERE seq < 100500"), 0);
	assert_true(store_ask_sql("SELECT count(*) FROM sqlite_sequence") >= 11);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM (SELECT name FROM sqlite_sequence GROUP BY name HAVING count(*) > 1)"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_table_is_decided_upon, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_the_audit_of_today_comes_whole, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_of_one_that_cannot_be_taken, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_of_one_without_an_audit, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_of_one_that_is_not_there, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_numbers_of_versions_go_on, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_the_order_comes_once, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_a_second_factor_stays_and_its_recovery_codes_go, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_no_pin_is_carried, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_a_mission_that_was_begun_is_over, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_numbers_of_what_is_made_later_are_new, store_set_up, store_tear_down),
		cmocka_unit_test_setup_teardown(test_a_second_restore_gives_no_number_again, store_set_up, store_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
