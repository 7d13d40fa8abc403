// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line that babbles: an exchange under way ends at its deadline, and each transfer that waits for
 * silence ends in its turn, whatever the pace of the characters is.
 */
#include "engine_far.h"

/* The time-out of all transfers here. */
#define BABBLE_TIMEOUT_US	20000
/* Longest that the far end babbles in one case. */
#define BABBLE_NS		(900 * FAKE_MS)
/* Between two beginnings; all of them take minutes with KASAN on an emulated CPU. */
#ifdef CONFIG_KASAN
#define BABBLE_STEP_NS		(9 * FAKE_MS)
#else
#define BABBLE_STEP_NS		(3 * FAKE_MS / 2)
#endif

static int engine_babble_init(struct kunit *test)
{
	far_init(test, 115200);
	return 0;
}

/*
 * Lumps of @lump characters found at once, @first and then @data, one each @apart_ns, from @from_ns
 * on.
 */
struct babble {
	u8 first;
	u8 data;
	u64 apart_ns;
	unsigned int lump;
	u64 from_ns;
};

static void babble_run(const struct babble *babble, u64 until_ns)
{
	u64 at_ns = max(babble->from_ns, fake.now_ns + FAKE_US);
	unsigned int i;

	while (fake.now_ns < until_ns) {
		for (i = 0; i < babble->lump; i++)
			fake_say_one(at_ns, i ? babble->data : babble->first, 0);
		far_run(at_ns + 1);
		at_ns += babble->apart_ns;
		if (fake.rx_head == fake.rx_tail) {
			fake.rx_head = 0;
			fake.rx_tail = 0;
		}
	}
}

static struct oht_xfer *babble_ask(unsigned int i, u8 unit, const void *owner)
{
	struct oht_xfer *x = fake_xfer(i, unit, 3, 0x0100, 2);

	x->timeout_us = BABBLE_TIMEOUT_US;
	x->owner = owner;
	fake_submit(i);
	return x;
}

static u64 babble_deadline_ns(void)
{
	const struct oht_timing *t = &fake.engine.timing;

	return oht_timing_deadline_ns(t, fake_last()->end_ns, BABBLE_TIMEOUT_US);
}

/* ---- an exchange under way ---- */

/* Unit 1 is asked, and does not answer. Characters that cannot begin its answer put nothing off. */
static void babble_one(const struct babble *babble)
{
	struct kunit *test = fake.test;
	struct babble now = *babble;
	u64 limit_ns;

	far_init(test, 115200);
	far_end.dead = true;
	babble_ask(0, 1, NULL);
	now.from_ns += fake.now_ns;
	far_run(now.from_ns);
	babble_run(&now, FAKE_START_NS + BABBLE_NS);
	limit_ns = babble_deadline_ns() + fake.engine.timing.t35_ns;
	if (babble->data == 1)
		limit_ns += oht_engine_patience_ns(&fake.engine);
	KUNIT_EXPECT_TRUE_MSG(test, fake.done[0] == 1 && fake.done_ns[0] <= limit_ns,
			      "0x%02x 0x%02x, %u together, apart %u us, from %u us\n",
			      babble->first, babble->data, babble->lump,
			      (u32)(babble->apart_ns / FAKE_US),
			      (u32)(babble->from_ns / FAKE_US));
}

/*
 * From before the request, while it is sent, while its answer is awaited, and just before the end
 * of the wait: what no unit sends, a frame of another unit, and what looks like the answer, or like
 * noise in front of it.
 */
static void engine_babble_ends_exchange(struct kunit *test)
{
	static const u8 first[] = { 0x55, 0x11, 0xff, 0x01, 0x55 };
	static const u8 data[] = { 0x55, 0x11, 0xff, 0x01, 0x01 };
	struct babble babble;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(data); i++) {
		babble.first = first[i];
		babble.data = data[i];
		for (babble.lump = 1; babble.lump <= 4; babble.lump++)
			for (babble.apart_ns = FAKE_MS / 8; babble.apart_ns < 30 * FAKE_MS;
			     babble.apart_ns += babble.apart_ns / 3)
				for (babble.from_ns = FAKE_MS / 5; babble.from_ns < 21 * FAKE_MS;
				     babble.from_ns += BABBLE_STEP_NS)
					babble_one(&babble);
	}
}

/*
 * The longest answer, begun just before the deadline, behind @lead characters of noise, with
 * a pause of @pause_ns before each of its own: as long as the unit's tolerance allows.
 */
