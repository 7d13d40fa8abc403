// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The odometer against a model that sums up each sample, while dice let the robot move, stand and lose its speed, and the daemon end, be
 * killed, and write to a disk that takes nothing: a kill loses a minute at most, and nothing is written while the robot stands.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/odometer.h"
#include "base/clock.h"
#include "base/part.h"
#include "dice.h"
#include "robot/model.h"
#include "robot/samples.h"
#include "settings/settings.h"
#include "store/store.h"
#include "store_fixture.h"

#define CYCLES_PER_S	(1000 / OHTD_CYCLE_MS)

static struct {
	struct ohtd_manual_clock time;
	struct ohtd_clock clock;
	struct ohtd_store *store;
	struct ohtd_analytics_odometer *odometer;
	struct ohtd_settings_intervals intervals;
	unsigned int dice;
	/* The cycle that comes next. */
	int64_t speed_mm_s;
	unsigned int quality;
	bool enabled;
	bool refuses;
	/* The disk takes a write and does not end it: 1, and 2 once a write waits for it. */
	atomic_int hangs;
	unsigned int writes;
} rig;

struct ohtd_settings_intervals __wrap_ohtd_settings_intervals(struct ohtd_settings *settings);
int __real_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);
int __wrap_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg);

struct ohtd_settings_intervals __wrap_ohtd_settings_intervals(struct ohtd_settings *settings)
{
	(void)settings;
	return rig.intervals;
}

int __wrap_ohtd_store_call(struct ohtd_store *store, ohtd_store_work work, void *arg)
{
	if (rig.refuses)
		return -ENOSPC;
	if (atomic_load(&rig.hangs))
		atomic_store(&rig.hangs, 2);
	while (atomic_load(&rig.hangs))
		sched_yield();
	rig.writes++;
	return __real_ohtd_store_call(store, work, arg);
}

static void begin_run(void)
{
	rig.odometer = ohtd_analytics_odometer_open(rig.store, &rig.clock, NULL);
	assert_non_null(rig.odometer);
}

/* Killed, or ended in order. */
static void end_run(bool killed)
{
	if (!killed)
		ohtd_analytics_odometer_part.rest(rig.odometer);
	ohtd_analytics_odometer_close(rig.odometer);
}

static struct ohtd_analytics_odometer_view look(void)
{
	struct ohtd_analytics_odometer_view view;

	ohtd_analytics_odometer_look(rig.odometer, &view);
	return view;
}

/* A quarter of a second of the robot, as the thread of the history tells it. */
static void drive(void)
{
	struct ohtd_sample sample = { 0 };

	sample.values[OHTD_TELEMETRY_speed_mm_s] = rig.speed_mm_s;
	sample.values[OHTD_TELEMETRY_enabled] = rig.enabled;
	ohtd_sample_set_quality(&sample, OHTD_TELEMETRY_speed_mm_s, rig.quality);
	ohtd_sample_set_quality(&sample, OHTD_TELEMETRY_enabled, OHTD_TELEMETRY_GOOD);
	for (unsigned int i = 0; i < CYCLES_PER_S / 4; i++)
		ohtd_analytics_odometer_sample(rig.odometer, &sample);
	ohtd_manual_clock_advance(&rig.time, OHTD_NS_PER_S / 4);
}

static void turn(void)
{
	drive();
	ohtd_analytics_odometer_part.tick(rig.odometer);
}

static void turn_s(unsigned int seconds)
{
	for (unsigned int i = 0; i < 4 * seconds; i++)
		turn();
}

static int set_up(void **state)
{
	memset(&rig, 0, sizeof(rig));
	rig.time.realtime_ns = 1800000000ll * (int64_t)OHTD_NS_PER_S;
	rig.time.now_ns = 1000 * OHTD_NS_PER_S;
	ohtd_clock_init(&rig.clock, &ohtd_clock_manual, &rig.time, 0);
	rig.quality = OHTD_TELEMETRY_GOOD;
	if (store_set_up(state))
		return -1;
	rig.store = ohtd_store_start(store_open_db());
	return rig.store ? 0 : -1;
}

static int tear_down(void **state)
{
	ohtd_store_stop(rig.store);
	return store_tear_down(state);
}

/* ---- counting ---- */

static void a_kill_loses_a_minute_at_most(void **state)
{
	struct ohtd_analytics_odometer_row known = { 0 };
	bool moved = false, was_enabled = false;

	(void)state;
	rig.dice = 8800;
	begin_run();
	for (int step = 0; step < 4000; step++) {
		const struct ohtd_analytics_odometer_row before = look().row;
		bool moves;

		rig.speed_mm_s = dice(&rig.dice, 3) ? (int64_t)dice(&rig.dice, 1200) - 600 : (int64_t)dice(&rig.dice, 5) - 2;
		rig.quality = dice(&rig.dice, 10) ? OHTD_TELEMETRY_GOOD : OHTD_TELEMETRY_OLD;
		rig.enabled = dice(&rig.dice, 8);
		rig.refuses = !dice(&rig.dice, 20);
		turn();
		moves = rig.quality == OHTD_TELEMETRY_GOOD && llabs(rig.speed_mm_s) > 2;
		known.distance_mm += moves ? (double)llabs(rig.speed_mm_s) / 4 : 0;
		known.moving_ms += moves ? 250 : 0;
		known.enabled_ms += rig.enabled ? 250 : 0;
		known.starts += moves && !moved;
		known.falls += was_enabled && !rig.enabled;
		if (rig.quality == OHTD_TELEMETRY_GOOD)
			moved = moves;
		was_enabled = rig.enabled;
		assert_true(fabs(look().row.distance_mm - known.distance_mm) < 1e-3);
		assert_int_equal(look().row.moving_ms, known.moving_ms);
		assert_int_equal(look().row.enabled_ms, known.enabled_ms);
		assert_int_equal(look().row.starts, known.starts);
		assert_int_equal(look().row.falls, known.falls);
		assert_true(look().row.distance_mm >= before.distance_mm && look().row.since_ns);
		if (dice(&rig.dice, 500))
			continue;
		rig.refuses = false;
		if (dice(&rig.dice, 2)) {
			end_run(false);
			begin_run();
			assert_true(fabs(look().row.distance_mm - known.distance_mm) < 1e-3);
		} else {
			/* The newest write of before may have been refused: one that is not is a minute ago at most. */
			turn_s(61);
			known = look().row;
			end_run(true);
			begin_run();
			assert_true(known.distance_mm - look().row.distance_mm <= 60.0 * 600);
			assert_in_range(known.moving_ms - look().row.moving_ms, 0, 60000);
			assert_in_range(known.enabled_ms - look().row.enabled_ms, 0, 60000);
		}
		known = look().row;
		moved = was_enabled = false;
	}
	end_run(false);
}

