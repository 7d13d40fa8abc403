// SPDX-License-Identifier: GPL-2.0-or-later
/* Outputs that are a state of the process: what is not promised of them. */
#include <errno.h>

#include "base/clock.h"
#include "bus.h"

static void nothing_of_the_hardware_is_claimed(void)
{
	const struct oht_stop_telegram telegram = {
		.unit = place.unit, .function = OHT_WRITE_SINGLE, .count = 1,
	};
	struct oht_dev_info info;
	uint32_t failed = 99, deadman_ms = 0;

	EXPECT(!bus->ops->hardware_stop);
	EXPECT_IS(bus->ops->info(bus, &info), 0);
	EXPECT(!(info.caps & OHT_HAS_ESTOP));
	deadman_ms = info.deadman_max_ms + 1;
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), EINVAL);
	bus_take();
	EXPECT_ERRNO(-bus->ops->self_test(bus, &failed), EOPNOTSUPP);
	EXPECT_ERRNO(-bus->ops->telegrams(bus, &telegram, 1), EOPNOTSUPP);
}

/*
 * Behind a time-out the line is left alone for as long as the longest time-out: there a write
 * waits.
 */
#define QUIET_MS	200
/* The host may have held this program up for longer than that. */
#define TRIES		10
#define CYCLES_MAX	200
#define SPEED		7
#define LATE		8

enum { SILENT, WRITES, ENTRIES };

static uint64_t real_ms(void)
{
	return ohtd_monotonic_ns() / OHTD_NS_PER_MS;
}

/* True: the stop has come while the write waited behind another request. */
static bool write_waits_and_is_stopped(void)
{
	const uint16_t word = 1;
	struct oht_request slow = bus_read_of(place.silent_unit), write = bus_read_of(place.unit);
	struct oht_reply reply;
	uint64_t first, second, since_ms;

	bus_enable();
	write.function = OHT_WRITE_SINGLE;
	write.words = &word;
	slow.timeout_us = QUIET_MS * 1000;
	since_ms = real_ms();
	first = bus_submit(&slow);
	second = bus_submit(&write);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	since_ms = real_ms() - since_ms;
	bus_reset();
	bus_reply(first);
	reply = bus_reply(second);
	if (since_ms > QUIET_MS / 2) {
		EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
		return false;
	}
	EXPECT_IS(reply.outcome, OHT_OUTCOME_STOPPED);
	EXPECT_ERRNO(reply.error, ECANCELED);
	EXPECT_IS(reply.attempts, 0);
	EXPECT_IS(bus_answer(&write).error, 0);
	return true;
}

/* A write that waits behind another one does not outlive a stop, whatever comes after it. */
static void a_stop_ends_writes_that_wait(void)
{
	unsigned int i;

	bus_take();
	for (i = 0; i < TRIES && !write_waits_and_is_stopped();)
		i++;
	EXPECT(i < TRIES);
}

/* ---- what is on the wire ---- */

static uint16_t register_now(void)
{
	struct oht_request read = bus_read_of(place.unit);

	return bus_answer(&read).words[0];
}

/* True: the stop has come while the write waited for the line. */
static bool job_waits_and_is_stopped(void)
{
	const uint16_t word = LATE;
	struct oht_request slow = bus_read_of(place.silent_unit), write = bus_read_of(place.unit);
	struct oht_reply reply;
	uint64_t first, second, since_ms;

	slow.timeout_us = QUIET_MS * 1000;
	write.function = OHT_WRITE_SINGLE;
	write.words = &word;
	bus_enable();
	since_ms = real_ms();
	first = bus_submit(&slow);
	second = bus_submit(&write);
	bus_reply(first);
	place.pass_ms(bus, QUIET_MS / 10);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	since_ms = real_ms() - since_ms;
	reply = bus_reply(second);
	/* The write waits for a time-out and a quiet time. */
	if (since_ms > 2 * QUIET_MS - QUIET_MS / 4)
		return false;
	EXPECT_IS(reply.outcome, OHT_OUTCOME_STOPPED);
	EXPECT_ERRNO(reply.error, ECANCELED);
	EXPECT_IS(reply.attempts, 0);
	return true;
}

static void a_stop_ends_a_write_that_waits_for_the_line(void)
{
	unsigned int i;

	bus_take();
	for (i = 0; i < TRIES && !job_waits_and_is_stopped();)
		i++;
	EXPECT(i < TRIES);
}

/* A plan whose write comes behind a unit that is silent. */
static uint32_t run_plan(uint32_t silence_us)
{
	const struct oht_cyclic_entry entry = {
		.unit = place.unit, .loss_errors = 200, .address = place.address, .count = 1,
		.period_cycles = 1, .timeout_us = 10000, .turnaround_us = 1750,
	};
	struct oht_cyclic_entry entries[ENTRIES] = { entry, entry };

	entries[SILENT].unit = silence_us ? place.silent_unit : place.unit;
	entries[SILENT].function = OHT_READ_HOLDING;
	if (silence_us)
		entries[SILENT].timeout_us = silence_us;
	entries[WRITES].function = OHT_WRITE_SINGLE;
	return bus_run_plan(entries, ENTRIES);
}

static void give(uint32_t generation, uint16_t word)
{
	EXPECT_ERRNO(-bus->ops->outputs(bus, generation, WRITES, &word, 1, false), 0);
}

/* Until the entry has been tried once more. */
static void tried_again(unsigned int entry)
{
	uint64_t before_ns = bus_value(entry).tried_ns;
	unsigned int waited;

	for (waited = 0; waited < CYCLES_MAX * BUS_CYCLE_MS; waited++) {
		if (bus_value(entry).tried_ns != before_ns)
			return;
		place.pass_ms(bus, 1);
	}
	EXPECT(waited == 0);
}

