// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel back-end, on the fake device (device_fake.c) or on the board (device_guest.c). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "bus.h"
#include "device_place.h"
#include "internal.h"

static struct oht_dev *rival_device;

static struct ohtd_bus *create(void)
{
	const struct ohtd_bus_setup setup = { .backend = "kernel", .device = OHT_DEFAULT_DEVICE };

	oht_dev_close(rival_device);
	rival_device = NULL;
	place_prepare();
	return ohtd_bus_kernel_create(&setup);
}

static void pass_ms(struct ohtd_bus *on, unsigned int ms)
{
	struct pollfd wait = { .fd = on->ops->fd(on) };

	EXPECT(oht_sys->poll(&wait, 1, (int)ms) >= 0);
}

static void rival(bool takes)
{
	uint32_t deadman_ms = 10000;

	if (!takes) {
		oht_dev_close(rival_device);
		rival_device = NULL;
		return;
	}
	rival_device = oht_dev_open(NULL, 0);
	EXPECT(rival_device && !oht_dev_control_take(rival_device, &deadman_ms));
}

static void press(bool pressed)
{
	if (pressed)
		place_press(OHT_INPUT_A | OHT_INPUT_B);
	else
		place_unpress();
}

static void unplug(bool unplugged)
{
	if (unplugged)
		place_unbind();
	else
		place_bind();
}

const struct bus_place place = {
	.unit = UNIT_A, .other_unit = UNIT_B, .silent_unit = UNIT_NONE, .address = 0x20,
	.create = create, .pass_ms = pass_ms, .rival = rival, .press = press, .unplug = unplug,
	.exchanges = place_exchanges,
};

int main(void)
{
	return bus_main();
}
