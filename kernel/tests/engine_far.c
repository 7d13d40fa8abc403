// SPDX-License-Identifier: GPL-2.0-only
#include <linux/crc16.h>
#include <linux/math64.h>
#include "engine_far.h"

struct far_end far_end;

const struct oht_telegram far_stop_list[] = {
	{ .unit = FAR_STOP_UNIT, .function = 6, .count = 1, .address = 0x0010, .words = { 1 } },
	{ .unit = FAR_STOP_UNIT, .function = 16, .count = 2, .address = 0x0020,
	  .words = { 7, 8 } },
};

void far_init(struct kunit *test, u32 baud_bps)
{
	fake_init(test, baud_bps);
	memset(&far_end, 0, sizeof(far_end));
}

void far_set_telegrams(unsigned int count)
{
	KUNIT_ASSERT_EQ(fake.test, oht_engine_set_telegrams(&fake.engine, far_stop_list, count), 0);
}

bool far_is_telegram(const struct fake_frame *frame)
{
	return frame->adu[0] == FAR_STOP_UNIT &&
	       ((frame->adu[1] == 6 && frame->adu[3] == 0x10) ||
		(frame->adu[1] == 16 && frame->adu[3] == 0x20));
}

bool far_is_whole(const struct fake_frame *frame)
{
	u64 char_ns = fake.engine.timing.char_ns;
	u64 left = div64_u64(frame->end_ns - frame->start_ns + char_ns / 2, char_ns);
	unsigned int bytes = min_t(u64, left, frame->bytes);

	return bytes >= OHT_ADU_MIN_BYTES && !crc16(0xffff, frame->adu, bytes);
}

static void far_answer(const struct fake_frame *frame, u64 turnaround_ns)
{
	u8 adu[OHT_ADU_MAX_BYTES] = {};
	unsigned int bytes = 8, count = frame->adu[5];

	memcpy(adu, frame->adu, 8);
	if (!oht_frame_is_write(adu[1])) {
		bytes = 5 + 2 * count;
		memset(adu + 2, 0, bytes - 2);
		adu[2] = 2 * count;
	}
	fake_reseal(adu, bytes);
	far_end.start_ns = frame->end_ns + turnaround_ns;
	far_end.end_ns = fake_say(far_end.start_ns, adu, bytes);
	if (!far_end.answer_ns && far_is_telegram(frame))
		far_end.answer_ns = far_end.end_ns;
}

/* A frame has left: was it understood, and what becomes of it? */
static void far_hear(const struct fake_frame *frame)
{
	u64 turnaround_ns = far_end.turnaround_ns;

	if (!far_is_whole(frame))
		return;
	if (frame->start_ns < far_end.end_ns &&
	    (far_end.deaf || far_end.start_ns < frame->end_ns)) {
		far_end.garbled++;
		return;
	}
	far_end.whole++;
	if (!far_end.telegram_ns && far_is_telegram(frame))
		far_end.telegram_ns = frame->end_ns;
	if (far_is_telegram(frame))
		far_end.told |= frame->adu[1] == OHT_FC_WRITE_REGISTER ? BIT(0) : BIT(1);
	if (!far_is_telegram(frame) && far_end.slow_ns)
		turnaround_ns = far_end.slow_ns;
	if (far_end.dead || far_end.silent || far_end.dead_unit == frame->adu[0])
		far_end.silent -= !!far_end.silent;
	else
		far_answer(frame, turnaround_ns);
}

/* One event; the end of a frame is one. */
static void far_step(u64 until_ns)
{
	if (far_end.seen < fake.frame_count)
		until_ns = min(until_ns, fake.frames[far_end.seen].end_ns);
	fake_step(until_ns);
	if (far_end.seen < fake.frame_count && fake.frames[far_end.seen].end_ns <= fake.now_ns)
		far_hear(&fake.frames[far_end.seen++]);
}

void far_run(u64 until_ns)
{
	while (fake.now_ns < until_ns)
		far_step(until_ns);
}

void far_run_done(unsigned int i)
{
	u64 limit_ns = fake.now_ns + 1000 * FAKE_MS;

	while (!fake.done[i] && fake.now_ns < limit_ns)
		far_step(limit_ns);
	KUNIT_ASSERT_EQ(fake.test, fake.done[i], 1);
}

void far_teach(u8 unit)
{
	fake_xfer(15, unit, 3, 0x0300, 1);
	fake_submit(15);
	far_run_done(15);
	FAKE_EXPECT_DONE(15, 0, OHT_DETAIL_OK);
}

struct oht_telegram_status far_status(void)
{
	struct oht_telegram_status status = {};

	oht_engine_telegram_status(&fake.engine, &status);
	return status;
}

unsigned int far_telegrams_sent(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < fake.frame_count; i++)
		count += far_is_telegram(&fake.frames[i]);
	return count;
}
