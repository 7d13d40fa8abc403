// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Eight readers and a controller, on the wire in software (oht_sim) with a plan that fills every
 * cycle: no cycle may be missed and no record of the stop lost. Each reader takes the records and
 * looks at the image a thousand times a second: readers that never sleep keep one CPU of a counted
 * board from running at all (docs/decisions.md, D145). The controller enables, disables, stops and
 * resets without a pause, ahead of the readers in the scheduler as ohtd is; a client takes the rest
 * of the bus.
 *
 *	readers_test CYCLES
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/load.h"
#include "lib/plan.h"
#include "lib/sim.h"
#include "lib/tap.h"

#define READERS		8
#define CYCLE_US	25000
#define ENTRIES		4
#define REGISTERS	6
#define DEADMAN_MS	100
#define BEAT_MS		5
#define CYCLES_MAX	10000000
/* For whoever has been behind, once nothing new comes. */
#define CATCH_UP_MS	10000

struct reader {
	pthread_t thread;
	int fd;
	const struct oht_image *image;
	atomic_ullong journal_seq;	/* the last record that it has read */
	uint64_t lost;			/* records of the stop */
	uint64_t looks;			/* at an entry */
	uint64_t wrong;			/* values that no module has */
};

static atomic_bool ended;
static atomic_bool asked_enough;
static struct reader readers[READERS];

/* ---- who reads ---- */

static void take_records(struct reader *reader)
{
	struct oht_record record;
	uint64_t last;

	while (read(reader->fd, &record, sizeof(record)) == sizeof(record)) {
		if (record.type != OHT_RECORD_SAFETY)
			continue;
		last = atomic_load(&reader->journal_seq);
		reader->lost += record.safety.journal_seq - last - 1;
		atomic_store(&reader->journal_seq, record.safety.journal_seq);
	}
}

static void look(struct reader *reader)
{
	struct oht_image_slot slot;
	unsigned int i;

	plan_read_slot(reader->image, reader->looks++ % ENTRIES, &slot);
	for (i = 0; slot.timestamp_ns && i < REGISTERS; i++)
		reader->wrong += slot.words[i] != sim_initial(slot.unit, i);
}

static void *read_on(void *context)
{
	struct reader *reader = context;

	while (!atomic_load(&ended)) {
		take_records(reader);
		look(reader);
		guest_sleep_ms(1);
	}
	return NULL;
}

/* From the record after @journal_seq on. */
static void gather(uint64_t journal_seq)
{
	struct reader *reader;

	for (reader = readers; reader < readers + READERS; reader++) {
		atomic_store(&reader->journal_seq, journal_seq);
		if (pthread_create(&reader->thread, NULL, read_on, reader))
			tap_bail("no thread");
	}
}

static bool all_have_read(uint64_t journal_seq)
{
	unsigned int i;

	for (i = 0; i < READERS; i++)
		if (atomic_load(&readers[i].journal_seq) < journal_seq)
			return false;
	return true;
}

/* ---- who asks besides ---- */

static void *ask(void *context)
{
	struct load_result *result = context;
	struct oht_dev *dev = oht_dev_open(NULL, 0);
	struct load load;

	if (!dev)
		tap_bail("%s: %s", GUEST_DEVICE, strerror(errno));
	load_default(&load);
	load.reads = UINT64_MAX;
	load.queue = LOAD_QUEUE_MAX;
	/* So short that it fits into what a cycle leaves. */
	load.timeout_us = 2500;
	load.priority = OHT_PRIORITY_COMMAND;
	load.ended = &asked_enough;
	load_run(dev, &load, result);
	oht_dev_close(dev);
	return NULL;
}

/* ---- the controller ---- */

static void put_plan_in_force(int fd, const struct oht_image *image)
{
	struct oht_plan_commit made;
	unsigned int i;

	plan_make_good();
	for (i = 0; i < ENTRIES; i++)
		plan_entries[i] = (struct oht_plan_entry){
			.unit = SIM_FIRST_UNIT + i, .function = 3, .count = REGISTERS,
			.period_cycles = 1, .loss_errors = 200, .timeout_us = 20000,
			.turnaround_us = 1750,
		};
	plan_stage.count = ENTRIES;
	plan_stage.cycle_us = CYCLE_US;
	plan_stage.whole_cycles = 20;
	if (guest_ioctl(fd, OHT_IOC_PLAN_STAGE, &plan_stage) || plan_commit(fd, 0, &made) ||
	    !plan_wait_generation(image, made.generation))
		tap_bail("the plan does not come in force");
}

