// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts on their way to the store: in which order it gets them, and webhooks with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "alerts/alerts.h"
#include "alerts/budget.h"
#include "alerts/keeper.h"
#include "alerts/rules.h"
#include "alerts/shelves.h"
#include "base/clock.h"
#include "robot/snapshot.h"
#include "store/store.h"
#include "store_fixture.h"
#include "webhooks/rows.h"
#include "views/scene.h"

#define S	OHTD_NS_PER_S
#define MS	OHTD_NS_PER_MS

static struct ohtd_manual_clock manual;
static struct ohtd_clock clock_;
static struct ohtd_alert_list list;
static struct ohtd_store *store;
static struct ohtd_alert_keeper *keeper;

/* What stands is what the test says. */
const struct ohtd_alert_list *__wrap_ohtd_alerts_list(const struct ohtd_scene *scene);
const struct ohtd_alert_list *__wrap_ohtd_alerts_list(const struct ohtd_scene *scene)
{
	(void)scene;
	return &list;
}

static unsigned int carried;

/* Which rules latch is their own affair: here all do. */
void __wrap_ohtd_alert_rules_carry(struct ohtd_alert_rules *rules, const char *code, const char *text, uint64_t now_ns);
void __wrap_ohtd_alert_rules_carry(struct ohtd_alert_rules *rules, const char *code, const char *text, uint64_t now_ns)
{
	(void)rules;
	(void)text;
	(void)now_ns;
	assert_string_equal(code, "module_lost");
	carried++;
}

static int set_up(void **state)
{
	struct ohtd_webhook_row row = {
		.url = "https://a.example/", .format = "oht", .severity = "warning", .enabled = true,
	};
	struct ohtd_db *db;

	(void)state;
	list.count = 0;
	manual.now_ns = 0;
	manual.realtime_ns = STORE_NOW_S * (int64_t)S;
	ohtd_clock_init(&clock_, &ohtd_clock_manual, &manual, STORE_NOW_S * (int64_t)S);
	if (store_folder_make())
		return -1;
	db = store_open_db();
	assert_int_equal(ohtd_db_webhook_add(db, &row), 0);
	store = ohtd_store_start(db);
	assert_non_null(store);
	keeper = ohtd_alert_keeper_create(store, &clock_);
	return keeper ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_alert_keeper_end(keeper);
	ohtd_store_stop(store);
	ohtd_alert_keeper_destroy(keeper);
	return store_folder_remove();
}

static void stand(uint32_t key, uint64_t since_ns, bool over)
{
	list.items[list.count++] = (struct ohtd_alert){
		.key = key, .severity = OHTD_SEVERITY_CRITICAL, .unit = (uint8_t)key, .over = over, .source = "module",
		.code = "module_lost", .text = "Gone.", .subject = "", .since_ns = since_ns,
	};
}

static void look(uint64_t now_ns)
{
	static const struct ohtd_snapshot snapshot = { .state = OHTD_STATE_IDLE };
	const struct ohtd_scene scene = { .snapshot = &snapshot, .now_ns = now_ns };

	manual.now_ns = now_ns;
	ohtd_alert_keeper_tick(keeper, &scene);
}

/* Looks at that moment until the store has as many rows like that. */
static void look_until(uint64_t now_ns, const char *sql, int count)
{
	WAIT_FOR((look(now_ns), store_ask_sql(sql) == count));
}

/*
 * The second alert waits for a person and comes anew, and before that is written the first is forgotten, so that the
 * newest entry takes its place.
 */
static void the_end_is_written_before_the_same_comes_anew(void **state)
{
	(void)state;
	stand(1, 0, false);
	stand(2, S, false);
	look_until(S, "SELECT count(*) FROM alerts", 2);
	list.count = 0;
	stand(2, S, true);
	look_until(2 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 1);
	/* From here on nothing is written for a second. */
	stand(3, 11900 * MS, false);
	look_until(11900 * MS, "SELECT count(*) FROM alerts", 3);
	list.count = 0;
	stand(2, 12 * S, false);
	stand(3, 11900 * MS, false);
	look(12 * S);
	look(12500 * MS);
	look_until(13 * S, "SELECT count(*) FROM alerts", 4);
	assert_int_equal(store_ask_sql("SELECT alert FROM webhook_deliveries WHERE unit = 2 ORDER BY number DESC LIMIT 1"), 4);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM webhook_deliveries WHERE unit = 2 AND event = 'alert.ended'"), 1);
}

static void set_time(uint64_t now_ns, int64_t days)
{
	struct ohtd_clock_view view;

	manual.now_ns = now_ns;
	manual.realtime_ns = (STORE_NOW_S + days * 86400) * (int64_t)S;
	manual.synchronised = true;
	ohtd_clock_look(&clock_, &view);
	manual.synchronised = false;
}

/* The time of day is set three days back, or ten ahead, while the alert stands. */
static void between_begin_and_end_is_what_has_passed(void **state)
{
	(void)state;
	set_time(S, 10);
	stand(1, S, false);
	look_until(S, "SELECT count(*) FROM alerts", 1);
	set_time(3 * S, 7);
	list.count = 0;
	look_until(4 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 1);
	stand(2, 5 * S, false);
	look_until(5 * S, "SELECT count(*) FROM alerts", 2);
	set_time(6 * S, 17);
	list.count = 0;
	look_until(8 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 2);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM alerts WHERE ended_ns - since_ns = 3000000000"), 2);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM webhook_deliveries WHERE event = 'alert.ended'"
				       " AND ended_ns - since_ns = 3000000000"), 2);
}

