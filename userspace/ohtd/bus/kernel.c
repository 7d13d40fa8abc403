// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The real back-end: /dev/oht%d through liboht. Every call is one system call that does not wait;
 * times on the wire are the kernel's business.
 */
#include "bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For requests without one, of which there are none here. */
#define UNSET_TIMEOUT_US	100000

struct kernel_bus {
	struct ohtd_bus bus;
	struct oht_dev *device;		/* NULL when not open, like the next */
	struct oht_image_view *image;	/* NULL also without a bus */
};

static struct oht_dev *device_of(struct ohtd_bus *bus)
{
	return ((struct kernel_bus *)bus)->device;
}

static int as_errno(int ret)
{
	return ret < 0 ? -errno : ret;
}

/* A device whose port is down has no image; its stop works all the same. */
static int map_image(struct kernel_bus *kernel)
{
	kernel->image = oht_image_open(kernel->bus.setup.device);
	return kernel->image || errno == EOPNOTSUPP ? 0 : -errno;
}

static int kernel_open(struct ohtd_bus *bus, char *error, size_t error_bytes)
{
	struct kernel_bus *kernel = (struct kernel_bus *)bus;
	int ret;

	kernel->device = oht_dev_open(bus->setup.device, 0);
	if (!kernel->device) {
		ret = -errno;
		oht_open_text(bus->setup.device, -ret, error, error_bytes);
		return ret;
	}
	ret = as_errno(oht_dev_subscribe_safety(kernel->device, true));
	if (!ret)
		ret = map_image(kernel);
	if (ret) {
		snprintf(error, error_bytes, "%s: %s", bus->setup.device, oht_errno_text(-ret));
		bus->ops->close(bus);
	}
	return ret;
}

static void kernel_close(struct ohtd_bus *bus)
{
	struct kernel_bus *kernel = (struct kernel_bus *)bus;

	oht_image_close(kernel->image);
	kernel->image = NULL;
	oht_dev_close(kernel->device);
	kernel->device = NULL;
}

static void kernel_destroy(struct ohtd_bus *bus)
{
	free(bus);
}

static int kernel_info(struct ohtd_bus *bus, struct oht_dev_info *info)
{
	return as_errno(oht_dev_info(device_of(bus), info));
}

static int kernel_unit(struct ohtd_bus *bus, uint8_t unit, struct oht_unit_view *view)
{
	return as_errno(oht_dev_unit_get(device_of(bus), unit, view));
}

static int kernel_fd(struct ohtd_bus *bus)
{
	return device_of(bus) ? oht_dev_fd(device_of(bus)) : -1;
}

static int kernel_submit(struct ohtd_bus *bus, const struct oht_request *request, uint64_t *cookie)
{
	return as_errno(oht_dev_submit(device_of(bus), request, cookie));
}

static int kernel_cancel(struct ohtd_bus *bus, uint64_t cookie)
{
	return as_errno(oht_dev_cancel(device_of(bus), cookie));
}

static int kernel_next(struct ohtd_bus *bus, struct oht_event *event)
{
	return as_errno(oht_dev_read_event(device_of(bus), event, 0));
}

static int kernel_stop_status(struct ohtd_bus *bus, struct oht_stop_status *status)
{
	return as_errno(oht_dev_stop_status(device_of(bus), status));
}

static int kernel_take(struct ohtd_bus *bus, uint32_t *deadman_ms)
{
	return as_errno(oht_dev_control_take(device_of(bus), deadman_ms));
}

static int kernel_farewell(struct ohtd_bus *bus)
{
	return as_errno(oht_dev_control_release(device_of(bus)));
}

static int kernel_heartbeat(struct ohtd_bus *bus)
{
	return as_errno(oht_dev_heartbeat(device_of(bus)));
}

static int kernel_stop(struct ohtd_bus *bus, uint64_t tag)
{
	return as_errno(oht_dev_stop(device_of(bus), tag));
}

static int kernel_reset(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	return as_errno(oht_dev_reset(device_of(bus), tag, blocking));
}

