// SPDX-License-Identifier: GPL-2.0-only
/* The cyclic side: what becomes of entries that could not be sent in their cycle. */
#include "cycle_fake.h"

#define CYCLE_NS	(20 * FAKE_MS)
#define HALF		3

static int behind_init(struct kunit *test)
{
	cyclic_init(test);
	return 0;
}

/* Halves that take turns: each fills a cycle, and one exchange more fits into none. */
static void behind_add_halves(void)
{
	unsigned int i;

	for (i = 0; i < 2 * HALF; i++) {
		struct oht_plan_entry *entry = cyclic_add(1 + i, 3, 10);

		entry->period_cycles = 2;
		entry->phase_cycles = i / HALF;
	}
}

/*
 * One cycle is missed. What was due in it does not fit beside what is due in the next one: that
 * would be missed again, and so would every other cycle from then on.
 */
static void behind_comes_back(struct kunit *test)
{
	unsigned int i;

	behind_add_halves();
	cyclic_commit(0);
	KUNIT_EXPECT_GT(test, cyclic.figures.worst_permille, 500);
	cyclic_run(CYCLE_NS / 2);
	cyclic.late_ns = CYCLE_NS + FAKE_MS;
	cyclic_run(3 * CYCLE_NS);
	cyclic_forget();
	cyclic_run(20 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().exceeded, 0);
	for (i = 1; i <= 2 * HALF; i++)
		KUNIT_EXPECT_EQ_MSG(test, cyclic_count(i), 10, "unit %u\n", i);
}

/* The same behind a cycle that was given away, and behind a unit that answers late. */
static void behind_others(struct kunit *test)
{
	behind_add_halves();
	cyclic_commit(0);
	cyclic_run(CYCLE_NS / 2);
	fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = 18000;
	fake_submit(0);
	cyclic_run(10 * CYCLE_NS);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, cyclic_status().given, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	cyclic.turnaround_ns[1] = 4500 * FAKE_US;
	cyclic.turnaround_ns[2] = 4500 * FAKE_US;
	cyclic_run(3 * CYCLE_NS);
	cyclic.turnaround_ns[1] = FAKE_MS;
	cyclic.turnaround_ns[2] = FAKE_MS;
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 1);
	cyclic_run(20 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 1);
	KUNIT_EXPECT_EQ(test, cyclic_status().exceeded, 1);
}

/* What fits is sent as soon as it does, and does not wait for its next turn. */
static void behind_goes_where_it_fits(struct kunit *test)
{
	struct oht_plan_entry *rare;

	behind_add_halves();
	cyclic.plan.entries = HALF + 1;
	rare = cyclic_add(8, 3, 10);
	rare->period_cycles = 20;
	rare->phase_cycles = 1;
	cyclic_commit(0);
	cyclic_run(CYCLE_NS / 2);
	cyclic.late_ns = CYCLE_NS + FAKE_MS;
	/* Cycle 2 is full. */
	cyclic_run(2 * CYCLE_NS + 9 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic_count(8), 0);
	KUNIT_EXPECT_EQ(test, cyclic_count(3), 2);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(8), 1);
	cyclic_run(17 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(8), 1);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_count(8), 2);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 1);
}

/* What would stop the machine before its next turn is over does not wait for room. */
static void behind_stops_nothing(struct kunit *test, u32 loss_errors, unsigned int sent)
{
	behind_add_halves();
	cyclic.plan.entry[HALF].loss_action = OHT_LOSS_STOP;
	cyclic.plan.entry[HALF].loss_errors = loss_errors;
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	cyclic_run(5 * CYCLE_NS / 2);
	cyclic_forget();
	cyclic.late_ns = CYCLE_NS + FAKE_MS / 4;
	/* Cycle 3 is missed, and 4 is full. */
	cyclic_run(2 * CYCLE_NS + 9 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, cyclic_count(1 + HALF), sent);
	KUNIT_EXPECT_EQ(test, cyclic_count(2 + HALF), 0);
	cyclic_run(20 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 1 + sent);
}

static void behind_may_stop(struct kunit *test)
{
	behind_stops_nothing(test, 1, 1);
}

static void behind_may_fail(struct kunit *test)
{
	behind_stops_nothing(test, 2, 0);
}

/* Of those that cannot wait for their next turn the one that must be heard first goes first. */
static void behind_hears_the_first(struct kunit *test)
{
	struct oht_plan_entry *entry;
	unsigned int i;

	for (i = 0; i < HALF; i++) {
		entry = cyclic_add(1 + i, 3, 10);
		entry->period_cycles = 2;
		entry->phase_cycles = i == HALF - 1;
		entry->loss_action = OHT_LOSS_STOP;
		entry->loss_errors = 1;
	}
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	cyclic_run(5 * CYCLE_NS / 2);
	cyclic_forget();
	/* Cycle 3 is missed, with the last entry. Two exchanges fit into what is left of 4. */
	cyclic.late_ns = CYCLE_NS + 8 * FAKE_MS;
	cyclic_run(20 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().losses, 0);
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 2);
}

/* Silent for @timeout_us each time, and asked anew as soon as that is over. */
static void behind_ask(u32 timeout_us, u64 for_ns)
{
	u64 until_ns = fake.now_ns + for_ns;

	while (fake.now_ns < until_ns) {
		if (fake.xfers[0].state == OHT_XFER_NEW) {
			fake_xfer(0, 9, 3, 0x40, 1)->timeout_us = timeout_us;
			fake_submit(0);
		}
		cyclic_run(FAKE_MS / 2);
		cyclic_forget();
	}
}

/*
 * A transfer has taken the bus for two cycles, and what was due in both is behind: not all of it
 * ends before the unit that must be heard first would be lost. The last entry is of that unit.
 */
static void behind_hears_the_first_of_two_cycles(struct kunit *test)
{
	struct oht_plan_entry *entry;
	u32 timeout_us;
	unsigned int i;

	for (timeout_us = 30000; timeout_us < 40000; timeout_us += 500) {
		cyclic_init(test);
		cyclic.plan.whole_cycles = 2;
		cyclic.silent[9] = true;
		for (i = 0; i < 2 * HALF; i++) {
			entry = cyclic_add(1 + i, 3, 8);
			entry->period_cycles = 3;
			entry->phase_cycles = 2 - i / HALF;
			entry->loss_action = OHT_LOSS_STOP;
			entry->loss_errors = 2 + i % 2;
		}
		cyclic_set_state(OHT_ESTOP_ENABLED);
		cyclic_commit(0);
		behind_ask(timeout_us, 60 * CYCLE_NS);
		KUNIT_EXPECT_GT(test, cyclic_status().given, 4);
		KUNIT_EXPECT_EQ_MSG(test, cyclic_status().losses, 0, "time-out %u us\n",
				    timeout_us);
	}
}

static struct kunit_case behind_cases[] = {
	KUNIT_CASE(behind_comes_back),
	KUNIT_CASE(behind_others),
	KUNIT_CASE(behind_goes_where_it_fits),
	KUNIT_CASE(behind_may_stop),
	KUNIT_CASE(behind_may_fail),
	KUNIT_CASE(behind_hears_the_first),
	KUNIT_CASE(behind_hears_the_first_of_two_cycles),
	{}
};

static struct kunit_suite behind_suite = {
	.name = "oht_cycle_behind",
	.init = behind_init,
	.test_cases = behind_cases,
};

kunit_test_suites(&behind_suite);
