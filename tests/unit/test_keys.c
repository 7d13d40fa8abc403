// SPDX-License-Identifier: GPL-2.0-or-later
/* Keys of service accounts: how long they are good, whatever the clock, the process and the account do, and what is written of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>

#include "auth/agents.h"
#include "auth/keys.h"
#include "auth/accounts.h"
#include "base/clock.h"
#include "base/life.h"
#include "base/part.h"
#include "session_fixture.h"
#include "store/carry.h"
#include "store/store.h"
#include "store_fixture.h"

#define HERE	"192.0.2.7"
#define DAY_S	(24 * 3600ll)

static int64_t bot_id;

static struct ohtd_auth_keys *keys(void)
{
	return ohtd_auth_keys_of(auth);
}

static int work_bot(struct ohtd_db *db, void *arg)
{
	struct ohtd_user *user = arg;
	int r = ohtd_db_user_add(db, user, STORE_NOW_S);

	return r ? r : ohtd_db_user_find(db, user);
}

static int set_up(void **state)
{
	struct ohtd_user user = { .name = "bot", .role = OHTD_ROLE_SUPERVISOR, .service = true };

	if (session_set_up(state) || ohtd_store_call(store, work_bot, &user))
		return -1;
	bot_id = user.id;
	return 0;
}

static int work_add(struct ohtd_db *db, void *order)
{
	return ohtd_account_key_add(db, order);
}

static int work_rotate(struct ohtd_db *db, void *order)
{
	return ohtd_account_key_rotate(db, order);
}

static struct ohtd_account_key_order order_of(const char *name, int64_t life_s, char text[OHTD_KEY_TEXT_BYTES])
{
	struct ohtd_account_key_order order = {
		.key = { .user_id = bot_id, .role = OHTD_ROLE_OPERATOR }, .by_role = OHTD_ROLE_ADMINISTRATOR, .life_s = life_s,
		.now_s = ohtd_clock_wall_s(&wall),
	};

	snprintf(order.key.name, sizeof(order.key.name), "%s", name);
	assert_int_equal(ohtd_auth_key_draw(&order.key, text), 0);
	return order;
}

/* As the route does it. */
static struct ohtd_account_key make(const char *name, int64_t life_s, char text[OHTD_KEY_TEXT_BYTES])
{
	struct ohtd_account_key_order order = order_of(name, life_s, text);

	assert_int_equal(ohtd_store_call(store, work_add, &order), 0);
	assert_int_equal(ohtd_auth_keys_put(keys(), &order.key), 0);
	return order.key;
}

static enum ohtd_token_result result_of(const char *text)
{
	struct ohtd_principal who;

	return ohtd_auth_check(auth, text, HERE, &who);
}

static void pass(int64_t seconds)
{
	atomic_fetch_add(&manual.now_ns, (uint64_t)seconds * OHTD_NS_PER_S);
	atomic_fetch_add(&manual.realtime_ns, seconds * (int64_t)OHTD_NS_PER_S);
}

static void order_bot(struct ohtd_user_change change)
{
	struct ohtd_account_order order = { .act = OHTD_ACCOUNT_CHANGE, .by = "test", .now_s = STORE_NOW_S, .change = change };

	order.change.id = bot_id;
	order.change.by_role = OHTD_ROLE_ADMINISTRATOR;
	assert_int_equal(ohtd_store_call(store, ohtd_account_work, &order), 0);
	ohtd_account_told(&order, auth, NULL);
}

/* ---- time ---- */

static void no_credential_outlives_a_year(void **state)
{
	struct ohtd_session session = { .boot_id = "this", .expires_boot_ms = INT64_MAX, .expires_s = INT64_MAX / 2000 };
	char text[OHTD_KEY_TEXT_BYTES];
	struct ohtd_account_key key;

	(void)state;
	key = make("eternal", INT64_MAX / 4, text);
	assert_int_equal(key.left_s, OHTD_LIFE_MAX_S);
	assert_int_equal(key.expires_s - key.made_s, OHTD_LIFE_MAX_S);
	/* A database that says more. */
	store_run_sql("UPDATE keys SET left_s = 9000000000, expires_s = 9000000000");
	session_restart();
	assert_int_equal(result_of(text), OHTD_TOKEN_GOOD);
	pass(OHTD_LIFE_MAX_S - 1);
	assert_int_equal(result_of(text), OHTD_TOKEN_GOOD);
	pass(1);
	assert_int_equal(result_of(text), OHTD_TOKEN_EXPIRED);
	assert_int_equal(ohtd_session_left_ms(&session, "this", 0, 0, INT64_MAX), OHTD_LIFE_MAX_S * 1000ll);
	assert_int_equal(ohtd_session_left_ms(&session, "that", 0, 0, INT64_MAX), OHTD_LIFE_MAX_S * 1000ll);
}

