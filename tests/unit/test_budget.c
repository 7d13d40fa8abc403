// SPDX-License-Identifier: GPL-2.0-or-later
/* How often a client may ask, in a time that the test makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/address.h"
#include "base/clock.h"
#include "http/budget.h"
#include "http/route.h"

#define BEGIN_NS	(5000 * OHTD_NS_PER_S)
#define LOGINS_PER_S	2
#define CHANGES_PER_S	100
#define FLOOD		5000

static const unsigned int per_s[OHTD_BUDGETS] = {
	[OHTD_BUDGET_LOGINS] = LOGINS_PER_S, [OHTD_BUDGET_CHANGES] = CHANGES_PER_S,
};

static struct ohtd_budgets *budgets;
static uint64_t now_ns;

static int set_up(void **state)
{
	(void)state;
	now_ns = BEGIN_NS;
	budgets = ohtd_budgets_create();
	return budgets ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_budgets_destroy(budgets);
	return 0;
}

static unsigned int ask(enum ohtd_budget budget, const char *client)
{
	return ohtd_budget_take(budgets, budget, client, per_s[budget], now_ns);
}

/* How many of @tries are let through. */
static unsigned int let_through(enum ohtd_budget budget, const char *client, unsigned int tries)
{
	unsigned int count = 0;

	while (tries--)
		count += !ask(budget, client);
	return count;
}

static void a_burst_and_then_so_many_each_second(void **state)
{
	(void)state;
	assert_int_equal(let_through(OHTD_BUDGET_CHANGES, "a", 5000),
			 CHANGES_PER_S * OHTD_BUDGET_BURST_S);
	for (int second = 0; second < 5; second++) {
		now_ns += OHTD_NS_PER_S;
		assert_int_equal(let_through(OHTD_BUDGET_CHANGES, "a", 5000), CHANGES_PER_S);
	}
	now_ns += 3600 * OHTD_NS_PER_S;
	assert_int_equal(let_through(OHTD_BUDGET_CHANGES, "a", 5000),
			 CHANGES_PER_S * OHTD_BUDGET_BURST_S);
}

static void the_wait_that_is_told_is_long_enough_and_not_longer(void **state)
{
	(void)state;
	for (int round = 0; round < 50; round++) {
		unsigned int wait_s;

		let_through(OHTD_BUDGET_LOGINS, "a", 100);
		now_ns += (uint64_t)round * 37 * OHTD_NS_PER_MS;
		wait_s = ask(OHTD_BUDGET_LOGINS, "a");
		if (!wait_s)
			continue;
		assert_in_range(wait_s, 1, 1);
		now_ns += wait_s * OHTD_NS_PER_S;
		assert_int_equal(ask(OHTD_BUDGET_LOGINS, "a"), 0);
	}
}

static void a_refused_request_costs_nothing(void **state)
{
	(void)state;
	let_through(OHTD_BUDGET_LOGINS, "a", 100000);
	now_ns += OHTD_NS_PER_S;
	assert_int_equal(let_through(OHTD_BUDGET_LOGINS, "a", 10), LOGINS_PER_S);
}

static void clients_and_budgets_do_not_share(void **state)
{
	(void)state;
	let_through(OHTD_BUDGET_LOGINS, "a", 100);
	assert_int_not_equal(ask(OHTD_BUDGET_LOGINS, "a"), 0);
	assert_int_equal(ask(OHTD_BUDGET_LOGINS, "b"), 0);
	assert_int_equal(ask(OHTD_BUDGET_CHANGES, "a"), 0);
}

static void zero_is_without_a_limit(void **state)
{
	(void)state;
	assert_int_equal(let_through(OHTD_BUDGET_QUERIES, "a", 100000), 100000);
	assert_int_equal(ohtd_budget_refused(budgets, OHTD_BUDGET_QUERIES), 0);
}

