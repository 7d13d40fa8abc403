// SPDX-License-Identifier: GPL-2.0-or-later
#include "analytics/odometer.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/figures.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/part.h"
#include "robot/model.h"
#include "robot/samples.h"
#include "settings/settings.h"
#include "store/store.h"

#define KEEP_NS		(60 * OHTD_NS_PER_S)
#define MS_PER_H	3600000.0

const char *const ohtd_analytics_wears[OHTD_ANALYTICS_WEARS] = {
	[OHTD_ANALYTICS_DISTANCE] = "distance", [OHTD_ANALYTICS_HOURS] = "hours", [OHTD_ANALYTICS_STARTS] = "starts",
};

static const char *const units[OHTD_ANALYTICS_WEARS] = {
	[OHTD_ANALYTICS_DISTANCE] = "m", [OHTD_ANALYTICS_HOURS] = "h in motion", [OHTD_ANALYTICS_STARTS] = "starts of motions",
};

/**
 * struct ohtd_analytics_odometer - see odometer.h
 * @store: of its rows
 * @clock: of the daemon
 * @settings: has the intervals
 * @moves: it moved in the newest sample that says so; the thread of the samples alone
 * @enabled: the outputs were on in it; that thread alone
 * @kept_ns: CLOCK_MONOTONIC of the newest attempt to write; the tick alone
 * @writing: around each write, for @recalled and @kept
 * @recalled: what earlier runs have counted is in @row
 * @kept: the newest row on the disk
 * @lock: for what follows
 * @row: as it is now
 * @works: the newest of each kind
 */
struct ohtd_analytics_odometer {
	struct ohtd_store *store;
	struct ohtd_clock *clock;
	struct ohtd_settings *settings;
	bool moves;
	bool enabled;
	uint64_t kept_ns;
	pthread_mutex_t writing;
	bool recalled;
	struct ohtd_analytics_odometer_row kept;
	pthread_mutex_t lock;
	struct ohtd_analytics_odometer_row row;
	struct ohtd_analytics_work_row works[OHTD_ANALYTICS_WEARS];
};

/* ---- counting ---- */

static bool is_good(const struct ohtd_sample *sample, unsigned int signal)
{
	return ohtd_sample_quality(sample, signal) == OHTD_TELEMETRY_GOOD;
}

/* As the figures of analytics count: a sample stands for its cycle, and what is slower than that limit stands. */
static void count(struct ohtd_analytics_odometer *odometer, const struct ohtd_sample *sample, struct ohtd_analytics_odometer_row *more)
{
	int64_t speed = sample->values[OHTD_TELEMETRY_speed_mm_s];
	bool known = is_good(sample, OHTD_TELEMETRY_speed_mm_s), moves = known && (speed > OHTD_STANDING_MM_S || speed < -OHTD_STANDING_MM_S);
	bool enabled = is_good(sample, OHTD_TELEMETRY_enabled) && sample->values[OHTD_TELEMETRY_enabled];

	if (moves) {
		more->distance_mm += fabs((double)speed) * OHTD_CYCLE_MS / 1e3;
		more->moving_ms += OHTD_CYCLE_MS;
	}
	more->enabled_ms += enabled ? OHTD_CYCLE_MS : 0;
	more->starts += moves && !odometer->moves;
	more->falls += !enabled && odometer->enabled;
	/* A speed that is not known for a moment is neither an end nor a start. */
	if (known)
		odometer->moves = moves;
	odometer->enabled = enabled;
}

static void add(struct ohtd_analytics_odometer_row *to, const struct ohtd_analytics_odometer_row *more)
{
	to->distance_mm += more->distance_mm;
	to->moving_ms += more->moving_ms;
	to->enabled_ms += more->enabled_ms;
	to->starts += more->starts;
	to->falls += more->falls;
}

void ohtd_analytics_odometer_sample(struct ohtd_analytics_odometer *odometer, const struct ohtd_sample *sample)
{
	struct ohtd_analytics_odometer_row more = { 0 };

	count(odometer, sample, &more);
	pthread_mutex_lock(&odometer->lock);
	add(&odometer->row, &more);
	if (!odometer->row.since_ns)
		odometer->row.since_ns = ohtd_clock_wall_ns(odometer->clock);
	pthread_mutex_unlock(&odometer->lock);
}

