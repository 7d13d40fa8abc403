/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     what became of the register maps that the user has put beside the built-in ones.
 * Contexts: load: main thread, before the model is made of the maps. Reading: any; constant then.
 * Locks:    none.
 */
#ifndef OHTD_ROBOT_USER_MAPS_H
#define OHTD_ROBOT_USER_MAPS_H

#include <stdbool.h>

#include "common/modmap.h"

#define OHTD_USER_MAP_NAME_BYTES	64
#define OHTD_USER_MAP_ERROR_BYTES	256

/**
 * struct ohtd_user_map - one file
 * @name: of the file
 * @used: its registers are in the maps
 * @registers: rows of it
 * @error: why it is not used, or which column is skipped, one line; ""
 */
struct ohtd_user_map {
	char name[OHTD_USER_MAP_NAME_BYTES];
	bool used;
	unsigned int registers;
	char error[OHTD_USER_MAP_ERROR_BYTES];
};

/**
 * struct ohtd_user_maps - the files in the order of their names
 * @count: entries of @items
 * @refused: of them, not used
 */
struct ohtd_user_maps {
	unsigned int count;
	unsigned int refused;
	struct ohtd_user_map items[OHT_ADDED_FILES_MAX + 1];
};

/*
 * Adds every *.csv of @dir to @modmap. A file that is wrong is left out and told; so is what is beyond
 * OHT_ADDED_FILES_MAX, as one entry. No folder, and NULL: nothing is added.
 */
void ohtd_user_maps_load(struct ohtd_user_maps *maps, struct oht_modmap *modmap, const char *dir);

#endif