static void a_clock_set_back_gives_no_time_back(void **state)
{
	char text[OHTD_KEY_TEXT_BYTES];

	(void)state;
	make("short", 10 * DAY_S, text);
	pass(10 * DAY_S - 1);
	assert_int_equal(result_of(text), OHTD_TOKEN_GOOD);
	ohtd_auth_keep(auth);
	/* The machine starts again, and believes that it is nine days earlier: what is written has the second that was left. */
	session_reboot(-9ll * (int64_t)DAY_NS);
	assert_int_equal(result_of(text), OHTD_TOKEN_GOOD);
	pass(1);
	assert_int_equal(result_of(text), OHTD_TOKEN_EXPIRED);
	session_restart();
	ohtd_auth_keep(auth);
	/* Nor does a clock that is ahead end it for good. */
	make("other", DAY_S, text);
	atomic_fetch_add(&manual.realtime_ns, 2 * (int64_t)DAY_NS);
	session_restart();
	assert_int_equal(result_of(text), OHTD_TOKEN_EXPIRED);
	session_reboot(-2ll * (int64_t)DAY_NS);
	assert_int_equal(result_of(text), OHTD_TOKEN_GOOD);
}

/* In the store only: a successor, and a day for the key before it. */
static struct ohtd_account_key_order rotate(char *text, char *fresh)
{
	struct ohtd_account_key key = make("line", 100 * DAY_S, text);
	struct ohtd_account_key_order order = order_of("", 0, fresh);

	order.before = key;
	order.overlap_s = DAY_S;
	assert_int_equal(ohtd_store_call(store, work_rotate, &order), 0);
	return order;
}

static void a_rotated_key_has_a_day_at_most(void **state)
{
	char text[OHTD_KEY_TEXT_BYTES], fresh[OHTD_KEY_TEXT_BYTES];
	struct ohtd_account_key_order order = rotate(text, fresh);

	(void)state;
	assert_int_equal(ohtd_auth_keys_put(keys(), &order.key), 0);
	ohtd_auth_keys_cut(keys(), &order.before);
	assert_int_equal(order.key.expires_s - order.key.made_s, 100 * DAY_S);
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(result_of(text), OHTD_TOKEN_GOOD);
		assert_int_equal(result_of(fresh), OHTD_TOKEN_GOOD);
		session_restart();
	}
	pass(DAY_S);
	assert_int_equal(result_of(text), OHTD_TOKEN_EXPIRED);
	assert_int_equal(result_of(fresh), OHTD_TOKEN_GOOD);
}

/* Two administrators at once, each served by a thread of its own: the store ends the key last, and memory is told of that first. */
static void a_key_that_was_ended_stays_ended(void **state)
{
	char text[OHTD_KEY_TEXT_BYTES], fresh[OHTD_KEY_TEXT_BYTES];
	struct ohtd_account_key_order order = rotate(text, fresh);

	(void)state;
	ohtd_auth_keys_end(keys(), order.before.id);
	assert_int_equal(ohtd_auth_keys_put(keys(), &order.key), 0);
	ohtd_auth_keys_cut(keys(), &order.before);
	assert_int_equal(result_of(text), OHTD_TOKEN_INVALID);
	assert_int_equal(result_of(fresh), OHTD_TOKEN_GOOD);
}

/* One that was ended since the backup was made would be good again. */
static void no_key_comes_back_with_a_restore(void **state)
{
	const struct ohtd_carry_order order = { "anna", "20261127020000.ohtbackup", 7 };
	char text[OHTD_KEY_TEXT_BYTES];

	(void)state;
	make("old", 100 * DAY_S, text);
	session_stop();
	assert_int_equal(store_ask_sql("SELECT count(*) FROM keys"), 1);
	assert_int_equal(ohtd_db_carry_in(store_path, &order), 0);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM keys"), 0);
	session_start();
	assert_int_equal(result_of(text), OHTD_TOKEN_INVALID);
}

/* ---- the account ---- */

