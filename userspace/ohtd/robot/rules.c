// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/rules.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cells.h"
#include "robot/shipped.h"

/* A controlled stop must end within the time for which its action waits (steps.c). */
#define STOP_MAX_S		1.2
/* A jog ends without a ramp: the drive's lag must not brake harder than a controlled stop by this. */
#define JOG_BRAKE_FACTOR	1.2
/* In an attempt to dock the robot comes to rest three times. */
#define DOCK_RESTS_S		3.0
/* Of the drive's full speed; the position loop needs the rest. */
#define SPEED_SHARE		0.9
/* Times in milliseconds and counts; anything else. */
#define WHOLE_MOST		1e7
#define ANY_MOST		1e9

static const char *const rule_names[OHTD_RULES + 1] = {
	[OHTD_RULE_SPEED_MM_S]		= "speed_mm_s",
	[OHTD_RULE_ACCEL_MM_S2]		= "accel_mm_s2",
	[OHTD_RULE_DECEL_MM_S2]		= "decel_mm_s2",
	[OHTD_RULE_STOP_MM_S2]		= "stop_mm_s2",
	[OHTD_RULE_JERK_MM_S3]		= "jerk_mm_s3",
	[OHTD_RULE_SOFT_MIN_MM]		= "soft_min_mm",
	[OHTD_RULE_SOFT_MAX_MM]		= "soft_max_mm",
	[OHTD_RULE_FULL_SPEED_MM_S]	= "full_speed_mm_s",
	[OHTD_RULE_FULL_RAW]		= "full_raw",
	[OHTD_RULE_LAG_S]		= "lag_s",
	[OHTD_RULE_GAIN_PER_S]		= "gain_per_s",
	[OHTD_RULE_CORRECTION_MM_S]	= "correction_mm_s",
	[OHTD_RULE_DEAD_BAND_MM]	= "dead_band_mm",
	[OHTD_RULE_TOLERANCE_MM]	= "tolerance_mm",
	[OHTD_RULE_SETTLE_S]		= "settle_s",
	[OHTD_RULE_SETTLE_MAX_S]	= "settle_max_s",
	[OHTD_RULE_STANDSTILL_MM_S]	= "standstill_mm_s",
	[OHTD_RULE_FOLLOWING_MM]	= "following_mm",
	[OHTD_RULE_FOLLOWING_S]		= "following_s",
	[OHTD_RULE_STALL_MM_S]		= "stall_mm_s",
	[OHTD_RULE_STALL_MM]		= "stall_mm",
	[OHTD_RULE_STALL_S]		= "stall_s",
	[OHTD_RULE_STRAY_MM]		= "stray_mm",
	[OHTD_RULE_STAND_S]		= "stand_s",
	[OHTD_RULE_POSITION_JUMP_MM]	= "position_jump_mm",
	[OHTD_RULE_POSITION_JUMPS]	= "position_jumps",
	[OHTD_RULE_POSITION_SILENT_S]	= "position_silent_s",
	[OHTD_RULE_POSITION_WRAP_MM]	= "position_wrap_mm",
	[OHTD_RULE_DISTANCE_1_WAYS]	= "distance_1_ways",
	[OHTD_RULE_DISTANCE_2_WAYS]	= "distance_2_ways",
	[OHTD_RULE_DISTANCE_3_WAYS]	= "distance_3_ways",
	[OHTD_RULE_DISTANCE_4_WAYS]	= "distance_4_ways",
	[OHTD_RULE_DISTANCE_RANGE_MM]	= "distance_range_mm",
	[OHTD_RULE_SLOW_ZONE_MM]	= "slow_zone_mm",
	[OHTD_RULE_SLOW_MM_S]		= "slow_mm_s",
	[OHTD_RULE_CRAWL_MM_S]		= "crawl_mm_s",
	[OHTD_RULE_REACTION_S]		= "reaction_s",
	[OHTD_RULE_ZONE_HYSTERESIS_MM]	= "zone_hysteresis_mm",
	[OHTD_RULE_JOG_MM_S]		= "jog_mm_s",
	[OHTD_RULE_JOG_EXPIRY_MS]	= "jog_expiry_ms",
	[OHTD_RULE_MOVE_TIMEOUT_MS]	= "move_timeout_ms",
	[OHTD_RULE_AUTO_CONTINUE]	= "auto_continue",
	[OHTD_RULE_CONTINUE_DELAY_MS]	= "continue_delay_ms",
	[OHTD_RULE_HOME_POSITION_MM]	= "home_position_mm",
	[OHTD_RULE_HOMING_MM_S]		= "homing_mm_s",
	[OHTD_RULE_DOCK_POSITION_MM]	= "dock_position_mm",
	[OHTD_RULE_DOCK_ALIGN_MM]	= "dock_align_mm",
	[OHTD_RULE_DOCK_ALIGN_MM_S]	= "dock_align_mm_s",
	[OHTD_RULE_DOCK_FINAL_MM]	= "dock_final_mm",
	[OHTD_RULE_DOCK_FINAL_MM_S]	= "dock_final_mm_s",
	[OHTD_RULE_DOCK_CONFIRM_MS]	= "dock_confirm_ms",
	[OHTD_RULE_DOCK_TIMEOUT_MS]	= "dock_timeout_ms",
	[OHTD_RULE_DOCK_RETRIES]	= "dock_retries",
	[OHTD_RULE_UNDOCK_MM]		= "undock_mm",
	[OHTD_RULE_DOCK_AGE_MS]		= "dock_age_ms",
	[OHTD_RULE_CHARGE_AT_DOCK]	= "charge_at_dock",
	[OHTD_RULE_BATTERY_MIN_PERCENT]	= "battery_min_percent",
	[OHTD_RULE_BATTERY_ENDS_MOVES]	= "battery_ends_moves",
	[OHTD_RULE_EXPECTED_ZONE_1_MM]	= "expected_zone_1_mm",
	[OHTD_RULE_EXPECTED_ZONE_2_MM]	= "expected_zone_2_mm",
	[OHTD_RULE_EXPECTED_ZONE_3_MM]	= "expected_zone_3_mm",
	[OHTD_RULE_EXPECTED_ZONE_4_MM]	= "expected_zone_4_mm",
};

