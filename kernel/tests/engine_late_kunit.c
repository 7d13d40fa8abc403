// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers that come after their time-out, however late: none is taken for the answer to a read of
 * other registers.
 */
#include "cycle_fake.h"

#define LATE_UNIT	4
#define LATE_RUNS	300
#define LATE_XFERS	24
#define LATE_TIMEOUT_US	20000
/* Registers from here on are refused. */
#define LATE_REFUSED	0x0300

/**
 * struct late_unit - a unit that answers in the order in which it was asked, at any time
 * @least_ns: silence before an answer, at least
 * @spread_ns: and so much more at most
 * @losses: one of so many answers is lost, 0: none
 * @block: reads of another number of registers than this are refused, 0: none is
 * @deaf: nothing is heard until the answer is over
 * @seen: frames that were heard, or not
 * @end_ns: end of what it said last
 * @start_ns: its beginning
 */
struct late_unit {
	u64 least_ns;
	u64 spread_ns;
	unsigned int losses;
	u16 block;
	bool deaf;
	unsigned int seen;
	u64 end_ns;
	u64 start_ns;
};

static struct late_unit late_unit;
static u32 late_seed;
/* Reads of all runs that ended well. */
static unsigned int late_good;

static u32 late_below(u32 below)
{
	late_seed = late_seed * 1664525 + 1013904223;
	return (late_seed >> 8) % below;
}

static u16 late_word_at(const u8 *adu)
{
	return adu[0] << 8 | adu[1];
}

static u16 late_value(u8 function, u16 address)
{
	return address + (function == 3 ? 0x1000 : 0x2000);
}

static unsigned int late_answer(const u8 *request, u8 *adu)
{
	u16 address = late_word_at(request + 2), count = late_word_at(request + 4), i;
	unsigned int bytes = 8;

	memcpy(adu, request, 6);
	if (oht_frame_is_write(adu[1])) {
		fake_reseal(adu, bytes);
		return bytes;
	}
	bytes = 5 + 2 * count;
	adu[2] = 2 * count;
	for (i = 0; i < count; i++) {
		adu[3 + 2 * i] = late_value(adu[1], address + i) >> 8;
		adu[4 + 2 * i] = late_value(adu[1], address + i) & 0xff;
	}
	if (address >= LATE_REFUSED || (late_unit.block && count != late_unit.block)) {
		adu[1] |= OHT_FC_EXCEPTION;
		adu[2] = 2;
		bytes = 5;
	}
	fake_reseal(adu, bytes);
	return bytes;
}

/* A request that meets an answer is not understood. */
static void late_hear(const struct fake_frame *frame)
{
	u8 adu[OHT_ADU_MAX_BYTES];
	u64 at_ns = frame->end_ns + late_unit.least_ns;

	if (frame->start_ns < late_unit.end_ns && late_unit.start_ns < frame->end_ns)
		return;
	if (late_unit.deaf && frame->start_ns < late_unit.end_ns)
		return;
	if (late_unit.losses && !late_below(late_unit.losses))
		return;
	if (late_unit.spread_ns)
		at_ns += late_below(late_unit.spread_ns / FAKE_US) * FAKE_US;
	late_unit.start_ns = max(at_ns, late_unit.end_ns + 2 * FAKE_MS);
	late_unit.end_ns = fake_say(late_unit.start_ns, adu, late_answer(frame->adu, adu));
}

static void late_run(u64 until_ns)
{
	const struct fake_frame *frame;

	while (fake.now_ns < until_ns) {
		frame = late_unit.seen < fake.frame_count ? &fake.frames[late_unit.seen] : NULL;
		fake_step(frame ? min(until_ns, frame->end_ns) : until_ns);
		frame = late_unit.seen < fake.frame_count ? &fake.frames[late_unit.seen] : NULL;
		if (!frame || frame->end_ns > fake.now_ns)
			continue;
		late_hear(frame);
		late_unit.seen++;
	}
}

static void late_run_done(unsigned int i)
{
	u64 limit_ns = fake.now_ns + 5000 * FAKE_MS;

	while (!fake.done[i] && fake.now_ns < limit_ns)
		late_run(fake.now_ns + 100 * FAKE_US);
	KUNIT_ASSERT_EQ(fake.test, fake.done[i], 1);
}

