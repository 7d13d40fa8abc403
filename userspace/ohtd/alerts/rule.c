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

uint16_t ohtd_alert_rule_states(const struct ohtd_alert_rule *rule)
{
	const char *names = rule->suppressed;
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

void ohtd_alert_rule_put_states(struct ohtd_alert_rule *rule, uint16_t states)
{
	size_t used = 0;

	memset(rule->suppressed, 0, sizeof(rule->suppressed));
	for (unsigned int state = 0; state < OHTD_STATES && used < sizeof(rule->suppressed); state++)
		if (states >> state & 1)
			used += (size_t)snprintf(rule->suppressed + used, sizeof(rule->suppressed) - used,
						 "%s%s", used ? "," : "", ohtd_state_name(state));
}

const char *ohtd_alert_rule_unfit(const struct ohtd_alert_rule *rule, const char **item)
{
	const char *at;

	item = item ? item : &at;
	*item = "signal";
	if (ohtd_robot_signal_named(rule->signal) < 0)
		return "its signal is not there any more";
	*item = "minus";
	if (rule->kind == OHTD_ALERT_RULE_DIFFERENCE && ohtd_robot_signal_named(rule->minus) < 0)
		return "its other signal is not there any more";
	*item = "window_ms";
	if (rule->kind == OHTD_ALERT_RULE_INCREASE && rule->window_ms < OHTD_ALERT_RULE_WINDOW)
		return "its window is too short";
	*item = "limit";
	return isfinite(rule->limit) && isfinite(rule->hysteresis) ? NULL : "its limit is no number";
}

/* Of a rule that can be at work. */
static unsigned int number_of(const char *signal)
{
	const int number = ohtd_robot_signal_named(signal);

	assert(number >= 0);
	return (unsigned int)number;
}

void ohtd_alert_watch_begin(struct ohtd_alert_watch *watch, const struct ohtd_alert_rule *rule)
{
	const double back = rule->below ? rule->limit + rule->hysteresis :
					  rule->limit - rule->hysteresis;

	*watch = (struct ohtd_alert_watch){
		.rule = rule, .signal = number_of(rule->signal), .suppressed = ohtd_alert_rule_states(rule),
	};
	if (rule->kind == OHTD_ALERT_RULE_DIFFERENCE)
		watch->minus = number_of(rule->minus);
	watch->limit = ohtd_telemetry_integer(watch->signal, rule->limit, OHTD_SAMPLE_MAX);
	watch->back = ohtd_telemetry_integer(watch->signal, back, OHTD_SAMPLE_MAX);
}

/* ---- what a sample says ---- */

static bool is_good(const struct ohtd_sample *sample, unsigned int signal)
{
	return ohtd_sample_quality(sample, signal) == OHTD_TELEMETRY_GOOD;
}

static bool is_suppressed(const struct ohtd_alert_watch *watch, const struct ohtd_sample *sample)
{
	return is_good(sample, OHTD_TELEMETRY_state) &&
	       watch->suppressed >> sample->values[OHTD_TELEMETRY_state] & 1;
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

static bool is_usable(const struct ohtd_alert_watch *watch, const struct ohtd_sample *sample)
{
	if (watch->rule->behind_modules && !modules_are_well(sample))
		return false;
	return is_good(sample, watch->signal) &&
	       (watch->rule->kind != OHTD_ALERT_RULE_DIFFERENCE || is_good(sample, watch->minus));
}

/* A register says more than it can measure: not how much is beyond the limit, but that it is. */
static bool is_off_the_scale(const struct ohtd_alert_watch *watch, const struct ohtd_sample *sample)
{
	const struct ohtd_alert_rule *rule = watch->rule;

	return rule->kind == OHTD_ALERT_RULE_VALUE && !ohtd_telemetry_origin(watch->signal)->read &&
	       ohtd_sample_quality(sample, watch->signal) == OHTD_TELEMETRY_BAD &&
	       (!rule->behind_modules || modules_are_well(sample)) &&
	       ohtd_alert_watch_is_beyond(watch, sample->values[watch->signal]);
}

/* ---- increase in a window ---- */

static uint64_t window_ns(const struct ohtd_alert_watch *watch)
{
	return (uint64_t)watch->rule->window_ms * OHTD_NS_PER_MS;
}

static void move_window(struct ohtd_alert_watch *watch, uint64_t time_ns)
{
	const uint64_t part_ns = window_ns(watch) / OHTD_ALERT_RULE_WINDOW;
	const uint64_t part = time_ns / part_ns;
	const uint64_t steps = part - watch->part;

	for (uint64_t i = 0; i < steps && i < OHTD_ALERT_RULE_WINDOW; i++)
		watch->parts[(part - i) % OHTD_ALERT_RULE_WINDOW] = 0;
	watch->part = part;
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
	const int64_t value = sample->values[watch->signal];

	switch (watch->rule->kind) {
	case OHTD_ALERT_RULE_DIFFERENCE:
		return value - sample->values[watch->minus];
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
	const uint64_t delay_ns = (uint64_t)(watch->active ? watch->rule->off_ms : watch->rule->on_ms) * OHTD_NS_PER_MS;

	if (ohtd_alert_watch_is_peak(watch, value))
		watch->peak = value;
	if (ohtd_alert_watch_is_beyond(watch, value) == watch->active || !is_known(watch)) {
		watch->turning = false;
		return;
	}
	watch->turning_ns = watch->turning ? watch->turning_ns + passed_ns : 0;
	watch->turning = true;
	if (watch->turning_ns < delay_ns)
		return;
	watch->turning = false;
	if (watch->active)
		end(watch);
	else
		come(watch, time_ns, value);
}

void ohtd_alert_watch_step(struct ohtd_alert_watch *watch, const struct ohtd_sample *sample)
{
	const uint64_t gap_ns = watch->time_ns && sample->time_ns >= watch->time_ns ?
				sample->time_ns - watch->time_ns : UINT64_MAX;
	const uint64_t passed_ns = gap_ns > OHTD_ALERT_SEEN_NS ? 0 : gap_ns;

	watch->time_ns = sample->time_ns;
	if (watch->rule->kind == OHTD_ALERT_RULE_INCREASE) {
		move_window(watch, sample->time_ns);
		count_time(watch, gap_ns);
	}
	if (is_suppressed(watch, sample)) {
		watch->turning = watch->counting = false;
		if (watch->active)
			end(watch);
		return;
	}
	if (is_usable(watch, sample) || is_off_the_scale(watch, sample))
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
	const unsigned int signal = number_of(rule->signal);
	const int decimals = (int)ohtd_telemetry_origin(signal)->decimals;
	const char *unit = ohtd_telemetry_info(signal)->unit;
	const char *gap = *unit ? " " : "";
	char window[32] = "";

	if (rule->kind == OHTD_ALERT_RULE_INCREASE)
		snprintf(window, sizeof(window), " in %g s", rule->window_ms / 1e3);
	snprintf(text, OHTD_ALERT_RULE_TEXT, "%.*s: %.*f%s%s%s, %s %g%s%s. %.*s.", bare_length(rule->text), rule->text, decimals,
		 (double)value / pow(10, decimals), gap, unit, window,
		 rule->below ? "below" : "above", rule->limit, gap, unit,
		 bare_length(rule->consequence), rule->consequence);
}