/* The computer sleeps for eight hours while the alert stands: it has stood for as much longer, and began when it began. */
static void a_sleep_moves_no_beginning(void **state)
{
	const int64_t slept_ns = 8 * 3600 * (int64_t)S;
	long long since_ns;

	(void)state;
	set_time(S, 0);
	stand(1, S, false);
	look_until(S, "SELECT count(*) FROM alerts", 1);
	since_ns = store_ask_sql("SELECT since_ns FROM alerts");
	manual.now_ns = 2 * S;
	manual.realtime_ns += S;
	ohtd_clock_wall_ns(&clock_);
	manual.slept_ns += (uint64_t)slept_ns;
	manual.realtime_ns += slept_ns;
	list.count = 0;
	look_until(4 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 1);
	assert_true(store_ask_sql("SELECT since_ns FROM alerts") == since_ns);
	assert_true(store_ask_sql("SELECT ended_ns - since_ns FROM alerts") == slept_ns + 3 * (int64_t)S);
	manual.slept_ns = 0;
}

/* ---- shelves ---- */

static void start(void)
{
	store = ohtd_store_start(store_open_db());
	assert_non_null(store);
	keeper = ohtd_alert_keeper_create(store, &clock_);
	assert_non_null(keeper);
}

static void stop(void)
{
	ohtd_alert_keeper_end(keeper);
	ohtd_store_stop(store);
	ohtd_alert_keeper_destroy(keeper);
}

static int work_shelve(struct ohtd_db *db, void *arg)
{
	return ohtd_db_alert_shelve(db, arg);
}

static int work_unshelve(struct ohtd_db *db, void *arg)
{
	return ohtd_db_alert_unshelve(db, arg);
}

static struct ohtd_alert_shelf_row shelf_of(uint8_t unit, int64_t minutes)
{
	const int64_t now_ns = ohtd_clock_wall_ns(&clock_);

	return (struct ohtd_alert_shelf_row){
		.code = "module_lost", .source = "module", .unit = unit, .made_ns = now_ns,
		.until_ns = now_ns + minutes * 60 * (int64_t)S, .made_by = "anna", .reason = "part is ordered",
	};
}

static int shelve(uint8_t unit, int64_t minutes)
{
	struct ohtd_alert_shelf_row row = shelf_of(unit, minutes);
	int r = ohtd_store_call(store, work_shelve, &row);

	if (!r)
		ohtd_alert_shelves_note(ohtd_alert_keeper_shelves(keeper), &row);
	return r;
}

static bool is_shelved(uint8_t unit)
{
	return ohtd_alert_shelves_find(ohtd_alert_keeper_shelves(keeper), "module_lost", "module", unit, "", NULL);
}

static int told(const char *event, unsigned int unit)
{
	char sql[120];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM webhook_deliveries WHERE event = 'alert.%s' AND unit = %u", event, unit);
	return (int)store_ask_sql(sql);
}

/* ---- subjects ---- */

static void stand_named(const char *subject, uint64_t since_ns)
{
	stand(9, since_ns, false);
	list.items[list.count - 1].subject = subject;
}

static int count_about(const char *subject, const char *where)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM alerts WHERE subject = '%s' AND %s", subject, where);
	return (int)store_ask_sql(sql);
}

static int told_about(const char *subject, const char *event)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM webhook_deliveries WHERE subject = '%s' AND event = 'alert.%s'", subject, event);
	return (int)store_ask_sql(sql);
}

