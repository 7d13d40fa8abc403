// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Figures of the past against all samples: random values with holes and bad ones, in two runs of which the second
 * begins before the first has ended by the clock. Each sum of each cell of random spans is what every sample alone gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analytics/analytics.h"
#include "analytics/figures.h"
#include "base/clock.h"
#include "chance.h"
#include "history/changes.h"
#include "history/summary.h"
#include "oht_client.h"
#include "robot/codes.h"
#include "robot/samples.h"
#include "robot/telemetry.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/db.h"
#include "store_fixture.h"
#include "journal/command_rows.h"
#include "journal/rows.h"

#define CYCLE_NS	(25ll * 1000000)
#define FLUSH_S		10
#define PORTION		(150 * FLUSH_S * 40)
#define BEGAN_NS	(1800000000ll * 1000000000)
#define MINUTE_NS	(60ll * 1000000000)
#define DAY_NS		(1440 * MINUTE_NS)
/* More than a chunk, so that one is sealed and some is in memory. */
#define FIRST_CYCLES	(163840 + 20000 + 133)
#define SECOND_CYCLES	22000
#define SPANS		100
#define COMMANDS	300
#define ENTRIES		5000

enum { SPEED, VOLTAGE, CURRENT, ENABLED, STATE, LATE, EXCHANGES, ERRORS, HEALTH, SIGNALS = HEALTH + OHTD_CELL_MODULES };

static const unsigned int signals[SIGNALS] = {
	OHTD_TELEMETRY_speed_mm_s, OHTD_TELEMETRY_battery_v, OHTD_TELEMETRY_battery_a, OHTD_TELEMETRY_enabled,
	OHTD_TELEMETRY_state, OHTD_TELEMETRY_cycle_late_us, OHTD_TELEMETRY_bus_transfers, OHTD_TELEMETRY_bus_errors,
	OHTD_TELEMETRY_power_health, OHTD_TELEMETRY_safety_health, OHTD_TELEMETRY_travel_motor_health,
	OHTD_TELEMETRY_dock_location_health,
};

/* What the test knows of a run; quality 0xff: the cycle was not begun. */
static struct run {
	int64_t start_ns, cycles;
	int64_t values[FIRST_CYCLES][SIGNALS];
	uint8_t quality[FIRST_CYCLES][SIGNALS];
} runs[2];

static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
static struct ohtd_history *history;
static struct ohtd_store *store;
static const struct run *played;
/* @got: of @given, those that the history has got in this life. */
static uint64_t given, got, wanted, seed, base_ns;

static uint64_t roll(uint64_t sides)
{
	return chance(&seed, sides);
}

/* ---- the robot ---- */

int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample);

int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample)
{
	(void)robot;
	(void)reader;
	while (__atomic_load_n(&given, __ATOMIC_ACQUIRE) < __atomic_load_n(&wanted, __ATOMIC_ACQUIRE)) {
		const uint64_t number = given;
		const bool begun = played->quality[number][0] != 0xff;

		__atomic_add_fetch(&got, begun, __ATOMIC_RELEASE);
		__atomic_store_n(&given, number + 1, __ATOMIC_RELEASE);
		if (!begun)
			continue;
		*sample = (struct ohtd_sample){ .number = number, .time_ns = base_ns + number * (uint64_t)CYCLE_NS };
		memset(sample->quality, 0xff, sizeof(sample->quality));
		for (unsigned int i = 0; i < SIGNALS; i++) {
			sample->quality[signals[i] / 32] &= ~(3ull << (2 * (signals[i] % 32)));
			ohtd_sample_set_quality(sample, signals[i], played->quality[number][i]);
			sample->values[signals[i]] = played->values[number][i];
		}
		return 1;
	}
	return 0;
}

/* Motion, rest, ramps through nought and a jittering encoder. */
static int64_t next_speed(int64_t speed)
{
	static unsigned int manner;

	if (!roll(700))
		manner = (unsigned int)roll(5);
	switch (manner) {
	case 0:
		return 0;
	case 1:
		return speed;
	case 2:
		return speed + (int64_t)roll(3) - 1;
	case 3:
		return (int64_t)roll(7) - 3;
	default:
		return speed + (speed > 900 ? -5 : (int64_t)roll(20) - 9);
	}
}

