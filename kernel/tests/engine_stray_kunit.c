// SPDX-License-Identifier: GPL-2.0-only
/* Bytes directly in front of an answer and behind it, as a transceiver makes when it switches. */
#include "engine_fake.h"

/* How an answer reaches the engine: each character by itself, or all that there is at once. */
enum stray_pace {
	STRAY_EACH,
	STRAY_TOGETHER,
	STRAY_PACES
};

static int engine_stray_init(struct kunit *test)
{
	fake_init(test, 115200);
	return 0;
}

static struct oht_xfer *stray_ask(unsigned int i, u8 unit, u8 function, u16 address, u16 count)
{
	unsigned int sent = fake.frame_count;
	struct oht_xfer *x = fake_xfer(i, unit, function, address, count);

	x->any_unit = unit > OHT_UNIT_MAX;
	fake_submit(i);
	fake_run_sent(sent + 1);
	return x;
}

static void stray_say(enum stray_pace pace, const u8 *data, unsigned int bytes)
{
	u64 start_ns = fake_last()->end_ns + FAKE_MS;
	u64 end_ns = start_ns + oht_timing_chars_ns(&fake.engine.timing, bytes);
	unsigned int i;

	if (pace == STRAY_EACH)
		fake_say(start_ns, data, bytes);
	for (i = 0; pace == STRAY_TOGETHER && i < bytes; i++)
		fake_say_one(end_ns, data[i], 0);
}

/* @lead bytes, the answer to transfer @i, @trail bytes; returns how many in all. */
static unsigned int stray_wrap(unsigned int i, u8 *data, const u8 *lead, unsigned int leads,
			       const u8 *trail, unsigned int trails)
{
	unsigned int bytes = fake_answer(&fake.xfers[i], data + leads);

	memcpy(data, lead, leads);
	memcpy(data + leads + bytes, trail, trails);
	return leads + bytes + trails;
}

/* Answered at the first attempt; so many bytes too many, of its unit and of all. */
static void stray_expect(unsigned int i, u64 stray, u64 extra)
{
	const struct oht_xfer *x = &fake.xfers[i];
	const struct oht_engine_unit *u = &fake.engine.units[x->unit];

	fake_run_done(i);
	fake_run(max(fake.heard_ns, fake.now_ns) + FAKE_MS);
	FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(fake.test, x->attempts, 1);
	KUNIT_EXPECT_EQ(fake.test, u->bytes_stray, stray);
	KUNIT_EXPECT_EQ(fake.test, u->bytes_extra, extra);
	KUNIT_EXPECT_EQ(fake.test, fake.engine.stats.bytes_stray, stray);
	KUNIT_EXPECT_EQ(fake.test, fake.engine.stats.bytes_extra, extra);
	KUNIT_EXPECT_EQ(fake.test, fake.early, 0);
}

/* ---- in front ---- */

static const u8 stray_zone_answer[] = {
	0x00, 0x00, 0x00, 0x02, 0x03, 0x12, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14,
	0x53, 0xf0, 0x00, 0x14, 0x53, 0xf0, 0x00, 0x00, 0x00, 0x14, 0x6f, 0x73,
};

static const u16 stray_zone_words[] = { 0, 0, 0, 20, 21488, 20, 21488, 0, 20 };

/* None to three of them, without a gap or with one of t1.5 to t3.5 behind the first. */
static void engine_stray_clicks(struct kunit *test)
{
	static const u8 clicks[] = { 0x00, 0xff };
	u8 data[sizeof(stray_zone_answer)];
	unsigned int i, leads, word;
	struct oht_xfer *x;

	for (i = 0; i < 2 * 4 * STRAY_PACES * 2; i++) {
		fake_init(test, 115200);
		leads = i / 2 % 4;
		memcpy(data, stray_zone_answer, sizeof(data));
		memset(data, clicks[i % 2], 3);
		x = stray_ask(0, 2, 3, 0x18, 9);
		KUNIT_ASSERT_EQ(test, fake_last()->adu[6] | fake_last()->adu[7] << 8, 0xf805);
		stray_say(i / 8 % 2, data + 3 - leads, sizeof(data) - 3 + leads);
		if (leads && i / 16)
			fake.rx[0].at_ns -= FAKE_MS;
		if (leads)
			fake.rx[0].byte.flags = OHT_BYTE_FRAMING;
		stray_expect(0, leads, 0);
		KUNIT_EXPECT_EQ(test, x->received, 23);
		for (word = 0; word < ARRAY_SIZE(stray_zone_words); word++)
			KUNIT_EXPECT_EQ(test, x->words[word], stray_zone_words[word]);
	}
}

