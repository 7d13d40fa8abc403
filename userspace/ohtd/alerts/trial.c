// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "history/history.h"
#include "robot/model.h"
#include "robot/telemetry.h"

#define CYCLE_NS	(OHTD_CYCLE_MS * (int64_t)OHTD_NS_PER_MS)
#define COLUMN_NS	(OHTD_LEVEL_CYCLES * CYCLE_NS)
/* Read at once: columns, and samples of so many columns. */
#define COLUMNS		4096
#define SAMPLES_OF	64
#define SIGNALS_MAX	(3 + OHTD_ALERT_RULE_HEALTHS)
/* Place of the robot's state among them. */
#define STATE		2

/**
 * struct trying - a trial under way
 * @signals: that the rule looks at: its own, the other of a difference, the state, healths
 * @columns: a window of them
 * @samples: those of some seconds; ends at @samples_to_ns
 * @at: next of @samples to look at
 * @next_ns: what is older has been looked at
 * @last_ns: of the last sample; 0: none yet
 * @came_ns: of the alert that stands; later by what was not seen of it
 */
struct trying {
	struct ohtd_history *history;
	const struct ohtd_alert_rule *rule;
	struct ohtd_alert_trial *trial;
	uint64_t until_ns;
	struct ohtd_alert_watch watch;
	unsigned int signals[SIGNALS_MAX];
	unsigned int count;
	struct ohtd_history_answer columns;
	struct ohtd_history_answer samples;
	int64_t samples_to_ns;
	size_t at;
	int64_t next_ns;
	int64_t last_ns;
	int64_t came_ns;
};

static void choose_signals(struct trying *t)
{
	t->signals[t->count++] = (uint8_t)t->watch.signal;
	t->signals[t->count++] = (uint8_t)(t->rule->kind == OHTD_ALERT_RULE_DIFFERENCE ? t->watch.minus : t->watch.signal);
	t->signals[t->count++] = OHTD_TELEMETRY_state;
	for (unsigned int i = 0; t->rule->behind_modules && i < OHTD_ALERT_RULE_HEALTHS; i++)
		t->signals[t->count++] = ohtd_alert_rule_healths[i];
}

static const struct ohtd_column *column_of(const struct ohtd_history_answer *answer,
					   unsigned int signal, size_t place)
{
	return &answer->columns[signal * answer->count + place];
}

/* ---- steps of the rule ---- */

/* Behind a gap the alert was there as far as it was seen. */
static int64_t seen_until(const struct trying *t, int64_t time_ns)
{
	return time_ns - t->last_ns > OHTD_ALERT_SEEN_NS ? t->last_ns : time_ns;
}

static void note_end(struct trying *t, int64_t time_ns, bool ended)
{
	struct ohtd_alert_trial *trial = t->trial;

	time_ns = seen_until(t, time_ns);
	trial->active_ns += time_ns - t->came_ns;
	if (ended && trial->count == trial->kept)
		trial->comings[trial->kept - 1].to_ns = time_ns;
}

static void note_coming(struct trying *t, int64_t time_ns)
{
	struct ohtd_alert_trial *trial = t->trial;

	t->came_ns = time_ns;
	trial->count++;
	if (trial->kept < OHTD_ALERT_COMINGS_MAX)
		trial->comings[trial->kept++] = (struct ohtd_alert_coming){
			.from_ns = time_ns, .value = t->watch.value,
		};
}

static void note_peak(struct trying *t)
{
	struct ohtd_alert_trial *trial = t->trial;

	if (t->watch.active && trial->count == trial->kept)
		trial->comings[trial->kept - 1].peak = t->watch.peak;
}

/* Which value of a column stands for it. */
enum pick { FIRST, LAST, PEAK };

static int64_t pick_of(const struct ohtd_column *column, enum pick pick, bool lowest)
{
	if (pick == PEAK)
		return lowest ? column->min : column->max;
	return pick == FIRST ? column->first : column->last;
}

