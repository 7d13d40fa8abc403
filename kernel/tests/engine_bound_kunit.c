// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a stop takes to reach the wire: at every moment of a transaction, never later than
 * oht_timing_stop_bound_ns() says. Everything at 115200 8N1.
 */
#include "engine_far.h"

/* Half a character: every phase of every byte. */
#define BOUND_STEP_NS		43000ULL
/* Rounding up to whole nanoseconds, once per sum. */
#define BOUND_ROUNDING_NS	20
#define BOUND_LIMIT_NS		(10 * FAKE_MS)

static const u64 bound_turnarounds_ns[] = { 0, 1750 * FAKE_US, 5 * FAKE_MS, 20 * FAKE_MS };

static unsigned int bound_us(u64 ns)
{
	return ns / FAKE_US;
}

static int engine_bound_init(struct kunit *test)
{
	far_init(test, 115200);
	return 0;
}

/* What the bound says of a stop that meets such an exchange. */
static u64 bound_of(unsigned int request_bytes, unsigned int reply_bytes, u64 turnaround_ns,
		    u64 *answer_ns)
{
	const struct oht_timing_exchange busy = {
		.request_bytes = request_bytes,
		.reply_bytes = reply_bytes,
		.turnaround_ns = turnaround_ns,
	};
	const struct oht_timing_exchange telegram = {
		.request_bytes = 8,
		.reply_bytes = 8,
		.turnaround_ns = turnaround_ns,
	};

	return oht_timing_stop_bound_ns(&fake.engine.timing, &busy, &telegram, answer_ns);
}

/* The units are known, one telegram is set; then a request at once. */
static void bound_begin(struct kunit *test, u64 turnaround_ns)
{
	struct oht_telegram telegram = far_stop_list[0];

	far_init(test, 115200);
	far_end.turnaround_ns = turnaround_ns;
	telegram.turnaround_us = turnaround_ns / FAKE_US;
	KUNIT_ASSERT_EQ(test, oht_engine_set_telegrams(&fake.engine, &telegram, 1), 0);
	far_teach(1);
	far_teach(FAR_STOP_UNIT);
}

/* Stop now; the times to the first telegram that is understood and to its answer. */
static void bound_stop(struct kunit *test, u64 *first_ns, u64 *answer_ns)
{
	u64 asked_ns = fake.now_ns;

	oht_engine_abort(&fake.engine);
	far_run(asked_ns + 200 * FAKE_MS);
	KUNIT_ASSERT_GT(test, far_end.telegram_ns, 0);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
	*first_ns = far_end.telegram_ns - asked_ns;
	*answer_ns = far_end.answer_ns - asked_ns;
}

/* ---- every moment of a read ---- */

/*
 * The checksum of this read ends in zero: it is the one that can be cut for the shortest time,
 * since without its last character it is a request as well.
 */
#define BOUND_ADDRESS	60

static void bound_read(struct kunit *test, u64 turnaround_ns, bool silent)
{
	u64 phase_ns, first_ns, answer_ns, bound_ns, bound_answer_ns, span_ns, worst_ns = 0;

	bound_ns = bound_of(8, 21, turnaround_ns, &bound_answer_ns);
	span_ns = turnaround_ns + 7 * FAKE_MS;
	for (phase_ns = 0; phase_ns < span_ns; phase_ns += BOUND_STEP_NS) {
		bound_begin(test, turnaround_ns);
		far_end.dead_unit = silent ? 1 : 0;
		fake_xfer(0, 1, 3, BOUND_ADDRESS, 8);
		fake_submit(0);
		far_run(fake.now_ns + phase_ns);
		bound_stop(test, &first_ns, &answer_ns);
		KUNIT_EXPECT_LE_MSG(test, first_ns, bound_ns + BOUND_ROUNDING_NS, "at %u us",
				    bound_us(phase_ns));
		KUNIT_EXPECT_LE_MSG(test, answer_ns, bound_answer_ns + BOUND_ROUNDING_NS,
				    "at %u us", bound_us(phase_ns));
		KUNIT_EXPECT_EQ(test, far_end.garbled, 0);
		KUNIT_EXPECT_EQ(test, fake.done[0], 1);
		KUNIT_EXPECT_EQ(test, fake.xfers[0].status, silent ? -ETIMEDOUT : 0);
		worst_ns = max(worst_ns, first_ns);
	}
	/* A bound that nothing comes near would be none. */
	if (!silent)
		KUNIT_EXPECT_GE(test, worst_ns + 2 * BOUND_STEP_NS, bound_ns);
	kunit_info(test, "turnaround %u us, %s: bound %u us, worst %u us\n",
		   bound_us(turnaround_ns), silent ? "silent" : "answers",
		   bound_us(bound_ns), bound_us(worst_ns));
}

