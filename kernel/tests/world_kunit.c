// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stop, engine, plan and callers together, anything at any time by a seed. The outputs are low in
 * time, nothing moves behind a stop, telegrams come soon. And it ends: once nothing comes from
 * outside any more, there are no more stops and no more telegrams after a while. On a line that
 * babbles, each exchange ends at its deadline, and each transfer that waits in its turn.
 */
#include <linux/math64.h>
#include "world_fake.h"

#define WORLD_RUNS	300
#define WORLD_EVENTS	40
#define WORLD_STEP_NS	(25 * FAKE_MS)
/*
 * Longer than it takes until a unit is lost, and until telegrams are repeated. Then neither a stop
 * nor a telegram comes any more, for as long as takes turns that have no end.
 */
#define WORLD_SETTLE_NS	(1200 * FAKE_MS)
#define WORLD_WATCH_NS	(600 * FAKE_MS)
/* Of a line that babbles. */
#define WORLD_BABBLES	50
/* The longest exchange of a caller, and as long again for an answer that has begun. */
#define WORLD_EXCHANGE_NS	(700 * FAKE_MS)

static u32 world_seed;
/* Descriptors that are not the controller's. */
static const char world_owners[2];
/* What all runs together have come to: one in which nothing happens proves nothing. */
static struct world world_sum;

static u32 world_below(u32 below)
{
	world_seed = world_seed * 1664525 + 1013904223;
	return (world_seed >> 8) % below;
}

/* ---- plans ---- */

static void world_add_entry(void)
{
	static const u8 functions[] = { 3, 3, 3, 4, 6, 16, 23 };
	u8 function = functions[world_below(ARRAY_SIZE(functions))];
	bool only = function == OHT_FC_WRITE_REGISTER;
	struct oht_plan_entry *entry = cyclic_add(1 + world_below(WORLD_PLANNED), function,
						  only ? 1 : 1 + world_below(6));

	entry->address = oht_frame_is_write(function) ? WORLD_OUTPUT : 16 * world_below(4);
	if (function == OHT_FC_READ_WRITE) {
		entry->write_address = WORLD_OUTPUT;
		entry->write_count = 1 + world_below(2);
	}
	entry->timeout_us = 1000 + 500 * world_below(30);
	entry->turnaround_us = 1000;
	entry->period_cycles = 1 + world_below(3);
	entry->phase_cycles = world_below(entry->period_cycles);
	entry->loss_action = world_below(3) ? OHT_LOSS_STOP : OHT_LOSS_NONE;
	entry->loss_errors = 1 + world_below(4);
}

static void world_make_plan(void)
{
	unsigned int entries = 1 + world_below(4);

	cyclic.plan.entries = 0;
	cyclic.plan.cycle_us = 20000 + 1000 * world_below(20);
	cyclic.plan.whole_cycles = 2 + world_below(4);
	while (cyclic.plan.entries < entries)
		world_add_entry();
}

static void world_change_plan(void)
{
	unsigned int what = world_below(4);

	if (!world.has_bus || !world.has_role)
		return;
	if (!what) {
		cyclic_clear();
		return;
	}
	if (what > 1 || !cyclic.plan.entries)
		world_make_plan();
	cyclic_try_commit();
}

static void world_set_outputs(void)
{
	unsigned int i;

	for (i = 0; i < cyclic.plan.entries; i++)
		if (oht_plan_is_output(&cyclic.plan.entry[i]))
			world_outputs(i, world_below(2) ? OHT_OUTPUTS_NOW : 0);
}

/* ---- transfers ---- */

static void world_ask(void)
{
	unsigned int i = world_below(WORLD_XFERS);
	bool planned = !world_below(4), writes = !world_below(3);
	struct oht_xfer *x;

	if (world.busy[i])
		return;
	x = fake_xfer(i, planned ? 1 + world_below(WORLD_PLANNED) :
				   WORLD_OTHERS + world_below(WORLD_OTHERS_COUNT),
		      writes ? 6 : 3, writes ? WORLD_OUTPUT : 16 * world_below(4),
		      writes ? 1 : 1 + world_below(8));
	/* Most end soon, some never would. */
	x->timeout_us = 1000 + world_below(world_below(4) ? 40000 : 500000);
	x->retries = world_below(3);
	x->priority = OHT_PRIO_COMMAND + world_below(3);
	x->while_stopped = false;
	x->session = world_below(2) ?
		oht_estop_session_of(&fake_estop.estop, &fake_controller) : 0;
	x->owner = x->session ? &fake_controller : world_owners + world_below(2);
	x->words[0] = (u16)oht_estop_enabled(&fake_estop.estop);
	world_submit(i);
}

/* ---- what may happen ---- */

