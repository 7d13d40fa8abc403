// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread between the queue and the process that sends, which is this test: when nobody is told, it is an alert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/part.h"
#include "config/config.h"
#include "sender/order.h"
#include "store/store.h"
#include "store_fixture.h"
#include "webhooks/sign.h"
#include "webhooks/webhooks.h"

#define S		OHTD_NS_PER_S
#define TIMEOUT_S	10
/* No bound: a test that hangs ends by it. */
#define HANGS_S		60

static struct ohtd_manual_clock manual;
static struct ohtd_clock clock_;
static struct ohtd_config config = { .webhook_timeout_s = TIMEOUT_S, .sender = "/usr/libexec/oht/ohtd-sender" };
static struct ohtd_store *store;
static struct ohtd_webhooks *webhooks;
static int fd;

/* One webhook, and one message for it. */
static struct ohtd_db *make_db(void)
{
	struct ohtd_db *db = store_open_db();
	struct ohtd_webhook_row row = {
		.url = "https://a.example/", .format = "oht", .severity = "warning", .enabled = true,
	};
	struct ohtd_delivery_row message = { .made_ns = STORE_NOW_S * (int64_t)S };

	assert_true(ohtd_webhook_secret_make(row.secret));
	assert_int_equal(ohtd_db_webhook_add(db, &row), 0);
	message.webhook = row.id;
	assert_int_equal(ohtd_db_webhook_test(db, &message), 0);
	return db;
}

static int set_up(void **state)
{
	const struct timeval hangs = { .tv_sec = HANGS_S };
	struct ohtd_webhooks_setup setup = { .config = &config, .clock = &clock_, .robot_id = "" };
	int fds[2];

	(void)state;
	manual.now_ns = S;
	manual.realtime_ns = STORE_NOW_S * (int64_t)S;
	ohtd_clock_init(&clock_, &ohtd_clock_manual, &manual, STORE_NOW_S * (int64_t)S);
	if (store_folder_make() || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) ||
	    setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &hangs, sizeof(hangs)))
		return -1;
	fd = fds[0];
	setup.fd = fds[1];
	setup.store = store = ohtd_store_start(make_db());
	assert_non_null(store);
	webhooks = ohtd_webhooks_create(&setup);
	assert_non_null(webhooks);
	return ohtd_webhooks_start(webhooks);
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_webhooks_stop(webhooks);
	ohtd_store_stop(store);
	ohtd_webhooks_destroy(webhooks);
	close(fd);
	return store_folder_remove();
}

static void say(int64_t number, int status)
{
	const struct sender_result result = { .number = number, .status = status };

	assert_int_equal(send(fd, &result, sizeof(result), MSG_NOSIGNAL), sizeof(result));
}

static int64_t take_order(void)
{
	struct sender_order order;

	assert_int_equal(recv(fd, &order, sizeof(order), 0), sizeof(order));
	return order.number;
}

static void pass(unsigned int seconds)
{
	ohtd_manual_clock_advance(&manual, seconds * S);
	ohtd_webhooks_wake(webhooks);
}

static void it_is_an_alert_that_nobody_sends(void **state)
{
	int64_t number;

	(void)state;
	/* It never begins. */
	pass(TIMEOUT_S + 61);
	WAIT_FOR(ohtd_webhooks_fail(webhooks));
	say(0, 0);
	number = take_order();
	WAIT_FOR(!ohtd_webhooks_fail(webhooks));
	/* It hangs. */
	pass(TIMEOUT_S + 61);
	WAIT_FOR(ohtd_webhooks_fail(webhooks));
	say(number + 1, 204);
	say(number, 204);
	WAIT_FOR(!ohtd_webhooks_fail(webhooks));
	/* It has nothing to say. */
	pass(3600);
	WAIT_FOR(store_ask_sql("SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'"));
	assert_false(ohtd_webhooks_fail(webhooks));
}

static void it_is_an_alert_that_a_message_ends_who_sends_it(void **state)
{
	(void)state;
	say(0, 0);
	for (int death = 1; death <= 3; death++) {
		take_order();
		assert_false(ohtd_webhooks_fail(webhooks));
		say(0, 0);
		WAIT_FOR(store_ask_sql("SELECT attempts FROM webhook_deliveries") == death);
		pass(20);
	}
	WAIT_FOR(ohtd_webhooks_fail(webhooks));
	pass(80);
	say(take_order(), 503);
	WAIT_FOR(!ohtd_webhooks_fail(webhooks));
}

/* ---- receivers that fail ---- */

static unsigned int reported;
static char subjects[4][24];

static void take_report(const struct ohtd_part_reports *to, const struct ohtd_part_report *report)
{
	(void)to;
	assert_string_equal(ohtd_webhooks_part.alerts[report->alert].code, "webhook_fails");
	assert_non_null(strstr(report->text, "4 times on end: its receiver answered with status 503."));
	snprintf(subjects[reported++], sizeof(subjects[0]), "%s", report->subject);
}

static unsigned int judge(void)
{
	const struct ohtd_part_reports to = { .add = take_report };

	reported = 0;
	ohtd_webhooks_part.judge(webhooks, &to);
	return reported;
}

static void answer(unsigned int messages, int status)
{
	while (messages--)
		say(take_order(), status);
}

/* Each is an alert of its own, from the fourth time on until it answers or is no more. */
static void each_receiver_that_fails_is_an_alert(void **state)
{
	(void)state;
	store_run_sql("INSERT INTO webhooks (id, url, format, severity, alive, enabled, made_ns, made_by, secret, secret_before)"
		      " SELECT n, url, format, severity, alive, enabled, made_ns, made_by, secret, secret_before"
		      " FROM webhooks, (SELECT 2 AS n UNION SELECT 3);"
		      "INSERT INTO webhook_deliveries (webhook, message, event, state, alert, code, severity, source, unit, text, since_ns,"
		      " ended_ns, times, made_ns, due_ns) SELECT n, 'm' || n, event, state, alert, code, severity, source, unit, text, since_ns,"
		      " ended_ns, times, made_ns, due_ns FROM webhook_deliveries, (SELECT 2 AS n UNION SELECT 3)");
	say(0, 0);
	for (int time = 1; time <= OHTD_WEBHOOKS_FAILURES; time++) {
		answer(3, 503);
		WAIT_FOR(store_ask_sql("SELECT min(failures) FROM webhooks") == time);
		if (time < OHTD_WEBHOOKS_FAILURES) {
			assert_int_equal(judge(), 0);
			pass(80);
		}
	}
	WAIT_FOR(judge() == 3);
	assert_string_equal(subjects[0], "1");
	assert_string_equal(subjects[2], "3");
	store_run_sql("DELETE FROM webhook_deliveries WHERE webhook = 3; DELETE FROM webhooks WHERE id = 3; UPDATE webhooks SET retry_ns = 0 WHERE id = 1;"
		      "UPDATE webhook_deliveries SET due_ns = 0 WHERE webhook = 1");
	ohtd_webhooks_wake(webhooks);
	answer(1, 204);
	WAIT_FOR(judge() == 1);
	assert_string_equal(subjects[0], "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_an_alert_that_nobody_sends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_receiver_that_fails_is_an_alert, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_is_an_alert_that_a_message_ends_who_sends_it, set_up, tear_down),
	};

	ohtd_alerts_listen(&ohtd_webhooks_listener);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
