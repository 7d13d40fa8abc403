// SPDX-License-Identifier: GPL-2.0-only
/* Which entries of the plan are lost, and the stop for those whose loss stops. */
#include "cycle.h"

static void oht_cycle_loss_record(struct oht_cycle *cycle, u32 kind, u16 index, u32 count)
{
	const struct oht_cycle_entry *entry = &cycle->running->entry[index];
	struct oht_cycle_record *record = oht_cycle_record(cycle, kind, count);

	record->entry = index;
	record->unit = entry->xfer.unit;
	record->detail = entry->xfer.detail;
}

void oht_cycle_loss_heard(struct oht_cycle *cycle, u16 index)
{
	struct oht_cycle_entry *entry = &cycle->running->entry[index];

	entry->errors = 0;
	if (!entry->lost)
		return;
	entry->lost = false;
	oht_cycle_loss_record(cycle, OHT_CYCLE_FOUND, index, 1);
}

void oht_cycle_loss_failed(struct oht_cycle *cycle, u16 index)
{
	const struct oht_plan_entry *planned = &cycle->running->plan.entry[index];
	struct oht_cycle_entry *entry = &cycle->running->entry[index];

	cycle->status.errors++;
	if (entry->errors < U32_MAX)
		entry->errors++;
	if (entry->errors < planned->loss_errors)
		return;
	if (!entry->lost) {
		entry->lost = true;
		cycle->status.losses++;
		oht_cycle_loss_record(cycle, OHT_CYCLE_LOST, index, entry->errors);
	} else if (oht_cycle_state(cycle) != OHT_ESTOP_ENABLED) {
		return;
	}
	/* Repeat the stop if the machine was enabled again while the entry is lost. */
	if (planned->loss_action == OHT_LOSS_STOP)
		cycle->ops->lost(cycle->context);
}
