// SPDX-License-Identifier: GPL-2.0-or-later
/* The queue of webhooks: what an alert gives to be told, when it is due, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "journal/notice.h"
#include "missions/rows.h"
#include "webhooks/rows.h"
#include "store/sql.h"
#include "store_fixture.h"

#define S	1000000000LL
#define NOW_NS	(STORE_NOW_S * S)
#define DAY_S	86400
#define URL	"https://a.example/"

static struct ohtd_db *db;
static struct ohtd_due due[OHTD_WEBHOOKS_MAX];

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

static int64_t add(const char *severity)
{
	struct ohtd_webhook_row row = { .url = URL, .format = "oht", .enabled = true };

	snprintf(row.severity, sizeof(row.severity), "%s", severity);
	assert_int_equal(ohtd_db_webhook_add(db, &row), 0);
	return row.id;
}

/* Alerts of other numbers are of other modules. */
static void keep_about(const char *subject, uint8_t unit, int64_t number, int64_t ended_ns, int64_t times)
{
	struct ohtd_alert_row row = {
		.number = number, .code = "module_lost", .severity = "critical", .source = "module", .unit = unit,
		.text = "Gone.", .since_ns = NOW_NS, .ended_ns = ended_ns, .times = times,
	};

	snprintf(row.subject, sizeof(row.subject), "%s", subject);
	assert_int_equal(ohtd_db_alerts_keep(db, &row, 1), 0);
}

static void keep_of(uint8_t unit, int64_t number, int64_t ended_ns, int64_t times)
{
	keep_about("", unit, number, ended_ns, times);
}

static void keep(int64_t number, int64_t ended_ns, int64_t times)
{
	keep_of((uint8_t)number, number, ended_ns, times);
}

static int count_due(int64_t now_ns)
{
	bool alive;

	return ohtd_db_webhooks_due(db, now_ns, NULL, 0, due, &alive);
}

/* The first that is due, if it is that. */
static int64_t next(int64_t now_ns, const char *event, int64_t alert)
{
	assert_int_equal(count_due(now_ns), 1);
	assert_string_equal(due[0].delivery.event, event);
	assert_int_equal(due[0].delivery.alert, alert);
	return due[0].delivery.number;
}

static void read_message(int64_t number, char message[static OHTD_WEBHOOK_MESSAGE_BYTES])
{
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(db->sql, "SELECT message FROM webhook_deliveries WHERE number = ?", -1, &s, NULL), 0);
	sqlite3_bind_int64(s, 1, number);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	snprintf(message, OHTD_WEBHOOK_MESSAGE_BYTES, "%s", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
}

static void told(int64_t number, int64_t now_ns, int status)
{
	char message[OHTD_WEBHOOK_MESSAGE_BYTES];
	struct ohtd_delivery_result result = {
		.number = number, .message = message, .url = URL, .now_ns = now_ns, .status = status, .error = status ? "" : "no answer",
	};

	read_message(number, message);
	assert_int_equal(ohtd_db_webhooks_results(db, &result, 1), 0);
}

static long long count(const char *where)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM webhook_deliveries WHERE %s", where);
	return store_ask_sql(sql);
}

static void each_coming_and_each_end_is_told_once(void **state)
{
	(void)state;
	add("warning");
	add("emergency");
	keep(1, 0, 1);
	keep(1, 0, 1);
	keep(1, NOW_NS + 5 * S, 1);
	keep(1, NOW_NS + 5 * S, 1);
	assert_int_equal(count("event = 'alert.began'"), 1);
	assert_int_equal(count("event = 'alert.ended' AND webhook = 1"), 1);
	/* It comes again; then it ends and comes again between two writes, which is no news. */
	keep(1, 0, 2);
	keep(1, 0, 3);
	assert_int_equal(count("1"), 3);
	/* It came and ended since the write before. */
	keep(2, NOW_NS + S, 1);
	assert_int_equal(count("alert = 2"), 2);
	/* The acknowledgement brings the row before the keeper does. */
	assert_int_equal(ohtd_db_alert_acknowledge(db, &(struct ohtd_alert_row){
		.number = 3, .code = "x", .severity = "warning", .since_ns = NOW_NS, .times = 1, .acknowledged_ns = 1 }), 1);
	assert_int_equal(count("alert = 3"), 1);
	/* The same for an end. */
	keep(4, 0, 1);
	assert_int_equal(ohtd_db_alert_acknowledge(db, &(struct ohtd_alert_row){
		.number = 4, .code = "module_lost", .severity = "critical", .source = "module", .unit = 4, .text = "Gone.",
		.since_ns = NOW_NS, .ended_ns = NOW_NS + S, .times = 1, .acknowledged_ns = 1 }), 1);
	keep(4, NOW_NS + S, 1);
	assert_int_equal(count("alert = 4"), 2);
}

