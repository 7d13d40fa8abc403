/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the form in which rules are kept, with names in the place of numbers.
 * Contexts: any thread; pure functions.
 * Locks:    none.
 */
#ifndef OHTD_ALERTS_KEPT_H
#define OHTD_ALERTS_KEPT_H

#include "alerts/rule.h"
#include "tables/alert_rules.h"

void ohtd_alert_rule_to_row(const struct ohtd_alert_rule *rule, bool enabled,
			    struct ohtd_alert_rule_row *row);

/* NULL, or why it cannot be at work: a signal of another release, say. */
const char *ohtd_alert_rule_from_row(const struct ohtd_alert_rule_row *row,
				     struct ohtd_alert_rule *rule);

#endif /* OHTD_ALERTS_KEPT_H */
