// SPDX-License-Identifier: GPL-2.0-only
/* Every function code through the engine: what goes out, what is the answer to it; broadcast. */
#include "engine_fake.h"

static int functions_init(struct kunit *test)
{
	fake_init(test, 115200);
	return 0;
}

/* An exchange without its CRCs; the lengths say how much of the arrays is used. */
struct functions_case {
	u8 function;
	bool raw;
	u16 address, count, write_address, write_count;
	u16 words[3];
	u8 request[16];
	u8 request_bytes;
	u8 reply[16];
	u8 reply_bytes;
	u16 read[3];
	u8 read_bytes;
};

static const struct functions_case functions_cases[] = {
	{ .function = 1, .address = 0x13, .count = 20,
	  .request = { 7, 1, 0, 0x13, 0, 20 }, .request_bytes = 6,
	  .reply = { 7, 1, 3, 0xcd, 0x6b, 0xf2 }, .reply_bytes = 6,
	  .read = { 0x6bcd, 0x0002 }, .read_bytes = 4 },
	{ .function = 2, .address = 0xc4, .count = 3,
	  .request = { 7, 2, 0, 0xc4, 0, 3 }, .request_bytes = 6,
	  .reply = { 7, 2, 1, 5 }, .reply_bytes = 4, .read = { 5 }, .read_bytes = 2 },
	{ .function = 3, .address = 0x6b, .count = 2,
	  .request = { 7, 3, 0, 0x6b, 0, 2 }, .request_bytes = 6,
	  .reply = { 7, 3, 4, 1, 2, 3, 4 }, .reply_bytes = 7,
	  .read = { 0x0102, 0x0304 }, .read_bytes = 4 },
	{ .function = 4, .address = 8, .count = 1,
	  .request = { 7, 4, 0, 8, 0, 1 }, .request_bytes = 6,
	  .reply = { 7, 4, 2, 0, 10 }, .reply_bytes = 5, .read = { 10 }, .read_bytes = 2 },
	{ .function = 5, .address = 0xac, .count = 1, .words = { 1 },
	  .request = { 7, 5, 0, 0xac, 0xff, 0 }, .request_bytes = 6,
	  .reply = { 7, 5, 0, 0xac, 0xff, 0 }, .reply_bytes = 6 },
	{ .function = 6, .address = 1, .count = 1, .words = { 0x1234 },
	  .request = { 7, 6, 0, 1, 0x12, 0x34 }, .request_bytes = 6,
	  .reply = { 7, 6, 0, 1, 0x12, 0x34 }, .reply_bytes = 6 },
	{ .function = 15, .address = 0x13, .count = 10, .words = { 0x01cd },
	  .request = { 7, 15, 0, 0x13, 0, 10, 2, 0xcd, 1 }, .request_bytes = 9,
	  .reply = { 7, 15, 0, 0x13, 0, 10 }, .reply_bytes = 6 },
	{ .function = 16, .address = 1, .count = 2, .words = { 10, 0x0102 },
	  .request = { 7, 16, 0, 1, 0, 2, 4, 0, 10, 1, 2 }, .request_bytes = 11,
	  .reply = { 7, 16, 0, 1, 0, 2 }, .reply_bytes = 6 },
	{ .function = 22, .address = 4, .count = 1, .words = { 0xf2, 0x25 },
	  .request = { 7, 22, 0, 4, 0, 0xf2, 0, 0x25 }, .request_bytes = 8,
	  .reply = { 7, 22, 0, 4, 0, 0xf2, 0, 0x25 }, .reply_bytes = 8 },
	{ .function = 23, .address = 3, .count = 2, .write_address = 14, .write_count = 1,
	  .words = { 0xff },
	  .request = { 7, 23, 0, 3, 0, 2, 0, 14, 0, 1, 2, 0, 0xff }, .request_bytes = 13,
	  .reply = { 7, 23, 4, 0, 0xfe, 0x0a, 0xcd }, .reply_bytes = 7,
	  .read = { 0xfe, 0x0acd }, .read_bytes = 4 },
	{ .function = 43, .address = 0, .count = 1,
	  .request = { 7, 43, 14, 1, 0 }, .request_bytes = 5,
	  .reply = { 7, 43, 14, 1, 1, 0, 0, 1, 0, 3, 'O', 'H', 'T' }, .reply_bytes = 13,
	  .read_bytes = 12 },
	{ .function = 0x41, .raw = true, .count = 3, .words = { 0x0241, 0x03 },
	  .request = { 7, 0x41, 2, 3 }, .request_bytes = 4,
	  .reply = { 7, 0x41, 9, 8, 7 }, .reply_bytes = 5, .read_bytes = 4 },
	{ .function = 3, .raw = true, .count = 5, .words = { 0x0003, 0x0000, 0x01 },
	  .request = { 7, 3, 0, 0, 0, 1 }, .request_bytes = 6,
	  .reply = { 7, 3, 2, 1, 2 }, .reply_bytes = 5, .read_bytes = 4 },
};

