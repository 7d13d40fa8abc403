// SPDX-License-Identifier: GPL-2.0-or-later
/* How many guesses an attacker gets, in a time that the test makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "auth/backoff.h"
#include "base/clock.h"

#define BEGIN_NS	(5000 * OHTD_NS_PER_S)

static struct ohtd_backoff *backoff;
static uint64_t now_ns;

static int set_up(void **state)
{
	(void)state;
	now_ns = BEGIN_NS;
	backoff = ohtd_backoff_create();
	return backoff ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	ohtd_backoff_destroy(backoff);
	return 0;
}

static unsigned int wait_s(const char *account, const char *address)
{
	return ohtd_backoff_wait_s(backoff, account, address, now_ns);
}

static unsigned int begin(const char *account, const char *address)
{
	return ohtd_backoff_begin(backoff, account, address, now_ns);
}

static void end(const char *account, const char *address, enum ohtd_backoff_outcome outcome)
{
	ohtd_backoff_end(backoff, account, address, outcome, now_ns);
}

/* True if the guess was let through. */
static bool guess(const char *account, const char *address)
{
	if (begin(account, address))
		return false;
	end(account, address, OHTD_BACKOFF_FAILED);
	return true;
}

static void succeed(const char *account, const char *address)
{
	assert_int_equal(begin(account, address), 0);
	end(account, address, OHTD_BACKOFF_SUCCEEDED);
}

static void waits_grow_and_end(void **state)
{
	static const unsigned int waits[] = { 1, 2, 4, 8, 16, 30, 30, 30 };

	(void)state;
	for (int i = 0; i < OHTD_BACKOFF_FREE; i++) {
		assert_true(guess("anna", "192.0.2.1"));
		assert_int_equal(wait_s("anna", "192.0.2.1"), 0);
	}
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		assert_true(guess("anna", "192.0.2.1"));
		assert_in_range(wait_s("anna", "192.0.2.1"), waits[i], waits[i] + 1);
		/* An attempt during the wait is refused and changes nothing. */
		assert_false(guess("ANNA", "192.0.2.1"));
		assert_in_range(wait_s("anna", "192.0.2.1"), waits[i], waits[i] + 1);
		assert_int_equal(wait_s("anna", "192.0.2.2"), 0);
		assert_int_equal(wait_s("bert", "192.0.2.1"), 0);
		now_ns += waits[i] * OHTD_NS_PER_S;
		assert_int_equal(wait_s("anna", "192.0.2.1"), 0);
	}
}

/* All were admitted when they came; what counts is when their turn comes. */
static void burst_gets_no_more_guesses(void **state)
{
	unsigned int begun = 0;

	(void)state;
	for (int i = 0; i < 18; i++)
		assert_int_equal(wait_s("anna", "192.0.2.1"), 0);
	for (int i = 0; i < 18; i++)
		begun += !begin("anna", "192.0.2.1");
	assert_int_equal(begun, OHTD_BACKOFF_FREE + 1);
	for (unsigned int i = 0; i < begun; i++)
		end("anna", "192.0.2.1", OHTD_BACKOFF_FAILED);
	assert_true(wait_s("anna", "192.0.2.1"));
}

static void success_clears_and_trouble_counts_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < OHTD_BACKOFF_FREE; i++)
		guess("anna", "192.0.2.1");
	succeed("anna", "192.0.2.1");
	for (int i = 0; i < OHTD_BACKOFF_FREE; i++)
		assert_true(guess("anna", "192.0.2.1"));
	assert_int_equal(wait_s("anna", "192.0.2.1"), 0);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(begin("anna", "192.0.2.1"), 0);
		end("anna", "192.0.2.1", OHTD_BACKOFF_UNJUDGED);
	}
	assert_int_equal(wait_s("anna", "192.0.2.1"), 0);
}

