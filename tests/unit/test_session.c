// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions: log-in, renewal, and how long they live, whatever the clock and the process do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>

#include "session_fixture.h"
#include "store/store.h"
#include "store_fixture.h"

/* ---- log-in ---- */

static void right_password_gives_a_token(void **state)
{
	struct ohtd_principal who;
	struct ohtd_grant grant;

	(void)state;
	login(&grant);
	assert_int_equal(strlen(grant.refresh_token.revealed), OHTD_REFRESH_CHARS);
	assert_int_equal(ohtd_auth_check(auth, grant.access_token, "192.0.2.7", &who), OHTD_TOKEN_GOOD);
	assert_string_equal(who.user, "anna");
	assert_int_equal(who.role, OHTD_ROLE_OPERATOR);
	assert_int_equal(who.user_id, anna_id);
	forget(&grant, 1);
}

/* The work is what one hash of that method and cost takes; no time is compared. */
static void unknown_name_costs_the_same_work(void **state)
{
	static const char *const names[] = { "anna", "nobody", "anna" };
	struct ohtd_credentials credentials;
	struct ohtd_grant grant;

	(void)state;
	session_stop();
	store_run_sql("UPDATE users SET password_hash = replace(password_hash, '$2b$04$', '$2b$12$')");
	session_start();
	for (unsigned int i = 0; i < 3; i++) {
		credentials = credentials_of(names[i], "wrong");
		atomic_store(&hashes, 0);
		assert_int_equal(ohtd_auth_login(auth, &credentials, &grant), OHTD_AUTH_REFUSED);
		assert_int_equal(atomic_load(&hashes), 1);
		assert_string_equal(hashed_by, "$2b$12$");
	}
}

/* The second look, when the check begins: no password is looked at during a wait. */
static void failures_make_wait_but_never_lock(void **state)
{
	struct ohtd_grant grant;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(ohtd_auth_wait_s(auth, "anna", "192.0.2.1"), 0);
		assert_int_equal(login_with("wrong", &grant), OHTD_AUTH_REFUSED);
	}
	assert_in_range(ohtd_auth_wait_s(auth, "ANNA", "192.0.2.1"), 1, 2);
	atomic_store(&hashes, 0);
	assert_int_equal(login_with("correct horse", &grant), OHTD_AUTH_TOO_MANY);
	assert_in_range(grant.wait_s, 1, 2);
	assert_int_equal(atomic_load(&hashes), 0);
	assert_int_equal(ohtd_auth_wait_s(auth, "anna", "192.0.2.2"), 0);
	/* The time of day is no way out, and no way in. */
	atomic_fetch_add(&manual.realtime_ns, 3600 * (int64_t)OHTD_NS_PER_S);
	assert_int_equal(login_with("correct horse", &grant), OHTD_AUTH_TOO_MANY);
	atomic_fetch_sub(&manual.realtime_ns, 7200 * (int64_t)OHTD_NS_PER_S);
	ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S);
	login(&grant);
	forget(&grant, 1);
}

static void agents_are_cut_and_cleaned(void **state)
{
	char agent[OHTD_AGENT_BYTES], text[300];

	(void)state;
	ohtd_agent_set(agent, "a\r\nSet-Cookie: x\x7f\xc3\xa4<b>", 22);
	assert_string_equal(agent, "a?" "?Set-Cookie: x?" "?" "?<b>");
	memset(text, 'x', sizeof(text));
	ohtd_agent_set(agent, text, sizeof(text));
	assert_int_equal(strlen(agent), OHTD_AGENT_BYTES - 1);
	ohtd_agent_set(agent, "", 0);
	assert_string_equal(agent, "");
}

/* ---- families of refresh tokens ---- */

#define CHAIN	6

/* A log-in and the tokens after it. */
static void make_chain(struct ohtd_grant *chain)
{
	login(&chain[0]);
	for (int i = 1; i < CHAIN; i++) {
		assert_int_equal(refresh(&chain[i - 1], &chain[i]), OHTD_AUTH_GRANTED);
		assert_string_not_equal(chain[i].refresh_token.revealed,
					chain[i - 1].refresh_token.revealed);
		assert_string_equal(chain[i].who.session, chain[0].who.session);
		ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	}
}

