// SPDX-License-Identifier: GPL-2.0-or-later
/* What the store keeps of the stop's journal. */
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

#include "store/sql.h"
#include "journal/rows.h"
#include "store_fixture.h"

#define TGID	4711

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static struct ohtd_db *db;
static struct ohtd_entry_place place;
static struct ohtd_source source = { .boot_id = "00000000-1111-2222-3333-444444444444",
				     .device = 0xfedcba9876543210ull };

static struct ohtd_db *open_db(void)
{
	struct ohtd_db *opened;

	if (ohtd_db_open(&opened, &ohtd_small_schema, store_path, STORE_NOW_S, store_why, sizeof(store_why)))
		fail_msg("%s", store_why);
	sqlite3_busy_timeout(opened->sql, 20);
	return opened;
}

static int set_up(void **state)
{
	(void)state;
	if (store_folder_make())
		return -1;
	db = open_db();
	return ohtd_db_journal_source(db, &source, TGID, &place);
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_db_close(db);
	return store_folder_remove();
}

static struct ohtd_entry entry_of(uint64_t seq)
{
	return (struct ohtd_entry){
		.wall_ns = STORE_NOW_S * 1000000000LL + (int64_t)seq,
		.event = {
			.journal_seq = seq,
			.event_ns = seq * 1000,
			.low_ns = seq * 1000 + 7,
			.causes = 1ull << 63 | 1ull << OHT_STOPPED_BY_SOFTWARE,
			.tag = UINT64_MAX - seq,
			.cause = seq % 2 ? OHT_STOPPED_BY_SOFTWARE : OHT_STOPPED_BY_BUTTON_A,
			.kind = OHT_KIND_STOP,
			.state_from = OHT_STATE_ENABLED,
			.inputs = 3,
			.tgid = TGID,
		},
	};
}

static int add(uint64_t seq)
{
	struct ohtd_entry entry = entry_of(seq);

	return ohtd_db_journal_add(db, place.source, &entry, 1);
}

static struct ohtd_list_query query_all(unsigned int limit)
{
	return (struct ohtd_list_query){
		.row = &ohtd_kept_entries, .descends = true, .limit = limit,
	};
}

static struct ohtd_list_query query_by(const char *name, int64_t number)
{
	struct ohtd_list_query query = query_all(10);

	ohtd_list_narrow(&query, ohtd_row_asked(query.row, name), number, NULL);
	return query;
}

/* The numbers of what is kept, the newest first. */
static void assert_kept(unsigned int count, const uint64_t *seqs)
{
	struct ohtd_list_query query = query_all(100);
	struct ohtd_entry_found found[100];
	unsigned int i;

	assert_int_equal(ohtd_db_list(db, &query, found), count);
	for (i = 0; i < count; i++)
		assert_int_equal(found[i].entry.event.journal_seq, seqs[i]);
}

#define KEPT(...) do { \
	static const uint64_t seqs_[] = { __VA_ARGS__ }; \
	assert_kept(sizeof(seqs_) / sizeof(seqs_[0]), seqs_); \
} while (0)

static void assert_next(uint64_t seq)
{
	struct ohtd_entry_place next;

	assert_int_equal(ohtd_db_journal_source(db, &source, TGID, &next), 0);
	assert_int_equal(next.source, place.source);
	assert_int_equal(next.seq, seq);
}

static void every_bit_comes_back(void **state)
{
	struct ohtd_list_query query = query_all(1);
	struct ohtd_entry entry = entry_of(1);
	struct ohtd_entry_found found;

	(void)state;
	assert_int_equal(add(1), 0);
	ohtd_db_close(db);
	db = open_db();
	assert_int_equal(ohtd_db_list(db, &query, &found), 1);
	assert_memory_equal(&found.entry, &entry, sizeof(entry));
	assert_string_equal(found.source.boot_id, source.boot_id);
	assert_int_equal(found.source.device, source.device);
	assert_int_equal(found.source_id, place.source);
}

static int64_t count_of(const char *table)
{
	sqlite3_stmt *s;
	int64_t count = -1;
	char sql[64];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	assert_int_equal(sqlite3_prepare_v2(db->sql, sql, -1, &s, NULL), SQLITE_OK);
	if (sqlite3_step(s) == SQLITE_ROW)
		count = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return count;
}

