// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/kept.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alerts/alerts.h"
#include "alerts/rules.h"
#include "robot/codes.h"
#include "robot/telemetry.h"

void ohtd_alert_rule_to_values(const struct ohtd_alert_rule *rule, bool enabled, struct ohtd_alert_rule_values *values)
{
	size_t used = 0;

	memset(values, 0, sizeof(*values));
	values->enabled = enabled;
	values->kind = rule->kind;
	values->window_ms = rule->window_ms;
	values->below = rule->below;
	values->limit = rule->limit;
	values->hysteresis = rule->hysteresis;
	values->on_ms = rule->on_ms;
	values->off_ms = rule->off_ms;
	values->severity = rule->severity;
	values->latching = rule->latching;
	values->behind_modules = rule->behind_modules;
	snprintf(values->code, sizeof(values->code), "%s", rule->code);
	snprintf(values->signal, sizeof(values->signal), "%s", ohtd_telemetry_info(rule->signal)->name);
	if (rule->kind == OHTD_ALERT_RULE_DIFFERENCE)
		snprintf(values->minus, sizeof(values->minus), "%s", ohtd_telemetry_info(rule->minus)->name);
	for (unsigned int state = 0; state < OHTD_STATES && used < sizeof(values->suppressed); state++)
		if (rule->suppressed >> state & 1)
			used += (size_t)snprintf(values->suppressed + used, sizeof(values->suppressed) - used,
						 "%s%s", used ? "," : "", ohtd_state_name(state));
	snprintf(values->group, sizeof(values->group), "%s", rule->group);
	snprintf(values->text, sizeof(values->text), "%s", rule->text);
	snprintf(values->consequence, sizeof(values->consequence), "%s", rule->consequence);
	snprintf(values->action, sizeof(values->action), "%s", rule->action);
}

static bool take_signal(const char *name, uint8_t *signal)
{
	for (unsigned int i = 0; i < ohtd_telemetry_count(); i++)
		if (!strcmp(ohtd_telemetry_info(i)->name, name)) {
			*signal = (uint8_t)i;
			return ohtd_telemetry_info(i)->type != OHTD_TELEMETRY_WORD;
		}
	return false;
}

/* A state of another release is none in which the robot can be. */
static uint16_t states_of(const char *names)
{
	uint16_t states = 0;

	while (*names) {
		const size_t n = strcspn(names, ",");

		for (unsigned int i = 0; i < OHTD_STATES; i++)
			if (strlen(ohtd_state_name(i)) == n && !strncmp(ohtd_state_name(i), names, n))
				states |= (uint16_t)(1u << i);
		names += n + (names[n] == ',');
	}
	return states;
}

/* NULL: it can be at work, as far as its signals and their values go. */
static const char *judge_signals(const struct ohtd_alert_rule_values *values, struct ohtd_alert_rule *rule, const char **item)
{
	*item = "signal";
	if (!take_signal(values->signal, &rule->signal))
		return "its signal is not there any more";
	*item = "minus";
	if (rule->kind == OHTD_ALERT_RULE_DIFFERENCE && !take_signal(values->minus, &rule->minus))
		return "its other signal is not there any more";
	*item = "window_ms";
	if (rule->kind == OHTD_ALERT_RULE_INCREASE && rule->window_ms < OHTD_ALERT_RULE_WINDOW)
		return "its window is too short";
	*item = "limit";
	return isfinite(rule->limit) && isfinite(rule->hysteresis) ? NULL : "its limit is no number";
}

const char *ohtd_alert_rule_from_values(const struct ohtd_alert_rule_values *values, struct ohtd_alert_rule *rule, const char **item)
{
	const char *at;

	*rule = (struct ohtd_alert_rule){
		.kind = (uint8_t)values->kind, .window_ms = (uint32_t)values->window_ms,
		.below = values->below, .limit = values->limit, .hysteresis = values->hysteresis,
		.on_ms = (uint32_t)values->on_ms, .off_ms = (uint32_t)values->off_ms, .severity = (uint8_t)values->severity,
		.latching = values->latching, .behind_modules = values->behind_modules,
		.suppressed = states_of(values->suppressed),
	};
	snprintf(rule->code, sizeof(rule->code), "%s", values->code);
	snprintf(rule->group, sizeof(rule->group), "%s", values->group);
	snprintf(rule->text, sizeof(rule->text), "%s", values->text);
	snprintf(rule->consequence, sizeof(rule->consequence), "%s", values->consequence);
	snprintf(rule->action, sizeof(rule->action), "%s", values->action);
	return judge_signals(values, rule, item ? item : &at);
}

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
	*item = rule->signal != as->signal ? "signal" : rule->kind != as->kind ? "kind" : rule->minus != as->minus ? "minus" :
		rule->below != as->below ? "when" : NULL;
	return *item ? "is that of a shipped rule, which stays" : NULL;
}

const char *ohtd_alert_rule_judge(const struct ohtd_alert_rule_values *values, const struct ohtd_alert_rule_set *set, const char **item)
{
	const int shipped = ohtd_alert_rule_shipped(values->code);
	struct ohtd_alert_rule rule;
	const char *why = ohtd_alert_rule_from_values(values, &rule, item);
	unsigned int own = 0;

	if (why)
		return why;
	if (shipped >= 0)
		return judge_shipped(&rule, &ohtd_alert_shipped[shipped], item);
	*item = "";
	if (ohtd_alert_is_code(values->code))
		return "is an alert of the robot or the daemon: choose another code";
	for (unsigned int i = 0; i < set->count; i++)
		own += ohtd_alert_rule_shipped(set->rule[i].code) < 0;
	return own > OHTD_ALERT_RULES_OWN ? "there are more than 16 own rules" : NULL;
}

bool ohtd_alert_rule_as_shipped(const char *code, struct ohtd_alert_rule_values *values)
{
	const int shipped = ohtd_alert_rule_shipped(code);

	if (shipped >= 0)
		ohtd_alert_rule_to_values(&ohtd_alert_shipped[shipped], true, values);
	return shipped >= 0;
}
