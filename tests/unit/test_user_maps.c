// SPDX-License-Identifier: GPL-2.0-or-later
/* Register maps of the user: what they add, everything that is refused, and that the rest goes on. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/modmap.h"
#include "history/private.h"
#include "robot/blocks.h"
#include "robot/telemetry.h"
#include "robot/user_maps.h"
#include "scratch.h"

#define HEADER								\
	"profile,module,address,name,label,access,type,scale,unit,min,max,default,"	\
	"write_level,safety_critical,motion,description\n"
#define FAN	"common,power,0x0150,fan_speed,Fan,RO,u16,0.1,rpm,0,6000,0,none,no,no,x\n"
#define OIL	"legacy,travel_motor,0x0180,oil,Oil,RO,i32,1,,,,,none,no,no,x\n"
#define PATH_BYTES	160
#define HEARD_MAX	64

static char dir[] = "/tmp/oht-user-maps-XXXXXX";
static char error[OHT_ERROR_BYTES];
static struct oht_modmap *map;

static int setup(void **state)
{
	(void)state;
	if (scratch_make(dir))
		return -1;
	return oht_modmap_load(OHT_SOURCE_DATADIR, &map, error);
}

static int teardown(void **state)
{
	(void)state;
	oht_modmap_free(map);
	map = NULL;
	return scratch_remove(dir);
}

static const char *put_bytes(const char *name, const void *bytes, size_t count)
{
	static char path[PATH_BYTES];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, count, file), count);
	assert_int_equal(fclose(file), 0);
	return path;
}

static const char *put(const char *name, const char *text)
{
	return put_bytes(name, text, strlen(text));
}

static const struct oht_register *find(const char *module, enum oht_profile profile,
				       const char *name)
{
	return oht_regmap_find(&oht_modmap_by_name(map, module)->map[profile], name);
}

static int add(const char *path)
{
	size_t registers;

	return oht_modmap_add(map, path, NULL, &registers, error);
}

/* ---- what is taken ---- */

static void registers_are_added_to_both_profiles(void **state)
{
	const struct oht_regmap *power = &oht_modmap_by_name(map, "power")->map[OHT_PROFILE_LEGACY];
	size_t count = power->count, registers = 0;

	(void)state;
	assert_int_equal(oht_modmap_add(map, put("a.csv", "# mine\n" HEADER "# one\n" FAN OIL),
					NULL, &registers, error), 0);
	assert_int_equal(registers, 2);
	assert_int_equal(power->count, count + 1);
	assert_non_null(find("power", OHT_PROFILE_CANONICAL, "fan_speed"));
	assert_ptr_equal(oht_regmap_at(power, 0x150), find("power", OHT_PROFILE_LEGACY, "fan_speed"));
	assert_true(oht_regmap_at(power, 0x150)->added);
	assert_false(oht_regmap_at(power, 0x100)->added);
	assert_ptr_equal(oht_regmap_at(power, 0x100), find("power", OHT_PROFILE_LEGACY, "device_id"));
	/* The second word of a value; and only in the profile that was said. */
	assert_string_equal(oht_regmap_at(&oht_modmap_by_name(map, "travel_motor")->
					  map[OHT_PROFILE_LEGACY], 0x181)->name, "oil");
	assert_null(find("travel_motor", OHT_PROFILE_CANONICAL, "oil"));
}

static void row_of_system_is_in_every_module(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(add(put("a.csv", HEADER "common,system,0x0120,hours,H,RO,u32,1,h,,,,none,no,no,\n")), 0);
	for (i = 0; i < oht_modmap_count(map) * OHT_PROFILES; i++)
		assert_non_null(oht_regmap_find(&oht_modmap_module(map, i / OHT_PROFILES)->
						map[i % OHT_PROFILES], "hours"));
}

/* Nobody's block becomes longer or is refused by what a user believes to be there. */
static void what_is_added_has_blocks_of_its_own(void **state)
{
	const struct oht_regmap *power = &oht_modmap_by_name(map, "power")->map[OHT_PROFILE_LEGACY];
	static struct ohtd_blocks before, after;
	uint8_t marks[OHTD_REGISTERS_MAX] = { 0 };
	int signal = (int)(find("power", OHT_PROFILE_LEGACY, "battery_soc") - power->reg);
	unsigned int i;

	(void)state;
	ohtd_blocks_cut(power, &signal, 1, marks, &before);
	/* Right behind the built-in ones, and behind one another. */
	assert_int_equal(add(put("a.csv", HEADER
		"common,power,0x010A,x,X,RO,u16,1,,,,,none,no,no,\n"
		"common,power,0x010B,y,Y,RO,u16,1,,,,,none,no,no,\n")), 0);
	ohtd_blocks_cut(power, &signal, 1, marks, &after);
	assert_int_equal(after.polls, before.polls);
	assert_memory_equal(&after.poll[0], &before.poll[0], sizeof(before.poll[0]));
	assert_int_equal(after.sweeps, before.sweeps + 1);
	for (i = 0; i < after.sweeps; i++)
		if (after.sweep[i].address == 0x10a)
			assert_int_equal(after.sweep[i].words, 2);
}

/* ---- what is refused ---- */

#define ROW(cells)	HEADER cells "\n"

