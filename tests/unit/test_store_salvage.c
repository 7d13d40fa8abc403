// SPDX-License-Identifier: GPL-2.0-or-later
/* Damaged databases: what can be read is kept in order, the damaged file too, and it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dice.h"
#include "fault_vfs.h"
#include "common/file.h"
#include "journal/command_rows.h"
#include "store/sql.h"
#include "journal/rows.h"
#include "accounts/sessions.h"
#include "accounts/users.h"
#include "store_fixture.h"

#define COPY		"-schema"
#define ASIDE		".damaged-20270115T080000Z"
#define PAGE		STORE_PAGE
#define ENTRIES		10000
#define FEW		1000
#define BATCH		500
#define GIVEN		100	/* numbers of commands */
#define FILE_MAX	(1 << 22)
#define SEED		20261121u
#define DAMAGES		50

static char aside[96];

static int set_up(void **state)
{
	(void)state;
	if (store_folder_make())
		return -1;
	snprintf(aside, sizeof(aside), "%s" ASIDE, store_path);
	return 0;
}

/* A page of the journal with rows in it and nothing else, whatever tables there are beside it. */
static unsigned int journal_leaf;

/* A user with a session, and a journal of many pages. */
static void make(unsigned int count)
{
	struct ohtd_user user = { .name = "anna", .role = 2, .password_hash = "hash" };
	struct ohtd_source source = { "boot", 7 };
	struct ohtd_session session = { .id = "0123456789abcdef0123456789abcdef", .user_id = 1,
					.epoch = 1, .generation = 1 };
	struct ohtd_session_dropped dropped;
	static struct ohtd_entry entries[BATCH];
	struct ohtd_entry_place place;
	struct ohtd_db *db = store_open_db();
	int64_t given;

	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), 0);
	assert_int_equal(ohtd_db_session_add(db, &session, &dropped), 0);
	assert_int_equal(ohtd_db_commands_begin(db, 0, GIVEN, &given), 0);
	assert_int_equal(ohtd_db_journal_source(db, &source, 1, &place), 0);
	for (unsigned int i = 0; i < count; ) {
		for (unsigned int k = 0; k < BATCH; k++) {
			entries[k].event.journal_seq = ++i;
			entries[k].event.event_ns = i * 1000;
		}
		assert_int_equal(ohtd_db_journal_add(db, place.source, entries, BATCH), 0);
	}
	journal_leaf = (unsigned int)ohtd_db_number(db, "SELECT pageno FROM dbstat WHERE name = 'journal' AND pagetype = 'leaf' ORDER BY pageno"
						    " LIMIT 1 OFFSET (SELECT count(*) / 2 FROM dbstat WHERE name = 'journal' AND pagetype = 'leaf')");
	ohtd_db_close(db);
}

static void make_full(void)
{
	make(ENTRIES);
}

static unsigned int count_pages(void)
{
	struct stat st;

	assert_int_equal(stat(store_path, &st), 0);
	return (unsigned int)(st.st_size / PAGE);
}

static unsigned int root_of(const char *table)
{
	struct ohtd_db *db = store_open_db();
	char sql[96];
	int root;

	snprintf(sql, sizeof(sql), "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
	root = ohtd_db_number(db, sql);
	ohtd_db_close(db);
	assert_true(root > 1);
	return (unsigned int)root;
}

static void overwrite(off_t at, const void *data, size_t bytes)
{
	int fd = open(store_path, O_WRONLY);

	assert_int_equal(pwrite(fd, data, bytes, at), bytes);
	close(fd);
}

/* Entries and gaps, without a hole, nothing twice, each with its content; returns how many are missing. */
static int check_journal(struct ohtd_db *db)
{
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM (SELECT seq, missing,"
			 " lag(seq + max(missing, 1), 1, 1) OVER (PARTITION BY source ORDER BY seq) AS"
			 " next FROM journal) WHERE seq <> next"), 0);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM journal WHERE missing = 0"
					" AND event_ns <> seq * 1000"), 0);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM journal j LEFT JOIN"
			 " journal_sources s ON s.id = j.source WHERE s.id IS NULL"), 0);
	return ohtd_db_number(db, "SELECT coalesce(sum(missing), 0) FROM journal");
}

