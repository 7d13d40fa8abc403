// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory of values against brute force: samples with holes and bad ones go in, and each chart of any span is what
 * all samples would have given, from memory, from intervals, from chunks, and after every way in which a run can end.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "chance.h"
#include "fault_vfs.h"
#include "history/changes.h"
#include "history/history.h"
#include "history/private.h"
#include "history_fixture.h"
#include "store/db_file.h"
#include "store/store.h"
#include "store_fixture.h"

#define WRITES		20	/* of a life, at least */

/* ---- brute force ---- */

static bool is_good(const struct run *of, unsigned int signal, int64_t cycle)
{
	return !of->quality[signal][cycle] &&
	       !((uint64_t)cycle >= lost_at && (uint64_t)cycle < lost_at + 100);
}

static struct ohtd_column brute(const struct run *of, unsigned int signal, int64_t from, int64_t to)
{
	struct ohtd_column column = { 0 };

	for (int64_t at = from < 0 ? 0 : from; at < to && at < history_cycles_of(of); at++) {
		int64_t value;

		if (!is_good(of, signal, at))
			continue;
		value = of->values[signal][at];
		if (!column.count)
			column = (struct ohtd_column){ value, value, value, value, 0, 0 };
		column.last = value;
		column.min = value < column.min ? value : column.min;
		column.max = value > column.max ? value : column.max;
		column.sum += value;
		column.count++;
	}
	return column;
}

static const struct run *run_at(int64_t time_ns)
{
	return second_run.cycles && time_ns >= second_run.start_ns ? &second_run : &first_run;
}

static int64_t floor_to(int64_t value, int64_t step)
{
	int64_t rest = value % step;

	return value - (rest < 0 ? rest + step : rest);
}

/* Good samples of a run in a span that is moved out to whole columns. */
static int64_t good_in(const struct run *of, unsigned int signal, int64_t from_ns, int64_t to_ns, int64_t step_ns)
{
	int64_t from = floor_to(from_ns - of->start_ns, step_ns) / CYCLE_NS;
	int64_t to = floor_to(to_ns - of->start_ns + step_ns - 1, step_ns) / CYCLE_NS;

	return from_ns - of->start_ns >= history_cycles_of(of) * CYCLE_NS ? 0 : brute(of, signal, from, to).count;
}

/* Every column is what all samples of its time give, and none is missing; so many columns had a value. */
static size_t assert_answers(int64_t from_ns, int64_t to_ns, int64_t step_ns)
{
	struct ohtd_history_query query = {
		.from_ns = from_ns, .to_ns = to_ns, .step_ns = step_ns, .count = SIGNALS,
	};
	struct ohtd_history_answer answer;
	int64_t group, counted[SIGNALS] = { 0 };
	size_t good = 0;

	memcpy(query.signals, history_signals, sizeof(history_signals));
	assert_int_equal(ohtd_history_read(history, &query, &answer), 0);
	assert_true(answer.step_ns >= step_ns && answer.step_ns % CYCLE_NS == 0);
	assert_true(answer.from_ns <= from_ns && answer.to_ns >= to_ns);
	group = answer.step_ns / CYCLE_NS;
	for (size_t i = 0; i < answer.count; i++) {
		const struct run *of = run_at(answer.times_ns[i]);
		int64_t cycle = (answer.times_ns[i] - of->start_ns) / CYCLE_NS;

		assert_true(!i || answer.times_ns[i] > answer.times_ns[i - 1]);
		assert_int_equal((answer.times_ns[i] - of->start_ns) % answer.step_ns, 0);
		for (unsigned int k = 0; k < SIGNALS; k++) {
			const struct ohtd_column wanted_column = brute(of, k, cycle, cycle + group);

			if (memcmp(&wanted_column, &answer.columns[k * answer.count + i], sizeof(wanted_column)))
				fail_msg("signal %u: cycles %lld to %lld: level %u, %lld samples, not %lld", k,
					 (long long)cycle, (long long)(cycle + group), answer.level,
					 (long long)answer.columns[k * answer.count + i].count,
					 (long long)wanted_column.count);
			good += wanted_column.count > 0;
			counted[k] += wanted_column.count;
		}
	}
	for (unsigned int k = 0; k < SIGNALS; k++)
		assert_int_equal(counted[k], good_in(&first_run, k, from_ns, to_ns, answer.step_ns) +
				 (second_run.cycles ? good_in(&second_run, k, from_ns, to_ns, answer.step_ns) : 0));
	ohtd_history_answer_free(&answer);
	return good;
}

/* Spans of all lengths, seconds to hours, and steps of each level. */
static void assert_random_spans(unsigned int count)
{
	int64_t end_ns = run->start_ns + (int64_t)wanted * CYCLE_NS;
	int64_t whole_ns = end_ns - first_run.start_ns;

	for (unsigned int i = 0; i < count; i++) {
		int64_t span_ns = whole_ns >> chance(&seed, 14);
		int64_t from_ns = first_run.start_ns + (int64_t)chance(&seed, (uint64_t)(whole_ns - span_ns + 1));
		int64_t points = 1 + (int64_t)chance(&seed, 300);

		assert_answers(from_ns, from_ns + span_ns, (span_ns + points - 1) / points);
	}
}

static struct ohtd_history_answer ask(int64_t from_ns, int64_t to_ns, int64_t step_ns)
{
	struct ohtd_history_query query = {
		.from_ns = from_ns, .to_ns = to_ns, .step_ns = step_ns, .signals = { history_signals[0] }, .count = 1,
	};
	static struct ohtd_history_hole holes[16];
	struct ohtd_history_answer answer, kept;

	assert_int_equal(ohtd_history_read(history, &query, &answer), 0);
	assert_in_range(answer.hole_count, 0, sizeof(holes) / sizeof(holes[0]));
	kept = answer;
	kept.holes = holes;
	for (size_t i = 0; i < answer.hole_count; i++)
		holes[i] = answer.holes[i];
	ohtd_history_answer_free(&answer);
	return kept;
}

static const struct ohtd_history_hole *hole_of(const struct ohtd_history_answer *answer, const char *reason)
{
	for (size_t i = 0; i < answer->hole_count; i++)
		if (!strcmp(answer->holes[i].reason, reason))
			return &answer->holes[i];
	return NULL;
}

static void assert_hole(const struct ohtd_history_answer *answer, const char *reason, int64_t from, int64_t to)
{
	const struct ohtd_history_hole *hole = hole_of(answer, reason);

	assert_non_null(hole);
	assert_int_equal(hole->from_ns, first_run.start_ns + from * CYCLE_NS);
	assert_int_equal(hole->to_ns, first_run.start_ns + to * CYCLE_NS);
}

/* The first run, from its start to the end of the daemon. */
static void play_first_run(uint64_t cycles)
{
	make_run(&first_run, cycles, &seed);
	history_start(&first_run, manual.now_ns);
	history_play(cycles);
	ohtd_history_stop(history);
}

/* The second run, which goes on. */
static void begin_second_run(uint64_t cycles)
{
	make_run(&second_run, cycles, &seed);
	history_start(&second_run, manual.now_ns);
	history_play(cycles);
	history_await_flush();
}

