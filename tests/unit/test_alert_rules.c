// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules on values: limit, hysteresis and delays, quality, windows of counters, latching and groups;
 * and on a robot in virtual time: what is wrong raises the one alert that says so.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "alerts/kept.h"
#include "alerts/rules.h"
#include "base/clock.h"
#include "common/modmap.h"
#include "drive_robot.h"

#define CYCLE_NS	(OHTD_CYCLE_MS * OHTD_NS_PER_MS)

/* Samples one after the other, of one rule. */
struct rig {
	struct ohtd_alert_watch watch;
	struct ohtd_sample sample;
};

static void set(struct ohtd_sample *sample, unsigned int signal, unsigned int quality, int64_t value)
{
	sample->quality[signal / 32] &= ~(3ull << (2 * (signal % 32)));
	ohtd_sample_set_quality(sample, signal, quality);
	sample->values[signal] = value;
}

static void begin(struct rig *rig, const struct ohtd_alert_rule *rule)
{
	*rig = (struct rig){ .sample = { .time_ns = 1000 * OHTD_NS_PER_S } };
	memset(rig->sample.quality, 0xff, sizeof(rig->sample.quality));
	set(&rig->sample, OHTD_TELEMETRY_state, OHTD_TELEMETRY_GOOD, OHTD_STATE_IDLE);
	ohtd_alert_watch_begin(&rig->watch, rule);
}

/* @ms of a value, the first sample a cycle behind the last one. Is an alert told then? */
static bool feed_as(struct rig *rig, unsigned int quality, int64_t value, unsigned int ms)
{
	set(&rig->sample, rig->watch.signal, quality, value);
	for (unsigned int i = 0; i < ms / OHTD_CYCLE_MS; i++) {
		rig->sample.time_ns += CYCLE_NS;
		rig->sample.number++;
		ohtd_alert_watch_step(&rig->watch, &rig->sample);
	}
	return rig->watch.told;
}

static bool feed(struct rig *rig, int64_t value, unsigned int ms)
{
	return feed_as(rig, OHTD_TELEMETRY_GOOD, value, ms);
}

/* 100.0 mm, told after a second, and until it is 90.0 for 2 s. */
static const struct ohtd_alert_rule above = {
	.code = "above", .signal = "target_mm", .limit = 100, .hysteresis = 10,
	.on_ms = 1000, .off_ms = 2000, .suppressed = "estop",
	.text = "It is far", .consequence = "It goes on.", .action = "Call it back.",
};

static void a_limit_has_a_hysteresis_and_delays(void **state)
{
	struct ohtd_alert_rule below = above;
	struct rig rig;

	(void)state;
	begin(&rig, &above);
	assert_false(feed(&rig, 1000, 5000));
	/* The first sample beyond the limit begins the second. */
	assert_false(feed(&rig, 1001, 1000));
	assert_true(feed(&rig, 1001, 25));
	assert_int_equal(rig.watch.since_ns, rig.sample.time_ns);
	/* In the hysteresis it stays, and back for too short a time. */
	assert_true(feed(&rig, 901, 9000));
	assert_true(feed(&rig, 900, 2000));
	assert_true(feed(&rig, 901, 25));
	assert_true(feed(&rig, 900, 2000));
	assert_false(feed(&rig, 900, 25));
	/* Chatter comes never. */
	for (int i = 0; i < 10; i++) {
		assert_false(feed(&rig, 2000, 1000));
		assert_false(feed(&rig, 1000, 25));
	}
	below.below = true;
	begin(&rig, &below);
	assert_false(feed(&rig, 1000, 5000));
	assert_true(feed(&rig, 999, 1025));
	assert_true(feed(&rig, 1099, 5000));
	assert_false(feed(&rig, 1100, 2025));
}

static void a_value_that_is_not_good_neither_raises_nor_ends(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, &above);
	for (unsigned int quality = OHTD_TELEMETRY_OLD; quality <= OHTD_TELEMETRY_NONE; quality++) {
		assert_false(feed_as(&rig, quality, 9999, 5000));
		/* Nor is its time in a delay. */
		assert_false(feed(&rig, 1001, 500));
		assert_false(feed_as(&rig, quality, 9999, 800));
		assert_false(feed(&rig, 1001, 500));
		assert_true(feed(&rig, 1001, 50));
		assert_true(feed_as(&rig, quality, 0, 60000));
		assert_false(feed(&rig, 0, 2025));
	}
}

