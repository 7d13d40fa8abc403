// SPDX-License-Identifier: GPL-2.0-only
/* The engine with an answer that is missing, late, broken, of another unit, or too long. */
#include "engine_fake.h"

static int engine_faults_init(struct kunit *test)
{
	fake_init(test, 115200);
	return 0;
}

/* Submit a read of two registers and let its request leave. */
static struct oht_xfer *engine_faults_ask(unsigned int i)
{
	unsigned int sent = fake.frame_count;
	struct oht_xfer *x = fake_xfer(i, 1, 3, 0x0100, 2);

	fake_submit(i);
	fake_run_sent(sent + 1);
	return x;
}

static void engine_faults_say(u64 turnaround_ns, const u8 *adu, unsigned int bytes)
{
	fake_say(fake_last()->end_ns + turnaround_ns, adu, bytes);
}

static void engine_faults_exception(struct kunit *test)
{
	struct oht_xfer *x = engine_faults_ask(0);
	u8 adu[8];

	x->retries = 3;
	engine_faults_say(FAKE_MS, adu, fake_exception(x, 2, adu));
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EREMOTEIO, OHT_DETAIL_EXCEPTION);
	KUNIT_EXPECT_EQ(test, x->exception, 2);
	KUNIT_EXPECT_EQ(test, x->attempts, 1);
	fake_expect_in_step(1);
}

static void engine_faults_retry_helps(struct kunit *test)
{
	struct oht_xfer *x = engine_faults_ask(0);
	u8 adu[16];
	unsigned int bytes = fake_answer(x, adu);

	x->retries = 1;
	adu[4] ^= 0x10;
	engine_faults_say(FAKE_MS, adu, bytes);
	fake_run_sent(2);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, x->attempts, 2);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.retries, 1);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.details[OHT_DETAIL_CRC], 1);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

/* No flipped bit is believed, and the transaction after it works. */
static void engine_faults_bit_flips(struct kunit *test)
{
	unsigned int bit;
	u8 adu[16];

	for (bit = 0; bit < 9 * 8; bit++) {
		fake_init(test, 115200);
		fake_answer(engine_faults_ask(0), adu);
		adu[bit / 8] ^= 1 << bit % 8;
		engine_faults_say(FAKE_MS, adu, 9);
		fake_run_done(0);
		KUNIT_EXPECT_NE_MSG(test, fake.xfers[0].status, 0, "bit %u", bit);
		KUNIT_EXPECT_NE_MSG(test, fake.xfers[0].detail, OHT_DETAIL_EXCEPTION, "bit %u",
				    bit);
		fake_expect_in_step(1);
	}
}

static void engine_faults_truncations(struct kunit *test)
{
	unsigned int bytes;
	u8 adu[16];

	for (bytes = 1; bytes < 9; bytes++) {
		fake_init(test, 115200);
		fake_answer(engine_faults_ask(0), adu);
		engine_faults_say(FAKE_MS, adu, bytes);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_SHORT);
		fake_expect_in_step(1);
	}
}

/* A byte that was not sent, anywhere inside: never believed. Around it: engine_stray_kunit.c. */
static void engine_faults_insertions(struct kunit *test)
{
	unsigned int at;
	u8 adu[16];

	for (at = 1; at < 9; at++) {
		fake_init(test, 115200);
		fake_answer(engine_faults_ask(0), adu);
		memmove(adu + at + 1, adu + at, 9 - at);
		adu[at] = 0x5a;
		engine_faults_say(FAKE_MS, adu, 10);
		fake_run_done(0);
		KUNIT_EXPECT_NE_MSG(test, fake.xfers[0].status, 0, "at %u", at);
		fake_run(fake.heard_ns);
		fake_expect_in_step(1);
	}
}

/* Complete by count and CRC, so done; what follows is counted and keeps the line busy. */
static void engine_faults_extra_bytes(struct kunit *test)
{
	u8 adu[16] = {};

	fake_answer(engine_faults_ask(0), adu);
	engine_faults_say(FAKE_MS, adu, 12);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	fake_expect_in_step(1);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.bytes_extra, 3);
}

static void engine_faults_line_errors(struct kunit *test)
{
	static const u8 flags[] = { OHT_BYTE_FRAMING, OHT_BYTE_PARITY, OHT_BYTE_OVERRUN,
				    OHT_BYTE_BREAK };
	unsigned int i, at;
	u8 adu[16];

	for (i = 0; i < ARRAY_SIZE(flags) * 9; i++) {
		fake_init(test, 115200);
		at = i % 9;
		/* A byte lost before an answer is no part of it: see the next test. */
		if (!at && flags[i / 9] == OHT_BYTE_OVERRUN)
			continue;
		fake_answer(engine_faults_ask(0), adu);
		engine_faults_say(FAKE_MS, adu, 9);
		fake.rx[at].byte.flags = flags[i / 9];
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, -EIO, OHT_DETAIL_LINE);
		fake_expect_in_step(1);
	}
}

