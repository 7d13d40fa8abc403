// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages that say that nothing has changed: they take numbers, but never the place of a change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "hub_fixture.h"

static void test_quiet_costs_no_event(void **state)
{
	struct fixture *fixture = *state;

	for (int a = 1; a <= 3; a++)
		publish(fixture, EVENTS, a);
	stay_quiet(fixture, EVENTS, 3, 1000);
	resume(fixture, EVENTS, 1);
	expect_next(fixture, EVENTS, "\"seq\":1,\"ts\":{},\"recovered\":true,\"data\":{}}");
	expect_next(fixture, EVENTS, "{\"type\":\"event\",\"channel\":\"stop\",\"seq\":2,\"ts\":{},\"data\":{\"a\":2}}");
	expect_next(fixture, EVENTS, "{\"type\":\"event\",\"channel\":\"stop\",\"seq\":3,\"ts\":{},\"data\":{\"a\":3}}");
	expect_next(fixture, EVENTS, "{\"type\":\"update\",\"channel\":\"stop\",\"seq\":1003,\"ts\":{},"
				     "\"conflated\":999,\"data\":{\"age\":1000}}");
	expect_next(fixture, EVENTS, NULL);
	publish(fixture, EVENTS, 4);
	expect_next(fixture, EVENTS, "\"type\":\"event\",\"channel\":\"stop\",\"seq\":1004,");
}

static void test_quiet_between_two_events(void **state)
{
	struct fixture *fixture = *state;
	/* Behind the message of @seq comes that of 10001, and says how many were between them. */
	static const struct {
		uint64_t seq;
		const char *next;
	} rows[] = {
		{ 1, "\"seq\":10001,\"ts\":{},\"conflated\":9999,\"data\":{\"age\":10000}}" },
		{ 2, "\"seq\":10001,\"ts\":{},\"conflated\":9998,\"data\":{\"age\":10000}}" },
		{ 9999, "\"seq\":10001,\"ts\":{},\"conflated\":1,\"data\":{\"age\":10000}}" },
		{ 10000, "\"seq\":10001,\"ts\":{},\"data\":{\"age\":10000}}" },
	};

	publish(fixture, EVENTS, 1);
	stay_quiet(fixture, EVENTS, 1, 10000);
	publish(fixture, EVENTS, 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		resume(fixture, EVENTS, rows[i].seq);
		assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place), 0);
		expect_next(fixture, EVENTS, "\"recovered\":true");
		assert_int_equal(ohtd_hub_event_waits_ms(fixture->hub, EVENTS, &fixture->place), fixture->now_ms);
		expect_next(fixture, EVENTS, rows[i].next);
		expect_next(fixture, EVENTS, "\"type\":\"event\",\"channel\":\"stop\",\"seq\":10002,");
		expect_next(fixture, EVENTS, NULL);
	}
	resume(fixture, EVENTS, 10001);
	expect_next(fixture, EVENTS, "\"recovered\":true");
	expect_next(fixture, EVENTS, "\"type\":\"event\",\"channel\":\"stop\",\"seq\":10002,");
	resume(fixture, EVENTS, 10003);
	expect_next(fixture, EVENTS, "resync");
}

/* The ring is full of events with quiet behind each of them: all are there, and no more than these. */
static void test_quiet_behind_each_event(void **state)
{
	struct fixture *fixture = *state;
	char text[32];

	for (int a = 1; a <= OHTD_CHANNEL_RING + 1; a++) {
		publish(fixture, EVENTS, a);
		stay_quiet(fixture, EVENTS, a, 3);
	}
	resume(fixture, EVENTS, 4);
	expect_next(fixture, EVENTS, "\"recovered\":true");
	for (int a = 2; a <= OHTD_CHANNEL_RING + 1; a++) {
		snprintf(text, sizeof(text), "\"data\":{\"a\":%d", a);
		expect_next(fixture, EVENTS, text);
		expect_next(fixture, EVENTS, "\"conflated\":2,\"data\":{\"age\":3}}");
	}
	expect_next(fixture, EVENTS, NULL);
	resume(fixture, EVENTS, 3);
	expect_next(fixture, EVENTS, "resync");
}

