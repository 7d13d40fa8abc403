// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load for the bench: history_load FOLDER [HOURS [SAMPLES | COUNTxBITS]]. The mix of the bench (20 signals with noise of 2 LSB, 20 slow
 * ones, 10 counters, 6 words) at 40 cycles a second for HOURS, or a chunk and a half (1.7 h), as fast as it is taken.
 * Prints "entropy RATIO BITS" (bytes of the samples of the first chunk by the entropy of the mix, which has so many
 * bits a sample), "cpu PERCENT" of a core, if it had come in its own time, "export SAMPLES_PER_S" of all samples of all signals,
 * "levels BYTES..." of each level of the first chunk, and "written BYTES" into the log and the file of the database for each cycle.
 * FOLDER/mix has the integers of the first chunk, signal by signal, four bytes each.
 *
 * With a day or more the file then becomes one of 30 days, as a program of schema 2 has left it, by its whole chunks again and
 * again. Prints "move SECONDS ROWS", from the start until all coarse chunks are moved, and of charts of 2,000 points over a minute,
 * an hour, a day and 30 days, while samples come in as they do in time, "warm SPAN P95_MS COUNT", and "cold" the same with
 * nothing of the file in the host's memory before each.
 *
 * With SAMPLES, as shift_samples makes them, it keeps these instead, again and again, and prints "robot USED WRITTEN
 * SYNCHRONISATIONS": bytes for each cycle that are in use in the file, and that were written, and how often the disk was waited for
 * in 10 s.
 *
 * With COUNTxBITS in the place of SAMPLES there are so many signals of a user's table beside the mix, each another random number of
 * so many bits each 52 cycles, in whole chunks of those HOURS. It prints "own BYTES" that were written for each cycle by the end, when all of the
 * log is in the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "chance.h"
#include "common/modmap.h"
#include "history/export.h"
#include "history/history.h"
#include "robot/samples.h"
#include "store/written.h"

#define CYCLE_NS	(25ll * 1000000)
#define HOUR_CYCLES	(3600 * 40)
#define DAY_NS		(86400 * 1000000000ll)
#define PORTION		40000
#define FLUSH_S		10
#define INTERVAL	(FLUSH_S * OHTD_LEVEL_CYCLES)
#define NOISY		20
#define SLOW		20
#define COUNTERS	10
#define POINTS		2000
#define OWN_CYCLES	52	/* a register of a user is read each 1.3 s */
#define WARM		100
#define COLD		40
#define SAMPLES_MAX	(4 * HOUR_CYCLES)
#define MONTH_NS	(30 * DAY_NS)
#define INNOVATIONS	64	/* from -32 on */

static uint64_t given, wanted, seed = 1;
static uint64_t cycles = OHTD_CHUNK_CYCLES + OHTD_CHUNK_CYCLES / 2;
static int64_t values[OHTD_TELEMETRY_BUILT_IN];
static uint64_t seen[OHTD_TELEMETRY_BUILT_IN][INNOVATIONS];
static int32_t mix[OHTD_TELEMETRY_BUILT_IN][OHTD_CHUNK_CYCLES];
static double feed_s;
/* Instead of the mix, if it is there. */
static const struct ohtd_sample *recorded;
static uint64_t recorded_count;
/* Of a user's table. */
static unsigned int own, own_bits;
static int64_t own_values[OHT_OWN_SIGNALS_MAX];

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

static void draw(struct ohtd_sample *sample, uint64_t number)
{
	memset(sample, 0, sizeof(*sample));
	for (unsigned int i = 0; i < OHTD_TELEMETRY_BUILT_IN; i++) {
		int64_t found = innovation(i);

		values[i] = i < NOISY ? 500 + found : i < NOISY + SLOW + COUNTERS ? values[i] + found :
			    (values[i] + found) % 6;
		sample->values[i] = values[i];
		if (number >= OHTD_CHUNK_CYCLES)
			continue;
		seen[i][found + INNOVATIONS / 2]++;
		mix[i][number] = (int32_t)values[i];
	}
	for (unsigned int i = 0; i < own; i++) {
		if ((number + 7 * i) % OWN_CYCLES == 0)
			own_values[i] = (int64_t)chance(&seed, 1ull << own_bits);
		sample->values[OHTD_TELEMETRY_BUILT_IN + i] = own_values[i];
	}
}

