// SPDX-License-Identifier: GPL-2.0-or-later
/* The effect of a version: what was counted over the same time before and behind its going live. */
#include "settings/private.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"

#define EVERY_NS	(OHTD_EFFECT_EVERY_S * OHTD_NS_PER_S)
#define WHOLE_NS	(OHTD_EFFECT_S * OHTD_NS_PER_S)

/* ---- two samples ---- */

/* -1: the count began anew in between. */
static int64_t between(uint64_t from, uint64_t to)
{
	return to < from ? -1 : (int64_t)(to - from);
}

/* The end of the bucket below which 99 of 100 are; -1: none of them can be told, or they are beyond the last one. */
static int64_t late_us(const struct ohtd_settings_counts *from, const struct ohtd_settings_counts *to)
{
	uint64_t all = 0, below = 0;

	for (int i = 0; i < OHTD_LATE_BUCKETS; i++) {
		if (to->late[i] < from->late[i])
			return -1;
		all += to->late[i] - from->late[i];
	}
	for (int i = 0; all && i < OHTD_LATE_BUCKETS - 1; i++) {
		below += to->late[i] - from->late[i];
		if (below * 100 >= all * 99)
			return (int64_t)OHTD_LATE_FIRST_US << i;
	}
	return -1;
}

static struct ohtd_config_counts counted(const struct ohtd_settings_counts *from, const struct ohtd_settings_counts *to)
{
	struct ohtd_config_counts counts = {
		.cycles = between(from->cycles, to->cycles), .missed = between(from->missed, to->missed),
		.exceeded = between(from->exceeded, to->exceeded), .exchanges = between(from->exchanges, to->exchanges),
		.failed = between(from->failed, to->failed), .control_cycles = between(from->control_cycles, to->control_cycles),
		.control_missed = between(from->control_missed, to->control_missed), .control_late_us = late_us(from, to),
		.alerts = between(from->alerts, to->alerts),
	};

	/* A device that came anew counts from nought; another plan does not. */
	if (counts.cycles < 0)
		counts.missed = counts.exceeded = -1;
	return counts;
}

static const struct ohtd_config_counts unknown = { -1, -1, -1, -1, -1, -1, -1, -1, -1 };

/* ---- samples ---- */

/* False: nothing is measured, or there is no memory. */
static bool sample(struct ohtd_settings *settings, struct ohtd_effect_sample *now)
{
	bool (*count)(void *arg, struct ohtd_settings_counts *counts);
	void *arg;

	pthread_mutex_lock(&settings->lock);
	count = settings->effect.count;
	arg = settings->effect.arg;
	pthread_mutex_unlock(&settings->lock);
	*now = (struct ohtd_effect_sample){ .ns = ohtd_clock_monotonic_ns(settings->setup.clock) };
	return count && count(arg, &now->counts);
}

static void add(struct ohtd_effect *effect, const struct ohtd_effect_sample *now)
{
	effect->past[effect->next] = *now;
	effect->next = (effect->next + 1) % OHTD_EFFECT_SAMPLES;
	if (effect->filled < OHTD_EFFECT_SAMPLES)
		effect->filled++;
}

/* The oldest of those before it went live that is not longer ago than @length_ns; NULL: there is none. */
static const struct ohtd_effect_sample *oldest(const struct ohtd_effect *effect, uint64_t length_ns)
{
	const struct ohtd_effect_sample *found = NULL;

	for (unsigned int i = 0; i < effect->before_filled; i++) {
		const struct ohtd_effect_sample *one = &effect->before[i];

		if (one->ns < effect->live.ns && one->ns + length_ns >= effect->live.ns && (!found || one->ns < found->ns))
			found = one;
	}
	return found;
}

/* Ends what is measured, at @now. False: nothing is. Held: lock. */
static bool end(struct ohtd_effect *effect, const struct ohtd_effect_sample *now, const char *ended,
		struct ohtd_config_effect *row)
{
	const struct ohtd_effect_sample *from;

	if (!effect->version)
		return false;
	from = oldest(effect, now->ns - effect->live.ns);
	*row = (struct ohtd_config_effect){
		.version = effect->version, .before = unknown, .after = unknown,
		.after_ms = (int64_t)((now->ns - effect->live.ns) / OHTD_NS_PER_MS),
	};
	snprintf(row->ended, sizeof(row->ended), "%s", ended);
	if (row->after_ms)
		row->after = counted(&effect->live.counts, &now->counts);
	if (from) {
		row->before = counted(&from->counts, &effect->live.counts);
		row->before_ms = (int64_t)((effect->live.ns - from->ns) / OHTD_NS_PER_MS);
	}
	return true;
}

