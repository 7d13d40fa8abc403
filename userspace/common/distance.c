// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/distance.h"

#include <string.h>

#define BYTES_MAX	96

static unsigned int lower(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int oht_distance(const char *one, size_t bytes, const char *other)
{
	unsigned int row[BYTES_MAX + 1], columns = (unsigned int)strnlen(other, BYTES_MAX);

	for (unsigned int k = 0; k <= columns; k++)
		row[k] = k;
	for (size_t i = 0; i < bytes; i++) {
		unsigned int corner = row[0]++;

		for (unsigned int k = 0; k < columns; k++) {
			unsigned int change = corner + (one[i] != other[k]);

			corner = row[k + 1];
			row[k + 1] = lower(change, 1 + lower(row[k], row[k + 1]));
		}
	}
	return row[columns];
}

bool oht_is_nearer(const char *one, size_t bytes, const char *other, unsigned int *best)
{
	unsigned int apart = oht_distance(one, bytes, other);

	if (apart >= *best)
		return false;
	*best = apart;
	return true;
}
