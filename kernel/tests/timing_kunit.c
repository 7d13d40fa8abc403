// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times: every standard rate in every character format, the 19200 rule, divisors, refusals.
 * Runs in the debug kernel, and under cmocka on the host with tests/unit/shim.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include "../timing.h"

static const u32 timing_bauds[] = {
	1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 76800, 115200, 230400, 250000,
	460800, 500000, 576000, 921600, 1000000,
};

static const u32 timing_clocks_hz[] = {
	14745600, 24000000, 44236800, 48000000, 50000000, 54000000, 66000000, 100000000,
};

static struct oht_line timing_line(u32 baud_bps)
{
	return (struct oht_line) {
		.baud_bps = baud_bps,
		.stop_bits = 1,
		.gap_char_bits = OHT_GAP_CHAR_BITS_DEFAULT,
	};
}

static int timing_init(struct oht_timing *t, const struct oht_line *line)
{
	const char *what;

	return oht_timing_init(t, line, (u64)line->baud_bps * 1000, &what);
}

/* Bits into ns, rounded up, by another way than the code under test: whole baud, no halves. */
static u64 timing_bits_ns(u32 baud_bps, u64 tenths)
{
	return div64_u64(tenths * 100000000ULL + baud_bps - 1, baud_bps);
}

static void timing_check_format(struct kunit *test, const struct oht_line *line, u32 char_bits)
{
	u32 gap_bits = char_bits > line->gap_char_bits ? char_bits : line->gap_char_bits;
	u32 baud = line->baud_bps;
	struct oht_timing t;

	KUNIT_ASSERT_EQ_MSG(test, timing_init(&t, line), 0, "%u", baud);
	KUNIT_EXPECT_EQ_MSG(test, t.char_bits, char_bits, "%u", baud);
	KUNIT_EXPECT_EQ_MSG(test, t.char_ns, timing_bits_ns(baud, char_bits * 10), "%u", baud);
	KUNIT_EXPECT_EQ_MSG(test, t.bit_ns, timing_bits_ns(baud, 10), "%u", baud);
	KUNIT_EXPECT_EQ_MSG(test, t.stop_rest_ns, timing_bits_ns(baud, line->stop_bits * 10 - 5),
			    "%u", baud);
	KUNIT_EXPECT_EQ_MSG(test, t.t15_ns,
			    baud <= 19200 ? timing_bits_ns(baud, gap_bits * 15) : 750000, "%u",
			    baud);
	KUNIT_EXPECT_EQ_MSG(test, t.t35_ns,
			    baud <= 19200 ? timing_bits_ns(baud, gap_bits * 35) : 1750000, "%u",
			    baud);
}

static void timing_test_every_format(struct kunit *test)
{
	struct oht_line line;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(timing_bauds); i++) {
		line = timing_line(timing_bauds[i]);
		for (line.parity = OHT_PARITY_NONE; line.parity <= OHT_PARITY_ODD; line.parity++)
			for (line.stop_bits = 1; line.stop_bits <= 2; line.stop_bits++)
				for (line.gap_char_bits = 10; line.gap_char_bits <= 12;
				     line.gap_char_bits++)
					timing_check_format(test, &line,
							    9 + !!line.parity + line.stop_bits);
	}
}

/* Well-known figures of Modbus lines. */
static void timing_test_known_figures(struct kunit *test)
{
	struct oht_line line = timing_line(9600);
	struct oht_timing t;

	KUNIT_ASSERT_EQ(test, timing_init(&t, &line), 0);
	KUNIT_EXPECT_EQ(test, t.char_ns, 1041667);
	KUNIT_EXPECT_EQ(test, t.t35_ns, 4010417);
	line = timing_line(19200);
	KUNIT_ASSERT_EQ(test, timing_init(&t, &line), 0);
	KUNIT_EXPECT_EQ(test, t.t15_ns, 859375);
	KUNIT_EXPECT_EQ(test, t.t35_ns, 2005209);
	line = timing_line(115200);
	KUNIT_ASSERT_EQ(test, timing_init(&t, &line), 0);
	KUNIT_EXPECT_EQ(test, t.char_ns, 86806);
	KUNIT_EXPECT_EQ(test, t.t35_ns, 1750000);
}