/* 16.0 V of a register that ends at 15.0 V; what a robot works out itself has no such end. */
static void a_register_off_its_scale_raises_and_does_not_end(void **state)
{
	struct ohtd_alert_rule rule = above;
	struct rig rig;

	(void)state;
	strcpy(rule.signal, "rail_12v_v");
	rule.limit = 13.2;
	rule.hysteresis = 0.3;
	begin(&rig, &rule);
	assert_false(feed_as(&rig, OHTD_TELEMETRY_BAD, -10, 60000));
	assert_false(feed_as(&rig, OHTD_TELEMETRY_BAD, 160, 1000));
	assert_true(feed_as(&rig, OHTD_TELEMETRY_BAD, 160, 25));
	assert_true(feed_as(&rig, OHTD_TELEMETRY_BAD, -10, 60000));
	assert_true(feed_as(&rig, OHTD_TELEMETRY_OLD, 120, 60000));
	assert_false(feed(&rig, 120, 2025));
	strcpy(rule.signal, "position_estimate_mm");
	begin(&rig, &rule);
	assert_false(feed_as(&rig, OHTD_TELEMETRY_BAD, 160, 60000));
}

static void time_that_was_not_seen_does_not_count(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, &above);
	assert_false(feed(&rig, 1001, 500));
	rig.sample.time_ns += 3600 * OHTD_NS_PER_S;
	assert_false(feed(&rig, 1001, 500));
	assert_true(feed(&rig, 1001, 100));
	/* A run that begins anew: its times may be earlier. */
	rig.sample.time_ns = 1;
	assert_true(feed(&rig, 0, 1000));
	assert_false(feed(&rig, 0, 1025));
}

static void an_alert_is_not_told_in_the_states_that_suppress_it(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, &above);
	assert_true(feed(&rig, 1001, 1025));
	set(&rig.sample, OHTD_TELEMETRY_state, OHTD_TELEMETRY_GOOD, OHTD_STATE_ESTOP);
	assert_false(feed(&rig, 1001, 25));
	assert_false(feed(&rig, 1001, 5000));
	set(&rig.sample, OHTD_TELEMETRY_state, OHTD_TELEMETRY_GOOD, OHTD_STATE_IDLE);
	assert_false(feed(&rig, 1001, 1000));
	assert_true(feed(&rig, 1001, 25));
}

static void a_latching_alert_waits_for_a_person(void **state)
{
	struct ohtd_alert_rule rule = above;
	struct rig rig;

	(void)state;
	rule.latching = true;
	begin(&rig, &rule);
	assert_true(feed(&rig, 1001, 1025));
	assert_true(feed(&rig, 0, 9000));
	assert_false(rig.watch.active);
	ohtd_alert_watch_acknowledge(&rig.watch);
	assert_false(feed(&rig, 0, 25));
	/* Seen before its end: it ends by itself, once. */
	assert_true(feed(&rig, 1001, 1025));
	ohtd_alert_watch_acknowledge(&rig.watch);
	assert_true(feed(&rig, 1001, 25));
	assert_false(feed(&rig, 0, 9000));
	assert_true(feed(&rig, 1001, 1025));
	assert_true(feed(&rig, 0, 9000));
}

static void a_difference_needs_both(void **state)
{
	static const struct ohtd_alert_rule rule = {
		.code = "apart", .signal = "cell_max_v", .kind = OHTD_ALERT_RULE_DIFFERENCE, .minus = "cell_min_v",
		.limit = 0.15,
	};
	struct rig rig;

	(void)state;
	begin(&rig, &rule);
	assert_false(feed(&rig, 4100, 25));
	set(&rig.sample, rig.watch.minus, OHTD_TELEMETRY_OLD, 0);
	assert_false(feed(&rig, 4100, 25));
	set(&rig.sample, rig.watch.minus, OHTD_TELEMETRY_GOOD, 3950);
	assert_false(feed(&rig, 4100, 25));
	assert_true(feed(&rig, 4101, 25));
}

