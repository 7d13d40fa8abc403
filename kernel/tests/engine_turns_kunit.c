// SPDX-License-Identifier: GPL-2.0-only
/* Whose turn it is: the controller before all others, and one descriptor after the other. */
#include "engine_fake.h"

/* As many as others than the controller may have. */
#define TURNS_OTHERS	(OHT_DEVICE_TRANSFERS_MAX - OHT_CONTROLLER_TRANSFERS)

/* Descriptors. */
static const char turns_files[4];
#define TURNS_CONTROLLER	(&turns_files[0])

static int engine_turns_init(struct kunit *test)
{
	fake_init(test, 115200);
	return 0;
}

/* A read at @i of a unit of its own, which is absent. */
static void turns_ask(unsigned int i, const char *file, u8 priority, u8 retries)
{
	struct oht_xfer *x = fake_xfer(i, i + 1, 3, i, 1);

	x->owner = file;
	x->session = file == TURNS_CONTROLLER ? fake.session : 0;
	x->priority = priority;
	x->retries = retries;
	x->timeout_us = 5000;
	fake_submit(i);
}

/* Transfer @i begins to be sent; returns how many frames have been sent by then. */
static unsigned int turns_frames(unsigned int i)
{
	unsigned int frame;

	for (frame = 0; frame < FAKE_FRAMES_MAX; frame++) {
		if (frame == fake.frame_count)
			fake_run_sent(frame + 1);
		if (fake.frames[frame].adu[3] == i)
			break;
	}
	return frame;
}

/*
 * Others have queued all they may, in each class, before there was a controller, or beside another
 * one, or beside this one. One exchange goes before the controller's command, and one of each other
 * descriptor before its work in the background.
 */
static void engine_turns_controller_first(struct kunit *test)
{
	unsigned int session, i;

	for (session = 0; session <= 2; session++) {
		fake_init(test, 115200);
		fake.session = session;
		for (i = 0; i < TURNS_OTHERS; i++)
			turns_ask(i, &turns_files[1 + i % 2], OHT_PRIO_COMMAND + i % 3, 10);
		fake.session = 2;
		turns_ask(TURNS_OTHERS, TURNS_CONTROLLER, OHT_PRIO_BACKGROUND, 0);
		turns_ask(TURNS_OTHERS + 1, TURNS_CONTROLLER, OHT_PRIO_CYCLIC, 0);
		turns_ask(TURNS_OTHERS + 2, TURNS_CONTROLLER, OHT_PRIO_COMMAND, 0);
		KUNIT_EXPECT_EQ_MSG(test, turns_frames(TURNS_OTHERS + 2), 1, "beside %u\n",
				    session);
		KUNIT_EXPECT_EQ_MSG(test, turns_frames(TURNS_OTHERS + 1), 2, "beside %u\n",
				    session);
		KUNIT_EXPECT_LE_MSG(test, turns_frames(TURNS_OTHERS), 5, "beside %u\n", session);
	}
}

/* Whatever comes without a pause: each work of the controller in the background has its turn. */
static void engine_turns_no_starvation(struct kunit *test)
{
	unsigned int frame, i, begun = 0;

	turns_ask(0, &turns_files[1], OHT_PRIO_COMMAND, 0);
	turns_ask(1, &turns_files[1], OHT_PRIO_COMMAND, 0);
	turns_ask(2, TURNS_CONTROLLER, OHT_PRIO_BACKGROUND, 0);
	for (frame = 1; frame <= 30; frame++) {
		fake_run_sent(frame);
		begun += fake.frames[frame - 1].adu[3] == 2;
		for (i = 0; i < 3; i++)
			if (fake.done[i]) {
				fake.done[i] = 0;
				turns_ask(i, i < 2 ? &turns_files[1] : TURNS_CONTROLLER,
					  i < 2 ? OHT_PRIO_COMMAND : OHT_PRIO_BACKGROUND, 0);
			}
	}
	KUNIT_EXPECT_GE(test, begun, 30 / 3);
	KUNIT_EXPECT_LE(test, begun, 30 / 2);
}

/*
 * A controller that never pauses: behind each of its commands the next one waits. Its other
 * classes, the background of others and the probe of a degraded unit have their turns.
 */
