// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread between the queue and the process that sends, which is this test: when nobody is told, it is an alert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_an_alert_that_nobody_sends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_is_an_alert_that_a_message_ends_who_sends_it, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
