// SPDX-License-Identifier: GPL-2.0-only
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl_internal.h"

static_assert(sizeof(struct oht_plan_entry) == 32);
static_assert(offsetof(struct oht_plan_entry, timeout_us) == 16);
static_assert(sizeof(struct oht_plan_stage) == 40);
static_assert(offsetof(struct oht_plan_stage, entries) == 16);
static_assert(sizeof(struct oht_plan_figures) == 64);
static_assert(sizeof(struct oht_plan_commit) == 80);
static_assert(sizeof(struct oht_plan_clear) == 8);
static_assert(sizeof(struct oht_outputs) == 24);
static_assert(offsetof(struct oht_outputs, words) == 16);
static_assert(sizeof(struct oht_plan_status) == 160);
static_assert(offsetof(struct oht_plan_status, figures) == 96);
static_assert(sizeof(struct oht_cycle_record) == 40);
static_assert(sizeof(struct oht_image_header) == 256);
static_assert(offsetof(struct oht_image_header, cycles) == 40);
static_assert(sizeof(struct oht_image_slot) == 320);
static_assert(offsetof(struct oht_image_slot, words) == 64);
static_assert(sizeof(struct oht_image) == 20736);

/* May the caller change the plan? */
static int oht_ioctl_plan_allowed(struct oht_file *file)
{
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	return oht_estop_is_controller(&file->oht->estop, file) ? 0 : -EPERM;
}

/* Fetches the entries; success answers that no entry is bad. */
int oht_ioctl_prepare_plan_stage(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_plan_stage *stage = &call->arg.plan_stage;
	struct oht_plan *plan;
	int ret;

	stage->bad_entry = stage->count;
	if (stage->flags || stage->entry_size != sizeof(plan->entry[0]) || !stage->count ||
	    stage->count > OHT_PLAN_ENTRIES_MAX)
		return -EINVAL;
	ret = oht_ioctl_plan_allowed(file);
	if (ret)
		return ret;
	plan = kzalloc(sizeof(*plan), GFP_KERNEL);
	if (!plan)
		return -ENOMEM;
	call->plan = plan;
	plan->entries = stage->count;
	plan->cycle_us = stage->cycle_us;
	plan->stop_budget_us = stage->stop_budget_us;
	plan->whole_cycles = stage->whole_cycles;
	return copy_from_user(plan->entry, u64_to_user_ptr(stage->entries),
			      stage->count * sizeof(plan->entry[0])) ? -EFAULT : 0;
}

int oht_ioctl_plan_stage(struct oht_file *file, struct oht_ioctl_call *call)
{
	return oht_ioctl_plan_allowed(file) ?:
	       oht_run_stage(file->oht->run, call->plan, &call->arg.plan_stage.bad_entry);
}

void oht_ioctl_release_plan(struct oht_file *file, struct oht_ioctl_call *call)
{
	kfree(call->plan);
}

/*
 * A dry run gives the figures that success answers. Its generation is the next one; where another
 * thread commits in between, execute says so.
 */
int oht_ioctl_prepare_plan_commit(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_plan_commit *commit = &call->arg.plan_commit;
	int ret;

	if ((commit->flags & ~OHT_PLAN_DRY_RUN) || commit->reserved)
		return -EINVAL;
	ret = oht_ioctl_plan_allowed(file) ?:
	      oht_run_commit(file->oht->run, true, &commit->figures, &commit->generation);
	if (!ret && !(commit->flags & OHT_PLAN_DRY_RUN))
		commit->generation = oht_cycle_next_generation(oht_run_cycle(file->oht->run));
	return ret;
}

int oht_ioctl_plan_commit(struct oht_file *file, struct oht_ioctl_call *call)
{
	struct oht_plan_commit *commit = &call->arg.plan_commit;
	const struct oht_plan_commit told = *commit;
	int ret;

	ret = oht_ioctl_plan_allowed(file);
	if (ret)
		return ret;
	ret = oht_run_commit(file->oht->run, commit->flags & OHT_PLAN_DRY_RUN, &commit->figures,
			     &commit->generation);
	call->untold = memcmp(&told, commit, sizeof(told));
	return ret;
}

int oht_ioctl_prepare_plan_clear(struct oht_file *file, struct oht_ioctl_call *call)
{
	return call->arg.plan_clear.flags ? -EINVAL : 0;
}

int oht_ioctl_plan_clear(struct oht_file *file, struct oht_ioctl_call *call)
{
	int ret = oht_ioctl_plan_allowed(file);

	if (!ret)
		oht_run_clear(file->oht->run);
	return ret;
}

int oht_ioctl_prepare_outputs(struct oht_file *file, struct oht_ioctl_call *call)
{
	const struct oht_outputs *outputs = &call->arg.outputs;
	int ret;

	if ((outputs->flags & ~OHT_OUTPUTS_NOW) || !outputs->count ||
	    outputs->count > ARRAY_SIZE(call->words))
		return -EINVAL;
	ret = oht_ioctl_plan_allowed(file);
	if (ret)
		return ret;
	return copy_from_user(call->words, u64_to_user_ptr(outputs->words),
			      outputs->count * sizeof(call->words[0])) ? -EFAULT : 0;
}

int oht_ioctl_outputs(struct oht_file *file, struct oht_ioctl_call *call)
{
	return oht_ioctl_plan_allowed(file) ?:
	       oht_cycle_set_outputs(oht_run_cycle(file->oht->run), &call->arg.outputs,
				     call->words);
}

int oht_ioctl_plan_status(struct oht_file *file, struct oht_ioctl_call *call)
{
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	oht_cycle_status(oht_run_cycle(file->oht->run), &call->arg.plan_status);
	return 0;
}
