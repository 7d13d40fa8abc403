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
static_assert(sizeof(struct oht_plan_figures) == 56);
static_assert(sizeof(struct oht_plan_commit) == 72);
static_assert(sizeof(struct oht_plan_clear) == 8);
static_assert(sizeof(struct oht_outputs) == 24);
static_assert(offsetof(struct oht_outputs, words) == 16);
static_assert(sizeof(struct oht_plan_status) == 152);
static_assert(offsetof(struct oht_plan_status, figures) == 96);
static_assert(sizeof(struct oht_cycle_record) == 40);
static_assert(sizeof(struct oht_image_header) == 256);
static_assert(offsetof(struct oht_image_header, cycles) == 40);
static_assert(sizeof(struct oht_image_slot) == 320);
static_assert(offsetof(struct oht_image_slot, words) == 64);
static_assert(sizeof(struct oht_image) == 20736);

/* Whether the caller may change the plan. */
static int oht_ioctl_plan_allowed(struct oht_file *file)
{
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	return oht_estop_is_controller(&file->oht->estop, file) ? 0 : -EPERM;
}

/* Lays @stage ready with entries from user space, in @plan, which is zeroed. */
static int oht_ioctl_plan_copy(struct oht_file *file, struct oht_plan_stage *stage,
			       struct oht_plan *plan)
{
	plan->entries = stage->count;
	plan->cycle_us = stage->cycle_us;
	plan->stop_budget_us = stage->stop_budget_us;
	plan->whole_cycles = stage->whole_cycles;
	if (copy_from_user(plan->entry, u64_to_user_ptr(stage->entries),
			   stage->count * sizeof(plan->entry[0])))
		return -EFAULT;
	return oht_run_stage(file->oht->run, plan, &stage->bad_entry);
}

int oht_ioctl_plan_stage(struct oht_file *file, union oht_ioctl_arg *arg)
{
	struct oht_plan_stage *stage = &arg->plan_stage;
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
	ret = oht_ioctl_plan_copy(file, stage, plan);
	kfree(plan);
	return ret;
}

int oht_ioctl_plan_commit(struct oht_file *file, union oht_ioctl_arg *arg)
{
	struct oht_plan_commit *commit = &arg->plan_commit;
	int ret;

	if ((commit->flags & ~OHT_PLAN_DRY_RUN) || commit->reserved)
		return -EINVAL;
	ret = oht_ioctl_plan_allowed(file);
	if (ret)
		return ret;
	return oht_run_commit(file->oht->run, commit->flags & OHT_PLAN_DRY_RUN, &commit->figures,
			      &commit->generation);
}

int oht_ioctl_plan_clear(struct oht_file *file, union oht_ioctl_arg *arg)
{
	int ret;

	if (arg->plan_clear.flags)
		return -EINVAL;
	ret = oht_ioctl_plan_allowed(file);
	if (!ret)
		oht_run_clear(file->oht->run);
	return ret;
}

int oht_ioctl_outputs(struct oht_file *file, union oht_ioctl_arg *arg)
{
	const struct oht_outputs *outputs = &arg->outputs;
	u16 words[OHT_WORDS_MAX];
	int ret;

	if (outputs->flags || !outputs->count || outputs->count > ARRAY_SIZE(words))
		return -EINVAL;
	ret = oht_ioctl_plan_allowed(file);
	if (ret)
		return ret;
	if (copy_from_user(words, u64_to_user_ptr(outputs->words),
			   outputs->count * sizeof(words[0])))
		return -EFAULT;
	return oht_cycle_set_outputs(oht_run_cycle(file->oht->run), outputs, words);
}

int oht_ioctl_plan_status(struct oht_file *file, union oht_ioctl_arg *arg)
{
	if (!oht_core_has_bus(file->oht))
		return -EOPNOTSUPP;
	oht_cycle_status(oht_run_cycle(file->oht->run), &arg->plan_status);
	return 0;
}
