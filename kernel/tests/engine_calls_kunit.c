// SPDX-License-Identifier: GPL-2.0-only
/* The engine when its callers change their minds: gate, cancel, stop, end, wrong requests. */
#include "engine_fake.h"

static int engine_calls_init(struct kunit *test)
{
	fake_init(test, 115200);
	return 0;
}

/* Prepare transfer @i: a write, or as @raw a read as it stands, that needs *enabled*. */
static struct oht_xfer *engine_calls_write(unsigned int i, u8 unit, bool raw)
{
	struct oht_xfer *x = fake_xfer(i, unit, raw ? 3 : 16, 0, 1);
	static const u8 pdu[] = { 3, 0, 0, 0, 1 };

	x->while_stopped = false;
	if (raw) {
		x->raw = true;
		x->count = sizeof(pdu);
		memcpy(x->pdu, pdu, sizeof(pdu));
	}
	return x;
}

/* Sent, answered, done. */
static void engine_calls_expect_sent(struct kunit *test, unsigned int i, unsigned int frames)
{
	fake_run_sent(frames);
	if (fake.xfers[i].raw) {
		fake.xfers[i].raw = false;
		fake.xfers[i].count = 1;
		fake_answer_to(i, FAKE_MS);
		fake.xfers[i].raw = true;
	} else {
		fake_answer_to(i, FAKE_MS);
	}
	fake_run_done(i);
	FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
}

static void engine_calls_gate(struct kunit *test)
{
	unsigned int raw;

	for (raw = 0; raw <= 1; raw++) {
		fake_init(test, 115200);
		engine_calls_write(0, 1, raw);
		fake_submit(0);
		FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
		KUNIT_EXPECT_EQ(test, fake.xfers[0].attempts, 0);
		KUNIT_EXPECT_EQ(test, fake.frame_count, 0);
		engine_calls_write(1, 1, raw)->while_stopped = true;
		fake_submit(1);
		engine_calls_expect_sent(test, 1, 1);
		fake.may_move = true;
		engine_calls_write(2, 1, raw);
		fake_submit(2);
		engine_calls_expect_sent(test, 2, 2);
		engine_calls_write(3, 1, raw)->while_stopped = true;
		fake_submit(3);
		engine_calls_expect_sent(test, 3, 3);
	}
}

/* Queued behind a read while stopped, enabled before its turn: it was not meant for that. */
static void engine_calls_gate_needs_it_at_submit(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	engine_calls_write(1, 1, false);
	fake_submit(1);
	FAKE_EXPECT_DONE(1, -ECANCELED, OHT_DETAIL_STOPPED);
	fake.may_move = true;
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	fake_run(fake.now_ns + 100 * FAKE_MS);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 1);
}

/* The gate is asked when the frame would go out, each time. */
static void engine_calls_gate_closes_before_retry(struct kunit *test)
{
	struct oht_xfer *x = engine_calls_write(0, 1, false);

	x->retries = 3;
	fake.may_move = true;
	fake_submit(0);
	fake_run_sent(1);
	fake.may_move = false;
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
	KUNIT_EXPECT_EQ(test, x->attempts, 1);
}

/* Latched, reset and enabled again before the abort has come: what was queued stays behind. */
static void engine_calls_gate_remembers_stops(struct kunit *test)
{
	fake.may_move = true;
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	engine_calls_write(1, 2, false);
	fake_submit(1);
	fake.halts++;
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, -ECANCELED, OHT_DETAIL_STOPPED);
	KUNIT_EXPECT_EQ(test, fake.xfers[1].attempts, 0);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 1);
	engine_calls_write(2, 2, false);
	fake_submit(2);
	engine_calls_expect_sent(test, 2, 2);
}

