// SPDX-License-Identifier: GPL-2.0-or-later
#include "analytics/service.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analytics/service_budget.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"

/* What a cut must not lose: that it did not serve, and what the disk has refused. */
#define KEEP_SOON_NS	(60 * 1000000000ll)
/* How often it is looked. */
#define LOOK_NS		1000000000ull
#define DAY_HOURS	24

const unsigned int ohtd_analytics_limits_ms[OHTD_ANALYTICS_SERVICE_BUCKETS - 1] = { 10, 25, 50, 100, 250, 1000 };

/**
 * struct ohtd_analytics_service - see service.h
 * @setup: constant
 * @opened_boot_ns: boot clock of its opening
 * @opened_wall_ns: the same as time of day
 * @lock: of @hours, @keeping, their stamps and @day
 * @hours: measured, and not given to the store
 * @keeping: given to the store, which has not answered; empty elsewhere
 * @kept: stamp of the newest rows that the store has, which is their boot time; -1: not known
 * @given: stamp of @keeping
 * @day: sum of the last 24 hours, as of the newest rows
 * @meter: of the thread of the tick, as what follows
 * @recalled: the last run is known
 * @kept_boot_ns: when the store was tried last
 * @down: ohtd did not serve at some time since then
 * @unkept: the log says that the store does not take it
 * @rests: nothing more is measured
 */
struct ohtd_analytics_service {
	struct ohtd_analytics_service_setup setup;
	uint64_t opened_boot_ns;
	int64_t opened_wall_ns;
	pthread_mutex_t lock;
	struct ohtd_analytics_hours hours, keeping;
	int64_t kept, given;
	struct ohtd_analytics_service_hour day;
	struct ohtd_analytics_meter meter;
	bool recalled;
	uint64_t kept_boot_ns;
	bool down;
	bool unkept;
	atomic_bool rests;
};

/* ---- the store ---- */

struct keeping {
	const struct ohtd_analytics_hours *hours;
	struct ohtd_analytics_service_run run;
};

static int work_add(struct ohtd_db *db, void *arg)
{
	const struct keeping *keeping = arg;

	return ohtd_analytics_service_add(db, keeping->hours->hour, keeping->hours->count, &keeping->run);
}

static int work_run(struct ohtd_db *db, void *arg)
{
	return ohtd_analytics_service_run(db, arg);
}

/* What the store did not take is added to what was measured since. */
static void take_back(struct ohtd_analytics_service *service)
{
	for (size_t i = 0; i < service->keeping.count; i++) {
		const struct ohtd_analytics_service_hour *hour = &service->keeping.hour[i];

		ohtd_analytics_hour_add(ohtd_analytics_hour_at(&service->hours, hour->hour * OHTD_ANALYTICS_HOUR_NS), hour);
	}
}

/* The lock is not held while the store writes, so that a report waits for no disk. */
static void keep(struct ohtd_analytics_service *service, bool ended)
{
	struct keeping keeping = { .hours = &service->keeping, .run = { .ended = ended } };
	int r;

	service->kept_boot_ns = ohtd_clock_boottime_ns(service->setup.clock);
	keeping.run.kept_boot_ns = (int64_t)service->kept_boot_ns;
	snprintf(keeping.run.boot_id, sizeof(keeping.run.boot_id), "%s", service->setup.boot_id);
	pthread_mutex_lock(&service->lock);
	service->keeping = service->hours;
	service->hours.count = 0;
	service->given = keeping.run.kept_boot_ns;
	pthread_mutex_unlock(&service->lock);
	r = ohtd_store_call(service->setup.store, work_add, &keeping);
	pthread_mutex_lock(&service->lock);
	if (r < 0)
		take_back(service);
	else
		service->kept = service->given;
	service->keeping.count = 0;
	pthread_mutex_unlock(&service->lock);
	if (r < 0 && !service->unkept)
		ohtd_log(OHTD_LOG_WARNING, "analytics", "not_kept", "the service level is not written now: %s", strerror(-r));
	service->unkept = r < 0;
	service->down = service->down && r < 0;
}

static bool is_due(const struct ohtd_analytics_service *service)
{
	uint64_t passed_ns = ohtd_since(ohtd_clock_boottime_ns(service->setup.clock), service->kept_boot_ns);

	return passed_ns >= OHTD_ANALYTICS_KEEP_NS || ((service->down || service->unkept) && passed_ns >= KEEP_SOON_NS);
}

/* ---- the life of a run ---- */

/*
 * A run that has not ended in order was not there any more when it did not keep what was due. How much of the time before that it
 * served is not known.
 */
