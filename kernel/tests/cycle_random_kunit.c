// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random plans, units that fall silent and come back, and transfers of everybody at any time: each
 * transfer ends, and a unit whose loss stops is never unheard for longer than the plan says without
 * the stop.
 */
#include "cycle_fake.h"

#define RANDOM_RUNS	60
#define RANDOM_XFERS	6
/* Two, so that one waits while the other is under way. */
#define RANDOM_COMMANDS	2
#define RANDOM_STEP_NS	(FAKE_MS / 2)

static u32 random_seed;
/* What all runs together have come to: one in which nothing happens proves nothing. */
static unsigned int random_taken, random_stops, random_commands;

static u32 random_below(u32 below)
{
	random_seed = random_seed * 1664525 + 1013904223;
	return (random_seed >> 8) % below;
}

static u64 random_cycle_ns(void)
{
	return cyclic.plan.cycle_us * FAKE_US;
}

/* Some units answer behind their time-out, and the line is busy then. */
static void random_be_slow(u8 unit)
{
	if (!random_below(3))
		cyclic.turnaround_ns[unit] = (1 + random_below(16)) * FAKE_MS;
}

/* Some need a rest behind their answer. It changes nothing in what else is drawn. */
static void random_rest(u8 unit)
{
	u32 kept = random_seed;

	if (!random_below(3))
		KUNIT_EXPECT_EQ(fake.test, cyclic_set_rest(unit, random_below(3000)), 0);
	random_seed = kept;
}

static void random_make_plan(void)
{
	unsigned int entries = 1 + random_below(3);
	struct oht_plan_entry *entry;

	cyclic.plan.cycle_us = 20000 + 1000 * random_below(20);
	cyclic.plan.whole_cycles = 2 + random_below(4);
	while (cyclic.plan.entries < entries) {
		entry = cyclic_add(1 + cyclic.plan.entries, 3, 1 + random_below(8));
		entry->timeout_us = 1000 + 500 * random_below(10);
		entry->turnaround_us = 1000;
		entry->loss_action = random_below(2) ? OHT_LOSS_STOP : OHT_LOSS_NONE;
		entry->loss_errors = 1 + random_below(4);
		entry->period_cycles = 1 + random_below(3);
		entry->phase_cycles = random_below(entry->period_cycles);
		cyclic.silent[entry->unit] = random_below(2);
		random_be_slow(entry->unit);
		random_rest(entry->unit);
	}
	cyclic_commit(0);
	cyclic_set_state(random_below(2) ? OHT_ESTOP_ENABLED : OHT_ESTOP_READY);
}

/*
 * A transfer that may be refused, but not forgotten; of a unit of the plan, too, and of the shape
 * of the plan's own read.
 */
static bool random_submit(unsigned int i)
{
	bool planned = random_below(2);
	u8 unit = planned ? 1 + random_below(cyclic.plan.entries) : 10 + random_below(4);
	u16 count = planned && random_below(2) ? cyclic.plan.entry[unit - 1].count :
						 1 + random_below(8);
	struct oht_xfer *x = fake_xfer(i, unit, 3, 16 * (i + 1), count);

	x->timeout_us = 1000 + random_below(cyclic.plan.cycle_us + 10000);
	x->retries = random_below(3);
	x->priority = OHT_PRIO_COMMAND + random_below(3);
	x->session = random_below(2);
	return !oht_engine_submit(&fake.engine, x);
}

/* In each second run the controller never pauses: a command waits behind each of its commands. */
static bool random_insists(u32 run)
{
	return run % 2;
}

/* It changes nothing in what else is drawn. */
static void random_command(u32 run)
{
	u32 kept = random_seed;
	unsigned int i;

	random_seed += fake.done_total;
	for (i = RANDOM_XFERS; random_insists(run) && i < RANDOM_XFERS + RANDOM_COMMANDS; i++) {
		struct oht_xfer *x = &fake.xfers[i];

		if (x->state != OHT_XFER_NEW)
			continue;
		fake_xfer(i, 14 + random_below(2), 3, 16 * i, 1 + random_below(8));
		x->priority = OHT_PRIO_COMMAND;
		x->session = fake.session;
		x->timeout_us = 1000 + random_below(2) * random_below(cyclic.plan.cycle_us);
		random_commands += !oht_engine_submit(&fake.engine, x);
	}
	random_seed = kept;
}

