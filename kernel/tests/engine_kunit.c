// SPDX-License-Identifier: GPL-2.0-only
/* The engine with units that behave: when it sends what, and how it judges the answer. */
#include "engine_fake.h"

static int engine_test_init(struct kunit *test)
{
	fake_init(test, 115200);
	return 0;
}

static void engine_test_read(struct kunit *test)
{
	const u8 request[] = { 0x11, 0x03, 0x00, 0x6b, 0x00, 0x03, 0x76, 0x87 };
	struct oht_xfer *x = fake_xfer(0, 0x11, 3, 0x006b, 3);

	fake_submit(0);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->bytes, sizeof(request));
	KUNIT_EXPECT_EQ(test, memcmp(fake_last()->adu, request, sizeof(request)), 0);
	KUNIT_EXPECT_EQ(test, fake_last()->start_ns, FAKE_START_NS);
	KUNIT_EXPECT_EQ(test, fake_last()->off_ns, fake_last()->end_ns);
	fake_answer_to(0, 1750 * FAKE_US);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, x->attempts, 1);
	KUNIT_EXPECT_EQ(test, x->words[0], 0x106b);
	KUNIT_EXPECT_EQ(test, x->words[2], 0x106d);
	/* Rounding of single characters is all that may be lost. */
	KUNIT_EXPECT_LE(test, x->turnaround_ns, 1750 * FAKE_US + 2);
	KUNIT_EXPECT_GE(test, x->turnaround_ns, 1750 * FAKE_US - 2);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.replies_ok, 1);
}

/* It is done with the last character, not with the silence after it. */
static void engine_test_done_in_the_interrupt(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
	KUNIT_EXPECT_EQ(test, fake.done_ns[0], fake.rx[fake.rx_tail - 1].at_ns);
}

static void engine_test_writes(struct kunit *test)
{
	fake_xfer(0, 4, 6, 0x0010, 1);
	fake_submit(0);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->bytes, 8);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	fake_xfer(1, 4, 16, 0x0010, 123);
	fake_submit(1);
	fake_run_sent(2);
	KUNIT_EXPECT_EQ(test, fake_last()->bytes, 255);
	fake_answer_to(1, FAKE_MS);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

/* After an answer, and after none, the next start bit comes at t3.5 and not a nanosecond later. */
static void engine_test_gap_is_exact(struct kunit *test)
{
	u64 end_ns;

	fake_xfer(0, 1, 3, 0, 1);
	fake_xfer(1, 1, 3, 0, 1);
	fake_submit(0);
	fake_submit(1);
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	end_ns = fake.heard_ns;
	fake_run_sent(2);
	KUNIT_EXPECT_EQ(test, fake_last()->start_ns, end_ns + fake.engine.timing.t35_ns);
	KUNIT_EXPECT_EQ(test, fake.engine.stats.gap_late_max_ns, 0);
}

static void engine_test_gap_in_every_format(struct kunit *test)
{
	static const u32 bauds[] = { 1200, 9600, 19200, 38400, 115200, 1000000 };
	struct oht_line line = { .gap_char_bits = 11 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bauds) * 4; i++) {
		line.baud_bps = bauds[i / 4];
		line.parity = i & 1;
		line.stop_bits = 1 + (i >> 1 & 1);
		fake_init_line(test, &line);
		fake_expect_in_step(0);
		fake_expect_in_step(1);
		KUNIT_EXPECT_GE(test, fake_last()->start_ns,
				fake.frames[0].end_ns + fake.engine.timing.t35_ns);
	}
}

static void engine_test_first_frame_waits(struct kunit *test)
{
	fake.engine.line_free_ns = FAKE_START_NS + fake.engine.timing.t35_ns;
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->start_ns, FAKE_START_NS + fake.engine.timing.t35_ns);
}

static void engine_test_zero_turnaround(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0, 8);
	fake_submit(0);
	/* Said before the request has left, as the far end of a wire would. */
	fake_answer_to(0, 0);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_LE(test, fake.xfers[0].turnaround_ns, 2);
}

static void engine_test_time_out(struct kunit *test)
{
	struct oht_xfer *x = fake_xfer(0, 1, 3, 0, 1);
	u64 end_ns;

	x->timeout_us = 20000;
	x->retries = 2;
	fake_submit(0);
	fake_run_sent(1);
	end_ns = fake_last()->end_ns;
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
	KUNIT_EXPECT_EQ(test, x->attempts, 3);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 3);
	KUNIT_EXPECT_EQ(test, fake.frames[1].start_ns,
			end_ns + 20 * FAKE_MS + fake.engine.timing.char_ns);
	fake_expect_in_step(1);
}

