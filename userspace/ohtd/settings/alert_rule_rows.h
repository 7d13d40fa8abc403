/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     rules on alerts from before they were items of the configuration: one row each, which nobody writes any more.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call().
 * Locks:    none.
 */
#ifndef OHTD_SETTINGS_ALERT_RULE_ROWS_H
#define OHTD_SETTINGS_ALERT_RULE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "settings/alert_rules.h"

struct ohtd_db;

#define OHTD_ALERT_RULE_ROWS	48	/* no more are read */

/* A rule as it is kept; @severity: as a word, @values has it from ohtd_alert_rules_of_rows() on. */
struct ohtd_alert_rule_row {
	struct ohtd_alert_rule_values values;
	char severity[16];
};

/* All of them, by their code; @rows has OHTD_ALERT_RULE_ROWS. How many, or a negative errno. */
int ohtd_db_alert_rules_list(struct ohtd_db *db, struct ohtd_alert_rule_row *rows);

#endif /* OHTD_SETTINGS_ALERT_RULE_ROWS_H */
