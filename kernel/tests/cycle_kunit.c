// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grid: which entries are due when, cycles that are late, missed, exceeded or given away, and
 * the transfers that wait for it.
 */
#include "cycle_fake.h"

#define CYCLE_NS	(20 * FAKE_MS)

static int cycle_init(struct kunit *test)
{
	cyclic_init(test);
	return 0;
}

/* ---- the grid ---- */

/* Every cycle begins on the grid, and its entries follow in their order. */
static void cycle_grid(struct kunit *test)
{
	unsigned int i;

	cyclic_add(3, 3, 2);
	cyclic_add(4, 4, 6);
	cyclic_commit(0);
	cyclic_run(10 * CYCLE_NS - FAKE_MS);
	KUNIT_ASSERT_EQ(test, cyclic.starts, 20);
	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_EQ(test, cyclic.start[2 * i].at_ns, FAKE_START_NS + i * CYCLE_NS);
		KUNIT_EXPECT_EQ(test, cyclic.start[2 * i].unit, 3);
		KUNIT_EXPECT_EQ(test, cyclic.start[2 * i].function, 3);
		KUNIT_EXPECT_EQ(test, cyclic.start[2 * i + 1].unit, 4);
		KUNIT_EXPECT_EQ(test, cyclic.start[2 * i + 1].function, 4);
	}
	KUNIT_EXPECT_EQ(test, cyclic_status().cycles, 10);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().exceeded, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().start_late_max_ns, 0);
	KUNIT_EXPECT_EQ(test, cyclic.records, 0);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

static void cycle_periods(struct kunit *test)
{
	unsigned int i;

	cyclic_add(1, 3, 1);
	cyclic_add(2, 3, 1)->period_cycles = 4;
	*cyclic_add(3, 3, 1) = (struct oht_plan_entry) {
		.unit = 3, .function = 3, .loss_errors = 1, .count = 1, .period_cycles = 5,
		.phase_cycles = 3, .timeout_us = 5000,
	};
	cyclic_commit(0);
	cyclic_run(20 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(1), 20);
	KUNIT_EXPECT_EQ(test, cyclic_count(2), 5);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 4);
	for (i = 0; i < cyclic.starts; i++) {
		u64 index = (cyclic.start[i].at_ns - FAKE_START_NS) / CYCLE_NS;

		if (cyclic.start[i].unit == 2)
			KUNIT_EXPECT_EQ(test, index % 4, 0);
		if (cyclic.start[i].unit == 3)
			KUNIT_EXPECT_EQ(test, index % 5, 3);
	}
}

/* A tick that comes late makes one cycle late; the grid stays where it was. */
static void cycle_late_tick(struct kunit *test)
{
	struct oht_histogram late;

	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS / 2);
	cyclic.late_ns = 3 * FAKE_MS;
	cyclic_run(3 * CYCLE_NS);
	KUNIT_ASSERT_EQ(test, cyclic.starts, 4);
	KUNIT_EXPECT_EQ(test, cyclic.start[1].at_ns, FAKE_START_NS + CYCLE_NS + 3 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].at_ns, FAKE_START_NS + 2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.start[3].at_ns, FAKE_START_NS + 3 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_status().start_late_max_ns, 3 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	/* 3 ms lie between 2^21 ns and 2^22 ns. */
	oht_engine_get_histogram(&fake.engine, OHT_HISTOGRAM_CYCLE_LATE, &late);
	KUNIT_EXPECT_EQ(test, late.counts[0], 3);
	KUNIT_EXPECT_EQ(test, late.counts[22], 1);
}