/* While enabled: a write is refused at once, whatever its flag; reads go on. */
static void engine_calls_gate_is_the_controllers(struct kunit *test)
{
	static const u32 strangers[] = { 0, 6, 8 };
	struct oht_xfer *x;
	unsigned int i;

	fake.session = 7;
	fake.may_move = true;
	for (i = 0; i < 4 * ARRAY_SIZE(strangers); i++) {
		x = engine_calls_write(0, 1, i & 1);
		x->while_stopped = i & 2;
		x->session = strangers[i / 4];
		KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, x), -EPERM);
		KUNIT_EXPECT_EQ(test, fake.done[0], 0);
	}
	KUNIT_EXPECT_EQ(test, fake.frame_count, 0);
	fake_xfer(1, 1, 3, 0, 1)->session = 0;
	fake_submit(1);
	engine_calls_expect_sent(test, 1, 1);
}

/*
 * Queued while stopped, by another descriptor or in a role that has ended, and sent while enabled.
 */
static void engine_calls_gate_meets_the_controller(struct kunit *test)
{
	fake.session = 7;
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	fake_xfer(1, 1, 6, 0, 1)->session = 0;
	fake_submit(1);
	fake_xfer(2, 1, 6, 0, 1);
	fake_submit(2);
	fake.session = 8;
	fake_xfer(3, 1, 6, 0, 1);
	fake_submit(3);
	fake.may_move = true;
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	engine_calls_expect_sent(test, 3, 2);
	fake_run_done(2);
	FAKE_EXPECT_DONE(1, -EPERM, OHT_DETAIL_NOT_CONTROLLER);
	FAKE_EXPECT_DONE(2, -EPERM, OHT_DETAIL_NOT_CONTROLLER);
	KUNIT_EXPECT_EQ(test, fake.xfers[1].attempts + fake.xfers[2].attempts, 0);
}

/* While enabled nothing goes to a unit above 247, not even a read of the controller. */
static void engine_calls_gate_any_unit(struct kunit *test)
{
	unsigned int i;

	fake.session = 7;
	for (i = 0; i < 3; i++) {
		fake_xfer(i, 255, i < 2 ? 3 : 6, 0, 1)->any_unit = true;
		fake_submit(i);
	}
	engine_calls_expect_sent(test, 0, 1);
	fake.may_move = true;
	fake_run_done(2);
	FAKE_EXPECT_DONE(1, -EPERM, OHT_DETAIL_NOT_CONTROLLER);
	FAKE_EXPECT_DONE(2, -EPERM, OHT_DETAIL_NOT_CONTROLLER);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 1);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[i]), -EPERM);
}

static void engine_calls_cancel_queued(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0, 1);
	fake_xfer(1, 2, 3, 0, 1);
	fake_submit(0);
	fake_submit(1);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[1]), 0);
	FAKE_EXPECT_DONE(1, -EINTR, OHT_DETAIL_CANCELLED);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[1]), -ENOENT);
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	fake_run(fake.now_ns + 100 * FAKE_MS);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 1);
	KUNIT_EXPECT_EQ(test, fake.done[1], 1);
}

/* Cancelled on the wire: no transfer gets the answer, least of all the next one. */
static void engine_calls_cancel_active(struct kunit *test)
{
	u64 moment_ns;

	for (moment_ns = 0; moment_ns < 5 * FAKE_MS; moment_ns += 250 * FAKE_US) {
		fake_init(test, 115200);
		fake_xfer(0, 1, 3, 0x0100, 4);
		fake_submit(0);
		fake_answer_to(0, 3 * FAKE_MS);
		fake_run(FAKE_START_NS + moment_ns);
		if (fake.done[0])
			break;
		KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), 0);
		FAKE_EXPECT_DONE(0, -EINTR, OHT_DETAIL_CANCELLED);
		fake_xfer(1, 1, 3, 0x0200, 4);
		fake_submit(1);
		fake_run_sent(2);
		KUNIT_EXPECT_GE(test, fake_last()->start_ns, fake.rx[12].at_ns);
		fake_answer_to(1, FAKE_MS);
		fake_run_done(1);
		FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_EQ(test, fake.xfers[1].words[0], 0x1200);
		KUNIT_EXPECT_EQ(test, fake.done[0], 1);
		KUNIT_EXPECT_EQ(test, fake.early, 0);
	}
}

