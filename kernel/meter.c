// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/math64.h>
#include "meter.h"

/* @chars characters of a far end whose clock is @percent off. */
static u64 oht_meter_chars_ns(const struct oht_timing *t, unsigned int chars, int percent)
{
	return div_u64(oht_timing_chars_ns(t, chars) * (100 + percent), 100);
}

/* True if the characters fit into the time in which they came. In an emulator they may not. */
static bool oht_meter_fits(const struct oht_timing *t, const struct oht_meter_lump *lump)
{
	return lump->empty_ns +
	       oht_meter_chars_ns(t, lump->chars - 1, -OHT_METER_CLOCK_PERCENT) <= lump->found_ns;
}

/* When a receiver could have told of character @i. */
static struct oht_meter_span oht_meter_report(const struct oht_timing *t,
					      const struct oht_meter_lump *lump, unsigned int i)
{
	unsigned int after = lump->chars - 1 - i;
	struct oht_meter_span report = {
		.from_ns = lump->empty_ns,
		.to_ns = lump->found_ns,
	};
	u64 held_ns;

	/* Most characters are found alone: then there is nothing to compute. */
	if (lump->chars == 1) {
		if (lump->hold_ns && report.to_ns > lump->hold_ns)
			report.from_ns = max(report.from_ns, report.to_ns - lump->hold_ns);
		return report;
	}
	if (!oht_meter_fits(t, lump))
		return report;
	held_ns = oht_meter_chars_ns(t, after, OHT_METER_CLOCK_PERCENT) +
		  (after + 1) * (u64)lump->hold_ns;
	report.from_ns += oht_meter_chars_ns(t, i, -OHT_METER_CLOCK_PERCENT);
	report.to_ns -= oht_meter_chars_ns(t, after, -OHT_METER_CLOCK_PERCENT);
	if (lump->hold_ns && lump->found_ns > held_ns)
		report.from_ns = max(report.from_ns, lump->found_ns - held_ns);
	return report;
}

struct oht_meter_span oht_meter_start(const struct oht_timing *t,
				      const struct oht_meter_lump *lump, unsigned int i)
{
	struct oht_meter_span report = oht_meter_report(t, lump, i);

	return (struct oht_meter_span) {
		.from_ns = oht_timing_rx_start_ns(t, report.from_ns),
		.to_ns = oht_timing_rx_start_ns(t, report.to_ns),
	};
}

struct oht_meter_span oht_meter_end(const struct oht_timing *t,
				    const struct oht_meter_lump *lump, unsigned int i)
{
	struct oht_meter_span report = oht_meter_report(t, lump, i);

	return (struct oht_meter_span) {
		.from_ns = oht_timing_rx_end_ns(t, report.from_ns),
		.to_ns = oht_timing_rx_end_ns(t, report.to_ns),
	};
}

u8 oht_meter_before(const struct oht_timing *t, const struct oht_meter_span *end,
		    const struct oht_meter_span *start)
{
	/* Signed: a frame may begin before the one before it has ended. */
	s64 least_ns = start->from_ns - end->to_ns;
	s64 most_ns = start->to_ns - end->from_ns;

	if (least_ns >= (s64)t->t35_ns)
		return OHT_VERDICT_OK;
	return most_ns < (s64)t->t35_ns ? OHT_VERDICT_VIOLATION : OHT_VERDICT_NOT_JUDGED;
}

u8 oht_meter_inside(const struct oht_timing *t, const struct oht_meter_span *end,
		    const struct oht_meter_span *start)
{
	s64 least_ns = start->from_ns - end->to_ns;
	s64 most_ns = start->to_ns - end->from_ns;

	if (most_ns <= (s64)t->t15_ns)
		return OHT_VERDICT_OK;
	return least_ns > (s64)t->t15_ns ? OHT_VERDICT_VIOLATION : OHT_VERDICT_NOT_JUDGED;
}

/* How the silence is spread over a lump is not known: if all of it together is short, each is. */
u8 oht_meter_lump_inside(const struct oht_timing *t, const struct oht_meter_lump *lump,
			 unsigned int i)
{
	struct oht_meter_span first, last;
	u64 wire_ns;

	if (i + 1 >= lump->chars)
		return OHT_VERDICT_OK;
	if (!oht_meter_fits(t, lump))
		return OHT_VERDICT_NOT_JUDGED;
	first = oht_meter_start(t, lump, i);
	last = oht_meter_end(t, lump, lump->chars - 1);
	wire_ns = oht_meter_chars_ns(t, lump->chars - i, -OHT_METER_CLOCK_PERCENT);
	return last.to_ns - first.from_ns <= wire_ns + t->t15_ns ? OHT_VERDICT_OK :
								  OHT_VERDICT_NOT_JUDGED;
}

u8 oht_meter_worse(u8 a, u8 b)
{
	if (a == OHT_VERDICT_VIOLATION || b == OHT_VERDICT_VIOLATION)
		return OHT_VERDICT_VIOLATION;
	return a == OHT_VERDICT_OK ? b : a;
}