#define FUNCTIONS_MAX_BYTES	18

static struct oht_xfer *functions_xfer(unsigned int i, const struct functions_case *c)
{
	struct oht_xfer *x = fake_xfer(i, 7, c->function, c->address, c->count);
	unsigned int byte;

	x->raw = c->raw;
	x->write_address = c->write_address;
	x->write_count = c->write_count;
	memcpy(x->words, c->words, sizeof(c->words));
	/* The table has the PDU as little-endian words. */
	for (byte = 0; c->raw && byte < sizeof(c->words); byte++)
		x->pdu[byte] = c->words[byte / 2] >> (byte % 2 * 8) & 0xff;
	return x;
}

/* Submit @c as transfer @i and let its request leave. */
static void functions_ask(unsigned int i, const struct functions_case *c)
{
	unsigned int sent = fake.frame_count;

	functions_xfer(i, c);
	fake_submit(i);
	fake_run_sent(sent + 1);
}

static u64 functions_say(u8 *adu, unsigned int bytes)
{
	fake_reseal(adu, bytes);
	return fake_say(fake_last()->end_ns + FAKE_MS, adu, bytes);
}

static void functions_test_all(struct kunit *test)
{
	const struct functions_case *c;
	u8 adu[FUNCTIONS_MAX_BYTES];
	struct oht_xfer *x = &fake.xfers[0];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions_cases); i++) {
		c = &functions_cases[i];
		fake_init(test, 115200);
		functions_ask(0, c);
		KUNIT_EXPECT_EQ(test, fake_last()->bytes, c->request_bytes + 2u);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(fake_last()->adu, c->request, c->request_bytes),
				    0, "function %u", c->function);
		memcpy(adu, c->reply, c->reply_bytes);
		functions_say(adu, c->reply_bytes + 2);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_EQ_MSG(test, x->reply_bytes, c->read_bytes, "function %u",
				    c->function);
		if (c->raw || c->function == 43)
			KUNIT_EXPECT_EQ(test, memcmp(x->pdu, c->reply + 1, c->read_bytes), 0);
		else
			KUNIT_EXPECT_EQ(test, memcmp(x->words, c->read, c->read_bytes), 0);
		fake_expect_in_step(1);
	}
}

/* True if the value at this place may be anything: it is what was asked for. */
static bool functions_is_value(const struct functions_case *c, unsigned int at)
{
	if (c->raw)
		return at >= 2;
	if (c->function == 43)
		return at == 4 || at == 5 || at == 6 || at == 8 || at >= 10;
	return c->read_bytes && at >= 3;
}

/* Each field of each answer wrong, in a sound frame: never taken, and the next exchange works. */
static void functions_test_wrong_fields(struct kunit *test)
{
	const struct functions_case *c;
	u8 adu[FUNCTIONS_MAX_BYTES];
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(functions_cases); i++) {
		c = &functions_cases[i];
		for (at = 0; at < c->reply_bytes; at++) {
			if (functions_is_value(c, at))
				continue;
			fake_init(test, 115200);
			functions_ask(0, c);
			memcpy(adu, c->reply, c->reply_bytes);
			adu[at] ^= 0x04;
			functions_say(adu, c->reply_bytes + 2);
			fake_run_done(0);
			KUNIT_EXPECT_NE_MSG(test, fake.xfers[0].status, 0, "function %u byte %u",
					    c->function, at);
			KUNIT_EXPECT_NE(test, fake.xfers[0].detail, OHT_DETAIL_EXCEPTION);
			KUNIT_EXPECT_EQ(test, fake.xfers[0].reply_bytes, 0);
			fake_expect_in_step(1);
		}
	}
}

