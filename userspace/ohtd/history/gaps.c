// SPDX-License-Identifier: GPL-2.0-or-later
/* Times in which nothing is kept, until the file has them: few, however long a trouble lasts. */
#include "history/private.h"

#include <stdio.h>
#include <string.h>

static int64_t end_of(const struct ohtd_history_gap *gap)
{
	return gap->first + gap->cycles;
}

/* @gap also covers what @other does, and what lies between them. */
static void widen(struct ohtd_history_gap *gap, const struct ohtd_history_gap *other)
{
	int64_t end = end_of(gap) > end_of(other) ? end_of(gap) : end_of(other);

	gap->first = gap->first < other->first ? gap->first : other->first;
	gap->cycles = end - gap->first;
}

/* Cycles between two of them; not above 0: they adjoin or overlap. */
static int64_t between(const struct ohtd_history_gap *one, const struct ohtd_history_gap *other)
{
	int64_t before = other->first - end_of(one), behind = one->first - end_of(other);

	return before > behind ? before : behind;
}

/* The nearest of @gaps, if possible of the same reason; NULL: there is none. */
static struct ohtd_history_gap *nearest(struct ohtd_history_gap *gaps, unsigned int count, const struct ohtd_history_gap *to)
{
	struct ohtd_history_gap *found = NULL;
	bool found_same = false;

	for (unsigned int i = 0; i < count; i++) {
		const bool same = !strcmp(gaps[i].reason, to->reason);

		if (found_same && !same)
			continue;
		if (!found || same != found_same || between(&gaps[i], to) < between(found, to)) {
			found = &gaps[i];
			found_same = same;
		}
	}
	return found;
}

static bool joins(const struct ohtd_history_gap *gap, const struct ohtd_history_gap *other)
{
	return gap && !strcmp(gap->reason, other->reason) && between(gap, other) <= 0;
}

void ohtd_gaps_note(struct ohtd_history_gap *gaps, unsigned int *count, unsigned int given, uint64_t first, uint64_t cycles,
		    const char *reason)
{
	struct ohtd_history_gap gap = { .first = (int64_t)first, .cycles = (int64_t)cycles };
	struct ohtd_history_gap *near;

	snprintf(gap.reason, sizeof(gap.reason), "%s", reason);
	/* Two that adjoin it, one on each side, become one with it. */
	for (near = nearest(gaps + given, *count - given, &gap); joins(near, &gap);
	     near = nearest(gaps + given, *count - given, &gap)) {
		widen(&gap, near);
		*near = gaps[--*count];
	}
	if (*count < OHTD_PENDING_GAPS)
		gaps[(*count)++] = gap;
	else
		widen(near, &gap);
}