/* However often it was replaced since: the thief rotates, and the owner's old token comes again. */
static void every_older_generation_ends_the_session(void **state)
{
	struct ohtd_grant chain[CHAIN], more;

	(void)state;
	for (int old = 0; old < CHAIN - 1; old++) {
		make_chain(chain);
		assert_int_equal(check(&chain[CHAIN - 1]), OHTD_TOKEN_GOOD);
		assert_int_equal(refresh(&chain[old], &more), OHTD_AUTH_REFUSED);
		for (int i = 0; i < CHAIN; i++) {
			assert_int_equal(check(&chain[i]), OHTD_TOKEN_REVOKED);
			assert_int_equal(refresh(&chain[i], &more), OHTD_AUTH_REFUSED);
		}
		session_restart();
		assert_int_equal(check(&chain[CHAIN - 1]), OHTD_TOKEN_REVOKED);
		assert_int_equal(refresh(&chain[CHAIN - 1], &more), OHTD_AUTH_REFUSED);
		forget(chain, CHAIN);
	}
}

/* A lost answer, or a second tab: the same successor, for ten seconds, also over a restart. */
static void the_replaced_token_gives_the_same_successor_at_once(void **state)
{
	struct ohtd_grant first, second, again, third;

	(void)state;
	login(&first);
	assert_int_equal(refresh(&first, &second), OHTD_AUTH_GRANTED);
	ohtd_manual_clock_advance(&manual, 5 * OHTD_NS_PER_S);
	assert_int_equal(refresh(&first, &again), OHTD_AUTH_GRANTED);
	assert_string_equal(again.refresh_token.revealed, second.refresh_token.revealed);
	assert_int_equal(check(&again), OHTD_TOKEN_GOOD);
	forget(&again, 1);
	/* A step of the time of day neither shortens nor prolongs it. */
	atomic_fetch_add(&manual.realtime_ns, (int64_t)DAY_NS);
	session_restart();
	assert_int_equal(refresh(&first, &again), OHTD_AUTH_GRANTED);
	assert_string_equal(again.refresh_token.revealed, second.refresh_token.revealed);
	atomic_fetch_sub(&manual.realtime_ns, 2 * (int64_t)DAY_NS);
	ohtd_manual_clock_advance(&manual, 5 * OHTD_NS_PER_S);
	assert_int_equal(refresh(&first, &third), OHTD_AUTH_REFUSED);
	assert_int_equal(refresh(&second, &third), OHTD_AUTH_REFUSED);
	assert_int_equal(check(&second), OHTD_TOKEN_REVOKED);
	forget(&first, 1);
	forget(&second, 1);
	forget(&again, 1);
}

/* The disk took longer than the client waits: it comes again with the token that it has. */
static void a_late_answer_leaves_as_much_time_as_any(void **state)
{
	struct ohtd_grant first, second, again;

	(void)state;
	login(&first);
	assert_int_equal(refresh_slowly(&first, &second, 15 * OHTD_NS_PER_S), OHTD_AUTH_GRANTED);
	ohtd_manual_clock_advance(&manual, 9 * OHTD_NS_PER_S);
	assert_int_equal(refresh(&first, &again), OHTD_AUTH_GRANTED);
	assert_string_equal(again.refresh_token.revealed, second.refresh_token.revealed);
	forget(&again, 1);
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	assert_int_equal(refresh(&first, &again), OHTD_AUTH_REFUSED);
	assert_int_equal(check(&second), OHTD_TOKEN_REVOKED);
	forget(&first, 1);
	forget(&second, 1);
}

/* As soon as the successor was used, the answer was not lost. */
static void once_the_successor_was_used_the_token_before_is_spent(void **state)
{
	struct ohtd_grant first, second, third, more;

	(void)state;
	login(&first);
	refresh(&first, &second);
	refresh(&second, &third);
	assert_int_equal(refresh(&first, &more), OHTD_AUTH_REFUSED);
	assert_int_equal(check(&third), OHTD_TOKEN_REVOKED);
	forget(&first, 1);
	forget(&second, 1);
	forget(&third, 1);
}

static void another_boot_gives_no_successor_again(void **state)
{
	struct ohtd_grant first, second, more;

	(void)state;
	login(&first);
	refresh(&first, &second);
	session_reboot(OHTD_NS_PER_S);
	assert_int_equal(refresh(&first, &more), OHTD_AUTH_REFUSED);
	assert_int_equal(refresh(&second, &more), OHTD_AUTH_REFUSED);
	forget(&first, 1);
	forget(&second, 1);
}

