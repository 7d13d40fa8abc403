// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/shipped.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* The shipped motion.csv, as it was when this program was built. */
extern const char ohtd_shipped_motion_csv[];

/* Limits, calibration and mounting of this robot: the value of another one would lead it wrongly. Each release has had these rows. */
static bool is_of_this_robot(unsigned int rule)
{
	switch (rule) {
	case OHTD_RULE_SPEED_MM_S:
	case OHTD_RULE_ACCEL_MM_S2:
	case OHTD_RULE_DECEL_MM_S2:
	case OHTD_RULE_STOP_MM_S2:
	case OHTD_RULE_JERK_MM_S3:
	case OHTD_RULE_SOFT_MIN_MM:
	case OHTD_RULE_SOFT_MAX_MM:
	case OHTD_RULE_FULL_SPEED_MM_S:
	case OHTD_RULE_FULL_RAW:
	case OHTD_RULE_LAG_S:
	case OHTD_RULE_DISTANCE_1_WAYS:
	case OHTD_RULE_DISTANCE_2_WAYS:
	case OHTD_RULE_DISTANCE_3_WAYS:
	case OHTD_RULE_DISTANCE_4_WAYS:
	case OHTD_RULE_DOCK_POSITION_MM:
	case OHTD_RULE_UNDOCK_MM:
		return true;
	default:
		return false;
	}
}

/* Of the profiles that @row is for those that have no value yet. OHTD_RULE_COMMON: both; more than that: none. */
static unsigned int profiles_without(const struct ohtd_rule_table *table, const struct ohtd_rule_row *row)
{
	unsigned int without = OHTD_RULE_COMMON + 1;

	for (unsigned int i = 0; i < OHT_PROFILES; i++)
		if ((row->profile == i || row->profile == OHTD_RULE_COMMON) && isnan(table->rules[i].value[row->rule]))
			without = without > OHTD_RULE_COMMON ? i : OHTD_RULE_COMMON;
	return without;
}

static void take_row(struct ohtd_rule_table *table, const struct ohtd_rule_row *row)
{
	const unsigned int profile = profiles_without(table, row);
	struct ohtd_rule_row *taken;

	if (is_of_this_robot(row->rule) || profile > OHTD_RULE_COMMON)
		return;
	taken = &table->row[table->rows++];
	*taken = *row;
	taken->profile = (uint8_t)profile;
	taken->shipped = true;
	for (unsigned int i = 0; i < OHT_PROFILES; i++)
		if (profile == i || profile == OHTD_RULE_COMMON)
			table->rules[i].value[row->rule] = row->value;
}

int ohtd_robot_shipped_rules(struct ohtd_rule_table *table, char error[OHT_ERROR_BYTES])
{
	struct ohtd_rule_table *shipped = malloc(sizeof(*shipped));
	int ret;

	if (!shipped)
		return -ENOMEM;
	ret = ohtd_robot_rules_parse("motion.csv as shipped", ohtd_shipped_motion_csv, shipped, error);
	for (unsigned int i = 0; !ret && i < shipped->rows; i++)
		take_row(table, &shipped->row[i]);
	free(shipped);
	return ret;
}
