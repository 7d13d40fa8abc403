// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/sysfs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT		"/sys/class/oht"
#define LINE_BYTES	2048

const struct oht_percentile oht_percentiles[OHT_PERCENTILES] = {
	{ "p50_ns", 500 }, { "p90_ns", 900 }, { "p99_ns", 990 }, { "p999_ns", 999 },
	{ "max_ns", 1000 },
};

void oht_sysfs_path(const char *device, const char *rest, char path[OHT_SYSFS_PATH_BYTES])
{
	const char *root = getenv("OHT_SYSFS");
	const char *slash = strrchr(device, '/');

	snprintf(path, OHT_SYSFS_PATH_BYTES, "%s/%s/%s", root && *root ? root : ROOT,
		 slash ? slash + 1 : device, rest);
}

/* The numbers of a line; false if there is none, or something else. */
static bool parse_values(const char *line, struct oht_values *values)
{
	char *end;

	for (values->count = 0; values->count < OHT_SYSFS_VALUES_MAX; values->count++) {
		values->number[values->count] = strtoull(line, &end, 10);
		if (end == line)
			break;
		line = end;
	}
	return values->count && !strcmp(line, "\n");
}

int oht_sysfs_read(const char *path, struct oht_values *values)
{
	char line[LINE_BYTES];
	FILE *file = fopen(path, "re");
	bool good;

	if (!file)
		return -errno;
	good = fgets(line, sizeof(line), file) && parse_values(line, values);
	fclose(file);
	return good ? 0 : -EIO;
}

uint64_t oht_histogram_total(const struct oht_values *histogram)
{
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < histogram->count; i++)
		total += histogram->number[i];
	return total;
}

/* The end of bucket @i: no duration in it was longer. */
static uint64_t bucket_end_ns(unsigned int i)
{
	return i ? ((uint64_t)1 << i) - 1 : 0;
}

uint64_t oht_histogram_at_most_ns(const struct oht_values *histogram, unsigned int per_mille)
{
	uint64_t total = oht_histogram_total(histogram), below = 0;
	unsigned int i;

	for (i = 0; i + 1 < histogram->count; i++) {
		below += histogram->number[i];
		if (below * 1000 >= total * per_mille)
			break;
	}
	return bucket_end_ns(i);
}
