/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     motion.csv: limits, calibration, zones, times and tolerances of motion, read and checked.
 * Contexts: load: main thread, and a worker that reads the file again (motion_limits.h). It allocates.
 *           What it has filled is constant.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_RULES_H
#define OHTD_ROBOT_RULES_H

#include "common/csv.h"
#include "common/modmap.h"
#include "motion/axis.h"
#include "motion/clearance.h"
#include "motion/drive.h"

/* Rows of motion.csv; names as there. */
enum ohtd_rule {
	OHTD_RULE_SPEED_MM_S,
	OHTD_RULE_ACCEL_MM_S2,
	OHTD_RULE_DECEL_MM_S2,
	OHTD_RULE_STOP_MM_S2,
	OHTD_RULE_JERK_MM_S3,
	OHTD_RULE_SOFT_MIN_MM,
	OHTD_RULE_SOFT_MAX_MM,
	OHTD_RULE_FULL_SPEED_MM_S,
	OHTD_RULE_FULL_RAW,
	OHTD_RULE_LAG_S,
	OHTD_RULE_GAIN_PER_S,
	OHTD_RULE_CORRECTION_MM_S,
	OHTD_RULE_DEAD_BAND_MM,
	OHTD_RULE_TOLERANCE_MM,
	OHTD_RULE_SETTLE_S,
	OHTD_RULE_SETTLE_MAX_S,
	OHTD_RULE_STANDSTILL_MM_S,
	OHTD_RULE_FOLLOWING_MM,
	OHTD_RULE_FOLLOWING_S,
	OHTD_RULE_STALL_MM_S,
	OHTD_RULE_STALL_MM,
	OHTD_RULE_STALL_S,
	OHTD_RULE_STRAY_MM,
	OHTD_RULE_STAND_S,
	OHTD_RULE_POSITION_JUMP_MM,
	OHTD_RULE_POSITION_JUMPS,
	OHTD_RULE_POSITION_SILENT_S,
	OHTD_RULE_POSITION_WRAP_MM,
	OHTD_RULE_DISTANCE_1_WAYS,
	OHTD_RULE_DISTANCE_2_WAYS,
	OHTD_RULE_DISTANCE_3_WAYS,
	OHTD_RULE_DISTANCE_4_WAYS,
	OHTD_RULE_DISTANCE_RANGE_MM,
	OHTD_RULE_SLOW_ZONE_MM,
	OHTD_RULE_SLOW_MM_S,
	OHTD_RULE_CRAWL_MM_S,
	OHTD_RULE_REACTION_S,
	OHTD_RULE_ZONE_HYSTERESIS_MM,
	OHTD_RULE_JOG_MM_S,
	OHTD_RULE_JOG_EXPIRY_MS,
	OHTD_RULE_MOVE_TIMEOUT_MS,
	OHTD_RULE_AUTO_CONTINUE,
	OHTD_RULE_CONTINUE_DELAY_MS,
	OHTD_RULE_HOME_POSITION_MM,
	OHTD_RULE_HOMING_MM_S,
	OHTD_RULE_DOCK_POSITION_MM,
	OHTD_RULE_DOCK_ALIGN_MM,
	OHTD_RULE_DOCK_ALIGN_MM_S,
	OHTD_RULE_DOCK_FINAL_MM,
	OHTD_RULE_DOCK_FINAL_MM_S,
	OHTD_RULE_DOCK_CONFIRM_MS,
	OHTD_RULE_DOCK_TIMEOUT_MS,
	OHTD_RULE_DOCK_RETRIES,
	OHTD_RULE_UNDOCK_MM,
	OHTD_RULE_DOCK_AGE_MS,
	OHTD_RULE_CHARGE_AT_DOCK,
	OHTD_RULE_BATTERY_MIN_PERCENT,
	OHTD_RULE_BATTERY_ENDS_MOVES,
	OHTD_RULE_EXPECTED_ZONE_1_MM,
	OHTD_RULE_EXPECTED_ZONE_2_MM,
	OHTD_RULE_EXPECTED_ZONE_3_MM,
	OHTD_RULE_EXPECTED_ZONE_4_MM,
	OHTD_RULES,
};

