// SPDX-License-Identifier: GPL-2.0-or-later
/* The states and the deadman of a back-end that can enable, and what the plan writes there. */
#include <errno.h>

#include "base/clock.h"
#include "bus.h"

#define PATIENCE_CYCLES	200
#define SHORT_MS	1000

/* ---- states ---- */

static void states_have_an_order(void)
{
	uint64_t blocking = 0;

	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), EPERM);
	EXPECT_ERRNO(-bus->ops->disable(bus, 0), EPERM);
	bus_take();
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), ECANCELED);
	EXPECT(blocking & oht_cause_mask(OHT_STOPPED_BY_SOFTWARE));
	bus_enable();
	EXPECT_IS(bus_status().outputs, OHT_OUT_ENABLE_1 | OHT_OUT_ENABLE_2);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), ECANCELED);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), ECANCELED);
	EXPECT_ERRNO(-bus->ops->disable(bus, 0), 0);
	EXPECT_IS(bus_status().state, OHT_STATE_READY);
	EXPECT_IS(bus_status().outputs, 0);
	EXPECT_IS(bus_status().causes, 0);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), 0);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	EXPECT_IS(bus_status().state, OHT_STATE_STOPPED);
	EXPECT_IS(bus_status().outputs, 0);
}

static void deadman_stops_a_silent_controller(void)
{
	uint32_t deadman_ms = SHORT_MS;
	uint64_t blocking = 0, before_ns, longest_ns = 0, now_ns;
	int i;

	before_ns = ohtd_monotonic_ns();
	EXPECT_ERRNO(-bus->ops->take(bus, &deadman_ms), 0);
	EXPECT_IS(deadman_ms, SHORT_MS);
	bus_enable();
	for (i = 0; i < 8; i++) {
		place.pass_ms(bus, SHORT_MS / 4);
		EXPECT_ERRNO(-bus->ops->heartbeat(bus), 0);
		now_ns = ohtd_monotonic_ns();
		longest_ns = now_ns - before_ns > longest_ns ? now_ns - before_ns : longest_ns;
		before_ns = now_ns;
	}
	/* A host that held this program up for so long has made the heartbeat late. */
	if (longest_ns < SHORT_MS * OHTD_NS_PER_MS)
		EXPECT_IS(bus_status().state, OHT_STATE_ENABLED);
	EXPECT_IS(bus_told_stop().cause, OHT_STOPPED_BY_DEADMAN);
	EXPECT_IS(bus_status().first_cause, OHT_STOPPED_BY_DEADMAN);
	EXPECT_IS(bus_status().outputs, 0);
	EXPECT(bus_status().is_controller);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), EBUSY);
	EXPECT_IS(blocking, oht_cause_mask(OHT_STOPPED_BY_DEADMAN));
	EXPECT_ERRNO(-bus->ops->heartbeat(bus), 0);
	EXPECT_ERRNO(-bus->ops->reset(bus, 0, &blocking), 0);
}

/* ---- what the plan writes ---- */

enum { READS, WRITES, ENTRIES };

static const uint16_t word = 7;

static void fill(struct oht_cyclic_entry *entries)
{
	const struct oht_cyclic_entry entry = {
		.unit = place.unit, .loss_errors = 200, .address = place.address, .count = 1,
		.period_cycles = 1, .timeout_us = 10000, .turnaround_us = 1750,
	};

	entries[READS] = entry;
	entries[READS].function = OHT_READ_HOLDING;
	entries[WRITES] = entry;
	entries[WRITES].function = OHT_WRITE_SINGLE;
}

static uint32_t run(void)
{
	struct oht_cyclic_entry entries[ENTRIES];

	fill(entries);
	return bus_run_plan(entries, ENTRIES);
}

static int give(uint32_t generation, unsigned int entry, unsigned int count)
{
	const uint16_t words[2] = { word, word };

	return -bus->ops->outputs(bus, generation, entry, words, count, false);
}

static int give_now(uint32_t generation, unsigned int entry, uint16_t value)
{
	return -bus->ops->outputs(bus, generation, entry, &value, 1, true);
}

/* The first turn of what is written comes when the patience of a test is long over. */
static uint32_t run_without_turns(void)
{
	struct oht_cyclic_entry entries[ENTRIES];

	fill(entries);
	entries[WRITES].period_cycles = 5 * PATIENCE_CYCLES;
	entries[WRITES].phase_cycles = 5 * PATIENCE_CYCLES - 1;
	return bus_run_plan(entries, ENTRIES);
}

static void pass_cycles(unsigned int count)
{
	place.pass_ms(bus, count * BUS_CYCLE_MS);
}

/* Waits until the read has been made twice more: an exchange that was on the wire is over then, also on a busy host. */
static void pass_turn(void)
{
	unsigned int turns, waited;

	for (turns = 0; turns < 2; turns++) {
		uint64_t before_ns = bus_value(READS).tried_ns;

		for (waited = 0; bus_value(READS).tried_ns == before_ns && waited < PATIENCE_CYCLES; waited++)
			pass_cycles(1);
		EXPECT(bus_value(READS).tried_ns != before_ns);
	}
}

