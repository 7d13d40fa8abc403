// SPDX-License-Identifier: GPL-2.0-or-later
/* motion.csv: what is taken, and what is refused in one line that says where. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "robot/rules.h"
#include "scratch.h"

static struct ohtd_rule_table table;
static const struct ohtd_rules *const rules = table.rules;
static char error[OHT_ERROR_BYTES];

static int load_folder(const char *dir)
{
	return ohtd_rules_load(dir, &table, NULL, error);
}

static int load_text(const char *text)
{
	return scratch_load("motion.csv", text, load_folder);
}

/* The shipped table with the row that begins with @key replaced by @row, or left out. */
static int load_with(const char *key, const char *row)
{
	static char text[1 << 15], changed[1 << 16];
	FILE *file = fopen(OHT_SOURCE_DATADIR "/motion.csv", "r");
	char *line, *rest = text;
	bool found = false;

	assert_non_null(file);
	memset(text, 0, sizeof(text));
	assert_in_range(fread(text, 1, sizeof(text) - 1, file), 1000, sizeof(text) - 2);
	fclose(file);
	changed[0] = '\0';
	while ((line = strsep(&rest, "\n")) && *line) {
		bool hit = !found && !strncmp(line, key, strlen(key));

		found |= hit;
		if (hit && !row)
			continue;
		strcat(strcat(changed, hit ? row : line), "\n");
	}
	assert_true(found);
	return load_text(changed);
}

static void shipped_values_agree(void **state)
{
	(void)state;
	if (ohtd_rules_load(OHT_SOURCE_DATADIR, &table, NULL, error))
		fail_msg("%s", error);
	assert_true(rules[OHT_PROFILE_CANONICAL].drive.full_raw == 255);
	assert_true(rules[OHT_PROFILE_LEGACY].drive.full_raw == 10000);
	assert_true(rules[OHT_PROFILE_LEGACY].axis.speed_mm_s ==
		    rules[OHT_PROFILE_LEGACY].value[OHTD_RULE_SPEED_MM_S]);
	assert_true(rules[0].clearance.sensor[0].ways == OHTD_CLEARANCE_FORWARD);
	assert_true(rules[0].clearance.sensor[1].ways == OHTD_CLEARANCE_REVERSE);
}