static void all_modules_are(struct rig *rig, int64_t health)
{
	for (unsigned int i = OHTD_TELEMETRY_power_health; i <= OHTD_TELEMETRY_dock_location_health; i++)
		set(&rig->sample, i, OHTD_TELEMETRY_GOOD, health);
}

static void a_counter_counts_within_its_window(void **state)
{
	static const struct ohtd_alert_rule rule = {
		.code = "errors", .signal = "bus_errors",
		.kind = OHTD_ALERT_RULE_INCREASE, .window_ms = 16000, .behind_modules = true,
		.limit = 10, .hysteresis = 5,
	};
	int64_t errors = 1000000;
	struct rig rig;

	(void)state;
	begin(&rig, &rule);
	all_modules_are(&rig, OHTD_HEALTH_GOOD);
	/* What was before counts not; nor do ten, for ever. */
	assert_false(feed(&rig, errors, 1000));
	for (int i = 0; i < 100; i++)
		assert_false(feed(&rig, ++errors, 2000));
	assert_true(feed(&rig, errors + 10, 25));
	errors += 10;
	assert_true(feed(&rig, errors, 10000));
	assert_false(feed(&rig, errors, 6000));
	/* Begun anew, it has counted nothing; a leap of time empties the window. */
	assert_false(feed(&rig, 9, 25));
	assert_false(feed(&rig, 19, 25));
	rig.sample.time_ns += 86400 * OHTD_NS_PER_S;
	assert_false(feed(&rig, 29, 25));
	/* The errors of a module that is lost are its own alert's. */
	all_modules_are(&rig, OHTD_HEALTH_LOST);
	assert_false(feed(&rig, 5000, 25));
	all_modules_are(&rig, OHTD_HEALTH_GOOD);
	assert_false(feed(&rig, 5000, 16000));
	assert_true(feed(&rig, 5011, 25));
}

/* Each shipped rule on a counter comes by one more than its limit, and goes when that is out of its window. */
static void each_shipped_counter_comes_and_goes(void **state)
{
	unsigned int count = 0;

	(void)state;
	for (unsigned int i = 0; i < OHTD_ALERT_SHIPPED; i++) {
		const struct ohtd_alert_rule *rule = &ohtd_alert_shipped[i];
		struct rig rig;

		if (rule->kind != OHTD_ALERT_RULE_INCREASE)
			continue;
		begin(&rig, rule);
		all_modules_are(&rig, OHTD_HEALTH_GOOD);
		feed(&rig, 7, 25);
		assert_false(feed(&rig, 7 + (int64_t)rule->limit, (unsigned int)rule->on_ms + 25));
		assert_true(feed(&rig, 8 + (int64_t)rule->limit, (unsigned int)rule->on_ms + 25));
		assert_false(feed(&rig, 8 + (int64_t)rule->limit, (unsigned int)(rule->window_ms + rule->off_ms) + 5000));
		/* Where the outputs are off it is not told, if its row says so. */
		set(&rig.sample, OHTD_TELEMETRY_state, OHTD_TELEMETRY_GOOD, OHTD_STATE_ESTOP);
		assert_int_equal(feed(&rig, 9 + 2 * (int64_t)rule->limit, (unsigned int)rule->on_ms + 25), !strstr(rule->suppressed, "estop"));
		count++;
	}
	assert_true(count >= 3);
}

/* A window that has not been seen as a whole says neither that there is little, nor that it has become little. */
static void little_is_known_by_a_whole_window(void **state)
{
	struct ohtd_alert_rule rule = {
		.code = "idle", .signal = "bus_transfers",
		.kind = OHTD_ALERT_RULE_INCREASE, .window_ms = 16000, .below = true,
		.limit = 10, .hysteresis = 5,
	};
	struct rig rig;

	(void)state;
	begin(&rig, &rule);
	assert_false(feed(&rig, 5, 16000));
	assert_true(feed(&rig, 5, 50));
	assert_false(feed(&rig, 105, 25));
	assert_false(feed_as(&rig, OHTD_TELEMETRY_OLD, 0, 60000));
	assert_false(feed(&rig, 105, 16000));
	assert_true(feed(&rig, 105, 50));
	/* The other side: what stands does not end because nothing was seen for a minute. */
	rule.below = false;
	begin(&rig, &rule);
	assert_false(feed(&rig, 0, 25));
	assert_true(feed(&rig, 11, 25));
	assert_true(feed_as(&rig, OHTD_TELEMETRY_OLD, 0, 60000));
	assert_true(feed(&rig, 11, 16000));
	assert_false(feed(&rig, 11, 50));
}

