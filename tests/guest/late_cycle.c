// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two late cycles of a plan on the wire in software (oht_sim), for whoever records what the tracepoints
 * say: once interrupts are off where the plan's timer is, once a unit does not answer.
 *
 *	late_cycle
 *
 * Begins when somebody has switched the tracepoint oht_cycle on, and prints the numbers of both cycles.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/guest.h"
#include "lib/sim.h"
#include "lib/stim.h"
#include "lib/stuck.h"
#include "lib/tap.h"
#include "oht_plan.h"

#define ENABLED_FILE	"/sys/kernel/tracing/events/oht/oht_cycle/enable"
#define GRID_US		25000
#define GRID_NS		(GRID_US * UINT64_C(1000))
#define SILENT_UNIT	5
/* One cycle is missed while its unit is waited for, and the one after it is not. */
#define SILENT_US	40000
#define STUCK_US	3000
#define BEFORE_NS	MS
#define PATIENCE_MS	60000
#define QUIET_CYCLES	8

#define READ(unit_, count_, timeout_us_) {						\
		.unit = (unit_), .function = OHT_READ_HOLDING, .loss_errors = 10,	\
		.count = (count_), .period_cycles = 1, .timeout_us = (timeout_us_),	\
		.turnaround_us = 1750 }

static const struct oht_cyclic_entry entries[] = {
	READ(3, 6, 20000),
	READ(SILENT_UNIT, 2, SILENT_US),
};

static struct oht_dev *dev;
static struct oht_image_view *image;
static struct oht_cyclic_head head;

static bool is_recorded(void)
{
	FILE *file = fopen(ENABLED_FILE, "r");
	int first = file ? fgetc(file) : EOF;

	if (file)
		fclose(file);
	return first == '1';
}

static void read_head(void)
{
	if (oht_image_read_head(image, &head))
		tap_bail("image: %s", strerror(errno));
}

static void sleep_until(uint64_t at_ns)
{
	const struct timespec at = {
		.tv_sec = (time_t)(at_ns / 1000000000), .tv_nsec = (long)(at_ns % 1000000000),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/* To so long before the end of a cycle, after some that are left alone; @head is that of the cycle. */
static void sleep_to_end(unsigned int cycles, uint64_t before_ns)
{
	read_head();
	sleep_until(head.cycle_start_ns + (cycles + 1) * GRID_NS - before_ns);
	read_head();
}

static void put_in_force(void)
{
	const struct oht_cyclic_plan plan = {
		.entries = entries,
		.count = sizeof(entries) / sizeof(entries[0]),
		.cycle_us = GRID_US,
		.whole_cycles = 20,
	};
	uint32_t deadman_ms = 10000, generation;

	if (oht_dev_control_take(dev, &deadman_ms) || oht_plan_stage(dev, &plan, NULL) ||
	    oht_plan_commit(dev, false, NULL, &generation))
		tap_bail("plan: %s", strerror(errno));
	if (!GUEST_UNTIL((read_head(), head.running && head.generation == generation), 1000))
		tap_bail("the plan is not in force");
}

/* The next cycle is late, because its timer is. */
static void test_stuck(int stim)
{
	struct stuck stuck;
	uint64_t missed;

	sleep_to_end(QUIET_CYCLES, BEFORE_NS);
	missed = head.missed;
	printf("# value late.timer_cycle %" PRIu64 "\n", head.cycles);
	stuck_begin(&stuck, stim, 0, STUCK_US);
	stuck_end(&stuck);
	tap_ok(stuck.end_ns > head.cycle_start_ns + GRID_NS, "interrupts are off across the point");
	sleep_to_end(1, GRID_NS / 2);
	tap_is((long long)(head.missed - missed), 0, "nothing is missed for that");
}

/* The one after the next is missed, because a unit of the next is waited for. */
static void test_silent(void)
{
	uint64_t missed;

	sleep_to_end(QUIET_CYCLES, GRID_NS / 2);
	missed = head.missed;
	printf("# value late.wire_cycle %" PRIu64 "\n", head.cycles + 1);
	sim_set_number("unit", SILENT_UNIT);
	sim_set_number("faults", 1 << SIM_SILENCE);
	sleep_to_end(1, GRID_NS / 2);
	sim_set_number("faults", 0);
	sleep_to_end(QUIET_CYCLES, GRID_NS / 2);
	tap_is((long long)(head.missed - missed), 1, "one cycle is missed for that");
	printf("# value late.missed %" PRIu64 "\n", head.missed);
}

int main(void)
{
	int stim = guest_open_stim();

	/* The plan's timer stays where it was begun. */
	guest_pin_cpu(0);
	dev = oht_dev_open(NULL, 0);
	image = oht_image_open(NULL);
	if (!dev || !image)
		tap_bail("%s: %s", OHT_DEFAULT_DEVICE, strerror(errno));
	sim_quiet();
	/* Not each character by itself: an emulator takes long to print what is recorded of those. */
	sim_set_number("coarse", 1);
	put_in_force();
	if (!GUEST_UNTIL(is_recorded(), PATIENCE_MS))
		tap_bail("nobody has switched the tracepoint on within %d ms", PATIENCE_MS);
	TAP_TEST(test_stuck(stim), "a cycle whose timer is late");
	TAP_TEST(test_silent(), "a cycle whose unit is silent");
	oht_plan_clear(dev);
	return tap_done();
}
