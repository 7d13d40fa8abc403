// SPDX-License-Identifier: GPL-2.0-only
/* What the engine counts: the conformance meter fed with what is sent and heard, histograms. */
#include <linux/kernel.h>
#include <linux/string.h>
#include "engine_internal.h"

void oht_engine_measure(struct oht_engine *e, unsigned int which, u64 ns)
{
	oht_histogram_add(&e->histograms[which], ns);
}

static void oht_engine_meter_count(struct oht_engine *e, u8 unit, unsigned int side,
				   unsigned int rule, u8 verdict)
{
	e->stats.meter[side][rule][verdict]++;
	e->units[unit].meter[side][rule][verdict]++;
}

/* ---- ours ---- */

void oht_engine_meter_begin(struct oht_engine *e, u64 begun_ns)
{
	struct oht_engine_meter *m = &e->meter;
	/* The transmitter waits for the next edge of its bit clock at most. */
	const struct oht_meter_span start = {
		.from_ns = begun_ns,
		.to_ns = e->clock->now_ns(e) + e->timing.bit_ns,
	};

	oht_engine_meter_count(e, e->req.unit, OHT_SIDE_OURS, OHT_RULE_T35,
			       oht_meter_before(&e->timing, &m->end, &start));
	m->sent_inside = e->tx_paced ? OHT_VERDICT_OK : OHT_VERDICT_NOT_JUDGED;
	m->busy_ns = 0;
	m->end.from_ns = e->tx_end_ns;
	m->end.to_ns = e->tx_end_ns;
}

void oht_engine_meter_feed(struct oht_engine *e, unsigned int left, u64 now_ns)
{
	u64 dry_ns = e->tx_end_ns - oht_timing_chars_ns(&e->timing, left);
	const struct oht_meter_span end = { .from_ns = dry_ns, .to_ns = dry_ns };
	const struct oht_meter_span start = {
		.from_ns = now_ns,
		.to_ns = e->clock->now_ns(e) + e->timing.bit_ns,
	};

	e->meter.sent_inside = oht_meter_worse(e->meter.sent_inside,
					       oht_meter_inside(&e->timing, &end, &start));
}

/* It was not empty a character before. */
void oht_engine_meter_early(struct oht_engine *e, u64 now_ns)
{
	struct oht_engine_meter *m = &e->meter;

	m->busy_ns = now_ns - e->timing.char_ns;
	if (m->end.to_ns == e->tx_end_ns)
		m->end.to_ns = now_ns;
}

void oht_engine_meter_busy(struct oht_engine *e, u64 now_ns)
{
	e->meter.busy_ns = now_ns;
}

void oht_engine_meter_sent(struct oht_engine *e)
{
	struct oht_engine_meter *m = &e->meter;

	oht_engine_meter_count(e, e->req.unit, OHT_SIDE_OURS, OHT_RULE_T15, m->sent_inside);
	/* A character after our last one may have been received already. */
	if (m->end.to_ns > e->tx_end_ns)
		return;
	m->end.from_ns = m->busy_ns ?: e->tx_end_ns;
	m->end.to_ns = e->tx_end_ns;
}

void oht_engine_meter_release(struct oht_engine *e)
{
	u64 end_ns = e->meter.busy_ns ?: e->tx_end_ns;

	oht_engine_measure(e, OHT_HISTOGRAM_DE_RELEASE, e->clock->now_ns(e) - end_ns);
}

/* ---- theirs ---- */

/* The characters of @lump from @i on belong to the frame that is being heard. */
static void oht_engine_meter_frame(struct oht_engine *e, const struct oht_meter_lump *lump,
				   unsigned int i)
{
	struct oht_meter_span start = oht_meter_start(&e->timing, lump, i);
	struct oht_engine_meter *m = &e->meter;
	struct oht_meter_span end = m->end;

	if (i)
		end = oht_meter_end(&e->timing, lump, i - 1);
	if (e->rx_bytes > lump->chars) {
		m->heard_inside = oht_meter_worse(m->heard_inside,
						  oht_meter_inside(&e->timing, &end, &start));
	} else {
		/* Where our UART keeps no wire time, the end of our request is not known. */
		m->heard_before = e->tx_paced ? oht_meter_before(&e->timing, &end, &start) :
						OHT_VERDICT_NOT_JUDGED;
		m->heard_inside = OHT_VERDICT_OK;
	}
	m->heard_inside = oht_meter_worse(m->heard_inside,
					  oht_meter_lump_inside(&e->timing, lump, i));
}

void oht_engine_meter_heard(struct oht_engine *e, unsigned int chars, u64 looked_ns)
{
	struct oht_engine_meter *m = &e->meter;
	const struct oht_meter_lump lump = {
		.empty_ns = m->empty_ns,
		.found_ns = looked_ns,
		.hold_ns = e->port->rx_hold_ns,
		.chars = chars,
	};

	m->empty_ns = looked_ns;
	if (!chars)
		return;
	if (oht_engine_listens(e) && e->rx_bytes)
		oht_engine_meter_frame(e, &lump, chars - min(chars, e->rx_bytes));
	m->end = oht_meter_end(&e->timing, &lump, chars - 1);
}

void oht_engine_meter_conclude(struct oht_engine *e)
{
	const struct oht_engine_meter *m = &e->meter;
	u8 unit = oht_unit_is_good(e->rx[0]) ? e->rx[0] : e->req.unit;

	/* Noise on the line is no frame. */
	if (e->rx_bytes < OHT_ADU_MIN_BYTES)
		return;
	oht_engine_meter_count(e, unit, OHT_SIDE_THEIRS, OHT_RULE_T35, m->heard_before);
	oht_engine_meter_count(e, unit, OHT_SIDE_THEIRS, OHT_RULE_T15, m->heard_inside);
}

void oht_engine_meter_split(struct oht_engine *e)
{
	e->meter.heard_before = OHT_VERDICT_NOT_JUDGED;
	e->meter.heard_inside = OHT_VERDICT_NOT_JUDGED;
}

/* ---- for its owner ---- */

void oht_engine_get_histogram(struct oht_engine *e, unsigned int which,
			      struct oht_histogram *histogram)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	*histogram = e->histograms[which];
	raw_spin_unlock_irqrestore(&e->lock, flags);
}

void oht_engine_reset_histograms(struct oht_engine *e)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	memset(e->histograms, 0, sizeof(e->histograms));
	raw_spin_unlock_irqrestore(&e->lock, flags);
}

void oht_engine_get_stats(struct oht_engine *e, struct oht_engine_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	*stats = e->stats;
	raw_spin_unlock_irqrestore(&e->lock, flags);
}

void oht_engine_reset_stats(struct oht_engine *e)
{
	struct oht_engine_unit *u;
	unsigned long flags;

	raw_spin_lock_irqsave(&e->lock, flags);
	e->stats = (struct oht_engine_stats) {};
	raw_spin_unlock_irqrestore(&e->lock, flags);
	/* One unit at a time: a transfer never waits until all have been cleared. */
	for (u = e->units; u < e->units + ARRAY_SIZE(e->units); u++) {
		raw_spin_lock_irqsave(&e->lock, flags);
		u->pauses = 0;
		u->bytes_stray = 0;
		u->bytes_extra = 0;
		memset(u->details, 0, sizeof(u->details));
		memset(u->meter, 0, sizeof(u->meter));
		raw_spin_unlock_irqrestore(&e->lock, flags);
	}
}
