// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A press while the bus is broken, on the wire in software (oht_sim): outputs low as soon as ever,
 * and the stop telegrams say what became of them. For docs/faults.md.
 *
 *	bus_fault_test [--exact]	--exact: in guest time that does not stall (icount)
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/guest.h"
#include "lib/load.h"
#include "lib/sim.h"
#include "lib/stim.h"
#include "lib/stop.h"
#include "lib/tap.h"
#include "oht_telegram.h"

#define DRIVE		4
#define ANYBODY		0
#define ROUNDS		3
/* As with a healthy bus: the engine's own sections with interrupts off are this short. */
#define LOW_MAX_US	50
/* Three rounds of two telegrams that nobody answers, and the time-out that was given up for them. */
#define RUN_MS_MAX	500
#define BABBLE_MS	300
#define BEGIN_MS_MAX	2000

static const struct oht_stop_telegram list[] = {
	{ .unit = DRIVE, .function = OHT_WRITE_SINGLE, .address = 0x10, .count = 1 },
	{ .unit = DRIVE, .function = OHT_WRITE_SINGLE, .address = 0x11, .count = 1 },
};

#define TELEGRAMS	(sizeof(list) / sizeof(list[0]))

static bool exact;
static int stim;
static struct oht_dev *dev;

/* ---- traffic meanwhile ---- */

struct traffic {
	pthread_t thread;
	atomic_bool ended;
	struct load_result result;
};

/* On the CPU of the button's interrupt, where the engine's timers then are as well. */
static void *read_without_end(void *context)
{
	struct traffic *traffic = context;
	struct oht_dev *reader = oht_dev_open(NULL, 0);
	struct load load;

	if (!reader)
		tap_bail("%s: %s", OHT_DEFAULT_DEVICE, strerror(errno));
	guest_pin_cpu(0);
	load_default(&load);
	load.reads = UINT64_MAX;
	load.ended = &traffic->ended;
	load_run(reader, &load, &traffic->result);
	oht_dev_close(reader);
	return NULL;
}

static void traffic_begin(struct traffic *traffic)
{
	memset(traffic, 0, sizeof(*traffic));
	if (pthread_create(&traffic->thread, NULL, read_without_end, traffic))
		tap_bail("no thread");
	guest_sleep_ms(50);
}

static void traffic_end(struct traffic *traffic)
{
	atomic_store(&traffic->ended, true);
	pthread_join(traffic->thread, NULL);
}

/* ---- the machine ---- */

/* Enabled, with stop telegrams for the drive; its events read up to now. */
static int enabled_with_telegrams(void)
{
	int fd;

	dev = oht_dev_open(NULL, 0);
	if (!dev)
		tap_bail("%s: %s", OHT_DEFAULT_DEVICE, strerror(errno));
	fd = oht_dev_fd(dev);
	guest_make_enabled(fd, LONG_MS);
	if (oht_dev_set_telegrams(dev, list, TELEGRAMS))
		tap_bail("telegrams: %s", strerror(errno));
	guest_subscribe(fd, OHT_SUBSCRIBE_SAFETY);
	return fd;
}

/* From the CPU that does not handle it. The record must be that of the button, whatever the bus. */
static void press(int fd, const char *what)
{
	struct oht_stim_press press = { .channels = BOTH, .watch_us = 1 };
	struct oht_record record;

	guest_pin_cpu(guest_cpus() - 1);
	if (ioctl(stim, OHT_STIM_IOC_PRESS, &press) < 0)
		tap_bail("press: %s", strerror(errno));
	if (!stop_expect_press(stim, fd, what, &record))
		return;
	tap_note("%s: low after %llu ns", what,
		 (unsigned long long)(record.safety.low_ns - press.edge_ns));
	if (exact)
		tap_ok(record.safety.low_ns - press.edge_ns <= LOW_MAX_US * US,
		       "%s: low within %d us", what, LOW_MAX_US);
}

static bool is_sent(struct oht_stop_telegrams *status)
{
	if (oht_dev_telegrams(dev, status))
		tap_bail("telegrams: %s", strerror(errno));
	return !status->running;
}

