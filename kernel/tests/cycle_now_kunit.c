// SPDX-License-Identifier: GPL-2.0-only
/* Outputs that are sent out of turn: behind the exchange on the wire, and bounded. */
#include "cycle_fake.h"

#define CYCLE_NS	(25 * FAKE_MS)
/* Entries of the robot's plan: what is read in each cycle, and the speeds of two motors. */
enum { SAFETY, DRIVE, DOCK, LEFT, RIGHT, ENTRIES };
#define NOW_RUNS	60
#define NOW_STEPS	200
#define LATE_MAX_NS	(OHT_OUTPUTS_NOW_MAX_US * FAKE_US)

static u32 now_seed;
static u16 now_newest[ENTRIES], now_number;
/* Moments of all runs at which an entry had as many errors as lose it. */
static unsigned int now_reached;

static u32 now_below(u32 below)
{
	now_seed = now_seed * 1664525 + 1013904223;
	return (now_seed >> 8) % below;
}

static void now_make(void)
{
	u8 unit;
	unsigned int i;

	cyclic.plan.cycle_us = CYCLE_NS / FAKE_US;
	for (i = 0; i < ENTRIES; i++) {
		unit = i == SAFETY ? 3 : i == DOCK ? 5 : 4;
		cyclic_add(unit, i < LEFT ? 3 : 6, i < LEFT ? 8 : 1)->turnaround_us = 1750;
		cyclic.turnaround_ns[unit] = 1750 * FAKE_US;
	}
	cyclic.plan.entry[DOCK].period_cycles = 4;
	cyclic.plan.entry[DOCK].phase_cycles = 1;
	for (i = LEFT; i < ENTRIES; i++) {
		cyclic.plan.entry[i].address = i;
		cyclic.plan.entry[i].period_cycles = 2;
	}
	cyclic.plan.entry[SAFETY].loss_action = OHT_LOSS_STOP;
	cyclic.plan.entry[SAFETY].loss_errors = 4;
}

static void now_begin(void)
{
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	memset(now_newest, 0, sizeof(now_newest));
	now_number = 0;
}

static int now_init(struct kunit *test)
{
	cyclic_init(test);
	now_make();
	now_begin();
	return 0;
}

/* Both speeds, with new values. */
static void now_set(unsigned int entry, u32 flags)
{
	const struct oht_outputs outputs = {
		.flags = flags, .generation = cyclic.generation, .entry = entry, .count = 1,
	};

	now_newest[entry] = ++now_number;
	KUNIT_EXPECT_EQ(fake.test, oht_cycle_set_outputs(&cyclic.cycle, &outputs, &now_number), 0);
}

static void now_set_both(u32 flags)
{
	now_set(LEFT, flags);
	now_set(RIGHT, flags);
}

/* No older value is written behind a newer one. */
static void now_expect_order(void)
{
	u16 last[ENTRIES] = {};
	unsigned int i;

	for (i = 0; i < cyclic.starts; i++) {
		const struct cyclic_start *start = &cyclic.start[i];

		if (start->function != 6)
			continue;
		KUNIT_EXPECT_GE(fake.test, start->first_word, last[start->address]);
		last[start->address] = start->first_word;
	}
}

/* Nothing out of turn waits or is on the wire. */
static void now_expect_over(void)
{
	unsigned int i;

	for (i = LEFT; i < ENTRIES; i++)
		KUNIT_EXPECT_EQ(fake.test, cyclic.cycle.running->entry[i].urgent.state,
				OHT_XFER_NEW);
}

/* When the newest value of @entry was begun to be sent behind @since_ns; 0: not yet. */
static u64 now_sent_ns(unsigned int entry, u64 since_ns)
{
	unsigned int i;

	for (i = 0; i < cyclic.starts; i++)
		if (cyclic.start[i].function == 6 && cyclic.start[i].address == entry &&
		    cyclic.start[i].at_ns >= since_ns &&
		    cyclic.start[i].first_word == now_newest[entry])
			return cyclic.start[i].at_ns;
	return 0;
}

