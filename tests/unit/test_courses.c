// SPDX-License-Identifier: GPL-2.0-or-later
/* Which certificates open: by the clocks of a robot and of a boot, in every order in which copies arrive, and for whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "auth/principal.h"
#include "base/clock.h"
#include "courses/courses.h"
#include "store/sql.h"
#include "store/store.h"
#include "store_fixture.h"

#define DAY_S	(24 * 3600ll)
#define HOUR_NS	(3600ull * OHTD_NS_PER_S)

static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
static struct ohtd_store *store;
static struct ohtd_courses *courses;
static const struct ohtd_principal anna = { .user_id = 1, .user = "anna" };
static char boot[] = "boot-1";
static char people[][8] = { "anna", "berta", "carl" };	/* their numbers are 1, 2, 3 */
static int64_t floor_ns;	/* as a run keeps it for the next one */

static void start(void)
{
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, floor_ns);
	store = ohtd_store_start(store_open_db());
	courses = ohtd_courses_open(store, &wall, boot, false);
	assert_non_null(courses);
}

static void stop(void)
{
	floor_ns = ohtd_clock_wall_ns(&wall);
	ohtd_store_stop(store);
	ohtd_courses_close(courses);
}

static int set_up(void **state)
{
	(void)state;
	manual = (struct ohtd_manual_clock){ .now_ns = 1000 * OHTD_NS_PER_S, .realtime_ns = STORE_NOW_S * (int64_t)OHTD_NS_PER_S, .synchronised = true };
	boot[5] = '1';
	floor_ns = 0;
	if (store_folder_make())
		return -1;
	start();
	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++)
		assert_int_equal(ohtd_store_call(store, store_work_add, people[i]), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stop();
	return store_folder_remove();
}

static int work(struct ohtd_db *db, void *order)
{
	return ohtd_courses_act(courses, db, order);
}

/* Not taken into memory yet. */
static int act_only(struct ohtd_courses_order *order)
{
	order->now_s = ohtd_clock_wall_s(&wall);
	order->by_role = order->by_role ? order->by_role : OHTD_ROLE_ADMINISTRATOR;
	return ohtd_store_call(store, work, order);
}

static int act(struct ohtd_courses_order *order)
{
	int r = act_only(order);

	if (!r)
		ohtd_courses_settle(courses, order);
	ohtd_courses_release(order);
	return r;
}

static void require(void)
{
	struct ohtd_courses_order order = { .what = OHTD_COURSES_CHANGE, .members = OHTD_COURSES_REQUIRED, .course = { .id = 1, .required = true } };

	assert_int_equal(act(&order), 0);
}

static struct ohtd_courses_order grant_of(int64_t days)
{
	struct ohtd_courses_order order = { .what = OHTD_COURSES_GRANT, .by = "berta", .by_id = 2, .course = { .name = "driver" } };

	strcpy(order.certificate.user, "anna");
	order.certificate.starts_s = ohtd_clock_wall_s(&wall);
	order.certificate.ends_s = order.certificate.starts_s + days * DAY_S;
	return order;
}

static bool moves(enum ohtd_courses_why *why)
{
	struct ohtd_courses_lack lack;
	bool lacks = ohtd_courses_lacks(courses, &anna, OHTD_COURSES_VERB, "move", &lack);

	if (lacks && why)
		*why = lack.why;
	return !lacks;
}

static void shut(enum ohtd_courses_why expected)
{
	enum ohtd_courses_why why = OHTD_COURSES_NO_ACCOUNT;

	assert_false(moves(&why));
	assert_int_equal(why, expected);
}

static void an_end_is_a_time_of_day_that_was_kept_right_once(void **state)
{
	struct ohtd_courses_order order = grant_of(10);

	(void)state;
	assert_true(moves(NULL));
	require();
	shut(OHTD_COURSES_NEVER);
	assert_int_equal(act(&order), 0);
	assert_true(moves(NULL));
	manual.synchronised = false;
	ohtd_manual_clock_advance(&manual, 9 * 24 * HOUR_NS);
	assert_true(moves(NULL));
	ohtd_manual_clock_advance(&manual, 25 * HOUR_NS);
	shut(OHTD_COURSES_ENDED);
	/* The system says that it is earlier, and nobody keeps it right. */
	manual.realtime_ns -= 5 * DAY_S * (int64_t)OHTD_NS_PER_S;
	shut(OHTD_COURSES_ENDED);
	/* Another run, which has never heard of a time server. */
	order = grant_of(300);
	assert_int_equal(act(&order), 0);
	assert_true(moves(NULL));
	stop();
	start();
	shut(OHTD_COURSES_CLOCK);
	order = grant_of(20);
	assert_int_equal(act(&order), -ENODEV);
	manual.synchronised = true;
	ohtd_courses_tick(courses);
	manual.synchronised = false;
	assert_true(moves(NULL));
}