static void wrong_file_is_refused_with_the_reason(void **state)
{
	static const struct { const char *text, *said; } cases[] = {
		{ "", "no header line" },
		{ "# only a comment\n", "no header line" },
		{ HEADER, "no row under the header" },
		{ "profile,module\ncommon,power\n", "a.csv:1: no column 'address'" },
		{ "profile,profile\n1,2\n", "column 'profile' twice" },
		{ HEADER "common,power\n", "a.csv:2: 2 fields where the header has 16" },
		{ HEADER "\"common\n", "closing quote" },
		{ ROW("mine,power,0x150,x,X,RO,u16,1,,,,,none,no,no,"), "profile: must be one of common|canonical|legacy: 'mine'" },
		{ ROW("common,gripper,0x150,x,X,RO,u16,1,,,,,none,no,no,"), "a.csv:2: module: not in modules.csv: 'gripper'" },
		{ ROW("common,power,65536,x,X,RO,u16,1,,,,,none,no,no,"), "address: must be 0..65535: '65536'" },
		{ ROW("common,power,0xFFFF,x,X,RO,u32,1,,,,,none,no,no,"), "second word lies beyond 0xFFFF" },
		{ ROW("common,power,0x150,X-1,X,RO,u16,1,,,,,none,no,no,"), "name: not a name of a-z, 0-9 and _: 'X-1'" },
		{ ROW("common,power,0x150,x,X,RO,float,1,,,,,none,no,no,"), "type: must be one of" },
		{ ROW("common,power,0x150,x,X,RO,u16,0,,,,,none,no,no,"), "scale: not a positive decimal number: '0'" },
		{ ROW("common,power,0x150,x,X,RO,u16,1,,10,5,,none,no,no,"), "max: below min: '5'" },
		{ ROW("common,power,0x150,x,X,RO,u16,1,,0,65536,,none,no,no,"), "max: the type cannot hold it" },
		{ ROW("common,power,0x150,x,X,RO,u16,1,,0,5,6,none,no,no,"), "default: outside min and max: '6'" },
		{ ROW("common,power,0x150,x,X,RW,u16,1,,0,5,,operator,no,no,"), "operator needs max 1" },
		{ ROW("common,power,0x150,x,X,RW,u16,1,,0,5,,none,no,no,"), "must be none exactly for RO" },
		{ ROW("common,power,0x150,x,X,RO,u16,1,,,,,none,no,yes,"), "nothing moves by an RO register" },
		{ ROW("common,power,0x150,x,a\tb,RO,u16,1,,,,,none,no,no,"), "label: no printable text in UTF-8: 'a?b'" },
		{ ROW("common,power,0x150,x,a\x1b[31m,RO,u16,1,,,,,none,no,no,"), "label: no printable text" },
		{ ROW("common,power,0x150,x,X,RO,u16,1,\xb0" "C,,,,none,no,no,"), "unit: no printable text" },
		{ ROW("common,power,0x150,x,X,RO,u16,1,\xc2\x9b,,,,none,no,no,"), "unit: no printable text" },
		{ ROW("common,power,0x150,x,X,RO,u16,1,\xed\xa0\x80,,,,none,no,no,"), "unit: no printable text" },
		{ ROW("common,power,0x150,x,X,RO,u16,1,12345678901234567,,,,none,no,no,"), "unit: too long" },
		/* Over what is built in, and over one another. */
		{ ROW("common,power,0x0100,x,X,RO,u16,1,,,,,none,no,no,"), "also in registers.csv:" },
		{ ROW("legacy,power,0x00FC,x,X,RO,u16,1,,,,,none,no,no,"), "inside a two-word register" },
		{ ROW("canonical,power,0x150,battery_soc,X,RO,u16,1,,,,,none,no,no,"), "name: same name twice" },
		{ HEADER FAN FAN, "a.csv:3: address: same address twice, also in line 2" },
		{ HEADER FAN "legacy,power,0x0151,fan_speed,F,RO,u16,1,,,,,none,no,no,\n", "a.csv:3: name: same name twice" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!add(put("a.csv", cases[i].text)))
			fail_msg("taken: %s", cases[i].text);
		if (!strstr(error, cases[i].said) || strchr(error, '\n'))
			fail_msg("'%s' is not in '%s'", cases[i].said, error);
		/* And nothing of it is left. */
		assert_null(find("power", OHT_PROFILE_LEGACY, "fan_speed"));
		assert_null(find("power", OHT_PROFILE_LEGACY, "x"));
	}
	assert_int_equal(add(put("a.csv", ROW("common,power,0x150,x,\xc3\xb6l,RO,u16,1,\xc2\xb0" "C,,,,none,no,no,"))), 0);
}

