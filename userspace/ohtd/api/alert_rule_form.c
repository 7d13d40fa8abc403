// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/alert_rule_form.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alerts/shipped.h"
#include "base/blank.h"
#include "server/call.h"
#include "lists/name_list.h"
#include "views/scene.h"
#include "server/server.h"
#include "control/robot.h"
#include "robot/codes.h"
#include "robot/telemetry.h"

#define WINDOW_MS_MIN	1000
#define WINDOW_MS_MAX	3600000
#define DELAY_MS_MAX	86400000
/* Of what a decimal fraction becomes as a double. */
#define ROUNDING	1e-12
#define EVERY_STATE	((1u << OHTD_STATES) - 1)
#define SIZE_OF(member_) \
	(sizeof(((struct ohtd_alert_rule *)0)->member_) - 1)

static const char *const kinds[] = { "value", "difference", "increase" };
OHTD_WORDS_OF(kind_words, kinds);

static const char *const sides[] = { "above", "below" };
OHTD_WORDS_OF(side_words, sides);

static const struct ohtd_words severity_words = {
	.name = ohtd_severity_name, .end = OHTD_SEVERITY_WARNING + 1,
};

static const struct ohtd_words state_words = { .name = ohtd_state_name, .end = OHTD_STATES };

/* ---- the answer ---- */

OHTD_SHAPE_SHARED(ohtd_api_rule_form, "AlertRule",
	OHTD_TEXT(ohtd_api_rule_form, code, .summary = "Of its alert", .example = "\"battery_low\""),
	OHTD_TEXT(ohtd_api_rule_form, signal, .summary = "As in telemetry/signals", .example = "\"battery_percent\""),
	OHTD_WORD(ohtd_api_rule_form, kind, .words = &kind_words,
		  .summary = "Of the value that is compared: the signal, its difference from minus, or its increase within window_ms"),
	OHTD_TEXT(ohtd_api_rule_form, minus, .flags = OHTD_NULL, .summary = "The other signal of a difference"),
	OHTD_INTEGER(ohtd_api_rule_form, window_ms, .flags = OHTD_NULL, .unit = "ms", .summary = "Time of an increase"),
	OHTD_WORD(ohtd_api_rule_form, when, .words = &side_words, .summary = "On which side of limit the alert comes"),
	OHTD_NUMBER(ohtd_api_rule_form, limit, .summary = "In the unit of the signal"),
	OHTD_NUMBER(ohtd_api_rule_form, hysteresis, .summary = "How far behind limit the value must be back"),
	OHTD_TEXT(ohtd_api_rule_form, unit, .flags = OHTD_NULL, .summary = "Of limit and hysteresis; null: none"),
	OHTD_INTEGER(ohtd_api_rule_form, on_ms, .unit = "ms", .summary = "For how long the value must be beyond limit"),
	OHTD_INTEGER(ohtd_api_rule_form, off_ms, .unit = "ms", .summary = "For how long it must be back"),
	OHTD_WORD(ohtd_api_rule_form, severity, .words = &severity_words, .summary = "Of its alert"),
	OHTD_TRISTATE(ohtd_api_rule_form, latching, .summary = "The alert stays until somebody acknowledges it"),
	OHTD_TRISTATE(ohtd_api_rule_form, behind_modules,
		     .summary = "Time stands still for the rule while a module does not answer well"),
	OHTD_TEXTS(ohtd_api_rule_form, suppressed, .words = &state_words,
		   .summary = "States of the robot in which its alert is not told"),
	OHTD_TEXT(ohtd_api_rule_form, group, .flags = OHTD_NULL,
		  .summary = "Of a group only the most severe alert is told, of these the first"),
	OHTD_TEXT(ohtd_api_rule_form, text, .summary = "What it is"),
	OHTD_TEXT(ohtd_api_rule_form, consequence, .summary = "What follows if nobody acts"),
	OHTD_TEXT(ohtd_api_rule_form, action, .summary = "What to do"),
	OHTD_TRISTATE(ohtd_api_rule_form, enabled, .summary = "It is at work"),
	OHTD_BOOLEAN(ohtd_api_rule_form, shipped, .summary = "It comes with the daemon: DELETE gives it its shipped form back"),
	OHTD_INTEGER(ohtd_api_rule_form, revision,
		     .summary = "Another one with each change, for If-Match; 0: as it is shipped"));

/* Of a rule that can be at work. */
static unsigned int number_of(const char *signal)
{
	return (unsigned int)ohtd_robot_signal_named(signal);
}

static const char *or_null(struct ohtd_call *call, const char *text)
{
	return *text ? ohtd_call_text_of(call, "%s", text) : NULL;
}

