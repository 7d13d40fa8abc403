// SPDX-License-Identifier: GPL-2.0-or-later
#include "analytics/cells.h"

#include "base/clock.h"

#define MINUTE_NS	(60 * (int64_t)OHTD_NS_PER_S)
#define HOUR_NS		(60 * MINUTE_NS)
#define DAY_NS		(24 * HOUR_NS)

void ohtd_sum(int64_t *to, int64_t value)
{
	if (__builtin_add_overflow(*to, value, to))
		*to = value < 0 ? INT64_MIN : INT64_MAX;
}

/* Place of the shift that has a time of day; before the first one it is still that of yesterday. */
static unsigned int shift_at(const struct ohtd_shifts *shifts, int64_t at_ns)
{
	int64_t minute = at_ns % DAY_NS / MINUTE_NS;
	unsigned int place = shifts->count - 1;

	for (unsigned int i = 0; i < shifts->count; i++)
		if (shifts->minute[i] <= minute)
			place = i;
	return place;
}

static int64_t end_of_shift(const struct ohtd_shifts *shifts, int64_t at_ns)
{
	int64_t day_ns = at_ns - at_ns % DAY_NS;

	for (unsigned int i = 0; i < shifts->count; i++)
		if (day_ns + shifts->minute[i] * MINUTE_NS > at_ns)
			return day_ns + shifts->minute[i] * MINUTE_NS;
	return day_ns + DAY_NS + shifts->minute[0] * MINUTE_NS;
}

int64_t ohtd_cell_end(enum ohtd_cells_by by, const struct ohtd_shifts *shifts, int64_t at_ns)
{
	int64_t length_ns = by == OHTD_BY_HOUR ? HOUR_NS : DAY_NS;

	if (by == OHTD_BY_SHIFT)
		return end_of_shift(shifts, at_ns);
	return at_ns - at_ns % length_ns + length_ns;
}

size_t ohtd_cells_make(enum ohtd_cells_by by, const struct ohtd_shifts *shifts, int64_t from_ns,
		       int64_t to_ns, struct ohtd_cell *cells)
{
	size_t count = 0;

	while (from_ns < to_ns && count <= OHTD_CELLS_MAX) {
		int64_t end_ns = ohtd_cell_end(by, shifts, from_ns);

		if (cells && count < OHTD_CELLS_MAX)
			cells[count] = (struct ohtd_cell){
				.from_ns = from_ns, .to_ns = end_ns < to_ns ? end_ns : to_ns,
				.shift = by == OHTD_BY_SHIFT ? shift_at(shifts, from_ns) : 0,
				.ending = -1,
			};
		count++;
		from_ns = end_ns;
	}
	return count;
}

static int has(const struct ohtd_cell *cell, int64_t at_ns)
{
	return at_ns < cell->from_ns ? -1 : at_ns >= cell->to_ns;
}

struct ohtd_cell *ohtd_cell_find(struct ohtd_cell *cells, size_t count, int64_t at_ns, size_t *hint)
{
	size_t low = 0, high = count;

	if (*hint < count && !has(&cells[*hint], at_ns))
		return &cells[*hint];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int side = has(&cells[middle], at_ns);

		if (!side) {
			*hint = middle;
			return &cells[middle];
		}
		if (side < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
