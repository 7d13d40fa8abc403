// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the machine must bring before the outputs may rise, looked at by each enable, in process
 * context and without estop->lock:
 *
 *	oht,require-watchdog	names a hardware watchdog, which must be counting
 *	kdump			no crash kernel: a panic would jump there without asking anybody
 *
 * A watchdog's device is a child of the hardware's, of class "watchdog", and its driver data is the
 * struct watchdog_device. That is all that stock kernels let a module see of it: the class itself
 * is not exported. It goes with its parent's driver, which the parent's lock holds in place. A
 * driver that does not say whose child its watchdog is (i6300esb) cannot be recognised.
 */
#include <linux/amba/bus.h>
#include <linux/device.h>
#include <linux/kexec.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/string.h>
#include <linux/watchdog.h>

#include "estop_internal.h"

#define OHT_WATCHDOG_PROPERTY	"oht,require-watchdog"
#define OHT_CRASH_PROPERTY	"oht,allow-crash-kernel"

static int oht_require_visit(struct device *dev, void *unused);

/* True: one of the devices below @dev is a watchdog that counts. */
static bool oht_require_look_below(struct device *dev)
{
	int found;

	/* Somebody is binding or unbinding its driver: then it protects nobody yet, or no more. */
	if (!device_trylock(dev))
		return false;
	found = device_for_each_child(dev, NULL, oht_require_visit);
	device_unlock(dev);
	return found;
}

/* Counts without anybody who feeds it too, if its driver found it so: then the kernel does. */
static int oht_require_visit(struct device *dev, void *unused)
{
	const struct watchdog_device *watchdog;

	if (!dev->class || strcmp(dev->class->name, "watchdog"))
		return oht_require_look_below(dev);
	watchdog = dev_get_drvdata(dev);
	return watchdog && (test_bit(WDOG_ACTIVE, &watchdog->status) ||
			    test_bit(WDOG_HW_RUNNING, &watchdog->status));
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

static bool oht_require_watchdog_counts(struct device_node *node)
{
	struct device *dev = oht_require_find(node);
	bool counts = dev && oht_require_look_below(dev);

	put_device(dev);
	return counts;
}

u64 oht_estop_missing(const struct oht_estop *estop)
{
	u64 mask = 0;

	if (estop->watchdog && !oht_require_watchdog_counts(estop->watchdog))
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_WATCHDOG);
	if (!estop->config.crash_kernel_allowed && kexec_crash_loaded())
		mask |= OHT_CAUSE_BIT(OHT_CAUSE_KDUMP);
	return mask;
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
	estop->watchdog = of_parse_phandle(dev->of_node, OHT_WATCHDOG_PROPERTY, 0);
	if (!estop->watchdog)
		return dev_err_probe(dev, -EINVAL, "%s: names no node\n", OHT_WATCHDOG_PROPERTY);
	return devm_add_action_or_reset(dev, oht_require_put, estop->watchdog);
}