/* The entry's value once it has been exchanged well behind @after_ns: a busy host lets some cycles fail. */
static struct oht_cyclic_value exchanged(unsigned int entry, uint64_t after_ns)
{
	struct oht_cyclic_value value = bus_value(entry);
	unsigned int waited;

	for (waited = 0; waited < PATIENCE_CYCLES; waited++) {
		if (!value.error && value.timestamp_ns > after_ns)
			break;
		pass_cycles(1);
		value = bus_value(entry);
	}
	EXPECT_IS(value.error, 0);
	EXPECT(value.timestamp_ns > after_ns);
	return value;
}

/* The words, set out of turn, once they were exchanged well behind @after_ns: set again where a busy host has let that fail. */
static struct oht_cyclic_value exchanged_now(uint32_t generation, uint64_t after_ns)
{
	struct oht_cyclic_value value;
	unsigned int waited;

	EXPECT_ERRNO(give_now(generation, WRITES, word), 0);
	for (waited = 0; waited < PATIENCE_CYCLES; waited++) {
		value = bus_value(WRITES);
		if (!value.error && value.timestamp_ns > after_ns)
			break;
		if (place.stalls && value.error && value.tried_ns > after_ns)
			EXPECT_ERRNO(give_now(generation, WRITES, word), 0);
		pass_cycles(1);
	}
	EXPECT_IS(value.error, 0);
	EXPECT(value.timestamp_ns > after_ns);
	return value;
}

static void set_register(uint16_t value)
{
	struct oht_request write = bus_read_of(place.unit);

	write.flags = OHT_REQUEST_WHILE_STOPPED;
	write.function = OHT_WRITE_SINGLE;
	write.words = &value;
	EXPECT_IS(bus_answer(&write).error, 0);
}

static uint16_t register_now(void)
{
	struct oht_request read = bus_read_of(place.unit);

	return bus_answer(&read).words[0];
}

static void outputs_need_the_role(void)
{
	EXPECT_ERRNO(give(1, 0, 1), EPERM);
	if (!place.rival)
		return;
	place.rival(true);
	EXPECT_ERRNO(give(1, 0, 1), EPERM);
	place.rival(false);
}

static void outputs_need_a_plan(void)
{
	bus_take();
	bus_reset();
	EXPECT_ERRNO(give(1, 0, 1), ENOENT);
}

static void outputs_are_of_the_plan_in_force(void)
{
	uint32_t first, second;

	bus_take();
	bus_reset();
	first = run();
	second = run();
	EXPECT_ERRNO(give(first, WRITES, 1), ENOENT);
	EXPECT_ERRNO(give(second + 1, WRITES, 1), ENOENT);
	EXPECT_ERRNO(give(second, WRITES, 1), 0);
}

static void outputs_have_a_form(void)
{
	uint32_t generation;

	bus_take();
	bus_reset();
	generation = run();
	EXPECT_ERRNO(give(generation, WRITES, 0), EINVAL);
	EXPECT_ERRNO(give(generation, WRITES, 2), EINVAL);
	EXPECT_ERRNO(give(generation, READS, 1), EINVAL);
	EXPECT_ERRNO(give(generation, ENTRIES, 1), EINVAL);
	EXPECT_ERRNO(give(generation, OHT_CYCLIC_ENTRIES_MAX, 1), EINVAL);
}

static void nothing_is_given_while_stopped(void)
{
	uint32_t generation;

	bus_take();
	bus_reset();
	generation = run();
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	EXPECT_ERRNO(give(generation, WRITES, 1), ECANCELED);
}

static void outputs_wait_for_the_enable(void)
{
	struct oht_cyclic_value written;
	uint64_t blocking;
	uint32_t generation;

	if (!place.exchanges())
		return;
	bus_take();
	bus_reset();
	set_register(1);
	generation = run();
	EXPECT_ERRNO(give(generation, WRITES, 1), 0);
	pass_cycles(4);
	EXPECT_IS(bus_value(WRITES).tried_ns, 0);
	EXPECT_IS(register_now(), 1);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), 0);
	written = exchanged(WRITES, 0);
	EXPECT_IS(written.words[0], word);
	EXPECT_IS(register_now(), word);
	EXPECT_IS(exchanged(READS, written.timestamp_ns).words[0], word);
}

/* Neither a stop nor a disable lets an old value come back. */
static void outputs_do_not_outlive_a_stop(bool disable)
{
	uint64_t blocking, last_ns;
	uint32_t generation;

	if (!place.exchanges())
		return;
	bus_take();
	bus_enable();
	generation = run();
	EXPECT_ERRNO(give(generation, WRITES, 1), 0);
	EXPECT_IS(exchanged(WRITES, 0).words[0], word);
	if (disable) {
		EXPECT_ERRNO(-bus->ops->disable(bus, 0), 0);
	} else {
		EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
		bus_reset();
	}
	pass_turn();
	last_ns = bus_value(WRITES).timestamp_ns;
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), 0);
	pass_cycles(4);
	EXPECT(bus_value(WRITES).timestamp_ns == last_ns);
	EXPECT_ERRNO(give(generation, WRITES, 1), 0);
	exchanged(WRITES, last_ns);
}