static void hostile_file_is_refused(void **state)
{
	const size_t bytes = 10 << 20;
	char *line = malloc(bytes);
	char path[PATH_BYTES];

	(void)state;
	assert_non_null(line);
	memset(line, 'a', bytes);
	assert_int_not_equal(add(put_bytes("a.csv", line, bytes)), 0);
	assert_non_null(strstr(error, "10485760 bytes, at most 262144"));
	assert_int_not_equal(add(put_bytes("a.csv", line, OHT_ADDED_BYTES_MAX)), 0);
	assert_non_null(strstr(error, "no row under the header"));
	memset(line, '\0', 1000);
	assert_int_not_equal(add(put_bytes("a.csv", line, 1000)), 0);
	assert_non_null(strstr(error, "NUL byte"));
	memset(line, ',', OHT_ADDED_BYTES_MAX);
	line[0] = 'a';
	assert_int_not_equal(add(put_bytes("a.csv", line, OHT_ADDED_BYTES_MAX)), 0);
	assert_non_null(strstr(error, "262144 columns, at most 64"));
	memset(line, '\n', OHT_ADDED_BYTES_MAX);
	assert_int_not_equal(add(put_bytes("a.csv", line, OHT_ADDED_BYTES_MAX)), 0);
	memset(line, '"', OHT_ADDED_BYTES_MAX);
	assert_int_not_equal(add(put_bytes("a.csv", line, OHT_ADDED_BYTES_MAX)), 0);
	free(line);
	assert_int_not_equal(add(dir), 0);
	assert_non_null(strstr(error, "not a regular file"));
	snprintf(path, sizeof(path), "%s/fifo.csv", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_not_equal(add(path), 0);
	assert_non_null(strstr(error, "not a regular file"));
	snprintf(path, sizeof(path), "%s/none.csv", dir);
	assert_int_not_equal(add(path), 0);
	assert_non_null(strstr(error, "No such file"));
}

static void too_many_registers_are_refused(void **state)
{
	const struct oht_regmap *power = &oht_modmap_by_name(map, "power")->map[OHT_PROFILE_CANONICAL];
	size_t count = power->count, room = OHT_ADDED_REGISTERS_MAX - count, i;
	char text[32768] = HEADER;

	(void)state;
	for (i = 0; i <= room; i++)
		sprintf(text + strlen(text), "canonical,power,%zu,x%zu,X,RO,u16,1,,,,,none,no,no,\n",
			0x1000 + i, i);
	assert_int_not_equal(add(put("a.csv", text)), 0);
	assert_non_null(strstr(error, "the canonical map of power would have 129 registers, at most 128"));
	assert_int_equal(power->count, count);
	*strstr(text, "canonical,power,4096") = '#';
	assert_int_equal(add(put("a.csv", text)), 0);
	assert_int_equal(power->count, OHT_ADDED_REGISTERS_MAX);
}

/* ---- all that is wrong ---- */

struct ear {
	struct oht_complaints complaints;
	char heard[HEARD_MAX][OHT_ERROR_BYTES];
	unsigned int count;
};

static void hear(struct oht_complaints *complaints, const char *line)
{
	struct ear *ear = (struct ear *)complaints;

	assert_in_range(ear->count, 0, HEARD_MAX - 1);
	strcpy(ear->heard[ear->count++], line);
}

static bool has_heard(const struct ear *ear, const char *said)
{
	unsigned int i;

	for (i = 0; i < ear->count; i++)
		if (strstr(ear->heard[i], said))
			return true;
	return false;
}

/* ---- signals of the history ---- */

#define SIGNALS_HEADER	"history," HEADER
#define SIGNAL(name_, module_, access_, type_, scale_)	\
	name_ ",common," module_ ",0x150,x,X," access_ "," type_ "," scale_ ",kg,,,,none,no,no,\n"
#define NTH(n_)		"own_" #n_ ",common,power,0x15" #n_ ",x" #n_ ",,RO,u16,1,,,,,none,no,no,\n"

/* With those that are built in, the last of them is number 128, as the sets of signals have room. */
static void one_signal_beyond_the_limit_is_refused(void **state)
{
	char text[8192] = SIGNALS_HEADER;
	size_t used = strlen(text), at;

	(void)state;
	assert_int_equal(OHTD_TELEMETRY_BUILT_IN + OHT_OWN_SIGNALS_MAX, 128);
	for (int i = 0; i <= OHT_OWN_SIGNALS_MAX; i++) {
		at = used;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "own_%d,common,%s,%d,x%d,,RO,u16,1,,,,,none,no,no,\n", i,
					 i % 2 ? "power" : "safety", 1000 + i, i);
	}
	assert_true(used < sizeof(text) - 1);
	assert_int_equal(add(put("a.csv", text)), -EINVAL);
	assert_non_null(strstr(error, "a.csv:74: history: more than OHT_OWN_SIGNALS_MAX, 72 signals in all tables: 'own_72'"));
	text[at] = '\0';
	if (add(put("a.csv", text)))
		fail_msg("%s", error);
	ohtd_telemetry_take_own(map);
	assert_int_equal(ohtd_telemetry_count(), 128);
	assert_string_equal(ohtd_telemetry_info(127)->name, "own_71");
}

static void take_signals(int count)
{
	char text[8192] = SIGNALS_HEADER;

	oht_modmap_free(map);
	assert_int_equal(oht_modmap_load(OHT_SOURCE_DATADIR, &map, error), 0);
	for (int i = 0; i < count; i++)
		sprintf(text + strlen(text), "own_%d,common,%s,%d,x%d,,RO,u16,1,,,,,none,no,no,\n", i, i % 2 ? "power" : "safety", 1000 + i, i);
	if (add(put("a.csv", text)))
		fail_msg("%s", error);
	ohtd_telemetry_take_own(map);
	assert_int_equal(ohtd_telemetry_count(), OHTD_TELEMETRY_BUILT_IN + count);
}

#define QUARTER		(900 * OHTD_LEVEL_CYCLES)
/* Each byte of an interval is written so often at most: log, file, and both again as a chunk, which is smaller (2.6 of history_load). */
#define WRITTEN		3
#define READ_CYCLES	52	/* a register of the user's tables is read so often */
#define CARD_BYTES	100000000

/* A pseudorandom number of @bits bits. */
static int64_t noise(uint64_t number, unsigned int bits)
{
	return (int64_t)((number + 1) * 0x9e3779b97f4a7c15ull >> 24 & ((1ull << bits) - 1));
}

