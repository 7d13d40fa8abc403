// SPDX-License-Identifier: GPL-2.0-or-later
/* Codes for a new password: which are good, how long, and that all others are refused alike and at the same cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>

#include "session_fixture.h"
#include "store/store.h"
#include "store_fixture.h"

#define FRESH		"another horse"
#define OTHER_BOOT	"00000000-0000-0000-0000-000000000000"

static unsigned int next_host;

struct giving {
	struct ohtd_account_reset_code code;
	struct ohtd_user user;
	int by_role;
};

static int work_give(struct ohtd_db *db, void *arg)
{
	struct giving *giving = arg;

	return ohtd_account_reset_give(db, &giving->code, giving->by_role, &giving->user);
}

/* As the route does it. */
static int give_to(int64_t user_id, int by_role, char text[OHTD_CODE_TEXT_BYTES])
{
	struct giving giving = { .by_role = by_role };

	assert_int_equal(ohtd_auth_reset_draw(auth, &giving.code, text), 0);
	giving.code.user_id = user_id;
	return ohtd_store_call(store, work_give, &giving);
}

static void give(char text[OHTD_CODE_TEXT_BYTES])
{
	assert_int_equal(give_to(anna_id, OHTD_ROLE_ADMINISTRATOR, text), 0);
}

/* Each from another address, so that the back-off is in no way. */
static enum ohtd_auth_result reset(const char *name, const char *code)
{
	struct ohtd_credentials credentials = credentials_of(name, code);
	struct ohtd_password_new fresh = { .user = "" };
	struct ohtd_grant grant;

	snprintf(credentials.address, sizeof(credentials.address), "192.0.2.%u", 2 + __atomic_fetch_add(&next_host, 1, __ATOMIC_RELAXED) % 250);
	ohtd_secret_set(&fresh.secret, FRESH);
	return ohtd_auth_reset_password(auth, &credentials, &fresh, &grant);
}

static int work_add(struct ohtd_db *db, void *arg)
{
	struct ohtd_user *user = arg;
	int r = ohtd_db_user_add(db, user, STORE_NOW_S);

	return r ? r : ohtd_db_user_find(db, user);
}

static int64_t add(const char *name, bool service)
{
	struct ohtd_user user = { .role = OHTD_ROLE_OPERATOR, .service = service, .password_hash = "*" };

	snprintf(user.name, sizeof(user.name), "%s", name);
	assert_int_equal(ohtd_store_call(store, work_add, &user), 0);
	return user.id;
}

static void a_code_sets_the_password_once_and_ends_the_sessions(void **state)
{
	char text[OHTD_CODE_TEXT_BYTES];
	struct ohtd_grant before, after;

	(void)state;
	login(&before);
	give(text);
	assert_int_equal(check(&before), OHTD_TOKEN_GOOD);
	assert_int_equal(reset("ANNA", text), OHTD_AUTH_GRANTED);
	assert_int_equal(check(&before), OHTD_TOKEN_REVOKED);
	assert_int_equal(refresh(&before, &after), OHTD_AUTH_REFUSED);
	assert_int_equal(login_with("correct horse", &after), OHTD_AUTH_REFUSED);
	assert_int_equal(login_with(FRESH, &after), OHTD_AUTH_GRANTED);
	assert_int_equal(store_ask_sql("SELECT role FROM users WHERE name = 'anna'"), OHTD_ROLE_OPERATOR);
	assert_int_equal(reset("anna", text), OHTD_AUTH_REFUSED);
	assert_int_equal(check(&after), OHTD_TOKEN_GOOD);
	forget(&before, 1);
	forget(&after, 1);
}

/* ---- what is refused ---- */

static void nothing(void)
{
}

static void is_changed(void)
{
	order_change((struct ohtd_user_change){ .disabled = -1, .role = OHTD_ROLE_VIEWER });
}

static void is_disabled(void)
{
	order_change((struct ohtd_user_change){ .disabled = 1 });
}

static void is_enabled_again(void)
{
	is_disabled();
	order_change((struct ohtd_user_change){ .disabled = 0 });
}

static void has_a_new_password(void)
{
	order_change((struct ohtd_user_change){ .disabled = -1, .password_hash = "hash" });
}

static void is_deleted(void)
{
	order_change((struct ohtd_user_change){ .disabled = -1, .deleted = true });
}

static void is_another_of_that_name(void)
{
	is_deleted();
	add("anna", false);
}

static void has_another_code(void)
{
	char text[OHTD_CODE_TEXT_BYTES];

	give(text);
}

