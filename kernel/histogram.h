/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     counting durations by their power of two, in fixed memory. Pure.
 * Contexts: any, hard interrupt included; nothing sleeps, allocates or loops.
 * Locks:    none; the owner of a histogram serialises what is done with it.
 * Source:   docs/ABI/sysfs-class-oht (histograms, log2 ns).
 */
#ifndef OHT_HISTOGRAM_H
#define OHT_HISTOGRAM_H

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/types.h>

/* The last one counts everything from 2^38 ns (275 s) up. */
#define OHT_HISTOGRAM_BUCKETS	40

/**
 * struct oht_histogram - how often which duration was seen
 * @counts: bucket 0: 0 ns; bucket i: 2^(i-1) ns to 2^i - 1 ns; the last one: that and more
 */
struct oht_histogram {
	u64 counts[OHT_HISTOGRAM_BUCKETS];
};

/* Count @ns. Some instructions without a branch that depends on what was counted before. */
static inline void oht_histogram_add(struct oht_histogram *histogram, u64 ns)
{
	histogram->counts[min_t(unsigned int, fls64(ns), OHT_HISTOGRAM_BUCKETS - 1)]++;
}

#endif /* OHT_HISTOGRAM_H */
