// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service level of a robot that is off, hangs, reboots, gets an old database and is lied to by its clock, against a model that notes each
 * piece of time as it passes: by days, by months and in sum. OHT_SEED=n is the seed of the first run, OHT_RUNS=n how many there are.
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
#include <unistd.h>

#include "analytics/service.h"
#include "analytics/service_budget.h"
#include "base/clock.h"
#include "base/part.h"
#include "chance.h"
#include "dice.h"
#include "store/carry.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"
#include "store_fixture.h"

#define MS		(1000000ll)
#define S		(1000 * MS)
#define MINUTE		(60 * S)
#define HOUR		(60 * MINUTE)
#define DAY_HOURS	24
#define CYCLE		(25 * MS)
#define BUILD_NS	(1799990000ll * S)
/* Each tenth run is a long one. */
#define STEPS		3
#define STEPS_LONG	60
#define DAYS_MAX	4000
/* Of a day, as the bar has it. */
#define NEAR_NS		(DAY_HOURS * HOUR / 10000)

/* ---- the model ---- */

struct sums {
	int64_t up_ns, down_ns, starts, cuts, cycles, missed, refused, requests, telemetry;
};

/* @kept: on the disk; @waiting: gone with a cut. By days since the build. */
static struct sums kept[DAYS_MAX], waiting[DAYS_MAX];
static bool touched[DAYS_MAX];
/* Of the backup that there is. */
static struct sums backed_up[DAYS_MAX];
static char backup_path[128];
static bool has_backup;

static struct sums *day_of(int64_t wall_ns)
{
	int64_t day = wall_ns / (DAY_HOURS * HOUR) - BUILD_NS / (DAY_HOURS * HOUR);

	assert_in_range(day, 0, DAYS_MAX - 1);
	touched[day] = true;
	return &waiting[day];
}

/* Piece by piece of at most a second, each in the day in which it begins. */
static void note_time(int64_t end_ns, int64_t ns, bool up)
{
	for (int64_t at_ns = end_ns - ns; at_ns < end_ns; at_ns += S) {
		int64_t piece_ns = end_ns - at_ns < S ? end_ns - at_ns : S;
		struct sums *day = day_of(at_ns);

		*(up ? &day->up_ns : &day->down_ns) += piece_ns;
	}
}

static void note_kept(void)
{
	for (size_t i = 0; i < DAYS_MAX; i++) {
		if (!touched[i])
			continue;
		kept[i].up_ns += waiting[i].up_ns;
		kept[i].down_ns += waiting[i].down_ns;
		kept[i].starts += waiting[i].starts;
		kept[i].cuts += waiting[i].cuts;
		kept[i].cycles += waiting[i].cycles;
		kept[i].missed += waiting[i].missed;
		kept[i].refused += waiting[i].refused;
		kept[i].requests += waiting[i].requests;
		kept[i].telemetry += waiting[i].telemetry;
		waiting[i] = (struct sums){ 0 };
	}
}

/* ---- the machine ---- */

static uint64_t seed;
static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
static struct ohtd_store *store;
static struct ohtd_analytics_service *service;
static struct ohtd_analytics_sight sight;
static char boot_id[16];
static unsigned int boots;
static int64_t ran_ns, last_kept_ns, due_ns, down_since_ns;
static bool present, comes_back, disk_fails, was_cut, had_run, same_boot;

static int64_t boottime(void)
{
	return (int64_t)ohtd_clock_boottime_ns(&wall);
}

int __real_ohtd_store_call(struct ohtd_store *of, ohtd_store_work work, void *arg);
int __wrap_ohtd_store_call(struct ohtd_store *of, ohtd_store_work work, void *arg);

/* What the store has taken is kept, whatever comes. */
int __wrap_ohtd_store_call(struct ohtd_store *of, ohtd_store_work work, void *arg)
{
	int r = disk_fails ? -EIO : __real_ohtd_store_call(of, work, arg);

	if (!r) {
		note_kept();
		last_kept_ns = boottime();
		due_ns = last_kept_ns + OHTD_ANALYTICS_KEEP_NS;
		down_since_ns = 0;
	}
	return r;
}

