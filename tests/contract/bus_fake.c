// SPDX-License-Identifier: GPL-2.0-or-later
/* The bus in memory; with the argument --software as it behaves without a driver. */
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "fake_bus.h"

#define ADDRESS		0x20

static struct ohtd_manual_clock hands;
static struct ohtd_clock steady;
static struct fake_bus *fake;
static bool hardware = true;

static struct ohtd_bus *create(void)
{
	struct fake_unit *unit;

	atomic_store(&hands.now_ns, 1000 * OHTD_NS_PER_S);
	ohtd_clock_init(&steady, &ohtd_clock_manual, &hands, 0);
	fake = fake_bus_create(&steady, hardware);
	if (!fake)
		return NULL;
	for (unit = fake->units + 4; unit <= fake->units + 5; unit++) {
		unit->present = true;
		unit->turnaround_us = 1750;
		unit->known[ADDRESS] = unit->known[ADDRESS + 1] = true;
	}
	return &fake->bus;
}

static void pass_ms(struct ohtd_bus *unused, unsigned int ms)
{
	uint64_t until_ns = atomic_load(&hands.now_ns) + ms * OHTD_NS_PER_MS, next_ns;

	(void)unused;
	for (;;) {
		fake_bus_run(fake);
		next_ns = fake_bus_next_ns(fake);
		if (next_ns > until_ns)
			break;
		if (next_ns > atomic_load(&hands.now_ns))
			atomic_store(&hands.now_ns, next_ns);
	}
	atomic_store(&hands.now_ns, until_ns);
	fake_bus_run(fake);
}

static void rival(bool takes)
{
	fake->status.has_controller = takes;
}

static void press(bool pressed)
{
	if (pressed)
		fake_bus_press(fake);
	else
		fake->pressed = false;
}

static void unplug(bool unplugged)
{
	if (unplugged)
		fake_bus_unbind(fake);
	else
		fake_bus_bind(fake);
}

static bool exchanges(void)
{
	return true;
}

const struct bus_place place = {
	.unit = 4, .other_unit = 5, .silent_unit = 7, .address = ADDRESS,
	.create = create, .pass_ms = pass_ms, .rival = rival, .press = press, .unplug = unplug, .exchanges = exchanges,
};

int main(int argc, char **argv)
{
	hardware = argc < 2 || strcmp(argv[1], "--software") != 0;
	return bus_main();
}