/* Of many boots, each of which left one entry, and of many runs and boots that left none. */
static void oldest_are_dropped(void **state)
{
	static const char fill[] =
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1005100)"
		" INSERT INTO journal SELECT :source, i, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 FROM n";
	static const char idle[] =
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10100)"
		" INSERT INTO journal_sources (boot_id, device) SELECT 'boot ' || i, i FROM n;"
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10100)"
		" INSERT INTO daemon_runs SELECT 'boot ' || i, 7 FROM n";
	struct ohtd_list_query query = query_all(1);
	struct ohtd_entry_place next;
	struct ohtd_entry_found found;
	sqlite3_stmt *s;

	(void)state;
	assert_int_equal(sqlite3_prepare_v2(db->sql, fill, -1, &s, NULL), SQLITE_OK);
	sqlite3_bind_int64(s, 1, place.source);
	assert_int_equal(sqlite3_step(s), SQLITE_DONE);
	sqlite3_finalize(s);
	assert_int_equal(sqlite3_exec(db->sql, idle, NULL, NULL, NULL), SQLITE_OK);
	/* Not for each entry, and at each start. */
	assert_int_equal(add(1005101), 0);
	assert_int_equal(count_of("journal"), OHTD_JOURNAL_KEPT + 5101);
	assert_int_equal(ohtd_db_journal_source(db, &source, TGID, &next), 0);
	assert_int_equal(next.seq, 1005102);
	/*
	 * A journal of before there was a bound is not dropped in one go: the store has others to
	 * serve.
	 */
	assert_int_equal(count_of("journal"), OHTD_JOURNAL_KEPT + 5101 - OHTD_JOURNAL_DROP_MOST);
	assert_int_equal(ohtd_db_journal_source(db, &source, TGID, &next), 0);
	assert_int_equal(count_of("journal"), OHTD_JOURNAL_KEPT);
	assert_int_equal(ohtd_db_list(db, &query, &found), 1);
	assert_int_equal(found.entry.event.journal_seq, 1005101);
	assert_int_equal(count_of("journal_sources"), OHTD_JOURNAL_RUNS_KEPT + 1);
	assert_true(count_of("daemon_runs") <= OHTD_JOURNAL_RUNS_KEPT + 1);
	/* In the middle of a run as well. */
	for (uint64_t seq = 1005102; seq <= 1005102 + OHTD_JOURNAL_DROP_EVERY; seq++)
		assert_int_equal(add(seq), 0);
	assert_true(count_of("journal") < OHTD_JOURNAL_KEPT + OHTD_JOURNAL_DROP_EVERY);
}

static void twice_is_once(void **state)
{
	struct ohtd_list_query query = query_all(2);
	struct ohtd_entry_found found[2];
	struct ohtd_entry other = entry_of(2);

	(void)state;
	assert_int_equal(add(1), 0);
	assert_int_equal(add(2), 0);
	other.event.cause = OHT_STOPPED_BY_PANIC;
	assert_int_equal(ohtd_db_journal_add(db, place.source, &other, 1), 0);
	assert_int_equal(add(1), 0);
	KEPT(2, 1);
	/* What came first stays. */
	assert_int_equal(ohtd_db_list(db, &query, found), 2);
	assert_int_equal(found[0].entry.event.cause, OHT_STOPPED_BY_BUTTON_A);
}

static void out_of_order_comes_out_in_order(void **state)
{
	struct ohtd_entry entries[3] = { entry_of(9), entry_of(7), entry_of(8) };

	(void)state;
	assert_int_equal(add(3), 0);
	assert_int_equal(add(1), 0);
	assert_int_equal(add(2), 0);
	assert_int_equal(ohtd_db_journal_add(db, place.source, entries, 3), 0);
	KEPT(9, 8, 7, 3, 2, 1);
}

static void gap_counts_as_what_is_missing(void **state)
{
	struct ohtd_entry gap = { .missing = 5, .event = { .journal_seq = 3 } };

	(void)state;
	assert_next(1);
	add(1);
	add(2);
	assert_next(3);
	assert_int_equal(ohtd_db_journal_add(db, place.source, &gap, 1), 0);
	assert_next(8);
	add(8);
	assert_next(9);
	KEPT(8, 3, 2, 1);
}

