/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what holds for a row that a site's own motion.csv does not have, because an older release had no such row.
 * Contexts: as robot/rules.h.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_SHIPPED_H
#define OHTD_ROBOT_SHIPPED_H

#include "robot/rules.h"

/**
 * ohtd_robot_shipped_rules() - add the shipped rows that a table lacks
 * @table: with the rows of its file; those that are added are marked as shipped
 * @error: one line on failure
 *
 * Limits, calibration and mounting are of one robot only, and are not added.
 *
 * Return: 0 or a negative errno.
 */
int ohtd_robot_shipped_rules(struct ohtd_rule_table *table, char error[OHT_ERROR_BYTES]);

#endif
