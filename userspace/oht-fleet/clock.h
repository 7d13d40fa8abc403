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
#include <sys/random.h>
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

/* Each turn does all that is due. What is due still comes again after this time, so that nothing makes the program turn without pause. */
#define FLEET_FLOOR_MS	20

/* So long poll() may wait at @now_ms for what is due at @next_ms, at most @most_ms. */
static inline int fleet_wait_ms(int64_t next_ms, int64_t now_ms, int most_ms)
{
	if (next_ms <= now_ms)
		return FLEET_FLOOR_MS;
	return next_ms - now_ms < most_ms ? (int)(next_ms - now_ms) : most_ms;
}

/* A pause by chance, from @most_ms / 2 to @most_ms: a hundred robots that have lost the same broker do not come at once. */
static inline int fleet_chance_ms(int most_ms)
{
	uint32_t chance = 0;

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (uint32_t)fleet_now_ms();
	return most_ms / 2 + (int)(chance % (uint32_t)(most_ms / 2 + 1));
}

static inline int64_t fleet_sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

#endif /* FLEET_CLOCK_H */