static void is_late(void)
{
	ohtd_manual_clock_advance(&manual, OHTD_RESET_LIFE_S * OHTD_NS_PER_S);
}

static void is_late_by_a_clock_set_back(void)
{
	is_late();
	atomic_fetch_sub(&manual.realtime_ns, 10 * (int64_t)DAY_NS);
}

static void is_late_behind_a_restart(void)
{
	is_late();
	session_restart();
}

/* The clock of that boot begins anew, and so would the hour. */
static void is_of_another_boot(void)
{
	session_stop();
	store_run_sql("UPDATE reset_codes SET boot_id = '" OTHER_BOOT "'");
	atomic_store(&manual.now_ns, 5 * OHTD_NS_PER_S);
	session_start();
}

/* As a damaged database may have it. */
static void has_no_end(void)
{
	session_stop();
	store_run_sql("UPDATE reset_codes SET until_boot_ms = 9000000000000000");
	session_start();
}

/* The difference of the two would be no number. */
static void has_ended_before_all_time(void)
{
	session_stop();
	store_run_sql("UPDATE reset_codes SET until_boot_ms = -9223372036854775807 - 1");
	session_start();
}

static void used_up(void)
{
	session_stop();
	store_run_sql("UPDATE reset_codes SET tries = 0");
	session_start();
}

/**
 * struct refusal - a try that is refused
 * @what: for people
 * @become: what has become of the account or its code
 * @name: as typed
 * @code: as typed; NULL: the code that was given
 */
struct refusal {
	const char *what;
	void (*become)(void);
	const char *name;
	const char *code;
};

static const struct refusal refusals[] = {
	{ "unknown name", nothing, "nobody", NULL },
	{ "another account, without a code", nothing, "berta", NULL },
	{ "service account", nothing, "bot", NULL },
	{ "wrong code", nothing, "anna", "0000-0000-0000-0000" },
	{ "no code at all", nothing, "anna", "-" },
	{ "code and one more", nothing, "anna", "K7QM-2F9X-TR4C-0ZBD-0" },
	{ "the password", nothing, "anna", "correct horse" },
	{ "another role", is_changed, "anna", NULL },
	{ "disabled", is_disabled, "anna", NULL },
	{ "enabled again", is_enabled_again, "anna", NULL },
	{ "another password", has_a_new_password, "anna", NULL },
	{ "deleted", is_deleted, "anna", NULL },
	{ "another account of that name", is_another_of_that_name, "anna", NULL },
	{ "an earlier code", has_another_code, "anna", NULL },
	{ "late", is_late, "anna", NULL },
	{ "late, and the time of day is earlier", is_late_by_a_clock_set_back, "anna", NULL },
	{ "late behind a restart", is_late_behind_a_restart, "anna", NULL },
	{ "another boot", is_of_another_boot, "anna", NULL },
	{ "no end", has_no_end, "anna", NULL },
	{ "ended before all time", has_ended_before_all_time, "anna", NULL },
	{ "no try left", used_up, "anna", NULL },
};

