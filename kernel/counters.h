/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     the names and numbers under which the engine's counters are published.
 * Contexts: any; a constant table.
 * Locks:    none.
 */
#ifndef OHT_COUNTERS_H
#define OHT_COUNTERS_H

#include "engine.h"

#define OHT_COUNTERS	29

/**
 * struct oht_counter - one counter
 * @name: of its file in statistics/
 * @attribute: its OHT_A_STAT_*
 * @offset: of its u64 in struct oht_engine_stats
 */
struct oht_counter {
	const char *name;
	u16 attribute;
	u16 offset;
};

extern const struct oht_counter oht_counters[OHT_COUNTERS];

static inline u64 oht_counter_value(const struct oht_counter *counter,
				    const struct oht_engine_stats *stats)
{
	return *(const u64 *)((const char *)stats + counter->offset);
}

#endif /* OHT_COUNTERS_H */
