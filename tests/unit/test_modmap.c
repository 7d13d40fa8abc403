// SPDX-License-Identifier: GPL-2.0-or-later
/* Module maps: the shipped data, words <-> values, and every way in which a row can be wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/modmap.h"

#define REGISTER_HEADER								\
	"profile,module,address,name,label,access,type,scale,unit,min,max,default,"	\
	"write_level,safety_critical,motion,description\n"
#define MODULE_HEADER								\
	"module,unit_address,required,device_type_code,response_timeout_ms,retries,"	\
	"poll_period_ms,loss_action,loss_action_standing,degrade_after_errors,description\n"
#define MODULE_A	"a,0x02,yes,0x0002,30,2,500,stop,stop,3,x\n"
#define REGISTER_A	"common,a,0x0010,first,First,RO,u16,1,,0,10,5,none,no,no,x\n"

static char dir[64];
static char error[OHT_ERROR_BYTES];

/* ---- the data that is shipped ---- */

static struct oht_modmap *shipped(void)
{
	struct oht_modmap *m = NULL;

	if (oht_modmap_load(OHT_SOURCE_DATADIR, &m, error))
		fail_msg("%s", error);
	return m;
}

static void loads_the_shipped_data(void **state)
{
	struct oht_modmap *m = shipped();
	const struct oht_module *power = oht_modmap_by_name(m, "power");

	(void)state;
	assert_int_equal(oht_modmap_count(m), 4);
	assert_non_null(power);
	assert_ptr_equal(power, oht_modmap_by_unit(m, 2));
	assert_ptr_equal(power, oht_modmap_by_type(m, 2));
	assert_int_equal(power->response_timeout_ms, 30);
	assert_int_equal(power->retries, 2);
	assert_int_equal(power->poll_period_ms, 500);
	assert_true(power->required);
	assert_int_equal(power->loss_action, OHT_LOSS_STOP);
	assert_int_equal(oht_modmap_by_name(m, "dock_location")->loss_action_standing,
			 OHT_LOSS_ALERT);
	assert_null(oht_modmap_by_unit(m, 6));
	assert_null(oht_modmap_by_type(m, 1));
	assert_null(oht_modmap_by_name(m, "system"));
	oht_modmap_free(m);
	oht_modmap_free(NULL);
}

static void every_register_is_found_by_address_and_name(void **state)
{
	struct oht_modmap *m = shipped();
	size_t i, k, seen = 0;

	(void)state;
	for (i = 0; i < oht_modmap_count(m) * OHT_PROFILES; i++) {
		const struct oht_module *module = oht_modmap_module(m, i / OHT_PROFILES);
		const struct oht_regmap *map = &module->map[i % OHT_PROFILES];

		for (k = 0; k < map->count; k++, seen++) {
			const struct oht_register *reg = &map->reg[k];

			assert_ptr_equal(oht_regmap_at(map, reg->address), reg);
			assert_ptr_equal(oht_regmap_at(map, reg->address + reg->words - 1), reg);
			assert_ptr_equal(oht_regmap_find(map, reg->name), reg);
		}
		assert_null(oht_regmap_at(map, 0xffff));
		assert_null(oht_regmap_find(map, "no_such_register"));
		/* The block of every module, in both profiles. */
		assert_int_equal(oht_regmap_find(map, "module_type")->address, 0x0104);
	}
	/* 316 rows: those of "system" count once per module and profile, "common" ones per profile. */
	assert_true(seen > 316);
	oht_modmap_free(m);
}

static void profiles_differ(void **state)
{
	struct oht_modmap *m = shipped();
	const struct oht_module *power = oht_modmap_by_name(m, "power");
	const struct oht_register *canonical, *legacy;

	(void)state;
	canonical = oht_regmap_find(&power->map[OHT_PROFILE_CANONICAL], "battery_soc");
	legacy = oht_regmap_find(&power->map[OHT_PROFILE_LEGACY], "battery_soc");
	assert_string_equal(canonical->scale_text, "0.1");
	assert_string_equal(legacy->scale_text, "1");
	assert_true(oht_register_value(canonical, 823) > 82.29 &&
		    oht_register_value(canonical, 823) < 82.31);
	assert_null(oht_regmap_find(&power->map[OHT_PROFILE_LEGACY], "cell_voltage_0"));
	oht_modmap_free(m);
}

/* ---- words and values ---- */

static const struct oht_register i16 = { .words = 1, .type = OHT_TYPE_I16, .scale_mantissa = 1,
					 .scale_decimals = 1 };
