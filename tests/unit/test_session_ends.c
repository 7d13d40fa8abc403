// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions: what has ended has ended, at once and for good. */
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

#include "accounts/pins.h"
#include "session_fixture.h"
#include "store/sql.h"
#include "store/store.h"
#include "store_fixture.h"

/* ---- ends ---- */

/* For the stop: an access token that is too old counts while its session lives, and no longer. */
static void an_old_access_token_is_revoked_with_its_session(void **state)
{
	struct ohtd_grant ended, lives;

	(void)state;
	login(&ended);
	login(&lives);
	ohtd_manual_clock_advance(&manual, DAY_NS);
	assert_int_equal(check(&ended), OHTD_TOKEN_EXPIRED);
	assert_int_equal(end_session(ended.who.session, 0), 0);
	assert_int_equal(end_session(ended.who.session, 0), -ENOENT);
	for (int day = 0; day < 4; day++) {
		assert_int_equal(check(&ended), OHTD_TOKEN_REVOKED);
		assert_int_equal(check(&lives), OHTD_TOKEN_EXPIRED);
		ohtd_manual_clock_advance(&manual, DAY_NS);
		session_restart();
	}
	forget(&ended, 1);
	forget(&lives, 1);
}

static void nobody_ends_the_session_of_another(void **state)
{
	struct ohtd_grant grant;

	(void)state;
	login(&grant);
	assert_int_equal(end_session(grant.who.session, anna_id + 1), -ENOENT);
	assert_int_equal(check(&grant), OHTD_TOKEN_GOOD);
	assert_int_equal(end_session("", 0), -ENOENT);
	assert_int_equal(end_session(grant.who.session, anna_id), 0);
	assert_int_equal(check(&grant), OHTD_TOKEN_REVOKED);
	forget(&grant, 1);
}

/* More than the store keeps: what it drops has no good token either, at once and after a change. */
static void sessions_that_were_pushed_out_are_over(void **state)
{
	static struct ohtd_grant grants[OHTD_SESSIONS_PER_USER + 8];
	int count = OHTD_SESSIONS_PER_USER + 8;

	(void)state;
	for (int i = 0; i < count; i++)
		login(&grants[i]);
	for (int i = 0; i < count; i++)
		assert_int_equal(check(&grants[i]), i < 8 ? OHTD_TOKEN_REVOKED : OHTD_TOKEN_GOOD);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM sessions"), OHTD_SESSIONS_PER_USER);
	order_change((struct ohtd_user_change){ .disabled = 1 });
	for (int i = 0; i < count; i++)
		assert_int_equal(check(&grants[i]), OHTD_TOKEN_REVOKED);
	forget(grants, count);
}

static void every_change_of_the_account_ends_all(void **state)
{
	static const struct ohtd_user_change changes[] = {
		{ .disabled = -1, .password_hash = NULL, .role = OHTD_ROLE_VIEWER },
		{ .disabled = 1 }, { .disabled = 0 }, { .disabled = -1 },
		{ .disabled = -1, .deleted = true },
	};
	struct ohtd_grant grant, more;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		enum ohtd_auth_result result = login_with("correct horse", &grant);

		if (changes[i].disabled == 0) {
			assert_int_equal(result, OHTD_AUTH_REFUSED);
			order_change(changes[i]);
			continue;
		}
		assert_int_equal(result, OHTD_AUTH_GRANTED);
		order_change(changes[i]);
		assert_int_equal(check(&grant), OHTD_TOKEN_REVOKED);
		assert_int_equal(refresh(&grant, &more), OHTD_AUTH_REFUSED);
		session_restart();
		assert_int_equal(check(&grant), OHTD_TOKEN_REVOKED);
		assert_int_equal(refresh(&grant, &more), OHTD_AUTH_REFUSED);
		forget(&grant, 1);
	}
	assert_int_equal(login_with("correct horse", &grant), OHTD_AUTH_REFUSED);
}


static void *change_roles(void *arg)
{
	atomic_bool *done = arg;

	for (int i = 0; i < 60; i++)
		order_change((struct ohtd_user_change){
			.disabled = -1, .role = i % 2 ? OHTD_ROLE_OPERATOR : OHTD_ROLE_VIEWER });
	atomic_store(done, true);
	return NULL;
}

