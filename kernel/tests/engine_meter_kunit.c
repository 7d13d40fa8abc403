// SPDX-License-Identifier: GPL-2.0-only
/* What the engine tells the conformance meter and its histograms of what it sends and hears. */
#include "engine_fake.h"

#define UNIT	7

static int engine_meter_test_init(struct kunit *test)
{
	fake_init(test, 115200);
	/* Every character is reported within 20 us. */
	fake.port.rx_hold_ns = 20000;
	return 0;
}

static void expect_counts(unsigned int side, unsigned int rule, u64 ok, u64 violation, u64 open)
{
	const u64 *all = fake.engine.stats.meter[side][rule];
	const u64 *unit = fake.engine.units[UNIT].meter[side][rule];

	KUNIT_EXPECT_EQ_MSG(fake.test, all[OHT_VERDICT_OK], ok, "%u %u", side, rule);
	KUNIT_EXPECT_EQ_MSG(fake.test, all[OHT_VERDICT_VIOLATION], violation, "%u %u", side, rule);
	KUNIT_EXPECT_EQ_MSG(fake.test, all[OHT_VERDICT_NOT_JUDGED], open, "%u %u", side, rule);
	KUNIT_EXPECT_EQ(fake.test, memcmp(all, unit, sizeof(u64[OHT_ENGINE_VERDICTS])), 0);
}

static unsigned int ask(unsigned int registers)
{
	unsigned int sent = fake.frame_count;

	fake_xfer(0, UNIT, 3, 0, registers);
	fake_submit(0);
	fake_run_sent(sent + 1);
	return sent;
}

static void exchange(unsigned int registers, u64 turnaround_ns)
{
	ask(registers);
	fake_answer_to(0, turnaround_ns);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

static void engine_meter_test_good(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 10; i++)
		exchange(8, 3 * FAKE_MS);
	expect_counts(OHT_SIDE_OURS, OHT_RULE_T35, 10, 0, 0);
	expect_counts(OHT_SIDE_OURS, OHT_RULE_T15, 10, 0, 0);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 10, 0, 0);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T15, 10, 0, 0);
}

/* An answer after less than t3.5: proven when even the latest possible start is too early. */
static void engine_meter_test_early_answer(struct kunit *test)
{
	u64 t35_ns = fake.engine.timing.t35_ns;

	exchange(1, t35_ns - FAKE_US);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 0, 1, 0);
	exchange(1, t35_ns + 19 * FAKE_US);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 0, 1, 1);
	exchange(1, t35_ns + 21 * FAKE_US);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 1, 1, 1);
	exchange(1, 0);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 1, 2, 1);
	expect_counts(OHT_SIDE_OURS, OHT_RULE_T35, 4, 0, 0);
}

/* @pause_ns of silence after @first bytes of an answer with 4 registers. */
static void answer_with_pause(unsigned int first, u64 pause_ns)
{
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes;
	u64 end_ns;

	ask(4);
	bytes = fake_answer(&fake.xfers[0], adu);
	end_ns = fake_say(fake_last()->end_ns + 3 * FAKE_MS, adu, first);
	fake_say(end_ns + pause_ns, adu + first, bytes - first);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

static void engine_meter_test_pause_inside(struct kunit *test)
{
	u64 t15_ns = fake.engine.timing.t15_ns;

	answer_with_pause(5, t15_ns - 21 * FAKE_US);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T15, 1, 0, 0);
	answer_with_pause(5, t15_ns - 10 * FAKE_US);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T15, 1, 0, 1);
	answer_with_pause(5, t15_ns + 21 * FAKE_US);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T15, 1, 1, 1);
	answer_with_pause(1, 2 * t15_ns);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T15, 1, 2, 1);
}

/* Several found together: where the silence was is not known, and then it is not judged. */
static void engine_meter_test_lumps(struct kunit *test)
{
	fake.port.rx_hold_ns = 0;
	fake.rx_level = 4;
	exchange(8, 3 * FAKE_MS);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 0, 0, 1);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T15, 0, 0, 1);
}

/* Neither our UART nor the far end keeps wire time: only our own silence can be judged. */
static void engine_meter_test_unpaced(struct kunit *test)
{
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int i;

	fake.unpaced = true;
	for (i = 0; i < 3; i++) {
		ask(4);
		fake_say_at_once(fake.now_ns + FAKE_MS, adu, fake_answer(&fake.xfers[0], adu));
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	}
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 0, 0, 3);
	expect_counts(OHT_SIDE_OURS, OHT_RULE_T15, 0, 0, 3);
	expect_counts(OHT_SIDE_OURS, OHT_RULE_T35, 3, 0, 0);
}

/* Our own transmitter runs dry for longer than t1.5, or shorter, or not at all. */
static void engine_meter_test_dry_fifo(struct kunit *test)
{
	u64 char_ns = fake.engine.timing.char_ns, t15_ns = fake.engine.timing.t15_ns;

	fake.fifo_bytes = 16;
	fake_xfer(0, UNIT, 16, 0, 20);
	fake_submit(0);
	fake_run_sent(1);
	expect_counts(OHT_SIDE_OURS, OHT_RULE_T15, 1, 0, 0);
	fake_run_done(0);
	/* Room comes two characters before it is dry. */
	fake.interrupt_late_ns = 2 * char_ns + t15_ns - 50 * FAKE_US;
	fake_xfer(0, UNIT, 16, 0, 20);
	fake_submit(0);
	fake_run_sent(2);
	expect_counts(OHT_SIDE_OURS, OHT_RULE_T15, 2, 0, 0);
	fake_run_done(0);
	fake.interrupt_late_ns = 2 * char_ns + t15_ns + 50 * FAKE_US;
	fake_xfer(0, UNIT, 16, 0, 20);
	fake_submit(0);
	fake_run_sent(3);
	expect_counts(OHT_SIDE_OURS, OHT_RULE_T15, 2, 1, 0);
}