/* Longest from one read of the safety module to the next. */
static u64 now_unread_ns(void)
{
	u64 before_ns = 0, longest_ns = 0;
	unsigned int i;

	for (i = 0; i < cyclic.starts; i++) {
		if (cyclic.start[i].unit != 3)
			continue;
		if (before_ns)
			longest_ns = max(longest_ns, cyclic.start[i].at_ns - before_ns);
		before_ns = cyclic.start[i].at_ns;
	}
	return longest_ns;
}

/* At each moment of two cycles: behind the exchange on the wire, and nothing is missed. */
static void now_at_each_moment(struct kunit *test)
{
	u64 at_ns, set_ns, right_ns;

	for (at_ns = 0; at_ns < 2 * CYCLE_NS; at_ns += FAKE_MS / 2) {
		now_init(test);
		cyclic_run(4 * CYCLE_NS + at_ns);
		set_ns = fake.now_ns;
		now_set_both(OHT_OUTPUTS_NOW);
		cyclic_run(4 * CYCLE_NS);
		right_ns = now_sent_ns(RIGHT, set_ns);
		KUNIT_EXPECT_NE_MSG(test, right_ns, 0, "at %u us\n", (u32)(at_ns / FAKE_US));
		/* One exchange of 8 registers, and the other motor's. */
		KUNIT_EXPECT_LE_MSG(test, right_ns - set_ns, 12 * FAKE_MS, "at %u us\n",
				    (u32)(at_ns / FAKE_US));
		KUNIT_EXPECT_LE(test, now_unread_ns(), CYCLE_NS + LATE_MAX_NS);
		KUNIT_EXPECT_EQ_MSG(test, cyclic_status().missed, 0, "at %u us\n",
				    (u32)(at_ns / FAKE_US));
		KUNIT_EXPECT_EQ(test, fake.early, 0);
		now_expect_order();
	}
}

/* As often as it may be called: the plan is put off by so much of a cycle at most. */
static void now_is_bounded(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 400; i++) {
		now_set_both(OHT_OUTPUTS_NOW);
		cyclic_run(FAKE_MS / 2);
	}
	KUNIT_EXPECT_LE(test, now_unread_ns(), CYCLE_NS + LATE_MAX_NS);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	now_expect_order();
}

/* Nothing goes out while the machine is not enabled, and a stop takes back what waits. */
static void now_only_while_enabled(struct kunit *test)
{
	cyclic_set_state(OHT_ESTOP_READY);
	cyclic_run(4 * CYCLE_NS);
	now_set_both(OHT_OUTPUTS_NOW);
	cyclic_run(4 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, now_sent_ns(LEFT, 0), 0);

	now_init(test);
	cyclic_run(4 * CYCLE_NS + FAKE_MS);
	now_set_both(OHT_OUTPUTS_NOW);
	cyclic_stop();
	cyclic_run(4 * CYCLE_NS);
	KUNIT_EXPECT_EQ(test, now_sent_ns(LEFT, 0), 0);
	now_expect_over();
}

/* Newer values behind older ones that are on the wire: out of turn as well, and behind them. */
static void now_behind_what_is_sent(struct kunit *test)
{
	u64 set_ns, at_ns;

	for (at_ns = 0; at_ns < 12 * FAKE_MS; at_ns += FAKE_MS / 4) {
		now_init(test);
		cyclic_run(4 * CYCLE_NS);
		now_set_both(OHT_OUTPUTS_NOW);
		cyclic_run(at_ns);
		set_ns = fake.now_ns;
		now_set(LEFT, OHT_OUTPUTS_NOW);
		cyclic_run(4 * CYCLE_NS);
		/* A cycle has room for two: a third one waits for its turn. */
		KUNIT_EXPECT_NE(test, now_sent_ns(LEFT, set_ns), 0);
		KUNIT_EXPECT_NE(test, now_sent_ns(RIGHT, 0), 0);
		now_expect_order();
		now_expect_over();
	}
	/* One motor alone: its second value needs no turn. */
	for (at_ns = 0; at_ns < 5 * FAKE_MS; at_ns += FAKE_MS / 4) {
		now_init(test);
		cyclic_run(4 * CYCLE_NS + 12 * FAKE_MS);
		now_set(LEFT, OHT_OUTPUTS_NOW);
		cyclic_run(at_ns);
		set_ns = fake.now_ns;
		now_set(LEFT, OHT_OUTPUTS_NOW);
		cyclic_run(4 * CYCLE_NS);
		KUNIT_EXPECT_LE_MSG(test, now_sent_ns(LEFT, set_ns) - set_ns, 6 * FAKE_MS,
				    "at %u us\n", (u32)(at_ns / FAKE_US));
		now_expect_order();
	}
}

