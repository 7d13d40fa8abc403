// SPDX-License-Identifier: GPL-2.0-or-later
/* The effect of a version of the configuration: what was counted before and behind it, and when nothing is said. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "settings/private.h"
#include "settings_rig.h"
#include "store_fixture.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ohtd_settings_counts fake;

static bool count(void *arg, struct ohtd_settings_counts *counts)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	*counts = fake;
	pthread_mutex_unlock(&lock);
	return true;
}

/* So often five seconds, each with @missed of 200 cycles, and one failed of 100 exchanges. */
static void run(unsigned int times, uint64_t missed)
{
	for (unsigned int i = 0; i < times; i++) {
		pthread_mutex_lock(&lock);
		fake.cycles += 200;
		fake.missed += missed;
		fake.exchanges += 100;
		fake.failed++;
		fake.control_cycles += 200;
		fake.late[0] += 190;
		fake.late[missed ? 5 : 1] += 10;
		fake.alerts += missed > 1;
		pthread_mutex_unlock(&lock);
		rig_pass(OHTD_EFFECT_EVERY_S);
		ohtd_effect_turn(rig.settings);
	}
}

static void begin(void)
{
	rig_begin();
	fake = (struct ohtd_settings_counts){ .cycles = 1000000 };
	ohtd_settings_measure(rig.settings, count, NULL);
	ohtd_effect_turn(rig.settings);
}

static void name_it(const char *name)
{
	char patch[80];

	snprintf(patch, sizeof(patch), "{\"robot\":{\"name\":\"%s\"}}", name);
	assert_int_equal(rig_result_of(patch), OHTD_CHANGE_DONE);
}

/* As GET config/versions/{id} asks for it. */
static void look(struct ohtd_change *change, int64_t version)
{
	memset(change, 0, sizeof(*change));
	change->version.version = version;
	ohtd_settings_differ(rig.settings, change);
	assert_int_equal(change->result, OHTD_CHANGE_DONE);
	ohtd_change_drop(change);
}

static void after_five_minutes_it_is_known(void **state)
{
	struct ohtd_change change;

	(void)state;
	begin();
	/* Of what is longer ago than the five minutes nothing is counted. */
	run(20, 7);
	run(60, 1);
	name_it("seven");
	run(59, 3);
	look(&change, 2);
	assert_int_equal(change.effect.version, 0);
	assert_true(change.effect_until_ns > 0);
	run(1, 3);
	look(&change, 2);
	assert_int_equal(change.effect_until_ns, 0);
	assert_int_equal(change.effect.version, 2);
	assert_string_equal(change.effect.ended, "time");
	assert_int_equal(change.effect.before_ms, 300000);
	assert_int_equal(change.effect.after_ms, 300000);
	assert_int_equal(change.effect.before.missed, 60);
	assert_int_equal(change.effect.after.missed, 180);
	assert_int_equal(change.effect.before.exchanges, 6000);
	assert_int_equal(change.effect.after.failed, 60);
	assert_int_equal(change.effect.before.alerts, 0);
	assert_int_equal(change.effect.after.alerts, 60);
	/* 95 of 100 below 16 us, the others below 512 us. */
	assert_int_equal(change.effect.after.control_late_us, 512);
	/* Later time changes nothing of it. */
	run(5, 9);
	look(&change, 2);
	assert_int_equal(change.effect.after.missed, 180);
	rig_end();
	rig_begin();
	look(&change, 2);
	assert_int_equal(change.effect.after.missed, 180);
	look(&change, 1);
	assert_int_equal(change.effect.version + change.effect_until_ns, 0);
	rig_end();
}

static void the_next_version_and_a_stop_cut_it_short(void **state)
{
	struct ohtd_change change;

	(void)state;
	begin();
	run(4, 1);
	name_it("seven");
	run(6, 2);
	name_it("eight");
	look(&change, 2);
	assert_string_equal(change.effect.ended, "version");
	/* There were no more than 20 s before. */
	assert_int_equal(change.effect.before_ms, 20000);
	assert_int_equal(change.effect.after_ms, 30000);
	assert_int_equal(change.effect.before.missed, 4);
	assert_int_equal(change.effect.after.missed, 12);
	run(2, 0);
	rig_end();
	rig_begin();
	look(&change, 3);
	assert_string_equal(change.effect.ended, "stop");
	/* As long before as behind. */
	assert_int_equal(change.effect.before_ms, 10000);
	assert_int_equal(change.effect.after_ms, 10000);
	assert_int_equal(change.effect.before.missed, 4);
	assert_int_equal(change.effect.after.missed, 0);
	rig_end();
}

static void a_figure_that_is_not_known_is_none(void **state)
{
	struct ohtd_change change;

	(void)state;
	begin();
	name_it("seven");
	run(1, 1);
	/* A device that was taken away and put back counts from nought, and so does a module that was found anew. */
	pthread_mutex_lock(&lock);
	fake.cycles = 0;
	fake.exchanges = fake.failed = 0;
	pthread_mutex_unlock(&lock);
	run(2, 1);
	name_it("eight");
	look(&change, 2);
	assert_int_equal(change.effect.after.missed, -1);
	assert_int_equal(change.effect.after.cycles, -1);
	assert_int_equal(change.effect.after.control_cycles, 600);
	assert_int_equal(change.effect.before_ms, 0);
	assert_int_equal(change.effect.before.alerts, -1);
	/* What cannot be kept is not known: the version is. */
	run(1, 1);
	store_run_sql("CREATE TRIGGER full BEFORE INSERT ON config_effects BEGIN SELECT RAISE(ABORT, 'full'); END");
	name_it("nine");
	store_run_sql("DROP TRIGGER full");
	look(&change, 3);
	assert_int_equal(change.effect.version + change.effect_until_ns, 0);
	rig_end();
	/* Killed before it was known: without the row. */
	store_run_sql("DELETE FROM config_effects WHERE version = 4");
	rig_begin();
	look(&change, 4);
	assert_int_equal(change.effect.version + change.effect_until_ns, 0);
	rig_end();
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, store_set_up, store_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(after_five_minutes_it_is_known),
		CASE(the_next_version_and_a_stop_cut_it_short),
		CASE(a_figure_that_is_not_known_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