/* ---- what is shipped ---- */

static void shipped_rules_are_sound(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < OHTD_ALERT_SHIPPED; i++) {
		const struct ohtd_alert_rule *rule = &ohtd_alert_shipped[i];
		char text[OHTD_ALERT_RULE_TEXT];

		for (const char *c = rule->code; *c; c++)
			assert_true(islower(*c) || isdigit(*c) || *c == '_');
		for (unsigned int k = 0; k < i; k++)
			assert_string_not_equal(rule->code, ohtd_alert_shipped[k].code);
		assert_true(ohtd_robot_signal_named(rule->signal) < OHTD_TELEMETRY_BUILT_IN && !ohtd_alert_rule_unfit(rule, NULL) && rule->hysteresis > 0);
		assert_true(rule->off_ms && rule->severity != OHTD_SEVERITY_EMERGENCY);
		assert_int_equal(rule->kind == OHTD_ALERT_RULE_INCREASE, rule->window_ms > 0);
		ohtd_alert_rule_text(rule, 0, text);
		assert_true(strlen(text) < OHTD_ALERT_RULE_TEXT - 1 && text[strlen(text) - 1] == '.');
		assert_int_equal(rule->action[strlen(rule->action) - 1], '.');
	}
}

static void a_text_is_joined_without_its_full_stop(void **state)
{
	char text[OHTD_ALERT_RULE_TEXT];
	struct ohtd_alert_rule rule = above;

	(void)state;
	ohtd_alert_rule_text(&rule, 1001, text);
	assert_string_equal(text, "It is far: 100.1 mm, above 100 mm. It goes on.");
	snprintf(rule.text, sizeof(rule.text), "It is far.");
	snprintf(rule.consequence, sizeof(rule.consequence), "It goes on");
	ohtd_alert_rule_text(&rule, 1001, text);
	assert_string_equal(text, "It is far: 100.1 mm, above 100 mm. It goes on.");
}

static const struct ohtd_alert_rule *shipped(const char *code)
{
	for (unsigned int i = 0; i < OHTD_ALERT_SHIPPED; i++)
		if (!strcmp(ohtd_alert_shipped[i].code, code))
			return &ohtd_alert_shipped[i];
	fail_msg("no rule %s", code);
	return NULL;
}

/* Some seconds of these voltages of cells. What is told then is the one alert with the code. */
static void is_told_of_cells(struct ohtd_alert_rules *rules, struct rig *rig, int64_t lowest, int64_t highest,
			     const char *code, bool over)
{
	struct ohtd_alert_told told[OHTD_ALERT_RULES_MAX];
	struct ohtd_alert_rule rule;

	set(&rig->sample, OHTD_TELEMETRY_cell_min_v, OHTD_TELEMETRY_GOOD, lowest);
	set(&rig->sample, OHTD_TELEMETRY_cell_max_v, OHTD_TELEMETRY_GOOD, highest);
	for (unsigned int i = 0; i < 20000 / OHTD_CYCLE_MS; i++) {
		rig->sample.time_ns += CYCLE_NS;
		ohtd_alert_rules_sample(rules, &rig->sample);
	}
	assert_int_equal(ohtd_alert_rules_look(rules, told), 1);
	assert_true(ohtd_alert_rules_told(rules, told->id, &rule));
	assert_string_equal(rule.code, code);
	assert_int_equal(told->over, over);
}

