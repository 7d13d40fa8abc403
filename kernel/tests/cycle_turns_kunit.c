// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cyclic side beside a controller that never pauses: behind each of its commands the next one
 * waits. Nothing else waits for ever because of it.
 */
#include "cycle_fake.h"

#define CYCLE_NS	(20 * FAKE_MS)
/* Transfers: those that are submitted anew as soon as they end, and the one that they keep back. */
#define COMMANDS	2
#define KEPT		COMMANDS

static struct {
	u8 unit;
	u8 priority;
	u32 timeout_us;		/* 0: it is not submitted */
} turns_command[COMMANDS];

/* Requests to each unit since they were looked at last. */
static unsigned int turns_asked[OHT_UNIT_MAX + 1];

static int turns_init(struct kunit *test)
{
	memset(turns_asked, 0, sizeof(turns_asked));
	memset(turns_command, 0, sizeof(turns_command));
	cyclic_init(test);
	return 0;
}

static void turns_set(unsigned int i, u8 unit, u8 priority, u32 timeout_us)
{
	turns_command[i].unit = unit;
	turns_command[i].priority = priority;
	turns_command[i].timeout_us = timeout_us;
}

/* Two commands of unit 8, of which one waits while the other is under way. */
static void turns_command_all(u32 timeout_us)
{
	turns_set(0, 8, OHT_PRIO_COMMAND, timeout_us);
	turns_set(1, 8, OHT_PRIO_COMMAND, timeout_us);
}

/* Time passes, and each command waits, or is under way. */
static void turns_run(u64 for_ns)
{
	u64 until_ns = fake.now_ns + for_ns;
	unsigned int i;

	while (fake.now_ns < until_ns) {
		for (i = 0; i < COMMANDS; i++) {
			if (fake.xfers[i].state != OHT_XFER_NEW || !turns_command[i].timeout_us)
				continue;
			fake_xfer(i, turns_command[i].unit, 3, 0x80, 1);
			fake.xfers[i].timeout_us = turns_command[i].timeout_us;
			fake.xfers[i].priority = turns_command[i].priority;
			fake.xfers[i].owner = &turns_command[i];
			fake_submit(i);
		}
		cyclic_run(FAKE_MS / 4);
		for (i = 0; i <= OHT_UNIT_MAX; i++)
			turns_asked[i] += cyclic_count(i);
		cyclic_forget();
	}
}

static struct oht_xfer *turns_keep(u8 unit, u8 priority, u32 timeout_us)
{
	struct oht_xfer *x = fake_xfer(KEPT, unit, 3, 0x40, 2);

	x->priority = priority;
	x->timeout_us = timeout_us;
	return x;
}

static void turns_of_a_class(u8 priority, u32 command_us, u32 kept_us)
{
	cyclic_init(fake.test);
	cyclic.plan.whole_cycles = 2;
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	turns_command_all(command_us);
	turns_run(4 * CYCLE_NS);
	turns_keep(9, priority, kept_us);
	fake_submit(KEPT);
	turns_run((OHT_PASSES_MAX + 2) * 2 * CYCLE_NS);
	KUNIT_EXPECT_EQ_MSG(fake.test, fake.done[KEPT], 1, "%u us, %u us, class %u\n", command_us,
			    kept_us, priority);
}

/*
 * Commands that fit into the slack, or want a given cycle, and another transfer that does either.
 * It goes when OHT_PASSES_MAX commands have gone first.
 */
static void turns_of_classes(struct kunit *test)
{
	u32 command_us, kept_us;

	for (command_us = 2000; command_us <= 18000; command_us += 16000)
		for (kept_us = 2000; kept_us <= 18000; kept_us += 4000) {
			turns_of_a_class(OHT_PRIO_CYCLIC, command_us, kept_us);
			turns_of_a_class(OHT_PRIO_BACKGROUND, command_us, kept_us);
		}
}

/* Its unit rests when a cycle is given, since short commands ask it: a long one takes the cycle. */
static void turns_of_a_resting_unit(struct kunit *test)
{
	cyclic.plan.whole_cycles = 2;
	KUNIT_ASSERT_EQ(test, cyclic_set_rest(9, 18000), 0);
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	turns_set(0, 9, OHT_PRIO_COMMAND, 2000);
	turns_set(1, 8, OHT_PRIO_COMMAND, 18000);
	turns_run(4 * CYCLE_NS);
	turns_keep(9, OHT_PRIO_BACKGROUND, 18000);
	fake_submit(KEPT);
	turns_run((OHT_PASSES_MAX + 3) * 2 * CYCLE_NS);
	FAKE_EXPECT_DONE(KEPT, 0, OHT_DETAIL_OK);
}

/* Short ones of its class go in the slack, and long ones of a class above in given cycles. */
static void turns_of_the_long(struct kunit *test)
{
	cyclic.plan.whole_cycles = 2;
	cyclic_add(3, 3, 2);
	cyclic_commit(0);
	turns_set(0, 10, OHT_PRIO_BACKGROUND, 2000);
	turns_set(1, 8, OHT_PRIO_COMMAND, 18000);
	turns_run(4 * CYCLE_NS);
	turns_keep(9, OHT_PRIO_BACKGROUND, 18000);
	fake_submit(KEPT);
	turns_run((OHT_PASSES_MAX + 2) * 2 * CYCLE_NS);
	FAKE_EXPECT_DONE(KEPT, 0, OHT_DETAIL_OK);
}