static void babble_answer(u32 baud_bps, unsigned int lead, u64 pause_ns)
{
	struct oht_engine_policy policy = { .set = true, .timeout_us = BABBLE_TIMEOUT_US };
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes, i;
	struct oht_xfer *x;
	u64 at_ns;

	far_init(fake.test, baud_bps);
	far_end.dead = true;
	policy.pause_max_us = pause_ns ? pause_ns / FAKE_US + 100 : 0;
	KUNIT_ASSERT_EQ(fake.test, oht_engine_set_policy(&fake.engine, 1, &policy), 0);
	x = fake_xfer(0, 1, 3, 0x0100, OHT_WORDS_MAX);
	x->timeout_us = BABBLE_TIMEOUT_US;
	fake_submit(0);
	fake_run_sent(1);
	bytes = fake_answer(x, adu);
	at_ns = babble_deadline_ns() - fake_chars_ns(1 + lead) - 50 * FAKE_US;
	for (i = 0; i < lead; i++)
		at_ns = fake_say(at_ns, (const u8[]){ 0x55, 0x21, 0x33 } + i, 1);
	for (i = 0; i < bytes; i++)
		at_ns = fake_say(at_ns + (i ? pause_ns : 0), adu + i, 1);
	/* Behind noise only silence shows that it is the answer. */
	far_run(at_ns + 2 * fake.engine.timing.t35_ns);
	KUNIT_EXPECT_EQ_MSG(fake.test, fake.done[0], 1, "%u bit/s, %u in front, pause %u us\n",
			    baud_bps, lead, (u32)(pause_ns / FAKE_US));
	KUNIT_EXPECT_EQ_MSG(fake.test, x->status, 0, "%u bit/s, %u in front, pause %u us\n",
			    baud_bps, lead, (u32)(pause_ns / FAKE_US));
}

/* An answer that has begun in time is waited for, at each rate, with the pauses of its unit. */
static void engine_babble_spares_answers(struct kunit *test)
{
	static const u32 rates_bps[] = { 2400, 9600, 19200, 115200, 1000000 };
	const struct oht_timing *t = &fake.engine.timing;
	unsigned int i, lead;

	for (i = 0; i < ARRAY_SIZE(rates_bps); i++) {
		for (lead = 0; lead <= OHT_ENGINE_LEAD_MAX; lead++)
			babble_answer(rates_bps[i], lead, 0);
		babble_answer(rates_bps[i], 0, t->t15_ns);
		babble_answer(rates_bps[i], 0, (t->t15_ns + t->t35_ns) / 2);
		babble_answer(rates_bps[i], 0, t->t35_ns + t->char_ns);
	}
}

/* ---- what waits for silence ---- */

/* Two descriptors: one submits anew what has ended, the other has queued several transfers. */
static const char babble_files[2];
#define BABBLE_KEPT	3

static const struct babble babble_steady = { .first = 0x55, .apart_ns = FAKE_MS, .lump = 1 };

/* Whatever one descriptor submits, each transfer of the other one ends in its turn. */
static void babble_turns(u8 priority)
{
	u64 patience_ns, until_ns;
	unsigned int i, done = 0;

	far_init(fake.test, 115200);
	patience_ns = oht_engine_patience_ns(&fake.engine) + FAKE_MS;
	babble_run(&babble_steady, fake.now_ns + 2 * FAKE_MS);
	for (i = 0; i < BABBLE_KEPT; i++)
		babble_ask(i, 2, &babble_files[1]);
	until_ns = fake.now_ns + (BABBLE_KEPT + 1) * (OHT_PASSES_MAX + 1) * patience_ns;
	while (fake.now_ns < until_ns && done < BABBLE_KEPT) {
		if (fake.xfers[BABBLE_KEPT].state == OHT_XFER_NEW) {
			fake_xfer(BABBLE_KEPT, 1, 3, 0x0100, 2)->owner = &babble_files[0];
			fake.xfers[BABBLE_KEPT].priority = priority;
			fake_submit(BABBLE_KEPT);
		}
		babble_run(&babble_steady, fake.now_ns + FAKE_MS);
		for (i = 0, done = 0; i < BABBLE_KEPT; i++)
			done += fake.done[i];
	}
	for (i = 0; i < BABBLE_KEPT; i++)
		FAKE_EXPECT_DONE(i, -EIO, OHT_DETAIL_LINE);
}

static void engine_babble_turns(struct kunit *test)
{
	babble_turns(OHT_PRIO_COMMAND);
	babble_turns(OHT_PRIO_CYCLIC);
}

/*
 * A read waits long for a late answer of its unit, while the line is silent. Then it babbles: what
 * is asked of another unit does not wait for that answer too.
 */
static void engine_babble_behind_a_late_answer(struct kunit *test)
{
	u64 since_ns;

	far_end.dead = true;
	fake_xfer(0, 1, 3, 0x0100, 2)->timeout_us = 1000000;
	fake_submit(0);
	fake_xfer(1, 1, 3, 0x0200, 2);
	fake_submit(1);
	far_run(fake.now_ns + 1100 * FAKE_MS);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, fake.done[1], 0);
	babble_run(&babble_steady, fake.now_ns + 2 * FAKE_MS);
	since_ns = fake.now_ns;
	babble_ask(2, 2, NULL);
	babble_run(&babble_steady, since_ns + 2 * oht_engine_patience_ns(&fake.engine) +
		   5 * FAKE_MS);
	FAKE_EXPECT_DONE(2, -EIO, OHT_DETAIL_LINE);
}

static struct kunit_case engine_babble_cases[] = {
	KUNIT_CASE(engine_babble_ends_exchange),
	KUNIT_CASE(engine_babble_spares_answers),
	KUNIT_CASE(engine_babble_turns),
	KUNIT_CASE(engine_babble_behind_a_late_answer),
	{}
};

static struct kunit_suite engine_babble_suite = {
	.name = "oht_engine_babble",
	.init = engine_babble_init,
	.test_cases = engine_babble_cases,
};

kunit_test_suites(&engine_babble_suite);