/* Of three that differ by their subject alone: one is shelved, one acknowledged, one ends and comes again. */
static void each_subject_is_an_alert_of_its_own(void **state)
{
	struct ohtd_alert_shelf_row shelf = shelf_of(9, 10), again = shelf;
	struct ohtd_alert_row row = { 0 };

	(void)state;
	snprintf(shelf.subject, sizeof(shelf.subject), "a");
	assert_int_equal(ohtd_store_call(store, work_shelve, &shelf), 0);
	assert_int_equal(ohtd_store_call(store, work_shelve, &again), 0);
	ohtd_alert_shelves_note(ohtd_alert_keeper_shelves(keeper), &shelf);
	stand_named("a", S);
	stand_named("b", S);
	stand_named("", S);
	look_until(S, "SELECT count(*) FROM alerts", 3);
	assert_int_equal(told_about("a", "began") + told_about("b", "began") + told_about("", "began"), 2);
	assert_int_equal(told_about("a", "began"), 0);
	assert_int_equal(count_about("a", "muted AND rested"), 1);
	assert_int_equal(count_about("b", "NOT muted AND NOT rested"), 1);
	/* Seen is the one that somebody has seen. */
	assert_true(ohtd_alert_keeper_active(keeper, &list.items[1], &row));
	assert_string_equal(row.subject, "b");
	row.acknowledged_times = 1;
	assert_int_equal(ohtd_alert_keeper_note(keeper, &row), 9);
	assert_true(ohtd_alert_keeper_active(keeper, &list.items[1], &row) && ohtd_alert_row_acknowledged(&row));
	assert_true(ohtd_alert_keeper_active(keeper, &list.items[2], &row) && !ohtd_alert_row_acknowledged(&row));
	assert_true(ohtd_alert_keeper_active(keeper, &list.items[0], &row) && !ohtd_alert_row_acknowledged(&row));
	/* One ends: the others go on. */
	list.count = 0;
	stand_named("a", S);
	stand_named("", S);
	look_until(3 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 1);
	assert_int_equal(count_about("b", "ended_ns > 0"), 1);
	assert_int_equal(told_about("b", "ended"), 1);
	stand_named("b", 5 * S);
	look_until(5 * S, "SELECT count(*) FROM alerts WHERE times = 2", 1);
	assert_int_equal(count_about("b", "times = 2 AND ended_ns = 0"), 1);
	/* The shelf of one is not that of the one without a subject, and ends by itself. */
	ohtd_alert_shelves_forget(ohtd_alert_keeper_shelves(keeper), &again);
	assert_true(ohtd_alert_shelves_find(ohtd_alert_keeper_shelves(keeper), "module_lost", "module", 9, "a", NULL));
	ohtd_alert_shelves_forget(ohtd_alert_keeper_shelves(keeper), &shelf);
	WAIT_FOR((look(7 * S), told_about("a", "began") == 1));
	assert_int_equal(store_ask_sql("SELECT count(*) FROM alerts"), 3);
}

static void what_was_told_ends_and_what_comes_shelved_does_not_begin(void **state)
{
	(void)state;
	stand(1, S, false);
	look_until(S, "SELECT count(*) FROM alerts", 1);
	assert_int_equal(shelve(1, 10), 0);
	list.count = 0;
	look_until(5 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 1);
	assert_int_equal(told("ended", 1), 1);
	/* In the same row, and again in one of its own; each with its end. */
	for (uint64_t at = 7; at < 60; at += 40) {
		stand(1, at * S, false);
		look_until(at * S, "SELECT count(*) FROM alerts WHERE ended_ns = 0 AND muted", 1);
		list.count = 0;
		look_until((at + 2) * S, "SELECT count(*) FROM alerts WHERE ended_ns = 0", 0);
	}
	/* Another unit is not shelved. */
	stand(2, 60 * S, false);
	look_until(60 * S, "SELECT count(*) FROM alerts", 3);
	assert_int_equal(told("began", 1), 1);
	assert_int_equal(told("ended", 1), 1);
	assert_int_equal(told("began", 2), 1);
	/* The first came before its shelf. */
	assert_int_equal(store_ask_sql("SELECT count(*) FROM alerts WHERE rested <> (number = 2)"), 0);
}

/* Between two writes it ended, and came again shelved: for others it has stood all the time. */
static void an_end_between_two_writes_is_told_later(void **state)
{
	(void)state;
	stand(1, S, false);
	look_until(S, "SELECT count(*) FROM alerts", 1);
	assert_int_equal(shelve(1, 10), 0);
	list.count = 0;
	look(1200 * MS);
	stand(1, 1300 * MS, false);
	look(1300 * MS);
	look_until(3 * S, "SELECT count(*) FROM alerts WHERE times = 2 AND NOT muted", 1);
	list.count = 0;
	look_until(5 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 1);
	assert_int_equal(told("began", 1), 1);
	assert_int_equal(told("ended", 1), 1);
}

static void what_stands_at_the_end_is_told_then(void **state)
{
	struct ohtd_alert_shelf_row row = shelf_of(2, 1);

	(void)state;
	for (uint8_t unit = 1; unit <= 3; unit++)
		assert_int_equal(shelve(unit, 10), 0);
	for (uint8_t unit = 1; unit <= 3; unit++)
		stand(unit, S, false);
	look_until(S, "SELECT count(*) FROM alerts WHERE muted", 3);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM webhook_deliveries"), 0);
	/* Somebody ends the one; the other becomes a fault of the robot, and ends as one. */
	assert_int_equal(ohtd_store_call(store, work_unshelve, &row), 0);
	ohtd_alert_shelves_forget(ohtd_alert_keeper_shelves(keeper), &row);
	list.items[2].fault = true;
	look_until(3 * S, "SELECT count(*) FROM alerts WHERE muted", 1);
	assert_int_equal(told("began", 1), 0);
	assert_int_equal(told("began", 2), 1);
	assert_int_equal(told("began", 3), 1);
	look_until(599 * S, "SELECT count(*) FROM alerts WHERE muted", 1);
	look_until(600 * S, "SELECT count(*) FROM alerts WHERE muted", 0);
	assert_int_equal(told("began", 1), 1);
	look_until(603 * S, "SELECT count(*) FROM alert_shelves", 0);
	assert_false(is_shelved(1));
}

/* ---- floods ---- */

static void warn(uint8_t unit, uint64_t since_ns)
{
	stand(unit, since_ns, false);
	list.items[list.count - 1].severity = OHTD_SEVERITY_WARNING;
}

static void drop(uint32_t key)
{
	size_t kept = 0;

	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].key != key)
			list.items[kept++] = list.items[i];
	list.count = kept;
}