/*
 * Half an hour. All signals of the tables are noise of so many bits, but for the last one, which is 1 in ten cycles of each
 * minute. Returns bytes of the intervals of its second half; @held: samples that have not the value of their cycle.
 */
static uint64_t keep_quarters(struct ohtd_interval *interval, unsigned int bits, uint64_t *held)
{
	const unsigned int last = ohtd_telemetry_count() - 1;
	struct ohtd_sample sample = { 0 };
	uint64_t bytes = 0;

	*held = 0;
	for (unsigned int i = 0; i < OHTD_TELEMETRY_BUILT_IN; i++)
		ohtd_sample_set_quality(&sample, i, OHTD_TELEMETRY_NONE);
	for (sample.number = 0; sample.number < 2 * QUARTER; sample.number++) {
		const uint32_t at = (uint32_t)(sample.number % interval->room);

		for (unsigned int i = OHTD_TELEMETRY_BUILT_IN; i < last; i++)
			sample.values[i] = noise(sample.number / READ_CYCLES * 72 + i, bits);
		sample.values[last] = sample.number % 2400 >= 300 && sample.number % 2400 < 310;
		ohtd_interval_add(interval, &sample, interval->room, &(struct oht_set){ 0 });
		assert_int_equal(interval->values[(size_t)last * interval->room + at], sample.values[last]);
		for (unsigned int i = OHTD_TELEMETRY_BUILT_IN; i < last; i++)
			*held += interval->values[(size_t)i * interval->room + at] != sample.values[i];
		if (at == interval->room - 1) {
			struct ohtd_history_pending *pending = ohtd_interval_close(interval);

			bytes += sample.number < QUARTER ? 0 : pending->columns.used + pending->samples.used;
			ohtd_pending_free(pending);
		}
	}
	return bytes;
}