static void sources_number_for_themselves(void **state)
{
	struct ohtd_source again = source;
	struct ohtd_entry_place second, third;
	struct ohtd_entry entry = entry_of(1);

	(void)state;
	add(1);
	add(2);
	again.device++;
	assert_int_equal(ohtd_db_journal_source(db, &again, TGID, &second), 0);
	assert_int_equal(second.seq, 1);
	assert_int_equal(ohtd_db_journal_add(db, second.source, &entry, 1), 0);
	again = source;
	again.boot_id[0] = '9';
	assert_int_equal(ohtd_db_journal_source(db, &again, TGID, &third), 0);
	assert_int_equal(third.seq, 1);
	assert_true(place.source < second.source && second.source < third.source);
	entry = entry_of(1);
	assert_int_equal(ohtd_db_journal_add(db, third.source, &entry, 1), 0);
	/* By source, then by number. */
	KEPT(1, 1, 2, 1);
	assert_next(3);
}

static void unfit_entries_are_refused_whole(void **state)
{
	struct ohtd_entry entries[2] = { entry_of(1), entry_of(0) };

	(void)state;
	assert_int_equal(ohtd_db_journal_add(db, place.source, entries, 2), -EEXIST);
	assert_int_equal(ohtd_db_journal_add(db, 99, entries, 1), -EEXIST);
	assert_kept(0, NULL);
	assert_int_equal(add(1), 0);
}

/* Fills whole pages until the limit; nothing of the batch that does not fit must stay. */
static void full_disk_refuses_whole_and_later_takes(void **state)
{
	struct ohtd_entry entries[64];
	uint64_t seq = 1;
	int r = 0;

	(void)state;
	sqlite3_exec(db->sql, "PRAGMA max_page_count = 1", NULL, NULL, NULL);
	while (!r && seq < 10000) {
		for (int i = 0; i < 64; i++)
			entries[i] = entry_of(seq + (uint64_t)i);
		r = ohtd_db_journal_add(db, place.source, entries, 64);
		if (!r)
			seq += 64;
	}
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM journal"), seq - 1);
	/* The same again, and then with room. */
	assert_int_equal(ohtd_db_journal_add(db, place.source, entries, 64), -ENOSPC);
	sqlite3_exec(db->sql, "PRAGMA max_page_count = 100000", NULL, NULL, NULL);
	assert_int_equal(ohtd_db_journal_add(db, place.source, entries, 64), 0);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM journal"), seq + 63);
	assert_next(seq + 64);
}

