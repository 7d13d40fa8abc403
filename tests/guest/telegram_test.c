// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How soon a stop's telegrams are on the wire and answered: stops at random moments while the bus is
 * full of reads of 8 registers, on the wire in software (oht_sim), 1.75 ms of turnaround. Source: the
 * arithmetic in docs/timing.md, The stop on the wire. Usage: telegram_test [STOPS [SEED [--slow]]]
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/guest.h"
#include "lib/load.h"
#include "lib/sim.h"
#include "lib/tap.h"
#include "oht_telegram.h"

#define DRIVE		4
#define BAR_NS		10000000ull
/* Two telegrams, three times, each with its gap, turnaround and answer: far less than this. */
#define RUN_MS_MAX	200
#define GAP_MAX_US	20000

static const struct oht_stop_telegram list[] = {
	{ .unit = DRIVE, .function = OHT_WRITE_SINGLE, .address = 0x10, .count = 1 },
	{ .unit = DRIVE, .function = OHT_WRITE_SINGLE, .address = 0x11, .count = 1 },
};

#define TELEGRAMS	(sizeof(list) / sizeof(list[0]))

/* The worst of all stops, from the call on. */
struct worst {
	uint64_t first_ns;	/* last stop bit of the first telegram */
	uint64_t answer_ns;	/* end of the answer to it */
	uint64_t list_ns;	/* last stop bit of the last telegram */
	unsigned int failed;	/* telegrams that were not answered */
};

static atomic_bool ended;

/* Everybody but the drive, whose registers change. */
static void *fill_the_bus(void *device)
{
	struct load_result result;
	struct load load;

	load_default(&load);
	load.units[2] = 5;
	load.unit_count = 3;
	load.reads = 64;
	while (!ended) {
		load_run(device, &load, &result);
		if (result.failed)
			tap_bail("%" PRIu64 " reads failed", result.failed);
	}
	return NULL;
}

static bool is_sent(struct oht_dev *dev, struct oht_stop_telegrams *status)
{
	if (oht_dev_telegrams(dev, status))
		tap_bail("telegrams: %s", strerror(errno));
	return !status->running;
}

static void keep_worst(uint64_t *worst_ns, uint64_t then_ns, uint64_t moment_ns)
{
	if (moment_ns - then_ns > *worst_ns)
		*worst_ns = moment_ns - then_ns;
}

static void stop_once(struct oht_dev *dev, struct worst *worst)
{
	struct oht_stop_telegrams status;
	uint64_t then_ns = guest_now_ns();
	unsigned int i;

	if (oht_dev_stop(dev, 0))
		tap_bail("stop: %s", strerror(errno));
	if (!GUEST_UNTIL(is_sent(dev, &status), RUN_MS_MAX))
		tap_bail("still sending after %d ms", RUN_MS_MAX);
	if (status.count != TELEGRAMS || status.asked_ns < then_ns)
		tap_bail("the stop has sent nothing");
	for (i = 0; i < TELEGRAMS; i++)
		worst->failed += !status.results[i].answered_ns;
	keep_worst(&worst->first_ns, then_ns, status.results[0].sent_ns);
	keep_worst(&worst->answer_ns, then_ns, status.results[0].answered_ns);
	keep_worst(&worst->list_ns, then_ns, status.results[TELEGRAMS - 1].sent_ns);
}

/* The drive answers once, so that the engine knows how long it takes. */
static void ask_the_drive(struct oht_dev *dev)
{
	const struct oht_request request = {
		.unit = DRIVE,
		.function = OHT_READ_HOLDING,
		.priority = OHT_PRIORITY_COMMAND,
		.count = 1,
		.timeout_us = 50000,
	};
	struct oht_reply reply;

	if (oht_dev_transact(dev, &request, &reply, 1000))
		tap_bail("the drive does not answer: %s", strerror(errno));
}

static void stop_often(struct oht_dev *dev, unsigned int stops, struct worst *worst)
{
	struct timespec pause = { 0 };
	unsigned int i;

	for (i = 0; i < stops; i++) {
		pause.tv_nsec = random() % GAP_MAX_US * 1000;
		nanosleep(&pause, NULL);
		if (oht_dev_heartbeat(dev))
			tap_bail("heartbeat: %s", strerror(errno));
		stop_once(dev, worst);
	}
}

/* In a kernel that watches every access, times say what the watching costs. */
static void check_times(const struct worst *worst)
{
	tap_ok(worst->first_ns <= BAR_NS, "first telegram after %" PRIu64 " us at most",
	       worst->first_ns / US);
	tap_ok(worst->answer_ns <= BAR_NS, "its answer after %" PRIu64 " us at most",
	       worst->answer_ns / US);
}

static void test_stops(struct oht_dev *dev, unsigned int stops, bool slow)
{
	struct worst worst = { 0 };

	stop_often(dev, stops, &worst);
	printf("# value estop.telegram_first_max_ns %" PRIu64 "\n", worst.first_ns);
	printf("# value estop.telegram_answer_max_ns %" PRIu64 "\n", worst.answer_ns);
	printf("# value estop.telegram_list_max_ns %" PRIu64 "\n", worst.list_ns);
	tap_is(worst.failed, 0, "telegrams that were not answered");
	tap_is((long long)sim_result("oht_sim", "uart_violations"), 0, "gaps below t3.5");
	tap_is((long long)sim_result("oht_sim", "uart_de_early"), 0, "driver off too early");
	if (!slow)
		check_times(&worst);
}

int main(int argc, char **argv)
{
	unsigned int stops = argc > 1 ? (unsigned int)guest_number(argv[1], UINT32_MAX) : 100;
	unsigned int seed = argc > 2 ? (unsigned int)guest_number(argv[2], UINT32_MAX) :
				       guest_default_seed();
	struct oht_dev *dev = oht_dev_open(NULL, 0), *reader = oht_dev_open(NULL, 0);
	bool slow = argc == 4 && !strcmp(argv[3], "--slow");
	uint32_t deadman_ms = 10000;
	pthread_t thread;

	if (!dev || !reader)
		tap_bail("%s: %s", OHT_DEFAULT_DEVICE, strerror(errno));
	guest_seed(seed);
	/* The engine's timers follow; an emulator with one thread lets CPU 1 wait for CPU 0. */
	guest_pin_cpu(0);
	sim_quiet();
	sim_reset();
	ask_the_drive(dev);
	if (oht_dev_control_take(dev, &deadman_ms) || oht_dev_set_telegrams(dev, list, TELEGRAMS))
		tap_bail("telegrams: %s", strerror(errno));
	if (pthread_create(&thread, NULL, fill_the_bus, reader))
		tap_bail("no thread");
	guest_sleep_ms(200);
	TAP_TEST(test_stops(dev, stops, slow), "%u stops while the bus is full", stops);
	ended = true;
	pthread_join(thread, NULL);
	oht_dev_set_telegrams(dev, NULL, 0);
	oht_dev_control_release(dev);
	oht_dev_close(reader);
	oht_dev_close(dev);
	return tap_done();
}
