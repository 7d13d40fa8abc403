// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loss that stops comes in time, whatever keeps the bus, and stands. The plan is that of the
 * robot as far as the promise goes: every 25 ms, lost after 4 failures, which is 100 ms.
 */
#include "cycle_fake.h"

#define CYCLE_NS	(25 * FAKE_MS)
/* The promised time, and the rest of the cycle in which the unit was heard last. */
#define BOUND_NS	(125 * FAKE_MS)
#define UNIT		3

static int cycle_loss_init(struct kunit *test)
{
	cyclic_init(test);
	cyclic.plan.cycle_us = 25000;
	return 0;
}

/* Enabled, and the safety unit and @others with it have been heard. */
static void loss_begin(unsigned int others)
{
	struct oht_plan_entry *entry = cyclic_add(UNIT, 3, 4);
	unsigned int i;

	entry->loss_action = OHT_LOSS_STOP;
	entry->loss_errors = 4;
	for (i = 0; i < others; i++)
		cyclic_add(UNIT + 1 + i, 3, 4);
	cyclic_commit(0);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(4 * CYCLE_NS + 20 * FAKE_MS);
	KUNIT_ASSERT_EQ(fake.test, cyclic.losses, 0);
	KUNIT_ASSERT_EQ(fake.test, cyclic_slot(0)->status, 0);
}

/* Until the machine is stopped: time passes, with a character of a stranger in each step. */
static void loss_expect_stop(bool babble, u64 heard_ns)
{
	u64 limit_ns = heard_ns + 6000 * FAKE_MS;

	while (!cyclic.losses && fake.now_ns < limit_ns) {
		if (babble)
			fake_say_one(fake.now_ns + FAKE_US, 0x55, 0);
		cyclic_run(FAKE_MS);
	}
	KUNIT_EXPECT_GT(fake.test, cyclic.losses, 0);
	KUNIT_EXPECT_LE_MSG(fake.test, fake.now_ns, heard_ns + BOUND_NS + FAKE_MS, "%llu ms\n",
			    (unsigned long long)(fake.now_ns - heard_ns) / FAKE_MS);
	KUNIT_EXPECT_EQ(fake.test, cyclic_status().losses, 1);
}

static void cycle_loss_babble(struct kunit *test)
{
	unsigned int others;

	for (others = 0; others < 4; others++) {
		cycle_loss_init(test);
		loss_begin(others);
		loss_expect_stop(true, cyclic_slot(0)->timestamp_ns);
	}
}

static void cycle_loss_silence(struct kunit *test)
{
	loss_begin(2);
	cyclic.silent[UNIT] = true;
	loss_expect_stop(false, cyclic_slot(0)->timestamp_ns);
}

/* A plan that takes the place of another one gives nobody new time. */
static void cycle_loss_plans(struct kunit *test)
{
	unsigned int i;

	loss_begin(2);
	for (i = 0; i < 20; i++) {
		cyclic_run(80 * FAKE_MS);
		cyclic_commit(0);
	}
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	cyclic.silent[UNIT] = true;
	for (i = 0; i < 20 && !cyclic.losses; i++) {
		cyclic_run(80 * FAKE_MS);
		cyclic_commit(0);
	}
	KUNIT_EXPECT_GT(test, cyclic.losses, 0);
	KUNIT_EXPECT_LE(test, i, 3);
}

/* A read of one register, whose unit is not there, by the controller or not. */
static struct oht_xfer *loss_read(unsigned int i, u32 timeout_us, u32 session)
{
	struct oht_xfer *x = fake_xfer(i, 9, 3, 0x40, 1);

	x->timeout_us = timeout_us;
	x->session = session;
	cyclic.silent[9] = true;
	return x;
}

/* @turns plans, one each @every cycles; returns how often the unit was asked. */
static unsigned int loss_plans(unsigned int turns, unsigned int every, bool other)
{
	unsigned int turn, asked = 0;

	for (turn = 0; turn < turns && !cyclic.losses; turn++) {
		cyclic.plan.entry[0].address = other ? turn % 2 : 0;
		cyclic_commit(0);
		cyclic_run(every * CYCLE_NS);
		asked += cyclic_count(UNIT);
		cyclic_forget();
	}
	return asked;
}

/*
 * However soon plans follow one another, and whichever registers of the unit they read: a unit
 * that answers is asked and not lost, a silent unit is lost in time, and the same plan again does
 * not find it.
 */
