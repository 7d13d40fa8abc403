/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     nothing.
 * Contexts: any; pure functions but for the clocks.
 * Locks:    none.
 */
#ifndef FLEET_CLOCK_H
#define FLEET_CLOCK_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "oht-fleet/model.h"

/* Never. */
#define FLEET_NEVER	INT64_MAX

/* CLOCK_MONOTONIC: a change of the time of day does not move it. */
static inline int64_t fleet_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The time of day as the standard writes it. */
static inline void fleet_timestamp(char text[FLEET_TIME_BYTES])
{
	struct timespec now;
	struct tm utc;
	size_t used;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	used = strftime(text, FLEET_TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + used, FLEET_TIME_BYTES - used, ".%03dZ", (int)(now.tv_nsec / 1000000) % 1000);
}

static inline int64_t fleet_sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

#endif /* FLEET_CLOCK_H */
