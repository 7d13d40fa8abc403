// SPDX-License-Identifier: GPL-2.0-only
/* The engine on a bad line: its own echo, collisions, clicks, rubbish, babble, anything. */
#include "engine_fake.h"

static int engine_noise_init(struct kunit *test)
{
	fake_init(test, 115200);
	return 0;
}

/* Submit a read of two registers and let its request leave. */
static struct oht_xfer *engine_noise_ask(unsigned int i)
{
	unsigned int sent = fake.frame_count;
	struct oht_xfer *x = fake_xfer(i, 1, 3, 0x0100, 2);

	fake_submit(i);
	fake_run_sent(sent + 1);
	return x;
}

static void engine_noise_say(u64 turnaround_ns, const u8 *adu, unsigned int bytes)
{
	fake_say(fake_last()->end_ns + turnaround_ns, adu, bytes);
}

static u32 engine_noise_random(u32 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* A character that comes while an earlier one is read is younger than the interrupt of that. */
static void engine_noise_heard_while_reading(struct kunit *test)
{
	fake_init(test, 1000000);
	fake.read_ns = 11 * FAKE_US;
	engine_noise_ask(0);
	fake_xfer(1, 2, 3, 0x0100, 2);
	fake_submit(1);
	fake_answer_to(0, FAKE_MS);
	fake_run_sent(2);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

/* ---- hearing ourselves ---- */

/* The adapter hands back what is sent, @late characters late. */
static void engine_noise_echo_back(unsigned int late)
{
	fake_say(fake_last()->start_ns + late * fake.engine.timing.char_ns, fake_last()->adu,
		 fake_last()->bytes);
}

static void engine_noise_echo(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		fake_xfer(i, 1, 3, 0x0100, 2);
		fake_submit(i);
		fake_run(fake.engine.line_free_ns);
		KUNIT_ASSERT_EQ(test, fake.frame_count, i + 1);
		engine_noise_echo_back(0);
		fake_answer_to(i, FAKE_MS);
		fake_run_done(i);
		FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
	}
	KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_YES);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.bytes_echo, 24);
}

/* Submit transfer @i once the line has been silent; returns when its request begins to be sent. */
static void engine_noise_send(unsigned int i, u8 function, u16 address, u16 count)
{
	unsigned int sent = fake.frame_count;

	fake_run(max(fake.engine.line_free_ns, fake.heard_ns) + FAKE_MS);
	if (sent > FAKE_FRAMES_MAX / 2) {
		fake_rewind();
		sent = 0;
	}
	fake_xfer(i, 1, function, address, count);
	fake_submit(i);
	while (fake.frame_count == sent)
		fake_step(FAKE_NEVER);
}

/* The tick that sees the end of the request, and looks what was received, is @chars late. */
static void engine_noise_look_late(unsigned int chars)
{
	fake.armed_ns += oht_timing_chars_ns(&fake.engine.timing, chars);
}

/* Exchange @i on a line that echoes, some late; with an answer or without. */
static void engine_noise_echoed(unsigned int i, u8 function, u16 address, bool answered)
{
	engine_noise_send(i, function, address, function == 6 ? 1 : 2);
	engine_noise_echo_back(address == 0x1000);
	if (answered)
		fake_answer_to(i, 4 * FAKE_MS);
	fake_run_done(i);
}

/*
 * The module has learned that there is no echo, and then there is one: a transceiver was
 * exchanged, or its jumper set. What stands in front of each answer now is heard as that of the
 * unit, so that depending on function, address and receiver no exchange would succeed any more.
 */
static void engine_noise_echo_begins(struct kunit *test)
{
	static const u16 addresses[] = { 0x0000, 0x0400, 0x1000, 0x7000, 0xff00 };
	static const u8 functions[] = { 3, 4, 16 };
	static const unsigned int levels[] = { 1, 2, 4, 14 };
	unsigned int i, round, level;
	u16 address;
	u8 function;

	for (i = 0; i < ARRAY_SIZE(addresses) * ARRAY_SIZE(functions) * ARRAY_SIZE(levels); i++) {
		address = addresses[i % ARRAY_SIZE(addresses)];
		function = functions[i / ARRAY_SIZE(addresses) % ARRAY_SIZE(functions)];
		level = levels[i / ARRAY_SIZE(addresses) / ARRAY_SIZE(functions)];
		fake_init(test, i % 2 ? 9600 : 115200);
		fake.rx_level = level;
		fake_expect_in_step(1);
		KUNIT_ASSERT_EQ(test, fake.engine.echo, OHT_ECHO_NO);
		for (round = 0; round < 3; round++)
			engine_noise_echoed(0, function, address, true);
		for (round = 0; round < 3; round++) {
			engine_noise_echoed(0, function, address, true);
			KUNIT_EXPECT_EQ_MSG(test, fake.xfers[0].detail, OHT_DETAIL_OK,
					    "function %u at 0x%04x, level %u, round %u", function,
					    address, level, round);
		}
		KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_YES);
		/* Nor does a dead unit seem alive by the echo of a write. */
		engine_noise_echoed(0, 6, 0x0010, false);
		FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
		/* And it ends again. */
		fake_expect_in_step(1);
		KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_NO);
	}
}

