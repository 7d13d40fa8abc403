// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "../histogram.h"

static struct oht_histogram histogram;

static int histogram_test_init(struct kunit *test)
{
	memset(&histogram, 0, sizeof(histogram));
	return 0;
}

/* Both sides of every border of every bucket. */
static void histogram_test_borders(struct kunit *test)
{
	unsigned int i;

	for (i = 1; i < OHT_HISTOGRAM_BUCKETS; i++) {
		histogram_test_init(test);
		oht_histogram_add(&histogram, (1ULL << (i - 1)) - 1);
		KUNIT_EXPECT_EQ_MSG(test, histogram.counts[i - 1], 1, "below bucket %u", i);
		oht_histogram_add(&histogram, 1ULL << (i - 1));
		KUNIT_EXPECT_EQ_MSG(test, histogram.counts[i], 1, "bucket %u", i);
		KUNIT_EXPECT_EQ_MSG(test, histogram.counts[i - 1], 1, "bucket %u", i);
	}
}

static void histogram_test_zero(struct kunit *test)
{
	oht_histogram_add(&histogram, 0);
	KUNIT_EXPECT_EQ(test, histogram.counts[0], 1);
	KUNIT_EXPECT_EQ(test, histogram.counts[1], 0);
}

/* Nothing is written behind the last bucket. */
static void histogram_test_beyond(struct kunit *test)
{
	oht_histogram_add(&histogram, 1ULL << (OHT_HISTOGRAM_BUCKETS - 1));
	oht_histogram_add(&histogram, 1ULL << 63);
	oht_histogram_add(&histogram, U64_MAX);
	KUNIT_EXPECT_EQ(test, histogram.counts[OHT_HISTOGRAM_BUCKETS - 1], 3);
}

static struct kunit_case histogram_test_cases[] = {
	KUNIT_CASE(histogram_test_borders),
	KUNIT_CASE(histogram_test_zero),
	KUNIT_CASE(histogram_test_beyond),
	{}
};

static struct kunit_suite histogram_test_suite = {
	.name = "oht_histogram",
	.init = histogram_test_init,
	.test_cases = histogram_test_cases,
};

kunit_test_suites(&histogram_test_suite);