/* Nobody ends a session with a token that was not ours. */
static void forged_tokens_are_refused_and_end_nothing(void **state)
{
	static const char *const nonsense[] = { "", "x", "' OR 1=1 --",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct ohtd_grant first, second, forged, more;

	(void)state;
	login(&first);
	refresh(&first, &second);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		ohtd_secret_set(&forged.refresh_token, nonsense[i]);
		assert_int_equal(refresh(&forged, &more), OHTD_AUTH_REFUSED);
	}
	for (int i = 0; i < OHTD_REFRESH_CHARS; i++) {
		char *c = &forged.refresh_token.revealed[i];

		forged = first;
		*c = *c == 'A' ? 'B' : 'A';
		assert_int_equal(refresh(&forged, &more), OHTD_AUTH_REFUSED);
		*c = '+';
		assert_int_equal(refresh(&forged, &more), OHTD_AUTH_REFUSED);
		*c = 0;
		assert_int_equal(refresh(&forged, &more), OHTD_AUTH_REFUSED);
	}
	assert_int_equal(check(&second), OHTD_TOKEN_GOOD);
	assert_int_equal(refresh(&second, &more), OHTD_AUTH_GRANTED);
	forget(&first, 1);
	forget(&second, 1);
	forget(&more, 1);
}

static void another_key_makes_other_tokens(void **state)
{
	static const unsigned char other[OHTD_TOKEN_KEY_BYTES] = "fedcba9876543210fedcba987654321";
	struct ohtd_tokens *others = ohtd_tokens_create(other, sizeof(other), &wall);
	char session[OHTD_SESSION_ID_BYTES];
	struct ohtd_grant grant;
	int64_t generation;

	(void)state;
	login(&grant);
	assert_true(ohtd_refresh_token_read(tokens, &grant.refresh_token, session, &generation));
	assert_string_equal(session, grant.who.session);
	assert_int_equal(generation, 1);
	assert_false(ohtd_refresh_token_read(others, &grant.refresh_token, session, &generation));
	ohtd_tokens_destroy(others);
	forget(&grant, 1);
}

#define TABS	8

struct tab {
	const struct ohtd_grant *from;
	struct ohtd_grant grant;
	enum ohtd_auth_result result;
};

static void *renew_in_tab(void *arg)
{
	struct tab *tab = arg;

	tab->result = refresh(tab->from, &tab->grant);
	return NULL;
}

/* Tabs that renew at the same time: one successor for all, and the session lives. */
static void tabs_that_renew_together_share_one_successor(void **state)
{
	pthread_t threads[TABS];
	struct tab tabs[TABS];
	struct ohtd_grant from, next;

	(void)state;
	login(&from);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < TABS; i++) {
			tabs[i].from = &from;
			assert_int_equal(pthread_create(&threads[i], NULL, renew_in_tab, &tabs[i]), 0);
		}
		for (int i = 0; i < TABS; i++)
			pthread_join(threads[i], NULL);
		for (int i = 0; i < TABS; i++) {
			assert_int_equal(tabs[i].result, OHTD_AUTH_GRANTED);
			assert_string_equal(tabs[i].grant.refresh_token.revealed,
					    tabs[0].grant.refresh_token.revealed);
			assert_int_equal(check(&tabs[i].grant), OHTD_TOKEN_GOOD);
		}
		next = tabs[0].grant;
		for (int i = 1; i < TABS; i++)
			forget(&tabs[i].grant, 1);
		forget(&from, 1);
		from = next;
	}
	assert_int_equal(store_ask_sql("SELECT generation FROM sessions"), 21);
	forget(&from, 1);
}

/* ---- how long ---- */

static void a_session_lives_a_week_whatever_the_time_of_day_does(void **state)
{
	struct ohtd_grant grant, next;

	(void)state;
	login(&grant);
	ohtd_manual_clock_advance(&manual, 6 * DAY_NS);
	atomic_fetch_add(&manual.realtime_ns, 1000 * (int64_t)DAY_NS);
	assert_int_equal(refresh(&grant, &next), OHTD_AUTH_GRANTED);
	assert_int_equal(next.refresh_expires_in_s, 24 * 3600);
	forget(&grant, 1);
	atomic_fetch_sub(&manual.realtime_ns, 2000 * (int64_t)DAY_NS);
	assert_int_equal(check(&next), OHTD_TOKEN_GOOD);
	ohtd_manual_clock_advance(&manual, DAY_NS);
	assert_int_equal(check(&next), OHTD_TOKEN_REVOKED);
	assert_int_equal(refresh(&next, &grant), OHTD_AUTH_REFUSED);
	atomic_fetch_add(&manual.realtime_ns, 2000 * (int64_t)DAY_NS);
	session_restart();
	assert_int_equal(check(&next), OHTD_TOKEN_REVOKED);
	forget(&next, 1);
}

