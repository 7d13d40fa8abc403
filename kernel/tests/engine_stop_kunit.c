// SPDX-License-Identifier: GPL-2.0-only
/* The stop on the wire: telegrams, the way made for them, and how long that takes at worst. */
#include "engine_far.h"

static int engine_stop_init(struct kunit *test)
{
	far_init(test, 115200);
	return 0;
}

/* ---- the list ---- */

static void engine_stop_refusals(struct kunit *test)
{
	static const struct oht_telegram bad[] = {
		{ .unit = 0, .function = 6, .count = 1 },
		{ .unit = 248, .function = 6, .count = 1 },
		{ .unit = 1, .function = 3, .count = 1 },
		{ .unit = 1, .function = 5, .count = 1 },
		{ .unit = 1, .function = 0, .count = 1 },
		{ .unit = 1, .function = 6, .count = 0 },
		{ .unit = 1, .function = 6, .count = 2 },
		{ .unit = 1, .function = 16, .count = 0 },
		{ .unit = 1, .function = 16, .count = OHT_TELEGRAM_WORDS_MAX + 1 },
		{ .unit = 1, .function = 16, .count = 2, .address = 65535 },
		{ .unit = 1, .function = 6, .count = 1, .reserved = 1 },
		{ .unit = 1, .function = 6, .count = 1, .reserved2 = 1 },
		{ .unit = 1, .function = 6, .count = 1, .turnaround_us = 5000001 },
		{ .unit = 1, .function = 6, .count = 1, .words = { 1, 1 } },
	};
	struct oht_telegram pair[2] = { far_stop_list[0] };
	unsigned int i;

	far_set_telegrams(2);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		pair[1] = bad[i];
		KUNIT_EXPECT_EQ_MSG(test, oht_engine_set_telegrams(&fake.engine, pair, 2), -EINVAL,
				    "case %u", i);
	}
	KUNIT_EXPECT_EQ(test, oht_engine_set_telegrams(&fake.engine, pair, OHT_TELEGRAMS_MAX + 1),
			-EINVAL);
	/* The old list is still there. */
	KUNIT_EXPECT_EQ(test, far_status().set, 2);
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 6);
	oht_engine_shutdown(&fake.engine);
	KUNIT_EXPECT_EQ(test, oht_engine_set_telegrams(&fake.engine, far_stop_list, 2), -ENODEV);
}

static void engine_stop_none(struct kunit *test)
{
	oht_engine_abort(&fake.engine);
	KUNIT_EXPECT_EQ(test, fake.engine.state, OHT_ENGINE_IDLE);
	far_set_telegrams(2);
	far_set_telegrams(0);
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 0);
	KUNIT_EXPECT_EQ(test, far_status().runs, 0);
}

static void engine_stop_answered(struct kunit *test)
{
	struct oht_telegram_status status;
	u64 asked_ns = fake.now_ns, gap_ns;
	unsigned int i;

	far_end.turnaround_ns = FAKE_MS;
	far_set_telegrams(2);
	oht_engine_abort(&fake.engine);
	KUNIT_EXPECT_EQ(test, far_status().flags, OHT_TELEGRAMS_RUNNING);
	KUNIT_EXPECT_EQ(test, far_status().results[0].status, -EINPROGRESS);
	far_run(fake.now_ns + 100 * FAKE_MS);
	status = far_status();
	KUNIT_EXPECT_EQ(test, status.flags, 0);
	KUNIT_EXPECT_EQ(test, status.count, 2);
	KUNIT_EXPECT_EQ(test, status.runs, 1);
	KUNIT_EXPECT_EQ(test, status.asked_ns, asked_ns);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, status.results[i].sent_ns, fake.frames[i].end_ns);
		KUNIT_EXPECT_GE(test, status.results[i].answered_ns,
				fake.frames[i].end_ns + FAKE_MS);
		KUNIT_EXPECT_LT(test, status.results[i].answered_ns, fake.frames[i + 1].start_ns);
		KUNIT_EXPECT_EQ(test, status.results[i].attempts, 3);
		KUNIT_EXPECT_EQ(test, status.results[i].status, 0);
		KUNIT_EXPECT_EQ(test, status.results[i].function, far_stop_list[i].function);
	}
	/* The list, thrice; each at once after the answer to the one before. */
	KUNIT_EXPECT_EQ(test, fake.frame_count, 6);
	for (i = 1; i < 6; i++) {
		KUNIT_EXPECT_EQ(test, fake.frames[i].adu[1], far_stop_list[i % 2].function);
		gap_ns = fake.frames[i].start_ns - fake.frames[i - 1].end_ns;
		KUNIT_EXPECT_LE(test, gap_ns, FAKE_MS + fake.engine.timing.t35_ns +
				oht_timing_chars_ns(&fake.engine.timing, 8) + 100);
	}
	KUNIT_EXPECT_EQ(test, fake.early, 0);
	KUNIT_EXPECT_EQ(test, fake.engine.state, OHT_ENGINE_IDLE);
}

