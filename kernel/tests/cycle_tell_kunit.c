// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoint oht_cycle: each point of the grid is told once, with what was in its way. */
#include "cycle_fake.h"

#define CYCLE_NS	(20 * FAKE_MS)

static int tell_init(struct kunit *test)
{
	cyclic_init(test);
	return 0;
}

static void expect_tale(struct kunit *test, unsigned int i, u64 cycle, unsigned int fate)
{
	const struct cyclic_tale *tale = &cyclic.tale[i];

	KUNIT_ASSERT_GT(test, cyclic.tales, i);
	KUNIT_EXPECT_EQ(test, tale->start.cycle, cycle);
	KUNIT_EXPECT_EQ(test, tale->fate, fate);
	KUNIT_EXPECT_EQ(test, tale->start.grid_ns, FAKE_START_NS + cycle * CYCLE_NS);
}

/* On time: as many as there are cycles, and nothing is in their way. */
static void cycle_tell_begun(struct kunit *test)
{
	unsigned int i;

	cyclic_add(3, 3, 2);
	cyclic_add(4, 3, 2);
	cyclic_commit(0);
	cyclic_run(10 * CYCLE_NS - FAKE_MS);
	KUNIT_ASSERT_EQ(test, cyclic.tales, 10);
	for (i = 0; i < cyclic.tales; i++) {
		const struct oht_engine_start *start = &cyclic.tale[i].start;

		expect_tale(test, i, i, OHT_FATE_BEGUN);
		KUNIT_EXPECT_EQ(test, cyclic.tale[i].late_ns, 0);
		KUNIT_EXPECT_EQ(test, start->tick_ns, start->grid_ns);
		KUNIT_EXPECT_EQ(test, start->state, OHT_ENGINE_IDLE);
		KUNIT_EXPECT_EQ(test, start->holder, OHT_HOLDER_NONE);
		KUNIT_EXPECT_EQ(test, start->unit, 0);
		KUNIT_EXPECT_EQ(test, start->quiet_ns, 0);
		KUNIT_EXPECT_EQ(test, start->passed, 0);
	}
}

/* The timer came late: all of the lateness is its own. */
static void cycle_tell_timer(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS / 2);
	cyclic.late_ns = 3 * FAKE_MS;
	cyclic_run(2 * CYCLE_NS);
	KUNIT_ASSERT_EQ(test, cyclic.tales, 3);
	expect_tale(test, 1, 1, OHT_FATE_BEGUN);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].late_ns, 3 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].start.tick_ns, FAKE_START_NS + CYCLE_NS + 3 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].start.holder, OHT_HOLDER_NONE);
	KUNIT_EXPECT_EQ(test, cyclic.tale[2].late_ns, 0);
}

/* The timer comes whole cycles late: its event counts the points that have none of their own. */
static void cycle_tell_passed(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS / 2);
	cyclic.late_ns = 2 * CYCLE_NS + FAKE_MS;
	cyclic_run(4 * CYCLE_NS);
	KUNIT_ASSERT_EQ(test, cyclic.tales, 3);
	expect_tale(test, 1, 3, OHT_FATE_BEGUN);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].start.passed, 2);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].start.missed, 2);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].late_ns, FAKE_MS);
	expect_tale(test, 2, 4, OHT_FATE_BEGUN);
	KUNIT_EXPECT_EQ(test, cyclic.tale[2].start.passed, 0);
}

/* A unit that is waited for beyond the cycle: the next one is missed, and the unit is named. */
static void cycle_tell_missed(struct kunit *test)
{
	const struct oht_engine_start *start = &cyclic.tale[2].start;

	cyclic_add(3, 3, 2);
	cyclic_add(4, 3, 2)->timeout_us = 100000;
	cyclic_commit(0);
	cyclic_run(CYCLE_NS / 2);
	cyclic.turnaround_ns[4] = 18 * FAKE_MS;
	cyclic_run(CYCLE_NS);
	cyclic.turnaround_ns[4] = FAKE_MS;
	cyclic_run(2 * CYCLE_NS);
	KUNIT_ASSERT_EQ(test, cyclic.tales, 4);
	expect_tale(test, 2, 2, OHT_FATE_MISSED);
	KUNIT_EXPECT_EQ(test, start->state, OHT_ENGINE_WAIT);
	KUNIT_EXPECT_EQ(test, start->holder, OHT_CLASS_PLAN);
	KUNIT_EXPECT_EQ(test, start->unit, 4);
	KUNIT_EXPECT_EQ(test, start->function, 3);
	KUNIT_EXPECT_EQ(test, start->missed, 1);
	KUNIT_EXPECT_EQ(test, start->exceeded, 1);
	expect_tale(test, 3, 3, OHT_FATE_BEGUN);
	KUNIT_EXPECT_EQ(test, cyclic.tale[3].start.holder, OHT_HOLDER_NONE);
}

