// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a device with properties to stop, port, engine and /dev/oht%d, and back.
 *
 * The stop comes first and goes last; it needs no bus.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/hrtimer.h>
#include <linux/pm.h>
#include <linux/time64.h>

#include "bind.h"
#include "chrdev.h"
#include "compat.h"
#include "core.h"
#include "netlink.h"
#include "sysfs.h"

/* A wrong property, or a resource that is not there yet? Both fail the probe. */
static bool oht_bind_refuses(int error)
{
	return error == -EINVAL || error == -ERANGE || error == -EDOM || error == -EPROBE_DEFER;
}

static int oht_bind_start_bus(struct oht_device *oht, struct device *dev,
			      const struct oht_port_backend *backend)
{
	struct oht_port *port;
	int ret;

	ret = backend->probe(dev, &port);
	if (!ret) {
		port->kind = backend->kind;
		ret = oht_core_start_bus(oht, port);
	}
	if (!ret || oht_bind_refuses(ret))
		return ret;
	dev_err(dev, "no bus (%d); the emergency stop works without it\n", ret);
	return 0;
}

/* Supervision, gaps and grid would come up to a whole tick late: no figure would be true. */
static int oht_bind_check_timers(struct device *dev)
{
	if (hrtimer_resolution < NSEC_PER_USEC)
		return 0;
	return dev_err_probe(dev, -EOPNOTSUPP,
			     "no high-resolution timers, one tick is %u us (highres=off, or a clock without them)\n",
			     hrtimer_resolution / (unsigned int)NSEC_PER_USEC);
}

int oht_bind_attach(struct device *dev, const struct oht_port_backend *backend)
{
	struct oht_device *oht;
	struct oht_line line;
	int ret;

	/* sysfs can give the driver any device (driver_override). */
	if (!backend)
		return dev_err_probe(dev, -ENODEV, "no UART that this driver knows\n");
	/* Check the machine and the whole device tree before anything is armed. */
	ret = oht_bind_check_timers(dev) ?: oht_port_read_line(dev, &line);
	if (ret)
		return ret;
	oht = oht_core_alloc(dev, &oht_chrdev_fops, oht_sysfs_groups);
	if (IS_ERR(oht))
		return PTR_ERR(oht);
	ret = oht_estop_init(&oht->estop, dev, &oht_core_estop_ops);
	if (ret)
		goto put_core;
	ret = oht_bind_start_bus(oht, dev, backend);
	if (ret)
		goto exit_estop;
	ret = oht_netlink_attach(oht);
	if (ret)
		goto stop_bus;
	ret = oht_core_add(oht);
	if (ret)
		goto detach_netlink;
	dev_set_drvdata(dev, oht);
	return 0;

detach_netlink:
	oht_netlink_detach(oht);
stop_bus:
	oht_core_stop_bus(oht);
exit_estop:
	oht_estop_exit(&oht->estop);
put_core:
	oht_core_put(oht);
	return ret;
}
EXPORT_SYMBOL_OHT(oht_bind_attach);

/* The longest that the telegrams of a stop are given before the UART is switched off. */
#define OHT_BIND_TELEGRAMS_MS	20
/* The longest that calls of programs are waited for at a shutdown. */
#define OHT_BIND_CALLS_MS	20

/*
 * Programs are frozen. The power-management notifier has stopped the machine; but not every way
 * that leads here asks it (a jump by kexec does not).
 */
static int oht_bind_suspend(struct device *dev)
{
	struct oht_device *oht = dev_get_drvdata(dev);

	oht_estop_stop(&oht->estop, OHT_CAUSE_SUSPEND, NULL);
	oht_core_finish_telegrams(oht, OHT_BIND_TELEGRAMS_MS);
	oht_core_suspend_bus(oht);
	return 0;
}

/* The lines may have changed meanwhile: write them low and send the stop telegrams again. */
static int oht_bind_resume(struct device *dev)
{
	struct oht_device *oht = dev_get_drvdata(dev);
	int ret;

	/* The bus takes its time: the outputs first. */
	oht_estop_stop(&oht->estop, OHT_CAUSE_SUSPEND, NULL);
	ret = oht_core_resume_bus(oht);
	if (ret)
		dev_err(dev, "no bus after suspend (%d); the emergency stop works without it\n",
			ret);
	oht_estop_stop(&oht->estop, OHT_CAUSE_SUSPEND, NULL);
	return 0;
}

const struct dev_pm_ops oht_bind_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(oht_bind_suspend, oht_bind_resume)
};
EXPORT_SYMBOL_OHT(oht_bind_pm_ops);

void oht_bind_detach(struct device *dev, bool leaving)
{
	struct oht_device *oht = dev_get_drvdata(dev);

	oht_estop_hold(&oht->estop, leaving ? OHT_CAUSE_MODULE_REMOVAL : OHT_CAUSE_UNBIND);
	oht_core_remove(oht);
	oht_core_stop_bus(oht);
	oht_estop_exit(&oht->estop);
	oht_core_wake_all(oht);
	oht_netlink_detach(oht);
	oht_core_put(oht);
}
EXPORT_SYMBOL_OHT(oht_bind_detach);

/*
 * The reboot notifier has been here before, unless only this device is being shut down. Another
 * kernel that follows must not find a line that is driven, nor an interrupt that nobody handles.
 */
void oht_bind_shutdown(struct device *dev)
{
	struct oht_device *oht = dev_get_drvdata(dev);
	unsigned int tries = OHT_BIND_CALLS_MS;
	bool alone;

	oht_estop_hold(&oht->estop, OHT_CAUSE_SHUTDOWN);
	oht_core_finish_telegrams(oht, OHT_BIND_TELEGRAMS_MS);
	/*
	 * Programs are not frozen here: no call may be between two looks at the bus. One that waits
	 * for memory that never comes holds no shutdown up: then only the UART is stopped.
	 */
	while (!(alone = down_write_trylock(&oht->life)) && tries--)
		usleep_range(1000, 1100);
	if (!alone) {
		if (oht_core_has_bus(oht))
			oht_engine_suspend(&oht->engine);
		return;
	}
	oht_core_suspend_bus(oht);
	up_write(&oht->life);
}
EXPORT_SYMBOL_OHT(oht_bind_shutdown);