/* Whatever the byte is, also one that begins a longer frame of another unit, or this one's. */
static void engine_stray_any_byte(struct kunit *test)
{
	static const struct {
		u8 unit, function;
		u16 address, count;
	} asked[] = {
		{ 1, 3, 0x0100, 2 }, { 2, 3, 0x0018, 9 }, { 3, 3, 0x0203, 1 }, { 4, 4, 0, 1 },
		{ 4, 16, 0x0010, 2 }, { 5, 6, 0x0005, 1 }, { 16, 16, 0x1010, 16 },
		/* Clicks with the value of the address. */
		{ 255, 3, 0, 2 }, { 255, 6, 0xffff, 1 },
		/* 80 80 in front of it makes a sound exception of unit 128. */
		{ 4, 16, 0x2b6f, 3 },
	};
	u8 data[OHT_ADU_MAX_BYTES], lead[3];
	unsigned int i, value, bytes;
	u64 first_ns;

	for (i = 0; i < ARRAY_SIZE(asked) * STRAY_PACES; i++) {
		for (value = 0; value < 3 * 256; value++) {
			fake_init(test, 115200);
			memset(lead, value, sizeof(lead));
			stray_ask(0, asked[i / 2].unit, asked[i / 2].function,
				  asked[i / 2].address, asked[i / 2].count);
			bytes = stray_wrap(0, data, lead, 1 + value / 256, lead, 0);
			stray_say(i % 2, data, bytes);
			if (value % 2) {
				fake.rx[0].byte.flags = OHT_BYTE_FRAMING;
				fake.rx[1 + value / 256].byte.flags = OHT_BYTE_OVERRUN;
			}
			stray_expect(0, 1 + value / 256, 0);
			/* From our last stop bit to the answer's own first bit. */
			first_ns = FAKE_MS + (1 + value / 256) * fake.engine.timing.char_ns;
			KUNIT_EXPECT_GE(test, fake.xfers[0].turnaround_ns + 5 * FAKE_US, first_ns);
			KUNIT_EXPECT_LE(test, fake.xfers[0].turnaround_ns, first_ns + 5 * FAKE_US);
		}
	}
}

/* An exception, an answer whose length only its unit knows, and one that says it itself. */
static void engine_stray_other_answers(struct kunit *test)
{
	static const u8 identity[] = {
		0xf0, 0x00, 0x01, 0x2b, 0x0e, 0x01, 0x01, 0x00, 0x00, 0x01, 0x00, 0x02, 'o', 'h',
	};
	u8 data[32] = { 0xf0, 0x00, 0x01, 0x41, 0x07 };
	struct oht_xfer *x;
	unsigned int pace;

	for (pace = 0; pace < STRAY_PACES; pace++) {
		fake_init(test, 115200);
		x = fake_xfer(0, 1, 0x41, 0, 1);
		x->raw = true;
		x->pdu[0] = 0x41;
		fake_submit(0);
		fake_run_sent(1);
		fake_reseal(data + 2, 5);
		stray_say(pace, data, 7);
		stray_expect(0, 2, 0);
		KUNIT_EXPECT_EQ(test, x->reply_bytes, 2);

		fake_init(test, 115200);
		x = stray_ask(0, 1, 0x2b, 0, 1);
		memcpy(data, identity, sizeof(identity));
		fake_reseal(data + 2, sizeof(identity));
		stray_say(pace, data, sizeof(identity) + 5);
		stray_expect(0, 2, 3);
		KUNIT_EXPECT_EQ(test, x->reply_bytes, sizeof(identity) - 3);

		fake_init(test, 115200);
		x = stray_ask(0, 1, 3, 0x0100, 2);
		data[0] = 0xf0;
		data[1] = 0x00;
		fake_exception(x, 2, data + 2);
		stray_say(pace, data, 10);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, -EREMOTEIO, OHT_DETAIL_EXCEPTION);
		data[2] = 1;
		data[3] = 0x41;
		data[4] = 7;
	}
}

/* ---- behind ---- */

