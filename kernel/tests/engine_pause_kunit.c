// SPDX-License-Identifier: GPL-2.0-only
/* Answers whose characters come with pauses: tolerated, too long, with a stop meanwhile. */
#include <linux/time64.h>
#include "engine_fake.h"

#define PAUSE_NS	(5 * FAKE_MS)
/* Unit, function, count, two words, CRC. */
#define ANSWER_BYTES	9

static int engine_pause_init(struct kunit *test)
{
	fake_init(test, 115200);
	return 0;
}

static void engine_pause_allow(u32 pause_max_us)
{
	const struct oht_engine_policy policy = {
		.set = true,
		.timeout_us = 50000,
		.pause_max_us = pause_max_us,
	};

	KUNIT_ASSERT_EQ(fake.test, oht_engine_set_policy(&fake.engine, 1, &policy), 0);
}

static void engine_pause_ask(u16 count, u32 timeout_us)
{
	fake_xfer(0, 1, 3, 0x0100, count)->timeout_us = timeout_us;
	fake_submit(0);
	fake_run_sent(1);
}

/* The first @bytes of the answer; a pause before character @at, 0: before each. Returns the end. */
static u64 engine_pause_say(unsigned int at, unsigned int bytes)
{
	u64 end_ns = fake_last()->end_ns + FAKE_MS;
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int i;

	fake_answer(&fake.xfers[0], adu);
	for (i = 0; i < bytes; i++) {
		if (i && (!at || i == at))
			end_ns += PAUSE_NS;
		end_ns = fake_say(end_ns, adu + i, 1);
	}
	return end_ns;
}

static void engine_pause_expect(struct kunit *test, unsigned int received)
{
	const struct oht_xfer *x = &fake.xfers[0];

	KUNIT_EXPECT_EQ(test, x->received, received);
	KUNIT_EXPECT_GE(test, x->pause_us, (u32)(PAUSE_NS / NSEC_PER_USEC - 10));
	KUNIT_EXPECT_LE(test, x->pause_us, (u32)(PAUSE_NS / NSEC_PER_USEC + 10));
}

/* Wherever it is, in front of the last character too; the time-out is shorter than the pause. */
static void engine_pause_tolerated(struct kunit *test)
{
	unsigned int at;

	for (at = 1; at < ANSWER_BYTES; at++) {
		fake_init(test, 115200);
		engine_pause_allow(5500);
		engine_pause_ask(2, 2000);
		engine_pause_say(at, ANSWER_BYTES);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
		engine_pause_expect(test, ANSWER_BYTES);
		KUNIT_EXPECT_EQ(test, fake.engine.units[1].pauses, 1);
		KUNIT_EXPECT_EQ(test, fake.engine.stats.pauses, 1);
		fake_expect_in_step(1);
		KUNIT_EXPECT_EQ(test, fake.engine.stats.pauses, 1);
	}
}

static void engine_pause_too_long(struct kunit *test)
{
	unsigned int at;

	for (at = 1; at < ANSWER_BYTES; at++) {
		fake_init(test, 115200);
		engine_pause_allow(4500);
		engine_pause_ask(2, 2000);
		engine_pause_say(at, ANSWER_BYTES);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_SHORT);
		KUNIT_EXPECT_EQ(test, fake.xfers[0].received, at);
		KUNIT_EXPECT_EQ(test, fake.engine.units[1].pauses, 0);
		fake_run(fake.heard_ns + FAKE_MS);
		fake_expect_in_step(1);
	}
}

/* It breaks off after some pauses: what it was is told. */
static void engine_pause_told(struct kunit *test)
{
	engine_pause_ask(2, 8000);
	engine_pause_say(0, 5);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_PAUSED);
	engine_pause_expect(test, 5);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.details[OHT_DETAIL_PAUSED], 1);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.pauses, 0);
	fake_expect_in_step(1);
}

/* A long answer takes more than the time of two longest frames: only with a tolerance. */
static void engine_pause_in_all(struct kunit *test)
{
	const unsigned int bytes = 5 + 2 * 30;

	engine_pause_ask(30, 50000);
	engine_pause_say(0, bytes);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_PAUSED);
	KUNIT_EXPECT_LT(test, fake.xfers[0].received, bytes);
	engine_pause_expect(test, fake.xfers[0].received);
	fake_init(test, 115200);
	engine_pause_allow(5500);
	engine_pause_ask(30, 50000);
	engine_pause_say(0, bytes);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	engine_pause_expect(test, bytes);
	KUNIT_EXPECT_EQ(test, fake.engine.units[1].pauses, bytes - 1);
}