static void loss_plan_behind_plan(u16 period, u16 phase, bool other, unsigned int every)
{
	u64 bound_ns = (4 * period + phase + 2 + every) * CYCLE_NS, heard_ns;

	cycle_loss_init(fake.test);
	loss_begin(1);
	cyclic.plan.entry[0].period_cycles = period;
	cyclic.plan.entry[0].phase_cycles = phase;
	KUNIT_EXPECT_GE_MSG(fake.test, loss_plans(100, every, other), 100 * every / period,
			    "period %u every %u\n", period, every);
	KUNIT_EXPECT_EQ_MSG(fake.test, cyclic_status().losses, 0, "period %u every %u\n", period,
			    every);
	cyclic.silent[UNIT] = true;
	heard_ns = fake.now_ns;
	loss_plans(1000, every, other);
	KUNIT_EXPECT_LE_MSG(fake.test, fake.now_ns, heard_ns + bound_ns, "period %u every %u\n",
			    period, every);
	cyclic_stop();
	cyclic.losses = 0;
	loss_plans(4, every, other);
	KUNIT_EXPECT_LT(fake.test, cyclic.heard_by_ns, fake.now_ns);
	KUNIT_EXPECT_EQ(fake.test, cyclic_status().losses, 1);
}

static void cycle_loss_plan_behind_plan(struct kunit *test)
{
	unsigned int every;

	for (every = 1; every <= 9; every++) {
		loss_plan_behind_plan(1, 0, every % 2, every);
		loss_plan_behind_plan(4, 1, every % 2, every);
		loss_plan_behind_plan(4, 1, !(every % 2), every);
		loss_plan_behind_plan(20, 7, every % 2, every);
	}
}

/* Most exchanges are missed, so errors alone would take long: one more is given once. */
static void cycle_loss_put_off_once(struct kunit *test)
{
	u64 heard_ns;

	loss_begin(1);
	cyclic.plan.entry[0].loss_errors = 20;
	cyclic_commit(0);
	cyclic_run(3 * CYCLE_NS);
	cyclic.silent[UNIT] = true;
	heard_ns = fake.now_ns;
	while (!cyclic.losses && fake.now_ns < heard_ns + 100 * CYCLE_NS) {
		cyclic.late_ns = 3 * CYCLE_NS;
		loss_plans(1, 4, false);
	}
	KUNIT_EXPECT_LE(test, fake.now_ns, heard_ns + 30 * CYCLE_NS);
}

/* A seldom entry has its turn, and the room left in a cycle is measured, although plans follow. */
static void cycle_loss_seldom(struct kunit *test)
{
	struct oht_plan_entry *entry;
	unsigned int turn;

	loss_begin(0);
	entry = cyclic_add(UNIT + 1, 3, 1);
	entry->period_cycles = 20;
	entry->phase_cycles = 7;
	cyclic_commit(0);
	cyclic_run(8 * CYCLE_NS);
	cyclic_forget();
	for (turn = 0; turn < 40; turn++) {
		cyclic_commit(0);
		cyclic_run(3 * CYCLE_NS);
	}
	KUNIT_EXPECT_GE(test, cyclic_count(UNIT + 1), 4);
	KUNIT_EXPECT_LE(test, cyclic_count(UNIT + 1), 8);
	/* Its time-out leaves no room for a read that would fit otherwise. */
	entry->period_cycles = 1;
	entry->phase_cycles = 0;
	entry->timeout_us = 12000;
	cyclic.silent[UNIT + 1] = true;
	loss_read(0, 8000, 1);
	fake_submit(0);
	for (turn = 0; turn < 40; turn++) {
		cyclic_commit(0);
		cyclic_run(3 * CYCLE_NS);
		cyclic_forget();
	}
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
}

/* A transfer had taken the bus for 5 s before the plan came. */
static void cycle_loss_long_read(struct kunit *test)
{
	struct oht_plan_entry *entry = cyclic_add(UNIT, 3, 4);

	entry->loss_action = OHT_LOSS_STOP;
	entry->loss_errors = 4;
	cyclic.silent[9] = true;
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 5000000;
	fake_submit(0);
	cyclic_run(FAKE_MS);
	cyclic_commit(0);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	loss_expect_stop(false, fake.now_ns);
	KUNIT_EXPECT_EQ(test, fake.done[0], 0);
}

/*
 * What makes a loss is refused to everybody in every state; what is just not so long makes none. It
 * is 75 ms, of which 16 characters and the gap take 3.14.
 */