/* One reading of what the plan does not read is good for 10 s. */
static void one_reading_raises_no_alert(void **state)
{
	static const char *const codes[] = {
		"battery_hot", "charger_hot", "motor_hot", "rail_12v_low", "rail_12v_high",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (shipped(codes[i])->on_ms <= 10000 || shipped(codes[i])->off_ms <= 10000)
			fail_msg("%s has too short a delay", codes[i]);
}

/* One rule in force, cell_voltage_high, and it latches. */
static struct ohtd_alert_rules *latch_a_full_cell(struct ohtd_alert_rule *rule, struct ohtd_alert_rule_set *set)
{
	struct ohtd_alert_rules *rules = ohtd_alert_rules_create();

	*rule = *shipped("cell_voltage_high");
	rule->latching = true;
	*set = (struct ohtd_alert_rule_set){ .count = 1 };
	set->rule[0] = *rule;
	ohtd_alert_rules_set(rules, set);
	return rules;
}

static void what_is_over_hides_nothing_that_stands(void **state)
{
	struct ohtd_alert_rule_set set;
	struct ohtd_alert_rule rule;
	struct ohtd_alert_rules *rules = latch_a_full_cell(&rule, &set);
	struct rig rig;

	(void)state;
	begin(&rig, &rule);
	is_told_of_cells(rules, &rig, 4300, 4300, "cell_voltage_high", false);
	is_told_of_cells(rules, &rig, 4000, 4000, "cell_voltage_high", true);
	is_told_of_cells(rules, &rig, 2400, 2400, "cell_voltage_low", false);
	is_told_of_cells(rules, &rig, 4000, 4000, "cell_voltage_high", true);
	ohtd_alert_rules_destroy(rules);
}

/* Of the run before, and latching: told until somebody has seen it, or the value says it anew. */
static void an_alert_that_nobody_saw_outlives_its_run(void **state)
{
	struct ohtd_alert_rule_set set;
	struct ohtd_alert_rule rule;
	struct ohtd_alert_rules *rules = latch_a_full_cell(&rule, &set);
	struct ohtd_alert_told told[OHTD_ALERT_RULES_MAX];
	char text[OHTD_ALERT_RULE_TEXT];
	unsigned int id;
	struct rig rig;

	(void)state;
	begin(&rig, &rule);
	ohtd_alert_rules_carry(rules, "cell_voltage_high", "A cell: 4.3 V.", 1);
	/* Not latching, and none. */
	ohtd_alert_rules_carry(rules, "battery_low", "Low.", 1);
	ohtd_alert_rules_carry(rules, "no_such_rule", "None.", 1);
	is_told_of_cells(rules, &rig, 4000, 4000, "cell_voltage_high", true);
	assert_int_equal(ohtd_alert_rules_look(rules, told), 1);
	id = told->id;
	assert_true(ohtd_alert_rules_carried(rules, id, text));
	assert_string_equal(text, "Before the last start: A cell: 4.3 V.");
	/* Other words are no other alert. */
	snprintf(set.rule[0].action, sizeof(set.rule[0].action), "Look.");
	ohtd_alert_rules_set(rules, &set);
	is_told_of_cells(rules, &rig, 4000, 4000, "cell_voltage_high", true);
	assert_int_equal(ohtd_alert_rules_look(rules, told), 1);
	assert_int_equal(told->id, id);
	assert_true(ohtd_alert_rules_told(rules, id, &rule));
	assert_string_equal(rule.action, "Look.");
	is_told_of_cells(rules, &rig, 4300, 4300, "cell_voltage_high", false);
	assert_false(ohtd_alert_rules_carried(rules, id, text));
	is_told_of_cells(rules, &rig, 4000, 4000, "cell_voltage_high", true);
	ohtd_alert_rules_acknowledge(rules, id);
	assert_int_equal(ohtd_alert_rules_look(rules, told), 0);
	/* One that was carried ends with its acknowledgement as well. */
	ohtd_alert_rules_carry(rules, "cell_voltage_high", "Before the last start: A cell: 4.3 V.", 1);
	is_told_of_cells(rules, &rig, 4000, 4000, "cell_voltage_high", true);
	assert_true(ohtd_alert_rules_carried(rules, id, text));
	assert_string_equal(text, "Before the last start: A cell: 4.3 V.");
	ohtd_alert_rules_acknowledge(rules, id);
	assert_int_equal(ohtd_alert_rules_look(rules, told), 0);
	ohtd_alert_rules_destroy(rules);
}

/* ---- on the robot ---- */

/* A robot and its rules; what has been told of any, by their place. */
struct rules_robot {
	struct driver *d;
	struct ohtd_alert_rules *rules;
	struct ohtd_sample_reader reader;
	uint64_t told;
};

static void settle(struct rules_robot *robot, unsigned int ms)
{
	struct ohtd_alert_told told[OHTD_ALERT_RULES_MAX];
	struct ohtd_sample sample;

	for (; ms; ms -= ms < 1000 ? ms : 1000) {
		driver_run_ms(robot->d, ms < 1000 ? ms : 1000);
		while (ohtd_samples_next(&robot->d->f->control.samples, &robot->reader, &sample)) {
			unsigned int count;

			ohtd_alert_rules_sample(robot->rules, &sample);
			count = ohtd_alert_rules_look(robot->rules, told);
			for (unsigned int i = 0; i < count; i++)
				robot->told |= 1ull << told[i].id;
		}
	}
	assert_int_equal(robot->reader.lost, 0);
}

static void is_told(struct rules_robot *robot, const char *fault, const char *code)
{
	uint64_t wanted = code ? 1ull << (shipped(code) - ohtd_alert_shipped) : 0;

	if (robot->told != wanted)
		fail_msg("%s: told is %#llx, not %s", fault, (unsigned long long)robot->told,
			 code ? code : "nothing");
}

/*
 * What a module says, for longer than any delay: the one alert, and it ends. NULL: none, since
 * the loss of the module is an alert by itself, or the value is none.
 */
static const struct {
	const char *fault;
	const char *undo;
	const char *code;
} faults[] = {
	{ "set 2 battery_soc 150", "set 2 battery_soc 800", "battery_low" },
	{ "set 2 battery_soc 1001", "set 2 battery_soc 800", NULL },
	{ "set 2 battery_temperature 70", "unset 2 battery_temperature", "battery_hot" },
	{ "set 2 cell_voltage_max 4300", "unset 2 cell_voltage_max", "cell_voltage_high" },
	{ "set 2 cell_voltage_max 4190", "unset 2 cell_voltage_max", "cells_apart" },
	{ "set 2 cell_voltage_min 2400", "unset 2 cell_voltage_min", "cell_voltage_low" },
	{ "set 2 charger_temperature 61", "set 2 charger_temperature 25", "charger_hot" },
	{ "set 2 rail_12v_voltage 0", "unset 2 rail_12v_voltage", "rail_12v_low" },
	{ "set 2 rail_12v_voltage 140", "unset 2 rail_12v_voltage", "rail_12v_high" },
	{ "set 2 rail_12v_voltage 160", "unset 2 rail_12v_voltage", "rail_12v_high" },
	{ "set 3 temperature 650", "unset 3 temperature", "safety_module_hot" },
	{ "set 3 supply_voltage 200", "unset 3 supply_voltage", "safety_supply_low" },
	{ "set 3 supply_voltage 270", "unset 3 supply_voltage", "safety_supply_high" },
	{ "fault 2 silence", "clear 2", NULL },
	{ "fault 3 silence", "clear 3", NULL },
	{ "fault 4 silence", "clear 4", NULL },
	{ "fault 5 silence", "clear 5", NULL },
	{ "fault 2 exception", "clear 2", NULL },
	{ "fault 4 crc", "clear 4", NULL },
	{ "fault all silence", "clear all", NULL },
};

static void a_fault_raises_the_one_alert_that_says_so(void **state)
{
	struct rules_robot robot = { .d = driver_safe(6000), .rules = ohtd_alert_rules_create() };
	struct ohtd_alert_told told[OHTD_ALERT_RULES_MAX];

	(void)state;
	settle(&robot, 20000);
	is_told(&robot, "nothing", NULL);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		driver_sim(robot.d, faults[i].fault);
		settle(&robot, 25000);
		is_told(&robot, faults[i].fault, faults[i].code);
		/* It stays while its module is silent, and goes with its reason. */
		driver_sim(robot.d, faults[i].undo);
		settle(&robot, 25000);
		is_told(&robot, faults[i].fault, faults[i].code);
		for (unsigned int k = 0; k < OHTD_ALERT_RULES_MAX; k++)
			ohtd_alert_rules_acknowledge(robot.rules, k);
		if (ohtd_alert_rules_look(robot.rules, told))
			fail_msg("%s: %s does not end", faults[i].fault,
				 ohtd_alert_shipped[told->id].code);
		robot.told = 0;
	}
	ohtd_alert_rules_destroy(robot.rules);
	driver_end(robot.d);
}

