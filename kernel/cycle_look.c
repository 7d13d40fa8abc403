// SPDX-License-Identifier: GPL-2.0-only
/* Calls that only read the cyclic side: the status of the plan, and its records. */
#include <linux/kernel.h>
#include <linux/time64.h>
#include "cycle.h"

/*
 * The stop's bound that is in force: a unit that was slower lately than the plan counts with is
 * given that time, within its time-out. A telegram may go to a unit that rests and has no entry.
 */
static void oht_cycle_look_stop(const struct oht_cycle *cycle, struct oht_plan_figures *figures)
{
	const struct oht_plan *plan = &cycle->running->plan;
	const struct oht_plan_entry *entry;
	u64 silence_ns[OHT_PLAN_ENTRIES_MAX];
	u32 i;

	if (!cycle->exact)
		return;
	for (i = 0; i < plan->entries; i++) {
		entry = &plan->entry[i];
		silence_ns[i] = min(oht_engine_unit_silence_ns(cycle->engine, entry->unit,
							       oht_plan_is_output(entry)),
				    (u64)entry->timeout_us * NSEC_PER_USEC);
	}
	oht_plan_longest(plan, &cycle->engine->timing, silence_ns, figures);
	figures->stop_ns = max(figures->stop_ns, oht_engine_stop_rest_ns(cycle->engine));
}

void oht_cycle_status(struct oht_cycle *cycle, struct oht_plan_status *status)
{
	const struct oht_cycle_layout *layout;
	unsigned long flags;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	layout = cycle->running;
	*status = cycle->status;
	status->flags = cycle->header.flags;
	status->generation = cycle->header.generation;
	status->start_late_max_ns = cycle->engine->slot.late_max_ns;
	if (layout) {
		status->entries = layout->plan.entries;
		status->cycle_us = layout->plan.cycle_us;
		status->stop_budget_us = layout->plan.stop_budget_us;
		status->whole_cycles = layout->plan.whole_cycles;
		status->figures = layout->figures;
		oht_cycle_look_stop(cycle, &status->figures);
	}
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
}

u32 oht_cycle_next_generation(struct oht_cycle *cycle)
{
	unsigned long flags;
	u32 next;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	next = cycle->generation + 1;
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
	return next;
}

bool oht_cycle_journal_read(struct oht_cycle *cycle, u64 *seq, struct oht_cycle_record *record)
{
	unsigned long flags;
	bool found;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	found = oht_journal_read(&cycle->journal, seq, record);
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
	return found;
}

u64 oht_cycle_journal_seq(struct oht_cycle *cycle)
{
	unsigned long flags;
	u64 seq;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	seq = cycle->journal.seq;
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
	return seq;
}