/* In 24 hours of noise less than the bound goes to the card: log and file, as intervals and as chunks. What seldom changes is exact. */
static void noisy_signals_share_what_the_card_may_take(void **state)
{
	static const struct { int count; unsigned int bits; bool exact; } cases[] = {
		{ 5, 16, true }, { 9, 32, false }, { 33, 16, false }, { 72, 32, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ohtd_interval interval = { 0 }, still = { 0 };
		uint64_t bytes, held;

		take_signals(cases[i].count);
		assert_int_equal(ohtd_interval_init(&interval, 400), 0);
		assert_int_equal(ohtd_interval_init(&still, 400), 0);
		bytes = keep_quarters(&interval, cases[i].bits, &held);
		assert_int_equal(held > 0, !cases[i].exact);
		assert_int_equal(interval.share.coarse, held);
		bytes -= keep_quarters(&still, 0, &held);
		assert_int_equal(held, 0);
		print_message("%d of %u bits: %.1f MB a day\n", cases[i].count, cases[i].bits, (double)bytes * 96 * WRITTEN / 1e6);
		assert_in_range(bytes * 96 * WRITTEN, 1, CARD_BYTES);
		ohtd_interval_free(&interval);
		ohtd_interval_free(&still);
	}
}

/* A value that may not be written stands for the one before only while that is good: what is lost is told at once, what is back may wait. */
static void a_signal_that_may_not_write_tells_no_lie(void **state)
{
	const unsigned int signal = OHTD_TELEMETRY_BUILT_IN;
	struct ohtd_history_share share = { 0 };
	unsigned int quality;
	int64_t value;

	(void)state;
	take_signals(OHT_OWN_SIGNALS_MAX);
	ohtd_history_share_refill(&share);
	for (int i = 0; !share.coarse; i++) {
		assert_true(i < 1000);
		value = noise((uint64_t)i, 32);
		quality = OHTD_TELEMETRY_GOOD;
		ohtd_history_share_take(&share, signal, &value, &quality);
	}
	for (unsigned int lost = OHTD_TELEMETRY_OLD; lost < OHTD_TELEMETRY_QUALITIES; lost++) {
		struct ohtd_history_share then = share;

		value = 7;
		quality = lost;
		ohtd_history_share_take(&then, signal, &value, &quality);
		assert_int_equal(value, 7);
		assert_int_equal(quality, lost);
		value = noise(5, 32);
		quality = OHTD_TELEMETRY_GOOD;
		ohtd_history_share_take(&then, signal, &value, &quality);
		assert_int_equal(quality, lost);
		/* A loss is paid for, too. */
		assert_true(then.credit[signal] < 0);
	}
	/* Behind a time in which it was left out the last value is none. */
	ohtd_history_share_leave_out(&share, signal);
	value = noise(6, 32);
	quality = OHTD_TELEMETRY_GOOD;
	ohtd_history_share_take(&share, signal, &value, &quality);
	assert_int_equal(quality, OHTD_TELEMETRY_NONE);
	for (int cycles = 0; quality != OHTD_TELEMETRY_GOOD; cycles++) {
		assert_true(cycles < 60 * OHTD_LEVEL_CYCLES);
		ohtd_history_share_refill(&share);
		value = noise(6, 32);
		quality = OHTD_TELEMETRY_GOOD;
		ohtd_history_share_take(&share, signal, &value, &quality);
	}
	assert_int_equal(value, noise(6, 32));
}

/* The quality of one signal flickers, and what the others do not need is all it has: it makes no debts, and is back soon. */
static void a_signal_that_flickers_makes_no_debts(void **state)
{
	const unsigned int signal = OHTD_TELEMETRY_BUILT_IN;
	struct ohtd_history_share share = { 0 };
	unsigned int quality = OHTD_TELEMETRY_NONE, kept = 0, cycles = 0;
	int64_t value;

	(void)state;
	take_signals(OHT_OWN_SIGNALS_MAX);
	ohtd_history_share_refill(&share);
	/* The others have saved all that they may. */
	for (unsigned int i = signal; i < ohtd_telemetry_count(); i++)
		share.credit[i] = INT64_MAX / 1000;
	ohtd_history_share_refill(&share);
	share.reserve = 0;
	for (int i = 0; i < 600 * OHTD_LEVEL_CYCLES; i++) {
		const unsigned int before = share.quality[signal];

		ohtd_history_share_refill(&share);
		value = 7;
		quality = i % 2 ? OHTD_TELEMETRY_GOOD : OHTD_TELEMETRY_OLD;
		ohtd_history_share_take(&share, signal, &value, &quality);
		kept += quality != before;
	}
	/* A change of quality alone costs 30 bytes. Of a day's share there are ten minutes, and what this one has saved in three hours. */
	assert_in_range(kept, 100, (OHTD_HISTORY_SHARE_DAY / 144 + OHTD_HISTORY_SHARE_DAY / 8 / OHT_OWN_SIGNALS_MAX) / 30 + 2);
	do {
		assert_true(cycles++ < 120 * OHTD_LEVEL_CYCLES);
		ohtd_history_share_refill(&share);
		share.reserve = 0;
		value = 9;
		quality = OHTD_TELEMETRY_GOOD;
		ohtd_history_share_take(&share, signal, &value, &quality);
	} while (quality != OHTD_TELEMETRY_GOOD || value != 9);
}

/* A robot that is started each minute writes twice its share at most, and says nothing of a signal before its first value. */
static void a_start_writes_little_more(void **state)
{
	/* Of 32 bits one costs 150 bytes at least, as nearly all do. */
	const unsigned int most = 2 * (OHTD_HISTORY_SHARE_DAY / 1440) / 150;

	(void)state;
	take_signals(OHT_OWN_SIGNALS_MAX);
	for (uint64_t start = 0; start < 10; start++) {
		struct ohtd_history_share share = { 0 };
		unsigned int kept = 0;

		for (uint64_t cycle = 0; cycle < 60 * OHTD_LEVEL_CYCLES; cycle++) {
			ohtd_history_share_refill(&share);
			for (unsigned int i = OHTD_TELEMETRY_BUILT_IN; i < ohtd_telemetry_count(); i++) {
				const int64_t now = noise((start * 2400 + cycle) * 72 + i, 32), before = share.kept[i];
				unsigned int quality = OHTD_TELEMETRY_GOOD;
				int64_t value = now;

				ohtd_history_share_take(&share, i, &value, &quality);
				assert_int_equal(quality, OHTD_TELEMETRY_GOOD);
				assert_true(cycle || value == now);
				kept += value != before;
			}
		}
		assert_in_range(kept, OHT_OWN_SIGNALS_MAX, most);
	}
}

static void signal_that_cannot_be_is_refused_with_its_value(void **state)
{
	static const struct { const char *text, *said; } cases[] = {
		{ SIGNAL("Load", "power", "RO", "u16", "1"), "history: not a name of a signal: a letter, then 1 to 30 of a-z, 0-9 and _: 'Load'" },
		{ SIGNAL("4load", "power", "RO", "u16", "1"), "history: not a name of a signal" },
		{ SIGNAL("l", "power", "RO", "u16", "1"), "history: not a name of a signal" },
		{ SIGNAL("l2345678901234567890123456789012", "power", "RO", "u16", "1"), "history: not a name of a signal" },
		{ SIGNAL("battery_v", "power", "RO", "u16", "1"), "history: a name that is built in: 'battery_v'" },
		{ SIGNAL("gap_to", "power", "RO", "u16", "1"), "history: a name that is built in: 'gap_to'" },
		{ SIGNAL("load_kg", "system", "RO", "u16", "1"), "history: a register of every module is no signal: 'load_kg'" },
		{ SIGNAL("load_kg", "power", "RO", "bits", "1"), "history: bits and string are no signal: 'load_kg'" },
		{ SIGNAL("load_kg", "power", "RO", "string", "1"), "history: bits and string are no signal: 'load_kg'" },
		{ SIGNAL("load_kg", "power", "RO", "u16", "0.0625"), "history: its scale has more than 3 digits behind the point: 'load_kg'" },
		{ "load_kg,common,power,0x150,x,X,WO,u16,1,,,,,administrator,no,no,\n", "history: a WO register is never read: 'load_kg'" },
		{ SIGNAL("load_kg", "power", "RO", "u32", "123.456"), "history: its scale makes values with too many digits: 'load_kg'" },
	};
	static struct ear ear = { .complaints.take = hear };
	size_t registers = 0;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", SIGNALS_HEADER, cases[i].text);
		assert_int_equal(add(put("a.csv", text)), -EINVAL);
		if (!strstr(error, "a.csv:2: ") || !strstr(error, cases[i].said))
			fail_msg("'%s' is not in '%s'", cases[i].said, error);
	}
	assert_int_equal(oht_modmap_add(map, put("a.csv", SIGNALS_HEADER NTH(0) "own_0,common,power,0x160,y,,RO,u16,1,,,,,none,no,no,\n"
						 SIGNAL("Bad", "safety", "RO", "u16", "1")),
					&ear.complaints, &registers, error), -EINVAL);
	assert_true(ear.count == 2 && has_heard(&ear, ":3: history: signal twice: 'own_0'") && has_heard(&ear, ":4: history: not a name"));
}

