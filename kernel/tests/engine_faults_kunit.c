// SPDX-License-Identifier: GPL-2.0-only
/* The engine when the far end is silent, late, wrong, foreign, noisy, or does not stop talking. */
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

/* A byte that was not sent, at any place: never believed, except after the end (see below). */
static void engine_faults_insertions(struct kunit *test)
{
	unsigned int at;
	u8 adu[16];

	for (at = 0; at < 9; at++) {
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

/* Found together with the answer, before anybody was told: then it is an error. */
static void engine_faults_extra_bytes_together(struct kunit *test)
{
	unsigned int i;
	u8 adu[16] = {};

	fake_answer(engine_faults_ask(0), adu);
	for (i = 0; i < 10; i++)
		fake_say_one(fake.now_ns + 2 * FAKE_MS, adu[i], 0);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_LENGTH);
	fake_expect_in_step(1);
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
		fake_answer(engine_faults_ask(0), adu);
		engine_faults_say(FAKE_MS, adu, 9);
		fake.rx[at].byte.flags = flags[i / 9];
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, -EIO, OHT_DETAIL_LINE);
		fake_expect_in_step(1);
	}
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
 * The answer to a read that has timed out comes while other registers of the same module are
 * asked for. Nothing in it says that it is the wrong one, so that read has to wait; others do not.
 */
static void engine_faults_late_answer(struct kunit *test)
{
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

/* ---- hearing ourselves ---- */

/* The adapter hands back what is sent, one character late. */
static void engine_faults_echo_back(void)
{
	fake_say(fake_last()->start_ns, fake_last()->adu, fake_last()->bytes);
}

static void engine_faults_echo(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		fake_xfer(i, 1, 3, 0x0100, 2);
		fake_submit(i);
		fake_run(fake.engine.line_free_ns);
		KUNIT_ASSERT_EQ(test, fake.frame_count, i + 1);
		engine_faults_echo_back();
		fake_answer_to(i, FAKE_MS);
		fake_run_done(i);
		FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
	}
	KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_YES);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.bytes_echo, 24);
}

/* The echo of a write looks like its answer: a dead module must not seem alive. */
static void engine_faults_echo_of_a_write(struct kunit *test)
{
	fake_xfer(0, 1, 6, 0x0010, 1);
	fake_submit(0);
	engine_faults_echo_back();
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	fake_xfer(1, 1, 6, 0x0010, 1);
	fake_submit(1);
	engine_faults_echo_back();
	fake_answer_to(1, FAKE_MS);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
}

/* Where the wire is known to be silent while we talk, a far end without wire time is believed. */
static void engine_faults_answer_at_once(struct kunit *test)
{
	unsigned int i;
	u8 adu[16];

	fake_expect_in_step(0);
	KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_NO);
	fake_run(fake.engine.line_free_ns);
	for (i = 1; i < 3; i++) {
		fake_xfer(i, 1, i == 1 ? 6 : 3, 0x0010, 1);
		fake_submit(i);
		fake_say(fake_last()->start_ns, adu, fake_answer(&fake.xfers[i], adu));
		fake_run_done(i);
		FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_GE(test, fake.done_ns[i], fake_last()->end_ns);
		fake_run(fake.engine.line_free_ns + FAKE_MS);
	}
}

/* ---- noise ---- */

/* The receiver makes a character of the driver's switching, before and after. */
static void engine_faults_click(struct kunit *test)
{
	u64 at_ns;

	fake_xfer(0, 1, 3, 0x0100, 2);
	fake_submit(0);
	at_ns = fake_last()->start_ns;
	fake_say_one(at_ns + 50 * FAKE_US, 0x00, OHT_BYTE_BREAK);
	fake_say_one(fake_last()->end_ns + 60 * FAKE_US, 0xff, OHT_BYTE_FRAMING);
	fake_answer_to(0, 5 * FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.bytes_stray, 2);
}

/* A click while we send, and an answer that follows at once. */
static void engine_faults_click_before_a_fast_answer(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0x0100, 2);
	fake_submit(0);
	fake_say_one(fake_last()->end_ns - 20 * FAKE_US, 0xff, 0);
	fake_answer_to(0, 0);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* Rubbish that does not begin like the answer, with a length even: the answer behind it counts. */
