// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requirements of the stop on the machine: a watchdog that counts, no crash kernel, and CPUs that
 * wake quickly.
 */
#include <linux/amba/bus.h>
#include <linux/device.h>
#include <linux/kexec.h>
#include <linux/ktime.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/string.h>
#include <linux/watchdog.h>

#include "estop_internal.h"

#define OHT_WATCHDOG_PROPERTY	"oht,require-watchdog"
#define OHT_CRASH_PROPERTY	"oht,allow-crash-kernel"

/*
 * ---- what must be there ----
 *
 *	oht,require-watchdog	names a hardware watchdog, which must be counting
 *	kdump			no crash kernel: a panic would jump there without asking anybody
 *
 * Looked at by each enable, and by the supervision while enabled.
 *
 * A watchdog's device is a child of the hardware's, of class "watchdog", and its driver data is the
 * struct watchdog_device. That is all that stock kernels let a module see of it: the class itself
 * is not exported. An enable looks for it, in process context and under the lock of its parent,
 * which holds the driver in place. From then on the supervision only reads its status; the bus says
 * when its driver goes, before it does. A driver that does not say whose child its watchdog is
 * (i6300esb) cannot be recognised.
 */

/* A watchdog that was already running counts too: the kernel feeds it until a program does. */
static bool oht_require_counts(const struct watchdog_device *watchdog)
{
	return watchdog && (test_bit(WDOG_ACTIVE, &watchdog->status) ||
			    test_bit(WDOG_HW_RUNNING, &watchdog->status));
}

/* The device below which a watchdog is searched, and the stop that asks. */
struct oht_require_search {
	struct oht_estop *estop;
	struct device *dev;
};

static int oht_require_visit(struct device *dev, void *search_ptr);

/* True if a device below @dev is a watchdog that counts; it is noted. */
static bool oht_require_look_below(struct oht_estop *estop, struct device *dev)
{
	struct oht_require_search search = { .estop = estop, .dev = dev };
	int found;

	/* Its driver is being bound or unbound, so the watchdog does not protect the machine. */
	if (!device_trylock(dev))
		return false;
	found = device_for_each_child(dev, &search, oht_require_visit);
	device_unlock(dev);
	return found;
}

/* The lock of the parent is held: the watchdog does not go before oht_require_unbound() is told. */
static int oht_require_visit(struct device *dev, void *search_ptr)
{
	const struct oht_require_search *search = search_ptr;
	struct oht_estop *estop = search->estop;
	const struct watchdog_device *watchdog;
	unsigned long flags;

	if (!dev->class || strcmp(dev->class->name, "watchdog"))
		return oht_require_look_below(estop, dev);
	watchdog = dev_get_drvdata(dev);
	if (!oht_require_counts(watchdog))
		return false;
	flags = oht_estop_lock(estop);
	estop->watchdog = watchdog;
	estop->watchdog_parent = search->dev;
	oht_estop_unlock(estop, flags);
	return true;
}

/* The hardware's device, on any bus where a watchdog may have a node of its own; to be put. */
static struct device *oht_require_find(struct device_node *node)
{
	struct device *dev = bus_find_device_by_of_node(&platform_bus_type, node);

#ifdef CONFIG_ARM_AMBA
	if (!dev)
		dev = bus_find_device_by_of_node(&amba_bustype, node);
#endif
	return dev;
}

/* Process context, without estop->lock. */
static void oht_require_find_watchdog(struct oht_estop *estop)
{
	unsigned long flags = oht_estop_lock(estop);
	bool counts = oht_require_counts(estop->watchdog);
	struct device *dev;

	oht_estop_unlock(estop, flags);
	if (!estop->watchdog_node || counts)
		return;
	dev = oht_require_find(estop->watchdog_node);
	if (dev)
		oht_require_look_below(estop, dev);
	put_device(dev);
}

u64 oht_estop_missing(const struct oht_estop *estop)
{
	u64 mask = 0;

	if (estop->watchdog_node && !oht_require_counts(estop->watchdog))
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_WATCHDOG);
	if (!estop->config.crash_kernel_allowed && kexec_crash_loaded())
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_KDUMP);
	return mask;
}

void oht_estop_check_machine(struct oht_estop *estop, u64 now)
{
	u64 missing;

	if (estop->state != OHT_ESTOP_ENABLED)
		return;
	missing = oht_estop_missing(estop);
	if (missing & OHT_CAUSE_BIT(OHT_CAUSE_WATCHDOG))
		oht_estop_find(estop, OHT_CAUSE_WATCHDOG, now);
	if (missing & OHT_CAUSE_BIT(OHT_CAUSE_KDUMP))
		oht_estop_find(estop, OHT_CAUSE_KDUMP, now);
}