/* Changes with each commit of another connection. */
static int commits(sqlite3 *raw)
{
	sqlite3_stmt *s;
	int version;

	assert_int_equal(sqlite3_prepare_v2(raw, "PRAGMA data_version", -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return version;
}

#define PASSWORDS	"SELECT sum(length(password_hash) * 1000 + unicode(substr(password_hash, -1))) FROM users"

/* The work is one hash and one commit, the first time and again; no time is compared. */
static void refuse(const struct refusal *refusal)
{
	char text[OHTD_CODE_TEXT_BYTES];
	int before, after;
	long long password;
	sqlite3 *raw;

	give(text);
	refusal->become();
	assert_int_equal(sqlite3_open(store_path, &raw), SQLITE_OK);
	password = store_ask_sql(PASSWORDS);
	for (int i = 0; i < 2; i++) {
		before = commits(raw);
		atomic_store(&hashes, 0);
		if (reset(refusal->name, refusal->code ? refusal->code : text) != OHTD_AUTH_REFUSED)
			fail_msg("%s: not refused", refusal->what);
		after = commits(raw);
		if (before == after || atomic_load(&hashes) != 1)
			fail_msg("%s: %s, %u hashes", refusal->what, before == after ? "no commit" : "a commit", atomic_load(&hashes));
	}
	sqlite3_close(raw);
	assert_int_equal(store_ask_sql(PASSWORDS), password);
	/* A password in the wrong field is kept nowhere, not even as a hash. */
	assert_int_equal(store_ask_sql("SELECT count(*) FROM reset_codes WHERE user_id = 0 AND hash <> ''"), 0);
}

static void all_that_is_no_good_code_is_refused_alike(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (i)
			assert_int_equal(session_set_up(state), 0);
		add("berta", false);
		add("bot", true);
		refuse(&refusals[i]);
		if (i + 1 < sizeof(refusals) / sizeof(refusals[0]))
			session_tear_down(state);
	}
}

static void no_code_is_given_to(int64_t user_id, int by_role, int error)
{
	char text[OHTD_CODE_TEXT_BYTES];

	assert_int_equal(give_to(user_id, by_role, text), error);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM reset_codes"), 0);
}

static void who_gets_no_code(void **state)
{
	int64_t bot = add("bot", true);

	(void)state;
	no_code_is_given_to(bot, OHTD_ROLE_ADMINISTRATOR, -ENOTSUP);
	no_code_is_given_to(4711, OHTD_ROLE_ADMINISTRATOR, -ENOENT);
	no_code_is_given_to(anna_id, OHTD_ROLE_VIEWER, -EACCES);
	is_disabled();
	no_code_is_given_to(anna_id, OHTD_ROLE_ADMINISTRATOR, -EKEYREVOKED);
	is_deleted();
	no_code_is_given_to(anna_id, OHTD_ROLE_ADMINISTRATOR, -ENOENT);
}

/* ---- tries and time ---- */

static void *guess(void *arg)
{
	(void)arg;
	reset("anna", "0000-0000-0000-0000");
	return NULL;
}

static void five_wrong_ones_end_it_also_at_once_and_over_a_restart(void **state)
{
	char text[OHTD_CODE_TEXT_BYTES];
	pthread_t threads[OHTD_RESET_TRIES];

	(void)state;
	give(text);
	for (int i = 1; i < OHTD_RESET_TRIES; i++) {
		assert_int_equal(reset("anna", "0000-0000-0000-0000"), OHTD_AUTH_REFUSED);
		session_restart();
	}
	assert_int_equal(reset("anna", text), OHTD_AUTH_GRANTED);
	give(text);
	for (int i = 0; i < OHTD_RESET_TRIES; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, guess, NULL), 0);
	for (int i = 0; i < OHTD_RESET_TRIES; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(reset("anna", text), OHTD_AUTH_REFUSED);
	give(text);
	assert_int_equal(reset("anna", text), OHTD_AUTH_GRANTED);
}

static void an_hour_is_an_hour_whatever_the_time_of_day_does(void **state)
{
	char text[OHTD_CODE_TEXT_BYTES];

	(void)state;
	give(text);
	ohtd_manual_clock_advance(&manual, (OHTD_RESET_LIFE_S - 1) * OHTD_NS_PER_S);
	atomic_fetch_add(&manual.realtime_ns, 10 * (int64_t)DAY_NS);
	session_restart();
	assert_int_equal(reset("anna", text), OHTD_AUTH_GRANTED);
}

/* A wrong code makes wait as a wrong password does, and the other way round. */
static void wrong_codes_make_wait(void **state)
{
	struct ohtd_credentials credentials = credentials_of("anna", "0");
	struct ohtd_password_new fresh = { .secret = { FRESH } };
	char text[OHTD_CODE_TEXT_BYTES];
	struct ohtd_grant grant;

	(void)state;
	give(text);
	for (int i = 0; i < 4; i++)
		assert_int_equal(ohtd_auth_reset_password(auth, &credentials, &fresh, &grant), OHTD_AUTH_REFUSED);
	atomic_store(&hashes, 0);
	ohtd_secret_set(&credentials.password, text);
	assert_int_equal(ohtd_auth_reset_password(auth, &credentials, &fresh, &grant), OHTD_AUTH_TOO_MANY);
	assert_in_range(grant.wait_s, 1, 2);
	assert_int_equal(login_with("correct horse", &grant), OHTD_AUTH_TOO_MANY);
	assert_int_equal(atomic_load(&hashes), 0);
	assert_int_equal(reset("anna", text), OHTD_AUTH_GRANTED);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, session_set_up, session_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(a_code_sets_the_password_once_and_ends_the_sessions),
		CASE(all_that_is_no_good_code_is_refused_alike),
		CASE(who_gets_no_code),
		CASE(five_wrong_ones_end_it_also_at_once_and_over_a_restart),
		CASE(an_hour_is_an_hour_whatever_the_time_of_day_does),
		CASE(wrong_codes_make_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
