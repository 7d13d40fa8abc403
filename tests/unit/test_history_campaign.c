// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory of values, killed and cut off from power while it writes and seals: what was on the disk is there
 * afterwards, each sample as it was, and the database opens. OHT_SOAK=1 makes it 500 of each; OHT_SEED repeats a
 * choice of moments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "dice.h"
#include "fault_vfs.h"
#include "history/private.h"
#include "scratch.h"

#define CYCLE_NS	(25ll * 1000000)
#define SIGNALS		4
#define FLUSH_S		1
#define INTERVAL	(FLUSH_S * OHTD_LEVEL_CYCLES)
#define LIFE_CYCLES	4000
#define LIFE_NS		(LIFE_CYCLES * CYCLE_NS + 10000000000ll)
#define CHANGES_MAX	500	/* a cut comes within so many changes of files */
#define LIFE_US_MAX	25000	/* a kill comes within such a time */
#define FRESH_EVERY	10	/* lives; then it begins with no database */
#define RUNS		(2 * FRESH_EVERY)

static const unsigned int signals[SIGNALS] = {
	OHTD_TELEMETRY_battery_v, OHTD_TELEMETRY_position_estimate_mm, OHTD_TELEMETRY_state, OHTD_TELEMETRY_bus_transfers,
};

/* Of one run: where it begins, and how many cycles of it were on the disk. */
struct run {
	int64_t start_ns;
	_Atomic uint64_t kept;
};

/* Outlives the processes. */
static struct run *runs;
static unsigned int run_count;

static char dir[] = "/tmp/ohtd-history-XXXXXX";
static char folders[2][64], path[96];
static unsigned int folder;
static unsigned int seed;
static uint64_t cycles_seen;

static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
static struct ohtd_history *history;

/* ---- the robot ---- */

static uint64_t given, until_cycle;

static int64_t value_of(unsigned int run, unsigned int signal, uint64_t cycle)
{
	uint64_t mixed = (cycle + 1) * 0x9e3779b97f4a7c15ull + run * 977 + signal;

	switch (signal) {
	case 0:
		return 230 + (int64_t)(mixed >> 61);
	case 1:
		return (int64_t)(cycle * 37 % 1000) - 500 + run;
	case 2:
		return (int64_t)((cycle / 300 + run) % 5);
	default:
		return (int64_t)(cycle * 3 + (mixed >> 63));
	}
}

int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample);

/* An interval in a turn, and in some none, so that there is time for sealing. */
int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample)
{
	bool has_other_work = history && (history->seal_due || history->tidy_due);

	(void)robot;
	(void)reader;
	if (given == until_cycle) {
		if (until_cycle < LIFE_CYCLES && !(has_other_work && dice(&seed, 2)))
			until_cycle += INTERVAL;
		return 0;
	}
	memset(sample, 0, sizeof(*sample));
	sample->number = given;
	sample->time_ns = (uint64_t)manual.now_ns + given * (uint64_t)CYCLE_NS;
	for (unsigned int i = 0; i < OHTD_TELEMETRY_BUILT_IN; i++)
		ohtd_sample_set_quality(sample, i, OHTD_TELEMETRY_NONE);
	for (unsigned int i = 0; i < SIGNALS; i++) {
		sample->values[signals[i]] = value_of(run_count - 1, i, given);
		sample->quality[signals[i] / 32] &= ~(3ull << (2 * (signals[i] % 32)));
	}
	given++;
	return 1;
}

static void begin_run(uint64_t first_interval)
{
	const struct ohtd_history_setup setup = { .clock = &wall, .path = path, .boot_id = "boot", .flush_s = FLUSH_S };

	given = 0;
	until_cycle = first_interval;
	history = ohtd_history_start(&setup);
	if (!history)
		_exit(3);
}

/* In the process that looks, before one begins. */
static void note_run(void)
{
	ohtd_manual_clock_advance(&manual, LIFE_NS);
	runs[run_count].start_ns = ohtd_clock_wall_of_ns(&wall, (uint64_t)manual.now_ns);
	atomic_store(&runs[run_count].kept, 0);
	run_count++;
}

