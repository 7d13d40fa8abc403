// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A press while as many descriptors as may watch have as many requests waiting as they get, on the wire
 * in software (oht_sim). Usage: full_test [PRESSES [SEED]]
 *
 * One round has writes that a stop ends, all at once; the next one reads that all have to wait,
 * since the answer to one like them may still come. Only where guest time counts instructions.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/sim.h"
#include "lib/stim.h"
#include "lib/tap.h"

/* All that are not kept for who opens for writing, but some for those who watch here. */
#define DESCRIPTORS	(OHT_FILES_MAX - OHT_FILES_WRITERS - 12)
#define NOBODY		200
#define DRIVE		4
#define DEADMAN_MS	10000
#define RECORD_MS	5000
#define EMPTY_MS	10000
#define WATCH_US	100
#define BAR_LOW_NS	(50 * US)
#define BAR_ABORT_NS	(50 * US)

struct worst {
	uint64_t low_ns;	/* from the edge to both outputs low */
	uint64_t abort_ns;	/* from there to the end of the last write that was ended */
	unsigned int ended;	/* writes that one press has ended */
	unsigned int fewest;	/* requests that waited at a press */
	unsigned int stalls;	/* stops for a CPU that was stuck */
};

static int fds[DESCRIPTORS], stim, controller;

/* Holds up all others for as long as it takes to fill every descriptor. */
static void occupy(void)
{
	struct oht_transfer transfer = guest_read;
	int error;

	transfer.unit = NOBODY + 1;
	transfer.priority = OHT_PRIO_COMMAND;
	transfer.timeout_us = 100000;
	error = guest_submit(controller, transfer);
	if (error)
		tap_bail("a request is refused: %s", strerror(error));
}

static struct oht_transfer read_of_nobody(unsigned int address)
{
	struct oht_transfer transfer = guest_read;

	transfer.unit = NOBODY;
	transfer.address = (uint16_t)address;
	transfer.timeout_us = 2000;
	return transfer;
}

static struct oht_transfer write_of(unsigned int address)
{
	static const uint16_t word = 1;
	struct oht_transfer transfer = guest_read;

	transfer.unit = DRIVE;
	transfer.function = 6;
	transfer.flags = OHT_TRANSFER_WHILE_STOPPED;
	transfer.address = (uint16_t)address;
	transfer.words = (uintptr_t)&word;
	return transfer;
}

/* Round and round until nobody gets a place any more. Returns how many were taken. */
static unsigned int fill(const int *files, unsigned int count, bool writes)
{
	unsigned int first = (unsigned int)random() % count, taken = 0, refused = 0, i;
	int error;

	for (i = first; refused < count; i++) {
		error = guest_submit(files[i % count], writes ? write_of(i) : read_of_nobody(i));
		if (error && error != EAGAIN)
			tap_bail("a request is refused: %s", strerror(error));
		refused = error ? refused + 1 : 0;
		taken += !error;
	}
	return taken;
}

/* What has come of the requests of one round. */
struct ends {
	unsigned int all;
	unsigned int stopped;	/* by the press */
	uint64_t last_ns;	/* when the last of those was ended */
};

static void drain(int fd, struct ends *ends)
{
	struct oht_record record;

	while (read(fd, &record, sizeof(record)) == sizeof(record)) {
		if (record.type != OHT_RECORD_COMPLETION)
			continue;
		ends->all++;
		if (record.completion.detail != OHT_DETAIL_STOPPED)
			continue;
		ends->stopped++;
		if (record.time_ns > ends->last_ns)
			ends->last_ns = record.time_ns;
	}
}

static bool is_empty(unsigned int taken, struct ends *ends)
{
	unsigned int i;

	guest_command(controller, OHT_IOC_HEARTBEAT, 0, NULL);
	drain(controller, ends);
	for (i = 0; i < DESCRIPTORS && ends->all < taken; i++)
		drain(fds[i], ends);
	return ends->all == taken;
}

static void find_press(int watcher, struct worst *worst, struct oht_record *record)
{
	const struct oht_safety_record *safety = &record->safety;

	while (guest_next_safety(watcher, RECORD_MS, record)) {
		worst->stalls += safety->cause == OHT_CAUSE_CPU_STALL;
		if (safety->state_from == OHT_ESTOP_ENABLED)
			return;
	}
	tap_bail("a press has no record");
}