static void cycle_loss_long_read_refused(struct kunit *test)
{
	static const u32 states[] = { OHT_ESTOP_STOPPED, OHT_ESTOP_READY, OHT_ESTOP_ENABLED };
	unsigned int i;

	loss_begin(2);
	for (i = 0; i < 2 * ARRAY_SIZE(states); i++) {
		cyclic_set_state(states[i / 2]);
		KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, loss_read(0, 71900, i % 2)),
				-EDQUOT);
		KUNIT_EXPECT_EQ(test, fake.done[0], 0);
	}
	for (i = 0; i < 3; i++) {
		loss_read(0, 71800, 1)->retries = 2;
		fake_submit(0);
		cyclic_run(40 * CYCLE_NS);
		FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	}
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	/* It has been submitted before; with another plan nobody minds. */
	cyclic_clear();
	loss_read(0, 5000000, 1);
	fake_submit(0);
	loss_read(1, 5000000, 1);
	fake_submit(1);
	cyclic_commit(0);
	cyclic_run(5000 * FAKE_MS);
	cyclic_run(8 * CYCLE_NS);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	FAKE_EXPECT_DONE(1, -EDQUOT, OHT_DETAIL_BUDGET);
	cyclic.plan.entry[0].loss_action = OHT_LOSS_NONE;
	cyclic_commit(0);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, loss_read(0, 5000000, 1)), 0);
}

/* Noise takes most of the cycle that is given to it: it waits for another one. */
static void cycle_loss_long_read_late(struct kunit *test)
{
	unsigned int i;

	loss_begin(2);
	loss_read(0, 71800, 1);
	fake_submit(0);
	while (!cyclic.cycle.give)
		cyclic_run(FAKE_MS);
	cyclic_run(cyclic.next_ns - FAKE_MS - fake.now_ns);
	for (i = 0; i < 19; i++) {
		fake_say_one(fake.now_ns + FAKE_US, 0x55, 0);
		cyclic_run(FAKE_MS);
	}
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 1);
	cyclic_run(4 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic_count(9), 0);
	cyclic_run(20 * CYCLE_NS);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 2);
}

/* While enabled a stranger may have one cycle, also if it was asked for before. */
static void cycle_loss_long_read_of_strangers(struct kunit *test)
{
	loss_begin(0);
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, loss_read(0, 24000, 0)), -EDQUOT);
	loss_read(0, 15000, 0);
	fake_submit(0);
	cyclic_run(8 * CYCLE_NS);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);

	cyclic_set_state(OHT_ESTOP_READY);
	loss_read(1, 24000, 0);
	fake_submit(1);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(8 * CYCLE_NS);
	FAKE_EXPECT_DONE(1, -EDQUOT, OHT_DETAIL_BUDGET);
	KUNIT_EXPECT_EQ(test, cyclic_count(9), 1);
	/* Without a plan nobody waits for the bus. */
	cyclic_clear();
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, loss_read(1, 5000000, 0)), 0);
}

/* While the machine is stopped a loss is recorded, and stands; it is no other stop. */
static void cycle_loss_while_stopped(struct kunit *test)
{
	loss_begin(1);
	cyclic_stop();
	cyclic.silent[UNIT] = true;
	cyclic_run(20 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().losses, 1);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, 0);
	KUNIT_EXPECT_LT(test, cyclic.heard_by_ns, fake.now_ns);
	/* A reset all the same is followed by a stop at once. */
	cyclic_set_state(OHT_ESTOP_READY);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_GT(test, cyclic.losses, 0);
}

/* The CPU of the plan's timer is stuck: the supervision has a time that does not go on. */
static void cycle_loss_stuck(struct kunit *test)
{
	loss_begin(1);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic.next_ns = 0;
	cyclic_run(BOUND_NS);
	KUNIT_EXPECT_LT(test, cyclic.heard_by_ns, fake.now_ns);
	KUNIT_EXPECT_LE(test, cyclic.heard_by_ns, cyclic_slot(0)->timestamp_ns + BOUND_NS);
}