static void what_is_cut_is_lost(void **state)
{
	int64_t newest;

	(void)state;
	add("warning");
	keep(1, 0, 1);
	keep(2, NOW_NS + S, 1);
	assert_int_equal(ohtd_db_alerts_begin(db, NOW_NS - DAY_S * S, &newest), 0);
	assert_int_equal(ohtd_db_alerts_begin(db, NOW_NS, &newest), 0);
	assert_int_equal(count("event = 'alert.lost'"), 1);
	assert_int_equal(count("event = 'alert.lost' AND alert = 1"), 1);
}

/* As after a start without a battery for the clock, and after a time of day that was taken back. */
static void no_end_is_before_its_beginning(void **state)
{
	int64_t newest;

	(void)state;
	add("warning");
	keep(1, NOW_NS - DAY_S * S, 1);
	keep(2, 0, 1);
	assert_int_equal(ohtd_db_alerts_begin(db, NOW_NS - DAY_S * S, &newest), 0);
	assert_int_equal(count("event <> 'alert.began'"), 2);
	assert_int_equal(count("made_ns < since_ns OR (ended_ns < since_ns AND event = 'alert.ended')"), 0);
}

static void an_end_waits_for_its_beginning_and_for_nothing_else(void **state)
{
	int64_t first;

	(void)state;
	add("warning");
	keep(1, NOW_NS + S, 1);
	keep(2, 0, 1);
	first = next(NOW_NS, "alert.began", 1);
	told(first, NOW_NS, 400);
	told(next(NOW_NS, "alert.began", 2), NOW_NS, 400);
	assert_int_equal(count_due(NOW_NS + 4 * S), 0);
	told(next(NOW_NS + 5 * S, "alert.began", 1), NOW_NS + 5 * S, 204);
	told(next(NOW_NS + 5 * S, "alert.ended", 1), NOW_NS + 5 * S, 204);
	/* A late word about the first changes nothing. */
	told(first, NOW_NS + 6 * S, 500);
	assert_int_equal(count("state = 'delivered'"), 2);
}

/* The end that comes late would end the alert that stands, at a receiver that does not know our numbers. */
static void an_alert_that_comes_anew_waits_for_the_end_before(void **state)
{
	(void)state;
	add("warning");
	keep_of(3, 1, 0, 1);
	told(next(NOW_NS, "alert.began", 1), NOW_NS, 0);
	keep_of(3, 1, NOW_NS + S, 1);
	keep_of(3, 2, 0, 1);
	assert_int_equal(count_due(NOW_NS + 4 * S), 0);
	told(next(NOW_NS + 5 * S, "alert.began", 1), NOW_NS + 5 * S, 200);
	told(next(NOW_NS + 5 * S, "alert.ended", 1), NOW_NS + 5 * S, 502);
	assert_int_equal(count_due(NOW_NS + 9 * S), 0);
	told(next(NOW_NS + 10 * S, "alert.ended", 1), NOW_NS + 10 * S, 200);
	told(next(NOW_NS + 10 * S, "alert.began", 2), NOW_NS + 10 * S, 200);
}

static void an_alert_waits_for_none_with_another_subject(void **state)
{
	(void)state;
	add("warning");
	keep_about("a", 0, 1, 0, 1);
	keep_about("b", 0, 2, 0, 1);
	told(next(NOW_NS, "alert.began", 1), NOW_NS, 400);
	assert_string_equal(due[0].delivery.subject, "a");
	told(next(NOW_NS, "alert.began", 2), NOW_NS, 200);
	assert_string_equal(due[0].delivery.subject, "b");
	keep_about("b", 0, 2, NOW_NS + S, 1);
	told(next(NOW_NS + S, "alert.ended", 2), NOW_NS + S, 200);
	assert_string_equal(due[0].delivery.subject, "b");
}

