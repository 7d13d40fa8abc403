// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/kept.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "robot/codes.h"
#include "robot/telemetry.h"

void ohtd_alert_rule_to_row(const struct ohtd_alert_rule *rule, bool enabled,
			    struct ohtd_alert_rule_row *row)
{
	size_t used = 0;

	*row = (struct ohtd_alert_rule_row){
		.enabled = enabled, .kind = rule->kind, .window_ms = rule->window_ms,
		.below = rule->below, .limit = rule->limit, .hysteresis = rule->hysteresis,
		.on_ms = rule->on_ms, .off_ms = rule->off_ms, .latching = rule->latching,
		.behind_modules = rule->behind_modules,
	};
	snprintf(row->code, sizeof(row->code), "%s", rule->code);
	snprintf(row->signal, sizeof(row->signal), "%s", ohtd_telemetry_info(rule->signal)->name);
	if (rule->kind == OHTD_ALERT_RULE_DIFFERENCE)
		snprintf(row->minus, sizeof(row->minus), "%s", ohtd_telemetry_info(rule->minus)->name);
	snprintf(row->severity, sizeof(row->severity), "%s", ohtd_severity_name(rule->severity));
	for (unsigned int state = 0; state < OHTD_STATES && used < sizeof(row->suppressed); state++)
		if (rule->suppressed >> state & 1)
			used += (size_t)snprintf(row->suppressed + used, sizeof(row->suppressed) - used,
						 "%s%s", used ? "," : "", ohtd_state_name(state));
	snprintf(row->group, sizeof(row->group), "%s", rule->group);
	snprintf(row->text, sizeof(row->text), "%s", rule->text);
	snprintf(row->consequence, sizeof(row->consequence), "%s", rule->consequence);
	snprintf(row->action, sizeof(row->action), "%s", rule->action);
}

static bool take_signal(const char *name, uint8_t *signal)
{
	for (unsigned int i = 0; i < OHTD_TELEMETRY_SIGNALS; i++)
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

const char *ohtd_alert_rule_from_row(const struct ohtd_alert_rule_row *row,
				     struct ohtd_alert_rule *rule)
{
	*rule = (struct ohtd_alert_rule){
		.kind = (uint8_t)row->kind, .window_ms = (uint32_t)row->window_ms,
		.below = row->below, .limit = row->limit, .hysteresis = row->hysteresis,
		.on_ms = (uint32_t)row->on_ms, .off_ms = (uint32_t)row->off_ms,
		.latching = row->latching, .behind_modules = row->behind_modules,
		.suppressed = states_of(row->suppressed),
	};
	snprintf(rule->code, sizeof(rule->code), "%s", row->code);
	snprintf(rule->group, sizeof(rule->group), "%s", row->group);
	snprintf(rule->text, sizeof(rule->text), "%s", row->text);
	snprintf(rule->consequence, sizeof(rule->consequence), "%s", row->consequence);
	snprintf(rule->action, sizeof(rule->action), "%s", row->action);
	while (rule->severity < OHTD_SEVERITIES &&
	       strcmp(ohtd_severity_name(rule->severity), row->severity))
		rule->severity++;
	if (rule->severity == OHTD_SEVERITIES)
		return "its severity is not known";
	if (!take_signal(row->signal, &rule->signal))
		return "its signal is not there any more";
	if (row->kind < 0 || row->kind >= OHTD_ALERT_RULE_KINDS)
		return "its kind is not known";
	if (rule->kind == OHTD_ALERT_RULE_DIFFERENCE && !take_signal(row->minus, &rule->minus))
		return "its other signal is not there any more";
	if (rule->kind == OHTD_ALERT_RULE_INCREASE && rule->window_ms < OHTD_ALERT_RULE_WINDOW)
		return "its window is too short";
	return isfinite(rule->limit) && isfinite(rule->hysteresis) ? NULL : "its limit is no number";
}