static uint32_t flood_key(void)
{
	struct ohtd_alert alert = { 0 };

	while (!ohtd_alert_is_flood(&alert))
		alert.key += 1 << 8;
	return alert.key;
}

/* As the table of alerts tells it, which is not here. */
static void tell_flood(void)
{
	static char text[80];
	struct ohtd_flood flood;

	drop(flood_key());
	if (!ohtd_alert_keeper_flood(keeper, &flood))
		return;
	snprintf(text, sizeof(text), "%d alerts.", (int)flood.count);
	list.items[list.count++] = (struct ohtd_alert){
		.key = flood_key(), .severity = OHTD_SEVERITY_WARNING, .source = "alerts", .code = "alert_flood",
		.subject = "", .text = text, .since_ns = flood.since_ns,
	};
}

/* Ten are told; then the flood is, and of the rest only what is critical. What stands at the end is told then. */
static void a_flood_is_told_once(void **state)
{
	struct ohtd_flood flood;
	uint64_t at = 0;

	(void)state;
	ohtd_alert_keeper_watch_floods(keeper);
	for (uint8_t unit = 1; unit <= 10; unit++) {
		warn(unit, at += 50 * S);
		look(at);
	}
	look_until(at += 2 * S, "SELECT count(*) FROM webhook_deliveries", 10);
	assert_false(ohtd_alert_keeper_flood(keeper, &flood));
	for (uint8_t unit = 11; unit <= 12; unit++) {
		warn(unit, at += S);
		look(at);
	}
	assert_true(ohtd_alert_keeper_flood(keeper, &flood));
	assert_int_equal(flood.count, 12);
	assert_int_equal(flood.first.number, 1);
	tell_flood();
	look_until(at += 2 * S, "SELECT count(*) FROM webhook_deliveries", 11);
	assert_int_equal(told("began", 11) + told("began", 12), 0);
	stand(13, at, false);
	look_until(at += 2 * S, "SELECT count(*) FROM webhook_deliveries", 12);
	assert_int_equal(told("began", 13), 1);
	/* What was told ends as always; what was not comes and goes without a word. */
	drop(1);
	drop(11);
	tell_flood();
	look_until(at += 2 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 2);
	assert_int_equal(told("ended", 1), 1);
	assert_int_equal(told("ended", 11), 0);
	/* Unit 9, of the fifth newest alert, came at 450 s. */
	look(1050 * S - 1);
	assert_true(ohtd_alert_keeper_flood(keeper, &flood));
	look(1050 * S);
	assert_false(ohtd_alert_keeper_flood(keeper, &flood));
	tell_flood();
	look_until(1052 * S, "SELECT count(*) FROM webhook_deliveries WHERE code = 'alert_flood'", 2);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM webhook_deliveries WHERE text = '13 alerts.' AND event = 'alert.ended'"), 1);
	assert_int_equal(told("began", 12), 1);
	assert_int_equal(told("began", 11), 0);
	/* What was held back was counted. */
	assert_int_equal(store_ask_sql("SELECT count(*) FROM alerts WHERE rested <> (code = 'alert_flood')"), 0);
}

/* ---- what is about one module ---- */

static void stand_about(uint32_t key, uint8_t severity, uint8_t about, uint64_t since_ns)
{
	stand(key, since_ns, false);
	list.items[list.count - 1].severity = severity;
	list.items[list.count - 1].about = about;
}

/* The list has the newest first. */
static void what_came_first_is_told_first_and_the_stop_before_all(void **state)
{
	(void)state;
	stand(1, 300 * MS, false);
	stand_about(2, OHTD_SEVERITY_EMERGENCY, 0, 200 * MS);
	stand(3, 100 * MS, false);
	look_until(S, "SELECT count(*) FROM webhook_deliveries", 3);
	assert_int_equal(store_ask_sql("SELECT unit FROM webhook_deliveries WHERE number = 1"), 2);
	assert_int_equal(store_ask_sql("SELECT unit FROM webhook_deliveries WHERE number = 2"), 3);
}

/* Module 3: a fault that follows is told when the one before has ended, one that is worse at once. */
static void one_fault_is_told_once(void **state)
{
	(void)state;
	stand_about(1, OHTD_SEVERITY_CRITICAL, 3, S);
	look_until(S, "SELECT count(*) FROM webhook_deliveries", 1);
	stand_about(2, OHTD_SEVERITY_CRITICAL, 3, 2 * S);
	stand_about(3, OHTD_SEVERITY_WARNING, 3, 2 * S);
	stand_about(4, OHTD_SEVERITY_CRITICAL, 4, 2 * S);
	stand_about(5, OHTD_SEVERITY_EMERGENCY, 3, 2 * S);
	look_until(3 * S, "SELECT count(*) FROM alerts", 5);
	assert_int_equal(told("began", 2) + told("began", 3), 0);
	assert_int_equal(told("began", 4) + told("began", 5), 2);
	/* The worst is over, and then the first; the warning ends untold. */
	drop(5);
	look_until(5 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 1);
	assert_int_equal(told("began", 2), 0);
	drop(1);
	drop(3);
	look_until(7 * S, "SELECT count(*) FROM alerts WHERE ended_ns > 0", 3);
	assert_int_equal(told("began", 2), 1);
	assert_int_equal(told("began", 3) + told("ended", 3), 0);
	/* It rested when it came, however it ended. */
	assert_int_equal(store_ask_sql("SELECT count(*) FROM alerts WHERE rested <> (unit IN (2, 3))"), 0);
}

