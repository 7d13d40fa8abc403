// SPDX-License-Identifier: GPL-2.0-only
/* Source: kernel.md, User-space contract (histograms, log2 ns). */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include "histogram.h"

void oht_histogram_add(struct oht_histogram *histogram, u64 ns)
{
	histogram->counts[min_t(unsigned int, fls64(ns), OHT_HISTOGRAM_BUCKETS - 1)]++;
}
