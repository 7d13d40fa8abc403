/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     a histogram of times: exact shares up to 1 ms by quarters of a microsecond, and log2.
 * Contexts: any; nothing sleeps, allocates or keeps state of its own.
 * Locks:    the owner's.
 */
#ifndef OHT_SIM_HIST_H
#define OHT_SIM_HIST_H

#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>
#include <linux/types.h>
#include "../histogram.h"

#define OHT_HIST_STEP_NS	250
#define OHT_HIST_STEPS		4096

struct oht_hist {
	u64 count;
	u64 max_ns;
	u64 sum_ns;
	u32 step[OHT_HIST_STEPS + 1];	/* the last one: all that is longer */
	struct oht_histogram octaves;
};

static inline void oht_hist_add(struct oht_hist *h, u64 ns)
{
	u64 step = div_u64(ns, OHT_HIST_STEP_NS);

	h->count++;
	h->sum_ns += ns;
	h->max_ns = max(h->max_ns, ns);
	h->step[min_t(u64, step, OHT_HIST_STEPS)]++;
	oht_histogram_add(&h->octaves, ns);
}

/* What @per_100000 of the values do not exceed, rounded up to a step. */
static inline u64 oht_hist_share_ns(const struct oht_hist *h, u32 per_100000)
{
	u64 wanted = div_u64(h->count * per_100000 + 99999, 100000);
	u64 seen = 0;
	unsigned int i;

	for (i = 0; i < OHT_HIST_STEPS; i++) {
		seen += h->step[i];
		if (seen >= wanted)
			return min_t(u64, (i + 1) * OHT_HIST_STEP_NS, h->max_ns);
	}
	return h->max_ns;
}

/* Lines "NAME_what NUMBER". */
static inline void oht_hist_show(struct seq_file *s, const char *name, const struct oht_hist *h)
{
	unsigned int i;

	seq_printf(s, "%s_count %llu\n", name, h->count);
	seq_printf(s, "%s_mean_ns %llu\n", name, h->count ? div64_u64(h->sum_ns, h->count) : 0);
	seq_printf(s, "%s_p50_ns %llu\n", name, oht_hist_share_ns(h, 50000));
	seq_printf(s, "%s_p99_ns %llu\n", name, oht_hist_share_ns(h, 99000));
	seq_printf(s, "%s_p999_ns %llu\n", name, oht_hist_share_ns(h, 99900));
	seq_printf(s, "%s_max_ns %llu\n", name, h->max_ns);
	for (i = 0; i < OHT_HISTOGRAM_BUCKETS; i++)
		if (h->octaves.counts[i])
			seq_printf(s, "%s_below_%llu_ns %llu\n", name, 1ULL << i,
				   h->octaves.counts[i]);
}

#endif /* OHT_SIM_HIST_H */