/* Two telegrams whose answers may take @turnaround_us. */
static void stop_set_slow(u32 turnaround_us)
{
	struct oht_telegram slow[2] = { far_stop_list[0], far_stop_list[1] };

	slow[0].turnaround_us = turnaround_us;
	slow[1].turnaround_us = turnaround_us;
	KUNIT_ASSERT_EQ(fake.test, oht_engine_set_telegrams(&fake.engine, slow, 2), 0);
}

struct stop_wait {
	u64 learned_ns;		/* 0: the unit has never answered */
	u32 turnaround_us;
	u64 wait_us[3];		/* by round */
};

static const struct stop_wait stop_waits[] = {
	{ 0, 0, { 3000, 3000, 3000 } },
	{ 0, 8000, { 3000, 8000, 8000 } },
	{ 0, 20000, { 3000, 10000, 20000 } },
	{ 0, 5000000, { 3000, 10000, 20000 } },
	{ FAKE_MS, 20000, { 3000, 10000, 20000 } },
	{ 10 * FAKE_MS, 20000, { 11000, 11000, 20000 } },
	{ 10 * FAKE_MS, 8000, { 8000, 8000, 8000 } },
	{ 10 * FAKE_MS, 0, { 3000, 3000, 3000 } },
};

/* No unit answers: the next telegram follows the end of the last one by the wait for its unit. */
static void stop_unanswered(struct kunit *test, const struct stop_wait *wait)
{
	struct oht_telegram_status status;
	unsigned int i, first = 0;
	u64 gap_ns, wait_us;

	far_init(test, 115200);
	if (wait->learned_ns) {
		far_end.turnaround_ns = wait->learned_ns;
		far_teach(FAR_STOP_UNIT);
		first = 1;
	}
	far_end.dead = true;
	stop_set_slow(wait->turnaround_us);
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 200 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.frame_count, first + 6);
	for (i = first + 1; i < first + 6; i++) {
		gap_ns = fake.frames[i].start_ns - fake.frames[i - 1].end_ns;
		wait_us = wait->wait_us[(i - first - 1) / 2];
		KUNIT_EXPECT_GE(test, gap_ns, wait_us * FAKE_US);
		KUNIT_EXPECT_LE(test, gap_ns, (wait_us + 100) * FAKE_US);
	}
	status = far_status();
	KUNIT_EXPECT_EQ(test, status.results[1].status, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, status.results[1].detail, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, status.results[1].answered_ns, 0);
	KUNIT_EXPECT_EQ(test, status.results[1].sent_ns, fake.frames[first + 1].end_ns);
}

static void engine_stop_unanswered(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stop_waits); i++)
		stop_unanswered(test, &stop_waits[i]);
}

