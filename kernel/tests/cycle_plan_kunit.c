// SPDX-License-Identifier: GPL-2.0-only
/* The cyclic side: plans come and go, and what they hold meanwhile. */
#include "cycle_fake.h"

#define CYCLE_NS	(20 * FAKE_MS)

static int cycle_plan_init(struct kunit *test)
{
	cyclic_init(test);
	return 0;
}

static void cycle_plan_swap(struct kunit *test)
{
	struct oht_plan_figures figures;
	u32 generation;

	cyclic_add(3, 3, 2);
	cyclic_add(4, 3, 2);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS + FAKE_MS);
	/* The new one: other entries, another grid. */
	memset(&cyclic.plan.entry, 0, sizeof(cyclic.plan.entry));
	cyclic.plan.entries = 0;
	cyclic.plan.cycle_us = 10000;
	cyclic_add(5, 3, 1);
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic.generation, 2);
	KUNIT_EXPECT_EQ(test, oht_cycle_commit(&cyclic.cycle, false, &figures, &generation),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, oht_cycle_commit(&cyclic.cycle, true, &figures, &generation), 0);
	KUNIT_EXPECT_EQ(test, generation, 0);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.generation, 1);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.flags, OHT_PLAN_RUNNING | OHT_PLAN_PENDING);
	/* The cycle under way is finished by the old one. */
	cyclic_run(18 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic_count(4), 2);
	KUNIT_EXPECT_EQ(test, cyclic_count(5), 0);
	cyclic_run(30 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 2);
	KUNIT_EXPECT_EQ(test, cyclic_count(4), 2);
	KUNIT_EXPECT_EQ(test, cyclic_count(5), 3);
	KUNIT_EXPECT_EQ(test, cyclic.start[4].at_ns, FAKE_START_NS + 2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.start[5].at_ns, FAKE_START_NS + 2 * CYCLE_NS + 10 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.generation, 2);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.entries, 1);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.flags, OHT_PLAN_RUNNING);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->generation, 2);
	KUNIT_EXPECT_EQ(test, cyclic_slot(1)->generation, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
}

/* An exchange of the old plan is still under way: the new one waits, nothing is torn. */
static void cycle_plan_swap_waits(struct kunit *test)
{
	cyclic_add(3, 3, 2)->timeout_us = 50000;
	cyclic_commit(0);
	cyclic.silent[3] = true;
	cyclic_run(FAKE_MS);
	cyclic.plan.entry[0].unit = 5;
	cyclic_commit(0);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.generation, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 2);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.generation, 2);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->unit, 5);
	KUNIT_EXPECT_EQ(test, cyclic.start[1].unit, 5);
}

static void cycle_plan_outputs_do_not_outlive_the_plan(struct kunit *test)
{
	cyclic_add(3, 6, 1);
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic_outputs(0, 1, 7), 0);
	cyclic_run(CYCLE_NS + 5 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 1);
	cyclic_commit(0);
	cyclic_run(3 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 1);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, -ENODATA);
}

static void cycle_plan_refused(struct kunit *test)
{
	struct oht_plan_figures figures;
	u32 generation, bad_entry;

	KUNIT_EXPECT_EQ(test, oht_cycle_commit(&cyclic.cycle, false, &figures, &generation),
			-ENOENT);
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	/* A wrong plan does not replace the right one. */
	cyclic.plan.entry[0].unit = 0;
	KUNIT_EXPECT_EQ(test, oht_cycle_stage(&cyclic.cycle, &cyclic.plan, &bad_entry), -EINVAL);
	KUNIT_EXPECT_EQ(test, bad_entry, 0);
	KUNIT_EXPECT_EQ(test, oht_cycle_commit(&cyclic.cycle, true, &figures, &generation), 0);
	cyclic.plan.entry[0].unit = 3;
	cyclic.plan.cycle_us = 4000;
	cyclic_commit(-EDQUOT);
	KUNIT_EXPECT_GT(test, cyclic.figures.worst_permille, 950);
	cyclic_run(5 * CYCLE_NS - FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.generation, 1);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 5);
}

static int cycle_plan_allow_pause(u32 pause_max_us)
{
	const struct oht_engine_policy policy = {
		.set = true,
		.timeout_us = 2000,
		.pause_max_us = pause_max_us,
	};

	return oht_engine_set_policy(&fake.engine, 3, &policy);
}

/* The pauses of units are in the figures of a plan: they hold from its commit to its end. */
static void cycle_plan_pauses_hold(struct kunit *test)
{
	struct oht_plan_figures dry, made;
	u32 generation, bad_entry;

	cyclic_add(3, 3, 2);
	KUNIT_ASSERT_EQ(test, oht_cycle_stage(&cyclic.cycle, &cyclic.plan, &bad_entry), 0);
	KUNIT_EXPECT_EQ(test, oht_cycle_commit(&cyclic.cycle, true, &dry, &generation), 0);
	/* A dry run holds nothing. */
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(1000), 0);
	KUNIT_EXPECT_EQ(test, oht_cycle_commit(&cyclic.cycle, false, &made, &generation), 0);
	KUNIT_EXPECT_GT(test, made.stop_ns, dry.stop_ns);
	/* Committed, and no cycle has begun yet. */
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(2000), -EBUSY);
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(0), -EBUSY);
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(1000), 0);
	oht_cycle_tick(&cyclic.cycle);
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(2000), -EBUSY);
	cyclic_clear();
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(2000), 0);
}

