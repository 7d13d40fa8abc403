// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The export of values against brute force: each sample that went in comes out once, at its time and with its quality;
 * what is between them is a gap with its reason; and a walk that begins with an item tells the rest again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "history/export.h"
#include "history_fixture.h"
#include "store_fixture.h"

static struct ohtd_export *begin(int64_t from_ns, int64_t to_ns)
{
	struct ohtd_export_query query = { .from_ns = from_ns, .to_ns = to_ns, .count = SIGNALS };
	struct ohtd_export *export;

	memcpy(query.signals, history_signals, sizeof(history_signals));
	export = ohtd_export_begin(history, &query);
	assert_non_null(export);
	return export;
}

static struct ohtd_export *begin_at(int64_t from_ns, int64_t to_ns, int64_t number, int64_t cycle)
{
	struct ohtd_export_query query = {
		.from_ns = from_ns, .to_ns = to_ns, .begin_run = number, .begin_cycle = cycle, .count = SIGNALS,
	};
	struct ohtd_export *export;

	memcpy(query.signals, history_signals, sizeof(history_signals));
	export = ohtd_export_begin(history, &query);
	assert_non_null(export);
	return export;
}

static int next(struct ohtd_export *export, struct ohtd_export_item *item)
{
	int r;

	/* The file is opened by another thread. */
	do
		r = ohtd_export_next(export, item);
	while (r == -EAGAIN || r == -ENOENT);
	if (r < 0)
		fail_msg("%s", strerror(-r));
	return r;
}

/* ---- brute force ---- */

static struct run *run_of(int64_t number)
{
	return number == 1 ? &first_run : &second_run;
}

/* What went in of a sample. */
static unsigned int quality_of(const struct run *of, unsigned int signal, int64_t cycle)
{
	bool lost = of == run && (uint64_t)cycle >= lost_at && (uint64_t)cycle < lost_at + 100;

	return lost || of->quality[signal][cycle] == 0xff ? OHTD_TELEMETRY_NONE :
	       of->quality[signal][cycle];
}

static bool has_samples(const struct run *of, int64_t cycle)
{
	for (unsigned int i = 0; i < SIGNALS; i++)
		if (quality_of(of, i, cycle) != OHTD_TELEMETRY_NONE)
			return true;
	return false;
}

static void assert_cycle(const struct ohtd_export_item *item)
{
	const struct run *of = run_of(item->run);

	assert_in_range(item->cycle, 0, history_cycles_of(of) - 1);
	assert_int_equal(item->time_ns, of->start_ns + item->cycle * CYCLE_NS);
	assert_true(has_samples(of, item->cycle));
	for (unsigned int i = 0; i < SIGNALS; i++) {
		unsigned int quality = quality_of(of, i, item->cycle);

		assert_int_equal(item->quality[i * item->stride], quality);
		if (quality != OHTD_TELEMETRY_NONE)
			assert_int_equal(item->values[i * item->stride], of->values[i][item->cycle]);
	}
}

/* No cycle in it had a value. */
static void assert_gap(const struct ohtd_export_item *item)
{
	const struct run *of = run_of(item->run);
	int64_t cycles = (item->to_ns - item->time_ns) / CYCLE_NS;

	assert_true(item->to_ns > item->time_ns);
	for (int64_t at = item->cycle; item->run && at < item->cycle + cycles &&
	     at < history_cycles_of(of); at++)
		assert_false(has_samples(of, at));
}

/* The items lie end to end from the begin to the end of the span; returns how many cycles had samples. */
static size_t assert_exports(int64_t from_ns, int64_t to_ns)
{
	struct ohtd_export *export = begin(from_ns, to_ns);
	struct ohtd_export_item item;
	int64_t at_ns = 0;
	size_t rows = 0;

	while (next(export, &item)) {
		if (at_ns)
			assert_int_equal(item.time_ns, at_ns);
		else
			assert_in_range(item.time_ns, from_ns, from_ns + CYCLE_NS - 1);
		assert_true(item.time_ns < to_ns);
		if (*item.reason) {
			assert_gap(&item);
			at_ns = item.to_ns;
			continue;
		}
		assert_cycle(&item);
		at_ns = item.time_ns + CYCLE_NS;
		rows++;
	}
	assert_true(at_ns >= to_ns || to_ns >= run->start_ns + (int64_t)wanted * CYCLE_NS);
	assert_true(at_ns < to_ns + CYCLE_NS);
	ohtd_export_end(export);
	return rows;
}

static size_t rows_of(const struct run *of, int64_t from, int64_t to)
{
	size_t rows = 0;

	for (int64_t at = from; at < to; at++)
		rows += has_samples(of, at);
	return rows;
}