static bool plan_waits_and_is_stopped(void)
{
	uint64_t since_ms, tried_ns;
	uint32_t generation;

	bus_enable();
	generation = run_plan(QUIET_MS * 1000);
	give(generation, LATE);
	/* The first cycle may have begun before it had words to write. */
	tried_again(SILENT);
	tried_again(SILENT);
	since_ms = real_ms();
	place.pass_ms(bus, QUIET_MS / 10);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	since_ms = real_ms() - since_ms;
	tried_ns = bus_value(WRITES).tried_ns;
	place.pass_ms(bus, QUIET_MS * 3 / 2);
	if (since_ms > QUIET_MS / 2)
		return false;
	EXPECT(bus_value(WRITES).tried_ns == tried_ns);
	return true;
}

static void a_stop_ends_a_set_point_that_waits_for_the_line(void)
{
	unsigned int i;

	bus_take();
	for (i = 0; i < TRIES && !plan_waits_and_is_stopped();)
		i++;
	EXPECT(i < TRIES);
}

/* Low outputs leave no drive turning, although the control thread is not there to stop it. */
static void is_lowered(uint32_t generation, int (*lower)(void), uint16_t word)
{
	unsigned int waited;

	give(generation, word);
	do {
		tried_again(WRITES);
	} while (bus_value(WRITES).error);
	EXPECT_IS(register_now(), word);
	EXPECT_ERRNO(lower(), 0);
	for (waited = 0; waited < CYCLES_MAX && register_now(); waited++)
		place.pass_ms(bus, BUS_CYCLE_MS / 10);
	EXPECT_IS(register_now(), 0);
}

static int lower_by_disable(void)
{
	return -bus->ops->disable(bus, 0);
}

static int lower_by_stop(void)
{
	return -bus->ops->stop(bus, 0);
}

static int lower_by_deadman(void)
{
	unsigned int waited;

	for (waited = 0; waited < CYCLES_MAX && bus_status().state != OHT_STATE_STOPPED; waited++)
		place.pass_ms(bus, BUS_CYCLE_MS);
	EXPECT_IS(bus_status().first_cause, OHT_STOPPED_BY_DEADMAN);
	return 0;
}

static void low_outputs_end_what_the_drive_was_told(void)
{
	uint32_t generation, deadman_ms = 5 * QUIET_MS;
	uint64_t blocking;

	bus_take();
	bus_enable();
	generation = run_plan(0);
	is_lowered(generation, lower_by_disable, SPEED);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), 0);
	is_lowered(generation, lower_by_stop, SPEED + 1);
	EXPECT_ERRNO(-bus->ops->farewell(bus), 0);
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), 0);
	bus_enable();
	is_lowered(generation, lower_by_deadman, SPEED);
}

/* Registers of a unit that is silent, and what the line asks another unit behind them. */
enum { REGISTERS = 4, READS = REGISTERS };

#define TAKE_BACK_MS	20	/* time-out of the request that writes zero */

/* True: the other unit was asked before each register could be tried three times. */
static bool another_unit_is_asked_soon(void)
{
	const struct oht_cyclic_entry entry = {
		.unit = place.unit, .function = OHT_READ_HOLDING, .loss_errors = 200,
		.address = place.address, .count = 1, .period_cycles = 1, .timeout_us = 10000,
		.turnaround_us = 1750,
	};
	struct oht_cyclic_entry entries[REGISTERS + 1];
	uint64_t low_ns, tried_ns;
	uint32_t generation;
	unsigned int i;

	bus_enable();
	for (i = 0; i <= REGISTERS; i++)
		entries[i] = entry;
	for (i = 0; i < REGISTERS; i++) {
		entries[i].unit = place.silent_unit;
		entries[i].function = OHT_WRITE_SINGLE;
		entries[i].address = (uint16_t)(place.address + i);
	}
	generation = bus_run_plan(entries, REGISTERS + 1);
	for (i = 0; i < REGISTERS; i++)
		EXPECT_ERRNO(-bus->ops->outputs(bus, generation, i, &(uint16_t){ SPEED }, 1, false), 0);
	for (i = 0; i < REGISTERS; i++)
		tried_again(i);
	low_ns = ohtd_monotonic_ns();
	EXPECT_ERRNO(lower_by_disable(), 0);
	/* The first one may have begun before the outputs were low. */
	tried_again(READS);
	tried_again(READS);
	tried_ns = bus_value(READS).tried_ns;
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	return tried_ns - low_ns < 3 * REGISTERS * TAKE_BACK_MS * OHTD_NS_PER_MS;
}

static void a_silent_drive_does_not_keep_the_line_from_others(void)
{
	unsigned int i;

	bus_take();
	for (i = 0; i < TRIES && !another_unit_is_asked_soon();)
		i++;
	EXPECT(i < TRIES);
}

const struct contract_test bus_simulated_tests[] = {
	CONTRACT(nothing_of_the_hardware_is_claimed),
	CONTRACT(a_stop_ends_writes_that_wait),
	CONTRACT(a_stop_ends_a_write_that_waits_for_the_line),
	CONTRACT(a_stop_ends_a_set_point_that_waits_for_the_line),
	CONTRACT(low_outputs_end_what_the_drive_was_told),
	CONTRACT(a_silent_drive_does_not_keep_the_line_from_others),
};
const size_t bus_simulated_count = sizeof(bus_simulated_tests) / sizeof(bus_simulated_tests[0]);