static int count_entries(struct ohtd_db *db)
{
	return ohtd_db_number(db, "SELECT count(*) FROM journal WHERE missing = 0");
}

static int count_users(struct ohtd_db *db)
{
	return ohtd_db_number(db, "SELECT count(*) FROM users");
}

/* Damage was met, so all of it is read. */
static struct ohtd_db *open_suspect(void)
{
	struct ohtd_db *db;

	assert_int_equal(ohtd_db_file_set_suspect(store_path), 0);
	db = store_open_db();
	assert_false(ohtd_db_file_is_suspect(store_path));
	return db;
}

/* Opens it, with the damaged bytes kept beside it. */
static struct ohtd_db *open_damaged(void)
{
	char *before, *after;
	size_t before_bytes, after_bytes;
	struct ohtd_db *db;
	struct stat st;

	assert_int_equal(oht_file_read(store_path, FILE_MAX, &before, &before_bytes), 0);
	db = open_suspect();
	assert_int_equal(ohtd_db_damaged_files(db), 1);
	assert_int_equal(oht_file_read(aside, FILE_MAX, &after, &after_bytes), 0);
	assert_int_equal(before_bytes, after_bytes);
	assert_memory_equal(before, after, before_bytes);
	assert_int_equal(stat(store_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(before);
	free(after);
	return db;
}

/* What was repaired is sound: the next start finds nothing more, and gives no number twice that a row which was lost may have had. */
static void check_sound(struct ohtd_db *db)
{
	int64_t given = 0;

	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM sqlite_schema t WHERE (sql LIKE '%AUTOINCREMENT%' OR name = 'alerts')"
					" AND name NOT IN ('journal_sources', 'odometer_services')"
					" AND coalesce((SELECT seq FROM sqlite_sequence WHERE name = t.name), 0) < 100000"), 0);
	assert_int_equal(ohtd_db_commands_begin(db, 0, 1, &given), 0);
	assert_true(given >= GIVEN);
	ohtd_db_close(db);
	db = open_suspect();
	assert_int_equal(ohtd_db_damaged_files(db), 1);
	check_journal(db);
	ohtd_db_close(db);
	/* Until somebody has taken it away. */
	unlink(aside);
	db = store_open_db();
	assert_int_equal(ohtd_db_damaged_files(db), 0);
	ohtd_db_close(db);
}

/* ---- one place ---- */

static void both_sides_of_a_lost_page_are_kept(void **state)
{
	struct ohtd_db *db;
	int missing;

	(void)state;
	make_full();
	store_smash(journal_leaf);
	db = open_damaged();
	missing = check_journal(db);
	assert_in_range(missing, 1, 200);
	assert_int_equal(count_entries(db) + missing, ENTRIES);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM journal WHERE missing > 0"), 1);
	assert_int_equal(ohtd_db_number(db, "SELECT max(seq) FROM journal"), ENTRIES);
	assert_int_equal(count_users(db), 1);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM sessions"), 1);
	check_sound(db);
}

static void lost_users_take_their_sessions_and_nothing_else(void **state)
{
	struct ohtd_user user = { .name = "anna", .role = 2, .password_hash = "other" };
	struct ohtd_db *db;

	(void)state;
	make_full();
	/* Behind a restore numbers are beyond the gap already. */
	store_run_sql("UPDATE sqlite_sequence SET seq = 250000 WHERE name = 'users'");
	store_smash(root_of("users"));
	db = open_damaged();
	assert_int_equal(count_users(db), 0);
	assert_int_equal(ohtd_db_number(db, "SELECT seq FROM sqlite_sequence WHERE name = 'users'"), 350000);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM sessions"), 0);
	assert_int_equal(check_journal(db), 0);
	assert_int_equal(count_entries(db), ENTRIES);
	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), 0);
	check_sound(db);
}

