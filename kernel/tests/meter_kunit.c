// SPDX-License-Identifier: GPL-2.0-only
/* Every border of the conformance meter, to the nanosecond, with certain and uncertain stamps. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include "../meter.h"

#define T0	1000000000ULL

static struct oht_timing timing;

static void meter_test_line(struct kunit *test, u32 baud_bps)
{
	const struct oht_line line = { .baud_bps = baud_bps, .stop_bits = 1, .gap_char_bits = 11 };
	const char *what;

	KUNIT_ASSERT_EQ(test, oht_timing_init(&timing, &line, baud_bps * 1000ULL, &what), 0);
}

static int meter_test_init(struct kunit *test)
{
	meter_test_line(test, 115200);
	return 0;
}

static struct oht_meter_span span(u64 from_ns, u64 to_ns)
{
	return (struct oht_meter_span) { .from_ns = from_ns, .to_ns = to_ns };
}

/* The silence lies between @least_ns and @most_ns: half of the doubt is at each end. */
static u8 before(u64 least_ns, u64 most_ns)
{
	u64 doubt_ns = most_ns - least_ns, half_ns = doubt_ns / 2;
	struct oht_meter_span end = span(T0 - half_ns, T0);
	struct oht_meter_span start = span(T0 + least_ns, T0 + least_ns + doubt_ns - half_ns);

	return oht_meter_before(&timing, &end, &start);
}

static u8 inside(u64 least_ns, u64 most_ns)
{
	u64 doubt_ns = most_ns - least_ns, half_ns = doubt_ns / 2;
	struct oht_meter_span end = span(T0 - half_ns, T0);
	struct oht_meter_span start = span(T0 + least_ns, T0 + least_ns + doubt_ns - half_ns);

	return oht_meter_inside(&timing, &end, &start);
}

static void meter_test_before_certain(struct kunit *test)
{
	static const u32 bauds[] = { 1200, 9600, 19200, 38400, 115200, 1000000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bauds); i++) {
		meter_test_line(test, bauds[i]);
		KUNIT_EXPECT_EQ(test, before(timing.t35_ns, timing.t35_ns), OHT_VERDICT_OK);
		KUNIT_EXPECT_EQ(test, before(timing.t35_ns + 1, timing.t35_ns + 1), OHT_VERDICT_OK);
		KUNIT_EXPECT_EQ(test, before(timing.t35_ns - 1, timing.t35_ns - 1),
				OHT_VERDICT_VIOLATION);
		KUNIT_EXPECT_EQ(test, before(0, 0), OHT_VERDICT_VIOLATION);
	}
}

static void meter_test_before_uncertain(struct kunit *test)
{
	u64 t35_ns = timing.t35_ns;

	KUNIT_EXPECT_EQ(test, before(t35_ns, t35_ns + 100001), OHT_VERDICT_OK);
	KUNIT_EXPECT_EQ(test, before(t35_ns - 1, t35_ns + 100001), OHT_VERDICT_NOT_JUDGED);
	KUNIT_EXPECT_EQ(test, before(t35_ns - 1, t35_ns), OHT_VERDICT_NOT_JUDGED);
	KUNIT_EXPECT_EQ(test, before(t35_ns - 100001, t35_ns), OHT_VERDICT_NOT_JUDGED);
	KUNIT_EXPECT_EQ(test, before(t35_ns - 100001, t35_ns - 1), OHT_VERDICT_VIOLATION);
}

/* It began while the one before was still being sent. */
static void meter_test_before_overlap(struct kunit *test)
{
	struct oht_meter_span end = span(T0, T0 + 10), start = span(T0 - 500, T0 - 400);

	KUNIT_EXPECT_EQ(test, oht_meter_before(&timing, &end, &start), OHT_VERDICT_VIOLATION);
	KUNIT_EXPECT_EQ(test, oht_meter_inside(&timing, &end, &start), OHT_VERDICT_OK);
}