/* What goes out of turn keeps the order in which it was set, also where one waits for its turn. */
static void now_in_order(struct kunit *test)
{
	u64 at_ns, left_ns, right_ns;
	bool swapped;

	for (at_ns = 0; at_ns < 4 * CYCLE_NS; at_ns += FAKE_MS / 2) {
		swapped = at_ns / (FAKE_MS / 2) % 2;
		now_init(test);
		cyclic_outputs(LEFT, 1, 0);
		cyclic_run(4 * CYCLE_NS + at_ns / 2);
		now_set(swapped ? RIGHT : LEFT, OHT_OUTPUTS_NOW);
		now_set(swapped ? LEFT : RIGHT, OHT_OUTPUTS_NOW);
		cyclic_run(4 * CYCLE_NS);
		left_ns = now_sent_ns(LEFT, 0);
		right_ns = now_sent_ns(RIGHT, 0);
		KUNIT_EXPECT_NE(test, left_ns, 0);
		KUNIT_EXPECT_NE(test, right_ns, 0);
		KUNIT_EXPECT_EQ_MSG(test, left_ns > right_ns, swapped, "at %u us\n",
				    (u32)(at_ns / FAKE_US));
	}
}

/* Values that are set without the flag meanwhile have the entry's turn, and are the last ones. */
static void now_and_then(struct kunit *test)
{
	u64 at_ns;

	for (at_ns = 0; at_ns < 2 * CYCLE_NS; at_ns += FAKE_MS / 4) {
		now_init(test);
		cyclic_run(4 * CYCLE_NS + at_ns);
		now_set(LEFT, OHT_OUTPUTS_NOW);
		cyclic_run(FAKE_MS);
		now_set(LEFT, 0);
		/* Its next turn, and no other one. */
		cyclic_run(2 * CYCLE_NS + 20 * FAKE_MS);
		KUNIT_EXPECT_NE_MSG(test, now_sent_ns(LEFT, 0), 0, "at %u us\n",
				    (u32)(at_ns / FAKE_US));
		now_expect_order();
	}
}

/* The turn comes while older values are on the wire: it is served with the newer ones. */
static void now_at_its_turn(struct kunit *test)
{
	const struct oht_cycle_entry *left = &cyclic.cycle.running->entry[LEFT];
	u64 at_ns;

	cyclic_run(4 * CYCLE_NS);
	while (left->next_due != cyclic.cycle.index)
		cyclic_run(FAKE_MS);
	at_ns = cyclic.next_ns;
	cyclic_run(at_ns - 2200 * FAKE_US - fake.now_ns);
	now_set(LEFT, OHT_OUTPUTS_NOW);
	cyclic_run(FAKE_MS);
	now_set(LEFT, 0);
	KUNIT_EXPECT_EQ(test, left->urgent.state, OHT_XFER_ACTIVE);
	cyclic_run(CYCLE_NS);
	KUNIT_EXPECT_NE(test, now_sent_ns(LEFT, at_ns), 0);
	now_expect_order();
}

/* The unit that is written is silent: its time-outs put off the reads, and make no unit lost. */
static void now_to_a_silent_unit(struct kunit *test)
{
	const u64 beyond_ns = 2 * (5000 - 1750) * FAKE_US;
	unsigned int i;

	cyclic.silent[4] = true;
	for (i = 0; i < 400; i++) {
		now_set_both(OHT_OUTPUTS_NOW);
		cyclic_run(FAKE_MS / 2);
	}
	KUNIT_EXPECT_LE(test, now_unread_ns(), 2 * CYCLE_NS + LATE_MAX_NS + beyond_ns);
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_LE(test, cyclic_slot(LEFT)->errors, cyclic_status().cycles);
}

/*
 * Unit 4 is silent from now on, values out of turn come as often as they may, and another plan each
 * @every cycles, 0: none does. @entry is lost in its periods.
 */