/* Some units need a rest; with a plan in force it stays as it is. */
static void world_rest(u8 unit)
{
	int ret = cyclic_set_rest(unit, world_below(3) ? 0 : world_below(12000));

	KUNIT_EXPECT_TRUE(fake.test, !ret || ret == -EBUSY);
}

static void world_change_unit(void)
{
	u8 unit = world_below(2) ? 1 + world_below(WORLD_PLANNED) :
				   WORLD_OTHERS + world_below(WORLD_OTHERS_COUNT);

	switch (world_below(6)) {
	case 0:
	case 1:
		cyclic.silent[unit] = world_below(2);
		break;
	case 2:
		cyclic.skips[unit] = world_below(2) * world_below(8);
		break;
	case 3:
		cyclic.turnaround_ns[unit] = 100 * FAKE_US + world_below(12000) * FAKE_US;
		break;
	case 4:
		world_rest(unit);
		break;
	default:
		cyclic.exception[unit] = world_below(3) ? 0 : 2;
	}
}

static void world_be_late(void)
{
	u64 late_ns = world_below(6) * FAKE_MS;

	if (world_below(2)) {
		cyclic.late_ns = world_below(world_below(4) ? 60 : 400) * FAKE_MS;
		return;
	}
	world.supervise_ns += late_ns;
	world.late_ns += late_ns;
}

static void world_be_operated(void)
{
	switch (world_below(4)) {
	case 0:
		world_press(world_below(2));
		break;
	case 1:
		world_release();
		break;
	case 2:
		world_stop();
		break;
	default:
		world_disable();
	}
}

static void world_change_controller(void)
{
	switch (world_below(6)) {
	case 0:
		world_close();
		break;
	case 1:
		world.beats = false;
		break;
	case 2:
		world_suspend();
		break;
	case 3:
		world_resume();
		break;
	default:
		world.hold_ns = world_below(2) * world_below(3000) * FAKE_US;
	}
}

/* Whatever has happened: somebody wants the machine to go on. */
static void world_recover(void)
{
	world.beats = true;
	world_take();
	world_resume();
	if (world_below(2))
		world_release();
	world_reset();
	world_enable();
	if (world_below(2))
		world_set_outputs();
}

static void world_happen(void)
{
	switch (world_below(12)) {
	case 0:
		world_be_operated();
		break;
	case 1:
		world_change_controller();
		break;
	case 2:
		world_change_plan();
		break;
	case 3:
		world_change_unit();
		break;
	case 4:
		world_noise(1 + world_below(12), world_below(256));
		break;
	case 5:
		world_be_late();
		break;
	case 6:
	case 7:
		world_recover();
		break;
	case 8:
		world_set_outputs();
		break;
	default:
		world_ask();
	}
}

/* ---- the walk ---- */

static void world_add_up(void)
{
	world_sum.stops += world.stops;
	world_sum.telegrams += world.telegrams;
	world_sum.resets += world.resets;
	world_sum.enables += world.enables;
	world_sum.looks += world.looks;
	world_sum.writes += world.writes;
	world_sum.found += world.found;
	world_sum.waits += world.waits;
}

static void world_settle(struct kunit *test)
{
	unsigned int stops, telegrams;

	world_pass(WORLD_SETTLE_NS);
	stops = world.stops;
	telegrams = world.telegrams;
	world_pass(WORLD_WATCH_NS);
	KUNIT_EXPECT_EQ_MSG(test, world.stops, stops, "run %u: stops without end\n", world.run);
	KUNIT_EXPECT_EQ_MSG(test, world.telegrams, telegrams, "run %u: telegrams without end\n",
			    world.run);
}

static void world_run(struct kunit *test, u32 run)
{
	unsigned int event;

	world_seed = run;
	world_init(test, run, world_below(3));
	/* Longer than t3.5, too. */
	fake.engine.timing.de_setup_ns = world_below(2) * world_below(3000) * FAKE_US;
	world_rest(1 + world_below(WORLD_PLANNED));
	fake.slew_permille = world_below(3) ? 0 : (s32)world_below(167) - 83;
	world_make_plan();
	cyclic_try_commit();
	for (event = 0; event < WORLD_EVENTS; event++) {
		world_happen();
		world_pass(world_below(WORLD_STEP_NS / FAKE_US) * FAKE_US);
	}
	world_settle(test);
	world_add_up();
}

/* ---- a line that babbles ---- */

/* How it does: at such distances, in bursts or for ever, with what a unit would say or not. */
static struct {
	u32 seed;
	u64 least_ns;
	u64 most_ns;
	unsigned int lump_max;
	unsigned int burst_max;		/* lumps, 0: without end */
	unsigned int left;		/* of this burst */
	u64 pause_ns;			/* between two bursts, at most */
	bool likely;			/* some characters are addresses of units */
} world_line;

/* Runs in which it began while the outputs were high. */
static unsigned int world_babbled;

