// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cyclic plan: lay it ready, put it in force, end it, set its outputs, see how it does. One
 * system call each.
 */
#include <errno.h>

#include "internal.h"
#include "oht_plan.h"

static struct oht_plan_entry raw_entry(const struct oht_cyclic_entry *entry)
{
	return (struct oht_plan_entry){
		.unit = entry->unit,
		.function = entry->function,
		.loss_action = entry->loss,
		.loss_errors = entry->loss_errors,
		.address = entry->address,
		.count = entry->count,
		.write_address = entry->write_address,
		.write_count = entry->write_count,
		.period_cycles = entry->period_cycles,
		.phase_cycles = entry->phase_cycles,
		.timeout_us = entry->timeout_us,
		.turnaround_us = entry->turnaround_us,
	};
}

OHT_PUBLIC int oht_plan_stage(struct oht_dev *dev, const struct oht_cyclic_plan *plan,
			      unsigned int *bad_entry)
{
	struct oht_plan_entry entries[OHT_PLAN_ENTRIES_MAX];
	struct oht_plan_stage raw = {
		.size = sizeof(raw),
		.entry_size = sizeof(entries[0]),
		.count = plan->count,
		.entries = (uintptr_t)entries,
		.cycle_us = plan->cycle_us,
		.stop_budget_us = plan->stop_budget_us,
		.whole_cycles = plan->whole_cycles,
		.bad_entry = plan->count,
	};
	unsigned int i;
	int result;

	/* A count beyond the maximum is for the kernel to refuse: its list may be shorter. */
	for (i = 0; plan->count <= OHT_PLAN_ENTRIES_MAX && i < plan->count; i++)
		entries[i] = raw_entry(&plan->entries[i]);
	result = oht_dev_ioctl(dev, OHT_IOC_PLAN_STAGE, &raw);
	if (bad_entry)
		*bad_entry = raw.bad_entry;
	return result;
}

static struct oht_cyclic_figures figures_of(const struct oht_plan_figures *raw)
{
	return (struct oht_cyclic_figures){
		.worst_permille = raw->worst_permille,
		.mean_permille = raw->mean_permille,
		.hyperperiod_cycles = raw->hyperperiod_cycles,
		.longest_entry = raw->longest_entry,
		.busy_worst_ns = raw->busy_worst_ns,
		.slack_min_ns = raw->slack_min_ns,
		.slack_max_ns = raw->slack_max_ns,
		.stop_ns = raw->stop_ns,
		.command_wait_ns = raw->command_wait_ns,
	};
}

OHT_PUBLIC int oht_plan_commit_sized(struct oht_dev *dev, bool dry,
				     struct oht_cyclic_figures *figures, size_t figures_bytes,
				     uint32_t *generation)
{
	struct oht_plan_commit raw = { .size = sizeof(raw), .flags = dry ? OHT_PLAN_DRY_RUN : 0 };
	int result = oht_dev_ioctl(dev, OHT_IOC_PLAN_COMMIT, &raw);
	struct oht_cyclic_figures whole = figures_of(&raw.figures);

	if (generation)
		*generation = raw.generation;
	if (figures)
		oht_give(figures, figures_bytes, &whole, sizeof(whole));
	return result;
}

OHT_PUBLIC int oht_plan_clear(struct oht_dev *dev)
{
	struct oht_plan_clear raw = { .size = sizeof(raw) };

	return oht_dev_ioctl(dev, OHT_IOC_PLAN_CLEAR, &raw);
}

static int set_outputs(struct oht_dev *dev, uint32_t flags, uint32_t generation,
		       unsigned int entry, const uint16_t *words, unsigned int count)
{
	struct oht_outputs raw = {
		.size = sizeof(raw),
		.flags = flags,
		.generation = generation,
		.entry = (uint16_t)entry,
		.count = (uint16_t)count,
		.words = (uintptr_t)words,
	};

	/* What does not fit must not become something that does. */
	if (entry > UINT16_MAX || count > UINT16_MAX) {
		errno = EINVAL;
		return -1;
	}
	return oht_dev_ioctl(dev, OHT_IOC_OUTPUTS, &raw);
}

OHT_PUBLIC int oht_plan_set_outputs(struct oht_dev *dev, uint32_t generation, unsigned int entry,
				    const uint16_t *words, unsigned int count)
{
	return set_outputs(dev, 0, generation, entry, words, count);
}

OHT_PUBLIC int oht_plan_set_outputs_now(struct oht_dev *dev, uint32_t generation,
					unsigned int entry, const uint16_t *words,
					unsigned int count)
{
	return set_outputs(dev, OHT_OUTPUTS_NOW, generation, entry, words, count);
}

OHT_PUBLIC int oht_plan_status_sized(struct oht_dev *dev, struct oht_cyclic_status *status,
				     size_t status_bytes)
{
	struct oht_cyclic_status whole;
	struct oht_plan_status raw = { .size = sizeof(raw) };

	if (oht_dev_ioctl(dev, OHT_IOC_PLAN_STATUS, &raw))
		return -1;
	whole = (struct oht_cyclic_status){
		.running = raw.flags & OHT_PLAN_RUNNING,
		.pending = raw.flags & OHT_PLAN_PENDING,
		.generation = raw.generation,
		.entries = raw.entries,
		.cycle_us = raw.cycle_us,
		.stop_budget_us = raw.stop_budget_us,
		.whole_cycles = raw.whole_cycles,
		.figures = figures_of(&raw.figures),
		.cycles = raw.cycles,
		.missed = raw.missed,
		.exceeded = raw.exceeded,
		.given = raw.given,
		.errors = raw.errors,
		.losses = raw.losses,
		.busy_max_ns = raw.busy_max_ns,
		.start_late_max_ns = raw.start_late_max_ns,
		.hold_max_ns = raw.figures.hold_max_ns,
	};
	oht_give(status, status_bytes, &whole, sizeof(whole));
	return 0;
}