/* A transfer that its owner has given up is still waited for. */
static void cycle_tell_abandoned(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS - FAKE_MS);
	/* So late in a cycle the rule of the slack would hold it back. */
	fake.engine.slot.until_ns = 0;
	fake_xfer(0, 9, 3, 0x40, 8);
	fake_submit(0);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), 0);
	cyclic_run(CYCLE_NS);
	KUNIT_ASSERT_GT(test, cyclic.tales, 1);
	expect_tale(test, 1, 1, OHT_FATE_BEGUN);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].start.tick_ns, FAKE_START_NS + CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].start.holder, OHT_HOLDER_ABANDONED);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].start.unit, 9);
	KUNIT_EXPECT_GT(test, cyclic.tale[1].late_ns, FAKE_MS);
}

/* Given away: the plan sends nothing. */
static void cycle_tell_given(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(10 * FAKE_MS);
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 30000;
	fake_submit(0);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_ASSERT_EQ(test, cyclic.tales, 3);
	expect_tale(test, 1, 1, OHT_FATE_BEGUN);
	expect_tale(test, 2, 2, OHT_FATE_GIVEN);
}

/* No entry is due, or the due entry is an output without values. */
static void cycle_tell_empty(struct kunit *test)
{
	cyclic_add(3, 3, 2)->period_cycles = 2;
	cyclic_add(4, 16, 2);
	cyclic_commit(0);
	cyclic_run(4 * CYCLE_NS - FAKE_MS);
	KUNIT_ASSERT_EQ(test, cyclic.tales, 4);
	expect_tale(test, 0, 0, OHT_FATE_BEGUN);
	expect_tale(test, 1, 1, OHT_FATE_EMPTY);
	expect_tale(test, 2, 2, OHT_FATE_BEGUN);
	expect_tale(test, 3, 3, OHT_FATE_EMPTY);
}

/* Noise for longer than any wait: the cycle ends without a request, reported once. */
static void cycle_tell_unsent(struct kunit *test)
{
	u64 talk_ns, begin_ns;

	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS - 2 * FAKE_MS);
	begin_ns = fake.now_ns;
	for (talk_ns = 0; talk_ns < 300 * FAKE_MS; talk_ns += FAKE_MS)
		fake_say_one(begin_ns + talk_ns, 0x55, 0);
	cyclic_run(20 * CYCLE_NS);
	/* Cycle 1 waits for silence, 2 and what comes behind it are missed meanwhile. */
	expect_tale(test, 1, 2, OHT_FATE_MISSED);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].start.state, OHT_ENGINE_GAP);
	KUNIT_EXPECT_GT(test, cyclic.tale[1].start.quiet_ns, 0);
	KUNIT_EXPECT_EQ(test, cyclic.tale[1].start.holder, OHT_HOLDER_NONE);
	/* The last one without a request is cycle 1, after all the time that anybody waits. */
	while (cyclic.tales && cyclic.tale[cyclic.tales - 1].fate != OHT_FATE_UNSENT)
		cyclic.tales--;
	KUNIT_ASSERT_GT(test, cyclic.tales, 2);
	expect_tale(test, cyclic.tales - 1, 1, OHT_FATE_UNSENT);
	KUNIT_EXPECT_GT(test, cyclic.tale[cyclic.tales - 1].start.quiet_ns, 0);
	KUNIT_EXPECT_GT(test, cyclic.tale[cyclic.tales - 1].late_ns, 5 * CYCLE_NS);
}

/* A stop takes away what was to be written before it has begun: told once, and not as begun. */
static void cycle_tell_stopped(struct kunit *test)
{
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_add(4, 16, 2);
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 2, 7), 0);
	/* The line is not silent when the cycle begins. */
	fake_say_one(FAKE_START_NS + CYCLE_NS - 100 * FAKE_US, 0x55, 0);
	cyclic_run(CYCLE_NS + 500 * FAKE_US);
	KUNIT_EXPECT_EQ(test, cyclic.tales, 1);
	cyclic_stop();
	KUNIT_ASSERT_EQ(test, cyclic.tales, 2);
	expect_tale(test, 1, 1, OHT_FATE_UNSENT);
	cyclic_run(CYCLE_NS);
	expect_tale(test, 2, 2, OHT_FATE_EMPTY);
}

static struct kunit_case tell_cases[] = {
	KUNIT_CASE(cycle_tell_begun),
	KUNIT_CASE(cycle_tell_timer),
	KUNIT_CASE(cycle_tell_passed),
	KUNIT_CASE(cycle_tell_missed),
	KUNIT_CASE(cycle_tell_abandoned),
	KUNIT_CASE(cycle_tell_given),
	KUNIT_CASE(cycle_tell_empty),
	KUNIT_CASE(cycle_tell_unsent),
	KUNIT_CASE(cycle_tell_stopped),
	{}
};

static struct kunit_suite tell_suite = {
	.name = "oht_cycle_tell",
	.init = tell_init,
	.test_cases = tell_cases,
};

kunit_test_suites(&tell_suite);