/* Takes the signals that "COUNTxBITS" says; false: it says none. */
static bool take_own(const char *words, const char *folder)
{
	static struct oht_modmap *map;
	char path[512], error[OHT_ERROR_BYTES];
	size_t registers;
	FILE *file;

	if (sscanf(words, "%ux%u", &own, &own_bits) != 2 || own > OHT_OWN_SIGNALS_MAX || own_bits > 40)
		return false;
	snprintf(path, sizeof(path), "%s/own.csv", folder);
	file = fopen(path, "w");
	if (!file || oht_modmap_load(OHT_SOURCE_DATADIR, &map, error))
		return false;
	fputs("history,profile,module,address,name,label,access,type,scale,unit,min,max,default,write_level,safety_critical,motion,description\n", file);
	for (unsigned int i = 0; i < own; i++)
		fprintf(file, "own_%u,common,%s,%u,x%u,,RO,u16,1,,,,,none,no,no,\n", i, i % 2 ? "power" : "safety", 1000 + i, i);
	fclose(file);
	if (own && oht_modmap_add(map, path, NULL, &registers, error))
		return false;
	ohtd_telemetry_take_own(map);
	cycles -= cycles % OHTD_CHUNK_CYCLES;
	return true;
}

int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample)
{
	double began = seconds(CLOCK_THREAD_CPUTIME_ID);
	static bool paused;
	uint64_t number = given;

	(void)robot;
	(void)reader;
	/* An interval in a turn, so that each has a commit of its own. */
	paused = !paused && number % INTERVAL == 0;
	if (paused || number >= __atomic_load_n(&wanted, __ATOMIC_ACQUIRE))
		return 0;
	if (recorded)
		*sample = recorded[number % recorded_count];
	else
		draw(sample, number);
	sample->number = number;
	sample->time_ns = number * CYCLE_NS;
	feed_s += seconds(CLOCK_THREAD_CPUTIME_ID) - began;
	__atomic_store_n(&given, number + 1, __ATOMIC_RELEASE);
	return 1;
}

/* Of the chunk, in bits. */
static double entropy(void)
{
	double bits = 0;

	for (unsigned int i = 0; i < OHTD_TELEMETRY_BUILT_IN; i++)
		for (unsigned int k = 0; k < INNOVATIONS; k++)
			if (seen[i][k])
				bits -= (double)seen[i][k] * log2((double)seen[i][k] / OHTD_CHUNK_CYCLES);
	return bits;
}

