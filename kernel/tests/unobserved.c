// SPDX-License-Identifier: GPL-2.0-only
/*
 * In the place of engine_meter.c, for a module that is built only to be compared with oht.ko: what
 * does it cost that the engine judges every frame and keeps histograms? Plain counters are in both.
 */
#include "../engine_internal.h"

void oht_engine_measure(struct oht_engine *e, unsigned int which, u64 ns)
{
}

void oht_engine_meter_begin(struct oht_engine *e, u64 begun_ns)
{
}

void oht_engine_meter_feed(struct oht_engine *e, unsigned int left, u64 now_ns)
{
}

void oht_engine_meter_busy(struct oht_engine *e, u64 now_ns)
{
}

void oht_engine_meter_sent(struct oht_engine *e)
{
}

void oht_engine_meter_release(struct oht_engine *e)
{
}

void oht_engine_meter_heard(struct oht_engine *e, unsigned int chars, u64 looked_ns)
{
}

void oht_engine_meter_conclude(struct oht_engine *e)
{
}

void oht_engine_meter_split(struct oht_engine *e)
{
}

void oht_engine_get_histogram(struct oht_engine *e, unsigned int which,
			      struct oht_histogram *histogram)
{
	*histogram = e->histograms[which];
}

void oht_engine_reset_histograms(struct oht_engine *e)
{
}

void oht_engine_get_stats(struct oht_engine *e, struct oht_engine_stats *stats)
{
	*stats = e->stats;
}

void oht_engine_reset_stats(struct oht_engine *e)
{
	e->stats = (struct oht_engine_stats) {};
}