static void meter_test_inside_certain(struct kunit *test)
{
	static const u32 bauds[] = { 1200, 9600, 19200, 38400, 115200, 1000000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bauds); i++) {
		meter_test_line(test, bauds[i]);
		KUNIT_EXPECT_EQ(test, inside(0, 0), OHT_VERDICT_OK);
		KUNIT_EXPECT_EQ(test, inside(timing.t15_ns, timing.t15_ns), OHT_VERDICT_OK);
		KUNIT_EXPECT_EQ(test, inside(timing.t15_ns + 1, timing.t15_ns + 1),
				OHT_VERDICT_VIOLATION);
	}
}

static void meter_test_inside_uncertain(struct kunit *test)
{
	u64 t15_ns = timing.t15_ns;

	KUNIT_EXPECT_EQ(test, inside(0, t15_ns), OHT_VERDICT_OK);
	KUNIT_EXPECT_EQ(test, inside(0, t15_ns + 1), OHT_VERDICT_NOT_JUDGED);
	KUNIT_EXPECT_EQ(test, inside(t15_ns, t15_ns + 1), OHT_VERDICT_NOT_JUDGED);
	KUNIT_EXPECT_EQ(test, inside(t15_ns + 1, t15_ns + 2), OHT_VERDICT_VIOLATION);
}

/* One character that could have come at any time since the last look, but was kept no longer. */
static void meter_test_one_char(struct kunit *test)
{
	struct oht_meter_lump lump = { .empty_ns = T0, .found_ns = T0 + 900000, .chars = 1 };
	u64 to_end_ns = timing.stop_rest_ns;

	KUNIT_EXPECT_EQ(test, oht_meter_end(&timing, &lump, 0).from_ns, T0 + to_end_ns);
	KUNIT_EXPECT_EQ(test, oht_meter_end(&timing, &lump, 0).to_ns, T0 + 900000 + to_end_ns);
	lump.hold_ns = 100000;
	KUNIT_EXPECT_EQ(test, oht_meter_end(&timing, &lump, 0).from_ns, T0 + 800000 + to_end_ns);
	KUNIT_EXPECT_EQ(test, oht_meter_start(&timing, &lump, 0).from_ns,
			T0 + 800000 + to_end_ns - timing.char_ns);
	lump.hold_ns = 900001;
	KUNIT_EXPECT_EQ(test, oht_meter_end(&timing, &lump, 0).from_ns, T0 + to_end_ns);
}

/* The true times of a slave whose clock is off are always inside what is said of them. */
static void meter_test_lump_holds_the_truth(struct kunit *test)
{
	struct oht_meter_lump lump = { .empty_ns = T0, .chars = 16 };
	struct oht_meter_span start, end;
	u64 report_ns, char_ns;
	unsigned int i;
	int ppm;

	for (ppm = -10000; ppm <= 10000; ppm += 5000) {
		char_ns = timing.char_ns + (s64)timing.char_ns * ppm / 1000000;
		/* The first one came 300 us after the last look, the last one was found at once. */
		lump.found_ns = T0 + 300000 + 15 * char_ns;
		for (i = 0; i < lump.chars; i++) {
			report_ns = T0 + 300000 + i * char_ns;
			start = oht_meter_start(&timing, &lump, i);
			end = oht_meter_end(&timing, &lump, i);
			KUNIT_EXPECT_LE(test, end.from_ns, report_ns + timing.stop_rest_ns);
			KUNIT_EXPECT_GE(test, end.to_ns, report_ns + timing.stop_rest_ns);
			KUNIT_EXPECT_LE(test, start.from_ns, start.to_ns);
		}
	}
}

