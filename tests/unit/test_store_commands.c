// SPDX-License-Identifier: GPL-2.0-or-later
/* What the store keeps of commands, over a restart and a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "journal/command_rows.h"
#include "store/sql.h"
#include "store_fixture.h"

#define NOW_NS	(STORE_NOW_S * 1000000000LL)
#define MARGIN	100

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

static void open_anew(void)
{
	ohtd_db_close(db);
	db = store_open_db();
}

static struct ohtd_command_row row_of(int64_t number, const char *state)
{
	struct ohtd_command_row row = {
		.number = number, .caller_id = "order-5", .tag = 3, .user = "anna", .verb = "move",
		.position_mm = 1200.5, .speed_mm_s = NAN, .accepted_ns = NOW_NS + number,
	};

	strcpy(row.state, state);
	return row;
}

static void keep(int64_t number, const char *state, int64_t ended_ns)
{
	struct ohtd_command_row row = row_of(number, state);

	row.ended_ns = ended_ns;
	assert_int_equal(ohtd_db_commands_keep(db, &row, 1), 0);
}

static struct ohtd_command_row get(int64_t number)
{
	struct ohtd_command_row row = { .number = number };

	assert_int_equal(ohtd_db_command_get(db, &row), 0);
	return row;
}

static void a_command_is_kept_with_its_newest_phase(void **state)
{
	struct ohtd_command_row row = row_of(1, "running"), found;

	(void)state;
	keep(1, "initializing", 0);
	row.began_ns = NOW_NS + 9;
	row.position_mm = NAN;
	row.speed_mm_s = -50;
	assert_int_equal(ohtd_db_commands_keep(db, &row, 1), 0);
	open_anew();
	found = get(1);
	assert_string_equal(found.caller_id, "order-5");
	assert_string_equal(found.user, "anna");
	assert_int_equal(found.tag, 3);
	assert_string_equal(found.verb, "move");
	assert_string_equal(found.state, "running");
	assert_string_equal(found.reason, "");
	assert_true(isnan(found.position_mm));
	assert_true(found.speed_mm_s == -50);
	assert_int_equal(found.accepted_ns, NOW_NS + 1);
	assert_int_equal(found.began_ns, NOW_NS + 9);
	assert_int_equal(found.ended_ns, 0);
	found.number = 2;
	assert_int_equal(ohtd_db_command_get(db, &found), -ENOENT);
}

/* What differs by less was read a moment later. */
static void a_clock_that_was_set_moves_the_beginning_too(void **state)
{
	struct ohtd_command_row row = row_of(1, "finished");

	(void)state;
	keep(1, "running", 0);
	row.accepted_ns += 999999;
	row.ended_ns = row.accepted_ns + 5;
	assert_int_equal(ohtd_db_commands_keep(db, &row, 1), 0);
	assert_int_equal(get(1).accepted_ns, NOW_NS + 1);
	row.accepted_ns = NOW_NS - 3 * 86400 * 1000000000LL;
	row.ended_ns = row.accepted_ns + 5;
	assert_int_equal(ohtd_db_commands_keep(db, &row, 1), 0);
	assert_int_equal(get(1).ended_ns - get(1).accepted_ns, 5);
}

static void all_or_none_of_several(void **state)
{
	struct ohtd_command_row rows[] = { row_of(1, "running"), row_of(0, "running") };

	(void)state;
	assert_true(ohtd_db_commands_keep(db, rows, 2) < 0);
	assert_int_equal(ohtd_db_command_get(db, &rows[0]), -ENOENT);
}

static void listed_newest_first_and_page_by_page(void **state)
{
	struct ohtd_list_query query = {
		.row = &ohtd_kept_commands, .descends = true, .limit = 4,
	};
	struct ohtd_command_row rows[4];
	int64_t number;

	(void)state;
	assert_int_equal(ohtd_db_list(db, &query, rows), 0);
	for (number = 1; number <= 6; number++)
		keep(number, "finished", NOW_NS + number);
	assert_int_equal(ohtd_db_list(db, &query, rows), 4);
	assert_int_equal(rows[0].number, 6);
	assert_int_equal(rows[3].number, 3);
	ohtd_list_place(&query, &rows[3], query.behind);
	query.goes_on = true;
	assert_int_equal(ohtd_db_list(db, &query, rows), 2);
	assert_int_equal(rows[0].number, 2);
	assert_int_equal(rows[1].number, 1);
	ohtd_list_place(&query, &rows[1], query.behind);
	assert_int_equal(ohtd_db_list(db, &query, rows), 0);
}