/* The rate asked for decides, not the one that the divisor makes. */
static void timing_test_rule_goes_by_asked_rate(struct kunit *test)
{
	struct oht_line line = timing_line(19200);
	struct oht_timing t;
	const char *what;

	KUNIT_ASSERT_EQ(test, oht_timing_init(&t, &line, 19231000, &what), 0);
	KUNIT_EXPECT_EQ(test, t.t35_ns, 2001976);
	line = timing_line(19201);
	KUNIT_ASSERT_EQ(test, oht_timing_init(&t, &line, 19200000, &what), 0);
	KUNIT_EXPECT_EQ(test, t.t35_ns, 1750000);
}

/* The shortest silence that may be asked for is 3.5 characters as they are on the wire. */
static void timing_test_override(struct kunit *test)
{
	u32 baud, least_us;
	struct oht_line line;
	struct oht_timing t;
	const char *what;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(timing_bauds); i++) {
		baud = timing_bauds[i];
		line = timing_line(baud);
		least_us = div64_u64(timing_bits_ns(baud, 350) + 999, 1000);
		line.inter_frame_us = least_us;
		KUNIT_ASSERT_EQ_MSG(test, timing_init(&t, &line), 0, "%u", baud);
		KUNIT_EXPECT_EQ_MSG(test, t.t35_ns, least_us * 1000, "%u", baud);
		KUNIT_EXPECT_LE_MSG(test, t.t15_ns, t.t35_ns, "%u", baud);
		line.inter_frame_us = least_us - 1;
		KUNIT_EXPECT_EQ_MSG(test, oht_timing_init(&t, &line, baud * 1000ULL, &what),
				    -ERANGE, "%u", baud);
		KUNIT_EXPECT_EQ(test, strcmp(what, "inter_frame_us"), 0);
		line.inter_frame_us = OHT_INTER_FRAME_MAX_US;
		KUNIT_ASSERT_EQ_MSG(test, timing_init(&t, &line), 0, "%u", baud);
		KUNIT_EXPECT_EQ_MSG(test, t.t35_ns, 1000000000, "%u", baud);
	}
}

struct timing_refusal {
	const char *what;
	struct oht_line line;
};

static const struct timing_refusal timing_refusals[] = {
	{ "baud_bps", { .baud_bps = 0, .stop_bits = 1, .gap_char_bits = 11 } },
	{ "baud_bps", { .baud_bps = 1199, .stop_bits = 1, .gap_char_bits = 11 } },
	{ "baud_bps", { .baud_bps = 1000001, .stop_bits = 1, .gap_char_bits = 11 } },
	{ "baud_bps", { .baud_bps = 0xffffffff, .stop_bits = 1, .gap_char_bits = 11 } },
	{ "parity", { .baud_bps = 9600, .parity = 3, .stop_bits = 1, .gap_char_bits = 11 } },
	{ "stop_bits", { .baud_bps = 9600, .stop_bits = 0, .gap_char_bits = 11 } },
	{ "stop_bits", { .baud_bps = 9600, .stop_bits = 3, .gap_char_bits = 11 } },
	{ "gap_char_bits", { .baud_bps = 9600, .stop_bits = 1, .gap_char_bits = 9 } },
	{ "gap_char_bits", { .baud_bps = 9600, .stop_bits = 1, .gap_char_bits = 13 } },
	{ "inter_frame_us", { .baud_bps = 9600, .stop_bits = 1, .gap_char_bits = 11,
			      .inter_frame_us = 1000001 } },
	{ "de_setup_us", { .baud_bps = 9600, .stop_bits = 1, .gap_char_bits = 11,
			   .de_setup_us = 100001 } },
	{ "de_hold_us", { .baud_bps = 9600, .stop_bits = 1, .gap_char_bits = 11,
			  .de_hold_us = 0xffffffff } },
};

static void timing_test_refusals(struct kunit *test)
{
	const struct timing_refusal *r;
	struct oht_timing t;
	const char *what;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(timing_refusals); i++) {
		r = &timing_refusals[i];
		KUNIT_EXPECT_EQ_MSG(test, oht_timing_init(&t, &r->line, 9600000, &what), -ERANGE,
				    "%s", r->what);
		KUNIT_EXPECT_EQ_MSG(test, strcmp(what, r->what), 0, "%s, not %s", r->what, what);
	}
}