static bool see(void *arg, struct ohtd_analytics_sight *seen)
{
	(void)arg;
	sight.present = present;
	sight.control_cycles = (uint64_t)(ran_ns / CYCLE);
	*seen = sight;
	return true;
}

static void tick(void)
{
	struct ohtd_clock_view view;

	ohtd_clock_look(&wall, &view);
	ohtd_analytics_part.tick(service);
}

/* Some are answered, some are refused; the plan goes on where the bus is. */
static void be_asked(int64_t cycles)
{
	struct sums *day = day_of(ohtd_clock_wall_ns(&wall));
	uint64_t requests = chance(&seed, 3), missed = cycles && !chance(&seed, 200);

	sight.cycles += (uint64_t)cycles;
	sight.missed += missed;
	sight.requests[chance(&seed, OHTD_ANALYTICS_SERVICE_BUCKETS)] += requests;
	sight.telemetry[chance(&seed, OHTD_ANALYTICS_SERVICE_BUCKETS)] += 7;
	sight.refused += requests / 2;
	day->cycles += cycles;
	day->missed += (int64_t)missed;
	day->requests += (int64_t)requests;
	day->telemetry += 7;
	day->refused += (int64_t)requests / 2;
}

/* Time passes and is looked at behind it. */
static void pass(int64_t ns, bool runs, bool up)
{
	ohtd_manual_clock_advance(&manual, (uint64_t)ns);
	if (runs)
		ran_ns += ns;
	if (ns && !up && !down_since_ns)
		down_since_ns = boottime();
	note_time(ohtd_clock_wall_ns(&wall), ns, up);
	if (present && up)
		be_asked(comes_back ? 0 : ns / CYCLE);
	tick();
	/* It is looked once a second. */
	if (ns < S || disk_fails)
		return;
	assert_true(boottime() <= due_ns + S);
	assert_true(!down_since_ns || boottime() - down_since_ns <= MINUTE + 3 * S);
}

/* At least so long. */
static void pass_looking(int64_t ns, bool runs, bool up)
{
	while (ns > 0) {
		int64_t slice_ns = S + (int64_t)chance(&seed, 250) * MS;

		pass(slice_ns, runs, up);
		ns -= slice_ns;
	}
}

static void start(void)
{
	const struct ohtd_analytics_service_setup setup = { .clock = &wall, .boot_id = boot_id, .see = see };
	struct ohtd_analytics_service_setup whole = setup;
	int64_t gap_ns;

	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, BUILD_NS);
	store = ohtd_store_start(store_open_db());
	whole.store = store;
	service = ohtd_analytics_service_open(&whole);
	sight = (struct ohtd_analytics_sight){ 0 };
	ran_ns = 0;
	present = true;
	gap_ns = boottime() - last_kept_ns - OHTD_ANALYTICS_KEEP_NS;
	if (had_run && was_cut && same_boot && gap_ns > 0)
		note_time(ohtd_clock_wall_ns(&wall), gap_ns, false);
	day_of(ohtd_clock_wall_ns(&wall))->starts++;
	day_of(ohtd_clock_wall_ns(&wall))->cuts += had_run && was_cut;
	had_run = true;
	down_since_ns = 0;
	tick();
}

/* @cut: by a kill, a crash or a power cut. */
static void end(bool cut)
{
	disk_fails = false;
	if (cut)
		memset(waiting, 0, sizeof(waiting));
	else
		ohtd_analytics_service_end(service);
	ohtd_analytics_service_close(service);
	ohtd_store_stop(store);
	was_cut = cut;
}

static void boot(int64_t off_ns)
{
	snprintf(boot_id, sizeof(boot_id), "boot-%u", ++boots);
	atomic_store(&manual.now_ns, 20 * (uint64_t)S);
	atomic_store(&manual.slept_ns, 0);
	/* Half of them have no battery for their clock. */
	if (chance(&seed, 2))
		atomic_store(&manual.realtime_ns, 20 * S);
	else
		atomic_fetch_add(&manual.realtime_ns, off_ns);
}

