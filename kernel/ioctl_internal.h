/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what the files of the ioctl table tell each other.
 * Contexts: process, oht->life read.
 * Locks:    none of its own.
 */
#ifndef OHT_IOCTL_INTERNAL_H
#define OHT_IOCTL_INTERNAL_H

#include "file.h"

/* Every structure of the interface: copied in before, out after the call. */
union oht_ioctl_arg {
	u32 size;
	struct oht_info info;
	struct oht_transfer transfer;
	struct oht_cancel cancel;
	struct oht_subscribe subscribe;
	struct oht_estop_status status;
	struct oht_command command;
	struct oht_control control;
	struct oht_self_test self_test;
	struct oht_telegrams telegrams;
	struct oht_telegram_status telegram_status;
	struct oht_module_set module_set;
	struct oht_module_status module_status;
	struct oht_plan_stage plan_stage;
	struct oht_plan_commit plan_commit;
	struct oht_plan_clear plan_clear;
	struct oht_outputs outputs;
	struct oht_plan_status plan_status;
};

/* ---- ioctl_module.c: 0 or a negative errno as at the structures ---- */

int oht_ioctl_module_set(struct oht_file *file, union oht_ioctl_arg *arg);
int oht_ioctl_module_get(struct oht_file *file, union oht_ioctl_arg *arg);

/* ---- ioctl_plan.c: the same ---- */

int oht_ioctl_plan_stage(struct oht_file *file, union oht_ioctl_arg *arg);
int oht_ioctl_plan_commit(struct oht_file *file, union oht_ioctl_arg *arg);
int oht_ioctl_plan_clear(struct oht_file *file, union oht_ioctl_arg *arg);
int oht_ioctl_outputs(struct oht_file *file, union oht_ioctl_arg *arg);
int oht_ioctl_plan_status(struct oht_file *file, union oht_ioctl_arg *arg);

#endif /* OHT_IOCTL_INTERNAL_H */
