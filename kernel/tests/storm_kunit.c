// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/kernel.h>
#include "../storm.h"

#define FAST_NS		(10 * NSEC_PER_USEC)
#define POLL_NS		(2 * NSEC_PER_MSEC)

/* Edges at that distance until one asks for the mask; 0: none of @most did. */
static u32 edges_until_mask(struct oht_storm *storm, u64 *now, u64 period_ns, u32 most)
{
	u32 i;

	for (i = 1; i <= most; i++, *now += period_ns)
		if (oht_storm_edge(storm, *now))
			return i;
	return 0;
}

static void masked_storm(struct kunit *test, struct oht_storm *storm, u64 *now)
{
	KUNIT_ASSERT_EQ(test, edges_until_mask(storm, now, FAST_NS, 1000), OHT_STORM_EDGES + 1);
	oht_storm_masked(storm, *now);
}

/* What a button does, and a little more, is none. */
static void storm_test_bounce(struct kunit *test)
{
	struct oht_storm storm = { 0 };
	u64 now = 1000;

	KUNIT_EXPECT_EQ(test, edges_until_mask(&storm, &now, FAST_NS, OHT_STORM_EDGES), 0);
	now += OHT_STORM_WINDOW_NS;
	KUNIT_EXPECT_EQ(test, edges_until_mask(&storm, &now, FAST_NS, OHT_STORM_EDGES), 0);
}

/* As fast as may be, for ever. */
static void storm_test_steady(struct kunit *test)
{
	u64 slow_ns = OHT_STORM_WINDOW_NS / (OHT_STORM_EDGES - 1);
	struct oht_storm storm = { 0 };
	u64 now = 1000;

	KUNIT_EXPECT_EQ(test, edges_until_mask(&storm, &now, slow_ns, 100000), 0);
	KUNIT_EXPECT_NE(test, edges_until_mask(&storm, &now, slow_ns / 2, 1000), 0);
}

/* Asked for once, whatever comes until it is calm. */
static void storm_test_masked_once(struct kunit *test)
{
	struct oht_storm storm = { 0 };
	u64 now = 1000;

	KUNIT_ASSERT_EQ(test, edges_until_mask(&storm, &now, FAST_NS, 1000), OHT_STORM_EDGES + 1);
	KUNIT_EXPECT_EQ(test, edges_until_mask(&storm, &now, FAST_NS, 1000), 0);
	oht_storm_masked(&storm, now);
	KUNIT_EXPECT_EQ(test, edges_until_mask(&storm, &now, FAST_NS, 1000), 0);
}

/* However long masking takes: no unmasking before it is done. */
static void storm_test_not_before_masked(struct kunit *test)
{
	struct oht_storm storm = { 0 };
	u64 now = 1000;

	KUNIT_EXPECT_FALSE(test, oht_storm_poll(&storm, true, now + NSEC_PER_SEC));
	KUNIT_ASSERT_EQ(test, edges_until_mask(&storm, &now, FAST_NS, 1000), OHT_STORM_EDGES + 1);
	now += NSEC_PER_SEC;
	KUNIT_EXPECT_FALSE(test, oht_storm_poll(&storm, false, now));
	oht_storm_masked(&storm, now);
	KUNIT_EXPECT_FALSE(test, oht_storm_poll(&storm, false, now + OHT_STORM_CALM_NS));
	KUNIT_EXPECT_TRUE(test, oht_storm_poll(&storm, false, now + OHT_STORM_CALM_NS + 1));
}

static void storm_test_calm(struct kunit *test)
{
	struct oht_storm storm = { 0 };
	u64 now = 1000, end;

	masked_storm(test, &storm, &now);
	for (end = now + NSEC_PER_SEC; now < end; now += POLL_NS)
		KUNIT_ASSERT_FALSE(test, oht_storm_poll(&storm, (now / POLL_NS) & 1, now));
	/* The last change, and then nothing. */
	oht_storm_poll(&storm, true, now);
	oht_storm_poll(&storm, false, now);
	KUNIT_EXPECT_FALSE(test, oht_storm_poll(&storm, false, now + OHT_STORM_CALM_NS));
	KUNIT_EXPECT_TRUE(test, oht_storm_poll(&storm, false, now + OHT_STORM_CALM_NS + 1));
	/* Masked once. Until it is unmasked no edge counts, and it is not masked again. */
	KUNIT_EXPECT_FALSE(test, oht_storm_poll(&storm, false, now + 2 * OHT_STORM_CALM_NS));
	KUNIT_EXPECT_NE(test, storm.state, OHT_STORM_HEARD);
	KUNIT_EXPECT_EQ(test, edges_until_mask(&storm, &now, FAST_NS, 1000), 0);
}

/* It counts anew after the calm. */
static void storm_test_again(struct kunit *test)
{
	struct oht_storm storm = { 0 };
	u64 now = 1000;
	int i;

	for (i = 0; i < 3; i++) {
		masked_storm(test, &storm, &now);
		now += OHT_STORM_CALM_NS + 1;
		KUNIT_ASSERT_TRUE(test, oht_storm_poll(&storm, false, now));
		oht_storm_unmasked(&storm);
	}
}

/* A stamp from before the window's own, by a CPU that waited for the lock. */
static void storm_test_older_stamp(struct kunit *test)
{
	struct oht_storm storm = { 0 };
	u64 now = OHT_STORM_WINDOW_NS;

	oht_storm_edge(&storm, now);
	KUNIT_EXPECT_FALSE(test, oht_storm_edge(&storm, now - 1));
	KUNIT_EXPECT_EQ(test, storm.edges, 2);
	oht_storm_masked(&storm, now);
	KUNIT_EXPECT_FALSE(test, oht_storm_poll(&storm, false, now - 1));
}

static struct kunit_case storm_test_cases[] = {
	KUNIT_CASE(storm_test_bounce),
	KUNIT_CASE(storm_test_steady),
	KUNIT_CASE(storm_test_masked_once),
	KUNIT_CASE(storm_test_not_before_masked),
	KUNIT_CASE(storm_test_calm),
	KUNIT_CASE(storm_test_again),
	KUNIT_CASE(storm_test_older_stamp),
	{}
};

static struct kunit_suite storm_test_suite = {
	.name = "oht_storm",
	.test_cases = storm_test_cases,
};

kunit_test_suites(&storm_test_suite);