static void turns_of_a_read(u32 timeout_us, u32 command_us)
{
	cyclic_init(fake.test);
	cyclic.plan.whole_cycles = 2;
	cyclic_add(3, 3, 2)->timeout_us = timeout_us;
	cyclic.silent[3] = true;
	cyclic_commit(0);
	cyclic_run(6 * FAKE_MS);
	turns_keep(3, OHT_PRIO_BACKGROUND, timeout_us);
	fake_submit(KEPT);
	turns_command_all(command_us);
	turns_run(100 * CYCLE_NS);
	KUNIT_EXPECT_EQ_MSG(fake.test, fake.done[KEPT], 1, "%u us, commands %u us\n", timeout_us,
			    command_us);
}

/*
 * A read of the shape of the plan's own, of a silent unit whose late answer may come in each cycle,
 * in given ones too.
 */
static void turns_of_a_late_answer(struct kunit *test)
{
	u32 timeout_us;

	for (timeout_us = 2000; timeout_us <= 38000; timeout_us += 3000) {
		turns_of_a_read(timeout_us, 0);
		turns_of_a_read(timeout_us, 8000);
	}
}

/* Each of the first @units has been asked since the last look. */
static void turns_expect_asked(unsigned int units)
{
	unsigned int unit;

	for (unit = 1; unit <= units; unit++) {
		KUNIT_EXPECT_GT_MSG(fake.test, turns_asked[unit], 0, "unit %u\n", unit);
		turns_asked[unit] = 0;
	}
}

/* Each cycle is full, and each fourth one may be given: always that of the same unit. */
static void turns_of_entries(struct kunit *test)
{
	struct oht_plan_entry *entry;
	unsigned int i;

	cyclic.plan.whole_cycles = 4;
	for (i = 0; i < 4; i++) {
		entry = cyclic_add(1 + i, 3, 60);
		entry->period_cycles = 4;
		entry->phase_cycles = i;
	}
	cyclic_commit(0);
	KUNIT_EXPECT_GT(test, cyclic.figures.worst_permille, 500);
	turns_command_all(18000);
	for (i = 0; i < 10; i++) {
		turns_run(16 * CYCLE_NS);
		turns_expect_asked(4);
	}
	KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
	KUNIT_EXPECT_GT(test, cyclic_status().given, 16);
}

/* A silent unit makes each other cycle exceed, and the cycle of another entry is always missed. */
static void turns_of_a_missed_cycle(struct kunit *test)
{
	struct oht_plan_entry *entry;
	unsigned int i;

	cyclic_add(1, 3, 2)->timeout_us = 22000;
	cyclic.silent[1] = true;
	for (i = 0; i < 2; i++) {
		entry = cyclic_add(2 + i, 3, 60);
		entry->period_cycles = 2;
		entry->phase_cycles = i;
	}
	cyclic_commit(0);
	for (i = 0; i < 10; i++) {
		turns_run(8 * CYCLE_NS);
		turns_expect_asked(3);
	}
}

/* Time passes, with one character each @apart_ns. */
static void turns_babble(u64 apart_ns, u64 for_ns)
{
	static const u8 noise = 0x55;
	u64 until_ns = fake.now_ns + for_ns;

	while (fake.now_ns < until_ns) {
		fake_say(fake.now_ns + FAKE_US, &noise, 1);
		turns_run(apart_ns);
	}
}

/* Each transfer fails in its turn, with a plan and without one. */
static void turns_of_a_line(u64 apart_ns, bool plan)
{
	cyclic_init(fake.test);
	if (plan) {
		cyclic_add(3, 3, 2);
		cyclic_commit(0);
	}
	turns_command_all(2000);
	turns_run(4 * CYCLE_NS);
	turns_keep(9, OHT_PRIO_BACKGROUND, 2000);
	fake_submit(KEPT);
	turns_babble(apart_ns, 5000 * FAKE_MS);
	KUNIT_EXPECT_EQ_MSG(fake.test, fake.done[KEPT], 1, "apart %u us, plan %u\n",
			    (u32)(apart_ns / FAKE_US), plan);
}

/* A line that never falls silent, whether its characters are those of one frame or not. */
static void turns_of_a_babbling_line(struct kunit *test)
{
	u64 apart_ns;

	for (apart_ns = FAKE_MS / 4; apart_ns < 7 * FAKE_MS / 4; apart_ns += FAKE_MS / 4) {
		turns_of_a_line(apart_ns, false);
		turns_of_a_line(apart_ns, true);
	}
}

/* All that a plan has brought fails at once: the next plan does not wait for each of it. */
static void turns_of_plans_in_babble(struct kunit *test)
{
	u64 patience_ns;
	unsigned int i;

	for (i = 1; i <= 3; i++)
		cyclic_add(i, 3, 2)->period_cycles = 4;
	cyclic_commit(0);
	patience_ns = oht_engine_patience_ns(&fake.engine);
	turns_run(3 * CYCLE_NS);
	turns_babble(FAKE_MS, 2 * CYCLE_NS);
	cyclic_commit(0);
	turns_babble(FAKE_MS, patience_ns + 2 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, cyclic_status().generation, cyclic.generation);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ_MSG(test, cyclic.cycle.running->entry[i].errors, 1, "entry %u\n",
				    i);
}

static struct kunit_case turns_cases[] = {
	KUNIT_CASE(turns_of_classes),
	KUNIT_CASE(turns_of_a_resting_unit),
	KUNIT_CASE(turns_of_the_long),
	KUNIT_CASE(turns_of_a_late_answer),
	KUNIT_CASE(turns_of_a_babbling_line),
	KUNIT_CASE(turns_of_plans_in_babble),
	KUNIT_CASE(turns_of_entries),
	KUNIT_CASE(turns_of_a_missed_cycle),
	{}
};

static struct kunit_suite turns_suite = {
	.name = "oht_cycle_turns",
	.init = turns_init,
	.test_cases = turns_cases,
};

kunit_test_suites(&turns_suite);