/* The charge sinks: low, and then nearly empty in its place. Its module falls silent, and it stays. */
static void the_most_severe_of_a_group_is_told(void **state)
{
	struct rules_robot robot = { .d = driver_safe(6000), .rules = ohtd_alert_rules_create() };
	struct ohtd_alert_told told[OHTD_ALERT_RULES_MAX];
	uint64_t since_ns;

	(void)state;
	for (int percent = 25; percent >= 5; percent -= 10) {
		char line[64];

		snprintf(line, sizeof(line), "set 2 battery_soc %d", 10 * percent);
		driver_sim(robot.d, line);
		settle(&robot, 15000);
		assert_int_equal(ohtd_alert_rules_look(robot.rules, told), percent < 20);
		if (percent < 20)
			assert_string_equal(ohtd_alert_shipped[told->id].code, percent < 10 ? "battery_critical" : "battery_low");
	}
	assert_int_equal(told->value, 50);
	since_ns = told->since_ns;
	driver_sim(robot.d, "fault 2 silence");
	settle(&robot, 20000);
	driver_sim(robot.d, "unset 2 battery_soc");
	settle(&robot, 10000);
	assert_int_equal(ohtd_alert_rules_look(robot.rules, told), 1);
	/* Charged again: what was hidden is told since then, not since it came. */
	driver_sim(robot.d, "clear 2");
	driver_sim(robot.d, "set 2 battery_soc 150");
	settle(&robot, 20000);
	assert_int_equal(ohtd_alert_rules_look(robot.rules, told), 1);
	assert_string_equal(ohtd_alert_shipped[told->id].code, "battery_low");
	assert_true(told->since_ns > since_ns);
	ohtd_alert_rules_destroy(robot.rules);
	driver_end(robot.d);
}