/* The receiver was full, the end of an answer is lost, and the next character says so. */
static void engine_faults_overrun_costs_one(struct kunit *test)
{
	struct oht_xfer *x = engine_faults_ask(0);
	u8 adu[16];

	x->retries = 0;
	engine_faults_say(FAKE_MS, adu, fake_answer(x, adu) - 4);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_SHORT);
	x = engine_faults_ask(1);
	engine_faults_say(FAKE_MS, adu, fake_answer(x, adu));
	fake.rx[fake.rx_head].byte.flags = OHT_BYTE_OVERRUN;
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.overrun, 1);
}

static void engine_faults_line_errors_are_counted_apart(struct kunit *test)
{
	const struct oht_engine_stats *stats = &fake.engine.stats;
	unsigned int i;

	for (i = 0; i < 10; i++)
		fake_say_one(fake.now_ns + (i + 1) * FAKE_MS, 0,
			     i < 1 ? OHT_BYTE_FRAMING : i < 3 ? OHT_BYTE_PARITY :
			     i < 6 ? OHT_BYTE_OVERRUN : OHT_BYTE_BREAK);
	fake_run(fake.now_ns + 20 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, stats->framing, 1);
	KUNIT_EXPECT_EQ(test, stats->parity, 2);
	KUNIT_EXPECT_EQ(test, stats->overrun, 3);
	KUNIT_EXPECT_EQ(test, stats->breaks, 4);
	KUNIT_EXPECT_EQ(test, stats->bytes_stray, 10);
}

/* A sound frame of another unit does not end the wait; the own answer behind it is taken. */
static void engine_faults_foreign_then_own(struct kunit *test)
{
	struct oht_xfer *x = engine_faults_ask(0);
	u8 adu[16];
	unsigned int bytes = fake_answer(x, adu);

	adu[0] = 7;
	fake_reseal(adu, bytes);
	engine_faults_say(FAKE_MS, adu, bytes);
	fake_answer_to(0, 6 * FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.frames_foreign, 1);
}

struct engine_foreign {
	u8 at;
	u8 flip;
	u8 detail;
	int status;
};

static const struct engine_foreign engine_foreigns[] = {
	{ 0, 0x06, OHT_DETAIL_UNIT, -EPROTO },
	{ 1, 0x07, OHT_DETAIL_FUNCTION, -EPROTO },
};

static void engine_faults_foreign_only(struct kunit *test)
{
	unsigned int i, bytes;
	u8 adu[16];

	for (i = 0; i < ARRAY_SIZE(engine_foreigns); i++) {
		fake_init(test, 115200);
		bytes = fake_answer(engine_faults_ask(0), adu);
		adu[engine_foreigns[i].at] ^= engine_foreigns[i].flip;
		fake_reseal(adu, bytes);
		engine_faults_say(FAKE_MS, adu, bytes);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, engine_foreigns[i].status, engine_foreigns[i].detail);
		KUNIT_EXPECT_GE(test, fake.done_ns[0], fake_last()->end_ns + 50 * FAKE_MS);
		fake_expect_in_step(1);
	}
}

static void engine_faults_wrong_count_then_own(struct kunit *test)
{
	struct oht_xfer late = *fake_xfer(1, 1, 3, 0x0100, 3);
	u8 adu[16];

	engine_faults_ask(0);
	engine_faults_say(FAKE_MS, adu, fake_answer(&late, adu));
	fake_answer_to(0, 5 * FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.xfers[0].words[0], 0x1100);
}

static void engine_faults_wrong_echo(struct kunit *test)
{
	u8 adu[16];

	fake_xfer(0, 1, 6, 0x0010, 1);
	fake_submit(0);
	fake_run_sent(1);
	fake_answer(&fake.xfers[0], adu);
	adu[5] ^= 1;
	fake_reseal(adu, 8);
	engine_faults_say(FAKE_MS, adu, 8);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EPROTO, OHT_DETAIL_ECHO);
	fake_expect_in_step(1);
}

/*
 * The answer to a read that has timed out comes while other registers of the same unit are
 * asked for. Nothing in it says that it is the wrong one, so that read has to wait, and begins with
 * a shorter one (engine_late_kunit.c); others do not.
 */
