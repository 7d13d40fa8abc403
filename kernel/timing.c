// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include "timing.h"

#define OHT_RULE_BPS		19200		/* above it the gaps are fixed times */
#define OHT_FIXED_T15_NS	750000
#define OHT_FIXED_T35_NS	1750000
#define OHT_ERROR_MAX_PPM	10000		/* 1 % */
#define OHT_NS_PER_US		1000
#define OHT_TELEGRAM_BYTES	8		/* the write of one register */
/* 10^9 ns per second times 10^3 milli-bit per bit */
#define OHT_NS_MBIT		1000000000000ULL

/* Bits are counted in halves, so that 1.5 and 3.5 characters and half a stop bit stay whole. */
static u64 oht_timing_half_bits_ns(u64 effective_millibps, u64 half_bits)
{
	u64 scaled = half_bits * (OHT_NS_MBIT / 2);

	return div64_u64(scaled + effective_millibps - 1, effective_millibps);
}

static const char *oht_timing_check(const struct oht_line *line)
{
	if (line->baud_bps < OHT_BAUD_MIN_BPS || line->baud_bps > OHT_BAUD_MAX_BPS)
		return "baud_bps";
	if (line->parity > OHT_PARITY_ODD)
		return "parity";
	if (line->stop_bits < 1 || line->stop_bits > 2)
		return "stop_bits";
	if (line->gap_char_bits < OHT_GAP_CHAR_BITS_MIN ||
	    line->gap_char_bits > OHT_GAP_CHAR_BITS_MAX)
		return "gap_char_bits";
	if (line->inter_frame_us > OHT_INTER_FRAME_MAX_US)
		return "inter_frame_us";
	if (line->de_setup_us > OHT_DE_DELAY_MAX_US)
		return "de_setup_us";
	if (line->de_hold_us > OHT_DE_DELAY_MAX_US)
		return "de_hold_us";
	return NULL;
}

static u32 oht_timing_error_ppm(u64 effective_millibps, u32 baud_bps)
{
	u64 asked_millibps = (u64)baud_bps * 1000;
	u64 off = effective_millibps > asked_millibps ? effective_millibps - asked_millibps :
							asked_millibps - effective_millibps;

	/* Capped, so that a hopeless rate does not wrap into a good one. */
	if (off >= asked_millibps)
		return 1000000;
	return div64_u64(off * 1000000 + asked_millibps - 1, asked_millibps);
}

/* t1.5 and t3.5 as the specification has them; a character never counts less than it takes. */
static void oht_timing_gaps(struct oht_timing *t, const struct oht_line *line)
{
	u64 millibps = t->baud_effective_millibps;
	u32 bits = max_t(u32, line->gap_char_bits, t->char_bits);

	if (line->baud_bps <= OHT_RULE_BPS) {
		t->t15_ns = oht_timing_half_bits_ns(millibps, 3 * bits);
		t->t35_ns = oht_timing_half_bits_ns(millibps, 7 * bits);
	} else {
		t->t15_ns = OHT_FIXED_T15_NS;
		t->t35_ns = OHT_FIXED_T35_NS;
	}
}

static const char *oht_timing_override(struct oht_timing *t, const struct oht_line *line)
{
	u64 least_ns = oht_timing_half_bits_ns(t->baud_effective_millibps, 7 * t->char_bits);

	if (!line->inter_frame_us)
		return NULL;
	if ((u64)line->inter_frame_us * OHT_NS_PER_US < least_ns)
		return "inter_frame_us";
	t->t35_ns = line->inter_frame_us * OHT_NS_PER_US;
	/* A silence that ends a frame cannot be allowed inside one. */
	if (t->t15_ns > t->t35_ns)
		t->t15_ns = t->t35_ns;
	return NULL;
}

int oht_timing_init(struct oht_timing *t, const struct oht_line *line, u64 baud_effective_millibps,
		    const char **what)
{
	*what = oht_timing_check(line);
	if (*what)
		return -ERANGE;
	*what = "baud_bps";
	if (oht_timing_error_ppm(baud_effective_millibps, line->baud_bps) > OHT_ERROR_MAX_PPM)
		return -ERANGE;
	t->baud_bps = line->baud_bps;
	t->baud_effective_millibps = baud_effective_millibps;
	t->parity = line->parity;
	t->stop_bits = line->stop_bits;
	t->char_bits = 1 + 8 + (line->parity != OHT_PARITY_NONE) + line->stop_bits;
	t->char_ns = oht_timing_half_bits_ns(baud_effective_millibps, 2 * t->char_bits);
	t->bit_ns = oht_timing_half_bits_ns(baud_effective_millibps, 2);
	t->stop_rest_ns = oht_timing_half_bits_ns(baud_effective_millibps, 2 * line->stop_bits - 1);
	t->de_setup_ns = line->de_setup_us * OHT_NS_PER_US;
	t->de_hold_ns = line->de_hold_us * OHT_NS_PER_US;
	oht_timing_gaps(t, line);
	*what = oht_timing_override(t, line);
	if (*what)
		return -ERANGE;
	*what = "";
	return 0;
}

u64 oht_timing_chars_ns(const struct oht_timing *t, unsigned int chars)
{
	return oht_timing_half_bits_ns(t->baud_effective_millibps, 2ULL * chars * t->char_bits);
}