/* ---- the tests ---- */

static void charts_equal_brute_force(void **state)
{
	uint64_t cycles = 2 * OHTD_CHUNK_CYCLES + 12345;
	int64_t end_ns;

	(void)state;
	make_run(&first_run, cycles, &seed);
	history_start(&first_run, manual.now_ns);
	history_play(30000);
	assert_random_spans(10);
	history_play(cycles);
	/* While chunks are being sealed. */
	assert_random_spans(20);
	history_await_flush();
	history_await_seal(2);
	assert_random_spans(30);
	end_ns = first_run.start_ns + (int64_t)cycles * CYCLE_NS;
	/* It reaches to the newest sample. */
	assert_true(assert_answers(end_ns - 5 * CYCLE_NS, end_ns, CYCLE_NS) > 0);
	ohtd_history_stop(history);
	/* A minute later another run. */
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	begin_second_run(20000);
	assert_random_spans(40);
}

/* Of the coarsest level of which a column is at most a quarter longer than was asked for. */
static void a_column_is_little_longer_than_was_asked_for(void **state)
{
	static const struct {
		int64_t asked_ms, step_ms;
		unsigned int level;
	} steps[] = {
		{ 1, 25, 0 }, { 999, 1000, 0 }, { 1000, 1000, 1 }, { 1001, 2000, 1 }, { 12799, 13000, 1 }, { 12800, 16000, 2 },
		{ 25599, 26000, 1 }, { 25600, 32000, 2 }, { 32001, 40000, 2 }, { 819199, 832000, 3 }, { 819200, 1024000, 4 },
		/* 2,000 points of 30 days */
		{ 1296000, 1536000, 4 },
		{ 3276800, 3584000, 4 }, { 4096000, 4096000, 5 }, { 4096001, 4608000, 4 }, { 6553600, 8192000, 5 },
	};

	(void)state;
	begin_second_run(400);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct ohtd_history_answer answer = ask(second_run.start_ns, second_run.start_ns + CYCLE_NS,
							  steps[i].asked_ms * 1000000);

		assert_int_equal(answer.step_ns, steps[i].step_ms * 1000000);
		assert_int_equal(answer.level, steps[i].level);
	}
}

/* The file as it was at that moment: what a kill leaves. */
static void cut(void)
{
	char command[400];

	snprintf(command, sizeof(command),
		 "cd %s && mkdir kept && cp *.db *.db-wal kept/ && rm -f *.db-shm", store_dir);
	assert_int_equal(system(command), 0);
}

static void put_back(void)
{
	char command[400];

	snprintf(command, sizeof(command), "cd %s && rm -f *.db *.db-* && mv kept/* .", store_dir);
	assert_int_equal(system(command), 0);
}

static void a_kill_takes_no_more_than_an_interval(void **state)
{
	const struct ohtd_history_hole *hole;
	struct ohtd_history_answer answer;

	(void)state;
	make_run(&first_run, 3000, &seed);
	/* Where it is cut there is a sample. */
	for (unsigned int i = 0; i < SIGNALS; i++)
		first_run.quality[i][2800 - 1] = 0;
	history_start(&first_run, manual.now_ns);
	history_play(3000 - 1);
	history_await_flush();
	cut();
	ohtd_history_stop(history);
	put_back();
	/* Intervals of ten seconds: 2,800 cycles were on the disk. */
	first_run.cycles = 2800;
	ohtd_manual_clock_advance(&manual, 100 * OHTD_NS_PER_S);
	begin_second_run(500);
	assert_random_spans(20);
	answer = ask(first_run.start_ns, second_run.start_ns + 100 * CYCLE_NS, CYCLE_NS * 40);
	hole = hole_of(&answer, "not_running");
	assert_non_null(hole);
	assert_int_equal(hole->from_ns, first_run.start_ns + 2800 * CYCLE_NS);
	assert_int_equal(hole->to_ns, second_run.start_ns);
	/* A span that ends before the next run has the pause as well. */
	answer = ask(first_run.start_ns, first_run.start_ns + 4800 * CYCLE_NS, CYCLE_NS * 40);
	hole = hole_of(&answer, "not_running");
	assert_non_null(hole);
	assert_int_equal(hole->from_ns, first_run.start_ns + 2800 * CYCLE_NS);
}

static void samples_that_come_too_late_are_a_gap(void **state)
{
	struct ohtd_history_answer answer;

	(void)state;
	make_run(&first_run, 2000, &seed);
	/* Without other holes. */
	memset(first_run.quality, 0, sizeof(first_run.quality));
	history_start(&first_run, manual.now_ns);
	lost_at = 700;
	for (int kept = 0; kept < 2; kept++) {
		history_play(kept ? 2000 : 900);
		assert_int_equal(history_view().lost, 100);
		assert_random_spans(10);
		answer = ask(first_run.start_ns, first_run.start_ns + 900 * CYCLE_NS, CYCLE_NS * 40);
		assert_int_equal(answer.hole_count, 1);
		assert_hole(&answer, "samples_lost", 700, 800);
		history_await_flush();
	}
}

static void a_clock_that_is_set_moves_the_run(void **state)
{
	int64_t before_ns;
	long long size;

	(void)state;
	make_run(&first_run, 4000, &seed);
	/* An interval is over with its last cycle, or with the next one that was begun. */
	for (unsigned int i = 0; i < SIGNALS; i++)
		first_run.quality[i][1999] = 0;
	history_start(&first_run, manual.now_ns);
	history_play(2000);
	history_await_flush();
	size = store_ask_sql("SELECT sum(length(samples)) FROM intervals");
	before_ns = first_run.start_ns;
	manual.realtime_ns += 7200 * (int64_t)OHTD_NS_PER_S;
	first_run.start_ns += 7200 * (int64_t)OHTD_NS_PER_S;
	WAIT_FOR(ask(before_ns, before_ns + 2000 * CYCLE_NS, CYCLE_NS).count == 0);
	/* On the disk at once: a kill before the next interval takes nothing back. */
	WAIT_FOR(store_ask_sql("SELECT start_ns FROM runs") == first_run.start_ns);
	history_play(4000);
	assert_random_spans(20);
	history_await_flush();
	WAIT_FOR(store_ask_sql("SELECT start_ns FROM runs") == first_run.start_ns);
	WAIT_FOR(ohtd_history_reaches(history, 0) == first_run.start_ns);
	assert_true(store_ask_sql("SELECT sum(length(samples)) FROM intervals WHERE (place & 1099511627775) < 2000") == size);
	assert_random_spans(20);
}