static void pauses_grow_to_a_day_and_end(void **state)
{
	static const int pauses_s[] = { 5, 20, 80, 320, 1280, 5120, 20480, 81920, DAY_S };
	int64_t now_ns = NOW_NS, number;

	(void)state;
	add("warning");
	keep(1, 0, 1);
	number = next(now_ns, "alert.began", 1);
	for (size_t i = 0; i < sizeof(pauses_s) / sizeof(*pauses_s); i++) {
		told(number, now_ns, 400);
		assert_int_equal(count_due(now_ns + pauses_s[i] * S - 1), 0);
		/* A clock that was set back makes nobody wait for it. */
		assert_int_equal(count_due(now_ns - 1), 1);
		now_ns += pauses_s[i] * S;
		assert_int_equal(next(now_ns, "alert.began", 1), number);
	}
	told(number, now_ns, 400);
	assert_int_equal(count("state = 'dead' AND attempts = 10"), 1);
	assert_int_equal(count_due(now_ns + 2 * DAY_S * S), 0);
}

/* Nobody knows when it is back: what waits longest for it does not make newer ones of the same alert wait for long. */
static void a_receiver_that_is_back_is_told_within_minutes(void **state)
{
	int64_t now_ns = NOW_NS;

	(void)state;
	add("warning");
	keep_of(3, 1, NOW_NS + S, 1);
	keep_of(3, 2, 0, 1);
	assert_int_equal(ohtd_db_begin(db), 0);
	for (int i = 0; i < 53 * 12; i++, now_ns += 300 * S)
		told(next(now_ns, "alert.began", 1), now_ns, i % 2 ? 503 : 0);
	assert_int_equal(ohtd_db_end(db, 0), 0);
	assert_int_equal(count("state = 'waiting'"), 3);
	/* What is in front of it answers first: that is one refusal, and not the last of many. */
	told(next(now_ns, "alert.began", 1), now_ns, 404);
	now_ns += 5 * S;
	told(next(now_ns, "alert.began", 1), now_ns, 200);
	told(next(now_ns, "alert.ended", 1), now_ns, 0);
	now_ns += DAY_S * S / 4;
	for (int i = 0; i < 9; i++, now_ns += DAY_S * S / 4)
		told(next(now_ns, "alert.ended", 1), now_ns, 0);
	assert_int_equal(count("state = 'dead' AND event = 'alert.ended'"), 1);
	next(now_ns, "alert.began", 2);
}

/* The usual mistake: a path or a token that is wrong. */
static void what_waits_goes_at_once_where_it_is_led_anew(void **state)
{
	struct ohtd_webhook_row row = { .id = add("warning") };

	(void)state;
	keep(1, 0, 1);
	keep(2, 0, 1);
	told(next(NOW_NS, "alert.began", 1), NOW_NS, 404);
	told(next(NOW_NS, "alert.began", 2), NOW_NS, 400);
	assert_int_equal(ohtd_db_webhook_get(db, &row), 0);
	row.alive = true;
	assert_int_equal(ohtd_db_webhook_change(db, &row), 0);
	assert_int_equal(count_due(NOW_NS + 4 * S), 0);
	assert_int_equal(store_ask_sql("SELECT failures FROM webhooks"), 2);
	snprintf(row.url, sizeof(row.url), "https://b.example/");
	assert_int_equal(ohtd_db_webhook_change(db, &row), 0);
	next(NOW_NS + S, "alert.began", 1);
	assert_int_equal(store_ask_sql("SELECT failures + last_ns FROM webhooks"), 0);
	/* The same when it is switched on again; and by the first success, but for what the receiver cannot take. */
	store_run_sql("UPDATE webhooks SET enabled = 0, url = '" URL "'");
	store_run_sql("UPDATE webhook_deliveries SET due_ns = 9000000000000000000");
	assert_int_equal(ohtd_db_webhook_get(db, &row), 0);
	row.enabled = true;
	assert_int_equal(ohtd_db_webhook_change(db, &row), 0);
	next(NOW_NS + S, "alert.began", 1);
	store_run_sql("UPDATE webhook_deliveries SET due_ns = 9000000000000000000");
	keep(3, 0, 1);
	told(next(NOW_NS + S, "alert.began", 3), NOW_NS + S, 200);
	assert_int_equal(count("due_ns = 0 AND state = 'waiting'"), 1);
	next(NOW_NS + S, "alert.began", 1);
}