static const struct oht_register u32 = { .words = 2, .type = OHT_TYPE_U32, .scale_mantissa = 1 };
static const struct oht_register i32 = { .words = 2, .type = OHT_TYPE_I32, .scale_mantissa = 1 };
static const struct oht_register text = { .words = 2, .type = OHT_TYPE_STRING,
					  .scale_mantissa = 1 };
static const struct oht_register quaternion = { .words = 1, .type = OHT_TYPE_I16,
						.scale_mantissa = 30517578125,
						.scale_decimals = 15 };

static void decodes_words(void **state)
{
	static const uint16_t words[2] = { 0xfffe, 0x8001 };

	(void)state;
	assert_int_equal(oht_register_decode(&i16, words), -2);
	assert_int_equal(oht_register_decode(&u32, words), 0x8001fffe);
	assert_int_equal(oht_register_decode(&i32, words), (int32_t)0x8001fffe);
}

static void encodes_what_it_decodes(void **state)
{
	uint16_t words[2];

	(void)state;
	assert_int_equal(oht_register_encode(&i32, -2, words), 0);
	assert_int_equal(words[0], 0xfffe);
	assert_int_equal(words[1], 0xffff);
	assert_int_equal(oht_register_decode(&i32, words), -2);
	assert_int_equal(oht_register_encode(&u32, 0x12345678, words), 0);
	assert_int_equal(words[0], 0x5678);
	assert_int_equal(words[1], 0x1234);
}

static void refuses_to_encode_out_of_range(void **state)
{
	struct oht_register limited = i16;
	uint16_t words[2] = { 7, 7 };

	(void)state;
	limited.has_min = true;
	limited.has_max = true;
	limited.min = -5;
	limited.max = 5;
	assert_int_equal(oht_register_encode(&limited, 6, words), -ERANGE);
	assert_int_equal(oht_register_encode(&limited, -6, words), -ERANGE);
	assert_int_equal(oht_register_encode(&i16, 32768, words), -ERANGE);
	assert_int_equal(oht_register_encode(&i16, -32769, words), -ERANGE);
	assert_int_equal(oht_register_encode(&u32, -1, words), -ERANGE);
	assert_int_equal(oht_register_encode(&u32, 1LL << 32, words), -ERANGE);
	assert_int_equal(words[0], 7);
	assert_int_equal(oht_register_encode(&limited, 5, words), 0);
}

static void says_values_exactly(void **state)
{
	static const struct { const struct oht_register *reg; uint16_t words[2]; const char *text; }
	cases[] = {
		{ &i16, { 125 }, "12.5" },	   { &i16, { 0xffff }, "-0.1" },
		{ &i16, { 0x8000 }, "-3276.8" },   { &u32, { 0xffff, 0xffff }, "4294967295" },
		{ &i32, { 0, 0x8000 }, "-2147483648" },
		{ &quaternion, { 0x8000 }, "-1.000000000000000" },
		{ &quaternion, { 1 }, "0.000030517578125" },
		{ &text, { 0x4142, 0x4344 }, "ABCD" }, { &text, { 0x4142, 0x2000 }, "AB" },
		{ &text, { 0x0a42, 0x4300 }, "?BC" },  { &text, { 0, 0 }, "" },
	};
	char said[OHT_REGISTER_TEXT_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		oht_register_text(cases[i].reg, cases[i].words, said);
		assert_string_equal(said, cases[i].text);
	}
}

/* ---- refusals ---- */

static void write_file(const char *name, const char *header, const char *rows)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(header, f);
	fputs(rows, f);
	assert_int_equal(fclose(f), 0);
}

static int load(const char *modules, const char *registers)
{
	struct oht_modmap *m;
	int err;

	write_file("modules.csv", MODULE_HEADER, modules);
	write_file("registers.csv", REGISTER_HEADER, registers);
	err = oht_modmap_load(dir, &m, error);
	if (!err)
		oht_modmap_free(m);
	return err;
}

/* Raw values of a register that tell something: its ends, and steps between them. */
static void expect_round_trip(const struct oht_register *reg)
{
	char said[OHT_REGISTER_TEXT_BYTES];
	uint16_t words[OHT_REGISTER_WORDS_MAX];
	int64_t min, max, raw, back, step;

	oht_register_limits(reg, &min, &max);
	step = (max - min) / 997 + 1;
	for (raw = min; raw <= max; raw += raw + step > max && raw < max ? max - raw : step) {
		assert_int_equal(oht_register_encode(reg, raw, words), 0);
		oht_register_text(reg, words, said);
		assert_int_equal(oht_register_parse(reg, said, &back), 0);
		if (back != raw)
			fail_msg("%s: %s is %ld, not %ld", reg->name, said, (long)back, (long)raw);
	}
	assert_int_equal(oht_register_encode(reg, max + 1, words), -ERANGE);
	assert_int_equal(oht_register_encode(reg, min - 1, words), -ERANGE);
}

