// SPDX-License-Identifier: GPL-2.0-or-later
/* Alerts on their way to the store: in which order it gets them, and webhooks with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "alerts/alerts.h"
#include "alerts/keeper.h"
#include "base/clock.h"
#include "robot/snapshot.h"
#include "store/store.h"
#include "store_fixture.h"
#include "tables/webhooks.h"
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

static int set_up(void **state)
{
	struct ohtd_webhook_row row = {
		.url = "https://a.example/", .format = "oht", .severity = "warning", .enabled = true,
	};
	struct ohtd_db *db;

	(void)state;
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
		.code = "module_lost", .text = "Gone.", .since_ns = since_ns,
	};
}

static void look(uint64_t now_ns)
{
	static const struct ohtd_snapshot snapshot = { .state = OHTD_STATE_IDLE };
	const struct ohtd_scene scene = { .snapshot = &snapshot, .now_ns = now_ns };

	manual.now_ns = now_ns;
	ohtd_alert_keeper_look(keeper, &scene);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_end_is_written_before_the_same_comes_anew, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
