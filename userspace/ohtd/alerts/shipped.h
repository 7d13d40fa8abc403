/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the rules that come with the daemon, one row each.
 * Contexts: any thread; constant.
 * Locks:    none.
 */
#ifndef OHTD_ALERTS_SHIPPED_H
#define OHTD_ALERTS_SHIPPED_H

#include "alerts/rule.h"

#define OHTD_ALERT_SHIPPED	16

/* Values are not complete yet, or not looked after any more: no rule is told in these states. */
#define OHTD_ALERT_AT_BOTH_ENDS	"boot,init,shutdown"

extern const struct ohtd_alert_rule ohtd_alert_shipped[OHTD_ALERT_SHIPPED];

#endif /* OHTD_ALERTS_SHIPPED_H */
