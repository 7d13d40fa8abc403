// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings/shifts.h"

#include <ctype.h>
#include <string.h>

static unsigned int two_digits(const char *text)
{
	return (unsigned int)(text[0] - '0') * 10 + (unsigned int)(text[1] - '0');
}

/* "06:00" to minutes; false: it is no time of day. */
static bool take_time(const char *text, unsigned int *minute)
{
	static const char form[] = "dd:dd";

	for (int i = 0; form[i]; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	*minute = two_digits(text) * 60 + two_digits(text + 3);
	return two_digits(text + 3) < 60 && *minute < OHTD_DAY_MINUTES;
}

bool ohtd_shifts_take(const char *text, struct ohtd_shifts *shifts)
{
	shifts->count = 0;
	for (;;) {
		unsigned int *minute = &shifts->minute[shifts->count];

		if (shifts->count == OHTD_SHIFTS_MAX || !take_time(text, minute) ||
		    (shifts->count && *minute <= minute[-1]))
			return false;
		shifts->count++;
		text += strlen("06:00");
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
}