static void engine_calls_abort_queued(struct kunit *test)
{
	fake.may_move = true;
	fake_xfer(0, 1, 3, 0, 1);
	fake_xfer(1, 1, 6, 0, 1);
	fake_xfer(2, 1, 16, 0, 1);
	engine_calls_write(3, 1, true);
	fake_xfer(4, 1, 4, 0, 1);
	fake_submit(0);
	fake_submit(1);
	fake_submit(2);
	fake_submit(3);
	fake_submit(4);
	oht_engine_abort(&fake.engine);
	FAKE_EXPECT_DONE(1, -ECANCELED, OHT_DETAIL_STOPPED);
	FAKE_EXPECT_DONE(2, -ECANCELED, OHT_DETAIL_STOPPED);
	FAKE_EXPECT_DONE(3, -ECANCELED, OHT_DETAIL_STOPPED);
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	fake_run_sent(2);
	fake_answer_to(4, FAKE_MS);
	fake_run_done(4);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	FAKE_EXPECT_DONE(4, 0, OHT_DETAIL_OK);
}

/* A write that is being sent is cut off at whatever byte it is, and the line is let go of. */
static void engine_calls_abort_cuts(struct kunit *test)
{
	unsigned int chars;

	for (chars = 0; chars < 12; chars++) {
		fake_init(test, 115200);
		fake.fifo_bytes = 16;
		fake_xfer(0, 1, 16, 0, 2)->retries = 3;
		fake_submit(0);
		fake_run(FAKE_START_NS + chars * fake.engine.timing.char_ns + 10);
		oht_engine_abort(&fake.engine);
		FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
		KUNIT_EXPECT_TRUE(test, fake.cutting);
		fake_run(fake.now_ns + 2 * fake.engine.timing.char_ns);
		KUNIT_EXPECT_FALSE(test, fake.de);
		KUNIT_EXPECT_FALSE(test, fake.cutting);
		KUNIT_EXPECT_EQ(test, fake.frame_count, 1);
		fake_expect_in_step(1);
		KUNIT_EXPECT_EQ(test, fake.done[0], 1);
	}
}

static void engine_calls_abort_cuts_what_was_cancelled(struct kunit *test)
{
	fake_xfer(0, 1, 6, 0, 1);
	fake_submit(0);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), 0);
	oht_engine_abort(&fake.engine);
	KUNIT_EXPECT_TRUE(test, fake.cutting);
	KUNIT_EXPECT_EQ(test, fake.done[0], 1);
	fake_expect_in_step(1);
}

static void engine_calls_abort_spares_reads(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	oht_engine_abort(&fake.engine);
	KUNIT_EXPECT_FALSE(test, fake.cutting);
	fake_run_sent(1);
	oht_engine_abort(&fake.engine);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
}

/* A write whose answer is awaited fails at once, but its answer still occupies the line. */
static void engine_calls_abort_while_waiting(struct kunit *test)
{
	fake_xfer(0, 1, 6, 0, 1);
	fake_submit(0);
	fake_run_sent(1);
	fake_answer_to(0, 5 * FAKE_MS);
	oht_engine_abort(&fake.engine);
	FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
	KUNIT_EXPECT_FALSE(test, fake.cutting);
	fake_expect_in_step(1);
	KUNIT_EXPECT_EQ(test, fake.done[0], 1);
}

/*
 * Whatever the engine is doing at that moment: what has not been done is done once, as the end says
 * it, and then nothing happens any more.
 */
static void engine_calls_end_at(struct kunit *test, u64 moment_ns,
				void (*end)(struct oht_engine *e), int status, u8 detail)
{
	fake_init(test, 115200);
	fake.engine.line_free_ns += FAKE_MS;
	fake_xfer(0, 1, 3, 0, 1)->timeout_us = 50000;
	fake_xfer(1, 1, 6, 0, 1);
	fake_submit(0);
	fake_submit(1);
	fake_run(FAKE_START_NS + moment_ns);
	end(&fake.engine);
	KUNIT_EXPECT_EQ(test, fake.done[0], 1);
	FAKE_EXPECT_DONE(1, status, detail);
	KUNIT_EXPECT_FALSE(test, fake.started);
	KUNIT_EXPECT_FALSE(test, fake.de);
	KUNIT_EXPECT_EQ(test, fake.armed_ns, FAKE_NEVER);
	end(&fake.engine);
	oht_engine_tick(&fake.engine);
	oht_engine_abort(&fake.engine);
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[0]), -ENODEV);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), -ENOENT);
	KUNIT_EXPECT_EQ(test, fake.done_total, 2);
}

