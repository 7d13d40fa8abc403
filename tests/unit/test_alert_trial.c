// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The trial of rules on what is kept, against the same rules on all samples: random values around a limit with bad ones,
 * holes and states. Which alerts come, when each comes and ends, by which value, and with which peak is the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "alerts/trial.h"
#include "base/clock.h"
#include "chance.h"
#include "history/history.h"
#include "robot/codes.h"
#include "robot/telemetry.h"
#include "store_fixture.h"

#define CYCLE_NS	(25ll * 1000000)
#define FLUSH_S		10
#define PORTION		(150 * FLUSH_S * 40)
#define BEGAN_NS	(1800000000ll * 1000000000)
/* More than a chunk, so that a part of them is sealed meanwhile, and some is in memory. */
#define CYCLES		(163840 + 20000 + 133)

static struct ohtd_manual_clock manual;
static struct ohtd_clock wall;
static struct ohtd_sample *samples;	/* without a state: the cycle was not begun */
/* @got: of @given, those that the history has got. */
static uint64_t given, got, wanted, seed;

/* ---- the robot ---- */

int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample);

static bool is_begun(const struct ohtd_sample *sample)
{
	return ohtd_sample_quality(sample, OHTD_TELEMETRY_state) == OHTD_TELEMETRY_GOOD;
}

int __wrap_ohtd_robot_sample(const struct ohtd_robot *robot, struct ohtd_sample_reader *reader,
			     struct ohtd_sample *sample)
{
	(void)robot;
	(void)reader;
	while (__atomic_load_n(&given, __ATOMIC_ACQUIRE) < __atomic_load_n(&wanted, __ATOMIC_ACQUIRE)) {
		const bool begun = is_begun(&samples[given]);

		*sample = samples[given];
		__atomic_add_fetch(&got, begun, __ATOMIC_RELEASE);
		__atomic_add_fetch(&given, 1, __ATOMIC_RELEASE);
		if (begun)
			return 1;
	}
	return 0;
}

static uint64_t roll(uint64_t sides)
{
	return chance(&seed, sides);
}

static void set(struct ohtd_sample *sample, unsigned int signal, unsigned int quality, int64_t value)
{
	sample->quality[signal / 32] &= ~(3ull << (2 * (signal % 32)));
	ohtd_sample_set_quality(sample, signal, quality);
	sample->values[signal] = value;
}

/* A value that walks, rests or jumps around 100.0; and whether it is good. */
struct walk {
	int64_t value;
	uint64_t left;
	unsigned int manner, quality;
};

static int64_t walk(struct walk *w)
{
	if (!w->left) {
		w->left = 1 + roll(roll(2) ? 4000 : 100);
		w->manner = (unsigned int)roll(4);
		w->quality = roll(6) ? OHTD_TELEMETRY_GOOD : (unsigned int)roll(4);
		w->value = w->manner == 3 ? 940 + (int64_t)roll(120) : w->value;
	}
	w->left--;
	if (w->manner == 1)
		w->value += (int64_t)roll(5) - 2;
	if (w->manner == 2)
		w->value = 985 + (int64_t)roll(30);
	return w->value;
}

static void make_samples(void)
{
	struct walk a = { .value = 950 }, b = { .value = 0 };
	int64_t counter = 0, state = OHTD_STATE_IDLE;
	unsigned int hole = 0;

	for (uint64_t i = 0; i < CYCLES; i++) {
		struct ohtd_sample *sample = &samples[i];

		*sample = (struct ohtd_sample){ .number = i, .time_ns = manual.now_ns + i * (uint64_t)CYCLE_NS };
		memset(sample->quality, 0xff, sizeof(sample->quality));
		state = roll(5000) ? state : OHTD_STATE_IDLE + (int64_t)roll(3);
		counter += roll(400) ? 0 : (int64_t)roll(5);
		hole = hole ? hole - 1 : roll(3000) ? 0 : (unsigned int)roll(roll(4) ? 30 : 200);
		set(sample, OHTD_TELEMETRY_target_mm, a.quality, walk(&a));
		set(sample, OHTD_TELEMETRY_position_estimate_mm, b.quality, walk(&b));
		set(sample, OHTD_TELEMETRY_bus_transfers, OHTD_TELEMETRY_GOOD, counter);
		if (!hole || !i)
			set(sample, OHTD_TELEMETRY_state, OHTD_TELEMETRY_GOOD, state);
	}
}