/* A right PIN, whose check a slow disk holds up: it takes nothing of what a guess of the password has failed beside it. */
static void what_is_not_judged_ends_no_wait_of_others(void **state)
{
	(void)state;
	for (int i = 0; i < OHTD_BACKOFF_FREE; i++)
		guess("anna", "192.0.2.1");
	assert_int_equal(begin("anna", "192.0.2.1"), 0);
	now_ns += OHTD_NS_PER_S;
	assert_true(guess("anna", "192.0.2.1"));
	assert_in_range(wait_s("anna", "192.0.2.1"), 2, 3);
	end("anna", "192.0.2.1", OHTD_BACKOFF_UNJUDGED);
	assert_in_range(wait_s("anna", "192.0.2.1"), 2, 3);
	now_ns += 2 * OHTD_NS_PER_S;
	/* Nor of a guess that is under way. */
	assert_int_equal(begin("anna", "192.0.2.1"), 0);
	now_ns += 2 * OHTD_NS_PER_S;
	assert_int_equal(begin("anna", "192.0.2.1"), 0);
	end("anna", "192.0.2.1", OHTD_BACKOFF_UNJUDGED);
	assert_true(wait_s("anna", "192.0.2.1"));
	end("anna", "192.0.2.1", OHTD_BACKOFF_FAILED);
	now_ns += OHTD_BACKOFF_MAX_S * OHTD_NS_PER_S;
	/* Alone it leaves no wait of its own. */
	assert_int_equal(begin("anna", "192.0.2.1"), 0);
	end("anna", "192.0.2.1", OHTD_BACKOFF_UNJUDGED);
	assert_int_equal(wait_s("anna", "192.0.2.1"), 0);
}

static void forgotten_after_a_quarter_of_an_hour(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		guess("anna", "192.0.2.1");
	now_ns += (OHTD_BACKOFF_FORGET_S + 1) * OHTD_NS_PER_S;
	for (int i = 0; i < OHTD_BACKOFF_FREE; i++) {
		assert_true(guess("anna", "192.0.2.1"));
		assert_int_equal(wait_s("anna", "192.0.2.1"), 0);
	}
}

static unsigned int guesses_with_other_names(const char *address, int tries)
{
	unsigned int through = 0;
	char name[32];

	for (int i = 0; i < tries; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		through += guess(name, address);
	}
	return through;
}

static void other_names_do_not_help(void **state)
{
	(void)state;
	assert_int_equal(guesses_with_other_names("192.0.2.1", 1000), OHTD_BACKOFF_ADDRESS_FREE);
	assert_int_equal(wait_s("anna", "192.0.2.2"), 0);
	now_ns += OHTD_BACKOFF_ADDRESS_S * OHTD_NS_PER_S;
	assert_int_equal(guesses_with_other_names("192.0.2.1", 1000), 1);
	/* And none of it is kept for long. */
	now_ns += (OHTD_BACKOFF_ADDRESS_FREE + 1) * OHTD_BACKOFF_ADDRESS_S * OHTD_NS_PER_S;
	assert_int_equal(guesses_with_other_names("192.0.2.1", 1000), OHTD_BACKOFF_ADDRESS_FREE);
}

static void logins_that_succeed_never_wait(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		succeed("anna", "192.0.2.1");
	assert_int_equal(wait_s("anna", "192.0.2.1"), 0);
}

static void one_network_of_ipv6_is_one_address(void **state)
{
	unsigned int through = 0;
	char address[64];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(address, sizeof(address), "2001:db8:0:1:%x::1", i);
		through += guesses_with_other_names(address, 1);
	}
	assert_true(through <= OHTD_BACKOFF_ADDRESS_FREE);
	assert_int_equal(wait_s("anna", "2001:db8:0:2::1"), 0);
}

