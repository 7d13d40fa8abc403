/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     rules on alerts as items of the configuration: those that were made, and shipped ones that were changed.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 *
 * What comes of a rule is known to alerts/ only, which also says why one cannot be at work.
 */
#ifndef OHTD_SETTINGS_ALERT_RULES_H
#define OHTD_SETTINGS_ALERT_RULES_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define OHTD_ALERT_RULES_KEPT	32	/* own ones and shipped ones */
#define OHTD_ALERT_RULE_ITEMS	18	/* of each */

#define OHTD_RULE_CODE_BYTES	40
#define OHTD_RULE_SIGNAL_BYTES	64

/**
 * struct ohtd_alert_rule - what a rule says, as it is configured and as it is at work
 * @code: of its alert, [a-z0-9_]+; no other rule has it
 * @enabled: 0 or 1: it is at work
 * @signal: name, so that a rule outlives a signal of another release or table; "": it was not said
 * @kind: enum ohtd_alert_rule_kind
 * @minus: DIFFERENCE: name of the other signal, with the same unit and decimals; else ""
 * @window_ms: INCREASE: of which time
 * @below: 0 or 1: the alert comes below @limit; otherwise above it
 * @limit: in the unit of the signal; not a number: it was not said
 * @hysteresis: how far behind @limit the value must be back until the alert ends; not negative
 * @on_ms: for how long the value must be beyond @limit
 * @off_ms: for how long it must be back
 * @severity: enum ohtd_severity
 * @latching: 0 or 1: the alert stays until somebody has acknowledged it
 * @behind_modules: 0 or 1: while a module does not answer well, time stands still for this rule
 * @suppressed: names of states in which the alert is not told, with commas between them
 * @group: only the most severe alert of a group is told, of these the first; "": no group
 * @text: what it is, without a full stop
 * @consequence: what follows if nobody acts, a sentence
 * @action: what to do, a sentence
 *
 * Bytes behind the end of a text are 0: equal rules have equal bytes.
 */
struct ohtd_alert_rule {
	char code[OHTD_RULE_CODE_BYTES];
	int enabled;
	char signal[OHTD_RULE_SIGNAL_BYTES];
	int kind;
	char minus[OHTD_RULE_SIGNAL_BYTES];
	double window_ms;
	int below;
	double limit;
	double hysteresis;
	double on_ms;
	double off_ms;
	int severity;
	int latching;
	int behind_modules;
	char suppressed[160];
	char group[40];
	char text[80];
	char consequence[100];
	char action[160];
};

/* In the order of their codes. */
struct ohtd_alert_rule_set {
	unsigned int count;
	struct ohtd_alert_rule rule[OHTD_ALERT_RULES_KEPT];
};

bool ohtd_alert_rule_code_fits(const char *code);

/* NULL: there is none. */
const struct ohtd_alert_rule *ohtd_alert_rule_in(const struct ohtd_alert_rule_set *set, const char *code);

/* The rule with that code, made if there is none yet; NULL: there is no room. */
struct ohtd_alert_rule *ohtd_alert_rule_place(struct ohtd_alert_rule_set *set, const char *code);

void ohtd_alert_rules_sort(struct ohtd_alert_rule_set *set);

/* An item that a rule needs and that was not said, as a clause; NULL: there is none. */
const char *ohtd_alert_rule_lacks(const struct ohtd_alert_rule *rule);

/* As the table of before has them, see settings/alert_rule_rows.h; without those that are damaged. */
void ohtd_alert_rules_of_rows(const struct ohtd_alert_rule *rows, int count, struct ohtd_alert_rule_set *set);

/* Its items as an object; NULL: out of memory. To be released. */
struct json_object *ohtd_alert_rule_tree(const struct ohtd_alert_rule *rule);

#endif /* OHTD_SETTINGS_ALERT_RULES_H */