static void restart(void)
{
	int64_t off_ns = (int64_t)chance(&seed, 40) * MINUTE;

	end(chance(&seed, 2));
	same_boot = chance(&seed, 2);
	if (same_boot)
		ohtd_manual_clock_advance(&manual, (uint64_t)off_ns);
	else
		boot(off_ns);
	start();
}

static void back_up(void)
{
	struct ohtd_carry_count counts[OHTD_CARRY_TABLES];

	snprintf(backup_path, sizeof(backup_path), "%s.restore", store_path);
	unlink(backup_path);
	assert_int_equal(ohtd_db_carry_out(&ohtd_small_schema, store_path, backup_path, counts, NULL, NULL), 0);
	memcpy(backed_up, kept, sizeof(kept));
	has_backup = true;
}

/* What was measured since is unknown, and the run before is none of this database. */
static void restore(void)
{
	const struct ohtd_carry_order order = { "anna", "x.ohtbackup", 7 };

	end(false);
	assert_int_equal(ohtd_db_carry_in(backup_path, &order), 0);
	assert_int_equal(rename(backup_path, store_path), 0);
	memcpy(kept, backed_up, sizeof(kept));
	memset(waiting, 0, sizeof(waiting));
	had_run = has_backup = false;
	if (chance(&seed, 2))
		boot((int64_t)chance(&seed, 40) * MINUTE);
	start();
}

static void step_clock(void)
{
	static const int64_t by_ns[] = { HOUR, -HOUR, 30 * HOUR, -50 * HOUR, 90 * DAY_HOURS * HOUR, -2 * S };

	atomic_fetch_add(&manual.realtime_ns, by_ns[chance(&seed, sizeof(by_ns) / sizeof(by_ns[0]))]);
	atomic_store(&manual.synchronised, chance(&seed, 2));
	tick();
}

static void do_something(void)
{
	int64_t some_ns = (int64_t)chance(&seed, 300) * S;

	switch (chance(&seed, 11)) {
	case 0: /* the control thread hangs, and the others look on */
		pass_looking(some_ns, false, false);
		break;
	case 1: /* all of the process hangs */
		pass(some_ns * 20, false, false);
		break;
	case 2: /* the worker hangs at a disk, and the robot goes on */
		pass(some_ns * 20, true, true);
		break;
	case 3:
		present = false;
		comes_back = true;
		pass_looking(some_ns, true, false);
		/* What the plan does until it is looked again is not known to be whole. */
		present = true;
		pass(2 * S, true, true);
		comes_back = false;
		break;
	case 4: /* a suspend */
		atomic_fetch_add(&manual.slept_ns, (uint64_t)some_ns * 20);
		atomic_fetch_add(&manual.realtime_ns, some_ns * 20);
		tick();
		break;
	case 5:
		step_clock();
		break;
	case 6:
		disk_fails = true;
		pass_looking(some_ns * 5, true, true);
		disk_fails = false;
		/* It is tried again within a minute. */
		if (due_ns < boottime() + MINUTE + 3 * S)
			due_ns = boottime() + MINUTE + 3 * S;
		down_since_ns = 0;
		break;
	case 7:
	case 8:
		restart();
		break;
	case 9:
	case 10:
		if (has_backup)
			restore();
		else
			back_up();
		break;
	default:
		break;
	}
}

/* ---- what the keeper says ---- */

static void check_day(uint64_t run, size_t day, const struct ohtd_analytics_service_hour *sum)
{
	const struct sums *told = &kept[day], *more = &waiting[day];

	if (llabs(sum->up_ns - told->up_ns - more->up_ns) > NEAR_NS || llabs(sum->down_ns - told->down_ns - more->down_ns) > NEAR_NS)
		fail_msg("OHT_SEED=%llu OHT_RUNS=1: day %zu: up %.3f s and down %.3f s, not %.3f and %.3f", (unsigned long long)run, day,
			 (double)sum->up_ns / S, (double)sum->down_ns / S, (double)(told->up_ns + more->up_ns) / S,
			 (double)(told->down_ns + more->down_ns) / S);
}