static void a_session_goes_on_after_a_reboot_for_the_rest_of_its_time(void **state)
{
	struct ohtd_grant grant, next;

	(void)state;
	login(&grant);
	session_reboot(3 * DAY_NS);
	assert_int_equal(refresh(&grant, &next), OHTD_AUTH_GRANTED);
	assert_in_range(next.refresh_expires_in_s, 3 * 24 * 3600, 4 * 24 * 3600);
	forget(&grant, 1);
	forget(&next, 1);
	login(&grant);
	session_reboot(8 * DAY_NS);
	assert_int_equal(refresh(&grant, &next), OHTD_AUTH_REFUSED);
	forget(&grant, 1);
}

/* Before the network says what time it is, such a machine is in the past. */
static void a_clock_in_the_past_after_a_reboot_prolongs_nothing_beyond_a_week(void **state)
{
	struct ohtd_grant grant, next;

	(void)state;
	login(&grant);
	session_stop();
	store_run_sql("UPDATE sessions SET boot_id = 'another'");
	atomic_store(&manual.now_ns, 5 * OHTD_NS_PER_S);
	atomic_store(&manual.realtime_ns, 1000 * (int64_t)OHTD_NS_PER_S);
	session_start();
	assert_int_equal(refresh(&grant, &next), OHTD_AUTH_GRANTED);
	assert_in_range(next.refresh_expires_in_s, 1, 7 * 24 * 3600);
	/* From the renewal on the time of day is not asked any more. */
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	atomic_store(&manual.realtime_ns, (STORE_NOW_S + 30 * 86400) * (int64_t)OHTD_NS_PER_S);
	assert_int_equal(check(&next), OHTD_TOKEN_GOOD);
	forget(&grant, 1);
	assert_int_equal(refresh(&next, &grant), OHTD_AUTH_GRANTED);
	forget(&grant, 1);
	forget(&next, 1);
}

/*
 * A log-in by a clock that was ahead: its week is over all the same, however often the machine is
 * rebooted.
 */
static void a_clock_that_was_ahead_gives_no_week_at_each_boot(void **state)
{
	const int64_t ahead_ns = 1000 * (int64_t)DAY_NS;
	struct ohtd_grant grant, next;
	unsigned int boot;

	(void)state;
	atomic_fetch_add(&manual.realtime_ns, ahead_ns);
	login(&grant);
	atomic_fetch_sub(&manual.realtime_ns, ahead_ns);
	for (boot = 0; refresh(&grant, &next) == OHTD_AUTH_GRANTED; boot++) {
		assert_in_range(boot, 0, 4);
		forget(&grant, 1);
		grant = next;
		session_reboot(2 * DAY_NS);
	}
	/* The first renewal is by that clock, too. */
	assert_int_equal(boot, 5);
	forget(&grant, 1);
}

/* ---- who, for the kernel's journal ---- */

static void a_tag_says_who(void **state)
{
	static const uint32_t uids[] = { 0, 1000, UINT32_MAX };
	struct ohtd_principal who = { .user_id = 4711 };
	uint32_t uid;

	(void)state;
	assert_int_equal(ohtd_principal_tag(&who), 4711);
	assert_false(ohtd_uid_of_tag(4711, &uid));
	assert_false(ohtd_uid_of_tag(0, &uid));
	who.local = true;
	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		who.uid = uids[i];
		assert_true(ohtd_uid_of_tag(ohtd_principal_tag(&who), &uid));
		assert_int_equal(uid, uids[i]);
		assert_false(ohtd_uid_of_tag(ohtd_principal_tag(&who) | 1ull << 63, &uid));
	}
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, session_set_up, session_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(right_password_gives_a_token),
		CASE(unknown_name_costs_the_same_work),
		CASE(failures_make_wait_but_never_lock),
		CASE(agents_are_cut_and_cleaned),
		CASE(every_older_generation_ends_the_session),
		CASE(the_replaced_token_gives_the_same_successor_at_once),
		CASE(a_late_answer_leaves_as_much_time_as_any),
		CASE(once_the_successor_was_used_the_token_before_is_spent),
		CASE(another_boot_gives_no_successor_again),
		CASE(forged_tokens_are_refused_and_end_nothing),
		CASE(another_key_makes_other_tokens),
		CASE(tabs_that_renew_together_share_one_successor),
		CASE(a_session_lives_a_week_whatever_the_time_of_day_does),
		CASE(a_session_goes_on_after_a_reboot_for_the_rest_of_its_time),
		CASE(a_clock_that_was_ahead_gives_no_week_at_each_boot),
		CASE(a_clock_in_the_past_after_a_reboot_prolongs_nothing_beyond_a_week),
		CASE(a_tag_says_who),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