/*
 * A unit answered soon, and now takes any time that its telegrams allow. It hears nothing until its
 * answer is over, but each telegram once.
 */
static void stop_slow_answers(struct kunit *test, u32 baud_bps)
{
	u64 slow_ns;

	for (slow_ns = 0; slow_ns < 20 * FAKE_MS; slow_ns += 230 * FAKE_US) {
		far_init(test, baud_bps);
		far_end.deaf = true;
		far_end.turnaround_ns = FAKE_MS;
		far_teach(FAR_STOP_UNIT);
		far_end.turnaround_ns = slow_ns;
		stop_set_slow(20000);
		oht_engine_abort(&fake.engine);
		far_run(fake.now_ns + 500 * FAKE_MS);
		KUNIT_EXPECT_EQ_MSG(test, far_end.told, 3, "%u bit/s, %llu us\n", baud_bps,
				    slow_ns / FAKE_US);
		KUNIT_EXPECT_EQ(test, far_status().flags, 0);
	}
}

static void engine_stop_slow_answers(struct kunit *test)
{
	stop_slow_answers(test, 9600);
	stop_slow_answers(test, 19200);
	stop_slow_answers(test, 115200);
	stop_slow_answers(test, 1000000);
}

/* A further stop is told as soon as the first, however long the telegram on the wire may take. */
static void engine_stop_again_is_soon(struct kunit *test)
{
	u64 moment_ns, bound_ns;
	unsigned int i;

	for (moment_ns = 0; moment_ns < 80 * FAKE_MS; moment_ns += 330 * FAKE_US) {
		engine_stop_init(test);
		far_end.dead = true;
		stop_set_slow(20000);
		oht_engine_abort(&fake.engine);
		far_run(FAKE_START_NS + moment_ns);
		oht_engine_abort(&fake.engine);
		far_run(fake.now_ns + 200 * FAKE_MS);
		i = 0;
		while (i < fake.frame_count &&
		       fake.frames[i].start_ns < FAKE_START_NS + moment_ns)
			i++;
		KUNIT_ASSERT_GT(test, fake.frame_count, i);
		bound_ns = oht_timing_chars_ns(&fake.engine.timing, 13 + 2) + 3 * FAKE_MS;
		KUNIT_EXPECT_LE_MSG(test, fake.frames[i].start_ns,
				    FAKE_START_NS + moment_ns + bound_ns, "after %llu us\n",
				    moment_ns / FAKE_US);
		KUNIT_EXPECT_EQ(test, far_status().flags, 0);
	}
}

/* Answered once is answered, whatever becomes of the repeats. */
static void engine_stop_answered_late(struct kunit *test)
{
	far_end.silent = 1;
	far_set_telegrams(1);
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 6 * FAKE_MS);
	far_end.dead = true;
	far_run(fake.now_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_status().results[0].attempts, 3);
	KUNIT_EXPECT_EQ(test, far_status().results[0].status, 0);
	KUNIT_EXPECT_GT(test, far_status().results[0].answered_ns, fake.frames[1].end_ns);
}

static void engine_stop_exception(struct kunit *test)
{
	u8 adu[8];

	fake_xfer(0, FAR_STOP_UNIT, 6, 0x0010, 1);
	far_end.dead = true;
	far_set_telegrams(1);
	oht_engine_abort(&fake.engine);
	far_run(fake_last()->end_ns + FAKE_US);
	fake_say(fake.now_ns + FAKE_MS, adu, fake_exception(&fake.xfers[0], 4, adu));
	far_run(fake.now_ns + 3 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_status().results[0].status, -EREMOTEIO);
	KUNIT_EXPECT_EQ(test, far_status().results[0].detail, OHT_DETAIL_EXCEPTION);
	far_run(fake.now_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 3);
}

/* ---- among the others ---- */