static void emergencies_and_faults_are_never_shelved(void **state)
{
	struct ohtd_alert_row row;

	(void)state;
	for (uint8_t unit = 3; unit >= 1; unit--) {
		stand(unit, S, false);
		assert_int_equal(shelve(unit, 10), 0);
	}
	list.items[2].severity = OHTD_SEVERITY_EMERGENCY;
	list.items[1].fault = true;
	look_until(S, "SELECT count(*) FROM alerts", 3);
	assert_int_equal(store_ask_sql("SELECT unit FROM alerts WHERE muted"), 3);
	assert_int_equal(ohtd_alert_keeper_find_shelvable(keeper, 1, &row), -EPERM);
	assert_int_equal(ohtd_alert_keeper_find_shelvable(keeper, 2, &row), -EPERM);
	assert_int_equal(ohtd_alert_keeper_find_shelvable(keeper, 3, &row), 0);
	assert_int_equal(ohtd_alert_keeper_find_shelvable(keeper, 4, &row), -ENOENT);
}

/* The time of day jumps, within a run and between two. */
static void a_shelf_lasts_as_long_as_it_was_made_for(void **state)
{
	(void)state;
	manual.synchronised = true;
	assert_int_equal(shelve(1, 10), 0);
	assert_int_equal(shelve(2, OHTD_ALERT_SHELF_MINUTES), 0);
	manual.realtime_ns += 3600 * (int64_t)S;
	manual.now_ns = 599 * S;
	assert_true(is_shelved(1));
	manual.now_ns = 600 * S;
	assert_false(is_shelved(1));
	assert_true(is_shelved(2));
	/* Two days back, over a restart: no more than it had at first. The other one begins anew with what it had, too. */
	stop();
	manual.realtime_ns -= 2 * 86400 * (int64_t)S;
	ohtd_clock_init(&clock_, &ohtd_clock_manual, &manual, 0);
	start();
	assert_true(is_shelved(1));
	manual.now_ns = 1200 * S;
	assert_false(is_shelved(1));
	manual.now_ns = (600 + OHTD_ALERT_SHELF_MINUTES * 60) * S - 1;
	assert_true(is_shelved(2));
	manual.now_ns++;
	assert_false(is_shelved(2));
	/* Days ahead, over a restart: over, forgotten, and what stands is told. */
	assert_int_equal(shelve(3, 10), 0);
	stop();
	manual.realtime_ns += 4 * 86400 * (int64_t)S;
	start();
	assert_false(is_shelved(3));
	stand(3, manual.now_ns, false);
	look_until(manual.now_ns, "SELECT count(*) FROM alerts WHERE NOT muted", 1);
	assert_int_equal(told("began", 3), 1);
	look_until(manual.now_ns + 2 * S, "SELECT count(*) FROM alert_shelves", 0);
}

/* Loops hear of it in another order than the store: one more try ends what is there no more. */
static void a_shelf_that_ended_before_it_was_heard_of_ends(void **state)
{
	struct ohtd_alert_shelf_row made = shelf_of(1, 10), ended = made, none = shelf_of(1, 10), newer;

	(void)state;
	assert_int_equal(ohtd_store_call(store, work_shelve, &made), 0);
	assert_int_equal(ohtd_store_call(store, work_unshelve, &ended), 0);
	ohtd_alert_shelves_forget(ohtd_alert_keeper_shelves(keeper), &ended);
	ohtd_alert_shelves_note(ohtd_alert_keeper_shelves(keeper), &made);
	assert_int_equal(ohtd_store_call(store, work_unshelve, &none), -ENOENT);
	ohtd_alert_shelves_forget(ohtd_alert_keeper_shelves(keeper), &none);
	assert_false(is_shelved(1));
	/* The end of the one before is none of a newer one. */
	newer = shelf_of(1, 10);
	assert_int_equal(shelve(1, 10), 0);
	newer.id = made.id - 1;
	ohtd_alert_shelves_forget(ohtd_alert_keeper_shelves(keeper), &newer);
	assert_true(is_shelved(1));
}

static void there_are_so_many_shelves_and_one_of_an_alert(void **state)
{
	struct ohtd_alert_shelf_row rows[OHTD_ALERT_SHELVES_MAX], row = shelf_of(200, 1);

	(void)state;
	for (unsigned int i = 0; i < OHTD_ALERT_SHELVES_MAX; i++)
		assert_int_equal(shelve((uint8_t)(i + 1), 10 + i), 0);
	assert_int_equal(shelve(200, 10), -E2BIG);
	assert_int_equal(shelve(1, 300), 0);
	assert_int_equal(ohtd_alert_shelves_list(ohtd_alert_keeper_shelves(keeper), rows), OHTD_ALERT_SHELVES_MAX);
	assert_int_equal(rows[0].unit, 2);
	assert_int_equal(rows[OHTD_ALERT_SHELVES_MAX - 1].unit, 1);
	assert_int_equal(ohtd_store_call(store, work_unshelve, &row), -ENOENT);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM alert_shelves"), OHTD_ALERT_SHELVES_MAX);
	/* The next run has them, the newest of each alert. */
	stop();
	start();
	assert_int_equal(ohtd_alert_shelves_list(ohtd_alert_keeper_shelves(keeper), rows), OHTD_ALERT_SHELVES_MAX);
	assert_int_equal(rows[OHTD_ALERT_SHELVES_MAX - 1].unit, 1);
	assert_string_equal(rows[0].reason, "part is ordered");
}

