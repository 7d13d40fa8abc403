// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/rule.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "robot/codes.h"
#include "robot/telemetry.h"

static_assert(OHTD_STATES <= 16, "a bit of suppressed for each");

const uint8_t ohtd_alert_rule_healths[OHTD_ALERT_RULE_HEALTHS] = {
	OHTD_TELEMETRY_power_health, OHTD_TELEMETRY_safety_health,
	OHTD_TELEMETRY_travel_motor_health, OHTD_TELEMETRY_dock_location_health,
};

void ohtd_alert_watch_begin(struct ohtd_alert_watch *watch, const struct ohtd_alert_rule *rule)
{
	const double back = rule->below ? rule->limit + rule->hysteresis :
					  rule->limit - rule->hysteresis;

	*watch = (struct ohtd_alert_watch){
		.rule = rule,
		.limit = ohtd_telemetry_integer(rule->signal, rule->limit, OHTD_SAMPLE_MAX),
		.back = ohtd_telemetry_integer(rule->signal, back, OHTD_SAMPLE_MAX),
	};
}

/* ---- what a sample says ---- */

static bool is_good(const struct ohtd_sample *sample, unsigned int signal)
{
	return ohtd_sample_quality(sample, signal) == OHTD_TELEMETRY_GOOD;
}

static bool is_suppressed(const struct ohtd_alert_rule *rule, const struct ohtd_sample *sample)
{
	return is_good(sample, OHTD_TELEMETRY_state) &&
	       rule->suppressed >> sample->values[OHTD_TELEMETRY_state] & 1;
}

static bool modules_are_well(const struct ohtd_sample *sample)
{
	for (unsigned int i = 0; i < OHTD_ALERT_RULE_HEALTHS; i++) {
		const unsigned int signal = ohtd_alert_rule_healths[i];

		if (!is_good(sample, signal) || sample->values[signal] != OHTD_HEALTH_GOOD)
			return false;
	}
	return true;
}

static bool is_usable(const struct ohtd_alert_rule *rule, const struct ohtd_sample *sample)
{
	if (rule->behind_modules && !modules_are_well(sample))
		return false;
	return is_good(sample, rule->signal) &&
	       (rule->kind != OHTD_ALERT_RULE_DIFFERENCE || is_good(sample, rule->minus));
}

/* A register says more than it can measure: not how much is beyond the limit, but that it is. */
static bool is_off_the_scale(const struct ohtd_alert_watch *watch, const struct ohtd_sample *sample)
{
	const struct ohtd_alert_rule *rule = watch->rule;

	return rule->kind == OHTD_ALERT_RULE_VALUE && !ohtd_telemetry_origin(rule->signal)->read &&
	       ohtd_sample_quality(sample, rule->signal) == OHTD_TELEMETRY_BAD &&
	       (!rule->behind_modules || modules_are_well(sample)) &&
	       ohtd_alert_watch_is_beyond(watch, sample->values[rule->signal]);
}

/* ---- increase in a window ---- */

static void move_window(struct ohtd_alert_watch *watch, uint64_t time_ns)
{
	const uint64_t part_ns = watch->rule->window_ms * OHTD_NS_PER_MS / OHTD_ALERT_RULE_WINDOW;
	const uint64_t part = time_ns / part_ns;
	const uint64_t steps = part - watch->part;

	for (uint64_t i = 0; i < steps && i < OHTD_ALERT_RULE_WINDOW; i++)
		watch->parts[(part - i) % OHTD_ALERT_RULE_WINDOW] = 0;
	watch->part = part;
}

static uint64_t window_ns(const struct ohtd_alert_watch *watch)
{
	return watch->rule->window_ms * OHTD_NS_PER_MS;
}

/* What the counter has grown by meanwhile counts, unless it is longer than a window. */
static void count_time(struct ohtd_alert_watch *watch, uint64_t gap_ns)
{
	if (watch->counting && gap_ns < window_ns(watch))
		watch->counted_ns += gap_ns;
	else
		watch->counted_ns = 0;
}

/* Of a window that is not whole yet only an increase that is large is known. */
static bool is_known(const struct ohtd_alert_watch *watch)
{
	return watch->rule->kind != OHTD_ALERT_RULE_INCREASE ||
	       watch->rule->below == watch->active || watch->counted_ns >= window_ns(watch);
}

/* A counter that became less has begun anew. */
static int64_t count_on(struct ohtd_alert_watch *watch, int64_t counter)
{
	int64_t sum = 0;

	if (watch->counting && counter > watch->counter)
		watch->parts[watch->part % OHTD_ALERT_RULE_WINDOW] += counter - watch->counter;
	watch->counter = counter;
	watch->counting = true;
	for (unsigned int i = 0; i < OHTD_ALERT_RULE_WINDOW; i++)
		sum += watch->parts[i];
	return sum;
}

