// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A random campaign for the tracepoints to write down: reads, writes and broadcasts of all classes on
 * the wire in software (oht_sim), to units that are there and one that is not, disturbed answers,
 * cancels, stops by call and by button with and without a telegram, enables; at its end unbind with
 * transfers under way. Whether what happens is allowed is judged by the model (scripts/check-trace).
 *
 *	trace_test [BURSTS [SEED]]
 *
 * A burst ends when all of its transfers are back: there the log is cut.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/guest.h"
#include "lib/sim.h"
#include "lib/stim.h"
#include "lib/tap.h"
#include "oht_telegram.h"

/* The model has that many places. */
#define UNDER_WAY_MAX	4
#define NOBODY		200
#define DRIVE		4
/* More than the FIFO holds twice. */
#define LONG_WRITE	24
#define PATIENCE_MS	5000
#define DEADMAN_MS	10000
/* As many as a completion can tell. */
#define OUTCOMES	32

static struct oht_dev *dev;
static int stim;
static uint64_t cookies[UNDER_WAY_MAX];
static unsigned int under_way;
static unsigned int submitted, answered, stops, enables, outcomes[OUTCOMES];

static unsigned int below(unsigned int limit)
{
	return (unsigned int)random() % limit;
}

static void nap(unsigned int us_max)
{
	struct timespec pause = { .tv_nsec = below(us_max) * 1000 };

	nanosleep(&pause, NULL);
}

/* ---- what goes back ---- */

static void forget(const struct oht_reply *reply)
{
	unsigned int i;

	for (i = 0; i < under_way && cookies[i] != reply->cookie; i++)
		;
	if (i == under_way)
		tap_bail("a reply to nothing that is under way, or a second one");
	cookies[i] = cookies[--under_way];
	outcomes[reply->outcome % OUTCOMES]++;
	answered++;
}

static bool take_one(int timeout_ms)
{
	struct oht_event event;

	if (oht_dev_read_event(dev, &event, timeout_ms) != 1)
		return false;
	if (event.type == OHT_EVENT_REPLY)
		forget(&event.reply);
	return true;
}

static void take_all(void)
{
	while (under_way)
		if (!take_one(PATIENCE_MS))
			tap_bail("%u transfers do not come back within %d ms", under_way, PATIENCE_MS);
}

/* ---- what is done to the bus ---- */

static const struct oht_request kinds[] = {
	{ .unit = 2, .function = OHT_READ_HOLDING, .count = 1 },
	{ .unit = 3, .function = OHT_READ_HOLDING, .count = 4 },
	{ .unit = NOBODY, .function = OHT_READ_HOLDING, .count = 1 },
	{ .unit = 5, .function = OHT_READ_HOLDING, .address = SIM_REGISTERS, .count = 1 },
	{ .unit = 2, .function = OHT_WRITE_SINGLE, .count = 1,
	  .flags = OHT_REQUEST_WHILE_STOPPED },
	{ .unit = 3, .function = OHT_WRITE_MULTIPLE, .count = LONG_WRITE,
	  .flags = OHT_REQUEST_WHILE_STOPPED },
	{ .unit = DRIVE, .function = OHT_WRITE_SINGLE, .count = 1 },
	{ .unit = DRIVE, .function = OHT_WRITE_MULTIPLE, .count = LONG_WRITE },
	{ .unit = OHT_BROADCAST, .function = OHT_WRITE_SINGLE, .count = 1,
	  .flags = OHT_REQUEST_WHILE_STOPPED },
};

static void submit(void)
{
	static const uint16_t words[LONG_WRITE];
	struct oht_request request = kinds[below(sizeof(kinds) / sizeof(kinds[0]))];

	if (under_way == UNDER_WAY_MAX)
		return;
	if (request.function != OHT_READ_HOLDING)
		request.words = words;
	request.priority = (uint8_t)(OHT_PRIORITY_COMMAND + below(3));
	request.retries = (uint8_t)below(3);
	request.timeout_us = 2000 + below(4) * 1000;
	if (!oht_dev_submit(dev, &request, &cookies[under_way])) {
		under_way++;
		submitted++;
	} else if (errno != ECANCELED) {
		tap_bail("a request is not taken: %s", strerror(errno));
	}
}

static void cancel(void)
{
	if (under_way && oht_dev_cancel(dev, cookies[below(under_way)]) && errno != ENOENT)
		tap_bail("cancel: %s", strerror(errno));
}