/* Killed before another interval is kept: behind the start the run is where the clock that was set has it. */
static void kill_behind_a_set_clock(int64_t set_ns)
{
	struct ohtd_history_answer answer;
	int64_t before_ns;

	make_run(&first_run, 2000, &seed);
	for (unsigned int i = 0; i < SIGNALS; i++)
		first_run.quality[i][2000 - 1] = 0;
	history_start(&first_run, manual.now_ns);
	history_play(2000);
	history_await_flush();
	before_ns = first_run.start_ns;
	/* Back the time goes only where a synchronised system says so. */
	atomic_store(&manual.synchronised, true);
	manual.realtime_ns += set_ns;
	first_run.start_ns += set_ns;
	WAIT_FOR(store_ask_sql("SELECT start_ns FROM runs") == first_run.start_ns);
	cut();
	ohtd_history_stop(history);
	put_back();
	ohtd_manual_clock_advance(&manual, 100 * OHTD_NS_PER_S);
	begin_second_run(500);
	assert_random_spans(20);
	assert_int_equal(ask(before_ns, before_ns + 2000 * CYCLE_NS, CYCLE_NS).count, 0);
	answer = ask(first_run.start_ns, second_run.start_ns + 100 * CYCLE_NS, CYCLE_NS * 40);
	assert_non_null(hole_of(&answer, "not_running"));
	assert_int_equal(hole_of(&answer, "not_running")->from_ns, first_run.start_ns + 2000 * CYCLE_NS);
}

static void a_clock_set_forwards_stays_set_over_a_kill(void **state)
{
	(void)state;
	kill_behind_a_set_clock(7200 * (int64_t)OHTD_NS_PER_S);
}

static void a_clock_set_back_stays_set_over_a_kill(void **state)
{
	(void)state;
	kill_behind_a_set_clock(-7200 * (int64_t)OHTD_NS_PER_S);
}

/* What was before it stays where it was, the time of it is told, and what comes is behind it. */
static void a_suspend_is_a_gap_and_moves_nothing(void **state)
{
	const int64_t slept = 8 * 3600 * 40;
	struct ohtd_history_answer answer;
	int64_t start_ns;

	(void)state;
	make_run(&first_run, 4000, &seed);
	memset(first_run.quality, 0, sizeof(first_run.quality));
	history_start(&first_run, manual.now_ns);
	history_play(2000);
	history_await_flush();
	start_ns = first_run.start_ns;
	/* All at once for the thread, and a moment later: one moment is not both before and behind the suspend. */
	pthread_mutex_lock(&history->lock);
	ohtd_manual_clock_advance(&manual, 1);
	manual.slept_ns += slept * CYCLE_NS;
	manual.realtime_ns += slept * CYCLE_NS;
	pthread_mutex_unlock(&history->lock);
	assert_true(assert_answers(start_ns, start_ns + 1000 * CYCLE_NS, CYCLE_NS) > 0);
	history_play(4000);
	history_await_flush();
	assert_int_equal(store_ask_sql("SELECT start_ns FROM runs"), start_ns);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM intervals WHERE (place & 1099511627775) BETWEEN 2000 AND 1152000"), 0);
	answer = ask(start_ns, start_ns + (slept + 2400) * CYCLE_NS, 40 * CYCLE_NS);
	assert_hole(&answer, "cycles_missed", 2000, slept + 2000);
	/* A few readings of two clocks are no suspend. */
	manual.slept_ns += 1000000;
	history_await_flush();
	assert_int_equal(store_ask_sql("SELECT count(*) FROM gaps WHERE reason = 'cycles_missed' AND cycles > 2000"), 1);
}

#define SLEPT_NS	(8 * 3600 * (int64_t)OHTD_NS_PER_S)

/* What the thread of the history reads of clocks, and where its run begins meanwhile. */
static struct {
	unsigned int until_sleep;
	atomic_uint sleeps, moved;
	int64_t start_ns;
} asleep;

/* The computer is suspended in front of each 29th reading: one in a look, which is then done anew. */
static void sleep_between_readings(void)
{
	if (!pthread_equal(pthread_self(), history->thread))
		return;
	/* It has its lock. */
	if (history->run.start_ns != asleep.start_ns)
		atomic_fetch_add(&asleep.moved, 1);
	if (asleep.until_sleep--)
		return;
	asleep.until_sleep = 28;
	/* One moment is not both before and behind it. */
	ohtd_manual_clock_advance(&manual, 1);
	manual.slept_ns += SLEPT_NS;
	manual.realtime_ns += SLEPT_NS;
	atomic_fetch_add(&asleep.sleeps, 1);
}

/* Whichever clocks the thread has read by then, and whichever it has not. */
static void a_suspend_between_two_readings_moves_nothing(void **state)
{
	(void)state;
	make_run(&first_run, 2000, &seed);
	history_start(&first_run, manual.now_ns);
	history_play(2000);
	history_await_flush();
	memset(&asleep, 0, sizeof(asleep));
	asleep.until_sleep = (unsigned int)chance(&seed, 29);
	asleep.start_ns = first_run.start_ns;
	atomic_store(&before_reading, sleep_between_readings);
	WAIT_FOR(atomic_load(&asleep.sleeps) >= 5);
	atomic_store(&before_reading, NULL);
	ohtd_history_stop(history);
	history = NULL;
	assert_int_equal(atomic_load(&asleep.moved), 0);
	assert_int_equal(store_ask_sql("SELECT start_ns FROM runs"), first_run.start_ns);
}

/* Each column is of one run, and none is before the last one: so many samples are in all of them. */
static int64_t samples_in_order(int64_t from_ns, int64_t to_ns, int64_t step_ns)
{
	struct ohtd_history_query query = {
		.from_ns = from_ns, .to_ns = to_ns, .step_ns = step_ns, .count = SIGNALS,
	};
	struct ohtd_history_answer answer;
	int64_t samples = 0;

	memcpy(query.signals, history_signals, sizeof(history_signals));
	assert_int_equal(ohtd_history_read(history, &query, &answer), 0);
	for (size_t i = 0; i < answer.count; i++) {
		int64_t first = answer.times_ns[i] - first_run.start_ns, second = answer.times_ns[i] - second_run.start_ns;
		const struct run *of = first % answer.step_ns ? &second_run : &first_run;
		int64_t cycle = (of == &first_run ? first : second) / CYCLE_NS;

		assert_true(!i || answer.times_ns[i] >= answer.times_ns[i - 1]);
		assert_true(of == &first_run || second % answer.step_ns == 0);
		for (unsigned int k = 0; k < SIGNALS; k++) {
			const struct ohtd_column wanted_column = brute(of, k, cycle, cycle + answer.step_ns / CYCLE_NS);

			assert_memory_equal(&wanted_column, &answer.columns[k * answer.count + i], sizeof(wanted_column));
			samples += wanted_column.count;
		}
	}
	ohtd_history_answer_free(&answer);
	return samples;
}

/* The clock is set back while the daemon does not run: the next run is there before, while and after the one before begins. */
static void runs_that_overlap_are_told_in_one_order(void **state)
{
	static const int64_t steps[] = { CYCLE_NS, 1000000000, 8000000000 };
	struct ohtd_history_answer answer;
	int64_t from_ns, to_ns, all = 0;

	(void)state;
	play_first_run(4000);
	manual.realtime_ns -= 130 * (int64_t)OHTD_NS_PER_S + 7;
	begin_second_run(2000);
	from_ns = second_run.start_ns - 5 * (int64_t)OHTD_NS_PER_S;
	to_ns = first_run.start_ns + 4000 * CYCLE_NS + 10 * (int64_t)OHTD_NS_PER_S;
	for (unsigned int k = 0; k < SIGNALS; k++)
		all += brute(&first_run, k, 0, 4000).count + brute(&second_run, k, 0, 2000).count;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		assert_int_equal(samples_in_order(from_ns, to_ns, steps[i]), all);
	answer = ask(from_ns, to_ns, CYCLE_NS);
	assert_int_equal(hole_of(&answer, "no_data")->to_ns, second_run.start_ns);
	/* The only one, so there is none between the two. */
	assert_hole(&answer, "not_running", 4000, 4400);
}