static void engine_faults_rubbish_then_own(struct kunit *test)
{
	static const u8 rubbish[] = { 0x0f, 0x83, 0x02, 0x12, 0x34 };

	engine_faults_ask(0);
	engine_faults_say(FAKE_MS, rubbish, sizeof(rubbish));
	fake_answer_to(0, 5 * FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* A click and then nothing is not a broken answer: the wait goes on until its end. */
static void engine_faults_click_only(struct kunit *test)
{
	engine_faults_ask(0);
	fake_say_one(fake.now_ns + 60 * FAKE_US, 0xff, OHT_BYTE_FRAMING);
	fake_run_done(0);
	KUNIT_EXPECT_NE(test, fake.xfers[0].status, 0);
	KUNIT_EXPECT_GE(test, fake.done_ns[0], fake_last()->end_ns + 50 * FAKE_MS);
	fake_expect_in_step(1);
}

/* Somebody talks without end: transfers fail in bounded time, and afterwards all is well. */
static void engine_faults_babble(struct kunit *test)
{
	u64 end_ns = fake.now_ns + 240 * FAKE_MS, at_ns;

	for (at_ns = fake.now_ns + FAKE_MS; at_ns < end_ns; at_ns += fake.engine.timing.char_ns)
		fake_say_one(at_ns, at_ns / 1000, 0);
	fake_run(fake.now_ns + 2 * FAKE_MS);
	fake_xfer(0, 1, 3, 0x0100, 2);
	fake_submit(0);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EIO, OHT_DETAIL_LINE);
	KUNIT_EXPECT_LE(test, fake.done_ns[0], FAKE_START_NS + 150 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 0);
	fake_expect_in_step(1);
	KUNIT_EXPECT_GE(test, fake.frames[0].start_ns, end_ns);
}

/* Babble that begins while an answer is awaited. */
static void engine_faults_babble_for_an_answer(struct kunit *test)
{
	u64 end_ns, at_ns;

	engine_faults_ask(0);
	end_ns = fake.now_ns + 200 * FAKE_MS;
	for (at_ns = fake.now_ns + FAKE_MS; at_ns < end_ns; at_ns += fake.engine.timing.char_ns)
		fake_say_one(at_ns, 0x01, 0);
	fake_run_done(0);
	KUNIT_EXPECT_NE(test, fake.xfers[0].status, 0);
	KUNIT_EXPECT_LE(test, fake.done_ns[0], fake_last()->end_ns + 200 * FAKE_MS);
	fake_run(end_ns);
	fake_expect_in_step(1);
}

/* A byte every 15 ms: each comes in time, but no frame may take for ever. */
static void engine_faults_trickle(struct kunit *test)
{
	unsigned int i;

	engine_faults_ask(0)->timeout_us = 20000;
	for (i = 0; i < 40; i++)
		fake_say_one(fake.now_ns + (i + 1) * 15 * FAKE_MS, i ? 0x7f : 0x01, 0);
	fake.rx[1].byte.data = 3;
	fake.rx[2].byte.data = 250;
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_SHORT);
	KUNIT_EXPECT_LE(test, fake.done_ns[0], fake_last()->end_ns + 200 * FAKE_MS);
	fake_run(fake.heard_ns);
	fake_expect_in_step(1);
}

/* ---- anything ---- */

