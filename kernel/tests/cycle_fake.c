// SPDX-License-Identifier: GPL-2.0-only
#include "cycle_fake.h"

/* Often enough to answer in time. */
#define CYCLIC_STEP_NS	(50 * FAKE_US)

struct cyclic cyclic;

/* ---- the owner ---- */

static void cyclic_lost(void *context)
{
	lockdep_assert_held(&fake.engine.lock);
	cyclic.losses++;
}

static void cyclic_await(void *context, u64 by_ns)
{
	lockdep_assert_held(&fake.engine.lock);
	cyclic.heard_by_ns = by_ns;
}

static void cyclic_recorded(void *context)
{
	cyclic.records++;
}

void cyclic_told(const struct oht_engine *e, const struct oht_engine_start *start,
		 unsigned int fate, u64 now_ns)
{
	lockdep_assert_held(&e->lock);
	if (cyclic.tales < CYCLIC_TALES_MAX)
		cyclic.tale[cyclic.tales] = (struct cyclic_tale) {
			.start = *start, .fate = fate, .late_ns = now_ns - start->grid_ns,
		};
	cyclic.tales++;
}

static const struct oht_cycle_ops cyclic_ops = {
	.lost = cyclic_lost,
	.await = cyclic_await,
	.recorded = cyclic_recorded,
};

/* ---- the units ---- */

static unsigned int cyclic_read_answer(const u8 *request, u8 *adu)
{
	u16 address = request[2] << 8 | request[3];
	unsigned int count = request[5], i;

	adu[2] = 2 * count;
	for (i = 0; i < count; i++) {
		adu[3 + 2 * i] = (address + 0x1000 + i) >> 8;
		adu[4 + 2 * i] = (address + 0x1000 + i) & 0xff;
	}
	return 5 + 2 * count;
}

static unsigned int cyclic_answer(const u8 *request, u8 *adu)
{
	u8 unit = request[0];
	unsigned int bytes = 8;

	memcpy(adu, request, 6);
	if (cyclic.exception[unit]) {
		adu[1] |= OHT_FC_EXCEPTION;
		adu[2] = cyclic.exception[unit];
		bytes = 5;
	} else if (request[1] != OHT_FC_WRITE_REGISTER && request[1] != OHT_FC_WRITE_REGISTERS) {
		bytes = cyclic_read_answer(request, adu);
	}
	fake_reseal(adu, bytes);
	return bytes;
}

static u16 cyclic_first_word(const u8 *adu)
{
	switch (adu[1]) {
	case OHT_FC_WRITE_REGISTER:
		return adu[4] << 8 | adu[5];
	case OHT_FC_WRITE_REGISTERS:
		return adu[7] << 8 | adu[8];
	case OHT_FC_READ_WRITE:
		return adu[11] << 8 | adu[12];
	default:
		return 0;
	}
}

static void cyclic_note(const struct fake_frame *frame)
{
	KUNIT_ASSERT_TRUE(fake.test, cyclic.starts < CYCLIC_STARTS_MAX);
	cyclic.start[cyclic.starts++] = (struct cyclic_start) {
		.at_ns = frame->start_ns,
		.unit = frame->adu[0],
		.function = frame->adu[1],
		.address = frame->adu[2] << 8 | frame->adu[3],
		.first_word = cyclic_first_word(frame->adu),
		.enable = frame->enable,
	};
}

static bool cyclic_answers(const struct fake_frame *frame)
{
	u8 unit = frame->adu[0];

	if (cyclic.said_ns[unit] && frame->start_ns < cyclic.said_ns[unit] + cyclic.rest_ns[unit]) {
		cyclic.unrested++;
		return false;
	}
	return !cyclic.silent[unit] && !(cyclic.asked[unit]++ % (1 + cyclic.skips[unit]));
}

/* Only the last frame is looked at, and forgotten when it has been answered. */
static void cyclic_serve(void)
{
	struct fake_frame *frame;
	u8 adu[OHT_ADU_MAX_BYTES];

	/* Room for more: what has been heard and sent is forgotten. */
	if (fake.rx_head == fake.rx_tail) {
		fake.rx_head = 0;
		fake.rx_tail = 0;
	}
	if (fake.frame_count == 1 && !fake_last()->bytes)
		return;
	if (!fake.frame_count || fake.engine.state == OHT_ENGINE_SEND || fake.de)
		return;
	frame = fake_last();
	cyclic_note(frame);
	/* A request that was cut gets no answer. */
	if (fake.engine.state == OHT_ENGINE_WAIT && cyclic_answers(frame))
		cyclic.said_ns[frame->adu[0]] =
			fake_say(frame->end_ns + cyclic.turnaround_ns[frame->adu[0]], adu,
				 cyclic_answer(frame->adu, adu));
	fake.frames[0] = (struct fake_frame) { .end_ns = frame->end_ns };
	fake.frame_count = 1;
}

/* ---- time ---- */

