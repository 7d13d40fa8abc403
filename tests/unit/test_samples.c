// SPDX-License-Identifier: GPL-2.0-or-later
/* The way of values out of the control thread: whole samples in order, losses counted, registers exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "common/modmap.h"
#include "robot/model.h"
#include "robot/samples.h"

#define PUT	100000
#define TURNS	20000

static struct ohtd_samples samples;

/* All words say its number, so that parts of two samples show. */
static struct ohtd_sample sample_of(uint64_t number)
{
	struct ohtd_sample sample = { .number = number, .time_ns = ~number };

	for (unsigned int i = 0; i < OHTD_TELEMETRY_SIGNALS; i++)
		sample.values[i] = (int64_t)(number * (i + 1));
	for (unsigned int i = 0; i < OHTD_QUALITY_WORDS; i++)
		sample.quality[i] = number;
	return sample;
}

static void assert_whole(const struct ohtd_sample *sample)
{
	const struct ohtd_sample wanted = sample_of(sample->number);

	assert_memory_equal(sample, &wanted, sizeof(wanted));
}

static void put(uint64_t number)
{
	const struct ohtd_sample sample = sample_of(number);

	ohtd_samples_put(&samples, &sample);
}

static int clear(void **state)
{
	(void)state;
	memset(&samples, 0, sizeof(samples));
	return 0;
}

static void a_late_reader_loses_the_oldest_and_is_told(void **state)
{
	struct ohtd_sample_reader reader = { 0 };
	struct ohtd_sample sample;

	(void)state;
	assert_int_equal(ohtd_samples_next(&samples, &reader, &sample), 0);
	for (uint64_t i = 0; i < OHTD_SAMPLES; i++)
		put(i);
	assert_int_equal(ohtd_samples_next(&samples, &reader, &sample), 1);
	assert_int_equal(sample.number, 0);
	assert_int_equal(reader.lost, 0);
	for (uint64_t i = OHTD_SAMPLES; i < OHTD_SAMPLES + 101; i++)
		put(i);
	assert_int_equal(ohtd_samples_next(&samples, &reader, &sample), 1);
	assert_int_equal(sample.number, 101);
	assert_int_equal(reader.lost, 100);
	for (unsigned int i = 102; i < OHTD_SAMPLES + 101; i++) {
		assert_int_equal(ohtd_samples_next(&samples, &reader, &sample), 1);
		assert_int_equal(sample.number, i);
		assert_whole(&sample);
	}
	assert_int_equal(ohtd_samples_next(&samples, &reader, &sample), 0);
	assert_int_equal(reader.lost, 100);
}

/* Deep enough for a reader that sleeps for ten seconds. */
static void it_holds_ten_seconds(void **state)
{
	(void)state;
	assert_true(OHTD_SAMPLES * OHTD_CYCLE_MS >= 10000);
}

static void *write_all(void *unused)
{
	(void)unused;
	for (uint64_t i = 0; i < PUT; i++)
		put(i);
	return NULL;
}

static void a_reader_beside_the_writer_sees_whole_samples_in_order(void **state)
{
	struct ohtd_sample_reader reader = { 0 };
	uint64_t taken = 0, last = 0;
	struct ohtd_sample sample;
	pthread_t writer;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_all, NULL), 0);
	while (reader.seen < PUT) {
		if (!ohtd_samples_next(&samples, &reader, &sample))
			continue;
		assert_whole(&sample);
		assert_true(!taken || sample.number > last);
		last = sample.number;
		taken++;
	}
	pthread_join(writer, NULL);
	assert_int_equal(taken + reader.lost, PUT);
	assert_int_equal(last, PUT - 1);
}

/* ---- what is in a sample ---- */

static struct oht_modmap *map;
static struct ohtd_snapshot snapshot;
static struct ohtd_registers values[OHTD_MODULES_MAX];
static const struct ohtd_registers *registers[OHTD_MODULES_MAX];
static const struct oht_regmap *maps[OHTD_MODULES_MAX];
static struct ohtd_sampler sampler;

static int load(void **state)
{
	char error[OHT_ERROR_BYTES];

	(void)state;
	memset(&snapshot, 0, sizeof(snapshot));
	memset(values, 0, sizeof(values));
	memset(&sampler, 0, sizeof(sampler));
	snapshot.time_ns = 100 * OHTD_NS_PER_S;
	return oht_modmap_load(OHT_SOURCE_DATADIR, &map, error);
}

static int unload(void **state)
{
	(void)state;
	oht_modmap_free(map);
	return 0;
}

static unsigned int add_module(const char *name, enum oht_profile profile)
{
	unsigned int place = snapshot.module_count++;
	struct ohtd_module_view *module = &snapshot.modules[place];
	const struct oht_module *known = oht_modmap_by_name(map, name);

	*module = (struct ohtd_module_view){
		.unit = known->unit, .assigned = true, .health = OHTD_HEALTH_GOOD, .generation = 1,
	};
	snprintf(module->name, sizeof(module->name), "%s", name);
	snprintf(module->profile, sizeof(module->profile), "%s", oht_profile_name(profile));
	maps[place] = &known->map[profile];
	values[place].count = (uint16_t)known->map[profile].count;
	registers[place] = &values[place];
	return place;
}

static void say(unsigned int place, const char *name, int64_t raw)
{
	const struct oht_register *reg = oht_regmap_find(maps[place], name);
	struct ohtd_register_value *value = &values[place].values[reg - maps[place]->reg];

	value->state = OHTD_REGISTER_OK;
	value->time_ns = snapshot.time_ns;
	value->words[0] = (uint16_t)raw;
}