static void wait_until_sent(struct oht_stop_telegrams *status, const char *what)
{
	tap_ok(GUEST_UNTIL(is_sent(status), BABBLE_MS + RUN_MS_MAX) && status->count == TELEGRAMS,
	       "%s: the telegrams come to an end", what);
}

static void leave(int fd)
{
	sim_quiet();
	guest_unpress(stim, BOTH);
	tap_errno(guest_reset_when_stable(fd, 0), 0, "the bus is well again: reset");
	oht_dev_close(dev);
}

/* ---- faults ---- */

/* The telegrams are not acknowledged: sent as often as ever, and told as not answered. */
static void test_not_acknowledged(enum sim_fault fault, unsigned int unit, const char *what)
{
	struct oht_stop_telegrams status;
	struct traffic traffic;
	unsigned int i;
	int fd;

	sim_quiet();
	sim_reset();
	fd = enabled_with_telegrams();
	traffic_begin(&traffic);
	sim_set_number("unit", unit);
	sim_set_number("faults", 1 << fault);
	guest_sleep_ms(100);
	tap_is(stop_outputs(stim), 3, "%s: no stop by itself", what);
	press(fd, what);
	wait_until_sent(&status, what);
	for (i = 0; i < TELEGRAMS; i++) {
		tap_ok(status.results[i].sent_ns >= status.asked_ns, "%s: telegram %u was sent", what,
		       i + 1);
		tap_ok(status.results[i].attempts >= ROUNDS, "%s: %u times", what,
		       status.results[i].attempts);
		tap_is((long long)status.results[i].answered_ns, 0, "%s: no answer is told", what);
		tap_ok(status.results[i].error && status.results[i].error != EINPROGRESS,
		       "%s: but %s", what, strerrorname_np(status.results[i].error));
	}
	if (unit == DRIVE && fault == SIM_SILENCE)
		tap_ok(traffic.result.good, "%s: the others are heard", what);
	traffic_end(&traffic);
	leave(fd);
}

static void wait_for_babble(void)
{
	if (!GUEST_UNTIL(sim_result("oht_sim", "fault_babble"), BEGIN_MS_MAX))
		tap_bail("nobody babbles");
}

/* Nobody can be heard while it lasts: the telegrams wait, and go out then. The outputs do not wait. */
static void test_babble(void)
{
	const char *what = "babbling module";
	struct oht_stop_telegrams status;
	struct traffic traffic;
	uint64_t began_ns;
	unsigned int i;
	int fd;

	sim_quiet();
	sim_reset();
	fd = enabled_with_telegrams();
	sim_set_number("babble_ns", BABBLE_MS * MS);
	sim_set_number("unit", SIM_FIRST_UNIT);
	sim_set_number("faults", 1 << SIM_BABBLE);
	traffic_begin(&traffic);
	wait_for_babble();
	began_ns = guest_now_ns();
	sim_set_number("faults", 0);
	guest_sleep_ms(50);
	tap_is(stop_outputs(stim), 3, "%s: no stop by itself", what);
	press(fd, what);
	wait_until_sent(&status, what);
	for (i = 0; i < TELEGRAMS; i++) {
		if (exact)
			tap_ok(status.results[i].sent_ns >= began_ns + (BABBLE_MS - 100) * MS,
			       "%s: telegram %u waited", what, i + 1);
		tap_ok(status.results[i].answered_ns > status.results[i].sent_ns &&
		       !status.results[i].error, "%s: it is answered afterwards", what);
	}
	traffic_end(&traffic);
	leave(fd);
}

int main(int argc, char **argv)
{
	exact = guest_is_exact(argc, argv);
	stim = guest_open_stim();
	TAP_TEST(test_not_acknowledged(SIM_SILENCE, ANYBODY, "bus dead"), "bus dead");
	TAP_TEST(test_not_acknowledged(SIM_SILENCE, DRIVE, "drive silent"), "drive silent");
	TAP_TEST(test_not_acknowledged(SIM_CRC, DRIVE, "answers spoiled"),
		 "drive's answers spoiled");
	TAP_TEST(test_babble(), "babbling module");
	sim_quiet();
	return tap_done();
}