/* The last moment at which the first start bit may come, and the first at which it may not. */
static void engine_test_deadline_is_exact(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	fake_run_sent(1);
	fake_answer_to(0, 50 * FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	fake_xfer(1, 1, 3, 0, 1);
	fake_submit(1);
	fake_run_sent(2);
	fake_answer_to(1, 50 * FAKE_MS + fake.engine.timing.char_ns);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, -ETIMEDOUT, OHT_DETAIL_TIMEOUT);
}

static void engine_test_driver_enable(struct kunit *test)
{
	struct oht_line line = { .baud_bps = 9600, .stop_bits = 1, .gap_char_bits = 11,
				 .de_setup_us = 100, .de_hold_us = 200 };

	fake_init_line(test, &line);
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	KUNIT_EXPECT_TRUE(test, fake.de);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 0);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->start_ns, FAKE_START_NS + 100 * FAKE_US);
	KUNIT_EXPECT_EQ(test, fake_last()->off_ns, fake_last()->end_ns + 200 * FAKE_US);
	fake_answer_to(0, 300 * FAKE_US);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* Our clock says that all has left, the UART does not: the line stays driven until both agree. */
static void engine_test_busy_a_little_longer(struct kunit *test)
{
	u64 late_ns;

	fake.busy_extra_ns = fake.engine.timing.char_ns;
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	fake_run_sent(1);
	late_ns = fake_last()->off_ns - fake_last()->end_ns;
	KUNIT_EXPECT_GE(test, late_ns, fake.busy_extra_ns);
	KUNIT_EXPECT_LE(test, late_ns, fake.busy_extra_ns + fake.engine.timing.bit_ns);
	fake_answer_to(0, 2 * FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	/* Silence counts from the end that the UART gave. */
	KUNIT_EXPECT_LE(test, fake.xfers[0].turnaround_ns, 2 * FAKE_MS - late_ns + 2);
}

/* A port that hands over: the request goes out later, and its time-out counts from then. */
static void engine_test_late_port(struct kunit *test)
{
	fake.port.send_late_ns = 50 * FAKE_MS;
	fake.handover_ns = 20 * FAKE_MS;
	fake_xfer(0, 1, 3, 0, 1)->retries = 0;
	fake_submit(0);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->bytes, 8);
	KUNIT_EXPECT_GE(test, fake_last()->start_ns, FAKE_START_NS + 20 * FAKE_MS);
	KUNIT_EXPECT_GE(test, fake_last()->off_ns, fake_last()->end_ns);
	KUNIT_EXPECT_LE(test, fake_last()->off_ns, fake_last()->end_ns + fake.engine.timing.bit_ns);
	fake_answer_to(0, 2 * FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* Over its own limit: the request is given up, and the next one is not mixed with it. */
static void engine_test_too_late_port(struct kunit *test)
{
	fake.port.send_late_ns = 50 * FAKE_MS;
	fake.handover_ns = 60 * FAKE_MS;
	fake_xfer(0, 1, 3, 0, 1)->retries = 0;
	fake_submit(0);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EIO, OHT_DETAIL_TX_STUCK);
	KUNIT_EXPECT_GE(test, fake.done_ns[0], FAKE_START_NS + 50 * FAKE_MS);
	fake_run(fake.now_ns + 20 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 0);
	KUNIT_EXPECT_FALSE(test, fake.de);
	KUNIT_EXPECT_FALSE(test, fake.cutting);
	fake.handover_ns = 0;
	fake_expect_in_step(1);
}

static void engine_test_busy_for_ever(struct kunit *test)
{
	struct oht_xfer *x = fake_xfer(0, 1, 3, 0, 1);

	x->retries = 1;
	fake.busy_extra_ns = 10000 * FAKE_MS;
	fake_submit(0);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -EIO, OHT_DETAIL_TX_STUCK);
	KUNIT_EXPECT_EQ(test, x->attempts, 2);
	fake_run(fake.now_ns + 10 * FAKE_MS);
	KUNIT_EXPECT_FALSE(test, fake.de);
	KUNIT_EXPECT_FALSE(test, fake.cutting);
	fake.busy_extra_ns = 0;
	fake_expect_in_step(1);
}

