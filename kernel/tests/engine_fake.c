// SPDX-License-Identifier: GPL-2.0-only
#include <linux/math64.h>
#include "engine_fake.h"

struct fake_bus fake;

u64 fake_chars_ns(unsigned int chars)
{
	return div_u64(oht_timing_chars_ns(&fake.engine.timing, chars) *
		       (1000 + fake.slew_permille), 1000);
}

/* ---- the port ---- */

static int fake_start(struct oht_port *port)
{
	fake.started = !fake.start_error;
	return fake.start_error;
}

static void fake_stop(struct oht_port *port)
{
	fake.started = false;
}

static void fake_set_de(struct oht_port *port, bool on)
{
	unsigned int i;

	if (fake.de && !on && fake.frame_count)
		fake_last()->off_ns = fake.now_ns;
	for (i = 1; on && i <= fake.clicks; i++)
		fake_say_one(fake.now_ns + oht_timing_chars_ns(&fake.engine.timing, i), 0xff, 0);
	fake.de = on;
}

static void fake_begin_frame(void)
{
	u64 allowed_ns = fake.known_ns + fake.engine.timing.t35_ns;

	KUNIT_ASSERT_TRUE(fake.test, fake.frame_count < FAKE_FRAMES_MAX);
	/* A set-up that would have been called off once too often is no reason to wait. */
	if (fake.known_ns && fake.now_ns < allowed_ns &&
	    fake.engine.call_offs < OHT_ENGINE_CALL_OFFS_MAX)
		fake.early++;
	fake.frames[fake.frame_count] = (struct fake_frame) {
		.start_ns = fake.now_ns,
		.end_ns = fake.now_ns,
		.enable = oht_engine_enabled(&fake.engine),
	};
	fake.frame_count++;
}

static unsigned int fake_send(struct oht_port *port, const u8 *data, unsigned int bytes)
{
	unsigned int take = bytes;
	struct fake_frame *frame;

	KUNIT_EXPECT_TRUE(fake.test, fake.de);
	if (fake.handover_ns && !fake.handed) {
		fake.handed = true;
		fake.room_ns = fake.now_ns + fake.handover_ns;
		fake.interrupt_ns = fake.room_ns;
		return 0;
	}
	if (fake.handed && fake.now_ns < fake.room_ns)
		return 0;
	fake.handed = false;
	fake.now_ns += fake.held_ns;
	if (!fake.engine.tx_taken)
		fake_begin_frame();
	else if (fake.fifo_bytes && fake.now_ns < fake.room_ns)
		return 0;
	frame = fake_last();
	if (fake.fifo_bytes && take > fake.fifo_bytes)
		take = fake.fifo_bytes;
	memcpy(frame->adu + frame->bytes, data, take);
	frame->bytes += take;
	frame->end_ns = max(frame->end_ns, fake.now_ns) + fake_chars_ns(take);
	fake.heard_ns = max(fake.heard_ns, frame->end_ns);
	fake.known_ns = frame->end_ns;
	/* Room again when all but two characters have left. */
	fake.room_ns = frame->end_ns - fake_chars_ns(2);
	fake.interrupt_ns = take < bytes ? fake.room_ns + fake.interrupt_late_ns : FAKE_NEVER;
	return take;
}

static bool fake_transmitting(struct oht_port *port)
{
	if (fake.unpaced || fake.handed || !fake.frame_count)
		return false;
	return fake.now_ns < fake_last()->end_ns + fake.busy_extra_ns;
}

static void fake_cut(struct oht_port *port)
{
	fake.cutting = true;
	fake.handed = false;
	fake.interrupt_ns = FAKE_NEVER;
	/* The byte in the shift register leaves. */
	if (fake.frame_count && fake_last()->end_ns > fake.now_ns) {
		u64 begun = div_u64(fake.now_ns - fake_last()->start_ns,
				    fake_chars_ns(1)) + 1;

		fake_last()->end_ns = fake_last()->start_ns + fake_chars_ns(begun);
		fake.known_ns = fake_last()->end_ns;
	}
}

static void fake_cut_end(struct oht_port *port)
{
	KUNIT_EXPECT_TRUE(fake.test, fake.cutting);
	fake.cutting = false;
}

static bool fake_receive(struct oht_port *port, struct oht_port_byte *byte)
{
	if (fake.rx_head == fake.rx_tail || fake.rx[fake.rx_head].at_ns > fake.now_ns)
		return false;
	fake.known_ns = max(fake.known_ns, oht_timing_rx_end_ns(&fake.engine.timing,
								fake.rx[fake.rx_head].at_ns));
	*byte = fake.rx[fake.rx_head++].byte;
	fake.now_ns += fake.read_ns;
	return true;
}

static const struct oht_port_ops fake_ops = {
	.start = fake_start,
	.stop = fake_stop,
	.set_de = fake_set_de,
	.send = fake_send,
	.transmitting = fake_transmitting,
	.cut = fake_cut,
	.cut_end = fake_cut_end,
	.receive = fake_receive,
};

/* ---- the clock ---- */