/* At times both change at once, at times one of them or none does. */
static void next_power(int64_t *v, int64_t *a)
{
	static unsigned int manner;

	if (!roll(900))
		manner = (unsigned int)roll(4);
	if (manner & 1)
		*v = 480 + (int64_t)roll(9);
	if (manner & 2)
		*a = (int64_t)roll(40) - 30;
	if (!roll(2000))
		*a = (int64_t)roll(200) - 100;
}

static void next_values(const int64_t *before, int64_t *values)
{
	memcpy(values, before, SIGNALS * sizeof(values[0]));
	values[SPEED] = next_speed(before[SPEED]);
	next_power(&values[VOLTAGE], &values[CURRENT]);
	values[ENABLED] ^= !roll(900);
	values[STATE] = roll(1500) ? before[STATE] : (int64_t)roll(OHTD_STATES);
	values[LATE] = (int64_t)roll(roll(2000) ? 40 : 900);
	/* A counter that has come to its end begins anew. */
	values[EXCHANGES] = roll(9000) ? values[EXCHANGES] + (int64_t)roll(3) : 0;
	/* A module is taken out with its errors. */
	values[ERRORS] += roll(300) ? 0 : roll(6) ? (int64_t)roll(4) : -values[ERRORS] / 2;
	for (unsigned int i = HEALTH; i < SIGNALS; i++)
		values[i] = roll(1200) ? before[i] : (int64_t)roll(OHTD_HEALTH_QUARANTINED + 1);
}

static void make_run(struct run *run, int64_t cycles)
{
	int64_t before[SIGNALS] = { 0 };
	unsigned int hole = 0, bad[SIGNALS] = { 0 };

	before[VOLTAGE] = 481;
	run->cycles = cycles;
	for (int64_t at = 0; at < cycles; at++) {
		next_values(before, run->values[at]);
		memcpy(before, run->values[at], sizeof(before));
		hole = hole ? hole - 1 : roll(6000) ? 0 : (unsigned int)roll(roll(4) ? 30 : 3000);
		for (unsigned int i = 0; i < SIGNALS; i++) {
			bad[i] = bad[i] ? bad[i] - 1 : roll(4000) ? 0 : (unsigned int)roll(200);
			run->quality[at][i] = hole ? 0xff : bad[i] ? (uint8_t)(1 + bad[i] % 3) : 0;
		}
	}
	/* The run reaches from its first to its last cycle. */
	memset(run->quality[0], 0, SIGNALS);
	memset(run->quality[cycles - 1], 0, SIGNALS);
}

static void play(struct run *run, bool step)
{
	const struct ohtd_history_setup setup = {
		.clock = &wall, .path = store_path, .boot_id = "boot", .flush_s = FLUSH_S,
	};
	struct ohtd_history_view view;

	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	played = run;
	base_ns = manual.now_ns;
	given = wanted = got = 0;
	history = ohtd_history_start(&setup);
	assert_non_null(history);
	while ((int64_t)wanted < run->cycles) {
		uint64_t to = (uint64_t)run->cycles - wanted > PORTION ? wanted + PORTION : (uint64_t)run->cycles;

		ohtd_manual_clock_advance(&manual, (to - wanted) * (uint64_t)CYCLE_NS);
		__atomic_store_n(&wanted, to, __ATOMIC_RELEASE);
		WAIT_FOR(__atomic_load_n(&given, __ATOMIC_ACQUIRE) == to);
		/* The history has the last one a moment after it was given, and what that one completes waits from then on. */
		WAIT_FOR((ohtd_history_look(history, &view), view.samples == __atomic_load_n(&got, __ATOMIC_ACQUIRE)));
		WAIT_FOR((ohtd_history_look(history, &view), !view.waiting));
		/* Someone sets the clock once. */
		if (step && to == PORTION)
			manual.realtime_ns -= 7 * MINUTE_NS + 12345678;
	}
}

/* Where the history says that runs begin: its clock may have been set. */
static void take_starts(void)
{
	struct ohtd_history_run run = { 0 };

	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(ohtd_history_next_run(history, 0, INT64_MAX, &run), 1);
		assert_int_equal(run.run, i + 1);
		assert_int_equal(run.end, runs[i].cycles);
		runs[i].start_ns = run.start_ns;
	}
	/* Without a next one it stays: who asks once more does not begin anew. */
	assert_int_equal(ohtd_history_next_run(history, 0, INT64_MAX, &run), 0);
	assert_int_equal(run.run, 2);
}

/* ---- brute force ---- */