/* The driver is being unbound and frees the watchdog: forget the watchdog before that. */
static int oht_require_unbound(struct oht_estop *estop, unsigned long action, const void *dev)
{
	unsigned long flags;

	if (action != BUS_NOTIFY_UNBIND_DRIVER)
		return NOTIFY_DONE;
	flags = oht_estop_lock(estop);
	if (dev == estop->watchdog_parent) {
		estop->watchdog = NULL;
		estop->watchdog_parent = NULL;
		oht_estop_check_machine(estop, ktime_get_ns());
	}
	oht_estop_unlock(estop, flags);
	return NOTIFY_DONE;
}

static int oht_require_on_platform(struct notifier_block *nb, unsigned long action, void *dev)
{
	return oht_require_unbound(container_of(nb, struct oht_estop, platform_nb), action, dev);
}

static void oht_require_put(void *node)
{
	of_node_put(node);
}

int oht_estop_require_init(struct oht_estop *estop)
{
	struct device *dev = estop->dev;

	estop->config.crash_kernel_allowed = device_property_read_bool(dev, OHT_CRASH_PROPERTY);
	if (!device_property_present(dev, OHT_WATCHDOG_PROPERTY))
		return 0;
	estop->watchdog_node = of_parse_phandle(dev->of_node, OHT_WATCHDOG_PROPERTY, 0);
	if (!estop->watchdog_node)
		return dev_err_probe(dev, -EINVAL, "%s: names no node\n", OHT_WATCHDOG_PROPERTY);
	return devm_add_action_or_reset(dev, oht_require_put, estop->watchdog_node);
}

#ifdef CONFIG_ARM_AMBA
static int oht_require_on_amba(struct notifier_block *nb, unsigned long action, void *dev)
{
	return oht_require_unbound(container_of(nb, struct oht_estop, amba_nb), action, dev);
}

static int oht_require_follow_amba(struct oht_estop *estop)
{
	estop->amba_nb.notifier_call = oht_require_on_amba;
	return bus_register_notifier(&amba_bustype, &estop->amba_nb);
}

static void oht_require_leave_amba(struct oht_estop *estop)
{
	bus_unregister_notifier(&amba_bustype, &estop->amba_nb);
}
#else
static int oht_require_follow_amba(struct oht_estop *estop)
{
	return 0;
}

static void oht_require_leave_amba(struct oht_estop *estop)
{
}
#endif

/*
 * ---- CPUs that do not sleep deeply ----
 *
 * Waking takes 100 us and more, which a press must not wait for. Asked for before the outputs rise;
 * a stop cannot take that back itself, since it needs process context.
 */

/* With estop->awake_lock. */
static void oht_estop_keep_awake(struct oht_estop *estop, bool on)
{
	if (on == estop->keeps_awake)
		return;
	if (on)
		cpu_latency_qos_add_request(&estop->awake, 0);
	else
		cpu_latency_qos_remove_request(&estop->awake);
	WRITE_ONCE(estop->keeps_awake, on);
}

static void oht_estop_awake_work(struct work_struct *work)
{
	struct oht_estop *estop = container_of(work, struct oht_estop, awake_work);

	mutex_lock(&estop->awake_lock);
	if (oht_estop_state(estop) != OHT_ESTOP_ENABLED)
		oht_estop_keep_awake(estop, false);
	mutex_unlock(&estop->awake_lock);
}

/* Returns with estop->awake_lock held; oht_estop_prepared() drops it. */
void oht_estop_prepare(struct oht_estop *estop)
{
	oht_require_find_watchdog(estop);
	mutex_lock(&estop->awake_lock);
	oht_estop_keep_awake(estop, true);
}

void oht_estop_prepared(struct oht_estop *estop)
{
	if (oht_estop_state(estop) != OHT_ESTOP_ENABLED)
		oht_estop_keep_awake(estop, false);
	mutex_unlock(&estop->awake_lock);
}

int oht_estop_machine_init(struct oht_estop *estop)
{
	int ret;

	mutex_init(&estop->awake_lock);
	INIT_WORK(&estop->awake_work, oht_estop_awake_work);
	estop->platform_nb.notifier_call = oht_require_on_platform;
	ret = bus_register_notifier(&platform_bus_type, &estop->platform_nb);
	if (ret)
		return ret;
	ret = oht_require_follow_amba(estop);
	if (ret)
		bus_unregister_notifier(&platform_bus_type, &estop->platform_nb);
	return ret;
}

void oht_estop_machine_end(struct oht_estop *estop)
{
	oht_require_leave_amba(estop);
	bus_unregister_notifier(&platform_bus_type, &estop->platform_nb);
	cancel_work_sync(&estop->awake_work);
	mutex_lock(&estop->awake_lock);
	oht_estop_keep_awake(estop, false);
	mutex_unlock(&estop->awake_lock);
}