/* One guess per address and half a minute; who has not failed is let in. */
static void many_addresses_slow_all_who_have_failed(void **state)
{
	unsigned int through = 0;
	char address[64];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "127.0.%d.%d", i / 250, i % 250 + 1);
		through += guess("anna", address);
	}
	assert_int_equal(through, 200);
	for (int i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), "127.0.%d.%d", i / 250, i % 250 + 1);
		assert_true(wait_s("anna", address));
	}
	assert_int_equal(wait_s("anna", "192.0.2.1"), 0);
	succeed("anna", "192.0.2.1");
	succeed("anna", "192.0.2.1");
	now_ns += 2 * OHTD_BACKOFF_ALL_FREE * OHTD_BACKOFF_ALL_S * OHTD_NS_PER_S;
	assert_int_equal(wait_s("anna", "127.0.0.1"), 0);
}

/* Who has guessed often is not forgotten for the sake of others who have guessed once. */
static void flood_does_not_push_an_attacker_out(void **state)
{
	char address[64];

	(void)state;
	for (int i = 0; i < 6; i++) {
		guess("anna", "192.0.2.1");
		now_ns += 3 * OHTD_NS_PER_S;
	}
	guess("anna", "192.0.2.1");
	assert_true(wait_s("anna", "192.0.2.1"));
	for (int i = 0; i < 5000; i++) {
		snprintf(address, sizeof(address), "127.%d.%d.1", i / 250, i % 250);
		guess("anna", address);
	}
	assert_true(wait_s("anna", "192.0.2.1"));
}

/* The account at that address, until it fails there; the newest of them. */
static void who_has_logged_in_is_familiar(void **state)
{
	char address[64];

	(void)state;
	assert_false(ohtd_auth_backoff_is_familiar(backoff, "anna", "192.0.2.1"));
	succeed("anna", "192.0.2.1");
	assert_true(ohtd_auth_backoff_is_familiar(backoff, "Anna", "192.0.2.1"));
	assert_false(ohtd_auth_backoff_is_familiar(backoff, "anna", "192.0.2.2"));
	assert_false(ohtd_auth_backoff_is_familiar(backoff, "bert", "192.0.2.1"));
	guess("anna", "192.0.2.2");
	assert_true(ohtd_auth_backoff_is_familiar(backoff, "anna", "192.0.2.1"));
	guess("anna", "192.0.2.1");
	assert_false(ohtd_auth_backoff_is_familiar(backoff, "anna", "192.0.2.1"));
	succeed("anna", "2001:db8::1");
	assert_true(ohtd_auth_backoff_is_familiar(backoff, "anna", "2001:db8::2"));
	for (int i = 0; i < OHTD_BACKOFF_FAMILIAR; i++) {
		assert_true(ohtd_auth_backoff_is_familiar(backoff, "anna", "2001:db8::1"));
		snprintf(address, sizeof(address), "127.0.0.%d", i + 1);
		succeed("bert", address);
	}
	assert_false(ohtd_auth_backoff_is_familiar(backoff, "anna", "2001:db8::1"));
	assert_true(ohtd_auth_backoff_is_familiar(backoff, "bert", "127.0.0.1"));
}

/* Two threads: the one that looked at the clock first comes second. */
static void a_thread_that_comes_late_forgets_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < OHTD_BACKOFF_FREE; i++)
		assert_true(guess("anna", "192.0.2.1"));
	now_ns -= 1000;
	assert_true(guess("anna", "192.0.2.1"));
	now_ns += 1000;
	assert_false(guess("anna", "192.0.2.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(waits_grow_and_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_thread_that_comes_late_forgets_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_has_logged_in_is_familiar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(burst_gets_no_more_guesses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(success_clears_and_trouble_counts_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_judged_ends_no_wait_of_others, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(forgotten_after_a_quarter_of_an_hour, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_names_do_not_help, set_up, tear_down),
		cmocka_unit_test_setup_teardown(logins_that_succeed_never_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_network_of_ipv6_is_one_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_addresses_slow_all_who_have_failed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(flood_does_not_push_an_attacker_out, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