/* An answer that never ends is not awaited for longer than the frame may take. */
static void engine_pause_has_an_end(struct kunit *test)
{
	u64 begun_ns, limit_ns;
	unsigned int i;

	engine_pause_allow(50000);
	engine_pause_ask(2, 2000);
	begun_ns = fake_last()->end_ns + FAKE_MS;
	limit_ns = oht_engine_patience_ns(&fake.engine) + ANSWER_BYTES * 50 * FAKE_MS;
	fake_say(begun_ns, (const u8 *)"\x01\x03\xff", 3);
	for (i = 1; i < 40; i++)
		fake_say(begun_ns + i * 45 * FAKE_MS, (const u8 *)"\x00", 1);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_PAUSED);
	KUNIT_EXPECT_LE(test, fake.done_ns[0], begun_ns + limit_ns + FAKE_MS);
	KUNIT_EXPECT_GE(test, fake.done_ns[0], begun_ns + 9 * 45 * FAKE_MS);
}

/* A stop after the third character: when its telegram has left, from then on. */
static u64 engine_pause_stop(struct kunit *test)
{
	static const struct oht_telegram telegram = { .unit = 9, .function = 6, .count = 1 };
	u64 stop_ns, end_ns;

	KUNIT_ASSERT_EQ(test, oht_engine_set_telegrams(&fake.engine, &telegram, 1), 0);
	engine_pause_ask(2, 50000);
	end_ns = engine_pause_say(0, ANSWER_BYTES);
	fake_run(fake.rx[2].at_ns + FAKE_MS);
	stop_ns = fake.now_ns;
	oht_engine_abort(&fake.engine);
	fake_run_sent(2);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
	if (fake.xfers[0].detail == OHT_DETAIL_OK)
		KUNIT_EXPECT_GE(test, fake_last()->start_ns, end_ns);
	else
		KUNIT_EXPECT_LT(test, fake_last()->start_ns, end_ns);
	return fake_last()->end_ns - stop_ns;
}

static void engine_pause_and_stop(struct kunit *test)
{
	struct oht_timing_exchange busy = {
		.request_bytes = 8, .reply_bytes = ANSWER_BYTES, .turnaround_ns = FAKE_MS,
	};
	u64 took_ns = engine_pause_stop(test);

	/* Not waited for: t3.5 ends it. */
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_PAUSED);
	KUNIT_EXPECT_LE(test, took_ns, oht_timing_stop_ns(&fake.engine.timing, &busy));
	fake_init(test, 115200);
	engine_pause_allow(5500);
	took_ns = engine_pause_stop(test);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_GT(test, took_ns, oht_timing_stop_ns(&fake.engine.timing, &busy));
	busy.pause_ns = 5500 * FAKE_US;
	KUNIT_EXPECT_LE(test, took_ns, oht_timing_stop_ns(&fake.engine.timing, &busy));
}

/* With a plan in force its figures hold; and what is too slow for them is refused. */
static void engine_pause_and_plan(struct kunit *test)
{
	struct oht_engine_policy policy = { .set = true, .timeout_us = 2000, .pause_max_us = 5000 };

	engine_pause_allow(5000);
	fake.engine.slot.until_ns = fake.now_ns + 100 * FAKE_MS;
	fake.engine.slot.pauses_held = true;
	fake.engine.slot.budget_ns = 20 * FAKE_MS;
	KUNIT_EXPECT_EQ(test, oht_engine_set_policy(&fake.engine, 1, &policy), 0);
	policy.pause_max_us = 5001;
	KUNIT_EXPECT_EQ(test, oht_engine_set_policy(&fake.engine, 1, &policy), -EBUSY);
	policy.pause_max_us = 0;
	KUNIT_EXPECT_EQ(test, oht_engine_set_policy(&fake.engine, 1, &policy), -EBUSY);
	fake.may_move = true;
	fake_xfer(0, 1, 3, 0, 2)->timeout_us = 2000;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[0]), -EDQUOT);
	fake_xfer(1, 2, 3, 0, 2)->timeout_us = 2000;
	fake_submit(1);
}

static struct kunit_case engine_pause_cases[] = {
	KUNIT_CASE(engine_pause_tolerated),
	KUNIT_CASE(engine_pause_too_long),
	KUNIT_CASE(engine_pause_told),
	KUNIT_CASE(engine_pause_in_all),
	KUNIT_CASE(engine_pause_has_an_end),
	KUNIT_CASE(engine_pause_and_stop),
	KUNIT_CASE(engine_pause_and_plan),
	{}
};

static struct kunit_suite engine_pause_suite = {
	.name = "oht_engine_pause",
	.init = engine_pause_init,
	.test_cases = engine_pause_cases,
};

kunit_test_suites(&engine_pause_suite);