static int put(struct ohtd_db *db, void *row)
{
	return ohtd_db_config_effect_add(db, row);
}

static void keep(struct ohtd_settings *settings, struct ohtd_config_effect *row)
{
	int r = ohtd_store_call(settings->setup.store, put, row);

	if (r)
		ohtd_log(OHTD_LOG_WARNING, "settings", "config_effect_not_kept", "of version %lld: %s",
			 (long long)row->version, strerror(-r));
}

/* ---- its life ---- */

void ohtd_settings_measure(struct ohtd_settings *settings, bool (*count)(void *arg, struct ohtd_settings_counts *counts),
			   void *arg)
{
	pthread_mutex_lock(&settings->lock);
	settings->effect.arg = arg;
	settings->effect.count = count;
	pthread_cond_signal(&settings->wake);
	pthread_mutex_unlock(&settings->lock);
}

void ohtd_effect_begin(struct ohtd_settings *settings)
{
	struct ohtd_effect *effect = &settings->effect;
	struct ohtd_effect_sample now;
	struct ohtd_config_effect row;
	bool ended;

	if (!sample(settings, &now))
		return;
	pthread_mutex_lock(&settings->lock);
	ended = end(effect, &now, "version", &row);
	effect->version = settings->head.version;
	effect->live = now;
	effect->live_wall_ns = ohtd_clock_wall_ns(settings->setup.clock);
	memcpy(effect->before, effect->past, sizeof(effect->past));
	effect->before_filled = effect->filled;
	pthread_mutex_unlock(&settings->lock);
	if (ended)
		keep(settings, &row);
}

void ohtd_effect_turn(struct ohtd_settings *settings)
{
	struct ohtd_effect *effect = &settings->effect;
	struct ohtd_effect_sample now;
	struct ohtd_config_effect row;
	bool ended = false, due;

	pthread_mutex_lock(&settings->lock);
	due = ohtd_clock_monotonic_ns(settings->setup.clock) >= effect->due_ns;
	pthread_mutex_unlock(&settings->lock);
	if (!due || settings->leaves || !sample(settings, &now))
		return;
	pthread_mutex_lock(&settings->lock);
	effect->due_ns = now.ns + EVERY_NS;
	add(effect, &now);
	if (effect->version && now.ns >= effect->live.ns + WHOLE_NS)
		ended = end(effect, &now, "time", &row);
	pthread_mutex_unlock(&settings->lock);
	if (!ended)
		return;
	keep(settings, &row);
	/* Cleared after the row is kept: a request in between still gets the time at which the effect is known, not "unknown". */
	pthread_mutex_lock(&settings->lock);
	if (effect->version == row.version)
		effect->version = 0;
	pthread_mutex_unlock(&settings->lock);
}

void ohtd_effect_leave(struct ohtd_settings *settings)
{
	struct ohtd_effect_sample now;

	if (!sample(settings, &now))
		return;
	pthread_mutex_lock(&settings->lock);
	add(&settings->effect, &now);
	pthread_mutex_unlock(&settings->lock);
}

void ohtd_effect_rest(struct ohtd_settings *settings)
{
	struct ohtd_effect *effect = &settings->effect;
	const struct ohtd_effect_sample *newest = &effect->past[(effect->next + OHTD_EFFECT_SAMPLES - 1) % OHTD_EFFECT_SAMPLES];
	struct ohtd_config_effect row;
	bool ended = false;

	/* From before the robot was stopped, which is no effect of the version. */
	pthread_mutex_lock(&settings->lock);
	if (effect->filled && newest->ns > effect->live.ns)
		ended = end(effect, newest, "stop", &row);
	pthread_mutex_unlock(&settings->lock);
	if (ended)
		keep(settings, &row);
}

static int get(struct ohtd_db *db, void *row)
{
	return ohtd_db_config_effect_get(db, row);
}

void ohtd_effect_read(struct ohtd_settings *settings, struct ohtd_change *change)
{
	const struct ohtd_effect *effect = &settings->effect;

	pthread_mutex_lock(&settings->lock);
	if (effect->version == change->version.version)
		change->effect_until_ns = effect->live_wall_ns + (int64_t)(WHOLE_NS + EVERY_NS);
	pthread_mutex_unlock(&settings->lock);
	change->effect.version = change->version.version;
	if (ohtd_store_read(settings->setup.store, get, &change->effect))
		change->effect.version = 0;
}
