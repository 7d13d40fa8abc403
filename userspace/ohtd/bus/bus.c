// SPDX-License-Identifier: GPL-2.0-or-later
#include "rtu_line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct ohtd_bus *ohtd_bus_create(const struct ohtd_bus_setup *setup, char *error,
				 size_t error_bytes)
{
	struct ohtd_bus *bus = NULL;

	if (!strcmp(setup->backend, "kernel")) {
		bus = ohtd_bus_kernel_create(setup);
		if (!bus)
			snprintf(error, error_bytes, "bus: out of memory");
	} else if (!strcmp(setup->backend, "rtu")) {
		bus = ohtd_bus_rtu_create(setup, error, error_bytes);
	} else {
		snprintf(error, error_bytes, "bus: no back-end is called '%s': kernel or rtu",
			 setup->backend);
		errno = EINVAL;
	}
	return bus;
}

int ohtd_bus_check(const struct ohtd_bus_setup *setup, char *error, size_t error_bytes)
{
	bool rtu = !strcmp(setup->backend, "rtu");

	return rtu ? rtu_line_check(setup, error, error_bytes) : 0;
}

void ohtd_bus_destroy(struct ohtd_bus *bus)
{
	if (!bus)
		return;
	bus->ops->close(bus);
	bus->ops->destroy(bus);
}

int ohtd_stopper_open(struct ohtd_stopper *stopper, struct ohtd_bus *bus)
{
	ohtd_stopper_close(stopper);
	stopper->bus = bus;
	if (!bus->ops->hardware_stop)
		return 0;
	stopper->device = oht_dev_open(bus->setup.device, 0);
	return stopper->device ? 0 : -errno;
}

void ohtd_stopper_close(struct ohtd_stopper *stopper)
{
	oht_dev_close(stopper->device);
	stopper->device = NULL;
}

static int stop_device(const struct ohtd_stopper *stopper, uint64_t tag)
{
	return oht_dev_stop(stopper->device, tag) ? -errno : 0;
}

int ohtd_stopper_stop(struct ohtd_stopper *stopper, uint64_t tag)
{
	int ret = -ENODEV;

	if (!stopper->bus->ops->hardware_stop)
		return stopper->bus->ops->stop(stopper->bus, tag);
	if (stopper->device)
		ret = stop_device(stopper, tag);
	/* The device has been unbound since: it may be there again. */
	if (ret == -ENODEV && !ohtd_stopper_open(stopper, stopper->bus))
		ret = stop_device(stopper, tag);
	return ret;
}

bool ohtd_stopper_stopped_since(const struct ohtd_stopper *stopper, uint64_t moment_ns)
{
	struct oht_stop_status status;
	int ret;

	if (!stopper->bus->ops->hardware_stop)
		ret = stopper->bus->ops->stop_status(stopper->bus, &status);
	else
		ret = stopper->device ? oht_dev_stop_status(stopper->device, &status) : -1;
	return !ret && status.state == OHT_STATE_STOPPED && status.since_ns < moment_ns;
}