/* One message at a time, those that were not tried first; and its first answer makes all due. */
static void a_receiver_that_is_away_holds_all_of_its_messages(void **state)
{
	struct ohtd_delivery_row row = { .webhook = add("warning"), .made_ns = NOW_NS };

	(void)state;
	for (int64_t alert = 1; alert <= 3; alert++)
		keep(alert, 0, 1);
	told(next(NOW_NS, "alert.began", 1), NOW_NS, 0);
	assert_int_equal(count_due(NOW_NS + 4 * S), 0);
	told(next(NOW_NS + 5 * S, "alert.began", 2), NOW_NS + 5 * S, 502);
	assert_int_equal(count_due(NOW_NS + 24 * S), 0);
	told(next(NOW_NS + 25 * S, "alert.began", 3), NOW_NS + 25 * S, 200);
	assert_int_equal(store_ask_sql("SELECT failures + retry_ns FROM webhooks"), 0);
	told(next(NOW_NS + 25 * S, "alert.began", 1), NOW_NS + 25 * S, 200);
	told(next(NOW_NS + 25 * S, "alert.began", 2), NOW_NS + 25 * S, 200);
	/* However long it was away, it is asked every five minutes. */
	store_run_sql("UPDATE webhooks SET failures = 1000");
	keep(4, 0, 1);
	told(next(NOW_NS, "alert.began", 4), NOW_NS, 0);
	keep(5, 0, 1);
	assert_int_equal(count_due(NOW_NS + 299 * S), 0);
	next(NOW_NS + 300 * S, "alert.began", 5);
	/* Somebody who asks for a test does not wait for that. */
	assert_int_equal(ohtd_db_webhook_test(db, &row), 0);
	next(NOW_NS + S, "alert.began", 5);
}

/* Also of a process that was taken over and says what it likes. */
static void no_receiver_wishes_for_more_than_a_day(void **state)
{
	char message[OHTD_WEBHOOK_MESSAGE_BYTES];
	struct ohtd_delivery_result result = {
		.number = 1, .message = message, .url = URL, .now_ns = NOW_NS, .status = 503, .error = "", .after_s = INT32_MAX,
	};

	(void)state;
	add("warning");
	keep(1, 0, 1);
	read_message(1, message);
	assert_int_equal(ohtd_db_webhooks_results(db, &result, 1), 0);
	assert_int_equal(count_due(NOW_NS + DAY_S * S - 1), 0);
	assert_int_equal(count_due(NOW_NS + DAY_S * S), 1);
	result.after_s = INT32_MIN;
	assert_int_equal(ohtd_db_webhooks_results(db, &result, 1), 0);
	assert_int_equal(count_due(NOW_NS + 19 * S), 0);
	assert_int_equal(count_due(NOW_NS + 20 * S), 1);
}

/* A message of a time of day that was ahead is refused: it is dead when it has been tried for as long as any other. */
static void a_clock_that_was_ahead_keeps_nothing_alive(void **state)
{
	int64_t now_ns = NOW_NS - 45 * 365 * DAY_S * S;

	(void)state;
	add("warning");
	keep(1, 0, 1);
	for (int i = 0; i < 2 * OHTD_WEBHOOK_ATTEMPTS && count("state = 'waiting'"); i++, now_ns += DAY_S * S)
		told(1, now_ns, 422);
	assert_int_equal(count("state = 'dead'"), 1);
}

/* The machine starts with a time of day in 2071, where no certificate is good. */
static void a_clock_that_leaps_lets_nothing_die(void **state)
{
	int64_t now_ns = NOW_NS;

	(void)state;
	add("warning");
	keep(1, 0, 1);
	for (int i = 0; i < 12; i++, now_ns += 300 * S)
		told(1, now_ns, 0);
	assert_int_equal(count("state = 'waiting'"), 1);
	told(1, now_ns + 45ll * 365 * DAY_S * S, 0);
	assert_int_equal(count("state = 'waiting'"), 1);
}

