// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accounts while the system's clock jumps about: the system comes up in 1970 or today, and jumps by
 * an hour or ten years, either way, at any moment; the daemon restarts in between. Boot time alone
 * says who may come in, whatever the clock does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "auth/session.h"
#include "dice.h"
#include "base/clock.h"
#include "common/file.h"
#include "main/state.h"
#include "scratch.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"

#define BUILD_S		1700000000LL
#define NOW_S		1800000000LL
#define HOUR_S		3600LL
#define TEN_YEARS_S	(3652 * 86400LL)
#define STEPS		400
#define SEEDS		4

struct machine {
	char dir[32];
	struct ohtd_manual_clock system;
	struct ohtd_clock clock;
	struct ohtd_store *store;
	struct ohtd_tokens *tokens;
	struct ohtd_auth *auth;
	struct ohtd_grant grant;
	uint64_t login_ns;		/* boot time */
	uint64_t issued_ns;
	int64_t last_wall_ns;
};

static const unsigned char key[OHTD_TOKEN_KEY_BYTES] = "0123456789abcdef0123456789abcde";
static unsigned int chance;

static unsigned int roll(unsigned int sides)
{
	return dice(&chance, sides);
}

static void come_up(struct machine *m)
{
	char path[64], why[256];
	struct ohtd_db *db;

	snprintf(path, sizeof(path), "%s/oht.db", m->dir);
	ohtd_clock_init(&m->clock, &ohtd_clock_manual, &m->system,
			BUILD_S * (int64_t)OHTD_NS_PER_S);
	if (ohtd_db_open(&db, &ohtd_small_schema, path, BUILD_S, why, sizeof(why)))
		fail_msg("%s", why);
	m->store = ohtd_store_start(db);
	m->tokens = ohtd_tokens_create(key, sizeof(key), &m->clock);
	assert_non_null(m->tokens);
	ohtd_state_recall_time(m->dir, &m->clock, ohtd_tokens_boot_id(m->tokens));
	/* What nobody has kept right in the last run was not stored. */
	m->last_wall_ns = 0;
	m->auth = ohtd_auth_create(m->store, m->tokens, &m->clock, key);
	assert_non_null(m->auth);
}

static void go_down(struct machine *m)
{
	ohtd_state_store_time(m->dir, &m->clock, ohtd_tokens_boot_id(m->tokens));
	ohtd_auth_destroy(m->auth);
	ohtd_tokens_destroy(m->tokens);
	ohtd_store_stop(m->store);
}

static void log_in(struct machine *m)
{
	struct ohtd_credentials credentials = { "anna", { "correct horse" }, "::1", "" };

	free(m->grant.access_token);
	assert_int_equal(ohtd_auth_wait_s(m->auth, "anna", "::1"), 0);
	assert_int_equal(ohtd_auth_login(m->auth, &credentials, &m->grant), OHTD_AUTH_GRANTED);
	m->issued_ns = m->login_ns = ohtd_clock_boottime_ns(&m->clock);
}

static int add_anna(struct ohtd_db *db, void *arg)
{
	struct ohtd_user user = { .name = "anna", .role = OHTD_ROLE_OPERATOR };

	(void)arg;
	assert_int_equal(ohtd_password_hash(&(struct ohtd_password_new){ .secret = { "correct horse" } }, user.password_hash,
					    sizeof(user.password_hash)), 0);
	return ohtd_db_user_add(db, &user, BUILD_S);
}

/* Away from the time that is right, or back to it. */
static void jump(struct machine *m)
{
	static const int64_t off_s[] = { 0, HOUR_S, -HOUR_S, TEN_YEARS_S, -TEN_YEARS_S };
	int64_t right_ns = NOW_S * (int64_t)OHTD_NS_PER_S + (int64_t)atomic_load(&m->system.now_ns);

	atomic_store(&m->system.realtime_ns, right_ns + off_s[roll(5)] * (int64_t)OHTD_NS_PER_S);
}

/* Seconds of boot time, as the tokens count. */
static bool is_over(const struct machine *m, uint64_t since_ns, uint64_t life_s)
{
	uint64_t now_s = ohtd_clock_boottime_ns(&m->clock) / OHTD_NS_PER_S;

	return now_s >= since_ns / OHTD_NS_PER_S + life_s;
}

static void check_access(struct machine *m)
{
	struct ohtd_principal who;

	assert_int_equal(ohtd_auth_check(m->auth, m->grant.access_token, "192.0.2.7", &who),
			 is_over(m, m->login_ns, OHTD_SESSION_LIFE_S) ? OHTD_TOKEN_REVOKED :
			 is_over(m, m->issued_ns, OHTD_TOKEN_LIFE_S) ? OHTD_TOKEN_EXPIRED :
								       OHTD_TOKEN_GOOD);
}

static int work_renew(struct ohtd_db *db, void *renewal)
{
	return ohtd_db_session_renew(db, renewal);
}

static void refresh(struct machine *m)
{
	struct ohtd_secret token = m->grant.refresh_token;
	struct ohtd_renewal renewal;
	enum ohtd_auth_result result;

	free(m->grant.access_token);
	assert_true(ohtd_auth_renewal_begin(m->auth, &token, &renewal));
	result = ohtd_auth_renewal_end(m->auth, &renewal,
				       ohtd_store_call(m->store, work_renew, &renewal), &m->grant);
	if (is_over(m, m->login_ns, OHTD_SESSION_LIFE_S)) {
		assert_int_equal(result, OHTD_AUTH_REFUSED);
		log_in(m);
		return;
	}
	assert_int_equal(result, OHTD_AUTH_GRANTED);
	m->issued_ns = ohtd_clock_boottime_ns(&m->clock);
}