static void entries_outlive_their_source(void **state)
{
	struct ohtd_list_query query = {
		.row = &ohtd_kept_entries, .descends = true, .limit = 10,
	};
	struct ohtd_entry_found found[10];
	struct ohtd_db *db;

	(void)state;
	make_full();
	store_smash(root_of("journal_sources"));
	db = open_damaged();
	assert_int_equal(check_journal(db), 0);
	assert_int_equal(ohtd_db_list(db, &query, found), 10);
	assert_int_equal(found[0].entry.event.journal_seq, ENTRIES);
	assert_string_equal(found[0].source.boot_id, "lost");
	check_sound(db);
}

static void an_index_that_lies_is_made_anew(void **state)
{
	struct ohtd_user user = { .name = "anna" };
	struct ohtd_db *db;

	(void)state;
	make_full();
	store_smash(root_of("users_name"));
	db = open_damaged();
	assert_int_equal(ohtd_db_user_find(db, &user), 0);
	assert_int_equal(count_entries(db), ENTRIES);
	check_sound(db);
}

static void a_lost_list_of_tables_without_its_copy_leaves_an_empty_database(void **state)
{
	unsigned char noise[PAGE - 100];
	char copied[96];
	struct ohtd_db *db;

	(void)state;
	make_full();
	snprintf(copied, sizeof(copied), "%s" COPY, store_path);
	assert_int_equal(unlink(copied), 0);
	memset(noise, 0xa5, sizeof(noise));
	overwrite(100, noise, sizeof(noise));
	db = open_damaged();
	assert_int_equal(count_users(db), 0);
	assert_int_equal(count_entries(db), 0);
	check_sound(db);
}

static void a_file_that_is_too_short(void **state)
{
	struct ohtd_db *db;
	int missing;

	(void)state;
	make_full();
	/* Two thirds: the first pages are those of the other tables. */
	assert_int_equal(truncate(store_path, (off_t)(count_pages() * 2 / 3) * PAGE), 0);
	db = open_damaged();
	missing = check_journal(db);
	assert_in_range(count_entries(db), ENTRIES / 4, ENTRIES - 1);
	assert_int_equal(missing, ohtd_db_number(db, "SELECT coalesce(sum(missing), 0) FROM journal"));
	assert_int_equal(count_users(db), 1);
	check_sound(db);
}

/* Of the last row of a table of one page: behind the length of its cell, to which the page points. */
static void overwrite_last_number(const char *table, int rows, unsigned char number)
{
	off_t page = (off_t)(root_of(table) - 1) * PAGE;
	int fd = open(store_path, O_RDONLY);
	unsigned char at[2];

	assert_int_equal(pread(fd, at, sizeof(at), page + 8 + 2 * (rows - 1)), sizeof(at));
	close(fd);
	overwrite(page + at[0] * 256 + at[1] + 1, &number, 1);
}

/* Neither is it taken for newer, nor are rows copied into tables of so early a version that they do not fit. */
static void a_damaged_number_of_the_schema_takes_nothing_with_it(void **state)
{
	static const unsigned char numbers[] = { 52, 3 };
	int newest = ohtd_schema_version(&ohtd_small_schema);

	for (unsigned int i = 0; i < sizeof(numbers); i++) {
		struct ohtd_db *db;

		make_full();
		store_run_sql("INSERT INTO alert_shelves VALUES (1, 'disk_low', 'disk', 0, 1, 2, 'anna', '', '')");
		overwrite_last_number("schema_migrations", newest, numbers[i]);
		store_smash(journal_leaf);
		db = open_damaged();
		assert_in_range(count_entries(db), ENTRIES - 200, ENTRIES - 1);
		assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM alert_shelves"), 1);
		assert_int_equal(ohtd_db_number(db, "SELECT max(version) FROM schema_migrations"), newest);
		check_sound(db);
		store_tear_down(state);
		set_up(state);
	}
}

