// SPDX-License-Identifier: GPL-2.0-or-later
/* The self-test of the stop as a command to the control thread. */
#include "robot_fixture.h"

#include <string.h>

static void finds_nothing_and_says_when(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;

	(void)state;
	fake_bus_stop(f->fake, OHT_STOPPED_BY_SOFTWARE);
	fixture_run_ms(f, 50);
	assert_int_equal(fixture_snapshot(f).safety.tested_ns, 0);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_SELF_TEST).outcome, OHTD_OUTCOME_DONE);
	s = fixture_snapshot(f);
	assert_true(s.safety.tested_ns > 0);
	assert_int_equal(s.safety.test_failed, 0);
	assert_int_equal(s.safety.cause_count, 1);
	fixture_destroy(f);
}

/* What it finds is its result, not a refusal; and it is a cause of the stop. */
static void finds_a_fault_and_latches_it(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_snapshot s;

	(void)state;
	fake_bus_stop(f->fake, OHT_STOPPED_BY_SOFTWARE);
	f->fake->test_fails = OHT_TEST_OUTPUT_2 | OHT_TEST_SUPERVISION;
	fixture_run_ms(f, 50);
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_SELF_TEST).outcome, OHTD_OUTCOME_DONE);
	s = fixture_snapshot(f);
	assert_int_equal(s.safety.test_failed, OHT_TEST_OUTPUT_2 | OHT_TEST_SUPERVISION);
	assert_int_equal(s.safety.causes[1].cause, OHT_STOPPED_BY_SELF_TEST);
	fixture_destroy(f);
}

static void is_refused_unless_stopped(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_answer a = fixture_ask(f, OHTD_COMMAND_SELF_TEST);

	(void)state;
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_NOT_STOPPED, 0));
	assert_int_equal(f->fake->status.state, OHT_STATE_READY);
	fixture_destroy(f);
	f = fixture_idle();
	a = fixture_ask(f, OHTD_COMMAND_SELF_TEST);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_NOT_STOPPED, 0));
	assert_int_equal(f->fake->status.state, OHT_STATE_ENABLED);
	assert_int_equal(fixture_snapshot(f).safety.tested_ns, 0);
	fixture_destroy(f);
}

static void is_refused_while_contacts_may_move(void **state)
{
	struct fixture *f = fixture_safe();
	struct ohtd_answer a;

	(void)state;
	fake_bus_stop(f->fake, OHT_STOPPED_BY_SOFTWARE);
	f->fake->contacts_moving = true;
	a = fixture_ask(f, OHTD_COMMAND_SELF_TEST);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_CONTACTS_MOVING, 0));
	f->fake->contacts_moving = false;
	assert_int_equal(fixture_ask(f, OHTD_COMMAND_SELF_TEST).outcome, OHTD_OUTCOME_DONE);
	fixture_destroy(f);
}

static void needs_a_device_with_outputs(void **state)
{
	struct fixture *f = fixture_create(false);
	struct ohtd_answer a;

	(void)state;
	fixture_plug_all(f, OHT_PROFILE_CANONICAL);
	fixture_open(f);
	fixture_run_ms(f, 100);
	a = fixture_ask(f, OHTD_COMMAND_SELF_TEST);
	assert_int_equal(a.outcome, OHTD_OUTCOME_REFUSED);
	assert_true(fixture_says(&a.why, OHTD_WHY_UNSUPPORTED, 0));
	fixture_destroy(f);
	f = fixture_safe();
	f->fake->gone = true;
	a = fixture_ask(f, OHTD_COMMAND_SELF_TEST);
	assert_int_not_equal(a.outcome, OHTD_OUTCOME_DONE);
	assert_true(a.why.count > 0);
	fixture_destroy(f);
}

static void proof_test_age_is_published(void **state)
{
	struct fixture *f = fixture_safe();

	(void)state;
	f->fake->status.opened_age_s = OHT_NEVER_SECONDS;
	fixture_run_ms(f, 50);
	assert_int_equal(fixture_snapshot(f).safety.opened_age_s, OHT_NEVER_SECONDS);
	f->fake->status.opened_age_s = 86400;
	fixture_run_ms(f, 50);
	assert_int_equal(fixture_snapshot(f).safety.opened_age_s, 86400);
	fixture_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_and_says_when),
		cmocka_unit_test(finds_a_fault_and_latches_it),
		cmocka_unit_test(is_refused_unless_stopped),
		cmocka_unit_test(is_refused_while_contacts_may_move),
		cmocka_unit_test(needs_a_device_with_outputs),
		cmocka_unit_test(proof_test_age_is_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