u64 oht_timing_tx_end_ns(const struct oht_timing *t, u64 start_ns, unsigned int chars)
{
	return start_ns + oht_timing_chars_ns(t, chars);
}

u64 oht_timing_rx_end_ns(const struct oht_timing *t, u64 stamp_ns)
{
	return stamp_ns + t->stop_rest_ns;
}

u64 oht_timing_rx_start_ns(const struct oht_timing *t, u64 stamp_ns)
{
	u32 before_ns = t->char_ns - t->stop_rest_ns;

	return stamp_ns > before_ns ? stamp_ns - before_ns : 0;
}

u64 oht_timing_next_ns(const struct oht_timing *t, u64 end_ns)
{
	return end_ns + t->t35_ns;
}

u64 oht_timing_deadline_ns(const struct oht_timing *t, u64 tx_end_ns, u32 timeout_us)
{
	return tx_end_ns + (u64)timeout_us * OHT_NS_PER_US + t->char_ns;
}

u64 oht_timing_stop_silence_ns(const struct oht_timing *t, u64 turnaround_ns)
{
	u64 silence_ns = turnaround_ns + div_u64(turnaround_ns, 10);

	return max_t(u64, silence_ns, t->t35_ns) + t->char_ns;
}

/*
 * The worst moment is the one at which the request can no longer be cut: its last character but
 * one is in the shift register, and the last one is zero (oht_engine_stop_tail()). The unit
 * answers as late as it may, the reply that has begun is waited for, and then t3.5 of silence, or
 * the rest of the unit, to which the telegram may go.
 * With a request that is cut instead, or a unit that stays silent, the telegram goes earlier,
 * but not if the reply is shorter than that silence.
 *
 * At 115200 8N1 (a character is 86.8 us), reads of 8 registers (reply of 21 bytes), turnaround
 * 1.75 ms, telegram and answer of 8 bytes, in ms:
 *
 *	last two characters 0.174 + one bit 0.009 + turnaround 1.750 + reply 1.823 + t3.5 1.750
 *	+ telegram 0.694 = 6.200; + turnaround 1.750 + answer 0.694 = 8.644
 *
 * An engine that lets the request of 8 bytes leave instead of cutting it needs 0.694 in place of
 * 0.182: 6.7 and 9.2 ms.
 */
u64 oht_timing_stop_bound_ns(const struct oht_timing *t, const struct oht_timing_exchange *busy,
			     const struct oht_timing_exchange *telegram, u64 *answer_ns)
{
	u64 own_ns = t->de_setup_ns + oht_timing_chars_ns(t, telegram->request_bytes);
	u64 sent_ns = oht_timing_chars_ns(t, OHT_TIMING_TAIL_MAX) + t->bit_ns;
	u64 reply_ns = sent_ns + busy->turnaround_ns + oht_timing_chars_ns(t, busy->reply_bytes) +
		       busy->reply_bytes * busy->pause_ns + max_t(u64, t->t35_ns, busy->rest_ns);
	u64 silence_ns = oht_timing_stop_silence_ns(t, busy->turnaround_ns);
	u64 silent_ns = sent_ns + max_t(u64, silence_ns, t->de_hold_ns);
	u64 start_ns = max(reply_ns, silent_ns);

	*answer_ns = start_ns + own_ns + telegram->turnaround_ns +
		     oht_timing_chars_ns(t, telegram->reply_bytes);
	return start_ns + own_ns;
}

u64 oht_timing_stop_ns(const struct oht_timing *t, const struct oht_timing_exchange *busy)
{
	const struct oht_timing_exchange telegram = {
		.request_bytes = OHT_TELEGRAM_BYTES,
		.reply_bytes = OHT_TELEGRAM_BYTES,
	};
	u64 answer_ns;

	return oht_timing_stop_bound_ns(t, busy, &telegram, &answer_ns);
}

int oht_timing_pl011_divisor(u32 clock_hz, u32 baud_bps, struct oht_divisor *d)
{
	/* In 64ths: clock / (16 * baud) * 64, rounded to the nearest. */
	u64 quotient = div64_u64((u64)clock_hz * 4 + baud_bps / 2, baud_bps);

	/* The largest IBRD is only allowed with a fraction of zero. */
	if (quotient < 1 << 6 || quotient > 0xffffULL << 6)
		return -ERANGE;
	d->integer = quotient >> 6;
	d->fraction = quotient & 0x3f;
	d->effective_millibps = div64_u64((u64)clock_hz * 4000, quotient);
	d->error_ppm = oht_timing_error_ppm(d->effective_millibps, baud_bps);
	return 0;
}

int oht_timing_16550_divisor(u32 clock_hz, u32 baud_bps, struct oht_divisor *d)
{
	u64 quotient = div64_u64((u64)clock_hz + 8ULL * baud_bps, 16ULL * baud_bps);

	if (quotient < 1 || quotient > 0xffff)
		return -ERANGE;
	d->integer = quotient;
	d->fraction = 0;
	d->effective_millibps = div64_u64((u64)clock_hz * 1000, 16 * quotient);
	d->error_ppm = oht_timing_error_ppm(d->effective_millibps, baud_bps);
	return 0;
}