/* What a person may do, and a bit more often. Returns how many calls failed. */
static unsigned int command(int fd, unsigned int round)
{
	switch (round % 4) {
	case 0:
		return !!guest_command(fd, OHT_IOC_ENABLE, 0, NULL);
	case 1:
		return !!guest_command(fd, OHT_IOC_DISABLE, 0, NULL);
	case 2:
		return !!guest_command(fd, OHT_IOC_STOP, 0, NULL);
	default:
		return !!guest_command(fd, OHT_IOC_RESET, 0, NULL);
	}
}

static void control(int fd, const struct oht_image *image, uint64_t cycles)
{
	struct oht_image_header begin, now;
	unsigned int failed = 0, round = 0;

	plan_read_header(image, &begin);
	do {
		failed += !!guest_command(fd, OHT_IOC_HEARTBEAT, 0, NULL);
		failed += command(fd, round++);
		guest_sleep_ms(BEAT_MS);
		plan_read_header(image, &now);
	} while (now.cycles - begin.cycles < cycles);
	tap_is(failed, 0, "refused, of %u commands", round);
	tap_is((long long)(now.missed - begin.missed), 0, "missed, of %llu cycles",
	       (unsigned long long)(now.cycles - begin.cycles));
	tap_is((long long)(now.exceeded - begin.exceeded), 0, "exceeded");
}

/* Ahead of the readers, as ohtd's control thread. */
static void go_ahead(void)
{
	const struct sched_param priority = { .sched_priority = 10 };

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority))
		tap_bail("SCHED_FIFO: %s", strerror(errno));
}

/* ---- what came of it ---- */

static void part(int fd)
{
	struct oht_estop_status status;
	unsigned int i;

	guest_status(fd, &status);
	tap_ok(GUEST_UNTIL(all_have_read(status.journal_seq), CATCH_UP_MS),
	       "each has read up to record %llu", (unsigned long long)status.journal_seq);
	atomic_store(&ended, true);
	for (i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		tap_is((long long)readers[i].lost, 0, "reader %u: lost records", i);
		tap_is((long long)readers[i].wrong, 0, "reader %u: wrong, of %llu looks", i,
		       (unsigned long long)readers[i].looks);
	}
}

static void test_readers(uint64_t cycles)
{
	struct load_result result = { 0 };
	struct oht_estop_status status;
	struct oht_image *image;
	int fd = guest_open(O_RDWR);
	pthread_t asker;
	unsigned int i;

	if (guest_take(fd, DEADMAN_MS) || guest_reset_when_stable(fd, 0))
		tap_bail("cannot become ready");
	image = plan_map_image(fd);
	put_plan_in_force(fd, image);
	for (i = 0; i < READERS; i++) {
		readers[i].fd = guest_open(O_RDONLY | O_NONBLOCK);
		readers[i].image = plan_map_image(readers[i].fd);
		if (guest_subscribe(readers[i].fd, OHT_SUBSCRIBE_SAFETY | OHT_SUBSCRIBE_CYCLE))
			tap_bail("no records");
		guest_drain(readers[i].fd);
	}
	guest_status(fd, &status);
	gather(status.journal_seq);
	if (pthread_create(&asker, NULL, ask, &result))
		tap_bail("no thread");
	go_ahead();
	control(fd, image, cycles);
	atomic_store(&asked_enough, true);
	pthread_join(asker, NULL);
	tap_ok(result.good > 0 && !result.wrong, "a client: %llu reads, %llu wrong",
	       (unsigned long long)result.good, (unsigned long long)result.wrong);
	part(fd);
}

int main(int argc, char **argv)
{
	uint64_t cycles = argc == 2 ? guest_number(argv[1], CYCLES_MAX) : 0;

	if (!cycles)
		tap_bail("usage: readers_test CYCLES");
	TAP_TEST(test_readers(cycles), "%d readers, a controller and a client for %llu cycles",
		 READERS, (unsigned long long)cycles);
	return tap_done();
}