/* Later than whole cycles: these are missed, and what was due is due now. */
static void cycle_very_late_tick(struct kunit *test)
{
	struct oht_cycle_record record;
	u64 seq = 1;

	cyclic_add(3, 3, 2);
	cyclic_add(4, 3, 2)->period_cycles = 3;
	cyclic.plan.entry[1].phase_cycles = 2;
	cyclic_commit(0);
	cyclic_run(CYCLE_NS / 2);
	cyclic.late_ns = 2 * CYCLE_NS + FAKE_MS;
	cyclic_run(4 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 2);
	KUNIT_EXPECT_EQ(test, cyclic_status().cycles, 5);
	KUNIT_ASSERT_EQ(test, cyclic.starts, 4);
	/* Cycle 3 runs late by 1 ms and brings what was due in cycle 2. */
	KUNIT_EXPECT_EQ(test, cyclic.start[1].at_ns, FAKE_START_NS + 3 * CYCLE_NS + FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].unit, 4);
	KUNIT_EXPECT_EQ(test, cyclic.start[3].at_ns, FAKE_START_NS + 4 * CYCLE_NS);
	KUNIT_ASSERT_TRUE(test, oht_cycle_journal_read(&cyclic.cycle, &seq, &record));
	KUNIT_EXPECT_EQ(test, record.kind, OHT_CYCLE_MISSED);
	KUNIT_EXPECT_EQ(test, record.count, 2);
}

/*
 * The stop's bound that a plan's status gives out is that in force: with a unit that was slower
 * than planned for once, until that is forgotten.
 */
static void cycle_stop_in_force(struct kunit *test)
{
	const struct oht_timing *t = &fake.engine.timing;
	unsigned int i;
	u64 slow_ns;

	cyclic_add(3, 3, 2)->turnaround_us = 1500;
	cyclic_add(4, 3, 2)->turnaround_us = 1500;
	cyclic.plan.entry[1].timeout_us = 9000;
	cyclic_commit(0);
	cyclic_run(4 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_status().figures.stop_ns, cyclic.figures.stop_ns);
	cyclic.turnaround_ns[4] = 8 * FAKE_MS;
	cyclic_run(CYCLE_NS);
	cyclic.turnaround_ns[4] = FAKE_MS;
	cyclic_run(4 * CYCLE_NS);
	/* It is waited for a tenth longer than it took. */
	slow_ns = cyclic_status().figures.stop_ns;
	KUNIT_EXPECT_GE(test, slow_ns, 8800 * FAKE_US + oht_timing_chars_ns(t, 8));
	KUNIT_EXPECT_EQ(test, cyclic_status().figures.longest_entry, 1);
	KUNIT_EXPECT_LE(test, slow_ns, 8 * FAKE_MS + cyclic.figures.stop_ns);
	for (i = 0; i < 2 * OHT_LEARN_ANSWERS; i++) {
		cyclic_run(CYCLE_NS);
		cyclic_forget();
	}
	KUNIT_EXPECT_EQ(test, cyclic_status().figures.stop_ns, cyclic.figures.stop_ns);
	KUNIT_EXPECT_EQ(test, cyclic_status().figures.longest_entry, cyclic.figures.longest_entry);
}

/* Two units that take longer than the cycle: it has exceeded, and the next one is missed. */
static void cycle_exceeded(struct kunit *test)
{
	struct oht_plan_entry *slow;

	cyclic_add(3, 3, 2);
	slow = cyclic_add(4, 3, 2);
	slow->timeout_us = 100000;
	cyclic_commit(0);
	cyclic_run(CYCLE_NS / 2);
	cyclic.turnaround_ns[4] = 18 * FAKE_MS;
	cyclic_run(CYCLE_NS);
	cyclic.turnaround_ns[4] = FAKE_MS;
	cyclic_run(2 * CYCLE_NS);
	/* Cycle 1 takes 26 ms, 2 is missed, 3 is as the grid has it. */
	KUNIT_EXPECT_EQ(test, cyclic_status().cycles, 4);
	KUNIT_EXPECT_EQ(test, cyclic_status().exceeded, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 1);
	KUNIT_EXPECT_GT(test, cyclic_status().busy_max_ns, CYCLE_NS);
	KUNIT_ASSERT_EQ(test, cyclic.starts, 6);
	KUNIT_EXPECT_EQ(test, cyclic.start[4].at_ns, FAKE_START_NS + 3 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.records, 2);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.exceeded, 1);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.missed, 1);
}

/* ---- slack ---- */

/*
 * A read of another descriptor: all entries of the plan go first, then the read, if its worst case
 * fits.
 */
static void cycle_background_fits(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_add(4, 3, 2);
	cyclic_commit(0);
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 3000;
	fake.xfers[0].priority = OHT_PRIO_COMMAND;
	fake_submit(0);
	cyclic_run(CYCLE_NS);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_ASSERT_EQ(test, cyclic.starts, 3);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].unit, 9);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 0);
}