static u32 engine_faults_random(u32 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void engine_faults_random_talk(u32 *seed)
{
	u64 at_ns = fake.now_ns + engine_faults_random(seed) % 3000 * FAKE_US;
	unsigned int count = engine_faults_random(seed) % 20;

	if (fake.heard_ns > at_ns)
		at_ns = fake.heard_ns;
	while (count--) {
		at_ns += fake.engine.timing.char_ns;
		at_ns += engine_faults_random(seed) % 2 * 200 * FAKE_US;
		fake_say_one(at_ns, engine_faults_random(seed) % 5,
			     engine_faults_random(seed) % 16 ? 0 : OHT_BYTE_FRAMING);
	}
}

static void engine_faults_random_act(u32 *seed)
{
	unsigned int i = engine_faults_random(seed) % 8;
	u8 adu[OHT_ADU_MAX_BYTES];

	switch (engine_faults_random(seed) % 8) {
	case 0:
	case 1:
		engine_faults_random_talk(seed);
		break;
	case 2:
		oht_engine_abort(&fake.engine);
		break;
	case 3:
		oht_engine_cancel(&fake.engine, &fake.xfers[i]);
		break;
	case 4:
		if (fake.engine.state == OHT_ENGINE_WAIT && fake.rx_head == fake.rx_tail &&
		    fake.engine.cur)
			fake_say(max(fake.now_ns, fake_last()->end_ns) + FAKE_MS, adu,
				 fake_answer(fake.engine.cur, adu));
		break;
	default:
		if (fake.xfers[i].state != OHT_XFER_NEW)
			break;
		fake_xfer(i, 1 + i % 4, i % 2 ? 3 : 6, i, 1)->retries = i % 3;
		fake.xfers[i].priority = 1 + i % 3;
		fake_submit(i);
		break;
	}
}

/*
 * Whatever is done and heard in whatever order: each transfer is done once, no request begins in
 * somebody's silence, no state is without a deadline (fake_check), and in the end we are in step.
 */
static void engine_faults_campaign(struct kunit *test)
{
	unsigned int round, step, i;
	u32 seed = 20241120;

	for (round = 0; round < 200; round++) {
		fake_init(test, round % 2 ? 115200 : 9600);
		for (step = 0; step < 40; step++) {
			engine_faults_random_act(&seed);
			fake_run(fake.now_ns + engine_faults_random(&seed) % 4000 * FAKE_US);
			if (fake.frame_count > FAKE_FRAMES_MAX / 2)
				break;
		}
		fake_run(fake.heard_ns);
		oht_engine_abort(&fake.engine);
		for (i = 0; i < 8; i++)
			oht_engine_cancel(&fake.engine, &fake.xfers[i]);
		for (i = 0; i < 8; i++)
			KUNIT_EXPECT_LE_MSG(test, fake.done[i], 1, "round %u", round);
		KUNIT_EXPECT_EQ_MSG(test, fake.early, 0, "round %u", round);
		fake_run(fake.now_ns + 500 * FAKE_MS);
		KUNIT_EXPECT_EQ_MSG(test, fake.engine.state, OHT_ENGINE_IDLE, "round %u", round);
		KUNIT_EXPECT_FALSE(test, fake.de);
		fake_expect_in_step(9);
	}
}

static struct kunit_case engine_faults_cases[] = {
	KUNIT_CASE(engine_faults_exception),
	KUNIT_CASE(engine_faults_retry_helps),
	KUNIT_CASE(engine_faults_bit_flips),
	KUNIT_CASE(engine_faults_truncations),
	KUNIT_CASE(engine_faults_insertions),
	KUNIT_CASE(engine_faults_extra_bytes),
	KUNIT_CASE(engine_faults_extra_bytes_together),
	KUNIT_CASE(engine_faults_line_errors),
	KUNIT_CASE(engine_faults_line_errors_are_counted_apart),
	KUNIT_CASE(engine_faults_foreign_then_own),
	KUNIT_CASE(engine_faults_foreign_only),
	KUNIT_CASE(engine_faults_wrong_count_then_own),
	KUNIT_CASE(engine_faults_wrong_echo),
	KUNIT_CASE(engine_faults_late_answer),
	KUNIT_CASE(engine_faults_late_answer_no_wait),
	KUNIT_CASE(engine_faults_duplicate_answer),
	KUNIT_CASE(engine_faults_echo),
	KUNIT_CASE(engine_faults_echo_of_a_write),
	KUNIT_CASE(engine_faults_answer_at_once),
	KUNIT_CASE(engine_faults_click),
	KUNIT_CASE(engine_faults_click_before_a_fast_answer),
	KUNIT_CASE(engine_faults_rubbish_then_own),
	KUNIT_CASE(engine_faults_click_only),
	KUNIT_CASE(engine_faults_babble),
	KUNIT_CASE(engine_faults_babble_for_an_answer),
	KUNIT_CASE(engine_faults_trickle),
	KUNIT_CASE(engine_faults_campaign),
	{}
};

static struct kunit_suite engine_faults_suite = {
	.name = "oht_engine_faults",
	.init = engine_faults_init,
	.test_cases = engine_faults_cases,
};

kunit_test_suites(&engine_faults_suite);
