// SPDX-License-Identifier: GPL-2.0-or-later
#include "http/time_read.h"

#include <time.h>

#include "base/clock.h"

#define FAR_S	INT64_C(7258118400)	/* 2200-01-01, as good as never */

/* So many digits, moved over; -1: there are others. */
static int take_digits(const char **text, int count)
{
	int number = 0;

	for (; count; count--, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		number = number * 10 + (**text - '0');
	}
	return number;
}

/* "12:00:00", with @marks between the numbers and the last behind them; false: it is none. */
static bool take_numbers(const char **text, const char *marks, int *first, int *second, int *third)
{
	int *numbers[] = { first, second, third };

	for (int i = 0; i < 3 && numbers[i]; i++) {
		*numbers[i] = take_digits(text, i || marks[0] != '-' ? 2 : 4);
		if (*numbers[i] < 0)
			return false;
		if (marks[i] == 'T' ? **text != 'T' && **text != 't' : marks[i] && **text != marks[i])
			return false;
		*text += marks[i] != 0;
	}
	return true;
}

/* Any number of digits, of which nanoseconds are kept; false: a point without a digit. */
static bool take_fraction(const char **text, int64_t *ns)
{
	int64_t unit_ns = 100000000;

	*ns = 0;
	if (**text != '.')
		return true;
	for ((*text)++; **text >= '0' && **text <= '9'; (*text)++, unit_ns /= 10)
		*ns += (**text - '0') * unit_ns;
	return (*text)[-1] != '.';
}

/* "Z", "+08:00"; false: neither, or something behind it. */
static bool take_zone(const char *text, int64_t *east_s)
{
	int sign = *text == '-' ? -1 : 1, hours, minutes;

	*east_s = 0;
	if (*text == 'Z' || *text == 'z')
		return !text[1];
	if (*text != '+' && *text != '-')
		return false;
	text++;
	if (!take_numbers(&text, ":", &hours, &minutes, NULL) || *text || hours > 23 || minutes > 59)
		return false;
	*east_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

bool ohtd_time_read(const char *text, int64_t *wall_ns)
{
	struct tm tm = { 0 };
	int64_t fraction_ns, east_s, wall_s;
	struct tm check;
	bool leaps;

	if (!take_numbers(&text, "--T", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) ||
	    !take_numbers(&text, "::", &tm.tm_hour, &tm.tm_min, &tm.tm_sec) ||
	    !take_fraction(&text, &fraction_ns) || !take_zone(text, &east_s))
		return false;
	/* A leap second is the next one: to a clock that counts days of 86,400 s there is none. */
	leaps = tm.tm_sec == 60;
	tm.tm_sec -= leaps;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	check = tm;
	wall_s = timegm(&check);
	/* A day that no month has comes back as another one, a month that no year has does not. */
	if (tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59 || tm.tm_mon < 0 || tm.tm_mon > 11 ||
	    check.tm_mday != tm.tm_mday)
		return false;
	wall_s += leaps - east_s;
	/* In nanoseconds the years end with 2262. */
	wall_s = wall_s < 0 ? 0 : wall_s > FAR_S ? FAR_S : wall_s;
	*wall_ns = wall_s * (int64_t)OHTD_NS_PER_S + fraction_ns;
	return true;
}
