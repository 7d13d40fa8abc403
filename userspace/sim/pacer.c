// SPDX-License-Identifier: GPL-2.0-or-later
/* A reply on the wire: every byte in its own time. */
#include "pacer.h"

#include <string.h>

#include "framer.h"

void oht_sim_pacer_init(struct oht_sim_pacer *p, const struct oht_sim_timing *timing)
{
	memset(p, 0, sizeof(*p));
	p->timing = timing;
}

void oht_sim_pacer_reset(struct oht_sim_pacer *p)
{
	p->len = 0;
	p->sent = 0;
	p->again = false;
}

void oht_sim_pacer_start(struct oht_sim_pacer *p, const uint8_t *bytes, size_t len,
			 uint64_t start_ns, uint64_t pause_ns, bool again)
{
	memcpy(p->bytes, bytes, len);
	p->len = len;
	p->sent = 0;
	p->start_ns = start_ns;
	p->pause_ns = pause_ns;
	p->again = again;
}

/* When byte @i has left, counted from 1. */
static uint64_t byte_end_ns(const struct oht_sim_pacer *p, size_t i)
{
	return p->start_ns + i * p->timing->char_ns + (i - 1) * p->pause_ns;
}

uint64_t oht_sim_pacer_end_ns(const struct oht_sim_pacer *p)
{
	return byte_end_ns(p, p->len);
}

static size_t group_bytes(const struct oht_sim_pacer *p)
{
	uint64_t n = p->timing->t15_ns / 2 / p->timing->char_ns;

	return n && !p->pause_ns ? n : 1;
}

/* Bytes that are handed out in one piece with the next one, counted from the frame's start. */
static size_t next_group_end(const struct oht_sim_pacer *p)
{
	size_t group = group_bytes(p);
	size_t end = (p->sent / group + 1) * group;

	return end < p->len ? end : p->len;
}

uint64_t oht_sim_pacer_deadline_ns(const struct oht_sim_pacer *p)
{
	if (!p->len)
		return OHT_SIM_NEVER;
	return byte_end_ns(p, next_group_end(p));
}

static void finish(struct oht_sim_pacer *p)
{
	if (p->again) {
		p->again = false;
		p->start_ns = oht_sim_pacer_end_ns(p) + p->timing->t35_ns;
		p->sent = 0;
	} else {
		p->len = 0;
	}
}

size_t oht_sim_pacer_take(struct oht_sim_pacer *p, uint64_t now_ns, const uint8_t **bytes)
{
	size_t first = p->sent;

	while (p->len && p->sent < p->len && now_ns >= oht_sim_pacer_deadline_ns(p))
		p->sent = next_group_end(p);
	*bytes = p->bytes + first;
	first = p->sent - first;
	if (p->len && p->sent == p->len)
		finish(p);
	return first;
}
