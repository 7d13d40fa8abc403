/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     rules as the configuration has them, with names in the place of numbers.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_ALERTS_KEPT_H
#define OHTD_ALERTS_KEPT_H

#include "alerts/rule.h"
#include "settings/alert_rules.h"

void ohtd_alert_rule_to_values(const struct ohtd_alert_rule *rule, bool enabled, struct ohtd_alert_rule_values *values);

/* NULL, or why it cannot be at work: a signal of another release, say. @item: filled then if not NULL: the name of the item. */
const char *ohtd_alert_rule_from_values(const struct ohtd_alert_rule_values *values, struct ohtd_alert_rule *rule, const char **item);

/* As @judge_rule of the settings (settings/settings.h) wants it. */
const char *ohtd_alert_rule_judge(const struct ohtd_alert_rule_values *values, const struct ohtd_alert_rule_set *set, const char **item);

/* As @shipped_rule of the settings wants it. */
bool ohtd_alert_rule_as_shipped(const char *code, struct ohtd_alert_rule_values *values);

/* Is it the code of a shipped rule? Its number, or a negative one. */
int ohtd_alert_rule_shipped(const char *code);

#endif /* OHTD_ALERTS_KEPT_H */