static void a_stop_forgets_outputs(void)
{
	outputs_do_not_outlive_a_stop(false);
}

static void a_disable_forgets_outputs(void)
{
	outputs_do_not_outlive_a_stop(true);
}

static void another_plan_forgets_outputs(void)
{
	uint32_t generation;

	if (!place.exchanges())
		return;
	bus_take();
	bus_enable();
	generation = run();
	EXPECT_ERRNO(give(generation, WRITES, 1), 0);
	pass_cycles(4);
	run();
	pass_cycles(4);
	EXPECT_IS(bus_value(WRITES).tried_ns, 0);
	exchanged(READS, 0);
}

static void outputs_out_of_turn_are_refused_as_others(void)
{
	uint32_t generation;

	EXPECT_ERRNO(give_now(1, 0, word), EPERM);
	bus_take();
	bus_reset();
	EXPECT_ERRNO(give_now(1, 0, word), ENOENT);
	generation = run_without_turns();
	EXPECT_ERRNO(give_now(generation + 1, WRITES, word), ENOENT);
	EXPECT_ERRNO(give_now(generation, READS, word), EINVAL);
	EXPECT_ERRNO(give_now(generation, ENTRIES, word), EINVAL);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	EXPECT_ERRNO(give_now(generation, WRITES, word), ECANCELED);
}

/* Also behind the reads that go on, and with newer words behind older ones. */
static void outputs_out_of_turn_do_not_wait(void)
{
	struct oht_cyclic_value written;
	uint32_t generation;
	unsigned int i;

	if (!place.exchanges())
		return;
	bus_take();
	bus_enable();
	set_register(1);
	generation = run_without_turns();
	EXPECT_ERRNO(give(generation, WRITES, 1), 0);
	pass_cycles(4);
	EXPECT_IS(bus_value(WRITES).tried_ns, 0);
	written = exchanged_now(generation, 0);
	EXPECT_IS(written.words[0], word);
	EXPECT_IS(exchanged(READS, written.timestamp_ns).words[0], word);
	for (i = 1; i <= 8; i++)
		EXPECT_ERRNO(give_now(generation, WRITES, (uint16_t)(word + i)), 0);
	for (i = 0; i < PATIENCE_CYCLES && (bus_value(WRITES).error || bus_value(WRITES).words[0] != word + 8); i++) {
		/* What found no room in a cycle waits for its turn: say it again. */
		pass_cycles(1);
		EXPECT_ERRNO(give_now(generation, WRITES, word + 8), 0);
	}
	EXPECT_IS(bus_value(WRITES).words[0], word + 8);
	EXPECT_IS(register_now(), word + 8);
}

/* What was set out of turn before the enable has its turn, and what a stop took back has none. */
static void outputs_out_of_turn_need_the_enable(void)
{
	uint64_t blocking, last_ns;
	uint32_t generation;

	if (!place.exchanges())
		return;
	bus_take();
	bus_reset();
	set_register(1);
	generation = run_without_turns();
	EXPECT_ERRNO(give_now(generation, WRITES, word), 0);
	pass_cycles(4);
	EXPECT_ERRNO(-bus->ops->enable(bus, 0, &blocking), 0);
	pass_cycles(4);
	EXPECT_IS(bus_value(WRITES).tried_ns, 0);
	EXPECT_ERRNO(give_now(generation, WRITES, word), 0);
	EXPECT_ERRNO(-bus->ops->stop(bus, 0), 0);
	pass_turn();
	last_ns = bus_value(WRITES).timestamp_ns;
	bus_enable();
	pass_cycles(4);
	EXPECT(bus_value(WRITES).timestamp_ns == last_ns);
	exchanged_now(generation, last_ns);
}

const struct contract_test bus_outputs_tests[] = {
	CONTRACT(states_have_an_order),
	CONTRACT(deadman_stops_a_silent_controller),
	CONTRACT(outputs_need_the_role),
	CONTRACT(outputs_need_a_plan),
	CONTRACT(outputs_are_of_the_plan_in_force),
	CONTRACT(outputs_have_a_form),
	CONTRACT(nothing_is_given_while_stopped),
	CONTRACT(outputs_wait_for_the_enable),
	CONTRACT(a_stop_forgets_outputs),
	CONTRACT(a_disable_forgets_outputs),
	CONTRACT(another_plan_forgets_outputs),
	CONTRACT(outputs_out_of_turn_are_refused_as_others),
	CONTRACT(outputs_out_of_turn_do_not_wait),
	CONTRACT(outputs_out_of_turn_need_the_enable),
};
const size_t bus_outputs_count = sizeof(bus_outputs_tests) / sizeof(bus_outputs_tests[0]);