/* What one message stands for is all that the others had. */
static void test_a_quiet_message_has_what_those_before_it_had(void **state)
{
	struct fixture *fixture = *state;

	ohtd_hub_listen(fixture->hub, EVENTS, true);
	publish_text(fixture, EVENTS, "{\"x\":1,\"y\":1,\"z\":1}", "{}");
	fixture->now_ms += OHTD_QUIET_MS;
	publish_text(fixture, EVENTS, "{\"x\":2,\"y\":1,\"z\":1}", "{}");
	fixture->now_ms += OHTD_QUIET_MS;
	publish_text(fixture, EVENTS, "{\"x\":2,\"y\":1,\"z\":2}", "{}");
	publish_text(fixture, EVENTS, "{\"x\":3,\"y\":3,\"z\":3}", "{\"n\":1}");
	ohtd_hub_listen(fixture->hub, EVENTS, false);
	resume(fixture, EVENTS, 1);
	expect_next(fixture, EVENTS, "\"recovered\":true");
	expect_next(fixture, EVENTS, "\"seq\":3,\"ts\":{},\"conflated\":1,\"data\":{\"x\":2,\"z\":2}}");
	expect_next(fixture, EVENTS, "\"seq\":4,\"ts\":{},\"data\":{\"x\":3,\"y\":3,\"z\":3}}");
}

static void test_state_after_hours_of_quiet(void **state)
{
	struct fixture *fixture = *state;

	publish(fixture, STATE, 1);
	publish(fixture, STATE, 2);
	stay_quiet(fixture, STATE, 2, 10000);
	resume(fixture, STATE, 1);
	expect_next(fixture, STATE, "\"recovered\":true");
	expect_next(fixture, STATE, "\"seq\":10002,\"ts\":{},\"conflated\":10000,\"data\":{\"a\":2,\"age\":10000}}");
	resume(fixture, STATE, 5000);
	expect_next(fixture, STATE, "\"recovered\":true");
	expect_next(fixture, STATE, "\"seq\":10002,\"ts\":{},\"conflated\":5001,\"data\":{\"age\":10000}}");
}

static void test_whole_events_behind_quiet(void **state)
{
	struct fixture *fixture = *state;

	ohtd_hub_subscribe(&fixture->place, 0);
	ohtd_hub_listen(fixture->hub, WHOLE_EVENTS, true);
	publish(fixture, WHOLE_EVENTS, 1);
	expect_next(fixture, WHOLE_EVENTS, "{\"a\":1,");
	publish(fixture, WHOLE_EVENTS, 2);
	stay_quiet(fixture, WHOLE_EVENTS, 2, 1000);
	publish(fixture, WHOLE_EVENTS, 3);
	expect_next(fixture, WHOLE_EVENTS, "{\"a\":2,\"b\":[1,\"}\"],\"age\":0}");
	expect_next(fixture, WHOLE_EVENTS, "{\"a\":2,\"b\":[1,\"}\"],\"age\":1000}");
	expect_next(fixture, WHOLE_EVENTS, "{\"a\":3,");
	expect_next(fixture, WHOLE_EVENTS, NULL);
	ohtd_hub_listen(fixture->hub, WHOLE_EVENTS, false);
}

#define TEST(test_)	cmocka_unit_test_setup_teardown(test_, hub_set_up, hub_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_quiet_costs_no_event),
		TEST(test_quiet_between_two_events),
		TEST(test_quiet_behind_each_event),
		TEST(test_a_quiet_message_has_what_those_before_it_had),
		TEST(test_state_after_hours_of_quiet),
		TEST(test_whole_events_behind_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