static void count_all(struct sums *all)
{
	*all = (struct sums){ 0 };
	note_kept();
	for (size_t i = 0; i < DAYS_MAX; i++) {
		all->up_ns += kept[i].up_ns;
		all->down_ns += kept[i].down_ns;
		all->starts += kept[i].starts;
		all->cuts += kept[i].cuts;
		all->cycles += kept[i].cycles;
		all->missed += kept[i].missed;
		all->refused += kept[i].refused;
		all->requests += kept[i].requests;
		all->telemetry += kept[i].telemetry;
	}
}

/* Months are those of a calendar, and a day that ends one is in it whole. */
static void check_months(int64_t first)
{
	static struct ohtd_analytics_service_hour sums[DAYS_MAX / 28];
	static int64_t ends[DAYS_MAX / 28];
	size_t months = 0, day = 0;

	for (int64_t hour = first; hour < first + (int64_t)(DAYS_MAX - 31) * DAY_HOURS; hour = ends[months++])
		ends[months] = ohtd_analytics_period_end(OHTD_ANALYTICS_MONTH, hour);
	assert_int_equal(ohtd_analytics_service_sum(service, first, ends, months, sums), 0);
	for (size_t i = 0; i < months; i++) {
		int64_t up_ns = 0, down_ns = 0, whole_ns = 0;
		struct tm end;

		for (; first + (int64_t)day * DAY_HOURS < ends[i]; day++) {
			up_ns += kept[day].up_ns + waiting[day].up_ns;
			down_ns += kept[day].down_ns + waiting[day].down_ns;
			whole_ns += DAY_HOURS * HOUR;
		}
		gmtime_r(&(time_t){ ends[i] * 3600 }, &end);
		assert_int_equal(end.tm_mday, 1);
		assert_int_equal(end.tm_hour, 0);
		assert_true(llabs(sums[i].up_ns - up_ns) <= whole_ns / 10000);
		assert_true(llabs(sums[i].down_ns - down_ns) <= whole_ns / 10000);
	}
}

static void check_all(uint64_t run)
{
	const int64_t first = BUILD_NS / (DAY_HOURS * HOUR) * DAY_HOURS;
	static struct ohtd_analytics_service_hour sums[DAYS_MAX];
	static int64_t ends[DAYS_MAX];
	struct ohtd_analytics_service_hour one;
	struct sums all;

	for (int i = 0; i < DAYS_MAX; i++)
		ends[i] = first + (i + 1) * DAY_HOURS;
	assert_int_equal(ohtd_analytics_service_sum(service, first, ends, DAYS_MAX, sums), 0);
	for (size_t i = 0; i < DAYS_MAX; i++)
		check_day(run, i, &sums[i]);
	check_months(first);
	assert_int_equal(ohtd_analytics_service_sum(service, first, &ends[DAYS_MAX - 1], 1, &one), 0);
	count_all(&all);
	assert_true(llabs(one.up_ns - all.up_ns) <= (all.up_ns + all.down_ns) / 10000);
	assert_true(llabs(one.down_ns - all.down_ns) <= (all.up_ns + all.down_ns) / 10000);
	assert_int_equal(one.starts, all.starts);
	assert_int_equal(one.cuts, all.cuts);
	assert_int_equal(one.cycles, all.cycles);
	assert_int_equal(one.missed, all.missed);
	assert_int_equal(one.refused, all.refused);
	assert_int_equal(ohtd_analytics_histogram_count(one.requests), all.requests);
	assert_int_equal(ohtd_analytics_histogram_count(one.telemetry), all.telemetry);
}

static void play(uint64_t run)
{
	seed = run;
	memset(kept, 0, sizeof(kept));
	memset(waiting, 0, sizeof(waiting));
	memset(touched, 0, sizeof(touched));
	had_run = was_cut = disk_fails = has_backup = false;
	atomic_store(&manual.realtime_ns, BUILD_NS + 5 * HOUR);
	atomic_store(&manual.synchronised, true);
	boot(0);
	start();
	for (int i = 0; i < (run % 10 ? STEPS : STEPS_LONG); i++) {
		pass_looking((int64_t)chance(&seed, 40) * MINUTE / 2, true, true);
		do_something();
	}
	check_all(run);
	end(false);
}