static double ask(const char *path, const char *sql, int64_t with)
{
	double found = 0;
	sqlite3_stmt *s;
	sqlite3 *db;

	if (!sqlite3_open(path, &db) && !sqlite3_busy_timeout(db, 60000) && !sqlite3_prepare_v2(db, sql, -1, &s, NULL) &&
	    !sqlite3_bind_int64(s, 1, with) && sqlite3_step(s) == SQLITE_ROW)
		found = sqlite3_column_double(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return found;
}

/* Of the first chunk. */
static double level_bytes(const char *path, int level)
{
	return ask(path, level < OHTD_HISTORY_FINE_LEVELS ?
		   "SELECT sum(length(data)) FROM chunks WHERE chunk = 0 AND level = ?" :
		   "SELECT sum(length(data)) FROM coarse WHERE chunk = 0 AND level = ?", level);
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

/* Up to @to cycles, and what they complete is on the disk. */
static void feed(struct ohtd_history *history, uint64_t to)
{
	while (wanted < to) {
		__atomic_store_n(&wanted, wanted + PORTION < to ? wanted + PORTION : to, __ATOMIC_RELEASE);
		while (__atomic_load_n(&given, __ATOMIC_ACQUIRE) < wanted || waiting(history))
			nap();
	}
}

/* Samples that have come in since @since_s are there to be taken. */
static void live(double since_s)
{
	static uint64_t from;

	from = from ? from : wanted;
	__atomic_store_n(&wanted, from + (uint64_t)((seconds(CLOCK_MONOTONIC) - since_s) * 40), __ATOMIC_RELEASE);
}

/* Nothing of the file is in the host's memory any more. */
static void forget(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		perror(path);
	close(fd);
}

static double chart_ms(struct ohtd_history *history, int64_t start_ns, int64_t span_ns)
{
	int64_t whole_ns = (int64_t)cycles * CYCLE_NS;
	struct ohtd_history_query query = { .count = 8, .step_ns = (span_ns + POINTS - 1) / POINTS };
	struct ohtd_history_answer answer;
	double began;

	query.from_ns = start_ns + (int64_t)chance(&seed, (uint64_t)(whole_ns - span_ns + 1));
	query.to_ns = query.from_ns + span_ns;
	for (unsigned int k = 0; k < 8; k++)
		query.signals[k] = k * 7;
	began = seconds(CLOCK_MONOTONIC);
	ohtd_history_read(history, &query, &answer);
	ohtd_history_answer_free(&answer);
	return (seconds(CLOCK_MONOTONIC) - began) * 1e3;
}

/* Of a file that is forgotten before each chart, or not. */
static void print_charts(struct ohtd_history *history, int64_t start_ns, const char *path, bool cold, double since_s)
{
	static const struct {
		const char *name;
		int64_t span_ns;
	} spans[] = {
		{ "minute", 60000000000ll }, { "hour", 3600000000000ll }, { "day", DAY_NS }, { "month", MONTH_NS },
	};
	int count = cold ? COLD : WARM;
	double ms[WARM];

	for (size_t k = 0; k < sizeof(spans) / sizeof(spans[0]); k++) {
		for (int i = 0; i < count; i++) {
			live(since_s);
			if (cold)
				forget(path);
			ms[i] = chart_ms(history, start_ns, spans[k].span_ns);
		}
		qsort(ms, (size_t)count, sizeof(ms[0]), compare);
		printf("%s %s %.3f %d\n", cold ? "cold" : "warm", spans[k].name, ms[count * 95 / 100], count);
	}
}

/* All of it, as an export reads it. */
static void print_export(struct ohtd_history *history, int64_t start_ns)
{
	struct ohtd_export_query query = {
		.from_ns = start_ns, .to_ns = start_ns + (int64_t)cycles * CYCLE_NS,
		.count = OHTD_TELEMETRY_BUILT_IN,
	};
	double began = seconds(CLOCK_MONOTONIC), samples = 0;
	struct ohtd_export_item item;
	struct ohtd_export *export;
	int r;

	for (unsigned int i = 0; i < query.count; i++)
		query.signals[i] = i;
	export = ohtd_export_begin(history, &query);
	while (export && ((r = ohtd_export_next(export, &item)) > 0 || r == -EAGAIN))
		samples += r > 0 && !*item.reason ? query.count : 0;
	ohtd_export_end(export);
	printf("export %.0f\n", samples / (seconds(CLOCK_MONOTONIC) - began));
}

static void print_bytes(struct ohtd_history *history, const char *path)
{
	struct ohtd_history_view view;
	double all = 0;

	ohtd_history_look(history, &view);
	printf("levels");
	for (int level = 0; level < OHTD_LEVELS; level++) {
		all += level_bytes(path, level);
		printf(" %.0f", level_bytes(path, level));
	}
	/* The part of a chunk at the end is not sealed. */
	all *= (double)(cycles % OHTD_CHUNK_CYCLES) / OHTD_CHUNK_CYCLES;
	printf("\nwritten %.3f\n", ((double)view.written + all) / (double)cycles);
}

/* A month of the @whole chunks that there are, all in one table, and its run. False: SQLite has refused it. */
static bool make_month(const char *path, int64_t whole, int64_t repeats)
{
	char *sql = NULL;
	sqlite3 *db;
	bool made = !sqlite3_open(path, &db);

	/* One order of the rows, that of their sealing, but for the coarse ones of the first repeat. */
	sql = sqlite3_mprintf("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; DELETE FROM intervals;"
			      "INSERT INTO chunks (level, signal, run, chunk, cycles, data) SELECT * FROM coarse ORDER BY run, chunk;"
			      "DROP TABLE coarse; DROP INDEX gaps_run; DELETE FROM schema_migrations WHERE version > 2;"
			      "CREATE TEMP TABLE last AS SELECT max(chunk_id) AS id FROM chunks;"
			      "UPDATE runs SET end_cycle = %lld", whole * repeats * OHTD_CHUNK_CYCLES);
	made = made && sql && !sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
	for (int64_t repeat = 1; made && repeat < repeats; repeat++) {
		sql = sqlite3_mprintf("INSERT INTO chunks (level, signal, run, chunk, cycles, data)"
				      " SELECT level, signal, run, chunk + %lld, cycles, data FROM chunks"
				      " WHERE chunk_id <= (SELECT id FROM last) ORDER BY chunk_id", repeat * whole);
		made = sql && !sqlite3_exec(db, sql, NULL, NULL, NULL);
		sqlite3_free(sql);
	}
	made = made && !sqlite3_exec(db, "COMMIT; PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	if (!made)
		fprintf(stderr, "history_load: %s: %s\n", path, sqlite3_errmsg(db));
	sqlite3_close(db);
	return made;
}

static int print_month(const struct ohtd_history_setup *setup, struct ohtd_manual_clock *manual)
{
	static const char left[] = "SELECT count(*) FROM chunks WHERE level >= ?";
	int64_t whole = (int64_t)cycles / OHTD_CHUNK_CYCLES, chunk_ns = OHTD_CHUNK_CYCLES * CYCLE_NS;
	int64_t repeats = MONTH_NS / (whole * chunk_ns) + 1;
	int64_t start_ns = ohtd_clock_wall_of_ns(setup->clock, 0);
	struct ohtd_history *history;
	double began, rows;

	if (!make_month(setup->path, whole, repeats))
		return 1;
	rows = ask(setup->path, left, OHTD_HISTORY_FINE_LEVELS);
	cycles = (uint64_t)(whole * repeats * OHTD_CHUNK_CYCLES);
	manual->realtime_ns += (int64_t)cycles * CYCLE_NS;
	given = wanted = 0;
	began = seconds(CLOCK_MONOTONIC);
	history = ohtd_history_start(setup);
	if (!history)
		return 1;
	feed(history, 2 * INTERVAL);
	while (ask(setup->path, left, OHTD_HISTORY_FINE_LEVELS) > 0)
		nap();
	printf("move %.3f %.0f\n", seconds(CLOCK_MONOTONIC) - began, rows);
	began = seconds(CLOCK_MONOTONIC);
	print_charts(history, start_ns, setup->path, false, began);
	print_charts(history, start_ns, setup->path, true, began);
	ohtd_history_stop(history);
	return 0;
}

/* The first chunk, for other programs. */
static bool write_mix(const char *folder)
{
	char name[512];
	FILE *file;
	bool written;

	snprintf(name, sizeof(name), "%s/mix", folder);
	file = fopen(name, "w");
	written = file && fwrite(mix, sizeof(mix), 1, file) == 1;
	return file && !fclose(file) && written;
}

/* Until all whole chunks are sealed. */
static void feed_all(struct ohtd_history *history, const char *path)
{
	feed(history, cycles);
	while (ask(path, "SELECT count(*) FROM intervals WHERE (place & 1099511627775) < ?",
		   (int64_t)(cycles / OHTD_CHUNK_CYCLES * OHTD_CHUNK_CYCLES)) > 0)
		nap();
}

static int print_mix(struct ohtd_history *history, const struct ohtd_history_setup *setup, const char *folder)
{
	double bytes = level_bytes(setup->path, 0), samples = (double)OHTD_CHUNK_CYCLES * OHTD_TELEMETRY_BUILT_IN;

	printf("entropy %.4f %.3f\n", bytes * 8 / entropy(), entropy() / samples);
	printf("cpu %.4f\n", 100 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - feed_s) / ((double)cycles * 0.025));
	print_export(history, ohtd_clock_wall_of_ns(setup->clock, 0));
	print_bytes(history, setup->path);
	return write_mix(folder) ? 0 : 1;
}

static int print_robot(struct ohtd_history *history, const char *path)
{
	double used = ask(path, "SELECT (page_count - freelist_count) * page_size"
			  " FROM pragma_page_count, pragma_freelist_count, pragma_page_size WHERE ? = 0", 0);
	struct ohtd_history_view view;

	ohtd_history_look(history, &view);
	printf("robot %.4f %.4f %.4f\n", used / (double)cycles, (double)view.written / (double)cycles,
	       (double)view.synchronisations * INTERVAL / (double)cycles);
	return 0;
}

static void print_own(void)
{
	uint64_t bytes, synchronisations;

	ohtd_written_look(&ohtd_history_written, &bytes, &synchronisations);
	printf("own %.4f\n", (double)bytes / (double)cycles);
}

/* 0, or why there is nothing to feed. */
static int read_samples(const char *name)
{
	struct ohtd_sample *samples = malloc(SAMPLES_MAX * sizeof(*samples));
	FILE *file = fopen(name, "r");

	if (!file || !samples)
		return errno;
	recorded_count = fread(samples, sizeof(*samples), SAMPLES_MAX, file);
	recorded = samples;
	return fclose(file) || !recorded_count ? EIO : 0;
}

int main(int count, char **arguments)
{
	static struct ohtd_manual_clock manual = { .realtime_ns = 1800000000ll * 1000000000 };
	static struct ohtd_clock wall;
	char path[512];
	struct ohtd_history_setup setup = { .clock = &wall, .path = path, .boot_id = "bench", .flush_s = FLUSH_S };
	struct ohtd_history *history;
	int r;

	if (count < 2 || count > 4)
		return 2;
	if (count > 2)
		cycles = strtoull(arguments[2], NULL, 10) * HOUR_CYCLES;
	r = count > 3 && !take_own(arguments[3], arguments[1]) ? read_samples(arguments[3]) : 0;
	if (r) {
		fprintf(stderr, "history_load: %s: %s\n", arguments[3], strerror(r));
		return 1;
	}
	snprintf(path, sizeof(path), "%s/history.db", arguments[1]);
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	history = ohtd_history_start(&setup);
	if (!history)
		return 1;
	feed_all(history, path);
	r = recorded ? print_robot(history, path) : count > 3 ? 0 : print_mix(history, &setup, arguments[1]);
	ohtd_history_stop(history);
	if (count > 3 && !recorded)
		print_own();
	return r || count > 3 || (int64_t)cycles * CYCLE_NS < DAY_NS ? r : print_month(&setup, &manual);
}