static void engine_stray_behind(struct kunit *test)
{
	static const u8 word[] = { 0x02, 0x03, 0x02, 0x01, 0x2c, 0xfc, 0x09, 0, 0, 0 };
	static const u8 done[] = { 0x04, 0x10, 0x00, 0x10, 0x00, 0x02, 0x40, 0x58, 0, 0, 0 };
	unsigned int pace, trails;

	for (pace = 0; pace < STRAY_PACES; pace++) {
		for (trails = 0; trails <= 3; trails++) {
			fake_init(test, 115200);
			stray_ask(0, 2, 3, 0, 1);
			stray_say(pace, word, 7 + trails);
			/* A character that is not part of the answer cannot disturb it. */
			if (trails)
				fake.rx[7].byte.flags = OHT_BYTE_BREAK;
			stray_expect(0, 0, trails);
			KUNIT_EXPECT_EQ(test, fake.xfers[0].words[0], 0x012c);
			fake_init(test, 115200);
			stray_ask(0, 4, 16, 0x10, 2);
			stray_say(pace, done, 8 + trails);
			stray_expect(0, 0, trails);
			fake_expect_in_step(1);
		}
	}
}

/* All of one run of bytes is extra, however long it is; what comes after a silence is not. */
static void engine_stray_behind_without_end(struct kunit *test)
{
	u8 data[60] = {};

	fake_answer(stray_ask(0, 1, 3, 0x0100, 2), data);
	stray_say(STRAY_EACH, data, sizeof(data));
	stray_expect(0, 0, sizeof(data) - 9);
	fake_say(fake.heard_ns + 2 * fake.engine.timing.t35_ns, data, 1);
	fake_run(fake.heard_ns + FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.engine.units[1].bytes_extra, sizeof(data) - 9);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.bytes_stray, 1);
	KUNIT_EXPECT_EQ(test, fake.engine.units[1].bytes_stray, 0);
}

/* ---- what must not pass ---- */

/* A sound frame of another unit in the same lump, with a click behind it or without. */
static void engine_stray_behind_a_foreign_frame(struct kunit *test)
{
	u8 data[32] = { 7, 3, 4, 1, 2, 3, 4 };
	unsigned int i;

	for (i = 0; i < 2 * STRAY_PACES; i++) {
		fake_init(test, 115200);
		stray_ask(0, 1, 3, 0x0100, 2);
		fake_reseal(data, 9);
		data[9] = 0x00;
		fake_answer(&fake.xfers[0], data + 9 + i / 2);
		stray_say(i % 2, data, 18 + i / 2);
		stray_expect(0, i / 2, 0);
		KUNIT_EXPECT_EQ(test, fake.engine.stats.frames_foreign, 1);
	}
}

/*
 * The registers of another unit hold what would be our answer: it is theirs, however slowly it
 * comes. The same with an answer of our own unit to another request.
 */
static void engine_stray_inside_a_foreign_frame(struct kunit *test)
{
	u8 data[32] = { 7, 3, 10 };
	unsigned int i, at;

	for (i = 0; i < 2 * STRAY_PACES; i++) {
		fake_init(test, 115200);
		data[0] = i / 2 ? 1 : 7;
		fake_answer(stray_ask(0, 1, 3, 0x0100, 2), data + 3);
		data[12] = 0x55;
		fake_reseal(data, 15);
		stray_say(i % 2, data, 15);
		/* The rest comes later than predicted, within t1.5. */
		for (at = 12; i % 2 == STRAY_EACH && at < 15; at++)
			fake.rx[at].at_ns += 300 * FAKE_US;
		fake_run_done(0);
		KUNIT_EXPECT_NE_MSG(test, fake.xfers[0].status, 0, "%u", i);
		KUNIT_EXPECT_EQ(test, fake.engine.stats.frames_foreign, 1);
		fake_expect_in_step(1);
	}
}

/* A broken answer ends with its last byte: what it holds may begin an answer, of another count. */
static void engine_stray_broken_answer(struct kunit *test)
{
	u8 data[16];

	fake_answer(stray_ask(0, 1, 3, 0x0100, 2), data);
	memcpy(data + 3, data, 2);
	data[5] = 6;
	stray_say(STRAY_EACH, data, 9);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_CRC);
	KUNIT_EXPECT_LE(test, fake.done_ns[0], fake.heard_ns + fake.engine.timing.char_ns);
}

/* Two units with one address: what they say over each other has no checksum, or another echo. */
static void engine_stray_collision(struct kunit *test)
{
	u8 data[24], other[16];
	unsigned int i, shift;

	for (shift = 0; shift < 9; shift++) {
		fake_init(test, 115200);
		fake_answer(stray_ask(0, 1, 3, 0x0100, 2), data);
		memcpy(other, data, 9);
		other[4] ^= 0x81;
		fake_reseal(other, 9);
		for (i = shift; i < 9; i++)
			data[i] &= other[i - shift];
		memcpy(data + 9, other + 9 - shift, shift);
		stray_say(STRAY_TOGETHER, data, 9 + shift);
		fake_run_done(0);
		KUNIT_EXPECT_NE_MSG(test, fake.xfers[0].status, 0, "%u", shift);
		fake_expect_in_step(1);
	}
	fake_init(test, 115200);
	fake_answer(stray_ask(0, 1, 16, 0x0010, 2), data + 1);
	memset(data + 9, 0, 3);
	data[0] = 0;
	data[6] = 1;
	fake_reseal(data + 1, 8);
	stray_say(STRAY_TOGETHER, data, 12);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EPROTO, OHT_DETAIL_ECHO);
}

