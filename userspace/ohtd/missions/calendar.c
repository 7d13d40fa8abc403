// SPDX-License-Identifier: GPL-2.0-or-later
/* Days and minutes of the zone of this machine, as clocks on the wall show them, and the moments at which they do. */
#include "missions/schedule_rows.h"

#include <time.h>

#include "base/clock.h"

#define NS_PER_S	((int64_t)OHTD_NS_PER_S)
#define DAY_S		86400
/* Each week has a day of each schedule. */
#define DAYS_LOOKED	8
/* 1970-01-01 was a Thursday. */
#define FIRST_DAY	3

/* By how much clocks of the zone are ahead of UTC at a moment. */
static int64_t offset_s(int64_t utc_s)
{
	const time_t at = (time_t)utc_s;
	struct tm tm;

	return localtime_r(&at, &tm) ? tm.tm_gmtoff : 0;
}

int64_t ohtd_mission_moment_ns(int64_t day, int64_t minute)
{
	/* A zone changes its offset at most once in these two days. */
	int64_t shown_s = day * DAY_S + minute * 60, before_s = offset_s(shown_s - DAY_S), after_s = offset_s(shown_s + DAY_S);

	if (offset_s(shown_s - before_s) != before_s && offset_s(shown_s - after_s) == after_s)
		return (shown_s - after_s) * NS_PER_S;
	/* Also of a time that no clock shows: by the offset before, it is as much later as clocks were set forward. */
	return (shown_s - before_s) * NS_PER_S;
}

/* The day that clocks of the zone show. */
static int64_t day_of(int64_t at_ns)
{
	int64_t at_s = at_ns / NS_PER_S;

	return (at_s + offset_s(at_s)) / DAY_S;
}

static bool has_day(const struct ohtd_mission_schedule *schedule, int64_t day)
{
	return schedule->days >> ((day + FIRST_DAY) % OHTD_MISSION_DAYS) & 1;
}

/* The next time of the same day; behind the last one it is greater than @until_min. */
static int64_t minute_behind(const struct ohtd_mission_schedule *schedule, int64_t minute)
{
	return schedule->every_min ? minute + schedule->every_min : schedule->until_min + 1;
}

int64_t ohtd_mission_schedule_next_ns(const struct ohtd_mission_schedule *schedule, int64_t after_ns)
{
	int64_t first_ns = INT64_MAX, day = day_of(after_ns) - 1;

	for (int i = 0; i < DAYS_LOOKED + 2 && first_ns == INT64_MAX; i++, day++) {
		if (!has_day(schedule, day))
			continue;
		/* Where clocks are set forward, a later time of the day may be an earlier moment. */
		for (int64_t m = schedule->from_min; m <= schedule->until_min; m = minute_behind(schedule, m)) {
			int64_t at_ns = ohtd_mission_moment_ns(day, m);

			if (at_ns > after_ns && at_ns < first_ns)
				first_ns = at_ns;
		}
	}
	return first_ns;
}

int64_t ohtd_mission_schedule_newest_ns(const struct ohtd_mission_schedule *schedule, int64_t at_ns)
{
	int64_t newest_ns = 0, day = day_of(at_ns) + 1;

	for (int i = 0; i < DAYS_LOOKED + 2 && !newest_ns; i++, day--) {
		if (!has_day(schedule, day))
			continue;
		for (int64_t m = schedule->from_min; m <= schedule->until_min; m = minute_behind(schedule, m)) {
			int64_t then_ns = ohtd_mission_moment_ns(day, m);

			if (then_ns <= at_ns && then_ns > newest_ns)
				newest_ns = then_ns;
		}
	}
	return newest_ns;
}

bool ohtd_mission_schedule_was_ahead(const struct ohtd_mission_schedule *schedule, int64_t now_ns)
{
	return schedule->last_ns > now_ns + DAY_S * NS_PER_S;
}
