/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns:     birth and death of an oht device on the device of whatever bus it hangs on.
 * Contexts: process, may sleep.
 * Locks:    none held when called; takes those of the rooms below.
 *
 * Exported in the symbol namespace OHT for drivers whose port lives in a module of its own
 * (oht_serdev.ko, oht_sim.ko).
 */
#ifndef OHT_BIND_H
#define OHT_BIND_H

#include <linux/pm.h>
#include <linux/types.h>

struct device;
struct oht_port_backend;

/**
 * oht_bind_attach() - probe: stop, then port and engine, then /dev/oht%d
 * @dev: the bus driver's device, with the properties of dts/bindings/oht,rs485.yaml; its drvdata
 *	belongs to us from here to oht_bind_detach()
 * @backend: the port, must outlive the device; NULL: -ENODEV
 *
 * A property that is wrong fails, whichever room it belongs to. A port that fails for another
 * reason leaves a device without OHT_CAP_BUS whose stop works; then this returns 0. The port must
 * be devm-managed or otherwise outlive oht_bind_detach().
 *
 * Context: process, may sleep.
 * Return: 0, or a negative errno after one line that names the property; then nothing is left.
 */
int oht_bind_attach(struct device *dev, const struct oht_port_backend *backend);

/**
 * oht_bind_detach() - remove: stops the machine, ends every transfer, lets go of the port
 * @dev: attached
 * @leaving: because the driver's module is being removed (cause module_removal), else unbind
 *
 * Afterwards no callback of the port is running nor called again; descriptors that are still open
 * get -ENODEV. Context: process, may sleep.
 */
void oht_bind_detach(struct device *dev, bool leaving);

/**
 * oht_bind_shutdown() - shutdown: the machine stops with cause shutdown and stays so
 * @dev: attached
 *
 * Context: process.
 */
void oht_bind_shutdown(struct device *dev);

/*
 * Suspend and resume of the bus, for pm_sleep_ptr() in the driver of an attached device. Only
 * reached with the module's parameter suspend=stop: else estop_hooks.c refuses the suspend before.
 */
extern const struct dev_pm_ops oht_bind_pm_ops;

#endif /* OHT_BIND_H */