static void step(struct trying *t, const struct ohtd_history_answer *from, size_t place,
		 int64_t time_ns, enum pick pick)
{
	struct ohtd_sample sample = { .time_ns = (uint64_t)time_ns };
	const bool was_active = t->watch.active;

	/* The state is always known: the cycle was not begun. */
	if (!column_of(from, STATE, place)->count || time_ns >= t->trial->to_ns)
		return;
	memset(sample.quality, 0xff, sizeof(sample.quality));
	for (unsigned int i = 0; i < t->count; i++) {
		const struct ohtd_column *column = column_of(from, i, place);
		const unsigned int signal = t->signals[i];

		if (!column->count || (i == 1 && t->rule->kind != OHTD_ALERT_RULE_DIFFERENCE))
			continue;
		sample.quality[signal / 32] &= ~(3ull << (2 * (signal % 32)));
		sample.values[signal] = pick_of(column, pick, (i == 0) == t->rule->below);
	}
	ohtd_alert_watch_step(&t->watch, &sample);
	if (!was_active && t->watch.active)
		note_coming(t, time_ns);
	else if (was_active && !t->watch.active)
		note_end(t, time_ns, true);
	else if (was_active)
		t->came_ns += time_ns - seen_until(t, time_ns);
	note_peak(t);
	t->last_ns = time_ns;
}

/* ---- is a column enough? ---- */

static bool is_same(const struct ohtd_alert_watch *watch, int64_t low, int64_t high)
{
	const bool below = watch->rule->below;

	if (below)
		return (low < watch->limit) == (high < watch->limit) &&
		       (low < watch->back) == (high < watch->back);
	return (low > watch->limit) == (high > watch->limit) &&
	       (low > watch->back) == (high > watch->back);
}

/* All values of the column lead to one result. */
static bool has_one_result(const struct trying *t, size_t place)
{
	const struct ohtd_column *a = column_of(&t->columns, 0, place);
	const struct ohtd_column *b = column_of(&t->columns, 1, place);

	if (t->rule->kind == OHTD_ALERT_RULE_DIFFERENCE)
		return is_same(&t->watch, a->min - b->max, a->max - b->min);
	return is_same(&t->watch, a->min, a->max);
}

/* The alert may come or end within the column: when is known by the samples. */
static bool may_turn(const struct trying *t, size_t place)
{
	const struct ohtd_alert_watch *watch = &t->watch;
	const uint64_t delay_ns = (uint64_t)(watch->active ? t->rule->off_ms : t->rule->on_ms) * OHTD_NS_PER_MS;
	const uint64_t turning_ns = watch->turning ? watch->turning_ns : 0;
	int64_t value = column_of(&t->columns, 0, place)->last;

	if (t->rule->kind == OHTD_ALERT_RULE_DIFFERENCE)
		value -= column_of(&t->columns, 1, place)->last;
	return delay_ns <= turning_ns + COLUMN_NS &&
	       ohtd_alert_watch_is_beyond(watch, value) != watch->active;
}

/* A value within the column may be farther beyond the limit than any so far: which one is known by the samples. */
static bool may_peak(const struct trying *t, size_t place)
{
	const struct ohtd_column *a = column_of(&t->columns, 0, place);
	const struct ohtd_column *b = column_of(&t->columns, 1, place);
	const bool below = t->rule->below;
	int64_t bound = below ? a->min : a->max, first = a->first, last = a->last;

	if (t->rule->kind == OHTD_ALERT_RULE_DIFFERENCE) {
		bound -= below ? b->max : b->min;
		first -= b->first;
		last -= b->last;
	}
	return ohtd_alert_watch_is_peak(&t->watch, bound) && bound != first && bound != last;
}

/* Of a counter that only grows the ends of a column always are. */
static bool is_enough(const struct trying *t, size_t place)
{
	for (unsigned int i = 0; i < t->count; i++) {
		const struct ohtd_column *column = column_of(&t->columns, i, place);

		if (column->count && column->count != OHTD_LEVEL_CYCLES)
			return false;
		if (i > 1 && column->min != column->max)
			return false;
	}
	if (!column_of(&t->columns, 0, place)->count || !column_of(&t->columns, 1, place)->count)
		return true;
	return t->rule->kind == OHTD_ALERT_RULE_INCREASE ||
	       (has_one_result(t, place) && !may_turn(t, place) && !may_peak(t, place));
}

/* ---- samples ---- */