static void nothing_is_written_while_the_robot_stands(void **state)
{
	(void)state;
	begin_run();
	turn_s(61);
	rig.writes = 0;
	turn_s(3600);
	assert_int_equal(rig.writes, 0);
	rig.enabled = true;
	rig.speed_mm_s = 100;
	turn_s(3600);
	assert_in_range(rig.writes, 59, 61);
	assert_in_range((uint64_t)look().row.distance_mm, 359900, 360100);
	end_run(false);
}

/* ---- services ---- */

static unsigned int reported;
static char about[OHTD_PART_SUBJECT_BYTES], said[OHTD_PART_TEXT_BYTES];

static void take_report(const struct ohtd_part_reports *to, const struct ohtd_part_report *report)
{
	(void)to;
	reported++;
	snprintf(about, sizeof(about), "%s", report->subject);
	snprintf(said, sizeof(said), "%s", report->text);
}

static unsigned int judge(void)
{
	const struct ohtd_part_reports to = { .add = take_report };

	reported = 0;
	ohtd_analytics_odometer_part.judge(rig.odometer, &to);
	return reported;
}

static void *run_tick(void *arg)
{
	(void)arg;
	ohtd_analytics_odometer_part.tick(rig.odometer);
	return NULL;
}

/* Longer than the ring of samples is, and nothing waits for the disk but the tick. */
static void a_disk_that_hangs_costs_no_metre(void **state)
{
	pthread_t tick;

	(void)state;
	begin_run();
	rig.speed_mm_s = 500;
	turn_s(61);
	rig.writes = 0;
	atomic_store(&rig.hangs, 1);
	ohtd_manual_clock_advance(&rig.time, 61 * OHTD_NS_PER_S);
	assert_int_equal(pthread_create(&tick, NULL, run_tick, NULL), 0);
	while (atomic_load(&rig.hangs) != 2)
		sched_yield();
	for (int i = 0; i < 4 * 20; i++)
		drive();
	assert_int_equal(judge(), 0);
	assert_in_range((uint64_t)look().row.distance_mm, 40499, 40501);
	assert_int_equal(rig.writes, 0);
	atomic_store(&rig.hangs, 0);
	assert_int_equal(pthread_join(tick, NULL), 0);
	turn_s(61);
	end_run(true);
	begin_run();
	assert_true(look().row.distance_mm >= 40500);
	end_run(false);
}

static void a_service_falls_due_and_is_done(void **state)
{
	struct ohtd_analytics_work_row work = { .wear = OHTD_ANALYTICS_DISTANCE, .done_ns = 7, .done_by = "anna", .note = "wheels" };

	(void)state;
	begin_run();
	rig.speed_mm_s = -500;
	turn_s(100);
	assert_int_equal(judge(), 0);
	rig.intervals.distance_m = 51;
	assert_int_equal(judge(), 0);
	turn_s(2);
	assert_int_equal(judge(), 1);
	assert_string_equal(about, "distance");
	assert_non_null(strstr(said, "after 51 m is due"));
	/* A disk that takes nothing leaves it due. */
	rig.refuses = true;
	assert_int_equal(ohtd_analytics_odometer_done(rig.odometer, &work), -ENOSPC);
	assert_int_equal(judge(), 1);
	rig.refuses = false;
	assert_int_equal(ohtd_analytics_odometer_done(rig.odometer, &work), 0);
	assert_int_equal(judge(), 0);
	/* What was said is on the disk, and with it how far the robot had come. */
	end_run(true);
	begin_run();
	assert_int_equal(judge(), 0);
	assert_in_range((uint64_t)look().row.distance_mm, 50999, 51001);
	assert_true(look().due[OHTD_ANALYTICS_DISTANCE].used < 1e-6);
	assert_string_equal(look().due[OHTD_ANALYTICS_DISTANCE].last.note, "wheels");
	turn_s(101);
	assert_int_equal(judge(), 0);
	turn_s(2);
	assert_int_equal(judge(), 1);
	rig.intervals = (struct ohtd_settings_intervals){ .hours = 0.05, .starts = 3 };
	turn_s(180);
	assert_int_equal(judge(), 1);
	assert_string_equal(about, "hours");
	for (int i = 0; i < 3; i++) {
		rig.speed_mm_s = 0;
		turn();
		rig.speed_mm_s = 10;
		turn();
	}
	assert_int_equal(judge(), 2);
	assert_string_equal(about, "starts");
	end_run(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_kill_loses_a_minute_at_most, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_written_while_the_robot_stands, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_disk_that_hangs_costs_no_metre, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_service_falls_due_and_is_done, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