static void agrees_with_a_model(void **state)
{
	const uint64_t first = series_first(1);
	const unsigned int runs = series_runs(50);

	(void)state;
	for (unsigned int i = 0; i < runs; i++) {
		assert_int_equal(store_folder_make(), 0);
		play(first + i);
		assert_int_equal(store_folder_remove(), 0);
		/* The name is a pattern again. */
		memcpy(store_dir + strlen(store_dir) - 6, "XXXXXX", 6);
	}
}

static void periods_end(void **state)
{
	const int64_t sunday = 18000 * 24, leap = 18321 * 24;	/* 2019-04-14 is a Sunday, 2020-02-29 a Saturday */

	(void)state;
	assert_int_equal(ohtd_analytics_period_end(OHTD_ANALYTICS_DAY, sunday + 23), sunday + 24);
	assert_int_equal(ohtd_analytics_period_end(OHTD_ANALYTICS_WEEK, sunday + 23), sunday + 24);
	assert_int_equal(ohtd_analytics_period_end(OHTD_ANALYTICS_WEEK, sunday + 24), sunday + 8 * 24);
	assert_int_equal(ohtd_analytics_period_end(OHTD_ANALYTICS_MONTH, leap + 5), leap + 24);
	assert_int_equal(ohtd_analytics_period_end(OHTD_ANALYTICS_MONTH, leap + 24), leap + 32 * 24);
}

static void a_budget_burns_at_three_times_its_rate(void **state)
{
	static const struct ohtd_settings_targets shipped = { .uptime_percent = 99.9, .errors_percent = 0.1 },
		none = { .uptime_percent = 0, .errors_percent = 100 };
	static const struct {
		struct ohtd_analytics_service_hour day;
		enum ohtd_analytics_burns burns;
	} cases[] = {
		{ { .down_ns = 259 * S }, OHTD_ANALYTICS_BURNS_NOTHING },
		{ { .down_ns = 260 * S }, OHTD_ANALYTICS_BURNS_TIME },
		/* Of an hour that is known no more than of a day. */
		{ { .up_ns = 40 * S, .down_ns = 20 * S, .cycles = 2400, .missed = 2400 }, OHTD_ANALYTICS_BURNS_NOTHING },
		{ { .cycles = 3456000, .missed = 10369 }, OHTD_ANALYTICS_BURNS_CYCLES },
		{ { .cycles = 1000, .missed = 10368 }, OHTD_ANALYTICS_BURNS_NOTHING },
		{ { .requests = { 300 }, .refused = 300 }, OHTD_ANALYTICS_BURNS_NOTHING },
		{ { .requests = { 100000 }, .refused = 301 }, OHTD_ANALYTICS_BURNS_REQUESTS },
		{ { .requests = { 100000, 0, 100000 }, .refused = 301 }, OHTD_ANALYTICS_BURNS_NOTHING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (ohtd_analytics_burns(&cases[i].day, &shipped) != cases[i].burns)
			fail_msg("case %zu", i);
		assert_int_equal(ohtd_analytics_burns(&cases[i].day, &none), OHTD_ANALYTICS_BURNS_NOTHING);
	}
}

static void percentile_is_a_limit(void **state)
{
	(void)state;
	assert_int_equal(ohtd_analytics_p99_ms((const int64_t[]){ 0, 0, 0, 0, 0, 0, 0 }), -1);
	assert_int_equal(ohtd_analytics_p99_ms((const int64_t[]){ 0, 0, 0, 0, 0, 0, 1 }), OHTD_ANALYTICS_SLOW_MS);
	assert_int_equal(ohtd_analytics_p99_ms((const int64_t[]){ 99, 0, 0, 0, 0, 0, 1 }), 10);
	assert_int_equal(ohtd_analytics_p99_ms((const int64_t[]){ 98, 0, 0, 0, 0, 1, 1 }), 1000);
	assert_int_equal(ohtd_analytics_p99_ms((const int64_t[]){ 0, 0, 0, 5, 0, 0, 0 }), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_model),
		cmocka_unit_test(a_budget_burns_at_three_times_its_rate),
		cmocka_unit_test(percentile_is_a_limit),
		cmocka_unit_test(periods_end),
	};

	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