/* Twice is none, and an answer without an echo says that there is none: counted anew. */
static void engine_noise_echo_twice(struct kunit *test)
{
	unsigned int i;

	fake_expect_in_step(1);
	for (i = 0; i < 6; i++) {
		engine_noise_echoed(0, 3, 0x1000, true);
		FAKE_EXPECT_DONE(0, -EIO, OHT_DETAIL_LINE);
		KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_NO);
		if (i % 2)
			fake_expect_in_step(1);
	}
	engine_noise_echoed(0, 3, 0x1000, true);
	engine_noise_echoed(0, 3, 0x1000, true);
	/* A write that is answered tells nothing. */
	engine_noise_echoed(0, 6, 0x0010, true);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_UNKNOWN);
}

#define NOISE_LINES	12

/* One of the lines: each rate with each level of the receiver. */
static void engine_noise_init_line(struct kunit *test, unsigned int line)
{
	static const unsigned int levels[] = { 1, 4, 8, 14 };
	static const u32 bauds[] = { 9600, 115200, 1000000 };

	fake_init(test, bauds[line / ARRAY_SIZE(levels) % ARRAY_SIZE(bauds)]);
	fake.rx_level = levels[line % ARRAY_SIZE(levels)];
}

/*
 * The echo of the write of one register has the bytes of its answer. A receiver that reports late
 * hands all of it over in one lump once the request has left. It began before, so it confirms
 * nothing, whether it is known that there was no echo or nothing is known yet.
 */
static void engine_noise_echo_confirms_nothing(struct kunit *test)
{
	unsigned int i, round, late;

	for (i = 0; i < NOISE_LINES * 8 * 2; i++) {
		engine_noise_init_line(test, i);
		late = i / NOISE_LINES % 8;
		if (i / NOISE_LINES / 8)
			fake_expect_in_step(1);
		for (round = 0; round < 5; round++) {
			engine_noise_send(0, 6, 0x0010, 1);
			engine_noise_echo_back(late);
			engine_noise_look_late(round % 4);
			fake_run_done(0);
			KUNIT_EXPECT_NE_MSG(test, fake.xfers[0].detail, OHT_DETAIL_OK,
					    "level %u, %u late, round %u", fake.rx_level, late,
					    round);
		}
		KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_UNKNOWN);
	}
}

/* The answer of a unit has the same bytes, and counts as soon as it is there, however early. */
static void engine_noise_answer_is_no_echo(struct kunit *test)
{
	static const u64 turnarounds_ns[] = { 0, 100 * FAKE_US, 2 * FAKE_MS };
	unsigned int i, turn;

	for (i = 0; i < NOISE_LINES * 3 * 4; i++) {
		engine_noise_init_line(test, i);
		turn = i / NOISE_LINES;
		fake_expect_in_step(1);
		engine_noise_send(0, 6, 0x0010, 1);
		fake_answer_to(0, turnarounds_ns[turn % 3]);
		engine_noise_look_late(turn / 3);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_LE(test, fake.done_ns[0],
				fake.heard_ns + 32ULL * fake.engine.timing.bit_ns);
		KUNIT_EXPECT_EQ(test, fake.engine.echo_against, 0);
	}
}

/*
 * Nothing but writes of several registers, and an echo that begins, however late. The engine takes
 * its first eight characters for an answer with a wrong checksum, and sees the rest too late.
 */
static void engine_noise_late_echo_of_writes(struct kunit *test)
{
	static const u16 counts[] = { 1, 2, 20 };
	unsigned int i, round, late;
	u16 count;

	for (i = 0; i < NOISE_LINES * 3 * 12; i++) {
		engine_noise_init_line(test, i);
		count = counts[i / NOISE_LINES % 3];
		late = i / NOISE_LINES / 3;
		fake_expect_in_step(1);
		for (round = 0; round < 6; round++) {
			engine_noise_send(0, 16, 0x0010, count);
			engine_noise_echo_back(late);
			fake_answer_to(0, late * fake.engine.timing.char_ns + 4 * FAKE_MS);
			fake_run_done(0);
		}
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_EQ_MSG(test, fake.engine.echo, OHT_ECHO_YES,
				    "%u registers, level %u, %u late", count, fake.rx_level, late);
	}
}