static void play(struct ohtd_history *history)
{
	struct ohtd_history_view view;

	while (wanted < CYCLES) {
		uint64_t to = CYCLES - wanted > PORTION ? wanted + PORTION : CYCLES;

		ohtd_manual_clock_advance(&manual, (to - wanted) * (uint64_t)CYCLE_NS);
		__atomic_store_n(&wanted, to, __ATOMIC_RELEASE);
		WAIT_FOR(__atomic_load_n(&given, __ATOMIC_ACQUIRE) == to);
		/* The history has the last one a moment after it was given, and what that one completes waits from then on. */
		WAIT_FOR((ohtd_history_look(history, &view), view.samples == __atomic_load_n(&got, __ATOMIC_ACQUIRE)));
		WAIT_FOR((ohtd_history_look(history, &view), !view.waiting));
	}
}

/* ---- the rules ---- */

static const struct ohtd_alert_rule rules[] = {
	{ "above", .signal = "target_mm", .limit = 100, .hysteresis = 2, .on_ms = 3000, .off_ms = 5000 },
	{ "at_once", .signal = "target_mm", .limit = 100 },
	{ "short", .signal = "target_mm", .below = true, .limit = 98, .hysteresis = 1, .on_ms = 100, .off_ms = 250,
	  .suppressed = "move" },
	{ "long", .signal = "target_mm", .limit = 95, .hysteresis = 0.1, .on_ms = 60000, .off_ms = 1000 },
	{ "apart", .signal = "target_mm", .kind = OHTD_ALERT_RULE_DIFFERENCE, .minus = "position_estimate_mm",
	  .limit = 4, .hysteresis = 3, .on_ms = 1000, .off_ms = 1000 },
};

/* Of a rule that is no increase. */
static int64_t value_of(const struct ohtd_alert_watch *watch, const struct ohtd_sample *sample)
{
	const int64_t value = sample->values[watch->signal];

	return watch->rule->kind == OHTD_ALERT_RULE_DIFFERENCE ? value - sample->values[watch->minus] : value;
}

static bool is_judged(const struct ohtd_alert_watch *watch, const struct ohtd_sample *sample)
{
	return ohtd_sample_quality(sample, watch->signal) == OHTD_TELEMETRY_GOOD &&
	       (watch->rule->kind != OHTD_ALERT_RULE_DIFFERENCE ||
		ohtd_sample_quality(sample, watch->minus) == OHTD_TELEMETRY_GOOD);
}

static void farthest(const struct ohtd_alert_rule *rule, int64_t value, int64_t *peak)
{
	if (rule->below ? value < *peak : value > *peak)
		*peak = value;
}

/* All samples, as the daemon sees them. */
static void expect(const struct ohtd_alert_rule *rule, int64_t start_ns, struct ohtd_alert_trial *trial)
{
	struct ohtd_alert_watch watch;
	int64_t last_ns = start_ns;

	*trial = (struct ohtd_alert_trial){ 0 };
	ohtd_alert_watch_begin(&watch, rule);
	for (uint64_t i = 0; i < CYCLES; i++) {
		const int64_t time_ns = start_ns + (int64_t)i * CYCLE_NS;
		const bool was_active = watch.active;
		const bool was_seen = time_ns - last_ns <= (int64_t)OHTD_NS_PER_S;

		if (!is_begun(&samples[i]))
			continue;
		if (was_active && was_seen)
			trial->active_ns += time_ns - last_ns;
		ohtd_alert_watch_step(&watch, &samples[i]);
		if (watch.active && !was_active) {
			if (trial->kept < OHTD_ALERT_COMINGS_MAX)
				trial->comings[trial->kept++] = (struct ohtd_alert_coming){
					.from_ns = time_ns, .value = watch.value, .peak = watch.value,
				};
			trial->count++;
		} else if (!watch.active && was_active && trial->count == trial->kept) {
			trial->comings[trial->kept - 1].to_ns = was_seen ? time_ns : last_ns;
		}
		if (watch.active && is_judged(&watch, &samples[i]) && trial->count == trial->kept)
			farthest(rule, value_of(&watch, &samples[i]), &trial->comings[trial->kept - 1].peak);
		last_ns = time_ns;
	}
}