static u32 world_line_below(u32 below)
{
	world_line.seed = world_line.seed * 1664525 + 1013904223;
	return (world_line.seed >> 8) % below;
}

static u8 world_line_character(void)
{
	if (world_line.likely && !world_line_below(3))
		return 1 + world_line_below(WORLD_OTHERS + WORLD_OTHERS_COUNT - 1);
	return 0x40 + world_line_below(0xb0);
}

static void world_line_talk(void)
{
	u32 spread_us = div_u64(world_line.most_ns - world_line.least_ns, FAKE_US);
	unsigned int lump = 1 + world_line_below(world_line.lump_max);

	while (lump--)
		fake_say_one(fake.now_ns + FAKE_US, world_line_character(), 0);
	world.noise_ns = fake.now_ns;
	world.talk_ns = fake.now_ns + world_line.least_ns +
			world_line_below(spread_us + 1) * FAKE_US;
	if (!world_line.burst_max || world_line.left--)
		return;
	world_line.left = world_line_below(world_line.burst_max);
	world.talk_ns += world_line_below(div_u64(world_line.pause_ns, FAKE_US) + 1) * FAKE_US;
}

/* With a pace of its own, between t1.5 and t3.5 mostly; without @burst no silence ever comes. */
static void world_line_begin(bool burst)
{
	const struct oht_timing *t = &fake.engine.timing;

	world_line.least_ns = world_below(2) ? t->t15_ns + t->char_ns : t->char_ns;
	world_line.most_ns = world_line.least_ns +
			     world_below(t->t35_ns - 50 * FAKE_US - world_line.least_ns);
	world_line.lump_max = 1 + world_below(4);
	world_line.burst_max = burst ? 1 + world_below(40) : 0;
	world_line.left = world_line.burst_max;
	world_line.pause_ns = (1 + world_below(60)) * FAKE_MS;
	world_line.likely = world_below(3);
	world.talk = world_line_talk;
	world.talk_ns = fake.now_ns;
}

static void world_line_change(void)
{
	switch (world_below(4)) {
	case 0:
		world.talk_ns = 0;
		break;
	case 1:
		world_line_begin(false);
		break;
	default:
		world_line_begin(true);
	}
}

/* A command of the controller waits behind each of its commands. */
static void world_insist(void)
{
	unsigned int i;
	struct oht_xfer *x;

	for (i = WORLD_XFERS; i < WORLD_XFERS + 2; i++) {
		if (fake.xfers[i].state != OHT_XFER_NEW)
			continue;
		x = fake_xfer(i, WORLD_OTHERS, 3, 0, 1);
		x->timeout_us = 2000;
		x->priority = OHT_PRIO_COMMAND;
		x->session = oht_estop_session_of(&fake_estop.estop, &fake_controller);
		x->owner = &fake_controller;
		oht_engine_submit(&fake.engine, x);
	}
}

static unsigned int world_waiting(void)
{
	unsigned int i, waiting = 0;

	for (i = 0; i < WORLD_XFERS; i++)
		waiting += world.busy[i];
	return waiting;
}

/*
 * No silence any more: an exchange that is under way ends, then each transfer that waits in its
 * turn, behind commands that never pause too. And of the plan all that has been brought at once, so
 * that the next plan comes in force.
 */
static void world_expect_ends(struct kunit *test, bool insists)
{
	u64 patience_ns = oht_engine_patience_ns(&fake.engine) + FAKE_MS;
	u64 until_ns = fake.now_ns + WORLD_EXCHANGE_NS;
	u64 plan_ns = until_ns + patience_ns + 2 * WORLD_STEP_NS + cyclic.late_ns;

	until_ns += (world_waiting() + 1) * (insists ? OHT_PASSES_MAX + 2 : 1) * patience_ns;
	while (fake.now_ns < until_ns && (world_waiting() || fake.now_ns < plan_ns)) {
		if (insists && world.has_bus)
			world_insist();
		world_pass(2 * FAKE_MS);
		if (fake.now_ns >= plan_ns)
			KUNIT_EXPECT_TRUE_MSG(test, !cyclic.cycle.next, "run %u: a plan waits\n",
					      world.run);
	}
	KUNIT_EXPECT_EQ_MSG(test, world_waiting(), 0, "run %u: still queued\n", world.run);
}

