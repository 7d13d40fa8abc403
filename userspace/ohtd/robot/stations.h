/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     stations.csv: named positions of the rail, read and checked.
 * Contexts: load: main thread. Everything else: any thread; constant after loading.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_STATIONS_H
#define OHTD_ROBOT_STATIONS_H

#include <stdbool.h>

#include "robot/snapshot.h"

#define OHTD_STATIONS_MAX	64	/* a bit each */
#define OHTD_STATION_CHARACTERS	40

struct ohtd_station {
	char name[OHTD_STATION_NAME_BYTES];
	double position_mm;
};

/* In the order of their positions, each of which is of one station only. */
struct ohtd_stations {
	unsigned int count;
	struct ohtd_station at[OHTD_STATIONS_MAX];
};

/**
 * ohtd_stations_load() - read and check stations.csv
 * @data_dir: folder; NULL for the one that the program was built for
 * @stations: filled; a folder without the file, as a copy of an older one is, has no stations
 * @error: OHT_ERROR_BYTES, for one line on failure
 *
 * Return: 0 or a negative errno.
 */
int ohtd_stations_load(const char *data_dir, struct ohtd_stations *stations, char *error);

/* Has the name only letters, digits and "_", and not too many of them? */
bool ohtd_station_name_fits(const char *name);

/* Into the order of their positions. */
void ohtd_stations_sort(struct ohtd_stations *stations);

/* The station of that name; NULL: there is none. */
const struct ohtd_station *ohtd_stations_find(const struct ohtd_stations *stations,
					      const char *name);

#endif
