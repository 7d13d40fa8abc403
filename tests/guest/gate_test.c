// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Presses that race writes: nothing moves behind the stop telegrams. On the wire in software
 * (oht_sim), whose observer is the witness: it knows the register that a stop writes and the one
 * that moves, and nothing of the engine. Usage: gate_test [PRESSES [SEED]]
 *
 * All the time the controller writes the register that moves; somebody else does so too, and writes
 * another register in requests that may go out while stopped. Whatever ends is submitted again at
 * once, so each abort is raced by what it has ended. Every second press meets a machine that is not
 * enabled.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/sim.h"
#include "lib/stim.h"
#include "lib/tap.h"

#define DRIVE		4
#define STOP_REGISTER	0x10
#define MOTION_REGISTER	0x11
#define OTHER_REGISTER	0x30
#define DEADMAN_MS	10000
#define AT_ONCE		4
#define PAUSE_NS	200000
#define MOVES_US	12000
/* So many that are stopped one after the other: it is not enabled, or not any more. */
#define STOPPED_MAX	16
/* One telegram, three times, and once more after an answer that was given up: far less. */
#define RUN_MS_MAX	500
#define DETAILS		32

/* One who writes. */
struct writer {
	int fd;
	bool stranger;
	pthread_t thread;
	unsigned int turn;
	unsigned int under_way;
	unsigned int forbidden;		/* EPERM at once */
	unsigned int stopped;		/* ended by a stop since the last one that was not */
	unsigned int ends[2][DETAILS];	/* of what moves, of what may go out while stopped */
	uint64_t harmless[AT_ONCE];	/* cookies of the latter */
};

static atomic_bool ended;
static int stim;

static int submit(struct writer *writer)
{
	static const uint16_t word = 1;
	bool harmless = writer->stranger && writer->turn++ % 2;
	struct oht_transfer transfer = {
		.size = sizeof(transfer),
		.unit = DRIVE,
		.function = 6,
		.priority = OHT_PRIO_COMMAND,
		.address = harmless ? OTHER_REGISTER : MOTION_REGISTER,
		.count = 1,
		.flags = harmless ? OHT_TRANSFER_WHILE_STOPPED : 0,
		.timeout_us = 5000,
		.words = (uintptr_t)&word,
	};
	unsigned int i = 0;
	int error = guest_ioctl(writer->fd, OHT_IOC_SUBMIT, &transfer);

	if (error)
		return error;
	writer->under_way++;
	while (harmless && writer->harmless[i])
		i++;
	if (harmless)
		writer->harmless[i] = transfer.cookie;
	return 0;
}

static void count(struct writer *writer, const struct oht_completion *done)
{
	bool harmless = false;
	unsigned int i;

	for (i = 0; i < AT_ONCE; i++) {
		if (writer->harmless[i] != done->cookie)
			continue;
		harmless = true;
		writer->harmless[i] = 0;
	}
	writer->ends[harmless][done->detail % DETAILS]++;
	writer->stopped = done->detail == OHT_DETAIL_STOPPED ? writer->stopped + 1 : 0;
	writer->under_way--;
}

static void reap(struct writer *writer)
{
	struct pollfd wait = { .fd = writer->fd, .events = POLLIN };
	struct oht_record record;

	poll(&wait, 1, 1);
	while (read(writer->fd, &record, sizeof(record)) == sizeof(record))
		if (record.type == OHT_RECORD_COMPLETION)
			count(writer, &record.completion);
}

static void *write_all_the_time(void *argument)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct writer *writer = argument;
	int error = 0;

	guest_pin_cpu(0);
	while (!ended) {
		while (writer->under_way < AT_ONCE && !(error = submit(writer)))
			;
		writer->forbidden += error == EPERM;
		if (error && error != EPERM)
			tap_bail("a write is refused: %s", strerror(error));
		if (error || writer->stopped > STOPPED_MAX)
			nanosleep(&pause, NULL);
		error = 0;
		reap(writer);
	}
	while (writer->under_way)
		reap(writer);
	return NULL;
}

static bool is_sent(int fd)
{
	struct oht_telegram_status status = { .size = sizeof(status) };

	if (guest_ioctl(fd, OHT_IOC_TELEGRAM_STATUS, &status))
		tap_bail("no status of the telegrams");
	return !(status.flags & OHT_TELEGRAMS_RUNNING);
}

static void nap_us(unsigned int us)
{
	const struct timespec nap = { .tv_nsec = us * 1000L };

	nanosleep(&nap, NULL);
}

/* What was seen on the wire, of the register that moves. */
static uint64_t moved(void)
{
	return sim_result("oht_sim", "motion_writes");
}

