/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owns:     files in memory for the targets whose subject reads files; tables written back as CSV.
 * Contexts: one fuzz program, one thread.
 * Locks:    none.
 */
#ifndef OHT_FUZZ_TABLE_H
#define OHT_FUZZ_TABLE_H

#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "common/csv.h"

/* Makes @bytes what the memory file @fd has in it. */
static inline void fuzz_fill(int fd, const void *from, size_t bytes)
{
	if (ftruncate(fd, 0) || pwrite(fd, from, bytes, 0) != (ssize_t)bytes)
		abort();
}

/* A new memory file, and its name. */
static inline int fuzz_memory_file(char *path, size_t size)
{
	int fd = memfd_create("table", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	snprintf(path, size, "/proc/self/fd/%d", fd);
	return fd;
}

/* One line "file:line: what is wrong" or "file: what is wrong". */
static inline void fuzz_check_complaint(const char *path, const char *error)
{
	HOLDS("a refusal is one line", *error && strlen(error) < OHT_ERROR_BYTES &&
					       !strchr(error, '\n') && !strchr(error, '\r'));
	HOLDS("and begins with its file",
	      !strncmp(error, path, strlen(path)) && error[strlen(path)]);
}

static inline void fuzz_write_cell(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

static inline void fuzz_write_row(FILE *to, char *const *field, size_t columns)
{
	for (size_t i = 0; i < columns; i++) {
		if (i)
			fputc(',', to);
		fuzz_write_cell(to, field[i]);
	}
	fputs("\r\n", to);
}

/* The table with each cell in quotes. Returns malloc'd text. */
static inline char *fuzz_write_table(const struct oht_csv *csv, size_t *bytes)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, bytes);

	if (!to)
		abort();
	fuzz_write_row(to, csv->header, csv->columns);
	for (size_t i = 0; i < csv->rows; i++)
		fuzz_write_row(to, csv->row[i].field, csv->columns);
	fclose(to);
	return text;
}

#endif