static void timing_test_one_percent(struct kunit *test)
{
	const struct oht_line line = timing_line(100000);
	struct oht_timing t;
	const char *what;

	KUNIT_EXPECT_EQ(test, oht_timing_init(&t, &line, 99000000, &what), 0);
	KUNIT_EXPECT_EQ(test, oht_timing_init(&t, &line, 101000000, &what), 0);
	KUNIT_EXPECT_EQ(test, oht_timing_init(&t, &line, 98999000, &what), -ERANGE);
	KUNIT_EXPECT_EQ(test, strcmp(what, "baud_bps"), 0);
	KUNIT_EXPECT_EQ(test, oht_timing_init(&t, &line, 101001000, &what), -ERANGE);
	KUNIT_EXPECT_EQ(test, oht_timing_init(&t, &line, 0, &what), -ERANGE);
	KUNIT_EXPECT_EQ(test, oht_timing_init(&t, &line, ~0ULL, &what), -ERANGE);
}

/* A long frame is not the sum of rounded characters, and nothing wraps. */
static void timing_test_chars(struct kunit *test)
{
	struct oht_line line;
	struct oht_timing t;
	unsigned int i, n;
	u64 exact_ns;

	for (i = 0; i < ARRAY_SIZE(timing_bauds); i++) {
		line = timing_line(timing_bauds[i]);
		line.parity = OHT_PARITY_EVEN;
		line.stop_bits = 2;
		KUNIT_ASSERT_EQ(test, timing_init(&t, &line), 0);
		KUNIT_EXPECT_EQ(test, oht_timing_chars_ns(&t, 0), 0);
		for (n = 1; n <= 65535; n = n * 2 + 1) {
			exact_ns = timing_bits_ns(line.baud_bps, n * 120ULL);
			KUNIT_EXPECT_EQ_MSG(test, oht_timing_chars_ns(&t, n), exact_ns, "%u x %u",
					    line.baud_bps, n);
			KUNIT_EXPECT_EQ_MSG(test, oht_timing_tx_end_ns(&t, 1ULL << 62, n),
					    (1ULL << 62) + exact_ns, "%u x %u", line.baud_bps, n);
		}
	}
}

/* The receiver reports in the middle of the first stop bit; the character goes on. */
static void timing_test_stamps(struct kunit *test)
{
	struct oht_line line = timing_line(1000000);
	struct oht_timing t;

	KUNIT_ASSERT_EQ(test, timing_init(&t, &line), 0);
	KUNIT_EXPECT_EQ(test, oht_timing_rx_end_ns(&t, 100000), 100500);
	KUNIT_EXPECT_EQ(test, oht_timing_rx_start_ns(&t, 100000), 90500);
	line.stop_bits = 2;
	line.parity = OHT_PARITY_ODD;
	KUNIT_ASSERT_EQ(test, timing_init(&t, &line), 0);
	KUNIT_EXPECT_EQ(test, oht_timing_rx_end_ns(&t, 100000), 101500);
	KUNIT_EXPECT_EQ(test, oht_timing_rx_start_ns(&t, 100000), 89500);
	KUNIT_EXPECT_EQ(test, oht_timing_rx_start_ns(&t, 5), 0);
}

static void timing_test_deadlines(struct kunit *test)
{
	const struct oht_line line = timing_line(115200);
	struct oht_timing t;

	KUNIT_ASSERT_EQ(test, timing_init(&t, &line), 0);
	KUNIT_EXPECT_EQ(test, oht_timing_next_ns(&t, 1000), 1751000);
	KUNIT_EXPECT_EQ(test, oht_timing_deadline_ns(&t, 1000, 50000), 50000000 + 1000 + 86806);
	KUNIT_EXPECT_EQ(test, oht_timing_deadline_ns(&t, 0, 0xffffffff),
			0xffffffffULL * 1000 + 86806);
}

static void timing_test_de_delays(struct kunit *test)
{
	struct oht_line line = timing_line(9600);
	struct oht_timing t;

	line.de_setup_us = 30;
	line.de_hold_us = OHT_DE_DELAY_MAX_US;
	KUNIT_ASSERT_EQ(test, timing_init(&t, &line), 0);
	KUNIT_EXPECT_EQ(test, t.de_setup_ns, 30000);
	KUNIT_EXPECT_EQ(test, t.de_hold_ns, 100000000);
}