/* Too late in the cycle for its time-out: it waits, and the next cycle begins in time. */
static void cycle_background_does_not_fit(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(15 * FAKE_MS);
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 3000;
	fake_submit(0);
	cyclic_run(CYCLE_NS);
	KUNIT_ASSERT_EQ(test, cyclic.starts, 3);
	KUNIT_EXPECT_EQ(test, cyclic.start[1].at_ns, FAKE_START_NS + CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.start[1].unit, 3);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].unit, 9);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().start_late_max_ns, 0);
}

/* A client that never stops asking makes no cycle late. */
static void cycle_saturated(struct kunit *test)
{
	unsigned int i, round;

	cyclic_add(3, 3, 2);
	cyclic_add(4, 3, 6);
	cyclic_commit(0);
	for (i = 0; i < 8; i++) {
		fake_xfer(i, 9, 3, 0x40, 1)->timeout_us = 1000 + 500 * i;
		fake.xfers[i].priority = OHT_PRIO_COMMAND + 2 * (i % 2);
		fake_submit(i);
	}
	for (round = 0; round < 399; round++) {
		cyclic_run(FAKE_MS / 2);
		for (i = 0; i < 8; i++) {
			if (!fake.done[i])
				continue;
			fake.done[i] = 0;
			fake_submit(i);
		}
	}
	KUNIT_EXPECT_EQ(test, cyclic_status().cycles, 10);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().exceeded, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().start_late_max_ns, 0);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 10);
	KUNIT_EXPECT_EQ(test, cyclic_count(4), 10);
	KUNIT_EXPECT_GT(test, cyclic_count(9), 10);
}

/* A silent unit's whole time-out stays inside the slack. */
static void cycle_background_silent(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic.silent[9] = true;
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 9000;
	fake.xfers[0].retries = 3;
	fake_submit(0);
	cyclic_run(10 * CYCLE_NS);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, cyclic_count(9), 4);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().start_late_max_ns, 0);
}

/* It fits nowhere: it gets a cycle of its own, at most every whole_cycles-th, counted. */
static void cycle_given(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(10 * FAKE_MS);
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 30000;
	fake_xfer(1, 9, 3, 0x40, 1)->timeout_us = 30000;
	fake_submit(0);
	fake_submit(1);
	/* What comes while a cycle is under way is too late for the next one. */
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 0);
	cyclic_run(CYCLE_NS);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.done[1], 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 1);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].at_ns, FAKE_START_NS + 2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].unit, 9);
	cyclic_run(3 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, fake.done[1], 0);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 5);
	cyclic_run(CYCLE_NS);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 2);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.given, 2);
	KUNIT_EXPECT_EQ(test, cyclic.records, 2);
}

/*
 * A unit of the plan is silent and takes its time-out: what would fit beside its answer does not
 * wait for one.
 */
static void cycle_given_beside_the_silent(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic.plan.cycle_us = 30000;
	cyclic.silent[3] = true;
	cyclic_commit(0);
	cyclic_run(FAKE_MS);
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 22000;
	fake_submit(0);
	cyclic_run(15 * 30 * FAKE_MS);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	/* It answers again: there is slack as before. */
	cyclic.silent[3] = false;
	cyclic_run(10 * 30 * FAKE_MS);
	fake_xfer(1, 9, 3, 0x40, 1)->timeout_us = 22000;
	fake_submit(1);
	cyclic_run(2 * 30 * FAKE_MS);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 1);
}

/*
 * What fits, and never finds the room: a read of the plan's shape of its silent unit waits for the
 * late answer first; or the line is busy with an answer that comes behind its time-out.
 */