/* The same of their rests. A stop may meet one of a unit that has no entry, and a telegram. */
static void cycle_plan_rests_hold(struct kunit *test)
{
	const struct oht_telegram telegram = { .unit = 9, .function = 6, .count = 1,
					       .turnaround_us = 5000 };
	struct oht_plan_figures made;

	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	made = cyclic.figures;
	cyclic_clear();
	KUNIT_EXPECT_EQ(test, cyclic_set_rest(3, 6000), 0);
	cyclic_commit(0);
	KUNIT_EXPECT_GT(test, cyclic.figures.stop_ns, made.stop_ns);
	KUNIT_EXPECT_GT(test, cyclic.figures.busy_worst_ns, made.busy_worst_ns);
	KUNIT_EXPECT_EQ(test, cyclic_set_rest(3, 5000), -EBUSY);
	cyclic_run(10 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_set_rest(3, 5000), -EBUSY);
	KUNIT_EXPECT_EQ(test, cyclic_set_rest(9, 20000), -EBUSY);
	KUNIT_EXPECT_EQ(test, cyclic_status().errors, 0);
	KUNIT_EXPECT_EQ(test, cyclic.unrested, 0);
	cyclic_clear();
	KUNIT_EXPECT_EQ(test, cyclic_set_rest(9, 20000), 0);
	cyclic_commit(0);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_status().figures.stop_ns, cyclic.figures.stop_ns);
	KUNIT_ASSERT_EQ(test, oht_engine_set_telegrams(&fake.engine, &telegram, 1), 0);
	KUNIT_EXPECT_GT(test, cyclic_status().figures.stop_ns, 20 * FAKE_MS);
}

/* A commit that is refused holds nothing, and lets nothing go that another one holds. */
static void cycle_plan_pauses_refused(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic.plan.cycle_us = 4000;
	cyclic_commit(-EDQUOT);
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(1000), 0);
	cyclic.plan.cycle_us = 50000;
	cyclic_commit(0);
	cyclic.plan.cycle_us = 4000;
	cyclic_commit(-EDQUOT);
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(2000), -EBUSY);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(2000), -EBUSY);
	cyclic_clear();
	KUNIT_EXPECT_EQ(test, cycle_plan_allow_pause(2000), 0);
}

/* The end: exchanges are given up, and transfers that waited for a slack go on at once. */
static void cycle_plan_clear(struct kunit *test)
{
	cyclic_add(3, 3, 2)->timeout_us = 15000;
	cyclic_commit(0);
	cyclic.silent[3] = true;
	cyclic_run(5 * FAKE_MS);
	fake_xfer(0, 9, 3, 0x40, 1);
	fake_submit(0);
	cyclic_clear();
	KUNIT_EXPECT_EQ(test, cyclic.image.header.flags, 0);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.entries, 0);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.generation, 2);
	KUNIT_EXPECT_EQ(test, fake.engine.slot.planned, 0);
	cyclic_run(2 * CYCLE_NS);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().entries, 0);
	/* Once more does nothing, and nothing is laid ready any longer. */
	cyclic_clear();
	KUNIT_EXPECT_EQ(test, cyclic.image.header.generation, 2);
	cyclic.silent[3] = false;
	cyclic_commit(0);
	KUNIT_EXPECT_EQ(test, cyclic.generation, 3);
	cyclic_run(2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, 0);
}

/* The device goes: exchanges end, the timer is not wanted any more, the image says so. */
static void cycle_plan_gone(struct kunit *test)
{
	cyclic_add(3, 3, 2);
	cyclic_add(4, 3, 2);
	cyclic_commit(0);
	cyclic_run(FAKE_MS / 2);
	oht_engine_shutdown(&fake.engine);
	KUNIT_EXPECT_EQ(test, oht_cycle_tick(&cyclic.cycle), 0);
	KUNIT_EXPECT_EQ(test, cyclic_slot(0)->status, -ENODEV);
	KUNIT_EXPECT_EQ(test, cyclic_slot(1)->status, -ENODEV);
	oht_cycle_gone(&cyclic.cycle);
	KUNIT_EXPECT_EQ(test, cyclic.image.header.flags, OHT_PLAN_GONE);
	KUNIT_EXPECT_EQ(test, cyclic_status().errors, 0);
	KUNIT_EXPECT_EQ(test, oht_cycle_tick(&cyclic.cycle), 0);
}

static struct kunit_case cycle_plan_cases[] = {
	KUNIT_CASE(cycle_plan_swap),
	KUNIT_CASE(cycle_plan_swap_waits),
	KUNIT_CASE(cycle_plan_outputs_do_not_outlive_the_plan),
	KUNIT_CASE(cycle_plan_refused),
	KUNIT_CASE(cycle_plan_pauses_hold),
	KUNIT_CASE(cycle_plan_rests_hold),
	KUNIT_CASE(cycle_plan_pauses_refused),
	KUNIT_CASE(cycle_plan_clear),
	KUNIT_CASE(cycle_plan_gone),
	{}
};

static struct kunit_suite cycle_plan_suite = {
	.name = "oht_cycle_plan",
	.init = cycle_plan_init,
	.test_cases = cycle_plan_cases,
};

kunit_test_suites(&cycle_plan_suite);