/* ---- the store ---- */

struct recalling {
	struct ohtd_analytics_odometer_row row;
	struct ohtd_analytics_work_row works[OHTD_ANALYTICS_WEARS];
};

static int work_get(struct ohtd_db *db, void *arg)
{
	struct recalling *recalling = arg;
	int r = ohtd_analytics_odometer_get(db, &recalling->row);

	return r ? r : ohtd_analytics_works_get(db, recalling->works);
}

static int work_put(struct ohtd_db *db, void *arg)
{
	return ohtd_analytics_odometer_put(db, arg);
}

struct adding {
	struct ohtd_analytics_odometer_row row;
	const struct ohtd_analytics_work_row *work;
};

static int work_done(struct ohtd_db *db, void *arg)
{
	const struct adding *adding = arg;

	return ohtd_analytics_work_add(db, &adding->row, adding->work);
}

/* What this run has counted comes on top. */
static void take_past(struct ohtd_analytics_odometer *odometer, const struct recalling *recalling)
{
	odometer->recalled = true;
	odometer->kept = recalling->row;
	pthread_mutex_lock(&odometer->lock);
	add(&odometer->row, &recalling->row);
	if (recalling->row.since_ns)
		odometer->row.since_ns = recalling->row.since_ns;
	memcpy(odometer->works, recalling->works, sizeof(odometer->works));
	pthread_mutex_unlock(&odometer->lock);
}

static void recall(struct ohtd_analytics_odometer *odometer)
{
	struct recalling recalling;

	pthread_mutex_lock(&odometer->writing);
	if (!odometer->recalled && !ohtd_store_read(odometer->store, work_get, &recalling))
		take_past(odometer, &recalling);
	pthread_mutex_unlock(&odometer->writing);
}

static struct ohtd_analytics_odometer_row row_of(struct ohtd_analytics_odometer *odometer)
{
	struct ohtd_analytics_odometer_row row;

	pthread_mutex_lock(&odometer->lock);
	row = odometer->row;
	pthread_mutex_unlock(&odometer->lock);
	return row;
}

/* Nothing is written while the robot stands. */
static void keep(struct ohtd_analytics_odometer *odometer)
{
	struct ohtd_analytics_odometer_row row;

	pthread_mutex_lock(&odometer->writing);
	row = row_of(odometer);
	if (odometer->recalled && memcmp(&row, &odometer->kept, sizeof(row)) && !ohtd_store_call(odometer->store, work_put, &row))
		odometer->kept = row;
	pthread_mutex_unlock(&odometer->writing);
}

int ohtd_analytics_odometer_done(struct ohtd_analytics_odometer *odometer, struct ohtd_analytics_work_row *work)
{
	struct adding adding = { .work = work };
	int r;

	pthread_mutex_lock(&odometer->writing);
	adding.row = row_of(odometer);
	work->at = work->wear == OHTD_ANALYTICS_DISTANCE ? adding.row.distance_mm / 1e3 :
		   work->wear == OHTD_ANALYTICS_HOURS ? (double)adding.row.moving_ms / MS_PER_H : (double)adding.row.starts;
	/* Until the past is known no number says how far the robot had come. */
	r = odometer->recalled ? ohtd_store_call(odometer->store, work_done, &adding) : -EAGAIN;
	if (!r) {
		odometer->kept = adding.row;
		pthread_mutex_lock(&odometer->lock);
		odometer->works[work->wear] = *work;
		pthread_mutex_unlock(&odometer->lock);
		ohtd_log(OHTD_LOG_NOTICE, "analytics", "service_done", "%s at %.1f by %s: %s", ohtd_analytics_wears[work->wear], work->at,
			 work->done_by, work->note);
	}
	pthread_mutex_unlock(&odometer->writing);
	return r;
}

/* ---- what is known ---- */