static void locked_database_refuses_and_later_takes(void **state)
{
	struct ohtd_list_query query = query_all(10);
	struct ohtd_entry_found found[10];
	struct ohtd_entry_place next;
	sqlite3 *other;

	(void)state;
	add(1);
	assert_int_equal(sqlite3_open(store_path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(add(2), -EBUSY);
	assert_int_equal(ohtd_db_journal_source(db, &source, TGID, &next), -EBUSY);
	/* Readers of a log are not in anybody's way. */
	assert_int_equal(ohtd_db_list(db, &query, found), 1);
	sqlite3_close(other);
	assert_int_equal(add(2), 0);
	KEPT(2, 1);
}

static void filter_limit_and_place(void **state)
{
	struct ohtd_entry gap = { .missing = 2, .event = { .journal_seq = 8 } };
	struct ohtd_list_query query = query_all(3);
	struct ohtd_entry_found found[10];

	(void)state;
	for (uint64_t seq = 1; seq <= 7; seq++)
		add(seq);
	ohtd_db_journal_add(db, place.source, &gap, 1);
	assert_int_equal(ohtd_db_list(db, &query, found), 3);
	assert_int_equal(found[0].entry.missing, 2);
	ohtd_list_place(&query, &found[2], query.behind);
	query.goes_on = true;
	query.limit = 10;
	assert_int_equal(ohtd_db_list(db, &query, found), 5);
	assert_int_equal(found[0].entry.event.journal_seq, 5);
	query = query_by("cause", OHT_STOPPED_BY_BUTTON_A);
	assert_int_equal(ohtd_db_list(db, &query, found), 3);
	assert_int_equal(found[0].entry.event.journal_seq, 6);
	query = query_by("kind", 0);
	assert_int_equal(ohtd_db_list(db, &query, found), 1);
	query = query_by("kind", OHT_KIND_RESET);
	assert_int_equal(ohtd_db_list(db, &query, found), 0);
	query = query_all(10);
	query.behind[0] = (uint64_t)place.source;
	query.behind[1] = 1;
	query.goes_on = true;
	assert_int_equal(ohtd_db_list(db, &query, found), 0);
	query.descends = false;
	assert_int_equal(ohtd_db_list(db, &query, found), 7);
	assert_int_equal(found[0].entry.event.journal_seq, 2);
	query.goes_on = false;
	query.limit = 2;
	assert_int_equal(ohtd_db_list(db, &query, found), 2);
	assert_int_equal(found[0].entry.event.journal_seq, 1);
	assert_int_equal(found[1].entry.event.journal_seq, 2);
}

/* A tag is the number of a user only in the mouth of an ohtd of the same boot. */
static void users_are_named_for_daemons_only(void **state)
{
	struct ohtd_user user = { .name = "anna", .role = 2, .password_hash = "hash" };
	struct ohtd_entry entries[3] = { entry_of(1), entry_of(2), entry_of(3) };
	struct ohtd_list_query query = query_all(3);
	struct ohtd_entry_found found[3];

	(void)state;
	assert_int_equal(ohtd_db_user_add(db, &user, STORE_NOW_S), 0);
	assert_int_equal(ohtd_db_user_find(db, &user), 0);
	for (int i = 0; i < 3; i++)
		entries[i].event.tag = (uint64_t)user.id;
	entries[1].event.tgid = TGID + 1;
	entries[2].event.tag = 999;
	assert_int_equal(ohtd_db_journal_add(db, place.source, entries, 3), 0);
	assert_int_equal(ohtd_db_list(db, &query, found), 3);
	assert_true(found[2].by_daemon);
	assert_string_equal(found[2].user, "anna");
	assert_false(found[1].by_daemon);
	assert_string_equal(found[1].user, "");
	assert_true(found[0].by_daemon);
	assert_string_equal(found[0].user, "");
}

/* The second run got the number that another process had before it, and a third process has that of the first run. */
static void numbers_of_processes_are_given_again(void **state)
{
	const uint64_t s_ns = 1000000000;
	static const struct {
		uint64_t at_s;
		uint32_t tgid;
		bool ours;
	} acts[] = {
		{ 90, 700, false }, { 110, 700, true }, { 111, 701, false }, { 199, 701, false },
		{ 200, 701, true }, { 210, 701, true }, { 211, 700, false }, { 210, TGID, false },
		/* A release of before has noted no more than the process. */
		{ 50, TGID, true },
	};
	struct ohtd_list_query query = query_all(ARRAY_SIZE(acts));
	struct ohtd_entry_found found[ARRAY_SIZE(acts)];

	(void)state;
	assert_int_equal(ohtd_db_journal_source(db, &source, ohtd_run_of(700, 100 * s_ns), &place), 0);
	assert_int_equal(ohtd_db_journal_source(db, &source, ohtd_run_of(701, 200 * s_ns), &place), 0);
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		struct ohtd_entry entry = entry_of(i + 1);

		entry.event.event_ns = acts[i].at_s * s_ns;
		entry.event.tgid = acts[i].tgid;
		assert_int_equal(ohtd_db_journal_add(db, place.source, &entry, 1), 0);
	}
	assert_int_equal(ohtd_db_list(db, &query, found), ARRAY_SIZE(acts));
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		if (found[i].by_daemon != acts[ARRAY_SIZE(acts) - 1 - i].ours)
			fail_msg("act %zu", ARRAY_SIZE(acts) - 1 - i);
}

#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_bit_comes_back),
		CASE(twice_is_once),
		CASE(oldest_are_dropped),
		CASE(out_of_order_comes_out_in_order),
		CASE(gap_counts_as_what_is_missing),
		CASE(sources_number_for_themselves),
		CASE(unfit_entries_are_refused_whole),
		CASE(full_disk_refuses_whole_and_later_takes),
		CASE(locked_database_refuses_and_later_takes),
		CASE(filter_limit_and_place),
		CASE(users_are_named_for_daemons_only),
		CASE(numbers_of_processes_are_given_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
