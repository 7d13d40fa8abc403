// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * More edges than a button can make. storm_test [--exact]: with guest time that does not stall
 * (icount) each edge of 100 kHz is one for the driver as well. On a busy host edges merge: there a
 * storm is repeated until the driver has heard one, if it ever does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/gpio.h>

#include "lib/guest.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"

/* 100 kHz for 20 ms. */
#define EDGES		2001
#define PERIOD_NS	10000
/* The driver masks a line after 100 edges in 10 ms; one more may wait for it to be unmasked. */
#define HEARD_MAX	110
#define STORM_EDGES	100
#define WINDOW_MS	10
/* It unmasks after 100 ms without a change, which it polls. */
#define CALM_MS		100
#define STORMS_MAX	20
#define FREE_LINE	7

static bool exact;
static int stim;

static void storm(uint32_t channel, uint32_t edges)
{
	struct oht_stim_storm set = { .channel = channel, .edges = edges, .period_ns = PERIOD_NS };

	guest_pin_cpu(guest_cpus() - 1);
	if (ioctl(stim, OHT_STIM_IOC_STORM, &set) < 0)
		tap_bail("storm: %s", strerror(errno));
}

/* A storm of one channel alone is a discrepancy as well, until both have been seen open. */
static void settle(void)
{
	guest_press(stim, BOTH);
	guest_sleep_ms(3 * CALM_MS);
	guest_unpress(stim, BOTH);
}

static const char *line_of(uint32_t channel)
{
	return channel == OHT_STIM_A ? "oht-estop-a" : "oht-estop-b";
}

/* On a busy host the supervision may see a press before its interrupt is handled. */
static bool is_heard(uint32_t channel, uint64_t before)
{
	return GUEST_UNTIL(guest_interrupts(line_of(channel)) > before, STOP_WAIT_MS);
}

/* The first edge stops. How many interrupts the rest took: none is left of it once masked. */
static void test_line(uint32_t channel, uint32_t cause)
{
	const char *line = line_of(channel);
	int fd = stop_enabled_controller(stim, LONG_MS);
	uint64_t before = guest_interrupts(line), heard, blocking = 0;
	struct oht_record record;

	storm(channel, EDGES);
	/* A host may leave the handler's CPU out for all of the storm; then it stops at its end. */
	if (exact)
		tap_is(stop_outputs(stim), 0, "%s: low within the storm", line);
	heard = guest_interrupts(line) - before;
	tap_note("%s: %d edges took %llu interrupts", line, EDGES, (unsigned long long)heard);
	stop_expect(stim, fd, cause, line, &record);
	if (exact) {
		tap_ok(heard <= HEARD_MAX, "%s: masked", line);
		tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record) &&
		       record.safety.cause == OHT_CAUSE_STORM, "%s: cause storm", line);
		tap_errno(guest_command(fd, OHT_IOC_RESET, 0, &blocking), EBUSY, "%s: no reset", line);
		tap_ok(blocking & OHT_CAUSE_BIT(OHT_CAUSE_STORM), "%s: says why", line);
		tap_ok(!guest_next_safety(fd, 50, &record), "%s: no other record", line);
	}
	settle();
	tap_errno(guest_reset_when_stable(fd, 0), 0, "%s: reset once it is calm", line);
	close(fd);
}

static bool is_storm_latched(int fd)
{
	struct oht_estop_status status;

	guest_status(fd, &status);
	return status.causes & OHT_CAUSE_BIT(OHT_CAUSE_STORM);
}

/*
 * Interrupts that a line may raise in that time without being masked: so many in each of the driver's
 * windows, and the one that masks.
 */
static uint64_t most_unmasked(uint64_t took_ns)
{
	return (took_ns / (WINDOW_MS * MS) + 1) * (STORM_EDGES + 1);
}

