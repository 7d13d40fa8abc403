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

struct ohtd_db;

#define OHTD_ALERT_RULE_ROWS	48	/* no more are read */

/**
 * struct ohtd_alert_rule_row - a rule as it is kept
 * @code: no other row has it
 * @revision: grew with each change of the rule
 * @shipped: it is one that comes with the daemon
 * @enabled: it is at work
 * @signal: name
 * @kind: enum ohtd_alert_rule_kind
 * @minus: name of the other signal, or ""
 * @severity: word
 * @suppressed: names of states with commas between them
 *
 * The rest is as struct ohtd_alert_rule_values.
 */
struct ohtd_alert_rule_row {
	char code[40];
	int64_t revision;
	bool shipped;
	bool enabled;
	char signal[64];
	int64_t kind;
	char minus[64];
	int64_t window_ms;
	bool below;
	double limit;
	double hysteresis;
	int64_t on_ms;
	int64_t off_ms;
	char severity[16];
	bool latching;
	bool behind_modules;
	char suppressed[160];
	char group[40];
	char text[80];
	char consequence[100];
	char action[160];
};

/* All of them, by their code; @rows has OHTD_ALERT_RULE_ROWS. How many, or a negative errno. */
int ohtd_db_alert_rules_list(struct ohtd_db *db, struct ohtd_alert_rule_row *rows);

#endif /* OHTD_SETTINGS_ALERT_RULE_ROWS_H */
