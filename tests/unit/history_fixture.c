// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "history_fixture.h"
#include "robot/samples.h"
#include "store/sql.h"
#include "store/store.h"
#include "store_fixture.h"

#define FLUSH_S		10
/* As many intervals may wait for the disk. */
#define PORTION		(150 * FLUSH_S * 40)
#define BEGAN_NS	(1800000000ll * 1000000000)

const unsigned int history_signals[SIGNALS] = {
	OHTD_TELEMETRY_battery_v, OHTD_TELEMETRY_position_estimate_mm, OHTD_TELEMETRY_state,
	OHTD_TELEMETRY_bus_transfers,
};

struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
struct ohtd_history *history;

struct run first_run, second_run;
struct run *run;

/* ---- the robot ---- */

static uint64_t base_ns;
uint64_t given, wanted, lost_at, seed;
/* Of @given, those that the history has got in this life. */
static uint64_t got;

int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample);

/* Cycles that were not begun are left out; those at @lost_at came too late. */
int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample)
{
	(void)robot;
	while (__atomic_load_n(&given, __ATOMIC_ACQUIRE) < __atomic_load_n(&wanted, __ATOMIC_ACQUIRE)) {
		uint64_t number = given;
		bool late = number >= lost_at && number < lost_at + 100;

		if (late || run->quality[0][number] == 0xff) {
			reader->lost += late && run->quality[0][number] != 0xff;
			__atomic_store_n(&given, number + 1, __ATOMIC_RELEASE);
			continue;
		}
		memset(sample, 0, sizeof(*sample));
		sample->number = number;
		sample->time_ns = base_ns + number * CYCLE_NS;
		for (unsigned int i = 0; i < OHTD_TELEMETRY_BUILT_IN; i++)
			ohtd_sample_set_quality(sample, i, OHTD_TELEMETRY_NONE);
		for (unsigned int i = 0; i < SIGNALS; i++) {
			sample->values[history_signals[i]] = run->values[i][number];
			sample->quality[history_signals[i] / 32] &= ~(3ull << (2 * (history_signals[i] % 32)));
			ohtd_sample_set_quality(sample, history_signals[i], run->quality[i][number]);
		}
		__atomic_add_fetch(&got, 1, __ATOMIC_RELEASE);
		__atomic_store_n(&given, number + 1, __ATOMIC_RELEASE);
		return 1;
	}
	return 0;
}

/* ---- the size of the file ---- */

int64_t __real_ohtd_db_history_bytes(struct ohtd_db *db);
int64_t __wrap_ohtd_db_history_bytes(struct ohtd_db *db);

/* While there are more chunks it is above every bound. */
int chunks_max = INT_MAX;

int64_t __wrap_ohtd_db_history_bytes(struct ohtd_db *db)
{
	return ohtd_db_number(db, "SELECT (SELECT count(*) FROM chunks) + (SELECT count(*) FROM coarse)") >
		       __atomic_load_n(&chunks_max, __ATOMIC_ACQUIRE) ?
	       3ll << 30 : __real_ohtd_db_history_bytes(db);
}

/* ---- the disk ---- */

int __wrap_ohtd_file_room(const char *path, uint64_t bytes);

int64_t free_bytes = INT64_MAX;

int __wrap_ohtd_file_room(const char *path, uint64_t bytes)
{
	(void)path;
	return (int64_t)bytes > __atomic_load_n(&free_bytes, __ATOMIC_ACQUIRE) ? -ENOSPC : 0;
}

/* ---- the clock ---- */

void (*_Atomic before_reading)(void);

static void *reading(void *context)
{
	void (*before)(void) = atomic_load(&before_reading);

	if (before)
		before();
	return context;
}

static uint64_t monotonic_ns(void *context)
{
	return ohtd_clock_manual.monotonic_ns(reading(context));
}

static uint64_t boottime_ns(void *context)
{
	return ohtd_clock_manual.boottime_ns(reading(context));
}

static int64_t realtime_ns(void *context)
{
	return ohtd_clock_manual.realtime_ns(reading(context));
}

/* ---- a history ---- */

const struct ohtd_history_keep history_kept = { 30, 400, 2ll << 30 };

void history_start(struct run *of, uint64_t first_ns)
{
	const struct ohtd_history_setup setup = {
		.clock = &wall, .path = store_path, .boot_id = "boot", .flush_s = FLUSH_S,
	};
	static struct ohtd_clock_ops ops;

	ops = ohtd_clock_manual;
	ops.monotonic_ns = monotonic_ns;
	ops.boottime_ns = boottime_ns;
	ops.realtime_ns = realtime_ns;
	/* A new life of the daemon. */
	ohtd_clock_init(&wall, &ops, &manual, 0);
	run = of;
	base_ns = first_ns;
	given = wanted = got = 0;
	lost_at = UINT64_MAX;
	run->start_ns = ohtd_clock_wall_of_ns(&wall, base_ns);
	history = ohtd_history_start(&setup);
	assert_non_null(history);
	ohtd_history_keep(history, &history_kept);
}

int history_set_up(void **state)
{
	(void)state;
	memset(&manual, 0, sizeof(manual));
	memset(&second_run, 0, sizeof(second_run));
	chunks_max = INT_MAX;
	free_bytes = INT64_MAX;
	before_reading = NULL;
	manual.now_ns = 1000 * OHTD_NS_PER_S;
	manual.realtime_ns = BEGAN_NS;
	return store_folder_make();
}

int history_tear_down(void **state)
{
	(void)state;
	ohtd_history_stop(history);
	history = NULL;
	return store_folder_remove();
}

struct ohtd_history_view history_view(void)
{
	struct ohtd_history_view view;

	ohtd_history_look(history, &view);
	return view;
}

/* Up to @cycles of the run have come out of the ring. */
void history_play(uint64_t cycles)
{
	while (wanted < cycles) {
		uint64_t to = cycles - wanted > PORTION ? wanted + PORTION : cycles;

		WAIT_FOR(!history_view().waiting);
		ohtd_manual_clock_advance(&manual, (to - wanted) * (uint64_t)CYCLE_NS);
		__atomic_store_n(&wanted, to, __ATOMIC_RELEASE);
		WAIT_FOR(__atomic_load_n(&given, __ATOMIC_ACQUIRE) == to);
		/* What the last one completes waits for the disk from then on. */
		WAIT_FOR(history_view().samples == __atomic_load_n(&got, __ATOMIC_ACQUIRE));
	}
}

void history_await_flush(void)
{
	WAIT_FOR(!history_view().waiting);
}

void history_await_seal(long long chunks)
{
	char sql[120];

	snprintf(sql, sizeof(sql), "SELECT NOT EXISTS (SELECT * FROM intervals WHERE (place & 1099511627775) < %lld)",
		 chunks * OHTD_CHUNK_CYCLES);
	WAIT_FOR(store_ask_sql(sql) == 1);
}

int64_t history_cycles_of(const struct run *of)
{
	return (int64_t)(of == run ? wanted : of->cycles);
}