static void add_gap(struct ohtd_analytics_service *service, const struct ohtd_analytics_service_run *last)
{
	uint64_t gap_ns = ohtd_since(service->opened_boot_ns, (uint64_t)last->kept_boot_ns);

	if (!last->ended && !strcmp(last->boot_id, service->setup.boot_id))
		ohtd_analytics_add_time(&service->hours, service->opened_wall_ns, (int64_t)ohtd_since(gap_ns, OHTD_ANALYTICS_KEEP_NS), false);
}

/* The rows of a run say that it has begun. False: the store cannot say what was before. */
static bool recall(struct ohtd_analytics_service *service)
{
	struct ohtd_analytics_service_run last;
	struct ohtd_analytics_service_hour *hour;
	int r;

	r = ohtd_store_read(service->setup.store, work_run, &last);
	if (r && r != -ENOENT)
		return false;
	pthread_mutex_lock(&service->lock);
	if (!r)
		add_gap(service, &last);
	hour = ohtd_analytics_hour_at(&service->hours, service->opened_wall_ns);
	hour->starts++;
	hour->cuts += !r && !last.ended;
	pthread_mutex_unlock(&service->lock);
	service->recalled = true;
	return true;
}

static void look(struct ohtd_analytics_service *service)
{
	struct ohtd_analytics_sight sight = { 0 };
	uint64_t now_ns = ohtd_clock_monotonic_ns(service->setup.clock);
	int64_t wall_ns = ohtd_clock_wall_ns(service->setup.clock), down_ns;

	if (!service->setup.see(service->setup.arg, &sight))
		return;
	pthread_mutex_lock(&service->lock);
	down_ns = ohtd_analytics_meter_look(&service->meter, &service->hours, now_ns, wall_ns, &sight);
	pthread_mutex_unlock(&service->lock);
	service->down = service->down || down_ns > 0;
}

struct ohtd_analytics_service *ohtd_analytics_service_open(const struct ohtd_analytics_service_setup *setup)
{
	struct ohtd_analytics_service *service = calloc(1, sizeof(*service));

	if (!service)
		return NULL;
	service->setup = *setup;
	service->opened_boot_ns = ohtd_clock_boottime_ns(setup->clock);
	service->opened_wall_ns = ohtd_clock_wall_ns(setup->clock);
	service->kept = service->given = -1;
	pthread_mutex_init(&service->lock, NULL);
	return service;
}

void ohtd_analytics_service_rest(struct ohtd_analytics_service *service)
{
	if (service)
		atomic_store(&service->rests, true);
}

void ohtd_analytics_service_end(struct ohtd_analytics_service *service)
{
	/* Without a row of its own the run has not begun, and leaves what was as it was. */
	if (service && service->recalled)
		keep(service, true);
}

void ohtd_analytics_service_close(struct ohtd_analytics_service *service)
{
	if (!service)
		return;
	pthread_mutex_destroy(&service->lock);
	free(service);
}

/* ---- what it comes to ---- */

/* How often rows are read anew because others were written meanwhile. */
#define TRIES		8

/**
 * struct summing - one reading of the hours
 * @from: first hour
 * @ends: of the parts
 * @count: of @ends and @sums
 * @sums: of the parts
 * @stamp: of the rows that were read; -1: there are none
 */
struct summing {
	int64_t from;
	const int64_t *ends;
	size_t count;
	struct ohtd_analytics_service_hour *sums;
	int64_t stamp;
};

static void take_hour(const struct ohtd_analytics_service_hour *hour, void *arg)
{
	const struct summing *summing = arg;
	size_t low = 0, high = summing->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (summing->ends[middle] <= hour->hour)
			low = middle + 1;
		else
			high = middle;
	}
	if (hour->hour >= summing->from && low < summing->count)
		ohtd_analytics_hour_add(&summing->sums[low], hour);
}

static int stamp_of(struct ohtd_db *db, int64_t *stamp)
{
	struct ohtd_analytics_service_run run = { .kept_boot_ns = -1 };
	int r = ohtd_analytics_service_run(db, &run);

	*stamp = run.kept_boot_ns;
	return r == -ENOENT ? 0 : r;
}

static int work_sum(struct ohtd_db *db, void *arg)
{
	struct summing *summing = arg;
	int64_t stamp = 0;
	int r = stamp_of(db, &summing->stamp);

	memset(summing->sums, 0, summing->count * sizeof(*summing->sums));
	if (!r)
		r = ohtd_analytics_service_each(db, summing->from, summing->ends[summing->count - 1], take_hour, summing);
	if (!r)
		r = stamp_of(db, &stamp);
	return r || stamp == summing->stamp ? r : -EAGAIN;
}