static bool wants_all(void *context, const struct ohtd_history_change *change)
{
	(void)context;
	(void)change;
	return true;
}

/* How many pages a search for changes has, each of which ends where the next one begins; or a negative errno. */
static int pages_of_changes(int64_t from_ns, int64_t to_ns)
{
	struct ohtd_changes_query query = {
		.history = history, .signal = OHTD_TELEMETRY_state, .from_ns = from_ns, .to_ns = to_ns,
		.descends = true, .limit = 10, .steps_max = 10000, .wants = wants_all,
	};
	bool goes_on = true;
	int pages = 0, r = 0;

	for (; !r && goes_on; pages++) {
		struct ohtd_changes *changes = ohtd_changes_begin(&query);
		int64_t until_ns;
		size_t count;

		assert_non_null(changes);
		while ((r = ohtd_changes_step(changes)) > 0)
			;
		ohtd_changes_found(changes, &count, &until_ns);
		goes_on = ohtd_changes_go_on(changes);
		assert_true(r || until_ns < query.to_ns);
		query.to_ns = until_ns;
		ohtd_changes_end(changes);
	}
	return r ? r : pages;
}

static void more_runs_than_an_answer_tells_are_refused(void **state)
{
	struct ohtd_history_query query = { .to_ns = INT64_MAX, .step_ns = 4096 * (int64_t)OHTD_NS_PER_S, .count = 1 };
	struct ohtd_history_answer answer;

	(void)state;
	begin_second_run(1000);
	query.from_ns = second_run.start_ns - (int64_t)OHTD_NS_PER_S;
	query.to_ns = second_run.start_ns + 100 * (int64_t)OHTD_NS_PER_S;
	store_run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 511) INSERT INTO runs"
		      " SELECT 100 + i, 'boot', cycle_ns, start_ns, 1, 40 FROM runs, n WHERE run = 1");
	assert_int_equal(ohtd_history_read(history, &query, &answer), 0);
	assert_int_equal(answer.count, 512);
	ohtd_history_answer_free(&answer);
	/* All of them are at the same time, and have 40 samples of 20 signals. */
	query.step_ns = CYCLE_NS;
	query.count = OHTD_HISTORY_SIGNALS_MAX;
	assert_int_equal(ohtd_history_read(history, &query, &answer), -E2BIG);
	ohtd_history_answer_free(&answer);
	query.count = 1;
	assert_int_equal(pages_of_changes(query.from_ns, query.to_ns), 1);
	store_run_sql("INSERT INTO runs SELECT 1000, 'boot', cycle_ns, start_ns, 1, 40 FROM runs WHERE run = 1");
	assert_int_equal(pages_of_changes(query.from_ns, query.to_ns), -E2BIG);
	query.step_ns = 4096 * (int64_t)OHTD_NS_PER_S;
	store_run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3583) INSERT INTO runs"
		      " SELECT 2000 + i, 'boot', cycle_ns, start_ns, 1, 40 FROM runs, n WHERE run = 1");
	assert_int_equal(ohtd_history_read(history, &query, &answer), 0);
	assert_int_equal(answer.count, 4096);
	ohtd_history_answer_free(&answer);
	store_run_sql("INSERT INTO runs SELECT 9000, 'boot', cycle_ns, start_ns, 1, 40 FROM runs WHERE run = 1");
	assert_int_equal(ohtd_history_read(history, &query, &answer), -E2BIG);
	ohtd_history_answer_free(&answer);
	store_run_sql("DELETE FROM runs WHERE run > 1000");
	/* An hour from one to the next they are in two pages. */
	store_run_sql("UPDATE runs SET start_ns = start_ns + (run - 100) * 3600000000000 WHERE run > 100");
	assert_int_equal(pages_of_changes(query.from_ns, query.to_ns + 901 * 3600 * (int64_t)OHTD_NS_PER_S), 2);
}

/* However many there are: the last ones are of today. */
static void each_gap_and_each_pause_is_told(void **state)
{
	struct ohtd_history_query query = { .step_ns = 4096 * (int64_t)OHTD_NS_PER_S, .count = 1 };
	struct ohtd_history_answer answer;
	size_t pauses = 0, gaps = 0;

	(void)state;
	begin_second_run(1000);
	query.from_ns = second_run.start_ns;
	query.to_ns = second_run.start_ns + 500 * 3600 * (int64_t)OHTD_NS_PER_S;
	/* An hour from one to the next. */
	store_run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO runs"
		      " SELECT 100 + i, 'boot', cycle_ns, start_ns + i * 3600000000000, 1, 40 FROM runs, n WHERE run = 1");
	store_run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO gaps"
		      " (run, first, cycles, reason) SELECT 1, 5 * i, 2, 'samples_lost' FROM n");
	assert_int_equal(ohtd_history_read(history, &query, &answer), 0);
	for (size_t i = 0; i < answer.hole_count; i++) {
		pauses += !strcmp(answer.holes[i].reason, "not_running");
		gaps += !strcmp(answer.holes[i].reason, "samples_lost");
		assert_true(!i || answer.holes[i].from_ns >= answer.holes[i - 1].from_ns);
	}
	ohtd_history_answer_free(&answer);
	assert_int_equal(gaps, 100);
	assert_int_equal(pauses, 400);
}