static bool begins(enum ohtd_cells_by by, const struct ohtd_shifts *shifts, int64_t minute)
{
	if (by == OHTD_BY_HOUR)
		return minute % 60 == 0;
	for (unsigned int i = 0; by == OHTD_BY_SHIFT && i < shifts->count; i++)
		if (minute % 1440 == shifts->minute[i])
			return true;
	return by == OHTD_BY_DAY && minute % 1440 == 0;
}

/* Minute by minute. */
static size_t brute_cells(const struct ohtd_analysis_query *query, struct ohtd_cell *cells)
{
	size_t count = 1;

	memset(cells, 0, (OHTD_CELLS_MAX + 1) * sizeof(*cells));
	cells[0].from_ns = query->from_ns;
	for (int64_t minute = query->from_ns / MINUTE_NS + 1; minute * MINUTE_NS < query->to_ns; minute++)
		if (begins(query->by, &query->shifts, minute)) {
			cells[count - 1].to_ns = minute * MINUTE_NS;
			cells[count++].from_ns = minute * MINUTE_NS;
		}
	cells[count - 1].to_ns = query->to_ns;
	return count;
}

static bool is_good(const struct run *run, int64_t at, unsigned int signal)
{
	return !run->quality[at][signal];
}

struct brute_memory {
	int64_t greatest[2];
	bool begun[2], up[OHTD_CELL_MODULES];
};

static int64_t brute_counter(struct brute_memory *memory, unsigned int counter, int64_t value)
{
	int64_t more;

	if (!memory->begun[counter])
		memory->greatest[counter] = value;
	memory->begun[counter] = true;
	more = value > memory->greatest[counter] ? value - memory->greatest[counter] : 0;
	memory->greatest[counter] += more;
	return more;
}

static void brute_modules(const struct run *run, int64_t at, struct brute_memory *memory, struct ohtd_cell *cell)
{
	for (unsigned int i = 0; i < OHTD_CELL_MODULES; i++) {
		const int64_t health = run->values[at][HEALTH + i];

		if (!is_good(run, at, HEALTH + i))
			continue;
		if (health == OHTD_HEALTH_LOST) {
			cell->modules[i].down++;
			cell->modules[i].failures += memory->up[i];
		}
		memory->up[i] = health == OHTD_HEALTH_GOOD || health == OHTD_HEALTH_DEGRADED;
		cell->modules[i].up += memory->up[i];
	}
}

static void brute_sample(const struct run *run, int64_t at, struct brute_memory *memory, struct ohtd_cell *cell)
{
	const int64_t *values = run->values[at], power = values[VOLTAGE] * values[CURRENT], state = values[STATE];

	if (is_good(run, at, SPEED)) {
		cell->speed_known++;
		cell->moving += llabs(values[SPEED]) > 2;
		cell->way += llabs(values[SPEED]) > 2 ? llabs(values[SPEED]) : 0;
	}
	if (is_good(run, at, VOLTAGE) && is_good(run, at, CURRENT)) {
		cell->power_known++;
		cell->used += power < 0 ? -power : 0;
		cell->charged += power > 0 ? power : 0;
	}
	if (is_good(run, at, ENABLED)) {
		cell->enabled_known++;
		cell->enabled += values[ENABLED];
	}
	if (is_good(run, at, STATE)) {
		cell->state_known++;
		cell->available += state >= OHTD_STATE_IDLE && state <= OHTD_STATE_DOCK;
	}
	if (is_good(run, at, LATE)) {
		cell->late_known++;
		cell->late += values[LATE];
		cell->late_max = values[LATE] > cell->late_max ? values[LATE] : cell->late_max;
	}
	if (is_good(run, at, EXCHANGES)) {
		cell->bus_known++;
		cell->exchanges += brute_counter(memory, 0, values[EXCHANGES]);
	}
	if (is_good(run, at, ERRORS))
		cell->errors += brute_counter(memory, 1, values[ERRORS]);
	brute_modules(run, at, memory, cell);
}

/* A cycle in front of the span says from what it begins. */
static void brute_run(const struct ohtd_analysis_query *query, const struct run *run, struct ohtd_cell *cells)
{
	struct brute_memory memory = { 0 };
	struct ohtd_cell outside;
	size_t place = 0;

	for (int64_t at = 0; at < run->cycles; at++) {
		const int64_t time_ns = run->start_ns + at * CYCLE_NS;

		if (time_ns < query->from_ns - CYCLE_NS || time_ns >= query->to_ns)
			continue;
		if (!at)
			memory.begun[0] = memory.begun[1] = true;
		while (time_ns >= cells[place].to_ns)
			place++;
		brute_sample(run, at, &memory, time_ns < query->from_ns ? &outside : &cells[place]);
	}
}