static void add_waiting(const struct ohtd_analytics_hours *hours, struct summing *summing)
{
	for (size_t i = 0; i < hours->count; i++)
		take_hour(&hours->hour[i], summing);
}

/* The store may take hours while it is read: the stamp of what was read says whether these are among it. */
static int sum(struct ohtd_analytics_service *service, struct summing *summing, struct ohtd_analytics_hours *copy)
{
	int64_t kept, given;
	int r;

	pthread_mutex_lock(&service->lock);
	copy[0] = service->hours;
	copy[1] = service->keeping;
	kept = service->kept;
	given = service->given;
	pthread_mutex_unlock(&service->lock);
	r = ohtd_store_read(service->setup.store, work_sum, summing);
	if (r)
		return r;
	if (kept >= 0 && summing->stamp != kept && !(copy[1].count && summing->stamp == given))
		return -EAGAIN;
	add_waiting(&copy[0], summing);
	if (summing->stamp != given)
		add_waiting(&copy[1], summing);
	return 0;
}

int ohtd_analytics_service_sum(struct ohtd_analytics_service *service, int64_t from, const int64_t *ends, size_t count,
			       struct ohtd_analytics_service_hour *sums)
{
	struct summing summing = { .from = from, .ends = ends, .count = count, .sums = sums };
	struct ohtd_analytics_hours *copy = malloc(2 * sizeof(*copy));
	int r = copy ? -EAGAIN : -ENOMEM;

	for (int i = 0; r == -EAGAIN && i < TRIES; i++)
		r = sum(service, &summing, copy);
	free(copy);
	return r;
}

int64_t ohtd_analytics_histogram_count(const int64_t *histogram)
{
	int64_t count = 0;

	for (int i = 0; i < OHTD_ANALYTICS_SERVICE_BUCKETS; i++)
		count += histogram[i];
	return count;
}

int ohtd_analytics_p99_ms(const int64_t *histogram)
{
	int64_t count = ohtd_analytics_histogram_count(histogram), above = count;

	if (!count)
		return -1;
	for (int i = 0; i < OHTD_ANALYTICS_SERVICE_BUCKETS - 1; i++) {
		above -= histogram[i];
		if (above <= count / 100)
			return (int)ohtd_analytics_limits_ms[i];
	}
	return OHTD_ANALYTICS_SLOW_MS;
}

/* ---- the last 24 hours ---- */

/* While the store cannot say, the sum of before stays. */
static void sum_day(struct ohtd_analytics_service *service)
{
	const int64_t end = ohtd_clock_wall_ns(service->setup.clock) / OHTD_ANALYTICS_HOUR_NS + 1;
	struct ohtd_analytics_service_hour day;

	if (ohtd_analytics_service_sum(service, end - DAY_HOURS, &end, 1, &day))
		return;
	pthread_mutex_lock(&service->lock);
	service->day = day;
	pthread_mutex_unlock(&service->lock);
}

bool ohtd_analytics_service_day(struct ohtd_analytics_service *service, struct ohtd_analytics_service_hour *day, struct ohtd_settings_targets *targets)
{
	if (!service->setup.settings)
		return false;
	*targets = ohtd_settings_service(service->setup.settings);
	pthread_mutex_lock(&service->lock);
	*day = service->day;
	pthread_mutex_unlock(&service->lock);
	return true;
}

/* ---- parts of the past ---- */

#define WEEK_DAYS	7
/* The first Monday of 1970 was the fifth day. */
#define MONDAY		3

static int64_t end_of_month(int64_t hour)
{
	time_t s = hour * 3600;
	struct tm tm;

	gmtime_r(&s, &tm);
	return timegm(&(struct tm){ .tm_year = tm.tm_year, .tm_mon = tm.tm_mon + 1, .tm_mday = 1 }) / 3600;
}

int64_t ohtd_analytics_period_end(enum ohtd_analytics_period period, int64_t hour)
{
	int64_t day = hour / DAY_HOURS;

	if (period == OHTD_ANALYTICS_MONTH)
		return end_of_month(hour);
	if (period == OHTD_ANALYTICS_WEEK)
		return (day - (day + MONDAY) % WEEK_DAYS + WEEK_DAYS) * DAY_HOURS;
	return (day + 1) * DAY_HOURS;
}

/* ---- the tick ---- */

void ohtd_analytics_service_tick(void *part)
{
	struct ohtd_analytics_service *service = part;

	if (atomic_load(&service->rests))
		return;
	if (service->meter.begun && ohtd_since(ohtd_clock_monotonic_ns(service->setup.clock), service->meter.monotonic_ns) < LOOK_NS)
		return;
	look(service);
	if (!service->recalled ? !recall(service) : !is_due(service))
		return;
	keep(service, false);
	sum_day(service);
}