void ohtd_analytics_odometer_look(struct ohtd_analytics_odometer *odometer, struct ohtd_analytics_odometer_view *view)
{
	const struct ohtd_settings_intervals intervals = ohtd_settings_intervals(odometer->settings);
	double now[OHTD_ANALYTICS_WEARS];

	*view = (struct ohtd_analytics_odometer_view){
		.due = {
			[OHTD_ANALYTICS_DISTANCE].interval = intervals.distance_m, [OHTD_ANALYTICS_HOURS].interval = intervals.hours,
			[OHTD_ANALYTICS_STARTS].interval = intervals.starts,
		},
	};
	pthread_mutex_lock(&odometer->lock);
	view->row = odometer->row;
	for (int i = 0; i < OHTD_ANALYTICS_WEARS; i++)
		view->due[i].last = odometer->works[i];
	pthread_mutex_unlock(&odometer->lock);
	now[OHTD_ANALYTICS_DISTANCE] = view->row.distance_mm / 1e3;
	now[OHTD_ANALYTICS_HOURS] = (double)view->row.moving_ms / MS_PER_H;
	now[OHTD_ANALYTICS_STARTS] = (double)view->row.starts;
	for (int i = 0; i < OHTD_ANALYTICS_WEARS; i++)
		view->due[i].used = fmax(now[i] - view->due[i].last.at, 0);
}

enum { DUE };

static const struct ohtd_part_alert alerts[] = {
	[DUE] = { "analytics", "service_due", OHTD_SEVERITY_WARNING, .notice = true,
		.text = "A service of the machine is due.",
		.action = "Do the work that the papers of the machine name, then say so: ohtctl service done. The intervals are /maintenance/* of the configuration." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	struct ohtd_analytics_odometer_view view;

	ohtd_analytics_odometer_look(part, &view);
	for (int i = 0; i < OHTD_ANALYTICS_WEARS; i++)
		if (view.due[i].interval > 0 && view.due[i].used >= view.due[i].interval)
			ohtd_part_report_about(to, DUE, ohtd_analytics_wears[i], 0, "The service after %.0f %s is due since the last one.",
					       view.due[i].interval, units[i]);
}

static const struct ohtd_part_figure figures[] = {
	{ "oht_odometer_metres_total", "Way of the robot in its life", .counts = true },
	{ "oht_odometer_moving_seconds_total", "Time in motion in its life", .counts = true },
	{ "oht_odometer_starts_total", "Motions that have begun in its life", .counts = true },
};

static void measure(void *part, double *values)
{
	const struct ohtd_analytics_odometer_row row = row_of(part);

	values[0] = row.distance_mm / 1e3;
	values[1] = (double)row.moving_ms / 1e3;
	values[2] = (double)row.starts;
}

/* ---- life ---- */

static void tick(void *part)
{
	struct ohtd_analytics_odometer *odometer = part;
	uint64_t now_ns = ohtd_clock_monotonic_ns(odometer->clock);

	recall(odometer);
	if (ohtd_since(now_ns, odometer->kept_ns) < KEEP_NS)
		return;
	odometer->kept_ns = now_ns;
	keep(odometer);
}

static void rest(void *part)
{
	keep(part);
}

struct ohtd_analytics_odometer *ohtd_analytics_odometer_open(struct ohtd_store *store, struct ohtd_clock *clock, struct ohtd_settings *settings)
{
	struct ohtd_analytics_odometer *odometer = calloc(1, sizeof(*odometer));

	if (!odometer)
		return NULL;
	odometer->store = store;
	odometer->clock = clock;
	odometer->settings = settings;
	odometer->kept_ns = ohtd_clock_monotonic_ns(clock);
	pthread_mutex_init(&odometer->writing, NULL);
	pthread_mutex_init(&odometer->lock, NULL);
	recall(odometer);
	return odometer;
}

void ohtd_analytics_odometer_close(struct ohtd_analytics_odometer *odometer)
{
	if (!odometer)
		return;
	pthread_mutex_destroy(&odometer->writing);
	pthread_mutex_destroy(&odometer->lock);
	free(odometer);
}

const struct ohtd_daemon_part ohtd_analytics_odometer_part = {
	.rest = rest, OHTD_PART_ALERTS(alerts), .judge = judge,
	OHTD_PART_FIGURES(figures), .measure = measure, .tick = tick,
};