static void functions_test_exceptions(struct kunit *test)
{
	unsigned int i;
	u8 adu[8];

	for (i = 0; i < ARRAY_SIZE(functions_cases); i++) {
		fake_init(test, 115200);
		functions_ask(0, &functions_cases[i]);
		fake_exception(&fake.xfers[0], 1, adu);
		functions_say(adu, 5);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, -EREMOTEIO, OHT_DETAIL_EXCEPTION);
		KUNIT_EXPECT_EQ(test, fake.xfers[0].exception, 1);
		KUNIT_EXPECT_EQ(test, fake.xfers[0].reply_bytes, 0);
		fake_expect_in_step(1);
	}
}

/* ---- an answer whose length nobody knows ---- */

static const struct functions_case functions_odd = {
	.function = 0x41, .raw = true, .count = 1, .words = { 0x41 },
};

static void functions_test_silence_ends(struct kunit *test)
{
	u8 adu[64] = { 7, 0x41 };
	unsigned int bytes;
	u64 end_ns;

	for (bytes = 4; bytes <= sizeof(adu); bytes++) {
		fake_init(test, 115200);
		functions_ask(0, &functions_odd);
		end_ns = functions_say(adu, bytes);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_EQ(test, fake.xfers[0].reply_bytes, bytes - 3);
		KUNIT_EXPECT_GE(test, fake.done_ns[0], end_ns + fake.engine.timing.t35_ns);
		KUNIT_EXPECT_LT(test, fake.done_ns[0], end_ns + fake.engine.timing.t35_ns +
				fake.engine.timing.char_ns);
		fake_expect_in_step(1);
	}
}

/* Unsound is not over: a bridge may have swallowed the pause. Then the usual patience ends it. */
static void functions_test_silence_inside(struct kunit *test)
{
	u8 adu[20] = { 7, 0x41, 1, 2, 3 };
	u64 pause_ns = 3 * FAKE_MS;
	u64 end_ns;

	functions_ask(0, &functions_odd);
	fake_reseal(adu, sizeof(adu));
	end_ns = fake_say(fake_last()->end_ns + FAKE_MS, adu, 8);
	fake_say(end_ns + pause_ns, adu + 8, sizeof(adu) - 8);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.xfers[0].reply_bytes, sizeof(adu) - 3);
	fake_expect_in_step(1);

	functions_ask(2, &functions_odd);
	adu[10] ^= 1;
	fake_say(fake_last()->end_ns + FAKE_MS, adu, sizeof(adu));
	fake_run_done(2);
	FAKE_EXPECT_DONE(2, -EBADMSG, OHT_DETAIL_CRC);
	KUNIT_EXPECT_EQ(test, fake.xfers[2].reply_bytes, 0);
	fake_expect_in_step(3);
}

/* An answer that never ends must not hold the engine, nor reach beyond its buffer. */
static void functions_test_silence_never(struct kunit *test)
{
	u8 babble[OHT_ADU_MAX_BYTES + 40] = { 7, 0x41 };
	u64 end_ns;

	functions_ask(0, &functions_odd);
	end_ns = fake_say(fake_last()->end_ns + FAKE_MS, babble, sizeof(babble));
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_CRC);
	fake_run(end_ns);
	fake_expect_in_step(1);
}

/* ---- late answers that do not say what they answer ---- */

/*
 * The answer to @first does not come in time, but might while @second is under way: @second waits
 * if it could be taken for its own.
 */
static u64 functions_second_start_ns(struct kunit *test, const struct functions_case *first,
				     const struct functions_case *second)
{
	fake_init(test, 115200);
	functions_ask(0, first);
	functions_xfer(1, second);
	fake_submit(1);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	fake_run_sent(2);
	return fake_last()->start_ns - fake.done_ns[0];
}