static void cycle_overdue(struct kunit *test, u32 timeout_us, bool late)
{
	cyclic_init(test);
	cyclic.plan.cycle_us = 25000;
	cyclic_add(3, 3, 2)->timeout_us = timeout_us;
	cyclic.silent[3] = !late;
	cyclic.turnaround_ns[3] = timeout_us * FAKE_US + 2 * FAKE_MS;
	cyclic_commit(0);
	cyclic_run(6 * FAKE_MS);
	if (late)
		fake_xfer(0, 9, 3, 0x40, 2)->timeout_us = 25000 - timeout_us - 5000;
	else
		fake_xfer(0, 3, 3, 0x40, 2)->timeout_us = timeout_us;
	fake_submit(0);
	cyclic_run(60 * 25 * FAKE_MS);
	KUNIT_EXPECT_EQ_MSG(test, fake.done[0], 1, "%u us, late %u\n", timeout_us, late);
	KUNIT_EXPECT_LE(test, cyclic_status().given, 1);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

static void cycle_given_to_the_overdue(struct kunit *test)
{
	u32 timeout_us;

	for (timeout_us = 2000; timeout_us <= 16000; timeout_us += 500) {
		cycle_overdue(test, timeout_us, false);
		cycle_overdue(test, timeout_us, true);
	}
}

/* Each of them fits, and one goes in each cycle. The last waits for long, and only for them. */
static void cycle_not_given_to_a_queue(struct kunit *test)
{
	unsigned int i;

	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	for (i = 0; i < 80; i++) {
		fake_xfer(i, 9, 3, 0x40, 1)->timeout_us = 8000;
		fake_submit(i);
		cyclic_run(FAKE_US);
	}
	cyclic_run(82 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, fake.done_total, 80);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 0);
}

/* The transfer that wanted the cycle is gone when it begins, so the cycle is the plan's. */
static void cycle_given_to_nobody(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(10 * FAKE_MS);
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 30000;
	fake_submit(0);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_TRUE(test, cyclic.cycle.give);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), 0);
	cyclic_run(3 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 0);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 5);
	KUNIT_EXPECT_EQ(test, cyclic.records, 0);
}

/* Short ones that keep coming in a higher class do not take the whole slot away. */
static void cycle_given_is_not_stolen(struct kunit *test)
{
	unsigned int round;

	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 30000;
	fake.xfers[0].priority = OHT_PRIO_BACKGROUND;
	fake_xfer(1, 8, 3, 0x40, 1)->timeout_us = 1000;
	fake.xfers[1].priority = OHT_PRIO_COMMAND;
	cyclic.turnaround_ns[8] = 0;
	fake_submit(0);
	fake_submit(1);
	for (round = 0; round < 100; round++) {
		cyclic_run(FAKE_MS / 2);
		if (fake.done[1]) {
			fake.done[1] = 0;
			fake_submit(1);
		}
	}
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_GT(test, cyclic_count(8), 3);
}

/* A dead one, asked for once: the cycle behind is late by what its time-out exceeds the cycle. */
static void cycle_given_to_the_dead(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(FAKE_MS);
	cyclic.silent[9] = true;
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 25000;
	fake_submit(0);
	cyclic_run(4 * CYCLE_NS);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 4);
	KUNIT_EXPECT_GT(test, cyclic_status().start_late_max_ns, 5 * FAKE_MS);
	KUNIT_EXPECT_LT(test, cyclic_status().start_late_max_ns, 8 * FAKE_MS);
}

/*
 * The grid's timer is late and the engine's own comes first: no other transfer goes before the
 * plan.
 */
static void cycle_late_tick_holds_the_line(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	cyclic_run(15 * FAKE_MS);
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 3000;
	fake_submit(0);
	cyclic.late_ns = 2 * FAKE_MS;
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.start[1].unit, 3);
	KUNIT_EXPECT_EQ(test, cyclic.start[1].at_ns, FAKE_START_NS + CYCLE_NS + 2 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.start[2].unit, 9);
}

/* ---- the stop budget ---- */

static void cycle_budget(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic.plan.stop_budget_us = 10000;
	cyclic_commit(0);
	fake_xfer(0, 9, 3, 0, 100)->timeout_us = 2000;
	fake_xfer(1, 9, 3, 0, 8)->timeout_us = 2000;
	fake_xfer(2, 9, 16, 0, 100)->timeout_us = 2000;
	cyclic_set_state(OHT_ESTOP_ENABLED);
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[0]), -EDQUOT);
	KUNIT_EXPECT_EQ(test, fake.done[0], 0);
	fake_submit(1);
	/* A long write is cut, its short answer waited for. */
	fake_submit(2);
	cyclic_run(2 * CYCLE_NS);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	cyclic_set_state(OHT_ESTOP_READY);
	fake_submit(0);
	cyclic_run(6 * CYCLE_NS);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* Submitted before the machine was enabled: refused when its turn comes. */
