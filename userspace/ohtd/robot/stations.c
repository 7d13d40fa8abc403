// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/stations.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cells.h"

/* As far as a target of POST robot/commands may lie. */
#define POSITION_MAX_MM	1000000

static const char *const columns[] = { "name", "position_mm", NULL };

static int add_row(struct ohtd_stations *stations, const struct oht_cells *cells)
{
	static const int64_t limits[2] = { -POSITION_MAX_MM, POSITION_MAX_MM };
	struct ohtd_station *station = &stations->at[stations->count];
	const char *name;
	int64_t position_mm;
	unsigned int i;
	int ret = oht_cell_name(cells, 0, &name);

	if (!ret)
		ret = oht_cell_number(cells, 1, limits, &position_mm);
	if (ret)
		return ret;
	if (stations->count == OHTD_STATIONS_MAX)
		return oht_cell_refuse(cells, 0, "more than 64 stations");
	if (ohtd_stations_find(stations, name))
		return oht_cell_refuse(cells, 0, "station given twice");
	for (i = 0; i < stations->count; i++)
		if (stations->at[i].position_mm == (double)position_mm)
			return oht_cell_refuse(cells, 1, "another station is there");
	snprintf(station->name, sizeof(station->name), "%s", name);
	station->position_mm = (double)position_mm;
	stations->count++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = ((const struct ohtd_station *)a)->position_mm;
	double y = ((const struct ohtd_station *)b)->position_mm;

	return (x > y) - (x < y);
}

bool ohtd_station_name_fits(const char *name)
{
	size_t n = strlen(name);

	return n && n <= OHTD_STATION_CHARACTERS &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

void ohtd_stations_sort(struct ohtd_stations *stations)
{
	qsort(stations->at, stations->count, sizeof(stations->at[0]), compare);
}

static int load_rows(const struct oht_csv *csv, struct ohtd_stations *stations, char *error)
{
	size_t index[2], i;
	struct oht_cells cells = { .csv = csv, .names = columns, .index = index, .error = error };
	int ret = oht_csv_columns(csv, columns, index, error);

	for (i = 0; !ret && i < csv->rows; i++) {
		cells.row = &csv->row[i];
		ret = add_row(stations, &cells);
	}
	if (!ret)
		ohtd_stations_sort(stations);
	return ret;
}

int ohtd_stations_load(const char *data_dir, struct ohtd_stations *stations, char *error)
{
	char path[PATH_MAX];
	struct oht_csv csv = { 0 };
	int ret;

	memset(stations, 0, sizeof(*stations));
	if (!data_dir)
		data_dir = OHT_DATADIR;
	if (snprintf(path, sizeof(path), "%s/stations.csv", data_dir) >= (int)sizeof(path)) {
		snprintf(error, OHT_ERROR_BYTES, "the path of stations.csv is too long");
		return -ENAMETOOLONG;
	}
	ret = oht_csv_load(path, &csv, error);
	if (ret == -ENOENT)
		return 0;
	if (!ret)
		ret = load_rows(&csv, stations, error);
	oht_csv_free(&csv);
	return ret;
}

const struct ohtd_station *ohtd_stations_find(const struct ohtd_stations *stations,
					      const char *name)
{
	unsigned int i;

	for (i = 0; i < stations->count; i++)
		if (!strcmp(stations->at[i].name, name))
			return &stations->at[i];
	return NULL;
}
