// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timer of the grid, and the two notifications that leave the engine's lock: a loss stops the
 * machine at once, a record wakes the readers. While a plan is in force the CPUs do not sleep
 * deeply, since waking them takes 100 us and more.
 */
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/pm_qos.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "cycle_run.h"

struct oht_run {
	struct oht_cycle cycle;
	const struct oht_run_ops *ops;	/* constant */
	void *context;			/* constant */
	struct mutex mutex;
	bool ticking;			/* the timer is on; under mutex */
	struct hrtimer timer;
	struct pm_qos_request awake;
	struct irq_work lost;
	struct irq_work recorded;
};

static enum hrtimer_restart oht_run_timer(struct hrtimer *timer)
{
	struct oht_run *run = container_of(timer, struct oht_run, timer);
	u64 next_ns = oht_cycle_tick(&run->cycle);

	if (!next_ns)
		return HRTIMER_NORESTART;
	hrtimer_set_expires(timer, ns_to_ktime(next_ns));
	return HRTIMER_RESTART;
}

static void oht_run_lost(struct irq_work *work)
{
	struct oht_run *run = container_of(work, struct oht_run, lost);

	run->ops->lost(run->context);
}

static void oht_run_recorded(struct irq_work *work)
{
	struct oht_run *run = container_of(work, struct oht_run, recorded);

	run->ops->recorded(run->context);
}

static void oht_run_cycle_lost(void *context)
{
	struct oht_run *run = context;

	irq_work_queue(&run->lost);
}

static void oht_run_cycle_await(void *context, u64 by_ns)
{
	struct oht_run *run = context;

	run->ops->await(run->context, by_ns);
}

static void oht_run_cycle_recorded(void *context)
{
	struct oht_run *run = context;

	irq_work_queue(&run->recorded);
}

static const struct oht_cycle_ops oht_run_cycle_ops = {
	.lost = oht_run_cycle_lost,
	.await = oht_run_cycle_await,
	.recorded = oht_run_cycle_recorded,
};

struct oht_run *oht_run_create(struct oht_engine *engine, const struct oht_run_ops *ops,
			       void *context, bool exact, u64 stall_ns)
{
	struct oht_image *image;
	struct oht_run *run;

	run = vzalloc(sizeof(*run));
	if (!run)
		return NULL;
	image = oht_image_alloc();
	if (!image) {
		vfree(run);
		return NULL;
	}
	run->ops = ops;
	run->context = context;
	mutex_init(&run->mutex);
	/* The stop runs in hard interrupt context, not in a thread. */
	run->lost = IRQ_WORK_INIT_HARD(oht_run_lost);
	init_irq_work(&run->recorded, oht_run_recorded);
	oht_hrtimer_setup(&run->timer, oht_run_timer, CLOCK_MONOTONIC,
			  HRTIMER_MODE_ABS_PINNED_HARD);
	oht_cycle_init(&run->cycle, engine, image, exact);
	run->cycle.ops = &oht_run_cycle_ops;
	run->cycle.context = run;
	run->cycle.stall_ns = stall_ns;
	return run;
}

void oht_run_free(struct oht_run *run)
{
	if (!run)
		return;
	oht_image_free(run->cycle.image);
	vfree(run);
}

struct oht_cycle *oht_run_cycle(struct oht_run *run)
{
	return &run->cycle;
}

static void oht_run_start_ticking(struct oht_run *run)
{
	if (run->ticking)
		return;
	run->ticking = true;
	cpu_latency_qos_add_request(&run->awake, 0);
	hrtimer_start(&run->timer, ktime_get(), HRTIMER_MODE_ABS_PINNED_HARD);
}

static void oht_run_stop_ticking(struct oht_run *run)
{
	if (!run->ticking)
		return;
	hrtimer_cancel(&run->timer);
	cpu_latency_qos_remove_request(&run->awake);
	run->ticking = false;
}

int oht_run_stage(struct oht_run *run, const struct oht_plan *plan, u32 *bad_entry)
{
	int ret;

	mutex_lock(&run->mutex);
	ret = oht_cycle_stage(&run->cycle, plan, bad_entry);
	mutex_unlock(&run->mutex);
	return ret;
}

int oht_run_commit(struct oht_run *run, bool dry, struct oht_plan_figures *figures,
		   u32 *generation)
{
	int ret;

	mutex_lock(&run->mutex);
	ret = oht_cycle_commit(&run->cycle, dry, figures, generation);
	if (!ret && !dry)
		oht_run_start_ticking(run);
	mutex_unlock(&run->mutex);
	return ret;
}

void oht_run_clear(struct oht_run *run)
{
	mutex_lock(&run->mutex);
	oht_run_stop_ticking(run);
	oht_cycle_clear(&run->cycle);
	mutex_unlock(&run->mutex);
}

void oht_run_end(struct oht_run *run)
{
	mutex_lock(&run->mutex);
	oht_run_stop_ticking(run);
	mutex_unlock(&run->mutex);
	oht_cycle_gone(&run->cycle);
	irq_work_sync(&run->lost);
	irq_work_sync(&run->recorded);
}