static void engine_bound_reads(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bound_turnarounds_ns); i++)
		bound_read(test, bound_turnarounds_ns[i], false);
}

static void engine_bound_silent(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bound_turnarounds_ns); i++)
		bound_read(test, bound_turnarounds_ns[i], true);
}

/*
 * A read of the unit of the telegram, which needs a rest behind its answer: the telegram comes when
 * the unit hears again, and not later than the bound with that rest.
 */
static void bound_rest(struct kunit *test, u32 rest_us)
{
	const struct oht_engine_policy policy = { .set = true, .timeout_us = 50000,
						  .rest_us = rest_us };
	u64 phase_ns, first_ns, answer_ns, bound_ns, said_ns, worst_ns = 0;
	const struct oht_timing_exchange busy = {
		.request_bytes = 8, .reply_bytes = 21, .turnaround_ns = 1750 * FAKE_US,
		.rest_ns = rest_us * FAKE_US,
	};
	const struct oht_timing *t = &fake.engine.timing;

	bound_ns = oht_timing_stop_ns(t, &busy);
	for (phase_ns = 0; phase_ns < 8 * FAKE_MS + rest_us * FAKE_US; phase_ns += BOUND_STEP_NS) {
		bound_begin(test, 1750 * FAKE_US);
		KUNIT_ASSERT_EQ(test, oht_engine_set_policy(&fake.engine, FAR_STOP_UNIT, &policy),
				0);
		fake_xfer(0, FAR_STOP_UNIT, 3, BOUND_ADDRESS, 8);
		fake_submit(0);
		far_run(fake.now_ns + phase_ns);
		said_ns = fake.done[0] ? far_end.end_ns : 0;
		bound_stop(test, &first_ns, &answer_ns);
		KUNIT_EXPECT_LE_MSG(test, first_ns, bound_ns + BOUND_ROUNDING_NS, "at %u us",
				    bound_us(phase_ns));
		if (said_ns)
			KUNIT_EXPECT_GE_MSG(test, far_end.telegram_ns,
					    said_ns + rest_us * FAKE_US, "at %u us",
					    bound_us(phase_ns));
		worst_ns = max(worst_ns, first_ns);
	}
	KUNIT_EXPECT_GE(test, worst_ns + t->char_ns + 2 * BOUND_STEP_NS, bound_ns);
	kunit_info(test, "rest %u us: bound %u us, worst %u us\n", rest_us, bound_us(bound_ns),
		   bound_us(worst_ns));
}

static void engine_bound_rests(struct kunit *test)
{
	bound_rest(test, 1000);
	bound_rest(test, 4000);
	bound_rest(test, 15000);
}

/* The figures that the project promises, at the turnaround for which it does. */
static void engine_bound_figures(struct kunit *test)
{
	u64 answer_ns, first_ns = bound_of(8, 21, 1750 * FAKE_US, &answer_ns);

	KUNIT_EXPECT_LE(test, first_ns, BOUND_LIMIT_NS);
	KUNIT_EXPECT_LE(test, answer_ns, BOUND_LIMIT_NS);
}

/*
 * A unit that takes longer than ever before begins its reply anywhere in the telegram, or right
 * before it: then that telegram is lost, and the repeat must do.
 */
static void bound_surprise(struct kunit *test, u64 stop_after_ns)
{
	u64 slow_ns, first_ns, answer_ns;

	for (slow_ns = 1750 * FAKE_US; slow_ns < 4500 * FAKE_US; slow_ns += BOUND_STEP_NS / 4) {
		bound_begin(test, 1750 * FAKE_US);
		far_end.slow_ns = slow_ns;
		fake_xfer(0, 1, 3, 0, 8);
		fake_submit(0);
		fake_run_sent(3);
		far_run(fake_last()->end_ns + stop_after_ns);
		bound_stop(test, &first_ns, &answer_ns);
		KUNIT_EXPECT_LE_MSG(test, first_ns, BOUND_LIMIT_NS, "slow %u us",
				    bound_us(slow_ns));
		KUNIT_EXPECT_LE_MSG(test, answer_ns, BOUND_LIMIT_NS, "slow %u us",
				    bound_us(slow_ns));
		KUNIT_EXPECT_EQ(test, fake.done[0], 1);
	}
}

