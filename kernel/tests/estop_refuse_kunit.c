// SPDX-License-Identifier: GPL-2.0-only
/* The emergency stop: what is refused, why, and that a refusal leaves everything as it was. */
#include "estop_fake.h"

static struct oht_estop *const estop = &fake_estop.estop;

/* What a refusal must leave. */
struct refuse_state {
	u32 state;
	u32 enables;
	u32 halts;
	u64 causes;
	u64 tag;
	u64 journal_seq;
};

static int refuse_init(struct kunit *test)
{
	fake_estop_init(test, 2);
	return 0;
}

static struct refuse_state refuse_note(void)
{
	return (struct refuse_state) {
		.state = estop->state,
		.enables = estop->enables,
		.halts = estop->halts,
		.causes = estop->causes,
		.tag = estop->tag,
		.journal_seq = estop->journal.seq,
	};
}

static void refuse_expect_as_before(struct kunit *test, const struct refuse_state *before)
{
	KUNIT_EXPECT_EQ(test, estop->state, before->state);
	KUNIT_EXPECT_EQ(test, estop->enables, before->enables);
	KUNIT_EXPECT_EQ(test, estop->halts, before->halts);
	KUNIT_EXPECT_EQ(test, estop->causes, before->causes);
	KUNIT_EXPECT_EQ(test, estop->tag, before->tag);
	KUNIT_EXPECT_EQ(test, estop->journal.seq, before->journal_seq);
}

/* A reset is refused with exactly @causes, and changes nothing. */
static void refuse_expect_standing(struct kunit *test, u64 causes)
{
	struct refuse_state before;
	struct oht_estop_status status;
	u64 blocking = 0;

	/* A look records what it finds: before the call that is to change nothing. */
	oht_estop_status(estop, &fake_stranger, &status);
	KUNIT_EXPECT_EQ(test, status.standing, causes);
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, fake_estop_reset(&blocking), -EBUSY);
	KUNIT_EXPECT_EQ(test, blocking, causes);
	refuse_expect_as_before(test, &before);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

static void refuse_expect_reset(struct kunit *test)
{
	u64 blocking = ~0ULL;

	KUNIT_EXPECT_EQ(test, fake_estop_reset(&blocking), 0);
	KUNIT_EXPECT_EQ(test, blocking, 0);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_READY);
	KUNIT_EXPECT_EQ(test, estop->causes, 0);
	KUNIT_EXPECT_EQ(test, estop->first_cause, OHT_CAUSE_NONE);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

/* Stopped for the start, with a controller and a button that has been closed for long enough. */
static void refuse_become_resettable(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, oht_estop_take(estop, &fake_controller, FAKE_DEADMAN_MS), 0);
	fake_estop_pass(2 * FAKE_STABLE_MS);
}

/* ---- reset ---- */

static void refuse_reset_without_role(struct kunit *test)
{
	struct refuse_state before;
	u64 blocking = 1;

	fake_estop_pass(2 * FAKE_STABLE_MS);
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, oht_estop_reset(estop, &fake_controller, 7, &blocking), -EPERM);
	KUNIT_EXPECT_EQ(test, blocking, 0);
	refuse_expect_as_before(test, &before);
	refuse_become_resettable(test);
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, oht_estop_reset(estop, &fake_stranger, 7, &blocking), -EPERM);
	refuse_expect_as_before(test, &before);
	refuse_expect_reset(test);
	KUNIT_EXPECT_EQ(test, estop->tag, 7);
}

static void refuse_reset_when_not_stopped(struct kunit *test)
{
	struct refuse_state before;
	u64 blocking = 1;

	fake_estop_ready();
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, fake_estop_reset(&blocking), -ECANCELED);
	refuse_expect_as_before(test, &before);
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), 0);
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, fake_estop_reset(&blocking), -ECANCELED);
	KUNIT_EXPECT_EQ(test, blocking, 0);
	refuse_expect_as_before(test, &before);
	FAKE_EXPECT_OUTPUTS(test, 1);
}