static void functions_test_late(struct kunit *test)
{
	const struct functions_case *both = &functions_cases[9];
	const struct functions_case *read = &functions_cases[2];
	struct functions_case other = *both;
	const u64 wait_ns = 50 * FAKE_MS;

	KUNIT_ASSERT_EQ(test, both->function, 23);
	/* It reads the same, but its success would say that other values have been written. */
	other.words[0]++;
	KUNIT_EXPECT_GE(test, functions_second_start_ns(test, both, &other), wait_ns);
	KUNIT_EXPECT_LT(test, functions_second_start_ns(test, both, both), FAKE_MS);

	other = functions_odd;
	other.count = 2;
	KUNIT_EXPECT_GE(test, functions_second_start_ns(test, &functions_odd, &other), wait_ns);
	KUNIT_EXPECT_LT(test, functions_second_start_ns(test, &functions_odd, &functions_odd),
			FAKE_MS);

	/* Raw or not, the unit's answer looks the same. */
	other = *read;
	other.raw = true;
	other.address = 0;
	other.count = 5;
	other.words[0] = 0x0003;
	other.words[2] = 0x02;
	KUNIT_EXPECT_GE(test, functions_second_start_ns(test, read, &other), wait_ns);
	KUNIT_EXPECT_GE(test, functions_second_start_ns(test, &other, read), wait_ns);
	KUNIT_EXPECT_LT(test, functions_second_start_ns(test, &functions_odd, read), FAKE_MS);
}

/* ---- broadcast ---- */

#define FUNCTIONS_DELAY_US	20000

static struct oht_xfer *functions_broadcast(unsigned int i)
{
	struct oht_xfer *x = fake_xfer(i, 0, 6, 0x11, 1);

	x->timeout_us = FUNCTIONS_DELAY_US;
	x->retries = 3;
	fake_submit(i);
	return x;
}

static u64 functions_quiet_until_ns(void)
{
	return fake.frames[0].end_ns + FUNCTIONS_DELAY_US * FAKE_US;
}

/* The next one began after the turnaround delay, and not much after it. */
static void functions_expect_quiet(struct kunit *test)
{
	KUNIT_EXPECT_GE(test, fake.frames[1].start_ns, functions_quiet_until_ns());
	KUNIT_EXPECT_LT(test, fake.frames[1].start_ns, functions_quiet_until_ns() + FAKE_MS);
}

static void functions_test_broadcast(struct kunit *test)
{
	struct oht_xfer *x = functions_broadcast(0);

	fake_xfer(1, 9, 3, 0, 1)->priority = OHT_PRIO_COMMAND;
	fake_submit(1);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 0);
	KUNIT_EXPECT_EQ(test, fake.done[0], 0);
	fake_run_sent(2);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_GE(test, fake.done_ns[0], functions_quiet_until_ns());
	functions_expect_quiet(test);
	KUNIT_EXPECT_EQ(test, x->attempts, 1);
	KUNIT_EXPECT_EQ(test, x->turnaround_ns, 0);
	KUNIT_EXPECT_EQ(test, x->reply_bytes, 0);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.replies_ok, 0);
	fake_answer_to(1, FAKE_MS);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
}

static void functions_test_broadcast_raw(struct kunit *test)
{
	struct oht_xfer *x = functions_xfer(0, &functions_odd);

	x->unit = 0;
	x->timeout_us = FUNCTIONS_DELAY_US;
	fake_submit(0);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_GE(test, fake.done_ns[0], functions_quiet_until_ns());
	KUNIT_EXPECT_EQ(test, x->reply_bytes, 0);
}

/* An answer to a broadcast is ignored and does not shorten the delay. */
static void functions_test_broadcast_answered(struct kunit *test)
{
	u8 adu[8] = { 0, 6, 0, 0x11, 1, 0 };

	functions_broadcast(0);
	fake_run_sent(1);
	functions_say(adu, 8);
	fake_expect_in_step(1);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	functions_expect_quiet(test);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.bytes_stray, 8);
}