/* What is good afterwards has a row of the present epoch, and the other way round. */
static void logins_beside_changes_leave_no_session_behind(void **state)
{
	static struct ohtd_grant grants[2000];
	atomic_bool done = false;
	pthread_t thread;
	int count = 0, good = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, change_roles, &done), 0);
	while (!atomic_load(&done) && count < 2000)
		if (login_with("correct horse", &grants[count]) == OHTD_AUTH_GRANTED)
			count++;
	pthread_join(thread, NULL);
	for (int i = 0; i < count; i++) {
		bool lives = check(&grants[i]) == OHTD_TOKEN_GOOD;

		good += lives;
		if (lives)
			assert_int_equal(grants[i].who.epoch, 61);
	}
	assert_int_equal(store_ask_sql("SELECT count(*) FROM sessions s JOIN users u"
				       " ON u.id = s.user_id AND u.epoch = s.epoch"), good);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM sessions"), good);
	forget(grants, count);
}

/* ---- the own password ---- */

static enum ohtd_auth_result change_password(const struct ohtd_grant *by, const char *old,
					     const char *fresh, struct ohtd_grant *grant)
{
	struct ohtd_credentials credentials = credentials_of("anna", old);
	struct ohtd_password_new password = { .user = "" };

	ohtd_secret_set(&password.secret, fresh);
	return ohtd_auth_change_password(auth, &by->who, &credentials, &password, grant);
}

static void a_new_password_keeps_only_the_session_that_set_it(void **state)
{
	struct ohtd_grant mine, other, fresh, more;

	(void)state;
	login(&other);
	login(&mine);
	assert_int_equal(change_password(&mine, "correct horse", "battery staple", &fresh),
			 OHTD_AUTH_GRANTED);
	assert_string_equal(fresh.who.session, mine.who.session);
	assert_int_equal(check(&fresh), OHTD_TOKEN_GOOD);
	assert_int_equal(check(&mine), OHTD_TOKEN_REVOKED);
	assert_int_equal(check(&other), OHTD_TOKEN_REVOKED);
	assert_int_equal(refresh(&other, &more), OHTD_AUTH_REFUSED);
	session_restart();
	assert_int_equal(check(&fresh), OHTD_TOKEN_GOOD);
	assert_int_equal(refresh(&fresh, &more), OHTD_AUTH_GRANTED);
	forget(&more, 1);
	assert_int_equal(login_with("correct horse", &more), OHTD_AUTH_REFUSED);
	assert_int_equal(login_with("battery staple", &more), OHTD_AUTH_GRANTED);
	forget(&more, 1);
	forget(&mine, 1);
	forget(&other, 1);
	forget(&fresh, 1);
}

/* Whoever has copied a refresh token before the password was changed gets nothing by it. */
static void a_new_password_spends_the_refresh_token_at_once(void **state)
{
	struct ohtd_grant mine, fresh, more;

	(void)state;
	login(&mine);
	change_password(&mine, "correct horse", "battery staple", &fresh);
	assert_int_equal(refresh(&mine, &more), OHTD_AUTH_REFUSED);
	assert_int_equal(check(&fresh), OHTD_TOKEN_REVOKED);
	forget(&mine, 1);
	forget(&fresh, 1);
}

/* A token that was just replaced may come again for some seconds, but not beyond a new password. */
static void a_new_password_spends_the_token_of_a_moment_before_too(void **state)
{
	struct ohtd_grant first, second, fresh, more;

	(void)state;
	login(&first);
	assert_int_equal(refresh(&first, &second), OHTD_AUTH_GRANTED);
	assert_int_equal(change_password(&second, "correct horse", "battery staple", &fresh),
			 OHTD_AUTH_GRANTED);
	assert_int_equal(refresh(&second, &more), OHTD_AUTH_REFUSED);
	assert_int_equal(check(&fresh), OHTD_TOKEN_REVOKED);
	forget(&first, 1);
	forget(&second, 1);
	forget(&fresh, 1);
}

static int work_renew(struct ohtd_db *db, void *renewal)
{
	return ohtd_db_session_renew(db, renewal);
}

