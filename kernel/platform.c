// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform driver: device tree -> stop, port, engine, /dev/oht%d.
 *
 * The stop comes first and goes last; it needs no bus. A property that is wrong fails the probe,
 * whichever room it belongs to; a port that fails for another reason leaves a device without
 * OHT_CAP_BUS whose stop works.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "chrdev.h"
#include "compat.h"
#include "core.h"
#include "sysfs.h"

/* The module is being removed, not only the driver taken off a device. */
static bool oht_platform_leaving;

/* Is it the integrator's mistake, or not yet the time? Both fail the probe. */
static bool oht_platform_refuses(int error)
{
	return error == -EINVAL || error == -ERANGE || error == -EDOM || error == -EPROBE_DEFER;
}

static int oht_platform_start_bus(struct platform_device *pdev, struct oht_device *oht)
{
	struct oht_port *port;
	int ret;

	ret = oht_port_pl011_probe(pdev, &port);
	if (!ret)
		ret = oht_core_start_bus(oht, port);
	if (!ret || oht_platform_refuses(ret))
		return ret;
	dev_err(&pdev->dev, "no bus (%d); the emergency stop works without it\n", ret);
	return 0;
}

static int oht_platform_probe(struct platform_device *pdev)
{
	struct oht_device *oht;
	struct oht_line line;
	int ret;

	/* All of the device tree is judged before anything is armed. */
	ret = oht_port_read_line(&pdev->dev, &line);
	if (ret)
		return ret;
	oht = oht_core_alloc(&pdev->dev, &oht_chrdev_fops, oht_sysfs_groups);
	if (IS_ERR(oht))
		return PTR_ERR(oht);
	ret = oht_estop_init(&oht->estop, pdev, &oht_core_estop_ops);
	if (ret)
		goto put_core;
	ret = oht_platform_start_bus(pdev, oht);
	if (ret)
		goto exit_estop;
	ret = oht_core_add(oht);
	if (ret)
		goto stop_bus;
	platform_set_drvdata(pdev, oht);
	return 0;

stop_bus:
	oht_core_stop_bus(oht);
exit_estop:
	oht_estop_exit(&oht->estop);
put_core:
	oht_core_put(oht);
	return ret;
}

static void oht_platform_unbind(struct platform_device *pdev)
{
	struct oht_device *oht = platform_get_drvdata(pdev);

	oht_estop_hold(&oht->estop,
		       oht_platform_leaving ? OHT_CAUSE_MODULE_REMOVAL : OHT_CAUSE_UNBIND);
	oht_core_remove(oht);
	oht_core_stop_bus(oht);
	oht_estop_exit(&oht->estop);
	oht_core_wake_all(oht);
	oht_core_put(oht);
}

OHT_PLATFORM_REMOVE(oht_platform_remove, oht_platform_unbind)

/* The reboot notifier has been here before, unless only this device is being shut down. */
static void oht_platform_shutdown(struct platform_device *pdev)
{
	struct oht_device *oht = platform_get_drvdata(pdev);

	oht_estop_hold(&oht->estop, OHT_CAUSE_SHUTDOWN);
}

static const struct of_device_id oht_platform_matches[] = {
	{ .compatible = "oht,rs485-pl011" },
	{ }
};
MODULE_DEVICE_TABLE(of, oht_platform_matches);

static struct platform_driver oht_platform_driver = {
	.probe = oht_platform_probe,
	.remove = oht_platform_remove,
	.shutdown = oht_platform_shutdown,
	.driver = {
		.name = "oht",
		.of_match_table = oht_platform_matches,
	},
};

static int __init oht_platform_init(void)
{
	int ret;

	ret = oht_estop_setup();
	if (ret)
		return ret;
	ret = oht_core_setup();
	if (ret)
		goto teardown_estop;
	ret = platform_driver_register(&oht_platform_driver);
	if (ret)
		goto teardown_core;
	return 0;

teardown_core:
	oht_core_teardown();
teardown_estop:
	oht_estop_teardown();
	return ret;
}
module_init(oht_platform_init);

static void __exit oht_platform_exit(void)
{
	oht_platform_leaving = true;
	platform_driver_unregister(&oht_platform_driver);
	oht_core_teardown();
	oht_estop_teardown();
}
module_exit(oht_platform_exit);

MODULE_DESCRIPTION("RS485 Modbus RTU master and emergency stop");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