#define NONE_HEADER	"none," HEADER
#define NONE(none_, access_, type_, default_)	\
	none_ ",common,power,0x150,x,X," access_ "," type_ ",1,kg,,," default_ ",none,no,no,\n"

static void numbers_that_mean_no_value_are_those_of_the_wire(void **state)
{
	static const struct { const char *text, *said; } cases[] = {
		{ NONE("-1", "RO", "i16", ""), "none: not 1 to 4 numbers as on the wire, with spaces between them: '-1'" },
		{ NONE("0x10000", "RO", "u16", ""), "none: not 1 to 4 numbers" },
		{ NONE("0xFFFF;0x8000", "RO", "u16", ""), "none: not 1 to 4 numbers" },
		{ NONE("nan", "RO", "u16", ""), "none: not 1 to 4 numbers" },
		{ NONE("1 2 3 4 5", "RO", "u16", ""), "none: not 1 to 4 numbers" },
		{ NONE("0x100000000", "RO", "u32", ""), "none: not 1 to 4 numbers" },
		{ NONE("0", "RO", "string", ""), "none: a string has no such value" },
		{ NONE("0xFFFF", "RO", "i16", "-1"), "none: the default is one of them: '0xFFFF'" },
		{ "1,common,power,0x150,x,X,WO,u16,1,,,,,administrator,no,no,\n", "none: a WO register is never read" },
	};
	const struct oht_register *reg;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", NONE_HEADER, cases[i].text);
		assert_int_equal(add(put("a.csv", text)), -EINVAL);
		if (!strstr(error, "a.csv:2: ") || !strstr(error, cases[i].said))
			fail_msg("'%s' is not in '%s'", cases[i].said, error);
	}
	assert_int_equal(add(put("a.csv", NONE_HEADER NONE("0x8000 32767", "RO", "i16", ""))), 0);
	reg = find("power", OHT_PROFILE_LEGACY, "x");
	assert_true(oht_register_is_none(reg, -32768) && oht_register_is_none(reg, 32767) && !oht_register_is_none(reg, -1));
	assert_int_equal(add(put("b.csv", NONE_HEADER "4294967295,common,power,0x160,y,Y,RW,i32,1,kg,,,,supervisor,no,no,\n")), 0);
	reg = find("power", OHT_PROFILE_LEGACY, "y");
	assert_true(oht_register_is_none(reg, -1));
	assert_false(oht_register_takes(reg, -1));
}

#define FAULT(fault_, access_, type_, default_)	\
	"fault," HEADER fault_ ",common,power,0x150,x,X," access_ "," type_ ",1,kg,,," default_ ",none,no,no,\n"

static void values_that_are_a_fault_are_numbers_ranges_or_bits(void **state)
{
	static const struct { const char *text, *said; } cases[] = {
		{ FAULT("7", "RO", "u16", ""), "fault: not alert or stop and a number" },
		{ FAULT("estop 7", "RO", "u16", ""), "fault: not alert or stop" },
		{ FAULT("stop", "RO", "u16", ""), "fault: not alert or stop" },
		{ FAULT("stop 7-", "RO", "u16", ""), "fault: not alert or stop" },
		{ FAULT("stop 7-6", "RO", "u16", ""), "fault: not alert or stop" },
		{ FAULT("stop -1", "RO", "u16", ""), "fault: not alert or stop" },
		{ FAULT("stop 65536", "RO", "u16", ""), "fault: not alert or stop" },
		{ FAULT("stop 1;alert 2", "RO", "u16", ""), "fault: not alert or stop" },
		{ FAULT("stop 1 stop 2 alert 3 alert 4", "RO", "u16", ""), "fault: not alert or stop" },
		{ FAULT("stop 1-2", "RO", "bits", ""), "fault: not alert or stop" },
		{ FAULT("stop 0", "RO", "bits", ""), "fault: not alert or stop" },
		{ FAULT("stop 1", "RO", "i16", ""), "fault: only u16, u32, bool and bits say a fault" },
		{ FAULT("stop 1", "RO", "string", ""), "fault: only u16" },
		{ FAULT("stop 0-5", "RO", "u16", "5"), "fault: the default is one: 'stop 0-5'" },
		{ "fault," HEADER "stop 1,common,power,0x150,x,X,WO,u16,1,,,,,administrator,no,no,\n", "fault: a WO register is never read" },
	};
	const struct oht_register *reg;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(add(put("a.csv", cases[i].text)), -EINVAL);
		if (!strstr(error, "a.csv:2: ") || !strstr(error, cases[i].said))
			fail_msg("%zu: '%s' is not in '%s'", i, cases[i].said, error);
	}
	assert_int_equal(add(put("a.csv", FAULT("alert 1-9 stop 5-0x10", "RO", "u16", "0"))), 0);
	reg = find("power", OHT_PROFILE_LEGACY, "x");
	assert_int_equal(oht_register_fault(reg, 0), OHT_FAULT_NONE);
	assert_int_equal(oht_register_fault(reg, 1), OHT_FAULT_ALERT);
	assert_int_equal(oht_register_fault(reg, 5), OHT_FAULT_STOP);
	assert_int_equal(oht_register_fault(reg, 16), OHT_FAULT_STOP);
	assert_int_equal(oht_register_fault(reg, 17), OHT_FAULT_NONE);
	/* A number that is no value is no fault. */
	assert_int_equal(add(put("b.csv", "none,fault," HEADER "0xFFFF,alert 0x8001,common,power,0x160,y,Y,RO,bits,1,,,,,none,no,no,\n")), 0);
	reg = find("power", OHT_PROFILE_LEGACY, "y");
	assert_int_equal(oht_register_fault(reg, 0x8000), OHT_FAULT_ALERT);
	assert_int_equal(oht_register_fault(reg, 0x7ffe), OHT_FAULT_NONE);
	assert_int_equal(oht_register_fault(reg, 0xffff), OHT_FAULT_NONE);
}

