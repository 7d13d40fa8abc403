// SPDX-License-Identifier: GPL-2.0-only
/* Units that need a rest behind their answer: kept, used by others, and what a stop does in it. */
#include <linux/time64.h>
#include "engine_far.h"

#define REST_UNIT	1
#define REST_NS		(15 * FAKE_MS)
/* Behind the moment at which a request may begin. */
#define REST_LATE_NS	(20 * FAKE_US)

static void engine_rest_set(u8 unit, u64 rest_ns)
{
	const struct oht_engine_policy policy = {
		.set = true,
		.timeout_us = 5000,
		.rest_us = rest_ns / FAKE_US,
	};

	KUNIT_ASSERT_EQ(fake.test, oht_engine_set_policy(&fake.engine, unit, &policy), 0);
}

static int engine_rest_init(struct kunit *test)
{
	fake_init(test, 115200);
	engine_rest_set(REST_UNIT, REST_NS);
	return 0;
}

static void engine_rest_ask(unsigned int i, u8 unit)
{
	fake_xfer(i, unit, 3, 16 * i, 2)->timeout_us = 5000;
	fake_submit(i);
}

static void engine_rest_expect_begins(struct kunit *test, u64 at_ns, const char *what)
{
	KUNIT_EXPECT_GE_MSG(test, fake_last()->start_ns, at_ns, "%s\n", what);
	KUNIT_EXPECT_LE_MSG(test, fake_last()->start_ns, at_ns + REST_LATE_NS, "%s\n", what);
}

/* Another unit is asked in the rest, and does not make it longer. */
static void engine_rest_is_kept(struct kunit *test)
{
	u64 end_ns;

	engine_rest_ask(0, REST_UNIT);
	engine_rest_ask(1, REST_UNIT);
	engine_rest_ask(2, 2);
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	end_ns = fake.heard_ns;
	fake_run_sent(2);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 2);
	engine_rest_expect_begins(test, end_ns + fake.engine.timing.t35_ns, "other");
	fake_answer_to(2, FAKE_MS);
	fake_run_sent(3);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], REST_UNIT);
	engine_rest_expect_begins(test, end_ns + REST_NS, "rest");
	fake_answer_to(1, FAKE_MS);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	FAKE_EXPECT_DONE(2, 0, OHT_DETAIL_OK);
}

/* Shorter than the silence of the bus: nothing changes. */
static void engine_rest_below_gap(struct kunit *test)
{
	u64 end_ns;

	engine_rest_set(REST_UNIT, FAKE_MS);
	engine_rest_ask(0, REST_UNIT);
	engine_rest_ask(1, REST_UNIT);
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	end_ns = fake.heard_ns;
	fake_run_sent(2);
	engine_rest_expect_begins(test, end_ns + fake.engine.timing.t35_ns, "gap");
}

/* A unit answers in one of several wrong ways; returns the end. */
static u64 engine_rest_answer(unsigned int how)
{
	u64 start_ns = fake_last()->end_ns + FAKE_MS;
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes = fake_answer(&fake.xfers[0], adu);

	switch (how) {
	case 0:		/* refused */
		return fake_say(start_ns, adu, fake_exception(&fake.xfers[0], 2, adu));
	case 1:		/* its checksum is wrong */
		adu[bytes - 1] ^= 0xff;
		return fake_say(start_ns, adu, bytes);
	case 2:		/* more behind the answer */
		return fake_say(fake_say(start_ns, adu, bytes), (const u8 *)"\0\0\0", 3);
	case 3:		/* it breaks off */
		return fake_say(start_ns, adu, 4);
	case 4:		/* behind its time-out */
		fake_run(fake_last()->end_ns + 6 * FAKE_MS);
		return fake_say(fake_last()->end_ns + 7 * FAKE_MS, adu, bytes);
	default:	/* its transfer was cancelled */
		KUNIT_EXPECT_EQ(fake.test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), 0);
		return fake_say(start_ns, adu, bytes);
	}
}

/* However an exchange ends: the rest begins behind the last character that the unit has said. */
static void engine_rest_behind_anything(struct kunit *test)
{
	unsigned int how;
	char what[16];
	u64 end_ns;

	for (how = 0; how < 6; how++) {
		engine_rest_init(test);
		engine_rest_ask(0, REST_UNIT);
		fake_run_sent(1);
		end_ns = engine_rest_answer(how);
		fake_run(end_ns + FAKE_MS);
		fake_xfer(1, REST_UNIT, 6, 0x0100, 1)->timeout_us = 5000;
		fake_submit(1);
		fake_run_sent(2);
		snprintf(what, sizeof(what), "how %u", how);
		engine_rest_expect_begins(test, end_ns + REST_NS, what);
	}
}

