// SPDX-License-Identifier: GPL-2.0-only
/* The reset button at the machine: which press resets, and which does not. */
#include "estop_fake.h"

#define PRESS_MS	150

static struct oht_estop *const estop = &fake_estop.estop;

static int button_init(struct kunit *test)
{
	fake_estop_init(test, 2);
	fake_estop_with_button();
	return 0;
}

/* Stopped for the start, with a controller and a button that has been closed for long enough. */
static void button_become_resettable(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, oht_estop_take(estop, &fake_controller, FAKE_DEADMAN_MS), 0);
	fake_estop_pass(2 * FAKE_STABLE_MS);
}

static void button_press(unsigned int ms)
{
	fake_estop.button.value = 1;
	fake_estop_pass(ms);
	fake_estop.button.value = 0;
	fake_estop_pass(2 * FAKE_STABLE_MS);
}

static void button_of_wrong_length(struct kunit *test)
{
	button_become_resettable(test);
	button_press(20);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	button_press(90);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	button_press(3100);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	button_press(PRESS_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_READY);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->kind, OHT_SAFETY_RESET);
	KUNIT_EXPECT_EQ(test, fake_estop_record()->tgid, 0);
}

/* Pressed since before the driver looked, or not readable in between: since when is not known. */
static void button_of_unknown_press(struct kunit *test)
{
	fake_estop.button.value = 1;
	button_become_resettable(test);
	button_press(PRESS_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	fake_estop.button.value = 1;
	fake_estop_pass(PRESS_MS);
	fake_estop.button.value = -EIO;
	fake_estop_pass(FAKE_PERIOD_MS);
	button_press(PRESS_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	button_press(PRESS_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_READY);
}

/* The button resets by the same rules as a command. */
static void button_while_open(struct kunit *test)
{
	button_become_resettable(test);
	fake_estop.channel[0].value = FAKE_OPEN;
	fake_estop.channel[1].value = FAKE_OPEN;
	button_press(PRESS_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	KUNIT_EXPECT_TRUE(test, estop->causes & OHT_CAUSE_BIT(OHT_CAUSE_BUTTON_A));
}

/* Behind the release, seen or debounced or not yet, somebody asks for a stop: that one stays. */
static void button_behind_which_a_stop_came(struct kunit *test)
{
	unsigned int ms;

	button_become_resettable(test);
	for (ms = 0; ms <= 2 * FAKE_PERIOD_MS; ms += FAKE_PERIOD_MS) {
		fake_estop.button.value = 1;
		fake_estop_pass(PRESS_MS);
		fake_estop.button.value = 0;
		fake_estop_pass(ms);
		fake_estop_skip(FAKE_ESTOP_MS);
		oht_estop_stop(estop, OHT_CAUSE_SOFTWARE, NULL);
		fake_estop_pass(2 * FAKE_STABLE_MS);
		KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_STOPPED);
	}
	button_press(PRESS_MS);
	KUNIT_EXPECT_EQ(test, estop->state, OHT_ESTOP_READY);
}

static struct kunit_case button_cases[] = {
	KUNIT_CASE(button_of_wrong_length),
	KUNIT_CASE(button_of_unknown_press),
	KUNIT_CASE(button_while_open),
	KUNIT_CASE(button_behind_which_a_stop_came),
	{}
};

static struct kunit_suite button_suite = {
	.name = "oht_estop_button",
	.init = button_init,
	.test_cases = button_cases,
};

kunit_test_suites(&button_suite);