static void cycle_budget_queued(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic.plan.stop_budget_us = 10000;
	cyclic_commit(0);
	fake_xfer(0, 9, 3, 0, 100)->timeout_us = 2000;
	fake_submit(0);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_run(8 * CYCLE_NS);
	FAKE_EXPECT_DONE(0, -EDQUOT, OHT_DETAIL_BUDGET);
	KUNIT_EXPECT_EQ(test, cyclic_count(9), 0);
	/* Without a plan there is no budget. */
	cyclic_clear();
	fake_xfer(1, 9, 3, 0, 100);
	fake_submit(1);
	cyclic_run(8 * CYCLE_NS);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
}

/* ---- against the arithmetic ---- */

static u32 seed;

static u32 cycle_random(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void cycle_make_random(void)
{
	unsigned int entries = 1 + cycle_random(4);

	memset(&cyclic.plan, 0, sizeof(cyclic.plan));
	cyclic.plan.cycle_us = 20000;
	cyclic.plan.whole_cycles = 4;
	while (cyclic.plan.entries < entries) {
		struct oht_plan_entry *entry = cyclic_add(1 + cycle_random(20), 3,
							  1 + cycle_random(8));

		entry->address = cycle_random(1000);
		entry->period_cycles = 1 + cycle_random(3);
		entry->phase_cycles = cycle_random(entry->period_cycles);
		entry->turnaround_us = 1000;
	}
}

/* What the engine makes of random plans is what was computed, to the time of some bits. */
static void cycle_as_computed(struct kunit *test)
{
	unsigned int i;
	u64 gap_ns;

	for (i = 0; i < 40; i++) {
		cyclic_init(test);
		seed = i;
		cycle_make_random();
		cyclic_commit(0);
		/* The first cycle finds the line free: its gap has passed. */
		gap_ns = fake.engine.timing.t35_ns;
		cyclic_run(13 * CYCLE_NS);
		KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
		KUNIT_EXPECT_EQ(test, cyclic_status().exceeded, 0);
		KUNIT_EXPECT_EQ(test, cyclic_status().errors, 0);
		KUNIT_EXPECT_EQ(test, cyclic_status().start_late_max_ns, 0);
		KUNIT_EXPECT_LE(test, cyclic_status().busy_max_ns,
				cyclic.figures.busy_worst_ns - gap_ns);
		KUNIT_EXPECT_GE(test, cyclic_status().busy_max_ns + 40 * FAKE_US,
				cyclic.figures.busy_worst_ns - gap_ns);
	}
}

static struct kunit_case cycle_cases[] = {
	KUNIT_CASE(cycle_grid),
	KUNIT_CASE(cycle_periods),
	KUNIT_CASE(cycle_late_tick),
	KUNIT_CASE(cycle_very_late_tick),
	KUNIT_CASE(cycle_stop_in_force),
	KUNIT_CASE(cycle_exceeded),
	KUNIT_CASE(cycle_background_fits),
	KUNIT_CASE(cycle_background_does_not_fit),
	KUNIT_CASE(cycle_saturated),
	KUNIT_CASE(cycle_background_silent),
	KUNIT_CASE(cycle_given),
	KUNIT_CASE(cycle_given_beside_the_silent),
	KUNIT_CASE(cycle_given_to_the_overdue),
	KUNIT_CASE(cycle_not_given_to_a_queue),
	KUNIT_CASE(cycle_given_to_nobody),
	KUNIT_CASE(cycle_given_is_not_stolen),
	KUNIT_CASE(cycle_given_to_the_dead),
	KUNIT_CASE(cycle_late_tick_holds_the_line),
	KUNIT_CASE(cycle_budget),
	KUNIT_CASE(cycle_budget_queued),
	KUNIT_CASE(cycle_as_computed),
	{}
};

static struct kunit_suite cycle_suite = {
	.name = "oht_cycle",
	.init = cycle_init,
	.test_cases = cycle_cases,
};

kunit_test_suites(&cycle_suite);