/* Profiles as the data files name them. */
static const char *const profile_names[] = {
	[OHT_PROFILE_CANONICAL] = "canonical", [OHT_PROFILE_LEGACY] = "legacy",
	[OHTD_RULE_COMMON] = "common", NULL,
};

const char *ohtd_rule_name(unsigned int rule)
{
	return rule < OHTD_RULES ? rule_names[rule] : "unknown";
}

const char *ohtd_rule_profile_name(unsigned int profile)
{
	return profile <= OHTD_RULE_COMMON ? profile_names[profile] : "unknown";
}

/* ---- the rows ---- */

static int cell_double(const struct oht_cells *cells, size_t column, double *number)
{
	const char *text = oht_cell(cells, column);
	char *end;

	/* Without the sign of a nought. */
	*number = strtod(text, &end) + 0.0;
	if (!*text || *end || strspn(text, "+-.0123456789") != strlen(text) || !isfinite(*number))
		return oht_cell_refuse(cells, column, "not a number");
	return 0;
}

/* @must: in words. */
static int refuse_range(const struct oht_cells *cells, size_t column, const char *must, double min, double max)
{
	char what[80];

	snprintf(what, sizeof(what), "%s %g..%g", must, min, max);
	return oht_cell_refuse(cells, column, what);
}

/* Cut between two characters, not within one. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (n >= size)
		for (n = size - 1; n && ((unsigned char)from[n] & 0xc0) == 0x80; n--)
			;
	memcpy(to, from, n);
	to[n] = '\0';
	oht_error_one_line(to);
}

/* A column that nothing depends on may be missing; then its text is "". */
static const char *text_of(const struct oht_cells *cells, const char *column)
{
	size_t i;

	for (i = 0; i < cells->csv->columns; i++)
		if (!strcmp(cells->csv->header[i], column))
			return cells->row->field[i];
	return "";
}

/* The value holds for its profile, or for both. */
static int keep_row(struct ohtd_rule_table *table, const struct oht_cells *cells,
		    const struct ohtd_rule_row *row)
{
	struct ohtd_rule_row *kept;
	unsigned int i;

	for (i = 0; i < OHT_PROFILES; i++) {
		if (row->profile != i && row->profile != OHTD_RULE_COMMON)
			continue;
		if (!isnan(table->rules[i].value[row->rule]))
			return oht_cell_refuse(cells, 0, "given twice for this profile");
		table->rules[i].value[row->rule] = row->value;
	}
	kept = &table->row[table->rows++];
	*kept = *row;
	copy_text(kept->unit, sizeof(kept->unit), text_of(cells, "unit"));
	copy_text(kept->description, sizeof(kept->description), text_of(cells, "description"));
	return 0;
}