static void engine_calls_shutdown(struct kunit *test)
{
	u64 moment_ns;

	for (moment_ns = 0; moment_ns < 60 * FAKE_MS; moment_ns += 170 * FAKE_US)
		engine_calls_end_at(test, moment_ns, oht_engine_shutdown, -ENODEV,
				    OHT_DETAIL_GONE);
}

/* It goes on afterwards, as if it had just begun. */
static void engine_calls_suspend(struct kunit *test)
{
	u64 moment_ns;

	for (moment_ns = 0; moment_ns < 60 * FAKE_MS; moment_ns += 170 * FAKE_US) {
		engine_calls_end_at(test, moment_ns, oht_engine_suspend, -ECANCELED,
				    OHT_DETAIL_STOPPED);
		/* At once: the character that was cut may still be on the wire. */
		fake_rewind();
		KUNIT_EXPECT_EQ(test, oht_engine_resume(&fake.engine), 0);
		KUNIT_EXPECT_TRUE(test, fake.started);
		KUNIT_EXPECT_EQ(test, fake.engine.state, OHT_ENGINE_IDLE);
		fake_expect_in_step(2);
	}
}

static void engine_calls_resume_fails(struct kunit *test)
{
	oht_engine_suspend(&fake.engine);
	fake.start_error = -EBUSY;
	KUNIT_EXPECT_EQ(test, oht_engine_resume(&fake.engine), -EBUSY);
	KUNIT_EXPECT_FALSE(test, fake.started);
	fake_xfer(0, 1, 3, 0, 1);
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[0]), -ENODEV);
	fake.start_error = 0;
	KUNIT_EXPECT_EQ(test, oht_engine_resume(&fake.engine), 0);
	fake_expect_in_step(0);
	oht_engine_shutdown(&fake.engine);
	oht_engine_suspend(&fake.engine);
	KUNIT_EXPECT_FALSE(test, fake.started);
}

/* A tick that is early, or left over from before, changes nothing. */
static void engine_calls_stale_ticks(struct kunit *test)
{
	fake_xfer(0, 1, 3, 0, 1);
	oht_engine_tick(&fake.engine);
	fake_submit(0);
	oht_engine_tick(&fake.engine);
	KUNIT_EXPECT_EQ(test, fake.engine.state, OHT_ENGINE_SEND);
	fake_run_sent(1);
	oht_engine_tick(&fake.engine);
	KUNIT_EXPECT_EQ(test, fake.engine.state, OHT_ENGINE_WAIT);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
	oht_engine_tick(&fake.engine);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(test, fake.frame_count, 1);
}

static void engine_calls_late_ticks(struct kunit *test)
{
	u64 late_ns;

	/* The timer's interrupt is held back: late, never early, never lost. */
	for (late_ns = 0; late_ns < 3 * FAKE_MS; late_ns += 125 * FAKE_US) {
		fake_init(test, 115200);
		fake_xfer(0, 1, 3, 0, 2);
		fake_submit(0);
		fake_answer_to(0, FAKE_MS);
		fake.now_ns = fake_last()->end_ns + late_ns;
		fake_run_done(0);
		FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
		KUNIT_EXPECT_EQ(test, fake.engine.stats.bytes_stray, 0);
		fake_expect_in_step(1);
	}
}

struct engine_refusal {
	u8 unit, function, priority;
	u16 address, count;
	u32 timeout_us;
	int err;
};

