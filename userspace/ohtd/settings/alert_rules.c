// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/items.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#define DELAY_MS_MAX	86400000
#define WINDOW_MS_MAX	3600000
#define LIMIT_MAX	1e9

static const char *const no_or_yes[] = { "no", "yes", NULL };
static const char *const kinds[] = { "value", "difference", "increase", NULL };
static const char *const sides[] = { "above", "below", NULL };
static const char *const severities[] = { [OHTD_SEVERITY_CRITICAL] = "critical", [OHTD_SEVERITY_WARNING] = "warning", NULL };

#define SIZE_OF(member_)	(sizeof(((struct ohtd_alert_rule *)0)->member_) - 1)
#define ITEM(name_, member_)								\
	.pointer = OHTD_ALERT_RULES_AT OHTD_ANY "/" name_, .of_many = true, .role = OHTD_ROLE_ADMINISTRATOR,	\
	.at = offsetof(struct ohtd_alert_rule, member_)
#define WORD(name_, member_, words_)	{ ITEM(name_, member_), .type = OHTD_ITEM_WORD, .words = (words_)
#define TEXT(name_, member_, min_)	{ ITEM(name_, member_), .type = OHTD_ITEM_TEXT, .min = (min_), .max = SIZE_OF(member_)
#define TIME(name_, member_, max_)	{ ITEM(name_, member_), .type = OHTD_ITEM_NUMBER, .unit = "ms", .whole = true, .max = (max_)

const struct ohtd_item ohtd_alert_rule_items[OHTD_ALERT_RULE_ITEMS] = {
	WORD("enabled", enabled, no_or_yes), .summary = "The rule is at work" },
	TEXT("signal", signal, 1), .summary = "Signal on which the rule is, as in telemetry/signals; no word" },
	WORD("kind", kind, kinds), .summary = "What is compared: the signal, its difference from minus, or its increase within window_ms" },
	TEXT("minus", minus, 0), .summary = "Of a difference: the other signal" },
	TIME("window_ms", window_ms, WINDOW_MS_MAX), .summary = "Of an increase: of which time" },
	WORD("when", below, sides), .summary = "On which side of limit the alert comes" },
	{ ITEM("limit", limit), .type = OHTD_ITEM_NUMBER, .min = -LIMIT_MAX, .max = LIMIT_MAX,
	  .summary = "Beyond it the alert comes; in the unit of the signal" },
	{ ITEM("hysteresis", hysteresis), .type = OHTD_ITEM_NUMBER, .max = LIMIT_MAX,
	  .summary = "How far behind limit the value must be back" },
	TIME("on_ms", on_ms, DELAY_MS_MAX), .summary = "For how long the value must be beyond limit" },
	TIME("off_ms", off_ms, DELAY_MS_MAX), .summary = "For how long it must be back" },
	WORD("severity", severity, severities), .summary = "Severity of the alert" },
	WORD("latching", latching, no_or_yes), .summary = "The alert stays until somebody acknowledges it" },
	WORD("behind_modules", behind_modules, no_or_yes),
	  .summary = "Time stands still for the rule while a module does not answer well" },
	TEXT("suppressed", suppressed, 0), .summary = "States of the robot in which the alert is not told, parted by commas" },
	TEXT("group", group, 0), .summary = "Of a group only the most severe alert is told; empty: no group" },
	TEXT("text", text, 1), .summary = "What it is; the value is put behind it" },
	TEXT("consequence", consequence, 1), .summary = "What follows if nobody acts" },
	TEXT("action", action, 1), .summary = "What to do" },
};

bool ohtd_alert_rule_code_fits(const char *code)
{
	const size_t n = strlen(code);

	return n && n <= SIZE_OF(code) && *code >= 'a' && *code <= 'z' &&
	       strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

const struct ohtd_alert_rule *ohtd_alert_rule_in(const struct ohtd_alert_rule_set *set, const char *code)
{
	for (unsigned int i = 0; i < set->count; i++)
		if (!strcmp(set->rule[i].code, code))
			return &set->rule[i];
	return NULL;
}

struct ohtd_alert_rule *ohtd_alert_rule_place(struct ohtd_alert_rule_set *set, const char *code)
{
	struct ohtd_alert_rule *rule = (struct ohtd_alert_rule *)ohtd_alert_rule_in(set, code);

	if (rule || set->count == OHTD_ALERT_RULES_KEPT)
		return rule;
	rule = &set->rule[set->count++];
	memset(rule, 0, sizeof(*rule));
	snprintf(rule->code, sizeof(rule->code), "%s", code);
	rule->enabled = 1;
	rule->severity = OHTD_SEVERITY_WARNING;
	rule->limit = NAN;
	return rule;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct ohtd_alert_rule *)a)->code, ((const struct ohtd_alert_rule *)b)->code);
}

void ohtd_alert_rules_sort(struct ohtd_alert_rule_set *set)
{
	qsort(set->rule, set->count, sizeof(set->rule[0]), compare);
}

const char *ohtd_alert_rule_lacks(const struct ohtd_alert_rule *rule)
{
	return !*rule->signal ? "signal" : isnan(rule->limit) ? "limit" : !*rule->text ? "text" :
	       !*rule->consequence ? "consequence" : !*rule->action ? "action" : NULL;
}

void ohtd_alert_rules_of_rows(const struct ohtd_alert_rule *rows, int count, struct ohtd_alert_rule_set *set)
{
	set->count = 0;
	for (int i = 0; i < count && set->count < OHTD_ALERT_RULES_KEPT; i++) {
		struct ohtd_alert_rule rule = rows[i];

		if (!ohtd_alert_rule_code_fits(rule.code) || ohtd_alert_rule_lacks(&rule))
			continue;
		rule.severity = rule.severity ? OHTD_SEVERITY_CRITICAL : OHTD_SEVERITY_WARNING;
		*ohtd_alert_rule_place(set, rule.code) = rule;
	}
	ohtd_alert_rules_sort(set);
}

struct json_object *ohtd_alert_rule_tree(const struct ohtd_alert_rule *rule)
{
	struct json_object *tree = json_object_new_object();
	bool good = tree;

	for (size_t i = 0; good && i < OHTD_ALERT_RULE_ITEMS; i++) {
		const struct ohtd_item *item = &ohtd_alert_rule_items[i];

		good = ohtd_tree_put(tree, strrchr(item->pointer, '/'), ohtd_item_value_at(item, (const char *)rule + item->at));
	}
	if (good)
		return tree;
	json_object_put(tree);
	return NULL;
}