/* Where nothing else is damaged, the number may be right. */
static void a_sound_file_with_a_newer_number_stays_refused(void **state)
{
	(void)state;
	make_full();
	overwrite_last_number("schema_migrations", ohtd_schema_version(&ohtd_small_schema), 52);
	assert_int_equal(ohtd_db_file_set_suspect(store_path), 0);
	store_refuse_open("schema 52 is newer than this program's ");
}

static void a_damaged_file_of_a_newer_program_stays_refused(void **state)
{
	char sql[96];

	(void)state;
	make_full();
	snprintf(sql, sizeof(sql), "INSERT INTO schema_migrations VALUES (%d, 0)", ohtd_schema_version(&ohtd_small_schema) + 1);
	store_run_sql(sql);
	store_smash(journal_leaf);
	assert_int_equal(ohtd_db_file_set_suspect(store_path), 0);
	store_refuse_open("is newer than this program's ");
}

/* With a sound file it is not known what that is; in a damaged one the rows with the numbers are what was lost. */
static void the_loss_of_all_numbers_is_damage_in_a_damaged_file_only(void **state)
{
	struct ohtd_db *db;

	(void)state;
	make_full();
	store_run_sql("DELETE FROM schema_migrations");
	assert_int_equal(ohtd_db_file_set_suspect(store_path), 0);
	store_refuse_open("no schema version in it");
	store_smash(journal_leaf);
	db = open_damaged();
	assert_int_equal(count_users(db), 1);
	check_sound(db);
}

/* What is only in the log belongs to the damaged one, and goes with it. */
static void the_log_is_read_and_set_aside_too(void **state)
{
	struct ohtd_user user = { .name = "bert", .role = 1, .password_hash = "hash" };
	char log[112];
	struct ohtd_db *db;
	unsigned int page;
	struct stat st;

	(void)state;
	make_full();
	page = count_pages() / 2;
	db = store_open_db();
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), 0);
	ohtd_db_close(db);
	store_smash(page);
	db = open_damaged();
	assert_int_equal(count_users(db), 2);
	snprintf(log, sizeof(log), "%s-wal", aside);
	assert_int_equal(stat(log, &st), 0);
	assert_true(st.st_size > 0);
	check_sound(db);
}

/* ---- anywhere ---- */

static void damage_anywhere_never_keeps_it_from_starting(void **state)
{
	unsigned int seed = SEED, whole = 0, partly = 0;
	char *good;
	size_t bytes;

	(void)state;
	make(FEW);
	assert_int_equal(oht_file_read(store_path, FILE_MAX, &good, &bytes), 0);
	print_message("seed %u\n", seed);
	for (int i = 0; i < DAMAGES; i++) {
		unsigned char noise[64];
		struct ohtd_db *db;
		int entries;

		assert_int_equal(oht_file_replace(store_path, good, bytes, 0600), 0);
		for (unsigned int k = dice(&seed, 4) + 1; k; k--) {
			/* Not in the header, without which it is not known to be ours. */
			unsigned int at = 100 + dice(&seed, (unsigned int)(bytes - 100 - sizeof(noise)) /
						     64) * 64;

			for (unsigned int n = 0; n < sizeof(noise); n++)
				noise[n] = (unsigned char)dice(&seed, 256);
			overwrite((off_t)at, noise, 1 + dice(&seed, sizeof(noise)));
		}
		db = open_suspect();
		if (ohtd_db_damaged_files(db)) {
			/* Numbers that are damage themselves may be anything; order and reach stay. */
			entries = count_entries(db);
			assert_true(entries >= 0);
			assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM (SELECT seq,"
					 " lag(seq + max(missing, 1), 1, 1) OVER (PARTITION BY source"
					 " ORDER BY seq) AS next FROM journal) WHERE seq <> next"), 0);
			if (entries < FEW)
				partly++;
			else
				whole++;
		}
		ohtd_db_close(db);
		db = open_suspect();
		ohtd_db_close(db);
		store_tear_down(state);
		set_up(state);
	}
	free(good);
	print_message("%u repaired wholly, %u in part\n", whole, partly);
	/* What falls into an empty page is no damage. */
	assert_true(whole + partly > DAMAGES / 8);
}