/**
 * struct ohtd_rules - motion.csv for one layout of the drive's registers
 * @value: by enum ohtd_rule
 * @axis: limits, accepted by the axis
 * @drive: rules, accepted by the drive
 * @clearance: zones without the stop zones, which the safety module tells
 */
struct ohtd_rules {
	double value[OHTD_RULES];
	struct ohtd_axis_limits axis;
	struct ohtd_drive_rules drive;
	struct ohtd_clearance clearance;
};

#define OHTD_RULE_ROWS_MAX	(OHTD_RULES * OHT_PROFILES)
/* ohtd_rule_row.profile: the value is that of both layouts. */
#define OHTD_RULE_COMMON	OHT_PROFILES
#define OHTD_RULE_UNIT_BYTES	16
#define OHTD_RULE_TEXT_BYTES	200

/**
 * struct ohtd_rule_row - a row of motion.csv
 * @rule: enum ohtd_rule
 * @profile: enum oht_profile, or OHTD_RULE_COMMON
 * @value: in @unit
 * @min: least that the file permits
 * @max: greatest
 * @shipped: the file has no such row, and the shipped one holds
 * @unit: "" without one
 * @description: for people; cut where it is longer
 */
struct ohtd_rule_row {
	uint8_t rule;
	uint8_t profile;
	double value;
	double min;
	double max;
	bool shipped;
	char unit[OHTD_RULE_UNIT_BYTES];
	char description[OHTD_RULE_TEXT_BYTES];
};

/**
 * struct ohtd_rule_table - motion.csv as a whole
 * @rules: by enum oht_profile
 * @rows: of @row
 * @row: in the order of the file
 */
struct ohtd_rule_table {
	struct ohtd_rules rules[OHT_PROFILES];
	uint32_t rows;
	struct ohtd_rule_row row[OHTD_RULE_ROWS_MAX];
};

/**
 * ohtd_rules_load() - read and check motion.csv
 * @data_dir: folder; NULL for the one that the program was built for
 * @table: filled; of no use on failure
 * @complaints: hears of everything that is wrong; NULL: only the first is told
 * @error: one line on failure: unknown, missing or repeated name, no number, out of range, or which
 *	two values do not agree; with @complaints the last one
 *
 * A row that is missing is the shipped one (robot/shipped.h), but for what is of one robot only.
 *
 * Return: 0 or a negative errno.
 */
int ohtd_rules_load(const char *data_dir, struct ohtd_rule_table *table,
		    struct oht_complaints *complaints, char error[OHT_ERROR_BYTES]);

/* The rows of @text alone, each checked by itself; @name stands for the file in @error. */
int ohtd_robot_rules_parse(const char *name, const char *text, struct ohtd_rule_table *table, char error[OHT_ERROR_BYTES]);

/**
 * struct ohtd_rules_fault - values of a table that do not agree
 * @rule: which should be another one; OHTD_RULES: none of them alone
 * @profile: enum oht_profile
 * @text: for people, as a clause
 */
struct ohtd_rules_fault {
	unsigned int rule;
	unsigned int profile;
	const char *text;
};

/**
 * ohtd_rules_settle() - make the rules of a table from its rows, and check them against each other
 * @table: a table of ohtd_rules_load(), of which rows may have other values within their ranges
 * @fault: filled if they do not agree
 *
 * Return: false: they do not agree.
 */
bool ohtd_rules_settle(struct ohtd_rule_table *table, struct ohtd_rules_fault *fault);

const char *ohtd_rule_name(unsigned int rule);

/* A count, a time in milliseconds, or a number that stands for a word: never a fraction. */
bool ohtd_rule_is_whole(unsigned int rule);

/* As in the file: "canonical", "legacy", "common". */
const char *ohtd_rule_profile_name(unsigned int profile);

#endif