static void the_receiver_ends_it_with_410(void **state)
{
	struct ohtd_delivery_row row = { .webhook = add("warning"), .made_ns = NOW_NS };

	(void)state;
	keep(1, 0, 1);
	keep(2, 0, 1);
	told(next(NOW_NS, "alert.began", 1), NOW_NS, 410);
	assert_int_equal(count("state = 'dead'"), 2);
	assert_int_equal(ohtd_db_webhook_test(db, &row), -EPERM);
	keep(3, 0, 1);
	assert_int_equal(count("1"), 2);
	assert_int_equal(ohtd_db_webhook_resend(db, 1, &row), 0);
	assert_int_equal(ohtd_db_webhook_resend(db, 1, &row), -EALREADY);
	assert_int_equal(ohtd_db_webhook_resend(db, 9, &row), -ENOENT);
	assert_int_equal(ohtd_db_webhook_delete(db, row.webhook), 1);
	assert_int_equal(ohtd_db_webhook_delete(db, row.webhook), 0);
	assert_int_equal(count("1"), 0);
	/* A client that still has the number of the one that is deleted reaches no other one, nor another delivery. */
	assert_true(add("warning") > row.webhook);
	keep(4, 0, 1);
	assert_int_equal(ohtd_db_webhook_resend(db, 1, &row), -ENOENT);
}

/* By ten deaths of the process that sends nothing is dead, and no receiver is to blame. */
static void nothing_is_dead_by_a_process_that_ends(void **state)
{
	struct ohtd_delivery_result result = { .number = 1, .url = URL, .now_ns = NOW_NS, .broken = true, .error = "ended" };
	char message[OHTD_WEBHOOK_MESSAGE_BYTES];

	(void)state;
	add("warning");
	keep(1, 0, 1);
	read_message(1, message);
	result.message = message;
	assert_int_equal(ohtd_db_webhooks_results(db, &result, 1), 0);
	assert_int_equal(count_due(NOW_NS), 1);
	for (int i = 0; i < 2 * OHTD_WEBHOOK_ATTEMPTS; i++)
		assert_int_equal(ohtd_db_webhooks_results(db, &result, 1), 0);
	assert_int_equal(count("state = 'waiting'"), 1);
	assert_int_equal(count_due(NOW_NS + S), 0);
	assert_int_equal(store_ask_sql("SELECT failures FROM webhooks"), 0);
}

/* Its webhook was led elsewhere, or another one has its number. */
static void an_answer_that_is_late_is_about_nothing_else(void **state)
{
	struct ohtd_delivery_result other = {
		.number = 1, .message = "msg_of_another", .url = URL, .now_ns = NOW_NS, .status = 200, .error = "" };
	struct ohtd_webhook_row row = { .id = add("warning") };

	(void)state;
	keep(1, 0, 1);
	assert_int_equal(ohtd_db_webhooks_results(db, &other, 1), 0);
	assert_int_equal(ohtd_db_webhook_get(db, &row), 0);
	snprintf(row.url, sizeof(row.url), "https://b.example/");
	assert_int_equal(ohtd_db_webhook_change(db, &row), 0);
	told(next(NOW_NS, "alert.began", 1), NOW_NS, 410);
	told(next(NOW_NS, "alert.began", 1), NOW_NS, 200);
	assert_int_equal(next(NOW_NS, "alert.began", 1), 1);
	assert_int_equal(store_ask_sql("SELECT failures + last_ns FROM webhooks WHERE enabled"), 0);
	/* What was given up while it was under way says as much about the receiver. */
	store_run_sql("UPDATE webhooks SET url = '" URL "'");
	store_run_sql("UPDATE webhook_deliveries SET state = 'dead'");
	told(1, NOW_NS, 200);
	assert_int_equal(count("state = 'dead' AND attempts = 0"), 1);
	assert_int_equal(store_ask_sql("SELECT last_status FROM webhooks"), 200);
	told(1, NOW_NS, 410);
	assert_int_equal(store_ask_sql("SELECT enabled FROM webhooks"), 0);
}