static void what_is_damaged_is_a_gap_and_the_rest_is_there(void **state)
{
	struct ohtd_history_answer answer;

	(void)state;
	make_run(&first_run, 1600, &seed);
	/* No cycle of the damaged piece is lost: those at its end would be a gap of their own. */
	for (int signal = 0; signal < SIGNALS; signal++)
		memset(&first_run.quality[signal][400], 0, 400);
	history_start(&first_run, manual.now_ns);
	history_play(1600);
	history_await_flush();
	store_run_sql("UPDATE intervals SET samples = zeroblob(length(samples)) WHERE (place & 1099511627775) = 400");
	answer = ask(first_run.start_ns, first_run.start_ns + 1600 * CYCLE_NS, CYCLE_NS);
	assert_hole(&answer, "damaged", 400, 800);
	assert_true(history_view().damaged > 0);
	assert_answers(first_run.start_ns, first_run.start_ns + 400 * CYCLE_NS, CYCLE_NS);
	assert_answers(first_run.start_ns + 800 * CYCLE_NS, first_run.start_ns + 1600 * CYCLE_NS, CYCLE_NS);
	/* Columns are other bytes. */
	assert_answers(first_run.start_ns, first_run.start_ns + 1600 * CYCLE_NS, 40 * CYCLE_NS);
	/* Sealed, it is the same gap, also by a start that a cut has kept from sealing more than the first signals. */
	ohtd_history_stop(history);
	store_run_sql("INSERT INTO gaps (run, first, cycles, reason) VALUES (1, 400, 400, 'damaged')");
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	begin_second_run(400);
	WAIT_FOR(store_ask_sql("SELECT NOT EXISTS (SELECT * FROM intervals WHERE place < 2 << 40)") == 1);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM gaps WHERE run = 1 AND first = 400"), 1);
	for (int64_t step_ns = CYCLE_NS; step_ns < 1000 * CYCLE_NS; step_ns *= 40) {
		answer = ask(first_run.start_ns, first_run.start_ns + 1600 * CYCLE_NS, step_ns);
		assert_hole(&answer, "damaged", 400, 800);
	}
	assert_answers(first_run.start_ns + 800 * CYCLE_NS, first_run.start_ns + 1600 * CYCLE_NS, CYCLE_NS);
	/* A chunk costs its signal and level alone. */
	store_run_sql("UPDATE chunks SET data = zeroblob(length(data)) WHERE level = 0 AND run = 1 AND"
		      " signal = (SELECT signal FROM signals WHERE name = 'battery_v')");
	answer = ask(first_run.start_ns + 800 * CYCLE_NS, first_run.start_ns + 1600 * CYCLE_NS, CYCLE_NS);
	assert_hole(&answer, "damaged", 800, 1600);
	assert_answers(first_run.start_ns + 800 * CYCLE_NS, first_run.start_ns + 1600 * CYCLE_NS, 40 * CYCLE_NS);
}

/* Neither how many cycles a row has nor how long they are is in a checksum. */
static void damaged_numbers_cost_their_row_alone(void **state)
{
	struct ohtd_history_answer answer;

	(void)state;
	make_run(&first_run, 1200, &seed);
	memset(first_run.quality, 0, sizeof(first_run.quality));
	history_start(&first_run, manual.now_ns);
	history_play(1200);
	ohtd_history_stop(history);
	store_run_sql("INSERT INTO runs SELECT 2, boot_id, cycle_ns, start_ns - 86400000000000, 1, NULL FROM runs;"
		      "INSERT INTO intervals SELECT place + (1 << 40), cycles, columns, samples FROM intervals;"
		      "UPDATE intervals SET cycles = 1 << 31 WHERE place = (1 << 40) + 800;"
		      "UPDATE intervals SET cycles = -900 WHERE place = (2 << 40) + 800");
	ohtd_manual_clock_advance(&manual, 100 * OHTD_NS_PER_S);
	begin_second_run(400);
	WAIT_FOR(store_ask_sql("SELECT NOT EXISTS (SELECT * FROM intervals WHERE place < 3 << 40)") == 1);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM chunks WHERE cycles NOT BETWEEN 801 AND 3200"), 0);
	assert_int_equal(store_ask_sql("SELECT count(DISTINCT run) FROM chunks"), 2);
	assert_answers(first_run.start_ns, first_run.start_ns + 800 * CYCLE_NS, CYCLE_NS);
	for (int cycle_ns = 0; cycle_ns < 2; cycle_ns++) {
		store_run_sql(cycle_ns ? "UPDATE runs SET cycle_ns = 1" : "UPDATE runs SET cycle_ns = 0");
		answer = ask(first_run.start_ns - 1, second_run.start_ns + 40 * CYCLE_NS, 40 * CYCLE_NS);
		assert_int_equal(answer.count, 1);
		assert_non_null(hole_of(&answer, "damaged"));
	}
}

static void a_disk_that_fails_costs_nothing_that_fits_into_memory(void **state)
{
	struct ohtd_history_answer answer;

	(void)state;
	assert_int_equal(mkdir(store_path, 0700), 0);
	make_run(&first_run, 20000, &seed);
	history_start(&first_run, manual.now_ns);
	__atomic_store_n(&wanted, 20000, __ATOMIC_RELEASE);
	WAIT_FOR(__atomic_load_n(&given, __ATOMIC_ACQUIRE) == 20000);
	WAIT_FOR(history_view().state != OHTD_STORE_OK);
	/* The last cycle may be one that was not begun. */
	assert_in_range(history_view().waiting, 49, 50);
	/* What was before cannot be known. */
	answer = ask(first_run.start_ns - 40 * CYCLE_NS, first_run.start_ns + 40 * CYCLE_NS, CYCLE_NS);
	assert_hole(&answer, "store_failing", -40, 0);
	assert_random_spans(20);
	assert_int_equal(rmdir(store_path), 0);
	/* It begins again by itself, a second after each failure: the last one may come when the clock has moved already. */
	WAIT_FOR((ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S), !history_view().waiting));
	assert_int_equal(history_view().dropped, 0);
	assert_random_spans(20);
}

/* Longer than memory lasts, and samples are lost meanwhile: each cycle that was given up is told, and once. */
static void a_long_trouble_of_the_disk_is_told_whole(void **state)
{
	const uint64_t cycles = 100000;
	struct ohtd_history_view view;

	(void)state;
	assert_int_equal(mkdir(store_path, 0700), 0);
	make_run(&first_run, cycles, &seed);
	/* Each cycle is there, so an interval has no other end than its own. */
	memset(first_run.quality, 0, sizeof(first_run.quality));
	history_start(&first_run, manual.now_ns);
	lost_at = (180 + 31) * 400 + 100;
	__atomic_store_n(&wanted, cycles, __ATOMIC_RELEASE);
	WAIT_FOR(__atomic_load_n(&given, __ATOMIC_ACQUIRE) == cycles);
	WAIT_FOR(history_view().samples == cycles - 100);
	view = history_view();
	assert_in_range(view.dropped, 60, 80);
	assert_int_equal(rmdir(store_path), 0);
	WAIT_FOR((ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S), !history_view().waiting));
	assert_in_range(store_ask_sql("SELECT count(*) FROM gaps WHERE reason = 'store_failing'"), 1, 2);
	assert_int_equal(store_ask_sql("SELECT sum(cycles) FROM gaps WHERE reason = 'store_failing'"), view.dropped * 400);
	assert_int_equal(store_ask_sql("SELECT cycles FROM gaps WHERE reason = 'samples_lost'"), 100);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM gaps g JOIN intervals i ON g.reason = 'store_failing'"
				       " WHERE (i.place & 1099511627775) < g.first + g.cycles AND g.first < (i.place & 1099511627775) + i.cycles"), 0);
}