/*
 * Characters long behind an answer are not the unit's. Each would begin the rest anew: on a line
 * with some noise neither a request nor a stop telegram would ever go to the unit.
 */
static void engine_rest_ends_in_noise(struct kunit *test)
{
	u64 end_ns, at_ns, now_ns;
	unsigned int stops;

	for (stops = 0; stops < 2; stops++) {
		far_init(test, 115200);
		far_set_telegrams(1);
		engine_rest_set(FAR_STOP_UNIT, REST_NS);
		far_teach(FAR_STOP_UNIT);
		end_ns = far_end.end_ns;
		for (at_ns = 10 * FAKE_MS; at_ns < 100 * FAKE_MS; at_ns += 10 * FAKE_MS)
			fake_say_one(end_ns + at_ns, 0x55, 0);
		far_run(end_ns + 43 * FAKE_MS);
		now_ns = fake.now_ns;
		if (stops)
			oht_engine_abort(&fake.engine);
		else
			engine_rest_ask(0, FAR_STOP_UNIT);
		far_run(now_ns + 4 * FAKE_MS);
		KUNIT_ASSERT_EQ_MSG(test, fake.frame_count, 2, "stops %u\n", stops);
		engine_rest_expect_begins(test, now_ns, stops ? "telegram" : "request");
	}
}

/* A repeat of a request that was refused by the line waits as a request does. */
static void engine_rest_before_retry(struct kunit *test)
{
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes;
	u64 end_ns;

	fake_xfer(0, REST_UNIT, 3, 0, 2)->retries = 1;
	fake.xfers[0].timeout_us = 5000;
	fake_submit(0);
	fake_run_sent(1);
	bytes = fake_answer(&fake.xfers[0], adu);
	adu[bytes - 1] ^= 0xff;
	end_ns = fake_say(fake_last()->end_ns + FAKE_MS, adu, bytes);
	fake_run_sent(2);
	engine_rest_expect_begins(test, end_ns + REST_NS, "retry");
}

/* ---- a stop in the rest ---- */

/*
 * At each moment of the rest: the telegram is the next request on the line, whoever waits, and
 * begins when the rest is over. A telegram to another unit does not wait.
 */
static void engine_rest_stop(struct kunit *test)
{
	u64 at_ns, end_ns, begin_ns;
	unsigned int rests;

	for (at_ns = 2 * FAKE_MS; at_ns < 17 * FAKE_MS; at_ns += 300 * FAKE_US) {
		for (rests = 0; rests < 2; rests++) {
			far_init(test, 115200);
			far_set_telegrams(1);
			engine_rest_set(rests ? FAR_STOP_UNIT : REST_UNIT, REST_NS);
			far_teach(rests ? FAR_STOP_UNIT : REST_UNIT);
			end_ns = far_end.end_ns;
			far_run(end_ns + at_ns);
			oht_engine_abort(&fake.engine);
			engine_rest_ask(0, 2);
			begin_ns = max(rests ? end_ns + REST_NS : 0, end_ns + at_ns);
			fake_run_sent(2);
			KUNIT_EXPECT_TRUE(test, far_is_telegram(fake_last()));
			engine_rest_expect_begins(test, begin_ns, "telegram");
		}
	}
}

/* The next telegram to the same unit, behind its answer to the first one. */
static void engine_rest_between_telegrams(struct kunit *test)
{
	u64 gap_ns;

	far_init(test, 115200);
	far_set_telegrams(2);
	engine_rest_set(FAR_STOP_UNIT, REST_NS);
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 200 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 6);
	KUNIT_EXPECT_EQ(test, far_status().flags, 0);
	gap_ns = fake.frames[1].start_ns - far_end.answer_ns;
	KUNIT_EXPECT_GE(test, gap_ns, REST_NS);
	KUNIT_EXPECT_LE(test, gap_ns, REST_NS + REST_LATE_NS);
}

static struct kunit_case engine_rest_cases[] = {
	KUNIT_CASE(engine_rest_is_kept),
	KUNIT_CASE(engine_rest_below_gap),
	KUNIT_CASE(engine_rest_behind_anything),
	KUNIT_CASE(engine_rest_ends_in_noise),
	KUNIT_CASE(engine_rest_before_retry),
	KUNIT_CASE(engine_rest_stop),
	KUNIT_CASE(engine_rest_between_telegrams),
	{}
};

static struct kunit_suite engine_rest_suite = {
	.name = "oht_engine_rest",
	.init = engine_rest_init,
	.test_cases = engine_rest_cases,
};

kunit_test_suites(&engine_rest_suite);