static void assert_random_exports(unsigned int count)
{
	int64_t end_ns = run->start_ns + (int64_t)wanted * CYCLE_NS;
	int64_t whole_ns = end_ns - first_run.start_ns;

	for (unsigned int i = 0; i < count; i++) {
		int64_t span_ns = whole_ns >> chance(&seed, 14);
		int64_t from_ns = first_run.start_ns + (int64_t)chance(&seed, (uint64_t)(whole_ns - span_ns + 1));

		assert_exports(from_ns, from_ns + span_ns);
	}
}

static bool is_same(const struct ohtd_export_item *a, const struct ohtd_export_item *b)
{
	return a->run == b->run && a->cycle == b->cycle && a->time_ns == b->time_ns && a->to_ns == b->to_ns &&
	       !strcmp(a->reason, b->reason);
}

/* From some items on the rest is the same again. */
static void assert_resumes(int64_t from_ns, int64_t to_ns)
{
	struct ohtd_export *export = begin(from_ns, to_ns), *again;
	struct ohtd_export_item item, repeated;

	while (next(export, &item)) {
		if (!item.run || (!*item.reason && chance(&seed, 5000)))
			continue;
		again = begin_at(from_ns, to_ns, item.run, item.cycle);
		for (int i = 0; i < 3; i++) {
			int r = next(again, &repeated);

			assert_true(r && is_same(&item, &repeated));
			if (!next(export, &item)) {
				assert_int_equal(next(again, &repeated), 0);
				break;
			}
		}
		ohtd_export_end(again);
	}
	ohtd_export_end(export);
}

/* The gap that begins there; its end. */
static int64_t gap_end(int64_t from_ns, int64_t to_ns, const char *reason, int64_t begin_ns)
{
	struct ohtd_export *export = begin(from_ns, to_ns);
	struct ohtd_export_item item;
	int64_t end_ns = 0;

	while (!end_ns && next(export, &item))
		if (!strcmp(item.reason, reason) && item.time_ns == begin_ns)
			end_ns = item.to_ns;
	ohtd_export_end(export);
	return end_ns;
}

/* ---- the tests ---- */

static void an_export_equals_brute_force(void **state)
{
	uint64_t cycles = OHTD_CHUNK_CYCLES + 12345;
	int64_t end_ns, second_end_ns;

	(void)state;
	make_run(&first_run, cycles, &seed);
	history_start(&first_run, manual.now_ns);
	history_play(30000);
	history_await_flush();
	assert_random_exports(5);
	history_play(cycles);
	/* While a chunk is being sealed. */
	assert_random_exports(10);
	history_await_flush();
	history_await_seal(1);
	end_ns = first_run.start_ns + (int64_t)cycles * CYCLE_NS;
	assert_int_equal(assert_exports(first_run.start_ns, end_ns), rows_of(&first_run, 0, (int64_t)cycles));
	assert_random_exports(10);
	ohtd_history_stop(history);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	make_run(&second_run, 20000, &seed);
	history_start(&second_run, manual.now_ns);
	lost_at = 10000;
	history_play(20000);
	second_end_ns = second_run.start_ns + 20000 * CYCLE_NS;
	assert_int_equal(assert_exports(first_run.start_ns - 1, second_end_ns + 1),
			 rows_of(&first_run, 0, (int64_t)cycles) + rows_of(&second_run, 0, 20000));
	assert_random_exports(20);
	/* It ends while nothing runs. */
	assert_exports(end_ns - (int64_t)OHTD_NS_PER_S, end_ns + 30 * (int64_t)OHTD_NS_PER_S);
	assert_resumes(first_run.start_ns - OHTD_NS_PER_S, second_end_ns);
	assert_int_equal(gap_end(end_ns - CYCLE_NS, second_end_ns, "not_running", end_ns), second_run.start_ns);
	assert_int_equal(gap_end(0, second_end_ns, "no_data", 0), first_run.start_ns);
}

/* A gap that was noted keeps its reason, from memory and from the file. */
static void a_gap_keeps_its_reason(void **state)
{
	int64_t from_ns, to_ns;

	(void)state;
	make_run(&first_run, 2000, &seed);
	memset(first_run.quality, 0, sizeof(first_run.quality));
	memset(first_run.quality[0] + 200, OHTD_TELEMETRY_NONE, 10);
	for (unsigned int i = 0; i < SIGNALS; i++) {
		memset(first_run.quality[i] + 300, OHTD_TELEMETRY_NONE, 20);
		memset(first_run.quality[i] + 400, 0xff, 50);
	}
	history_start(&first_run, manual.now_ns);
	lost_at = 700;
	from_ns = first_run.start_ns;
	for (int kept = 0; kept < 2; kept++) {
		history_play(kept ? 2000 : 900);
		to_ns = from_ns + (int64_t)wanted * CYCLE_NS;
		assert_int_equal(assert_exports(from_ns, to_ns), wanted - 170);
		assert_int_equal(gap_end(from_ns, to_ns, "no_value", from_ns + 300 * CYCLE_NS), from_ns + 320 * CYCLE_NS);
		assert_int_equal(gap_end(from_ns, to_ns, "cycles_missed", from_ns + 400 * CYCLE_NS), from_ns + 450 * CYCLE_NS);
		assert_int_equal(gap_end(from_ns, to_ns, "samples_lost", from_ns + 700 * CYCLE_NS), from_ns + 800 * CYCLE_NS);
		history_await_flush();
	}
}

