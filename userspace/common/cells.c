// SPDX-License-Identifier: GPL-2.0-or-later
/* Cells of a data table: words, numbers, names, and one way of refusing them. */
#include "common/cells.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"
#include "common/utf8.h"

const char *oht_cell(const struct oht_cells *cells, size_t column)
{
	return cells->row->field[cells->index[column]];
}

int oht_cell_refuse(const struct oht_cells *cells, size_t column, const char *what)
{
	snprintf(cells->error, OHT_ERROR_BYTES, "%.200s:%u: %s: %.120s: '%.*s'", cells->csv->path,
		 cells->row->line, cells->names[column], what, oht_utf8_cut(oht_cell(cells, column), 60), oht_cell(cells, column));
	oht_error_one_line(cells->error);
	if (cells->csv->complaints)
		cells->csv->complaints->take(cells->csv->complaints, cells->error);
	return -EINVAL;
}

int oht_cell_word(const struct oht_cells *cells, size_t column, const char *const *words,
		  unsigned int *index)
{
	const char *text = oht_cell(cells, column);
	char what[120] = "must be one of";
	unsigned int i;

	for (i = 0; words[i]; i++) {
		if (!strcmp(words[i], text)) {
			*index = i;
			return 0;
		}
		snprintf(what + strlen(what), sizeof(what) - strlen(what), "%s%s", i ? "|" : " ",
			 words[i]);
	}
	return oht_cell_refuse(cells, column, what);
}

int oht_cell_yes_no(const struct oht_cells *cells, size_t column, bool *yes)
{
	static const char *const words[] = { "no", "yes", NULL };
	unsigned int index;
	int err = oht_cell_word(cells, column, words, &index);

	if (!err)
		*yes = index == 1;
	return err;
}

int oht_cell_number(const struct oht_cells *cells, size_t column, const int64_t limits[2],
		    int64_t *number)
{
	int err = oht_number_parse(oht_cell(cells, column), limits[0], limits[1], number);
	char what[80];

	if (err == -EINVAL)
		return oht_cell_refuse(cells, column, "not a whole number");
	if (!err)
		return 0;
	snprintf(what, sizeof(what), "must be %" PRId64 "..%" PRId64, limits[0], limits[1]);
	return oht_cell_refuse(cells, column, what);
}

int oht_cell_name(const struct oht_cells *cells, size_t column, const char **name)
{
	const char *text = oht_cell(cells, column);
	size_t len = strlen(text);

	if (!len || len > OHT_NAME_BYTES_MAX ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != len)
		return oht_cell_refuse(cells, column, "not a name of a-z, 0-9 and _");
	*name = text;
	return 0;
}