static void engine_bound_surprise(struct kunit *test)
{
	u64 after_ns;

	for (after_ns = 0; after_ns < 2200 * FAKE_US; after_ns += 500 * FAKE_US)
		bound_surprise(test, after_ns);
}

/* ---- what is cut, and what is not ---- */

/* A long write at each of its bytes: cut, the gap kept, and no unit takes it for a request. */
static void bound_long_write(struct kunit *test, unsigned int fifo_bytes)
{
	u64 first_ns, answer_ns, bound_ns, bound_answer_ns;
	unsigned int byte;

	for (byte = 0; byte < 255; byte++) {
		bound_begin(test, 1750 * FAKE_US);
		bound_ns = bound_of(255, 8, 1750 * FAKE_US, &bound_answer_ns);
		fake.fifo_bytes = fifo_bytes;
		fake_xfer(0, 1, 16, 0, 123);
		fake_submit(0);
		while (fake.frame_count < 3)
			fake_step(FAKE_NEVER);
		far_run(fake_last()->start_ns + byte * fake.engine.timing.char_ns + 10);
		bound_stop(test, &first_ns, &answer_ns);
		FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
		KUNIT_EXPECT_LE_MSG(test, first_ns, bound_ns + BOUND_ROUNDING_NS, "byte %u", byte);
		KUNIT_EXPECT_LE(test, answer_ns, bound_answer_ns + BOUND_ROUNDING_NS);
		/* The last byte cannot be called back: then its answer was waited for. */
		KUNIT_EXPECT_EQ_MSG(test, far_is_whole(&fake.frames[2]), byte > 253, "byte %u",
				    byte);
		KUNIT_EXPECT_EQ(test, far_end.garbled, 0);
	}
}

static void engine_bound_long_write(struct kunit *test)
{
	bound_long_write(test, 0);
	bound_long_write(test, 16);
}