struct ohtd_api_rule_form ohtd_api_rule_form_of(struct ohtd_call *call,
					const struct ohtd_alert_rule_state *state)
{
	const struct ohtd_alert_rule *rule = &state->rule;
	const struct ohtd_telemetry_info *info = ohtd_telemetry_info(number_of(rule->signal));
	const uint16_t suppressed = ohtd_alert_rule_states(rule);
	const char **states = ohtd_call_alloc(call, OHTD_STATES * sizeof(*states));
	struct ohtd_api_rule_form view = {
		.code = or_null(call, rule->code), .signal = info->name, .kind = (unsigned int)rule->kind,
		.window_ms = rule->kind == OHTD_ALERT_RULE_INCREASE ? (int64_t)rule->window_ms : OHTD_NONE,
		.when = rule->below ? 1 : 0, .limit = rule->limit, .hysteresis = rule->hysteresis,
		.unit = or_null(call, info->unit), .on_ms = (int64_t)rule->on_ms, .off_ms = (int64_t)rule->off_ms,
		.severity = rule->severity, .latching = rule->latching != 0,
		.behind_modules = rule->behind_modules != 0, .suppressed = states,
		.group = or_null(call, rule->group), .text = or_null(call, rule->text),
		.consequence = or_null(call, rule->consequence),
		.action = or_null(call, rule->action), .enabled = rule->enabled != 0,
		.shipped = state->shipped, .revision = state->revision,
	};

	if (rule->kind == OHTD_ALERT_RULE_DIFFERENCE)
		view.minus = ohtd_telemetry_info(number_of(rule->minus))->name;
	for (unsigned int i = 0; i < OHTD_STATES; i++)
		if (suppressed >> i & 1)
			states[view.suppressed_count++] = ohtd_state_name(i);
	return view;
}

/* ---- the request ---- */

static const char *code_unfit(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
			return "must have small letters, digits and _ only";
	return isalpha((unsigned char)*text) ? NULL : "must begin with a letter";
}

OHTD_SHAPE_SHARED_AS(ohtd_rule_body, ohtd_api_rule_form, "AlertRuleBody",
	OHTD_TEXT(ohtd_api_rule_form, code, .flags = OHTD_NEEDED, .min = 1, .max = SIZE_OF(code),
		  .unfit = code_unfit, .pattern = "^[a-z][a-z0-9_]*$", .summary = "Of its alert",
		  .example = "\"charger_current_high\""),
	OHTD_TEXT(ohtd_api_rule_form, signal, .flags = OHTD_NEEDED, .min = 1, .max = 64,
		  .summary = "As in telemetry/signals; no word", .example = "\"charger_a\""),
	OHTD_WORD(ohtd_api_rule_form, kind, .words = &kind_words, .summary = "Of the value that is compared"),
	OHTD_TEXT(ohtd_api_rule_form, minus, .min = 1, .max = 64, .summary = "difference: the other signal"),
	OHTD_INTEGER(ohtd_api_rule_form, window_ms, .min = WINDOW_MS_MIN, .max = WINDOW_MS_MAX,
		     .preset = OHTD_NONE, .unit = "ms", .summary = "increase: of which time"),
	OHTD_WORD(ohtd_api_rule_form, when, .flags = OHTD_NEEDED, .words = &side_words,
		  .summary = "On which side of limit the alert comes"),
	OHTD_NUMBER(ohtd_api_rule_form, limit, .flags = OHTD_NEEDED, .summary = "In the unit of the signal",
		    .example = "25"),
	OHTD_NUMBER(ohtd_api_rule_form, hysteresis, .flags = OHTD_NEEDED,
		    .summary = "How far behind limit the value must be back; 0 or more", .example = "2"),
	OHTD_INTEGER(ohtd_api_rule_form, on_ms, .min = 0, .max = DELAY_MS_MAX, .unit = "ms",
		     .summary = "For how long the value must be beyond limit"),
	OHTD_INTEGER(ohtd_api_rule_form, off_ms, .min = 0, .max = DELAY_MS_MAX, .unit = "ms",
		     .summary = "For how long it must be back"),
	OHTD_WORD(ohtd_api_rule_form, severity, .words = &severity_words, .preset = OHTD_SEVERITY_WARNING,
		  .summary = "Of its alert"),
	OHTD_TRISTATE(ohtd_api_rule_form, latching, .summary = "The alert stays until somebody acknowledges it"),
	OHTD_TRISTATE(ohtd_api_rule_form, behind_modules,
		     .summary = "Time stands still for the rule while a module does not answer well"),
	OHTD_TEXTS(ohtd_api_rule_form, suppressed, .max = OHTD_STATES, .words = &state_words,
		   .summary = "States of the robot in which its alert is not told, beside boot, init and shutdown"),
	OHTD_TEXT(ohtd_api_rule_form, group, .min = 1, .max = SIZE_OF(group), .unfit = code_unfit,
		  .pattern = "^[a-z][a-z0-9_]*$", .summary = "Of a group only the most severe alert is told"),
	OHTD_TEXT(ohtd_api_rule_form, text, .flags = OHTD_NEEDED, .min = 1, .max = SIZE_OF(text),
		  .unfit = ohtd_line_unfit, .summary = "What it is; the value is put behind it",
		  .example = "\"The charger gives too much current\""),
	OHTD_TEXT(ohtd_api_rule_form, consequence, .flags = OHTD_NEEDED, .min = 1, .max = SIZE_OF(consequence),
		  .unfit = ohtd_line_unfit, .summary = "What follows if nobody acts",
		  .example = "\"The battery ages.\""),
	OHTD_TEXT(ohtd_api_rule_form, action, .flags = OHTD_NEEDED, .min = 1, .max = SIZE_OF(action),
		  .unfit = ohtd_line_unfit, .summary = "What to do",
		  .example = "\"Have the charger checked.\""));

