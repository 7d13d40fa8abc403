// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load for the bench: history_load FOLDER. The mix of the bench (20 signals with noise of 2 LSB, 20 slow ones, 10
 * counters, 6 words) at 40 cycles a second for a chunk and a half (1.7 h), as fast as it is taken. Prints "entropy
 * RATIO BITS" (bytes of the samples of the chunk by the entropy of the mix, which has so many bits a sample), "cpu
 * PERCENT" of a core, if it had come in its own time, and "chart P95_MS COUNT" of 2,000 points of 8 signals.
 */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "chance.h"
#include "history/history.h"
#include "robot/samples.h"

#define CYCLE_NS	(25ll * 1000000)
#define CYCLES		(OHTD_CHUNK_CYCLES + OHTD_CHUNK_CYCLES / 2)
#define PORTION		40000
#define NOISY		20
#define SLOW		20
#define COUNTERS	10
#define CHARTS		200
#define INNOVATIONS	64	/* from -32 on */

static uint64_t given, wanted, seed = 1;
static int64_t values[OHTD_TELEMETRY_SIGNALS];
static uint64_t seen[OHTD_TELEMETRY_SIGNALS][INNOVATIONS];
static double feed_s;

int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample);

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What is new of a signal: noise itself, of all others the difference. */
static int64_t innovation(unsigned int signal)
{
	if (signal < NOISY)
		return llrint(2 * chance_noise(&seed));
	if (signal < NOISY + SLOW)
		return chance(&seed, 60) ? 0 : (int64_t)chance(&seed, 3) - 1;
	if (signal < NOISY + SLOW + COUNTERS)
		return 1 + !chance(&seed, 200);
	return chance(&seed, 2000) ? 0 : 1 + (int64_t)chance(&seed, 5);
}

int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample)
{
	double began = seconds(CLOCK_THREAD_CPUTIME_ID);
	uint64_t number = given;

	(void)robot;
	(void)reader;
	if (number >= __atomic_load_n(&wanted, __ATOMIC_ACQUIRE))
		return 0;
	memset(sample, 0, sizeof(*sample));
	sample->number = number;
	sample->time_ns = number * CYCLE_NS;
	for (unsigned int i = 0; i < OHTD_TELEMETRY_SIGNALS; i++) {
		int64_t found = innovation(i);

		values[i] = i < NOISY ? 500 + found : i < NOISY + SLOW + COUNTERS ? values[i] + found :
			    (values[i] + found) % 6;
		sample->values[i] = values[i];
		if (number < OHTD_CHUNK_CYCLES)
			seen[i][found + INNOVATIONS / 2]++;
	}
	feed_s += seconds(CLOCK_THREAD_CPUTIME_ID) - began;
	__atomic_store_n(&given, number + 1, __ATOMIC_RELEASE);
	return 1;
}

/* Of the chunk, in bits. */
static double entropy(void)
{
	double bits = 0;

	for (unsigned int i = 0; i < OHTD_TELEMETRY_SIGNALS; i++)
		for (unsigned int k = 0; k < INNOVATIONS; k++)
			if (seen[i][k])
				bits -= (double)seen[i][k] * log2((double)seen[i][k] / OHTD_CHUNK_CYCLES);
	return bits;
}

static double chunk_bytes(const char *path)
{
	sqlite3_stmt *s;
	sqlite3 *db;
	double bytes = 0;

	if (!sqlite3_open(path, &db) &&
	    !sqlite3_prepare_v2(db, "SELECT sum(length(data)) FROM chunks WHERE level = 0", -1, &s, NULL) &&
	    sqlite3_step(s) == SQLITE_ROW)
		bytes = sqlite3_column_double(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return bytes;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

static unsigned int waiting(struct ohtd_history *history)
{
	struct ohtd_history_view view;

	ohtd_history_look(history, &view);
	return view.waiting;
}

static int compare(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* A minute, ten, and all there is, in turn. */
static void print_charts(struct ohtd_history *history, int64_t start_ns)
{
	static double ms[CHARTS];

	for (int i = 0; i < CHARTS; i++) {
		int64_t whole_ns = CYCLES * CYCLE_NS, span_ns = i % 3 == 2 ? whole_ns : (i % 3 ? 600 : 60) * 1000000000ll;
		struct ohtd_history_query query = { .count = 8, .step_ns = span_ns / 2000 };
		struct ohtd_history_answer answer;
		double began;

		query.from_ns = start_ns + (int64_t)chance(&seed, (uint64_t)(whole_ns - span_ns + 1));
		query.to_ns = query.from_ns + span_ns;
		for (unsigned int k = 0; k < 8; k++)
			query.signals[k] = k * 7;
		began = seconds(CLOCK_MONOTONIC);
		ohtd_history_read(history, &query, &answer);
		ms[i] = (seconds(CLOCK_MONOTONIC) - began) * 1e3;
		ohtd_history_answer_free(&answer);
	}
	qsort(ms, CHARTS, sizeof(ms[0]), compare);
	printf("chart %.3f %d\n", ms[CHARTS * 95 / 100], CHARTS);
}

int main(int count, char **arguments)
{
	static struct ohtd_manual_clock manual = { .realtime_ns = 1800000000ll * 1000000000 };
	static struct ohtd_clock wall;
	char path[512];
	struct ohtd_history_setup setup = { .clock = &wall, .path = path, .boot_id = "bench", .flush_s = 10 };
	struct ohtd_history *history;
	double bytes = 0, samples = (double)OHTD_CHUNK_CYCLES * OHTD_TELEMETRY_SIGNALS;

	if (count != 2)
		return 2;
	snprintf(path, sizeof(path), "%s/history.db", arguments[1]);
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	history = ohtd_history_start(&setup);
	if (!history)
		return 1;
	while (wanted < CYCLES) {
		__atomic_store_n(&wanted, wanted + PORTION < CYCLES ? wanted + PORTION : CYCLES, __ATOMIC_RELEASE);
		while (__atomic_load_n(&given, __ATOMIC_ACQUIRE) < wanted || waiting(history))
			nap();
	}
	/* All signals of the chunk. */
	for (double before = -1; bytes != before || bytes == 0; nap()) {
		before = bytes;
		for (int i = 0; i < 100; i++)
			nap();
		bytes = chunk_bytes(path);
	}
	printf("entropy %.4f %.3f\n", bytes * 8 / entropy(), entropy() / samples);
	printf("cpu %.4f\n", 100 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - feed_s) / (CYCLES * 0.025));
	print_charts(history, ohtd_clock_wall_of_ns(&wall, 0));
	ohtd_history_stop(history);
	return 0;
}