/* A file that is refused leaves no signal behind, and one of before is not another's. */
static void signals_of_all_tables_are_counted_and_described(void **state)
{
	const struct ohtd_telemetry_info *info;
	const struct ohtd_telemetry_origin *origin;
	char place[OHTD_TELEMETRY_PLACE_BYTES];

	(void)state;
	assert_int_equal(add(put("a.csv", SIGNALS_HEADER NTH(0) NTH(1) ",common,power,0x160,y,,RO,u16,1,,,,,none,no,no,\n")), 0);
	assert_int_not_equal(add(put("b.csv", SIGNALS_HEADER NTH(2) "Bad,common,power,0x170,z,,RO,u16,1,,,,,none,no,no,\n")), 0);
	assert_int_equal(add(put("c.csv", SIGNALS_HEADER "oil_deg_c,legacy,travel_motor,0x0180,oil,Oil,RO,i32,0.25,degC,,,,none,no,no,\n"
				 "pump_runs,common,safety,0x0180,pump,,RO,bool,1,,,,,none,no,no,\n")), 0);
	assert_int_not_equal(add(put("d.csv", SIGNALS_HEADER "oil_deg_c,common,power,0x0180,oil,,RO,u16,1,,,,,none,no,no,\n")), 0);
	assert_non_null(strstr(error, "d.csv:2: history: signal twice: 'oil_deg_c'"));
	ohtd_telemetry_take_own(map);
	assert_int_equal(ohtd_telemetry_count(), OHTD_TELEMETRY_BUILT_IN + 4);
	info = ohtd_telemetry_info(OHTD_TELEMETRY_BUILT_IN + 2);
	origin = ohtd_telemetry_origin(OHTD_TELEMETRY_BUILT_IN + 2);
	assert_string_equal(info->name, "oil_deg_c");
	assert_string_equal(info->unit, "degC");
	assert_string_equal(info->summary, "Oil");
	assert_int_equal(info->type, OHTD_TELEMETRY_NUMBER);
	assert_int_equal(origin->decimals, 2);
	assert_null(origin->reg[OHT_PROFILE_CANONICAL]);
	assert_string_equal(origin->reg[OHT_PROFILE_LEGACY], "oil");
	assert_string_equal(ohtd_telemetry_place(OHTD_TELEMETRY_BUILT_IN + 2, place), "travel_motor/oil");
	assert_int_equal(ohtd_telemetry_integer(OHTD_TELEMETRY_BUILT_IN + 2, -0.75, INT64_MAX), -75);
	assert_int_equal(ohtd_telemetry_info(OHTD_TELEMETRY_BUILT_IN + 3)->type, OHTD_TELEMETRY_BOOLEAN);
	assert_null(ohtd_telemetry_info(OHTD_TELEMETRY_BUILT_IN + 4)->name);
	oht_modmap_free(map);
	assert_string_equal(info->name, "oil_deg_c");
	assert_int_equal(oht_modmap_load(OHT_SOURCE_DATADIR, &map, error), 0);
	ohtd_telemetry_take_own(map);
	assert_int_equal(ohtd_telemetry_count(), OHTD_TELEMETRY_BUILT_IN);
}

static void every_complaint_is_told_with_its_line(void **state)
{
	static const char *const said[] = {
		":2: profile: must be one of common|canonical|legacy: 'x'",
		":2: type: must be one of", ":2: access: must be one of",
		":3: 3 fields where the header has 16",
		":5: scale: not a positive decimal number: '-1'", ":5: max: below min: '1'",
		":6: module: not in modules.csv: 'nobody'",
		":7: address: same address twice, also in registers.csv:",
		":8: motion: must be one of no|yes: 'perhaps'",
		":8: safety_critical: must be one of no|yes: ''",
		":10: address: same address twice, also in line 9",
	};
	static struct ear ear = { .complaints.take = hear };
	size_t registers = 0, i;

	(void)state;
	assert_int_equal(oht_modmap_add(map, put("a.csv", HEADER
		"x,power,0x150,a,A,RX,u8,1,,,,,none,no,no,\n"
		"common,power,5\n"
		"common,power,0x151,b,B,RO,u16,1,,,,,none,no,no,\n"
		"common,power,0x152,c,C,RO,u16,-1,,2,1,3,none,no,no,\n"
		"common,nobody,0x153,d,D,RO,u16,1,,,,,none,no,no,\n"
		"common,system,0x0100,e,E,RO,u16,1,,,,,none,no,no,\n"
		"common,power,0x154,f,F,RW,u16,1,,,,,supervisor,,perhaps,\n"
		"common,power,0x155,g,G,RO,u16,1,,,,,none,no,no,\n"
		"legacy,power,0x155,h,H,RO,u16,1,,,,,none,no,no,\n"),
		&ear.complaints, &registers, error), -EINVAL);
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (!has_heard(&ear, said[i]))
			fail_msg("not told: %s", said[i]);
	/* Each once, though the map of every module is checked in both profiles; and nothing of line 4. */
	assert_int_equal(ear.count, sizeof(said) / sizeof(said[0]));
	assert_false(has_heard(&ear, ":4:"));
	assert_null(find("power", OHT_PROFILE_LEGACY, "b"));
}