static void press_once(int watcher, bool writes, struct worst *worst)
{
	struct oht_stim_press press = {
		.channels = OHT_STIM_A | OHT_STIM_B,
		.watch_us = WATCH_US,
	};
	int error = guest_reset_when_stable(controller, 0);
	struct oht_record record;
	struct ends ends = { 0 };
	unsigned int taken;

	occupy();
	taken = 1;
	if (writes)
		taken += fill(fds, DESCRIPTORS, true);
	taken += fill(fds, DESCRIPTORS, false);
	if (!error)
		error = guest_command(controller, OHT_IOC_ENABLE, 0, NULL);
	if (error)
		tap_bail("cannot enable: %s", strerror(error));
	if (writes)
		taken += fill(&controller, 1, true);
	taken += fill(&controller, 1, false);
	press.at_ns = guest_now_ns() + (uint64_t)random() % 1000 * US;
	if (ioctl(stim, OHT_STIM_IOC_PRESS, &press) < 0)
		tap_bail("press: %s", strerror(errno));
	find_press(watcher, worst, &record);
	guest_unpress(stim, press.channels);
	if (!GUEST_UNTIL(is_empty(taken, &ends), EMPTY_MS))
		tap_bail("%u of %u requests have not ended", taken - ends.all, taken);
	if (record.safety.low_ns - press.edge_ns > worst->low_ns)
		worst->low_ns = record.safety.low_ns - press.edge_ns;
	if (ends.stopped && ends.last_ns - record.safety.low_ns > worst->abort_ns)
		worst->abort_ns = ends.last_ns - record.safety.low_ns;
	if (ends.stopped > worst->ended)
		worst->ended = ends.stopped;
	if (taken < worst->fewest)
		worst->fewest = taken;
}

static void test_presses(unsigned int presses)
{
	int watcher = guest_open(O_RDONLY);
	struct worst worst = { .fewest = UINT32_MAX };
	unsigned int i;

	guest_subscribe(watcher, OHT_SUBSCRIBE_SAFETY);
	for (i = 0; i < presses; i++)
		press_once(watcher, i % 2, &worst);
	close(watcher);
	tap_note("value full.edge_to_low_max_ns %llu", (unsigned long long)worst.low_ns);
	tap_note("value full.abort_max_ns %llu", (unsigned long long)worst.abort_ns);
	tap_note("value full.ended_max %u", worst.ended);
	tap_note("value full.taken_min %u", worst.fewest);
	tap_ok(worst.low_ns <= BAR_LOW_NS, "edge -> low: max <= 50 us");
	tap_ok(worst.abort_ns <= BAR_ABORT_NS, "low -> last write ended: max <= 50 us");
	tap_is(worst.stalls, 0, "stops because a CPU was stuck");
	tap_ok(worst.fewest >= OHT_DEVICE_TRANSFERS_MAX, "every place was taken, each time");
	tap_ok(worst.ended >= OHT_DEVICE_WRITES_MAX, "and one press has ended every write");
}

/* Opens as many as there may be; the errno that ends it. */
static int open_all(int flags, int *files, unsigned int *count)
{
	while (*count < OHT_FILES_MAX) {
		files[*count] = open(GUEST_DEVICE, flags | O_CLOEXEC);
		if (files[*count] < 0)
			return errno;
		++*count;
	}
	return 0;
}

/* Whoever only watches cannot take the last places from who would lead. */
static void test_limit(void)
{
	unsigned int count = 0, watching;
	int files[OHT_FILES_MAX];

	tap_errno(open_all(O_RDONLY, files, &count), EMFILE, "too many that watch");
	watching = count;
	tap_errno(open_all(O_RDWR, files, &count), EMFILE, "too many that write");
	tap_is(count - watching, OHT_FILES_WRITERS, "places for who writes");
	while (count)
		close(files[--count]);
	tap_errno(open_all(O_RDONLY, files, &count), EMFILE, "all of them once more");
	tap_is(count, watching, "... as many as before");
	while (count)
		close(files[--count]);
}

int main(int argc, char **argv)
{
	unsigned int presses = argc > 1 ? (unsigned int)guest_number(argv[1], UINT32_MAX) : 20;
	unsigned int seed = argc > 2 ? (unsigned int)guest_number(argv[2], UINT32_MAX) :
				       guest_default_seed();
	unsigned int i;
	int error;

	guest_seed(seed);
	stim = guest_open_stim();
	sim_quiet();
	sim_reset();
	controller = guest_open(O_RDWR | O_NONBLOCK);
	for (i = 0; i < DESCRIPTORS; i++)
		fds[i] = guest_open(O_RDWR | O_NONBLOCK);
	error = guest_take(controller, DEADMAN_MS);
	if (error)
		tap_bail("cannot take the role: %s", strerror(error));
	/* Not where the interrupt is handled. */
	guest_pin_cpu(guest_cpus() - 1);
	TAP_TEST(test_limit(), "descriptors that may be open");
	TAP_TEST(test_presses(presses), "%u presses with %u descriptors full", presses, DESCRIPTORS);
	return tap_done();
}