static void late_init(struct kunit *test)
{
	fake_init(test, 115200);
	late_unit = (struct late_unit) { .least_ns = FAKE_MS };
}

/* Once all is over that was said: room for more. */
static void late_rewind(void)
{
	while (fake.de || fake.rx_head != fake.rx_tail)
		late_run(fake.now_ns + FAKE_MS);
	fake_rewind();
	late_unit.seen = 0;
}

/* Nothing is under way: read, and expect that it works. Returns the frames on the wire. */
static unsigned int late_expect_read(unsigned int i, u16 address, u16 count)
{
	unsigned int sent = fake.frame_count, k;

	fake_xfer(i, LATE_UNIT, 3, address, count)->timeout_us = LATE_TIMEOUT_US;
	fake_submit(i);
	late_run_done(i);
	FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
	for (k = 0; k < count; k++)
		KUNIT_EXPECT_EQ(fake.test, fake.xfers[i].words[k], late_value(3, address + k));
	return fake.frame_count - sent;
}

/* The next answer does not come in time, and comes after @late_ns; 0: never. */
static void late_miss(unsigned int i, u16 address, u16 count, u64 late_ns)
{
	late_unit.losses = !late_ns;
	late_unit.least_ns = late_ns;
	fake_xfer(i, LATE_UNIT, 3, address, count)->timeout_us = LATE_TIMEOUT_US;
	fake_submit(i);
	late_run_done(i);
	FAKE_EXPECT_DONE(i, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	late_unit.losses = 0;
	late_unit.least_ns = FAKE_MS;
}

/* Behind one lost answer: one prior read, once; none where nothing can be mistaken. */
static void late_costs_one_read(struct kunit *test)
{
	late_init(test);
	KUNIT_EXPECT_EQ(test, late_expect_read(0, 0x0000, 8), 1);
	late_miss(1, 0x0000, 8, 0);
	/* The same one, again and again: nobody knows which of them is answered. */
	KUNIT_EXPECT_EQ(test, late_expect_read(2, 0x0000, 8), 1);
	KUNIT_EXPECT_EQ(test, late_expect_read(3, 0x0000, 8), 1);
	KUNIT_EXPECT_EQ(test, late_expect_read(4, 0x0010, 8), 2);
	KUNIT_EXPECT_EQ(test, fake.frames[fake.frame_count - 2].adu[5], 7);
	KUNIT_EXPECT_EQ(test, late_expect_read(5, 0x0020, 8), 1);
	KUNIT_EXPECT_EQ(test, late_expect_read(6, 0x0000, 8), 1);
	/* Another length is a proof by itself. */
	late_miss(7, 0x0000, 8, 0);
	KUNIT_EXPECT_EQ(test, late_expect_read(8, 0x0010, 6), 1);
	KUNIT_EXPECT_EQ(test, late_expect_read(9, 0x0020, 8), 1);
}

/* Where no part can be read alone, as many answers are dropped as are owed. */
static void late_drops_what_is_owed(struct kunit *test)
{
	late_init(test);
	late_miss(0, 0x0000, 1, 0);
	late_miss(1, 0x0008, 1, 0);
	KUNIT_EXPECT_EQ(test, late_expect_read(2, 0x0010, 1), 3);
	late_init(test);
	late_unit.block = 4;
	late_miss(3, 0x0000, 4, 0);
	KUNIT_EXPECT_EQ(test, late_expect_read(4, 0x0010, 4), 2);
	KUNIT_EXPECT_EQ(test, late_expect_read(5, 0x0010, 4), 1);
}

/* No write waits for a read; and it is a proof, since its answer names it. */
static void late_lets_writes_pass(struct kunit *test)
{
	late_init(test);
	late_miss(0, 0x0000, 8, 0);
	fake_xfer(1, LATE_UNIT, 16, 0x0040, 2);
	fake_submit(1);
	late_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 2);
	KUNIT_EXPECT_EQ(test, late_expect_read(2, 0x0010, 8), 1);
}

/* ---- the walk ---- */