/* What a real clock makes of every rate that it can make, and that no better divisor exists. */
static void timing_check_divisor(struct kunit *test, u32 clock_hz, u32 baud_bps)
{
	u64 exact_64ths_x1000 = div64_u64((u64)clock_hz * 4000, baud_bps);
	struct oht_divisor d;
	u64 got_x1000;

	if (clock_hz < baud_bps * 16ULL) {
		KUNIT_EXPECT_EQ(test, oht_timing_pl011_divisor(clock_hz / 2, baud_bps, &d),
				-ERANGE);
		return;
	}
	KUNIT_ASSERT_EQ_MSG(test, oht_timing_pl011_divisor(clock_hz, baud_bps, &d), 0,
			    "%u from %u", baud_bps, clock_hz);
	got_x1000 = (d.integer * 64ULL + d.fraction) * 1000;
	KUNIT_EXPECT_LE_MSG(test, got_x1000, exact_64ths_x1000 + 501, "%u from %u", baud_bps,
			    clock_hz);
	KUNIT_EXPECT_GE_MSG(test, got_x1000 + 501, exact_64ths_x1000, "%u from %u", baud_bps,
			    clock_hz);
	KUNIT_EXPECT_LE_MSG(test, d.fraction, 63, "%u from %u", baud_bps, clock_hz);
	KUNIT_EXPECT_LE_MSG(test, d.error_ppm, 8000, "%u from %u", baud_bps, clock_hz);
	KUNIT_EXPECT_EQ_MSG(test, d.effective_millibps,
			    div64_u64((u64)clock_hz * 4000, d.integer * 64 + d.fraction),
			    "%u from %u", baud_bps, clock_hz);
}

static void timing_test_divisors(struct kunit *test)
{
	unsigned int clock, i;

	for (clock = 0; clock < ARRAY_SIZE(timing_clocks_hz); clock++)
		for (i = 0; i < ARRAY_SIZE(timing_bauds); i++)
			timing_check_divisor(test, timing_clocks_hz[clock], timing_bauds[i]);
}

static void timing_test_divisor_of_the_manual(struct kunit *test)
{
	struct oht_divisor d;

	/* The example of the technical reference manual: 4 MHz, 230400 baud. */
	KUNIT_ASSERT_EQ(test, oht_timing_pl011_divisor(4000000, 230400, &d), 0);
	KUNIT_EXPECT_EQ(test, d.integer, 1);
	KUNIT_EXPECT_EQ(test, d.fraction, 5);
	KUNIT_EXPECT_EQ(test, d.effective_millibps, 231884057);
	/* The emulated board: 24 MHz, 115200 baud. */
	KUNIT_ASSERT_EQ(test, oht_timing_pl011_divisor(24000000, 115200, &d), 0);
	KUNIT_EXPECT_EQ(test, d.integer, 13);
	KUNIT_EXPECT_EQ(test, d.fraction, 1);
	KUNIT_EXPECT_EQ(test, d.effective_millibps, 115246098);
	KUNIT_EXPECT_EQ(test, d.error_ppm, 401);
}

static void timing_test_divisor_limits(struct kunit *test)
{
	struct oht_divisor d;

	KUNIT_ASSERT_EQ(test, oht_timing_pl011_divisor(16000000, 1000000, &d), 0);
	KUNIT_EXPECT_EQ(test, d.integer, 1);
	KUNIT_EXPECT_EQ(test, d.fraction, 0);
	KUNIT_EXPECT_EQ(test, oht_timing_pl011_divisor(15000000, 1000000, &d), -ERANGE);
	KUNIT_ASSERT_EQ(test, oht_timing_pl011_divisor(65535U * 16 * 1200, 1200, &d), 0);
	KUNIT_EXPECT_EQ(test, d.integer, 65535);
	KUNIT_EXPECT_EQ(test, d.fraction, 0);
	KUNIT_EXPECT_EQ(test, oht_timing_pl011_divisor(65536U * 16 * 1200, 1200, &d), -ERANGE);
	KUNIT_EXPECT_EQ(test, oht_timing_pl011_divisor(0xffffffff, 1200, &d), -ERANGE);
	KUNIT_EXPECT_EQ(test, oht_timing_pl011_divisor(0, 1200, &d), -ERANGE);
}