/* The stop and a change of mind end the transfer at any moment, but not the delay. */
static void functions_test_broadcast_ended(struct kunit *test)
{
	const struct oht_timing *t = &fake.engine.timing;
	const u64 sending_ns = oht_timing_chars_ns(t, 8);
	u64 moment_ns;
	bool stop;

	for (moment_ns = 0; moment_ns < 19 * FAKE_MS; moment_ns += 300 * FAKE_US) {
		for (stop = false;; stop = true) {
			fake_init(test, 115200);
			functions_broadcast(0);
			fake_run(FAKE_START_NS + moment_ns);
			if (stop)
				oht_engine_abort(&fake.engine);
			else
				oht_engine_cancel(&fake.engine, &fake.xfers[0]);
			FAKE_EXPECT_DONE(0, stop ? -ECANCELED : -EINTR,
					 stop ? OHT_DETAIL_STOPPED : OHT_DETAIL_CANCELLED);
			fake_expect_in_step(1);
			/* With its last character it has arrived, and is obeyed. */
			if (stop && moment_ns + t->char_ns + t->bit_ns < sending_ns)
				KUNIT_EXPECT_LT(test, fake.frames[0].end_ns,
						fake.frames[0].start_ns + sending_ns);
			else
				functions_expect_quiet(test);
			if (stop)
				break;
		}
	}
}

/* A stop does not wait until the slowest unit has obeyed a broadcast. */
static void functions_test_broadcast_gives_way(struct kunit *test)
{
	const struct oht_telegram telegram = { .unit = 9, .function = 6, .count = 1 };
	u64 stop_ns;

	KUNIT_ASSERT_EQ(test, oht_engine_set_telegrams(&fake.engine, &telegram, 1), 0);
	functions_broadcast(0);
	fake_run_sent(1);
	stop_ns = fake.frames[0].end_ns + 5 * FAKE_MS;
	fake_run(stop_ns);
	oht_engine_abort(&fake.engine);
	FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
	fake_run_sent(2);
	KUNIT_EXPECT_EQ(test, fake.frames[1].adu[0], 9);
	KUNIT_EXPECT_LT(test, fake.frames[1].start_ns, stop_ns + FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
	fake_run(fake.now_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.done[0], 1);
}

/* The effect of a raw request is unknown, so the stop treats it as a write. */
static void functions_test_stop_takes_raw(struct kunit *test)
{
	functions_xfer(0, &functions_odd);
	functions_xfer(1, &functions_odd);
	functions_xfer(2, &functions_cases[10]);
	fake_submit(0);
	fake_submit(1);
	fake_submit(2);
	oht_engine_abort(&fake.engine);
	FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
	FAKE_EXPECT_DONE(1, -ECANCELED, OHT_DETAIL_STOPPED);
	KUNIT_EXPECT_EQ(test, fake.xfers[1].attempts, 0);
	KUNIT_EXPECT_EQ(test, fake.done[2], 0);
}

static void functions_test_refusals(struct kunit *test)
{
	struct oht_xfer *x = functions_xfer(0, &functions_odd);

	x->function = 3;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, x), -EINVAL);
	x = fake_xfer(0, 0, 3, 0, 1);
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, x), -EINVAL);
	x = functions_xfer(0, &functions_cases[9]);
	x->unit = 0;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, x), -EINVAL);
	x = fake_xfer(0, 1, 3, 0, 1);
	x->retries = OHT_RETRIES_MAX + 1;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, x), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake.done[0], 0);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 0);
}

static struct kunit_case functions_test_cases[] = {
	KUNIT_CASE(functions_test_all),
	KUNIT_CASE(functions_test_wrong_fields),
	KUNIT_CASE(functions_test_exceptions),
	KUNIT_CASE(functions_test_silence_ends),
	KUNIT_CASE(functions_test_silence_inside),
	KUNIT_CASE(functions_test_silence_never),
	KUNIT_CASE(functions_test_late),
	KUNIT_CASE(functions_test_broadcast),
	KUNIT_CASE(functions_test_broadcast_raw),
	KUNIT_CASE(functions_test_broadcast_answered),
	KUNIT_CASE(functions_test_broadcast_ended),
	KUNIT_CASE(functions_test_broadcast_gives_way),
	KUNIT_CASE(functions_test_stop_takes_raw),
	KUNIT_CASE(functions_test_refusals),
	{}
};

static struct kunit_suite functions_test_suite = {
	.name = "oht_engine_functions",
	.init = functions_init,
	.test_cases = functions_test_cases,
};

kunit_test_suites(&functions_test_suite);