/* The first run, with a good value of each signal in each of so many cycles, in the file. */
static void keep_good_run(uint64_t cycles)
{
	make_run(&first_run, cycles, &seed);
	memset(first_run.quality, 0, sizeof(first_run.quality));
	history_start(&first_run, manual.now_ns);
	history_play(cycles);
	history_await_flush();
}

/* However many there are, also in a chunk without samples. */
static void each_gap_is_told(void **state)
{
	struct ohtd_export_item item;
	struct ohtd_export *export;
	int64_t cycles = OHTD_CHUNK_CYCLES + 400;
	size_t gaps = 0;

	(void)state;
	keep_good_run((uint64_t)cycles);
	history_await_seal(1);
	store_run_sql("DELETE FROM chunks WHERE level = 0 AND chunk = 0");
	store_run_sql("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) INSERT INTO gaps"
		      " (run, first, cycles, reason) SELECT 1, 5000 + 20 * i, 2, 'samples_lost' FROM n");
	export = begin(first_run.start_ns, first_run.start_ns + cycles * CYCLE_NS);
	while (next(export, &item)) {
		if (strcmp(item.reason, "samples_lost"))
			continue;
		assert_int_equal(item.cycle, 5000 + 20 * (int64_t)gaps++);
		assert_int_equal(item.to_ns - item.time_ns, 2 * CYCLE_NS);
	}
	ohtd_export_end(export);
	assert_int_equal(gaps, 100);
}

static unsigned int qualities_at(int64_t cycle)
{
	int64_t from_ns = first_run.start_ns + cycle * CYCLE_NS;
	struct ohtd_export *export = begin(from_ns, from_ns + CYCLE_NS);
	struct ohtd_export_item item;
	unsigned int damaged = 0;

	assert_int_equal(next(export, &item), 1);
	assert_string_equal(item.reason, "");
	for (unsigned int i = 0; i < SIGNALS; i++)
		damaged |= (unsigned int)(item.quality[i * item.stride] == OHTD_EXPORT_DAMAGED) << i;
	ohtd_export_end(export);
	return damaged;
}

/* A piece that cannot be read costs its signal, and is a gap where it costs all of them. */
static void what_is_damaged_is_told(void **state)
{
	int64_t from_ns, to_ns;

	(void)state;
	keep_good_run(1600);
	from_ns = first_run.start_ns;
	to_ns = from_ns + 1600 * CYCLE_NS;
	store_run_sql("UPDATE intervals SET samples = zeroblob(length(samples)) WHERE (place & 1099511627775) = 400");
	assert_int_equal(gap_end(from_ns, to_ns, "damaged", from_ns + 400 * CYCLE_NS), from_ns + 800 * CYCLE_NS);
	assert_true(history_view().damaged > 0);
	assert_int_equal(assert_exports(from_ns + 800 * CYCLE_NS, to_ns), 800);
	ohtd_history_stop(history);
	store_run_sql("UPDATE intervals SET samples = (SELECT samples FROM intervals ORDER BY place LIMIT 1)");
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	make_run(&second_run, 400, &seed);
	history_start(&second_run, manual.now_ns);
	history_play(400);
	WAIT_FOR(store_ask_sql("SELECT NOT EXISTS (SELECT * FROM intervals WHERE place < 2 << 40)") == 1);
	store_run_sql("UPDATE chunks SET data = zeroblob(length(data)) WHERE level = 0 AND run = 1 AND"
		      " signal = (SELECT signal FROM signals WHERE name = 'battery_v')");
	assert_int_equal(qualities_at(0), 1);
	assert_int_equal(qualities_at(1599), 1);
	/* A run whose row is not sound. */
	store_run_sql("UPDATE runs SET cycle_ns = 1 WHERE run = 1");
	assert_int_equal(gap_end(0, second_run.start_ns + CYCLE_NS, "damaged", 0), second_run.start_ns);
}

/* What is deleted is one gap, however long it was, and costs no reading of each cycle. */
static void what_is_deleted_is_one_gap(void **state)
{
	int64_t from_ns, cycles = 2 * OHTD_CHUNK_CYCLES + 1000;

	(void)state;
	keep_good_run((uint64_t)cycles);
	history_await_seal(2);
	from_ns = first_run.start_ns;
	store_run_sql("DELETE FROM chunks WHERE level = 0 AND chunk < 2");
	assert_int_equal(gap_end(from_ns, from_ns + cycles * CYCLE_NS, "no_data", from_ns),
			 from_ns + 2 * OHTD_CHUNK_CYCLES * CYCLE_NS);
}

