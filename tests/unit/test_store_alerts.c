// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said and counted about alerts: comments and how many there may be; numbers, against counting by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "store/sql.h"
#include "store_fixture.h"
#include "alerts/comment_rows.h"
#include "alerts/number_rows.h"

#define S		1000000000LL
#define NOW_NS		(STORE_NOW_S * S)
#define ROUNDS		40
#define ROWS_MAX	600
#define CODES		14
#define UNITS		3
#define SUBJECTS	2

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

static void run(const char *sql)
{
	assert_int_equal(sqlite3_exec(db->sql, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* ---- comments ---- */

static int comment(int64_t alert, const char *text)
{
	const struct ohtd_alert_row row = { .number = alert };
	struct ohtd_alert_comment_row made = { .made_ns = NOW_NS, .made_by = "anna" };

	snprintf(made.text, sizeof(made.text), "%s", text);
	return ohtd_db_alert_comment(db, &row, &made);
}

static void keep_alerts(int64_t first, unsigned int count)
{
	struct ohtd_alert_row row = {
		.code = "module_lost", .severity = "critical", .source = "module", .unit = 1, .text = "Gone.", .since_ns = NOW_NS,
		.ended_ns = NOW_NS + S, .times = 1,
	};

	for (unsigned int i = 0; i < count; i++) {
		row.number = first + i;
		assert_int_equal(ohtd_db_alerts_keep(db, &row, 1), 0);
	}
}

static void comments_go_with_their_alert(void **state)
{
	struct ohtd_alert_comment_row rows[OHTD_ALERT_COMMENTS_MAX];

	(void)state;
	keep_alerts(1, 2);
	assert_int_equal(comment(1, "one"), 0);
	assert_int_equal(comment(1, "two"), 0);
	assert_int_equal(comment(3, "none"), -ENOENT);
	assert_int_equal(ohtd_db_alert_comments(db, 3, rows), -ENOENT);
	assert_int_equal(ohtd_db_alert_comments(db, 2, rows), 0);
	assert_int_equal(ohtd_db_alert_comments(db, 1, rows), 2);
	assert_string_equal(rows[0].text, "one");
	assert_string_equal(rows[1].made_by, "anna");
	/* The oldest alert is dropped for a new one. */
	keep_alerts(OHTD_ALERTS_KEPT, 1);
	run("WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) INSERT INTO alerts"
	    " SELECT i, 'x', 'warning', 'log', 0, '', 1, 1, 1, 0, 0, '', 0, 0, 0, 0, '' FROM n");
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM alert_comments"), 2);
	keep_alerts(OHTD_ALERTS_KEPT + 1, 1);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM alert_comments"), 0);
}

static void there_are_so_many_comments(void **state)
{
	(void)state;
	keep_alerts(1, 2);
	for (unsigned int i = 0; i < OHTD_ALERT_COMMENTS_MAX; i++)
		assert_int_equal(comment(1, "x"), 0);
	assert_int_equal(comment(1, "x"), -E2BIG);
	run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
	    " INSERT INTO alert_comments SELECT 100 + i, 2, 0, '', 'y' FROM n");
	run("DELETE FROM alert_comments WHERE alert = 2 AND id > 110");
	run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9940)"
	    " INSERT INTO alert_comments SELECT 200 + i, 1, 0, '', 'y' FROM n");
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM alert_comments"), 10000);
	assert_int_equal(comment(2, "x"), 0);
	assert_int_equal(ohtd_db_number(db, "SELECT count(*) FROM alert_comments"), 10000);
	assert_int_equal(ohtd_db_number(db, "SELECT min(id) FROM alert_comments"), 2);
}

/* ---- numbers ---- */

struct row {
	int64_t number, since_ns, ended_ns, times, fastest_ns;
	unsigned int code;
	uint8_t unit, subject;
	bool cut, rested;
};

static struct row rows[ROWS_MAX];
static unsigned int row_count;