static void nap(long us)
{
	nanosleep(&(struct timespec){ .tv_nsec = us * 1000 }, NULL);
}

/* Of the present run. The samples are looked at first: what is kept until the second look is more, not less. */
static uint64_t on_disk(void)
{
	struct ohtd_history_view view;
	uint64_t closed;

	ohtd_history_look(history, &view);
	closed = view.samples / INTERVAL;
	return closed > view.waiting ? (closed - view.waiting) * INTERVAL : 0;
}

/* ---- in the process that dies ---- */

/* Up to the last sample, if it lives so long. */
static void live(void)
{
	struct run *run = &runs[run_count - 1];

	begin_run(INTERVAL);
	while (atomic_load(&run->kept) < LIFE_CYCLES) {
		nap(100);
		atomic_store(&run->kept, on_disk());
	}
}

/* ---- in the one that looks ---- */

static struct ohtd_history_answer ask(int64_t step_ns)
{
	struct ohtd_history_query query = {
		.from_ns = runs[0].start_ns, .to_ns = runs[run_count - 1].start_ns + LIFE_NS, .step_ns = step_ns,
		.count = SIGNALS,
	};
	struct ohtd_history_answer answer;

	memcpy(query.signals, signals, sizeof(signals));
	assert_int_equal(ohtd_history_read(history, &query, &answer), 0);
	for (size_t i = 0; i < answer.hole_count; i++)
		assert_string_not_equal(answer.holes[i].reason, "damaged");
	return answer;
}

static unsigned int run_at(int64_t time_ns)
{
	unsigned int run = run_count - 1;

	while (run && runs[run].start_ns > time_ns)
		run--;
	return run;
}

static void assert_samples(void)
{
	struct ohtd_history_answer answer = ask(CYCLE_NS);
	uint64_t found[RUNS][SIGNALS] = { 0 };

	for (size_t at = 0; at < answer.count * SIGNALS; at++) {
		const struct ohtd_column *column = &answer.columns[at];
		int64_t time_ns = answer.times_ns[at % answer.count];
		unsigned int run = run_at(time_ns), signal = (unsigned int)(at / answer.count);
		uint64_t cycle = (uint64_t)((time_ns - runs[run].start_ns) / CYCLE_NS);

		if (!column->count)
			continue;
		if (column->count != 1 || column->first != value_of(run, signal, cycle))
			fail_msg("run %u, signal %u, cycle %llu: not what it was", run, signal, (unsigned long long)cycle);
		found[run][signal] += cycle < atomic_load(&runs[run].kept);
	}
	ohtd_history_answer_free(&answer);
	for (unsigned int run = 0; run < run_count; run++)
		for (unsigned int signal = 0; signal < SIGNALS; signal++)
			if (found[run][signal] != atomic_load(&runs[run].kept))
				fail_msg("run %u, signal %u: %llu of %llu samples that were on the disk", run, signal,
					 (unsigned long long)found[run][signal], (unsigned long long)atomic_load(&runs[run].kept));
}

static void assert_columns(void)
{
	struct ohtd_history_answer answer = ask(OHTD_LEVEL_CYCLES * CYCLE_NS);

	assert_int_equal(answer.level, 1);
	for (size_t at = 0; at < answer.count * SIGNALS; at++) {
		const struct ohtd_column *column = &answer.columns[at];
		int64_t time_ns = answer.times_ns[at % answer.count], sum = 0;
		unsigned int run = run_at(time_ns);
		uint64_t first = (uint64_t)((time_ns - runs[run].start_ns) / CYCLE_NS);

		if (first + OHTD_LEVEL_CYCLES > atomic_load(&runs[run].kept))
			continue;
		for (uint64_t cycle = first; cycle < first + OHTD_LEVEL_CYCLES; cycle++)
			sum += value_of(run, (unsigned int)(at / answer.count), cycle);
		assert_int_equal(column->count, OHTD_LEVEL_CYCLES);
		assert_int_equal(column->sum, sum);
	}
	ohtd_history_answer_free(&answer);
}