/* Rows that the database does not have yet take their places among those that it has. */
static void rows_are_compared_as_the_database_does(void **state)
{
	static const char *const sorts[] = { "number", "accepted", "ended" };
	struct ohtd_command_row rows[6], other[6];

	(void)state;
	for (int64_t number = 1; number <= 6; number++) {
		rows[0] = row_of(number, number % 3 ? "finished" : "failed");
		rows[0].accepted_ns = NOW_NS + number * 7 % 4;
		rows[0].ended_ns = number % 2 ? 0 : NOW_NS - number;
		assert_int_equal(ohtd_db_commands_keep(db, rows, 1), 0);
	}
	for (int turn = 0; turn < 6; turn++) {
		struct ohtd_list_query query = {
			.row = &ohtd_kept_commands,
			.sort = ohtd_row_asked(&ohtd_kept_commands, sorts[turn / 2]),
			.descends = turn % 2, .limit = 6,
		};

		assert_int_equal(ohtd_db_list(db, &query, rows), 6);
		query.goes_on = true;
		ohtd_list_narrow(&query, ohtd_row_asked(query.row, "state"), 0, "finished");
		for (int i = 0; i < 6; i++) {
			int wanted = 0, found;

			ohtd_list_place(&query, &rows[i], query.behind);
			found = ohtd_db_list(db, &query, other);
			for (int j = 0; j < 6; j++) {
				int order = ohtd_list_compare(&query, &rows[i], &rows[j]);

				assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
				if (ohtd_list_wants(&query, &rows[j]))
					assert_int_equal(other[wanted++].number, rows[j].number);
			}
			assert_int_equal(wanted, found);
		}
	}
}

static void what_a_crash_left_open_has_failed(void **state)
{
	int64_t given = -1;

	(void)state;
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS, MARGIN, &given), 0);
	assert_int_equal(given, 0);
	keep(1, "finished", NOW_NS);
	keep(2, "failed", NOW_NS);
	keep(3, "running", 0);
	keep(4, "waiting", 0);
	open_anew();
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS + 7, MARGIN, &given), 2);
	assert_string_equal(get(1).state, "finished");
	assert_string_equal(get(2).reason, "");
	assert_string_equal(get(3).state, "failed");
	assert_string_equal(get(3).reason, "aborted_by_restart");
	assert_int_equal(get(3).ended_ns, NOW_NS + 7);
	assert_string_equal(get(4).reason, "aborted_by_restart");
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS + 8, MARGIN, &given), 0);
	assert_int_equal(get(3).ended_ns, NOW_NS + 7);
}

static void no_number_is_given_twice(void **state)
{
	int64_t given;

	(void)state;
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS, MARGIN, &given), 0);
	keep(given + 1, "finished", NOW_NS);
	/* After a crash more of them may have been given than were written. */
	open_anew();
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS, MARGIN, &given), 0);
	assert_int_equal(given, MARGIN);
	/* In order: the next one follows. */
	keep(given + 1, "finished", NOW_NS);
	assert_int_equal(ohtd_db_commands_reserve(db, given + 1), 0);
	open_anew();
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS, MARGIN, &given), 0);
	assert_int_equal(given, MARGIN + 1);
	/* A row says more than a reservation that is behind it. */
	keep(5000, "finished", NOW_NS);
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS, MARGIN, &given), 0);
	assert_int_equal(given, 5000);
}

static int count_moves(const struct ohtd_command_row *row, void *arg)
{
	*(int *)arg += !strcmp(row->state, "finished");
	return 0;
}

