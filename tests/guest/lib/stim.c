// SPDX-License-Identifier: GPL-2.0-or-later
#include "stim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/guest.h"
#include "lib/tap.h"

int guest_open_stim(void)
{
	return guest_open_path(GUEST_STIM, O_RDWR);
}

void guest_press(int stim, uint32_t channels)
{
	struct oht_stim_press press = { .channels = channels, .watch_us = 1 };

	if (ioctl(stim, OHT_STIM_IOC_PRESS, &press) < 0)
		tap_bail("press: %s", strerror(errno));
}

void guest_unpress(int stim, uint32_t channels)
{
	if (ioctl(stim, OHT_STIM_IOC_RELEASE, (unsigned long)channels) < 0)
		tap_bail("release: %s", strerror(errno));
}