static void late_make_unit(void)
{
	static const u64 least_ms[] = { 1, 1, 1, 25, 30, 40 };
	static const u64 spread_ms[] = { 0, 30, 120, 125, 60, 110 };
	unsigned int kind = late_below(ARRAY_SIZE(least_ms));

	late_unit.least_ns = least_ms[kind] * FAKE_MS;
	late_unit.spread_ns = spread_ms[kind] * FAKE_MS;
	late_unit.losses = late_below(2) * (1 + late_below(6));
	late_unit.block = late_below(4) ? 0 : 8;
	/* It is asked more often meanwhile than a transfer has attempts. */
	if (late_unit.deaf)
		late_unit.least_ns += late_below(600) * FAKE_MS;
}

static void late_ask(unsigned int i)
{
	static const u16 counts[] = { 8, 8, 8, 6, 2, 1, 1 };
	static const u8 functions[] = { 3, 3, 3, 3, 4, 6, 16 };
	static const u16 addresses[] = { 0, 0, 0x10, 0x10, 0x20, LATE_REFUSED };
	u8 function = functions[late_below(ARRAY_SIZE(functions))];
	u16 address = addresses[late_below(ARRAY_SIZE(addresses))];
	u16 count = counts[late_below(ARRAY_SIZE(counts))];
	struct oht_xfer *x = fake_xfer(i, LATE_UNIT, function, address, function == 6 ? 1 : count);

	x->timeout_us = LATE_TIMEOUT_US;
	x->retries = late_unit.deaf ? OHT_RETRIES_MAX : late_below(3);
	fake_submit(i);
}

static void late_judge(u32 run, unsigned int i)
{
	const struct oht_xfer *x = &fake.xfers[i];
	unsigned int k;

	if (x->detail != OHT_DETAIL_OK || oht_frame_is_write(x->function))
		return;
	late_good++;
	for (k = 0; k < x->count; k++)
		KUNIT_EXPECT_EQ_MSG(fake.test, x->words[k], late_value(x->function, x->address + k),
				    "run %u, transfer %u\n", run, i);
}

static void late_walk_run(struct kunit *test, u32 run)
{
	unsigned int i;

	late_seed = run;
	late_init(test);
	late_unit.deaf = !late_below(4);
	for (i = 0; i < LATE_XFERS; i++) {
		if (!(i % 8))
			late_make_unit();
		/* A stop may end any of it, the next one comes at any time behind the last. */
		late_ask(i);
		if (!late_below(8)) {
			late_run(fake.now_ns + late_below(40000) * FAKE_US);
			oht_engine_abort(&fake.engine);
		}
		late_run_done(i);
		late_judge(run, i);
		late_run(fake.now_ns + late_below(3) * late_below(60000) * FAKE_US);
		if (fake.frame_count > FAKE_FRAMES_MAX / 2 || fake.rx_tail > FAKE_RX_MAX / 2)
			late_rewind();
	}
	KUNIT_EXPECT_EQ_MSG(test, fake.early, 0, "run %u\n", run);
}

static void late_walk(struct kunit *test)
{
	const u32 first = FAKE_FIRST_RUN(), runs = FAKE_RUNS(LATE_RUNS);
	u32 run;

	late_good = 0;
	for (run = 0; run < runs; run++)
		late_walk_run(test, first + run);
	kunit_info(test, "%u runs from %u: %u good reads\n", runs, first, late_good);
	if (runs >= LATE_RUNS)
		KUNIT_EXPECT_GE(test, late_good, 2 * runs);
}

/* ---- in the plan of the robot ---- */

#define LATE_PLAN_RUNS	50
#define LATE_PLAN_CYCLE	(25 * FAKE_MS)

static u64 late_plan_least_ns[OHT_UNIT_MAX + 1], late_plan_spread_ns[OHT_UNIT_MAX + 1];

static void late_plan_add(u8 unit, u16 address, u16 count, u16 period, u16 phase, u32 timeout_us)
{
	struct oht_plan_entry *entry = cyclic_add(unit, 3, count);

	entry->address = address;
	entry->period_cycles = period;
	entry->phase_cycles = phase;
	entry->timeout_us = timeout_us;
	entry->turnaround_us = 1750;
}

/* The next answer of each unit comes any time behind what is said already. */
static void late_plan_passed(void)
{
	u64 busy_ns = fake.heard_ns - min(fake.heard_ns, fake.now_ns), turnaround_ns;
	u8 unit;

	for (unit = 2; unit <= 5; unit++) {
		turnaround_ns = late_plan_least_ns[unit];
		if (late_plan_spread_ns[unit])
			turnaround_ns += late_below(late_plan_spread_ns[unit] / FAKE_US) * FAKE_US;
		cyclic.turnaround_ns[unit] = max(turnaround_ns, busy_ns + 2 * FAKE_MS);
	}
}