/* Over everything queued; the writes fail, the reads come afterwards, each once. */
static void engine_stop_overtakes(struct kunit *test)
{
	unsigned int i;

	far_end.turnaround_ns = FAKE_MS;
	far_teach(1);
	far_run(fake.now_ns + 2 * FAKE_MS);
	for (i = 0; i < 8; i++) {
		fake_xfer(i, 1, i % 2 ? 6 : 3, i, 1)->priority = 1 + i % 3;
		fake_submit(i);
	}
	far_set_telegrams(2);
	oht_engine_abort(&fake.engine);
	for (i = 1; i < 8; i += 2)
		FAKE_EXPECT_DONE(i, -ECANCELED, OHT_DETAIL_STOPPED);
	for (i = 0; i < 8; i += 2)
		far_run_done(i);
	/* What taught, what was cut, the list thrice, then the four reads. */
	KUNIT_EXPECT_EQ(test, fake.frame_count, 2 + 6 + 4);
	for (i = 2; i < 8; i++)
		KUNIT_EXPECT_TRUE(test, far_is_telegram(&fake.frames[i]));
	KUNIT_EXPECT_EQ(test, fake.early, 0);
	/* A telegram is a write, but none that a stop takes away. */
	oht_engine_abort(&fake.engine);
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 50 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 12);
	KUNIT_EXPECT_EQ(test, far_status().runs, 2);
}

/* A stop while telegrams are still to be sent adds none, and a new list is for the next stop. */
static void engine_stop_again(struct kunit *test)
{
	u64 moment_ns;

	far_end.turnaround_ns = FAKE_MS;
	far_set_telegrams(2);
	oht_engine_abort(&fake.engine);
	for (moment_ns = 0; moment_ns < 15 * FAKE_MS; moment_ns += 100 * FAKE_US) {
		far_run(FAKE_START_NS + moment_ns);
		far_set_telegrams(1);
		oht_engine_abort(&fake.engine);
	}
	far_run(fake.now_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 6);
	KUNIT_EXPECT_EQ(test, far_status().results[1].status, 0);
	KUNIT_EXPECT_EQ(test, far_status().set, 1);
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 9);
	KUNIT_EXPECT_EQ(test, far_status().count, 1);
}

/*
 * A stop gives up a reply of unit 1, which stays silent. Returns when that reply would be over at
 * the latest.
 */
static u64 stop_give_up(unsigned int telegrams)
{
	u64 late_ns;

	far_end.turnaround_ns = FAKE_MS;
	far_teach(1);
	far_run(fake.now_ns + 2 * FAKE_MS);
	far_end.silent = 1;
	fake_xfer(0, 1, 3, 0, 8);
	fake_submit(0);
	far_run(fake_last()->end_ns + 500 * FAKE_US);
	late_ns = fake_last()->end_ns + 50 * FAKE_MS +
		  oht_timing_chars_ns(&fake.engine.timing, OHT_ADU_MAX_BYTES);
	far_set_telegrams(telegrams);
	oht_engine_abort(&fake.engine);
	return late_ns;
}

/* A reply given up may still come: once more after that, and the bus is not idle meanwhile. */
static void engine_stop_given_up(struct kunit *test)
{
	u64 late_ns;

	far_end.dead_unit = FAR_STOP_UNIT;
	late_ns = stop_give_up(1);
	KUNIT_EXPECT_EQ(test, fake.done[0], 0);
	far_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 3);
	KUNIT_EXPECT_EQ(test, far_status().flags, OHT_TELEGRAMS_RUNNING);
	/* Slower than ever, and no telegram waits any more. */
	far_end.slow_ns = 20 * FAKE_MS;
	fake_xfer(1, 1, 3, 0, 8);
	fake_submit(1);
	far_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.xfers[1].attempts, 1);
	far_run(late_ns);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 3);
	far_run(late_ns + FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 4);
	far_run(late_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 4);
	KUNIT_EXPECT_EQ(test, far_status().flags, 0);
	KUNIT_EXPECT_EQ(test, far_status().results[0].attempts, 4);
	/* That is over: the next stop has no reason for a fourth. */
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 200 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_status().results[0].attempts, 3);
}