static void now_count(unsigned int entry, unsigned int every)
{
	const struct oht_plan_entry *planned = &cyclic.plan.entry[entry];
	u64 period_ns = planned->period_cycles * CYCLE_NS, silent_ns = fake.now_ns;
	unsigned int ms;

	cyclic.silent[4] = true;
	for (ms = 0; !cyclic.losses && ms < 2000; ms++) {
		if (every && ms % (every * 25) == 0 && !cyclic.cycle.next)
			cyclic_commit(0);
		if (!cyclic.cycle.next)
			now_set_both(OHT_OUTPUTS_NOW);
		cyclic_run(FAKE_MS);
	}
	KUNIT_EXPECT_EQ_MSG(fake.test, cyclic.losses, 1, "entry %u every %u\n", entry, every);
	/* The first failure may come at once, each other one a period behind. */
	KUNIT_EXPECT_GE_MSG(fake.test, fake.now_ns - silent_ns, 3 * period_ns - FAKE_MS,
			    "entry %u every %u\n", entry, every);
	KUNIT_EXPECT_LE_MSG(fake.test, fake.now_ns - silent_ns,
			    5 * period_ns + (2 + every) * CYCLE_NS, "entry %u every %u\n", entry,
			    every);
}

/*
 * Of all exchanges of an entry that fail within its period one counts: those out of turn, and those
 * of plans that follow one another.
 */
static void now_counts_once_a_period(struct kunit *test)
{
	static const unsigned int entries[] = { DRIVE, LEFT };
	unsigned int run, period, every;
	struct oht_plan_entry *planned;

	for (run = 0; run < 2 * 4 * 5 * 8; run++) {
		period = 1 + run / 2 % 4;
		every = run / 8 % 5;
		cyclic_init(test);
		now_make();
		planned = &cyclic.plan.entry[entries[run % 2]];
		planned->loss_action = OHT_LOSS_STOP;
		planned->loss_errors = 4;
		planned->period_cycles = period;
		now_begin();
		cyclic_run(4 * CYCLE_NS);
		now_set_both(OHT_OUTPUTS_NOW);
		cyclic_run(4 * CYCLE_NS + run / 40 * 7 * FAKE_MS);
		/* Each plan forgets the values of the one before. */
		now_count(entries[run % 2], every + (every > 0));
	}
}

/* A unit that must be heard in each cycle, and another one's transfer that gets a whole cycle. */
static void now_loses_no_unit(struct kunit *test)
{
	struct oht_xfer *x = &fake.xfers[0];
	unsigned int i;

	cyclic_init(test);
	cyclic.plan.cycle_us = 12000;
	cyclic_add(3, 3, 8);
	cyclic_add(4, 16, 3);
	cyclic.plan.entry[0].loss_action = OHT_LOSS_STOP;
	cyclic.plan.entry[0].loss_errors = 1;
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	cyclic.turnaround_ns[9] = 8150 * FAKE_US;
	cyclic_run(40 * FAKE_MS);
	for (i = 0; i < 4000; i++) {
		if (fake.xfers[0].state == OHT_XFER_NEW) {
			x = fake_xfer(0, 9, 3, 0x50, 1);
			x->timeout_us = 8200;
			x->session = fake.session;
			KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, x), 0);
		}
		/* Behind what has the given cycle, and behind one another. */
		if (x->state == OHT_XFER_ACTIVE || cyclic.cycle.running->entry[1].urgent.state)
			cyclic_set_outputs(1, 3, i, OHT_OUTPUTS_NOW);
		cyclic_run(FAKE_MS / 4);
		if (cyclic.starts > CYCLIC_STARTS_MAX / 2)
			cyclic_forget();
	}
	KUNIT_EXPECT_EQ(test, cyclic.losses, 0);
	KUNIT_EXPECT_GE(test, cyclic_status().given, 4);
}