/* False: it has been refused. */
static bool take_signal(struct ohtd_call *call, const char *member, const char *name, char signal[OHTD_RULE_SIGNAL_BYTES])
{
	int number = ohtd_name_read(call, &ohtd_signal_list, member, name);

	if (number < 0)
		return false;
	snprintf(signal, OHTD_RULE_SIGNAL_BYTES, "%s", ohtd_telemetry_info((unsigned int)number)->name);
	if (ohtd_telemetry_info((unsigned int)number)->type != OHTD_TELEMETRY_WORD)
		return true;
	ohtd_reply_member(call, ohtd_call_text_of(call, "/%s", member), "unfit",
			  "'%s' is a word, which is above or below nothing", name);
	return false;
}

static bool take_minus(struct ohtd_call *call, const struct ohtd_api_rule_form *said,
		       struct ohtd_alert_rule *rule)
{
	bool wanted = rule->kind == OHTD_ALERT_RULE_DIFFERENCE;
	unsigned int signal, minus;

	if (wanted != (said->minus != NULL)) {
		ohtd_reply_member(call, "/minus", "unfit", "is for kind difference, and needed there; kind is %s",
				  kinds[rule->kind]);
		return false;
	}
	if (!wanted)
		return true;
	if (!take_signal(call, "minus", said->minus, rule->minus))
		return false;
	signal = number_of(rule->signal);
	minus = number_of(rule->minus);
	if (!strcmp(ohtd_telemetry_info(signal)->unit, ohtd_telemetry_info(minus)->unit) &&
	    ohtd_telemetry_origin(signal)->decimals == ohtd_telemetry_origin(minus)->decimals && signal != minus)
		return true;
	ohtd_reply_member(call, "/minus", "unfit", "'%s' is no other signal with the unit and the decimals of '%s'",
			  said->minus, said->signal);
	return false;
}

static bool take_window(struct ohtd_call *call, const struct ohtd_api_rule_form *said,
			struct ohtd_alert_rule *rule)
{
	bool wanted = rule->kind == OHTD_ALERT_RULE_INCREASE;

	if (wanted != (said->window_ms != OHTD_NONE)) {
		ohtd_reply_member(call, "/window_ms", "unfit", "is for kind increase, and needed there; kind is %s",
				  kinds[rule->kind]);
		return false;
	}
	rule->window_ms = wanted ? (double)said->window_ms : 0;
	if (!wanted || ohtd_telemetry_info(number_of(rule->signal))->type == OHTD_TELEMETRY_INTEGER)
		return true;
	ohtd_reply_member(call, "/signal", "unfit", "'%s' is no counter: an increase needs one", said->signal);
	return false;
}

