/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     measuring the service level: looks at the daemon become hours with sums.
 * Contexts: one thread at a time; pure functions.
 * Locks:    none.
 *
 * A duration is the difference of two looks by the monotonic clock. The time of day only says to which hours it belongs.
 */
#ifndef OHTD_ANALYTICS_SERVICE_METER_H
#define OHTD_ANALYTICS_SERVICE_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/service_rows.h"

/* Hours that wait for the disk: as many as a clock that is set often needs, or a disk that fails for days. Beyond, the earliest are lost. */
#define OHTD_ANALYTICS_HOURS_MAX	64

/**
 * struct ohtd_analytics_sight - the daemon at a moment
 * @present: the control thread has published something, and the bus is there
 * @control_cycles: that the control thread has ended since its start
 * @cycles: of the plan of the bus; as the bus counts them, which may begin anew
 * @missed: of these, not begun
 * @refused: answers with 500 or above since the start of ohtd
 * @requests: all answers since then, as of struct ohtd_analytics_service_hour
 * @telemetry: live data, the same
 */
struct ohtd_analytics_sight {
	bool present;
	uint64_t control_cycles;
	uint64_t cycles;
	uint64_t missed;
	uint64_t refused;
	uint64_t requests[OHTD_ANALYTICS_SERVICE_BUCKETS];
	uint64_t telemetry[OHTD_ANALYTICS_SERVICE_BUCKETS];
};

/**
 * struct ohtd_analytics_hours - what was measured and is not on the disk
 * @hour: in the order in which they were begun
 * @count: of @hour
 */
struct ohtd_analytics_hours {
	struct ohtd_analytics_service_hour hour[OHTD_ANALYTICS_HOURS_MAX];
	size_t count;
};

/**
 * struct ohtd_analytics_meter - what is known since the last look
 * @begun: there was one
 * @monotonic_ns: when
 * @balance_ns: time that has passed beyond the cycles of the control thread; a cycle either way is no more than its phase
 * @sight: what was seen
 */
struct ohtd_analytics_meter {
	bool begun;
	uint64_t monotonic_ns;
	int64_t balance_ns;
	struct ohtd_analytics_sight sight;
};

/* The hour of a time of day, to be added to. */
struct ohtd_analytics_service_hour *ohtd_analytics_hour_at(struct ohtd_analytics_hours *hours, int64_t wall_ns);

/* Adds @ns of time that ended at a time of day, as up or as down. */
void ohtd_analytics_add_time(struct ohtd_analytics_hours *hours, int64_t wall_ns, int64_t ns, bool up);

/**
 * ohtd_analytics_meter_look() - add what has passed since the last look
 * @meter: all 0 before the first look, which adds nothing
 * @hours: added to
 * @monotonic_ns: now
 * @wall_ns: the same as the time of day
 * @sight: what is seen now
 *
 * Return: time that ohtd did not serve, of that which was added.
 */
int64_t ohtd_analytics_meter_look(struct ohtd_analytics_meter *meter, struct ohtd_analytics_hours *hours, uint64_t monotonic_ns,
				  int64_t wall_ns, const struct ohtd_analytics_sight *sight);

/* Adds the sums of @hour to those of @to. */
void ohtd_analytics_hour_add(struct ohtd_analytics_service_hour *to, const struct ohtd_analytics_service_hour *hour);

#endif /* OHTD_ANALYTICS_SERVICE_METER_H */
