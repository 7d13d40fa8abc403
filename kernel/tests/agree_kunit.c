// SPDX-License-Identifier: GPL-2.0-only
/* Two channels of a button: presses that agree, and what locks out. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/time64.h>
#include "../agree.h"

#define A		1
#define B		2
#define BOTH		(A | B)
#define NONE		0
#define MS		((u64)NSEC_PER_MSEC)
#define WINDOW_NS	(500 * MS)
#define POLL_NS		(2 * MS)

struct pair {
	struct oht_agree agree;
	u64 now;
	unsigned int found;		/* looks that said discrepancy */
};

static struct pair pair;

static int agree_init(struct kunit *test)
{
	pair = (struct pair) { .now = 1000 * NSEC_PER_SEC };
	return 0;
}

static void look_at(u32 closed, u32 unreadable)
{
	const struct oht_agree_levels levels = {
		.all = BOTH,
		.closed = closed,
		.unreadable = unreadable,
	};

	pair.found += oht_agree_look(&pair.agree, &levels, pair.now, WINDOW_NS);
}

/* Levels as the supervision polls them. */
static void hold(u32 closed, u64 for_ns)
{
	u64 end = pair.now + for_ns;

	for (; pair.now < end; pair.now += POLL_NS)
		look_at(closed, NONE);
}

static bool stands(u32 closed)
{
	return oht_agree_stands(&pair.agree, closed == BOTH, WINDOW_NS);
}

/* Too short for the level: the edges alone tell of it. */
static void glitch(u32 channels)
{
	if (channels & A)
		oht_agree_edge(&pair.agree, 0, pair.now);
	if (channels & B)
		oht_agree_edge(&pair.agree, 1, pair.now);
	look_at(BOTH, NONE);
}

static void agree_test_healthy(struct kunit *test)
{
	static const u64 lengths_ms[] = { 2, 20, 499, 501, 3000 };
	unsigned int i;

	hold(BOTH, 2 * WINDOW_NS);
	for (i = 0; i < ARRAY_SIZE(lengths_ms); i++) {
		/* One contact opens first, and closes last. */
		hold(B, 10 * MS);
		hold(NONE, lengths_ms[i] * MS);
		hold(B, 10 * MS);
		hold(BOTH, 2 * MS);
		KUNIT_EXPECT_FALSE(test, stands(BOTH));
		hold(BOTH, 2 * WINDOW_NS);
		KUNIT_EXPECT_FALSE(test, stands(BOTH));
	}
	KUNIT_EXPECT_EQ(test, pair.found, 0);
}

static void agree_test_glitch_of_both(struct kunit *test)
{
	glitch(BOTH);
	hold(BOTH, 3 * WINDOW_NS);
	KUNIT_EXPECT_FALSE(test, stands(BOTH));
	/* Not at the same time, but within the window. */
	glitch(A);
	hold(BOTH, WINDOW_NS - 2 * POLL_NS);
	glitch(B);
	hold(BOTH, 3 * WINDOW_NS);
	KUNIT_EXPECT_FALSE(test, stands(BOTH));
	KUNIT_EXPECT_EQ(test, pair.found, 0);
}

/* Contacts that bounce when they close: one of them alone, shortly after both were open. */
static void agree_test_bounce(struct kunit *test)
{
	hold(NONE, 100 * MS);
	hold(BOTH, 30 * MS);
	glitch(A);
	hold(B, 4 * MS);
	hold(BOTH, 3 * WINDOW_NS);
	KUNIT_EXPECT_FALSE(test, stands(BOTH));
	KUNIT_EXPECT_EQ(test, pair.found, 0);
}

static void expect_lockout(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, stands(BOTH));
	hold(BOTH, 3 * WINDOW_NS);
	KUNIT_EXPECT_TRUE(test, stands(BOTH));
	/* Pressing in vain: the other channel does not open. */
	hold(B, 100 * MS);
	hold(BOTH, 3 * WINDOW_NS);
	KUNIT_EXPECT_TRUE(test, stands(BOTH));
	KUNIT_EXPECT_NE(test, pair.found, 0);
	hold(NONE, 2 * MS);
	KUNIT_EXPECT_TRUE(test, stands(NONE));
	pair.found = 0;
	hold(BOTH, 2 * MS);
	KUNIT_EXPECT_FALSE(test, stands(BOTH));
	hold(BOTH, 3 * WINDOW_NS);
	KUNIT_EXPECT_FALSE(test, stands(BOTH));
	KUNIT_EXPECT_EQ(test, pair.found, 0);
}

