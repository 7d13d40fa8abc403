// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways in which a kernel ends, and the outputs with it.
 *
 *	panic			panic notifier, then the restart handler if it reboots
 *	sysrq-b			restart handler only
 *	reboot, kexec		reboot notifier, .shutdown of the device, restart handler
 *	poweroff, halt		reboot notifier, .shutdown of the device
 *	suspend			power-management notifier: stops, and refuses, or with the
 *				module's parameter suspend=stop follows
 *	hibernate, and back	power-management notifier: stops, and refuses
 *
 * And one that is no end: a fault that the kernel survives (die notifier) leaves a mark in the
 * journal, no more.
 *
 * In panic and restart another CPU may have been stopped while it held a lock, ours, the clock's or
 * the GPIO bank's: those two take none (oht_estop_cut_outputs()).
 */
#include <linux/kdebug.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/suspend.h>

#include "estop_internal.h"

/* Before every other handler: one of them resets the machine and does not return. */
#define OHT_RESTART_PRIORITY	255

static int oht_estop_on_panic(struct notifier_block *nb, unsigned long action, void *data)
{
	struct oht_estop *estop = container_of(nb, struct oht_estop, panic_nb);
	u32 from = READ_ONCE(estop->state);

	oht_estop_cut_outputs(estop);
	oht_estop_note_panic(estop, from);
	return NOTIFY_DONE;
}

static int oht_estop_on_die(struct notifier_block *nb, unsigned long action, void *data)
{
	if (action == DIE_OOPS)
		oht_estop_note_fault(container_of(nb, struct oht_estop, die_nb));
	return NOTIFY_DONE;
}

static int oht_estop_on_restart(struct notifier_block *nb, unsigned long action, void *data)
{
	oht_estop_cut_outputs(container_of(nb, struct oht_estop, restart_nb));
	return NOTIFY_DONE;
}

static int oht_estop_on_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	struct oht_estop *estop = container_of(nb, struct oht_estop, reboot_nb);

	oht_estop_hold(estop, action == SYS_RESTART ? OHT_CAUSE_REBOOT : OHT_CAUSE_SHUTDOWN);
	return NOTIFY_DONE;
}

/* Set at module load, before there is a device. */
static bool oht_estop_follows_suspend;

static int oht_estop_set_suspend(const char *value, const struct kernel_param *param)
{
	bool stop = sysfs_streq(value, "stop");

	if (!stop && !sysfs_streq(value, "veto")) {
		pr_err("oht: suspend=%s: must be veto or stop\n", value);
		return -EINVAL;
	}
	oht_estop_follows_suspend = stop;
	return 0;
}

static int oht_estop_get_suspend(char *text, const struct kernel_param *param)
{
	return scnprintf(text, PAGE_SIZE, "%s\n", oht_estop_follows_suspend ? "stop" : "veto");
}

static const struct kernel_param_ops oht_estop_suspend_ops = {
	.set = oht_estop_set_suspend,
	.get = oht_estop_get_suspend,
};

module_param_cb(suspend, &oht_estop_suspend_ops, NULL, 0444);
MODULE_PARM_DESC(suspend, "what a suspend of the system does: veto (stops, and is refused; default), stop (stops, and goes on)");

static int oht_estop_on_suspend(struct notifier_block *nb, unsigned long action, void *data)
{
	struct oht_estop *estop = container_of(nb, struct oht_estop, pm_nb);

	switch (action) {
	case PM_SUSPEND_PREPARE:
		if (oht_estop_follows_suspend) {
			/* No reset of a machine that is about to sleep. */
			oht_estop_hold(estop, OHT_CAUSE_SUSPEND);
			return NOTIFY_DONE;
		}
		fallthrough;
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		oht_estop_stop(estop, OHT_CAUSE_SUSPEND, NULL);
		return notifier_from_errno(-EBUSY);
	case PM_POST_SUSPEND:
		oht_estop_let_go(estop, OHT_CAUSE_SUSPEND);
		return NOTIFY_DONE;
	default:
		return NOTIFY_DONE;
	}
}

int oht_estop_hooks_register(struct oht_estop *estop)
{
	int ret;

	estop->panic_nb.notifier_call = oht_estop_on_panic;
	estop->panic_nb.priority = INT_MAX;
	estop->restart_nb.notifier_call = oht_estop_on_restart;
	estop->restart_nb.priority = OHT_RESTART_PRIORITY;
	estop->reboot_nb.notifier_call = oht_estop_on_reboot;
	estop->reboot_nb.priority = INT_MAX;
	estop->pm_nb.notifier_call = oht_estop_on_suspend;
	estop->die_nb.notifier_call = oht_estop_on_die;

	ret = register_restart_handler(&estop->restart_nb);
	if (ret)
		return ret;
	ret = register_reboot_notifier(&estop->reboot_nb);
	if (ret)
		goto unregister_restart;
	ret = register_pm_notifier(&estop->pm_nb);
	if (ret)
		goto unregister_reboot;
	ret = atomic_notifier_chain_register(&panic_notifier_list, &estop->panic_nb);
	if (ret)
		goto unregister_pm;
	ret = register_die_notifier(&estop->die_nb);
	if (ret)
		goto unregister_panic;
	return 0;

unregister_panic:
	atomic_notifier_chain_unregister(&panic_notifier_list, &estop->panic_nb);
unregister_pm:
	unregister_pm_notifier(&estop->pm_nb);
unregister_reboot:
	unregister_reboot_notifier(&estop->reboot_nb);
unregister_restart:
	unregister_restart_handler(&estop->restart_nb);
	return ret;
}

void oht_estop_hooks_unregister(struct oht_estop *estop)
{
	unregister_die_notifier(&estop->die_nb);
	atomic_notifier_chain_unregister(&panic_notifier_list, &estop->panic_nb);
	unregister_pm_notifier(&estop->pm_nb);
	unregister_reboot_notifier(&estop->reboot_nb);
	unregister_restart_handler(&estop->restart_nb);
}