static void reads_the_values_that_it_says(void **state)
{
	struct oht_modmap *m = shipped();
	size_t module, i;

	(void)state;
	for (module = 0; module < oht_modmap_count(m); module++)
		for (int profile = 0; profile < OHT_PROFILES; profile++) {
			const struct oht_regmap *map = &oht_modmap_module(m, module)->map[profile];

			for (i = 0; i < map->count; i++)
				if (map->reg[i].type != OHT_TYPE_STRING)
					expect_round_trip(&map->reg[i]);
		}
	oht_modmap_free(m);
}

static void refuses_what_is_no_value(void **state)
{
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.", ".", "-.", "1e2", "inf",
		"nan", "0x1p3", "1,5", "--1", "0x", "1.2.3" };
	struct oht_modmap *m = shipped();
	const struct oht_module *power = oht_modmap_by_name(m, "power");
	const struct oht_register *reg = oht_regmap_find(&power->map[0], "charger_voltage_setpoint");
	const struct oht_register *name = oht_regmap_find(&power->map[0], "module_name");
	int64_t raw = 77;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(oht_register_parse(reg, bad[i], &raw), -EINVAL);
	assert_int_equal(oht_register_parse(name, "1", &raw), -EINVAL);
	assert_int_equal(raw, 77);
	assert_int_equal(oht_register_parse(reg, "60.06", &raw), -ERANGE);
	assert_int_equal(oht_register_parse(reg, "-0.06", &raw), -ERANGE);
	assert_int_equal(oht_register_parse(reg, "60.04", &raw), 0);
	assert_int_equal(raw, 600);
	assert_int_equal(oht_register_parse(reg, "-0.04", &raw), 0);
	assert_int_equal(raw, 0);
	assert_int_equal(oht_register_parse(reg, ".5", &raw), 0);
	assert_int_equal(raw, 5);
	oht_modmap_free(m);
}

static void accepts_the_rows_that_the_refusals_are_made_of(void **state)
{
	(void)state;
	if (load(MODULE_A, REGISTER_A))
		fail_msg("%s", error);
}

struct bad {
	const char *rows;
	const char *complaint;
};

static void expect(const struct bad *bad, const char *modules, const char *registers)
{
	if (load(modules, registers) != -EINVAL)
		fail_msg("accepted, wanted '%s'", bad->complaint);
	if (!strstr(error, bad->complaint) || !strstr(error, dir) || strchr(error, '\n'))
		fail_msg("wanted '%s', got '%s'", bad->complaint, error);
}