/* The clock is set while a walk is under way: nothing comes twice, nothing is left out. */
static void a_clock_that_is_set_repeats_nothing(void **state)
{
	struct ohtd_export_item item;
	struct ohtd_export *export;
	int64_t expected = 0;

	(void)state;
	keep_good_run(9000);
	export = begin(first_run.start_ns, first_run.start_ns + 9000 * CYCLE_NS);
	while (next(export, &item)) {
		assert_int_equal(item.cycle, expected++);
		if (expected != 2000)
			continue;
		manual.realtime_ns += 7200 * (int64_t)OHTD_NS_PER_S;
		first_run.start_ns += 7200 * (int64_t)OHTD_NS_PER_S;
		WAIT_FOR(gap_end(first_run.start_ns - 1, first_run.start_ns + CYCLE_NS, "no_data",
				 first_run.start_ns - 1) == first_run.start_ns);
	}
	assert_int_equal(expected, 9000);
	ohtd_export_end(export);
}

static size_t rows_from(int64_t from_ns, int64_t number, int64_t cycle)
{
	struct ohtd_export *export = begin_at(from_ns, first_run.start_ns + 86400 * (int64_t)OHTD_NS_PER_S, number, cycle);
	struct ohtd_export_item item;
	size_t rows = 0;

	while (next(export, &item))
		rows += !*item.reason;
	ohtd_export_end(export);
	return rows;
}

static int first_from(int64_t number)
{
	struct ohtd_export *export = begin_at(0, first_run.start_ns + 86400 * (int64_t)OHTD_NS_PER_S, number, 0);
	struct ohtd_export_item item;
	int r;

	do
		r = ohtd_export_next(export, &item);
	while (r == -EAGAIN || r == -ENOENT);
	ohtd_export_end(export);
	return r;
}

/* A run whose clock was far behind is left out by the begin of the span, also where an export goes on. */
static void it_goes_on_in_a_run_that_is_kept(void **state)
{
	(void)state;
	keep_good_run(2000);
	assert_int_equal(first_from(2), -ENODATA);
	ohtd_history_stop(history);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	manual.realtime_ns -= 7200 * (int64_t)OHTD_NS_PER_S;
	make_run(&second_run, 800, &seed);
	memset(second_run.quality, 0, sizeof(second_run.quality));
	history_start(&second_run, manual.now_ns);
	history_play(800);
	for (int kept = 0; kept < 2; kept++) {
		assert_int_equal(rows_from(first_run.start_ns, 1, 500), 1500);
		assert_int_equal(rows_from(0, 1, 500), 2300);
		assert_int_equal(rows_from(first_run.start_ns, 2, 500), 300);
		assert_int_equal(first_from(3), -ENODATA);
		history_await_flush();
	}
	/* What is in front of it, and what is behind it, is not told in its place. */
	store_run_sql("DELETE FROM runs WHERE run = 1");
	assert_int_equal(first_from(1), -ENODATA);
	assert_int_equal(first_from(2), 1);
}

/* A client has samples that a crash has taken with it: the pause that it is told does not begin before they end. */
static void it_goes_on_behind_what_a_crash_has_left(void **state)
{
	struct ohtd_export *export;
	struct ohtd_export_item item;

	(void)state;
	make_run(&first_run, 2000, &seed);
	history_start(&first_run, manual.now_ns);
	history_play(2000);
	ohtd_history_stop(history);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	make_run(&second_run, 800, &seed);
	history_start(&second_run, manual.now_ns);
	history_play(800);
	history_await_flush();
	export = begin_at(first_run.start_ns, second_run.start_ns + CYCLE_NS, 1, 2161);
	assert_int_equal(next(export, &item), 1);
	assert_string_equal(item.reason, "not_running");
	assert_int_equal(item.cycle, 2161);
	assert_int_equal(item.time_ns, first_run.start_ns + 2161 * CYCLE_NS);
	assert_int_equal(item.to_ns, second_run.start_ns);
	ohtd_export_end(export);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, history_set_up, history_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(an_export_equals_brute_force),
		CASE(a_gap_keeps_its_reason),
		CASE(each_gap_is_told),
		CASE(what_is_damaged_is_told),
		CASE(what_is_deleted_is_one_gap),
		CASE(a_clock_that_is_set_repeats_nothing),
		CASE(it_goes_on_in_a_run_that_is_kept),
		CASE(it_goes_on_behind_what_a_crash_has_left),
	};
	const char *chosen = getenv("OHT_SEED");

	seed = chosen ? strtoull(chosen, NULL, 10) : (uint64_t)time(NULL);
	print_message("OHT_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