static int read_samples(struct trying *t, int64_t from_ns)
{
	struct ohtd_history_query query = {
		.from_ns = from_ns, .to_ns = from_ns + SAMPLES_OF * COLUMN_NS,
		.step_ns = CYCLE_NS, .exact = true, .count = t->count,
	};

	if (t->samples_to_ns >= from_ns + COLUMN_NS)
		return 0;
	memcpy(query.signals, t->signals, sizeof(t->signals));
	ohtd_history_answer_free(&t->samples);
	t->at = 0;
	t->samples_to_ns = query.to_ns;
	return ohtd_history_read(t->history, &query, &t->samples);
}

/* The samples of the column at @place; its peaks where they are gone. */
static int try_samples(struct trying *t, size_t place)
{
	const int64_t from_ns = t->columns.times_ns[place];
	bool found = false;
	int r = read_samples(t, from_ns);

	while (!r && t->at < t->samples.count && t->samples.times_ns[t->at] < from_ns)
		t->at++;
	for (; !r && t->at < t->samples.count &&
	       t->samples.times_ns[t->at] < from_ns + COLUMN_NS; t->at++) {
		/* Two runs overlap where the clock was set back. A sample less than a cycle after the last one is of the other run: skip it. */
		if (t->samples.times_ns[t->at] - t->last_ns < CYCLE_NS)
			continue;
		found = found || column_of(&t->samples, STATE, t->at)->count;
		step(t, &t->samples, t->at, t->samples.times_ns[t->at], LAST);
	}
	if (r || found)
		return r;
	step(t, &t->columns, place, from_ns, PEAK);
	step(t, &t->columns, place, from_ns + COLUMN_NS - CYCLE_NS, PEAK);
	return 0;
}

/* ---- columns ---- */

static int try_column(struct trying *t, size_t place)
{
	const int64_t time_ns = t->columns.times_ns[place];

	if (time_ns < t->next_ns)
		return 0;
	t->next_ns = time_ns + COLUMN_NS;
	if (column_of(&t->columns, 0, place)->count && column_of(&t->columns, 1, place)->count)
		t->trial->seen_ns += COLUMN_NS;
	if (!is_enough(t, place))
		return try_samples(t, place);
	step(t, &t->columns, place, time_ns, FIRST);
	step(t, &t->columns, place, time_ns + COLUMN_NS - CYCLE_NS, LAST);
	return 0;
}

static bool is_late(const struct trying *t)
{
	return ohtd_monotonic_ns() > t->until_ns;
}

/* A window from @from_ns on; where it ends is filled. */
static int try_window(struct trying *t, int64_t *from_ns)
{
	struct ohtd_history_query query = {
		.from_ns = *from_ns, .to_ns = *from_ns + COLUMNS * COLUMN_NS,
		.step_ns = COLUMN_NS, .exact = true, .count = t->count,
	};
	int r;

	if (query.to_ns > t->trial->to_ns)
		query.to_ns = t->trial->to_ns;
	memcpy(query.signals, t->signals, sizeof(t->signals));
	r = ohtd_history_read(t->history, &query, &t->columns);
	for (size_t i = 0; !r && i < t->columns.count; i++) {
		if (i % SAMPLES_OF == 0 && is_late(t)) {
			query.to_ns = t->columns.times_ns[i];
			break;
		}
		if (t->columns.times_ns[i] < t->trial->to_ns)
			r = try_column(t, i);
	}
	ohtd_history_answer_free(&t->columns);
	*from_ns = query.to_ns;
	return r;
}

int ohtd_alert_trial(struct ohtd_history *history, const struct ohtd_alert_rule *rule,
		     uint64_t until_ns, struct ohtd_alert_trial *trial)
{
	struct trying *t = calloc(1, sizeof(*t));
	int64_t at_ns = trial->from_ns;
	int r = 0;

	if (!t)
		return -ENOMEM;
	*t = (struct trying){
		.history = history, .rule = rule, .trial = trial, .until_ns = until_ns,
	};
	ohtd_alert_watch_begin(&t->watch, rule);
	choose_signals(t);
	while (!r && at_ns < trial->to_ns && !is_late(t))
		r = try_window(t, &at_ns);
	trial->complete = at_ns >= trial->to_ns;
	trial->to_ns = at_ns;
	if (t->watch.active)
		note_end(t, at_ns, false);
	ohtd_history_answer_free(&t->samples);
	free(t);
	return r;
}