/* An answer to each telegram proves that the list was understood: it is not sent once more. */
static void engine_stop_given_up_but_answered(struct kunit *test)
{
	u64 late_ns = stop_give_up(2);

	far_run_done(0);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 6);
	KUNIT_EXPECT_EQ(test, far_status().flags, 0);
	far_run(late_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 6);
}

/* One answer does not prove it for the others. */
static void engine_stop_given_up_half_answered(struct kunit *test)
{
	u64 late_ns = stop_give_up(2);

	far_run(fake.now_ns + 4 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 1);
	far_run(fake.frames[fake.frame_count - 1].end_ns + 3 * FAKE_MS);
	KUNIT_EXPECT_NE(test, far_status().results[0].answered_ns, 0);
	far_end.dead_unit = FAR_STOP_UNIT;
	far_run(late_ns);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 6);
	far_run(late_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 8);
}

/* The cut transfer goes first in its class again, not last. */
static void engine_stop_keeps_the_order(struct kunit *test)
{
	unsigned int i;

	far_set_telegrams(1);
	for (i = 0; i < 3; i++) {
		fake_xfer(i, 1, 3, i, 1);
		fake_submit(i);
	}
	fake_run(fake.now_ns + 100 * FAKE_US);
	oht_engine_abort(&fake.engine);
	KUNIT_EXPECT_EQ(test, fake.engine.state, OHT_ENGINE_CUT);
	far_run_done(2);
	for (i = 0; i < 3; i++) {
		FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_EQ(test, fake.done_order[i], i);
		KUNIT_EXPECT_EQ(test, fake.xfers[i].attempts, i ? 1 : 2);
	}
}

/*
 * A read that stops keep from its answer comes again, but not for ever. Stops take none of its
 * attempts away.
 */
static void engine_stop_puts_back(struct kunit *test)
{
	unsigned int stops, stop;

	for (stops = 0; stops < 5; stops++) {
		engine_stop_init(test);
		far_set_telegrams(1);
		fake_xfer(0, 9, 3, 0, 1)->retries = 2;
		far_end.dead_unit = 9;
		fake_submit(0);
		for (stop = 0; stop < stops && !fake.done[0]; stop++) {
			far_run(fake.now_ns + 30 * FAKE_MS);
			oht_engine_abort(&fake.engine);
			far_run(fake.now_ns + 10 * FAKE_MS);
		}
		far_run_done(0);
		if (stops > OHT_PUT_BACKS_MAX)
			FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
		else
			FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
		KUNIT_EXPECT_EQ(test, fake.xfers[0].attempts,
				stops > OHT_PUT_BACKS_MAX ? stops : 3 + stops);
	}
}

/* A character that lies unread in the receiver makes the line busy. */
static void engine_stop_looks_first(struct kunit *test)
{
	u64 end_ns;

	fake.rx_level = 8;
	far_set_telegrams(1);
	fake_say_one(fake.now_ns, 0x55, 0);
	end_ns = oht_timing_rx_end_ns(&fake.engine.timing, fake.now_ns);
	oht_engine_abort(&fake.engine);
	KUNIT_EXPECT_EQ(test, fake.engine.state, OHT_ENGINE_GAP);
	fake_run_sent(1);
	KUNIT_EXPECT_GE(test, fake.frames[0].start_ns, end_ns + fake.engine.timing.t35_ns);
}

/* While only that last repeat waits, a new stop begins anew. */
static void engine_stop_given_up_then_again(struct kunit *test)
{
	far_end.dead_unit = FAR_STOP_UNIT;
	stop_give_up(1);
	far_run_done(0);
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 20 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 6);
	KUNIT_EXPECT_EQ(test, far_status().runs, 2);
	/* The reply that was given up for the first may come as late as before. */
	far_run(fake.now_ns + 200 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 7);
	KUNIT_EXPECT_EQ(test, fake.done[0], 1);
}

