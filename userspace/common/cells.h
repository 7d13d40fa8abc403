/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     cells of a data table -> words and numbers; each refusal is one line with its place.
 * Contexts: start of a program, while a table is loaded.
 * Locks:    none.
 */
#ifndef OHT_COMMON_CELLS_H
#define OHT_COMMON_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/csv.h"

/**
 * struct oht_cells - one row under examination
 * @csv: the table
 * @row: the row
 * @names: the columns that the loader knows, NULL-terminated
 * @index: their places, from oht_csv_columns()
 * @error: takes the line of complaint
 */
struct oht_cells {
	const struct oht_csv *csv;
	const struct oht_csv_row *row;
	const char *const *names;
	const size_t *index;
	char *error;
};

/* Text of the column at place @column of @names. */
const char *oht_cell(const struct oht_cells *cells, size_t column);

/* Writes "file:line: column: what: 'value'" and returns -EINVAL. */
int oht_cell_refuse(const struct oht_cells *cells, size_t column, const char *what);

/* The cell as an index into @words (NULL-terminated); 0 or -EINVAL. */
int oht_cell_word(const struct oht_cells *cells, size_t column, const char *const *words,
		  unsigned int *index);

/* "yes" or "no"; 0 or -EINVAL. */
int oht_cell_yes_no(const struct oht_cells *cells, size_t column, bool *yes);

/* A whole number of @limits[0]..@limits[1], decimal or 0x hexadecimal; 0 or -EINVAL. */
int oht_cell_number(const struct oht_cells *cells, size_t column, const int64_t limits[2],
		    int64_t *number);

#define OHT_NAME_BYTES_MAX	40

/* A name that programs use: 1..40 of a-z, 0-9, '_'; 0 or -EINVAL. */
int oht_cell_name(const struct oht_cells *cells, size_t column, const char **name);

#endif