static void cyclic_tick(void)
{
	cyclic.late_ns = 0;
	cyclic.next_ns = oht_cycle_tick(&cyclic.cycle);
}

void cyclic_run(u64 for_ns)
{
	u64 until_ns = fake.now_ns + for_ns;
	u64 tick_ns, step_ns;

	while (fake.now_ns < until_ns) {
		tick_ns = cyclic.next_ns ? cyclic.next_ns + cyclic.late_ns : FAKE_NEVER;
		step_ns = min(min(until_ns, tick_ns), fake.now_ns + CYCLIC_STEP_NS);
		fake_run(step_ns);
		if (fake.now_ns >= tick_ns)
			cyclic_tick();
		cyclic_serve();
		if (cyclic.passed)
			cyclic.passed();
	}
}

/* ---- calls ---- */

struct oht_plan_entry *cyclic_add(u8 unit, u8 function, u16 count)
{
	struct oht_plan_entry *entry = &cyclic.plan.entry[cyclic.plan.entries++];

	*entry = (struct oht_plan_entry) {
		.unit = unit,
		.function = function,
		.loss_errors = 3,
		.count = count,
		.period_cycles = 1,
		.timeout_us = 5000,
		.turnaround_us = 1000,
	};
	return entry;
}

int cyclic_try_commit(void)
{
	u32 bad_entry;
	int ret = oht_cycle_stage(&cyclic.cycle, &cyclic.plan, &bad_entry) ?:
		  oht_cycle_commit(&cyclic.cycle, false, &cyclic.figures, &cyclic.generation);

	if (!ret && !cyclic.next_ns)
		cyclic_tick();
	return ret;
}

void cyclic_commit(int error)
{
	KUNIT_ASSERT_EQ(fake.test, cyclic_try_commit(), error);
}

void cyclic_clear(void)
{
	cyclic.next_ns = 0;
	oht_cycle_clear(&cyclic.cycle);
}

void cyclic_set_state(u32 state)
{
	fake.state = state;
	fake.may_move = state == OHT_ESTOP_ENABLED;
}

void cyclic_latch(void)
{
	cyclic_set_state(OHT_ESTOP_STOPPED);
	fake.halts++;
}

void cyclic_disable(void)
{
	cyclic_set_state(OHT_ESTOP_READY);
	fake.halts++;
}

void cyclic_abort(void)
{
	oht_engine_abort(&fake.engine);
	oht_cycle_stopped(&cyclic.cycle);
}

void cyclic_stop(void)
{
	cyclic_latch();
	cyclic_abort();
}

int cyclic_set_outputs(u16 entry, u16 count, u16 first, u32 flags)
{
	const struct oht_outputs outputs = {
		.flags = flags,
		.generation = cyclic.generation,
		.entry = entry,
		.count = count,
	};
	u16 words[OHT_WORDS_MAX];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = first + i;
	return oht_cycle_set_outputs(&cyclic.cycle, &outputs, words);
}

int cyclic_outputs(u16 entry, u16 count, u16 first)
{
	return cyclic_set_outputs(entry, count, first, 0);
}

struct oht_plan_status cyclic_status(void)
{
	struct oht_plan_status status;

	oht_cycle_status(&cyclic.cycle, &status);
	return status;
}

const struct oht_image_slot *cyclic_slot(unsigned int entry)
{
	KUNIT_EXPECT_EQ(fake.test, cyclic.image.slots[entry].seq % 2, 0);
	KUNIT_EXPECT_EQ(fake.test, cyclic.image.header.seq % 2, 0);
	return &cyclic.image.slots[entry];
}

int cyclic_set_rest(u8 unit, u32 rest_us)
{
	struct oht_engine_policy policy = fake.engine.units[unit].policy;

	int ret;

	policy.rest_us = rest_us;
	ret = oht_engine_set_policy(&fake.engine, unit, &policy);
	if (!ret)
		cyclic.rest_ns[unit] = rest_us * FAKE_US;
	return ret;
}

unsigned int cyclic_count(u8 unit)
{
	unsigned int count = 0, i;

	for (i = 0; i < cyclic.starts; i++)
		count += cyclic.start[i].unit == unit;
	return count;
}

void cyclic_forget(void)
{
	cyclic.starts = 0;
}

void cyclic_init(struct kunit *test)
{
	unsigned int unit;

	fake_init(test, 115200);
	memset(&cyclic, 0, sizeof(cyclic));
	oht_image_init(&cyclic.image);
	oht_cycle_init(&cyclic.cycle, &fake.engine, &cyclic.image, true);
	cyclic.cycle.ops = &cyclic_ops;
	fake.state = OHT_ESTOP_READY;
	cyclic.plan.cycle_us = 20000;
	cyclic.plan.whole_cycles = 4;
	for (unit = 0; unit <= OHT_UNIT_MAX; unit++)
		cyclic.turnaround_ns[unit] = FAKE_MS;
}