static const char *const subjects[SUBJECTS] = { "", "b" };

static const char *code_of(unsigned int code)
{
	static char text[16];

	snprintf(text, sizeof(text), "code_%02u", code);
	return text;
}

/* In bursts, so that there are floods and chattering, and alone over days. */
static void roll_rows(unsigned int *seed)
{
	int64_t at_ns = NOW_NS - 20 * 86400 * S;

	row_count = dice(seed, ROWS_MAX);
	for (unsigned int i = 0; i < row_count; i++) {
		struct row *row = &rows[i];

		at_ns += dice(seed, 4) ? (int64_t)dice(seed, 120) * S : dice(seed, 3) ? 0 : (int64_t)dice(seed, 40000) * 10 * S;
		*row = (struct row){
			.number = i + 1, .since_ns = at_ns, .times = 1 + dice(seed, 5), .code = dice(seed, CODES),
			.unit = (uint8_t)dice(seed, UNITS), .subject = (uint8_t)dice(seed, SUBJECTS), .cut = !dice(seed, 9),
		};
		/* A time of day that went back: it ends before it came, and numbers are in no order. */
		if (!dice(seed, 20))
			row->since_ns -= (int64_t)dice(seed, 9000) * S;
		if (dice(seed, 8))
			row->ended_ns = row->since_ns + ((int64_t)dice(seed, dice(seed, 10) ? 900 : 30000) - 5) * 10 * S;
		row->rested = !dice(seed, 6);
		if (row->times > 2)
			row->fastest_ns = (1 + (int64_t)dice(seed, 200)) * S;
	}
}

static void insert_rows(void)
{
	char sql[256];

	run("BEGIN; DELETE FROM alerts");
	for (unsigned int i = 0; i < row_count; i++) {
		const struct row *row = &rows[i];

		snprintf(sql, sizeof(sql), "INSERT INTO alerts VALUES (%lld, '%s', 'warning', 'module', %u, '', %lld, %lld, %lld, %d,"
			 " 0, '', 0, 0, %lld, %d, '%s')", (long long)row->number, code_of(row->code), row->unit, (long long)row->since_ns,
			 (long long)row->ended_ns, (long long)row->times, row->cut, (long long)row->fastest_ns, row->rested,
			 subjects[row->subject]);
		run(sql);
	}
	run("COMMIT");
}

static int64_t end_of(const struct row *row, int64_t now_ns)
{
	int64_t end_ns = row->ended_ns ? row->ended_ns : row->cut ? row->since_ns : now_ns;

	return end_ns > row->since_ns ? end_ns : row->since_ns;
}

static bool came(const struct row *row, const struct ohtd_alert_numbers *numbers)
{
	return row->since_ns >= numbers->from_ns && row->since_ns < numbers->to_ns;
}

static int64_t within(const struct row *row, const struct ohtd_alert_numbers *numbers)
{
	int64_t end_ns = end_of(row, numbers->now_ns), from_ns = row->since_ns;

	if (end_ns > numbers->to_ns)
		end_ns = numbers->to_ns;
	if (from_ns < numbers->from_ns)
		from_ns = numbers->from_ns;
	return end_ns > from_ns ? end_ns - from_ns : 0;
}

static struct ohtd_alert_tally tally_of(unsigned int code, const struct ohtd_alert_numbers *numbers)
{
	struct ohtd_alert_tally tally = { 0 };

	snprintf(tally.code, sizeof(tally.code), "%s", code_of(code));
	for (unsigned int i = 0; i < row_count; i++) {
		if (rows[i].code != code)
			continue;
		tally.standing_ns += within(&rows[i], numbers);
		tally.count += came(&rows[i], numbers);
		tally.comings += came(&rows[i], numbers) ? rows[i].times : 0;
	}
	return tally;
}

static int64_t by_count(const struct ohtd_alert_tally *tally)
{
	return tally->count;
}