/* A transmitter that takes no wire time has sent all of it: it cannot be cut. */
static void engine_bound_unpaced(struct kunit *test)
{
	u64 first_ns, answer_ns, bound_ns, bound_answer_ns;

	bound_begin(test, 1750 * FAKE_US);
	fake.unpaced = true;
	bound_ns = bound_of(8, 21, 1750 * FAKE_US, &bound_answer_ns) +
		   oht_timing_chars_ns(&fake.engine.timing, 8);
	fake_xfer(0, 1, 3, 0, 8);
	fake_submit(0);
	while (fake.frame_count < 3)
		fake_step(FAKE_NEVER);
	far_run(fake.now_ns + 100 * FAKE_US);
	bound_stop(test, &first_ns, &answer_ns);
	KUNIT_EXPECT_TRUE(test, far_is_whole(&fake.frames[2]));
	KUNIT_EXPECT_LE(test, first_ns, bound_ns);
	KUNIT_EXPECT_EQ(test, far_end.garbled, 0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* A reply that breaks off at any byte costs no more than one that is complete. */
static void engine_bound_broken_reply(struct kunit *test)
{
	u64 first_ns, answer_ns, bound_ns, bound_answer_ns;
	unsigned int bytes;
	u8 adu[OHT_ADU_MAX_BYTES];

	bound_ns = bound_of(8, 21, 1750 * FAKE_US, &bound_answer_ns);
	for (bytes = 1; bytes < 21; bytes++) {
		bound_begin(test, 1750 * FAKE_US);
		far_end.silent = 1;
		fake_xfer(0, 1, 3, 0, 8)->retries = 1;
		fake_submit(0);
		fake_run_sent(3);
		fake_answer(&fake.xfers[0], adu);
		fake_say(fake_last()->end_ns + 1750 * FAKE_US, adu, bytes);
		far_run(fake_last()->end_ns + FAKE_US);
		bound_stop(test, &first_ns, &answer_ns);
		KUNIT_EXPECT_LE_MSG(test, first_ns, bound_ns, "%u bytes", bytes);
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	}
}

/* The stop comes when it has broken off already, and silence is what is waited for. */
static void bound_broken_before(struct kunit *test, u64 since_ns)
{
	u64 first_ns, answer_ns, silence_ns;
	u8 adu[OHT_ADU_MAX_BYTES];

	bound_begin(test, 1750 * FAKE_US);
	silence_ns = fake.engine.timing.t35_ns + fake.engine.timing.char_ns;
	far_end.silent = 1;
	fake_xfer(0, 1, 3, 0, 8)->retries = 1;
	fake_submit(0);
	fake_run_sent(3);
	fake_answer(&fake.xfers[0], adu);
	fake_say(fake_last()->end_ns + 1750 * FAKE_US, adu, 7);
	far_run(fake.heard_ns + since_ns);
	KUNIT_EXPECT_EQ(test, fake.engine.state, OHT_ENGINE_COLLECT);
	bound_stop(test, &first_ns, &answer_ns);
	silence_ns -= min(silence_ns, since_ns);
	KUNIT_EXPECT_LE(test, first_ns, silence_ns + FAKE_US +
			oht_timing_chars_ns(&fake.engine.timing, 8));
}

static void engine_bound_broken_before(struct kunit *test)
{
	bound_broken_before(test, FAKE_US);
	bound_broken_before(test, FAKE_MS);
	bound_broken_before(test, 5 * FAKE_MS);
}

/* ---- noise in the place of a reply ---- */

/* Bytes that begin like a frame of another unit, then bytes that begin none. */
static void engine_bound_nothing_held(struct kunit *test)
{
	u64 first_ns, answer_ns, bound_ns, bound_answer_ns;
	u32 timeout_us;

	bound_ns = bound_of(8, 21, 1750 * FAKE_US, &bound_answer_ns);
	for (timeout_us = 5000; timeout_us < 2000000; timeout_us *= 3) {
		bound_begin(test, 1750 * FAKE_US);
		far_end.dead_unit = 1;
		fake_xfer(0, 1, 3, 0, 8)->timeout_us = timeout_us;
		fake_submit(0);
		fake_run_sent(3);
		fake_say_one(fake_last()->end_ns + 200 * FAKE_US, 0x42, 0);
		fake_say_one(fake_last()->end_ns + 1400 * FAKE_US, 0x00, 0);
		far_run(fake_last()->end_ns + 2500 * FAKE_US);
		bound_stop(test, &first_ns, &answer_ns);
		KUNIT_EXPECT_LE_MSG(test, first_ns, bound_ns, "time-out %u us\n", timeout_us);
	}
}

/* Nor is the time-out longer than it says. */
static void engine_bound_nothing_held_times_out(struct kunit *test)
{
	bound_begin(test, 1750 * FAKE_US);
	far_end.dead_unit = 1;
	fake_xfer(0, 1, 3, 0, 8)->timeout_us = 5000;
	fake_submit(0);
	fake_run_sent(3);
	fake_say_one(fake_last()->end_ns + 200 * FAKE_US, 0x42, 0);
	fake_say_one(fake_last()->end_ns + 1400 * FAKE_US, 0x00, 0);
	far_run_done(0);
	KUNIT_EXPECT_LE(test, fake.done_ns[0], fake_last()->end_ns + 5100 * FAKE_US);
	FAKE_EXPECT_DONE(0, -EBADMSG, OHT_DETAIL_SHORT);
}

#define BOUND_RUNS	300

static u32 bound_seed;

static u32 bound_random(u32 below)
{
	bound_seed = bound_seed * 1664525 + 1013904223;
	return (bound_seed >> 8) % below;
}

/* Up to six characters at any time behind the request; returns the end of the last one. */
static u64 bound_make_noise(void)
{
	static const u8 data[] = { 0x00, 0xff, 0xf8, 0x42, 0x01, 0x03, 0x83, 0x10 };
	const u64 char_ns = fake.engine.timing.char_ns;
	u64 at_ns = fake_last()->end_ns + bound_random(3000) * FAKE_US;
	unsigned int count = bound_random(7);

	while (count--) {
		at_ns += char_ns + (bound_random(2) ? bound_random(2500) * FAKE_US : 0);
		fake_say_one(at_ns, data[bound_random(ARRAY_SIZE(data))], 0);
	}
	return at_ns;
}

/* Whatever is heard, the bound counts from the press, or from the end of the noise. */
static void engine_bound_random_noise(struct kunit *test)
{
	u64 first_ns, answer_ns, bound_ns, bound_answer_ns, noise_ns, asked_ns, longest_ns = 0;
	const u32 first = FAKE_FIRST_RUN(), runs = FAKE_RUNS(BOUND_RUNS);
	u32 run;

	for (run = first; run - first < runs; run++) {
		bound_seed = run;
		bound_begin(test, 1750 * FAKE_US);
		bound_ns = bound_of(8, 21, 1750 * FAKE_US, &bound_answer_ns);
		far_end.dead_unit = bound_random(4) ? 1 : 0;
		fake_xfer(0, 1, 3, bound_random(100), 8)->timeout_us = 2000 + bound_random(100000);
		fake_submit(0);
		fake_run_sent(3);
		noise_ns = bound_make_noise();
		far_run(fake_last()->end_ns + bound_random(12000) * FAKE_US);
		asked_ns = fake.now_ns;
		bound_stop(test, &first_ns, &answer_ns);
		bound_ns += noise_ns - min(noise_ns, asked_ns) + fake.engine.timing.char_ns;
		KUNIT_EXPECT_LE_MSG(test, first_ns, bound_ns, "run %u: %u us\n", run,
				    bound_us(first_ns));
		longest_ns = max(longest_ns, first_ns);
	}
	kunit_info(test, "%u runs from %u: first telegram after %u us at most\n", runs, first,
		   bound_us(longest_ns));
}

/* ---- how long is waited for whom ---- */

struct bound_wait {
	u8 unit;
	u32 timeout_us;
	u64 learned_ns;		/* of unit 1 */
	u64 silence_us;		/* what a stop gives it, after its request */
};

static const struct bound_wait bound_waits[] = {
	/* A tenth more than ever; never less than t3.5; never more than its time-out. */
	{ 1, 50000, 10 * FAKE_MS, 11000 },
	{ 1, 50000, 0, 1750 },
	{ 1, 50000, 500 * FAKE_US, 1750 },
	{ 1, 5000, 4900 * FAKE_US, 5000 },
	/* A unit that never answered gets the longest time of the others. */
	{ 9, 50000, 10 * FAKE_MS, 11000 },
	{ 9, 50000, 0, 1750 },
};

static void engine_bound_waits(struct kunit *test)
{
	const struct bound_wait *wait;
	u64 gap_ns;

	for (wait = bound_waits; wait < bound_waits + ARRAY_SIZE(bound_waits); wait++) {
		far_init(test, 115200);
		far_set_telegrams(1);
		far_end.turnaround_ns = wait->learned_ns;
		far_teach(1);
		far_end.dead = true;
		fake_xfer(0, wait->unit, 3, 0, 8)->timeout_us = wait->timeout_us;
		fake_submit(0);
		fake_run_sent(2);
		oht_engine_abort(&fake.engine);
		fake_run_sent(3);
		gap_ns = fake.frames[2].start_ns - fake.frames[1].end_ns;
		KUNIT_EXPECT_TRUE(test, far_is_telegram(&fake.frames[2]));
		KUNIT_EXPECT_GE(test, gap_ns, wait->silence_us * FAKE_US);
		KUNIT_EXPECT_LE(test, gap_ns, wait->silence_us * FAKE_US + 90 * FAKE_US);
		/* Given up for the stop, or timed out as it would have anyway. */
		KUNIT_EXPECT_EQ(test, fake.done[0], wait->silence_us == wait->timeout_us);
	}
}

/* Unit 1 answers @count requests of that function, each after @turnaround_ns. */
static void bound_answer(unsigned int count, u8 function, u64 turnaround_ns)
{
	far_end.turnaround_ns = turnaround_ns;
	while (count--) {
		fake_xfer(14, 1, function, 0x0300, 1)->timeout_us = 500000;
		fake_submit(14);
		far_run_done(14);
		fake_rewind();
		far_end.seen = 0;
	}
}

/* A stop meets a request of @unit that stays without an answer: how long it waits for one. */
static void bound_expect_silence(u8 unit, u8 function, u64 silence_us)
{
	u64 gap_ns;

	far_end.dead = true;
	fake_xfer(0, unit, function, 0, 1)->timeout_us = 500000;
	fake_submit(0);
	fake_run_sent(1);
	oht_engine_abort(&fake.engine);
	fake_run_sent(2);
	gap_ns = fake.frames[1].start_ns - fake.frames[0].end_ns;
	KUNIT_EXPECT_TRUE(fake.test, far_is_telegram(&fake.frames[1]));
	KUNIT_EXPECT_GE(fake.test, gap_ns, silence_us * FAKE_US);
	KUNIT_EXPECT_LE(fake.test, gap_ns, silence_us * FAKE_US + 90 * FAKE_US);
}

struct bound_memory {
	u8 slow;		/* function of the one answer that took 300 ms, unit 1 */
	unsigned int reads;	/* quick answers behind it, of unit 1 */
	unsigned int writes;
	u8 unit;		/* which unit is asked when the stop comes, and for what */
	u8 function;
	u64 silence_us;
};

static const struct bound_memory bound_memories[] = {
	/* A slow write says nothing of reads, nor of units that never answered. */
	{ 6, 1, 0, 1, 3, 1750 },
	{ 6, 1, 0, 9, 3, 1750 },
	{ 6, 1, 0, 9, 6, 1750 },
	{ 6, 1, 0, 1, 6, 330000 },
	{ 6, 2 * OHT_LEARN_ANSWERS, 0, 1, 6, 330000 },
	/* Nor a slow read of writes, as soon as one was answered. */
	{ 3, 1, 1, 1, 6, 1750 },
	{ 3, 1, 0, 1, 6, 330000 },
	/* It is remembered for some time, and then it is not. */
	{ 3, OHT_LEARN_ANSWERS - 1, 0, 1, 3, 330000 },
	{ 3, 2 * OHT_LEARN_ANSWERS, 0, 1, 3, 1750 },
	{ 3, 2 * OHT_LEARN_ANSWERS, 0, 9, 3, 1750 },
	{ 6, 0, 2 * OHT_LEARN_ANSWERS, 1, 6, 1750 },
};

/* One slow answer in a life does not make each later stop wait. */
static void engine_bound_forgets(struct kunit *test)
{
	const struct bound_memory *memory = bound_memories;

	for (; memory < bound_memories + ARRAY_SIZE(bound_memories); memory++) {
		far_init(test, 115200);
		far_set_telegrams(1);
		bound_answer(1, memory->slow, 300 * FAKE_MS);
		bound_answer(memory->reads, 3, FAKE_MS);
		bound_answer(memory->writes, 6, FAKE_MS);
		bound_expect_silence(memory->unit, memory->function, memory->silence_us);
	}
}

/* No unit has ever answered. */
static void engine_bound_nobody_known(struct kunit *test)
{
	far_set_telegrams(1);
	fake_xfer(0, 9, 3, 0, 8);
	fake_submit(0);
	fake_run_sent(1);
	oht_engine_abort(&fake.engine);
	fake_run_sent(2);
	KUNIT_EXPECT_LE(test, fake.frames[1].start_ns,
			fake.frames[0].end_ns + 1750 * FAKE_US + 90 * FAKE_US);
}

/* After a broadcast only t3.5 is awaited, however long the line was to be kept quiet. */
static void engine_bound_broadcast(struct kunit *test)
{
	far_set_telegrams(1);
	far_end.turnaround_ns = 10 * FAKE_MS;
	far_teach(1);
	fake_xfer(0, 0, 6, 0, 1);
	fake_submit(0);
	fake_run_sent(2);
	oht_engine_abort(&fake.engine);
	FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
	fake_run_sent(3);
	KUNIT_EXPECT_LE(test, fake.frames[2].start_ns,
			fake.frames[1].end_ns + 1750 * FAKE_US + 90 * FAKE_US);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

static struct kunit_case engine_bound_cases[] = {
	KUNIT_CASE(engine_bound_reads),
	KUNIT_CASE(engine_bound_silent),
	KUNIT_CASE(engine_bound_rests),
	KUNIT_CASE(engine_bound_figures),
	KUNIT_CASE(engine_bound_surprise),
	KUNIT_CASE(engine_bound_long_write),
	KUNIT_CASE(engine_bound_unpaced),
	KUNIT_CASE(engine_bound_broken_reply),
	KUNIT_CASE(engine_bound_broken_before),
	KUNIT_CASE(engine_bound_nothing_held),
	KUNIT_CASE(engine_bound_nothing_held_times_out),
	KUNIT_CASE(engine_bound_random_noise),
	KUNIT_CASE(engine_bound_waits),
	KUNIT_CASE(engine_bound_forgets),
	KUNIT_CASE(engine_bound_nobody_known),
	KUNIT_CASE(engine_bound_broadcast),
	{}
};

static struct kunit_suite engine_bound_suite = {
	.name = "oht_engine_bound",
	.init = engine_bound_init,
	.test_cases = engine_bound_cases,
};

kunit_test_suites(&engine_bound_suite);