/* All of the list that begins behind a stop at @at_ns, whatever is sent then. */
static void stop_expect_all_again(unsigned int telegrams, u64 at_ns)
{
	unsigned int i, seen = 0;

	far_run(at_ns);
	oht_engine_abort(&fake.engine);
	far_run(at_ns + 300 * FAKE_MS);
	for (i = 0; i < fake.frame_count; i++)
		if (fake.frames[i].start_ns >= at_ns && far_is_telegram(&fake.frames[i]))
			seen |= fake.frames[i].adu[1] == 6 ? BIT(0) : BIT(1);
	KUNIT_EXPECT_EQ_MSG(fake.test, seen, BIT(telegrams) - 1, "%u telegrams, after %llu us\n",
			    telegrams, (at_ns - FAKE_START_NS) / FAKE_US);
	KUNIT_EXPECT_EQ(fake.test, far_status().flags, 0);
	KUNIT_EXPECT_LE(fake.test, far_status().results[0].attempts, 4);
}

/* A stop at any moment is told to each unit: also in the third round, and in the late repeat. */
static void engine_stop_again_at_any_time(struct kunit *test)
{
	u64 moment_ns, late_ns;
	unsigned int kind;

	for (kind = 0; kind < 4; kind++) {
		for (moment_ns = 0; moment_ns < 45 * FAKE_MS; moment_ns += 330 * FAKE_US) {
			engine_stop_init(test);
			far_end.turnaround_ns = FAKE_MS;
			far_end.dead_unit = kind / 2 ? FAR_STOP_UNIT : 0;
			far_set_telegrams(1 + kind % 2);
			oht_engine_abort(&fake.engine);
			stop_expect_all_again(1 + kind % 2, FAKE_START_NS + moment_ns);
		}
		for (moment_ns = 0; moment_ns < 12 * FAKE_MS; moment_ns += 330 * FAKE_US) {
			engine_stop_init(test);
			far_end.dead_unit = FAR_STOP_UNIT;
			late_ns = stop_give_up(1 + kind % 2);
			far_run_done(0);
			stop_expect_all_again(1 + kind % 2, late_ns + moment_ns);
		}
	}
}

/* The line is never silent: other transfers fail, and the stop telegram goes as soon as it can. */
static void engine_stop_babble(struct kunit *test)
{
	u64 at_ns;

	for (at_ns = fake.now_ns + FAKE_MS; at_ns < fake.now_ns + 1000 * FAKE_MS; at_ns += FAKE_MS)
		fake_say_one(at_ns, 0x55, 0);
	far_run(fake.now_ns + 2 * FAKE_MS);
	far_set_telegrams(1);
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	oht_engine_abort(&fake.engine);
	far_run(FAKE_START_NS + 1000 * FAKE_MS);
	FAKE_EXPECT_DONE(0, -EIO, OHT_DETAIL_LINE);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 0);
	far_run(FAKE_START_NS + 1003 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_telegrams_sent(), 1);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

/* The list stays, and the next stop sends all of it; what was under way is dropped. */
static void engine_stop_suspend(struct kunit *test)
{
	unsigned int sent;
	u64 moment_ns;

	for (moment_ns = 0; moment_ns < 20 * FAKE_MS; moment_ns += 270 * FAKE_US) {
		engine_stop_init(test);
		far_set_telegrams(2);
		oht_engine_abort(&fake.engine);
		far_run(FAKE_START_NS + moment_ns);
		oht_engine_suspend(&fake.engine);
		KUNIT_EXPECT_EQ(test, far_status().flags, 0);
		KUNIT_EXPECT_FALSE(test, fake.de);
		oht_engine_abort(&fake.engine);
		KUNIT_EXPECT_EQ(test, far_status().runs, 1);
		sent = far_telegrams_sent();
		fake.now_ns += FAKE_MS;
		KUNIT_EXPECT_EQ(test, oht_engine_resume(&fake.engine), 0);
		oht_engine_abort(&fake.engine);
		far_run(fake.now_ns + 100 * FAKE_MS);
		KUNIT_EXPECT_EQ(test, far_status().runs, 2);
		KUNIT_EXPECT_EQ(test, far_status().set, 2);
		KUNIT_EXPECT_EQ(test, far_telegrams_sent(), sent + 6);
	}
}

