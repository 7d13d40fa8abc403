// SPDX-License-Identifier: GPL-2.0-or-later
/* CSV tables of the data directory, parsed by libcsv line by line so that errors have a line. */
#include "common/csv.h"

#include <csv.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/utf8.h"

#define FILE_BYTES_MAX	(4u << 20)
#define COLUMNS_MAX	64
/* Of csv_parser.pstate; its names are not in the header. */
#define ROW_NOT_BEGUN	0
#define FIELD_BEGUN	2

/* What the callbacks of libcsv share. */
struct parse {
	struct oht_csv *csv;
	char *error;
	char *cell;		/* where the next cell goes */
	char **field;		/* where the next pointer goes */
	char **row_start;	/* first field of the row under way */
	unsigned int line;
	bool bad;		/* the row under way */
	int err;		/* of the first complaint, 0 so far */
};

void oht_error_one_line(char *error)
{
	for (; *error; error++)
		if (iscntrl((unsigned char)*error))
			*error = '?';
}

__attribute__((format(printf, 2, 3)))
static void complain(struct parse *p, const char *format, ...)
{
	struct oht_complaints *complaints = p->csv->complaints;
	char what[OHT_ERROR_BYTES / 2];
	va_list args;

	if (p->err && !complaints)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(p->error, OHT_ERROR_BYTES, "%.200s:%u: %s", p->csv->path, p->line, what);
	oht_error_one_line(p->error);
	p->err = -EINVAL;
	p->bad = true;
	if (complaints)
		complaints->take(complaints, p->error);
}

static void on_field(void *bytes, size_t len, void *ctx)
{
	struct parse *p = ctx;

	if (memchr(bytes, '\0', len))
		complain(p, "NUL byte in a field");
	memcpy(p->cell, bytes, len);
	p->cell[len] = '\0';
	*p->field++ = p->cell;
	p->cell += len + 1;
}

static void check_header(struct parse *p)
{
	struct oht_csv *csv = p->csv;
	size_t i, k;

	/* Each is held against all others. */
	if (csv->columns > COLUMNS_MAX) {
		complain(p, "%zu columns, at most %d", csv->columns, COLUMNS_MAX);
		return;
	}
	for (i = 0; i < csv->columns; i++) {
		if (!*csv->header[i])
			complain(p, "column %zu has no name", i + 1);
		for (k = 0; k < i; k++)
			if (!strcmp(csv->header[i], csv->header[k]))
				complain(p, "column '%.*s' twice", oht_utf8_cut(csv->header[i], 60), csv->header[i]);
	}
}

/* A spreadsheet quotes comments, and fills them and empty lines up with commas. */
static bool says_nothing(char *const *field, size_t fields)
{
	size_t i;

	if (**field == '#')
		return true;
	for (i = 0; i < fields; i++)
		if (*field[i])
			return false;
	return true;
}

static void on_row(int end, void *ctx)
{
	struct parse *p = ctx;
	struct oht_csv *csv = p->csv;
	size_t fields = (size_t)(p->field - p->row_start);

	(void)end;
	if (says_nothing(p->row_start, fields)) {
		p->field = p->row_start;
	} else if (!csv->header) {
		csv->header = p->row_start;
		csv->columns = fields;
		check_header(p);
	} else if (fields != csv->columns) {
		complain(p, "%zu fields where the header has %zu", fields, csv->columns);
	} else if (!p->bad) {
		csv->row[csv->rows].line = p->line;
		csv->row[csv->rows++].field = p->row_start;
	}
	p->bad = false;
	p->row_start = p->field;
}

/* RFC 4180: spaces are part of a field. libcsv would trim them. */
static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

/* What a spreadsheet has put between the columns instead of commas, or NULL. @quoted: the line begins within quotes. */
static const char *wrong_separator(const char *line, size_t len, bool quoted)
{
	const char *found = NULL;
	size_t i;

	for (i = 0; i < len; i++) {
		quoted ^= line[i] == '"';
		if (quoted)
			continue;
		if (line[i] == ',')
			return NULL;
		if (line[i] == ';' || (line[i] == '\t' && !found))
			found = line[i] == ';' ? "';'" : "a tab";
	}
	return found;
}

/* False: what comes behind it cannot be divided into rows. */
static bool parse_line(struct parse *p, struct csv_parser *parser, const char *line, size_t len)
{
	const char *separator;

	p->line++;
	if (*line == '#' && parser->pstate == ROW_NOT_BEGUN)
		return true;
	separator = p->csv->header ? NULL :
		    wrong_separator(line, len, parser->pstate == FIELD_BEGUN && parser->quoted);
	if (separator) {
		complain(p, "the columns are separated by %s, not ',': save it as CSV with commas, in UTF-8",
			 separator);
		return false;
	}
	if (csv_parse(parser, line, len, on_field, on_row, p) == len)
		return !p->err || p->csv->complaints;
	complain(p, "%s", csv_strerror(csv_error(parser)));
	return false;
}

static bool begins_with(const char *text, size_t len, const char *mark)
{
	return len >= strlen(mark) && !memcmp(text, mark, strlen(mark));
}