/* ---- a far end without wire time ---- */

/* A program on a pseudo terminal: all of it is there before our request has left by our clock. */
static void engine_stray_at_once(struct kunit *test)
{
	static const u8 clicks[] = { 0x00, 0xf0 };
	u8 data[OHT_ADU_MAX_BYTES];
	unsigned int i, bytes;

	for (i = 0; i < ARRAY_SIZE(clicks); i++) {
		fake_init(test, 115200);
		fake.unpaced = true;
		fake_expect_in_step(1);
		fake_run(fake.engine.line_free_ns);
		fake_xfer(0, 2, 3, 0x0018, 1);
		fake_submit(0);
		bytes = stray_wrap(0, data, &clicks[i], 1, (const u8 *)"\0\0", 2);
		fake_say_at_once(fake.now_ns + 100 * FAKE_US, data, bytes);
		stray_expect(0, 1, 2);
	}
}

/* ---- our own echo ---- */

static void engine_stray_around_an_echo(struct kunit *test)
{
	static const u8 clicks[] = { 0x00, 0xff, 0xf0 };
	u8 data[OHT_ADU_MAX_BYTES];
	unsigned int i, bytes;

	for (i = 0; i < 2 * ARRAY_SIZE(clicks); i++) {
		fake_init(test, 115200);
		fake_expect_in_step(1);
		fake.engine.echo = OHT_ECHO_UNKNOWN;
		fake_run(fake.engine.line_free_ns);
		fake_xfer(0, 2, i % 2 ? 6 : 3, 0x0018, 1);
		fake_submit(0);
		data[0] = clicks[i / 2];
		memcpy(data + 1, fake_last()->adu, 8);
		/* The click comes before the driver is on, or an adapter is one character late. */
		fake_say(fake_last()->start_ns - i % 2 * fake.engine.timing.char_ns, data, 9);
		bytes = stray_wrap(0, data, &clicks[i / 2], 1, (const u8 *)"\0\0", 2);
		stray_say(STRAY_EACH, data, bytes);
		stray_expect(0, 2, 2);
		KUNIT_EXPECT_EQ(test, fake.engine.stats.bytes_echo, 8);
	}
}

/* ---- with a stop ---- */

/* Bytes in front of an answer do not keep a stop telegram: the line must be silent in any case. */
static void engine_stray_and_stop(struct kunit *test)
{
	static const struct oht_telegram telegram = { .unit = 9, .function = 6, .count = 1 };
	static const u8 leads[] = { 0x00, 0xf0, 0x04, 0x01 };
	u8 data[OHT_ADU_MAX_BYTES];
	unsigned int i, pace, bytes, broken;
	u64 end_ns;

	for (i = 0; i < ARRAY_SIZE(leads) * STRAY_PACES * 2; i++) {
		pace = i % 2;
		broken = i / 2 % 2;
		fake_init(test, 115200);
		KUNIT_ASSERT_EQ(test, oht_engine_set_telegrams(&fake.engine, &telegram, 1), 0);
		stray_ask(0, 1, 3, 0x0100, 2);
		bytes = stray_wrap(0, data, &leads[i / 4], 1, leads, 0);
		stray_say(pace, data, bytes - 3 * broken);
		end_ns = fake.heard_ns;
		fake_run(fake.rx[pace ? 0 : 3].at_ns);
		oht_engine_abort(&fake.engine);
		fake_run_sent(2);
		KUNIT_EXPECT_EQ(test, fake.early, 0);
		KUNIT_EXPECT_GE(test, fake.frames[1].start_ns, end_ns + fake.engine.timing.t35_ns);
		KUNIT_EXPECT_LE(test, fake.frames[1].start_ns,
				end_ns + fake.engine.timing.t35_ns + fake.engine.timing.char_ns);
		/* Behind what looks like a broken answer nothing is waited for. */
		if (!broken && leads[i / 4] != 1)
			FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	}
}

/* ---- many ---- */