static void bad_rows_are_refused(void **state)
{
	static const struct {
		const char *key;
		const char *row;
		const char *complaint;
	} cases[] = {
		{ "speed_mm_s,", "speed,common,1000,mm/s,10,10000,", "name: no such value of motion: 'speed'" },
		{ "speed_mm_s,", "speed_mm_s,both,1000,mm/s,10,10000,", "profile: must be one of" },
		{ "speed_mm_s,", "speed_mm_s,common,fast,mm/s,10,10000,", "value: not a number: 'fast'" },
		{ "speed_mm_s,", "speed_mm_s,common,,mm/s,10,10000,", "value: not a number: ''" },
		{ "speed_mm_s,", "speed_mm_s,common,nan,mm/s,10,10000,", "value: not a number: 'nan'" },
		{ "speed_mm_s,", "speed_mm_s,common,inf,mm/s,10,10000,", "value: not a number: 'inf'" },
		{ "speed_mm_s,", "speed_mm_s,common,1e3,mm/s,10,10000,", "value: not a number: '1e3'" },
		{ "speed_mm_s,", "speed_mm_s,common,9,mm/s,10,10000,", "value: must be 10..10000: '9'" },
		{ "speed_mm_s,", "speed_mm_s,common,1000,mm/s,x,10000,", "min: not a number: 'x'" },
		{ "speed_mm_s,", "speed_mm_s,common,1000,mm/s,10,,", "max: not a number: ''" },
		{ "position_jumps,", "position_jumps,common,2.5,,1,20,", "value: must be a whole number: '2.5'" },
		{ "full_raw,legacy", "full_raw,legacy,10000,,1,1000000000,", "min: min and max must be within 1..65535: '1'" },
		{ "dock_timeout_ms,", "dock_timeout_ms,common,-1,ms,-1,120000,", "min: min and max must be within 0..1e+07: '-1'" },
		{ "position_jumps,", "position_jumps,common,3,,0,99999999999,", "min: min and max must be within 0..1e+07: '0'" },
		{ "lag_s,legacy", "lag_s,canonical,0,s,0,2,", "name: given twice for this profile: 'lag_s'" },
		{ "lag_s,legacy", NULL, "lag_s is missing (profile legacy)" },
		{ "jerk_mm_s3,", NULL, "jerk_mm_s3 is missing (profile canonical)" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		error[0] = '\0';
		if (!load_with(cases[i].key, cases[i].row))
			fail_msg("accepted: %s", cases[i].row);
		if (!strstr(error, cases[i].complaint))
			fail_msg("'%s' does not say '%s'", error, cases[i].complaint);
		assert_non_null(strstr(error, "motion.csv"));
		assert_null(strchr(error, '\n'));
	}
	assert_int_not_equal(ohtd_rules_load("/nowhere", &table, NULL, error), 0);
}

/* What a person is told who mends a file: all of it, and nothing that only follows from it. */
struct heard {
	struct oht_complaints complaints;
	unsigned int count;
	char lines[8][OHT_ERROR_BYTES];
};

static void hear(struct oht_complaints *complaints, const char *line)
{
	struct heard *heard = (struct heard *)complaints;

	assert_in_range(heard->count, 0, 7);
	snprintf(heard->lines[heard->count++], OHT_ERROR_BYTES, "%s", line);
}

static struct heard heard = { .complaints.take = hear };

static int load_and_hear(const char *dir)
{
	heard.count = 0;
	return ohtd_rules_load(dir, &table, &heard.complaints, error);
}

/* Limits, calibration and mounting: each release had these rows, and no other robot's value stands for them. */
static bool is_of_this_robot(const char *name)
{
	static const char *const names[] = {
		"speed_mm_s", "accel_mm_s2", "decel_mm_s2", "stop_mm_s2", "jerk_mm_s3", "soft_min_mm", "soft_max_mm", "full_speed_mm_s", "full_raw", "lag_s",
		"distance_1_ways", "distance_2_ways", "distance_3_ways", "distance_4_ways", "dock_position_mm", "undock_mm",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* A table of the site, made for an older release, has no row of a newer one. */
static void missing_row_is_the_shipped_one(void **state)
{
	static struct ohtd_rule_table shipped;
	char key[80];
	unsigned int i, j, added;

	(void)state;
	assert_int_equal(ohtd_rules_load(OHT_SOURCE_DATADIR, &shipped, NULL, error), 0);
	for (i = 0; i < shipped.rows; i++) {
		const struct ohtd_rule_row *row = &shipped.row[i];
		const char *name = ohtd_rule_name(row->rule);

		assert_false(row->shipped);
		snprintf(key, sizeof(key), "%s,%s,", name, ohtd_rule_profile_name(row->profile));
		if (is_of_this_robot(name)) {
			assert_int_equal(load_with(key, NULL), -EINVAL);
			assert_non_null(strstr(error, " is missing (profile "));
			continue;
		}
		if (load_with(key, NULL))
			fail_msg("%s: %s", key, error);
		for (j = 0; j < OHT_PROFILES; j++)
			assert_memory_equal(rules[j].value, shipped.rules[j].value, sizeof(rules[j].value));
		assert_int_equal(table.rows, shipped.rows);
		for (j = added = 0; j < table.rows; j++)
			added += table.row[j].shipped && table.row[j].rule == row->rule && table.row[j].profile == row->profile;
		assert_int_equal(added, 1);
	}
	/* Of a value that the site has for one layout only the other one is shipped; what the site says holds. */
	assert_int_equal(load_with("stray_mm,", "stray_mm,canonical,20,mm,1,100,"), 0);
	assert_true(rules[OHT_PROFILE_CANONICAL].value[OHTD_RULE_STRAY_MM] == 20 && rules[OHT_PROFILE_LEGACY].value[OHTD_RULE_STRAY_MM] == 10);
	assert_true(table.row[table.rows - 1].shipped && table.row[table.rows - 1].profile == OHT_PROFILE_LEGACY);
	/* It must agree with the rest all the same. */
	assert_int_equal(load_with("speed_mm_s,", "speed_mm_s,common,150,mm/s,10,10000,"), -EINVAL);
	assert_non_null(strstr(error, "jog_mm_s is above speed_mm_s"));
}

static void all_complaints_are_told(void **state)
{
	(void)state;
	assert_int_equal(scratch_load("motion.csv",
				      "name,profile,value,min,max\n"
				      "speed,common,1,0,10\n"
				      "jerk_mm_s3,common\n"
				      "lag_s,common,3,0,2\n", load_and_hear), -EINVAL);
	assert_int_equal(heard.count, 3);
	assert_non_null(strstr(heard.lines[0], "motion.csv:3: 2 fields"));
	assert_non_null(strstr(heard.lines[1], "motion.csv:2: name: no such value of motion: 'speed'"));
	assert_non_null(strstr(heard.lines[2], "motion.csv:4: value: must be 0..2: '3'"));
	assert_int_equal(scratch_load("motion.csv", "name,profile,value\nlag_s,common,1\n", load_and_hear), -EINVAL);
	assert_int_equal(heard.count, 2);
	assert_non_null(strstr(heard.lines[0], "no column 'min'"));
	assert_non_null(strstr(heard.lines[1], "no column 'max'"));
	assert_int_equal(load_and_hear("/nowhere"), -ENOENT);
	assert_int_equal(heard.count, 1);
}

/* Texts for people: nothing depends on them, and they are cut between characters. */
static void texts_are_kept(void **state)
{
	char row[512] = "speed_mm_s,common,1000,mm/s,10,10000,";
	unsigned int i;

	(void)state;
	for (i = 0; i < 120; i++)
		strcat(row, "\u00fc");
	assert_int_equal(load_with("speed_mm_s,", row), 0);
	assert_string_equal(table.row[0].unit, "mm/s");
	assert_int_equal(table.row[0].profile, OHTD_RULE_COMMON);
	assert_int_equal(strlen(table.row[0].description), OHTD_RULE_TEXT_BYTES - 2);
	assert_int_equal((unsigned char)table.row[0].description[OHTD_RULE_TEXT_BYTES - 3], 0xbc);
	assert_in_range(table.rows, OHTD_RULES, OHTD_RULE_ROWS_MAX);
}

static void values_that_do_not_agree_are_refused(void **state)
{
	static const struct {
		const char *key;
		const char *row;
		const char *complaint;
	} cases[] = {
		{ "speed_mm_s,", "speed_mm_s,common,1801,mm/s,10,10000,", "90 % of full_speed_mm_s" },
		{ "stop_mm_s2,", "stop_mm_s2,common,600,mm/s2,10,20000,", "longer than 1.2 s" },
		{ "jerk_mm_s3,", "jerk_mm_s3,common,1000,mm/s3,10,1000000,", "longer than 1.2 s" },
		{ "jog_mm_s,", "jog_mm_s,common,1001,mm/s,1,10000,", "jog_mm_s is above speed_mm_s" },
		{ "jog_mm_s,", "jog_mm_s,common,500,mm/s,1,10000,", "brakes harder than stop_mm_s2" },
		{ "homing_mm_s,", "homing_mm_s,common,1001,mm/s,1,10000,", "homing_mm_s is above" },
		{ "tolerance_mm,", "tolerance_mm,common,0.5,mm,0.1,50,", "tolerance_mm is below dead_band_mm" },
		{ "dock_final_mm,", "dock_final_mm,common,300,mm,1,1000,", "dock_final_mm is not below" },
		{ "dock_final_mm_s,", "dock_final_mm_s,common,150,mm/s,1,200,", "dock_final_mm_s is above" },
		{ "dock_timeout_ms,", "dock_timeout_ms,common,9000,ms,1000,120000,", "longer than dock_timeout_ms" },
		{ "home_position_mm,", "home_position_mm,common,30501,mm,-32768,32767,", "home_position_mm is outside" },
		{ "dock_position_mm,", "dock_position_mm,common,30400,mm,-32768,32767,", "is outside of the soft limits" },
		{ "undock_mm,", "undock_mm,common,-3501,mm,-10000,10000,", "is outside of the soft limits" },
		{ "soft_min_mm,c", "soft_min_mm,canonical,30500,mm,-32768,32767,", "soft limits" },
		{ "soft_min_mm,l", "soft_min_mm,legacy,30500,mm,-32768,32767,", "soft limits" },
		{ "decel_mm_s2,", "decel_mm_s2,common,1501,mm/s2,10,20000,", "deceleration of the stop" },
		{ "crawl_mm_s,", "crawl_mm_s,common,201,mm/s,1,10000,", "crawl_mm_s above slow_mm_s" },
		{ "position_wrap_mm,", "position_wrap_mm,common,900,mm,0,1000000,", "position rules" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		error[0] = '\0';
		if (!load_with(cases[i].key, cases[i].row))
			fail_msg("accepted: %s", cases[i].row);
		if (!strstr(error, cases[i].complaint))
			fail_msg("'%s' does not say '%s'", error, cases[i].complaint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_values_agree),
		cmocka_unit_test(bad_rows_are_refused),
		cmocka_unit_test(missing_row_is_the_shipped_one),
		cmocka_unit_test(all_complaints_are_told),
		cmocka_unit_test(texts_are_kept),
		cmocka_unit_test(values_that_do_not_agree_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
