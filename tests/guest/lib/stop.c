// SPDX-License-Identifier: GPL-2.0-or-later
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "tap.h"

int stop_outputs(int stim)
{
	return ioctl(stim, OHT_STIM_IOC_OUTPUTS);
}

void stop_relays(int stim, uint32_t first, uint32_t second, uint32_t delay_us)
{
	struct oht_stim_relays set = { .mode = { first, second }, .delay_us = delay_us };

	if (ioctl(stim, OHT_STIM_IOC_RELAYS, &set) < 0)
		tap_bail("relays: %s", strerror(errno));
}

void stop_unreadable(int stim, uint32_t lines)
{
	if (ioctl(stim, OHT_STIM_IOC_UNREADABLE, (unsigned long)lines) < 0)
		tap_bail("unreadable lines: %s", strerror(errno));
}

int stop_enabled_controller(int stim, uint32_t deadman_ms)
{
	int fd = guest_open(O_RDWR);

	guest_make_enabled(fd, deadman_ms);
	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	if (stop_outputs(stim) != (OHT_STIM_ENABLE_1 | OHT_STIM_ENABLE_2))
		tap_bail("enabled, but the outputs are %#x", stop_outputs(stim));
	return fd;
}

static bool expect_either(int stim, int fd, uint32_t cause, uint32_t or_cause, const char *what,
			  struct oht_record *record)
{
	const struct oht_safety_record *safety = &record->safety;

	if (!tap_ok(guest_next_safety(fd, STOP_WAIT_MS, record), "%s: a record comes", what))
		return false;
	if (safety->cause != or_cause)
		tap_is(safety->cause, cause, "%s: cause", what);
	else
		tap_ok(true, "%s: cause", what);
	tap_is(safety->state_from, OHT_ESTOP_ENABLED, "%s: from enabled", what);
	tap_is(safety->state_to, OHT_ESTOP_STOPPED, "%s: to stopped", what);
	tap_ok(safety->low_ns >= safety->event_ns && !safety->outputs, "%s: lowered", what);
	tap_is(stop_outputs(stim), 0, "%s: outputs low", what);
	return true;
}

bool stop_expect(int stim, int fd, uint32_t cause, const char *what, struct oht_record *record)
{
	return expect_either(stim, fd, cause, cause, what, record);
}

bool stop_expect_press(int stim, int fd, const char *what, struct oht_record *record)
{
	return expect_either(stim, fd, OHT_CAUSE_BUTTON_A, OHT_CAUSE_BUTTON_B, what, record);
}

uint32_t stop_other_channel(uint32_t cause)
{
	return cause == OHT_CAUSE_BUTTON_A ? OHT_CAUSE_BUTTON_B : OHT_CAUSE_BUTTON_A;
}
