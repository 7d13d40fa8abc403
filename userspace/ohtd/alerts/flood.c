// SPDX-License-Identifier: GPL-2.0-or-later
#include "alerts/flood.h"

#include <stdio.h>

#include "base/clock.h"

#define WITHIN_NS	(OHTD_ALERT_FLOOD_S * OHTD_NS_PER_S)
/* While so many come within the time a flood goes on: at the limit it would begin and end all the time. */
#define GOES_ON		(OHTD_ALERT_FLOOD / 2)

/* @count alerts came within the time before @now_ns. */
static bool came_within(const struct ohtd_flood *flood, uint64_t count, uint64_t now_ns)
{
	return flood->came >= count &&
	       now_ns - flood->newest[(flood->came - count) % OHTD_ALERT_FLOOD].came_ns < WITHIN_NS;
}

void ohtd_flood_came(struct ohtd_flood *flood, int64_t number, const char *code, uint64_t now_ns)
{
	struct ohtd_flood_coming *coming = &flood->newest[flood->came++ % OHTD_ALERT_FLOOD];

	*coming = (struct ohtd_flood_coming){ .came_ns = now_ns, .number = number };
	snprintf(coming->code, sizeof(coming->code), "%s", code);
	if (flood->since_ns) {
		flood->count++;
	} else if (came_within(flood, OHTD_ALERT_FLOOD, now_ns)) {
		flood->since_ns = now_ns;
		flood->count = OHTD_ALERT_FLOOD;
		flood->first = flood->newest[flood->came % OHTD_ALERT_FLOOD];
	}
}

void ohtd_flood_look(struct ohtd_flood *flood, uint64_t now_ns)
{
	if (flood->since_ns && !came_within(flood, GOES_ON, now_ns))
		flood->since_ns = 0;
}
