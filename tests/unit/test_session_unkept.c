// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions while the store takes nothing: memory goes on, is bounded, and ends what is to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include "auth/live.h"
#include "session_fixture.h"
#include "store/sql.h"
#include "store/store.h"
#include "store_fixture.h"

/* The disk fails at each write, as far as this process can see. */
static void take_nothing(bool nothing)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = nothing ? 1 : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/*
 * For WAIT_FOR(). Each try moves the clock, since what was refused is tried again a second later. The step is so small
 * that all tries together end no token: a disk may take its time.
 */
static long long keep_and_ask(const char *sql)
{
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S / 100);
	ohtd_auth_keep(auth);
	return store_ask_sql(sql);
}

static long long rows_kept(void)
{
	return keep_and_ask("SELECT count(*) FROM sessions");
}

static void what_ended_while_the_store_took_nothing_stays_ended(void **state)
{
	struct ohtd_grant out, first, second, more;

	(void)state;
	login(&out);
	login(&first);
	refresh(&first, &second);
	take_nothing(true);
	assert_true(end_session(out.who.session, 0) < 0);
	/* A spent token comes again. */
	ohtd_manual_clock_advance(&manual, 20 * OHTD_NS_PER_S);
	assert_int_equal(refresh(&first, &more), OHTD_AUTH_REFUSED);
	take_nothing(false);
	WAIT_FOR(!rows_kept());
	session_restart();
	assert_int_equal(check(&out), OHTD_TOKEN_REVOKED);
	assert_int_equal(refresh(&out, &more), OHTD_AUTH_REFUSED);
	assert_int_equal(refresh(&second, &more), OHTD_AUTH_REFUSED);
	forget(&out, 1);
	forget(&first, 1);
	forget(&second, 1);
}

static void sessions_that_memory_pushed_out_stay_over(void **state)
{
	static struct ohtd_grant grants[OHTD_SESSIONS_PER_USER + 2];
	int count = OHTD_SESSIONS_PER_USER + 2;
	char sql[128];

	(void)state;
	for (int i = 0; i < count; i++) {
		if (i == count - 2)
			take_nothing(true);
		login(&grants[i]);
	}
	take_nothing(false);
	/* One question: between two of them the store goes on. */
	snprintf(sql, sizeof(sql), "SELECT count(*) = %d AND max(rowid) = %d FROM sessions", OHTD_SESSIONS_PER_USER, count);
	WAIT_FOR(keep_and_ask(sql) == 1);
	session_restart();
	for (int i = 0; i < count; i++)
		assert_int_equal(check(&grants[i]), i < 2 ? OHTD_TOKEN_REVOKED : OHTD_TOKEN_GOOD);
	forget(grants, count);
}

#define LOGINS	200

/* Takes each entry whose row waits for the store; how many there were. */
static int take_ahead(struct ohtd_auth_live *live)
{
	struct ohtd_session session;
	int count = 0;

	for (; ohtd_live_find_ahead(live, NULL, &session); count++)
		ohtd_live_forget(live, session.id);
	return count;
}

static void keep_logins(struct ohtd_auth_live *live)
{
	for (int i = 0; i < LOGINS; i++) {
		struct ohtd_session session = { .user_id = 1, .epoch = 1, .generation = 1 };

		snprintf(session.id, sizeof(session.id), "%032x", i);
		assert_int_equal(ohtd_live_add(live, &session), 0);
		ohtd_live_keep(live, session.id, OHTD_SESSIONS_PER_USER);
	}
}

/* Memory holds as many sessions as the store would, whoever logs in how often. */
static void what_has_no_row_leaves_nothing_in_memory(void **state)
{
	struct ohtd_auth_live *live = ohtd_live_create();
	struct ohtd_session session;

	(void)state;
	keep_logins(live);
	assert_int_equal(take_ahead(live), OHTD_SESSIONS_PER_USER);
	keep_logins(live);
	while (ohtd_live_find_ahead(live, NULL, &session) && session.epoch)
		assert_true(ohtd_live_end(live, session.id, 1));
	assert_int_equal(take_ahead(live), 0);
	/* One that was written has a row, which is to go. */
	session = (struct ohtd_session){ .id = "0", .user_id = 1, .epoch = 1, .generation = 1 };
	ohtd_live_add(live, &session);
	ohtd_live_keep(live, session.id, OHTD_SESSIONS_PER_USER);
	assert_true(ohtd_live_written(live, &session));
	keep_logins(live);
	assert_int_equal(take_ahead(live), OHTD_SESSIONS_PER_USER + 1);
	ohtd_live_destroy(live);
}

