// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module and its platform driver: which UART is behind the registers is in the match data.
 */
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include "bind.h"
#include "compat.h"
#include "core.h"
#include "netlink.h"
#include "sysfs.h"

/* The module is being removed, not only the driver taken off a device. */
static bool oht_platform_leaving;

static int oht_platform_probe(struct platform_device *pdev)
{
	return oht_bind_attach(&pdev->dev, device_get_match_data(&pdev->dev));
}

static void oht_platform_unbind(struct platform_device *pdev)
{
	oht_bind_detach(&pdev->dev, oht_platform_leaving);
}

OHT_PLATFORM_REMOVE(oht_platform_remove, oht_platform_unbind)

static void oht_platform_shutdown(struct platform_device *pdev)
{
	oht_bind_shutdown(&pdev->dev);
}

static const struct of_device_id oht_platform_matches[] = {
	{ .compatible = "oht,rs485-pl011", .data = &oht_port_pl011 },
	{ .compatible = "oht,rs485-16550", .data = &oht_port_16550 },
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
		.pm = pm_sleep_ptr(&oht_bind_pm_ops),
	},
};

static int __init oht_platform_init(void)
{
	int ret;

	ret = oht_estop_setup();
	if (ret)
		return ret;
	oht_sysfs_setup();
	ret = oht_core_setup();
	if (ret)
		goto teardown_estop;
	ret = oht_netlink_setup();
	if (ret)
		goto teardown_core;
	ret = platform_driver_register(&oht_platform_driver);
	if (ret)
		goto teardown_netlink;
	return 0;

teardown_netlink:
	oht_netlink_teardown();
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
	oht_netlink_teardown();
	oht_core_teardown();
	oht_estop_teardown();
}
module_exit(oht_platform_exit);

MODULE_DESCRIPTION("RS485 Modbus RTU master and emergency stop");
MODULE_AUTHOR("The oht developers");
MODULE_LICENSE("GPL");
