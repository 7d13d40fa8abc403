// SPDX-License-Identifier: GPL-2.0-or-later
#include "robot/user_maps.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

static int is_table(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 4 && !strcmp(entry->d_name + n - 4, ".csv");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static struct ohtd_user_map *next_item(struct ohtd_user_maps *maps, const char *name)
{
	struct ohtd_user_map *map = &maps->items[maps->count++];

	snprintf(map->name, sizeof(map->name), "%.*s", oht_utf8_cut(name, sizeof(map->name) - 1), name);
	oht_error_one_line(map->name);
	return map;
}

static void say(struct ohtd_user_map *map, const char *why)
{
	snprintf(map->error, sizeof(map->error), "%.*s", oht_utf8_cut(why, sizeof(map->error) - 1), why);
}

static void refuse(struct ohtd_user_maps *maps, struct ohtd_user_map *map, const char *why)
{
	say(map, why);
	maps->refused++;
}

/* Without the folder, which is no business of a client. */
static const char *behind_folder(const char *error, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(error, dir, n) || error[n] != '/' ? error : error + n + 1;
}

static void load_file(struct ohtd_user_maps *maps, struct oht_modmap *modmap, const char *dir,
		      const char *name)
{
	struct ohtd_user_map *map = next_item(maps, name);
	char path[PATH_MAX], error[OHT_ERROR_BYTES] = "out of memory";
	size_t registers = 0;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
		refuse(maps, map, "the path is too long");
		return;
	}
	map->used = !oht_modmap_add(modmap, path, NULL, &registers, error);
	map->registers = (unsigned int)registers;
	if (map->used)
		say(map, behind_folder(error, dir));
	else
		refuse(maps, map, behind_folder(error, dir));
}

void ohtd_user_maps_load(struct ohtd_user_maps *maps, struct oht_modmap *modmap, const char *dir)
{
	struct dirent **found = NULL;
	char why[80];
	int n, i;

	n = dir ? scandir(dir, &found, is_table, by_name) : 0;
	if (n < 0 && errno != ENOENT)
		refuse(maps, next_item(maps, "profiles"), strerror(errno));
	for (i = 0; i < n; i++) {
		if (i < OHT_ADDED_FILES_MAX)
			load_file(maps, modmap, dir, found[i]->d_name);
		free(found[i]);
	}
	free(found);
	if (n <= OHT_ADDED_FILES_MAX)
		return;
	snprintf(why, sizeof(why), "%d files, of which the first %d are used", n,
		 OHT_ADDED_FILES_MAX);
	refuse(maps, next_item(maps, "profiles"), why);
}