static void refuses_bad_registers(void **state)
{
	static const struct bad bad[] = {
		{ "odd,a,0x10,n,L,RO,u16,1,,,,,none,no,no,\n", ":2: profile: must be one of common|canonical|legacy: 'odd'" },
		{ "common,b,0x10,n,L,RO,u16,1,,,,,none,no,no,\n", ":2: module: not in modules.csv: 'b'" },
		{ "common,a,0x10000,n,L,RO,u16,1,,,,,none,no,no,\n", ":2: address: must be 0..65535: '0x10000'" },
		{ "common,a,-1,n,L,RO,u16,1,,,,,none,no,no,\n", "address: must be 0..65535: '-1'" },
		{ "common,a,1x,n,L,RO,u16,1,,,,,none,no,no,\n", "address: not a whole number: '1x'" },
		{ "common,a,0x,n,L,RO,u16,1,,,,,none,no,no,\n", "address: not a whole number: '0x'" },
		{ "common,a,,n,L,RO,u16,1,,,,,none,no,no,\n", "address: not a whole number: ''" },
		{ "common,a,0xFFFF,n,L,RO,u32,1,,,,,none,no,no,\n", "address: second word lies beyond 0xFFFF" },
		{ "common,a,1,N,L,RO,u16,1,,,,,none,no,no,\n", "name: not a name of a-z, 0-9 and _: 'N'" },
		{ "common,a,1,,L,RO,u16,1,,,,,none,no,no,\n", "name: not a name" },
		{ "common,a,1,n,L,R,u16,1,,,,,none,no,no,\n", "access: must be one of RO|RW|WO: 'R'" },
		{ "common,a,1,n,L,RO,u8,1,,,,,none,no,no,\n", "type: must be one of u16|i16|u32|i32|bool|bits|string: 'u8'" },
		{ "common,a,1,n,L,RO,u16,0,,,,,none,no,no,\n", "scale: not a positive decimal number: '0'" },
		{ "common,a,1,n,L,RO,u16,-1,,,,,none,no,no,\n", "scale: not a positive decimal number: '-1'" },
		{ "common,a,1,n,L,RO,u16,1e3,,,,,none,no,no,\n", "scale: not a positive decimal number: '1e3'" },
		{ "common,a,1,n,L,RO,u16,.5,,,,,none,no,no,\n", "scale: not a positive decimal number: '.5'" },
		{ "common,a,1,n,L,RO,u16,,,,,,none,no,no,\n", "scale: not a positive decimal number: ''" },
		{ "common,a,1,n,L,RO,u32,3000000000,,,,,none,no,no,\n", "scale: too many digits for its type" },
		{ "common,a,1,n,L,RO,bool,0.1,,,,,none,no,no,\n", "scale: must be 1 for bool, bits and string: '0.1'" },
		{ "common,a,1,n,L,RO,u16,1,,-1,,,none,no,no,\n", "min: the type cannot hold it: '-1'" },
		{ "common,a,1,n,L,RO,u16,1,,x,,,none,no,no,\n", "min: not a whole number: 'x'" },
		{ "common,a,1,n,L,RO,i16,1,,,32768,,none,no,no,\n", "max: the type cannot hold it: '32768'" },
		{ "common,a,1,n,L,RO,u16,1,,5,4,,none,no,no,\n", "max: below min: '4'" },
		{ "common,a,1,n,L,RO,u16,1,,5,9,4,none,no,no,\n", "default: outside min and max: '4'" },
		{ "common,a,1,n,L,RO,u16,1,,,99999999999999999999,,none,no,no,\n", "max: must be" },
		{ "common,a,1,n,L,RO,u16,1,,,,,operator,no,no,\n", "write_level: must be none exactly for RO" },
		{ "common,a,1,n,L,RW,u16,1,,,,,none,no,no,\n", "write_level: must be none exactly for RO" },
		{ "common,a,1,n,L,RW,u16,1,,,,,viewer,no,no,\n", "write_level: must be one of none|operator|supervisor|administrator: 'viewer'" },
		{ "common,a,1,n,L,RW,u16,1,,0,2,,operator,no,no,\n", "write_level: operator needs max 1" },
		{ "common,a,1,n,L,RO,u16,1,,,,,none,maybe,no,\n", "safety_critical: must be one of no|yes: 'maybe'" },
		{ "common,a,1,n,L,RO,u16,1,,,,,none,no,yes,\n", "motion: nothing moves by an RO register" },
		{ "common,a,1,n,L,RO,u16,1,,,,,none,no,no\n", ":2: 15 fields where the header has 16" },
		{ "", "registers.csv: no row under the header" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect(&bad[i], MODULE_A, bad[i].rows);
}

static void refuses_registers_that_clash(void **state)
{
	static const struct bad bad[] = {
		{ REGISTER_A "common,a,0x10,second,L,RO,u16,1,,,,,none,no,no,\n",
		  ":3: address: same address twice, also in line 2, in the canonical map of a: '0x0010 second'" },
		{ REGISTER_A "legacy,system,0x10,second,L,RO,u16,1,,,,,none,no,no,\n",
		  "in the legacy map of a" },
		{ REGISTER_A "legacy,a,0x0F,second,L,RO,u32,1,,,,,none,no,no,\n",
		  ":3: address: inside a two-word register, also in line 2, in the legacy map" },
		{ REGISTER_A "canonical,a,0x11,first,L,RO,u16,1,,,,,none,no,no,\n",
		  ":3: name: same name twice, also in line 2, in the canonical map of a: '0x0011 first'" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect(&bad[i], MODULE_A, bad[i].rows);
	/* The same address in both profiles is what profiles are for. */
	if (load(MODULE_A, "legacy,a,1,x,L,RO,u16,1,,,,,none,no,no,\n"
			   "canonical,a,1,x,L,RO,i16,1,,,,,none,no,no,\n"))
		fail_msg("%s", error);
}

static void refuses_bad_modules(void **state)
{
	static const struct bad bad[] = {
		{ "A,2,yes,2,30,2,500,stop,stop,3,\n", ":2: module: not a name" },
		{ "system,2,yes,2,30,2,500,stop,stop,3,\n", "module: reserved" },
		{ "a,0,yes,2,30,2,500,stop,stop,3,\n", "unit_address: must be 1..247: '0'" },
		{ "a,248,yes,2,30,2,500,stop,stop,3,\n", "unit_address: must be 1..247: '248'" },
		{ "a,2,on,2,30,2,500,stop,stop,3,\n", "required: must be one of no|yes: 'on'" },
		{ "a,2,yes,70000,30,2,500,stop,stop,3,\n", "device_type_code: must be 0..65535" },
		{ "a,2,yes,2,0,2,500,stop,stop,3,\n", "response_timeout_ms: must be 1..10000: '0'" },
		{ "a,2,yes,2,30,11,500,stop,stop,3,\n", "retries: must be 0..10: '11'" },
		{ "a,2,yes,2,30,2,0,stop,stop,3,\n", "poll_period_ms: must be 1..60000: '0'" },
		{ "a,2,yes,2,30,2,500,halt,stop,3,\n", "loss_action: must be one of alert|slow|stop|estop: 'halt'" },
		{ "a,2,yes,2,30,2,500,stop,,3,\n", "loss_action_standing: must be one of" },
		{ "a,2,yes,2,30,2,500,stop,stop,0,\n", "degrade_after_errors: must be 1..100: '0'" },
		{ MODULE_A "a,3,yes,3,30,2,500,stop,stop,3,\n", ":3: module: module twice: 'a'" },
		{ MODULE_A "b,2,yes,3,30,2,500,stop,stop,3,\n", ":3: unit_address: unit address twice: '2'" },
		{ MODULE_A "b,3,yes,2,30,2,500,stop,stop,3,\n", ":3: device_type_code: type code twice: '2'" },
		{ "", "modules.csv: no row under the header" },
		{ "\"a\r\nb\",2,yes,2,30,2,500,stop,stop,3,\n", ":3: module: not a name of a-z, 0-9 and _: 'a??b'" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect(&bad[i], bad[i].rows, REGISTER_A);
}

/* A column that a table may do without. */
static void takes_the_function_that_writes(void **state)
{
	static const struct {
		const char *cell;
		unsigned int function;
	} rows[] = { { "", 6 }, { "6", 6 }, { "16", 16 }, { "5", 0 }, { "06", 0 }, { "0x10", 0 }, { "23", 0 } };
	static char header[512] = MODULE_HEADER;

	(void)state;
	strcpy(strchr(header, '\n'), ",write\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct oht_modmap *m = NULL;
		char row[128];

		snprintf(row, sizeof(row), "a,0x02,yes,0x0002,30,2,500,stop,stop,3,x,%s\n", rows[i].cell);
		write_file("modules.csv", header, row);
		write_file("registers.csv", REGISTER_HEADER, REGISTER_A);
		assert_int_equal(!oht_modmap_load(dir, &m, error), rows[i].function != 0);
		if (m)
			assert_int_equal(oht_modmap_by_name(m, "a")->write_function, rows[i].function);
		else
			assert_non_null(strstr(error, "modules.csv:2: write: must be one of"));
		oht_modmap_free(m);
	}
}

static void takes_the_rest_of_a_module(void **state)
{
	static const struct {
		const char *cell;
		int rest_ms;
	} rows[] = { { "", 0 }, { "0", 0 }, { "15", 15 }, { "50", 50 }, { "51", -1 }, { "-1", -1 }, { "1.5", -1 } };
	static char header[512] = MODULE_HEADER;

	(void)state;
	strcpy(strchr(header, '\n'), ",rest_ms\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct oht_modmap *m = NULL;
		char row[128];

		snprintf(row, sizeof(row), "a,0x02,yes,0x0002,30,2,500,stop,stop,3,x,%s\n", rows[i].cell);
		write_file("modules.csv", header, row);
		write_file("registers.csv", REGISTER_HEADER, REGISTER_A);
		assert_int_equal(!oht_modmap_load(dir, &m, error), rows[i].rest_ms >= 0);
		if (m)
			assert_int_equal(oht_modmap_by_name(m, "a")->rest_ms, rows[i].rest_ms);
		else
			assert_non_null(strstr(error, "modules.csv:2: rest_ms"));
		oht_modmap_free(m);
	}
}

static void takes_the_firmware_that_is_expected(void **state)
{
	static const struct {
		const char *cell, *refusal;
		uint16_t from, to;
	} rows[] = {
		{ "", NULL, 0, UINT16_MAX },
		{ "1.05", NULL, 0x0105, 0x0105 },
		{ "1.00-2.99", NULL, 0x0100, 0x0263 },
		{ "255.255", NULL, UINT16_MAX, UINT16_MAX },
		{ "1.5", "firmware: not a version as 1.05, nor two as 1.00-1.99: '1.5'", 0, 0 },
		{ "256.00", "firmware: not a version", 0, 0 },
		{ "1.256", "firmware: not a version", 0, 0 },
		{ "1.00-", "firmware: not a version", 0, 0 },
		{ "1.00 ", "firmware: not a version", 0, 0 },
		{ "v1.00", "firmware: not a version", 0, 0 },
		{ "2.00-1.99", "firmware: the first version is the greater one", 0, 0 },
	};
	static char header[512] = MODULE_HEADER;

	(void)state;
	strcpy(strchr(header, '\n'), ",firmware\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct oht_modmap *m = NULL;
		char row[128];
		int r;

		snprintf(row, sizeof(row), "a,0x02,yes,0x0002,30,2,500,stop,stop,3,x,%s\n", rows[i].cell);
		write_file("modules.csv", header, row);
		write_file("registers.csv", REGISTER_HEADER, REGISTER_A);
		r = oht_modmap_load(dir, &m, error);
		if (!r != !rows[i].refusal)
			fail_msg("'%s': %d, %s", rows[i].cell, r, error);
		if (r)
			assert_non_null(strstr(error, rows[i].refusal));
		else
			assert_true(oht_modmap_by_name(m, "a")->firmware[0] == rows[i].from &&
				    oht_modmap_by_name(m, "a")->firmware[1] == rows[i].to);
		oht_modmap_free(m);
	}
}

static void refuses_missing_files_and_columns(void **state)
{
	struct oht_modmap *m;

	(void)state;
	write_file("modules.csv", MODULE_HEADER, MODULE_A);
	write_file("registers.csv", "profile,module\n", "common,a\n");
	assert_int_equal(oht_modmap_load(dir, &m, error), -EINVAL);
	assert_non_null(strstr(error, "registers.csv:1: no column 'address'"));
	assert_int_equal(oht_modmap_load("/nonexistent", &m, error), -ENOENT);
	assert_string_equal(error, "/nonexistent/modules.csv: No such file or directory");
}

static void knows_its_words(void **state)
{
	enum oht_profile profile = OHT_PROFILE_CANONICAL;

	(void)state;
	assert_int_equal(oht_profile_parse("legacy", &profile), 0);
	assert_int_equal(profile, OHT_PROFILE_LEGACY);
	assert_int_equal(oht_profile_parse("Legacy", &profile), -EINVAL);
	assert_int_equal(oht_profile_parse("common", &profile), -EINVAL);
	assert_string_equal(oht_access_name(OHT_ACCESS_WO), "WO");
	assert_string_equal(oht_type_name(OHT_TYPE_STRING), "string");
	assert_string_equal(oht_write_level_name(OHT_WRITE_ADMINISTRATOR), "administrator");
	assert_string_equal(oht_loss_action_name(OHT_LOSS_ESTOP), "estop");
}

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/oht-test-modmap-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = { "modules.csv", "registers.csv" };
	char path[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_the_shipped_data),
		cmocka_unit_test(every_register_is_found_by_address_and_name),
		cmocka_unit_test(profiles_differ),
		cmocka_unit_test(decodes_words),
		cmocka_unit_test(encodes_what_it_decodes),
		cmocka_unit_test(refuses_to_encode_out_of_range),
		cmocka_unit_test(says_values_exactly),
		cmocka_unit_test(reads_the_values_that_it_says),
		cmocka_unit_test(refuses_what_is_no_value),
		cmocka_unit_test(accepts_the_rows_that_the_refusals_are_made_of),
		cmocka_unit_test(refuses_bad_registers),
		cmocka_unit_test(refuses_registers_that_clash),
		cmocka_unit_test(refuses_bad_modules),
		cmocka_unit_test(takes_the_rest_of_a_module),
		cmocka_unit_test(takes_the_firmware_that_is_expected),
		cmocka_unit_test(takes_the_function_that_writes),
		cmocka_unit_test(refuses_missing_files_and_columns),
		cmocka_unit_test(knows_its_words),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