static const struct engine_refusal engine_refusals[] = {
	{ 0, 3, 2, 0, 1, 50000, -EINVAL },
	{ 248, 3, 2, 0, 1, 50000, -EINVAL },
	{ 1, 7, 2, 0, 1, 50000, -EOPNOTSUPP },
	{ 1, 3, 0, 0, 1, 50000, -EINVAL },
	{ 1, 3, 4, 0, 1, 50000, -EINVAL },
	{ 1, 3, 2, 0, 0, 50000, -EINVAL },
	{ 1, 3, 2, 0, 126, 50000, -EINVAL },
	{ 1, 16, 2, 0, 124, 50000, -EINVAL },
	{ 1, 6, 2, 0, 2, 50000, -EINVAL },
	{ 1, 3, 2, 65535, 2, 50000, -EINVAL },
	{ 1, 3, 2, 0, 1, 0, -EINVAL },
	{ 1, 3, 2, 0, 1, 999, -EINVAL },
	{ 1, 3, 2, 0, 1, 5000001, -EINVAL },
	/* It has no room for the second range. */
	{ 1, 23, 2, 0, 1, 50000, -EINVAL },
};

static void engine_calls_refusals(struct kunit *test)
{
	const struct engine_refusal *r;
	struct oht_xfer *x;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engine_refusals); i++) {
		r = &engine_refusals[i];
		x = fake_xfer(0, r->unit, r->function, r->address, 1);
		x->count = r->count;
		x->priority = r->priority;
		x->timeout_us = r->timeout_us;
		KUNIT_EXPECT_EQ_MSG(test, oht_engine_submit(&fake.engine, x), r->err, "case %u", i);
		KUNIT_EXPECT_EQ(test, fake.done[0], 0);
	}
	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[0]), -EBUSY);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[1]), -ENOENT);
}

/* So many of all descriptors, and some places more for the controller. */
static void engine_calls_so_many(struct kunit *test)
{
	unsigned int strangers = OHT_DEVICE_TRANSFERS_MAX - OHT_CONTROLLER_TRANSFERS, i;

	fake.session = 7;
	for (i = 0; i < strangers; i++) {
		fake_xfer(i, 1 + i % 8, 3, i, 1)->session = i % 3;
		fake_submit(i);
	}
	fake_xfer(strangers, 1, 3, 0, 1)->session = 0;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[strangers]), -EAGAIN);
	fake.xfers[strangers].session = 6;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[strangers]), -EAGAIN);
	for (; i < OHT_DEVICE_TRANSFERS_MAX; i++) {
		fake_xfer(i, 1, 6, i, 1);
		fake_submit(i);
	}
	KUNIT_EXPECT_EQ(test, fake.engine.held_moves, OHT_CONTROLLER_TRANSFERS);
	fake_xfer(i, 1, 3, 0, 1);
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[i]), -EAGAIN);
	/* A transfer that has ended makes room, however it ended. */
	oht_engine_abort(&fake.engine);
	FAKE_EXPECT_DONE(OHT_DEVICE_TRANSFERS_MAX - 1, -ECANCELED, OHT_DETAIL_STOPPED);
	fake_submit(i);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), 0);
	KUNIT_EXPECT_EQ(test, fake.engine.held, strangers);
	fake_xfer(strangers, 1, 3, 0, 1)->session = 0;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[strangers]), -EAGAIN);
	oht_engine_shutdown(&fake.engine);
	KUNIT_EXPECT_EQ(test, fake.engine.held, 0);
}

/* Of what moves there are fewer places: a stop ends all of them at once. */
static void engine_calls_so_many_writes(struct kunit *test)
{
	unsigned int strangers = OHT_DEVICE_WRITES_MAX - OHT_CONTROLLER_WRITES, i;

	for (i = 0; i < strangers; i++) {
		engine_calls_write(i, 1, i & 1)->while_stopped = true;
		fake.xfers[i].session = 0;
		fake_submit(i);
	}
	engine_calls_write(i, 1, false)->while_stopped = true;
	fake.xfers[i].session = 0;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[i]), -EAGAIN);
	for (; i < OHT_DEVICE_WRITES_MAX; i++) {
		engine_calls_write(i, 1, i & 1)->while_stopped = true;
		fake_submit(i);
	}
	engine_calls_write(i, 1, true)->while_stopped = true;
	KUNIT_EXPECT_EQ(test, oht_engine_submit(&fake.engine, &fake.xfers[i]), -EAGAIN);
	fake_xfer(i, 1, 3, 0, 1)->session = 0;
	fake_submit(i);
	oht_engine_abort(&fake.engine);
	KUNIT_EXPECT_EQ(test, fake.engine.held_moves, 0);
	KUNIT_EXPECT_EQ(test, fake.engine.held, 1);
}