/* Three comings, of a row that counts them. */
static void the_shortest_time_of_three_comings_is_kept(void **state)
{
	static const unsigned int came_s[] = { 10, 15, 24, 28 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(came_s) / sizeof(came_s[0]); i++) {
		stand(1, came_s[i] * S, false);
		look(came_s[i] * S);
		list.count = 0;
		look((came_s[i] + 2) * S);
	}
	look_until(32 * S, "SELECT count(*) FROM alerts WHERE times = 4 AND ended_ns > 0", 1);
	assert_int_equal(store_ask_sql("SELECT fastest_ns FROM alerts"), 13 * S);
}

/* As a stop that is reset and comes by something else. */
static void what_comes_again_for_another_reason_says_that_one(void **state)
{
	(void)state;
	stand(1, S, false);
	look_until(S, "SELECT count(*) FROM alerts WHERE text = 'Gone.'", 1);
	list.count = 0;
	look(2 * S);
	stand(1, 3 * S, false);
	list.items[0].text = "Pressed.";
	look_until(3 * S, "SELECT count(*) FROM alerts WHERE times = 2 AND text = 'Pressed.'", 1);
}

/* ---- what is written ---- */

static int work_nothing(struct ohtd_db *db, void *arg)
{
	(void)db;
	(void)arg;
	return 0;
}

static uint64_t synchronisations(void)
{
	struct ohtd_store_view view;

	/* Behind what was given to the store before. */
	assert_int_equal(ohtd_store_call(store, work_nothing, NULL), 0);
	ohtd_store_look(store, &view);
	return view.synchronisations;
}

/* Each second the first two come or end, as of values at their limit. */
static void flap(uint64_t second)
{
	list.count = 0;
	if (second % 2) {
		stand(1, second * S, false);
		stand(2, second * S, false);
	}
}

static long long count_rows(uint8_t unit, const char *of)
{
	char sql[200];

	/* Behind what was given to the store before. */
	synchronisations();
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s AND unit = %u", of, unit);
	return store_ask_sql(sql);
}

/* The flapping alerts pay for themselves: one that was quiet is written and told at once, and so are its end and its next coming. */
static void an_alert_that_flaps_all_day_does_not_wear_the_card(void **state)
{
	enum { SECONDS = 1200, OWN = 8, SHARED = 120, APART_S = 120 };
	uint64_t before = synchronisations(), written, s;

	(void)state;
	for (s = 1; s <= SECONDS; s++) {
		flap(s);
		look(s * S);
		synchronisations();
	}
	written = synchronisations() - before;
	assert_in_range(written, SHARED, 2 * OWN + SHARED + SECONDS / APART_S + 2);
	/* They take turns. */
	assert_in_range(store_ask_sql("SELECT min(times) FROM alerts"), SECONDS / 2 - 2 * APART_S, SECONDS / 2);
	for (int coming = 1; coming <= OWN / 2; coming++, s += 20) {
		flap(s);
		stand(3, s * S, false);
		look(s * S);
		assert_int_equal(count_rows(3, "alerts WHERE ended_ns = 0"), 1);
		assert_int_equal(count_rows(3, "webhook_deliveries WHERE event <> 'alert.ended'"), coming);
		flap(s + 1);
		look((s + 1) * S);
		assert_int_equal(count_rows(3, "webhook_deliveries WHERE event = 'alert.ended'"), coming);
	}
	/* An emergency has no budget. */
	for (int coming = 1; coming <= OWN; coming++, s += 20) {
		flap(s);
		stand(4, s * S, false);
		list.items[list.count - 1].severity = OHTD_SEVERITY_EMERGENCY;
		look(s * S);
		assert_int_equal(count_rows(4, "webhook_deliveries WHERE event = 'alert.began'"), coming);
		flap(s + 1);
		look((s + 1) * S);
		assert_int_equal(count_rows(4, "webhook_deliveries WHERE event = 'alert.ended'"), coming);
	}
}

/* Each second twenty are over and come anew, which is another row each time, and there is room for the others all the same. */
static void alerts_that_come_anew_all_day_leave_room(void **state)
{
	enum { KINDS = 20, SECONDS = 400 };
	uint64_t s;

	(void)state;
	for (s = 1; s <= SECONDS; s++) {
		list.count = 0;
		for (uint32_t unit = 1; unit <= KINDS; unit++)
			stand(unit, s * S, true);
		look(s * S);
		synchronisations();
	}
	stand(KINDS + 1, s * S, false);
	look(s * S);
	assert_int_equal(count_rows(KINDS + 1, "alerts WHERE ended_ns = 0"), 1);
}