/* The same where the password is changed in the middle of a renewal: before its turn at the store, and behind it. */
static void a_renewal_beside_a_new_password_leaves_nothing_behind(void **state)
{
	static const char *const passwords[] = { "correct horse", "battery staple", "third of them" };

	(void)state;
	for (int behind = 0; behind < 2; behind++) {
		struct ohtd_grant first, second, fresh, granted, more;
		struct ohtd_renewal renewal;
		int r = 0;

		assert_int_equal(login_with(passwords[behind], &first), OHTD_AUTH_GRANTED);
		assert_int_equal(refresh(&first, &second), OHTD_AUTH_GRANTED);
		assert_true(ohtd_auth_renewal_begin(auth, &second.refresh_token, &renewal));
		if (behind)
			r = ohtd_store_call(store, work_renew, &renewal);
		assert_int_equal(change_password(&second, passwords[behind], passwords[behind + 1],
						 &fresh), OHTD_AUTH_GRANTED);
		if (!behind)
			r = ohtd_store_call(store, work_renew, &renewal);
		if (ohtd_auth_renewal_end(auth, &renewal, r, &granted) == OHTD_AUTH_GRANTED) {
			assert_true(behind);
			assert_int_equal(check(&granted), OHTD_TOKEN_REVOKED);
			assert_int_equal(refresh(&granted, &more), OHTD_AUTH_REFUSED);
		}
		assert_int_equal(check(&fresh), OHTD_TOKEN_REVOKED);
		forget(&first, 1);
		forget(&second, 1);
		forget(&fresh, 1);
		forget(&granted, 1);
	}
}

static void a_wrong_password_changes_nothing_and_is_counted(void **state)
{
	struct ohtd_grant mine, more;

	(void)state;
	login(&mine);
	for (int i = 0; i < 4; i++)
		assert_int_equal(change_password(&mine, "wrong", "battery staple", &more),
				 OHTD_AUTH_REFUSED);
	assert_int_equal(change_password(&mine, "correct horse", "battery staple", &more),
			 OHTD_AUTH_TOO_MANY);
	assert_int_equal(check(&mine), OHTD_TOKEN_GOOD);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	assert_int_equal(login_with("correct horse", &more), OHTD_AUTH_GRANTED);
	forget(&more, 1);
	forget(&mine, 1);
}

/* An administrator was faster: the session that asks has ended, so nothing is changed. */
static void a_password_of_an_account_that_changed_meanwhile_is_not_set(void **state)
{
	struct ohtd_grant mine, more;

	(void)state;
	login(&mine);
	order_change((struct ohtd_user_change){ .disabled = -1 });
	assert_int_equal(change_password(&mine, "correct horse", "battery staple", &more),
			 OHTD_AUTH_CHANGED);
	assert_int_equal(login_with("correct horse", &more), OHTD_AUTH_GRANTED);
	assert_int_equal(end_session(more.who.session, 0), 0);
	forget(&mine, 1);
	mine = more;
	assert_int_equal(change_password(&mine, "correct horse", "battery staple", &more),
			 OHTD_AUTH_CHANGED);
	assert_int_equal(login_with("correct horse", &more), OHTD_AUTH_GRANTED);
	forget(&more, 1);
	forget(&mine, 1);
}

/* ---- elevation ---- */

#define ELEVATED_NS	(300 * OHTD_NS_PER_S)
#define MS_NS		OHTD_NS_PER_MS

static enum ohtd_auth_result elevate(const struct ohtd_grant *by, const char *password)
{
	struct ohtd_credentials credentials = credentials_of("anna", password);
	/* A copy, as a request has: @by may become another one meanwhile. */
	struct ohtd_principal who = by->who;
	struct ohtd_grant none;
	enum ohtd_auth_result result = ohtd_auth_elevate(auth, &who, &credentials, &none);

	assert_null(none.access_token);
	return result;
}

static int64_t elevated_ms(const struct ohtd_grant *by)
{
	return ohtd_auth_elevated_ms(auth, &by->who);
}

/* Neither the time of day nor a renewal changes it; each right password begins anew. */
static void a_session_alone_is_elevated_for_five_minutes(void **state)
{
	struct ohtd_grant mine, other, renewed;

	(void)state;
	login(&mine);
	login(&other);
	assert_int_equal(elevated_ms(&mine), 0);
	assert_int_equal(elevate(&mine, "correct horse"), OHTD_AUTH_GRANTED);
	assert_int_equal(elevated_ms(&mine), 300000);
	assert_int_equal(elevated_ms(&other), 0);
	ohtd_manual_clock_advance(&manual, 200 * OHTD_NS_PER_S);
	assert_int_equal(elevate(&mine, "correct horse"), OHTD_AUTH_GRANTED);
	atomic_fetch_add(&manual.realtime_ns, (int64_t)DAY_NS);
	assert_int_equal(refresh(&mine, &renewed), OHTD_AUTH_GRANTED);
	ohtd_manual_clock_advance(&manual, ELEVATED_NS - MS_NS);
	assert_int_equal(elevated_ms(&renewed), 1);
	ohtd_manual_clock_advance(&manual, MS_NS);
	assert_int_equal(elevated_ms(&renewed), 0);
	assert_int_equal(check(&renewed), OHTD_TOKEN_GOOD);
	forget(&mine, 1);
	forget(&other, 1);
	forget(&renewed, 1);
}

