/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     the rows of modules.csv and registers.csv, each checked by itself; private to modmap.c.
 * Contexts: loading at start.
 * Locks:    none.
 */
#ifndef OHT_COMMON_MODMAP_ROWS_H
#define OHT_COMMON_MODMAP_ROWS_H

#include "common/modmap.h"

/* A register row with what decides in which effective maps it is. Strings stay in the table. */
struct oht_register_row {
	const struct oht_csv *csv;
	unsigned int line;
	bool bad;			/* with complaints: left out of what is checked further */
	bool in_profile[OHT_PROFILES];
	const char *module;		/* "system": of every module */
	struct oht_register reg;
};

/* Checks every row of modules.csv; @module has room for all. 0 or -EINVAL with @error. */
int oht_modmap_module_rows(const struct oht_csv *csv, struct oht_module *module, char *error);

/*
 * Checks every row of registers.csv; @row has room for all. 0 or -EINVAL with @error. If the table
 * has complaints, every row is set.
 */
int oht_modmap_register_rows(const struct oht_csv *csv, struct oht_register_row *row, char *error);

/*
 * Reports in @error, and to the complaints of the table, a column `history`, `none` or `fault` that is skipped since the letters of its name differ in case;
 * otherwise @error is "". This is no failure: a table may have unknown columns.
 */
void oht_modmap_register_skips(const struct oht_csv *csv, char *error);

#endif