/* Gaps come from two ends, and between them when the store takes some: whatever comes, each cycle that is lost is in one, and few are. */
static void each_lost_cycle_is_in_a_gap(void **state)
{
	static const char *const reasons[] = { "store_failing", "samples_lost" };
	static bool lost[20000];
	struct ohtd_history_gap gaps[OHTD_PENDING_GAPS], fixed;

	(void)state;
	for (int walk = 0; walk < 200; walk++) {
		unsigned int count = 0, taken = 0;
		uint64_t front = 0, newest = 10000;

		memset(lost, 0, sizeof(lost));
		for (int i = 0; i < 200; i++) {
			uint64_t cycles = 1 + chance(&seed, 40), *at = chance(&seed, 2) ? &front : &newest;

			if (!chance(&seed, 20)) {
				taken = (unsigned int)chance(&seed, count < OHTD_PENDING_GAPS ? count + 1 : OHTD_PENDING_GAPS);
				fixed = gaps[taken ? taken - 1 : 0];
			}
			*at += chance(&seed, 8) ? 0 : chance(&seed, 50);
			memset(&lost[*at], true, cycles);
			ohtd_gaps_note(gaps, &count, taken, *at, cycles, reasons[chance(&seed, 10) == 0]);
			*at += cycles;
			assert_in_range(count, 1, OHTD_PENDING_GAPS);
			if (taken)
				assert_memory_equal(&gaps[taken - 1], &fixed, sizeof(fixed));
		}
		for (unsigned int i = 0; i < count; i++) {
			assert_true(gaps[i].cycles > 0);
			memset(&lost[gaps[i].first], false, (size_t)gaps[i].cycles);
		}
		assert_null(memchr(lost, true, sizeof(lost)));
	}
}

/* What a life opens, writes and seals is on the disk. */
static bool is_settled(void)
{
	struct ohtd_history_view view = history_view();

	return !view.waiting && view.bytes;
}

/*
 * A life whose disk refuses all writes from the @first one on, until it is seen; it opens the file, writes two intervals and seals
 * the run before. False: it did not write so often.
 */
static bool live_on_a_disk_that_refuses(void **state, uint64_t first, int code, unsigned int told)
{
	const struct fault_plan refuse = { .ops = FAULT_WRITE, .first = first, .count = UINT64_MAX, .code = code };
	bool came;

	/* The simulated disk has room for the names of a life or two. */
	assert_int_equal(fault_vfs_install(), SQLITE_OK);
	assert_int_equal(history_set_up(state), 0);
	play_first_run(400);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	make_run(&second_run, 800, &seed);
	fault_vfs_set(&refuse);
	history_start(&second_run, manual.now_ns);
	history_play(800);
	WAIT_FOR(history_view().state != OHTD_STORE_OK || is_settled());
	came = fault_vfs_calls(FAULT_WRITE) >= first;
	if (history_view().state != OHTD_STORE_OK) {
		assert_int_equal(history_view().state, told);
		assert_answers(second_run.start_ns, second_run.start_ns + 800 * CYCLE_NS, CYCLE_NS);
	}
	fault_vfs_set(&(struct fault_plan){ 0 });
	WAIT_FOR((ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S), is_settled()));
	assert_int_equal(history_view().state, OHTD_STORE_OK);
	assert_int_equal(history_view().dropped, 0);
	assert_random_spans(10);
	history_tear_down(state);
	fault_vfs_remove();
	return came;
}

/* One each, or with OHT_SOAK each in turn. */
static void each_write_that_is_refused_is_told_and_made_later(void **state)
{
	static const struct {
		int code;
		unsigned int told;
	} disks[] = {
		{ SQLITE_FULL, OHTD_STORE_FULL }, { SQLITE_IOERR_WRITE, OHTD_STORE_FAILING },
	};

	history_tear_down(state);
	for (size_t i = 0; i < sizeof(disks) / sizeof(*disks); i++) {
		uint64_t first = 1;

		if (!getenv("OHT_SOAK"))
			live_on_a_disk_that_refuses(state, 1 + chance(&seed, WRITES), disks[i].code, disks[i].told);
		else
			while (live_on_a_disk_that_refuses(state, first, disks[i].code, disks[i].told))
				first++;
		assert_true(first == 1 || first > WRITES);
	}
	assert_int_equal(history_set_up(state), 0);
}

static void set_free(int64_t bytes)
{
	__atomic_store_n(&free_bytes, bytes, __ATOMIC_RELEASE);
}

/* Nothing is added, what is too much or asked for goes and is read, and nothing is lost that fits into memory. */
static void the_reserve_of_the_disk_is_for_others(void **state)
{
	static const struct ohtd_history_keep less = { 30, 400, 1ll << 30 };
	long long intervals;

	(void)state;
	play_first_run(OHTD_CHUNK_CYCLES + 4000);
	set_free(-1);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	make_run(&second_run, 4000, &seed);
	history_start(&second_run, manual.now_ns);
	history_play(4000);
	WAIT_FOR(ask(first_run.start_ns, first_run.start_ns + 400 * CYCLE_NS, CYCLE_NS).count > 0);
	WAIT_FOR(history_view().state == OHTD_STORE_FULL);
	assert_in_range(history_view().waiting, 9, 10);
	assert_random_spans(10);
	intervals = store_ask_sql("SELECT count(*) FROM intervals");
	assert_int_equal(store_ask_sql("SELECT count(*) FROM intervals WHERE place >= 2 << 40"), 0);
	__atomic_store_n(&chunks_max, SIGNALS, __ATOMIC_RELEASE);
	ohtd_history_keep(history, &less);
	WAIT_FOR((ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S),
		  store_ask_sql("SELECT (SELECT count(*) FROM chunks) + (SELECT count(*) FROM coarse)") <= SIGNALS));
	/* As much as its log, but not what it wants besides before it begins anew. */
	set_free((1 << 20) - 1);
	for (int tries = 0; tries < 20; tries++) {
		ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S);
		store_nap();
	}
	assert_int_equal(history_view().state, OHTD_STORE_FULL);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM intervals"), intervals);
	set_free(INT64_MAX);
	WAIT_FOR((ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S), is_settled()));
	assert_int_equal(history_view().state, OHTD_STORE_OK);
	assert_int_equal(history_view().dropped, 0);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM gaps WHERE reason = 'store_failing'"), 0);
	assert_true(assert_answers(second_run.start_ns, second_run.start_ns + 4000 * CYCLE_NS, CYCLE_NS) > 0);
}

/* A repair writes all of it once more. */
static void a_repair_waits_for_room_besides_the_reserve(void **state)
{
	glob_t found;
	char beside[512];

	(void)state;
	play_first_run(4000);
	store_smash((unsigned int)store_ask_sql("SELECT rootpage FROM sqlite_schema WHERE name = 'gaps'"));
	assert_int_equal(ohtd_db_file_set_suspect(store_path), 0);
	set_free(8192);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	make_run(&second_run, 400, &seed);
	history_start(&second_run, manual.now_ns);
	history_play(400);
	WAIT_FOR(history_view().state != OHTD_STORE_OK);
	snprintf(beside, sizeof(beside), "%s.*", store_path);
	assert_int_equal(glob(beside, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	globfree(&found);
	set_free(INT64_MAX);
	WAIT_FOR((ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S), is_settled()));
	assert_random_spans(10);
}

static void the_file_of_a_newer_program_is_left_alone(void **state)
{
	(void)state;
	play_first_run(1200);
	store_run_sql("INSERT INTO schema_migrations VALUES (99, 0)");
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	make_run(&second_run, 800, &seed);
	history_start(&second_run, manual.now_ns);
	history_play(800);
	WAIT_FOR(history_view().state != OHTD_STORE_OK);
	assert_answers(second_run.start_ns, second_run.start_ns + 800 * CYCLE_NS, CYCLE_NS);
	assert_int_equal(store_ask_sql("SELECT max(version) FROM schema_migrations"), 99);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM runs"), 1);
	/* As after the newer program has gone back by itself. */
	store_run_sql("DELETE FROM schema_migrations WHERE version = 99");
	WAIT_FOR((ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S), is_settled()));
	assert_random_spans(20);
}

