/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     what drives the cyclic side: its memory, its timer, the way of its news to the owner.
 * Contexts: process, unless said otherwise; the timer is a hard one.
 * Locks:    run->mutex: one caller at a time lays plans ready and puts them in force.
 */
#ifndef OHT_CYCLE_RUN_H
#define OHT_CYCLE_RUN_H

#include <linux/types.h>
#include "cycle.h"

struct oht_run;

/* What the owner is told. */
struct oht_run_ops {
	/* An entry was lost whose loss stops: hard interrupt (irq_work), no lock held. */
	void (*lost)(void *context);
	/* As struct oht_cycle_ops has it: any context, interrupts off, engine.lock held. */
	void (*await)(void *context, u64 by_ns);
	/* There is a new record: irq_work, a thread on PREEMPT_RT. */
	void (*recorded)(void *context);
};

/**
 * oht_run_create() - all memory of the cyclic side of a bus
 * @engine: will be initialised before anything else is called
 * @ops: constant
 * @context: their argument
 * @exact: the port has exact timing
 * @stall_ns: so long a CPU of this board may handle no interrupts
 *
 * Return: for oht_run_free(), or NULL without memory.
 */
struct oht_run *oht_run_create(struct oht_engine *engine, const struct oht_run_ops *ops,
			       void *context, bool exact, u64 stall_ns);

/* After the engine's shutdown: nothing of it runs any more, the image says that it is over. */
void oht_run_end(struct oht_run *run);

/* When the last descriptor and the last mapping have gone. NULL is allowed. */
void oht_run_free(struct oht_run *run);

/* For the calls of cycle.h that may come at any time. Any context. */
struct oht_cycle *oht_run_cycle(struct oht_run *run);

/* As the calls of cycle.h of that name; these are for one caller at a time. */
int oht_run_stage(struct oht_run *run, const struct oht_plan *plan, u32 *bad_entry);
int oht_run_commit(struct oht_run *run, bool dry, struct oht_plan_figures *figures,
		   u32 *generation);
void oht_run_clear(struct oht_run *run);

#endif /* OHT_CYCLE_RUN_H */
