// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pulse output: an edge in each supervision period while the machine is enabled, none at all
 * otherwise, nor while the CPU of the supervision is stuck. On a board that has one, with guest
 * time that does not stall with its host (icount) and a limit for stalls that is not reached.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/stuck.h"
#include "lib/tap.h"

/* Longer than a look at the pulse takes. */
#define DEADMAN_MS	400
#define CPU_IRQ		0
#define CPU_TIMER	1
#define WATCH_MS	200
#define STUCK_US	600000
/* Several looks in each period. */
#define LOOK_US		200

static int stim;
static struct oht_info info;

static int level(void)
{
	int now = ioctl(stim, OHT_STIM_IOC_PULSE);

	if (now < 0)
		tap_bail("pulse: %s", strerror(errno));
	return now;
}

static void look_later(void)
{
	struct timespec wait = { .tv_nsec = LOOK_US * US };

	nanosleep(&wait, NULL);
}

/*
 * Edges within @watch_ms; @silent_us: the longest time that is known to have had none. It ends with
 * the last look that saw no change: the edge came between that look and the next, and on a host
 * with other work the next one can be half a millisecond late.
 */
static int edges(unsigned int watch_ms, unsigned int *silent_us)
{
	uint64_t begin_ns = guest_now_ns(), edge_seen_ns = begin_ns, look_ns, silent_ns = 0;
	int count = 0, before = level(), now;

	do {
		look_later();
		look_ns = guest_now_ns();
		now = level();
		if (now != before) {
			before = now;
			edge_seen_ns = guest_now_ns();
			count++;
		} else if (look_ns - edge_seen_ns > silent_ns) {
			silent_ns = look_ns - edge_seen_ns;
		}
	} while (look_ns - begin_ns < watch_ms * MS);
	if (silent_us)
		*silent_us = silent_ns / US;
	return count;
}

static void expect_none(const char *what)
{
	tap_is(edges(WATCH_MS, NULL), 0, "%s: no edge", what);
	tap_is(level(), 0, "%s: low", what);
}

static void expect_pulse(const char *what)
{
	int want = WATCH_MS * 1000 / info.supervision_period_us, count;
	unsigned int silent_us;

	count = edges(WATCH_MS, &silent_us);
	tap_ok(count >= want - 2 && count <= want + 2, "%s: %d edges in %d ms", what, count,
	       WATCH_MS);
	tap_ok(silent_us <= info.supervision_period_us + LOOK_US,
	       "%s: %u us without an edge at most", what, silent_us);
}

static void test_states(void)
{
	int fd = guest_open(O_RDWR);

	tap_ok(info.caps & OHT_CAP_PULSE, "the device says that it has one");
	expect_none("stopped");
	guest_take(fd, LONG_MS);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "reset");
	expect_none("ready");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "enable");
	expect_pulse("enabled");
	tap_errno(guest_command(fd, OHT_IOC_DISABLE, 0, NULL), 0, "disable");
	expect_none("disabled");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "enable again");
	expect_pulse("enabled again");
	close(fd);
	expect_none("closed");
}

static void test_stops(void)
{
	int fd = stop_enabled_controller(stim, LONG_MS);
	struct oht_record record;

	guest_press(stim, BOTH);
	stop_expect_press(stim, fd, "press", &record);
	expect_none("pressed");
	guest_unpress(stim, BOTH);
	expect_none("released");
	close(fd);

	fd = stop_enabled_controller(stim, DEADMAN_MS);
	expect_pulse("with a heartbeat that is late soon");
	stop_expect(stim, fd, OHT_CAUSE_DEADMAN, "deadman", &record);
	expect_none("heartbeat late");
	close(fd);

	fd = stop_enabled_controller(stim, LONG_MS);
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	expect_none("stopped by a program");
	close(fd);
}

/* This is what it is for: no program has lowered an output, and the pulse is gone all the same. */
static void test_stuck(void)
{
	int fd = stop_enabled_controller(stim, LONG_MS);
	struct stuck stuck;

	stuck_begin(&stuck, stim, CPU_TIMER, STUCK_US);
	look_later();
	tap_is(edges(WATCH_MS, NULL), 0, "the supervision's CPU stuck: no edge");
	tap_is(stop_outputs(stim), 3, "... though the outputs are high");
	stuck_end(&stuck);
	expect_pulse("it comes back before that counts as a stall");
	close(fd);
}

/* One that nobody has: the last level stays, and no edge comes. */
static void test_unbind(void)
{
	int fd = stop_enabled_controller(stim, LONG_MS);

	tap_errno(guest_unbind(), 0, "unbind while enabled");
	tap_is(edges(WATCH_MS, NULL), 0, "unbound: no edge");
	tap_errno(guest_bind(), 0, "bind again");
	expect_none("bound");
	close(fd);
}

int main(void)
{
	stim = guest_open_stim();
	guest_device_info(&info);
	TAP_TEST(test_states(), "states");
	TAP_TEST(test_stops(), "stops");
	TAP_TEST(test_stuck(), "the supervision's CPU stuck");
	TAP_TEST(test_unbind(), "unbind");
	return tap_done();
}