/* It begins again by itself, and has all that it had. */
static void check(void)
{
	struct run *run;

	cycles_seen += atomic_load(&runs[run_count - 1].kept);
	note_run();
	run = &runs[run_count - 1];
	begin_run(INTERVAL);
	for (int naps = 0; naps < 60000 && atomic_load(&run->kept) < INTERVAL; naps++) {
		nap(500);
		atomic_store(&run->kept, on_disk());
	}
	assert_true(atomic_load(&run->kept) >= INTERVAL);
	assert_samples();
	assert_columns();
	/* In order, nothing is lost. */
	ohtd_history_stop(history);
	history = NULL;
	atomic_store(&run->kept, given);
}

/* ---- lives ---- */

static void enter_folder(unsigned int which)
{
	folder = which;
	snprintf(path, sizeof(path), "%s/history.db", folders[folder]);
}

static void empty_folder(unsigned int which)
{
	assert_int_equal(scratch_remove(folders[which]), 0);
	assert_int_equal(mkdir(folders[which], 0700), 0);
}

static int set_up(void **state)
{
	(void)state;
	ohtd_log_set_level(OHTD_LOG_ERROR);
	memset(&manual, 0, sizeof(manual));
	manual.now_ns = 1000 * OHTD_NS_PER_S;
	manual.realtime_ns = 1800000000ll * 1000000000;
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	runs = mmap(NULL, RUNS * sizeof(*runs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (runs == MAP_FAILED || scratch_make(dir))
		return -1;
	for (int i = 0; i < 2; i++) {
		snprintf(folders[i], sizeof(folders[i]), "%s/%d", dir, i);
		if (mkdir(folders[i], 0700))
			return -1;
	}
	seed = dice_seed();
	cycles_seen = 0;
	enter_folder(0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	munmap(runs, RUNS * sizeof(*runs));
	return scratch_remove(dir);
}

static unsigned int count_lives(void)
{
	return getenv("OHT_SOAK") ? 500 : getenv("OHT_GATE") ? 5 : 20;
}

static pid_t begin_life(unsigned int life, const struct fault_plan *plan)
{
	pid_t pid;

	if (life % FRESH_EVERY == 0) {
		empty_folder(0);
		empty_folder(1);
		run_count = 0;
	}
	note_run();
	pid = fork();
	if (pid)
		return pid;
	if (plan && fault_vfs_install())
		_exit(5);
	if (plan)
		fault_vfs_set(plan);
	live();
	if (plan)
		fault_vfs_cut();
	for (;;)
		pause();
}

static void kills_at_random_moments(void **state)
{
	(void)state;
	for (unsigned int life = 0; life < count_lives(); life++) {
		long life_us = dice(&seed, LIFE_US_MAX);
		pid_t pid = begin_life(life, NULL);
		int status;

		/* Most are killed while they write, however long they take to get there; the others at any moment. */
		for (int naps = dice(&seed, 4) ? 0 : 60000; naps < 60000 && !atomic_load(&runs[run_count - 1].kept); naps++)
			nap(500);
		nap(life_us);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		check();
	}
	print_message("%u kills, %llu cycles were on the disk\n", count_lives(), (unsigned long long)cycles_seen);
	assert_true(cycles_seen > count_lives() * INTERVAL / 2);
}

static void power_cuts_at_random_moments(void **state)
{
	(void)state;
	for (unsigned int life = 0; life < count_lives(); life++) {
		struct fault_plan plan = { .cut_at = 1 + dice(&seed, CHANGES_MAX), .seed = dice(&seed, 1 << 15),
					   .cut_dir = folders[!folder] };
		pid_t pid = begin_life(life, &plan);
		int status;

		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		empty_folder(folder);
		enter_folder(!folder);
		/* The name exists since before the first change; its mode is not the disk's. */
		if (!access(path, F_OK))
			chmod(path, 0600);
		check();
	}
	print_message("%u power cuts, %llu cycles were on the disk\n", count_lives(), (unsigned long long)cycles_seen);
	assert_true(cycles_seen > count_lives() * INTERVAL / 2);
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(kills_at_random_moments),
		CASE(power_cuts_at_random_moments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