/* An unknown column is skipped, which a person has hardly meant whose column is written otherwise. */
static void column_in_other_letters_is_skipped_and_told(void **state)
{
	static struct ear ear = { .complaints.take = hear };
	static struct ohtd_user_maps maps;
	size_t registers;

	(void)state;
	put("10-odd.csv", "History," HEADER NTH(0));
	put("20-other.csv", "notes," HEADER NTH(1));
	put("30-both.csv", "History,history," HEADER "x," NTH(2));
	ohtd_user_maps_load(&maps, map, dir);
	assert_int_equal(maps.refused, 0);
	assert_true(maps.items[0].used && maps.items[1].used && maps.items[2].used);
	assert_string_equal(maps.items[0].error, "10-odd.csv:1: column 'History' is skipped: the name of the column is 'history'");
	assert_string_equal(maps.items[1].error, "");
	assert_string_equal(maps.items[2].error, "");
	assert_null(find("power", OHT_PROFILE_LEGACY, "x0")->history);
	assert_int_equal(oht_modmap_add(map, put("40-odd.csv", "HISTORY," HEADER NTH(3)), &ear.complaints, &registers, error), 0);
	assert_true(has_heard(&ear, ":1: column 'HISTORY' is skipped"));
	assert_int_equal(ear.count, 1);
}

/* ---- a folder of them ---- */

static void wrong_file_of_a_folder_costs_the_others_nothing(void **state)
{
	static struct ohtd_user_maps maps;

	(void)state;
	put("10-good.csv", HEADER FAN);
	put("20-wrong.csv", HEADER "common,power,0x160,x,X,RO,u16,1,,9,1,,none,no,no,\n");
	put("30-again.csv", HEADER FAN);
	put("40-good.csv", HEADER OIL);
	put("notes.txt", "not looked at");
	put(".hidden.csv", "not looked at");
	ohtd_user_maps_load(&maps, map, dir);
	assert_int_equal(maps.count, 4);
	assert_int_equal(maps.refused, 2);
	assert_true(maps.items[0].used && maps.items[3].used);
	assert_int_equal(maps.items[0].registers, 1);
	assert_string_equal(maps.items[1].error, "20-wrong.csv:2: max: below min: '1'");
	assert_non_null(strstr(maps.items[2].error, "same address twice, also in 10-good.csv:2"));
	assert_non_null(find("power", OHT_PROFILE_LEGACY, "fan_speed"));
	assert_non_null(find("travel_motor", OHT_PROFILE_LEGACY, "oil"));
	assert_null(find("power", OHT_PROFILE_LEGACY, "x"));
}

static void folder_need_not_be_there_and_has_a_bound(void **state)
{
	static struct ohtd_user_maps maps;
	char name[32], row[256];
	unsigned int i;

	(void)state;
	ohtd_user_maps_load(&maps, map, NULL);
	ohtd_user_maps_load(&maps, map, "/nonexistent/folder");
	assert_int_equal(maps.count, 0);
	ohtd_user_maps_load(&maps, map, put("file", ""));
	assert_int_equal(maps.refused, 1);
	memset(&maps, 0, sizeof(maps));
	for (i = 0; i < OHT_ADDED_FILES_MAX + 3; i++) {
		snprintf(name, sizeof(name), "%02u.csv", i);
		snprintf(row, sizeof(row), HEADER "common,power,%u,x%u,X,RO,u16,1,,,,,none,no,no,\n",
			 0x1000 + i, i);
		put(name, row);
	}
	ohtd_user_maps_load(&maps, map, dir);
	assert_int_equal(maps.count, OHT_ADDED_FILES_MAX + 1);
	assert_int_equal(maps.refused, 1);
	assert_string_equal(maps.items[OHT_ADDED_FILES_MAX].error,
			    "19 files, of which the first 16 are used");
	assert_non_null(find("power", OHT_PROFILE_LEGACY, "x15"));
	assert_null(find("power", OHT_PROFILE_LEGACY, "x16"));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_are_added_to_both_profiles),
		TEST(row_of_system_is_in_every_module),
		TEST(what_is_added_has_blocks_of_its_own),
		TEST(wrong_file_is_refused_with_the_reason),
		TEST(hostile_file_is_refused),
		TEST(too_many_registers_are_refused),
		TEST(one_signal_beyond_the_limit_is_refused), TEST(noisy_signals_share_what_the_card_may_take), TEST(a_signal_that_may_not_write_tells_no_lie),
		TEST(a_signal_that_flickers_makes_no_debts), TEST(a_start_writes_little_more),
		TEST(signal_that_cannot_be_is_refused_with_its_value), TEST(signals_of_all_tables_are_counted_and_described),
		TEST(numbers_that_mean_no_value_are_those_of_the_wire), TEST(values_that_are_a_fault_are_numbers_ranges_or_bits),
		TEST(every_complaint_is_told_with_its_line), TEST(column_in_other_letters_is_skipped_and_told),
		TEST(wrong_file_of_a_folder_costs_the_others_nothing),
		TEST(folder_need_not_be_there_and_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