/* @enabled: else only ready. */
static void press_once(int fd, bool enabled, unsigned int *moved_while_ready)
{
	uint64_t before;
	int error = guest_reset_when_stable(fd, 0);

	sim_set("stopped", "N");
	before = moved();
	if (!error && enabled)
		error = guest_command(fd, OHT_IOC_ENABLE, 0, NULL);
	if (error)
		tap_bail("cannot %s: %s", enabled ? "enable" : "reset", strerror(error));
	nap_us((unsigned int)random() % MOVES_US);
	guest_press(stim, OHT_STIM_A | OHT_STIM_B);
	if (!GUEST_UNTIL(is_sent(fd), RUN_MS_MAX))
		tap_bail("telegrams are still being sent after %d ms", RUN_MS_MAX);
	if (!enabled)
		*moved_while_ready += moved() != before;
	guest_unpress(stim, OHT_STIM_A | OHT_STIM_B);
}

static void set_telegram(int fd)
{
	struct oht_telegrams telegrams = {
		.size = sizeof(telegrams),
		.count = 1,
		.list = { { .unit = DRIVE, .function = 6, .address = STOP_REGISTER, .count = 1,
			    .turnaround_us = 5000 } },
	};

	if (guest_ioctl(fd, OHT_IOC_TELEGRAMS, &telegrams))
		tap_bail("the telegram is not taken");
}

static void start(struct writer *writer)
{
	if (pthread_create(&writer->thread, NULL, write_all_the_time, writer))
		tap_bail("no thread");
}

static void print(const char *who, const struct writer *writer)
{
	unsigned int i, detail;

	for (i = 0; i < 2; i++)
		for (detail = 0; detail < DETAILS; detail++)
			if (writer->ends[i][detail])
				tap_note("value gate.%s_%s_detail_%u %u", who,
					 i ? "while_stopped" : "motion", detail,
					 writer->ends[i][detail]);
	tap_note("value gate.%s_forbidden %u", who, writer->forbidden);
}

static void judge(const struct writer *controller, const struct writer *stranger)
{
	tap_is((long long)sim_result("oht_sim", "writes_behind"), 0,
	       "writes that move, on the wire behind a stop telegram");
	tap_ok(controller->ends[0][OHT_DETAIL_OK] > 0, "the controller has moved it");
	tap_ok(controller->ends[0][OHT_DETAIL_STOPPED] > 0, "and was stopped");
	tap_is(stranger->ends[0][OHT_DETAIL_OK], 0, "writes of somebody else that moved it");
	tap_ok(stranger->ends[1][OHT_DETAIL_OK] > 0, "what may go out while stopped did");
	tap_ok(stranger->forbidden > 0, "but not while enabled");
}

static void test_presses(struct writer *controller, struct writer *stranger, unsigned int presses)
{
	unsigned int i, moved_while_ready = 0;

	for (i = 0; i < presses; i++)
		press_once(controller->fd, i % 2 == 0, &moved_while_ready);
	ended = true;
	pthread_join(controller->thread, NULL);
	pthread_join(stranger->thread, NULL);
	tap_note("value gate.presses %u", presses);
	tap_note("value gate.motion_writes %" PRIu64, moved());
	tap_note("value gate.stop_writes %" PRIu64, sim_result("oht_sim", "stop_writes"));
	print("controller", controller);
	print("stranger", stranger);
	tap_is(moved_while_ready, 0, "presses before which something moved that was not enabled");
	judge(controller, stranger);
}

int main(int argc, char **argv)
{
	unsigned int presses = argc > 1 ? (unsigned int)guest_number(argv[1], UINT32_MAX) : 100;
	unsigned int seed = argc > 2 ? (unsigned int)guest_number(argv[2], UINT32_MAX) :
				       guest_default_seed();
	static struct writer controller, stranger = { .stranger = true };
	int error;

	guest_seed(seed);
	stim = guest_open_stim();
	sim_quiet();
	sim_set_number("stop_address", STOP_REGISTER);
	sim_set_number("motion_address", MOTION_REGISTER);
	sim_reset();
	controller.fd = guest_open(O_RDWR | O_NONBLOCK);
	stranger.fd = guest_open(O_RDWR | O_NONBLOCK);
	error = guest_take(controller.fd, DEADMAN_MS);
	if (error)
		tap_bail("cannot take the role: %s", strerror(error));
	set_telegram(controller.fd);
	guest_pin_cpu(guest_cpus() - 1);
	start(&controller);
	start(&stranger);
	TAP_TEST(test_presses(&controller, &stranger, presses), "%u presses that race writes",
		 presses);
	close(stranger.fd);
	close(controller.fd);
	return tap_done();
}
