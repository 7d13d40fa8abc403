// SPDX-License-Identifier: GPL-2.0-or-later
/* Cells of a data table: words, numbers, names, and one way of refusing them. */
#include "common/cells.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LENGTH_MAX		40

const char *oht_cell(const struct oht_cells *cells, size_t column)
{
	return cells->row->field[cells->index[column]];
}

int oht_cell_refuse(const struct oht_cells *cells, size_t column, const char *what)
{
	snprintf(cells->error, OHT_ERROR_BYTES, "%.200s:%u: %s: %.120s: '%.60s'", cells->csv->path,
		 cells->row->line, cells->names[column], what, oht_cell(cells, column));
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
	const char *text = oht_cell(cells, column);
	bool hex = text[0] == '0' && text[1] == 'x';
	const char *digits = hex ? text + 2 : text + (text[0] == '-');
	long long value;
	char what[80];
	char *end;

	/* strtoll() would also take spaces, '+', a second sign and octal. */
	if (strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits) ||
	    !*digits)
		return oht_cell_refuse(cells, column, "not a whole number");
	errno = 0;
	value = strtoll(hex ? digits : text, &end, hex ? 16 : 10);
	if (errno || value < limits[0] || value > limits[1]) {
		snprintf(what, sizeof(what), "must be %" PRId64 "..%" PRId64, limits[0], limits[1]);
		return oht_cell_refuse(cells, column, what);
	}
	*number = value;
	return 0;
}

int oht_cell_name(const struct oht_cells *cells, size_t column, const char **name)
{
	const char *text = oht_cell(cells, column);
	size_t len = strlen(text);

	if (!len || len > NAME_LENGTH_MAX ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != len)
		return oht_cell_refuse(cells, column, "not a name of a-z, 0-9 and _");
	*name = text;
	return 0;
}