/* Analytics of 30 days know each move of a robot that has one a minute, and what is older goes within a few hours of such moves. */
static void a_month_of_moves_is_kept_and_what_is_older_goes(void **state)
{
	enum { MONTH = 30 * 1440, MORE = OHTD_COMMANDS_KEPT + OHTD_COMMANDS_DROP_EACH - MONTH };
	static struct ohtd_command_row many[MONTH];
	const int64_t minute_ns = 60 * 1000000000LL;
	int64_t given;
	int moves = 0;

	(void)state;
	keep(1, "finished", NOW_NS);
	/* After a crash numbers go on far above those before. */
	for (int i = 0; i < MONTH; i++) {
		many[i] = row_of(1000000 + i, "finished");
		many[i].ended_ns = NOW_NS + i * minute_ns;
	}
	assert_int_equal(ohtd_db_commands_keep(db, many, MONTH), 0);
	assert_int_equal(ohtd_db_commands_ended(db, NOW_NS, NOW_NS + MONTH * minute_ns, count_moves, &moves), 0);
	assert_int_equal(moves, 1 + MONTH);
	assert_int_equal(ohtd_db_commands_since(db), 0);
	for (int i = 0; i < MORE; i++)
		many[i] = row_of(2000000 + i, "finished");
	assert_int_equal(ohtd_db_commands_keep(db, many, MORE), 0);
	assert_int_equal(ohtd_db_command_get(db, &(struct ohtd_command_row){ .number = 1 }), -ENOENT);
	get(2000000);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM commands"), OHTD_COMMANDS_KEPT);
	/* Analytics of an earlier time say that they do not know. */
	assert_int_equal(ohtd_db_commands_since(db), store_ask_sql("SELECT min(accepted_ns) FROM commands"));
	assert_true(ohtd_db_commands_since(db) > NOW_NS);
	/* Runs of a few commands each: none has a number at which the oldest go. */
	for (int i = 0; i < 3; i++) {
		keep(3000001 + i, "finished", NOW_NS);
		open_anew();
		assert_true(ohtd_db_commands_begin(db, NOW_NS, MARGIN, &given) >= 0);
		assert_int_equal(store_ask_sql("SELECT count(*) FROM commands"), OHTD_COMMANDS_KEPT);
	}
}

static void note(const char *id, int64_t tag, bool forgotten)
{
	struct ohtd_command_row row = row_of(0, "failed");

	strcpy(row.caller_id, id);
	row.tag = tag;
	assert_int_equal(ohtd_db_command_note(db, &row), 0);
	if (forgotten)
		assert_int_equal(ohtd_db_command_forget(db, &row), 0);
}

#define IDS_BYTES	512

static int take_id(const struct ohtd_command_row *row, void *arg)
{
	char *ids = arg;
	size_t used = strlen(ids);

	snprintf(ids + used, IDS_BYTES - used, "%lld %s %lld %s %s, ", (long long)row->number, row->caller_id, (long long)row->tag, row->state, row->reason);
	return 0;
}

/* Nothing knows whether it was driven, so it is never driven again; an id of long before may be that of another order. */
static void an_order_of_which_only_the_id_is_known_has_failed(void **state)
{
	char ids[IDS_BYTES] = "";
	int64_t given;

	(void)state;
	keep(1, "finished", NOW_NS + 2);
	note("order-5", 3, false);
	note("order-5", 4, false);
	note("refused", 3, true);
	note("twice", 3, false);
	note("twice", 3, false);
	open_anew();
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS + 9, 10, &given), 3);
	assert_int_equal(given, 4);
	assert_int_equal(ohtd_db_commands_with_id(db, take_id, ids), 0);
	assert_string_equal(ids, "4 twice 3 failed aborted_by_restart, 3 order-5 4 failed aborted_by_restart, "
			    "2 order-5 3 failed aborted_by_restart, 1 order-5 3 finished , ");
	assert_true(get(2).position_mm == 1200.5 && isnan(get(2).speed_mm_s) && get(2).ended_ns == NOW_NS + 9);
	/* Of one that was accepted the command is known. */
	note("order-5", 3, false);
	keep(5, "finished", NOW_NS + 20);
	note("order-5", 4, false);
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS + 30, 10, &given), 1);
	assert_string_equal(get(given).reason, "aborted_by_restart");
	assert_int_equal(get(given).tag, 4);
	assert_int_equal(ohtd_db_commands_begin(db, NOW_NS + 40, 10, &given), 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_command_is_kept_with_its_newest_phase), CASE(a_clock_that_was_set_moves_the_beginning_too),
		CASE(all_or_none_of_several),
		CASE(listed_newest_first_and_page_by_page),
		CASE(rows_are_compared_as_the_database_does),
		CASE(what_a_crash_left_open_has_failed),
		CASE(an_order_of_which_only_the_id_is_known_has_failed),
		CASE(no_number_is_given_twice),
		CASE(a_month_of_moves_is_kept_and_what_is_older_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