/* Storms until the driver has recorded one. Returns how many were heard and yet not recorded. */
static int storm_until_latched(int fd, uint32_t channel)
{
	const char *line = line_of(channel);
	uint64_t before, heard = 0, begin_ns;
	int i, ignored = 0;

	for (i = 0; i < STORMS_MAX && !is_storm_latched(fd); i++) {
		begin_ns = guest_now_ns();
		before = guest_interrupts(line);
		storm(channel, EDGES);
		heard = guest_interrupts(line) - before;
		ignored += heard > most_unmasked(guest_now_ns() - begin_ns) && !is_storm_latched(fd);
	}
	tap_note("%s: %d storms, the last one took %llu interrupts", line, i,
		 (unsigned long long)heard);
	return ignored;
}

/*
 * How many edges come through is up to the host. If they are a storm, the cause says so, and there
 * is no reset while the line is masked.
 */
static void test_masked(uint32_t channel)
{
	int error, fd = stop_enabled_controller(stim, LONG_MS);
	uint64_t calm_ns, blocking = 0;

	tap_is(storm_until_latched(fd, channel), 0, "storms that were heard and not masked");
	if (exact)
		tap_ok(is_storm_latched(fd), "the cause says so");
	if (is_storm_latched(fd)) {
		calm_ns = guest_now_ns();
		error = guest_command(fd, OHT_IOC_RESET, 0, &blocking);
		/* A host that stalls here lets the calm pass. */
		tap_ok((error == EBUSY && (blocking & OHT_CAUSE_BIT(OHT_CAUSE_STORM))) ||
		       guest_now_ns() - calm_ns >= CALM_MS * MS, "no reset while it is masked: %s",
		       strerror(error));
	}
	settle();
	tap_errno(guest_reset_when_stable(fd, 0), 0, "reset once it is calm");
	tap_ok(!is_storm_latched(fd), "which ends the cause");
	close(fd);
}

/* Masked or not, a line is looked at, and the other one heard. */
static void test_stop_while_masked(void)
{
	int fd = stop_enabled_controller(stim, LONG_MS);
	struct oht_record record;
	uint64_t before;

	storm(OHT_STIM_A, EDGES);
	/* On a busy host the storm may be over before its first edge is handled. */
	tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record) &&
	       record.safety.cause == OHT_CAUSE_BUTTON_A, "storm of a: recorded");
	before = guest_interrupts(line_of(OHT_STIM_B));
	while (guest_next_safety(fd, 0, &record))
		;
	guest_press(stim, OHT_STIM_B);
	tap_ok(guest_next_safety(fd, STOP_WAIT_MS, &record) &&
	       record.safety.cause == OHT_CAUSE_BUTTON_B, "press of b while a is masked: recorded");
	tap_ok(is_heard(OHT_STIM_B, before), "... by its own interrupt");
	tap_errno(guest_command(fd, OHT_IOC_ENABLE, 0, NULL), ECANCELED, "... no enable");
	guest_press(stim, OHT_STIM_A);
	guest_sleep_ms(4 * CALM_MS);
	tap_errno(guest_command(fd, OHT_IOC_RESET, 0, NULL), EBUSY, "pressed and calm: no reset");
	guest_unpress(stim, BOTH);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "released: reset");
	close(fd);
}

/* After each of them the line is heard again: by its interrupt, and at the first edge. */
static void test_heard_again(void)
{
	struct oht_record record;
	uint64_t before;
	int fd, i;

	for (i = 0; i < 3; i++) {
		fd = stop_enabled_controller(stim, LONG_MS);
		storm(OHT_STIM_A, EDGES);
		guest_sleep_ms(2 * CALM_MS);
		settle();
		close(fd);
		fd = stop_enabled_controller(stim, LONG_MS);
		before = guest_interrupts(line_of(OHT_STIM_A));
		guest_press(stim, BOTH);
		stop_expect_press(stim, fd, "press after a storm", &record);
		tap_ok(is_heard(OHT_STIM_A, before), "... by its interrupt");
		guest_unpress(stim, BOTH);
		close(fd);
	}
}

