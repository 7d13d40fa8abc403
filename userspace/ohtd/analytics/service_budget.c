// SPDX-License-Identifier: GPL-2.0-or-later
/* How fast the errors are used up that the targets leave: what is not well with the service level. */
#include "analytics/service_budget.h"

#include "analytics/cells.h"
#include "base/part.h"
#include "robot/model.h"
#include "settings/settings.h"

/* A budget of 30 days is gone in 10. */
#define RATE		3
#define DAY_S		86400
#define DAY_CYCLES	(DAY_S * 1000.0 / OHTD_CYCLE_MS)
/* A few refusals of a start, when hardly anything is asked, are no share of anything. */
#define DAY_REQUESTS	100000

static bool is_beyond(double bad, double all, double least, double percent)
{
	return bad > RATE * (all > least ? all : least) * percent / 100;
}

enum ohtd_analytics_burns ohtd_analytics_burns(const struct ohtd_analytics_service_hour *day, const struct ohtd_settings_targets *targets)
{
	if (is_beyond((double)day->down_ns / 1e9, DAY_S, DAY_S, 100 - targets->uptime_percent))
		return OHTD_ANALYTICS_BURNS_TIME;
	if (is_beyond((double)day->missed, (double)day->cycles, DAY_CYCLES, targets->errors_percent))
		return OHTD_ANALYTICS_BURNS_CYCLES;
	if (is_beyond((double)day->refused, (double)ohtd_analytics_histogram_count(day->requests), DAY_REQUESTS, targets->errors_percent))
		return OHTD_ANALYTICS_BURNS_REQUESTS;
	return OHTD_ANALYTICS_BURNS_NOTHING;
}

enum { BUDGET };

static const struct ohtd_part_alert alerts[] = {
	[BUDGET] = { "analytics", "service_budget", OHTD_SEVERITY_WARNING, .notice = true,
		.action = "See GET analytics/service-level and the other alerts: a bus that is away, a computer that is too slow, a disk "
			  "that takes nothing. The targets are /service/* of the configuration." },
};

static void judge(void *part, const struct ohtd_part_reports *to)
{
	static const char in_10_days[] = "at this rate the errors that the target leaves to 30 days are used up in less than 10";
	struct ohtd_settings_targets targets;
	struct ohtd_analytics_service_hour day;

	if (!ohtd_analytics_service_day(part, &day, &targets))
		return;
	switch (ohtd_analytics_burns(&day, &targets)) {
	case OHTD_ANALYTICS_BURNS_TIME:
		ohtd_part_report_text(to, BUDGET, 0, "ohtd did not serve for %lld s in 24 hours: %s.", (long long)(day.down_ns / 1000000000), in_10_days);
		break;
	case OHTD_ANALYTICS_BURNS_CYCLES:
		ohtd_part_report_text(to, BUDGET, 0, "%lld cycles of the bus were missed in 24 hours: %s.", (long long)day.missed, in_10_days);
		break;
	case OHTD_ANALYTICS_BURNS_REQUESTS:
		ohtd_part_report_text(to, BUDGET, 0, "%lld requests were refused in 24 hours: %s.", (long long)day.refused, in_10_days);
		break;
	default:
		break;
	}
}

const struct ohtd_daemon_part ohtd_analytics_part = { OHTD_PART_ALERTS(alerts), .judge = judge, .tick = ohtd_analytics_service_tick };
