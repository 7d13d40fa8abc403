// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/kernel.h>
#include "../stall.h"

#define LIMIT_NS	4000000ULL
#define START_NS	1000000000ULL

static struct oht_stall watched_stall(void)
{
	struct oht_stall stall = { 0 };

	oht_stall_set_watched(&stall, true, START_NS);
	return stall;
}

/* Just at the limit is none, and from the start there is the whole limit. */
static void stall_test_limit(struct kunit *test)
{
	struct oht_stall stall = watched_stall();

	KUNIT_EXPECT_FALSE(test, oht_stall_found(&stall, START_NS + LIMIT_NS, LIMIT_NS));
	KUNIT_EXPECT_TRUE(test, oht_stall_found(&stall, START_NS + LIMIT_NS + 1, LIMIT_NS));
}

/* Each of the two is looked at, whichever the other one is. */
static void stall_test_either_side(struct kunit *test)
{
	u64 late_ns = START_NS + LIMIT_NS + 1;
	struct oht_stall stall;
	int side;

	for (side = 0; side < OHT_STALL_SIDES; side++) {
		stall = watched_stall();
		oht_stall_ran(&stall, side, late_ns);
		KUNIT_EXPECT_TRUE(test, oht_stall_found(&stall, late_ns, LIMIT_NS));
	}
	oht_stall_ran(&stall, OHT_STALL_SUPERVISION, late_ns);
	oht_stall_ran(&stall, OHT_STALL_WATCH, late_ns);
	KUNIT_EXPECT_FALSE(test, oht_stall_found(&stall, late_ns + LIMIT_NS, LIMIT_NS));
}

/* It stands until both run again. */
static void stall_test_stands(struct kunit *test)
{
	struct oht_stall stall = watched_stall();
	u64 now = START_NS;
	int i;

	for (i = 0; i < 10; i++) {
		now += LIMIT_NS;
		oht_stall_ran(&stall, OHT_STALL_SUPERVISION, now);
		KUNIT_EXPECT_EQ(test, oht_stall_found(&stall, now, LIMIT_NS), i > 0);
	}
	oht_stall_ran(&stall, OHT_STALL_WATCH, now);
	KUNIT_EXPECT_FALSE(test, oht_stall_found(&stall, now, LIMIT_NS));
}

/* A CPU that waited for the lock has an older time than the stamp. */
static void stall_test_older_stamp(struct kunit *test)
{
	struct oht_stall stall = watched_stall();

	oht_stall_ran(&stall, OHT_STALL_WATCH, START_NS + 100);
	KUNIT_EXPECT_FALSE(test, oht_stall_found(&stall, START_NS, LIMIT_NS));
	KUNIT_EXPECT_FALSE(test, oht_stall_found(&stall, 0, LIMIT_NS));
}

/* With one CPU no other one can notice a stall. With a second one again, the check starts anew. */
static void stall_test_one_cpu(struct kunit *test)
{
	u64 later_ns = START_NS + 1000 * LIMIT_NS;
	struct oht_stall stall = { 0 };

	KUNIT_EXPECT_FALSE(test, oht_stall_found(&stall, later_ns, LIMIT_NS));
	oht_stall_set_watched(&stall, true, START_NS);
	oht_stall_set_watched(&stall, false, START_NS);
	KUNIT_EXPECT_FALSE(test, oht_stall_found(&stall, later_ns, LIMIT_NS));
	oht_stall_set_watched(&stall, true, later_ns);
	KUNIT_EXPECT_FALSE(test, oht_stall_found(&stall, later_ns + LIMIT_NS, LIMIT_NS));
	/* Said once more while it is so, it hides nothing. */
	oht_stall_set_watched(&stall, true, later_ns + LIMIT_NS + 1);
	KUNIT_EXPECT_TRUE(test, oht_stall_found(&stall, later_ns + LIMIT_NS + 1, LIMIT_NS));
}

static struct kunit_case stall_test_cases[] = {
	KUNIT_CASE(stall_test_limit),
	KUNIT_CASE(stall_test_either_side),
	KUNIT_CASE(stall_test_stands),
	KUNIT_CASE(stall_test_older_stamp),
	KUNIT_CASE(stall_test_one_cpu),
	{}
};

static struct kunit_suite stall_test_suite = {
	.name = "oht_stall",
	.test_cases = stall_test_cases,
};

kunit_test_suites(&stall_test_suite);