/* All rules flap, as 32 kinds in each second of a day: so many commits, and each kind has its share. */
static void all_kinds_together_have_a_bound(void **state)
{
	enum { KINDS = 32, DAY_S = 86400, OWN = 8 + 12, SHARED = 120 + DAY_S / 120 };
	static struct ohtd_alerts_budget budget;
	struct ohtd_alert_row row = { .code = "value_high" };
	unsigned int turns[KINDS + 1] = { 0 }, all = 0;

	(void)state;
	for (uint64_t s = 1; s <= DAY_S; s++) {
		ohtd_alerts_budget_begin(&budget);
		for (row.unit = 1; row.unit <= KINDS; row.unit++)
			ohtd_alerts_budget_ask(&budget, &row, false, s * S);
		ohtd_alerts_budget_share(&budget, s * S);
		for (row.unit = 1; row.unit <= KINDS; row.unit++)
			turns[row.unit] += ohtd_alerts_budget_has(&budget, &row);
	}
	for (uint8_t unit = 1; unit <= KINDS; unit++) {
		assert_in_range(turns[unit], OWN + SHARED / KINDS / 2, OWN + SHARED / KINDS * 3 / 2);
		all += turns[unit];
	}
	assert_in_range(all, SHARED, KINDS * OWN + SHARED);
}

/* ---- how often it is told ---- */

/* It stands for two seconds, and is gone. */
static void come_and_go(uint8_t unit, uint64_t at_s)
{
	stand(unit, at_s * S, false);
	look(at_s * S);
	synchronisations();
	list.count = 0;
	look((at_s + 2) * S);
	synchronisations();
}

/*
 * What flaps is told as that, and then with each coming that is given back, with how often it came meanwhile. The list has each coming, what
 * was told has its end, and neither an alert that was quiet nor an emergency waits.
 */
static void an_alert_that_flaps_is_told_now_and_then(void **state)
{
	enum { TOLD = 4, BACK_S = 4 * 3600, APART_S = 150 };
	uint64_t s = 1;

	(void)state;
	for (int coming = 1; coming <= TOLD; coming++, s += APART_S) {
		come_and_go(1, s);
		assert_int_equal(told("ended", 1), coming);
		assert_int_equal(told("began", 1), coming < TOLD ? coming : TOLD - 1);
	}
	assert_int_equal(count_rows(1, "webhook_deliveries WHERE event = 'alert.flaps' AND times = 1"), 1);
	for (; s < BACK_S; s += APART_S)
		come_and_go(1, s);
	assert_int_equal(count_rows(1, "webhook_deliveries WHERE 1"), 2 * TOLD);
	look((s += 1000) * S);
	assert_int_equal(count_rows(1, "alerts WHERE ended_ns > 0"), BACK_S / APART_S);
	come_and_go(2, s);
	assert_int_equal(told("began", 2) + told("ended", 2), 2);
	come_and_go(1, s += APART_S);
	look((s += APART_S) * S);
	assert_int_equal(count_rows(1, "webhook_deliveries WHERE 1"), 2 * TOLD + 2);
	synchronisations();
	assert_int_equal(store_ask_sql("SELECT times FROM webhook_deliveries WHERE event = 'alert.flaps' ORDER BY number DESC LIMIT 1"),
			 BACK_S / APART_S - TOLD + 1);
	/* It was quiet for half a day: it is told as any other. */
	come_and_go(1, s += 2 * BACK_S + APART_S);
	assert_int_equal(told("began", 1), TOLD);
	s += APART_S;
	for (int coming = 1; coming <= 3 * TOLD; coming++, s += APART_S) {
		stand(4, s * S, false);
		list.items[0].severity = OHTD_SEVERITY_EMERGENCY;
		look(s * S);
		assert_int_equal(count_rows(4, "webhook_deliveries WHERE event = 'alert.began'"), coming);
		list.count = 0;
		look((s + 2) * S);
		assert_int_equal(count_rows(4, "webhook_deliveries WHERE event = 'alert.ended'"), coming);
	}
}

static int work_webhooks(struct ohtd_db *db, void *arg)
{
	struct ohtd_webhook_row row = { .url = "https://a.example/", .format = "oht", .severity = "warning", .enabled = true };

	(void)arg;
	while (!ohtd_db_webhook_add(db, &row))
		;
	return 0;
}

struct sending {
	int count;
	struct ohtd_due due[OHTD_WEBHOOKS_MAX];
	struct ohtd_delivery_result results[OHTD_WEBHOOKS_MAX];
};

static int work_due(struct ohtd_db *db, void *arg)
{
	struct sending *sending = arg;
	bool alive;

	return ohtd_db_webhooks_due(db, ohtd_clock_wall_ns(&clock_), NULL, 0, sending->due, &alive);
}

static int work_results(struct ohtd_db *db, void *arg)
{
	struct sending *sending = arg;

	return ohtd_db_webhooks_results(db, sending->results, (unsigned int)sending->count);
}

/* All receivers take what waits for them; one commit has what all of them have answered. How many deliveries. */
static int send_all(void)
{
	static struct sending sending;
	int all = 0;

	while ((sending.count = ohtd_store_read(store, work_due, &sending)) > 0) {
		for (int i = 0; i < sending.count; i++)
			sending.results[i] = (struct ohtd_delivery_result){
				.number = sending.due[i].delivery.number, .message = sending.due[i].delivery.message,
				.url = sending.due[i].webhook.url, .now_ns = ohtd_clock_wall_ns(&clock_), .status = 204, .error = "",
			};
		assert_int_equal(ohtd_store_call(store, work_results, &sending), 0);
		all += sending.count;
	}
	return all;
}