static void a_sign_of_life_comes_once_a_day(void **state)
{
	bool alive;

	(void)state;
	add("warning");
	store_run_sql("UPDATE webhooks SET alive = 1");
	for (int day = 0; day < 3; day++) {
		int64_t now_ns = NOW_NS + day * DAY_S * S;

		assert_true(ohtd_db_webhooks_due(db, now_ns, NULL, 0, due, &alive) >= 0 && alive);
		assert_int_equal(ohtd_db_webhooks_alive(db, now_ns), 0);
		assert_true(ohtd_db_webhooks_due(db, now_ns + (DAY_S - 1) * S, NULL, 0, due, &alive) >= 0 && !alive);
		assert_int_equal(ohtd_db_webhooks_alive(db, now_ns + S), 0);
	}
	assert_int_equal(count("event = 'alive'"), 3);
}

static int count_runs(const char *words)
{
	for (sqlite3_stmt *s = sqlite3_next_stmt(db->sql, NULL); s; s = sqlite3_next_stmt(db->sql, s))
		if (strstr(sqlite3_sql(s), words))
			return sqlite3_stmt_status(s, SQLITE_STMTSTATUS_RUN, 0);
	return 0;
}

/* With a full queue it takes milliseconds to find what is too much: a batch does it once, and not if it adds nothing. */
static void a_batch_of_alerts_is_bounded_once(void **state)
{
	struct ohtd_alert_row rows[50];

	(void)state;
	add("warning");
	for (unsigned int i = 0; i < 50; i++)
		rows[i] = (struct ohtd_alert_row){
			.number = i + 1, .code = "module_lost", .severity = "critical", .source = "module", .text = "Gone.",
			.since_ns = NOW_NS, .times = 1,
		};
	assert_int_equal(ohtd_db_alerts_keep(db, rows, 50), 0);
	assert_int_equal(ohtd_db_alerts_keep(db, rows, 50), 0);
	assert_int_equal(count("state = 'waiting'"), 50);
	assert_int_equal(count_runs("too many others waited"), 1);
}

static void the_queue_is_bounded(void **state)
{
	struct ohtd_delivery_row row = { .webhook = add("warning"), .made_ns = NOW_NS };
	int64_t newest;

	(void)state;
	store_run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
		      " INSERT INTO webhook_deliveries (webhook, message, event, state, alert, code, severity, source, unit,"
		      " text, since_ns, ended_ns, times, made_ns, due_ns)"
		      " SELECT 1, 'm', 'test', 'waiting', 0, '', '', '', 0, '', 0, 0, 1, 0, 0 FROM n");
	keep(1, NOW_NS + S, 1);
	assert_int_equal(count("state = 'waiting'"), OHTD_WEBHOOK_WAITING);
	assert_int_equal(count("state = 'dead' AND number <= 2"), 2);
	/* Also while nothing is sent, by whatever adds to it. */
	store_run_sql("UPDATE webhooks SET alive = 1");
	assert_int_equal(ohtd_db_begin(db), 0);
	for (int64_t alert = 2; alert < 550; alert++)
		keep(alert, 0, 1);
	assert_int_equal(ohtd_db_end(db, 0), 0);
	assert_int_equal(ohtd_db_webhook_test(db, &row), 0);
	assert_int_equal(ohtd_db_webhooks_alive(db, NOW_NS), 0);
	assert_int_equal(ohtd_db_alerts_begin(db, NOW_NS, &newest), 0);
	assert_int_equal(count("state = 'waiting'"), OHTD_WEBHOOK_WAITING);
	assert_int_equal(count("state = 'dead'"), OHTD_WEBHOOK_KEPT);
	store_run_sql("UPDATE webhook_deliveries SET state = 'delivered' WHERE number <= 5000");
	told(next(NOW_NS, "alert.began", 1), NOW_NS, 200);
	assert_int_equal(count("state <> 'waiting'"), OHTD_WEBHOOK_KEPT);
	assert_int_equal(count("alert = 1"), 2);
}

static void a_dead_receiver_pushes_out_its_own(void **state)
{
	(void)state;
	add("warning");
	add("warning");
	store_run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5010)"
		      " INSERT INTO webhook_deliveries (webhook, message, event, state, alert, code, severity, source, unit,"
		      " text, since_ns, ended_ns, times, made_ns, due_ns)"
		      " SELECT 1 + (i <= 3), 'm', 'test', 'waiting', 0, '', '', '', 0, '', 0, 0, 1, 0, 0 FROM n");
	assert_int_equal(ohtd_db_webhooks_bound(db), 0);
	assert_int_equal(count("state = 'waiting'"), OHTD_WEBHOOK_WAITING);
	assert_int_equal(count("state = 'waiting' AND webhook = 2"), 3);
	assert_int_equal(count("state = 'dead' AND number BETWEEN 4 AND 13"), 10);
}