static void engine_faults_late_answer(struct kunit *test)
{
	u8 adu[16];
	struct oht_xfer prior;

	engine_faults_ask(0);
	fake_answer_to(0, 51 * FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	fake_xfer(1, 1, 3, 0x0200, 2);
	fake_xfer(2, 2, 3, 0x0200, 2);
	fake_submit(1);
	fake_submit(2);
	fake_run_sent(2);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 2);
	fake_answer_to(2, 5 * FAKE_MS);
	fake_run_done(2);
	FAKE_EXPECT_DONE(2, 0, OHT_DETAIL_OK);
	fake_run_sent(3);
	KUNIT_EXPECT_GE(test, fake_last()->start_ns, fake.frames[0].end_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.gap_late_max_ns, 0);
	prior = fake.xfers[1];
	prior.count = 1;
	engine_faults_say(FAKE_MS, adu, fake_answer(&prior, adu));
	fake_run_sent(4);
	fake_answer_to(1, FAKE_MS);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.xfers[1].words[0], 0x1200);
}

/* The same registers again, or another quantity: then there is no danger and no wait. */
static void engine_faults_late_answer_no_wait(struct kunit *test)
{
	engine_faults_ask(0);
	fake_run_done(0);
	fake_xfer(1, 1, 3, 0x0100, 2);
	fake_submit(1);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 2);
	fake_run_sent(2);
	fake_answer_to(1, FAKE_MS);
	fake_run_done(1);
	fake_xfer(2, 1, 3, 0x0200, 5);
	fake_submit(2);
	fake_run_sent(3);
	KUNIT_EXPECT_LE(test, fake_last()->start_ns, fake.heard_ns + fake.engine.timing.t35_ns);
}

static void engine_faults_duplicate_answer(struct kunit *test)
{
	u8 adu[16];
	unsigned int bytes = fake_answer(engine_faults_ask(0), adu);

	engine_faults_say(FAKE_MS, adu, bytes);
	engine_faults_say(FAKE_MS + oht_timing_chars_ns(&fake.engine.timing, bytes) + 100 * FAKE_US,
			  adu, bytes);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	fake_expect_in_step(1);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.bytes_extra, bytes);
}

static void engine_faults_slew(struct kunit *test, s32 slew_permille, unsigned int fifo_bytes,
			       u16 count)
{
	u64 late_ns;

	fake_init(test, 115200);
	fake.slew_permille = slew_permille;
	fake.fifo_bytes = fifo_bytes;
	fake_xfer(0, 1, 16, 0x0100, count);
	fake_submit(0);
	fake_run_sent(1);
	KUNIT_EXPECT_GE(test, fake_last()->off_ns, fake_last()->end_ns);
	late_ns = fake_last()->off_ns - fake_last()->end_ns;
	KUNIT_EXPECT_LE_MSG(test, late_ns, 2 * fake.engine.timing.char_ns,
			    "%d permille, %u words\n", slew_permille, count);
	fake_answer_to(0, 5 * fake.engine.timing.char_ns);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	fake_expect_in_step(1);
}

/* The clock is slewed: the driver is on until our last stop bit, and not much longer. */
static void engine_faults_slewed_clock(struct kunit *test)
{
	static const u16 counts[] = { 1, 5, 20, 50, 123 };
	s32 slew_permille;
	unsigned int i;

	for (slew_permille = -83; slew_permille <= 83; slew_permille++)
		for (i = 0; i < 2 * ARRAY_SIZE(counts); i++)
			engine_faults_slew(test, slew_permille, i % 2 * 16, counts[i / 2]);
}

static struct kunit_case engine_faults_cases[] = {
	KUNIT_CASE(engine_faults_slewed_clock),
	KUNIT_CASE(engine_faults_exception),
	KUNIT_CASE(engine_faults_retry_helps),
	KUNIT_CASE(engine_faults_bit_flips),
	KUNIT_CASE(engine_faults_truncations),
	KUNIT_CASE(engine_faults_insertions),
	KUNIT_CASE(engine_faults_extra_bytes),
	KUNIT_CASE(engine_faults_line_errors),
	KUNIT_CASE(engine_faults_overrun_costs_one),
	KUNIT_CASE(engine_faults_line_errors_are_counted_apart),
	KUNIT_CASE(engine_faults_foreign_then_own),
	KUNIT_CASE(engine_faults_foreign_only),
	KUNIT_CASE(engine_faults_wrong_count_then_own),
	KUNIT_CASE(engine_faults_wrong_echo),
	KUNIT_CASE(engine_faults_late_answer),
	KUNIT_CASE(engine_faults_late_answer_no_wait),
	KUNIT_CASE(engine_faults_duplicate_answer),
	{}
};

static struct kunit_suite engine_faults_suite = {
	.name = "oht_engine_faults",
	.init = engine_faults_init,
	.test_cases = engine_faults_cases,
};

kunit_test_suites(&engine_faults_suite);
