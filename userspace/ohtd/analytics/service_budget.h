/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what the keeper of the service level and its judge share, and when errors are used up too fast.
 * Contexts: the tick: a worker. All else: any thread, without waiting.
 * Locks:    that of the keeper.
 */
#ifndef OHTD_ANALYTICS_SERVICE_BUDGET_H
#define OHTD_ANALYTICS_SERVICE_BUDGET_H

#include <stdbool.h>

#include "analytics/service.h"
#include "settings/settings.h"

/* The budget that is used up too fast; of several the first. */
enum ohtd_analytics_burns {
	OHTD_ANALYTICS_BURNS_NOTHING,
	OHTD_ANALYTICS_BURNS_TIME,
	OHTD_ANALYTICS_BURNS_CYCLES,
	OHTD_ANALYTICS_BURNS_REQUESTS,
};

/**
 * ohtd_analytics_burns() - are the errors of 30 days used up in less than 10?
 * @day: sum of 24 hours
 * @targets: what they leave is the budget; a day has as much of it whatever little was asked in it
 */
enum ohtd_analytics_burns ohtd_analytics_burns(const struct ohtd_analytics_service_hour *day, const struct ohtd_settings_targets *targets);

/* service.c: the sum of the last 24 hours, as of the newest rows, and the targets. False: there are none. */
bool ohtd_analytics_service_day(struct ohtd_analytics_service *service, struct ohtd_analytics_service_hour *day, struct ohtd_settings_targets *targets);

/* service.c: looks, and keeps what is due. @part: the keeper. */
void ohtd_analytics_service_tick(void *part);

#endif /* OHTD_ANALYTICS_SERVICE_BUDGET_H */