bool ohtd_rule_is_whole(unsigned int rule)
{
	switch (rule) {
	case OHTD_RULE_FULL_RAW:
	case OHTD_RULE_JOG_EXPIRY_MS:
	case OHTD_RULE_MOVE_TIMEOUT_MS:
	case OHTD_RULE_CONTINUE_DELAY_MS:
	case OHTD_RULE_DOCK_CONFIRM_MS:
	case OHTD_RULE_DOCK_TIMEOUT_MS:
	case OHTD_RULE_DOCK_AGE_MS:
	case OHTD_RULE_POSITION_JUMPS:
	case OHTD_RULE_DOCK_RETRIES:
	case OHTD_RULE_AUTO_CONTINUE:
	case OHTD_RULE_CHARGE_AT_DOCK:
	case OHTD_RULE_BATTERY_ENDS_MOVES:
	case OHTD_RULE_DISTANCE_1_WAYS:
	case OHTD_RULE_DISTANCE_2_WAYS:
	case OHTD_RULE_DISTANCE_3_WAYS:
	case OHTD_RULE_DISTANCE_4_WAYS:
		return true;
	default:
		return false;
	}
}

/* A range in the file must fit the type that its value is converted to. */
static int check_range(const struct oht_cells *cells, const struct ohtd_rule_row *row)
{
	double least = -ANY_MOST, most = ANY_MOST;

	if (row->rule == OHTD_RULE_FULL_RAW) {
		least = 1;
		most = UINT16_MAX;
	} else if (ohtd_rule_is_whole(row->rule)) {
		least = 0;
		most = WHOLE_MOST;
	}
	if (row->min >= least && row->max <= most)
		return 0;
	return refuse_range(cells, 3, "min and max must be within", least, most);
}

/* name, profile, value, min, max */
static int rule_row(struct ohtd_rule_table *table, const struct oht_cells *cells)
{
	struct ohtd_rule_row row = { 0 };
	unsigned int rule, profile;
	int ret = oht_cell_word(cells, 1, profile_names, &profile);

	for (rule = 0; rule < OHTD_RULES && strcmp(rule_names[rule], oht_cell(cells, 0)); rule++)
		;
	if (rule == OHTD_RULES)
		return oht_cell_refuse(cells, 0, "no such value of motion");
	if (!ret)
		ret = cell_double(cells, 2, &row.value);
	if (!ret)
		ret = cell_double(cells, 3, &row.min);
	if (!ret)
		ret = cell_double(cells, 4, &row.max);
	row.rule = (uint8_t)rule;
	if (!ret)
		ret = check_range(cells, &row);
	if (!ret && !(row.value >= row.min && row.value <= row.max))
		ret = refuse_range(cells, 2, "must be", row.min, row.max);
	if (!ret && ohtd_rule_is_whole(rule) && row.value != trunc(row.value))
		ret = oht_cell_refuse(cells, 2, "must be a whole number");
	if (ret)
		return ret;
	row.profile = (uint8_t)profile;
	return keep_row(table, cells, &row);
}

/* Reports a fault of the file, not of one row. */
static void complain(struct oht_complaints *complaints, char *error)
{
	if (complaints)
		complaints->take(complaints, error);
}

static int load_rows(const struct oht_csv *csv, struct ohtd_rule_table *table,
		     char error[OHT_ERROR_BYTES])
{
	static const char *const columns[] = { "name", "profile", "value", "min", "max", NULL };
	size_t index[5], i;
	struct oht_cells cells = { .csv = csv, .names = columns, .index = index, .error = error };
	int bad, ret = oht_csv_columns(csv, columns, index, error);

	if (ret)
		return ret;
	for (i = 0; (!ret || csv->complaints) && i < csv->rows; i++) {
		cells.row = &csv->row[i];
		bad = rule_row(table, &cells);
		ret = ret ? ret : bad;
	}
	return ret;
}

/* ---- what they come to ---- */