/* In memory only, as the store has taken nothing; it takes the next. */
static void login_without_a_row(struct ohtd_grant *grant, struct ohtd_grant *other)
{
	take_nothing(true);
	login(grant);
	take_nothing(false);
	login(other);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM sessions"), 1);
}

static uint64_t refused_by_the_store(void)
{
	struct ohtd_store_view view;

	ohtd_store_look(store, &view);
	return view.refused;
}

/* The deletion of a log-out came before the row, and the next one is refused. */
static void a_row_that_came_behind_the_log_out_goes_at_last(void **state)
{
	struct ohtd_grant grant, other, more;
	uint64_t refused;

	(void)state;
	login_without_a_row(&grant, &other);
	ohtd_auth_keep(auth);
	WAIT_FOR(store_ask_sql("SELECT count(*) FROM sessions") == 2);
	assert_true(ohtd_auth_end(auth, grant.who.session, 0));
	ohtd_auth_gone(auth, grant.who.session);
	take_nothing(true);
	refused = refused_by_the_store();
	do {
		ohtd_auth_keep(auth);
		store_nap();
	} while (refused_by_the_store() == refused);
	take_nothing(false);
	login(&more);
	WAIT_FOR(rows_kept() == 2);
	session_restart();
	assert_int_equal(check(&grant), OHTD_TOKEN_REVOKED);
	assert_int_equal(check(&other), OHTD_TOKEN_GOOD);
	forget(&grant, 1);
	forget(&other, 1);
	forget(&more, 1);
}

static int work_renew(struct ohtd_db *db, void *renewal)
{
	return ohtd_db_session_renew(db, renewal);
}

/* The renewal began before the log-out, and came to the store behind it, or behind its answer. */
static void a_renewal_behind_a_log_out_leaves_no_row(void **state)
{
	(void)state;
	for (int told_late = 0; told_late < 2; told_late++) {
		struct ohtd_grant grant, other, more;
		struct ohtd_renewal renewal;
		int r;

		login_without_a_row(&grant, &other);
		assert_true(ohtd_auth_renewal_begin(auth, &grant.refresh_token, &renewal));
		assert_true(renewal.ahead);
		assert_true(ohtd_auth_end(auth, grant.who.session, 0));
		if (!told_late)
			ohtd_auth_gone(auth, grant.who.session);
		r = ohtd_store_call(store, work_renew, &renewal);
		assert_int_equal(r, 0);
		assert_int_equal(ohtd_auth_renewal_end(auth, &renewal, r, &more), OHTD_AUTH_REFUSED);
		if (told_late)
			ohtd_auth_gone(auth, grant.who.session);
		WAIT_FOR(rows_kept() == 1);
		assert_int_equal(end_session(other.who.session, 0), 0);
		forget(&grant, 1);
		forget(&other, 1);
	}
}

static int work_read_only(struct ohtd_db *db, void *unused)
{
	(void)unused;
	return sqlite3_exec(db->sql, "PRAGMA query_only = ON", NULL, NULL, NULL) ? -EIO : 0;
}

/* What is read-only refuses before it looks at the account. */
static void somebody_disables_the_account_on_a_disk_that_is_read_only_then(void)
{
	order_change((struct ohtd_user_change){ .disabled = 1 });
	assert_int_equal(ohtd_store_call(store, work_read_only, NULL), 0);
}

static void a_login_in_memory_is_not_of_an_account_that_changed(void **state)
{
	struct ohtd_grant grant;

	(void)state;
	meanwhile = somebody_disables_the_account_on_a_disk_that_is_read_only_then;
	assert_int_equal(login_with("correct horse", &grant), OHTD_AUTH_REFUSED);
	assert_null(grant.access_token);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, session_set_up, session_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(what_ended_while_the_store_took_nothing_stays_ended),
		CASE(sessions_that_memory_pushed_out_stay_over),
		CASE(what_has_no_row_leaves_nothing_in_memory),
		CASE(a_row_that_came_behind_the_log_out_goes_at_last),
		CASE(a_renewal_behind_a_log_out_leaves_no_row),
		CASE(a_login_in_memory_is_not_of_an_account_that_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