/* It spoke before we had ended: whatever it was, it did not wait for t3.5. */
static void engine_meter_test_collision(struct kunit *test)
{
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes;

	fake_xfer(0, UNIT, 3, 0, 1);
	fake_submit(0);
	bytes = fake_answer(&fake.xfers[0], adu);
	fake_say(fake_last()->start_ns + 300 * FAKE_US, adu, bytes);
	fake_run_done(0);
	KUNIT_EXPECT_NE(test, fake.xfers[0].status, 0);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 0, 1, 0);
}

/* Noise on the line is no frame; an answer of another unit counts for that unit. */
static void engine_meter_test_whose(struct kunit *test)
{
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes;
	u64 end_ns;

	ask(1);
	fake_say(fake_last()->end_ns + 3 * FAKE_MS, (const u8 []) { 0x55 }, 1);
	fake_run_done(0);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 0, 0, 0);
	ask(1);
	bytes = fake_answer(&fake.xfers[0], adu);
	adu[0] = 9;
	fake_reseal(adu, bytes);
	end_ns = fake_say(fake_last()->end_ns + 3 * FAKE_MS, adu, bytes);
	bytes = fake_answer(&fake.xfers[0], adu);
	fake_say(end_ns + 3 * FAKE_MS, adu, bytes);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.engine.units[9].meter[OHT_SIDE_THEIRS][OHT_RULE_T35]
			[OHT_VERDICT_OK], 1);
	KUNIT_EXPECT_EQ(test, fake.engine.units[UNIT].meter[OHT_SIDE_THEIRS][OHT_RULE_T35]
			[OHT_VERDICT_OK], 1);
}

static void engine_meter_test_reset(struct kunit *test)
{
	exchange(1, 3 * FAKE_MS);
	ask(1);
	oht_engine_reset_stats(&fake.engine);
	fake_answer_to(0, 3 * FAKE_MS);
	fake_run_done(0);
	expect_counts(OHT_SIDE_OURS, OHT_RULE_T35, 0, 0, 0);
	expect_counts(OHT_SIDE_THEIRS, OHT_RULE_T35, 1, 0, 0);
}

/* ---- histograms ---- */

static u64 in_bucket_of(unsigned int which, u64 ns)
{
	struct oht_histogram histogram, one = {};
	unsigned int i;

	oht_histogram_add(&one, ns);
	oht_engine_get_histogram(&fake.engine, which, &histogram);
	for (i = 0; !one.counts[i]; i++)
		continue;
	return histogram.counts[i];
}

static void engine_meter_test_histograms(struct kunit *test)
{
	/* Far from the borders of their buckets. */
	exchange(1, 3 * FAKE_MS);
	exchange(1, 3 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, in_bucket_of(OHT_HISTOGRAM_TURNAROUND, 3 * FAKE_MS), 2);
	KUNIT_EXPECT_EQ(test, in_bucket_of(OHT_HISTOGRAM_GAP_LATE, 0), 2);
	KUNIT_EXPECT_EQ(test, in_bucket_of(OHT_HISTOGRAM_DE_RELEASE, 0), 2);
	oht_engine_reset_histograms(&fake.engine);
	KUNIT_EXPECT_EQ(test, in_bucket_of(OHT_HISTOGRAM_TURNAROUND, 3 * FAKE_MS), 0);
	KUNIT_EXPECT_EQ(test, in_bucket_of(OHT_HISTOGRAM_GAP_LATE, 0), 0);
}

/* The UART is busy for longer than our clock says: released within a quarter of a bit. */
static void engine_meter_test_release(struct kunit *test)
{
	fake.busy_extra_ns = fake.engine.timing.bit_ns;
	exchange(1, 3 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, in_bucket_of(OHT_HISTOGRAM_DE_RELEASE, fake.engine.timing.bit_ns / 4),
			1);
}

static struct kunit_case engine_meter_test_cases[] = {
	KUNIT_CASE(engine_meter_test_good),
	KUNIT_CASE(engine_meter_test_early_answer),
	KUNIT_CASE(engine_meter_test_pause_inside),
	KUNIT_CASE(engine_meter_test_lumps),
	KUNIT_CASE(engine_meter_test_unpaced),
	KUNIT_CASE(engine_meter_test_dry_fifo),
	KUNIT_CASE(engine_meter_test_collision),
	KUNIT_CASE(engine_meter_test_whose),
	KUNIT_CASE(engine_meter_test_reset),
	KUNIT_CASE(engine_meter_test_histograms),
	KUNIT_CASE(engine_meter_test_release),
	{}
};

static struct kunit_suite engine_meter_test_suite = {
	.name = "oht_engine_meter",
	.init = engine_meter_test_init,
	.test_cases = engine_meter_test_cases,
};

kunit_test_suites(&engine_meter_test_suite);