static void set_axis(struct ohtd_rules *r)
{
	const double *v = r->value;

	r->axis = (struct ohtd_axis_limits){
		.speed_mm_s = v[OHTD_RULE_SPEED_MM_S],
		.accel_mm_s2 = v[OHTD_RULE_ACCEL_MM_S2],
		.decel_mm_s2 = v[OHTD_RULE_DECEL_MM_S2],
		.stop_mm_s2 = v[OHTD_RULE_STOP_MM_S2],
		.jerk_mm_s3 = v[OHTD_RULE_JERK_MM_S3],
		.soft_min_mm = v[OHTD_RULE_SOFT_MIN_MM],
		.soft_max_mm = v[OHTD_RULE_SOFT_MAX_MM],
	};
}

static void set_drive(struct ohtd_rules *r)
{
	const double *v = r->value;

	r->drive = (struct ohtd_drive_rules){
		.full_speed_mm_s = v[OHTD_RULE_FULL_SPEED_MM_S],
		.full_raw = (uint16_t)v[OHTD_RULE_FULL_RAW],
		.gain_per_s = v[OHTD_RULE_GAIN_PER_S],
		.correction_mm_s = v[OHTD_RULE_CORRECTION_MM_S],
		.dead_band_mm = v[OHTD_RULE_DEAD_BAND_MM],
		.settle_s = v[OHTD_RULE_SETTLE_S],
		.settle_max_s = v[OHTD_RULE_SETTLE_MAX_S],
		.standstill_mm_s = v[OHTD_RULE_STANDSTILL_MM_S],
		.following_mm = v[OHTD_RULE_FOLLOWING_MM],
		.following_s = v[OHTD_RULE_FOLLOWING_S],
		.stall_mm_s = v[OHTD_RULE_STALL_MM_S],
		.stall_mm = v[OHTD_RULE_STALL_MM],
		.stall_s = v[OHTD_RULE_STALL_S],
		.stray_mm = v[OHTD_RULE_STRAY_MM],
		.stand_s = v[OHTD_RULE_STAND_S],
		.position = {
			.lag_s = v[OHTD_RULE_LAG_S],
			.jump_mm = v[OHTD_RULE_POSITION_JUMP_MM],
			.wrap_mm = v[OHTD_RULE_POSITION_WRAP_MM],
			.silent_s = v[OHTD_RULE_POSITION_SILENT_S],
			.jumps_max = (unsigned int)v[OHTD_RULE_POSITION_JUMPS],
		},
	};
}

static void set_clearance(struct ohtd_rules *r)
{
	const double *v = r->value;
	unsigned int i;

	r->clearance = (struct ohtd_clearance){
		.range_mm = v[OHTD_RULE_DISTANCE_RANGE_MM],
		.slow_mm_s = v[OHTD_RULE_SLOW_MM_S],
		.crawl_mm_s = v[OHTD_RULE_CRAWL_MM_S],
		.reaction_s = v[OHTD_RULE_REACTION_S],
	};
	for (i = 0; i < OHTD_CLEARANCE_SENSORS; i++)
		r->clearance.sensor[i] = (struct ohtd_clearance_sensor){
			.ways = (unsigned int)v[OHTD_RULE_DISTANCE_1_WAYS + i],
			.slow_mm = v[OHTD_RULE_SLOW_ZONE_MM],
		};
}

static bool within_limits(const double *v, double position_mm)
{
	return position_mm >= v[OHTD_RULE_SOFT_MIN_MM] && position_mm <= v[OHTD_RULE_SOFT_MAX_MM];
}

/* Back, to the dock, and the wait for the module. */
static double attempt_s(const double *v)
{
	return 2 * v[OHTD_RULE_DOCK_ALIGN_MM] / v[OHTD_RULE_DOCK_ALIGN_MM_S] +
	       v[OHTD_RULE_DOCK_FINAL_MM] / v[OHTD_RULE_DOCK_FINAL_MM_S] +
	       v[OHTD_RULE_DOCK_CONFIRM_MS] / 1000 + DOCK_RESTS_S;
}

static bool blame(struct ohtd_rules_fault *fault, unsigned int rule, const char *text)
{
	fault->rule = rule;
	fault->text = text;
	return true;
}