/* More characters than fit into the time since the last look: the far end keeps no wire time. */
static void meter_test_lump_too_fast(struct kunit *test)
{
	struct oht_meter_lump lump = { .empty_ns = T0, .found_ns = T0 + 10000, .chars = 8 };
	unsigned int i;

	/* What remains is that they came between the two looks. */
	for (i = 0; i < lump.chars; i++) {
		KUNIT_EXPECT_EQ(test, oht_meter_end(&timing, &lump, i).from_ns,
				T0 + timing.stop_rest_ns);
		KUNIT_EXPECT_EQ(test, oht_meter_end(&timing, &lump, i).to_ns,
				T0 + 10000 + timing.stop_rest_ns);
	}
	KUNIT_EXPECT_EQ(test, oht_meter_lump_inside(&timing, &lump, 0), OHT_VERDICT_NOT_JUDGED);
	/* The first moment at which it can have been wire time, with a clock that is 2 % fast. */
	lump.found_ns = T0 + div64_u64(oht_timing_chars_ns(&timing, 7) * 98, 100);
	KUNIT_EXPECT_EQ(test, oht_meter_lump_inside(&timing, &lump, 0), OHT_VERDICT_OK);
	lump.found_ns--;
	KUNIT_EXPECT_EQ(test, oht_meter_lump_inside(&timing, &lump, 0), OHT_VERDICT_NOT_JUDGED);
}

/* All the silence of a lump may be in one place, or not: up to t1.5 in all it is well. */
static void meter_test_lump_inside(struct kunit *test)
{
	u64 wire_ns = div64_u64(oht_timing_chars_ns(&timing, 4) * 98, 100);
	struct oht_meter_lump lump = { .empty_ns = T0, .chars = 4 };

	/* From the first start bit to the last stop bit. */
	lump.found_ns = T0 - timing.char_ns + wire_ns + timing.t15_ns;
	KUNIT_EXPECT_EQ(test, oht_meter_lump_inside(&timing, &lump, 0), OHT_VERDICT_OK);
	lump.found_ns++;
	KUNIT_EXPECT_EQ(test, oht_meter_lump_inside(&timing, &lump, 0), OHT_VERDICT_NOT_JUDGED);
	KUNIT_EXPECT_EQ(test, oht_meter_lump_inside(&timing, &lump, 3), OHT_VERDICT_OK);
}

static void meter_test_worse(struct kunit *test)
{
	const u8 ok = OHT_VERDICT_OK, bad = OHT_VERDICT_VIOLATION, open = OHT_VERDICT_NOT_JUDGED;

	KUNIT_EXPECT_EQ(test, oht_meter_worse(ok, ok), ok);
	KUNIT_EXPECT_EQ(test, oht_meter_worse(ok, open), open);
	KUNIT_EXPECT_EQ(test, oht_meter_worse(open, ok), open);
	KUNIT_EXPECT_EQ(test, oht_meter_worse(bad, open), bad);
	KUNIT_EXPECT_EQ(test, oht_meter_worse(open, bad), bad);
	KUNIT_EXPECT_EQ(test, oht_meter_worse(ok, bad), bad);
	KUNIT_EXPECT_EQ(test, oht_meter_worse(bad, ok), bad);
}

static struct kunit_case meter_test_cases[] = {
	KUNIT_CASE(meter_test_before_certain),
	KUNIT_CASE(meter_test_before_uncertain),
	KUNIT_CASE(meter_test_before_overlap),
	KUNIT_CASE(meter_test_inside_certain),
	KUNIT_CASE(meter_test_inside_uncertain),
	KUNIT_CASE(meter_test_one_char),
	KUNIT_CASE(meter_test_lump_holds_the_truth),
	KUNIT_CASE(meter_test_lump_too_fast),
	KUNIT_CASE(meter_test_lump_inside),
	KUNIT_CASE(meter_test_worse),
	{}
};

static struct kunit_suite meter_test_suite = {
	.name = "oht_meter",
	.init = meter_test_init,
	.test_cases = meter_test_cases,
};

kunit_test_suites(&meter_test_suite);