/* Transfer 0 leaves in one piece, behind its driver, and is answered. */
static void engine_expect_whole(struct kunit *test, unsigned int bytes)
{
	fake_submit(0);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->bytes, bytes);
	KUNIT_EXPECT_GE(test, fake_last()->off_ns, fake_last()->end_ns);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* Something below us (a hypervisor, a bus) holds the processor between the clock and the FIFO. */
static void engine_test_held_while_sending(struct kunit *test)
{
	fake.held_ns = 3 * FAKE_MS;
	fake_xfer(0, 1, 3, 0, 1)->retries = 0;
	engine_expect_whole(test, 8);
}

/* The same when the rest of a long request is fed. */
static void engine_test_held_while_feeding(struct kunit *test)
{
	fake.fifo_bytes = 16;
	fake.held_ns = 3 * FAKE_MS;
	fake_xfer(0, 1, 16, 0, 20)->retries = 0;
	engine_expect_whole(test, 49);
}

static void engine_test_small_fifo(struct kunit *test)
{
	fake.fifo_bytes = 16;
	fake_xfer(0, 1, 16, 0, 100);
	fake_submit(0);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->bytes, 209);
	KUNIT_EXPECT_LE(test, fake_last()->end_ns - fake_last()->start_ns,
			oht_timing_chars_ns(&fake.engine.timing, 209) + 20);
	KUNIT_EXPECT_GE(test, fake_last()->off_ns, fake_last()->end_ns - 20);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* The transmitter runs dry because the interrupt is late: the end moves, nothing is cut off. */
static void engine_test_dry_fifo(struct kunit *test)
{
	fake.fifo_bytes = 16;
	fake.interrupt_late_ns = 500 * FAKE_US;
	fake_xfer(0, 1, 16, 0, 20);
	engine_expect_whole(test, 49);
}

/* The interrupt that asks for more never comes: our own clock looks after it. */
static void engine_test_lost_interrupt(struct kunit *test)
{
	fake.fifo_bytes = 16;
	fake.interrupt_late_ns = 100000 * FAKE_MS;
	fake_xfer(0, 1, 16, 0, 20);
	fake_submit(0);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->bytes, 49);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* A FIFO that reports late: the timer looks at the predicted end, nothing waits for the report. */
static void engine_test_receive_fifo(struct kunit *test)
{
	static const unsigned int levels[] = { 2, 4, 8, 16, 100 };
	struct oht_xfer *x;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		fake_init(test, 115200);
		fake.rx_level = levels[i];
		x = fake_xfer(0, 1, 3, 0, 20);
		fake_submit(0);
		fake_run_sent(1);
		fake_answer_to(0, FAKE_MS);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
		/* The last level has to wait for the silence, as the hardware has it. */
		KUNIT_EXPECT_LE_MSG(test, fake.done_ns[0], fake.heard_ns +
				    (levels[i] < 45 ? 1 : 4) * fake.engine.timing.char_ns,
				    "level %u", levels[i]);
		if (levels[i] < 45)
			KUNIT_EXPECT_LE_MSG(test, x->turnaround_ns, FAKE_MS + 2, "level %u",
					    levels[i]);
		KUNIT_EXPECT_GE_MSG(test, x->turnaround_ns, FAKE_MS - 2, "level %u", levels[i]);
		fake_expect_in_step(1);
	}
}

/*
 * An answer in many pieces that comes as predicted does not have the timer set for each; one that
 * pauses within itself does, and is found complete as soon as it is.
 */
static void engine_test_receive_pieces(struct kunit *test)
{
	static const u64 pauses_ns[] = { 0, 400 * FAKE_US };
	unsigned int i, bytes, arms, pieces[ARRAY_SIZE(pauses_ns)];
	u8 adu[OHT_ADU_MAX_BYTES];
	u64 end_ns;

	for (i = 0; i < ARRAY_SIZE(pauses_ns); i++) {
		fake_init(test, 115200);
		fake.rx_level = 4;
		fake_xfer(0, 1, 3, 0, 20);
		fake_submit(0);
		fake_run_sent(1);
		arms = fake.arms;
		bytes = fake_answer(&fake.xfers[0], adu);
		end_ns = fake_say(fake_last()->end_ns + FAKE_MS, adu, bytes / 2);
		fake_say(end_ns + pauses_ns[i], adu + bytes / 2, bytes - bytes / 2);
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_LE_MSG(test, fake.done_ns[0],
				    fake.heard_ns + fake.engine.timing.char_ns, "piece %u", i);
		pieces[i] = fake.arms - arms;
	}
	/* Release, first piece, the gap after it; and at most two on the way, of eleven pieces. */
	KUNIT_EXPECT_LE(test, pieces[0], 5);
	KUNIT_EXPECT_GT(test, pieces[1], pieces[0]);
}

