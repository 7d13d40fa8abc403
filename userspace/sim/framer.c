// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes -> frames. Expected length and checksum decide, silence helps: on an emulated line a long
 * pause inside a frame is the scheduler of either machine more often than the end of the frame.
 * So a pause above t3.5 only marks a place where a new frame may have begun, and the bytes that
 * follow decide which of the two it was.
 */
#include "framer.h"

#include <string.h>

void oht_sim_framer_init(struct oht_sim_framer *f, const struct oht_sim_timing *timing)
{
	memset(f, 0, sizeof(*f));
	f->timing = timing;
}

static void empty(struct oht_sim_framer *f)
{
	f->len = 0;
	f->restart = 0;
	f->whole = false;
}

void oht_sim_framer_reset(struct oht_sim_framer *f)
{
	empty(f);
	f->overlong = false;
	f->line_end_ns = 0;
}

static void give_up(struct oht_sim_framer *f)
{
	f->stats.broken++;
	empty(f);
}

static bool is_frame(const uint8_t *adu, size_t len)
{
	return oht_sim_adu_request_bytes(adu, len) == len && oht_sim_adu_sealed(adu, len);
}

static void drop_front(struct oht_sim_framer *f)
{
	memmove(f->adu, f->adu + f->restart, f->len - f->restart);
	f->len -= f->restart;
	f->begin_ns = f->restart_ns;
	f->quiet_ns = f->restart_quiet_ns;
	f->restart = 0;
}

/* @pause_ns: silence in front of the byte that comes now, whose start bit is at @start_ns. */
static void judge_pause(struct oht_sim_framer *f, uint64_t start_ns, uint64_t pause_ns)
{
	const struct oht_sim_timing *t = f->timing;

	if (!f->len) {
		f->stats.early += f->line_end_ns && pause_ns < t->t35_ns;
		return;
	}
	if (pause_ns >= t->abandon_ns) {
		give_up(f);
		f->overlong = false;
	} else if (pause_ns > t->t35_ns) {
		f->stats.pauses_t35 += !f->whole;
		f->restart = f->len;
		f->restart_ns = start_ns;
		f->restart_quiet_ns = pause_ns;
	} else if (pause_ns > t->t15_ns) {
		f->stats.pauses_t15++;
	}
}

static void judge_frame(struct oht_sim_framer *f)
{
	f->whole = is_frame(f->adu, f->len);
	if (!f->whole && f->restart && is_frame(f->adu + f->restart, f->len - f->restart)) {
		/* Two whole frames in a row: the master has given the first one up. */
		if (is_frame(f->adu, f->restart))
			f->stats.stale++;
		else
			f->stats.broken++;
		drop_front(f);
		f->whole = true;
	}
	if (f->whole)
		f->restart = f->len;
}

static void feed_byte(struct oht_sim_framer *f, uint8_t byte, uint64_t now_ns)
{
	uint64_t start_ns = now_ns > f->line_end_ns ? now_ns : f->line_end_ns;
	uint64_t pause_ns = start_ns - f->line_end_ns;

	if (f->overlong && pause_ns > f->timing->t35_ns)
		f->overlong = false;
	if (!f->overlong)
		judge_pause(f, start_ns, pause_ns);
	f->line_end_ns = start_ns + f->timing->char_ns;
	f->stats.bytes++;
	if (f->overlong)
		return;
	if (f->len == sizeof(f->adu)) {
		if (!f->restart) {
			give_up(f);
			f->overlong = true;
			return;
		}
		f->stats.broken++;
		drop_front(f);
	}
	if (!f->len) {
		f->begin_ns = start_ns;
		f->quiet_ns = pause_ns;
	}
	f->adu[f->len++] = byte;
	judge_frame(f);
}

void oht_sim_framer_feed(struct oht_sim_framer *f, const uint8_t *bytes, size_t len,
			 uint64_t now_ns)
{
	while (len--)
		feed_byte(f, *bytes++, now_ns);
}

void oht_sim_framer_line_used(struct oht_sim_framer *f, uint64_t end_ns)
{
	if (end_ns > f->line_end_ns)
		f->line_end_ns = end_ns;
}

static bool ends_by_silence(const struct oht_sim_framer *f)
{
	return oht_sim_adu_request_bytes(f->adu, f->len) == SIZE_MAX &&
	       oht_sim_adu_sealed(f->adu, f->len);
}

uint64_t oht_sim_framer_deadline_ns(const struct oht_sim_framer *f)
{
	const struct oht_sim_timing *t = f->timing;

	if (!f->len)
		return OHT_SIM_NEVER;
	if (f->whole)
		return f->line_end_ns +
		       (t->turnaround_ns < t->t35_ns ? t->turnaround_ns : t->t35_ns);
	if (ends_by_silence(f))
		return f->line_end_ns + t->t35_ns;
	return f->line_end_ns + t->abandon_ns;
}

size_t oht_sim_framer_take(struct oht_sim_framer *f, uint64_t now_ns, uint8_t *adu,
			   uint64_t *end_ns)
{
	size_t len = f->len;

	if (now_ns < oht_sim_framer_deadline_ns(f))
		return 0;
	if (!f->whole && !ends_by_silence(f)) {
		give_up(f);
		return 0;
	}
	memcpy(adu, f->adu, len);
	*end_ns = f->line_end_ns;
	f->stats.frames++;
	empty(f);
	return len;
}