static void an_override_ends_by_the_clock_of_its_boot(void **state)
{
	struct ohtd_courses_order order = {
		.what = OHTD_COURSES_OVERRIDE, .by = "berta", .by_id = 2, .course = { .name = "driver" }, .certificate = { .user = "anna", .override_ms = 2 * 3600 * 1000 },
	};
	const struct ohtd_courses_order asked = order;
	struct ohtd_courses_order confirmed = { .what = OHTD_COURSES_CONFIRM, .by = "carl", .by_id = 3 };

	(void)state;
	require();
	assert_int_equal(act(&order), 0);
	confirmed.certificate.id = order.certificate.id;
	shut(OHTD_COURSES_NEVER);
	ohtd_manual_clock_advance(&manual, 901 * OHTD_NS_PER_S);
	assert_int_equal(act(&confirmed), -ETIME);
	order = asked;
	assert_int_equal(act(&order), 0);
	confirmed = (struct ohtd_courses_order){ .what = OHTD_COURSES_CONFIRM, .by = "carl", .by_id = 3, .certificate = { .id = order.certificate.id } };
	manual.synchronised = false;
	assert_int_equal(act(&confirmed), 0);
	assert_true(moves(NULL));
	/* No time of day matters to it. */
	manual.realtime_ns -= 100 * DAY_S * (int64_t)OHTD_NS_PER_S;
	ohtd_manual_clock_advance(&manual, 2 * HOUR_NS - OHTD_NS_PER_S);
	assert_true(moves(NULL));
	ohtd_manual_clock_advance(&manual, OHTD_NS_PER_S);
	shut(OHTD_COURSES_NEVER);
	/* A start of ohtd does not end one, that of the machine does. */
	order = asked;
	assert_int_equal(act(&order), 0);
	confirmed.certificate.id = order.certificate.id;
	assert_int_equal(act(&confirmed), 0);
	stop();
	start();
	assert_true(moves(NULL));
	stop();
	boot[5] = '2';
	start();
	shut(OHTD_COURSES_NEVER);
}

/* Two answers of the store may be settled in either order. */
static void an_older_copy_never_takes_the_place_of_a_newer_one(void **state)
{
	struct ohtd_courses_order granted = grant_of(10), revoked = { .what = OHTD_COURSES_REVOKE, .by = "carl", .by_id = 3 };

	(void)state;
	require();
	assert_int_equal(act_only(&granted), 0);
	revoked.certificate.id = granted.certificate.id;
	assert_int_equal(act_only(&revoked), 0);
	ohtd_courses_settle(courses, &revoked);
	shut(OHTD_COURSES_REVOKED);
	ohtd_courses_settle(courses, &granted);
	shut(OHTD_COURSES_REVOKED);
}

static void a_local_user_has_the_certificates_of_its_name(void **state)
{
	static const struct {
		struct ohtd_principal who;
		bool lacks;
	} cases[] = {
		{ { .local = true, .user = "uid 0" }, false },
		{ { .local = true, .uid = 7, .user = "uid 7 (anna)" }, false },
		{ { .local = true, .uid = 7, .user = "uid 7 (ann)" }, true },
		{ { .local = true, .uid = 7, .user = "uid 7 (annabel)" }, true },
		{ { .local = true, .uid = 1, .user = "uid 1" }, true },
		{ { .user_id = 2, .user = "anna" }, true },
	};
	struct ohtd_courses_order order = grant_of(10);
	struct ohtd_courses_lack lack;

	(void)state;
	require();
	assert_int_equal(act(&order), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ohtd_courses_lacks(courses, &cases[i].who, OHTD_COURSES_VERB, "jog", NULL), cases[i].lacks);
	assert_true(ohtd_courses_lacks(courses, NULL, OHTD_COURSES_VERB, "jog", &lack));
	assert_int_equal(lack.why, OHTD_COURSES_NO_ACCOUNT);
	/* A word that only begins like one that is named. */
	assert_false(ohtd_courses_lacks(courses, NULL, OHTD_COURSES_VERB, "jo", NULL));
	assert_false(ohtd_courses_lacks(courses, NULL, OHTD_COURSES_ROUTE, "POST missions/{id}/star", NULL));
}

