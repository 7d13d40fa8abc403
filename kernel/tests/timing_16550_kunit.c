// SPDX-License-Identifier: GPL-2.0-only
/* The divisor of a 16550: every standard rate from the usual clocks, the 1 % rule, its limits. */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include "../timing.h"

/* A 16550 has no fraction: some rates are out of reach, by more than 1 %, and must be refused. */
static const u32 timing_16550_bauds[] = {
	1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 921600,
	1000000,
};

static const struct {
	u32 clock_hz;
	u16 refused;	/* bit i: timing_16550_bauds[i] */
} timing_16550_clocks[] = {
	{ 1843200, BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) },
	{ 24000000, BIT(8) | BIT(9) | BIT(11) | BIT(12) },
	{ 48000000, BIT(9) | BIT(11) },
	{ 50000000, BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) },
};

static bool timing_16550_works(struct kunit *test, u32 clock_hz, u32 baud_bps)
{
	const struct oht_line line = {
		.baud_bps = baud_bps,
		.stop_bits = 1,
		.gap_char_bits = OHT_GAP_CHAR_BITS_DEFAULT,
	};
	u64 exact_x1000 = div64_u64((u64)clock_hz * 1000, 16ULL * baud_bps);
	struct oht_divisor d;
	struct oht_timing t;
	const char *what;

	if (oht_timing_16550_divisor(clock_hz, baud_bps, &d))
		return false;
	KUNIT_EXPECT_EQ(test, d.fraction, 0);
	KUNIT_EXPECT_LE_MSG(test, d.integer * 1000ULL, exact_x1000 + 501, "%u", baud_bps);
	KUNIT_EXPECT_GE_MSG(test, d.integer * 1000ULL + 501, exact_x1000, "%u", baud_bps);
	KUNIT_EXPECT_EQ(test, d.effective_millibps,
			div64_u64((u64)clock_hz * 1000, 16ULL * d.integer));
	return !oht_timing_init(&t, &line, d.effective_millibps, &what);
}

static void timing_test_16550_divisors(struct kunit *test)
{
	unsigned int clock, i;
	bool works;

	for (clock = 0; clock < ARRAY_SIZE(timing_16550_clocks); clock++) {
		for (i = 0; i < ARRAY_SIZE(timing_16550_bauds); i++) {
			works = timing_16550_works(test, timing_16550_clocks[clock].clock_hz,
						   timing_16550_bauds[i]);
			KUNIT_EXPECT_EQ_MSG(test, works,
					    !(timing_16550_clocks[clock].refused & BIT(i)),
					    "%u from %u", timing_16550_bauds[i],
					    timing_16550_clocks[clock].clock_hz);
		}
	}
}

static void timing_test_16550_limits(struct kunit *test)
{
	struct oht_divisor d;

	/* The data sheet's table for 1.8432 MHz. */
	KUNIT_ASSERT_EQ(test, oht_timing_16550_divisor(1843200, 9600, &d), 0);
	KUNIT_EXPECT_EQ(test, d.integer, 12);
	KUNIT_EXPECT_EQ(test, d.effective_millibps, 9600000);
	KUNIT_EXPECT_EQ(test, d.error_ppm, 0);
	KUNIT_ASSERT_EQ(test, oht_timing_16550_divisor(24000000, 115200, &d), 0);
	KUNIT_EXPECT_EQ(test, d.integer, 13);
	KUNIT_EXPECT_EQ(test, d.effective_millibps, 115384615);
	KUNIT_EXPECT_EQ(test, d.error_ppm, 1603);
	KUNIT_ASSERT_EQ(test, oht_timing_16550_divisor(65535U * 16 * 1200, 1200, &d), 0);
	KUNIT_EXPECT_EQ(test, d.integer, 65535);
	KUNIT_EXPECT_EQ(test, oht_timing_16550_divisor(65536U * 16 * 1200, 1200, &d), -ERANGE);
	KUNIT_EXPECT_EQ(test, oht_timing_16550_divisor(0xffffffff, 1200, &d), -ERANGE);
	KUNIT_EXPECT_EQ(test, oht_timing_16550_divisor(0, 1200, &d), -ERANGE);
}

static struct kunit_case timing_16550_cases[] = {
	KUNIT_CASE(timing_test_16550_divisors),
	KUNIT_CASE(timing_test_16550_limits),
	{}
};

static struct kunit_suite timing_16550_suite = {
	.name = "oht-timing-16550",
	.test_cases = timing_16550_cases,
};

kunit_test_suites(&timing_16550_suite);