static void engine_turns_bound(struct kunit *test)
{
	static const u8 priority[] = { OHT_PRIO_CYCLIC, OHT_PRIO_BACKGROUND, OHT_PRIO_CYCLIC };
	unsigned int frame, i, begun[ARRAY_SIZE(priority)] = {};

	for (i = 0; i < 5; i++)
		turns_ask(i, i == 3 ? &turns_files[1] : TURNS_CONTROLLER,
			  i < 2 ? OHT_PRIO_COMMAND : priority[i - 2], 0);
	/* It would have been the first one of its class if its unit were well. */
	fake.engine.units[5].health = OHT_HEALTH_DEGRADED;
	for (frame = 1; frame <= 60; frame++) {
		fake_run_sent(frame);
		i = fake.frames[frame - 1].adu[3];
		if (i >= 2)
			begun[i - 2]++;
		for (i = 0; i < 5; i++)
			if (fake.done[i])
				turns_ask(i, i == 3 ? &turns_files[1] : TURNS_CONTROLLER,
					  i < 2 ? OHT_PRIO_COMMAND : priority[i - 2], 0);
	}
	for (i = 0; i < ARRAY_SIZE(priority); i++) {
		KUNIT_EXPECT_GE_MSG(test, begun[i], 60 / (2 * (OHT_PASSES_MAX + 2)), "%u\n", i);
		KUNIT_EXPECT_LE_MSG(test, begun[i], 60 / OHT_PASSES_MAX, "%u\n", i);
	}
}

/* Without a controller classes are as asked for, and descriptors take turns within one. */
static void engine_turns_nobody_controls(struct kunit *test)
{
	unsigned int i;

	fake.session = 0;
	for (i = 0; i < 10; i++)
		turns_ask(i, &turns_files[1], OHT_PRIO_CYCLIC, 0);
	turns_ask(10, &turns_files[2], OHT_PRIO_CYCLIC, 0);
	turns_ask(11, &turns_files[2], OHT_PRIO_CYCLIC, 0);
	turns_ask(12, &turns_files[3], OHT_PRIO_BACKGROUND, 0);
	turns_ask(13, &turns_files[3], OHT_PRIO_COMMAND, 0);
	KUNIT_EXPECT_EQ(test, turns_frames(13), 1);
	KUNIT_EXPECT_LE(test, turns_frames(10), 3);
	KUNIT_EXPECT_LE(test, turns_frames(11), 5);
	KUNIT_EXPECT_EQ(test, turns_frames(12), 1 + OHT_PASSES_MAX);
	KUNIT_EXPECT_EQ(test, turns_frames(9), 13);
}

/* What one descriptor asks is sent in its order, retries included. */
static void engine_turns_keep_the_order(struct kunit *test)
{
	static const u8 order[] = { 0, 0, 10, 0, 11, 12, 1, 1, 1, 2, 2, 2 };
	unsigned int i;

	for (i = 0; i < 3; i++)
		turns_ask(i, &turns_files[1], OHT_PRIO_CYCLIC, 2);
	for (i = 10; i < 13; i++)
		turns_ask(i, &turns_files[2], OHT_PRIO_CYCLIC, 0);
	fake_run_sent(ARRAY_SIZE(order));
	for (i = 0; i < ARRAY_SIZE(order); i++)
		KUNIT_EXPECT_EQ_MSG(test, fake.frames[i].adu[3], order[i], "frame %u\n", i);
}

static u64 turns_age(void)
{
	struct oht_engine *e = &fake.engine;
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	oht_engine_slot_age(e, fake.now_ns);
	raw_spin_unlock_irqrestore(&e->lock, flags);
	return e->oldest[OHT_CLASS_CYCLIC].since_ns;
}

/* Two that were submitted at one time: the second one has not been the oldest for as long. */
static void engine_turns_oldest_is_one(struct kunit *test)
{
	unsigned int i;

	/* The plan is at it, so they wait. */
	fake.engine.slot.until_ns = fake.now_ns + 100 * FAKE_MS;
	fake.engine.slot.planned = 1;
	for (i = 0; i < 2; i++) {
		fake_xfer(i, 1 + i, 3, 0, 2);
		fake_submit(i);
	}
	KUNIT_EXPECT_EQ(test, turns_age(), fake.now_ns);
	fake_run(fake.now_ns + 50 * FAKE_MS);
	KUNIT_EXPECT_LT(test, turns_age(), fake.now_ns);
	KUNIT_EXPECT_EQ(test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), 0);
	KUNIT_EXPECT_EQ(test, turns_age(), fake.now_ns);
}

static struct kunit_case engine_turns_cases[] = {
	KUNIT_CASE(engine_turns_controller_first),
	KUNIT_CASE(engine_turns_no_starvation),
	KUNIT_CASE(engine_turns_bound),
	KUNIT_CASE(engine_turns_nobody_controls),
	KUNIT_CASE(engine_turns_keep_the_order),
	KUNIT_CASE(engine_turns_oldest_is_one),
	{}
};

static struct kunit_suite engine_turns_suite = {
	.name = "oht_engine_turns",
	.init = engine_turns_init,
	.test_cases = engine_turns_cases,
};

kunit_test_suites(&engine_turns_suite);