/* Limits of a cell are those that its registers have. */
static void limits_are_those_of_the_registers(void **state)
{
	struct driver *d = driver_safe(6000);
	const struct oht_module *power = oht_modmap_by_name(d->run.modmap, "power");
	const struct oht_register *cell = oht_regmap_find(&power->map[OHT_PROFILE_CANONICAL],
							  "cell_voltage_0");

	(void)state;
	assert_non_null(cell);
	assert_near(shipped("cell_voltage_high")->limit, oht_register_value(cell, cell->max), 1e-9);
	assert_near(shipped("cell_voltage_low")->limit, oht_register_value(cell, cell->min), 1e-9);
	driver_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_has_a_hysteresis_and_delays),
		cmocka_unit_test(a_value_that_is_not_good_neither_raises_nor_ends),
		cmocka_unit_test(a_register_off_its_scale_raises_and_does_not_end),
		cmocka_unit_test(time_that_was_not_seen_does_not_count),
		cmocka_unit_test(an_alert_is_not_told_in_the_states_that_suppress_it),
		cmocka_unit_test(a_latching_alert_waits_for_a_person),
		cmocka_unit_test(an_alert_that_nobody_saw_outlives_its_run),
		cmocka_unit_test(a_difference_needs_both),
		cmocka_unit_test(a_counter_counts_within_its_window),
		cmocka_unit_test(each_shipped_counter_comes_and_goes),
		cmocka_unit_test(little_is_known_by_a_whole_window),
		cmocka_unit_test(shipped_rules_are_sound),
		cmocka_unit_test(a_text_is_joined_without_its_full_stop),
		cmocka_unit_test(one_reading_raises_no_alert),
		cmocka_unit_test(what_is_over_hides_nothing_that_stands),
		cmocka_unit_test(limits_are_those_of_the_registers),
		cmocka_unit_test(a_fault_raises_the_one_alert_that_says_so),
		cmocka_unit_test(the_most_severe_of_a_group_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