static void compare(const char *code, const struct ohtd_alert_trial *is, const struct ohtd_alert_trial *wanted_one)
{
	for (unsigned int i = 0; i < is->kept && i < wanted_one->kept; i++)
		if (memcmp(&is->comings[i], &wanted_one->comings[i], sizeof(is->comings[i])))
			fail_msg("%s: coming %u is %lld to %lld with %lld, not %lld to %lld with %lld", code, i,
				 (long long)(is->comings[i].from_ns - BEGAN_NS) / 25000000,
				 (long long)(is->comings[i].to_ns - BEGAN_NS) / 25000000, (long long)is->comings[i].peak,
				 (long long)(wanted_one->comings[i].from_ns - BEGAN_NS) / 25000000,
				 (long long)(wanted_one->comings[i].to_ns - BEGAN_NS) / 25000000,
				 (long long)wanted_one->comings[i].peak);
	if (is->count != wanted_one->count)
		fail_msg("%s: %llu comings, not %llu", code, (unsigned long long)is->count,
			 (unsigned long long)wanted_one->count);
	/* One that stands at the end goes on for the last cycle. */
	if (llabs(is->active_ns - wanted_one->active_ns) > CYCLE_NS)
		fail_msg("%s: for %lld cycles, not %lld", code, (long long)(is->active_ns / CYCLE_NS),
			 (long long)(wanted_one->active_ns / CYCLE_NS));
}

static void try_rules(struct ohtd_history *history, int64_t start_ns)
{
	const int64_t end_ns = start_ns + CYCLES * CYCLE_NS;
	uint64_t all = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct ohtd_alert_trial wanted_one, trial = { .from_ns = start_ns, .to_ns = end_ns };

		expect(&rules[i], start_ns, &wanted_one);
		assert_int_equal(ohtd_alert_trial(history, &rules[i], UINT64_MAX, &trial), 0);
		assert_true(trial.complete);
		assert_int_equal(trial.to_ns, end_ns);
		compare(rules[i].code, &trial, &wanted_one);
		all += trial.count;
	}
	assert_true(all > 20);
}

/* Within a part of its window, since its parts begin at other moments. */
static void try_increase(struct ohtd_history *history, int64_t start_ns)
{
	static const struct ohtd_alert_rule rule = {
		"increase", .signal = "bus_transfers", .kind = OHTD_ALERT_RULE_INCREASE, .window_ms = 16000,
		.limit = 6, .hysteresis = 4, .off_ms = 1000,
	};
	struct ohtd_alert_trial wanted_one, trial = { .from_ns = start_ns, .to_ns = start_ns + CYCLES * CYCLE_NS };

	expect(&rule, start_ns, &wanted_one);
	assert_int_equal(ohtd_alert_trial(history, &rule, UINT64_MAX, &trial), 0);
	assert_true(wanted_one.count > 20);
	assert_in_range(trial.count, wanted_one.count * 9 / 10, wanted_one.count * 11 / 10);
}

/* The time for an answer is over at once: it says as far as it went, which is nowhere. */
static void try_late(struct ohtd_history *history, int64_t start_ns)
{
	struct ohtd_alert_trial trial = { .from_ns = start_ns, .to_ns = start_ns + CYCLES * CYCLE_NS };

	assert_int_equal(ohtd_alert_trial(history, &rules[0], 1, &trial), 0);
	assert_false(trial.complete);
	assert_int_equal(trial.to_ns, start_ns);
	assert_int_equal(trial.count, 0);
}

static void a_trial_is_what_would_have_come(void **state)
{
	const struct ohtd_history_setup setup = {
		.clock = &wall, .path = store_path, .boot_id = "boot", .flush_s = FLUSH_S,
	};
	struct ohtd_history *history;
	int64_t start_ns;

	(void)state;
	seed = getenv("OHT_SEED") ? strtoull(getenv("OHT_SEED"), NULL, 0) : 20261126;
	samples = calloc(CYCLES, sizeof(*samples));
	assert_non_null(samples);
	make_samples();
	start_ns = ohtd_clock_wall_of_ns(&wall, manual.now_ns);
	history = ohtd_history_start(&setup);
	assert_non_null(history);
	play(history);
	try_rules(history, start_ns);
	try_increase(history, start_ns);
	try_late(history, start_ns);
	ohtd_history_stop(history);
	free(samples);
}

static int set_up(void **state)
{
	(void)state;
	manual.now_ns = 1000 * OHTD_NS_PER_S;
	manual.realtime_ns = BEGAN_NS;
	ohtd_clock_init(&wall, &ohtd_clock_manual, &manual, 0);
	return store_folder_make();
}

static int tear_down(void **state)
{
	(void)state;
	return store_folder_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_trial_is_what_would_have_come, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