static int64_t value_of(struct ohtd_alert_watch *watch, const struct ohtd_sample *sample)
{
	const struct ohtd_alert_rule *rule = watch->rule;
	const int64_t value = sample->values[rule->signal];

	switch (rule->kind) {
	case OHTD_ALERT_RULE_DIFFERENCE:
		return value - sample->values[rule->minus];
	case OHTD_ALERT_RULE_INCREASE:
		return count_on(watch, value);
	default:
		return value;
	}
}

/* ---- coming and ending ---- */

static void end(struct ohtd_alert_watch *watch)
{
	watch->active = false;
	watch->told = watch->rule->latching && !watch->acknowledged;
}

static void come(struct ohtd_alert_watch *watch, uint64_t time_ns, int64_t value)
{
	watch->active = watch->told = true;
	watch->acknowledged = false;
	watch->since_ns = time_ns;
	watch->value = watch->peak = value;
}

bool ohtd_alert_watch_is_peak(const struct ohtd_alert_watch *watch, int64_t value)
{
	return watch->active && (watch->rule->below ? value < watch->peak : value > watch->peak);
}

bool ohtd_alert_watch_is_beyond(const struct ohtd_alert_watch *watch, int64_t value)
{
	const int64_t limit = watch->active ? watch->back : watch->limit;

	return watch->rule->below ? value < limit : value > limit;
}

static void judge(struct ohtd_alert_watch *watch, uint64_t time_ns, uint64_t passed_ns,
		  int64_t value)
{
	const uint32_t delay_ms = watch->active ? watch->rule->off_ms : watch->rule->on_ms;

	if (ohtd_alert_watch_is_peak(watch, value))
		watch->peak = value;
	if (ohtd_alert_watch_is_beyond(watch, value) == watch->active || !is_known(watch)) {
		watch->turning = false;
		return;
	}
	watch->turning_ns = watch->turning ? watch->turning_ns + passed_ns : 0;
	watch->turning = true;
	if (watch->turning_ns < delay_ms * OHTD_NS_PER_MS)
		return;
	watch->turning = false;
	if (watch->active)
		end(watch);
	else
		come(watch, time_ns, value);
}

void ohtd_alert_watch_step(struct ohtd_alert_watch *watch, const struct ohtd_sample *sample)
{
	const struct ohtd_alert_rule *rule = watch->rule;
	const uint64_t gap_ns = watch->time_ns && sample->time_ns >= watch->time_ns ?
				sample->time_ns - watch->time_ns : UINT64_MAX;
	const uint64_t passed_ns = gap_ns > OHTD_ALERT_SEEN_NS ? 0 : gap_ns;

	watch->time_ns = sample->time_ns;
	if (rule->kind == OHTD_ALERT_RULE_INCREASE) {
		move_window(watch, sample->time_ns);
		count_time(watch, gap_ns);
	}
	if (is_suppressed(rule, sample)) {
		watch->turning = watch->counting = false;
		if (watch->active)
			end(watch);
		return;
	}
	if (is_usable(rule, sample) || is_off_the_scale(watch, sample))
		judge(watch, sample->time_ns, passed_ns, value_of(watch, sample));
	else
		/* What a counter counts meanwhile belongs to the alert of the module. */
		watch->counting = false;
}

void ohtd_alert_watch_acknowledge(struct ohtd_alert_watch *watch)
{
	watch->acknowledged = true;
	watch->told = watch->active;
}

/* ---- for people ---- */

/* Of a text without its full stop, which a person may have written or not. */
static int bare_length(const char *text)
{
	const size_t n = strlen(text);

	return (int)(n && text[n - 1] == '.' ? n - 1 : n);
}

void ohtd_alert_rule_text(const struct ohtd_alert_rule *rule, int64_t value,
			  char text[OHTD_ALERT_RULE_TEXT])
{
	const int decimals = (int)ohtd_telemetry_origin(rule->signal)->decimals;
	const char *unit = ohtd_telemetry_info(rule->signal)->unit;
	const char *gap = *unit ? " " : "";
	char window[32] = "";

	if (rule->kind == OHTD_ALERT_RULE_INCREASE)
		snprintf(window, sizeof(window), " in %g s", rule->window_ms / 1e3);
	snprintf(text, OHTD_ALERT_RULE_TEXT, "%.*s: %.*f%s%s%s, %s %g%s%s. %.*s.", bare_length(rule->text), rule->text, decimals,
		 (double)value / pow(10, decimals), gap, unit, window,
		 rule->below ? "below" : "above", rule->limit, gap, unit,
		 bare_length(rule->consequence), rule->consequence);
}
