/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the odometer: what the robot has driven in its life, and which service is due by it.
 * Contexts: open, rest, close: main thread. Sample: one thread, without waiting. Tick: a worker, one at a time. Look, judge, measure: any
 *	     thread, without waiting. Done: a worker.
 * Locks:    one mutex for the figures, held for a few instructions; another around the writes, held while the store writes.
 *
 * It is summed up of the same samples as the figures of analytics, in memory, also while the disk hangs, and written once a minute while it
 * grows: a kill loses a minute at most, or the time for which the disk took nothing.
 */
#ifndef OHTD_ANALYTICS_ODOMETER_H
#define OHTD_ANALYTICS_ODOMETER_H

#include "analytics/odometer_rows.h"

struct ohtd_analytics_odometer;
struct ohtd_clock;
struct ohtd_daemon_part;
struct ohtd_sample;
struct ohtd_settings;
struct ohtd_store;

/**
 * struct ohtd_analytics_due - a service interval
 * @interval: of the configuration, in m, h or starts; 0: none
 * @used: so much since the last service, or since the beginning
 * @last: that service
 */
struct ohtd_analytics_due {
	double interval;
	double used;
	struct ohtd_analytics_work_row last;
};

/* The odometer as it is now. */
struct ohtd_analytics_odometer_view {
	struct ohtd_analytics_odometer_row row;
	struct ohtd_analytics_due due[OHTD_ANALYTICS_WEARS];
};

/* The word of a kind. */
extern const char *const ohtd_analytics_wears[OHTD_ANALYTICS_WEARS];

/* All outlive it. NULL with errno. */
struct ohtd_analytics_odometer *ohtd_analytics_odometer_open(struct ohtd_store *store, struct ohtd_clock *clock, struct ohtd_settings *settings);
/* No sample comes any more. NULL is allowed. */
void ohtd_analytics_odometer_close(struct ohtd_analytics_odometer *odometer);

/* Counts the sample of a cycle; they come in order. */
void ohtd_analytics_odometer_sample(struct ohtd_analytics_odometer *odometer, const struct ohtd_sample *sample);

void ohtd_analytics_odometer_look(struct ohtd_analytics_odometer *odometer, struct ohtd_analytics_odometer_view *view);

/* A person has done the service of @work->wear, and says what; @work->at: out. 0 or a negative errno of the store: nothing has changed then. */
int ohtd_analytics_odometer_done(struct ohtd_analytics_odometer *odometer, struct ohtd_analytics_work_row *work);

/* odometer.c */
extern const struct ohtd_daemon_part ohtd_analytics_odometer_part;

#endif /* OHTD_ANALYTICS_ODOMETER_H */