/* All that may not go out any more goes in one walk, and what may is sent. */
static void engine_calls_many_refusals(struct kunit *test)
{
	unsigned int i, refused = 30;

	fake_xfer(0, 1, 3, 0, 1);
	fake_submit(0);
	for (i = 1; i <= refused; i++) {
		fake_xfer(i, 1, 6, i, 1)->session = 0;
		fake_submit(i);
	}
	fake_xfer(i, 1, 3, 0, 2)->session = 0;
	fake_submit(i);
	fake.may_move = true;
	fake_run_sent(1);
	fake_answer_to(0, FAKE_MS);
	engine_calls_expect_sent(test, i, 2);
	for (i = 1; i <= refused; i++)
		FAKE_EXPECT_DONE(i, -EPERM, OHT_DETAIL_NOT_CONTROLLER);
	KUNIT_EXPECT_EQ(test, fake.done_total, refused + 2);
}

static void engine_calls_stats(struct kunit *test)
{
	struct oht_engine_stats stats;

	fake_expect_in_step(0);
	oht_engine_get_stats(&fake.engine, &stats);
	KUNIT_EXPECT_EQ(test, stats.frames_sent, 1);
	KUNIT_EXPECT_EQ(test, stats.replies_ok, 1);
	KUNIT_EXPECT_EQ(test, stats.details[OHT_DETAIL_OK], 1);
	KUNIT_EXPECT_EQ(test, stats.bytes_sent, 8);
	KUNIT_EXPECT_EQ(test, stats.bytes_received, 9);
	oht_engine_reset_stats(&fake.engine);
	oht_engine_get_stats(&fake.engine, &stats);
	KUNIT_EXPECT_EQ(test, stats.frames_sent + stats.replies_ok + stats.bytes_received, 0);
}

static struct kunit_case engine_calls_cases[] = {
	KUNIT_CASE(engine_calls_gate),
	KUNIT_CASE(engine_calls_gate_needs_it_at_submit),
	KUNIT_CASE(engine_calls_gate_closes_before_retry),
	KUNIT_CASE(engine_calls_gate_remembers_stops),
	KUNIT_CASE(engine_calls_gate_is_the_controllers),
	KUNIT_CASE(engine_calls_gate_meets_the_controller),
	KUNIT_CASE(engine_calls_gate_any_unit),
	KUNIT_CASE(engine_calls_cancel_queued),
	KUNIT_CASE(engine_calls_cancel_active),
	KUNIT_CASE(engine_calls_abort_queued),
	KUNIT_CASE(engine_calls_abort_cuts),
	KUNIT_CASE(engine_calls_abort_cuts_what_was_cancelled),
	KUNIT_CASE(engine_calls_abort_spares_reads),
	KUNIT_CASE(engine_calls_abort_while_waiting),
	KUNIT_CASE(engine_calls_shutdown),
	KUNIT_CASE(engine_calls_suspend),
	KUNIT_CASE(engine_calls_resume_fails),
	KUNIT_CASE(engine_calls_stale_ticks),
	KUNIT_CASE(engine_calls_late_ticks),
	KUNIT_CASE(engine_calls_refusals),
	KUNIT_CASE(engine_calls_so_many),
	KUNIT_CASE(engine_calls_so_many_writes),
	KUNIT_CASE(engine_calls_many_refusals),
	KUNIT_CASE(engine_calls_stats),
	{}
};

static struct kunit_suite engine_calls_suite = {
	.name = "oht_engine_calls",
	.init = engine_calls_init,
	.test_cases = engine_calls_cases,
};

kunit_test_suites(&engine_calls_suite);
