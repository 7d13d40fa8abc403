/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     which rules the configuration may have beside those that are shipped.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_ALERTS_KEPT_H
#define OHTD_ALERTS_KEPT_H

#include "alerts/rule.h"
#include "settings/alert_rules.h"

/* As @judge_rule of the settings (settings/settings.h) wants it. */
const char *ohtd_alert_rule_judge(const struct ohtd_alert_rule *rule, const struct ohtd_alert_rule_set *set, const char **item);

/* As @shipped_rule of the settings wants it. */
bool ohtd_alert_rule_as_shipped(const char *code, struct ohtd_alert_rule *rule);

/* Is it the code of a shipped rule? Its number, or a negative one. */
int ohtd_alert_rule_shipped(const char *code);

#endif /* OHTD_ALERTS_KEPT_H */