static u64 fake_now(struct oht_engine *e)
{
	return fake.now_ns;
}

static void fake_arm(struct oht_engine *e, u64 at_ns)
{
	fake.armed_ns = at_ns;
	fake.arms++;
}

static void fake_disarm(struct oht_engine *e)
{
	fake.armed_ns = FAKE_NEVER;
}

static const struct oht_engine_clock fake_clock = {
	.now_ns = fake_now,
	.arm = fake_arm,
	.disarm = fake_disarm,
	.drain = fake_disarm,
};

static u32 fake_enabled(void *context)
{
	return fake.may_move ? 1 + fake.halts : 0;
}

static u32 fake_session(void *context)
{
	return fake.session;
}

static bool fake_controlled(void *context)
{
	return fake.session;
}

static u32 fake_state(void *context)
{
	return fake.state;
}

static u32 fake_halts(void *context)
{
	return fake.halts;
}

static void fake_health(void *context, const struct oht_unit_record *record)
{
	lockdep_assert_held(&fake.engine.lock);
	fake.health[fake.health_count++ % FAKE_HEALTH_MAX] = *record;
}

/* ---- time ---- */

static void fake_check(void)
{
	bool idle = fake.engine.state == OHT_ENGINE_IDLE || fake.engine.state == OHT_ENGINE_DEAD;

	KUNIT_ASSERT_TRUE(fake.test, idle || fake.armed_ns != FAKE_NEVER);
}

/* A FIFO reports when it is filled to its level, or 32 bits after the last character. */
static u64 fake_rx_interrupt_ns(void)
{
	unsigned int level = max(fake.rx_level, 1u);

	if (fake.rx_head == fake.rx_tail)
		return FAKE_NEVER;
	if (fake.rx_tail - fake.rx_head >= level)
		return fake.rx[fake.rx_head + level - 1].at_ns;
	return fake.rx[fake.rx_tail - 1].at_ns + 32ULL * fake.engine.timing.bit_ns;
}

void fake_step(u64 until_ns)
{
	u64 rx_ns = fake_rx_interrupt_ns();
	u64 event_ns = min(rx_ns, fake.interrupt_ns);

	fake.now_ns = max(fake.now_ns, min(until_ns, min(event_ns, fake.armed_ns)));
	if (event_ns <= fake.now_ns) {
		if (fake.interrupt_ns <= fake.now_ns)
			fake.interrupt_ns = FAKE_NEVER;
		fake.port.event(fake.port.event_context, fake.now_ns);
	} else if (fake.armed_ns <= fake.now_ns) {
		fake.armed_ns = FAKE_NEVER;
		oht_engine_tick(&fake.engine);
	}
	fake_check();
}

void fake_run(u64 until_ns)
{
	while (fake.now_ns < until_ns)
		fake_step(until_ns);
}

void fake_run_done(unsigned int i)
{
	u64 limit_ns = fake.now_ns + 10000 * FAKE_MS;

	while (!fake.done[i] && fake.now_ns < limit_ns)
		fake_step(limit_ns);
	KUNIT_ASSERT_EQ(fake.test, fake.done[i], 1);
}

void fake_run_sent(unsigned int count)
{
	u64 limit_ns = fake.now_ns + 10000 * FAKE_MS;

	while ((fake.frame_count < count || fake.de) && fake.now_ns < limit_ns)
		fake_step(limit_ns);
	KUNIT_ASSERT_EQ(fake.test, fake.frame_count, count);
}

/* ---- transfers ---- */

static void fake_done(struct oht_xfer *x)
{
	unsigned int i = x - fake.xfers;

	lockdep_assert_held(&fake.engine.lock);
	fake.done[i]++;
	fake.done_ns[i] = fake.now_ns;
	fake.done_order[fake.done_total++ % FAKE_XFERS_MAX] = i;
}

struct oht_xfer *fake_xfer(unsigned int i, u8 unit, u8 function, u16 address, u16 count)
{
	struct oht_xfer *x = &fake.xfers[i];
	unsigned int word;

	memset(x, 0, sizeof(*x));
	x->unit = unit;
	x->function = function;
	x->address = address;
	x->count = count;
	x->priority = OHT_PRIO_CYCLIC;
	x->timeout_us = 50000;
	x->while_stopped = true;
	x->session = fake.session;
	x->done = fake_done;
	fake.done[i] = 0;
	for (word = 0; oht_frame_is_write(function) && word < count; word++)
		x->words[word] = 0x0100 + word;
	return x;
}

void fake_submit(unsigned int i)
{
	KUNIT_ASSERT_EQ(fake.test, oht_engine_submit(&fake.engine, &fake.xfers[i]), 0);
	fake_check();
}

/* ---- the far end ---- */