/* Of which the columns of the first run are made. */
static unsigned int level_of_samples(void)
{
	return ask(first_run.start_ns, first_run.start_ns + 4000 * CYCLE_NS, CYCLE_NS).level;
}

/* The run before was over for weeks: by its age nothing goes for a day. */
static void wait_a_day(void)
{
	static const struct ohtd_history_keep more = { 30, 400, 3ll << 30 };

	WAIT_FOR(history_view().bytes);
	ohtd_manual_clock_advance(&manual, 25 * 3600 * OHTD_NS_PER_S);
	ohtd_history_keep(history, &more);
}

/* Samples and fine columns go after 30 days, coarse ones after 400, and then their run; nothing goes while the clock may be wrong. */
static void what_is_old_goes_if_the_clock_is_right(void **state)
{
	static const char samples[] = "SELECT count(*) FROM chunks WHERE run = 1";
	static const char coarse[] = "SELECT count(*) FROM coarse WHERE run = 1";

	(void)state;
	play_first_run(4000);
	ohtd_manual_clock_advance(&manual, 32 * 86400ull * OHTD_NS_PER_S);
	begin_second_run(1000);
	WAIT_FOR(store_ask_sql(samples) == 3 * SIGNALS && store_ask_sql(coarse) == 3 * SIGNALS);
	WAIT_FOR(history_view().bytes);
	ohtd_history_stop(history);
	assert_int_equal(store_ask_sql(samples), 3 * SIGNALS);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	atomic_store(&manual.synchronised, true);
	begin_second_run(1000);
	WAIT_FOR(history_view().bytes);
	assert_int_equal(store_ask_sql(samples), 3 * SIGNALS);
	wait_a_day();
	WAIT_FOR(store_ask_sql(samples) == 0);
	assert_int_equal(store_ask_sql(coarse), 3 * SIGNALS);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM runs WHERE run = 1"), 1);
	/* Whoever asks for samples gets the columns that are left. */
	WAIT_FOR(level_of_samples() == 3);
	assert_true(assert_answers(first_run.start_ns, first_run.start_ns + 4000 * CYCLE_NS, CYCLE_NS) > 0);
	ohtd_history_stop(history);
	ohtd_manual_clock_advance(&manual, 369 * 86400ull * OHTD_NS_PER_S);
	begin_second_run(1000);
	wait_a_day();
	WAIT_FOR(store_ask_sql("SELECT count(*) FROM runs WHERE run = 1") == 0);
	assert_int_equal(store_ask_sql(coarse), 0);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM coarse"), 2 * 3 * SIGNALS);
}

/* While the daemon runs, and what is left of that time is found. */
static void less_is_kept_at_once_when_it_is_said(void **state)
{
	static const struct ohtd_history_keep a_day = { 1, 3, 1ll << 30 };

	(void)state;
	atomic_store(&manual.synchronised, true);
	play_first_run(4000);
	ohtd_manual_clock_advance(&manual, 2 * 86400ull * OHTD_NS_PER_S);
	begin_second_run(1000);
	WAIT_FOR(history_view().bytes);
	assert_int_equal(level_of_samples(), 0);
	ohtd_history_keep(history, &a_day);
	WAIT_FOR(store_ask_sql("SELECT count(*) FROM chunks WHERE level < 3 AND run = 1") == 0);
	WAIT_FOR(level_of_samples() == 3);
	/* More does not bring it back, and what is there is found all the same. */
	ohtd_history_keep(history, &history_kept);
	store_nap();
	assert_true(assert_answers(first_run.start_ns, first_run.start_ns + 4000 * CYCLE_NS, CYCLE_NS) > 0);
	assert_int_equal(level_of_samples(), 3);
}

/* From cycle @from on, which has been played already. */
static void forget(unsigned int signal, uint64_t from)
{
	for (uint64_t at = from; at < wanted; at++)
		if (run->quality[0][at] != 0xff)
			run->quality[signal][at] = OHTD_TELEMETRY_NONE;
}

static void what_is_left_out_is_not_kept_and_the_rest_is(void **state)
{
	const uint64_t begin = 30123, end = 90057;
	struct oht_set left_out = { 0 };

	(void)state;
	make_run(&first_run, OHTD_CHUNK_CYCLES + 20000, &seed);
	history_start(&first_run, manual.now_ns);
	history_play(begin);
	oht_set_add(&left_out, history_signals[0]);
	oht_set_add(&left_out, history_signals[3]);
	ohtd_history_leave_out(history, &left_out);
	history_play(60000);
	history_await_flush();
	assert_int_equal(store_ask_sql("SELECT avg(length(samples)) FILTER (WHERE (place & 1099511627775) < 30000) > "
				       "1.2 * avg(length(samples)) FILTER (WHERE (place & 1099511627775) > 30400) FROM intervals"), 1);
	history_play(end);
	ohtd_history_leave_out(history, &(struct oht_set){ 0 });
	forget(3, begin);
	/* Last, since its quality says which cycles there were. */
	forget(0, begin);
	assert_random_spans(20);
	history_play(OHTD_CHUNK_CYCLES + 20000);
	history_await_flush();
	history_await_seal(1);
	assert_random_spans(30);
}

/* Also while the clock may be wrong, and until it is small enough; fine levels first. */
static void a_file_that_is_too_large_loses_what_is_finest(void **state)
{
	(void)state;
	play_first_run(1000);
	chunks_max = 2 * SIGNALS;
	begin_second_run(1000);
	WAIT_FOR(store_ask_sql("SELECT count(*) FROM coarse") == 2 * SIGNALS);
	assert_int_equal(store_ask_sql("SELECT min(level) FROM coarse"), 4);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM chunks"), 0);
}

#define MASS_PAGES	(128 * 19)	/* at least, of what a step drops */

/* In more than one step, while nothing comes in that would be a reason for another. */
static void a_smaller_size_gives_the_pages_back_at_once(void **state)
{
	static const struct ohtd_history_keep less = { 30, 400, 1ll << 30 };
	long long pages;

	(void)state;
	play_first_run(1000);
	store_run_sql("INSERT INTO chunks (level, signal, run, chunk, cycles, data)"
		      "	WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 128 + 4)"
		      "	SELECT 0, 900, 1, n, 163840, zeroblob(80000) FROM n");
	begin_second_run(1000);
	WAIT_FOR(history_view().bytes);
	pages = store_ask_sql("PRAGMA page_count");
	__atomic_store_n(&chunks_max, 2 * 3 * SIGNALS + 4, __ATOMIC_RELEASE);
	ohtd_history_keep(history, &less);
	WAIT_FOR(store_ask_sql("PRAGMA page_count") < pages - MASS_PAGES);
	WAIT_FOR(!store_ask_sql("PRAGMA freelist_count"));
}

