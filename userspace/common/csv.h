/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     reading a CSV table (RFC 4180) of the data directory into memory, with line numbers.
 * Contexts: start of a program; allocates and blocks on the file. A loaded table is read-only.
 * Locks:    none.
 */
#ifndef OHT_COMMON_CSV_H
#define OHT_COMMON_CSV_H

#include <stdbool.h>
#include <stddef.h>

/* Size of the buffer that takes the one line of complaint of every loader here. */
#define OHT_ERROR_BYTES		512

struct oht_csv_row {
	unsigned int line;	/* in the file, from 1, where the row ends */
	char **field;		/* as many as the table has columns, "" when empty */
};

/* A loader that is given one reports every fault, not only the first. */
struct oht_complaints {
	void (*take)(struct oht_complaints *complaints, const char *line);
};

struct oht_csv {
	char *path;
	struct oht_complaints *complaints;	/* NULL: the first one ends a check */
	bool partial;		/* rows were left out, of which complaints has heard */
	size_t columns;
	size_t rows;		/* without the header */
	char **header;
	struct oht_csv_row *row;
	void *cells;		/* private: the storage behind header and fields */
};

/**
 * oht_csv_load() - read a table whose first line names its columns
 * @path: file to read, at most 4 MiB
 * @csv: filled on success; end with oht_csv_free()
 * @error: on failure one line "file:line: what is wrong", no newline
 *
 * Every row must have as many fields as the header. Spaces are kept, quotes follow RFC 4180
 * strictly. NUL bytes, UTF-16, another separator than the comma, more than 64 columns and an empty
 * or repeated column name are refused. A byte order mark, empty lines, rows of empty fields and
 * rows whose first field begins with "#" are skipped.
 *
 * Return: 0, -errno of the file, -EINVAL for its content, -EFBIG, -ENOMEM.
 */
int oht_csv_load(const char *path, struct oht_csv *csv, char error[OHT_ERROR_BYTES]);

/*
 * The same, but it goes on behind a row that is wrong, which is left out. 0 as long as the file can
 * be read and divided into rows; @complaints has heard of the rest.
 */
int oht_csv_check(const char *path, struct oht_csv *csv, struct oht_complaints *complaints,
		  char error[OHT_ERROR_BYTES]);

/* The same as oht_csv_load() of a text in memory; @name stands for the path. */
int oht_csv_parse(const char *name, const char *text, struct oht_csv *csv, char error[OHT_ERROR_BYTES]);

/* Makes a complaint one line, whatever it quotes: control characters become question marks. */
void oht_error_one_line(char *error);

/* Frees what oht_csv_load() allocated; allowed on a zeroed table and twice. */
void oht_csv_free(struct oht_csv *csv);

/**
 * oht_csv_columns() - find the columns that a loader needs
 * @csv: a loaded table
 * @names: NULL-terminated list of column names, all of which must be there
 * @index: takes the place of each name in a row
 * @error: on failure one line naming the missing column
 *
 * Columns that are not asked for are allowed: a newer data file may have more of them.
 *
 * Return: 0 or -EINVAL.
 */
int oht_csv_columns(const struct oht_csv *csv, const char *const *names, size_t *index,
		    char error[OHT_ERROR_BYTES]);

#endif