/* ---- a repair that is cut short ---- */

static void copy_file(const char *from, const char *to)
{
	char *data;
	size_t bytes;

	assert_int_equal(oht_file_read(from, FILE_MAX, &data, &bytes), 0);
	assert_int_equal(oht_file_replace(to, data, bytes, 0600), 0);
	free(data);
}

static void a_repair_that_was_cut_short_is_ended(void **state)
{
	char made[96], making[96];
	struct ohtd_db *db;

	(void)state;
	snprintf(made, sizeof(made), "%s.salvaged", store_path);
	snprintf(making, sizeof(making), "%s.salvaging", store_path);
	make_full();
	copy_file(store_path, made);
	store_smash(journal_leaf);
	/* While it was made: it is made anew. */
	assert_int_equal(rename(made, making), 0);
	truncate(making, 5000);
	db = open_damaged();
	assert_in_range(count_entries(db), ENTRIES - 200, ENTRIES - 1);
	ohtd_db_close(db);
	assert_int_not_equal(access(making, F_OK), 0);

	/* Before the damaged one was moved. */
	store_tear_down(NULL);
	set_up(NULL);
	snprintf(made, sizeof(made), "%s.salvaged", store_path);
	make_full();
	copy_file(store_path, made);
	store_smash(journal_leaf);
	db = open_damaged();
	assert_int_equal(count_entries(db), ENTRIES);
	ohtd_db_close(db);

	/* After it was moved: there is no database, and no new one is made. */
	assert_int_equal(rename(store_path, made), 0);
	db = store_open_db();
	assert_int_equal(count_entries(db), ENTRIES);
	assert_int_equal(ohtd_db_damaged_files(db), 1);
	ohtd_db_close(db);
	assert_int_not_equal(access(made, F_OK), 0);
}

static void no_room_for_a_repair(void **state)
{
	struct ohtd_db *db;
	char *before, *after;
	size_t bytes;

	(void)state;
	assert_int_equal(fault_vfs_install(), 0);
	make_full();
	store_smash(journal_leaf);
	assert_int_equal(oht_file_read(store_path, FILE_MAX, &before, &bytes), 0);
	/* A new database has room, and the rows have not. */
	fault_vfs_set(&(struct fault_plan){ .room_bytes = (int64_t)bytes + 400000 });
	assert_int_equal(ohtd_db_file_set_suspect(store_path), 0);
	assert_int_equal(ohtd_db_open(&db, &ohtd_small_schema, store_path, STORE_NOW_S, store_why, sizeof(store_why)), -1);
	if (!strstr(store_why, "not repaired: No space left on device"))
		fail_msg("%s", store_why);
	assert_int_equal(oht_file_read(store_path, FILE_MAX, &after, &bytes), 0);
	assert_memory_equal(before, after, bytes);
	free(before);
	free(after);
	fault_vfs_set(&(struct fault_plan){ 0 });
	db = open_damaged();
	assert_in_range(count_entries(db), ENTRIES - 200, ENTRIES - 1);
	ohtd_db_close(db);
	fault_vfs_remove();
}

/* ---- many tables ---- */

#define TABLES		100

static void put_damage(unsigned int root)
{
	char page[PAGE];
	int fd = open(store_path, O_WRONLY);

	memset(page, 0xff, sizeof(page));
	assert_int_equal(pwrite(fd, page, PAGE, (off_t)(root - 1) * PAGE), PAGE);
	close(fd);
}

