// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between driver enable and the first character the world may change: what may not be sent any more
 * is not sent, and the line must still be silent.
 */
#include "engine_fake.h"

#define SETUP_US	4000
#define SETUP_NS	(SETUP_US * FAKE_US)
/* A read of the unit that nobody may ask while the machine is enabled. */
#define RESERVED	248

static int setup_init_us(struct kunit *test, u32 setup_us)
{
	const struct oht_line line = { .baud_bps = 115200, .stop_bits = 1, .gap_char_bits = 11,
				       .de_setup_us = setup_us };

	fake_init_line(test, &line);
	fake.may_move = true;
	return 0;
}

static int setup_init(struct kunit *test)
{
	return setup_init_us(test, SETUP_US);
}

/* ---- what happens meanwhile ---- */

static void setup_disable(void)
{
	fake.may_move = false;
	fake.halts++;
}

static void setup_enable_anew(void)
{
	fake.halts++;
}

static void setup_change_controller(void)
{
	fake.session++;
}

static void setup_cancel(void)
{
	KUNIT_EXPECT_EQ(fake.test, oht_engine_cancel(&fake.engine, &fake.xfers[0]), 0);
}

/* A plan comes in force that loses a unit by anything that long. */
static void setup_plan(void)
{
	fake.engine.slot.hold_max_ns = FAKE_MS;
}

static void setup_enable(void)
{
	fake.may_move = true;
}

static const struct {
	const char *name;
	void (*happens)(void);
	bool disabled;		/* before it happens */
	u8 unit;
	u8 function;
	bool while_stopped;
	u8 detail;		/* OK: it is sent all the same */
} setup_changes[] = {
	{ "write, disable", setup_disable, false, 1, 6, false, OHT_DETAIL_STOPPED },
	{ "write, another enable", setup_enable_anew, false, 1, 6, false, OHT_DETAIL_STOPPED },
	{ "write, another controller", setup_change_controller, false, 1, 6, false,
	  OHT_DETAIL_NOT_CONTROLLER },
	{ "write, cancel", setup_cancel, false, 1, 6, false, OHT_DETAIL_CANCELLED },
	{ "write while stopped, enable, another controller", setup_change_controller, false, 1, 6,
	  true, OHT_DETAIL_NOT_CONTROLLER },
	{ "read, cancel", setup_cancel, false, 1, 3, false, OHT_DETAIL_CANCELLED },
	{ "read, plan", setup_plan, false, 1, 3, false, OHT_DETAIL_BUDGET },
	{ "reserved unit, enable", setup_enable, true, RESERVED, 3, false,
	  OHT_DETAIL_NOT_CONTROLLER },
	{ "write while stopped, disable", setup_disable, false, 1, 6, true, OHT_DETAIL_OK },
	{ "read, disable", setup_disable, false, 1, 3, false, OHT_DETAIL_OK },
	{ "read, another controller", setup_change_controller, false, 1, 3, false, OHT_DETAIL_OK },
};

static void setup_try(struct kunit *test, unsigned int row, u64 after_ns)
{
	bool goes = setup_changes[row].detail == OHT_DETAIL_OK;
	struct oht_xfer *x;

	setup_init(test);
	fake.may_move = !setup_changes[row].disabled;
	x = fake_xfer(0, setup_changes[row].unit, setup_changes[row].function, 0x0100, 1);
	x->any_unit = setup_changes[row].unit == RESERVED;
	x->while_stopped = setup_changes[row].while_stopped;
	fake_submit(0);
	KUNIT_EXPECT_TRUE(test, fake.de);
	fake_run(fake.now_ns + after_ns);
	setup_changes[row].happens();
	fake_run(FAKE_START_NS + SETUP_NS + 3 * FAKE_MS);
	KUNIT_EXPECT_EQ_MSG(test, fake.frame_count, goes, "%s\n", setup_changes[row].name);
	KUNIT_EXPECT_EQ_MSG(test, fake.done[0], !goes, "%s\n", setup_changes[row].name);
	KUNIT_EXPECT_FALSE(test, fake.de);
	if (goes)
		fake_answer_to(0, 5 * FAKE_MS);
	fake_run_done(0);
	KUNIT_EXPECT_EQ_MSG(test, x->detail, setup_changes[row].detail, "%s\n",
			    setup_changes[row].name);
	KUNIT_EXPECT_EQ(test, x->attempts, goes);
	fake.engine.slot.hold_max_ns = 0;
	fake_expect_in_step(1);
}

static void engine_setup_asks_again(struct kunit *test)
{
	unsigned int row;

	for (row = 0; row < ARRAY_SIZE(setup_changes); row++) {
		setup_try(test, row, 0);
		setup_try(test, row, SETUP_NS - 1);
	}
}