static void world_run_babble(struct kunit *test, u32 run)
{
	unsigned int event;

	world_seed = run;
	world_line.seed = run;
	world_init(test, run, world_below(3));
	fake.engine.timing.de_setup_ns = world_below(3) ? 0 : world_below(3000) * FAKE_US;
	world_make_plan();
	cyclic_try_commit();
	for (event = 0; event < WORLD_EVENTS; event++) {
		if (!world_below(6))
			world_line_change();
		world_happen();
		world_pass(world_below(WORLD_STEP_NS / FAKE_US) * FAKE_US);
	}
	/* Silence first, in which the machine may be enabled. */
	world.talk_ns = 0;
	world_pass(WORLD_EXCHANGE_NS);
	world_change_plan();
	world_pass(4 * WORLD_STEP_NS);
	world_recover();
	world_line_begin(false);
	if (world_below(2))
		world_change_plan();
	for (event = 0; event < WORLD_XFERS; event++)
		world_ask();
	world_babbled += fake_estop.estop.state == OHT_ESTOP_ENABLED;
	world_expect_ends(test, run % 2);
	world_settle(test);
	/* Silence: what has waited for it goes on. */
	world.talk_ns = 0;
	world_settle(test);
	KUNIT_EXPECT_EQ_MSG(test, fake.engine.stop.round, 0, "run %u: telegrams wait\n", run);
	world_add_up();
}

static void world_babble(struct kunit *test)
{
	const u32 first = FAKE_FIRST_RUN(), runs = FAKE_RUNS(WORLD_BABBLES);
	u32 run;

	memset(&world_sum, 0, sizeof(world_sum));
	world_babbled = 0;
	for (run = 0; run < runs; run++)
		world_run_babble(test, first + run);
	kunit_info(test, "%u runs from %u: %u stops, %u telegrams, %u looks, %u waits, %u enabled\n",
		   runs, first, world_sum.stops, world_sum.telegrams, world_sum.looks,
		   world_sum.waits, world_babbled);
	if (runs < WORLD_BABBLES)
		return;
	KUNIT_EXPECT_GE(test, world_sum.stops, runs);
	KUNIT_EXPECT_GE(test, world_sum.telegrams, runs);
	KUNIT_EXPECT_GE(test, world_sum.looks, runs);
	KUNIT_EXPECT_GE(test, world_sum.waits, runs);
	KUNIT_EXPECT_GE(test, world_babbled, runs / 8);
}

/* ---- what must not stop ---- */

/* All units of the plan answer; whatever is asked beside it, of units that are there or not. */
static void world_run_calm(struct kunit *test, u32 run)
{
	unsigned int event;

	world_seed = run;
	world_init(test, run, 0);
	for (event = 1; event <= WORLD_PLANNED; event++)
		world_rest(event);
	fake.engine.timing.de_setup_ns = world_below(2) * world_below(3000) * FAKE_US;
	do
		world_make_plan();
	while (cyclic_try_commit());
	for (event = 0; event < WORLD_OTHERS_COUNT; event++)
		cyclic.silent[WORLD_OTHERS + event] = world_below(2);
	for (event = 0; event < 3 * WORLD_EVENTS; event++) {
		world_ask();
		if (!world_below(8))
			world_set_outputs();
		world_pass(world_below(WORLD_STEP_NS / FAKE_US) * FAKE_US);
	}
	KUNIT_EXPECT_EQ_MSG(test, cyclic_status().losses, 0, "run %u\n", run);
	KUNIT_EXPECT_EQ_MSG(test, world.stops, 0, "run %u\n", run);
	KUNIT_EXPECT_EQ_MSG(test, cyclic.unrested, 0, "run %u\n", run);
}

static void world_calm(struct kunit *test)
{
	const u32 first = FAKE_FIRST_RUN(), runs = FAKE_RUNS(WORLD_RUNS / 3);
	u32 run;

	for (run = 0; run < runs; run++)
		world_run_calm(test, first + run);
}

static void world_walk(struct kunit *test)
{
	const u32 first = FAKE_FIRST_RUN(), runs = FAKE_RUNS(WORLD_RUNS);
	u32 run;

	memset(&world_sum, 0, sizeof(world_sum));
	for (run = 0; run < runs; run++)
		world_run(test, first + run);
	kunit_info(test, "%u runs from %u: %u stops, %u telegrams, %u resets, %u enables, %u looks, %u writes, %u found\n",
		   runs, first, world_sum.stops, world_sum.telegrams, world_sum.resets,
		   world_sum.enables, world_sum.looks, world_sum.writes, world_sum.found);
	if (runs < WORLD_RUNS)
		return;
	KUNIT_EXPECT_GE(test, world_sum.stops, runs);
	KUNIT_EXPECT_GE(test, world_sum.telegrams, runs);
	KUNIT_EXPECT_GE(test, world_sum.enables, runs);
	KUNIT_EXPECT_GE(test, world_sum.looks, runs);
	KUNIT_EXPECT_GE(test, world_sum.writes, runs);
	KUNIT_EXPECT_GE(test, world_sum.found, runs / 8);
}

static struct kunit_case world_cases[] = {
	KUNIT_CASE(world_walk),
	KUNIT_CASE(world_babble),
	KUNIT_CASE(world_calm),
	{}
};

static struct kunit_suite world_suite = {
	.name = "oht_world",
	.test_cases = world_cases,
};

kunit_test_suites(&world_suite);