/* A storm that never ends costs so many interrupts once per calm, and never lets go. */
static void test_without_end(void)
{
	int fd = stop_enabled_controller(stim, LONG_MS), i, reset = 0;
	uint64_t before = guest_interrupts(line_of(OHT_STIM_A)), heard, last_ns;
	struct oht_info info;

	guest_info(fd, &info);
	for (i = 0; i < 20; i++) {
		/* Its last edge comes then, or later. */
		last_ns = guest_now_ns() + EDGES * PERIOD_NS;
		storm(OHT_STIM_A, EDGES);
		/* A host that stalls here leaves the line closed for long enough. */
		reset += guest_command(fd, OHT_IOC_RESET, 0, NULL) != EBUSY &&
			 guest_now_ns() < last_ns + info.reset_stable_ms * MS;
	}
	tap_is(reset, 0, "resets in the middle of a storm");
	heard = guest_interrupts(line_of(OHT_STIM_A)) - before;
	tap_is(stop_outputs(stim), 0, "400 ms of storm: outputs low");
	if (exact)
		tap_ok(heard <= 4 * HEARD_MAX, "... took %llu interrupts", (unsigned long long)heard);
	settle();
	tap_errno(guest_reset_when_stable(fd, 0), 0, "... reset once it is calm");
	close(fd);
}

/* The interrupt of another line of the same bank; the line belongs to a process. */
static void test_other_line(void)
{
	struct gpio_v2_line_request request = {
		.offsets = { FREE_LINE }, .num_lines = 1, .consumer = "storm",
		.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING |
				GPIO_V2_LINE_FLAG_EDGE_FALLING,
	};
	int chip = open("/dev/gpiochip0", O_RDWR | O_CLOEXEC), fd;
	struct oht_record record;

	if (chip < 0 || ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) < 0)
		tap_bail("gpiochip0: %s", strerror(errno));
	fd = stop_enabled_controller(stim, LONG_MS);
	storm(OHT_STIM_FREE, EDGES);
	tap_is(stop_outputs(stim), 3, "storm on another line of the bank: no stop");
	tap_ok(!guest_next_safety(fd, 50, &record), "... nothing is recorded");
	storm(OHT_STIM_FREE | BOTH, EDGES);
	stop_expect_press(stim, fd, "press in the middle of it", &record);
	guest_unpress(stim, BOTH);
	close(fd);
	close(request.fd);
	close(chip);
}

/* Taken off while a line is masked: it comes back with both lines heard. */
static void test_unbind_while_masked(void)
{
	int fd = stop_enabled_controller(stim, LONG_MS);
	struct oht_record record;
	uint64_t before;

	storm(OHT_STIM_A, EDGES);
	settle();
	close(fd);
	if (guest_unbind() || guest_bind())
		tap_bail("cannot start anew");
	fd = stop_enabled_controller(stim, LONG_MS);
	before = guest_interrupts(line_of(OHT_STIM_A));
	guest_press(stim, BOTH);
	stop_expect_press(stim, fd, "unbound while masked: press", &record);
	tap_ok(is_heard(OHT_STIM_A, before), "... heard by its interrupt");
	guest_unpress(stim, BOTH);
	close(fd);
}

int main(int argc, char **argv)
{
	exact = guest_is_exact(argc, argv);
	stim = guest_open_stim();
	TAP_TEST(test_line(OHT_STIM_A, OHT_CAUSE_BUTTON_A), "storm of channel a");
	TAP_TEST(test_line(OHT_STIM_B, OHT_CAUSE_BUTTON_B), "storm of channel b");
	TAP_TEST(test_masked(OHT_STIM_A), "channel a is masked");
	TAP_TEST(test_masked(OHT_STIM_B), "channel b is masked");
	TAP_TEST(test_stop_while_masked(), "press while the other channel is masked");
	TAP_TEST(test_heard_again(), "heard again after a storm");
	TAP_TEST(test_without_end(), "storm without end");
	TAP_TEST(test_other_line(), "storm of another line of the bank");
	TAP_TEST(test_unbind_while_masked(), "unbind while masked");
	return tap_done();
}
