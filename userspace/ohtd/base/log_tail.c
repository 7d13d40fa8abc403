// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log_tail.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define TRIES	100	/* a writer has a place for less than a microsecond */

static struct place {
	atomic_bool taken;
	struct ohtd_log_line line;
} places[OHTD_LOG_TAIL_LINES];

static _Atomic uint64_t newest;
static _Atomic uint64_t lost;

static bool try_take(struct place *place)
{
	return !atomic_exchange_explicit(&place->taken, true, memory_order_acquire);
}

static void leave(struct place *place)
{
	atomic_store_explicit(&place->taken, false, memory_order_release);
}

void ohtd_log_tail_add(struct ohtd_log_line *line)
{
	struct place *place;

	line->seq = atomic_fetch_add(&newest, 1) + 1;
	place = &places[line->seq % OHTD_LOG_TAIL_LINES];
	if (!try_take(place)) {
		atomic_fetch_add(&lost, 1);
		return;
	}
	/* A writer held up for a whole round must not replace a newer line. */
	if (place->line.seq < line->seq)
		place->line = *line;
	leave(place);
}

static bool is_wanted(const struct ohtd_log_query *query, const struct ohtd_log_line *line)
{
	return line->level <= query->level && (!query->room || !strcmp(query->room, line->room)) &&
	       (!query->code || !strcmp(query->code, line->code));
}

/* True when the line of that number is there, and wanted. */
static bool look(const struct ohtd_log_query *query, uint64_t seq, struct ohtd_log_line *line)
{
	struct place *place = &places[seq % OHTD_LOG_TAIL_LINES];
	bool found;

	for (int i = 0; !try_take(place); i++) {
		if (i == TRIES)
			return false;
		sched_yield();
	}
	found = place->line.seq == seq && is_wanted(query, &place->line);
	if (found)
		*line = place->line;
	leave(place);
	return found;
}

int ohtd_log_tail_next(const struct ohtd_log_query *query, struct ohtd_log_line *line)
{
	uint64_t last = atomic_load(&newest);
	uint64_t first = last > OHTD_LOG_TAIL_LINES ? last - OHTD_LOG_TAIL_LINES + 1 : 1;

	if (query->before <= last)
		last = query->before - 1;
	for (uint64_t seq = last; seq && seq >= first; seq--)
		if (look(query, seq, line))
			return 1;
	return 0;
}

uint64_t ohtd_log_tail_lost(void)
{
	return atomic_load(&lost);
}