/* It stands until the unit is heard again, the plan ends, or another one comes. */
static void cycle_loss_stands(struct kunit *test)
{
	loss_begin(1);
	cyclic.silent[UNIT] = true;
	loss_expect_stop(false, cyclic_slot(0)->timestamp_ns);
	cyclic_stop();
	cyclic_run(40 * CYCLE_NS);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, 0);
	KUNIT_EXPECT_LT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic.silent[UNIT] = false;
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic.silent[UNIT] = true;
	cyclic_run(8 * CYCLE_NS);
	KUNIT_EXPECT_LT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic.plan.entry[0].unit = UNIT + 9;
	cyclic_commit(0);
	cyclic_run(8 * CYCLE_NS);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic.silent[UNIT + 9] = true;
	cyclic_run(8 * CYCLE_NS);
	KUNIT_EXPECT_LT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic_clear();
	KUNIT_EXPECT_EQ(test, cyclic.heard_by_ns, 0);
}

/* What may not be written, or has no values yet, is not awaited: it could never be found. */
static void cycle_loss_unsent(struct kunit *test)
{
	struct oht_plan_entry *entry = cyclic_add(UNIT, 6, 1);

	entry->loss_action = OHT_LOSS_STOP;
	entry->loss_errors = 2;
	cyclic_commit(0);
	cyclic_run(20 * CYCLE_NS);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(20 * CYCLE_NS);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 7), 0);
	cyclic_run(20 * CYCLE_NS);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic.silent[UNIT] = true;
	cyclic_run(4 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 3);
	KUNIT_EXPECT_LT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic_stop();
	cyclic_run(4 * CYCLE_NS);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
}

/* The first of several counts, whose period and first cycle may be any. */
static void cycle_loss_first(struct kunit *test)
{
	struct oht_plan_entry *entry = cyclic_add(UNIT, 3, 1);
	u64 by_ns;

	entry->loss_action = OHT_LOSS_STOP;
	entry->loss_errors = 2;
	entry->period_cycles = 5;
	entry->phase_cycles = 4;
	entry = cyclic_add(UNIT + 1, 3, 1);
	entry->loss_action = OHT_LOSS_STOP;
	entry->loss_errors = 20;
	cyclic_commit(0);
	by_ns = fake.now_ns + 10 * CYCLE_NS;
	KUNIT_EXPECT_EQ(test, cyclic.cycle.heard_by_ns, by_ns);
	cyclic_run(4 * CYCLE_NS + FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.cycle.heard_by_ns, by_ns);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.cycle.heard_by_ns, by_ns + 5 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
}

/* A unit that answers is never lost, although strangers get the cycles that they may have. */
static void cycle_loss_given(struct kunit *test)
{
	struct oht_plan_entry *entry;
	unsigned int errors, period, round;

	for (errors = 1; errors <= 3; errors++) {
		for (period = 1; period <= 3; period++) {
			cycle_loss_init(test);
			entry = cyclic_add(UNIT, 3, 4);
			entry->loss_action = OHT_LOSS_STOP;
			entry->loss_errors = errors;
			entry->period_cycles = period;
			cyclic.plan.whole_cycles = 2;
			cyclic_commit(0);
			cyclic_set_state(OHT_ESTOP_ENABLED);
			cyclic.silent[9] = true;
			for (round = 0; round < 20; round++) {
				fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 21000;
				fake.xfers[0].session = 0;
				fake_submit(0);
				cyclic_run(4 * CYCLE_NS);
				KUNIT_EXPECT_EQ(test, fake.done[0], 1);
			}
			/* With a longer period there are cycles that nothing is due in. */
			KUNIT_EXPECT_EQ(test, cyclic_status().given, period == 1 ? 20 : 0);
			KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
		}
	}
}

/*
 * The turn of a unit is given away, the next cycle has no room for it, and somebody wants the cycle
 * of its next turn too.
 */
static void cycle_loss_given_again(struct kunit *test)
{
	unsigned int i, ended = 0;

	cyclic.plan.cycle_us = 20000;
	for (i = 0; i < 6; i++) {
		struct oht_plan_entry *entry = cyclic_add(1 + i, 3, 10);

		entry->period_cycles = 2;
		entry->phase_cycles = i / 3;
	}
	cyclic.plan.entry[0].loss_action = OHT_LOSS_STOP;
	cyclic.plan.entry[0].loss_errors = 2;
	cyclic.plan.whole_cycles = 2;
	cyclic_commit(0);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	for (i = 0; i < 200; i++) {
		if (i < 2 || fake.done[i % 2]) {
			ended += i >= 2;
			loss_read(i % 2, 11000, 1);
			fake_submit(i % 2);
		}
		cyclic_run(10 * FAKE_MS);
		cyclic_forget();
	}
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().losses, 0);
	KUNIT_EXPECT_GE(test, ended, 20);
}