static int kernel_enable(struct ohtd_bus *bus, uint64_t tag, uint64_t *blocking)
{
	return as_errno(oht_dev_enable(device_of(bus), tag, blocking));
}

static int kernel_disable(struct ohtd_bus *bus, uint64_t tag)
{
	return as_errno(oht_dev_disable(device_of(bus), tag));
}

static int kernel_self_test(struct ohtd_bus *bus, uint32_t *failed)
{
	return as_errno(oht_dev_self_test(device_of(bus), failed));
}

static int kernel_telegrams(struct ohtd_bus *bus, const struct oht_stop_telegram *list,
			    unsigned int count)
{
	return as_errno(oht_dev_set_telegrams(device_of(bus), list, count));
}

/* What a unit was told before stays as it is; a unit that needs no rest, and has none, is left alone. */
static int kernel_rest(struct ohtd_bus *bus, uint8_t unit, uint8_t rest_ms)
{
	struct oht_unit_view view;
	int ret = as_errno(oht_dev_unit_get(device_of(bus), unit, &view));

	if (ret || view.policy.rest_ms == rest_ms)
		return ret;
	view.policy.rest_ms = rest_ms;
	if (!view.configured)
		view.policy.timeout_us = UNSET_TIMEOUT_US;
	return as_errno(oht_dev_unit_set(device_of(bus), &view.policy));
}

static int kernel_plan(struct ohtd_bus *bus, const struct oht_cyclic_plan *plan,
		       struct oht_cyclic_figures *figures, uint32_t *generation)
{
	int ret;

	*generation = 0;
	memset(figures, 0, sizeof(*figures));
	if (!plan->count)
		return as_errno(oht_plan_clear(device_of(bus)));
	ret = as_errno(oht_plan_stage(device_of(bus), plan, NULL));
	return ret ? ret : as_errno(oht_plan_commit(device_of(bus), false, figures, generation));
}

static int kernel_outputs(struct ohtd_bus *bus, uint32_t generation, unsigned int entry,
			  const uint16_t *words, unsigned int count, bool now)
{
	struct oht_dev *device = device_of(bus);

	return as_errno(now ? oht_plan_set_outputs_now(device, generation, entry, words, count)
			    : oht_plan_set_outputs(device, generation, entry, words, count));
}

static int kernel_image_head(struct ohtd_bus *bus, struct oht_cyclic_head *head)
{
	const struct oht_image_view *image = ((struct kernel_bus *)bus)->image;

	return image ? as_errno(oht_image_read_head(image, head)) : -EOPNOTSUPP;
}

static int kernel_image(struct ohtd_bus *bus, unsigned int entry, struct oht_cyclic_value *value)
{
	const struct oht_image_view *image = ((struct kernel_bus *)bus)->image;

	return image ? as_errno(oht_image_read(image, entry, value)) : -EOPNOTSUPP;
}

static const struct ohtd_bus_ops kernel_ops = {
	.name = "kernel",
	.hardware_stop = true,
	.open = kernel_open,
	.close = kernel_close,
	.info = kernel_info,
	.unit = kernel_unit,
	.fd = kernel_fd,
	.submit = kernel_submit,
	.cancel = kernel_cancel,
	.next = kernel_next,
	.stop_status = kernel_stop_status,
	.take = kernel_take,
	.farewell = kernel_farewell,
	.heartbeat = kernel_heartbeat,
	.stop = kernel_stop,
	.reset = kernel_reset,
	.enable = kernel_enable,
	.disable = kernel_disable,
	.self_test = kernel_self_test,
	.telegrams = kernel_telegrams,
	.rest = kernel_rest,
	.plan = kernel_plan,
	.outputs = kernel_outputs,
	.image_head = kernel_image_head,
	.image = kernel_image,
	.destroy = kernel_destroy,
};

struct ohtd_bus *ohtd_bus_kernel_create(const struct ohtd_bus_setup *setup)
{
	struct kernel_bus *kernel = calloc(1, sizeof(*kernel));

	if (!kernel)
		return NULL;
	kernel->bus.ops = &kernel_ops;
	kernel->bus.setup = *setup;
	return &kernel->bus;
}