/* It ends with the session and, where the session goes on, with a new password or a restart. */
static void elevation_ends_with_what_it_was_given_for(void **state)
{
	struct ohtd_grant mine, fresh;

	(void)state;
	login(&mine);
	assert_int_equal(elevate(&mine, "correct horse"), OHTD_AUTH_GRANTED);
	ohtd_auth_lower(auth, &mine.who, "192.0.2.1");
	assert_int_equal(elevated_ms(&mine), 0);
	assert_int_equal(elevate(&mine, "correct horse"), OHTD_AUTH_GRANTED);
	assert_int_equal(change_password(&mine, "correct horse", "battery staple", &fresh),
			 OHTD_AUTH_GRANTED);
	assert_int_equal(elevated_ms(&mine), 0);
	assert_int_equal(elevated_ms(&fresh), 0);
	assert_int_equal(elevate(&fresh, "correct horse"), OHTD_AUTH_REFUSED);
	assert_int_equal(elevate(&fresh, "battery staple"), OHTD_AUTH_GRANTED);
	session_restart();
	assert_int_equal(check(&fresh), OHTD_TOKEN_GOOD);
	assert_int_equal(elevated_ms(&fresh), 0);
	assert_int_equal(elevate(&fresh, "battery staple"), OHTD_AUTH_GRANTED);
	order_change((struct ohtd_user_change){ .disabled = -1, .role = OHTD_ROLE_VIEWER });
	assert_int_equal(elevated_ms(&fresh), 0);
	forget(&mine, 1);
	forget(&fresh, 1);
}

static struct ohtd_grant asking;

static void somebody_ends_the_session(void)
{
	assert_int_equal(end_session(asking.who.session, 0), 0);
}

static void somebody_changes_the_role(void)
{
	order_change((struct ohtd_user_change){ .disabled = -1, .role = OHTD_ROLE_VIEWER });
}

/* The same session, in another tab. */
static void its_user_changes_the_password(void)
{
	struct ohtd_grant fresh;

	assert_int_equal(change_password(&asking, "correct horse", "battery staple", &fresh),
			 OHTD_AUTH_GRANTED);
	forget(&asking, 1);
	asking = fresh;
}

/* The password was right, for an account or session that is not what it was any more. */
static void what_changes_while_the_password_is_hashed_is_not_elevated(void **state)
{
	static void (*const acts[])(void) = {
		somebody_ends_the_session, somebody_changes_the_role, its_user_changes_the_password,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		login(&asking);
		meanwhile = acts[i];
		assert_int_equal(elevate(&asking, "correct horse"), OHTD_AUTH_CHANGED);
		assert_null(meanwhile);
		assert_int_equal(elevated_ms(&asking), 0);
		forget(&asking, 1);
	}
}

/* ---- a PIN that ends while it is looked at ---- */

#define PIN	"735194"

static bool pin_ends;

static int work_end_pin(struct ohtd_db *db, void *arg)
{
	(void)arg;
	return ohtd_account_pin_end(db, anna_id);
}

/* An administrator, as soon as the clock is looked at behind the comparison. */
static uint64_t boottime_at_which_the_pin_ends(void *context)
{
	if (pin_ends) {
		pin_ends = false;
		assert_int_equal(ohtd_store_call(store, work_end_pin, NULL), 0);
		ohtd_auth_pin_ended(auth, anna_id);
	}
	return ohtd_clock_manual.boottime_ns(context);
}

static void somebody_ends_the_pin_then(void)
{
	pin_ends = true;
}