static void turn_to(struct ohtd_mission *mission, const char *state, const char *reason)
{
	snprintf(mission->state, sizeof(mission->state), "%s", state);
	snprintf(mission->reason, sizeof(mission->reason), "%s", reason);
	mission->changed_ns += S;
	assert_int_equal(ohtd_mission_keep(db, mission, NULL, *reason ? "The outputs are off." : ""), 0);
}

static void a_mission_is_told_once_that_it_comes_into_a_state(void **state)
{
	struct ohtd_mission mission = { .name = "round", .leg = 1, .legs = 1, .changed_ns = NOW_NS };
	struct ohtd_webhook_row webhook = { .id = add("emergency") };
	struct ohtd_mission_leg leg = { .kind = "dock" };

	(void)state;
	add("warning");
	assert_int_equal(ohtd_db_webhook_get(db, &webhook), 0);
	webhook.missions = true;
	assert_int_equal(ohtd_db_webhook_change(db, &webhook), 0);
	snprintf(mission.state, sizeof(mission.state), "%s", OHTD_MISSION_WAITING);
	assert_int_equal(ohtd_mission_add(db, &mission, &leg), 0);
	turn_to(&mission, OHTD_MISSION_RUNNING, "");
	turn_to(&mission, OHTD_MISSION_PAUSED, "");
	assert_int_equal(count("1"), 0);
	/* The hold is written again with each change of its leg. */
	turn_to(&mission, OHTD_MISSION_HELD, "not_enabled");
	turn_to(&mission, OHTD_MISSION_HELD, "not_enabled");
	assert_int_equal(next(NOW_NS + 9 * S, OHTD_EVENT_MISSION_HELD, 0), 1);
	assert_string_equal(due[0].delivery.text, "Mission 1 (round) is held at leg 1 of 1. The outputs are off.");
	assert_string_equal(due[0].delivery.subject, "mission 1");
	assert_int_equal(due[0].delivery.webhook, webhook.id);
	turn_to(&mission, OHTD_MISSION_RUNNING, "");
	for (int i = 0; i < 2; i++)
		assert_true(ohtd_missions_begin(db, "restart", "It ended.", NOW_NS + 9 * S) >= 0);
	assert_int_equal(count("event = 'mission.held'"), 2);
	mission.ended_ns = NOW_NS;
	turn_to(&mission, OHTD_MISSION_FAILED, "deadline");
	turn_to(&mission, OHTD_MISSION_FINISHED, "");
	turn_to(&mission, OHTD_MISSION_CANCELLED, "");
	assert_int_equal(count("event IN ('mission.failed', 'mission.finished')"), 2);
	assert_int_equal(count("1"), 4);
}

#define T(name_)	cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_coming_and_each_end_is_told_once),
		T(what_is_cut_is_lost),
		T(no_end_is_before_its_beginning),
		T(an_end_waits_for_its_beginning_and_for_nothing_else),
		T(an_alert_that_comes_anew_waits_for_the_end_before),
		T(an_alert_waits_for_none_with_another_subject),
		T(pauses_grow_to_a_day_and_end),
		T(a_receiver_that_is_back_is_told_within_minutes),
		T(what_waits_goes_at_once_where_it_is_led_anew),
		T(a_receiver_that_is_away_holds_all_of_its_messages),
		T(no_receiver_wishes_for_more_than_a_day),
		T(a_clock_that_was_ahead_keeps_nothing_alive),
		T(a_clock_that_leaps_lets_nothing_die),
		T(the_receiver_ends_it_with_410),
		T(nothing_is_dead_by_a_process_that_ends),
		T(an_answer_that_is_late_is_about_nothing_else),
		T(a_sign_of_life_comes_once_a_day),
		T(a_batch_of_alerts_is_bounded_once),
		T(a_mission_is_told_once_that_it_comes_into_a_state),
		T(the_queue_is_bounded),
		T(a_dead_receiver_pushes_out_its_own),
	};

	ohtd_alerts_listen(&ohtd_webhooks_listener);
	ohtd_journal_listen(ohtd_webhooks_notice);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