/* Others that come once each do not make room for a client that has to wait. */
static void a_flood_of_clients_frees_none_that_waits(void **state)
{
	char name[32];

	(void)state;
	let_through(OHTD_BUDGET_LOGINS, "a", 100);
	for (int i = 0; i < FLOOD; i++) {
		snprintf(name, sizeof(name), "flood %d", i);
		assert_int_equal(ask(OHTD_BUDGET_LOGINS, name), 0);
		assert_int_not_equal(ask(OHTD_BUDGET_LOGINS, "a"), 0);
	}
	assert_int_equal(ohtd_budget_refused(budgets, OHTD_BUDGET_LOGINS), FLOOD + 80);
	/* The flood has not taken the place of a client that comes for the first time. */
	assert_int_equal(let_through(OHTD_BUDGET_LOGINS, "b", 100),
			 LOGINS_PER_S * OHTD_BUDGET_BURST_S);
}

static void which_requests_are_counted(void **state)
{
	static const struct {
		struct ohtd_route route;
		enum ohtd_budget budget;
	} rows[] = {
		{ { .method = OHTD_POST, .rate = OHTD_RATE_LOGIN, .flags = OHTD_ROUTE_STORE },
		  OHTD_BUDGET_LOGINS },
		{ { .method = OHTD_POST, .rate = OHTD_RATE_RENEW, .flags = OHTD_ROUTE_STORE },
		  OHTD_BUDGET_NONE },
		{ { .method = OHTD_POST, .rate = OHTD_RATE_STOP }, OHTD_BUDGET_NONE },
		{ { .method = OHTD_GET, .rate = OHTD_RATE_HEALTH }, OHTD_BUDGET_NONE },
		{ { .method = OHTD_GET }, OHTD_BUDGET_NONE },
		{ { .method = OHTD_GET, .flags = OHTD_ROUTE_STORE }, OHTD_BUDGET_QUERIES },
		{ { .method = OHTD_POST, .flags = OHTD_ROUTE_COMMAND }, OHTD_BUDGET_NONE },
		{ { .method = OHTD_POST, .flags = OHTD_ROUTE_STORE }, OHTD_BUDGET_CHANGES },
		{ { .method = OHTD_PATCH, .flags = OHTD_ROUTE_COMMAND | OHTD_ROUTE_STORE }, OHTD_BUDGET_CHANGES },
		{ { .method = OHTD_DELETE }, OHTD_BUDGET_CHANGES },
		{ { .method = OHTD_PUT }, OHTD_BUDGET_CHANGES },
		{ { .method = OHTD_PATCH, .flags = OHTD_ROUTE_STORE }, OHTD_BUDGET_CHANGES },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ohtd_budget_of(&rows[i].route), rows[i].budget);
}

static void folds(const char *address, const char *expected)
{
	char folded[OHTD_FOLDED_BYTES];

	ohtd_address_fold(folded, address);
	assert_string_equal(folded, expected);
}

static void what_counts_as_one_address(void **state)
{
	(void)state;
	folds("192.0.2.7", "192.0.2.7");
	folds("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
	folds("2001:db8:1:2::", "2001:db8:1:2::");
	folds("::1", "::");
	folds("unknown", "unknown");
	folds("", "");
}

static void normal(const char *literal, const char *expected)
{
	char text[OHTD_PEER_BYTES];

	assert_int_equal(ohtd_address_normalise(literal, strlen(literal), text), *expected != 0);
	assert_string_equal(text, expected);
}

static void an_address_has_one_text(void **state)
{
	(void)state;
	normal("192.0.2.7", "192.0.2.7");
	normal("::ffff:192.0.2.7", "192.0.2.7");
	normal("::FFFF:C000:207", "192.0.2.7");
	normal("FE80:0::2%eth0", "fe80::2");
	normal("fe80::2%25eth0", "fe80::2");
	normal("192.0.2.7%eth0", "");
	normal("192.0.2.07", "");
	normal("::ffff:192.0.2.7.example", "");
	normal("plc.example", "");
	normal("", "");
	normal("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_burst_and_then_so_many_each_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_wait_that_is_told_is_long_enough_and_not_longer, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_refused_request_costs_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(clients_and_budgets_do_not_share, set_up, tear_down),
		cmocka_unit_test_setup_teardown(zero_is_without_a_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_flood_of_clients_frees_none_that_waits, set_up, tear_down),
		cmocka_unit_test(which_requests_are_counted),
		cmocka_unit_test(what_counts_as_one_address),
		cmocka_unit_test(an_address_has_one_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