/* Where both runs are. */
static int64_t brute_twice(int64_t from_ns, int64_t to_ns)
{
	for (unsigned int i = 0; i < 2; i++) {
		const int64_t end_ns = runs[i].start_ns + runs[i].cycles * CYCLE_NS;

		from_ns = from_ns > runs[i].start_ns ? from_ns : runs[i].start_ns;
		to_ns = to_ns < end_ns ? to_ns : end_ns;
	}
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* ---- an analysis ---- */

static struct ohtd_analysis *analyse(const struct ohtd_analysis_query *query)
{
	struct ohtd_analysis *analysis = ohtd_analysis_begin(query);
	int r;

	assert_non_null(analysis);
	while ((r = ohtd_analysis_step(analysis)) > 0)
		;
	assert_int_equal(r, 0);
	return analysis;
}

#define SAME(member_)									\
	do {										\
		if (is->member_ != should->member_)					\
			fail_msg("%s of cell %zu: %lld, not %lld", #member_, place,	\
				 (long long)is->member_, (long long)should->member_);	\
	} while (0)

static void compare(const struct ohtd_cell *is, const struct ohtd_cell *should, size_t place)
{
	SAME(from_ns);
	SAME(to_ns);
	SAME(twice_ns);
	SAME(speed_known);
	SAME(moving);
	SAME(way);
	SAME(power_known);
	SAME(used);
	SAME(charged);
	SAME(enabled_known);
	SAME(enabled);
	SAME(state_known);
	SAME(available);
	SAME(late_known);
	SAME(late);
	SAME(late_max);
	SAME(bus_known);
	SAME(exchanges);
	SAME(errors);
	for (unsigned int i = 0; i < OHTD_CELL_MODULES; i++) {
		SAME(modules[i].up);
		SAME(modules[i].down);
		SAME(modules[i].failures);
	}
}

static struct ohtd_shifts random_shifts(int64_t near_ns)
{
	struct ohtd_shifts shifts = { .count = 1 + (unsigned int)roll(OHTD_SHIFTS_MAX) };
	int64_t minute = near_ns / MINUTE_NS % 1440;

	/* Near the time of the samples, as far as the day goes. */
	minute = minute > 1300 ? 1300 : minute;
	for (unsigned int i = 0; i < shifts.count; i++) {
		minute += 1 + (int64_t)roll(12);
		shifts.minute[i] = (unsigned int)minute;
	}
	return shifts;
}

static struct ohtd_analysis_query random_query(void)
{
	const int64_t begin_ns = runs[0].start_ns < runs[1].start_ns ? runs[0].start_ns : runs[1].start_ns;
	const int64_t length_ns = (FIRST_CYCLES + SECOND_CYCLES) * CYCLE_NS + 20 * MINUTE_NS;
	struct ohtd_analysis_query query = {
		.history = history, .store = store, .by = (enum ohtd_cells_by)roll(OHTD_BY_END),
	};
	const int64_t span_ns = length_ns >> roll(10);

	query.from_ns = begin_ns - 10 * MINUTE_NS + (int64_t)roll((uint64_t)(length_ns - span_ns + 1));
	query.to_ns = query.from_ns + span_ns;
	query.shifts = random_shifts(begin_ns);
	return query;
}

static void figures_equal_brute_force(void **state)
{
	static struct ohtd_cell cells[OHTD_CELLS_MAX + 1];
	int64_t known = 0, failures = 0, twice_ns = 0;

	(void)state;
	for (unsigned int i = 0; i < SPANS; i++) {
		const struct ohtd_analysis_query query = random_query();
		struct ohtd_analysis *analysis = analyse(&query);
		size_t count, wanted_count = brute_cells(&query, cells);
		const struct ohtd_cell *found = ohtd_analysis_cells(analysis, &count);

		brute_run(&query, &runs[0], cells);
		brute_run(&query, &runs[1], cells);
		assert_int_equal(count, wanted_count);
		for (size_t k = 0; k < count; k++) {
			cells[k].twice_ns = brute_twice(cells[k].from_ns, cells[k].to_ns);
			compare(&found[k], &cells[k], k);
			twice_ns += found[k].twice_ns;
			known += found[k].power_known;
			failures += found[k].modules[0].failures;
		}
		ohtd_analysis_end(analysis);
	}
	/* Something has been compared. */
	assert_true(known > 50000 && failures > 20 && twice_ns > MINUTE_NS);
}

/* Where samples are gone: less may be known, but nothing is said that was not so. */
static void coarse_columns_say_no_more_than_samples(void **state)
{
	struct ohtd_analysis_query query[SPANS / 10];
	struct ohtd_analysis *before[SPANS / 10];
	int64_t gone = 0;

	(void)state;
	for (unsigned int i = 0; i < SPANS / 10; i++) {
		query[i] = random_query();
		before[i] = analyse(&query[i]);
	}
	store_run_sql("DELETE FROM chunks");
	for (unsigned int i = 0; i < SPANS / 10; i++) {
		struct ohtd_analysis *coarse = analyse(&query[i]);
		size_t count;
		const struct ohtd_cell *should = ohtd_analysis_cells(before[i], &count);
		const struct ohtd_cell *is = ohtd_analysis_cells(coarse, &count);

		for (size_t k = 0; k < count; k++) {
			assert_true(is[k].speed_known <= should[k].speed_known && is[k].way <= should[k].way);
			assert_true(is[k].power_known <= should[k].power_known && is[k].used <= should[k].used);
			assert_true(is[k].state_known <= should[k].state_known);
			assert_true(is[k].available <= should[k].available);
			assert_true(is[k].state_known - is[k].available <= should[k].state_known - should[k].available);
			gone += should[k].power_known - is[k].power_known;
		}
		ohtd_analysis_end(before[i]);
		ohtd_analysis_end(coarse);
	}
	assert_true(gone > 0);
}

/* ---- a summary of signals ---- */

struct brute_summary {
	int64_t first, last, min, max, cycles;
	double sum;
	int64_t time[OHTD_SUMMARY_STATES_MAX], times[OHTD_SUMMARY_STATES_MAX];
};

static void brute_summary_of(const struct ohtd_summary_query *query, const struct run *run, unsigned int signal,
			     struct brute_summary *to)
{
	int64_t before = -1;

	for (int64_t at = 0; at < run->cycles; at++) {
		const int64_t time_ns = run->start_ns + at * CYCLE_NS, value = run->values[at][signal];

		if (time_ns < query->from_ns || time_ns >= query->to_ns || !is_good(run, at, signal))
			continue;
		to->first = to->cycles ? to->first : value;
		to->last = value;
		to->min = to->cycles && to->min < value ? to->min : value;
		to->max = to->cycles && to->max > value ? to->max : value;
		to->sum += (double)value;
		to->cycles++;
		if (signal != STATE && signal != ENABLED)
			continue;
		to->time[value]++;
		to->times[value] += value != before;
		before = value;
	}
}

static struct ohtd_summary *sum_up(const struct ohtd_summary_query *query)
{
	struct ohtd_summary *summary = ohtd_summary_begin(query);
	int r;

	assert_non_null(summary);
	while ((r = ohtd_summary_step(summary)) > 0)
		;
	assert_int_equal(r, 0);
	return summary;
}

static void summaries_equal_brute_force(void **state)
{
	static const unsigned int asked[] = { STATE, ENABLED, SPEED, EXCHANGES };
	int64_t changes = 0;

	(void)state;
	for (unsigned int i = 0; i < SPANS / 2; i++) {
		const struct ohtd_analysis_query span = random_query();
		struct ohtd_summary_query query = {
			.history = history, .from_ns = span.from_ns, .to_ns = span.to_ns, .count = 4,
		};
		const struct ohtd_summary_signal *found;
		struct ohtd_summary *summary;

		for (unsigned int k = 0; k < 4; k++)
			query.signals[k] = signals[asked[k]];
		summary = sum_up(&query);
		found = ohtd_summary_signals(summary);
		assert_int_equal(ohtd_summary_twice_ns(summary), brute_twice(query.from_ns, query.to_ns));
		for (unsigned int k = 0; k < 4; k++) {
			struct brute_summary should = { 0 };

			brute_summary_of(&query, &runs[0], asked[k], &should);
			brute_summary_of(&query, &runs[1], asked[k], &should);
			assert_int_equal(found[k].cycles, should.cycles);
			assert_int_equal(found[k].first, should.first);
			assert_int_equal(found[k].last, should.last);
			assert_int_equal(found[k].min, should.min);
			assert_int_equal(found[k].max, should.max);
			assert_true(found[k].sum == should.sum);
			for (unsigned int value = 0; value < OHTD_SUMMARY_STATES_MAX; value++) {
				assert_int_equal(found[k].states[value].cycles, should.time[value]);
				assert_int_equal(found[k].states[value].times, should.times[value]);
				changes += should.times[value];
			}
		}
		ohtd_summary_end(summary);
	}
	assert_true(changes > 500);
}

/* ---- changes of the state ---- */

#define CHANGES_MAX	2000
#define APART		2560	/* cycles */

struct brute_changes {
	struct ohtd_history_change of[CHANGES_MAX];
	size_t count;
};

static int by_time(const void *a, const void *b)
{
	const struct ohtd_history_change *one = a, *other = b;

	if (one->time_ns != other->time_ns)
		return one->time_ns < other->time_ns ? -1 : 1;
	return one->run != other->run ? (int)(one->run - other->run) : one->cycle < other->cycle ? -1 : 1;
}

/* All but those to one state. */
static bool wants(void *context, const struct ohtd_history_change *change)
{
	return change->now != *(const int64_t *)context;
}

static void brute_changes_of(int64_t number, const struct ohtd_changes_query *query, struct brute_changes *to)
{
	const struct run *run = &runs[number - 1];
	int64_t last = -1;

	for (int64_t at = 0; at < run->cycles; at++) {
		const struct ohtd_history_change change = {
			.run = number, .cycle = at, .time_ns = run->start_ns + at * CYCLE_NS,
			.before = last < 0 ? 0 : run->values[last][STATE], .now = run->values[at][STATE],
		};

		if (!is_good(run, at, STATE))
			continue;
		if (last >= 0 && at - last - 1 <= APART && change.before != change.now && wants(query->context, &change) &&
		    change.time_ns >= query->from_ns && change.time_ns < query->to_ns) {
			assert_true(to->count < CHANGES_MAX);
			to->of[to->count++] = change;
		}
		last = at;
	}
}

/* Page by page, as a client with a cursor goes on. */
static void take_pages(struct ohtd_changes_query query, struct brute_changes *to)
{
	bool goes_on = true;

	while (goes_on) {
		struct ohtd_changes *changes = ohtd_changes_begin(&query);
		const struct ohtd_history_change *found;
		int64_t until_ns;
		size_t count;
		int r;

		assert_non_null(changes);
		while ((r = ohtd_changes_step(changes)) > 0)
			;
		assert_int_equal(r, 0);
		found = ohtd_changes_found(changes, &count, &until_ns);
		assert_true(count <= query.limit && to->count + count < CHANGES_MAX);
		memcpy(&to->of[to->count], found, count * sizeof(*found));
		to->count += count;
		goes_on = count == query.limit || ohtd_changes_go_on(changes);
		if (count == query.limit)
			until_ns = found[count - 1].time_ns + !query.descends;
		*(query.descends ? &query.to_ns : &query.from_ns) = until_ns;
		ohtd_changes_end(changes);
	}
}

/* In both orders, whole and in pages, some of which end at their last chunk. */
static void changes_equal_brute_force(void **state)
{
	static struct brute_changes should, is;
	int64_t unwanted = 3;
	size_t count = 0;

	(void)state;
	for (unsigned int i = 0; i < SPANS; i++) {
		const struct ohtd_analysis_query span = random_query();
		struct ohtd_changes_query query = {
			.history = history, .signal = OHTD_TELEMETRY_state, .from_ns = span.from_ns, .to_ns = span.to_ns,
			.descends = i % 2, .limit = i % 3 ? 1 + (unsigned int)roll(9) : CHANGES_MAX / 2,
			.steps_max = roll(2) ? 1 : 100, .wants = wants, .context = &unwanted,
		};

		should.count = is.count = 0;
		brute_changes_of(1, &query, &should);
		brute_changes_of(2, &query, &should);
		qsort(should.of, should.count, sizeof(should.of[0]), by_time);
		take_pages(query, &is);
		assert_int_equal(is.count, should.count);
		for (size_t k = 0; k < is.count; k++)
			assert_memory_equal(&is.of[query.descends ? is.count - 1 - k : k], &should.of[k], sizeof(is.of[0]));
		count += is.count;
	}
	assert_true(count > 500);
}

/* ---- commands and stops ---- */

static int64_t random_time(const struct ohtd_analysis_query *query)
{
	return query->from_ns - 3 * MINUTE_NS +
	       (int64_t)roll((uint64_t)(query->to_ns - query->from_ns + 6 * MINUTE_NS));
}

static struct ohtd_cell *brute_find(struct ohtd_cell *cells, size_t count, int64_t time_ns)
{
	for (size_t i = 0; i < count; i++)
		if (time_ns >= cells[i].from_ns && time_ns < cells[i].to_ns)
			return &cells[i];
	return NULL;
}

struct acts {
	struct ohtd_analysis_query query;
	struct ohtd_cell *cells;
	size_t count;
	int64_t replaced;	/* moves that failed for that reason, in all cells */
};

static int keep_commands(struct ohtd_db *db, void *arg)
{
	static const char *const verbs[] = { "move", "home", "dock", "jog" };
	static const char *const reasons[] = { "", "replaced", "obstacle" };
	struct acts *acts = arg;
	int r = 0;

	for (int64_t i = 1; !r && i <= COMMANDS; i++) {
		struct ohtd_command_row row = {
			.number = i, .position_mm = NAN, .speed_mm_s = NAN,
			.ended_ns = random_time(&acts->query),
		};
		struct ohtd_cell *cell = brute_find(acts->cells, acts->count, row.ended_ns);
		const unsigned int verb = (unsigned int)roll(4), reason = (unsigned int)roll(3);

		strcpy(row.verb, verbs[verb]);
		strcpy(row.reason, reasons[reason]);
		strcpy(row.state, reason ? "failed" : "finished");
		row.accepted_ns = row.ended_ns - 1;
		r = ohtd_db_commands_keep(db, &row, 1);
		if (!cell)
			continue;
		cell->moves_finished += verb < 2 && !reason;
		cell->moves_failed += verb < 2 && reason;
		acts->replaced += verb < 2 && reason == 1;
		cell->docks += verb == 2;
		cell->docks_finished += verb == 2 && !reason;
	}
	return r;
}

static int keep_entries(struct ohtd_db *db, void *arg)
{
	const struct ohtd_source source = { .boot_id = "boot", .device = 1 };
	struct ohtd_entry_place place;
	struct acts *acts = arg;
	int r = ohtd_db_journal_source(db, &source, 1, &place);

	for (uint64_t i = 1; !r && i <= ENTRIES; i++) {
		struct ohtd_entry entry = {
			.wall_ns = random_time(&acts->query), .missing = roll(50) ? 0 : 1 + roll(9),
			.event = {
				.journal_seq = i * 100, .kind = 1 + (uint32_t)roll(8), .cause = (uint32_t)roll(24),
				.state_from = (uint8_t)roll(3),
			},
		};
		struct ohtd_cell *cell = brute_find(acts->cells, acts->count, entry.wall_ns);

		r = ohtd_db_journal_add(db, place.source, &entry, 1);
		if (!cell)
			continue;
		cell->entries_missing += entry.missing;
		if (!entry.missing && entry.event.kind <= OHT_KIND_GLITCH && entry.event.state_from)
			cell->stops[entry.event.cause]++;
	}
	return r;
}

static void commands_and_stops_are_counted(void **state)
{
	static struct ohtd_cell cells[OHTD_CELLS_MAX + 1];
	struct acts acts = { .cells = cells, .query = random_query() };
	struct ohtd_analysis *analysis;
	const struct ohtd_cell *found;
	int64_t replaced = 0;
	size_t count;

	(void)state;
	acts.query.by = OHTD_BY_SHIFT;
	acts.query.to_ns = acts.query.from_ns + 50 * MINUTE_NS;
	acts.count = brute_cells(&acts.query, cells);
	assert_int_equal(ohtd_store_call(store, keep_commands, &acts), 0);
	assert_int_equal(ohtd_store_call(store, keep_entries, &acts), 0);
	analysis = analyse(&acts.query);
	found = ohtd_analysis_cells(analysis, &count);
	assert_int_equal(count, acts.count);
	for (size_t i = 0; i < count; i++) {
		const struct ohtd_ending *endings = ohtd_analysis_endings(analysis);
		int64_t failed = 0;

		assert_int_equal(found[i].moves_finished, cells[i].moves_finished);
		assert_int_equal(found[i].moves_failed, cells[i].moves_failed);
		assert_int_equal(found[i].docks, cells[i].docks);
		assert_int_equal(found[i].docks_finished, cells[i].docks_finished);
		assert_int_equal(found[i].entries_missing, cells[i].entries_missing);
		assert_memory_equal(found[i].stops, cells[i].stops, sizeof(cells[i].stops));
		assert_int_equal(found[i].commands_lost_ns, 0);
		for (int k = found[i].ending; k >= 0; k = endings[k].next) {
			failed += endings[k].count;
			replaced += strcmp(endings[k].reason, "replaced") ? 0 : endings[k].count;
		}
		assert_int_equal(failed, cells[i].moves_failed);
	}
	assert_int_equal(replaced, acts.replaced);
	assert_true(replaced > 20);
	ohtd_analysis_end(analysis);
}

/* ---- cells ---- */

static void cells_are_bounded(void **state)
{
	const struct ohtd_shifts night = { .minute = { 600 }, .count = 1 };
	static struct ohtd_cell cells[OHTD_CELLS_MAX];

	(void)state;
	assert_int_equal(ohtd_cells_make(OHTD_BY_HOUR, NULL, 0, OHTD_CELLS_MAX * 60 * MINUTE_NS, cells), OHTD_CELLS_MAX);
	assert_int_equal(ohtd_cells_make(OHTD_BY_HOUR, NULL, 0, OHTD_CELLS_MAX * 60 * MINUTE_NS + 1, NULL),
			 OHTD_CELLS_MAX + 1);
	assert_int_equal(ohtd_cells_make(OHTD_BY_HOUR, NULL, 0, INT64_MAX, cells), OHTD_CELLS_MAX + 1);
	/* One shift a day ends where it begins. */
	assert_int_equal(ohtd_cell_end(OHTD_BY_SHIFT, &night, 600 * MINUTE_NS), DAY_NS + 600 * MINUTE_NS);
	assert_int_equal(ohtd_cell_end(OHTD_BY_SHIFT, &night, 600 * MINUTE_NS - 1), 600 * MINUTE_NS);
}

static void shifts_are_times_of_day_in_order(void **state)
{
	static const char *const wrong[] = {
		"", "6:00", "06:00,", ",06:00", "06:00,06:00", "14:00,06:00", "24:00", "06:60", "06:00 14:00", "06:00,14:0x",
		"00:00,01:00,02:00,03:00,04:00,05:00,06:00,07:00,08:00",
	};
	struct ohtd_shifts shifts;

	(void)state;
	assert_true(ohtd_shifts_take("06:00,14:00,22:30", &shifts));
	assert_int_equal(shifts.count, 3);
	assert_int_equal(shifts.minute[2], 22 * 60 + 30);
	assert_true(ohtd_shifts_take("00:00,01:00,02:00,03:00,04:00,05:00,06:00,23:59", &shifts));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(ohtd_shifts_take(wrong[i], &shifts));
}

static int group_set_up(void **state)
{
	static char path[128];
	struct ohtd_db *db;

	(void)state;
	manual.now_ns = 1000 * OHTD_NS_PER_S;
	manual.realtime_ns = BEGAN_NS;
	if (store_folder_make())
		return -1;
	snprintf(path, sizeof(path), "%s/small.db", store_dir);
	if (ohtd_db_open(&db, &ohtd_small_schema, path, STORE_NOW_S, store_why, sizeof(store_why)))
		return -1;
	store = ohtd_store_start(db);
	make_run(&runs[0], FIRST_CYCLES);
	make_run(&runs[1], SECOND_CYCLES);
	play(&runs[0], true);
	ohtd_history_stop(history);
	/* The next run begins, by the clock, in the middle of the last one. */
	manual.realtime_ns -= 20 * MINUTE_NS;
	play(&runs[1], false);
	take_starts();
	return !store || runs[1].start_ns >= runs[0].start_ns + runs[0].cycles * CYCLE_NS;
}

static int group_tear_down(void **state)
{
	(void)state;
	ohtd_history_stop(history);
	ohtd_store_stop(store);
	return store_folder_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_equal_brute_force),
		cmocka_unit_test(summaries_equal_brute_force),
		cmocka_unit_test(changes_equal_brute_force),
		cmocka_unit_test(coarse_columns_say_no_more_than_samples),
		cmocka_unit_test(commands_and_stops_are_counted),
		cmocka_unit_test(cells_are_bounded),
		cmocka_unit_test(shifts_are_times_of_day_in_order),
	};
	const char *chosen = getenv("OHT_SEED");

	seed = chosen ? strtoull(chosen, NULL, 10) : (uint64_t)time(NULL);
	print_message("OHT_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