static void no_table_is_forgotten_among_many(void **state)
{
	struct ohtd_migration steps[] = { { NULL, NULL }, { NULL, NULL } };
	const struct ohtd_schema schema = { "test", "store", 0x54455354, steps, "", "", "integrity_check", "" };
	char sql[TABLES * 96];
	struct ohtd_db *db;
	size_t n;

	(void)state;
	n = (size_t)snprintf(sql, sizeof(sql), "CREATE TABLE schema_migrations"
			     " (version INTEGER PRIMARY KEY, applied_s INTEGER);");
	for (int i = 0; i < TABLES; i++)
		n += (size_t)snprintf(sql + n, sizeof(sql) - n, "CREATE TABLE t%d (n);"
				      "INSERT INTO t%d VALUES (%d);", i, i, i);
	steps[0].sql = sql;
	assert_int_equal(ohtd_db_open(&db, &schema, store_path, STORE_NOW_S, store_why,
				      sizeof(store_why)), 0);
	ohtd_db_close(db);
	put_damage((unsigned int)store_ask_sql("SELECT rootpage FROM sqlite_schema WHERE name = 't50'"));
	assert_int_equal(ohtd_db_file_set_suspect(store_path), 0);
	for (int i = 0; i < TABLES; i++) {
		snprintf(sql, sizeof(sql), "UPDATE t%d SET n = n + 1000", i);
		if (i != 50)
			store_run_sql(sql);
	}
	snprintf(sql, sizeof(sql), "CREATE TABLE schema_migrations"
		 " (version INTEGER PRIMARY KEY, applied_s INTEGER);");
	n = strlen(sql);
	for (int i = 0; i < TABLES; i++)
		n += (size_t)snprintf(sql + n, sizeof(sql) - n, "CREATE TABLE t%d (n);", i);
	assert_int_equal(ohtd_db_open(&db, &schema, store_path, STORE_NOW_S, store_why,
				      sizeof(store_why)), 0);
	assert_int_equal(ohtd_db_damaged_files(db), 1);
	for (int i = 0; i < TABLES; i++) {
		snprintf(sql, 64, "SELECT sum(n) FROM t%d", i);
		assert_int_equal(ohtd_db_number(db, sql), i == 50 ? 0 : 1000 + i);
	}
	ohtd_db_close(db);
}

/* ---- the pages that say where tables begin ---- */

#define FLIPS		8

/* Of a header: magic, size of a page, versions, length, free pages, cookie, format, encoding, own numbers, and the list itself. */
static const unsigned int named_bits[] = { 3, 16 * 8 + 4, 18 * 8, 21 * 8, 24 * 8, 28 * 8 + 1, 31 * 8, 32 * 8 + 2, 36 * 8, 43 * 8, 47 * 8 + 3,
					   52 * 8, 56 * 8 + 6, 68 * 8 + 1, 95 * 8, 100 * 8, 103 * 8, 104 * 8 + 7, 105 * 8, 111 * 8 };

static char *whole, *copy;
static size_t whole_bytes, copy_bytes;
static char copy_path[96];

static void remember(void)
{
	snprintf(copy_path, sizeof(copy_path), "%s" COPY, store_path);
	assert_int_equal(oht_file_read(store_path, FILE_MAX, &whole, &whole_bytes), 0);
	assert_int_equal(oht_file_read(copy_path, FILE_MAX, &copy, &copy_bytes), 0);
}

/* The same file as before: a repair has set it aside. */
static void bring_back(void)
{
	const char *const logs[][2] = { { aside, "-wal" }, { store_path, "-wal" }, { store_path, "-shm" } };
	struct stat st;
	char name[128];

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", logs[i][0], logs[i][1]);
		unlink(name);
	}
	if (!stat(aside, &st))
		assert_int_equal(rename(aside, store_path), 0);
	overwrite(0, whole, whole_bytes);
	assert_int_equal(oht_file_replace(copy_path, copy, copy_bytes, 0600), 0);
}

static void check_all_there(void)
{
	struct ohtd_db *db = store_open_db();

	assert_int_equal(count_users(db), 1);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM sessions"), 1);
	assert_int_equal(count_entries(db), FEW);
	assert_int_equal(check_journal(db), 0);
	ohtd_db_close(db);
}