/* A key that the store has taken before its account was changed is told to memory behind it. */
static void what_is_told_late_changes_nothing(void **state)
{
	char text[OHTD_KEY_TEXT_BYTES];
	struct ohtd_account_key_order order = order_of("late", DAY_S, text);
	struct ohtd_principal who;

	(void)state;
	assert_int_equal(ohtd_store_call(store, work_add, &order), 0);
	order_bot((struct ohtd_user_change){ .disabled = -1, .role = OHTD_ROLE_VIEWER });
	assert_int_equal(ohtd_auth_keys_put(keys(), &order.key), 0);
	assert_int_equal(ohtd_auth_check(auth, text, HERE, &who), OHTD_TOKEN_GOOD);
	assert_int_equal(who.role, OHTD_ROLE_VIEWER);
	assert_true(ohtd_auth_lives(auth, &who));
	assert_true(ohtd_auth_session_lives(auth, who.session));
	order_bot((struct ohtd_user_change){ .disabled = 1 });
	assert_false(ohtd_auth_lives(auth, &who));
	assert_int_equal(result_of(text), OHTD_TOKEN_REVOKED);
	order_bot((struct ohtd_user_change){ .disabled = 0 });
	assert_int_equal(result_of(text), OHTD_TOKEN_GOOD);
	/* What was opened before goes with the change all the same. */
	assert_false(ohtd_auth_lives(auth, &who));
	order_bot((struct ohtd_user_change){ .disabled = -1, .deleted = true });
	assert_int_equal(result_of(text), OHTD_TOKEN_INVALID);
	assert_int_equal(ohtd_auth_keys_put(keys(), &order.key), 0);
	assert_int_equal(result_of(text), OHTD_TOKEN_REVOKED);
	assert_false(ohtd_auth_session_lives(auth, who.session));
}

/* ---- what is written, and what people are told ---- */

static void uses_are_written_each_hour_at_most(void **state)
{
	char text[OHTD_KEY_TEXT_BYTES];
	struct ohtd_account_key row;
	unsigned int written = 0;

	(void)state;
	make("busy", 100 * DAY_S, text);
	for (int minute = 0; minute < 24 * 60; minute++) {
		assert_int_equal(result_of(text), OHTD_TOKEN_GOOD);
		while (ohtd_auth_keys_due(keys(), &row))
			written++;
		pass(60);
	}
	assert_in_range(written, 20, 25);
	assert_true(row.used_s >= STORE_NOW_S + 22 * 3600);
}

struct worst {
	enum ohtd_auth_key_concern concern;
	struct ohtd_account_key *row;
	unsigned int count;
};

static void take_concern(void *arg, enum ohtd_auth_key_concern concern, const struct ohtd_account_key *row)
{
	struct worst *worst = arg;

	assert_true(!worst->count || worst->concern <= concern);
	if (worst->count++)
		return;
	worst->concern = concern;
	*worst->row = *row;
}

static enum ohtd_auth_key_concern worst_of(struct ohtd_account_key *row, unsigned int *count)
{
	struct worst worst = { OHTD_KEY_FINE, row, 0 };

	ohtd_auth_keys_concerns(keys(), take_concern, &worst);
	*count = worst.count;
	return worst.concern;
}

static void a_key_that_needs_a_person_is_told(void **state)
{
	char busy[OHTD_KEY_TEXT_BYTES], idle[OHTD_KEY_TEXT_BYTES], heir[OHTD_KEY_TEXT_BYTES];
	struct ohtd_account_key row;
	unsigned int count;

	(void)state;
	make("busy", 300 * DAY_S, busy);
	make("idle", 120 * DAY_S, idle);
	pass(90 * DAY_S - 1);
	assert_int_equal(result_of(busy), OHTD_TOKEN_GOOD);
	assert_int_equal(worst_of(&row, &count), OHTD_KEY_FINE);
	pass(1);
	assert_int_equal(worst_of(&row, &count), OHTD_KEY_UNUSED);
	assert_string_equal(row.name, "idle");
	pass(17 * DAY_S);
	assert_int_equal(worst_of(&row, &count), OHTD_KEY_ENDS);
	pass(14 * DAY_S);
	assert_int_equal(worst_of(&row, &count), OHTD_KEY_ENDED);
	make("idle", 200 * DAY_S, heir);
	assert_int_equal(worst_of(&row, &count), OHTD_KEY_FINE);
	assert_true(ohtd_auth_keys_expose(keys(), busy));
	assert_int_equal(worst_of(&row, &count), OHTD_KEY_EXPOSED);
	assert_int_equal(count, 1);
	do
		assert_true(ohtd_auth_keys_due(keys(), &row));
	while (!row.exposed);
	order_bot((struct ohtd_user_change){ .disabled = 1 });
	assert_int_equal(worst_of(&row, &count), OHTD_KEY_FINE);
	busy[20] = busy[20] == '0' ? '1' : '0';
	assert_true(ohtd_auth_keys_expose(keys(), busy));
	assert_false(ohtd_auth_keys_expose(keys(), "limit=5&text=oht_robot"));
}

