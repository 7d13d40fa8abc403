/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what the files of the ioctl table tell each other.
 * Contexts: process; prepare and release without oht->life, execute with oht->life read.
 * Locks:    none of its own; what acts for the controller is executed with oht->role read.
 */
#ifndef OHT_IOCTL_INTERNAL_H
#define OHT_IOCTL_INTERNAL_H

#include "file.h"

/* Every structure of the interface. */
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
	struct oht_unit_set unit_set;
	struct oht_unit_status unit_status;
	struct oht_plan_stage plan_stage;
	struct oht_plan_commit plan_commit;
	struct oht_plan_clear plan_clear;
	struct oht_outputs outputs;
	struct oht_plan_status plan_status;
};

/**
 * struct oht_ioctl_call - one call on its way
 * @arg: the caller's structure; before the call is executed, with the answer of success in it
 * @untold: set by execute: success has another answer than @arg had before
 * @transfer: of OHT_IOC_SUBMIT, from the descriptor's store, until it is submitted
 * @plan: of OHT_IOC_PLAN_STAGE
 * @words: of OHT_IOC_OUTPUTS
 */
struct oht_ioctl_call {
	union oht_ioctl_arg arg;
	bool untold;
	union {
		struct oht_call *transfer;
		struct oht_plan *plan;
		u16 words[OHT_WORDS_MAX];
	};
};

/*
 * Every call has two parts. Prepare checks the structure, fetches what the structure points to and
 * writes into @arg what success will answer; it changes nothing. The dispatcher then writes @arg
 * back to the caller. Only when that has succeeded does execute act: a caller whose memory cannot
 * be written learns of an error, and nothing has happened.
 */

/* ---- ioctl_unit.c: 0 or a negative errno as at the structures ---- */

int oht_ioctl_prepare_unit_set(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_unit_set(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_unit_get(struct oht_file *file, struct oht_ioctl_call *call);

/* ---- ioctl_plan.c: the same ---- */

int oht_ioctl_prepare_plan_stage(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_plan_stage(struct oht_file *file, struct oht_ioctl_call *call);
void oht_ioctl_release_plan(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_prepare_plan_commit(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_plan_commit(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_prepare_plan_clear(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_plan_clear(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_prepare_outputs(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_outputs(struct oht_file *file, struct oht_ioctl_call *call);
int oht_ioctl_plan_status(struct oht_file *file, struct oht_ioctl_call *call);

#endif /* OHT_IOCTL_INTERNAL_H */