/* Some bits of the first page, or with OHT_SOAK all of them. */
static void a_bit_of_where_tables_begin_costs_no_row(void **state)
{
	const unsigned int named = sizeof(named_bits) / sizeof(named_bits[0]), all = PAGE * 8;
	const bool soak = getenv("OHT_SOAK");
	unsigned int seed = dice_seed();

	(void)state;
	make(FEW);
	remember();
	for (unsigned int i = 0; i < (soak ? all : FLIPS); i++) {
		unsigned int bit = soak ? i : i % 2 ? named_bits[dice(&seed, named)] : dice(&seed, all);
		char byte = (char)(whole[bit / 8] ^ 1 << bit % 8);

		print_message("bit %u\n", bit);
		overwrite(bit / 8, &byte, 1);
		check_all_there();
		bring_back();
	}
	free(whole);
	free(copy);
}

/* Each page of the list of tables: noise or noughts. */
static void a_page_of_the_list_of_tables_costs_no_row(void **state)
{
	static const char noughts[PAGE];
	unsigned int pages[8], count = 0;

	(void)state;
	make(FEW);
	remember();
	for (unsigned int page = 1; page <= whole_bytes / PAGE; page++) {
		char sql[96];

		snprintf(sql, sizeof(sql), "SELECT count(*) FROM dbstat WHERE name = 'sqlite_schema' AND pageno = %u", page);
		if (store_ask_sql(sql))
			pages[count++] = page;
	}
	assert_in_range(count, 3, 8);
	for (unsigned int i = 0; i < 2 * count; i++) {
		if (i < count)
			store_smash(pages[i]);
		else
			overwrite((off_t)(pages[i - count] - 1) * PAGE, noughts, PAGE);
		check_all_there();
		bring_back();
	}
	free(whole);
	free(copy);
}

/* A copy that a person has made: its tables begin elsewhere, and it is sound. */
static void another_database_in_the_same_file_is_no_damage(void **state)
{
	char other[96], sql[200], *data;
	struct ohtd_db *db;
	size_t bytes;

	(void)state;
	make(FEW);
	snprintf(other, sizeof(other), "%s.other", store_path);
	snprintf(sql, sizeof(sql), "UPDATE users SET name = 'berta'; CREATE TABLE junk (a); DROP TABLE junk; VACUUM INTO '%s'", other);
	store_run_sql(sql);
	assert_int_equal(oht_file_read(other, FILE_MAX, &data, &bytes), 0);
	assert_int_equal(truncate(store_path, 0), 0);
	overwrite(0, data, bytes);
	free(data);
	unlink(other);
	db = store_open_db();
	assert_int_equal(ohtd_db_damaged_files(db), 0);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM users WHERE name = 'berta'"), 1);
	ohtd_db_close(db);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, store_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(both_sides_of_a_lost_page_are_kept),
		CASE(lost_users_take_their_sessions_and_nothing_else),
		CASE(entries_outlive_their_source),
		CASE(an_index_that_lies_is_made_anew),
		CASE(a_lost_list_of_tables_without_its_copy_leaves_an_empty_database),
		CASE(a_file_that_is_too_short),
		CASE(a_damaged_number_of_the_schema_takes_nothing_with_it),
		CASE(a_sound_file_with_a_newer_number_stays_refused),
		CASE(a_damaged_file_of_a_newer_program_stays_refused),
		CASE(the_loss_of_all_numbers_is_damage_in_a_damaged_file_only),
		CASE(the_log_is_read_and_set_aside_too),
		CASE(damage_anywhere_never_keeps_it_from_starting),
		CASE(a_repair_that_was_cut_short_is_ended),
		CASE(no_room_for_a_repair),
		CASE(a_bit_of_where_tables_begin_costs_no_row),
		CASE(a_page_of_the_list_of_tables_costs_no_row),
		CASE(another_database_in_the_same_file_is_no_damage),
		CASE(no_table_is_forgotten_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