/*
 * What a stranger says over each request is no echo: it differs from the request, be it in one
 * bit.
 */
static void engine_noise_stranger_is_no_echo(struct kunit *test)
{
	unsigned int i, bytes;
	u32 seed = 20261128;
	u8 adu[16];

	fake_expect_in_step(1);
	for (i = 0; i < 40; i++) {
		engine_noise_send(0, 3, 0x1000 + i, 2);
		memcpy(adu, fake_last()->adu, 8);
		/* Another master: a request like ours. Or a unit that babbles. */
		if (i % 2)
			adu[3 + i / 2 % 5] ^= 1 << i % 8;
		else
			for (bytes = 0; bytes < 8; bytes++)
				adu[bytes] = engine_noise_random(&seed);
		fake_say(fake_last()->start_ns, adu, 8);
		fake_run_done(0);
		KUNIT_EXPECT_NE(test, fake.xfers[0].detail, OHT_DETAIL_OK);
		KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_NO);
	}
}

/* The echo of a write looks like its answer: a dead unit must not seem alive. */
static void engine_noise_echo_of_a_write(struct kunit *test)
{
	fake_xfer(0, 1, 6, 0x0010, 1);
	fake_submit(0);
	engine_noise_echo_back(0);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	fake_xfer(1, 1, 6, 0x0010, 1);
	fake_submit(1);
	engine_noise_echo_back(0);
	fake_answer_to(1, FAKE_MS);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
}

/* An emulated UART and a far end without wire time: it answers before our clock is through. */
static void engine_noise_answer_at_once(struct kunit *test)
{
	unsigned int i;
	u8 adu[16];

	fake.unpaced = true;
	fake_expect_in_step(0);
	KUNIT_EXPECT_EQ(test, fake.engine.echo, OHT_ECHO_NO);
	fake_run(fake.engine.line_free_ns);
	for (i = 1; i < 3; i++) {
		fake_xfer(i, 1, i == 1 ? 6 : 3, 0x0010, 1);
		fake_submit(i);
		fake_say_at_once(fake.now_ns + 100 * FAKE_US, adu,
				 fake_answer(&fake.xfers[i], adu));
		fake_run_done(i);
		FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_GE(test, fake.done_ns[i], fake_last()->end_ns);
		fake_run(fake.engine.line_free_ns + FAKE_MS);
	}
}

/*
 * The unit says its answer twice, the second time while we ask for other registers. Its bytes
 * fit the new request perfectly; only time tells that they cannot be the answer.
 */
static void engine_noise_old_answer_over_request(struct kunit *test)
{
	unsigned int i;
	u8 adu[16];

	for (i = 0; i < 2; i++) {
		fake_init(test, 115200);
		fake.unpaced = i;
		engine_noise_ask(0);
		fake_answer_to(0, FAKE_MS);
		fake_run_done(0);
		fake_xfer(1, 1, 3, 0x0200, 2);
		fake_submit(1);
		fake_run(fake.engine.line_free_ns);
		KUNIT_ASSERT_EQ(test, fake.frame_count, 2);
		fake_say(fake.now_ns, adu, fake_answer(&fake.xfers[0], adu));
		fake_answer_to(1, 3 * FAKE_MS);
		fake_run_done(1);
		FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_EQ(test, fake.xfers[1].words[0], 0x1200);
	}
}

/* A UART that keeps time: what came before our last stop bit is no answer, however fast. */
static void engine_noise_too_early(struct kunit *test)
{
	u8 adu[16];

	fake_expect_in_step(0);
	fake_run(fake.engine.line_free_ns);
	fake_xfer(1, 1, 3, 0x0010, 1);
	fake_submit(1);
	fake_say_at_once(fake.now_ns + 100 * FAKE_US, adu, fake_answer(&fake.xfers[1], adu));
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, -EIO, OHT_DETAIL_LINE);
	fake_expect_in_step(2);
}

/* ---- noise ---- */

/* The receiver makes a character of the driver's switching, before and after. */
static void engine_noise_click(struct kunit *test)
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
static void engine_noise_click_before_a_fast_answer(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0x0100, 2);
	fake_submit(0);
	fake_say_one(fake_last()->end_ns - 20 * FAKE_US, 0xff, 0);
	fake_answer_to(0, 0);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* Rubbish that does not begin like the answer, with a length even: the answer behind it counts. */