static void engine_stop_shutdown(struct kunit *test)
{
	u64 moment_ns;

	for (moment_ns = 0; moment_ns < 20 * FAKE_MS; moment_ns += 90 * FAKE_US) {
		engine_stop_init(test);
		far_set_telegrams(2);
		oht_engine_abort(&fake.engine);
		far_run(FAKE_START_NS + moment_ns);
		oht_engine_shutdown(&fake.engine);
		KUNIT_EXPECT_EQ(test, far_status().flags, 0);
		KUNIT_EXPECT_LE(test, fake.engine.stats.details[OHT_DETAIL_GONE], 1);
		KUNIT_EXPECT_FALSE(test, fake.de);
		KUNIT_EXPECT_EQ(test, fake.armed_ns, FAKE_NEVER);
		oht_engine_abort(&fake.engine);
		KUNIT_EXPECT_EQ(test, far_status().runs, 1);
		KUNIT_EXPECT_TRUE(test, list_empty(&fake.engine.queue[OHT_CLASS_STOP]));
	}
}

/* The transmitter hangs on the first: cut, reported, and the others are still tried. */
static void engine_stop_tx_stuck(struct kunit *test)
{
	fake.busy_extra_ns = 1000 * FAKE_MS;
	far_set_telegrams(1);
	oht_engine_abort(&fake.engine);
	far_run(fake.now_ns + 3 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_status().results[0].detail, OHT_DETAIL_TX_STUCK);
	KUNIT_EXPECT_EQ(test, far_status().results[0].sent_ns, 0);
	fake.busy_extra_ns = 0;
	far_run(fake.now_ns + 50 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, far_status().results[0].status, 0);
	KUNIT_EXPECT_NE(test, far_status().results[0].sent_ns, 0);
}

static struct kunit_case engine_stop_cases[] = {
	KUNIT_CASE(engine_stop_refusals),
	KUNIT_CASE(engine_stop_none),
	KUNIT_CASE(engine_stop_answered),
	KUNIT_CASE(engine_stop_unanswered),
	KUNIT_CASE(engine_stop_slow_answers),
	KUNIT_CASE(engine_stop_again_is_soon),
	KUNIT_CASE(engine_stop_answered_late),
	KUNIT_CASE(engine_stop_exception),
	KUNIT_CASE(engine_stop_overtakes),
	KUNIT_CASE(engine_stop_again),
	KUNIT_CASE(engine_stop_given_up),
	KUNIT_CASE(engine_stop_given_up_but_answered),
	KUNIT_CASE(engine_stop_given_up_half_answered),
	KUNIT_CASE(engine_stop_given_up_then_again),
	KUNIT_CASE(engine_stop_keeps_the_order),
	KUNIT_CASE(engine_stop_puts_back),
	KUNIT_CASE(engine_stop_looks_first),
	KUNIT_CASE(engine_stop_again_at_any_time),
	KUNIT_CASE(engine_stop_babble),
	KUNIT_CASE(engine_stop_suspend),
	KUNIT_CASE(engine_stop_shutdown),
	KUNIT_CASE(engine_stop_tx_stuck),
	{}
};

static struct kunit_suite engine_stop_suite = {
	.name = "oht_engine_stop",
	.init = engine_stop_init,
	.test_cases = engine_stop_cases,
};

kunit_test_suites(&engine_stop_suite);