/* The timer was late, and a unit was not heard in time: another plan does not put that off. */
static void cycle_loss_overdue_stays(struct kunit *test)
{
	unsigned int i;

	cyclic_add(UNIT, 3, 1)->loss_action = OHT_LOSS_STOP;
	cyclic_commit(0);
	cyclic_run(2 * CYCLE_NS);
	cyclic.silent[UNIT] = true;
	cyclic.late_ns = 10 * CYCLE_NS;
	cyclic_run(6 * CYCLE_NS);
	KUNIT_EXPECT_LT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic_commit(0);
	for (i = 0; i < 40; i++) {
		cyclic_run(CYCLE_NS / 4);
		KUNIT_EXPECT_LE_MSG(test, cyclic.heard_by_ns, fake.now_ns, "%u\n", i);
	}
	KUNIT_EXPECT_EQ(test, cyclic_status().generation, cyclic.generation);
	cyclic.silent[UNIT] = false;
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
}

/*
 * The plan's timer is stuck: the supervision is told by when it must come, whatever the loss of
 * entries does.
 */
static void cycle_loss_timer_stuck(struct kunit *test)
{
	unsigned int seldom, i;

	for (seldom = 0; seldom < 2; seldom++) {
		cyclic_init(test);
		cyclic_add(UNIT, 3, 1);
		/* The loss of this one stops, but a second later. */
		cyclic.plan.entry[0].loss_action = seldom ? OHT_LOSS_STOP : OHT_LOSS_NONE;
		cyclic.plan.entry[0].loss_errors = 50;
		cyclic_commit(0);
		for (i = 0; i < 20; i++) {
			cyclic_run(CYCLE_NS);
			cyclic.late_ns = i * 4 * FAKE_MS;
			KUNIT_EXPECT_GT_MSG(test, cyclic.heard_by_ns, fake.now_ns, "%u\n", i);
		}
		cyclic.late_ns = 500 * FAKE_MS;
		cyclic_run(100 * FAKE_MS);
		KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
		cyclic_run(3 * CYCLE_NS);
		KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, 0);
		KUNIT_EXPECT_LT(test, cyclic.heard_by_ns, fake.now_ns);
		cyclic_run(400 * FAKE_MS);
		KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
		KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
		cyclic_clear();
		KUNIT_EXPECT_EQ(test, cyclic.heard_by_ns, 0);
	}
}

/* A board whose CPUs may handle no interrupts for that long: its timer may come as late. */
static void cycle_loss_timer_of_a_slow_board(struct kunit *test)
{
	cyclic_init(test);
	cyclic.cycle.stall_ns = 1000 * FAKE_MS;
	cyclic_add(UNIT, 3, 1);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS);
	cyclic.late_ns = 5000 * FAKE_MS;
	cyclic_run(1000 * FAKE_MS);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, fake.now_ns);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_GT(test, cyclic.heard_by_ns, 0);
	KUNIT_EXPECT_LT(test, cyclic.heard_by_ns, fake.now_ns);
}

static struct kunit_case cycle_loss_cases[] = {
	KUNIT_CASE(cycle_loss_babble),
	KUNIT_CASE(cycle_loss_silence),
	KUNIT_CASE(cycle_loss_plans),
	KUNIT_CASE(cycle_loss_plan_behind_plan),
	KUNIT_CASE(cycle_loss_put_off_once),
	KUNIT_CASE(cycle_loss_seldom),
	KUNIT_CASE(cycle_loss_long_read),
	KUNIT_CASE(cycle_loss_long_read_refused),
	KUNIT_CASE(cycle_loss_long_read_late),
	KUNIT_CASE(cycle_loss_long_read_of_strangers),
	KUNIT_CASE(cycle_loss_while_stopped),
	KUNIT_CASE(cycle_loss_stuck),
	KUNIT_CASE(cycle_loss_stands),
	KUNIT_CASE(cycle_loss_unsent),
	KUNIT_CASE(cycle_loss_first),
	KUNIT_CASE(cycle_loss_given),
	KUNIT_CASE(cycle_loss_given_again),
	KUNIT_CASE(cycle_loss_overdue_stays),
	KUNIT_CASE(cycle_loss_timer_stuck),
	KUNIT_CASE(cycle_loss_timer_of_a_slow_board),
	{}
};

static struct kunit_suite cycle_loss_suite = {
	.name = "oht_cycle_loss",
	.init = cycle_loss_init,
	.test_cases = cycle_loss_cases,
};

kunit_test_suites(&cycle_loss_suite);