static void refuse_reset_while_open(struct kunit *test)
{
	fake_estop_enable();
	fake_estop_turn(0, FAKE_OPEN);
	fake_estop_turn(1, FAKE_OPEN);
	fake_estop_pass(10 * FAKE_STABLE_MS);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) |
			       OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B));
	fake_estop_turn(0, FAKE_CLOSED);
	fake_estop_turn(1, FAKE_CLOSED);
	fake_estop_pass(2 * FAKE_STABLE_MS);
	refuse_expect_reset(test);
}

/* Both channels have to have been closed for longer than the limit, and an edge begins anew. */
static void refuse_reset_too_soon(struct kunit *test)
{
	const u64 buttons = OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) | OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B);

	refuse_become_resettable(test);
	fake_estop_turn(0, FAKE_OPEN);
	fake_estop_turn(1, FAKE_OPEN);
	fake_estop_turn(0, FAKE_CLOSED);
	fake_estop_turn(1, FAKE_CLOSED);
	refuse_expect_standing(test, buttons);
	fake_estop_pass(FAKE_STABLE_MS);
	refuse_expect_standing(test, buttons);
	/* A bounce, too short for any level. */
	fake_estop_edge(0);
	fake_estop_edge(1);
	fake_estop_pass(FAKE_STABLE_MS);
	refuse_expect_standing(test, buttons);
	fake_estop_skip(1);
	refuse_expect_reset(test);
}

static void refuse_reset_while_held(struct kunit *test)
{
	refuse_become_resettable(test);
	oht_estop_hold(estop, OHT_CAUSE_SUSPEND);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_SUSPEND));
	fake_estop_pass(10 * FAKE_STABLE_MS);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_SUSPEND));
	oht_estop_let_go(estop, OHT_CAUSE_SUSPEND);
	refuse_expect_reset(test);
}

static void refuse_reset_without_heartbeat(struct kunit *test)
{
	refuse_become_resettable(test);
	fake_estop.beats = false;
	fake_estop_pass(FAKE_DEADMAN_MS + FAKE_PERIOD_MS);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN));
	KUNIT_EXPECT_EQ(test, oht_estop_heartbeat(estop, &fake_controller), 0);
	refuse_expect_reset(test);
}

static void refuse_reset_at_the_machine_only(struct kunit *test)
{
	struct refuse_state before;
	u64 blocking = 1;

	fake_estop_with_button();
	refuse_become_resettable(test);
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, fake_estop_reset(&blocking), -EREMOTE);
	refuse_expect_as_before(test, &before);
	KUNIT_EXPECT_EQ(test, oht_estop_reset(estop, &fake_stranger, 1, &blocking), -EPERM);
}

/* A line that cannot be read is not called a button. */
static void refuse_reset_while_unreadable(struct kunit *test)
{
	refuse_become_resettable(test);
	fake_estop.channel[1].value = -EIO;
	fake_estop_pass(FAKE_PERIOD_MS);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_INPUT_ERROR));
	fake_estop.channel[1].value = FAKE_CLOSED;
	fake_estop_pass(2 * FAKE_STABLE_MS);
	refuse_expect_reset(test);
}

/* Channels that disagree lock out, until both have been seen open and then closed. */
static void refuse_reset_in_lockout(struct kunit *test)
{
	const u64 lockout = OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY);

	fake_estop_enable();
	fake_estop_turn(0, FAKE_OPEN);
	fake_estop_pass(2 * FAKE_WINDOW_MS);
	refuse_expect_standing(test, lockout | OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A));
	fake_estop_turn(0, FAKE_CLOSED);
	fake_estop_pass(2 * FAKE_STABLE_MS);
	refuse_expect_standing(test, lockout);
	fake_estop_turn(0, FAKE_OPEN);
	fake_estop_turn(1, FAKE_OPEN);
	fake_estop_pass(4);
	refuse_expect_standing(test, lockout | OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A) |
			       OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_B));
	fake_estop_turn(0, FAKE_CLOSED);
	fake_estop_turn(1, FAKE_CLOSED);
	fake_estop_pass(2 * FAKE_STABLE_MS);
	refuse_expect_reset(test);
}

/* A press too short for any level, seen by one channel alone: the other contact may be welded. */
static void refuse_reset_after_one_alone(struct kunit *test)
{
	const u64 lockout = OHT_CAUSE_BIT(OHT_CAUSE_DISCREPANCY);

	fake_estop_enable();
	fake_estop_edge(1);
	fake_estop_pass(FAKE_STABLE_MS + FAKE_PERIOD_MS);
	refuse_expect_standing(test, lockout);
	fake_estop_pass(20 * FAKE_STABLE_MS);
	refuse_expect_standing(test, lockout);
}