static int64_t by_standing(const struct ohtd_alert_tally *tally)
{
	return tally->standing_ns;
}

/* The list is the greatest of all codes, one after the other. */
static void check_tallies(const struct ohtd_alert_numbers *numbers, const struct ohtd_alert_tally *items, unsigned int count,
			  int64_t (*value)(const struct ohtd_alert_tally *))
{
	struct ohtd_alert_tally all[CODES];
	unsigned int found = 0;

	for (unsigned int code = 0; code < CODES; code++)
		all[code] = tally_of(code, numbers);
	for (;;) {
		unsigned int best = 0;

		for (unsigned int code = 1; code < CODES; code++)
			if (value(&all[code]) > value(&all[best]))
				best = code;
		if (!value(&all[best]) || found == OHTD_ALERT_TOP)
			break;
		assert_true(found < count);
		assert_string_equal(items[found].code, all[best].code);
		assert_int_equal(items[found].count, all[best].count);
		assert_int_equal(items[found].comings, all[best].comings);
		assert_int_equal(items[found].standing_ns, all[best].standing_ns);
		all[best] = (struct ohtd_alert_tally){ 0 };
		found++;
	}
	assert_int_equal(count, found);
}

static int compare_since(const void *first, const void *second)
{
	const struct row *a = *(const struct row *const *)first, *b = *(const struct row *const *)second;

	if (a->since_ns != b->since_ns)
		return a->since_ns < b->since_ns ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* Those of the span in the order in which they came: of a code, unit and subject, or all that did not rest. */
static unsigned int gather(const struct ohtd_alert_numbers *numbers, int code, int unit, int subject, const struct row **order)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < row_count; i++)
		if (came(&rows[i], numbers) && (code < 0 ? !rows[i].rested : rows[i].code == (unsigned int)code && rows[i].unit == unit &&
						rows[i].subject == subject))
			order[count++] = &rows[i];
	qsort(order, count, sizeof(order[0]), compare_since);
	return count;
}

static void check_floods(const struct ohtd_alert_numbers *numbers)
{
	static const struct row *order[ROWS_MAX];
	static struct ohtd_alert_flood floods[ROWS_MAX];
	unsigned int count = gather(numbers, -1, 0, 0, order), found = 0, end = 0;
	int64_t flooded = 0;

	/* Each window of eleven; one that has an alert in common with the flood before is a part of it. */
	for (unsigned int i = 0; i + OHTD_ALERT_FLOOD <= count; i++) {
		unsigned int last = i + OHTD_ALERT_FLOOD - 1;

		if (order[last]->since_ns - order[i]->since_ns >= OHTD_ALERT_FLOOD_S * S)
			continue;
		if (!found || i >= end) {
			floods[found++] = (struct ohtd_alert_flood){ .number = order[i]->number, .from_ns = order[i]->since_ns };
			snprintf(floods[found - 1].code, sizeof(floods[0].code), "%s", code_of(order[i]->code));
			end = i;
		}
		floods[found - 1].count += last + 1 - end;
		floods[found - 1].to_ns = order[last]->since_ns;
		flooded += last + 1 - end;
		end = last + 1;
	}
	assert_int_equal(numbers->flood_count, found);
	assert_int_equal(numbers->flooded, flooded);
	for (unsigned int i = 0; i < found && i < OHTD_ALERT_SAMPLES; i++)
		assert_memory_equal(&numbers->floods[i], &floods[found - 1 - i], sizeof(floods[0]));
}

