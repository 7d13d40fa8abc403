/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the judgement of silences against t1.5 and t3.5, from moments known as intervals. Pure.
 * Contexts: any, hard interrupt included; nothing sleeps, allocates or keeps state.
 * Locks:    none.
 *
 * The moment at which a character was on the wire is known as an interval only. The silence between
 * two characters is judged only if all its possible lengths lie on one side of the rule.
 * Source: MODBUS over Serial Line 1.02, 2.5.1.1; docs/timing.md, Gaps.
 */
#ifndef OHT_METER_H
#define OHT_METER_H

#include <linux/types.h>
#include <linux/oht.h>
#include "timing.h"

/* Both clocks may be off by 1 %. */
#define OHT_METER_CLOCK_PERCENT	2

/**
 * struct oht_meter_span - a moment, as far as it is known
 * @from_ns: not before this
 * @to_ns: not after this
 */
struct oht_meter_span {
	u64 from_ns;
	u64 to_ns;
};

/**
 * struct oht_meter_lump - characters that were found in the receiver at the same time
 * @empty_ns: when it had been found empty, or emptied, before
 * @found_ns: when they were found
 * @hold_ns: longest silence for which the receiver keeps what it has to itself; 0: for ever
 * @chars: how many they are, at least 1
 */
struct oht_meter_lump {
	u64 empty_ns;
	u64 found_ns;
	u32 hold_ns;
	unsigned int chars;
};

/* When the start bit of character @i (0 is the first) of @lump began. */
struct oht_meter_span oht_meter_start(const struct oht_timing *t,
				      const struct oht_meter_lump *lump, unsigned int i);

/* When the last stop bit of character @i of @lump ended. */
struct oht_meter_span oht_meter_end(const struct oht_timing *t,
				    const struct oht_meter_lump *lump, unsigned int i);

/**
 * oht_meter_before() - was there t3.5 of silence before a frame?
 * @t: timing of the line
 * @end: of the character before it, ours or a unit's
 * @start: of its first start bit
 *
 * Return: enum oht_verdict.
 */
u8 oht_meter_before(const struct oht_timing *t, const struct oht_meter_span *end,
		    const struct oht_meter_span *start);

/* Was the silence inside a frame, from @end to @start, at most t1.5? enum oht_verdict. */
u8 oht_meter_inside(const struct oht_timing *t, const struct oht_meter_span *end,
		    const struct oht_meter_span *start);

/* The same for all the silences between characters @i and @chars - 1 of one lump. */
u8 oht_meter_lump_inside(const struct oht_timing *t, const struct oht_meter_lump *lump,
			 unsigned int i);

/* Of two verdicts the one that stands for both: a violation stays one, doubt stays doubt. */
u8 oht_meter_worse(u8 a, u8 b);

#endif /* OHT_METER_H */