/* The same press in both channels is a press like any other. */
static void refuse_nothing_after_both(struct kunit *test)
{
	fake_estop_enable();
	fake_estop_edge(1);
	fake_estop_skip(FAKE_ESTOP_MS);
	fake_estop_edge(0);
	fake_estop_pass(2 * FAKE_STABLE_MS);
	refuse_expect_reset(test);
}

static void refuse_reset_behind_welded_contact(struct kunit *test)
{
	fake_estop_with_contacts();
	fake_estop_enable();
	fake_estop.contacts_stick = true;
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
	/* At once, settle time or not. */
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_FEEDBACK));
	fake_estop.contact[0].value = FAKE_OPEN;
	fake_estop_pass(2 * FAKE_SETTLE_MS);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_FEEDBACK));
	fake_estop.contact[1].value = FAKE_OPEN;
	fake_estop_pass(2);
	refuse_expect_reset(test);
}

static void refuse_reset_in_a_storm(struct kunit *test)
{
	unsigned int i;

	refuse_become_resettable(test);
	for (i = 0; i <= OHT_STORM_EDGES; i++) {
		fake_estop_edge(0);
		fake_estop_edge(1);
	}
	KUNIT_EXPECT_EQ(test, fake_estop.masked, 2);
	KUNIT_EXPECT_TRUE(test, estop->causes & OHT_CAUSE_BIT(OHT_CAUSE_STORM));
	fake_estop_pass(FAKE_STABLE_MS + FAKE_PERIOD_MS);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_STORM));
	KUNIT_EXPECT_EQ(test, fake_estop.unmasked, 0);
	fake_estop_pass(100);
	KUNIT_EXPECT_EQ(test, fake_estop.unmasked, 2);
	refuse_expect_reset(test);
}

static void refuse_reset_while_stalled(struct kunit *test)
{
	refuse_become_resettable(test);
	oht_stall_set_watched(&estop->stall, true, fake_estop.now_ns);
	fake_estop_skip(FAKE_STALL_US * NSEC_PER_USEC + 1);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_CPU_STALL));
	oht_stall_ran(&estop->stall, OHT_STALL_SUPERVISION, fake_estop.now_ns);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_CPU_STALL));
	oht_stall_ran(&estop->stall, OHT_STALL_WATCH, fake_estop.now_ns);
	refuse_expect_reset(test);
}

/* For ever: nothing tells that the interrupt is a real one again. */
static void refuse_reset_with_threaded_interrupt(struct kunit *test)
{
	const u64 thread = OHT_CAUSE_BIT(OHT_CAUSE_IRQ_THREAD);

	refuse_become_resettable(test);
	fake_estop.in_thread = true;
	fake_estop_edge(0);
	fake_estop_edge(1);
	fake_estop.in_thread = false;
	fake_estop_edge(0);
	fake_estop_edge(1);
	fake_estop_pass(10 * FAKE_STABLE_MS);
	refuse_expect_standing(test, thread);
}

/* ---- the self-test ---- */

static void refuse_self_test(struct kunit *test)
{
	u32 failed = 1;

	fake_estop_with_contacts();
	KUNIT_EXPECT_EQ(test, oht_estop_self_test(estop, &fake_controller, &failed), -EPERM);
	KUNIT_EXPECT_EQ(test, failed, 0);
	fake_estop_enable();
	KUNIT_EXPECT_EQ(test, oht_estop_self_test(estop, &fake_controller, &failed), -ECANCELED);
	FAKE_EXPECT_OUTPUTS(test, 1);
	oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
	KUNIT_EXPECT_EQ(test, oht_estop_self_test(estop, &fake_controller, &failed), -EBUSY);
	KUNIT_EXPECT_EQ(test, estop->tested_ns, 0);
	fake_estop_pass(FAKE_SETTLE_MS + FAKE_PERIOD_MS);
	KUNIT_EXPECT_EQ(test, oht_estop_self_test(estop, &fake_stranger, &failed), -EPERM);
	KUNIT_EXPECT_EQ(test, oht_estop_self_test(estop, &fake_controller, &failed), 0);
	KUNIT_EXPECT_EQ(test, failed, 0);
	KUNIT_EXPECT_EQ(test, estop->tested_ns, fake_estop.now_ns);
}