/* A full cycle of many exchanges begins late, several of the one before being left. */
static void now_with_a_full_plan(struct kunit *test)
{
	u64 at_ns;
	unsigned int i;

	for (at_ns = 0; at_ns < 20 * FAKE_MS; at_ns += FAKE_MS) {
		cyclic_init(test);
		for (i = 0; i < 4; i++)
			cyclic_add(1 + i, 3, 1);
		cyclic_add(5, 6, 1);
		cyclic_set_state(OHT_ESTOP_ENABLED);
		cyclic.plan.cycle_us = 23000;
		cyclic_commit(0);
		cyclic_outputs(4, 1, 1);
		cyclic_run(100 * FAKE_MS + at_ns);
		cyclic_set_outputs(4, 1, 2, OHT_OUTPUTS_NOW);
		cyclic_run(FAKE_MS * 6);
		cyclic_set_outputs(4, 1, 3, OHT_OUTPUTS_NOW);
		cyclic_run(200 * FAKE_MS);
		KUNIT_EXPECT_EQ_MSG(test, cyclic_status().missed, 0, "at %u us\n",
				    (u32)(at_ns / FAKE_US));
	}
}

static void now_refused(struct kunit *test)
{
	const u16 word = 1;
	struct oht_outputs outputs = { .flags = OHT_OUTPUTS_NOW, .entry = 0, .count = 1 };
	struct oht_plan_entry *both;

	cyclic_init(test);
	both = cyclic_add(3, 23, 2);
	both->write_count = 1;
	cyclic_set_state(OHT_ESTOP_ENABLED);
	cyclic_commit(0);
	outputs.generation = cyclic.generation;
	KUNIT_EXPECT_EQ(test, oht_cycle_set_outputs(&cyclic.cycle, &outputs, &word), -EINVAL);
}

/*
 * A stop takes an exchange out of turn off the plan while its answer may still come, and the
 * machine is enabled again. The next cycle has not begun in time: its reads wait for no more.
 */
static void now_behind_a_stop(struct kunit *test)
{
	u64 before_ns, stop_ns;

	for (before_ns = 0; before_ns < 10 * FAKE_MS; before_ns += FAKE_MS / 2) {
		for (stop_ns = 0; stop_ns < 10 * FAKE_MS; stop_ns += FAKE_MS / 2) {
			now_init(test);
			cyclic_run(5 * CYCLE_NS - before_ns - FAKE_MS / 2);
			now_set_both(OHT_OUTPUTS_NOW);
			cyclic_run(stop_ns);
			cyclic_stop();
			cyclic_run(FAKE_MS);
			cyclic_set_state(OHT_ESTOP_ENABLED);
			now_set_both(OHT_OUTPUTS_NOW);
			cyclic_run(4 * CYCLE_NS);
			KUNIT_EXPECT_LE_MSG(test, now_unread_ns(), CYCLE_NS + LATE_MAX_NS,
					    "set %u us before a cycle, stopped %u us later\n",
					    (u32)(before_ns / FAKE_US), (u32)(stop_ns / FAKE_US));
			KUNIT_EXPECT_EQ(test, cyclic_status().missed, 0);
		}
	}
}

