// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device as it comes and goes: opening, the controller's role, events, heartbeat.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/control.h"

#define OPEN_BACKOFF_FIRST_MS	250
#define OPEN_BACKOFF_MAX_MS	5000
/* Events taken in one go: far more than can be under way, so that it always ends. */
#define EVENTS_MAX		256

static int take_role(struct ohtd_control *control, char *error, size_t error_bytes)
{
	const struct ohtd_bus_ops *ops = control->bus->ops;
	struct oht_stop_status status;
	uint32_t deadman_ms = control->deadman_wish_ms;
	int ret = ops->info(control->bus, &control->device.info);

	if (!ret)
		ret = ops->take(control->bus, &deadman_ms);
	if (!ret) {
		control->device.deadman_ms = deadman_ms;
		return 0;
	}
	if (ret == -EBUSY && !ops->stop_status(control->bus, &status) && status.controller_tgid)
		snprintf(error, error_bytes, "%s: process %u is the controller already",
			 control->bus->setup.device, status.controller_tgid);
	else
		snprintf(error, error_bytes, "%s: cannot become the controller: %s",
			 control->bus->setup.device, oht_errno_text(-ret));
	return ret;
}

int ohtd_device_open(struct ohtd_control *control, char *error, size_t error_bytes)
{
	struct ohtd_device *device = &control->device;
	int ret = control->bus->ops->open(control->bus, error, error_bytes);

	if (ret)
		return ret;
	ret = take_role(control, error, error_bytes);
	if (ret) {
		control->bus->ops->close(control->bus);
		return ret;
	}
	device->open = true;
	control->modules.telegrams.left = NULL;
	device->bus_dead = !(device->info.caps & OHT_HAS_BUS);
	device->backoff_ms = 0;
	device->error[0] = '\0';
	if (!device->bus_dead)
		ohtd_modules_rest(&control->modules);
	if (device->bus_dead)
		snprintf(device->error, sizeof(device->error),
			 "%s: the port is down; only the stop works", control->bus->setup.device);
	atomic_fetch_add(&control->device_epoch, 1);
	return 0;
}

void ohtd_device_close(struct ohtd_control *control, bool farewell)
{
	struct ohtd_device *device = &control->device;

	if (!device->open)
		return;
	if (farewell) {
		ohtd_layout_end(&control->modules);
		control->bus->ops->farewell(control->bus);
	}
	ohtd_layout_forget(&control->modules);
	device->open = false;
	control->safety.known = false;
	control->bus->ops->close(control->bus);
	atomic_fetch_add(&control->device_epoch, 1);
	ohtd_transfer_fail_all(&control->modules);
	ohtd_units_device_gone(&control->modules);
	/* A discovery that was under way begins anew when the device is back. */
	control->modules.identify.active = false;
	control->modules.identify.full = false;
	control->modules.identify.polls_wait = false;
	control->snapshot.bus.discovering = 0;
}

void ohtd_device_lost(struct ohtd_control *control)
{
	const struct ohtd_why why = { .code = OHTD_WHY_DEVICE_GONE };
	struct ohtd_device *device = &control->device;

	if (!device->open)
		return;
	ohtd_device_close(control, false);
	snprintf(device->error, sizeof(device->error), "%s: the device went away",
		 control->bus->setup.device);
	device->backoff_ms = OPEN_BACKOFF_FIRST_MS;
	device->next_open_ns = control->now_ns + device->backoff_ms * OHTD_NS_PER_MS;
	ohtd_commands_fail_all(control, OHTD_OUTCOME_FAILED, OHTD_WHY_DEVICE_GONE);
	ohtd_fault_raise(control, &why, true);
	/*
	 * A device does not go without lowering its outputs, whether its last record has reached us
	 * or not: this is a stop, and wants a reset by a person when it is back.
	 */
	ohtd_event_raise(control, OHTD_EVENT_ESTOP_TRIGGERED, &why);
	control->notify = true;
}

void ohtd_device_await(struct ohtd_control *control, const char *error)
{
	struct ohtd_device *device = &control->device;

	snprintf(device->error, sizeof(device->error), "%.*s", (int)sizeof(device->error) - 1, error);
	device->backoff_ms = device->backoff_ms ? device->backoff_ms * 2 : OPEN_BACKOFF_FIRST_MS;
	if (device->backoff_ms > OPEN_BACKOFF_MAX_MS)
		device->backoff_ms = OPEN_BACKOFF_MAX_MS;
	device->next_open_ns = control->now_ns + device->backoff_ms * OHTD_NS_PER_MS;
}

void ohtd_device_retry(struct ohtd_control *control)
{
	struct ohtd_device *device = &control->device;
	char error[OHT_TEXT_BYTES];

	if (device->open || control->now_ns < device->next_open_ns)
		return;
	if (ohtd_device_open(control, error, sizeof(error))) {
		ohtd_device_await(control, error);
		return;
	}
	ohtd_fault_settle(control, OHTD_WHY_DEVICE_GONE, 0);
	ohtd_identify_all(&control->modules, true);
	control->notify = true;
}

void ohtd_device_reap(struct ohtd_control *control)
{
	struct oht_event event;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < EVENTS_MAX && control->device.open; i++) {
		ret = control->bus->ops->next(control->bus, &event);
		if (ret != 1)
			break;
		control->snapshot.bus.records_lost += event.lost;
		if (event.type == OHT_EVENT_REPLY)
			ohtd_transfer_done(&control->modules, &event.reply);
		else if (event.type == OHT_EVENT_SAFETY)
			ohtd_safety_event(control, &event.safety);
	}
	if (ret == -ENODEV)
		ohtd_device_lost(control);
}

void ohtd_device_heartbeat(struct ohtd_control *control)
{
	int ret;

	if (!control->device.open)
		return;
	ret = control->bus->ops->heartbeat(control->bus);
	if (!ret)
		control->snapshot.bus.heartbeats++;
	else if (ret == -ENODEV || ret == -EPERM)
		/* Without the role there is nothing that we may do: begin anew. */
		ohtd_device_lost(control);
}
