// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/kept.h"

#include <string.h>

#include "alerts/alerts.h"
#include "alerts/rules.h"

int ohtd_alert_rule_shipped(const char *code)
{
	for (int i = 0; i < OHTD_ALERT_SHIPPED; i++)
		if (!strcmp(ohtd_alert_shipped[i].code, code))
			return i;
	return -1;
}

/* With another signal, kind or side it would be another rule. */
static const char *judge_shipped(const struct ohtd_alert_rule *rule, const struct ohtd_alert_rule *as, const char **item)
{
	const bool differs = as->kind == OHTD_ALERT_RULE_DIFFERENCE && strcmp(rule->minus, as->minus);

	*item = strcmp(rule->signal, as->signal) ? "signal" : rule->kind != as->kind ? "kind" : differs ? "minus" :
		rule->below != as->below ? "when" : NULL;
	return *item ? "is that of a shipped rule, which stays" : NULL;
}

const char *ohtd_alert_rule_judge(const struct ohtd_alert_rule *rule, const struct ohtd_alert_rule_set *set, const char **item)
{
	const int shipped = ohtd_alert_rule_shipped(rule->code);
	const char *why = ohtd_alert_rule_unfit(rule, item);
	unsigned int own = 0;

	if (why)
		return why;
	if (shipped >= 0)
		return judge_shipped(rule, &ohtd_alert_shipped[shipped], item);
	*item = "";
	if (ohtd_alert_is_code(rule->code))
		return "is an alert of the robot or the daemon: choose another code";
	for (unsigned int i = 0; i < set->count; i++)
		own += ohtd_alert_rule_shipped(set->rule[i].code) < 0;
	return own > OHTD_ALERT_RULES_OWN ? "there are more than 16 own rules" : NULL;
}

bool ohtd_alert_rule_as_shipped(const char *code, struct ohtd_alert_rule *rule)
{
	const int shipped = ohtd_alert_rule_shipped(code);

	if (shipped >= 0)
		*rule = ohtd_alert_shipped[shipped];
	return shipped >= 0;
}
