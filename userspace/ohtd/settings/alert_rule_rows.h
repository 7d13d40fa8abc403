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

/*
 * All of them, by their code; @rows has OHTD_ALERT_RULE_ROWS. Severity is 1 of a critical rule, else 0: ohtd_alert_rules_of_rows() makes a
 * severity of it. How many, or a negative errno.
 */
int ohtd_db_alert_rules_list(struct ohtd_db *db, struct ohtd_alert_rule *rows);

#endif /* OHTD_SETTINGS_ALERT_RULE_ROWS_H */