static void stop(void)
{
	stops++;
	if (below(2)) {
		guest_press(stim, OHT_STIM_A | OHT_STIM_B);
		guest_unpress(stim, OHT_STIM_A | OHT_STIM_B);
	} else if (oht_dev_stop(dev, 0)) {
		tap_bail("stop: %s", strerror(errno));
	}
}

/* Refused while the button has not been closed long enough. */
static void enable(void)
{
	uint64_t blocking;

	if (oht_dev_reset(dev, 0, &blocking) && errno != EBUSY && errno != ECANCELED)
		tap_bail("reset: %s", strerror(errno));
	enables += !oht_dev_enable(dev, 0, &blocking);
}

static void act(void)
{
	switch (below(8)) {
	case 0:
		cancel();
		break;
	case 1:
		if (!below(3))
			stop();
		break;
	case 2:
		if (!below(3))
			oht_dev_disable(dev, 0);
		enable();
		break;
	case 3:
		nap(6000);
		break;
	default:
		submit();
		nap(1500);
		break;
	}
	take_one(0);
}

/*
 * With or without a telegram: a stop cuts for either reason. The list of a stop that is under way
 * must not change: the model has one for all of a slice.
 */
static void set_telegram(void)
{
	static const struct oht_stop_telegram telegram = {
		.unit = DRIVE, .function = OHT_WRITE_SINGLE, .address = 0x10, .count = 1,
		.turnaround_us = 5000,
	};
	struct oht_stop_telegrams status;

	do {
		guest_sleep_ms(1);
		if (oht_dev_heartbeat(dev) || oht_dev_telegrams(dev, &status))
			tap_bail("telegrams: %s", strerror(errno));
	} while (status.running);
	if (oht_dev_set_telegrams(dev, &telegram, below(2)))
		tap_bail("telegrams: %s", strerror(errno));
}

/* Every second burst undisturbed: else hardly anything is answered. */
static void disturb(void)
{
	sim_set_number("faults", below(2) ? 1ll << below(SIM_FAULTS) : 0);
	sim_set_number("coarse", below(2));
	sim_set_number("echo", !below(4));
	sim_set_all("turnaround_ns", below(4) ? 1750000 : 0);
}

static void burst(void)
{
	unsigned int acts = 1 + below(12);

	set_telegram();
	disturb();
	while (acts--)
		act();
	take_all();
	/* What comes late, and the telegrams. */
	guest_sleep_ms(30);
	enable();
}

/* ---- begin and end ---- */

static void begin(unsigned int seed)
{
	uint32_t deadman_ms = DEADMAN_MS;

	sim_quiet();
	sim_set_number("seed", seed);
	sim_reset();
	sim_set_number("every", 2);
	sim_set_number("babble_ns", 300000000);
	if (oht_dev_control_take(dev, &deadman_ms))
		tap_bail("control: %s", strerror(errno));
	enable();
}

/* The driver is taken away from under them. */
static void test_unbind(void)
{
	sim_quiet();
	submit();
	submit();
	submit();
	tap_is(guest_unbind(), 0, "unbind with transfers under way");
	oht_dev_close(dev);
	tap_is(guest_bind(), 0, "bind");
}

static void test_campaign(unsigned int bursts, unsigned int seed)
{
	unsigned int i;

	begin(seed);
	for (i = 0; i < bursts; i++)
		burst();
	for (i = 0; i < OUTCOMES; i++)
		if (outcomes[i])
			printf("# value trace.outcome_%s %u\n", oht_outcome_name(i), outcomes[i]);
	tap_is(answered, submitted, "%u transfers, %u stops, %u enables", submitted, stops,
	       enables);
	tap_ok(stops > 0 && enables > 1, "stopped and enabled again");
}

int main(int argc, char **argv)
{
	unsigned int bursts = argc > 1 ? (unsigned int)guest_number(argv[1], UINT32_MAX) : 100;
	unsigned int seed = argc > 2 ? (unsigned int)guest_number(argv[2], UINT32_MAX) :
				       guest_default_seed();

	/* The engine's timers follow; an emulator with one thread lets CPU 1 wait for CPU 0. */
	guest_pin_cpu(0);
	dev = oht_dev_open(NULL, 0);
	if (!dev)
		tap_bail("%s: %s", OHT_DEFAULT_DEVICE, strerror(errno));
	stim = guest_open_stim();
	guest_seed(seed);
	TAP_TEST(test_campaign(bursts, seed), "%u bursts", bursts);
	TAP_TEST(test_unbind(), "unbind with transfers under way");
	return tap_done();
}
