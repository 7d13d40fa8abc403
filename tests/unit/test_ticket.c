// SPDX-License-Identifier: GPL-2.0-or-later
/* Tickets: once, for ten seconds, from the same page and address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "auth/ticket.h"

#define NOW_MS	100000

static const struct ohtd_ticket_bond bond = { "https://robot", "192.0.2.7", false };

static int setup(void **state)
{
	*state = ohtd_tickets_create();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	ohtd_tickets_destroy(*state);
	return 0;
}

static struct ohtd_principal person(const char *session)
{
	struct ohtd_principal who = { .user_id = 7, .epoch = 3, .role = OHTD_ROLE_OPERATOR };

	snprintf(who.session, sizeof(who.session), "%s", session);
	return who;
}

static struct ohtd_secret draw(struct ohtd_tickets *tickets, const char *session)
{
	struct ohtd_principal who = person(session);
	struct ohtd_secret ticket;

	assert_int_equal(ohtd_ticket_draw(tickets, &who, &bond, NOW_MS, &ticket), 0);
	assert_int_equal(strlen(ticket.revealed), OHTD_TICKET_CHARS);
	return ticket;
}

static void test_once(void **state)
{
	struct ohtd_secret ticket = draw(*state, "a"), other = draw(*state, "b");
	struct ohtd_principal who;

	assert_string_not_equal(ticket.revealed, other.revealed);
	assert_true(ohtd_ticket_take(*state, ticket.revealed, &bond, NOW_MS + 9999, &who));
	assert_string_equal(who.session, "a");
	assert_int_equal(who.role, OHTD_ROLE_OPERATOR);
	assert_false(ohtd_ticket_take(*state, ticket.revealed, &bond, NOW_MS, &who));
	assert_true(ohtd_ticket_take(*state, other.revealed, &bond, NOW_MS, &who));
	assert_string_equal(who.session, "b");
}

static void test_ten_seconds(void **state)
{
	struct ohtd_secret ticket = draw(*state, "a");
	struct ohtd_principal who;

	assert_false(ohtd_ticket_take(*state, ticket.revealed, &bond, NOW_MS + 10000, &who));
}

/* The loop that takes it read its clock before the one that drew it, or draws another one meanwhile. */
static void test_of_a_later_time(void **state)
{
	struct ohtd_secret ticket = draw(*state, "a"), other;
	struct ohtd_principal who = person("b");

	assert_int_equal(ohtd_ticket_draw(*state, &who, &bond, NOW_MS - 1, &other), 0);
	assert_true(ohtd_ticket_take(*state, ticket.revealed, &bond, NOW_MS - 1, &who));
	assert_string_equal(who.session, "a");
}

static void test_only_there(void **state)
{
	static const struct ohtd_ticket_bond others[] = {
		{ "https://evil", "192.0.2.7", false }, { "", "192.0.2.7", false }, { "https://robot", "192.0.2.8", false },
	};
	struct ohtd_principal who;

	for (size_t i = 0; i < 3; i++) {
		struct ohtd_secret ticket = draw(*state, "a");

		assert_false(ohtd_ticket_take(*state, ticket.revealed, &others[i], NOW_MS, &who));
		/* Somebody else has seen it. */
		assert_false(ohtd_ticket_take(*state, ticket.revealed, &bond, NOW_MS, &who));
	}
}

/* A program draws without an Origin; where any page will do, only such a ticket is for any. */
static void test_any_page(void **state)
{
	const struct ohtd_ticket_bond program = { "", "192.0.2.7", false };
	const struct ohtd_ticket_bond viewer = { "file://", "192.0.2.7", true };
	const struct ohtd_ticket_bond strict = { "file://", "192.0.2.7", false };
	const struct ohtd_ticket_bond elsewhere = { "file://", "192.0.2.8", true };
	struct ohtd_principal who = person("a");
	struct ohtd_secret ticket;

	assert_int_equal(ohtd_ticket_draw(*state, &who, &program, NOW_MS, &ticket), 0);
	assert_true(ohtd_ticket_take(*state, ticket.revealed, &viewer, NOW_MS, &who));
	assert_false(ohtd_ticket_take(*state, ticket.revealed, &viewer, NOW_MS, &who));
	assert_int_equal(ohtd_ticket_draw(*state, &who, &program, NOW_MS, &ticket), 0);
	assert_false(ohtd_ticket_take(*state, ticket.revealed, &strict, NOW_MS, &who));
	assert_int_equal(ohtd_ticket_draw(*state, &who, &program, NOW_MS, &ticket), 0);
	assert_false(ohtd_ticket_take(*state, ticket.revealed, &elsewhere, NOW_MS, &who));
	ticket = draw(*state, "a");
	assert_false(ohtd_ticket_take(*state, ticket.revealed, &viewer, NOW_MS, &who));
}

static void test_nonsense(void **state)
{
	static const char *const texts[] = { "", "x", "0000000000000000000000000000000000000000000000000000000000000000" };
	struct ohtd_principal who;

	draw(*state, "a");
	for (size_t i = 0; i < 3; i++)
		assert_false(ohtd_ticket_take(*state, texts[i], &bond, NOW_MS, &who));
}

static void test_a_session_pushes_out_only_its_own(void **state)
{
	struct ohtd_secret other = draw(*state, "other"), first = draw(*state, "a"), last = first;
	struct ohtd_principal who;

	for (int i = 0; i < OHTD_TICKETS_PER_SESSION; i++)
		last = draw(*state, "a");
	assert_false(ohtd_ticket_take(*state, first.revealed, &bond, NOW_MS, &who));
	assert_true(ohtd_ticket_take(*state, last.revealed, &bond, NOW_MS, &who));
	assert_true(ohtd_ticket_take(*state, other.revealed, &bond, NOW_MS, &who));
}

static void test_a_full_table_refuses_until_they_are_old(void **state)
{
	struct ohtd_principal who = person("last");
	struct ohtd_secret ticket;
	char session[16];

	for (int i = 0; i < OHTD_TICKETS_MAX; i++) {
		snprintf(session, sizeof(session), "%d", i);
		draw(*state, session);
	}
	assert_int_equal(ohtd_ticket_draw(*state, &who, &bond, NOW_MS, &ticket), -EAGAIN);
	assert_int_equal(ohtd_ticket_draw(*state, &who, &bond, NOW_MS + 10000, &ticket), 0);
	assert_true(ohtd_ticket_take(*state, ticket.revealed, &bond, NOW_MS + 10000, &who));
}

#define TEST(test_)	cmocka_unit_test_setup_teardown(test_, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_once),
		TEST(test_ten_seconds),
		TEST(test_of_a_later_time),
		TEST(test_only_there),
		TEST(test_any_page),
		TEST(test_nonsense),
		TEST(test_a_session_pushes_out_only_its_own),
		TEST(test_a_full_table_refuses_until_they_are_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