static void check_standing(const struct ohtd_alert_numbers *numbers)
{
	int64_t count = 0;

	for (unsigned int i = 0; i < row_count; i++) {
		int64_t end_ns = end_of(&rows[i], numbers->now_ns), until_ns = end_ns < numbers->to_ns ? end_ns : numbers->to_ns;

		count += rows[i].since_ns < numbers->to_ns && end_ns >= numbers->from_ns &&
			 until_ns - rows[i].since_ns > OHTD_ALERT_STANDING_S * S;
	}
	assert_int_equal(numbers->standing_count, count);
	for (int64_t i = 0; i < count && i < OHTD_ALERT_SAMPLES; i++) {
		const struct ohtd_alert_standing *item = &numbers->standing[i];
		const struct row *row = &rows[item->number - 1];

		assert_true(end_of(row, numbers->now_ns) - row->since_ns > OHTD_ALERT_STANDING_S * S);
		assert_int_equal(item->ended_ns, row->ended_ns);
		assert_string_equal(item->subject, subjects[row->subject]);
		assert_true(!i || item[-1].since_ns <= item->since_ns);
	}
}

static bool chatters(const struct row **order, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if ((order[i]->fastest_ns && order[i]->fastest_ns <= OHTD_ALERT_CHATTER_S * S) ||
		    (i >= 2 && order[i]->since_ns - order[i - 2]->since_ns <= OHTD_ALERT_CHATTER_S * S))
			return true;
	return false;
}

static void check_chattering(const struct ohtd_alert_numbers *numbers)
{
	static const struct row *order[ROWS_MAX];
	int64_t found = 0;

	for (unsigned int each = 0; each < CODES * UNITS * SUBJECTS; each++) {
		unsigned int code = each / UNITS / SUBJECTS, unit = each / SUBJECTS % UNITS, subject = each % SUBJECTS;
		unsigned int count = gather(numbers, (int)code, (int)unit, (int)subject, order);
		int64_t comings = 0;

		if (!chatters(order, count))
			continue;
		found++;
		for (unsigned int i = 0; i < count; i++)
			comings += order[i]->times;
		for (unsigned int i = 0; i < OHTD_ALERT_TOP && i < numbers->chattering_count; i++) {
			const struct ohtd_alert_chattering *item = &numbers->chattering[i];

			assert_true(!i || item[-1].comings >= item->comings);
			if (strcmp(item->code, code_of(code)) || item->unit != unit || strcmp(item->subject, subjects[subject]))
				continue;
			assert_int_equal(item->count, count);
			assert_int_equal(item->comings, comings);
		}
	}
	assert_int_equal(numbers->chattering_count, found);
}

static void numbers_are_those_of_counting_by_hand(void **state)
{
	static struct ohtd_alert_numbers numbers;
	unsigned int seed = dice_seed(), floods = 0, chattering = 0, standing = 0;

	(void)state;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		int64_t count = 0, comings = 0;

		roll_rows(&seed);
		insert_rows();
		memset(&numbers, 0, sizeof(numbers));
		numbers.now_ns = NOW_NS;
		numbers.to_ns = NOW_NS - (int64_t)dice(&seed, 30) * 30000 * S;
		numbers.from_ns = numbers.to_ns - (1 + (int64_t)dice(&seed, 20)) * 86400 * S;
		assert_int_equal(ohtd_db_alert_numbers(db, &numbers), 0);
		for (unsigned int i = 0; i < row_count; i++) {
			count += came(&rows[i], &numbers);
			comings += came(&rows[i], &numbers) ? rows[i].times : 0;
		}
		assert_int_equal(numbers.count, count);
		assert_int_equal(numbers.comings, comings);
		check_tallies(&numbers, numbers.frequent, numbers.frequent_count, by_count);
		check_tallies(&numbers, numbers.longest, numbers.longest_count, by_standing);
		check_floods(&numbers);
		check_standing(&numbers);
		check_chattering(&numbers);
		floods += numbers.flood_count > 1;
		chattering += numbers.chattering_count > 1;
		standing += numbers.standing_count > 1;
	}
	/* What is not there is not held against anything. */
	assert_true(floods > 5 && chattering > 5 && standing > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(comments_go_with_their_alert, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_are_so_many_comments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_are_those_of_counting_by_hand, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