/* What is sealed is dropped with the last signal: each before must be there. */
static void what_a_commit_does_not_take_is_sealed_again(void **state)
{
	(void)state;
	play_first_run(4000);
	store_run_sql("CREATE TABLE refused (run INTEGER REFERENCES runs (run) DEFERRABLE INITIALLY DEFERRED);"
		      "CREATE TRIGGER refuse AFTER INSERT ON chunks BEGIN INSERT INTO refused VALUES (-1); END");
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	begin_second_run(400);
	for (int tries = 0; tries < 20; tries++) {
		ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S);
		store_nap();
	}
	store_run_sql("DROP TRIGGER refuse");
	ohtd_manual_clock_advance(&manual, 2 * OHTD_NS_PER_S);
	WAIT_FOR(store_ask_sql("SELECT NOT EXISTS (SELECT * FROM intervals WHERE place < 2 << 40)") == 1);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM chunks"), 3 * SIGNALS);
	assert_true(assert_answers(first_run.start_ns, first_run.start_ns + 4000 * CYCLE_NS, CYCLE_NS) > 0);
}

#define LEFT_BY_STEPS	(3 * 3000)	/* coarse chunks, more than one step moves */
#define DIFFERENT	"SELECT (SELECT count(*) FROM (SELECT * FROM wanted EXCEPT SELECT * FROM coarse))"	\
			" + (SELECT count(*) FROM (SELECT * FROM coarse EXCEPT SELECT * FROM wanted))"

static const char left_to_move[] = "SELECT count(*) FROM chunks WHERE level > 2";

/* As a program of schema 2 has left it: coarse chunks lie where samples are. Some are of signals that nothing here has. */
static void make_schema_2(void)
{
	store_run_sql("INSERT INTO coarse WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 3000)"
		      "	SELECT level, 900 + n % 7, 1, n, 163840, randomblob(80 + n % 90) FROM n,"
		      "	(SELECT 3 AS level UNION SELECT 4 UNION SELECT 5);"
		      "INSERT INTO chunks (level, signal, run, chunk, cycles, data)"
		      "	SELECT * FROM coarse ORDER BY run, chunk, signal, level;"
		      "CREATE TABLE wanted AS SELECT * FROM coarse;"
		      "DROP TABLE coarse; DROP INDEX gaps_run; DELETE FROM schema_migrations WHERE version > 2");
}

/* All of it can be read meanwhile, no copy of the file is made, and what comes in is kept. */
static void what_an_earlier_schema_has_is_moved(void **state)
{
	char copies[512];
	glob_t found;

	(void)state;
	make_run(&first_run, 2 * OHTD_CHUNK_CYCLES + 4000, &seed);
	history_start(&first_run, manual.now_ns);
	history_play(2 * OHTD_CHUNK_CYCLES + 4000);
	history_await_seal(2);
	ohtd_history_stop(history);
	assert_int_equal(store_ask_sql(left_to_move), 0);
	assert_int_equal(store_ask_sql("SELECT count(*) FROM coarse"), 2 * 3 * SIGNALS);
	make_schema_2();
	assert_int_equal(store_ask_sql(left_to_move), 2 * 3 * SIGNALS + LEFT_BY_STEPS);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	begin_second_run(400);
	for (bool moved = false, last = false; !last; moved = !store_ask_sql(left_to_move)) {
		last = moved;
		assert_true(assert_answers(first_run.start_ns, second_run.start_ns + 400 * CYCLE_NS, 2560 * CYCLE_NS) > 0);
	}
	/* What is sealed now comes behind it. */
	WAIT_FOR(store_ask_sql("SELECT NOT EXISTS (SELECT * FROM intervals WHERE place < 2 << 40)") == 1);
	store_run_sql("DELETE FROM coarse WHERE run = 1 AND chunk = 2 AND signal < 900");
	assert_int_equal(store_ask_sql(DIFFERENT), 0);
	assert_int_equal(store_ask_sql("SELECT max(version) FROM schema_migrations"), 4);
	snprintf(copies, sizeof(copies), "%s.v*", store_path);
	assert_int_equal(glob(copies, 0, NULL, &found), GLOB_NOMATCH);
}

/* The first chart of a new run is no finer than what is there. */
static void how_far_levels_reach_is_known_before_anything_is_moved(void **state)
{
	(void)state;
	play_first_run(4000);
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	begin_second_run(400);
	WAIT_FOR(store_ask_sql("SELECT NOT EXISTS (SELECT * FROM intervals WHERE place < 2 << 40)") == 1);
	ohtd_history_stop(history);
	store_run_sql("DELETE FROM chunks");
	make_schema_2();
	store_run_sql("CREATE TRIGGER refuse BEFORE DELETE ON chunks BEGIN SELECT RAISE (ABORT, 'held'); END");
	ohtd_manual_clock_advance(&manual, 60 * OHTD_NS_PER_S);
	begin_second_run(400);
	WAIT_FOR(level_of_samples() == 3);
	assert_int_equal(store_ask_sql(left_to_move), 3 * SIGNALS + LEFT_BY_STEPS);
	assert_int_equal(history_view().bytes, 0);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, history_set_up, history_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(charts_equal_brute_force),
		CASE(a_column_is_little_longer_than_was_asked_for),
		CASE(a_kill_takes_no_more_than_an_interval),
		CASE(samples_that_come_too_late_are_a_gap),
		CASE(a_clock_that_is_set_moves_the_run),
		CASE(a_clock_set_forwards_stays_set_over_a_kill),
		CASE(a_clock_set_back_stays_set_over_a_kill),
		CASE(a_suspend_is_a_gap_and_moves_nothing),
		CASE(a_suspend_between_two_readings_moves_nothing),
		CASE(runs_that_overlap_are_told_in_one_order),
		CASE(more_runs_than_an_answer_tells_are_refused),
		CASE(each_gap_and_each_pause_is_told),
		CASE(what_is_damaged_is_a_gap_and_the_rest_is_there),
		CASE(damaged_numbers_cost_their_row_alone),
		CASE(a_disk_that_fails_costs_nothing_that_fits_into_memory),
		CASE(a_long_trouble_of_the_disk_is_told_whole),
		cmocka_unit_test(each_lost_cycle_is_in_a_gap),
		CASE(each_write_that_is_refused_is_told_and_made_later),
		CASE(the_reserve_of_the_disk_is_for_others),
		CASE(a_repair_waits_for_room_besides_the_reserve),
		CASE(the_file_of_a_newer_program_is_left_alone),
		CASE(what_is_old_goes_if_the_clock_is_right),
		CASE(less_is_kept_at_once_when_it_is_said),
		CASE(what_is_left_out_is_not_kept_and_the_rest_is),
		CASE(a_file_that_is_too_large_loses_what_is_finest),
		CASE(a_smaller_size_gives_the_pages_back_at_once),
		CASE(what_a_commit_does_not_take_is_sealed_again),
		CASE(what_an_earlier_schema_has_is_moved),
		CASE(how_far_levels_reach_is_known_before_anything_is_moved),
	};
	const char *chosen = getenv("OHT_SEED");

	seed = chosen ? strtoull(chosen, NULL, 10) : (uint64_t)time(NULL);
	print_message("OHT_SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
