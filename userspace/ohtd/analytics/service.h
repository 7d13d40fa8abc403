/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the service level: what was measured of each hour, on its way to the store, and what it comes to.
 * Contexts: open, rest, end, close: main thread. Tick: a worker, one at a time. Report: workers. Judge: any thread, without waiting.
 * Locks:    one mutex, held for a few instructions.
 *
 * Known is what a run of ohtd measured by the clock of the machine, which no setting of the time of day moves; all other time is
 * unknown. docs/analytics.md says of each case which it is.
 */
#ifndef OHTD_ANALYTICS_SERVICE_H
#define OHTD_ANALYTICS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/service_meter.h"

struct ohtd_analytics_service;
struct ohtd_clock;
struct ohtd_daemon_part;
struct ohtd_settings;
struct ohtd_store;

#define OHTD_ANALYTICS_HOUR_NS	(3600 * 1000000000ll)
/* How often an hour is kept while all is well. */
#define OHTD_ANALYTICS_KEEP_NS	(600 * 1000000000ll)

/* Upper limits of the places of a histogram in ms; the last place has none. */
extern const unsigned int ohtd_analytics_limits_ms[OHTD_ANALYTICS_SERVICE_BUCKETS - 1];

/**
 * struct ohtd_analytics_service_setup - all outlive it
 * @store: of the hours
 * @clock: of the daemon
 * @settings: has the targets; NULL: none are in force
 * @boot_id: of the running kernel
 * @see: fills a sight that is all 0; false: nothing can be seen now. Called on the thread of the tick and at the end
 * @arg: for @see
 */
struct ohtd_analytics_service_setup {
	struct ohtd_store *store;
	struct ohtd_clock *clock;
	struct ohtd_settings *settings;
	const char *boot_id;
	bool (*see)(void *arg, struct ohtd_analytics_sight *sight);
	void *arg;
};

/* NULL: out of memory. */
struct ohtd_analytics_service *ohtd_analytics_service_open(const struct ohtd_analytics_service_setup *setup);
/* The run ends in order from here on: nothing more is measured. NULL is allowed. */
void ohtd_analytics_service_rest(struct ohtd_analytics_service *service);
/* Keeps what was measured. No tick comes any more, and the store still works. NULL is allowed. */
void ohtd_analytics_service_end(struct ohtd_analytics_service *service);
/* NULL is allowed. */
void ohtd_analytics_service_close(struct ohtd_analytics_service *service);

/**
 * ohtd_analytics_service_sum() - what hours come to
 * @service: the keeper
 * @ends: ends of the parts in hours since 1970, each later than the one before
 * @count: of @ends and @sums
 * @from: first hour of the first part
 * @sums: filled: the sum of each part
 *
 * With what is not on the disk yet.
 *
 * Return: 0 or a negative errno of the store. Context: a worker.
 */
int ohtd_analytics_service_sum(struct ohtd_analytics_service *service, int64_t from, const int64_t *ends, size_t count,
			       struct ohtd_analytics_service_hour *sums);

/* Stands for more than the last limit. */
#define OHTD_ANALYTICS_SLOW_MS	1001

/* The limit of the place that has the 99th percentile, in ms, or OHTD_ANALYTICS_SLOW_MS; -1: nothing is counted. */
int ohtd_analytics_p99_ms(const int64_t *histogram);
/* Of all places. */
int64_t ohtd_analytics_histogram_count(const int64_t *histogram);

/* How the past is divided. */
enum ohtd_analytics_period {
	OHTD_ANALYTICS_DAY,
	OHTD_ANALYTICS_WEEK,	/* from Monday on */
	OHTD_ANALYTICS_MONTH,
};

/* The first hour behind the part that has @hour, since 1970; all in UTC. */
int64_t ohtd_analytics_period_end(enum ohtd_analytics_period period, int64_t hour);

/* service_budget.c: its tick, and whether errors are used up too fast. */
extern const struct ohtd_daemon_part ohtd_analytics_part;

#endif /* OHTD_ANALYTICS_SERVICE_H */