/* The arithmetic beside oht_timing_stop_bound_ns(), and what adding up by hand makes of it. */
static void timing_test_stop_bound(struct kunit *test)
{
	const struct oht_line line = { .baud_bps = 115200, .stop_bits = 1, .gap_char_bits = 11 };
	struct oht_timing_exchange busy = { 8, 21, 1750000 };
	const struct oht_timing_exchange telegram = { 8, 8, 1750000 };
	struct oht_timing t;
	const char *what;
	u64 first_ns, answer_ns, whole_ns;

	KUNIT_ASSERT_EQ(test, oht_timing_init(&t, &line, 115200000, &what), 0);
	first_ns = oht_timing_stop_bound_ns(&t, &busy, &telegram, &answer_ns);
	KUNIT_EXPECT_EQ(test, first_ns / 1000, 6199);
	KUNIT_EXPECT_EQ(test, answer_ns / 1000, 8644);
	/* With the whole request instead of two characters and one bit: 6.7 and 9.2 ms. */
	whole_ns = oht_timing_chars_ns(&t, 8 - 2) - t.bit_ns;
	KUNIT_EXPECT_EQ(test, (first_ns + whole_ns) / 10000, 671);
	KUNIT_EXPECT_EQ(test, (answer_ns + whole_ns) / 10000, 915);
	/* A unit that does not answer at all, after its longest turnaround and a tenth. */
	busy.reply_bytes = 0;
	busy.turnaround_ns = 20000000;
	first_ns = oht_timing_stop_bound_ns(&t, &busy, &telegram, &answer_ns);
	KUNIT_EXPECT_EQ(test, first_ns / 1000, 182 + 22000 + 86 + 694 + 1);
	/* A transceiver that is held on for longer than any silence. */
	t.de_hold_ns = 100000000;
	t.de_setup_ns = 5000000;
	first_ns = oht_timing_stop_bound_ns(&t, &busy, &telegram, &answer_ns);
	KUNIT_EXPECT_EQ(test, first_ns / 1000, 182 + 100000 + 5000 + 694);
}

static void timing_test_stop_silence(struct kunit *test)
{
	const struct oht_line line = { .baud_bps = 9600, .stop_bits = 1, .gap_char_bits = 11 };
	struct oht_timing t;
	const char *what;

	KUNIT_ASSERT_EQ(test, oht_timing_init(&t, &line, 9600000, &what), 0);
	KUNIT_EXPECT_EQ(test, oht_timing_stop_silence_ns(&t, 0), (u64)t.t35_ns + t.char_ns);
	KUNIT_EXPECT_EQ(test, oht_timing_stop_silence_ns(&t, 3600000), (u64)t.t35_ns + t.char_ns);
	KUNIT_EXPECT_EQ(test, oht_timing_stop_silence_ns(&t, 10000000), 11000000ULL + t.char_ns);
}

static struct kunit_case timing_test_cases[] = {
	KUNIT_CASE(timing_test_every_format),
	KUNIT_CASE(timing_test_known_figures),
	KUNIT_CASE(timing_test_rule_goes_by_asked_rate),
	KUNIT_CASE(timing_test_override),
	KUNIT_CASE(timing_test_refusals),
	KUNIT_CASE(timing_test_one_percent),
	KUNIT_CASE(timing_test_chars),
	KUNIT_CASE(timing_test_stamps),
	KUNIT_CASE(timing_test_deadlines),
	KUNIT_CASE(timing_test_de_delays),
	KUNIT_CASE(timing_test_stop_bound),
	KUNIT_CASE(timing_test_stop_silence),
	KUNIT_CASE(timing_test_divisors),
	KUNIT_CASE(timing_test_divisor_of_the_manual),
	KUNIT_CASE(timing_test_divisor_limits),
	{}
};

static struct kunit_suite timing_test_suite = {
	.name = "oht_timing",
	.test_cases = timing_test_cases,
};

kunit_test_suites(&timing_test_suite);
