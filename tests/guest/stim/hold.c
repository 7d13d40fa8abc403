// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds up a CPU that has just latched a stop or disabled the machine, as soon as it takes
 * interrupts again: whatever is not done by then comes late. The tracepoint of the stop's records,
 * which is under its lock, asks for an interrupt on the same CPU.
 */
#include <linux/irq_work.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/oht.h>

#include "stim.h"

#define STIM_HOLD_NS	(500 * NSEC_PER_MSEC)
#define STIM_NOT_ARMED	(-1)

static int stim_hold_cpu = STIM_NOT_ARMED;	/* the next stop or DISABLE there is held up */
static bool stim_holding;
static struct tracepoint *stim_stop_point;

static void stim_hold_now(struct irq_work *work)
{
	u64 end = ktime_get_ns() + STIM_HOLD_NS;

	WRITE_ONCE(stim_holding, true);
	while (READ_ONCE(stim_holding) && (s64)(end - ktime_get_ns()) > 0)
		cpu_relax();
	WRITE_ONCE(stim_holding, false);
}

static struct irq_work stim_hold_work = IRQ_WORK_INIT_HARD(stim_hold_now);

static void stim_stopped(void *context, const struct oht_safety_record *record,
			 unsigned int device)
{
	if (record->kind != OHT_SAFETY_STOP && record->kind != OHT_SAFETY_DISABLE)
		return;
	if (READ_ONCE(stim_hold_cpu) != smp_processor_id())
		return;
	WRITE_ONCE(stim_hold_cpu, STIM_NOT_ARMED);
	irq_work_queue(&stim_hold_work);
}

static void stim_find_point(struct module *mod)
{
	struct tracepoint *point;
	unsigned int i;

	for (i = 0; i < mod->num_tracepoints; i++) {
		point = tracepoint_ptr_deref(&mod->tracepoints_ptrs[i]);
		if (!strcmp(point->name, "oht_estop") &&
		    !tracepoint_probe_register(point, stim_stopped, NULL))
			stim_stop_point = point;
	}
}

static void stim_lose_point(void)
{
	if (!stim_stop_point)
		return;
	tracepoint_probe_unregister(stim_stop_point, stim_stopped, NULL);
	tracepoint_synchronize_unregister();
	stim_stop_point = NULL;
}

/* The module of the driver comes and goes while we stay. */
static int stim_modules_changed(struct notifier_block *nb, unsigned long action, void *data)
{
	struct tp_module *changed = data;

	if (strcmp(changed->mod->name, "oht"))
		return NOTIFY_DONE;
	if (action == MODULE_STATE_COMING)
		stim_find_point(changed->mod);
	else if (action == MODULE_STATE_GOING)
		stim_lose_point();
	return NOTIFY_DONE;
}

static struct notifier_block stim_modules = {
	.notifier_call = stim_modules_changed,
};

long stim_hold(unsigned long what)
{
	switch (what) {
	case OHT_STIM_HOLD_ARM:
		if (!stim_stop_point)
			return -ENODEV;
		WRITE_ONCE(stim_hold_cpu, raw_smp_processor_id());
		return 0;
	case OHT_STIM_HOLD_ASK:
		return READ_ONCE(stim_holding);
	case OHT_STIM_HOLD_END:
		WRITE_ONCE(stim_hold_cpu, STIM_NOT_ARMED);
		return xchg(&stim_holding, false);
	default:
		return -EINVAL;
	}
}

int stim_hold_init(void)
{
	return register_tracepoint_module_notifier(&stim_modules);
}

void stim_hold_end(void)
{
	unregister_tracepoint_module_notifier(&stim_modules);
	stim_lose_point();
	irq_work_sync(&stim_hold_work);
}