/*
 * 32 rules flap all the time, and 16 webhooks are told: the bar of operations.md is 100 MB of a card in the first day. OHT_SOAK=1 is two days of it,
 * otherwise eight of them flap in the hour in which most is told.
 */
static void rules_that_flap_and_webhooks_do_not_wear_the_card(void **state)
{
	enum { RULES = 32, STEP_S = 120, TOLD = 4, BACK_S = 4 * 3600, DAY_S = 86400, OF_A_DAY = 2 * RULES * OHTD_WEBHOOKS_MAX * (TOLD + DAY_S / BACK_S) };
	const uint64_t spans = getenv("OHT_SOAK") ? 2 : 1, span_s = getenv("OHT_SOAK") ? DAY_S : 3600, kinds = getenv("OHT_SOAK") ? RULES : 8;
	struct ohtd_store_view view, before;
	uint64_t s = 0, bytes;

	(void)state;
	assert_int_equal(ohtd_store_call(store, work_webhooks, NULL), 0);
	ohtd_store_look(store, &before);
	for (uint64_t span = 1, deliveries = 0; span <= spans; span++, deliveries = 0, before = view) {
		for (; s < span * span_s; s += STEP_S) {
			list.count = 0;
			for (uint32_t unit = 1; unit <= kinds && s / STEP_S % 2; unit++)
				stand(unit, s * S, false);
			look(s * S);
			synchronisations();
			deliveries += (uint64_t)send_all();
		}
		ohtd_store_look(store, &view);
		bytes = view.written - before.written;
		print_message("%d s: %d deliveries, %.1f MB, %d commits\n", (int)span_s, (int)deliveries, (double)bytes / 1e6,
			      (int)(view.synchronisations - before.synchronisations));
		assert_in_range(deliveries, kinds * OHTD_WEBHOOKS_MAX, 2 * kinds * OHTD_WEBHOOKS_MAX * (TOLD + span_s / BACK_S));
		assert_in_range(bytes, deliveries * 1000, 100 * 1000 * 1000 * deliveries / OF_A_DAY);
	}
}

/* ---- what the last run left ---- */

/* As a kill: of a run that ends by itself the keeper is asked for the rest. */
static void die(void)
{
	ohtd_store_stop(store);
	ohtd_alert_keeper_destroy(keeper);
}

static unsigned int begin_anew(void)
{
	start();
	carried = 0;
	ohtd_alert_keeper_carry(keeper, NULL);
	return carried;
}

static void a_start_that_ends_half_way_leaves_alerts_for_the_next(void **state)
{
	static const struct ohtd_snapshot init = { .state = OHTD_STATE_INIT };
	const struct ohtd_scene scene = { .snapshot = &init, .now_ns = 3 * S };

	(void)state;
	stand(1, 0, false);
	stand(2, S, false);
	look_until(S, "SELECT count(*) FROM alerts", 2);
	die();
	/* Killed while the robot starts, then ended in order. */
	assert_int_equal(begin_anew(), 2);
	ohtd_alert_keeper_tick(keeper, &scene);
	die();
	assert_int_equal(begin_anew(), 2);
	ohtd_alert_keeper_tick(keeper, &scene);
	stop();
	assert_int_equal(store_ask_sql("SELECT count(*) FROM webhook_deliveries WHERE event = 'alert.lost'"), 2);
	/* This run has rows of its own of what it was given, so the next is given these alone. */
	assert_int_equal(begin_anew(), 2);
	list.count = 0;
	stand(1, 5 * S, true);
	look_until(5 * S, "SELECT count(*) FROM alerts", 3);
	die();
	assert_int_equal(begin_anew(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_subject_is_an_alert_of_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_told_ends_and_what_comes_shelved_does_not_begin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_end_between_two_writes_is_told_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_stands_at_the_end_is_told_then, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_flood_is_told_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_came_first_is_told_first_and_the_stop_before_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_fault_is_told_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(emergencies_and_faults_are_never_shelved, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_shelf_lasts_as_long_as_it_was_made_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_shelf_that_ended_before_it_was_heard_of_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_are_so_many_shelves_and_one_of_an_alert, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_shortest_time_of_three_comings_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_comes_again_for_another_reason_says_that_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_is_written_before_the_same_comes_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_alert_that_flaps_all_day_does_not_wear_the_card, set_up, tear_down),
		cmocka_unit_test_setup_teardown(alerts_that_come_anew_all_day_leave_room, set_up, tear_down),
		cmocka_unit_test(all_kinds_together_have_a_bound),
		cmocka_unit_test_setup_teardown(an_alert_that_flaps_is_told_now_and_then, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rules_that_flap_and_webhooks_do_not_wear_the_card, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_start_that_ends_half_way_leaves_alerts_for_the_next, set_up, tear_down),
		cmocka_unit_test_setup_teardown(between_begin_and_end_is_what_has_passed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sleep_moves_no_beginning, set_up, tear_down),
	};

	ohtd_alerts_listen(&ohtd_webhooks_listener);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