static void a_pin_that_ends_behind_its_comparison_elevates_nothing(void **state)
{
	struct ohtd_credentials typed = credentials_of("anna", "correct horse");
	struct ohtd_clock_ops ops = ohtd_clock_manual;
	struct ohtd_grant grant;
	struct ohtd_secret pin;

	(void)state;
	login(&asking);
	ohtd_secret_set(&pin, PIN);
	assert_int_equal(ohtd_auth_pin_set(auth, &asking.who, &typed, &pin, &grant), OHTD_AUTH_GRANTED);
	ohtd_secret_set(&typed.password, PIN);
	ops.boottime_ns = boottime_at_which_the_pin_ends;
	wall.ops = &ops;
	meanwhile = somebody_ends_the_pin_then;
	assert_int_equal(ohtd_auth_pin_elevate(auth, &asking.who, &typed, 1, &grant), OHTD_AUTH_REFUSED);
	assert_false(pin_ends);
	assert_int_equal(ohtd_auth_pin_ms(auth, &asking.who), 0);
	wall.ops = &ohtd_clock_manual;
	forget(&asking, 1);
}

static void a_wrong_password_does_not_elevate_and_is_counted(void **state)
{
	struct ohtd_grant mine, more;

	(void)state;
	login(&mine);
	for (int i = 0; i < 4; i++)
		assert_int_equal(elevate(&mine, "wrong"), OHTD_AUTH_REFUSED);
	assert_int_equal(elevate(&mine, "correct horse"), OHTD_AUTH_TOO_MANY);
	assert_int_equal(login_with("correct horse", &more), OHTD_AUTH_TOO_MANY);
	assert_int_equal(elevated_ms(&mine), 0);
	/* One that succeeds clears the count, as a log-in does. */
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	assert_int_equal(elevate(&mine, "correct horse"), OHTD_AUTH_GRANTED);
	assert_int_equal(elevate(&mine, "wrong"), OHTD_AUTH_REFUSED);
	assert_int_equal(ohtd_auth_wait_s(auth, "anna", "192.0.2.1"), 0);
	forget(&mine, 1);
}

/* ---- the list ---- */

static void sessions_are_listed_the_newest_first(void **state)
{
	struct ohtd_session sessions[OHTD_SESSIONS_PER_USER];
	struct ohtd_grant grants[5];

	(void)state;
	for (int i = 0; i < 5; i++) {
		login(&grants[i]);
		ohtd_manual_clock_advance(&manual, 10 * OHTD_NS_PER_S);
	}
	end_session(grants[2].who.session, 0);
	check(&grants[0]);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(ohtd_auth_sessions(auth, anna_id, sessions, 32), 4);
		assert_string_equal(sessions[0].id, grants[4].who.session);
		assert_string_equal(sessions[1].id, grants[3].who.session);
		assert_string_equal(sessions[3].id, grants[0].who.session);
		assert_string_equal(sessions[0].address, "192.0.2.1");
		assert_string_equal(sessions[0].agent, "test");
		if (!round)
			assert_int_equal(sessions[3].used_s - sessions[3].created_s, 50);
		session_restart();
	}
	assert_int_equal(ohtd_auth_sessions(auth, anna_id, sessions, 2), 2);
	assert_string_equal(sessions[0].id, grants[4].who.session);
	assert_int_equal(ohtd_auth_sessions(auth, anna_id + 1, sessions, 32), 0);
	forget(grants, 5);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, session_set_up, session_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(an_old_access_token_is_revoked_with_its_session),
		CASE(nobody_ends_the_session_of_another),
		CASE(sessions_that_were_pushed_out_are_over),
		CASE(every_change_of_the_account_ends_all),
		CASE(logins_beside_changes_leave_no_session_behind),
		CASE(a_new_password_keeps_only_the_session_that_set_it),
		CASE(a_new_password_spends_the_refresh_token_at_once),
		CASE(a_new_password_spends_the_token_of_a_moment_before_too),
		CASE(a_renewal_beside_a_new_password_leaves_nothing_behind),
		CASE(a_wrong_password_changes_nothing_and_is_counted),
		CASE(a_password_of_an_account_that_changed_meanwhile_is_not_set),
		CASE(a_session_alone_is_elevated_for_five_minutes),
		CASE(elevation_ends_with_what_it_was_given_for),
		CASE(what_changes_while_the_password_is_hashed_is_not_elevated),
		CASE(a_pin_that_ends_behind_its_comparison_elevates_nothing),
		CASE(a_wrong_password_does_not_elevate_and_is_counted),
		CASE(sessions_are_listed_the_newest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
