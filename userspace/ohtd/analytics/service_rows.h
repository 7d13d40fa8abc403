/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the hours of the service level, and when the newest run was kept: a row each.
 * Contexts: the thread that owns the database handle; elsewhere through ohtd_store_call() and ohtd_store_read().
 * Locks:    none.
 */
#ifndef OHTD_ANALYTICS_SERVICE_ROWS_H
#define OHTD_ANALYTICS_SERVICE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ohtd_db;

#define OHTD_ANALYTICS_SERVICE_HOURS_MAX	10000	/* 416 days; the earliest go first */
#define OHTD_ANALYTICS_SERVICE_BUCKETS	7
#define OHTD_ANALYTICS_BOOT_BYTES		40

/**
 * struct ohtd_analytics_service_hour - an hour, or the sum of several
 * @hour: since 1970, UTC
 * @up_ns: measured time in which ohtd served
 * @down_ns: measured time in which it did not
 * @starts: of ohtd
 * @cuts: of these, behind a run that had not ended in order
 * @cycles: of the plan of the bus
 * @missed: of these, not begun
 * @refused: requests that were answered with 500 or above
 * @requests: answers by ohtd_service_limits_ms, each in one place only
 * @telemetry: live data, the same
 */
struct ohtd_analytics_service_hour {
	int64_t hour;
	int64_t up_ns;
	int64_t down_ns;
	int64_t starts;
	int64_t cuts;
	int64_t cycles;
	int64_t missed;
	int64_t refused;
	int64_t requests[OHTD_ANALYTICS_SERVICE_BUCKETS];
	int64_t telemetry[OHTD_ANALYTICS_SERVICE_BUCKETS];
};

/**
 * struct ohtd_analytics_service_run - the newest run
 * @boot_id: of the kernel that it ran on
 * @kept_boot_ns: boot clock of its newest row
 * @ended: it has ended in order
 */
struct ohtd_analytics_service_run {
	char boot_id[OHTD_ANALYTICS_BOOT_BYTES];
	int64_t kept_boot_ns;
	bool ended;
};

/**
 * ohtd_analytics_service_add() - add what was measured to the hours, and note the run
 * @db: the database
 * @hours: each is added to the row of its hour
 * @count: of @hours
 * @run: takes the place of the one that was kept
 *
 * The earliest hours beyond OHTD_ANALYTICS_SERVICE_HOURS_MAX are deleted.
 *
 * Return: 0 or a negative errno; then nothing is kept.
 */
int ohtd_analytics_service_add(struct ohtd_db *db, const struct ohtd_analytics_service_hour *hours, size_t count,
			       const struct ohtd_analytics_service_run *run);

/* 0, -ENOENT: there was none, or a negative errno. */
int ohtd_analytics_service_run(struct ohtd_db *db, struct ohtd_analytics_service_run *run);

/* Calls @take for each hour from @from to before @to, the earliest first. 0 or a negative errno. */
int ohtd_analytics_service_each(struct ohtd_db *db, int64_t from, int64_t to, void (*take)(const struct ohtd_analytics_service_hour *hour, void *arg),
				void *arg);

#endif /* OHTD_ANALYTICS_SERVICE_ROWS_H */