/* The other contact is welded, and the press is shorter than the window. */
static void agree_test_short_press(struct kunit *test)
{
	hold(BOTH, 2 * WINDOW_NS);
	hold(B, 100 * MS);
	hold(BOTH, 10 * MS);
	/* No reset, though the window is not over yet. */
	KUNIT_EXPECT_TRUE(test, stands(BOTH));
	KUNIT_EXPECT_EQ(test, pair.found, 0);
	hold(BOTH, WINDOW_NS);
	KUNIT_EXPECT_NE(test, pair.found, 0);
	expect_lockout(test);
}

static void agree_test_glitch_of_one(struct kunit *test)
{
	hold(BOTH, 2 * WINDOW_NS);
	glitch(B);
	KUNIT_EXPECT_TRUE(test, stands(BOTH));
	hold(BOTH, WINDOW_NS + 2 * POLL_NS);
	KUNIT_EXPECT_NE(test, pair.found, 0);
	expect_lockout(test);
}

/* A good press before does not speak for the contact that welds after it. */
static void agree_test_welds_later(struct kunit *test)
{
	hold(NONE, 100 * MS);
	hold(BOTH, 2 * WINDOW_NS);
	hold(A, 20 * MS);
	hold(BOTH, 2 * WINDOW_NS);
	KUNIT_EXPECT_NE(test, pair.found, 0);
	expect_lockout(test);
}

/* Nor does one before a reset, however short ago that was. */
static void agree_test_welds_after_reset(struct kunit *test)
{
	hold(NONE, 20 * MS);
	hold(BOTH, 20 * MS);
	KUNIT_EXPECT_FALSE(test, stands(BOTH));
	oht_agree_forget(&pair.agree);
	hold(BOTH, 20 * MS);
	KUNIT_EXPECT_FALSE(test, stands(BOTH));
	glitch(A);
	KUNIT_EXPECT_TRUE(test, stands(BOTH));
	hold(BOTH, 2 * WINDOW_NS);
	expect_lockout(test);
}

static void agree_test_held(struct kunit *test)
{
	hold(A, WINDOW_NS);
	KUNIT_EXPECT_EQ(test, pair.found, 0);
	hold(A, 2 * POLL_NS);
	KUNIT_EXPECT_NE(test, pair.found, 0);
	expect_lockout(test);
}

/* What cannot be read has not been seen open. */
static void agree_test_unreadable(struct kunit *test)
{
	hold(BOTH, 2 * WINDOW_NS);
	glitch(A);
	hold(BOTH, 2 * WINDOW_NS);
	KUNIT_EXPECT_TRUE(test, stands(BOTH));
	look_at(NONE, B);
	hold(BOTH, 10 * MS);
	KUNIT_EXPECT_TRUE(test, stands(BOTH));
	hold(NONE, 10 * MS);
	hold(BOTH, 10 * MS);
	KUNIT_EXPECT_FALSE(test, stands(BOTH));
}

/* A stamp from before the other's, by a CPU that waited for the lock. */
static void agree_test_older_stamp(struct kunit *test)
{
	hold(NONE, 10 * MS);
	look_at(BOTH, NONE);
	pair.now -= POLL_NS;
	look_at(BOTH, NONE);
	KUNIT_EXPECT_EQ(test, pair.found, 0);
	KUNIT_EXPECT_FALSE(test, stands(BOTH));
}

static struct kunit_case agree_test_cases[] = {
	KUNIT_CASE(agree_test_healthy),
	KUNIT_CASE(agree_test_glitch_of_both),
	KUNIT_CASE(agree_test_bounce),
	KUNIT_CASE(agree_test_short_press),
	KUNIT_CASE(agree_test_glitch_of_one),
	KUNIT_CASE(agree_test_welds_later),
	KUNIT_CASE(agree_test_welds_after_reset),
	KUNIT_CASE(agree_test_held),
	KUNIT_CASE(agree_test_unreadable),
	KUNIT_CASE(agree_test_older_stamp),
	{}
};

static struct kunit_suite agree_test_suite = {
	.name = "oht_agree",
	.init = agree_init,
	.test_cases = agree_test_cases,
};

kunit_test_suites(&agree_test_suite);