struct passing {
	int64_t user_id;
	const char *name;
	const char *state;
	int64_t ended_s;
};

/* As the room of training keeps a run. */
static int work_pass(struct ohtd_db *db, void *arg)
{
	const struct passing *passing = arg;
	char *sql = sqlite3_mprintf("INSERT INTO scenarios (name, person, user_id, state, reason, done, times, began_ns, ended_ns)"
				    " VALUES (%Q, 'anna', %lld, %Q, '', 4, '', 1, %lld)", passing->name, (long long)passing->user_id, passing->state,
				    (long long)passing->ended_s * (long long)OHTD_NS_PER_S);
	int r = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	sqlite3_free(sql);
	return r ? -EIO : 0;
}

static void pass(int64_t user_id, const char *name, const char *state, int64_t ago_s)
{
	struct passing passing = { user_id, name, state, ohtd_clock_wall_s(&wall) - ago_s };

	assert_int_equal(ohtd_store_call(store, work_pass, &passing), 0);
}

static void note(void *arg, const struct ohtd_courses_certificate *certificate)
{
	*(struct ohtd_courses_certificate *)arg = *certificate;
}

static void a_certificate_is_earned_by_all_scenarios_of_a_course(void **state)
{
	struct ohtd_courses_order order = {
		.what = OHTD_COURSES_CHANGE, .members = OHTD_COURSES_SCENARIOS | OHTD_COURSES_DAYS,
		.course = { .id = 1, .scenarios = "obstacle,silent_module,stuck_button", .valid_days = 10 },
	};
	struct ohtd_courses_certificate granted = { 0 };

	(void)state;
	require();
	assert_int_equal(act(&order), 0);
	/* Passed too long ago, by another account, not passed at all, and not named by the course. */
	pass(1, "silent_module", "passed", 11 * DAY_S);
	pass(2, "silent_module", "passed", 1);
	pass(1, "stuck_button", "failed", 1);
	pass(1, "battery_low", "passed", 1);
	pass(1, "obstacle", "passed", 1);
	assert_int_equal(ohtd_courses_earn(courses, 1, "obstacle", note, &granted), 0);
	pass(1, "silent_module", "passed", 9 * DAY_S);
	assert_int_equal(ohtd_courses_earn(courses, 1, "obstacle", note, &granted), 0);
	assert_int_equal(ohtd_courses_earn(courses, 1, "battery_low", note, &granted), 0);
	assert_int_equal(ohtd_courses_earn(courses, 4711, "stuck_button", note, &granted), 0);
	assert_int_equal(granted.id, 0);
	shut(OHTD_COURSES_NEVER);
	manual.synchronised = false;
	stop();
	start();
	assert_int_equal(ohtd_courses_earn(courses, 1, "stuck_button", note, &granted), -ENODEV);
	manual.synchronised = true;
	assert_int_equal(ohtd_courses_earn(courses, 1, "stuck_button", note, &granted), 0);
	assert_true(moves(NULL));
	assert_string_equal(granted.granted_by, "the robot");
	assert_int_equal(granted.granted_by_id, 0);
	assert_string_equal(granted.user, "anna");
	assert_non_null(strstr(granted.evidence, "obstacle,silent_module,stuck_button"));
	assert_int_equal(granted.ends_s, granted.starts_s + 10 * DAY_S);
}

#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_end_is_a_time_of_day_that_was_kept_right_once),
		CASE(an_override_ends_by_the_clock_of_its_boot),
		CASE(an_older_copy_never_takes_the_place_of_a_newer_one),
		CASE(a_local_user_has_the_certificates_of_its_name),
		CASE(a_certificate_is_earned_by_all_scenarios_of_a_course),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
