// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reset button: how long it must be pressed, what it does not do, and that nobody else resets.
 * button_test [--exact]: with guest time that does not stall (icount) also the borders.
 */
#include <fcntl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

/* More than the debounce. */
#define SEEN_MS		60
#define GOOD_MS		300
#define SHORTEST_MS	100
#define LONGEST_MS	3000

static bool exact;
static int stim;
static struct oht_info info;

static void button(bool pressed)
{
	if (ioctl(stim, OHT_STIM_IOC_RESET, (unsigned long)pressed) < 0)
		tap_bail("reset button: %s", strerror(errno));
}

static void press_for(unsigned int ms)
{
	button(true);
	guest_sleep_ms(ms);
	button(false);
	guest_sleep_ms(SEEN_MS);
}

/* Stopped by software; all channels closed long enough, nothing stands. */
static int stopped(void)
{
	int fd = guest_open(O_RDWR);

	guest_command(fd, OHT_IOC_STOP, 77, NULL);
	guest_sleep_ms(info.reset_stable_ms + 20);
	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	if (guest_state(fd) != OHT_ESTOP_STOPPED)
		tap_bail("not stopped");
	return fd;
}

static void test_resets(void)
{
	struct oht_estop_status status;
	struct oht_record record;
	int fd = stopped();

	tap_ok(info.caps & OHT_CAP_RESET_BUTTON, "the board has a reset button");
	button(true);
	guest_sleep_ms(GOOD_MS);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "pressed: nothing");
	button(false);
	guest_sleep_ms(SEEN_MS);
	guest_status(fd, &status);
	tap_is(status.state, OHT_ESTOP_READY, "released: ready");
	tap_is(status.causes, 0, "ready: no causes");
	tap_is(stop_outputs(stim), 0, "ready: outputs low");
	if (tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record), "a record comes")) {
		tap_is(record.safety.kind, OHT_SAFETY_RESET, "... of a reset");
		tap_is(record.safety.tgid, 0, "... by nobody");
		tap_is(record.safety.tag, 77, "... after the last command");
	}
	press_for(GOOD_MS);
	tap_ok(!guest_next_safety(fd, 50, &record), "pressed again while ready: nothing");
	close(fd);
}

static void test_nobody_else(void)
{
	int fd = stopped(), other = guest_open(O_RDWR);

	tap_errno(guest_command(other, OHT_IOC_RESET, 0, NULL), EPERM, "reset by anybody");
	tap_errno(guest_take(fd, LONG_MS), 0, "take");
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, NULL), EREMOTE, "reset by the controller");
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "... refused");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), ECANCELED, "enable");
	press_for(GOOD_MS);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, NULL), EREMOTE, "ready: still");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), 0, "ready: enable");
	press_for(GOOD_MS);
	tap_is(guest_state(fd), OHT_ESTOP_ENABLED, "pressed while enabled: nothing");
	tap_is(stop_outputs(stim), 3, "... outputs high");
	guest_command(other, OHT_IOC_STOP, 0, NULL);
	tap_is(stop_outputs(stim), 0, "stop: outputs low");
	close(other);
	close(fd);
}

static void expect(unsigned int ms, uint32_t state)
{
	int fd = stopped();

	press_for(ms);
	tap_is(guest_state(fd), state, "pressed for %u ms", ms);
	close(fd);
}

static void test_how_long(void)
{
	expect(10, OHT_ESTOP_STOPPED);
	expect(GOOD_MS, OHT_ESTOP_READY);
	expect(LONGEST_MS + 500, OHT_ESTOP_STOPPED);
	if (!exact)
		return;
	/* It is looked at every supervision period. */
	expect(SHORTEST_MS - 5, OHT_ESTOP_STOPPED);
	expect(SHORTEST_MS + 5, OHT_ESTOP_READY);
	expect(LONGEST_MS - 5, OHT_ESTOP_READY);
	expect(LONGEST_MS + 5, OHT_ESTOP_STOPPED);
}

static void bounce(bool end)
{
	int i;

	for (i = 0; i < 4; i++) {
		button(!end);
		guest_sleep_ms(3);
		button(end);
		guest_sleep_ms(2);
	}
}

static void test_bounces(void)
{
	struct oht_record record;
	int i, fd = stopped();

	bounce(true);
	guest_sleep_ms(GOOD_MS);
	bounce(false);
	guest_sleep_ms(SEEN_MS);
	tap_is(guest_state(fd), OHT_ESTOP_READY, "bouncing: reset");
	tap_ok(guest_next_safety(fd, 0, &record) && record.safety.kind == OHT_SAFETY_RESET &&
	       !guest_next_safety(fd, 20, &record), "bouncing: once");
	close(fd);

	fd = stopped();
	for (i = 0; i < 100; i++) {
		button(i & 1);
		guest_sleep_ms(5);
	}
	guest_sleep_ms(SEEN_MS);
	button(false);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "flickering all the time: no reset");
	guest_sleep_ms(SEEN_MS);
	close(fd);
}