/* Two values that do not agree; false: all do. */
static bool contradicts(const double *v, struct ohtd_rules_fault *fault)
{
	double side_mm = copysign(v[OHTD_RULE_DOCK_ALIGN_MM], v[OHTD_RULE_UNDOCK_MM]);
	double stop_s = v[OHTD_RULE_SPEED_MM_S] / v[OHTD_RULE_STOP_MM_S2] +
			v[OHTD_RULE_STOP_MM_S2] / v[OHTD_RULE_JERK_MM_S3];

	if (v[OHTD_RULE_SPEED_MM_S] > SPEED_SHARE * v[OHTD_RULE_FULL_SPEED_MM_S])
		return blame(fault, OHTD_RULE_SPEED_MM_S, "speed_mm_s is above 90 % of full_speed_mm_s");
	if (stop_s > STOP_MAX_S)
		return blame(fault, OHTD_RULE_STOP_MM_S2,
			     "a controlled stop from speed_mm_s takes longer than 1.2 s: raise stop_mm_s2 or jerk_mm_s3");
	if (v[OHTD_RULE_JOG_MM_S] > v[OHTD_RULE_SPEED_MM_S])
		return blame(fault, OHTD_RULE_JOG_MM_S, "jog_mm_s is above speed_mm_s");
	if (v[OHTD_RULE_LAG_S] > 0 && v[OHTD_RULE_JOG_MM_S] / v[OHTD_RULE_LAG_S] >
	    JOG_BRAKE_FACTOR * v[OHTD_RULE_STOP_MM_S2])
		return blame(fault, OHTD_RULE_JOG_MM_S,
			     "the end of a jog at jog_mm_s brakes harder than stop_mm_s2: lower jog_mm_s");
	if (v[OHTD_RULE_HOMING_MM_S] > v[OHTD_RULE_SPEED_MM_S])
		return blame(fault, OHTD_RULE_HOMING_MM_S, "homing_mm_s is above speed_mm_s");
	if (v[OHTD_RULE_TOLERANCE_MM] < v[OHTD_RULE_DEAD_BAND_MM])
		return blame(fault, OHTD_RULE_TOLERANCE_MM, "tolerance_mm is below dead_band_mm");
	if (v[OHTD_RULE_DOCK_FINAL_MM] >= v[OHTD_RULE_DOCK_ALIGN_MM])
		return blame(fault, OHTD_RULE_DOCK_FINAL_MM, "dock_final_mm is not below dock_align_mm");
	if (v[OHTD_RULE_DOCK_FINAL_MM_S] > v[OHTD_RULE_DOCK_ALIGN_MM_S])
		return blame(fault, OHTD_RULE_DOCK_FINAL_MM_S, "dock_final_mm_s is above dock_align_mm_s");
	if (attempt_s(v) * 1000 > v[OHTD_RULE_DOCK_TIMEOUT_MS])
		return blame(fault, OHTD_RULE_DOCK_TIMEOUT_MS,
			     "an attempt to dock takes longer than dock_timeout_ms");
	if (!within_limits(v, v[OHTD_RULE_HOME_POSITION_MM]))
		return blame(fault, OHTD_RULE_HOME_POSITION_MM,
			     "home_position_mm is outside of the soft limits");
	if (!within_limits(v, v[OHTD_RULE_DOCK_POSITION_MM]) ||
	    !within_limits(v, v[OHTD_RULE_DOCK_POSITION_MM] + side_mm) ||
	    !within_limits(v, v[OHTD_RULE_DOCK_POSITION_MM] + v[OHTD_RULE_UNDOCK_MM]))
		return blame(fault, OHTD_RULE_DOCK_POSITION_MM,
			     "dock_position_mm, with the ways to and from it, is outside of the soft limits");
	return false;
}

/* The rooms of motion have the last word on what they are given. NULL: they take it. */
static const char *refusal_of_motion(const struct ohtd_rules *r)
{
	enum ohtd_axis_refusal refusal;
	struct ohtd_drive drive;
	struct ohtd_axis axis;
	unsigned int sensor;

	refusal = ohtd_axis_init(&axis, &r->axis);
	if (refusal)
		return ohtd_axis_refusal_text(refusal);
	if (ohtd_drive_init(&drive, &r->drive))
		return "the drive refuses gain, settling, following, stall, standing or position rules";
	if (ohtd_clearance_check(&r->clearance, &sensor))
		return "the slow zone is beyond distance_range_mm, or crawl_mm_s above slow_mm_s";
	return NULL;
}

