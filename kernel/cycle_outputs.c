// SPDX-License-Identifier: GPL-2.0-only
/* Output values of the plan's entries. cycle.c writes them in each cycle while they are valid. */
#include <linux/errno.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include "cycle.h"

static int oht_cycle_take_outputs(struct oht_cycle *cycle, const struct oht_outputs *outputs,
				  const u16 *words)
{
	struct oht_cycle_layout *layout = cycle->running;
	const struct oht_plan_entry *planned;
	u16 index;
	struct oht_cycle_entry *entry;
	u32 halts;

	if (!layout || outputs->generation != layout->generation)
		return -ENOENT;
	if (outputs->entry >= layout->plan.entries)
		return -EINVAL;
	index = array_index_nospec(outputs->entry, OHT_PLAN_ENTRIES_MAX);
	planned = &layout->plan.entry[index];
	if (!outputs->count || outputs->count != oht_plan_output_words(planned))
		return -EINVAL;
	if ((outputs->flags & OHT_OUTPUTS_NOW) && planned->function == OHT_FC_READ_WRITE)
		return -EINVAL;
	/* The count first: a stop that the state does not show yet is not in the count either. */
	halts = oht_cycle_halts(cycle);
	if (oht_cycle_state(cycle) == OHT_ESTOP_STOPPED)
		return -ECANCELED;
	entry = &layout->entry[index];
	memcpy(entry->outputs, words, outputs->count * sizeof(*words));
	entry->halts = halts;
	entry->has_outputs = true;
	if (outputs->flags & OHT_OUTPUTS_NOW)
		oht_cycle_hurry(cycle, index);
	return 0;
}

int oht_cycle_set_outputs(struct oht_cycle *cycle, const struct oht_outputs *outputs,
			  const u16 *words)
{
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&cycle->engine->lock, flags);
	ret = oht_cycle_take_outputs(cycle, outputs, words);
	raw_spin_unlock_irqrestore(&cycle->engine->lock, flags);
	return ret;
}
