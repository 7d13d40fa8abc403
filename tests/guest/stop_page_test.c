// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stop stops, whatever is wrong with its structure: memory that cannot be read or written, members that are refused.
 * The outputs are watched. All other calls are in tests/kselftest/page_test.c. Source: include/uapi/linux/oht.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/place.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

#define DEADMAN_MS	10000

static int open_enabled(void)
{
	int fd = guest_open(O_RDWR);

	guest_make_enabled(fd, DEADMAN_MS);
	guest_drain(fd);
	return fd;
}

static int stop_in(int fd, place_t place)
{
	const struct oht_command command = { .size = sizeof(command), .tag = 77 };
	uint8_t *map = place_map(2);
	int error = guest_ioctl(fd, OHT_IOC_STOP, place(&command, sizeof(command), map));

	munmap(map, 2 * place_page_bytes());
	return error;
}

static void test_stop_stops(int stim, place_t place, const char *where)
{
	int fd = open_enabled();

	tap_is(stop_outputs(stim), OHT_STIM_ENABLE_1 | OHT_STIM_ENABLE_2, "outputs are high before");
	tap_errno(stop_in(fd, place), EFAULT, "STOP: %s", where);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "STOP: %s: stopped", where);
	tap_is(stop_outputs(stim), 0, "STOP: %s: outputs are low", where);
	close(fd);
}

static void test_stop_with_bad_members(int stim)
{
	struct oht_command bad = { .size = sizeof(bad), .flags = 1 };
	int fd = open_enabled();

	tap_errno(guest_ioctl(fd, OHT_IOC_STOP, &bad), EINVAL, "STOP with an unknown flag");
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "stopped all the same");
	tap_is(stop_outputs(stim), 0, "outputs are low");
	close(fd);

	fd = open_enabled();
	bad = (struct oht_command){ .size = 4 };
	tap_errno(guest_ioctl(fd, OHT_IOC_STOP, &bad), EINVAL, "STOP that is too short");
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "stopped all the same");
	close(fd);
}

int main(void)
{
	int stim = guest_open_stim();

	TAP_TEST(test_stop_stops(stim, place_read_only, "in a read-only page"), "a stop in a read-only page");
	TAP_TEST(test_stop_stops(stim, place_unmapped, "in no page"), "a stop in no page");
	TAP_TEST(test_stop_stops(stim, place_tail_unmapped, "its end unmapped"), "a stop with a part of it missing");
	TAP_TEST(test_stop_with_bad_members(stim), "a stop with bad members");
	close(stim);
	return tap_done();
}