/* All values are there. False: they are good; true: what is wrong between them. */
static bool is_wrong(struct ohtd_rules *r, unsigned int profile, struct ohtd_rules_fault *fault)
{
	const char *why;

	fault->profile = profile;
	set_axis(r);
	set_drive(r);
	set_clearance(r);
	if (contradicts(r->value, fault))
		return true;
	why = refusal_of_motion(r);
	return why && blame(fault, OHTD_RULES, why);
}

/* The first that is missing of a profile; all rules of it depend on it. */
static int check_profile(struct ohtd_rules *r, unsigned int profile, char error[OHT_ERROR_BYTES])
{
	struct ohtd_rules_fault fault;
	unsigned int rule;

	for (rule = 0; rule < OHTD_RULES; rule++) {
		if (!isnan(r->value[rule]))
			continue;
		snprintf(error, OHT_ERROR_BYTES, "motion.csv: %s is missing (profile %s)",
			 rule_names[rule], profile_names[profile]);
		return -EINVAL;
	}
	if (!is_wrong(r, profile, &fault))
		return 0;
	snprintf(error, OHT_ERROR_BYTES, "motion.csv: %s (profile %s)", fault.text,
		 profile_names[profile]);
	return -EINVAL;
}

bool ohtd_rules_settle(struct ohtd_rule_table *table, struct ohtd_rules_fault *fault)
{
	unsigned int i, profile;

	for (i = 0; i < table->rows; i++)
		for (profile = 0; profile < OHT_PROFILES; profile++)
			if (table->row[i].profile == profile || table->row[i].profile == OHTD_RULE_COMMON)
				table->rules[profile].value[table->row[i].rule] = table->row[i].value;
	for (profile = 0; profile < OHT_PROFILES; profile++)
		if (is_wrong(&table->rules[profile], profile, fault))
			return false;
	return true;
}

static int check_all(struct ohtd_rules *rules, struct oht_complaints *complaints,
		     char error[OHT_ERROR_BYTES])
{
	unsigned int i;
	int bad, ret = 0;

	for (i = 0; (!ret || complaints) && i < OHT_PROFILES; i++) {
		bad = check_profile(&rules[i], i, error);
		if (bad)
			complain(complaints, error);
		ret = ret ? ret : bad;
	}
	return ret;
}

/* A wrong row is reported once: the gap that it leaves is not reported again. */
static int load_file(const char *path, struct ohtd_rule_table *table,
		     struct oht_complaints *complaints, char error[OHT_ERROR_BYTES])
{
	struct oht_csv csv = { 0 };
	int ret = oht_csv_check(path, &csv, complaints, error);

	if (ret && ret != -EINVAL)
		complain(complaints, error);
	if (ret)
		return ret;
	ret = load_rows(&csv, table, error);
	if (!ret && csv.partial)
		ret = -EINVAL;
	oht_csv_free(&csv);
	if (!ret)
		ret = ohtd_robot_shipped_rules(table, error);
	return ret ? ret : check_all(table->rules, complaints, error);
}

static void clear(struct ohtd_rule_table *table)
{
	unsigned int i, rule;

	memset(table, 0, sizeof(*table));
	for (i = 0; i < OHT_PROFILES; i++)
		for (rule = 0; rule < OHTD_RULES; rule++)
			table->rules[i].value[rule] = NAN;
}

int ohtd_robot_rules_parse(const char *name, const char *text, struct ohtd_rule_table *table, char error[OHT_ERROR_BYTES])
{
	struct oht_csv csv;
	int ret = oht_csv_parse(name, text, &csv, error);

	clear(table);
	if (ret)
		return ret;
	ret = load_rows(&csv, table, error);
	oht_csv_free(&csv);
	return ret;
}

int ohtd_rules_load(const char *data_dir, struct ohtd_rule_table *table,
		    struct oht_complaints *complaints, char error[OHT_ERROR_BYTES])
{
	char path[PATH_MAX];

	clear(table);
	if (!data_dir)
		data_dir = OHT_DATADIR;
	if (snprintf(path, sizeof(path), "%s/motion.csv", data_dir) >= (int)sizeof(path)) {
		snprintf(error, OHT_ERROR_BYTES, "the path of motion.csv is too long");
		complain(complaints, error);
		return -ENAMETOOLONG;
	}
	return load_file(path, table, complaints, error);
}
