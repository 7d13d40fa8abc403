// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data for the tracepoint oht_cycle, one event per point of the grid. If a cycle sends something,
 * its first request emits the event (engine_slot.c), since the lateness is known only then.
 */
#include "cycle.h"
#include "trace.h"

void oht_cycle_note_start(const struct oht_cycle *cycle, struct oht_engine_start *start, u64 now_ns)
{
	start->cycle = cycle->status.cycles;
	start->grid_ns = cycle->grid_ns;
	start->passed = cycle->passed;
	start->missed = cycle->status.missed;
	start->exceeded = cycle->status.exceeded;
	oht_engine_slot_look(cycle->engine, start, now_ns);
}

void oht_cycle_tell(const struct oht_cycle *cycle, unsigned int fate, u64 now_ns)
{
	struct oht_engine_start start;

	if (!trace_oht_cycle_enabled())
		return;
	oht_cycle_note_start(cycle, &start, now_ns);
	trace_oht_cycle(cycle->engine, &start, fate, now_ns);
}

void oht_cycle_tell_unsent(struct oht_cycle *cycle, unsigned int fate, u64 now_ns)
{
	struct oht_engine_slot *slot = &cycle->engine->slot;

	if (slot->begun)
		return;
	/* The rest of the cycle can no longer be sent. */
	slot->begun = true;
	trace_oht_cycle(cycle->engine, &slot->start, fate, now_ns);
}