/* What good values can be; not a number: it is not known. */
static void range_of(struct ohtd_call *call, const struct ohtd_alert_rule *rule, double range[2])
{
	const struct ohtd_scene scene = ohtd_call_scene(call);
	struct ohtd_telemetry_sight *sight = ohtd_call_alloc(call, sizeof(*sight));
	const struct ohtd_telemetry_origin *origin = ohtd_telemetry_origin(number_of(rule->signal));
	const struct oht_register *reg;
	int64_t lowest, greatest;

	range[0] = range[1] = NAN;
	ohtd_robot_look(scene.services->robot, scene.snapshot, scene.now_ns, sight);
	reg = ohtd_telemetry_register(sight, number_of(rule->signal));
	if (rule->kind == OHTD_ALERT_RULE_INCREASE) {
		range[0] = 0;
	} else if (ohtd_telemetry_info(number_of(rule->signal))->type == OHTD_TELEMETRY_BOOLEAN) {
		range[0] = 0;
		range[1] = 1;
	} else if (reg) {
		oht_register_limits(reg, &lowest, &greatest);
		range[0] = oht_register_value(reg, lowest);
		range[1] = oht_register_value(reg, greatest);
	} else if (origin->max > origin->min) {
		range[0] = origin->min;
		range[1] = origin->max;
	}
	if (rule->kind == OHTD_ALERT_RULE_DIFFERENCE) {
		range[1] -= range[0];
		range[0] = -range[1];
	}
}

/* "30 V", or "30" of what has no unit. */
static const char *amount(struct ohtd_call *call, double value, const char *unit)
{
	return ohtd_call_text_of(call, *unit ? "%g %s" : "%g", value, unit);
}

static const char *range_text(struct ohtd_call *call, const double range[2], const char *unit)
{
	return isnan(range[1]) ? ohtd_call_text_of(call, "%s or more", amount(call, range[0], unit)) :
				 ohtd_call_text_of(call, "%g to %s", range[0], amount(call, range[1], unit));
}

/* Samples have so many digits behind the point: a limit between two of them is another one than it says. */
static bool has_digits(struct ohtd_call *call, const struct ohtd_alert_rule *rule, const char *pointer,
		       double value)
{
	const unsigned int decimals = ohtd_telemetry_origin(number_of(rule->signal))->decimals;
	const double scaled = value * pow(10, decimals);

	if (fabs(scaled - round(scaled)) <= ROUNDING * fabs(scaled))
		return true;
	ohtd_reply_member(call, pointer, "range", "is %.10g: '%s' has %u digits behind the point, say no more of them",
			  value, ohtd_telemetry_info(number_of(rule->signal))->name, decimals);
	return false;
}

/* A rule that never or always holds is a mistake of who writes it. */
static bool check_limit(struct ohtd_call *call, const struct ohtd_alert_rule *rule)
{
	const double back = rule->limit + (rule->below ? rule->hysteresis : -rule->hysteresis);
	const char *unit = ohtd_telemetry_info(number_of(rule->signal))->unit;
	const char *signal = ohtd_telemetry_info(number_of(rule->signal))->name;
	double range[2];

	range_of(call, rule, range);
	if (!(fabs(rule->limit) < 1e9)) {
		ohtd_reply_member(call, "/limit", "range", "is %g: must be less than 1e9 either way", rule->limit);
		return false;
	}
	if (!(rule->hysteresis >= 0 && rule->hysteresis < 1e9)) {
		ohtd_reply_member(call, "/hysteresis", "range",
				  "is %g: must be 0 or more, whichever side the limit has", rule->hysteresis);
		return false;
	}
	if (rule->below ? rule->limit <= range[0] : rule->limit >= range[1]) {
		ohtd_reply_member(call, "/limit", "range", "%s %s can never be: '%s' is %s",
				  sides[rule->below], amount(call, rule->limit, unit), signal, range_text(call, range, unit));
		return false;
	}
	if (rule->below ? back > range[1] : back < range[0]) {
		ohtd_reply_member(call, "/hysteresis", "range",
				  "is %g: the value is never back at %s, '%s' is %s", rule->hysteresis,
				  amount(call, back, unit), signal, range_text(call, range, unit));
		return false;
	}
	return has_digits(call, rule, "/limit", rule->limit) &&
	       has_digits(call, rule, "/hysteresis", rule->hysteresis);
}

static bool take_states(struct ohtd_call *call, const struct ohtd_api_rule_form *said,
			struct ohtd_alert_rule *rule)
{
	uint16_t states = ohtd_alert_rule_states(rule);

	for (size_t i = 0; i < said->suppressed_count; i++) {
		int state = ohtd_word_number(&state_words, said->suppressed[i]);

		if (state < 0) {
			ohtd_reply_member(call, ohtd_call_text_of(call, "/suppressed/%zu", i),
					  "unknown_value", "'%s' is no state of the robot", said->suppressed[i]);
			return false;
		}
		states |= (uint16_t)(1u << state);
	}
	ohtd_alert_rule_put_states(rule, states);
	if (states != EVERY_STATE)
		return true;
	ohtd_reply_member(call, "/suppressed", "unfit", "has every state of the robot: the alert would never be told");
	return false;
}