static void check_wall(struct machine *m)
{
	int64_t wall_ns = ohtd_clock_wall_ns(&m->clock);

	assert_true(wall_ns >= m->last_wall_ns);
	assert_true(wall_ns >= BUILD_S * (int64_t)OHTD_NS_PER_S);
	m->last_wall_ns = wall_ns;
}

static void step(struct machine *m)
{
	/* Half a minute to an hour: around the life of an access token, and past it. */
	ohtd_manual_clock_advance(&m->system, (30 + roll(10) * roll(400)) * OHTD_NS_PER_S);
	if (!roll(3))
		jump(m);
	if (!roll(20)) {
		go_down(m);
		if (!roll(2))
			jump(m);
		come_up(m);
	}
	check_wall(m);
	check_access(m);
	if (!roll(4))
		refresh(m);
}

static void run(unsigned int seed)
{
	struct machine m = { .dir = "/tmp/ohtd-clock-XXXXXX" };
	unsigned int i;

	chance = seed;
	umask(077);
	assert_int_equal(scratch_make(m.dir), 0);
	atomic_store(&m.system.now_ns, 100 * OHTD_NS_PER_S);
	atomic_store(&m.system.realtime_ns, seed % 2 ? 0 : NOW_S * (int64_t)OHTD_NS_PER_S);
	come_up(&m);
	assert_int_equal(ohtd_store_call(m.store, add_anna, NULL), 0);
	log_in(&m);
	for (i = 0; i < STEPS; i++)
		step(&m);
	go_down(&m);
	free(m.grant.access_token);
	assert_int_equal(scratch_remove(m.dir), 0);
}

static void nobody_is_locked_out_or_let_in(void **state)
{
	unsigned int seed = dice_seed();

	(void)state;
	for (unsigned int i = 0; i < SEEDS; i++)
		run(seed + i);
}

static void wrong_passwords_wait_on_boot_time(void **state)
{
	struct ohtd_credentials wrong = { "anna", { "wrong horse" }, "::1", "" };
	struct machine m = { .dir = "/tmp/ohtd-clock-XXXXXX" };
	unsigned int wait_s;

	(void)state;
	assert_int_equal(scratch_make(m.dir), 0);
	atomic_store(&m.system.now_ns, 100 * OHTD_NS_PER_S);
	come_up(&m);
	assert_int_equal(ohtd_store_call(m.store, add_anna, NULL), 0);
	while (!ohtd_auth_wait_s(m.auth, "anna", "::1"))
		assert_int_equal(ohtd_auth_login(m.auth, &wrong, &m.grant),
				 OHTD_AUTH_REFUSED);
	wait_s = ohtd_auth_wait_s(m.auth, "anna", "::1");
	atomic_fetch_add(&m.system.realtime_ns, TEN_YEARS_S * (int64_t)OHTD_NS_PER_S);
	assert_int_equal(ohtd_auth_wait_s(m.auth, "anna", "::1"), wait_s);
	atomic_fetch_sub(&m.system.realtime_ns, 2 * TEN_YEARS_S * (int64_t)OHTD_NS_PER_S);
	assert_int_equal(ohtd_auth_wait_s(m.auth, "anna", "::1"), wait_s);
	ohtd_manual_clock_advance(&m.system, wait_s * OHTD_NS_PER_S);
	log_in(&m);
	free(m.grant.access_token);
	go_down(&m);
	assert_int_equal(scratch_remove(m.dir), 0);
}

/* What stands in the file of the time, and whether the clock takes it. */
static int64_t recalled_s(const char *text, const char *boot_id)
{
	struct ohtd_manual_clock system = { .now_ns = 500 * OHTD_NS_PER_S };
	char dir[] = "/tmp/ohtd-clock-XXXXXX", path[64];
	struct ohtd_clock clock;

	assert_int_equal(scratch_make(dir), 0);
	snprintf(path, sizeof(path), "%s/time", dir);
	assert_int_equal(oht_file_replace(path, text, strlen(text), 0600), 0);
	ohtd_clock_init(&clock, &ohtd_clock_manual, &system, BUILD_S * (int64_t)OHTD_NS_PER_S);
	ohtd_state_recall_time(dir, &clock, boot_id);
	assert_int_equal(scratch_remove(dir), 0);
	return ohtd_clock_wall_ns(&clock) / (int64_t)OHTD_NS_PER_S;
}

static void stored_time_that_makes_no_sense_is_ignored(void **state)
{
	static const char *const nonsense[] = {
		"", "\n", "1900000000", "1900000000 100 aaaa", "-1900000000 100 aaaa\n",
		"1900000000 -1 aaaa\n", "4102444800 100 aaaa\n", "9999999999999999999 1 aaaa\n",
		"1900000000 100 AAAA\n", "1900000000 100 aaaa\nmore", "now 1 aaaa\n",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++)
		assert_int_equal(recalled_s(nonsense[i], "aaaa"), BUILD_S);
	assert_int_equal(recalled_s("1900000000 100 aaaa\n", "aaaa"), 1900000400);
	assert_int_equal(recalled_s("1900000000 100 aaaa\n", "bbbb"), 1900000000);
	assert_int_equal(recalled_s("1600000000 100 bbbb\n", "aaaa"), BUILD_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_locked_out_or_let_in),
		cmocka_unit_test(wrong_passwords_wait_on_boot_time),
		cmocka_unit_test(stored_time_that_makes_no_sense_is_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