static void refuse_reset_after_failed_test(struct kunit *test)
{
	u32 failed;

	fake_estop_with_contacts();
	refuse_become_resettable(test);
	fake_estop.contacts_stick = true;
	fake_estop.contact[1].value = FAKE_CLOSED;
	KUNIT_EXPECT_EQ(test, oht_estop_self_test(estop, &fake_controller, &failed), 0);
	KUNIT_EXPECT_EQ(test, failed, OHT_SELF_TEST_CONTACT_2);
	fake_estop.contact[1].value = FAKE_OPEN;
	fake_estop_pass(2);
	refuse_expect_standing(test, OHT_CAUSE_BIT(OHT_CAUSE_SELF_TEST));
	KUNIT_EXPECT_EQ(test, oht_estop_self_test(estop, &fake_controller, &failed), 0);
	KUNIT_EXPECT_EQ(test, failed, 0);
	refuse_expect_reset(test);
}

static void refuse_test_without_supervision(struct kunit *test)
{
	u32 failed;

	KUNIT_ASSERT_EQ(test, oht_estop_take(estop, &fake_controller, 10000), 0);
	fake_estop_pass(2 * FAKE_STABLE_MS);
	fake_estop_skip(101 * FAKE_ESTOP_MS);
	KUNIT_EXPECT_EQ(test, oht_estop_self_test(estop, &fake_controller, &failed), 0);
	KUNIT_EXPECT_EQ(test, failed, OHT_SELF_TEST_SUPERVISION);
}

/* ---- enable ---- */

static void refuse_enable_without_role(struct kunit *test)
{
	struct refuse_state before;
	u64 blocking = 1;

	fake_estop_ready();
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, oht_estop_enable(estop, &fake_stranger, 1, &blocking), -EPERM);
	KUNIT_EXPECT_EQ(test, blocking, 0);
	KUNIT_EXPECT_EQ(test, oht_estop_enable(estop, NULL, 1, &blocking), -EPERM);
	refuse_expect_as_before(test, &before);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

static void refuse_enable_when_stopped(struct kunit *test)
{
	struct refuse_state before;
	u64 blocking;

	refuse_become_resettable(test);
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), -ECANCELED);
	KUNIT_EXPECT_EQ(test, blocking, OHT_CAUSE_BIT(OHT_CAUSE_START));
	refuse_expect_as_before(test, &before);
	FAKE_EXPECT_OUTPUTS(test, 0);
	KUNIT_EXPECT_EQ(test, fake_estop.enable[0].writes, 0);
}

static void refuse_enable_twice(struct kunit *test)
{
	struct refuse_state before;
	u64 blocking;

	fake_estop_enable();
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), -ECANCELED);
	refuse_expect_as_before(test, &before);
	FAKE_EXPECT_OUTPUTS(test, 1);
}

/* Nothing latches, so that it may be asked for again. */
static void refuse_enable_unprepared(struct kunit *test)
{
	struct refuse_state before;
	u64 blocking;

	fake_estop_ready();
	fake_estop.missing = OHT_CAUSE_BIT(OHT_CAUSE_WATCHDOG);
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), -EBUSY);
	KUNIT_EXPECT_EQ(test, blocking, OHT_CAUSE_BIT(OHT_CAUSE_WATCHDOG));
	refuse_expect_as_before(test, &before);
	FAKE_EXPECT_OUTPUTS(test, 0);
	fake_estop.missing = 0;
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), 0);
}

/* The button is open at that moment, and its edge has not been handled yet. */
static void refuse_enable_while_open(struct kunit *test)
{
	u64 blocking;

	fake_estop_ready();
	fake_estop.channel[0].value = FAKE_OPEN;
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), -ECANCELED);
	KUNIT_EXPECT_EQ(test, blocking, OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A));
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->enables, 0);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