static u32 stray_random(u32 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* With leading and trailing bytes at once, and now and then behind a frame of another unit. */
static void stray_exchange(u32 *seed)
{
	static const u8 functions[] = { 3, 4, 6, 16 };
	static const u8 clicks[] = { 0x00, 0xff, 0xf0, 0x80 };
	u8 data[OHT_ADU_MAX_BYTES] = { 77, 3, 4, 1, 2, 3, 4 }, lead[3], trail[6];
	unsigned int foreign = stray_random(seed) % 4 ? 0 : 9;
	unsigned int leads = stray_random(seed) % 4, trails = stray_random(seed) % 7;
	u8 function = functions[stray_random(seed) % 4];
	u16 address = stray_random(seed) % 0x4000, count = 1 + stray_random(seed) % 12;
	unsigned int i, bytes;
	struct oht_xfer *x;

	fake_rewind();
	for (i = 0; i < 3; i++)
		lead[i] = stray_random(seed) % 4 ? clicks[stray_random(seed) % 4] :
						   stray_random(seed);
	for (i = 0; i < 6; i++)
		trail[i] = stray_random(seed) % 2 ? 0 : stray_random(seed);
	fake.rx_level = stray_random(seed) % 9;
	x = stray_ask(0, 1 + stray_random(seed) % 9, function, address, function == 6 ? 1 : count);
	if (foreign)
		fake_reseal(data, foreign);
	bytes = stray_wrap(0, data + foreign, lead, leads, trail, trails);
	stray_say(stray_random(seed) % STRAY_PACES, data, foreign + bytes);
	fake_run_done(0);
	fake_run(max(fake.heard_ns, fake.now_ns) + FAKE_MS);
	KUNIT_EXPECT_EQ(fake.test, x->status, 0);
	KUNIT_EXPECT_EQ(fake.test, x->attempts, 1);
	for (i = 0; function < 6 && i < count; i++)
		KUNIT_EXPECT_EQ(fake.test, x->words[i], address + 0x1000 + i);
	fake_run(fake.engine.line_free_ns + FAKE_MS);
}

static void engine_stray_campaign(struct kunit *test)
{
	u32 seed = 20261125;
	unsigned int i;

	for (i = 0; i < 10000; i++)
		stray_exchange(&seed);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.replies_ok, 10000);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

/* Noise of whatever length, next to an answer or in the place of one: no value is wrong. */
static void engine_stray_noise(struct kunit *test)
{
	unsigned int i, round, bytes, noise;
	u32 seed = 20261126;
	struct oht_xfer *x;
	u8 data[64];

	for (round = 0; round < 10000; round++) {
		fake_rewind();
		fake.rx_level = round % 9;
		x = stray_ask(0, 1, 3, round, 2);
		noise = stray_random(&seed) % 24;
		for (i = 0; i < noise; i++)
			data[i] = stray_random(&seed) % 2 ? stray_random(&seed) % 5 :
							    stray_random(&seed);
		bytes = noise;
		if (stray_random(&seed) % 2)
			bytes += fake_answer(x, data + noise);
		stray_say(round % STRAY_PACES, data, bytes);
		fake_run_done(0);
		fake_run(max(fake.heard_ns, fake.now_ns) + 60 * FAKE_MS);
		if (!x->status)
			KUNIT_EXPECT_EQ(test, x->words[0] << 16 | x->words[1],
					(round + 0x1000) << 16 | (round + 0x1001));
		else
			KUNIT_EXPECT_NE(test, x->detail, OHT_DETAIL_EXCEPTION);
	}
	KUNIT_EXPECT_EQ(test, fake.early, 0);
	fake_expect_in_step(1);
}

static struct kunit_case engine_stray_cases[] = {
	KUNIT_CASE(engine_stray_clicks),
	KUNIT_CASE(engine_stray_any_byte),
	KUNIT_CASE(engine_stray_other_answers),
	KUNIT_CASE(engine_stray_behind),
	KUNIT_CASE(engine_stray_behind_without_end),
	KUNIT_CASE(engine_stray_behind_a_foreign_frame),
	KUNIT_CASE(engine_stray_inside_a_foreign_frame),
	KUNIT_CASE(engine_stray_broken_answer),
	KUNIT_CASE(engine_stray_collision),
	KUNIT_CASE(engine_stray_at_once),
	KUNIT_CASE(engine_stray_around_an_echo),
	KUNIT_CASE(engine_stray_and_stop),
	KUNIT_CASE(engine_stray_campaign),
	KUNIT_CASE(engine_stray_noise),
	{}
};

static struct kunit_suite engine_stray_suite = {
	.name = "oht_engine_stray",
	.init = engine_stray_init,
	.test_cases = engine_stray_cases,
};

kunit_test_suites(&engine_stray_suite);
