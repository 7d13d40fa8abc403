/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     reading numbers that the driver shows in sysfs, and what its histograms say.
 * Contexts: any thread; reading a file is a few system calls and no disk.
 * Locks:    none.
 * Source:   docs/ABI/sysfs-class-oht.
 */
#ifndef OHT_COMMON_SYSFS_H
#define OHT_COMMON_SYSFS_H

#include <stddef.h>
#include <stdint.h>

#define OHT_SYSFS_PATH_BYTES	512
#define OHT_SYSFS_VALUES_MAX	64
#define OHT_PERCENTILES		5

/* From a stop's interrupt, timer or call to both outputs written low; a histogram. */
#define OHT_SYSFS_STOP_TO_LOW	"histograms/estop_to_low_ns"

/* The numbers of one file: a counter, or the buckets of a histogram. */
struct oht_values {
	uint64_t number[OHT_SYSFS_VALUES_MAX];
	unsigned int count;
};

/* Where @rest of a device node stands: /sys/class/oht, or $OHT_SYSFS, then the node's name. */
void oht_sysfs_path(const char *device, const char *rest, char path[OHT_SYSFS_PATH_BYTES]);

/* 0 or a negative errno; -EIO if there is something else than numbers in it. */
int oht_sysfs_read(const char *path, struct oht_values *values);

/* How many durations a histogram has counted. */
uint64_t oht_histogram_total(const struct oht_values *histogram);

/* At least @per_mille of them took no longer than this: the end of a power of two. */
uint64_t oht_histogram_at_most_ns(const struct oht_values *histogram, unsigned int per_mille);

/* The percentiles of a histogram, by their names in JSON; the last one is the maximum. */
struct oht_percentile {
	const char *name;
	unsigned int per_mille;
};

extern const struct oht_percentile oht_percentiles[OHT_PERCENTILES];

#endif /* OHT_COMMON_SYSFS_H */