/* One character that no interrupt has reported makes the line busy all the same. */
static void engine_test_unreported_character(struct kunit *test)
{
	fake.rx_level = 16;
	fake_say_one(fake.now_ns + FAKE_MS, 0x55, 0);
	fake_run(fake.now_ns + FAKE_MS + 10);
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 0);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

/* A short time-out ends before t3.5 has passed: the next request waits for it nevertheless. */
static void engine_test_short_time_out(struct kunit *test)
{
	struct oht_xfer *x = fake_xfer(0, 1, 3, 0, 1);

	x->timeout_us = 1000;
	x->retries = 3;
	fake_submit(0);
	fake_run_done(0);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 4);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

/* A second attempt goes before what came later in the same class, after what is more urgent. */
static void engine_test_retry_keeps_its_place(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0, 1)->retries = 1;
	fake_xfer(1, 2, 3, 0, 1);
	fake_xfer(2, 3, 3, 0, 1)->priority = OHT_PRIO_COMMAND;
	fake_submit(0);
	fake_submit(1);
	fake_run_sent(1);
	fake_submit(2);
	fake_run_sent(2);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 3);
	fake_run_sent(3);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 1);
}

static void engine_test_priorities(struct kunit *test)
{
	static const u8 priorities[] = { OHT_PRIO_BACKGROUND, OHT_PRIO_BACKGROUND, OHT_PRIO_CYCLIC,
					 OHT_PRIO_CYCLIC, OHT_PRIO_COMMAND, OHT_PRIO_COMMAND };
	/* The first is on the wire before the others come. */
	static const u8 order[] = { 0, 4, 5, 2, 3, 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(priorities); i++) {
		fake_xfer(i, 1 + i, 3, 0, 1)->priority = priorities[i];
		fake_submit(i);
	}
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		fake_run_sent(i + 1);
		fake_answer_to(order[i], FAKE_MS);
		fake_run_done(order[i]);
		KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 1 + order[i]);
	}
}

/* What comes during the gap goes first if its class is higher. */
static void engine_test_overtake_in_the_gap(struct kunit *test)
{
	fake.engine.line_free_ns = FAKE_START_NS + FAKE_MS;
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	fake_xfer(1, 2, 3, 0, 1)->priority = OHT_PRIO_COMMAND;
	fake_submit(1);
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 2);
}

static struct kunit_case engine_test_cases[] = {
	KUNIT_CASE(engine_test_read),
	KUNIT_CASE(engine_test_done_in_the_interrupt),
	KUNIT_CASE(engine_test_writes),
	KUNIT_CASE(engine_test_gap_is_exact),
	KUNIT_CASE(engine_test_gap_in_every_format),
	KUNIT_CASE(engine_test_first_frame_waits),
	KUNIT_CASE(engine_test_zero_turnaround),
	KUNIT_CASE(engine_test_time_out),
	KUNIT_CASE(engine_test_deadline_is_exact),
	KUNIT_CASE(engine_test_driver_enable),
	KUNIT_CASE(engine_test_busy_a_little_longer),
	KUNIT_CASE(engine_test_late_port),
	KUNIT_CASE(engine_test_too_late_port),
	KUNIT_CASE(engine_test_busy_for_ever),
	KUNIT_CASE(engine_test_held_while_sending),
	KUNIT_CASE(engine_test_held_while_feeding),
	KUNIT_CASE(engine_test_small_fifo),
	KUNIT_CASE(engine_test_dry_fifo),
	KUNIT_CASE(engine_test_lost_interrupt),
	KUNIT_CASE(engine_test_receive_fifo),
	KUNIT_CASE(engine_test_receive_pieces),
	KUNIT_CASE(engine_test_unreported_character),
	KUNIT_CASE(engine_test_short_time_out),
	KUNIT_CASE(engine_test_retry_keeps_its_place),
	KUNIT_CASE(engine_test_priorities),
	KUNIT_CASE(engine_test_overtake_in_the_gap),
	{}
};

static struct kunit_suite engine_test_suite = {
	.name = "oht_engine",
	.init = engine_test_init,
	.test_cases = engine_test_cases,
};

kunit_test_suites(&engine_test_suite);