/* Cycles from one in which it was heard, until it must be lost. */
static u64 random_patience_ns(const struct oht_plan_entry *planned)
{
	u64 cycles = planned->loss_errors * planned->period_cycles + 1;

	return (cycles + (planned->loss_errors == 1)) * random_cycle_ns();
}

static void random_expect_stop(const u64 *begun_ns, unsigned int run)
{
	const struct oht_plan_entry *planned;
	u64 heard_ns;
	unsigned int i;

	for (i = 0; i < cyclic.plan.entries; i++) {
		planned = &cyclic.plan.entry[i];
		heard_ns = max(cyclic_slot(i)->timestamp_ns, begun_ns[i]);
		if (planned->loss_action != OHT_LOSS_STOP ||
		    fake.now_ns <= heard_ns + random_patience_ns(planned) + RANDOM_STEP_NS)
			continue;
		random_stops++;
		KUNIT_EXPECT_NE_MSG(fake.test, cyclic.heard_by_ns, 0, "run %u\n", run);
		KUNIT_EXPECT_LE_MSG(fake.test, cyclic.heard_by_ns, fake.now_ns, "run %u\n", run);
	}
}

static void random_pass(u64 for_ns, const u64 *begun_ns, unsigned int run)
{
	u64 until_ns = fake.now_ns + for_ns;

	while (fake.now_ns < until_ns) {
		random_command(run);
		cyclic_run(RANDOM_STEP_NS);
		cyclic_forget();
		random_expect_stop(begun_ns, run);
	}
}

static unsigned int random_waiting(const bool *submitted)
{
	unsigned int i, waiting = 0;

	for (i = 0; i < RANDOM_XFERS; i++)
		waiting += submitted[i] && !fake.done[i];
	return waiting;
}

static void random_run(struct kunit *test, unsigned int run)
{
	u64 begun_ns[OHT_PLAN_ENTRIES_MAX] = {}, cycles, limit_ns;
	bool submitted[RANDOM_XFERS] = {};
	unsigned int i;

	cyclic_init(test);
	random_seed = run;
	random_make_plan();
	for (i = 0; i < cyclic.plan.entries; i++)
		begun_ns[i] = fake.now_ns +
			      cyclic.plan.entry[i].phase_cycles * random_cycle_ns();
	for (i = 10; i < 14; i++) {
		cyclic.silent[i] = random_below(2);
		random_be_slow(i);
	}
	cyclic.silent[15] = true;
	for (i = 0; i < RANDOM_XFERS; i++) {
		submitted[i] = random_submit(i);
		random_taken += submitted[i];
		random_pass(random_below(60) * FAKE_MS, begun_ns, run);
		if (!random_below(4))
			cyclic.silent[1 + random_below(3)] = random_below(2);
	}
	/*
	 * Each attempt waits for what is really left, and for a cycle that may be given: not while
	 * a unit is near its loss, so for twice as long. Commands that never pause go first, but
	 * not each time.
	 */
	cycles = 4 + (random_insists(run) ? OHT_PASSES_MAX + 1 : 0);
	limit_ns = fake.now_ns + 2 * 3 * RANDOM_XFERS * cycles * cyclic.plan.whole_cycles *
				 random_cycle_ns();
	while (random_waiting(submitted) && fake.now_ns < limit_ns)
		random_pass(random_cycle_ns(), begun_ns, run);
	KUNIT_EXPECT_EQ_MSG(test, random_waiting(submitted), 0, "run %u: still queued\n", run);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

static void cycle_random(struct kunit *test)
{
	const u32 first = FAKE_FIRST_RUN(), runs = FAKE_RUNS(RANDOM_RUNS);
	u32 run;

	random_taken = 0;
	random_stops = 0;
	for (run = 0; run < runs; run++)
		random_run(test, first + run);
	kunit_info(test, "%u runs from %u: %u transfers, %u looks at a stop that was due\n", runs,
		   first, random_taken, random_stops);
	KUNIT_EXPECT_GE(test, random_taken, runs - 1);
	KUNIT_EXPECT_GE(test, random_stops, runs - 1);
}

static struct kunit_case cycle_random_cases[] = {
	KUNIT_CASE(cycle_random),
	{}
};

static struct kunit_suite cycle_random_suite = {
	.name = "oht_cycle_random",
	.test_cases = cycle_random_cases,
};

kunit_test_suites(&cycle_random_suite);
