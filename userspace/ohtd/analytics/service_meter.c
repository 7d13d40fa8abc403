// SPDX-License-Identifier: GPL-2.0-or-later
#include "analytics/service_meter.h"

#include <string.h>

#include "analytics/cells.h"
#include "analytics/service.h"
#include "base/clock.h"
#include "robot/model.h"

#define CYCLE_NS	(OHTD_CYCLE_MS * (int64_t)OHTD_NS_PER_MS)
/* Two threads do not look at the same moment. */
#define APART_NS	((int64_t)OHTD_NS_PER_S)

/* ---- hours ---- */

struct ohtd_analytics_service_hour *ohtd_analytics_hour_at(struct ohtd_analytics_hours *hours, int64_t wall_ns)
{
	int64_t number = wall_ns / OHTD_ANALYTICS_HOUR_NS;

	for (size_t i = hours->count; i--;)
		if (hours->hour[i].hour == number)
			return &hours->hour[i];
	if (hours->count == OHTD_ANALYTICS_HOURS_MAX)
		memmove(&hours->hour[0], &hours->hour[1], --hours->count * sizeof(hours->hour[0]));
	hours->hour[hours->count] = (struct ohtd_analytics_service_hour){ .hour = number };
	return &hours->hour[hours->count++];
}

void ohtd_analytics_add_time(struct ohtd_analytics_hours *hours, int64_t wall_ns, int64_t ns, bool up)
{
	const int64_t most_ns = OHTD_ANALYTICS_HOURS_MAX * OHTD_ANALYTICS_HOUR_NS;
	int64_t at_ns = wall_ns - (ns < most_ns ? ns : most_ns);

	/* Not before 1970, whatever the clock says. */
	at_ns = at_ns > 0 ? at_ns : 0;
	while (at_ns < wall_ns) {
		struct ohtd_analytics_service_hour *hour = ohtd_analytics_hour_at(hours, at_ns);
		int64_t end_ns = (hour->hour + 1) * OHTD_ANALYTICS_HOUR_NS;

		end_ns = end_ns < wall_ns ? end_ns : wall_ns;
		ohtd_sum(up ? &hour->up_ns : &hour->down_ns, end_ns - at_ns);
		at_ns = end_ns;
	}
}

void ohtd_analytics_hour_add(struct ohtd_analytics_service_hour *to, const struct ohtd_analytics_service_hour *hour)
{
	ohtd_sum(&to->up_ns, hour->up_ns);
	ohtd_sum(&to->down_ns, hour->down_ns);
	ohtd_sum(&to->starts, hour->starts);
	ohtd_sum(&to->cuts, hour->cuts);
	ohtd_sum(&to->cycles, hour->cycles);
	ohtd_sum(&to->missed, hour->missed);
	ohtd_sum(&to->refused, hour->refused);
	for (int i = 0; i < OHTD_ANALYTICS_SERVICE_BUCKETS; i++) {
		ohtd_sum(&to->requests[i], hour->requests[i]);
		ohtd_sum(&to->telemetry[i], hour->telemetry[i]);
	}
}

/* ---- looks ---- */

/* What a counter has added; one that is below what it was has begun anew. */
static int64_t grown(uint64_t now, uint64_t before)
{
	return (int64_t)(now >= before ? now - before : now);
}

static void add_counts(const struct ohtd_analytics_sight *before, const struct ohtd_analytics_sight *now, int64_t passed_ns,
		       struct ohtd_analytics_service_hour *hour)
{
	/* More than the time allows is the count of a driver that was there before ohtd. */
	if (before->present && now->present && grown(now->cycles, before->cycles) <= (passed_ns + APART_NS) / CYCLE_NS) {
		hour->cycles += grown(now->cycles, before->cycles);
		hour->missed += grown(now->missed, before->missed);
	}
	hour->refused += grown(now->refused, before->refused);
	for (int i = 0; i < OHTD_ANALYTICS_SERVICE_BUCKETS; i++) {
		hour->requests[i] += grown(now->requests[i], before->requests[i]);
		hour->telemetry[i] += grown(now->telemetry[i], before->telemetry[i]);
	}
}

/* How much of @passed_ns the control thread has stood still, or the bus was away. */
static int64_t down_of(struct ohtd_analytics_meter *meter, int64_t passed_ns, const struct ohtd_analytics_sight *sight)
{
	int64_t down_ns;

	if (!sight->present) {
		meter->balance_ns = 0;
		return passed_ns;
	}
	meter->balance_ns += passed_ns - grown(sight->control_cycles, meter->sight.control_cycles) * CYCLE_NS;
	if (meter->balance_ns < -CYCLE_NS)
		meter->balance_ns = -CYCLE_NS;
	if (meter->balance_ns <= CYCLE_NS)
		return 0;
	down_ns = meter->balance_ns - CYCLE_NS;
	meter->balance_ns = CYCLE_NS;
	return down_ns < passed_ns ? down_ns : passed_ns;
}

int64_t ohtd_analytics_meter_look(struct ohtd_analytics_meter *meter, struct ohtd_analytics_hours *hours, uint64_t monotonic_ns,
				  int64_t wall_ns, const struct ohtd_analytics_sight *sight)
{
	int64_t passed_ns = 0, down_ns = 0;

	if (meter->begun) {
		passed_ns = (int64_t)ohtd_since(monotonic_ns, meter->monotonic_ns);
		down_ns = down_of(meter, passed_ns, sight);
		add_counts(&meter->sight, sight, passed_ns, ohtd_analytics_hour_at(hours, wall_ns));
	}
	/* A hang that is over has just ended: the loop that looks was held up by it, too. */
	ohtd_analytics_add_time(hours, wall_ns - down_ns, passed_ns - down_ns, true);
	ohtd_analytics_add_time(hours, wall_ns, down_ns, false);
	meter->begun = true;
	meter->monotonic_ns = monotonic_ns;
	meter->sight = *sight;
	return down_ns;
}