static int parse_lines(struct parse *p, struct csv_parser *parser, const char *text, size_t len)
{
	const char *end = text + len;

	/* The byte order mark of UTF-8 says nothing; those of UTF-16 say that no byte here is a comma. */
	if (begins_with(text, len, "\xef\xbb\xbf"))
		text += 3;
	else if (begins_with(text, len, "\xff\xfe") || begins_with(text, len, "\xfe\xff")) {
		p->line = 1;
		complain(p, "the text is UTF-16: save it as UTF-8");
		return p->err;
	}
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = newline ? (size_t)(newline - text) + 1 : (size_t)(end - text);

		if (!parse_line(p, parser, text, n))
			return p->err;
		text += n;
	}
	if (csv_fini(parser, on_field, on_row, p)) {
		complain(p, "quoted field without its closing quote");
		return p->err;
	}
	p->csv->partial = p->err != 0;
	if (p->csv->header)
		return p->csv->complaints ? 0 : p->err;
	complain(p, "no header line");
	return p->err;
}

static size_t count_bytes(const char *text, size_t len, char which)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += text[i] == which;
	return n;
}

/*
 * All storage at once, from upper bounds: every cell but the last of a line is followed by a comma,
 * every row but the last by a newline (or, in an old Mac file, a carriage return), so cells with
 * their NULs need no more than the text and one.
 */
static int allocate(struct parse *p, const char *text, size_t len)
{
	size_t rows = count_bytes(text, len, '\n') + count_bytes(text, len, '\r') + 1;
	size_t cells = rows + count_bytes(text, len, ',');
	char **field = calloc(cells, sizeof(*field));
	char *bytes = malloc(len + 2);

	p->csv->row = calloc(rows, sizeof(*p->csv->row));
	if (!field || !bytes || !p->csv->row) {
		free(field);
		free(bytes);
		return -ENOMEM;
	}
	/* One door for free(): the field array is found through the header, the bytes here. */
	p->csv->cells = bytes;
	p->cell = bytes;
	p->field = field;
	p->row_start = field;
	return 0;
}

static int parse_text(struct oht_csv *csv, const char *text, size_t len, char *error)
{
	struct parse p = { .csv = csv, .error = error };
	struct csv_parser parser;
	char **fields;
	int err;

	if (allocate(&p, text, len))
		return -ENOMEM;
	fields = p.field;
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI)) {
		free(fields);
		return -ENOMEM;
	}
	csv_set_space_func(&parser, no_space);
	err = parse_lines(&p, &parser, text, len);
	csv_free(&parser);
	if (!csv->header)
		free(fields);
	return err;
}

static int take_text(struct oht_csv *csv, const char *path, const char *text, size_t len, char *error)
{
	csv->path = strdup(path);
	return csv->path ? parse_text(csv, text, len, error) : -ENOMEM;
}

static int read_file(const char *path, char **text, size_t *len)
{
	/* O_NONBLOCK: opening a pipe would wait until a program opens the other end of the pipe. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat st;
	int err = 0;

	if (!f) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (fstat(fileno(f), &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	else if (st.st_size > (off_t)FILE_BYTES_MAX)
		err = -EFBIG;
	if (!err) {
		*text = malloc((size_t)st.st_size + 1);
		if (!*text)
			err = -ENOMEM;
		else
			*len = fread(*text, 1, (size_t)st.st_size, f);
		if (!err && ferror(f)) {
			free(*text);
			err = -EIO;
		}
	}
	fclose(f);
	return err;
}

int oht_csv_check(const char *path, struct oht_csv *csv, struct oht_complaints *complaints,
		  char error[OHT_ERROR_BYTES])
{
	char *text = NULL;
	size_t len = 0;
	int err;

	memset(csv, 0, sizeof(*csv));
	csv->complaints = complaints;
	error[0] = '\0';
	err = read_file(path, &text, &len);
	if (!err) {
		err = take_text(csv, path, text, len, error);
		free(text);
	}
	if (err) {
		if (!error[0])
			snprintf(error, OHT_ERROR_BYTES, "%.200s: %s", path, strerror(-err));
		oht_csv_free(csv);
	}
	return err;
}

int oht_csv_parse(const char *name, const char *text, struct oht_csv *csv, char error[OHT_ERROR_BYTES])
{
	int err;

	memset(csv, 0, sizeof(*csv));
	error[0] = '\0';
	err = take_text(csv, name, text, strlen(text), error);
	if (err)
		oht_csv_free(csv);
	return err;
}

int oht_csv_load(const char *path, struct oht_csv *csv, char error[OHT_ERROR_BYTES])
{
	return oht_csv_check(path, csv, NULL, error);
}

void oht_csv_free(struct oht_csv *csv)
{
	free(csv->header);	/* the array of all fields begins with the header */
	free(csv->row);
	free(csv->cells);
	free(csv->path);
	memset(csv, 0, sizeof(*csv));
}

int oht_csv_columns(const struct oht_csv *csv, const char *const *names, size_t *index,
		    char error[OHT_ERROR_BYTES])
{
	size_t i, k;
	int err = 0;

	for (i = 0; names[i]; i++) {
		for (k = 0; k < csv->columns; k++)
			if (!strcmp(csv->header[k], names[i]))
				break;
		index[i] = k;
		if (k < csv->columns)
			continue;
		snprintf(error, OHT_ERROR_BYTES, "%.200s:1: no column '%.60s'", csv->path,
			 names[i]);
		err = -EINVAL;
		if (!csv->complaints)
			break;
		csv->complaints->take(csv->complaints, error);
	}
	return err;
}