bool ohtd_rule_take(struct ohtd_call *call, const struct ohtd_api_rule_form *said,
		    struct ohtd_alert_rule *rule)
{
	*rule = (struct ohtd_alert_rule){
		.enabled = 1, .kind = (int)said->kind, .below = (int)said->when, .on_ms = (double)said->on_ms,
		.off_ms = (double)said->off_ms, .severity = (int)said->severity,
		.latching = said->latching > 0, .behind_modules = said->behind_modules > 0,
		.limit = said->limit, .hysteresis = said->hysteresis,
		.suppressed = OHTD_ALERT_AT_BOTH_ENDS,
	};
	snprintf(rule->code, sizeof(rule->code), "%s", said->code);
	snprintf(rule->group, sizeof(rule->group), "%s", said->group ? said->group : "");
	snprintf(rule->text, sizeof(rule->text), "%s", said->text);
	snprintf(rule->consequence, sizeof(rule->consequence), "%s", said->consequence);
	snprintf(rule->action, sizeof(rule->action), "%s", said->action);
	return take_signal(call, "signal", said->signal, rule->signal) &&
	       take_minus(call, said, rule) && take_window(call, said, rule) &&
	       check_limit(call, rule) && take_states(call, said, rule);
}

/* ---- a change ---- */

OHTD_SHAPE_SHARED_AS(ohtd_rule_change, ohtd_api_rule_form, "AlertRuleChange",
	OHTD_TRISTATE(ohtd_api_rule_form, enabled, .summary = "false switches it off, true on"),
	OHTD_NUMBER(ohtd_api_rule_form, limit, .summary = "In the unit of the signal", .example = "25"),
	OHTD_NUMBER(ohtd_api_rule_form, hysteresis, .summary = "How far behind limit the value must be back; 0 or more",
		    .example = "2"),
	OHTD_INTEGER(ohtd_api_rule_form, on_ms, .min = 0, .max = DELAY_MS_MAX, .preset = OHTD_NONE, .unit = "ms",
		     .summary = "For how long the value must be beyond limit"),
	OHTD_INTEGER(ohtd_api_rule_form, off_ms, .min = 0, .max = DELAY_MS_MAX, .preset = OHTD_NONE, .unit = "ms",
		     .summary = "For how long it must be back"),
	OHTD_WORD(ohtd_api_rule_form, severity, .words = &severity_words, .preset = OHTD_NONE,
		  .summary = "Of its alert"),
	OHTD_TRISTATE(ohtd_api_rule_form, latching, .summary = "The alert stays until somebody acknowledges it"),
	OHTD_TEXT(ohtd_api_rule_form, text, .min = 1, .max = SIZE_OF(text), .unfit = ohtd_line_unfit,
		  .summary = "What it is; the value is put behind it"),
	OHTD_TEXT(ohtd_api_rule_form, consequence, .min = 1, .max = SIZE_OF(consequence), .unfit = ohtd_line_unfit,
		  .summary = "What follows if nobody acts"),
	OHTD_TEXT(ohtd_api_rule_form, action, .min = 1, .max = SIZE_OF(action), .unfit = ohtd_line_unfit,
		  .summary = "What to do"));

static void change_texts(const struct ohtd_api_rule_form *said, struct ohtd_alert_rule *rule)
{
	if (said->text)
		snprintf(rule->text, sizeof(rule->text), "%s", said->text);
	if (said->consequence)
		snprintf(rule->consequence, sizeof(rule->consequence), "%s", said->consequence);
	if (said->action)
		snprintf(rule->action, sizeof(rule->action), "%s", said->action);
}

bool ohtd_rule_take_change(struct ohtd_call *call, const struct ohtd_api_rule_form *said,
			   struct ohtd_alert_rule_state *state)
{
	struct ohtd_alert_rule *rule = &state->rule;

	if (said->enabled >= 0)
		rule->enabled = said->enabled;
	if (isfinite(said->limit))
		rule->limit = said->limit;
	if (isfinite(said->hysteresis))
		rule->hysteresis = said->hysteresis;
	if (said->on_ms != OHTD_NONE)
		rule->on_ms = (double)said->on_ms;
	if (said->off_ms != OHTD_NONE)
		rule->off_ms = (double)said->off_ms;
	if (said->severity != OHTD_NONE)
		rule->severity = (int)said->severity;
	if (said->latching >= 0)
		rule->latching = said->latching;
	change_texts(said, rule);
	/* A rule outside of what the present modules measure can be switched off all the same. */
	if (said->enabled <= 0 && !isfinite(said->limit) && !isfinite(said->hysteresis))
		return true;
	return check_limit(call, rule);
}