/* In the order of their times, whoever says them. */
void fake_say_one(u64 report_ns, u8 data, u8 flags)
{
	unsigned int at = fake.rx_tail;

	KUNIT_ASSERT_TRUE(fake.test, fake.rx_tail < FAKE_RX_MAX);
	for (; at > fake.rx_head && fake.rx[at - 1].at_ns > report_ns; at--)
		fake.rx[at] = fake.rx[at - 1];
	fake.rx_tail++;
	fake.rx[at] = (struct fake_byte) {
		.at_ns = report_ns,
		.byte = { .data = data, .flags = flags },
	};
	fake.heard_ns = max(fake.heard_ns, oht_timing_rx_end_ns(&fake.engine.timing, report_ns));
}

u64 fake_say(u64 start_ns, const u8 *data, unsigned int bytes)
{
	const struct oht_timing *t = &fake.engine.timing;
	unsigned int i;
	u64 end_ns = start_ns;

	for (i = 0; i < bytes; i++) {
		end_ns = start_ns + fake_chars_ns(i + 1);
		fake_say_one(end_ns - t->stop_rest_ns, data[i], 0);
	}
	return end_ns;
}

void fake_say_at_once(u64 start_ns, const u8 *data, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		fake_say_one(start_ns + i * FAKE_US, data[i], 0);
}

void fake_reseal(u8 *adu, unsigned int bytes)
{
	u8 whole[OHT_ADU_MAX_BYTES];

	oht_frame_build_raw(whole, adu[0], adu + 1, bytes - 3);
	adu[bytes - 2] = whole[bytes - 2];
	adu[bytes - 1] = whole[bytes - 1];
}

unsigned int fake_answer(const struct oht_xfer *x, u8 *adu)
{
	unsigned int bytes = 8, i;

	adu[0] = x->unit;
	adu[1] = x->function;
	if (oht_frame_is_write(x->function)) {
		adu[2] = x->address >> 8;
		adu[3] = x->address & 0xff;
		adu[4] = x->function == 6 ? x->words[0] >> 8 : 0;
		adu[5] = x->function == 6 ? x->words[0] & 0xff : x->count;
	} else {
		bytes = 5 + 2 * x->count;
		adu[2] = 2 * x->count;
		for (i = 0; i < x->count; i++) {
			adu[3 + 2 * i] = (x->address + 0x1000 + i) >> 8;
			adu[4 + 2 * i] = (x->address + 0x1000 + i) & 0xff;
		}
	}
	fake_reseal(adu, bytes);
	return bytes;
}

unsigned int fake_exception(const struct oht_xfer *x, u8 code, u8 *adu)
{
	adu[0] = x->unit;
	adu[1] = x->function | OHT_FC_EXCEPTION;
	adu[2] = code;
	fake_reseal(adu, 5);
	return 5;
}

void fake_answer_to(unsigned int i, u64 turnaround_ns)
{
	u8 adu[OHT_ADU_MAX_BYTES];
	unsigned int bytes = fake_answer(&fake.xfers[i], adu);

	fake_say(fake_last()->end_ns + turnaround_ns, adu, bytes);
}

void fake_rewind(void)
{
	KUNIT_ASSERT_TRUE(fake.test, !fake.de && fake.rx_head == fake.rx_tail);
	fake.frame_count = 0;
	fake.rx_head = 0;
	fake.rx_tail = 0;
}

void fake_expect_in_step(unsigned int i)
{
	unsigned int sent = fake.frame_count;

	fake_xfer(i, 9, 3, 0x0040, 2);
	fake_submit(i);
	fake_run_sent(sent + 1);
	fake_answer_to(i, FAKE_MS);
	fake_run_done(i);
	FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
	KUNIT_EXPECT_EQ(fake.test, fake.xfers[i].words[1], 0x1041);
	KUNIT_EXPECT_EQ(fake.test, fake.early, 0);
}

/* ---- set-up ---- */

void fake_init_line(struct kunit *test, const struct oht_line *line)
{
	const struct oht_engine_gate gate = { .enabled = fake_enabled,
		.session = fake_session, .controlled = fake_controlled, .state = fake_state,
		.halts = fake_halts, .health = fake_health };
	const char *what;

	memset(&fake, 0, sizeof(fake));
	fake.test = test;
	fake.session = 1;
	fake.now_ns = FAKE_START_NS;
	fake.armed_ns = FAKE_NEVER;
	fake.interrupt_ns = FAKE_NEVER;
	fake.port.ops = &fake_ops;
	KUNIT_ASSERT_EQ(test, oht_timing_init(&fake.port.timing, line, line->baud_bps * 1000ULL,
					      &what), 0);
	KUNIT_ASSERT_EQ(test, oht_engine_init(&fake.engine, &fake.port, &fake.port.timing, &gate),
			0);
	KUNIT_EXPECT_TRUE(test, fake.started);
	fake.engine.clock = &fake_clock;
	fake.engine.line_free_ns = FAKE_START_NS;
	/* As init would have said it with this clock: silent for as long as it has to be. */
	fake.engine.meter.end.to_ns = FAKE_START_NS - fake.engine.timing.t35_ns;
}

void fake_init(struct kunit *test, u32 baud_bps)
{
	const struct oht_line line = { .baud_bps = baud_bps, .stop_bits = 1, .gap_char_bits = 11 };

	fake_init_line(test, &line);
}
