// SPDX-License-Identifier: GPL-2.0-or-later
/* A table of the data directory. */
#include "table.h"

static char path[64];
static int fd = -1;

static int load(const void *text, size_t bytes, struct oht_csv *csv, char *error)
{
	int err;

	fuzz_fill(fd, text, bytes);
	err = oht_csv_load(path, csv, error);
#ifdef FUZZ_SEED_DEFECT
	/* Loses a row when a cell before it had a quote. */
	if (!err && csv->rows > 1 && strchr(csv->row[0].field[0], '"'))
		csv->rows--;
#endif
	return err;
}

static void check_same(const struct oht_csv *a, const struct oht_csv *b)
{
	HOLDS("as many columns and rows", a->columns == b->columns && a->rows == b->rows);
	for (size_t i = 0; i < a->columns; i++)
		HOLDS("the same names", !strcmp(a->header[i], b->header[i]));
	for (size_t k = 0; k < a->rows; k++)
		for (size_t i = 0; i < a->columns; i++)
			HOLDS("the same cells", !strcmp(a->row[k].field[i], b->row[k].field[i]));
}

static size_t count_newlines(const uint8_t *data, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += data[i] == '\n';
	return n;
}

static void check_table(const struct oht_csv *csv, const uint8_t *data, size_t size)
{
	unsigned int last = 0;

	HOLDS("there is a column", csv->columns > 0);
	for (size_t i = 0; i < csv->columns; i++) {
		HOLDS("each column has a name", *csv->header[i]);
		for (size_t k = 0; k < i; k++)
			HOLDS("of its own", strcmp(csv->header[i], csv->header[k]));
	}
	for (size_t i = 0; i < csv->rows; i++) {
		HOLDS("rows have lines in rising order", csv->row[i].line >= last);
		last = csv->row[i].line;
	}
	HOLDS("of the file", last <= count_newlines(data, size) + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[OHT_ERROR_BYTES];
	struct oht_csv csv, again;
	size_t bytes;
	char *text;

	if (fd < 0)
		fd = fuzz_memory_file(path, sizeof(path));
	if (load(data, size, &csv, error)) {
		fuzz_check_complaint(path, error);
		HOLDS("nothing is left of a table that is refused",
		      !csv.header && !csv.row && !csv.rows);
		return 0;
	}
	check_table(&csv, data, size);
	text = fuzz_write_table(&csv, &bytes);
	HOLDS("what is written from it is taken again", !load(text, bytes, &again, error));
	check_same(&csv, &again);
	oht_csv_free(&again);
	oht_csv_free(&csv);
	free(text);
	return 0;
}
