// SPDX-License-Identifier: GPL-2.0-or-later
/* The device in memory. */
#include "device.h"
#include "fake_device.h"

void place_prepare(void)
{
	fake_install();
	fake_add_unit(UNIT_A, 1);
	fake_add_unit(UNIT_B, 1);
	fake.own_figures = false;
}

void place_press(uint32_t channels)
{
	fake_press(channels);
}

void place_unpress(void)
{
	fake_unpress();
}

void place_unbind(void)
{
	fake_unbind();
}

bool place_exchanges(void)
{
	return false;
}

void place_bind(void)
{
	fake_install();
}