static void engine_noise_rubbish_then_own(struct kunit *test)
{
	static const u8 rubbish[] = { 0x0f, 0x83, 0x02, 0x12, 0x34 };

	engine_noise_ask(0);
	engine_noise_say(FAKE_MS, rubbish, sizeof(rubbish));
	fake_answer_to(0, 5 * FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* A click and then nothing is not a broken answer: the wait goes on until its end. */
static void engine_noise_click_only(struct kunit *test)
{
	engine_noise_ask(0);
	fake_say_one(fake.now_ns + 60 * FAKE_US, 0xff, OHT_BYTE_FRAMING);
	fake_run_done(0);
	KUNIT_EXPECT_NE(test, fake.xfers[0].status, 0);
	KUNIT_EXPECT_GE(test, fake.done_ns[0], fake_last()->end_ns + 50 * FAKE_MS);
	fake_expect_in_step(1);
}

/* Noise without end: transfers fail in bounded time, and afterwards all is well. */
static void engine_noise_babble(struct kunit *test)
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
static void engine_noise_babble_for_an_answer(struct kunit *test)
{
	u64 end_ns, at_ns;

	engine_noise_ask(0);
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
static void engine_noise_trickle(struct kunit *test)
{
	unsigned int i;

	engine_noise_ask(0)->timeout_us = 20000;
	for (i = 0; i < 40; i++)
		fake_say_one(fake.now_ns + (i + 1) * 15 * FAKE_MS, i ? 0x7f : 0x01, 0);
	fake.rx[1].byte.data = 3;
	fake.rx[2].byte.data = 250;
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_PAUSED);
	KUNIT_EXPECT_LE(test, fake.done_ns[0], fake_last()->end_ns + 200 * FAKE_MS);
	fake_run(fake.heard_ns);
	fake_expect_in_step(1);
}

/* ---- anything ---- */

static void engine_noise_random_talk(u32 *seed)
{
	u64 at_ns = fake.now_ns + engine_noise_random(seed) % 3000 * FAKE_US;
	unsigned int count = engine_noise_random(seed) % 20;

	if (fake.heard_ns > at_ns)
		at_ns = fake.heard_ns;
	while (count--) {
		at_ns += fake.engine.timing.char_ns;
		at_ns += engine_noise_random(seed) % 2 * 200 * FAKE_US;
		fake_say_one(at_ns, engine_noise_random(seed) % 5,
			     engine_noise_random(seed) % 16 ? 0 : OHT_BYTE_FRAMING);
	}
}

static void engine_noise_random_act(u32 *seed)
{
	unsigned int i = engine_noise_random(seed) % 8;
	u8 adu[OHT_ADU_MAX_BYTES];

	switch (engine_noise_random(seed) % 8) {
	case 0:
	case 1:
		engine_noise_random_talk(seed);
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
static void engine_noise_campaign(struct kunit *test)
{
	unsigned int round, step, i;
	u32 seed = 20241120;

	for (round = 0; round < 200; round++) {
		fake_init(test, round % 2 ? 115200 : 9600);
		for (step = 0; step < 40; step++) {
			engine_noise_random_act(&seed);
			fake_run(fake.now_ns + engine_noise_random(&seed) % 4000 * FAKE_US);
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

static struct kunit_case engine_noise_cases[] = {
	KUNIT_CASE(engine_noise_heard_while_reading),
	KUNIT_CASE(engine_noise_echo),
	KUNIT_CASE(engine_noise_echo_begins),
	KUNIT_CASE(engine_noise_echo_twice),
	KUNIT_CASE(engine_noise_echo_confirms_nothing),
	KUNIT_CASE(engine_noise_answer_is_no_echo),
	KUNIT_CASE(engine_noise_late_echo_of_writes),
	KUNIT_CASE(engine_noise_stranger_is_no_echo),
	KUNIT_CASE(engine_noise_echo_of_a_write),
	KUNIT_CASE(engine_noise_answer_at_once),
	KUNIT_CASE(engine_noise_old_answer_over_request),
	KUNIT_CASE(engine_noise_too_early),
	KUNIT_CASE(engine_noise_click),
	KUNIT_CASE(engine_noise_click_before_a_fast_answer),
	KUNIT_CASE(engine_noise_rubbish_then_own),
	KUNIT_CASE(engine_noise_click_only),
	KUNIT_CASE(engine_noise_babble),
	KUNIT_CASE(engine_noise_babble_for_an_answer),
	KUNIT_CASE(engine_noise_trickle),
	KUNIT_CASE(engine_noise_campaign),
	{}
};

static struct kunit_suite engine_noise_suite = {
	.name = "oht_engine_noise",
	.init = engine_noise_init,
	.test_cases = engine_noise_cases,
};

kunit_test_suites(&engine_noise_suite);
