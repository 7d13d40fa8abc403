// SPDX-License-Identifier: GPL-2.0-or-later
/* liboht: how units stand, how they are treated, and that they were lost or found. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "fake_device.h"
#include "oht_client.h"

static struct oht_dev *dev;

static const struct oht_unit_policy policy = {
	.unit = 7,
	.retries = 2,
	.degrade_after = 3,
	.rest_ms = 15,
	.timeout_us = 20000,
	.backoff_first_ms = 100,
	.backoff_max_ms = 2000,
};

static int setup(void **state)
{
	(void)state;
	fake_install();
	dev = oht_dev_open(NULL, 0);
	return dev ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	oht_dev_close(dev);
	return 0;
}

static void set_reaches_the_kernel(void **state)
{
	uint32_t deadman_ms = 0;

	(void)state;
	assert_int_equal(oht_dev_unit_set(dev, &policy), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(oht_dev_control_take(dev, &deadman_ms), 0);
	assert_int_equal(oht_dev_unit_set(dev, &policy), 0);
	assert_int_equal(fake.unit_set.size, sizeof(fake.unit_set));
	assert_int_equal(fake.unit_set.unit, 7);
	assert_int_equal(fake.unit_set.retries, 2);
	assert_int_equal(fake.unit_set.degrade_after, 3);
	assert_int_equal(fake.unit_set.timeout_us, 20000);
	assert_int_equal(fake.unit_set.backoff_first_ms, 100);
	assert_int_equal(fake.unit_set.backoff_max_ms, 2000);
	assert_int_equal(fake.unit_set.rest_us, 15000);
}

static void get_gives_all_of_it(void **state)
{
	struct oht_unit_status *raw = &fake.units[7];
	struct oht_unit_view view;

	(void)state;
	raw->health = OHT_HEALTH_DEGRADED;
	raw->flags = OHT_UNIT_CONFIGURED;
	raw->retries = 1;
	raw->degrade_after = 5;
	raw->timeout_us = 30000;
	raw->rest_us = 2001;
	raw->backoff_first_ms = 50;
	raw->backoff_max_ms = 800;
	raw->errors_in_row = 6;
	raw->backoff_ms = 200;
	raw->turnaround_max_ns = 1750000;
	raw->last_good_ns = 11;
	raw->changed_ns = 12;
	raw->next_probe_ns = 13;
	raw->bytes_stray = 16;
	raw->bytes_extra = 17;
	raw->details[OHT_DETAIL_TIMEOUT] = 14;
	raw->conformance[OHT_SIDE_THEIRS][OHT_RULE_T15][OHT_VERDICT_VIOLATION] = 15;
	assert_int_equal(oht_dev_unit_get(dev, 7, &view), 0);
	assert_int_equal(view.policy.unit, 7);
	assert_int_equal(view.policy.retries, 1);
	assert_int_equal(view.policy.degrade_after, 5);
	assert_int_equal(view.policy.timeout_us, 30000);
	assert_int_equal(view.policy.rest_ms, 3);
	assert_int_equal(view.policy.backoff_first_ms, 50);
	assert_int_equal(view.policy.backoff_max_ms, 800);
	assert_true(view.configured);
	assert_int_equal(view.state, OHT_UNIT_DEGRADED);
	assert_int_equal(view.errors_in_row, 6);
	assert_int_equal(view.backoff_ms, 200);
	assert_int_equal(view.turnaround_max_ns, 1750000);
	assert_int_equal(view.last_good_ns, 11);
	assert_int_equal(view.changed_ns, 12);
	assert_int_equal(view.next_probe_ns, 13);
	assert_int_equal(view.bytes_stray, 16);
	assert_int_equal(view.bytes_extra, 17);
	assert_int_equal(view.outcomes[OHT_OUTCOME_TIMEOUT], 14);
	assert_int_equal(view.conformance[OHT_FRAMES_HEARD][OHT_GAP_T15][OHT_GAP_VIOLATION], 15);
}

static void get_is_refused(void **state)
{
	struct oht_unit_view view;

	(void)state;
	assert_int_equal(oht_dev_unit_get(dev, 0, &view), -1);
	assert_int_equal(errno, EINVAL);
	fake.info.caps &= ~OHT_CAP_BUS;
	assert_int_equal(oht_dev_unit_get(dev, 1, &view), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	fake.gone = true;
	assert_int_equal(oht_dev_unit_get(dev, 1, &view), -1);
	assert_int_equal(errno, ENODEV);
}

static void lost_and_found_are_told(void **state)
{
	struct oht_event event;

	(void)state;
	fake_unit_news(7, OHT_HEALTH_GOOD, OHT_HEALTH_DEGRADED);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 0);
	assert_int_equal(oht_dev_subscribe(dev, OHT_WANT_UNITS), 0);
	assert_int_equal(fake.subscribed, OHT_SUBSCRIBE_UNITS);
	fake_unit_news(7, OHT_HEALTH_GOOD, OHT_HEALTH_DEGRADED);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.type, OHT_EVENT_UNIT);
	assert_int_equal(event.lost, 0);
	assert_int_equal(event.unit.journal_seq, 2);
	assert_int_equal(event.unit.unit, 7);
	assert_int_equal(event.unit.from, OHT_UNIT_GOOD);
	assert_int_equal(event.unit.to, OHT_UNIT_DEGRADED);
	assert_int_equal(event.unit.outcome, OHT_OUTCOME_TIMEOUT);
	assert_int_equal(event.unit.errors_in_row, 3);
	assert_int_equal(event.unit.last_good_ns, 4711);
	assert_int_equal(event.unit.changed_ns, fake.now_ns);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 0);
}

/* Between safety events, in the order in which they were made; the older subscription is over. */
static void order_and_subscription(void **state)
{
	struct oht_event event;

	(void)state;
	assert_int_equal(oht_dev_subscribe(dev, OHT_WANT_UNITS | OHT_WANT_SAFETY), 0);
	fake_safety(OHT_SAFETY_RESET, 0, 0, 1);
	fake_unit_news(7, OHT_HEALTH_DEGRADED, OHT_HEALTH_GOOD);
	fake_safety(OHT_SAFETY_ENABLE, 0, 1, 2);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.safety.kind, OHT_KIND_RESET);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.type, OHT_EVENT_UNIT);
	assert_int_equal(oht_dev_read_event(dev, &event, 0), 1);
	assert_int_equal(event.safety.kind, OHT_KIND_ENABLE);
	assert_int_equal(oht_dev_subscribe_safety(dev, true), 0);
	assert_int_equal(fake.subscribed, OHT_SUBSCRIBE_SAFETY);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(oht_unit_state_name(OHT_UNIT_UNKNOWN), "unknown");
	assert_string_equal(oht_unit_state_name(OHT_UNIT_GOOD), "good");
	assert_string_equal(oht_unit_state_name(OHT_UNIT_DEGRADED), "degraded");
	assert_string_equal(oht_unit_state_name(3), "unknown");
	assert_string_equal(oht_outcome_name(OHT_OUTCOME_DEGRADED), "degraded");
	assert_non_null(strstr(oht_errno_text(EHOSTUNREACH), "degraded"));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(set_reaches_the_kernel),
		TEST(get_gives_all_of_it),
		TEST(get_is_refused),
		TEST(lost_and_found_are_told),
		TEST(order_and_subscription),
		TEST(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