static void now_random_run(struct kunit *test, u32 run)
{
	unsigned int i, entry;

	now_init(test);
	now_seed = run;
	for (i = 0; i < NOW_STEPS; i++) {
		cyclic_run(now_below(2 * CYCLE_NS / FAKE_US) * FAKE_US);
		entry = now_below(2) ? LEFT : RIGHT;
		if (!now_below(8))
			cyclic.silent[5] = now_below(2);
		if (!now_below(20)) {
			cyclic_stop();
			cyclic_run(now_below(5 * FAKE_MS));
			cyclic_set_state(OHT_ESTOP_ENABLED);
		}
		now_set(entry, now_below(2) ? OHT_OUTPUTS_NOW : 0);
		if (now_below(2))
			now_set_both(OHT_OUTPUTS_NOW);
		if (cyclic.starts > CYCLIC_STARTS_MAX / 2) {
			now_expect_order();
			KUNIT_EXPECT_LE_MSG(test, now_unread_ns(), CYCLE_NS + LATE_MAX_NS,
					    "run %u\n", run);
			cyclic_forget();
		}
	}
	cyclic_run(4 * CYCLE_NS);
	now_expect_over();
	KUNIT_EXPECT_EQ_MSG(test, cyclic_status().missed, 0, "run %u\n", run);
	KUNIT_EXPECT_EQ_MSG(test, cyclic.losses, 0, "run %u\n", run);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

/* Runs that have found a hole: stops at the end of a cycle, beside what is out of turn. */
static void now_kept_runs(struct kunit *test)
{
	static const u32 runs[] = { 775000577, 776002879, 777001116, 779002954 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(runs); i++)
		now_random_run(test, runs[i]);
}

static void now_random(struct kunit *test)
{
	const u32 first = FAKE_FIRST_RUN(), runs = FAKE_RUNS(NOW_RUNS);
	u32 run;

	for (run = 0; run < runs; run++)
		now_random_run(test, first + run);
}

/*
 * Values in and out of turn, other plans, stops, and a drive that is silent, answers, or loses
 * single answers: errors reach the limit of an entry in so many periods, and no sooner. The first
 * error of an output may be late in its period, if there were no values at its turn.
 */
static void now_lose_run(struct kunit *test, u32 run)
{
	unsigned int step, entry, limit;
	const struct oht_cycle_entry *looked;
	u64 period_ns, clear_ns = 0;

	cyclic_init(test);
	now_seed = run;
	now_make();
	entry = now_below(2) ? LEFT : DRIVE;
	limit = 2 + now_below(4);
	cyclic.plan.entry[entry].loss_action = now_below(2) ? OHT_LOSS_STOP : OHT_LOSS_NONE;
	cyclic.plan.entry[entry].loss_errors = limit;
	cyclic.plan.entry[entry].period_cycles = 1 + now_below(5);
	period_ns = cyclic.plan.entry[entry].period_cycles * CYCLE_NS;
	now_begin();
	cyclic_run(CYCLE_NS);
	for (step = 0; step < 1500; step++) {
		if (!now_below(40))
			cyclic.silent[4] = now_below(3);
		if (!now_below(60))
			cyclic.skips[4] = now_below(6);
		if (!now_below(120) && !cyclic.cycle.next)
			cyclic_commit(0);
		if (!now_below(200))
			cyclic_stop();
		if (!now_below(20))
			cyclic_set_state(OHT_ESTOP_ENABLED);
		if (!now_below(3) && !cyclic.cycle.next &&
		    oht_cycle_state(&cyclic.cycle) == OHT_ESTOP_ENABLED)
			now_set_both(now_below(4) ? OHT_OUTPUTS_NOW : 0);
		cyclic_run(FAKE_MS);
		looked = &cyclic.cycle.running->entry[entry];
		if (!looked->errors)
			clear_ns = fake.now_ns;
		now_reached += looked->errors == limit;
		if (looked->errors >= limit)
			KUNIT_EXPECT_GE_MSG(test, fake.now_ns - clear_ns + CYCLE_NS,
					    (limit - 1 - (entry == LEFT)) * period_ns,
					    "run %u\n", run);
		if (cyclic.starts > CYCLIC_STARTS_MAX / 2)
			cyclic_forget();
	}
}

static void now_lose_random(struct kunit *test)
{
	const u32 first = FAKE_FIRST_RUN(), runs = FAKE_RUNS(NOW_RUNS);
	u32 run;

	now_reached = 0;
	for (run = 0; run < runs; run++)
		now_lose_run(test, first + run);
	KUNIT_EXPECT_GE(test, now_reached, runs);
}

static struct kunit_case now_cases[] = {
	KUNIT_CASE(now_at_each_moment),
	KUNIT_CASE(now_is_bounded),
	KUNIT_CASE(now_only_while_enabled),
	KUNIT_CASE(now_behind_what_is_sent),
	KUNIT_CASE(now_in_order),
	KUNIT_CASE(now_and_then),
	KUNIT_CASE(now_at_its_turn),
	KUNIT_CASE(now_to_a_silent_unit),
	KUNIT_CASE(now_counts_once_a_period),
	KUNIT_CASE(now_loses_no_unit),
	KUNIT_CASE(now_with_a_full_plan),
	KUNIT_CASE(now_refused),
	KUNIT_CASE(now_behind_a_stop),
	KUNIT_CASE(now_kept_runs),
	KUNIT_CASE(now_random),
	KUNIT_CASE(now_lose_random),
	{}
};

static struct kunit_suite now_suite = {
	.name = "oht_cycle_now",
	.init = now_init,
	.test_cases = now_cases,
};

kunit_test_suites(&now_suite);