/* The outputs have risen, and a channel reads open: they fall again, and the stop is latched. */
static void refuse_enable_opened_meanwhile(struct kunit *test)
{
	unsigned int writes;
	u64 blocking;

	fake_estop_ready();
	fake_estop.opens_at_raise = true;
	writes = fake_estop.enable[0].writes;
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), -ECANCELED);
	KUNIT_EXPECT_EQ(test, blocking, OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A));
	KUNIT_EXPECT_GE(test, fake_estop.enable[0].writes, writes + 2);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_EQ(test, estop->enables, 0);
	KUNIT_EXPECT_EQ(test, oht_estop_enabled(estop), 0);
	FAKE_EXPECT_OUTPUTS(test, 0);
}

static void refuse_enable_behind_closed_contact(struct kunit *test)
{
	u64 blocking;

	fake_estop_with_contacts();
	fake_estop_enable();
	fake_estop.contacts_stick = true;
	KUNIT_EXPECT_EQ(test, oht_estop_disable(estop, &fake_controller, 1), 0);
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), -ECANCELED);
	KUNIT_EXPECT_EQ(test, blocking, OHT_CAUSE_BIT(OHT_CAUSE_FEEDBACK));
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_READY);
	FAKE_EXPECT_OUTPUTS(test, 0);
	fake_estop.contact[0].value = FAKE_OPEN;
	fake_estop.contact[1].value = FAKE_OPEN;
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&blocking), 0);
}

/* ---- disable ---- */

static void refuse_disable(struct kunit *test)
{
	struct refuse_state before;

	fake_estop_ready();
	before = refuse_note();
	KUNIT_EXPECT_EQ(test, oht_estop_disable(estop, &fake_controller, 1), -ECANCELED);
	KUNIT_EXPECT_EQ(test, oht_estop_disable(estop, &fake_stranger, 1), -EPERM);
	refuse_expect_as_before(test, &before);
	KUNIT_EXPECT_EQ(test, fake_estop_try_enable(&(u64){ 0 }), 0);
	KUNIT_EXPECT_EQ(test, oht_estop_disable(estop, &fake_stranger, 1), -EPERM);
	FAKE_EXPECT_OUTPUTS(test, 1);
	KUNIT_EXPECT_EQ(test, oht_estop_disable(estop, &fake_controller, 3), 0);
	FAKE_EXPECT_OUTPUTS(test, 0);
	KUNIT_EXPECT_EQ(test, estop->causes, 0);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->kind, OHT_SAFETY_DISABLE);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->tag, 3);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->low_ns, fake_estop.now_ns);
}

static struct kunit_case refuse_cases[] = {
	KUNIT_CASE(refuse_reset_without_role),
	KUNIT_CASE(refuse_reset_when_not_stopped),
	KUNIT_CASE(refuse_reset_while_open),
	KUNIT_CASE(refuse_reset_too_soon),
	KUNIT_CASE(refuse_reset_while_held),
	KUNIT_CASE(refuse_reset_without_heartbeat),
	KUNIT_CASE(refuse_reset_at_the_machine_only),
	KUNIT_CASE(refuse_reset_while_unreadable),
	KUNIT_CASE(refuse_reset_in_lockout),
	KUNIT_CASE(refuse_reset_after_one_alone),
	KUNIT_CASE(refuse_nothing_after_both),
	KUNIT_CASE(refuse_reset_behind_welded_contact),
	KUNIT_CASE(refuse_reset_in_a_storm),
	KUNIT_CASE(refuse_reset_while_stalled),
	KUNIT_CASE(refuse_reset_with_threaded_interrupt),
	KUNIT_CASE(refuse_self_test),
	KUNIT_CASE(refuse_reset_after_failed_test),
	KUNIT_CASE(refuse_test_without_supervision),
	KUNIT_CASE(refuse_enable_without_role),
	KUNIT_CASE(refuse_enable_when_stopped),
	KUNIT_CASE(refuse_enable_twice),
	KUNIT_CASE(refuse_enable_unprepared),
	KUNIT_CASE(refuse_enable_while_open),
	KUNIT_CASE(refuse_enable_opened_meanwhile),
	KUNIT_CASE(refuse_enable_behind_closed_contact),
	KUNIT_CASE(refuse_disable),
	{}
};

static struct kunit_suite refuse_suite = {
	.name = "oht_estop_refuse",
	.init = refuse_init,
	.test_cases = refuse_cases,
};

kunit_test_suites(&refuse_suite);