static struct ohtd_sample take(void)
{
	struct ohtd_sample sample = { 0 };

	ohtd_sampler_take(&sampler, &snapshot, maps, registers, &sample);
	return sample;
}

/* The registry must have so many decimals that each number of a register is another integer. */
static void registers_lose_nothing(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < OHTD_TELEMETRY_BUILT_IN; i++) {
		const struct ohtd_telemetry_origin *origin = ohtd_telemetry_origin(i);

		for (unsigned int profile = 0; profile < OHT_PROFILES; profile++) {
			const struct oht_module *module =
				origin->module ? oht_modmap_by_name(map, origin->module) : NULL;
			const struct oht_register *reg = module && origin->reg[profile] ?
				oht_regmap_find(&module->map[profile], origin->reg[profile]) : NULL;
			int64_t before = INT64_MIN;

			for (int64_t raw = -300; reg && raw < 65536; raw++) {
				int64_t now = ohtd_telemetry_integer(i, oht_register_value(reg, raw),
								     OHTD_SAMPLE_MAX);

				if (now <= before)
					fail_msg("%s: %lld and %lld of %s are the same with %u decimals",
						 ohtd_telemetry_info(i)->name, (long long)raw - 1,
						 (long long)raw, reg->name, origin->decimals);
				before = now;
			}
		}
	}
}

static void a_sample_says_what_each_signal_says(void **state)
{
	unsigned int power = add_module("power", OHT_PROFILE_CANONICAL);
	struct ohtd_sample sample;

	(void)state;
	say(power, "battery_voltage", 253);
	snapshot.state = OHTD_STATE_SAFE;
	sample = take();
	assert_int_equal(sample.values[OHTD_TELEMETRY_battery_v], 253);
	assert_int_equal(ohtd_sample_quality(&sample, OHTD_TELEMETRY_battery_v), OHTD_TELEMETRY_GOOD);
	assert_int_equal(sample.values[OHTD_TELEMETRY_state], OHTD_STATE_SAFE);
	assert_int_equal(ohtd_sample_quality(&sample, OHTD_TELEMETRY_motor_a), OHTD_TELEMETRY_NONE);
	/* A value that is gone stays, and its quality says so. */
	values[power].values[oht_regmap_find(maps[power], "battery_voltage") - maps[power]->reg].state =
		OHTD_REGISTER_NEVER;
	sample = take();
	assert_int_equal(sample.values[OHTD_TELEMETRY_battery_v], 253);
	assert_int_equal(ohtd_sample_quality(&sample, OHTD_TELEMETRY_battery_v), OHTD_TELEMETRY_NONE);
}

/* Another profile has the register elsewhere. */
static void a_module_that_is_found_anew_is_read_anew(void **state)
{
	unsigned int power = add_module("power", OHT_PROFILE_CANONICAL);

	(void)state;
	say(power, "battery_voltage", 253);
	assert_int_equal(take().values[OHTD_TELEMETRY_battery_v], 253);
	snapshot.module_count = 0;
	memset(values, 0, sizeof(values));
	assert_int_equal(add_module("power", OHT_PROFILE_LEGACY), power);
	snapshot.modules[power].generation = 2;
	say(power, "battery_voltage", 241);
	assert_int_equal(take().values[OHTD_TELEMETRY_battery_v], 241 *
			 (oht_regmap_find(maps[power], "battery_voltage")->scale_decimals == 0 ? 10 : 1));
}

static void numbers_without_bound_are_cut(void **state)
{
	unsigned int signal = OHTD_TELEMETRY_position_estimate_mm;

	(void)state;
	assert_int_equal(ohtd_telemetry_integer(signal, 1e300, OHTD_SAMPLE_MAX), OHTD_SAMPLE_MAX);
	assert_int_equal(ohtd_telemetry_integer(signal, -1e300, OHTD_SAMPLE_MAX), -OHTD_SAMPLE_MAX);
	assert_int_equal(ohtd_telemetry_integer(signal, -12.34, OHTD_SAMPLE_MAX), -123);
}

/* A figure, no bound: what a cycle costs more. */
static void print_cost(void **state)
{
	static const char *const names[] = { "power", "safety", "travel_motor", "dock_location" };
	struct timespec begin, end;
	struct ohtd_sample sample;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		add_module(names[i], OHT_PROFILE_CANONICAL);
		for (size_t k = 0; k < maps[i]->count; k++) {
			values[i].values[k].state = OHTD_REGISTER_OK;
			values[i].values[k].time_ns = snapshot.time_ns;
		}
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	for (int i = 0; i < TURNS; i++) {
		sample = take();
		ohtd_samples_put(&samples, &sample);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	print_message("%.0f ns each to take and put %d signals\n",
		      ((double)(end.tv_sec - begin.tv_sec) * 1e9 +
		       (double)(end.tv_nsec - begin.tv_nsec)) / TURNS, OHTD_TELEMETRY_BUILT_IN);
}

int main(void)
{
#define READS(name)	cmocka_unit_test_setup_teardown(name, load, unload)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_late_reader_loses_the_oldest_and_is_told, clear),
		cmocka_unit_test(it_holds_ten_seconds),
		cmocka_unit_test_setup(a_reader_beside_the_writer_sees_whole_samples_in_order, clear),
		READS(registers_lose_nothing),
		READS(a_sample_says_what_each_signal_says),
		READS(a_module_that_is_found_anew_is_read_anew),
		READS(numbers_without_bound_are_cut),
		READS(print_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
