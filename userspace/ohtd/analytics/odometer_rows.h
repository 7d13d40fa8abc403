/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the robot has driven in its life, one row, and the services that persons have done, a row each.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call() and ohtd_store_read().
 * Locks:    none.
 */
#ifndef OHTD_ANALYTICS_ODOMETER_ROWS_H
#define OHTD_ANALYTICS_ODOMETER_ROWS_H

#include <stdint.h>

#include "accounts/users.h"

struct ohtd_db;

#define OHTD_ANALYTICS_NOTE_BYTES	201
/* The earliest go first, but for the newest of each kind. */
#define OHTD_ANALYTICS_WORKS_MAX	1000

/* What a service interval is measured in. */
enum ohtd_analytics_wear {
	OHTD_ANALYTICS_DISTANCE,
	OHTD_ANALYTICS_HOURS,
	OHTD_ANALYTICS_STARTS,
	OHTD_ANALYTICS_WEARS,
};

/**
 * struct ohtd_analytics_odometer_row - sums over the life of the database
 * @distance_mm: way, forward and back
 * @moving_ms: in motion
 * @enabled_ms: with the outputs on
 * @starts: of motions: from standing to moving
 * @falls: of the outputs
 * @since_ns: wall clock of the first one; 0: nothing was counted yet
 */
struct ohtd_analytics_odometer_row {
	double distance_mm;
	int64_t moving_ms;
	int64_t enabled_ms;
	int64_t starts;
	int64_t falls;
	int64_t since_ns;
};

/**
 * struct ohtd_analytics_work_row - a service that was done
 * @wear: enum ohtd_analytics_wear
 * @at: the odometer then, in m, h or starts
 * @done_ns: wall clock; 0: never
 * @done_by: account that said so
 * @note: of that person
 */
struct ohtd_analytics_work_row {
	int64_t wear;
	double at;
	int64_t done_ns;
	char done_by[OHTD_USER_NAME_MAX + 1];
	char note[OHTD_ANALYTICS_NOTE_BYTES];
};

/* 0 or a negative errno; a database that has counted nothing yet says so by zeros. */
int ohtd_analytics_odometer_get(struct ohtd_db *db, struct ohtd_analytics_odometer_row *row);

/* The newest of each kind; @rows has OHTD_ANALYTICS_WEARS. 0 or a negative errno. */
int ohtd_analytics_works_get(struct ohtd_db *db, struct ohtd_analytics_work_row *rows);

/* 0 or a negative errno. */
int ohtd_analytics_odometer_put(struct ohtd_db *db, const struct ohtd_analytics_odometer_row *row);

/* Both in one transaction. 0 or a negative errno. */
int ohtd_analytics_work_add(struct ohtd_db *db, const struct ohtd_analytics_odometer_row *row, const struct ohtd_analytics_work_row *work);

#endif /* OHTD_ANALYTICS_ODOMETER_ROWS_H */