/* A transfer that is called off costs no attempt and no turn; the next one goes. */
static void engine_setup_lets_the_next_one_go(struct kunit *test)
{
	fake_xfer(0, 1, 6, 0x0100, 1)->while_stopped = false;
	fake_xfer(1, 2, 3, 0x0100, 1);
	fake_submit(0);
	fake_submit(1);
	setup_disable();
	fake_run_sent(1);
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 2);
	KUNIT_EXPECT_EQ(test, fake_last()->start_ns, FAKE_START_NS + 2 * SETUP_NS);
	FAKE_EXPECT_DONE(0, -ECANCELED, OHT_DETAIL_STOPPED);
	fake_answer_to(1, FAKE_MS);
	fake_run_done(1);
	FAKE_EXPECT_DONE(1, 0, OHT_DETAIL_OK);
}

/* ---- what is heard meanwhile ---- */

/* A character at @at_ns of the set-up; with @again in the next one, too. */
static void setup_hear(struct kunit *test, u32 setup_us, u64 at_ns, bool again)
{
	setup_init_us(test, setup_us);
	fake_xfer(0, 1, 3, 0x0100, 1)->retries = 0;
	fake_xfer(1, 2, 3, 0x0100, 1);
	fake_submit(0);
	fake_submit(1);
	fake_say_one(FAKE_START_NS + at_ns, 5, 0);
	while (!fake.frame_count && fake.de)
		fake_step(FAKE_NEVER);
	while (!fake.de)
		fake_step(FAKE_NEVER);
	if (again && !fake.frame_count)
		fake_say_one(fake.now_ns + at_ns, 5, 0);
	fake_run_sent(1);
	/* It keeps its place and its attempts. */
	KUNIT_EXPECT_EQ(test, fake_last()->adu[0], 1);
	KUNIT_EXPECT_EQ(test, fake.xfers[0].attempts, 1);
	KUNIT_EXPECT_EQ_MSG(test, fake.early, 0, "%u us, at %llu ns\n", setup_us,
			    (unsigned long long)at_ns);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
	FAKE_EXPECT_DONE(0, 0, OHT_DETAIL_OK);
	fake_run_sent(2);
	fake_answer_to(1, FAKE_MS);
	fake_run_done(1);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
}

static void engine_setup_ends_in_silence(struct kunit *test)
{
	static const u32 lengths_us[] = { 50, 500, 1700, SETUP_US };
	unsigned int i;
	u64 at_ns;

	for (i = 0; i < ARRAY_SIZE(lengths_us); i++)
		for (at_ns = 1; at_ns <= lengths_us[i] * FAKE_US; at_ns += 49 * FAKE_US) {
			setup_hear(test, lengths_us[i], at_ns, false);
			setup_hear(test, lengths_us[i], at_ns, true);
		}
}

/*
 * A receiver that hears our own driver switch on hears it each time: then nothing is called off,
 * or no request would ever leave.
 */
static void engine_setup_hears_itself(struct kunit *test)
{
	unsigned int i;
	u64 begun_ns;

	setup_init_us(test, 500);
	fake.clicks = 2;
	for (i = 0; i < 8; i++) {
		begun_ns = fake.now_ns;
		fake_xfer(i, 1, 3, 0x0100, 1)->retries = 0;
		fake_submit(i);
		fake_run_sent(i + 1);
		KUNIT_EXPECT_EQ(test, fake.xfers[i].attempts, 1);
		if (i)
			KUNIT_EXPECT_EQ(test, fake_last()->start_ns, begun_ns + 500 * FAKE_US);
		fake_answer_to(i, FAKE_MS);
		fake_run_done(i);
		FAKE_EXPECT_DONE(i, 0, OHT_DETAIL_OK);
		fake_run(fake.now_ns + 5 * FAKE_MS);
	}
	/* The click has gone: a character counts again. */
	fake.clicks = 0;
	fake.early = 0;
	fake_expect_in_step(i);
	fake_xfer(0, 1, 3, 0x0100, 1);
	fake_run(fake.now_ns + 5 * FAKE_MS);
	fake_submit(0);
	fake_say_one(fake.now_ns + 100 * FAKE_US, 5, 0);
	fake_run_sent(i + 2);
	KUNIT_EXPECT_EQ(test, fake.early, 0);
	fake_answer_to(0, FAKE_MS);
	fake_run_done(0);
}

static struct kunit_case engine_setup_cases[] = {
	KUNIT_CASE(engine_setup_asks_again),
	KUNIT_CASE(engine_setup_lets_the_next_one_go),
	KUNIT_CASE(engine_setup_ends_in_silence),
	KUNIT_CASE(engine_setup_hears_itself),
	{}
};

static struct kunit_suite engine_setup_suite = {
	.name = "oht_engine_setup",
	.init = setup_init,
	.test_cases = engine_setup_cases,
};

kunit_test_suites(&engine_setup_suite);