/* ---- agents ---- */

static struct told {
	struct ohtd_part_reports to;
	char subjects[128];
	char text[OHTD_PART_TEXT_BYTES];
} told;

static void take(const struct ohtd_part_reports *to, const struct ohtd_part_report *report)
{
	size_t used = strlen(told.subjects);

	(void)to;
	if (!strstr(report->text, "agent"))
		return;
	snprintf(told.text, sizeof(told.text), "%s", report->text);
	snprintf(told.subjects + used, sizeof(told.subjects) - used, "%s%s", used ? " " : "", report->subject);
}

/* The subjects of the alerts at that second; "": there is none. */
static const char *silent_at(unsigned int second)
{
	told = (struct told){ .to = { .now_ns = second * OHTD_NS_PER_S, .add = take } };
	ohtd_auth_keys_part.judge(auth, &told.to);
	return told.subjects;
}

static int beat(const char *name, const struct ohtd_principal *who, unsigned int second)
{
	struct ohtd_auth_agent said = { .state = OHTD_AGENT_WORKING, .silent_s = 30 };

	snprintf(said.name, sizeof(said.name), "%s", name);
	return ohtd_auth_agents_hear(ohtd_auth_agents_of(auth), &said, who, second * OHTD_NS_PER_S);
}

static void an_agent_that_falls_silent_is_told(void **state)
{
	const struct ohtd_principal bot = { .user_id = bot_id, .user = "bot", .by_key = true }, ros = { .user = "uid 7 (ros)", .local = true, .uid = 7 };
	const struct ohtd_principal numbers = { .user_id = 7, .user = "other", .by_key = true };
	struct ohtd_auth_agent list[OHTD_AGENTS_MAX];
	char name[16];

	(void)state;
	assert_int_equal(beat("line", &bot, 100), 0);
	assert_int_equal(beat("arm", &ros, 110), 0);
	/* A name is its first user's; the account 7 is not the uid 7. */
	assert_int_equal(beat("line", &ros, 111), -EEXIST);
	assert_int_equal(beat("arm", &numbers, 111), -EEXIST);
	assert_int_equal(ohtd_auth_agents_end(ohtd_auth_agents_of(auth), "arm", &numbers), -EEXIST);
	assert_string_equal(silent_at(130), "");
	assert_string_equal(silent_at(131), "line");
	assert_string_equal(silent_at(141), "arm line");
	assert_int_equal(beat("line", &bot, 142), 0);
	assert_string_equal(silent_at(143), "arm");
	assert_string_equal(told.text, "The agent arm of uid 7 (ros) has not been heard for more than 30 s.");
	/* Another thread may judge with an earlier moment. */
	assert_string_equal(silent_at(99), "");
	assert_int_equal(ohtd_auth_agents_end(ohtd_auth_agents_of(auth), "arm", &ros), 0);
	assert_int_equal(ohtd_auth_agents_end(ohtd_auth_agents_of(auth), "arm", NULL), -ENOENT);
	assert_string_equal(silent_at(143), "");
	for (int i = 1; i < OHTD_AGENTS_OF_ONE_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(beat(name, &bot, 150), 0);
	}
	assert_int_equal(beat("z", &bot, 150), -EDQUOT);
	assert_int_equal(beat("3", &bot, 150), 0);
	for (uint32_t uid = 1; uid <= OHTD_AGENTS_MAX - OHTD_AGENTS_OF_ONE_MAX; uid++) {
		const struct ohtd_principal one = { .local = true, .uid = uid };

		snprintf(name, sizeof(name), "u%u", uid);
		assert_int_equal(beat(name, &one, 150), 0);
	}
	assert_int_equal(beat("z", &ros, 150), -ENOSPC);
	assert_int_equal(ohtd_auth_agents_list(ohtd_auth_agents_of(auth), list), OHTD_AGENTS_MAX);
	for (int i = 1; i < OHTD_AGENTS_MAX; i++)
		assert_true(strcmp(list[i - 1].name, list[i].name) < 0);
}

#define test(name_)	cmocka_unit_test_setup_teardown(name_, set_up, session_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(no_credential_outlives_a_year),
		test(a_clock_set_back_gives_no_time_back),
		test(a_rotated_key_has_a_day_at_most),
		test(a_key_that_was_ended_stays_ended),
		test(no_key_comes_back_with_a_restore),
		test(what_is_told_late_changes_nothing),
		test(uses_are_written_each_hour_at_most),
		test(a_key_that_needs_a_person_is_told),
		test(an_agent_that_falls_silent_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
