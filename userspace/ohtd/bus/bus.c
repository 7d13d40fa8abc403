// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus.h"

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
	}
	return bus;
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

/* The call that counts comes first; whether it changed anything is looked up afterwards. */
static int stop_device(struct oht_dev *device, uint64_t tag, uint64_t before_ns, bool *repeated)
{
	struct oht_stop_status after;

	if (oht_dev_stop(device, tag))
		return -errno;
	if (!oht_dev_stop_status(device, &after))
		*repeated = after.since_ns < before_ns;
	return 0;
}

static int stop_software(struct ohtd_bus *bus, uint64_t tag, uint64_t before_ns, bool *repeated)
{
	struct oht_stop_status after;
	int ret = bus->ops->stop(bus, tag);

	if (!ret && !bus->ops->stop_status(bus, &after))
		*repeated = after.since_ns < before_ns;
	return ret;
}

int ohtd_stopper_stop(struct ohtd_stopper *stopper, uint64_t tag, uint64_t before_ns,
		      bool *repeated)
{
	int ret = -ENODEV;

	*repeated = false;
	if (!stopper->bus->ops->hardware_stop)
		return stop_software(stopper->bus, tag, before_ns, repeated);
	if (stopper->device)
		ret = stop_device(stopper->device, tag, before_ns, repeated);
	/* The device has been unbound since: it may be there again. */
	if (ret == -ENODEV && !ohtd_stopper_open(stopper, stopper->bus))
		ret = stop_device(stopper->device, tag, before_ns, repeated);
	return ret;
}