static void late_plan_make(struct kunit *test)
{
	cyclic_init(test);
	cyclic.plan.cycle_us = LATE_PLAN_CYCLE / FAKE_US;
	late_plan_add(3, 0x0000, 8, 2, 0, 20000);
	late_plan_add(3, 0x0010, 8, 2, 1, 20000);
	late_plan_add(4, 0x0002, 8, 2, 0, 25000);
	late_plan_add(4, 0x0012, 8, 2, 1, 25000);
	late_plan_add(5, 0x0030, 6, 4, 1, 35000);
	late_plan_add(2, 0x0000, 8, 40, 7, 30000);
	late_plan_add(2, 0x0020, 8, 40, 27, 30000);
	cyclic.passed = late_plan_passed;
	cyclic_commit(0);
}

/* One unit is late, one loses answers. */
static void late_plan_disturb(void)
{
	u8 unit;

	for (unit = 2; unit <= 5; unit++) {
		late_plan_least_ns[unit] = FAKE_MS;
		late_plan_spread_ns[unit] = 0;
		cyclic.skips[unit] = 0;
	}
	unit = 2 + late_below(4);
	late_plan_least_ns[unit] = (20 + late_below(30)) * FAKE_MS;
	late_plan_spread_ns[unit] = late_below(120) * FAKE_MS;
	cyclic.skips[2 + late_below(4)] = late_below(4);
}

static unsigned int late_plan_look(u32 run)
{
	const struct oht_image_slot *slot;
	unsigned int i, k, good = 0;

	for (i = 0; i < cyclic.plan.entries; i++) {
		slot = cyclic_slot(i);
		good += !slot->status;
		for (k = 0; slot->timestamp_ns && k < slot->count; k++)
			KUNIT_EXPECT_EQ_MSG(fake.test, slot->words[k],
					    slot->address + 0x1000 + k, "run %u, entry %u\n",
					    run, i);
	}
	return good;
}

/* Once all answer in time again, each entry is read in its turn, and nothing else is asked. */
static void late_plan_settle(struct kunit *test, u32 run)
{
	u8 unit;

	for (unit = 2; unit <= 5; unit++) {
		late_plan_least_ns[unit] = FAKE_MS;
		late_plan_spread_ns[unit] = 0;
		cyclic.skips[unit] = 0;
	}
	cyclic_run(2 * 40 * LATE_PLAN_CYCLE);
	KUNIT_EXPECT_EQ_MSG(test, late_plan_look(run), cyclic.plan.entries, "run %u\n", run);
	cyclic_forget();
	cyclic_run(40 * LATE_PLAN_CYCLE);
	KUNIT_EXPECT_EQ_MSG(test, cyclic.starts, 40 + 40 + 10 + 2, "run %u\n", run);
}

static void late_plan_run(struct kunit *test, u32 run)
{
	unsigned int i;

	late_seed = run;
	late_plan_make(test);
	for (i = 0; i < 200; i++) {
		if (!(i % 40))
			late_plan_disturb();
		cyclic_run(5 * FAKE_MS);
		cyclic_forget();
		late_good += late_plan_look(run);
	}
	late_plan_settle(test, run);
}

static void late_plan(struct kunit *test)
{
	const u32 first = FAKE_FIRST_RUN(), runs = FAKE_RUNS(LATE_PLAN_RUNS);
	u32 run;

	late_good = 0;
	for (run = 0; run < runs; run++)
		late_plan_run(test, first + run);
	kunit_info(test, "%u runs from %u: %u looks at good values\n", runs, first, late_good);
	if (runs >= LATE_PLAN_RUNS)
		KUNIT_EXPECT_GE(test, late_good, 300 * runs);
}

static struct kunit_case late_cases[] = {
	KUNIT_CASE(late_costs_one_read),
	KUNIT_CASE(late_drops_what_is_owed),
	KUNIT_CASE(late_lets_writes_pass),
	KUNIT_CASE(late_walk),
	KUNIT_CASE(late_plan),
	{}
};

static struct kunit_suite late_suite = {
	.name = "oht_engine_late",
	.test_cases = late_cases,
};

kunit_test_suites(&late_suite);
