// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel module on the board, with oht_sim.ko at the far end and oht_stim.ko at the button. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/tap.h"

static int stim = -1;
static bool pressed;

/* What a test before has left; a plan outlives its controller. */
static void end_plan(void)
{
	struct oht_plan_clear clear = { .size = sizeof(clear) };
	int fd = guest_open(O_RDWR);

	if (guest_take(fd, 0) || guest_ioctl(fd, OHT_IOC_PLAN_CLEAR, &clear))
		tap_bail("the plan cannot be ended: %s", strerror(errno));
	close(fd);
}

void place_prepare(void)
{
	int fd;

	if (stim < 0)
		stim = guest_open_stim();
	fd = guest_open(O_RDONLY);
	/* A channel that has opened alone stands until both were seen open. */
	if (pressed) {
		place_press(OHT_INPUT_A | OHT_INPUT_B);
		EXPECT_IS(dev_status(fd).inputs & (OHT_INPUT_A | OHT_INPUT_B), 0);
	}
	place_unpress();
	EXPECT(!(dev_status(fd).flags & OHT_ESTOP_HAS_CONTROLLER));
	close(fd);
	end_plan();
}

void place_press(uint32_t channels)
{
	pressed = true;
	guest_press(stim, (channels & OHT_INPUT_A ? OHT_STIM_A : 0) |
			  (channels & OHT_INPUT_B ? OHT_STIM_B : 0));
}

void place_unpress(void)
{
	/* Only a press has a release: no edge that no test asked for. */
	if (pressed)
		guest_unpress(stim, OHT_STIM_A | OHT_STIM_B);
	pressed = false;
}

void place_unbind(void)
{
	EXPECT_ERRNO(guest_unbind(), 0);
}

bool place_exchanges(void)
{
	return true;
}

void place_bind(void)
{
	EXPECT_ERRNO(guest_bind(), 0);
}