static void test_stuck(void)
{
	int fd = stopped();

	button(true);
	guest_sleep_ms(4 * LONGEST_MS);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "stuck: no reset");
	button(false);
	guest_sleep_ms(SEEN_MS);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "stuck, then loose: no reset");
	press_for(GOOD_MS);
	tap_is(guest_state(fd), OHT_ESTOP_READY, "repaired: reset");
	close(fd);
}

/* Its wire is off: it is never pressed, and so it is when the level comes and goes by itself. */
static void test_no_contact(void)
{
	int i, fd = stopped();

	guest_sleep_ms(2 * LONGEST_MS);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "no contact: no reset");
	for (i = 0; i < 200; i++) {
		button(i & 1);
		guest_sleep_ms(2 + i % 7);
	}
	button(false);
	guest_sleep_ms(SEEN_MS);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "no contact, the level floats: no reset");
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, NULL), EPERM, "no contact: nor by a call");
	close(fd);
}

/* What cannot be read counts as pressed, nobody knows since when: no press around it resets. */
static void test_unreadable(void)
{
	int fd = stopped();

	stop_unreadable(stim, OHT_STIM_RESET_BUTTON);
	guest_sleep_ms(GOOD_MS);
	stop_unreadable(stim, 0);
	guest_sleep_ms(SEEN_MS);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "unreadable for a while: no reset");
	button(true);
	guest_sleep_ms(GOOD_MS / 2);
	stop_unreadable(stim, OHT_STIM_RESET_BUTTON);
	guest_sleep_ms(20);
	stop_unreadable(stim, 0);
	guest_sleep_ms(GOOD_MS / 2);
	button(false);
	guest_sleep_ms(SEEN_MS);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "unreadable in the middle of a press: no reset");
	press_for(GOOD_MS);
	tap_is(guest_state(fd), OHT_ESTOP_READY, "readable again: reset");
	close(fd);
}

/* It was pressed when the driver came: nobody knows since when. */
static void test_pressed_at_start(void)
{
	int fd;

	button(true);
	guest_rebind();
	fd = guest_open(O_RDWR);
	guest_sleep_ms(info.reset_stable_ms + 100);
	button(false);
	guest_sleep_ms(SEEN_MS);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "pressed before the driver came: no reset");
	press_for(GOOD_MS);
	tap_is(guest_state(fd), OHT_ESTOP_READY, "pressed again: reset");
	close(fd);
}

/* The rules of every reset. */
static void test_rules(void)
{
	struct oht_estop_status status;
	int fd = stopped();

	guest_press(stim, BOTH);
	press_for(GOOD_MS);
	tap_is(guest_state(fd), OHT_ESTOP_STOPPED, "with the stop pressed: no reset");
	guest_unpress(stim, BOTH);
	press_for(SHORTEST_MS + 50);
	guest_status(fd, &status);
	tap_is(status.state, OHT_ESTOP_STOPPED, "released just now: no reset");
	tap_ok(status.standing, "... says why");
	guest_sleep_ms(info.reset_stable_ms);
	press_for(GOOD_MS);
	tap_is(guest_state(fd), OHT_ESTOP_READY, "closed long enough: reset");

	guest_take(fd, 100);
	guest_sleep_ms(200);
	press_for(GOOD_MS);
	guest_status(fd, &status);
	tap_is(status.state, OHT_ESTOP_STOPPED, "with a late heartbeat: no reset");
	tap_is(status.standing, OHT_CAUSE_BIT(OHT_CAUSE_DEADMAN), "... says why");
	close(fd);
}

/* A cause that comes between reset and enable wins. */
static void test_cause_between(void)
{
	int fd = stopped();

	guest_take(fd, LONG_MS);
	press_for(GOOD_MS);
	guest_command(fd, OHT_IOC_STOP, 0, NULL);
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), ECANCELED, "stop before enable");
	tap_is(stop_outputs(stim), 0, "... outputs stay low");
	close(fd);
}

int main(int argc, char **argv)
{
	exact = guest_is_exact(argc, argv);
	stim = guest_open_stim();
	button(false);
	guest_rebind();
	guest_device_info(&info);
	guest_sleep_ms(SEEN_MS);
	TAP_TEST(test_resets(), "resets");
	TAP_TEST(test_nobody_else(), "nobody else resets");
	TAP_TEST(test_how_long(), "how long it must be pressed");
	TAP_TEST(test_bounces(), "bounces");
	TAP_TEST(test_stuck(), "stuck");
	TAP_TEST(test_no_contact(), "no contact");
	TAP_TEST(test_unreadable(), "its line cannot be read");
	TAP_TEST(test_pressed_at_start(), "pressed at start");
	TAP_TEST(test_rules(), "the rules of every reset");
	TAP_TEST(test_cause_between(), "a cause between reset and enable");
	return tap_done();
}
