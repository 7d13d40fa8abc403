// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stop, engine, plan and callers together, anything at any time by a seed. The outputs are low in
 * time, nothing moves behind a stop, telegrams come soon. And it ends: once nothing comes from
 * outside any more, there are no more stops and no more telegrams after a while.
 */
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
	KUNIT_CASE(world_calm),
	{}
};

static struct kunit_suite world_suite = {
	.name = "oht_world",
	.test_cases = world_cases,
};

kunit_test_suites(&world_suite);
